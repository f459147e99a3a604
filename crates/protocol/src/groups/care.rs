//! Where cases are cared for, and what makes a case severe.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{joined, said};
use crate::value::{Points, RuleValue, SpanBetween, read_serde, word_value};
use crate::{Lang, Rule, span_text};

group! {
    /// Where each class of cases is cared for.
    Care {
        /// Mild cases.
        mild: Rule<Placement> = "place.mild",
        /// Infections without symptoms.
        asymptomatic: Rule<Placement> = "place.asymptomatic",
        /// Moderate cases and graver ones.
        moderate_plus: Rule<Placement> = "place.moderate_plus",
        /// Severe and critical cases.
        severe: Rule<Placement> = "place.severe",
        /// A mild case that worsens.
        worsen: Rule<Placement> = "place.worsen",
        /// From the confirmation by single tube to the place of care.
        transfer_within: Rule<Span> = "pos.transfer" in 0.25..=72.0,
        /// For how long a bed is held for somebody who is not on the way.
        hold: Option<Rule<Span>> = "bed.hold" in 0.5..=72.0,
        /// Somebody at home is heard of at least so often.
        check_in: Option<Rule<Span>> = "home.check_in" in 1.0..=168.0,
        /// Within which somebody looks in after an alarm from home.
        alarm: Option<Rule<Span>> = "home.alarm" in 0.25..=48.0,
    }
}

impl Consistent for Care {}

group! {
    /// What makes a case severe, critical or at high risk: any one of each list.
    Severity {
        /// High-risk factors.
        high_risk: Rule<RiskFactors> = "risk.high",
        /// Severe, adults.
        adult: Rule<AdultSevere> = "sev.adult",
        /// Severe, children.
        child: Rule<ChildSevere> = "sev.child",
        /// Critical.
        critical: Rule<Points> = "sev.critical",
        /// Years under which the criteria for children hold, where it is set.
        child_under: Option<Rule<u32>> = "sev.child_age" in 1.0..=21.0,
    }
}

impl Consistent for Severity {}

/// A kind of place of care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CarePlace {
    /// At home.
    Home,
    /// A shelter hospital or other site for centralized isolation.
    CentralizedIsolation,
    /// A hospital designated for the disease.
    DesignatedHospital,
    /// Its intensive care.
    IntensiveCare,
}

word_value!(CarePlace {
    Home = "home", "home isolation", "居家隔离";
    CentralizedIsolation = "centralized-isolation", "centralized isolation (fangcang or other site)", "集中隔离（方舱等）";
    DesignatedHospital = "designated-hospital", "designated hospital", "定点医院";
    IntensiveCare = "intensive-care", "intensive care", "重症监护病房";
});

/// People who must not share a place with cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeptApart {
    /// Arrivals from abroad or from risk areas.
    Arrivals,
    /// Contacts under quarantine.
    Contacts,
}

word_value!(KeptApart {
    Arrivals = "arrivals", "arrivals", "入境及外来人员";
    Contacts = "contacts", "contacts", "密切接触者";
});

/// Where a class of cases goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The kind of place.
    pub place: CarePlace,
    /// As early as possible, before the usual signs.
    #[serde(default)]
    pub early: bool,
    /// Holds for a case of any class that has a high-risk factor (`risk.high`), too.
    #[serde(default)]
    pub high_risk_too: bool,
    /// Holds for high-risk persons who tend to a severe course, too.
    #[serde(default)]
    pub high_risk_tending_severe_too: bool,
    /// Never in one site with these.
    #[serde(default)]
    pub never_with: Vec<KeptApart>,
}

impl RuleValue for Placement {
    const EXPECTED: &'static str = "{ place = \"designated-hospital\", early, high_risk_too, high_risk_tending_severe_too, \
         never_with }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let mut parts = vec![self.place.name(lang).to_owned()];
        parts.extend(said(
            [
                (self.early, "as early as possible", "尽早"),
                (
                    self.high_risk_too,
                    "any class with high-risk factors too",
                    "有高危因素者不论分型",
                ),
                (
                    self.high_risk_tending_severe_too,
                    "high-risk persons who tend to severe too",
                    "有高危因素且有重症倾向者",
                ),
            ],
            lang,
        ));
        if !self.never_with.is_empty() {
            let names: Vec<_> = self.never_with.iter().map(|k| k.name(lang)).collect();
            let names = names.join(lang.pick(" or ", "、"));
            parts.push(format!("{}{names}", lang.pick("never together with ", "不得混住：")));
        }
        joined(parts, lang)
    }
}

/// High-risk factors; any one counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskFactors {
    /// Older than so many years.
    pub age_over: u8,
    /// Body-mass index from here up, kg/m².
    pub bmi_from: f64,
    /// Diseases and states.
    pub conditions: Points,
}

impl RuleValue for RiskFactors {
    const EXPECTED: &'static str =
        "{ age_over = 60, bmi_from = 30, conditions = [{ code, en, zh }] }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let age = match lang {
            Lang::En => format!("age >{}", self.age_over),
            Lang::Zh => format!("年龄>{}岁", self.age_over),
        };
        joined([age, format!("BMI≥{}", self.bmi_from), self.conditions.names(lang)], lang)
    }
    fn fault(&self) -> Option<String> {
        let sound = (1..=110).contains(&self.age_over) && (20.0..=60.0).contains(&self.bmi_from);
        let wrong =
            (!sound).then(|| "age_over is not 1 to 110, or bmi_from not 20 to 60".to_owned());
        wrong.or_else(|| self.conditions.fault())
    }
}

