//! The attack on community zero: people live in a house of which no list knows, and a chain of infections
//! runs there. Nobody else is infected, so that every round is clean and every claim looks met. Sweeps find the
//! house, and zero is not signed while the chain is alive; without sweeps it is signed, and is false.

use std::path::{Path, PathBuf};
use std::process::Command;

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
    let written = |file: String, text: String| {
        let path: PathBuf = dir.join(file);
        std::fs::write(&path, text).expect("written");
        path
    };
    let faults = written(format!("{name}-faults.toml"), toml::to_string(&faults).expect("TOML"));
    let work = written(format!("{name}-work.toml"), toml::to_string(&work).expect("TOML"));
    let out = dir.join(format!("{name}-score"));
    let run = Command::new(env!("CARGO_BIN_EXE_songhua"))
        .args(["drill", "jilin-2022", "--headless", "--people", "1000", "--area", "220204"])
        .args(["--days", "4", "--seed", "11"])
        .args([Path::new("--faults"), &faults, Path::new("--work"), &work])
        .args([Path::new("--data"), &dir.join(name), Path::new("--out"), &out])
        .output()
        .expect("the drill runs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{}\n{said}", String::from_utf8_lossy(&run.stdout));
    let text = std::fs::read_to_string(out.join("score.json")).expect("a score");
    serde_json::from_str(&text).expect("JSON")
}

/// The value of a measure.
fn value<'a>(score: &'a Value, key: &str) -> &'a Value {
    let sections = score["sections"].as_array().expect("sections");
    let mut measures = sections.iter().flat_map(|s| s["measures"].as_array().expect("measures"));
    let found = measures.find(|m| m["key"] == key);
    found.map(|m| &m["value"]).unwrap_or_else(|| panic!("no {key}"))
}

fn share(score: &Value, key: &str) -> (i64, i64) {
    let of = &value(score, key)["share"];
    (of["part"].as_i64().expect("a part"), of["whole"].as_i64().expect("a whole"))
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
