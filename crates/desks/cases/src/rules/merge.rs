//! Two records of one case, and two cases that look like one.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{Refusal, UnitId};

use super::{Decided, Facts};
use crate::Command;
use crate::command::Merge;
use crate::event::Event;
use crate::words::Ending;

/// The record that stands takes over what the other knows; the other is kept as it is, so that it
/// can stand for itself again.
pub(super) fn merge(facts: &Facts<'_, Command>, c: &Merge) -> Decided {
    note_needed(&c.note)?;
    // The record that is gone may lie in another county: somebody who answers for both merges them.
    let (keep, gone) = (facts.case(c.keep)?, facts.any_case(c.gone)?);
    if keep.id == gone.id {
        return Err(Refusal::new("case-merges-itself").with("case", keep.id));
    }
    for case in [keep, gone] {
        if let Some(into) = case.merged_into {
            return Err(Refusal::new("case-is-merged").with("case", case.id).with("keep", into));
        }
    }
    if !facts.state.merged_into(gone.id).is_empty() {
        return Err(Refusal::new("case-stands-for-others").with("case", gone.id));
    }
    let judged = facts.judge(keep, |whole| whole.join(gone))?;
    let mut decision = Decision::fact(Event::Merged {
        keep: keep.id,
        gone: gone.id,
        note: c.note.trim().to_owned(),
        judged: Box::new(judged),
    });
    if gone.ending.is_none() {
        let reason = Ending::Merged.as_str().to_owned();
        decision.moves.push(Move::Close { unit: gone.id, reason });
    }
    if keep.person_area.is_some() && gone.person_area.is_some() && keep.person != gone.person {
        decision.notes.push(Refusal::new("cases-of-two-persons").with("case", gone.id));
    }
    Ok(decision)
}

pub(super) fn unmerge(facts: &Facts<'_, Command>, case: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let case = facts.case(case)?;
    let Some(keep) = case.merged_into else {
        return Err(Refusal::new("case-is-not-merged").with("case", case.id));
    };
    let keep = facts.any_case(keep)?;
    // Without this one; with those that stay.
    let others: Vec<_> =
        facts.state.merged_into(keep.id).into_iter().filter(|c| c.id != case.id).collect();
    let whole = super::Whole::of(keep, &others);
    let judged = whole.judge(facts.edition, keep, facts.at())?;
    let back = if case.ending.is_none() { facts.units.undo_close(case.id) } else { None };
    Ok(Decision {
        moves: back.into_iter().collect(),
        events: vec![Event::Unmerged {
            keep: keep.id,
            case: case.id,
            note: note.trim().to_owned(),
            judged: Box::new(judged),
        }],
        notes: Vec::new(),
    })
}

/// Two records that look alike are two cases: the pair leaves the list.
pub(super) fn settle(
    facts: &Facts<'_, Command>,
    case: UnitId,
    other: UnitId,
    note: &str,
) -> Decided {
    note_fits(note)?;
    let open = |key| facts.state.pairs.get(&key).is_some_and(|pair| pair.state == "open");
    let (case, other) = match (open((case, other)), open((other, case))) {
        (true, _) => (case, other),
        (false, true) => (other, case),
        (false, false) => return Err(Refusal::new("pair-not-open").with("case", case)),
    };
    Ok(Decision::fact(Event::PairSettled { case, other, note: note.trim().to_owned() }))
}
