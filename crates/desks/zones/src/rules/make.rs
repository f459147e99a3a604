//! Areas become zones, zones become stricter, proposals are not followed.

use ledger::{Decision, Move, in_turn, note_fits, note_needed};
use registry::place::Level as Depth;
use types::{HolderCode, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts, MOST_ZONES};
use crate::apply::apply;
use crate::command::{Command, Make, NewZone};
use crate::duties::Duties;
use crate::event::{Event, Made};
use crate::words::{Kind, Level};
use crate::zone_id;

pub(super) fn make(facts: &Facts<'_, Command>, c: &Make) -> Decided {
    let duties = c.duties.check(facts.at())?;
    note_fits(&c.reason)?;
    facts.edition.zones()?;
    if c.zones.is_empty() {
        return Err(Refusal::new("zone-nothing-named"));
    }
    if c.zones.len() > MOST_ZONES {
        return Err(Refusal::new("zone-too-many").with("limit", MOST_ZONES));
    }
    // What lies around comes first: a locked building in a compound that becomes controlled stays locked.
    let mut zones: Vec<&NewZone> = c.zones.iter().collect();
    zones.sort_by(|a, b| a.place.cmp(&b.place));
    if let Some(twice) = zones.windows(2).find(|pair| pair[0].place == pair[1].place) {
        return Err(Refusal::new("zone-named-twice").with("place", &twice[0].place));
    }
    let entry = facts.asked.entry(facts.at());
    in_turn(
        facts.state,
        &zones,
        |seen, new| {
            let facts = Facts { state: seen, ..*facts };
            one(&facts, new, &duties, &c.reason)
        },
        |copy, event| apply(copy, &entry, event),
    )
}

/// Whether a place is of a size that can become such a zone.
fn size_fits(place: &PlaceCode, level: Level) -> Result<(), Refusal> {
    let widest = if level == Level::Precaution { Depth::County } else { Depth::Community };
    match Depth::of(place) {
        Some(depth) if depth >= widest => Ok(()),
        _ => Err(Refusal::new("zone-too-wide")
            .with("place", place)
            .with("widest", widest.as_str())
            .by_rule(level.rule())),
    }
}

fn one(facts: &Facts<'_, Command>, new: &NewZone, duties: &Duties, reason: &str) -> Decided {
    let (place, level) = (&new.place, new.level);
    let area = facts.asked.area;
    if place.area() != Some(area) {
        return Err(Refusal::new("zone-of-another-county").with("zone", place));
    }
    size_fits(place, level)?;
    let known = facts.state.places.get(place);
    let (households, persons) =
        *known.ok_or_else(|| Refusal::new("zone-place-unknown").with("place", place))?;
    if let Some(stands) = facts.state.stands_at(place) {
        return Err(Refusal::new("zone-stands-already")
            .with("place", place)
            .with("zone", stands.id)
            .with("level", stands.level));
    }
    if let Some(around) = facts.state.around(place).filter(|z| z.level.covers(level)) {
        return Err(Refusal::new("zone-inside-as-strict")
            .with("place", place)
            .with("around", &around.place)
            .with("level", around.level));
    }
    let departs = new.proposed.is_some_and(|proposed| proposed != level);
    let bare = new.evidence.is_empty() && level != Level::Precaution;
    if (departs || bare) && reason.trim().is_empty() {
        let refusal = match departs {
            true => Refusal::new("zone-departs-from-proposal"),
            false => Refusal::new("zone-ground-missing"),
        };
        return Err(refusal.with("place", place).by_rule(level.rule()));
    }
    let zone = zone_id(area, place, facts.asked.id);
    let mut decision = facts.absorb(zone, place, level);
    decision.moves.push(Move::Open {
        unit: zone,
        holder: HolderCode::desk(area),
        step: level.as_str().to_owned(),
        deadline: Some(duties.until()),
        limit: None,
    });
    decision.events.push(Event::Made(Box::new(Made {
        zone,
        place: place.clone(),
        level,
        proposed: new.proposed,
        duties: duties.clone(),
        households,
        persons,
        reason: reason.trim().to_owned(),
    })));
    let mut cases: Vec<UnitId> = new.evidence.clone();
    cases.sort_unstable();
    cases.dedup();
    for case in cases {
        let found = facts.state.found.get(&case);
        let at = *found.ok_or_else(|| Refusal::new("zone-evidence-unknown").with("case", case))?;
        decision.events.push(Event::Infected { zone, case, at, kind: Kind::Cited });
    }
    Ok(decision)
}

pub(super) fn raise(facts: &Facts<'_, Command>, id: UnitId, level: Level, reason: &str) -> Decided {
    note_needed(reason)?;
    let zone = facts.standing(id)?;
    if zone.level.covers(level) {
        return Err(Refusal::new("zone-not-stricter").with("zone", id).with("level", zone.level));
    }
    size_fits(&zone.place, level)?;
    Ok(facts.raise(zone, level, zone.duties.until(), None, reason))
}

pub(super) fn refuse(
    facts: &Facts<'_, Command>,
    place: &PlaceCode,
    level: Level,
    reason: &str,
) -> Decided {
    note_needed(reason)?;
    if place.area() != Some(facts.asked.area) {
        return Err(Refusal::new("zone-of-another-county").with("zone", place));
    }
    let reason = reason.trim().to_owned();
    Ok(Decision::fact(Event::Refused { place: place.clone(), level, reason }))
}
