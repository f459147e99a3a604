//! Rounds of mass testing: swabs, tubes, couriers, the laboratories' queue, and positive pools
//! swabbed again one by one.

use std::collections::VecDeque;

use super::case::{Found, NOT_YET, away};
use super::queue::{Batch, Positive};
use super::run::{Pool, Response};
use crate::epidemic::draw::{Draw, Purpose};
use crate::epidemic::{Agent, Isolation, Pooling, Swab};

impl Response {
    /// The place of an agent in the order in which a round goes through its scope.
    fn turn(&self, agent: Agent) -> Option<u32> {
        let place = self.scope.place(agent)?;
        Some((place + self.scope.people - self.round.offset) % self.scope.people)
    }

    /// One day of the round under way, or of a new one when it is time.
    pub(crate) fn sample(&mut self, day: u32, date: jiff::civil::Date) {
        let plan = self.plan.clone();
        let gap = plan.testing.gap.on(date);
        if !self.round.active {
            let due = self.round.number == 0 || f64::from(day - self.round.started) >= gap - 1e-9;
            if gap <= 0.0 || !due || self.scope.people == 0 {
                return;
            }
            self.round.number += 1;
            self.round.started = day;
            self.round.done = 0;
            self.round.active = true;
            let mut draw = Draw::keyed(self.truth.seed(), self.round.number, day, Purpose::Round);
            self.round.offset = draw.below(self.scope.people);
        }
        let never = plan.testing.never.on(date);
        let coverage = plan.testing.coverage.on(date) * (1.0 - never);
        let pool_size = plan.testing.pool_size.count_on(date).max(1);
        // Those who do not come take no time of the samplers.
        let capacity = f64::from(self.scaled(plan.testing.sampling.on(date))) / coverage.max(0.01);
        let from = self.round.done;
        let to = f64::from(from) + capacity;
        let to = (to.min(f64::from(self.scope.people)) as u32).max(from);
        self.round.done = to;
        if to >= self.scope.people {
            self.round.active = false;
        }
        let tubes = (f64::from(to - from) * coverage / f64::from(pool_size)).ceil() as u32;
        self.row.swabbed += (f64::from(to - from) * coverage) as u64;
        self.row.tubes_collected += u64::from(tubes);

        // Neighbours stand in line together, so those of one tube are next to each other.
        let people_a_tube = (f64::from(pool_size) / coverage.max(0.01)).max(1.0);
        let mut infected: Vec<(u32, u32)> = Vec::new();
        for at in self.truth.active() {
            let agent = self.truth.infections()[at].agent;
            if self.cases[at].found_on != NOT_YET || away(self.truth.isolation(agent)) {
                continue;
            }
            let Some(turn) = self.turn(agent).filter(|t| (from..to).contains(t)) else { continue };
            // Some are never reached, and all the others miss a round now and then.
            let reached = !Draw::keyed(self.truth.seed(), agent, 0, Purpose::Reach).chance(never);
            let key = 1_000_000 + self.round.number;
            let mut draw = Draw::keyed(self.truth.seed(), agent, key, Purpose::Round);
            if reached && draw.chance(plan.testing.coverage.on(date)) {
                let tube = (f64::from(turn - from) / people_a_tube) as u32;
                infected.push((tube.min(tubes.saturating_sub(1)), at as u32));
            }
        }
        infected.sort_unstable();
        let pooling =
            if plan.testing.aliquots.on(date) > 0.0 { Pooling::Aliquots } else { Pooling::Swabs };
        let limit = self.truth.disease().parameters().course.limit_ct.value;
        let mut positives = VecDeque::new();
        for group in infected.chunk_by(|a, b| a.0 == b.0) {
            let swabs: Vec<Swab> = group.iter().map(|(_, at)| self.swab_of(*at, day, 0)).collect();
            let shown = pooling.pool(&swabs, pool_size, limit);
            if shown.n.is_some() || shown.orf.is_some() {
                let infected = group.iter().map(|(_, at)| *at).collect();
                let what = Pool { persons: pool_size, infected };
                positives.push_back(Positive { at: group[0].0, what });
            }
        }
        let mut draw = Draw::keyed(self.truth.seed(), 1, day, Purpose::Pool);
        let wrong = draw.poisson(f64::from(tubes) * plan.testing.false_positive.on(date));
        for _ in 0..wrong {
            let what = Pool { persons: pool_size, infected: Vec::new() };
            positives.push_back(Positive { at: draw.below(tubes), what });
        }
        positives.make_contiguous().sort_by_key(|p| p.at);
        self.to_lab.push(Batch { collected: day, tubes, positives });
    }

