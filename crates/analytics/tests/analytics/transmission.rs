//! Transmission: fits against other programs and brute force, and two public line lists.

use std::collections::BTreeMap;

use analytics::transmission::{
    CaseDay, DayRange, Infectors, Link, Pair, Tree, likely_infectors, offspring,
    serial_interval_of_pairs,
};
use analytics::{AnalyticsError, Draws, Gamma, SerialInterval, negative_binomial};
use jiff::civil::Date;
use proptest::prelude::*;

use crate::table::{Table, TestResult, assert_close};

#[test]
fn the_offspring_distribution_is_the_likeliest_of_all() -> TestResult {
    // 12 cases infected nobody, one infected 7, …
    let counts: Vec<u32> =
        [(0, 12), (1, 5), (2, 3), (3, 1), (7, 1)].iter().flat_map(|(c, n)| vec![*c; *n]).collect();
    let got = offspring(&counts, 0.95)?;
    let fit = |mean: f64, k: f64| -> f64 {
        counts.iter().map(|c| negative_binomial::ln_mass(f64::from(*c), mean, k)).sum()
    };
    assert_close(got.mean, 21.0 / 22.0, 1e-12, "mean");
    assert_close(got.ln_likelihood, fit(got.mean, got.dispersion), 1e-12, "likelihood");
    // No point of a fine grid is likelier.
    for i in 1..400 {
        for j in 1..60 {
            let (mean, k) = (f64::from(j) * 0.05, f64::from(i) * 0.02);
            assert!(fit(mean, k) <= got.ln_likelihood + 1e-9, "{mean} {k}");
        }
    }
    // At the ends of the interval the profile has fallen by half a χ² quantile, 1.9207.
    for end in [got.dispersion_low, got.dispersion_high] {
        if end.is_finite() {
            assert_close(got.ln_likelihood - fit(got.mean, end), 1.920_729, 1e-5, "profile");
        }
    }
    assert!(got.dispersion_low < got.dispersion && got.dispersion < got.dispersion_high);
    assert!(got.mean_low < got.mean && got.mean < got.mean_high);
    Ok(())
}

#[test]
fn even_transmission_has_no_upper_bound_and_none_is_refused() -> TestResult {
    let even = offspring(&[1, 1, 2, 1, 1, 0, 1, 1, 2, 1], 0.95)?;
    assert!(even.dispersion.is_infinite() && even.dispersion_high.is_infinite());
    assert!(even.dispersion_low.is_finite());
    assert_close(even.cases_causing(0.8), 0.8, 1e-12, "all alike");
    assert!(offspring(&[0, 0, 0], 0.95).is_err());
    assert!(offspring(&[3], 0.95).is_err());
    assert!(offspring(&[1, 2], 1.5).is_err());
    Ok(())
}

/// Of 95 % intervals of k about 95 % hold the truth, and the share of cases that cause 80 % of
/// transmission is that of the drawn individual reproduction numbers.
#[test]
fn intervals_of_dispersion_hold_the_truth() -> TestResult {
    let mut draws = Draws::new(11);
    let (mut held, runs) = (0_u32, 200_u32);
    for _ in 0..runs {
        let counts: Vec<u32> = (0..300).map(|_| draws.negative_binomial(1.5, 0.4) as u32).collect();
        let got = offspring(&counts, 0.95)?;
        held += u32::from(got.dispersion_low <= 0.4 && 0.4 <= got.dispersion_high);
    }
    let share = f64::from(held) / f64::from(runs);
    assert!((0.90..=0.99).contains(&share), "{share}");

    let gamma = Gamma::new(0.4, 1.5 / 0.4)?;
    let mut drawn: Vec<f64> = (0..200_000).map(|_| draws.gamma(gamma)).collect();
    drawn.sort_by(|a, b| b.total_cmp(a));
    let all: f64 = drawn.iter().sum();
    let mut sum = 0.0;
    let needed = drawn.iter().take_while(|r| {
        sum += **r;
        sum < 0.8 * all
    });
    let share = needed.count() as f64 / drawn.len() as f64;
    let mut counts: Vec<u32> =
        (0..3_000).map(|_| draws.negative_binomial(1.5, 0.4) as u32).collect();
    counts.push(1);
    let fitted = offspring(&counts, 0.95)?;
    assert_close(fitted.cases_causing(0.8), share, 0.08, "20/80");
    Ok(())
}

