//! `bench analytics`: reproduction numbers, nowcasts and forecasts, beside the R packages that are
//! used for them.

use std::time::{Duration, Instant};

use analytics::{
    Allocation, Delays, Draws, Incidence, Nowcasts, SerialInterval, Settings, Triangle, Window,
    reproduction,
};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Benchmark, Report, Run, Setting, peers, rounded, say};
use crate::process;

/// Days of a series: a year.
const DAYS: usize = 365;
/// Mean and standard deviation of the serial interval, in days.
const INTERVAL: (f64, f64) = (4.7, 2.9);
/// Series that the peers are given.
const SERIES: usize = 4;
/// Rows and delays of the triangle: half a year, up to 40 days of delay.
const ROWS: usize = 184;
const DELAYS: usize = 41;
/// Draws of a nowcast.
const DRAWS: usize = 1_000;
/// Both peers must be left behind by this factor; without peers only the floor counts.
const BAR_RATIO: f64 = 10.0;
const BAR: f64 = 50.0;
/// Figures must be those of the peers.
const SAME: f64 = 1e-12;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "analytics",
    what: "reproduction numbers of a year of days in weekly windows with their 95 % intervals, in \
           series a CPU second, and nowcasts with 1,000 draws; bar: 50 series/s, and with --peers \
           ten times EpiEstim and baselinenowcast with the same figures to 1e-12",
    runs: &[Run::PLAIN],
    peers: true,
    run: |setting| Box::pin(run(setting)),
};

/// What the peers are asked.
#[derive(Serialize)]
struct Task<'a> {
    series: &'a [Vec<f64>],
    mean: f64,
    sd: f64,
    triangle: Vec<Vec<Option<f64>>>,
    history: usize,
    retrospective: usize,
    draws: usize,
}

/// What they say.
#[derive(Deserialize)]
struct Answer {
    epiestim: Option<EpiEstim>,
    baselinenowcast: Option<BaselineNowcast>,
}

/// Mean and ends of the 95 % interval, window by window, series after series.
#[derive(Deserialize)]
struct EpiEstim {
    version: String,
    seconds: f64,
    figures: Vec<[Option<f64>; 3]>,
}

/// Point nowcasts by reference day.
#[derive(Deserialize)]
struct BaselineNowcast {
    version: String,
    point_seconds: f64,
    seconds: f64,
    totals: Vec<f64>,
}

async fn run(setting: Setting) -> Result<Report> {
    let mut draws = Draws::new(1);
    let series = (0..SERIES).map(|_| outbreak(&mut draws)).collect::<Result<Vec<_>>>()?;
    let triangle = triangle(&mut draws)?;
    let allocation = Allocation::usual(&triangle)?;
    let part = setting.time / 3;

    say("reproduction numbers");
    let mut figures = Vec::new();
    let one_series = per_second(part, |n| {
        let one = estimate(&series[n % SERIES])?;
        if n < SERIES {
            figures.extend(one);
        }
        Ok(())
    })?;
    say("point nowcasts");
    let one_point = per_second(part, |_| {
        let delays = Delays::estimate(&triangle, allocation.history)?;
        delays.complete(&triangle).map(drop).map_err(Into::into)
    })?;
    say(format!("nowcasts with {DRAWS} draws"));
    let one_nowcast = per_second(part, |_| {
        let nowcasts = Nowcasts::of(&triangle)?;
        (0..DRAWS).for_each(|_| drop(nowcasts.draw(&mut draws)));
        Ok(())
    })?;

    let mut details = vec![format!(
        "a CPU second: {:.0} series, {:.0} point nowcasts, {:.1} nowcasts with {DRAWS} draws",
        one_series, one_point, one_nowcast
    )];
    let (mut raw, mut ratio, mut pass) = (None, None, one_series >= BAR);
    if setting.peers {
        say("the peers");
        let cell = |r, d| triangle.get(r, d);
        let rows = |r| (0..DELAYS).map(|d| cell(r, d)).collect();
        let task = Task {
            series: &series,
            mean: INTERVAL.0,
            sd: INTERVAL.1,
            triangle: (0..ROWS).map(rows).collect(),
            history: allocation.history,
            retrospective: allocation.retrospective,
            draws: DRAWS,
        };
        let answer = peers::ask::<Answer>("analytics", &task).await?;
        let (epiestim, baseline) = answer.map_or((None, None), |a| (a.epiestim, a.baselinenowcast));
        match epiestim {
            None => details.push("EpiEstim is not installed".to_owned()),
            Some(peer) => {
                same("EpiEstim", &figures.concat(), &peer.figures.concat())?;
                let rate = SERIES as f64 / peer.seconds;
                pass &= one_series / rate >= BAR_RATIO;
                (raw, ratio) = (Some(rounded(rate)), Some(rounded(one_series / rate)));
                details.push(format!(
                    "EpiEstim {}: {rate:.2} series a CPU second; the same figures to {SAME:e}",
                    peer.version
                ));
            }
        }
        match baseline {
            None => details.push("baselinenowcast is not installed".to_owned()),
            Some(peer) => {
                let completed =
                    Delays::estimate(&triangle, allocation.history)?.complete(&triangle)?;
                let totals: Vec<Option<f64>> =
                    (0..ROWS).map(|row| Some(completed.total(row))).collect();
                let theirs: Vec<Option<f64>> = peer.totals.iter().copied().map(Some).collect();
                same("baselinenowcast", &totals, &theirs)?;
                let (point, whole) = (one_point * peer.point_seconds, one_nowcast * peer.seconds);
                pass &= point >= BAR_RATIO && whole >= BAR_RATIO;
                details.push(format!(
                    "baselinenowcast {}: {:.1} point nowcasts and {:.3} nowcasts with {DRAWS} draws a \
                     CPU second (1/{point:.0} and 1/{whole:.0} of ours); the same totals to {SAME:e}",
                    peer.version,
                    1.0 / peer.point_seconds,
                    1.0 / peer.seconds
                ));
            }
        }
    } else {
        details.push("without --peers: nothing to compare with".to_owned());
    }
    Ok(Report {
        value: rounded(one_series),
        unit: "series/s",
        raw,
        ratio,
        peak_rss_mb: process::peak_rss_mb("self"),
        bar: Some(BAR),
        pass,
        details,
        ..Report::default()
    })
}

