//! `cn-2022` by example: what changed when and where, and what is marked how.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use protocol::{
    Aftercare, CarePlace, CertificateStart, CommunityPart, Edition, FoodAccess, Lang, Protocol,
    QuarantinePlace, RiskScheme, Status, ZeroRule,
};
use types::{AreaCode, AreaScope, Micros, Span};

const JILIN_CHANGYI: u32 = 220_202;
const CHANGCHUN: u32 = 220_102;
const SHANGHAI: u32 = 310_101;
const GUANGZHOU: u32 = 440_106;
const SHENZHEN: u32 = 440_305;

fn cn_2022() -> Protocol {
    Protocol::bundled().expect("the bundled protocol loads")
}

fn area(code: u32) -> AreaCode {
    AreaCode::new(code).expect("an area")
}

fn time(text: &str) -> Micros {
    Micros::parse(text).expect("a time")
}

fn at(text: &str, code: u32) -> Arc<Edition> {
    Arc::clone(cn_2022().at(time(text), area(code)))
}

/// The 73 rules of the published list that this protocol was made from.
const LISTED: [&str; 73] = [
    "case.class",
    "case.confirmed_counts",
    "place.mild",
    "place.asymptomatic",
    "place.moderate_plus",
    "place.severe",
    "place.worsen",
    "risk.high",
    "sev.adult",
    "sev.child",
    "sev.critical",
    "rel.ct",
    "rel.n",
    "rel.gap",
    "rel.alt",
    "rel.mild",
    "rel.moderate",
    "rel.after",
    "rel.after_rules",
    "rel.dec2022",
    "rep.online",
    "inv.2424",
    "cc.lookback",
    "cc.q",
    "cc.q.test",
    "cc.transfer",
    "cc2.q",
    "cc2.up",
    "cc.q9",
    "pos.transfer",
    "test.window",
    "test.window2",
    "test.window1",
    "test.scope",
    "test.site",
    "test.stand",
    "test.samplers",
    "test.site_unit",
    "test.site_ready",
    "test.pool.quarantine",
    "test.pool.locked",
    "test.pool.other",
    "test.pool.20",
    "test.round1",
    "test.freq.a",
    "test.freq.b",
    "test.freq.c",
    "test.retest",
    "test.transport",
    "test.tat",
    "test.tube",
    "test.labreserve",
    "ag.use",
    "zone.L.def",
    "zone.C.def",
    "zone.P.def",
    "zone.lift",
    "zone.lift.gz",
    "zone.lift.P",
    "zone.test.L",
    "zone.test.C",
    "zone.up",
    "zone.food",
    "zone.food.jl",
    "zone.exit.med",
    "risk.old",
    "risk.9",
    "zero.sh",
    "zero.jl",
    "zero.tag",
    "cert.48h",
    "cert.start",
    "farm.return",
];

#[test]
fn every_listed_rule_is_there_and_can_be_explained() {
    let protocol = cn_2022();
    let names: BTreeSet<&str> = protocol.names().collect();
    let missing: Vec<_> = LISTED.iter().filter(|id| !names.contains(*id)).collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
    for id in LISTED {
        let explained = protocol.explain(id, Micros(0), area(JILIN_CHANGYI)).expect(id);
        assert!(!explained.label.zh.is_empty());
    }
}

#[test]
fn on_15_march_mild_cases_leave_the_hospitals() {
    let before = at("2022-03-14T23:59:59.999999+08:00", JILIN_CHANGYI);
    let after = at("2022-03-15T00:00:00+08:00", JILIN_CHANGYI);

    let old = before.care().expect("in force");
    assert_eq!(old.mild.place, CarePlace::DesignatedHospital);
    assert_eq!(old.mild.info().edition.name, "8th revised");
    let new = after.care().expect("in force");
    assert_eq!(new.mild.place, CarePlace::CentralizedIsolation);
    assert_eq!(new.moderate_plus.place, CarePlace::DesignatedHospital);
    assert!(new.moderate_plus.high_risk_too);

    let old = before.release().expect("in force");
    assert_eq!((old.after.care, old.after.length), (Aftercare::Isolation, Span::days(14)));
    assert!(old.alternative.is_none());
    let new = after.release().expect("in force");
    assert_eq!((new.after.care, new.after.length), (Aftercare::HomeMonitoring, Span::days(7)));
    assert_eq!((new.consecutive.value, new.gap.value), (2, Span::hours(24)));
    assert!(new.ct.is_met(&[Some(35.0), None]));
    assert!(!new.ct.is_met(&[Some(34.9), None]));
    assert!(!new.ct.is_met(&[]));
    assert!(new.mild.tests && !new.mild.symptoms_better);
    assert_eq!(new.moderate.temperature_normal_over, Some(Span::days(3)));
}

