//! The work at a bed, in lists: care plans, consultations, orders, steps between wards, held beds.

use std::collections::HashMap;

use ledger::Result;
use store::{Connection, Row, Value};
use types::{AreaScope, HolderCode, Micros, UnitId};

use super::lists::{episodes, ids_of};
use crate::rows::{
    CarePlan, Consultation, Episode, OrderRow, read_care_plan, read_consultation, read_order,
};
use crate::tables::bedside::{
    CARE_PLANS_DUE, CARE_PLANS_OF, CONSULTATIONS_OF, CONSULTATIONS_OPEN, CRITICAL, HAPPENED, HELD,
    ORDERS_OF, STEPS,
};
use crate::words::{Flow, Level, Way};

fn key(id: UnitId) -> [Value; 2] {
    [id.area().into(), id.into()]
}

/// Every version of somebody's care plan, the latest first. The first one holds unless it has ended.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn care_plans(db: &mut Connection, episode: UnitId) -> Result<Vec<CarePlan>> {
    let rows = db.lookup(&CARE_PLANS_OF, &key(episode)).await?;
    let plans: store::Result<Vec<CarePlan>> = rows.iter().map(read_care_plan).collect();
    let mut plans = plans?;
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.version));
    Ok(plans)
}

/// The care plans that hold and are to be reviewed before a time, the most overdue first; of one facility
/// only, if one is named.
///
/// # Errors
/// As [`care_plans`].
pub async fn care_plans_due(
    db: &mut Connection,
    scope: AreaScope,
    facility: Option<&HolderCode>,
    before: Micros,
    limit: i64,
) -> Result<Vec<CarePlan>> {
    let rows = db.query(&CARE_PLANS_DUE, &open_params(scope, facility, before, limit)).await?;
    rows.iter().map(|row| read_care_plan(row).map_err(Into::into)).collect()
}

fn open_params(
    scope: AreaScope,
    facility: Option<&HolderCode>,
    before: Micros,
    limit: i64,
) -> [Value; 5] {
    let (low, high) = scope.bounds();
    let facility = facility.map_or("", HolderCode::as_str);
    [low.into(), high.into(), facility.into(), before.into(), limit.into()]
}

/// Every consultation about somebody, the latest first.
///
/// # Errors
/// As [`care_plans`].
pub async fn consultations(db: &mut Connection, episode: UnitId) -> Result<Vec<Consultation>> {
    let rows = db.lookup(&CONSULTATIONS_OF, &key(episode)).await?;
    let found: store::Result<Vec<Consultation>> = rows.iter().map(read_consultation).collect();
    let mut found = found?;
    found.sort_by_key(|one| (std::cmp::Reverse(one.at), one.id));
    Ok(found)
}

/// The consultations that wait for an opinion which is due before a time, the most overdue first; of one
/// facility only, if one is named.
///
/// # Errors
/// As [`care_plans`].
pub async fn consultations_open(
    db: &mut Connection,
    scope: AreaScope,
    facility: Option<&HolderCode>,
    before: Micros,
    limit: i64,
) -> Result<Vec<Consultation>> {
    let rows = db.query(&CONSULTATIONS_OPEN, &open_params(scope, facility, before, limit)).await?;
    rows.iter().map(|row| read_consultation(row).map_err(Into::into)).collect()
}

/// Everything that was ordered for somebody: what runs first, then the latest.
///
/// # Errors
/// As [`care_plans`].
pub async fn orders(db: &mut Connection, episode: UnitId) -> Result<Vec<OrderRow>> {
    let rows = db.lookup(&ORDERS_OF, &key(episode)).await?;
    let found: store::Result<Vec<OrderRow>> = rows.iter().map(read_order).collect();
    let mut found = found?;
    found.sort_by_key(|one| (one.stopped.is_some(), std::cmp::Reverse(one.started_at), one.id));
    Ok(found)
}

/// A critical patient in a bed, and the care plan.
#[derive(Clone, Debug)]
pub struct Critical {
    /// Who.
    pub episode: Episode,
    /// The plan that holds; nothing where there is none, which is what the list is for.
    pub plan: Option<CarePlan>,
}

