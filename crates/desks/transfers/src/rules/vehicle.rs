//! Vehicles: what they are, who is on them, whether they are clean.

use ledger::{Decision, note_fits, note_needed};
use types::{HolderCode, Refusal};

use super::{Decided, Facts};
use crate::command::{Command, PutVehicle, Shift};
use crate::event::Event;
use crate::words::VehicleState;

/// More than this no vehicle carries.
const MOST_SEATS: u32 = 120;

pub(super) fn put(facts: &Facts<'_, Command>, c: &PutVehicle) -> Decided {
    if c.code.kind() != crate::HOLDER {
        return Err(Refusal::new("vehicle-code-wrong").with("code", &c.code));
    }
    if let Some(known) = facts.state.vehicle(&c.code) {
        facts.own_vehicle(&c.code)?;
        if known.trip.is_some() {
            return Err(Refusal::new("vehicle-under-way").with("vehicle", &c.code));
        }
    }
    if c.plate.trim().is_empty() {
        return Err(Refusal::new("vehicle-without-plate"));
    }
    if c.plate.chars().count() > 40 {
        return Err(Refusal::new("field-too-long").with("field", "plate").with("limit", 40));
    }
    if c.seats > MOST_SEATS || c.stretchers > MOST_SEATS || c.seats + c.stretchers == 0 {
        return Err(Refusal::new("vehicle-seats-wrong").with("limit", MOST_SEATS));
    }
    if c.carries.is_empty() {
        return Err(Refusal::new("vehicle-carries-nobody"));
    }
    let mut put = c.clone();
    put.carries.sort_unstable();
    put.carries.dedup();
    put.plate = c.plate.trim().to_owned();
    put.base = c.base.rounded();
    Ok(Decision::fact(Event::VehiclePut(Box::new(put))))
}

pub(super) fn shift(facts: &Facts<'_, Command>, c: &Shift) -> Decided {
    facts.own_vehicle(&c.vehicle)?;
    note_fits(&c.crew)?;
    if c.until <= c.from {
        return Err(Refusal::new("shift-ends-before-it-begins"));
    }
    Ok(Decision::fact(Event::ShiftSet(c.clone())))
}

pub(super) fn set_out(
    facts: &Facts<'_, Command>,
    code: &HolderCode,
    out: bool,
    reason: &str,
) -> Decided {
    note_needed(reason)?;
    let vehicle = facts.own_vehicle(code)?;
    if vehicle.out.is_some() == out {
        return Err(Refusal::new("vehicle-state-same")
            .with("vehicle", code)
            .with("state", vehicle.state()));
    }
    // What happens on the way is a breakdown: there are people to be looked after.
    if out && vehicle.trip.is_some() {
        return Err(Refusal::new("vehicle-under-way").with("vehicle", code));
    }
    if !out && vehicle.trip.is_some() {
        return Err(Refusal::new("vehicle-stranded").with("vehicle", code));
    }
    let (vehicle, reason) = (code.clone(), reason.trim().to_owned());
    Ok(Decision::fact(Event::VehicleOut { vehicle, out, reason }))
}

pub(super) fn disinfected(facts: &Facts<'_, Command>, code: &HolderCode, note: &str) -> Decided {
    note_fits(note)?;
    let vehicle = facts.own_vehicle(code)?;
    if vehicle.trip.is_some() {
        return Err(Refusal::new("vehicle-under-way").with("vehicle", code));
    }
    let Some((_, due)) = vehicle.dirty else {
        return Err(Refusal::new("vehicle-is-clean")
            .with("vehicle", code)
            .with("state", vehicle.state()));
    };
    let (vehicle, note) = (code.clone(), note.trim().to_owned());
    let mut decision = Decision::fact(Event::Disinfected { vehicle, note });
    if facts.at() > due {
        decision.notes.push(Refusal::new("disinfected-late").with("due", due.rfc3339()));
    }
    Ok(decision)
}

/// Whether a vehicle can set out now.
pub(super) fn free<C>(facts: &Facts<'_, C>, code: &HolderCode) -> Result<(), Refusal> {
    let vehicle = facts.vehicle(code)?;
    let refusal = match vehicle.state() {
        VehicleState::Free => return Ok(()),
        VehicleState::Dirty => Refusal::new("vehicle-to-be-disinfected"),
        VehicleState::Busy => Refusal::new("vehicle-under-way"),
        VehicleState::Out => Refusal::new("vehicle-out"),
    };
    Err(refusal.with("vehicle", code))
}
