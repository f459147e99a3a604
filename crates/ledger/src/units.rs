//! The units that one group of commands touches: loaded, moved in memory, written back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::value::RawValue;
use store::{Connection, Value};
use types::{AreaCode, CommandId, HolderCode, Micros, UnitId, UnitKind};

use crate::balance::{Bucket, Content, Tally, UNKNOWN, content_parse, content_text};
use crate::due::{Due, DueTally, due_of};
use crate::tables::{
    BALANCE_ADD, FINDING_COUNT_ADD, FINDING_COUNT_END, FINDING_PUT, MOMENT_PUT, MOMENTS_OF,
    STOCK_ADD, UNIT_BY_ID, UNIT_PUT,
};
use crate::{
    Custody, Entry, Finding, FindingKind, LedgerError, Moment, MomentRef, Move, Result, fold,
};

/// The loaded units. Rules read it; only the ledger changes it.
#[derive(Debug, Default)]
pub struct Units {
    loaded: HashMap<UnitId, Loaded>,
    absent: HashSet<UnitId>,
    fresh: Vec<Value>,
    findings: BTreeMap<(UnitId, FindingKind, MomentRef), FindingState>,
    // By how many the open findings of an area and kind have changed.
    findings_by: BTreeMap<(AreaCode, FindingKind), i64>,
    tally: Tally,
    due: DueTally,
}

#[derive(Debug, Default)]
struct Loaded {
    moments: Vec<Moment>,
    custody: Custody,
    // Its container lies, by later word, inside it: its own packing does not count.
    cut: bool,
    // Open units inside, at all depths.
    content: Content,
    // Whether the balance has it under `created`.
    counted: bool,
    dirty: bool,
}

#[derive(Debug)]
struct FindingState {
    against: Option<MomentRef>,
    open: bool,
}

impl Loaded {
    fn container(&self) -> Option<UnitId> {
        if self.cut { None } else { self.custody.parent }
    }

    /// The clock that runs for it: see [`Custody::due`].
    fn due(&self) -> Option<Micros> {
        if self.container().is_some() { self.custody.limit } else { self.custody.deadline }
    }

    /// The counter of running clocks that it belongs to.
    fn due_counter(&self, id: UnitId) -> Option<Due> {
        due_of(id, &self.custody, self.container())
    }

    fn ring_finding(&self) -> Option<Finding> {
        let (_, at) = self.custody.packed.filter(|_| self.cut)?;
        Some(Finding { kind: FindingKind::Ring, at, against: None })
    }
}

impl Units {
    /// Loads units with their histories and all containers that these name; those that do not
    /// exist are remembered as absent. Loading twice costs nothing.
    ///
    /// # Errors
    /// [`LedgerError`] when the store fails or holds what this program cannot read.
    pub async fn load(&mut self, db: &mut Connection, ids: &[UnitId]) -> Result<()> {
        let mut wanted: Vec<UnitId> = ids.to_vec();
        loop {
            wanted.sort_unstable();
            wanted.dedup();
            wanted.retain(|id| !self.loaded.contains_key(id) && !self.absent.contains(id));
            if wanted.is_empty() {
                return Ok(());
            }
            // Most will be there, or come into being with this group.
            self.loaded.reserve(wanted.len());
            let existing = self.load_rows(db, &wanted).await?;
            self.absent.extend(wanted.iter().filter(|id| !existing.contains_key(id)));
            self.load_moments(db, &existing).await?;
            wanted.clear();
            for (id, container) in existing {
                let Some(unit) = self.loaded.get_mut(&id) else { continue };
                unit.custody = fold(&unit.moments);
                unit.cut = unit.custody.parent.is_some() && container.is_none();
                unit.counted = !unit.moments.is_empty();
                // A late move can bring it back into any container that it was ever in.
                wanted.extend(unit.moments.iter().filter_map(|m| packed_into(&m.what)));
            }
        }
    }

