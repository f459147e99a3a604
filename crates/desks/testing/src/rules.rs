//! The rules: what each command leads to, or why not. Pure.

mod carry;
mod collect;
mod correct;
mod dispute;
mod laboratory;
mod recall;
mod rounds;

use ledger::{Asked, Decision, Units};
use protocol::{Edition, Protocol, Testing};
use types::{Micros, Refusal, UnitId, UnitKind};

use crate::command::Command;
use crate::event::Event;
use crate::state::State;

/// What a rule may look at.
pub(crate) struct Facts<'a> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, Command>,
    pub edition: &'a Edition,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

impl Facts<'_> {
    /// The testing rules in force when and where it happened.
    fn rules(&self) -> Result<&Testing, Refusal> {
        self.edition.testing()
    }

    /// When it happened.
    fn at(&self) -> Micros {
        self.asked.event_time
    }
}

pub(crate) fn decide(
    protocol: &Protocol,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition };
    match asked.command {
        Command::OpenRound(round) => rounds::open(&facts, round),
        Command::SetTargets(targets) => rounds::set_targets(&facts, targets),
        Command::PlanSites(plan) => rounds::plan_sites(&facts, plan),
        Command::CloseRound { round } => rounds::close(&facts, *round),
        Command::SetCapacity(capacity) => rounds::set_capacity(capacity),
        Command::Exempt(exempt) => rounds::exempt(&facts, exempt),
        Command::Visit(visit) => rounds::visit(&facts, visit),
        Command::Collect(collect) => collect::collect(&facts, collect),
        Command::CorrectMember(correction) => correct::member(&facts, correction),
        Command::Pack(pack) => carry::pack(&facts, pack),
        Command::SealBox { box_ } => carry::seal_box(&facts, *box_),
        Command::HandOver(hand) => carry::hand_over(&facts, hand),
        Command::OpenBox(open) => carry::open_box(&facts, open),
        Command::LoadPlate(load) => laboratory::load_plate(&facts, load),
        Command::RecordResult(result) => laboratory::record_result(&facts, result),
        Command::Report { tubes } => laboratory::report(&facts, tubes),
        Command::Mark(mark) => laboratory::mark(&facts, mark),
        Command::Resolve(resolve) => dispute::resolve(&facts, resolve),
    }
}

/// Refuses a code of the wrong kind: a box where a tube is meant.
fn check_kind(unit: UnitId, kind: UnitKind) -> Result<(), Refusal> {
    if unit.kind() == kind {
        return Ok(());
    }
    Err(Refusal::new("wrong-kind-of-code").with("code", unit).with("wanted", kind))
}
