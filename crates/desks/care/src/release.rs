//! Release: whether somebody meets the criteria of the edition in force, with the evidence. Pure.

use cases::Severity;
use protocol::{Criteria, Edition};
use serde::{Deserialize, Serialize};
use types::{Micros, Refusal, Span};

/// Degrees Celsius from which a temperature is not normal. Recalled (the usual limit of fever under the
/// arm in the guidance of 2020 to 2022), not read in a source.
pub const FEVER_FROM: f64 = 37.3;

/// A nucleic acid test of one person alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// When the sample was taken.
    pub at: Micros,
    /// The Ct of the N gene; nothing when it was not detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_n: Option<f64>,
    /// The Ct of ORF1ab; nothing when it was not detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_orf1ab: Option<f64>,
    /// The limit of the assay, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assay_limit: Option<f64>,
    /// Which test: the tube's code, or the laboratory.
    #[serde(default)]
    pub source: String,
}

/// What is known of somebody's course, as far as release asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Course<'a> {
    /// The gravest that the case ever was; nothing when nobody has looked.
    pub worst: Option<Severity>,
    /// The day from which isolation counts.
    pub isolated_from: Micros,
    /// When the first symptom showed.
    pub onset: Option<Micros>,
    /// Tests, in any order.
    pub tests: &'a [Test],
    /// Temperatures, in any order.
    pub temperatures: &'a [(Micros, f64)],
    /// Whether the respiratory symptoms are much better, and who looked when.
    pub symptoms_better: Option<(Micros, bool)>,
    /// Whether the picture is clearly improved.
    pub imaging_improved: Option<(Micros, bool)>,
}

/// One criterion, and what it was held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Which: `tests`, `test_days`, `temperature`, `symptoms`, `imaging`, `onset`.
    pub what: String,
    /// Whether it is met.
    pub met: bool,
    /// What was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limit: String,
    /// Since when it is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Micros>,
}

/// What the rules say of somebody's release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The parameter: `rel.mild` or `rel.moderate`.
    pub rule: String,
    /// The edition.
    pub edition: String,
    /// Each criterion.
    pub criteria: Vec<Criterion>,
}

impl Verdict {
    /// Whether all are met.
    pub fn is_met(&self) -> bool {
        !self.criteria.is_empty() && self.criteria.iter().all(|c| c.met)
    }

    /// Since when all are met.
    pub fn since(&self) -> Option<Micros> {
        if self.is_met() { self.criteria.iter().filter_map(|c| c.since).max() } else { None }
    }
}

/// Holds a course against the criteria of an edition, at a time.
///
/// Mild cases and infections without symptoms go by `rel.mild`, all who were ever graver by
/// `rel.moderate`. What asks for the course of an illness (temperature, symptoms, picture) is not asked of
/// somebody who was never ill.
///
/// # Errors
/// `protocol-not-in-force` when the protocol says nothing about release.
pub fn verdict(edition: &Edition, course: &Course<'_>, now: Micros) -> Result<Verdict, Refusal> {
    let rules = edition.release()?;
    let graver = course.worst >= Some(Severity::Moderate);
    let rule = if graver { &rules.moderate } else { &rules.mild };
    let asked: &Criteria = &rule.value;
    let ill = course.worst >= Some(Severity::Mild);
    let mut criteria = Vec::new();
    if asked.tests {
        criteria.push(by_tests(rules, course, now));
    }
    if let Some(days) = &asked.test_days {
        criteria.push(by_days(rules, course, days));
    }
    if let Some(over) = asked.temperature_normal_over.filter(|_| ill) {
        criteria.push(by_temperature(course, over, now));
    }
    if let Some(after) = asked.after_onset {
        let due = course.onset.unwrap_or(course.isolated_from) + after;
        criteria.push(Criterion {
            what: "onset".to_owned(),
            met: now >= due,
            value: String::new(),
            limit: days_of(after),
            since: (now >= due).then_some(due),
        });
    }
    for (asked, what, seen) in [
        (asked.symptoms_better, "symptoms", course.symptoms_better),
        (asked.imaging_improved, "imaging", course.imaging_improved),
    ] {
        if asked && ill {
            let met = seen.is_some_and(|(_, yes)| yes);
            criteria.push(Criterion {
                what: what.to_owned(),
                met,
                value: seen.map_or("", |(_, yes)| if yes { "yes" } else { "no" }).to_owned(),
                limit: String::new(),
                since: seen.filter(|_| met).map(|(at, _)| at),
            });
        }
    }
    Ok(Verdict {
        rule: rule.info().rule.clone(),
        edition: rule.info().edition.short_name(),
        criteria,
    })
}

fn days_of(span: Span) -> String {
    let hours = span.as_hours();
    if hours >= 24.0 { format!("{} d", hours / 24.0) } else { format!("{hours} h") }
}

fn ct(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ct| format!("{ct:.1}"))
}

