//! Stories of the zones desk among the others, on both stores.

mod support {
    pub mod clinic;
}

use cases::{Field, Open, Patch};
use desks::Command;
use ledger::{Envelope, Status};
use registry::command::{Details, PlaceDetails, PutPlaces};
use registry::identity::{Day, IdType, Identity};
use store::both_stores;
use store::testkit::TestBed;
use support::clinic::{As, Clinic, area, hour, person, scope, sent};
use types::{AreaScope, Micros, PlaceCode, Span, UnitId};
use zones::propose::Grain;
use zones::{Draft, Ease, End, Ground, Level, Make, NewZone, What, Why, Zone, views, zone_id};

const COMPOUND: &str = "220202001001-03";
const BUILDING: &str = "220202001001-03-05";
const OTHER: &str = "220202001001-03-06";
const VILLAGE: &str = "220202100201";

fn place(code: &str) -> PlaceCode {
    PlaceCode::parse(code).expect("a place")
}

fn duties(until: Micros) -> Draft {
    Draft {
        until: Some(until),
        supply: "vegetable pack every three days, to the gate".into(),
        urgent: "0432-0000000".into(),
        basis: "order 12 of the city's command post".into(),
    }
}

fn new_zone(code: &str, level: Level, evidence: &[UnitId]) -> NewZone {
    NewZone { place: place(code), level, proposed: None, evidence: evidence.to_vec() }
}

fn make(zones: Vec<NewZone>, until: i64, reason: &str) -> zones::Command {
    zones::Command::Make(Make { zones, duties: duties(hour(until)), reason: reason.into() })
}

struct Town(Clinic);

impl Town {
    async fn new(bed: TestBed) -> Town {
        let town = Town(Clinic::new(bed).await);
        let detail = |code: &&str| PlaceDetails {
            code: place(code),
            name_zh: format!("地点{code}"),
            name_en: String::new(),
            lon: None,
            lat: None,
            outline: None,
        };
        let wide = ["22", "2202"];
        let mut put = sent(
            0,
            registry::Command::PutPlaces(PutPlaces { places: wide.iter().map(detail).collect() }),
        );
        put.area = types::AreaCode::NONE;
        town.0.accept(vec![put]).await;
        let near = [
            "220202",
            "220202001",
            "220202001001",
            COMPOUND,
            BUILDING,
            OTHER,
            "220202100",
            VILLAGE,
        ];
        let places = near.iter().map(detail).collect();
        town.0.accept(vec![sent(0, registry::Command::PutPlaces(PutPlaces { places }))]).await;
        town
    }

    /// A case of person `n` who lives somewhere, found somewhere.
    fn open(&self, at: i64, n: u32, home: &str, found_in: &str) -> (UnitId, Envelope<Command>) {
        let identity = Identity {
            name: [n * 7, n * 13 + 5].iter().filter_map(|k| char::from_u32(0x4e00 + k)).collect(),
            id_type: IdType::None,
            id_number: None,
            phone: None,
        };
        let who = As::well();
        let mut open = cases::Command::Open(Open {
            who: cases::Who::Unregistered {
                person: person(n),
                details: Details::Clear(Box::new(identity)),
                birth: Some(format!("{}-01-31", who.born)),
                age_months: None,
                sex: Some(who.sex),
            },
            class: who.class,
            severity: who.severity,
            fields: Patch::from([
                (Field::FoundIn, found_in.to_owned()),
                (Field::Place, home.to_owned()),
            ]),
            observation: None,
            note: String::new(),
            keys: Vec::new(),
        });
        open.seal(&self.0.keys, area(), Day::new(2022, 5, 1).expect("a day")).expect("sealed");
        let envelope = sent(at, open);
        (cases::case_of_command(area(), envelope.id), envelope)
    }

    async fn case(&self, at: i64, n: u32, home: &str) -> UnitId {
        let (case, envelope) = self.open(at, n, home, "community");
        self.0.accept(vec![envelope]).await;
        case
    }

    /// Makes one zone; gives it.
    async fn make(&self, at: i64, code: &str, level: Level, until: i64) -> UnitId {
        let envelope =
            sent(at, make(vec![new_zone(code, level, &[])], until, "the command says so"));
        let id = zone_id(area(), &place(code), envelope.id);
        self.0.accept(vec![envelope]).await;
        id
    }

    async fn zone(&self, id: UnitId) -> Zone {
        views::zone(&mut self.0.db().await, id).await.expect("read").expect("a zone")
    }

    async fn refused(&self, at: i64, command: zones::Command) -> String {
        self.0.refusal(sent(at, command)).await
    }

