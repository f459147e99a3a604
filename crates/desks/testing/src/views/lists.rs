//! Lists behind the figures.

use ledger::Result;
use store::{Connection, Query, Row, Value};
use types::{
    AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, RoundId, UnitId,
};

use crate::rows::{Claim, Tube, read_claim, read_tube};
use crate::tables::{
    BLIND_SPOTS, CLAIMS_OF, NOTABLE_AREAS, NOTABLE_TUBES, RECALL_AREAS, RECALLS_OPEN,
    RESULTS_OF_TUBE, SITE_PLAN, SITE_PLANS, TUBE_BY_ID, TUBES_BY_BARCODE, VISITS_OF,
};

/// A person of the round without a swab and without an exemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindPerson {
    /// The person.
    pub person: PersonId,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The compound.
    pub compound: String,
    /// The entrance.
    pub place: Option<String>,
    /// The door.
    pub door: String,
    /// What the last visit found.
    pub visited: Option<String>,
}

/// Blind spots among the registered residents of places whose code starts with `within` (a
/// community or compound), in the order of a walk: compound, entrance, door. `after` is the
/// last (compound, person) of the page before.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn blind_spots(
    db: &mut Connection,
    area: AreaCode,
    round: RoundId,
    within: &PlaceCode,
    after: Option<(&str, PersonId)>,
    limit: i64,
) -> Result<Vec<BlindPerson>> {
    let end = format!("{within}~");
    let (compound, person) = after.map_or(("", [0; 16]), |(c, p)| (c, p.bytes()));
    let params = [
        area.into(),
        round.into(),
        within.into(),
        end.into(),
        compound.into(),
        person.into(),
        limit.into(),
    ];
    let rows = db.query(&BLIND_SPOTS, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(BlindPerson {
                person: PersonId::from_bytes(row.id(0)?),
                household: row.opt_id(1)?.map(HouseholdId::from_bytes),
                compound: row.text(2)?.to_owned(),
                place: row.opt_text(3)?.map(ToOwned::to_owned),
                door: row.text(4)?.to_owned(),
                visited: row.opt_text(5)?.map(ToOwned::to_owned),
            })
        })
        .collect()
}

/// A tube that is not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct NotableTube {
    /// The tube.
    pub id: UnitId,
    /// Its row.
    pub tube: Tube,
}

/// Counties of a scope with rows in a table. Lists by time are read county by county, each no
/// farther than a page goes, and merged: a city's rows need no sorting.
pub(super) async fn counties(
    db: &mut Connection,
    query: &'static Query,
    scope: AreaScope,
) -> Result<Vec<AreaCode>> {
    let (low, high) = scope.bounds();
    let rows = db.query(query, &[low.into(), high.into()]).await?;
    rows.iter().map(|row| Ok(row.area(0)?)).collect()
}

/// Tubes that are not negative, the latest first, `limit` of them after a given one.
///
/// # Errors
/// As [`blind_spots`].
pub async fn notable(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<NotableTube>> {
    let (at, id) = after.map_or((Micros::MAX, [0xff; 16]), |(at, id)| (at, id.bytes()));
    let mut found = Vec::new();
    for area in counties(db, &NOTABLE_AREAS, scope).await? {
        let params = [area.into(), round.into(), at.into(), id.into(), limit.into()];
        for row in &db.query(&NOTABLE_TUBES, &params).await? {
            let (id, tube) = read_tube(row)?;
            found.push(NotableTube { id, tube });
        }
    }
    found.sort_by_key(|line| std::cmp::Reverse((line.tube.tested_at, line.id)));
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}

/// One tube.
///
/// # Errors
/// As [`blind_spots`].
pub async fn tube(db: &mut Connection, id: UnitId) -> Result<Option<Tube>> {
    let rows = db.lookup(&TUBE_BY_ID, &[id.area().into(), id.into()]).await?;
    Ok(rows.first().map(|row| read_tube(row).map(|(_, tube)| tube)).transpose()?)
}

/// Tubes with a foreign barcode.
///
/// # Errors
/// As [`blind_spots`].
pub async fn tubes_by_barcode(db: &mut Connection, barcode: &str) -> Result<Vec<UnitId>> {
    let rows = db.query(&TUBES_BY_BARCODE, &[barcode.into()]).await?;
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(0)?))).collect()
}

/// The fillings that claim a tube beside its first one.
///
/// # Errors
/// As [`blind_spots`].
pub async fn claims(db: &mut Connection, id: UnitId) -> Result<Vec<(types::CommandId, Claim)>> {
    let rows = db.lookup(&CLAIMS_OF, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            let ((_, command), claim) = read_claim(row)?;
            Ok((types::CommandId::from_bytes(command), claim))
        })
        .collect()
}

