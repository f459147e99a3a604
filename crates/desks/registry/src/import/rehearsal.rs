//! A dry run: what an import would do, without doing it.

use std::collections::HashMap;

use ledger::{Outcome, Status};
use store::Store;
use types::{CommandId, Refusal};

use crate::command::{Command, PutPersons};
use crate::event::PersonRef;
use crate::ids;
use crate::import::Result;
use crate::import::household_rows::Prepared;
use crate::import::persons::Options;
use crate::rules::{self, Ask};
use crate::seal::BlindIndex;
use crate::state::{Registered, State};

/// The same rule as in earnest, against the store as it is and the rows before in the file, which
/// are remembered in a few bytes each.
#[derive(Default)]
pub(crate) struct Rehearsal {
    seen: HashMap<u64, (u32, u32)>,
}

impl Rehearsal {
    pub(crate) async fn outcomes(
        &mut self,
        store: &Store,
        prepared: &Prepared,
        options: &Options,
    ) -> Result<Vec<Outcome>> {
        let mut db = store.reader().await?;
        let mut outcomes = Vec::with_capacity(prepared.commands.len());
        for (area, put) in &prepared.commands {
            let command = Command::PutPersons(put.clone());
            let ask = Ask { area: *area, event_time: options.event_time, command: &command };
            let mut state = State::default();
            state.load_commands(&mut db, [ask]).await?;
            self.recall(&mut state, put);
            let decided = rules::decide(&state, ask);
            self.remember(put);
            outcomes.push(outcome_of(options, decided.map(|decision| decision.notes)));
        }
        Ok(outcomes)
    }

    /// Tells the rule which numbers stand in earlier rows.
    fn recall(&self, state: &mut State, put: &PutPersons) {
        for household in &put.households {
            for index in household.persons.iter().filter_map(|p| p.id_index) {
                let Some((row, home)) = self.seen.get(&short(index)) else { continue };
                if state.registered(index).is_some() {
                    continue;
                }
                let same = *home == shorter(household.id);
                state.assume(
                    index,
                    Registered {
                        person: PersonRef {
                            area: crate::place::area_of(&household.place),
                            person: ids::person(put.import, *row),
                        },
                        household: same.then_some(household.id),
                    },
                );
            }
        }
    }

    fn remember(&mut self, put: &PutPersons) {
        for household in &put.households {
            for person in &household.persons {
                if let Some(index) = person.id_index {
                    self.seen.entry(short(index)).or_insert((person.row, shorter(household.id)));
                }
            }
        }
    }
}

fn short(index: BlindIndex) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&index.0[..8]);
    u64::from_le_bytes(bytes)
}

fn shorter(household: types::HouseholdId) -> u32 {
    let bytes = household.bytes();
    u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
}

fn outcome_of(options: &Options, decided: std::result::Result<Vec<Refusal>, Refusal>) -> Outcome {
    let (status, refusal, notes) = match decided {
        Ok(notes) => (Status::Accepted, None, notes),
        Err(refusal) => (Status::Refused, Some(refusal), Vec::new()),
    };
    Outcome { id: CommandId(options.import), status, duplicate: false, refusal, notes }
}
