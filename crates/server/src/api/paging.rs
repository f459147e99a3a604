//! How a program reads a long list: `after` is the `next` of the page before, `limit` how many lines.

use std::str::FromStr;

use ledger::Cursor;
use types::Refusal;

use crate::seat::Seat;

/// Lines of a page where no number is asked for.
const USUAL: i64 = 100;

/// What a parameter of an address should have been.
pub fn wrong(field: &'static str, text: &str, wanted: impl std::fmt::Display) -> Refusal {
    Refusal::new("malformed-field").with("field", field).with("text", text).with("wanted", wanted)
}

/// Behind which line the page begins.
///
/// # Errors
/// `malformed-field` for what no page gave as `next`.
pub fn after<I: FromStr>(seat: &Seat) -> Result<Option<Cursor<I>>, Refusal> {
    let Some(text) = seat.param("after") else { return Ok(None) };
    Cursor::parse(&text).map(Some).ok_or_else(|| wrong("after", &text, "next"))
}

/// How many lines the page has: 1 to `most`.
///
/// # Errors
/// As [`number`].
pub fn limit(seat: &Seat, most: i64) -> Result<i64, Refusal> {
    number(seat, "limit", most, USUAL)
}

/// A number from 1 to `most`; `usual` where none is asked for.
///
/// # Errors
/// `malformed-field` for another number, and for what is none.
pub fn number<N>(seat: &Seat, name: &'static str, most: N, usual: N) -> Result<N, Refusal>
where
    N: FromStr + PartialOrd + std::fmt::Display + From<u8>,
{
    let Some(text) = seat.param(name) else { return Ok(usual) };
    let number = text.parse().ok().filter(|n| *n >= N::from(1) && *n <= most);
    number.ok_or_else(|| wrong(name, &text, format!("1–{most}")))
}
