//! Loading: the rows that a group of commands or facts touches.

use ledger::{Asked, Result, Units};
use registry::seal::BlindIndex;
use store::{Connection, Value};
use types::{CommandId, Micros, PersonId, UnitId};

use crate::command::{Command, Publish};
use crate::event::Event;
use crate::rows::{EditRow, read_case, read_pair, read_publication, read_registered};
use crate::state::State;
use crate::tables;
use crate::words::{FoundIn, Measure};

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub cases: Vec<UnitId>,
    pub persons: Vec<PersonId>,
    /// Cases that may be opened again: their persons may have another one by now.
    pub reopened: Vec<UnitId>,
    pub keys: Vec<BlindIndex>,
    pub edits: Vec<CommandId>,
    pub pairs: Vec<(UnitId, UnitId)>,
    /// Records that are to be parted from those that stand for them.
    pub parted: Vec<UnitId>,
    pub publications: Vec<CommandId>,
    pub windows: Vec<(CommandId, Publish)>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        match asked.command {
            Command::Open(open) => {
                self.cases.push(crate::case_of_command(asked.area, asked.id));
                self.persons.push(open.who.person());
                self.keys.extend(open.keys.iter().map(|key| key.index));
            }
            // Its tubes are the testing desk's; who is in them is told from there.
            Command::Adopt(_) => {}
            Command::Observe(c) => self.cases.push(c.case),
            Command::State(c) => self.cases.push(c.case),
            Command::Edit(c) => self.cases.extend(c.cases.iter().map(|one| one.case)),
            Command::UndoEdit { command } => self.edits.push(*command),
            Command::Revise(c) => self.cases.extend(c.rows.iter().map(|row| row.case)),
            Command::Report { case, .. } => self.cases.push(*case),
            Command::Reopen { case, .. } => {
                self.cases.push(*case);
                self.reopened.push(*case);
            }
            Command::Unmerge { case, .. } => {
                self.cases.push(*case);
                self.parted.push(*case);
            }
            Command::Close(c) => self.cases.push(c.case),
            Command::Merge(c) => {
                self.cases.extend([c.keep, c.gone]);
                self.pairs.extend([(c.keep, c.gone), (c.gone, c.keep)]);
            }
            Command::Link(c) => {
                self.cases.push(c.case);
                self.persons.push(c.person);
            }
            Command::Unlink { case, .. } => self.cases.push(*case),
            Command::SettlePair { case, other, .. } => {
                self.cases.extend([*case, *other]);
                self.pairs.extend([(*case, *other), (*other, *case)]);
            }
            Command::Publish(c) => {
                self.publications.extend(c.corrects);
                self.windows.push((asked.id, c.clone()));
            }
            Command::PutCases(c) => {
                for row in &c.rows {
                    self.cases.push(crate::case_of_row(asked.area, row.person));
                    self.persons.push(row.person);
                    self.keys.extend(row.keys.iter().map(|key| key.index));
                }
            }
        }
    }

    pub(crate) fn of_event(&mut self, event: &Event) {
        match event {
            Event::Opened(opened) => self.cases.push(opened.case),
            Event::PositiveAdded { case, .. }
            | Event::PositiveWithdrawn { case, .. }
            | Event::Observed { case, .. }
            | Event::ClassStated { case, .. }
            | Event::Reported { case, .. }
            | Event::Closed { case, .. }
            | Event::PersonLinked { case, .. }
            | Event::PersonUnlinked { case, .. }
            | Event::Reopened { case, .. } => self.cases.push(*case),
            Event::Edited { case, undoes, .. } => {
                self.cases.push(*case);
                self.edits.extend(*undoes);
            }
            Event::Merged { keep, gone, .. } => {
                self.cases.extend([*keep, *gone]);
                self.pairs.extend([(*keep, *gone), (*gone, *keep)]);
            }
            Event::Unmerged { keep, case, .. } => {
                self.cases.extend([*keep, *case]);
                self.pairs.extend([(*keep, *case), (*case, *keep)]);
            }
            Event::PairSettled { case, other, .. } => {
                self.pairs.extend([(*case, *other), (*other, *case)]);
            }
            Event::Published { .. } => {}
        }
    }
}

