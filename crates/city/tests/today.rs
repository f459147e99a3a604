//! Rehearsals that begin today: what is known is in them, what is changed is all that differs, and fewer
//! people than there are stand for all.

use city::epidemic::Lock;
use city::response_model::{
    BEFORE, Change, Known, KnownCases, KnownZone, Rehearsal, TO_FIND, TOTALS, Totals, WhatIf,
    ZoneSpan, values_now,
};
use city::{CityError, Scenario};
use jiff::civil::date;
use types::AreaScope;

fn jilin() -> Scenario {
    Scenario::bundled("jilin-2022").expect("built in")
}

fn changes(list: &[&str]) -> Vec<Change> {
    list.iter().map(|c| c.parse().expect("a change")).collect()
}

/// A county of 8,000 with 60 known infections, 20 of whom wait and 25 of whom lie in beds.
fn known() -> Known {
    let county = 220_202;
    let found = (1..=12).map(|days_ago| KnownCases { county, days_ago, count: 5 }).collect();
    let day = date(2026, 11, 26);
    let start = date(2026, 10, 27);
    Known {
        date: day,
        days: 10,
        areas: AreaScope::parse("220202").expect("a county"),
        residents: 8_000,
        found,
        waiting: 20,
        in_care: [5, 20],
        ahead: vec![vec![6; TO_FIND as usize]],
        has: vec![
            Change::from_day("zones.area", start, 0.0),
            Change::from_day("beds.hospital", start, 10.0),
            Change::from_day("beds.fangcang", start, 25.0),
            Change::from_day("beds.fangcang", date(2026, 11, 29), 60.0),
            Change::from_day("testing.labs", start, 900.0),
        ],
        zones: Vec::new(),
        zones_kept: false,
    }
}

fn ready(known: Known, most: u64) -> Rehearsal {
    Rehearsal::from_today(&jilin(), 1, most, known).expect("ready")
}

#[test]
fn what_is_known_is_in_the_first_day() {
    let rehearsal = ready(known(), 40_000);
    assert!((rehearsal.scale() - 1.0).abs() < 1e-12);
    let run = rehearsal.run(0, &[], |_| ()).expect("a run");
    assert_eq!(run.rows.len(), 10);
    let truth = run.response.truth();
    let before = |at: f32| f64::from(at) < f64::from(BEFORE);
    let begun = truth.infections().iter().filter(|i| before(i.at)).count();
    assert_eq!(begun, 60 + 6 * TO_FIND as usize, "the known and those who will be found");
    let cases = run.response.cases();
    let found = |day: u32| cases.iter().filter(move |c| c.found().map(|(on, _)| on) == Some(day));
    for ago in 1..=12 {
        assert_eq!(found(BEFORE - ago).count(), 5, "{ago} days ago");
    }
    // Nobody has been fetched yet from the queue but by the first day's vehicles and beds.
    let first = &run.rows[0];
    assert!(first.found >= 6, "those whose result comes on the first day: {first:?}");
    let known = first.waiting_for_bed + first.in_hospital + first.in_fangcang;
    assert!(known + first.released >= 45, "{first:?}");
    assert!(first.in_fangcang <= 25, "{first:?}");
    let later = &run.rows[5];
    assert!(later.in_fangcang <= 60, "{later:?}");
    assert_eq!(truth.infections().len(), cases.len());
}

#[test]
fn a_run_repeats_and_a_pair_differs_only_where_the_change_acts() {
    let base = ready(known(), 40_000);
    let once = base.run(3, &[], |_| ()).expect("a run").rows;
    assert_eq!(once, base.run(3, &[], |_| ()).expect("a run").rows);
    let same = base.changed(&changes(&["beds.turnaround=x1"])).expect("a change");
    assert_eq!(once, same.run(3, &[], |_| ()).expect("a run").rows);
    let today = date(2026, 11, 26);
    let beds = changes(&["beds.fangcang=0"]).remove(0).since(today);
    let without = base.changed(&[beds]).expect("a change");
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for replicate in 0..5 {
        before.push(base.run(replicate, &[], |_| ()).expect("a run").rows);
        after.push(without.run(replicate, &[], |_| ()).expect("a run").rows);
    }
    let dates: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let pairs = WhatIf { base: &before, changed: &after, dates: &dates };
    let waiting = pairs.total(&TOTALS[2]);
    assert_eq!((waiting.less, waiting.more), (0, 5), "without beds more wait: {waiting:?}");
    // A planned opening that is put off for good leaves the beds that there are.
    let late = base.changed(&changes(&["beds.fangcang=+30d"])).expect("a change");
    let run = late.run(0, &[], |_| ()).expect("a run");
    assert!(run.rows.iter().all(|row| row.in_fangcang <= 25));
}

