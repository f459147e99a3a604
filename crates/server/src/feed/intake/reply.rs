//! Replies: what they say, what they are called, how they are kept.

use hl7::ack::{self, AckCode};
use hl7::oru::Report;
use hl7::{Message as Hl7, Rule};
use store::Value;
use types::Micros;

use crate::feed::message::{MessageId, Origin};
use crate::{App, feed};

/// What is answered: all of it was taken, or some of it was not, and why.
pub(super) fn reply_to(
    message: &Hl7,
    report: &Report,
    lab_known: bool,
    envelope: &ack::Envelope<'_>,
) -> Vec<u8> {
    let msh = message.header();
    let unknown = (!lab_known).then(|| msh.fault(4, Rule::LaboratoryUnknown));
    let faults: Vec<&hl7::Fault> =
        unknown.iter().chain(report.errors().map(|e| &e.fault)).collect();
    ack::encode(&if faults.is_empty() {
        ack::accept(message, envelope)
    } else {
        ack::refuse(message, AckCode::Error, &faults, envelope)
    })
}

pub(super) fn reply_envelope<'a>(app: &App, now: Micros, control_id: &'a str) -> ack::Envelope<'a> {
    ack::Envelope { control_id, now, zone: feed::zone(app), us: ("SONGHUA", "SONGHUA") }
}

/// MSH-10 of a reply: 20 characters at most (HL7 v2.5 2.15.9.10).
pub(super) fn reply_id(id: MessageId) -> String {
    id.0[..9].iter().fold(String::from("R"), |text, byte| text + &format!("{byte:02X}"))
}

pub(super) fn reply_context(id: MessageId) -> Vec<u8> {
    [b"feed reply v1".as_slice(), &id.0].concat()
}

/// What MSA-1 says. A reply that cannot be read accepts nothing.
pub(super) fn code_of(reply: &[u8]) -> AckCode {
    let message = Hl7::parse(reply, &feed::parse_options());
    let code =
        message.ok().and_then(|m| m.first("MSA").map(|msa| msa.field(1).text().into_owned()));
    match code.as_deref() {
        Some("AA") => AckCode::Accept,
        Some("AE") => AckCode::Error,
        _ => AckCode::Reject,
    }
}

pub(super) fn control_key(origin: &Origin) -> [Value; 2] {
    [origin.sender.as_str().into(), origin.control.as_str().into()]
}

/// The sender of a report: its facility, else its application.
pub(super) fn sender_of(report: &Report) -> String {
    let header = &report.header;
    let named = header.laboratory.as_ref().or(header.application.as_ref());
    named.cloned().unwrap_or_default()
}

/// Sender and control id of what could be read of a header.
pub(super) fn names(message: Option<&Hl7>) -> (String, String) {
    let Some(msh) = message.map(Hl7::header) else { return Default::default() };
    let text = |field: usize| msh.field(field).text().trim().chars().take(199).collect::<String>();
    let (facility, application) = (text(4), text(3));
    (if facility.is_empty() { application } else { facility }, text(10))
}
