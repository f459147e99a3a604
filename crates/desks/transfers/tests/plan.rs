//! The dispatch plan, by example and by property.

use std::collections::{BTreeSet, HashMap, HashSet};

use planner::routes::steps;
use proptest::prelude::*;
use transfers::views::{LeftWhy, Plan, PlanInput, propose};
use transfers::{Class, Kind, Reason, Ride, Signs, Spot, Stage, Vehicle};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, Span, UnitId};

const NOW: Micros = Micros(1_648_000_000_000_000);

fn area(n: u32) -> AreaCode {
    AreaCode::new(n).expect("six digits")
}

fn point(east: f64, north: f64) -> Spot {
    // Metres, near Jilin City.
    let at = (126.55 + east / 80_300.0, 43.84 + north / 111_320.0);
    Spot { at: Some(at), ..Spot::of(area(220_202)) }
}

fn ride(n: u8, class: Class, due_minutes: i64) -> Ride {
    Ride {
        id: UnitId::derived(transfers::RIDE, area(220_202), &[&[n]]),
        person: PersonId::from_bytes([n; 16]),
        episode: None,
        household: None,
        reason: Reason::Admission,
        class,
        lying: false,
        from: point(f64::from(n) * 150.0, 500.0),
        to: Spot { facility: HolderCode::parse("ward:F1").ok(), ..point(4_000.0, 1_000.0) },
        stage: Stage::Wanted,
        stage_since: NOW,
        wanted_at: NOW,
        from_time: None,
        due: NOW + Span::minutes(due_minutes),
        trip: None,
        seat: String::new(),
        signs: Signs::default(),
        said: String::new(),
        in_vain: 0,
        picked_at: None,
        arrived_at: None,
    }
}

fn vehicle(n: u8, seats: i64, stretchers: i64, carries: &[Class]) -> Vehicle {
    Vehicle {
        code: HolderCode::parse(&format!("vehicle:V{n:03}")).expect("a code"),
        area: area(220_202),
        kind: Kind::Ambulance,
        plate: format!("V{n}"),
        seats,
        stretchers,
        carries: carries.to_vec(),
        serves: AreaScope::parse("2202").expect("a scope"),
        base: point(0.0, 0.0),
        crew: String::new(),
        shift: None,
        out: None,
        dirty: None,
        trip: None,
        last_class: None,
    }
}

fn plan(rides: Vec<Ride>, vehicles: Vec<Vehicle>) -> Plan {
    let input = PlanInput { now: NOW, rides, vehicles, promised: HashSet::new() };
    propose(&input, 1, &mut steps(200))
}

fn why(plan: &Plan) -> Vec<LeftWhy> {
    plan.left.iter().map(|left| left.why).collect()
}

#[test]
fn whoever_is_not_fetched_has_a_reason() {
    let positive = || vec![ride(1, Class::Positive, 60)];
    assert_eq!(why(&plan(positive(), vec![])), [LeftWhy::NoVehicle]);
    let other = vehicle(1, 4, 0, &[Class::Contact]);
    assert_eq!(why(&plan(positive(), vec![other])), [LeftWhy::NotForClass]);
    let mut lies = ride(1, Class::Positive, 60);
    lies.lying = true;
    let sits = vehicle(1, 4, 0, Class::ALL);
    assert_eq!(why(&plan(vec![lies], vec![sits])), [LeftWhy::NoStretcher]);
    let mut away = vehicle(1, 4, 0, Class::ALL);
    away.serves = AreaScope::parse("2201").expect("a scope");
    assert_eq!(why(&plan(positive(), vec![away])), [LeftWhy::ServesElsewhere]);
    let two = vec![ride(1, Class::Positive, 60), ride(2, Class::Positive, 90)];
    let made = plan(two, vec![vehicle(1, 1, 0, Class::ALL)]);
    assert_eq!((made.fetched(), why(&made)), (1, vec![LeftWhy::OthersFirst]));
    let mut later = ride(1, Class::Positive, 60 * 9);
    later.from_time = Some(NOW + Span::hours(8));
    let made = plan(vec![later], vec![vehicle(1, 1, 0, Class::ALL)]);
    assert_eq!(why(&made), [LeftWhy::NotYet]);
    let mut ending = vehicle(1, 4, 0, Class::ALL);
    ending.shift = Some((NOW - Span::hours(12), NOW + Span::minutes(1)));
    let mut far = ride(1, Class::Positive, 60);
    far.from = point(300_000.0, 0.0);
    assert_eq!(why(&plan(vec![far], vec![ending])), [LeftWhy::NotInTime]);
}

#[test]
fn a_vehicle_that_is_dirty_busy_or_promised_fetches_nobody() {
    let rides = || vec![ride(1, Class::Positive, 60)];
    let mut dirty = vehicle(1, 4, 0, Class::ALL);
    dirty.dirty = Some((NOW, NOW));
    let made = plan(rides(), vec![dirty]);
    assert_eq!((made.free, made.dirty, made.fetched()), (0, 1, 0));
    let input = PlanInput {
        now: NOW,
        rides: rides(),
        vehicles: vec![vehicle(1, 4, 0, Class::ALL)],
        promised: HashSet::from([vehicle(1, 4, 0, &[]).code]),
    };
    assert_eq!(propose(&input, 1, &mut steps(50)).fetched(), 0);
}

