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
