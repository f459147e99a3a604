//! Stories of the tracing desk among the others, on both stores.

mod support {
    pub mod clinic;
}

use cases::{Close, Ending, Field};
use desks::Command;
use ledger::{Envelope, Outcome, Status};
use registry::command::Details;
use registry::identity::{Day, IdType, Identity};
use registry::seal::Keys;
use store::both_stores;
use store::testkit::TestBed;
use support::clinic::{As, Clinic, area, command_id, holder, hour, person, scope, sent};
use tracing_desk::{
    Arrive, Check, Contact, Core, Degree, Ended, Interview, Kept, Name, NewContact, NewStay,
    OwnTest, Progress, Question, Setting, Stage, Task, Who, contact_of, investigation_of, views,
};
use types::{AreaCode, AreaScope, Micros, UnitId};

fn trace(at: i64, command: tracing_desk::Command) -> Envelope<Command> {
    sent(at, command)
}

fn who(n: u32) -> Who {
    let identity = Identity {
        name: [n * 7, n * 13 + 5].iter().filter_map(|k| char::from_u32(0x4e00 + k)).collect(),
        id_type: IdType::None,
        id_number: None,
        phone: None,
    };
    Who::Unregistered {
        person: person(n),
        details: Details::Clear(Box::new(identity)),
        place: types::PlaceCode::parse("220202001001-03").ok(),
    }
}

fn met(n: u32, last: i64) -> NewContact {
    NewContact {
        row: n,
        who: who(n),
        setting: Setting::Work,
        stay: None,
        first: None,
        last: hour(last),
        protected: false,
        note: String::new(),
    }
}

fn names(keys: &Keys, at: i64, source: UnitId, contacts: Vec<NewContact>) -> Envelope<Command> {
    let mut name =
        tracing_desk::Command::Name(Name { source, import: None, contacts, reason: String::new() });
    name.seal(keys, area(), Day::new(2022, 5, 1).expect("a day")).expect("sealed");
    trace(at, name)
}

struct Tracers(Clinic);

impl Tracers {
    async fn new(bed: TestBed) -> Tracers {
        Tracers(Clinic::new(bed).await)
    }

    /// A case of person `n`, and its investigation.
    async fn case(&self, at: i64, n: u32) -> UnitId {
        let (case, envelope) = self.0.case(at, n, As::well());
        self.0.accept(vec![envelope]).await;
        case
    }

    async fn name(&self, at: i64, source: UnitId, contacts: Vec<NewContact>) -> Vec<Outcome> {
        self.0.accept(vec![names(&self.0.keys, at, source, contacts)]).await
    }

    async fn contact(&self, n: u32) -> Contact {
        self.contact_n(n, 0).await
    }

    async fn contact_n(&self, n: u32, which: i64) -> Contact {
        let id = contact_of(area(), person(n), which);
        views::contact(&mut self.0.db().await, id).await.expect("read").expect("a contact")
    }

    async fn arrive(&self, at: i64, n: u32, site: bool) {
        let contact = contact_of(area(), person(n), 0);
        let arrive = Arrive {
            contact,
            site: site.then(|| holder("quarantine:220202-Q1")),
            room: if site { format!("{n}") } else { String::new() },
            reason: if site { String::new() } else { "looks after a baby".into() },
        };
        self.0.accept(vec![trace(at, tracing_desk::Command::Arrive(arrive))]).await;
    }

    async fn test(&self, at: i64, n: u32, positive: bool, laboratory: &str) {
        let contact = contact_of(area(), person(n), 0);
        let test =
            OwnTest { contact, sampled_at: hour(at), positive, laboratory: laboratory.into() };
        self.0.accept(vec![trace(at + 2, tracing_desk::Command::Test(test))]).await;
    }

