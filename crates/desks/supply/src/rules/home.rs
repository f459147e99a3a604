//! Households: how they are supplied, what they need, what is due, and what was not brought.

use ledger::{Decision, Move, note_fits, note_needed};
use registry::place::{Level, area_of};
use types::{HolderCode, HouseholdId, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts, HOME, TO_ANSWER, few, positive, post};
use crate::command::{Command, HandOut, Part, SetMode, complaint_id};
use crate::event::{Event, Home, ModeSet};
use crate::words::{About, Due, Good, Need};
use crate::{ANSWER_WITHIN, FIRST_WITHIN, MOST_HOUSEHOLDS, UNMET_WITHIN};

/// The community of a place, of which a shop serves so many households.
fn community(place: &PlaceCode) -> String {
    place.as_str().get(..12).unwrap_or(place.as_str()).to_owned()
}

pub(super) fn set_mode(facts: &Facts<'_, Command>, c: &SetMode) -> Decided {
    note_needed(&c.reason)?;
    if c.mode.is_restricted() {
        match c.until {
            Some(until) if until > facts.at() => {}
            _ => return Err(Refusal::new("restriction-without-end").by_rule("restriction.end")),
        }
        if facts.state.shops_of(&community(&c.place)).is_empty() {
            return Err(Refusal::new("no-shop-serves")
                .with("place", community(&c.place))
                .by_rule("restriction.supply"));
        }
    }
    if area_of(&c.place) != facts.asked.area {
        return Err(Refusal::new("place-of-another-county").with("place", &c.place));
    }
    let mut decision = mode(facts, c, &[])?;
    if facts.state.lived_in.get(&c.place).is_none_or(Vec::is_empty) {
        decision.notes.push(Refusal::new("nobody-registered").with("place", &c.place));
    }
    Ok(decision)
}

/// A zone has changed: whatever is missing for it is a remark.
pub(crate) fn zoned<C>(facts: &Facts<'_, C>, c: &SetMode, inner: &[PlaceCode]) -> Decided {
    let mut decision = mode(facts, c, inner)?;
    if c.mode.is_restricted() && facts.state.shops_of(&community(&c.place)).is_empty() {
        let note = Refusal::new("no-shop-serves").with("place", community(&c.place));
        decision.notes.push(note.by_rule("restriction.supply"));
    }
    Ok(decision)
}

fn mode<C>(facts: &Facts<'_, C>, c: &SetMode, inner: &[PlaceCode]) -> Decided {
    if Level::of(&c.place).is_none_or(|level| level < Level::Community) {
        return Err(Refusal::new("restriction-too-wide").with("place", &c.place));
    }
    let homes: &[Home] = facts.state.lived_in.get(&c.place).map_or(&[], Vec::as_slice);
    let elsewhere = |home: &&Home| {
        let chain = registry::place::chain_of(&home.place);
        inner.iter().any(|place| chain.contains(place))
    };
    let homes: Vec<Home> = homes.iter().filter(|home| !elsewhere(home)).cloned().collect();
    if homes.len() > MOST_HOUSEHOLDS {
        return Err(Refusal::new("too-many-households").with("limit", MOST_HOUSEHOLDS));
    }
    let mut decision = Decision::fact(Event::ModeSet(Box::new(ModeSet {
        place: c.place.clone(),
        mode: c.mode,
        until: c.until,
        reason: c.reason.trim().to_owned(),
        first: c.mode.is_restricted().then_some(facts.at() + FIRST_WITHIN),
        homes,
    })));
    // A driver who may not leave drives nobody; and what goes there was planned by what held until now.
    if c.mode.is_restricted() {
        decision.join(crate::delivery::withdraw_inside(facts, &c.place));
    }
    let changed = crate::delivery::zone_changed(facts, &c.place, &decision);
    decision.join(changed);
    Ok(decision)
}

/// People were registered. A household that came to a restricted place after the restriction was made is held to it
/// as its neighbours are, and is on the list at once; of one that is there already the number of people changes.
pub(crate) fn registered<C>(facts: &Facts<'_, C>, homes: &[Home]) -> Decision<Event> {
    let mut decision = Decision::default();
    for new in homes {
        let known = facts.state.household(new.id);
        if let Some(known) = known.filter(|known| known.mode.is_restricted()) {
            let people = known.people + new.people;
            let place = facts.state.held_by(&new.place).map(|(place, _)| place.clone());
            decision.events.push(Event::PeopleAre { household: new.id, people, place });
            continue;
        }
        let Some((place, row)) = facts.state.held_by(&new.place) else { continue };
        let before = facts.state.homes.get(&new.id).map_or(0, |home| home.people);
        decision.events.push(Event::Joined {
            home: Home { people: before + new.people, ..new.clone() },
            place: place.clone(),
            mode: row.mode,
            until: row.until,
            // A phone may tell of it later than what has been set meanwhile.
            first: facts.at().max(row.since) + FIRST_WITHIN,
            reason: row.reason.clone(),
        });
    }
    decision
}

/// People left their homes: they moved, or died. What is due to a household follows from those who are left, and where
/// nobody is, nothing is due.
pub(crate) fn left<C>(facts: &Facts<'_, C>, homes: &[Home]) -> Decision<Event> {
    let mut decision = Decision::default();
    for gone in homes {
        let known = facts.state.household(gone.id);
        let Some(known) = known.filter(|known| known.mode.is_restricted()) else { continue };
        decision.events.push(Event::PeopleAre {
            household: gone.id,
            people: (known.people - gone.people).max(0),
            place: facts.state.held_by(&known.place).map(|(place, _)| place.clone()),
        });
    }
    decision
}

