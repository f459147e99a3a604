//! The night of 10 March 2022: 6,556 students leave a college in Jilin City for six places, on 300 coaches. Through the
//! desk, on both stores: asked for, planned, driven, handed over; at dawn every student is accounted for.
//!
//! What is known of that night and what is made up is told in `planner::transfers::night`. Run with `--no-capture`
//! to see the figures that `docs/night-of-the-students.md` has.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/garage.rs"]
mod garage;

use std::collections::{BTreeMap, BTreeSet};

use clinic::{Clinic, area, command_id, holder, person, scope};
use desks::Command as AnyCommand;
use ledger::{Actor, Envelope, Priority, Status};
use planner::routes::steps;
use planner::transfers::night::{PLACES, STUDENTS, night};
use store::both_stores;
use transfers::views::{self, PlannedTrip};
use transfers::{
    Class, Command, Dispatch, Kind, OffWhy, PickUp, PutVehicle, Reason, Receive, Rider, Spot,
    Stage, TakeOff, Want,
};
use types::{AreaCode, AreaScope, HouseholdId, Micros, Span, UnitId};

/// The county of each place, in the order of [`PLACES`].
const COUNTIES: [u32; 6] = [220_402, 220_621, 220_802, 220_602, 220_502, 220_702];
/// Degrees east and north of the college.
const COLLEGE: (f64, f64) = (126.55, 43.84);
const COACHES: u32 = 300;
/// Of 55 seats, 26 are used: a free row between rooms.
const SEATS: u32 = 26;
/// Steps of each plan's search.
const STEPS: u64 = 300;

fn eight_in_the_evening() -> Micros {
    Micros::parse("2022-03-10T20:00:00+08:00").expect("a time")
}

fn place(n: usize) -> String {
    format!("ward:Q-{}", PLACES[n].0)
}

fn county(n: usize) -> AreaCode {
    AreaCode::new(COUNTIES[n]).expect("six digits")
}

/// A point so many metres east and north of the college.
fn at(east: f64, north: f64) -> (f64, f64) {
    let metres = 111_320.0;
    (COLLEGE.0 + east / (metres * COLLEGE.1.to_radians().cos()), COLLEGE.1 + north / metres)
}

fn told(
    event_time: Micros,
    county: AreaCode,
    by: Option<&str>,
    command: Command,
) -> Envelope<AnyCommand> {
    let user = by.map_or("dispatcher".to_owned(), |by| by.replace(':', "-"));
    Envelope {
        id: command_id(),
        area: county,
        event_time,
        clock_offset: Span(0),
        device: None,
        actor: Actor { user, holder: by.map(holder) },
        command: command.into(),
    }
}

async fn take(clinic: &Clinic, all: Vec<Envelope<AnyCommand>>) {
    for part in all.chunks(100) {
        let outcomes =
            clinic.engine.submit(Priority::Normal, part.to_vec()).await.expect("written");
        for outcome in outcomes {
            assert_eq!(outcome.status, Status::Accepted, "{:?}", outcome.refusal);
        }
    }
}

/// The rooms ask for their rides: where they are, where they go, when their building is called down.
fn wishes() -> (Vec<Envelope<AnyCommand>>, usize) {
    let made = night(1);
    let mut next = 0;
    let rooms = made.problem.rides.iter().zip(&made.place).enumerate();
    let wishes: Vec<_> = rooms
        .map(|(room, (ride, goal))| {
            let mut household = [0; 16];
            household[..8].copy_from_slice(&(room as u64 + 1).to_be_bytes());
            let people = (0..ride.people as u32).map(|n| Rider {
                person: person(next + n),
                household: Some(HouseholdId::from_bytes(household)),
                lying: false,
            });
            let people: Vec<Rider> = people.collect();
            next += ride.people as u32;
            let building = f64::from(ride.from - 1);
            let (east, north) = ((building % 4.0) * 150.0, (building / 4.0).floor() * 120.0);
            let (_, km_east, km_north) = PLACES[*goal];
            let opens = eight_in_the_evening() + Span::seconds(i64::from(ride.pick.open));
            let want = Want {
                people,
                reason: Reason::Moved,
                class: [Class::Contact, Class::Secondary, Class::Clear][usize::from(ride.class)],
                from: Spot { at: Some(at(east, north)), ..Spot::of(area()) },
                to: Spot {
                    facility: Some(holder(&place(*goal))),
                    at: Some(at(km_east * 1_000.0, km_north * 1_000.0)),
                    ..Spot::of(county(*goal))
                },
                due: Some(eight_in_the_evening() + Span::seconds(i64::from(ride.pick.close))),
                from_time: Some(opens),
                note: String::new(),
            };
            told(eight_in_the_evening(), area(), None, Command::Want(want))
        })
        .collect();
    let rooms = wishes.len();
    (wishes, rooms)
}

