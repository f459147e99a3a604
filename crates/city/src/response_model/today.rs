//! A rehearsal that begins today: the people of the areas in question, those who are known to be
//! infected as far as their county, day and whereabouts are known, those who will be found in the
//! coming days and so are infected already, and the capacities that there are.
//!
//! What is not known is taken from the scenario, with the values that it ends with: how the virus
//! spreads from person to person, how many come to a round, how well a closed door closes. Capacities
//! of the scenario are of all its people, and are cut down to those who live here.

use jiff::civil::Date;
use toml::{Table, Value};
use types::AreaScope;

use super::case::{Bed, Case, Found, needs_hospital};
use super::change::Change;
use super::plan::ResponsePlan;
use super::rehearsal::Rehearsal;
use super::run::Response;
use super::zones::KnownZone;
use crate::epidemic::draw::{Draw, Purpose};
use crate::epidemic::{Agent, Isolation, Severity};
use crate::{CityError, Scenario};

/// Days of the model before the first that is lived through: older finds are left out, since whoever
/// was found then has left care or is counted there without a name.
pub const BEFORE: u32 = 30;
/// Days from an infection to its being found. A choice of ours: incubation of Omicron is 3 to 4 days
/// and rounds come every few days; that many days of finds to come are infected already.
pub const TO_FIND: u32 = 4;
/// Days over which those in care leave who were found before [`BEFORE`].
const OLD_STAYS: u32 = 10;
/// The days whose infections the contacts are set by.
pub const SET_BY: u32 = 7;
/// Runs that a try of setting the contacts takes.
const SET_RUNS: u32 = 6;
/// Tries.
const SET_TRIES: u32 = 6;
/// Least and greatest factor on contacts.
const FACTORS: [f64; 2] = [0.05, 5.0];

/// Capacities of the response: of all people of the scenario, and so less for fewer.
const CAPACITIES: [(&str, &str); 9] = [
    ("testing", "labs"),
    ("testing", "sampling"),
    ("testing", "couriers"),
    ("testing", "resampling"),
    ("tracing", "staff"),
    ("beds", "hospital"),
    ("beds", "fangcang"),
    ("beds", "transfers"),
    ("quarantine", "rooms"),
];

/// The tables of a response that hold dated values.
const TABLES: [&str; 7] =
    ["testing", "tracing", "beds", "quarantine", "zones", "behaviour", "reporting"];

/// Cases that became known on one day in one county.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCases {
    /// The county, six digits.
    pub county: u64,
    /// How many days ago, from 1.
    pub days_ago: u32,
    /// How many.
    pub count: u64,
}

/// What is known on the morning of the first day.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The first day.
    pub date: Date,
    /// Days to live through.
    pub days: u32,
    /// The areas.
    pub areas: AreaScope,
    /// Who lives there.
    pub residents: u64,
    /// The finds of the days before.
    pub found: Vec<KnownCases>,
    /// Known, and waiting for a bed.
    pub waiting: u64,
    /// In beds: hospital, fangcang.
    pub in_care: [u64; 2],
    /// Ways in which the next [`TO_FIND`] days may go: finds of the first, second, … day to come. A run
    /// takes one of them by its number.
    pub ahead: Vec<Vec<u64>>,
    /// Capacities and rules that are known.
    pub has: Vec<Change>,
    /// Zones that hold by decision.
    pub zones: Vec<KnownZone>,
    /// Whether these are what is closed. Where nobody keeps zones, doors are closed around those who were
    /// found, for as long as the plan says.
    pub zones_kept: bool,
}

/// A beginning, in people of the run.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    known: Known,
    scale: f64,
}

impl Rehearsal {
    /// A rehearsal from today on, with at most so many people; with fewer than live there, all
    /// counts and capacities are in proportion, and so are its figures ([`Rehearsal::scale`]).
    ///
    /// # Errors
    /// [`CityError::NothingThere`] for areas that the scenario does not have, otherwise as
    /// [`Rehearsal::new`].
    pub fn from_today(
        scenario: &Scenario,
        seed: u64,
        most_people: u64,
        known: Known,
    ) -> Result<Rehearsal, CityError> {
        let (epidemic, mut response) = scenario.documents()?;
        hold(&mut response, &known, census(scenario)?)?;
        let people = known.residents.min(most_people).max(1);
        let scale = people as f64 / known.residents.max(1) as f64;
        let (days, areas, has) = (known.days, known.areas, known.has.clone());
        let beginning = Beginning { known, scale };
        let documents = (epidemic, response);
        let mut rehearsal =
            Rehearsal::beginning(scenario, documents, seed, (people, areas), &has, scale)?;
        rehearsal.days = days;
        rehearsal.beginning = Some(beginning.into());
        Ok(rehearsal)
    }

