//! Areas that are held by decision when a run begins, and those that somebody asks about. A run does not
//! know who lives where in a county: as many of its buildings are closed as hold the people of a zone,
//! compound by compound, those around known cases first.

use std::collections::BTreeSet;

use super::run::Response;
use super::today::BEFORE;
use crate::epidemic::Lock;
use crate::epidemic::draw::{Draw, Purpose};

/// From when until when something holds in a zone, in days from the first that is lived through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneSpan {
    /// The first day.
    pub from: u32,
    /// The first day on which it holds no longer.
    pub until: u32,
    /// How far its people may go.
    pub lock: Lock,
}

/// A zone: people of a county who are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownZone {
    /// The county, six digits.
    pub county: u64,
    /// Who lives there.
    pub persons: u64,
    /// What holds and when; the strictest where two do. Nothing: the zone keeps its place among the
    /// others, so that paired runs close the same buildings for the same zones.
    pub spans: Vec<ZoneSpan>,
}

impl Response {
    /// Closes what zones hold, `persons` of each in people of the run. Zones do not share buildings.
    pub(crate) fn hold_zones(&mut self, zones: &[KnownZone], scale: f64) {
        let all = self.all.clone();
        let seed = self.truth.seed();
        let cases: Vec<u32> =
            self.truth.infections().iter().map(|infection| all.home(infection.agent)).collect();
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        for (n, zone) in zones.iter().enumerate() {
            let mut draw = Draw::keyed(seed, n as u32, BEFORE, Purpose::Zones);
            let here = |compound: &u32| all.community_of(*compound) / 1_000_000 == zone.county;
            let others: Vec<u32> = (0..all.compounds()).filter(here).collect();
            let begin = draw.below(others.len() as u32) as usize;
            let around = cases.iter().copied().filter(here);
            let others = others.iter().cycle().skip(begin).take(others.len()).copied();
            let mut left = zone.persons as f64 * scale;
            let mut closed: Vec<u32> = Vec::new();
            for compound in around.chain(others) {
                for building in all.buildings_of(compound) {
                    let people = all.in_building(building).len() as f64;
                    // The last one if the zone holds at least half of it.
                    if left >= people / 2.0 && people > 0.0 && taken.insert(building) {
                        left -= people;
                        closed.push(building);
                    }
                }
                if left < 1.0 {
                    break;
                }
            }
            let spans: Vec<(u32, u32, Lock)> = zone
                .spans
                .iter()
                .map(|span| {
                    let day = |n: u32| BEFORE.saturating_add(n);
                    (day(span.from), day(span.until), span.lock)
                })
                .collect();
            for day in spans.iter().flat_map(|(from, until, _)| [from, until]) {
                self.zones_turn.entry(*day).or_default().extend(&closed);
            }
            for building in &closed {
                self.zoned.entry(*building).or_default().extend(&spans);
            }
        }
    }

    /// Closes and opens, in the morning, what a zone that begins or ends on this day holds.
    pub(crate) fn turn_zones(&mut self, day: u32, date: jiff::civil::Date) {
        for building in self.zones_turn.remove(&day).unwrap_or_default() {
            self.apply(building, day, date);
        }
    }

    /// What zones hold a building to on a day.
    pub(crate) fn zone_lock(&self, building: u32, day: u32) -> Lock {
        let spans = self.zoned.get(&building).into_iter().flatten();
        let holds = spans.filter(|(from, until, _)| (*from..*until).contains(&day));
        holds.map(|(_, _, lock)| *lock).max().unwrap_or_default()
    }
}
