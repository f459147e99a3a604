//! The round at a glance, from counters.

use std::collections::{BTreeMap, HashMap};

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, Micros, PlaceCode, RoundId};

use crate::rows::{Round, read_round};
use crate::state::Stage;
use crate::tables::{
    CAPACITIES, COUNTS_BY_HOUR, COUNTS_BY_PLACE, COUNTS_OF_ROUND, LAB_COUNTS, LEVELS, ROUND_BY_ID,
    ROUNDS, SUMS_BY_HOUR, SUMS_BY_PLACE, TARGET_ZONE, TARGETS_OF_ROUND, TURNAROUND_OF,
};
use crate::turnaround::Step;

/// Persons and tubes by stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageCounts(BTreeMap<String, (i64, i64)>);

impl StageCounts {
    /// Persons (or swabs) counted in a stage.
    pub fn persons(&self, stage: Stage) -> i64 {
        self.0.get(stage.as_str()).map_or(0, |n| n.0)
    }

    /// Tubes counted in a stage.
    pub fn tubes(&self, stage: Stage) -> i64 {
        self.0.get(stage.as_str()).map_or(0, |n| n.1)
    }

    /// Persons expected who are neither sampled nor excused: the blind spots.
    pub fn blind(&self) -> i64 {
        let known = self.persons(Stage::Sampled) + self.persons(Stage::Exempt);
        (self.persons(Stage::Planned) - known).max(0)
    }

    /// Tubes with couriers: dispatched and not received.
    pub fn in_transit(&self) -> i64 {
        (self.tubes(Stage::Sent) - self.tubes(Stage::Received)).max(0)
    }

    /// Tubes at sites: sealed and not dispatched.
    pub fn at_sites(&self) -> i64 {
        (self.tubes(Stage::Collected) - self.tubes(Stage::Sent)).max(0)
    }

    /// Tubes in laboratories: received and without a final result.
    pub fn in_laboratory(&self) -> i64 {
        (self.tubes(Stage::Received) - self.tubes(Stage::Tested)).max(0)
    }

    fn add(&mut self, stage: &str, persons: i64, tubes: i64) {
        let slot = self.0.entry(stage.to_owned()).or_default();
        *slot = (slot.0 + persons, slot.1 + tubes);
    }
}

/// All rounds, the latest first.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn rounds(db: &mut Connection) -> Result<Vec<Round>> {
    let rows = db.query(&ROUNDS, &[]).await?;
    Ok(rows.iter().map(read_round).collect::<store::Result<_>>()?)
}

/// One round.
///
/// # Errors
/// As [`rounds`].
pub async fn round(db: &mut Connection, id: RoundId) -> Result<Option<Round>> {
    let rows = db.lookup(&ROUND_BY_ID, &[id.into()]).await?;
    Ok(rows.first().map(read_round).transpose()?)
}

/// The round's counters over a scope.
///
/// # Errors
/// As [`rounds`].
pub async fn totals(db: &mut Connection, scope: AreaScope, round: RoundId) -> Result<StageCounts> {
    let (low, high) = scope.bounds();
    let mut counts = StageCounts::default();
    for row in db.query(&COUNTS_OF_ROUND, &[low.into(), high.into(), round.into()]).await? {
        counts.add(row.text(0)?, row.int(1)?, row.int(2)?);
    }
    Ok(counts)
}

/// The counters of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceLine {
    /// The place's code (a prefix of the codes counted).
    pub place: String,
    /// Its counters.
    pub counts: StageCounts,
}

