//! Sessions of devices: `POST /api/v1/sessions`, `DELETE /api/v1/sessions`, `GET /api/v1/me`.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use types::{HouseholdId, Micros, Refusal};
use utoipa::ToSchema;

use crate::Fault;
use crate::access::{Actor, Grant, Policy};
use crate::api::{Body, json};
use crate::rates::Allowance;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::sessions::{Kind, key_of};
use crate::signin::{Door, SignedIn};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes
        .post("/api/v1/sessions", Policy::Public, open)
        .urgent()
        .body_limit(4 << 10)
        .allowance(Some(Allowance::SignIn));
    routes.delete("/api/v1/sessions", Policy::SignedIn, close).urgent().while_password_pending();
    routes.get("/api/v1/me", Policy::SignedIn, me).urgent().while_password_pending();
}

/// Who signs in: an account by password, or a household by its printed code.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The account.
    #[serde(default)]
    login: Option<String>,
    /// Its password.
    #[serde(default)]
    password: Option<String>,
    /// A one-time or recovery code, for accounts that have them on.
    #[serde(default)]
    code: Option<String>,
    /// A household's code, instead of login and password.
    #[serde(default)]
    household_code: Option<String>,
    /// The device, as it names itself.
    #[serde(default)]
    device: Option<String>,
}

/// An open session.
#[derive(Serialize, ToSchema)]
pub struct Opened {
    /// For `Authorization: Bearer …`. Shown once.
    token: String,
    /// Seconds without use after which it ends.
    idle_seconds: i64,
    /// Seconds after which it ends in any case.
    absolute_seconds: i64,
    /// Whose it is.
    me: Me,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// What the journal records.
    user: String,
    /// The name to show.
    name: String,
    /// Roles, each with its areas and the holder to act for.
    #[schema(value_type = Vec<GrantOut>)]
    grants: Vec<Grant>,
    /// The household of a resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    household: Option<HouseholdId>,
    /// The password has to be changed in a browser before anything else.
    must_change_password: bool,
    /// The server's time, microseconds UTC.
    #[schema(value_type = i64)]
    now: Micros,
}

/// A role within an area.
#[derive(ToSchema)]
#[schema(as = Grant)]
#[allow(dead_code)] // The schema of `access::Grant`, which knows nothing of OpenAPI.
pub struct GrantOut {
    /// For example `sampler`.
    role: String,
    /// Leading digits of the area code; empty for all areas.
    scope: String,
    /// For example `site:220202-S012`.
    holder: Option<String>,
}

impl Me {
    fn of(actor: &Actor, now: Micros) -> Me {
        Me {
            user: actor.user.clone(),
            name: actor.name.clone(),
            grants: actor.grants.clone(),
            household: actor.household,
            must_change_password: actor.must_change,
            now,
        }
    }
}

async fn open(seat: Seat, Body(body): Body<SignIn>) -> Answer {
    let app = seat.app();
    let (kind, token) = match (&body.login, &body.password, &body.household_code) {
        (Some(login), Some(password), None) => {
            let door =
                Door { kind: Kind::Device, device: body.device.as_deref(), caller: seat.caller() };
            match app.sign_in(door, login, password, body.code.as_deref()).await? {
                SignedIn::Done(token) => (Kind::Device, token),
                SignedIn::CodeNeeded(_) => return Err(Refusal::new("code-needed").into()),
            }
        }
        (None, None, Some(code)) => {
            (Kind::Resident, app.sign_in_household(seat.caller(), code).await?)
        }
        _ => return Err(Refusal::new("malformed-request").into()),
    };
    let session = app.stored_session(&key_of(&token)).await?;
    let session = session.ok_or_else(|| Fault::internal("a session that is gone at once"))?;
    let lifetime = kind.lifetime(&app.config().sessions);
    let opened = Opened {
        token,
        idle_seconds: lifetime.idle.0 / 1_000_000,
        absolute_seconds: lifetime.absolute.0 / 1_000_000,
        me: Me::of(&session.actor, app.now()),
    };
    json(StatusCode::CREATED, &opened)
}

async fn close(seat: Seat) -> Answer {
    if let Some(session) = seat.session() {
        seat.app().close_session(&session.key).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn me(seat: Seat) -> Answer {
    json(StatusCode::OK, &Me::of(seat.actor()?, seat.now()))
}
