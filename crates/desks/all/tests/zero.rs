//! Certificates of community zero, and what withdraws them: in the same entry of the journal, whatever order the
//! word of it comes in. On both stores, each story audited at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cases::{Class, Edit, EditOf, Field, Open, Patch, Who};
use desks::{Command, House};
use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use registry::command::{Details, SealedIdentity};
use registry::seal::Sealed;
use store::testkit::TestBed;
use store::{Store, StoreConfig, both_stores};
use testing::{Collect, Mode, OpenRound, RecordResult, ResultStatus, SetTargets, Zone};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId,
};
use zero::{
    Cause, Certificate, Degree, EnterSignal, Finding, Ground, Kind, Sign, Standing, What, Withdraw,
    views,
};

const STREET: &str = "220202001";
const COMMUNITY: &str = "220202001001";
/// Now, in minutes after the begin of the round: a day after its end.
const NOW: i64 = 2_880;

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

fn minute(n: i64) -> Micros {
    Micros::parse("2022-04-06T08:00:00+08:00").expect("a time") + Span::minutes(n)
}

fn ground(text: &str) -> Ground {
    Ground::parse(text).expect("a ground")
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
        site: HolderCode::parse("site:S1").expect("kind:code"),
        community: PlaceCode::parse(COMMUNITY).expect("a place"),
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
        lab: HolderCode::parse("lab:L1").expect("kind:code"),
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

/// A case of somebody whom the registry does not have; and the case.
fn case(at: i64, n: u8, found_in: &str, place: &str) -> (Envelope<Command>, UnitId) {
    let identity = SealedIdentity {
        sealed: Sealed(vec![n; 60]),
        id_index: None,
        phone_index: None,
        birth_year: Some(1990),
        sex: None,
    };
    let mut fields = Patch::from([(Field::FoundIn, found_in.to_owned())]);
    if !place.is_empty() {
        fields.insert(Field::Place, place.to_owned());
    }
    let open = Open {
        who: Who::Unregistered {
            person: person(n),
            details: Details::Sealed(identity),
            birth: None,
            age_months: None,
            sex: None,
        },
        class: Class::Asymptomatic,
        severity: None,
        fields,
        observation: None,
        note: String::new(),
        keys: Vec::new(),
    };
    let envelope = sent(at, "desk", cases::Command::Open(open));
    let id = cases::case_of_command(area(), envelope.id);
    (envelope, id)
}

fn edited(at: i64, case: UnitId, field: Field, value: &str) -> Envelope<Command> {
    let edit = Edit {
        cases: vec![EditOf { case, version: None }],
        fields: Patch::from([(field, value.to_owned())]),
        note: "the investigation says so".into(),
    };
    sent(at, "desk", cases::Command::Edit(edit))
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
            clock: Arc::new(|| minute(NOW)),
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
            population: 4,
            prevalence: None,
            ordered_hours: None,
        };
        let compound = PlaceCode::parse("220202001001-01").expect("a place");
        let target = testing::Target { compound, persons: 4, zone: Zone::Other };
        let targets = SetTargets { round: round(), targets: vec![target] };
        city.accept(vec![
            sent(0, "desk", testing::Command::OpenRound(open)),
            sent(0, "desk", testing::Command::SetTargets(targets)),
        ])
        .await;
        city
    }

    async fn send(&self, envelopes: Vec<Envelope<Command>>) -> Vec<Outcome> {
        self.engine.submit(Priority::Normal, envelopes).await.expect("written")
    }

    async fn accept(&self, envelopes: Vec<Envelope<Command>>) {
        for outcome in self.send(envelopes).await {
            assert_eq!(outcome.status, Status::Accepted, "{:?}", outcome.refusal);
        }
    }

    async fn refusal(&self, envelope: Envelope<Command>) -> String {
        let outcomes = self.send(vec![envelope]).await;
        outcomes[0].refusal.as_ref().expect("refused").code.to_string()
    }

    async fn claim(&self, of: &str) -> zero::Claim {
        let mut db = self.engine.store().reader().await.expect("reader");
        let protocol = Protocol::bundled().expect("the bundled protocol");
        let calendar = tracing_desk::Calendar::of(protocol.zone());
        let of = ground(of);
        let numbers = views::numbers(&mut db, &calendar, &of, minute(NOW)).await.expect("numbers");
        let criteria = zero::Criteria::of(protocol.at(minute(NOW), area())).expect("rules");
        zero::claim(&criteria, &calendar, &numbers, minute(NOW)).expect("a claim")
    }

    /// A signature with what is not met, and a reason.
    async fn signature(&self, of: &str) -> Envelope<Command> {
        let claim = self.claim(of).await;
        let sign = Sign {
            ground: ground(of),
            degree: Degree::Zero,
            signed_by: "指挥长 王某".into(),
            seen: claim.failing().map(|item| (item.what, item.number)).collect(),
            reason: "a small county; every household was visited twice".into(),
        };
        sent(NOW, "commander", zero::Command::Sign(sign))
    }

    async fn sign(&self, of: &str) -> Certificate {
        let envelope = self.signature(of).await;
        let id = envelope.id;
        self.accept(vec![envelope]).await;
        self.certificate(id).await
    }

    async fn certificate(&self, id: CommandId) -> Certificate {
        let mut db = self.engine.store().reader().await.expect("reader");
        let found = views::certificate(&mut db, id).await.expect("reads").expect("a certificate");
        assert!(found.is_genuine(), "what was signed is what is kept");
        found
    }

    /// What withdrew a certificate, and in whose entry.
    async fn withdrawn(&self, id: CommandId) -> Option<(Cause, CommandId)> {
        let certificate = self.certificate(id).await;
        let is = certificate.standing(minute(NOW));
        assert_eq!(is == Standing::Withdrawn, certificate.withdrawn.is_some());
        certificate.withdrawn.map(|withdrawn| (withdrawn.cause, withdrawn.by))
    }

    async fn audit(&self) {
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
    async fn what_is_not_met_is_told_and_answered_for(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(60, 1, Zone::Other, &[1, 2, 3])]).await;
        let claim = city.claim("220202").await;
        let number = |what| claim.item(what).expect("an item").number;
        assert_eq!((number(What::Rounds), number(What::Tubes), number(What::Coverage)), (1, 1, 0));
        assert_eq!(number(What::Blind), 4, "nobody whom the registry knows was swabbed");
        assert_eq!(city.claim(STREET).await.item(What::Tubes).expect("an item").number, 1);
        assert_eq!(city.claim("220202002").await.item(What::Rounds).expect("an item").number, 0);
        let full = city.signature("220202").await;
        let changed = |change: fn(&mut Sign)| {
            let Command::Zero(command) = &full.command else { panic!("a signature") };
            let zero::Command::Sign(sign) = &**command else { panic!("a signature") };
            let mut sign = sign.clone();
            change(&mut sign);
            sent(NOW, "commander", zero::Command::Sign(sign))
        };
        assert_eq!(city.refusal(changed(|s| s.reason.clear())).await, "zero-reason-needed");
        assert_eq!(city.refusal(changed(|s| s.seen.clear())).await, "zero-unread");
        assert_eq!(city.refusal(changed(|s| s.signed_by = "  ".into())).await, "zero-unsigned");
        assert_eq!(city.refusal(changed(|s| s.ground = ground("2201"))).await, "scope-without-county");
        let early = Envelope { event_time: minute(NOW - 120), ..changed(|_| ()) };
        assert_eq!(city.refusal(early).await, "zero-stale");
        city.accept(vec![full]).await;
        // No reason makes up for somebody who was found in the community.
        city.accept(vec![case(NOW - 60, 5, "community", "").0]).await;
        assert_eq!(city.refusal(city.signature("220202").await).await, "zero-not-reached");
        assert_eq!(city.refusal(city.signature(STREET).await).await, "zero-not-reached", "where, nobody knows");
        city.audit().await;
    }

    async fn a_late_positive_withdraws_in_its_own_entry(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(60, 1, Zone::Other, &[1]), collect(61, 2, Zone::Quarantine, &[2])]).await;
        let county = city.sign("220202").await;
        let street = city.sign(STREET).await;
        let other = city.sign("220202002").await;
        assert_eq!(county.document.number(), "220202-1");
        assert!(county.document.failing().next().is_some() && !county.document.reason.is_empty());
        // Somebody in quarantine is no infection of the community.
        city.accept(vec![result(100, 2, Some(28.0))]).await;
        assert_eq!(city.withdrawn(county.id).await, None);
        let late = result(120, 1, Some(28.0));
        let by = late.id;
        city.accept(vec![late]).await;
        assert_eq!(city.withdrawn(county.id).await, Some((Cause::Contradicted, by)));
        assert_eq!(city.withdrawn(street.id).await, Some((Cause::Contradicted, by)));
        assert_eq!(city.withdrawn(other.id).await, None, "another street");
        // The result was wrong: what was withdrawn stays so, and another is signed.
        city.accept(vec![result(130, 1, None)]).await;
        assert_eq!(city.withdrawn(county.id).await, Some((Cause::Contradicted, by)));
        let again = city.sign("220202").await;
        assert_eq!((again.document.no, again.standing(minute(NOW))), (2, Standing::Valid));
        // And positive after all.
        let corrected = result(140, 1, Some(27.0));
        let by = corrected.id;
        city.accept(vec![corrected]).await;
        assert_eq!(city.withdrawn(again.id).await, Some((Cause::Contradicted, by)));
        let mut db = city.engine.store().reader().await.expect("reader");
        let scope = AreaScope::one(area());
        assert_eq!(views::valid(&mut db, scope, minute(NOW), 10).await.expect("a list"), [other]);
        assert_eq!(views::certificates(&mut db, scope, true, None, 10).await.expect("a list").len(), 3);
        city.audit().await;
    }

    async fn a_pool_of_these_days_that_is_not_negative_withdraws(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![
            collect(60, 1, Zone::Other, &[1, 2, 3]),
            collect(61, 2, Zone::Locked, &[4, 5, 6]),
            collect(62, 3, Zone::Other, &[7, 8, 9]),
        ])
        .await;
        let county = city.sign("220202").await;
        city.accept(vec![result(100, 2, Some(30.0)), result(101, 3, None)]).await;
        assert_eq!(city.withdrawn(county.id).await, None, "behind locked doors, and negative");
        let pool = result(102, 1, Some(31.0));
        let by = pool.id;
        city.accept(vec![pool]).await;
        assert_eq!(city.withdrawn(county.id).await, Some((Cause::Pool, by)));
        assert_eq!(city.claim("220202").await.item(What::Pools).expect("an item").number, 6);
        city.audit().await;
    }

    async fn where_somebody_was_found_is_corrected(bed: TestBed) {
        let city = City::new(bed).await;
        let (open, found) = case(NOW - 600, 1, "quarantine", "220202002001");
        city.accept(vec![open]).await;
        let county = city.sign("220202").await;
        let street = city.sign(STREET).await;
        let cluster = edited(NOW - 1, found, Field::Cluster, "a market");
        city.accept(vec![cluster]).await;
        assert_eq!(city.withdrawn(county.id).await, None);
        let corrected = edited(NOW, found, Field::FoundIn, "community");
        let by = corrected.id;
        city.accept(vec![corrected]).await;
        assert_eq!(city.withdrawn(county.id).await, Some((Cause::Contradicted, by)));
        assert_eq!(city.withdrawn(street.id).await, None);
        let moved = edited(NOW, found, Field::Place, COMMUNITY);
        let by = moved.id;
        city.accept(vec![moved]).await;
        assert_eq!(city.withdrawn(street.id).await, Some((Cause::Contradicted, by)));
        city.audit().await;
    }

    async fn what_comes_with_the_signature_is_not_overlooked(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(60, 1, Zone::Other, &[1]), collect(61, 2, Zone::Other, &[2, 3])]).await;
        // One group: the numbers were read before any of it.
        let sign = city.signature("220202").await;
        let outcomes = city.send(vec![result(100, 1, Some(28.0)), sign]).await;
        assert_eq!(outcomes[0].status, Status::Accepted);
        assert_eq!(outcomes[1].refusal.as_ref().map(|r| r.code.to_string()), Some("zero-changing".into()));
        city.accept(vec![result(110, 1, None)]).await;
        // The other way round the certificate is withdrawn at once.
        let sign = city.signature("220202").await;
        let (id, pool) = (sign.id, result(120, 2, Some(30.0)));
        let by = pool.id;
        city.accept(vec![sign, pool]).await;
        assert_eq!(city.withdrawn(id).await, Some((Cause::Pool, by)));
        city.audit().await;
    }

    async fn it_is_zero_no_more_when_somebody_is_found_afterwards(bed: TestBed) {
        let city = City::new(bed).await;
        let signature = Envelope { event_time: minute(NOW - 50), ..city.signature("220202").await };
        let id = signature.id;
        city.accept(vec![signature]).await;
        // The clock stands still: what lies ahead is told by a device whose clock runs ahead.
        let (later, _) = case(NOW + 5, 1, "community", "");
        let by = later.id;
        city.accept(vec![later]).await;
        assert_eq!(city.withdrawn(id).await, Some((Cause::Broken, by)));
        city.audit().await;
    }

    async fn signals_and_second_thoughts(bed: TestBed) {
        let city = City::new(bed).await;
        let county = city.sign("220202").await;
        let withdraw = |note: &str, of: &str| {
            sent(NOW, "commander", zero::Command::Withdraw(Withdraw {
                certificate: county.id,
                ground: ground(of),
                signed_by: "指挥长".into(),
                note: note.into(),
            }))
        };
        assert_eq!(city.refusal(withdraw("", "220202")).await, "note-needed");
        assert_eq!(city.refusal(withdraw("a mistake", "220203")).await, "zero-other-ground");
        let hand = withdraw("signed for the wrong county", "220202");
        let by = hand.id;
        city.accept(vec![hand]).await;
        assert_eq!(city.withdrawn(county.id).await, Some((Cause::Hand, by)));
        assert_eq!(city.refusal(withdraw("again", "220202")).await, "zero-withdrawn");
        let again = city.sign("220202").await;
        let signal = |finding, at| sent(at, "district", zero::Command::EnterSignal(EnterSignal {
            place: PlaceCode::parse(STREET).expect("a place"),
            kind: Kind::Wastewater,
            finding,
            value: "1.2e4 copies/L".into(),
            laboratory: "疾控中心".into(),
            note: String::new(),
        }));
        city.accept(vec![signal(Finding::Negative, NOW - 300)]).await;
        assert_eq!(city.withdrawn(again.id).await, None);
        let positive = signal(Finding::Positive, NOW - 200);
        let by = positive.id;
        city.accept(vec![positive]).await;
        assert_eq!(city.withdrawn(again.id).await, Some((Cause::Signal, by)));
        let signals = |claim: zero::Claim| claim.item(What::Signals).expect("an item").number;
        assert_eq!(signals(city.claim("220202").await), 1);
        assert_eq!(signals(city.claim("220202002").await), 0);
        let explain = zero::Command::ExplainSignal(zero::ExplainSignal {
            signal: by,
            signed_by: "疾控中心".into(),
            note: "two released patients upstream; three samples since are negative".into(),
        });
        city.accept(vec![sent(NOW, "district", explain)]).await;
        assert_eq!(signals(city.claim("220202").await), 0);
        city.audit().await;
    }
}
