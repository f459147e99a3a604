//! How the desks read and write rows: by key, once each, in one order, a page after the other.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use store::Value;
use types::{Micros, UnitId};

/// Each item once, in order.
pub fn once<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

/// The items of a set in order: what is written must not depend on how a set is kept.
pub fn sorted<T: Ord>(items: &HashSet<T>) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_unstable();
    items
}

/// The keys of units in tables that begin with the county: area and id of each.
pub fn by_area(ids: &[UnitId]) -> Vec<Value> {
    ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect()
}

/// The last line of a page of a list that goes by time: the time, and whose line it is. Written and read
/// as `TIME_ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<I = UnitId> {
    /// By what the list goes.
    pub at: Micros,
    /// Whose line.
    pub id: I,
}

impl<I: FromStr> Cursor<I> {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Cursor<I>> {
        let (at, id) = text.split_once('_')?;
        Some(Cursor { at: Micros(at.parse().ok()?), id: id.parse().ok()? })
    }
}

impl<I: Into<Value>> Cursor<I> {
    /// Behind what a list begins in which times rise: without a cursor with its first line.
    pub fn values(after: Option<Cursor<I>>) -> [Value; 2] {
        match after {
            Some(cursor) => [cursor.at.into(), cursor.id.into()],
            None => [Micros(i64::MIN).into(), [0u8; 16].into()],
        }
    }

    /// The same for a list in which the latest comes first, and ids of one time fall with it.
    pub fn falling(after: Option<Cursor<I>>) -> [Value; 2] {
        match after {
            Some(cursor) => [cursor.at.into(), cursor.id.into()],
            None => [Micros::MAX.into(), [0xff; 16].into()],
        }
    }
}

impl<I: fmt::Display> fmt::Display for Cursor<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.at.0, self.id)
    }
}
