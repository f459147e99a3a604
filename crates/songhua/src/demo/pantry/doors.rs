//! Households: what they need, their medicines, what they say, and what they have ordered.

use supply::{
    About, Command, Need, OpenGroup, OrderCommand, Place, PutMedicine, Renewal, Via, Want,
};
use types::{HouseholdId, Span, UnitId};

use super::{SHOP, Stage, Teller, VOLUNTEER, holder};

/// A medicine of the demo: its name, the hours for which it lasts, the days until its prescription ends, if it needs
/// one, and what became of that.
type Taken = (&'static str, i64, Option<i64>, Doctor);

enum Doctor {
    NotAsked,
    Asked,
    Renewed,
    Refused,
}

const TAKEN: [Taken; 6] = [
    ("二甲双胍 0.5g", 20, Some(2), Doctor::Asked),
    ("苯磺酸氨氯地平 5mg", 5 * 24, Some(10), Doctor::NotAsked),
    ("左甲状腺素钠 50μg", 40, Some(1), Doctor::Asked),
    ("华法林 3mg", 4 * 24, Some(4), Doctor::Refused),
    ("硝苯地平控释片 30mg", 7 * 24, Some(3), Doctor::Renewed),
    ("碳酸钙D3", 30, None, Doctor::NotAsked),
];

/// Households that need what others do not, medicines that run out, prescriptions that end, and somebody who says that
/// nothing came.
pub(super) fn needy(teller: &mut Teller<'_>, homes: &[HouseholdId]) {
    let kinds: [&[Need]; 5] = [
        &[Need::Alone],
        &[Need::CannotOrder, Need::Halal],
        &[Need::Infant],
        &[Need::Alone, Need::Diabetic, Need::Chronic],
        &[Need::CannotOrder, Need::Infant],
    ];
    // From the middle: the first were given their packs, the last have ordered.
    let some: Vec<HouseholdId> = homes.iter().skip(homes.len() / 2).take(16).copied().collect();
    for (n, household) in some.iter().take(12).enumerate() {
        let needs = kinds[n % kinds.len()].to_vec();
        teller.say(28, Command::PutNeeds { household: *household, needs, note: String::new() });
    }
    medicated(teller, &some.iter().skip(3).step_by(2).copied().collect::<Vec<_>>());
    if let Some(household) = some.first() {
        let said = "两天没有送菜来".to_owned();
        let about = About::NothingCame;
        teller.say(6, Command::Complain { household: *household, about, said });
    }
}

/// Households with a daily medicine each.
pub(super) fn medicated(teller: &mut Teller<'_>, homes: &[HouseholdId]) {
    let base = teller.town.base;
    for (household, taken) in homes.iter().zip(&TAKEN) {
        let (name, hours, days, doctor) = taken;
        let (household, name) = (*household, (*name).to_owned());
        let medicine = PutMedicine {
            household,
            name: name.clone(),
            last_dose: base + Span::hours(*hours),
            prescribed_until: days.map(|days| base + Span::days(days)),
        };
        teller.say(26, Command::PutMedicine(medicine));
        if !matches!(doctor, Doctor::NotAsked) {
            teller.say(14, Command::AskRenewal { household, name: name.clone() });
        }
        match doctor {
            Doctor::Renewed => {
                let (doctor, note) = ("社区卫生服务中心 王医生".to_owned(), String::new());
                teller.say(4, Command::Renew(Renewal { household, name, doctor, days: 28, note }));
            }
            Doctor::Refused => {
                let doctor = "社区卫生服务中心 王医生".to_owned();
                let reason = "需先查凝血功能".to_owned();
                teller.say(4, Command::RefuseRenewal { household, name, doctor, reason });
            }
            Doctor::NotAsked | Doctor::Asked => {}
        }
    }
}

/// Orders of the locked compound, one at each step, and a group purchase that is open.
pub(super) fn ordered(teller: &mut Teller<'_>, stage: &Stage) -> Option<()> {
    let (locked, homes) = &stage.locked;
    let shop = holder(SHOP)?;
    let want = |item: &str, count, fen| Want { item: item.to_owned(), count, fen };
    let mut orders = Vec::new();
    for household in homes.iter().rev().take(8) {
        let place = Place {
            household: *household,
            shop: shop.clone(),
            lines: vec![want("V1", 1, 3_500), want("R1", 1, 2_980)],
            via: Via::Telephone,
            group: None,
            note: "住户来电".to_owned(),
        };
        orders.push(teller.order(10, OrderCommand::Place(place)));
    }
    let (shop, first) =
        (shop.clone(), |n: usize| orders.iter().take(n).copied().collect::<Vec<UnitId>>());
    teller.order(8, OrderCommand::Accept { shop: shop.clone(), orders: first(6) });
    teller.order(6, OrderCommand::Pack { shop: shop.clone(), orders: first(4) });
    if let Some(carrier) = holder(VOLUNTEER) {
        teller.order(2, OrderCommand::HandOver { shop: shop.clone(), orders: first(3), carrier });
    }
    if let Some(order) = orders.first() {
        let reason = "无人应门".to_owned();
        teller.order(1, OrderCommand::ComeBack { order: *order, reason });
    }
    let open = OpenGroup {
        place: locked.clone(),
        shop,
        items: vec!["V1".to_owned(), "O1".to_owned()],
        minimum: 10,
        closes_at: teller.town.base + Span::hours(10),
        due: teller.town.base + Span::hours(30),
        note: String::new(),
    };
    teller.order(3, OrderCommand::OpenGroup(open));
    Some(())
}
