//! What at the supply desk follows from what happens to zones: how the households of an area come by their food
//! changes in the same entry.

use ledger::{Asked, Decision, Result, Units};
use protocol::FoodAccess;
use store::Connection;
use supply::{Mode, Reaction, SetMode};
use types::{Micros, PlaceCode};
use zones::Level;

use crate::{Event, House, State};

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
    if reactions.is_empty() {
        return;
    }
    match house.supply.react(units, &state.supply, asked, now, &reactions) {
        Ok(follows) => decision.join(follows.map(Event::Supply)),
        Err(refusal) => decision.notes.push(refusal),
    }
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