/// Counters by place: `digits` of the code make one line (6 county, 9 street, 12 community, 40
/// compound), within places whose code starts with `within`.
///
/// Tube stages are kept by the site's community; below that level they are zero.
///
/// # Errors
/// As [`rounds`].
pub async fn places(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
    within: &str,
    digits: i64,
) -> Result<Vec<PlaceLine>> {
    let (low, high) = scope.bounds();
    // The character after every one that a code may hold ends the range of a prefix.
    let end = format!("{within}~");
    let params = [low.into(), high.into(), round.into(), within.into(), end.into(), digits.into()];
    let rows = match level_of(digits) {
        Some(level) => {
            let params: Vec<Value> = params.into_iter().chain([level.into()]).collect();
            db.query(&SUMS_BY_PLACE, &params).await?
        }
        None => db.query(&COUNTS_BY_PLACE, &params).await?,
    };
    let mut lines: BTreeMap<String, StageCounts> = BTreeMap::new();
    for row in rows {
        let line = lines.entry(row.text(0)?.to_owned()).or_default();
        line.add(row.text(1)?, row.int(2)?, row.int(3)?);
    }
    Ok(lines.into_iter().map(|(place, counts)| PlaceLine { place, counts }).collect())
}

/// The level at which codes of so many digits have their counters added up; `None` below a
/// community.
fn level_of(digits: i64) -> Option<i64> {
    LEVELS.into_iter().find(|level| digits <= *level)
}

/// The counters of one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourLine {
    /// Its start.
    pub hour: Micros,
    /// What happened in it.
    pub counts: StageCounts,
}

/// Counters by hour of the event, of places whose code starts with `within`.
///
/// # Errors
/// As [`rounds`].
pub async fn hours(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
    within: &str,
) -> Result<Vec<HourLine>> {
    let (low, high) = scope.bounds();
    let end = format!("{within}~");
    let params = [low.into(), high.into(), round.into(), within.into(), end.into()];
    let rows = match level_of(within.len() as i64) {
        Some(level) => {
            let params: Vec<Value> = params.into_iter().chain([level.into()]).collect();
            db.query(&SUMS_BY_HOUR, &params).await?
        }
        None => db.query(&COUNTS_BY_HOUR, &params).await?,
    };
    let mut lines: BTreeMap<Micros, StageCounts> = BTreeMap::new();
    for row in rows {
        lines.entry(row.time(0)?).or_default().add(row.text(1)?, row.int(2)?, row.int(3)?);
    }
    Ok(lines.into_iter().map(|(hour, counts)| HourLine { hour, counts }).collect())
}

/// The targets of a county in a round: compound, persons, zone.
///
/// # Errors
/// As [`rounds`].
pub async fn targets(
    db: &mut Connection,
    area: AreaCode,
    round: RoundId,
) -> Result<Vec<(PlaceCode, i64, String)>> {
    let rows = db.query(&TARGETS_OF_ROUND, &[area.into(), round.into()]).await?;
    let mut targets = Vec::with_capacity(rows.len());
    for row in rows {
        if let Ok(compound) = PlaceCode::parse(row.text(0)?) {
            targets.push((compound, row.int(1)?, row.text(2)?.to_owned()));
        }
    }
    Ok(targets)
}

/// The kinds of zone that some rounds take compounds of a county for; of the later round where several do.
///
/// # Errors
/// As [`targets`].
pub async fn zones(
    db: &mut Connection,
    area: AreaCode,
    rounds: &[RoundId],
    compounds: &[PlaceCode],
) -> Result<HashMap<PlaceCode, String>> {
    let mut zones = HashMap::new();
    for round in rounds {
        let keys: Vec<Value> = compounds
            .iter()
            .flat_map(|c| [area.into(), (*round).into(), c.as_str().into()])
            .collect();
        for row in db.lookup(&TARGET_ZONE, &keys).await? {
            if let Ok(compound) = PlaceCode::parse(row.text(0)?) {
                zones.insert(compound, row.text(1)?.to_owned());
            }
        }
    }
    Ok(zones)
}

/// A laboratory's load against its three capacities, in tubes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabLine {
    /// The laboratory.
    pub lab: String,
    /// Tubes a day as claimed on paper.
    pub claimed: i64,
    /// Tubes a day for which there are people and machines.
    pub staffed: i64,
    /// Tubes tested in the window, scaled to a day: what it really does.
    pub measured: i64,
    /// Tubes received in the window.
    pub received: i64,
    /// Tubes tested in the window.
    pub tested: i64,
    /// Tubes received and not yet tested, ever.
    pub waiting: i64,
}