impl State {
    /// Loads what is wanted: persons lead to their cases, keys to the cases that have them.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        self.load_people(db, &mut wanted).await?;
        self.load_edits(db, &mut wanted).await?;
        let mut keys = wanted.keys;
        keys.retain(|key| !self.keys.contains_key(key));
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.keys.insert(*key, Vec::new());
        }
        let keys: Vec<Value> = keys.into_iter().map(Value::from).collect();
        for row in db.lookup(&tables::KEYS_OF, &keys).await? {
            let case = UnitId::from_bytes(row.id(1)?);
            let cases = self.keys.entry(BlindIndex(row.id(0)?)).or_default();
            if !cases.contains(&case) {
                cases.push(case);
            }
            wanted.cases.push(case);
        }
        self.keys.values_mut().for_each(|cases| cases.sort_unstable());
        self.load_cases(db, units, wanted.cases).await?;
        let persons: Vec<PersonId> = wanted
            .reopened
            .iter()
            .filter_map(|case| self.cases.get(case))
            .map(|case| case.person)
            .collect();
        if !persons.is_empty() {
            let mut beside = Wanted { persons, ..Wanted::default() };
            self.load_people(db, &mut beside).await?;
            self.load_cases(db, units, beside.cases).await?;
        }
        let mut pairs = wanted.pairs;
        for case in wanted.parted {
            // One that is merged in this very group has its pair loaded by that command.
            let keep = self.cases.get(&case).and_then(|row| row.merged_into);
            pairs.extend(keep.into_iter().flat_map(|keep| [(case, keep), (keep, case)]));
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs.retain(|key| !self.pairs.contains_key(key));
        let keys: Vec<Value> =
            pairs.iter().flat_map(|(a, b)| [a.area().into(), (*a).into(), (*b).into()]).collect();
        for row in db.lookup(&tables::PAIR_BY_KEY, &keys).await? {
            let (key, pair) = read_pair(&row)?;
            self.pairs.insert(key, pair);
        }
        self.load_publications(db, wanted.publications, wanted.windows).await
    }

    async fn load_people(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        let mut persons = wanted.persons.clone();
        // Another name for somebody leads to who that is; once, since names have no names.
        for _ in 0..2 {
            persons.retain(|p| !self.people.contains_key(p));
            persons.sort_unstable();
            persons.dedup();
            let keys: Vec<Value> = persons.drain(..).map(Value::from).collect();
            for row in db.lookup(&tables::PERSON_FACTS, &keys).await? {
                let (person, registered) = read_registered(&row)?;
                persons.extend(registered.same_as);
                wanted.persons.extend(registered.same_as);
                self.people.insert(person, registered);
            }
        }
        for person in &wanted.persons {
            let Some(registered) = self.people.get(person) else { continue };
            wanted.keys.extend(registered.id_index.into_iter().chain(registered.phone_index));
        }
        wanted.persons.retain(|p| !self.by_person.contains_key(p));
        wanted.persons.sort_unstable();
        wanted.persons.dedup();
        let keys: Vec<Value> = wanted.persons.iter().map(|p| (*p).into()).collect();
        for person in &wanted.persons {
            self.by_person.insert(*person, Vec::new());
        }
        for row in db.lookup(&tables::CASES_OF_PERSON, &keys).await? {
            let case = UnitId::from_bytes(row.id(1)?);
            let cases = self.by_person.entry(PersonId::from_bytes(row.id(0)?)).or_default();
            if !cases.contains(&case) {
                cases.push(case);
            }
            wanted.cases.push(case);
        }
        Ok(())
    }

    async fn load_edits(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        wanted.edits.retain(|command| !self.edits.contains_key(command));
        wanted.edits.sort_unstable();
        wanted.edits.dedup();
        for command in &wanted.edits {
            self.edits.insert(*command, Vec::new());
        }
        let keys: Vec<Value> = wanted.edits.iter().map(|c| (*c).into()).collect();
        for row in db.lookup(&tables::EDITS_OF, &keys).await? {
            let edit = EditRow {
                case: UnitId::from_bytes(row.id(1)?),
                was: row.json(2)?,
                now: row.json(3)?,
                undone: row.flag(4)?,
            };
            wanted.cases.push(edit.case);
            self.edits.entry(CommandId::from_bytes(row.id(0)?)).or_default().push(edit);
        }
        self.edits.values_mut().for_each(|rows| rows.sort_by_key(|row| row.case));
        Ok(())
    }

    /// Loads cases, the records that stand for them and those that they stand for.
    async fn load_cases(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Vec<UnitId>,
    ) -> Result<()> {
        let mut all = wanted.clone();
        loop {
            wanted.sort_unstable();
            wanted.dedup();
            wanted.retain(|id| !self.merged.contains_key(id));
            if wanted.is_empty() {
                break;
            }
            for id in &wanted {
                self.merged.insert(*id, Vec::new());
            }
            let keys: Vec<Value> =
                wanted.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
            let under: Vec<Value> = wanted.iter().map(|id| (*id).into()).collect();
            let mut rows = db.lookup(&tables::CASE_BY_ID, &keys).await?;
            wanted.clear();
            for row in db.lookup(&tables::CASES_MERGED, &under).await? {
                let (keep, gone) = (UnitId::from_bytes(row.id(0)?), UnitId::from_bytes(row.id(1)?));
                let ids = self.merged.entry(keep).or_default();
                if !ids.contains(&gone) {
                    ids.push(gone);
                }
                wanted.push(gone);
            }
            for row in rows.drain(..) {
                let case = read_case(&row)?;
                wanted.extend(case.merged_into);
                self.cases.entry(case.id).or_insert(case);
            }
            all.extend(&wanted);
        }
        self.merged.values_mut().for_each(|ids| ids.sort_unstable());
        units.load(db, &all).await
    }

    async fn load_publications(
        &mut self,
        db: &mut Connection,
        publications: Vec<CommandId>,
        windows: Vec<(CommandId, Publish)>,
    ) -> Result<()> {
        let keys: Vec<Value> = publications.into_iter().map(Value::from).collect();
        for row in db.lookup(&tables::PUBLICATION_BY_ID, &keys).await? {
            let publication = read_publication(&row)?;
            self.publications.insert(publication.id, publication);
        }
        for (command, publish) in windows {
            let (low, high) = publish.scope.bounds();
            let params = [
                publish.from.into(),
                publish.until.into(),
                low.into(),
                high.into(),
                Micros::MAX.into(),
            ];
            let mut sums = Vec::new();
            for row in db.query(&tables::COUNTS_BETWEEN, &params).await? {
                if let Some(measure) = Measure::parse(row.text(0)?) {
                    sums.push((measure, FoundIn::parse(row.text(1)?), row.int(2)?));
                }
            }
            self.sums.insert(command, sums);
        }
        Ok(())
    }
}
