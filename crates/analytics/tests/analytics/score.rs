//! Scores against closed forms, and forecasts against what they must be.

use analytics::{
    AnalyticsError, Care, Comparison, Course, Draws, Forecast, Gamma, Incidence, LEVELS, Needs,
    Outlook, Plan, Quantiles, Scale, Scores, SerialInterval, back_test, forecast, interval_score,
    naive, pinball, special,
};
use proptest::prelude::*;

use crate::table::{TestResult, assert_close};

#[test]
fn single_scores_by_hand() -> TestResult {
    assert_close(pinball(0.9, 10.0, 14.0), 3.6, 1e-14, "too low");
    assert_close(pinball(0.9, 10.0, 4.0), 0.6, 1e-14, "too high");
    assert_eq!(interval_score(0.2, 3.0, 7.0, 5.0), 4.0);
    assert_eq!(interval_score(0.2, 3.0, 7.0, 9.0), 4.0 + 10.0 * 2.0);
    assert_eq!(interval_score(0.2, 3.0, 7.0, 2.0), 4.0 + 10.0 * 1.0);
    let forecast = Quantiles::new(&[0.1, 0.25, 0.5, 0.75, 0.9], &[1.0, 3.0, 5.0, 7.0, 9.0])?;
    // (½·|8-5| + 0.25·IS(0.5) + 0.1·IS(0.2)) / 2.5 with IS(0.5) = 4 + 4·1, IS(0.2) = 8.
    let wanted = (1.5 + 0.25 * 8.0 + 0.1 * 8.0) / 2.5;
    assert_close(forecast.weighted_interval_score(8.0)?, wanted, 1e-14, "WIS by hand");
    assert_eq!(forecast.covers(0.5, 7.0), Some(true));
    assert_eq!(forecast.covers(0.5, 7.1), Some(false));
    assert_eq!(forecast.covers(0.9, 7.1), None);
    Ok(())
}

/// With evenly spaced levels the score tends to the continuous ranked probability score, which for
/// a normal forecast is σ (z (2Φ(z) - 1) + 2φ(z) - 1/√π) (Gneiting and Raftery 2007).
#[test]
fn the_score_tends_to_the_ranked_probability_score() -> TestResult {
    let (mean, sd) = (30.0, 7.0);
    let levels: Vec<f64> = (1..=999).map(|i| f64::from(i) / 1000.0).collect();
    let values: Vec<f64> =
        levels.iter().map(|p| mean + sd * special::normal_quantile(*p)).collect();
    let forecast = Quantiles::new(&levels, &values)?;
    for observed in [12.0, 30.0, 41.5] {
        let z: f64 = (observed - mean) / sd;
        let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let crps = sd
            * (z * (2.0 * special::normal_lower(z) - 1.0) + 2.0 * density
                - 1.0 / std::f64::consts::PI.sqrt());
        assert_close(forecast.weighted_interval_score(observed)?, crps, 3e-3, "WIS");
        assert_close(forecast.mean_pinball(observed), crps, 3e-3, "pinball");
    }
    Ok(())
}

/// The best forecast is the truth: quantiles of the true distribution score better on average
/// than shifted, too narrow or too wide ones (the scores are proper).
#[test]
fn the_scores_are_proper() -> TestResult {
    let truth: Vec<f64> =
        (1..=2000).map(|i| special::normal_quantile((f64::from(i) - 0.5) / 2000.0)).collect();
    let mean_score = |shift: f64, scale: f64| -> TestResult<f64> {
        let values = LEVELS.map(|p| shift + scale * special::normal_quantile(p));
        let forecast = Quantiles::new(&LEVELS, &values)?;
        Ok(Scores::of(truth.iter().map(|y| (&forecast, *y)))?.weighted_interval_score)
    };
    let best = mean_score(0.0, 1.0)?;
    for (shift, scale) in [(0.3, 1.0), (-0.3, 1.0), (0.0, 0.7), (0.0, 1.5)] {
        assert!(mean_score(shift, scale)? > best, "{shift} {scale}");
    }
    let values = LEVELS.map(special::normal_quantile);
    let forecast = Quantiles::new(&LEVELS, &values)?;
    let scores = Scores::of(truth.iter().map(|y| (&forecast, *y)))?;
    assert_close(scores.coverage_50, 0.5, 1e-9, "coverage");
    assert_close(scores.coverage_90, 0.9, 1e-9, "coverage");
    assert_eq!(scores.skill_against(&scores), Some(0.0));
    Ok(())
}

