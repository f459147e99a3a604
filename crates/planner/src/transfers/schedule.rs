//! Whether a sequence of stops can be kept, and when each begins.

use super::model::{Coaches, Transfers};

/// A stop in a sequence: ride r gets on at 2r and off at 2r + 1.
pub(super) type Node = u32;

/// A stop with what is known when it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) node: Node,
    /// The earliest time that it can begin.
    pub(super) begins: i32,
    /// How many people are aboard after it.
    pub(super) aboard: i32,
    /// The class of those aboard, or of those who last were.
    pub(super) class: u16,
}

/// No class: nobody has been aboard.
pub(super) const CLEAN: u16 = u16::MAX;

/// The times of a sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    pub(super) spots: Vec<Spot>,
    pub(super) leaves: i32,
    pub(super) returns: i32,
    lower: Vec<i32>,
    on_at: Vec<(u32, usize)>,
    pairs: Vec<(usize, usize, i32)>,
}

impl Schedule {
    /// Finds the earliest times that keep every window, every ride's limit and the tour's limit;
    /// false if there are none. Capacity and classes are checked too.
    ///
    /// All constraints say that one time is at least another plus a constant. Those along the
    /// sequence are met by a pass forward. A ride that takes too long needs a later start, which
    /// is a new lower bound, and another pass. The least solution of such a system is reached
    /// after at most as many passes as there are constraints backwards; more mean that there is
    /// none (Bellman and Ford).
    pub(super) fn find(
        &mut self,
        problem: &Transfers,
        coaches: &Coaches,
        nodes: impl Iterator<Item = Node>,
    ) -> bool {
        self.spots.clear();
        self.lower.clear();
        self.on_at.clear();
        self.pairs.clear();
        let (mut aboard, mut class) = (0, CLEAN);
        for node in nodes {
            let ride = &problem.rides[(node / 2) as usize];
            if node % 2 == 0 {
                if aboard > 0 && class != u16::from(ride.class) {
                    return false;
                }
                aboard += ride.people;
                if aboard > coaches.seats {
                    return false;
                }
                class = u16::from(ride.class);
                self.on_at.push((node / 2, self.spots.len()));
                self.lower.push(ride.pick.open);
            } else {
                aboard -= ride.people;
                self.lower.push(ride.drop.open);
                if let Some(longest) = ride.longest {
                    let Some(at) = self.on_at.iter().position(|&(r, _)| r == node / 2) else {
                        return false;
                    };
                    let (_, on) = self.on_at.swap_remove(at);
                    self.pairs.push((on, self.spots.len(), longest + ride.service.0));
                }
            }
            self.spots.push(Spot { node, begins: 0, aboard, class });
        }
        let mut leaves = coaches.shift.open;
        let backwards = self.pairs.len() + 1;
        for _ in 0..=backwards {
            if !self.forward(problem, coaches, leaves) {
                return false;
            }
            let mut kept = true;
            for &(on, off, limit) in &self.pairs {
                let least = self.spots[off].begins - limit;
                if least > self.spots[on].begins {
                    self.lower[on] = least;
                    kept = false;
                }
            }
            if let Some(longest) = coaches.longest {
                let least = self.returns - longest;
                if least > leaves {
                    leaves = least;
                    kept = false;
                }
            }
            if kept {
                return true;
            }
        }
        false
    }

    fn forward(&mut self, problem: &Transfers, coaches: &Coaches, leaves: i32) -> bool {
        let ground = &problem.ground;
        let (mut at, mut free) = (coaches.start, leaves);
        let (mut aboard, mut class) = (0, CLEAN);
        for (spot, &lower) in self.spots.iter_mut().zip(&self.lower) {
            let ride = &problem.rides[(spot.node / 2) as usize];
            let (place, close, service) = if spot.node.is_multiple_of(2) {
                (ride.from, ride.pick.close, ride.service.0)
            } else {
                (ride.to, ride.drop.close, ride.service.1)
            };
            free += ground.time(at, place);
            if aboard == 0 && class != CLEAN && class != spot.class {
                free += problem.cleaning;
            }
            let begins = free.max(lower);
            if begins > close {
                return false;
            }
            spot.begins = begins;
            free = begins + service;
            (at, aboard, class) = (place, spot.aboard, spot.class);
        }
        self.leaves = leaves;
        self.returns = free + ground.time(at, coaches.end);
        self.returns <= coaches.shift.close
    }
}