#[test]
fn the_day_begins_at_midnight_in_china() {
    assert_eq!(time("2022-03-14T16:00:00Z"), time("2022-03-15T00:00:00+08:00"));
    let protocol = cn_2022();
    let ninth = protocol.editions().iter().find(|e| e.file == "treatment-9.toml");
    assert_eq!(ninth.expect("there").valid_from, time("2022-03-14T16:00:00Z"));
}

#[test]
fn contacts_look_back_longer_than_zones_and_change_in_june() {
    let spring = at("2022-04-01T08:00:00+08:00", JILIN_CHANGYI);
    let contacts = spring.contacts().expect("in force");
    assert_eq!(contacts.lookback.value, Span::days(4));
    assert_eq!(spring.zones().expect("in force").locked.lookback, Some(Span::days(2)));
    assert_eq!(contacts.quarantine.whole(), Span::days(21));
    let tests = contacts.tests.as_ref().expect("in force");
    assert_eq!(
        (tests.centralized.0.as_slice(), tests.home.0.as_slice()),
        (&[1, 4, 7, 14][..], &[2, 7][..])
    );
    let secondary = contacts.secondary.as_ref().expect("in force");
    assert_eq!(secondary.place, QuarantinePlace::Centralized);

    let summer = at("2022-06-28T00:00:00+08:00", JILIN_CHANGYI);
    let contacts = summer.contacts().expect("in force");
    assert_eq!(contacts.quarantine.whole(), Span::days(10));
    assert_eq!(contacts.quarantine.info().rule, "cc.q9");
    assert_eq!(contacts.secondary.as_ref().expect("in force").place, QuarantinePlace::Home);
    assert_eq!(contacts.secondary_upgrade.as_ref().expect("still").info().edition.name, "8th");
    assert!(matches!(summer.risk().expect("in force").level.value, RiskScheme::Steps { .. }));
    assert!(matches!(spring.risk().expect("in force").level.value, RiskScheme::Counts { .. }));
}

#[test]
fn antigen_tests_begin_in_march() {
    let before = at("2022-03-10T23:00:00+08:00", JILIN_CHANGYI);
    assert_eq!(before.antigen().expect_err("not yet").code, "protocol-not-in-force");
    let after = at("2022-03-11T00:00:00+08:00", JILIN_CHANGYI);
    assert_eq!(after.antigen().expect("in force").use_of.quarantine_first_days, 5);
}

#[test]
fn guangzhou_lifts_zones_in_its_own_way_and_nobody_else() {
    let moved = |text, code| {
        let edition = at(text, code);
        edition.zones().expect("in force").lift.or_last_contact_moved_over
    };
    assert_eq!(moved("2022-04-11T00:00:00+08:00", GUANGZHOU), Some(Span::days(4)));
    assert_eq!(moved("2022-04-10T23:59:59+08:00", GUANGZHOU), None);
    for other in [SHENZHEN, JILIN_CHANGYI, SHANGHAI] {
        assert_eq!(moved("2022-04-20T00:00:00+08:00", other), None);
    }
    // The override changes only its own key.
    let edition = at("2022-04-20T00:00:00+08:00", GUANGZHOU);
    assert_eq!(edition.scope, AreaScope::parse("4401").expect("a scope"));
    let zones = edition.zones().expect("in force");
    assert_eq!(zones.lift.info().rule, "zone.lift.gz");
    assert_eq!(zones.test_locked.info().edition.applies_to, AreaScope::ALL);
}

