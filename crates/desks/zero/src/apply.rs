//! What each fact does to the rows. Pure and total: it never refuses.

use ledger::Entry;
use types::UnitId;

use crate::event::Event;
use crate::rows::{Certificate, Counted, Explained, Signal, Withdrawn};
use crate::state::State;

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    match event {
        Event::Signed { document, digest } => {
            let last = state.last_no.entry(document.ground.to_string()).or_default();
            *last = (*last).max(document.no);
            let certificate = Certificate {
                area: entry.area,
                id: entry.command,
                document: (**document).clone(),
                digest: digest.clone(),
                actor: entry.actor.clone(),
                withdrawn: None,
                counted: Vec::new(),
            };
            state.new_certificates.push(certificate.id);
            state.certificates.insert(certificate.id, certificate);
        }
        Event::Counted { area, certificate, case, at } => {
            let counted = Counted { case: *case, at: *at };
            if let Some(known) = state.certificates.get_mut(certificate) {
                known.counted.push(counted);
            }
            state.counted.push((*area, *certificate, counted));
        }
        Event::Withdrawn { area, certificate, cause, by, at, note, signed_by } => {
            let because: Option<UnitId> = *by;
            let withdrawn = Withdrawn {
                by: entry.command,
                cause: *cause,
                because,
                at: *at,
                recorded_at: entry.record_time,
                note: note.clone(),
                signed_by: signed_by.clone(),
                actor: entry.actor.clone(),
            };
            if let Some(known) = state.certificates.get_mut(certificate) {
                known.withdrawn = Some(withdrawn.clone());
            }
            state.withdrawn.push((*area, *certificate, withdrawn));
        }
        Event::SignalEntered(entered) => {
            let signal = Signal {
                area: entry.area,
                id: entry.command,
                entered: entered.clone(),
                sampled_at: entry.event_time,
                recorded_at: entry.record_time,
                actor: entry.actor.clone(),
                explained: None,
            };
            state.signals.insert(signal.id, signal.clone());
            state.new_signals.push(signal);
        }
        Event::SignalExplained { area, signal, signed_by, note } => {
            let explained = Explained {
                by: entry.command,
                at: entry.event_time,
                signed_by: signed_by.clone(),
                note: note.clone(),
            };
            if let Some(known) = state.signals.get_mut(signal) {
                known.explained = Some(explained.clone());
            }
            state.explained.push((*area, *signal, explained));
        }
    }
}
