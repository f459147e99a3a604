//! What the checklist of a zone looks at, read from where it is kept: close contacts from the tracing
//! desk, rounds from the testing desk.

use std::collections::BTreeMap;

use ledger::Result;
use registry::place::{Level as Depth, area_of, compound_of};
use store::{Connection, Value};
use testing::Stage;
use testing::views::{hours, places, rounds};
use tracing_desk::{Stage as Follow, Test};
use types::{AreaScope, Micros, Span, UnitId};

use crate::checklist::{Contacts, LiftFacts, Round};
use crate::rows::{Evidence, Zone};
use crate::tables::CONTACTS_OF_CASE;

/// How far back rounds are looked at: longer than any edition asks for.
const ROUNDS_BACK: Span = Span::days(10);
/// Most rounds that are looked at.
const MOST_ROUNDS: usize = 4;

/// What is known at a time of the contacts and rounds of a zone with its grounds.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn facts(
    db: &mut Connection,
    zone: &Zone,
    cases: &BTreeMap<UnitId, Evidence>,
    now: Micros,
) -> Result<LiftFacts> {
    let standing = cases.iter().filter(|(_, evidence)| !evidence.void);
    let cases: Vec<UnitId> = standing.map(|(case, _)| *case).collect();
    Ok(LiftFacts { contacts: contacts(db, &cases).await?, round: round(db, zone, now).await? })
}

async fn contacts(db: &mut Connection, cases: &[UnitId]) -> Result<Contacts> {
    let keys: Vec<Value> = cases.iter().map(|case| (*case).into()).collect();
    let mut each: BTreeMap<UnitId, (Micros, bool, Option<Micros>)> = BTreeMap::new();
    for row in db.lookup(&CONTACTS_OF_CASE, &keys).await? {
        let contact = UnitId::from_bytes(row.id(0)?);
        let last = row.time(1)?;
        let stage = Follow::parse(row.text(2)?);
        // Who became a case counts as one; who was none, or died, is not waited for.
        if matches!(stage, None | Some(Follow::Positive | Follow::Closed)) {
            continue;
        }
        let tests: Vec<Test> = row.json(3)?;
        let negative = match tests.iter().max_by_key(|test| test.at) {
            Some(test) => !test.positive && test.at >= last,
            None => false,
        };
        let clear = negative || stage == Some(Follow::Released);
        let slot = each.entry(contact).or_insert((last, clear, row.opt_time(4)?));
        slot.0 = slot.0.max(last);
        slot.1 &= clear;
    }
    Ok(Contacts {
        all: each.len() as i64,
        open: each.values().filter(|(_, clear, _)| !clear).count() as i64,
        last_exposure: each.values().map(|(last, ..)| *last).max(),
        // Only where all of them are: one who is still at home was not moved.
        last_moved: each
            .values()
            .map(|(.., moved)| *moved)
            .collect::<Option<Vec<_>>>()
            .and_then(|moved| moved.into_iter().max()),
    })
}

/// The latest round that has swabbed there. Rounds are counted by compound: for a building, it is the
/// whole compound that has to be negative.
async fn round(db: &mut Connection, zone: &Zone, now: Micros) -> Result<Option<Round>> {
    let scope = AreaScope::one(area_of(&zone.place));
    let place = match Depth::of(&zone.place) {
        Some(depth) if depth > Depth::Compound => compound_of(&zone.place),
        _ => zone.place.clone(),
    };
    let digits = if place.as_str().len() > 12 { 40 } else { place.as_str().len() as i64 };
    let lately = rounds(db)
        .await?
        .into_iter()
        .filter(|round| round.starts_at <= now && round.starts_at + ROUNDS_BACK >= now);
    for known in lately.take(MOST_ROUNDS) {
        let by_hour = hours(db, scope, known.id, place.as_str()).await?;
        let swabbed = by_hour.iter().filter(|line| line.counts.persons(Stage::Sampled) > 0);
        let Some(from) = swabbed.map(|line| line.hour).min() else { continue };
        let lines = places(db, scope, known.id, place.as_str(), digits).await?;
        let sum = |stage| lines.iter().map(|line| line.counts.persons(stage)).sum::<i64>();
        return Ok(Some(Round {
            from,
            expected: (sum(Stage::Planned) - sum(Stage::Exempt)).max(0),
            settled: sum(Stage::Settled),
            positive: sum(Stage::Positive),
        }));
    }
    Ok(None)
}
