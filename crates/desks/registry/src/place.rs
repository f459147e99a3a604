//! Places by their codes: the level, the parent and the compound can be read off the code.
//!
//! Down to the community these are the statistical bureau's codes (GB/T 2260 for counties, 9
//! digits for streets, 12 for communities and villages); below it we append one part a level:
//! `220202001001-03-05-2` is entrance 2 of building 05 of compound 03.

use serde::{Deserialize, Serialize};
use types::{AreaCode, PlaceCode};

/// How deep a place lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
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

impl Level {
    /// All levels, the widest first.
    pub const ALL: [Level; 8] = [
        Level::Province,
        Level::Prefecture,
        Level::County,
        Level::Street,
        Level::Community,
        Level::Compound,
        Level::Building,
        Level::Entrance,
    ];

    /// The level that a code has; `None` when its form is that of no level.
    pub fn of(code: &PlaceCode) -> Option<Level> {
        let mut parts = code.as_str().split('-');
        let head = parts.next()?;
        if !head.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let below: Vec<&str> = parts.collect();
        match (head.len(), below.len()) {
            (2, 0) => Some(Level::Province),
            (4, 0) => Some(Level::Prefecture),
            (6, 0) => Some(Level::County),
            (9, 0) => Some(Level::Street),
            (12, 0) => Some(Level::Community),
            (12, 1..=3) if below.iter().all(|part| (1..=6).contains(&part.len())) => {
                Some(Level::ALL[4 + below.len()])
            }
            _ => None,
        }
    }

    /// Depth as the store keeps it: 1 for a province to 8 for an entrance.
    pub fn depth(self) -> i64 {
        self as i64 + 1
    }

    /// The level of a stored depth.
    pub fn from_depth(depth: i64) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.depth() == depth)
    }

    /// A stable word for texts and URLs, for example `community`.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Province => "province",
            Level::Prefecture => "prefecture",
            Level::County => "county",
            Level::Street => "street",
            Level::Community => "community",
            Level::Compound => "compound",
            Level::Building => "building",
            Level::Entrance => "entrance",
        }
    }
}

/// The place that a place lies in; `None` for a province or a code of no level.
pub fn parent_of(code: &PlaceCode) -> Option<PlaceCode> {
    let text = code.as_str();
    let cut = match Level::of(code)? {
        Level::Province => return None,
        Level::Prefecture => 2,
        Level::County => 4,
        Level::Street => 6,
        Level::Community => 9,
        _ => text.rfind('-')?,
    };
    PlaceCode::parse(&text[..cut]).ok()
}

/// The place and all that it lies in, the innermost first.
pub fn chain_of(code: &PlaceCode) -> Vec<PlaceCode> {
    let mut chain = vec![code.clone()];
    while let Some(parent) = chain.last().and_then(parent_of) {
        chain.push(parent);
    }
    chain
}

/// Where persons are counted: the compound that a place lies in, else (villages have none) the
/// place itself down to its community.
pub fn compound_of(code: &PlaceCode) -> PlaceCode {
    chain_of(code)
        .into_iter()
        .find(|at| Level::of(at).is_some_and(|level| level <= Level::Compound))
        .unwrap_or_else(|| code.clone())
}

/// The county of a place, which leads its key; [`AreaCode::NONE`] above county level.
pub fn area_of(code: &PlaceCode) -> AreaCode {
    code.area().unwrap_or(AreaCode::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> PlaceCode {
        PlaceCode::parse(text).expect("a place code")
    }

    #[test]
    fn the_level_and_the_parents_are_read_off_the_code() {
        let entrance = code("220202001001-03-05-2");
        let chain: Vec<String> = chain_of(&entrance).iter().map(ToString::to_string).collect();
        assert_eq!(
            chain,
            [
                "220202001001-03-05-2",
                "220202001001-03-05",
                "220202001001-03",
                "220202001001",
                "220202001",
                "220202",
                "2202",
                "22"
            ]
        );
        let levels: Vec<Level> = chain_of(&entrance).iter().rev().filter_map(Level::of).collect();
        assert_eq!(levels, Level::ALL);
        assert_eq!(compound_of(&entrance), code("220202001001-03"));
    }

    #[test]
    fn a_village_counts_as_its_own_compound() {
        assert_eq!(compound_of(&code("220221100201")), code("220221100201"));
    }

    #[test]
    fn a_code_of_no_level_has_none() {
        for text in ["220", "22020", "2202020010011", "220202-1", "220202001001-1-2-3-4"] {
            assert_eq!(Level::of(&code(text)), None, "{text}");
        }
        assert_eq!(Level::of(&code("220202001001-")), None);
        assert_eq!(area_of(&code("2202")), AreaCode::NONE);
    }

    #[test]
    fn depths_round_trip() {
        for level in Level::ALL {
            assert_eq!(Level::from_depth(level.depth()), Some(level));
        }
        assert_eq!(Level::from_depth(9), None);
    }
}
