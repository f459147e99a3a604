//! Community zero: no new infection outside quarantine and closed loops.

use serde::Deserialize;

use crate::schema::{Consistent, group};
use crate::value::{Points, RuleValue, read_serde, word_value};
use crate::{Lang, Rule};

group! {
    /// Community zero: no infection found outside quarantine and closed loops.
    CommunityZero {
        /// When it is reached.
        rule: Rule<ZeroRule> = "zero.rule",
        /// Where an infection may be found: each new one carries one of these tags.
        tags: Rule<Points> = "zero.tag",
    }
}

impl Consistent for CommunityZero {}

/// A part of the community, as against quarantine and closed loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommunityPart {
    /// Residents of controlled areas.
    Controlled,
    /// Residents of precaution areas.
    Precaution,
    /// People on the move outside closed loops.
    Mobile,
}

word_value!(CommunityPart {
    Controlled = "controlled", "controlled areas", "管控区";
    Precaution = "precaution", "precaution areas", "防范区";
    Mobile = "mobile", "mobile people outside closed loops", "非闭环流动人员";
});

/// When community zero is reached.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ZeroRule {
    /// The city's command declares it; no number is published.
    Declared {
        /// Rounds of community testing that it reviews first.
        rounds_reviewed: u32,
    },
    /// By numbers, district by district.
    Counted {
        /// The people who make up the community.
        community: Vec<CommunityPart>,
        /// Days running that count.
        days: u32,
        /// Basic zero: each day's new infections per 100,000 residents are below this.
        basic_below_per_100k: f64,
        /// Zero: each day's new infections are at most this.
        zero_up_to: u32,
    },
}

impl RuleValue for ZeroRule {
    const EXPECTED: &'static str = "{ kind = \"declared\", rounds_reviewed = 1 } or \
         { kind = \"counted\", community = [\"precaution\", …], days = 3, basic_below_per_100k = 1, zero_up_to = 0 }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (ZeroRule::Declared { rounds_reviewed: n }, Lang::En) => format!(
                "declared by the city command after reviewing at least {n} round(s) of community \
                 testing; no number is published"
            ),
            (ZeroRule::Declared { rounds_reviewed: n }, Lang::Zh) => {
                format!("由市指挥部研判至少{n}轮社会面核酸结果后宣布，无公布数值")
            }
            (ZeroRule::Counted { community, days, basic_below_per_100k, zero_up_to }, _) => {
                let (r, z) = (basic_below_per_100k, zero_up_to);
                let who: Vec<_> = community.iter().map(|c| c.name(lang)).collect();
                let who = who.join(lang.pick(", ", "、"));
                match lang {
                    Lang::En => format!(
                        "each district, {days} days running, new in the community ({who}): fewer \
                         than {r} per 100,000 residents a day is basic zero, at most {z} is zero"
                    ),
                    Lang::Zh => format!(
                        "以区为单位连续{days}天，社会面（{who}）日新增低于常住人口十万分之{r}为基本\
                         清零，不超过{z}例为清零"
                    ),
                }
            }
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = match self {
            ZeroRule::Declared { rounds_reviewed } => (1..=20).contains(rounds_reviewed),
            ZeroRule::Counted { community, days, basic_below_per_100k: r, .. } => {
                !community.is_empty() && (1..=60).contains(days) && (0.001..=1000.0).contains(r)
            }
        };
        (!sound).then(|| {
            "the community is empty, or a number out of range (1–20 rounds, 1–60 days)".to_owned()
        })
    }
}
