//! The claim, worked out: since when nobody was found in the community, and what speaks for it or against.

use std::collections::BTreeMap;

use analytics::{Chains, SerialInterval, Sweep};
use cases::FoundIn;
use serde::{Deserialize, Serialize};
use tracing_desk::Calendar;
use types::{Micros, Refusal, Span};

use crate::criteria::Criteria;
use crate::numbers::Numbers;
use crate::words::{Degree, Level, What};

/// How many days back one looks. Whoever was infected before is through with it.
pub const LOOK_BACK: i64 = 35;
/// How many rounds are looked at.
pub const MOST_ROUNDS: usize = 7;

/// Hours since a round that never was.
const NEVER: i64 = 9_999;

/// Something that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What.
    pub what: What,
    /// The number.
    pub number: i64,
    /// What it may be at most, or has to be at least ([`What::at_least`]).
    pub limit: i64,
    /// Whether that is so.
    pub passes: bool,
}

impl Item {
    fn of(what: What, number: i64, limit: i64) -> Item {
        let passes = if what.at_least() { number >= limit } else { number <= limit };
        Item { what, number, limit, passes }
    }
}

/// New infections of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day's begin.
    pub day: Micros,
    /// How many were found in the community.
    pub community: i64,
    /// All, by where they were found.
    pub found: Vec<(Option<FoundIn>, i64)>,
}

/// What can be said of a ground at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// How far it has come.
    pub level: Level,
    /// The begin of the first of the days on which nobody more than the rule allows was found in the
    /// community. The begin of what one looks at, when nobody ever was.
    pub since: Micros,
    /// What was looked at.
    pub items: Vec<Item>,
    /// The days looked at, the earliest first; today is the last.
    pub days: Vec<Day>,
    /// The probability that no chain runs on unseen.
    pub none_left: f64,
    /// What basic zero is here; nothing where the rule has none, or nobody knows how many live there.
    pub basic: Option<Basic>,
}

/// Basic zero in a ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic {
    /// Most infections of the community on one day.
    pub most: i64,
    /// The begin of the first of the days on which there were no more.
    pub since: Micros,
}

impl Claim {
    /// What has to be met for a degree. Nothing where the rule has no such degree.
    pub fn items_for(&self, degree: Degree) -> Option<Vec<Item>> {
        let Degree::Basic = degree else { return Some(self.items.clone()) };
        let basic = self.basic?;
        let of = |item: &Item| match item.what {
            What::Infections => {
                Item { limit: basic.most, passes: self.level >= Level::Basic, ..*item }
            }
            _ => *item,
        };
        Some(self.items.iter().filter(|item| item.what.of_basic()).map(of).collect())
    }

    /// Since when the days are as a degree asks.
    pub fn since_for(&self, degree: Degree) -> Micros {
        match (degree, self.basic) {
            (Degree::Basic, Some(basic)) => basic.since,
            _ => self.since,
        }
    }

    /// What stands in the way.
    pub fn failing(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.passes)
    }

    /// One item.
    pub fn item(&self, what: What) -> Option<&Item> {
        self.items.iter().find(|item| item.what == what)
    }
}

/// From when on infections are read for a claim at a time.
pub fn first_day(calendar: &Calendar, now: Micros) -> Micros {
    calendar.after(calendar.day(now), -LOOK_BACK)
}

/// Works out the claim.
///
/// # Errors
/// [`Refusal`] when the protocol's model of hidden chains cannot be computed with.
pub fn claim(
    criteria: &Criteria,
    calendar: &Calendar,
    numbers: &Numbers,
    now: Micros,
) -> Result<Claim, Refusal> {
    let today = calendar.day(now);
    let days = days(criteria, calendar, numbers, now);
    let broken = |day: &Day| day.community > criteria.up_to;
    let since_with = |most: i64| match days.iter().rev().find(|day| day.community > most) {
        Some(last) => calendar.after(last.day, 1),
        None => days.first().map_or(today, |day| day.day),
    };
    let since = since_with(criteria.up_to);
    // Days running that are over, and what today has brought so far.
    let counting = calendar.after(today, -criteria.days);
    let of_days = |what: &dyn Fn(&Day) -> bool| days.iter().filter(|d| d.day >= counting).all(what);
    let population = numbers.population();
    let basic = criteria.basic_below.filter(|_| population > 0).map(|below| {
        // Fewer than so many of 100,000: the greatest whole number below that.
        let most = (below * population as f64 / 100_000.0).ceil() as i64 - 1;
        Basic { most, since: since_with(most) }
    });
    let level = if of_days(&|day| !broken(day)) {
        Level::Zero
    } else if basic.is_some_and(|basic| of_days(&|day| day.community <= basic.most)) {
        Level::Basic
    } else {
        Level::None
    };
    let recent = || days.iter().filter(|day| day.day >= counting);
    let worst = recent().map(|day| day.community).max().unwrap_or(0);
    let untold = recent().flat_map(|day| &day.found).filter(|(found, _)| found.is_none());
    let none_left = none_left(criteria, calendar, numbers, &days, now)?;
    let rounds: Vec<_> = numbers.finished(now).take(wanted(criteria)).collect();
    let coverage = rounds.iter().map(|round| round.coverage()).min().unwrap_or(0);
    let begun = rounds.first().map(|round| now - round.starts_at);
    let fresh = begun.map_or(NEVER, |age| age.0 / Span::hours(1).0);
    let blind = rounds.first().map_or(0, |round| round.blind());
    let blind_limit = rounds.first().map_or(0, |r| r.expected() * criteria.blind / 10_000);
    let infections =
        Item { passes: level == Level::Zero, ..Item::of(What::Infections, worst, criteria.up_to) };
    let mut items = vec![
        infections,
        Item::of(What::Untold, untold.map(|(_, n)| *n).sum(), 0),
        Item::of(What::Rounds, rounds.len() as i64, criteria.rounds),
        Item::of(What::Coverage, coverage, criteria.coverage),
        Item::of(What::Fresh, fresh, criteria.fresh),
        Item::of(What::Blind, blind, blind_limit),
        Item::of(What::Tubes, rounds.iter().map(|round| round.tubes).sum(), 0),
        Item::of(What::Pools, numbers.rounds.iter().map(|round| round.recalled).sum(), 0),
        Item::of(What::Queue, numbers.queued, 0),
        Item::of(What::Contacts, numbers.to_move, 0),
        Item::of(What::Sweeps, numbers.sweeps, 0),
        Item::of(What::Unswept, numbers.unswept, 0),
        Item::of(What::Strays, numbers.strays, 0),
        Item::of(What::Signals, numbers.signals, 0),
        Item::of(What::Sure, (none_left * 10_000.0).floor() as i64, criteria.sure),
    ];
    // What is looked at follows from the edition: one that says nothing of sweeps has no such items.
    items.retain(|item| criteria.sweeps || !item.what.is_unseen());
    Ok(Claim { level, since, items, days, none_left, basic })
}

