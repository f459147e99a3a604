//! The course of a follow-up: from finding somebody to letting him go.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts, kept_as_is};
use crate::command::{Arrive, Check, Command, OwnTest};
use crate::event::Event;
use crate::release::{Criterion, Verdict, verdict};
use crate::rows::{Contact, Test};
use crate::schedule::{monitoring, quarantine};
use crate::words::{Ended, Kept, Stage};

/// Degrees Celsius from which a temperature is not normal. Recalled (the usual limit of fever under the
/// arm in the guidance of 2020 to 2022), not read in a source; the same as for patients.
pub const FEVER_FROM: f64 = 37.3;

/// Contacts whose schedules one command makes anew.
const MOST_RESCHEDULED: usize = 1_000;

/// Somebody who is not kept apart yet.
fn waiting<'a>(facts: &'a Facts<'_, Command>, id: UnitId) -> Result<&'a Contact, Refusal> {
    let contact = facts.open_contact(id)?;
    if contact.stage.is_before() {
        return Ok(contact);
    }
    Err(Refusal::new("contact-further-on").with("contact", id).with("stage", contact.stage))
}

fn text_fits(text: &str, field: &'static str, limit: usize) -> Result<(), Refusal> {
    if text.chars().count() <= limit {
        return Ok(());
    }
    Err(Refusal::new("field-too-long").with("field", field).with("limit", limit))
}

pub(super) fn locate(
    facts: &Facts<'_, Command>,
    id: UnitId,
    place: Option<&PlaceCode>,
    note: &str,
) -> Decided {
    note_fits(note)?;
    let contact = waiting(facts, id)?;
    if place.is_some_and(|place| place.area().is_none()) {
        return Err(Refusal::new("place-code-form").with("field", "place"));
    }
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(Event::Located { contact: id, place: place.cloned(), note });
    if contact.stage < Stage::Located {
        decision.moves.extend(facts.step(id, Stage::Located.as_str(), contact.deadline));
    }
    Ok(decision)
}

pub(super) fn notify(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_fits(note)?;
    let contact = waiting(facts, id)?;
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(Event::Notified { contact: id, note });
    if contact.stage < Stage::Notified {
        decision.moves.extend(facts.step(id, Stage::Notified.as_str(), contact.deadline));
    }
    Ok(decision)
}

fn site_fits(site: Option<&HolderCode>) -> Result<(), Refusal> {
    match site {
        Some(site) if site.kind() != crate::SITE => {
            Err(Refusal::new("site-code-form").with("site", site))
        }
        _ => Ok(()),
    }
}

pub(super) fn depart(
    facts: &Facts<'_, Command>,
    id: UnitId,
    site: Option<&HolderCode>,
    vehicle: &str,
) -> Decided {
    text_fits(vehicle, "vehicle", 40)?;
    site_fits(site)?;
    let contact = facts.open_contact(id)?;
    if !contact.stage.is_before() && contact.stage != Stage::Refused {
        return Err(Refusal::new("contact-further-on")
            .with("contact", id)
            .with("stage", contact.stage));
    }
    let vehicle = vehicle.trim().to_owned();
    let mut decision =
        Decision::fact(Event::Departed { contact: id, site: site.cloned(), vehicle });
    decision.moves.extend(facts.step(id, Stage::Moving.as_str(), contact.deadline));
    Ok(decision)
}

pub(super) fn arrive(facts: &Facts<'_, Command>, c: &Arrive) -> Decided {
    note_fits(&c.reason)?;
    text_fits(&c.room, "room", 20)?;
    site_fits(c.site.as_ref())?;
    let contact = facts.open_contact(c.contact)?;
    if contact.stage == Stage::Monitoring {
        return Err(Refusal::new("contact-further-on")
            .with("contact", contact.id)
            .with("stage", contact.stage));
    }
    if contact.stage == Stage::Quarantined && contact.site == c.site && contact.room == c.room {
        return Err(Refusal::new("contact-is-there").with("contact", contact.id));
    }
    let schedule = quarantine(facts.edition, facts.calendar, contact.degree, contact.last)?;
    let rule = schedule.rule.clone();
    if schedule.kept == Kept::Site && c.site.is_none() && c.reason.trim().is_empty() {
        return Err(Refusal::new("home-needs-reason").with("contact", contact.id).by_rule(rule));
    }
    let schedule = kept_as_is(schedule, c.site.is_some(), false);
    let holder = c.site.clone().unwrap_or_else(|| HolderCode::desk(contact.county));
    let late = contact.deadline.filter(|due| facts.at() > *due);
    let mut decision = Decision::default();
    let step = Stage::Quarantined.as_str();
    decision.moves.extend(facts.hand(contact.id, holder, step, Some(schedule.until)));
    decision.events.push(Event::Arrived {
        contact: contact.id,
        site: c.site.clone(),
        room: c.room.trim().to_owned(),
        reason: c.reason.trim().to_owned(),
        day: facts.today(),
        schedule,
        in_time: late.is_none(),
    });
    if let Some(due) = late.filter(|_| contact.arrived_at.is_none()) {
        let note = Refusal::new("quarantined-late").with("due", due.rfc3339());
        decision.notes.push(note.by_rule("cc.transfer"));
    }
    Ok(decision)
}

