//! Routes: every plan keeps every rule, small ones are optimal, and files are read as published.

use planner::random::Rng;
use planner::routes::generate::{Layout, Middle, province, uchoa, windows};
use planner::routes::{
    Effort, Fleet, Ground, Problem, Progress, Rounding, RouteError, Routes, Stop, Tour, Window,
    cvrplib, solve, steps,
};
use proptest::prelude::*;

fn solved(problem: &Problem, seed: u64, limit: u64) -> (Routes, i64) {
    let plan = solve(problem, &Effort::seeded(seed), &mut steps(limit)).expect("a valid problem");
    let cost = plan.check(problem).expect("a plan that keeps the rules");
    (plan, cost)
}

/// A problem with all that there is: depots, trips, windows, abilities, closed ways.
fn rich(seed: u64, stops: usize, timed: bool, table: bool) -> Problem {
    let mut rng = Rng::new(seed);
    let places = stops + 2;
    let at: Vec<[f64; 2]> =
        (0..places).map(|_| [rng.unit() * 100.0, rng.unit() * 100.0].map(f64::floor)).collect();
    let plane = Ground::Plane { at, rounding: Rounding::Up, pace: 1.0 };
    let ground = if table {
        let (size, mut cost) = (places, Vec::new());
        for from in 0..size as u32 {
            for to in 0..size as u32 {
                let longer = 1.0 + 0.3 * rng.unit();
                let closed = from != to && rng.chance(0.05);
                let way = (f64::from(plane.cost(from, to)) * longer).ceil() as i32;
                cost.push(if closed { Ground::CLOSED } else { way });
            }
        }
        Ground::Table { size, cost, time: None }
    } else {
        plane
    };
    let stops = (0..stops as u32)
        .map(|stop| {
            let open = rng.between(0, 400);
            Stop {
                place: stop + 2,
                demand: rng.between(1, 9),
                service: rng.between(0, 10),
                window: if timed && rng.chance(0.7) {
                    Window { open, close: open + rng.between(60, 200) }
                } else {
                    Window::ANY
                },
                needs: u32::from(rng.chance(0.2)),
                skip: Stop::MUST,
            }
        })
        .collect();
    let fleet = |depot, count, trips, gives| Fleet {
        depot,
        count,
        capacity: 25,
        shift: if timed { Window { open: 0, close: 700 } } else { Window::ANY },
        trips,
        loading: 5,
        fixed: 40,
        gives,
        group: None,
    };
    let fleets = vec![fleet(0, Some(3), 3, 0), fleet(1, None, 1, 1)];
    Problem { ground, stops, fleets }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the problem, the plan keeps all rules, and costs what the search says.
    #[test]
    fn a_plan_keeps_every_rule(
        seed in 0..10_000u64,
        stops in 1..60usize,
        timed in any::<bool>(),
        table in any::<bool>(),
    ) {
        let problem = rich(seed, stops, timed, table);
        let mut last = 0;
        let mut watch = |progress: &Progress| {
            last = progress.best;
            progress.steps as f64 / 2_048.0
        };
        let plan = solve(&problem, &Effort::seeded(seed), &mut watch).map_err(fail)?;
        prop_assert_eq!(plan.check(&problem).map_err(fail)?, last);
    }

    /// A vehicle that several depots could use is used from one; stops that need another are left
    /// out only when there is none for them.
    #[test]
    fn vehicles_of_a_group_are_used_once(
        seed in 0..10_000u64,
        stops in 1..40usize,
        timed in any::<bool>(),
        table in any::<bool>(),
    ) {
        let mut problem = rich(seed, stops, timed, table);
        let [near, far] = [problem.fleets[0], problem.fleets[1]];
        let side = |fleet: Fleet, group| Fleet { count: Some(1), trips: 2, group: Some(group), ..fleet };
        problem.fleets = (0..3).flat_map(|group| [side(near, group), side(far, group)]).collect();
        let (plan, cost) = solved(&problem, seed, 1_500);
        let effort = Effort { warm: Some(&plan), ..Effort::seeded(seed + 1) };
        let again = solve(&problem, &effort, &mut steps(300)).map_err(fail)?;
        prop_assert!(again.check(&problem).map_err(fail)? <= cost);
        // The check tells a vehicle that is in two places.
        let mut twice = plan.clone();
        if let Some(tour) = twice.tours.first_mut().filter(|tour| tour.trips.len() > 1) {
            let fleet = tour.fleet ^ 1;
            let trips = vec![tour.trips.remove(0)];
            twice.tours.push(Tour { fleet, trips });
            prop_assert!(twice.check(&problem).is_err());
        }
    }

    /// Large problems are searched in another order of stops; plans keep the numbers that were given.
    #[test]
    fn renumbered_stops_keep_their_numbers(seed in 0..1_000u64, timed in any::<bool>()) {
        let problem = if timed {
            windows(seed, 1_100, Layout::Clustered(20), 0.7, 120.0, 200)
        } else {
            uchoa(seed, 1_100, Middle::Corner, Layout::Mixed(9), (1, 30), 60.0)
        };
        let (plan, cost) = solved(&problem, seed, 640);
        let effort = Effort { warm: Some(&plan), ..Effort::seeded(seed + 1) };
        let again = solve(&problem, &effort, &mut steps(64)).map_err(fail)?;
        prop_assert!(again.check(&problem).map_err(fail)? <= cost);
    }

    /// Up to six stops, the plan is the best of all plans.
    #[test]
    fn a_small_plan_is_optimal(seed in 0..10_000u64, stops in 1..6usize, timed in any::<bool>()) {
        let mut problem = rich(seed, stops, timed, false);
        problem.fleets.truncate(1);
        problem.fleets[0].gives = 1;
        problem.fleets[0].trips = 1;
        problem.fleets[0].count = Some(2);
        let (_, cost) = solved(&problem, seed, 6_000);
        prop_assert_eq!(cost, exhaustive(&problem));
    }

    /// A replan starts from the old plan, keeps the rules as they now are, and never gets worse.
    #[test]
    fn a_warm_start_never_loses(seed in 0..10_000u64, timed in any::<bool>()) {
        let problem = rich(seed, 40, timed, true);
        let (plan, cost) = solved(&problem, seed, 2_000);
        let effort = Effort { warm: Some(&plan), ..Effort::seeded(seed + 1) };
        let again = solve(&problem, &effort, &mut steps(500)).map_err(fail)?;
        prop_assert!(again.check(&problem).map_err(fail)? <= cost);
        let mut changed = problem.clone();
        if let Ground::Table { size, cost, .. } = &mut changed.ground {
            for tour in &plan.tours {
                let trip = &tour.trips[0];
                let (from, to) = (trip[0] as usize + 2, trip[trip.len() - 1] as usize + 2);
                cost[from * *size + to] = Ground::CLOSED;
            }
        }
        changed.stops[3].demand = 20;
        changed.fleets[0].count = Some(1);
        let effort = Effort { warm: Some(&plan), ..Effort::seeded(seed) };
        let again = solve(&changed, &effort, &mut steps(500)).map_err(fail)?;
        again.check(&changed).map_err(fail)?;
    }
}