#[test]
fn forecasts_that_cannot_be_scored_are_refused() {
    assert!(Quantiles::new(&[0.5, 0.4], &[1.0, 2.0]).is_err());
    assert!(Quantiles::new(&[0.4, 0.5], &[2.0, 1.0]).is_err());
    assert!(Quantiles::new(&[0.4, 1.0], &[1.0, 2.0]).is_err());
    assert!(Quantiles::new(&[], &[]).is_err());
    for levels in [&[0.25, 0.5][..], &[0.5, 0.75], &[0.25, 0.75]] {
        let forecast = Quantiles::new(levels, &[1.0, 2.0]);
        let score = forecast.and_then(|f| f.weighted_interval_score(1.0));
        assert!(matches!(score, Err(AnalyticsError::TooLittle(_))), "{levels:?}");
    }
    assert!(Scores::of([]).is_err());
}

proptest! {
    /// The weighted interval score is the mean pinball loss of the same quantiles, twice
    /// (Bracher and others 2021, equation 5).
    #[test]
    fn weighted_interval_score_is_twice_the_mean_pinball_loss(
        mut values in prop::collection::vec(-50.0..50.0_f64, LEVELS.len()),
        observed in -60.0..60.0_f64,
    ) {
        values.sort_by(f64::total_cmp);
        let forecast = Quantiles::new(&LEVELS, &values)?;
        let (a, b) = (forecast.weighted_interval_score(observed)?, forecast.mean_pinball(observed));
        prop_assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{} {}", a, b);
    }
}

/// A forecast without chance: R known, Poisson counts large.
fn outlook() -> TestResult<Outlook> {
    let stay = |days: usize| (1..=days).map(|d| if d == days { 1.0 } else { 0.0 }).collect();
    Ok(Outlook {
        history: Incidence::of_totals(&[20_000.0; 12])?,
        interval: SerialInterval::given(&[0.0, 0.5, 0.3, 0.2])?,
        course: Course {
            reproduction: Gamma::of_moments(1.2, 1e-6)?,
            daily_step: 0.0,
            settles_at: 1.0,
            damping: 1.0,
            size: f64::INFINITY,
        },
        found_in: [5_000.0, 3_000.0, 2_000.0],
        care: Care {
            shares: [0.5, 0.4, 0.08, 0.015, 0.005],
            stays: [stay(6), stay(8), stay(10), stay(14), stay(20)],
            in_bed: [vec![10, 0, 0, 0, 0, 0, 7], vec![], vec![], vec![], vec![]],
        },
        needs: Needs {
            contacts: [1.0, 3.0, 8.0],
            contacts_size: 0.5,
            observation_days: 3,
            contact_tests: vec![1, 3],
            planned_tubes: vec![100_000.0, 0.0, 50_000.0],
            pool: 10,
            under_observation: vec![40, 30, 20],
        },
        days: 14,
    })
}

