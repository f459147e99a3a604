//! A server in a temporary directory, and a browser that can do little but remember cookies.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use protocol::Protocol;
use registry::command::{PlaceDetails, PutPlaces};
use serde_json::Value as Json;
use server::access::{Grant, Role};
use server::accounts::NewAccount;
use server::house::Command;
use server::sessions::{Kind, Owner};
use server::{App, Config};
use store::testkit::TestBed;
use tower::ServiceExt;
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, PlaceCode, Span};
use uuid::Uuid;

/// A password that no rule refuses.
pub const PASSWORD: &str = "river in march";

pub struct Bed {
    pub app: App,
    router: Router,
    wall: Arc<AtomicI64>,
    // Held so that the data outlives the server.
    _test: Box<dyn std::any::Any>,
}

pub fn grant(role: Role, scope: &str) -> Grant {
    let holder = match role {
        Role::Sampler => Some("site:220202-S001"),
        Role::Courier => Some("courier:C7"),
        Role::Laboratory => Some("lab:JL-01"),
        Role::Ward => Some("ward:JL-F01"),
        Role::Crew => Some("vehicle:V1"),
        Role::Shop => Some("shop:S01"),
        Role::Driver => Some("vehicle:B1"),
        Role::Volunteer => Some("volunteer:V1"),
        _ => None,
    };
    Grant {
        role,
        scope: AreaScope::parse(scope).expect("a scope"),
        holder: holder.map(|h| HolderCode::parse(h).expect("a holder")),
    }
}

impl Bed {
    /// A server on SQLite with small limits changed by `adjust`.
    pub async fn with(adjust: impl FnOnce(&mut Config)) -> Bed {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config::new(dir.path(), ([127, 0, 0, 1], 0).into());
        config.forced = false;
        adjust(&mut config);
        Bed::start(config, Box::new(dir)).await
    }

    /// A server on SQLite.
    pub async fn new() -> Bed {
        Bed::with(|_| {}).await
    }

    /// A server on the store of a test of both.
    pub async fn on(test: TestBed) -> Bed {
        let mut config = Config::new(test.dir(), ([127, 0, 0, 1], 0).into());
        config.store = Some(test.config().url);
        config.schema = test.config().schema;
        config.forced = false;
        Bed::start(config, Box::new(test)).await
    }

    async fn start(mut config: Config, test: Box<dyn std::any::Any>) -> Bed {
        let start = Micros::parse("2022-03-15T00:00:00Z").expect("a time");
        let wall = Arc::new(AtomicI64::new(start.0));
        let clock = {
            let wall = wall.clone();
            Arc::new(move || Micros(wall.load(Ordering::SeqCst)))
        };
        config.wall = clock.clone();
        config.clock = clock;
        let protocol = Protocol::bundled().expect("the protocol");
        let app = App::open(config, Arc::new(protocol)).await.expect("opens");
        let router = server::service(&app);
        Bed { app, router, wall, _test: test }
    }

    /// Lets time pass.
    pub fn pass(&self, span: Span) {
        self.wall.fetch_add(span.0, Ordering::SeqCst);
    }

    /// An account with [`PASSWORD`].
    pub async fn account(&self, login: &str, grants: Vec<Grant>) {
        let new = NewAccount {
            login: login.into(),
            name: login.to_uppercase(),
            password: PASSWORD.into(),
            must_change: false,
            grants,
        };
        self.app.put_account("test", new).await.expect("an account");
    }

    /// A session of an account, without going through the sign-in page.
    pub async fn session(&self, login: &str) -> String {
        let owner = Owner::Account(login.into());
        self.app.open_session(Kind::Web, &owner, None).await.expect("a session")
    }

    /// Makes an account of one role and signs it in.
    pub async fn role(&self, role: Role, scope: &str) -> String {
        let login = format!("{role}-{}", if scope.is_empty() { "all" } else { scope });
        self.account(&login, vec![grant(role, scope)]).await;
        self.session(&login).await
    }

    /// The anti-forgery token of a session.
    pub fn csrf(&self, token: &str) -> String {
        let key = server::sessions::key_of(token);
        server::csrf::token(self.app.secrets(), &key)
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        Call::new(self, Method::POST, path)
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(self, method, path)
    }
}