#[test]
fn who_is_late_already_is_fetched_late_and_said_to_be() {
    let mut late = ride(1, Class::Positive, -120);
    late.due = NOW - Span::hours(2);
    let made = plan(vec![late], vec![vehicle(1, 4, 0, Class::ALL)]);
    assert_eq!(made.fetched(), 1);
    assert!(!made.trips[0].rides[0].in_time());
}

#[test]
fn a_family_goes_together_and_classes_apart() {
    let home = Some(HouseholdId::from_bytes([9; 16]));
    let mut rides: Vec<Ride> = (1..=6).map(|n| ride(n, Class::Positive, 90)).collect();
    for n in [0, 3, 5] {
        rides[n].household = home;
        rides[n].from = point(900.0, 900.0);
    }
    rides.push(ride(7, Class::Contact, 90));
    let fleet = vec![
        vehicle(1, 3, 0, Class::ALL),
        vehicle(2, 3, 0, Class::ALL),
        vehicle(3, 3, 0, Class::ALL),
    ];
    let made = plan(rides, fleet);
    assert_eq!(made.fetched(), 7, "{made:?}");
    let with_family: BTreeSet<usize> = made
        .trips
        .iter()
        .enumerate()
        .filter(|(_, trip)| trip.rides.iter().any(|p| p.ride.household == home))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(with_family.len(), 1, "three of one household on three seats");
    assert_eq!(made.trips.iter().map(|trip| trip.families).sum::<usize>(), 1);
    let alone = made.trips.iter().find(|trip| trip.class == Class::Contact).expect("a trip");
    assert_eq!(alone.rides.len(), 1);
}

fn rides() -> impl Strategy<Value = Vec<Ride>> {
    let one = (0usize..5, any::<bool>(), 0u8..6, -60i64..240, 0u8..4);
    prop::collection::vec(one, 0..24).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (class, lying, household, due, east))| {
                let mut one = ride(n as u8 + 1, Class::ALL[class], due);
                one.lying = lying && household == 0;
                one.household = (household > 2).then(|| HouseholdId::from_bytes([household; 16]));
                one.from = point(f64::from(east) * 700.0, f64::from(household) * 300.0);
                one
            })
            .collect()
    })
}

fn fleet() -> impl Strategy<Value = Vec<Vehicle>> {
    let one = (0i64..7, 0i64..3, prop::collection::btree_set(0usize..5, 1..5), 0u8..5);
    prop::collection::vec(one, 0..9).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (seats, stretchers, carries, state))| {
                let carries: Vec<Class> = carries.into_iter().map(|c| Class::ALL[c]).collect();
                let mut v =
                    vehicle(n as u8, seats + i64::from(stretchers == 0), stretchers, &carries);
                v.dirty = (state == 4).then_some((NOW, NOW));
                v
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_plan_keeps_every_rule(rides in rides(), fleet in fleet()) {
        let made = plan(rides.clone(), fleet.clone());
        let mut seen: Vec<UnitId> = made.left.iter().map(|left| left.ride.id).collect();
        let mut used = HashSet::new();
        for trip in &made.trips {
            prop_assert!(used.insert(trip.vehicle.code.clone()), "a vehicle makes one trip");
            prop_assert!(trip.vehicle.dirty.is_none());
            prop_assert!(trip.vehicle.carries.contains(&trip.class));
            prop_assert!(!trip.rides.is_empty());
            let lying = trip.rides.iter().filter(|p| p.ride.lying).count() as i64;
            let sitting = trip.rides.len() as i64 - lying;
            prop_assert!(lying <= trip.vehicle.stretchers && sitting <= trip.vehicle.seats);
            let mut on: HashMap<UnitId, Micros> = HashMap::new();
            let mut last = trip.leaves_at;
            for call in &trip.calls {
                let at = call.at.expect("a time");
                prop_assert!(at >= last, "in the order of time");
                last = at;
                if call.on {
                    prop_assert!(on.insert(call.ride, at).is_none());
                } else {
                    prop_assert!(on.remove(&call.ride).is_some(), "off after on");
                }
            }
            prop_assert!(on.is_empty());
            for planned in &trip.rides {
                prop_assert_eq!(planned.ride.class, trip.class);
                prop_assert!(planned.picked_at <= planned.arrives_at && planned.picked_at >= NOW);
                seen.push(planned.ride.id);
            }
        }
        seen.sort_unstable();
        let mut all: Vec<UnitId> = rides.iter().map(|ride| ride.id).collect();
        all.sort_unstable();
        prop_assert_eq!(seen, all, "everybody once: fetched, or left with a reason");
    }
}