/// What makes an adult's case severe; any one counts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdultSevere {
    /// Breaths a minute from here up.
    pub respiratory_rate_from: u16,
    /// Oxygen saturation at rest on air up to here, percent.
    pub spo2_up_to: f64,
    /// PaO2/FiO2 up to here, mmHg.
    pub pf_ratio_up_to: f64,
    /// Above so many metres the ratio is corrected by 760 / air pressure in mmHg.
    pub pf_corrected_above_m: f64,
    /// Symptoms worsen and lesions grow by more than this, percent, within `lesions_within`.
    pub lesions_growth_over_percent: f64,
    /// The time in which the lesions grow.
    pub lesions_within: SpanBetween,
}

impl RuleValue for AdultSevere {
    const EXPECTED: &'static str = "{ respiratory_rate_from, spo2_up_to, pf_ratio_up_to, \
         pf_corrected_above_m, lesions_growth_over_percent, lesions_within }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let within = self.lesions_within.text(lang);
        let AdultSevere { respiratory_rate_from: rr, spo2_up_to: spo2, .. } = self;
        let (pf, growth) = (self.pf_ratio_up_to, self.lesions_growth_over_percent);
        let high = self.pf_corrected_above_m;
        match lang {
            Lang::En => format!(
                "RR≥{rr}/min; SpO2≤{spo2}% at rest on air; PaO2/FiO2≤{pf} mmHg \
                 (above {high} m times 760 / air pressure in mmHg); symptoms worse and lesions +>{growth}% within {within}"
            ),
            Lang::Zh => format!(
                "呼吸频率≥{rr}次/分；静息吸空气时指氧饱和度≤{spo2}%；PaO2/FiO2≤{pf} mmHg\
                 （海拔{high}米以上按760/大气压校正）；症状加重且{within}内病灶进展>{growth}%"
            ),
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = (10..=60).contains(&self.respiratory_rate_from)
            && (70.0..=100.0).contains(&self.spo2_up_to)
            && (50.0..=500.0).contains(&self.pf_ratio_up_to)
            && (0.0..=6000.0).contains(&self.pf_corrected_above_m)
            && (1.0..=200.0).contains(&self.lesions_growth_over_percent);
        let wrong = (!sound).then(|| "a number is beyond what a body can have".to_owned());
        wrong.or_else(|| self.lesions_within.fault())
    }
}

/// What makes a child's case severe; any one counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildSevere {
    /// Fever for longer than this.
    #[serde(deserialize_with = "span_text::required")]
    pub fever_over: Span,
    /// Breaths a minute by age, youngest first, the last band open.
    pub respiratory_rate: Vec<RateByAge>,
    /// Oxygen saturation up to here, percent.
    pub spo2_up_to: f64,
    /// Other signs.
    pub signs: Points,
}

/// A limit on breaths a minute for an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateByAge {
    /// Younger than so many months; none for all older children.
    pub under_months: Option<u16>,
    /// Breaths a minute from here up.
    pub from: u16,
}

impl ChildSevere {
    /// Breaths a minute from which a child of `months` counts as severe.
    pub fn rate_for(&self, months: u16) -> Option<u16> {
        let holds = |b: &&RateByAge| b.under_months.is_none_or(|top| months < top);
        self.respiratory_rate.iter().find(holds).map(|b| b.from)
    }
}

impl RuleValue for ChildSevere {
    const EXPECTED: &'static str =
        "{ fever_over, respiratory_rate = [{ under_months, from }], spo2_up_to, signs }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let rates: Vec<_> = self
            .respiratory_rate
            .iter()
            .map(|b| match (b.under_months, lang) {
                (Some(m), Lang::En) => format!("≥{} (<{m} months)", b.from),
                (None, Lang::En) => format!("≥{} (older)", b.from),
                (Some(m), Lang::Zh) => format!("≥{}（<{m}月龄）", b.from),
                (None, Lang::Zh) => format!("≥{}（更大）", b.from),
            })
            .collect();
        let fever = span_text::write(self.fever_over, lang);
        let rates = rates.join(lang.pick(", ", "、"));
        let start = match lang {
            Lang::En => format!("fever >{fever}; RR {rates}; SpO2≤{}%", self.spo2_up_to),
            Lang::Zh => format!("发热>{fever}；呼吸频率{rates}；血氧≤{}%", self.spo2_up_to),
        };
        joined([start, self.signs.names(lang)], lang)
    }
    fn fault(&self) -> Option<String> {
        let rates = &self.respiratory_rate;
        let open_end = rates.last().is_some_and(|b| b.under_months.is_none());
        let rising = rates.split_last().is_some_and(|(_, younger)| {
            younger.iter().all(|b| b.under_months.is_some())
                && younger.windows(2).all(|w| w[0].under_months < w[1].under_months)
        });
        if !open_end || !rising {
            return Some("respiratory_rate does not rise by age to an open last band".to_owned());
        }
        let sound = rates.iter().all(|b| (10..=100).contains(&b.from))
            && (70.0..=100.0).contains(&self.spo2_up_to);
        let wrong = (!sound).then(|| "a number is beyond what a body can have".to_owned());
        wrong.or_else(|| self.signs.fault())
    }
}
