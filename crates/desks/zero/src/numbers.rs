//! What a claim is made from: the counters of the other desks, as they are read.

use std::collections::BTreeMap;

use cases::FoundIn;
use serde::{Deserialize, Serialize};
use testing::Stage;
use testing::views::StageCounts;
use types::{Micros, RoundId};

/// A round, as far as it went in the ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundNumbers {
    /// The round.
    pub round: RoundId,
    /// Its campaign in Chinese.
    pub name_zh: String,
    /// Its campaign in English.
    pub name_en: String,
    /// Its number there.
    pub number: i64,
    /// When sampling began.
    pub starts_at: Micros,
    /// When its last result was due.
    pub ends_at: Micros,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Micros>,
    /// People expected.
    pub planned: i64,
    /// Of those: excused.
    pub exempt: i64,
    /// Of those: swabbed.
    pub sampled: i64,
    /// Of those: with a final result.
    pub settled: i64,
    /// Tubes sealed without a released result, and not given up as faulty.
    pub tubes: i64,
    /// People who have to be swabbed again and are not through.
    pub recalled: i64,
}

impl RoundNumbers {
    /// What the counters of a ground say of a round.
    pub fn of(round: &testing::Round, counts: &StageCounts) -> RoundNumbers {
        let persons = |stage| counts.persons(stage);
        let tubes = counts.tubes(Stage::Collected)
            - counts.tubes(Stage::Reported)
            - counts.tubes(Stage::Faulty);
        RoundNumbers {
            round: round.id,
            name_zh: round.name_zh.clone(),
            name_en: round.name_en.clone(),
            number: round.number,
            starts_at: round.starts_at,
            ends_at: round.ends_at,
            closed_at: round.closed_at,
            planned: persons(Stage::Planned),
            exempt: persons(Stage::Exempt),
            sampled: persons(Stage::Sampled),
            settled: persons(Stage::Settled),
            tubes: tubes.max(0),
            recalled: (persons(Stage::Recalled) - persons(Stage::RecallEnded)).max(0),
        }
    }

    /// Two parts of one round.
    pub(crate) fn add(&mut self, other: &RoundNumbers) {
        self.planned += other.planned;
        self.exempt += other.exempt;
        self.sampled += other.sampled;
        self.settled += other.settled;
        self.tubes += other.tubes;
        self.recalled += other.recalled;
    }

    /// Whether it still goes on.
    pub fn is_running(&self, now: Micros) -> bool {
        self.closed_at.is_none_or(|at| at > now) && self.ends_at > now
    }

    /// People expected who are not excused.
    pub fn expected(&self) -> i64 {
        (self.planned - self.exempt).max(0)
    }

    /// Of those, how many have a result, per 10,000.
    pub fn coverage(&self) -> i64 {
        match self.expected() {
            0 => 0,
            expected => (self.settled.min(expected) * 10_000) / expected,
        }
    }

    /// People without a swab and without an exemption.
    pub fn blind(&self) -> i64 {
        (self.expected() - self.sampled).max(0)
    }
}

/// The numbers of a ground.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// New infections by hour and where they were found, as far back as one looks.
    pub found: BTreeMap<(Micros, Option<FoundIn>), i64>,
    /// The same of the rest of its prefecture: a chain may have come from there. Empty for a ground that is one,
    /// or wider.
    pub around: BTreeMap<(Micros, Option<FoundIn>), i64>,
    /// People of the whole prefecture.
    pub people_around: i64,
    /// The last rounds that reached the ground, the latest first, those that go on among them.
    pub rounds: Vec<RoundNumbers>,
    /// People who are positive and not in a bed.
    pub queued: i64,
    /// Contacts who are not yet where they are to be kept apart.
    pub to_move: i64,
    /// Positive signals that nobody explained.
    pub signals: i64,
    /// Sweeps that go on.
    pub sweeps: i64,
    /// Households of these whom nobody has found.
    pub unswept: i64,
    /// Doors that no list has, of which nobody has said what came of them.
    pub strays: i64,
}

impl Numbers {
    /// People who live there, as far as the last round expected them.
    pub fn population(&self) -> i64 {
        self.rounds.iter().map(|round| round.planned).max().unwrap_or(0)
    }

    /// The rounds that are over.
    pub fn finished(&self, now: Micros) -> impl Iterator<Item = &RoundNumbers> {
        self.rounds.iter().filter(move |round| !round.is_running(now))
    }

    /// What is known of another part of the ground.
    pub(crate) fn add(&mut self, other: &Numbers) {
        for (key, n) in &other.found {
            *self.found.entry(*key).or_default() += n;
        }
        for round in &other.rounds {
            match self.rounds.iter_mut().find(|known| known.round == round.round) {
                Some(known) => known.add(round),
                None => self.rounds.push(round.clone()),
            }
        }
        self.rounds.sort_by_key(|round| (std::cmp::Reverse(round.starts_at), round.round));
        self.queued += other.queued;
        self.to_move += other.to_move;
        self.signals += other.signals;
        self.sweeps += other.sweeps;
        self.unswept += other.unswept;
        self.strays += other.strays;
    }
}
