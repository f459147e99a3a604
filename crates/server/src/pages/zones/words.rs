//! The desk's words for people.

use maud::{Markup, html};
use types::{PlaceCode, Refusal, UnitId};
use zones::checklist::Criterion;
use zones::{Level, Zone, views};

use crate::i18n::{Speaks, number};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// The page of a zone.
pub fn path(zone: UnitId) -> String {
    format!("/zones/{zone}")
}

fn tone(level: Level) -> Tone {
    match level {
        Level::Locked => Tone::Bad,
        Level::Controlled => Tone::Warning,
        Level::Precaution => Tone::Info,
    }
}

/// A level in words.
pub fn level_text(seat: &Seat, level: Level) -> String {
    named(seat, "zone-level", level.as_str())
}

/// A level as a tag.
pub fn level(seat: &Seat, level: Level) -> Markup {
    parts::tag(tone(level), &level_text(seat, level))
}

/// A level in a table.
pub fn level_cell(seat: &Seat, level: Level) -> Cell {
    Cell::tag(tone(level), level_text(seat, level))
}

/// A place with the places around it, so that it can be told from another of the same name.
pub fn place(seat: &Seat, names: &Names, code: &PlaceCode) -> String {
    use registry::place::{Level as Depth, chain_of};
    let depth = Depth::of(code);
    let shown: Vec<PlaceCode> = chain_of(code)
        .into_iter()
        .filter(|at| at == code || Depth::of(at) >= Some(Depth::Community))
        .filter(|at| at == code || depth > Some(Depth::Community))
        .collect();
    let names: Vec<String> = shown.iter().rev().map(|at| names.place(seat, at)).collect();
    names.join(" · ")
}

/// Names of places with all that they lie in.
pub async fn names(db: &mut store::Connection, places: Vec<PlaceCode>) -> Result<Names, Fault> {
    let chains: Vec<PlaceCode> = places.iter().flat_map(registry::place::chain_of).collect();
    Names::of_places(db, chains).await
}

/// When a zone ends: red once it is over, yellow within a day.
pub fn until_cell(seat: &Seat, zone: &Zone) -> Cell {
    if !zone.stands() {
        return Cell::time(seat.time(zone.duties.until()));
    }
    let (until, now) = (zone.duties.until(), seat.now());
    let at = seat.time(until);
    if until <= now {
        Cell::tag(Tone::Bad, t!(seat, "zone-over-since", time = at.as_str()))
    } else if until <= now + super::board::WARNS {
        Cell::tag(Tone::Warning, at.as_str())
    } else {
        Cell::time(at)
    }
}

/// How a zone ended, or that it stands.
pub fn state(seat: &Seat, zone: &Zone) -> Markup {
    match zone.ended {
        Some((how, at)) => html! {
            (parts::tag(Tone::Plain, &named(seat, "zone-end", how.as_str()))) " " (seat.time(at))
        },
        None => html! {
            (level(seat, zone.level))
            @if zone.unfounded { " " (parts::tag(Tone::Warning, &t!(seat, "zone-unfounded"))) }
        },
    }
}

/// A checklist: what holds, and what is missing.
pub fn checklist(seat: &Seat, list: &[Criterion]) -> Markup {
    html! {
        ul .checklist {
            @for one in list {
                li {
                    @if one.met { (parts::tag(Tone::Good, &t!(seat, "zone-met"))) }
                    @else { (parts::tag(Tone::Warning, &t!(seat, "zone-missing"))) }
                    " " (named(seat, "zone-what", one.what.as_str()))
                    @if let Some(from) = one.from {
                        " · " (t!(seat, "zone-met-from", time = seat.time(from).as_str()))
                    }
                    @if one.missing > 0 { " · " (t!(seat, "zone-missing-n", n = number(one.missing))) }
                }
            }
        }
    }
}

/// What was refused, with what to do.
pub fn told(seat: &Seat, refusal: &Refusal) -> Markup {
    parts::notice(
        Tone::Bad,
        &seat.lang().refusal(refusal),
        html! { p { (seat.lang().refusal_next(refusal)) } },
    )
}

/// What was taken, with remarks.
pub fn remarks(seat: &Seat, notes: &[Refusal]) -> Markup {
    html! {
        @for note in notes { (parts::notice(Tone::Warning, &seat.lang().refusal(note), html! {})) }
    }
}

/// The zone of an address, whose county the guard has checked.
pub async fn read_zone(seat: &Seat, text: &str) -> Result<Zone, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != zones::ZONE {
        let refusal = Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", zones::ZONE).into());
    }
    let mut db = seat.db().await?;
    views::zone(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))
}
