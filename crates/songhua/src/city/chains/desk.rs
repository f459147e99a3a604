//! The zero desk, asked about a simulated city: what it would have said on the evening of each day, of each street
//! and county, from what the response knew; beside whether anybody was hidden there.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use cases::FoundIn;
use city::response_model::Watched;
use protocol::{HiddenChains, Protocol};
use tracing_desk::Calendar;
use types::{AreaCode, Micros, RoundId, Span};
use zero::{Criteria, LOOK_BACK, Level, MOST_ROUNDS, Numbers, RoundNumbers, What};

/// Pairs of an area and a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that there are.
    pub all: u64,
    /// Those of which the desk is sure enough, with nobody found in the community on the days that count, and no
    /// pool open.
    pub declared: u64,
    /// Of these, those in which nobody was hidden.
    pub free: u64,
}

impl Tally {
    fn add(&mut self, declared: bool, free: bool) {
        self.all += 1;
        self.declared += u64::from(declared);
        self.free += u64::from(declared && free);
    }

    /// Two together.
    pub fn join(&mut self, other: Tally) {
        self.all += other.all;
        self.declared += other.declared;
        self.free += other.free;
    }

    /// Share of those declared that were free; 1 where none was.
    pub fn share(&self) -> f64 {
        if self.declared == 0 { 1.0 } else { self.free as f64 / self.declared as f64 }
    }
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Streets in which nobody was found in the community in the days that one looks back on.
    QuietStreet,
    /// Streets in which somebody was.
    Street,
    /// Counties in which nobody was.
    QuietCounty,
    /// Counties in which somebody was.
    County,
}

impl Kind {
    fn of(street: bool, quiet: bool) -> Kind {
        match (street, quiet) {
            (true, true) => Kind::QuietStreet,
            (true, false) => Kind::Street,
            (false, true) => Kind::QuietCounty,
            (false, false) => Kind::County,
        }
    }

    /// Its name in a table.
    pub fn words(self) -> &'static str {
        match self {
            Kind::QuietStreet => "streets, nobody found in 35 days",
            Kind::Street => "streets, somebody found in 35 days",
            Kind::QuietCounty => "counties, nobody found in 35 days",
            Kind::County => "counties, somebody found in 35 days",
        }
    }
}

/// By kind and by how sure the desk is: at least so many of 10,000, 0 for less than is declared.
pub type Tallies = BTreeMap<(Kind, i64), Tally>;

/// Bins of how sure the desk is.
const BINS: [i64; 3] = [9_500, 9_900, 9_990];

/// The desk.
#[derive(Debug)]
pub struct Desk<'a> {
    protocol: &'a Protocol,
    calendar: Calendar,
    /// The begin of the first day.
    start: Micros,
    /// Values of the model that are other than the protocol's.
    model: Vec<(String, serde_json::Value)>,
}