#[test]
fn a_forecast_follows_the_renewal_equation_and_all_else_follows_it() -> TestResult {
    let outlook = outlook()?;
    let got = forecast(&outlook, 400, 1)?;
    // Infections by hand: I(t) = 1.2 (0.5 I(t-1) + 0.3 I(t-2) + 0.2 I(t-3)).
    let mut series = vec![20_000.0; 3];
    for day in 0..14 {
        let n = series.len();
        series.push(1.2 * (0.5 * series[n - 1] + 0.3 * series[n - 2] + 0.2 * series[n - 3]));
        let what = format!("day {day}");
        assert_close(got.infections.means[day], series[n], 2e-3, &what);
        for (fan, share) in got.found_in.iter().zip([0.5, 0.3, 0.2]) {
            assert_close(fan.means[day], share * series[n], 0.01, &what);
        }
        let contacts = series[n] * (0.5 + 0.9 + 1.6);
        assert_close(got.contacts.means[day], contacts, 0.01, &what);
        // Everyone of the last six days is in a bed of the asymptomatic; of those in bed before,
        // ten may stay six evenings in all, of which today was the first.
        let mut beds = 0.5 * series[3..].iter().rev().take(6).sum::<f64>();
        beds += if day < 5 { 10.0 } else { 0.0 };
        assert_close(got.beds[0].means[day], beds, 0.01, &format!("beds of {what}"));
        // Three days of observation: those of today and the two days before.
        let new = |back: usize| if day >= back { 3.0 * series[n - back] } else { 0.0 };
        let old = [30.0 + 40.0, 40.0].get(day).copied().unwrap_or(0.0);
        let watched = new(0) + new(1) + new(2) + old;
        assert_close(got.under_observation.means[day], watched, 0.01, &what);
        // Tests on days 1 and 3 of observation, ten single tubes for each found in the community.
        let old = [30.0, 40.0].get(day).copied().unwrap_or(0.0);
        let planned = [100_000.0, 0.0, 50_000.0].get(day).copied().unwrap_or(0.0);
        let tubes = planned + new(0) + new(2) + old + 10.0 * 0.2 * series[n];
        assert_close(got.tubes.means[day], tubes, 0.01, &format!("tubes of {what}"));
    }
    Ok(())
}

#[test]
fn the_same_seed_tells_the_same() -> TestResult {
    let outlook = outlook()?;
    assert_eq!(forecast(&outlook, 20, 9)?, forecast(&outlook, 20, 9)?);
    let other = forecast(&outlook, 20, 10)?;
    assert_ne!(forecast(&outlook, 20, 9)?.infections, other.infections);
    Ok(())
}

#[test]
fn fans_widen_and_hold_what_comes() -> TestResult {
    let mut outlook = outlook()?;
    outlook.course.reproduction = Gamma::of_moments(1.0, 0.1)?;
    outlook.course.daily_step = 0.05;
    outlook.course.size = 20.0;
    let got = forecast(&outlook, 500, 3)?;
    let width = |f: &Forecast, day: usize| {
        let day = &f.infections.days[day];
        day.at(0.95).zip(day.at(0.05)).map_or(f64::NAN, |(high, low)| high - low)
    };
    assert!(width(&got, 13) > 1.5 * width(&got, 0));
    // Runs drawn with another seed lie in the 90 % interval about as often as it says.
    let (mut inside, mut all) = (0.0, 0.0);
    for seed in 100..300 {
        let one = forecast(&outlook, 1, seed)?;
        for day in [0, 6, 13] {
            let observed = one.infections.means[day];
            let held = got.infections.days[day].covers(0.9, observed) == Some(true);
            inside += if held { 1.0 } else { 0.0 };
            all += 1.0;
        }
    }
    assert!((0.85..=0.95).contains(&(inside / all)), "{}", inside / all);
    Ok(())
}

#[test]
fn an_outlook_that_cannot_be_is_refused() -> TestResult {
    let good = outlook()?;
    let refused = |change: &dyn Fn(&mut Outlook)| {
        let mut bad = good.clone();
        change(&mut bad);
        forecast(&bad, 5, 1).is_err()
    };
    assert!(refused(&|o| o.days = 0));
    assert!(refused(&|o| o.care.shares[0] = 0.9));
    assert!(refused(&|o| o.care.shares[0] = f64::NAN));
    assert!(refused(&|o| o.care.stays[1] = vec![]));
    assert!(refused(&|o| o.course.size = 0.0));
    assert!(refused(&|o| o.course.daily_step = -1.0));
    assert!(refused(&|o| o.course.settles_at = 0.0));
    assert!(refused(&|o| o.course.damping = 1.1));
    assert!(refused(&|o| o.found_in[1] = -1.0));
    assert!(refused(&|o| o.needs.contacts_size = 0.0));
    assert!(forecast(&good, 0, 1).is_err());
    Ok(())
}

