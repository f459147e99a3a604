//! Places by their codes: the level, the parent and the compound can be read off the code.
//!
//! Down to the community these are the statistical bureau's codes (GB/T 2260 for counties, 9
//! digits for streets, 12 for communities and villages); below it we append one part a level:
//! `220202001001-03-05-2` is entrance 2 of building 05 of compound 03.

use types::{AreaCode, PlaceCode};

pub use types::PlaceLevel as Level;

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
