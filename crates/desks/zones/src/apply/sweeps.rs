//! What the facts of sweeps do to their rows and counters.

use ledger::Entry;

use crate::event::{Event, SweepOpened};
use crate::state::State;
use crate::sweep::{Door, Doors, Stray, Sweep, Visited, parts_of};

pub(super) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::SweepOpened(opened) => open(state, entry, opened),
        Event::SweepAssigned { sweep, part, who } => {
            state.tasks.insert((*sweep, part.clone()), (who.clone(), at));
            state.dirty_sweeps.insert(*sweep);
        }
        Event::Knocked { .. } => knocked(state, entry, event),
        Event::StrayFound { stray, sweep, place, door, persons, note } => {
            let found = Stray {
                id: *stray,
                sweep: *sweep,
                place: place.clone(),
                door: door.clone(),
                persons: *persons,
                note: note.clone(),
                at,
                actor: entry.actor.clone(),
                settled: None,
            };
            state.strays.insert(*stray, found);
            state.dirty_strays.insert(*stray);
            if let Some(row) = state.sweeps.get_mut(sweep) {
                row.strays += 1;
                row.open_strays += 1;
                state.dirty_sweeps.insert(*sweep);
            }
        }
        Event::StraySettled { stray, sweep, note } => {
            let Some(row) = state.strays.get_mut(stray) else { return };
            row.settled = Some((at, note.clone()));
            state.dirty_strays.insert(*stray);
            if let Some(row) = state.sweeps.get_mut(sweep) {
                row.open_strays -= 1;
                state.dirty_sweeps.insert(*sweep);
            }
        }
        Event::SweepClosed { sweep, note } => {
            let Some(row) = state.sweeps.get_mut(sweep) else { return };
            row.closed_at = Some(at);
            row.note.clone_from(note);
            state.dirty_sweeps.insert(*sweep);
            if let Some(open) = state.swept.get_mut(&row.place)
                && *open == Some(*sweep)
            {
                *open = None;
            }
        }
        _ => {}
    }
}

fn open(state: &mut State, entry: &Entry, o: &SweepOpened) {
    let doors = Doors { todo: o.homes.len() as i64, ..Doors::default() };
    let sweep = Sweep {
        id: o.sweep,
        place: o.place.clone(),
        opened_at: entry.event_time,
        due: o.due,
        doors,
        strays: 0,
        open_strays: 0,
        closed_at: None,
        note: o.note.clone(),
    };
    state.swept.insert(o.place.clone(), Some(o.sweep));
    state.sweeps.insert(o.sweep, sweep);
    state.dirty_sweeps.insert(o.sweep);
    // The area itself has its line also where the registry has nobody.
    state.parts.entry((o.sweep, o.place.clone())).or_default();
    for home in &o.homes {
        for part in parts_of(&o.place, &home.place) {
            state.parts.entry((o.sweep, part)).or_default().todo += 1;
        }
        let key = (o.sweep, home.household);
        let visited = Visited {
            home: home.clone(),
            state: Door::Todo,
            last: None,
            visits: 0,
            seen: 0,
            strangers: 0,
            again_at: None,
            actor: String::new(),
            note: String::new(),
        };
        state.looked_homes.insert(key);
        state.homes.insert(key, visited);
        state.dirty_homes.insert(key);
    }
}

/// The visit that happened last says what was found, in whatever order they are told.
fn knocked(state: &mut State, entry: &Entry, event: &Event) {
    let Event::Knocked { sweep, household, outcome, seen, strangers, again_at, note } = event
    else {
        return;
    };
    let key = (*sweep, *household);
    state.visits.extend([
        sweep.area().into(),
        (*sweep).into(),
        (*household).into(),
        entry.command.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        outcome.as_str().into(),
        (*seen).into(),
        (*strangers).into(),
        entry.actor.as_str().into(),
        note.as_str().into(),
    ]);
    let (Some(home), Some(row)) = (state.homes.get_mut(&key), state.sweeps.get_mut(sweep)) else {
        return;
    };
    home.visits += 1;
    state.dirty_homes.insert(key);
    state.dirty_sweeps.insert(*sweep);
    let this = (entry.event_time, entry.command);
    if home.last.is_some_and(|last| last > this) {
        return;
    }
    let before = home.state;
    home.state = *outcome;
    home.last = Some(this);
    home.seen = *seen;
    home.strangers = *strangers;
    home.again_at = *again_at;
    home.actor.clone_from(&entry.actor);
    home.note.clone_from(note);
    row.doors.add(before, -1);
    row.doors.add(*outcome, 1);
    for part in parts_of(&row.place, &home.home.place) {
        let doors = state.parts.entry((*sweep, part)).or_default();
        doors.add(before, -1);
        doors.add(*outcome, 1);
    }
}
