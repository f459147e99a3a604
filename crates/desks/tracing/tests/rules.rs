//! Properties of schedules and chains; and chains of two public line lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;

use analytics::SerialInterval;
use proptest::prelude::*;
use protocol::Protocol;
use tracing_desk::chains::{CLUSTER_FROM, ChainCase, Evidence, chains};
use tracing_desk::schedule::{monitoring, quarantine, whole};
use tracing_desk::{Calendar, Degree, Kept, Setting, Stay, Test};
use types::{AreaCode, Micros, Span, UnitId};

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(|| Protocol::bundled().expect("the bundled protocol"));

fn at(text: &str) -> Micros {
    Micros::parse(text).expect("a time")
}

fn case(n: u64) -> UnitId {
    UnitId::derived(cases::CASE, area(), &[&n.to_be_bytes()])
}

#[test]
fn the_edition_in_force_says_how_long_where_and_when() {
    let protocol = &*PROTOCOL;
    let calendar = Calendar::of(protocol.zone());
    let last = at("2022-03-20T08:00:00+08:00");
    let day = |n| calendar.after(calendar.day(last), n);
    let eighth = protocol.at(at("2022-03-20T08:00:00+08:00"), area());
    let close = quarantine(eighth, &calendar, Degree::Close, last).expect("in force");
    assert_eq!((close.kept, close.until, close.before_release), (Kept::Site, day(14), 2));
    assert_eq!(close.tests, [1, 4, 7, 14].map(day));
    let after = monitoring(eighth, &calendar, Degree::Close, &close).expect("in force");
    let after = after.expect("seven days at home");
    assert_eq!((after.kept, after.until), (Kept::Home, day(21)));
    assert_eq!(after.tests, [16, 21].map(day));
    assert_eq!(monitoring(eighth, &calendar, Degree::Close, &after), Ok(None));
    let second = quarantine(eighth, &calendar, Degree::Secondary, last).expect("in force");
    assert_eq!((second.kept, second.until), (Kept::Site, day(7)));
    assert_eq!(monitoring(eighth, &calendar, Degree::Secondary, &second), Ok(None));
    // The ninth edition: 7 + 3, and secondary contacts at home.
    let ninth = protocol.at(at("2022-07-01T08:00:00+08:00"), area());
    let close = quarantine(ninth, &calendar, Degree::Close, last).expect("in force");
    assert_eq!((close.kept, close.until), (Kept::Site, day(7)));
    assert_eq!(close.tests, [1, 2, 3, 5, 7].map(day));
    let after = monitoring(ninth, &calendar, Degree::Close, &close).expect("in force");
    assert_eq!(after.expect("three days at home").until, day(10));
    let second = quarantine(ninth, &calendar, Degree::Secondary, last).expect("in force");
    assert_eq!((second.kept, second.tests.clone()), (Kept::Home, [1, 4, 7].map(day).to_vec()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A test is due until one was taken on its day or later, whatever the order in which tests are
    /// told; and a test never makes an earlier one due.
    #[test]
    fn tests_are_due_until_they_are_taken(days in prop::collection::vec(0i64..16, 0..8)) {
        let protocol = &*PROTOCOL;
        let calendar = Calendar::of(protocol.zone());
        let last = at("2022-03-20T08:00:00+08:00");
        let day = |n| calendar.after(calendar.day(last), n);
        let edition = protocol.at(last, area());
        let schedule = quarantine(edition, &calendar, Degree::Close, last).expect("in force");
        let test = |n: i64| Test { at: day(n), day: day(n), positive: false, source: String::new() };
        let mut told: Vec<Test> = Vec::new();
        let mut before = schedule.test_due(&told);
        for n in &days {
            told.push(test(*n));
            let now = schedule.test_due(&told);
            prop_assert!(now.is_none() || now >= before);
            before = now;
        }
        let latest = days.iter().max().copied();
        let wanted = [1, 4, 7, 14].into_iter().find(|n| latest.is_none_or(|latest| latest < *n));
        prop_assert_eq!(schedule.test_due(&told), wanted.map(day));
        told.reverse();
        prop_assert_eq!(schedule.test_due(&told), wanted.map(day));
        prop_assert_eq!(whole(edition, Degree::Close), Ok(Span::days(21)));
    }

    /// Chains are trees: every source is earlier, the probabilities of a case sum to 1, secondary cases
    /// are as many as have a source, and a cluster's cases were at its place.
    #[test]
    fn chains_are_trees(
        days in prop::collection::vec(0i64..20, 2..40),
        links in prop::collection::vec((0usize..40, 0usize..40), 0..60),
        places in prop::collection::vec(0u8..4, 40),
    ) {
        let interval = SerialInterval::parametric(2.75, 2.54, 30).expect("an interval");
        let midnight = |n: i64| Micros(at("2022-03-01T00:00:00+08:00").0 + Span::days(n).0);
        let cases: Vec<ChainCase> = days
            .iter()
            .enumerate()
            .map(|(n, day)| ChainCase {
                case: case(n as u64),
                day: midnight(*day),
                onset: true,
                household: None,
                stays: vec![stay(places[n], midnight(*day - 2))],
            })
            .collect();
        let named: Vec<(UnitId, UnitId)> = links
            .iter()
            .filter(|(a, b)| *a < days.len() && *b < days.len())
            .map(|(a, b)| (case(*a as u64), case(*b as u64)))
            .collect();
        let found = chains(cases.clone(), &named, &interval).expect("each case once");
        prop_assert_eq!(found.nodes.len(), days.len());
        let mut with_source = 0;
        for node in &found.nodes {
            let sum: f64 = node.sources.iter().map(|s| s.probability).sum();
            prop_assert!((sum + node.unknown - 1.0).abs() < 1e-9);
            for source in &node.sources {
                prop_assert!(found.nodes[source.node].day < node.day);
            }
            if let Some(source) = node.source() {
                with_source += 1;
                prop_assert_eq!(node.generation, found.nodes[source.node].generation + 1);
                prop_assert_eq!(node.root, found.nodes[source.node].root);
            } else {
                prop_assert_eq!(node.generation, 0);
            }
        }
        let secondary: u32 = found.nodes.iter().map(|node| node.secondary).sum();
        prop_assert_eq!(secondary, with_source);
        prop_assert_eq!(found.generations.iter().sum::<usize>(), days.len());
        for cluster in &found.clusters {
            prop_assert!(cluster.cases.len() >= CLUSTER_FROM);
            for member in &cluster.cases {
                let own = cases.iter().find(|c| c.case == found.nodes[*member].case);
                let at = own.is_some_and(|c| c.stays.iter().any(|s| s.key() == cluster.place));
                prop_assert!(at);
            }
        }
        // In whatever order the cases come.
        let mut turned = cases;
        turned.reverse();
        prop_assert_eq!(chains(turned, &named, &interval).expect("the same").nodes, found.nodes);
    }
}

fn stay(place: u8, from: Micros) -> Stay {
    Stay {
        n: 1,
        from,
        until: from + Span::hours(3),
        place: None,
        name: format!("Market {place}"),
        setting: Setting::Market,
        note: String::new(),
    }
}

#[test]
fn a_market_is_found_by_its_visitors() {
    let interval = SerialInterval::parametric(2.75, 2.54, 30).expect("an interval");
    let midnight = |n: i64| Micros(at("2022-03-01T00:00:00+08:00").0 + Span::days(n).0);
    let visitor = |n: u64, day: i64, place: u8, there: i64| ChainCase {
        case: case(n),
        day: midnight(day),
        onset: true,
        household: (n == 5 || n == 6).then_some([1; 16]),
        stays: vec![stay(place, midnight(there))],
    };
    let cases = vec![
        visitor(1, 3, 1, 1),
        visitor(2, 5, 1, 1),
        visitor(3, 6, 1, 1),
        // At the same market, and three weeks later.
        visitor(4, 25, 1, 22),
        visitor(5, 8, 2, 1),
        visitor(6, 11, 3, 1),
    ];
    let found = chains(cases, &[(case(3), case(5))], &interval).expect("each case once");
    assert_eq!(found.clusters.len(), 1);
    let of = |n: u64| found.nodes.iter().find(|node| node.case == case(n)).expect("there");
    let source = |n: u64| of(n).source().map(|s| (found.nodes[s.node].case, s.evidence));
    assert_eq!(found.clusters[0].cases.len(), 3);
    assert_eq!(source(1), None);
    assert_eq!(source(2), Some((case(1), Evidence::Place)));
    assert_eq!(source(5), Some((case(3), Evidence::Named)));
    assert_eq!(source(6), Some((case(5), Evidence::Household)));
    assert_eq!(source(4), None);
    assert_eq!(of(6).generation, of(3).generation + 2);
}

/// The lines of a table in the folder of public line lists, by column.
fn table(name: &str) -> Vec<HashMap<String, String>> {
    let folder = "../../analytics/tests/data/linelists";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
    let text = std::fs::read_to_string(path).expect("a line list");
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let head: Vec<String> = lines.next().expect("a head").collect();
    lines.map(|cells| head.iter().cloned().zip(cells).collect()).collect()
}

fn date(text: &str) -> Option<Micros> {
    (!text.is_empty()).then(|| at(&format!("{text}T00:00:00Z")))
}

/// MERS in the Republic of Korea, 2015: who had met whom was found by interview. Each case is named as a
/// contact of the one that the list has as its source; as in a real investigation also of another one.
#[test]
fn the_known_sources_of_mers_in_korea_are_found() {
    let rows = table("mers_korea_2015_cases.csv");
    let number = |text: &str| text.trim_start_matches("SK_").parse::<u64>().expect("a number");
    let mut cases: Vec<ChainCase> = Vec::new();
    for row in &rows {
        let onset = date(&row["dt_onset"]);
        let Some(day) = onset.or_else(|| date(&row["dt_report"])) else { continue };
        let (case, onset) = (case(number(&row["id"])), onset.is_some());
        cases.push(ChainCase { case, day, onset, household: None, stays: Vec::new() });
    }
    let known: BTreeSet<UnitId> = cases.iter().map(|c| c.case).collect();
    let pairs: BTreeMap<UnitId, UnitId> = table("mers_korea_2015_pairs.csv")
        .iter()
        .map(|row| (case(number(&row["to"])), case(number(&row["from"]))))
        .filter(|(to, from)| known.contains(to) && known.contains(from))
        .collect();
    let named: Vec<(UnitId, UnitId)> = pairs.iter().map(|(to, from)| (*from, *to)).collect();
    // The mean and the deviation of the gaps between the onsets of the list's 98 links.
    let interval = SerialInterval::parametric(14.5, 5.2, 40).expect("an interval");
    let found = chains(cases, &named, &interval).expect("each case once");
    let day = |id: &UnitId| found.nodes.iter().find(|n| n.case == *id).map(|n| n.day);
    let (mut right, mut possible) = (0, 0);
    for (to, from) in &pairs {
        // A source that fell ill on the same day or later is none by its days.
        if day(from) >= day(to) {
            continue;
        }
        possible += 1;
        let node = found.nodes.iter().find(|n| n.case == *to).expect("there");
        right += usize::from(node.source().is_some_and(|s| found.nodes[s.node].case == *from));
    }
    assert!(possible > 80, "{possible}");
    assert!(right * 100 >= possible * 95, "{right} of {possible}");
    // A few infected most: of the list's 98 links one case is the source of 38.
    let offspring = found.offspring.expect("enough is known");
    assert!(offspring.dispersion < 0.3, "{offspring:?}");
    let mut listed: BTreeMap<UnitId, u32> = BTreeMap::new();
    pairs.values().for_each(|from| *listed.entry(*from).or_default() += 1);
    let (top, of_list) = listed.into_iter().max_by_key(|(_, n)| *n).expect("links");
    let of_top = found.nodes.iter().find(|node| node.case == top).expect("there").secondary;
    assert!(of_top * 10 >= of_list * 9 && of_top <= of_list, "{of_top} of {of_list}");
    let serial = found.serial.expect("enough is known");
    assert!((13.0..16.0).contains(&serial.mean.value), "{serial:?}");
}

/// Measles in Hagelloch, 1861: families and school classes instead of named sources. The source that the
/// list has is among the alternatives, and mostly of the right generation.
#[test]
fn families_of_hagelloch_lead_to_their_sources() {
    let rows = table("measles_hagelloch_1861.csv");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let mut of: BTreeMap<UnitId, UnitId> = BTreeMap::new();
    let mut cases: Vec<ChainCase> = Vec::new();
    for row in &rows {
        let id = case(number(&row["case_ID"]));
        let Some(day) = date(&row["date_of_prodrome"]) else { continue };
        if let Ok(infector) = row["infector"].parse::<u64>() {
            of.insert(id, case(infector));
        }
        let mut household = [0; 16];
        household[..row["family_ID"].len()].copy_from_slice(row["family_ID"].as_bytes());
        let class = row["class"].as_str();
        // Children of a class sat together from some days before the first signs until then.
        let stays = (class != "0").then(|| Stay {
            n: 1,
            from: Micros(day.0 - Span::days(14).0),
            until: day,
            place: None,
            name: format!("class {class}"),
            setting: Setting::School,
            note: String::new(),
        });
        cases.push(ChainCase {
            case: id,
            day,
            onset: true,
            household: Some(household),
            stays: stays.into_iter().collect(),
        });
    }
    let interval = SerialInterval::parametric(10.9, 2.0, 30).expect("an interval");
    let found = chains(cases, &[], &interval).expect("each case once");
    let (mut named, mut among) = (0, 0);
    for node in &found.nodes {
        let Some(source) = of.get(&node.case) else { continue };
        // Where family and class say nothing, nobody can know.
        if node.sources.is_empty() {
            continue;
        }
        named += 1;
        among += usize::from(node.sources.iter().any(|s| found.nodes[s.node].case == *source));
    }
    assert!(named > 100, "{named}");
    assert!(among * 2 > named, "{among} of {named}");
    assert!(found.clusters.iter().any(|cluster| cluster.cases.len() >= 20), "the classes");
}