#[test]
fn serial_intervals_of_censored_pairs_agree_with_another_program() -> TestResult {
    let rows = Table::read("pairs/pairs.csv")?.rows;
    for wanted in Table::read("pairs/fits.csv")?.rows {
        let name = wanted.text("set")?;
        let day = |row: &crate::table::Row, c| {
            Ok::<i64, Box<dyn std::error::Error>>(row.number(c)? as i64)
        };
        let pairs = rows
            .iter()
            .filter(|r| r.text("set").ok() == Some(name))
            .map(|r| {
                Ok(Pair {
                    infector: DayRange {
                        first: day(r, "infector_first")?,
                        last: day(r, "infector_last")?,
                    },
                    infected: DayRange {
                        first: day(r, "infected_first")?,
                        last: day(r, "infected_last")?,
                    },
                })
            })
            .collect::<TestResult<Vec<_>>>()?;
        let got = serial_interval_of_pairs(&pairs, 0.95)?;
        // The other program searches in steps and stops early: a part in 200.
        assert_close(got.mean.value, wanted.number("mean")?, 5e-3, name);
        assert_close(got.sd.value, wanted.number("sd")?, 1e-2, name);
        assert!(got.mean.low < got.mean.value && got.mean.value < got.mean.high);
        assert!(got.sd.low < got.sd.value && got.sd.value < got.sd.high);
        assert_eq!((got.pairs, got.impossible), (pairs.len(), 0));
    }
    Ok(())
}

#[test]
fn pairs_that_cannot_be_are_named_or_refused() -> TestResult {
    let pair = |a: i64, b: i64| Pair {
        infector: DayRange { first: a, last: a },
        infected: DayRange { first: b, last: b },
    };
    let got = serial_interval_of_pairs(&[pair(0, 3), pair(0, 5), pair(1, 5), pair(9, 2)], 0.9)?;
    assert_eq!((got.pairs, got.impossible), (3, 1));
    assert!(matches!(
        serial_interval_of_pairs(&[pair(0, 3), pair(9, 2), pair(8, 2)], 0.9),
        Err(AnalyticsError::TooLittle(_))
    ));
    let backwards = Pair { infector: DayRange { first: 3, last: 2 }, ..pair(0, 3) };
    assert!(serial_interval_of_pairs(&[backwards; 4], 0.9).is_err());
    Ok(())
}

#[test]
fn infectors_are_weighed_by_days_and_links() -> TestResult {
    let interval = SerialInterval::given(&[0.0, 0.2, 0.5, 0.3])?;
    let day = |case, day| CaseDay { case, day };
    let cases = [day(1, 0), day(2, 1), day(3, 2), day(4, 2)];
    let plain = likely_infectors(&cases, &[], &interval, 1.0, 0.1)?;
    assert_eq!(plain[0].candidates, []);
    assert_eq!(plain[0].unknown, 1.0);
    // Case 3: case 1 two days before (0.5), case 2 one day before (0.2), outside 0.1.
    let chances: Vec<_> = plain[2].candidates.iter().map(|c| (c.infector, c.probability)).collect();
    assert_eq!(chances.len(), 2);
    assert_eq!(chances[0].0, 1);
    assert_close(chances[0].1, 0.5 / 0.8, 1e-14, "case 1");
    assert_close(chances[1].1, 0.2 / 0.8, 1e-14, "case 2");
    assert_close(plain[2].unknown, 0.1 / 0.8, 1e-14, "outside");
    // A named contact with case 2 makes it the likeliest.
    let link = Link { a: 3, b: 2, weight: 20.0 };
    let linked = likely_infectors(&cases, &[link], &interval, 1.0, 0.1)?;
    assert_eq!(linked[2].candidates[0].infector, 2);
    assert_close(linked[2].candidates[0].probability, 4.0 / 4.6, 1e-14, "linked");
    // Without anything else only links count.
    let only = likely_infectors(&cases, &[link], &interval, 0.0, 0.0)?;
    assert_eq!(only[2].candidates.len(), 1);
    assert_eq!((only[3].candidates.len(), only[3].unknown), (0, 1.0));
    let secondary = Infectors::expected_secondary(&plain);
    let sum: f64 = secondary.values().sum();
    let known: f64 = plain.iter().map(|i| 1.0 - i.unknown).sum();
    assert_close(sum, known, 1e-14, "every infection has one infector");

    assert!(likely_infectors(&[day(1, 0), day(1, 2)], &[], &interval, 1.0, 0.1).is_err());
    for bad in [Link { b: 9, ..link }, Link { b: 3, ..link }, Link { weight: -1.0, ..link }] {
        assert!(likely_infectors(&cases, &[bad], &interval, 1.0, 0.1).is_err(), "{bad:?}");
    }
    assert!(likely_infectors(&cases, &[], &interval, f64::NAN, 0.1).is_err());
    Ok(())
}

