//! What stands before every handler, in this order: room, session, rate, policy and area,
//! anti-forgery; and after it: the fault turned into a page or JSON, headers, counters.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use types::{AreaCode, AreaScope, PlaceCode, Refusal, UnitId};

use crate::access::{Action, Policy, Resource, can};
use crate::i18n::Lang;
use crate::overload::Room;
use crate::past::{self, Looking};
use crate::rates::{Allowance, Caller};
use crate::routes::RouteMeta;
use crate::seat::{Seat, Visit};
use crate::sessions::{Session, key_of};
use crate::ui::since::Sheets;
use crate::{App, Fault, csrf};

/// Room that a body takes which is passed on as it comes.
const STREAMED: usize = 1 << 20;

/// The guard of one route.
pub async fn guard(
    State((app, route)): State<(App, Arc<RouteMeta>)>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    if !route.api {
        app.freshen_areas();
    }
    let mut visit = Visit::of(&app, &route, &request);
    let (response, seat) = match admit(&app, &route, request, &mut visit).await {
        Ok((request, _room)) => match look_back(&app, &route, request, visit, &next).await {
            Ok((mut request, visit)) => {
                let seat = Seat::new(visit);
                request.extensions_mut().insert(seat.clone());
                let response = match run(&app, &route, request, next).await {
                    Ok(response) => response,
                    Err(fault) => fault.into_response(),
                };
                (plain_rejection(response), seat)
            }
            Err((response, visit)) => (response, Seat::new(*visit)),
        },
        Err(fault) => (fault.into_response(), Seat::new(visit)),
    };
    app.metrics().answered(&route, response.status(), started.elapsed());
    let mut response = response;
    if response.extensions().get::<Fault>().is_some() {
        response.extensions_mut().insert(seat);
    }
    response
}

/// Whoever looks back is given the server of that moment, and with it the tables that the page has today.
/// What would write is turned away, and whoever comes before the copy is made waits for it.
async fn look_back(
    app: &App,
    route: &RouteMeta,
    request: Request,
    mut visit: Visit,
    next: &Next,
) -> Result<(Request, Visit), (Response, Box<Visit>)> {
    let actor = visit.session.as_ref().map(|session| session.actor.clone());
    let Some(at) = past::asked(app, request.headers(), actor.as_deref()) else {
        return Ok((request, visit));
    };
    let mut looking = Looking { at, shown: false, sheets: None };
    if !past::covers(route) {
        visit.looking = Some(looking);
        return Ok((request, visit));
    }
    if route.writes() {
        visit.looking = Some(looking);
        let refusal = Refusal::new("past-is-over");
        return Err((Fault::from(refusal).into_response(), Box::new(visit)));
    }
    let Some(then) = app.pasts().of(at) else {
        let back = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let to = crate::pages::past::waiting(back);
        let response = axum::response::Redirect::to(&to).into_response();
        return Err((response, Box::new(visit)));
    };
    let (parts, body) = request.into_parts();
    if !visit.scripted {
        let sheets = Arc::new(Sheets::default());
        let gathered = Looking { sheets: Some(sheets.clone()), ..looking.clone() };
        let today = Visit { looking: Some(gathered), gathers: true, ..visit.clone() };
        let mut request = Request::from_parts(parts.clone(), Body::empty());
        request.extensions_mut().insert(Seat::new(today));
        // What cannot be shown today cannot be compared; the page of then says the rest.
        if run(app, route, request, next.clone()).await.is_ok_and(|page| page.status().is_success())
        {
            looking.sheets = Some(sheets);
        }
    }
    looking.shown = true;
    visit.app = then;
    visit.looking = Some(looking);
    Ok((Request::from_parts(parts, body), visit))
}

/// Runs the handler within its time; a panic is a fault, not a lost connection.
async fn run(
    app: &App,
    route: &RouteMeta,
    request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let seconds = route.timeout_seconds.unwrap_or(app.config().limits.timeout_seconds);
    let outcome = if seconds == 0 {
        handled.await
    } else {
        match tokio::time::timeout(Duration::from_secs(seconds), handled).await {
            Ok(outcome) => outcome,
            Err(_) => {
                return Err(Fault {
                    retry_after: Some(2),
                    ..Fault::new(StatusCode::SERVICE_UNAVAILABLE, Refusal::new("not-confirmed"))
                });
            }
        }
    };
    outcome.map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Fault::internal(format!("panic: {text}"))
    })
}

