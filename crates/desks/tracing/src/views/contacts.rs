//! Contacts, one by one and in lists.

use std::collections::HashMap;

use ledger::{Cursor, Result, by_area};
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, CommandId, Micros, PersonId, UnitId};

use crate::rows::{Contact, Source, read_contact, read_source};
use crate::tables::{
    CHECKS_DUE, CONTACT_BY_ID, CONTACTS_IN, CONTACTS_OF_PERSON, CONTACTS_OF_SOURCE, HISTORY_OF,
    RELEASES_DUE, SOURCES_OF, TESTS_DUE, TO_MOVE, TO_MOVE_BY_PLACE, UNFOUNDED,
};
use crate::words::{Degree, Stage, Task};

/// One contact.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn contact(db: &mut Connection, id: UnitId) -> Result<Option<Contact>> {
    Ok(contacts(db, &[id]).await?.pop())
}

/// Contacts in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`contact`].
pub async fn contacts(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Contact>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&CONTACT_BY_ID, &by_area(ids)).await? {
        let contact = read_contact(&row)?;
        found.insert(contact.id, contact);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn read(rows: &[Row]) -> Result<Vec<Contact>> {
    rows.iter().map(|row| read_contact(row).map_err(Into::into)).collect()
}

/// The follow-ups of persons, the latest first.
///
/// # Errors
/// As [`contact`].
pub async fn of_person(db: &mut Connection, persons: &[PersonId]) -> Result<Vec<Contact>> {
    let keys: Vec<Value> = persons.iter().map(|person| (*person).into()).collect();
    let mut found = read(&db.lookup(&CONTACTS_OF_PERSON, &keys).await?)?;
    found.sort_by_key(|c| std::cmp::Reverse((c.named_at, c.id)));
    Ok(found)
}

/// Whom contacts met.
///
/// # Errors
/// As [`contact`].
pub async fn sources(db: &mut Connection, ids: &[UnitId]) -> Result<HashMap<UnitId, Vec<Source>>> {
    let mut found: HashMap<UnitId, Vec<Source>> = HashMap::new();
    for row in db.lookup(&SOURCES_OF, &by_area(ids)).await? {
        let (contact, source) = read_source(&row)?;
        found.entry(contact).or_default().push(source);
    }
    found.values_mut().for_each(|all| all.sort_by_key(|s| (std::cmp::Reverse(s.last), s.unit)));
    Ok(found)
}

/// The contacts of a case, or of a close contact, those still to be found first.
///
/// # Errors
/// As [`contact`].
pub async fn named_by(db: &mut Connection, source: UnitId) -> Result<Vec<Contact>> {
    let rows = db.lookup(&CONTACTS_OF_SOURCE, &[source.into()]).await?;
    let ids: Result<Vec<UnitId>> =
        rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(2)?))).collect();
    let mut found = contacts(db, &ids?).await?;
    found.sort_by_key(|c| (c.stage, c.named_at, c.id));
    Ok(found)
}

/// The contacts of a scope in a stage, those first who are in it for the longest; of one community or of what
/// lies in a street, where these are named.
///
/// # Errors
/// As [`contact`].
pub async fn in_stage(
    db: &mut Connection,
    scope: AreaScope,
    (stage, degree, (community, street)): (Stage, Option<Degree>, (&str, &str)),
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Contact>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let params: [Value; 10] = [
        stage.as_str().into(),
        low.into(),
        high.into(),
        degree.map_or("", Degree::as_str).into(),
        community.into(),
        at,
        id,
        limit.into(),
        street.into(),
        format!("{street}~").into(),
    ];
    read(&db.query(&CONTACTS_IN, &params).await?)
}

/// The people of a scope for whom something is due until a day, the most overdue first.
///
/// # Errors
/// As [`contact`].
pub async fn due(
    db: &mut Connection,
    scope: AreaScope,
    (task, until, community): (Task, Micros, &str),
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Contact>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let params: [Value; 7] =
        [until.into(), low.into(), high.into(), community.into(), at, id, limit.into()];
    let statement = match task {
        Task::Test => &TESTS_DUE,
        Task::Check => &CHECKS_DUE,
        Task::Release => &RELEASES_DUE,
    };
    read(&db.query(statement, &params).await?)
}

/// Who is to be kept apart before a time and is not there yet, the most urgent first: the late ones
/// when the time is now.
///
/// # Errors
/// As [`contact`].
pub async fn to_move(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Contact>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let params: [Value; 6] = [before.into(), low.into(), high.into(), at, id, limit.into()];
    read(&db.query(&TO_MOVE, &params).await?)
}

/// How many are not yet where they are to be kept apart, by county and by the first `digits` of the code of
/// their community; that is empty where none is known.
///
/// # Errors
/// As [`contact`].
pub async fn to_move_by_place(
    db: &mut Connection,
    scope: AreaScope,
    digits: i64,
) -> Result<Vec<(AreaCode, String, i64)>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), digits.into()];
    let rows = db.query(&TO_MOVE_BY_PLACE, &params).await?;
    let read = |row: &Row| Ok((row.area(0)?, row.text(1)?.to_owned(), row.int(2)?));
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

impl Contact {
    /// The day on which something is due.
    pub fn due(&self, task: Task) -> Option<Micros> {
        match task {
            Task::Test => self.test_due,
            Task::Check => self.check_due,
            Task::Release => self.release_due,
        }
    }
}

/// People of whom no source stands any more: there is no ground to keep them.
///
/// # Errors
/// As [`contact`].
pub async fn unfounded(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Contact>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [low.into(), high.into(), [0u8; 16].into(), limit.into()];
    read(&db.query(&UNFOUNDED, &params).await?)
}

/// A line of the history of a contact or an investigation.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What, for example `named` or `arrived`.
    pub what: String,
    /// Where it stood from then on: a stage, or how far the investigation had come.
    pub stage: String,
    /// What was recorded, as JSON.
    pub body: String,
    /// The command.
    pub command: CommandId,
}

/// The history of a contact or an investigation in the order in which it was recorded.
///
/// # Errors
/// As [`contact`].
pub async fn history(db: &mut Connection, id: UnitId) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&HISTORY_OF, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                stage: row.text(4)?.to_owned(),
                body: row.text(5)?.to_owned(),
                command: CommandId::from_bytes(row.id(6)?),
            })
        })
        .collect()
}
