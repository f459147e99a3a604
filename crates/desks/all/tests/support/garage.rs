//! Vehicles and trips for stories.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use desks::Command as AnyCommand;
use ledger::{Actor, Envelope};
use transfers::{
    Class, Command, Dispatch, Kind, OffWhy, PickUp, PutVehicle, Reason, Receive, Ride, Rider, Spot,
    TakeOff, Trip, Want, views,
};
use types::{AreaScope, HolderCode, HouseholdId, PersonId, UnitId};

use crate::clinic::{Clinic, area, holder, person, sent};

/// A command by an account that acts for a holder, or by the desk.
pub fn said(at: i64, by: Option<&str>, command: Command) -> Envelope<AnyCommand> {
    let mut envelope = sent(at, command);
    if let Some(by) = by {
        envelope.actor = Actor { user: by.replace(':', "-"), holder: Some(holder(by)) };
    }
    envelope
}

pub fn vehicle(
    code: &str,
    kind: Kind,
    (seats, stretchers): (u32, u32),
    carries: &[Class],
) -> Envelope<AnyCommand> {
    said(
        0,
        None,
        Command::PutVehicle(PutVehicle {
            code: holder(code),
            kind,
            plate: format!("吉B-{}", holder(code).code()),
            seats,
            stretchers,
            carries: carries.to_vec(),
            serves: AreaScope::parse("2202").expect("a scope"),
            base: Spot { at: Some((126.55, 43.84)), ..Spot::of(area()) },
        }),
    )
}

/// An ambulance that carries anybody, one class at a time.
pub fn ambulance(code: &str, seats: u32, stretchers: u32) -> Envelope<AnyCommand> {
    vehicle(code, Kind::Negative, (seats, stretchers), Class::ALL)
}

pub fn coach(code: &str, seats: u32, carries: &[Class]) -> Envelope<AnyCommand> {
    vehicle(code, Kind::Coach, (seats, 0), carries)
}

pub fn dispatch(at: i64, vehicle: &str, rides: &[UnitId]) -> (UnitId, Envelope<AnyCommand>) {
    let envelope = said(
        at,
        None,
        Command::Dispatch(Dispatch {
            vehicle: holder(vehicle),
            rides: rides.to_vec(),
            calls: Vec::new(),
            leaves_at: crate::clinic::hour(at),
            plan: String::new(),
            reason: String::new(),
        }),
    );
    (transfers::trip_id(area(), envelope.id), envelope)
}

pub fn pick_up(at: i64, crew: &str, trip: UnitId, rides: &[UnitId]) -> Envelope<AnyCommand> {
    let rides = rides.to_vec();
    let pick = PickUp { trip, rides, witness: String::new(), code: String::new() };
    said(at, Some(crew), Command::PickUp(pick))
}

pub fn hand_over(at: i64, crew: &str, trip: UnitId, rides: &[UnitId]) -> Envelope<AnyCommand> {
    let rides = rides.to_vec();
    said(at, Some(crew), Command::HandOver { trip, rides, note: String::new() })
}

pub fn receive(
    at: i64,
    by: Option<&str>,
    trip: UnitId,
    rides: &[UnitId],
    facility: Option<&str>,
    reason: &str,
) -> Envelope<AnyCommand> {
    let receive = Receive {
        trip,
        rides: rides.to_vec(),
        facility: facility.map(holder),
        ward: None,
        reason: reason.into(),
        code: String::new(),
    };
    said(at, by, Command::Receive(receive))
}

pub fn take_off(
    at: i64,
    crew: &str,
    trip: UnitId,
    ride: UnitId,
    why: OffWhy,
    note: &str,
) -> Envelope<AnyCommand> {
    said(at, Some(crew), Command::TakeOff(TakeOff { trip, ride, why, note: note.into() }))
}

pub fn set_down(
    at: i64,
    crew: &str,
    trip: UnitId,
    ride: UnitId,
    note: &str,
) -> Envelope<AnyCommand> {
    said(at, Some(crew), Command::SetDown { trip, ride, note: note.into() })
}

pub fn broken(at: i64, crew: &str, trip: UnitId, reason: &str) -> Envelope<AnyCommand> {
    said(at, Some(crew), Command::Breakdown { trip, reason: reason.into() })
}

pub fn cleaned(at: i64, crew: &str) -> Envelope<AnyCommand> {
    said(at, Some(crew), Command::Disinfected { vehicle: holder(crew), note: String::new() })
}

fn spot(facility: Option<&str>) -> Spot {
    Spot { facility: facility.map(holder), ..Spot::of(area()) }
}

/// A wish of one person.
pub fn wish(
    at: i64,
    by: Option<&str>,
    person: PersonId,
    reason: Reason,
    class: Class,
    from: Option<&str>,
    to: Option<&str>,
) -> Envelope<AnyCommand> {
    let rider = Rider { person, household: None, lying: false };
    let want = Want {
        people: vec![rider],
        reason,
        class,
        from: spot(from),
        to: spot(to),
        due: None,
        from_time: None,
        note: String::new(),
    };
    said(at, by, Command::Want(want))
}

