//! Episodes, one by one and in lists.

use std::collections::HashMap;

use ledger::{Cursor, Result};
use protocol::Edition;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, UnitId};

use crate::load::{read_result, result_keys};
use crate::release::{Test, Verdict, verdict};
use crate::rows::{Bed, Episode, read_bed, read_episode};
use crate::rules::course_of;
use crate::tables::{
    AHEAD, ALARM_COUNT, ALARMED, AT_HOME, BEDS_DIRTY, COMING, EPISODE_BY_ID, EPISODES_OF_PERSON,
    HISTORY_OF, HOME_OVER, IN_WARD, QUEUE, QUEUED_BY_PLACE, TESTS_OF, UNQUEUED,
};
use crate::triage::Condition;
use crate::words::{HomeKind, Stage};

/// One episode.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn episode(db: &mut Connection, id: UnitId) -> Result<Option<Episode>> {
    Ok(episodes(db, &[id]).await?.pop())
}

/// Episodes in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`episode`].
pub async fn episodes(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Episode>> {
    let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&EPISODE_BY_ID, &keys).await? {
        let episode = read_episode(&row)?;
        found.insert(episode.id, episode);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

pub(super) fn ids_of(rows: &[Row], column: usize) -> Result<Vec<UnitId>> {
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(column)?))).collect()
}

/// The episodes of a person, the latest first.
///
/// # Errors
/// As [`episode`].
pub async fn of_person(db: &mut Connection, person: PersonId) -> Result<Vec<Episode>> {
    let rows = db.lookup(&EPISODES_OF_PERSON, &[person.into()]).await?;
    let mut found = episodes(db, &ids_of(&rows, 1)?).await?;
    found.sort_by_key(|e| std::cmp::Reverse((e.since, e.id)));
    Ok(found)
}

/// Whom a list of the queue has.
#[derive(Clone, Debug)]
pub struct QueueFilter {
    /// The areas.
    pub scope: AreaScope,
    /// Only in this stage.
    pub stage: Option<Stage>,
    /// Only in these conditions; empty for all.
    pub conditions: Vec<Condition>,
    /// Waiting since this time or later.
    pub from: Option<Micros>,
    /// Waiting since before this time.
    pub until: Option<Micros>,
}

impl QueueFilter {
    /// The whole queue of a scope.
    pub fn of(scope: AreaScope) -> QueueFilter {
        QueueFilter { scope, stage: None, conditions: Vec::new(), from: None, until: None }
    }
}

/// The last line of the page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueCursor {
    /// How grave.
    pub rank: i64,
    /// Waiting since.
    pub since: Micros,
    /// Who.
    pub id: UnitId,
}

impl QueueCursor {
    /// The cursor behind an episode.
    pub fn after(episode: &Episode) -> QueueCursor {
        QueueCursor { rank: episode.condition.rank(), since: episode.since, id: episode.id }
    }

    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<QueueCursor> {
        let mut parts = text.splitn(3, '_');
        let rank = parts.next()?.parse().ok()?;
        let since = Micros(parts.next()?.parse().ok()?);
        Some(QueueCursor { rank, since, id: UnitId::parse(parts.next()?).ok()? })
    }
}

impl std::fmt::Display for QueueCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}_{}", self.rank, self.since.0, self.id)
    }
}

