//! `GET /api/v1/zones/sweeps`: how far the sweeps of a scope have come, for programs.

use axum::http::StatusCode;
use serde::Serialize;
use types::{Micros, UnitId};
use utoipa::ToSchema;
use zones::sweep::Sweep;
use zones::views;

use crate::api::{json, paging};
use crate::pages::zones::READERS;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most sweeps of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/zones/sweeps", READERS, sweeps);
}

/// A sweep. Times are microseconds UTC. Households = todo + found + absent + refused.
#[derive(Serialize, ToSchema)]
pub struct SweepLineOut {
    /// The sweep.
    #[schema(value_type = String)]
    id: UnitId,
    /// Where.
    place: String,
    /// When it was begun.
    #[schema(value_type = i64)]
    opened_at: Micros,
    /// By when it is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    due: Option<Micros>,
    /// Households at whose door nobody has been.
    todo: i64,
    /// Households that were found.
    found: i64,
    /// Nobody opened.
    absent: i64,
    /// Refused.
    refused: i64,
    /// Doors that no list has.
    strays: i64,
    /// Of these: those of which nobody has said what came of them.
    open_strays: i64,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    closed_at: Option<Micros>,
}

impl From<&Sweep> for SweepLineOut {
    fn from(of: &Sweep) -> SweepLineOut {
        SweepLineOut {
            id: of.id,
            place: of.place.to_string(),
            opened_at: of.opened_at,
            due: of.due,
            todo: of.doors.todo,
            found: of.doors.found,
            absent: of.doors.absent,
            refused: of.doors.refused,
            strays: of.strays,
            open_strays: of.open_strays,
            closed_at: of.closed_at,
        }
    }
}

/// The sweeps of a scope.
#[derive(Serialize, ToSchema)]
pub struct SweepsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Those that go on by place, or those that are over, the latest first: 1,000 at most.
    sweeps: Vec<SweepLineOut>,
}

async fn sweeps(seat: Seat) -> Answer {
    let closed = match seat.param("state").as_deref() {
        None | Some("open") => false,
        Some("closed") => true,
        Some(text) => return Err(paging::wrong("state", text, "open, closed").into()),
    };
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let found = match closed {
        true => views::closed_sweeps(&mut db, seat.scope(), MOST).await?,
        false => views::open_sweeps(&mut db, seat.scope(), None, MOST).await?,
    };
    json(
        StatusCode::OK,
        &SweepsOut { as_of, sweeps: found.iter().map(SweepLineOut::from).collect() },
    )
}
