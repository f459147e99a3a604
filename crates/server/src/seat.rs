//! A signed-in (or anonymous) caller at one route: what a handler is given.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::ACCEPT_ENCODING;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::Markup;
use serde::de::DeserializeOwned;
use store::Connection;
use types::{AreaCode, AreaScope, HouseholdId, Micros, Refusal, Span};

use crate::access::{Action, Actor, Grant, Resource, can};
use crate::i18n::{Arg, Lang, Speaks};
use crate::past::Looking;
use crate::rates::Caller;
use crate::routes::RouteMeta;
use crate::sessions::Session;
use crate::ui::layout::{self, Page};
use crate::ui::time::{self, Local};
use crate::{App, Fault, csrf, guard};

/// What a handler returns.
pub type Answer = Result<Response, Fault>;

/// What is gathered about a request before the handler runs.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub app: App,
    pub route: Arc<RouteMeta>,
    pub uri: Uri,
    pub lang: Lang,
    pub session: Option<Arc<Session>>,
    pub caller: Caller,
    pub local: bool,
    pub scope: AreaScope,
    pub area_chosen: bool,
    pub request_id: RequestId,
    pub scripted: bool,
    pub takes_gzip: bool,
    pub looking: Option<Looking>,
    pub gathers: bool,
}

/// The number of a request, in logs and on error pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Visit {
    pub fn of(app: &App, route: &Arc<RouteMeta>, request: &Request) -> Visit {
        let headers: &HeaderMap = request.headers();
        Visit {
            app: app.clone(),
            route: route.clone(),
            uri: request.uri().clone(),
            lang: guard::lang_of(headers),
            session: None,
            caller: Caller::address(guard::address_of(app, request)),
            local: guard::is_local(app, request),
            scope: AreaScope::one(AreaCode::NONE),
            area_chosen: false,
            request_id: request.extensions().get().copied().unwrap_or(RequestId(0)),
            takes_gzip: headers
                .get(ACCEPT_ENCODING)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.contains("gzip")),
            scripted: headers.contains_key("hx-request") || headers.contains_key("x-fragment"),
            looking: None,
            gathers: false,
        }
    }
}

/// The caller at a route. Handlers take it as an argument; the guard has made it.
#[derive(Clone, Debug)]
pub struct Seat(Arc<Visit>);

impl Seat {
    pub(crate) fn new(visit: Visit) -> Seat {
        Seat(Arc::new(visit))
    }

    /// The server.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The route.
    pub fn route(&self) -> &RouteMeta {
        &self.0.route
    }

    /// Who is signed in, if anybody.
    pub fn somebody(&self) -> Option<&Actor> {
        self.0.session.as_ref().map(|s| s.actor.as_ref())
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// `sign-in-needed` on a public route without a session.
    pub fn actor(&self) -> Result<&Actor, Fault> {
        self.somebody().ok_or_else(|| Refusal::new("sign-in-needed").into())
    }

    /// The session.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_deref()
    }

    /// The areas in view: those that the address names, or all of the actor's for this route.
    /// They have been checked.
    pub fn scope(&self) -> AreaScope {
        self.0.scope
    }

    /// Whether the address names the areas in view.
    pub fn area_chosen(&self) -> bool {
        self.0.area_chosen
    }

    /// The grant under which the actor looks at the areas in view.
    ///
    /// # Errors
    /// `not-allowed` without one.
    pub fn grant(&self) -> Result<&Grant, Fault> {
        self.somebody()
            .and_then(|a| a.grant_for(self.route().policy.roles(), self.scope()))
            .ok_or_else(|| Refusal::new("not-allowed").into())
    }

    /// Checks a county that the handler learnt only from the store (that of a round, a person).
    ///
    /// # Errors
    /// `not-your-area`.
    pub fn require(&self, area: AreaCode) -> Result<(), Fault> {
        let action = Action::Open(self.route().policy);
        Ok(can(self.somebody(), action, Resource::Area(area))?)
    }

    /// Checks a household: a resident sees their own only.
    ///
    /// # Errors
    /// `not-your-area`, `not-your-household`.
    pub fn require_household(&self, area: AreaCode, household: HouseholdId) -> Result<(), Fault> {
        let action = Action::Open(self.route().policy);
        Ok(can(self.somebody(), action, Resource::Household(area, household))?)
    }

    /// Whether the actor has a role that may open a page, given as its route's path: nobody is
    /// sent where they are turned away.
    pub fn may_open(&self, path: &str) -> bool {
        self.somebody().is_some_and(|actor| self.app().site().may_open(actor, path))
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`Fault`] when none can be had.
    pub async fn db(&self) -> Result<Connection, Fault> {
        self.app().reader().await
    }

    /// The earlier moment that the caller looks back on, if one.
    pub fn looking(&self) -> Option<&Looking> {
        self.0.looking.as_ref()
    }

    /// Whether the page is drawn for its tables alone, to hold those of an earlier moment against them.
    pub(crate) fn gathers(&self) -> bool {
        self.0.gathers
    }

