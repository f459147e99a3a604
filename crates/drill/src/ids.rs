//! Identifiers of demo and drill: the same seed and start make the same ones, so that seeding again
//! after an interruption sends what was sent before, which changes nothing.

use std::collections::HashMap;

use types::{AreaCode, CommandId, Micros, RoundId, UnitId, UnitKind};
use uuid::{Builder, Uuid};

use crate::draw::Draw;

/// Serials of their tubes and boxes start here: below lie those of sheets that somebody
/// prints from the running server.
const FIRST_SERIAL: u32 = 50_000_000;

/// A UUIDv7 for the `n`th thing of a sort.
pub fn uuid(seed: u64, what: &str, n: u64, at: Micros) -> Uuid {
    let mut draw = Draw::keyed(seed, what, n);
    let mut tail = [0; 10];
    tail[..8].copy_from_slice(&draw.bits().to_be_bytes());
    tail[8..].copy_from_slice(&draw.bits().to_be_bytes()[..2]);
    let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// The id of a command.
pub fn command(seed: u64, what: &str, n: u64, at: Micros) -> CommandId {
    CommandId(uuid(seed, what, n, at))
}

/// The id of a round.
pub fn round(seed: u64, number: u32, at: Micros) -> RoundId {
    RoundId(uuid(seed, "round", number.into(), at))
}

/// The random part of a unit's id, as a number for draws.
pub fn low_bits(id: UnitId) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&id.bytes()[8..]);
    u64::from_be_bytes(low)
}

/// Hands out printed codes in order, one roll a county and kind.
#[derive(Debug, Default)]
pub struct Codes {
    next: HashMap<(UnitKind, AreaCode), u32>,
}

impl Codes {
    /// The next code of a roll.
    pub fn next(&mut self, kind: UnitKind, area: AreaCode) -> UnitId {
        let serial = self.next.entry((kind, area)).or_insert(FIRST_SERIAL);
        *serial += 1;
        UnitId::printed(kind, area, *serial)
    }
}
