//! Properties of zones and sweeps: proposals, checklists, risk levels, and the arithmetic of doors.

use std::sync::LazyLock;

use proptest::prelude::*;
use protocol::{Protocol, RiskScheme};
use registry::place::area_of;
use types::{AreaCode, Micros, PlaceCode, Span, UnitId};
use zones::checklist::{Contacts, LiftFacts, Round, Subject, checklist, is_met};
use zones::propose::{Grain, Infection, Known, Proposal, Stands, Visit, propose};
use zones::risk::{RiskLevel, level};
use zones::sweep::{Door, parts_of};
use zones::{Draft, LONGEST, Level, What, is_within};

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(|| Protocol::bundled().expect("the bundled protocol"));

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

fn hour(n: i64) -> Micros {
    Micros::parse("2022-03-20T00:00:00+08:00").expect("a time") + Span::hours(n)
}

fn place(code: &str) -> PlaceCode {
    PlaceCode::parse(code).expect("a place")
}

fn case(n: u64) -> UnitId {
    UnitId::derived(cases::CASE, area(), &[&n.to_be_bytes()])
}

fn rules() -> protocol::Zones {
    PROTOCOL.at(hour(0), area()).zones().expect("rules").clone()
}

/// A place of a small town: compounds with buildings, and a village.
fn somewhere() -> impl Strategy<Value = PlaceCode> {
    prop_oneof![
        (1u8..4, 1u8..3, 1u8..3, 1u8..3).prop_map(|(community, compound, building, entrance)| {
            place(&format!("2202020010{community:02}-{compound:02}-{building:02}-{entrance}"))
        }),
        (1u8..4, 1u8..3).prop_map(|(community, compound)| {
            place(&format!("2202020010{community:02}-{compound:02}"))
        }),
        Just(place("220202100201")),
    ]
}

fn infections() -> impl Strategy<Value = Vec<Infection>> {
    let one = (
        0i64..200,
        prop::option::of(somewhere()),
        any::<bool>(),
        prop::collection::vec((somewhere(), 0i64..200, 1i64..20), 0..3),
    );
    prop::collection::vec(one, 0..8).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (since, place, closed_loop, visits))| Infection {
                case: case(n as u64),
                place,
                since: hour(since),
                anchor: hour(since - 24),
                closed_loop,
                visits: visits
                    .into_iter()
                    .map(|(place, from, hours)| Visit {
                        place,
                        from: hour(from),
                        until: hour(from + hours),
                    })
                    .collect(),
            })
            .collect()
    })
}

