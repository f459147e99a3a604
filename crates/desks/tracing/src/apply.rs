//! What each fact does to the rows and the counters. Pure and total: it never refuses.

use ledger::Entry;
use serde::Serialize;
use store::Value;
use types::UnitId;

use crate::event::{After, Event, Named, Opened};
use crate::rows::{Contact, Core, Investigation, Request, Source, Test};
use crate::schedule::Schedule;
use crate::state::{RequestRow, State};
use crate::words::{Ended, Flow, NoInvestigation, Progress, Stage, Task};

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::Opened(opened) => open(state, entry, opened),
        Event::Anchored { investigation, person, person_area, place, onset, anchor } => {
            let (person, person_area) = (*person, *person_area);
            if let Some(ids) = state.cases_of.get_mut(&person)
                && !ids.contains(investigation)
            {
                ids.push(*investigation);
            }
            let body = (onset, anchor);
            progress(state, entry, *investigation, "anchored", &body, |i| {
                (i.person, i.person_area) = (person, person_area);
                i.place = place.clone().or_else(|| i.place.clone());
                (i.onset, i.anchor) = (*onset, *anchor);
            });
        }
        Event::Assigned { investigation, team } => {
            progress(state, entry, *investigation, "assigned", team, |i| i.team = team.clone());
        }
        Event::OnSite { investigation, note } => {
            progress(state, entry, *investigation, "on_site", note, |i| {
                i.on_site_at.get_or_insert(at);
                if i.progress == Progress::Opened {
                    i.progress = Progress::OnSite;
                }
            });
        }
        Event::Interviewed { investigation, core, stays, complete } => {
            for stay in stays {
                let known = state.stays.entry(*investigation).or_default();
                known.insert(stay.n, (stay.clone(), false));
                state.dirty_stays.insert((*investigation, stay.n));
            }
            let body = (core, stays, complete);
            progress(state, entry, *investigation, "interviewed", &body, |i| {
                i.core.join(core);
                let most = stays.iter().map(|stay| i64::from(stay.n)).max().unwrap_or(0);
                i.stays = i.stays.max(most);
                if *complete {
                    i.core_at.get_or_insert(at);
                    if matches!(i.progress, Progress::Opened | Progress::OnSite) {
                        i.progress = Progress::Core;
                    }
                }
            });
        }
        Event::StayDropped { investigation, stay, reason } => {
            if let Some((_, dropped)) =
                state.stays.get_mut(investigation).and_then(|stays| stays.get_mut(stay))
            {
                *dropped = true;
                state.dirty_stays.insert((*investigation, *stay));
            }
            let body = (stay, reason);
            progress(state, entry, *investigation, "stay_dropped", &body, |_| {});
        }
        Event::Reported { investigation, note } => {
            progress(state, entry, *investigation, "reported", note, |i| {
                i.report_at = Some(at);
                i.progress = Progress::Reported;
                i.summary.clone_from(note);
            });
        }
        Event::Dropped { investigation, why, keep } => {
            let body = (why, keep);
            progress(state, entry, *investigation, "dropped", &body, |i| {
                drop_it(i, *why, *keep, at);
            });
        }
        Event::Resumed { investigation } => {
            progress(state, entry, *investigation, "resumed", &(), |i| {
                i.progress = i.before.take().unwrap_or(Progress::Opened);
                (i.ended, i.keep) = (None, None);
            });
        }
        Event::Named(named) => name(state, entry, named),
        Event::Sourced(sourced) => {
            add_source(state, sourced.contact, &sourced.source);
            let body = &sourced.source;
            follows(state, entry, sourced.contact, "sourced", body, &sourced.after);
        }
        Event::SourceVoided { contact, source, void, after } => {
            let known = state.sources.get_mut(contact).and_then(|all| all.get_mut(source));
            if let Some(known) = known {
                known.void = *void;
                state.dirty_sources.insert((*contact, *source));
            }
            follows(state, entry, *contact, "source_voided", &(source, void), after);
        }
        Event::Located { contact, place, note } => {
            change(state, entry, *contact, "located", &(place, note), |c| {
                c.place = place.clone().or_else(|| c.place.clone());
                forward(c, Stage::Located, at);
            });
        }
        Event::Notified { contact, note } => {
            change(state, entry, *contact, "notified", note, |c| forward(c, Stage::Notified, at));
        }
        Event::Departed { contact, site, vehicle } => {
            change(state, entry, *contact, "departed", &(site, vehicle), |c| {
                forward(c, Stage::Moving, at);
            });
        }
        Event::Arrived { contact, site, room, reason, day, schedule, in_time } => {
            let first = state.contacts.get(contact).is_some_and(|c| c.arrived_at.is_none());
            if first {
                flow(state, entry, *contact, Flow::Quarantined);
                if *in_time {
                    flow(state, entry, *contact, Flow::InTime);
                }
            }
            let body = (site, room, reason, schedule);
            change(state, entry, *contact, "arrived", &body, |c| {
                (c.stage, c.since) = (Stage::Quarantined, at);
                c.arrived_at.get_or_insert(at);
                c.site.clone_from(site);
                c.room.clone_from(room);
                c.schedule = Some(schedule.clone());
                c.check_due = Some(*day);
            });
        }
        Event::Scheduled { contact, schedule } => {
            change(state, entry, *contact, "scheduled", schedule, |c| {
                c.schedule = Some(schedule.clone());
            });
        }
        Event::Tested { contact, test } => {
            change(state, entry, *contact, "tested", test, |c| add_test(&mut c.tests, test));
        }
        Event::Checked { contact, day, next, temperature, symptoms, ill, note } => {
            let body = (temperature, symptoms, ill, note);
            change(state, entry, *contact, "checked", &body, |c| {
                // A look that is told late does not take back a later one.
                if c.checked.is_none_or(|known| known <= *day) {
                    c.checked = Some(*day);
                    c.ill = *ill;
                }
                c.check_due = c.check_due.map(|due| due.max(*next));
            });
        }
        Event::WentHome { contact, schedule, verdict, reason } => {
            let body = (schedule, verdict, reason);
            change(state, entry, *contact, "went_home", &body, |c| {
                (c.stage, c.since) = (Stage::Monitoring, at);
                c.site = None;
                c.room.clear();
                c.schedule = Some(schedule.clone());
            });
        }
        Event::Refused { contact, note } => {
            flow(state, entry, *contact, Flow::Refused);
            change(state, entry, *contact, "refused", note, |c| {
                (c.stage, c.since) = (Stage::Refused, at);
                c.site = None;
                c.room.clear();
            });
        }
        Event::Ended { contact, how, case, verdict, note } => {
            match how {
                Ended::Released => flow(state, entry, *contact, Flow::Released),
                Ended::Positive => flow(state, entry, *contact, Flow::Positive),
                Ended::Mistaken | Ended::Died | Ended::Double | Ended::Elsewhere => {}
            }
            answer(state, *contact, at, false, "");
            change(state, entry, *contact, "ended", &(how, case, verdict, note), |c| {
                c.before = Some(c.stage);
                c.stage = match how {
                    Ended::Released => Stage::Released,
                    Ended::Positive => Stage::Positive,
                    _ => Stage::Closed,
                };
                c.since = at;
                c.case = case.or(c.case);
                c.ended = Some((*how, at));
                c.request = None;
            });
        }
        Event::Reopened { contact, stage, note } => {
            change(state, entry, *contact, "reopened", note, |c| {
                (c.stage, c.since) = (*stage, at);
                (c.before, c.ended, c.case) = (None, None, None);
            });
        }
        Event::Asked { contact, from, to, due, note } => {
            let Some(n) = state.contacts.get(contact).map(|c| c.requests) else { return };
            let request = Request { n, from: *from, to: *to, at, due: *due };
            let row = RequestRow { request, note: note.clone(), answered: None };
            state.requests.insert((*contact, n), row);
            change(state, entry, *contact, "asked", &(from, to, due, note), |c| {
                c.requests += 1;
                c.request = Some(request);
            });
        }
        Event::Answered { contact, accept, note } => {
            let to = state.contacts.get(contact).and_then(|c| c.request).map(|r| r.to);
            answer(state, *contact, at, *accept, note);
            change(state, entry, *contact, "answered", &(accept, note), |c| {
                c.request = None;
                if let Some(to) = to.filter(|_| *accept) {
                    c.county = to;
                }
            });
        }
    }
}

