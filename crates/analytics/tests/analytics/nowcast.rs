//! Nowcasts against baselinenowcast 0.2.1000 on its example and on German hospitalisations.

use analytics::{
    Allocation, AnalyticsError, Delays, Dispersion, Draws, Nowcasts, Triangle, sample_quantile,
};
use proptest::prelude::*;

use crate::table::{Table, TestResult, assert_close};

const BAR: f64 = 1e-12;

/// Reads a triangle whose first `skip` columns are not counts.
fn triangle(file: &str, skip: usize) -> TestResult<Triangle> {
    let cell = |v: f64| (!v.is_nan()).then_some(v);
    let rows = Table::read(file)?
        .rows
        .iter()
        .map(|row| Ok(row.numbers_from(skip)?.into_iter().map(cell).collect()))
        .collect::<TestResult<Vec<Vec<_>>>>()?;
    Ok(Triangle::new(&rows)?)
}

fn compare(name: &str, skip: usize, history: Option<usize>) -> TestResult {
    let triangle = triangle(&format!("nowcast/{name}_triangle.csv"), skip)?;
    let delays = Delays::estimate(&triangle, history.unwrap_or(triangle.rows()))?;
    let wanted = Table::read(&format!("nowcast/{name}_delay_pmf.csv"))?.column("pmf")?;
    assert_eq!(delays.shares().len(), wanted.len());
    for (delay, (got, wanted)) in delays.shares().iter().zip(&wanted).enumerate() {
        assert_close(*got, *wanted, BAR, &format!("{name}, delay {delay}"));
    }
    let completed = delays.complete(&triangle)?;
    let wanted = Table::read(&format!("nowcast/{name}_point_nowcast_matrix.csv"))?;
    for (r, row) in wanted.rows.iter().enumerate() {
        for (delay, (got, wanted)) in
            completed.row(r).iter().zip(row.numbers_from(skip)?).enumerate()
        {
            assert_close(*got, wanted, BAR, &format!("{name}, row {r}, delay {delay}"));
        }
    }
    Ok(())
}

#[test]
fn the_point_nowcasts_agree() -> TestResult {
    compare("example", 0, None)?;
    compare("germany", 1, Some(60))
}

#[test]
fn the_dispersion_by_horizon_agrees() -> TestResult {
    let germany = triangle("nowcast/germany_triangle.csv", 1)?;
    let allocation = Allocation::usual(&germany)?;
    assert_eq!(allocation, Allocation { history: 60, retrospective: 60 });
    let got = Dispersion::estimate(&germany, allocation)?;
    let wanted = Table::read("nowcast/germany_nb_dispersion_by_horizon.csv")?.column("nb_size")?;
    assert_eq!(got.sizes.len(), wanted.len());
    for (horizon, (got, wanted)) in got.sizes.iter().zip(&wanted).enumerate() {
        // Both stop searching at a step of 1.2e-4 / 3.
        assert_close(*got, *wanted, 1e-5, &format!("horizon {horizon}"));
    }
    assert_eq!((got.nowcasts, got.failed), (60, 0));
    Ok(())
}

