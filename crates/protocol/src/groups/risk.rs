//! Risk levels of places, as they are published.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::value::{RuleValue, read_serde};
use crate::{Lang, Rule, span_text};

group! {
    /// Risk levels of places.
    Risk {
        /// How a place's level is set and lowered.
        level: Rule<RiskScheme> = "risk.level",
    }
}

impl Consistent for Risk {}

/// How risk levels are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RiskScheme {
    /// By cases: none in `clean`, low; up to `medium_up_to` in all, or more without a cluster,
    /// medium; more with a cluster, high.
    Counts {
        /// The time looked back on.
        #[serde(deserialize_with = "span_text::required")]
        clean: Span,
        /// Cases in all up to which a place is at most medium.
        medium_up_to: u32,
    },
    /// By steps: a compound with a case is high, and falls a level after each clean time.
    Steps {
        /// High becomes medium after so long without a case.
        #[serde(deserialize_with = "span_text::required")]
        high_to_medium: Span,
        /// What was high becomes low after so long more.
        #[serde(deserialize_with = "span_text::required")]
        then_to_low: Span,
        /// What began as medium becomes low after so long without a case.
        #[serde(deserialize_with = "span_text::required")]
        medium_to_low: Span,
    },
}

impl RuleValue for RiskScheme {
    const EXPECTED: &'static str = "{ kind = \"counts\", clean, medium_up_to } or \
         { kind = \"steps\", high_to_medium, then_to_low, medium_to_low }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let w = |span| span_text::write(span, lang);
        match (*self, lang) {
            (RiskScheme::Counts { clean, medium_up_to: n }, Lang::En) => format!(
                "low: none, or none in {c}; medium: new in {c} and at most {n} in all, or more \
                 without a cluster; high: more than {n} and a cluster in {c}",
                c = w(clean)
            ),
            (RiskScheme::Counts { clean, medium_up_to: n }, Lang::Zh) => format!(
                "低风险：无病例或{c}内无新增；中风险：{c}内有新增且累计≤{n}例，或累计>{n}例但无聚集；\
                 高风险：累计>{n}例且{c}内有聚集",
                c = w(clean)
            ),
            (RiskScheme::Steps { high_to_medium, then_to_low, medium_to_low }, Lang::En) => {
                format!(
                    "high: compound of a case; {} clean, medium; {} more, low; medium from the \
                     start: {} clean, low",
                    w(high_to_medium),
                    w(then_to_low),
                    w(medium_to_low)
                )
            }
            (RiskScheme::Steps { high_to_medium, then_to_low, medium_to_low }, Lang::Zh) => {
                format!(
                    "高风险：病例所在小区，连续{}无新增降为中风险，再{}降为低风险；\
                     中风险区连续{}无新增降为低风险",
                    w(high_to_medium),
                    w(then_to_low),
                    w(medium_to_low)
                )
            }
        }
    }
    fn fault(&self) -> Option<String> {
        let spans = match *self {
            RiskScheme::Counts { clean, .. } => [clean; 3],
            RiskScheme::Steps { high_to_medium, then_to_low, medium_to_low } => {
                [high_to_medium, then_to_low, medium_to_low]
            }
        };
        let sound = spans.iter().all(|s| (Span::days(1)..=Span::days(60)).contains(s));
        (!sound).then(|| "a time is not 1 to 60 d".to_owned())
    }
}
