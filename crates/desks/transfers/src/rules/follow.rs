//! What follows here from what happened at the care desk: a bed is held for somebody, so somebody has to
//! be brought to it; or a ride is not needed any more. In the same entry of the journal.

use ledger::{Decision, Move};
use types::{HolderCode, Refusal};

use super::hand::received;
use super::want::ended;
use super::{Facts, WANTED};
use crate::Reaction;
use crate::event::{Event, Sign, Wanted};
use crate::rows::Ride;
use crate::words::{Ended, Reason, Stage};

pub(crate) fn follow<C>(
    facts: &Facts<'_, C>,
    reaction: &Reaction,
) -> Result<Decision<Event>, Refusal> {
    let open = facts.state.open_of(reaction.person());
    match (reaction, open) {
        (Reaction::BedHeld(bed), None) => Ok(want(facts, bed)),
        (Reaction::BedHeld(bed), Some(ride)) if ride.stage == Stage::Aboard => {
            // On the way already, to somewhere else.
            let to = bed.to.rounded();
            Ok(Decision::fact(Event::Redirected { ride: ride.id, to }))
        }
        (Reaction::BedHeld(bed), Some(ride)) => {
            let mut decision = ended(facts, ride.id, Ended::Superseded, "")?;
            decision.join(want(facts, bed));
            Ok(decision)
        }
        (Reaction::Judged { class, lying, .. }, Some(ride))
            if ride.episode.is_some()
                && ride.stage != Stage::Aboard
                && (ride.class, ride.lying) != (*class, *lying) =>
        {
            let (class, lying) = (*class, *lying);
            Ok(Decision::fact(Event::Judged { ride: ride.id, class, lying }))
        }
        (Reaction::OwnWay { .. }, Some(ride)) if is_to_a_bed(ride) && not_aboard(ride) => {
            ended(facts, ride.id, Ended::OwnWay, "")
        }
        (Reaction::InBed { facility, .. }, Some(ride)) if is_to_a_bed(ride) => {
            if not_aboard(ride) {
                return ended(facts, ride.id, Ended::OwnWay, "");
            }
            Ok(in_bed(facts, ride, facility))
        }
        (Reaction::NotNeeded { note, .. }, Some(ride)) if is_to_a_bed(ride) && not_aboard(ride) => {
            ended(facts, ride.id, Ended::NotNeeded, note)
        }
        _ => Ok(Decision::default()),
    }
}

fn not_aboard(ride: &Ride) -> bool {
    matches!(ride.stage, Stage::Wanted | Stage::Booked)
}

fn is_to_a_bed(ride: &Ride) -> bool {
    matches!(ride.reason, Reason::Admission | Reason::Between)
}

fn want<C>(facts: &Facts<'_, C>, bed: &crate::BedHeld) -> Decision<Event> {
    let ride = crate::ride_id(bed.episode.area(), facts.asked.id, bed.person);
    // Who lies in a facility waits for the way on as long as others for the way in.
    let due = bed.due.unwrap_or(facts.at() + facts.fetched_within());
    let reason = if bed.from.facility.is_some() { Reason::Between } else { Reason::Admission };
    Decision {
        moves: vec![Move::Open {
            unit: ride,
            holder: HolderCode::desk(ride.area()),
            step: WANTED.to_owned(),
            deadline: Some(due),
            limit: None,
        }],
        events: vec![Event::Wanted(Box::new(Wanted {
            ride,
            person: bed.person,
            episode: Some(bed.episode),
            household: bed.household,
            reason,
            class: bed.class,
            lying: bed.lying,
            from: bed.from.rounded(),
            to: bed.to.rounded(),
            due,
            from_time: None,
            note: String::new(),
        }))],
        notes: Vec::new(),
    }
}

/// The ward has admitted somebody on its own page who came with one of our vehicles.
fn in_bed<C>(facts: &Facts<'_, C>, ride: &Ride, facility: &HolderCode) -> Decision<Event> {
    let mut decision = Decision::default();
    let Some(trip) = ride.trip else { return decision };
    received(facts, ride, facility, &mut decision.moves);
    let user = facts.asked.actor.user.clone();
    let sign = Sign { by: facility.to_string(), user, at: facts.at(), how: "account".to_owned() };
    let reason = String::new();
    decision.events.push(Event::Received {
        trip,
        ride: ride.id,
        facility: Some(facility.clone()),
        sign,
        handed: None,
        reason,
    });
    if let Some(trip) = facts.state.trip(trip) {
        facts.end_of_trip(trip, &[ride.id], "", &mut decision);
    }
    decision
}
