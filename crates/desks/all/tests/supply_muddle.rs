//! Random muddles at the supply desk: goods and households in an order that makes no sense, some commands
//! twice. Not a gram appears or vanishes, every household is somewhere, and a replay gives the same tables.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, holder, hour};
use ledger::Envelope;
use pantry::{
    COMMUNITY, COMPOUND, OTHER, asks, booked, counted, hand_out, household, list, mode, order,
    receive, said, send, serves, site, town, weighed_with,
};
use proptest::prelude::*;
use store::testkit::{Kind as StoreKind, TestBed};
use supply::{
    About, Command, DeliveryCommand, Good, Instead, LossWhy, Mode, OpenGroup, OrderCommand, Origin,
    Place, Proof, PutMedicine, Renewal, Short, TakeIn, Via, Want, complaint_id, group_id, lot_id,
    order_id,
};
use types::{HouseholdId, UnitId};

const SITES: [&str; 4] = ["market:M1", "sorting:C1", "shop:S1", "shop:S2"];
const ITEMS: [(&str, i64); 2] = [("V1", 500), ("M1", 70)];
const VOLUNTEERS: [&str; 2] = ["volunteer:V1", "volunteer:V2"];
const BUILDINGS: [&str; 3] = [COMPOUND, "220202001001-03-01", "220202001001-03-02"];

