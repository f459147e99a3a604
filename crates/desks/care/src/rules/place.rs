//! From the queue into a bed, and from bed to bed.

use ledger::{Decision, Move, note_fits, note_needed};
use protocol::Edition;
use registry::identity::Sex;
use types::{HolderCode, Micros, Refusal, UnitId};

use super::{Decided, Facts};
use crate::command::{Admit, Assign, Command, MoveBed};
use crate::event::Event;
use crate::rows::{Bed, Episode, InBed, Ward};
use crate::state::WardKey;
use crate::triage::triage;
use crate::words::{Admits, BedState, Level, Stage};

/// The steps of an episode in the ledger.
pub(super) const WAITING: &str = "waiting";
pub(super) const ASSIGNED: &str = "assigned";
pub(super) const MOVING: &str = "moving";
pub(super) const IN_CARE: &str = "in_care";
pub(super) const AT_HOME: &str = "at_home";

pub(super) fn assign(facts: &Facts<'_, Command>, c: &Assign) -> Decided {
    note_fits(&c.reason)?;
    note_fits(&c.plan)?;
    let episode = facts.own_episode(c.episode)?;
    match episode.stage {
        // Who lies in a bed may have another one held elsewhere: a transfer.
        Stage::Waiting | Stage::InCare if episode.held.is_none() => {}
        Stage::Home | Stage::Closed => {
            return Err(Refusal::new("not-in-the-queue")
                .with("episode", episode.id)
                .with("stage", episode.stage));
        }
        _ => return Err(Refusal::new("has-a-bed").with("episode", episode.id)),
    }
    let facility = facts.facility(&c.facility)?;
    if !facility.serves.contains(facts.asked.area) {
        return Err(Refusal::new("facility-serves-elsewhere").with("serves", facility.serves));
    }
    if episode.lies.as_ref().is_some_and(|lies| lies.facility == c.facility) {
        return Err(Refusal::new("lies-there-already").with("facility", &c.facility));
    }
    let mut notes = Vec::new();
    let key = (c.facility.clone(), c.ward.clone());
    if let Some(lies) = &episode.lies {
        // From house to house the need says why, but for intensive care.
        let intensive =
            |from, to| from != to && (from == Level::Intensive || to == Level::Intensive);
        step_has_a_reason(facts, lies, &key, &c.reason, intensive)?;
    }
    let bed = find_bed(facts, episode, &key, c.bed, &c.reason, &mut notes)?;
    let mut decision = Decision::fact(Event::Assigned {
        episode: episode.id,
        bed,
        plan: c.plan.trim().to_owned(),
        reason: c.reason.trim().to_owned(),
    });
    if episode.stage == Stage::Waiting && facts.custody_is_open(episode.id) {
        decision.moves.push(step(episode, ASSIGNED));
    }
    decision.notes = notes;
    Ok(decision)
}

fn step(episode: &Episode, step: &str) -> Move {
    Move::Step { unit: episode.id, step: step.to_owned(), deadline: episode.deadline }
}

pub(super) fn unassign(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let episode = facts.own_episode(id)?;
    if episode.held.is_none() {
        return Err(Refusal::new("no-bed-held").with("episode", id));
    }
    let mut decision =
        Decision::fact(Event::Unassigned { episode: id, reason: reason.trim().to_owned() });
    if episode.stage.is_queued() && facts.custody_is_open(id) {
        decision.moves.push(step(episode, WAITING));
    }
    Ok(decision)
}

/// What stands behind a bed that was given up since nobody took it.
pub(super) const LAPSED: &str = "bed.hold";

/// Until when a bed is held; nothing where the edition in force says nothing of it, or when the person is
/// on the way.
pub fn held_until(edition: &Edition, episode: &Episode) -> Option<Micros> {
    let held = episode.held.as_ref().filter(|_| episode.stage != Stage::Moving)?;
    let within = edition.care().ok()?.hold.as_ref()?.value;
    Some(held.held_at + within)
}

