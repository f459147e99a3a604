//! From what is known of a person to class, severity and risk: the protocol's criteria, each with
//! the rule and the evidence. Pure functions of an edition and of facts.

use protocol::{ChildSevere, Edition, Severity as SeverityRules};
use registry::identity::Day;
use serde::{Deserialize, Serialize};
use types::{Micros, Refusal, Span, UnitId};

use crate::clinical::{At, Clinical, Lungs};
use crate::words::{Class, Severity};

/// Children are those younger than this, where the protocol names no limit. The treatment protocols
/// that could be read give criteria for "children" and say no age: 14 years is the usual limit of
/// paediatric wards, from memory, to be set by `sev.child_age`.
const CHILD_UNDER_YEARS: u32 = 14;

/// One thing that a judgement rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What, as a code: `positive`, `symptoms`, `spo2`, `stated`.
    pub what: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The limit that it was held against.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limit: String,
    /// When it was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Micros>,
}

impl Evidence {
    fn new(what: &str, value: impl Into<String>, at: Option<Micros>) -> Evidence {
        Evidence { what: what.to_owned(), value: value.into(), limit: String::new(), at }
    }

    fn against(mut self, limit: impl std::fmt::Display) -> Evidence {
        self.limit = limit.to_string();
        self
    }
}

/// Why something is as it is: the rule, and what it was applied to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// The protocol's parameter, for example `sev.adult`.
    pub rule: String,
    /// The edition that said so, for example `treatment-protocol 9th`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub edition: String,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A high-risk factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskFactor {
    /// The protocol's code, or `age` or `bmi`.
    pub code: String,
    /// Why.
    pub by: Basis,
}

/// What a doctor, a panel or a line list said. It stands until something is measured later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// The class.
    pub class: Class,
    /// The severity, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// When.
    pub at: At,
    /// Who says so, on what grounds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How old somebody is, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Age {
    /// Months, at a time.
    pub months: Option<(u16, Micros)>,
    /// Year of birth.
    pub birth_year: Option<u16>,
}

impl Age {
    /// Months at a time. From the year of birth alone it is the oldest possible: children's limits
    /// are lower for the older, so that a doubt leads to more care and not to less.
    pub fn months_at(self, at: Micros) -> Option<u32> {
        if let Some((months, when)) = self.months {
            // A month is a twelfth of 365.25 days.
            let since = (at - when).0.max(0) / (Span::hours(1).0 * 8_766 / 12);
            return Some(u32::from(months) + u32::try_from(since).unwrap_or(0));
        }
        let year = u32::from(Day::of(at)?.year);
        let born = u32::from(self.birth_year?);
        (year >= born).then(|| (year - born) * 12 + 11)
    }
}

/// What the rules are applied to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Final positive results of tubes of one's own: tube, and when it was reported.
    pub positives: &'a [(UnitId, Micros)],
    /// What was observed.
    pub clinical: &'a Clinical,
    /// What was said.
    pub stated: Option<&'a Stated>,
    /// How old the person is.
    pub age: Age,
    /// The time by which the age goes.
    pub at: Micros,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The class.
    pub class: Class,
    /// Why.
    pub class_by: Basis,
    /// The severity; nothing before anybody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_by: Option<Basis>,
    /// High-risk factors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<RiskFactor>,
    /// Since when the infection is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infected_at: Option<Micros>,
    /// When it was found to be asymptomatic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asymptomatic_at: Option<Micros>,
    /// When it became a confirmed case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Micros>,
}