    /// The same with other zones. Those that are in both lists stand at the same place in both: paired runs
    /// then close the same buildings for them.
    #[must_use]
    pub fn with_zones(&self, zones: Vec<KnownZone>) -> Rehearsal {
        let mut other = self.clone();
        other.beginning = self.beginning.as_ref().map(|beginning| {
            let known = Known { zones, ..beginning.known.clone() };
            Beginning { known, scale: beginning.scale }.into()
        });
        other
    }

    /// The same with the contacts of everybody multiplied so that the runs have about as many new
    /// infections in the first [`SET_BY`] days as are expected; with the factor. The response knows
    /// how many are found, not how people behave: this is what the one says of the other.
    ///
    /// # Errors
    /// As [`Rehearsal::run`].
    pub fn set_to(
        &self,
        expected: f64,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<(Rehearsal, f64), CityError> {
        let with = |factor: f64| self.changed(&[Change::times("behaviour.all", factor)]);
        let [mut low, mut high] = FACTORS.map(f64::ln);
        for _ in 0..SET_TRIES {
            let middle = f64::midpoint(low, high);
            let mut rehearsal = with(middle.exp())?;
            rehearsal.days = SET_BY;
            let mut sum = 0;
            for replicate in 0..SET_RUNS {
                if !goes_on() {
                    break;
                }
                let run = rehearsal.run(replicate, &[], |_| ())?;
                sum += run.rows.iter().map(|row| row.infections).sum::<u64>();
            }
            let mean = sum as f64 / f64::from(SET_RUNS) / self.scale();
            if mean < expected {
                low = middle;
            } else {
                high = middle;
            }
        }
        let factor = f64::midpoint(low, high).exp();
        Ok((with(factor)?, factor))
    }
}

/// What some keys of the response stand at as the first day begins; nothing for those that are no dated
/// figure.
///
/// # Errors
/// [`CityError`] naming the key of what cannot be.
pub fn values_now(
    scenario: &Scenario,
    known: &Known,
    keys: &[&str],
) -> Result<Vec<Option<f64>>, CityError> {
    let (_, mut response) = scenario.documents()?;
    hold(&mut response, known, census(scenario)?)?;
    for change in &known.has {
        change.apply(&mut response)?;
    }
    ResponsePlan::read(response.clone())?;
    let today = known.date.to_string();
    let value = |key: &&str| {
        let (table, name) = key.split_once('.')?;
        let entries = response.get(table)?.get(name)?.as_array()?;
        let holds =
            |entry: &&Value| entry.get("from").and_then(Value::as_str) <= Some(today.as_str());
        entries.iter().rev().find(holds)?.get("value").and_then(number)
    };
    Ok(keys.iter().map(value).collect())
}

/// Runs that [`Rehearsal::set_to`] takes at most.
pub const SETTING_RUNS: u32 = SET_RUNS * SET_TRIES;

/// The people whose response the scenario's capacities are.
fn census(scenario: &Scenario) -> Result<u64, CityError> {
    let home = AreaScope::parse(&scenario.parameters.home)?;
    Ok(scenario.census_population(home).max(1))
}

/// Makes the dated values of a document those that it ends with, from [`BEFORE`] days before the first
/// day on; nobody is brought in.
fn hold(document: &mut Table, known: &Known, census: u64) -> Result<(), CityError> {
    let wrong =
        |what: &str| CityError::value(super::plan::FILE, what, "is no date of the calendar");
    let start = known.date.checked_sub(jiff::Span::new().days(i64::from(BEFORE)));
    let start = start.map_err(|_| wrong("start"))?.to_string();
    let end = known.date.checked_add(jiff::Span::new().days(i64::from(known.days)));
    let end = end.map_err(|_| wrong("end"))?.to_string();
    for table in TABLES {
        let Some(Value::Table(values)) = document.get_mut(table) else { continue };
        for (key, dated) in values.iter_mut() {
            let Value::Array(entries) = dated else { continue };
            let Some(mut last) = entries.pop() else { continue };
            if let Value::Table(last) = &mut last {
                last.insert("from".into(), Value::String(start.clone()));
                if CAPACITIES.contains(&(table, key)) {
                    spread(last, known.residents as f64 / census as f64);
                } else if table == "behaviour" {
                    // Whatever the contacts are set to ([`Rehearsal::set_to`]) is possible.
                    widen(last, 0.0, FACTORS[1] * 2.0);
                }
            }
            *entries = vec![last];
        }
    }
    document.insert("start".into(), Value::String(start));
    document.insert("end".into(), Value::String(end));
    document.insert("scope".into(), Value::Array(Vec::new()));
    document.insert("seeds".into(), Value::Array(Vec::new()));
    document.remove("everywhere_from");
    Ok(())
}

/// A capacity in proportion to those who live here; whatever is really there is possible.
fn spread(entry: &mut Table, share: f64) {
    let value = entry.get("value").and_then(number).unwrap_or(0.0) * share;
    // Where there is something at all there is one of it.
    let value = if value > 0.0 { value.round().max(1.0) } else { 0.0 };
    entry.insert("value".into(), Value::Float(value));
    widen(entry, 0.0, 1e9);
}

fn widen(entry: &mut Table, low: f64, high: f64) {
    entry.insert("range".into(), Value::Array(vec![Value::Float(low), Value::Float(high)]));
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64))
}

