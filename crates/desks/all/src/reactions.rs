//! What at one desk follows from what happens at another.

use cases::{Adopt, Cases, FoundIn, Positive, Reaction};
use ledger::{Asked, Decision, Entry, Result, Units};
use store::Connection;
use testing::Zone;
use testing::positives::{self, Change, FinalPositive};
use types::{Micros, PersonId, Refusal};

use crate::State;

/// Loads what the commands of one desk need of another.
pub(crate) async fn load(
    desk: &Cases,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    testing: &[Asked<'_, testing::Command>],
    cases: &[Asked<'_, cases::Command>],
) -> Result<()> {
    let concerned = positives::concerned(&state.testing, testing);
    let mut persons: Vec<PersonId> = concerned.into_iter().flat_map(|(_, p)| p).collect();
    if !persons.is_empty() {
        state.testing.load_origins(db, &persons).await?;
    }
    for asked in cases {
        if let cases::Command::Adopt(adopt) = asked.command {
            state.testing.load_tubes(db, &adopt.tubes).await?;
            persons.extend(adopt.tubes.iter().flat_map(|tube| state.testing.persons_of(*tube)));
        }
    }
    if persons.is_empty() {
        return Ok(());
    }
    desk.load_persons(db, units, &mut state.cases, persons).await
}

/// Where the zone of a tube says that somebody was found.
pub(crate) fn found_in(zone: Zone) -> FoundIn {
    match zone {
        Zone::Quarantine => FoundIn::Quarantine,
        Zone::Locked => FoundIn::Locked,
        Zone::Controlled => FoundIn::Controlled,
        Zone::Other => FoundIn::Community,
    }
}

fn positive_of(found: &FinalPositive, area: types::AreaCode) -> Positive {
    Positive {
        tube: found.tube,
        person: found.person,
        area: positives::county_of(found, area),
        place: found.home.clone().or_else(|| found.community.clone()),
        found_in: found.zone.map(found_in),
        at: found.at,
    }
}

/// The cases that open, and those that close, by what a command makes of results.
pub(crate) fn to_results(
    desk: &Cases,
    units: &Units,
    state: &State,
    asked: Asked<'_, testing::Command>,
    events: &[testing::Event],
    now: Micros,
) -> Decision<cases::Event> {
    let changes = positives::changes(units, &state.testing, asked, events);
    let reactions: Vec<Reaction> = changes
        .iter()
        .map(|change| match change {
            Change::Found(found) => Reaction::Found(positive_of(found, asked.area)),
            Change::Withdrawn { tube, person } => Reaction::Withdrawn(*tube, *person),
        })
        .collect();
    let mut decision = desk.react(units, &state.cases, asked, now, &reactions);
    // That a case may be there twice is for the desk that keeps the cases, not for a laboratory.
    decision.notes.retain(|note| note.code == "case-not-opened");
    decision
}

/// Cases for final positives that have none.
pub(crate) fn adopt(
    desk: &Cases,
    units: &Units,
    state: &State,
    asked: Asked<'_, Adopt>,
    now: Micros,
) -> std::result::Result<Decision<cases::Event>, Refusal> {
    let has_case = |found: &FinalPositive| {
        let case = state.cases.case_of(found.person);
        case.is_some_and(|case| case.positives.iter().any(|(tube, _)| *tube == found.tube))
    };
    let reactions: Vec<Reaction> = asked
        .command
        .tubes
        .iter()
        .filter_map(|tube| state.testing.final_positive(*tube))
        .filter(|found| !has_case(found))
        .map(|found| positive_of(&found, asked.area))
        .map(Reaction::Found)
        .collect();
    if reactions.is_empty() {
        return Err(Refusal::new("nothing-to-adopt"));
    }
    let decision = desk.react(units, &state.cases, asked, now, &reactions);
    match decision.notes.first() {
        Some(note) if decision.events.is_empty() => Err(note.clone()),
        _ => Ok(decision),
    }
}

/// A person who was registered in the same group as the result: the case finds its home.
pub(crate) fn learn_person(state: &mut State, entry: &Entry, person: PersonId) {
    let Some(known) = state.registry.person(entry.area, person) else { return };
    let registered = cases::Registered {
        area: entry.area,
        same_as: known.same_as.map(|other| other.person),
        place: known.home.as_ref().map(|home| home.place.clone()),
        id_index: known.identity.id_index,
        phone_index: known.identity.phone_index,
        birth_year: known.identity.birth_year,
        sex: known.identity.sex,
    };
    let household = known.home.as_ref().and_then(|home| home.household);
    let home = tracing_desk::Home {
        area: Some(entry.area),
        place: known.home.as_ref().map(|home| home.place.clone()),
        household,
        same_as: known.same_as.map(|other| other.person),
    };
    state.tracing.learn_home(person, home, known.identity.id_index);
    state.cases.learn_person(person, registered);
    if let Some(household) = household {
        state.care.learn_household(person, household);
    }
}
