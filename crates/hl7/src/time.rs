//! Times as laboratories write them.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use types::{Micros, ParseError};

use crate::Rule;

/// A zone as its offset from UTC in minutes, east positive.
///
/// Laboratories mostly write local times without an offset; the feed is told whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffset(i32);

impl ZoneOffset {
    /// UTC.
    pub const UTC: ZoneOffset = ZoneOffset(0);
    /// China has one zone, UTC+8.
    pub const CHINA: ZoneOffset = ZoneOffset(8 * 60);

    /// Reads `+0800`, `+08:00` or `Z`.
    ///
    /// # Errors
    /// [`ParseError`] for any other form, and beyond 14 hours.
    pub fn parse(text: &str) -> Result<ZoneOffset, ParseError> {
        let wrong = || ParseError::new("zone offset", text, "+HHMM, +HH:MM or Z, at most 14 hours");
        if text == "Z" {
            return Ok(ZoneOffset::UTC);
        }
        let (sign, digits) = match text.as_bytes() {
            [b'+', ..] => (1, text[1..].replacen(':', "", 1)),
            [b'-', ..] => (-1, text[1..].replacen(':', "", 1)),
            _ => return Err(wrong()),
        };
        let mut cursor = Digits(digits.as_bytes());
        let (hours, minutes) = match (cursor.take(2), cursor.take(2)) {
            (Some(h), Some(m)) if cursor.0.is_empty() => (h, m),
            _ => return Err(wrong()),
        };
        let total = hours * 60 + minutes;
        if minutes > 59 || total > 14 * 60 { Err(wrong()) } else { Ok(ZoneOffset(sign * total)) }
    }

    /// The offset in minutes east of UTC.
    pub fn minutes(self) -> i32 {
        self.0
    }

    fn offset(self) -> Offset {
        Offset::from_seconds(self.0 * 60).unwrap_or(Offset::UTC)
    }

    /// `+0800`, the form of the HL7 TS type.
    pub fn hl7(self) -> String {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.abs();
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }
}

/// Reads decimal digits from the front.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// The next exactly `n` digits.
    fn take(&mut self, n: usize) -> Option<i32> {
        let (head, rest) = self.0.split_at_checked(n)?;
        let value = number(head)?;
        self.0 = rest;
        Some(value)
    }

    /// The next 1 to `most` digits.
    fn up_to(&mut self, most: usize) -> Option<i32> {
        let n = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if n == 0 { None } else { self.take(n) }
    }

    /// Drops the text if it is next.
    fn skip(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// A fraction after its point, in nanoseconds: 1 to 9 digits.
    fn fraction(&mut self) -> Option<i32> {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&n) {
            return None;
        }
        let value = self.take(n)?;
        Some(value * 10_i32.pow(9 - u32::try_from(n).ok()?))
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn civil(parts: [i32; 6], nanos: i32) -> Option<DateTime> {
    let [year, month, day, hour, minute, second] = parts;
    let small = |n: i32| i8::try_from(n).ok();
    DateTime::new(
        i16::try_from(year).ok().filter(|y| (1900..=2999).contains(y))?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        nanos,
    )
    .ok()
}

fn instant(civil: Option<DateTime>, zone: ZoneOffset) -> Result<Micros, Rule> {
    civil
        .and_then(|c| zone.offset().to_timestamp(c).ok())
        .map(|t| Micros(t.as_microsecond()))
        .ok_or(Rule::TimeMalformed)
}

/// Reads the HL7 type TS: `YYYYMMDDHH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]` (HL7 v2.5 chapter 2A).
///
/// The standard allows coarser times; an instant needs the hour. A time without an offset is
/// in `zone`. More than four digits of fraction are read too (some senders give them).
///
/// # Errors
/// [`Rule::TimeTooCoarse`] for a year, month or day; [`Rule::TimeMalformed`] otherwise.
pub fn read_ts(text: &str, zone: ZoneOffset) -> Result<Micros, Rule> {
    let (body, zone) = split_offset(text, zone)?;
    let mut d = Digits(body.as_bytes());
    let all_digits = d.0.iter().all(u8::is_ascii_digit);
    if all_digits && matches!(d.0.len(), 4 | 6 | 8) {
        return Err(Rule::TimeTooCoarse);
    }
    let mut parts = [0; 6];
    for (index, width) in [4, 2, 2, 2].into_iter().enumerate() {
        parts[index] = d.take(width).ok_or(Rule::TimeMalformed)?;
    }
    let mut nanos = 0;
    if !d.0.is_empty() {
        parts[4] = d.take(2).ok_or(Rule::TimeMalformed)?;
    }
    if !d.0.is_empty() {
        parts[5] = d.take(2).ok_or(Rule::TimeMalformed)?;
        if d.skip(".") {
            nanos = d.fraction().ok_or(Rule::TimeMalformed)?;
        }
    }
    if !d.0.is_empty() {
        return Err(Rule::TimeMalformed);
    }
    instant(civil(parts, nanos), zone)
}

/// The offset that a TS ends with, if any.
pub(crate) fn offset_of(text: &str) -> Option<ZoneOffset> {
    let at = text.rfind(['+', '-'])?;
    ZoneOffset::parse(&text[at..]).ok()
}

fn split_offset(text: &str, zone: ZoneOffset) -> Result<(&str, ZoneOffset), Rule> {
    match text.find(['+', '-']) {
        None => Ok((text, zone)),
        Some(at) => {
            let own = ZoneOffset::parse(&text[at..]).map_err(|_| Rule::TimeMalformed)?;
            Ok((&text[..at], own))
        }
    }
}

/// Writes the HL7 type TS in a zone, with its offset: `20220320140533+0800`. Fractions are
/// written to the four digits that the type has, and left out when zero.
pub fn write_ts(time: Micros, zone: ZoneOffset) -> String {
    let Some(c) = local(time, zone) else { return String::new() };
    let mut out = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        c.year(),
        c.month(),
        c.day(),
        c.hour(),
        c.minute(),
        c.second()
    );
    let tenths_of_millis = c.subsec_nanosecond() / 100_000;
    if tenths_of_millis != 0 {
        out.push_str(&format!(".{tenths_of_millis:04}"));
    }
    out.push_str(&zone.hl7());
    out
}