    /// The time by the ledger's clock.
    pub fn now(&self) -> Micros {
        self.app().now()
    }

    /// An instant in the zone of the pages: `2022-03-15 08:00`.
    pub fn time(&self, at: Micros) -> Local {
        Local::new(at, self.app().zone())
    }

    /// A length of time in words: `16 h 42 min`.
    pub fn span(&self, span: Span) -> String {
        time::span_words(self.0.lang, span)
    }

    /// How far the zone of the pages is from UTC at an instant: `UTC+8`.
    pub fn zone_offset(&self, at: Micros) -> String {
        time::offset(at, self.app().zone())
    }

    /// A text by a key that is known only at run time; see [`crate::t!`] for literal keys.
    pub fn text(&self, key: &str) -> String {
        self.0.lang.text(key)
    }

    /// The same, or nothing when there is no such text.
    pub fn text_if(&self, key: &str) -> Option<String> {
        self.0.lang.find(key)
    }

    /// A text with values by a key that is known only at run time.
    pub fn fill(&self, key: &str, args: &[Arg<'_>]) -> String {
        self.0.lang.fill(key, args)
    }

    /// The query of the address.
    ///
    /// # Errors
    /// `malformed-request` when it does not fit.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        axum::extract::Query::try_from_uri(&self.0.uri)
            .map(|query| query.0)
            .map_err(|_| Refusal::new("malformed-request").into())
    }

    /// One value of the query; empty counts as missing.
    pub fn param(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.0.uri.query().unwrap_or_default().as_bytes())
            .find(|(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    }

    /// The path of the address.
    pub fn path(&self) -> &str {
        self.0.uri.path()
    }

    /// The address to come back to this page: its own, or after a form that was sent to where there
    /// is no page, the page above.
    pub fn page_again(&self) -> String {
        if !self.route().writes() {
            return self.here(&[]);
        }
        let (mut path, mut route) = (self.path(), self.route().path);
        while !self.app().site().is_page(route) {
            let (Some((above, _)), Some((above_route, _))) =
                (path.rsplit_once('/'), route.rsplit_once('/'))
            else {
                return "/".to_owned();
            };
            (path, route) = (above, above_route);
        }
        path.to_owned()
    }

    /// This page's address with some values of the query changed; `None` drops one.
    pub fn here(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            form_urlencoded::parse(self.0.uri.query().unwrap_or_default().as_bytes())
        {
            if changes.iter().all(|(n, _)| *n != name) {
                query.append_pair(&name, &value);
            }
        }
        for (name, value) in changes {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => self.path().to_owned(),
            query => format!("{}?{query}", self.path()),
        }
    }

    /// A link that keeps the areas in view when the address names them.
    pub fn link(&self, path: &str) -> String {
        if !self.area_chosen() {
            return path.to_owned();
        }
        // The part of a page comes last.
        let at = path.find('#').unwrap_or(path.len());
        let (path, part) = path.split_at(at);
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}area={}{part}", self.scope())
    }

    /// The anti-forgery token for a form (`ui::form` puts it there).
    pub fn csrf(&self) -> String {
        self.session().map(|s| csrf::token(self.app().secrets(), &s.key)).unwrap_or_default()
    }

    /// The number of the request.
    pub fn request_id(&self) -> RequestId {
        self.0.request_id
    }

    /// The address that the call is counted under.
    pub fn caller(&self) -> Caller {
        self.0.caller
    }

    /// Whether a script asks (it wants a fragment, not a page, and no redirect).
    pub fn is_scripted(&self) -> bool {
        self.0.scripted
    }

    /// Whether the caller takes an answer that is packed already.
    pub(crate) fn takes_gzip(&self) -> bool {
        self.0.takes_gzip
    }

    /// Whether this part of the page is asked for alone (`?fragment=NAME`), to refresh it.
    pub fn wants_fragment(&self, name: &str) -> bool {
        self.param("fragment").as_deref() == Some(name)
    }

    /// A whole page.
    pub fn page(&self, title: impl Into<String>, body: Markup) -> Response {
        self.render(Page::new(title, body))
    }

    /// A whole page with more said about it than title and body.
    pub fn render(&self, page: Page) -> Response {
        Html(layout::render(self, &page).into_string()).into_response()
    }

    /// A part of a page, with the time that its numbers are of for the "as of" line.
    pub fn fragment(&self, body: Markup) -> Response {
        let as_of = [("x-as-of", self.time(self.now()).to_string())];
        (as_of, Html(body.into_string())).into_response()
    }

    /// Goes to another page after a form was taken (303).
    pub fn go(&self, path: &str) -> Response {
        Redirect::to(path).into_response()
    }
}

impl Speaks for Seat {
    fn lang(&self) -> Lang {
        self.0.lang
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seat {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Seat, Fault> {
        match Extension::<Seat>::from_request_parts(parts, state).await {
            Ok(Extension(seat)) => Ok(seat),
            Err(_) => Err(Fault::internal("a route without its guard")),
        }
    }
}
