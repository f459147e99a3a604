//! What the server takes at once, by class. Each class has room of its own, so a flood of one
//! cannot crowd out a more urgent one; what does not fit is shed at once, before it costs memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::Priority;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits;

/// How urgent a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Imports, exports, anything that can wait.
    Bulk,
    /// The day's work.
    Normal,
    /// Emergency care, signing in, health checks: shed last.
    Urgent,
}

impl Class {
    /// All classes, the first to be shed first.
    pub const ALL: [Class; 3] = [Class::Bulk, Class::Normal, Class::Urgent];

    /// The word in tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Bulk => "bulk",
            Class::Normal => "normal",
            Class::Urgent => "urgent",
        }
    }

    /// The lane before the ledger's writer.
    pub const fn priority(self) -> Priority {
        match self {
            Class::Bulk => Priority::Bulk,
            Class::Normal => Priority::Normal,
            Class::Urgent => Priority::Urgent,
        }
    }
}

/// How full one class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fill {
    /// The class.
    pub class: Class,
    /// Requests in work.
    pub requests: usize,
    /// Most requests in work.
    pub requests_room: usize,
    /// Bytes of bodies in work.
    pub bytes: usize,
    /// Most bytes of bodies in work.
    pub bytes_room: usize,
    /// Requests shed since the start.
    pub shed: u64,
}

struct Lane {
    requests: Arc<Semaphore>,
    requests_room: usize,
    // One permit a KiB, since semaphores count in u32.
    bytes: Arc<Semaphore>,
    bytes_room: usize,
    shed: AtomicU64,
}

/// The gate before every route.
pub struct Gate {
    lanes: [Lane; 3],
}

/// Room for one request; gives it back when dropped.
#[derive(Debug)]
pub struct Room {
    _request: OwnedSemaphorePermit,
    _bytes: Option<OwnedSemaphorePermit>,
}

/// There is no room; the request was shed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shed;

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fill()).finish()
    }
}

impl Gate {
    /// A gate with the given room.
    pub fn new(limits: &Limits) -> Gate {
        let lane = |class: Class| {
            let (requests_room, bytes_room) =
                (limits.requests[class as usize], limits.body_bytes[class as usize]);
            Lane {
                requests: Arc::new(Semaphore::new(requests_room)),
                requests_room,
                bytes: Arc::new(Semaphore::new(bytes_room.div_ceil(1024))),
                bytes_room,
                shed: AtomicU64::new(0),
            }
        };
        Gate { lanes: Class::ALL.map(lane) }
    }

    /// Room for a request with a body of at most `body_bytes`.
    ///
    /// # Errors
    /// [`Shed`] when the class is full; nothing is waited for.
    pub fn enter(&self, class: Class, body_bytes: usize) -> Result<Room, Shed> {
        let lane = &self.lanes[class as usize];
        let enter = || {
            let request = lane.requests.clone().try_acquire_owned().ok()?;
            let kib = u32::try_from(body_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
            let bytes = match kib {
                0 => None,
                kib => Some(lane.bytes.clone().try_acquire_many_owned(kib).ok()?),
            };
            Some(Room { _request: request, _bytes: bytes })
        };
        enter().ok_or_else(|| {
            lane.shed.fetch_add(1, Ordering::Relaxed);
            Shed
        })
    }

    /// How full each class is.
    pub fn fill(&self) -> [Fill; 3] {
        Class::ALL.map(|class| {
            let lane = &self.lanes[class as usize];
            let free_bytes = lane.bytes.available_permits().saturating_mul(1024);
            Fill {
                class,
                requests: lane.requests_room - lane.requests.available_permits(),
                requests_room: lane.requests_room,
                bytes: lane.bytes_room.saturating_sub(free_bytes),
                bytes_room: lane.bytes_room,
                shed: lane.shed.load(Ordering::Relaxed),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(&Limits { requests: [1, 2, 3], body_bytes: [4096; 3], ..Limits::default() })
    }

    #[test]
    fn a_full_class_sheds_and_leaves_the_others_alone() {
        let gate = gate();
        let bulk = gate.enter(Class::Bulk, 0).expect("room");
        assert_eq!(gate.enter(Class::Bulk, 0).err(), Some(Shed));
        assert!(gate.enter(Class::Normal, 0).is_ok());
        assert!(gate.enter(Class::Urgent, 0).is_ok());
        drop(bulk);
        assert!(gate.enter(Class::Bulk, 0).is_ok());
        assert_eq!(gate.fill().map(|f| f.shed), [1, 0, 0]);
    }

    #[test]
    fn bodies_are_bounded_in_bytes_not_only_in_number() {
        let gate = gate();
        let large = gate.enter(Class::Urgent, 4096).expect("room");
        assert_eq!(gate.enter(Class::Urgent, 1).err(), Some(Shed));
        assert!(gate.enter(Class::Urgent, 0).is_ok());
        assert_eq!(gate.fill()[2].bytes, 4096);
        drop(large);
        assert!(gate.enter(Class::Urgent, 1).is_ok());
        assert_eq!(gate.enter(Class::Urgent, 5000).err(), Some(Shed));
    }
}
