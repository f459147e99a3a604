//! Looking ahead by the renewal equation: infections to come, and what they will need.
//!
//! A run draws R from its posterior, lets it settle and wander, and draws each day's infections around R Λ(t).
//! Everything else follows from the infections of the same run, so that a run in which cases rise
//! is also one in which beds run out:
//!
//! - **found-in**: shares drawn from a Dirichlet distribution around the recent counts, then a
//!   multinomial split of each day;
//! - **beds**: each infection gets a severity; it takes a bed of that severity from the day it is
//!   found, for a length of stay drawn from that severity's distribution; those in bed now leave by
//!   the same distribution, given how long they have been there;
//! - **contacts**: each infection brings contacts, more or fewer by how it was found, who stay under
//!   observation for a number of days;
//! - **tubes**: planned rounds, plus the tests of contacts on their days, plus retests of the
//!   pools that turn positive.
//!
//! The draws come from one seed: the same input and seed give the same forecast.

use serde::Serialize;

use crate::error::{counts, positive};
use crate::fan::{Fan, Runs};
use crate::gamma::Gamma;
use crate::{AnalyticsError, Draws, FoundIn, Incidence, SerialInterval};

/// Severities in the order of rising care: asymptomatic, mild, moderate, severe, critical.
pub const SEVERITIES: usize = 5;

/// How infections go on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Course {
    /// R today.
    pub reproduction: Gamma,
    /// Standard deviation of the daily step of ln R. 0 keeps R as drawn.
    pub daily_step: f64,
    /// What R settles at, for example 1, or below when measures are expected to hold.
    pub settles_at: f64,
    /// The share of the distance of ln R from there that is left after a day: 1 keeps R as it is,
    /// 0.8 takes it half-way in three days. (A damped trend, after Gardner and McKenzie 1985:
    /// epidemics that are fought do not grow for two weeks as they grow today.)
    pub damping: f64,
    /// Dispersion of a day's count around its mean (size of a negative binomial distribution);
    /// infinite for Poisson.
    pub size: f64,
}

/// The share of infections of each severity, and how long each stays.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Care {
    /// Shares by severity; they sum to 1.
    pub shares: [f64; SEVERITIES],
    /// By severity: the probability of staying 1, 2, 3, … days.
    pub stays: [Vec<f64>; SEVERITIES],
    /// In bed now, by severity: how many for 0, 1, 2, … days already.
    pub in_bed: [Vec<u64>; SEVERITIES],
}

/// What contacts and tests an infection brings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needs {
    /// Mean contacts of an infection, in the order of [`FoundIn::ALL`].
    pub contacts: [f64; 3],
    /// Dispersion of the contacts of one infection (size).
    pub contacts_size: f64,
    /// Days under observation.
    pub observation_days: usize,
    /// Days of observation, from 1, on which a contact is tested; one tube each time.
    pub contact_tests: Vec<usize>,
    /// Tubes of the rounds that are planned, by day to come; days beyond are without a round.
    pub planned_tubes: Vec<f64>,
    /// People in a pooled tube. An infection found in the community is taken to make one pool
    /// positive, all of whose members give a single tube again.
    pub pool: usize,
    /// Contacts under observation now, by the days they have been already.
    pub under_observation: Vec<u64>,
}

/// A forecast's input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// Infections a day until today.
    pub history: Incidence,
    /// The serial interval.
    pub interval: SerialInterval,
    /// How infections go on.
    pub course: Course,
    /// Recent infections by found-in, in the order of [`FoundIn::ALL`].
    pub found_in: [f64; 3],
    /// Severity and stay.
    pub care: Care,
    /// Contacts and tubes.
    pub needs: Needs,
    /// Days to look ahead.
    pub days: usize,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// New infections a day.
    pub infections: Fan,
    /// New infections a day, in the order of [`FoundIn::ALL`].
    pub found_in: [Fan; 3],
    /// Beds in use at the end of the day, by severity.
    pub beds: [Fan; SEVERITIES],
    /// New contacts a day.
    pub contacts: Fan,
    /// Contacts under observation at the end of the day.
    pub under_observation: Fan,
    /// Tubes a day.
    pub tubes: Fan,
    /// Runs behind it.
    pub runs: usize,
    /// Their seed.
    pub seed: u64,
}

