//! Medicines that somebody takes every day: until when they last, by when the next is to be there, and the renewal of
//! their prescriptions by a doctor on the telephone.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, HouseholdId, Micros, Refusal, Span, UnitId};

use super::home::home;
use super::{Decided, Facts, TO_ANSWER};
use crate::command::{Command, PutMedicine, Renewal, renewal_id};
use crate::event::Event;
use crate::rows::Medicine;
use crate::{ANSWER_WITHIN, MOST_PRESCRIBED};

/// Of which kind a place of care is, as a holder.
const HOSPITAL: &str = "ward";

fn named(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::new("name-needed").with("field", "name"));
    }
    note_fits(name)
}

pub(super) fn medicine(facts: &Facts<'_, Command>, c: &PutMedicine) -> Decided {
    named(&c.name)?;
    let home = home(facts, c.household)?.clone();
    let medicine = PutMedicine { name: c.name.trim().to_owned(), ..c.clone() };
    let known = facts.state.medicines.get(&(c.household, medicine.name.clone()));
    let asked = known.and_then(|known| known.asked);
    let mut decision = Decision::fact(Event::MedicinePut { home, medicine });
    // What is entered anew needs no renewal that was asked for before.
    decision.moves.extend(asked.map(|(renewal, _)| ended(renewal, "entered-anew")));
    if c.prescribed_until.is_some_and(|until| until < c.last_dose) {
        decision.notes.push(Refusal::new("prescription-ends-first").with("medicine", &c.name));
    }
    Ok(decision)
}

fn taken<'a>(
    facts: &'a Facts<'_, Command>,
    id: HouseholdId,
    name: &str,
) -> Result<&'a Medicine, Refusal> {
    facts.household(id)?;
    let key = (id, name.to_owned());
    match facts.state.medicines.get(&key).filter(|medicine| medicine.taken) {
        Some(medicine) => Ok(medicine),
        None => Err(Refusal::new("medicine-unknown").with("medicine", name)),
    }
}

pub(super) fn bring(
    facts: &Facts<'_, Command>,
    household: HouseholdId,
    name: &str,
    last_dose: Micros,
    proof: &str,
) -> Decided {
    let medicine = taken(facts, household, name)?;
    note_fits(proof)?;
    if last_dose <= medicine.last_dose {
        return Err(Refusal::new("last-dose-not-later").with("medicine", name));
    }
    let lasts = medicine.lasts_until(facts.at());
    let mut decision = Decision::fact(Event::MedicineBrought {
        household,
        name: name.to_owned(),
        last_dose,
        proof: proof.trim().to_owned(),
    });
    if lasts.is_some_and(|lasts| last_dose > lasts) {
        decision.notes.push(Refusal::new("more-than-prescribed").with("medicine", name));
    }
    Ok(decision)
}

pub(super) fn drop(
    facts: &Facts<'_, Command>,
    household: HouseholdId,
    name: &str,
    reason: &str,
) -> Decided {
    let asked = taken(facts, household, name)?.asked;
    note_needed(reason)?;
    let mut decision = Decision::fact(Event::MedicineDropped {
        household,
        name: name.to_owned(),
        reason: reason.trim().to_owned(),
    });
    decision.moves.extend(asked.map(|(renewal, _)| ended(renewal, "dropped")));
    Ok(decision)
}

fn ended(renewal: UnitId, reason: &str) -> Move {
    Move::Close { unit: renewal, reason: reason.to_owned() }
}

/// A household, or whoever looks after it, asks for a renewal: the desk has it answered by a doctor.
pub(super) fn ask(facts: &Facts<'_, Command>, household: HouseholdId, name: &str) -> Decided {
    let medicine = taken(facts, household, name)?;
    if medicine.prescribed_until.is_none() {
        return Err(Refusal::new("no-prescription-needed").with("medicine", name));
    }
    if medicine.asked.is_some() {
        return Err(Refusal::new("renewal-asked-already").with("medicine", name));
    }
    let renewal = renewal_id(facts.asked.area, facts.asked.id);
    let due = facts.at() + ANSWER_WITHIN;
    let mut decision =
        Decision::fact(Event::RenewalAsked { renewal, household, name: name.to_owned(), due });
    decision.moves.push(Move::Open {
        unit: renewal,
        holder: HolderCode::desk(facts.asked.area),
        step: TO_ANSWER.to_owned(),
        deadline: Some(due),
        limit: None,
    });
    Ok(decision)
}

fn doctor(name: &str) -> Result<String, Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::new("doctor-needed").by_rule("supply.prescription"));
    }
    note_needed(name)?;
    Ok(name.trim().to_owned())
}

/// A hospital's doctors answer what was asked of them; what they were not asked is the household's own doctor's.
fn asked_of(facts: &Facts<'_, Command>, medicine: &Medicine, name: &str) -> Result<(), Refusal> {
    let hospital = facts.asked.actor.holder.as_ref().is_some_and(|own| own.kind() == HOSPITAL);
    match hospital && medicine.asked.is_none() {
        true => Err(Refusal::new("renewal-not-asked").with("medicine", name)),
        false => Ok(()),
    }
}

/// A doctor has renewed a prescription: for so many days from the end of the one before, or from today where that is
/// over.
pub(super) fn renew(facts: &Facts<'_, Command>, c: &Renewal) -> Decided {
    let medicine = taken(facts, c.household, &c.name)?;
    asked_of(facts, medicine, &c.name)?;
    let doctor = doctor(&c.doctor)?;
    note_fits(&c.note)?;
    if !(1..=MOST_PRESCRIBED).contains(&c.days) {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", c.days)
            .with("limit", MOST_PRESCRIBED)
            .by_rule("supply.prescription"));
    }
    let Some(before) = medicine.prescribed_until else {
        return Err(Refusal::new("no-prescription-needed").with("medicine", &c.name));
    };
    let until = before.max(facts.at()) + Span::days(c.days);
    // Nobody prescribes for longer at once by prescribing twice.
    if until > facts.at() + Span::days(MOST_PRESCRIBED) {
        return Err(Refusal::new("prescribed-already")
            .with("medicine", &c.name)
            .with("days", MOST_PRESCRIBED)
            .by_rule("supply.prescription"));
    }
    let renewal = medicine.asked.map(|(renewal, _)| renewal);
    let mut decision = Decision::fact(Event::Renewed {
        household: c.household,
        name: c.name.clone(),
        doctor,
        days: c.days,
        until,
        renewal,
        note: c.note.trim().to_owned(),
    });
    decision.moves.extend(renewal.map(|renewal| ended(renewal, "renewed")));
    Ok(decision)
}

/// A doctor does not renew it: somebody has to be seen. The prescription still ends, and the household stays on the list.
pub(super) fn refuse(
    facts: &Facts<'_, Command>,
    household: HouseholdId,
    name: &str,
    by: &str,
    reason: &str,
) -> Decided {
    let medicine = taken(facts, household, name)?;
    let doctor = doctor(by)?;
    note_needed(reason)?;
    let Some((renewal, _)) = medicine.asked else {
        return Err(Refusal::new("renewal-not-asked").with("medicine", name));
    };
    let mut decision = Decision::fact(Event::RenewalRefused {
        household,
        name: name.to_owned(),
        doctor,
        reason: reason.trim().to_owned(),
        renewal,
    });
    decision.moves.push(ended(renewal, "not-renewed"));
    Ok(decision)
}