/// Judges a person.
///
/// # Errors
/// `protocol-not-in-force` when the protocol has no classes or grades at the time.
pub fn judge(edition: &Edition, known: &Known<'_>) -> Result<Judged, Refusal> {
    let classes = &edition.cases()?.classes;
    let rules = edition.severity()?;
    let measured = severity_of(rules, known);
    let severity = stated_severity(known).or(measured);
    let infected_at = infected_at(known);
    let ill = ill_since(known, severity.as_ref());
    let well = well_since(known);
    // Only what is known since the infection is known counts as its class.
    let since = |at: Micros| infected_at.map_or(at, |infected| at.max(infected));
    let asymptomatic_at = infected_at.and(well).map(&since);
    let confirmed_at = infected_at.and(ill.as_ref()).map(|(at, _)| since(*at));
    let asymptomatic_at = asymptomatic_at.filter(|well| confirmed_at.is_none_or(|ill| *well < ill));
    let positives = || {
        known
            .positives
            .iter()
            .map(|(tube, at)| Evidence::new("positive", tube.to_string(), Some(*at)))
    };
    let stated = || known.stated.map(|s| Evidence::new("stated", s.note.clone(), Some(s.at.at)));
    let said_converted = known.stated.is_some_and(|s| s.class == Class::Converted);
    let (class, mut evidence): (Class, Vec<Evidence>) = match (infected_at, &ill) {
        (None, _) => (Class::Suspected, Vec::new()),
        (Some(_), Some((_, shown))) if said_converted || asymptomatic_at.is_some() => {
            let before = asymptomatic_at.map(|at| Evidence::new("asymptomatic", "", Some(at)));
            (Class::Converted, before.into_iter().chain([shown.clone()]).collect())
        }
        (Some(_), Some((_, shown))) => (Class::Confirmed, vec![shown.clone()]),
        (Some(_), None) => match asymptomatic_at {
            Some(at) => (Class::Asymptomatic, vec![Evidence::new("no_symptoms", "", Some(at))]),
            None => (Class::ScreenPositive, Vec::new()),
        },
    };
    evidence.splice(0..0, positives());
    if evidence.is_empty() {
        evidence.extend(stated());
    }
    let severity = match class {
        // Nobody has looked yet: no grade is not the lightest grade.
        Class::ScreenPositive => None,
        Class::Suspected => severity.filter(|(grade, _)| *grade > Severity::Asymptomatic),
        Class::Asymptomatic => {
            Some((Severity::Asymptomatic, basis(classes.info(), evidence.clone())))
        }
        Class::Confirmed | Class::Converted => {
            let mild = || (Severity::Mild, basis(classes.info(), evidence.clone()));
            Some(severity.filter(|(grade, _)| *grade > Severity::Asymptomatic).unwrap_or_else(mild))
        }
    };
    Ok(Judged {
        class,
        class_by: basis(classes.info(), evidence),
        severity: severity.as_ref().map(|(grade, _)| *grade),
        severity_by: severity.map(|(_, by)| by),
        risks: risks_of(rules, known),
        infected_at,
        asymptomatic_at,
        confirmed_at,
    })
}

fn basis(info: &protocol::RuleInfo, evidence: Vec<Evidence>) -> Basis {
    Basis { rule: info.id.to_owned(), edition: info.edition.short_name(), evidence }
}

/// Since when the infection is known: the first positive, or the word of who says so.
fn infected_at(known: &Known<'_>) -> Option<Micros> {
    let said = known.stated.filter(|s| s.class.is_infection()).map(|s| s.at.at);
    known.positives.iter().map(|(_, at)| *at).chain(said).min()
}

/// Since when the person is ill, and what shows it.
fn ill_since(
    known: &Known<'_>,
    severity: Option<&(Severity, Basis)>,
) -> Option<(Micros, Evidence)> {
    let observed =
        known.clinical.first_ill.as_ref().map(|seen| {
            (seen.at.at, Evidence::new("symptoms", seen.value.clone(), Some(seen.at.at)))
        });
    let said = known
        .stated
        .filter(|s| s.class > Class::Asymptomatic || s.severity > Some(Severity::Asymptomatic))
        .map(|s| (s.at.at, Evidence::new("stated", s.note.clone(), Some(s.at.at))));
    // Nobody with failing lungs is without symptoms, whether or not somebody wrote them down.
    let grave = severity
        .filter(|(grade, _)| *grade > Severity::Mild)
        .and_then(|(_, by)| by.evidence.first().cloned())
        .and_then(|shown| Some((shown.at?, shown)));
    [observed, said, grave].into_iter().flatten().min_by_key(|(at, _)| *at)
}

/// Since when somebody has looked and found nobody ill.
fn well_since(known: &Known<'_>) -> Option<Micros> {
    let said = known.stated.filter(|s| s.class == Class::Asymptomatic).map(|s| s.at.at);
    known.clinical.first_well.map(|at| at.at).into_iter().chain(said).min()
}

/// The severity that was stated, unless something was measured since.
fn stated_severity(known: &Known<'_>) -> Option<(Severity, Basis)> {
    let stated = known.stated?;
    let grade = stated.severity?;
    if known.clinical.last_measured().is_some_and(|at| at > stated.at.at) {
        return None;
    }
    let evidence = vec![Evidence::new("stated", stated.note.clone(), Some(stated.at.at))];
    Some((grade, Basis { rule: "stated".to_owned(), edition: String::new(), evidence }))
}

/// The gravest grade whose criteria are met by what was last observed.
fn severity_of(rules: &SeverityRules, known: &Known<'_>) -> Option<(Severity, Basis)> {
    let clinical = known.clinical;
    let critical = signs_among(clinical, &rules.critical);
    if !critical.is_empty() {
        return Some((Severity::Critical, basis(rules.critical.info(), critical)));
    }
    let months = known.age.months_at(known.at);
    let is_child = months.is_some_and(|m| m < child_under(rules) * 12);
    let (severe, info) = match months.filter(|_| is_child) {
        Some(months) => (child(&rules.child, clinical, months), rules.child.info()),
        None => (adult(rules, clinical), rules.adult.info()),
    };
    if !severe.is_empty() {
        return Some((Severity::Severe, basis(info, severe)));
    }
    let lungs = clinical.lungs.as_ref()?;
    let shown = Evidence::new("lungs", "pneumonia", Some(lungs.at.at));
    let by = Basis { rule: "case.class".to_owned(), edition: String::new(), evidence: vec![shown] };
    (lungs.value == Lungs::Pneumonia).then_some((Severity::Moderate, by))
}

