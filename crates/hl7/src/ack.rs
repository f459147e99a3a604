//! Replies to received messages (HL7 v2.5 2.9.2, 2.13): ACK with MSA and ERR.
//!
//! Replies are of the original mode: one reply that says whether the message was taken over
//! (AA), was wrong in content (AE), or was refused for another reason and may be sent again
//! (AR). Building is pure: the clock and the reply's own id come with the [`Envelope`].

use types::Micros;

use crate::builder::{MessageBuilder, SegmentBuilder};
use crate::charset::Charset;
use crate::delimiter::Delimiters;
use crate::message::{Message, Rejected, SegmentRef};
use crate::oru::Report;
use crate::rule::ErrorCondition;
use crate::time::{ZoneOffset, write_ts};
use crate::{Fault, Place};

/// MSA-1, table 0008.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckCode {
    /// AA: taken over; the sender may forget the message.
    Accept,
    /// AE: something in the content is wrong; sending the same again will not help.
    Error,
    /// AR: not taken, for its type, event or version, or for trouble on our side.
    Reject,
}

impl AckCode {
    /// The two letters.
    pub fn letters(self) -> &'static str {
        match self {
            AckCode::Accept => "AA",
            AckCode::Error => "AE",
            AckCode::Reject => "AR",
        }
    }

    /// The code that a fault calls for: AR for table 0357's rejections (200 and above), AE for
    /// its errors (100 to 199) (HL7 v2.5 2.9.2.2).
    pub fn for_fault(fault: &Fault) -> AckCode {
        if fault.rule.condition().code() >= ErrorCondition::UnsupportedMessageType.code() {
            AckCode::Reject
        } else {
            AckCode::Error
        }
    }
}

/// What a reply needs besides the message it answers.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// MSH-10 of the reply: unique among our messages.
    pub control_id: &'a str,
    /// MSH-7 of the reply: now.
    pub now: Micros,
    /// The zone that times are written in.
    pub zone: ZoneOffset,
    /// Our application and facility, used where the message does not say whom it was sent to.
    pub us: (&'a str, &'a str),
}

/// How many ERR segments a reply has at most; more faults are only counted in MSA-3.
const MOST_ERRORS: usize = 50;

/// The reply that takes a message over.
pub fn accept(received: &Message, envelope: &Envelope<'_>) -> Message {
    reply(Some(received), None, AckCode::Accept, &[], envelope)
}

/// The reply that refuses a message, or reports faults in it, naming each.
pub fn refuse(
    received: &Message,
    code: AckCode,
    faults: &[&Fault],
    envelope: &Envelope<'_>,
) -> Message {
    reply(Some(received), None, code, faults, envelope)
}

/// The reply to what could not be read at all. It echoes the control id if the header could be
/// read or at least looks like one; else MSA-2 is empty.
pub fn for_rejected(rejected: &Rejected, envelope: &Envelope<'_>) -> Message {
    let salvaged = salvage_control_id(&rejected.raw);
    let code = AckCode::for_fault(&rejected.fault);
    reply(rejected.header.as_ref(), salvaged.as_deref(), code, &[&rejected.fault], envelope)
}

/// The reply to a result message that was read: AA if every item could be, else AE with one
/// ERR segment for each that could not.
///
/// AE tells the laboratory that items are wrong; the readable items are taken all the same.
/// A receiver that keeps the unreadable ones in a queue for a person may answer AA by
/// [`accept`] instead.
pub fn for_report(received: &Message, report: &Report, envelope: &Envelope<'_>) -> Message {
    let faults: Vec<&Fault> = report.errors().map(|e| &e.fault).collect();
    let code = if faults.is_empty() { AckCode::Accept } else { AckCode::Error };
    reply(Some(received), None, code, &faults, envelope)
}

/// The bytes of a reply. Characters that the sender's character set lacks become `?`: a reply
/// must always go out.
pub fn encode(reply: &Message) -> Vec<u8> {
    reply.encode_lossy()
}

