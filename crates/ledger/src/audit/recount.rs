//! Counting the live units afresh, without the counters' own arithmetic.

use std::collections::{BTreeMap, HashMap};

use store::{Connection, Row};
use types::{AreaCode, AreaScope, UnitId};

use super::{PAGE, Report};
use crate::Result;
use crate::balance::{Bucket, UNKNOWN};
use crate::due::{Due, With, slot_of};
use crate::tables::{CONTAINERS, DUE_ALL, UNITS_AFTER};
use crate::views::{self, Balance};

/// Counts the live units and holds every counter against it.
pub(super) async fn recount(live: &mut Connection, report: &mut Report) -> Result<()> {
    let mut containers: HashMap<UnitId, (Option<String>, Option<UnitId>)> = HashMap::new();
    for row in live.query(&CONTAINERS, &[]).await? {
        let parent = row.opt_id(2)?.map(UnitId::from_bytes);
        let holder = row.opt_text(1)?.map(ToOwned::to_owned);
        containers.insert(UnitId::from_bytes(row.id(0)?), (holder, parent));
    }
    let mut counted = Balance::new();
    let mut due: BTreeMap<Due, i64> = BTreeMap::new();
    let mut after = (0_i64, [0; 16]);
    loop {
        let params = [after.0.into(), after.1.into(), (PAGE as i64).into()];
        let rows = live.query(&UNITS_AFTER, &params).await?;
        let Some(last) = rows.last() else { break };
        after = (last.int(0)?, last.id(1)?);
        for row in &rows {
            let id = UnitId::from_bytes(row.id(1)?);
            let line = counted.entry((row.area(0)?, id.kind())).or_default();
            line.add(Bucket::Created, 1);
            if let Some(reason) = row.opt_text(4)? {
                line.add(Bucket::Closed(reason), 1);
                continue;
            }
            if let Some(counter) = due_in(row)? {
                *due.entry(counter).or_default() += 1;
            }
            let mut holder = row.opt_text(2)?.map(ToOwned::to_owned);
            let mut up = row.opt_id(3)?.map(UnitId::from_bytes);
            // A tampered table may hold a ring: give up after as many steps as containers.
            for _ in 0..=containers.len() {
                let Some(parent) = up.and_then(|id| containers.get(&id)) else { break };
                (holder, up) = parent.clone();
            }
            line.add(Bucket::Held(holder.as_deref().unwrap_or(UNKNOWN)), 1);
        }
    }
    recount_due(live, due, report).await?;
    let counters = views::balance(live, AreaScope::ALL).await?;
    let mut keys: Vec<_> = counters.keys().chain(counted.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (kept, found) = (counters.get(key), counted.get(key).cloned().map(|l| l.tidy()));
        if kept != found.as_ref() {
            let (area, kind): &(AreaCode, _) = key;
            report
                .miscounted
                .push(format!("{area} {kind}: counters say {kept:?}, the units say {found:?}"));
        }
    }
    Ok(())
}

/// The counter of running clocks that an open unit belongs to, by its row in [`UNITS_AFTER`].
fn due_in(row: &Row) -> Result<Option<Due>> {
    let (id, container) = (UnitId::from_bytes(row.id(1)?), row.opt_id(3)?);
    let with = match (container, row.opt_text(2)?) {
        (Some(container), _) => With::Container(UnitId::from_bytes(container)),
        (None, Some(holder)) => With::Holder(holder.to_owned()),
        (None, None) => return Ok(None),
    };
    let Some(deadline) = row.opt_time(6)? else { return Ok(None) };
    let (area, step) = (row.area(0)?, row.text(5)?.to_owned());
    Ok(Some(Due { area, kind: id.kind(), with, step, slot: slot_of(deadline) }))
}

/// Holds the counters of running clocks against what was counted afresh.
async fn recount_due(
    live: &mut Connection,
    mut found: BTreeMap<Due, i64>,
    report: &mut Report,
) -> Result<()> {
    for row in live.query(&DUE_ALL, &[]).await? {
        let with = match (row.opt_id(2)?, row.opt_text(1)?) {
            (Some(container), _) => With::Container(UnitId::from_bytes(container)),
            (None, holder) => With::Holder(holder.unwrap_or_default().to_owned()),
        };
        let (kind, step) = (views::kind_of(row.text(3)?)?, row.text(4)?.to_owned());
        let due = Due { area: row.area(0)?, kind, with, step, slot: row.time(5)? };
        *found.entry(due).or_default() -= row.int(6)?;
    }
    for (due, by) in found.into_iter().filter(|(_, by)| *by != 0) {
        let Due { area, kind, with, step, slot } = due;
        report.miscounted.push(format!(
            "{area} {kind} due from {} in {step:?} with {with:?}: the units are {by} more than \
             the counter",
            slot.rfc3339()
        ));
    }
    Ok(())
}
