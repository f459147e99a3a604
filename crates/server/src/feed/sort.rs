//! Sorting what a laboratory sent into what can be recorded at once and what has to wait, and
//! telling from the ledger's answer what became of it. Messages and files go through here alike.

use hl7::{Fault as Wrong, LabResult, Place};
use ledger::{Envelope, Outcome, Status};
use store::Connection;
use types::{AreaCode, AreaScope, HolderCode, Micros, Refusal, Span, UnitId};

use crate::Fault;
use crate::feed::draft::Draft;
use crate::feed::item::{ItemState, NewItem};
use crate::feed::laboratory::Laboratory;
use crate::feed::message::Origin;
use crate::feed::tube::{self, is_identity_number};
use crate::house::Command;

/// The device that the journal names for results of the feed.
pub const DEVICE: &str = "laboratory feed";
/// The desk answers so when it has the result already.
const KNOWN: &str = "result-already-recorded";
/// A remark on nearly every tube of a laboratory that does not scan what it receives; the ledger
/// shows such tubes by itself.
const USUAL: &str = "unit-unexplained";

/// Whose results are sorted.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the ids of the commands hang on.
    pub origin: Origin,
    /// The laboratory, if it is known.
    pub lab: Option<Laboratory>,
    /// The areas that the sender may record results of; `None` for a line that nobody signs in
    /// on, which is trusted as the laboratory's own.
    pub scope: Option<AreaScope>,
    /// Who the journal says recorded it.
    pub actor: String,
    /// The time of testing of results without one.
    pub known_at: Micros,
    /// Now: nothing has happened later.
    pub now: Micros,
}

/// A result that can be recorded.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its position, from 1.
    pub n: i64,
    /// Its tube.
    pub unit: UnitId,
    /// The county of its tube.
    pub area: AreaCode,
    /// What it says.
    pub draft: Draft,
    /// The command.
    pub envelope: Envelope<Command>,
}

/// Where a result was sorted.
#[derive(Clone, Debug)]
pub enum Sorted {
    /// To be recorded.
    Ready(Box<Ready>),
    /// To be kept in the queue.
    Kept(Box<NewItem>),
}

/// What became of a result that was ready.
#[derive(Clone, Debug)]
pub enum Fate {
    /// In the ledger.
    Recorded,
    /// Was in the ledger before.
    Duplicate,
    /// Kept: recorded with a remark, or refused by the desk and waiting for a person.
    Kept(Box<NewItem>),
}

