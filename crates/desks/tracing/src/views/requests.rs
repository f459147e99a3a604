//! Requests between counties.

use ledger::Result;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, Micros, UnitId};

use crate::tables::{REQUESTS_ALL, REQUESTS_OF, REQUESTS_OPEN};

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestLine {
    /// Of whom.
    pub contact: UnitId,
    /// Who asked.
    pub from: AreaCode,
    /// Who is asked.
    pub to: AreaCode,
    /// When.
    pub at: Micros,
    /// By when an answer is due.
    pub due: Option<Micros>,
    /// What it says.
    pub note: String,
    /// When it was answered, and how.
    pub answered: Option<(Micros, bool)>,
    /// What was answered.
    pub answer: String,
}

fn read(rows: &[Row]) -> Result<Vec<RequestLine>> {
    rows.iter()
        .map(|row| {
            let accepted = row.opt_int(9)?.map(|n| n != 0);
            Ok(RequestLine {
                contact: UnitId::from_bytes(row.id(1)?),
                from: row.area(3)?,
                to: row.area(4)?,
                at: row.time(5)?,
                due: row.opt_time(6)?,
                note: row.text(7)?.to_owned(),
                answered: row.opt_time(8)?.zip(accepted),
                answer: row.text(10)?.to_owned(),
            })
        })
        .collect()
}

fn params(from: AreaScope, to: AreaScope, limit: i64) -> [Value; 5] {
    let ((a, b), (c, d)) = (from.bounds(), to.bounds());
    [a.into(), b.into(), c.into(), d.into(), limit.into()]
}

/// Requests without an answer, the most overdue first: of counties in one scope to those in another.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn open_requests(
    db: &mut Connection,
    from: AreaScope,
    to: AreaScope,
    limit: i64,
) -> Result<Vec<RequestLine>> {
    read(&db.query(&REQUESTS_OPEN, &params(from, to, limit)).await?)
}

/// All requests, the newest first.
///
/// # Errors
/// As [`open_requests`].
pub async fn all_requests(
    db: &mut Connection,
    from: AreaScope,
    to: AreaScope,
    limit: i64,
) -> Result<Vec<RequestLine>> {
    read(&db.query(&REQUESTS_ALL, &params(from, to, limit)).await?)
}

/// The requests of one follow-up.
///
/// # Errors
/// As [`open_requests`].
pub async fn requests_of(db: &mut Connection, contact: UnitId) -> Result<Vec<RequestLine>> {
    read(&db.query(&REQUESTS_OF, &[contact.area().into(), contact.into()]).await?)
}
