//! `/api/v1/supply`: stocks and how long they last, places with what lies there and what comes, and households to
//! whom something is due, for programs. Nobody is named. What is done is sent as commands.

pub mod deliveries;
pub mod photos;

use axum::extract::Path;
use axum::http::StatusCode;
use ledger::Cursor;
use serde::Serialize;
use supply::views;
use supply::{Due, Household, Order, Shipment, Site, SiteKind, Stage};
use types::{AreaCode, HouseholdId, Micros, Refusal, UnitId};
use utoipa::ToSchema;

use crate::Fault;
use crate::api::{json, paging};
use crate::pages::supply::{READERS, VISITORS, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most rows of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/supply/stock", READERS, stock);
    routes.get("/api/v1/supply/due", READERS, due);
    routes.get("/api/v1/supply/sites", READERS, sites);
    routes.get("/api/v1/supply/unmet", READERS, unmet);
    routes.get("/api/v1/supply/sites/{holder}", VISITORS, site);
    routes.get("/api/v1/supply/orders", READERS, orders);
    routes.get("/api/v1/supply/sites/{holder}/orders", VISITORS, orders_of_a_shop);
    deliveries::register(routes);
    photos::register(routes);
}

/// An amount of a good in a standing. Amounts are whole grams, of medicines whole boxes.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyTotal)]
pub struct TotalOut {
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// `market`, `sorting`, `shop`, `gate`, `road`, `closed`, `home`, `lost` or `missing`.
    standing: &'static str,
    /// `vegetables`, `pork`, `oil`, `staples`, `milk_powder` or `medicine`.
    good: &'static str,
    /// How much.
    amount: i64,
}

/// For how long a good lasts in a county.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyCover)]
pub struct CoverOut {
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// The good.
    good: &'static str,
    /// What there is, on the road included, in grams.
    amount: i64,
    /// What is eaten in a day, in grams.
    a_day: i64,
    /// Days; nothing where nobody eats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<f64>,
}

/// How much of what stands where.
#[derive(Serialize, ToSchema)]
pub struct StockOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// By county, standing and good.
    totals: Vec<TotalOut>,
    /// By county and good.
    cover: Vec<CoverOut>,
}

async fn stock(seat: Seat) -> Answer {
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let totals = views::totals(&mut db, seat.scope()).await?;
    let cover = views::cover(&mut db, seat.scope()).await?;
    let totals = totals.by.into_iter().map(|((area, standing, good), amount)| TotalOut {
        area,
        standing: standing.as_str(),
        good: good.as_str(),
        amount,
    });
    let cover = cover.into_iter().map(|line| CoverOut {
        area: line.area,
        good: line.good.as_str(),
        amount: line.amount,
        a_day: line.a_day,
        days: line.days,
    });
    json(StatusCode::OK, &StockOut { as_of, totals: totals.collect(), cover: cover.collect() })
}

/// A household to which something is due. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyHousehold)]
pub struct HouseholdOut {
    /// Its county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// Which.
    #[schema(value_type = String)]
    id: HouseholdId,
    /// Where it is.
    place: String,
    /// How many live there.
    people: i64,
    /// `door`, `called` or `free`.
    mode: &'static str,
    /// When it was supplied last under this restriction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    last_food: Option<Micros>,
    /// When food is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    next_food: Option<Micros>,
    /// When a medicine is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    next_medicine: Option<Micros>,
    /// `infant`, `diabetic`, `halal`, `chronic`, `cannot_order`, `alone`.
    needs: Vec<&'static str>,
}

impl From<&Household> for HouseholdOut {
    fn from(h: &Household) -> HouseholdOut {
        HouseholdOut {
            area: h.area,
            id: h.id,
            place: h.place.to_string(),
            people: h.people,
            mode: h.mode.as_str(),
            last_food: h.last_food,
            next_food: h.next_food,
            next_medicine: h.next_medicine,
            needs: h.needs.iter().map(|need| need.as_str()).collect(),
        }
    }
}

