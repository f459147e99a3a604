//! The transport problem behind the bed plan: parties of people into pools of places, at least
//! cost, solved by successive shortest augmenting paths over the pools.
//!
//! Parties are many and pools are few, so no arc between a party and a pool is ever stored. The
//! graph that is searched has one node for each pool, one for each group of pools (a facility
//! with a limit of its own) and the sink. The length of the way from pool p to pool q is the
//! least cost of moving one person who is in p over to q; a heap for each pair keeps it. Prices
//! (potentials, Johnson 1977) keep every length ≥ 0, so that Dijkstra's algorithm serves.
//!
//! At every moment the flow is optimal for the parties that are in it, and the prices prove it
//! ([`super::proof`]). So arrivals, withdrawals and changes of capacity are each one or a few
//! searches, and a replan costs no more than what changed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

/// A cost that no assignment can have: this pool does not admit this party.
pub const NEVER: i64 = i64::MAX / 4;

/// An optimal flow of parties into pools, kept optimal under changes.
///
/// The last pool is the one without limit (those who wait); it makes every problem solvable.
#[derive(Clone, Debug)]
pub struct Flow {
    pools: usize,
    groups: usize,
    group: Vec<Option<usize>>,
    capacity: Vec<i64>,
    filled: Vec<i64>,
    price: Vec<i64>,
    /// One row of costs for each party, `pools` long.
    costs: Vec<i64>,
    size: Vec<u32>,
    placed: Vec<SmallVec<[(u32, u32); 2]>>,
    /// For each pair of pools, what moving somebody from the one to the other would cost.
    moves: Vec<BinaryHeap<Reverse<(i64, u32)>>>,
    /// Whether the heaps that start at a pool are kept up to date. Pools that never filled up are
    /// never left by a search, so they have none.
    indexed: Vec<bool>,
    // The search's own memory.
    distance: Vec<i64>,
    done: Vec<bool>,
    came: Vec<(u32, u32)>,
}

const NOBODY: u32 = u32::MAX;
const START: u32 = u32::MAX - 1;

impl Flow {
    /// A flow without parties. `capacity` has one entry for each pool but the unlimited last one,
    /// `group` the group that each of them belongs to, and `group_capacity` the limits of those.
    #[must_use]
    pub fn new(capacity: &[u32], group: &[Option<usize>], group_capacity: &[u32]) -> Flow {
        let pools = capacity.len() + 1;
        let groups = group_capacity.len();
        let nodes = pools + groups + 1;
        let mut limits: Vec<i64> = capacity.iter().map(|&c| i64::from(c)).collect();
        limits.push(NEVER);
        limits.extend(group_capacity.iter().map(|&c| i64::from(c)));
        let mut membership = group.to_vec();
        membership.push(None);
        Flow {
            pools,
            groups,
            group: membership,
            capacity: limits,
            filled: vec![0; pools + groups],
            price: vec![0; nodes],
            costs: Vec::new(),
            size: Vec::new(),
            placed: Vec::new(),
            moves: vec![BinaryHeap::new(); pools * pools],
            indexed: vec![false; pools],
            distance: vec![0; nodes],
            done: vec![false; nodes],
            came: vec![(0, 0); nodes],
        }
    }

    /// Makes room for so many more parties.
    pub fn reserve(&mut self, parties: usize) {
        self.costs.reserve(parties * self.pools);
        self.placed.reserve(parties);
        self.size.reserve(parties);
    }

    /// The number of pools, the unlimited one included.
    #[must_use]
    pub fn pools(&self) -> usize {
        self.pools
    }

