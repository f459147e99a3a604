//! What each fact does to the rows and the counters. Pure and total: it never refuses.

mod bedside;
mod stay;

use ledger::Entry;
use serde::Serialize;
use store::Value;
use types::{Micros, Span, UnitId};

use crate::command::{PutFacility, PutWard};
use crate::event::{Event, Queued};
use crate::rows::{Bed, Chart, Episode, Facility, InBed, Ward};
use crate::state::{Place, State};
use crate::triage::Condition;
use crate::words::{BedState, Ended, Flow, HomeKind, Leaving, Stage};

pub(crate) use stay::{QUARTER, quarter_of};

/// Temperatures and tests that an episode's row keeps: release asks for the last days only. All of them
/// are in its history.
const KEPT: usize = 60;

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let before = stay::before(state, event);
    happen(state, entry, event);
    if let Some(before) = before {
        stay::settle(state, entry, event, before);
    }
}

fn happen(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::FacilityPut(c) => put_facility(state, entry, c),
        Event::WardPut(c) => put_ward(state, entry, c),
        Event::BedsPut { facility, ward, beds } => {
            let key = (facility.clone(), ward.clone());
            for (id, label, room) in beds {
                state.keep_bed(Bed {
                    id: *id,
                    facility: facility.clone(),
                    ward: ward.clone(),
                    label: label.clone(),
                    room: room.clone(),
                    state: BedState::Free,
                    since: at,
                    due: None,
                    episode: None,
                    household: None,
                });
                state.dirty_beds.insert(*id);
                state.count_bed(&key, BedState::Free, 1);
            }
        }
        Event::StaffSet(c) => {
            let key = (c.facility.clone(), c.ward.clone());
            if let Some(ward) = state.wards.get_mut(&key) {
                ward.claimed = i64::from(c.claimed);
                ward.nurses = i64::from(c.nurses);
                ward.per_nurse = i64::from(c.per_nurse);
                state.dirty_wards.insert(key);
            }
        }
        Event::BedSetOut { bed, out, .. } => state.set_bed(*bed, |bed| {
            bed.state = if *out { BedState::Out } else { BedState::Free };
            bed.since = at;
            bed.due = None;
        }),
        Event::Disinfected { bed } => state.set_bed(*bed, |bed| {
            bed.state = BedState::Free;
            bed.since = at;
            bed.due = None;
        }),
        Event::Queued(queued) => queue(state, entry, queued),
        Event::Judged { episode, class, severity, high_risk } => {
            let body = (class, severity, high_risk);
            change(state, entry, *episode, "judged", &body, |e| {
                e.class = *class;
                e.condition = Condition { severity: *severity, high_risk: *high_risk };
                e.worst = e.worst.max(*severity);
            });
        }
        Event::Assigned { episode, bed, plan, reason } => {
            claim(state, entry, *episode, *bed, (plan, reason), None);
            change(state, entry, *episode, "assigned", &(bed, plan, reason), |e| {
                if e.stage == Stage::Waiting {
                    e.stage = Stage::Assigned;
                    e.stage_since = at;
                }
            });
        }
        Event::Unassigned { episode, reason } => {
            give_up_held(state, entry, *episode);
            change(state, entry, *episode, "unassigned", reason, |e| {
                if e.stage.is_queued() {
                    e.stage = Stage::Waiting;
                    e.stage_since = at;
                }
            });
        }
        Event::Departed { episode, vehicle } => {
            change(state, entry, *episode, "departed", vehicle, |e| {
                if e.stage.is_queued() {
                    e.stage = Stage::Moving;
                    e.stage_since = at;
                }
            });
        }
        Event::Admitted { episode, bed, reason } => admit(state, entry, *episode, *bed, reason),
        Event::Moved { episode, bed, reason } => {
            vacate(state, entry, *episode);
            claim(state, entry, *episode, *bed, ("", reason), Some(at));
            change(state, entry, *episode, "moved", &(bed, reason), |_| {});
        }
        Event::WentHome { episode, kind, until, note } => {
            give_up_held(state, entry, *episode);
            vacate(state, entry, *episode);
            match kind {
                HomeKind::Refused => flow(state, entry, *episode, Flow::Refused),
                HomeKind::ByRule => flow(state, entry, *episode, Flow::SentHome),
                HomeKind::Monitoring | HomeKind::Isolation => {}
            }
            change(state, entry, *episode, "went_home", &(kind, until, note), |e| {
                e.stage = Stage::Home;
                e.stage_since = at;
                e.home = Some((*kind, *until));
            });
        }
        Event::Requeued { episode, note } => {
            change(state, entry, *episode, "requeued", note, |e| {
                e.stage = Stage::Waiting;
                e.stage_since = at;
                e.home = None;
                e.left = None;
                e.ended = None;
            });
        }
        Event::CheckedIn { episode, temperature, spo2, signs, alarms, note } => {
            let body = (temperature, spo2, signs, alarms, note);
            change(state, entry, *episode, "checked_in", &body, |e| {
                e.checked_at = e.checked_at.max(Some(at));
                // A word that comes late, from before the last look, was answered by it.
                let unseen = e.seen_at.is_none_or(|seen| seen < at);
                if !alarms.is_empty() && unseen && e.stage == Stage::Home {
                    e.alarm_at = Some(e.alarm_at.map_or(at, |first| first.min(at)));
                }
                if let Some(degrees) = temperature {
                    measured(&mut e.chart, at, *degrees);
                }
            });
        }
        Event::Seen { episode, temperature, better, imaging, note } => {
            let body = (temperature, better, imaging, note);
            change(state, entry, *episode, "seen", &body, |e| {
                see(e, at, *temperature, *better, *imaging);
            });
        }
        Event::Tested { episode, test } => {
            change(state, entry, *episode, "tested", test, |e| {
                e.chart.tests.push(test.clone());
                e.chart.tests.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
                let over = e.chart.tests.len().saturating_sub(KEPT);
                e.chart.tests.drain(..over);
            });
        }
        Event::Kept { episode, reason, verdict } => {
            change(state, entry, *episode, "kept", &(reason, verdict), |e| {
                e.chart.kept = Some((at, reason.clone()));
            });
        }
        Event::Left { episode, leaving, verdict, reason } => {
            give_up_held(state, entry, *episode);
            vacate(state, entry, *episode);
            let counted = match leaving {
                Leaving::Discharged => Flow::Discharged,
                Leaving::Released => Flow::Released,
            };
            flow(state, entry, *episode, counted);
            change(state, entry, *episode, "left", &(leaving, verdict, reason), |e| {
                e.left = Some((*leaving, at));
            });
        }
        Event::Ended { episode, how, note } => {
            give_up_held(state, entry, *episode);
            vacate(state, entry, *episode);
            match how {
                Ended::Died => flow(state, entry, *episode, Flow::Died),
                Ended::Correction => flow(state, entry, *episode, Flow::Corrected),
                Ended::Finished | Ended::Merged | Ended::Elsewhere => {}
            }
            change(state, entry, *episode, "ended", &(how, note), |e| {
                e.stage = Stage::Closed;
                e.stage_since = at;
                e.ended = Some((*how, at));
            });
        }
        Event::CarePlanPut(put) => bedside::put_plan(state, entry, put),
        Event::CarePlanReviewed { episode, version, note, due } => {
            bedside::review(state, entry, (*episode, *version), (note, *due));
        }
        Event::Consulted(consulted) => bedside::consult(state, entry, consulted),
        Event::Answered { .. } | Event::ConsultWithdrawn { .. } => {
            bedside::close(state, entry, event);
        }
        Event::Ordered(ordered) => bedside::order(state, entry, ordered),
        Event::OrderStopped { .. } => bedside::stop(state, entry, event),
    }
}

