//! Files that must not load, and what their editor is told.

use protocol::Protocol;

const MANIFEST: &str = r#"[protocol]
id = "bad"
title = { en = "Bad", zh = "坏" }
zone = "Asia/Shanghai"
[sources]
S = "http://example.org"
[parameters]
"rep.online" = { en = "Report within", zh = "报告时限" }
"cc.lookback" = { en = "Look back", zh = "回溯" }
"cc.q" = { en = "Quarantine", zh = "隔离" }
"#;

const HEADER: &str = r#"[edition]
protocol = "bad"
document = "d"
name = "n"
title = { en = "t", zh = "题" }
valid_from = 2022-01-01
date = { status = "found" }
"#;

const REST: &str = r#"
[rules."cc.lookback"]
value = "4 d"
status = "found"
source = ["S"]
[rules."cc.q"]
value = { centralized = "14 d", home = "7 d" }
status = "found"
source = ["S"]
"#;

fn error(files: &[(&str, &str)]) -> String {
    Protocol::from_files(files.iter().copied()).expect_err("it must not load").to_string()
}

/// The error for a base edition whose `rep.online` has this body; the rule stands on line 8.
fn rule_error(body: &str) -> String {
    let text = format!("{HEADER}[rules.\"rep.online\"]\n{body}\n{REST}");
    error(&[("protocol.toml", MANIFEST), ("base.toml", &text)])
}

/// The error for a base edition with another header.
fn header_error(from: &str, to: &str) -> String {
    let good = "[rules.\"rep.online\"]\nvalue = \"2 h\"\nstatus = \"found\"\nsource = [\"S\"]\n";
    assert!(HEADER.contains(from));
    let text = format!("{}{good}{REST}", HEADER.replace(from, to));
    error(&[("protocol.toml", MANIFEST), ("base.toml", &text)])
}

fn edition(header: &str, rules: &str) -> String {
    format!("{}\n{rules}", HEADER.replace("valid_from = 2022-01-01", header))
}

const ONLINE: &str =
    "[rules.\"rep.online\"]\nvalue = \"2 h\"\nstatus = \"found\"\nsource = [\"S\"]\n";

/// Each part that the sentence must hold.
fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_or_out_of_range_is_named() {
    let marks = "status = \"found\"\nsource = [\"S\"]";
    says(
        &rule_error(&format!("value = 2\n{marks}")),
        &["base.toml, line 8", "\"rep.online\"", "value", "expected a length of time"],
    );
    says(&rule_error(&format!("value = \"2 hours\"\n{marks}")), &["\"2 hours\" is not a length"]);
    says(
        &rule_error(&format!("value = \"200 h\"\n{marks}")),
        &["\"rep.online\"", "200 h is out of range", "expected 0.25 to 168"],
    );
}

#[test]
fn a_key_too_much_inside_a_value_is_named() {
    let rest = REST.replace("home = \"7 d\"", "home = \"7 d\", sofa = \"1 d\"");
    let text = format!("{HEADER}{ONLINE}{rest}");
    says(
        &error(&[("protocol.toml", MANIFEST), ("base.toml", &text)]),
        &["base.toml", "\"cc.q\"", "unknown field `sofa`", "expected { centralized"],
    );
    let text = format!("{HEADER}{ONLINE}colour = \"red\"\n{REST}");
    says(
        &error(&[("protocol.toml", MANIFEST), ("base.toml", &text)]),
        &["base.toml, line", "unknown field `colour`"],
    );
}

#[test]
fn marks_of_trust_must_be_whole() {
    says(&rule_error("value = \"2 h\"\nstatus = \"found\""), &["must name its source"]);
    says(
        &rule_error("value = \"2 h\"\nstatus = \"found\"\nsource = [\"X\"]"),
        &["source \"X\" is not in [sources]"],
    );
    says(&rule_error("value = \"2 h\"\nstatus = \"recalled\""), &["how sure"]);
    says(&rule_error("value = \"2 h\"\nstatus = \"chosen\""), &["setting = true"]);
    says(
        &rule_error("value = \"2 h\"\nstatus = \"found-in-part\"\nsource = [\"S\"]"),
        &["what is unverified"],
    );
    says(
        &rule_error("value = \"2 h\"\nstatus = \"found\"\nsure = \"high\"\nsource = [\"S\"]"),
        &["sure goes with \"recalled\" only"],
    );
    says(&rule_error("value = \"2 h\"\nstatus = \"guessed\""), &["base.toml, line", "guessed"]);
}

