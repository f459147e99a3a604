//! A case that was opened with the least data, and the person of the registry whose it is.

use ledger::{Decision, note_fits, note_needed};
use types::{Refusal, UnitId};

use super::{Decided, Facts, Whole};
use crate::Command;
use crate::command::Link;
use crate::event::Event;
use crate::keys::{CROWD, Key};
use crate::rows::Case;
use crate::words::KeyKind;

fn judged_as(facts: &Facts<'_, Command>, case: &Case) -> Result<crate::Judged, Refusal> {
    Whole::of(case, &facts.state.merged_into(case.id)).judge(facts.edition, case, facts.at())
}

/// What the case says of itself is kept beside the link, so that it can be taken back.
pub(super) fn link(facts: &Facts<'_, Command>, c: &Link) -> Decided {
    note_fits(&c.note)?;
    let case = facts.case(c.case)?;
    if let Some(keep) = case.merged_into {
        return Err(Refusal::new("case-is-merged").with("case", case.id).with("keep", keep));
    }
    if case.person_area.is_some() {
        return Err(Refusal::new("case-is-linked").with("case", case.id));
    }
    let unknown = || Refusal::new("person-unknown").with("person", c.person);
    let known = facts.state.people.get(&c.person).filter(|known| known.area == c.area);
    let (person, known) = match known.ok_or_else(unknown)? {
        one if one.same_as.is_none() => (c.person, one),
        other => {
            let real = other.same_as.unwrap_or(c.person);
            (real, facts.state.people.get(&real).ok_or_else(unknown)?)
        }
    };
    if let Some(other) = facts.state.case_of(person).filter(|other| other.is_open()) {
        return Err(Refusal::new("person-has-a-case").with("case", other.id));
    }
    let mut keys = Vec::new();
    let mut notes = Vec::new();
    for (kind, index) in [(KeyKind::Number, known.id_index), (KeyKind::Phone, known.phone_index)] {
        let Some(index) = index else { continue };
        let under = facts.state.keys.get(&index).map_or(&[][..], Vec::as_slice);
        if under.contains(&case.id) || under.len() >= CROWD {
            continue;
        }
        let differ = |other: &Case| matches!((known.birth_year, other.birth_year), (Some(a), Some(b)) if a != b);
        // Who has the same number has perhaps the same case; of a telephone a family has one.
        for other in under.iter().filter_map(|other| facts.state.standing(*other)) {
            let another = kind == KeyKind::Phone && differ(other);
            if other.is_none() || another {
                continue;
            }
            let note = Refusal::new("case-perhaps-twice").with("case", other.id);
            notes.push(note.with("score", kind.weight()));
        }
        keys.push(Key { kind, index });
    }
    let mut after = case.clone();
    after.birth_year = known.birth_year.or(case.birth_year);
    after.sex = known.sex.or(case.sex);
    let judged = judged_as(facts, &after)?;
    let mut decision = Decision::fact(Event::PersonLinked {
        case: case.id,
        person,
        person_area: known.area,
        birth_year: after.birth_year,
        sex: after.sex,
        keys,
        note: c.note.trim().to_owned(),
        judged: Box::new(judged),
    });
    decision.notes = notes;
    Ok(decision)
}

pub(super) fn unlink(facts: &Facts<'_, Command>, case: UnitId, note: &str) -> Decided {
    note_needed(note)?;
    let case = facts.case(case)?;
    let Some(linked) = &case.linked else {
        return Err(Refusal::new("case-is-not-linked").with("case", case.id));
    };
    if !case.positives.is_empty() {
        // Results came for the person of the registry: whose they are is for the laboratory to say.
        return Err(Refusal::new("case-has-a-result").with("case", case.id));
    }
    let mut before = case.clone();
    (before.birth_year, before.sex) = (linked.birth_year, linked.sex);
    let judged = judged_as(facts, &before)?;
    let note = note.trim().to_owned();
    Ok(Decision::fact(Event::PersonUnlinked { case: case.id, note, judged: Box::new(judged) }))
}
