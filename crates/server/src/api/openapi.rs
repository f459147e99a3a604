//! The description of the API, for programs: `GET /api/v1/openapi.json`.

use axum::http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::access::Policy;
use crate::api::{json, results, session};
use crate::field::openapi::FieldApi;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/openapi.json", Policy::Public, serve);
}

/// One command as it is sent. Which commands there are, and what each carries, is told in the
/// documentation of its desk.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // A schema only: the program parses straight into the desks' types.
struct CommandIn {
    /// UUIDv7, made by the device. Sending it again changes nothing.
    #[schema(format = "uuid")]
    id: String,
    /// The county that it belongs to, six digits.
    #[schema(example = 220202)]
    area: u32,
    /// When it happened by the device's clock, microseconds UTC.
    event_time: i64,
    /// `{"desk": {"what": {…}}}`.
    #[schema(value_type = Object, example = json!({"testing": {"collect": {"tube": "T22020200000001A"}}}))]
    command: serde_json::Value,
}

/// A batch of commands.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // A schema only.
struct BatchIn {
    /// The device, as it names itself.
    device: String,
    /// The device's clock at sending, microseconds UTC. Event times are corrected by the
    /// difference when it is more than two minutes.
    device_time: i64,
    /// At most 2,000.
    commands: Vec<CommandIn>,
}

mod paths {
    #![allow(dead_code)] // Descriptions only; the handlers stand beside their types.
    use super::*;
    use crate::api::commands::{ErrorOut, Outcomes};

    /// Send commands.
    ///
    /// Answers when all of them are durable. Safe to send again, in any order.
    #[utoipa::path(
        post, path = "/api/v1/commands", tag = "commands", request_body = BatchIn,
        params(("priority" = Option<String>, Query, description = "`bulk` for what can wait")),
        responses(
            (status = 200, description = "An outcome for each command, in order", body = Outcomes),
            (status = 401, description = "No session", body = ErrorOut),
            (status = 413, description = "Too many commands or bytes", body = ErrorOut),
            (status = 422, description = "Not a batch of commands", body = ErrorOut),
            (status = 503, description = "Too much at once; `Retry-After` says when", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn commands() {}

    /// Sign in.
    #[utoipa::path(
        post, path = "/api/v1/sessions", tag = "session", request_body = session::SignIn,
        responses(
            (status = 201, description = "A session", body = session::Opened),
            (status = 401, description = "Wrong, or `code-needed`", body = ErrorOut),
            (status = 429, description = "Too many attempts", body = ErrorOut),
        ))]
    fn open_session() {}

    /// Sign out: the session that asks ends.
    #[utoipa::path(
        delete, path = "/api/v1/sessions", tag = "session",
        responses((status = 204, description = "Ended")),
        security(("token" = [])))]
    fn close_session() {}

    /// Who is signed in.
    #[utoipa::path(
        get, path = "/api/v1/me", tag = "session",
        responses(
            (status = 200, description = "The account", body = session::Me),
            (status = 401, description = "No session", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn me() {}

    /// What a pass says now: the latest result of the person, without a name.
    #[utoipa::path(
        get, path = "/api/v1/results/{token}", tag = "results",
        params(("token" = String, Path, description = "The pass, as scanned")),
        responses(
            (status = 200, description = "The latest result", body = results::PassResult),
            (status = 422, description = "Not a pass of this server", body = ErrorOut),
        ))]
    fn result() {}

    /// This description.
    #[utoipa::path(
        get, path = "/api/v1/openapi.json", tag = "description",
        responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
    fn openapi() {}
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Songhua",
        version = "1",
        description = "An operations system for outbreak response."
    ),
    paths(
        paths::commands,
        paths::open_session,
        paths::close_session,
        paths::me,
        paths::result,
        paths::openapi,
    )
)]
struct Api;

/// The description.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut api = Api::openapi().merge_from(FieldApi::openapi());
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    api.components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::Http(token));
    api
}

async fn serve(_seat: Seat) -> Answer {
    json(StatusCode::OK, &description())
}
