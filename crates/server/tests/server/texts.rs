//! The two languages say the same things, and every key that the source names is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Of each key, the variables that its text uses.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "target") {
                files(&path, extension, into);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            into.push(path);
        }
    }
}

fn messages(lang: &str) -> Messages {
    let mut paths = Vec::new();
    files(&crate_dir().join("locales").join(lang), "ftl", &mut paths);
    let mut all = Messages::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file");
        let mut current: Option<String> = None;
        for line in text.lines().filter(|l| !l.trim_start().starts_with('#')) {
            let is_key = line.chars().next().is_some_and(|c| c.is_ascii_lowercase());
            if is_key {
                let (key, _) = line.split_once('=').unwrap_or_else(|| panic!("{path:?}: {line}"));
                let key = key.trim().to_owned();
                assert!(
                    all.insert(key.clone(), BTreeSet::new()).is_none(),
                    "{key} stands twice in {lang}"
                );
                current = Some(key);
            }
            if let Some(variables) = current.as_ref().and_then(|key| all.get_mut(key)) {
                for piece in line.split('$').skip(1) {
                    let name: String = piece
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-')
                        .collect();
                    variables.insert(name);
                }
            }
        }
    }
    all
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_values() {
    let (zh, en) = (messages("zh"), messages("en"));
    let only = |a: &Messages, b: &Messages| -> Vec<String> {
        a.keys().filter(|k| !b.contains_key(*k)).cloned().collect()
    };
    assert_eq!(only(&zh, &en), Vec::<String>::new(), "only in Chinese");
    assert_eq!(only(&en, &zh), Vec::<String>::new(), "only in English");
    for (key, variables) in &zh {
        assert_eq!(variables, &en[key], "{key} uses other values in English");
    }
}

/// What stands between `open` and the next quote, all over the source.
fn quoted_after(open: &str, dirs: &[PathBuf]) -> BTreeSet<String> {
    let mut paths = Vec::new();
    dirs.iter().for_each(|dir| files(dir, "rs", &mut paths));
    let mut found = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file");
        // Tests may make up codes that nobody is shown.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        let in_test = path.components().any(|c| c.as_os_str() == "tests")
            || path.to_string_lossy().ends_with("_tests.rs");
        if in_test {
            continue;
        }
        for piece in text.split(open).skip(1) {
            let piece = piece.trim_start();
            if let Some(rest) = piece.strip_prefix('"')
                && let Some((word, _)) = rest.split_once('"')
            {
                found.insert(word.to_owned());
            }
        }
    }
    found
}

/// The codes of all refusals that the program makes.
fn refusal_codes() -> BTreeSet<String> {
    let crates = crate_dir().parent().expect("the crates").to_owned();
    let mut codes = quoted_after("Refusal::new(", std::slice::from_ref(&crates));
    codes.extend(quoted_after(".refuse(", std::slice::from_ref(&crates)));
    codes.extend(hl7::Rule::ALL.iter().map(|rule| rule.code().to_owned()));
    // Made from a variable, where the search does not see them; see the test below.
    let analytics = quoted_after("=>", &[crates.join("analytics/src")]);
    codes.extend(analytics.into_iter().filter(|code| code.starts_with("analytics-")));
    codes.extend(quoted_after("(rule(", &[crates.join("desks/registry/src")]));
    let by_name = [
        "box-tubes-missing",
        "box-tubes-surplus",
        "persons-duplicate",
        "persons-repeated",
        "persons-moved",
        "found-in-unknown",
        "place-code-form",
        "onset-form",
        "cases-duplicate",
        "cases-rejected",
        "rows-conflict",
        "rows-unchanged",
        "rows-unknown",
        "rows-rejected",
    ];
    codes.extend(by_name.map(str::to_owned));
    codes
}

#[test]
fn every_refusal_says_what_happened_and_what_to_do_in_both_languages() {
    let codes = refusal_codes();
    for found in ["not-your-area", "id-number-check", "analytics-triangle"] {
        assert!(codes.contains(found), "the search finds {found}");
    }
    for lang in ["en", "zh"] {
        let messages = messages(lang);
        let missing: Vec<String> = codes
            .iter()
            .flat_map(|code| [format!("refusal-{code}"), format!("refusal-{code}-next")])
            .filter(|key| !messages.contains_key(key))
            .collect();
        assert!(missing.is_empty(), "no text in {lang} for:\n{}", missing.join("\n"));
    }
}

#[test]
fn no_text_stands_for_a_refusal_that_nobody_makes() {
    let codes = refusal_codes();
    let texts = messages("en");
    let left: Vec<&str> = texts
        .keys()
        .filter_map(|key| key.strip_prefix("refusal-"))
        .filter(|code| !codes.contains(*code))
        .filter(|code| code.strip_suffix("-next").is_none_or(|whose| !codes.contains(whose)))
        .collect();
    assert!(left.is_empty(), "nobody is ever told:\n{}", left.join("\n"));
}

#[test]
fn refusals_whose_code_is_a_variable_are_known_to_these_tests() {
    let crates = crate_dir().parent().expect("the crates").to_owned();
    let mut paths = Vec::new();
    files(&crates, "rs", &mut paths);
    let made = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a file");
        text.split("Refusal::new(").skip(1).any(|rest| !rest.trim_start().starts_with('"'))
    };
    let found: BTreeSet<String> = paths
        .iter()
        .filter(|path| !path.components().any(|c| c.as_os_str() == "tests"))
        .filter(|path| made(path))
        .filter_map(|path| Some(path.strip_prefix(&crates).ok()?.display().to_string()))
        .collect();
    let known = [
        "analytics/src/error.rs",
        "desks/cases/src/command.rs",
        "desks/cases/src/rules/edit.rs",
        "desks/cases/src/rules/open.rs",
        "desks/registry/src/identity.rs",
        "desks/registry/src/rules.rs",
        "desks/testing/src/rules/carry.rs",
        "hl7/src/fault.rs",
        "protocol/src/rule.rs",
        "server/src/feed/sort.rs",
    ];
    assert_eq!(found, known.map(str::to_owned).into(), "add their codes to refusal_codes");
}

#[test]
fn every_key_that_a_page_names_has_a_text() {
    let source = crate_dir().join("src");
    let mut paths = Vec::new();
    files(&source, "rs", &mut paths);
    let mut keys = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file");
        let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        for piece in code.join(" ").split("t!(").skip(1) {
            // The key is the first quoted word of the call, after the speaker.
            let Some((speaker, rest)) = piece.split_once(',') else { continue };
            let speaks =
                speaker.trim().chars().all(|c| c.is_ascii_alphanumeric() || "&._:".contains(c));
            if let (true, Some(rest)) = (speaks, rest.trim_start().strip_prefix('"')) {
                keys.extend(rest.split_once('"').map(|(key, _)| key.to_owned()));
            }
        }
    }
    assert!(keys.contains("sign-in") && keys.contains("progress-of"), "the search finds keys");
    let messages = messages("en");
    let missing: Vec<&String> = keys.iter().filter(|k| !messages.contains_key(*k)).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
}