#[test]
fn fewer_people_stand_for_all_in_proportion() {
    let whole = Known {
        residents: 80_000,
        found: known().found.iter().map(|k| KnownCases { count: k.count * 10, ..*k }).collect(),
        waiting: 200,
        in_care: [50, 200],
        ahead: vec![vec![60; TO_FIND as usize]],
        ..known()
    };
    let rehearsal = ready(whole, 8_000);
    assert!((rehearsal.scale() - 0.1).abs() < 1e-12);
    assert_eq!(rehearsal.population().people(), 8_000);
    let run = rehearsal.run(0, &[], |_| ()).expect("a run");
    let before = |at: f32| f64::from(at) < f64::from(BEFORE);
    let begun = run.response.truth().infections().iter().filter(|i| before(i.at)).count();
    assert_eq!(begun, 60 + 6 * TO_FIND as usize);
}

fn zone(persons: u64, spans: &[(u32, u32, Lock)]) -> KnownZone {
    let span = |(from, until, lock): &(u32, u32, Lock)| ZoneSpan {
        from: *from,
        until: *until,
        lock: *lock,
    };
    KnownZone { county: 220_202, persons, spans: spans.iter().map(span).collect() }
}

#[test]
fn zones_hold_as_many_people_as_they_have_for_as_long_as_they_last() {
    // No doors are closed around new cases, so that what is behind doors is what zones hold.
    let quiet = changes(&["zones.building=0", "zones.compound=0"]);
    let has = known().has.into_iter().chain(quiet).collect();
    let zones = vec![
        zone(1_500, &[(0, 4, Lock::Door), (4, 10, Lock::Compound)]),
        zone(600, &[(2, 6, Lock::Building)]),
    ];
    let base = ready(Known { zones: zones.clone(), zones_kept: true, has, ..known() }, 40_000);
    let run = base.run(0, &[], |_| ()).expect("a run");
    let locked = |rows: &[city::response_model::DayRow]| -> Vec<u64> {
        rows.iter().map(|row| row.locked_down).collect()
    };
    let days = locked(&run.rows);
    let near = |n: u64, wanted: u64| n.abs_diff(wanted) <= wanted / 10;
    for (day, wanted) in [(0, 1_500), (2, 2_100), (4, 2_100), (7, 1_500)] {
        assert!(near(days[day], wanted), "day {day}: {days:?}");
    }
    // Lifted on the third day, the first zone is open from then on, and the second is not another one.
    let lifted = vec![zone(1_500, &[(0, 2, Lock::Door)]), zones[1].clone()];
    let other = base.with_zones(lifted).run(0, &[], |_| ()).expect("a run");
    let after = locked(&other.rows);
    assert_eq!(after[..2], days[..2]);
    assert_eq!(after[3], days[3] - days[0], "{after:?} and {days:?}");
    assert_eq!(after[8], 0);
    // A new one comes to what there is.
    let made = zones.iter().cloned().chain([zone(900, &[(1, 10, Lock::Door)])]).collect();
    let more = base.with_zones(made).run(0, &[], |_| ()).expect("a run");
    assert!(near(locked(&more.rows)[8] - days[8], 900), "{:?}", locked(&more.rows));
    // A zone of ten days is ten days long.
    let ten = base
        .with_zones(vec![zone(1_500, &[(0, 10, Lock::Door)])])
        .run(0, &[], |_| ())
        .expect("a run");
    assert_eq!(Totals::of(&ten.rows).locked_days, 10 * days[0]);
    let totals = Totals::of(&run.rows);
    assert_eq!(totals.meals(), 3 * (totals.locked_days + totals.quarantine_days));
}

#[test]
fn contacts_are_set_to_what_is_expected() {
    let base = ready(known(), 40_000);
    let mut tries = 0;
    let mut counted = || {
        tries += 1;
        true
    };
    let (few, low) = base.set_to(10.0, &mut counted).expect("set");
    let (many, high) = base.set_to(50.0, &mut counted).expect("set");
    assert!(low < high, "{low} and {high}");
    let mean = |rehearsal: &Rehearsal| {
        let runs = (0..6).map(|n| rehearsal.run(n, &[], |_| ()).expect("a run").rows);
        runs.map(|rows| Totals::of(&rows[..7]).infections).sum::<u64>() as f64 / 6.0
    };
    assert!((mean(&few) - 10.0).abs() < 8.0, "{}", mean(&few));
    assert!((mean(&many) - 50.0).abs() < 20.0, "{}", mean(&many));
    assert_eq!(few.days, 10);
    assert_eq!(tries, 2 * city::response_model::SETTING_RUNS);
}

#[test]
fn what_cannot_be_is_told_by_its_key() {
    let nowhere = Known { areas: AreaScope::parse("310101").expect("a county"), ..known() };
    let refused = Rehearsal::from_today(&jilin(), 1, 40_000, nowhere);
    assert!(matches!(refused, Err(CityError::NothingThere(_))));
    let keys = ["beds.fangcang", "testing.labs", "zones.area", "beds.hospital", "testing.none"];
    let values = values_now(&jilin(), &known(), &keys).expect("values");
    assert_eq!(values, [Some(25.0), Some(900.0), Some(0.0), Some(10.0), None]);
    let mut wrong = known();
    wrong.has.push(Change::from_day("zones.area", wrong.date, 7.0));
    assert!(values_now(&jilin(), &wrong, &keys).is_err());
}
