//! What the zero desk can tell: how far areas have come, certificates, signals. Figures read counters, lists read
//! indexes.

use std::collections::BTreeMap;

use ledger::{Cursor, Result};
use store::Connection;
use tracing_desk::Calendar;
use types::{AreaScope, CommandId, Micros};

use crate::ground::Ground;
use crate::numbers::Numbers;
use crate::rows::{Certificate, Signal, read_certificate, read_signal};
use crate::tables;

/// The numbers of one ground as of now.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails or holds what this program cannot read; as all functions here.
pub async fn numbers(
    db: &mut Connection,
    calendar: &Calendar,
    ground: &Ground,
    now: Micros,
) -> Result<Numbers> {
    crate::load::numbers(db, calendar, ground, now).await
}

/// The numbers of the counties of a scope.
///
/// # Errors
/// As [`numbers`].
pub async fn by_county(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    now: Micros,
) -> Result<BTreeMap<Ground, Numbers>> {
    crate::load::by_county(db, calendar, scope, now).await
}

/// The numbers of the streets of a scope. What is somewhere in a county, and nobody knows where, counts in
/// every street of it.
///
/// # Errors
/// As [`numbers`].
pub async fn by_street(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    now: Micros,
) -> Result<BTreeMap<Ground, Numbers>> {
    crate::load::by_street(db, calendar, scope, now).await
}

/// The numbers of a whole, from those of its parts.
pub fn together<'a>(parts: impl IntoIterator<Item = &'a Numbers>) -> Numbers {
    let mut whole = Numbers::default();
    parts.into_iter().for_each(|part| whole.add(part));
    whole.rounds.truncate(crate::claim::MOST_ROUNDS);
    whole
}

/// Certificates whose ground overlaps with a scope, the latest first; only those that were withdrawn, or all.
///
/// # Errors
/// As [`numbers`].
pub async fn certificates(
    db: &mut Connection,
    scope: AreaScope,
    only_withdrawn: bool,
    after: Option<Cursor<CommandId>>,
    limit: i64,
) -> Result<Vec<Certificate>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::falling(after);
    let params = [at, id, high.into(), low.into(), only_withdrawn.into(), limit.into()];
    let rows = db.query(&tables::CERTIFICATES, &params).await?;
    Ok(rows.iter().map(read_certificate).collect::<store::Result<_>>()?)
}

/// Certificates that were withdrawn since a time, the latest first.
///
/// # Errors
/// As [`numbers`].
pub async fn withdrawn_since(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    limit: i64,
) -> Result<Vec<Certificate>> {
    let (low, high) = scope.bounds();
    let params = [since.into(), high.into(), low.into(), limit.into()];
    let rows = db.query(&tables::CERTIFICATES_WITHDRAWN, &params).await?;
    Ok(rows.iter().map(read_certificate).collect::<store::Result<_>>()?)
}

/// The certificates that hold at a time, those that end first first.
///
/// # Errors
/// As [`numbers`].
pub async fn valid(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
    limit: i64,
) -> Result<Vec<Certificate>> {
    let rows = db.query(&tables::CERTIFICATES_STANDING, &[now.into(), limit.into()]).await?;
    let all: Vec<Certificate> = rows.iter().map(read_certificate).collect::<store::Result<_>>()?;
    let overlaps = |certificate: &Certificate| {
        let ground = certificate.document.ground.scope();
        ground.covers(scope) || scope.covers(ground)
    };
    Ok(all.into_iter().filter(overlaps).collect())
}

/// One certificate.
///
/// # Errors
/// As [`numbers`].
pub async fn certificate(db: &mut Connection, id: CommandId) -> Result<Option<Certificate>> {
    let rows = db.lookup(&tables::CERTIFICATE_BY_ID, &[id.into()]).await?;
    Ok(rows.first().map(read_certificate).transpose()?)
}

/// The certificate with a printed number: `220202-3`.
///
/// # Errors
/// As [`numbers`].
pub async fn by_number(db: &mut Connection, number: &str) -> Result<Option<Certificate>> {
    let Some((ground, no)) = number.rsplit_once('-') else { return Ok(None) };
    let (Ok(ground), Ok(no)) = (Ground::parse(ground), no.parse::<i64>()) else { return Ok(None) };
    let params = [ground.as_str().into(), no.into()];
    let row = db.first(&tables::CERTIFICATE_BY_NUMBER, &params).await?;
    Ok(row.as_ref().map(read_certificate).transpose()?)
}

/// Signals of a ground, the latest first. Those of a whole county are in each street's list, too.
///
/// # Errors
/// As [`numbers`].
pub async fn signals(
    db: &mut Connection,
    ground: &Ground,
    after: Option<Cursor<CommandId>>,
    limit: i64,
) -> Result<Vec<Signal>> {
    signals_in(db, ground.scope(), after, limit).await.map(|mut found| {
        found.retain(|signal| ground.holds(signal.area, Some(&signal.entered.place)));
        found
    })
}

/// Signals of a scope, the latest first.
///
/// # Errors
/// As [`numbers`].
pub async fn signals_in(
    db: &mut Connection,
    scope: AreaScope,
    after: Option<Cursor<CommandId>>,
    limit: i64,
) -> Result<Vec<Signal>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::falling(after);
    let params = [at, id, low.into(), high.into(), limit.into()];
    let rows = db.query(&tables::SIGNALS, &params).await?;
    Ok(rows.iter().map(read_signal).collect::<store::Result<_>>()?)
}

/// One signal.
///
/// # Errors
/// As [`numbers`].
pub async fn signal(db: &mut Connection, id: CommandId) -> Result<Option<Signal>> {
    let rows = db.lookup(&tables::SIGNAL_BY_ID, &[id.into()]).await?;
    Ok(rows.first().map(read_signal).transpose()?)
}