    /// Loads the rows of the units that exist; gives the container of each.
    async fn load_rows(
        &mut self,
        db: &mut Connection,
        wanted: &[UnitId],
    ) -> Result<HashMap<UnitId, Option<UnitId>>> {
        let rows = db.lookup(&UNIT_BY_ID, &keys(wanted.iter())).await?;
        let mut existing = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id = UnitId::from_bytes(row.id(0)?);
            let content = content_parse(row.text(2)?)
                .ok_or_else(|| unreadable(id, "content is not a list of counts"))?;
            self.loaded.insert(id, Loaded { content, ..Loaded::default() });
            existing.insert(id, row.opt_id(1)?.map(UnitId::from_bytes));
        }
        Ok(existing)
    }

    async fn load_moments(
        &mut self,
        db: &mut Connection,
        of: &HashMap<UnitId, Option<UnitId>>,
    ) -> Result<()> {
        for row in db.lookup(&MOMENTS_OF, &keys(of.keys())).await? {
            let id = UnitId::from_bytes(row.id(0)?);
            let what =
                serde_json::from_str(row.text(6)?).map_err(|e| unreadable(id, &e.to_string()))?;
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
        Ok(())
    }

    /// Loads whatever the moves touch and is not loaded yet.
    pub(crate) async fn ensure(&mut self, db: &mut Connection, moves: &[Move]) -> Result<()> {
        let touched = moves.iter().flat_map(|m| [m.unit(), packed_into(m)]).flatten();
        let missing: Vec<UnitId> = touched
            .filter(|id| !self.loaded.contains_key(id) && !self.absent.contains(id))
            .collect();
        if missing.is_empty() { Ok(()) } else { self.load(db, &missing).await }
    }

    /// What is known of a loaded unit; `None` when it does not exist (or was not loaded).
    pub fn custody(&self, id: UnitId) -> Option<&Custody> {
        self.loaded.get(&id).filter(|u| !u.moments.is_empty()).map(|u| &u.custody)
    }

    /// A loaded unit's history in no particular order.
    pub fn moments(&self, id: UnitId) -> &[Moment] {
        self.loaded.get(&id).map_or(&[], |u| &u.moments)
    }

    /// The move that takes back a loaded unit's closure, if there is one that stands.
    pub fn undo_close(&self, unit: UnitId) -> Option<Move> {
        let moments = self.moments(unit);
        let voided = |at| {
            moments.iter().any(|m| matches!(&m.what, Move::Void { target, .. } if *target == at))
        };
        let closing = moments
            .iter()
            .filter(|m| matches!(m.what, Move::Close { .. }) && !voided(m.reference))
            .max_by_key(|m| (m.event_time, m.reference))?;
        Some(Move::Void { unit, target: closing.reference, note: "reopened".to_owned() })
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
            .filter(|(_, u)| u.container() == Some(container) && u.custody.closed.is_none())
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

    /// The container that a unit lies in. It is the one in its [`Custody`], except that the last
    /// packing of a [`FindingKind::Ring`] does not count.
    pub fn container(&self, id: UnitId) -> Option<UnitId> {
        self.loaded.get(&id).and_then(Loaded::container)
    }

    /// The containers of a unit, innermost first.
    pub fn ancestors(&self, id: UnitId) -> Vec<UnitId> {
        let mut chain = Vec::new();
        let mut at = id;
        // A ring is cut as soon as it is known. Should a table have been tampered with, the
        // writer still must not go round for ever.
        while let Some(parent) = self.container(at).filter(|_| chain.len() < self.loaded.len()) {
            chain.push(parent);
            at = parent;
        }
        chain
    }

    /// Applies one move of an entry; `text` is its JSON form. The units it touches must be
    /// loaded.
    pub(crate) fn apply(
        &mut self,
        entry: &Entry,
        n: usize,
        what: Move,
        text: Box<RawValue>,
    ) -> Result<()> {
        let Some(id) = what.unit() else {
            if let Move::Post { commodity, from, to, amount } = &what {
                self.tally.post(entry.area, commodity, from, -amount);
                self.tally.post(entry.area, commodity, to, *amount);
            }
            return Ok(());
        };
        if let Some(into) = packed_into(&what) {
            self.touch(into)?;
        }
        self.touch(id)?;
        let reference = MomentRef { command: entry.command, n: n as u32 };
        self.fresh.extend([
            id.area().into(),
            id.into(),
            entry.command.into(),
            i64::from(reference.n).into(),
            entry.event_time.into(),
            entry.record_time.into(),
            entry.actor.as_str().into(),
            String::from(Box::<str>::from(text)).into(),
        ]);
        let Some(unit) = self.loaded.get_mut(&id) else { return Ok(()) };
        unit.moments.push(Moment {
            event_time: entry.event_time,
            record_time: entry.record_time,
            reference,
            actor: entry.actor.clone(),
            what,
        });
        let custody = fold(&unit.moments);
        self.place(id, custody);
        Ok(())
    }

    /// A unit that is moved or packed into exists from then on, if only by name.
    fn touch(&mut self, id: UnitId) -> Result<()> {
        if self.loaded.contains_key(&id) {
            return Ok(());
        }
        if !self.absent.remove(&id) {
            return Err(unreadable(id, "the unit was not loaded before it was moved"));
        }
        self.loaded.insert(id, Loaded { dirty: true, ..Loaded::default() });
        Ok(())
    }

    /// Gives a unit its new custody, keeping the containers free of rings.
    ///
    /// Devices that were offline can each pack the other's box into their own. Which of the
    /// packings of a ring does not count must not depend on who reports first: it is the last
    /// one by event time. So a move of one unit can cut or rejoin another of the same ring.
    fn place(&mut self, id: UnitId, custody: Custody) {
        let Some(unit) = self.loaded.get(&id) else { return };
        if unit.custody.packed == custody.packed {
            let cut = unit.cut;
            return self.change(id, custody, cut);
        }
        let ring = |parent| ring_of(&self.loaded, id, parent);
        let cut_before = ring(unit.custody.parent)
            .into_iter()
            .find(|id| self.loaded.get(id).is_some_and(|u| u.cut));
        let cut_after = ring(custody.parent).into_iter().max_by_key(|at| {
            if *at == id { custody.packed } else { self.loaded.get(at)?.custody.packed }
        });
        if let Some(other) = cut_after.filter(|other| *other != id) {
            self.set_cut(other, true);
        }
        self.change(id, custody, cut_after == Some(id));
        if let Some(other) = cut_before.filter(|other| *other != id && cut_after != Some(*other)) {
            self.set_cut(other, false);
        }
    }

    fn set_cut(&mut self, id: UnitId, cut: bool) {
        if let Some(unit) = self.loaded.get(&id).filter(|u| u.cut != cut) {
            let custody = unit.custody.clone();
            self.change(id, custody, cut);
        }
    }

    /// Gives a unit its new custody and counts it, and what it contains, where they now belong.
    fn change(&mut self, id: UnitId, custody: Custody, cut: bool) {
        let from = self.ancestors(id);
        let Some(unit) = self.loaded.get_mut(&id) else { return };
        let due_before = unit.due_counter(id);
        let ring_before = unit.ring_finding();
        let before = std::mem::replace(&mut unit.custody, custody);
        let was_counted = std::mem::replace(&mut unit.counted, true);
        // Nothing lies inside itself, so its own content is not among what is counted below.
        let content = std::mem::take(&mut unit.content);
        unit.cut = cut;
        unit.dirty = true;
        self.due.went(due_before, unit.due_counter(id));
        self.note_findings(id, &before, ring_before);

        let to = self.ancestors(id);
        let Units { loaded, tally, .. } = self;
        let Some(after) = loaded.get(&id).map(|u| &u.custody) else { return };
        let outermost = |chain: &[UnitId]| chain.last().and_then(|top| loaded.get(top));
        let here_before = held(outermost(&from).map_or(&before, |top| &top.custody));
        let here_after = held(outermost(&to).map_or(after, |top| &top.custody));
        let own = (id.area(), id.kind());
        let own_before = was_counted.then(|| closed(&before).unwrap_or(here_before));
        let own_after = closed(after).unwrap_or(here_after);
        if own_before != Some(own_after) {
            match own_before {
                Some(bucket) => tally.count(own, bucket, -1),
                None => tally.count(own, Bucket::Created, 1),
            }
            tally.count(own, own_after, 1);
        }
        if here_before != here_after {
            tally.count_content(&content, here_before, -1);
            tally.count_content(&content, here_after, 1);
        }
        let open_before = was_counted && before.closed.is_none();
        let open_after = after.closed.is_none();
        if from != to || open_before != open_after {
            fill(loaded, &from, own, open_before, &content, -1);
            fill(loaded, &to, own, open_after, &content, 1);
        }
        if let Some(unit) = loaded.get_mut(&id) {
            unit.content = content;
        }
    }

    /// Notes which findings of a unit have healed and which are new.
    fn note_findings(&mut self, id: UnitId, before: &Custody, ring_before: Option<Finding>) {
        let Some(unit) = self.loaded.get(&id) else { return };
        let after = &unit.custody;
        let ring_after = unit.ring_finding();
        if before.findings.is_empty() && after.findings.is_empty() && ring_before == ring_after {
            return;
        }
        let places = |custody: &Custody, ring: &Option<Finding>| -> BTreeSet<_> {
            custody.findings.iter().chain(ring).map(|f| (f.kind, f.at)).collect()
        };
        for (places, by) in [(places(before, &ring_before), -1), (places(after, &ring_after), 1)] {
            for (kind, _) in places {
                *self.findings_by.entry((id.area(), kind)).or_default() += by;
            }
        }
        let state =
            |f: &Finding, open| ((id, f.kind, f.at), FindingState { against: f.against, open });
        // What is still open, perhaps against another move, is noted last and stays.
        let healed = before.findings.iter().chain(&ring_before).map(|f| state(f, false));
        let open = after.findings.iter().chain(&ring_after).map(|f| state(f, true));
        self.findings.extend(healed.chain(open));
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
                unit.container().into(),
                c.step.as_str().into(),
                c.since.into(),
                unit.due().into(),
                c.closed.as_ref().map(|(reason, _)| reason.clone()).into(),
                c.closed.as_ref().map(|(_, at)| *at).into(),
                content_text(&unit.content).into(),
                ((c.findings.len() + usize::from(unit.cut)) as i64).into(),
            ]);
        }
        db.put(&UNIT_PUT, rows).await?;
        db.put(&MOMENT_PUT, std::mem::take(&mut self.fresh)).await?;
        let mut rows = Vec::with_capacity(self.findings.len() * 8);
        for ((id, kind, at), finding) in &self.findings {
            rows.extend([
                id.area().into(),
                (*id).into(),
                kind.as_str().into(),
                at.command.into(),
                i64::from(at.n).into(),
                finding.against.map(|r| r.command).into(),
                finding.against.map(|r| i64::from(r.n)).into(),
                finding.open.into(),
            ]);
        }
        db.put(&FINDING_PUT, rows).await?;
        self.count_findings(db).await?;
        let mut rows = Vec::new();
        for (area, kind, bucket, by) in self.tally.unit_rows() {
            rows.extend([area.into(), kind.to_string().into(), (&*bucket).into(), by.into()]);
        }
        db.put(&BALANCE_ADD, rows).await?;
        let mut rows = Vec::new();
        for (area, commodity, account, by) in self.tally.stock_rows() {
            rows.extend([area.into(), commodity.into(), account.into(), by.into()]);
        }
        db.put(&STOCK_ADD, rows).await?;
        self.due.flush(db).await
    }
}

