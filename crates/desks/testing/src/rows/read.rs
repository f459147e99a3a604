//! Rows of the store, read.

use store::{Result, Row, StoreError};
use types::{PersonId, PlaceCode, RoundId, UnitId};

use super::pack::{load_parse, split_places, unpack_members};
use super::{Claim, ClaimFate, Recall, Round, Settled, TransportBox, Tube};
use crate::event::Recalled;
use crate::words::{Mode, Reading};

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn wrong(column: usize, expected: &'static str) -> StoreError {
    StoreError::Decode { column, expected, found: "something else" }
}

/// Reads [`crate::tables::ROUND_BY_ID`].
pub(crate) fn read_round(row: &Row) -> Result<Round> {
    Ok(Round {
        id: RoundId::from_bytes(row.id(0)?),
        name_zh: row.text(1)?.to_owned(),
        name_en: row.text(2)?.to_owned(),
        number: row.int(3)?,
        places: row.text(4)?.to_owned(),
        starts_at: row.time(5)?,
        ends_at: row.time(6)?,
        population: row.int(7)?,
        prevalence: row.opt_real(8)?,
        ordered_hours: row.opt_int(9)?,
        closed_at: row.opt_time(10)?,
    })
}

/// Reads [`crate::tables::TUBE_BY_ID`].
pub(crate) fn read_tube(row: &Row) -> Result<(UnitId, Tube)> {
    let tube = Tube {
        round: row.opt_id(1)?.map(RoundId::from_bytes),
        barcode: owned(row.opt_text(2)?),
        site: owned(row.opt_text(3)?),
        community: owned(row.opt_text(4)?),
        mode: row.opt_text(5)?.and_then(Mode::parse),
        zone: owned(row.opt_text(6)?),
        members: row.opt_bytes(7)?.map(unpack_members).unwrap_or_default(),
        homes: row.opt_text(8)?.map(split_places).unwrap_or_default(),
        started_at: row.opt_time(9)?,
        collected_at: row.opt_time(10)?,
        claims: row.int(11)?,
        sent_at: row.opt_time(12)?,
        received_at: row.opt_time(13)?,
        loaded_at: row.opt_time(14)?,
        lab: owned(row.opt_text(15)?),
        plate: owned(row.opt_text(16)?),
        well: owned(row.opt_text(17)?),
        tested_at: row.opt_time(18)?,
        status: owned(row.opt_text(19)?),
        reading: row.opt_text(20)?.and_then(Reading::parse),
        ct_n: row.opt_real(21)?,
        ct_orf1ab: row.opt_real(22)?,
        ct_control: row.opt_real(23)?,
        reported_at: row.opt_time(24)?,
        settles: Settled::of(row.int(25)?),
        fault: owned(row.opt_text(26)?),
        boxed: row.opt_id(27)?.map(UnitId::from_bytes),
    };
    Ok((UnitId::from_bytes(row.id(0)?), tube))
}

/// Reads [`crate::tables::BOX_BY_ID`].
pub(crate) fn read_box(row: &Row) -> Result<(UnitId, TransportBox)> {
    let found = TransportBox {
        site: owned(row.opt_text(1)?),
        load: load_parse(row.text(2)?).ok_or_else(|| wrong(2, "a box's load"))?,
        oldest: row.opt_time(3)?,
        sealed_at: row.opt_time(4)?,
        sent_at: row.opt_time(5)?,
        received_at: row.opt_time(6)?,
        opened_at: row.opt_time(7)?,
        courier: owned(row.opt_text(8)?),
        lab: owned(row.opt_text(9)?),
        missing: row.int(10)?,
        surplus: row.int(11)?,
    };
    Ok((UnitId::from_bytes(row.id(0)?), found))
}

/// Reads [`crate::tables::RECALL_BY_ID`] and [`crate::tables::RECALL_OF_PERSON`].
pub(crate) fn read_recall(row: &Row) -> Result<Recall> {
    use crate::event::RecallReason as Why;
    let reasons =
        [Why::PoolNotNegative, Why::Unclear, Why::Lost, Why::Leaked, Why::Invalid, Why::Disputed];
    let reason = row.text(4)?;
    let reason = reasons
        .into_iter()
        .find(|r| r.as_str() == reason)
        .ok_or_else(|| wrong(4, "a reason for a recall"))?;
    let community = PlaceCode::parse(row.text(6)?).map_err(|_| wrong(6, "a place code"))?;
    Ok(Recall {
        opened: Recalled {
            recall: UnitId::from_bytes(row.id(0)?),
            person: PersonId::from_bytes(row.id(1)?),
            round: RoundId::from_bytes(row.id(2)?),
            origin: UnitId::from_bytes(row.id(3)?),
            reason,
            home: row.opt_text(5)?.and_then(|t| PlaceCode::parse(t).ok()),
            community,
            counts: row.flag(7)?,
        },
        opened_at: row.time(8)?,
        tube: row.opt_id(9)?.map(UnitId::from_bytes),
        sampled_at: row.opt_time(10)?,
        closed_at: row.opt_time(11)?,
        ending: owned(row.opt_text(12)?),
    })
}

/// Reads [`crate::tables::CLAIMS_OF`].
pub(crate) fn read_claim(row: &Row) -> Result<((UnitId, [u8; 16]), Claim)> {
    let fate = row.text(13)?;
    let fate = [ClaimFate::Open, ClaimFate::Stands, ClaimFate::SetAside]
        .into_iter()
        .find(|f| f.as_str() == fate)
        .ok_or_else(|| wrong(13, "the fate of a claim"))?;
    let claim = Claim {
        round: RoundId::from_bytes(row.id(2)?),
        barcode: owned(row.opt_text(3)?),
        site: row.text(4)?.to_owned(),
        community: row.text(5)?.to_owned(),
        mode: row.opt_text(6)?.and_then(Mode::parse),
        zone: row.text(7)?.to_owned(),
        started_at: row.time(8)?,
        actor: row.text(9)?.to_owned(),
        collected_at: row.time(10)?,
        members: unpack_members(row.bytes(11)?),
        homes: split_places(row.text(12)?),
        fate,
    };
    Ok(((UnitId::from_bytes(row.id(0)?), row.id(1)?), claim))
}
