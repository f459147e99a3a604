//! The shrinking circle of testing: which communities the next round is to take in, how often each is tested,
//! and why, by the categories of the testing guide (`test.freq.a`, `b`, `c`). Pure; a person opens the round.

use protocol::{Category, Frequencies, RecentCases};
use types::{Micros, PlaceCode, Span};

/// What is known of a community.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Which.
    pub place: PlaceCode,
    /// Residents.
    pub persons: i64,
    /// When the latest case was found there.
    pub last_case: Option<Micros>,
    /// When the rounds began that tested there, the latest first.
    pub rounds: Vec<Micros>,
}

/// What follows for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// Which.
    pub place: PlaceCode,
    /// Residents.
    pub persons: i64,
    /// Its category.
    pub category: Category,
    /// How often it is tested.
    pub every: Span,
    /// The rule that says so.
    pub rule: &'static str,
    /// When it is to be tested next: at once, where it never was.
    pub due: Micros,
    /// When the latest case was found there.
    pub last_case: Option<Micros>,
    /// Rounds there that began after it.
    pub rounds_since: Option<u32>,
}

/// The categories of communities at a time: those first that are due first, and of these the most often
/// tested.
pub fn circle(rules: &Frequencies, seen: &[Seen], now: Micros) -> Vec<Next> {
    let mut found: Vec<Next> = seen
        .iter()
        .map(|of| {
            let since = |at: Micros| of.rounds.iter().filter(|round| **round > at).count();
            let rounds_since = of.last_case.map(|at| since(at) as u32);
            let recent = RecentCases {
                quarantine_site: false,
                rounds_since,
                time_since: of.last_case.map(|at| now - at),
            };
            let (category, rule) = rules.category(recent);
            let every = rule.value.every;
            Next {
                place: of.place.clone(),
                persons: of.persons,
                category,
                every,
                rule: rule.id(),
                due: of.rounds.iter().max().map_or(now, |last| *last + every),
                last_case: of.last_case,
                rounds_since,
            }
        })
        .collect();
    found.sort_by(|a, b| {
        let key = |of: &Next| (of.due.max(now), of.every, of.place.clone());
        key(a).cmp(&key(b))
    });
    found
}