/// Households to which something is due, and how all of them stand.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyDue)]
pub struct DueOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Households under restriction: served + not_due + overdue.
    all: i64,
    /// Supplied, and not due again.
    served: i64,
    /// Not supplied yet, and not due either.
    not_due: i64,
    /// Due and not supplied.
    overdue: i64,
    /// To whom a medicine is due.
    medicine_overdue: i64,
    /// The longest overdue first.
    households: Vec<HouseholdOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn due(seat: Seat) -> Answer {
    let what = match seat.param("what") {
        None => Due::Food,
        Some(text) => {
            Due::parse(&text).ok_or_else(|| paging::wrong("what", &text, "food, medicine"))?
        }
    };
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let community = seat.param("community").unwrap_or_default();
    let as_of = seat.now();
    // As the counters have it: before the hour that runs; or all that will ever be due.
    let before = match seat.param("all") {
        Some(_) => Micros::MAX,
        None => as_of.hour_start(),
    };
    let mut db = seat.db().await?;
    let balance = views::balance(&mut db, seat.scope(), &community, as_of).await?;
    let which = (community.as_str(), before);
    let mut found = views::due(&mut db, what, seat.scope(), which, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).and_then(|h| {
        let at = if what == Due::Food { h.next_food } else { h.next_medicine };
        Some(Cursor { at: at?, id: h.id }.to_string())
    });
    let out = DueOut {
        as_of,
        all: balance.all,
        served: balance.served,
        not_due: balance.not_due,
        overdue: balance.overdue,
        medicine_overdue: balance.medicine_overdue,
        households: found.iter().map(HouseholdOut::from).collect(),
        next,
    };
    json(StatusCode::OK, &out)
}

/// Something that a household lacks.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyLack)]
pub struct LackOut {
    /// `complaint`, `came_back`, `medicine`, `food`, `milk`, `order`, `pack` or `renewal`.
    why: &'static str,
    /// Since when, microseconds UTC.
    #[schema(value_type = i64)]
    since: Micros,
    /// The complaint or the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    unit: Option<UnitId>,
}

/// A household that lacks something, with all its reasons.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyUnmetHousehold)]
pub struct UnmetHouseholdOut {
    /// The household.
    #[serde(flatten)]
    household: HouseholdOut,
    /// What it lacks.
    lacks: Vec<LackOut>,
}

