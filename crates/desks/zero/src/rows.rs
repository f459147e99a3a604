//! Rows as the rules and the pages see them, and how they are read.

use serde::{Deserialize, Serialize};
use store::Row;
use types::{AreaCode, CommandId, Micros, PlaceCode, UnitId};

use crate::command::EnterSignal;
use crate::document::Document;
use crate::words::{Cause, Finding, Kind, Standing};

/// How a certificate was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The command in whose entry it was.
    pub by: CommandId,
    /// Why.
    pub cause: Cause,
    /// The case or the tube behind that.
    pub because: Option<UnitId>,
    /// When that happened which speaks against it.
    pub at: Micros,
    /// Since when it is withdrawn: when that was recorded.
    pub recorded_at: Micros,
    /// What was said.
    pub note: String,
    /// Who signed that.
    pub signed_by: String,
    /// The account that recorded it.
    pub actor: String,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The county under which it was sent.
    pub area: AreaCode,
    /// The command that signed it.
    pub id: CommandId,
    /// What it says.
    pub document: Document,
    /// Its mark, as it was signed.
    pub digest: String,
    /// The account that signed it.
    pub actor: String,
    /// How it was withdrawn.
    pub withdrawn: Option<Withdrawn>,
    /// Of basic zero: infections of its days that were not known when it was signed.
    pub counted: Vec<Counted>,
}

/// An infection of the community that a certificate of basic zero did not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The case.
    pub case: UnitId,
    /// When it counts.
    pub at: Micros,
}

impl Certificate {
    /// How it stands at a time. What was withdrawn is so at every time.
    pub fn standing(&self, at: Micros) -> Standing {
        match &self.withdrawn {
            Some(_) => Standing::Withdrawn,
            None if at >= self.document.until => Standing::Ended,
            None => Standing::Valid,
        }
    }

    /// Whether what it says is what was signed.
    pub fn is_genuine(&self) -> bool {
        self.document.digest() == self.digest
    }
}

/// Reads [`crate::tables::CERTIFICATE_BY_ID`] and its like.
pub(crate) fn read_certificate(row: &Row) -> store::Result<Certificate> {
    let withdrawn = match (row.opt_id(5)?, row.opt_text(6)?) {
        (Some(by), Some(_)) => Some(Withdrawn {
            by: CommandId::from_bytes(by),
            cause: row.word(6, "a cause", Cause::parse)?,
            because: row.opt_id(7)?.map(UnitId::from_bytes),
            at: row.time(8)?,
            recorded_at: row.time(9)?,
            note: row.opt_text(10)?.unwrap_or_default().to_owned(),
            signed_by: row.opt_text(11)?.unwrap_or_default().to_owned(),
            actor: row.opt_text(12)?.unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    Ok(Certificate {
        area: row.area(0)?,
        id: CommandId::from_bytes(row.id(1)?),
        document: row.json(2)?,
        digest: row.text(3)?.to_owned(),
        actor: row.text(4)?.to_owned(),
        withdrawn,
        counted: row.json(13)?,
    })
}

/// How a signal was explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The command.
    pub by: CommandId,
    /// When.
    pub at: Micros,
    /// Who answers for it.
    pub signed_by: String,
    /// Why it is no infection of the community.
    pub note: String,
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The county.
    pub area: AreaCode,
    /// The command that entered it.
    pub id: CommandId,
    /// What was entered.
    pub entered: EnterSignal,
    /// When the sample was taken.
    pub sampled_at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// The account that entered it.
    pub actor: String,
    /// How it was explained.
    pub explained: Option<Explained>,
}

impl Signal {
    /// Whether it stands in the way of zero.
    pub fn is_open(&self) -> bool {
        self.entered.finding == Finding::Positive && self.explained.is_none()
    }
}

/// Reads [`crate::tables::SIGNAL_BY_ID`] and its like.
pub(crate) fn read_signal(row: &Row) -> store::Result<Signal> {
    let place = PlaceCode::parse(row.text(2)?).or_else(|_| row.wrong(2, "a place"))?;
    let explained = match (row.opt_id(11)?, row.opt_time(12)?) {
        (Some(by), Some(at)) => Some(Explained {
            by: CommandId::from_bytes(by),
            at,
            signed_by: row.opt_text(13)?.unwrap_or_default().to_owned(),
            note: row.opt_text(14)?.unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    Ok(Signal {
        area: row.area(0)?,
        id: CommandId::from_bytes(row.id(1)?),
        entered: EnterSignal {
            place,
            kind: row.word(3, "a kind of signal", Kind::parse)?,
            finding: row.word(4, "a finding", Finding::parse)?,
            value: row.text(5)?.to_owned(),
            laboratory: row.text(6)?.to_owned(),
            note: row.text(7)?.to_owned(),
        },
        sampled_at: row.time(8)?,
        recorded_at: row.time(9)?,
        actor: row.text(10)?.to_owned(),
        explained,
    })
}
