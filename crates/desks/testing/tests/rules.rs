//! What each rule of the desk says: refused with its rule, or taken with a remark. On both
//! stores, since a remark is kept as it was given.

#[path = "support/city.rs"]
mod city;

use city::{
    City, by, collect, filling, hand, mark, minute, open_box, pack, person, read, result, round,
    transport_box, tube,
};
use ledger::{Envelope, Outcome};
use store::both_stores;
use testing::views::{self, ResultState};
use testing::{
    Command, Exempt, Fault, LoadPlate, Mode, OpenRound, PlanSites, ResultStatus, SetCapacity,
    SitePlan, Slot, Well, Zone,
};
use types::{HolderCode, PlaceCode, RoundId};

/// The code and the rule of each remark.
fn remarks(outcome: &Outcome) -> Vec<(String, Option<String>)> {
    let one = |n: &types::Refusal| (n.code.to_string(), n.rule.as_ref().map(ToString::to_string));
    outcome.notes.iter().map(one).collect()
}

fn codes(outcome: &Outcome) -> Vec<String> {
    outcome.notes.iter().map(|n| n.code.to_string()).collect()
}

fn load(at: i64, n: u32) -> Envelope<Command> {
    let wells = vec![Well { well: "A1".into(), tube: tube(n) }];
    let load = LoadPlate { plate: format!("P{n}"), lab: city::holder("lab:L1"), wells };
    by("lab:L1", at, Command::LoadPlate(load))
}

fn exempt(at: i64, who: u8, reason: &str, evidence: Option<&str>) -> Envelope<Command> {
    let (reason, evidence) = (reason.to_owned(), evidence.map(ToOwned::to_owned));
    let exempt = Exempt { round: round(), person: person(who), reason, evidence };
    by("user:grid", at, Command::Exempt(exempt))
}

fn site(persons: i64, slot: (i64, i64), compound: &str) -> Envelope<Command> {
    let place = |text: &str| PlaceCode::parse(text).expect("a place");
    let (from, until) = (minute(slot.0), minute(slot.1));
    let plan = SitePlan {
        site: city::holder("site:S1"),
        community: place(city::COMMUNITY),
        slots: vec![Slot { compound: place(compound), from, until }],
        stands: 4,
        samplers: 8,
        persons,
    };
    by("user:chief", 0, Command::PlanSites(PlanSites { round: round(), sites: vec![plan] }))
}

fn capacity(claimed: i64, staffed: i64) -> Envelope<Command> {
    let (lab, from, source) = (city::holder("lab:L1"), minute(0), "by telephone".to_owned());
    by("user:chief", 0, Command::SetCapacity(SetCapacity { lab, claimed, staffed, from, source }))
}

async fn state(city: &City, who: u8) -> Option<ResultState> {
    let mut db = city.engine.store().reader().await.expect("reader");
    let latest = views::latest(&mut db, &[(city::area(), person(who))]).await.expect("latest");
    latest.get(&person(who)).map(|r| r.state)
}

