//! Volunteers: who brings orders from a gate to the doors behind it. Pure.
//!
//! A registration is a pass: it has places, a community at the widest, and an end, and is withdrawn in the same entry in which the volunteer is
//! found positive, or locked in elsewhere. Orders are handed only to somebody who is registered for the gate.

use ledger::{Decision, Move, note_needed};
use registry::command::Details;
use registry::place::{Level, area_of};
use types::{HolderCode, Refusal};

use super::command::{GivePass, RegisterVolunteer, VolunteerWho, pass_id};
use super::event::{DeliveryEvent, PassGiven};
use super::rules::{VALID, told};
use super::{VOLUNTEER, VOLUNTEER_AT_MOST};
use crate::command::Command;
use crate::orders::Order;
use crate::rules::{Decided, Facts};

type Asking<'a> = Facts<'a, Command>;

/// Most gates of a volunteer.
const MOST_GATES: usize = 100;

pub(super) fn register(facts: &Asking<'_>, c: &RegisterVolunteer) -> Decided {
    if c.volunteer.kind() != VOLUNTEER {
        return Err(Refusal::new("not-a-volunteer").with("holder", &c.volunteer));
    }
    if c.vouched.trim().is_empty() {
        return Err(Refusal::new("nobody-vouches").by_rule("supply.volunteer"));
    }
    note_needed(&c.vouched)?;
    if c.until <= c.from || c.until <= facts.at() || c.until > c.from + VOLUNTEER_AT_MOST {
        return Err(Refusal::new("pass-without-end")
            .with("days", VOLUNTEER_AT_MOST.0 / types::Span::days(1).0)
            .by_rule("supply.pass-end"));
    }
    if c.places.is_empty() || c.places.len() > MOST_GATES {
        return Err(Refusal::new("nothing-named"));
    }
    for place in &c.places {
        if area_of(place) != facts.asked.area {
            return Err(Refusal::new("place-of-another-county").with("place", place));
        }
        if Level::of(place).is_none_or(|level| level < Level::Community) {
            return Err(Refusal::new("gate-too-wide")
                .with("place", place)
                .by_rule("supply.volunteer"));
        }
    }
    let holder = |pass: &super::Pass| pass.vehicle == c.volunteer && pass.until > facts.at();
    if let Some(known) = facts.state.yard.valid(holder).first() {
        return Err(Refusal::new("volunteer-registered-already")
            .with("holder", &c.volunteer)
            .with("pass", known.id));
    }
    let person = c.who.person();
    let (home, identity) = match &c.who {
        VolunteerWho::Registered { .. } => match facts.state.yard.lives.get(&person) {
            Some(home) => (home.clone(), None),
            None => return Err(Refusal::new("driver-not-registered").with("person", person)),
        },
        VolunteerWho::Named { details: Details::Sealed(sealed), home, .. } => {
            (Some(home.clone()), Some(sealed.clone()))
        }
        VolunteerWho::Named { .. } => return Err(Refusal::new("personal-data-unsealed")),
    };
    let pass = pass_id(facts.asked.area, facts.asked.id);
    let given = GivePass {
        vehicle: c.volunteer.clone(),
        plate: String::new(),
        driver: person,
        carries: 0,
        cold: false,
        places: c.places.clone(),
        from: c.from,
        until: c.until,
    };
    let vouched = c.vouched.trim().to_owned();
    let event = PassGiven { pass, given, home, vouched, identity };
    let mut decision = Decision::fact(told(DeliveryEvent::PassGiven(Box::new(event))));
    decision.moves.push(Move::Open {
        unit: pass,
        holder: c.volunteer.clone(),
        step: VALID.to_owned(),
        deadline: Some(c.until),
        limit: None,
    });
    Ok(decision)
}

/// Whether an order may be handed to somebody: to a volunteer only who is registered now for where it goes.
pub(crate) fn may_be_handed(
    facts: &Asking<'_>,
    carrier: &HolderCode,
    order: &Order,
) -> Result<(), Refusal> {
    if carrier.kind() != VOLUNTEER {
        return Ok(());
    }
    let registered = facts.state.yard.valid(|pass| pass.vehicle == *carrier);
    if !registered.iter().any(|pass| pass.holds(facts.at())) {
        return Err(Refusal::new("volunteer-not-registered")
            .with("holder", carrier)
            .by_rule("supply.volunteer"));
    }
    match registered.iter().any(|pass| pass.lets(&order.place, facts.at())) {
        true => Ok(()),
        false => Err(Refusal::new("volunteer-of-another-gate")
            .with("holder", carrier)
            .with("place", &order.place)
            .by_rule("supply.volunteer")),
    }
}