/// Households that lack something, of any kind: each once.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyUnmet)]
pub struct UnmetOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// How many there are.
    all: i64,
    /// Of these, those that have lacked it for too long.
    alarm: i64,
    /// Those that have waited longest first.
    households: Vec<UnmetHouseholdOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn unmet(seat: Seat) -> Answer {
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let community = seat.param("community").unwrap_or_default();
    let as_of = seat.now();
    let before = match seat.param("over") {
        Some(_) => views::alarm_before(as_of),
        None => as_of.hour_start(),
    };
    let mut db = seat.db().await?;
    let counts = views::unmet_counts(&mut db, seat.scope(), &community, as_of).await?;
    let which = (community.as_str(), before);
    let mut found = views::unmet(&mut db, seat.scope(), which, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found
        .last()
        .filter(|_| more)
        .and_then(|h| Some(Cursor { at: h.unmet_at()?, id: h.id }.to_string()));
    let of = |h: &Household| UnmetHouseholdOut {
        household: HouseholdOut::from(h),
        lacks: h
            .lacks(as_of)
            .iter()
            .map(|lack| LackOut { why: lack.why.as_str(), since: lack.at, unit: lack.unit })
            .collect(),
    };
    let out = UnmetOut {
        as_of,
        all: counts.iter().map(|line| line.households).sum(),
        alarm: counts.iter().map(|line| line.alarm).sum(),
        households: found.iter().map(of).collect(),
        next,
    };
    json(StatusCode::OK, &out)
}

/// How much of a lot.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyLine)]
pub struct LineOut {
    /// The lot.
    #[schema(value_type = String)]
    lot: UnitId,
    /// What.
    good: &'static str,
    /// Grams or boxes.
    amount: i64,
    /// When it is good for nothing any more, microseconds UTC.
    #[schema(value_type = i64)]
    expires_at: Micros,
}

/// Something that comes to a place. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyShipment)]
pub struct ShipmentOut {
    /// The shipment.
    #[schema(value_type = String)]
    id: UnitId,
    /// From where.
    from: String,
    /// Who drives it.
    carrier: String,
    /// `sent` or `differs`.
    state: &'static str,
    /// By when it is to be there.
    #[schema(value_type = i64)]
    due: Micros,
    /// What it carries.
    lines: Vec<LineOut>,
}

/// A place with what lies there and what comes.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplySite)]
pub struct SiteOut {
    /// Its code as a holder.
    code: String,
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// `market`, `sorting`, `shop` or `gate`.
    kind: &'static str,
    /// Whether it is open.
    open: bool,
    /// What lies there, the nearest to its date first.
    stock: Vec<LineOut>,
    /// What is on the road to it.
    coming: Vec<ShipmentOut>,
}

/// What lies at a place, and what comes.
async fn whole(db: &mut store::Connection, site: &Site) -> Result<SiteOut, Fault> {
    let lying = views::at(db, site).await?;
    let coming = views::shipments_to(db, &site.code, MOST).await?;
    let ids: Vec<UnitId> = coming.iter().flat_map(|s| s.lines.iter().map(|l| l.lot)).collect();
    let lots = views::lots(db, &ids).await?;
    let lines = |shipment: &Shipment| {
        let line = |line: &supply::Line| {
            let lot = lots.iter().find(|lot| lot.id == line.lot)?;
            let (good, expires_at) = (lot.good.as_str(), lot.expires_at);
            Some(LineOut { lot: lot.id, good, amount: line.amount, expires_at })
        };
        shipment.lines.iter().filter_map(line).collect()
    };
    let coming = coming.iter().map(|shipment| ShipmentOut {
        id: shipment.id,
        from: shipment.from.to_string(),
        carrier: shipment.carrier.to_string(),
        state: shipment.state.as_str(),
        due: shipment.due,
        lines: lines(shipment),
    });
    let stock = lying.iter().map(|(lot, amount)| LineOut {
        lot: lot.id,
        good: lot.good.as_str(),
        amount: *amount,
        expires_at: lot.expires_at,
    });
    Ok(SiteOut {
        code: site.code.to_string(),
        area: site.area,
        kind: site.kind.as_str(),
        open: site.closed.is_none(),
        stock: stock.collect(),
        coming: coming.collect(),
    })
}

async fn site(seat: Seat, Path(holder): Path<String>) -> Answer {
    let site = words::read_site(&seat, &holder).await?;
    let mut db = seat.db().await?;
    json(StatusCode::OK, &whole(&mut db, &site).await?)
}

/// Which shop serves a community, and for how many of its households.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyServes)]
pub struct ServesOut {
    /// The community.
    community: String,
    /// The shop; nothing for households for whom none had room when theirs closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// How many households.
    households: i64,
}

/// The places of a scope with what lies there, and whom shops serve.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplySites)]
pub struct SitesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The places: 1,000 at most.
    sites: Vec<SiteOut>,
    /// By community and shop.
    serves: Vec<ServesOut>,
}

async fn sites(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let mut sites = Vec::new();
    for site in views::sites(&mut db, seat.scope(), None, MOST).await? {
        sites.push(whole(&mut db, &site).await?);
    }
    let serves = views::serves(&mut db, seat.scope()).await?;
    let serves = serves.into_iter().filter(|line| line.serves.households > 0);
    let serves = serves.map(|line| ServesOut {
        community: line.community,
        shop: line.shop.map(|shop| shop.to_string()),
        households: line.serves.households,
    });
    json(StatusCode::OK, &SitesOut { as_of: seat.now(), sites, serves: serves.collect() })
}

/// A line of an order, at the price of the moment in which it was ordered.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyOrderLine)]
pub struct OrderLineOut {
    /// Its code on the shop's list; of a pack, the good.
    item: String,
    /// What it is made of.
    good: &'static str,
    /// Grams or boxes in one.
    amount: i64,
    /// How many.
    count: i64,
    /// What one costs, in fen.
    fen: i64,
}