/// The critical patients of the facilities of a scope, or of one facility: those without a care plan first,
/// then those whose review is due the soonest.
///
/// # Errors
/// As [`care_plans`].
pub async fn critical(
    db: &mut Connection,
    scope: AreaScope,
    facility: Option<&HolderCode>,
    limit: i64,
) -> Result<Vec<Critical>> {
    let (low, high) = scope.bounds();
    let facility = facility.map_or("", HolderCode::as_str);
    let params: [Value; 4] = [low.into(), high.into(), facility.into(), limit.into()];
    let rows = db.query(&CRITICAL, &params).await?;
    let found: Vec<Episode> = episodes(db, &ids_of(&rows, 1)?).await?;
    let keys: Vec<Value> = found.iter().flat_map(|e| key(e.id)).collect();
    let mut plans: HashMap<UnitId, CarePlan> = HashMap::new();
    for row in db.lookup(&CARE_PLANS_OF, &keys).await? {
        let plan = read_care_plan(&row)?;
        if plan.ended_at.is_none() {
            plans.insert(plan.episode, plan);
        }
    }
    let with = |episode: Episode| Critical { plan: plans.remove(&episode.id), episode };
    let mut found: Vec<Critical> = found.into_iter().map(with).collect();
    found.sort_by_key(|one| (one.plan.as_ref().map(|plan| plan.due), one.episode.id));
    Ok(found)
}

/// A move between wards.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Who.
    pub episode: UnitId,
    /// When.
    pub at: Micros,
    /// From which facility and ward, and the care that it gives.
    pub from: (HolderCode, String, Level),
    /// To which.
    pub to: (HolderCode, String, Level),
    /// To more care, or to less.
    pub way: Way,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub actor: String,
}

/// Which steps a list has.
#[derive(Clone, Debug)]
pub struct StepFilter<'a> {
    /// In the facilities of these areas.
    pub scope: AreaScope,
    /// From this time (inclusive).
    pub from: Micros,
    /// Until this time (exclusive).
    pub until: Micros,
    /// Only these.
    pub way: Option<Way>,
    /// From or to this facility.
    pub facility: Option<&'a HolderCode>,
}

/// The moves between wards and facilities, the latest first.
///
/// # Errors
/// As [`care_plans`].
pub async fn steps(db: &mut Connection, filter: &StepFilter<'_>, limit: i64) -> Result<Vec<Step>> {
    let (low, high) = filter.scope.bounds();
    let params: [Value; 7] = [
        filter.from.into(),
        filter.until.into(),
        low.into(),
        high.into(),
        filter.way.map_or("", Way::as_str).into(),
        filter.facility.map_or("", HolderCode::as_str).into(),
        limit.into(),
    ];
    let rows = db.query(&STEPS, &params).await?;
    rows.iter().map(|row| read_step(row).map_err(Into::into)).collect()
}

fn read_step(row: &Row) -> store::Result<Step> {
    Ok(Step {
        episode: UnitId::from_bytes(row.id(0)?),
        at: row.time(1)?,
        from: (row.holder(2)?, row.text(3)?.to_owned(), row.word(4, "Level", Level::parse)?),
        to: (row.holder(5)?, row.text(6)?.to_owned(), row.word(7, "Level", Level::parse)?),
        way: row.word(8, "Way", Way::parse)?,
        reason: row.text(9)?.to_owned(),
        actor: row.text(10)?.to_owned(),
    })
}

/// For whom beds have been held since before a time, the longest first.
///
/// # Errors
/// As [`care_plans`].
pub async fn held(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [before.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&HELD, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// The episodes behind a figure of [`super::flows`], by when it happened; `after` is the last line of the
/// page before.
///
/// # Errors
/// As [`care_plans`].
pub async fn happened(
    db: &mut Connection,
    scope: AreaScope,
    what: Flow,
    (from, until): (Micros, Micros),
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<(Micros, Episode)>> {
    let (low, high) = scope.bounds();
    // Nothing has the id of zeros: a line at `from` itself comes after it.
    let (at, id) = after.map_or((from, Value::from([0u8; 16])), |(at, id)| (at, Value::from(id)));
    let params: [Value; 7] =
        [what.as_str().into(), at.into(), id, until.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&HAPPENED, &params).await?;
    let mut ids = ids_of(&rows, 1)?;
    let times: Vec<(UnitId, Micros)> = ids
        .iter()
        .zip(&rows)
        .map(|(id, row)| Ok((*id, row.time(2)?)))
        .collect::<store::Result<_>>()?;
    ids.sort_unstable();
    ids.dedup();
    let found: HashMap<UnitId, Episode> =
        episodes(db, &ids).await?.into_iter().map(|e| (e.id, e)).collect();
    Ok(times.into_iter().filter_map(|(id, at)| Some((at, found.get(&id)?.clone()))).collect())
}
