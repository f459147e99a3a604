//! How an epidemic is taken to go on: what figures that look ahead are computed with.

use serde::Deserialize;

use crate::schema::{Consistent, group};
use crate::value::{RuleValue, read_serde};
use crate::{Lang, Rule};

group! {
    /// How an epidemic is taken to go on.
    Outlook {
        /// From the onset, or the finding, of one case to that of whom it infects.
        serial: Rule<SerialTimes> = "epi.serial",
        /// How R changes in the days to come.
        course: Rule<CourseAhead> = "epi.course",
    }
}

impl Consistent for Outlook {}

/// The serial interval: a gamma distribution, shifted by a day.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialTimes {
    /// Mean, in days; above 1.
    pub mean: f64,
    /// Standard deviation, in days.
    pub sd: f64,
}

impl RuleValue for SerialTimes {
    const EXPECTED: &'static str = "{ mean = 2.75, sd = 2.54 }, in days";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let SerialTimes { mean, sd } = self;
        match lang {
            Lang::En => format!("mean {mean} days, standard deviation {sd} days"),
            Lang::Zh => format!("均值{mean}天，标准差{sd}天"),
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = self.mean > 1.0 && self.mean < 60.0 && self.sd > 0.0 && self.sd < 60.0;
        (!sound)
            .then(|| "the mean is not between 1 and 60, or the deviation not above 0".to_owned())
    }
}

/// How R is taken to change: ln R goes towards a level and wanders.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseAhead {
    /// What R settles at.
    pub settles_at: f64,
    /// The share of the distance of ln R from there that is left after a day.
    pub damping: f64,
    /// Standard deviation of the daily step of ln R.
    pub step: f64,
    /// Days of the window that R of today is estimated from.
    pub window: u8,
}

impl RuleValue for CourseAhead {
    const EXPECTED: &'static str = "{ settles_at = 0.8, damping = 0.8, step = 0.2, window = 7 }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let CourseAhead { settles_at, damping, step, window } = self;
        match lang {
            Lang::En => format!(
                "from R of the last {window} days towards {settles_at}; after a day {damping} of \
                 the distance (of ln R) is left, and it wanders by {step} a day"
            ),
            Lang::Zh => format!(
                "自近{window}天的R起趋向{settles_at}，每日（ln R）剩余差距的{damping}，日波动{step}"
            ),
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = self.settles_at > 0.0
            && (0.0..=1.0).contains(&self.damping)
            && (0.0..=2.0).contains(&self.step)
            && (2..=28).contains(&self.window);
        (!sound).then(|| {
            "settles_at is not above 0, damping not within 0 to 1, step not within 0 to 2, or \
             window not within 2 to 28"
                .to_owned()
        })
    }
}
