//! Curves, weeks, growth.

use analytics::{
    AnalyticsError, Calendar, Curve, CurveCase, DayOf, Doubling, Draws, EpiWeek, FoundIn, Growth,
    student,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::table::{Table, TestResult, assert_close};

fn week(day: Date, calendar: Calendar) -> String {
    EpiWeek::of(day, calendar).map_or_else(|| "none".to_owned(), |w| w.to_string())
}

#[test]
fn weeks_at_the_ends_of_years() {
    for (day, iso, mmwr) in [
        // MMWR 2008, 2014, 2020 and 2025 have 53 weeks; ISO 2015, 2020 and 2026 do.
        (date(2008, 12, 28), "2008-W52", "2008-W53"),
        (date(2008, 12, 29), "2009-W01", "2008-W53"),
        (date(2015, 1, 3), "2015-W01", "2014-W53"),
        (date(2015, 1, 4), "2015-W01", "2015-W01"),
        (date(2015, 12, 31), "2015-W53", "2015-W52"),
        (date(2016, 1, 2), "2015-W53", "2015-W52"),
        (date(2016, 1, 3), "2015-W53", "2016-W01"),
        (date(2020, 12, 31), "2020-W53", "2020-W53"),
        (date(2021, 1, 2), "2020-W53", "2020-W53"),
        (date(2021, 1, 3), "2020-W53", "2021-W01"),
        (date(2021, 1, 4), "2021-W01", "2021-W01"),
        (date(2022, 1, 1), "2021-W52", "2021-W52"),
        (date(2022, 1, 2), "2021-W52", "2022-W01"),
        (date(2022, 4, 9), "2022-W14", "2022-W14"),
        (date(2022, 4, 10), "2022-W14", "2022-W15"),
        (date(2024, 12, 30), "2025-W01", "2025-W01"),
        (date(2025, 12, 28), "2025-W52", "2025-W53"),
    ] {
        assert_eq!(week(day, Calendar::Iso), iso, "{day}");
        assert_eq!(week(day, Calendar::Mmwr), mmwr, "{day}");
    }
}

#[test]
fn weeks_follow_each_other_without_a_gap_for_a_century() -> TestResult {
    let mut day = date(1969, 12, 20);
    let mut last: Option<EpiWeek> = None;
    while day < date(2070, 1, 15) {
        let iso = EpiWeek::of(day, Calendar::Iso).ok_or("no ISO week")?;
        let wanted = day.iso_week_date();
        assert_eq!((iso.year, iso.week), (wanted.year(), wanted.week()), "{day}");
        let mmwr = EpiWeek::of(day, Calendar::Mmwr).ok_or("no MMWR week")?;
        let first = mmwr.first_day().ok_or("no first day")?;
        assert_eq!(first.weekday(), jiff::civil::Weekday::Sunday);
        assert!((0..7).contains(&(day - first).get_days()), "{day} in the week of {first}");
        if let Some(last) = last.filter(|l| *l != mmwr) {
            let next = if mmwr.week == 1 {
                last.year + 1 == mmwr.year && last.week >= 52
            } else {
                last.year == mmwr.year && last.week + 1 == mmwr.week
            };
            assert!(next, "{last} is followed by {mmwr}");
        }
        // 4 January is always in week 1.
        if (day.month(), day.day()) == (1, 4) {
            assert_eq!((mmwr.year, mmwr.week), (day.year(), 1));
        }
        last = Some(mmwr);
        day = day.checked_add(1.days())?;
    }
    let no_such = EpiWeek { calendar: Calendar::Iso, year: 2021, week: 53 };
    assert_eq!(no_such.first_day(), None);
    Ok(())
}

#[test]
fn every_case_is_in_a_bar_or_named_beside_the_curve() {
    let case = |onset: Option<i8>, report: i8, found_in| CurveCase {
        onset: onset.map(|d| date(2022, 4, d)),
        sample: None,
        report: Some(date(2022, 4, report)),
        found_in,
    };
    let cases = [
        case(Some(1), 3, Some(FoundIn::Community)),
        case(None, 3, Some(FoundIn::Quarantine)),
        case(Some(5), 9, Some(FoundIn::ControlledArea)),
        case(Some(2), 5, None),
    ];
    let (first, last) = (date(2022, 4, 1), date(2022, 4, 5));
    let by_report = Curve::of(&cases, DayOf::Report, first, last);
    assert_eq!(by_report.totals(), [0.0, 0.0, 2.0, 0.0, 1.0]);
    assert_eq!((by_report.days[2].community, by_report.days[2].quarantine), (1, 1));
    assert_eq!(by_report.days[4].unknown, 1);
    assert_eq!((by_report.outside.controlled_area, by_report.without_day.total()), (1, 0));
    let by_onset = Curve::of(&cases, DayOf::Onset, first, last);
    assert_eq!(by_onset.totals(), [1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(by_onset.without_day.quarantine, 1, "asymptomatic: no onset");
    assert_eq!(Curve::of(&cases, DayOf::Sample, first, last).without_day.total(), 4);
    let weeks = by_report.weeks(Calendar::Iso);
    let told: Vec<_> = weeks.iter().map(|(w, d, c)| (w.to_string(), *d, c.total())).collect();
    assert_eq!(told, [("2022-W13".to_owned(), 3, 2), ("2022-W14".to_owned(), 2, 1)]);
    // The days asked for the wrong way round: nothing is in a bar, nothing is lost.
    let none = Curve::of(&cases, DayOf::Report, last, first);
    assert_eq!(none.days.len() + usize::from(none.outside.total() != 4), 0);
}

#[test]
fn growth_agrees_with_a_generalised_linear_model() -> TestResult {
    let series = Table::read("growth/series.csv")?.rows;
    for row in Table::read("growth/glm.csv")?.rows {
        let name = row.text("series")?;
        let cases = series
            .iter()
            .filter(|r| r.text("series").ok() == Some(name))
            .map(|r| r.number("cases"))
            .collect::<TestResult<Vec<f64>>>()?;
        let got = Growth::of(&cases, 0.95)?;
        assert_close(got.rate, row.number("rate")?, 1e-9, name);
        assert_close(got.standard_error, row.number("se")?, 1e-9, name);
        // The ends are differences of the two, and one lies near 0.
        assert_close(got.low, row.number("low")?, 1e-8, name);
        assert_close(got.high, row.number("high")?, 1e-8, name);
        assert_close(got.dispersion, row.number("dispersion")?, 1e-9, name);
    }
    for row in Table::read("growth/student.csv")?.rows {
        let (freedom, p) = (row.number("freedom")?, row.number("p")?);
        let got = student::student_quantile(freedom, p);
        assert_close(got, row.number("t")?, 1e-11, &format!("t of {freedom} at {p}"));
    }
    Ok(())
}

#[test]
fn doubling_times_are_told_only_when_they_are_known() -> TestResult {
    let grow = |rate: f64| (0..12).map(|t| 50.0 * (rate * f64::from(t)).exp()).collect::<Vec<_>>();
    let up = Growth::of(&grow(0.2), 0.95)?;
    assert_close(up.rate, 0.2, 1e-9, "an exact exponential");
    match up.doubling() {
        Doubling::Doubles { days, low, high } => {
            assert_close(days, std::f64::consts::LN_2 / 0.2, 1e-8, "doubling time");
            assert!(low < days && days < high);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(Growth::of(&grow(-0.2), 0.95)?.doubling(), Doubling::Halves { .. }));
    match Growth::of(&[10.0, 14.0, 8.0, 12.0, 11.0, 9.0], 0.95)?.doubling() {
        Doubling::Unclear { doubling_at_least, halving_at_least } => {
            assert!(doubling_at_least > 1.0 && halving_at_least > 1.0);
        }
        other => panic!("{other:?}"),
    }
    for bad in [&[1.0, 2.0][..], &[0.0, 0.0, 0.0], &[0.0, 9.0, 0.0]] {
        assert!(matches!(Growth::of(bad, 0.95), Err(AnalyticsError::TooLittle(_))), "{bad:?}");
    }
    assert!(Growth::of(&[1.0, f64::NAN, 2.0], 0.95).is_err());
    assert!(Growth::of(&grow(0.1), 1.0).is_err());
    Ok(())
}

/// Of 95 % intervals, 95 % hold the truth: 400 simulated outbreaks with overdispersed counts.
#[test]
fn intervals_of_growth_hold_the_truth_as_often_as_they_say() -> TestResult {
    let mut draws = Draws::new(42);
    let (mut held, runs) = (0_u32, 400_u32);
    for _ in 0..runs {
        let cases: Vec<f64> = (0..14)
            .map(|t| draws.negative_binomial(40.0 * (0.1 * f64::from(t)).exp(), 15.0))
            .collect();
        let got = Growth::of(&cases, 0.95)?;
        held += u32::from(got.low <= 0.1 && 0.1 <= got.high);
    }
    let share = f64::from(held) / f64::from(runs);
    assert!((0.91..=0.98).contains(&share), "{share}");
    Ok(())
}
