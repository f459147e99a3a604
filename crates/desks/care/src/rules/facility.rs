//! Facilities, wards, beds, staff.

use ledger::{Decision, note_needed};
use types::{Micros, Refusal, Span, UnitId};

use super::{Decided, Facts};
use crate::command::{Command, PutBeds, PutFacility, PutWard, SetOut, Staff, bed_id};
use crate::event::Event;
use crate::words::{BedState, Level};

/// One nurse looks after four to six critical patients in a shift: more than this is not staffed. Told
/// by practice in the spring of 2022, not read in a regulation.
pub const MOST_PER_NURSE: u32 = 6;

/// Beds that one command sets up.
const MOST_BEDS: usize = 2_000;

fn name_fits(name: &str, field: &'static str) -> Result<(), Refusal> {
    match name.trim().chars().count() {
        0 => Err(Refusal::new("field-empty").with("field", field)),
        1..=60 => Ok(()),
        _ => Err(Refusal::new("field-too-long").with("field", field).with("limit", 60)),
    }
}

/// A code that stands in addresses: letters, digits, hyphens.
fn code_fits(code: &str, field: &'static str) -> Result<(), Refusal> {
    let fine = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if (1..=20).contains(&code.len()) && fine {
        Ok(())
    } else {
        Err(Refusal::new("code-form").with("field", field).with("value", code))
    }
}

pub(super) fn put(facts: &Facts<'_, Command>, c: &PutFacility) -> Decided {
    if c.code.kind() != crate::HOLDER {
        return Err(Refusal::new("facility-code-form").with("facility", &c.code));
    }
    code_fits(c.code.code(), "code")?;
    name_fits(&c.name_zh, "name_zh")?;
    name_fits(&c.name_en, "name_en")?;
    if let Some(known) = facts.state.facilities.get(&c.code)
        && known.area != facts.asked.area
    {
        return Err(Refusal::new("facility-of-another-county").with("facility", &c.code));
    }
    if !c.serves.contains(facts.asked.area) {
        return Err(Refusal::new("facility-serves-elsewhere").with("serves", c.serves));
    }
    if c.closes_at.is_some_and(|end| end <= c.opens_at) {
        return Err(Refusal::new("facility-closes-before-opening"));
    }
    let within = |value: Option<f64>, most: f64| value.is_none_or(|x| x.abs() <= most);
    if c.lon.is_some() != c.lat.is_some() || !within(c.lon, 180.0) || !within(c.lat, 90.0) {
        return Err(Refusal::new("position-wrong"));
    }
    if i64::from(c.turnaround_minutes) > Span::days(7).0 / Span::minutes(1).0 {
        return Err(Refusal::new("turnaround-too-long"));
    }
    Ok(Decision::fact(Event::FacilityPut(Box::new(c.clone()))))
}

pub(super) fn put_ward(facts: &Facts<'_, Command>, c: &PutWard) -> Decided {
    facts.own_facility(&c.facility)?;
    code_fits(&c.ward, "ward")?;
    name_fits(&c.name_zh, "name_zh")?;
    name_fits(&c.name_en, "name_en")?;
    let mut decision = Decision::fact(Event::WardPut(Box::new(c.clone())));
    let known = facts.state.wards.get(&(c.facility.clone(), c.ward.clone()));
    if let Some(known) = known.filter(|w| w.level > c.level && w.of(BedState::Occupied) > 0) {
        // Who lies there may need more now: the ward's list says who.
        let note = Refusal::new("ward-lowered").with("ward", &known.code);
        decision.notes.push(note.with("people", known.of(BedState::Occupied)));
    }
    Ok(decision)
}