/// Beds that nobody took in time are given up, each with a line in its person's history.
pub(super) fn lapse(facts: &Facts<'_, Command>, episodes: &[UnitId]) -> Decided {
    let mut ids = episodes.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut decision = Decision::default();
    for id in ids {
        let episode = facts.own_episode(id)?;
        let Some(until) = held_until(facts.edition, episode) else { continue };
        if facts.at() <= until {
            let note = Refusal::new("hold-not-over").with("episode", id);
            decision.notes.push(note.with("until", until.rfc3339()).by_rule(LAPSED));
            continue;
        }
        decision.events.push(Event::Unassigned { episode: id, reason: LAPSED.to_owned() });
        if episode.stage.is_queued() && facts.custody_is_open(id) {
            decision.moves.push(step(episode, WAITING));
        }
    }
    if decision.events.is_empty() {
        return Err(Refusal::new("no-hold-over").by_rule(LAPSED));
    }
    Ok(decision)
}

pub(super) fn depart(facts: &Facts<'_, Command>, id: UnitId, vehicle: &str) -> Decided {
    if vehicle.chars().count() > 40 {
        return Err(Refusal::new("field-too-long").with("field", "vehicle").with("limit", 40));
    }
    let episode = facts.own_episode(id)?;
    if episode.stage != Stage::Assigned {
        return Err(Refusal::new("no-bed-held").with("episode", id));
    }
    let mut decision =
        Decision::fact(Event::Departed { episode: id, vehicle: vehicle.trim().to_owned() });
    if facts.custody_is_open(id) {
        decision.moves.push(step(episode, MOVING));
    }
    Ok(decision)
}

pub(super) fn admit(facts: &Facts<'_, Command>, c: &Admit) -> Decided {
    note_fits(&c.reason)?;
    let facility = facts.own_facility(&c.facility)?;
    let episode = facts.episode(c.episode)?;
    if !facility.serves.contains(episode.area()) {
        return Err(Refusal::new("facility-serves-elsewhere").with("serves", facility.serves));
    }
    if matches!(episode.stage, Stage::Home | Stage::Closed) {
        return Err(Refusal::new("not-in-the-queue")
            .with("episode", episode.id)
            .with("stage", episode.stage));
    }
    if let Some(lies) = episode.lies.as_ref().filter(|lies| lies.facility == c.facility) {
        return Err(Refusal::new("lies-there-already").with("facility", &lies.facility));
    }
    let held = episode.held.as_ref().filter(|held| held.facility == c.facility);
    if held.is_none() {
        // Work does not stop for a person at the door; but who sent him is to be known.
        note_needed(&c.reason)?;
    }
    let mut notes = Vec::new();
    let other = c.bed.is_some_and(|bed| held.is_none_or(|held| held.bed != bed));
    let ward = c.ward.as_ref().filter(|ward| held.is_none_or(|held| held.ward != **ward));
    let bed = match held.filter(|_| !other && ward.is_none()) {
        Some(held) => held.bed,
        None => {
            let named = c.ward.clone().or_else(|| held.map(|held| held.ward.clone()));
            let named = named.ok_or_else(|| Refusal::new("ward-missing"))?;
            find_bed(facts, episode, &(c.facility.clone(), named), c.bed, &c.reason, &mut notes)?
        }
    };
    let mut decision = Decision::fact(Event::Admitted {
        episode: episode.id,
        bed,
        reason: c.reason.trim().to_owned(),
    });
    decision.moves.extend(hand_to(facts, episode, &c.facility));
    decision.notes = notes;
    if let Some(due) = episode.deadline.filter(|due| episode.is_queued() && facts.at() > *due) {
        let late = Refusal::new("admitted-late").with("due", due.rfc3339());
        decision.notes.push(late.by_rule("pos.transfer"));
    }
    Ok(decision)
}

