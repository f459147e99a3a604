//! What each fact does to the rows and the counters. Pure and total: it never refuses.

mod sweeps;

use ledger::Entry;
use serde::Serialize;
use store::Value;
use types::{Micros, UnitId};

use crate::event::{Event, Made};
use crate::rows::{Evidence, Refused, Stretch, Zone};
use crate::state::State;
use crate::words::{End, Flow, Level, Why};

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::Made(made) => make(state, entry, made),
        Event::Raised { zone, level, until, case, reason } => {
            flow(state, entry, *zone, Flow::Raised);
            change(state, entry, *zone, "raised", &(level, until, case, reason), |z| {
                z.duties = z.duties.with_end(*until);
                (z.level, z.since, z.why) = (*level, at.max(z.since), Why::Raised);
                z.spans += 1;
                z.reason.clone_from(reason);
            });
        }
        Event::Infected { zone, case, at, kind } => {
            let evidence = Evidence { at: *at, kind: *kind, void: false };
            ground(state, entry, *zone, *case, "infected", evidence);
        }
        Event::Cleared { zone, case } => {
            let known = state.cases.get(zone).and_then(|cases| cases.get(case)).copied();
            let Some(known) = known else { return };
            ground(state, entry, *zone, *case, "cleared", Evidence { void: true, ..known });
        }
        Event::Renewed { zone, until, reason } => {
            change(state, entry, *zone, "renewed", &(until, reason), |z| {
                z.duties = z.duties.with_end(*until);
                z.reason.clone_from(reason);
            });
        }
        Event::DutiesSet { zone, duties, reason } => {
            change(state, entry, *zone, "duties_set", &(duties, reason), |z| {
                z.duties = duties.clone();
            });
        }
        Event::Lowered { zone, level, until, why, verdict, reason } => {
            let what = if *why == Why::Expired { Flow::Expired } else { Flow::Eased };
            flow(state, entry, *zone, what);
            let body = (level, until, why, verdict, reason);
            change(state, entry, *zone, "lowered", &body, |z| {
                z.duties = z.duties.with_end(*until);
                (z.level, z.since, z.why) = (*level, at.max(z.since), *why);
                z.spans += 1;
                z.reason.clone_from(reason);
            });
        }
        Event::Ended { zone, how, verdict, reason, by } => {
            match how {
                End::Lifted => flow(state, entry, *zone, Flow::Lifted),
                End::Expired => flow(state, entry, *zone, Flow::Expired),
                End::Absorbed => {}
            }
            change(state, entry, *zone, "ended", &(how, verdict, reason, by), |z| {
                z.ended = Some((*how, at.max(z.since)));
                z.reason.clone_from(reason);
            });
        }
        Event::Refused { place, level, reason } => {
            let refused = Refused {
                place: place.clone(),
                level: *level,
                at,
                actor: entry.actor.clone(),
                reason: reason.clone(),
            };
            state.refused.insert((place.clone(), *level), refused);
        }
        Event::SweepOpened(_)
        | Event::SweepAssigned { .. }
        | Event::Knocked { .. }
        | Event::StrayFound { .. }
        | Event::StraySettled { .. }
        | Event::SweepClosed { .. } => sweeps::apply(state, entry, event),
    }
}

fn make(state: &mut State, entry: &Entry, m: &Made) {
    let zone = Zone {
        id: m.zone,
        place: m.place.clone(),
        level: m.level,
        proposed: m.proposed,
        duties: m.duties.clone(),
        made_at: entry.event_time,
        since: entry.event_time,
        why: Why::Made,
        spans: 1,
        households: m.households,
        persons: m.persons,
        infections: 0,
        last: None,
        unfounded: false,
        reason: m.reason.clone(),
        ended: None,
    };
    state.looked.insert(m.zone);
    state.cases.insert(m.zone, Default::default());
    count(state, &zone, 1);
    state.dirty.insert(m.zone);
    state.keep(zone);
    stretch(state, m.zone);
    flow(state, entry, m.zone, Flow::Made);
    line(state, entry, m.zone, "made", m.level, m);
}

/// Changes a zone, counts what that changes, and adds a line to its history.
fn change<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Zone),
) {
    let Some(mut zone) = state.zones.remove(&id) else { return };
    count(state, &zone, -1);
    let before = (zone.spans, stretch_of(&zone));
    change(&mut zone);
    count(state, &zone, 1);
    let level = zone.level;
    if zone.spans > before.0 {
        // What held before ends where this begins.
        let ended = Stretch { to: Some(zone.since), ..before.1 };
        state.stretches.insert((id, before.0 - 1), ended);
    }
    state.dirty.insert(id);
    state.keep(zone);
    stretch(state, id);
    line(state, entry, id, what, level, body);
}

fn stretch_of(z: &Zone) -> Stretch {
    Stretch {
        zone: z.id,
        place: z.place.clone(),
        level: z.level,
        from: z.since,
        to: z.ended.map(|(_, at)| at),
        why: z.why,
    }
}

fn stretch(state: &mut State, id: UnitId) {
    let Some(zone) = state.zones.get(&id) else { return };
    let (n, stretch) = (zone.spans - 1, stretch_of(zone));
    state.stretches.insert((id, n), stretch);
}

fn ground(
    state: &mut State,
    entry: &Entry,
    zone: UnitId,
    case: UnitId,
    what: &str,
    evidence: Evidence,
) {
    let known = state.cases.entry(zone).or_default();
    known.insert(case, evidence);
    let standing: Vec<Micros> = known.values().filter(|e| !e.void).map(|e| e.at).collect();
    state.dirty_cases.insert((zone, case));
    let zones = state.of_case.entry(case).or_default();
    if !zones.contains(&zone) {
        zones.push(zone);
    }
    change(state, entry, zone, what, &(case, evidence.at, evidence.kind), |z| {
        z.infections = standing.len() as i64;
        z.last = standing.iter().copied().max();
        z.unfounded = standing.is_empty();
    });
}

fn count(state: &mut State, z: &Zone, by: i64) {
    if !z.stands() {
        return;
    }
    let sum = state.counts.entry((z.area(), z.level)).or_default();
    sum.zones += by;
    sum.households += by * z.households;
    sum.persons += by * z.persons;
}

fn flow(state: &mut State, entry: &Entry, zone: UnitId, what: Flow) {
    *state.flows.entry((zone.area(), entry.event_time.hour_start(), what)).or_default() += 1;
}

fn line<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    zone: UnitId,
    what: &str,
    level: Level,
    body: &B,
) {
    let n = state.history_lines.entry((zone, entry.command)).or_default();
    let this = *n;
    *n += 1;
    state.history.extend([
        zone.area().into(),
        zone.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        level.as_str().into(),
        Value::json(body),
    ]);
}
