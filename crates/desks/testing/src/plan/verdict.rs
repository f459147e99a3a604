//! Whether the window can be met, said before the round starts.

use std::collections::HashMap;

use protocol::Testing as Rules;
use types::{HolderCode, Micros, Span};

use super::couriers::{CourierGroup, longest_wait, pickup_every};
use super::flow::{Arrivals, Batch};
use super::sites::time_a_person;
use super::{LabLoad, Laboratory, Request, Site, Times, Totals, round_up};

/// What may not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Samplers.
    Samplers,
    /// Couriers with vehicles.
    Couriers,
    /// Laboratories, in tubes a day.
    Laboratories,
}

/// Which of a laboratory's figures is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// What it says on paper.
    Claimed,
    /// For which there are people and machines.
    Staffed,
    /// What it was seen to do.
    Measured,
}

impl Basis {
    /// All of them.
    pub const ALL: [Basis; 3] = [Basis::Claimed, Basis::Staffed, Basis::Measured];

    fn of(self, lab: &Laboratory) -> Option<i64> {
        match self {
            Basis::Claimed => Some(lab.claimed),
            Basis::Staffed => Some(lab.staffed),
            Basis::Measured => lab.measured,
        }
    }
}

/// One resource against the window, all others being as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// What there is.
    pub have: u64,
    /// What the window needs; `None` when no number would be enough.
    pub need: Option<u64>,
    /// What a rule or a setting asks for, whatever the window needs, and which.
    pub asked: Option<(u64, &'static str)>,
    /// When this part of the work would end; `None` when never.
    pub ends_at: Option<Micros>,
    /// When it has to end.
    pub until: Micros,
}

impl Check {
    /// Whether the window can be met as far as this goes.
    pub fn in_time(&self) -> bool {
        self.ends_at.is_some_and(|at| at <= self.until)
    }

    /// How many are missing for the window; `None` when no number would be enough.
    pub fn short(&self) -> Option<u64> {
        self.need.map(|need| need.saturating_sub(self.have))
    }

    /// How many are missing for what the rule asks.
    pub fn short_of_rule(&self) -> u64 {
        self.asked.map_or(0, |(asked, _)| asked.saturating_sub(self.have))
    }
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The window as ordered is no longer than the protocol allows.
    pub window_by_rule: bool,
    /// Samplers.
    pub samplers: Check,
    /// Couriers, or vehicles when those are fewer.
    pub couriers: Check,
    /// Sites from which a box is longer on the way than the protocol allows.
    pub sites_too_far: u64,
    /// Laboratories as claimed, staffed and measured, in tubes a day; `None` where nothing
    /// was measured yet.
    pub laboratories: [Option<Check>; 3],
    /// Laboratories without a measured figure: they count nothing there.
    pub unmeasured: u64,
    /// Spare laboratory places for relief teams: how many there are, how many the protocol
    /// asks for.
    pub reserve: (u32, u32),
    /// When the last result of the first sampling would be out with everything as it is:
    /// claimed, staffed, measured. `None` when never, or when it is not known.
    pub ends: [Option<Micros>; 3],
    /// When the last result is due.
    pub due: Micros,
}

impl Verdict {
    /// The check of the laboratories on one basis.
    pub fn laboratories(&self, basis: Basis) -> Option<&Check> {
        self.laboratories[basis as usize].as_ref()
    }

    /// When the round would end on one basis.
    pub fn ends(&self, basis: Basis) -> Option<Micros> {
        self.ends[basis as usize]
    }

    /// Whether the window is met with everything as it is.
    pub fn is_met(&self, basis: Basis) -> bool {
        self.ends(basis).is_some_and(|at| at <= self.due) && self.cannot(basis).is_empty()
    }

    /// What cannot meet the window, by itself.
    pub fn cannot(&self, basis: Basis) -> Vec<Resource> {
        let mut who = Vec::new();
        if !self.samplers.in_time() {
            who.push(Resource::Samplers);
        }
        if !self.couriers.in_time() {
            who.push(Resource::Couriers);
        }
        if self.laboratories(basis).is_some_and(|check| !check.in_time()) {
            who.push(Resource::Laboratories);
        }
        who
    }
}

