//! `/api/v1/supply/photos`: the photos that prove receipts, from the telephones that took them.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use types::UnitId;
use utoipa::ToSchema;

use crate::access::{Policy, Role};
use crate::api::{bytes_of, json};
use crate::pages::supply::words;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::{App, photos};

/// Who records receipts; the rule sees to whose it is.
const BRINGERS: Policy =
    Policy::any_of([Role::District, Role::Grid, Role::Shop, Role::Driver, Role::Volunteer]);
/// Longest body. Above what a photo may be, so that a photo that is too large is called that.
const BODY: usize = 4 << 20;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/api/v1/supply/photos/{order}", BRINGERS, take).body_limit(BODY);
}

/// A photo that is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = SupplyPhoto)]
pub struct PhotoOut {
    /// The order whose receipt it proves.
    #[schema(value_type = String)]
    order: UnitId,
    /// The SHA-256 of its bytes in hexadecimal.
    hash: String,
}

async fn take(
    State(app): State<App>,
    seat: Seat,
    Path(text): Path<String>,
    request: Request,
) -> Answer {
    let order = words::unit(&text, supply::ORDER)?;
    seat.require(order.area())?;
    let bytes = bytes_of(request, &app).await?;
    let hash = photos::take(&seat, order, bytes.to_vec()).await?.to_string();
    json(StatusCode::OK, &PhotoOut { order, hash })
}