    /// A swab at noon; some take up nothing.
    pub(crate) fn swab_of(&self, case: u32, day: u32, take: u32) -> Swab {
        let agent = self.truth.infections()[case as usize].agent;
        let poor = self.plan.testing.poor_swab.on(self.plan.date_of(day));
        if Draw::keyed(self.truth.seed(), agent, day << 6 | take, Purpose::Poor).chance(poor) {
            return Swab::default();
        }
        self.truth.swab(agent, f64::from(day) + 0.5, take)
    }

    /// Couriers carry, laboratories test: singles first, then pools, oldest first.
    pub(crate) fn test(&mut self, date: jiff::civil::Date) {
        let plan = self.plan.clone();
        for batch in self.to_lab.take(self.scaled(plan.testing.couriers.on(date))) {
            self.in_lab.push(batch);
        }
        let capacity = self.scaled(plan.testing.labs.on(date));
        let singles = self.singles.min(capacity);
        self.singles = 0;
        self.row.tubes_tested += u64::from(singles);
        for batch in self.in_lab.take(capacity - singles) {
            self.row.tubes_tested += u64::from(batch.tubes);
            for positive in batch.positives {
                self.row.pools_positive += 1;
                // The members are held where they are until they are swabbed again.
                for case in &positive.what.infected {
                    let agent = self.truth.infections()[*case as usize].agent;
                    if self.truth.isolation(agent) == Isolation::None {
                        self.truth.isolate(agent, Isolation::Home);
                    }
                }
                self.again.push_back(positive.what);
            }
        }
    }

    /// Members of positive pools are swabbed one by one, as far as the samplers get.
    pub(crate) fn swab_again(&mut self, day: u32, date: jiff::civil::Date) {
        let mut left = self.scaled(self.plan.testing.resampling.on(date));
        while let Some(pool) = self.again.pop_front() {
            if pool.persons > left {
                self.again.push_front(pool);
                break;
            }
            left -= pool.persons;
            self.singles += pool.persons.saturating_sub(pool.infected.len() as u32);
            for case in pool.infected {
                let known = self.cases[case as usize];
                let agent = self.truth.infections()[case as usize].agent;
                // Fresh singles: the result is there in hours, so it counts today.
                if self.single(case, day, Found::Round) {
                    if let Some(results) = self.results_on.get_mut(&(day + 1)) {
                        results.retain(|(c, _)| *c != case);
                    }
                    self.results_on.entry(day).or_default().push((case, Found::Round));
                } else if known.found_on == NOT_YET
                    && !known.pending
                    && known.kept_on == NOT_YET
                    && self.truth.isolation(agent) == Isolation::Home
                {
                    self.truth.isolate(agent, Isolation::None);
                }
            }
        }
    }

    /// Households that test themselves; a positive is swabbed for the laboratory.
    pub(crate) fn self_test(&mut self, day: u32, date: jiff::civil::Date) {
        let share = self.plan.testing.antigen.on(date);
        if share <= 0.0 {
            return;
        }
        let threshold = self.plan.testing.antigen_ct.on(date);
        for at in self.truth.active() {
            let agent = self.truth.infections()[at].agent;
            let known = &self.cases[at];
            if known.found_on != NOT_YET || known.pending || away(self.truth.isolation(agent)) {
                continue;
            }
            // A household tests together.
            let household = self.all.household_of(agent);
            let mut draw = Draw::keyed(self.truth.seed(), household, day, Purpose::Antigen);
            if !draw.chance(share) {
                continue;
            }
            let swab = self.swab_of(at as u32, day, 60);
            if swab.n.is_some_and(|ct| f64::from(ct) < threshold)
                && self.single(at as u32, day, Found::Antigen)
                && self.truth.isolation(agent) == Isolation::None
            {
                self.truth.isolate(agent, Isolation::Home);
            }
        }
    }
}
