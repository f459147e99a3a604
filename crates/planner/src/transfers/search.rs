//! The search for a dispatch plan: rides are taken out and put back, both ends at once.

use super::model::{Call, CoachTour, Dispatch, Transfers};
use super::schedule::{CLEAN, Schedule, Spot};
use crate::random::Rng;
use crate::routes::{Ground, Landscape, Window};

#[derive(Clone, Debug, Default)]
struct Tour {
    coaches: u32,
    spots: Vec<Spot>,
    /// For each stop the latest begin that keeps the windows after it; ride limits apart.
    latest: Vec<i32>,
    leaves: i32,
    returns: i32,
}

/// Where a ride could go: on after `on` stops of the tour, off after `off` of them.
#[derive(Clone, Copy)]
struct Place {
    cost: i64,
    tour: usize,
    on: usize,
    off: usize,
}

pub(super) struct Search<'p> {
    problem: &'p Transfers,
    /// For each ride the others, most alike first.
    alike: Vec<Vec<u32>>,
    tours: Vec<Tour>,
    /// Which tour a ride is in.
    tour_of: Vec<Option<u32>>,
    bank: Vec<u32>,
    cost: i64,
    rng: Rng,
    probe: Schedule,
    // Undo.
    round: u64,
    touched: Vec<u64>,
    saved: Vec<(usize, Tour)>,
    spare: Vec<Tour>,
    before: (i64, Vec<u32>),
    // The best plan.
    best: (i64, Vec<Tour>, Vec<u32>),
}

/// The chance to pass over a place.
const BLINK: f64 = 0.01;

/// How many rides a step takes out on average, at most.
const STOPS: f64 = 10.0;

/// How many alike rides are kept for each.
const ALIKE: usize = 120;

