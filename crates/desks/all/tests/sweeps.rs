//! Stories of sweeps on both stores: no household disappears, in whatever order and however often the visits
//! of phones without a network are told.

mod support {
    pub mod clinic;
}

use desks::Command;
use ledger::Envelope;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use protocol::Protocol;
use registry::command::{
    PlaceDetails, PutHousehold, PutPerson, PutPersons, PutPlaces, SealedIdentity,
};
use registry::identity::{Day, IdType, Identity, check};
use registry::ids;
use store::both_stores;
use store::testkit::TestBed;
use support::clinic::{Clinic, area, hour, scope, sent};
use types::{HouseholdId, PlaceCode, UnitId};
use uuid::Uuid;
use zero::{Degree, Ground, Sign, What};
use zones::sweep::{Door, Sweep};
use zones::{Knock, stray_id, sweep_id, views};

const COMPOUND: &str = "220202001001-03";
/// The hour that the clock shows.
const NOW: i64 = 1_000;
/// Places of the households, with their doors.
const HOMES: [(&str, &str); 6] = [
    ("220202001001-03-05-1", "101"),
    ("220202001001-03-05-1", "102"),
    ("220202001001-03-05-2", "101"),
    ("220202001001-03-06-1", "101"),
    ("220202001001-03-06", "shop"),
    ("220202001001-03", "gate"),
];

fn place(code: &str) -> PlaceCode {
    PlaceCode::parse(code).expect("a place")
}

fn home(n: usize) -> HouseholdId {
    let (at, door) = HOMES[n];
    ids::household(&place(at), door)
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
        let put = |codes: &[&str]| {
            let places = codes.iter().map(detail).collect();
            sent(0, registry::Command::PutPlaces(PutPlaces { places }))
        };
        let mut wide = put(&["22", "2202"]);
        wide.area = types::AreaCode::NONE;
        town.0.accept(vec![wide]).await;
        let near = [
            "220202",
            "220202001",
            "220202001001",
            COMPOUND,
            "220202001001-03-05",
            "220202001001-03-05-1",
            "220202001001-03-05-2",
            "220202001001-03-06",
            "220202001001-03-06-1",
        ];
        town.0.accept(vec![put(&near)]).await;
        let import = Uuid::from_u128(7 << 64);
        let today = Day::new(2022, 5, 1).expect("a day");
        let household = |(n, (at, door)): (usize, &(&str, &str))| {
            let row = n as u32 + 1;
            let id = ids::person(import, row);
            let identity = Identity {
                name: ["张三", "李四", "王五", "赵六", "钱七", "孙八"][n].into(),
                id_type: IdType::None,
                id_number: None,
                phone: None,
            };
            let checked = check(identity, today).expect("sound");
            let sealed = SealedIdentity::of(&town.0.keys, area(), id, &checked).expect("seals");
            PutHousehold {
                id: ids::household(&place(at), door),
                place: place(at),
                door: (*door).to_owned(),
                persons: vec![PutPerson {
                    id,
                    row,
                    sealed: sealed.sealed,
                    id_index: None,
                    phone_index: None,
                    birth_year: None,
                    sex: None,
                }],
            }
        };
        let households = HOMES.iter().enumerate().map(household).collect();
        let put = registry::Command::PutPersons(PutPersons { import, households });
        town.0.accept(vec![sent(0, put)]).await;
        town
    }

    async fn open(&self, at: i64) -> UnitId {
        let command = zones::Command::OpenSweep {
            place: place(COMPOUND),
            due: Some(hour(at + 24)),
            note: String::new(),
        };
        let envelope = sent(at, command);
        let id = sweep_id(area(), envelope.id);
        self.0.accept(vec![envelope]).await;
        id
    }

    async fn sweep(&self, id: UnitId) -> Sweep {
        views::sweep(&mut self.0.db().await, id).await.expect("read").expect("a sweep")
    }

    /// Sweeps that go on, households that they have not found, doors that no list has: as the claim counts them.
    async fn unseen(&self, of: &str) -> [i64; 3] {
        let claim = self.claim(of).await;
        [What::Sweeps, What::Unswept, What::Strays]
            .map(|what| claim.item(what).map_or(-1, |item| item.number))
    }

    async fn claim(&self, of: &str) -> zero::Claim {
        let protocol = Protocol::bundled().expect("the bundled protocol");
        let calendar = tracing_desk::Calendar::of(protocol.zone());
        let ground = Ground::parse(of).expect("a ground");
        let now = hour(NOW);
        let mut db = self.0.db().await;
        let numbers = zero::views::numbers(&mut db, &calendar, &ground, now);
        let criteria = zero::Criteria::of(protocol.at(now, area())).expect("rules");
        zero::claim(&criteria, &calendar, &numbers.await.expect("numbers"), now).expect("a claim")
    }

    /// A signature with a reason for what is not met.
    async fn signature(&self, of: &str) -> Envelope<Command> {
        let seen = self.claim(of).await.failing().map(|item| (item.what, item.number)).collect();
        let sign = Sign {
            ground: Ground::parse(of).expect("a ground"),
            degree: Degree::Zero,
            signed_by: "指挥长 王某".into(),
            seen,
            reason: "a small county; every household was visited twice".into(),
        };
        sent(NOW, zero::Command::Sign(sign))
    }

    async fn refused(&self, at: i64, command: zones::Command) -> String {
        self.0.refusal(sent(at, command)).await
    }

    /// Households = found + absent + refused + not yet: by the sweep, by each of its parts, by the list.
    async fn balances(&self, id: UnitId) {
        let sweep = self.sweep(id).await;
        assert_eq!(sweep.doors.all(), HOMES.len() as i64);
        let mut db = self.0.db().await;
        let parts = views::parts(&mut db, id).await.expect("parts");
        assert_eq!(parts[0].place, sweep.place);
        assert_eq!(parts[0].doors, sweep.doors);
        for part in &parts {
            for state in Door::ALL {
                let filter = (Some(*state), Some(&part.place));
                let listed = views::homes(&mut db, id, filter, None, 100).await.expect("a list");
                assert_eq!(listed.len() as i64, part.doors.of(*state), "{} {state}", part.place);
            }
        }
    }
}

