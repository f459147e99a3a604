//! What the next round's circle is computed from, read from counters.

use std::collections::BTreeMap;

use ledger::Result;
use protocol::Frequencies;
use store::Connection;
use testing::Stage;
use types::{AreaScope, Micros, PlaceCode, Span};

use super::proposals::places_since;
use crate::circle::{Next, Seen, circle};

/// How far back cases and rounds are looked for: longer than any category does.
const BACK: Span = Span::days(60);
/// Most rounds that are looked at.
const MOST_ROUNDS: usize = 12;
/// Digits of a community's code.
const COMMUNITY: usize = 12;

/// The communities of a scope in which somebody lives, with their categories at a time.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn next_round(
    db: &mut Connection,
    rules: &Frequencies,
    scope: AreaScope,
    now: Micros,
) -> Result<Vec<Next>> {
    let mut seen: BTreeMap<PlaceCode, Seen> = BTreeMap::new();
    for line in registry::views::compounds(db, scope, "").await? {
        let community = line.code.as_str().get(..COMMUNITY).map(PlaceCode::parse);
        let Some(Ok(community)) = community else { continue };
        let slot = seen.entry(community.clone()).or_insert_with(|| Seen {
            place: community,
            persons: 0,
            last_case: None,
            rounds: Vec::new(),
        });
        slot.persons += line.persons;
    }
    for (place, found) in places_since(db, scope, now - BACK, Some(COMMUNITY)).await? {
        let last = found.iter().filter(|(_, n)| *n > 0).map(|(at, _)| *at).max();
        if let Some(of) = seen.get_mut(&place) {
            of.last_case = last;
        }
    }
    let rounds = testing::views::rounds(db).await?;
    let lately = rounds.into_iter().filter(|r| r.starts_at <= now && r.starts_at + BACK >= now);
    for round in lately.take(MOST_ROUNDS) {
        let lines = testing::views::places(db, scope, round.id, "", COMMUNITY as i64).await?;
        for line in lines.iter().filter(|line| line.counts.persons(Stage::Sampled) > 0) {
            let of = PlaceCode::parse(&line.place).ok().and_then(|place| seen.get_mut(&place));
            if let Some(of) = of {
                of.rounds.push(round.starts_at);
            }
        }
    }
    let seen: Vec<Seen> = seen.into_values().collect();
    Ok(circle(rules, &seen, now))
}
