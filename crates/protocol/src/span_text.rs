//! Lengths of time as the files write them: `30 min`, `24 h`, `14 d`.

use serde::{Deserialize, Deserializer};
use types::Span;

use crate::Lang;

const FORM: &str = "a length of time such as \"30 min\", \"24 h\" or \"14 d\"";

/// Reads a length of time.
pub(crate) fn parse(text: &str) -> Result<Span, String> {
    let wrong = || format!("{text:?} is not {FORM}");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: i64 = text[..digits].parse().map_err(|_| wrong())?;
    // A century bounds every rule, and keeps the arithmetic far from overflow.
    if number > 1_000_000 {
        return Err(wrong());
    }
    match text[digits..].trim_start() {
        "min" => Ok(Span::minutes(number)),
        "h" => Ok(Span::hours(number)),
        "d" => Ok(Span::days(number)),
        _ => Err(wrong()),
    }
}

/// Writes a length in the largest unit that leaves no rest: minutes below an hour, hours to
/// 48 h, then days.
pub(crate) fn write(span: Span, lang: Lang) -> String {
    let (hour, day) = (Span::hours(1).0, Span::days(1).0);
    if span.0 % hour != 0 || span.0 == 0 {
        let minutes = span.0 / Span::minutes(1).0;
        return format!("{minutes}{}", lang.pick(" min", "分钟"));
    }
    if span.0 % day == 0 && span.0 > 2 * day {
        return format!("{}{}", span.0 / day, lang.pick(" d", "天"));
    }
    format!("{}{}", span.0 / hour, lang.pick(" h", "小时"))
}

/// Writes a range with its unit once: `4–6 h`, `2–3 d`.
pub(crate) fn range(min: Span, max: Span, lang: Lang) -> String {
    let units = [
        (Span::days(1), lang.pick(" d", "天")),
        (Span::hours(1), lang.pick(" h", "小时")),
        (Span::minutes(1), lang.pick(" min", "分钟")),
    ];
    let fits = |unit: Span| min.0 % unit.0 == 0 && max.0 % unit.0 == 0;
    let (unit, name) = units.into_iter().find(|(u, _)| fits(*u)).unwrap_or(units[2]);
    format!("{}–{}{name}", min.0 / unit.0, max.0 / unit.0)
}

/// For `#[serde(deserialize_with)]` on a [`Span`] field.
pub(crate) fn required<'de, D: Deserializer<'de>>(d: D) -> Result<Span, D::Error> {
    let text = String::deserialize(d)?;
    parse(&text).map_err(serde::de::Error::custom)
}

/// For `#[serde(default, deserialize_with)]` on an `Option<Span>` field.
pub(crate) fn optional<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Span>, D::Error> {
    required(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for (text, span) in [
            ("30 min", Span::minutes(30)),
            ("90 min", Span::minutes(90)),
            ("24 h", Span::hours(24)),
            ("48 h", Span::days(2)),
            ("14 d", Span::days(14)),
            ("0 min", Span(0)),
        ] {
            assert_eq!(parse(text), Ok(span));
            assert_eq!(write(span, Lang::En), text);
        }
        assert_eq!(write(Span::days(14), Lang::Zh), "14天");
        assert_eq!(range(Span::days(2), Span::days(3), Lang::En), "2–3 d");
        assert_eq!(range(Span::minutes(30), Span::hours(2), Lang::Zh), "30–120分钟");
    }

    #[test]
    fn refuses_bare_numbers_and_unknown_units() {
        for text in ["", "24", "h", "24 hours", "-1 h", "1.5 h", "99999999 d", "é"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
