//! Back-tests the forecast by the renewal equation on the daily figures of Jilin, spring 2022,
//! against the naive forecast, and prints the tables of docs/analytics.md:
//!
//! cargo run -p songhua-analytics --example backtest

use std::collections::BTreeMap;
use std::error::Error;

use analytics::{Comparison, Plan, Trial, back_test};
use jiff::civil::{Date, date};

/// Published counts, by area and day.
type Counts = BTreeMap<(String, String), BTreeMap<Date, f64>>;

fn read() -> Result<Counts, Box<dyn Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/jilin/daily.csv");
    let mut counts = Counts::new();
    for row in csv::Reader::from_path(file)?.records() {
        let row = row?;
        let cell = |i: usize| row.get(i).ok_or("a short row");
        // Part of a day is not a day.
        if cell(4)?.starts_with("partial") {
            continue;
        }
        let key = (cell(1)?.to_owned(), cell(2)?.to_owned());
        counts.entry(key).or_default().insert(cell(0)?.parse()?, cell(3)?.parse()?);
    }
    Ok(counts)
}

/// The days of a series; a day counts only where all of its parts were published.
fn series(counts: &Counts, area: &str, parts: &[&str], last: Date) -> Vec<Option<f64>> {
    let of = |part: &str| counts.get(&(area.to_owned(), part.to_owned()));
    date(2022, 3, 1)
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= last)
        .map(|day| {
            let values = parts.iter().map(|part| of(part)?.get(&day).copied());
            values.sum::<Option<f64>>()
        })
        .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let counts = read()?;
    let last = date(2022, 4, 28);
    let sets = [
        ("province, new confirmed", series(&counts, "220000", &["confirmed"], last)),
        ("province, positives", series(&counts, "220000", &["confirmed", "asymptomatic"], last)),
        ("Jilin City, positives", series(&counts, "220200", &["confirmed", "asymptomatic"], last)),
        ("Changchun, positives", series(&counts, "220100", &["confirmed", "asymptomatic"], last)),
    ];
    let plan = Plan {
        first_origin: 14,
        horizon: 14,
        window: 7,
        interval: (2.75, 2.54),
        daily_step: 0.05,
        trend: 0.0,
        runs: 2_000,
        seed: 20_220_310,
    };
    println!(
        "| series | days ahead | forecasts | WIS | naive WIS | skill | 50 % | 90 % | naive 50 % | naive 90 % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (name, series) in &sets {
        let trials = back_test(series, &plan)?;
        for (label, low, high) in [("1–3", 1, 3), ("4–7", 4, 7), ("8–14", 8, 14), ("1–14", 1, 14)]
        {
            let within = |t: &Trial| (low..=high).contains(&t.ahead);
            let c = Comparison::of(&trials, within)?;
            println!(
                "| {name} | {label} | {} | {:.0} | {:.0} | {:+.2} | {:.0} % | {:.0} % | {:.0} % | {:.0} % |",
                c.renewal.forecasts,
                c.renewal.weighted_interval_score,
                c.naive.weighted_interval_score,
                c.skill().unwrap_or(f64::NAN),
                100.0 * c.renewal.coverage_50,
                100.0 * c.renewal.coverage_90,
                100.0 * c.naive.coverage_50,
                100.0 * c.naive.coverage_90,
            );
        }
    }
    Ok(())
}
