//! What each fact does to the rows. Pure and total: it never refuses.

use ledger::Entry;

use crate::event::Event;
use crate::rows::{Bulletin, Decision, Revoked};
use crate::state::State;

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    match event {
        Event::BulletinPublished { document, cases, corrects } => {
            let bulletin = Bulletin {
                area: entry.area,
                id: entry.command,
                document: document.clone(),
                corrects: corrects.map(|(_, id)| id),
                corrected_by: None,
                actor: entry.actor.clone(),
            };
            let scope = document.scope.to_string();
            let last = state.bulletin_no.entry(scope.clone()).or_default();
            *last = (*last).max(document.no);
            if let Some((area, earlier)) = corrects {
                state.corrected.push((*area, *earlier, entry.command));
            }
            let key = (scope, document.from, document.until);
            state.last_of.insert(key, bulletin.clone());
            state.new_bulletins.push((bulletin, cases.clone()));
        }
        Event::Decided { no, of, edition } => {
            let last = state.decision_no.entry(of.scope.to_string()).or_default();
            *last = (*last).max(*no);
            let decision = Decision {
                area: entry.area,
                id: entry.command,
                scope: of.scope,
                no: *no,
                title: of.title.clone(),
                text: of.text.clone(),
                evidence: of.evidence.clone(),
                rule: of.rule.clone(),
                edition: edition.clone(),
                signed_by: of.signed_by.clone(),
                from: of.from,
                until: of.until,
                at: entry.event_time,
                recorded_at: entry.record_time,
                actor: entry.actor.clone(),
                replaces: of.replaces,
                revoked: None,
            };
            state.decisions.insert(decision.id, decision.clone());
            state.new_decisions.push(decision);
        }
        Event::Revoked { area, decision, at, signed_by, note } => {
            let revoked = Revoked {
                by: entry.command,
                at: *at,
                signed_by: signed_by.clone(),
                note: note.clone(),
                actor: entry.actor.clone(),
            };
            if let Some(known) = state.decisions.get_mut(decision) {
                known.revoked = Some(revoked.clone());
            }
            state.revoked.push((*area, *decision, revoked));
        }
        Event::ForecastKept(kept) => {
            state.forecasts.insert((kept.scope.to_string(), kept.day.to_string()));
            let at = entry.event_time;
            let by = entry.actor.clone();
            state.new_forecasts.push((entry.area, entry.command, at, kept.clone(), by));
        }
    }
}
