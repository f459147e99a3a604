//! Reports on the national network, and how cases end.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{Refusal, UnitId};

use super::open::REPORTED;
use super::{Decided, Facts};
use crate::Command;
use crate::command::Close;
use crate::event::Event;
use crate::words::{Class, Ending};

pub(super) fn report(facts: &Facts<'_, Command>, case: UnitId, number: &str) -> Decided {
    let mut notes = Vec::new();
    let case = facts.standing(case, &mut notes)?;
    if number.chars().count() > 40 {
        return Err(Refusal::new("field-too-long").with("field", "number").with("limit", 40));
    }
    if case.reported_at.is_some() {
        return Err(Refusal::new("case-reported-before").with("case", case.id));
    }
    if let Some(due) = case.report_due.filter(|due| facts.at() > *due) {
        let late = Refusal::new("case-reported-late").with("due", due.rfc3339());
        notes.push(late.by_rule("rep.online"));
    }
    let mut decision =
        Decision::fact(Event::Reported { case: case.id, number: number.trim().to_owned() });
    if is_open(facts, case.id) {
        decision.moves.push(Move::Step { unit: case.id, step: REPORTED.into(), deadline: None });
    }
    decision.notes = notes;
    Ok(decision)
}

fn is_open<C>(facts: &Facts<'_, C>, case: UnitId) -> bool {
    facts.units.custody(case).is_some_and(|custody| custody.closed.is_none())
}

pub(super) fn close(facts: &Facts<'_, Command>, c: &Close) -> Decided {
    note_fits(&c.note)?;
    let mut notes = Vec::new();
    let case = facts.standing(c.case, &mut notes)?;
    if case.ending.is_some() {
        return Err(Refusal::new("case-has-ended").with("case", case.id));
    }
    let fits = match c.ending {
        Ending::Discharged => matches!(case.class(), Class::Confirmed | Class::Converted),
        Ending::Released => matches!(case.class(), Class::Asymptomatic | Class::ScreenPositive),
        Ending::Died => true,
        // A positive result stands until the laboratory corrects it.
        Ending::NoCase => case.positives.is_empty(),
        Ending::Merged => false,
    };
    if !fits {
        return Err(Refusal::new("ending-does-not-fit")
            .with("ending", c.ending)
            .with("class", case.class()));
    }
    if matches!(c.ending, Ending::NoCase | Ending::Died) {
        note_needed(&c.note)?;
    }
    let reason = c.ending.as_str().to_owned();
    Ok(Decision {
        moves: vec![Move::Close { unit: case.id, reason }],
        events: vec![Event::Closed {
            case: case.id,
            ending: c.ending,
            note: c.note.trim().to_owned(),
        }],
        notes,
    })
}

pub(super) fn reopen(facts: &Facts<'_, Command>, case: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let case = facts.case(case)?;
    if case.merged_into.is_some() {
        return Err(Refusal::new("case-is-merged").with("case", case.id));
    }
    if case.ending.is_none() {
        return Err(Refusal::new("case-goes-on").with("case", case.id));
    }
    // Somebody who has fallen ill again has one case that goes on, not two.
    let other = facts.state.case_of(case.person);
    if let Some(other) = other.filter(|other| other.is_open() && other.id != case.id) {
        return Err(Refusal::new("case-exists").with("case", other.id));
    }
    Ok(Decision {
        moves: facts.units.undo_close(case.id).into_iter().collect(),
        events: vec![Event::Reopened { case: case.id, note: note.trim().to_owned() }],
        notes: Vec::new(),
    })
}
