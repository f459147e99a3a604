//! Dispatch plans: every rule kept, small ones optimal, and a night with 6,556 students.

use std::collections::{BTreeMap, BTreeSet};

use planner::random::Rng;
use planner::routes::{Ground, Progress, Rounding, Stop, Window, steps};
use planner::transfers::night::{PLACES, STUDENTS, night};
use planner::transfers::{
    Call, CoachTour, Coaches, Dispatch, Ride, TransferError, Transfers, cordeau, dispatch, manifest,
};
use proptest::prelude::*;

fn made_up(seed: u64, rides: usize, classes: usize) -> Transfers {
    let mut rng = Rng::new(seed);
    let places = 2 * rides + 1;
    let at = (0..places).map(|_| [rng.unit() * 60.0, rng.unit() * 60.0].map(f64::floor)).collect();
    let ground = Ground::Plane { at, rounding: Rounding::Up, pace: 1.0 };
    let rides = (0..rides as u32)
        .map(|ride| {
            let (from, to) = (2 * ride + 1, 2 * ride + 2);
            let open = rng.between(40, 300);
            let pick = Window { open, close: open + rng.between(20, 90) };
            let direct = ground.time(from, to);
            let tight = rng.chance(0.7);
            Ride {
                from,
                to,
                people: rng.between(1, 3),
                pick,
                drop: Window { open: 0, close: 700 },
                service: (rng.between(0, 4), rng.between(0, 4)),
                longest: tight.then(|| direct + rng.between(0, 40)),
                class: rng.below(classes) as u8,
                needs: u32::from(rng.chance(0.2)),
                skip: Stop::MUST,
            }
        })
        .collect();
    let coaches = |count, seats, gives| Coaches {
        start: 0,
        end: 0,
        count,
        seats,
        shift: Window { open: 0, close: 900 },
        longest: Some(600),
        fixed: 0,
        gives,
    };
    Transfers { ground, rides, coaches: vec![coaches(2, 4, 0), coaches(1, 6, 1)], cleaning: 15 }
}

fn fail(error: TransferError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A plan keeps every rule, with the times that it states, and costs what the search says.
    #[test]
    fn a_dispatch_keeps_every_rule(seed in 0..10_000u64, rides in 1..25usize, classes in 1..4usize) {
        let problem = made_up(seed, rides, classes);
        let mut last = 0;
        let mut watch = |progress: &Progress| {
            last = progress.best;
            progress.steps as f64 / 192.0
        };
        let plan = dispatch(&problem, seed, None, &mut watch).map_err(fail)?;
        prop_assert_eq!(plan.check(&problem).map_err(fail)?, last);
        let again = dispatch(&problem, seed, Some(&plan), &mut steps(64)).map_err(fail)?;
        prop_assert!(again.check(&problem).map_err(fail)? <= last);
    }

    /// With up to three rides and one vehicle, the plan is the best of all sequences.
    #[test]
    fn a_small_dispatch_is_optimal(seed in 0..10_000u64, rides in 1..4usize) {
        let mut problem = made_up(seed, rides, 2);
        problem.coaches.truncate(1);
        problem.coaches[0].count = 1;
        problem.rides.iter_mut().for_each(|ride| ride.needs = 0);
        let plan = dispatch(&problem, seed, None, &mut steps(1_500)).map_err(fail)?;
        prop_assert_eq!(plan.check(&problem).map_err(fail)?, exhaustive(&problem));
    }
}

/// The best cost over all subsets and orders. Whether times exist is decided by trying all times
/// of setting on within the window, which with whole minutes is every possible schedule.
fn exhaustive(problem: &Transfers) -> i64 {
    fn go(problem: &Transfers, done: &mut Vec<Call>, best: &mut i64) {
        let on = |done: &[Call], ride: u32| done.iter().any(|c| c.ride == ride && c.on);
        let off = |done: &[Call], ride: u32| done.iter().any(|c| c.ride == ride && !c.on);
        let open = (0..problem.rides.len() as u32).any(|r| on(done, r) && !off(done, r));
        if !open {
            let skipped = (0..problem.rides.len() as u32).filter(|&r| !on(done, r)).collect();
            if let Some(plan) = timed(problem, done, skipped) {
                *best = (*best).min(plan.check(problem).expect("a checked plan"));
            }
        }
        for ride in 0..problem.rides.len() as u32 {
            if !off(done, ride) {
                done.push(Call { ride, on: !on(done, ride), begins: 0 });
                go(problem, done, best);
                done.pop();
            }
        }
    }
    let mut best = i64::MAX;
    go(problem, &mut Vec::new(), &mut best);
    best
}

