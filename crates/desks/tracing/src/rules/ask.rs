//! Requests to other counties.

use ledger::{Decision, note_fits, note_needed};
use types::{AreaCode, HolderCode, Refusal, UnitId};

use super::{Decided, Facts};
use crate::command::Command;
use crate::event::Event;

/// The step of a unit for which another county is asked.
const ASKED: &str = "asked";

pub(super) fn ask(facts: &Facts<'_, Command>, id: UnitId, to: AreaCode, note: &str) -> Decided {
    note_needed(note)?;
    let contact = facts.open_contact(id)?;
    if let Some(request) = contact.request {
        return Err(Refusal::new("asked-already").with("contact", id).with("county", request.to));
    }
    if to == facts.asked.area {
        return Err(Refusal::new("asks-itself").with("county", to));
    }
    let within = facts.edition.contacts().ok().and_then(|rules| rules.assist_within.as_ref());
    let due = within.map(|rule| facts.at() + rule.value);
    let mut decision = Decision::fact(Event::Asked {
        contact: id,
        from: facts.asked.area,
        to,
        due,
        note: note.trim().to_owned(),
    });
    // Who is at a site is answered for by the site until he leaves it: only the request runs.
    if contact.site.is_none() {
        decision.moves.extend(facts.hand(id, HolderCode::desk(to), ASKED, due));
    }
    Ok(decision)
}

pub(super) fn answer(facts: &Facts<'_, Command>, id: UnitId, accept: bool, note: &str) -> Decided {
    if accept {
        note_fits(note)?
    } else {
        note_needed(note)?
    }
    let contact = facts.contact(id)?;
    let Some(request) = contact.request else {
        return Err(Refusal::new("not-asked").with("contact", id));
    };
    if request.to != facts.asked.area {
        return Err(Refusal::new("asked-another-county").with("county", request.to));
    }
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(Event::Answered { contact: id, accept, note });
    if contact.site.is_none() {
        let county = if accept { request.to } else { request.from };
        let deadline = if contact.stage.is_observed() {
            contact.schedule.as_ref().map(|schedule| schedule.until)
        } else {
            contact.deadline
        };
        let step = contact.stage.as_str();
        decision.moves.extend(facts.hand(id, HolderCode::desk(county), step, deadline));
    }
    if let Some(due) = request.due.filter(|due| facts.at() > *due) {
        let late = Refusal::new("answered-late").with("due", due.rfc3339());
        decision.notes.push(late.by_rule("cc.assist"));
    }
    Ok(decision)
}
