//! How much is open in care, from counters.

use std::collections::BTreeMap;

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros};

use crate::open::{Open, SLOT};
use crate::tables::open::{CONSULTATIONS_NOW, DIRTY_NOW, HELD_IN, HELD_NOW, OPEN};

/// How many critical patients there are, how many of them without a plan, and how many questions and
/// disinfections are past their time. Each is the length of its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Critical patients in a bed.
    pub critical: i64,
    /// Those of them without a care plan.
    pub no_plan: i64,
    /// Questions whose opinion is overdue.
    pub consultations: i64,
    /// Beds whose disinfection is overdue.
    pub dirty: i64,
}

/// The parameters of what is open in a scope, or in one facility of it.
fn within(
    scope: AreaScope,
    facility: Option<&HolderCode>,
    slot: Micros,
) -> (i64, i64, Value, Micros) {
    let (low, high) = scope.bounds();
    (low, high, facility.map_or("", HolderCode::as_str).into(), slot)
}

/// Reads them of a scope, or of one facility of it.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails or holds what this program cannot read; as all
/// functions here.
pub async fn overdue(
    db: &mut Connection,
    scope: AreaScope,
    facility: Option<&HolderCode>,
    now: Micros,
) -> Result<Overdue> {
    let (low, high, of, slot) = within(scope, facility, now.floor(SLOT));
    let mut sums: BTreeMap<Open, i64> = BTreeMap::new();
    // What has no clock stands at 0.
    let slot = slot.max(Micros(1));
    for row in db.query(&OPEN, &[low.into(), high.into(), of.clone(), slot.into()]).await? {
        if let Some(what) = Open::parse(row.text(1)?) {
            *sums.entry(what).or_default() += row.int(2)?;
        }
    }
    let going_on = [slot.into(), now.into(), low.into(), high.into(), of];
    let mut more = |what: Open, n: i64| *sums.entry(what).or_default() += n;
    if let Some(row) = db.first(&CONSULTATIONS_NOW, &going_on).await? {
        more(Open::Consultation, row.int(0)?);
    }
    if let Some(row) = db.first(&DIRTY_NOW, &going_on).await? {
        more(Open::Dirty, row.int(0)?);
    }
    let of = |what| sums.get(&what).copied().unwrap_or(0);
    Ok(Overdue {
        critical: of(Open::Critical),
        no_plan: of(Open::NoPlan),
        consultations: of(Open::Consultation),
        dirty: of(Open::Dirty),
    })
}

/// How many beds were held before a time and still wait for their person, who is not on the way: by the
/// county of the episode, since for how long a bed is held is that county's rule. `until` tells the time
/// of each; nothing where no rule says one.
///
/// # Errors
/// As [`overdue`].
pub async fn held_late(
    db: &mut Connection,
    scope: AreaScope,
    until: impl Fn(AreaCode) -> Option<Micros>,
) -> Result<i64> {
    let (low, high) = scope.bounds();
    let mut late = 0;
    for row in db.query(&HELD_IN, &[low.into(), high.into()]).await? {
        let area = row.area(0)?;
        let Some(before) = until(area) else { continue };
        let (low, high, of, slot) = within(AreaScope::one(area), None, before.floor(SLOT));
        for row in db.query(&OPEN, &[low.into(), high.into(), of.clone(), slot.into()]).await? {
            if Open::parse(row.text(1)?) == Some(Open::Held) {
                late += row.int(2)?;
            }
        }
        let going_on = [slot.into(), before.into(), low.into(), high.into(), of];
        if let Some(row) = db.first(&HELD_NOW, &going_on).await? {
            late += row.int(0)?;
        }
    }
    Ok(late)
}