fn fail(error: RouteError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// The cost of the best plan for at most two vehicles of one trip: every order, every cut.
fn exhaustive(problem: &Problem) -> i64 {
    fn orders(left: &mut Vec<u32>, order: &mut Vec<u32>, see: &mut dyn FnMut(&[u32])) {
        see(order);
        for at in 0..left.len() {
            let stop = left.remove(at);
            order.push(stop);
            orders(left, order, see);
            order.pop();
            left.insert(at, stop);
        }
    }
    let all: Vec<u32> = (0..problem.stops.len() as u32).collect();
    let mut best = i64::MAX;
    orders(&mut all.clone(), &mut Vec::new(), &mut |order| {
        let skipped: Vec<u32> = all.iter().copied().filter(|s| !order.contains(s)).collect();
        for cut in 0..=order.len() {
            let tours = [&order[..cut], &order[cut..]]
                .iter()
                .filter(|trip| !trip.is_empty())
                .map(|trip| Tour { fleet: 0, trips: vec![trip.to_vec()] })
                .collect();
            let plan = Routes { tours, skipped: skipped.clone() };
            best = best.min(plan.check(problem).unwrap_or(i64::MAX));
        }
    });
    best
}

#[test]
fn the_same_seed_makes_the_same_plan() {
    for problem in [
        uchoa(1, 200, Middle::Corner, Layout::Mixed(6), (1, 100), 12.0),
        windows(2, 150, Layout::Clustered(5), 0.8, 120.0, 200),
        rich(3, 80, true, true),
        uchoa(4, 1_200, Middle::Corner, Layout::Mixed(6), (1, 100), 90.0),
    ] {
        let (one, _) = solved(&problem, 5, 3_000);
        let (two, _) = solved(&problem, 5, 3_000);
        assert_eq!(one, two);
        let (other, _) = solved(&problem, 6, 3_000);
        assert_ne!(one, other);
    }
}

#[test]
fn more_steps_make_a_better_plan() {
    for problem in [
        uchoa(1, 300, Middle::Random, Layout::Random, (1, 10), 8.0),
        province(2, 3_000, Middle::Centre, 30),
        windows(3, 300, Layout::Random, 1.0, 100.0, 200),
    ] {
        let (_, short) = solved(&problem, 1, 64);
        // Few steps for each stop: from a high temperature they would not cool down.
        let effort = Effort { heat: Some((0.1, 0.01)), ..Effort::seeded(1) };
        let plan = solve(&problem, &effort, &mut steps(60_000)).expect("a valid problem");
        let long = plan.check(&problem).expect("a plan that keeps the rules");
        assert!(long < short, "{long} after {short}");
    }
}

const VRP: &str = "NAME : tiny
TYPE : VRPTW
DIMENSION : 4
VEHICLES : 2
CAPACITY : 10
SERVICE_TIME : 2
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
4 0 7
DEMAND_SECTION
1 0
2 5
3 5
4 5
TIME_WINDOW_SECTION
1 0 100
2 0 50
3 10 50
4 0 50
DEPOT_SECTION
1
-1
EOF
";

#[test]
fn files_are_read_by_their_conventions() {
    let timed = cvrplib::instance(VRP).expect("an instance");
    assert_eq!(timed.scale, 10);
    // The way from the depot to (1, 1) is 1.41421…: 14 tenths, cut off.
    assert_eq!(timed.problem.ground.cost(0, 2), 14);
    assert_eq!(timed.problem.stops[0].service, 20);
    let (routes, cost) =
        cvrplib::routes("Route #1: 1 2\nRoute #2: 3\nCost 24.6\n").expect("routes");
    assert_eq!(cost, Some(24.6));
    // 5 + 3.6 + 1.4, and 7 + 7.
    assert_eq!(routes.check(&timed.problem), Ok(240));
    let plain: String = VRP
        .lines()
        .filter(|line| !line.starts_with("SERVICE") && !line.starts_with("VEHICLES"))
        .map(|line| line.replace("VRPTW", "CVRP") + "\n")
        .collect();
    let start = plain.find("TIME_WINDOW").expect("windows");
    let end = plain.find("DEPOT_S").expect("a depot");
    let plain = cvrplib::instance(&(plain[..start].to_owned() + &plain[end..])).expect("plain");
    assert_eq!((plain.scale, plain.problem.ground.cost(0, 2)), (1, 1));
    // 5 + 4 + 1 + 7 + 7, each rounded to the nearest.
    assert_eq!(routes.check(&plain.problem), Ok(24));
}

#[test]
fn bad_files_name_the_line() {
    let bad = [
        (VRP.replace("EUC_2D", "GEO"), 7, "EDGE_WEIGHT_TYPE GEO is not read, only EUC_2D"),
        (VRP.replace("3 1 1", "3 1 x"), 11, "not a row of numbers"),
        (VRP.replace("3 1 1", "7 1 1"), 11, "node 3 is wanted"),
        (VRP.replace("DIMENSION : 4", "DIMENSION : 5"), 0, "DIMENSION 5, 4 coordinates, 4 demands"),
    ];
    for (text, line, what) in bad {
        let what = what.to_owned();
        assert_eq!(cvrplib::instance(&text), Err(RouteError::File { line, what }));
    }
}

#[test]
fn a_broken_plan_is_told_apart() {
    let problem = cvrplib::instance(VRP).expect("an instance").problem;
    let tours = |trips: &[&[u32]]| Routes {
        tours: trips.iter().map(|t| Tour { fleet: 0, trips: vec![t.to_vec()] }).collect(),
        skipped: Vec::new(),
    };
    let broken =
        |what: &str| Err(RouteError::Broken { vehicle: 0, trip: 0, what: what.to_owned() });
    assert_eq!(tours(&[&[0, 1, 2]]).check(&problem), broken("15 loaded of 10"));
    assert_eq!(tours(&[&[0, 1]]).check(&problem), Err(RouteError::Times { stop: 2, times: 0 }));
    let twice = tours(&[&[0, 1], &[1, 2]]).check(&problem);
    assert_eq!(twice, Err(RouteError::Times { stop: 1, times: 2 }));
    let mut late = problem.clone();
    late.stops[0].window.close = 40;
    assert_eq!(tours(&[&[0, 1], &[2]]).check(&late), broken("late at stop 0: 50"));
}

#[test]
fn what_nobody_can_reach_is_skipped() {
    let mut problem = rich(1, 10, false, false);
    problem.stops[4].demand = 99;
    let (plan, _) = solved(&problem, 1, 500);
    assert_eq!(plan.skipped, [4]);
}
