//! Drills with nobody looking on, for stories: run by the program itself, and judged by their score.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Serialize;
use serde_json::Value;

/// Writes settings beside the drill's data, as a file of the program's command line.
pub fn written(dir: &Path, file: &str, settings: &impl Serialize) -> PathBuf {
    let path = dir.join(file);
    std::fs::write(&path, toml::to_string(settings).expect("TOML")).expect("written");
    path
}

/// Runs a drill of Jilin to its end in `dir`, with its data as `NAME` and its score as `NAME-score`; gives the score,
/// and what the program said meanwhile.
pub fn run(dir: &Path, name: &str, arguments: &[&str], files: &[(&str, &Path)]) -> (Value, String) {
    let out = dir.join(format!("{name}-score"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_songhua"));
    command.args(["drill", "jilin-2022", "--headless"]).args(arguments);
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    command.arg("--data").arg(dir.join(name)).arg("--out").arg(&out);
    let Output { status, stdout, stderr } = command.output().expect("the drill runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "{}\n{said}", String::from_utf8_lossy(&stdout));
    let text = std::fs::read_to_string(out.join("score.json")).expect("a score");
    (serde_json::from_str(&text).expect("JSON"), said)
}

/// The value of a measure.
pub fn value<'a>(score: &'a Value, key: &str) -> &'a Value {
    let sections = score["sections"].as_array().expect("sections");
    let mut measures = sections.iter().flat_map(|s| s["measures"].as_array().expect("measures"));
    let found = measures.find(|m| m["key"] == key);
    found.map(|m| &m["value"]).unwrap_or_else(|| panic!("no {key}"))
}

/// A measure that is a share: its part, and the whole.
pub fn share(score: &Value, key: &str) -> (i64, i64) {
    let of = &value(score, key)["share"];
    (of["part"].as_i64().expect("a part"), of["whole"].as_i64().expect("a whole"))
}