/// A household as the registry has it.
pub(super) fn home<'a>(
    facts: &'a Facts<'_, Command>,
    id: HouseholdId,
) -> Result<&'a Home, Refusal> {
    let known = facts.state.homes.get(&id);
    known.ok_or_else(|| Refusal::new("household-not-registered").with("household", id))
}

pub(super) fn needs(
    facts: &Facts<'_, Command>,
    household: HouseholdId,
    needs: &[Need],
    note: &str,
) -> Decided {
    note_fits(note)?;
    let home = home(facts, household)?.clone();
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    needs.dedup();
    Ok(Decision::fact(Event::NeedsPut { home, needs, note: note.trim().to_owned() }))
}

pub(super) fn hand_out(facts: &Facts<'_, Command>, c: &HandOut) -> Decided {
    facts.open_site(&c.site)?;
    few(c.pack.len())?;
    note_needed(&c.proof)?;
    let mut ids = c.households.clone();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Err(Refusal::new("nothing-named"));
    }
    if ids.len() < c.households.len() {
        return Err(Refusal::new("household-named-twice"));
    }
    if ids.len() > MOST_HOUSEHOLDS {
        return Err(Refusal::new("too-many-households").with("limit", MOST_HOUSEHOLDS));
    }
    for id in &ids {
        let household = facts.household(*id)?;
        let pork = c.pack.iter().any(|part| part.good == Good::Pork);
        if pork && household.needs.contains(&Need::Halal) {
            return Err(Refusal::new("not-halal").with("household", id));
        }
    }
    let mut decision = Decision::default();
    let mut lines = Vec::new();
    for (n, Part { good, amount }) in c.pack.iter().enumerate() {
        positive(*amount)?;
        if c.pack[..n].iter().any(|other| other.good == *good) {
            return Err(Refusal::new("good-named-twice").with("good", good));
        }
        let whole = amount.saturating_mul(ids.len() as i64);
        positive(whole)?;
        for line in facts.pick(&c.site, *good, whole)? {
            let lot = facts.lot(line.lot)?;
            decision.moves.extend(post(*good, &c.site, HOME, line.amount));
            decision.moves.extend(facts.gone(lot, line.amount));
            lines.push(line);
        }
    }
    decision.events.push(Event::GivenOut { site: c.site.clone(), lines });
    decision.events.push(Event::Supplied {
        households: c.households.clone(),
        next: facts.at() + facts.every(),
        proof: c.proof.trim().to_owned(),
        milk: c.pack.iter().filter(|p| p.good == Good::MilkPowder).map(|p| p.amount).sum(),
        food: c.pack.iter().any(|part| part.good.feeds()),
    });
    Ok(decision)
}

pub(super) fn missed(facts: &Facts<'_, Command>, household: HouseholdId, reason: &str) -> Decided {
    let known = facts.household(household)?;
    note_needed(reason)?;
    if !known.mode.is_restricted() {
        return Err(Refusal::new("household-free").with("household", household));
    }
    Ok(Decision::fact(Event::DueAt {
        household,
        what: Due::Food,
        due: facts.at(),
        reason: reason.trim().to_owned(),
    }))
}

pub(super) fn complain(
    facts: &Facts<'_, Command>,
    household: HouseholdId,
    about: About,
    said: &str,
) -> Decided {
    note_needed(said)?;
    let home = home(facts, household)?.clone();
    let complaint = complaint_id(facts.asked.area, facts.asked.id);
    let due = facts.at() + if about.is_unmet() { UNMET_WITHIN } else { ANSWER_WITHIN };
    let mut decision = Decision::fact(Event::Complained {
        complaint,
        home,
        about,
        said: said.trim().to_owned(),
        due,
    });
    decision.moves.push(Move::Open {
        unit: complaint,
        holder: HolderCode::desk(facts.asked.area),
        step: TO_ANSWER.to_owned(),
        deadline: Some(due),
        limit: None,
    });
    // Whoever was to have something and has it not is due at once, whatever the books say.
    let listed = facts.state.household(household);
    if about.is_unmet() && listed.is_some_and(|h| h.mode.is_restricted()) {
        let what = if about == About::Medicine { Due::Medicine } else { Due::Food };
        let medicated = listed.is_some_and(|h| h.next_medicine.is_some());
        if what == Due::Food || medicated {
            decision.events.push(Event::DueAt {
                household,
                what,
                due: facts.at(),
                reason: said.trim().to_owned(),
            });
        }
    }
    Ok(decision)
}

pub(super) fn answer(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    let of = facts.state.complaints.get(&id);
    let of = of.ok_or_else(|| Refusal::new("complaint-unknown").with("complaint", id))?;
    note_needed(note)?;
    if id.area() != facts.asked.area {
        return Err(Refusal::new("place-of-another-county").with("place", &of.place));
    }
    if of.answered_at.is_some() {
        return Err(Refusal::new("answered-already").with("complaint", id));
    }
    let mut decision =
        Decision::fact(Event::ComplaintAnswered { complaint: id, note: note.trim().to_owned() });
    decision.moves.push(Move::Close { unit: id, reason: "answered".to_owned() });
    Ok(decision)
}
