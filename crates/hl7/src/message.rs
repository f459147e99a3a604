//! Reading a message of any version 2.x (HL7 v2.5 chapter 2).

use std::borrow::Cow;
use std::collections::HashMap;

use crate::charset::Charset;
use crate::delimiter::Delimiters;
use crate::escape::unescape;
use crate::part::{Level, Part};
use crate::{Fault, Location, Place, Rule};

/// How much of a message is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole message.
    pub bytes: usize,
    /// Segments of the message.
    pub segments: usize,
    /// Fields of one segment.
    pub fields: usize,
}

impl Default for Limits {
    /// One mebibyte, 10,000 segments, 500 fields in one segment.
    fn default() -> Limits {
        Limits { bytes: 1 << 20, segments: 10_000, fields: 500 }
    }
}

/// How to read messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// How much is taken.
    pub limits: Limits,
    /// The character set of messages whose MSH-18 is empty. The standard says ASCII
    /// (2.15.9.18); the default here is UTF-8, of which ASCII is a part.
    pub default_charset: Charset,
}

/// One segment: its id and its fields as the message spells them.
///
/// For MSH the first two fields are the delimiters, so that `fields[n - 1]` is always field n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) id: String,
    pub(crate) occurrence: u32,
    pub(crate) fields: Vec<String>,
}

/// A message: segments, and the delimiters and character set that they are written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) delimiters: Delimiters,
    pub(crate) charset: Charset,
    pub(crate) segments: Vec<Segment>,
}

/// A message that could not be read, with everything needed to answer and to keep it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Rejected {
    /// What was wrong.
    pub fault: Fault,
    /// A message of just the MSH segment, if at least that could be read.
    pub header: Option<Message>,
    /// The bytes as they came.
    pub raw: Vec<u8>,
}

/// A segment within its message.
#[derive(Clone, Copy, Debug)]
pub struct SegmentRef<'a> {
    message: &'a Message,
    segment: &'a Segment,
}

impl<'a> SegmentRef<'a> {
    /// The three-letter id, for example `OBX`.
    pub fn id(&self) -> &'a str {
        &self.segment.id
    }

    /// Field n, from 1; empty if the segment ends before it.
    pub fn field(&self, n: usize) -> Part<'a> {
        let raw = n.checked_sub(1).and_then(|i| self.segment.fields.get(i)).map_or("", |s| s);
        let literal = n <= 2 && self.segment.id == "MSH";
        let level = if literal { Level::Literal } else { Level::Field };
        Part::new(raw, &self.message.delimiters, self.message.charset, level)
    }

    /// How many fields the segment has.
    pub fn field_count(&self) -> usize {
        self.segment.fields.len()
    }

    /// Where the segment stands.
    pub fn location(&self) -> Location {
        Location::segment(&self.segment.id, self.segment.occurrence)
    }

    /// A fault at a field of this segment, quoting it.
    pub fn fault(&self, field: usize, rule: Rule) -> Fault {
        let number = u32::try_from(field).unwrap_or(u32::MAX);
        Fault::new(self.location().field(number), rule, self.field(field).raw())
    }
}

impl Message {
    /// Reads a message. Segments end with CR; CRLF is taken too, and LF where the message has
    /// no CR at all (the standard knows only CR, 2.5.4). A leading byte-order mark and empty
    /// lines are skipped. Escape sequences are left for [`Part::text`] to resolve.
    ///
    /// # Errors
    /// [`Rejected`] with the fault, the raw bytes, and the header if that could be read.
    pub fn parse(bytes: &[u8], options: &ParseOptions) -> Result<Message, Box<Rejected>> {
        let mut header = None;
        read(bytes, options, &mut header)
            .map_err(|fault| Box::new(Rejected { fault, header, raw: bytes.to_vec() }))
    }