/// An order. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyOrder)]
pub struct OrderOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// The household.
    #[schema(value_type = String)]
    household: HouseholdId,
    /// Where it is.
    place: String,
    /// The shop.
    shop: String,
    /// `household`, `telephone`, `group` or `entitlement`.
    via: &'static str,
    /// `joined`, `placed`, `asked`, `accepted`, `packed`, `out`, `came_back`, `received`, `cancelled` or `refunded`.
    stage: &'static str,
    /// What is in it.
    lines: Vec<OrderLineOut>,
    /// What it costs, in fen.
    total: i64,
    /// What is to be given back, in fen.
    owed: i64,
    /// When it was placed.
    #[schema(value_type = i64)]
    at: Micros,
    /// By when the household is to have it.
    #[schema(value_type = i64)]
    due: Micros,
    /// By when the next step is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    clock: Option<Micros>,
    /// Who brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<String>,
}

impl From<&Order> for OrderOut {
    fn from(o: &Order) -> OrderOut {
        let line = |line: &supply::Ordered| OrderLineOut {
            item: line.item.clone(),
            good: line.good.as_str(),
            amount: line.amount,
            count: line.count,
            fen: line.fen,
        };
        OrderOut {
            id: o.id,
            household: o.household,
            place: o.place.to_string(),
            shop: o.shop.to_string(),
            via: o.via.as_str(),
            stage: o.stage.as_str(),
            lines: o.lines.iter().map(line).collect(),
            total: o.total(),
            owed: o.owed(),
            at: o.at,
            due: o.due,
            clock: o.clock,
            carrier: o.carrier.as_ref().map(ToString::to_string),
        }
    }
}

/// Orders of which a step is due, and how many stand where.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyOrders)]
pub struct OrdersOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// How many were ever placed: open + received + cancelled.
    all: i64,
    /// How many are open.
    open: i64,
    /// Of how many the next step is late.
    late: i64,
    /// How many households have theirs.
    received: i64,
    /// How many were cancelled.
    cancelled: i64,
    /// The most pressing first.
    orders: Vec<OrderOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The stage that an address names.
fn stage(seat: &Seat) -> Result<Option<Stage>, Refusal> {
    let Some(text) = seat.param("stage") else { return Ok(None) };
    let wanted = || Stage::ALL.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ");
    Stage::parse(&text).map(Some).ok_or_else(|| paging::wrong("stage", &text, wanted()))
}

async fn orders(seat: Seat) -> Answer {
    let stage = stage(&seat)?;
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let community = seat.param("community").unwrap_or_default();
    let as_of = seat.now();
    // Of one stage all of which something is due; of all stages those that are late.
    let before = if stage.is_some() { Micros::MAX } else { as_of.hour_start() };
    let mut db = seat.db().await?;
    let counts = views::order_counts(&mut db, seat.scope(), &community, as_of).await?;
    let which = (community.as_str(), stage, before);
    let mut found = views::orders_due(&mut db, seat.scope(), which, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more);
    let next = next.and_then(|o| Some(Cursor { at: o.clock?, id: o.id }.to_string()));
    let out = OrdersOut {
        as_of,
        all: counts.all(),
        open: counts.open(),
        late: counts.late(),
        received: counts.of(Stage::Received),
        cancelled: counts.of(Stage::Cancelled) + counts.of(Stage::Refunded),
        orders: found.iter().map(OrderOut::from).collect(),
        next,
    };
    json(StatusCode::OK, &out)
}

async fn orders_of_a_shop(seat: Seat, Path(holder): Path<String>) -> Answer {
    let site = words::read_site(&seat, &holder).await?;
    if site.kind != SiteKind::Shop {
        return Err(Refusal::new("not-a-shop").with("site", &site.code).into());
    }
    let asked = stage(&seat)?.unwrap_or(Stage::Placed);
    let mut db = seat.db().await?;
    let found = views::orders_at(&mut db, &site.code, asked, MOST).await?;
    let orders: Vec<OrderOut> = found.iter().map(OrderOut::from).collect();
    json(StatusCode::OK, &orders)
}
