//! What at the zones desk follows from what happens to cases: a positive in a controlled area raises it.

use cases::{Field, FoundIn};
use ledger::{Asked, Decision, Result, Units};
use store::Connection;
use types::{AreaCode, Micros, PlaceCode, UnitId};
use zones::{Concerned, Reaction};

use crate::{Command, House, State, tracing_reactions};

/// Loads the zones of the counties in which the group may find somebody positive, and those that rest on
/// cases which it may change. Most groups do neither.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    commands: &[Asked<'_, Command>],
) -> Result<()> {
    let cases: Vec<UnitId> = state.cases.loaded().collect();
    let mut counties: Vec<AreaCode> = Vec::new();
    for asked in commands {
        match asked.command {
            // Whom a result or an entry may make a case; nobody was looked for where it cannot.
            Command::Cases(_) => counties.push(asked.area),
            Command::Testing(_) if state.cases.sought_persons().next().is_some() => {
                counties.push(asked.area);
            }
            _ => {}
        }
    }
    if !counties.is_empty() {
        counties.extend(state.cases.known_places().filter_map(PlaceCode::area));
        counties.extend(cases.iter().map(|case| case.area()));
    }
    // At the care desk only a suspicion can become what it was not.
    let suspected = cases.iter().filter_map(|case| state.cases.case(*case));
    counties.extend(suspected.filter(|c| !c.class().is_infection()).map(|c| c.id.area()));
    counties.retain(|area| *area != AreaCode::NONE);
    if counties.is_empty() {
        return Ok(());
    }
    let concerned = Concerned { counties, cases };
    house.zones.load_concerned(db, units, &mut state.zones, concerned).await
}

/// What follows from facts of the cases desk that are about to be.
pub(crate) fn to_cases<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    events: &[cases::Event],
    now: Micros,
) -> Decision<zones::Event> {
    let reactions: Vec<Reaction> = events
        .iter()
        .filter_map(|event| tracing_reactions::reaction(house, state, events, event))
        .filter_map(|reaction| of_zones(state, events, reaction))
        .collect();
    if reactions.is_empty() {
        return Decision::default();
    }
    house.zones.react(units, &state.zones, asked, now, &reactions)
}

fn of_zones(
    state: &State,
    events: &[cases::Event],
    reaction: tracing_desk::Reaction,
) -> Option<Reaction> {
    use tracing_desk::Reaction as R;
    match reaction {
        R::Infected(of) if of.goes_on => Some(Reaction::Infected {
            closed_loop: found_in(state, events, of.case) == Some(FoundIn::Quarantine),
            case: of.case,
            place: of.place,
            since: of.since,
        }),
        R::Infected(_) | R::Tested { .. } => None,
        R::NoCase(case) => Some(Reaction::NoCase(case)),
        R::Merged { keep, gone } => Some(Reaction::Merged { keep, gone }),
    }
}

/// Where a case was found, as it will be after the facts.
fn found_in(state: &State, events: &[cases::Event], case: UnitId) -> Option<FoundIn> {
    use cases::Event as E;
    let row = state.cases.case(case);
    let mut text = row.and_then(|row| row.fields.get(&Field::FoundIn)).map(String::as_str);
    for event in events {
        match event {
            E::Opened(o) if o.case == case => {
                text = o.fields.get(&Field::FoundIn).map(String::as_str);
            }
            E::Edited { case: of, now, .. } if *of == case => {
                text = now.get(&Field::FoundIn).map(String::as_str).or(text);
            }
            _ => {}
        }
    }
    text.and_then(FoundIn::parse)
}