fn knock(sweep: UnitId, n: usize, at: i64, outcome: Door) -> Envelope<Command> {
    let knock = Knock {
        sweep,
        household: home(n),
        outcome,
        seen: u32::from(outcome == Door::Found),
        strangers: 0,
        note: String::new(),
    };
    sent(at, zones::Command::Knock(knock))
}

both_stores! {
    async fn no_household_disappears(bed: TestBed) {
        let town = Town::new(bed).await;
        let id = town.open(1).await;
        let again = zones::Command::OpenSweep { place: place(COMPOUND), due: None, note: String::new() };
        assert_eq!(town.refused(2, again).await, "sweep-goes-on");
        town.balances(id).await;
        let close = |note: &str| zones::Command::CloseSweep { sweep: id, note: note.into() };
        town.0.accept((0..5).map(|n| knock(id, n, 3, Door::Found)).collect()).await;
        assert_eq!(town.refused(4, close("all done")).await, "sweep-unswept");
        town.0.accept(vec![knock(id, 5, 5, Door::Absent)]).await;
        let mut db = town.0.db().await;
        let absent = views::homes(&mut db, id, (Some(Door::Absent), None), None, 10).await;
        let absent = absent.expect("a list");
        assert_eq!(absent[0].again_at, Some(hour(5 + 4)), "it comes back as a task");
        drop(db);
        assert_eq!(town.refused(6, close("")).await, "sweep-not-all-found");
        // A dormitory behind the gate, on no list.
        let stray = sent(7, zones::Command::Stray {
            sweep: id,
            place: place("220202001001-03-06"),
            door: "shed behind the shop".into(),
            persons: 9,
            note: "workers of the market".into(),
        });
        let stray_of = stray_id(id, stray.id);
        town.0.accept(vec![stray]).await;
        let mut db = town.0.db().await;
        assert_eq!(views::open_strays(&mut db, scope(), 10).await.expect("a list").len(), 1);
        drop(db);
        assert_eq!(town.sweep(id).await.open_strays, 1);
        let settle = |note: &str| zones::Command::SettleStray { stray: stray_of, note: note.into() };
        assert_eq!(town.refused(8, settle(" ")).await, "note-needed");
        town.0.accept(vec![sent(8, settle("all nine are registered"))]).await;
        assert_eq!(town.refused(9, settle("again")).await, "stray-settled");
        town.0.accept(vec![sent(10, close("the gate keeper is in hospital"))]).await;
        assert_eq!(town.refused(11, close("again")).await, "sweep-is-over");
        // Told after it was over: taken, with a remark, and the later visit stands.
        let outcomes = town.0.accept(vec![knock(id, 5, 9, Door::Found)]).await;
        assert_eq!(outcomes[0].notes[0].code, "sweep-told-late");
        assert_eq!(town.sweep(id).await.doors.found, 6);
        town.balances(id).await;
        town.open(12).await;
        town.0.audit().await;
    }

    async fn zero_is_not_signed_over_doors_that_nobody_has_seen_behind(bed: TestBed) {
        let town = Town::new(bed).await;
        let [all, street, other] = ["220202", "220202001", "220202002"];
        assert_eq!(town.unseen(all).await, [0, 0, 0]);
        let sweep = town.open(1).await;
        assert_eq!(town.unseen(all).await, [1, HOMES.len() as i64, 0]);
        assert_eq!(town.unseen(street).await, [1, HOMES.len() as i64, 0]);
        assert_eq!(town.unseen(other).await, [0, 0, 0], "another street");
        assert_eq!(town.0.refusal(town.signature(all).await).await, "zero-unseen");
        let dormitory = sent(2, zones::Command::Stray {
            sweep,
            place: place(COMPOUND),
            door: "工人宿舍".into(),
            persons: 12,
            note: String::new(),
        });
        let stray = stray_id(sweep, dormitory.id);
        town.0.accept(vec![dormitory]).await;
        for n in 0..HOMES.len() {
            let knock = Knock { sweep, household: home(n), outcome: Door::Found, seen: 1, strangers: 0, note: String::new() };
            town.0.accept(vec![sent(3, zones::Command::Knock(knock))]).await;
        }
        assert_eq!(town.unseen(all).await, [1, 0, 1], "every door is known, and it goes on");
        let close = zones::Command::CloseSweep { sweep, note: "the dormitory is looked into".into() };
        town.0.accept(vec![sent(4, close)]).await;
        // The sweep is over, and the dormitory still is on no list.
        assert_eq!(town.unseen(all).await, [0, 0, 1]);
        assert_eq!(town.0.refusal(town.signature(all).await).await, "zero-unseen");
        let signature = town.signature(all).await;
        let settle = zones::Command::SettleStray { stray, note: "twelve people registered and swabbed".into() };
        town.0.accept(vec![sent(5, settle)]).await;
        assert_eq!(town.unseen(all).await, [0, 0, 0]);
        // What was read before that is signed: nothing else stands in the way than what was answered for.
        town.0.accept(vec![signature]).await;
        // A certificate and the order of a sweep in one group: what is ordered is not overlooked.
        let signature = town.signature(all).await;
        let again = zones::Command::OpenSweep { place: place(COMPOUND), due: None, note: String::new() };
        let outcomes = town.0.send(vec![sent(7, again), signature]).await;
        assert_eq!(outcomes[1].refusal.as_ref().map(|r| r.code.to_string()), Some("zero-changing".into()));
        town.0.audit().await;
    }

    async fn who_goes_where_is_kept_and_what_is_elsewhere_is_refused(bed: TestBed) {
        let town = Town::new(bed).await;
        let id = town.open(1).await;
        let assign = |part: &str| zones::Command::AssignSweep {
            sweep: id,
            part: place(part),
            who: "grid".into(),
        };
        town.0.accept(vec![sent(2, assign("220202001001-03-05"))]).await;
        assert_eq!(town.refused(2, assign("220202001001")).await, "sweep-part-elsewhere");
        let mut db = town.0.db().await;
        let parts = views::parts(&mut db, id).await.expect("parts");
        let building = parts.iter().find(|p| p.place == place("220202001001-03-05")).expect("it");
        assert_eq!(building.who.as_ref().map(|(who, _)| who.as_str()), Some("grid"));
        assert_eq!(building.doors.all(), 3);
        drop(db);
        let stranger = Knock {
            sweep: id,
            household: HouseholdId::from_bytes([9; 16]),
            outcome: Door::Found,
            seen: 1,
            strangers: 0,
            note: String::new(),
        };
        assert_eq!(town.refused(3, zones::Command::Knock(stranger)).await, "sweep-home-unknown");
        let outcomes = town.0.accept(vec![sent(4, zones::Command::Knock(Knock {
            sweep: id,
            household: home(0),
            outcome: Door::Found,
            seen: 0,
            strangers: 2,
            note: "two cousins".into(),
        }))]).await;
        let codes: Vec<_> = outcomes[0].notes.iter().map(|n| n.code.to_string()).collect();
        assert_eq!(codes, ["sweep-persons-missing", "sweep-strangers"]);
        town.0.audit().await;
    }
}

