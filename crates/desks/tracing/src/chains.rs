//! Chains of transmission: who may have infected whom, generations, and clusters. Pure.
//!
//! Of every case the possible sources are weighed by the serial interval between the days of the two
//! ([`analytics::transmission::likely_infectors`], after Wallinga and Teunis) and by what links them: that
//! the one was named as a contact of the other, that they live together, that they were at one place at
//! one time. Only linked cases may have infected each other; what no link explains stays without a known
//! source. How much a link weighs is a choice of ours ([`Evidence::weight`]), made so that a naming counts
//! more than a shared household and that more than a shared place; the alternatives stay in sight.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analytics::transmission::{
    CaseDay, DayRange, Link, Offspring, Pair, PairInterval, Tree, likely_infectors, offspring,
    serial_interval_of_pairs,
};
use analytics::{AnalyticsError, SerialInterval};
use serde::Serialize;
use types::{Micros, UnitId};

use crate::rows::Stay;
use crate::words::Setting;

/// Cases that were at one place at one time from which it is a cluster. A choice of ours.
pub const CLUSTER_FROM: usize = 3;

/// The weight of a source that nobody knows of, on the scale of the serial interval's probabilities times
/// the weight of a link: a lone naming at the usual interval is a source with 99 %, a lone shared place
/// with about 85 %. A choice of ours.
pub const OUTSIDE: f64 = 0.2;

/// How sure the intervals of the statistics are.
pub const LEVEL: f64 = 0.95;

/// What links two cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// They were at one place at one time.
    Place,
    /// They live together.
    Household,
    /// The one was named as a contact of the other.
    Named,
}

impl Evidence {
    /// How many times likelier transmission between the two is taken to be. A choice of ours.
    pub fn weight(self) -> f64 {
        match self {
            Evidence::Place => 5.0,
            Evidence::Household => 20.0,
            Evidence::Named => 100.0,
        }
    }

    /// The word for texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Place => "place",
            Evidence::Household => "household",
            Evidence::Named => "named",
        }
    }
}

/// A case in the picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// The case.
    pub case: UnitId,
    /// The day of the first symptom, else of the finding: its midnight.
    pub day: Micros,
    /// Whether that is the day of the first symptom.
    pub onset: bool,
    /// Its generation in its chain, 0 for the first.
    pub generation: usize,
    /// The first known case of its chain, as an index into the nodes.
    pub root: usize,
    /// The possible sources, the likeliest first.
    pub sources: Vec<Likely>,
    /// The probability that it was none of them.
    pub unknown: f64,
    /// How many cases this one is the likeliest source of.
    pub secondary: u32,
    /// The clusters that it belongs to, as indices, the largest first.
    pub clusters: Vec<usize>,
}

/// A possible source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Likely {
    /// Which node.
    pub node: usize,
    /// With which probability.
    pub probability: f64,
    /// What links the two.
    pub evidence: Evidence,
}

/// Cases that were at one place at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// The place's code, or its name.
    pub place: String,
    /// What people call it.
    pub name: String,
    /// What kind of place.
    pub setting: Setting,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// The cases, as indices.
    pub cases: Vec<usize>,
}

/// Chains with their statistics.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Chains {
    /// The cases in the order of their days.
    pub nodes: Vec<Node>,
    /// The clusters, the largest first.
    pub clusters: Vec<Cluster>,
    /// How many a case infected, and how unevenly; nothing where too little is known.
    pub offspring: Option<Offspring>,
    /// The serial interval of the likeliest pairs.
    pub serial: Option<PairInterval>,
    /// Cases by generation, from 0 on.
    pub generations: Vec<usize>,
}

/// A case as it goes in.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainCase {
    /// The case.
    pub case: UnitId,
    /// Its day: a midnight.
    pub day: Micros,
    /// Whether that is the day of the first symptom.
    pub onset: bool,
    /// The household, where it is known.
    pub household: Option<[u8; 16]>,
    /// Where the person was.
    pub stays: Vec<Stay>,
}