pub(super) fn put_beds(facts: &Facts<'_, Command>, c: &PutBeds) -> Decided {
    facts.own_facility(&c.facility)?;
    facts.ward(&(c.facility.clone(), c.ward.clone()))?;
    if c.beds.is_empty() || c.beds.len() > MOST_BEDS {
        return Err(Refusal::new("beds-number").with("limit", MOST_BEDS));
    }
    let mut beds: Vec<(UnitId, String, String)> = Vec::with_capacity(c.beds.len());
    let mut labels: Vec<&str> = c.beds.iter().map(|bed| bed.label.as_str()).collect();
    labels.sort_unstable();
    if let Some(twice) = labels.windows(2).find(|w| w[0] == w[1]) {
        return Err(Refusal::new("bed-exists").with("bed", twice[0]));
    }
    for bed in &c.beds {
        code_fits(&bed.label, "label")?;
        if !bed.room.is_empty() {
            code_fits(&bed.room, "room")?;
        }
        let id = bed_id(facts.asked.area, &c.facility, &c.ward, &bed.label);
        if facts.state.beds.contains_key(&id) {
            return Err(Refusal::new("bed-exists").with("bed", &bed.label));
        }
        beds.push((id, bed.label.clone(), bed.room.clone()));
    }
    Ok(Decision::fact(Event::BedsPut { facility: c.facility.clone(), ward: c.ward.clone(), beds }))
}

pub(super) fn staff(facts: &Facts<'_, Command>, c: &Staff) -> Decided {
    facts.own_facility(&c.facility)?;
    let ward = facts.ward(&(c.facility.clone(), c.ward.clone()))?;
    if ward.level == Level::Intensive && c.per_nurse > MOST_PER_NURSE {
        return Err(Refusal::new("nurse-has-too-many").with("limit", MOST_PER_NURSE));
    }
    if c.nurses > 10_000 || c.per_nurse > 1_000 || c.claimed > 1_000_000 {
        return Err(Refusal::new("staff-number"));
    }
    let mut decision = Decision::fact(Event::StaffSet(c.clone()));
    let staffed = i64::from(c.nurses) * i64::from(c.per_nurse);
    let taken = ward.taken();
    if staffed < taken {
        // It is as it is; nobody more is taken in, and the board shows it.
        let note = Refusal::new("ward-overfull").with("ward", &ward.code);
        decision.notes.push(note.with("people", taken).with("staffed", staffed));
    }
    Ok(decision)
}

pub(super) fn set_out(facts: &Facts<'_, Command>, c: &SetOut) -> Decided {
    note_needed(&c.reason)?;
    let mut decision = Decision::default();
    for id in distinct(&c.beds) {
        let bed = bed_of(facts, id)?;
        let fits = if c.out {
            matches!(bed.state, BedState::Free | BedState::Dirty)
        } else {
            bed.state == BedState::Out
        };
        if !fits {
            return Err(Refusal::new("bed-not-ready")
                .with("bed", &bed.label)
                .with("state", bed.state));
        }
        let reason = c.reason.trim().to_owned();
        decision.events.push(Event::BedSetOut { bed: id, out: c.out, reason });
    }
    if decision.events.is_empty() { Err(Refusal::new("beds-number")) } else { Ok(decision) }
}

pub(super) fn disinfect(facts: &Facts<'_, Command>, beds: &[UnitId]) -> Decided {
    let mut decision = Decision::default();
    for id in distinct(beds) {
        let bed = bed_of(facts, id)?;
        if bed.state != BedState::Dirty {
            return Err(Refusal::new("bed-not-vacated")
                .with("bed", &bed.label)
                .with("state", bed.state));
        }
        if let Some(due) = late(bed.due, facts.at()) {
            let note = Refusal::new("disinfected-late").with("bed", &bed.label);
            decision.notes.push(note.with("due", due.rfc3339()));
        }
        decision.events.push(Event::Disinfected { bed: id });
    }
    if decision.events.is_empty() { Err(Refusal::new("beds-number")) } else { Ok(decision) }
}

fn late(due: Option<Micros>, at: Micros) -> Option<Micros> {
    due.filter(|due| at > *due)
}

fn distinct(beds: &[UnitId]) -> Vec<UnitId> {
    let mut beds = beds.to_vec();
    beds.sort_unstable();
    beds.dedup();
    beds
}

fn bed_of<'a>(facts: &'a Facts<'_, Command>, id: UnitId) -> Result<&'a crate::Bed, Refusal> {
    if id.area() != facts.asked.area {
        return Err(Refusal::new("bed-unknown").with("bed", id));
    }
    let bed = facts.state.beds.get(&id);
    let bed = bed.ok_or_else(|| Refusal::new("bed-unknown").with("bed", id))?;
    facts.staff_of(&bed.facility)?;
    Ok(bed)
}
