//! Stories of people who are brought from one place to another, each on both stores, each audited at its
//! end.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/garage.rs"]
mod garage;

use care::{Admits, Kind as FacilityKind, Level, Stage as CareStage};
use cases::Severity;
use clinic::{As, Clinic, admit, area, assign, care as say, holder, hour, release, scope, test};
use garage::{
    ambulance, broken, cleaned, coach, dispatch, hand_over, of, pick_up, receive, rides, set_down,
    take_off, trip_of, want,
};
use store::both_stores;
use transfers::{
    Class, Command, Ended, Flow, OffWhy, Reason, Stage, TripState, VehicleState, views,
};
use types::UnitId;

const SHELTER: &str = "ward:F1";
const HOSPITAL: &str = "ward:H1";

async fn shelter(clinic: &Clinic, beds: u32) {
    clinic.facility(SHELTER, FacilityKind::Fangcang, Level::Shelter, Admits::Anybody, beds).await;
}

/// Somebody for whom a bed is held, with the ride that follows from it.
async fn held(clinic: &Clinic, at: i64, n: u32, who: As) -> (UnitId, UnitId) {
    let episode = clinic.ill(at, n, who).await;
    clinic.accept(vec![assign(at, episode, SHELTER, "W1")]).await;
    (episode, of(clinic, episode).await.expect("a ride").id)
}

