//! What follows from what happened elsewhere: a certificate that is contradicted holds no more, from the same
//! entry of the journal on.

use ledger::Decision;
use tracing_desk::Calendar;

use crate::event::Event;
use crate::reaction::{Infection, Reaction};
use crate::rows::Certificate;
use crate::state::State;
use crate::words::{Cause, Degree};

pub(crate) fn follow(state: &State, calendar: &Calendar, reaction: &Reaction) -> Decision<Event> {
    let mut events = Vec::new();
    for certificate in state.standing() {
        let document = &certificate.document;
        let (cause, by, at) = match reaction {
            Reaction::Infection { found, before } if document.degree == Degree::Basic => {
                let Some(n) = one_more(certificate, calendar, found, before.as_ref()) else {
                    continue;
                };
                events.push(Event::Counted {
                    area: certificate.area,
                    certificate: certificate.id,
                    case: found.case,
                    at: found.at,
                });
                if document.most.is_some_and(|most| n <= most) {
                    continue;
                }
                (document.cause_at(found.at), found.case, found.at)
            }
            Reaction::Infection { found, .. } => match document.contradicted_by(found) {
                Some(cause) => (cause, found.case, found.at),
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

/// How many there are with this one on its day, where it is one more of a basic zero: it was not counted there
/// before, neither when it was signed nor since.
fn one_more(
    certificate: &Certificate,
    calendar: &Calendar,
    found: &Infection,
    before: Option<&Infection>,
) -> Option<i64> {
    let document = &certificate.document;
    let day = calendar.day(found.at);
    let same_day = |at| calendar.day(at) == day;
    let was = before.is_some_and(|before| document.counts(before) && same_day(before.at));
    let since = || certificate.counted.iter().filter(|counted| same_day(counted.at));
    if !document.counts(found) || was || since().any(|counted| counted.case == found.case) {
        return None;
    }
    Some(document.found_on(day) + since().count() as i64 + 1)
}