/// Random visits, told in random order, some of them twice: the balance holds after every group, and what
/// stands of each door is what was seen last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_balance_in_whatever_order_they_are_told() {
    let town = Town::new(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let visits = prop::collection::vec((0..HOMES.len(), 0i64..40, 0usize..3), 1..40).prop_shuffle();
    let mut runner = TestRunner::new(Config::default());
    for round in 0..6 {
        let id = town.open(round * 100 + 1).await;
        let tree = visits.new_tree(&mut runner).expect("visits");
        let told = tree.current();
        let mut last: std::collections::BTreeMap<usize, (i64, types::CommandId, Door)> =
            std::collections::BTreeMap::new();
        for group in told.chunks(7) {
            let mut envelopes = Vec::new();
            for (n, at, outcome) in group {
                let outcome = [Door::Found, Door::Absent, Door::Refused][*outcome];
                let envelope = knock(id, *n, round * 100 + 2 + at, outcome);
                let this = (*at, envelope.id, outcome);
                let slot = last.entry(*n).or_insert(this);
                if (this.0, this.1) > (slot.0, slot.1) {
                    *slot = this;
                }
                envelopes.push(envelope.clone());
                envelopes.push(envelope);
            }
            town.0.accept(envelopes).await;
            town.balances(id).await;
        }
        let mut db = town.0.db().await;
        for listed in views::homes(&mut db, id, (None, None), None, 100).await.expect("a list") {
            let n = (0..HOMES.len()).find(|n| home(*n) == listed.home.household).expect("known");
            let wanted = last.get(&n).map_or(Door::Todo, |(.., outcome)| *outcome);
            assert_eq!(listed.state, wanted, "door {n}");
        }
        drop(db);
        let rest: Vec<_> =
            (0..HOMES.len()).map(|n| knock(id, n, round * 100 + 60, Door::Found)).collect();
        town.0.accept(rest).await;
        let close = zones::Command::CloseSweep { sweep: id, note: String::new() };
        town.0.accept(vec![sent(round * 100 + 61, close)]).await;
    }
    town.0.audit().await;
}
