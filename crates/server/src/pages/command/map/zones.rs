//! Zones on the map: what held in each place at the end of each day.

use store::Connection;
use types::{AreaScope, Micros, PlaceCode, Span};
use zones::{Level, is_within, views};

use crate::Fault;

/// What held in a place at the end of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What held in all of it: of itself or of a zone around it.
    pub whole: Option<Level>,
    /// Locked areas in it, itself among them.
    pub locked: i64,
    /// Controlled areas in it.
    pub controlled: i64,
}

impl Held {
    /// The strictest that holds in it somewhere; in all of it, if the flag says so.
    pub fn strictest(&self) -> Option<(Level, bool)> {
        let inside = match self {
            Held { locked: 1.., .. } => Some(Level::Locked),
            Held { controlled: 1.., .. } => Some(Level::Controlled),
            _ => None,
        };
        match (self.whole, inside) {
            (Some(whole), Some(inside)) if !whole.covers(inside) => Some((inside, false)),
            (Some(whole), _) => Some((whole, true)),
            (None, inside) => inside.map(|level| (level, false)),
        }
    }

    /// In one letter, for the script that moves the time: large where all of the place is held.
    pub fn letter(&self) -> char {
        match self.strictest() {
            None => '-',
            Some((level, whole)) => {
                let letter = match level {
                    Level::Locked => 'l',
                    Level::Controlled => 'c',
                    Level::Precaution => 'p',
                };
                if whole { letter.to_ascii_uppercase() } else { letter }
            }
        }
    }

    /// The class of the shape.
    pub fn class(&self) -> String {
        match self.strictest() {
            None => String::new(),
            Some((level, true)) => format!("z-{level}"),
            Some((level, false)) => format!("z-{level} z-part"),
        }
    }

    fn add(&mut self, level: Level, whole: bool) {
        match level {
            Level::Locked => self.locked += 1,
            Level::Controlled => self.controlled += 1,
            Level::Precaution => {}
        }
        if whole && self.whole.is_none_or(|known| !known.covers(level)) {
            self.whole = Some(level);
        }
    }
}

/// What lies directly below a place, and what held there on each day.
pub struct Days {
    place: PlaceCode,
    ends: Vec<Micros>,
    found: Vec<zones::Stretch>,
}

/// Reads what held in a scope since the first of some days.
///
/// # Errors
/// A fault of the store.
pub async fn of_days(
    db: &mut Connection,
    place: &PlaceCode,
    scope: AreaScope,
    (first, days, now): (Micros, usize, Micros),
) -> Result<Days, Fault> {
    // The last instant of each day: what begins with the next does not hold yet.
    let end = |n: usize| (first + Span(Span::days(n as i64 + 1).0 - 1)).min(now);
    let ends: Vec<Micros> = (0..days).map(end).collect();
    let found = views::since(db, scope, None, first).await?;
    Ok(Days { place: place.clone(), ends, found })
}

impl Days {
    /// The places below in which something held at some time.
    pub fn places(&self) -> Vec<PlaceCode> {
        let below = |stretch: &zones::Stretch| {
            registry::place::chain_of(&stretch.place)
                .into_iter()
                .find(|code| registry::place::parent_of(code).as_ref() == Some(&self.place))
        };
        let mut found: Vec<PlaceCode> = self.found.iter().filter_map(below).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What held in a place below, day by day.
    pub fn of(&self, below: &PlaceCode) -> Vec<Held> {
        let mut held = vec![Held::default(); self.ends.len()];
        for stretch in &self.found {
            let around = is_within(below, &stretch.place);
            if !around && !is_within(&stretch.place, below) {
                continue;
            }
            for (end, day) in self.ends.iter().zip(&mut held) {
                if stretch.from <= *end && stretch.to.is_none_or(|to| to > *end) {
                    day.add(stretch.level, around);
                }
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_shows_and_says_whether_it_holds_everywhere() {
        let mut held = Held::default();
        assert_eq!((held.letter(), held.class()), ('-', String::new()));
        held.add(Level::Precaution, true);
        assert_eq!(held.letter(), 'P');
        held.add(Level::Controlled, false);
        assert_eq!((held.letter(), held.class()), ('c', "z-controlled z-part".to_owned()));
        held.add(Level::Locked, true);
        assert_eq!((held.letter(), held.locked), ('L', 1));
    }
}
