//! Whether a zone may be lifted: what the edition in force asks for, and what is missing. Pure.

use protocol::Zones;
use serde::{Deserialize, Serialize};
use types::{Micros, Span};

use crate::words::{Level, What};

/// What the checklist looks at besides the zone itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiftFacts {
    /// The close contacts of the zone's cases.
    pub contacts: Contacts,
    /// The round that says most, if there was one.
    pub round: Option<Round>,
}

/// The close contacts of the cases of a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// How many there are.
    pub all: i64,
    /// How many have no negative test, or are not where they are kept apart.
    pub open: i64,
    /// When the last of them was exposed.
    pub last_exposure: Option<Micros>,
    /// When the last of them was brought to where he is kept apart.
    pub last_moved: Option<Micros>,
}

/// What a round of testing says of the residents of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// When its first swab was taken there.
    pub from: Micros,
    /// How many are to be tested: those planned less those excused.
    pub expected: i64,
    /// How many have a final result.
    pub settled: i64,
    /// How many were not negative.
    pub positive: i64,
}

impl Round {
    /// How many are missing or positive.
    pub fn missing(&self) -> i64 {
        (self.expected - self.settled).max(0) + self.positive
    }
}

/// One line of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What is asked for.
    pub what: What,
    /// Whether it holds.
    pub met: bool,
    /// From when it holds, where time alone is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Micros>,
    /// How many are missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde asks for.
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// Whether all of a checklist holds.
pub fn is_met(list: &[Criterion]) -> bool {
    list.iter().all(|one| one.met)
}

/// The zone as the checklist sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What holds in it.
    pub level: Level,
    /// From when its clean days count.
    pub clean_since: Micros,
    /// Locked and controlled areas that stand in its county.
    pub others: i64,
}

/// What has to hold before a zone is lifted, by an edition: rule `zone.lift` for locked and controlled
/// areas, `zone.lift.P` for precaution areas.
pub fn checklist(
    rules: &Zones,
    zone: Subject,
    facts: Option<&LiftFacts>,
    now: Micros,
) -> Vec<Criterion> {
    if zone.level == Level::Precaution {
        let met = zone.others == 0;
        return vec![Criterion { what: What::Others, met, from: None, missing: zone.others }];
    }
    let rule = &rules.lift.value;
    let facts = facts.copied().unwrap_or_default();
    vec![
        after(What::Clean, zone.clean_since, rule.no_new_infection, 0, now),
        contacts(facts.contacts, (rule.last_exposure_over, rule.or_last_contact_moved_over), now),
        round(facts.round, rule.all_negative_within, now),
    ]
}

fn after(what: What, since: Micros, span: Span, missing: i64, now: Micros) -> Criterion {
    let from = since + span;
    let over = now >= from;
    Criterion { what, met: over && missing == 0, from: (!over).then_some(from), missing }
}

fn contacts(c: Contacts, (exposed, moved): (Span, Option<Span>), now: Micros) -> Criterion {
    let Some(last) = c.last_exposure else {
        return Criterion { what: What::Contacts, met: c.open == 0, from: None, missing: c.open };
    };
    // "Over" so long: an instant more than it.
    let by_exposure = after(What::Contacts, last + Span(1), exposed, c.open, now);
    let (Some(span), Some(at)) = (moved, c.last_moved) else { return by_exposure };
    let by_move = after(What::Contacts, at + Span(1), span, c.open, now);
    // The variant stands instead: whichever comes first.
    match (by_exposure.met, by_move.met) {
        (false, true) => by_move,
        (false, false) if by_move.from.is_none() || by_move.from < by_exposure.from => by_move,
        _ => by_exposure,
    }
}

fn round(round: Option<Round>, within: Span, now: Micros) -> Criterion {
    let Some(round) = round else {
        return Criterion { what: What::Round, met: false, from: None, missing: 0 };
    };
    let lately = round.from + within >= now;
    let missing = round.missing();
    let met = lately && round.expected > 0 && missing == 0;
    Criterion { what: What::Round, met, from: None, missing: if lately { missing } else { 0 } }
}
