//! What a rule decided, and how several decisions of one command become one.

use types::Refusal;

use crate::moves::Move;

/// What a rule decided: moves of units, facts of the desk, and remarks for the sender.
#[derive(Clone, Debug)]
pub struct Decision<E> {
    /// Moves, in order.
    pub moves: Vec<Move>,
    /// Facts, in order, applied after the moves.
    pub events: Vec<E>,
    /// Accepted, but the sender should know (same form as a refusal).
    pub notes: Vec<Refusal>,
}

impl<E> Default for Decision<E> {
    fn default() -> Self {
        Decision { moves: Vec::new(), events: Vec::new(), notes: Vec::new() }
    }
}

impl<E> Decision<E> {
    /// One fact and nothing else.
    pub fn fact(event: E) -> Self {
        Decision { events: vec![event], ..Decision::default() }
    }

    /// Adds what another one has, after its own.
    pub fn join(&mut self, more: Decision<E>) {
        self.moves.extend(more.moves);
        self.events.extend(more.events);
        self.notes.extend(more.notes);
    }

    /// The same with each fact told in another way: as one of a desk of desks.
    pub fn map<F>(self, tell: impl Fn(E) -> F) -> Decision<F> {
        let Decision { moves, events, notes } = self;
        Decision { moves, events: events.into_iter().map(tell).collect(), notes }
    }
}

/// Decides several things of one command, one after the other, and joins what they lead to. Each sees
/// the state as those before it leave it; the last one, and one alone, needs no copy of it for that.
///
/// # Errors
/// Whatever `decide` says no with: then nothing of it happens.
pub fn in_turn<S: Clone, T, E, X>(
    state: &S,
    all: &[T],
    mut decide: impl FnMut(&S, &T) -> Result<Decision<E>, X>,
    apply: impl Fn(&mut S, &E),
) -> Result<Decision<E>, X> {
    let mut whole = Decision::default();
    let mut scratch: Option<S> = None;
    for (n, one) in all.iter().enumerate() {
        let decision = decide(scratch.as_ref().unwrap_or(state), one)?;
        if n + 1 < all.len() && !decision.events.is_empty() {
            let copy = scratch.get_or_insert_with(|| state.clone());
            decision.events.iter().for_each(|event| apply(copy, event));
        }
        whole.join(decision);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sees_what_those_before_it_led_to() {
        let decide = |seen: &Vec<u8>, n: &u8| match seen.contains(n) {
            true => Ok(Decision::default()),
            false => Ok::<_, ()>(Decision::fact(*n)),
        };
        let whole = in_turn(&vec![7], &[1, 7, 1, 2], decide, |seen, n| seen.push(*n));
        assert_eq!(whole.map(|whole| whole.events), Ok(vec![1, 2]));
        let below_two = |_: &Vec<u8>, n: &u8| match *n < 2 {
            true => Ok(Decision::fact(*n)),
            false => Err("no"),
        };
        let refused = in_turn(&Vec::new(), &[1, 2], below_two, |seen, n| seen.push(*n));
        assert_eq!(refused.map(|whole| whole.events), Err("no"));
    }
}