impl Outlook {
    fn check(&self) -> Result<(), AnalyticsError> {
        let refuse = |what, value, wanted| Err(AnalyticsError::Parameter { what, value, wanted });
        if self.days == 0 {
            let wanted = "at least 1".to_owned();
            return Err(AnalyticsError::Count { what: "days to look ahead", value: 0, wanted });
        }
        if self.course.size.is_nan() || self.course.size <= 0.0 {
            return refuse("dispersion of daily counts", self.course.size, "above 0");
        }
        positive("dispersion of contacts", self.needs.contacts_size)?;
        if !(self.course.daily_step >= 0.0 && self.course.daily_step.is_finite()) {
            return refuse("daily step of ln R", self.course.daily_step, "finite, at least 0");
        }
        positive("R that it settles at", self.course.settles_at)?;
        if !(0.0..=1.0).contains(&self.course.damping) {
            return refuse("damping of ln R", self.course.damping, "between 0 and 1");
        }
        counts("infections by found-in", &self.found_in)?;
        counts("contacts of an infection", &self.needs.contacts)?;
        counts("planned tubes", &self.needs.planned_tubes)?;
        distribution("share of a severity", &self.care.shares)?;
        for stay in &self.care.stays {
            distribution("share of a length of stay", stay)?;
        }
        Ok(())
    }
}

fn distribution(what: &'static str, shares: &[f64]) -> Result<(), AnalyticsError> {
    let sum: f64 = shares.iter().sum();
    let fine = shares.iter().all(|s| *s >= 0.0) && (sum - 1.0).abs() <= 1e-9;
    if !fine {
        let wanted = "at least 0, and 1 in sum";
        return Err(AnalyticsError::Parameter { what, value: sum, wanted });
    }
    Ok(())
}

/// The forecast of `runs` runs.
///
/// # Errors
/// [`AnalyticsError::Parameter`], [`AnalyticsError::Count`] or [`AnalyticsError::NotACount`] for an
/// input that cannot be, by its name.
pub fn forecast(outlook: &Outlook, runs: usize, seed: u64) -> Result<Forecast, AnalyticsError> {
    outlook.check()?;
    if runs == 0 {
        let wanted = "at least 1".to_owned();
        return Err(AnalyticsError::Count { what: "number of runs", value: 0, wanted });
    }
    let days = outlook.days;
    let mut draws = Draws::new(seed);
    let weights = outlook.interval.normalised();
    let fan = || Runs::new(days);
    let (mut infections, mut contacts, mut observed, mut tubes) = (fan(), fan(), fan(), fan());
    let mut found_in = [fan(), fan(), fan()];
    let mut beds: [Runs; SEVERITIES] = std::array::from_fn(|_| fan());
    for _ in 0..runs {
        let new =
            infections_of(&outlook.history, &outlook.course, weights.weights(), days, &mut draws);
        let shares = dirichlet(&outlook.found_in, &mut draws);
        let mut ward = Ward::new(&outlook.care, days, &mut draws);
        let mut desk = ContactDesk::new(&outlook.needs, days);
        for (day, new) in new.iter().enumerate() {
            infections.push(day, *new as f64);
            let by_found = draws.multinomial(*new, &shares);
            for (runs, n) in found_in.iter_mut().zip(&by_found) {
                runs.push(day, *n as f64);
            }
            ward.admit(&outlook.care, day, *new, &mut draws);
            for (runs, occupied) in beds.iter_mut().zip(&ward.occupied) {
                runs.push(day, occupied[day]);
            }
            let brought = desk.add(&outlook.needs, day, &by_found, &mut draws);
            contacts.push(day, brought);
            observed.push(day, desk.under_observation[day]);
            let community = by_found.get(COMMUNITY).copied().unwrap_or(0);
            let retests = community as f64 * outlook.needs.pool as f64;
            let planned = outlook.needs.planned_tubes.get(day).copied().unwrap_or(0.0);
            tubes.push(day, planned + desk.tests[day] + retests);
        }
    }
    let [a, b, c] = found_in;
    let mut wards = Vec::with_capacity(SEVERITIES);
    for runs in beds {
        wards.push(runs.fan()?);
    }
    let beds = <[Fan; SEVERITIES]>::try_from(wards)
        .map_err(|_| AnalyticsError::TooLittle("beds of every severity".to_owned()))?;
    Ok(Forecast {
        infections: infections.fan()?,
        found_in: [a.fan()?, b.fan()?, c.fan()?],
        beds,
        contacts: contacts.fan()?,
        under_observation: observed.fan()?,
        tubes: tubes.fan()?,
        runs,
        seed,
    })
}

/// Infections only, for back-tests.
pub(crate) fn infections_ahead(
    history: &Incidence,
    interval: &SerialInterval,
    course: &Course,
    days: usize,
    runs: usize,
    seed: u64,
) -> Result<Fan, AnalyticsError> {
    let mut fan = Runs::new(days);
    for run in runs_ahead(history, interval, course, days, runs, seed) {
        for (day, new) in run.into_iter().enumerate() {
            fan.push(day, new as f64);
        }
    }
    fan.fan()
}

/// The runs themselves: infections a day.
pub(crate) fn runs_ahead(
    history: &Incidence,
    interval: &SerialInterval,
    course: &Course,
    days: usize,
    runs: usize,
    seed: u64,
) -> Vec<Vec<u64>> {
    let weights = interval.normalised();
    let mut draws = Draws::new(seed);
    (0..runs.max(1))
        .map(|_| infections_of(history, course, weights.weights(), days, &mut draws))
        .collect()
}

