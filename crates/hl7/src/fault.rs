//! Where a message or file is wrong, and which rule it breaks.

use std::fmt;

use types::Refusal;

use crate::Rule;

/// A segment, and a field and component in it, counted from 1 as the
/// standard does. Shown as `OBX[3]-5.2`: the second component of the fifth field of the third
/// OBX segment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Location {
    /// The segment's id, for example `OBX`.
    pub segment: String,
    /// Which segment of that id in the message, from 1.
    pub occurrence: u32,
    /// The field, from 1.
    pub field: Option<u32>,
    /// The component, from 1.
    pub component: Option<u32>,
}

impl Location {
    /// A whole segment.
    pub fn segment(id: &str, occurrence: u32) -> Location {
        Location { segment: id.to_owned(), occurrence, ..Location::default() }
    }

    /// The same segment, at a field.
    #[must_use]
    pub fn field(mut self, field: u32) -> Location {
        self.field = Some(field);
        self
    }

    /// The same field, at a component.
    #[must_use]
    pub fn component(mut self, component: u32) -> Location {
        self.component = Some(component);
        self
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.segment)?;
        if self.segment != "MSH" {
            write!(f, "[{}]", self.occurrence)?;
        }
        if let Some(field) = self.field {
            write!(f, "-{field}")?;
        }
        if let Some(component) = self.component {
            write!(f, ".{component}")?;
        }
        Ok(())
    }
}

/// The place of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The message or file as a whole.
    Whole,
    /// The n-th segment, from 1, whose id could not be read.
    SegmentNumber(usize),
    /// A segment or a field in it.
    At(Location),
    /// A whole line of a file, from 1.
    Line(u64),
    /// One column of a line of a file.
    Cell {
        /// The line, from 1.
        line: u64,
        /// The column's name as the file's header spells it.
        column: String,
    },
}

impl From<Location> for Place {
    fn from(location: Location) -> Place {
        Place::At(location)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => write!(f, "the whole"),
            Place::SegmentNumber(n) => write!(f, "segment {n}"),
            Place::At(location) => write!(f, "{location}"),
            Place::Line(line) => write!(f, "line {line}"),
            Place::Cell { line, column } => write!(f, "line {line}, column {column:?}"),
        }
    }
}

/// A rule that was broken, where, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}{}", .rule.sentence(), Found(.found))]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Which rule.
    pub rule: Rule,
    /// What stood there, cut to 80 characters; empty when nothing did.
    pub found: String,
}

impl Fault {
    /// A fault at a place, quoting what was found.
    pub fn new(place: impl Into<Place>, rule: Rule, found: &str) -> Fault {
        Fault { place: place.into(), rule, found: found.chars().take(80).collect() }
    }
}

struct Found<'a>(&'a str);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " (found {:?})", self.0) }
    }
}

impl From<&Fault> for Refusal {
    fn from(fault: &Fault) -> Refusal {
        Refusal::new(fault.rule.code())
            .with("place", &fault.place)
            .with("found", &fault.found)
            .by_rule(fault.rule.source())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::from(&fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_a_sentence_that_names_place_and_rule() {
        let at = Location::segment("OBX", 3).field(5).component(1);
        let fault = Fault::new(at, Rule::CtNotANumber, "3o.1");
        let text = fault.to_string();
        assert!(text.starts_with("OBX[3]-5.1: the Ct value"), "{text}");
        assert!(text.ends_with("(found \"3o.1\")"), "{text}");
        let refusal = Refusal::from(&fault);
        assert_eq!(refusal.code, "lab-ct-not-a-number");
        assert_eq!(refusal.args[0].1, "OBX[3]-5.1");
    }
}