/// The rejections of axum's own extractors are plain text: give them our form.
fn plain_rejection(response: Response) -> Response {
    let status = response.status();
    let plain = status.is_client_error()
        && response.extensions().get::<Fault>().is_none()
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|t| t.as_bytes().starts_with(b"text/plain"));
    if !plain {
        return response;
    }
    let refusal = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new("too-large"),
        StatusCode::NOT_FOUND => Refusal::new("not-found").with("what", ""),
        _ => Refusal::new("malformed-request"),
    };
    Fault::new(status, refusal).into_response()
}

/// What an address without a route answers.
pub async fn nothing_here(request: Request) -> Response {
    Fault::not_found(request.uri().path().chars().take(80).collect::<String>()).into_response()
}

async fn admit(
    app: &App,
    route: &RouteMeta,
    request: Request,
    visit: &mut Visit,
) -> Result<(Request, Room), Fault> {
    let room = enter(app, route, request.headers())?;
    let (session, bearer) = session_of(app, request.headers(), visit).await?;
    visit.session = session;
    charge(app, route, visit)?;
    if !route.while_password_pending && visit.session.as_ref().is_some_and(|s| s.actor.must_change)
    {
        return Err(Refusal::new("password-change-needed").into());
    }
    let (mut parts, body) = request.into_parts();
    let named = named_area(&mut parts).await?;
    settle_area(route, visit, named)?;
    let mut request = Request::from_parts(parts, body);
    if route.writes() && !bearer {
        request = check_forgery(app, route, request, visit).await?;
    }
    Ok((request, room))
}

/// Room for the request and its body, or 503 (413 when no room could ever be enough).
fn enter(app: &App, route: &RouteMeta, headers: &HeaderMap) -> Result<Room, Fault> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    let bytes = match announced {
        Some(bytes) if bytes > route.body_limit => {
            return Err(Refusal::new("too-large").with("limit", route.body_limit).into());
        }
        // What is passed on as it comes takes the room of a few pieces only.
        _ if route.streams => STREAMED,
        Some(bytes) => bytes,
        None if route.writes() => route.body_limit,
        None => 0,
    };
    app.gate().enter(route.class, bytes).map_err(|_| {
        app.metrics().shed(route.class);
        Fault::overloaded(app.engine().load().retry_after_seconds)
    })
}

/// The session of the request, and whether it came by bearer token (which no other site can
/// make a browser send).
async fn session_of(
    app: &App,
    headers: &HeaderMap,
    visit: &Visit,
) -> Result<(Option<Arc<Session>>, bool), Fault> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    let token = match bearer {
        Some(token) => Some(token),
        None => cookie(headers, app.session_cookie()),
    };
    let Some(token) = token.filter(|t| !t.is_empty() && t.len() <= 64) else {
        return Ok((None, bearer.is_some()));
    };
    let key = key_of(token);
    if let Some(session) = app.cached_session(&key) {
        return Ok((Some(session), bearer.is_some()));
    }
    // A guessed token costs a read of the store: charge the address for it.
    let rate = app.config().limits.api_rate;
    app.buckets().take(Allowance::Api, visit.caller, rate, app.wall()).map_err(Fault::too_many)?;
    Ok((app.stored_session(&key).await?, bearer.is_some()))
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn charge(app: &App, route: &RouteMeta, visit: &Visit) -> Result<(), Fault> {
    let Some(allowance) = route.allowance else { return Ok(()) };
    let limits = &app.config().limits;
    let (rate, caller) = match (allowance, &visit.session) {
        // Sign-ins count by address, whoever is signed in there.
        (Allowance::SignIn, _) => (limits.sign_in_rate, visit.caller),
        (Allowance::Page, Some(s)) => (limits.page_rate, Caller::session(&s.key)),
        (Allowance::Page, None) => (limits.page_rate, visit.caller),
        (Allowance::Api, Some(s)) => (limits.api_rate, Caller::session(&s.key)),
        (Allowance::Api, None) => (limits.api_rate, visit.caller),
    };
    app.buckets().take(allowance, caller, rate, app.wall()).map_err(Fault::too_many)
}

/// What the address of the request names: a scope of areas that must be the actor's.
async fn named_area(parts: &mut axum::http::request::Parts) -> Result<Option<AreaScope>, Fault> {
    let mut named: Vec<AreaScope> = Vec::new();
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(Fault::internal)?;
    for (name, value) in &params {
        match name {
            "area" => named.push(AreaScope::parse(value)?),
            "place" => named.push(scope_of_place(value)?),
            "unit" => {
                let area = UnitId::parse(value)?.area();
                // A foreign code names no area: the handler asks for that of its round.
                if area != AreaCode::NONE {
                    named.push(AreaScope::one(area));
                }
            }
            _ => {}
        }
    }
    let query = parts.uri.query().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "area" && !value.is_empty() {
            named.push(AreaScope::parse(&value)?);
        }
    }
    // Two that differ must fit into each other; the narrower one is looked at.
    let mut narrowest: Option<AreaScope> = None;
    for scope in named {
        narrowest = match narrowest {
            None => Some(scope),
            Some(known) if known.covers(scope) => Some(scope),
            Some(known) if scope.covers(known) => Some(known),
            Some(_) => return Err(Refusal::new("areas-differ").into()),
        };
    }
    Ok(narrowest)
}

