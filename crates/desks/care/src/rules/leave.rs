//! How people leave: by release, by a documented refusal, by the edition's rule; and the time at home.

use cases::{Class, Severity};
use ledger::{Decision, Move, note_fits, note_needed};
use protocol::{Aftercare, CarePlace};
use types::{Refusal, UnitId};

use super::place::{AT_HOME, WAITING, hand_home};
use super::{Decided, Facts};
use crate::command::{Command, Release};
use crate::event::Event;
use crate::release::{Course, Test, Verdict, verdict};
use crate::rows::Episode;
use crate::triage::triage;
use crate::words::{Ended, HomeKind, Leaving, Stage};

/// The course of an episode, with tests that others than its wards recorded.
pub(crate) fn course_of<'a>(episode: &'a Episode, tests: &'a [Test]) -> Course<'a> {
    Course {
        worst: episode.worst,
        isolated_from: episode.since,
        // Where nobody entered the day of the first symptom, that of the positive stands for it.
        onset: None,
        tests,
        temperatures: &episode.chart.temperatures,
        symptoms_better: episode.chart.better,
        imaging_improved: episode.chart.imaging,
    }
}

fn judged(facts: &Facts<'_, Command>, episode: &Episode) -> Result<Verdict, Refusal> {
    let mut tests = episode.chart.tests.clone();
    tests.extend(facts.state.results.get(&episode.person).into_iter().flatten().cloned());
    verdict(facts.edition, &course_of(episode, &tests), facts.at())
}

/// What somebody leaves as. A case that was never examined has had no symptoms that anybody saw.
fn leaving_of(class: Class) -> Leaving {
    match class {
        Class::Confirmed | Class::Converted => Leaving::Discharged,
        Class::Asymptomatic | Class::ScreenPositive | Class::Suspected => Leaving::Released,
    }
}

pub(super) fn release(facts: &Facts<'_, Command>, c: &Release) -> Decided {
    note_fits(&c.reason)?;
    let episode = facts.inpatient(c.episode)?;
    let verdict = judged(facts, episode)?;
    let mut notes = Vec::new();
    if !verdict.is_met() {
        let unmet: Vec<&str> =
            verdict.criteria.iter().filter(|c| !c.met).map(|c| c.what.as_str()).collect();
        let refusal =
            Refusal::new("release-criteria-unmet").with("unmet", unmet.join(" ")).by_rule(
                if episode.worst >= Some(Severity::Moderate) { "rel.moderate" } else { "rel.mild" },
            );
        if c.reason.trim().is_empty() {
            return Err(refusal);
        }
        notes.push(refusal);
    }
    let leaving = leaving_of(episode.class);
    let after = &facts.edition.release()?.after.value;
    let kind = match after.care {
        Aftercare::HomeMonitoring => HomeKind::Monitoring,
        Aftercare::Isolation => HomeKind::Isolation,
    };
    let until = facts.at() + after.length;
    let mut decision = hand_home(facts, episode, AT_HOME, Some(until))?;
    let reason = c.reason.trim().to_owned();
    decision.events.push(Event::Left { episode: c.episode, leaving, verdict, reason });
    decision.events.push(Event::WentHome {
        episode: c.episode,
        kind,
        until: Some(until),
        note: String::new(),
    });
    decision.notes = notes;
    Ok(decision)
}

pub(super) fn keep(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let episode = facts.inpatient(id)?;
    let verdict = judged(facts, episode)?;
    if !verdict.is_met() {
        return Err(Refusal::new("release-not-due").with("episode", id));
    }
    let reason = reason.trim().to_owned();
    Ok(Decision::fact(Event::Kept { episode: id, reason, verdict }))
}

pub(super) fn refuse(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let episode = facts.own_episode(id)?;
    if !episode.is_queued() {
        return Err(Refusal::new("not-in-the-queue")
            .with("episode", id)
            .with("stage", episode.stage));
    }
    went_home(facts, episode, HomeKind::Refused, note)
}

pub(super) fn send_home(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_fits(note)?;
    let episode = facts.own_episode(id)?;
    if !episode.is_queued() {
        return Err(Refusal::new("not-in-the-queue")
            .with("episode", id)
            .with("stage", episode.stage));
    }
    let goes = triage(facts.edition, episode.condition)?;
    if goes.place != CarePlace::Home {
        return Err(Refusal::new("not-to-be-at-home")
            .with("place", goes.level.map_or("", crate::Level::as_str))
            .by_rule(goes.rule));
    }
    went_home(facts, episode, HomeKind::ByRule, note)
}

fn went_home(facts: &Facts<'_, Command>, episode: &Episode, kind: HomeKind, note: &str) -> Decided {
    let mut decision = hand_home(facts, episode, AT_HOME, None)?;
    let note = note.trim().to_owned();
    decision.events.push(Event::WentHome { episode: episode.id, kind, until: None, note });
    Ok(decision)
}

pub(super) fn requeue(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let episode = facts.own_episode(id)?;
    let at_home = matches!(episode.home, Some((HomeKind::Refused | HomeKind::ByRule, _)));
    if episode.stage != Stage::Home || !at_home {
        return Err(Refusal::new("not-at-home").with("episode", id).with("stage", episode.stage));
    }
    let mut decision = hand_home(facts, episode, WAITING, episode.deadline)?;
    decision.events.push(Event::Requeued { episode: id, note: note.trim().to_owned() });
    Ok(decision)
}

pub(super) fn finish(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_fits(reason)?;
    let episode = facts.own_episode(id)?;
    let (Stage::Home, Some((kind, until))) = (episode.stage, episode.home) else {
        return Err(Refusal::new("not-at-home").with("episode", id).with("stage", episode.stage));
    };
    // Who refused a bed or isolates by rule is still a case: that ends by release, at the cases desk.
    if matches!(kind, HomeKind::Refused | HomeKind::ByRule) {
        return Err(Refusal::new("home-is-isolation").with("episode", id));
    }
    if let Some(until) = until.filter(|until| facts.at() < *until)
        && reason.trim().is_empty()
    {
        return Err(Refusal::new("home-not-over")
            .with("until", until.rfc3339())
            .by_rule("rel.after"));
    }
    let how = Ended::Finished;
    Ok(Decision {
        moves: closing(facts, id, how),
        events: vec![Event::Ended { episode: id, how, note: reason.trim().to_owned() }],
        notes: Vec::new(),
    })
}

/// The closing of an episode in the ledger.
pub(super) fn closing<C>(facts: &Facts<'_, C>, id: UnitId, how: Ended) -> Vec<Move> {
    let open = facts.custody_is_open(id);
    open.then(|| Move::Close { unit: id, reason: how.as_str().to_owned() }).into_iter().collect()
}