    /// Contacts = open + released + positive + closed, by the counters, by the lists and by the ledger;
    /// what is due by the counters is what the lists have.
    async fn conserved(&self) {
        let mut db = self.0.db().await;
        let numbers = views::numbers(&mut db, AreaScope::ALL).await.expect("numbers");
        let mut all = 0;
        let mut open: Vec<Contact> = Vec::new();
        for stage in Stage::ALL {
            let filter = (*stage, None, ("", ""));
            let listed = views::in_stage(&mut db, AreaScope::ALL, filter, None, 1_000);
            let listed = listed.await.expect("a list");
            assert_eq!(listed.len() as i64, numbers.of(*stage), "{stage}");
            all += listed.len() as i64;
            open.extend(listed.into_iter().filter(Contact::is_open));
        }
        assert_eq!(all, numbers.all());
        let mut people: Vec<_> = open.iter().map(|c| c.person).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), open.len(), "a person is followed once at a time");
        let far = hour(24 * 400);
        let dues = views::dues(&mut db, AreaScope::ALL, "", far).await.expect("dues");
        for task in Task::ALL {
            let listed = views::due(&mut db, AreaScope::ALL, (*task, far, ""), None, 1_000);
            let listed = listed.await.expect("a list");
            let counted = dues.get(task).map_or(0, |until| until.all());
            assert_eq!(listed.len() as i64, counted, "{task}");
        }
        let balance = ledger::views::balance(&mut db, AreaScope::ALL).await.expect("a balance");
        let of = balance.iter().filter(|((_, kind), _)| *kind == tracing_desk::CONTACT);
        let (mut created, mut held) = (0, 0);
        for (_, line) in of {
            assert_eq!(line.difference(), 0);
            created += line.created;
            held += line.held.values().sum::<i64>();
        }
        assert_eq!((created, held), (all, open.len() as i64), "by the ledger");
    }
}

fn release(at: i64, n: u32, reason: &str) -> Envelope<Command> {
    let contact = contact_of(area(), person(n), 0);
    trace(at, tracing_desk::Command::Release { contact, reason: reason.into() })
}

fn check(at: i64, n: u32, temperature: f64) -> Envelope<Command> {
    let check = Check {
        contact: contact_of(area(), person(n), 0),
        temperature: Some(temperature),
        symptoms: Vec::new(),
        note: String::new(),
    };
    trace(at, tracing_desk::Command::Check(check))
}

fn day(n: i64) -> Micros {
    hour(24 * n)
}

