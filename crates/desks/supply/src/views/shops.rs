//! Shops: whom they serve, where one is missing, what they have and for how much.

use std::collections::BTreeMap;

use ledger::Result;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros, PlaceCode};

use crate::PER_SHOP;
use crate::load::read_serves;
use crate::rows::{Priced, Serves, Site, read_item};
use crate::tables::{ITEMS_OF, ITEMS_OVER, LIMITS_OF, PRICES_OF, SERVES_BY, SERVES_IN};
use crate::words::Good;

/// For how many households of a community a shop packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServesLine {
    /// The county.
    pub area: AreaCode,
    /// The community.
    pub community: String,
    /// The shop; nothing for those whom no shop had room for when theirs closed.
    pub shop: Option<HolderCode>,
    /// How many, why, since when.
    pub serves: Serves,
}

fn line(row: &Row) -> Result<ServesLine> {
    let ((community, shop), serves) = read_serves(row)?;
    Ok(ServesLine { area: row.area(0)?, community, shop: HolderCode::parse(&shop).ok(), serves })
}

/// Which shops serve the communities of a scope.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn serves(db: &mut Connection, scope: AreaScope) -> Result<Vec<ServesLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&SERVES_IN, &[low.into(), high.into()]).await?;
    rows.iter().map(line).collect()
}

/// Which communities a shop serves.
///
/// # Errors
/// As [`serves`].
pub async fn serves_by(db: &mut Connection, shop: &HolderCode) -> Result<Vec<ServesLine>> {
    let rows = db.query(&SERVES_BY, &[shop.into()]).await?;
    rows.iter().map(line).collect()
}

/// A community: how many households it has, and for how many a shop packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityLine {
    /// Which.
    pub place: PlaceCode,
    /// Its registered households.
    pub households: i64,
    /// Its registered people.
    pub people: i64,
    /// For how many households a shop packs.
    pub served: i64,
    /// The shops.
    pub shops: Vec<HolderCode>,
}

impl CommunityLine {
    /// How many shops are wanted for so many households: one for each [`PER_SHOP`], and one at least where
    /// anybody lives.
    pub fn wanted(&self) -> i64 {
        (self.households + PER_SHOP - 1) / PER_SHOP
    }

    /// Households for which no shop packs.
    pub fn without(&self) -> i64 {
        (self.households - self.served).max(0)
    }
}

/// The communities of a scope in which anybody is registered.
///
/// # Errors
/// As [`serves`].
pub async fn communities(db: &mut Connection, scope: AreaScope) -> Result<Vec<CommunityLine>> {
    let mut by: BTreeMap<String, (i64, Vec<HolderCode>)> = BTreeMap::new();
    for line in serves(db, scope).await? {
        let known = by.entry(line.community).or_default();
        if let Some(shop) = line.shop {
            known.0 += line.serves.households;
            known.1.push(shop);
        }
    }
    let mut lines: BTreeMap<String, CommunityLine> = BTreeMap::new();
    // What lies in a community, and what it has besides its compounds.
    for of in registry::views::compounds(db, scope, "").await? {
        let Some(code) = of.code.as_str().get(..12) else { continue };
        let Ok(place) = PlaceCode::parse(code) else { continue };
        let line = lines.entry(code.to_owned()).or_insert_with(|| CommunityLine {
            place,
            households: 0,
            people: 0,
            served: 0,
            shops: Vec::new(),
        });
        line.households += of.households;
        line.people += of.persons;
    }
    Ok(lines
        .into_iter()
        .filter(|(_, line)| line.households > 0)
        .map(|(code, line)| {
            let (served, shops) = by.remove(&code).unwrap_or_default();
            CommunityLine { served, shops, ..line }
        })
        .collect())
}

/// What a shop sells; what it has none of today is marked.
///
/// # Errors
/// As [`serves`].
pub async fn items(db: &mut Connection, shop: &Site) -> Result<Vec<Priced>> {
    let rows = db.lookup(&ITEMS_OF, &[shop.area.into(), (&shop.code).into()]).await?;
    let mut found: Vec<Priced> = rows.iter().map(read_item).collect::<store::Result<_>>()?;
    found.sort_by(|a, b| {
        (a.off, a.item.good, &a.item.code).cmp(&(b.off, b.item.good, &b.item.code))
    });
    Ok(found)
}

/// What shops of a county sell above its highest prices of now, by shop and code, behind a shop's item.
///
/// # Errors
/// As [`serves`].
pub async fn over_limit(
    db: &mut Connection,
    area: AreaCode,
    limits: &[Limit],
    (shop, code): (&str, &str),
    most: i64,
) -> Result<Vec<(HolderCode, Priced)>> {
    let now = |good: Good| -> Value {
        limits.iter().find(|limit| limit.good == good).map_or(0, |limit| limit.fen).into()
    };
    let params: [Value; 10] = [
        area.into(),
        now(Good::Vegetables),
        now(Good::Pork),
        now(Good::Oil),
        now(Good::Staples),
        now(Good::MilkPowder),
        now(Good::Medicine),
        shop.into(),
        code.into(),
        most.into(),
    ];
    let rows = db.query(&ITEMS_OVER, &params).await?;
    rows.iter().map(|row| Ok((row.holder(0)?, read_item(row)?))).collect()
}

/// A price as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// Of what, by its code at the shop.
    pub code: String,
    /// From when.
    pub at: Micros,
    /// Who said so.
    pub actor: String,
    /// In fen.
    pub fen: i64,
    /// For how much.
    pub amount: i64,
}

/// Every price that a shop had.
///
/// # Errors
/// As [`serves`].
pub async fn prices(db: &mut Connection, shop: &Site) -> Result<Vec<PriceLine>> {
    let rows = db.query(&PRICES_OF, &[shop.area.into(), (&shop.code).into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(PriceLine {
                code: row.text(0)?.to_owned(),
                at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                fen: row.int(3)?,
                amount: row.int(4)?,
            })
        })
        .collect()
}

/// A highest price, as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The good.
    pub good: Good,
    /// From when.
    pub at: Micros,
    /// Who said so.
    pub actor: String,
    /// In fen for 500 g, or for a piece.
    pub fen: i64,
    /// On whose authority.
    pub reason: String,
}

/// The highest prices of a county as they were set, by good, the latest first.
///
/// # Errors
/// As [`serves`].
pub async fn limits(db: &mut Connection, area: AreaCode) -> Result<Vec<Limit>> {
    let rows = db.lookup(&LIMITS_OF, &[area.into()]).await?;
    let mut found: Vec<Limit> = rows
        .iter()
        .map(|row| {
            Ok(Limit {
                good: row.word(1, "Good", Good::parse)?,
                at: row.time(2)?,
                actor: row.text(3)?.to_owned(),
                fen: row.int(4)?,
                reason: row.text(5)?.to_owned(),
            })
        })
        .collect::<store::Result<_>>()?;
    found.sort_by_key(|limit| (limit.good, -limit.at.0));
    Ok(found)
}
