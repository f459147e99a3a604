//! Tubes, boxes and laboratories at work: the lists behind a board's figures, and what a
//! laboratory has before it.

use std::collections::{BTreeMap, HashMap};

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use super::lists::counties;
use crate::rows::{TransportBox, Tube, read_box, read_tube};
use crate::state::Stage;
use crate::tables::{
    BOX_BY_ID, CAPACITIES_OF_LAB, EXEMPTION_AREAS, EXEMPTIONS_OF, LAB_COUNTS_BY_HOUR, TUBE_BY_ID,
    TUBES_OF_PLACE,
};

fn keys(ids: impl Iterator<Item = UnitId>) -> Vec<Value> {
    ids.flat_map(|id| [id.area().into(), id.into()]).collect()
}

/// One transport box.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn transport_box(db: &mut Connection, id: UnitId) -> Result<Option<TransportBox>> {
    let rows = db.lookup(&BOX_BY_ID, &keys(std::iter::once(id))).await?;
    Ok(rows.first().map(|row| read_box(row).map(|(_, b)| b)).transpose()?)
}

/// Several tubes in one query; those that are not known are left out.
///
/// # Errors
/// As [`transport_box`].
pub async fn tubes(db: &mut Connection, ids: &[UnitId]) -> Result<HashMap<UnitId, Tube>> {
    let rows = db.lookup(&TUBE_BY_ID, &keys(ids.iter().copied())).await?;
    Ok(rows.iter().map(read_tube).collect::<store::Result<_>>()?)
}

/// Where a tube stands on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TubeStage {
    /// Sealed, at its site.
    AtSite,
    /// With a courier.
    InTransit,
    /// Received by a laboratory, without a final result.
    InLaboratory,
    /// With a final result that is not released (a disputed tube).
    Tested,
    /// Released.
    Reported,
    /// Lost, leaked or invalid.
    Faulty,
}

impl TubeStage {
    /// All of them, in order.
    pub const ALL: [TubeStage; 6] = [
        TubeStage::AtSite,
        TubeStage::InTransit,
        TubeStage::InLaboratory,
        TubeStage::Tested,
        TubeStage::Reported,
        TubeStage::Faulty,
    ];

    /// A stable word for addresses and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            TubeStage::AtSite => "at_site",
            TubeStage::InTransit => "in_transit",
            TubeStage::InLaboratory => "in_laboratory",
            TubeStage::Tested => "tested",
            TubeStage::Reported => "reported",
            TubeStage::Faulty => "faulty",
        }
    }

    /// Reads what [`TubeStage::as_str`] writes.
    pub fn parse(text: &str) -> Option<TubeStage> {
        TubeStage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    /// The stage of a tube. While its box counts it, the box says how far it has come.
    pub fn of(tube: &Tube, boxed: Option<&TransportBox>) -> TubeStage {
        let sent = tube.sent_at.or(boxed.and_then(|b| b.sent_at));
        let received = tube.received_at.or(boxed.and_then(|b| b.received_at));
        let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
        match tube {
            _ if tube.fault.is_some() => TubeStage::Faulty,
            _ if tube.reported_at.is_some() => TubeStage::Reported,
            _ if settled => TubeStage::Tested,
            _ if received.is_some() || tube.loaded_at.is_some() => TubeStage::InLaboratory,
            _ if sent.is_some() => TubeStage::InTransit,
            _ => TubeStage::AtSite,
        }
    }
}

/// A tube on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct TubeLine {
    /// The tube.
    pub id: UnitId,
    /// Its row.
    pub tube: Tube,
    /// Where it stands.
    pub stage: TubeStage,
}

/// Where a list begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The areas.
    pub scope: AreaScope,
    /// Only communities whose code starts so.
    pub within: &'a str,
    /// The last (community, tube) of the page before.
    pub after: Option<(&'a str, UnitId)>,
}

/// Tubes of a round by the community of their site.
///
/// # Errors
/// As [`transport_box`].
pub async fn tubes_of(
    db: &mut Connection,
    round: RoundId,
    place: Place<'_>,
    limit: i64,
) -> Result<Vec<TubeLine>> {
    let (low, high) = place.scope.bounds();
    let (community, id) = place.after.map_or(("", [0; 16]), |(c, id)| (c, id.bytes()));
    let params = [
        round.into(),
        place.within.into(),
        format!("{}~", place.within).into(),
        low.into(),
        high.into(),
        community.into(),
        id.into(),
        limit.into(),
    ];
    let rows = db.query(&TUBES_OF_PLACE, &params).await?;
    let found: Vec<(UnitId, Tube)> = rows.iter().map(read_tube).collect::<store::Result<_>>()?;
    let mut boxes: Vec<UnitId> = found.iter().filter_map(|(_, t)| t.boxed).collect();
    boxes.sort_unstable();
    boxes.dedup();
    let rows = db.lookup(&BOX_BY_ID, &keys(boxes.into_iter())).await?;
    let boxes: HashMap<UnitId, TransportBox> =
        rows.iter().map(read_box).collect::<store::Result<_>>()?;
    let line = |(id, tube): (UnitId, Tube)| {
        let stage = TubeStage::of(&tube, tube.boxed.and_then(|b| boxes.get(&b)));
        TubeLine { id, tube, stage }
    };
    Ok(found.into_iter().map(line).collect())
}