#[test]
fn nothing_comes_of_nothing() -> TestResult {
    let mut outlook = outlook()?;
    outlook.history = Incidence::of_totals(&[0.0; 10])?;
    let got = forecast(&outlook, 50, 1)?;
    assert!(got.infections.means.iter().all(|m| *m == 0.0));
    assert_eq!(got.beds[0].means[13], 0.0);
    Ok(())
}

#[test]
fn the_naive_forecast_stays_where_it_is() -> TestResult {
    let history = [100.0, 110.0, 95.0, 105.0, 120.0];
    let fan = naive(&history, Scale::Cases, 14, 4_000, 5)?;
    for day in &fan.days {
        assert_close(day.at(0.5).unwrap_or(f64::NAN), 120.0, 0.03, "median");
        assert!(day.at(0.025).is_some_and(|low| low >= 0.0));
    }
    let spread = |day: usize| fan.days[day].at(0.95).unwrap_or(0.0) - 120.0;
    // Steps of 10 to 15 either way: √14 times as far after 14 days.
    assert_close(spread(13) / spread(3), (14.0_f64 / 4.0).sqrt(), 0.15, "spread");
    let ratios = naive(&history, Scale::Ln, 14, 4_000, 5)?;
    assert_close(ratios.days[13].at(0.5).unwrap_or(f64::NAN), 120.0, 0.05, "median");
    let (low, high) = (ratios.days[13].at(0.05), ratios.days[13].at(0.95));
    let product = low.zip(high).map_or(f64::NAN, |(a, b)| (a + 1.0) * (b + 1.0));
    assert_close(product, 121.0 * 121.0, 0.05, "as far down as up, in proportion");
    assert!(naive(&[1.0, 2.0], Scale::Cases, 7, 10, 1).is_err());
    Ok(())
}

#[test]
fn a_damped_r_settles_where_it_should() -> TestResult {
    let mut outlook = outlook()?;
    outlook.course.reproduction = Gamma::of_moments(1.5, 1e-6)?;
    outlook.course.settles_at = 0.9;
    outlook.course.damping = 0.8;
    let got = forecast(&outlook, 200, 4)?;
    let mut series = vec![20_000.0; 3];
    let mut ln_r = 1.5_f64.ln();
    for day in 0..14 {
        ln_r = 0.9_f64.ln() + 0.8 * (ln_r - 0.9_f64.ln());
        let n = series.len();
        let pressure = 0.5 * series[n - 1] + 0.3 * series[n - 2] + 0.2 * series[n - 3];
        series.push(ln_r.exp() * pressure);
        assert_close(got.infections.means[day], series[n], 3e-3, &format!("day {day}"));
    }
    Ok(())
}

/// On an epidemic that does follow the renewal equation with a steady R the forecast must beat the
/// naive one, and its intervals must hold what they say.
#[test]
fn a_back_test_finds_skill_where_there_is_some() -> TestResult {
    let plan = Plan {
        first_origin: 20,
        horizon: 7,
        window: 7,
        interval: (4.0, 2.0),
        daily_step: 0.0,
        settles_at: 1.0,
        damping: 1.0,
        runs: 400,
        seed: 1,
    };
    let interval = SerialInterval::parametric(4.0, 2.0, 60)?;
    let mut draws = Draws::new(77);
    let mut series = vec![60.0; 8];
    while series.len() < 55 {
        let back = series.iter().rev().zip(&interval.weights()[1..]);
        let pressure: f64 = back.map(|(cases, weight)| cases * weight).sum();
        series.push(draws.poisson(1.25 * pressure));
    }
    let mut published: Vec<Option<f64>> = series.into_iter().map(Some).collect();
    published[30] = None;
    let trials = back_test(&published, &plan)?;
    assert!(trials.iter().all(|t| t.origin + t.ahead - 1 != 30), "a gap is not scored");
    for scale in [Scale::Cases, Scale::Ln] {
        let compared = Comparison::of(&trials, scale, |_| true)?;
        assert!(compared.skill().is_some_and(|s| s > 0.3), "{compared:?}");
        // Origins share days, so the shares are not of independent trials.
        assert!((0.7..=1.0).contains(&compared.renewal.coverage_90), "{compared:?}");
    }
    assert!(back_test(&[Some(1.0); 9], &plan).is_err());
    Ok(())
}
