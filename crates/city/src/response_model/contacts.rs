//! Contact tracing with a staff limit, quarantine with a limit of rooms, tests of contacts.

use super::case::{Found, NOT_YET};
use super::run::Response;
use crate::epidemic::draw::{Draw, Purpose};
use crate::epidemic::{Agent, Isolation, Layer};

/// Days of quarantine on which contacts are swabbed.
const TEST_DAYS: [u32; 5] = [0, 1, 4, 7, 14];

impl Response {
    /// Investigates as many cases as the staff can, oldest first.
    pub(crate) fn trace(&mut self, day: u32, date: jiff::civil::Date) {
        let staff = self.scaled(self.plan.tracing.staff.on(date));
        let found = self.plan.tracing.found.on(date);
        let named = self.plan.tracing.contacts.on(date);
        for _ in 0..staff.min(self.to_trace.len() as u32) {
            let Some(case) = self.to_trace.pop_front() else { break };
            let infection = self.truth.infections()[case as usize];
            let household = self.all.household_of(infection.agent);
            for agent in self.all.members(household) {
                if agent != infection.agent {
                    self.keep(agent, day, date);
                }
            }
            let mut draw = Draw::keyed(self.truth.seed(), infection.agent, day, Purpose::Trace);
            // Whom the case infected, and by whom it was infected.
            let mut linked = Vec::new();
            let mut child = self.cases[case as usize].first_child;
            while child != u32::MAX {
                linked.push(child);
                child = self.cases[child as usize].next_sibling;
            }
            linked.extend(self.truth.number_of(infection.infector));
            for other in linked {
                let other = self.truth.infections()[other as usize];
                if other.layer() != Layer::Household && draw.chance(found) {
                    self.keep(other.agent, day, date);
                }
            }
            // Contacts who were not infected take rooms too.
            let rooms = self.rooms_left(date).min(draw.poisson(named * found));
            self.rooms_used += rooms;
            self.row.contacts += u64::from(rooms);
            *self.rooms_until.entry(self.quarantine_end(day, date)).or_default() += rooms;
        }
        if let Some(free) = self.rooms_until.remove(&day) {
            self.rooms_used -= free;
        }
        for agent in self.kept_until.remove(&day).unwrap_or_default() {
            let known = self.truth.number_of(agent).map(|at| self.cases[at as usize]);
            let ill = known.is_some_and(|c| c.found_on != NOT_YET || c.pending);
            let kept = self.truth.isolation(agent);
            if !ill && matches!(kept, Isolation::Quarantine | Isolation::Home) {
                self.truth.isolate(agent, Isolation::None);
            }
        }
    }

    fn rooms_left(&self, date: jiff::civil::Date) -> u32 {
        self.scaled(self.plan.quarantine.rooms.on(date)).saturating_sub(self.rooms_used)
    }

    fn quarantine_end(&self, day: u32, date: jiff::civil::Date) -> u32 {
        day + self.plan.quarantine.days.count_on(date).max(1)
    }

    /// Keeps a contact in a quarantine room, or at home when there is none.
    fn keep(&mut self, agent: Agent, day: u32, date: jiff::civil::Date) {
        let kept = self.truth.isolation(agent);
        if matches!(kept, Isolation::Quarantine | Isolation::Care) {
            return;
        }
        let number = self.truth.number_of(agent);
        if number.is_some_and(|at| self.cases[at as usize].found_on != NOT_YET) {
            return;
        }
        self.row.contacts += 1;
        let end = self.quarantine_end(day, date);
        if self.rooms_left(date) > 0 {
            self.rooms_used += 1;
            *self.rooms_until.entry(end).or_default() += 1;
            self.truth.isolate(agent, Isolation::Quarantine);
        } else {
            self.truth.isolate(agent, Isolation::Home);
        }
        self.kept_until.entry(end).or_default().push(agent);
        if let Some(at) = number {
            let case = &mut self.cases[at as usize];
            if case.kept_on == NOT_YET {
                case.kept_on = day as u16;
            }
        }
    }

    /// Contacts in quarantine are swabbed on set days.
    pub(crate) fn test_contacts(&mut self, day: u32) {
        for at in self.truth.active() {
            let known = self.cases[at];
            if known.found_on != NOT_YET || known.pending {
                continue;
            }
            let agent = self.truth.infections()[at].agent;
            if known.kept_on == NOT_YET {
                // Infected after being kept: from now on there is something to find.
                if self.truth.isolation(agent) == Isolation::Quarantine {
                    self.cases[at].kept_on = day as u16;
                }
                continue;
            }
            if TEST_DAYS.contains(&(day - u32::from(known.kept_on))) {
                self.single(at as u32, day, Found::Contact);
            }
        }
    }
}
