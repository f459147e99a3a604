//! What a command leads to: at its own desk, and at those that follow from it, in one entry.

use ledger::{Asked, Decision, Desk, Units};
use types::{Micros, Refusal};

use crate::{Command, Event, House, State};
use crate::{care_reactions, reactions, tracing_reactions, transfer_reactions};
use crate::{zero_reactions, zone_reactions};

impl House {
    /// What a command leads to at its own desk and at those that cases lead to.
    pub(crate) fn decide_desks(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        match asked.command {
            Command::Registry(command) => {
                let decided =
                    self.registry.decide(units, &state.registry, asked.with(command), now)?;
                Ok(decided.map(Event::Registry))
            }
            Command::Testing(command) => {
                let asked = asked.with(command);
                let decided = self.testing.decide(units, &state.testing, asked, now)?;
                let follows =
                    reactions::to_results(&self.cases, units, state, asked, &decided.events, now);
                // A result stands whatever another desk makes of it.
                let waits =
                    care_reactions::to_cases(self, units, state, asked, &follows.events, now);
                let traced = tracing_reactions::to_results(
                    self,
                    units,
                    state,
                    asked,
                    (&decided.events, &follows.events),
                    now,
                );
                let held =
                    zone_reactions::to_cases(self, units, state, asked, &follows.events, now);
                let mut decision = decided.map(Event::Testing);
                decision.join(follows.map(Event::Cases));
                decision.join(held.map(Event::Zones));
                match waits {
                    Ok(waits) => decision.join(waits.map(Event::Care)),
                    Err(refusal) => decision.notes.push(refusal),
                }
                if let Err(refusal) =
                    transfer_reactions::to_care(self, units, state, asked, &mut decision, now)
                {
                    decision.notes.push(refusal);
                }
                match traced {
                    Ok(traced) => decision.join(traced.map(Event::Tracing)),
                    Err(refusal) => decision.notes.push(refusal),
                }
                zero_reactions::to_decision(self, state, asked, &mut decision, now);
                Ok(decision)
            }
            Command::Cases(command) => {
                let decided = match &**command {
                    cases::Command::Adopt(adopt) => {
                        reactions::adopt(&self.cases, units, state, asked.with(adopt), now)?
                    }
                    command => self.cases.decide(units, &state.cases, asked.with(command), now)?,
                };
                let waits =
                    care_reactions::to_cases(self, units, state, asked, &decided.events, now)?;
                let traced =
                    tracing_reactions::to_cases(self, units, state, asked, &decided.events, now)?;
                let held =
                    zone_reactions::to_cases(self, units, state, asked, &decided.events, now);
                let mut decision = decided.map(Event::Cases);
                decision.join(held.map(Event::Zones));
                decision.join(waits.map(Event::Care));
                transfer_reactions::to_care(self, units, state, asked, &mut decision, now)?;
                decision.join(traced.map(Event::Tracing));
                zero_reactions::to_decision(self, state, asked, &mut decision, now);
                Ok(decision)
            }
            Command::Care(command) => {
                let asked = asked.with(&**command);
                let mut decision = care_reactions::decide(self, units, state, asked, now)?;
                transfer_reactions::to_care(self, units, state, asked, &mut decision, now)?;
                let judged: Vec<cases::Event> = decision
                    .events
                    .iter()
                    .filter_map(|event| match event {
                        Event::Cases(event) => Some(event.clone()),
                        _ => None,
                    })
                    .collect();
                if !judged.is_empty() {
                    let traced =
                        tracing_reactions::to_cases(self, units, state, asked, &judged, now)?;
                    decision.join(traced.map(Event::Tracing));
                    let held = zone_reactions::to_cases(self, units, state, asked, &judged, now);
                    decision.join(held.map(Event::Zones));
                    zero_reactions::to_decision(self, state, asked, &mut decision, now);
                }
                Ok(decision)
            }
            Command::Transfers(command) => {
                transfer_reactions::decide(self, units, state, asked.with(&**command), now)
            }
            Command::Command(command) => {
                let decided =
                    self.command.decide(units, &state.command, asked.with(&**command), now)?;
                Ok(decided.map(|event| Event::Command(Box::new(event))))
            }
            Command::Tracing(command) => {
                tracing_reactions::decide(self, units, state, asked.with(&**command), now)
            }
            Command::Zones(command) => {
                let decided =
                    self.zones.decide(units, &state.zones, asked.with(&**command), now)?;
                Ok(decided.map(Event::Zones))
            }
            Command::Zero(command) => {
                zero_reactions::decide(self, units, state, asked.with(&**command), now)
            }
            Command::Supply(command) => {
                let asked = asked.with(&**command);
                Ok(self.supply.decide(units, &state.supply, asked, now)?.map(Event::Supply))
            }
        }
    }
}