/// The hand-off of an episode to a facility.
fn hand_to<C>(facts: &Facts<'_, C>, episode: &Episode, to: &HolderCode) -> Option<Move> {
    facts.custody_is_open(episode.id).then(|| Move::Hand {
        unit: episode.id,
        giver: facts.holder_of(episode.id),
        taker: to.clone(),
        step: IN_CARE.to_owned(),
        deadline: None,
        limit: None,
        evidence: None,
    })
}

pub(super) fn move_bed(facts: &Facts<'_, Command>, c: &MoveBed) -> Decided {
    note_fits(&c.reason)?;
    let episode = facts.inpatient(c.episode)?;
    let Some(lies) = &episode.lies else { return Err(Refusal::new("not-in-care")) };
    let mut notes = Vec::new();
    let key = (lies.facility.clone(), c.ward.clone());
    step_has_a_reason(facts, lies, &key, &c.reason, |from, to| from != to)?;
    let bed = find_bed(facts, episode, &key, c.bed, &c.reason, &mut notes)?;
    let reason = c.reason.trim().to_owned();
    let mut decision = Decision::fact(Event::Moved { episode: episode.id, bed, reason });
    decision.notes = notes;
    Ok(decision)
}

/// A step up or down has a reason.
fn step_has_a_reason<C>(
    facts: &Facts<'_, C>,
    lies: &InBed,
    to: &WardKey,
    reason: &str,
    asked: impl Fn(Level, Level) -> bool,
) -> Result<(), Refusal> {
    let from = facts.ward(&(lies.facility.clone(), lies.ward.clone()))?.level;
    let to = facts.ward(to)?.level;
    if reason.trim().is_empty() && asked(from, to) {
        return Err(Refusal::new("step-needs-reason").with("from", from).with("to", to));
    }
    Ok(())
}

/// A free bed of a ward that may be this person's, in the order of the labels. What a reason can set
/// aside (the care level, the reserve, an opening date) is told in the remarks; what it cannot is
/// refused.
fn find_bed<C>(
    facts: &Facts<'_, C>,
    episode: &Episode,
    key: &WardKey,
    wanted: Option<UnitId>,
    reason: &str,
    notes: &mut Vec<Refusal>,
) -> Result<UnitId, Refusal> {
    let ward = facts.ward(key)?;
    let facility = facts.facility(&key.0)?;
    if !facility.is_open(facts.at()) {
        return Err(Refusal::new("facility-not-open").with("facility", &key.0));
    }
    sex_fits(ward, episode)?;
    level_fits(facts, ward, episode, reason, notes)?;
    // Who moves within a ward leaves a place there.
    let leaves = episode.lies.as_ref().is_some_and(|l| (&l.facility, &l.ward) == (&key.0, &key.1));
    let mine = i64::from(leaves);
    if ward.of(BedState::Free) == 0 {
        return Err(Refusal::new("ward-full").with("ward", &ward.code));
    }
    let staffed = ward.staffed() - ward.taken() + mine;
    if staffed <= 0 {
        return Err(Refusal::new("ward-without-staff")
            .with("ward", &ward.code)
            .with("staffed", ward.staffed())
            .with("taken", ward.taken()));
    }
    let room = ward.of(BedState::Free).min(staffed);
    let critical = episode.condition.severity == Some(cases::Severity::Critical);
    if room <= ward.reserve && !critical && mine == 0 {
        let refusal = Refusal::new("ward-reserve").with("reserve", ward.reserve);
        aside(refusal, reason, notes)?;
    }
    let fits = |bed: &&Bed| bed.state == BedState::Free && room_fits(facts, ward, bed, episode);
    match wanted {
        Some(id) => {
            let bed =
                facts.state.beds.get(&id).filter(|b| (&b.facility, &b.ward) == (&key.0, &key.1));
            let bed = bed.ok_or_else(|| Refusal::new("bed-unknown").with("bed", id))?;
            if bed.state != BedState::Free {
                return Err(Refusal::new("bed-taken")
                    .with("bed", &bed.label)
                    .with("state", bed.state));
            }
            if fits(&bed) { Ok(id) } else { Err(Refusal::new("room-of-another-family")) }
        }
        None => {
            let beds = facts.state.beds_of(key);
            // A family joins those of it who are there already, before it opens another room.
            let free: Vec<&Bed> = beds.filter(fits).collect();
            let with_family = |bed: &&&Bed| {
                ward.admits == Admits::Families
                    && episode.household.is_some()
                    && shares(facts, bed).any(|other| other.household == episode.household)
            };
            let bed = free.iter().find(with_family).or_else(|| free.first());
            bed.map(|bed| bed.id).ok_or_else(|| Refusal::new("room-of-another-family"))
        }
    }
}

