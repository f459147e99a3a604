//! The server: pages, API, sign-in, live updates. It knows HTTP and people; the desks know the
//! work, and the ledger is the only way to change anything.
//!
//! # How to add a page
//! In `pages/rounds.rs` (and one line in [`pages::all`]):
//!
//! ```ignore
//! pub fn register(routes: &mut Routes) {
//!     routes.get("/testing/rounds", Policy::any_of([Commander, District]), rounds);
//!     routes.nav(Group::Testing, "/testing/rounds", "nav-rounds");   // texts in locales/*/testing.ftl
//! }
//!
//! async fn rounds(seat: Seat) -> Answer {
//!     let mut db = seat.db().await?;
//!     let found = testing::views::rounds(&mut db, seat.scope()).await?;
//!     let table = Table::new(t!(seat, "rounds"), vec![Column::new("name", t!(seat, "round-name"))])
//!         .empty(t!(seat, "rounds-empty"))
//!         .csv("rounds")
//!         .rows(found.iter().map(|r| vec![Cell::link(&seat.link(&format!("/testing/rounds/{}", r.id)), &r.name)]));
//!     Ok(table.answer(&seat, t!(seat, "rounds")))
//! }
//! ```
//!
//! - **Areas.** [`seat::Seat::scope`] is checked already: it comes from `?area=` or from a path
//!   parameter `{area}`, `{place}` or `{unit}`, or is the actor's own. A county that the handler
//!   learns only from the store is checked with [`seat::Seat::require`].
//! - **Errors.** Handlers return [`seat::Answer`] and use `?`: a [`types::Refusal`], a
//!   [`types::ParseError`] and the errors of store and ledger become the error page, or JSON
//!   below `/api/`. Every refusal code needs `refusal-CODE` and `refusal-CODE-next` in both
//!   languages; a test looks for them.
//! - **Forms.** Show [`ui::form::Form`] (it carries the anti-forgery token), take
//!   [`ui::form::FormData`] as the last argument, collect [`ui::form::Errors`], show the form
//!   again with them, or `seat.go("/where/next")`.
//! - **Changes.** Build a [`ledger::Envelope`] and give it to [`App::submit`] (it also rings the
//!   live updates). Never write a table from here, except the server's own through
//!   [`ledger::Engine::operate`].
//! - **Live parts.** Wrap the part in [`ui::parts::live`] with its topics, and answer
//!   `seat.wants_fragment("name")` with `seat.fragment(part)`.
//! - **The first page.** `routes.waiting([Role::Courier], |seat, grant| Box::pin(…))` adds figures
//!   to it: what waits for that role, each with the link to its list.
//! - **Often called routes.** A checkpoint's look-up takes `.allowance(None)`; imports are
//!   `.bulk()`, emergency care is `.urgent()`; `.body_limit(bytes)`, `.timeout_seconds(n)`.
//! - **The table of routes.** `cargo test -p songhua-server` fails until the snapshot of routes,
//!   policies and classes names the new route.
//!
//! No inline script or style: the content security policy forbids both.

pub mod access;
pub mod accounts;
pub mod api;
mod app;
pub mod areas;
pub mod assets;
mod codes;
pub mod config;
pub mod csrf;
pub mod events;
mod fault;
pub mod feed;
pub mod field;
pub mod guard;
pub mod house;
pub mod i18n;
pub mod imports;
pub mod looks;
pub mod metrics;
pub mod overload;
mod own_account;
pub mod pages;
pub mod pass;
pub mod passwords;
mod past;
mod periodic;
pub mod photos;
pub mod rates;
pub mod rehearsal;
pub mod replans;
pub mod results;
mod reviews;
pub mod routes;
pub mod seat;
pub mod secrets;
mod serve;
pub mod sessions;
pub mod shell;
pub mod sign_codes;
pub mod signin;
pub mod supply_clock;
pub mod tables;
pub mod ui;
pub mod zone_clock;

use std::path::PathBuf;

pub use app::{App, KEYS};
pub use codes::Enrolment;
pub use config::Config;
pub use fault::Fault;
pub use serve::{serve, shutdown_signal};
pub use shell::service;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, ServerError>;

/// Why the server does not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error("data directory {0}: {1}")]
    Data(PathBuf, String),
    /// The key file cannot be used.
    #[error("key file {0}")]
    Secrets(String),
    /// The zone is not known.
    #[error("time zone {0:?} is not known: use an IANA name like Asia/Shanghai")]
    Zone(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// The first look at the data failed.
    #[error("starting: {0}")]
    Start(String),
    /// The listener failed.
    #[error("listening: {0}")]
    Listen(#[from] std::io::Error),
}
