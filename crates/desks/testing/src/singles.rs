//! Released results of tubes that one person has to himself, for the desk that follows contacts: in
//! quarantine everybody has a tube of his own (`test.pool.quarantine`).

use ledger::Asked;
use types::{Micros, PersonId, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::state::State;
use crate::words::Reading;

/// A released result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single {
    /// The tube.
    pub tube: UnitId,
    /// Whose.
    pub person: PersonId,
    /// When the sample was taken.
    pub sampled_at: Micros,
    /// Whether it is positive; else it is negative.
    pub positive: bool,
}

/// The persons of whom the commands may release results of tubes of their own.
pub fn concerned(state: &State, commands: &[Asked<'_, Command>]) -> Vec<PersonId> {
    let alone = |tube: &UnitId| {
        let members = state.tubes.get(tube).map(|row| row.members.as_slice());
        match members {
            Some([one]) => Some(one.person),
            _ => None,
        }
    };
    let mut persons = Vec::new();
    for asked in commands {
        match asked.command {
            Command::RecordResult(r) => persons.extend(alone(&r.tube)),
            Command::Report { tubes } => persons.extend(tubes.iter().filter_map(alone)),
            Command::Resolve(c) => persons.extend(alone(&c.unit)),
            // Also where the result of this group's filling comes in this same group.
            Command::Collect(c) => {
                if let [one] = c.persons[..] {
                    persons.push(one);
                }
            }
            _ => {}
        }
    }
    persons
}

/// The results that the facts of a decision release.
pub fn results(state: &State, events: &[Event]) -> Vec<Single> {
    let mut found = Vec::new();
    for event in events {
        let Event::Reported { tube, .. } = event else { continue };
        let row = state.tubes.get(tube);
        let filled = events.iter().find_map(|event| match event {
            Event::Collected(c) if c.tube == *tube => Some(c),
            _ => None,
        });
        let read = events.iter().rev().find_map(|event| match event {
            Event::Resulted(r) if r.tube == *tube => Some(r.reading),
            _ => None,
        });
        let members = match filled {
            Some(filled) => filled.members.as_slice(),
            None => row.map_or(&[][..], |row| row.members.as_slice()),
        };
        let sampled_at = match filled {
            Some(filled) => Some(filled.started_at),
            None => row.and_then(|row| row.started_at.or(row.collected_at)),
        };
        let reading = read.or_else(|| row.and_then(|row| row.reading));
        let positive = match reading {
            Some(Reading::Positive) => true,
            Some(Reading::Negative) => false,
            _ => continue,
        };
        if let ([one], Some(sampled_at)) = (members, sampled_at) {
            found.push(Single { tube: *tube, person: one.person, sampled_at, positive });
        }
    }
    found
}
