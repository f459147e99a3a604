//! Stories of the work at a bed, and of beds that are held: each on both stores, each audited at its end.

#[path = "support/clinic.rs"]
mod clinic;

use care::views::{self, StepFilter};
use care::{
    Admits, Answer, BedState, Command, Consult, ConsultEnd, Flow, Kind, Level, Member, MoveBed,
    Order, OrderKind, PutCarePlan, ReviewCarePlan, SetOut, Stage, StayEnd, StopOrder, TeamRole,
    Tier, Way,
};
use cases::{Ending, Severity};
use clinic::{
    As, Clinic, admit, area, assign, care as say, holder, hour, release, scope, sent, test,
};
use ledger::Status;
use store::both_stores;
use types::{AreaScope, CommandId, Micros, UnitId};

const HOSPITAL: &str = "ward:H1";
const SHELTER: &str = "ward:F1";

/// A hospital with an intensive and a plain ward, and a shelter.
async fn town(clinic: &Clinic) {
    clinic.facility(HOSPITAL, Kind::Hospital, Level::Intensive, Admits::Anybody, 4).await;
    clinic.ward(HOSPITAL, "W2", Level::Ward, Admits::Anybody, 4, (1, 10)).await;
    clinic.facility(SHELTER, Kind::Fangcang, Level::Shelter, Admits::Anybody, 4).await;
}

async fn in_bed(clinic: &Clinic, n: u32, who: As, facility: &str, ward: &str) -> UnitId {
    let episode = clinic.ill(1, n, who).await;
    clinic.accept(vec![assign(2, episode, facility, ward), admit(3, episode, facility)]).await;
    episode
}

fn member(role: TeamRole, who: &str) -> Member {
    Member { role, who: who.into() }
}

fn plan(episode: UnitId, replaces: u32, goals: &str) -> PutCarePlan {
    PutCarePlan {
        episode,
        replaces,
        goals: goals.into(),
        team: vec![member(TeamRole::Lead, "Dr Wang"), member(TeamRole::Nurse, "Li")],
        review_hours: 12,
        note: String::new(),
    }
}

fn consult(episode: UnitId) -> Consult {
    Consult {
        episode,
        tier: Tier::Province,
        whom: "expert group".into(),
        question: "prone position?".into(),
        within_hours: 4,
    }
}

fn answer(episode: UnitId, consultation: CommandId) -> Command {
    let (opinion, by) = ("yes, twelve hours a day".into(), "Prof. Zhao".into());
    Command::Answer(Answer { episode, consultation, opinion, by })
}