#[test]
fn circles_and_strangers_are_named() {
    let told = |cases: &[(u64, Option<u64>)]| match Tree::new(cases.iter().copied()) {
        Err(e) => e.to_string(),
        Ok(_) => "accepted".to_owned(),
    };
    assert!(told(&[(1, Some(2)), (2, Some(3)), (3, Some(2))]).contains("circle"));
    let circle = told(&[(1, Some(2)), (2, Some(3)), (3, Some(2))]);
    assert!(circle.contains('2') && circle.contains('3') && !circle.contains("1,"), "{circle}");
    assert!(told(&[(1, Some(1))]).contains("circle"));
    assert!(told(&[(1, None), (2, Some(7))]).contains('7'));
    assert!(told(&[(1, None), (1, None)]).contains("twice"));
    assert_eq!(told(&[(1, None), (2, Some(1)), (3, Some(2))]), "accepted");
}

proptest! {
    /// In any forest a case is one generation after its infector, in the same chain.
    #[test]
    fn a_case_is_one_generation_after_its_infector(parents in prop::collection::vec(0_usize..50, 1..50)) {
        let cases: Vec<(u64, Option<u64>)> = parents
            .iter()
            .enumerate()
            .map(|(i, p)| (i as u64, (*p < i).then_some(*p as u64)))
            .collect();
        // Told in any order.
        let tree = Tree::new(cases.iter().rev().copied())?;
        for (case, infector) in &cases {
            let own = tree.generation(*case);
            match infector {
                None => prop_assert_eq!(own.map(|g| (g.source, g.number)), Some((*case, 0))),
                Some(by) => {
                    let above = tree.generation(*by);
                    prop_assert_eq!(own.map(|g| g.source), above.map(|g| g.source));
                    prop_assert_eq!(own.map(|g| g.number), above.map(|g| g.number + 1));
                }
            }
        }
        let secondary: u32 = tree.secondary().iter().sum();
        prop_assert_eq!(secondary as usize, cases.iter().filter(|c| c.1.is_some()).count());
        prop_assert_eq!(tree.sizes().iter().sum::<usize>(), cases.len());
    }
}

fn day_number(text: &str) -> TestResult<i64> {
    let day: Date = text.parse()?;
    Ok(i64::from((day - Date::constant(1861, 1, 1)).get_days()))
}

