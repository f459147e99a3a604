//! Investigations: on site, the interview, the report.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, Refusal, Span, UnitId};

use super::{Decided, Facts, TO_CORE, TO_REPORT};
use crate::command::{Command, Interview, NewStay};
use crate::event::Event;
use crate::rows::{Core, Stay};
use crate::words::Progress;

/// Stays that one command brings.
const MOST_STAYS: usize = 200;
/// Characters of an answer, and of a place's name.
const LONGEST: usize = 400;
const LONGEST_NAME: usize = 60;
/// A stay is no longer than an infection is looked back on, however generously.
const LONGEST_STAY: Span = Span::days(60);

pub(super) fn assign(facts: &Facts<'_, Command>, id: UnitId, team: Option<&HolderCode>) -> Decided {
    let investigation = facts.investigation(id)?;
    open(investigation)?;
    if let Some(team) = team.filter(|team| team.kind() != crate::TEAM) {
        return Err(Refusal::new("team-code-form").with("team", team));
    }
    if investigation.team.as_ref() == team {
        return Err(Refusal::new("team-has-it").with("investigation", id));
    }
    let holder = team.cloned().unwrap_or_else(|| HolderCode::desk(id.area()));
    let step = step_of(investigation.progress);
    let mut decision = Decision::fact(Event::Assigned { investigation: id, team: team.cloned() });
    decision.moves.extend(facts.hand(id, holder, step, investigation.due()));
    Ok(decision)
}

fn open(investigation: &crate::Investigation) -> Result<(), Refusal> {
    if investigation.progress.is_open() {
        return Ok(());
    }
    Err(Refusal::new("investigation-is-over")
        .with("investigation", investigation.id)
        .with("progress", investigation.progress))
}

/// What is to be done next, as the ledger's step.
pub(super) fn step_of(progress: Progress) -> &'static str {
    match progress {
        Progress::Opened => super::TO_SITE,
        Progress::OnSite => TO_CORE,
        Progress::Core | Progress::Reported | Progress::Closed => TO_REPORT,
    }
}

pub(super) fn on_site(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_fits(note)?;
    let investigation = facts.investigation(id)?;
    open(investigation)?;
    if investigation.on_site_at.is_some() {
        return Err(Refusal::new("on-site-already").with("investigation", id));
    }
    let mut decision =
        Decision::fact(Event::OnSite { investigation: id, note: note.trim().to_owned() });
    if investigation.progress == Progress::Opened {
        decision.moves.extend(facts.step(id, TO_CORE, investigation.core_due));
    }
    late(facts, &mut decision, investigation.on_site_due);
    Ok(decision)
}

/// A remark that a clock of the investigation had run out.
fn late(facts: &Facts<'_, Command>, decision: &mut Decision<Event>, due: Option<types::Micros>) {
    if let Some(due) = due.filter(|due| facts.at() > *due) {
        let note = Refusal::new("investigation-late").with("due", due.rfc3339());
        decision.notes.push(note.by_rule("inv.2424"));
    }
}

pub(super) fn interview(facts: &Facts<'_, Command>, c: &Interview) -> Decided {
    let investigation = facts.investigation(c.investigation)?;
    // What somebody remembers after the report is taken down all the same.
    if investigation.progress == Progress::Closed {
        open(investigation)?;
    }
    let core = checked(&c.core)?;
    if core.is_empty() && c.stays.is_empty() && !c.complete {
        return Err(Refusal::new("interview-empty"));
    }
    if c.stays.len() > MOST_STAYS {
        return Err(Refusal::new("too-many-stays").with("limit", MOST_STAYS));
    }
    let known = facts.state.stays.get(&c.investigation);
    let mut next = known.and_then(|stays| stays.keys().max().copied()).unwrap_or(0) + 1;
    let mut stays = Vec::with_capacity(c.stays.len());
    for stay in &c.stays {
        let n = match stay.stay {
            Some(n) if known.is_some_and(|stays| stays.contains_key(&n)) => n,
            Some(n) => return Err(Refusal::new("stay-unknown").with("stay", n)),
            None => {
                next += 1;
                next - 1
            }
        };
        stays.push(stay_of(facts, n, stay)?);
    }
    let complete = c.complete && investigation.core_at.is_none();
    if complete {
        let mut whole = investigation.core.clone();
        whole.join(&core);
        let already = known.is_some_and(|stays| stays.values().any(|(_, dropped)| !dropped));
        if whole.is_empty() || (stays.is_empty() && !already) {
            return Err(Refusal::new("core-information-missing").by_rule("inv.2424"));
        }
    }
    let mut decision = Decision::fact(Event::Interviewed {
        investigation: c.investigation,
        core,
        stays,
        complete,
    });
    if complete && investigation.progress.is_open() {
        decision.moves.extend(facts.step(c.investigation, TO_REPORT, investigation.report_due));
        late(facts, &mut decision, investigation.core_due);
    }
    Ok(decision)
}

fn checked(core: &Core) -> Result<Core, Refusal> {
    let mut out = Core::default();
    for (question, answer) in &core.0 {
        let answer = answer.trim();
        if answer.chars().count() > LONGEST {
            return Err(Refusal::new("field-too-long")
                .with("field", question)
                .with("limit", LONGEST));
        }
        out.0.insert(*question, answer.to_owned());
    }
    Ok(out)
}

fn stay_of(facts: &Facts<'_, Command>, n: u32, stay: &NewStay) -> Result<Stay, Refusal> {
    note_fits(&stay.note)?;
    let name = stay.name.trim();
    if stay.place.is_none() && name.is_empty() {
        return Err(Refusal::new("stay-without-place").with("stay", n));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Refusal::new("field-too-long")
            .with("field", "name")
            .with("limit", LONGEST_NAME));
    }
    if stay.until < stay.from || stay.until - stay.from > LONGEST_STAY {
        return Err(Refusal::new("stay-time-wrong").with("stay", n));
    }
    if stay.from > facts.at() {
        return Err(Refusal::new("stay-in-the-future").with("stay", n));
    }
    Ok(Stay {
        n,
        from: stay.from,
        until: stay.until,
        place: stay.place.clone(),
        name: name.to_owned(),
        setting: stay.setting,
        note: stay.note.trim().to_owned(),
    })
}

pub(super) fn drop_stay(
    facts: &Facts<'_, Command>,
    id: UnitId,
    stay: u32,
    reason: &str,
) -> Decided {
    note_needed(reason)?;
    facts.investigation(id)?;
    let known = facts.state.stays.get(&id).and_then(|stays| stays.get(&stay));
    if known.is_none_or(|(_, dropped)| *dropped) {
        return Err(Refusal::new("stay-unknown").with("stay", stay));
    }
    let reason = reason.trim().to_owned();
    Ok(Decision::fact(Event::StayDropped { investigation: id, stay, reason }))
}

pub(super) fn report(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    note_fits(note)?;
    let investigation = facts.investigation(id)?;
    open(investigation)?;
    if investigation.core_at.is_none() {
        return Err(Refusal::new("core-information-missing")
            .with("investigation", id)
            .by_rule("inv.2424"));
    }
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(Event::Reported { investigation: id, note });
    if facts.custody_is_open(id) {
        decision.moves.push(Move::Close { unit: id, reason: "reported".to_owned() });
    }
    late(facts, &mut decision, investigation.report_due);
    if investigation.contacts == 0 {
        // It may be so; but a case who met nobody is worth a second question.
        decision.notes.push(Refusal::new("report-without-contacts").with("investigation", id));
    }
    Ok(decision)
}
