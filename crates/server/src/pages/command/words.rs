//! The command post's words for people.

use command::{Document, Standing};
use types::{AreaScope, CommandId, Micros, Span};

use crate::i18n::{Lang, Speaks};
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::Tone;
use crate::ui::table::Cell;

/// The page of a bulletin.
pub fn bulletin_path(id: CommandId) -> String {
    format!("/bulletins/{id}")
}

/// The page of a decision.
pub fn decision_path(id: CommandId) -> String {
    format!("/decisions/{id}")
}

/// The name of an area; the whole country is not one of bulletins.
pub fn area(seat: &Seat, scope: AreaScope) -> String {
    crate::ui::parts::scope_text(seat, scope)
}

/// A window as health commissions write it: `2022年4月9日0—24时`, `9 April 2022, 0–24 h`.
pub fn window(seat: &Seat, document: &Document) -> String {
    let day = document.window.day();
    let hours = |at: Micros| (at - document.from).0 / Span::hours(1).0;
    // The window does not say its hours; its instants do.
    let midnight = analytics::bulletin::ReportWindow::whole(day);
    let first = jiff::tz::Offset::from_seconds(document.utc_offset_minutes * 60)
        .map_or(0, |offset| (document.from - midnight.start(offset)).0 / Span::hours(1).0);
    let last = first + hours(document.until);
    let (month, year) = (i64::from(day.month()), i64::from(day.year()));
    match seat.lang() {
        Lang::Zh => format!("{year}年{month}月{}日{first}—{last}时", day.day()),
        Lang::En => {
            let name = seat.text(&format!("month-{month}"));
            format!("{} {name} {year}, {first}–{last} h", day.day())
        }
    }
}

/// `第12期`, `No. 12`, with the correction that it is.
pub fn number(seat: &Seat, document: &Document) -> String {
    let no = t!(seat, "bulletin-no", no = document.no);
    match document.correction {
        0 => no,
        n => format!("{no} · {}", t!(seat, "bulletin-correction-no", n = n)),
    }
}

/// How a decision stands, in a coloured box.
pub fn standing(seat: &Seat, standing: Standing) -> Cell {
    let tone = match standing {
        Standing::Coming => Tone::Info,
        Standing::InForce => Tone::Good,
        Standing::Ended => Tone::Plain,
        Standing::Revoked => Tone::Warning,
    };
    Cell::tag(tone, standing_text(seat, standing))
}

/// The same as words.
pub fn standing_text(seat: &Seat, standing: Standing) -> String {
    seat.text(&format!("decision-{}", standing.as_str().replace('_', "-")))
}