    /// Counters are what the lists have; every standing zone has its duties, its open unit with the same
    /// deadline, and is the only one of its place.
    async fn conserved(&self) {
        let mut db = self.0.db().await;
        let numbers = views::numbers(&mut db, AreaScope::ALL).await.expect("numbers");
        let all = views::standing(&mut db, AreaScope::ALL, (None, None), None, 1_000).await;
        let all = all.expect("a list");
        for level in Level::ALL {
            let of: Vec<&Zone> = all.iter().filter(|zone| zone.level == *level).collect();
            let sum = numbers.of(*level);
            assert_eq!(sum.zones, of.len() as i64, "{level}");
            assert_eq!(sum.persons, of.iter().map(|zone| zone.persons).sum::<i64>());
        }
        let mut places: Vec<&PlaceCode> = all.iter().map(|zone| &zone.place).collect();
        places.dedup();
        assert_eq!(places.len(), all.len(), "a place has one level");
        let mut units = ledger::Units::default();
        let ids: Vec<UnitId> = all.iter().map(|zone| zone.id).collect();
        units.load(&mut db, &ids).await.expect("units");
        for zone in &all {
            let custody = units.custody(zone.id).expect("a unit");
            assert!(custody.closed.is_none());
            assert_eq!(custody.step, zone.level.as_str());
            assert_eq!(custody.deadline, Some(zone.duties.until()));
            assert!(!zone.duties.supply().as_str().is_empty());
        }
        let now = views::at(&mut db, AreaScope::ALL, None, hour(900)).await.expect("stretches");
        let of_now: Vec<(UnitId, Level)> = now.iter().map(|s| (s.zone, s.level)).collect();
        let standing: Vec<(UnitId, Level)> = all.iter().map(|z| (z.id, z.level)).collect();
        assert_eq!(of_now, standing, "what holds now is what stands");
    }

    async fn end(self) {
        self.conserved().await;
        self.0.audit().await;
    }
}

