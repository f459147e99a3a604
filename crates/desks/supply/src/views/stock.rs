//! Stocks: places, what lies there, what is on the road, and for how many days it lasts.

use std::collections::{BTreeMap, HashMap};

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros, PersonId, UnitId};

use super::{by_area, ids_of};
use crate::rows::{Lot, Shipment, Site, read_lot, read_shipment, read_site};
use crate::tables::{
    LOT_BY_ID, LOTS_DONATED, LOTS_EXPIRING, MOVES_OF, SHIPMENT_BY_ID, SHIPMENTS_BY, SHIPMENTS_OPEN,
    SHIPMENTS_TO, SITE_BY_CODE, SITES, STAFF_AT, STOCK_AT, STOCK_BY_LOT, TOTALS,
};
use crate::words::{Good, Mode, ShipState, SiteKind, Standing};

/// What of a day's ration those who may go shopping take from these stocks, in per cent; the rest they buy
/// elsewhere. A setting of this program.
pub const FREE_SHARE: i64 = 30;

/// One place.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn site(db: &mut Connection, code: &HolderCode) -> Result<Option<Site>> {
    Ok(sites_by_code(db, [code]).await?.pop())
}

/// The places of these codes that there are.
///
/// # Errors
/// As [`site`].
pub async fn sites_by_code<'a>(
    db: &mut Connection,
    codes: impl IntoIterator<Item = &'a HolderCode>,
) -> Result<Vec<Site>> {
    let keys: Vec<Value> = codes.into_iter().map(Value::from).collect();
    let rows = db.lookup(&SITE_BY_CODE, &keys).await?;
    rows.iter().map(|row| read_site(row).map_err(Into::into)).collect()
}

/// The places of a scope, of one kind or of all.
///
/// # Errors
/// As [`site`].
pub async fn sites(
    db: &mut Connection,
    scope: AreaScope,
    kind: Option<SiteKind>,
    limit: i64,
) -> Result<Vec<Site>> {
    let (low, high) = scope.bounds();
    let kind = kind.map_or("", SiteKind::as_str);
    let rows = db.query(&SITES, &[low.into(), high.into(), kind.into(), limit.into()]).await?;
    rows.iter().map(|row| read_site(row).map_err(Into::into)).collect()
}

/// Who works at a place.
///
/// # Errors
/// As [`site`].
pub async fn staff(db: &mut Connection, site: &HolderCode, limit: i64) -> Result<Vec<PersonId>> {
    let rows = db.query(&STAFF_AT, &[site.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok(PersonId::from_bytes(row.id(0)?))).collect()
}

/// Lots in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`site`].
pub async fn lots(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Lot>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&LOT_BY_ID, &by_area(ids)).await? {
        let lot = read_lot(&row)?;
        found.insert(lot.id, lot);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// What lies at a place, the nearest to its date first.
///
/// # Errors
/// As [`site`].
pub async fn at(db: &mut Connection, site: &Site) -> Result<Vec<(Lot, i64)>> {
    let mut amounts = HashMap::new();
    for row in db.lookup(&STOCK_AT, &[site.area.into(), (&site.code).into()]).await? {
        amounts.insert(UnitId::from_bytes(row.id(1)?), row.int(4)?);
    }
    let mut ids: Vec<UnitId> = amounts.keys().copied().collect();
    ids.sort_unstable();
    let mut lying: Vec<(Lot, i64)> = lots(db, &ids)
        .await?
        .into_iter()
        .filter_map(|lot| amounts.remove(&lot.id).map(|amount| (lot, amount)))
        .collect();
    lying.sort_by_key(|(lot, _)| (lot.expires_at, lot.id));
    Ok(lying)
}

/// Where a lot lies, and how much of it.
///
/// # Errors
/// As [`site`].
pub async fn where_lies(db: &mut Connection, lot: UnitId) -> Result<Vec<(HolderCode, i64)>> {
    let rows = db.lookup(&STOCK_BY_LOT, &[lot.into()]).await?;
    let mut found: Vec<(HolderCode, i64)> =
        rows.iter().map(|row| Ok((row.holder(0)?, row.int(4)?))).collect::<Result<_>>()?;
    found.sort();
    Ok(found)
}

/// Lots of which something is left that are good for nothing before a time, the nearest first.
///
/// # Errors
/// As [`site`].
pub async fn expiring(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    limit: i64,
) -> Result<Vec<Lot>> {
    let (low, high) = scope.bounds();
    let params = [before.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&LOTS_EXPIRING, &params).await?;
    lots(db, &ids_of(&rows, 1)?).await
}

/// Donations of which something is left, the latest first.
///
/// # Errors
/// As [`site`].
pub async fn donated(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Lot>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&LOTS_DONATED, &[low.into(), high.into(), limit.into()]).await?;
    lots(db, &ids_of(&rows, 1)?).await
}

/// One shipment.
///
/// # Errors
/// As [`site`].
pub async fn shipment(db: &mut Connection, id: UnitId) -> Result<Option<Shipment>> {
    Ok(shipments(db, &[id]).await?.pop())
}

/// Shipments in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`site`].
pub async fn shipments(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Shipment>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&SHIPMENT_BY_ID, &by_area(ids)).await? {
        let shipment = read_shipment(&row)?;
        found.insert(shipment.id, shipment);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// What is on the road from or to a scope, and what was not received as it was sent; the most pressing first.
///
/// # Errors
/// As [`site`].
pub async fn open_shipments(
    db: &mut Connection,
    scope: AreaScope,
    state: Option<ShipState>,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let (low, high) = scope.bounds();
    let state = state.map_or("", ShipState::as_str);
    let params = [state.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&SHIPMENTS_OPEN, &params).await?;
    shipments(db, &ids_of(&rows, 1)?).await
}

/// What comes to a place.
///
/// # Errors
/// As [`site`].
pub async fn shipments_to(
    db: &mut Connection,
    site: &HolderCode,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let rows = db.query(&SHIPMENTS_TO, &[site.into(), limit.into()]).await?;
    shipments(db, &ids_of(&rows, 1)?).await
}

/// What somebody has on the road.
///
/// # Errors
/// As [`site`].
pub async fn shipments_by(
    db: &mut Connection,
    carrier: &HolderCode,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let rows = db.query(&SHIPMENTS_BY, &[carrier.into(), limit.into()]).await?;
    shipments(db, &ids_of(&rows, 1)?).await
}

/// A line of what is recorded of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What: `taken_in`, `sent`, `received`, `spoiled`, `counted`, `given_out`.
    pub what: String,
    /// The lot.
    pub lot: UnitId,
    /// The good.
    pub good: Option<Good>,
    /// How much more there was after it.
    pub amount: i64,
    /// What was said, or the other place.
    pub said: String,
}

/// What came to a place and left it, the latest first.
///
/// # Errors
/// As [`site`].
pub async fn moves(db: &mut Connection, site: &HolderCode, limit: i64) -> Result<Vec<MoveLine>> {
    let rows = db.query(&MOVES_OF, &[site.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(MoveLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                lot: UnitId::from_bytes(row.id(4)?),
                good: Good::parse(row.text(5)?),
                amount: row.int(6)?,
                said: row.text(7)?.to_owned(),
            })
        })
        .collect()
}

