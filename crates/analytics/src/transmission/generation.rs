//! Chains of transmission: generations, and how many each case infected.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::AnalyticsError;

/// A case's place in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Generation {
    /// The first known case of the chain.
    pub source: u64,
    /// Steps from it; 0 for itself.
    pub number: usize,
}

/// Cases with their infectors, checked to form trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    infector: BTreeMap<u64, Option<u64>>,
    generations: BTreeMap<u64, (u64, usize)>,
}

impl Tree {
    /// From cases and their infectors, `None` where not known. An infector that is not among the
    /// cases is refused: add it, or say that the infector is not known.
    ///
    /// # Errors
    /// [`AnalyticsError::Transmission`] naming a case that is given twice, an infector that is not
    /// there, or the cases of a circle.
    pub fn new(
        cases: impl IntoIterator<Item = (u64, Option<u64>)>,
    ) -> Result<Tree, AnalyticsError> {
        let refuse = |why: String| Err(AnalyticsError::Transmission(why));
        let mut infector = BTreeMap::new();
        for (case, by) in cases {
            if infector.insert(case, by).is_some() {
                return refuse(format!("case {case} is given twice"));
            }
        }
        for (case, by) in &infector {
            if let Some(by) = by.filter(|by| !infector.contains_key(by)) {
                return refuse(format!("case {case} was infected by {by}, who is not a case"));
            }
        }
        let mut generations: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
        for start in infector.keys() {
            // Up to a case whose generation is known or that has no infector, then down again.
            let mut path = vec![*start];
            let mut at = *start;
            let (source, mut number) = loop {
                if let Some((source, number)) = generations.get(&at) {
                    path.pop();
                    break (*source, number + 1);
                }
                match infector.get(&at).copied().flatten() {
                    None => break (at, 0),
                    Some(by) if path.contains(&by) => {
                        path.reverse();
                        let names: Vec<String> = path
                            .iter()
                            .take(path.iter().position(|c| *c == by).map_or(path.len(), |i| i + 1))
                            .map(u64::to_string)
                            .collect();
                        return refuse(format!("cases infect in a circle: {}", names.join(", ")));
                    }
                    Some(by) => {
                        path.push(by);
                        at = by;
                    }
                }
            };
            for case in path.into_iter().rev() {
                generations.insert(case, (source, number));
                number += 1;
            }
        }
        Ok(Tree { infector, generations })
    }

    /// The generation of a case; `None` if it is not there.
    pub fn generation(&self, case: u64) -> Option<Generation> {
        let (source, number) = self.generations.get(&case)?;
        Some(Generation { source: *source, number: *number })
    }

    /// Secondary cases of every case, in the order of the cases, zeros included.
    pub fn secondary(&self) -> Vec<u32> {
        let mut counts: BTreeMap<u64, u32> = self.infector.keys().map(|c| (*c, 0)).collect();
        for by in self.infector.values().flatten() {
            *counts.entry(*by).or_default() += 1;
        }
        counts.into_values().collect()
    }

    /// Cases a generation, from 0 on.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for (_, number) in self.generations.values() {
            if sizes.len() <= *number {
                sizes.resize(number + 1, 0);
            }
            sizes[*number] += 1;
        }
        sizes
    }
}
