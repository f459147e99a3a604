//! Rt against EpiEstim 2.2-4: its own data sets and ten series made for the edges.

use analytics::{
    AnalyticsError, Incidence, Range, Reproduction, SerialInterval, Settings, UncertainInterval,
    Warning, Window, discretised, reproduction, reproduction_uncertain,
};

use crate::table::{Table, TestResult, assert_close};

/// The bar.
const BAR: f64 = 1e-12;

const QUANTILES: [f64; 7] = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975];

fn incidence_of(name: &str) -> TestResult<Incidence> {
    let counts = Table::read(&format!("epiestim/{name}_incidence.csv"))?.column("I")?;
    Ok(Incidence::of_totals(&counts)?)
}

fn interval_of(name: &str) -> TestResult<SerialInterval> {
    let weights = Table::read(&format!("epiestim/{name}_si_distr.csv"))?.column("w")?;
    Ok(SerialInterval::given(&weights)?)
}

/// Compares every number of one of EpiEstim's own tables.
fn compare(file: &str, got: &Reproduction) -> TestResult {
    let table = Table::read(file)?;
    assert_eq!(table.rows.len(), got.estimates.len(), "{file}");
    for (row, estimate) in table.rows.iter().zip(&got.estimates) {
        let window = Window { start: row.whole("t_start")?, end: row.whole("t_end")? };
        assert_eq!(window, estimate.window, "{file}");
        let numbers = row.numbers_from(2)?;
        let ours: Vec<f64> = match estimate.posterior {
            Some(g) => {
                let quantiles = QUANTILES.iter().map(|p| g.quantile(*p));
                [g.mean(), g.sd()].into_iter().chain(quantiles).collect()
            }
            None => vec![f64::NAN; 9],
        };
        for (i, (got, wanted)) in ours.iter().zip(&numbers).enumerate() {
            assert_close(*got, *wanted, BAR, &format!("{file} {window:?} column {i}"));
        }
    }
    Ok(())
}

#[test]
fn influenza_2009_weekly_and_daily() -> TestResult {
    let (flu, si) = (incidence_of("Flu2009")?, interval_of("Flu2009")?);
    let weekly = reproduction(&flu, &si, &Window::sliding(32, 7), Settings::default())?;
    compare("epiestim/Flu2009_R_nonparam_weekly.csv", &weekly)?;
    let daily = reproduction(&flu, &si, &Window::sliding(32, 1), Settings::default())?;
    compare("epiestim/Flu2009_R_nonparam_daily.csv", &daily)?;
    let parametric = SerialInterval::parametric(2.6, 1.5, flu.days())?;
    let weekly = reproduction(&flu, &parametric, &Window::sliding(32, 7), Settings::default())?;
    compare("epiestim/Flu2009_R_param_2.6_1.5_weekly.csv", &weekly)
}

#[test]
fn sars_2003_weekly() -> TestResult {
    let (sars, si) = (incidence_of("SARS2003")?, interval_of("SARS2003")?);
    let weekly = reproduction(&sars, &si, &Window::sliding(107, 7), Settings::default())?;
    assert!(weekly.estimates[0].posterior.is_none(), "day 8 is before the mean interval");
    compare("epiestim/SARS2003_R_nonparam_weekly.csv", &weekly)
}

#[test]
fn infectivity_of_both_data_sets() -> TestResult {
    for name in ["Flu2009", "SARS2003"] {
        let wanted = Table::read(&format!("epiestim/{name}_overall_infectivity.csv"))?;
        let got = incidence_of(name)?.infectivity(&interval_of(name)?);
        let wanted = wanted.column("lambda")?;
        assert_eq!(got.len(), wanted.len());
        for (day, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
            assert_close(*got, *wanted, BAR, &format!("{name}, day {}", day + 1));
        }
    }
    Ok(())
}

#[test]
fn discretised_serial_intervals() -> TestResult {
    let table = Table::read("epiestim/discr_si_2.6_1.5.csv")?;
    let ours = discretised(table.rows.len(), 2.6, 1.5)?;
    for (k, (got, wanted)) in ours.iter().zip(table.column("w")?).enumerate() {
        assert_close(*got, wanted, BAR, &format!("2.6/1.5, k = {k}"));
    }
    // Far out, where the formula's terms cancel, both programs have rounding errors; those of
    // every weight stay below 1e-12 of the largest one.
    let rows = Table::read("epiestim/more_discr_si.csv")?.rows;
    for block in rows.chunk_by(|a, b| a.text("mean").ok() == b.text("mean").ok()) {
        let (mean, sd) = (block[0].number("mean")?, block[0].number("sd")?);
        let ours = discretised(block.len(), mean, sd)?;
        let largest = ours.iter().copied().fold(0.0, f64::max);
        for (row, got) in block.iter().zip(&ours) {
            let wanted = row.number("w")?;
            let error = (got - wanted).abs();
            assert!(error <= BAR * largest, "{mean}/{sd}: {got} instead of {wanted}");
        }
    }
    Ok(())
}

