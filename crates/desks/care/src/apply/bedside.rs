//! Care plans, consultations and orders, and what becomes of them when the patient goes on or leaves.

use ledger::Entry;
use types::{Micros, UnitId};

use super::change;
use crate::event::{CarePlanPut, Consulted, Event, Ordered};
use crate::rows::{CarePlan, Consultation, OrderRow};
use crate::state::State;
use crate::words::{ConsultEnd, StayEnd};

pub(super) fn put_plan(state: &mut State, entry: &Entry, put: &CarePlanPut) {
    let at = entry.event_time;
    end_plan(state, put.episode, at);
    let Some(lies) = state.episodes.get(&put.episode).and_then(|e| e.lies.clone()) else { return };
    let version = i64::from(put.version);
    let plan = CarePlan {
        episode: put.episode,
        version,
        facility: lies.facility,
        ward: lies.ward,
        area: lies.bed.area(),
        at,
        goals: put.goals.clone(),
        team: put.team.clone(),
        due: put.due,
        reviewed: None,
        ended_at: None,
        note: put.note.clone(),
        actor: entry.actor.clone(),
    };
    state.dirty_plans.insert((put.episode, version));
    state.plans.insert((put.episode, version), plan);
    change(state, entry, put.episode, "care_plan_put", put, |_| {});
}

fn end_plan(state: &mut State, episode: UnitId, at: Micros) {
    let Some(version) = state.plan_of(episode).map(|plan| plan.version) else { return };
    if let Some(plan) = state.plans.get_mut(&(episode, version)) {
        plan.ended_at = Some(at.max(plan.at));
        state.dirty_plans.insert((episode, version));
    }
}

pub(super) fn review(
    state: &mut State,
    entry: &Entry,
    (episode, version): (UnitId, u32),
    (note, due): (&str, Micros),
) {
    let key = (episode, i64::from(version));
    if let Some(plan) = state.plans.get_mut(&key) {
        plan.reviewed = Some((entry.event_time, note.to_owned()));
        plan.due = due;
        state.dirty_plans.insert(key);
    }
    change(state, entry, episode, "care_plan_reviewed", &(version, note, due), |_| {});
}

pub(super) fn consult(state: &mut State, entry: &Entry, c: &Consulted) {
    let id = c.asked.episode;
    let Some(lies) = state.episodes.get(&id).and_then(|e| e.lies.clone()) else { return };
    let row = Consultation {
        episode: id,
        id: c.consultation,
        facility: lies.facility,
        ward: lies.ward,
        area: lies.bed.area(),
        at: entry.event_time,
        tier: c.asked.tier,
        whom: c.asked.whom.clone(),
        question: c.asked.question.clone(),
        due: c.due,
        asked_by: entry.actor.clone(),
        closed: None,
        opinion: String::new(),
        by: String::new(),
    };
    state.dirty_consultations.insert((id, c.consultation));
    state.consultations.insert((id, c.consultation), row);
    change(state, entry, id, "consulted", c, |_| {});
}

pub(super) fn close(state: &mut State, entry: &Entry, event: &Event) {
    let (episode, id, how, said, by) = match event {
        Event::Answered { episode, consultation, opinion, by } => {
            (*episode, *consultation, ConsultEnd::Answered, opinion, by.as_str())
        }
        Event::ConsultWithdrawn { episode, consultation, reason } => {
            (*episode, *consultation, ConsultEnd::Withdrawn, reason, "")
        }
        _ => return,
    };
    if let Some(row) = state.consultations.get_mut(&(episode, id)) {
        row.closed = Some((entry.event_time.max(row.at), how));
        row.opinion.clone_from(said);
        row.by = by.to_owned();
        state.dirty_consultations.insert((episode, id));
    }
    let what = match how {
        ConsultEnd::Answered => "answered",
        ConsultEnd::Withdrawn | ConsultEnd::Lapsed => "consult_withdrawn",
    };
    change(state, entry, episode, what, &(id, said, by), |_| {});
}

pub(super) fn order(state: &mut State, entry: &Entry, o: &Ordered) {
    let id = o.order.episode;
    let row = OrderRow {
        episode: id,
        id: o.id,
        kind: o.order.kind,
        what: o.order.what.clone(),
        dose: o.order.dose.clone(),
        by: o.order.by.clone(),
        started_at: entry.event_time,
        stopped: None,
        actor: entry.actor.clone(),
    };
    state.dirty_orders.insert((id, o.id));
    state.orders.insert((id, o.id), row);
    change(state, entry, id, "ordered", o, |_| {});
}

pub(super) fn stop(state: &mut State, entry: &Entry, event: &Event) {
    let Event::OrderStopped { episode, order, by, reason } = event else { return };
    if let Some(row) = state.orders.get_mut(&(*episode, *order)) {
        let at = entry.event_time.max(row.started_at);
        row.stopped = Some((at, by.clone(), reason.clone()));
        state.dirty_orders.insert((*episode, *order));
    }
    change(state, entry, *episode, "order_stopped", &(order, by, reason), |_| {});
}

/// The patient lies in another ward: the plan and the open questions go along.
pub(super) fn follow(state: &mut State, episode: UnitId) {
    let Some(lies) = state.episodes.get(&episode).and_then(|e| e.lies.clone()) else { return };
    if let Some(version) = state.plan_of(episode).map(|plan| plan.version)
        && let Some(plan) = state.plans.get_mut(&(episode, version))
    {
        (plan.facility, plan.ward) = (lies.facility.clone(), lies.ward.clone());
        plan.area = lies.bed.area();
        state.dirty_plans.insert((episode, version));
    }
    for id in open_questions(state, episode) {
        if let Some(row) = state.consultations.get_mut(&(episode, id)) {
            (row.facility, row.ward) = (lies.facility.clone(), lies.ward.clone());
            row.area = lies.bed.area();
            state.dirty_consultations.insert((episode, id));
        }
    }
}

fn open_questions(state: &State, episode: UnitId) -> Vec<types::CommandId> {
    let all = state.consultations.iter().filter(|((of, _), row)| *of == episode && row.is_open());
    all.map(|((_, id), _)| *id).collect()
}

/// The patient has left care: nothing of it is open any more.
pub(super) fn part(state: &mut State, entry: &Entry, episode: UnitId, how: StayEnd) {
    let at = entry.event_time;
    end_plan(state, episode, at);
    for id in open_questions(state, episode) {
        if let Some(row) = state.consultations.get_mut(&(episode, id)) {
            row.closed = Some((at.max(row.at), ConsultEnd::Lapsed));
            state.dirty_consultations.insert((episode, id));
        }
    }
    let why = how.as_str();
    let running: Vec<types::CommandId> = state
        .orders
        .iter()
        .filter(|((of, _), row)| *of == episode && row.stopped.is_none())
        .map(|((_, id), _)| *id)
        .collect();
    for id in running {
        if let Some(row) = state.orders.get_mut(&(episode, id)) {
            row.stopped = Some((at.max(row.started_at), entry.actor.clone(), why.to_owned()));
            state.dirty_orders.insert((episode, id));
        }
    }
}
