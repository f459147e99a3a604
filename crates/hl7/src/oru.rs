//! Result messages, ORU^R01 (HL7 v2.5 7.3.1): reading them into results, and building them.
//!
//! # What an item is
//! An **item** is one result for one tube. Each OBR segment with what follows it gives:
//!
//! - one item, when no or one SPM segment follows it;
//! - one item for each SPM, when several follow: the observations after each SPM are its own.
//!   An observation that stands before all of several specimens could belong to any of them,
//!   so then every item of that order is an error.
//!
//! Observations and specimens before any OBR, or after a PID and before its first OBR, belong
//! to no order; each unbroken run of them is one item error. So every segment that could bear
//! a result belongs to an item, and **items = results + item errors**.
//!
//! # Which tube
//! The first of these that has a value (the order can be changed by [`Options::tube_from`]):
//!
//! 1. SPM-2.1, the specimen's id as given by whoever ordered the test (7.4.3.2);
//! 2. SPM-2.2, the specimen's id as given by the laboratory;
//! 3. OBR-2, the placer's order number (7.4.1.2): simple analysers put the bar code here and
//!    their running number in OBR-3;
//! 4. OBR-3, the filler's order number (7.4.1.3): analysers that leave OBR-2 empty put the bar
//!    code here.
//!
//! OBR-2 and OBR-3 are also kept in the result, so that a desk can try the other one.
//!
//! # Which values
//! - Targets by OBX-3 ([`Codes::target`]); anything else is kept in [`LabResult::other`].
//! - Ct from NM, SN, ST, TX, FT, CWE, CE, CNE, IS or ID values. The words for "no Ct" and `>40` are
//!   taken in each of these types, since senders write them even into NM.
//! - Status from OBX-11 (table 0085), else OBR-25 (table 0123). The least final one counts:
//!   preliminary if any observation or the order is, else corrected if any is, else final. The
//!   values of observations that are deleted, wrong or cancelled (D, W, X) are not taken; an
//!   item that has only such, or whose order is cancelled without observations, is a cancelled
//!   result.
//! - `tested_at` from OBX-19, the time of analysis, else OBX-14, the time of the observation
//!   (7.4.2.14, 7.4.2.19); the latest among the item's observations. `reported_at` from OBR-22.
//! - Times without an offset are in the zone of MSH-7 if it has one (chapter 2A TS), else in
//!   [`Options::zone`].
//! - Plate and well from observations with those codes, else SAC-10 and SAC-11 (13.4.3).

mod build;
mod group;
mod item;

pub use build::{OruMessage, build};

use types::Micros;

use crate::codes::Codes;
use crate::message::Message;
use crate::time::{ZoneOffset, offset_of, read_ts};
use crate::{Fault, LabResult, Place, Rule};

/// Where a tube's code may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TubeSource {
    /// SPM-2.1.
    SpecimenPlacer,
    /// SPM-2.2.
    SpecimenFiller,
    /// OBR-2.
    PlacerOrder,
    /// OBR-3.
    FillerOrder,
}

/// How to read result messages.
#[derive(Clone, Debug)]
pub struct Options {
    /// The codes in use.
    pub codes: Codes,
    /// The zone of times without an offset.
    pub zone: ZoneOffset,
    /// Where the tube's code is looked for, first match first.
    pub tube_from: Vec<TubeSource>,
}

impl Default for Options {
    /// Standard codes, UTC+8, and the tube order of the module's description.
    fn default() -> Options {
        Options {
            codes: Codes::default(),
            zone: ZoneOffset::CHINA,
            tube_from: vec![
                TubeSource::SpecimenPlacer,
                TubeSource::SpecimenFiller,
                TubeSource::PlacerOrder,
                TubeSource::FillerOrder,
            ],
        }
    }
}

/// What the header of a result message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// MSH-10: repeats of a message carry the same.
    pub control_id: String,
    /// MSH-4, the sending facility: its name, else its universal id.
    pub laboratory: Option<String>,
    /// MSH-3, the sending application.
    pub application: Option<String>,
    /// MSH-11.1: `P` production, `T` training, `D` debugging (table 0103).
    pub processing: String,
    /// MSH-12.1, for example `2.5`.
    pub version: String,
    /// MSH-7, when the message was made; `None` if it cannot be read.
    pub made_at: Option<Micros>,
}

/// A result message, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The header.
    pub header: Header,
    /// One entry for each item, in the order of the message.
    pub items: Vec<Result<LabResult, ItemError>>,
}

impl Report {
    /// The items that could be read.
    pub fn results(&self) -> impl Iterator<Item = &LabResult> {
        self.items.iter().filter_map(|item| item.as_ref().ok())
    }

    /// The items that could not.
    pub fn errors(&self) -> impl Iterator<Item = &ItemError> {
        self.items.iter().filter_map(|item| item.as_ref().err())
    }
}

/// An item that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("item {item}: {fault}")]
pub struct ItemError {
    /// Its position in the message, from 1.
    pub item: usize,
    /// Its tube, if that could be read.
    pub tube: Option<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Reads a result message.
///
/// # Errors
/// A [`Fault`] when the message as a whole is not one: no ORU^R01 (2.15.9.9), not version 2.x
/// (2.15.9.12), without control id (2.15.9.10), cut into parts (2.10.2), or without any order.
pub fn read(message: &Message, options: &Options) -> Result<Report, Fault> {
    let msh = message.header();
    let kind = msh.field(9);
    if kind.component(1).text() != "ORU" {
        return Err(msh.fault(9, Rule::MessageType));
    }
    if kind.component(2).text() != "R01" {
        return Err(msh.fault(9, Rule::EventCode));
    }
    let version = msh.field(12).text().trim().to_owned();
    if version != "2" && !version.starts_with("2.") {
        return Err(msh.fault(12, Rule::Version));
    }
    let control_id = msh.field(10).text().trim().to_owned();
    if control_id.is_empty() {
        return Err(msh.fault(10, Rule::ControlIdMissing));
    }
    if msh.field(14).has_value() {
        return Err(msh.fault(14, Rule::ContinuationNotSupported));
    }
    if let Some(dsc) = message.first("DSC").filter(|dsc| dsc.field(1).has_value()) {
        return Err(dsc.fault(1, Rule::ContinuationNotSupported));
    }
    let value = |field: usize, component: usize| {
        let text = msh.field(field).component(component).text().trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let made = value(7, 1).unwrap_or_default();
    let zone = offset_of(&made).unwrap_or(options.zone);
    let header = Header {
        control_id,
        laboratory: value(4, 1).or_else(|| value(4, 2)),
        application: value(3, 1).or_else(|| value(3, 2)),
        processing: value(11, 1).unwrap_or_default(),
        version,
        made_at: read_ts(&made, zone).ok(),
    };
    let groups = group::groups(message);
    if groups.is_empty() {
        return Err(Fault::new(Place::Whole, Rule::NoOrder, ""));
    }
    let reader = item::Reader { options, zone, header: &header };
    let items =
        groups.iter().enumerate().map(|(index, group)| reader.read(index + 1, group)).collect();
    Ok(Report { header, items })
}