/// The queue: the gravest first, of the equally grave those who wait the longest. Since every deadline
/// lies as long after its begin, that is the order of deadlines, too.
///
/// # Errors
/// As [`episode`].
pub async fn queue(
    db: &mut Connection,
    filter: &QueueFilter,
    after: Option<QueueCursor>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = filter.scope.bounds();
    let mask: i64 = if filter.conditions.is_empty() {
        -1
    } else {
        filter.conditions.iter().fold(0, |mask, c| mask | 1 << c.rank())
    };
    let first = [0u8; 16];
    let params: [Value; 10] = [
        after.map_or(Condition::COUNT, |c| c.rank).into(),
        after.map_or(Micros(i64::MIN), |c| c.since).into(),
        after.map_or(Value::from(first), |c| c.id.into()),
        low.into(),
        high.into(),
        mask.into(),
        filter.stage.map_or("", Stage::as_str).into(),
        filter.from.unwrap_or(Micros(i64::MIN)).into(),
        filter.until.unwrap_or(Micros::MAX).into(),
        limit.into(),
    ];
    let rows = db.query(&QUEUE, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// How many are positive and not in a bed, by county and by the first `digits` of the code of the place where
/// they are; that is empty where none is known.
///
/// # Errors
/// As [`episode`].
pub async fn queued_by_place(
    db: &mut Connection,
    scope: AreaScope,
    digits: i64,
) -> Result<Vec<(AreaCode, String, i64)>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), digits.into()];
    let rows = db.query(&QUEUED_BY_PLACE, &params).await?;
    let read = |row: &Row| {
        Ok((row.area(0)?, row.opt_text(1)?.unwrap_or_default().to_owned(), row.int(2)?))
    };
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// How many wait before somebody in the same county.
///
/// # Errors
/// As [`episode`].
pub async fn ahead(db: &mut Connection, episode: &Episode) -> Result<i64> {
    let (low, high) = AreaScope::one(episode.area()).bounds();
    let params = [
        episode.condition.rank().into(),
        episode.since.into(),
        episode.id.into(),
        low.into(),
        high.into(),
    ];
    Ok(db.first(&AHEAD, &params).await?.map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

/// Who lies in a facility, or in one of its wards.
///
/// # Errors
/// As [`episode`].
pub async fn in_facility(
    db: &mut Connection,
    facility: &HolderCode,
    ward: Option<&str>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let params: [Value; 4] =
        [facility.into(), ward.unwrap_or("").into(), [0u8; 16].into(), limit.into()];
    let rows = db.query(&IN_WARD, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// For whom a facility holds beds.
///
/// # Errors
/// As [`episode`].
pub async fn coming(
    db: &mut Connection,
    facility: &HolderCode,
    limit: i64,
) -> Result<Vec<Episode>> {
    let params: [Value; 3] = [facility.into(), [0u8; 16].into(), limit.into()];
    let rows = db.query(&COMING, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// Who is at home and was not heard of since `before`, those first of whom nothing was heard for the longest.
///
/// # Errors
/// As [`episode`].
pub async fn at_home(
    db: &mut Connection,
    scope: AreaScope,
    kind: Option<HomeKind>,
    before: Option<Micros>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = scope.bounds();
    let kind = kind.map_or("", HomeKind::as_str);
    let before = before.unwrap_or(Micros::MAX);
    let [at, id] = Cursor::values(after);
    let params = [low.into(), high.into(), kind.into(), before.into(), at, id, limit.into()];
    let rows = db.query(&AT_HOME, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// Whose time at home is over at a moment, the longest first.
///
/// # Errors
/// As [`episode`].
pub async fn home_over(
    db: &mut Connection,
    scope: AreaScope,
    kind: Option<HomeKind>,
    now: Micros,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = scope.bounds();
    let kind = kind.map_or("", HomeKind::as_str);
    let [at, id] = Cursor::values(after);
    let params = [low.into(), high.into(), kind.into(), now.into(), at, id, limit.into()];
    let rows = db.query(&HOME_OVER, &params).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// Whose word from home waits for a look, the longest first.
///
/// # Errors
/// As [`episode`].
pub async fn alarmed(
    db: &mut Connection,
    scope: AreaScope,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let rows = db.query(&ALARMED, &[low.into(), high.into(), at, id, limit.into()]).await?;
    episodes(db, &ids_of(&rows, 1)?).await
}

/// How many words from home wait for a look.
///
/// # Errors
/// As [`episode`].
pub async fn open_alarms(db: &mut Connection, scope: AreaScope) -> Result<i64> {
    let (low, high) = scope.bounds();
    let rows = db.query(&ALARM_COUNT, &[low.into(), high.into()]).await?;
    Ok(rows.first().map_or(Ok(0), |row| row.int(0))?)
}

/// Vacated beds that are not disinfected yet, the most overdue first.
///
/// # Errors
/// As [`episode`].
pub async fn dirty_beds(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Bed>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&BEDS_DIRTY, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| read_bed(row).map_err(Into::into)).collect()
}

/// Open cases that are infections and have no episode: from before there was a care desk.
///
/// # Errors
/// As [`episode`].
pub async fn unqueued(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<UnitId>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&UNQUEUED, &[low.into(), high.into(), limit.into()]).await?;
    ids_of(&rows, 1)
}

/// Somebody in care, and what the rules say of release.
#[derive(Clone, Debug)]
pub struct ReleaseLine {
    /// Who.
    pub episode: Episode,
    /// What the rules say.
    pub verdict: Verdict,
}

/// People in care with what the rules say of their release: those who meet the criteria
/// first, the longest since before.
///
/// # Errors
/// As [`episode`]; a protocol without rules of release gives an empty list.
pub async fn release_list(
    db: &mut Connection,
    edition: &Edition,
    people: &[Episode],
    now: Micros,
) -> Result<Vec<ReleaseLine>> {
    let keys: Vec<Value> = people.iter().flat_map(result_keys).collect();
    let mut results: HashMap<PersonId, Vec<Test>> = HashMap::new();
    for row in db.lookup(&TESTS_OF, &keys).await? {
        let (person, test) = read_result(&row)?;
        results.entry(person).or_default().push(test);
    }
    let mut lines: Vec<ReleaseLine> = Vec::with_capacity(people.len());
    for episode in people {
        let mut tests = episode.chart.tests.clone();
        tests.extend(results.remove(&episode.person).unwrap_or_default());
        if let Ok(verdict) = verdict(edition, &course_of(episode, &tests), now) {
            lines.push(ReleaseLine { episode: episode.clone(), verdict });
        }
    }
    lines.sort_by_key(|line| {
        (line.verdict.since().is_none(), line.verdict.since(), line.episode.id)
    });
    Ok(lines)
}

/// What the rules say of one person's release; nothing where the protocol has no such rules.
///
/// # Errors
/// As [`episode`].
pub async fn release_of(
    db: &mut Connection,
    edition: &Edition,
    episode: &Episode,
    now: Micros,
) -> Result<Option<ReleaseLine>> {
    let mut tests = episode.chart.tests.clone();
    for row in db.lookup(&TESTS_OF, &result_keys(episode)).await? {
        tests.push(read_result(&row)?.1);
    }
    let verdict = verdict(edition, &course_of(episode, &tests), now).ok();
    Ok(verdict.map(|verdict| ReleaseLine { episode: episode.clone(), verdict }))
}

/// A line of an episode's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What, for example `queued` or `admitted`.
    pub what: String,
    /// Where it stood from then on.
    pub stage: Option<Stage>,
    /// What was recorded, as JSON.
    pub body: String,
    /// The command.
    pub command: CommandId,
}

/// The history of an episode in the order in which it was recorded.
///
/// # Errors
/// As [`episode`].
pub async fn history(db: &mut Connection, id: UnitId) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&HISTORY_OF, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                stage: Stage::parse(row.text(4)?),
                body: row.text(5)?.to_owned(),
                command: CommandId::from_bytes(row.id(6)?),
            })
        })
        .collect()
}
