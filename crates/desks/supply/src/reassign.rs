//! Where the households of a shop go when it closes: pure.
//!
//! First to shops in the same community, then in the same street, then anywhere in the county; among equals
//! to the one with the most room. What no shop has room for is said, not dropped.

use types::HolderCode;

use crate::words::ServesWhy;

/// Households of a community that lose their shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphans {
    /// The community, 12 digits.
    pub community: String,
    /// How many.
    pub households: i64,
}

/// A shop that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Which.
    pub shop: HolderCode,
    /// The community in which it lies, or the place of that it lies in; empty when nobody knows.
    pub place: String,
    /// For how many more households it can pack.
    pub free: i64,
}

/// Households that have another shop from now on, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The community.
    pub community: String,
    /// The shop; none has room where there is none.
    pub shop: Option<HolderCode>,
    /// How many.
    pub households: i64,
    /// Why this one.
    pub why: ServesWhy,
}

/// Finds shops for orphans. The order of neither list matters.
pub fn reassign(orphans: &[Orphans], rooms: &[Room]) -> Vec<Moved> {
    let mut rooms: Vec<Room> = rooms.iter().filter(|room| room.free > 0).cloned().collect();
    rooms.sort_by(|a, b| a.shop.cmp(&b.shop));
    let mut left: Vec<Orphans> =
        orphans.iter().filter(|orphans| orphans.households > 0).cloned().collect();
    left.sort_by(|a, b| (b.households, &a.community).cmp(&(a.households, &b.community)));
    let mut out = Vec::new();
    // All of them near first, so that nobody from afar takes the room of those next door.
    for (why, digits) in
        [(ServesWhy::SameCommunity, 12), (ServesWhy::SameStreet, 9), (ServesWhy::SameCounty, 6)]
    {
        for orphans in &mut left {
            while orphans.households > 0 {
                let near = |room: &&mut Room| {
                    room.free > 0
                        && match (room.place.get(..digits), orphans.community.get(..digits)) {
                            (Some(a), Some(b)) => a == b,
                            // A shop whose place nobody knows is somewhere in the county.
                            _ => why == ServesWhy::SameCounty,
                        }
                };
                let best = rooms
                    .iter_mut()
                    .filter(near)
                    .max_by(|a, b| (a.free, &b.shop).cmp(&(b.free, &a.shop)));
                let Some(room) = best else { break };
                let some = room.free.min(orphans.households);
                room.free -= some;
                orphans.households -= some;
                out.push(Moved {
                    community: orphans.community.clone(),
                    shop: Some(room.shop.clone()),
                    households: some,
                    why,
                });
            }
        }
    }
    out.extend(left.into_iter().filter(|orphans| orphans.households > 0).map(|orphans| Moved {
        community: orphans.community,
        shop: None,
        households: orphans.households,
        why: ServesWhy::NoRoom,
    }));
    out
}