both_stores! {
    async fn from_the_door_to_the_bed_with_two_signatures_each(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 4).await;
        clinic.accept(vec![ambulance("vehicle:A1", 2, 1)]).await;
        let (one, ride) = held(&clinic, 1, 1, As::well()).await;
        let (two, other) = held(&clinic, 1, 2, As::well()).await;
        let wanted = of(&clinic, one).await.expect("a ride");
        assert_eq!((wanted.stage, wanted.reason, wanted.class), (Stage::Wanted, Reason::Admission, Class::Positive));
        assert_eq!(wanted.due, hour(3), "two hours, by pos.transfer");
        assert_eq!(wanted.to.facility, Some(holder(SHELTER)));

        let (trip, made) = dispatch(2, "vehicle:A1", &[ride, other]);
        clinic.accept(vec![made]).await;
        let seats: Vec<String> = rides(&clinic, trip).await.into_iter().map(|(_, seat, _)| seat).collect();
        assert_eq!(seats.len(), 2);
        assert_ne!(seats[0], seats[1]);
        assert_eq!(clinic.stage(one).await, CareStage::Assigned, "nobody is on the way yet");
        // Who is on a trip is on no other.
        clinic.accept(vec![ambulance("vehicle:A2", 2, 1)]).await;
        assert_eq!(clinic.refusal(dispatch(2, "vehicle:A2", &[ride]).1).await, "ride-not-waiting");

        let outcome = clinic.accept(vec![pick_up(2, "vehicle:A1", trip, &[ride])]).await;
        assert_eq!(outcome[0].notes[0].code, "one-side-signed");
        assert_eq!(clinic.stage(one).await, CareStage::Moving, "in the same entry");
        assert_eq!(clinic.stage(two).await, CareStage::Assigned);
        assert_eq!(trip_of(&clinic, trip).await.state, TripState::UnderWay);
        let signed = views::one_sided(&mut clinic.db().await, scope(), 10).await.expect("a list");
        assert_eq!(signed.iter().map(|r| r.id).collect::<Vec<_>>(), [ride]);
        let give = garage::said(2, None, Command::GiveOver { rides: vec![ride], note: "at the gate".into() });
        clinic.accept(vec![give]).await;
        assert!(views::one_sided(&mut clinic.db().await, scope(), 10).await.expect("a list").is_empty());

        // Nobody opens the door of the other.
        let gone = take_off(3, "vehicle:A1", trip, other, OffWhy::NoShow, "nobody opened");
        clinic.accept(vec![gone]).await;
        let back = of(&clinic, two).await.expect("a ride");
        assert_eq!((back.stage, back.in_vain, back.said.as_str()), (Stage::Wanted, 1, "nobody opened"));

        // The crew cannot sign for the ward, and another ward cannot either.
        assert_eq!(clinic.refusal(receive(3, Some("vehicle:A1"), trip, &[ride], Some(SHELTER), "")).await, "receiving-site-signs");
        assert_eq!(clinic.refusal(receive(3, Some("ward:H9"), trip, &[ride], Some(SHELTER), "")).await, "not-your-holder");
        clinic.accept(vec![hand_over(3, "vehicle:A1", trip, &[ride])]).await;
        assert_eq!(clinic.stage(one).await, CareStage::Moving, "until the ward has them");
        clinic.accept(vec![receive(3, Some(SHELTER), trip, &[ride], Some(SHELTER), "")]).await;
        assert_eq!(clinic.stage(one).await, CareStage::InCare, "the arrival is the admission");
        let arrived = views::ride(&mut clinic.db().await, ride).await.expect("read").expect("a ride");
        assert_eq!(arrived.stage, Stage::Arrived);
        assert!(!arrived.signs.one_sided());
        assert_eq!(arrived.signs.received.expect("signed").by, SHELTER);
        let over = trip_of(&clinic, trip).await;
        assert_eq!((over.state, over.carried, over.aboard, over.booked), (TripState::Done, 1, 0, 0));

        // Not usable before it is disinfected.
        let (_, again) = dispatch(4, "vehicle:A1", &[other]);
        let next = again.id;
        clinic.accept(vec![again]).await;
        let next = transfers::trip_id(area(), next);
        assert_eq!(clinic.refusal(pick_up(4, "vehicle:A1", next, &[other])).await, "vehicle-to-be-disinfected");
        clinic.accept(vec![cleaned(4, "vehicle:A1"), pick_up(5, "vehicle:A1", next, &[other])]).await;
        clinic.accept(vec![receive(6, Some(SHELTER), next, &[other], Some(SHELTER), "")]).await;
        assert_eq!(clinic.stage(two).await, CareStage::InCare);
        let mut db = clinic.db().await;
        let numbers = views::numbers(&mut db, scope()).await.expect("numbers");
        assert_eq!((numbers.of(Stage::Arrived), numbers.all(), numbers.open()), (2, 2, 0));
        let flows = views::flows(&mut db, scope(), hour(0), hour(10)).await.expect("flows");
        assert_eq!(flows[&(hour(2), Flow::PickedUp)], (1, 60));
        assert_eq!(flows[&(hour(3), Flow::Arrived)], (1, 60));
        let what: Vec<String> = views::history(&mut db, other).await.expect("a history").into_iter().map(|l| l.what).collect();
        assert_eq!(what, ["wanted", "booked", "taken_off", "booked", "picked_up", "received"]);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn two_classes_are_never_on_one_vehicle_and_a_seat_is_one_persons(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 9).await;
        clinic.accept(vec![
            ambulance("vehicle:A1", 2, 1),
            coach("vehicle:C1", 5, &[Class::Contact]),
        ]).await;
        let (_, positive) = held(&clinic, 1, 1, As::well()).await;
        let (_, second) = held(&clinic, 1, 2, As::well()).await;
        let (_, third) = held(&clinic, 1, 3, As::well()).await;
        let contact = want(&clinic, 1, 50, 3, Class::Contact, SHELTER).await;
        let mixed = dispatch(2, "vehicle:A1", &[positive, contact[0]]).1;
        assert_eq!(clinic.refusal(mixed).await, "two-classes-on-one-vehicle");
        assert_eq!(clinic.refusal(dispatch(2, "vehicle:C1", &[positive]).1).await, "vehicle-not-for-class");
        assert_eq!(clinic.refusal(dispatch(2, "vehicle:A1", &[positive, second, third]).1).await, "vehicle-full");
        // The three contacts are one household.
        assert_eq!(clinic.refusal(dispatch(2, "vehicle:C1", &contact[..2]).1).await, "family-split");
        let (trip, made) = dispatch(2, "vehicle:C1", &contact);
        clinic.accept(vec![made]).await;
        let join = |ride| garage::said(2, None, Command::Join { trip, rides: vec![ride], reason: "room".into() });
        assert_eq!(clinic.refusal(join(positive)).await, "two-classes-on-one-vehicle");
        let more = want(&clinic, 1, 60, 3, Class::Contact, SHELTER).await;
        clinic.accept(vec![join(more[0]), join(more[1])]).await;
        assert_eq!(clinic.refusal(join(more[2])).await, "vehicle-full");

        // And where every rule has overlooked it, the index does not.
        let row = |ride: UnitId, person: u8, seat: &str| vec![
            area().into(), trip.into(), ride.into(),
            types::PersonId::from_bytes([person; 16]).into(), seat.into(), true.into(),
        ];
        let seat = rides(&clinic, trip).await[0].1.clone();
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.begin_write().await.expect("begins");
        let twice = writer.insert(&transfers::tables::SEAT_PUT, &row(positive, 99, &seat)).await;
        assert!(twice.is_err(), "a seat is one person's");
        writer.rollback().await.expect("rolls back");
        drop(writer);
        clinic.audit().await;
    }

    async fn a_breakdown_on_the_way_loses_nobody(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 9).await;
        clinic.accept(vec![
            ambulance("vehicle:A1", 3, 1), ambulance("vehicle:A2", 1, 1), ambulance("vehicle:A3", 3, 1),
        ]).await;
        let (one, a) = held(&clinic, 1, 1, As::well()).await;
        let (_, b) = held(&clinic, 1, 2, As::well()).await;
        let (_, c) = held(&clinic, 1, 3, As::well()).await;
        let (trip, made) = dispatch(2, "vehicle:A1", &[a, b, c]);
        clinic.accept(vec![made, pick_up(2, "vehicle:A1", trip, &[a, b])]).await;
        let outcome = clinic.accept(vec![broken(3, "vehicle:A1", trip, "engine")]).await;
        assert_eq!(outcome[0].notes[0].code, "people-stranded");
        let there = views::ride(&mut clinic.db().await, c).await.expect("read").expect("a ride");
        assert_eq!(there.stage, Stage::Wanted, "who was not fetched waits for another");
        let stuck = trip_of(&clinic, trip).await;
        assert!(stuck.is_stranded());
        assert_eq!((stuck.aboard, stuck.state), (2, TripState::UnderWay));
        let back = Command::SetVehicleOut { vehicle: holder("vehicle:A1"), out: false, reason: "as if".into() };
        assert_eq!(clinic.refusal(garage::said(3, None, back)).await, "vehicle-stranded");
        let across = |vehicle: &str, of: &[UnitId]| garage::said(3, None, Command::MoveAcross {
            trip, vehicle: holder(vehicle), rides: of.to_vec(), reason: "engine of the first".into(),
        });
        assert_eq!(clinic.refusal(across("vehicle:A2", &[a, b])).await, "vehicle-full");
        clinic.accept(vec![across("vehicle:A3", &[a, b])]).await;
        let over = trip_of(&clinic, trip).await;
        assert_eq!((over.state, over.aboard), (TripState::Done, 0));
        let moved = views::ride(&mut clinic.db().await, a).await.expect("read").expect("a ride");
        assert_eq!(moved.stage, Stage::Aboard);
        let next = moved.trip.expect("a trip");
        assert_ne!(next, trip);
        assert_eq!(clinic.stage(one).await, CareStage::Moving);
        clinic.accept(vec![receive(4, Some(SHELTER), next, &[a, b], Some(SHELTER), "")]).await;
        assert_eq!(clinic.stage(one).await, CareStage::InCare);
        let garage = views::vehicles(&mut clinic.db().await, scope()).await.expect("vehicles");
        let state = |code: &str| garage.iter().find(|v| v.code == holder(code)).expect("it").state();
        assert_eq!((state("vehicle:A1"), state("vehicle:A3")), (VehicleState::Out, VehicleState::Dirty));
        let back = Command::SetVehicleOut { vehicle: holder("vehicle:A1"), out: false, reason: "repaired".into() };
        clinic.accept(vec![garage::said(5, None, back)]).await;
        let first = views::vehicle(&mut clinic.db().await, &holder("vehicle:A1")).await.expect("read");
        assert_eq!(first.expect("a vehicle").state(), VehicleState::Dirty, "patients were in it");
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn a_ride_ends_with_what_it_was_for(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 9).await;
        clinic.accept(vec![ambulance("vehicle:A1", 3, 1)]).await;
        let end = async |ride| {
            let row = views::ride(&mut clinic.db().await, ride).await.expect("read").expect("a ride");
            let history = views::history(&mut clinic.db().await, ride).await.expect("a history");
            (row.stage, history.last().expect("a line").body.clone())
        };
        // The bed is given up: nobody is fetched any more, and the trip is over with its last.
        let (one, ride) = held(&clinic, 1, 1, As::well()).await;
        let (trip, made) = dispatch(1, "vehicle:A1", &[ride]);
        clinic.accept(vec![made]).await;
        clinic.accept(vec![say(2, care::Command::Unassign { episode: one, reason: "goes elsewhere".into() })]).await;
        let (stage, body) = end(ride).await;
        assert_eq!(stage, Stage::Off);
        assert!(body.contains(Ended::NotNeeded.as_str()), "{body}");
        assert_eq!(trip_of(&clinic, trip).await.state, TripState::CalledOff);
        // Another bed: another ride.
        clinic.accept(vec![assign(3, one, SHELTER, "W1")]).await;
        let again = of(&clinic, one).await.expect("a ride");
        assert_ne!(again.id, ride);
        // By something that is none of our vehicles, as the ward says.
        clinic.accept(vec![admit(4, one, SHELTER)]).await;
        assert!(end(again.id).await.1.contains(Ended::OwnWay.as_str()));
        // The ward admits on its own page whom one of our vehicles brings.
        let (two, ride) = held(&clinic, 5, 2, As::well()).await;
        let (trip, made) = dispatch(5, "vehicle:A1", &[ride]);
        clinic.accept(vec![made, pick_up(5, "vehicle:A1", trip, &[ride])]).await;
        clinic.accept(vec![admit(6, two, SHELTER)]).await;
        assert_eq!(end(ride).await.0, Stage::Arrived);
        assert_eq!(trip_of(&clinic, trip).await.state, TripState::Done);
        // The crew signs afterwards.
        clinic.accept(vec![hand_over(6, "vehicle:A1", trip, &[ride]), cleaned(6, "vehicle:A1")]).await;
        // The result was another's while the person was aboard: received all the same, in no bed.
        let (three, ride) = held(&clinic, 7, 3, As::well()).await;
        let (trip, made) = dispatch(7, "vehicle:A1", &[ride]);
        clinic.accept(vec![made, pick_up(7, "vehicle:A1", trip, &[ride])]).await;
        let case = clinic.episode(three).await.case;
        let close = cases::Close { case, ending: cases::Ending::NoCase, note: "another's sample".into() };
        clinic.accept(vec![clinic::sent(8, cases::Command::Close(close))]).await;
        assert_eq!(end(ride).await.0, Stage::Aboard, "somebody is still in the vehicle");
        clinic.accept(vec![receive(8, Some(SHELTER), trip, &[ride], Some(SHELTER), "")]).await;
        assert_eq!(end(ride).await.0, Stage::Arrived);
        assert_eq!(clinic.stage(three).await, CareStage::Closed);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn set_down_on_the_way_waits_again(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 9).await;
        clinic.accept(vec![ambulance("vehicle:A1", 3, 1)]).await;
        let (one, ride) = held(&clinic, 1, 1, As::well()).await;
        let (trip, made) = dispatch(1, "vehicle:A1", &[ride]);
        clinic.accept(vec![made, pick_up(1, "vehicle:A1", trip, &[ride])]).await;
        assert_eq!(clinic.refusal(set_down(2, "vehicle:A1", trip, ride, " ")).await, "note-needed");
        clinic.accept(vec![set_down(2, "vehicle:A1", trip, ride, "brought back: the site was closed")]).await;
        assert_eq!(clinic.stage(one).await, CareStage::Waiting);
        assert_eq!(trip_of(&clinic, trip).await.state, TripState::Done);
        assert!(of(&clinic, one).await.is_none());
        clinic.accept(vec![assign(3, one, SHELTER, "W1")]).await;
        assert_eq!(of(&clinic, one).await.expect("a ride").stage, Stage::Wanted);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn up_to_graver_care_and_home_again(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 3).await;
        clinic.facility(HOSPITAL, FacilityKind::Hospital, Level::Intensive, Admits::Anybody, 3).await;
        clinic.accept(vec![ambulance("vehicle:A1", 2, 0), ambulance("vehicle:A2", 1, 1)]).await;
        let (one, _) = held(&clinic, 1, 1, As::well()).await;
        clinic.accept(vec![admit(2, one, SHELTER)]).await;
        let case = clinic.episode(one).await.case;
        let worse = cases::Observation { lungs: Some(cases::Lungs::Pneumonia), spo2: Some(91.0), ..cases::Observation::default() };
        clinic.accept(vec![clinic::sent(3, cases::Command::Observe(cases::Observe { case, observation: worse }))]).await;
        assert_eq!(clinic.episode(one).await.condition.severity, Some(Severity::Severe));
        let mut step_up = assign(3, one, HOSPITAL, "W1");
        if let desks::Command::Care(command) = &mut step_up.command
            && let care::Command::Assign(assign) = &mut **command
        {
            assign.reason = "saturation 91 %".into();
        }
        clinic.accept(vec![step_up]).await;
        let up = of(&clinic, one).await.expect("a ride");
        assert_eq!((up.reason, up.lying, up.from.facility), (Reason::Between, true, Some(holder(SHELTER))));
        assert_eq!(up.due, hour(5), "two hours from the moment at which the bed is held");
        assert_eq!(clinic.refusal(dispatch(3, "vehicle:A1", &[up.id]).1).await, "vehicle-full", "no place to lie");
        let (trip, made) = dispatch(3, "vehicle:A2", &[up.id]);
        clinic.accept(vec![made, pick_up(3, "vehicle:A2", trip, &[up.id])]).await;
        assert_eq!(clinic.stage(one).await, CareStage::InCare, "the first bed is vacated when the other is reached");
        clinic.accept(vec![garage::said(3, Some(SHELTER), Command::GiveOver { rides: vec![up.id], note: String::new() })]).await;
        clinic.accept(vec![hand_over(4, "vehicle:A2", trip, &[up.id]), receive(4, Some(HOSPITAL), trip, &[up.id], Some(HOSPITAL), "")]).await;
        assert_eq!(clinic.episode(one).await.lies.expect("a bed").facility, holder(HOSPITAL));
        assert!(views::one_sided(&mut clinic.db().await, scope(), 10).await.expect("a list").is_empty());

        // Home after release: the ward asks for the ride.
        clinic.accept(vec![test(60, one, None), test(90, one, None), release(96, one, "recovered")]).await;
        let person = clinic.episode(one).await.person;
        let home = garage::wish(96, Some(HOSPITAL), person, Reason::Home, Class::Clear, Some(HOSPITAL), None);
        clinic.accept(vec![home]).await;
        let home = views::open_of(&mut clinic.db().await, &[person]).await.expect("read").pop().expect("a ride");
        // The vehicle carried a positive: it is disinfected first.
        clinic.accept(vec![cleaned(97, "vehicle:A2")]).await;
        let (trip, made) = dispatch(97, "vehicle:A2", &[home.id]);
        clinic.accept(vec![made, pick_up(97, "vehicle:A2", trip, &[home.id])]).await;
        clinic.accept(vec![receive(98, None, trip, &[home.id], None, "")]).await;
        let home = views::ride(&mut clinic.db().await, home.id).await.expect("read").expect("a ride");
        assert_eq!(home.stage, Stage::Arrived);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn one_ride_is_on_one_trip_under_thirty_two_dispatchers(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 4).await;
        let (_, ride) = held(&clinic, 1, 1, As::well()).await;
        let fleet: Vec<String> = (0..32).map(|n| format!("vehicle:A{n}")).collect();
        clinic.accept(fleet.iter().map(|code| ambulance(code, 2, 1)).collect()).await;
        let claims: Vec<_> = fleet.iter().map(|code| {
            let engine = clinic.engine.clone();
            let (_, envelope) = dispatch(2, code, &[ride]);
            tokio::spawn(async move { engine.submit(ledger::Priority::Normal, vec![envelope]).await })
        }).collect();
        let mut made = 0;
        for claim in claims {
            let outcomes = claim.await.expect("the task").expect("written");
            match outcomes[0].status {
                ledger::Status::Accepted => made += 1,
                _ => assert_eq!(outcomes[0].refusal.as_ref().expect("refused").code, "ride-not-waiting"),
            }
        }
        assert_eq!(made, 1);
        garage::nobody_is_lost(&clinic, &[ride]).await;
        clinic.audit().await;
    }

    async fn the_plan_becomes_trips(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 9).await;
        clinic.accept(vec![ambulance("vehicle:A1", 3, 0), ambulance("vehicle:A2", 3, 0)]).await;
        for n in 0..7 {
            held(&clinic, 1, n, As::well()).await;
        }
        let input = views::plan_input(&mut clinic.db().await, scope(), hour(1)).await.expect("read");
        let plan = views::propose(&input, 1, &mut planner::routes::steps(500));
        assert_eq!((plan.fetched(), plan.left.len(), plan.free), (6, 1, 2));
        for trip in &plan.trips {
            let made = garage::said(1, None, Command::Dispatch(transfers::Dispatch {
                vehicle: trip.vehicle.code.clone(),
                rides: trip.rides.iter().map(|planned| planned.ride.id).collect(),
                calls: trip.calls.clone(),
                leaves_at: trip.leaves_at,
                plan: "as planned".into(),
                reason: String::new(),
            }));
            clinic.accept(vec![made]).await;
        }
        // What is planned is promised: the next plan has no vehicle, and says so.
        let input = views::plan_input(&mut clinic.db().await, scope(), hour(1)).await.expect("read");
        let plan = views::propose(&input, 1, &mut planner::routes::steps(50));
        assert_eq!((plan.fetched(), plan.left[0].why), (0, views::LeftWhy::NoVehicle));
        garage::nobody_is_lost(&clinic, &[]).await;
        clinic.audit().await;
    }

    async fn random_nights_lose_nobody(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 30).await;
        clinic.facility(HOSPITAL, FacilityKind::Hospital, Level::Intensive, Admits::Anybody, 20).await;
        let fleet = ["vehicle:A1", "vehicle:A2", "vehicle:A3", "vehicle:A4"];
        for (n, code) in fleet.iter().enumerate() {
            clinic.accept(vec![ambulance(code, 2 + n as u32, 2)]).await;
        }
        let mut random = 20_220_310_u64;
        let mut below = move |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        let mut episodes: Vec<UnitId> = Vec::new();
        let mut moved = 0_u32;
        let (mut accepted, mut refused) = (0, 0);
        for step in 0..40_i64 {
            let mut group = Vec::new();
            let mut db = clinic.db().await;
            let waiting = views::waiting(&mut db, &views::RideFilter::of(scope(), None), None, 500).await.expect("a list");
            let trips = views::open_trips(&mut db, scope(), 500).await.expect("a list");
            let aboard = views::rides_in(&mut db, &views::RideFilter::of(scope(), Some(Stage::Aboard)), 500).await.expect("a list");
            let pick = |list: &[transfers::Ride], n: u64| list.get(n as usize % list.len().max(1)).cloned();
            for _ in 0..16 {
                let at = 1 + step;
                let vehicle = fleet[below(4) as usize];
                let trip = trips.get(below(trips.len().max(1) as u64) as usize).cloned();
                let one = pick(&waiting, below(1_000));
                let on = pick(&aboard, below(1_000));
                let facility = [SHELTER, HOSPITAL][below(2) as usize];
                let reason = ["", "as told by the dispatcher"][below(2) as usize];
                let envelope = match (below(18), one, on, trip) {
                    (0..=1, ..) => {
                        let who = if below(3) == 0 { As::ill(Severity::Severe) } else { As::well() };
                        let (case, envelope) = clinic.case(at, episodes.len() as u32, who);
                        episodes.push(care::episode_of(case));
                        envelope
                    }
                    (2..=4, ..) if !episodes.is_empty() => {
                        assign(at, episodes[below(episodes.len() as u64) as usize], facility, "W1")
                    }
                    (5, ..) => {
                        moved += 1;
                        let class = [Class::Contact, Class::Positive][below(2) as usize];
                        garage::wish(at, None, clinic::person(5_000 + moved % 7), Reason::Moved, class, None, Some(facility))
                    }
                    (6..=8, Some(ride), ..) => {
                        let two = pick(&waiting, below(1_000)).map(|ride| ride.id);
                        let mut ids = vec![ride.id];
                        ids.extend(two.filter(|two| *two != ride.id));
                        let (_, mut envelope) = dispatch(at, vehicle, &ids);
                        if let desks::Command::Transfers(command) = &mut envelope.command
                            && let Command::Dispatch(dispatch) = &mut **command
                        {
                            dispatch.reason = reason.into();
                        }
                        envelope
                    }
                    (9..=10, _, _, Some(trip)) => {
                        let ids: Vec<UnitId> = rides(&clinic, trip.id).await.into_iter()
                            .filter(|(ride, _, live)| *live && ride.stage == Stage::Booked)
                            .map(|(ride, ..)| ride.id).collect();
                        pick_up(at, trip.vehicle.as_str(), trip.id, &ids)
                    }
                    (11..=12, _, Some(ride), _) => {
                        let to = ride.to.facility.clone().expect("all lead to facilities");
                        receive(at, Some(to.as_str()), ride.trip.expect("a trip"), &[ride.id], Some(to.as_str()), reason)
                    }
                    (13, Some(ride), ..) if ride.trip.is_some() => {
                        let trip = ride.trip.expect("a trip");
                        garage::said(at, None, Command::TakeOff(transfers::TakeOff {
                            trip, ride: ride.id, why: OffWhy::Refused, note: "would not come".into(),
                        }))
                    }
                    (14, _, Some(ride), _) => garage::said(at, None, Command::SetDown {
                        trip: ride.trip.expect("a trip"), ride: ride.id, note: "brought back".into(),
                    }),
                    (15, _, _, Some(trip)) if below(3) == 0 => broken(at, trip.vehicle.as_str(), trip.id, "engine"),
                    (16, _, Some(ride), _) => garage::said(at, None, Command::MoveAcross {
                        trip: ride.trip.expect("a trip"), vehicle: holder(vehicle), rides: vec![ride.id],
                        reason: "the first cannot go on".into(),
                    }),
                    (17, ..) if !episodes.is_empty() => {
                        let episode = episodes[below(episodes.len() as u64) as usize];
                        match below(4) {
                            0 => admit(at, episode, facility),
                            1 => say(at, care::Command::Unassign { episode, reason: "no bed after all".into() }),
                            2 => say(at, care::Command::Depart { episode, vehicle: "a neighbour's car".into() }),
                            _ => say(at, care::Command::Refuse { episode, note: "before a witness".into() }),
                        }
                    }
                    _ => cleaned(at, vehicle),
                };
                group.push(envelope);
            }
            // Repaired, and clean enough to go on.
            if step % 5 == 4 {
                for code in fleet {
                    let vehicle = holder(code);
                    group.push(garage::said(step, None, Command::SetVehicleOut { vehicle, out: false, reason: "repaired".into() }));
                    group.push(cleaned(step, code));
                }
            }
            for outcome in clinic.send(group).await {
                match outcome.status {
                    ledger::Status::Accepted => accepted += 1,
                    ledger::Status::Refused => refused += 1,
                    ledger::Status::NotRecorded => panic!("an index refused what a rule had not: {outcome:?}"),
                }
            }
            if step % 8 == 7 {
                garage::nobody_is_lost(&clinic, &[]).await;
                clinic.conserved().await;
            }
        }
        let numbers = views::numbers(&mut clinic.db().await, scope()).await.expect("numbers");
        assert!(numbers.of(Stage::Arrived) > 3 && numbers.of(Stage::Off) > 3, "{numbers:?}");
        assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused");
        clinic.audit().await;
    }
}
