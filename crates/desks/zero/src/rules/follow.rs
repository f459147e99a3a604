//! What follows from what happened elsewhere: a certificate that is contradicted holds no more, from the same
//! entry of the journal on.

use ledger::Decision;

use crate::event::Event;
use crate::reaction::Reaction;
use crate::state::State;
use crate::words::Cause;

pub(crate) fn follow(state: &State, reaction: &Reaction) -> Decision<Event> {
    let mut events = Vec::new();
    for certificate in state.standing() {
        let document = &certificate.document;
        let (cause, by, at) = match reaction {
            Reaction::Infection(infection) => match document.contradicted_by(infection) {
                Some(cause) => (cause, infection.case, infection.at),
                None => continue,
            },
            Reaction::Pool { tube, area, place, found_in, sampled_at } => {
                let community = found_in.is_none_or(|found| document.community.contains(&found));
                if !community || !document.is_about(*area, place.as_ref(), *sampled_at) {
                    continue;
                }
                (Cause::Pool, *tube, *sampled_at)
            }
        };
        events.push(Event::Withdrawn {
            area: certificate.area,
            certificate: certificate.id,
            cause,
            by: Some(by),
            at,
            note: String::new(),
            signed_by: String::new(),
        });
    }
    Decision { events, ..Decision::default() }
}
