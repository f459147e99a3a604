//! What each fact does to the rows and the counters. Pure and total: it never refuses.

use std::collections::BTreeMap;

use ledger::Entry;
use serde::Serialize;
use store::Value;
use types::{PersonId, UnitId};

use crate::classify::Judged;
use crate::clinical::At;
use crate::event::{Event, Opened};
use crate::rows::{Case, EditRow, Linked, PairRow, Publication};
use crate::state::State;
use crate::words::{FoundIn, KeyKind, Measure, Severity, Standing};

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = At { at: entry.event_time, by: entry.command };
    match event {
        Event::Opened(opened) => open(state, entry, opened),
        Event::PositiveAdded { case, tube, person, at, judged } => {
            state.positives.insert((*tube, *person), (*case, *at, false));
            change(state, entry, *case, "positive_added", &tube.to_string(), |case| {
                case.positives.push((*tube, *at));
                case.positives.sort_unstable_by_key(|(tube, at)| (*at, *tube));
                case.positives.dedup();
                judge(case, judged, entry);
            });
        }
        Event::PositiveWithdrawn { case, tube, person, judged } => {
            let known = state.cases.get(case);
            let when = known.and_then(|c| c.positives.iter().find(|(t, _)| t == tube));
            let when = when.map_or(entry.event_time, |(_, at)| *at);
            state.positives.insert((*tube, *person), (*case, when, true));
            change(state, entry, *case, "positive_withdrawn", &tube.to_string(), |case| {
                case.positives.retain(|(known, _)| known != tube);
                if case.merged_into.is_none() {
                    judge(case, judged, entry);
                }
            });
        }
        Event::Observed { case, observation, judged } => {
            change(state, entry, *case, "observed", observation, |case| {
                case.clinical.add(observation, at);
                judge(case, judged, entry);
            });
        }
        Event::ClassStated { case, stated, judged } => {
            change(state, entry, *case, "stated", stated, |case| {
                if case.stated.as_ref().is_none_or(|known| known.at < stated.at) {
                    case.stated = Some(stated.clone());
                }
                judge(case, judged, entry);
            });
        }
        Event::Edited { case, was, now, note, undoes } => {
            edit(state, entry, *case, (was, now), note, *undoes)
        }
        Event::Reported { case, number } => {
            change(state, entry, *case, "reported", number, |case| {
                case.reported_at.get_or_insert(entry.event_time);
                if !number.is_empty() {
                    case.number.clone_from(number);
                }
            });
        }
        Event::Closed { case, ending, note } => {
            change(state, entry, *case, "closed", &(ending, note), |case| {
                case.ending.get_or_insert((*ending, entry.event_time));
            });
        }
        Event::Reopened { case, note } => {
            change(state, entry, *case, "reopened", note, |case| case.ending = None);
        }
        Event::Merged { keep, gone, note, judged } => {
            change(state, entry, *gone, "merged", &(keep, note), |case| {
                case.merged_into = Some(*keep);
            });
            let gone_ids = state.merged.entry(*keep).or_default();
            if !gone_ids.contains(gone) {
                gone_ids.push(*gone);
            }
            change(state, entry, *keep, "stands_for", &(gone, note), |case| {
                judge(case, judged, entry);
            });
            settle(state, entry, (*keep, *gone), "merged", note);
        }
        Event::Unmerged { keep, case, note, judged } => {
            change(state, entry, *case, "unmerged", &(keep, note), |case| {
                case.merged_into = None;
            });
            state.merged.entry(*keep).or_default().retain(|id| id != case);
            change(state, entry, *keep, "stands_alone", &(case, note), |case| {
                judge(case, judged, entry);
            });
            settle(state, entry, (*keep, *case), "open", note);
        }
        Event::PersonLinked { case, person, person_area, birth_year, sex, keys, note, judged } => {
            let was = state.cases.get(case).map(|known| known.person);
            change(state, entry, *case, "linked", note, |case| {
                case.linked = Some(Linked {
                    was: case.person,
                    birth_year: case.birth_year,
                    sex: case.sex,
                    keys: keys.clone(),
                });
                (case.person, case.person_area) = (*person, Some(*person_area));
                (case.birth_year, case.sex) = (*birth_year, *sex);
                judge(case, judged, entry);
            });
            of_person(state, *case, was, *person);
            for key in keys {
                state.new_keys.insert((key.index, *case), *key);
                state.keys.entry(key.index).or_default().push(*case);
            }
        }
        Event::PersonUnlinked { case, note, judged } => {
            let known = state.cases.get(case);
            let Some((was, linked)) = known.and_then(|c| Some((c.person, c.linked.clone()?)))
            else {
                return;
            };
            change(state, entry, *case, "unlinked", note, |case| {
                (case.person, case.person_area) = (linked.was, None);
                (case.birth_year, case.sex) = (linked.birth_year, linked.sex);
                case.linked = None;
                judge(case, judged, entry);
            });
            of_person(state, *case, Some(was), linked.was);
            for key in &linked.keys {
                if state.new_keys.remove(&(key.index, *case)).is_none() {
                    state.dropped_keys.push((key.index, *case));
                }
                state.keys.entry(key.index).or_default().retain(|other| other != case);
            }
        }
        Event::PairSettled { case, other, note } => {
            settle(state, entry, (*case, *other), "different", note);
        }
        Event::Published { of, figures } => {
            state.publications.insert(
                entry.command,
                Publication {
                    id: entry.command,
                    area: entry.area,
                    scope: of.scope.to_string(),
                    from: of.from,
                    until: of.until,
                    as_of: entry.record_time,
                    publisher: of.publisher.clone(),
                    convention: of.convention,
                    figures: figures.clone(),
                    corrects: of.corrects,
                    note: of.note.clone(),
                    actor: entry.actor.clone(),
                },
            );
            state.new_publications.push(entry.command);
        }
    }
}