fn open(state: &mut State, entry: &Entry, o: &Opened) {
    let investigation = Investigation {
        id: o.investigation,
        case: o.case,
        person: o.person,
        person_area: o.person_area,
        place: o.place.clone(),
        since: o.since,
        onset: o.onset,
        anchor: o.anchor,
        progress: Progress::Opened,
        before: None,
        on_site_due: o.on_site_due,
        on_site_at: None,
        core_due: o.core_due,
        core_at: None,
        report_due: o.report_due,
        report_at: None,
        team: None,
        core: Core::default(),
        stays: 0,
        contacts: 0,
        contact: o.contact,
        ended: None,
        keep: None,
        summary: String::new(),
    };
    *state.progress.entry((o.investigation.area(), Progress::Opened)).or_default() += 1;
    state.dirty_investigations.insert(o.investigation);
    let (id, stage) = (o.investigation, Progress::Opened.as_str());
    state.cases_of.entry(o.person).or_default();
    state.keep_investigation(investigation);
    line(state, entry, id, "opened", stage, &(o.case, o.anchor, o.contact));
}

fn drop_it(i: &mut Investigation, why: NoInvestigation, keep: Option<UnitId>, at: types::Micros) {
    i.before = Some(i.progress);
    i.progress = Progress::Closed;
    i.ended = Some((why, at));
    i.keep = keep;
}