/// A year of an epidemic whose R swings between 0.7 and 1.3.
fn outbreak(draws: &mut Draws) -> Result<Vec<f64>> {
    let interval = SerialInterval::parametric(INTERVAL.0, INTERVAL.1, 40)?;
    let mut cases = vec![50.0];
    for day in 1..DAYS {
        let back = cases.iter().rev().zip(&interval.weights()[1..]);
        let pressure: f64 = back.map(|(cases, weight)| cases * weight).sum();
        let r = 1.0 + 0.3 * (day as f64 / 20.0).sin();
        cases.push(draws.negative_binomial(r * pressure + 3.0, 30.0));
    }
    Ok(cases)
}

/// A triangle with delays that fall off by a tenth a day.
fn triangle(draws: &mut Draws) -> Result<Triangle> {
    let shares: Vec<f64> = (0..DELAYS).map(|d| 0.9_f64.powi(d as i32) * 0.1).collect();
    let rows: Vec<Vec<Option<f64>>> = (0..ROWS)
        .map(|row| {
            let mean = 600.0 * (1.0 + 0.5 * (row as f64 / 15.0).sin());
            let mut cell = |(delay, share): (usize, &f64)| {
                (delay < ROWS - row).then(|| draws.negative_binomial(mean * share, 10.0))
            };
            shares.iter().enumerate().map(&mut cell).collect()
        })
        .collect();
    Ok(Triangle::new(&rows)?)
}

/// Mean and ends of the 95 % interval of every weekly window.
fn estimate(cases: &[f64]) -> Result<Vec<[Option<f64>; 3]>> {
    let incidence = Incidence::of_totals(cases)?;
    let interval = SerialInterval::parametric(INTERVAL.0, INTERVAL.1, cases.len())?;
    let windows = Window::sliding(cases.len(), 7);
    let found = reproduction(&incidence, &interval, &windows, Settings::default())?;
    let figures = found.estimates.iter().map(|e| match e.posterior {
        Some(r) => [Some(r.mean()), Some(r.quantile(0.025)), Some(r.quantile(0.975))],
        None => [None; 3],
    });
    Ok(figures.collect())
}

/// Repeats until the time is over, and tells how often it goes in a CPU second. What it is given
/// counts up from 0.
fn per_second(time: Duration, mut once: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let used = || process::cpu_seconds("self").context("CPU time cannot be read here");
    let (from, start, mut n) = (used()?, Instant::now(), 0);
    while n < SERIES || start.elapsed() < time {
        once(n)?;
        n += 1;
    }
    Ok(n as f64 / (used()? - from).max(0.01))
}

/// Fails unless both say the same.
fn same(peer: &str, ours: &[Option<f64>], theirs: &[Option<f64>]) -> Result<()> {
    if ours.len() != theirs.len() {
        bail!("{peer} has {} figures, we have {}", theirs.len(), ours.len());
    }
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let fine = match (ours, theirs) {
            (Some(a), Some(b)) => (a - b).abs() <= SAME * b.abs(),
            (None, None) => true,
            _ => false,
        };
        if !fine {
            bail!("figure {at}: {peer} says {theirs:?}, we say {ours:?}");
        }
    }
    Ok(())
}