impl<'p> Search<'p> {
    pub(super) fn new(problem: &'p Transfers, seed: u64) -> Search<'p> {
        let rides = problem.rides.len();
        let tours: Vec<Tour> = (0..problem.coaches.len() as u32)
            .flat_map(|coaches| {
                let count = problem.coaches[coaches as usize].count.min(rides as u32);
                std::iter::repeat_n(Tour { coaches, ..Tour::default() }, count as usize)
            })
            .collect();
        Search {
            problem,
            alike: alike(problem),
            touched: vec![0; tours.len()],
            tours,
            tour_of: vec![None; rides],
            bank: (0..rides as u32).collect(),
            cost: problem.rides.iter().map(|ride| ride.skip).sum(),
            rng: Rng::new(seed),
            probe: Schedule::default(),
            round: 0,
            saved: Vec::new(),
            spare: Vec::new(),
            before: (0, Vec::new()),
            best: (i64::MAX, Vec::new(), Vec::new()),
        }
    }

    /// Takes over a plan as far as it still keeps the rules.
    pub(super) fn load(&mut self, plan: &Dispatch) {
        for old in &plan.tours {
            let empty =
                self.tours.iter().position(|t| t.coaches == old.coaches && t.spots.is_empty());
            let Some(index) = empty else { continue };
            let known = |call: &&Call| (call.ride as usize) < self.problem.rides.len();
            let nodes: Vec<u32> = old
                .calls
                .iter()
                .filter(known)
                .map(|call| call.ride * 2 + u32::from(!call.on))
                .collect();
            let coaches = &self.problem.coaches[old.coaches as usize];
            let able = nodes.iter().all(|&node| {
                let ride = &self.problem.rides[(node / 2) as usize];
                ride.needs & !coaches.gives == 0 && self.tour_of[(node / 2) as usize].is_none()
            });
            if able && self.probe.find(self.problem, coaches, nodes.iter().copied()) {
                self.cost -= self.length(index);
                self.adopt(index);
                self.cost += self.length(index);
                for node in nodes.iter().filter(|&&node| node % 2 == 0) {
                    self.tour_of[(node / 2) as usize] = Some(index as u32);
                    self.cost -= self.problem.rides[(node / 2) as usize].skip;
                }
            }
        }
        let tour_of = &self.tour_of;
        self.bank.retain(|&ride| tour_of[ride as usize].is_none());
    }

    /// Puts all of the bank where it fits, and takes what results as the best so far.
    pub(super) fn fill(&mut self) {
        self.begin();
        let mut rides = std::mem::take(&mut self.bank);
        self.order(&mut rides);
        self.put_back(rides);
        self.keep();
    }

    /// The mean length of a way between two stops.
    pub(super) fn mean_edge(&self) -> f64 {
        let skipped: i64 = self.bank.iter().map(|&r| self.problem.rides[r as usize].skip).sum();
        let edges: usize =
            self.tours.iter().filter(|t| !t.spots.is_empty()).map(|t| t.spots.len() + 1).sum();
        (self.cost - skipped).max(1) as f64 / edges.max(1) as f64
    }

    pub(super) fn plan(&self) -> Dispatch {
        let (_, tours, bank) = &self.best;
        let call = |spot: &Spot| Call {
            ride: spot.node / 2,
            on: spot.node.is_multiple_of(2),
            begins: spot.begins,
        };
        let tours = tours.iter().filter(|tour| !tour.spots.is_empty()).map(|tour| CoachTour {
            coaches: tour.coaches,
            leaves: tour.leaves,
            calls: tour.spots.iter().map(call).collect(),
            returns: tour.returns,
        });
        let mut skipped = bank.clone();
        skipped.sort_unstable();
        Dispatch { tours: tours.collect(), skipped }
    }

    fn begin(&mut self) {
        self.round += 1;
        self.spare.extend(self.saved.drain(..).map(|(_, tour)| tour));
        self.before.0 = self.cost;
        self.before.1.clone_from(&self.bank);
    }

    fn save(&mut self, index: usize) {
        if self.touched[index] == self.round {
            return;
        }
        self.touched[index] = self.round;
        let mut copy = self.spare.pop().unwrap_or_default();
        let tour = &self.tours[index];
        copy.coaches = tour.coaches;
        copy.spots.clone_from(&tour.spots);
        copy.latest.clone_from(&tour.latest);
        (copy.leaves, copy.returns) = (tour.leaves, tour.returns);
        self.saved.push((index, copy));
    }

    /// A tour's length and fixed cost.
    fn length(&self, index: usize) -> i64 {
        let tour = &self.tours[index];
        if tour.spots.is_empty() {
            return 0;
        }
        let coaches = &self.problem.coaches[tour.coaches as usize];
        let mut at = coaches.start;
        let mut sum = coaches.fixed;
        for spot in &tour.spots {
            let place = visit(self.problem, spot.node).0;
            sum += i64::from(self.problem.ground.cost(at, place));
            at = place;
        }
        sum + i64::from(self.problem.ground.cost(at, coaches.end))
    }

    /// Makes the probed sequence the tour's.
    fn adopt(&mut self, index: usize) {
        let tour = &mut self.tours[index];
        tour.spots.clone_from(&self.probe.spots);
        (tour.leaves, tour.returns) = (self.probe.leaves, self.probe.returns);
        let problem = self.problem;
        let coaches = &problem.coaches[tour.coaches as usize];
        tour.latest.clear();
        tour.latest.resize(tour.spots.len(), 0);
        let (mut next, mut latest) = (coaches.end, coaches.shift.close);
        for (at, spot) in tour.spots.iter().enumerate().rev() {
            let (place, window, service) = visit(problem, spot.node);
            latest = window.close.min(latest - problem.ground.time(place, next) - service);
            tour.latest[at] = latest;
            next = place;
        }
    }

    /// Takes rides out of one tour.
    fn take_out(&mut self, index: usize, rides: &[u32]) {
        self.save(index);
        self.cost -= self.length(index);
        let coaches = &self.problem.coaches[self.tours[index].coaches as usize];
        let nodes = self.tours[index].spots.iter().map(|spot| spot.node);
        let left = nodes.filter(|node| !rides.contains(&(node / 2)));
        let kept = self.probe.find(self.problem, coaches, left);
        // Where lengths break the triangle inequality, a shorter sequence can be a later one. Then
        // everybody gets off.
        if kept {
            self.adopt(index);
        } else {
            for at in 0..self.tours[index].spots.len() {
                let node = self.tours[index].spots[at].node;
                if node.is_multiple_of(2) && !rides.contains(&(node / 2)) {
                    self.release(node / 2);
                    self.bank.push(node / 2);
                }
            }
            self.tours[index].spots.clear();
            self.tours[index].latest.clear();
        }
        self.cost += self.length(index);
        rides.iter().for_each(|&ride| self.release(ride));
    }

    fn release(&mut self, ride: u32) {
        self.tour_of[ride as usize] = None;
        self.cost += self.problem.rides[ride as usize].skip;
    }

    fn ruin(&mut self) -> Vec<u32> {
        let rides = self.problem.rides.len();
        let seed = self.rng.below(rides);
        let mut out: Vec<u32> = Vec::new();
        let most = STOPS.min(rides as f64 * 0.3).max(2.0);
        if self.rng.chance(0.5) {
            // Those most alike, with some passed over.
            let wanted = 1 + self.rng.below((2.0 * most) as usize - 1);
            let keep = 0.5 + 0.5 * self.rng.unit();
            let near = self.alike[seed].clone();
            for ride in std::iter::once(seed as u32).chain(near) {
                if out.len() < wanted
                    && self.tour_of[ride as usize].is_some()
                    && self.rng.chance(keep)
                {
                    out.push(ride);
                }
            }
            self.take_all(&out);
            return out;
        }
        // Strings of rides that get on one after another, in tours near the seed.
        let tours = 1 + self.rng.below(3);
        let (mut hit, mut string): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for at in 0..=self.alike[seed].len() {
            let ride = if at == 0 { seed as u32 } else { self.alike[seed][at - 1] };
            let Some(tour) = self.tour_of[ride as usize] else { continue };
            if hit.contains(&tour) {
                continue;
            }
            hit.push(tour);
            string.clear();
            let spots = self.tours[tour as usize].spots.iter();
            string.extend(spots.filter(|s| s.node % 2 == 0).map(|s| s.node / 2));
            let middle = string.iter().position(|&r| r == ride).unwrap_or(0);
            let length = (1 + self.rng.below(most as usize)).min(string.len());
            let low = (middle + 1).saturating_sub(length);
            let high = middle.min(string.len() - length);
            let first = low + self.rng.below(high + 1 - low);
            let taken = string[first..first + length].to_vec();
            self.take_out(tour as usize, &taken);
            out.extend(taken);
            if hit.len() >= tours {
                break;
            }
        }
        out
    }

    fn take_all(&mut self, rides: &[u32]) {
        for at in 0..rides.len() {
            let Some(tour) = self.tour_of[rides[at] as usize] else { continue };
            let together: Vec<u32> = rides[at..]
                .iter()
                .copied()
                .filter(|&ride| self.tour_of[ride as usize] == Some(tour))
                .collect();
            self.take_out(tour as usize, &together);
        }
    }

    fn order(&mut self, rides: &mut [u32]) {
        self.rng.shuffle(rides);
        let of = |ride: &u32| &self.problem.rides[*ride as usize];
        match self.rng.below(8) {
            0 | 1 => rides.sort_by_key(|r| of(r).pick.open),
            2 => rides.sort_by_key(|r| std::cmp::Reverse(of(r).drop.close)),
            3 => rides.sort_by_key(|r| {
                (of(r).pick.close - of(r).pick.open).min(of(r).drop.close - of(r).drop.open)
            }),
            4 => rides
                .sort_by_key(|r| std::cmp::Reverse(self.problem.ground.cost(of(r).from, of(r).to))),
            5 => rides.sort_by_key(|r| std::cmp::Reverse(of(r).people)),
            _ => {}
        }
    }

    fn put_back(&mut self, rides: Vec<u32>) {
        for ride in rides {
            let Some(place) = self.cheapest(ride) else {
                self.bank.push(ride);
                continue;
            };
            self.save(place.tour);
            let coaches = &self.problem.coaches[self.tours[place.tour].coaches as usize];
            let fits = self.probe.find(
                self.problem,
                coaches,
                with(&self.tours[place.tour].spots, ride, place.on, place.off),
            );
            debug_assert!(fits);
            self.adopt(place.tour);
            self.tour_of[ride as usize] = Some(place.tour as u32);
            self.cost += place.cost - self.problem.rides[ride as usize].skip;
        }
    }

    fn cheapest(&mut self, ride: u32) -> Option<Place> {
        let mut best = None;
        // Empty vehicles of one kind are alike: one is enough.
        let mut empty_seen = None;
        for index in 0..self.tours.len() {
            let tour = &self.tours[index];
            if tour.spots.is_empty() {
                if empty_seen == Some(tour.coaches) {
                    continue;
                }
                empty_seen = Some(tour.coaches);
            }
            let gives = self.problem.coaches[tour.coaches as usize].gives;
            if self.problem.rides[ride as usize].needs & !gives == 0 {
                self.try_tour(ride, index, &mut best);
            }
        }
        best
    }

    fn try_tour(&mut self, ride: u32, index: usize, best: &mut Option<Place>) {
        let problem = self.problem;
        let ground = &problem.ground;
        let it = problem.rides[ride as usize];
        let tour = &self.tours[index];
        let coaches = &problem.coaches[tour.coaches as usize];
        let class = u16::from(it.class);
        let size = tour.spots.len();
        let at = |position: usize| match position {
            0 => coaches.start,
            p if p <= size => visit(problem, tour.spots[p - 1].node).0,
            _ => coaches.end,
        };
        let mut least = best.map_or(i64::MAX, |place| place.cost);
        let direct = i64::from(ground.cost(it.from, it.to));
        let fixed = if size == 0 { coaches.fixed } else { 0 };
        for on in 0..=size {
            let (leaves, aboard, last) = match on {
                0 => (coaches.shift.open, 0, CLEAN),
                _ => {
                    let spot = &tour.spots[on - 1];
                    let (_, _, service) = visit(problem, spot.node);
                    (spot.begins + service, spot.aboard, spot.class)
                }
            };
            if aboard + it.people > coaches.seats || aboard > 0 && last != class {
                continue;
            }
            let (before, after) = (at(on), at(on + 1));
            // Nobody can be earlier than in the shorter tour, nor later than windows allow. (With
            // the triangle inequality; without, some places are not seen.)
            let gets_on = (leaves + ground.time(before, it.from)).max(it.pick.open);
            if gets_on > it.pick.close {
                continue;
            }
            let mut free = gets_on + it.service.0;
            let (to_on, edge) = (ground.cost(before, it.from), ground.cost(before, after));
            let detour =
                i64::from(to_on) + i64::from(ground.cost(it.from, after)) - i64::from(edge);
            for off in on..=size {
                if off > on {
                    let spot = &tour.spots[off - 1];
                    if spot.node.is_multiple_of(2) && spot.class != class
                        || spot.aboard + it.people > coaches.seats
                    {
                        break;
                    }
                    let (place, _, service) = visit(problem, spot.node);
                    let came = if off == on + 1 { it.from } else { at(off - 1) };
                    let begins = spot.begins.max(free + ground.time(came, place));
                    if begins > tour.latest[off - 1] {
                        break;
                    }
                    free = begins + service;
                }
                let (before_off, after_off) = (at(off), at(off + 1));
                let came = if off == on { it.from } else { before_off };
                let gets_off = (free + ground.time(came, it.to)).max(it.drop.open);
                let under_way = gets_off - it.pick.close - it.service.0;
                if gets_off > it.drop.close || it.longest.is_some_and(|most| under_way > most) {
                    break;
                }
                let latest = tour.latest.get(off).copied().unwrap_or(coaches.shift.close);
                if gets_off + it.service.1 + ground.time(it.to, after_off) > latest {
                    continue;
                }
                let away = i64::from(ground.cost(it.to, after_off));
                let cost = if off == on {
                    i64::from(to_on) + direct + away - i64::from(edge)
                        + fixed
                        + if size == 0 { i64::from(edge) } else { 0 }
                } else {
                    detour + i64::from(ground.cost(before_off, it.to)) + away
                        - i64::from(ground.cost(before_off, after_off))
                };
                if cost >= least || cost >= i64::from(Ground::CLOSED) || self.rng.chance(BLINK) {
                    continue;
                }
                if self.probe.find(problem, coaches, with(&tour.spots, ride, on, off)) {
                    least = cost;
                    *best = Some(Place { cost, tour: index, on, off });
                }
            }
        }
    }
}

/// Where a stop of a sequence is, when it may begin and how long it takes.
fn visit(problem: &Transfers, node: u32) -> (u32, Window, i32) {
    let ride = &problem.rides[(node / 2) as usize];
    if node.is_multiple_of(2) {
        (ride.from, ride.pick, ride.service.0)
    } else {
        (ride.to, ride.drop, ride.service.1)
    }
}

/// A sequence with a ride put in.
fn with(spots: &[Spot], ride: u32, on: usize, off: usize) -> impl Iterator<Item = u32> + '_ {
    let nodes = |part: std::ops::Range<usize>| spots[part].iter().map(|spot| spot.node);
    nodes(0..on)
        .chain([ride * 2])
        .chain(nodes(on..off))
        .chain([ride * 2 + 1])
        .chain(nodes(off..spots.len()))
}