/// A case goes over from one person to another.
fn of_person(state: &mut State, case: UnitId, was: Option<PersonId>, now: PersonId) {
    if let Some(cases) = was.and_then(|was| state.by_person.get_mut(&was)) {
        cases.retain(|other| *other != case);
    }
    let cases = state.by_person.entry(now).or_default();
    if !cases.contains(&case) {
        cases.push(case);
    }
}

fn open(state: &mut State, entry: &Entry, o: &Opened) {
    let mut clinical = crate::clinical::Clinical::default();
    if let Some(observation) = &o.observation {
        clinical.add(observation, At { at: entry.event_time, by: entry.command });
    }
    let mut case = Case {
        id: o.case,
        person: o.person,
        person_area: o.person_area,
        identity: o.identity.clone(),
        linked: None,
        birth_year: o.birth_year,
        age_months: o.age_months,
        sex: o.sex,
        source: o.source,
        origin: o.origin.clone(),
        found_at: o.found_at,
        recorded_at: entry.record_time,
        fields: o.fields.clone(),
        version: 1,
        positives: o.positives.clone(),
        stated: o.stated.clone(),
        clinical,
        judged: o.judged.clone(),
        worst: None,
        severe_at: None,
        critical_at: None,
        report_due: o.report_due,
        // A line list is itself a report.
        reported_at: o.report_due.is_none().then_some(entry.event_time),
        number: String::new(),
        ending: o.ended,
        merged_into: None,
    };
    judge(&mut case, &o.judged, entry);
    for (tube, at) in &o.positives {
        state.positives.insert((*tube, o.person), (o.case, *at, false));
    }
    for key in &o.keys {
        state.new_keys.insert((key.index, o.case), *key);
        let cases = state.keys.entry(key.index).or_default();
        if !cases.contains(&o.case) {
            cases.push(o.case);
        }
    }
    for candidate in &o.candidates {
        let reasons: Vec<&str> = candidate.by.iter().map(|kind| KeyKind::as_str(*kind)).collect();
        let key = (o.case, candidate.case);
        let row = PairRow {
            score: candidate.score(),
            reasons: reasons.join(" "),
            state: "open",
            found_at: entry.record_time,
            settled_by: None,
            note: String::new(),
        };
        state.pairs.insert(key, row);
        state.dirty_pairs.insert(key);
        *state.now.entry((key.0.area(), Standing::Pairs)).or_default() += 1;
    }
    of_person(state, o.case, None, o.person);
    state.merged.entry(o.case).or_default();
    count(state, entry, &BTreeMap::new(), &case);
    lay_down(state, None, lies(&case));
    stand(state, &[], &case);
    line(state, entry, &case, "opened", &(o.source, &o.origin));
    state.dirty.insert(o.case);
    state.cases.insert(o.case, case);
}

/// Takes over what the rules said.
fn judge(case: &mut Case, judged: &Judged, entry: &Entry) {
    case.judged = judged.clone();
    let Some(grade) = judged.severity else { return };
    case.worst = case.worst.max(Some(grade));
    if grade >= Severity::Severe {
        case.severe_at.get_or_insert(entry.event_time);
    }
    if grade == Severity::Critical {
        case.critical_at.get_or_insert(entry.event_time);
    }
}

type Counted = BTreeMap<(Measure, types::Micros, Option<FoundIn>), i64>;

fn counted(case: &Case) -> Counted {
    case.counts().into_iter().map(|(measure, at)| ((measure, at, case.found_in()), 1)).collect()
}