fn put_facility(state: &mut State, entry: &Entry, c: &PutFacility) {
    let facility = Facility {
        code: c.code.clone(),
        area: entry.area,
        kind: c.kind,
        name_zh: c.name_zh.clone(),
        name_en: c.name_en.clone(),
        serves: c.serves,
        place: c.place.clone(),
        at: c.lon.zip(c.lat),
        opens_at: c.opens_at,
        closes_at: c.closes_at,
        intake: c.intake.map(i64::from),
        turnaround_minutes: i64::from(c.turnaround_minutes),
    };
    state.dirty_facilities.insert(c.code.clone());
    state.facilities.insert(c.code.clone(), facility);
}

fn put_ward(state: &mut State, entry: &Entry, c: &PutWard) {
    let key = (c.facility.clone(), c.ward.clone());
    let ward = state.wards.entry(key.clone()).or_insert_with(|| Ward {
        facility: c.facility.clone(),
        code: c.ward.clone(),
        area: entry.area,
        name_zh: String::new(),
        name_en: String::new(),
        level: c.level,
        admits: c.admits,
        reserve: 0,
        claimed: 0,
        nurses: 0,
        per_nurse: 0,
        beds: [0; 5],
    });
    ward.name_zh.clone_from(&c.name_zh);
    ward.name_en.clone_from(&c.name_en);
    (ward.level, ward.admits, ward.reserve) = (c.level, c.admits, i64::from(c.reserve));
    state.dirty_wards.insert(key);
}