    /// The segments in order.
    pub fn segments(&self) -> impl Iterator<Item = SegmentRef<'_>> {
        self.segments.iter().map(move |segment| SegmentRef { message: self, segment })
    }

    /// The MSH segment.
    pub fn header(&self) -> SegmentRef<'_> {
        // Parser and builder both put MSH first, so the list is never empty.
        SegmentRef { message: self, segment: &self.segments[0] }
    }

    /// The first segment of an id.
    pub fn first(&self, id: &str) -> Option<SegmentRef<'_>> {
        self.segments().find(|s| s.id() == id)
    }

    /// The character set that the message is written in.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// The delimiters that the message is written with.
    pub fn delimiters(&self) -> &Delimiters {
        &self.delimiters
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for segment in &self.segments {
            out.push_str(&segment.id);
            // MSH-1 is itself the separator before MSH-2.
            let skip = usize::from(segment.id == "MSH");
            for field in segment.fields.iter().skip(skip) {
                out.push(self.delimiters.field);
                out.push_str(field);
            }
            out.push('\r');
        }
        out
    }

    /// The bytes to send: every segment ended by CR.
    ///
    /// # Errors
    /// [`Rule::Unencodable`] when the character set lacks a character of the text.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        let text = self.text();
        self.charset
            .encode(&text)
            .map(Cow::into_owned)
            .map_err(|c| Fault::new(Place::Whole, Rule::Unencodable, c.encode_utf8(&mut [0; 4])))
    }

    /// The bytes to send, with `?` for characters that the character set lacks. For replies,
    /// which must go out whatever the sender's character set is.
    pub fn encode_lossy(&self) -> Vec<u8> {
        self.charset.encode_lossy(&self.text())
    }
}

/// The bytes without a byte-order mark and without line ends at the front.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    &bytes[start..]
}

fn read(
    raw: &[u8],
    options: &ParseOptions,
    header: &mut Option<Message>,
) -> Result<Message, Fault> {
    let limits = &options.limits;
    let bytes = trimmed(raw);
    let whole = |rule, found: &str| Fault::new(Place::Whole, rule, found);
    if bytes.is_empty() {
        return Err(whole(Rule::Empty, ""));
    }
    if !bytes.starts_with(b"MSH") {
        let batch = bytes.starts_with(b"FHS") || bytes.starts_with(b"BHS");
        let rule = if batch { Rule::BatchNotSupported } else { Rule::NoHeader };
        return Err(whole(rule, &String::from_utf8_lossy(&bytes[..bytes.len().min(80)])));
    }
    let terminator = if bytes.contains(&b'\r') { '\r' } else { '\n' };
    let first_end = bytes.iter().position(|b| char::from(*b) == terminator).unwrap_or(bytes.len());
    if first_end > limits.bytes {
        return Err(whole(Rule::TooLong, &limits.bytes.to_string()));
    }
    let (message, fault) = read_header(&bytes[..first_end], options)?;
    let delimiters = message.delimiters;
    let charset = message.charset;
    *header = Some(message);
    if let Some(fault) = fault {
        return Err(fault);
    }
    if raw.len() > limits.bytes {
        return Err(whole(Rule::TooLong, &limits.bytes.to_string()));
    }
    let text = charset
        .decode(bytes)
        .map_err(|bad| undecodable(charset, bytes, bad, terminator, &delimiters))?;
    let mut segments = Vec::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (index, line) in text.split(terminator).enumerate() {
        let line = if index > 0 { line.trim_start_matches('\n') } else { line };
        if line.trim_matches([' ', '\t', '\n', '\0']).is_empty() {
            continue;
        }
        let number = segments.len() + 1;
        if number > limits.segments {
            return Err(whole(Rule::TooManySegments, &limits.segments.to_string()));
        }
        let mut segment = read_segment(line, &delimiters, limits)
            .map_err(|(rule, found)| Fault::new(Place::SegmentNumber(number), rule, &found))?;
        let count = seen.entry(segment.id.clone()).or_default();
        *count += 1;
        segment.occurrence = *count;
        if segment.id == "MSH" && *count > 1 {
            return Err(Fault::new(Place::SegmentNumber(number), Rule::SecondHeader, ""));
        }
        segments.push(segment);
    }
    Ok(Message { delimiters, charset, segments })
}

