//! Sessions: a random token in a cookie (browsers) or in `Authorization: Bearer` (devices). Only
//! the token's SHA-256 is stored, so a copy of the database signs nobody in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{Operation, Priority};
use sha2::{Digest, Sha256};
use store::Value;
use types::{AreaCode, AreaScope, HouseholdId, Micros, Span};

use crate::access::{Actor, Grant, Role};
use crate::config::{Lifetime, SessionLimits};
use crate::secrets::{Purpose, random_bytes};
use crate::tables::{
    SESSION_BY_TOKEN, SESSION_END, SESSION_PUT, SESSION_SEEN, SESSIONS_END, SESSIONS_PRUNE,
};
use crate::{App, Fault, accounts};

/// How long a cached session is believed before the store is asked again. On the node that ends
/// a session it ends at once; on other nodes within this time.
const BELIEVED: Span = Span::seconds(30);
/// How often the last use of a session is written down.
const SEEN_EVERY: Span = Span::minutes(5);
/// Most sessions held in memory.
const CACHED: usize = 100_000;

/// Where a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A browser of staff.
    Web,
    /// A field device or another program, with a bearer token.
    Device,
    /// A household in its browser.
    Resident,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Kind::Web => "web",
            Kind::Device => "device",
            Kind::Resident => "resident",
        }
    }

    fn parse(text: &str) -> Option<Kind> {
        [Kind::Web, Kind::Device, Kind::Resident].into_iter().find(|k| k.as_str() == text)
    }

    /// How long such a session lasts.
    pub const fn lifetime(self, limits: &SessionLimits) -> Lifetime {
        match self {
            Kind::Web => limits.web,
            Kind::Device => limits.device,
            Kind::Resident => limits.resident,
        }
    }
}

/// Whether a session is over. Pure.
pub fn is_over(lifetime: Lifetime, created: Micros, seen: Micros, now: Micros) -> bool {
    now >= created + lifetime.absolute || now >= seen + lifetime.idle
}

/// The key under which a token is stored.
pub type Key = [u8; 32];

/// The key of a token.
pub fn key_of(token: &str) -> Key {
    Sha256::digest(token.as_bytes()).into()
}

/// An open session.
#[derive(Debug)]
pub struct Session {
    /// SHA-256 of its token.
    pub key: Key,
    /// Where it lives.
    pub kind: Kind,
    /// Who it is.
    pub actor: Arc<Actor>,
    /// The anti-forgery token of its forms.
    pub csrf: String,
    /// The device, as it names itself.
    pub device: Option<String>,
    created: Micros,
    seen: AtomicI64,
    written: AtomicI64,
    checked: Micros,
}

#[cfg(test)]
impl Session {
    /// A session that is in no store, for tests of what a handler does with its seat.
    pub(crate) fn for_test(actor: Actor) -> Session {
        Session {
            key: [0; 32],
            kind: Kind::Web,
            actor: Arc::new(actor),
            csrf: String::new(),
            device: None,
            created: Micros(0),
            seen: AtomicI64::new(0),
            written: AtomicI64::new(0),
            checked: Micros(0),
        }
    }
}

/// The sessions in memory.
#[derive(Debug, Default)]
pub struct Sessions {
    cache: RwLock<HashMap<Key, Arc<Session>>>,
    // Counts what was ended or changed: what was read from the store before is not kept.
    ended: AtomicU64,
}

