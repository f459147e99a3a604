//! The testing desk: mass testing in rounds, from swab to report.
//!
//! Collect → deliver → test → report, four hand-offs, each with its clock. Rules are in
//! [`rules`](crate::rules) by the name of the step; what facts do to rows and counters is in
//! `apply`; all SQL is in [`tables`].

mod apply;
mod command;
mod event;
mod flush;
mod load;
pub mod plan;
#[cfg(test)]
mod plan_tests;
pub mod pools;
pub mod positives;
mod rows;
mod rules;
pub mod singles;
mod state;
pub mod tables;
mod turnaround;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Committed, Decision, Desk, Entry, Result, Units};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{CommandId, Micros, PersonId, Refusal, UnitId, UnitKind};

pub use command::{
    Collect, Command, CorrectMember, Exempt, HandOver, LoadPlate, Mark, OpenBox, OpenRound, Pack,
    PlanSites, RecordResult, Resolve, SetCapacity, SetTargets, SitePlan, Slot, Target, Visit, Well,
};
pub use event::{
    Collected, CountsIn, Event, Exempted, Leg, Member, RecallEnd, RecallReason, Recalled, Resulted,
};
pub use rows::{Amount, BoxLoad, Claim, ClaimFate, Recall, Round, Settled, TransportBox, Tube};
pub use state::{Stage, State};
pub use turnaround::Step;
pub use words::{Fault, Mode, Reading, ResultStatus, VisitOutcome, Zone};

use load::Wanted;

/// A tube.
pub const TUBE: UnitKind = UnitKind::new('T');
/// A transport box.
pub const BOX: UnitKind = UnitKind::new('B');
/// A person to be sampled again.
pub const RECALL: UnitKind = UnitKind::new('R');

/// The recall of a person that a tube led to: derived, so that it exists once.
pub fn recall_id(origin: UnitId, person: PersonId) -> UnitId {
    UnitId::derived(RECALL, origin.area(), &[&origin.bytes(), &person.bytes()])
}

