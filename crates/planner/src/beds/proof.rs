//! The proof that a bed plan cannot be cheaper, checked without trusting who made it.

use super::flow::{Flow, NEVER};

/// What is wrong with a flow or its proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not everybody of a party is somewhere, or somebody twice.
    #[error("party {party} has {size} people, of whom {placed} are placed")]
    Lost {
        /// The party.
        party: usize,
        /// How many it has.
        size: u32,
        /// How many are placed.
        placed: u64,
    },
    /// A party is where it may not be.
    #[error("party {party} is in pool {pool}, which does not admit it")]
    NotAdmitted {
        /// The party.
        party: usize,
        /// The pool.
        pool: usize,
    },
    /// More people than places.
    #[error("{people} people in {limit} places: {what} {index}")]
    Overfull {
        /// "pool" or "group".
        what: &'static str,
        /// Which.
        index: usize,
        /// How many people.
        people: i64,
        /// How many places.
        limit: i64,
    },
    /// A price below 0 proves nothing.
    #[error("the price of {what} {index} is negative")]
    NegativePrice {
        /// "pool" or "group".
        what: &'static str,
        /// Which.
        index: usize,
    },
    /// A party is where, at these prices, another pool would be cheaper.
    #[error("party {party} is in pool {pool}; pool {better} is cheaper for it by {by}")]
    NotCheapest {
        /// The party.
        party: usize,
        /// Where it is.
        pool: usize,
        /// Where it would be cheaper.
        better: usize,
        /// By how much.
        by: i64,
    },
    /// Something has a price and is not full.
    #[error("{what} {index} has a price and is not full")]
    PriceWithoutNeed {
        /// "pool" or "group".
        what: &'static str,
        /// Which.
        index: usize,
    },
    /// The plan costs more than the bound that the prices prove.
    #[error("the plan costs {cost}, the prices prove {bound}")]
    Gap {
        /// The plan's cost.
        cost: i128,
        /// The bound.
        bound: i128,
    },
}

/// What was proved: the cost, which is also the bound below which no plan can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The cost.
    pub cost: i128,
    /// How many people were placed, those who wait included.
    pub people: u64,
    /// How many parties are in more than one pool.
    pub split: usize,
}

/// Checks that a flow is one, and that its prices prove it optimal.
///
/// Take any prices w ≥ 0 of pools and v ≥ 0 of groups. A plan pays for each person the cost of a
/// pool, which is at least u = min over pools (cost + w + v) less the w + v of the pool where the
/// person is. Since no pool or group holds more than its limit, no plan costs less than
/// Σ people·u − Σ limit·w − Σ limit·v. A plan that costs exactly this is optimal (the duality of
/// linear programs; each cause of a difference is looked at alone first, to name it).
///
/// # Errors
/// The first flaw.
pub fn prove(flow: &Flow) -> Result<Proved, Flaw> {
    let waiting = flow.pools() - 1;
    let groups = (0..flow.pools()).filter_map(|p| flow.group(p)).max().map_or(0, |g| g + 1);
    let price = |pool: usize| {
        let group = flow.group(pool).map_or(0, |g| flow.group_worth(g));
        flow.worth(pool) + group
    };
    let mut filled = vec![0i64; flow.pools()];
    let (mut cost, mut bound) = (0i128, 0i128);
    let (mut people, mut split) = (0u64, 0);
    for party in 0..flow.parties() {
        let placed = flow.placed(party);
        let sum: u64 = placed.iter().map(|&(_, n)| u64::from(n)).sum();
        if sum != u64::from(flow.size(party)) {
            return Err(Flaw::Lost { party, size: flow.size(party), placed: sum });
        }
        let costs = flow.costs(party);
        let (cheapest, better) = (0..flow.pools())
            .filter(|&pool| costs[pool] < NEVER)
            .map(|pool| (costs[pool] + price(pool), pool))
            .min()
            .unwrap_or((0, waiting));
        for &(pool, n) in placed {
            let pool = pool as usize;
            if costs[pool] >= NEVER {
                return Err(Flaw::NotAdmitted { party, pool });
            }
            let by = costs[pool] + price(pool) - cheapest;
            if by > 0 {
                return Err(Flaw::NotCheapest { party, pool, better, by });
            }
            filled[pool] += i64::from(n);
            cost += i128::from(costs[pool]) * i128::from(n);
        }
        people += sum;
        split += usize::from(placed.len() > 1);
        bound += i128::from(cheapest) * i128::from(flow.size(party));
    }
    let mut in_group = vec![0i64; groups];
    for (pool, &inside) in filled.iter().enumerate() {
        if let Some(group) = flow.group(pool) {
            in_group[group] += inside;
        }
        bound -= limit("pool", pool, inside, flow.capacity(pool), flow.worth(pool))?;
    }
    for (group, &inside) in in_group.iter().enumerate() {
        let (capacity, _) = flow.group_use(group);
        bound -= limit("group", group, inside, capacity, flow.group_worth(group))?;
    }
    if cost != bound {
        return Err(Flaw::Gap { cost, bound });
    }
    Ok(Proved { cost, people, split })
}

fn limit(
    what: &'static str,
    index: usize,
    people: i64,
    limit: i64,
    price: i64,
) -> Result<i128, Flaw> {
    if people > limit {
        return Err(Flaw::Overfull { what, index, people, limit });
    }
    if price < 0 {
        return Err(Flaw::NegativePrice { what, index });
    }
    if price > 0 && people < limit {
        return Err(Flaw::PriceWithoutNeed { what, index });
    }
    Ok(i128::from(price) * i128::from(limit))
}
