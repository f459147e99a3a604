//! Escape sequences in text (HL7 v2.5 2.7).

use std::borrow::Cow;

use crate::charset::Charset;
use crate::delimiter::Delimiters;

/// The text with its escape sequences resolved.
///
/// | sequence | becomes | section |
/// |---|---|---|
/// | `\F\ \S\ \R\ \E\ \T\` | field, component, repetition, escape, subcomponent delimiter | 2.7.1 |
/// | `\P\` | truncation character, where one is declared | v2.7 |
/// | `\Xdd…\` | the bytes, read in the message's character set | 2.7.5 |
/// | `\H\ \N\ \.…\ \C…\ \M…\ \Z…\` | kept as written: formatting, character sets, local | 2.7.2–2.7.7 |
///
/// An escape character that begins none of these is kept as an ordinary character, so nothing
/// is lost from text that a sender forgot to escape.
pub fn unescape<'a>(text: &'a str, delimiters: &Delimiters, charset: Charset) -> Cow<'a, str> {
    let Some(escape) = delimiters.escape.filter(|e| text.contains(*e)) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escape) {
        out.push_str(&rest[..at]);
        let body_and_rest = &rest[at + escape.len_utf8()..];
        let sequence = body_and_rest
            .find(escape)
            .map(|end| (&body_and_rest[..end], &body_and_rest[end + escape.len_utf8()..]))
            .and_then(|(body, after)| Some((meaning(body, delimiters, charset, escape)?, after)));
        match sequence {
            Some((text, after)) => {
                out.push_str(&text);
                rest = after;
            }
            None => {
                out.push(escape);
                rest = body_and_rest;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What stands for `\body\`; `None` when that is no escape sequence of the standard.
fn meaning(body: &str, d: &Delimiters, charset: Charset, escape: char) -> Option<String> {
    let kept = || Some(format!("{escape}{body}{escape}"));
    let one = |c: char| Some(c.to_string());
    match body {
        "F" => one(d.field),
        "S" => one(d.component),
        "R" => one(d.repetition),
        "E" => one(escape),
        "T" => d.subcomponent.and_then(one),
        "P" => d.truncation.and_then(one),
        "H" | "N" => kept(),
        _ => match body.split_at_checked(1)? {
            ("X", hex) => {
                let text = hex_bytes(hex).and_then(|b| Some(charset.decode(&b).ok()?.into_owned()));
                text.or_else(|| hex_bytes(hex).and_then(|_| kept()))
            }
            (".", command) if !command.is_empty() => kept(),
            ("C" | "M", hex) if hex_bytes(hex).is_some() => kept(),
            ("Z", _) => kept(),
            _ => None,
        },
    }
}

/// The bytes of an even, positive number of hexadecimal digits.
fn hex_bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|d| !d.is_empty() && d.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Whether text can be written as it is.
fn is_plain(c: char, d: &Delimiters) -> bool {
    !c.is_ascii_control()
        && c != d.field
        && c != d.component
        && c != d.repetition
        && Some(c) != d.escape
        && Some(c) != d.subcomponent
        && Some(c) != d.truncation
}

/// The text with delimiters and control characters escaped, so that [`unescape`] gives it back.
///
/// Text of just two quotation marks gets its first one escaped: bare, it would be the null
/// value (2.5.3.5). Without an escape character the text is returned as it is; the builder
/// never uses such delimiters.
pub fn escape<'a>(text: &'a str, d: &Delimiters) -> Cow<'a, str> {
    let Some(escape) = d.escape else { return Cow::Borrowed(text) };
    if text == "\"\"" {
        return Cow::Owned(format!("{escape}X22{escape}\""));
    }
    if text.chars().all(|c| is_plain(c, d)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        let letter = match c {
            _ if is_plain(c, d) => {
                out.push(c);
                continue;
            }
            _ if c == d.field => "F".to_owned(),
            _ if c == d.component => "S".to_owned(),
            _ if c == d.repetition => "R".to_owned(),
            _ if c == escape => "E".to_owned(),
            _ if Some(c) == d.subcomponent => "T".to_owned(),
            _ if Some(c) == d.truncation => "P".to_owned(),
            _ => format!("X{:02X}", u32::from(c)),
        };
        out.push(escape);
        out.push_str(&letter);
        out.push(escape);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        unescape(text, &Delimiters::STANDARD, Charset::Utf8).into_owned()
    }

    #[test]
    fn the_sequences_of_the_standard() {
        assert_eq!(read(r"a\F\b\S\c\T\d\R\e\E\f"), r"a|b^c&d~e\f");
        assert_eq!(read(r"line\X0D\two \XE998B3\"), "line\rtwo 阳");
    }

    #[test]
    fn unknown_sequences_and_stray_escapes_are_kept() {
        for text in
            [r"\H\bold\N\", r"a\.br\b", r"\Zlocal\", r"\C2842\", r"\XE9\", r"\", r"50\", r"\\"]
        {
            assert_eq!(read(text), text);
        }
        assert_eq!(read(r"C:\tmp \T\ x"), r"C:\tmp & x");
        assert_eq!(read(r"\XABC\"), r"\XABC\");
        assert_eq!(read(r"\H\F\N\"), r"\H\F\N\");
    }

    #[test]
    fn other_delimiters_are_escaped_by_the_same_letters() {
        let d = Delimiters::new('#', "*~!%").expect("distinct");
        assert_eq!(escape("a#b*c|", &d), "a!F!b!S!c|");
        assert_eq!(unescape("a!F!b!S!c|", &d, Charset::Utf8), "a#b*c|");
    }

    #[test]
    fn two_quotation_marks_are_not_the_null_value() {
        let written = escape("\"\"", &Delimiters::STANDARD);
        assert_ne!(written, "\"\"");
        assert_eq!(read(&written), "\"\"");
    }

    proptest! {
        #[test]
        fn escaping_goes_there_and_back(text in any::<String>(), tail in r#"[\\|^~&FSTREXHN0-9\r\n"]{0,20}"#) {
            let text = text + &tail;
            let v27 = Delimiters::new('|', "^~\\&#").expect("distinct");
            for d in [Delimiters::STANDARD, v27] {
                let written = escape(&text, &d);
                prop_assert!(!written.contains(['\r', '\n', '|', '^', '~', '&']));
                prop_assert_eq!(unescape(&written, &d, Charset::Utf8), text.as_str());
            }
        }

        #[test]
        fn any_text_can_be_read(text in r"[\\XFSTREHNZCM0-9A-F.阳é]{0,40}") {
            read(&text);
        }
    }
}
