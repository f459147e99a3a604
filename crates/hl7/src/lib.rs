//! The laboratory feed: HL7 v2 result messages over MLLP, and laboratory CSV files.
//!
//! A laboratory sends results in one of two ways. Both end in the same plain data, a
//! [`LabResult`] for each tube, which the testing desk turns into its own command.
//!
//! | step | module |
//! |---|---|
//! | bytes of a connection → frames | [`mllp`] |
//! | frame → message | [`message`] (with [`charset`], [`delimiter`], [`escape`], [`part`]) |
//! | message → results and item errors | [`oru`] (with [`codes`], [`time`]) |
//! | message → reply | [`ack`] |
//! | file → results and row errors | [`csv`] |
//!
//! Two promises hold everywhere, and property tests hold us to them:
//!
//! - **No bytes cause a panic.** Whatever arrives is either understood or refused with a
//!   [`Fault`] that names the segment and field (or line and column) and the [`Rule`].
//! - **Nothing is dropped.** Items in a message = results + item errors; rows in a file =
//!   accepted + rejected. What a fault refuses keeps its raw bytes.
//!
//! Parsing and building are pure: no clock, no network. Only [`mllp::serve`] and
//! [`mllp::Client`] touch sockets.
//!
//! # From bytes to results and a reply
//! ```
//! use hl7::{Interpretation, Message, ParseOptions, ZoneOffset, ack, oru};
//!
//! let bytes = b"MSH|^~\\&|LIS|LAB-3|SONGHUA||20220320140600||ORU^R01|17|P|2.5\r\
//!     OBR|1\r\
//!     OBX|1|CWE|94500-6^^LN||260415000^Not detected^SCT||||||F|||20220320140533\r\
//!     SPM|1|T220202000123458\r";
//! # let now = types::Micros::parse("2022-03-20T14:06:01+08:00").expect("RFC 3339");
//! let envelope = ack::Envelope {
//!     control_id: "R-1",
//!     now,
//!     zone: ZoneOffset::CHINA,
//!     us: ("SONGHUA", "COMMAND"),
//! };
//! let reply = match Message::parse(bytes, &ParseOptions::default()) {
//!     Err(rejected) => ack::for_rejected(&rejected, &envelope),
//!     Ok(message) => match oru::read(&message, &oru::Options::default()) {
//!         Err(fault) => {
//!             ack::refuse(&message, ack::AckCode::for_fault(&fault), &[&fault], &envelope)
//!         }
//!         Ok(report) => {
//!             let result = report.results().next().expect("one item");
//!             assert_eq!(result.tube, "T220202000123458");
//!             assert_eq!(result.interpretation, Some(Interpretation::NotDetected));
//!             ack::for_report(&message, &report, &envelope)
//!         }
//!     },
//! };
//! assert!(ack::encode(&reply).ends_with(b"MSA|AA|17\r"));
//! ```
//!
//! # About the citations
//! Rules cite HL7 v2.5 by chapter and section, for example "2.15.9" for the MSH segment.
//! The section numbers of MSH, MSA, ERR and NTE and the contents of tables 0211 and 0357
//! were checked against published profiles and tables. The other section numbers were
//! written from memory of the standard. Data types are cited as "chapter 2A" and their name.

pub mod ack;
pub mod builder;
pub mod charset;
pub mod codes;
pub mod csv;
pub mod delimiter;
pub mod error;
pub mod escape;
pub mod fault;
pub mod message;
pub mod mllp;
pub mod oru;
pub mod part;
pub mod result;
pub mod rule;
pub mod time;

pub use error::Error;
pub use fault::{Fault, Location, Place};
pub use message::{Message, ParseOptions, Rejected};
pub use result::{Ct, Cycles, Interpretation, LabResult, Observation, Status};
pub use rule::Rule;
pub use time::ZoneOffset;