impl Units {
    /// Writes by how many the open findings have changed. There is a row exactly where something is
    /// open, so that rows do not depend on how commands were grouped.
    async fn count_findings(&mut self, db: &mut Connection) -> Result<()> {
        let (mut rows, mut less) = (Vec::new(), Vec::new());
        for ((area, kind), by) in std::mem::take(&mut self.findings_by) {
            if by == 0 {
                continue;
            }
            let key: [Value; 2] = [area.into(), kind.as_str().into()];
            if by < 0 {
                less.extend(key.iter().cloned());
            }
            rows.extend(key);
            rows.push(by.into());
        }
        db.put(&FINDING_COUNT_ADD, rows).await?;
        db.remove(&FINDING_COUNT_END, less).await?;
        Ok(())
    }
}

/// The units that would contain each other if `id` lay in `parent`, `id` first; none when it can.
fn ring_of(loaded: &HashMap<UnitId, Loaded>, id: UnitId, parent: Option<UnitId>) -> Vec<UnitId> {
    let mut ring = vec![id];
    let mut at = parent;
    while let Some(next) = at {
        if next == id {
            return ring;
        }
        if ring.contains(&next) {
            break; // A ring further up, that `id` is not part of.
        }
        ring.push(next);
        at = loaded.get(&next).and_then(|u| u.custody.parent);
    }
    Vec::new()
}