/// Reads the MSH line; gives the header message, and a fault that leaves it readable.
///
/// The character set is declared inside the text that it governs, and the second byte of a GBK
/// character can look like a delimiter. So the line is read in each character set, and the one
/// counts in which it names that very set; else the default, if in it no set is named.
fn read_header(line: &[u8], options: &ParseOptions) -> Result<(Message, Option<Fault>), Fault> {
    let at = |n: u32| Location::segment("MSH", 1).field(n);
    let delimiters = header_delimiters(line)?;
    let segment = |text: &str| {
        let read = read_segment(text, &delimiters, &options.limits);
        let read = read.map_err(|(rule, found)| Fault::new(Place::SegmentNumber(1), rule, &found));
        read.map(|segment| Segment { occurrence: 1, ..segment })
    };
    let header = |charset: Charset, segment: Segment| Message {
        delimiters,
        charset,
        segments: vec![segment],
    };
    let declared = |segment: &Segment| {
        let field = segment.fields.get(17).map_or("", String::as_str);
        let first = field.split(delimiters.repetition).next().unwrap_or_default();
        let name = unescape(first, &delimiters, Charset::Ascii).trim().to_owned();
        let charset = match name.as_str() {
            "" => Some(options.default_charset),
            name => Charset::named(name),
        };
        (charset, name)
    };
    let mut by_default = None;
    for charset in [Charset::Utf8, Charset::Gb18030, Charset::Ascii, Charset::Latin1] {
        let Ok(text) = charset.decode(line) else { continue };
        let segment = segment(&text)?;
        match declared(&segment) {
            (Some(named), name) if named == charset && !name.is_empty() => {
                return Ok((header(charset, segment), None));
            }
            (Some(default), _) if default == charset => by_default = Some(segment),
            _ => {}
        }
    }
    if let Some(segment) = by_default {
        return Ok((header(options.default_charset, segment), None));
    }
    // None does: the name is unknown, or the line is not text of the character set that it
    // names. For the reply the header is read in whichever fits.
    let fits = |set: &Charset| set.decode(line).is_ok();
    let readable = [Charset::Utf8, Charset::Gb18030].into_iter().find(fits);
    let readable = readable.unwrap_or(Charset::Latin1);
    let segment = segment(&readable.decode(line).unwrap_or_default())?;
    let (charset, name) = declared(&segment);
    let fault = match charset.map(|set| (set, set.decode(line))) {
        Some((set, Err(bad))) => undecodable(set, line, bad, '\r', &delimiters),
        _ => Fault::new(at(18), Rule::CharsetUnknown, &name),
    };
    Ok((header(charset.unwrap_or(readable), segment), Some(fault)))
}

/// MSH-1 and MSH-2, which are ASCII in every character set.
fn header_delimiters(line: &[u8]) -> Result<Delimiters, Fault> {
    let separator = line.get(3).copied().unwrap_or_default();
    let rest = line.get(4..).unwrap_or_default();
    let encoding = rest.split(|b| *b == separator).next().unwrap_or_default();
    let encoding = String::from_utf8_lossy(&encoding[..encoding.len().min(80)]);
    Delimiters::new(char::from(separator), &encoding)
}

/// The fault of bytes that are no text from position `bad` on.
fn undecodable(
    charset: Charset,
    bytes: &[u8],
    bad: usize,
    terminator: char,
    delimiters: &Delimiters,
) -> Fault {
    let place = place_of_end(&charset.decode_prefix(&bytes[..bad]), terminator, delimiters);
    let shown: Vec<String> = bytes[bad..].iter().take(8).map(|b| format!("{b:02X}")).collect();
    Fault::new(place, Rule::Undecodable, &shown.join(" "))
}

/// One line as a segment (HL7 v2.5 2.5.2); its occurrence is left at 0.
fn read_segment(
    line: &str,
    delimiters: &Delimiters,
    limits: &Limits,
) -> Result<Segment, (Rule, String)> {
    let wrong_id = || (Rule::SegmentId, line.chars().take(40).collect::<String>());
    let (id, rest) = line.split_at_checked(3).ok_or_else(wrong_id)?;
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    if !id.bytes().all(capital) || !id.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err(wrong_id());
    }
    let mut fields: Vec<String> = Vec::new();
    if id == "MSH" {
        fields.push(delimiters.field.to_string());
    }
    if !rest.is_empty() {
        let rest = rest.strip_prefix(delimiters.field).ok_or_else(wrong_id)?;
        for field in rest.split(delimiters.field) {
            if fields.len() == limits.fields {
                return Err((Rule::TooManyFields, limits.fields.to_string()));
            }
            fields.push(field.to_owned());
        }
    }
    Ok(Segment { id: id.to_owned(), occurrence: 0, fields })
}

/// The segment and field that a text ends in.
fn place_of_end(text: &str, terminator: char, delimiters: &Delimiters) -> Place {
    let mut lines =
        text.split(terminator).map(|l| l.trim_start_matches('\n')).filter(|l| !l.is_empty());
    let Some(last) = lines.next_back() else { return Place::SegmentNumber(1) };
    let id = last.split_at_checked(3).map_or("", |(id, _)| id);
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric());
    if text.ends_with(terminator) || id.is_empty() || !plain {
        let before = text.split(terminator).filter(|l| !l.trim_start_matches('\n').is_empty());
        let begun = usize::from(text.ends_with(terminator));
        return Place::SegmentNumber(before.count() + begun);
    }
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let same = number(1 + lines.filter(|l| l.starts_with(id)).count());
    let separators = last.matches(delimiters.field).count();
    let field = number(separators + usize::from(id == "MSH"));
    let location = Location::segment(id, same);
    Place::At(if field == 0 { location } else { location.field(field) })
}
