//! What happens next: things to do, in the order of their times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use types::Micros;

/// Things to do by time; of equal times the one that was put in first.
#[derive(Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Micros,
    number: u64,
    what: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda { heap: BinaryHeap::new(), next: 0 }
    }
}

impl<T> Agenda<T> {
    /// Puts something in.
    pub fn put(&mut self, at: Micros, what: T) {
        self.heap.push(Reverse(Entry { at, number: self.next, what }));
        self.next += 1;
    }

    /// When the next thing is due.
    pub fn next_at(&self) -> Option<Micros> {
        self.heap.peek().map(|e| e.0.at)
    }

    /// Takes the next thing out.
    pub fn take(&mut self) -> Option<(Micros, T)> {
        self.heap.pop().map(|e| (e.0.at, e.0.what))
    }

    /// Takes the next thing out if it is due at that time and `pick` wants it.
    pub fn take_if<R>(&mut self, at: Micros, pick: impl Fn(&T) -> Option<R>) -> Option<R> {
        let next = self.heap.peek().filter(|e| e.0.at == at)?;
        let picked = pick(&next.0.what)?;
        self.heap.pop();
        Some(picked)
    }

    /// How many things are waiting.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_by_time_and_then_in_order() {
        let mut agenda = Agenda::default();
        for (at, what) in [(5, "late"), (1, "first"), (1, "second"), (3, "middle")] {
            agenda.put(Micros(at), what);
        }
        assert_eq!(agenda.next_at(), Some(Micros(1)));
        let is_second = |what: &&'static str| (*what == "second").then_some(());
        assert!(agenda.take_if(Micros(1), is_second).is_none(), "another one comes first");
        assert!(agenda.take_if(Micros(2), |_| Some(())).is_none(), "not at that time");
        let all: Vec<&str> = std::iter::from_fn(|| agenda.take().map(|(_, what)| what)).collect();
        assert_eq!(all, ["first", "second", "middle", "late"]);
        assert!(agenda.is_empty());
    }
}