/// The other beds of a room that are somebody's.
fn shares<'a, C>(facts: &'a Facts<'_, C>, bed: &Bed) -> impl Iterator<Item = &'a Bed> {
    let key = (bed.facility.clone(), bed.ward.clone());
    let (id, room) = (bed.id, bed.room.clone());
    let beds: Vec<&Bed> = facts
        .state
        .beds_of(&key)
        .filter(|other| other.id != id && !room.is_empty() && other.room == room)
        .filter(|other| matches!(other.state, BedState::Held | BedState::Occupied))
        .collect();
    beds.into_iter()
}

/// In a family ward a room is shared by people of one household.
fn room_fits<C>(facts: &Facts<'_, C>, ward: &Ward, bed: &Bed, episode: &Episode) -> bool {
    ward.admits != Admits::Families
        || shares(facts, bed).all(|other| {
            other.household.is_some() && other.household == episode.household
                || other.episode == Some(episode.id)
        })
}

fn sex_fits(ward: &Ward, episode: &Episode) -> Result<(), Refusal> {
    let sex = match ward.admits {
        Admits::Anybody | Admits::Families => return Ok(()),
        Admits::Women => Sex::Female,
        Admits::Men => Sex::Male,
    };
    // Whose sex nobody knows is not turned away: that is found out at the door.
    if episode.is_child() || episode.sex.is_none_or(|own| own == sex) {
        Ok(())
    } else {
        Err(Refusal::new("ward-of-the-other-sex").with("ward", &ward.code))
    }
}

fn level_fits<C>(
    facts: &Facts<'_, C>,
    ward: &Ward,
    episode: &Episode,
    reason: &str,
    notes: &mut Vec<Refusal>,
) -> Result<(), Refusal> {
    let goes = triage(facts.edition, episode.condition)?;
    let needed = goes.level.unwrap_or(Level::Shelter);
    if ward.level < needed {
        let refusal = Refusal::new("ward-below-need")
            .with("needs", needed)
            .with("gives", ward.level)
            .by_rule(goes.rule);
        aside(refusal, reason, notes)?;
    }
    Ok(())
}

/// A rule that a stated reason sets aside: then it is a remark.
fn aside(refusal: Refusal, reason: &str, notes: &mut Vec<Refusal>) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(refusal);
    }
    notes.push(refusal);
    Ok(())
}

/// Moves that bring an episode back to the county's desk.
pub(super) fn hand_home<C>(
    facts: &Facts<'_, C>,
    episode: &Episode,
    step: &str,
    deadline: Option<types::Micros>,
) -> Result<Decision<Event>, Refusal> {
    let mut decision = Decision::default();
    if !facts.custody_is_open(episode.id) {
        return Ok(decision);
    }
    let desk = HolderCode::desk(episode.id.area());
    let holder = facts.holder_of(episode.id);
    decision.moves.push(if holder.as_ref() == Some(&desk) {
        Move::Step { unit: episode.id, step: step.to_owned(), deadline }
    } else {
        Move::Hand {
            unit: episode.id,
            giver: holder,
            taker: desk,
            step: step.to_owned(),
            deadline,
            limit: None,
            evidence: None,
        }
    });
    Ok(decision)
}