fn coaches() -> Vec<Envelope<AnyCommand>> {
    (1..=COACHES)
        .map(|n| {
            let put = PutVehicle {
                code: holder(&format!("vehicle:K{n:03}")),
                kind: Kind::Coach,
                plate: format!("吉B-{n:05}"),
                seats: SEATS,
                stretchers: 0,
                carries: vec![Class::Contact, Class::Secondary, Class::Clear],
                serves: AreaScope::parse("2202").expect("a scope"),
                base: Spot { at: Some(at(0.0, -2_000.0)), ..Spot::of(area()) },
            };
            told(eight_in_the_evening(), area(), None, Command::PutVehicle(put))
        })
        .collect()
}

/// What happens on one trip, in the order in which it happens: people get on stop by stop, and at each place both
/// sides sign.
fn driven(
    trip: UnitId,
    planned: &PlannedTrip,
    without: Option<UnitId>,
) -> Vec<Envelope<AnyCommand>> {
    let crew = planned.vehicle.code.as_str().to_owned();
    let mut out = Vec::new();
    let mut stops: Vec<(Micros, bool, Option<String>, Vec<UnitId>)> = Vec::new();
    for call in planned.calls.iter().filter(|call| Some(call.ride) != without) {
        let of = planned.rides.iter().find(|p| p.ride.id == call.ride).expect("of the trip");
        let goal = of.ride.to.facility.as_ref().map(ToString::to_string);
        let spot = if call.on { None } else { goal };
        let time = call.at.expect("a plan has times");
        match stops.last_mut() {
            Some((_, on, site, rides)) if *on == call.on && *site == spot => rides.push(call.ride),
            _ => stops.push((time, call.on, spot, vec![call.ride])),
        }
    }
    for (time, on, site, rides) in stops {
        if on {
            let pick = PickUp { trip, rides, witness: "counsellor".into(), code: String::new() };
            out.push(told(time, area(), Some(&crew), Command::PickUp(pick)));
            continue;
        }
        let site = site.expect("all lead to a place");
        let note = String::new();
        let hand = Command::HandOver { trip, rides: rides.clone(), note };
        out.push(told(time, area(), Some(&crew), hand));
        let goal = (0..6).find(|n| place(*n) == site).expect("one of the six");
        let receive = Receive {
            trip,
            rides,
            facility: Some(holder(&site)),
            ward: None,
            reason: String::new(),
            code: String::new(),
        };
        let later = time + Span::minutes(5);
        out.push(told(later, county(goal), Some(&site), Command::Receive(receive)));
    }
    let end = out.last().map_or(planned.leaves_at, |last| last.event_time);
    let vehicle = planned.vehicle.code.clone();
    let clean = Command::Disinfected { vehicle, note: String::new() };
    out.push(told(end + Span::minutes(40), area(), Some(&crew), clean));
    out
}

