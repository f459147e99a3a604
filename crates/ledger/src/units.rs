//! The units that one group of commands touches: loaded, moved in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::{Connection, Value};
use types::{AreaCode, CommandId, HolderCode, UnitId, UnitKind};

use crate::balance::{CREATED, Content, UNKNOWN, content_parse, content_text};
use crate::tables::{
    BALANCE_ADD, FINDING_PUT, MOMENT_PUT, MOMENTS_OF, STOCK_ADD, UNIT_BY_ID, UNIT_PUT,
};
use crate::{Custody, Entry, Finding, LedgerError, Moment, MomentRef, Move, Result, fold};

/// Deepest nesting: tube in box in vehicle, with room to spare.
const MAX_DEPTH: usize = 8;

/// The loaded units. Rules read it; only the ledger changes it.
#[derive(Debug, Default)]
pub struct Units {
    loaded: HashMap<UnitId, Loaded>,
    absent: HashSet<UnitId>,
    fresh: Vec<Value>,
    findings: HashMap<(UnitId, Finding), bool>,
    balance: HashMap<(AreaCode, UnitKind, String), i64>,
    stock: BTreeMap<(AreaCode, String, String), i64>,
}

#[derive(Debug, Default)]
struct Loaded {
    moments: Vec<Moment>,
    custody: Custody,
    content: Content,
    dirty: bool,
}

/// Where a unit and its content count at one moment.
struct Footprint {
    own: Option<String>,
    content: String,
    ancestors: Vec<UnitId>,
    open: bool,
}

impl Units {
    /// Loads units with their histories and containers; those that do not exist are remembered
    /// as absent. Loading twice costs nothing.
    ///
    /// # Errors
    /// [`LedgerError`] when the store fails or holds what this program cannot read.
    pub async fn load(&mut self, db: &mut Connection, ids: &[UnitId]) -> Result<()> {
        let mut wanted: Vec<UnitId> = ids.to_vec();
        while !wanted.is_empty() {
            wanted.sort_unstable();
            wanted.dedup();
            wanted.retain(|id| !self.loaded.contains_key(id) && !self.absent.contains(id));
            let found = db.lookup(&UNIT_BY_ID, &keys(&wanted)).await?;
            let mut existing = Vec::with_capacity(found.len());
            for row in &found {
                let id = UnitId::from_bytes(row.id(0)?);
                let content = content_parse(row.text(1)?)
                    .ok_or_else(|| unreadable(id, "content is not a list of counts"))?;
                self.loaded.insert(id, Loaded { content, ..Loaded::default() });
                existing.push(id);
            }
            self.absent.extend(wanted.iter().filter(|id| !self.loaded.contains_key(id)));
            for row in db.lookup(&MOMENTS_OF, &keys(&existing)).await? {
                let id = UnitId::from_bytes(row.id(0)?);
                let what = serde_json::from_str(row.text(6)?)
                    .map_err(|e| unreadable(id, &e.to_string()))?;
                let moment = Moment {
                    reference: MomentRef {
                        command: CommandId::from_bytes(row.id(1)?),
                        n: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
                    },
                    event_time: row.time(3)?,
                    record_time: row.time(4)?,
                    actor: row.text(5)?.to_owned(),
                    what,
                };
                if let Some(unit) = self.loaded.get_mut(&id) {
                    unit.moments.push(moment);
                }
            }
            wanted.clear();
            for id in existing {
                if let Some(unit) = self.loaded.get_mut(&id) {
                    unit.custody = fold(&unit.moments);
                    wanted.extend(unit.custody.parent);
                }
            }
        }
        Ok(())
    }

    /// Loads whatever the moves touch and is not loaded yet.
    pub(crate) async fn ensure(&mut self, db: &mut Connection, moves: &[Move]) -> Result<()> {
        let mut ids: Vec<UnitId> = moves.iter().filter_map(Move::unit).collect();
        ids.extend(moves.iter().filter_map(|m| match m {
            Move::Pack { into, .. } => Some(*into),
            _ => None,
        }));
        self.load(db, &ids).await
    }

    /// What is known of a loaded unit; `None` when it does not exist (or was not loaded).
    pub fn custody(&self, id: UnitId) -> Option<&Custody> {
        self.loaded.get(&id).filter(|u| !u.moments.is_empty()).map(|u| &u.custody)
    }