both_stores! {
    async fn a_round_is_planned_within_its_area_and_its_window(bed: TestBed) {
        let city = City::new(bed).await;
        let place = |text: &str| PlaceCode::parse(text).expect("a place");
        let open = |ends: i64, places: Vec<PlaceCode>| {
            let open = OpenRound {
                round: RoundId::from_bytes([8; 16]),
                name_zh: "第四轮".into(),
                name_en: "Round four".into(),
                number: 4,
                places,
                starts_at: minute(0),
                ends_at: minute(ends),
                population: 3_623_700,
                prevalence: None,
                ordered_hours: None,
            };
            by("user:chief", -30, Command::OpenRound(open))
        };
        assert_eq!(city.refusal(open(600, vec![])).await, "round-without-region");
        assert_eq!(city.refusal(open(0, vec![place("2202")])).await, "round-ends-before-start");
        let long = city.accept(vec![open(72 * 60, vec![place("2202")])]).await;
        let said = remarks(&long[0]);
        assert!(said.iter().any(|(code, rule)| code == "round-longer-than-window" && rule.is_some()), "{said:?}");

        assert_eq!(city.refusal(site(900, (60, 60), "220202001001-01")).await, "slot-ends-before-start");
        assert_eq!(city.refusal(site(900, (0, 60), "220203001001-01")).await, "place-outside-area");
        assert!(codes(&city.accept(vec![site(900, (0, 60), "220202001001-01")]).await[0]).is_empty());
        let large = city.accept(vec![site(90_000, (0, 60), "220202001001-01")]).await;
        assert_eq!(codes(&large[0]), ["site-too-large"]);
        let early = city.accept(vec![site(900, (-60, 60), "220202001001-01")]).await;
        assert_eq!(codes(&early[0]), ["slot-outside-round"]);
        let mut db = city.engine.store().reader().await.expect("reader");
        let sites = views::sites(&mut db, types::AreaScope::ALL, round()).await.expect("sites");
        assert_eq!(sites[0].slots, [("220202001001-01".to_owned(), minute(-60), minute(60))]);
        drop(db);
        city.accept(vec![by("user:chief", 60, Command::CloseRound { round: round() })]).await;
        assert_eq!(city.refusal(site(900, (0, 60), "220202001001-01")).await, "round-closed");
        assert_eq!(city.refusal(exempt(70, 5, "away", Some("a ticket"))).await, "round-closed");
        // A swab that was taken is not turned away.
        let late = city.accept(vec![collect(90, 1, &[1, 2])]).await;
        assert_eq!(codes(&late[0]), ["outside-round"]);
        city.audit().await;
    }

    async fn capacities_are_kept_apart(bed: TestBed) {
        let city = City::new(bed).await;
        assert_eq!(city.refusal(capacity(100, 200)).await, "staffed-over-claimed");
        assert_eq!(city.refusal(capacity(-1, -1)).await, "count-negative");
        city.accept(vec![capacity(90_000, 45_000)]).await;
        // Six tubes tested in three hours: 48 a day, whatever anybody claims.
        for n in 1..=8 {
            city.accept(vec![collect(10, n, &[n as u8]), hand(20, tube(n), "site:S1", "lab:L1")]).await;
        }
        for n in 1..=6 {
            city.accept(vec![result(60 + 20 * i64::from(n), n, None)]).await;
        }
        let mut db = city.engine.store().reader().await.expect("reader");
        let labs = views::laboratories(&mut db, types::AreaScope::ALL, minute(0), minute(180)).await;
        let lab = &labs.expect("laboratories")[0];
        assert_eq!((lab.claimed, lab.staffed, lab.measured), (90_000, 45_000, 48));
        assert_eq!((lab.received, lab.tested, lab.waiting), (8, 6, 2));
        let hours = views::lab_hours(&mut db, types::AreaScope::ALL, minute(0)).await.expect("hours");
        let tested: Vec<i64> = hours["lab:L1"].values().map(|h| h.tested).collect();
        assert_eq!(tested, [0, 2, 3, 1], "hour by hour");
        let stated = views::capacities(&mut db, &HolderCode::parse("lab:L1").expect("a holder")).await;
        assert_eq!(stated.expect("capacities")[0].source, "by telephone");
        city.audit().await;
    }

    async fn an_exemption_needs_its_evidence(bed: TestBed) {
        let city = City::new(bed).await;
        assert_eq!(city.refusal(exempt(5, 5, "away", None)).await, "exemption-needs-evidence");
        assert_eq!(city.refusal(exempt(5, 5, "away", Some("  "))).await, "exemption-needs-evidence");
        city.accept(vec![exempt(5, 5, "recovered", Some("release letter"))]).await;
        let sampled = city.accept(vec![collect(10, 1, &[6]), exempt(20, 6, "inpatient", Some("ward 3"))]).await;
        assert_eq!(codes(&sampled[1]), ["exempt-but-sampled"]);
        let mut db = city.engine.store().reader().await.expect("reader");
        let scope = types::AreaScope::ALL;
        let lines = views::exemptions(&mut db, scope, round(), None, None, 10).await.expect("exemptions");
        let told: Vec<_> = lines.iter().map(|l| (l.person, l.reason.as_str(), l.evidence.as_deref())).collect();
        assert_eq!(told, [
            (person(5), "recovered", Some("release letter")), (person(6), "inpatient", Some("ward 3")),
        ]);
        // By place and page by page they are the same.
        let first = (lines[0].area, lines[0].place.clone(), lines[0].person);
        let rest = views::exemptions(&mut db, scope, round(), None, Some(&first), 10).await;
        assert_eq!(rest.expect("exemptions"), lines[1..]);
        let home = PlaceCode::parse(&lines[0].place).expect("a compound");
        let at = |code: &str| PlaceCode::parse(code).expect("a place");
        for (place, found) in [(&home, 2), (&at(&home.as_str()[..6]), 2), (&at("220284"), 0)] {
            let there = views::exemptions(&mut db, scope, round(), Some(place), None, 10).await;
            assert_eq!(there.expect("exemptions").len(), found, "{place}");
        }
        // It excuses from this round, and ends with it at the latest.
        assert_eq!((lines[0].until, lines[1].until), (Some(minute(24 * 60)), None));
        let totals = views::totals(&mut db, scope, round()).await.expect("totals");
        assert_eq!(totals.persons(testing::Stage::Exempt), 2);
        city.audit().await;
    }

    async fn a_tube_says_with_its_rule_what_is_wrong_with_it(bed: TestBed) {
        let city = City::new(bed).await;
        let mut wide = filling(1, Mode::Ten, &[1, 2]);
        wide.zone = Zone::Locked;
        let outcomes = city.accept(vec![by("site:S1", 10, Command::Collect(wide))]).await;
        assert_eq!(remarks(&outcomes[0]), [("mode-not-allowed".into(), Some("test.pool.locked".into()))]);
        let mut stranger = filling(2, Mode::Single, &[77]);
        stranger.zone = Zone::Quarantine;
        let outcomes = city.accept(vec![by("site:S1", 20, Command::Collect(stranger)), collect(30, 3, &[1, 2])]).await;
        assert_eq!(codes(&outcomes[0]), ["person-unregistered"]);
        assert_eq!(codes(&outcomes[1]), ["person-already-sampled"]);
        let counts = city.counts().await;
        assert_eq!((counts["sampled"], counts["unregistered"], counts["repeat"]), ((2, 0), (1, 0), (2, 0)));
        let mut elsewhere = filling(4, Mode::Single, &[4]);
        elsewhere.site = city::holder("lab:L1");
        assert_eq!(city.refusal(by("site:S1", 40, Command::Collect(elsewhere))).await, "wrong-kind-of-holder");
        let mut box_ = filling(4, Mode::Single, &[4]);
        box_.tube = transport_box(4);
        assert_eq!(city.refusal(by("site:S1", 40, Command::Collect(box_))).await, "wrong-kind-of-code");
        city.audit().await;
    }

    async fn on_the_way_a_contradiction_is_taken_with_a_remark(bed: TestBed) {
        let city = City::new(bed).await;
        assert_eq!(city.refusal(pack(10, 1, &[])).await, "box-empty");
        assert_eq!(city.refusal(by("site:S1", 10, Command::SealBox { box_: transport_box(1) })).await, "box-empty");
        assert_eq!(city.refusal(hand(10, transport_box(1), "site:S1", "site:S1")).await, "same-holder");
        city.accept(vec![collect(10, 1, &[1]), pack(20, 1, &[1])]).await;
        let again = city.accept(vec![pack(25, 1, &[1])]).await;
        assert_eq!(codes(&again[0]), ["tube-already-in-box"]);
        let unknown = city.accept(vec![hand(30, transport_box(9), "site:S1", "courier:C1")]).await;
        assert_eq!(codes(&unknown[0]), ["unit-unexplained"]);
        city.accept(vec![hand(60, transport_box(1), "site:S1", "lab:L1"), open_box(70, 1, &[1])]).await;
        let twice = city.accept(vec![open_box(80, 1, &[1])]).await;
        assert_eq!(codes(&twice[0]), ["tube-already-received"]);
        assert_eq!(city.refusal(pack(90, 1, &[1])).await, "box-closed");
        let closed = city.accept(vec![hand(95, transport_box(1), "lab:L1", "courier:C1")]).await;
        assert_eq!(codes(&closed[0]), ["unit-closed"]);
        city.audit().await;
    }

    async fn a_reading_follows_from_the_values_by_the_protocol(bed: TestBed) {
        let city = City::new(bed).await;
        // The control came too late: no statement, sample again.
        city.accept(vec![collect(10, 1, &[1, 2])]).await;
        let invalid = city.accept(vec![read(100, 1, None, Some(45.0), ResultStatus::Final)]).await;
        assert!(remarks(&invalid[0]).iter().any(|(code, rule)| code == "result-invalid-by-rule" && rule.is_some()));
        assert_eq!(state(&city, 1).await, Some(ResultState::Recall));
        // One target of two, in a tube of one's own: unclear, held.
        city.accept(vec![collect(20, 2, &[3])]).await;
        let Command::RecordResult(mut single) = result(110, 2, Some(30.0)).command else { unreachable!() };
        single.ct_orf1ab = None;
        city.accept(vec![by("lab:L1", 110, Command::RecordResult(single))]).await;
        assert_eq!(state(&city, 3).await, Some(ResultState::Held));
        // Both targets in a tube of one's own: positive. In the grey zone: unclear.
        city.accept(vec![collect(30, 3, &[4]), result(120, 3, Some(20.0)), collect(31, 4, &[5]), result(121, 4, Some(39.0))]).await;
        assert_eq!((state(&city, 4).await, state(&city, 5).await), (Some(ResultState::Positive), Some(ResultState::Held)));
        // The laboratory reads otherwise: the values decide, and it is told.
        city.accept(vec![collect(32, 5, &[6])]).await;
        let Command::RecordResult(mut stated) = result(130, 5, None).command else { unreachable!() };
        stated.stated = Some(testing::Reading::Positive);
        let told = city.accept(vec![by("lab:L1", 130, Command::RecordResult(stated))]).await;
        assert!(codes(&told[0]).contains(&"reading-differs".to_owned()));
        assert_eq!(state(&city, 6).await, Some(ResultState::Negative));
        // One who is held comes alone, as the rule says, wherever that is: no remark.
        let again = city.accept(vec![collect(140, 6, &[3])]).await;
        assert_eq!(codes(&again[0]), ["person-already-sampled"]);
        // Held and recalled are all of the pools and unclear ones, and nobody else.
        assert_eq!(city.recalled().await, [person(1), person(2), person(3), person(5)]);
        city.audit().await;
    }

    async fn a_swab_that_is_too_old_cannot_say_no(bed: TestBed) {
        let city = City::new(bed).await;
        let days = 5 * 24 * 60;
        city.accept(vec![collect(10, 1, &[1]), collect(11, 2, &[2])]).await;
        let loaded = city.accept(vec![load(days, 1), load(days, 2)]).await;
        assert!(codes(&loaded[0]).contains(&"specimen-too-old".to_owned()));
        city.accept(vec![result(days + 120, 1, None), result(days + 121, 2, Some(22.0))]).await;
        // Too old for a negative; a positive stays one.
        assert_eq!((state(&city, 1).await, state(&city, 2).await), (Some(ResultState::Recall), Some(ResultState::Positive)));
        assert_eq!(city.recalled().await, [person(1)]);
        city.audit().await;
    }

    async fn a_tube_is_late_in_its_box_when_its_swabs_do_not_keep(bed: TestBed) {
        let city = City::new(bed).await;
        // Swabs keep for four hours at room temperature. The box left before anybody knew that
        // an older tube is in it, so that its own clock runs longer.
        city.accept(vec![
            collect(100, 1, &[1]), pack(110, 1, &[1, 2]),
            hand(200, transport_box(1), "site:S1", "courier:C1"), collect(0, 2, &[2]),
        ]).await;
        let late = async |at: i64| {
            let mut db = city.engine.store().reader().await.expect("reader");
            let scope = types::AreaScope::ALL;
            let lines = ledger::views::late(&mut db, scope, minute(at)).await.expect("late");
            let who = HolderCode::parse("courier:C1").expect("a holder");
            let units = ledger::views::late_units(&mut db, scope, Some(&who), minute(at), None, 10).await.expect("units");
            let lines: Vec<_> = lines.iter().map(|l| (l.holder.clone(), l.packed, l.units)).collect();
            (lines, units.iter().map(|l| (l.id, l.container)).collect::<Vec<_>>())
        };
        assert_eq!(late(239).await, (vec![], vec![]), "on its way, and in time");
        let box_ = transport_box(1);
        assert_eq!(late(241).await, (vec![("courier:C1".into(), true, 1)], vec![(tube(2), Some(box_))]));
        // The laboratory has it in its box, unopened: it is still too warm, and now it is theirs.
        city.accept(vec![hand(245, box_, "courier:C1", "lab:L1")]).await;
        assert_eq!(late(250).await, (vec![("lab:L1".into(), true, 1)], vec![]));
        city.accept(vec![open_box(255, 1, &[1, 2])]).await;
        assert_eq!(late(260).await, (vec![], vec![]));
        city.audit().await;
    }

    async fn counters_go_by_the_hour_of_the_event(bed: TestBed) {
        let city = City::new(bed).await;
        // Told in the evening, all at once.
        city.accept(vec![
            collect(10, 1, &[1, 2]), collect(70, 2, &[3]), collect(71, 3, &[4]),
            hand(130, tube(1), "site:S1", "courier:C1"), mark(200, 2, Fault::Lost),
        ]).await;
        let mut db = city.engine.store().reader().await.expect("reader");
        let hours = views::hours(&mut db, types::AreaScope::ALL, round(), "").await.expect("hours");
        let of = |stage| hours.iter().map(|h| (h.counts.persons(stage), h.counts.tubes(stage))).collect::<Vec<_>>();
        assert_eq!(hours.iter().map(|h| h.hour).collect::<Vec<_>>(), [minute(0), minute(60), minute(120), minute(180)]);
        assert_eq!(of(testing::Stage::Collected), [(2, 1), (2, 2), (0, 0), (0, 0)]);
        assert_eq!(of(testing::Stage::Sent), [(0, 0), (0, 0), (2, 1), (0, 0)]);
        assert_eq!(of(testing::Stage::Faulty), [(0, 0), (0, 0), (0, 0), (0, 1)]);
        let elsewhere = views::hours(&mut db, types::AreaScope::ALL, round(), "220203").await.expect("hours");
        assert!(elsewhere.is_empty());
        city.audit().await;
    }
}