/// The areas that a place code lies in: its county, or the counties below it.
fn scope_of_place(text: &str) -> Result<AreaScope, Fault> {
    let place = PlaceCode::parse(text)?;
    match place.area() {
        Some(area) => Ok(AreaScope::one(area)),
        None => Ok(AreaScope::parse(place.as_str())?),
    }
}

/// Decides whether the actor may open the route, and which areas it then looks at.
fn settle_area(
    route: &RouteMeta,
    visit: &mut Visit,
    named: Option<AreaScope>,
) -> Result<(), Fault> {
    let actor = visit.session.as_ref().map(|s| s.actor.clone());
    let actor = actor.as_deref();
    let local_only = matches!(route.policy, Policy::LocalOr(_)) && visit.local;
    if !local_only {
        let resource = match (route.policy, named) {
            (Policy::Roles(_) | Policy::LocalOr(_), Some(scope)) => Resource::Scope(scope),
            _ => Resource::Own,
        };
        can(actor, Action::Open(route.policy), resource)?;
    }
    let roles = route.policy.roles();
    let first = actor.and_then(|a| a.grants.iter().find(|g| roles.has(g.role))).map(|g| g.scope);
    visit.scope = match (named, first) {
        // On a page for everyone the area still has to be one of the actor's.
        (Some(scope), Some(_)) if actor.is_some_and(|a| a.grant_for(roles, scope).is_none()) => {
            return Err(Refusal::new("not-your-area").with("area", scope).into());
        }
        (Some(scope), Some(_)) => scope,
        (_, Some(first)) => first,
        (_, None) => AreaScope::one(AreaCode::NONE),
    };
    visit.area_chosen = named.is_some() && first.is_some();
    Ok(())
}

/// Refuses what another site made the browser send.
async fn check_forgery(
    app: &App,
    route: &RouteMeta,
    request: Request,
    visit: &Visit,
) -> Result<Request, Fault> {
    let forged = || Fault::from(Refusal::new("forged-request"));
    if !csrf::same_origin(request.headers(), app.config().public_url.as_deref()) {
        return Err(forged());
    }
    // Without a session there is nothing to abuse but the sign-in itself, which the check of
    // the origin covers.
    let (Some(session), false) = (&visit.session, matches!(route.policy, Policy::Public)) else {
        return Ok(request);
    };
    let secrets = app.secrets();
    if let Some(token) = request.headers().get(csrf::HEADER).and_then(|v| v.to_str().ok()) {
        return if csrf::verify(secrets, &session.key, token) {
            Ok(request)
        } else {
            Err(forged())
        };
    }
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("multipart/form-data") {
        // An upload may be large: its token is in the address of the form.
        let query = request.uri().query().unwrap_or_default();
        let right = csrf::field(query.as_bytes())
            .is_some_and(|token| csrf::verify(secrets, &session.key, &token));
        return if right { Ok(request) } else { Err(forged()) };
    }
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return Err(forged());
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, route.body_limit)
        .await
        .map_err(|_| Fault::from(Refusal::new("too-large").with("limit", route.body_limit)))?;
    let right =
        csrf::field(&bytes).is_some_and(|token| csrf::verify(secrets, &session.key, &token));
    if right { Ok(Request::from_parts(parts, Body::from(bytes))) } else { Err(forged()) }
}

/// The caller's address: that of the connection, or what the proxy says.
pub fn address_of(app: &App, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    if !app.config().behind_proxy {
        return peer;
    }
    request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .and_then(|v| v.trim().parse().ok())
        .or(peer)
}

/// Whether the call comes from this machine itself, and not through a proxy on it.
pub fn is_local(app: &App, request: &Request) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    !app.config().behind_proxy
        && !forwarded
        && address_of(app, request).is_some_and(|ip| ip.is_loopback())
}

/// The language of a request: the cookie, else what the browser asks for.
pub fn lang_of(headers: &HeaderMap) -> Lang {
    cookie(headers, LANG_COOKIE).and_then(Lang::parse).unwrap_or_else(|| Lang::accepted(headers))
}

/// The cookie that remembers the language.
pub const LANG_COOKIE: &str = "lang";
