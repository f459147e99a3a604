//! The model of hidden chains against a small city, whose truth is known.

use city::Scenario;
use city::response_model::{Change, Rehearsal};
use protocol::Protocol;

use super::desk::{Desk, Kind, Tallies, Tally};
use super::watch;

/// A small Jilin City with an outbreak that is seen by rounds such as a claim of zero asks for.
fn city(changes: &[&str]) -> Rehearsal {
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    let good = ["testing.coverage=0.99", "testing.never=0.005", "testing.poor_swab=0.1"];
    let changes: Vec<Change> =
        good.iter().chain(changes).map(|text| text.parse().expect("a change")).collect();
    Rehearsal::new(&scenario, 3, Some(120_000), &changes).expect("ready")
}

fn tallies(rehearsal: &Rehearsal, model: &[&str]) -> Tallies {
    let protocol = Protocol::bundled().expect("the bundled protocol");
    let model: Vec<String> = model.iter().map(|text| (*text).to_owned()).collect();
    let start = rehearsal.plan(0).expect("a plan").start;
    let desk = Desk::new(&protocol, start, &model).expect("a model");
    watch(rehearsal, &desk, (8, 2), || ()).expect("watched").1
}

fn sum(tallies: &Tallies, of: impl Fn(Kind) -> bool) -> Tally {
    let mut whole = Tally::default();
    tallies.iter().filter(|((kind, _), _)| of(*kind)).for_each(|(_, tally)| whole.join(*tally));
    whole
}

#[test]
fn of_areas_declared_at_95_percent_at_least_95_percent_are_free() {
    let rehearsal = city(&["seeds.0=20"]);
    let found = tallies(&rehearsal, &[]);
    let streets = sum(&found, |kind| matches!(kind, Kind::QuietStreet | Kind::Street));
    let after = sum(&found, |kind| matches!(kind, Kind::Street | Kind::County));
    println!("{found:#?}");
    assert!(streets.declared > 500, "too few are declared to say anything: {streets:?}");
    assert!(after.declared > 50, "and too few after an outbreak: {after:?}");
    assert!(streets.declared < streets.all, "not everything is declared: {streets:?}");
    assert!(streets.share() >= 0.95, "{streets:?}");
    assert!(after.share() >= 0.95, "{after:?}");
    // Who takes hidden chains to be impossible declares what is not free: the check can fail.
    let blind = tallies(&rehearsal, &["per_million=0", "per_found=0", "per_near=0"]);
    let blind = sum(&blind, |_| true);
    let all = sum(&found, |_| true);
    assert!(blind.declared > all.declared && blind.share() < all.share(), "{blind:?} {all:?}");
}

#[test]
fn a_value_that_the_model_does_not_have_is_told() {
    let protocol = Protocol::bundled().expect("the bundled protocol");
    let rehearsal = city(&[]);
    let start = rehearsal.plan(0).expect("a plan").start;
    let desk = Desk::new(&protocol, start, &["per_mile=1".to_owned()]).expect("read");
    let watched = rehearsal.watch(0, |_| ()).expect("a run");
    assert!(desk.check(&watched).is_err());
    assert!(Desk::new(&protocol, start, &["per_near".to_owned()]).is_err());
}
