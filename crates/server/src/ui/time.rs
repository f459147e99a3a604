//! Times as people read them: one form, in the zone of the response.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, Render, html};
use types::{Micros, Span};

use crate::i18n::Lang;

/// An instant in the zone of the pages, written `2022-03-15 08:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    at: Micros,
    text: String,
}

impl Local {
    /// The instant in a zone.
    pub fn new(at: Micros, zone: &TimeZone) -> Local {
        let text = Timestamp::from_microsecond(at.0).map_or_else(
            |_| "—".to_owned(),
            |t| t.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        );
        Local { at, text }
    }

    /// Only the hour and minute: `08:00`.
    pub fn clock(&self) -> &str {
        self.text.get(11..).unwrap_or(&self.text)
    }

    /// Only the day: `2022-03-15`.
    pub fn day(&self) -> &str {
        self.text.get(..10).unwrap_or(&self.text)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Render for Local {
    fn render(&self) -> Markup {
        html! { time datetime=(self.at.rfc3339()) { (self.text) } }
    }
}

/// Reads a local time from a form (`2022-03-15T08:00` or with a space) in a zone.
///
/// # Errors
/// [`types::ParseError`] when it is not a time.
pub fn parse_local(text: &str, zone: &TimeZone) -> Result<Micros, types::ParseError> {
    let wrong = || types::ParseError::new("time", text, "a local time like 2022-03-15 08:00");
    let normal = text.trim().replace(' ', "T");
    let civil: jiff::civil::DateTime = normal.parse().map_err(|_| wrong())?;
    let zoned = civil.to_zoned_datetime(zone.clone()).map_err(|_| wrong())?;
    Ok(Micros(zoned.timestamp().as_microsecond()))
}

/// The form in which `<input type=datetime-local>` takes a time.
pub fn input_value(at: Micros, zone: &TimeZone) -> String {
    Local::new(at, zone).text.replace(' ', "T")
}

/// A length of time in hours and minutes: `3:05`, `−0:30`, `49:00`.
pub fn hours_minutes(span: Span) -> String {
    let minutes = span.0.unsigned_abs() / 60_000_000;
    let sign = if span.0 < 0 && minutes > 0 { "−" } else { "" };
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}

/// How far a zone is from UTC at an instant, as people write it: `UTC+8`, `UTC−3:30`.
pub fn offset(at: Micros, zone: &TimeZone) -> String {
    let seconds = Timestamp::from_microsecond(at.0).map_or(0, |t| zone.to_offset(t).seconds());
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '−' } else { '+' };
    match minutes {
        0 => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// A length of time in words: `42 min`, `16 h 42 min`. In a sentence hours and minutes with a
/// colon read like a time of day.
pub fn span_words(lang: Lang, span: Span) -> String {
    let minutes = span.0.unsigned_abs() / 60_000_000;
    let sign = if span.0 < 0 && minutes > 0 { "−" } else { "" };
    match (lang, minutes / 60, minutes % 60) {
        (Lang::Zh, 0, min) => format!("{sign}{min}分钟"),
        (Lang::Zh, h, 0) => format!("{sign}{h}小时"),
        (Lang::Zh, h, min) => format!("{sign}{h}小时{min}分"),
        (Lang::En, 0, min) => format!("{sign}{min} min"),
        (Lang::En, h, 0) => format!("{sign}{h} h"),
        (Lang::En, h, min) => format!("{sign}{h} h {min} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("a zone")
    }

    #[test]
    fn a_time_is_shown_in_its_zone_and_read_back() {
        let at = Micros::parse("2022-03-15T00:00:00Z").expect("a time");
        assert_eq!(Local::new(at, &shanghai()).as_str(), "2022-03-15 08:00");
        assert_eq!(Local::new(at, &shanghai()).clock(), "08:00");
        assert_eq!(parse_local("2022-03-15 08:00", &shanghai()), Ok(at));
        assert_eq!(parse_local(&input_value(at, &shanghai()), &shanghai()), Ok(at));
        assert!(parse_local("15.3.2022", &shanghai()).is_err());
        assert_eq!(Local::new(Micros::MAX, &shanghai()).as_str(), "—");
    }

    #[test]
    fn a_zone_says_how_far_it_is_from_utc() {
        let at = Micros::parse("2022-03-15T00:00:00Z").expect("a time");
        let of = |name| offset(at, &TimeZone::get(name).expect("a zone"));
        assert_eq!(of("Asia/Shanghai"), "UTC+8");
        assert_eq!(of("UTC"), "UTC+0");
        assert_eq!(of("Asia/Kolkata"), "UTC+5:30");
        assert_eq!(of("America/St_Johns"), "UTC−2:30");
    }

    #[test]
    fn spans_in_words_cannot_be_taken_for_a_time_of_day() {
        let both = |span| (span_words(Lang::En, span), span_words(Lang::Zh, span));
        assert_eq!(both(Span::minutes(185)), ("3 h 5 min".into(), "3小时5分".into()));
        assert_eq!(both(Span::minutes(42)), ("42 min".into(), "42分钟".into()));
        assert_eq!(both(Span::hours(49)), ("49 h".into(), "49小时".into()));
        assert_eq!(both(Span::minutes(-30)), ("−30 min".into(), "−30分钟".into()));
        assert_eq!(both(Span::seconds(-30)), ("0 min".into(), "0分钟".into()));
    }

    #[test]
    fn spans_are_hours_and_minutes() {
        assert_eq!(hours_minutes(Span::minutes(185)), "3:05");
        assert_eq!(hours_minutes(Span::minutes(-30)), "−0:30");
        assert_eq!(hours_minutes(Span::seconds(-30)), "0:00");
        assert_eq!(hours_minutes(Span::hours(49)), "49:00");
    }
}