/// How many of the last rounds count.
fn wanted(criteria: &Criteria) -> usize {
    usize::try_from(criteria.rounds).unwrap_or(MOST_ROUNDS).clamp(1, MOST_ROUNDS)
}

fn days(criteria: &Criteria, calendar: &Calendar, numbers: &Numbers, now: Micros) -> Vec<Day> {
    let first = first_day(calendar, now);
    let mut by_day: BTreeMap<Micros, BTreeMap<Option<FoundIn>, i64>> = BTreeMap::new();
    for ((hour, found_in), n) in &numbers.found {
        *by_day.entry(calendar.day(*hour)).or_default().entry(*found_in).or_default() += n;
    }
    (0..=LOOK_BACK)
        .map(|n| {
            let day = calendar.after(first, n);
            let found = by_day.remove(&day).unwrap_or_default();
            let found: Vec<_> = found.into_iter().filter(|(_, n)| *n != 0).collect();
            let here = found.iter().filter(|(found_in, _)| criteria.in_community(*found_in));
            Day { day, community: here.map(|(_, n)| *n).sum::<i64>().max(0), found }
        })
        .collect()
}

/// The probability that no chain runs on unseen: see [`analytics::Chains`] and `docs/zero.md`.
fn none_left(
    criteria: &Criteria,
    calendar: &Calendar,
    numbers: &Numbers,
    days: &[Day],
    now: Micros,
) -> Result<f64, Refusal> {
    let today = calendar.day(now);
    let model = &criteria.chains;
    if numbers.population() == 0 {
        // No round has said how many live there: nothing can be said of chains among them either.
        return Ok(0.0);
    }
    let population = numbers.population() as f64;
    // Whom nobody swabs round after round is missed by all of them.
    let last = numbers.finished(now).next();
    let left_out = last.map_or(1.0, |round| match round.planned {
        0 => 1.0,
        planned => (round.exempt + round.blind()) as f64 / planned as f64,
    });
    let unreached = (model.unreached + left_out).min(0.999);
    let ago = |at: Micros| {
        let day = calendar.day(at);
        usize::try_from((today - day).0 / Span::days(1).0).ok()
    };
    let sweeps: Vec<Sweep> = numbers
        .finished(now)
        .filter(|round| round.planned > 0)
        .filter_map(|round| {
            let reached = round.planned as f64 * (1.0 - unreached);
            let covered = (round.settled as f64 / reached).clamp(0.0, 1.0);
            Some(Sweep { ago: ago(round.starts_at)?, covered, sensitivity: criteria.sensitivity })
        })
        .collect();
    let mut seeds = vec![model.per_million * population / 1e6; LOOK_BACK as usize + 1];
    for day in days.iter().filter(|day| day.community > 0) {
        let Some(at) = ago(day.day) else { continue };
        let begun = (at + model.lead_days as usize).min(seeds.len() - 1);
        seeds[begun] += model.per_found * day.community as f64;
    }
    // What was found around it has sent chains here, too, in proportion to who lives here.
    if numbers.people_around > 0 {
        let here = (population / numbers.people_around as f64).min(1.0);
        for ((hour, found_in), n) in &numbers.around {
            let Some(at) = ago(*hour).filter(|_| criteria.in_community(*found_in)) else {
                continue;
            };
            let begun = (at + model.lead_days as usize).min(seeds.len() - 1);
            seeds[begun] += model.per_near * here * *n as f64;
        }
    }
    let serial = SerialInterval::parametric(criteria.serial.mean, criteria.serial.sd, 15)?;
    let chains = Chains {
        seeds,
        reproduction: 1.0,
        dispersion: model.dispersion,
        generation: serial.weights().to_vec(),
        detectable: model.detectable.clone(),
        clinic: model.clinic,
        clinic_after: model.clinic_after as usize,
        unreached,
        mixing: model.mixing,
    };
    Ok(chains.at_least(&sweeps, &model.reproduction)?)
}