impl Sessions {
    fn cached(&self, key: &Key) -> Option<Arc<Session>> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, session: Arc<Session>, ended_before: u64) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if self.ended.load(Ordering::SeqCst) != ended_before {
            return;
        }
        if cache.len() >= CACHED {
            // They are read again when they are used again.
            cache.clear();
        }
        cache.insert(session.key, session);
    }

    fn drop_key(&self, key: &Key) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        self.ended.fetch_add(1, Ordering::SeqCst);
        cache.remove(key);
    }

    /// Forgets what is cached of an account, so that its next request reads it afresh.
    pub fn forget(&self, login: &str) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        self.ended.fetch_add(1, Ordering::SeqCst);
        cache.retain(|_, session| session.actor.user != login);
    }

    /// Sessions in memory.
    pub fn len(&self) -> usize {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is in memory.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Who a new session is for.
#[derive(Clone, Debug)]
pub enum Owner {
    /// An account.
    Account(String),
    /// A household.
    Household(AreaCode, HouseholdId),
}

impl App {
    /// Opens a session; gives its token, which is not stored anywhere.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn open_session(
        &self,
        kind: Kind,
        owner: &Owner,
        device: Option<&str>,
    ) -> Result<String, Fault> {
        let token = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let now = self.wall();
        let (login, household, area) = match owner {
            Owner::Account(login) => (Value::from(login.as_str()), Value::Null, Value::Null),
            Owner::Household(area, id) => (Value::Null, (*id).into(), (*area).into()),
        };
        let row = vec![
            key_of(&token).to_vec().into(),
            kind.as_str().into(),
            login,
            household,
            area,
            device.map(|d| d.chars().take(80).collect::<String>()).into(),
            now.into(),
            now.into(),
        ];
        self.engine().operate(Priority::Urgent, vec![Operation::Insert(&SESSION_PUT, row)]).await?;
        Ok(token)
    }

    /// The session of a token from memory, if it is there, fresh and not over.
    pub fn cached_session(&self, key: &Key) -> Option<Arc<Session>> {
        let now = self.wall();
        let session = self.sessions().cached(key)?;
        if now - session.checked >= BELIEVED || self.session_over(&session, now) {
            return None;
        }
        self.touch(&session, now);
        Some(session)
    }

    /// The session of a token, from the store.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn stored_session(&self, key: &Key) -> Result<Option<Arc<Session>>, Fault> {
        let now = self.wall();
        let ended_before = self.sessions().ended.load(Ordering::SeqCst);
        let mut db = self.reader().await?;
        // Uses that are not written down yet are known here.
        let seen_here = self.sessions().cached(key).map(|s| s.seen.load(Ordering::Relaxed));
        let found = db.first(&SESSION_BY_TOKEN, &[key.to_vec().into()]).await?;
        let Some(row) = found else {
            self.sessions().drop_key(key);
            return Ok(None);
        };
        let kind = Kind::parse(row.text(0)?).ok_or_else(|| Fault::internal("session kind"))?;
        let (created, written) = (row.time(5)?, row.int(6)?);
        let seen = seen_here.map_or(written, |here| here.max(written));
        let actor = match (row.opt_text(1)?, row.opt_id(2)?, row.opt_int(3)?) {
            (Some(login), _, _) => match accounts::find(&mut db, login).await? {
                Some(account) if !account.disabled => Some(account.actor()),
                _ => None,
            },
            (None, Some(household), Some(area)) => {
                Some(resident(AreaCode::from_stored(area), HouseholdId::from_bytes(household)))
            }
            _ => None,
        };
        let Some(actor) = actor else {
            self.sessions().drop_key(key);
            return Ok(None);
        };
        let session = Session {
            key: *key,
            kind,
            actor: Arc::new(actor),
            csrf: self.secrets().token(Purpose::Csrf, key),
            device: row.opt_text(4)?.map(str::to_owned),
            created,
            seen: AtomicI64::new(seen),
            written: AtomicI64::new(written),
            checked: now,
        };
        if self.session_over(&session, now) {
            self.close_session(key).await?;
            return Ok(None);
        }
        let session = Arc::new(session);
        self.sessions().keep(session.clone(), ended_before);
        self.touch(&session, now);
        Ok(Some(session))
    }

    fn session_over(&self, session: &Session, now: Micros) -> bool {
        let lifetime = session.kind.lifetime(&self.config().sessions);
        is_over(lifetime, session.created, Micros(session.seen.load(Ordering::Relaxed)), now)
    }

    /// Notes the use of a session; writes it down now and then, without waiting.
    fn touch(&self, session: &Session, now: Micros) {
        session.seen.store(now.0, Ordering::Relaxed);
        let written = session.written.load(Ordering::Relaxed);
        if now.0 - written < SEEN_EVERY.0
            || session
                .written
                .compare_exchange(written, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let (engine, key) = (self.engine().clone(), session.key);
        tokio::spawn(async move {
            let seen = Operation::Execute(&SESSION_SEEN, vec![key.to_vec().into(), now.into()]);
            // Losing this write only makes the session end earlier.
            if let Err(error) = engine.operate(Priority::Bulk, vec![seen]).await {
                tracing::debug!(%error, "the use of a session was not written down");
            }
        });
    }

    /// Ends one session, at once.
    ///
    /// # Errors
    /// [`Fault`] when the store fails; on this node the session is over all the same.
    pub async fn close_session(&self, key: &Key) -> Result<(), Fault> {
        self.sessions().drop_key(key);
        let end = Operation::Execute(&SESSION_END, vec![key.to_vec().into()]);
        self.engine().operate(Priority::Urgent, vec![end]).await?;
        // A request may have read the store before the end was written.
        self.sessions().drop_key(key);
        Ok(())
    }

    /// Ends all sessions of an account, except one.
    ///
    /// # Errors
    /// As [`App::close_session`].
    pub async fn end_sessions(&self, login: &str, except: Option<&Key>) -> Result<(), Fault> {
        let kept = except.map_or_else(Vec::new, |key| key.to_vec());
        let end = Operation::Execute(&SESSIONS_END, vec![login.into(), kept.into()]);
        self.engine().operate(Priority::Urgent, vec![end]).await?;
        self.sessions().forget(login);
        Ok(())
    }

    /// Deletes sessions that nobody has used for longer than any lifetime.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn prune_sessions(&self) -> Result<u64, Fault> {
        let limits = &self.config().sessions;
        let longest = [limits.web, limits.device, limits.resident]
            .into_iter()
            .map(|l| l.idle)
            .max()
            .unwrap_or_default();
        let prune = Operation::Execute(&SESSIONS_PRUNE, vec![(self.wall() - longest).into()]);
        let changed = self.engine().operate(Priority::Bulk, vec![prune]).await?;
        Ok(changed.first().copied().unwrap_or_default())
    }
}

fn resident(area: AreaCode, household: HouseholdId) -> Actor {
    let grant = Grant { role: Role::Resident, scope: AreaScope::one(area), holder: None };
    Actor {
        user: format!("household:{household}"),
        name: String::new(),
        grants: vec![grant],
        household: Some(household),
        must_change: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_unused_and_in_any_case_at_last() {
        let life = Lifetime { idle: Span::hours(1), absolute: Span::hours(8) };
        let t = |h: i64| Micros(0) + Span::hours(h);
        assert!(!is_over(life, t(0), t(0), t(1) - Span(1)));
        assert!(is_over(life, t(0), t(0), t(1)));
        assert!(!is_over(life, t(0), t(7), t(8) - Span(1)));
        assert!(is_over(life, t(0), t(8), t(8)));
    }
}