fn reply(
    received: Option<&Message>,
    salvaged_id: Option<&str>,
    code: AckCode,
    faults: &[&Fault],
    envelope: &Envelope<'_>,
) -> Message {
    let msh = received.map(Message::header);
    let text = |field: usize| msh.map(|m| m.field(field).text().trim().to_owned());
    let or = |field: usize, other: &str| {
        text(field).filter(|t| !t.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let delimiters = received.map_or(Delimiters::STANDARD, |m| *m.delimiters());
    let charset = received.map_or(Charset::Ascii, Message::charset);
    let version = Some(or(12, "2.5")).filter(|v| v.starts_with("2.")).unwrap_or("2.5".to_owned());
    let trigger = msh.map(|m| m.field(9).component(2).text().into_owned()).unwrap_or_default();
    let control_id = or(10, salvaged_id.unwrap_or_default());
    let mut builder = MessageBuilder::new(delimiters, charset, |s| {
        party(s, 3, msh, 5, envelope.us.0);
        party(s, 4, msh, 6, envelope.us.1);
        party(s, 5, msh, 3, "");
        party(s, 6, msh, 4, "");
        s.text(7, &write_ts(envelope.now, envelope.zone))
            .components(9, &["ACK", &trigger, "ACK"])
            .text(10, envelope.control_id)
            .components(11, &[&or(11, "P")])
            .text(12, &version);
    });
    builder.segment("MSA", |s| {
        s.text(1, code.letters()).text(2, &control_id);
        if let Some(first) = faults.first() {
            // MSA-3 is for people and at most 80 characters long (2.15.8.3).
            let more = faults.len() - 1;
            let text = if more == 0 { first.to_string() } else { format!("+{more}: {first}") };
            s.text(3, &text.chars().take(80).collect::<String>());
        }
    });
    let modern = has_error_fields(&version);
    for fault in faults.iter().take(MOST_ERRORS) {
        builder.segment("ERR", |s| error(s, fault, modern));
    }
    builder.finish()
}

/// Whether a version's ERR segment has the separate fields that v2.5 brought (2.15.5).
fn has_error_fields(version: &str) -> bool {
    let minor = version.split('.').nth(1).and_then(|m| m.parse::<u32>().ok());
    minor.is_some_and(|m| m >= 5)
}

/// Copies a party of MSH (an HD field: name, universal id, its type), else writes `other`.
fn party(
    s: &mut SegmentBuilder<'_>,
    n: usize,
    msh: Option<SegmentRef<'_>>,
    from: usize,
    other: &str,
) {
    let copied: Vec<String> = msh
        .map(|m| m.field(from).components().map(|c| c.text().into_owned()).collect())
        .unwrap_or_default();
    if copied.iter().any(|c| !c.is_empty()) {
        let parts: Vec<&str> = copied.iter().map(String::as_str).collect();
        s.components(n, &parts);
    } else {
        s.text(n, other);
    }
}

/// One ERR segment (HL7 v2.5 2.15.5): where, table 0357, our own rule, and a sentence.
fn error(s: &mut SegmentBuilder<'_>, fault: &Fault, modern: bool) {
    let condition = fault.rule.condition();
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let (segment, sequence, field, component) = match &fault.place {
        Place::At(l) => {
            (l.segment.as_str(), l.occurrence.to_string(), number(l.field), number(l.component))
        }
        _ => ("", String::new(), String::new(), String::new()),
    };
    if !modern {
        // ELD: segment, sequence, field, and a coded error as subcomponents (chapter 2A).
        let code: &[&str] = &[condition.code(), condition.text(), "HL70357"];
        s.subcomponents(1, &[&[segment], &[&sequence], &[&field], code]);
        return;
    }
    s.components(2, &[segment, &sequence, &field, "", &component])
        .components(3, &[condition.code(), condition.text(), "HL70357"])
        .text(4, "E")
        .components(5, &[fault.rule.code(), fault.rule.sentence(), "L"])
        .text(7, &fault.to_string());
}

/// The tenth field of something that begins like an MSH segment, if it is plain ASCII.
fn salvage_control_id(raw: &[u8]) -> Option<String> {
    let start = raw.windows(3).take(64).position(|w| w == b"MSH")?;
    let line = raw[start..].split(|b| matches!(b, b'\r' | b'\n')).next()?;
    let separator = line.get(3)?;
    let field = line.split(|b| b == separator).nth(9)?;
    let plain = (1..=199).contains(&field.len()) && field.iter().all(u8::is_ascii_graphic);
    plain.then(|| String::from_utf8_lossy(field).into_owned())
}