#[test]
fn community_zero_is_counted_in_shanghai_and_declared_in_jilin() {
    let zero = |text, code| at(text, code).zero().expect("in force").rule.clone();
    let shanghai = zero("2022-05-01T00:00:00+08:00", SHANGHAI);
    let ZeroRule::Counted { community, days: 3, zero_up_to: 0, .. } = &shanghai.value else {
        panic!("{:?}", shanghai.value)
    };
    assert!(community.contains(&CommunityPart::Mobile));
    assert_eq!(shanghai.info().rule, "zero.sh");
    assert_eq!(zero("2022-04-30T23:59:59+08:00", SHANGHAI).status(), &Status::Chosen);
    for code in [JILIN_CHANGYI, CHANGCHUN] {
        let jilin = zero("2022-04-08T12:00:00+08:00", code);
        assert!(matches!(jilin.value, ZeroRule::Declared { .. }));
        assert_eq!(jilin.info().rule, "zero.jl");
    }
}

#[test]
fn food_certificates_and_farmers_differ_by_place() {
    let jilin = at("2022-04-11T00:00:00+08:00", JILIN_CHANGYI);
    assert_eq!(jilin.zones().expect("in force").food.controlled, FoodAccess::CalledDown);
    assert!(jilin.movement().expect("in force").farmers_return.is_some());
    let harbin = at("2022-04-11T00:00:00+08:00", 230_102);
    let movement = harbin.movement().expect("in force");
    assert_eq!(movement.certificate.valid_for, Span::hours(48));
    assert_eq!(movement.certificate.venues[0].code, "hairdresser");
    assert_eq!(movement.certificate_start.value, CertificateStart::Sampling);
    assert!(movement.certificate_start.is_setting());
    assert!(movement.farmers_return.is_none());
    assert_eq!(harbin.zones().expect("in force").food.controlled, FoodAccess::Shopping);
    let yancheng = at("2022-04-11T00:00:00+08:00", 320_902);
    let tests = &yancheng.zones().expect("in force").test_locked;
    assert_eq!(tests.info().edition.document, "local-yancheng");
}

#[test]
fn in_december_2022_mild_cases_stay_at_home() {
    let edition = at("2022-12-07T00:00:00+08:00", JILIN_CHANGYI);
    assert_eq!(edition.care().expect("in force").mild.place, CarePlace::Home);
    let mild = &edition.release().expect("in force").mild;
    assert_eq!(mild.test_days.as_ref().expect("named").0, [6, 7]);
    assert_eq!(mild.info().rule, "rel.dec2022");
}

#[test]
fn severity_reads_by_age() {
    let edition = at("2022-04-01T00:00:00+08:00", JILIN_CHANGYI);
    let severity = edition.severity().expect("in force");
    let rate = |months| severity.child.rate_for(months);
    assert_eq!([rate(1), rate(2), rate(12), rate(60)], [60, 50, 40, 30].map(Some));
    assert_eq!(severity.adult.respiratory_rate_from, 30);
    assert!(severity.high_risk.conditions.get("pregnancy").is_some());
    assert_eq!(edition.cases().expect("in force").classes.0.len(), 5);
    let pace = edition.reporting().expect("in force").investigation.as_ref();
    assert_eq!(pace.expect("in force").core_information, Span::hours(4));
}