    /// A loaded unit's history in no particular order.
    pub fn moments(&self, id: UnitId) -> &[Moment] {
        self.loaded.get(&id).map_or(&[], |u| &u.moments)
    }

    /// Who answers for a unit: its own holder, or that of the outermost container.
    pub fn holder(&self, id: UnitId) -> Option<&HolderCode> {
        let top = self.ancestors(id).last().copied().unwrap_or(id);
        self.loaded.get(&top).and_then(|u| u.custody.holder.as_ref())
    }

    /// The loaded units that lie directly in a container. Complete only when all of them were
    /// loaded: read them from the store first (see [`crate::views::inside`]).
    pub fn inside(&self, container: UnitId) -> Vec<UnitId> {
        let mut found: Vec<UnitId> = self
            .loaded
            .iter()
            .filter(|(_, u)| u.custody.parent == Some(container) && u.custody.closed.is_none())
            .map(|(id, _)| *id)
            .collect();
        found.sort_unstable();
        found
    }

    /// How many units of a kind a container holds, at all depths.
    pub fn content(&self, id: UnitId, kind: UnitKind) -> i64 {
        self.loaded
            .get(&id)
            .map_or(0, |u| u.content.iter().filter(|((_, k), _)| *k == kind).map(|(_, n)| n).sum())
    }

    /// The units that this group has changed.
    pub fn changed(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.loaded.iter().filter(|(_, u)| u.dirty).map(|(id, _)| *id)
    }

    /// The containers of a unit, innermost first.
    pub fn ancestors(&self, id: UnitId) -> Vec<UnitId> {
        let mut chain = Vec::new();
        let mut at = id;
        while let Some(parent) = self.loaded.get(&at).and_then(|u| u.custody.parent) {
            if chain.len() == MAX_DEPTH {
                break;
            }
            chain.push(parent);
            at = parent;
        }
        chain
    }

    fn footprint(&self, id: UnitId) -> Footprint {
        let ancestors = self.ancestors(id);
        let here = self.holder(id).map_or_else(|| UNKNOWN.to_owned(), ToString::to_string);
        let unit = self.loaded.get(&id).filter(|u| !u.moments.is_empty());
        let closed = unit.and_then(|u| u.custody.closed.as_ref());
        let own = unit.map(|_| match closed {
            Some((reason, _)) => format!("closed:{reason}"),
            None => here.clone(),
        });
        Footprint { own, content: here, ancestors, open: unit.is_some() && closed.is_none() }
    }

    /// Applies one move of an entry. The units it touches must be loaded.
    pub(crate) fn apply(&mut self, entry: &Entry, n: usize, what: &Move) -> Result<()> {
        let Some(id) = what.unit() else {
            self.post(entry.area, what);
            return Ok(());
        };
        if let Move::Pack { into, .. } = what {
            self.touch(*into)?;
        }
        self.touch(id)?;
        let before = self.footprint(id);
        let reference = MomentRef { command: entry.command, n: n as u32 };
        let text = serde_json::to_string(what).map_err(|e| unreadable(id, &e.to_string()))?;
        self.fresh.extend([
            id.area().into(),
            id.into(),
            entry.command.into(),
            i64::from(reference.n).into(),
            entry.event_time.into(),
            entry.record_time.into(),
            entry.actor.as_str().into(),
            text.into(),
        ]);
        if let Some(unit) = self.loaded.get_mut(&id) {
            unit.moments.push(Moment {
                event_time: entry.event_time,
                record_time: entry.record_time,
                reference,
                actor: entry.actor.clone(),
                what: what.clone(),
            });
            let custody = fold(&unit.moments);
            for healed in unit.custody.findings.iter().filter(|f| !custody.findings.contains(f)) {
                self.findings.insert((id, healed.clone()), false);
            }
            for found in custody.findings.iter().filter(|f| !unit.custody.findings.contains(f)) {
                self.findings.insert((id, found.clone()), true);
            }
            unit.custody = custody;
            unit.dirty = true;
        }
        // A late move can change the container: it must be at hand, as an absent one if need be.
        if let Some(parent) = self.loaded.get(&id).and_then(|u| u.custody.parent) {
            self.touch(parent)?;
        }
        let after = self.footprint(id);
        self.recount(id, &before, &after);
        Ok(())
    }