fn child_under(rules: &SeverityRules) -> u32 {
    rules.child_under.as_ref().map_or(CHILD_UNDER_YEARS, |rule| rule.value)
}

fn signs_among(clinical: &Clinical, points: &protocol::Points) -> Vec<Evidence> {
    let Some(seen) = &clinical.signs else { return Vec::new() };
    let known = |code: &&String| points.0.iter().any(|point| point.code == **code);
    seen.value
        .iter()
        .filter(known)
        .map(|code| Evidence::new("sign", code.clone(), Some(seen.at.at)))
        .collect()
}

fn adult(rules: &SeverityRules, clinical: &Clinical) -> Vec<Evidence> {
    let limits = &rules.adult.value;
    let mut met = Vec::new();
    if let Some(seen) = &clinical.respiratory_rate
        && seen.value >= limits.respiratory_rate_from
    {
        let shown = Evidence::new("respiratory_rate", seen.value.to_string(), Some(seen.at.at));
        met.push(shown.against(limits.respiratory_rate_from));
    }
    met.extend(low_oxygen(clinical, limits.spo2_up_to));
    if let Some(seen) = &clinical.pf {
        let (measured, altitude, pressure) = seen.value;
        // Above 1,000 m the ratio is corrected by the air pressure; without one it stays as it is.
        let high = altitude.is_some_and(|m| m > limits.pf_corrected_above_m);
        let ratio = match pressure.filter(|p| high && *p > 0.0) {
            Some(pressure) => measured * 760.0 / pressure,
            None => measured,
        };
        if ratio <= limits.pf_ratio_up_to {
            let shown = Evidence::new("pf_ratio", format!("{ratio:.0}"), Some(seen.at.at));
            met.push(shown.against(limits.pf_ratio_up_to));
        }
    }
    if let (Some(lesions), Some(worse)) = (&clinical.lesions, &clinical.worsening) {
        let (growth, hours) = lesions.value;
        let soon = hours <= limits.lesions_within.max.as_hours();
        if worse.value && soon && growth > limits.lesions_growth_over_percent {
            let value = format!("{growth:.0}% / {hours:.0} h");
            let shown = Evidence::new("lesions_growth", value, Some(lesions.at.at));
            met.push(shown.against(limits.lesions_growth_over_percent));
        }
    }
    met
}

fn low_oxygen(clinical: &Clinical, limit: f64) -> Option<Evidence> {
    let seen = clinical.spo2.as_ref().filter(|seen| seen.value <= limit)?;
    Some(Evidence::new("spo2", seen.value.to_string(), Some(seen.at.at)).against(limit))
}

fn child(limits: &ChildSevere, clinical: &Clinical, months: u32) -> Vec<Evidence> {
    let mut met = Vec::new();
    if let Some(seen) = &clinical.fever_since {
        let lasted = seen.at.at - seen.value;
        if lasted > limits.fever_over {
            let value = format!("{:.0} h", lasted.as_hours());
            let shown = Evidence::new("fever", value, Some(seen.at.at));
            met.push(shown.against(format!("{:.0} h", limits.fever_over.as_hours())));
        }
    }
    let limit = limits.rate_for(u16::try_from(months).unwrap_or(u16::MAX));
    if let (Some(seen), Some(limit)) = (&clinical.respiratory_rate, limit)
        && seen.value >= limit
    {
        let shown = Evidence::new("respiratory_rate", seen.value.to_string(), Some(seen.at.at));
        met.push(shown.against(limit));
    }
    met.extend(low_oxygen(clinical, limits.spo2_up_to));
    met.extend(signs_among(clinical, &limits.signs));
    met
}

fn risks_of(rules: &SeverityRules, known: &Known<'_>) -> Vec<RiskFactor> {
    let rule = &rules.high_risk;
    let mut found = Vec::new();
    let mut add = |code: &str, evidence: Evidence| {
        found.push(RiskFactor { code: code.to_owned(), by: basis(rule.info(), vec![evidence]) });
    };
    // From a year of birth alone the oldest possible, as for the limits of children: a doubt leads
    // to more care.
    let years = known.age.months_at(known.at).map(|months| months / 12);
    if let Some(years) = years.filter(|years| *years > u32::from(rule.age_over)) {
        add("age", Evidence::new("age", years.to_string(), None).against(rule.age_over));
    }
    if let Some(seen) = known.clinical.bmi.as_ref().filter(|seen| seen.value >= rule.bmi_from) {
        let shown = Evidence::new("bmi", seen.value.to_string(), Some(seen.at.at));
        add("bmi", shown.against(rule.bmi_from));
    }
    if let Some(seen) = &known.clinical.conditions {
        for point in &rule.conditions.0 {
            if seen.value.contains(&point.code) {
                add(&point.code, Evidence::new("condition", point.code.clone(), Some(seen.at.at)));
            }
        }
    }
    found
}