pub(super) fn judge(
    request: &Request,
    rules: &Rules,
    times: &Times,
    sites: &[Site],
    groups: &[CourierGroup],
    totals: &Totals,
) -> (Vec<LabLoad>, Verdict) {
    let samplers = samplers(request, rules, times, sites, totals);
    let carrying = Carrying::new(request, rules, groups);
    let couriers = carrying.check(times);
    let scene = Scene { request, times, sites, groups, totals };
    let as_planned = scene.arrivals(1.0, carrying.every, None);
    let laboratories = Basis::ALL.map(|basis| scene.laboratories(basis, &as_planned));
    // Everything as it is: sampling drawn out, boxes fetched late, then the laboratories.
    let planned = (times.sampling_ends - times.starts_at).0.max(1) as f64;
    let drawn_out = samplers.ends_at.map(|at| (at - times.starts_at).0 as f64 / planned);
    let ends = Basis::ALL.map(|basis| {
        let arrivals = scene.arrivals(drawn_out?, carrying.real_wait()?, None);
        scene.ends(&arrivals, laboratories[basis as usize]?.have)
    });
    let reserve = rules.lab_reserve.for_population(request.population);
    let verdict = Verdict {
        window_by_rule: times.ends_at - times.starts_at <= times.allowed,
        samplers,
        couriers,
        sites_too_far: groups.iter().filter(|g| g.too_far).map(|g| u64::from(g.sites)).sum(),
        laboratories,
        unmeasured: request.laboratories.iter().filter(|l| l.measured.is_none()).count() as u64,
        reserve: (request.people.reserve_places, reserve),
        ends,
        due: times.ends_at,
    };
    (scene.loads(carrying.every), verdict)
}

/// Samplers against the work: each works so many hours in 24, and never faster than the slots.
fn samplers(
    request: &Request,
    rules: &Rules,
    times: &Times,
    sites: &[Site],
    totals: &Totals,
) -> Check {
    let work: i64 = sites
        .iter()
        .map(|s| time_a_person(&request.settings, s.zone).0 * i64::from(s.persons))
        .sum();
    let shift = Span::hours(i64::from(request.settings.sampler_hours));
    let have = u64::from(request.people.samplers);
    let planned = times.sampling_ends - times.starts_at;
    let allowed = times.sampling_until - times.starts_at;
    let ends_at = (have > 0).then(|| {
        let each = round_up(work, i64::try_from(have).unwrap_or(i64::MAX));
        times.starts_at + with_rest(Span(each), shift).max(planned)
    });
    let need = (planned <= allowed)
        .then(|| round_up(work, work_within(allowed, shift).0.max(1)).unsigned_abs());
    Check {
        have,
        need,
        asked: Some((rules.samplers_for(totals.persons), rules.persons_per_sampler.id())),
        ends_at,
        until: times.sampling_until,
    }
}

/// How long it takes to work `work` when each day of 24 hours has one shift.
fn with_rest(work: Span, shift: Span) -> Span {
    let full = (work.0 - 1).max(0) / shift.0;
    Span(full * Span::days(1).0 + work.0 - full * shift.0)
}

/// How much one sampler works within `time`.
fn work_within(time: Span, shift: Span) -> Span {
    let days = time.0 / Span::days(1).0;
    Span(days * shift.0 + (time.0 - days * Span::days(1).0).min(shift.0))
}

/// Couriers against the pick-ups.
struct Carrying {
    /// Between two pick-ups, as planned.
    every: Span,
    /// The longest that the protocol lets a box wait.
    longest: Span,
    /// Couriers for the planned pace, before rounding up.
    exact: f64,
    have: u32,
    outward: Span,
}

impl Carrying {
    fn new(request: &Request, rules: &Rules, groups: &[CourierGroup]) -> Carrying {
        Carrying {
            every: pickup_every(request, rules),
            longest: longest_wait(rules),
            exact: groups.iter().map(|g| g.couriers).sum(),
            have: request.people.couriers.min(request.people.vehicles),
            outward: groups.iter().map(|g| g.outward).max().unwrap_or(Span(0)),
        }
    }

    /// How long boxes really wait: longer when there are too few couriers. `None` without
    /// any.
    fn real_wait(&self) -> Option<Span> {
        let stretch = self.exact / f64::from(self.have);
        (self.have > 0).then(|| Span((self.every.0 as f64 * stretch.max(1.0)) as i64))
    }

    fn check(&self, times: &Times) -> Check {
        let at_limit = self.exact * self.every.0 as f64 / self.longest.0.max(1) as f64;
        let last = times.sampling_ends + self.outward;
        Check {
            have: u64::from(self.have),
            need: Some(at_limit.ceil() as u64),
            asked: Some((self.exact.ceil() as u64, "pickup-minutes")),
            ends_at: self.real_wait().map(|wait| last + wait),
            until: last + self.longest,
        }
    }
}

