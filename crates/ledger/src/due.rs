//! Counters of the clocks that run: how many open units are due when, and with whom. The late
//! list adds them up, and counts rows only for the part of an hour that is not over.

use std::collections::HashMap;

use store::{Connection, Value};
use types::{AreaCode, Micros, Span, UnitId};

use crate::tables::{DUE_HELD_ADD, DUE_HELD_END, DUE_PACKED_ADD, DUE_PACKED_END};
use crate::{Custody, Result};

/// Deadlines are counted by the quarter of an hour that they lie in: short enough that little is
/// left to count in the one that is not over, long enough that a site has few counters.
const SLOT: Span = Span::minutes(15);

/// The beginning of the slot of a deadline.
pub(crate) fn slot_of(deadline: Micros) -> Micros {
    deadline.floor(SLOT)
}

/// Whose clock runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum With {
    /// The unit lies outright with a holder.
    Holder(String),
    /// It lies directly in a container, whose outermost one's holder is to be looked up.
    Container(UnitId),
}

/// A counter: open units of one county and kind in one step, due in one slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Due {
    pub area: AreaCode,
    pub kind: types::UnitKind,
    pub with: With,
    pub step: String,
    pub slot: Micros,
}

/// The counter that a unit belongs to; `None` without a running clock. One that lies outright and
/// whose holder nobody has named has none either: there are never many, and they are looked up.
pub(crate) fn due_of(id: UnitId, custody: &Custody, container: Option<UnitId>) -> Option<Due> {
    if custody.closed.is_some() {
        return None;
    }
    let (with, deadline) = match container {
        Some(container) => (With::Container(container), custody.limit?),
        None => (With::Holder(custody.holder.as_ref()?.as_str().to_owned()), custody.deadline?),
    };
    let step = custody.step.clone();
    Some(Due { area: id.area(), kind: id.kind(), with, step, slot: slot_of(deadline) })
}

/// By how much a group changes these counters.
#[derive(Debug, Default)]
pub(crate) struct DueTally(HashMap<Due, i64>);

impl DueTally {
    /// A unit has gone from one counter to another.
    pub(crate) fn went(&mut self, from: Option<Due>, to: Option<Due>) {
        if from == to {
            return;
        }
        for (due, by) in [(from, -1), (to, 1)] {
            if let Some(due) = due {
                *self.0.entry(due).or_default() += by;
            }
        }
    }

    /// Writes the changes. What has come to nothing is taken out: there is a row exactly where
    /// there is a unit, so that rows do not depend on how commands were grouped, and the late
    /// list reads no more than what is open.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut changes: Vec<(Due, i64)> = self.0.drain().filter(|(_, by)| *by != 0).collect();
        changes.sort_unstable();
        let (mut held, mut held_less) = (Vec::new(), Vec::new());
        let (mut packed, mut packed_less) = (Vec::new(), Vec::new());
        for (due, by) in changes {
            let (rows, less, with): (_, _, Value) = match due.with {
                With::Holder(holder) => (&mut held, &mut held_less, holder.into()),
                With::Container(id) => (&mut packed, &mut packed_less, id.into()),
            };
            let kind = due.kind.to_string();
            let key = [due.area.into(), with, kind.into(), due.step.into(), due.slot.into()];
            if by < 0 {
                less.extend(key.iter().cloned());
            }
            rows.extend(key);
            rows.push(by.into());
        }
        db.put(&DUE_HELD_ADD, held).await?;
        db.put(&DUE_PACKED_ADD, packed).await?;
        db.remove(&DUE_HELD_END, held_less).await?;
        db.remove(&DUE_PACKED_END, packed_less).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_begins_before_or_at_its_deadlines() {
        let quarter = 15 * 60 * 1_000_000;
        for (deadline, slot) in
            [(0, 0), (1, 0), (quarter - 1, 0), (quarter, quarter), (-1, -quarter)]
        {
            assert_eq!(slot_of(Micros(deadline)), Micros(slot), "{deadline}");
        }
    }
}