/// The recall that follows on one that has ended, by the command that brings it about.
pub(crate) fn next_recall_id(ended: UnitId, command: CommandId) -> UnitId {
    UnitId::derived(RECALL, ended.area(), &[&ended.bytes(), &command.bytes()])
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Testing {
    protocol: Arc<Protocol>,
}

impl Testing {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Testing {
        Testing { protocol }
    }

    /// The protocol.
    pub fn protocol(&self) -> &Arc<Protocol> {
        &self.protocol
    }
}

fn want_command(wanted: &mut Wanted, asked: Asked<'_, Command>) {
    match asked.command {
        Command::OpenRound(round) => wanted.rounds.push(round.round),
        Command::SetTargets(set) => {
            wanted.rounds.push(set.round);
            let area = asked.area;
            wanted
                .targets
                .extend(set.targets.iter().map(|t| (area, set.round, t.compound.clone())));
        }
        Command::PlanSites(plan) => wanted.rounds.push(plan.round),
        Command::CloseRound { round } => wanted.rounds.push(*round),
        Command::SetCapacity(_) => {}
        Command::Exempt(exempt) => {
            wanted.rounds.push(exempt.round);
            wanted.persons.push((exempt.round, exempt.person));
            wanted.exemptions.push((exempt.round, exempt.person));
        }
        Command::Collect(collect) => {
            wanted.rounds.push(collect.round);
            wanted.units.push(collect.tube);
            wanted.persons.extend(collect.persons.iter().map(|p| (collect.round, *p)));
        }
        Command::Pack(pack) => {
            wanted.units.push(pack.box_);
            wanted.units.extend(&pack.tubes);
        }
        Command::SealBox { box_ } => wanted.units.push(*box_),
        Command::HandOver(hand) => wanted.units.push(hand.unit),
        Command::OpenBox(open) => {
            wanted.units.push(open.box_);
            wanted.units.extend(&open.found);
            wanted.boxes_inside.push(open.box_);
        }
        Command::LoadPlate(load) => wanted.units.extend(load.wells.iter().map(|w| w.tube)),
        Command::RecordResult(result) => want_tube_persons(wanted, result.tube),
        Command::Report { tubes } => tubes.iter().for_each(|t| want_tube_persons(wanted, *t)),
        Command::Mark(mark) => want_tube_persons(wanted, mark.tube),
        Command::CorrectMember(correction) => {
            want_tube_persons(wanted, correction.tube);
            wanted.recalls.push(recall_id(correction.tube, correction.person));
            wanted.into_tube.push((correction.tube, correction.person));
            wanted.claims_of_swabs = true;
        }
        Command::Resolve(resolve) => want_tube_persons(wanted, resolve.unit),
        Command::Visit(visit) => wanted.rounds.push(visit.round),
    }
}

fn want_tube_persons(wanted: &mut Wanted, tube: UnitId) {
    wanted.units.push(tube);
    wanted.tubes_with_recalls.push(tube);
    wanted.claims.push(tube);
}

fn want_event(wanted: &mut Wanted, entry: &Entry, event: &Event) {
    match event {
        Event::RoundOpened(_) | Event::SitesPlanned { .. } | Event::CapacitySet(_) => {}
        Event::RoundClosed { round } => wanted.rounds.push(*round),
        Event::TargetsSet { round, targets } => {
            let area = entry.area;
            wanted.targets.extend(targets.iter().map(|t| (area, *round, t.compound.clone())));
        }
        Event::Exempted(_) | Event::Visited { .. } => {}
        Event::Collected(c) | Event::ClaimedAgain(c) => wanted.units.push(c.tube),
        Event::Packed { box_, tubes, .. } => {
            wanted.units.push(*box_);
            wanted.units.extend(tubes);
        }
        Event::BoxSealed { box_ } => wanted.units.push(*box_),
        Event::Carried { unit, .. } | Event::Confirmed { unit, .. } => wanted.units.push(*unit),
        Event::Unboxed { box_, tubes, missing, surplus, .. } => {
            wanted.units.push(*box_);
            wanted.units.extend(tubes.iter().chain(missing).chain(surplus));
        }
        Event::Loaded { wells, .. } => wanted.units.extend(wells.iter().map(|w| w.tube)),
        Event::Resulted(result) => wanted.units.push(result.tube),
        Event::Reported { tube, .. } | Event::Faulted { tube, .. } => wanted.units.push(*tube),
        Event::Recalled(recalled) => wanted.recalls.push(recalled.recall),
        Event::RecallSampled { recall, .. }
        | Event::RecallReopened { recall }
        | Event::RecallClosed { recall, .. } => wanted.recalls.push(*recall),
        Event::MemberCorrected { tube, was, instead, .. } => {
            wanted.recalled.extend(instead.map(|_| *was));
            for tube in std::iter::once(*tube).chain(instead.map(|counts| counts.tube)) {
                wanted.units.push(tube);
                wanted.claims.push(tube);
            }
        }
        Event::Resolved { unit, .. } | Event::Refilled { tube: unit, .. } => {
            wanted.units.push(*unit);
            wanted.claims.push(*unit);
        }
    }
}

impl Desk for Testing {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        vec![tables::SCHEMA]
    }

    fn kind(&self, command: &Command) -> &'static str {
        command.kind()
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        commands.iter().for_each(|asked| want_command(&mut wanted, *asked));
        state.load(db, units, wanted).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        for one in accepted {
            one.events.iter().for_each(|event| want_event(&mut wanted, one.entry, event));
        }
        state.load(db, units, wanted).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        _now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        rules::decide(&self.protocol, units, state, asked)
    }

    fn apply(&self, units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(units, state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }

    fn committed(&self, _group: &Committed<'_, State>) {}
}