impl Landscape for Search<'_> {
    fn step(&mut self, _allowed: f64) -> Option<i64> {
        self.begin();
        let mut rides = self.ruin();
        for _ in 0..self.bank.len().min(STOPS as usize) {
            let at = self.rng.below(self.bank.len());
            rides.push(self.bank.swap_remove(at));
        }
        self.order(&mut rides);
        self.put_back(rides);
        Some(self.cost - self.before.0)
    }

    fn keep(&mut self) {
        if self.cost < self.best.0 {
            self.best.0 = self.cost;
            self.best.1.clone_from(&self.tours);
            self.best.2.clone_from(&self.bank);
        }
    }

    fn undo(&mut self) {
        for at in 0..self.saved.len() {
            let index = self.saved[at].0;
            std::mem::swap(&mut self.tours[index], &mut self.saved[at].1);
        }
        for at in 0..self.saved.len() {
            let index = self.saved[at].0;
            for spot in &self.saved[at].1.spots {
                if self.tour_of[(spot.node / 2) as usize] == Some(index as u32) {
                    self.tour_of[(spot.node / 2) as usize] = None;
                }
            }
        }
        for at in 0..self.saved.len() {
            let index = self.saved[at].0;
            for spot in &self.tours[index].spots {
                self.tour_of[(spot.node / 2) as usize] = Some(index as u32);
            }
        }
        self.cost = self.before.0;
        std::mem::swap(&mut self.bank, &mut self.before.1);
    }

    fn best(&self) -> i64 {
        self.best.0
    }
}

fn alike(problem: &Transfers) -> Vec<Vec<u32>> {
    let ground = &problem.ground;
    let rides = &problem.rides;
    (0..rides.len())
        .map(|one| {
            let a = &rides[one];
            let mut others: Vec<(i64, u32)> = (0..rides.len())
                .filter(|&other| other != one)
                .map(|other| {
                    let b = &rides[other];
                    let apart =
                        i64::from(ground.cost(a.from, b.from)) + i64::from(ground.cost(a.to, b.to));
                    let early = (i64::from(a.pick.open) - i64::from(b.pick.open)).abs()
                        + (i64::from(a.drop.close) - i64::from(b.drop.close)).abs();
                    let class = if a.class == b.class { 0 } else { apart / 2 };
                    (4 * apart + early + class, other as u32)
                })
                .collect();
            if others.len() > ALIKE {
                others.select_nth_unstable(ALIKE);
                others.truncate(ALIKE);
            }
            others.sort_unstable();
            others.into_iter().map(|(_, other)| other).collect()
        })
        .collect()
}
