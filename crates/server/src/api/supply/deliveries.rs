//! `/api/v1/supply`: passes, batches that are planned or on their way, and the plan that is proposed, for programs.
//! Nobody is named: a driver has the id of the person's file. The plan is accepted by sending it back as the command
//! `{"supply": {"deliver": {"plan": {…}}}}`.

use axum::http::StatusCode;
use serde::Serialize;
use supply::{Batch, BatchState, NewBatch, NewStop, Pass, views};
use types::{AreaCode, Micros, PersonId, UnitId};
use utoipa::ToSchema;

use super::MOST;
use crate::Fault;
use crate::access::{Policy, Role};
use crate::api::json;
use crate::pages::supply::{READERS, plan_county};
use crate::replans::{self, Replan};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Who gives passes and accepts plans.
const DESK: Policy = Policy::any_of([Role::Commander, Role::District]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/supply/passes", DESK, passes);
    routes.get("/api/v1/supply/batches", READERS, batches);
    routes.get("/api/v1/supply/plan", DESK, plan).timeout_seconds(60);
    routes.post("/api/v1/supply/plan", DESK, plan_anew).timeout_seconds(60);
}

/// A driver's pass. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyPass)]
pub struct PassOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// The vehicle.
    vehicle: String,
    /// The driver, by the id of the person's file.
    #[schema(value_type = String)]
    driver: PersonId,
    /// What the vehicle carries, in grams.
    carries: i64,
    /// Whether it is cooled.
    cold: bool,
    /// Where it may go: counties, communities, compounds.
    places: Vec<String>,
    /// From when.
    #[schema(value_type = i64)]
    from: Micros,
    /// Until when.
    #[schema(value_type = i64)]
    until: Micros,
    /// Why it was taken away: `driver-positive`, `driver-locked-in`, or what somebody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<String>,
}

impl From<Pass> for PassOut {
    fn from(pass: Pass) -> PassOut {
        PassOut {
            id: pass.id,
            vehicle: pass.vehicle.to_string(),
            driver: pass.driver,
            carries: pass.carries,
            cold: pass.cold,
            places: pass.places.iter().map(ToString::to_string).collect(),
            from: pass.from,
            until: pass.until,
            withdrawn: pass.withdrawn.map(|(_, reason)| reason),
        }
    }
}

/// The passes of a scope whose time is not over.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyPasses)]
pub struct PassesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The passes, those that were taken away among them.
    passes: Vec<PassOut>,
}

async fn passes(seat: Seat) -> Answer {
    let now = seat.now();
    let mut db = seat.db().await?;
    let mut found = views::passes(&mut db, seat.scope(), now, MOST).await?;
    found.extend(views::volunteers(&mut db, seat.scope(), now, MOST).await?);
    let passes = found.into_iter().map(PassOut::from).collect();
    json(StatusCode::OK, &PassesOut { as_of: now, passes })
}

/// A stop of a batch. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyStop)]
pub struct StopOut {
    /// The compound, or what has a gate of its own.
    place: String,
    /// When the vehicle is there, as planned.
    #[schema(value_type = i64)]
    at: Micros,
    /// Its orders.
    #[schema(value_type = Vec<String>)]
    orders: Vec<UnitId>,
}

impl From<&NewStop> for StopOut {
    fn from(stop: &NewStop) -> StopOut {
        StopOut { place: stop.place.to_string(), at: stop.at, orders: stop.orders.clone() }
    }
}

/// A batch that is planned, or on its way. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyBatch)]
pub struct BatchOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// The shop that it leaves.
    shop: String,
    /// Its pass.
    #[schema(value_type = String)]
    pass: UnitId,
    /// Its vehicle.
    vehicle: String,
    /// `planned` or `out`.
    state: &'static str,
    /// When it leaves, as planned.
    #[schema(value_type = i64)]
    leaves_at: Micros,
    /// Where it goes, in order.
    stops: Vec<StopOut>,
    /// At which stops the vehicle has been.
    been: Vec<String>,
    /// Why it has to be planned anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<String>,
}