/// What the laboratories see.
struct Scene<'a> {
    request: &'a Request,
    times: &'a Times,
    sites: &'a [Site],
    groups: &'a [CourierGroup],
    totals: &'a Totals,
}

const DAY: f64 = Span::days(1).0 as f64;

impl Scene<'_> {
    /// Tubes reaching the laboratories (or one of them) when sampling takes `drawn_out` times
    /// as long as planned and boxes wait so long. Follow-up tubes are counted as if they came
    /// with the first ones, which asks a little too much rather than too little.
    fn arrivals(&self, drawn_out: f64, wait: Span, lab: Option<&HolderCode>) -> Arrivals {
        let with_follow_up = 1.0 + self.totals.follow_up as f64 / (self.totals.tubes.max(1)) as f64;
        let outward: HashMap<_, _> =
            self.groups.iter().map(|g| ((g.area, g.lab.as_ref()), g.outward)).collect();
        let here = |site: &&Site| lab.is_none() || site.lab.as_ref() == lab;
        let waiting = self
            .request
            .laboratories
            .iter()
            .filter(|l| lab.is_none_or(|lab| *lab == l.lab))
            .map(|l| l.waiting.max(0) as f64)
            .sum();
        let batches = self.sites.iter().filter(here).flat_map(|site| {
            let way = outward.get(&(site.area, site.lab.as_ref())).map_or(0, |o| o.0);
            let delay = (wait.0 + way) as f64;
            let at = move |time: Micros| (time - self.times.starts_at).0 as f64 * drawn_out + delay;
            site.slots.iter().map(move |slot| Batch {
                from: at(slot.from),
                until: at(slot.until),
                tubes: f64::from(slot.tubes) * with_follow_up,
            })
        });
        Arrivals::new(waiting, batches)
    }

    /// From loading to release.
    fn after_loading(&self) -> Span {
        let s = &self.request.settings;
        Span::minutes(i64::from(s.run_minutes + s.release_minutes))
    }

    /// When the last result is out at `a_day` tubes a day.
    fn ends(&self, arrivals: &Arrivals, a_day: u64) -> Option<Micros> {
        let loaded = arrivals.finish(a_day as f64 / DAY)?;
        // Whole seconds: finer ones are rounding.
        let second = Span::seconds(1).0 as f64;
        let loaded = Span(((loaded / second).floor() * second) as i64);
        Some(self.times.starts_at + loaded + self.after_loading())
    }

    fn laboratories(&self, basis: Basis, arrivals: &Arrivals) -> Option<Check> {
        let figures: Vec<i64> =
            self.request.laboratories.iter().filter_map(|l| basis.of(l)).collect();
        if figures.is_empty() && basis == Basis::Measured {
            return None;
        }
        let have: u64 = figures.iter().map(|n| n.max(&0).unsigned_abs()).sum();
        let time = self.times.ends_at - self.times.starts_at;
        let loaded_by = (time.0 - self.after_loading().0) as f64;
        let need = arrivals.rate_for(loaded_by).map(|rate| (rate * DAY - 1e-6).ceil() as u64);
        Some(Check {
            have,
            need,
            asked: None,
            ends_at: self.ends(arrivals, have),
            until: self.times.ends_at,
        })
    }

    /// Laboratory by laboratory; follow-up tubes are shared as the first ones are.
    fn loads(&self, wait: Span) -> Vec<LabLoad> {
        let mut sums: HashMap<&HolderCode, u64> = HashMap::new();
        for site in self.sites {
            if let Some(lab) = &site.lab {
                *sums.entry(lab).or_default() += u64::from(site.tubes);
            }
        }
        let (mut before, all) = (0u64, u128::from(self.totals.tubes.max(1)));
        let part =
            |tubes: u64| (u128::from(self.totals.follow_up) * u128::from(tubes) / all) as u64;
        let load = |lab: &Laboratory| {
            let tubes = sums.get(&lab.lab).copied().unwrap_or(0);
            let follow_up = part(before + tubes) - part(before);
            before += tubes;
            let arrivals = self.arrivals(1.0, wait, Some(&lab.lab));
            let ends = Basis::ALL.map(|basis| {
                let a_day = basis.of(lab);
                let ends = a_day.and_then(|n| self.ends(&arrivals, n.max(0).unsigned_abs()));
                (a_day, ends)
            });
            let waiting = lab.waiting.max(0).unsigned_abs();
            LabLoad { lab: lab.lab.clone(), tubes, follow_up, waiting, ends }
        };
        self.request.laboratories.iter().map(load).collect()
    }
}
