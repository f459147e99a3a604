//! What people enter, changed one by one, by the hundred, and taken back.

use ledger::{Decision, note_fits};
use types::{AreaCode, CommandId, Refusal, UnitId};

use super::{Decided, Facts};
use crate::Command;
use crate::command::{Edit, Field, Patch, Revise, checked};
use crate::event::Event;
use crate::rows::Case;

/// Most cases in one act.
pub const MOST: usize = 2_000;

/// What of a patch changes a case: what stands there, and what will.
fn change(case: &Case, patch: &Patch, area: AreaCode) -> Result<(Patch, Patch), Refusal> {
    let (mut was, mut now) = (Patch::new(), Patch::new());
    for (field, text) in patch {
        let value = checked(*field, text, area)?.unwrap_or_default();
        let before = case.fields.get(field).cloned().unwrap_or_default();
        if *field == Field::FoundIn && value.is_empty() && case.class().is_infection() {
            return Err(Refusal::new("found-in-missing").with("case", case.id));
        }
        if value != before {
            was.insert(*field, before);
            now.insert(*field, value);
        }
    }
    Ok((was, now))
}

fn listed(cases: &[UnitId]) -> String {
    cases.iter().map(UnitId::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn edit(facts: &Facts<'_, Command>, c: &Edit) -> Decided {
    note_fits(&c.note)?;
    if c.cases.is_empty() || c.fields.is_empty() {
        return Err(Refusal::new("nothing-to-change"));
    }
    if c.cases.len() > MOST {
        return Err(Refusal::new("too-many-cases").with("limit", MOST));
    }
    let mut decision = Decision::default();
    let (mut conflicts, mut seen) = (Vec::new(), Vec::new());
    for one in &c.cases {
        let case = facts.case(one.case)?;
        if seen.contains(&case.id) {
            continue;
        }
        seen.push(case.id);
        if case.merged_into.is_some() || one.version.is_some_and(|v| v != case.version) {
            conflicts.push(case.id);
            continue;
        }
        let (was, now) = change(case, &c.fields, facts.asked.area)?;
        if !now.is_empty() {
            let note = c.note.trim().to_owned();
            decision.events.push(Event::Edited { case: case.id, was, now, note, undoes: None });
        }
    }
    if decision.events.is_empty() {
        return Err(match conflicts.first() {
            Some(case) => Refusal::new("case-changed-since").with("case", case),
            None => Refusal::new("nothing-to-change"),
        });
    }
    if !conflicts.is_empty() {
        decision.notes.push(
            Refusal::new("cases-changed-since")
                .with("count", conflicts.len())
                .with("cases", listed(&conflicts)),
        );
    }
    Ok(decision)
}

/// Takes back what an act changed, where it still stands as that act left it.
pub(super) fn undo(facts: &Facts<'_, Command>, command: CommandId) -> Decided {
    let edits = facts.state.edits.get(&command).map_or(&[][..], Vec::as_slice);
    if edits.is_empty() {
        return Err(Refusal::new("edit-unknown").with("command", command));
    }
    let mut decision = Decision::default();
    let mut conflicts = Vec::new();
    for edit in edits.iter().filter(|edit| !edit.undone) {
        let case = facts.case(edit.case)?;
        let stands = |field: &Field, value: &String| {
            case.fields.get(field).map_or("", String::as_str) == value
        };
        if case.merged_into.is_some() || !edit.now.iter().all(|(f, v)| stands(f, v)) {
            conflicts.push(case.id);
            continue;
        }
        decision.events.push(Event::Edited {
            case: case.id,
            was: edit.now.clone(),
            now: edit.was.clone(),
            note: String::new(),
            undoes: Some(command),
        });
    }
    if decision.events.is_empty() {
        return Err(match conflicts.first() {
            Some(case) => Refusal::new("case-changed-since").with("case", case),
            None => Refusal::new("edit-undone-before").with("command", command),
        });
    }
    if !conflicts.is_empty() {
        decision.notes.push(
            Refusal::new("cases-changed-since")
                .with("count", conflicts.len())
                .with("cases", listed(&conflicts)),
        );
    }
    Ok(decision)
}

/// Takes in rows of an exported list. A row whose case has changed since it was exported is left
/// out, and told: the two have to be compared by a person.
pub(super) fn revise(facts: &Facts<'_, Command>, c: &Revise) -> Decided {
    if c.rows.len() > MOST {
        return Err(Refusal::new("too-many-cases").with("limit", MOST));
    }
    let mut decision = Decision::default();
    let mut rows: [(&'static str, Vec<String>); 4] = [
        ("rows-conflict", Vec::new()),
        ("rows-unchanged", Vec::new()),
        ("rows-unknown", Vec::new()),
        ("rows-rejected", Vec::new()),
    ];
    let mut seen = Vec::new();
    for row in &c.rows {
        let told = row.row.to_string();
        let Ok(case) = facts.case(row.case) else {
            rows[2].1.push(told);
            continue;
        };
        if case.version != row.version || case.merged_into.is_some() || seen.contains(&case.id) {
            rows[0].1.push(told);
            continue;
        }
        seen.push(case.id);
        match change(case, &row.fields, facts.asked.area) {
            Err(refusal) => rows[3].1.push(format!("{told}={}", refusal.code)),
            Ok((_, now)) if now.is_empty() => rows[1].1.push(told),
            Ok((was, now)) => decision.events.push(Event::Edited {
                case: case.id,
                was,
                now,
                note: String::new(),
                undoes: None,
            }),
        }
    }
    for (code, rows) in rows {
        if !rows.is_empty() {
            decision.notes.push(Refusal::new(code).with("rows", rows.join(" ")));
        }
    }
    Ok(decision)
}