/// The tests in the order of their samples, each once. Of two readings of one test the one that
/// finds more of the virus stands, in whatever order they came.
fn sorted<'a>(course: &'a Course<'_>) -> Vec<&'a Test> {
    let mut tests: Vec<&Test> = course.tests.iter().collect();
    let found = |t: &Test| [t.ct_n, t.ct_orf1ab].map(|ct| ct.unwrap_or(f64::INFINITY));
    let lowest = |t: &Test| found(t).into_iter().fold(f64::INFINITY, f64::min);
    tests.sort_by(|a, b| {
        (a.at, &a.source)
            .cmp(&(b.at, &b.source))
            .then_with(|| lowest(a).total_cmp(&lowest(b)))
            .then_with(|| found(a)[0].total_cmp(&found(b)[0]))
            .then_with(|| found(a)[1].total_cmp(&found(b)[1]))
    });
    tests.dedup_by(|a, b| (a.at, &a.source) == (b.at, &b.source));
    tests
}

/// Of the latest tests that are met without a break, `n` that lie `gap` apart: the moment of the last
/// of them, and the tests.
fn run<'a>(
    tests: &[&'a Test],
    met: impl Fn(&Test) -> bool,
    n: u32,
    gap: Span,
) -> Option<Vec<&'a Test>> {
    let broken = tests.iter().rposition(|test| !met(test)).map_or(0, |at| at + 1);
    let mut chosen: Vec<&Test> = Vec::new();
    for test in &tests[broken..] {
        if chosen.last().is_none_or(|last| test.at - last.at >= gap) {
            chosen.push(test);
        }
        if chosen.len() as u32 == n {
            return Some(chosen);
        }
    }
    None
}

fn by_tests(rules: &protocol::Release, course: &Course<'_>, now: Micros) -> Criterion {
    let tests: Vec<&Test> = sorted(course).into_iter().filter(|t| t.at <= now).collect();
    let limit = rules.ct.value;
    let met = |test: &Test| limit.is_met(&[test.ct_n, test.ct_orf1ab]);
    let (n, gap) = (rules.consecutive.value, rules.gap.value);
    let found = run(&tests, met, n, gap).or_else(|| {
        let other = rules.alternative.as_ref()?.value;
        let negative = |test: &Test| {
            let low = test.assay_limit.is_some_and(|limit| limit < other.assay_limit_below);
            low && test.ct_n.is_none() && test.ct_orf1ab.is_none()
        };
        run(&tests, negative, other.negatives, other.gap)
    });
    let shown: Vec<&Test> = match &found {
        Some(chosen) => chosen.clone(),
        None => tests.iter().rev().take(2).rev().copied().collect(),
    };
    let value: Vec<String> =
        shown.iter().map(|t| format!("N {} ORF1ab {}", ct(t.ct_n), ct(t.ct_orf1ab))).collect();
    Criterion {
        what: "tests".to_owned(),
        met: found.is_some(),
        value: value.join("; "),
        limit: format!("{n} × Ct ≥ {}, {} h", limit.at_least, gap.as_hours()),
        since: found.and_then(|chosen| chosen.last().map(|test| test.at)),
    }
}

/// The tests that count are taken on certain days of isolation, the first day being day 1.
fn by_days(rules: &protocol::Release, course: &Course<'_>, days: &protocol::Days) -> Criterion {
    let limit = rules.ct.value;
    let day = |test: &Test| (test.at - course.isolated_from).0.max(0) / Span::days(1).0 + 1;
    let on = |wanted: u16| {
        let of_day = |t: &&Test| day(t) >= i64::from(wanted);
        let tests = sorted(course);
        tests.into_iter().filter(of_day).find(|t| limit.is_met(&[t.ct_n, t.ct_orf1ab])).cloned()
    };
    let found: Vec<Option<Test>> = days.0.iter().map(|wanted| on(*wanted)).collect();
    let met = found.iter().all(Option::is_some);
    let listed: Vec<String> = days.0.iter().map(u16::to_string).collect();
    Criterion {
        what: "test_days".to_owned(),
        met,
        value: String::new(),
        limit: listed.join(", "),
        since: met.then(|| found.iter().flatten().map(|t| t.at).max()).flatten(),
    }
}

fn by_temperature(course: &Course<'_>, over: Span, now: Micros) -> Criterion {
    let mut taken: Vec<(Micros, f64)> =
        course.temperatures.iter().filter(|(at, _)| *at <= now).copied().collect();
    taken.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let fever = taken.iter().rposition(|(_, degrees)| *degrees >= FEVER_FROM);
    let normal_from = taken.get(fever.map_or(0, |at| at + 1)).map(|(at, _)| *at);
    let met_at = normal_from.map(|at| at + over).filter(|at| now > *at);
    Criterion {
        what: "temperature".to_owned(),
        met: met_at.is_some(),
        value: taken.last().map(|(_, t)| format!("{t:.1} °C")).unwrap_or_default(),
        limit: days_of(over),
        since: met_at,
    }
}
