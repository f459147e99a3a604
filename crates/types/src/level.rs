//! The levels of places, as their codes tell them.

use serde::{Deserialize, Serialize};

use crate::PlaceCode;

/// How deep a place lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceLevel {
    /// 省, two digits.
    Province,
    /// 地级市, four digits.
    Prefecture,
    /// 区县, six digits: the area of everything below.
    County,
    /// 街道 or 乡镇, nine digits.
    Street,
    /// 社区 or 村, twelve digits.
    Community,
    /// 小区, one part below the community.
    Compound,
    /// 楼栋, two parts below.
    Building,
    /// 单元, three parts below.
    Entrance,
}

impl PlaceLevel {
    /// All levels, the widest first.
    pub const ALL: [PlaceLevel; 8] = [
        PlaceLevel::Province,
        PlaceLevel::Prefecture,
        PlaceLevel::County,
        PlaceLevel::Street,
        PlaceLevel::Community,
        PlaceLevel::Compound,
        PlaceLevel::Building,
        PlaceLevel::Entrance,
    ];

    /// The level that a code has; `None` when its form is that of no level.
    pub fn of(code: &PlaceCode) -> Option<PlaceLevel> {
        let mut parts = code.as_str().split('-');
        let head = parts.next()?;
        if !head.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let below: Vec<&str> = parts.collect();
        match (head.len(), below.len()) {
            (2, 0) => Some(PlaceLevel::Province),
            (4, 0) => Some(PlaceLevel::Prefecture),
            (6, 0) => Some(PlaceLevel::County),
            (9, 0) => Some(PlaceLevel::Street),
            (12, 0) => Some(PlaceLevel::Community),
            (12, 1..=3) if below.iter().all(|part| (1..=6).contains(&part.len())) => {
                Some(PlaceLevel::ALL[4 + below.len()])
            }
            _ => None,
        }
    }

    /// Depth as the store keeps it: 1 for a province to 8 for an entrance.
    pub fn depth(self) -> i64 {
        self as i64 + 1
    }

    /// The level of a stored depth.
    pub fn from_depth(depth: i64) -> Option<PlaceLevel> {
        PlaceLevel::ALL.into_iter().find(|level| level.depth() == depth)
    }

    /// A stable word for texts and URLs, for example `community`.
    pub fn as_str(self) -> &'static str {
        match self {
            PlaceLevel::Province => "province",
            PlaceLevel::Prefecture => "prefecture",
            PlaceLevel::County => "county",
            PlaceLevel::Street => "street",
            PlaceLevel::Community => "community",
            PlaceLevel::Compound => "compound",
            PlaceLevel::Building => "building",
            PlaceLevel::Entrance => "entrance",
        }
    }
}
