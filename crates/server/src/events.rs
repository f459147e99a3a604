//! Live updates to browsers: a watcher names topics, and is told that a topic changed, at most
//! once a second. It then fetches the part of the page again. Nothing is sent per commit.
//!
//! A topic is `DESK:SCOPE`, for example `testing:220202` or `testing:2202`: something of that
//! desk changed in an area of that scope.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use store::Dialect;
use tokio::sync::{Notify, watch};
use tokio::time::MissedTickBehavior;
use types::{AreaCode, AreaScope, ParseError, Refusal};

use crate::access::{Action, Policy, Resource, Role, can};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::tables::LAST_ENTRY;
use crate::{App, Fault};

/// Most often that a topic is announced.
pub const PACE: Duration = Duration::from_secs(1);
/// How often a silent stream says that it is alive, so that proxies keep it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often other nodes' writes are looked for.
const FOLLOW: Duration = Duration::from_secs(3);
/// Most topics of one watcher.
const TOPICS: usize = 16;

/// Whether a word can be the desk of a topic: a letter or more, small, without hyphens.
pub fn is_desk(word: &str) -> bool {
    (1..=20).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
}

/// What a watcher waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The desk, for example `testing`.
    pub desk: String,
    /// The areas.
    pub scope: AreaScope,
}

impl Topic {
    /// Reads `desk:scope`.
    ///
    /// # Errors
    /// [`ParseError`] for any other form.
    pub fn parse(text: &str) -> Result<Topic, ParseError> {
        let wrong = || ParseError::new("topic", text, "desk:scope");
        let (desk, scope) = text.split_once(':').ok_or_else(wrong)?;
        if !is_desk(desk) {
            return Err(wrong());
        }
        Ok(Topic { desk: desk.to_owned(), scope: AreaScope::parse(scope)? })
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.desk, self.scope)
    }
}

type Bell = watch::Sender<u64>;

