//! Rows as the rules see them, and how they are written and read.

use store::{Row, StoreError, Value};
use types::{AreaCode, Micros, PlaceCode, UnitId};

use crate::duties::Duties;
use crate::words::{End, Kind, Level, Why};

/// A zone: one area under one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Which; its area is its county.
    pub id: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// What holds in it; of one that has ended, what held last.
    pub level: Level,
    /// What had been proposed.
    pub proposed: Option<Level>,
    /// What it owes.
    pub duties: Duties,
    /// When it was made.
    pub made_at: Micros,
    /// Since when this level holds.
    pub since: Micros,
    /// How it came to this level.
    pub why: Why,
    /// How many levels it had before.
    pub spans: i64,
    /// Households there, when it was made.
    pub households: i64,
    /// Persons there, when it was made.
    pub persons: i64,
    /// Cases that are its ground.
    pub infections: i64,
    /// When the last one was found.
    pub last: Option<Micros>,
    /// It rested on cases, and none of them stands.
    pub unfounded: bool,
    /// What was said last.
    pub reason: String,
    /// How it ended, and when.
    pub ended: Option<(End, Micros)>,
}

impl Zone {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }

    /// Whether it stands.
    pub fn stands(&self) -> bool {
        self.ended.is_none()
    }

    /// From when its clean days count: the last infection, else when it was made.
    pub fn clean_since(&self) -> Micros {
        self.last.unwrap_or(self.made_at)
    }

    /// Whether it lies at a place or inside it.
    pub fn within(&self, place: &PlaceCode) -> bool {
        is_within(&self.place, place)
    }
}

/// Whether a place is another, or lies in it.
pub fn is_within(place: &PlaceCode, of: &PlaceCode) -> bool {
    registry::place::chain_of(place).contains(of)
}

/// A case as the ground of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When it was found.
    pub at: Micros,
    /// How it came to be a ground.
    pub kind: Kind,
    /// It does not stand any more.
    pub void: bool,
}

/// A stretch of a zone's life at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The zone.
    pub zone: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// What held.
    pub level: Level,
    /// From when.
    pub from: Micros,
    /// Until when; nothing while it holds.
    pub to: Option<Micros>,
    /// How it came to it.
    pub why: Why,
}

/// A proposal that was not followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Where.
    pub place: PlaceCode,
    /// What it was to become.
    pub level: Level,
    /// When.
    pub at: Micros,
    /// Who said so.
    pub actor: String,
    /// Why.
    pub reason: String,
}

fn place(row: &Row, column: usize) -> store::Result<PlaceCode> {
    match PlaceCode::parse(row.text(column)?) {
        Ok(place) => Ok(place),
        Err(_) => row.wrong(column, "a place"),
    }
}

/// Reads [`crate::tables::ZONE_BY_ID`] and its like.
pub(crate) fn read_zone(row: &Row) -> store::Result<Zone> {
    let duties = Duties::stored(row.time(4)?, [row.text(5)?, row.text(6)?, row.text(7)?]);
    let duties = duties.map_err(|refusal| StoreError::Database(refusal.to_string()))?;
    Ok(Zone {
        id: UnitId::from_bytes(row.id(0)?),
        place: place(row, 1)?,
        level: row.word(2, "a word", Level::parse)?,
        proposed: row.opt_text(3)?.and_then(Level::parse),
        duties,
        made_at: row.time(8)?,
        since: row.time(9)?,
        why: row.word(10, "a word", Why::parse)?,
        spans: row.int(11)?,
        households: row.int(12)?,
        persons: row.int(13)?,
        infections: row.int(14)?,
        last: row.opt_time(15)?,
        unfounded: row.flag(16)?,
        reason: row.text(17)?.to_owned(),
        ended: row.opt_text(18)?.and_then(End::parse).zip(row.opt_time(19)?),
    })
}

pub(crate) fn zone_values(z: &Zone, rows: &mut Vec<Value>) {
    rows.extend([
        z.area().into(),
        z.id.into(),
        (&z.place).into(),
        z.level.as_str().into(),
        z.proposed.map(Level::as_str).into(),
        z.duties.until().into(),
        z.duties.supply().as_str().into(),
        z.duties.urgent().as_str().into(),
        z.duties.basis().as_str().into(),
        z.made_at.into(),
        z.since.into(),
        z.why.as_str().into(),
        z.spans.into(),
        z.households.into(),
        z.persons.into(),
        z.infections.into(),
        z.last.into(),
        z.unfounded.into(),
        z.reason.as_str().into(),
        z.ended.map(|(how, _)| how.as_str()).into(),
        z.ended.map(|(_, at)| at).into(),
        z.stands().into(),
    ]);
}

/// Reads [`crate::tables::CASES_OF_ZONE`] and its like.
pub(crate) fn read_evidence(row: &Row) -> store::Result<(UnitId, UnitId, Evidence)> {
    let evidence = Evidence {
        at: row.time(2)?,
        kind: row.word(3, "a word", Kind::parse)?,
        void: row.flag(4)?,
    };
    Ok((UnitId::from_bytes(row.id(0)?), UnitId::from_bytes(row.id(1)?), evidence))
}

/// Reads [`crate::tables::STRETCHES_AT`] and its like.
pub(crate) fn read_stretch(row: &Row) -> store::Result<Stretch> {
    Ok(Stretch {
        zone: UnitId::from_bytes(row.id(0)?),
        place: place(row, 1)?,
        level: row.word(2, "a word", Level::parse)?,
        from: row.time(3)?,
        to: row.opt_time(4)?,
        why: row.word(5, "a word", Why::parse)?,
    })
}

pub(crate) fn stretch_values(n: i64, stretch: &Stretch, rows: &mut Vec<Value>) {
    rows.extend([
        stretch.zone.area().into(),
        stretch.zone.into(),
        n.into(),
        (&stretch.place).into(),
        stretch.level.as_str().into(),
        stretch.from.into(),
        stretch.to.into(),
        stretch.why.as_str().into(),
    ]);
}

/// Reads [`crate::tables::REFUSED_IN`].
pub(crate) fn read_refused(row: &Row) -> store::Result<Refused> {
    Ok(Refused {
        place: place(row, 0)?,
        level: row.word(1, "a word", Level::parse)?,
        at: row.time(2)?,
        actor: row.text(3)?.to_owned(),
        reason: row.text(4)?.to_owned(),
    })
}
