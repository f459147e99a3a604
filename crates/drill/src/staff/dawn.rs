//! The beginning of a day: everybody has it before them.

use types::Span;

use crate::Result;
use crate::posts::Task;
use crate::run::Drill;
use crate::staff::cases::ROUND_TAKES;

impl Drill {
    /// The day begins: the truth goes on, and everybody has their day before them.
    pub(crate) fn dawn(&mut self, day: u32) -> Result<()> {
        let midnight = self.config.midnight(day);
        let work = self.config.work.clone();
        let at = |hours: i64| midnight + Span::hours(hours);
        self.truth.0.advance(midnight);
        let faults = self.config.faults.devices.clone();
        let shift = Span::hours(11);
        let field: Vec<usize> = self
            .device_of
            .iter()
            .filter(|(key, _)| ["site:", "courier:", "lab:"].iter().any(|k| key.starts_with(k)))
            .map(|(_, device)| *device)
            .collect();
        for device in field {
            self.devices[device].begin_day(day, at(work.sampling_from), shift, &faults);
        }
        if day.is_multiple_of(work.round_every_days.max(1)) {
            self.agenda.put(at(work.sampling_from) - Span::hours(1), Task::OpenRound);
            for area in self.town.areas.clone() {
                self.agenda.put(at(17), Task::Visits { area });
            }
        }
        let minutes = |n: i64| Span::minutes(n.max(1));
        let every =
            |step: i64| (0..24 * 60 / step.max(1)).map(move |n| midnight + minutes(n * step));
        for at in every(work.sync_minutes) {
            self.agenda.put(at, Task::Sync);
        }
        for courier in 0..self.couriers.len() {
            // Tours are spread over the hour.
            let offset = minutes(7 + (courier as i64 * 11) % work.tour_minutes.max(1));
            let on_duty = at(work.sampling_from)..at(work.sampling_from + 16);
            for at in every(work.tour_minutes).filter(|at| on_duty.contains(at)) {
                self.agenda.put(at + offset, Task::Tour { courier });
            }
        }
        for lab in 0..self.labs.len() {
            for at in every(work.bench_minutes) {
                self.agenda.put(at + minutes(3 + lab as i64), Task::Bench { lab });
            }
        }
        for at in every(60) {
            self.agenda.put(at + minutes(30), Task::Desk);
        }
        for (n, area) in self.town.areas.clone().into_iter().enumerate() {
            // Desks do not all look at the same minute.
            let offset = minutes(2 + n as i64);
            for at in every(work.cases_minutes) {
                self.agenda.put(at + offset, Task::Cases { area });
            }
            let round = at(work.ward_round_at) + ROUND_TAKES + offset;
            self.agenda.put(round, Task::WardRound { area });
            self.agenda.put(at(21), Task::Settle { area });
        }
        for at in every(work.beds_minutes) {
            self.agenda.put(at + minutes(12), Task::Beds);
        }
        for ward in 0..self.wards.len() {
            let offset = minutes(1 + ward as i64);
            for at in every(60) {
                self.agenda.put(at + offset, Task::WardHour { ward });
            }
            let round = at(work.ward_round_at) + ROUND_TAKES + minutes(5) + offset;
            self.agenda.put(round, Task::BedsideRound { ward });
        }
        self.plan_tracing(day);
        self.plan_supply(day);
        self.agenda.put(midnight + Span::days(1) - minutes(5), Task::Dusk(day));
        self.agenda.put(midnight + Span::days(1), Task::Dawn(day + 1));
        Ok(())
    }

    /// The day of those who trace, draw zones, sweep and sign.
    fn plan_tracing(&mut self, day: u32) {
        let midnight = self.config.midnight(day);
        let work = self.config.work.clone();
        let at = |hours: i64| midnight + Span::hours(hours);
        let minutes = |n: i64| Span::minutes(n);
        for (n, area) in self.town.areas.clone().into_iter().enumerate() {
            let offset = minutes(4 + n as i64);
            if work.tracing {
                let step = work.tracing_minutes.max(5);
                for n in 0..24 * 60 / step {
                    self.agenda.put(midnight + minutes(n * step) + offset, Task::Trace { area });
                }
                self.agenda.put(at(9) + minutes(20) + offset, Task::FollowUp { area });
                self.agenda.put(at(20) + offset, Task::LetContactsGo { area });
            }
            self.agenda.put(at(11) + offset, Task::HomeOver { area });
            for hour in [6, 12] {
                self.agenda.put(at(hour) + minutes(40) + offset, Task::OrderSweeps { area });
            }
            for hour in [10, 18] {
                self.agenda.put(at(hour) + minutes(15) + offset, Task::Walk { area });
            }
        }
        if work.zones {
            for hour in (5..23).step_by(work.zones_hours.clamp(1, 17) as usize) {
                self.agenda.put(at(hour) + minutes(45), Task::Zones);
            }
        }
        for hour in 0..24 {
            self.agenda.put(at(hour) + minutes(50), Task::WatchZones);
        }
        if work.zero {
            self.agenda.put(at(19) + minutes(35), Task::Zero);
        }
    }
}
