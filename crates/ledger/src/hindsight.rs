//! What was known at an earlier moment, beside what is known of that same moment today. What
//! lies between the two is what reports that came late and corrections have changed.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::atomic::{AtomicI64, Ordering};

use store::Store;
use types::{AreaCode, AreaScope, Micros, UnitId, UnitKind};

use crate::as_of::{AsOf, Cut, Review, stock};
use crate::histories::each;
use crate::{Moment, Move, Result, fold};

/// A moment as it was known then, and as it is known today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hindsight {
    /// As it was known then: exactly [`crate::views::as_of`].
    pub then: AsOf,
    /// As it is known today: what had happened by then, whenever it was recorded, without what
    /// has been set aside since.
    pub today: AsOf,
    /// What was recorded later.
    pub later: Later,
}

/// Moves that had happened by a moment and were recorded after it, and corrections made after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// Moves reported late, by the area and kind of their units.
    pub reports: BTreeMap<(AreaCode, UnitKind), i64>,
    /// Moves that stood then and have been set aside since.
    pub corrections: BTreeMap<(AreaCode, UnitKind), i64>,
    /// The longest time between a move and its record.
    pub slowest: types::Span,
    /// The first of both, in the order of recording.
    pub lines: Vec<LaterLine>,
}

/// One move that was recorded later. Sorts by the time of recording.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaterLine {
    /// When it was recorded.
    pub recorded: Micros,
    /// When it had happened.
    pub happened: Micros,
    /// The unit.
    pub unit: UnitId,
    /// What it was: `open`, `hand`, `pack`, `unpack`, `step`, `close`, `void`.
    pub what: &'static str,
}

/// Reads every moment of the scope once. For reviews, not for live boards; holds no more in memory
/// than the containers and `lines` lines. `seen` counts the units that have been read, of those
/// that the balance says were created.
///
/// # Errors
/// [`crate::LedgerError`] when the store fails.
pub async fn hindsight(
    store: &Store,
    scope: AreaScope,
    at: Micros,
    lines: usize,
    seen: &AtomicI64,
) -> Result<Hindsight> {
    let mut pass = Pass::new(at, lines);
    each(store, scope, Micros::MAX, |unit, moments| {
        pass.see(unit, moments);
        seen.fetch_add(1, Ordering::Relaxed);
    })
    .await?;
    let mut db = store.reader().await?;
    let then = pass.then.containers(&mut db).await?;
    let today = pass.today.containers(&mut db).await?;
    let (known, happened) = (pass.known, pass.happened);
    Ok(Hindsight {
        then: AsOf { stock: stock(store, scope, known).await?, ..pass.then.finish(&then, scope) },
        today: AsOf {
            stock: stock(store, scope, happened).await?,
            ..pass.today.finish(&today, scope)
        },
        later: Later { lines: pass.lines.into_sorted_vec(), ..pass.later },
    })
}

/// One way through the histories.
struct Pass {
    at: Micros,
    known: Cut,
    happened: Cut,
    then: Review,
    today: Review,
    later: Later,
    // The latest on top, to make room for an earlier one.
    lines: BinaryHeap<LaterLine>,
    room: usize,
}

impl Pass {
    fn new(at: Micros, room: usize) -> Pass {
        let (known, happened) = (Cut::known_at(at), Cut::happened_by(at));
        Pass {
            at,
            known,
            happened,
            then: Review::new(known, at),
            today: Review::new(happened, at),
            later: Later::default(),
            lines: BinaryHeap::new(),
            room,
        }
    }

    fn see(&mut self, unit: UnitId, moments: &[Moment]) {
        let part = |cut: Cut| -> Vec<Moment> {
            moments.iter().filter(|m| cut.takes(m)).cloned().collect()
        };
        let then = part(self.known);
        if !then.is_empty() {
            self.then.see(unit, &fold(&then));
        }
        let today = part(self.happened);
        // A correction alone is no history.
        if today.iter().any(|m| !matches!(m.what, Move::Void { .. })) {
            self.today.see(unit, &fold(&today));
        }
        let at = self.at;
        for moment in moments.iter().filter(|m| m.record_time > at) {
            self.learn(unit, moment, &then);
        }
    }

    fn learn(&mut self, unit: UnitId, moment: &Moment, then: &[Moment]) {
        let key = (unit.area(), unit.kind());
        match &moment.what {
            // Only what stood then was changed by it.
            Move::Void { target, .. } if then.iter().any(|m| m.reference == *target) => {
                *self.later.corrections.entry(key).or_default() += 1;
            }
            Move::Void { .. } => return,
            _ if moment.event_time <= self.at => {
                *self.later.reports.entry(key).or_default() += 1;
                let took = moment.record_time - moment.event_time;
                self.later.slowest = self.later.slowest.max(took);
            }
            _ => return,
        }
        let line = LaterLine {
            recorded: moment.record_time,
            happened: moment.event_time,
            unit,
            what: word(&moment.what),
        };
        self.lines.push(line);
        if self.lines.len() > self.room {
            self.lines.pop();
        }
    }
}

fn word(what: &Move) -> &'static str {
    match what {
        Move::Open { .. } => "open",
        Move::Hand { .. } => "hand",
        Move::Pack { .. } => "pack",
        Move::Unpack { .. } => "unpack",
        Move::Step { .. } => "step",
        Move::Close { .. } => "close",
        Move::Void { .. } => "void",
        Move::Post { .. } => "post",
    }
}
