//! Building messages.

use std::collections::HashMap;

use crate::charset::Charset;
use crate::delimiter::Delimiters;
use crate::escape::escape;
use crate::message::{Message, Segment};

/// Builds a message segment by segment. All text is escaped, so any text is safe.
pub struct MessageBuilder {
    message: Message,
    seen: HashMap<String, u32>,
}

/// Fills one segment. Fields may be set in any order; gaps are empty.
pub struct SegmentBuilder<'a> {
    fields: &'a mut Vec<String>,
    delimiters: Delimiters,
}

impl MessageBuilder {
    /// Begins a message. `header` fills MSH from field 3 on; MSH-1, MSH-2 and MSH-18 are set
    /// from the arguments (MSH-18 stays empty for ASCII, its default).
    ///
    /// Delimiters without escape character or subcomponent separator cannot carry any text, so
    /// [`Delimiters::STANDARD`] replace them: a sender chooses its own (HL7 v2.5 2.5.4).
    pub fn new(
        delimiters: Delimiters,
        charset: Charset,
        header: impl FnOnce(&mut SegmentBuilder<'_>),
    ) -> MessageBuilder {
        let delimiters = if delimiters.are_complete() { delimiters } else { Delimiters::STANDARD };
        let message = Message { delimiters, charset, segments: Vec::new() };
        let mut builder = MessageBuilder { message, seen: HashMap::new() };
        builder.segment("MSH", |s| {
            header(s);
            if charset != Charset::Ascii {
                s.text(18, charset.label());
            }
            s.put(1, delimiters.field.to_string());
            s.put(2, delimiters.encoding_characters());
        });
        builder
    }

    /// Adds a segment. The id must be three capital letters or digits, the first a letter.
    ///
    /// # Panics
    /// In debug builds, when the id is not of that form; ids are written in code, not read.
    pub fn segment(
        &mut self,
        id: &'static str,
        fill: impl FnOnce(&mut SegmentBuilder<'_>),
    ) -> &mut MessageBuilder {
        debug_assert!(id.len() == 3 && id.bytes().all(|b| b.is_ascii_alphanumeric()));
        let count = self.seen.entry(id.to_owned()).or_default();
        *count += 1;
        let occurrence = *count;
        let mut fields = Vec::new();
        fill(&mut SegmentBuilder { fields: &mut fields, delimiters: self.message.delimiters });
        self.message.segments.push(Segment { id: id.to_owned(), occurrence, fields });
        self
    }

    /// The finished message.
    pub fn finish(self) -> Message {
        self.message
    }
}

impl SegmentBuilder<'_> {
    fn put(&mut self, n: usize, raw: String) {
        let Some(index) = n.checked_sub(1) else { return };
        if self.fields.len() <= index {
            if raw.is_empty() {
                return;
            }
            self.fields.resize(index + 1, String::new());
        }
        self.fields[index] = raw;
    }

    /// Sets field n, from 1, to one text.
    pub fn text(&mut self, n: usize, text: &str) -> &mut Self {
        let raw = escape(text, &self.delimiters).into_owned();
        self.put(n, raw);
        self
    }

    /// Sets field n to components; trailing empty ones are left out.
    pub fn components(&mut self, n: usize, components: &[&str]) -> &mut Self {
        let escaped = components.iter().map(|c| escape(c, &self.delimiters).into_owned());
        let raw = joined(escaped.collect(), self.delimiters.component);
        self.put(n, raw);
        self
    }

    /// Sets field n to components of subcomponents; trailing empty ones are left out.
    pub fn subcomponents(&mut self, n: usize, components: &[&[&str]]) -> &mut Self {
        let d = self.delimiters;
        let component = |subs: &&[&str]| {
            let escaped = subs.iter().map(|s| escape(s, &d).into_owned()).collect();
            joined(escaped, d.subcomponent.unwrap_or('&'))
        };
        let raw = joined(components.iter().map(component).collect(), d.component);
        self.put(n, raw);
        self
    }

    /// Adds a repetition of components to field n.
    pub fn repeat(&mut self, n: usize, components: &[&str]) -> &mut Self {
        let before = n.checked_sub(1).and_then(|i| self.fields.get(i)).cloned();
        self.components(n, components);
        if let Some(before) = before {
            let added = n.checked_sub(1).and_then(|i| self.fields.get(i)).cloned();
            let raw =
                format!("{before}{}{}", self.delimiters.repetition, added.unwrap_or_default());
            self.put(n, raw);
        }
        self
    }
}

/// The pieces with the delimiter between them, without trailing empty ones.
fn joined(mut pieces: Vec<String>, delimiter: char) -> String {
    while pieces.last().is_some_and(String::is_empty) {
        pieces.pop();
    }
    pieces.join(delimiter.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParseOptions;

    #[test]
    fn what_is_built_is_what_is_read() {
        let mut builder = MessageBuilder::new(Delimiters::STANDARD, Charset::Utf8, |s| {
            s.text(10, "1|2").components(9, &["ORU", "R01", ""]);
        });
        builder.segment("SPM", |s| {
            s.subcomponents(2, &[&["T&1", "x"], &[], &["z"]])
                .repeat(5, &["a"])
                .repeat(5, &["", "b"]);
        });
        let message = builder.finish();
        let bytes = message.encode().expect("UTF-8 has every character");
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            "MSH|^~\\&|||||||ORU^R01|1\\F\\2||||||||UNICODE UTF-8\rSPM||T\\T\\1&x^^z|||a~^b\r"
        );
        assert_eq!(Message::parse(&bytes, &ParseOptions::default()).expect("well formed"), message);
    }
}
