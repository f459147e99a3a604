//! At the bed: care plans, consultations, orders. They are records of what people decided; nothing is
//! computed from what they say.

use ledger::{Decision, note_fits, note_needed};
use types::{CommandId, Refusal, Span, UnitId};

use super::{Decided, Facts};
use crate::command::{Answer, Command, Consult, Order, PutCarePlan, ReviewCarePlan, StopOrder};
use crate::event::{CarePlanPut, Consulted, Event, Ordered};
use crate::rows::{CarePlan, Consultation};
use crate::words::{ConsultEnd, TeamRole};

/// People of one team.
const TEAM: usize = 20;
/// Hours until a review or an opinion, at most: a week.
const MOST_HOURS: u32 = 168;
/// Characters of a question, an opinion, goals.
const LONG: usize = 2_000;
/// Characters of a name or a department.
const NAME: usize = 60;
/// Characters of what was ordered, and of its dose.
const LINE: usize = 200;

fn text(text: &str, field: &'static str, limit: usize) -> Result<String, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Refusal::new("field-empty").with("field", field)),
        n if n > limit => Err(too_long(field, limit)),
        _ => Ok(text.to_owned()),
    }
}

fn too_long(field: &'static str, limit: usize) -> Refusal {
    Refusal::new("field-too-long").with("field", field).with("limit", limit)
}

fn hours(n: u32) -> Result<Span, Refusal> {
    if (1..=MOST_HOURS).contains(&n) {
        Ok(Span::hours(i64::from(n)))
    } else {
        Err(Refusal::new("hours-out-of-range").with("limit", MOST_HOURS))
    }
}

/// The version that somebody saw is the one that holds: of two who write at once the second reads first.
fn seen(known: Option<&CarePlan>, version: u32) -> Result<(), Refusal> {
    let holds = known.map_or(0, |plan| plan.version);
    if holds == i64::from(version) {
        Ok(())
    } else {
        Err(Refusal::new("care-plan-changed").with("version", holds))
    }
}

pub(super) fn put_plan(facts: &Facts<'_, Command>, c: &PutCarePlan) -> Decided {
    note_fits(&c.note)?;
    facts.inpatient(c.episode)?;
    seen(facts.state.plan_of(c.episode), c.replaces)?;
    let goals = text(&c.goals, "goals", LONG)?;
    if c.team.is_empty() || c.team.len() > TEAM {
        return Err(Refusal::new("team-number").with("limit", TEAM));
    }
    let mut team = Vec::with_capacity(c.team.len());
    for member in &c.team {
        let who = text(&member.who, "who", NAME)?;
        team.push(crate::Member { role: member.role, who });
    }
    if team.iter().filter(|member| member.role == TeamRole::Lead).count() != 1 {
        return Err(Refusal::new("team-without-lead"));
    }
    let due = facts.at() + hours(c.review_hours)?;
    let version = facts.state.plan_version(c.episode) + 1;
    let version = u32::try_from(version).map_err(|_| Refusal::new("care-plan-changed"))?;
    Ok(Decision::fact(Event::CarePlanPut(Box::new(CarePlanPut {
        episode: c.episode,
        version,
        goals,
        team,
        due,
        note: c.note.trim().to_owned(),
    }))))
}

pub(super) fn review(facts: &Facts<'_, Command>, c: &ReviewCarePlan) -> Decided {
    note_needed(&c.note)?;
    facts.inpatient(c.episode)?;
    let known = facts.state.plan_of(c.episode);
    let plan = known.ok_or_else(|| Refusal::new("care-plan-missing").with("episode", c.episode))?;
    seen(known, c.version)?;
    let due = facts.at() + hours(c.review_hours)?;
    let mut decision = Decision::fact(Event::CarePlanReviewed {
        episode: c.episode,
        version: c.version,
        note: c.note.trim().to_owned(),
        due,
    });
    if facts.at() > plan.due {
        let late = Refusal::new("care-plan-reviewed-late");
        decision.notes.push(late.with("due", plan.due.rfc3339()));
    }
    Ok(decision)
}

