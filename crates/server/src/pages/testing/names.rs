//! Names of places and holders in the language of the page.

use std::collections::{HashMap, HashSet};

use registry::views::{self, HolderLine, PlaceName};
use store::Connection;
use types::{AreaCode, HolderCode, PlaceCode};

use crate::Fault;
use crate::access::Actor;
use crate::i18n::{Lang, Speaks};
use crate::seat::Seat;

/// The one of two names that a page in this language shows.
pub fn pick<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::En if !en.is_empty() => en,
        _ => zh,
    }
}

/// Names that were looked up for a page, all at once.
#[derive(Debug, Default)]
pub struct Names {
    places: HashMap<PlaceCode, PlaceName>,
    holders: HashMap<HolderCode, HolderLine>,
}

impl Names {
    /// Looks up places.
    pub async fn of_places(
        db: &mut Connection,
        codes: impl IntoIterator<Item = PlaceCode>,
    ) -> Result<Names, Fault> {
        let codes: HashSet<PlaceCode> = codes.into_iter().collect();
        let codes: Vec<PlaceCode> = codes.into_iter().collect();
        Ok(Names { places: views::place_names(db, &codes).await?, holders: HashMap::new() })
    }

    /// Looks up holders, given as the store keeps them.
    pub async fn of_holders<'a>(
        db: &mut Connection,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Names, Fault> {
        let codes: HashSet<HolderCode> =
            codes.into_iter().filter_map(|c| HolderCode::parse(c).ok()).collect();
        let codes: Vec<HolderCode> = codes.into_iter().collect();
        Ok(Names { holders: views::holders_by_code(db, &codes).await?, places: HashMap::new() })
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Names) -> Names {
        self.places.extend(other.places);
        self.holders.extend(other.holders);
        self
    }

    /// A place's name; its code when the registry has none.
    pub fn place(&self, seat: &Seat, code: &PlaceCode) -> String {
        self.places.get(code).map_or_else(
            || code.to_string(),
            |name| pick(seat.lang(), &name.name_zh, &name.name_en).to_owned(),
        )
    }

    /// The name of a place by the text of its code.
    pub fn place_text(&self, seat: &Seat, code: &str) -> String {
        PlaceCode::parse(code).map_or_else(|_| code.to_owned(), |place| self.place(seat, &place))
    }

    /// [`may_open_holder`] of a holder that was looked up, by the text of its code.
    pub fn may_open_holder(&self, seat: &Seat, code: &str) -> bool {
        HolderCode::parse(code)
            .is_ok_and(|code| may_open_holder(seat, &code, self.holders.get(&code)))
    }

    /// A holder's name; its code when the registry has none.
    pub fn holder(&self, seat: &Seat, code: &str) -> String {
        let line = HolderCode::parse(code).ok().and_then(|c| self.holders.get(&c));
        match line {
            Some(line) => pick(seat.lang(), &line.name_zh, &line.name_en).to_owned(),
            None if code == "unknown" => seat.text("holder-unknown"),
            None => own_name(seat, code),
        }
    }
}

/// Whether the page of what a holder has would open for the actor: it is their own, or of a
/// county in their areas.
pub fn may_open_holder(seat: &Seat, code: &HolderCode, known: Option<&HolderLine>) -> bool {
    let own = |actor: &Actor| actor.grants.iter().any(|g| g.holder.as_ref() == Some(code));
    let by_code = || code.code().get(..6).and_then(|digits| AreaCode::parse(digits).ok());
    let area = known.map(|line| line.area).or_else(by_code);
    seat.may_open("/testing/holders/{holder}")
        && (seat.somebody().is_some_and(own) || area.is_some_and(|area| seat.require(area).is_ok()))
}

/// Holders without a name of their own: `desk:220202`, `grid:220202001001`.
fn own_name(seat: &Seat, code: &str) -> String {
    match code.split_once(':') {
        Some((kind @ ("grid" | "desk"), rest)) => {
            seat.fill(&format!("holder-{kind}"), &[("code", rest.into())])
        }
        _ => code.to_owned(),
    }
}
