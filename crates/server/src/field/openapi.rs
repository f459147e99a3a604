//! The description of the field app's routes, for `GET /api/v1/openapi.json`.

use utoipa::{OpenApi, ToSchema};

use crate::api::commands::{ErrorOut, Outcomes};
use crate::field::bundle::Bundle;
use crate::field::countersign::{Texts, Verdicts};
use crate::field::devices::{Known, Put};
use crate::field::held::Held;
use crate::field::workplace::Holders;

/// The description of the field app's routes.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    paths::holders,
    paths::bundle,
    paths::held,
    paths::devices,
    paths::walk_ins,
    paths::countersigns,
))]
pub struct FieldApi;

/// A walk-in on its way: the person's data stand in an envelope for this server.
#[derive(ToSchema)]
#[allow(dead_code)] // A schema only.
struct WalkInBatch {
    /// The device, as it names itself.
    device: String,
    /// The device's clock at sending, microseconds UTC.
    device_time: i64,
    /// As for `/api/v1/commands`, with the command
    /// `{"registry": {"register_walk_in": {"person", "sealed", "address"}}}`. The envelope is
    /// version 1, one-time public key (uncompressed P-256), nonce of 12 bytes and AES-256-GCM of
    /// the identity as JSON, in base64url.
    #[schema(value_type = Vec<Object>)]
    commands: Vec<serde_json::Value>,
}

mod paths {
    #![allow(dead_code)] // Descriptions only; the handlers stand beside their types.
    use super::*;

    /// For whom the account may work with a phone.
    #[utoipa::path(
        get, path = "/api/v1/field/holders", tag = "field",
        responses((status = 200, description = "Sites, couriers, laboratories, grids", body = Holders)),
        security(("token" = [])))]
    fn holders() {}

    /// Everything for a shift without network. Each call is recorded as a look at the persons.
    #[utoipa::path(
        get, path = "/api/v1/field/bundle", tag = "field",
        params(("holder" = String, Query, description = "For whom, for example `site:220202-S012`")),
        responses(
            (status = 200, description = "The list", body = Bundle),
            (status = 403, description = "Not the account's holder", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn bundle() {}

    /// What a holder answers for now.
    #[utoipa::path(
        get, path = "/api/v1/field/held", tag = "field",
        params(("holder" = String, Query, description = "For whom")),
        responses(
            (status = 200, description = "Boxes and loose tubes", body = Held),
            (status = 403, description = "Not the account's holder", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn held() {}

    /// Register a device's public key.
    #[utoipa::path(
        post, path = "/api/v1/field/devices", tag = "field", request_body = Put,
        responses(
            (status = 200, description = "Known", body = Known),
            (status = 403, description = "Not the account's holder", body = ErrorOut),
            (status = 422, description = "The key does not fit the name", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn devices() {}

    /// Register walk-ins whose data were sealed on the device. Safe to send again.
    #[utoipa::path(
        post, path = "/api/v1/field/walk-ins", tag = "field", request_body = WalkInBatch,
        responses((status = 200, description = "An outcome for each", body = Outcomes)),
        security(("token" = [])))]
    fn walk_ins() {}

    /// Check what phones signed when something changed hands.
    #[utoipa::path(
        post, path = "/api/v1/field/countersigns", tag = "field", request_body = Texts,
        responses((status = 200, description = "A verdict for each", body = Verdicts)),
        security(("token" = [])))]
    fn countersigns() {}
}