/// Times for a sequence by relaxation of all constraints, one unit at a time.
fn timed(problem: &Transfers, calls: &[Call], skipped: Vec<u32>) -> Option<Dispatch> {
    if calls.is_empty() {
        return Some(Dispatch { tours: Vec::new(), skipped });
    }
    let coaches = &problem.coaches[0];
    let mut plan = Dispatch {
        tours: vec![CoachTour { coaches: 0, leaves: 0, calls: calls.to_vec(), returns: 0 }],
        skipped,
    };
    // Any cause of a failure is a time that is too early; move the earliest such one on.
    for _ in 0..200_000 {
        let tour = &mut plan.tours[0];
        if let (Some(longest), true) = (coaches.longest, tour.returns > 0) {
            tour.leaves = tour.leaves.max(tour.returns - longest);
        }
        match plan.check(problem) {
            Ok(_) => return Some(plan),
            Err(TransferError::Broken { call, what, .. }) => {
                let tour = &mut plan.tours[0];
                if what.starts_with("back") {
                    tour.returns += 1;
                    if tour.returns > coaches.shift.close {
                        return None;
                    }
                } else if what.ends_with("under way") {
                    let ride = tour.calls[call].ride;
                    tour.calls.iter_mut().find(|c| c.ride == ride && c.on)?.begins += 1;
                } else if what.starts_with("begins") || what.ends_with("outside the window") {
                    let it = tour.calls[call];
                    let ride = &problem.rides[it.ride as usize];
                    let window = if it.on { ride.pick } else { ride.drop };
                    if it.begins >= window.close {
                        return None;
                    }
                    tour.calls[call].begins += 1;
                } else {
                    return None;
                }
            }
            Err(_) => return None,
        }
    }
    None
}

/// 6,556 students leave in one night: all of them, each with a seat, no two classes together.
#[test]
fn the_night_of_the_students() {
    let night = night(1);
    let problem = &night.problem;
    let people: i32 = problem.rides.iter().map(|ride| ride.people).sum();
    assert_eq!(people, STUDENTS);
    let plan = dispatch(problem, 1, None, &mut steps(1)).expect("a valid problem");
    plan.check(problem).expect("a plan that keeps the rules");
    assert!(plan.skipped.is_empty(), "{} rooms are left behind", plan.skipped.len());
    assert!(plan.tours.len() <= 300);

    let mut arrived: BTreeMap<usize, i32> = BTreeMap::new();
    let mut seated = 0;
    for (tour, it) in plan.tours.iter().enumerate() {
        let seats = manifest(problem, &plan, tour, 14).expect("seats enough");
        seated += seats.len();
        let different: BTreeSet<_> = seats.iter().map(|s| s.seat).collect();
        if it.calls.iter().skip_while(|call| call.on).all(|call| !call.on) {
            // Everybody is aboard together: nobody shares a seat, and nobody a class.
            assert_eq!(different.len(), seats.len());
            let classes: BTreeSet<u8> =
                it.calls.iter().map(|c| problem.rides[c.ride as usize].class).collect();
            assert_eq!(classes.len(), 1);
        }
        for call in it.calls.iter().filter(|call| !call.on) {
            let ride = &problem.rides[call.ride as usize];
            *arrived.entry(night.place[call.ride as usize]).or_default() += ride.people;
        }
    }
    assert_eq!(seated, STUDENTS as usize);
    assert_eq!(arrived.values().sum::<i32>(), STUDENTS);
    assert_eq!(arrived.len(), PLACES.len());
}

#[test]
fn rooms_sit_together_with_a_row_between() {
    let mut problem = made_up(1, 2, 1);
    problem.rides.iter_mut().for_each(|ride| {
        ride.people = 5;
        ride.class = 0;
    });
    let call = |ride, on| Call { ride, on, begins: 0 };
    let calls = vec![call(0, true), call(1, true), call(0, false), call(1, false)];
    let tours = vec![CoachTour { coaches: 0, leaves: 0, calls, returns: 0 }];
    let plan = Dispatch { tours, skipped: Vec::new() };
    let names = |rows| -> Vec<String> {
        let seats = manifest(&problem, &plan, 0, rows).expect("seats");
        seats.iter().map(|s| format!("{}:{}", s.ride, s.seat)).collect()
    };
    let first = ["0:1A", "0:1B", "0:1C", "0:1D", "0:2A"];
    assert_eq!(names(14)[..5], first);
    assert_eq!(names(14)[5..], ["1:4A", "1:4B", "1:4C", "1:4D", "1:5A"]);
    assert_eq!(names(3)[5..], ["1:2B", "1:2C", "1:2D", "1:3A", "1:3B"]);
    assert!(manifest(&problem, &plan, 0, 2).is_err());
}

const TINY: &str = "1 4 480 3 30
0 0 0 0 0 0 480
1 0 3 3 1 0 1440
2 4 0 3 1 100 115
3 4 3 3 -1 60 75
4 0 0 3 -1 0 1440
5 0 0 0 0 0 480
";

#[test]
fn cordeau_files_are_read() {
    let problem = cordeau::instance(TINY).expect("an instance");
    assert_eq!((problem.rides.len(), problem.coaches[0].count), (2, 1));
    let plan = dispatch(&problem, 1, None, &mut steps(500)).expect("a valid problem");
    // 3 to the first, 4 across, 3 down to the second, 4 home: a rectangle.
    assert_eq!(plan.check(&problem), Ok(14 * i64::from(cordeau::SCALE)));
    let short = TINY.lines().take(4).collect::<Vec<_>>().join("\n");
    assert!(matches!(cordeau::instance(&short), Err(TransferError::File { line: 1, .. })));
    let what = "not numbers".to_owned();
    let bad = TINY.replace("4 3 3 -1", "4 x 3 -1");
    assert_eq!(cordeau::instance(&bad), Err(TransferError::File { line: 5, what }));
}