    /// The number of parties that were ever added; a withdrawn one has size 0.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.size.len()
    }

    /// The costs of a party, for one person in each pool.
    #[must_use]
    pub fn costs(&self, party: usize) -> &[i64] {
        &self.costs[party * self.pools..(party + 1) * self.pools]
    }

    /// How many people a party has.
    #[must_use]
    pub fn size(&self, party: usize) -> u32 {
        self.size[party]
    }

    /// Where a party's people are: pool and number.
    #[must_use]
    pub fn placed(&self, party: usize) -> &[(u32, u32)] {
        &self.placed[party]
    }

    /// How many people are in a pool.
    #[must_use]
    pub fn filled(&self, pool: usize) -> i64 {
        self.filled[pool]
    }

    /// A pool's limit.
    #[must_use]
    pub fn capacity(&self, pool: usize) -> i64 {
        self.capacity[pool]
    }

    /// A group's limit and how many people are in it.
    #[must_use]
    pub fn group_use(&self, group: usize) -> (i64, i64) {
        (self.capacity[self.pools + group], self.filled[self.pools + group])
    }

    /// A pool's group.
    #[must_use]
    pub fn group(&self, pool: usize) -> Option<usize> {
        self.group[pool]
    }

    /// What one more place in this pool would save, its group's limit apart.
    #[must_use]
    pub fn worth(&self, pool: usize) -> i64 {
        (self.price[self.up(pool)] - self.price[pool]).max(0)
    }

    /// What one more person allowed in this group would save.
    #[must_use]
    pub fn group_worth(&self, group: usize) -> i64 {
        let sink = self.pools + self.groups;
        (self.price[sink] - self.price[self.pools + group]).max(0)
    }

    /// The cost of the whole flow.
    #[must_use]
    pub fn cost(&self) -> i128 {
        (0..self.parties())
            .flat_map(|party| self.placed[party].iter().map(move |&(pool, n)| (party, pool, n)))
            .map(|(party, pool, n)| {
                i128::from(self.costs[party * self.pools + pool as usize]) * i128::from(n)
            })
            .sum()
    }

    fn up(&self, pool: usize) -> usize {
        match self.group[pool] {
            Some(group) => self.pools + group,
            None => self.pools + self.groups,
        }
    }

    /// Takes in a party. `costs` has one entry for each pool, [`NEVER`] where the party may not
    /// go; the last, unlimited pool must be allowed. Returns the party's index.
    ///
    /// # Panics
    /// When `costs` is not one entry for each pool, or the last one is [`NEVER`].
    pub fn add(&mut self, costs: &[i64], size: u32) -> usize {
        assert!(costs.len() == self.pools && costs[self.pools - 1] < NEVER);
        let party = self.size.len();
        self.costs.extend_from_slice(costs);
        self.size.push(size);
        self.placed.push(SmallVec::new());
        let sink = self.pools + self.groups;
        let mut left = i64::from(size);
        while left > 0 {
            let row = party * self.pools;
            let own = (0..self.pools)
                .filter(|&pool| self.costs[row + pool] < NEVER)
                .map(|pool| self.price[pool] - self.costs[row + pool])
                .max()
                .unwrap_or(0);
            self.distance.fill(NEVER);
            for pool in 0..self.pools {
                if self.costs[row + pool] < NEVER {
                    self.distance[pool] = self.costs[row + pool] + own - self.price[pool];
                    self.came[pool] = (START, party as u32);
                }
            }
            left -= self.augment(sink, left);
        }
        party
    }

    /// Takes a party out and fills its places with those who gain most by it.
    pub fn withdraw(&mut self, party: usize) {
        for (pool, people) in std::mem::take(&mut self.placed[party]) {
            let mut left = i64::from(people);
            while left > 0 {
                left -= self.refill(pool as usize, left);
            }
        }
        self.size[party] = 0;
    }

    /// Changes a pool's limit; who has no place any more goes where it costs least.
    pub fn set_capacity(&mut self, pool: usize, capacity: u32) {
        let before = self.capacity[pool];
        self.capacity[pool] = i64::from(capacity);
        self.mend(pool, before);
    }

    /// Changes a group's limit.
    pub fn set_group_capacity(&mut self, group: usize, capacity: u32) {
        let node = self.pools + group;
        let before = self.capacity[node];
        self.capacity[node] = i64::from(capacity);
        self.mend(node, before);
    }

    fn mend(&mut self, node: usize, before: i64) {
        let sink = self.pools + self.groups;
        let up = if node < self.pools { self.up(node) } else { sink };
        // A full arc may have a price; where there is room again it must be filled or lose it.
        // Each round either puts one more through or finds that this would cost more than it saves.
        let mut excess = self.filled[node] - self.capacity[node];
        if excess <= 0 && before > self.capacity[node] {
            return;
        }
        while excess > 0 {
            self.filled[node] -= excess;
            self.distance.fill(NEVER);
            self.distance[node] = 0;
            self.came[node] = (START, NOBODY);
            // What left the arc is at `node` and must come to `up` by another way.
            let went = self.augment(up, excess);
            self.filled[node] += excess - went;
            excess -= went;
        }
        while self.filled[node] < self.capacity[node] && self.price[node] < self.price[up] {
            self.distance.fill(NEVER);
            self.distance[up] = 0;
            self.came[up] = (START, NOBODY);
            let saves = self.price[up] - self.price[node];
            let room = self.capacity[node] - self.filled[node];
            if !self.reachable_within(node, saves) {
                break;
            }
            let went = self.apply(node, room);
            self.filled[node] += went;
        }
    }

    /// One unit of demand at the sink's side must come back to `pool`, whose party left it.
    fn refill(&mut self, pool: usize, most: i64) -> i64 {
        let sink = self.pools + self.groups;
        self.distance.fill(NEVER);
        self.distance[sink] = 0;
        self.came[sink] = (START, NOBODY);
        self.augment(pool, most)
    }

    /// Sends up to `most` along the shortest way to `target` and adjusts the prices.
    fn augment(&mut self, target: usize, most: i64) -> i64 {
        self.search(target);
        let reached = self.distance[target];
        assert!(reached < NEVER, "the unlimited pool can always be reached");
        self.reprice(reached);
        self.apply(target, most)
    }

    /// Searches; moves prices by at most `limit`. False when the way is not shorter than that.
    fn reachable_within(&mut self, target: usize, limit: i64) -> bool {
        self.search(target);
        let reached = self.distance[target];
        self.reprice(reached.min(limit));
        reached < limit
    }

    fn reprice(&mut self, reached: i64) {
        for (price, &distance) in self.price.iter_mut().zip(&self.distance) {
            *price += distance.min(reached);
        }
        // Only differences count; the sink's stays 0, so that no price grows with time.
        let sink = self.price[self.pools + self.groups];
        self.price.iter_mut().for_each(|price| *price -= sink);
    }

    fn search(&mut self, target: usize) {
        self.done.fill(false);
        loop {
            let mut node = usize::MAX;
            let mut nearest = NEVER;
            for (candidate, &distance) in self.distance.iter().enumerate() {
                if distance < nearest && !self.done[candidate] {
                    nearest = distance;
                    node = candidate;
                }
            }
            if node == usize::MAX || nearest >= self.distance[target] {
                return;
            }
            self.done[node] = true;
            self.relax(node, nearest);
        }
    }

    fn relax(&mut self, node: usize, so_far: i64) {
        let sink = self.pools + self.groups;
        if node == sink {
            for lower in 0..self.pools + self.groups {
                if (lower >= self.pools || self.group[lower].is_none()) && self.filled[lower] > 0 {
                    self.reach(node, lower, so_far, 0, NOBODY);
                }
            }
            return;
        }
        if node >= self.pools {
            if self.filled[node] < self.capacity[node] {
                self.reach(node, sink, so_far, 0, NOBODY);
            }
            for pool in 0..self.pools {
                if self.group[pool] == Some(node - self.pools) && self.filled[pool] > 0 {
                    self.reach(node, pool, so_far, 0, NOBODY);
                }
            }
            return;
        }
        if self.filled[node] < self.capacity[node] {
            self.reach(node, self.up(node), so_far, 0, NOBODY);
        }
        if !self.indexed[node] {
            self.index(node);
        }
        for other in 0..self.pools {
            if other == node || self.done[other] {
                continue;
            }
            if let Some((cost, party)) = self.cheapest_move(node, other) {
                self.reach(node, other, so_far, cost, party);
            }
        }
    }

    fn reach(&mut self, from: usize, to: usize, so_far: i64, length: i64, party: u32) {
        let reduced = length + self.price[from] - self.price[to];
        debug_assert!(reduced >= 0, "a negative way from {from} to {to}: {reduced}");
        let distance = so_far + reduced;
        if distance < self.distance[to] {
            self.distance[to] = distance;
            self.came[to] = (from as u32, party);
        }
    }

    fn cheapest_move(&mut self, from: usize, to: usize) -> Option<(i64, u32)> {
        let heap = &mut self.moves[from * self.pools + to];
        while let Some(&Reverse((cost, party))) = heap.peek() {
            if self.placed[party as usize].iter().any(|&(pool, _)| pool as usize == from) {
                return Some((cost, party));
            }
            heap.pop();
        }
        None
    }

    fn index(&mut self, pool: usize) {
        self.indexed[pool] = true;
        let here: Vec<u32> = (0..self.parties() as u32)
            .filter(|&party| self.placed[party as usize].iter().any(|&(p, _)| p as usize == pool))
            .collect();
        for other in (0..self.pools).filter(|&other| other != pool) {
            let ways: Vec<_> = here
                .iter()
                .filter_map(|&party| {
                    let row = party as usize * self.pools;
                    let to = self.costs[row + other];
                    (to < NEVER).then(|| Reverse((to - self.costs[row + pool], party)))
                })
                .collect();
            self.moves[pool * self.pools + other] = BinaryHeap::from(ways);
        }
    }

    /// Sends as much as fits, at most `most`, along the way that the last search found.
    fn apply(&mut self, target: usize, most: i64) -> i64 {
        let mut way: SmallVec<[(usize, usize, u32); 16]> = SmallVec::new();
        let mut node = target;
        let newcomer = loop {
            let (from, party) = self.came[node];
            if from == START {
                break (party != NOBODY).then_some((party, node));
            }
            way.push((from as usize, node, party));
            node = from as usize;
        };
        let mut amount = most;
        for &(from, to, party) in &way {
            let fits = if party != NOBODY {
                i64::from(self.held(party, from))
            } else if from < to {
                self.capacity[from] - self.filled[from]
            } else {
                self.filled[to]
            };
            amount = amount.min(fits);
        }
        debug_assert!(amount > 0);
        for &(from, to, party) in &way {
            if party != NOBODY {
                self.shift(party, from, -amount);
                self.shift(party, to, amount);
            } else if from < to {
                self.filled[from] += amount;
            } else {
                self.filled[to] -= amount;
            }
        }
        if let Some((party, pool)) = newcomer {
            self.shift(party, pool, amount);
        }
        amount
    }

    fn held(&self, party: u32, pool: usize) -> u32 {
        self.placed[party as usize]
            .iter()
            .find(|&&(p, _)| p as usize == pool)
            .map_or(0, |&(_, people)| people)
    }

    fn shift(&mut self, party: u32, pool: usize, by: i64) {
        let places = &mut self.placed[party as usize];
        if let Some(at) = places.iter().position(|&(p, _)| p as usize == pool) {
            let now = i64::from(places[at].1) + by;
            if now == 0 {
                places.remove(at);
            } else {
                places[at].1 = now as u32;
            }
            return;
        }
        places.push((pool as u32, by as u32));
        if self.indexed[pool] {
            let row = party as usize * self.pools;
            for other in (0..self.pools).filter(|&other| other != pool) {
                let to = self.costs[row + other];
                if to < NEVER {
                    self.moves[pool * self.pools + other]
                        .push(Reverse((to - self.costs[row + pool], party)));
                }
            }
        }
    }

    /// Puts parties together where this costs nothing: afterwards at most one party fewer than
    /// there are pools is split.
    ///
    /// Split parties and their pools form a graph. Along a circle of it people can be exchanged
    /// in turn, at no cost since the flow is optimal, and without changing how full a pool is,
    /// until one party has left one of its pools. Without circles the graph is a forest, and a
    /// forest over p pools has room for at most p − 1 parties with two pools or more.
    pub fn gather(&mut self) {
        while let Some(circle) = self.circle() {
            let amount =
                circle.iter().map(|&(party, _, pool)| self.held(party, pool)).min().unwrap_or(0);
            for (party, gains, loses) in circle {
                self.shift(party, gains, i64::from(amount));
                self.shift(party, loses, -i64::from(amount));
            }
        }
    }

    /// A circle among split parties and pools: each step is a party, a pool that it can gain
    /// places in and the next pool, where it loses as many. No party has two steps.
    fn circle(&self) -> Option<Vec<(u32, usize, usize)>> {
        // A forest over the pools, grown arc by arc; the first arc too many closes a circle.
        let mut arcs: Vec<Vec<(usize, u32)>> = vec![Vec::new(); self.pools];
        for party in (0..self.parties() as u32).filter(|&p| self.placed[p as usize].len() > 1) {
            let first = self.placed[party as usize][0].0 as usize;
            for &(pool, _) in &self.placed[party as usize][1..] {
                let pool = pool as usize;
                if let Some(mut steps) = way_through(&arcs, first, pool) {
                    steps.push((party, pool, first));
                    return Some(joined(steps));
                }
                arcs[first].push((pool, party));
                arcs[pool].push((first, party));
            }
        }
        None
    }
}