pub(super) fn test(facts: &Facts<'_, Command>, c: &OwnTest) -> Decided {
    text_fits(&c.laboratory, "laboratory", 60)?;
    let contact = facts.open_contact(c.contact)?;
    if c.sampled_at > facts.at() {
        return Err(Refusal::new("sampled-after-result"));
    }
    let test = Test {
        at: c.sampled_at,
        day: facts.calendar.day(c.sampled_at),
        positive: c.positive,
        source: c.laboratory.trim().to_owned(),
    };
    if contact.tests.iter().any(|known| known.at == test.at && known.source == test.source) {
        return Err(Refusal::new("test-recorded-before").with("at", c.sampled_at.rfc3339()));
    }
    let mut decision = Decision::fact(Event::Tested { contact: c.contact, test });
    if c.positive {
        // The case opens at the cases desk, and this follow-up turns with it.
        decision.notes.push(Refusal::new("contact-positive").with("contact", c.contact));
    }
    Ok(decision)
}

pub(super) fn check(facts: &Facts<'_, Command>, c: &Check) -> Decided {
    note_fits(&c.note)?;
    let contact = facts.open_contact(c.contact)?;
    if !contact.stage.is_observed() {
        return Err(Refusal::new("not-under-observation").with("contact", c.contact));
    }
    if c.temperature.is_some_and(|degrees| !(30.0..=45.0).contains(&degrees)) {
        return Err(Refusal::new("temperature-out-of-range"));
    }
    if let Some(unknown) = c.symptoms.iter().find(|s| !cases::SYMPTOMS.contains(&s.as_str())) {
        return Err(Refusal::new("symptom-unknown").with("symptom", unknown));
    }
    let day = facts.today();
    let ill = !c.symptoms.is_empty() || c.temperature.is_some_and(|t| t >= FEVER_FROM);
    let mut decision = Decision::fact(Event::Checked {
        contact: c.contact,
        day,
        next: facts.calendar.after(day, 1),
        temperature: c.temperature,
        symptoms: c.symptoms.clone(),
        ill,
        note: c.note.trim().to_owned(),
    });
    if ill {
        decision.notes.push(Refusal::new("contact-is-ill").with("contact", c.contact));
    }
    Ok(decision)
}

/// What the rules say, also of somebody who was never kept apart.
fn judged(facts: &Facts<'_, Command>, contact: &Contact) -> Verdict {
    verdict(contact, facts.calendar, facts.at()).unwrap_or_else(|| Verdict {
        rule: "cc.q".to_owned(),
        edition: String::new(),
        criteria: vec![Criterion {
            what: "observed".to_owned(),
            met: false,
            value: contact.stage.as_str().to_owned(),
            limit: String::new(),
        }],
    })
}

pub(super) fn release(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_fits(reason)?;
    let contact = facts.open_contact(id)?;
    let verdict = judged(facts, contact);
    let reason = reason.trim().to_owned();
    let mut notes = Vec::new();
    if !verdict.is_met() {
        let refusal = Refusal::new("quarantine-not-over")
            .with("unmet", verdict.unmet().join(" "))
            .by_rule(verdict.rule.clone());
        if reason.is_empty() {
            return Err(refusal);
        }
        notes.push(refusal);
    }
    let after = match &contact.schedule {
        Some(before) if contact.stage == Stage::Quarantined && !contact.unfounded => {
            monitoring(facts.edition, facts.calendar, contact.degree, before)?
        }
        _ => None,
    };
    let mut decision = match after {
        Some(schedule) => {
            let desk = HolderCode::desk(contact.county);
            let step = Stage::Monitoring.as_str();
            let mut decision = Decision::default();
            decision.moves.extend(facts.hand(id, desk, step, Some(schedule.until)));
            decision.events.push(Event::WentHome { contact: id, schedule, verdict, reason });
            decision
        }
        None => ended(facts, id, Ended::Released, None, Some(verdict), &reason),
    };
    decision.notes = notes;
    Ok(decision)
}

