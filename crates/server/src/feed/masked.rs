//! A message as segments and fields, with everything masked that may be about a person. What is
//! shown is listed; all else is masked, so a field that nobody thought of stays closed.

use hl7::codes::Codes;
use hl7::message::SegmentRef;
use hl7::{Location, Message};

use crate::feed::tube::is_identity_number;

/// Fields that say what was tested, when, and in which tube.
const SHOWN: &[(&str, &[usize])] = &[
    ("MSH", &[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]),
    ("MSA", &[1, 2]),
    ("ERR", &[1, 2, 3, 4, 5]),
    ("ORC", &[1, 2, 3, 5]),
    ("OBR", &[1, 2, 3, 4, 7, 14, 22, 25]),
    ("OBX", &[1, 2, 3, 5, 6, 11, 14, 18, 19]),
    ("SPM", &[1, 2, 4, 17, 18]),
    ("SAC", &[3, 10, 11]),
    ("DSC", &[1]),
];

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its id, for example `OBX`.
    pub id: String,
    /// How it is cited, for example `OBX[2]`.
    pub location: Location,
    /// Its fields that are not empty.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its number, from 1.
    pub n: usize,
    /// What stands there; `None` when it is masked.
    pub text: Option<String>,
}

/// The segments of a message; with `clear`, nothing is masked.
pub fn segments(message: &Message, clear: bool) -> Vec<Segment> {
    let codes = Codes::default();
    message
        .segments()
        .map(|segment| Segment {
            id: segment.id().to_owned(),
            location: segment.location(),
            fields: fields(&segment, &codes, clear),
        })
        .collect()
}

fn fields(segment: &SegmentRef<'_>, codes: &Codes, clear: bool) -> Vec<Field> {
    let shown = SHOWN.iter().find(|(id, _)| *id == segment.id()).map_or(&[][..], |(_, n)| n);
    let known_value = segment.id() != "OBX" || codes.target(&segment.field(3)).is_some();
    (1..=segment.field_count())
        .filter(|n| !segment.field(*n).is_empty())
        .map(|n| {
            let field = segment.field(n);
            let text = field.raw().to_owned();
            // A note under a code of the sender's own may be about anybody.
            let open = shown.contains(&n) && (n != 5 || known_value);
            let number = text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_identity_number);
            Field { n, text: (clear || (open && !number)).then_some(text) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use hl7::ParseOptions;

    use super::*;

    const TEXT: &str = "MSH|^~\\&|LIS|LAB-3|||20220320140600||ORU^R01|17|P|2.5\r\
        PID|1||220202199001011234||张^三\rOBR|1|11010519491231002X|F1\r\
        OBX|1|NM|94311-8^N^LN||28.4||||||F\rOBX|2|ST|NAME^who^L||张三||||||F\r\
        ZZZ|anything\r";

    fn text_of(clear: bool) -> String {
        let message = Message::parse(TEXT.as_bytes(), &ParseOptions::default()).expect("a message");
        let segments = segments(&message, clear);
        let fields = segments.iter().flat_map(|s| &s.fields);
        fields.filter_map(|f| f.text.clone()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_may_be_about_a_person_is_masked() {
        let masked = text_of(false);
        for secret in ["张", "220202199001011234", "11010519491231002X", "anything"] {
            assert!(!masked.contains(secret), "{secret} in {masked}");
            assert!(text_of(true).contains(secret), "{secret} is there in the clear");
        }
        for shown in ["LAB-3", "28.4", "94311-8^N^LN", "F1"] {
            assert!(masked.contains(shown), "{shown} not in {masked}");
        }
    }
}
