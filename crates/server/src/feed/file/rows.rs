//! The rows of a file: sorted like the results of a message, then recorded, or only rehearsed by
//! the same rules.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use hl7::LabResult;
use hl7::csv::Row;
use ledger::{Desk, Outcome, Priority, Status, Units};
use store::Connection;
use types::{HolderCode, Refusal, UnitId};

use crate::feed::intake::submit;
use crate::feed::item::{Item, ItemState, NewItem};
use crate::feed::laboratory::resolve;
use crate::feed::message::{Counts, MessageId};
use crate::feed::sort::{Fate, Ready, Sorted, Source};
use crate::house::{House, State};
use crate::{App, Fault};

/// What is done with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing: it is only told what would come of them.
    Rehearse,
    /// They are recorded.
    Record,
}

/// The rows of one file so far.
pub(super) struct Rows<'a> {
    app: &'a App,
    message: MessageId,
    source: Source,
    mode: Mode,
    counts: Counts,
    direct_recorded: i64,
    direct_duplicate: i64,
    /// What the file has said of each tube, as a hash: a row that stands twice is a duplicate.
    /// A tube that stands twice with other values is not: the later row corrects the earlier.
    said: HashMap<UnitId, u64>,
    /// Laboratories that rows name.
    named: HashMap<String, Option<HolderCode>>,
    kept: Vec<NewItem>,
}

impl<'a> Rows<'a> {
    pub fn new(app: &'a App, message: MessageId, source: Source, mode: Mode) -> Rows<'a> {
        Rows {
            app,
            message,
            source,
            mode,
            counts: Counts::default(),
            direct_recorded: 0,
            direct_duplicate: 0,
            said: HashMap::new(),
            named: HashMap::new(),
            kept: Vec::new(),
        }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Recorded and duplicate rows without an item of their own.
    pub fn direct(&self) -> (i64, i64) {
        (self.direct_recorded, self.direct_duplicate)
    }

    /// Items to be kept since the last call. A rehearsal keeps only what nothing can help.
    pub fn take_kept(&mut self) -> Vec<NewItem> {
        let kept = std::mem::take(&mut self.kept);
        match self.mode {
            Mode::Record => kept,
            Mode::Rehearse => {
                kept.into_iter().filter(|item| item.state == ItemState::Rejected).collect()
            }
        }
    }

    /// Takes the next rows.
    pub async fn take(&mut self, db: &mut Connection, rows: Vec<Row>) -> Result<(), Fault> {
        let mut ready: Vec<Ready> = Vec::with_capacity(rows.len());
        // Rows that a rehearsal, or a run that was cut off, has kept already: they go their own
        // way through the queue.
        let limit = rows.len() as i64;
        let kept = Item::of(db, self.message, self.counts.items, None, limit).await?;
        let kept: HashMap<i64, ItemState> = kept.iter().map(|i| (i.key.n, i.state)).collect();
        for row in rows {
            self.counts.items += 1;
            let n = self.counts.items;
            if let Some(state) = kept.get(&n) {
                self.counts.count(*state);
                continue;
            }
            match row {
                Err(wrong) => {
                    let item = self.source.rejected(n, None, &wrong.fault);
                    self.keep(NewItem { raw: Some(wrong.raw), ..item });
                }
                Ok(result) => self.sort(db, n, &result, &mut ready).await?,
            }
        }
        let Some(lab) = self.source.lab.as_ref().map(|lab| lab.code.clone()) else {
            return Ok(());
        };
        let envelopes: Vec<_> = ready.iter().map(|one| one.envelope.clone()).collect();
        let outcomes = match self.mode {
            Mode::Record => submit(self.app, Priority::Bulk, envelopes).await?,
            Mode::Rehearse => rehearse(self.app, db, &envelopes).await?,
        };
        for (one, outcome) in ready.into_iter().zip(&outcomes) {
            match one.fate(&lab, outcome) {
                Fate::Recorded => {
                    self.direct_recorded += 1;
                    self.counts.recorded += 1;
                }
                Fate::Duplicate => self.duplicate(),
                Fate::Kept(item) => self.keep(*item),
            }
        }
        Ok(())
    }

    async fn sort(
        &mut self,
        db: &mut Connection,
        n: i64,
        result: &LabResult,
        ready: &mut Vec<Ready>,
    ) -> Result<(), Fault> {
        if let Some(other) = self.other_laboratory(db, result).await? {
            let reason = Refusal::new("feed-other-laboratory").with("holder", other);
            let item = self.source.item(n, Some(&result.tube), ItemState::Rejected, reason);
            self.keep(item);
            return Ok(());
        }
        match self.source.sort(db, n, result).await? {
            Sorted::Kept(item) => self.keep(*item),
            Sorted::Ready(one) => {
                let text = serde_json::to_string(&one.draft).map_err(Fault::internal)?;
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                if self.said.insert(one.unit, hasher.finish()) == Some(hasher.finish()) {
                    self.duplicate();
                } else {
                    ready.push(*one);
                }
            }
        }
        Ok(())
    }

    /// The laboratory that a row names, if that is another than the file's.
    async fn other_laboratory(
        &mut self,
        db: &mut Connection,
        result: &LabResult,
    ) -> Result<Option<HolderCode>, Fault> {
        let Some(name) = &result.laboratory else { return Ok(None) };
        if !self.named.contains_key(name) {
            let found = resolve(db, name).await?.map(|lab| lab.code);
            self.named.insert(name.clone(), found);
        }
        let own = self.source.lab.as_ref().map(|lab| &lab.code);
        let named = self.named.get(name).and_then(Option::as_ref);
        Ok(named.filter(|code| Some(*code) != own).cloned())
    }

    fn duplicate(&mut self) {
        self.direct_duplicate += 1;
        self.counts.duplicate += 1;
    }

    fn keep(&mut self, item: NewItem) {
        self.counts.count(item.state);
        self.kept.push(item);
    }
}

/// What the ledger would answer: the desk's own rules, against the store as it is, without
/// writing anything.
async fn rehearse(
    app: &App,
    db: &mut Connection,
    envelopes: &[ledger::Envelope<crate::house::Command>],
) -> Result<Vec<Outcome>, Fault> {
    let house: &House = app.engine().desk();
    let (mut units, mut state) = (Units::default(), State::default());
    let wanted: Vec<_> = envelopes.iter().map(ledger::Envelope::asked).collect();
    house.load_commands(db, &mut units, &mut state, &wanted).await?;
    let now = app.now();
    let decided = envelopes.iter().map(|envelope| {
        let decided = house.decide(&units, &state, envelope.asked(), now);
        let (status, refusal, notes) = match decided {
            Ok(decision) => (Status::Accepted, None, decision.notes),
            Err(refusal) => (Status::Refused, Some(refusal), Vec::new()),
        };
        Outcome { id: envelope.id, status, duplicate: false, refusal, notes }
    });
    Ok(decided.collect())
}
