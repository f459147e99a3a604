//! What is open in care, counted where it changes: the critical and those of them without a plan, questions
//! that wait for an opinion, beds that are held, beds that wait to be disinfected.

use std::collections::{BTreeMap, HashMap};

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, CommandId, HolderCode, Micros, Span, UnitId};

use crate::rows::{Bed, Consultation, Episode};
use crate::state::State;
use crate::tables::open::{OPEN_ADD, OPEN_END};
use crate::words::{BedState, Stage};

/// The quarters of an hour that clocks are counted by.
pub(crate) const SLOT: Span = Span::minutes(15);
/// From this rank on somebody is critical: as the index of the list has it.
const CRITICAL: i64 = 10;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Open {
    /// A critical patient in a bed.
    Critical,
    /// One of them without a care plan.
    NoPlan,
    /// A question that waits for an opinion, by when it is needed.
    Consultation,
    /// A bed that is held for somebody who is not on the way, by since when.
    Held,
    /// A vacated bed, by when it is to be disinfected.
    Dirty,
}

impl Open {
    /// All of them.
    pub const ALL: [Open; 5] =
        [Open::Critical, Open::NoPlan, Open::Consultation, Open::Held, Open::Dirty];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Open::Critical => "critical",
            Open::NoPlan => "no_plan",
            Open::Consultation => "consultation",
            Open::Held => "held",
            Open::Dirty => "dirty",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Open> {
        Open::ALL.into_iter().find(|open| open.as_str() == text)
    }
}

/// What something open is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Of {
    Episode(UnitId, Open),
    Consultation(UnitId, CommandId),
    Bed(UnitId),
}

/// Where it is counted.
pub(crate) type Counter = (AreaCode, HolderCode, Open, Micros);

/// Where the open things of a group were counted when they were loaded.
pub(crate) type Counted = HashMap<Of, Counter>;

fn of_consultation(c: &Consultation) -> Option<Counter> {
    c.is_open().then(|| (c.area, c.facility.clone(), Open::Consultation, c.due.floor(SLOT)))
}

fn of_bed(bed: &Bed) -> Option<Counter> {
    let due = bed.due.filter(|_| bed.state == BedState::Dirty)?;
    Some((bed.id.area(), bed.facility.clone(), Open::Dirty, due.floor(SLOT)))
}

fn of_held(e: &Episode) -> Option<Counter> {
    let held = e.held.as_ref().filter(|_| e.stage != Stage::Moving)?;
    Some((e.area(), held.facility.clone(), Open::Held, held.held_at.floor(SLOT)))
}

fn of_critical(e: &Episode) -> Option<Counter> {
    let critical = e.stage == Stage::InCare && e.condition.rank() >= CRITICAL;
    let lies = e.lies.as_ref().filter(|_| critical)?;
    Some((lies.bed.area(), lies.facility.clone(), Open::Critical, Micros(0)))
}

impl State {
    /// Where an episode counts now.
    fn open_of(&self, id: UnitId) -> [(Of, Option<Counter>); 3] {
        let episode = self.episodes.get(&id);
        let critical = episode.and_then(of_critical);
        let no_plan = critical.clone().filter(|_| self.plan_of(id).is_none());
        let no_plan = no_plan.map(|(area, facility, _, slot)| (area, facility, Open::NoPlan, slot));
        [
            (Of::Episode(id, Open::Held), episode.and_then(of_held)),
            (Of::Episode(id, Open::Critical), critical),
            (Of::Episode(id, Open::NoPlan), no_plan),
        ]
    }

    /// Notes where an episode counted that has just been read, with its plans.
    pub(crate) fn counted_episode(&mut self, id: UnitId) {
        for (of, counter) in self.open_of(id) {
            if let Some(counter) = counter {
                self.counted.insert(of, counter);
            }
        }
    }

    /// Notes where a consultation counted that has just been read.
    pub(crate) fn counted_consultation(&mut self, c: &Consultation) {
        if let Some(counter) = of_consultation(c) {
            self.counted.insert(Of::Consultation(c.episode, c.id), counter);
        }
    }

    /// Notes where a bed counted that has just been read.
    pub(crate) fn counted_bed(&mut self, bed: &Bed) {
        if let Some(counter) = of_bed(bed) {
            self.counted.insert(Of::Bed(bed.id), counter);
        }
    }

    /// Writes by how much the group changed the counters.
    pub(crate) async fn flush_open(&mut self, db: &mut Connection) -> Result<()> {
        let mut now: BTreeMap<Of, Option<Counter>> = BTreeMap::new();
        let planned = self.dirty_plans.iter().map(|(episode, _)| *episode);
        for id in self.dirty_episodes.iter().copied().chain(planned) {
            now.extend(self.open_of(id));
        }
        for key in &self.dirty_consultations {
            let counter = self.consultations.get(key).and_then(of_consultation);
            now.insert(Of::Consultation(key.0, key.1), counter);
        }
        for id in &self.dirty_beds {
            now.insert(Of::Bed(*id), self.beds.get(id).and_then(of_bed));
        }
        let mut by: BTreeMap<Counter, i64> = BTreeMap::new();
        for (of, counter) in now {
            let before = match &counter {
                Some(counter) => self.counted.insert(of, counter.clone()),
                None => self.counted.remove(&of),
            };
            if before != counter {
                before.into_iter().for_each(|counter| *by.entry(counter).or_default() -= 1);
                counter.into_iter().for_each(|counter| *by.entry(counter).or_default() += 1);
            }
        }
        let (mut rows, mut less) = (Vec::new(), Vec::new());
        for ((area, facility, what, slot), n) in by.into_iter().filter(|(_, n)| *n != 0) {
            let key: [Value; 4] =
                [area.into(), (&facility).into(), what.as_str().into(), slot.into()];
            if n < 0 {
                less.extend(key.iter().cloned());
            }
            rows.extend(key);
            rows.push(n.into());
        }
        db.put(&OPEN_ADD, rows).await?;
        Ok(db.remove(&OPEN_END, less).await?)
    }
}
