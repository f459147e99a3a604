//! What was true beside what the response knew, street by street and day by day: the infections of the community
//! that nobody has found, those that were found there, and the rounds. From it follows what a model of hidden
//! chains may take to be so, and whether what it says is true.

use super::case::{Case, NOT_YET, away};
use super::run::Response;
use crate::epidemic::{Infection, Population};

/// Days after a find within which tracing and the rounds that follow it have found whom they will find.
const FOLLOWED_UP: u32 = 3;
/// Days before the end of a run of which nothing is said: whom those infect is not known yet.
const UNFINISHED: f64 = 15.0;
/// Days after infection for which it is said how many a swab finds.
pub const DETECTED_FOR: usize = 15;
/// Infections whose swabs are looked at in a run, at most.
const SWABBED: usize = 4_000;

/// One street on one day, at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreetDay {
    /// Infected people of the community who may infect somebody, now or in days to come, and whom nobody has
    /// found: not in quarantine or care, not in a building that is closed around a case.
    pub hidden: u32,
    /// Infected people with a positive pool or a positive swab of their own that is not settled. They are none
    /// of the hidden ones: their tube is on a list.
    pub open: u32,
    /// Found in the community on this day.
    pub found: u32,
}

/// A round as far as it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundSeen {
    /// Its number.
    pub number: u32,
    /// The day on which it began.
    pub started: u32,
    /// The day on which its last result was there; nothing while one was missing at the end of the run.
    pub told: Option<u32>,
    /// Share of the people in its scope who were swabbed.
    pub share: f64,
    /// Whether it covers a street.
    pub covers: Vec<bool>,
}

/// What was seen of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Codes of the streets, 9 digits.
    pub streets: Vec<u64>,
    /// Their people.
    pub people: Vec<u32>,
    /// By day, each with all streets.
    pub days: Vec<Vec<StreetDay>>,
    /// The rounds that have begun, the earliest first.
    pub rounds: Vec<RoundSeen>,
    /// What the tree of infections says.
    pub chains: ChainNumbers,
}

/// Sums over a run, from which averages follow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChainNumbers {
    /// Person-days.
    pub person_days: f64,
    /// Found in the community.
    pub found: f64,
    /// Infected from outside.
    pub imported: f64,
    /// Infections of the community next to one that was found there, in the tree, whom tracing and rounds had
    /// not found three days later; and the days between their infection and that find.
    pub left_over: Sum,
    /// Infections of the community by somebody of another street; and the days between the infection and the
    /// find of who infected them.
    pub across_streets: Sum,
    /// The same of another county.
    pub across_counties: Sum,
    /// Days from an infection to those that it caused.
    pub generation: Sum,
    /// How many somebody infected, by weeks: number, sum and sum of squares.
    pub offspring: Vec<Sum>,
    /// Infected people, and those who go to a clinic; days until then.
    pub infected: f64,
    /// See [`ChainNumbers::infected`].
    pub seeking: Sum,
    /// Swabs by days since infection, and how many of them find something.
    pub swabs: Vec<[f64; 2]>,
}

/// Number, sum and sum of squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// How many.
    pub n: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Sum {
    /// One more.
    pub fn push(&mut self, value: f64) {
        self.n += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// Both together.
    pub fn add(&mut self, other: &Sum) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// Their mean; 0 of none.
    pub fn mean(&self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.0 }
    }

    /// Their variance; 0 of none.
    pub fn variance(&self) -> f64 {
        if self.n > 0.0 { (self.squares / self.n - self.mean().powi(2)).max(0.0) } else { 0.0 }
    }
}

impl ChainNumbers {
    /// Two runs together.
    pub fn add(&mut self, other: &ChainNumbers) {
        self.person_days += other.person_days;
        self.found += other.found;
        self.imported += other.imported;
        self.infected += other.infected;
        self.left_over.add(&other.left_over);
        self.across_streets.add(&other.across_streets);
        self.across_counties.add(&other.across_counties);
        self.generation.add(&other.generation);
        self.seeking.add(&other.seeking);
        self.offspring.resize(self.offspring.len().max(other.offspring.len()), Sum::default());
        for (mine, theirs) in self.offspring.iter_mut().zip(&other.offspring) {
            mine.add(theirs);
        }
        self.swabs.resize(self.swabs.len().max(other.swabs.len()), [0.0; 2]);
        for (mine, theirs) in self.swabs.iter_mut().zip(&other.swabs) {
            mine[0] += theirs[0];
            mine[1] += theirs[1];
        }
    }

