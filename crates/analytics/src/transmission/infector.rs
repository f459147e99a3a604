//! Who may have infected whom, when nobody knows for sure.
//!
//! A case's possible infectors are weighed by the serial interval between their onsets and by what
//! else is known of the two (a named contact, a shared place); the weights of one case and of the
//! source that nobody knows of sum to 1. With all pairs alike this is the method of Wallinga and
//! Teunis, *American Journal of Epidemiology* 160 (2004) 509–516, and the sum of an infector's
//! weights is their expected number of secondary cases.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::{AnalyticsError, SerialInterval};

/// A case and the day of its onset (or, for an asymptomatic infection, of its first positive
/// sample), by any origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CaseDay {
    /// Which case.
    pub case: u64,
    /// Its day.
    pub day: i64,
}

/// Something known of two cases, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Link {
    /// One.
    pub a: u64,
    /// The other.
    pub b: u64,
    /// How many times likelier transmission between the two is than between any two cases.
    pub weight: f64,
}

/// A possible infector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Who.
    pub infector: u64,
    /// With which probability.
    pub probability: f64,
}

/// The possible infectors of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Infectors {
    /// Of whom.
    pub case: u64,
    /// The likeliest first; of equals the one with the smaller number.
    pub candidates: Vec<Candidate>,
    /// Probability that it was none of them.
    pub unknown: f64,
}

/// The possible infectors of every case, in the order given.
///
/// `unlinked` is the weight of a pair of which nothing is known: 1 to go by days alone, 0 to let
/// only linked cases infect each other. `outside` is the weight of a source that is not among the
/// cases, on the scale of the serial interval's probabilities times the links' weights.
///
/// # Errors
/// [`AnalyticsError::Transmission`] when a case is given twice, or a link names a case that is not
/// there or joins a case with itself; [`AnalyticsError::Parameter`] for a weight below 0.
pub fn likely_infectors(
    cases: &[CaseDay],
    links: &[Link],
    interval: &SerialInterval,
    unlinked: f64,
    outside: f64,
) -> Result<Vec<Infectors>, AnalyticsError> {
    let weight_of = |what, value: f64| {
        if value.is_finite() && value >= 0.0 {
            Ok(value)
        } else {
            let wanted = "a finite number of at least 0";
            Err(AnalyticsError::Parameter { what, value, wanted })
        }
    };
    weight_of("weight of an unlinked pair", unlinked)?;
    weight_of("weight of an outside source", outside)?;
    let mut days: BTreeMap<u64, i64> = BTreeMap::new();
    for case in cases {
        if days.insert(case.case, case.day).is_some() {
            let why = format!("case {} is given twice", case.case);
            return Err(AnalyticsError::Transmission(why));
        }
    }
    let mut linked: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    for link in links {
        weight_of("weight of a link", link.weight)?;
        for end in [link.a, link.b] {
            if !days.contains_key(&end) {
                let why = format!("a link names case {end}, which is not among the cases");
                return Err(AnalyticsError::Transmission(why));
            }
        }
        if link.a == link.b {
            let why = format!("a link joins case {} with itself", link.a);
            return Err(AnalyticsError::Transmission(why));
        }
        // Of several links of the same two, the strongest counts.
        for key in [(link.a, link.b), (link.b, link.a)] {
            let weight = linked.entry(key).or_insert(link.weight);
            *weight = weight.max(link.weight);
        }
    }
    // By day, so that only those within reach of the interval are looked at.
    let mut by_day: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for case in cases {
        by_day.entry(case.day).or_default().push(case.case);
    }
    let weights = interval.weights();
    let reach = weights.len() as i64 - 1;
    let mut result = Vec::with_capacity(cases.len());
    for case in cases {
        let mut candidates = Vec::new();
        for (day, infectors) in by_day.range(case.day - reach..case.day) {
            let weight = usize::try_from(case.day - day).ok().and_then(|gap| weights.get(gap));
            let Some(weight) = weight.filter(|w| **w > 0.0) else { continue };
            for infector in infectors {
                let known = linked.get(&(*infector, case.case)).copied().unwrap_or(unlinked);
                if known > 0.0 {
                    candidates.push(Candidate { infector: *infector, probability: weight * known });
                }
            }
        }
        let sum = outside + candidates.iter().map(|c| c.probability).sum::<f64>();
        if sum > 0.0 {
            candidates.iter_mut().for_each(|c| c.probability /= sum);
        }
        candidates.sort_by(|a, b| {
            b.probability.total_cmp(&a.probability).then(a.infector.cmp(&b.infector))
        });
        let unknown = if sum > 0.0 { outside / sum } else { 1.0 };
        result.push(Infectors { case: case.case, candidates, unknown });
    }
    Ok(result)
}

impl Infectors {
    /// The expected number of secondary cases of every case that may have infected somebody.
    pub fn expected_secondary(all: &[Infectors]) -> BTreeMap<u64, f64> {
        let mut sums = BTreeMap::new();
        for candidate in all.iter().flat_map(|i| &i.candidates) {
            *sums.entry(candidate.infector).or_insert(0.0) += candidate.probability;
        }
        sums
    }
}
