//! Who brings what was ordered: drivers with passes, a volunteer, and two batches: one on its way, one loaded.

use supply::{
    Command, DeliveryCommand, GivePass, NewBatch, NewStop, OrderCommand, Proof, RegisterVolunteer,
    VolunteerWho, Want, batch_id, pass_id,
};
use types::{HolderCode, HouseholdId, Micros, PersonId, PlaceCode, Span, UnitId};

use super::{Compound, SHOP, SORTING, Stage, Teller, VEHICLE, VOLUNTEER, holder};

/// A stop and its orders, each with its household.
type Packed = (PlaceCode, Vec<(UnitId, HouseholdId)>);

/// The vehicle that is loaded at the dock.
const LOADED: &str = "vehicle:JL-B02";

fn deliver(teller: &mut Teller<'_>, minutes: i64, command: DeliveryCommand) -> types::CommandId {
    teller.tell(minutes, Command::Deliver(Box::new(command)))
}

/// Drivers from elsewhere in the county with passes for all of it: one of them ends soon, one was withdrawn. A
/// volunteer who lives behind the locked gate. All are registered persons.
pub(super) fn carriers(teller: &mut Teller<'_>, stage: &Stage) -> Option<()> {
    let base = teller.town.base;
    let gate = stage.locked.0.clone();
    let neighbour = teller
        .town
        .homes
        .iter()
        .find(|home| home.code == gate)
        .and_then(|home| home.persons.last().copied())?;
    let volunteer = RegisterVolunteer {
        volunteer: holder(VOLUNTEER)?,
        who: VolunteerWho::Registered { person: neighbour },
        places: vec![gate.clone()],
        from: Micros(base.0 - Span::hours(24).0),
        until: base + Span::days(12),
        vouched: "社区居委会 李主任".to_owned(),
    };
    let hours = DeliveryCommand::PutGate {
        place: gate,
        opens: 6 * 60,
        closes: 22 * 60,
        blocked: String::new(),
    };
    deliver(teller, 24 * 60, hours);
    deliver(teller, 24 * 60, DeliveryCommand::RegisterVolunteer(Box::new(volunteer)));
    Some(())
}

/// Gives a pass for the whole county; gives the pass.
fn pass(
    teller: &mut Teller<'_>,
    (vehicle, plate): (&str, &str),
    driver: PersonId,
    cold: bool,
    (from, until): (i64, i64),
) -> Option<UnitId> {
    let base = teller.town.base;
    let given = GivePass {
        vehicle: holder(vehicle)?,
        plate: plate.to_owned(),
        driver,
        carries: 1_500_000,
        cold,
        places: vec![PlaceCode::parse(&teller.area.to_string()).ok()?],
        from: Micros(base.0 - Span::hours(from).0),
        until: base + Span::hours(until),
    };
    let id = deliver(teller, 60 * from, DeliveryCommand::GivePass(given));
    Some(pass_id(teller.area, id))
}

/// Orders of some households of each compound by telephone, accepted and packed.
fn packed(
    teller: &mut Teller<'_>,
    shop: &HolderCode,
    fen: (i64, i64),
    compounds: &[Compound],
    each: usize,
) -> Vec<Packed> {
    let mut stops: Vec<Packed> = Vec::new();
    for (place, homes) in compounds {
        let mut orders = Vec::new();
        // From the end: who was given a pack comes first.
        for household in homes.iter().rev().take(each) {
            let want = |item: &str, fen| Want { item: item.to_owned(), count: 1, fen };
            let order = supply::Place {
                household: *household,
                shop: shop.clone(),
                lines: vec![want("V1", fen.0), want("R1", fen.1)],
                via: supply::Via::Telephone,
                group: None,
                note: "住户来电".to_owned(),
            };
            orders.push((teller.order(9, OrderCommand::Place(order)), *household));
        }
        stops.push((place.clone(), orders));
    }
    let all: Vec<UnitId> =
        stops.iter().flat_map(|(_, orders)| orders.iter().map(|(order, _)| *order)).collect();
    teller.order(7, OrderCommand::Accept { shop: shop.clone(), orders: all.clone() });
    teller.order(5, OrderCommand::Pack { shop: shop.clone(), orders: all });
    stops
}

