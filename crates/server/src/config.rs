//! How the server is set up: where it listens, where its data is, what it allows.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use types::{Micros, Span};

use crate::rehearsal::Rehearsal;

/// The clock of the machine, or of a test.
pub type Clock = Arc<dyn Fn() -> Micros + Send + Sync>;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| Micros(jiff::Timestamp::now().as_microsecond()))
}

/// The settings. [`Config::new`] has the defaults; change fields before [`crate::App::open`].
#[derive(Clone)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where laboratories' MLLP connections are taken; `None` for nowhere. The line has no
    /// sign-in: an address of this machine or of a private network.
    pub mllp: Option<SocketAddr>,
    /// Directory of the data: the SQLite file, the secrets.
    pub data: PathBuf,
    /// The store; `None` for SQLite in the data directory.
    pub store: Option<String>,
    /// PostgreSQL schema to work in; `None` for the database's own.
    pub schema: Option<String>,
    /// Whether commits are forced to the disk (see [`store::StoreConfig::forced`]): always, but
    /// where nothing is lost with the data: in a drill, a demo and a test.
    pub forced: bool,
    /// The address by which people reach the server, for example `https://songhua.example`.
    /// With `https:` cookies are marked secure.
    pub public_url: Option<String>,
    /// Whether a reverse proxy stands before the server: then the caller's address is the last
    /// one of `X-Forwarded-For`. Without a proxy that header is a claim of the caller's.
    pub behind_proxy: bool,
    /// The zone in which pages show times (IANA name).
    pub zone: String,
    /// The clock of the ledger and the pages: the machine's, or a drill's.
    pub clock: Clock,
    /// The clock of sessions, lock-outs and rate limits: always real time, except in tests.
    pub wall: Clock,
    /// Most commands before the ledger's writer (see [`ledger::EngineConfig::queue`]).
    pub queue: usize,
    /// Longest that work which can wait may have to wait (see
    /// [`ledger::EngineConfig::longest_wait`]).
    pub longest_wait: Duration,
    /// Most commands in one commit.
    pub group: usize,
    /// How long sessions last.
    pub sessions: SessionLimits,
    /// How much is taken at once.
    pub limits: Limits,
    /// The drill that this server is part of; `None` for real work.
    pub rehearsal: Option<Arc<dyn Rehearsal>>,
}

/// How long a session lasts: from its last use, and at most.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Without use.
    pub idle: Span,
    /// In all.
    pub absolute: Span,
}

/// Lifetimes by kind of session.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Staff in a browser: a shift.
    pub web: Lifetime,
    /// A field device: it must work for days without network and still be able to sync.
    pub device: Lifetime,
    /// A household.
    pub resident: Lifetime,
}

/// A token bucket: this many a second, and this many at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Refill, tokens a second.
    pub per_second: f64,
    /// Size of the bucket.
    pub burst: f64,
}

impl Rate {
    /// A rate.
    pub const fn new(per_second: f64, burst: f64) -> Rate {
        Rate { per_second, burst }
    }
}

/// What the server takes at once; more is shed with 503 or 429 and `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Requests in work, by class: bulk, normal, urgent.
    pub requests: [usize; 3],
    /// Bytes of request bodies in work, by class: bulk, normal, urgent.
    pub body_bytes: [usize; 3],
    /// Password checks at once (each takes 19 MiB and one core).
    pub password_checks: usize,
    /// Callers that may wait for a password check; more are shed.
    pub password_waiting: usize,
    /// Clients that watch for live updates.
    pub watchers: usize,
    /// Pages, by session or address.
    pub page_rate: Rate,
    /// API calls, by session.
    pub api_rate: Rate,
    /// Sign-ins and household codes, by address.
    pub sign_in_rate: Rate,
    /// Longest file of an import, in bytes.
    pub upload_bytes: u64,
    /// Reviews of an earlier moment that wait for their turn or are being read.
    pub reviews: usize,
    /// Longest time that one review may take, in seconds; with 0 none is made.
    pub review_seconds: u64,
    /// Longest time to answer, in seconds (streams apart).
    pub timeout_seconds: u64,
    /// Longest wait for running requests at shutdown, in seconds.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: usize = 1 << 20;
        Limits {
            connections: 10_000,
            requests: [64, 512, 1024],
            body_bytes: [256 * MIB, 128 * MIB, 64 * MIB],
            password_checks: 2,
            password_waiting: 64,
            watchers: 8_000,
            page_rate: Rate::new(20.0, 100.0),
            api_rate: Rate::new(500.0, 2_000.0),
            sign_in_rate: Rate::new(0.5, 20.0),
            // A list of a hundred bytes a row holds twenty million people below it.
            upload_bytes: 2 << 30,
            reviews: 4,
            review_seconds: 600,
            timeout_seconds: 30,
            drain_seconds: 20,
        }
    }
}

impl Default for SessionLimits {
    fn default() -> SessionLimits {
        SessionLimits {
            web: Lifetime { idle: Span::hours(2), absolute: Span::hours(16) },
            device: Lifetime { idle: Span::days(3), absolute: Span::days(14) },
            resident: Lifetime { idle: Span::hours(1), absolute: Span::hours(12) },
        }
    }
}

impl Config {
    /// The defaults for a data directory and an address to listen on.
    pub fn new(data: impl Into<PathBuf>, listen: SocketAddr) -> Config {
        Config {
            listen,
            mllp: None,
            data: data.into(),
            store: None,
            schema: None,
            forced: true,
            public_url: None,
            behind_proxy: false,
            zone: "Asia/Shanghai".into(),
            clock: system_clock(),
            wall: system_clock(),
            queue: 20_000,
            longest_wait: Duration::from_secs(1),
            group: 4_000,
            sessions: SessionLimits::default(),
            limits: Limits::default(),
            rehearsal: None,
        }
    }

    /// Whether people reach the server by https.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https:"))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's address may carry a password.
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("mllp", &self.mllp)
            .field("data", &self.data)
            .field("public_url", &self.public_url)
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}
