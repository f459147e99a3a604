//! The outermost layer: the request's number, security headers, the log line, and every fault
//! shown in one form.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware};
use serde::Serialize;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use types::Refusal;
use utoipa::ToSchema;

use crate::api::commands::ErrorOut;
use crate::i18n::Lang;
use crate::seat::{RequestId, Seat, Visit};
use crate::{App, Fault, pages};

/// No script and no style but our own files, no frames, no forms to elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The field app decodes camera pictures in WebAssembly.
const FIELD_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; \
    connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), \
    display-capture=(), browsing-topics=()";

/// The whole service: all routes behind their guards, inside the shell.
pub fn service(app: &App) -> Router {
    let worth_it = DefaultPredicate::new().and(SizeAbove::new(1024));
    pages::all()
        .router(app)
        .layer(middleware::from_fn_with_state(app.clone(), finish))
        .layer(CompressionLayer::new().gzip(true).compress_when(worth_it))
}

async fn finish(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId(rand::random());
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    // A worker lives under the policy of its own script.
    let field = ["/field", "/assets/field-reader"]
        .iter()
        .any(|start| request.uri().path().starts_with(start));
    let api = request.uri().path().starts_with("/api/");
    // The template of the path, so that no code of a person or tube gets into the log.
    let bare = Visit::of(&app, &pages::unknown_route(), &request);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let fault = Fault::new(StatusCode::METHOD_NOT_ALLOWED, Refusal::new("malformed-request"));
        response = fault.into_response();
    }
    let seat = response.extensions_mut().remove::<Seat>();
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        let seat = seat.unwrap_or_else(|| Seat::new(bare));
        log(&seat, &method, &fault, started);
        response = show(&seat, &method, api, &fault);
    }
    headers(&app, &mut response, id, field);
    response
}

fn log(seat: &Seat, method: &Method, fault: &Fault, started: Instant) {
    let (route, id) = (seat.route().path, seat.request_id());
    let ms = started.elapsed().as_millis() as u64;
    let (status, code) = (fault.status.as_u16(), fault.refusal.code.as_ref());
    match &fault.inside {
        Some(inside) => {
            tracing::error!(%id, %method, route, status, code, ms, inside, "a request failed");
        }
        None => tracing::debug!(%id, %method, route, status, code, ms, "a request was refused"),
    }
}

/// A text in both languages.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Both {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Both {
    /// A text made once in each language.
    pub fn of(make: impl Fn(Lang) -> String) -> Both {
        Both { zh: make(Lang::Zh), en: make(Lang::En) }
    }
}

fn show(seat: &Seat, method: &Method, api: bool, fault: &Fault) -> Response {
    let mut response = if api {
        let error = ErrorOut::of(&fault.refusal, seat.request_id());
        (fault.status, Json(error)).into_response()
    } else {
        show_page(seat, method, fault)
    };
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn show_page(seat: &Seat, method: &Method, fault: &Fault) -> Response {
    let to = match fault.refusal.code.as_ref() {
        "sign-in-needed" => {
            // Back to where they were going, but never to the address of a form that was sent.
            let back = if *method == Method::GET { seat.here(&[]) } else { "/".to_owned() };
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("next", &back).finish();
            Some(format!("/sign-in?{query}"))
        }
        "password-change-needed" => Some("/account/password".to_owned()),
        _ => None,
    };
    let Some(to) = to else {
        let page = pages::error::page(seat, fault);
        return (fault.status, page).into_response();
    };
    if seat.is_scripted() {
        // A script that swaps fragments must not swap in the sign-in page.
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", to)]).into_response();
    }
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

fn headers(app: &App, response: &mut Response, id: RequestId, field: bool) {
    let headers = response.headers_mut();
    let fixed = |value: &'static str| HeaderValue::from_static(value);
    // What is no page may have a stricter one of its own.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(fixed(if field {
        FIELD_POLICY
    } else {
        POLICY
    }));
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(REFERRER_POLICY, fixed("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), fixed(PERMISSIONS));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin"));
    if app.config().is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    // Pages show people's data: nothing is kept unless its handler says so.
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-store"));
    if headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes() == b"text/html") {
        headers.insert(CONTENT_TYPE, fixed("text/html; charset=utf-8"));
    }
}
