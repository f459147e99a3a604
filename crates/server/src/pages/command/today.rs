//! What is known now, as a beginning for looking ahead: infections a day, who waits and who is in care,
//! the capacities that there are. All of it is read from counters. A day is 24 hours.

use std::collections::BTreeMap;

use analytics::{AnalyticsError, ahead_runs};
use care::{BedState, Level, Ward};
use city::response_model::{BEFORE, Change, Known, KnownCases, SET_BY, TO_FIND};
use jiff::civil::Date;
use protocol::Outlook;
use types::{AreaCode, AreaScope, Micros, PlaceCode, Refusal, Span, UnitId};

use super::facts::region;
use crate::Fault;
use crate::pages::cases::plan_of;
use crate::seat::Seat;
use crate::ui::time::Local;

/// Days that are looked back on.
pub const BACK: usize = 56;
/// Runs of the renewal equation of which each run of the city takes one.
const AHEAD_RUNS: usize = 400;
/// Zones that are told one by one; of more the rest are one of each county and level.
const ZONES: i64 = 2_000;
/// Rounds that began longer ago say nothing of the next.
const ROUNDS: Span = Span::days(14);

/// A figure of the response that the records know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Has {
    /// The key in the model's documents.
    pub key: &'static str,
    /// The value.
    pub value: f64,
    /// From when on, where that is to come.
    pub from: Option<Micros>,
}

/// A zone that stands, or the rest of those of a county and level.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Which; nothing for the rest, or one that is only asked about.
    pub id: Option<UnitId>,
    /// Its county.
    pub area: AreaCode,
    /// Where.
    pub place: PlaceCode,
    /// What holds.
    pub level: ::zones::Level,
    /// Who lives there, those of zones inside it apart.
    pub persons: i64,
    /// Days until it ends, begun ones included.
    pub days: u32,
}

/// What is known now.
#[derive(Clone, Debug)]
pub struct Today {
    /// When it was read.
    pub at: Micros,
    /// The areas.
    pub scope: AreaScope,
    /// The local day on which the first day to come begins.
    pub date: Date,
    /// Who is registered there.
    pub residents: i64,
    /// Infections of the last [`BACK`] days, the last one last.
    pub totals: Vec<f64>,
    /// The same by county and days ago.
    pub found: Vec<KnownCases>,
    /// In the queue for a bed.
    pub waiting: i64,
    /// In beds: of hospitals, of shelters.
    pub in_care: [i64; 2],
    /// Capacities.
    pub has: Vec<Has>,
    /// How the protocol takes an epidemic to go on.
    pub outlook: Result<Outlook, Refusal>,
    /// What zones hold.
    pub zones: Vec<Held>,
    /// Whether somebody keeps zones: then what they hold is all that is closed.
    pub zones_kept: bool,
}

/// The end of the hour that runs.
pub fn this_hour(at: Micros) -> Micros {
    at.hour_start() + Span::hours(1)
}

/// How many days before an end an hour was, from 1; `None` for hours after it.
fn days_ago(end: Micros, hour: Micros) -> Option<usize> {
    let gone = (end - hour).0 - 1;
    usize::try_from(gone.div_euclid(Span::days(1).0)).ok().map(|n| n + 1)
}

/// Reads it, with days that end at a time.
pub async fn read(seat: &Seat, end: Micros) -> Result<Today, Fault> {
    let (at, scope) = (seat.now(), seat.scope());
    let mut db = seat.db().await?;
    let counties = registry::views::county_counts(&mut db, scope).await?;
    let residents: i64 = counties.iter().map(|county| county.persons).sum();
    let since = end - Span::days(BACK as i64);
    let mut by_day: BTreeMap<(u64, u32), i64> = BTreeMap::new();
    let mut totals = vec![0_i64; BACK];
    for (area, hour, _, n) in cases::views::by_area_and_hour(&mut db, scope, since).await? {
        let Some(ago) = days_ago(end, hour).filter(|ago| *ago <= BACK) else { continue };
        totals[BACK - ago] += n;
        let county = area.to_string().parse().unwrap_or(0);
        *by_day.entry((county, ago as u32)).or_default() += n;
    }
    let found = by_day
        .into_iter()
        .filter(|((_, ago), n)| *n > 0 && *ago < BEFORE)
        .map(|((county, days_ago), n)| KnownCases {
            county,
            days_ago,
            count: u64::try_from(n).unwrap_or(0),
        })
        .collect();
    let waiting = care::views::numbers(&mut db, scope).await?.queued();
    let boards = care::views::board(&mut db, scope).await?;
    let wards = || boards.iter().flat_map(|board| board.wards.iter().map(move |w| (board, w)));
    let in_care = [false, true].map(|shelter| {
        let here = wards().filter(|(_, ward)| is_shelter(ward) == shelter);
        here.map(|(_, ward)| ward.of(BedState::Occupied)).sum()
    });
    let mut has = Vec::new();
    for (shelter, key) in [(false, "beds.hospital"), (true, "beds.fangcang")] {
        let here: Vec<_> = wards().filter(|(_, ward)| is_shelter(ward) == shelter).collect();
        has.extend(beds(key, &here, at));
    }
    let labs = testing::views::laboratories(&mut db, region(scope), at - Span::days(1), at).await?;
    let tubes: i64 =
        labs.iter().map(|lab| if lab.staffed > 0 { lab.staffed } else { lab.measured }).sum();
    if tubes > 0 {
        // A city's laboratories test for all of its counties: a county has its people's share.
        let whole: i64 = registry::views::county_counts(&mut db, region(scope))
            .await?
            .iter()
            .map(|county| county.persons)
            .sum();
        let share = residents as f64 / whole.max(1) as f64;
        has.push(Has { key: "testing.labs", value: (tubes as f64 * share).round(), from: None });
    }
    has.extend(rounds(&testing::views::rounds(&mut db).await?, at, residents));
    let zones = zones(&mut db, scope, at).await?;
    let lately = ::zones::views::flows(&mut db, scope, (since, at + Span::hours(1))).await?;
    let zones_kept = !zones.is_empty() || !lately.is_empty();
    drop(db);
    let (low, high) = scope.bounds();
    let area = if low == high { AreaCode::from_stored(low) } else { AreaCode::NONE };
    let outlook = seat.app().protocol().at(at, area).outlook().cloned();
    let local = Local::new(end.min(at), seat.app().zone());
    let date = local.day().parse().map_err(|_| Refusal::new("day-form"))?;
    Ok(Today {
        at,
        scope,
        date,
        residents,
        totals: totals.into_iter().map(|n| n.max(0) as f64).collect(),
        found,
        waiting,
        in_care,
        has,
        outlook,
        zones,
        zones_kept,
    })
}