/// A follow-up ends, and its unit with it.
pub(super) fn ended<C>(
    facts: &Facts<'_, C>,
    contact: UnitId,
    how: Ended,
    case: Option<UnitId>,
    verdict: Option<Verdict>,
    note: &str,
) -> Decision<Event> {
    let close = Move::Close { unit: contact, reason: how.as_str().to_owned() };
    Decision {
        moves: facts.custody_is_open(contact).then_some(close).into_iter().collect(),
        events: vec![Event::Ended { contact, how, case, verdict, note: note.to_owned() }],
        notes: Vec::new(),
    }
}

pub(super) fn refuse(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let contact = facts.open_contact(id)?;
    if contact.stage == Stage::Refused {
        return Err(Refusal::new("contact-has-refused").with("contact", id));
    }
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(Event::Refused { contact: id, note });
    // The clock of the transfer goes on: it stays on the late list until it is settled.
    let desk = HolderCode::desk(contact.county);
    decision.moves.extend(facts.hand(id, desk, Stage::Refused.as_str(), contact.deadline));
    Ok(decision)
}

pub(super) fn close(facts: &Facts<'_, Command>, id: UnitId, how: Ended, note: &str) -> Decided {
    note_needed(note)?;
    let contact = facts.open_contact(id)?;
    if matches!(how, Ended::Released | Ended::Positive) {
        return Err(Refusal::new("ending-by-its-course").with("ending", how));
    }
    Ok(ended(facts, contact.id, how, None, None, note.trim()))
}

pub(super) fn reopen(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let contact = facts.own_contact(id)?;
    if contact.is_open() {
        return Err(Refusal::new("contact-goes-on").with("contact", id));
    }
    if contact.stage == Stage::Positive {
        // It goes on when the case is taken back, at the desk that keeps the cases.
        return Err(Refusal::new("contact-is-a-case-now")
            .with("contact", id)
            .with("case", contact.case.map(|case| case.to_string()).unwrap_or_default()));
    }
    if let Some(other) = facts.state.open_of(contact.person) {
        return Err(Refusal::new("contact-followed-already").with("contact", other.id));
    }
    Ok(reopened(facts, contact, note.trim()))
}

/// A follow-up goes on where it had stopped.
pub(super) fn reopened<C>(facts: &Facts<'_, C>, contact: &Contact, note: &str) -> Decision<Event> {
    let stage = contact.before.filter(|stage| stage.is_open()).unwrap_or(Stage::Identified);
    Decision {
        moves: facts.units.undo_close(contact.id).into_iter().collect(),
        events: vec![Event::Reopened { contact: contact.id, stage, note: note.to_owned() }],
        notes: Vec::new(),
    }
}

pub(super) fn reschedule(facts: &Facts<'_, Command>, ids: &[UnitId]) -> Decided {
    if ids.is_empty() || ids.len() > MOST_RESCHEDULED {
        return Err(Refusal::new("contacts-number").with("limit", MOST_RESCHEDULED));
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut decision = Decision::default();
    for id in ids {
        let contact = facts.own_contact(id)?;
        let Some(now) = contact.schedule.as_ref().filter(|_| contact.stage.is_observed()) else {
            continue;
        };
        let first = quarantine(facts.edition, facts.calendar, contact.degree, contact.last)?;
        let schedule = if now.after {
            match monitoring(facts.edition, facts.calendar, contact.degree, &first)? {
                Some(after) => after,
                // The edition has no such monitoring any more: it is over with the quarantine.
                None => first,
            }
        } else {
            first
        };
        let schedule = kept_as_is(schedule, contact.site.is_some(), false);
        if schedule == *now {
            continue;
        }
        decision.moves.extend(facts.step(id, contact.stage.as_str(), Some(schedule.until)));
        decision.events.push(Event::Scheduled { contact: id, schedule });
    }
    if decision.events.is_empty() {
        return Err(Refusal::new("schedules-as-they-were"));
    }
    Ok(decision)
}
