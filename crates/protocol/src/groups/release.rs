//! When a case may leave care, and what follows.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{joined, said};
use crate::value::{Days, Points, RuleValue, read_serde, word_value};
use crate::{Lang, Rule, span_text};

group! {
    /// Release from isolation (asymptomatic) and discharge (confirmed).
    Release {
        /// The Ct from which a test counts for release.
        ct: Rule<ReleaseCt> = "rel.ct" in 20.0..=50.0,
        /// Consecutive tests that must meet it.
        consecutive: Rule<u32> = "rel.n" in 1.0..=10.0,
        /// The least time between two of them.
        gap: Rule<Span> = "rel.gap" in 1.0..=240.0,
        /// Another way to meet it.
        alternative: Option<Rule<AlternativeTests>> = "rel.alt",
        /// Mild cases and infections without symptoms.
        mild: Rule<Criteria> = "rel.mild",
        /// Moderate cases and graver ones.
        moderate: Rule<Criteria> = "rel.moderate",
        /// What follows release.
        after: Rule<AfterRelease> = "rel.after",
        /// What the person keeps to then.
        after_rules: Rule<Points> = "rel.after_rules",
    }
}

impl Consistent for Release {
    fn contradiction(&self) -> Option<String> {
        (self.ct.at_least > self.ct.assay_limit).then(|| {
            format!(
                "rel.ct asks for Ct {} on an assay whose limit is {}",
                self.ct.at_least, self.ct.assay_limit
            )
        })
    }
}

/// The Ct that allows release.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseCt {
    /// Every target's Ct is at least this, or none was detected.
    pub at_least: f64,
    /// The limit of the assay that the number is meant for.
    pub assay_limit: f64,
    /// Holds for every target, not only one.
    pub every_target: bool,
}

impl ReleaseCt {
    /// Whether a test meets the rule; each entry is one target's Ct, `None` when not detected.
    /// A test without any target meets nothing.
    pub fn is_met(&self, ct: &[Option<f64>]) -> bool {
        let enough = |c: &Option<f64>| c.is_none_or(|c| c >= self.at_least);
        if self.every_target {
            !ct.is_empty() && ct.iter().all(enough)
        } else {
            ct.iter().any(enough)
        }
    }
}

impl RuleValue for ReleaseCt {
    const EXPECTED: &'static str =
        "{ at_least = 35, assay_limit = 40, every_target = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let (ct, limit) = (self.at_least, self.assay_limit);
        let start = match lang {
            Lang::En => format!("Ct≥{ct} (assay limit {limit})"),
            Lang::Zh => format!("Ct≥{ct}（检测限{limit}）"),
        };
        let every = said([(self.every_target, "every target", "各靶标均须满足")], lang);
        joined([start].into_iter().chain(every), lang)
    }
    fn numbers(&self) -> Vec<f64> {
        vec![self.at_least, self.assay_limit]
    }
}

/// Negative tests on an assay with a low limit instead of the Ct rule.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternativeTests {
    /// Negative tests in a row.
    pub negatives: u32,
    /// The assay's limit is below this.
    pub assay_limit_below: f64,
    /// The least time between two of them.
    #[serde(deserialize_with = "span_text::required")]
    pub gap: Span,
}

impl RuleValue for AlternativeTests {
    const EXPECTED: &'static str = "{ negatives = 2, assay_limit_below = 35, gap = \"24 h\" }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let (n, limit, gap) =
            (self.negatives, self.assay_limit_below, span_text::write(self.gap, lang));
        match lang {
            Lang::En => format!("{n} negatives, assay limit below {limit}, at least {gap} apart"),
            Lang::Zh => format!("检测限低于{limit}的试剂{n}次阴性，间隔至少{gap}"),
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = (1..=10).contains(&self.negatives)
            && (20.0..=50.0).contains(&self.assay_limit_below)
            && self.gap > Span(0);
        (!sound).then(|| "a number is out of range (1–10 tests, Ct 20–50, gap over 0)".to_owned())
    }
}

/// What must all be met before release.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    /// The rule of `rel.ct`, `rel.n` and `rel.gap` (or `rel.alt`).
    #[serde(default)]
    pub tests: bool,
    /// The tests are taken on these days of isolation.
    pub test_days: Option<Days>,
    /// Temperature normal for longer than this.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub temperature_normal_over: Option<Span>,
    /// Respiratory symptoms much better.
    #[serde(default)]
    pub symptoms_better: bool,
    /// Imaging clearly improved.
    #[serde(default)]
    pub imaging_improved: bool,
    /// At least this long after onset.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub after_onset: Option<Span>,
}

impl RuleValue for Criteria {
    const EXPECTED: &'static str = "{ tests, test_days, temperature_normal_over, \
                                    symptoms_better, imaging_improved, after_onset }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let mut parts = Vec::new();
        if let Some(over) = self.temperature_normal_over {
            let over = span_text::write(over, lang);
            parts.push(format!("{}{over}", lang.pick("temperature normal >", "体温正常>")));
        }
        if let Some(after) = self.after_onset {
            let after = span_text::write(after, lang);
            parts.push(match lang {
                Lang::En => format!("at least {after} after onset"),
                Lang::Zh => format!("发病后至少{after}"),
            });
        }
        parts.extend(said(
            [
                (self.symptoms_better, "respiratory symptoms much better", "呼吸道症状明显好转"),
                (self.imaging_improved, "imaging improved", "影像学明显改善"),
                (self.tests, "the tests of rel.ct", "核酸检测达标（rel.ct）"),
            ],
            lang,
        ));
        if let Some(days) = &self.test_days {
            parts.push(format!("{}{}", lang.pick("tests on ", "检测于"), days.text(lang)));
        }
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        if *self == Criteria::default() {
            return Some("there is no criterion: anybody would be released".to_owned());
        }
        self.test_days.as_ref().and_then(RuleValue::fault)
    }
}

/// What follows release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aftercare {
    /// Monitoring of health at home.
    HomeMonitoring,
    /// Isolation goes on.
    Isolation,
}

word_value!(Aftercare {
    HomeMonitoring = "home-monitoring", "home health monitoring", "居家健康监测";
    Isolation = "isolation", "isolation", "隔离管理";
});

/// What follows release, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterRelease {
    /// What follows.
    pub care: Aftercare,
    /// How long.
    #[serde(deserialize_with = "span_text::required")]
    pub length: Span,
}

impl RuleValue for AfterRelease {
    const EXPECTED: &'static str = "{ care = \"home-monitoring\", length = \"7 d\" }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let length = span_text::write(self.length, lang);
        format!("{}{}{length}", self.care.name(lang), lang.pick(" ", ""))
    }
    fn fault(&self) -> Option<String> {
        (self.length > Span::days(90)).then(|| "the length is over 90 d".to_owned())
    }
}