#[test]
fn headers_are_checked() {
    says(
        &header_error("protocol = \"bad\"", "protocol = \"other\""),
        &["base.toml", "edition.protocol", "\"other\""],
    );
    let zoned = "valid_from = 2022-01-01T00:00:00+08:00";
    says(
        &header_error("valid_from = 2022-01-01", zoned),
        &["edition.valid_from", "is not a local date"],
    );
    says(
        &header_error("valid_from = 2022-01-01", "valid_from = 2022-01-01\napplies_to = \"220\""),
        &["edition.applies_to", "2, 4 or 6 digits"],
    );
    says(
        &header_error("valid_from = 2022-01-01", "valid_from = 2022-01-01\nvalid_to = 2022-01-01"),
        &["edition.valid_to", "not after valid_from"],
    );
    says(&header_error("zh = \"题\"", "zh = \"\""), &["edition.title", "language"]);
    says(&header_error("valid_from = 2022-01-01", "valid_from = 2022-02-30"), &["base.toml, line"]);
}

#[test]
fn manifests_are_checked() {
    says(&error(&[("base.toml", HEADER)]), &["protocol.toml", "the file is missing"]);
    let bad = MANIFEST.replace("Asia/Shanghai", "Asia/Jilin");
    says(&error(&[("protocol.toml", &bad)]), &["protocol.zone", "Asia/Jilin"]);
    let bad = MANIFEST.replace("cc.q", "cc.quarantine");
    says(
        &error(&[("protocol.toml", &bad)]),
        &["protocol.toml, line", "cc.quarantine", "no such parameter"],
    );
    let bad = MANIFEST.replace("zh = \"隔离\"", "zh = \"\"");
    says(&error(&[("protocol.toml", &bad)]), &["\"cc.q\"", "lacks a language"]);
    says(&error(&[("protocol.toml", MANIFEST)]), &["no edition gives it a value"]);
    let text = "[protocol\nid = 1";
    says(&error(&[("protocol.toml", text)]), &["protocol.toml, line 1"]);
}

#[test]
fn an_override_may_only_name_what_exists() {
    let base = format!("{HEADER}{ONLINE}{REST}");
    let local = edition(
        "valid_from = 2022-03-01\napplies_to = \"4401\"",
        "[rules.\"cc.lokback\"]\nvalue = \"3 d\"\nstatus = \"found\"\nsource = [\"S\"]",
    );
    let files = [("protocol.toml", MANIFEST), ("base.toml", &base), ("local.toml", &local)];
    says(&error(&files), &["local.toml, line", "\"cc.lokback\"", "protocol.toml declares none"]);
}

#[test]
fn two_claims_on_one_rule_name_both_files() {
    let base = format!("{HEADER}{ONLINE}{REST}");
    let again = edition("valid_from = 2022-01-01", ONLINE);
    let files = [("protocol.toml", MANIFEST), ("base.toml", &base), ("again.toml", &again)];
    says(&error(&files), &["\"rep.online\"", "everywhere", "again.toml", "base.toml"]);

    let dated = |from: &str, to: &str| {
        let header = format!("valid_from = {from}\nvalid_to = {to}\napplies_to = \"2202\"");
        edition(&header, ONLINE)
    };
    let (first, second) = (dated("2022-02-01", "2022-04-01"), dated("2022-03-31", "2022-06-01"));
    let mut files = vec![("protocol.toml", MANIFEST), ("base.toml", base.as_str())];
    files.extend([("first.toml", first.as_str()), ("second.toml", second.as_str())]);
    says(&error(&files), &["area 2202", "first.toml", "second.toml", "2022-03-30T16:00:00Z"]);

    // One after the other is fine, and so is another area.
    let third = dated("2022-04-01", "2022-06-01");
    let elsewhere = dated("2022-02-15", "2022-06-01").replace("2202", "2201");
    let mut files = vec![("protocol.toml", MANIFEST), ("base.toml", base.as_str())];
    files.extend([
        ("first.toml", first.as_str()),
        ("third.toml", &third),
        ("else.toml", &elsewhere),
    ]);
    assert!(Protocol::from_files(files).is_ok());
}