both_stores! {
    async fn a_zone_owes_or_is_not_made(bed: TestBed) {
        let town = Town::new(bed).await;
        let zones = || vec![new_zone(COMPOUND, Level::Locked, &[])];
        let with = |change: fn(&mut Draft)| {
            let mut duties = duties(hour(100));
            change(&mut duties);
            zones::Command::Make(Make { zones: zones(), duties, reason: "x".into() })
        };
        assert_eq!(town.refused(1, with(|d| d.until = None)).await, "zone-end-missing");
        assert_eq!(town.refused(1, with(|d| d.until = Some(hour(1)))).await, "zone-end-past");
        assert_eq!(town.refused(1, with(|d| d.until = Some(hour(9_000)))).await, "zone-end-too-far");
        assert_eq!(town.refused(1, with(|d| d.supply = " ".into())).await, "zone-supply-missing");
        assert_eq!(town.refused(1, with(|d| d.urgent = String::new())).await, "zone-urgent-missing");
        assert_eq!(town.refused(1, with(|d| d.basis = String::new())).await, "zone-basis-missing");
        assert_eq!(town.refused(1, make(zones(), 100, "")).await, "zone-ground-missing");
        assert_eq!(town.refused(1, make(Vec::new(), 100, "x")).await, "zone-nothing-named");
        let unknown = vec![new_zone("220202001009-01", Level::Locked, &[])];
        assert_eq!(town.refused(1, make(unknown, 100, "x")).await, "zone-place-unknown");
        let wide = vec![new_zone("220202001", Level::Locked, &[])];
        assert_eq!(town.refused(1, make(wide, 100, "x")).await, "zone-too-wide");
        town.make(1, COMPOUND, Level::Controlled, 100).await;
        let again = make(vec![new_zone(COMPOUND, Level::Locked, &[])], 100, "x");
        assert_eq!(town.refused(2, again).await, "zone-stands-already");
        let inside = make(vec![new_zone(BUILDING, Level::Controlled, &[])], 100, "x");
        assert_eq!(town.refused(2, inside).await, "zone-inside-as-strict");
        let departs = NewZone { proposed: Some(Level::Locked), ..new_zone("220202", Level::Precaution, &[]) };
        assert_eq!(town.refused(2, make(vec![departs], 100, "")).await, "zone-departs-from-proposal");
        town.make(2, "220202", Level::Precaution, 100).await;
        town.end().await;
    }

    async fn a_positive_in_a_controlled_area_raises_it_at_once(bed: TestBed) {
        let town = Town::new(bed).await;
        let building = town.make(1, BUILDING, Level::Locked, 500).await;
        let compound = town.make(2, COMPOUND, Level::Controlled, 100).await;
        // In the locked building: the compound around it stays as it is.
        town.case(10, 1, "220202001001-03-05-1").await;
        assert_eq!(town.zone(compound).await.level, Level::Controlled);
        assert_eq!(town.zone(building).await.last, Some(hour(10)));
        // Kept apart already: nothing follows.
        let (_, kept) = town.open(11, 2, OTHER, "quarantine");
        town.0.accept(vec![kept]).await;
        assert_eq!(town.zone(compound).await.level, Level::Controlled);
        // In another building: the compound is locked, in the same entry, and takes the building in.
        let (case, found) = town.open(12, 3, "220202001001-03-06-2", "community");
        let again = found.clone();
        town.0.accept(vec![found]).await;
        let zone = town.zone(compound).await;
        assert_eq!((zone.level, zone.why, zone.infections), (Level::Locked, Why::Raised, 1));
        assert_eq!(zone.duties.until(), hour(12) + Span::days(14));
        assert_eq!(town.zone(building).await.ended.map(|(how, _)| how), Some(End::Absorbed));
        // Told again, and otherwise known: it is raised once.
        town.0.accept(vec![again]).await;
        let edit = |home: &str| cases::Command::Edit(cases::Edit {
            cases: vec![cases::EditOf { case, version: None }],
            fields: Patch::from([(Field::Place, home.to_owned())]),
            note: "asked again".into(),
        });
        town.0.accept(vec![sent(13, edit("220202001001-03-06-1"))]).await;
        assert_eq!(town.zone(compound).await.spans, 2);
        // He lives elsewhere: the zone has lost its ground, and says so.
        town.0.accept(vec![sent(14, edit(VILLAGE))]).await;
        let zone = town.zone(compound).await;
        assert!(zone.unfounded && zone.infections == 0 && zone.last.is_none());
        let mut db = town.0.db().await;
        assert_eq!(views::unfounded(&mut db, scope(), 10).await.expect("a list").len(), 1);
        drop(db);
        town.end().await;
    }

    async fn what_is_over_falls_to_the_next_lower_level(bed: TestBed) {
        let town = Town::new(bed).await;
        let id = town.make(0, COMPOUND, Level::Locked, 100).await;
        let expire = || zones::Command::Expire { zones: vec![id] };
        assert_eq!(town.refused(99, expire()).await, "zone-not-expired");
        let renew = |until: i64, reason: &str| zones::Command::Renew {
            zones: vec![id],
            until: hour(until),
            reason: reason.into(),
        };
        assert_eq!(town.refused(50, renew(120, "")).await, "note-needed");
        assert_eq!(town.refused(50, renew(90, "x")).await, "zone-renewed-shorter");
        town.0.accept(vec![sent(50, renew(120, "two contacts are not tested"))]).await;
        assert_eq!(town.refused(100, expire()).await, "zone-not-expired");
        let outcomes = town.0.accept(vec![sent(120, expire())]).await;
        assert_eq!(outcomes[0].notes[0].code, "zone-expired-unclean");
        let zone = town.zone(id).await;
        assert_eq!((zone.level, zone.why, zone.since), (Level::Controlled, Why::Expired, hour(120)));
        assert_eq!(zone.duties.until(), hour(120) + zones::EASED_FOR);
        let later = 120 + 7 * 24;
        town.0.accept(vec![sent(later, expire())]).await;
        assert_eq!(town.zone(id).await.level, Level::Precaution);
        town.0.accept(vec![sent(later + 7 * 24, expire())]).await;
        assert_eq!(town.zone(id).await.ended, Some((End::Expired, hour(later + 7 * 24))));
        assert_eq!(town.refused(later + 7 * 24, expire()).await, "zone-is-over");
        // Each past moment can be read.
        let mut db = town.0.db().await;
        for (at, level) in [(0, Level::Locked), (119, Level::Locked), (120, Level::Controlled)] {
            let held = views::at(&mut db, scope(), None, hour(at)).await.expect("a moment");
            assert_eq!(held.iter().map(|s| s.level).collect::<Vec<_>>(), [level], "{at}");
        }
        assert!(views::at(&mut db, scope(), None, hour(-1)).await.expect("before").is_empty());
        drop(db);
        town.end().await;
    }

    async fn lifting_goes_by_the_checklist(bed: TestBed) {
        let town = Town::new(bed).await;
        let case = town.case(0, 1, "220202001001-03-05-1").await;
        let made = sent(1, make(vec![new_zone(COMPOUND, Level::Locked, &[case])], 400, ""));
        let id = zone_id(area(), &place(COMPOUND), made.id);
        town.0.accept(vec![made]).await;
        let ease = |level: Option<Level>, reason: &str| {
            zones::Command::Ease(Ease { zone: id, level, until: None, reason: reason.into() })
        };
        assert_eq!(town.refused(10, ease(None, "")).await, "zone-not-clean");
        assert_eq!(town.refused(10, ease(Some(Level::Locked), "x")).await, "zone-not-lower");
        let protocol = protocol::Protocol::bundled().expect("the bundled protocol");
        let mut db = town.0.db().await;
        let zone = town.zone(id).await;
        let list = |at: i64| {
            let edition = protocol.at(hour(at), area()).clone();
            (edition, hour(at))
        };
        let (edition, now) = list(10);
        let found = views::checklist(&mut db, &edition, &zone, now).await.expect("read");
        let found = found.expect("rules");
        let of = |what: What| found.iter().find(|one| one.what == what).expect("asked for");
        assert_eq!(of(What::Clean).from, Some(hour(0) + Span::days(14)));
        assert!(!of(What::Clean).met && !of(What::Round).met && of(What::Contacts).met);
        let (edition, now) = list(14 * 24);
        let found = views::checklist(&mut db, &edition, &zone, now).await.expect("read");
        let clean = found.expect("rules").into_iter().find(|one| one.what == What::Clean);
        assert!(clean.expect("asked for").met);
        drop(db);
        // With a reason it is taken, and the remark says what was missing.
        let outcomes = town.0.accept(vec![sent(340, ease(Some(Level::Controlled), "tested at home"))]).await;
        assert_eq!(outcomes[0].notes[0].code, "zone-not-clean");
        town.make(341, "220202", Level::Precaution, 600).await;
        // What falls to the level that holds around it ends in that.
        town.0.accept(vec![sent(342, ease(Some(Level::Precaution), "as before"))]).await;
        assert_eq!(town.zone(id).await.ended.map(|(how, _)| how), Some(End::Absorbed));
        town.end().await;
    }

    async fn proposals_follow_from_cases_and_stays_and_a_person_decides(bed: TestBed) {
        let town = Town::new(bed).await;
        let protocol = protocol::Protocol::bundled().expect("the bundled protocol");
        let edition = protocol.at(hour(30), area()).clone();
        let rules = edition.zones().expect("rules");
        let case = town.case(10, 1, "220202001001-03-05-1").await;
        let propose = async |grain: Grain| {
            let mut db = town.0.db().await;
            let found = views::proposals(&mut db, rules, scope(), grain, hour(30)).await;
            let found = found.expect("read");
            found.into_iter().map(|(p, _)| (p.place.to_string(), p.level, p.ground)).collect::<Vec<_>>()
        };
        let rest = ("220202".to_owned(), Level::Precaution, Ground::Rest);
        let compound = (COMPOUND.to_owned(), Level::Locked, Ground::Home);
        assert_eq!(propose(Grain::Compound).await, [compound.clone(), rest.clone()]);
        let fine = [
            (BUILDING.to_owned(), Level::Locked, Ground::Home),
            (COMPOUND.to_owned(), Level::Controlled, Ground::Around),
            rest.clone(),
        ];
        assert_eq!(propose(Grain::Building).await, fine);
        let refuse = zones::Command::Refuse {
            place: place(COMPOUND),
            level: Level::Locked,
            reason: "the building is enough".into(),
        };
        town.0.accept(vec![sent(20, refuse)]).await;
        assert_eq!(propose(Grain::Compound).await, []);
        // A case after the refusal brings it back.
        town.case(25, 2, "220202001001-03-06-1").await;
        assert_eq!(propose(Grain::Compound).await, [compound, rest.clone()]);
        let proposed = NewZone {
            proposed: Some(Level::Locked),
            ..new_zone(COMPOUND, Level::Locked, &[case])
        };
        town.0.accept(vec![sent(31, make(vec![proposed], 400, ""))]).await;
        assert_eq!(propose(Grain::Compound).await, [rest]);
        town.end().await;
    }

    async fn two_nodes_make_one_zone_of_a_place(bed: TestBed) {
        let town = Town::new(bed).await;
        let store = town.0.bed.open(&desks::schemas()).await.expect("opens");
        let other = town.0.other(store).await;
        let one = |n: i64| sent(n, make(vec![new_zone(COMPOUND, Level::Locked, &[])], 400, "x"));
        let mine: Vec<Envelope<Command>> = (1..9).map(one).collect();
        let theirs: Vec<Envelope<Command>> = (1..9).map(one).collect();
        let (a, b) = tokio::join!(
            town.0.send(mine),
            other.submit(ledger::Priority::Normal, theirs)
        );
        let accepted = |outcomes: Vec<ledger::Outcome>| {
            outcomes.iter().filter(|o| o.status == Status::Accepted).count()
        };
        assert_eq!(accepted(a) + accepted(b.expect("written")), 1);
        town.end().await;
    }
}