impl From<Batch> for BatchOut {
    fn from(batch: Batch) -> BatchOut {
        BatchOut {
            id: batch.id,
            shop: batch.shop.to_string(),
            pass: batch.pass,
            vehicle: batch.vehicle.to_string(),
            state: batch.state.as_str(),
            leaves_at: batch.leaves_at,
            stops: batch.stops.iter().map(StopOut::from).collect(),
            been: batch.been.iter().map(ToString::to_string).collect(),
            stale: Some(batch.stale).filter(|why| !why.is_empty()),
        }
    }
}

/// The batches of a scope that have not left, or are on their way.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyBatches)]
pub struct BatchesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The first to leave first.
    batches: Vec<BatchOut>,
}

async fn batches(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::batches(&mut db, seat.scope(), MOST).await?;
    let open = |batch: &Batch| matches!(batch.state, BatchState::Planned | BatchState::Out);
    let batches = found.into_iter().filter(open).map(BatchOut::from).collect();
    json(StatusCode::OK, &BatchesOut { as_of: seat.now(), batches })
}

/// A batch that is proposed.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyNewBatch)]
pub struct NewBatchOut {
    /// The shop that it leaves.
    shop: String,
    /// The pass, and with it the vehicle and the driver.
    #[schema(value_type = String)]
    pass: UnitId,
    /// When it leaves.
    #[schema(value_type = i64)]
    leaves_at: Micros,
    /// Where it goes, in order.
    stops: Vec<StopOut>,
}

impl From<&NewBatch> for NewBatchOut {
    fn from(batch: &NewBatch) -> NewBatchOut {
        NewBatchOut {
            shop: batch.shop.to_string(),
            pass: batch.pass,
            leaves_at: batch.leaves_at,
            stops: batch.stops.iter().map(StopOut::from).collect(),
        }
    }
}

/// An order that is in no batch.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyLeft)]
pub struct LeftOut {
    /// Which.
    #[schema(value_type = String)]
    order: UnitId,
    /// `no-pass`, `blocked`, `no-vehicle` or `too-heavy`.
    why: &'static str,
}

/// A proposal for the deliveries of a county: the one that the desk sees. A person, or a program for one, accepts it.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyPlan)]
pub struct PlanOut {
    /// As known when it was made, microseconds UTC; its times count from then.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// Who asked for it; nobody where it came of itself, because something that was planned holds no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
    /// Whether somebody ended the search early: it is the best that was found by then.
    stopped: bool,
    /// The batches.
    batches: Vec<NewBatchOut>,
    /// Batches that have to be planned anew and are replaced by these.
    #[schema(value_type = Vec<String>)]
    replaces: Vec<UnitId>,
    /// Orders that no vehicle brings, each with why.
    left: Vec<LeftOut>,
}

/// The plan that the desk has; one that is under way is waited for.
async fn plan(seat: Seat) -> Answer {
    let area = plan_county(&seat)?;
    let plan = seat.app().replans().of(area);
    told(&*plan.ok_or_else(|| Fault::not_found(format!("plan {area}")))?).await
}

/// Begins a plan of what there is now, as the desk's button does, and gives it when it is made.
async fn plan_anew(seat: Seat) -> Answer {
    let area = plan_county(&seat)?;
    let user = seat.actor()?.user.clone();
    told(&*replans::start(seat.app(), area, Some(user)).await?).await
}

async fn told(plan: &Replan) -> Answer {
    let made = plan.finished().await.as_ref().map_err(Clone::clone)?;
    let left =
        made.proposal.left.iter().map(|(order, why)| LeftOut { order: *order, why: why.as_str() });
    let out = PlanOut {
        as_of: plan.as_of,
        area: plan.area,
        asked_by: plan.asked_by.clone(),
        stopped: made.stopped,
        batches: made.proposal.batches.iter().map(NewBatchOut::from).collect(),
        replaces: plan.replaces.iter().map(|(batch, _)| *batch).collect(),
        left: left.collect(),
    };
    json(StatusCode::OK, &out)
}