#[derive(Clone, Debug)]
enum Act {
    TakeIn { at: usize, good: usize, amount: i64 },
    Send { from: usize, to: usize, lot: usize, amount: i64 },
    Receive { which: usize, less: i64 },
    Explain { which: usize },
    Spoil { at: usize, lot: usize, amount: i64 },
    Count { at: usize, lot: usize, found: i64 },
    Close { at: usize },
    Reopen { at: usize },
    Serve { shop: usize, households: i64 },
    Mode { of: usize, mode: usize },
    HandOut { at: usize, who: Vec<usize>, amount: i64 },
    Missed { who: usize },
    Complain { who: usize },
    Answer { which: usize },
    Medicine { who: usize, day: i64 },
    Bring { who: usize, day: i64 },
    Order { who: usize, shop: usize, item: usize, count: i64 },
    Join { who: usize, which: usize, count: i64 },
    Group { minimum: i64, hours: i64 },
    CloseGroup { which: usize },
    Step { what: usize, which: usize, n: i64 },
    Packs { who: Vec<usize> },
    Prescription { who: usize, what: usize, day: i64 },
    Volunteer { who: u32, gate: usize },
    Withdraw { which: usize },
    PassOn { which: usize, to: usize },
    Again { which: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let at = || 0..SITES.len();
    let amount = || 1..3_000i64;
    prop_oneof![
        4 => (at(), 0..2usize, amount()).prop_map(|(at, good, amount)| Act::TakeIn { at, good, amount }),
        5 => (at(), at(), 0..6usize, amount())
            .prop_map(|(from, to, lot, amount)| Act::Send { from, to, lot, amount }),
        5 => (0..6usize, 0..3i64).prop_map(|(which, less)| Act::Receive { which, less }),
        1 => (0..6usize).prop_map(|which| Act::Explain { which }),
        2 => (at(), 0..6usize, amount()).prop_map(|(at, lot, amount)| Act::Spoil { at, lot, amount }),
        2 => (at(), 0..6usize, amount()).prop_map(|(at, lot, found)| Act::Count { at, lot, found }),
        1 => at().prop_map(|at| Act::Close { at }),
        2 => at().prop_map(|at| Act::Reopen { at }),
        2 => (2..4usize, 0..300i64).prop_map(|(shop, households)| Act::Serve { shop, households }),
        3 => (0..3usize, 0..3usize).prop_map(|(of, mode)| Act::Mode { of, mode }),
        4 => (at(), proptest::collection::vec(0..3usize, 1..3), 1..500i64)
            .prop_map(|(at, who, amount)| Act::HandOut { at, who, amount }),
        1 => (0..3usize).prop_map(|who| Act::Missed { who }),
        1 => (0..3usize).prop_map(|who| Act::Complain { who }),
        1 => (0..3usize).prop_map(|which| Act::Answer { which }),
        1 => (0..3usize, 0..20i64).prop_map(|(who, day)| Act::Medicine { who, day }),
        1 => (0..3usize, 0..20i64).prop_map(|(who, day)| Act::Bring { who, day }),
        8 => (0..3usize, 2..4usize, 0..2usize, 1..4i64)
            .prop_map(|(who, shop, item, count)| Act::Order { who, shop, item, count }),
        3 => (0..3usize, 0..2usize, 1..4i64)
            .prop_map(|(who, which, count)| Act::Join { who, which, count }),
        2 => (1..4i64, 1..6i64).prop_map(|(minimum, hours)| Act::Group { minimum, hours }),
        2 => (0..2usize).prop_map(|which| Act::CloseGroup { which }),
        25 => (0..12usize, 0..6usize, 0..3_000i64)
            .prop_map(|(what, which, n)| Act::Step { what, which, n }),
        1 => proptest::collection::vec(0..3usize, 1..3).prop_map(|who| Act::Packs { who }),
        2 => (0..3usize, 0..3usize, 0..20i64)
            .prop_map(|(who, what, day)| Act::Prescription { who, what, day }),
        2 => (0..3u32, 0..3usize).prop_map(|(who, gate)| Act::Volunteer { who, gate }),
        1 => (0..3usize).prop_map(|which| Act::Withdraw { which }),
        2 => (0..6usize, 0..2usize).prop_map(|(which, to)| Act::PassOn { which, to }),
        2 => (0..40usize).prop_map(|which| Act::Again { which }),
    ]
}

#[derive(Default)]
struct Muddle {
    lots: Vec<UnitId>,
    shipments: Vec<(UnitId, Vec<(UnitId, i64)>)>,
    complaints: Vec<UnitId>,
    orders: Vec<(UnitId, HouseholdId, usize)>,
    groups: Vec<UnitId>,
    volunteers: Vec<UnitId>,
    sent: Vec<Envelope<desks::Command>>,
}

impl Muddle {
    fn command(
        &mut self,
        n: i64,
        act: &Act,
        homes: &[HouseholdId],
    ) -> Option<Envelope<desks::Command>> {
        let lot = |lots: &[UnitId], n: &usize| lots.get(*n % lots.len().max(1)).copied();
        let why = || "muddle".to_owned();
        let code = |at: &usize| holder(SITES[*at]);
        let envelope = match act {
            Act::TakeIn { at, good, amount } => {
                let envelope = said(
                    n,
                    None,
                    Command::TakeIn(TakeIn {
                        site: code(at),
                        good: [Good::Vegetables, Good::Medicine][*good],
                        amount: *amount,
                        origin: Origin::Donated,
                        from: why(),
                        what: String::new(),
                        halal: false,
                        expires_at: hour(n + 30),
                    }),
                );
                self.lots.push(lot_id(clinic::area(), envelope.id));
                envelope
            }
            Act::Send { from, to, lot: which, amount } => {
                let lines = [(lot(&self.lots, which)?, *amount)];
                let (shipment, envelope) = send(n, SITES[*from], SITES[*to], &lines);
                self.shipments.push((shipment, lines.to_vec()));
                envelope
            }
            Act::Receive { which, less } => {
                let (shipment, lines) = self.shipments.iter().rev().nth(*which)?;
                let lines: Vec<_> =
                    lines.iter().map(|(lot, n)| (*lot, (n - less).max(0))).collect();
                receive(n, None, *shipment, &lines, "counted")
            }
            Act::Explain { which } => {
                let (shipment, _) = self.shipments.iter().rev().nth(*which)?;
                said(n, None, Command::Explain { shipment: *shipment, note: why() })
            }
            Act::Spoil { at, lot: which, amount } => said(
                n,
                None,
                Command::Spoil {
                    site: code(at),
                    lot: lot(&self.lots, which)?,
                    amount: *amount,
                    why: LossWhy::Spoiled,
                    note: String::new(),
                },
            ),
            Act::Count { at, lot: which, found } => said(
                n,
                None,
                Command::Count {
                    site: code(at),
                    lot: lot(&self.lots, which)?,
                    found: *found,
                    note: why(),
                },
            ),
            Act::Close { at } => {
                said(n, None, Command::CloseSite { site: code(at), infection: true, reason: why() })
            }
            Act::Reopen { at } => {
                said(n, None, Command::ReopenSite { site: code(at), reason: why() })
            }
            Act::Serve { shop, households } => serves(COMMUNITY, SITES[*shop], *households),
            Act::Mode { of, mode: how } => mode(n, BUILDINGS[*of], Mode::ALL[*how]),
            Act::HandOut { at, who, amount } => {
                let to: Vec<HouseholdId> = who.iter().map(|n| homes[*n]).collect();
                hand_out(n, SITES[*at], &to, &[(Good::Vegetables, *amount)])
            }
            Act::Missed { who } => {
                said(n, None, Command::Missed { household: homes[*who], reason: why() })
            }
            Act::Complain { who } => {
                let about = About::ALL[n as usize % About::ALL.len()];
                let complain = Command::Complain { household: homes[*who], about, said: why() };
                let envelope = said(n, None, complain);
                self.complaints.push(complaint_id(clinic::area(), envelope.id));
                envelope
            }
            Act::Answer { which } => {
                let complaint = *self.complaints.get(*which)?;
                said(n, None, Command::AnswerComplaint { complaint, note: why() })
            }
            Act::Medicine { who, day } => said(
                n,
                None,
                Command::PutMedicine(PutMedicine {
                    household: homes[*who],
                    name: format!("m{}", day % 2),
                    last_dose: hour(*day * 24),
                    prescribed_until: (day % 3 > 0).then(|| hour(*day * 24 + 50)),
                }),
            ),
            Act::Bring { who, day } => said(
                n,
                None,
                Command::BringMedicine {
                    household: homes[*who],
                    name: format!("m{}", day % 2),
                    last_dose: hour(*day * 24),
                    proof: String::new(),
                },
            ),
            Act::Order { who, shop, item, count } => {
                let (code, fen) = ITEMS[*item];
                let (id, envelope) =
                    order(n, homes[*who], SITES[*shop], &[(code, *count, fen), ("R1", 1, 900)]);
                self.orders.push((id, homes[*who], *shop));
                envelope
            }
            Act::Join { who, which, count } => {
                let group = *self.groups.iter().rev().nth(*which)?;
                let place = Place {
                    household: homes[*who],
                    shop: holder(SITES[2]),
                    lines: vec![Want { item: "V1".into(), count: *count, fen: 500 }],
                    via: Via::Group,
                    group: Some(group),
                    note: String::new(),
                };
                let envelope = asks(n, None, OrderCommand::Place(place));
                self.orders.push((order_id(clinic::area(), envelope.id, 0), homes[*who], 2));
                envelope
            }
            Act::Group { minimum, hours } => {
                let open = OpenGroup {
                    place: pantry::place(COMPOUND),
                    shop: holder(SITES[2]),
                    items: vec!["V1".into()],
                    minimum: *minimum,
                    closes_at: hour(n + hours),
                    due: hour(n + hours + 20),
                    note: String::new(),
                };
                let envelope = asks(n, None, OrderCommand::OpenGroup(open));
                self.groups.push(group_id(clinic::area(), envelope.id));
                envelope
            }
            Act::CloseGroup { which } => {
                let group = *self.groups.iter().rev().nth(*which)?;
                asks(n, None, OrderCommand::CloseGroup { group })
            }
            Act::Step { what, which, n: much } => {
                let (order, household, shop) = *self.orders.iter().rev().nth(*which)?;
                let shop = holder(SITES[shop]);
                let orders = vec![order];
                let carrier = holder("volunteer:V1");
                let proof = Proof::Said(why());
                let instead = (much % 2 == 0).then(|| Instead { item: "R1".into(), count: 1 });
                let item = "V1".to_owned();
                let (has, fen) = (much % 3, *much);
                let command = match what {
                    0 | 1 => OrderCommand::Accept { shop, orders },
                    2 | 3 => OrderCommand::Pack { shop, orders },
                    4 => OrderCommand::HandOver { shop, orders, carrier },
                    5 => OrderCommand::Receive { household, order, proof },
                    6 => OrderCommand::ComeBack { order, reason: why() },
                    7 => OrderCommand::Cancel { household, order, reason: String::new() },
                    8 if much % 3 == 0 => OrderCommand::Decline { shop, order, reason: why() },
                    8 => OrderCommand::Answer { household, order, yes: much % 2 == 0 },
                    9 => OrderCommand::Short(Short { shop, order, item, has, instead }),
                    10 => OrderCommand::Pay { shop, order, fen, note: why() },
                    _ if much % 2 == 0 => OrderCommand::Refund { shop, order, fen, note: why() },
                    _ => OrderCommand::Lapse { orders },
                };
                asks(n, None, command)
            }
            Act::Packs { who } => {
                let households: Vec<HouseholdId> = who.iter().map(|n| homes[*n]).collect();
                let shop = holder(SITES[2]);
                let packs = OrderCommand::Packs { shop, households: households.clone(), days: 1 };
                let envelope = asks(n, None, packs);
                for (n, household) in (0u32..).zip(households) {
                    self.orders.push((order_id(clinic::area(), envelope.id, n), household, 2));
                }
                envelope
            }
            Act::Prescription { who, what, day } => {
                let (household, name, doctor) = (homes[*who], format!("m{}", day % 2), why());
                let command = match what {
                    0 => Command::AskRenewal { household, name },
                    1 => Command::Renew(Renewal {
                        household,
                        name,
                        doctor,
                        days: *day,
                        note: String::new(),
                    }),
                    _ => Command::RefuseRenewal { household, name, doctor, reason: why() },
                };
                said(n, None, command)
            }
            Act::Volunteer { who, gate } => {
                let code = VOLUNTEERS[*gate % 2];
                let (pass, envelope) =
                    pantry::volunteer(n, code, 10_000 + who * 20, &BUILDINGS[*gate..=*gate]);
                self.volunteers.push(pass);
                envelope
            }
            Act::Withdraw { which } => {
                let pass = *self.volunteers.iter().rev().nth(*which)?;
                let withdraw = DeliveryCommand::WithdrawVolunteer { pass, reason: why() };
                said(n, None, Command::Deliver(Box::new(withdraw)))
            }
            Act::PassOn { which, to } => {
                let (order, ..) = *self.orders.iter().rev().nth(*which)?;
                let carrier = holder(VOLUNTEERS[*to]);
                let pass_on = DeliveryCommand::PassOn { orders: vec![order], carrier };
                said(n, None, Command::Deliver(Box::new(pass_on)))
            }
            Act::Again { which } => self.sent.get(*which)?.clone(),
        };
        Some(envelope)
    }
}

async fn run(kind: StoreKind, acts: Vec<Act>) {
    let clinic = Clinic::new(TestBed::new(kind)).await;
    town(&clinic).await;
    clinic
        .accept(vec![
            site("market:M1", None, 0),
            site("sorting:C1", None, 0),
            site("shop:S1", Some(COMMUNITY), 500),
            site("shop:S2", Some(OTHER), 300),
            serves(COMMUNITY, "shop:S1", 200),
        ])
        .await;
    let mut homes = Vec::new();
    for n in 0..3 {
        homes.push(household(&clinic, n, BUILDINGS[1 + n as usize % 2], 1 + n).await);
    }
    let goods = [
        ("V1", Good::Vegetables, 400, 500, 3),
        ("M1", Good::Medicine, 1, 70, 3),
        ("R1", Good::Staples, 100, 900, 2),
    ];
    clinic
        .accept(vec![
            list(0, "shop:S1", &goods),
            list(0, "shop:S2", &goods),
            serves(COMMUNITY, "shop:S2", 100),
        ])
        .await;
    for shop in ["shop:S1", "shop:S2"] {
        for (good, amount) in [(Good::Vegetables, 4_000), (Good::Staples, 2_000)] {
            pantry::take_in(&clinic, 0, shop, (good, amount), Origin::Bought, 30).await;
        }
    }
    let needs = Command::PutNeeds {
        household: homes[0],
        needs: vec![supply::Need::CannotOrder, supply::Need::Infant],
        note: String::new(),
    };
    clinic.accept(vec![said(0, None, needs)]).await;
    let (pass, envelope) = pantry::volunteer(0, VOLUNTEERS[0], 10_000 + 20, &[COMPOUND]);
    clinic.accept(vec![envelope]).await;
    let mut muddle = Muddle { volunteers: vec![pass], ..Muddle::default() };
    for (group, acts) in acts.chunks(4).enumerate() {
        let mut batch = Vec::new();
        for (n, act) in acts.iter().enumerate() {
            let at = (group * 4 + n) as i64 / 2;
            if let Some(envelope) = muddle.command(at, act, &homes) {
                muddle.sent.push(envelope.clone());
                batch.push(envelope);
            }
        }
        clinic.send(batch).await;
        weighed_with(&clinic, &homes).await;
        counted(&clinic, &homes, hour(group as i64 * 2 + 1)).await;
        booked(&clinic, &homes, hour(group as i64 * 2 + 1)).await;
    }
    counted(&clinic, &homes, hour(300)).await;
    clinic.audit().await;
}

fn muddles(kind: StoreKind, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(acts in proptest::collection::vec(act(), 20..90))| {
        runtime.block_on(run(kind, acts));
    });
}

#[test]
fn goods_and_households_survive_any_muddle_in_sqlite() {
    muddles(StoreKind::Sqlite, 12);
}

#[test]
fn goods_and_households_survive_any_muddle_in_postgres() {
    muddles(StoreKind::Postgres, 4);
}