    fn touch(&mut self, id: UnitId) -> Result<()> {
        if self.absent.remove(&id) {
            self.loaded.insert(id, Loaded::default());
        }
        if self.loaded.contains_key(&id) {
            Ok(())
        } else {
            Err(unreadable(id, "the unit was not loaded before it was moved"))
        }
    }

    fn recount(&mut self, id: UnitId, before: &Footprint, after: &Footprint) {
        let own = (id.area(), id.kind());
        if before.own != after.own {
            match &before.own {
                Some(bucket) => self.count(own, bucket, -1),
                None => self.count(own, CREATED, 1),
            }
            if let Some(bucket) = &after.own {
                self.count(own, bucket, 1);
            }
        }
        let content = self.loaded.get(&id).map(|u| u.content.clone()).unwrap_or_default();
        if before.content != after.content {
            for (key, n) in &content {
                self.count(*key, &before.content, -n);
                self.count(*key, &after.content, *n);
            }
        }
        if before.ancestors != after.ancestors || before.open != after.open {
            for (side, sign) in [(before, -1), (after, 1)] {
                for ancestor in &side.ancestors {
                    let Some(container) = self.loaded.get_mut(ancestor) else { continue };
                    container.dirty = true;
                    for (key, n) in &content {
                        *container.content.entry(*key).or_default() += sign * n;
                    }
                    if side.open {
                        *container.content.entry(own).or_default() += sign;
                    }
                }
            }
        }
    }

    fn count(&mut self, (area, kind): (AreaCode, UnitKind), bucket: &str, by: i64) {
        *self.balance.entry((area, kind, bucket.to_owned())).or_default() += by;
    }

    fn post(&mut self, area: AreaCode, what: &Move) {
        if let Move::Post { commodity, from, to, amount } = what {
            *self.stock.entry((area, commodity.clone(), from.clone())).or_default() -= amount;
            *self.stock.entry((area, commodity.clone(), to.clone())).or_default() += amount;
        }
    }

    /// Writes everything that changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut ids: Vec<UnitId> = self.changed().collect();
        ids.sort_unstable();
        let mut rows = Vec::with_capacity(ids.len() * 13);
        for id in &ids {
            let Some(unit) = self.loaded.get(id) else { continue };
            let c = &unit.custody;
            rows.extend([
                id.area().into(),
                (*id).into(),
                id.kind().to_string().into(),
                c.opened_at.into(),
                c.holder.as_ref().into(),
                c.parent.into(),
                c.step.as_str().into(),
                c.since.into(),
                c.deadline.into(),
                c.closed.as_ref().map(|(reason, _)| reason.clone()).into(),
                c.closed.as_ref().map(|(_, at)| *at).into(),
                content_text(&unit.content).into(),
                (c.findings.len() as i64).into(),
            ]);
        }
        db.insert(&UNIT_PUT, &rows).await?;
        db.insert(&MOMENT_PUT, &self.fresh).await?;
        let mut rows = Vec::with_capacity(self.findings.len() * 8);
        for ((id, finding), open) in &self.findings {
            rows.extend([
                id.area().into(),
                (*id).into(),
                finding.kind.as_str().into(),
                finding.at.command.into(),
                i64::from(finding.at.n).into(),
                finding.against.map(|r| r.command).into(),
                finding.against.map(|r| i64::from(r.n)).into(),
                (*open).into(),
            ]);
        }
        db.insert(&FINDING_PUT, &rows).await?;
        let mut rows = Vec::with_capacity(self.balance.len() * 4);
        for ((area, kind, bucket), by) in self.balance.iter().filter(|(_, by)| **by != 0) {
            rows.extend([
                (*area).into(),
                kind.to_string().into(),
                bucket.as_str().into(),
                (*by).into(),
            ]);
        }
        db.insert(&BALANCE_ADD, &rows).await?;
        let mut rows = Vec::with_capacity(self.stock.len() * 4);
        for ((area, commodity, account), by) in self.stock.iter().filter(|(_, by)| **by != 0) {
            rows.extend([
                (*area).into(),
                commodity.as_str().into(),
                account.as_str().into(),
                (*by).into(),
            ]);
        }
        db.insert(&STOCK_ADD, &rows).await?;
        Ok(())
    }
}

fn keys(ids: &[UnitId]) -> Vec<Value> {
    ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect()
}

fn unreadable(id: UnitId, reason: &str) -> LedgerError {
    LedgerError::Unreadable { seq: -1, reason: format!("unit {id}: {reason}") }
}