/// What a laboratory did in one hour, in tubes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabHour {
    /// Received.
    pub received: i64,
    /// Tested.
    pub tested: i64,
}

/// Laboratories hour by hour since a time.
///
/// # Errors
/// As [`transport_box`].
pub async fn lab_hours(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
) -> Result<BTreeMap<String, BTreeMap<Micros, LabHour>>> {
    let (low, high) = scope.bounds();
    let mut labs: BTreeMap<String, BTreeMap<Micros, LabHour>> = BTreeMap::new();
    let params = [low.into(), high.into(), since.hour_start().into()];
    for row in db.query(&LAB_COUNTS_BY_HOUR, &params).await? {
        let hour =
            labs.entry(row.text(0)?.to_owned()).or_default().entry(row.time(1)?).or_default();
        match row.text(2)? {
            stage if stage == Stage::Received.as_str() => hour.received += row.int(3)?,
            stage if stage == Stage::Tested.as_str() => hour.tested += row.int(3)?,
            _ => {}
        }
    }
    Ok(labs)
}

/// An excused person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptionLine {
    /// The county.
    pub area: AreaCode,
    /// Where it counts: the compound in which the person lived, empty when none was known.
    pub place: String,
    /// The person.
    pub person: PersonId,
    /// The protocol's code.
    pub reason: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// When it ends before the round does.
    pub until: Option<Micros>,
    /// Who recorded it.
    pub actor: String,
}

/// Digits of a county's code.
const COUNTY: usize = 6;

/// Where a page of exemptions ended: the county, the place, the person.
pub type ExemptionKey = (AreaCode, String, PersonId);

/// Exemptions of a round that count in a place (a county or smaller; everywhere without one), by
/// county, place and person, after a given one.
///
/// # Errors
/// As [`transport_box`].
pub async fn exemptions(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
    place: Option<&PlaceCode>,
    after: Option<&ExemptionKey>,
    limit: i64,
) -> Result<Vec<ExemptionLine>> {
    let scope = place.and_then(PlaceCode::area).map_or(scope, AreaScope::one);
    // Those whose home is not known count in the county.
    let within = place.map(PlaceCode::as_str).filter(|code| code.len() > COUNTY).unwrap_or("");
    let end = format!("{within}~");
    let mut found = Vec::new();
    for area in counties(db, &EXEMPTION_AREAS, scope).await? {
        let (after_place, after_person) = match after {
            Some((county, ..)) if area < *county => continue,
            Some((county, place, person)) if area == *county => (place.as_str(), person.bytes()),
            _ => ("", [0; 16]),
        };
        let params = [
            area.into(),
            round.into(),
            within.into(),
            end.as_str().into(),
            after_place.into(),
            after_person.into(),
            (limit - found.len() as i64).into(),
        ];
        for row in &db.query(&EXEMPTIONS_OF, &params).await? {
            found.push(ExemptionLine {
                area,
                place: row.text(0)?.to_owned(),
                person: PersonId::from_bytes(row.id(1)?),
                reason: row.text(2)?.to_owned(),
                evidence: row.opt_text(3)?.map(ToOwned::to_owned),
                until: row.opt_time(4)?,
                actor: row.text(5)?.to_owned(),
            });
        }
        if found.len() as i64 >= limit {
            break;
        }
    }
    Ok(found)
}

/// A capacity as it was stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityLine {
    /// From when.
    pub from: Micros,
    /// Tubes a day as claimed on paper.
    pub claimed: i64,
    /// Tubes a day for which there are people and machines.
    pub staffed: i64,
    /// Who says so.
    pub source: String,
}

/// The capacities that were stated for a laboratory, the latest first.
///
/// # Errors
/// As [`transport_box`].
pub async fn capacities(db: &mut Connection, lab: &HolderCode) -> Result<Vec<CapacityLine>> {
    let rows = db.query(&CAPACITIES_OF_LAB, &[lab.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(CapacityLine {
                from: row.time(1)?,
                claimed: row.int(2)?,
                staffed: row.int(3)?,
                source: row.text(4)?.to_owned(),
            })
        })
        .collect()
}
