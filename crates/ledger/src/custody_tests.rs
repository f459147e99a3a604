use super::*;
use proptest::prelude::*;
use types::{AreaCode, CommandId, UnitKind};

const NOON: i64 = 1_647_316_800_000_000;

fn unit() -> UnitId {
    UnitId::printed(UnitKind::new('T'), AreaCode::new(220_202).expect("six digits"), 1)
}

fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

fn moment(minute: i64, n: u8, what: Move) -> Moment {
    let mut id = [0; 16];
    id[15] = n;
    Moment {
        event_time: Micros(NOON) + Span::minutes(minute),
        record_time: Micros(NOON) + Span::minutes(minute),
        reference: MomentRef { command: CommandId::from_bytes(id), n: 0 },
        actor: "user:x".into(),
        what,
    }
}

fn open(minute: i64, n: u8, by: &str) -> Moment {
    let (unit, holder) = (unit(), holder(by));
    moment(
        minute,
        n,
        Move::Open { unit, holder, step: "sealed".into(), deadline: None, limit: None },
    )
}

fn hand(minute: i64, n: u8, from: &str, to: &str) -> Moment {
    let what = Move::Hand {
        unit: unit(),
        giver: Some(holder(from)),
        taker: holder(to),
        step: "carried".into(),
        deadline: None,
        limit: None,
        evidence: None,
    };
    moment(minute, n, what)
}

fn close(minute: i64, n: u8, reason: &str) -> Moment {
    moment(minute, n, Move::Close { unit: unit(), reason: reason.into() })
}

fn kinds(custody: &Custody) -> Vec<FindingKind> {
    custody.findings.iter().map(|f| f.kind).collect()
}

#[test]
fn a_unit_is_with_the_last_taker() {
    let custody = fold(&[
        open(0, 1, "site:S"),
        hand(60, 2, "site:S", "courier:C"),
        hand(120, 3, "courier:C", "lab:L"),
    ]);
    assert_eq!(custody.holder, Some(holder("lab:L")));
    assert_eq!(custody.since, Micros(NOON) + Span::minutes(120));
    assert!(custody.findings.is_empty());
}

#[test]
fn a_missing_record_is_a_gap_until_it_comes() {
    let mut moments = vec![open(0, 1, "site:S"), hand(120, 3, "courier:C", "lab:L")];
    let before = fold(&moments);
    assert_eq!(
        (before.holder.clone(), kinds(&before)),
        (Some(holder("lab:L")), vec![FindingKind::Gap])
    );
    moments.push(hand(60, 2, "site:S", "courier:C"));
    let after = fold(&moments);
    assert_eq!((after.holder.clone(), kinds(&after)), (Some(holder("lab:L")), vec![]));
}

#[test]
fn two_takers_from_one_giver_are_a_dispute_until_one_is_voided() {
    let first = hand(60, 2, "site:S", "courier:A");
    let second = hand(90, 3, "site:S", "courier:B");
    let mut moments = vec![open(0, 1, "site:S"), first.clone(), second.clone()];
    let custody = fold(&moments);
    assert_eq!(custody.holder, Some(holder("courier:B")));
    let dispute = &custody.findings[0];
    assert_eq!(
        (dispute.kind, dispute.at, dispute.against),
        (FindingKind::Dispute, second.reference, Some(first.reference))
    );
    let void =
        Move::Void { unit: unit(), target: second.reference, note: "B signed for another".into() };
    moments.push(moment(100, 4, void));
    let resolved = fold(&moments);
    assert_eq!((resolved.holder.clone(), kinds(&resolved)), (Some(holder("courier:A")), vec![]));
}

#[test]
fn an_arrival_that_nobody_sent_is_explained_when_its_creation_comes() {
    let arrival = hand(60, 2, "site:S", "lab:L");
    assert_eq!(kinds(&fold(std::slice::from_ref(&arrival))), vec![FindingKind::Unexplained]);
    assert_eq!(kinds(&fold(&[arrival, open(0, 1, "site:S")])), vec![]);
}

#[test]
fn a_clock_that_is_ten_minutes_fast_changes_nothing() {
    // The site's clock runs ahead: it says 70, the laboratory's truthful clock says 65.
    let custody = fold(&[
        open(0, 1, "site:S"),
        hand(70, 2, "site:S", "courier:C"),
        hand(65, 3, "courier:C", "lab:L"),
    ]);
    assert_eq!((custody.holder.clone(), kinds(&custody)), (Some(holder("lab:L")), vec![]));
}

#[test]
fn a_code_used_twice_is_found_and_the_first_use_stands() {
    let custody = fold(&[open(5, 2, "site:T"), open(0, 1, "site:S")]);
    assert_eq!(
        (custody.holder.clone(), kinds(&custody)),
        (Some(holder("site:S")), vec![FindingKind::DoubleOpen])
    );
}

#[test]
fn what_was_lost_can_be_found_but_what_was_reported_stays_closed() {
    let lost = [open(0, 1, "site:S"), close(60, 2, LOST), hand(90, 3, "site:S", "lab:L")];
    assert_eq!(fold(&lost).closed, None);
    let reported = [open(0, 1, "site:S"), close(60, 2, "reported"), hand(90, 3, "site:S", "lab:L")];
    let custody = fold(&reported);
    assert_eq!(custody.closed.as_ref().map(|c| c.0.as_str()), Some("reported"));
    assert_eq!(kinds(&custody), vec![FindingKind::AfterClose]);
}

#[test]
fn a_packed_unit_is_in_its_container_until_unpacked() {
    let into = UnitId::printed(UnitKind::new('B'), unit().area(), 1);
    let mut moments = vec![open(0, 1, "site:S"), moment(30, 2, Move::Pack { unit: unit(), into })];
    assert_eq!(fold(&moments).parent, Some(into));
    let holder = holder("lab:L");
    moments.push(moment(
        90,
        3,
        Move::Unpack { unit: unit(), holder, step: "received".into(), deadline: None, limit: None },
    ));
    let custody = fold(&moments);
    assert_eq!((custody.parent, custody.step.as_str()), (None, "received"));
    assert!(custody.findings.is_empty());
}

fn any_moment(n: u8) -> impl Strategy<Value = Moment> {
    let places = ["site:S", "courier:A", "courier:B", "lab:L"];
    let place = prop::sample::select(places.to_vec());
    (0..200_i64, 0..6_u8, place.clone(), place).prop_map(move |(minute, form, a, b)| match form {
        0 => open(minute, n, a),
        1..=3 => hand(minute, n, a, b),
        4 => close(minute, n, if a == b { LOST } else { "reported" }),
        _ => {
            let into = UnitId::printed(UnitKind::new('B'), unit().area(), 1);
            moment(minute, n, Move::Pack { unit: unit(), into })
        }
    })
}

fn story() -> impl Strategy<Value = Vec<Moment>> {
    (1..9_u8).prop_flat_map(|len| (0..len).map(any_moment).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn custody_does_not_depend_on_the_order_of_arrival(
        (moments, shuffled) in story().prop_flat_map(|m| (Just(m.clone()), Just(m).prop_shuffle()))
    ) {
        prop_assert_eq!(fold(&moments), fold(&shuffled));
    }

    #[test]
    fn a_known_unit_always_has_a_place(moments in story()) {
        let custody = fold(&moments);
        let anywhere = custody.holder.is_some() || custody.parent.is_some() || custody.closed.is_some();
        prop_assert!(anywhere);
    }
}