both_stores! {
    async fn the_night_of_the_students(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (wishes, rooms) = wishes();
        take(&clinic, coaches()).await;
        take(&clinic, wishes).await;
        let numbers = views::numbers(&mut clinic.db().await, scope()).await.expect("numbers");
        assert_eq!(numbers.of(Stage::Wanted), i64::from(STUDENTS));

        let (mut trips, mut metres, mut late, mut longest) = (0, 0, 0, Span(0));
        let mut last = eight_in_the_evening();
        let mut broken: Option<(String, usize)> = None;
        let mut missed: Option<UnitId> = None;
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut plans = 0;
        // What is going to happen on the road, told when its time has come.
        let mut ahead: Vec<Envelope<AnyCommand>> = Vec::new();
        // The dispatcher plans every hour and a half: who is called down later waits for a later plan.
        for turn in 0..8_i64 {
            let now = eight_in_the_evening() + Span::minutes(90 * turn);
            ahead.sort_by_key(|envelope| envelope.event_time);
            let rest = ahead.split_off(ahead.partition_point(|envelope| envelope.event_time <= now));
            take(&clinic, std::mem::replace(&mut ahead, rest)).await;
            let input = views::plan_input(&mut clinic.db().await, scope(), now).await.expect("read");
            if input.rides.is_empty() {
                continue;
            }
            let plan = views::propose(&input, 1, &mut steps(STEPS));
            plans += 1;
            let mut made = Vec::new();
            for (n, trip) in plan.trips.iter().enumerate() {
                let dispatch = Dispatch {
                    vehicle: trip.vehicle.code.clone(),
                    rides: trip.rides.iter().map(|planned| planned.ride.id).collect(),
                    calls: trip.calls.clone(),
                    leaves_at: trip.leaves_at,
                    plan: "as planned".into(),
                    // Who slept follows the others of the room, who are gone.
                    reason: "by the plan".into(),
                };
                let envelope = told(now, area(), None, Command::Dispatch(dispatch));
                let id = transfers::trip_id(area(), envelope.id);
                made.push(envelope);
                trips += 1;
                metres += trip.metres;
                used.insert(trip.vehicle.code.to_string());
                for planned in &trip.rides {
                    late += usize::from(!planned.in_time());
                    longest = longest.max(planned.arrives_at - planned.picked_at);
                    last = last.max(planned.arrives_at + Span::minutes(5));
                }
                let crew = trip.vehicle.code.as_str().to_owned();
                match n {
                    // Somebody is asleep: the coach does not wait.
                    0 if missed.is_none() => {
                        let asleep = &trip.rides[0];
                        let off = TakeOff { trip: id, ride: asleep.ride.id, why: OffWhy::NoShow, note: "asleep, not in the room".into() };
                        ahead.push(told(asleep.picked_at, area(), Some(&crew), Command::TakeOff(off)));
                        ahead.extend(driven(id, trip, Some(asleep.ride.id)));
                        missed = Some(asleep.ride.id);
                    }
                    // A coach breaks down on the motorway: everybody gets on another one.
                    1 if broken.is_none() => {
                        let planned = |code| plan.trips.iter().any(|trip| trip.vehicle.code == code);
                        let spare = input.vehicles.iter().find(|v| !planned(v.code.clone())).expect("300 coaches");
                        let spare = spare.code.clone();
                        let kept = |out, reason: &str| Command::SetVehicleOut { vehicle: spare.clone(), out, reason: reason.into() };
                        made.push(told(now, area(), None, kept(true, "kept as a spare")));
                        let rides: Vec<UnitId> = trip.rides.iter().map(|p| p.ride.id).collect();
                        let picked = driven(id, trip, None).into_iter().take_while(|e| {
                            matches!(&e.command, AnyCommand::Transfers(c) if matches!(&**c, Command::PickUp(_)))
                        });
                        ahead.extend(picked);
                        let at = trip.rides.iter().map(|p| p.picked_at).max().expect("somebody") + Span::minutes(40);
                        ahead.push(told(at, area(), Some(&crew), Command::Breakdown { trip: id, reason: "engine".into() }));
                        ahead.push(told(at + Span::minutes(50), area(), None, kept(false, "needed on the road")));
                        let across = told(at + Span::minutes(50), area(), None, Command::MoveAcross {
                            trip: id, vehicle: spare.clone(), rides: rides.clone(), reason: "engine of the first coach".into(),
                        });
                        let next = transfers::trip_id(area(), across.id);
                        ahead.push(across);
                        let mut rest = trip.clone();
                        rest.vehicle.code = spare.clone();
                        rest.calls.retain(|call| !call.on);
                        rest.calls.iter_mut().for_each(|call| call.at = call.at.map(|at| at + Span::minutes(100)));
                        ahead.extend(driven(next, &rest, None));
                        last = last.max(trip.rides.iter().map(|p| p.arrives_at).max().expect("somebody") + Span::minutes(105));
                        used.insert(spare.to_string());
                        broken = Some((crew, rides.len()));
                    }
                    _ => ahead.extend(driven(id, trip, None)),
                }
            }
            take(&clinic, made).await;
        }
        ahead.sort_by_key(|envelope| envelope.event_time);
        take(&clinic, ahead).await;

        // Dawn: nobody waits, nobody is on the road, nobody is anywhere twice.
        let mut db = clinic.db().await;
        let numbers = views::numbers(&mut db, scope()).await.expect("numbers");
        assert_eq!((numbers.of(Stage::Arrived), numbers.open()), (i64::from(STUDENTS), 0), "{numbers:?}");
        let arrived = views::rides_in(&mut db, &views::RideFilter::of(scope(), Some(Stage::Arrived)), 10_000).await.expect("a list");
        let people: BTreeSet<_> = arrived.iter().map(|ride| ride.person).collect();
        assert_eq!(people.len(), STUDENTS as usize);
        let mut by_place: BTreeMap<String, i64> = BTreeMap::new();
        for ride in &arrived {
            *by_place.entry(ride.to.facility.clone().expect("a place").to_string()).or_default() += 1;
            let signs = &ride.signs;
            assert!(signs.gave.is_some() && signs.took.is_some() && signs.received.is_some());
            assert!(signs.handed.is_some(), "both sides signed both hand-overs");
        }
        assert_eq!(by_place.len(), 6);
        assert!(views::one_sided(&mut db, scope(), 10).await.expect("a list").is_empty());
        // The balance of the ledger says the same: created = held + closed, and nothing is held.
        let balance = ledger::views::balance(&mut db, scope()).await.expect("a balance");
        let line = &balance[&(area(), transfers::RIDE)];
        assert_eq!((line.created, line.held.values().sum::<i64>()), (i64::from(STUDENTS), 0));
        let asleep = views::ride(&mut db, missed.expect("one")).await.expect("read").expect("a ride");
        assert_eq!((asleep.stage, asleep.in_vain), (Stage::Arrived, 1));
        let used = used.len();
        assert!(used <= COACHES as usize, "{used} coaches");
        let (first, moved) = broken.expect("one");
        println!(
            "{STUDENTS} students in {rooms} rooms: {trips} trips of {used} coaches of {COACHES}, in {plans} plans; {} km without \
             the ways back; {late} picked up after their building's time; the longest ride {:.1} h; the last received at {}",
            metres / 1_000, longest.as_hours(), last.rfc3339()
        );
        println!("{moved} changed coaches after {first} broke down; 1 slept and came later; {by_place:?}");
        clinic.audit().await;
    }
}
