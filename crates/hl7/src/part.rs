//! Reading a field and its parts: repetitions, components, subcomponents (HL7 v2.5 2.5.3).

use std::borrow::Cow;

use crate::charset::Charset;
use crate::delimiter::Delimiters;
use crate::escape::unescape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// MSH-1 and MSH-2, which are delimiters and not delimited.
    Literal,
    Field,
    Repetition,
    Component,
    Subcomponent,
}

/// A field, or one repetition, component or subcomponent of it, as the message spells it.
///
/// Positions count from 1, as in the standard. What is not there reads as empty: a receiver
/// treats absent trailing parts as empty ones (HL7 v2.5 2.6.2).
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    raw: &'a str,
    delimiters: &'a Delimiters,
    charset: Charset,
    level: Level,
}

impl<'a> Part<'a> {
    pub(crate) fn new(
        raw: &'a str,
        delimiters: &'a Delimiters,
        charset: Charset,
        level: Level,
    ) -> Part<'a> {
        Part { raw, delimiters, charset, level }
    }

    /// The part as it stands in the message, escapes and all.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Whether nothing stands there.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether it is `""`, the null value: "delete what you have" (HL7 v2.5 2.5.3.5).
    pub fn is_null(&self) -> bool {
        self.raw == "\"\""
    }

    /// Whether it is neither empty nor null.
    pub fn has_value(&self) -> bool {
        !self.is_empty() && !self.is_null()
    }

    fn at(&self, raw: &'a str, level: Level) -> Part<'a> {
        Part { raw, level, ..*self }
    }

    /// The repetitions; one for a field that does not repeat, none for an empty field.
    pub fn repetitions(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let part = *self;
        let cut = (part.level == Level::Field).then_some(part.delimiters.repetition);
        pieces(part.raw, cut).map(move |raw| part.at(raw, part.level.max_of(Level::Repetition)))
    }

    /// The components of the first repetition.
    pub fn components(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let part = self.first_repetition();
        let cut = (part.level == Level::Repetition).then_some(part.delimiters.component);
        pieces(part.raw, cut).map(move |raw| part.at(raw, part.level.max_of(Level::Component)))
    }

    /// The subcomponents of the first component.
    pub fn subcomponents(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let part = self.component(1);
        let cut = part.delimiters.subcomponent.filter(|_| part.level == Level::Component);
        pieces(part.raw, cut).map(move |raw| part.at(raw, part.level.max_of(Level::Subcomponent)))
    }

    fn first_repetition(&self) -> Part<'a> {
        self.repetitions().next().unwrap_or(self.at("", Level::Repetition))
    }

    /// The n-th component of the first repetition, from 1; empty if there is none.
    pub fn component(&self, n: usize) -> Part<'a> {
        let nth = n.checked_sub(1).and_then(|i| self.components().nth(i));
        nth.unwrap_or(self.at("", Level::Component))
    }

    /// The n-th subcomponent of the first component, from 1; empty if there is none.
    pub fn subcomponent(&self, n: usize) -> Part<'a> {
        let nth = n.checked_sub(1).and_then(|i| self.subcomponents().nth(i));
        nth.unwrap_or(self.at("", Level::Subcomponent))
    }

    /// The text of the first repetition, component and subcomponent, escapes resolved; empty
    /// for the null value.
    pub fn text(&self) -> Cow<'a, str> {
        if self.level == Level::Literal {
            return Cow::Borrowed(self.raw);
        }
        let leaf = self.subcomponent(1);
        if leaf.is_null() {
            return Cow::Borrowed("");
        }
        unescape(leaf.raw, self.delimiters, self.charset)
    }

    /// The whole part with escapes resolved, for types whose text may hold bare delimiters
    /// (ST, TX and FT of careless senders).
    pub fn whole_text(&self) -> Cow<'a, str> {
        match self.level {
            Level::Literal => Cow::Borrowed(self.raw),
            _ if self.is_null() => Cow::Borrowed(""),
            _ => unescape(self.raw, self.delimiters, self.charset),
        }
    }
}

impl Level {
    /// The deeper of the two; a literal stays one.
    fn max_of(self, other: Level) -> Level {
        match (self, other) {
            (Level::Literal, _) => Level::Literal,
            (Level::Subcomponent, _) => Level::Subcomponent,
            (Level::Component, Level::Repetition) => Level::Component,
            _ => other,
        }
    }
}

/// The pieces of `raw` between the delimiters; none for empty text, all of it without one.
fn pieces(raw: &str, delimiter: Option<char>) -> impl Iterator<Item = &str> {
    let mut split = delimiter.map(|d| raw.split(d));
    let mut whole = (delimiter.is_none()).then_some(raw);
    let empty = raw.is_empty();
    std::iter::from_fn(move || match &mut split {
        _ if empty => None,
        Some(split) => split.next(),
        None => whole.take(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(raw: &str) -> Part<'_> {
        Part::new(raw, &Delimiters::STANDARD, Charset::Utf8, Level::Field)
    }

    #[test]
    fn positions_count_from_one_and_absent_parts_are_empty() {
        let f = field("a&b^c~d^e");
        assert_eq!(f.text(), "a");
        assert_eq!(f.component(2).text(), "c");
        assert_eq!(f.component(1).subcomponent(2).text(), "b");
        let second = f.repetitions().nth(1).expect("two repetitions");
        assert_eq!((second.text(), second.component(2).text()), ("d".into(), "e".into()));
        for absent in [f.component(0), f.component(3), f.component(2).subcomponent(2)] {
            assert!(absent.is_empty());
        }
        assert_eq!(f.component(1).component(1).raw(), "a&b");
        assert!(f.component(2).component(2).is_empty());
        assert_eq!(f.repetitions().count(), 2);
        assert_eq!(field("").repetitions().count(), 0);
        assert_eq!(field("~").repetitions().count(), 2);
    }

    #[test]
    fn null_is_neither_empty_nor_a_value() {
        let f = field("\"\"");
        assert!(f.is_null() && !f.is_empty() && !f.has_value());
        assert_eq!(f.text(), "");
        assert_eq!(field("\"\"^b").text(), "");
    }

    #[test]
    fn escapes_are_resolved_only_in_text() {
        let f = field(r"a\S\b^c");
        assert_eq!((f.text(), f.component(1).raw()), ("a^b".into(), r"a\S\b"));
        assert_eq!(f.whole_text(), "a^b^c");
    }
}
