//! Every final positive has its case, whatever order the word of it comes in. On both stores, each
//! story audited at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cases::keys::Key;
use cases::{Class, Field, FoundIn, KeyKind, Link, Merge, Open, Standing, Who, views};
use desks::{Command, House};
use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use registry::command::{Details, RegisterPerson, SealedIdentity};
use registry::seal::{BlindIndex, Sealed};
use store::testkit::TestBed;
use store::{Store, StoreConfig, both_stores};
use testing::{
    Collect, CorrectMember, Mode, OpenRound, RecordResult, ResultStatus, SetTargets, Zone,
};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId,
};

const COMMUNITY: &str = "220202001001";

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

fn minute(n: i64) -> Micros {
    Micros::parse("2022-03-25T08:00:00+08:00").expect("a time") + Span::minutes(n)
}

fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

fn tube(n: u32) -> UnitId {
    UnitId::printed(testing::TUBE, area(), n)
}

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 16])
}

fn round() -> RoundId {
    RoundId::from_bytes([9; 16])
}

fn community() -> PlaceCode {
    PlaceCode::parse(COMMUNITY).expect("a place")
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn sent(at: i64, actor: &str, command: impl Into<Command>) -> Envelope<Command> {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Envelope {
        id: CommandId::from_bytes(id),
        area: area(),
        event_time: minute(at),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: actor.into(), holder: HolderCode::parse(actor).ok() },
        command: command.into(),
    }
}

fn collect(at: i64, n: u32, zone: Zone, persons: &[u8]) -> Envelope<Command> {
    let mode = if persons.len() == 1 { Mode::Single } else { Mode::Ten };
    let collect = Collect {
        round: round(),
        tube: tube(n),
        barcode: None,
        site: holder("site:S1"),
        community: community(),
        mode,
        zone,
        persons: persons.iter().map(|n| person(*n)).collect(),
        started_at: minute(at - 5),
    };
    sent(at, "site:S1", testing::Command::Collect(collect))
}

fn result(at: i64, n: u32, ct: Option<f64>) -> Envelope<Command> {
    let result = RecordResult {
        tube: tube(n),
        lab: holder("lab:L1"),
        plate: None,
        well: None,
        ct_n: ct,
        ct_orf1ab: ct,
        ct_control: Some(25.0),
        stated: None,
        tested_at: minute(at),
        status: ResultStatus::Final,
    };
    sent(at, "lab:L1", testing::Command::RecordResult(result))
}

/// What the registry or a case has of somebody whose document has this number.
fn identity(number: u8, year: u16) -> SealedIdentity {
    SealedIdentity {
        sealed: Sealed(vec![number; 60]),
        id_index: Some(BlindIndex([number; 16])),
        phone_index: None,
        birth_year: Some(year),
        sex: None,
    }
}

/// A case of somebody whom the registry does not have; and the case.
fn unregistered(at: i64, county: AreaCode, n: u8, number: u8) -> (Envelope<Command>, UnitId) {
    let who = Who::Unregistered {
        person: person(n),
        details: Details::Sealed(identity(number, 1990)),
        birth: None,
        age_months: None,
        sex: None,
    };
    let open = Open {
        who,
        class: Class::Asymptomatic,
        severity: None,
        fields: [(Field::FoundIn, "community".to_owned())].into(),
        observation: None,
        note: String::new(),
        keys: vec![Key { kind: KeyKind::Number, index: BlindIndex([number; 16]) }],
    };
    let envelope = Envelope { area: county, ..sent(at, "desk", cases::Command::Open(open)) };
    let case = cases::case_of_command(county, envelope.id);
    (envelope, case)
}

struct City {
    engine: Engine<House>,
    bed: TestBed,
}

impl City {
    async fn new(bed: TestBed) -> City {
        let store = bed.open(&desks::schemas()).await.expect("opens");
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let config = EngineConfig {
            queue: 10_000,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: Arc::new(|| minute(10_000)),
        };
        let engine = Engine::start(store, House::new(protocol), config).await.expect("starts");
        let city = City { engine, bed };
        let open = OpenRound {
            round: round(),
            name_zh: "轮".into(),
            name_en: "Round".into(),
            number: 1,
            places: vec![PlaceCode::parse("220202").expect("a place")],
            starts_at: minute(0),
            ends_at: minute(1_440),
            population: 400_000,
            prevalence: None,
            ordered_hours: None,
        };
        let targets = SetTargets { round: round(), targets: Vec::new() };
        city.accept(vec![
            sent(0, "desk", testing::Command::OpenRound(open)),
            sent(0, "desk", testing::Command::SetTargets(targets)),
        ])
        .await;
        city
    }