/// What stands, each without the zones inside it, so that nobody is held twice.
async fn zones(
    db: &mut store::Connection,
    scope: AreaScope,
    at: Micros,
) -> Result<Vec<Held>, Fault> {
    let standing = ::zones::views::standing(db, scope, (None, None), None, ZONES).await?;
    let numbers = ::zones::views::numbers(db, scope).await?;
    let places: BTreeMap<&PlaceCode, usize> =
        standing.iter().enumerate().map(|(n, zone)| (&zone.place, n)).collect();
    let mut persons: Vec<i64> = standing.iter().map(|zone| zone.persons).collect();
    for zone in &standing {
        let around = registry::place::chain_of(&zone.place);
        let around = around.iter().filter(|place| **place != zone.place);
        if let Some(n) = around.filter_map(|place| places.get(place)).next() {
            persons[*n] -= zone.persons;
        }
    }
    let mut told: BTreeMap<(AreaCode, ::zones::Level), i64> = BTreeMap::new();
    let mut held = Vec::with_capacity(standing.len());
    for (zone, persons) in standing.iter().zip(persons) {
        *told.entry((zone.area(), zone.level)).or_default() += zone.persons;
        let left = (zone.duties.until() - at).0.max(0);
        let days = (left + Span::days(1).0 - 1) / Span::days(1).0;
        held.push(Held {
            id: Some(zone.id),
            area: zone.area(),
            place: zone.place.clone(),
            level: zone.level,
            persons: persons.max(0),
            days: u32::try_from(days).unwrap_or(u32::MAX),
        });
    }
    // Those beyond the list last for as long as those in it on the average do.
    if standing.len() as i64 >= ZONES {
        let usual = held.iter().map(|zone| i64::from(zone.days)).sum::<i64>() / ZONES;
        for ((area, level), sum) in &numbers.0 {
            let rest = sum.persons - told.get(&(*area, *level)).copied().unwrap_or(0);
            let Ok(place) = PlaceCode::parse(&area.to_string()) else { continue };
            if rest > 0 {
                let days = u32::try_from(usual).unwrap_or(0);
                held.push(Held {
                    id: None,
                    area: *area,
                    place,
                    level: *level,
                    persons: rest,
                    days,
                });
            }
        }
    }
    Ok(held)
}

fn is_shelter(ward: &Ward) -> bool {
    ward.level == Level::Shelter
}

/// Places with staff: those of today, and what they become when a facility opens or closes.
fn beds(
    key: &'static str,
    wards: &[(&care::views::Board, &Ward)],
    at: Micros,
) -> impl Iterator<Item = Has> {
    let usable = |when: Micros| -> i64 {
        let open = wards.iter().filter(|(board, _)| board.facility.is_open(when));
        open.map(|(_, ward)| ward.usable()).sum()
    };
    let mut moments: Vec<Micros> = wards
        .iter()
        .flat_map(|(board, _)| [Some(board.facility.opens_at), board.facility.closes_at])
        .flatten()
        .filter(|moment| *moment > at && *moment < Micros::MAX)
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let now = Has { key, value: usable(at) as f64, from: None };
    let later = moments
        .into_iter()
        .map(|moment| Has { key, value: usable(moment) as f64, from: Some(moment) })
        .collect::<Vec<_>>();
    let known = !wards.is_empty();
    std::iter::once(now).chain(later).filter(move |_| known)
}

