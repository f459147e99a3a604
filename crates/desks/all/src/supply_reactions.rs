//! What at the supply desk follows from what happens to zones: how the households of an area come by their food
//! changes in the same entry.

use ledger::{Asked, Decision, Result, Units};
use protocol::FoodAccess;
use store::Connection;
use supply::{Home, Mode, Reaction, SetMode};
use types::{Micros, PlaceCode};
use zones::Level;

use crate::{Command, Event, House, State};

/// Loads the households of the areas that the group may make zones, change or end; of those that a positive may
/// raise, where somebody is known to live in one.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    zones: &[Asked<'_, zones::Command>],
) -> Result<()> {
    use zones::Command as C;
    let mut places: Vec<PlaceCode> = Vec::new();
    let of = |id: &types::UnitId| state.zones.zone(*id).map(|zone| zone.place.clone());
    for asked in zones {
        match asked.command {
            C::Make(make) => places.extend(make.zones.iter().map(|new| new.place.clone())),
            C::Raise { zone, .. } => places.extend(of(zone)),
            C::Ease(ease) => places.extend(of(&ease.zone)),
            C::Expire { zones } => places.extend(zones.iter().filter_map(of)),
            _ => {}
        }
    }
    let raised = state.cases.known_places().filter_map(|place| state.zones.innermost(place));
    places.extend(raised.filter(|z| z.level == Level::Controlled).map(|z| z.place.clone()));
    places.sort_unstable();
    places.dedup();
    // Nobody is locked in by counties: that is a precaution, which restricts no household.
    places.retain(|place| place.as_str().len() >= 12);
    if places.is_empty() {
        return Ok(());
    }
    let reactions: Vec<Reaction> = places
        .into_iter()
        .map(|place| Reaction::Zoned {
            set: SetMode { place, mode: Mode::Free, until: None, reason: String::new() },
            inner: Vec::new(),
        })
        .collect();
    house.supply.load_reactions(db, units, &mut state.supply, &reactions).await
}

