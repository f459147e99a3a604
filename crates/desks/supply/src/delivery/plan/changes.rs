//! What a new plan changes for the orders of the batches that it replaces.

use std::collections::BTreeMap;

use types::{HolderCode, Micros, UnitId};

use super::{Day, Left, Proposal};

/// An order that comes with another vehicle, or at another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which.
    pub order: UnitId,
    /// Which vehicle was to bring it, and when.
    pub from: (HolderCode, Micros),
    /// Which brings it now, and when.
    pub to: (HolderCode, Micros),
}

/// What is different: every order of the replaced batches and of the new ones is in one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Orders that come with the same vehicle, in so much of the same time ([`Changes::SAME`]).
    pub kept: Vec<UnitId>,
    /// Orders that come otherwise.
    pub moved: Vec<Moved>,
    /// Orders that do not come any more, with why.
    pub left: Vec<(UnitId, Left)>,
    /// Orders that were in no batch and are now.
    pub added: Vec<UnitId>,
}

impl Changes {
    /// Nobody at a gate notices a quarter of an hour: a setting of this program.
    pub const SAME: types::Span = types::Span::minutes(15);

    /// Compares a proposal with what it replaces.
    pub fn of(day: &Day, proposal: &Proposal) -> Changes {
        let mut before: BTreeMap<UnitId, (HolderCode, Micros)> = BTreeMap::new();
        for batch in &day.before {
            for stop in &batch.stops {
                let comes = (batch.vehicle.clone(), stop.at);
                before.extend(stop.orders.iter().map(|order| (*order, comes.clone())));
            }
        }
        let mut changes = Changes::default();
        for batch in &proposal.batches {
            let Some(pass) = day.passes.iter().find(|pass| pass.id == batch.pass) else { continue };
            for stop in &batch.stops {
                for order in &stop.orders {
                    let to = (pass.vehicle.clone(), stop.at);
                    match before.get(order) {
                        None => changes.added.push(*order),
                        Some((vehicle, at))
                            if *vehicle == to.0 && (stop.at.0 - at.0).abs() <= Changes::SAME.0 =>
                        {
                            changes.kept.push(*order);
                        }
                        Some(from) => {
                            changes.moved.push(Moved { order: *order, from: from.clone(), to });
                        }
                    }
                }
            }
        }
        let gone = proposal.left.iter().filter(|(order, _)| before.contains_key(order));
        changes.left.extend(gone.copied());
        changes
    }
}