/// A batch with a stop every so many minutes; gives it.
fn batch(
    teller: &mut Teller<'_>,
    from: &HolderCode,
    pass: UnitId,
    leaves: i64,
    stops: &[Packed],
) -> UnitId {
    let leaves_at = teller.town.base + Span::minutes(leaves);
    let stop = |(n, (place, orders)): (i64, &Packed)| NewStop {
        place: place.clone(),
        at: leaves_at + Span::minutes(15 * n),
        orders: orders.iter().map(|(order, _)| *order).collect(),
    };
    let stops = (1..).zip(stops).map(stop).collect();
    let batches = vec![NewBatch { shop: from.clone(), pass, leaves_at, stops }];
    let replaces = Vec::new();
    let id = deliver(teller, 90, DeliveryCommand::Plan { batches, replaces });
    batch_id(teller.area, id, 0)
}

/// Two batches. The first shop's is on its way: its first stop is done, the vehicle stands at the second. The other
/// stands loaded at the sorting centre's dock, to which its shop hands over.
pub(super) fn batches(
    teller: &mut Teller<'_>,
    stage: &Stage,
    dock: Option<&HolderCode>,
) -> Option<()> {
    let drivers: Vec<PersonId> = stage.staff.iter().take(4).copied().collect();
    let [first, second, third, fourth] = <[PersonId; 4]>::try_from(drivers).ok()?;
    let own = pass(teller, (VEHICLE, "吉B·60001"), first, true, (12, 6 * 24))?;
    let other = pass(teller, (LOADED, "吉B·60002"), second, false, (24, 3 * 24))?;
    pass(teller, ("vehicle:JL-B03", "吉B·60003"), third, true, (5 * 24, 3))?;
    let gone = pass(teller, ("vehicle:JL-B04", "吉B·60004"), fourth, false, (48, 2 * 24))?;
    let reason = "车辆故障，已送修".to_owned();
    deliver(teller, 4 * 60, DeliveryCommand::WithdrawPass { pass: gone, reason });
    let shop = holder(SHOP)?;
    let around = packed(teller, &shop, (3_500, 2_980), &stage.around, 3);
    if around.len() > 1 {
        driven(teller, own, &shop, &around);
    }
    if let (Some(dock), Some(sorting)) = (dock, holder(SORTING)) {
        let n: i64 = dock.code().trim_start_matches("JL-S").parse().ok()?;
        let more = (n - 1) % 7 * 10;
        let put = DeliveryCommand::PutDock { shop: dock.clone(), dock: Some(sorting.clone()) };
        deliver(teller, 26 * 60, put);
        let stops = packed(teller, dock, (3_500 + more, 2_980 + more), &stage.of_dock, 2);
        batch(teller, &sorting, other, 40, &stops);
    }
    Some(())
}

fn driven(teller: &mut Teller<'_>, pass: UnitId, shop: &HolderCode, stops: &[Packed]) {
    let batch = batch(teller, shop, pass, -50, stops);
    deliver(teller, 50, DeliveryCommand::Depart { batch });
    for (n, (place, orders)) in (0i64..).zip(stops.iter().take(2)) {
        let minutes = 34 - 25 * n;
        deliver(teller, minutes, DeliveryCommand::Arrive { batch, place: place.clone() });
        // Of the second stop the first has come down, the others are being called.
        let some = if n == 0 { orders.len() } else { 1 };
        for (order, household) in orders.iter().take(some) {
            let proof = Proof::Said("住户门口签收".to_owned());
            let received = OrderCommand::Receive { household: *household, order: *order, proof };
            teller.tell(minutes - 6, Command::Order(Box::new(received)));
        }
    }
}
