//! What at the transfers desk follows from what happens at the care desk, and the other way round.

use cases::{Class as CaseClass, Severity};
use ledger::{Asked, Decision, Desk, Entry, Result, Units, in_turn};
use store::Connection;
use transfers::{BedHeld, Class, Reaction, Spot};
use types::{AreaCode, Micros, PersonId, Refusal};

use crate::{Event, House, State};

/// Loads the open rides of everybody whom the group may move at the care desk, and what the care desk
/// needs for those whom the group picks up, brings or sets down.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    transfers: &[Asked<'_, transfers::Command>],
) -> Result<()> {
    if !transfers.is_empty() {
        house.transfers.load_commands(db, units, &mut state.transfers, transfers).await?;
        let follow: Vec<(usize, care::Command)> = transfers
            .iter()
            .enumerate()
            .flat_map(|(n, asked)| at_the_care_desk(state, *asked).into_iter().map(move |c| (n, c)))
            .collect();
        let asked: Vec<Asked<'_, care::Command>> =
            follow.iter().map(|(n, command)| transfers[*n].with(command)).collect();
        if !asked.is_empty() {
            house.care.load_commands(db, units, &mut state.care, &asked).await?;
        }
    }
    let mut persons: Vec<PersonId> = state.care.loaded().map(|episode| episode.person).collect();
    persons.extend(state.cases.known_persons());
    if persons.is_empty() {
        return Ok(());
    }
    house.transfers.load_persons(db, units, &mut state.transfers, persons).await
}

/// What the care desk is asked when somebody is picked up, received or set down.
fn at_the_care_desk(state: &State, asked: Asked<'_, transfers::Command>) -> Vec<care::Command> {
    use transfers::Command as C;
    let episodes = asked.command.rides().iter().filter_map(|id| {
        let ride = state.transfers.ride(*id)?;
        Some((ride, ride.episode?))
    });
    match asked.command {
        C::PickUp(_) => episodes
            .map(|(ride, episode)| {
                let trip = ride.trip.and_then(|trip| state.transfers.trip(trip));
                let of = trip.and_then(|trip| state.transfers.vehicle(&trip.vehicle));
                let vehicle = of.map(|v| v.plate.clone()).unwrap_or_default();
                care::Command::Depart { episode, vehicle }
            })
            .collect(),
        C::Receive(c) => episodes
            .filter_map(|(_, episode)| {
                Some(care::Command::Admit(care::Admit {
                    episode,
                    facility: c.facility.clone()?,
                    ward: c.ward.clone(),
                    bed: None,
                    reason: c.reason.clone(),
                }))
            })
            .collect(),
        C::SetDown { note, .. } => episodes
            .map(|(_, episode)| care::Command::Unassign { episode, reason: note.clone() })
            .collect(),
        _ => Vec::new(),
    }
}

/// A command of the transfers desk, with what it leads to at the care desk.
pub(crate) fn decide(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, transfers::Command>,
    now: Micros,
) -> std::result::Result<Decision<Event>, Refusal> {
    let decided = house.transfers.decide(units, &state.transfers, asked, now)?;
    let mut decision = decided.map(Event::Transfers);
    let follow = at_the_care_desk(state, asked);
    let entry: Entry = asked.entry(now);
    // In turn: two who come without a bed do not get the same one.
    let follows = in_turn(
        &state.care,
        &follow,
        |seen, command| match wanted(seen, asked.area, command) {
            Some(area) => {
                house.care.decide(units, seen, Asked { area, ..asked.with(command) }, now)
            }
            None => Ok(Decision::default()),
        },
        |copy, event| house.care.apply(units, copy, &entry, event),
    )?;
    decision.join(follows.map(Event::Care));
    Ok(decision)
}

/// Whether a command of the care desk is wanted where the episode stands, and its county.
fn wanted(state: &care::State, facility: AreaCode, command: &care::Command) -> Option<AreaCode> {
    use care::Stage;
    let id = command.episodes()?;
    let episode = state.episode(id)?;
    match command {
        // From bed to bed somebody lies in the one until the other is reached.
        care::Command::Depart { .. } => (episode.stage == Stage::Assigned).then_some(id.area()),
        // Whose episode has ended on the way is received all the same, and lies in no bed.
        care::Command::Admit(_) => {
            (!matches!(episode.stage, Stage::Home | Stage::Closed)).then_some(facility)
        }
        care::Command::Unassign { .. } => episode.held.is_some().then_some(id.area()),
        _ => None,
    }
}

/// What follows at the transfers desk from the facts of the care desk that a decision has.
pub(crate) fn to_care<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
) -> std::result::Result<(), Refusal> {
    let reactions: Vec<Reaction> = decision
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Care(event) => reaction(&state.care, event),
            _ => None,
        })
        .collect();
    if reactions.is_empty() {
        return Ok(());
    }
    let follows = house.transfers.react(units, &state.transfers, asked, now, &reactions)?;
    decision.join(follows.map(Event::Transfers));
    Ok(())
}

fn reaction(state: &care::State, event: &care::Event) -> Option<Reaction> {
    use care::Event as E;
    let of = |id: &types::UnitId| state.episode(*id);
    match event {
        E::Assigned { episode, bed, .. } => bed_held(state, of(episode)?, *bed),
        E::Judged { episode, class, severity, .. } => Some(Reaction::Judged {
            person: of(episode)?.person,
            class: class_of(*class),
            lying: lies(*severity),
        }),
        E::Departed { episode, .. } => Some(Reaction::OwnWay { person: of(episode)?.person }),
        E::Admitted { episode, bed, .. } => Some(Reaction::InBed {
            person: of(episode)?.person,
            facility: state.bed(*bed)?.facility.clone(),
        }),
        E::Unassigned { episode, reason: note }
        | E::WentHome { episode, note, .. }
        | E::Ended { episode, note, .. } => {
            Some(Reaction::NotNeeded { person: of(episode)?.person, note: note.clone() })
        }
        _ => None,
    }
}

fn class_of(class: CaseClass) -> Class {
    match class {
        CaseClass::Suspected => Class::Suspected,
        _ => Class::Positive,
    }
}

/// Severe and critical cases lie: a choice of this program.
fn lies(severity: Option<Severity>) -> bool {
    severity >= Some(Severity::Severe)
}

fn bed_held(state: &care::State, episode: &care::Episode, bed: types::UnitId) -> Option<Reaction> {
    let facility = &state.bed(bed)?.facility;
    let known = state.facility(facility)?;
    let to = Spot {
        area: known.area,
        facility: Some(facility.clone()),
        place: known.place.clone(),
        at: known.at,
    };
    let from = match &episode.lies {
        Some(lies) => Spot {
            area: lies.bed.area(),
            facility: Some(lies.facility.clone()),
            place: None,
            at: state.facility(&lies.facility).and_then(|facility| facility.at),
        },
        None => Spot {
            area: episode.place.as_ref().and_then(types::PlaceCode::area).unwrap_or(episode.area()),
            facility: None,
            place: episode.place.clone(),
            at: None,
        },
    };
    Some(Reaction::BedHeld(Box::new(BedHeld {
        person: episode.person,
        episode: episode.id,
        household: episode.household,
        class: class_of(episode.class),
        lying: lies(episode.condition.severity),
        from,
        to,
        // From bed to bed the clock starts anew.
        due: episode.deadline.filter(|_| episode.lies.is_none()),
    })))
}