/// Writes `2022-03-20 14:05:33` in a zone, the form for files; with up to six digits of
/// fraction if there is one.
pub fn write_local(time: Micros, zone: ZoneOffset) -> String {
    let Some(c) = local(time, zone) else { return String::new() };
    let mut out = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        c.year(),
        c.month(),
        c.day(),
        c.hour(),
        c.minute(),
        c.second()
    );
    let micros = c.subsec_nanosecond() / 1_000;
    if micros != 0 {
        out.push_str(&format!(".{micros:06}"));
    }
    out
}

fn local(time: Micros, zone: ZoneOffset) -> Option<DateTime> {
    let timestamp = jiff::Timestamp::from_microsecond(time.0).ok()?;
    Some(zone.offset().to_datetime(timestamp))
}

/// Reads a time from a file: `2022-03-20 14:05[:33[.5]]`, the same with `/` or `T`, with one
/// digit for month, day or hour, `2022年3月20日 14:05`, each with or without an offset
/// (`+08:00`, `Z`), or the HL7 form. Without an offset it is in `zone`.
///
/// Forms that begin with the day or the month are refused: nobody can tell 3/4 from 4/3.
///
/// # Errors
/// [`Rule::TimeTooCoarse`] when only a date is given; [`Rule::TimeMalformed`] otherwise.
pub fn read_local(text: &str, zone: ZoneOffset) -> Result<Micros, Rule> {
    let text = text.trim();
    if text.len() >= 8 && text.as_bytes()[..8].iter().all(u8::is_ascii_digit) {
        return read_ts(text, zone);
    }
    let mut d = Digits(text.as_bytes());
    let year = d.take(4).ok_or(Rule::TimeMalformed)?;
    let chinese = d.skip("年");
    let separator = ["-", "/", "."].into_iter().find(|s| !chinese && d.skip(s));
    if !chinese && separator.is_none() {
        return Err(Rule::TimeMalformed);
    }
    let month = d.up_to(2).ok_or(Rule::TimeMalformed)?;
    let same = if chinese { d.skip("月") } else { separator.is_some_and(|s| d.skip(s)) };
    if !same {
        return Err(Rule::TimeMalformed);
    }
    let day = d.up_to(2).ok_or(Rule::TimeMalformed)?;
    if chinese && !d.skip("日") {
        return Err(Rule::TimeMalformed);
    }
    if d.0.is_empty() {
        return Err(Rule::TimeTooCoarse);
    }
    let mut gap = d.skip("T");
    while d.skip(" ") {
        gap = true;
    }
    if !gap && !chinese {
        return Err(Rule::TimeMalformed);
    }
    let hour = d.up_to(2).ok_or(Rule::TimeMalformed)?;
    if !d.skip(":") {
        return Err(Rule::TimeMalformed);
    }
    let minute = d.take(2).ok_or(Rule::TimeMalformed)?;
    let (mut second, mut nanos) = (0, 0);
    if d.skip(":") {
        second = d.take(2).ok_or(Rule::TimeMalformed)?;
        if d.skip(".") {
            nanos = d.fraction().ok_or(Rule::TimeMalformed)?;
        }
    }
    d.skip(" ");
    let zone = match std::str::from_utf8(d.0) {
        Ok("") => zone,
        Ok(rest) => ZoneOffset::parse(rest).map_err(|_| Rule::TimeMalformed)?,
        Err(_) => return Err(Rule::TimeMalformed),
    };
    instant(civil([year, month, day, hour, minute, second], nanos), zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> Micros {
        Micros::parse(text).expect("RFC 3339")
    }

    #[test]
    fn hl7_times_are_read_in_their_own_or_the_given_zone() {
        let noon = utc("2022-03-20T06:05:00Z");
        for text in ["202203201405", "20220320140500", "20220320140500.0000", "202203200605+0000"] {
            assert_eq!(read_ts(text, ZoneOffset::CHINA), Ok(noon), "{text}");
        }
        assert_eq!(read_ts("2022032006", ZoneOffset::UTC), Ok(utc("2022-03-20T06:00:00Z")));
        assert_eq!(read_ts("20220320140500.25", ZoneOffset::CHINA), Ok(Micros(noon.0 + 250_000)));
    }

    #[test]
    fn hl7_times_that_are_no_instant_are_refused() {
        for text in ["2022", "202203", "20220320", "20220320+0800"] {
            assert_eq!(read_ts(text, ZoneOffset::CHINA), Err(Rule::TimeTooCoarse), "{text}");
        }
        for text in [
            "",
            "x",
            "20220230140500",
            "202203201460",
            "2022032014050",
            "20220320140560",
            "202203202405",
            "20220320140500.",
            "20220320140500+08",
            "20220320140500+0860",
            "2022-03-20 14:05",
            "２０２２０３２０１４０５",
        ] {
            assert_eq!(read_ts(text, ZoneOffset::CHINA), Err(Rule::TimeMalformed), "{text}");
        }
    }

    #[test]
    fn file_times_are_read_in_every_usual_form() {
        let noon = utc("2022-03-20T06:05:00Z");
        for text in [
            "2022-03-20 14:05",
            "2022/3/20 14:05:00",
            "2022-03-20T14:05:00+08:00",
            "2022-03-20T06:05:00Z",
            "2022年3月20日 14:05",
            "2022年03月20日14:05",
            "202203201405",
            "2022.3.20 14:05",
            " 2022-03-20  14:05:00.000 ",
        ] {
            assert_eq!(read_local(text, ZoneOffset::CHINA), Ok(noon), "{text}");
        }
        for text in ["2022-03-20", "2022/3/20", "2022年3月20日", "20220320"] {
            assert_eq!(read_local(text, ZoneOffset::CHINA), Err(Rule::TimeTooCoarse), "{text}");
        }
        for text in [
            "",
            "3/20/2022 14:05",
            "2022-03/20 14:05",
            "2022-13-20 14:05",
            "2022-03-20 14",
            "2022-03-2014:05",
            "44640.5868",
        ] {
            assert_eq!(read_local(text, ZoneOffset::CHINA), Err(Rule::TimeMalformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_times_are_read_back(micros in 0_i64..4_000_000_000_000_000, zone in -840_i32..=840) {
            let zone = ZoneOffset(zone);
            let time = Micros(micros / 100 * 100);
            prop_assert_eq!(read_ts(&write_ts(time, zone), ZoneOffset::UTC), Ok(time));
            prop_assert_eq!(read_local(&write_local(Micros(micros), zone), zone), Ok(Micros(micros)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), digits in "[0-9年月日/: T.+Z-]{0,24}") {
            for t in [text, digits] {
                let _ = read_ts(&t, ZoneOffset::CHINA);
                let _ = read_local(&t, ZoneOffset::CHINA);
                let _ = offset_of(&t);
                let _ = ZoneOffset::parse(&t);
            }
        }
    }
}