both_stores! {
    async fn one_patient_one_policy(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let episode = in_bed(&clinic, 1, As::ill(Severity::Critical), HOSPITAL, "W1").await;
        let other = in_bed(&clinic, 2, As::ill(Severity::Critical), HOSPITAL, "W1").await;
        let mut db = clinic.db().await;
        let listed = views::critical(&mut db, scope(), None, 10).await.expect("a list");
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().all(|one| one.plan.is_none()), "nobody has a plan yet");

        let put = |at, plan| say(at, Command::PutCarePlan(plan));
        let nobody = PutCarePlan { team: vec![member(TeamRole::Nurse, "Li")], ..plan(episode, 0, "x") };
        assert_eq!(clinic.refusal(put(4, nobody)).await, "team-without-lead");
        let aimless = plan(episode, 0, "  ");
        assert_eq!(clinic.refusal(put(4, aimless)).await, "field-empty");
        clinic.accept(vec![put(4, plan(episode, 0, "SpO2 over 93"))]).await;
        // Two who wrote at once: the second reads first.
        assert_eq!(clinic.refusal(put(4, plan(episode, 0, "other goals"))).await, "care-plan-changed");
        let listed = views::critical(&mut db, scope(), None, 10).await.expect("a list");
        assert_eq!(listed[0].episode.id, other, "who has none stands first");
        assert_eq!(listed[1].plan.as_ref().map(|p| (p.version, p.due)), Some((1, hour(16))));
        let due = views::care_plans_due(&mut db, scope(), None, hour(17), 10).await.expect("a list");
        assert_eq!(due.len(), 1);
        assert!(views::care_plans_due(&mut db, scope(), None, hour(16), 10).await.expect("a list").is_empty());

        let review = ReviewCarePlan { episode, version: 1, note: "holds".into(), review_hours: 8 };
        let outcome = clinic.accept(vec![say(17, Command::ReviewCarePlan(review.clone()))]).await;
        assert_eq!(outcome[0].notes[0].code, "care-plan-reviewed-late");
        clinic.accept(vec![put(20, plan(episode, 1, "off the ventilator"))]).await;
        assert_eq!(clinic.refusal(say(21, Command::ReviewCarePlan(review))).await, "care-plan-changed");
        let all = views::care_plans(&mut db, episode).await.expect("a list");
        assert_eq!(all.iter().map(|p| (p.version, p.ended_at)).collect::<Vec<_>>(), [(2, None), (1, Some(hour(20)))]);
        assert_eq!(all[1].reviewed, Some((hour(17), "holds".into())));

        // Down to the plain ward with a reason: the plan goes along; then home: it ends.
        let down = |reason: &str| {
            let (ward, bed, reason) = ("W2".to_owned(), None, reason.to_owned());
            say(30, Command::Move(MoveBed { episode, ward, bed, reason }))
        };
        let lighter = cases::Observation { spo2: Some(98.0), temperature: Some(36.5), ..Default::default() };
        clinic.accept(vec![clinic::round(25, episode, lighter)]).await;
        assert_eq!(clinic.refusal(down("")).await, "step-needs-reason");
        clinic.accept(vec![down("off the ventilator")]).await;
        let all = views::care_plans(&mut db, episode).await.expect("a list");
        assert_eq!((all[0].ward.as_str(), all[0].ended_at), ("W2", None));
        clinic.accept(vec![release(40, episode, "moves to another city")]).await;
        let all = views::care_plans(&mut db, episode).await.expect("a list");
        assert_eq!(all[0].ended_at, Some(hour(40)));
        assert_eq!(clinic.refusal(put(41, plan(episode, 0, "x"))).await, "not-in-care");
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn a_question_is_closed_by_an_opinion(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let episode = in_bed(&clinic, 1, As::ill(Severity::Severe), HOSPITAL, "W1").await;
        let ask = say(5, Command::Consult(consult(episode)));
        let first = ask.id;
        clinic.accept(vec![ask.clone()]).await;
        // The same command again is the same question.
        clinic.accept(vec![ask]).await;
        let mut db = clinic.db().await;
        let open = views::consultations_open(&mut db, scope(), None, Micros::MAX, 10).await.expect("a list");
        assert_eq!(open.iter().map(|c| (c.id, c.due)).collect::<Vec<_>>(), [(first, hour(9))]);
        assert!(!open[0].is_overdue(hour(9)) && open[0].is_overdue(hour(10)));
        let elsewhere = holder(SHELTER);
        let of = views::consultations_open(&mut db, scope(), Some(&elsewhere), Micros::MAX, 10).await;
        assert!(of.expect("a list").is_empty(), "of another facility");
        let outcome = clinic.accept(vec![say(10, answer(episode, first))]).await;
        assert_eq!(outcome[0].notes[0].code, "consultation-answered-late");
        assert_eq!(clinic.refusal(say(11, answer(episode, first))).await, "consultation-answered");
        let unknown = answer(episode, CommandId::from_bytes([9; 16]));
        assert_eq!(clinic.refusal(say(11, unknown)).await, "consultation-unknown");

        let ask = say(12, Command::Consult(consult(episode)));
        let second = ask.id;
        let take_back = |reason: &str| Command::WithdrawConsult { episode, consultation: second, reason: reason.into() };
        clinic.accept(vec![ask]).await;
        assert_eq!(clinic.refusal(say(13, take_back(""))).await, "note-needed");
        clinic.accept(vec![say(13, take_back("asked twice"))]).await;

        // Who leaves takes no question along; an opinion that comes after is kept.
        let ask = say(14, Command::Consult(consult(episode)));
        let third = ask.id;
        clinic.accept(vec![ask, release(15, episode, "to the capital")]).await;
        let open = views::consultations_open(&mut db, scope(), None, Micros::MAX, 10).await.expect("a list");
        assert!(open.is_empty());
        let outcome = clinic.accept(vec![say(16, answer(episode, third))]).await;
        assert_eq!(outcome[0].notes[0].code, "consultation-was-over");
        let all = views::consultations(&mut db, episode).await.expect("a list");
        let ends: Vec<_> = all.iter().map(|c| c.closed.map(|(_, how)| how)).collect();
        assert_eq!(ends, [Some(ConsultEnd::Answered), Some(ConsultEnd::Withdrawn), Some(ConsultEnd::Answered)]);
        assert_eq!(all[0].opinion, "yes, twelve hours a day");
        clinic.audit().await;
    }

    async fn orders_are_records_that_start_and_stop(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let episode = in_bed(&clinic, 1, As::ill(Severity::Moderate), HOSPITAL, "W2").await;
        let order = |kind, what: &str| Order {
            episode, kind, what: what.into(), dose: "as written".into(), by: "Dr Wang".into(),
        };
        let one = say(5, Command::Order(order(OrderKind::Western, "oxygen")));
        let two = say(6, Command::Order(order(OrderKind::Tcm, "decoction")));
        let (one_id, two_id) = (one.id, two.id);
        clinic.accept(vec![one, two]).await;
        let stop = |at, order, reason: &str| {
            let (by, reason) = ("Dr Sun".into(), reason.into());
            say(at, Command::StopOrder(StopOrder { episode, order, by, reason }))
        };
        assert_eq!(clinic.refusal(stop(7, one_id, "")).await, "note-needed");
        assert_eq!(clinic.refusal(stop(4, one_id, "late")).await, "order-stopped-before-start");
        clinic.accept(vec![stop(8, one_id, "not needed any more")]).await;
        assert_eq!(clinic.refusal(stop(9, one_id, "again")).await, "order-stopped");
        assert_eq!(clinic.refusal(stop(9, CommandId::from_bytes([3; 16]), "x")).await, "order-unknown");
        // The rest ends with the stay.
        let case = clinic.episode(episode).await.case;
        let died = cases::Close { case, ending: Ending::Died, note: "as told".into() };
        clinic.accept(vec![sent(20, cases::Command::Close(died))]).await;
        let all = views::orders(&mut clinic.db().await, episode).await.expect("a list");
        let stopped = |id| all.iter().find(|o| o.id == id).and_then(|o| o.stopped.clone());
        assert_eq!(stopped(one_id), Some((hour(8), "Dr Sun".into(), "not needed any more".into())));
        assert_eq!(stopped(two_id).map(|(at, _, why)| (at, why)), Some((hour(20), "died".into())));
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn steps_and_stays_are_counted_as_they_are_listed(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let episode = in_bed(&clinic, 1, As::ill(Severity::Severe), HOSPITAL, "W1").await;
        // From bed to bed of a ward is no step, and ends no stay there.
        let beds = views::ward_beds(&mut clinic.db().await, &holder(HOSPITAL), "W1").await.expect("beds");
        let to = beds.iter().find(|b| b.state == BedState::Free).map(|b| b.id);
        let within = MoveBed { episode, ward: "W1".into(), bed: to, reason: String::new() };
        clinic.accept(vec![say(10, Command::Move(within))]).await;
        let down = MoveBed { episode, ward: "W2".into(), bed: None, reason: "better".into() };
        // Severe needs more than a plain ward: with a reason it is done, and remarked.
        clinic.accept(vec![say(27, Command::Move(down))]).await;
        let up = assign(30, episode, HOSPITAL, "W1");
        assert_eq!(clinic.refusal(up).await, "lies-there-already");
        let up = MoveBed { episode, ward: "W1".into(), bed: None, reason: "worse again".into() };
        clinic.accept(vec![say(33, Command::Move(up))]).await;
        let mut db = clinic.db().await;
        let filter = StepFilter { scope: scope(), from: hour(0), until: hour(100), way: None, facility: None };
        let steps = views::steps(&mut db, &filter, 10).await.expect("a list");
        let told: Vec<_> = steps.iter().map(|s| (s.at, s.way, s.reason.as_str())).collect();
        assert_eq!(told, [(hour(33), Way::Up, "worse again"), (hour(27), Way::Down, "better")]);
        let up_only = StepFilter { way: Some(Way::Up), ..filter };
        assert_eq!(views::steps(&mut db, &up_only, 10).await.expect("a list").len(), 1);

        let stays = views::stays_by_ward(&mut db, AreaScope::ALL, hour(45)).await.expect("stays");
        let of = |ward: &str| stays[&(holder(HOSPITAL), ward.to_owned())].clone();
        // Came at 3 and left the ward at 27, back at 33: a stay of four quarters, and one that goes on.
        assert_eq!(of("W1").over.into_iter().collect::<Vec<_>>(), [((4, StayEnd::Moved), 1)]);
        assert_eq!(of("W1").lying(), 1);
        assert_eq!(of("W2").over.into_iter().collect::<Vec<_>>(), [((1, StayEnd::Moved), 1)]);
        assert_eq!(of("W2").lying(), 0);
        let by_case = views::stays_by_case(&mut db, scope(), hour(45)).await.expect("stays");
        let key = ("confirmed".to_owned(), "severe".to_owned());
        assert_eq!((by_case[&key].ended(), by_case[&key].lying()), (0, 1), "in care it is one stay");
        clinic.accept(vec![release(75, episode, "to the capital")]).await;
        let by_case = views::stays_by_case(&mut db, scope(), hour(80)).await.expect("stays");
        assert_eq!(by_case[&key].over.iter().map(|(k, n)| (*k, *n)).collect::<Vec<_>>(), [((12, StayEnd::Left), 1)]);
        assert_eq!(by_case[&key].lying(), 0);
        let listed = views::stayed(
            &mut db, scope(), (cases::Class::Confirmed, Some(Severity::Severe)), views::Which::Over, None, 10,
        );
        assert_eq!(listed.await.expect("a list").len(), 1);

        // Every figure of a flow is the sum of its list.
        let flows = views::flows(&mut db, scope(), hour(-100), hour(200)).await.expect("flows");
        for what in Flow::ALL {
            let counted: i64 = flows.iter().filter(|((_, w), _)| w == what).map(|(_, n)| n).sum();
            let window = (hour(-100), hour(200));
            let listed = views::happened(&mut db, scope(), *what, window, None, 100).await.expect("a list");
            assert_eq!(listed.len() as i64, counted, "{what}");
        }
        assert!(flows.keys().any(|(_, what)| *what == Flow::SteppedUp));
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn a_held_bed_that_nobody_takes_is_given_up_by_one_act(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let mut waiting = Vec::new();
        for n in 1..=4 {
            waiting.push(clinic.ill(1, n, As::well()).await);
        }
        for (n, episode) in (0..).zip(&waiting) {
            clinic.accept(vec![assign(2 + n, *episode, SHELTER, "W1")]).await;
        }
        // One is on the way: nobody takes the bed from under a wheel.
        let depart = Command::Depart { episode: waiting[1], vehicle: "吉B-120".into() };
        clinic.accept(vec![say(4, depart)]).await;
        let mut db = clinic.db().await;
        let held = views::held(&mut db, scope(), hour(100), 10).await.expect("a list");
        assert_eq!(held.iter().map(|e| e.id).collect::<Vec<_>>(), waiting, "the longest first");
        let protocol = protocol::Protocol::bundled().expect("the bundled protocol");
        let edition = protocol.at(hour(9), area());
        let until = |e: &care::Episode| care::held_until(edition, e);
        assert_eq!(until(&held[0]), Some(hour(8)), "six hours, by bed.hold");
        assert_eq!(until(&held[1]), None, "on the way");

        let lapse = |at, episodes: &[UnitId]| say(at, Command::Lapse { episodes: episodes.to_vec() });
        assert_eq!(clinic.refusal(lapse(8, &waiting)).await, "no-hold-over", "not before its time");
        let outcome = clinic.accept(vec![lapse(9, &waiting)]).await;
        assert_eq!(outcome[0].notes.iter().filter(|n| n.code == "hold-not-over").count(), 2);
        let stages = [Stage::Waiting, Stage::Moving, Stage::Assigned, Stage::Assigned];
        for (episode, stage) in waiting.iter().zip(stages) {
            assert_eq!(clinic.stage(*episode).await, stage);
        }
        assert_eq!(clinic.ward_of(SHELTER, "W1").await.of(BedState::Free), 1);
        let history = views::history(&mut db, waiting[0]).await.expect("a history");
        let last = history.last().expect("a line");
        assert_eq!((last.what.as_str(), last.actor.as_str()), ("unassigned", "district"), "in the journal, by somebody");
        assert!(last.body.contains("bed.hold"));
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn beds_go_out_of_use_and_come_back(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let beds = views::ward_beds(&mut clinic.db().await, &holder(SHELTER), "W1").await.expect("beds");
        let set = |at, out, reason: &str| {
            say(at, Command::SetOut(SetOut { beds: vec![beds[0].id], out, reason: reason.into() }))
        };
        assert_eq!(clinic.refusal(set(5, true, "")).await, "note-needed");
        clinic.accept(vec![set(5, true, "broken frame")]).await;
        let ward = clinic.ward_of(SHELTER, "W1").await;
        assert_eq!((ward.of(BedState::Out), ward.set_up()), (1, 3));
        assert_eq!(clinic.refusal(set(6, true, "again")).await, "bed-not-ready");
        clinic.accept(vec![set(7, false, "mended")]).await;
        assert_eq!(clinic.ward_of(SHELTER, "W1").await.of(BedState::Free), 4);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn the_staff_of_one_house_writes_nothing_at_anothers_beds(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        let episode = in_bed(&clinic, 1, As::ill(Severity::Critical), HOSPITAL, "W1").await;
        let of_shelter = |mut envelope: ledger::Envelope<desks::Command>| {
            envelope.actor.holder = Some(holder(SHELTER));
            envelope
        };
        for command in [
            Command::PutCarePlan(plan(episode, 0, "x")),
            Command::Consult(consult(episode)),
            Command::Order(Order { episode, kind: OrderKind::Western, what: "x".into(), dose: String::new(), by: "y".into() }),
        ] {
            assert_eq!(clinic.refusal(of_shelter(say(5, command))).await, "not-your-holder");
        }
        let ask = say(5, Command::Consult(consult(episode)));
        let id = ask.id;
        clinic.accept(vec![ask]).await;
        assert_eq!(clinic.refusal(of_shelter(say(6, answer(episode, id)))).await, "not-your-holder");
        assert_eq!(clinic.refusal(of_shelter(test(6, episode, None))).await, "not-your-holder");
        let told = clinic.send(vec![say(6, answer(episode, id))]).await;
        assert_eq!(told[0].status, Status::Accepted);
    }
}