fn queue(state: &mut State, entry: &Entry, q: &Queued) {
    let episode = Episode {
        id: q.episode,
        case: q.case,
        person: q.person,
        household: q.household,
        sex: q.sex,
        age_months: q.age_months.map(i64::from),
        place: q.place.clone(),
        stage: Stage::Waiting,
        stage_since: entry.event_time,
        since: q.since,
        deadline: q.deadline,
        class: q.class,
        condition: Condition { severity: q.severity, high_risk: q.high_risk },
        worst: q.severity,
        lies: None,
        held: None,
        claims: 0,
        admitted_at: None,
        home: None,
        left: None,
        ended: None,
        chart: Chart::default(),
        seen_at: None,
        checked_at: None,
        alarm_at: None,
    };
    count(state, &episode, 1);
    line(state, entry, &episode, "queued", &(q.class, q.severity, q.high_risk));
    state.dirty_episodes.insert(q.episode);
    state.looked.insert(q.episode);
    state.episodes.insert(q.episode, episode);
    flow(state, entry, q.episode, Flow::Waiting);
}

/// A bed becomes somebody's: held, or lain in from `admitted_at`.
fn claim(
    state: &mut State,
    entry: &Entry,
    episode: UnitId,
    bed: UnitId,
    (plan, reason): (&str, &str),
    admitted_at: Option<Micros>,
) {
    let at = entry.event_time;
    let Some(e) = state.episodes.get_mut(&episode) else { return };
    let Some(row) = state.beds.get(&bed) else { return };
    let n = e.claims;
    e.claims += 1;
    let place = InBed {
        bed,
        facility: row.facility.clone(),
        ward: row.ward.clone(),
        n,
        held_at: at,
        admitted_at,
        in_ward: None,
    };
    let (person, household) = (e.person, e.household);
    state.places.insert(
        (episode, n),
        Place {
            bed,
            person,
            facility: place.facility.clone(),
            ward: place.ward.clone(),
            held_at: at,
            admitted_at,
            left_at: None,
            plan: plan.to_owned(),
            reason: reason.to_owned(),
            actor: entry.actor.clone(),
        },
    );
    if admitted_at.is_some() {
        e.lies = Some(place)
    } else {
        e.held = Some(place)
    }
    state.dirty_places.insert((episode, n));
    state.dirty_episodes.insert(episode);
    state.set_bed(bed, |row| {
        row.state = if admitted_at.is_some() { BedState::Occupied } else { BedState::Held };
        row.since = at;
        row.due = None;
        row.episode = Some(episode);
        row.household = household;
    });
}

fn admit(state: &mut State, entry: &Entry, episode: UnitId, bed: UnitId, reason: &str) {
    let at = entry.event_time;
    let Some(e) = state.episodes.get(&episode) else { return };
    let counted = if e.stage.is_queued() { Flow::Admitted } else { Flow::Transferred };
    let held = e.held.clone();
    vacate(state, entry, episode);
    match held.filter(|held| held.bed == bed) {
        Some(held) => {
            if let Some(place) = state.places.get_mut(&(episode, held.n)) {
                place.admitted_at = Some(at);
                state.dirty_places.insert((episode, held.n));
            }
            if let Some(e) = state.episodes.get_mut(&episode) {
                e.lies = Some(InBed { admitted_at: Some(at), ..held });
                e.held = None;
            }
            state.set_bed(bed, |row| {
                row.state = BedState::Occupied;
                row.since = at;
            });
        }
        None => {
            give_up_held(state, entry, episode);
            claim(state, entry, episode, bed, ("", reason), Some(at));
        }
    }
    flow(state, entry, episode, counted);
    change(state, entry, episode, "admitted", &(bed, reason), |e| {
        e.stage = Stage::InCare;
        e.stage_since = at;
        e.admitted_at.get_or_insert(at);
    });
}

