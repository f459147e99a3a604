//! Numbers: how many stand where, what is due, what happened by hour.

use std::collections::BTreeMap;

use ledger::Result;
use store::Connection;
use types::{AreaScope, Micros};

use crate::tables::{COUNTS, DUES, DUES_BY_COMMUNITY, FLOWS, PROGRESSES};
use crate::words::{Degree, Flow, Progress, Stage, Task};

/// How many stand where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Contacts by stage and degree.
    pub contacts: BTreeMap<(Stage, Degree), i64>,
    /// Investigations by how far they have come.
    pub investigations: BTreeMap<Progress, i64>,
}

impl Numbers {
    /// All contacts in a stage.
    pub fn of(&self, stage: Stage) -> i64 {
        self.contacts.iter().filter(|((s, _), _)| *s == stage).map(|(_, n)| n).sum()
    }

    /// Contacts in stages that fit.
    pub fn where_stage(&self, fits: impl Fn(Stage) -> bool) -> i64 {
        self.contacts.iter().filter(|((s, _), _)| fits(*s)).map(|(_, n)| n).sum()
    }

    /// Contacts of a degree whose follow-up goes on.
    pub fn open(&self, degree: Degree) -> i64 {
        let open = self.contacts.iter().filter(|((s, d), _)| s.is_open() && *d == degree);
        open.map(|(_, n)| n).sum()
    }

    /// Every follow-up there ever was.
    pub fn all(&self) -> i64 {
        self.contacts.values().sum()
    }

    /// Investigations that go on.
    pub fn investigating(&self) -> i64 {
        self.investigations.iter().filter(|(p, _)| p.is_open()).map(|(_, n)| n).sum()
    }
}

/// The numbers of a scope.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn numbers(db: &mut Connection, scope: AreaScope) -> Result<Numbers> {
    let (low, high) = scope.bounds();
    let mut numbers = Numbers::default();
    for row in db.query(&COUNTS, &[low.into(), high.into()]).await? {
        if let (Some(stage), Some(degree)) =
            (Stage::parse(row.text(0)?), Degree::parse(row.text(1)?))
        {
            numbers.contacts.insert((stage, degree), row.int(2)?);
        }
    }
    for row in db.query(&PROGRESSES, &[low.into(), high.into()]).await? {
        if let Some(progress) = Progress::parse(row.text(0)?) {
            numbers.investigations.insert(progress, row.int(1)?);
        }
    }
    Ok(numbers)
}

/// What is due until a day: on the day itself, and from before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Until {
    /// On the day.
    pub today: i64,
    /// From before: overdue.
    pub before: i64,
}

impl Until {
    /// Both.
    pub fn all(self) -> i64 {
        self.today + self.before
    }
}

/// What is due in a scope until a day, by task.
///
/// # Errors
/// As [`numbers`].
pub async fn dues(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    day: Micros,
) -> Result<BTreeMap<Task, Until>> {
    let (low, high) = scope.bounds();
    let mut found: BTreeMap<Task, Until> = BTreeMap::new();
    for row in db.query(&DUES, &[low.into(), high.into(), community.into()]).await? {
        let (Some(task), on) = (Task::parse(row.text(0)?), row.time(1)?) else { continue };
        let until = found.entry(task).or_default();
        match on.cmp(&day) {
            std::cmp::Ordering::Less => until.before += row.int(2)?,
            std::cmp::Ordering::Equal => until.today += row.int(2)?,
            std::cmp::Ordering::Greater => {}
        }
    }
    Ok(found)
}

/// What is due in a community.
#[derive(Clone, Debug, PartialEq)]
pub struct CommunityDue {
    /// Its code; empty for those of whom no community is known.
    pub community: String,
    /// By task.
    pub tasks: BTreeMap<Task, Until>,
}

/// What is due in the communities of a scope until a day.
///
/// # Errors
/// As [`numbers`].
pub async fn by_community(
    db: &mut Connection,
    scope: AreaScope,
    day: Micros,
) -> Result<Vec<CommunityDue>> {
    let (low, high) = scope.bounds();
    let mut found: BTreeMap<String, BTreeMap<Task, Until>> = BTreeMap::new();
    let params = [low.into(), high.into(), day.into(), day.into()];
    for row in db.query(&DUES_BY_COMMUNITY, &params).await? {
        let Some(task) = Task::parse(row.text(1)?) else { continue };
        let (all, before) = (row.int(2)?, row.int(3)?);
        let tasks = found.entry(row.text(0)?.to_owned()).or_default();
        tasks.insert(task, Until { today: all - before, before });
    }
    Ok(found.into_iter().map(|(community, tasks)| CommunityDue { community, tasks }).collect())
}

/// What happened by hour, from (inclusive) and until (exclusive).
///
/// # Errors
/// As [`numbers`].
pub async fn flows(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<BTreeMap<(Micros, Flow), i64>> {
    let (low, high) = scope.bounds();
    let mut found = BTreeMap::new();
    for row in db.query(&FLOWS, &[from.into(), until.into(), low.into(), high.into()]).await? {
        if let Some(what) = Flow::parse(row.text(1)?) {
            found.insert((row.time(0)?, what), row.int(2)?);
        }
    }
    Ok(found)
}