/// Someone who is infected as the first day begins.
struct Infected {
    agent: Agent,
    /// In days since the model's start.
    at: f64,
    /// The day of being found.
    found: Option<u32>,
    /// Swabbed already, and the result comes on the first day.
    swabbed: bool,
}

impl Beginning {
    /// How many of a count live in the run, at random where that is no whole number.
    fn of(&self, count: u64, draw: &mut Draw) -> u64 {
        let here = count as f64 * self.scale;
        here as u64 + u64::from(draw.chance(here.fract()))
    }

    /// Puts those who are infected into a response that has not begun.
    pub(crate) fn put(&self, response: &mut Response, replicate: u32) {
        response.truth.begin(BEFORE);
        let seed = response.truth.seed();
        let mut draw = Draw::keyed(seed, 0, BEFORE, Purpose::Seeds);
        let infected = self.infected(response, replicate, &mut draw);
        for one in infected {
            if !response.truth.import(one.agent, one.at) {
                continue;
            }
            response.enter(one.found, one.swabbed, !self.known.zones_kept);
        }
        let waiting = self.of(self.known.waiting, &mut draw);
        let in_care = self.known.in_care.map(|n| self.of(n, &mut draw));
        response.place(waiting, in_care);
        response.hold_zones(&self.known.zones, self.scale);
    }

    /// Those who are known, and those who will be found in the coming days, the oldest first.
    fn infected(&self, response: &Response, replicate: u32, draw: &mut Draw) -> Vec<Infected> {
        let all = response.all.clone();
        let people = all.people();
        let mut taken = std::collections::BTreeSet::new();
        // Within the county if somebody lives there; anywhere otherwise.
        let mut somebody = |county: Option<u64>, draw: &mut Draw| -> Option<Agent> {
            let here = |agent: Agent| county.is_none_or(|c| all.county_of(agent) % 1_000_000 == c);
            let mut anywhere = None;
            for _ in 0..TRIES {
                let agent = draw.below(people);
                if taken.contains(&agent) || !response.truth.susceptible(agent) {
                    continue;
                }
                anywhere = Some(agent);
                if here(agent) {
                    break;
                }
            }
            anywhere.inspect(|agent| {
                taken.insert(*agent);
            })
        };
        let mut infected = Vec::new();
        for known in &self.known.found {
            if known.days_ago == 0 || known.days_ago + TO_FIND >= BEFORE {
                continue;
            }
            for _ in 0..self.of(known.count, draw) {
                let found = BEFORE - known.days_ago;
                let at = f64::from(found - TO_FIND) + draw.unit();
                if let Some(agent) = somebody(Some(known.county), draw) {
                    infected.push(Infected { agent, at, found: Some(found), swabbed: false });
                }
            }
        }
        let rows = self.known.ahead.len().max(1);
        let ahead = self.known.ahead.get(replicate as usize % rows);
        let recent: Vec<&KnownCases> =
            self.known.found.iter().filter(|known| known.days_ago <= SET_BY).collect();
        let weights: u64 = recent.iter().map(|known| known.count).sum();
        for (day, count) in (0..TO_FIND).zip(ahead.into_iter().flatten()) {
            for _ in 0..self.of(*count, draw) {
                let at = f64::from(BEFORE + day) - f64::from(TO_FIND) + draw.unit();
                let county = pick(&recent, weights, draw);
                if let Some(agent) = somebody(county, draw) {
                    infected.push(Infected { agent, at, found: None, swabbed: day == 0 });
                }
            }
        }
        infected.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.agent.cmp(&b.agent)));
        infected
    }
}

