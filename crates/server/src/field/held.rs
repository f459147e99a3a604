//! What a holder answers for now, as a phone keeps it: `GET /api/v1/field/held`.

use axum::http::StatusCode;
use serde::Serialize;
use store::Connection;
use types::{HolderCode, Micros, UnitId};
use utoipa::ToSchema;

use crate::Fault;
use crate::api::json;
use crate::field::{FIELD, workplace};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/field/held", FIELD, held);
}

/// Most units that a phone is told of: a person carries less, a laboratory's page shows more.
const MOST: i64 = 500;
/// Most tubes of one box.
const MOST_INSIDE: i64 = 300;

/// A unit in somebody's hands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldUnit)]
pub struct HeldOut {
    /// The tube or box.
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
    /// Tubes in a box.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// The box that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    within: Option<UnitId>,
}

/// The tubes and boxes that a holder answers for, boxes with their content.
///
/// # Errors
/// A fault of the store.
pub async fn of_holder(db: &mut Connection, holder: &HolderCode) -> Result<Vec<HeldOut>, Fault> {
    let mut all = Vec::new();
    for line in ledger::views::held(db, holder, MOST).await? {
        let kind = line.id.kind();
        if kind != testing::TUBE && kind != testing::BOX {
            continue;
        }
        let inside = if kind == testing::BOX {
            ledger::views::inside(db, line.id, MOST_INSIDE).await?
        } else {
            Vec::new()
        };
        all.push(HeldOut {
            unit: line.id,
            step: line.step,
            since: line.since,
            deadline: line.deadline,
            count: (kind == testing::BOX).then_some(inside.len()),
            within: None,
        });
        all.extend(inside.into_iter().map(|tube| HeldOut {
            unit: tube.id,
            step: tube.step,
            since: tube.since,
            deadline: tube.deadline,
            count: None,
            within: Some(line.id),
        }));
    }
    Ok(all)
}

/// What a holder answers for.
#[derive(Serialize, ToSchema)]
pub struct Held {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    server_time: Micros,
    /// Boxes with their content after them, and loose tubes.
    held: Vec<HeldOut>,
}

async fn held(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let holder = workplace::of_query(&mut db, &seat).await?;
    let held = of_holder(&mut db, &holder.code).await?;
    json(StatusCode::OK, &Held { server_time: seat.now(), held })
}
