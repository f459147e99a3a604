//! The product-limit curve against a published example and its own laws.

use analytics::survival::{FEWEST, Survival};
use proptest::prelude::*;

/// Weeks in remission of 21 children on 6-mercaptopurine (Freireich and others, *Blood* 21, 1963), the
/// example of most textbooks: those with a star were still in remission.
const OVER: [(u32, u64); 7] = [(6, 3), (7, 1), (10, 1), (13, 1), (16, 1), (22, 1), (23, 1)];
const GOING: [(u32, u64); 11] = [
    (6, 1),
    (9, 1),
    (10, 1),
    (11, 1),
    (17, 1),
    (19, 1),
    (20, 1),
    (25, 1),
    (32, 2),
    (34, 1),
    (35, 1),
];

#[test]
fn the_example_of_the_textbooks() {
    let curve = Survival::of(&OVER, &GOING).expect("a curve");
    assert_eq!(curve.seen(), (9, 12));
    // Share in remission and its standard error, as the books print them.
    let printed = [
        (6, 0.857, 0.0764),
        (7, 0.807, 0.0869),
        (10, 0.753, 0.0963),
        (13, 0.690, 0.1068),
        (16, 0.627, 0.1141),
        (22, 0.538, 0.1282),
        (23, 0.448, 0.1346),
    ];
    for (week, share, error) in printed {
        let point = curve.points().iter().find(|p| p.length == week).expect("a step");
        assert!((point.stays - share).abs() < 6e-4, "{week}: {}", point.stays);
        let own = point.stays * point.greenwood.sqrt();
        assert!((own - error).abs() < 6e-5, "{week}: {own}");
    }
    assert_eq!(curve.quantile(0.5, 1.96).at, Some(23));
    assert_eq!(curve.quantile(0.75, 1.96).at, None, "the curve does not come down so far");
    assert_eq!(curve.quantile(0.25, 1.96).at, Some(13));
}

#[test]
fn those_who_are_still_there_are_not_left_out() {
    // Ten left after two steps; ninety have been there for twenty.
    let curve = Survival::of(&[(2, 10)], &[(20, 90)]).expect("a curve");
    assert!((curve.stays(2) - 0.9).abs() < 1e-12);
    assert_eq!(curve.quantile(0.5, 1.96).at, None);
    let all = Survival::of(&[(2, 10)], &[]).expect("a curve");
    assert_eq!(all.quantile(0.5, 1.96).at, Some(2), "without them it would look short");
    assert!(Survival::of(&[], &[(20, 90)]).is_err(), "nothing is over: nothing is known");
}

#[test]
fn where_nobody_has_been_nothing_is_promised() {
    let curve = Survival::of(&[(3, 50), (4, 46)], &[]).expect("a curve");
    // All who ever were there had left after four steps: of somebody at five nothing is known.
    let freed = curve.freed(&[(5, 8)], 10);
    assert_eq!((freed.expected, freed.unknown), (0.0, 8.0));
    assert_eq!(freed.interval(1.96), (0.0, 8.0));
    // Somebody at three: half leave in the step, then the rest.
    let freed = curve.freed(&[(3, 96)], 1);
    assert!((freed.expected - 50.0).abs() < 1e-9);
    let few = Survival::of(&[(1, 100), (9, FEWEST - 1)], &[]).expect("a curve");
    let freed = few.freed(&[(2, 10)], 20);
    assert_eq!((freed.expected, freed.unknown), (0.0, 10.0), "too few have been there");
}

/// Lengths and how many of each.
type Counted = Vec<(u32, u64)>;

/// Stays of a fixed chance to leave at each step, some of them still going on.
fn draw(seed: u64, n: u64, leave: f64) -> (Counted, Counted) {
    let mut random = seed | 1;
    let mut next = move || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 11) as f64 / (1u64 << 53) as f64
    };
    let (mut over, mut going) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let horizon = (next() * 60.0) as u32;
        let mut length = 0;
        while next() >= leave {
            length += 1;
        }
        if length < horizon { over.push((length, 1)) } else { going.push((horizon, 1)) }
    }
    (over, going)
}

#[test]
fn intervals_hold_what_then_happens_about_as_often_as_they_say() {
    let (mut held, mut trials) = (0, 0);
    for seed in 1..=300_u64 {
        let leave = 0.03 + 0.1 * (seed % 7) as f64 / 7.0;
        let (over, going) = draw(seed * 7_919, 400, leave);
        let Ok(curve) = Survival::of(&over, &going) else { continue };
        let freed = curve.freed(&going, 12);
        let (low, high) = freed.interval(1.6449);
        // What happens to those who are there, by the same chance.
        let there: u64 = going.iter().map(|(_, n)| n).sum();
        let mut random = seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493);
        let mut left = 0.0;
        for _ in 0..there {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let u = (random >> 11) as f64 / (1u64 << 53) as f64;
            left += f64::from(u8::from(u < 1.0 - (1.0 - leave).powi(12)));
        }
        trials += 1;
        held += u32::from((low..=high).contains(&left));
    }
    let share = f64::from(held) / f64::from(trials);
    assert!(trials > 250 && (0.85..=0.99).contains(&share), "{share} of {trials}");
}

proptest! {
    #[test]
    fn a_curve_falls_and_a_forecast_stays_within_who_is_there(
        over in prop::collection::vec((0u32..80, 1u64..30), 1..20),
        going in prop::collection::vec((0u32..80, 1u64..30), 0..20),
        ahead in 0u32..60,
    ) {
        let curve = Survival::of(&over, &going).expect("a curve");
        let shares: Vec<f64> = (0..100).map(|length| curve.stays(length)).collect();
        prop_assert!(shares.windows(2).all(|w| w[0] >= w[1]));
        prop_assert!(shares.iter().all(|s| (0.0..=1.0).contains(s)));
        let quantile = curve.quantile(0.5, 1.96);
        if let (Some(low), Some(at)) = (quantile.low, quantile.at) { prop_assert!(low <= at); }
        if let (Some(at), Some(high)) = (quantile.at, quantile.high) { prop_assert!(at <= high); }
        let freed = curve.freed(&going, ahead);
        let (low, high) = freed.interval(1.6449);
        let there: u64 = going.iter().map(|(_, n)| n).sum();
        prop_assert!(0.0 <= low && low <= high && high <= there as f64 + 1e-9);
        prop_assert!(freed.expected <= there as f64 + 1e-9);
        let longer = curve.freed(&going, ahead + 5);
        prop_assert!(longer.expected + 1e-9 >= freed.expected);
        // Without anybody censored it is the plain share.
        let plain = Survival::of(&over, &[]).expect("a curve");
        let all: u64 = over.iter().map(|(_, n)| n).sum();
        for length in 0..80 {
            let longer: u64 = over.iter().filter(|(l, _)| *l > length).map(|(_, n)| n).sum();
            let share = longer as f64 / all as f64;
            prop_assert!((plain.stays(length) - share).abs() < 1e-9);
        }
    }
}