#[test]
fn imported_cases_and_edges() -> TestResult {
    let cases = Table::read("epiestim/more_incidence.csv")?.rows;
    let wanted = Table::read("epiestim/more_reproduction.csv")?.rows;
    let given = SerialInterval::given(&[0.0, 0.2, 0.5, 0.2, 0.1])?;
    let mut flat = vec![0.025; 41];
    flat[0] = 0.0;
    let usual = Settings::default();
    let wide = Settings { prior_mean: 1.0, prior_sd: 10.0, ..usual };
    let tight = Settings { prior_mean: 1.2, prior_sd: 0.05, ..usual };
    let mut seen = 0;
    for block in cases.chunk_by(|a, b| a.text("scenario").ok() == b.text("scenario").ok()) {
        let name = block[0].text("scenario")?;
        let column = |c| block.iter().map(|r| r.number(c)).collect::<TestResult<Vec<f64>>>();
        let incidence = Incidence::with_imported(&column("local")?, &column("imported")?)?;
        let days = incidence.days();
        let parametric = |mean, sd| SerialInterval::parametric(mean, sd, days);
        let (interval, settings) = match name {
            "imported-parametric-weekly" => (parametric(4.7, 2.9)?, usual),
            "leading-zeros" | "no-cases" => (parametric(2.6, 1.5)?, usual),
            "long-interval" => (parametric(14.2, 9.6)?, usual),
            "large" => (parametric(6.5, 3.1)?, usual),
            "small-prior-shape" => (parametric(3.1, 1.9)?, wide),
            "tight-prior" => (parametric(3.1, 0.2)?, tight),
            "interval-longer-than-series" => (SerialInterval::given(&flat)?, usual),
            _ => (given.clone(), usual),
        };
        let rows: Vec<_> =
            wanted.iter().filter(|r| r.text("scenario").ok() == Some(name)).collect();
        let windows = rows
            .iter()
            .map(|r| Ok(Window { start: r.whole("t_start")?, end: r.whole("t_end")? }))
            .collect::<TestResult<Vec<_>>>()?;
        let got = reproduction(&incidence, &interval, &windows, settings)?;
        for (row, estimate) in rows.iter().zip(&got.estimates) {
            let at = |p| estimate.posterior.map_or(f64::NAN, |g| g.quantile(p));
            let what = format!("{name} {:?}", estimate.window);
            let mean = estimate.posterior.map_or(f64::NAN, |g| g.mean());
            let sd = estimate.posterior.map_or(f64::NAN, |g| g.sd());
            assert_close(mean, row.number("mean")?, BAR, &what);
            assert_close(sd, row.number("sd")?, BAR, &what);
            for p in QUANTILES {
                let wanted = row.number(&format!("q{p}"))?;
                assert_close(at(p), wanted, BAR, &format!("{what} at {p}"));
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 10);
    Ok(())
}

#[test]
fn an_uncertain_interval_agrees_within_the_noise_of_drawing() -> TestResult {
    let flu = incidence_of("Flu2009")?;
    let ranges = UncertainInterval {
        mean: Range { mean: 2.6, sd: 1.0, low: 1.0, high: 4.2 },
        sd: Range { mean: 1.5, sd: 0.5, low: 0.5, high: 2.5 },
        draws: 1_000,
        seed: 7,
    };
    let got = reproduction_uncertain(&flu, &ranges, &Window::sliding(32, 7), Settings::default())?;
    let table = Table::read("epiestim/uncertain.csv")?;
    assert_eq!(got.len(), table.rows.len());
    for (row, estimate) in table.rows.iter().zip(&got) {
        let what = format!("{:?}", estimate.window);
        let value = |v: Option<f64>| v.unwrap_or(f64::NAN);
        assert_close(value(estimate.mean()), row.number("mean")?, 0.01, &what);
        assert_close(value(estimate.sd()), row.number("sd")?, 0.03, &what);
        for p in QUANTILES {
            let wanted = row.number(&format!("q{p}"))?;
            assert_close(value(estimate.quantile(p)), wanted, 0.02, &format!("{what} {p}"));
        }
    }
    Ok(())
}

#[test]
fn a_known_interval_is_the_limit_of_an_uncertain_one() -> TestResult {
    let flu = incidence_of("Flu2009")?;
    let narrow = |mean: f64| Range { mean, sd: 1e-9, low: mean - 1e-9, high: mean + 1e-9 };
    let ranges = UncertainInterval { mean: narrow(2.6), sd: narrow(1.5), draws: 3, seed: 1 };
    let windows = Window::sliding(32, 7);
    let mixed = reproduction_uncertain(&flu, &ranges, &windows, Settings::default())?;
    let si = SerialInterval::parametric(2.6, 1.5, 32)?;
    let plain = reproduction(&flu, &si, &windows, Settings::default())?;
    for (mixed, plain) in mixed.iter().zip(&plain.estimates) {
        let wanted = plain.posterior.map_or(f64::NAN, |g| g.quantile(0.9));
        assert_close(mixed.quantile(0.9).unwrap_or(f64::NAN), wanted, 1e-7, "narrow");
    }
    Ok(())
}

#[test]
fn the_reader_is_warned() -> TestResult {
    let si = SerialInterval::given(&[0.0, 0.5, 0.5])?;
    let windows = [Window { start: 3, end: 4 }, Window { start: 4, end: 9 }];
    let lonely = Incidence::of_totals(&[0.0, 0.0, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 2.0])?;
    let got = reproduction(&lonely, &si, &windows, Settings::default())?;
    assert_eq!(
        got.warnings,
        [
            Warning::TooEarly { cases: 5.0, needed: 11.0 },
            Warning::NoSource { first_day: 4, days: 2 }
        ]
    );
    let moved = Incidence::with_imported(&[3.0, 12.0, 12.0, 12.0], &[1.0, 0.0, 0.0, 0.0])?;
    assert_eq!(moved.imported_on(1), 4.0);
    assert_eq!(moved.local()[0], 0.0);
    let long = SerialInterval::parametric(9.0, 4.0, 4)?;
    let got = reproduction(&moved, &long, &[Window { start: 2, end: 4 }], Settings::default())?;
    let kinds: Vec<_> = got.warnings.iter().map(std::mem::discriminant).collect();
    assert!(kinds.contains(&std::mem::discriminant(&Warning::IntervalCut { sum: 0.0 })));
    assert!(got.warnings.contains(&Warning::DayOneImported { cases: 3.0 }));
    Ok(())
}

#[test]
fn what_cannot_be_is_refused_with_its_place() -> TestResult {
    let nan = Incidence::of_totals(&[1.0, f64::NAN, 2.0]);
    assert!(matches!(nan, Err(AnalyticsError::NotACount { day: 2, .. })), "{nan:?}");
    assert!(Incidence::of_totals(&[1.0, -1.0]).is_err());
    assert!(Incidence::of_totals(&[]).is_err());
    assert!(Incidence::with_imported(&[1.0], &[1.0, 2.0]).is_err());
    for bad in
        [&[0.0][..], &[0.1, 0.5, 0.4], &[0.0, 1.1, -0.1], &[0.0, 0.5, 0.48], &[0.0, f64::NAN, 1.0]]
    {
        assert!(SerialInterval::given(bad).is_err(), "{bad:?}");
    }
    assert!(SerialInterval::given(&[0.0, 0.5, 0.491]).is_ok());
    for (mean, sd) in [(1.0, 1.0), (0.5, 1.0), (3.0, 0.0), (3.0, -1.0), (f64::NAN, 1.0)] {
        assert!(SerialInterval::parametric(mean, sd, 10).is_err(), "{mean}/{sd}");
    }
    let (flu, si) = (incidence_of("Flu2009")?, interval_of("Flu2009")?);
    for (start, end) in [(1, 5), (4, 3), (4, 33), (33, 33), (0, 0)] {
        let got = reproduction(&flu, &si, &[Window { start, end }], Settings::default());
        assert!(matches!(got, Err(AnalyticsError::Count { .. })), "{start}..{end}");
    }
    let short = Incidence::of_totals(&[1.0, 0.0, 3.0])?;
    assert!(Window::sliding(3, 7).is_empty());
    assert!(reproduction(&short, &si, &Window::sliding(3, 7), Settings::default()).is_err());
    let no_prior = Settings { prior_sd: 0.0, ..Settings::default() };
    assert!(reproduction(&flu, &si, &Window::sliding(32, 7), no_prior).is_err());
    let refusal: types::Refusal = AnalyticsError::TooLittle("nothing".to_owned()).into();
    assert_eq!(refusal.code, "analytics-too-little");
    Ok(())
}