/// Commands of all kinds about few places, refused or not, some of them sent twice: after every group each
/// standing zone has its duties and its clock, a place has one level, what lies inside a zone is stricter, and
/// a case raises a zone once. The journal alone rebuilds it all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn muddle() {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};

    let town = Town::new(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let places = [COMPOUND, BUILDING, OTHER, VILLAGE, "220202001001", "220202"];
    let step = (0usize..8, 0usize..6, 0usize..3, any::<bool>());
    let steps = prop::collection::vec(prop::collection::vec(step, 1..6), 40);
    let mut runner = TestRunner::new(Config::default());
    let mut zones: Vec<UnitId> = Vec::new();
    let mut cases: Vec<UnitId> = Vec::new();
    for (n, group) in steps.new_tree(&mut runner).expect("steps").current().into_iter().enumerate()
    {
        let at = n as i64 * 5 + 1;
        let mut envelopes: Vec<Envelope<Command>> = Vec::new();
        for (what, where_, level, twice) in group {
            let level = Level::ALL[level];
            let zone = zones.get(where_ * 7 % zones.len().max(1)).copied();
            let case = cases.get(where_ * 5 % cases.len().max(1)).copied();
            let envelope = match (what, zone, case) {
                (1, Some(zone), _) => {
                    sent(at, zones::Command::Raise { zone, level, reason: "x".into() })
                }
                (2, Some(zone), _) => {
                    let level = (where_ > 2).then_some(level);
                    sent(
                        at,
                        zones::Command::Ease(Ease { zone, level, until: None, reason: "x".into() }),
                    )
                }
                (3, Some(zone), _) => {
                    let until = hour(at + 100 + where_ as i64);
                    sent(at, zones::Command::Renew { zones: vec![zone], until, reason: "x".into() })
                }
                (4, Some(zone), _) => sent(at, zones::Command::Expire { zones: vec![zone] }),
                (5, _, Some(case)) => sent(
                    at,
                    cases::Command::Edit(cases::Edit {
                        cases: vec![cases::EditOf { case, version: None }],
                        fields: Patch::from([(Field::Place, places[where_].to_owned())]),
                        note: "asked again".into(),
                    }),
                ),
                (6 | 7, ..) => {
                    let (case, envelope) =
                        town.open(at, 1_000 + cases.len() as u32, places[where_], "community");
                    cases.push(case);
                    envelope
                }
                _ => {
                    let until = at + 30 + 10 * where_ as i64;
                    let new = make(vec![new_zone(places[where_], level, &[])], until, "x");
                    let envelope = sent(at, new);
                    zones.push(zone_id(area(), &place(places[where_]), envelope.id));
                    envelope
                }
            };
            if twice {
                envelopes.push(envelope.clone());
            }
            envelopes.push(envelope);
        }
        town.0.send(envelopes).await;
        let mut db = town.0.db().await;
        let standing = views::standing(&mut db, AreaScope::ALL, (None, None), None, 100).await;
        let standing = standing.expect("a list");
        for zone in &standing {
            let around = standing.iter().filter(|other| other.id != zone.id);
            for other in around.filter(|other| zone.within(&other.place)) {
                assert!(!other.level.covers(zone.level), "{zone:?} lies in {other:?}");
            }
            let evidence = views::evidence(&mut db, zone.id).await.expect("grounds");
            let grounds = evidence.iter().filter(|(_, e)| !e.void).count() as i64;
            assert_eq!(zone.infections, grounds);
            let stretches = views::stretches(&mut db, zone.id).await.expect("levels");
            assert_eq!(stretches.len() as i64, zone.spans);
            for pair in stretches.windows(2) {
                assert_eq!(pair[0].to, Some(pair[1].from), "levels follow each other");
            }
            let history = views::history(&mut db, zone.id).await.expect("history");
            let raised = |line: &&views::HistoryLine| {
                line.what == "raised" && line.body.contains("\"C220202")
            };
            let mut by_case: Vec<&str> =
                history.iter().filter(raised).map(|line| line.body.as_str()).collect();
            let all = by_case.len();
            by_case.sort_unstable();
            by_case.dedup();
            assert_eq!(by_case.len(), all, "a case raises a zone once");
        }
        drop(db);
        town.conserved().await;
    }
    town.end().await;
}
