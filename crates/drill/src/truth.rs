//! The truth, as the drill asks for it: who is infected, and what a swab would show.
//!
//! The epidemic itself is made elsewhere; this is all that the drill needs of it. Persons are
//! numbered as the city makes them, from 0.

mod epidemic;

use std::ops::Range;

use types::{Micros, Span};

pub use city::epidemic::{Lock, Severity};
pub use epidemic::Living;

/// An infection that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Infection {
    /// Who.
    pub person: u32,
    /// When.
    pub at: Micros,
    /// By whom; `None` for those who brought it in.
    pub by: Option<u32>,
}

/// Where two people met, in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    /// They live together.
    Home,
    /// They learn together.
    School,
    /// They work together.
    Work,
    /// At a market.
    Market,
    /// They live in one building or compound.
    Neighbours,
    /// At a hospital.
    Care,
    /// Somewhere: they do not know each other.
    Elsewhere,
}

impl Where {
    /// Whether the two know each other, so that one can name the other.
    pub fn is_known(self) -> bool {
        !matches!(self, Where::Market | Where::Care | Where::Elsewhere)
    }
}

/// Somebody whom a person really met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Whom.
    pub person: u32,
    /// Where.
    pub at: Where,
    /// The school, workplace or market, by its number.
    pub place: Option<u32>,
    /// When, where it was once; nothing of people who meet day after day.
    pub once: Option<Micros>,
}

/// An epidemic that can be lived through day by day.
pub trait Truth: Send {
    /// Lives up to a time; what happens then depends on what was asked for before.
    fn advance(&mut self, to: Micros);

    /// Infections in the order in which they happened, up to where it has lived.
    fn infections(&self) -> &[Infection];

    /// The cycle threshold that a swab of this person alone would give, if any.
    fn ct(&self, person: u32, at: Micros) -> Option<f64>;

    /// How ill a person is at a time by which it has lived.
    fn illness(&self, person: u32, at: Micros) -> Severity;

    /// Whether a person who was ill is on the way to health: the worst is over.
    fn is_better(&self, person: u32, at: Micros) -> bool;

    /// The person was taken to a ward and infects nobody from then on.
    fn isolate(&mut self, person: u32, at: Micros);

    /// The person stays at home from a time on.
    fn hold(&mut self, person: u32, at: Micros);

    /// The person may go out again.
    fn release(&mut self, person: u32, at: Micros);

    /// Somebody brings the disease to these persons: a market, a building site.
    fn seed(&mut self, persons: &[u32], at: Micros);

    /// The person is at a quarantine site.
    fn quarantine(&mut self, person: u32, at: Micros);

    /// How far the people of these homes may go. Buildings are closed as a whole.
    fn lock(&mut self, persons: Range<u32>, lock: Lock, at: Micros);

    /// Whom a person met in some days, each once.
    fn met(&self, person: u32, from: Micros, until: Micros) -> Vec<Meeting>;

    /// After so long nobody infects anybody any more.
    fn lasts(&self) -> Span;
}

/// What swabs in one tube give together: their loads add up, so one strong swab decides. Each
/// cycle doubles, so a load is 2^−Ct (swabs of 5-in-1 and 10-in-1 tubes share one volume of
/// medium; nothing is diluted).
pub fn pooled(cts: impl IntoIterator<Item = f64>) -> Option<f64> {
    let load: f64 = cts.into_iter().map(|ct| (-ct).exp2()).sum();
    (load > 0.0).then(|| -load.log2())
}

/// A fixed list of infections, each with the same course. For tests and for looking at the
/// system alone: nothing spreads, nobody falls ill, and nothing that is done changes anything.
#[derive(Clone, Debug)]
pub struct FixedList {
    all: Vec<Infection>,
    lived: usize,
}

impl FixedList {
    /// These persons are infected at these times.
    pub fn new(mut all: Vec<Infection>) -> FixedList {
        all.sort_by_key(|i| (i.at, i.person));
        FixedList { all, lived: 0 }
    }
}