/// Every result that was ever recorded for a tube: (tested at, laboratory, status, reading,
/// Ct of N, Ct of ORF1ab, who), oldest first.
///
/// # Errors
/// As [`blind_spots`].
#[allow(clippy::type_complexity)] // A line of a table on the tube's page.
pub async fn results_of_tube(
    db: &mut Connection,
    id: UnitId,
) -> Result<Vec<(Micros, String, String, String, Option<f64>, Option<f64>, String)>> {
    let rows = db.query(&RESULTS_OF_TUBE, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.time(0)?,
                row.text(1)?.to_owned(),
                row.text(2)?.to_owned(),
                row.text(3)?.to_owned(),
                row.opt_real(4)?,
                row.opt_real(5)?,
                row.text(6)?.to_owned(),
            ))
        })
        .collect()
}

/// A person who has to be sampled again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecall {
    /// The recall.
    pub id: UnitId,
    /// The person.
    pub person: PersonId,
    /// The tube that led to it.
    pub origin: UnitId,
    /// Why, as [`crate::RecallReason::as_str`].
    pub reason: String,
    /// The person's compound.
    pub home: Option<String>,
    /// Since when.
    pub opened_at: Micros,
    /// When the new swab was taken.
    pub sampled_at: Option<Micros>,
}

/// Open recalls in a scope, the oldest first, `limit` of them after a given one.
///
/// # Errors
/// As [`blind_spots`].
pub async fn recalls(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<OpenRecall>> {
    recalls_within(db, (scope, ""), round, after, limit).await
}

/// The same of the communities of a street, if one is named.
///
/// # Errors
/// As [`recalls`].
pub async fn recalls_within(
    db: &mut Connection,
    (scope, within): (AreaScope, &str),
    round: RoundId,
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<OpenRecall>> {
    let (at, id) = after.map_or((Micros(0), [0; 16]), |(at, id)| (at, id.bytes()));
    let mut found = Vec::new();
    for area in counties(db, &RECALL_AREAS, scope).await? {
        let params = [
            area.into(),
            round.into(),
            at.into(),
            id.into(),
            limit.into(),
            within.into(),
            format!("{within}~").into(),
        ];
        for row in &db.query(&RECALLS_OPEN, &params).await? {
            found.push(OpenRecall {
                id: UnitId::from_bytes(row.id(0)?),
                person: PersonId::from_bytes(row.id(1)?),
                origin: UnitId::from_bytes(row.id(2)?),
                reason: row.text(3)?.to_owned(),
                home: row.opt_text(4)?.map(ToOwned::to_owned),
                opened_at: row.time(5)?,
                sampled_at: row.opt_time(6)?,
            });
        }
    }
    found.sort_by_key(|line| (line.opened_at, line.id));
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}

/// A planned site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLine {
    /// The site.
    pub site: String,
    /// Its community.
    pub community: String,
    /// Compound, from, until: one a line.
    pub slots: Vec<(String, Micros, Micros)>,
    /// Stands.
    pub stands: i64,
    /// Samplers.
    pub samplers: i64,
    /// Persons expected.
    pub persons: i64,
}

/// The planned sites of a scope.
///
/// # Errors
/// As [`blind_spots`].
pub async fn sites(db: &mut Connection, scope: AreaScope, round: RoundId) -> Result<Vec<SiteLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&SITE_PLANS, &[low.into(), high.into(), round.into()]).await?;
    rows.iter().map(site_line).collect()
}

/// The plans of one site for some rounds.
///
/// # Errors
/// As [`blind_spots`].
pub async fn plans_of_site(
    db: &mut Connection,
    area: AreaCode,
    rounds: &[RoundId],
    site: &HolderCode,
) -> Result<Vec<SiteLine>> {
    let keys: Vec<Value> =
        rounds.iter().flat_map(|round| [area.into(), (*round).into(), site.into()]).collect();
    db.lookup(&SITE_PLAN, &keys).await?.iter().map(site_line).collect()
}

fn site_line(row: &Row) -> Result<SiteLine> {
    let slots = row.text(2)?.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let compound = words.next()?.to_owned();
        let from = Micros(words.next()?.parse().ok()?);
        Some((compound, from, Micros(words.next()?.parse().ok()?)))
    });
    Ok(SiteLine {
        site: row.text(0)?.to_owned(),
        community: row.text(1)?.to_owned(),
        slots: slots.collect(),
        stands: row.int(3)?,
        samplers: row.int(4)?,
        persons: row.int(5)?,
    })
}

/// A visit to somebody without a swab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitLine {
    /// What was found.
    pub outcome: String,
    /// Remarks.
    pub note: Option<String>,
    /// Who went.
    pub actor: String,
    /// When.
    pub at: Micros,
}

/// The visits to a person in a round, the latest first.
///
/// # Errors
/// As [`blind_spots`].
pub async fn visits(
    db: &mut Connection,
    area: AreaCode,
    round: RoundId,
    person: PersonId,
) -> Result<Vec<VisitLine>> {
    let rows = db.query(&VISITS_OF, &[area.into(), round.into(), person.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(VisitLine {
                outcome: row.text(0)?.to_owned(),
                note: row.opt_text(1)?.map(ToOwned::to_owned),
                actor: row.text(2)?.to_owned(),
                at: row.time(3)?,
            })
        })
        .collect()
}
