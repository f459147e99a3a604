//! Supply under a broken policy: when nobody carries packs to whoever is due, the score shows it. With packs nobody who
//! is due is left, and nobody is forgotten.

#[path = "support/headless.rs"]
mod headless;

use std::path::Path;

use headless::{share, value};
use serde_json::Value;

/// Runs a drill in which zones are drawn from the first finds; gives its score.
fn drill(dir: &Path, packs: bool) -> Value {
    let name = if packs { "packs" } else { "no-packs" };
    let work = drill::config::Work {
        seeded_least: 12,
        // One round finds enough; the rest of the days is for food.
        round_every_days: 4,
        sweeps: false,
        tracing: false,
        zero: false,
        supply_packs: packs,
        ..drill::config::Work::default()
    };
    let work = headless::written(dir, &format!("{name}-work.toml"), &work);
    let arguments =
        ["--people", "900", "--area", "220204", "--days", "4", "--seed", "5", "--faults", "none"];
    headless::run(dir, name, &arguments, &[("--work", &work)]).0
}

#[test]
fn without_packs_people_are_left_hungry_and_the_score_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let (with, without) = (drill(dir.path(), true), drill(dir.path(), false));
    for score in [&with, &without] {
        let behind = &value(score, "behind_doors")["beside"];
        assert!(behind["truth"].as_i64().expect("households") > 20, "doors were closed: {behind}");
        assert_eq!(behind["truth"], behind["system"], "the system knows each of them");
        assert_eq!(value(score, "forgotten")["count"], 0);
        assert_eq!(value(score, "forgotten_days")["count"], 0);
        assert!(value(score, "order_to_door")["spans"]["n"].as_i64().expect("n") > 0);
    }
    // The same people behind the same doors.
    let ((missed, due), (more, same)) =
        (share(&with, "meals_missed"), share(&without, "meals_missed"));
    assert_eq!(due, same);
    assert!(missed * 20 < due, "{missed} of {due} meals were missed with packs");
    assert!(more > missed, "{more} of {due} without packs, {missed} with them");
    assert!(value(&with, "packs")["count"].as_i64().expect("packs") > 0);
    assert_eq!(value(&without, "packs")["count"], 0);
    let ((late, all), (left, _)) =
        (share(&with, "supply_overdue"), share(&without, "supply_overdue"));
    assert!(late * 6 < all, "{late} of {all} households are due with packs");
    assert!(left > late * 2, "{left} of {all} without packs, {late} with them");
}
