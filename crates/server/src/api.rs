//! The JSON interface, `/api/v1`: what field devices, feeds and the drill speak.

pub mod bulletins;
pub mod care;
pub mod cases;
pub mod commands;
pub mod follow_ups;
pub mod holders;
pub mod openapi;
mod paging;
pub mod results;
pub mod session;
pub mod supply;
pub mod sweeps;
pub mod tracing;
pub mod transfers;
pub mod zero;
pub mod zones;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use types::Refusal;

use crate::{App, Fault};

/// A JSON body. What does not fit is told with the place where it does not.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &App) -> Result<Body<T>, Fault> {
        let bytes = bytes_of(request, state).await?;
        serde_json::from_slice(&bytes).map(Body).map_err(|e| malformed(&e))
    }
}

/// The whole body, within the route's limit.
pub(crate) async fn bytes_of(request: Request, state: &App) -> Result<Bytes, Fault> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new("too-large").into(),
            _ => Refusal::new("malformed-request").into(),
        }
    })
}

/// A text that is not the JSON that was wanted.
pub(crate) fn malformed(e: &serde_json::Error) -> Fault {
    Refusal::new("malformed-json").with("reason", e).into()
}

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Fault> {
    let text = serde_json::to_vec(value).map_err(Fault::internal)?;
    Ok((status, [(axum::http::header::CONTENT_TYPE, "application/json")], text).into_response())
}
