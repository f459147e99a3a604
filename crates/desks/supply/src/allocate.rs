//! How a donation is shared among communities: pure, fair, and explained line by line.
//!
//! First those who cannot do without it get what they need for a week: infants for milk powder, households
//! with somebody who takes medicine every day for medicines; where there is too little for all of them, each
//! community in proportion to theirs. What is left goes by people × days since the community had its last
//! share, so that whoever waited longest is not forgotten. Nothing is left over by rounding.

use types::PlaceCode;

use crate::words::Good;

/// More days since the last share than these weigh no more: nobody gets all because nothing was ever recorded
/// of them. A setting of this program.
pub const MOST_DAYS: i64 = 14;

/// A community that a donation may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub community: PlaceCode,
    /// Its people.
    pub people: i64,
    /// Its households that need this good before all others.
    pub special: i64,
    /// Whole days since its last share of this good; nothing if it never had one.
    pub days: Option<i64>,
}

/// What a community is to get, and why so much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Which.
    pub community: PlaceCode,
    /// Grams or pieces, all in all.
    pub amount: i64,
    /// Of these: for the households that need it before all others.
    pub special: i64,
    /// The weight by which it gets of the rest: people × days.
    pub weight: i64,
    /// Days since the last share, as weighed.
    pub days: i64,
}

/// Shares `amount` by whole `packs` (grams or pieces in one; what does not fill a pack goes to the first that
/// gets any). Communities with nothing to get are left out.
pub fn allocate(good: Good, amount: i64, pack: i64, claims: &[Claim]) -> Vec<Proposed> {
    let pack = pack.max(1);
    let mut out: Vec<Proposed> = claims
        .iter()
        .map(|claim| {
            let days = claim.days.unwrap_or(MOST_DAYS).clamp(1, MOST_DAYS);
            Proposed {
                community: claim.community.clone(),
                amount: 0,
                special: 0,
                weight: claim.people.max(0).saturating_mul(days),
                days,
            }
        })
        .collect();
    let mut packs = amount.max(0) / pack;
    if let Some((_, each)) = good.first_for() {
        // Whole packs that cover what each needs.
        let wants: Vec<i64> = claims
            .iter()
            .map(|claim| (claim.special.max(0).saturating_mul(each) + pack - 1) / pack)
            .collect();
        let all: i64 = wants.iter().sum();
        let first = if all <= packs { wants } else { divide(packs, &wants) };
        for (line, n) in out.iter_mut().zip(&first) {
            line.special = n * pack;
            line.amount += n * pack;
            packs -= n;
        }
    }
    let weights: Vec<i64> = out.iter().map(|line| line.weight).collect();
    for (line, n) in out.iter_mut().zip(divide(packs, &weights)) {
        line.amount += n * pack;
    }
    let given: i64 = out.iter().map(|line| line.amount).sum();
    let odd = amount.max(0) - given;
    if odd > 0
        && let Some(line) = out
            .iter_mut()
            .filter(|line| line.weight > 0 || line.amount > 0)
            .max_by_key(|line| (line.amount, line.weight))
    {
        line.amount += odd;
    }
    out.retain(|line| line.amount > 0);
    out
}

/// Divides `n` whole things in proportion to weights; what is left by rounding goes to the largest remainders,
/// the earlier first where they are equal. Gives nothing where all weights are nothing.
pub fn divide(n: i64, weights: &[i64]) -> Vec<i64> {
    let all: i128 = weights.iter().map(|w| i128::from((*w).max(0))).sum();
    if all == 0 || n <= 0 {
        return vec![0; weights.len()];
    }
    let mut parts: Vec<(i64, i128)> = weights
        .iter()
        .map(|w| {
            let whole = i128::from(n) * i128::from((*w).max(0));
            (i64::try_from(whole / all).unwrap_or(i64::MAX), whole % all)
        })
        .collect();
    let given: i64 = parts.iter().map(|(part, _)| part).sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts[*at].1));
    for at in order.into_iter().take(usize::try_from(n - given).unwrap_or(0)) {
        parts[at].0 += 1;
    }
    parts.into_iter().map(|(part, _)| part).collect()
}