    async fn accept(&self, envelopes: Vec<Envelope<Command>>) -> Vec<Outcome> {
        let outcomes = self.engine.submit(Priority::Normal, envelopes).await.expect("written");
        for outcome in &outcomes {
            assert_eq!(outcome.status, Status::Accepted, "{:?}", outcome.refusal);
        }
        outcomes
    }

    async fn cases_of(&self, n: u8) -> Vec<cases::Case> {
        let mut db = self.engine.store().reader().await.expect("reader");
        views::of_person(&mut db, person(n)).await.expect("cases")
    }

    async fn uncovered(&self) -> usize {
        let mut db = self.engine.store().reader().await.expect("reader");
        views::uncovered(&mut db, AreaScope::ALL, 100).await.expect("a list").len()
    }

    async fn audit(&self) {
        assert_eq!(self.uncovered().await, 0, "every final positive has a case");
        let path = self.bed.dir().join("shadow.sqlite");
        let shadow = StoreConfig::throwaway(format!("sqlite:{}", path.display()));
        let schemas = desks::schemas();
        let shadow = Store::open(shadow, &schemas).await.expect("a shadow");
        let report =
            audit::run(self.engine.desk(), self.engine.store(), &shadow, &schemas, |_, _| ());
        let report = report.await.expect("audited");
        assert!(report.is_clean(), "{report:#?}");
    }
}