/// Changes an investigation, counts what that changes, and adds a line to its history.
fn progress<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Investigation),
) {
    let Some(mut i) = state.investigations.remove(&id) else { return };
    *state.progress.entry((i.area(), i.progress)).or_default() -= 1;
    change(&mut i);
    *state.progress.entry((i.area(), i.progress)).or_default() += 1;
    let stage = i.progress.as_str();
    state.dirty_investigations.insert(id);
    state.investigations.insert(id, i);
    line(state, entry, id, what, stage, body);
}

fn name(state: &mut State, entry: &Entry, n: &Named) {
    let at = entry.event_time;
    let contact = Contact {
        id: n.contact,
        n: n.n,
        person: n.person,
        person_area: n.person_area,
        identity: n.identity.clone(),
        household: n.household,
        place: n.place.clone(),
        county: n.contact.area(),
        degree: n.degree,
        stage: if n.case.is_some() { Stage::Positive } else { Stage::Identified },
        since: at,
        before: None,
        named_at: at,
        deadline: n.deadline,
        first: n.source.first,
        last: n.source.last,
        unfounded: false,
        site: None,
        room: String::new(),
        arrived_at: None,
        schedule: None,
        tests: Vec::new(),
        checked: None,
        ill: false,
        test_due: None,
        check_due: None,
        release_due: None,
        request: None,
        requests: 0,
        case: n.case,
        origin: n.origin.clone(),
        ended: n.case.map(|_| (Ended::Positive, at)),
    };
    count(state, &contact, 1);
    let stage = contact.stage.as_str();
    state.dirty_contacts.insert(n.contact);
    state.sources.insert(n.contact, Default::default());
    state.of_person.entry(n.person).or_default();
    if let Some(number) = n.identity.as_ref().and_then(|identity| identity.id_index) {
        state.numbers.entry(number).or_insert(n.person);
    }
    state.keep_contact(contact);
    add_source(state, n.contact, &n.source);
    line(state, entry, n.contact, "named", stage, &(&n.degree, &n.source));
    let what = if n.case.is_some() { Flow::Positive } else { Flow::Identified };
    flow(state, entry, n.contact, what);
}

/// Adds a source to a contact, or what is newly said of it; counts it with the case.
fn add_source(state: &mut State, contact: UnitId, source: &Source) {
    let known = state.sources.entry(contact).or_default();
    let fresh = match known.get_mut(&source.unit) {
        Some(known) => {
            known.join(source);
            false
        }
        None => {
            known.insert(source.unit, source.clone());
            true
        }
    };
    state.dirty_sources.insert((contact, source.unit));
    if let Some(ids) = state.of_source.get_mut(&source.unit)
        && !ids.contains(&contact)
    {
        ids.push(contact);
    }
    let investigation = crate::investigation_of(source.unit);
    if fresh
        && source.is_case()
        && let Some(i) = state.investigations.get_mut(&investigation)
    {
        i.contacts += 1;
        state.dirty_investigations.insert(investigation);
    }
}

