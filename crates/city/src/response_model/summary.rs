//! What several runs say together, beside what was published.

use super::case::DayRow;
use super::plan::ResponsePlan;
use super::reported::ReportedDay;

/// The spread of a figure over runs: 5 %, 50 % and 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// A twentieth of runs are below.
    pub low: f64,
    /// Half are.
    pub median: f64,
    /// A twentieth are above.
    pub high: f64,
}

impl Spread {
    /// Of values in any order; zeros for none.
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len().max(1) - 1) as f64;
            let (low, part) = (place as usize, place.fract());
            let value = |i: usize| values.get(i.min(values.len().saturating_sub(1)));
            match (value(low), value(low + 1)) {
                (Some(a), Some(b)) => a + (b - a) * part,
                _ => 0.0,
            }
        };
        Spread { low: at(0.05), median: at(0.5), high: at(0.95) }
    }

    /// Everything multiplied, for runs of fewer people than there are.
    pub fn times(self, factor: f64) -> Spread {
        Spread { low: self.low * factor, median: self.median * factor, high: self.high * factor }
    }

    /// Whether a value lies in the 90 % band.
    pub fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// One day over all runs.
#[derive(Clone, Debug, PartialEq)]
pub struct DayBand {
    /// The day.
    pub date: jiff::civil::Date,
    /// Infections published in the runs.
    pub daily: Spread,
    /// All published so far.
    pub cumulative: Spread,
    /// Infections that happened, known or not.
    pub infections: Spread,
    /// Infections really published, where they are known.
    pub reported: Option<u64>,
}

fn published(row: &DayRow) -> u64 {
    row.reported_confirmed + row.reported_asymptomatic
}

/// The bands of every day.
pub fn bands(runs: &[Vec<DayRow>], plan: &ResponsePlan, reported: &[ReportedDay]) -> Vec<DayBand> {
    let mut totals = vec![0u64; runs.len()];
    (0..plan.days())
        .map_while(|day| {
            let rows: Option<Vec<&DayRow>> = runs.iter().map(|r| r.get(day as usize)).collect();
            let rows = rows?;
            for (total, row) in totals.iter_mut().zip(&rows) {
                *total += published(row);
            }
            let date = plan.date_of(day);
            let known = reported.iter().find(|r| r.date == date);
            Some(DayBand {
                date,
                daily: Spread::of(rows.iter().map(|r| published(r) as f64).collect()),
                cumulative: Spread::of(totals.iter().map(|t| *t as f64).collect()),
                infections: Spread::of(rows.iter().map(|r| r.infections as f64).collect()),
                reported: known.and_then(ReportedDay::infections),
            })
        })
        .collect()
}

/// How the bands of the days after `after` to `until` hold what was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Days with a published figure.
    pub days: u32,
    /// Of them, inside the band.
    pub inside: u32,
    /// Below the band.
    pub below: u32,
    /// Above it.
    pub above: u32,
}

impl Coverage {
    /// Counts days.
    pub fn of(bands: &[DayBand], after: jiff::civil::Date, until: jiff::civil::Date) -> Coverage {
        let mut c = Coverage::default();
        for band in bands.iter().filter(|b| b.date > after && b.date <= until) {
            let Some(was) = band.reported else { continue };
            c.days += 1;
            let was = was as f64;
            if band.daily.holds(was) {
                c.inside += 1;
            } else if was < band.daily.low {
                c.below += 1;
            } else {
                c.above += 1;
            }
        }
        c
    }
}

/// The first day of a run, after that on which the most were found in the community, from which on
/// nobody is found there for three days; `None` when that never comes. Quiet days before the
/// outbreak was known are no end of it.
pub fn community_end(rows: &[DayRow]) -> Option<u32> {
    let most = rows.iter().map(|r| r.found_in_community).max().filter(|n| *n > 0)?;
    let first = rows.iter().position(|r| r.found_in_community == most)?;
    let quiet = |from: usize| {
        rows.get(from..from + 3)?.iter().all(|r| r.found_in_community == 0).then_some(from)
    };
    (first + 1..rows.len()).find_map(quiet).map(|day| day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_its_quantiles() {
        let s = Spread::of((0..=100).rev().map(f64::from).collect());
        assert_eq!((s.low, s.median, s.high), (5.0, 50.0, 95.0));
        assert!(s.holds(5.0) && s.holds(95.0) && !s.holds(4.9));
        assert_eq!(Spread::of(vec![]), Spread::default());
        assert_eq!(Spread::of(vec![7.0]).high, 7.0);
    }

    #[test]
    fn the_community_is_clear_after_three_quiet_days() {
        let row = |n| DayRow { found_in_community: n, ..DayRow::default() };
        let days = |list: &[u64]| list.iter().map(|n| row(*n)).collect::<Vec<_>>();
        assert_eq!(community_end(&days(&[0, 3, 0, 0, 1, 0, 0, 0, 0])), Some(5));
        assert_eq!(community_end(&days(&[1, 0, 0, 0, 3, 0, 0, 0])), Some(5), "not yet known");
        assert_eq!(community_end(&days(&[0, 3, 1])), None);
        assert_eq!(community_end(&days(&[0, 0])), None);
    }
}