/// Loads what is restricted where people may be registered.
pub(crate) async fn load_registry(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    registry: &[Asked<'_, registry::Command>],
) -> Result<()> {
    use registry::Command as C;
    let mut homes: Vec<Home> = Vec::new();
    let at = |address: &registry::command::Address| {
        let home = registry::rules::home_at(&address.place, &address.door);
        home.household.map(|id| Home { id, place: home.place, people: 0 })
    };
    for asked in registry {
        match asked.command {
            C::RegisterPerson(c) => homes.extend(c.address.as_ref().and_then(at)),
            C::ChangePerson(c) => {
                homes.extend(c.address.as_ref().and_then(at));
                homes.extend(home_of(state, asked.area, c.person));
            }
            C::SettleMove(c) => homes.extend(home_of(state, asked.area, c.person)),
            C::PutPersons(c) => homes.extend(c.households.iter().map(|household| Home {
                id: household.id,
                place: household.place.clone(),
                people: 0,
            })),
            _ => {}
        }
    }
    if homes.is_empty() {
        return Ok(());
    }
    house.supply.load_reactions(db, units, &mut state.supply, &[Reaction::Registered(homes)]).await
}

/// Where somebody lives, as the registry has it before what is decided now.
fn home_of(state: &State, area: types::AreaCode, person: types::PersonId) -> Option<Home> {
    let home = state.registry.person(area, person)?.home.as_ref()?;
    Some(Home { id: home.household?, place: home.place.clone(), people: 1 })
}

/// Loads the passes and the work of those whom the group may find positive, and the homes of those who may have died.
pub(crate) async fn load_drivers(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    commands: &[Asked<'_, Command>],
) -> Result<()> {
    let sought: Vec<types::PersonId> = state.cases.sought_persons().collect();
    let known: Vec<_> = state.cases.loaded().filter_map(|id| state.cases.case(id)).collect();
    let mut persons = sought.clone();
    persons.extend(known.iter().map(|case| case.person));
    if persons.is_empty() {
        return Ok(());
    }
    persons.sort_unstable();
    persons.dedup();
    let homes = known.iter().filter_map(|case| Some((case.person_area?, case.person)));
    let mut died: Vec<(types::AreaCode, types::PersonId)> = homes.collect();
    // A case may open and end in one group.
    let mut areas: Vec<types::AreaCode> = commands
        .iter()
        .filter(|asked| matches!(asked.command, Command::Cases(_)))
        .map(|asked| asked.area)
        .collect();
    areas.sort_unstable();
    areas.dedup();
    died.extend(areas.iter().flat_map(|area| sought.iter().map(|person| (*area, *person))));
    died.sort_unstable();
    died.dedup();
    let reactions = [Reaction::Positive(persons), Reaction::Died(died)];
    house.supply.load_reactions(db, units, &mut state.supply, &reactions).await
}

/// Joins to a decision what follows at the supply desk. What another desk decided stands whatever this one makes of
/// it: its refusal is a note.
fn follow<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
    reactions: &[Reaction],
) {
    if reactions.is_empty() {
        return;
    }
    match house.supply.react(units, &state.supply, asked, now, reactions) {
        Ok(follows) => decision.join(follows.map(Event::Supply)),
        Err(refusal) => decision.notes.push(refusal),
    }
}

/// Drivers who are found positive by the facts that a decision has lose their passes in the same entry, and a place where
/// one of them works closes; who died is owed nothing any more.
pub(crate) fn to_cases<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
) {
    let cases: Vec<cases::Event> = decision
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Cases(event) => Some(event.clone()),
            _ => None,
        })
        .collect();
    let persons: Vec<types::PersonId> = cases
        .iter()
        .filter_map(|event| crate::tracing_reactions::reaction(house, state, &cases, event))
        .filter_map(|reaction| match reaction {
            tracing_desk::Reaction::Infected(of) if of.goes_on => Some(of.person),
            _ => None,
        })
        .collect();
    let mut reactions = Vec::new();
    if !persons.is_empty() {
        reactions.push(Reaction::Positive(persons));
    }
    for event in &cases {
        let (case, died) = match event {
            cases::Event::Closed { case, ending: cases::Ending::Died, .. } => (case, true),
            cases::Event::Reopened { case, .. } => (case, false),
            cases::Event::Opened(o) => {
                if let (Some((cases::Ending::Died, _)), Some(area)) = (&o.ended, o.person_area) {
                    reactions.push(Reaction::Died(vec![(area, o.person)]));
                }
                continue;
            }
            _ => continue,
        };
        let Some(row) = state.cases.case(*case) else { continue };
        let Some(area) = row.person_area else { continue };
        let had = row.ending.as_ref().is_some_and(|(ending, _)| *ending == cases::Ending::Died);
        match (died, had) {
            (true, false) => reactions.push(Reaction::Died(vec![(area, row.person)])),
            (false, true) => reactions.push(Reaction::Alive(vec![(area, row.person)])),
            _ => {}
        }
    }
    follow(house, units, state, asked, decision, now, &reactions);
}

/// The households that people left by the registry's facts that a decision has.
fn gone(state: &State, area: types::AreaCode, events: &[Event]) -> Vec<Home> {
    use registry::Event as E;
    let mut homes = Vec::new();
    for event in events {
        let (person, home, away) = match event {
            Event::Registry(E::PersonChanged { person, home, .. }) => (person, home, false),
            Event::Registry(E::MoveSettled { person, home, arrival, .. }) => {
                (person, home, arrival.is_some())
            }
            _ => continue,
        };
        let Some(old) = home_of(state, area, *person) else { continue };
        let stays = home.as_ref().is_some_and(|home| home.household == Some(old.id));
        if !stays && (home.is_some() || away) {
            homes.push(old);
        }
    }
    homes
}