/// The way between two pools in a forest, if they hang together.
fn way_through(
    arcs: &[Vec<(usize, u32)>],
    from: usize,
    to: usize,
) -> Option<Vec<(u32, usize, usize)>> {
    let mut came: Vec<Option<(u32, usize)>> = vec![None; arcs.len()];
    let mut queue = vec![from];
    let mut next = 0;
    while let Some(&pool) = queue.get(next) {
        next += 1;
        for &(other, party) in &arcs[pool] {
            if other != from && came[other].is_none() {
                came[other] = Some((party, pool));
                queue.push(other);
            }
        }
    }
    let mut steps = Vec::new();
    let mut at = to;
    while at != from {
        let (party, before) = came[at]?;
        steps.push((party, before, at));
        at = before;
    }
    steps.reverse();
    Some(steps)
}

/// Steps of one party that follow each other, made one: only its ends change.
fn joined(steps: Vec<(u32, usize, usize)>) -> Vec<(u32, usize, usize)> {
    let mut circle: Vec<(u32, usize, usize)> = Vec::with_capacity(steps.len());
    for (party, gains, loses) in steps {
        match circle.last_mut() {
            Some(last) if last.0 == party => last.2 = loses,
            _ => circle.push((party, gains, loses)),
        }
    }
    if circle.len() > 1
        && circle[0].0 == circle[circle.len() - 1].0
        && let Some((_, gains, _)) = circle.pop()
    {
        circle[0].1 = gains;
    }
    circle
}

