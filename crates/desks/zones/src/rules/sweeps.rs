//! Sweeps: what each command leads to, or why not.

use ledger::{Decision, Move, note_fits, note_needed};
use registry::place::Level as Depth;
use types::{HolderCode, Micros, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts};
use crate::command::{Command, Knock};
use crate::event::{Event, SweepOpened};
use crate::rows::is_within;
use crate::sweep::{AGAIN_AFTER, Door, MOST_HOMES, Sweep};
use crate::{stray_id, sweep_id};

/// The step of a sweep in the ledger.
const SWEEPING: &str = "sweeping";

/// A sweep of the command's county.
fn known<'a>(facts: &'a Facts<'_, Command>, id: UnitId) -> Result<&'a Sweep, Refusal> {
    if id.area() != facts.asked.area {
        return Err(Refusal::new("sweep-of-another-county").with("sweep", id));
    }
    let sweep = facts.state.sweeps.get(&id);
    sweep.ok_or_else(|| Refusal::new("sweep-unknown").with("sweep", id))
}

/// The same, that goes on.
fn running<'a>(facts: &'a Facts<'_, Command>, id: UnitId) -> Result<&'a Sweep, Refusal> {
    let sweep = known(facts, id)?;
    match sweep.closed_at {
        None => Ok(sweep),
        Some(at) => Err(Refusal::new("sweep-is-over").with("sweep", id).with("at", at.rfc3339())),
    }
}

pub(super) fn open(
    facts: &Facts<'_, Command>,
    place: &PlaceCode,
    due: Option<Micros>,
    note: &str,
) -> Decided {
    note_fits(note)?;
    let area = facts.asked.area;
    if place.area() != Some(area) {
        return Err(Refusal::new("sweep-of-another-county").with("sweep", place));
    }
    if Depth::of(place) < Some(Depth::Community) {
        return Err(Refusal::new("sweep-too-wide").with("place", place));
    }
    if !facts.state.places.contains_key(place) {
        return Err(Refusal::new("zone-place-unknown").with("place", place));
    }
    if due.is_some_and(|due| due <= facts.at()) {
        return Err(Refusal::new("sweep-due-past").with("place", place));
    }
    if let Some(Some(open)) = facts.state.swept.get(place) {
        return Err(Refusal::new("sweep-goes-on").with("place", place).with("sweep", open));
    }
    let homes = facts.state.registered.get(place).cloned().unwrap_or_default();
    if homes.len() > MOST_HOMES {
        return Err(Refusal::new("sweep-too-large").with("place", place).with("limit", MOST_HOMES));
    }
    let sweep = sweep_id(area, facts.asked.id);
    let mut decision = Decision::default();
    decision.moves.push(Move::Open {
        unit: sweep,
        holder: HolderCode::desk(area),
        step: SWEEPING.to_owned(),
        deadline: due,
        limit: None,
    });
    let note = note.trim().to_owned();
    let opened = SweepOpened { sweep, place: place.clone(), due, homes, note };
    decision.events.push(Event::SweepOpened(Box::new(opened)));
    Ok(decision)
}

pub(super) fn assign(
    facts: &Facts<'_, Command>,
    id: UnitId,
    part: &PlaceCode,
    who: &str,
) -> Decided {
    note_fits(who)?;
    let sweep = running(facts, id)?;
    if !is_within(part, &sweep.place) {
        return Err(Refusal::new("sweep-part-elsewhere").with("part", part).with("sweep", id));
    }
    let who = who.trim().to_owned();
    Ok(Decision::fact(Event::SweepAssigned { sweep: id, part: part.clone(), who }))
}

/// What somebody saw at a door is taken also when it is told after the sweep was closed: the phone may have
/// had no network.
pub(super) fn knock(facts: &Facts<'_, Command>, c: &Knock) -> Decided {
    note_fits(&c.note)?;
    let sweep = known(facts, c.sweep)?;
    let home = facts.state.homes.get(&(c.sweep, c.household));
    let home = home.ok_or_else(|| {
        Refusal::new("sweep-home-unknown").with("household", c.household).with("sweep", c.sweep)
    })?;
    if c.outcome == Door::Todo {
        return Err(Refusal::new("sweep-outcome-missing").with("household", c.household));
    }
    let again_at = (c.outcome == Door::Absent).then(|| facts.at() + AGAIN_AFTER);
    let mut decision = Decision::fact(Event::Knocked {
        sweep: c.sweep,
        household: c.household,
        outcome: c.outcome,
        seen: i64::from(c.seen),
        strangers: i64::from(c.strangers),
        again_at,
        note: c.note.trim().to_owned(),
    });
    if sweep.closed_at.is_some() {
        decision.notes.push(Refusal::new("sweep-told-late").with("sweep", c.sweep));
    }
    if c.outcome == Door::Found && i64::from(c.seen) < home.home.persons {
        let missing = home.home.persons - i64::from(c.seen);
        decision.notes.push(Refusal::new("sweep-persons-missing").with("n", missing));
    }
    if c.strangers > 0 {
        decision.notes.push(Refusal::new("sweep-strangers").with("n", c.strangers));
    }
    Ok(decision)
}

pub(super) fn stray(
    facts: &Facts<'_, Command>,
    id: UnitId,
    (place, door, persons): (&PlaceCode, &str, u32),
    note: &str,
) -> Decided {
    note_fits(note)?;
    note_needed(door)?;
    let sweep = known(facts, id)?;
    if !is_within(place, &sweep.place) || !facts.state.places.contains_key(place) {
        return Err(Refusal::new("sweep-part-elsewhere").with("part", place).with("sweep", id));
    }
    Ok(Decision::fact(Event::StrayFound {
        stray: stray_id(id, facts.asked.id),
        sweep: id,
        place: place.clone(),
        door: door.trim().to_owned(),
        persons: i64::from(persons),
        note: note.trim().to_owned(),
    }))
}

pub(super) fn settle(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let stray = facts.state.strays.get(&id);
    let stray = stray.ok_or_else(|| Refusal::new("stray-unknown").with("stray", id))?;
    known(facts, stray.sweep)?;
    if let Some((at, _)) = &stray.settled {
        return Err(Refusal::new("stray-settled").with("at", at.rfc3339()));
    }
    let note = note.trim().to_owned();
    Ok(Decision::fact(Event::StraySettled { stray: id, sweep: stray.sweep, note }))
}

/// A household that nobody has been at keeps a sweep open; one that was not found is named in its end.
pub(super) fn close(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_fits(note)?;
    let sweep = running(facts, id)?;
    if sweep.doors.todo > 0 {
        return Err(Refusal::new("sweep-unswept").with("n", sweep.doors.todo));
    }
    let open = sweep.doors.absent + sweep.doors.refused + sweep.open_strays;
    if open > 0 && note.trim().is_empty() {
        return Err(Refusal::new("sweep-not-all-found")
            .with("absent", sweep.doors.absent)
            .with("refused", sweep.doors.refused)
            .with("strays", sweep.open_strays));
    }
    let mut decision = Decision::default();
    if facts.custody_is_open(id) {
        decision.moves.push(Move::Close { unit: id, reason: "swept".to_owned() });
    }
    let note = note.trim().to_owned();
    decision.events.push(Event::SweepClosed { sweep: id, note });
    Ok(decision)
}