    /// How likely a swab finds somebody, by days since infection from 0.
    pub fn detected(&self) -> Vec<f64> {
        self.swabs.iter().map(|[n, found]| if *n > 0.0 { found / n } else { 0.0 }).collect()
    }
}

/// Follows a run.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    seen: Watched,
    /// Of each round whose last tube is not told: the day of its last sampling.
    sampled: Vec<Option<u32>>,
}

impl Watch {
    pub(crate) fn new(all: &Population) -> Watch {
        let streets = 0..all.streets();
        Watch {
            seen: Watched {
                streets: streets.clone().map(|street| all.street_code(street)).collect(),
                people: streets.map(|street| all.in_street(street).len() as u32).collect(),
                days: Vec::new(),
                rounds: Vec::new(),
                chains: ChainNumbers::default(),
            },
            sampled: Vec::new(),
        }
    }

    /// A day is over.
    pub(crate) fn see(&mut self, run: &Response, day: u32) {
        let now = f64::from(day) + 1.0;
        let all = &run.all;
        let mut streets = vec![StreetDay::default(); self.seen.streets.len()];
        let mut waiting: Vec<u32> = run.again.iter().flat_map(|p| p.infected.clone()).collect();
        waiting.sort_unstable();
        for (at, (infection, case)) in run.truth.infections().iter().zip(&run.cases).enumerate() {
            let street = all.street_of(all.home(infection.agent)) as usize;
            if u32::from(case.found_on) == day && case.community {
                streets[street].found += 1;
            }
            if !is_hidden(run, infection, case, now, day) {
                continue;
            }
            let open = case.pending || waiting.binary_search(&(at as u32)).is_ok();
            match open {
                true => streets[street].open += 1,
                false => streets[street].hidden += 1,
            }
        }
        self.seen.days.push(streets);
        self.see_rounds(run, day);
    }

    fn see_rounds(&mut self, run: &Response, day: u32) {
        let (plan, round) = (&run.plan.testing, &run.round);
        if round.number > 0 && self.seen.rounds.last().map(|r| r.number) != Some(round.number) {
            let date = run.plan.date_of(day);
            let inside = |street: &u32| {
                let people = run.all.in_street(*street);
                run.scope.place(people.start).is_some()
            };
            self.seen.rounds.push(RoundSeen {
                number: round.number,
                started: round.started,
                told: None,
                share: plan.coverage.on(date) * (1.0 - plan.never.on(date)),
                covers: (0..run.all.streets()).map(|street| inside(&street)).collect(),
            });
            self.sampled.push(None);
        }
        let oldest = run.to_lab.oldest().into_iter().chain(run.in_lab.oldest()).min();
        let current = round.number;
        for (seen, sampled) in self.seen.rounds.iter_mut().zip(&mut self.sampled) {
            let goes_on = seen.number == current && round.active;
            if sampled.is_none() && !goes_on {
                *sampled = Some(day);
            }
            if seen.told.is_none() && sampled.is_some_and(|last| oldest.is_none_or(|o| o > last)) {
                seen.told = Some(day);
            }
        }
    }

    /// The run is over.
    pub(crate) fn end(mut self, run: &Response) -> Watched {
        self.seen.chains = numbers(run, &self.seen);
        self.seen
    }
}

