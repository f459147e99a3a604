//! Stories of care, each on both stores, each audited at its end.

#[path = "support/clinic.rs"]
mod clinic;

use care::{Admits, BedState, CheckIn, Command, HomeKind, Kind, Level, Sign, Stage, views};
use cases::{Ending, Lungs, Observation, Severity};
use clinic::{
    As, Clinic, admit, area, assign, care as say, holder, hour, release, round, scope, sent, test,
};
use ledger::{Priority, Status};
use registry::identity::Sex;
use store::testkit::{Kind as StoreKind, TestBed};
use store::{StoreError, both_stores};

const SHELTER: &str = "ward:F1";
const HOSPITAL: &str = "ward:H1";

async fn shelter(clinic: &Clinic, beds: u32) {
    clinic.facility(SHELTER, Kind::Fangcang, Level::Shelter, Admits::Anybody, beds).await;
}

async fn hospital(clinic: &Clinic, beds: u32) {
    clinic.facility(HOSPITAL, Kind::Hospital, Level::Ward, Admits::Anybody, beds).await;
}

async fn queue(clinic: &Clinic) -> Vec<types::UnitId> {
    let filter = views::QueueFilter::of(scope());
    let listed = views::queue(&mut clinic.db().await, &filter, None, 100).await.expect("a list");
    listed.iter().map(|e| e.id).collect()
}

