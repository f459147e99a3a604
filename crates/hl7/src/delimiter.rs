//! The delimiters of a message, which the message itself declares (HL7 v2.5 2.5.4).

use crate::{Fault, Location, Rule};

/// The characters that cut a message into fields and their parts.
///
/// MSH-1 is the field separator, MSH-2 holds the others in fixed order (HL7 v2.5 2.15.9.1,
/// 2.15.9.2). The escape character and the subcomponent separator may be left out by a sender
/// that does not use them (2.5.4); v2.7 added a truncation character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub(crate) field: char,
    pub(crate) component: char,
    pub(crate) repetition: char,
    pub(crate) escape: Option<char>,
    pub(crate) subcomponent: Option<char>,
    pub(crate) truncation: Option<char>,
}

impl Delimiters {
    /// `|^~\&`, the delimiters that the standard suggests and nearly everybody uses.
    pub const STANDARD: Delimiters = Delimiters {
        field: '|',
        component: '^',
        repetition: '~',
        escape: Some('\\'),
        subcomponent: Some('&'),
        truncation: None,
    };

    /// From MSH-1 and MSH-2.
    ///
    /// # Errors
    /// [`Rule::Delimiters`] unless all are different ASCII punctuation other than the
    /// quotation mark (which stands for the null value), and MSH-2 has 2 to 5 of them.
    pub fn new(field: char, encoding: &str) -> Result<Delimiters, Fault> {
        let wrong =
            |n: u32| Fault::new(Location::segment("MSH", 1).field(n), Rule::Delimiters, encoding);
        let fits = |c: char| c.is_ascii_punctuation() && c != '"';
        if !fits(field) {
            return Err(wrong(1));
        }
        let others: Vec<char> = encoding.chars().take(6).collect();
        let distinct = others
            .iter()
            .enumerate()
            .all(|(i, c)| fits(*c) && *c != field && !others[..i].contains(c));
        match others.as_slice() {
            [component, repetition, rest @ ..] if distinct && rest.len() <= 3 => Ok(Delimiters {
                field,
                component: *component,
                repetition: *repetition,
                escape: rest.first().copied(),
                subcomponent: rest.get(1).copied(),
                truncation: rest.get(2).copied(),
            }),
            _ => Err(wrong(2)),
        }
    }

    /// MSH-2: all delimiters but the field separator.
    pub fn encoding_characters(&self) -> String {
        [
            Some(self.component),
            Some(self.repetition),
            self.escape,
            self.subcomponent,
            self.truncation,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The field separator, MSH-1.
    pub fn field_separator(&self) -> char {
        self.field
    }

    /// Whether any text and any structure can be written with these: all five are there.
    pub fn are_complete(&self) -> bool {
        self.escape.is_some() && self.subcomponent.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_from_the_message_not_wired_in() {
        let d = Delimiters::new('#', "*~!%").expect("five different characters");
        assert_eq!(
            (d.field, d.component, d.escape, d.subcomponent),
            ('#', '*', Some('!'), Some('%'))
        );
        assert_eq!(d.encoding_characters(), "*~!%");
        assert_eq!(Delimiters::new('|', "^~\\&"), Ok(Delimiters::STANDARD));
        assert!(Delimiters::new('|', "^~\\&#").expect("v2.7").truncation.is_some());
        assert!(!Delimiters::new('|', "^~").expect("short form").are_complete());
    }

    #[test]
    fn what_would_be_ambiguous_is_refused() {
        for (field, rest) in [
            ('|', "^^\\&"),
            ('|', "|~\\&"),
            ('A', "^~\\&"),
            ('|', "^"),
            ('|', ""),
            ('"', "^~\\&"),
            ('|', "^~\\&#$"),
            ('|', "^~é&"),
        ] {
            assert_eq!(Delimiters::new(field, rest).map_err(|f| f.rule), Err(Rule::Delimiters));
        }
    }
}