#[derive(Debug, Default)]
struct Board {
    dirty: HashSet<(&'static str, AreaCode)>,
    all_dirty: bool,
    bells: HashMap<Topic, Bell>,
}

/// The hub: what has changed since the last ring, and who waits for what.
#[derive(Clone, Debug)]
pub struct Hub {
    board: Arc<Mutex<Board>>,
    stirred: Arc<Notify>,
    watchers: Arc<AtomicUsize>,
    rings: Arc<AtomicU64>,
    room: usize,
    closing: Arc<watch::Sender<bool>>,
}

impl Hub {
    /// A hub for at most `room` watchers.
    pub fn new(room: usize) -> Hub {
        Hub {
            board: Arc::default(),
            stirred: Arc::default(),
            watchers: Arc::default(),
            rings: Arc::default(),
            room,
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something of a desk changed in an area. Quick; rings nobody.
    pub fn mark(&self, desk: &'static str, area: AreaCode) {
        debug_assert!(is_desk(desk), "{desk:?} is no desk of a topic: nobody could watch it");
        self.board().dirty.insert((desk, area));
        self.stirred.notify_one();
    }

    /// Notes that something changed, nobody here knows what: another node wrote it.
    pub fn mark_all(&self) {
        self.board().all_dirty = true;
        self.stirred.notify_one();
    }

    /// Watchers at the moment.
    pub fn watchers(&self) -> usize {
        self.watchers.load(Ordering::Relaxed)
    }

    /// How often something was announced: whoever keeps what it has read asks whether that is still so.
    pub fn rings(&self) -> u64 {
        self.rings.load(Ordering::SeqCst)
    }

    /// Rings for what was noted since the last ring; gives the number of topics rung. Called
    /// once a [`PACE`].
    pub fn ring(&self) -> usize {
        let mut board = self.board();
        let dirty = std::mem::take(&mut board.dirty);
        let all = std::mem::take(&mut board.all_dirty);
        board.bells.retain(|_, bell| bell.receiver_count() > 0);
        if dirty.is_empty() && !all {
            return 0;
        }
        // Before anybody is told: whoever comes because of it finds nothing that was kept.
        self.rings.fetch_add(1, Ordering::SeqCst);
        let mut rung = 0;
        for (topic, bell) in &board.bells {
            let is_dirty = |(desk, area): &(&str, AreaCode)| {
                topic.desk == *desk && topic.scope.contains(*area)
            };
            if all || dirty.iter().any(is_dirty) {
                bell.send_modify(|n| *n += 1);
                rung += 1;
            }
        }
        rung
    }

    /// Ends all streams: the server is stopping, and browsers will come back to the next one.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Starts watching.
    ///
    /// # Errors
    /// 503 when there are too many watchers.
    pub fn watch(&self, topics: Vec<Topic>) -> Result<Watch, Fault> {
        let taken = self.watchers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
            (n < self.room).then_some(n + 1)
        });
        if taken.is_err() {
            return Err(Fault::overloaded(15));
        }
        let seat = WatcherSeat(self.watchers.clone());
        let mut board = self.board();
        let bells = topics
            .into_iter()
            .map(|topic| {
                let bell =
                    board.bells.entry(topic.clone()).or_insert_with(|| Bell::new(0)).subscribe();
                (topic, bell)
            })
            .collect();
        Ok(Watch { bells, closing: self.closing.subscribe(), _seat: seat })
    }
}

#[derive(Debug)]
struct WatcherSeat(Arc<AtomicUsize>);

impl Drop for WatcherSeat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One watcher.
#[derive(Debug)]
pub struct Watch {
    bells: Vec<(Topic, watch::Receiver<u64>)>,
    closing: watch::Receiver<bool>,
    _seat: WatcherSeat,
}

impl Watch {
    /// Waits until topics change; gives those that did, or `None` at the end.
    pub async fn changed(&mut self) -> Option<Vec<Topic>> {
        if *self.closing.borrow_and_update() {
            return None;
        }
        let rung = {
            let waits = self.bells.iter_mut().map(|(_, bell)| Box::pin(bell.changed()));
            let any = futures::future::select_all(waits);
            tokio::select! {
                _ = self.closing.changed() => return None,
                (result, at, _) = any => result.ok().map(|()| at)?,
            }
        };
        // `changed` has marked that one as seen; the others are still to be asked.
        let mut topics = Vec::new();
        for (n, (topic, bell)) in self.bells.iter_mut().enumerate() {
            if n == rung || bell.has_changed().unwrap_or(false) {
                bell.borrow_and_update();
                topics.push(topic.clone());
            }
        }
        Some(topics)
    }
}

/// Rings the hub while the server runs: at once after a change, then not before [`PACE`].
pub async fn run(app: App) {
    let hub = app.hub();
    loop {
        hub.stirred.notified().await;
        hub.ring();
        tokio::time::sleep(PACE).await;
    }
}

/// Follows what other nodes write, on a store that serves several: the number of the last
/// journal entry tells that there is something new, not what.
pub async fn follow_others(app: App) {
    if app.store().dialect() != Dialect::Postgres {
        return;
    }
    let mut pace = tokio::time::interval(FOLLOW);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let own = app.engine().progress();
    let mut seen = 0;
    loop {
        pace.tick().await;
        if app.hub().watchers() == 0 {
            continue;
        }
        // A store that does not answer now will next time; pages say what they show is of when.
        let Ok(last) = last_entry(&app).await else { continue };
        if last > seen.max(*own.borrow()) {
            app.hub().mark_all();
        }
        seen = last;
    }
}

async fn last_entry(app: &App) -> Result<i64, Fault> {
    let row = app.reader().await?.first(&LAST_ENTRY, &[]).await?;
    Ok(row.map_or(Ok(0), |row| row.int(0))?)
}

/// Who may watch: everyone with a page that changes by itself. What changed is not told.
const WATCHERS: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Ward,
    Role::Crew,
    Role::Shop,
    Role::Driver,
    Role::Volunteer,
    Role::Auditor,
    Role::Admin,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/events", WATCHERS, events).timeout_seconds(0);
}

async fn events(seat: Seat) -> Answer {
    let wanted = seat.param("topics").unwrap_or_default();
    let topics = wanted
        .split([',', ' '])
        .filter(|t| !t.is_empty())
        .map(Topic::parse)
        .collect::<Result<Vec<_>, _>>()
        // The page that asks stays as it is, and nobody sees why: the mistake is the program's.
        .inspect_err(|wrong| tracing::error!(%wrong, "a page watches what is no topic"))?;
    if topics.is_empty() || topics.len() > TOPICS {
        return Err(Refusal::new("topics-missing").with("limit", TOPICS).into());
    }
    for topic in &topics {
        can(seat.somebody(), Action::Open(WATCHERS), Resource::Scope(topic.scope))?;
    }
    Ok(respond(seat.app().hub().watch(topics)?))
}