/// How much of what stands where, by county.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// By county, standing and good.
    pub by: BTreeMap<(AreaCode, Standing, Good), i64>,
}

impl Totals {
    /// All of a good in a standing.
    pub fn of(&self, standing: Standing, good: Good) -> i64 {
        let of = self.by.iter().filter(|((_, s, g), _)| *s == standing && *g == good);
        of.map(|(_, amount)| amount).sum()
    }

    /// What of a good can be eaten, in one county or in all.
    pub fn covering(&self, area: Option<AreaCode>, good: Good) -> i64 {
        let here = |of: AreaCode| area.is_none_or(|area| area == of);
        let of = self.by.iter().filter(|((a, s, g), _)| here(*a) && s.covers() && *g == good);
        of.map(|(_, amount)| amount).sum()
    }
}

/// How much of what stands where in a scope.
///
/// # Errors
/// As [`site`].
pub async fn totals(db: &mut Connection, scope: AreaScope) -> Result<Totals> {
    let (low, high) = scope.bounds();
    let mut totals = Totals::default();
    for row in db.query(&TOTALS, &[low.into(), high.into()]).await? {
        if let (Some(standing), Some(good)) =
            (Standing::parse(row.text(1)?), Good::parse(row.text(2)?))
        {
            totals.by.insert((row.area(0)?, standing, good), row.int(3)?);
        }
    }
    Ok(totals)
}

/// For how many days a good lasts in a county.
#[derive(Clone, Debug, PartialEq)]
pub struct Cover {
    /// The county.
    pub area: AreaCode,
    /// The good.
    pub good: Good,
    /// What there is of it, on the road included.
    pub amount: i64,
    /// What is eaten of it in a day.
    pub a_day: i64,
    /// Days; nothing where nobody eats it.
    pub days: Option<f64>,
}

/// What a county's people take of a good in a day: a whole ration for whoever cannot go shopping,
/// [`FREE_SHARE`] per cent of it for whoever can.
pub fn cover_days(good: Good, amount: i64, restricted: i64, free: i64) -> (i64, Option<f64>) {
    let Some(ration) = good.ration() else { return (0, None) };
    let a_day = ration * restricted.max(0) + ration * free.max(0) * FREE_SHARE / 100;
    (a_day, (a_day > 0).then(|| amount as f64 / a_day as f64))
}

/// For how many days what there is lasts, by county and good, from people and how they are supplied.
///
/// # Errors
/// As [`site`].
pub async fn cover(db: &mut Connection, scope: AreaScope) -> Result<Vec<Cover>> {
    let totals = totals(db, scope).await?;
    let listed = super::people(db, scope).await?;
    let mut lines = Vec::new();
    for county in registry::views::county_counts(db, scope).await? {
        let under = |mode: Mode| -> i64 {
            let of = listed.iter().filter(|line| line.area == county.area && line.mode == mode);
            of.map(|line| line.people).sum()
        };
        let restricted = under(Mode::Door) + under(Mode::Called);
        for good in Good::ALL.iter().copied().filter(|good| good.ration().is_some()) {
            let amount = totals.covering(Some(county.area), good);
            let (a_day, days) = cover_days(good, amount, restricted, county.persons - restricted);
            lines.push(Cover { area: county.area, good, amount, a_day, days });
        }
    }
    Ok(lines)
}
