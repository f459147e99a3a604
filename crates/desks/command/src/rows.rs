//! Rows as the rules and the pages see them, and how they are read.

use jiff::civil::Date;
use store::Row;
use types::{AreaCode, AreaScope, CommandId, Micros};

use crate::command::{Ahead, Evidence, KeepForecast, Said};
use crate::document::Document;
use crate::words::{Foreseen, Standing};

/// A published bulletin.
#[derive(Clone, Debug, PartialEq)]
pub struct Bulletin {
    /// The county under which it was sent.
    pub area: AreaCode,
    /// The command that published it.
    pub id: CommandId,
    /// What it says.
    pub document: Document,
    /// What it corrects.
    pub corrects: Option<CommandId>,
    /// The bulletin that corrects it.
    pub corrected_by: Option<CommandId>,
    /// The account that published it.
    pub actor: String,
}

/// Reads [`crate::tables::BULLETIN_BY_ID`] and its like.
pub(crate) fn read_bulletin(row: &Row) -> store::Result<Bulletin> {
    Ok(Bulletin {
        area: row.area(0)?,
        id: CommandId::from_bytes(row.id(1)?),
        document: row.json(2)?,
        corrects: row.opt_id(3)?.map(CommandId::from_bytes),
        corrected_by: row.opt_id(4)?.map(CommandId::from_bytes),
        actor: row.text(5)?.to_owned(),
    })
}

/// How a decision was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The command that did it.
    pub by: CommandId,
    /// From when on it holds no more.
    pub at: Micros,
    /// Who signed that.
    pub signed_by: String,
    /// Why.
    pub note: String,
    /// The account that recorded it.
    pub actor: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The county under which it was sent.
    pub area: AreaCode,
    /// The command that took it.
    pub id: CommandId,
    /// The areas for which it holds.
    pub scope: AreaScope,
    /// Its number in its areas.
    pub no: i64,
    /// In a line.
    pub title: String,
    /// In full.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The protocol's parameter; empty where there is none.
    pub rule: String,
    /// The edition that had it.
    pub edition: String,
    /// Who signed it.
    pub signed_by: String,
    /// From when it holds.
    pub from: Micros,
    /// Until when (exclusive).
    pub until: Micros,
    /// When it was taken.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// The account that recorded it.
    pub actor: String,
    /// The decision that it takes the place of.
    pub replaces: Option<CommandId>,
    /// How it was revoked.
    pub revoked: Option<Revoked>,
}

impl Decision {
    /// Until when it holds, revoked or not.
    pub fn ends_at(&self) -> Micros {
        self.revoked.as_ref().map_or(self.until, |revoked| revoked.at.min(self.until))
    }

    /// How it stands at a time.
    pub fn standing(&self, at: Micros) -> Standing {
        match &self.revoked {
            Some(revoked) if revoked.at <= at && revoked.at < self.until => Standing::Revoked,
            _ if at >= self.until => Standing::Ended,
            _ if at < self.from => Standing::Coming,
            _ => Standing::InForce,
        }
    }
}

/// Reads [`crate::tables::DECISION_BY_ID`] and its like.
pub(crate) fn read_decision(row: &Row) -> store::Result<Decision> {
    let scope = AreaScope::parse(row.text(2)?).or_else(|_| row.wrong(2, "a scope"))?;
    let revoked = match (row.opt_id(16)?, row.opt_time(17)?) {
        (Some(by), Some(at)) => Some(Revoked {
            by: CommandId::from_bytes(by),
            at,
            signed_by: row.opt_text(18)?.unwrap_or_default().to_owned(),
            note: row.opt_text(19)?.unwrap_or_default().to_owned(),
            actor: row.opt_text(20)?.unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    Ok(Decision {
        area: row.area(0)?,
        id: CommandId::from_bytes(row.id(1)?),
        scope,
        no: row.int(3)?,
        title: row.text(4)?.to_owned(),
        text: row.text(5)?.to_owned(),
        evidence: row.json(6)?,
        rule: row.text(7)?.to_owned(),
        edition: row.text(8)?.to_owned(),
        signed_by: row.text(9)?.to_owned(),
        from: row.time(10)?,
        until: row.time(11)?,
        at: row.time(12)?,
        recorded_at: row.time(13)?,
        actor: row.text(14)?.to_owned(),
        replaces: row.opt_id(15)?.map(CommandId::from_bytes),
        revoked,
    })
}

/// A forecast as it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The command that kept it.
    pub id: CommandId,
    /// When it was said.
    pub at: Micros,
    /// The last day that was known.
    pub day: Date,
    /// The method.
    pub method: String,
    /// New infections of the days to come.
    pub ahead: Vec<Ahead>,
    /// What else was said.
    pub others: Vec<Said>,
    /// What was known on its day of what no counter keeps by day.
    pub known: Vec<(Foreseen, f64)>,
    /// The account that kept it.
    pub actor: String,
}

/// Reads [`crate::tables::FORECASTS`].
pub(crate) fn read_forecast(row: &Row) -> store::Result<Forecast> {
    let kept: KeepForecast = row.json(3)?;
    Ok(Forecast {
        id: CommandId::from_bytes(row.id(1)?),
        at: row.time(2)?,
        day: kept.day,
        method: kept.method,
        ahead: kept.ahead,
        others: kept.others,
        known: kept.known,
        actor: row.text(4)?.to_owned(),
    })
}