both_stores! {
    async fn from_a_positive_to_a_bed_to_the_way_home(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 4).await;
        let episode = clinic.ill(2, 1, As::well()).await;
        let waiting = clinic.episode(episode).await;
        assert_eq!((waiting.stage, waiting.since), (Stage::Waiting, hour(2)));
        assert_eq!(waiting.deadline, Some(hour(4)), "two hours, by pos.transfer");
        clinic.conserved().await;

        clinic.accept(vec![assign(3, episode, SHELTER, "W1")]).await;
        assert_eq!(clinic.stage(episode).await, Stage::Assigned);
        assert_eq!(queue(&clinic).await, [episode], "a held bed is no admission");
        let again = assign(3, episode, SHELTER, "W1");
        assert_eq!(clinic.refusal(again).await, "has-a-bed");
        let depart = Command::Depart { episode, vehicle: "吉B-120".into() };
        clinic.accept(vec![say(3, depart)]).await;
        assert_eq!(clinic.stage(episode).await, Stage::Moving);
        clinic.conserved().await;
        let outcome = clinic.accept(vec![admit(5, episode, SHELTER)]).await;
        assert_eq!(outcome[0].notes[0].code, "admitted-late");
        assert!(queue(&clinic).await.is_empty());
        let ward = clinic.ward_of(SHELTER, "W1").await;
        assert_eq!((ward.of(BedState::Free), ward.of(BedState::Occupied)), (3, 1));
        assert_eq!((ward.claimed, ward.staffed(), ward.usable()), (54, 10, 4));
        clinic.conserved().await;

        // The cases desk cannot let somebody go who lies in a bed.
        let case = clinic.episode(episode).await.case;
        let close = cases::Close { case, ending: Ending::Released, note: String::new() };
        let close = sent(40, cases::Command::Close(close));
        assert_eq!(clinic.refusal(close).await, "case-in-care");

        clinic.accept(vec![test(48, episode, Some(34.0)), test(72, episode, Some(36.0))]).await;
        assert_eq!(clinic.refusal(release(80, episode, "")).await, "release-criteria-unmet");
        clinic.accept(vec![test(90, episode, None)]).await;
        assert_eq!(clinic.refusal(release(92, episode, "")).await, "release-criteria-unmet", "18 hours are too few");
        clinic.accept(vec![test(96, episode, Some(35.0))]).await;
        let protocol = protocol::Protocol::bundled().expect("the bundled protocol");
        let edition = protocol.at(hour(98), area());
        let mut db = clinic.db().await;
        let people = views::in_facility(&mut db, &holder(SHELTER), None, 10).await.expect("a list");
        let due = views::release_list(&mut db, edition, &people, hour(98)).await.expect("a list");
        assert_eq!((due[0].episode.id, due[0].verdict.since()), (episode, Some(hour(96))));
        let keep = Command::Keep { episode, reason: "waits for a child".into() };
        clinic.accept(vec![say(98, keep), release(100, episode, "")]).await;
        let left = clinic.episode(episode).await;
        assert_eq!(left.home, Some((HomeKind::Monitoring, Some(hour(100 + 7 * 24)))));
        assert_eq!(left.stage, Stage::Home);
        let mut db = clinic.db().await;
        let case = cases::views::case(&mut db, case).await.expect("read").expect("a case");
        assert_eq!(case.ending, Some((Ending::Released, hour(100))), "in the same entry");
        let ward = clinic.ward_of(SHELTER, "W1").await;
        assert_eq!((ward.of(BedState::Dirty), ward.of(BedState::Occupied)), (1, 0));
        clinic.conserved().await;

        let beds = views::dirty_beds(&mut db, scope(), 10).await.expect("a list");
        assert_eq!(beds[0].due, Some(hour(102)));
        let clean = Command::Disinfect { beds: vec![beds[0].id] };
        clinic.accept(vec![say(101, clean.clone())]).await;
        assert_eq!(clinic.refusal(say(101, clean)).await, "bed-not-vacated");
        let finish = |reason: &str| Command::FinishHome { episode, reason: reason.into() };
        assert_eq!(clinic.refusal(say(120, finish(""))).await, "home-not-over");
        clinic.accept(vec![say(100 + 7 * 24, finish(""))]).await;
        assert_eq!(clinic.stage(episode).await, Stage::Closed);
        clinic.conserved().await;
        let history = views::history(&mut db, episode).await.expect("a history");
        let what: Vec<&str> = history.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(what[..4], ["queued", "assigned", "departed", "admitted"]);
        assert_eq!(what[what.len() - 4..], ["kept", "left", "went_home", "ended"]);
        clinic.audit().await;
    }

    async fn a_correction_takes_somebody_off_and_gives_the_bed_back(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 2).await;
        let [one, two, three] = [
            clinic.ill(1, 1, As::well()).await,
            clinic.ill(1, 2, As::well()).await,
            clinic.ill(1, 3, As::well()).await,
        ];
        clinic.accept(vec![assign(2, one, SHELTER, "W1"), assign(2, two, SHELTER, "W1")]).await;
        clinic.accept(vec![admit(3, two, SHELTER)]).await;
        assert_eq!(clinic.refusal(assign(3, three, SHELTER, "W1")).await, "ward-full");
        for episode in [one, two] {
            let case = clinic.episode(episode).await.case;
            let close = cases::Close { case, ending: Ending::NoCase, note: "another's sample".into() };
            clinic.accept(vec![sent(4, cases::Command::Close(close))]).await;
            assert_eq!(clinic.stage(episode).await, Stage::Closed);
        }
        let ward = clinic.ward_of(SHELTER, "W1").await;
        assert_eq!((ward.of(BedState::Free), ward.of(BedState::Dirty)), (1, 1), "only the one was lain in");
        clinic.accept(vec![assign(5, three, SHELTER, "W1")]).await;
        clinic.conserved().await;
        // And it was one after all.
        let case = clinic.episode(one).await.case;
        let reopen = cases::Command::Reopen { case, note: "the sample was right".into() };
        clinic.accept(vec![sent(6, reopen)]).await;
        assert_eq!(clinic.stage(one).await, Stage::Waiting);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn nobody_leaves_the_queue_unseen(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let episode = clinic.ill(1, 1, As::well()).await;
        let case = clinic.episode(episode).await.case;
        let close = |ending| cases::Close { case, ending, note: "as told".into() };
        let unsaid = cases::Close { case, ending: Ending::Released, note: String::new() };
        let released = sent(2, cases::Command::Close(unsaid));
        assert_eq!(clinic.refusal(released).await, "case-in-the-queue");
        // But where this system keeps no beds people are cared for, too.
        let other = clinic.ill(1, 2, As::well()).await;
        let elsewhere = cases::Close {
            case: clinic.episode(other).await.case,
            ending: Ending::Released,
            note: "at the county's hospital".into(),
        };
        clinic.accept(vec![sent(2, cases::Command::Close(elsewhere))]).await;
        assert_eq!(clinic.episode(other).await.ended, Some((care::Ended::Elsewhere, hour(2))));
        clinic.conserved().await;
        let mute = Command::Refuse { episode, note: " ".into() };
        assert_eq!(clinic.refusal(say(2, mute)).await, "note-needed");
        let home = Command::SendHome { episode, note: String::new() };
        assert_eq!(clinic.refusal(say(2, home)).await, "not-to-be-at-home");
        let refuse = Command::Refuse { episode, note: "before officer Li".into() };
        clinic.accept(vec![say(2, refuse)]).await;
        assert_eq!(clinic.episode(episode).await.home, Some((HomeKind::Refused, None)));
        clinic.conserved().await;
        let back = Command::Requeue { episode, note: "agrees now".into() };
        clinic.accept(vec![say(9, back)]).await;
        let row = clinic.episode(episode).await;
        assert_eq!((row.stage, row.since), (Stage::Waiting, hour(1)), "the wait goes on");
        let died = sent(11, cases::Command::Close(close(Ending::Died)));
        clinic.accept(vec![died]).await;
        assert_eq!(clinic.stage(episode).await, Stage::Closed);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn a_word_from_home_that_alarms_stands_until_somebody_has_looked(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let [one, other] = [clinic.ill(1, 1, As::well()).await, clinic.ill(1, 2, As::well()).await];
        let said = |episode, temperature, spo2: Option<f64>, signs: &[Sign]| {
            let (signs, note) = (signs.to_vec(), String::new());
            Command::CheckIn(CheckIn { episode, temperature, spo2, signs, note })
        };
        assert_eq!(clinic.refusal(say(2, said(one, None, None, &[]))).await, "not-at-home");
        for episode in [one, other] {
            let refuse = Command::Refuse { episode, note: "before officer Li".into() };
            clinic.accept(vec![say(2, refuse)]).await;
        }
        let hot = said(one, Some(80.0), None, &[]);
        assert_eq!(clinic.refusal(say(3, hot)).await, "measure-out-of-range");
        // Somebody else's household speaks for nobody here.
        let mut stranger = say(3, said(one, None, None, &[]));
        stranger.actor.user = "household:01890000-0000-7000-8000-000000000000".into();
        assert_eq!(clinic.refusal(stranger).await, "not-your-household");

        // Some fever is no surprise in whoever is ill at home; a danger sign is.
        clinic.accept(vec![say(3, said(one, Some(37.8), Some(97.0), &[]))]).await;
        let row = clinic.episode(one).await;
        assert_eq!((row.checked_at, row.alarm_at, row.heard_at()), (Some(hour(3)), None, hour(3)));
        clinic.accept(vec![say(5, said(one, None, None, &[Sign::Breathless]))]).await;
        clinic.accept(vec![say(6, said(one, None, Some(98.0), &[]))]).await;
        let row = clinic.episode(one).await;
        assert_eq!(row.alarm_at, Some(hour(5)), "a better word does not end it");
        let mut db = clinic.db().await;
        assert_eq!(views::open_alarms(&mut db, scope()).await.expect("a number"), 1);
        let alarmed = views::alarmed(&mut db, scope(), None, 10).await.expect("a list");
        assert_eq!(alarmed.iter().map(|e| e.id).collect::<Vec<_>>(), [one]);
        let silent = views::at_home(&mut db, scope(), None, Some(hour(5)), None, 10).await.expect("a list");
        assert_eq!(silent.iter().map(|e| e.id).collect::<Vec<_>>(), [other], "no word since hour 2");
        // It is late two hours after it was said.
        let late = |now| {
            let clinic = &clinic;
            async move {
                let lines = ledger::views::late(&mut clinic.db().await, scope(), now).await;
                let lines = lines.expect("a list").into_iter();
                lines.filter(|line| line.step == "at_home").map(|line| line.units).sum::<i64>()
            }
        };
        assert_eq!((late(hour(6)).await, late(hour(8)).await), (0, 1));

        // A look that took place before the word does not answer it; one after it does.
        clinic.accept(vec![round(4, one, Observation { spo2: Some(97.0), ..Observation::default() })]).await;
        assert_eq!(clinic.episode(one).await.alarm_at, Some(hour(5)));
        clinic.accept(vec![round(9, one, Observation { spo2: Some(97.0), ..Observation::default() })]).await;
        assert_eq!(clinic.episode(one).await.alarm_at, None);
        assert_eq!(late(hour(12)).await, 0);
        // A word that comes late, from before that look, was answered by it.
        clinic.accept(vec![say(7, said(one, None, Some(90.0), &[]))]).await;
        assert_eq!(clinic.episode(one).await.alarm_at, None);
        // Whoever waits for a bed again is no alarm any more.
        clinic.accept(vec![say(20, said(one, Some(39.0), None, &[]))]).await;
        assert_eq!(views::open_alarms(&mut db, scope()).await.expect("a number"), 1);
        clinic.accept(vec![say(21, Command::Requeue { episode: one, note: "worse".into() })]).await;
        assert_eq!(views::open_alarms(&mut db, scope()).await.expect("a number"), 0);
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn the_gravest_come_first_and_a_ward_round_moves_somebody_up(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 5).await;
        hospital(&clinic, 5).await;
        let well = clinic.ill(1, 1, As::well()).await;
        let mild = clinic.ill(3, 2, As::ill(Severity::Mild)).await;
        let early = clinic.ill(2, 3, As::ill(Severity::Mild)).await;
        let grave = clinic.ill(9, 4, As::ill(Severity::Moderate)).await;
        assert_eq!(queue(&clinic).await, [grave, early, mild, well]);
        assert_eq!(clinic.refusal(assign(10, grave, SHELTER, "W1")).await, "ward-below-need");
        clinic.accept(vec![assign(10, mild, SHELTER, "W1"), admit(11, mild, SHELTER)]).await;
        // The picture shows pneumonia: the case is moderate now, at both desks.
        let seen = Observation { lungs: Some(Lungs::Pneumonia), temperature: Some(38.4), ..Observation::default() };
        clinic.accept(vec![round(12, mild, seen)]).await;
        let row = clinic.episode(mild).await;
        assert_eq!(row.condition.severity, Some(Severity::Moderate));
        assert_eq!(row.chart.temperatures, [(hour(12), 38.4)]);
        // A bed in the hospital is held while the person lies in the shelter; then one is vacated.
        clinic.accept(vec![assign(13, mild, HOSPITAL, "W1")]).await;
        assert_eq!(clinic.stage(mild).await, Stage::InCare);
        clinic.conserved().await;
        clinic.accept(vec![admit(14, mild, HOSPITAL)]).await;
        assert_eq!(clinic.ward_of(SHELTER, "W1").await.of(BedState::Dirty), 1);
        assert_eq!(clinic.ward_of(HOSPITAL, "W1").await.of(BedState::Occupied), 1);
        // Who was ever moderate goes by the rule for the moderate.
        clinic.accept(vec![test(60, mild, None), test(90, mild, None)]).await;
        let refused = clinic.send(vec![release(95, mild, "")]).await;
        let refusal = refused[0].refusal.clone().expect("refused");
        assert_eq!(refusal.rule.as_deref(), Some("rel.moderate"));
        let unmet = &refusal.args.iter().find(|(name, _)| name == "unmet").expect("what").1;
        assert_eq!(unmet, "temperature symptoms imaging");
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn wards_have_rules(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        clinic.facility("ward:F2", Kind::Fangcang, Level::Shelter, Admits::Women, 3).await;
        clinic.ward("ward:F2", "FAM", Level::Shelter, Admits::Families, 4, (1, 10)).await;
        clinic.ward("ward:F2", "FEW", Level::Shelter, Admits::Anybody, 9, (1, 2)).await;
        let man = clinic.ill(1, 1, As { sex: Sex::Male, ..As::well() }).await;
        let boy = clinic.ill(1, 2, As { sex: Sex::Male, born: 2016, ..As::well() }).await;
        let [a, b, c] = [
            clinic.ill(1, 3, As::well()).await,
            clinic.ill(1, 4, As::well()).await,
            clinic.ill(1, 5, As::well()).await,
        ];
        assert_eq!(clinic.refusal(assign(2, man, "ward:F2", "W1")).await, "ward-of-the-other-sex");
        clinic.accept(vec![assign(2, boy, "ward:F2", "W1")]).await;
        // Two rooms of two: strangers do not share one.
        clinic.accept(vec![assign(2, man, "ward:F2", "FAM"), assign(2, a, "ward:F2", "FAM")]).await;
        let beds = views::ward_beds(&mut clinic.db().await, &holder("ward:F2"), "FAM").await.expect("beds");
        let rooms: Vec<&str> = beds.iter().filter(|b| b.state == BedState::Held).map(|b| b.room.as_str()).collect();
        assert_eq!(rooms, ["R0", "R1"]);
        assert_eq!(clinic.refusal(assign(2, b, "ward:F2", "FAM")).await, "room-of-another-family");
        // Nine beds and staff for two.
        clinic.accept(vec![assign(2, b, "ward:F2", "FEW"), assign(2, c, "ward:F2", "FEW")]).await;
        let d = clinic.ill(1, 6, As::well()).await;
        assert_eq!(clinic.refusal(assign(2, d, "ward:F2", "FEW")).await, "ward-without-staff");
        clinic.conserved().await;
        clinic.audit().await;
    }

    async fn a_bed_is_one_persons_under_sixty_four_claimers(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 8).await;
        let mut episodes = Vec::new();
        for n in 0..64 {
            let (case, envelope) = clinic.case(1, n, As::well());
            clinic.accept(vec![envelope]).await;
            episodes.push(care::episode_of(case));
        }
        let wanted = care::bed_id(area(), &holder(SHELTER), "W1", "B003");
        let claims = episodes.iter().map(|episode| {
            let engine = clinic.engine.clone();
            let mut envelope = assign(2, *episode, SHELTER, "W1");
            if let desks::Command::Care(command) = &mut envelope.command
                && let Command::Assign(assign) = &mut **command
            {
                assign.bed = Some(wanted);
            }
            tokio::spawn(async move { engine.submit(Priority::Normal, vec![envelope]).await })
        });
        let claims: Vec<_> = claims.collect();
        let mut booked = 0;
        for claim in claims {
            let outcomes = claim.await.expect("the task").expect("written");
            match outcomes[0].status {
                Status::Accepted => booked += 1,
                _ => assert_eq!(outcomes[0].refusal.as_ref().expect("refused").code, "bed-taken"),
            }
        }
        assert_eq!(booked, 1);
        clinic.conserved().await;

        // And where every rule has overlooked it, the index does not: a second row that lives is refused.
        let row = |episode: types::UnitId, person: u8| {
            vec![
                area().into(), episode.into(), 77.into(), wanted.into(),
                types::PersonId::from_bytes([person; 16]).into(), SHELTER.into(), "W1".into(),
                hour(3).into(), store::Value::Null, store::Value::Null, false.into(), "".into(),
                "".into(), "somebody".into(),
            ]
        };
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.begin_write().await.expect("begins");
        let twice = writer.insert(&care::tables::PLACE_PUT, &row(episodes[63], 200)).await;
        assert!(matches!(twice, Err(StoreError::Constraint(..))), "{twice:?}");
        writer.rollback().await.expect("undone");
        clinic.audit().await;
    }

    async fn random_days_lose_nobody(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 12).await;
        hospital(&clinic, 6).await;
        clinic.facility("ward:I1", Kind::Hospital, Level::Intensive, Admits::Anybody, 3).await;
        let mut random = 20_220_314_u64;
        let mut below = move |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        let mut episodes = Vec::new();
        let wards = [SHELTER, HOSPITAL, "ward:I1"];
        for step in 0..24_i64 {
            let mut group = Vec::new();
            for _ in 0..20 {
                let at = step * 8 + below(8) as i64;
                if episodes.is_empty() || below(5) == 0 {
                    let grave = [Severity::Mild, Severity::Moderate, Severity::Severe, Severity::Critical][below(4) as usize];
                    let who = if below(2) == 0 { As::well() } else { As::ill(grave) };
                    let (case, envelope) = clinic.case(at, episodes.len() as u32, who);
                    group.push(envelope);
                    episodes.push(care::episode_of(case));
                    continue;
                }
                let episode = episodes[below(episodes.len() as u64) as usize];
                let ward = wards[below(3) as usize];
                group.push(match below(12) {
                    0..=3 => assign(at, episode, ward, "W1"),
                    4..=6 => admit(at, episode, ward),
                    7 => say(at, Command::Unassign { episode, reason: "no vehicle".into() }),
                    8 => say(at, Command::Refuse { episode, note: "before a witness".into() }),
                    9 => say(at, Command::Requeue { episode, note: "agrees".into() }),
                    10 => release(at, episode, "to another city"),
                    _ => {
                        let beds = views::dirty_beds(&mut clinic.db().await, scope(), 50).await.expect("beds");
                        if beds.is_empty() { test(at, episode, None) } else {
                            say(at, Command::Disinfect { beds: beds.iter().map(|b| b.id).collect() })
                        }
                    }
                });
            }
            let outcomes = clinic.send(group).await;
            assert!(outcomes.iter().any(|o| o.status == Status::Accepted));
            if step % 6 == 5 {
                clinic.conserved().await;
            }
        }
        let numbers = views::numbers(&mut clinic.db().await, scope()).await.expect("numbers");
        assert_eq!(numbers.all(), episodes.len() as i64);
        assert!(numbers.of(Stage::InCare) > 0 && numbers.of(Stage::Home) > 0, "{numbers:?}");
        clinic.audit().await;
    }

    async fn the_plan_becomes_assignments(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shelter(&clinic, 3).await;
        hospital(&clinic, 2).await;
        let mut mild = Vec::new();
        for n in 0..5 {
            mild.push(clinic.ill(1 + i64::from(n), n, As::ill(Severity::Mild)).await);
        }
        let grave = clinic.ill(9, 9, As::ill(Severity::Moderate)).await;
        let protocol = protocol::Protocol::bundled().expect("the bundled protocol");
        let plan = views::plan(&mut clinic.db().await, &protocol, scope(), hour(10)).await.expect("a plan");
        let to = |id| {
            let line = plan.lines.iter().find(|l| l.episode.id == id).expect("a line");
            line.pool.map(|pool| plan.pools[pool].facility.code.to_string())
        };
        assert_eq!(to(grave).as_deref(), Some(HOSPITAL), "nothing less will do");
        assert_eq!(plan.waiting, 1, "five beds for six people");
        assert_eq!(to(mild[4]), None, "who came last waits");
        let unmet = &plan.lines.iter().find(|l| l.pool.is_none()).expect("one").explanation.unmet;
        assert!(!unmet.is_empty(), "and it is said why");
        let accepted = plan.lines.iter().filter_map(|line| {
            let pool = &plan.pools[line.pool?];
            Some(assign(11, line.episode.id, pool.facility.code.as_str(), &pool.ward.code))
        });
        clinic.accept(accepted.collect()).await;
        clinic.conserved().await;
        let plan = views::plan(&mut clinic.db().await, &protocol, scope(), hour(12)).await.expect("a plan");
        assert_eq!((plan.lines.len(), plan.waiting), (1, 1));
        clinic.audit().await;
    }

    async fn cases_from_before_are_queued_once(bed: TestBed) {
        // A city whose journal is older than its care desk: the cases desk alone wrote it.
        let store = bed.open(&desks::schemas()).await.expect("opens");
        let clinic = Clinic::on(bed, store.clone()).await;
        let (case, envelope) = clinic.case(1, 1, As::well());
        clinic.engine.close().await;
        let protocol = std::sync::Arc::new(protocol::Protocol::bundled().expect("a protocol"));
        let config = ledger::EngineConfig {
            queue: 100,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: std::sync::Arc::new(|| hour(500)),
        };
        let old = ledger::Engine::start(store.clone(), cases::Cases::new(protocol), config);
        let old = old.await.expect("starts");
        let desks::Command::Cases(command) = envelope.command else { panic!("of the cases desk") };
        let told = ledger::Envelope {
            id: envelope.id,
            area: envelope.area,
            event_time: envelope.event_time,
            clock_offset: envelope.clock_offset,
            device: None,
            actor: envelope.actor,
            command: *command,
        };
        old.submit(Priority::Normal, vec![told]).await.expect("written");
        old.close().await;
        let clinic = Clinic::on(clinic.bed, store).await;
        let without = views::unqueued(&mut clinic.db().await, scope(), 10).await.expect("a list");
        assert_eq!(without, [case]);
        let adopt = || Command::Adopt { cases: vec![case] };
        clinic.accept(vec![say(20, adopt())]).await;
        let row = clinic.episode(care::episode_of(case)).await;
        assert_eq!((row.stage, row.since), (Stage::Waiting, hour(1)), "the wait counts from the case");
        assert_eq!(clinic.refusal(say(21, adopt())).await, "nothing-to-queue");
        clinic.conserved().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_do_not_book_one_bed_twice() {
    let bed = TestBed::new(StoreKind::Postgres);
    let store = bed.open(&desks::schemas()).await.expect("opens");
    let second = bed.open(&desks::schemas()).await.expect("opens");
    let clinic = Clinic::on(bed, store).await;
    shelter(&clinic, 3).await;
    let mut envelopes = Vec::new();
    for n in 0..64 {
        let episode = clinic.ill(1, n, As::well()).await;
        envelopes.push(assign(2, episode, SHELTER, "W1"));
    }
    let other = clinic.other(second).await;
    let claims: Vec<_> = envelopes
        .into_iter()
        .enumerate()
        .map(|(n, envelope)| {
            let engine = if n % 2 == 0 { clinic.engine.clone() } else { other.clone() };
            tokio::spawn(async move { engine.submit(Priority::Normal, vec![envelope]).await })
        })
        .collect();
    let mut booked = 0;
    for claim in claims {
        let outcomes = claim.await.expect("the task").expect("written");
        booked += usize::from(outcomes[0].status == Status::Accepted);
    }
    assert_eq!(booked, 3, "three beds, three people");
    clinic.conserved().await;
    clinic.audit().await;
    other.close().await;
}