/// The chains of cases; `named` are pairs of which one was named as a contact of the other.
///
/// # Errors
/// [`AnalyticsError`] when a case is given twice.
pub fn chains(
    mut cases: Vec<ChainCase>,
    named: &[(UnitId, UnitId)],
    interval: &SerialInterval,
) -> Result<Chains, AnalyticsError> {
    cases.sort_by_key(|case| (case.day, case.case));
    let index: HashMap<UnitId, usize> =
        cases.iter().enumerate().map(|(n, case)| (case.case, n)).collect();
    let mut clusters = clusters_of(&cases);
    clusters.sort_by_key(|c| (std::cmp::Reverse(c.cases.len()), c.from, c.place.clone()));
    let links = links_of(&cases, &clusters, named, &index);
    let day_of = |case: &ChainCase| (case.day.0 + HALF).div_euclid(DAY);
    let days: Vec<CaseDay> = cases
        .iter()
        .enumerate()
        .map(|(n, case)| CaseDay { case: n as u64, day: day_of(case) })
        .collect();
    let weighed: Vec<Link> = links
        .iter()
        .map(|((a, b), evidence)| Link { a: *a as u64, b: *b as u64, weight: evidence.weight() })
        .collect();
    let infectors = likely_infectors(&days, &weighed, interval, 0.0, OUTSIDE)?;
    let mut of_case: Vec<Vec<usize>> = vec![Vec::new(); cases.len()];
    for (n, cluster) in clusters.iter().enumerate() {
        cluster.cases.iter().for_each(|case| of_case[*case].push(n));
    }
    let evidence =
        |a: usize, b: usize| links.get(&(a.min(b), a.max(b))).copied().unwrap_or(Evidence::Place);
    let mut nodes: Vec<Node> = cases
        .iter()
        .zip(infectors)
        .enumerate()
        .map(|(n, (case, infectors))| Node {
            case: case.case,
            day: case.day,
            onset: case.onset,
            generation: 0,
            root: n,
            sources: infectors
                .candidates
                .iter()
                .map(|candidate| Likely {
                    node: candidate.infector as usize,
                    probability: candidate.probability,
                    evidence: evidence(n, candidate.infector as usize),
                })
                .collect(),
            unknown: infectors.unknown,
            secondary: 0,
            clusters: std::mem::take(&mut of_case[n]),
        })
        .collect();
    let tree = Tree::new(nodes.iter().enumerate().map(|(n, node)| (n as u64, source_of(node))))?;
    for (n, secondary) in tree.secondary().into_iter().enumerate() {
        nodes[n].secondary = secondary;
        if let Some(generation) = tree.generation(n as u64) {
            nodes[n].generation = generation.number;
            nodes[n].root = generation.source as usize;
        }
    }
    let secondary: Vec<u32> = nodes.iter().map(|node| node.secondary).collect();
    let pairs: Vec<Pair> = nodes
        .iter()
        .enumerate()
        .filter_map(|(n, node)| {
            let source = source_of(node)? as usize;
            let on = |n: usize| DayRange { first: days[n].day, last: days[n].day };
            // Only what the days of first symptoms say is a serial interval.
            (node.onset && cases[source].onset)
                .then(|| Pair { infector: on(source), infected: on(n) })
        })
        .collect();
    Ok(Chains {
        generations: tree.sizes(),
        offspring: offspring(&secondary, LEVEL).ok(),
        serial: serial_interval_of_pairs(&pairs, LEVEL).ok(),
        nodes,
        clusters,
    })
}

const DAY: i64 = 86_400_000_000;
const HALF: i64 = DAY / 2;

/// The likeliest source, if it is likelier than that nobody knows it.
fn source_of(node: &Node) -> Option<u64> {
    let first = node.sources.first()?;
    (first.probability > node.unknown).then_some(first.node as u64)
}

impl Node {
    /// The likeliest source, if it is likelier than an unknown one.
    pub fn source(&self) -> Option<&Likely> {
        self.sources.first().filter(|first| first.probability > self.unknown)
    }
}