/// How often rounds begin, and how many people one swabs a day; no rounds where there was none.
fn rounds(rounds: &[testing::Round], at: Micros, residents: i64) -> Vec<Has> {
    let mut recent: Vec<&testing::Round> =
        rounds.iter().filter(|round| round.starts_at > at - ROUNDS).collect();
    recent.sort_by_key(|round| round.starts_at);
    let gap = match recent.as_slice() {
        [] => 0.0,
        [_] => return Vec::new(),
        [.., last_but_one, last] => {
            ((last.starts_at - last_but_one.starts_at).as_hours() / 24.0 * 10.0).round() / 10.0
        }
    };
    let mut has = vec![Has { key: "testing.gap", value: gap, from: None }];
    if let Some(last) = recent.last() {
        let days = ((last.ends_at - last.starts_at).as_hours() / 24.0).max(1.0);
        let people = last.population.min(residents.max(0)) as f64 / days;
        has.push(Has { key: "testing.sampling", value: people.round(), from: None });
    }
    has
}

/// What the next days of finds may be, and how many new infections the days after are expected to
/// have.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// By run: finds of the first, second, … day to come.
    pub runs: Vec<Vec<u64>>,
    /// New infections of the first [`SET_BY`] days: those that will be found [`TO_FIND`] days later.
    /// Nothing where there are too few days to tell.
    pub infections: Option<f64>,
}

impl Today {
    /// Infections of the last days, from the first on.
    pub fn history(&self) -> &[f64] {
        let first = self.totals.iter().position(|n| *n > 0.0).unwrap_or(self.totals.len());
        &self.totals[first..]
    }

    /// Whether there is something to run on from: people, of whom some were found within the days that
    /// the model looks back on.
    pub fn has_cases(&self) -> bool {
        self.residents > 0 && self.found.iter().any(|known| known.days_ago + TO_FIND < BEFORE)
    }

    /// What is expected by the renewal equation; where it has too little to go by, as many finds a day
    /// as in the last three days.
    ///
    /// # Errors
    /// [`AnalyticsError`] for anything but too few days.
    pub fn expected(&self) -> Result<Expected, AnalyticsError> {
        let history = self.history();
        let seed = u64::try_from(self.at.0 / Span::days(1).0).unwrap_or_default();
        let days = (TO_FIND + SET_BY) as usize;
        let runs = match &self.outlook {
            Ok(outlook) => {
                ahead_runs(history, &plan_of(outlook, history.len(), AHEAD_RUNS, seed), days, seed)
            }
            Err(_) => Err(AnalyticsError::TooLittle("no settings".to_owned())),
        };
        match runs {
            Ok(runs) => {
                let mut sums: Vec<u64> =
                    runs.iter().map(|run| run[TO_FIND as usize..].iter().sum()).collect();
                sums.sort_unstable();
                let median = sums.get(sums.len() / 2).copied().unwrap_or(0);
                Ok(Expected { runs, infections: Some(median as f64) })
            }
            Err(AnalyticsError::TooLittle(_)) => {
                let last: f64 = history.iter().rev().take(3).sum();
                let a_day = (last / 3.0).round().max(0.0) as u64;
                Ok(Expected { runs: vec![vec![a_day; TO_FIND as usize]], infections: None })
            }
            Err(other) => Err(other),
        }
    }

    /// The beginning of a simulated city, with what is known of its response; `more` is what somebody
    /// says besides.
    pub fn known(&self, days: u32, expected: &Expected, more: &[Change]) -> Known {
        let ago = |days: u32| jiff::Span::new().days(-i64::from(days));
        let start = self.date.checked_add(ago(BEFORE)).unwrap_or(self.date);
        let has = self.has.iter().map(|has| {
            let day = match has.from {
                None => start,
                // Whoever opens at noon is there on the next day.
                Some(from) => {
                    let ahead = (from - self.at).0.div_euclid(Span::days(1).0) + 1;
                    self.date.checked_add(jiff::Span::new().days(ahead)).unwrap_or(self.date)
                }
            };
            Change::from_day(has.key, day, has.value)
        });
        let open = Change::from_day("zones.area", start, 0.0);
        let more = more.iter().cloned().map(|change| change.since(start));
        Known {
            date: self.date,
            days,
            areas: self.scope,
            residents: u64::try_from(self.residents).unwrap_or(0),
            found: self.found.clone(),
            waiting: u64::try_from(self.waiting).unwrap_or(0),
            in_care: self.in_care.map(|n| u64::try_from(n).unwrap_or(0)),
            ahead: expected.runs.clone(),
            has: std::iter::once(open).chain(has).chain(more).collect(),
            zones: super::what_if::zones_of(self),
            zones_kept: self.zones_kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_24_hours_and_the_last_one_ends_where_it_is_said_to() {
        let at = Micros(0) + Span::days(100) + Span::hours(6) + Span::minutes(20);
        let (end, hour) = (this_hour(at), at.hour_start());
        assert_eq!(days_ago(end, hour), Some(1));
        assert_eq!(days_ago(end, hour - Span::hours(23)), Some(1));
        assert_eq!(days_ago(end, hour - Span::hours(24)), Some(2));
        assert_eq!(days_ago(end, hour + Span::hours(1)), None);
    }
}