#[cfg(test)]
mod tests {
    use super::super::proof::{Flaw, prove};
    use super::*;

    /// Two who would both like the one place of pool 0.
    fn two() -> Flow {
        let mut flow = Flow::new(&[1, 5], &[None, None], &[]);
        flow.add(&[1, 4, 50], 1);
        flow.add(&[1, 9, 50], 1);
        flow
    }

    #[test]
    fn the_proof_finds_what_is_wrong() {
        let good = two();
        assert_eq!(prove(&good).map(|proved| proved.cost), Ok(5));

        let mut swapped = good.clone();
        swapped.placed.swap(0, 1);
        assert!(matches!(prove(&swapped), Err(Flaw::NotCheapest { .. })));

        let mut cheap = good.clone();
        cheap.price[0] = cheap.price[cheap.pools];
        assert!(matches!(prove(&cheap), Err(Flaw::NotCheapest { .. })));

        let mut dear = good.clone();
        dear.price[1] -= 1;
        assert!(prove(&dear).is_err());

        let mut lost = good.clone();
        lost.placed[1].clear();
        assert!(matches!(prove(&lost), Err(Flaw::Lost { party: 1, size: 1, placed: 0 })));

        let mut full = good.clone();
        full.placed[0][0].0 = 0;
        full.price[0] = full.price[full.pools];
        assert!(matches!(prove(&full), Err(Flaw::Overfull { index: 0, people: 2, .. })));
    }
}