/// A held bed is free again: nobody has lain in it.
fn give_up_held(state: &mut State, entry: &Entry, episode: UnitId) {
    let at = entry.event_time;
    let Some(e) = state.episodes.get_mut(&episode) else { return };
    let Some(held) = e.held.take() else { return };
    end_place(state, episode, held.n, at);
    state.set_bed(held.bed, |row| {
        row.state = BedState::Free;
        row.since = at;
        row.episode = None;
        row.household = None;
    });
}

/// The bed that somebody lay in is vacated, and to be disinfected.
fn vacate(state: &mut State, entry: &Entry, episode: UnitId) {
    let at = entry.event_time;
    let Some(e) = state.episodes.get_mut(&episode) else { return };
    let Some(lies) = e.lies.take() else { return };
    end_place(state, episode, lies.n, at);
    let minutes = state.facilities.get(&lies.facility).map_or(0, |f| f.turnaround_minutes);
    state.set_bed(lies.bed, |row| {
        row.state = BedState::Dirty;
        row.since = at;
        row.due = Some(at + Span::minutes(minutes));
        row.episode = None;
        row.household = None;
    });
}

fn end_place(state: &mut State, episode: UnitId, n: i64, at: Micros) {
    if let Some(place) = state.places.get_mut(&(episode, n)) {
        // A clock that is behind does not make a stay end before it began.
        place.left_at = Some(at.max(place.held_at));
        state.dirty_places.insert((episode, n));
    }
    state.dirty_episodes.insert(episode);
}

fn see(
    e: &mut Episode,
    at: Micros,
    temperature: Option<f64>,
    better: Option<bool>,
    imaging: Option<bool>,
) {
    let chart = &mut e.chart;
    if let Some(degrees) = temperature {
        measured(chart, at, degrees);
    }
    let later = |slot: &mut Option<(Micros, bool)>, value: Option<bool>| {
        if let Some(value) = value
            && slot.is_none_or(|(known, _)| known <= at)
        {
            *slot = Some((at, value));
        }
    };
    later(&mut chart.better, better);
    later(&mut chart.imaging, imaging);
    e.seen_at = e.seen_at.max(Some(at));
    // A look answers what was said before it.
    e.alarm_at = e.alarm_at.filter(|said| *said > at);
}

fn measured(chart: &mut Chart, at: Micros, degrees: f64) {
    chart.temperatures.push((at, degrees));
    chart.temperatures.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let over = chart.temperatures.len().saturating_sub(KEPT);
    chart.temperatures.drain(..over);
}

/// Changes an episode, counts what that changes, and adds a line to its history.
fn change<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Episode),
) {
    let Some(mut episode) = state.episodes.remove(&id) else { return };
    count(state, &episode, -1);
    change(&mut episode);
    if episode.stage != Stage::Home {
        // Whoever is in care, waits again or is well needs no look at home.
        episode.alarm_at = None;
    }
    count(state, &episode, 1);
    line(state, entry, &episode, what, body);
    state.dirty_episodes.insert(id);
    state.episodes.insert(id, episode);
}

fn count(state: &mut State, e: &Episode, by: i64) {
    let rank = e.condition.rank();
    *state.counts.entry((e.area(), e.stage, rank)).or_default() += by;
    if e.alarm_at.is_some() {
        *state.alarms.entry(e.area()).or_default() += by;
    }
    if e.stage.is_queued() {
        *state.waits.entry((e.area(), e.since.hour_start(), rank)).or_default() += by;
    }
}

fn flow(state: &mut State, entry: &Entry, episode: UnitId, what: Flow) {
    let key = (episode.area(), entry.event_time.hour_start(), what);
    *state.flows.entry(key).or_default() += 1;
    let n = number(state, entry, episode);
    state.happened.extend([
        episode.area().into(),
        episode.into(),
        entry.command.into(),
        n.into(),
        what.as_str().into(),
        entry.event_time.into(),
    ]);
}

/// The next number among the lines that a command adds of an episode.
fn number(state: &mut State, entry: &Entry, episode: UnitId) -> i64 {
    let n = state.lines.entry((episode, entry.command)).or_default();
    *n += 1;
    *n
}

fn line<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    episode: &Episode,
    what: &str,
    body: &B,
) {
    let n = state.history_lines.entry((episode.id, entry.command)).or_default();
    let this = *n;
    *n += 1;
    state.history.extend([
        episode.area().into(),
        episode.id.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        episode.stage.as_str().into(),
        Value::json(body),
    ]);
}