impl<'a> Desk<'a> {
    /// The desk under a protocol, of a run that begins on a date.
    ///
    /// # Errors
    /// A value that is none of the model's.
    pub fn new(
        protocol: &'a Protocol,
        start: impl std::fmt::Display,
        model: &[String],
    ) -> Result<Desk<'a>> {
        let calendar = Calendar::of(protocol.zone());
        let noon = Micros::parse(&format!("{start}T12:00:00+08:00"))?;
        let mut changed = Vec::new();
        for text in model {
            let (name, value) = text.split_once('=').context("NAME=VALUE")?;
            changed.push((name.to_owned(), serde_json::from_str(value)?));
        }
        let start = calendar.day(noon);
        Ok(Desk { protocol, calendar, start, model: changed })
    }

    fn day(&self, n: u32) -> Micros {
        self.calendar.after(self.start, i64::from(n))
    }

    fn criteria(&self, at: Micros, county: u64) -> Result<Criteria> {
        let area = AreaCode::new(u32::try_from(county)?)?;
        let mut criteria = Criteria::of(self.protocol.at(at, area))?;
        if !self.model.is_empty() {
            let mut value = serde_json::to_value(&criteria.chains)?;
            for (name, new) in &self.model {
                match value.get_mut(name) {
                    Some(slot) => *slot = new.clone(),
                    None => bail!("the model has no {name}"),
                }
            }
            criteria.chains = serde_json::from_value::<HiddenChains>(value)?;
        }
        Ok(criteria)
    }

    /// Asks about every street and county on every day of a run.
    ///
    /// # Errors
    /// What the desk refuses.
    pub fn check(&self, run: &Watched) -> Result<Tallies> {
        let mut counties: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, code) in run.streets.iter().enumerate() {
            counties.entry(code / 1_000).or_default().push(at);
        }
        let streets = run.streets.iter().enumerate();
        let grounds: Vec<(u64, Vec<usize>, bool)> = streets
            .map(|(at, code)| (code / 1_000, vec![at], true))
            .chain(counties.iter().map(|(county, parts)| (*county, parts.clone(), false)))
            .collect();
        let mut tallies = Tallies::new();
        for day in 0..run.days.len() as u32 {
            // In the evening, when what the day has brought is known.
            let now = self.day(day) + Span::hours(23);
            let mut rules = BTreeMap::new();
            for county in counties.keys() {
                rules.insert(*county, self.criteria(now, *county)?);
            }
            for (county, parts, street) in &grounds {
                let Some(criteria) = rules.get(county) else { continue };
                let numbers = self.numbers(run, parts, day);
                let claim = zero::claim(criteria, &self.calendar, &numbers, now)?;
                let met = |what| claim.item(what).is_some_and(|item| item.passes);
                let settled = met(What::Pools) && met(What::Signals);
                let declared = claim.level == Level::Zero && settled && met(What::Sure);
                let today = &run.days[day as usize];
                let free = parts.iter().all(|street| today[*street].hidden == 0);
                let sure = claim.item(What::Sure).map_or(0, |item| item.number);
                let bin = BINS.into_iter().rev().find(|least| sure >= *least).unwrap_or(0);
                let kind = Kind::of(*street, numbers.found.is_empty());
                tallies.entry((kind, bin)).or_default().add(declared, free);
            }
        }
        Ok(tallies)
    }

    /// What the desk would have counted in some streets at the end of a day.
    fn numbers(&self, run: &Watched, parts: &[usize], day: u32) -> Numbers {
        let people_of = |streets: &mut dyn Iterator<Item = usize>| -> i64 {
            streets.map(|street| i64::from(run.people[street])).sum()
        };
        let mut numbers =
            Numbers { people_around: people_of(&mut (0..run.people.len())), ..Numbers::default() };
        for at in day.saturating_sub(LOOK_BACK as u32)..=day {
            let streets = &run.days[at as usize];
            let here: i64 = parts.iter().map(|street| i64::from(streets[*street].found)).sum();
            let all: i64 = streets.iter().map(|street| i64::from(street.found)).sum();
            let key = (self.day(at) + Span::hours(12), Some(FoundIn::Community));
            if here > 0 {
                numbers.found.insert(key, here);
            }
            if all > here {
                numbers.around.insert(key, all - here);
            }
        }
        let told = run.rounds.iter().rev().filter_map(|round| Some((round, round.told?)));
        for (round, told) in told.filter(|(_, told)| *told <= day).take(MOST_ROUNDS) {
            let mut inside = parts.iter().copied().filter(|street| round.covers[*street]);
            let swabbed = (people_of(&mut inside) as f64 * round.share) as i64;
            if swabbed == 0 {
                continue;
            }
            let mut id = [0; 16];
            id[12..].copy_from_slice(&round.number.to_be_bytes());
            numbers.rounds.push(RoundNumbers {
                round: RoundId::from_bytes(id),
                name_zh: String::new(),
                name_en: String::new(),
                number: i64::from(round.number),
                starts_at: self.day(round.started) + Span::hours(6),
                ends_at: self.day(told) + Span::hours(22),
                closed_at: None,
                planned: people_of(&mut parts.iter().copied()),
                exempt: 0,
                sampled: swabbed,
                settled: swabbed,
                tubes: 0,
                recalled: 0,
            });
        }
        let open = |street: &usize| i64::from(run.days[day as usize][*street].open);
        let open: i64 = parts.iter().map(open).sum();
        match numbers.rounds.first_mut() {
            Some(last) => last.recalled = open,
            // Before the first round somebody was swabbed in a clinic.
            None => numbers.signals = open,
        }
        numbers
    }
}
