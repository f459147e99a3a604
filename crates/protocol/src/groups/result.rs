//! How Ct values are read, and how likely a swab finds an infection.

use serde::Deserialize;

use crate::schema::group;
use crate::text::joined;
use crate::value::{RuleValue, read_serde};
use crate::{Lang, Rule};

group! {
    /// How a PCR result is read.
    Results {
        /// The targets and their cut-offs.
        targets: Rule<Targets> = "test.ct.targets" in 1.0..=50.0,
        /// The assay's limit: no Ct above it counts.
        assay_limit: Rule<f64> = "test.ct.limit" in 20.0..=50.0,
        /// The highest Ct of the internal control in a valid tube without a positive target.
        control_max: Rule<f64> = "test.ct.control" in 10.0..=50.0,
        /// Positive targets needed for "positive"; fewer make "single target".
        targets_needed: Rule<u32> = "test.ct.needed" in 1.0..=8.0,
    }
}

/// The targets of an assay.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Targets(pub Vec<Target>);

/// One target and its cut-offs, in cycles. `ct <= positive_up_to` is positive, up to
/// `grey_up_to` is grey, above it or without a Ct negative.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The name in results, for example `N`.
    pub code: String,
    /// Positive up to this Ct.
    pub positive_up_to: f64,
    /// Grey up to this Ct.
    pub grey_up_to: f64,
}

impl Targets {
    /// The target with this name.
    pub fn get(&self, code: &str) -> Option<&Target> {
        self.0.iter().find(|t| t.code == code)
    }
}

impl RuleValue for Targets {
    const EXPECTED: &'static str = "a list of { code, positive_up_to, grey_up_to }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let one = |t: &Target| match lang {
            Lang::En => {
                format!("{}: positive to Ct {}, grey to {}", t.code, t.positive_up_to, t.grey_up_to)
            }
            Lang::Zh => {
                format!("{}：Ct≤{}为阳性，≤{}为灰区", t.code, t.positive_up_to, t.grey_up_to)
            }
        };
        joined(self.0.iter().map(one), lang)
    }
    fn numbers(&self) -> Vec<f64> {
        self.0.iter().flat_map(|t| [t.positive_up_to, t.grey_up_to]).collect()
    }
    fn fault(&self) -> Option<String> {
        let mut seen = std::collections::BTreeSet::new();
        for t in &self.0 {
            if t.code.is_empty() || !seen.insert(t.code.as_str()) {
                return Some(format!("the target {:?} is unnamed or stands twice", t.code));
            }
            if t.positive_up_to > t.grey_up_to {
                return Some(format!("{}: positive_up_to is over grey_up_to", t.code));
            }
        }
        self.0.is_empty().then(|| "there is no target".to_owned())
    }
}

/// What a tube's Ct values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Enough targets positive.
    Positive,
    /// A target positive, but fewer than needed.
    SingleTarget,
    /// No target positive, one in the grey zone.
    Grey,
    /// No target found, internal control valid.
    Negative,
    /// No target found and no valid internal control, or a target missing: the tube says
    /// nothing.
    Invalid,
}

impl Results {
    /// Reads a tube. `ct` gives each target's Ct, `None` inside when none was detected;
    /// `control` is the internal control's Ct, if it was detected. A Ct that is no number from
    /// 0 up makes the tube invalid, as does a target that the result does not mention or that
    /// the protocol does not know.
    pub fn read(&self, ct: &[(&str, Option<f64>)], control: Option<f64>) -> Reading {
        let sound = |c: &f64| c.is_finite() && *c > 0.0;
        let all_known = ct.iter().all(|(code, _)| self.targets.get(code).is_some());
        let all_sound = ct.iter().filter_map(|(_, c)| c.as_ref()).all(sound);
        if !all_known || !all_sound {
            return Reading::Invalid;
        }
        let limit = self.assay_limit.value;
        let (mut positive, mut grey) = (0, false);
        for target in &self.targets.0 {
            let mut of_target = ct.iter().filter(|(code, _)| *code == target.code);
            let (Some((_, found)), None) = (of_target.next(), of_target.next()) else {
                return Reading::Invalid;
            };
            match *found {
                Some(c) if c <= target.positive_up_to.min(limit) => positive += 1,
                Some(c) if c <= target.grey_up_to.min(limit) => grey = true,
                _ => {}
            }
        }
        // A strong target may outcompete the control, so the control matters only without one.
        if positive >= self.targets_needed.value {
            Reading::Positive
        } else if positive > 0 {
            Reading::SingleTarget
        } else if grey {
            Reading::Grey
        } else if control.is_some_and(|c| sound(&c) && c <= self.control_max.value) {
            Reading::Negative
        } else {
            Reading::Invalid
        }
    }
}

/// How likely a test finds an infected person's swab; for plans and drills, never for results.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitivity {
    /// Alone in its tube, 0 to 1.
    pub single: f64,
    /// Share of it lost each time that the number of swabs in the tube doubles, 0 to 1.
    /// Small, because swabs share one tube and the specimen itself is not thinned.
    pub loss_per_doubling: f64,
}

impl Sensitivity {
    /// The chance for one infected swab among `swabs` in a tube:
    /// `single * (1 - loss_per_doubling) ^ log2(swabs)`.
    pub fn pooled(self, swabs: u32) -> f64 {
        self.single * (1.0 - self.loss_per_doubling).powf(f64::from(swabs.max(1)).log2())
    }
}

impl RuleValue for Sensitivity {
    const EXPECTED: &'static str = "{ single = 0.9, loss_per_doubling = 0.01 }, shares of 1";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => {
                format!("{} alone, share {} lost per doubling", self.single, self.loss_per_doubling)
            }
            Lang::Zh => format!("单采{}，每加倍损失{}", self.single, self.loss_per_doubling),
        }
    }
    fn fault(&self) -> Option<String> {
        let share = 0.0..=1.0;
        (!share.contains(&self.single) || !share.contains(&self.loss_per_doubling))
            .then(|| "a share is not 0 to 1".to_owned())
    }
}