#[test]
fn what_was_not_read_in_a_source_says_so() {
    let protocol = cn_2022();
    let status = |id: &str, text: &str| {
        let found = protocol.explain(id, time(text), area(JILIN_CHANGYI)).expect(id);
        found.current.expect("in force").rule.status.clone()
    };
    let spring = "2022-04-01T08:00:00+08:00";
    assert_eq!(status("test.window", spring), Status::Found);
    assert_eq!(status("test.clock.seal_box", spring), Status::Chosen);
    let Status::FoundInPart { unverified } = status("rel.ct", spring) else {
        panic!("both genes and the limit are recalled")
    };
    assert!(unverified.en.contains("ORF"));
    for id in ["pos.transfer", "cc.transfer", "test.transport", "ag.use", "rep.online"] {
        let status = status(id, spring);
        assert!(matches!(status, Status::Recalled { .. }), "{id}: {status:?}");
        assert!(!status.is_verified());
    }
    for row in protocol.parameters() {
        let cites = row.source.en.contains("http")
            || row.source.en.contains("newspaper")
            || row.source.en.contains("bulletins");
        assert!(!row.status.is_verified() || cites, "{}: {}", row.id, row.source.en);
    }
}

#[test]
fn an_explanation_tells_the_history() {
    let protocol = cn_2022();
    let asked = time("2022-03-25T00:00:00+08:00");
    let explained =
        protocol.explain("test.window2", asked, area(JILIN_CHANGYI)).expect("a known name");
    assert_eq!(explained.id, "test.window");
    let history: Vec<_> = explained
        .history
        .iter()
        .map(|s| (s.rule.rule.as_str(), s.rule.text.en.as_str(), s.from))
        .collect();
    assert_eq!(
        history,
        [
            (
                "test.window1",
                "≤5,000,000: 48 h; >5,000,000: 3–5 d",
                time("2021-02-09T00:00:00+08:00")
            ),
            (
                "test.window2",
                "≤5,000,000: 48 h; >5,000,000: 3 d",
                time("2021-09-14T00:00:00+08:00")
            ),
            ("test.window", "24 h", time("2022-03-22T00:00:00+08:00")),
        ]
    );
    let current = explained.current.expect("in force");
    assert_eq!((current.rule.rule.as_str(), current.to), ("test.window", Micros::MAX));
    assert_eq!(current.rule.text.zh, "24小时");

    let early = protocol.explain("test.window", Micros(0), area(JILIN_CHANGYI)).expect("known");
    assert!(early.current.is_none() && early.history.len() == 3);
    let unknown = protocol.explain("test.nothing", asked, area(JILIN_CHANGYI));
    assert_eq!(unknown.expect_err("unknown").code, "protocol-unknown-parameter");
}

#[test]
fn the_bundle_holds_the_files_of_the_folder() {
    for name in Protocol::bundled_names() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocols").join(name);
        let from_folder = Protocol::load_dir(&folder).expect("the folder loads");
        let bundled = Protocol::bundled_as(name).expect("the bundle loads");
        assert_eq!(from_folder.id(), name);
        assert_eq!(from_folder.parameters(), bundled.parameters());
        assert_eq!(from_folder.editions(), bundled.editions());
    }
    let error = Protocol::bundled_as("no-such").expect_err("not bundled");
    assert!(error.to_string().contains("cn-2022, measles-demo"), "{error}");
}

/// The whole listing as text, so that a change of any value shows in review. After a wanted
/// change: `UPDATE_LISTING=1 cargo test -p songhua-protocol`.
#[test]
fn the_listing_is_the_reviewed_one() {
    let mut listing = String::new();
    let protocol = cn_2022();
    for row in protocol.parameters() {
        let until = row.valid_to.map_or("open".to_owned(), Micros::rfc3339);
        let unit = row.unit.map_or(String::new(), |u| format!(" {}", u.en));
        listing.push_str(&format!(
            "{} ({}) [{}] {}..{} {} | {}{unit} | {} | {}{}\n",
            row.id,
            row.rule,
            row.applies_to,
            row.valid_from.rfc3339(),
            until,
            row.edition,
            row.value.en,
            row.value.zh,
            row.status.text(Lang::En),
            if row.setting { " | setting" } else { "" },
        ));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cn_2022_listing.txt");
    if std::env::var_os("UPDATE_LISTING").is_some() {
        std::fs::write(&path, &listing).expect("the listing is written");
    }
    let reviewed = std::fs::read_to_string(&path).expect("the reviewed listing");
    for (now, then) in listing.lines().zip(reviewed.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(listing.lines().count(), reviewed.lines().count());
}
