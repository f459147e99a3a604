//! Latest results by person, for checkpoints: many at once, from memory where it is fresh.
//!
//! Requests that come together are answered by one query. What was read is kept until the
//! ledger commits something about that person; a new swab replaces it without another reading.
//! When entries of the journal went past this node, everything is forgotten.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::Store;
use testing::views::{self, PersonResult};
use tokio::sync::{mpsc, oneshot};
use types::{AreaCode, PersonId};

use crate::house::State;

/// How long an answer may be kept when nothing contradicts it. A bound for the case that this node
/// cannot see what others write, since its writer has lost the store.
const FRESH: Duration = Duration::from_secs(60);
/// Answers kept in each of the shards; a full shard starts anew.
const KEPT: usize = 8_192;
const SHARDS: usize = 32;
/// Persons asked for in one query.
const TOGETHER: usize = 512;
/// Queries under way at once.
const ASKERS: usize = 2;

/// A person's latest result, or that there is none.
pub type Latest = Option<Arc<PersonResult>>;

/// What is kept. Clones share it.
#[derive(Clone)]
pub struct Results {
    inner: Arc<Inner>,
}

struct Inner {
    shards: Vec<Shard>,
    // Set when the store is known: the watcher must exist before the engine does.
    ask: Mutex<Option<mpsc::UnboundedSender<Ask>>>,
}

#[derive(Default)]
struct Shard {
    kept: Mutex<HashMap<PersonId, (Latest, Instant)>>,
    // Rises with every invalidation, so that an answer read before it is not kept after it.
    changes: AtomicU64,
}

struct Ask {
    area: AreaCode,
    person: PersonId,
    reply: oneshot::Sender<Result<Latest, String>>,
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}

impl Default for Results {
    fn default() -> Results {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Results { inner: Arc::new(Inner { shards, ask: Mutex::new(None) }) }
    }
}

impl Results {
    /// Begins to answer from a store.
    pub fn start(&self, store: &Store) {
        let (ask, asked) = mpsc::unbounded_channel();
        let asked = Arc::new(tokio::sync::Mutex::new(asked));
        for _ in 0..ASKERS {
            tokio::spawn(answer_all(Arc::downgrade(&self.inner), store.clone(), asked.clone()));
        }
        *self.inner.ask.lock().unwrap_or_else(PoisonError::into_inner) = Some(ask);
    }

    /// Takes over what a durable group of commands has changed, or forgets it.
    pub fn learn(&self, state: &State) {
        let mut news: HashMap<PersonId, Option<PersonResult>> = HashMap::new();
        for (person, swab) in views::changed(&state.testing) {
            // Who occurs twice is read again: the order of the two is the store's business.
            news.entry(person).and_modify(|known| *known = None).or_insert(swab);
        }
        for (person, swab) in news {
            match swab {
                Some(swab) => self.inner.renew(person, swab),
                None => self.inner.forget(person),
            }
        }
    }

    /// Forgets everything: somebody else has written to the journal.
    pub fn forget_all(&self) {
        for shard in &self.inner.shards {
            let mut kept = shard.kept.lock().unwrap_or_else(PoisonError::into_inner);
            shard.changes.fetch_add(1, Ordering::SeqCst);
            kept.clear();
        }
    }

    /// The latest result of a person.
    ///
    /// # Errors
    /// The reason, in words for the log, when the store could not be read.
    pub async fn latest(&self, area: AreaCode, person: PersonId) -> Result<Latest, String> {
        if let Some(kept) = self.inner.kept(person) {
            return Ok(kept);
        }
        let (reply, answer) = oneshot::channel();
        let ask = self.inner.ask.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ask = ask.ok_or("results are not started")?;
        ask.send(Ask { area, person, reply }).map_err(|_| "results have stopped")?;
        answer.await.map_err(|_| "results have stopped")?
    }
}

impl Inner {
    fn shard(&self, person: PersonId) -> &Shard {
        // The last byte of an id is random in every form of id that we make.
        &self.shards[usize::from(person.bytes()[15]) % SHARDS]
    }

    fn kept(&self, person: PersonId) -> Option<Latest> {
        let kept = self.shard(person).kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (latest, at) = kept.get(&person)?;
        (at.elapsed() < FRESH).then(|| latest.clone())
    }

    fn forget(&self, person: PersonId) {
        let shard = self.shard(person);
        let mut kept = shard.kept.lock().unwrap_or_else(PoisonError::into_inner);
        shard.changes.fetch_add(1, Ordering::SeqCst);
        kept.remove(&person);
    }

    /// Replaces what is kept of a person by a later swab. Nothing is kept of whom nobody has asked
    /// for: a swab that came late may not be the latest.
    fn renew(&self, person: PersonId, swab: PersonResult) {
        let shard = self.shard(person);
        let mut kept = shard.kept.lock().unwrap_or_else(PoisonError::into_inner);
        shard.changes.fetch_add(1, Ordering::SeqCst);
        if let Some((latest, _)) = kept.get_mut(&person) {
            let later = latest.as_ref().is_none_or(|known| known.when() < swab.when());
            if later {
                *latest = Some(Arc::new(swab));
            }
        }
    }

    fn keep(&self, person: PersonId, latest: Latest, changes: u64) {
        let shard = self.shard(person);
        let mut kept = shard.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.changes.load(Ordering::SeqCst) == changes {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(person, (latest, Instant::now()));
        }
    }
}

/// Takes all that is asked at a time and answers it with one query, for as long as anybody asks.
async fn answer_all(
    results: std::sync::Weak<Inner>,
    store: Store,
    asked: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Ask>>>,
) {
    loop {
        let mut asks = Vec::new();
        if asked.lock().await.recv_many(&mut asks, TOGETHER).await == 0 {
            return;
        }
        let Some(inner) = results.upgrade() else { return };
        let changes: Vec<u64> =
            asks.iter().map(|ask| inner.shard(ask.person).changes.load(Ordering::SeqCst)).collect();
        let persons: Vec<(AreaCode, PersonId)> =
            asks.iter().map(|ask| (ask.area, ask.person)).collect();
        let read = async {
            let mut db = store.reader().await.map_err(|e| e.to_string())?;
            views::latest(&mut db, &persons).await.map_err(|e| e.to_string())
        };
        let found = read.await.map(|found| {
            found.into_iter().map(|(id, r)| (id, Arc::new(r))).collect::<HashMap<_, _>>()
        });
        for (ask, changes) in asks.into_iter().zip(changes) {
            let latest = found.as_ref().map(|f| f.get(&ask.person).cloned()).map_err(Clone::clone);
            if let Ok(latest) = &latest {
                inner.keep(ask.person, latest.clone(), changes);
            }
            // Who asked may have gone away.
            let _ = ask.reply.send(latest);
        }
    }
}