#[test]
fn intervals_agree_within_the_noise_of_drawing() -> TestResult {
    let germany = Nowcasts::of(&triangle("nowcast/germany_triangle.csv", 1)?)?;
    let table = Table::read("nowcast/germany_probabilistic_quantiles_MC.csv")?;
    assert_eq!(table.rows.len(), germany.days.len());
    let mut draws = Draws::new(20220401);
    let mut totals: Vec<Vec<f64>> = vec![Vec::new(); germany.days.len()];
    for _ in 0..2_000 {
        for (total, drawn) in totals.iter_mut().zip(germany.draw(&mut draws)) {
            total.push(drawn);
        }
    }
    for (row, (day, totals)) in table.rows.iter().zip(germany.days.iter().zip(&mut totals)) {
        totals.sort_by(f64::total_cmp);
        for (name, p) in [("q05", 0.05), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q95", 0.95)]
        {
            let wanted = row.number(name)?;
            // 1,000 draws there: a quantile of them lies between those of p ± 4 of its standard
            // errors, but for one in ten thousand.
            let slack = 4.0 * (p * (1.0 - p) / 1_000.0_f64).sqrt();
            let low = day.quantile((p - slack).max(1e-6)) - 1.0;
            let high = day.quantile((p + slack).min(1.0 - 1e-6)) + 1.0;
            let what = row.text("reference_date")?;
            assert!((low..=high).contains(&wanted), "{what} {name}: {low} {wanted} {high}");
            let ours = sample_quantile(totals, p);
            assert!((low..=high).contains(&ours), "{what} {name}: {low} {ours} {high}");
        }
    }
    let last = germany.days[germany.days.len() - 1];
    assert!(last.size.is_some() && last.quantile(0.05) < last.total());
    Ok(())
}

#[test]
fn corrections_are_spread_over_shorter_delays() -> TestResult {
    let some = |row: &[f64]| row.iter().map(|v| Some(*v)).collect::<Vec<_>>();
    let mut last = some(&[4.0, -1.0]);
    last.extend([None, None]);
    let triangle =
        Triangle::new(&[some(&[10.0, -2.0, 5.0, -1.0]), some(&[1.0, 2.0, -5.0, 1.0]), last])?;
    let mended = triangle.without_negatives();
    let row = |r| (0..4).map(|d| mended.get(r, d)).collect::<Vec<_>>();
    assert_eq!(row(0), some(&[8.0, 0.0, 4.0, 0.0]));
    // 1 + 2 - 5 is less than nothing: what is owed at delay 0 is dropped.
    assert_eq!(row(1), some(&[0.0, 0.0, 0.0, 1.0]));
    assert_eq!(row(2), [Some(3.0), Some(0.0), None, None]);
    Ok(())
}

#[test]
fn zeros_expect_something_and_nothing_is_refused() -> TestResult {
    let rows = |cells: &[[f64; 3]]| {
        let cell = |v: &f64| (!v.is_nan()).then_some(*v);
        cells.iter().map(|r| r.iter().map(cell).collect()).collect::<Vec<Vec<_>>>()
    };
    let n = f64::NAN;
    let zeros = Triangle::new(&rows(&[[8.0, 5.0, 2.0], [0.0, 4.0, n], [0.0, n, n]]))?;
    let delays = Delays::estimate(&zeros, 3)?;
    let completed = delays.complete(&zeros)?;
    assert!(completed.row(2)[1..].iter().all(|c| *c > 0.0), "a zero does not stay one for ever");
    // The last row alone: (0 + 1 - p0) / p0 · p1, by hand.
    let p = delays.shares();
    assert_close(completed.row(2)[1], (1.0 - p[0]) / p[0] * p[1], 1e-14, "by hand");

    let told = |r: Result<Delays, AnalyticsError>| matches!(r, Err(AnalyticsError::Triangle(_)));
    assert!(told(Delays::estimate(&Triangle::new(&rows(&[[1.0, n, n], [1.0, n, n]]))?, 2)));
    let empty = Triangle::new(&rows(&[[0.0, 3.0, 3.0], [0.0, 2.0, n], [0.0, n, n]]))?;
    assert!(told(Delays::estimate(&empty, 3)), "nothing within the delays that the last day knows");
    let nothing = Triangle::new(&rows(&[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))?;
    assert!(told(Delays::estimate(&nothing, 2)));
    assert!(Delays::estimate(&zeros, 0).is_err() && Delays::estimate(&zeros, 4).is_err());
    let full = Triangle::new(&rows(&[[8.0, 5.0, 2.0], [1.0, 4.0, 2.0]]))?;
    assert!(Delays::estimate(&full, 2)?.complete(&full).is_err(), "nothing is missing");
    let late = Delays::given(&[0.0, 0.5, 0.5])?;
    assert!(late.complete(&zeros).is_err(), "nothing can be said of the last day");
    assert!(Delays::given(&[0.5, 0.5])?.complete(&zeros).is_err(), "other delays");
    assert!(Delays::given(&[-0.1, 1.1]).is_err() && Delays::given(&[]).is_err());
    // Gaps and odd shapes.
    for bad in
        [vec![[1.0, n, 2.0]], vec![[1.0, 2.0, n], [1.0, 2.0, 3.0]], vec![[1.0, f64::INFINITY, 1.0]]]
    {
        assert!(Triangle::new(&rows(&bad)).is_err(), "{bad:?}");
    }
    assert!(Triangle::new(&[vec![Some(1.0)], vec![]]).is_err());
    assert!(Triangle::new(&[]).is_err());
    Ok(())
}

#[test]
fn a_triangle_is_counted_from_reports() -> TestResult {
    let reports = [(0, 0), (0, 1), (0, 1), (1, 3), (2, 2), (2, 4), (-1, 0), (0, 9), (1, 2)];
    let (triangle, too_late) = Triangle::of_reports(reports, 0, 3, 1)?;
    let row = |r| [triangle.get(r, 0), triangle.get(r, 1)];
    assert_eq!(row(0), [Some(1.0), Some(2.0)]);
    assert_eq!(row(1), [Some(0.0), Some(1.0)]);
    assert_eq!(row(2), [Some(1.0), Some(0.0)], "the report of day 4 is not known on day 3");
    assert_eq!(row(3), [Some(0.0), None]);
    assert_eq!(too_late, 1, "day 1 on day 3");
    assert!(Triangle::of_reports([(3, 2)], 0, 3, 1).is_err());
    assert!(Triangle::of_reports([], 5, 3, 1).is_err());
    Ok(())
}

proptest! {
    /// What is known stays; what is expected is never negative; whoever knows all delays of a
    /// stable process gets it back.
    #[test]
    fn completing_keeps_what_is_known(
        counts in prop::collection::vec(prop::collection::vec(0_u16..200, 5), 12..30),
    ) {
        let rows: Vec<Vec<Option<f64>>> = counts
            .iter()
            .enumerate()
            .map(|(r, row)| {
                let known = counts.len() - r;
                row.iter().enumerate().map(|(d, c)| (d < known).then_some(f64::from(*c))).collect()
            })
            .collect();
        let triangle = Triangle::new(&rows)?;
        if let Ok(delays) = Delays::estimate(&triangle, triangle.rows()) {
            prop_assert!((delays.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            if let Ok(completed) = delays.complete(&triangle) {
                for r in 0..triangle.rows() {
                    for (d, cell) in completed.row(r).iter().enumerate() {
                        prop_assert!(*cell >= 0.0);
                        if let Some(known) = triangle.get(r, d) {
                            prop_assert_eq!(known, *cell);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn allocations_never_exceed_the_triangle(rows in 3_usize..200, delays in 2_usize..60) {
        let cells: Vec<Vec<Option<f64>>> = (0..rows)
            .map(|r| (0..delays).map(|d| (d < rows - r).then_some(1.0)).collect())
            .collect();
        let triangle = Triangle::new(&cells)?;
        if let Ok(a) = Allocation::usual(&triangle) {
            prop_assert!(a.history + a.retrospective <= rows);
            prop_assert!(a.retrospective >= 2);
            prop_assert!(a.history > triangle.incomplete_rows());
        }
    }
}
