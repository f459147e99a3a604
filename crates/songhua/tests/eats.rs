//! Supply under a broken policy: when nobody carries packs to whoever is due, the score shows it. With packs nobody who
//! is due is left, and nobody is forgotten. And supply that breaks down as in late March: with the passes, the reserve
//! and the packs that Changchun had not, few meals are missed.

#[path = "support/headless.rs"]
mod headless;

use std::path::Path;

use drill::faults::{Faults, Hides};
use headless::{share, value};
use serde_json::Value;
use store::{Store, StoreConfig};
use supply::{ServesWhy, views};
use types::AreaScope;

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

/// Days of the drills of late March, and the one, from 0, on whose morning supply breaks down, for so many.
const MARCH: &str = "5";
const BREAKS_DOWN: [u32; 2] = [1, 3];

/// Runs a drill in which supply breaks down: the market closes, few may drive, and some of those who work at shops are
/// infected. With the policy of late March there are no passes before, no reserve and no packs.
fn march(dir: &Path, late: bool) -> Value {
    let name = if late { "late-march" } else { "prepared" };
    let work = drill::config::Work {
        seeded_least: 12,
        round_every_days: 2,
        sweeps: false,
        tracing: false,
        zero: false,
        late_march: late,
        supply_packs: !late,
        ..drill::config::Work::default()
    };
    let city = Hides { supply_breaks_down: BREAKS_DOWN, ..Hides::default() };
    let faults = Faults { city, ..Faults::none() };
    let work = headless::written(dir, &format!("{name}-work.toml"), &work);
    let faults = headless::written(dir, &format!("{name}-faults.toml"), &faults);
    let arguments = ["--people", "900", "--area", "220204", "--days", MARCH, "--seed", "5"];
    let arguments = [&arguments[..], &["--from", "2022-03-20"]].concat();
    headless::run(dir, name, &arguments, &[("--work", &work), ("--faults", &faults)]).0
}

/// The places that closed through an infection, by the score.
fn closings(score: &Value) -> Vec<&str> {
    let rows = score["lists"]["closings"]["rows"].as_array().expect("rows");
    rows.iter().map(|row| row[0]["text"].as_str().expect("a place")).collect()
}

#[tokio::test]
async fn late_march_leaves_people_hungry_and_what_avoids_it_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let (late, prepared) = std::thread::scope(|both| {
        let late = both.spawn(|| march(dir.path(), true));
        let prepared = march(dir.path(), false);
        (late.join().expect("late March"), prepared)
    });
    for (name, score) in [("late-march", &late), ("prepared", &prepared)] {
        assert_eq!(value(score, "happened")["count"], 1, "supply broke down");
        // The market by the event; a shop because somebody who works there was found.
        let closed = closings(score);
        assert!(closed.contains(&"market:JL-M1"), "{closed:?}");
        assert!(closed.iter().any(|place| place.starts_with("shop:")), "{closed:?}");
        let url = format!("sqlite:{}", dir.path().join(name).join("songhua.sqlite").display());
        let store = Store::open(StoreConfig::new(url), &desks::schemas()).await.expect("opens");
        let mut db = store.reader().await.expect("a reader");
        for shop in closed.iter().filter(|place| place.starts_with("shop:")) {
            let shop = types::HolderCode::parse(shop).expect("a shop");
            let known = views::site(&mut db, &shop).await.expect("read").expect("known");
            let (_, infection, reason) = known.closed.expect("still closed");
            assert_eq!((infection, reason.as_str()), (true, "staff-positive"), "in the same entry");
            let left: i64 = views::serves(&mut db, AreaScope::ALL)
                .await
                .expect("a list")
                .iter()
                .filter(|line| line.shop.as_ref() == Some(&shop))
                .map(|line| line.serves.households)
                .sum();
            assert_eq!(left, 0, "nobody is left with a shop that is closed");
        }
        let serves = views::serves(&mut db, AreaScope::ALL).await.expect("a list");
        let moved = serves.iter().filter(|line| {
            line.shop.is_some()
                && line.serves.why != ServesWhy::Assigned
                && line.serves.households > 0
        });
        assert!(moved.count() > 0, "its households have another shop");
        assert_eq!(value(score, "forgotten")["count"], 0);
        assert_eq!(value(score, "forgotten_days")["count"], 0);
        let behind = &value(score, "behind_doors")["beside"];
        assert_eq!(behind["truth"], behind["system"], "the system knows each of them");
    }
    // The same people behind the same doors.
    let ((missed, due), (fewer, same)) =
        (share(&late, "meals_missed"), share(&prepared, "meals_missed"));
    assert_eq!(due, same);
    assert!(missed * 8 > due, "{missed} of {due} meals were missed");
    assert!(fewer * 4 < missed, "{fewer} of {due} with what avoids it, {missed} without");
}