/// The place of [`FoundIn::Community`] in [`FoundIn::ALL`].
const COMMUNITY: usize = FoundIn::ALL.len() - 1;

/// Infections of one run. A count that would exceed what a `u64` can hold stays below 2⁵³.
fn infections_of(
    history: &Incidence,
    course: &Course,
    weights: &[f64],
    days: usize,
    draws: &mut Draws,
) -> Vec<u64> {
    let mut series = history.total().to_vec();
    let settled = course.settles_at.ln();
    let mut ln_r = draws.gamma(course.reproduction).ln();
    let mut new = Vec::with_capacity(days);
    for _ in 0..days {
        ln_r = settled + course.damping * (ln_r - settled) + course.daily_step * draws.normal();
        let back = series.iter().rev().zip(&weights[1..]);
        let pressure: f64 = back.map(|(cases, weight)| cases * weight).sum();
        let mean = (ln_r.exp() * pressure).min(1e15);
        let count = draws.negative_binomial(mean, course.size).min(9e15);
        series.push(count);
        new.push(count as u64);
    }
    new
}

/// Shares around counts, with a prior of ⅓ a kind: a kind never seen is unlikely, not impossible.
fn dirichlet(counts: &[f64; 3], draws: &mut Draws) -> [f64; 3] {
    let mut shares = [0.0; 3];
    for (share, count) in shares.iter_mut().zip(counts) {
        // The shape is above 0 by construction, the scale is 1.
        *share = Gamma::new(count + 1.0 / 3.0, 1.0).map_or(0.0, |g| draws.gamma(g));
    }
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 { shares.map(|s| s / sum) } else { [1.0 / 3.0; 3] }
}

/// Beds in use at the end of each day to come, by severity.
struct Ward {
    occupied: [Vec<f64>; SEVERITIES],
}

impl Ward {
    fn new(care: &Care, days: usize, draws: &mut Draws) -> Ward {
        let occupied = std::array::from_fn(|severity| {
            let stay = &care.stays[severity];
            let mut in_use = vec![0.0; days];
            for (already, patients) in care.in_bed[severity].iter().enumerate() {
                let mut left = *patients;
                // Today is over: after `already` days, the next day is day already + 1.
                for (day, use_of_day) in in_use.iter_mut().enumerate() {
                    left -= draws.binomial(left, leaving(stay, already + day));
                    *use_of_day += left as f64;
                }
            }
            in_use
        });
        Ward { occupied }
    }

    fn admit(&mut self, care: &Care, day: usize, new: u64, draws: &mut Draws) {
        let severities = draws.multinomial(new, &care.shares);
        for ((occupied, stay), patients) in
            self.occupied.iter_mut().zip(&care.stays).zip(severities)
        {
            let stays = draws.multinomial(patients, stay);
            // In bed from the day of being found; who stays n days is there n evenings.
            let mut left = patients;
            for (after, use_of_day) in occupied[day..].iter_mut().enumerate() {
                *use_of_day += left as f64;
                left -= stays.get(after).copied().unwrap_or(0);
            }
        }
    }
}

/// The probability of leaving on the day after `already` days, for somebody still there. Whoever
/// has outstayed the distribution leaves as those of its last day, that is, at once.
fn leaving(stay: &[f64], already: usize) -> f64 {
    let remaining: f64 = stay.iter().skip(already).sum();
    match stay.get(already) {
        Some(share) if remaining > 0.0 => (share / remaining).min(1.0),
        _ => 1.0,
    }
}

/// Contacts under observation at the end of each day to come, and their tests of each day.
struct ContactDesk {
    under_observation: Vec<f64>,
    tests: Vec<f64>,
}

impl ContactDesk {
    fn new(needs: &Needs, days: usize) -> ContactDesk {
        let mut desk = ContactDesk { under_observation: vec![0.0; days], tests: vec![0.0; days] };
        for (already, people) in needs.under_observation.iter().enumerate() {
            desk.observe(needs, 0, already + 1, *people as f64);
        }
        desk
    }

    /// People whose day of observation number `number` (from 1) is `day`.
    fn observe(&mut self, needs: &Needs, day: usize, number: usize, people: f64) {
        for at in day..self.tests.len() {
            let number = number + at - day;
            if number > needs.observation_days {
                break;
            }
            self.under_observation[at] += people;
            if needs.contact_tests.contains(&number) {
                self.tests[at] += people;
            }
        }
    }

    fn add(&mut self, needs: &Needs, day: usize, by_found: &[u64], draws: &mut Draws) -> f64 {
        let mut brought = 0.0;
        for (infections, mean) in by_found.iter().zip(&needs.contacts) {
            // The contacts of n infections: n times the mean, and n times the size.
            let n = *infections as f64;
            brought += draws.negative_binomial(n * mean, n.max(1.0) * needs.contacts_size);
        }
        self.observe(needs, day, 1, brought);
        brought
    }
}