both_stores! {
    async fn a_pool_leads_to_the_one_who_is_positive(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, Zone::Controlled, &[1, 2, 3]), result(60, 1, Some(28.0))]).await;
        assert!(city.cases_of(1).await.is_empty(), "a pool says nothing of any one of them");
        city.accept(vec![
            collect(100, 2, Zone::Locked, &[1]),
            collect(101, 3, Zone::Locked, &[2]),
            result(200, 2, Some(30.0)),
            result(201, 3, None),
        ])
        .await;
        let [case] = &city.cases_of(1).await[..] else { panic!("one case") };
        assert_eq!((case.class(), case.severity()), (Class::ScreenPositive, None));
        assert_eq!(case.found_in(), Some(FoundIn::Controlled), "where the pool was taken");
        assert_eq!(case.positives, [(tube(2), minute(200))]);
        assert_eq!(case.report_due, Some(minute(200) + Span::hours(2)));
        assert!(city.cases_of(2).await.is_empty());
        // Told again, it is known already; another positive tube makes no second case.
        city.accept(vec![collect(300, 4, Zone::Other, &[1]), result(400, 4, Some(29.0))]).await;
        let [case] = &city.cases_of(1).await[..] else { panic!("one case") };
        assert_eq!(case.positives.len(), 2);
        city.audit().await;
    }

    async fn a_second_infection_is_another_case_and_another_wait(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, Zone::Other, &[1]), result(60, 1, Some(28.0))]).await;
        let first = city.cases_of(1).await[0].id;
        let close = cases::Close { case: first, ending: cases::Ending::Released, note: "cared for elsewhere".into() };
        let day = 1_440;
        city.accept(vec![sent(10 * day, "desk", cases::Command::Close(close))]).await;
        // A positive after release is the same infection, found once more.
        city.accept(vec![collect(30 * day, 2, Zone::Other, &[1]), result(30 * day + 60, 2, Some(36.0))]).await;
        let [case] = &city.cases_of(1).await[..] else { panic!("one case still") };
        assert!(!case.is_open() && case.positives.len() == 2);
        // 89 days after that one, still; 91 after the last of them, another.
        city.accept(vec![collect(119 * day, 3, Zone::Other, &[1]), result(119 * day, 3, Some(36.0))]).await;
        assert_eq!(city.cases_of(1).await.len(), 1);
        city.accept(vec![collect(210 * day, 4, Zone::Locked, &[1]), result(210 * day, 4, Some(25.0))]).await;
        let found = city.cases_of(1).await;
        let second = found.iter().find(|case| case.id != first).expect("another case");
        assert_eq!((found.len(), second.positives.as_slice()), (2, &[(tube(4), minute(210 * day))][..]));
        let mut db = city.engine.store().reader().await.expect("reader");
        let episodes = care::views::of_person(&mut db, person(1)).await.expect("episodes");
        let stages: Vec<_> = episodes.iter().map(|e| (e.case, e.stage)).collect();
        assert_eq!(stages, [(second.id, care::Stage::Waiting), (first, care::Stage::Closed)]);
        // The next tube belongs to the case that goes on; and the old one is not opened beside it.
        city.accept(vec![collect(211 * day, 5, Zone::Other, &[1]), result(211 * day, 5, Some(24.0))]).await;
        assert_eq!(city.cases_of(1).await.len(), 2);
        let reopen = cases::Command::Reopen { case: first, note: "by mistake".into() };
        let envelopes = vec![sent(212 * day, "desk", reopen)];
        let outcomes = city.engine.submit(Priority::Normal, envelopes).await.expect("written");
        assert_eq!(outcomes[0].refusal.as_ref().map(|r| r.code.to_string()), Some("case-exists".into()));
        city.audit().await;
    }

    async fn a_result_that_comes_before_its_filling_opens_the_case_then(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![result(60, 1, Some(28.0))]).await;
        assert!(city.cases_of(5).await.is_empty());
        city.accept(vec![collect(10, 1, Zone::Quarantine, &[5])]).await;
        let [case] = &city.cases_of(5).await[..] else { panic!("one case") };
        assert_eq!(case.found_in(), Some(FoundIn::Quarantine));
        city.audit().await;
    }

    async fn a_corrected_result_takes_its_case_back_and_gives_it_again(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, Zone::Other, &[6]), result(60, 1, Some(28.0))]).await;
        city.accept(vec![result(80, 1, None)]).await;
        let [case] = &city.cases_of(6).await[..] else { panic!("one case") };
        assert!(case.is_none() && case.positives.is_empty());
        let filter = views::Filter { status: views::Status::Open, ..views::Filter::of(AreaScope::ALL) };
        let mut db = city.engine.store().reader().await.expect("reader");
        assert!(views::list(&mut db, &filter, None, 10).await.expect("a list").is_empty());
        city.accept(vec![result(90, 1, Some(27.0))]).await;
        let [case] = &city.cases_of(6).await[..] else { panic!("one case still") };
        assert!(case.is_open() && case.positives.len() == 1);
        city.audit().await;
    }

    async fn a_tube_of_somebody_else_is_that_persons_case(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, Zone::Other, &[7]), result(60, 1, Some(28.0))]).await;
        let correction = CorrectMember {
            tube: tube(1),
            position: 1,
            person: person(8),
            note: "the wrong card was scanned".into(),
        };
        city.accept(vec![sent(90, "desk", testing::Command::CorrectMember(correction))]).await;
        assert!(city.cases_of(7).await[0].is_none());
        let [case] = &city.cases_of(8).await[..] else { panic!("one case") };
        assert!(case.is_open());
        city.audit().await;
    }

    async fn a_case_is_linked_to_a_person_and_merged_across_counties_and_the_journal_has_it_all(bed: TestBed) {
        let city = City::new(bed).await;
        let there = AreaCode::new(220_203).expect("six digits");
        let register = registry::Command::RegisterPerson(RegisterPerson {
            person: person(1),
            details: Details::Sealed(identity(71, 1940)),
            address: None,
        });
        let (first, case) = unregistered(20, area(), 101, 81);
        let (second, other) = unregistered(21, area(), 102, 82);
        let (third, away) = unregistered(22, there, 103, 83);
        city.accept(vec![sent(5, "desk", register), first, second, third]).await;
        let link = |case| cases::Command::Link(Link { case, area: area(), person: person(1), note: String::new() });
        city.accept(vec![sent(30, "desk", link(case))]).await;
        // From now on the registry's year of birth says that the person is old.
        let mine = &city.cases_of(1).await[..];
        let [linked] = mine else { panic!("one case") };
        assert_eq!((linked.id, linked.birth_year, linked.is_high_risk()), (case, Some(1940), true));
        assert!(city.cases_of(101).await.is_empty());
        // A result of that person is one more of the same case.
        city.accept(vec![collect(40, 1, Zone::Other, &[1]), result(60, 1, Some(28.0))]).await;
        let [linked] = &city.cases_of(1).await[..] else { panic!("one case still") };
        assert_eq!((linked.id, linked.positives.len()), (case, 1));
        // Somebody else's case is linked by mistake, and parted again.
        let refused = city.engine.submit(Priority::Normal, vec![sent(61, "desk", link(other))]).await;
        let refusal = refused.expect("written")[0].refusal.clone().expect("refused");
        assert_eq!(refusal.code, "person-has-a-case");
        let unlink = cases::Command::Unlink { case, note: "another".into() };
        let refused = city.engine.submit(Priority::Normal, vec![sent(62, "desk", unlink)]).await;
        assert_eq!(refused.expect("written")[0].refusal.clone().expect("refused").code, "case-has-a-result");

        let merge = cases::Command::Merge(Merge { keep: case, gone: away, note: "one man".into() });
        city.accept(vec![sent(70, "desk", merge)]).await;
        let standing = async |scope| {
            let mut db = city.engine.store().reader().await.expect("reader");
            let found = views::standing(&mut db, scope).await.expect("counters");
            [Standing::Open, Standing::ToReport].map(|s| found.get(&s).copied().unwrap_or(0))
        };
        assert_eq!(standing(AreaScope::one(there)).await, [0, 0], "it does not stand for itself any more");
        let unmerge = cases::Command::Unmerge { case: away, note: "two men".into() };
        city.accept(vec![Envelope { area: there, ..sent(80, "desk", unmerge) }]).await;
        assert_eq!(standing(AreaScope::one(there)).await, [1, 1]);
        assert_eq!(standing(AreaScope::one(area())).await, [2, 2]);
        city.audit().await;
    }

    async fn a_link_is_taken_back_as_if_it_had_not_been(bed: TestBed) {
        let city = City::new(bed).await;
        let register = registry::Command::RegisterPerson(RegisterPerson {
            person: person(1),
            details: Details::Sealed(identity(71, 1940)),
            address: None,
        });
        let (first, case) = unregistered(20, area(), 101, 81);
        city.accept(vec![sent(5, "desk", register), first]).await;
        let [before] = &city.cases_of(101).await[..] else { panic!("one case") };
        let before = before.clone();
        let link = cases::Command::Link(Link { case, area: area(), person: person(1), note: String::new() });
        let unlink = cases::Command::Unlink { case, note: "his father".into() };
        // In one group of commands, and in two.
        city.accept(vec![sent(30, "desk", link.clone()), sent(31, "desk", unlink.clone())]).await;
        city.accept(vec![sent(32, "desk", link)]).await;
        city.accept(vec![sent(33, "desk", unlink)]).await;
        assert_eq!(city.cases_of(101).await, [before]);
        assert!(city.cases_of(1).await.is_empty());
        // Under the registered person's number nothing is found any more.
        let mut db = city.engine.store().reader().await.expect("reader");
        assert!(views::by_key(&mut db, BlindIndex([71; 16])).await.expect("a list").is_empty());
        drop(db);
        city.audit().await;
    }

    async fn positives_from_before_are_adopted_once(bed: TestBed) {
        // A city whose journal is older than its cases desk: the testing desk alone wrote it.
        let store = bed.open(&desks::schemas()).await.expect("opens");
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let config = EngineConfig {
            queue: 100,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: Arc::new(|| minute(9_000)),
        };
        let old = Engine::start(store.clone(), testing::Testing::new(protocol), config);
        let old = old.await.expect("starts");
        let unwrapped = |e: Envelope<Command>| {
            let Command::Testing(command) = e.command else { panic!("testing") };
            let Envelope { id, area, event_time, clock_offset, device, actor, .. } = e;
            Envelope { id, area, event_time, clock_offset, device, actor, command }
        };
        let told = vec![unwrapped(collect(10, 1, Zone::Locked, &[9])), unwrapped(result(60, 1, Some(25.0)))];
        let open = OpenRound {
            round: round(),
            name_zh: "轮".into(),
            name_en: "Round".into(),
            number: 1,
            places: vec![PlaceCode::parse("220202").expect("a place")],
            starts_at: minute(0),
            ends_at: minute(1_440),
            population: 400_000,
            prevalence: None,
            ordered_hours: None,
        };
        let open = unwrapped(sent(0, "desk", testing::Command::OpenRound(open)));
        old.submit(Priority::Normal, vec![open]).await.expect("written");
        old.submit(Priority::Normal, told).await.expect("written");
        old.close().await;

        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let config = EngineConfig {
            queue: 100,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: Arc::new(|| minute(10_000)),
        };
        let engine = Engine::start(store, House::new(protocol), config).await.expect("starts");
        let city = City { engine, bed };
        assert_eq!(city.uncovered().await, 1);
        let adopt = || cases::Command::Adopt(cases::Adopt { tubes: vec![tube(1)] });
        city.accept(vec![sent(500, "desk", adopt())]).await;
        let [case] = &city.cases_of(9).await[..] else { panic!("one case") };
        assert_eq!((case.found_at, case.found_in()), (minute(60), Some(FoundIn::Locked)));
        let again = city.engine.submit(Priority::Normal, vec![sent(501, "desk", adopt())]).await;
        let refusal = again.expect("written")[0].refusal.clone().expect("refused");
        assert_eq!(refusal.code, "nothing-to-adopt");
        assert_eq!(city.uncovered().await, 0);
    }
}