/// Draws until somebody is taken who lives elsewhere.
const TRIES: u32 = 400;

/// A county, by the finds of the last days.
fn pick(recent: &[&KnownCases], weights: u64, draw: &mut Draw) -> Option<u64> {
    let mut at = (draw.unit() * weights as f64) as u64;
    for known in recent {
        if at < known.count {
            return Some(known.county);
        }
        at -= known.count;
    }
    None
}

impl Response {
    /// The file of the infection that was just brought in, found on a day or not yet; `closes` where doors
    /// around it are closed by the plan, and not by zones that are known.
    fn enter(&mut self, found: Option<u32>, swabbed: bool, closes: bool) {
        let (at, today) = (self.cases.len() as u32, BEFORE);
        let infection = self.truth.infections()[at as usize];
        let mut case = Case::default();
        let dies = self.truth.disease().death(&infection).map(|day| day as u32);
        match (found, dies) {
            // Dead before today: known, and nobody to be fetched.
            (Some(found), Some(dies)) if dies < today => {
                case.found_on = found as u16;
                case.reported_on = found as u16;
                case.died_on = dies as u16;
                self.truth.isolate(infection.agent, Isolation::Care);
            }
            (found, dies) => {
                if let Some(dies) = dies {
                    self.deaths_on.entry(dies.max(today)).or_default().push(at);
                }
                if let Some(found) = found {
                    let ill = self.truth.severity_at(infection.agent, f64::from(found) + 1.0);
                    case.found_on = found as u16;
                    case.reported_on = found as u16;
                    case.how = Found::Round;
                    case.confirmed = ill >= Severity::Mild;
                } else if swabbed {
                    case.pending = true;
                    self.results_on.entry(today).or_default().push((at, Found::Round));
                } else if let Some(seeks) =
                    self.truth.disease().seeks_care(self.truth.seed(), &infection)
                {
                    self.clinic_on.entry((seeks as u32).max(today)).or_default().push(at);
                }
            }
        }
        self.cases.push(case);
        if let Some(found) = found.filter(|_| closes) {
            let date = self.plan.date_of(today);
            self.keep_closed(infection.agent, found, today, date);
        }
    }

    /// Gives everybody who is known a place: the newest wait, those before them are in beds, the ill
    /// in hospital first; the others have left. Beds of those who are not in the list are taken too.
    fn place(&mut self, waiting: u64, in_care: [u64; 2]) {
        let today = BEFORE;
        let mut left = [waiting, in_care[0], in_care[1]];
        let known: Vec<u32> = (0..self.cases.len() as u32)
            .filter(|at| {
                let case = &self.cases[*at as usize];
                case.found().is_some() && case.died().is_none()
            })
            .collect();
        let mut newest = known;
        newest.sort_by_key(|at| std::cmp::Reverse((self.cases[*at as usize].found_on, *at)));
        for at in newest {
            let agent = self.truth.infections()[at as usize].agent;
            if left[0] > 0 {
                left[0] -= 1;
                self.truth.isolate(agent, Isolation::Home);
                self.waiting.push(at);
                continue;
            }
            let ill = needs_hospital(self.truth.severity_at(agent, f64::from(today)));
            let bed = match (ill, left[1] > 0, left[2] > 0) {
                (true, true, _) | (false, true, false) => Some(Bed::Hospital),
                (_, _, true) => Some(Bed::Fangcang),
                (_, false, false) => None,
            };
            let case = &mut self.cases[at as usize];
            let found = case.found_on;
            match bed {
                Some(bed) => {
                    let index = Response::bed_index(bed);
                    left[1 + index] -= 1;
                    self.taken[index] += 1;
                    case.bed = bed;
                    case.admitted_on = (found + 1).min(today as u16 - 1);
                    self.truth.isolate(agent, Isolation::Care);
                    self.patients.push(at);
                }
                None => {
                    case.admitted_on = (found + 1).min(today as u16 - 1);
                    case.released_on = today as u16 - 1;
                    self.truth.isolate(agent, Isolation::None);
                }
            }
        }
        // First come, first fetched.
        self.waiting.reverse();
        self.patients.reverse();
        for (index, rest) in left[1..].iter().enumerate() {
            for n in 0..*rest as u32 {
                self.taken[index] += 1;
                self.free_on.entry(today + 1 + n % OLD_STAYS).or_default()[index] += 1;
            }
        }
    }
}
