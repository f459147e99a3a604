//! The laboratory feed: results come in as HL7 messages or CSV files and become results of tubes.
//!
//! | way in | module |
//! |---|---|
//! | MLLP connection | [`listener`] → [`intake`] |
//! | `POST /api/v1/lab-results` | [`api`] → [`intake`] or [`file`] |
//! | upload page | `pages::feed::upload` → [`file`] |
//!
//! All of them end in the same steps: [`draft`] says what a result means, [`laboratory`] whose it
//! is, [`tube`] of which tube, and [`sort`] puts them together into a command for the testing
//! desk. What cannot be recorded at once waits in the [`queue`], with the reason; it is recorded
//! by itself when its tube becomes known, or by a person, or dismissed with a reason.
//!
//! Three promises, each with its test:
//! - **Nothing is lost.** Whatever arrived is kept, sealed, with what became of it: `items =
//!   recorded + duplicate + waiting + rejected + dismissed`, for each message and file.
//! - **Nothing counts twice.** The commands' ids hang on the message ([`Origin`]), so sending it
//!   again, or the program's end between any two steps, changes nothing.
//! - **No reply before it is durable.** A message that could not be kept gets a reply that says
//!   to send it again, or none.
//!
//! Messages are kept in tables of the feed's own ([`tables`]), which are not derived from the
//! journal. The bytes are sealed with the keys of people's data, since a laboratory may send
//! names; pages show them masked ([`masked`]), and a look at the clear text is recorded.
//!
//! A line of MLLP has no sign-in: whoever can connect is believed to be the laboratory that it
//! says it is. Let it listen on this machine or inside a private network only.

pub mod api;
pub mod draft;
pub mod file;
pub mod intake;
pub mod item;
pub mod laboratory;
pub mod listener;
pub mod lists;
pub mod masked;
pub mod message;
pub mod queue;
pub mod raw;
pub mod sort;
pub mod tables;
pub mod tube;
mod wait;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use hl7::{ParseOptions, ZoneOffset, message::Limits, oru};
use tokio::sync::{Mutex, MutexGuard, Notify, Semaphore};
use types::{AreaCode, Micros};

use crate::App;

pub use file::Progress;
pub use intake::{Carrier, Reply, receive};
pub use item::{Item, ItemKey, ItemState};
pub use listener::serve;
pub use message::{Channel, Counts, Format, Message, MessageId, Origin, State};

/// The feed in topics of live updates.
pub const TOPIC: &str = "feed";
/// The longest message, in bytes.
pub const MESSAGE_BYTES: usize = 1 << 20;
/// Files that are read at the same time.
const FILES: usize = 2;
/// How often the queue is gone through even when nothing has happened.
const ROUND: Duration = Duration::from_secs(60);
/// At least this long between two looks at the queue.
const PACE: Duration = Duration::from_secs(3);

/// What the feed keeps in memory: nothing that would be missed after a restart.
#[derive(Debug)]
pub struct Feed {
    locks: [Mutex<()>; 64],
    wake: Notify,
    progress: StdMutex<HashMap<MessageId, Progress>>,
    line: StdMutex<LineState>,
    files: Semaphore,
}

/// The line without sign-in since the server started: a sign of life, not a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineState {
    /// Where it listens; `None` while it does not.
    pub listening: Option<SocketAddr>,
    /// Messages that came whole, repeated and refused ones with them.
    pub messages: u64,
    /// Frames that were cut off or too long.
    pub broken: u64,
    /// When the last of either came.
    pub last_at: Option<Micros>,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed {
            locks: std::array::from_fn(|_| Mutex::new(())),
            wake: Notify::new(),
            progress: StdMutex::default(),
            line: StdMutex::default(),
            files: Semaphore::new(FILES),
        }
    }
}

impl Feed {
    /// Lets one caller at a time work on something. A caller holds one at most.
    pub(crate) async fn lock(&self, what: &[&[u8]]) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.locks[(hasher.finish() % 64) as usize].lock().await
    }

    /// Tells the watchers that something changed.
    pub(crate) fn stirred(&self, app: &App, area: AreaCode) {
        app.hub().mark(TOPIC, area);
    }

    /// Has the queue gone through soon.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// How far a file is that is being read at the moment.
    pub fn progress(&self, id: MessageId) -> Option<Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// How the line does.
    pub fn line(&self) -> LineState {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_line(&self, change: impl FnOnce(&mut LineState)) {
        change(&mut self.line.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn set_progress(&self, id: MessageId, progress: Option<Progress>) {
        let mut all = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => all.insert(id, progress),
            None => all.remove(&id),
        };
    }
}

/// What goes on behind the pages while the server runs: files that a restart interrupted are
/// taken up again, and items whose tube has become known are recorded.
pub async fn run(app: App) {
    let mut journal = app.engine().progress();
    loop {
        file::resume(&app).await;
        if let Err(fault) = queue::rematch(&app).await {
            tracing::warn!(inside = fault.inside, "the laboratory queue was not gone through");
        }
        tokio::time::sleep(PACE).await;
        tokio::select! {
            changed = journal.changed() => if changed.is_err() { return },
            () = app.feed().wake.notified() => {}
            () = tokio::time::sleep(ROUND) => {}
        }
    }
}

/// The zone of laboratory times without an offset: that of the pages, as it is now.
pub fn zone(app: &App) -> ZoneOffset {
    let now = jiff::Timestamp::from_microsecond(app.now().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let seconds = app.zone().to_offset(now).seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    let text = format!("{sign}{:02}{:02}", minutes / 60, minutes % 60);
    ZoneOffset::parse(&text).unwrap_or(ZoneOffset::CHINA)
}

/// How messages are parsed.
pub(crate) fn parse_options() -> ParseOptions {
    let limits = Limits { bytes: MESSAGE_BYTES, ..Limits::default() };
    ParseOptions { limits, ..ParseOptions::default() }
}

/// How results are read out of messages.
pub(crate) fn read_options(app: &App) -> oru::Options {
    oru::Options { zone: zone(app), ..oru::Options::default() }
}