/// Whether somebody is infected in the community, may infect others, and was not found.
fn is_hidden(run: &Response, infection: &Infection, case: &Case, now: f64, day: u32) -> bool {
    if case.found_on != NOT_YET || case.died_on != NOT_YET {
        return false;
    }
    let after = now - f64::from(infection.at);
    let rising = after < f64::from(infection.peak);
    if !rising && run.truth.disease().infectiousness(infection, after) <= 0.0 {
        return false;
    }
    let building = run.all.building_of(run.all.household_of(infection.agent));
    let closed = u32::from(run.building_until[building as usize]) > day;
    !away(run.truth.isolation(infection.agent)) && !closed
}

/// What the tree of infections says at the end of a run.
fn numbers(run: &Response, seen: &Watched) -> ChainNumbers {
    let all = &run.all;
    let infections = run.truth.infections();
    let days = f64::from(run.truth.day());
    let mut sums = ChainNumbers {
        person_days: seen.people.iter().map(|n| f64::from(*n)).sum::<f64>() * days,
        infected: infections.len() as f64,
        ..ChainNumbers::default()
    };
    let street = |infection: &Infection| all.street_of(all.home(infection.agent));
    let parent = |infection: &Infection| run.truth.number_of(infection.infector);
    let mut children = vec![0u32; infections.len()];
    for infection in infections {
        if let Some(source) = parent(infection) {
            children[source as usize] += 1;
            sums.generation
                .push(f64::from(infection.at) - f64::from(infections[source as usize].at));
        } else {
            sums.imported += 1.0;
        }
    }
    // Who is next to a find of the community: whom it infected, and who infected it. Of several, the first.
    let mut next_to: Vec<Option<u32>> = vec![None; infections.len()];
    let mut near = |at: usize, found: u32| {
        next_to[at] = Some(next_to[at].map_or(found, |known: u32| known.min(found)));
    };
    for (at, infection) in infections.iter().enumerate() {
        let Some(source) = parent(infection).map(|n| n as usize) else { continue };
        if let Some((found, _)) = run.cases[source].found().filter(|_| run.cases[source].community)
        {
            near(at, found);
        }
        if let Some((found, _)) = run.cases[at].found().filter(|_| run.cases[at].community) {
            near(source, found);
        }
    }
    for (at, (infection, case)) in infections.iter().zip(&run.cases).enumerate() {
        sums.found += f64::from(u8::from(case.community && case.found_on != NOT_YET));
        let when = f64::from(infection.at);
        if let Some(found) = next_to[at] {
            let by = found + FOLLOWED_UP;
            let known = |day: u16| day != NOT_YET && u32::from(day) <= by;
            let before = when < f64::from(found) + 1.0;
            if before && !known(case.found_on) && !known(case.kept_on) {
                sums.left_over.push(f64::from(found) + 0.5 - when);
            }
        }
        if let Some(source) = parent(infection).map(|n| n as usize) {
            let kept = case.kept_on != NOT_YET && case.found_on > case.kept_on;
            let home = street(&infections[source]);
            if home != street(infection) && !kept {
                // Of a source whom nobody finds, the day on which the others are found who are.
                let lead = run.cases[source]
                    .found()
                    .map_or(0.0, |(day, _)| (f64::from(day) + 0.5 - when).max(0.0));
                sums.across_streets.push(lead);
                if all.street_code(home) / 1000 != all.street_code(street(infection)) / 1000 {
                    sums.across_counties.push(lead);
                }
            }
        }
        if when < days - UNFINISHED {
            let week = (when / 7.0) as usize;
            sums.offspring.resize(sums.offspring.len().max(week + 1), Sum::default());
            sums.offspring[week].push(f64::from(children[at]));
        }
        if let Some(seeks) = run.truth.disease().seeks_care(run.truth.seed(), infection) {
            sums.seeking.push(seeks - when);
        }
    }
    sums.swabs = vec![[0.0; 2]; DETECTED_FOR];
    let step = infections.len().div_ceil(SWABBED).max(1);
    for infection in infections.iter().step_by(step) {
        for (day, [n, found]) in sums.swabs.iter_mut().enumerate() {
            let swab = run.truth.swab(infection.agent, f64::from(infection.at) + day as f64, 0);
            *n += 1.0;
            *found += f64::from(u8::from(swab.n.is_some() || swab.orf.is_some()));
        }
    }
    sums
}
