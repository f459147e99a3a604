//! `GET /api/v1/holders/{holder}/held`: what a site, courier, laboratory or grid answers for, for
//! programs that plan around it. The page of the same list is `/testing/holders/{holder}`.

use axum::extract::Path;
use axum::http::StatusCode;
use ledger::views::UnitLine;
use serde::Serialize;
use types::{HolderCode, Micros, UnitId};
use utoipa::ToSchema;

use crate::api::json;
use crate::pages::testing::{STAFF, holder};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/holders/{holder}/held", STAFF, held);
}

/// Most units of one answer.
const MOST: i64 = 2_000;

/// A unit that somebody answers for.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitOut {
    /// The tube, box or recall. What lies in a box is not listed: it goes where the box goes.
    #[schema(value_type = String)]
    unit: UnitId,
    /// Where it stands, for example `in_transit`.
    step: String,
    /// Since when, microseconds UTC.
    #[schema(value_type = i64)]
    since: Micros,
    /// By when the step has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    deadline: Option<Micros>,
}

/// What a holder answers for.
#[derive(Serialize, ToSchema)]
pub struct HeldBy {
    /// The holder.
    #[schema(value_type = String)]
    holder: HolderCode,
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Its units, most urgent first: at most 2,000.
    held: Vec<UnitOut>,
    /// Whether there are more.
    more: bool,
}

async fn held(seat: Seat, Path(holder): Path<String>) -> Answer {
    let holder = HolderCode::parse(&holder)?;
    let mut db = seat.db().await?;
    let as_of = seat.now();
    let lines = ledger::views::held(&mut db, &holder, MOST + 1).await?;
    holder::admit(&seat, &mut db, &holder, &lines).await?;
    let more = lines.len() as i64 > MOST;
    let unit = |line: UnitLine| UnitOut {
        unit: line.id,
        step: line.step,
        since: line.since,
        deadline: line.deadline,
    };
    let held = lines.into_iter().take(MOST as usize).map(unit).collect();
    json(StatusCode::OK, &HeldBy { holder, as_of, held, more })
}
