//! The bed queue: who is fetched, to which bed, and when a bed is free again.

use super::case::{Bed, needs_hospital};
use super::run::Response;
use crate::epidemic::{Isolation, Severity};

impl Response {
    /// Brings those who wait to beds, as far as beds and vehicles go.
    pub(crate) fn admit(&mut self, day: u32, date: jiff::civil::Date) {
        if let Some(free) = self.free_on.remove(&day) {
            self.taken[0] -= free[0];
            self.taken[1] -= free[1];
        }
        let plan = self.plan.clone();
        let beds =
            [self.scaled(plan.beds.hospital.on(date)), self.scaled(plan.beds.fangcang.on(date))];
        let mut vehicles = self.scaled(plan.beds.transfers.on(date));
        let rule = plan.beds.mild_to_fangcang.on(date) > 0.0;
        let end = f64::from(day) + 1.0;
        let severity = |response: &Response, case: u32| {
            let agent = response.truth.infections()[case as usize].agent;
            response.truth.severity_at(agent, end)
        };
        let mut queue = std::mem::take(&mut self.waiting);
        if plan.beds.triage.on(date) > 0.0 {
            // Stable: among equals the first stays first.
            queue.sort_by_key(|case| std::cmp::Reverse(severity(self, *case)));
        }
        let (mut in_hospital, mut in_fangcang) = (self.taken[0], self.taken[1]);
        for case in queue {
            let ill = needs_hospital(severity(self, case));
            let hospital = in_hospital < beds[0];
            let fangcang = in_fangcang < beds[1];
            let bed = match (ill, rule) {
                (true, _) | (false, false) if hospital => Some(Bed::Hospital),
                // The ill rather lie in a fangcang than at home.
                (true, _) | (false, true) if fangcang => Some(Bed::Fangcang),
                _ => None,
            };
            let Some(bed) = bed.filter(|_| vehicles > 0) else {
                self.waiting.push(case);
                continue;
            };
            vehicles -= 1;
            match bed {
                Bed::Hospital => in_hospital += 1,
                Bed::Fangcang => in_fangcang += 1,
            }
            let file = &mut self.cases[case as usize];
            file.admitted_on = day as u16;
            file.bed = bed;
            let agent = self.truth.infections()[case as usize].agent;
            self.truth.isolate(agent, Isolation::Care);
            self.patients.push(case);
        }
        self.taken = [in_hospital, in_fangcang];
        for case in &self.patients {
            match self.cases[*case as usize].bed {
                Bed::Hospital => self.row.in_hospital += 1,
                Bed::Fangcang => self.row.in_fangcang += 1,
            }
            let now = severity(self, *case);
            *match now {
                Severity::None => &mut self.row.care_asymptomatic,
                Severity::Mild => &mut self.row.care_mild,
                Severity::Moderate => &mut self.row.care_moderate,
                Severity::Severe => &mut self.row.care_severe,
                Severity::Critical | Severity::Dead => &mut self.row.care_critical,
            } += 1;
        }
    }

    /// Those who die on this day, known or not: they wait no more, and their bed is free after its
    /// turnaround.
    pub(crate) fn part_with_the_dead(&mut self, day: u32, date: jiff::civil::Date) {
        let free = day + self.plan.beds.turnaround.count_on(date).max(1);
        for case in self.deaths_on.remove(&day).unwrap_or_default() {
            self.row.died += 1;
            self.cases[case as usize].died_on = day as u16;
            self.waiting.retain(|c| *c != case);
            if let Some(at) = self.patients.iter().position(|c| *c == case) {
                self.patients.remove(at);
                let bed = self.cases[case as usize].bed;
                self.free_on.entry(free).or_default()[Response::bed_index(bed)] += 1;
            }
            let agent = self.truth.infections()[case as usize].agent;
            // Nobody meets the dead, and no round swabs them.
            self.truth.isolate(agent, Isolation::Care);
        }
    }

    /// Lets those go who have been clean twice, a day apart, have been there long enough, and are
    /// over the worst.
    pub(crate) fn release(&mut self, day: u32, date: jiff::civil::Date) {
        let plan = self.plan.clone();
        let threshold = plan.beds.release_ct.on(date);
        let least = plan.beds.least_days.count_on(date);
        let free = day + plan.beds.turnaround.count_on(date).max(1);
        let patients = std::mem::take(&mut self.patients);
        for case in patients {
            let swab = self.swab_of(case, day, 40);
            let infection = self.truth.infections()[case as usize];
            let well = self.truth.disease().is_over_the_worst(&infection, f64::from(day) + 1.0);
            let clean = |ct: Option<f32>| ct.is_none_or(|ct| f64::from(ct) >= threshold);
            let file = &mut self.cases[case as usize];
            let both = clean(swab.n) && clean(swab.orf);
            file.clean = if both { file.clean.saturating_add(1) } else { 0 };
            if file.clean < 2 || !well || day < u32::from(file.admitted_on) + least {
                self.patients.push(case);
                continue;
            }
            file.released_on = day as u16;
            let bed = file.bed;
            self.row.released += 1;
            self.free_on.entry(free).or_default()[Response::bed_index(bed)] += 1;
            self.truth.isolate(infection.agent, Isolation::None);
        }
    }
}