pub(super) fn consult(facts: &Facts<'_, Command>, c: &Consult) -> Decided {
    facts.inpatient(c.episode)?;
    let whom = text(&c.whom, "whom", NAME)?;
    let question = text(&c.question, "question", LONG)?;
    let due = facts.at() + hours(c.within_hours)?;
    let asked = Consult { whom, question, ..c.clone() };
    let consulted = Consulted { consultation: facts.asked.id, asked, due };
    Ok(Decision::fact(Event::Consulted(Box::new(consulted))))
}

/// A consultation of the command's county, for the facility's own staff if the account has one. The
/// patient may have left meanwhile.
fn consultation<'a>(
    facts: &'a Facts<'_, Command>,
    episode: UnitId,
    id: CommandId,
) -> Result<&'a Consultation, Refusal> {
    facts.episode(episode)?;
    let found = facts.state.consultations.get(&(episode, id));
    let found =
        found.ok_or_else(|| Refusal::new("consultation-unknown").with("consultation", id))?;
    if found.area != facts.asked.area {
        return Err(Refusal::new("facility-of-another-county").with("facility", &found.facility));
    }
    facts.staff_of(&found.facility)?;
    match found.closed {
        Some((_, ConsultEnd::Answered)) => Err(Refusal::new("consultation-answered")),
        Some((_, ConsultEnd::Withdrawn)) => Err(Refusal::new("consultation-withdrawn")),
        Some((_, ConsultEnd::Lapsed)) | None => Ok(found),
    }
}

pub(super) fn answer(facts: &Facts<'_, Command>, c: &Answer) -> Decided {
    let found = consultation(facts, c.episode, c.consultation)?;
    let opinion = text(&c.opinion, "opinion", LONG)?;
    let by = text(&c.by, "by", NAME)?;
    let mut decision = Decision::fact(Event::Answered {
        episode: c.episode,
        consultation: c.consultation,
        opinion,
        by,
    });
    // An opinion that comes when the patient has left is kept: somebody gave it.
    if found.closed.is_some() {
        decision.notes.push(Refusal::new("consultation-was-over"));
    } else if facts.at() > found.due {
        let late = Refusal::new("consultation-answered-late");
        decision.notes.push(late.with("due", found.due.rfc3339()));
    }
    Ok(decision)
}

pub(super) fn withdraw(
    facts: &Facts<'_, Command>,
    episode: UnitId,
    id: CommandId,
    reason: &str,
) -> Decided {
    note_needed(reason)?;
    let found = consultation(facts, episode, id)?;
    if found.closed.is_some() {
        return Err(Refusal::new("consultation-was-over"));
    }
    let reason = reason.trim().to_owned();
    Ok(Decision::fact(Event::ConsultWithdrawn { episode, consultation: id, reason }))
}

pub(super) fn order(facts: &Facts<'_, Command>, c: &Order) -> Decided {
    facts.inpatient(c.episode)?;
    if c.dose.chars().count() > LINE {
        return Err(too_long("dose", LINE));
    }
    let order = Order {
        what: text(&c.what, "what", LINE)?,
        dose: c.dose.trim().to_owned(),
        by: text(&c.by, "by", NAME)?,
        ..c.clone()
    };
    Ok(Decision::fact(Event::Ordered(Box::new(Ordered { id: facts.asked.id, order }))))
}

pub(super) fn stop(facts: &Facts<'_, Command>, c: &StopOrder) -> Decided {
    note_needed(&c.reason)?;
    facts.inpatient(c.episode)?;
    let known = facts.state.orders.get(&(c.episode, c.order));
    let known = known.ok_or_else(|| Refusal::new("order-unknown").with("order", c.order))?;
    if let Some((at, ..)) = &known.stopped {
        return Err(Refusal::new("order-stopped").with("at", at.rfc3339()));
    }
    if facts.at() < known.started_at {
        return Err(
            Refusal::new("order-stopped-before-start").with("at", known.started_at.rfc3339())
        );
    }
    Ok(Decision::fact(Event::OrderStopped {
        episode: c.episode,
        order: c.order,
        by: text(&c.by, "by", NAME)?,
        reason: c.reason.trim().to_owned(),
    }))
}
