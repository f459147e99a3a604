//! The chains of a scope's cases.

use std::collections::HashMap;

use analytics::SerialInterval;
use ledger::Result;
use protocol::Protocol;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, Micros, UnitId};

use crate::Calendar;
use crate::chains::{ChainCase, Chains, chains};
use crate::rows::{Investigation, Stay, read_investigation, read_stay};
use crate::tables::{CHAIN_CASES, CHAIN_LINKS, CHAIN_STAYS, PERSON_HOME};

/// Most cases that one picture is computed of; of more the latest.
pub const MOST_CASES: i64 = 5_000;

/// Days beyond which a serial interval is not looked for.
const REACH: usize = 30;

/// What chains are computed of.
#[derive(Clone, Debug)]
pub struct ChainInput {
    cases: Vec<ChainCase>,
    named: Vec<(UnitId, UnitId)>,
    interval: SerialInterval,
}

impl ChainInput {
    /// The chains. Of thousands of cases this takes a while: not for a thread that serves others.
    pub fn chains(self) -> Option<Chains> {
        // Every case comes once: an investigation follows from its case.
        chains(self.cases, &self.named, &self.interval).ok()
    }
}

/// Reads what the chains of the cases of a scope are computed of that were found between two times (the
/// second exclusive); nothing where the protocol has no serial interval (`epi.serial`).
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn chain_input(
    db: &mut Connection,
    protocol: &Protocol,
    scope: AreaScope,
    (from, until): (Micros, Micros),
) -> Result<Option<ChainInput>> {
    let (low, high) = scope.bounds();
    let params: [Value; 5] =
        [from.into(), until.into(), low.into(), high.into(), MOST_CASES.into()];
    let rows = db.query(&CHAIN_CASES, &params).await?;
    let found: store::Result<Vec<Investigation>> = rows.iter().map(read_investigation).collect();
    let found = found?;
    let area = found.first().map_or(AreaCode::NONE, Investigation::area);
    let Ok(outlook) = protocol.at(until, area).outlook() else { return Ok(None) };
    let serial = outlook.serial.value;
    let Ok(interval) = SerialInterval::parametric(serial.mean, serial.sd, REACH) else {
        return Ok(None);
    };
    let calendar = Calendar::of(protocol.zone());

    let mut stays: HashMap<UnitId, Vec<Stay>> = HashMap::new();
    let keys: Vec<Value> = found.iter().flat_map(|i| [i.area().into(), i.id.into()]).collect();
    for row in db.lookup(&CHAIN_STAYS, &keys).await? {
        let (case, stay) = read_stay(&row)?;
        stays.entry(case).or_default().push(stay);
    }
    let mut households: HashMap<[u8; 16], [u8; 16]> = HashMap::new();
    let keys: Vec<Value> = found.iter().map(|i| i.person.into()).collect();
    for row in db.lookup(&PERSON_HOME, &keys).await? {
        if let Some(household) = row.opt_id(3)? {
            households.insert(row.id(0)?, household);
        }
    }
    let of_person: HashMap<[u8; 16], UnitId> =
        found.iter().map(|i| (i.person.bytes(), i.case)).collect();
    let mut named: Vec<(UnitId, UnitId)> = Vec::new();
    let keys: Vec<Value> = found.iter().map(|i| i.case.into()).collect();
    for row in db.lookup(&CHAIN_LINKS, &keys).await? {
        let source = UnitId::from_bytes(row.id(0)?);
        let case = row.opt_id(5)?.map(UnitId::from_bytes);
        let case = case.or_else(|| of_person.get(&row.id(1).ok()?).copied());
        named.extend(case.map(|case| (source, case)));
    }
    let cases: Vec<ChainCase> = found
        .iter()
        .map(|i| ChainCase {
            case: i.case,
            day: i.onset.unwrap_or_else(|| calendar.day(i.since)),
            onset: i.onset.is_some(),
            household: households.get(&i.person.bytes()).copied(),
            stays: stays.remove(&i.case).unwrap_or_default(),
        })
        .collect();
    Ok(Some(ChainInput { cases, named, interval }))
}
