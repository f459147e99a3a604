//! The drill as the system's own end-to-end test: a small city lives for three days on a real
//! server, with every fault turned high and the server killed in between. After each day the
//! audit is clean and every tube is accounted for (or the program ends with an error), and the
//! score does not depend on the kills.

#[path = "support/headless.rs"]
mod headless;

use std::path::{Path, PathBuf};
use std::process::Command;

use headless::value;

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_songhua"))
}

/// Runs a drill; gives its score and what it said.
fn drill(dir: &Path, name: &str, faults: &Path) -> (serde_json::Value, String) {
    let arguments = ["--people", "2500", "--area", "220204", "--days", "3", "--seed", "7"];
    let told = headless::run(dir, name, &arguments, &[("--faults", faults)]);
    let out = dir.join(format!("{name}-score"));
    for form in ["score.html", "score.csv"] {
        assert!(out.join(form).metadata().expect("written").len() > 1_000, "{form}");
    }
    told
}

/// Evenings on which the house of which no list knows was behind a door: nobody else may be forgotten.
fn count_of_the_hidden(score: &serde_json::Value) -> i64 {
    let list = &score["lists"]["forgotten"];
    let rows = list["rows"].as_array().expect("rows");
    let hidden = rows.iter().filter(|row| row[5]["number"] == 1);
    hidden.map(|row| row[3]["number"].as_i64().expect("evenings")).sum()
}

#[test]
fn a_response_survives_its_faults_and_a_killed_server_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let profile = |name: &str, kills: u32| {
        let mut faults = drill::faults::Faults::hard();
        faults.server.kills_a_day = kills;
        let path = dir.path().join(name);
        std::fs::write(&path, toml::to_string(&faults).expect("TOML")).expect("written");
        path
    };
    let (killed, said) = drill(dir.path(), "killed", &profile("kills.toml", 3));
    let times: u32 = said
        .lines()
        .find_map(|line| line.strip_prefix("the server was killed "))
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .expect("how often it was killed");
    assert!(times >= 6, "killed {times} times:\n{said}");
    let (calm, _) = drill(dir.path(), "calm", &profile("calm.toml", 0));

    // Something happened at all.
    let count = |key: &str| value(&calm, key)["count"].as_i64().expect("a count");
    let part = |key: &str| value(&calm, key)["share"]["part"].as_i64().expect("a share");
    assert!(count("filled") > 500, "{} tubes", count("filled"));
    assert!(count("lost") > 0 && part("lost_noticed") > 0, "nothing was lost, or noticed");
    assert!(part("found") > 0, "nobody was found");
    assert!(part("refused") > 0, "nothing was refused");

    // The city ate: doors were closed, orders and packs came, and whoever is in a register was never forgotten.
    let behind = &value(&calm, "behind_doors")["beside"];
    assert!(behind["truth"].as_i64().expect("households") > 0, "no door was closed");
    assert!(
        part("meals_missed") * 4
            < value(&calm, "meals_missed")["share"]["whole"].as_i64().expect("meals")
    );
    assert!(part("orders_received") > 0 && count("packs") > 0, "nothing was brought");
    assert_eq!(count("forgotten"), 0);
    assert_eq!(count("forgotten_days"), count_of_the_hidden(&calm));

    // The same seed gives the same score, also on a server that was killed.
    let same = |score: &serde_json::Value| (score["sections"].clone(), score["lists"].clone());
    assert_eq!(same(&killed), same(&calm));
}

#[test]
fn a_drill_that_was_killed_goes_on_where_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = |data: &str, arguments: &[&str]| {
        let mut command = Command::new(program());
        command
            .args(["drill", "--headless"])
            .args(arguments)
            .arg("--data")
            .arg(dir.path().join(data))
            .arg("--out")
            .arg(dir.path().join(format!("{data}-score")));
        command
    };
    let new =
        ["jilin-2022", "--people", "1500", "--area", "220204", "--days", "2", "--faults", "hard"];
    let succeeded = |mut command: Command| {
        let ran = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{said}");
        said
    };
    // Nothing to go on with.
    let never = run("killed", &["--resume"]).output().expect("it runs");
    assert!(!never.status.success());
    let why = String::from_utf8_lossy(&never.stderr).into_owned();
    assert!(why.contains("there is no drill"), "{why}");

    succeeded(run("whole", &new));
    let whole = |data: &str| dir.path().join(data).join("drill.diary");
    let length = std::fs::metadata(whole("whole")).expect("a diary").len();
    // Killed without warning, somewhere in its second half.
    let mut killed = run("killed", &new).spawn().expect("it starts");
    loop {
        assert!(killed.try_wait().expect("a state").is_none(), "it ended by itself");
        let written = std::fs::metadata(whole("killed")).map_or(0, |m| m.len());
        if written > length / 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    let said = succeeded(run("killed", &["--resume"]));
    assert!(said.contains("the drill goes on, on its day"), "{said}");
    let score = |data: &str| {
        let path = dir.path().join(format!("{data}-score")).join("score.json");
        std::fs::read_to_string(path).expect("a score")
    };
    assert_eq!(score("killed"), score("whole"));
}
