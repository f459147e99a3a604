//! Why a person goes where the plan says, and what stood against each wish that it leaves open.

use smallvec::SmallVec;

use super::model::{CareLevel, PoolIndex, Rule};
use super::planner::{BedPlanner, Part};

/// Something that a person should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wish {
    /// A bed at all.
    Bed,
    /// A place of the care level that is needed, not a higher one that others need.
    OwnLevel,
    /// A family room.
    FamilyRoom,
    /// To be with the others of the family.
    Together,
    /// Not to take a place that is held in reserve.
    NotReserve,
    /// The place that was promised before.
    Promise,
    /// The nearest place.
    Nearest,
}

/// What makes a pool full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// No free bed.
    Beds,
    /// Beds, but not the staff for them.
    Staff,
    /// Only places held in reserve for the most urgent.
    Reserve,
    /// The facility takes no more people in before the next plan.
    Intake,
}

/// What stood against a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// No pool at all would be it: this level and rule do not exist.
    NoSuchPool {
        /// The level that is needed.
        level: CareLevel,
    },
    /// The pool is full, with people for whom another place would cost more.
    Full {
        /// The pool.
        pool: PoolIndex,
        /// What makes it full.
        bound: Bound,
        /// What one more place there would save, in the weight of the plan.
        worth: i64,
    },
    /// There was room, but another wish weighed more.
    Outweighed {
        /// The pool that was passed over.
        pool: PoolIndex,
    },
    /// The others of the family need another care level.
    OtherNeeds,
    /// No ward had room for men and women of the family together.
    NoRoomForAll,
}

/// A wish that the plan leaves open, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The wish.
    pub wish: Wish,
    /// What stood against it.
    pub blocked: Blocked,
}

/// What a place gives and what it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The way in metres; none for those who wait.
    pub metres: Option<i64>,
    /// How many pools could take the person by level and rule.
    pub admitting: u32,
    /// How many of those would cost less and are full. 0 says: the best place there is.
    pub better_but_full: u32,
    /// The wishes left open.
    pub unmet: SmallVec<[Unmet; 2]>,
}

/// Explains why people of `party` are in `slot`.
pub(super) fn explain(planner: &BedPlanner, party: usize, slot: usize) -> Explanation {
    let Looked { best, admitting, better } = look(planner, party, slot);
    let mut out = Explanation { admitting, better_but_full: better, ..Explanation::default() };
    let who = &planner.parties[party];
    let mut open = |wish, blocked| out.unmet.push(Unmet { wish, blocked });
    let none = Blocked::NoSuchPool { level: who.level };
    let Some(here) = planner.slots.get(slot) else {
        open(Wish::Bed, best(&|_| true).unwrap_or(none));
        return out;
    };
    let pool = &planner.pools[here.pool];
    if pool.level > who.level {
        open(Wish::OwnLevel, best(&|p| planner.pools[p].level == who.level).unwrap_or(none));
    }
    let family_room = |p: usize| planner.pools[p].rule == Rule::Families;
    if who.wants_family_room() && !family_room(here.pool) {
        open(Wish::FamilyRoom, best(&family_room).unwrap_or(none));
    }
    if here.reserve {
        open(Wish::NotReserve, best(&|p| p == here.pool).unwrap_or(none));
    }
    let promised = who.members.iter().find_map(|&m| planner.patients[m as usize].promised);
    if let Some(promised) = promised.filter(|promised| promised.0 as usize != here.pool) {
        open(Wish::Promise, best(&|p| p == promised.0 as usize).unwrap_or(none));
    }
    if let Some(blocked) = apart(planner, party, slot) {
        open(Wish::Together, blocked);
    }
    let metres = planner.metres(who, here.pool);
    let nearer = |p: usize| {
        p != here.pool && planner.pools[p].level == pool.level && planner.metres(who, p) < metres
    };
    if let Some(blocked) = best(&nearer) {
        open(Wish::Nearest, blocked);
    }
    out.metres = Some(metres);
    out
}

/// The other pools that a party could be in, as seen from its place.
struct Looked<F> {
    /// What stands against the cheapest pool of a kind, if there is one of that kind.
    best: F,
    admitting: u32,
    better: u32,
}

fn look<'a>(
    planner: &'a BedPlanner,
    party: usize,
    slot: usize,
) -> Looked<impl Fn(&dyn Fn(usize) -> bool) -> Option<Blocked> + 'a> {
    let flow = planner.flow();
    let costs = flow.costs(party);
    let here = costs[slot];
    let slots = || (0..planner.slots.len()).filter(move |&s| planner.allowed(party, s));
    let admitting = slots().filter(|&s| !planner.slots[s].reserve).count() as u32;
    let better = slots().filter(|&s| costs[s] < here).count() as u32;
    let best = move |kind: &dyn Fn(usize) -> bool| {
        let candidate = (0..planner.slots.len())
            .filter(|&s| planner.allowed(party, s) && s != slot && kind(planner.slots[s].pool))
            .min_by_key(|&s| (costs[s], s))?;
        Some(against(planner, party, candidate))
    };
    Looked { best, admitting, better }
}

fn against(planner: &BedPlanner, party: usize, slot: usize) -> Blocked {
    let flow = planner.flow();
    let at = planner.slots[slot].pool;
    let index = PoolIndex(at as u32);
    let group = flow.group(slot).map(|group| (flow.group_use(group), flow.group_worth(group)));
    let group_full = group.filter(|&((limit, inside), _)| inside >= limit);
    if flow.filled(slot) < flow.capacity(slot) && group_full.is_none() {
        return Blocked::Outweighed { pool: index };
    }
    let worth = flow.worth(slot) + group.map_or(0, |(_, worth)| worth);
    let pool = &planner.pools[at];
    let has_closed_reserve = pool.reserve > 0
        && !(0..planner.slots.len()).any(|other| {
            let it = planner.slots[other];
            it.pool == at && it.reserve && planner.allowed(party, other)
        });
    let bound = match group_full {
        Some((_, group_worth)) if group_worth > 0 || flow.worth(slot) == 0 => Bound::Intake,
        _ if has_closed_reserve => Bound::Reserve,
        _ if pool.staffed < pool.beds => Bound::Staff,
        _ => Bound::Beds,
    };
    Blocked::Full { pool: index, bound, worth }
}

/// Why somebody of the same family is in another facility, or waits.
fn apart(planner: &BedPlanner, party: usize, slot: usize) -> Option<Blocked> {
    let flow = planner.flow();
    let facility = |slot: u32| {
        let slot = planner.slots.get(slot as usize)?;
        Some(planner.pools[slot.pool].facility)
    };
    let here = facility(slot as u32);
    if flow.placed(party).iter().any(|&(other, _)| facility(other) != here) {
        return Some(against(planner, party, slot));
    }
    let who = &planner.parties[party];
    let elsewhere = planner
        .siblings(party)
        .find(|&p| flow.placed(p).iter().any(|&(s, _)| facility(s) != here))?;
    let other = &planner.parties[elsewhere];
    if who.part == Part::Divided && other.part == Part::Divided && who.level == other.level {
        return Some(Blocked::NoRoomForAll);
    }
    Some(Blocked::OtherNeeds)
}
