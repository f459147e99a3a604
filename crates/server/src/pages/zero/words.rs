//! The desk's words for people.

use types::CommandId;
use zero::{Cause, Degree, Ground, Item, Level, Said, Standing, What};

use crate::i18n::{Lang, Speaks, number};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{Tone, scope_text};
use crate::ui::table::Cell;

/// The page of a ground's evidence.
pub fn ground_path(ground: &Ground) -> String {
    format!("/zero/at/{ground}")
}

/// The page of a certificate.
pub fn certificate_path(id: CommandId) -> String {
    format!("/zero/certificates/{id}")
}

/// The name of a ground: that of its areas, or of its street.
pub fn ground(seat: &Seat, names: &Names, of: &Ground) -> String {
    let county = || scope_text(seat, of.scope());
    if of.is_street() {
        return format!("{} · {}", county(), names.place_text(seat, of.as_str()));
    }
    county()
}

/// The place codes whose names a ground needs.
pub fn codes<'a>(
    grounds: impl IntoIterator<Item = &'a Ground>,
) -> impl Iterator<Item = types::PlaceCode> {
    let streets: Vec<types::PlaceCode> =
        grounds.into_iter().filter(|g| g.is_street()).map(|g| g.place().clone()).collect();
    streets.into_iter()
}

/// What is looked at.
pub fn what(seat: &Seat, what: What) -> String {
    named(seat, "zero-what", what.as_str())
}

/// A number of an item: a share in percent, hours, or people.
pub fn value(seat: &Seat, what: What, n: i64) -> String {
    match what {
        What::Coverage | What::Sure => format!("{}.{:02} %", n / 100, n % 100),
        What::Fresh if n >= 9_999 => t!(seat, "never"),
        What::Fresh => t!(seat, "board-hours", n = n),
        _ => number(n),
    }
}

/// What an item has to be.
pub fn limit(seat: &Seat, item: &Item) -> String {
    let value = value(seat, item.what, item.limit);
    if item.what.at_least() { format!("≥ {value}") } else { format!("≤ {value}") }
}

/// Whether it is met.
pub fn passes(seat: &Seat, item: &Item) -> Cell {
    match item.passes {
        true => Cell::tag(Tone::Good, t!(seat, "zero-met")),
        false => Cell::tag(Tone::Bad, t!(seat, "zero-not-met")),
    }
}

/// How far an area has come.
pub fn level(seat: &Seat, level: Level) -> Cell {
    let tone = match level {
        Level::Zero => Tone::Good,
        Level::Basic => Tone::Warning,
        Level::None => Tone::Bad,
    };
    Cell::tag(tone, named(seat, "zero-level", level.as_str()))
}

/// What a certificate is of.
pub fn degree(seat: &Seat, degree: Degree) -> Cell {
    let tone = match degree {
        Degree::Zero => Tone::Good,
        Degree::Basic => Tone::Warning,
    };
    Cell::tag(tone, named(seat, "zero-level", degree.as_str()))
}

/// The act of signing it.
pub fn sign(seat: &Seat, degree: Degree) -> String {
    match degree {
        Degree::Zero => t!(seat, "zero-sign"),
        Degree::Basic => t!(seat, "zero-sign-basic"),
    }
}

/// The title of a certificate.
pub fn title(seat: &Seat, degree: Degree, area: &str) -> String {
    match degree {
        Degree::Zero => t!(seat, "zero-certificate-title", area = area),
        Degree::Basic => t!(seat, "zero-certificate-title-basic", area = area),
    }
}

/// How a certificate stands.
pub fn standing(seat: &Seat, standing: Standing) -> Cell {
    let tone = match standing {
        Standing::Valid => Tone::Good,
        Standing::Ended => Tone::Plain,
        Standing::Withdrawn => Tone::Bad,
    };
    Cell::tag(tone, named(seat, "zero-standing", standing.as_str()))
}

/// Why a certificate was withdrawn.
pub fn cause(seat: &Seat, cause: Cause) -> String {
    named(seat, "zero-cause", cause.as_str())
}

/// What a rule says.
pub fn said<'a>(seat: &Seat, said: &'a Said) -> &'a str {
    match seat.lang() {
        Lang::Zh => &said.zh,
        Lang::En => &said.en,
    }
}

/// How far a rule was verified.
pub fn said_status<'a>(seat: &Seat, said: &'a Said) -> &'a str {
    match seat.lang() {
        Lang::Zh => &said.status_zh,
        Lang::En => &said.status_en,
    }
}
