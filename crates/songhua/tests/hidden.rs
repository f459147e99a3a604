//! The attack on community zero: people live in a house of which no list knows, and a chain of infections
//! runs there. Nobody else is infected, so that every round is clean and every claim looks met. Sweeps find the
//! house, and zero is not signed while the chain is alive; without sweeps it is signed, and is false.

#[path = "support/headless.rs"]
mod headless;

use std::path::Path;

use headless::{share, value};
use serde_json::Value;

/// Runs a drill in a town without any other outbreak; gives its score.
fn drill(dir: &Path, sweeps: bool) -> Value {
    let name = if sweeps { "swept" } else { "unswept" };
    let mut faults = drill::faults::Faults::none();
    faults.city.hidden_dormitory = 24;
    let work = drill::config::Work {
        seeded_least: 0,
        seeded_share: 0.0,
        sweeps,
        ..drill::config::Work::default()
    };
    let faults = headless::written(dir, &format!("{name}-faults.toml"), &faults);
    let work = headless::written(dir, &format!("{name}-work.toml"), &work);
    let arguments = ["--people", "1000", "--area", "220204", "--days", "4", "--seed", "11"];
    headless::run(dir, name, &arguments, &[("--faults", &faults), ("--work", &work)]).0
}

#[test]
fn a_chain_in_a_house_on_no_list_is_found_by_sweeps_and_zero_waits_for_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let swept = drill(dir.path(), true);
    let unswept = drill(dir.path(), false);
    for score in [&swept, &unswept] {
        assert_eq!(value(score, "hidden")["count"], 24);
        let (_, infected) = share(score, "hidden_infected");
        assert!(infected >= 2, "a chain ran there: {infected}");
    }

    // Sweeps find the house, its people are registered and swabbed, and the infected are cases.
    let found = &value(&swept, "hidden_to_found")["spans"];
    assert_eq!(found["n"], 1, "the house was found");
    assert!(found["max"].as_f64().expect("hours") <= 72.0, "within three days: {found}");
    let (cases, _) = share(&swept, "hidden_infected");
    assert!(cases >= 2, "{cases} of them are known cases");
    assert_eq!(share(&swept, "zero_false"), (0, 0), "nothing was signed while the chain was alive");

    // The same town without sweeps: every round is clean, and what is signed is false.
    assert_eq!(value(&unswept, "hidden_to_found")["spans"]["n"], 0, "nobody was looking");
    let (wrong, signed) = share(&unswept, "zero_false");
    assert!(signed > 0 && wrong == signed, "{wrong} of {signed} were false");
}