impl Source {
    /// Sorts one result.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn sort(
        &self,
        db: &mut Connection,
        n: i64,
        result: &LabResult,
    ) -> Result<Sorted, Fault> {
        let waits = |draft, reason, rematch| {
            Sorted::Kept(Box::new(self.waiting(n, &result.tube, draft, reason, rematch)))
        };
        let mut draft = match Draft::of(result, self.known_at) {
            Ok(draft) => draft,
            Err(reason) => return Ok(waits(None, reason, false)),
        };
        // A column that was mistaken for another may hold a person's number.
        draft.codes.retain(|code| !is_identity_number(code));
        if is_identity_number(&result.tube) {
            return Ok(waits(Some(draft), Refusal::new("feed-tube-personal"), false));
        }
        let Some(lab) = &self.lab else {
            let reason = Refusal::new("feed-lab-unknown").with("sender", &self.origin.sender);
            return Ok(waits(Some(draft), reason, false));
        };
        let found = match tube::find(db, &draft.codes).await? {
            Ok(found) => found,
            Err(unmatched) => {
                return Ok(waits(Some(draft), unmatched.reason, unmatched.may_come));
            }
        };
        let area = if found.area == AreaCode::NONE { lab.area } else { found.area };
        if self.scope.is_some_and(|scope| !scope.contains(area)) {
            let reason = Refusal::new("feed-outside-areas").with("area", area);
            return Ok(waits(Some(draft), reason, false));
        }
        let envelope = self.envelope(n, 0, found.unit, area, &draft, &lab.code);
        Ok(Sorted::Ready(Box::new(Ready { n, unit: found.unit, area, draft, envelope })))
    }

    /// The command that records a draft for a tube.
    pub fn envelope(
        &self,
        n: i64,
        attempt: i64,
        unit: UnitId,
        area: AreaCode,
        draft: &Draft,
        lab: &HolderCode,
    ) -> Envelope<Command> {
        Envelope {
            id: self.origin.command(n, attempt, unit),
            area,
            // An analyser whose clock is ahead has not tested in the future.
            event_time: draft.tested_at.min(self.now),
            clock_offset: Span(0),
            device: Some(DEVICE.into()),
            actor: ledger::Actor { user: self.actor.clone(), holder: Some(lab.clone()) },
            command: Command::Testing(testing::Command::RecordResult(
                draft.record(unit, lab.clone()),
            )),
        }
    }

    /// An item that has to wait.
    fn waiting(
        &self,
        n: i64,
        tube: &str,
        draft: Option<Draft>,
        reason: Refusal,
        rematch: bool,
    ) -> NewItem {
        NewItem { draft, rematch, ..self.item(n, Some(tube), ItemState::Waiting, reason) }
    }

    /// An item that could not be read.
    pub fn rejected(&self, n: i64, tube: Option<&str>, wrong: &Wrong) -> NewItem {
        self.item(n, tube, ItemState::Rejected, reason_of(wrong))
    }

    /// An item in a state, for a reason.
    pub fn item(&self, n: i64, tube: Option<&str>, state: ItemState, reason: Refusal) -> NewItem {
        NewItem {
            n,
            area: self.lab.as_ref().map_or(AreaCode::NONE, |lab| lab.area),
            lab: self.lab.as_ref().map(|lab| lab.code.clone()),
            tube: tube.filter(|code| !is_identity_number(code)).map(ToOwned::to_owned),
            unit: None,
            state,
            reasons: vec![reason],
            draft: None,
            raw: None,
            attempt: 0,
            rematch: false,
        }
    }
}

impl Ready {
    /// What the ledger's answer means for the item. An answer that repeats an earlier one is the
    /// same answer: the message was recorded before, and not noted as such.
    pub fn fate(self, lab: &HolderCode, outcome: &Outcome) -> Fate {
        match (outcome.status, &outcome.refusal) {
            (Status::Accepted, _) => {
                let remarks: Vec<Refusal> =
                    outcome.notes.iter().filter(|note| note.code != USUAL).cloned().collect();
                if remarks.is_empty() {
                    return Fate::Recorded;
                }
                Fate::Kept(Box::new(self.item(lab, ItemState::Recorded, remarks)))
            }
            (Status::Refused, Some(refusal)) if refusal.code == KNOWN => Fate::Duplicate,
            (Status::Refused | Status::NotRecorded, refusal) => {
                let reasons: Vec<Refusal> = refusal.iter().cloned().collect();
                // The tube is known, but this result of it was refused: another try is a
                // person's decision.
                let item = self.item(lab, ItemState::Waiting, reasons);
                Fate::Kept(Box::new(NewItem { unit: None, attempt: 1, ..item }))
            }
        }
    }

    fn item(self, lab: &HolderCode, state: ItemState, reasons: Vec<Refusal>) -> NewItem {
        NewItem {
            n: self.n,
            area: self.area,
            lab: Some(lab.clone()),
            tube: self.draft.codes.first().cloned(),
            unit: Some(self.unit),
            state,
            reasons,
            draft: Some(self.draft),
            raw: None,
            attempt: 0,
            rematch: false,
        }
    }
}

/// Stands for words that may be a person's.
const MASKED: &str = "•••";

/// A broken rule of a message or row, without the words that stood there: they may be a person's.
pub fn reason_of(wrong: &Wrong) -> Refusal {
    let place = match &wrong.place {
        Place::Whole => "—".to_owned(),
        Place::Line(n) => format!("#{n}"),
        Place::SegmentNumber(n) => format!("#{n}"),
        Place::At(location) => location.to_string(),
        Place::Cell { column, .. } => column.clone(),
    };
    Refusal::new(wrong.rule.code())
        .with("place", place)
        .with("found", MASKED)
        .by_rule(wrong.rule.source())
}