/// The stream of a watcher, which says something at least once a [`HEARTBEAT`].
fn respond(watch: Watch) -> Response {
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Sse::new(stream(watch)).keep_alive(keep_alive).into_response()
}

fn stream(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    // Without data browsers do not tell the page of it.
    let hello = Event::default().event("hello").data("1").retry(Duration::from_secs(3));
    let first = futures::stream::once(async move { Ok(hello) });
    let rest = futures::stream::unfold(watch, |mut watch| async move {
        let topics = watch.changed().await?;
        let names: Vec<String> = topics.iter().map(ToString::to_string).collect();
        Some((Ok(Event::default().event("changed").data(names.join(" "))), watch))
    });
    futures::StreamExt::chain(first, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::parse(text).expect("a topic")
    }

    fn area(n: u32) -> AreaCode {
        AreaCode::new(n).expect("six digits")
    }

    #[tokio::test]
    async fn many_changes_ring_once_and_only_where_they_are() {
        let hub = Hub::new(10);
        let mut here =
            hub.watch(vec![topic("testing:2202"), topic("registry:220202")]).expect("room");
        let mut away = hub.watch(vec![topic("testing:2201")]).expect("room");
        for _ in 0..1_000 {
            hub.mark("testing", area(220_202));
            hub.mark("testing", area(220_203));
        }
        assert_eq!(hub.ring(), 1);
        assert_eq!(hub.ring(), 0);
        assert_eq!(here.changed().await, Some(vec![topic("testing:2202")]));
        hub.mark("registry", area(220_202));
        hub.mark("testing", area(220_202));
        assert_eq!(hub.ring(), 2);
        let both = here.changed().await.expect("still open");
        assert_eq!(both.len(), 2);
        assert!(tokio::time::timeout(Duration::ZERO, away.changed()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_kept_alive_through_a_minute_of_silence() {
        let hub = Hub::new(1);
        let watch = hub.watch(vec![topic("testing:2202")]).expect("room");
        let mut body = respond(watch).into_body().into_data_stream();
        // The clock jumps to whatever comes next.
        let begun = tokio::time::Instant::now();
        let mut next = async || {
            let piece =
                futures::StreamExt::next(&mut body).await.expect("goes on").expect("a piece");
            (String::from_utf8_lossy(&piece).into_owned(), begun.elapsed().as_secs())
        };
        let (hello, at) = next().await;
        assert!(hello.contains("event: hello") && at == 0, "{hello:?} after {at} s");
        for heartbeat in 1..=4 {
            assert_eq!(next().await, (":\n\n".to_owned(), 15 * heartbeat));
        }
        assert_eq!(hub.watchers(), 1, "it is still there after a minute");
        hub.mark("testing", area(220_202));
        assert_eq!(hub.ring(), 1);
        let (changed, at) = next().await;
        assert!(changed.contains("event: changed") && at == 60, "{changed:?} after {at} s");
    }

    #[tokio::test]
    async fn watchers_are_bounded_and_go_away() {
        let hub = Hub::new(1);
        let first = hub.watch(vec![topic("testing:2202")]).expect("room");
        assert!(hub.watch(vec![topic("testing:2202")]).is_err());
        drop(first);
        assert_eq!(hub.watchers(), 0);
        let mut second = hub.watch(vec![topic("testing:2202")]).expect("room again");
        hub.close();
        assert_eq!(second.changed().await, None);
        drop(second);
        hub.ring();
        assert!(hub.board().bells.is_empty());
    }

    #[tokio::test]
    async fn what_another_node_wrote_rings_everybody() {
        let hub = Hub::new(10);
        let mut here = hub.watch(vec![topic("testing:2202")]).expect("room");
        let mut away = hub.watch(vec![topic("registry:2201")]).expect("room");
        hub.mark_all();
        assert_eq!(hub.ring(), 2);
        assert!(here.changed().await.is_some() && away.changed().await.is_some());
        assert_eq!(hub.ring(), 0);
    }

    #[test]
    fn a_topic_is_a_desk_and_a_scope() {
        assert_eq!(topic("testing:2202").to_string(), "testing:2202");
        assert_eq!(topic("testing:").scope, AreaScope::ALL);
        for wrong in ["", "testing", "Testing:22", "trip-plans:22", "testing:2", ":22"] {
            assert!(Topic::parse(wrong).is_err(), "{wrong}");
        }
    }
}