/// The households to which people came by the registry's facts that a decision has.
fn came(state: &State, area: types::AreaCode, events: &[Event]) -> Vec<Home> {
    use registry::Event as E;
    let mut homes: Vec<Home> = Vec::new();
    let one = |home: &registry::event::Home| {
        home.household.map(|id| Home { id, place: home.place.clone(), people: 1 })
    };
    for event in events {
        match event {
            Event::Registry(E::PersonRegistered { home: Some(home), same_as: None, .. })
            | Event::Registry(E::MoveSettled { home: Some(home), .. }) => homes.extend(one(home)),
            // Who changes the house and not the household has not come.
            Event::Registry(E::PersonChanged { person, home: Some(home), .. }) => {
                let old = home_of(state, area, *person);
                homes.extend(one(home).filter(|new| old.is_none_or(|old| old.id != new.id)));
            }
            Event::Registry(E::PersonsPut { households, .. }) => {
                homes.extend(households.iter().map(|household| Home {
                    id: household.id,
                    place: household.place.clone(),
                    people: household.persons.len() as i64,
                }));
            }
            _ => {}
        }
    }
    homes
}

/// What follows for the supply of those who were registered. They are registered whatever this desk makes of it.
pub(crate) fn to_registry<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
) {
    let came = came(state, asked.area, &decision.events);
    let gone = gone(state, asked.area, &decision.events);
    let mut reactions = Vec::new();
    if !gone.is_empty() {
        reactions.push(Reaction::Left(gone));
    }
    if !came.is_empty() {
        reactions.push(Reaction::Registered(came));
    }
    follow(house, units, state, asked, decision, now, &reactions);
}

/// What follows from the zones' facts that a decision has. A zone stands whatever this desk makes of it.
pub(crate) fn to_zones<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
) {
    let reactions: Vec<Reaction> = decision
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Zones(event) => reaction(house, state, asked, event),
            _ => None,
        })
        .collect();
    follow(house, units, state, asked, decision, now, &reactions);
}

fn reaction<C>(
    house: &House,
    state: &State,
    asked: Asked<'_, C>,
    event: &zones::Event,
) -> Option<Reaction> {
    use zones::Event as E;
    let of = |id: &types::UnitId| state.zones.zone(*id);
    let (place, level, until, reason) = match event {
        E::Made(made) => {
            let until = Some(made.duties.until());
            (made.place.clone(), Some(made.level), until, made.reason.clone())
        }
        E::Raised { zone, level, until, reason, .. }
        | E::Lowered { zone, level, until, reason, .. } => {
            (of(zone)?.place.clone(), Some(*level), Some(*until), reason.clone())
        }
        E::Ended { zone, reason, by, .. } => {
            // What another zone took in is told by that one.
            if by.is_some() {
                return None;
            }
            let place = of(zone)?.place.clone();
            // What is around it holds from now on.
            let above = registry::place::parent_of(&place);
            let around = above.and_then(|above| state.zones.innermost(&above));
            let until = around.map(|zone| zone.duties.until());
            (place, around.map(|zone| zone.level), until, reason.clone())
        }
        _ => return None,
    };
    if place.as_str().len() < 12 {
        return None;
    }
    let food = house.protocol().at(asked.event_time, asked.area).zones().ok();
    let food = food.map(|zones| zones.food.value);
    let mode = match (level, food) {
        (Some(Level::Locked), food) => food.map_or(Mode::Door, |food| mode(food.locked)),
        (Some(Level::Controlled), food) => food.map_or(Mode::Called, |food| mode(food.controlled)),
        (Some(Level::Precaution) | None, _) => Mode::Free,
    };
    let until = until.filter(|_| mode.is_restricted());
    let inner = state.zones.inside(&place).into_iter().map(|zone| zone.place.clone()).collect();
    Some(Reaction::Zoned { set: SetMode { place, mode, until, reason }, inner })
}

/// How an edition's word for the way to food is worked.
fn mode(access: FoodAccess) -> Mode {
    match access {
        FoodAccess::ToTheDoor => Mode::Door,
        FoodAccess::CalledDown => Mode::Called,
        FoodAccess::Shopping => Mode::Free,
    }
}
