//! The words of these pages: steps, readings, units, holders.

use maud::{Markup, html};
use registry::views::HolderLine;
use store::Connection;
use testing::{BOX, Reading};
use types::{HolderCode, Micros, Refusal, RoundId, Span, UnitId};

use crate::Fault;
use crate::i18n::{Lang, Speaks};
use crate::pages::testing::names::may_open_holder;
use crate::pages::testing::words::may_open_unit;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};

use std::collections::HashMap;

/// A word of the store by the text `desk-GROUP-WORD`; the word itself when there is none.
pub fn word(seat: &Seat, group: &str, word: &str) -> String {
    seat.lang().find(&format!("desk-{group}-{word}")).unwrap_or_else(|| word.to_owned())
}

/// The page of a unit.
pub fn unit_path(unit: UnitId) -> String {
    match unit.kind() {
        BOX => format!("/boxes/{unit}"),
        _ => format!("/tubes/{unit}"),
    }
}

/// A unit's code, leading to its page where the actor may open it.
pub fn unit_link(seat: &Seat, unit: UnitId) -> Markup {
    html! {
        @if may_open_unit(seat, unit) { a href=(seat.link(&unit_path(unit))) { code { (unit) } } }
        @else { code { (unit) } }
    }
}

/// A reading with the tone that it calls for.
pub fn reading(seat: &Seat, reading: Reading) -> (Tone, String) {
    let tone = match reading {
        Reading::Positive => Tone::Bad,
        Reading::Grey | Reading::SingleTarget | Reading::Invalid => Tone::Warning,
        Reading::Negative => Tone::Good,
    };
    (tone, word(seat, "reading", reading.as_str()))
}

/// A deadline with what is left of it, or by how much it has passed.
pub fn deadline(seat: &Seat, at: Micros) -> Markup {
    let left = at - seat.now();
    html! {
        (seat.time(at)) " "
        @if left < Span(0) {
            (parts::tag(Tone::Bad, &t!(seat, "desk-late-by", time = seat.span(Span(-left.0)))))
        } @else {
            (parts::tag(Tone::Plain, &t!(seat, "desk-time-left", time = seat.span(left))))
        }
    }
}

/// What a refusal says, with what to do next: as one sentence.
pub fn sentence(seat: &Seat, refusal: &Refusal) -> Markup {
    html! {
        (seat.lang().refusal(refusal)) " " (seat.lang().refusal_next(refusal))
        @if let Some(rule) = &refusal.rule { " " code { (rule) } }
    }
}

/// What was done, and the remarks that it was taken with.
pub fn done(seat: &Seat, what: &str, notes: &[Refusal]) -> Markup {
    let tone = if notes.is_empty() { Tone::Good } else { Tone::Warning };
    parts::notice(
        tone,
        what,
        html! {
            @if !notes.is_empty() { ul { @for note in notes { li { (sentence(seat, note)) } } } }
        },
    )
}

/// Why a form was not taken.
pub fn refused(seat: &Seat, refusal: &Refusal) -> Markup {
    let body = html! { p { (sentence(seat, refusal)) } };
    parts::notice(Tone::Bad, &t!(seat, "error-title-refused"), body)
}

/// The one of two names that a page in this language shows.
pub fn pick<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    if lang == Lang::En && !en.is_empty() { en } else { zh }
}

/// Names of holders, looked up at once.
#[derive(Debug, Default)]
pub struct Holders(HashMap<HolderCode, HolderLine>);

impl Holders {
    /// Looks up holders; those that the registry does not know show their code.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn find(db: &mut Connection, mut codes: Vec<HolderCode>) -> Result<Holders, Fault> {
        codes.sort_unstable();
        codes.dedup();
        Ok(Holders(registry::views::holders_by_code(db, &codes).await?))
    }

    /// A holder's name with its code.
    pub fn name(&self, seat: &Seat, code: &HolderCode) -> Markup {
        let name = self.0.get(code).map(|h| pick(seat.lang(), &h.name_zh, &h.name_en));
        html! {
            @if let Some(name) = name { (name) " " }
            code { (code) }
        }
    }

    /// [`Holders::link`] of a holder as the store keeps it; words that are no code stay as they are.
    pub fn link_text(&self, seat: &Seat, code: &str) -> Markup {
        HolderCode::parse(code)
            .map_or_else(|_| html! { code { (code) } }, |code| self.link(seat, &code))
    }

    /// A holder as a link to what it has in hand.
    pub fn link(&self, seat: &Seat, code: &HolderCode) -> Markup {
        html! {
            @if may_open_holder(seat, code, self.0.get(code)) {
                a href={ "/testing/holders/" (code) } { (self.name(seat, code)) }
            } @else { (self.name(seat, code)) }
        }
    }
}

/// A round's name with its number, as a link to its board.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn round(seat: &Seat, db: &mut Connection, id: RoundId) -> Result<Markup, Fault> {
    let found = testing::views::round(db, id).await?;
    Ok(html! {
        @match found {
            Some(r) => {
                (pick(seat.lang(), &r.name_zh, &r.name_en)) " " (t!(seat, "desk-round-n", n = r.number))
            }
            None => code { (id) },
        }
    })
}