/// A household of people who are no patients wants rides to a facility.
pub async fn want(
    clinic: &Clinic,
    at: i64,
    first: u32,
    size: u32,
    class: Class,
    to: &str,
) -> Vec<UnitId> {
    let mut id = [9; 16];
    id[..4].copy_from_slice(&first.to_be_bytes());
    let household = Some(HouseholdId::from_bytes(id));
    let people: Vec<Rider> = (first..first + size)
        .map(|n| Rider { person: person(n), household, lying: false })
        .collect();
    let want = Want {
        people: people.clone(),
        reason: Reason::Moved,
        class,
        from: spot(None),
        to: spot(Some(to)),
        due: None,
        from_time: None,
        note: String::new(),
    };
    let envelope = said(at, None, Command::Want(want));
    let id = envelope.id;
    clinic.accept(vec![envelope]).await;
    people.iter().map(|rider| transfers::ride_id(area(), id, rider.person)).collect()
}

/// The open ride of an episode.
pub async fn of(clinic: &Clinic, episode: UnitId) -> Option<Ride> {
    let person = clinic.episode(episode).await.person;
    views::open_of(&mut clinic.db().await, &[person]).await.expect("read").pop()
}

pub async fn trip_of(clinic: &Clinic, trip: UnitId) -> Trip {
    views::trip(&mut clinic.db().await, trip).await.expect("read").expect("a trip")
}

pub async fn rides(clinic: &Clinic, trip: UnitId) -> Vec<(Ride, String, bool)> {
    views::on_trip(&mut clinic.db().await, trip).await.expect("read")
}

/// The code of a vehicle as a holder.
pub fn code(text: &str) -> HolderCode {
    holder(text)
}

/// What must always hold: whoever was picked up and has not been received is in exactly one vehicle, which
/// answers for them; no vehicle is over its seats or carries two classes; counters are the sum of lists.
pub async fn nobody_is_lost(clinic: &Clinic, all: &[UnitId]) {
    use std::collections::{BTreeMap, BTreeSet};
    use transfers::Stage;
    let mut db = clinic.db().await;
    let scope = crate::clinic::scope();
    let numbers = views::numbers(&mut db, scope).await.expect("numbers");
    let mut by_stage: BTreeMap<Stage, i64> = BTreeMap::new();
    for stage in Stage::ALL {
        let listed = views::rides_in(&mut db, &views::RideFilter::of(scope, Some(*stage)), 10_000)
            .await
            .expect("a list");
        by_stage.insert(*stage, listed.len() as i64);
        for ride in listed {
            let (custody, _) = ledger::views::history(&mut db, ride.id, types::Micros::MAX)
                .await
                .expect("history");
            let holder = custody.holder.clone().map(|h| h.to_string()).unwrap_or_default();
            let open = custody.closed.is_none();
            assert_eq!(open, stage.is_open(), "{ride:?} {custody:?}");
            assert!(custody.findings.is_empty(), "{custody:?}");
            match stage {
                Stage::Wanted | Stage::Booked => assert_eq!(holder, "desk:220202"),
                Stage::Aboard => {
                    let trip = ride.trip.expect("a trip");
                    let trip = views::trip(&mut db, trip).await.expect("read").expect("a trip");
                    assert_eq!(trip.state, transfers::TripState::UnderWay, "{ride:?}");
                    assert_eq!(
                        holder,
                        trip.vehicle.as_str(),
                        "the vehicle answers for who is in it"
                    );
                }
                Stage::Arrived | Stage::Off => {}
            }
        }
    }
    for (stage, n) in &by_stage {
        assert_eq!(numbers.of(*stage), *n, "{stage}");
    }
    assert_eq!(numbers.all(), by_stage.values().sum::<i64>());
    for ride in all {
        let known = views::ride(&mut db, *ride).await.expect("read");
        assert!(known.is_some(), "{ride} is known");
    }
    let mut live = BTreeSet::new();
    for vehicle in views::vehicles(&mut db, scope).await.expect("vehicles") {
        for trip in views::of_vehicle(&mut db, &vehicle.code, 10_000).await.expect("trips") {
            let on: Vec<_> = views::on_trip(&mut db, trip.id).await.expect("a manifest");
            let now: Vec<_> =
                on.iter().filter(|(_, _, live)| *live).map(|(ride, _, _)| ride).collect();
            for ride in &now {
                assert_eq!(ride.trip, Some(trip.id));
                assert!(live.insert(ride.person), "nobody is on two trips");
                // One that was judged otherwise while booked is turned away at the door.
                assert!(ride.class == trip.class || ride.stage == Stage::Booked);
            }
            let of = |stage| now.iter().filter(|ride| ride.stage == stage).count() as i64;
            assert_eq!(
                (trip.booked, trip.aboard),
                (of(Stage::Booked), of(Stage::Aboard)),
                "{trip:?}"
            );
            assert!(now.len() as i64 <= vehicle.seats + vehicle.stretchers, "never over its seats");
            let seats: BTreeSet<_> =
                on.iter().filter(|(_, _, live)| *live).map(|(_, s, _)| s).collect();
            assert_eq!(seats.len(), now.len(), "a seat is one person's");
            assert!(trip.state.is_open() || now.is_empty(), "a trip ends with its last");
        }
    }
    // Whom the care desk has on the way is in a vehicle, or went by something else.
    let filter = care::views::QueueFilter {
        stage: Some(care::Stage::Moving),
        ..care::views::QueueFilter::of(scope)
    };
    for episode in care::views::queue(&mut db, &filter, None, 10_000).await.expect("a list") {
        let rides = views::of_person(&mut db, episode.person, 100).await.expect("a list");
        let last = rides.first().expect("a ride");
        assert!(matches!(last.stage, Stage::Aboard | Stage::Off), "{last:?}");
    }
}