/// What links two cases, the strongest of all; the key has the smaller index first.
fn links_of(
    cases: &[ChainCase],
    clusters: &[Cluster],
    named: &[(UnitId, UnitId)],
    index: &HashMap<UnitId, usize>,
) -> BTreeMap<(usize, usize), Evidence> {
    let mut links: BTreeMap<(usize, usize), Evidence> = BTreeMap::new();
    let mut add = |a: usize, b: usize, evidence: Evidence| {
        if a != b {
            let known = links.entry((a.min(b), a.max(b))).or_insert(evidence);
            *known = (*known).max(evidence);
        }
    };
    for (a, b) in named {
        if let (Some(a), Some(b)) = (index.get(a), index.get(b)) {
            add(*a, *b, Evidence::Named);
        }
    }
    let mut households: BTreeMap<[u8; 16], Vec<usize>> = BTreeMap::new();
    for (n, case) in cases.iter().enumerate() {
        if let Some(household) = case.household {
            households.entry(household).or_default().push(n);
        }
    }
    for members in households.values() {
        for (k, a) in members.iter().enumerate() {
            members[k + 1..].iter().for_each(|b| add(*a, *b, Evidence::Household));
        }
    }
    // Two cases of one cluster were there together if their stays overlap; of a large one, too.
    for cluster in clusters {
        for (k, a) in cluster.cases.iter().enumerate() {
            for b in &cluster.cases[k + 1..] {
                if met_at(&cases[*a], &cases[*b], &cluster.place) {
                    add(*a, *b, Evidence::Place);
                }
            }
        }
    }
    // Two alone at a place make no cluster, but they met.
    for group in together(cases).into_iter().filter(|group| group.cases.len() < CLUSTER_FROM) {
        let members: Vec<usize> = group.cases.iter().copied().collect();
        if let [a, b] = members[..] {
            add(a, b, Evidence::Place);
        }
    }
    links
}

fn met_at(a: &ChainCase, b: &ChainCase, place: &str) -> bool {
    let at = |stay: &&Stay| stay.key() == place;
    a.stays.iter().filter(at).any(|x| b.stays.iter().filter(at).any(|y| x.meets(y)))
}

/// Cases at one place whose stays follow each other without a gap.
struct Together {
    place: String,
    name: String,
    setting: Setting,
    from: Micros,
    until: Micros,
    cases: BTreeSet<usize>,
}

fn together(cases: &[ChainCase]) -> Vec<Together> {
    let mut at: BTreeMap<String, Vec<(&Stay, usize)>> = BTreeMap::new();
    for (n, case) in cases.iter().enumerate() {
        for stay in &case.stays {
            at.entry(stay.key()).or_default().push((stay, n));
        }
    }
    let mut groups: Vec<Together> = Vec::new();
    for (place, mut stays) in at {
        stays.sort_by_key(|(stay, n)| (stay.from, stay.until, *n));
        let mut open: Option<Together> = None;
        for (stay, n) in stays {
            match &mut open {
                Some(group) if stay.from <= group.until => {
                    group.until = group.until.max(stay.until);
                    group.cases.insert(n);
                }
                _ => {
                    groups.extend(open.take());
                    open = Some(Together {
                        place: place.clone(),
                        name: stay.name.clone(),
                        setting: stay.setting,
                        from: stay.from,
                        until: stay.until,
                        cases: BTreeSet::from([n]),
                    });
                }
            }
        }
        groups.extend(open);
    }
    groups.retain(|group| group.cases.len() > 1);
    groups
}

fn clusters_of(cases: &[ChainCase]) -> Vec<Cluster> {
    together(cases)
        .into_iter()
        .filter(|group| group.cases.len() >= CLUSTER_FROM)
        .map(|group| Cluster {
            place: group.place,
            name: group.name,
            setting: group.setting,
            from: group.from,
            until: group.until,
            cases: group.cases.into_iter().collect(),
        })
        .collect()
}