/// Adds a unit (while it is open) and its content to its containers, or takes them out.
fn fill(
    loaded: &mut HashMap<UnitId, Loaded>,
    containers: &[UnitId],
    own: (types::AreaCode, UnitKind),
    open: bool,
    content: &Content,
    sign: i64,
) {
    for id in containers {
        let Some(container) = loaded.get_mut(id) else { continue };
        container.dirty = true;
        for (key, n) in content {
            *container.content.entry(*key).or_default() += sign * n;
        }
        if open {
            *container.content.entry(own).or_default() += sign;
        }
    }
}

fn held(custody: &Custody) -> Bucket<'_> {
    Bucket::Held(custody.holder.as_ref().map_or(UNKNOWN, HolderCode::as_str))
}

fn closed(custody: &Custody) -> Option<Bucket<'_>> {
    custody.closed.as_ref().map(|(reason, _)| Bucket::Closed(reason))
}

fn packed_into(what: &Move) -> Option<UnitId> {
    match what {
        Move::Pack { into, .. } => Some(*into),
        _ => None,
    }
}

fn keys<'a>(ids: impl Iterator<Item = &'a UnitId>) -> Vec<Value> {
    ids.flat_map(|id| [id.area().into(), (*id).into()]).collect()
}

fn unreadable(id: UnitId, reason: &str) -> LedgerError {
    LedgerError::Unreadable { seq: -1, reason: format!("unit {id}: {reason}") }
}