/// What stands after every proposal has been followed.
fn followed(proposals: &[Proposal]) -> Known {
    let mut known = Known::default();
    for (n, proposal) in proposals.iter().enumerate() {
        let zone = UnitId::derived(zones::ZONE, area(), &[&n.to_be_bytes()]);
        known.standing.insert(proposal.place.clone(), Stands { zone, level: proposal.level });
    }
    known
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whoever follows every proposal is proposed nothing more: they are closed, and say one level of a
    /// place. Whoever lives somewhere and was not kept apart has a proposal or a zone.
    #[test]
    fn proposals_are_complete_and_come_to_an_end(found in infections(), fine in any::<bool>()) {
        let rules = rules();
        let grain = if fine { Grain::Building } else { Grain::Compound };
        let proposals = propose(&rules, &found, &Known::default(), grain);
        let mut places: Vec<&PlaceCode> = proposals.iter().map(|p| &p.place).collect();
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), proposals.len());
        for of in found.iter().filter(|of| !of.closed_loop) {
            let Some(home) = &of.place else { continue };
            let covered = proposals.iter().any(|p| {
                p.level == Level::Locked && is_within(home, &p.place)
                    && p.cases.iter().any(|(case, _)| *case == of.case)
            });
            prop_assert!(covered, "{home} of {} is proposed to be locked", of.case);
        }
        for proposal in &proposals {
            prop_assert_eq!(area_of(&proposal.place), area());
            let bare = proposal.cases.is_empty();
            prop_assert_eq!(bare, proposal.level == Level::Precaution);
        }
        let again = propose(&rules, &found, &followed(&proposals), grain);
        prop_assert_eq!(again, Vec::new());
    }

    /// A refusal holds until a later case, and no longer.
    #[test]
    fn a_refused_proposal_comes_back_with_a_later_case(found in infections(), later in 201i64..400) {
        let rules = rules();
        let first = propose(&rules, &found, &Known::default(), Grain::Compound);
        let mut known = Known::default();
        for proposal in &first {
            known.refused.insert((proposal.place.clone(), proposal.level), hour(200));
        }
        prop_assert_eq!(propose(&rules, &found, &known, Grain::Compound), Vec::new());
        let Some(locked) = first.iter().find(|p| p.level == Level::Locked) else { return Ok(()) };
        let mut more = found.clone();
        more.push(Infection {
            case: case(99),
            place: Some(locked.place.clone()),
            since: hour(later),
            anchor: hour(later - 24),
            closed_loop: false,
            visits: Vec::new(),
        });
        let again = propose(&rules, &more, &known, Grain::Compound);
        prop_assert!(again.iter().any(|p| p.place == locked.place && p.level == Level::Locked));
    }

    /// There are duties for every end between now and the longest one, and for no other; and what has been
    /// checked can be written down and read back.
    #[test]
    fn duties_are_complete_or_there_are_none(
        until in prop::option::of(-500i64..3_000),
        supply in "[ a-z]{0,6}", urgent in "[ 0-9]{0,6}", basis in "[ a-z]{0,6}",
    ) {
        let now = hour(0);
        let draft = Draft {
            until: until.map(hour), supply: supply.clone(), urgent: urgent.clone(), basis: basis.clone(),
        };
        let said = [&supply, &urgent, &basis].iter().all(|text| !text.trim().is_empty());
        let fits = until.is_some_and(|n| n > 0 && hour(n) <= now + LONGEST);
        match draft.check(now) {
            Ok(duties) => {
                prop_assert!(said && fits);
                let text = serde_json::to_string(&duties).expect("written");
                let read: zones::Duties = serde_json::from_str(&text).expect("read");
                prop_assert_eq!(read, duties);
            }
            Err(_) => prop_assert!(!(said && fits)),
        }
    }

    /// Time alone never takes back what a checklist has; an infection, an open contact and a missing result do.
    #[test]
    fn a_checklist_is_met_only_when_nothing_is_missing(
        clean in 0i64..800, exposed in prop::option::of(0i64..800), open in 0i64..3,
        swabbed in prop::option::of(0i64..800), expected in 0i64..5, settled in 0i64..5,
        positive in 0i64..2, now in 0i64..800,
    ) {
        let rules = rules();
        let zone = Subject { level: Level::Locked, clean_since: hour(clean), others: 3 };
        let facts = LiftFacts {
            contacts: Contacts {
                all: open, open, last_exposure: exposed.map(hour), last_moved: None,
            },
            round: swabbed.map(|from| Round { from: hour(from), expected, settled, positive }),
        };
        let list = checklist(&rules, zone, Some(&facts), hour(now));
        let day = 24;
        let want = now - clean >= 14 * day
            && open == 0
            && exposed.is_none_or(|at| now - at > 14 * day)
            && swabbed.is_some_and(|at| {
                at + 2 * day >= now && expected > 0 && settled >= expected && positive == 0
            });
        prop_assert_eq!(is_met(&list), want, "{:?}", list);
        let of = |what: What, list: &[zones::checklist::Criterion]| {
            list.iter().find(|one| one.what == what).is_some_and(|one| one.met)
        };
        let later = checklist(&rules, zone, Some(&facts), hour(now + 24));
        prop_assert!(!of(What::Clean, &list) || of(What::Clean, &later));
        prop_assert!(!of(What::Contacts, &list) || of(What::Contacts, &later));
    }

    /// The parts of a home are nested in its sweep, the sweep itself among them, each once.
    #[test]
    fn a_home_is_counted_once_in_each_part(home in somewhere(), deep in 0usize..3) {
        let chain = registry::place::chain_of(&home);
        let sweep = chain[deep.min(chain.len() - 1)].clone();
        prop_assume!(sweep.as_str().len() >= 12);
        let parts = parts_of(&sweep, &home);
        let mut once = parts.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), parts.len());
        prop_assert!(parts.contains(&sweep));
        prop_assert!(parts.iter().all(|part| is_within(part, &sweep) && is_within(&home, part)));
    }
}