/// Days after infection and the Ct on them: a rise over two days, a peak, a slow fall.
const COURSE: [(f64, f64); 5] = [(1.0, 40.0), (3.0, 24.0), (5.0, 20.0), (9.0, 30.0), (16.0, 40.0)];

/// The Ct of a course at a time after infection.
fn on_course(days: f64) -> Option<f64> {
    COURSE.windows(2).find_map(|pair| {
        let [(from, high), (to, low)] = *pair else { return None };
        (from..to).contains(&days).then(|| high + (low - high) * (days - from) / (to - from))
    })
}

impl Truth for FixedList {
    fn advance(&mut self, to: Micros) {
        self.lived = self.all.partition_point(|i| i.at <= to);
    }

    fn infections(&self) -> &[Infection] {
        &self.all[..self.lived]
    }

    fn ct(&self, person: u32, at: Micros) -> Option<f64> {
        let infection = self.all.iter().find(|i| i.person == person && i.at <= at)?;
        on_course((at - infection.at).as_hours() / 24.0)
    }

    fn illness(&self, _: u32, _: Micros) -> Severity {
        Severity::None
    }

    fn is_better(&self, _: u32, _: Micros) -> bool {
        true
    }

    fn isolate(&mut self, _: u32, _: Micros) {}
    fn hold(&mut self, _: u32, _: Micros) {}
    fn release(&mut self, _: u32, _: Micros) {}
    fn quarantine(&mut self, _: u32, _: Micros) {}
    fn lock(&mut self, _: Range<u32>, _: Lock, _: Micros) {}

    fn met(&self, person: u32, from: Micros, until: Micros) -> Vec<Meeting> {
        let at = Where::Neighbours;
        let meeting =
            |other: u32, once: Micros| Meeting { person: other, at, place: None, once: Some(once) };
        let within = self.all.iter().filter(|i| (from..=until).contains(&i.at));
        within
            .filter_map(|i| match i.by? {
                by if by == person => Some(meeting(i.person, i.at)),
                by if i.person == person => Some(meeting(by, i.at)),
                _ => None,
            })
            .collect()
    }

    fn lasts(&self) -> Span {
        Span::days(16)
    }

    fn seed(&mut self, persons: &[u32], at: Micros) {
        for person in persons {
            if !self.all.iter().any(|i| i.person == *person) {
                let at_place = self.all.partition_point(|i| (i.at, i.person) <= (at, *person));
                self.all.insert(at_place, Infection { person: *person, at, by: None });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Span;

    #[test]
    fn one_strong_swab_decides_a_pool() {
        assert_eq!(pooled([]), None);
        assert_eq!(pooled([25.0]), Some(25.0));
        let pool = pooled([25.0, 35.0]).expect("a pool");
        assert!((24.9..25.0).contains(&pool));
        let twice = pooled([30.0, 30.0]).expect("a pool");
        assert!((twice - 29.0).abs() < 1e-9);
    }

    #[test]
    fn a_list_is_lived_through_in_order() {
        let day = |n| Micros(0) + Span::days(n);
        let mut list = FixedList::new(vec![
            Infection { person: 2, at: day(2), by: Some(1) },
            Infection { person: 1, at: day(1), by: None },
        ]);
        assert_eq!(list.met(1, day(0), day(2)).iter().map(|m| m.person).collect::<Vec<_>>(), [2]);
        assert!(list.met(1, day(3), day(4)).is_empty());
        list.advance(day(1));
        assert_eq!(list.infections().iter().map(|i| i.person).collect::<Vec<_>>(), [1]);
        assert_eq!(list.ct(1, day(1)), None);
        assert!(list.ct(1, day(6)).is_some_and(|ct| (19.0..21.0).contains(&ct)));
        list.seed(&[1, 7], day(3));
        list.advance(day(9));
        assert_eq!(list.infections().iter().map(|i| i.person).collect::<Vec<_>>(), [1, 2, 7]);
        assert_eq!(list.ct(1, day(40)), None);
    }
}