pub struct Call<'a> {
    bed: &'a Bed,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl<'a> Call<'a> {
    fn new(bed: &'a Bed, method: Method, path: &str) -> Call<'a> {
        let headers = vec![(HOST.to_string(), "songhua.test".to_owned())];
        Call { bed, method, path: path.into(), headers, body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With the cookie of a session.
    pub fn cookie(self, token: &str) -> Self {
        let name = self.bed.app.session_cookie();
        self.header(COOKIE.as_str(), format!("{name}={token}"))
    }

    /// With a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// In English.
    pub fn english(self) -> Self {
        self.header("accept-language", "en")
    }

    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        self.body = form.finish().into_bytes();
        self.header(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")
    }

    /// A form with the session's cookie and token, as the page would send it.
    pub fn signed_form(self, token: &str, pairs: &[(&str, &str)]) -> Self {
        let csrf = self.bed.csrf(token);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(pairs);
        self.cookie(token).form(&all)
    }

    /// With a body of a content type.
    pub fn body(mut self, content_type: &str, bytes: Vec<u8>) -> Self {
        self.body = bytes;
        self.header(CONTENT_TYPE.as_str(), content_type)
    }

    pub fn json(mut self, value: &Json) -> Self {
        self.body = value.to_string().into_bytes();
        self.header(CONTENT_TYPE.as_str(), "application/json")
    }

    /// Sends with a body that comes as it comes, and an announced length or none.
    pub async fn stream(self, announced: Option<u64>, body: Body) -> Reply {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(bytes) = announced {
            request = request.header("content-length", bytes);
        }
        let request = request.body(body).expect("a request");
        Reply::of(self.bed.router.clone().oneshot(request).await.expect("infallible")).await
    }

    pub async fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.body.is_empty() {
            request = request.header("content-length", self.body.len());
        }
        let request = request.body(Body::from(self.body)).expect("a request");
        Reply::of(self.bed.router.clone().oneshot(request).await.expect("infallible")).await
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    async fn of(response: axum::response::Response) -> Reply {
        let (parts, body) = response.into_parts();
        let stream = parts
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream"));
        // A stream of events has no end to wait for.
        let body = if stream {
            Vec::new()
        } else {
            to_bytes(body, 64 << 20).await.expect("a body").to_vec()
        };
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The token in the session cookie that was set.
    pub fn session(&self) -> Option<String> {
        let set = self.headers.get_all(SET_COOKIE).iter().find_map(|v| {
            let text = v.to_str().ok()?;
            text.contains("songhua=").then(|| text.to_owned())
        })?;
        let value = set.split(';').next()?.split_once('=')?.1.to_owned();
        Some(value).filter(|v| !v.is_empty())
    }
}

/// Puts places of one county (or above all counties) into the registry: code, name, name.
pub async fn put_places(bed: &Bed, places: &[(&str, &str, &str)]) {
    let places: Vec<PlaceDetails> = places
        .iter()
        .map(|(code, zh, en)| PlaceDetails {
            code: PlaceCode::parse(code).expect("a place"),
            name_zh: (*zh).into(),
            name_en: (*en).into(),
            lon: None,
            lat: None,
            outline: None,
        })
        .collect();
    let area = places[0].code.area().unwrap_or(AreaCode::NONE);
    submit(bed, area, registry::Command::PutPlaces(PutPlaces { places })).await;
}

/// Sends a command of the registry past the API, as the server's own pages do.
pub async fn submit(bed: &Bed, area: AreaCode, command: registry::Command) {
    let envelope = ledger::Envelope {
        id: CommandId(Uuid::now_v7()),
        area,
        event_time: bed.app.now(),
        clock_offset: Span(0),
        device: None,
        actor: ledger::Actor { user: "test".into(), holder: None },
        command: Command::Registry(command),
    };
    let outcomes = bed.app.submit(ledger::Priority::Normal, vec![envelope]).await;
    let outcomes = outcomes.expect("written");
    assert_eq!(outcomes[0].status, ledger::Status::Accepted, "{:?}", outcomes[0].refusal);
}