#[test]
fn a_group_may_not_fall_silent() {
    let base = edition("valid_from = 2022-01-01\nvalid_to = 2022-02-01", ONLINE);
    let open = format!("{HEADER}{REST}");
    let files = [("protocol.toml", MANIFEST), ("base.toml", &base), ("open.toml", &open)];
    says(&error(&files), &["reporting", "\"rep.online\"", "2022-01-31T16:00:00Z"]);

    let half = REST.split("[rules.\"cc.q\"]").next().expect("a part");
    let base = format!("{HEADER}{ONLINE}{half}");
    let manifest = MANIFEST.split("\"cc.q\"").next().expect("a part");
    let files = [("protocol.toml", manifest), ("base.toml", base.as_str())];
    says(&error(&files), &["group contacts", "\"cc.q\"", "other rules of the group are in force"]);
}

#[test]
fn rules_that_contradict_each_other_are_found_in_overrides_too() {
    let manifest = format!("{MANIFEST}\"cc.q.test\" = {{ en = \"Tests\", zh = \"检测\" }}\n");
    let tests = "[rules.\"cc.q.test\"]\nvalue = { centralized = [1, 4, 7, 14], home = [2, 7] }\n\
                 status = \"found\"\nsource = [\"S\"]\n";
    let base = format!("{HEADER}{ONLINE}{REST}{tests}");
    let local = edition(
        "valid_from = 2022-03-01\napplies_to = \"4401\"",
        "[rules.\"cc.q\"]\nvalue = { centralized = \"10 d\", home = \"7 d\" }\nstatus = \"found\"\n\
         source = [\"S\"]",
    );
    let files =
        [("protocol.toml", manifest.as_str()), ("base.toml", &base), ("local.toml", &local)];
    says(&error(&files), &["contacts", "area 4401", "day 14", "cc.q ends it after 10 d"]);
}

#[test]
fn the_wide_checks_of_shipped_values_hold() {
    // A clock that leaves specimens warm for too long, in an otherwise good protocol.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocols/cn-2022");
    let mut files = Vec::new();
    for item in std::fs::read_dir(&folder).expect("the folder") {
        let path = item.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files.push((name, std::fs::read_to_string(&path).expect("a text")));
    }
    let with = |file: &str, from: &str, to: &str| -> String {
        let mut files = files.clone();
        let (_, text) = files.iter_mut().find(|(n, _)| n == file).expect("the file");
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
        let texts = files.iter().map(|(n, t)| (n.as_str(), t.as_str()));
        Protocol::from_files(texts).expect_err("it must not load").to_string()
    };
    let dispatch = "[rules.\"test.clock.dispatch_receive\"]\nvalue = ";
    says(
        &with("settings.toml", &format!("{dispatch}\"2 h\""), &format!("{dispatch}\"5 h\"")),
        &["testing", "add up to 7 h", "test.transport allows 4 h"],
    );
    let load = "[rules.\"test.clock.receive_load\"]\nvalue = ";
    says(
        &with("settings.toml", &format!("{load}\"4 h\""), &format!("{load}\"20 h\"")),
        &["test.clock.*", "test.window allows 24 h"],
    );
    says(
        &with("testing-guide-2.toml", "value = [5, 10]", "value = [5, 15]"),
        &["test.pool.other allows 15", "test.tube 10"],
    );
    says(
        &with("treatment-9.toml", "at_least = 35", "at_least = 45"),
        &["rel.ct asks for Ct 45", "limit is 40"],
    );
    says(
        &with("testing-guide-2.toml", "up_to = 5_000_000, within", "up_to = -5, within"),
        &["testing-guide-2.toml", "\"test.window\""],
    );
    says(
        &with("local-31-shanghai.toml", "rule = \"zero.sh\"", "rule = \"test.site\""),
        &["local-31-shanghai.toml", "\"test.site\" already names another rule"],
    );
}
