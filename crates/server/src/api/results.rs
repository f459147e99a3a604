//! `GET /api/v1/results/{token}`: what a checkpoint asks of a pass.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use protocol::CertificateStart;
use serde::Serialize;
use testing::views::{PersonResult, ResultState};
use types::{AreaCode, Micros};
use utoipa::ToSchema;

use crate::access::Policy;
use crate::api::json;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::{App, Fault, pass};

/// The routes of this module. The pass itself is the permission: whoever holds it may ask.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/results/{token}", Policy::Public, look_up).allowance(None);
}

/// What a pass says now. No name: the checkpoint has the person before it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassResult {
    /// `none`, `sampled`, `in_transit`, `in_laboratory`, `testing`, `negative`, `positive`,
    /// `held`, `recall` or `disputed`.
    pub state: &'static str,
    /// When the latest swab was taken, microseconds UTC.
    #[schema(value_type = Option<i64>)]
    pub sampled_at: Option<Micros>,
    /// When its result was released.
    #[schema(value_type = Option<i64>)]
    pub reported_at: Option<Micros>,
    /// Until when a negative result counts as a certificate, by the protocol in force.
    #[schema(value_type = Option<i64>)]
    pub valid_until: Option<Micros>,
    /// The server's time.
    #[schema(value_type = i64)]
    pub as_of: Micros,
}

impl PassResult {
    /// The answer for a person of a county.
    pub fn of(app: &App, area: AreaCode, latest: Option<&PersonResult>) -> PassResult {
        PassResult {
            state: latest.map_or("none", |r| r.state.as_str()),
            sampled_at: latest.map(|r| r.sampled_at),
            reported_at: latest.and_then(|r| r.reported_at),
            valid_until: latest.and_then(|r| valid_until(app, area, r)),
            as_of: app.now(),
        }
    }
}

/// Until when a negative result counts; its clock starts at sampling or report, as the protocol
/// in force says.
pub fn valid_until(app: &App, area: AreaCode, result: &PersonResult) -> Option<Micros> {
    if result.state != ResultState::Negative {
        return None;
    }
    let edition = app.protocol().at(result.sampled_at, area);
    let movement = edition.movement().ok()?;
    let from = match movement.certificate_start.value {
        CertificateStart::Sampling => result.sampled_at,
        CertificateStart::Report => result.reported_at?,
    };
    Some(from + movement.certificate.valid_for)
}

async fn look_up(seat: Seat, Path(token): Path<String>) -> Answer {
    let app = seat.app();
    let (area, person) = pass::read(app.secrets(), &token)?;
    let latest = app.results().latest(area, person).await.map_err(Fault::internal)?;
    let mut answer =
        json(StatusCode::OK, &PassResult::of(app, area, latest.as_deref()))?.into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}