/// Changes a case, counts what that changes, and adds a line to its history.
fn change<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Case),
) {
    let Some(mut case) = state.cases.remove(&id) else { return };
    let (before, stood) = (counted(&case), case.standing());
    let lay = lies(&case);
    change(&mut case);
    count(state, entry, &before, &case);
    lay_down(state, lay, lies(&case));
    stand(state, &stood, &case);
    line(state, entry, &case, what, body);
    state.dirty.insert(id);
    state.cases.insert(id, case);
}

/// Counts what a case counts as now and did not before, and takes back what it did and does not.
fn count(state: &mut State, entry: &Entry, before: &Counted, case: &Case) {
    let mut difference = counted(case);
    for (key, n) in before {
        *difference.entry(*key).or_default() -= n;
    }
    for ((measure, at, found_in), n) in difference {
        if n == 0 {
            continue;
        }
        let tally = (case.area(), measure, at, case.id, entry.command, found_in);
        state.tallies.entry(tally).or_insert((0, entry.record_time)).0 += n;
        let recorded = entry.record_time.hour_start();
        let counter = (case.area(), at.hour_start(), measure, found_in, recorded);
        *state.counts.entry(counter).or_default() += n;
    }
}

/// Where an infection lies on the map: county, place as far as it is known, hour, where found.
type Lying = (types::AreaCode, String, types::Micros, Option<FoundIn>);

fn lies(case: &Case) -> Option<Lying> {
    let infection = case.counts().into_iter().find(|(measure, _)| *measure == Measure::Infections);
    let (_, at) = infection?;
    let place = case.place().map_or_else(String::new, |place| place.as_str().to_owned());
    Some((case.area(), place, at.hour_start(), case.found_in()))
}

/// Takes an infection from where it lay on the map to where it lies now.
fn lay_down(state: &mut State, before: Option<Lying>, now: Option<Lying>) {
    if before == now {
        return;
    }
    for (lying, n) in [(before, -1), (now, 1)] {
        if let Some(lying) = lying {
            *state.places.entry(lying).or_default() += n;
        }
    }
}

/// Counts what a desk has before it because of a case, and does not count any more what it had.
fn stand(state: &mut State, before: &[Standing], case: &Case) {
    let now = case.standing();
    for (words, other, n) in [(&now[..], before, 1), (before, &now[..], -1)] {
        for word in words.iter().filter(|word| !other.contains(word)) {
            *state.now.entry((case.area(), *word)).or_default() += n;
        }
    }
}

fn line<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    case: &Case,
    what: &str,
    body: &B,
) {
    let n = state.history_lines.entry((case.id, entry.command)).or_default();
    let this = *n;
    *n += 1;
    state.history.extend([
        case.area().into(),
        case.id.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        case.class().as_str().into(),
        case.severity().map_or("", Severity::as_str).into(),
        Value::json(body),
    ]);
}

fn edit(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    (was, now): (&crate::Patch, &crate::Patch),
    note: &str,
    undoes: Option<types::CommandId>,
) {
    let what = if undoes.is_some() { "edit_undone" } else { "edited" };
    change(state, entry, id, what, &(was, now, note), |case| {
        for (field, value) in now {
            if value.is_empty() {
                case.fields.remove(field);
            } else {
                case.fields.insert(*field, value.clone());
            }
        }
        case.version += 1;
    });
    if let Some(command) = undoes {
        let edits = state.edits.entry(command).or_default();
        edits.iter_mut().filter(|edit| edit.case == id).for_each(|edit| edit.undone = true);
        state.undone.push((command, id, entry.command));
    }
    state.edits.entry(entry.command).or_default().push(EditRow {
        case: id,
        was: was.clone(),
        now: now.clone(),
        undone: false,
    });
    state.new_edits.extend([
        id.area().into(),
        entry.command.into(),
        id.into(),
        Value::json(was),
        Value::json(now),
        note.into(),
        entry.actor.as_str().into(),
        entry.record_time.into(),
        undoes.into(),
    ]);
}

/// What has become of a pair, if the two are one.
fn settle(
    state: &mut State,
    entry: &Entry,
    (a, b): (UnitId, UnitId),
    word: &'static str,
    note: &str,
) {
    for key in [(a, b), (b, a)] {
        let Some(pair) = state.pairs.get_mut(&key) else { continue };
        let n = i64::from(word == "open") - i64::from(pair.state == "open");
        if n != 0 {
            *state.now.entry((key.0.area(), Standing::Pairs)).or_default() += n;
        }
        pair.state = word;
        pair.settled_by = (word != "open").then(|| entry.actor.clone());
        note.clone_into(&mut pair.note);
        state.dirty_pairs.insert(key);
    }
}
