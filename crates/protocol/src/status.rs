//! How far a value can be trusted.

use serde::{Deserialize, Serialize};

use crate::{Lang, Texts};

/// How sure a recalled value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// Little more than a guess.
    Low,
    /// Between low and medium.
    LowMedium,
    /// Likely, to be checked.
    Medium,
    /// Very likely, yet not seen in a source.
    High,
}

/// Whether a value was read in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Status {
    /// Read in the cited source.
    Found,
    /// Partly read in the cited source.
    FoundInPart {
        /// The part that was not.
        unverified: Texts,
    },
    /// From memory: to be checked before anyone relies on it.
    Recalled {
        /// How sure the memory is.
        sure: Sure,
    },
    /// No rule says it: this project's own default, always a setting.
    Chosen,
}

impl Status {
    /// Whether the whole value was read in a source.
    pub fn is_verified(&self) -> bool {
        matches!(self, Status::Found)
    }

    /// The status in words.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Status::Found => lang.pick("found", "已查证").to_owned(),
            Status::FoundInPart { unverified } => format!(
                "{}{}",
                lang.pick("found in part; unverified: ", "部分查证；未查证："),
                unverified.get(lang)
            ),
            Status::Recalled { sure } => {
                let sure = match sure {
                    Sure::Low => lang.pick("low", "低"),
                    Sure::LowMedium => lang.pick("low to medium", "中低"),
                    Sure::Medium => lang.pick("medium", "中"),
                    Sure::High => lang.pick("high", "高"),
                };
                format!("{}{sure}", lang.pick("recalled, sure: ", "凭记忆，把握："))
            }
            Status::Chosen => lang.pick("chosen, no rule says it", "自定，无明文").to_owned(),
        }
    }
}