/// What follows for a contact from its sources, in the rows.
fn follows<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    after: &After,
) {
    let standing = state.standing(id);
    let first = standing.iter().map(|s| s.first).min();
    let last = standing.iter().map(|s| s.last).max();
    let before = state.contacts.get(&id).map(|c| c.degree);
    if before == Some(crate::Degree::Secondary) && after.degree == crate::Degree::Close {
        flow(state, entry, id, Flow::Promoted);
    }
    change(state, entry, id, what, body, |c| {
        c.degree = after.degree;
        c.first = first.unwrap_or(c.first);
        c.last = last.unwrap_or(c.last);
        c.unfounded = last.is_none();
        if let Some(schedule) = &after.schedule {
            c.schedule = Some(schedule.clone());
        }
        if let Some(stage) = after.stage {
            (c.stage, c.since) = (stage, entry.event_time);
            c.arrived_at = None;
            c.site = None;
            c.room.clear();
        }
        c.deadline = after.deadline.or(c.deadline);
    });
}

/// A step forward; what is told late does not take anybody back.
fn forward(c: &mut Contact, stage: Stage, at: types::Micros) {
    if c.stage == Stage::Refused || (c.stage.is_before() && c.stage < stage) {
        (c.stage, c.since) = (stage, at);
    }
}

/// Adds a test in the order of the samples; a newer word on one sample stands instead of the older.
fn add_test(tests: &mut Vec<Test>, test: &Test) {
    tests.retain(|known| known.source != test.source || known.at != test.at);
    tests.push(test.clone());
    tests.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
}

fn answer(state: &mut State, id: UnitId, at: types::Micros, accept: bool, note: &str) {
    let Some(request) = state.contacts.get(&id).and_then(|c| c.request) else { return };
    let row = state.requests.entry((id, request.n)).or_insert_with(|| RequestRow {
        request,
        note: String::new(),
        answered: None,
    });
    row.answered = Some((at, accept, note.to_owned()));
}

/// What is due for a contact, from its schedule.
fn make_due(c: &mut Contact) {
    let schedule: Option<&Schedule> = c.schedule.as_ref().filter(|_| c.stage.is_observed());
    let Some(schedule) = schedule else {
        (c.test_due, c.release_due) = (None, None);
        if !c.stage.is_observed() {
            c.check_due = None;
        }
        return;
    };
    // Of whom no source stands nothing is asked any more: he is let go.
    let first = schedule.tests.first().copied().unwrap_or(schedule.until);
    c.release_due = Some(if c.unfounded { first.min(schedule.until) } else { schedule.until });
    c.test_due = if c.unfounded { None } else { schedule.test_due(&c.tests) };
    // Who is ill is tested on the day, whatever the schedule says.
    if c.ill
        && let Some(day) = c.checked
        && !c.tests.iter().any(|test| test.day >= day)
    {
        c.test_due = Some(c.test_due.map_or(day, |due| due.min(day)));
    }
}

/// Changes a contact, counts what that changes, and adds a line to its history.
fn change<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Contact),
) {
    let Some(mut contact) = state.contacts.remove(&id) else { return };
    count(state, &contact, -1);
    change(&mut contact);
    make_due(&mut contact);
    count(state, &contact, 1);
    let stage = contact.stage.as_str();
    state.dirty_contacts.insert(id);
    state.contacts.insert(id, contact);
    line(state, entry, id, what, stage, body);
}

fn count(state: &mut State, c: &Contact, by: i64) {
    *state.counts.entry((c.county, c.stage, c.degree)).or_default() += by;
    let due =
        [(Task::Test, c.test_due), (Task::Check, c.check_due), (Task::Release, c.release_due)];
    for (task, day) in due {
        if let Some(day) = day {
            let key = (c.county, c.community().to_owned(), task, day);
            *state.dues.entry(key).or_default() += by;
        }
    }
}

fn flow(state: &mut State, entry: &Entry, contact: UnitId, what: Flow) {
    let area = state.contacts.get(&contact).map_or(contact.area(), |c| c.county);
    *state.flows.entry((area, entry.event_time.hour_start(), what)).or_default() += 1;
}

fn line<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    unit: UnitId,
    what: &str,
    stage: &str,
    body: &B,
) {
    let n = state.history_lines.entry((unit, entry.command)).or_default();
    let this = *n;
    *n += 1;
    state.history.extend([
        unit.area().into(),
        unit.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        stage.into(),
        Value::json(body),
    ]);
}
