//! The rules: what each command leads to, or why not. Pure.

mod clinical;
mod edit;
mod ending;
mod link;
mod merge;
mod open;
mod publish;

use ledger::{Asked, Decision, Units};
use protocol::{Edition, Protocol};
use types::{Micros, Refusal, UnitId};

use crate::classify::{Judged, Known, Stated, judge};
use crate::clinical::Clinical;
use crate::command::Command;
use crate::event::Event;
use crate::rows::Case;
use crate::state::State;

pub use clinical::SYMPTOMS;
pub use edit::MOST as MOST_EDITED;
pub(crate) use open::{found, withdrawn};

/// What a rule may look at.
pub(crate) struct Facts<'a, C> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, C>,
    pub edition: &'a Edition,
    /// The time of recording.
    pub now: Micros,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

impl<C> Facts<'_, C> {
    /// When it happened.
    fn at(&self) -> Micros {
        self.asked.event_time
    }

    /// A loaded case of the command's county.
    fn case(&self, id: UnitId) -> Result<&Case, Refusal> {
        if id.area() != self.asked.area {
            return Err(Refusal::new("case-of-another-county").with("case", id));
        }
        self.state.case(id).ok_or_else(|| Refusal::new("case-unknown").with("case", id))
    }

    /// A loaded case of whatever county: who may touch it is decided where commands come in.
    fn any_case(&self, id: UnitId) -> Result<&Case, Refusal> {
        self.state.case(id).ok_or_else(|| Refusal::new("case-unknown").with("case", id))
    }

    /// The record that stands for a case, with a remark when that is another one.
    fn standing(&self, id: UnitId, notes: &mut Vec<Refusal>) -> Result<&Case, Refusal> {
        let case = self.case(id)?;
        let Some(keep) = case.merged_into else { return Ok(case) };
        notes.push(Refusal::new("case-merged").with("case", id).with("keep", keep));
        self.case(keep)
    }

    /// Judges a case anew, with what the records say that were merged into it. `change` sees a copy
    /// of what is known before the rules do.
    fn judge(&self, case: &Case, change: impl FnOnce(&mut Whole)) -> Result<Judged, Refusal> {
        let mut whole = Whole::of(case, &self.state.merged_into(case.id));
        change(&mut whole);
        whole.judge(self.edition, case, self.at())
    }
}

/// What is known of a case and of those that it stands for.
pub(crate) struct Whole {
    pub positives: Vec<(UnitId, Micros)>,
    pub clinical: Clinical,
    pub stated: Option<Stated>,
}

impl Whole {
    pub(crate) fn of(case: &Case, merged: &[&Case]) -> Whole {
        let mut whole = Whole {
            positives: case.positives.clone(),
            clinical: case.clinical.clone(),
            stated: case.stated.clone(),
        };
        merged.iter().for_each(|other| whole.join(other));
        whole
    }

    pub(crate) fn join(&mut self, other: &Case) {
        self.positives.extend(&other.positives);
        self.positives.sort_unstable_by_key(|(tube, at)| (*at, *tube));
        self.positives.dedup();
        self.clinical.join(&other.clinical);
        let newer = |stated: &&Stated| self.stated.as_ref().is_none_or(|s| s.at < stated.at);
        if let Some(stated) = other.stated.as_ref().filter(newer) {
            self.stated = Some(stated.clone());
        }
    }

    fn judge(&self, edition: &Edition, case: &Case, at: Micros) -> Result<Judged, Refusal> {
        let known = Known {
            positives: &self.positives,
            clinical: &self.clinical,
            stated: self.stated.as_ref(),
            age: case.age(),
            at,
        };
        judge(edition, &known)
    }
}

pub(crate) fn decide(
    protocol: &Protocol,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
    now: Micros,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition, now };
    match asked.command {
        Command::Open(c) => open::open(&facts, c),
        Command::PutCases(c) => open::put_cases(&facts, c),
        // Decided where the testing desk's tubes are at hand; here there is nothing to adopt.
        Command::Adopt(_) => Err(Refusal::new("nothing-to-adopt")),
        Command::Observe(c) => clinical::observe(&facts, c),
        Command::State(c) => clinical::state_class(&facts, c),
        Command::Edit(c) => edit::edit(&facts, c),
        Command::UndoEdit { command } => edit::undo(&facts, *command),
        Command::Revise(c) => edit::revise(&facts, c),
        Command::Report { case, number } => ending::report(&facts, *case, number),
        Command::Close(c) => ending::close(&facts, c),
        Command::Reopen { case, note } => ending::reopen(&facts, *case, note),
        Command::Merge(c) => merge::merge(&facts, c),
        Command::Unmerge { case, note } => merge::unmerge(&facts, *case, note),
        Command::Link(c) => link::link(&facts, c),
        Command::Unlink { case, note } => link::unlink(&facts, *case, note),
        Command::SettlePair { case, other, note } => merge::settle(&facts, *case, *other, note),
        Command::Publish(c) => publish::publish(&facts, c),
    }
}