/// Measles in Hagelloch, 1861: 188 cases, of whom 184 have a putative infector. The generations
/// and secondary cases are those that its sources tell; the index case infected most.
#[test]
fn measles_in_hagelloch() -> TestResult {
    let rows = Table::read("linelists/measles_hagelloch_1861.csv")?.rows;
    let mut cases = Vec::new();
    let mut onset = BTreeMap::new();
    for row in &rows {
        let case = row.whole("case_ID")? as u64;
        let infector = row.text("infector")?.parse::<u64>().ok();
        cases.push((case, infector));
        onset.insert(case, day_number(row.text("date_of_prodrome")?)?);
    }
    let known: std::collections::BTreeSet<u64> = cases.iter().map(|c| c.0).collect();
    let inside = |by: &u64| known.contains(by);
    let tree = Tree::new(cases.iter().map(|(c, by)| (*c, by.filter(inside))))?;
    assert_eq!(rows.len(), 188);
    assert_eq!(tree.sizes().iter().sum::<usize>(), 188);
    let secondary = tree.secondary();
    let most = secondary.iter().max().copied().unwrap_or(0);
    assert_eq!(most, 30, "case 45, in the first school class");
    let fit = offspring(&secondary, 0.95)?;
    assert_close(fit.mean, f64::from(secondary.iter().sum::<u32>()) / 188.0, 1e-12, "mean");
    assert!(fit.dispersion < 1.0, "very uneven: {}", fit.dispersion);
    // Onset to onset of the pairs: measles' serial interval is about 11 to 12 days.
    let pairs: Vec<Pair> = cases
        .iter()
        .filter_map(|(case, by)| {
            let one = |c: &u64| onset.get(c).map(|d| DayRange { first: *d, last: *d });
            Some(Pair { infector: one(by.as_ref()?)?, infected: one(case)? })
        })
        .collect();
    let interval = serial_interval_of_pairs(&pairs, 0.95)?;
    assert!((9.0..=13.0).contains(&interval.mean.value), "{interval:?}");
    // Scored by days alone, with a prior of the fitted interval, the putative infector is among
    // the possible ones of nearly every case.
    let by_days: Vec<CaseDay> =
        onset.iter().map(|(case, day)| CaseDay { case: *case, day: *day }).collect();
    let weights = SerialInterval::parametric(interval.mean.value, interval.sd.value, 40)?;
    let scored = likely_infectors(&by_days, &[], &weights, 1.0, 1e-6)?;
    let putative: BTreeMap<u64, u64> =
        cases.iter().filter_map(|(c, by)| Some((*c, by.filter(inside)?))).collect();
    let found = scored
        .iter()
        .filter(|s| {
            let by = putative.get(&s.case);
            s.candidates.iter().any(|c| Some(&c.infector) == by)
        })
        .count();
    assert!(found as f64 >= 0.95 * putative.len() as f64, "{found} of {}", putative.len());
    Ok(())
}

/// MERS in South Korea, 2015: 98 links of 162 cases. One patient infected most of them, and the
/// dispersion is small: published estimates for this outbreak lie below 0.2.
#[test]
fn mers_in_south_korea() -> TestResult {
    let rows = Table::read("linelists/mers_korea_2015_cases.csv")?.rows;
    let mut onset = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let id = row.text("id")?.to_owned();
        if let Ok(day) = day_number(row.text("dt_onset")?) {
            onset.insert(id.clone(), day);
        }
        ids.insert(id, number as u64);
    }
    let mut infector: BTreeMap<u64, u64> = BTreeMap::new();
    let mut pairs = Vec::new();
    for row in Table::read("linelists/mers_korea_2015_pairs.csv")?.rows {
        let (from, to) = (row.text("from")?, row.text("to")?);
        let (Some(a), Some(b)) = (ids.get(from), ids.get(to)) else {
            return Err(format!("{from} or {to} is not in the line list").into());
        };
        infector.entry(*b).or_insert(*a);
        if let (Some(a), Some(b)) = (onset.get(from), onset.get(to)) {
            let one = |d: &i64| DayRange { first: *d, last: *d };
            pairs.push(Pair { infector: one(a), infected: one(b) });
        }
    }
    let tree = Tree::new(ids.values().map(|c| (*c, infector.get(c).copied())))?;
    let secondary = tree.secondary();
    assert_eq!(secondary.len(), 162);
    let fit = offspring(&secondary, 0.95)?;
    assert!(fit.dispersion < 0.2, "{fit:?}");
    assert!(fit.cases_causing(0.8) < 0.1, "{}", fit.cases_causing(0.8));
    let interval = serial_interval_of_pairs(&pairs, 0.95)?;
    assert!((10.0..=15.0).contains(&interval.mean.value), "{interval:?}");
    Ok(())
}