both_stores! {
    async fn a_case_begins_an_investigation_with_its_clocks(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        let id = investigation_of(case);
        let read = async || {
            let found = views::investigation(&mut tracers.0.db().await, id).await.expect("read");
            found.expect("an investigation")
        };
        let opened = read().await;
        assert_eq!(opened.progress, Progress::Opened);
        assert_eq!(opened.on_site_due, Some(hour(12)));
        assert_eq!(opened.core_due, Some(hour(14)));
        assert_eq!(opened.report_due, Some(hour(34)));
        // The sample was taken a day before the result at the latest: that day counts.
        assert_eq!(opened.anchor, day(-1));

        let report = || tracing_desk::Command::Report { investigation: id, note: "all said".into() };
        assert_eq!(tracers.0.refusal(trace(11, report())).await, "core-information-missing");
        let team = Some(holder("trace:220202-T1"));
        tracers.0.accept(vec![
            trace(11, tracing_desk::Command::Assign { investigation: id, team: team.clone() }),
            trace(12, tracing_desk::Command::OnSite { investigation: id, note: String::new() }),
        ]).await;
        let mut interview = Interview {
            investigation: id,
            core: Core::default(),
            stays: vec![NewStay {
                stay: None,
                from: hour(-30),
                until: hour(-28),
                place: None,
                name: "东北亚 市场".into(),
                setting: Setting::Market,
                note: "hall 3".into(),
            }],
            complete: false,
        };
        interview.core.0.insert(Question::Occupation, "packer".into());
        tracers.0.accept(vec![trace(13, tracing_desk::Command::Interview(interview.clone()))]).await;
        assert_eq!(read().await.progress, Progress::OnSite);
        interview.stays.clear();
        interview.complete = true;
        tracers.0.accept(vec![trace(13, tracing_desk::Command::Interview(interview))]).await;
        assert_eq!(read().await.progress, Progress::Core);
        let outcome = tracers.0.accept(vec![trace(40, report())]).await;
        let notes: Vec<&str> = outcome[0].notes.iter().map(|note| &*note.code).collect();
        assert_eq!(notes, ["investigation-late", "report-without-contacts"]);
        assert_eq!(read().await.progress, Progress::Reported);
        assert_eq!(read().await.team, team);

        // Another case was at the same market at the same time.
        let other = tracers.case(20, 2).await;
        let there = Interview {
            investigation: investigation_of(other),
            core: Core::default(),
            stays: vec![NewStay {
                stay: None,
                from: hour(-29),
                until: hour(-25),
                place: None,
                name: "东北亚市场".into(),
                setting: Setting::Market,
                note: String::new(),
            }],
            complete: false,
        };
        tracers.0.accept(vec![trace(22, tracing_desk::Command::Interview(there))]).await;
        let mut db = tracers.0.db().await;
        let stays = views::stays(&mut db, id).await.expect("stays").standing;
        let shared = views::shared(&mut db, case, &stays).await.expect("shared");
        assert_eq!(shared.get(&1).map(|met| met[0].0), Some(other));
        drop(db);
        tracers.0.audit().await;
    }

    async fn a_case_that_is_none_takes_its_investigation_back(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        tracers.name(20, case, vec![met(11, 5), met(12, -60)]).await;
        tracers.arrive(24, 11, true).await;
        let close = cases::Command::Close(Close {
            case,
            ending: Ending::NoCase,
            note: "another's tube".into(),
        });
        tracers.0.accept(vec![sent(30, close)]).await;
        let id = investigation_of(case);
        let found = views::investigation(&mut tracers.0.db().await, id).await.expect("read");
        assert_eq!(found.expect("there").progress, Progress::Closed);
        let held = tracers.contact(11).await;
        assert!(held.unfounded && held.test_due.is_none());
        // There is no ground to keep anybody: the time need not be over.
        let mut db = tracers.0.db().await;
        let listed = views::unfounded(&mut db, scope(), 10).await.expect("a list");
        assert_eq!(listed.len(), 2);
        drop(db);
        tracers.conserved().await;
        tracers.0.accept(vec![release(31, 11, "")]).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Released);

        // It was one after all: who is still followed is followed on its ground again.
        let reopen = cases::Command::Reopen { case, note: "tested again".into() };
        tracers.0.accept(vec![sent(40, reopen)]).await;
        let found = views::investigation(&mut tracers.0.db().await, id).await.expect("read");
        assert_eq!(found.expect("there").progress, Progress::Opened);
        let other = tracers.contact(12).await;
        assert!(!other.unfounded);
        assert_eq!(other.stage, Stage::Identified);
        tracers.conserved().await;
        tracers.0.audit().await;
    }

    async fn a_contact_is_followed_to_the_end(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        tracers.name(20, case, vec![met(11, 8)]).await;
        let contact = tracers.contact(11).await;
        assert_eq!((contact.stage, contact.degree), (Stage::Identified, Degree::Close));
        assert_eq!(contact.deadline, Some(hour(32)));
        let id = contact.id;
        tracers.0.accept(vec![
            trace(21, tracing_desk::Command::Locate { contact: id, place: None, note: String::new() }),
            trace(22, tracing_desk::Command::Notify { contact: id, note: String::new() }),
            trace(23, tracing_desk::Command::Depart { contact: id, site: None, vehicle: "吉B1".into() }),
        ]).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Moving);
        // Late word does not take anybody back.
        let home = Arrive { contact: id, site: None, room: String::new(), reason: String::new() };
        let home = trace(24, tracing_desk::Command::Arrive(home));
        assert_eq!(tracers.0.refusal(home).await, "home-needs-reason");
        tracers.arrive(30, 11, true).await;
        let held = tracers.contact(11).await;
        let schedule = held.schedule.clone().expect("a schedule");
        assert_eq!(schedule.kept, Kept::Site);
        assert_eq!(schedule.tests, [day(1), day(4), day(7), day(14)]);
        assert_eq!(schedule.until, day(14));
        assert_eq!(schedule.before_release, 2);
        assert_eq!((held.test_due, held.check_due, held.release_due),
            (Some(day(1)), Some(day(1)), Some(day(14))));
        tracers.conserved().await;

        tracers.test(26, 11, false, "A").await;
        assert_eq!(tracers.contact(11).await.test_due, Some(day(4)));
        tracers.0.accept(vec![check(31, 11, 36.5)]).await;
        assert_eq!(tracers.contact(11).await.check_due, Some(day(2)));
        // Who is ill is tested on the day, whatever the schedule says.
        tracers.0.accept(vec![check(49, 11, 38.2)]).await;
        let ill = tracers.contact(11).await;
        assert!(ill.ill);
        assert_eq!(ill.test_due, Some(day(2)));
        tracers.test(50, 11, false, "A").await;
        assert_eq!(tracers.contact(11).await.test_due, Some(day(4)));
        // The tests of two days are made up for by one.
        tracers.test(24 * 8, 11, false, "A").await;
        assert_eq!(tracers.contact(11).await.test_due, Some(day(14)));
        assert_eq!(tracers.0.refusal(release(24 * 14, 11, "")).await, "quarantine-not-over");
        tracers.test(24 * 14 + 1, 11, false, "A").await;
        tracers.test(24 * 14 + 1, 11, false, "B").await;
        // Still ill by the last look.
        assert_eq!(tracers.0.refusal(release(24 * 14 + 4, 11, "")).await, "quarantine-not-over");
        tracers.0.accept(vec![check(24 * 14 + 4, 11, 36.6), release(24 * 14 + 5, 11, "")]).await;
        let home = tracers.contact(11).await;
        assert_eq!(home.stage, Stage::Monitoring);
        let after = home.schedule.clone().expect("the monitoring");
        assert_eq!((after.until, after.tests.clone()), (day(21), vec![day(16), day(21)]));
        tracers.conserved().await;
        tracers.test(24 * 16, 11, false, "A").await;
        tracers.test(24 * 21, 11, false, "A").await;
        tracers.0.accept(vec![release(24 * 21 + 3, 11, "")]).await;
        let gone = tracers.contact(11).await;
        assert_eq!((gone.stage, gone.ended.map(|(how, _)| how)),
            (Stage::Released, Some(Ended::Released)));
        tracers.conserved().await;
        tracers.0.audit().await;
    }

    async fn whom_a_new_case_had_met_becomes_a_close_contact_once(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        tracers.name(20, case, vec![met(11, 8)]).await;
        let close = contact_of(area(), person(11), 0);
        tracers.name(21, close, vec![met(21, 12), met(22, 14)]).await;
        assert_eq!(tracers.contact(21).await.degree, Degree::Secondary);
        tracers.arrive(26, 21, true).await;
        let schedule = tracers.contact(21).await.schedule.expect("a schedule");
        assert_eq!((schedule.until, schedule.tests.clone()), (day(7), vec![day(1), day(4), day(7)]));

        let second = tracers.case(60, 11).await;
        let turned = tracers.contact(11).await;
        assert_eq!((turned.stage, turned.case), (Stage::Positive, Some(second)));
        let mut db = tracers.0.db().await;
        let found = views::investigation(&mut db, investigation_of(second)).await.expect("read");
        assert_eq!(found.expect("there").contact, Some(close));
        drop(db);
        let held = tracers.contact(21).await;
        assert_eq!((held.degree, held.stage), (Degree::Close, Stage::Quarantined));
        assert_eq!(held.schedule.expect("a schedule").until, day(14));
        let waits = tracers.contact(22).await;
        assert_eq!((waits.degree, waits.deadline), (Degree::Close, Some(hour(72))));
        let lines = async || {
            let mut db = tracers.0.db().await;
            views::history(&mut db, contact_of(area(), person(21), 0)).await.expect("read").len()
        };
        let before = lines().await;
        // What is newly said of the case promotes nobody again.
        let patch = cases::Patch::from([(Field::Onset, "2022-03-20".into())]);
        let edit = cases::Command::Edit(cases::Edit {
            cases: vec![cases::EditOf { case: second, version: None }],
            fields: patch,
            note: String::new(),
        });
        tracers.0.accept(vec![sent(61, edit)]).await;
        assert_eq!(lines().await, before);
        tracers.conserved().await;

        // It was no case: he is followed as before, and they are secondary contacts again.
        let close = cases::Command::Close(Close {
            case: second,
            ending: Ending::NoCase,
            note: "another's tube".into(),
        });
        tracers.0.accept(vec![sent(70, close)]).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Identified);
        let back = tracers.contact(21).await;
        assert_eq!(back.degree, Degree::Secondary);
        assert_eq!(back.schedule.expect("a schedule").until, day(7));
        tracers.conserved().await;
        tracers.0.audit().await;
    }

    async fn a_person_whom_two_cases_met_is_followed_once(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let (one, two) = (tracers.case(10, 1).await, tracers.case(12, 2).await);
        tracers.name(20, one, vec![met(11, 3)]).await;
        tracers.arrive(24, 11, true).await;
        tracers.name(30, two, vec![met(11, 11)]).await;
        let contact = tracers.contact(11).await;
        assert_eq!(contact.last, hour(11));
        let mut db = tracers.0.db().await;
        let sources = views::sources(&mut db, &[contact.id]).await.expect("sources");
        assert_eq!(sources[&contact.id].len(), 2);
        drop(db);
        // The same once more says nothing new; what does not fit the definition is left out.
        let again = names(&tracers.0.keys, 31, two, vec![met(11, 11)]);
        assert_eq!(tracers.0.refusal(again).await, "contact-known");
        let mut worn = met(13, 8);
        worn.protected = true;
        let outcome = tracers.name(32, one, vec![met(12, 8), worn, met(14, -24 * 6), met(1, 8)]).await;
        let left: Vec<String> = outcome[0].notes.iter()
            .filter(|note| note.code == "contact-left-out")
            .map(|note| note.args.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(left, [
            "contact-is-the-source 1",
            "contact-was-protected 13",
            "contact-outside-look-back 14",
        ]);
        // Who is a case already is an arrow in the chain, and nobody to follow.
        tracers.name(33, one, vec![met(2, 8)]).await;
        assert_eq!(tracers.contact(2).await.stage, Stage::Positive);
        tracers.conserved().await;
        tracers.0.audit().await;
    }

    async fn another_county_takes_a_follow_up_over_or_does_not(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        tracers.name(20, case, vec![met(11, 8)]).await;
        let other = AreaCode::new(220_203).expect("six digits");
        let contact = contact_of(area(), person(11), 0);
        let ask = |at| trace(at, tracing_desk::Command::Ask {
            contact,
            to: other,
            note: "went home on the 19th".into(),
        });
        let answer = |at, accept: bool| {
            let note = if accept { "" } else { "not found here" };
            let command = tracing_desk::Command::Answer { contact, accept, note: note.into() };
            Envelope { area: other, ..trace(at, command) }
        };
        assert_eq!(tracers.0.refusal(answer(21, true)).await, "not-asked");
        tracers.0.accept(vec![ask(21)]).await;
        assert_eq!(tracers.0.refusal(ask(22)).await, "asked-already");
        let mut db = tracers.0.db().await;
        let listed = views::open_requests(&mut db, AreaScope::ALL, AreaScope::one(other), 10);
        let listed = listed.await.expect("a list");
        assert_eq!(listed[0].due, Some(hour(45)));
        drop(db);
        tracers.0.accept(vec![answer(24, false), ask(25)]).await;
        assert_eq!(tracers.contact(11).await.county, area());
        let outcome = tracers.0.accept(vec![answer(60, true)]).await;
        assert_eq!(outcome[0].notes[0].code, "answered-late");
        let gone = tracers.contact(11).await;
        assert_eq!((gone.county, gone.request), (other, None));
        let locate = tracing_desk::Command::Locate { contact, place: None, note: String::new() };
        assert_eq!(
            tracers.0.refusal(trace(61, locate.clone())).await,
            "contact-of-another-county"
        );
        tracers.0.accept(vec![Envelope { area: other, ..trace(61, locate) }]).await;
        let numbers = views::numbers(&mut tracers.0.db().await, AreaScope::one(other)).await;
        assert_eq!(numbers.expect("numbers").of(Stage::Located), 1);
        tracers.conserved().await;
        tracers.0.audit().await;
    }

    async fn a_refusal_stays_until_it_is_settled(bed: TestBed) {
        let tracers = Tracers::new(bed).await;
        let case = tracers.case(10, 1).await;
        tracers.name(20, case, vec![met(11, 8)]).await;
        let contact = contact_of(area(), person(11), 0);
        let refuse = tracing_desk::Command::Refuse { contact, note: "shouted; witness Li".into() };
        tracers.0.accept(vec![trace(21, refuse)]).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Refused);
        tracers.arrive(40, 11, true).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Quarantined);
        let close = |how| tracing_desk::Command::Close { contact, how, note: "was elsewhere".into() };
        assert_eq!(
            tracers.0.refusal(trace(41, close(Ended::Released))).await,
            "ending-by-its-course"
        );
        tracers.0.accept(vec![trace(42, close(Ended::Mistaken))]).await;
        tracers.conserved().await;
        // He was one all the same.
        let reopen = tracing_desk::Command::Reopen { contact, note: "seen on the picture".into() };
        tracers.0.accept(vec![trace(43, reopen)]).await;
        assert_eq!(tracers.contact(11).await.stage, Stage::Quarantined);
        assert_eq!(tracers.contact(11).await.test_due, Some(day(1)));
        // A device that syncs twice changes nothing.
        let mut again = names(&tracers.0.keys, 50, case, vec![met(12, 8)]);
        again.id = command_id();
        let first = tracers.0.send(vec![again.clone()]).await;
        let second = tracers.0.send(vec![again]).await;
        assert_eq!(first[0].status, Status::Accepted);
        assert!(second[0].duplicate);
        tracers.conserved().await;
        tracers.0.audit().await;
    }
}