/// Laboratories over the window from `since` to `now`. The window's first hour counts whole.
///
/// # Errors
/// As [`rounds`].
pub async fn laboratories(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    now: Micros,
) -> Result<Vec<LabLine>> {
    let (low, high) = scope.bounds();
    let mut lines: BTreeMap<String, LabLine> = BTreeMap::new();
    for row in db.query(&CAPACITIES, &[low.into(), high.into(), now.into()]).await? {
        let line = lines.entry(row.text(0)?.to_owned()).or_default();
        // Rows come oldest first: the last one is in force.
        (line.claimed, line.staffed) = (row.int(1)?, row.int(2)?);
    }
    let since = since.hour_start();
    for row in db.query(&LAB_COUNTS, &[low.into(), high.into(), since.into()]).await? {
        let line = lines.entry(row.text(0)?.to_owned()).or_default();
        let (all, recent) = (row.int(2)?, row.int(3)?);
        if row.text(1)? == Stage::Received.as_str() {
            line.received = recent;
            line.waiting += all;
        } else if row.text(1)? == Stage::Tested.as_str() {
            line.tested = recent;
            line.waiting -= all;
        }
    }
    let hours = ((now - since).as_hours()).max(1.0);
    Ok(lines
        .into_iter()
        .map(|(lab, line)| LabLine {
            lab,
            measured: (line.tested as f64 * 24.0 / hours).round() as i64,
            waiting: line.waiting.max(0),
            ..line
        })
        .collect())
}

/// How long a step took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnaroundLine {
    /// The step.
    pub step: Step,
    /// Tubes measured.
    pub tubes: i64,
    /// Minutes that half of them took at most, to five minutes.
    pub median: i64,
    /// Minutes that nine in ten took at most.
    pub p90: i64,
    /// Minutes that 99 in 100 took at most.
    pub p99: i64,
}

/// Turnaround by step over a scope.
///
/// # Errors
/// As [`rounds`].
pub async fn turnaround(
    db: &mut Connection,
    scope: AreaScope,
    round: RoundId,
) -> Result<Vec<TurnaroundLine>> {
    let (low, high) = scope.bounds();
    let mut classes: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for row in db.query(&TURNAROUND_OF, &[low.into(), high.into(), round.into()]).await? {
        classes.entry(row.text(0)?.to_owned()).or_default().push((row.int(1)?, row.int(2)?));
    }
    let steps = [Step::Collect, Step::Deliver, Step::Wait, Step::Test, Step::Whole];
    Ok(steps
        .into_iter()
        .filter_map(|step| {
            let classes = classes.get(step.as_str())?;
            let at = |share| percentile(classes, share);
            Some(TurnaroundLine {
                step,
                tubes: classes.iter().map(|(_, n)| n).sum(),
                median: at(0.5),
                p90: at(0.9),
                p99: at(0.99),
            })
        })
        .collect())
}

/// The upper end of the class that holds the `share` smallest: minutes, in classes of five,
/// given as (lower end, count) in rising order. Nearest-rank definition.
pub fn percentile(classes: &[(i64, i64)], share: f64) -> i64 {
    let total: i64 = classes.iter().map(|(_, n)| n).sum();
    let rank = (share * total as f64).ceil() as i64;
    let mut seen = 0;
    for (minutes, n) in classes {
        seen += n;
        if seen >= rank && *n > 0 {
            return minutes + 5;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_by_nearest_rank() {
        let classes = [(0, 50), (5, 40), (60, 9), (600, 1)];
        assert_eq!(percentile(&classes, 0.5), 5);
        assert_eq!(percentile(&classes, 0.51), 10);
        assert_eq!(percentile(&classes, 0.99), 65);
        assert_eq!(percentile(&classes, 1.0), 605);
        assert_eq!(percentile(&[], 0.5), 0);
    }
}