#[test]
fn precaution_ends_when_all_others_have() {
    let rules = rules();
    let zone = |others| Subject { level: Level::Precaution, clean_since: hour(0), others };
    assert!(!is_met(&checklist(&rules, zone(1), None, hour(9_000))));
    assert!(is_met(&checklist(&rules, zone(0), None, hour(0))));
}

#[test]
fn the_variant_of_guangzhou_lets_the_last_move_stand_for_the_last_exposure() {
    let guangzhou = AreaCode::new(440_106).expect("six digits");
    let at = Micros::parse("2022-04-20T00:00:00+08:00").expect("a time");
    let rules = PROTOCOL.at(at, guangzhou).zones().expect("rules").clone();
    let subject = Subject { level: Level::Locked, clean_since: at - Span::days(20), others: 1 };
    let facts = |moved: Option<Micros>| LiftFacts {
        contacts: Contacts {
            all: 2,
            open: 0,
            last_exposure: Some(at - Span::days(6)),
            last_moved: moved,
        },
        round: Some(Round { from: at - Span::days(1), expected: 10, settled: 10, positive: 0 }),
    };
    assert!(is_met(&checklist(&rules, subject, Some(&facts(Some(at - Span::days(5)))), at)));
    assert!(!is_met(&checklist(&rules, subject, Some(&facts(Some(at - Span::days(3)))), at)));
    assert!(!is_met(&checklist(&rules, subject, Some(&facts(None)), at)));
}

#[test]
fn risk_levels_by_either_standard() {
    let older = RiskScheme::Counts { clean: Span::days(14), medium_up_to: 50 };
    let newer = RiskScheme::Steps {
        high_to_medium: Span::days(7),
        then_to_low: Span::days(3),
        medium_to_low: Span::days(7),
    };
    let now = hour(0);
    let found = |days: i64, n: i64| vec![(now - Span::days(days), n)];
    let of = |scheme: &RiskScheme, found: &[(Micros, i64)]| level(scheme, found, now).level;
    assert_eq!(of(&older, &[]), RiskLevel::Low);
    assert_eq!(of(&older, &found(13, 1)), RiskLevel::Medium);
    assert_eq!(of(&older, &found(14, 80)), RiskLevel::Low);
    assert_eq!(of(&older, &found(1, 80)), RiskLevel::High);
    // More than 50 in all, and one lately: no cluster.
    let mut long = found(30, 80);
    long.extend(found(1, 1));
    assert_eq!(of(&older, &long), RiskLevel::Medium);
    let steps = [(0, RiskLevel::High), (6, RiskLevel::High), (7, RiskLevel::Medium)];
    for (days, wanted) in steps.into_iter().chain([(9, RiskLevel::Medium), (10, RiskLevel::Low)]) {
        assert_eq!(of(&newer, &found(days, 1)), wanted, "{days} days ago");
    }
    let falls = level(&newer, &found(2, 1), now).falls_at;
    assert_eq!(falls, Some(now + Span::days(5)));
}

#[test]
fn a_door_has_one_state_of_four() {
    let mut doors = zones::sweep::Doors { todo: 3, ..Default::default() };
    assert_eq!(doors.all(), 3);
    assert_eq!(Door::ALL.iter().map(|state| doors.of(*state)).sum::<i64>(), 3);
    doors.found = 2;
    assert_eq!(Door::ALL.iter().map(|state| doors.of(*state)).sum::<i64>(), doors.all());
}
