//! What the drill's staff read from the server, as phones do.

use serde::Deserialize;
use testing::{Mode, Zone};
use types::{HolderCode, HouseholdId, Micros, PersonId, PlaceCode, RoundId, UnitId};

/// All that a phone needs for a shift (`GET /api/v1/field/bundle`).
#[derive(Clone, Debug, Deserialize)]
pub struct Bundle {
    /// Where the holder stands.
    #[serde(default)]
    pub community: Option<PlaceCode>,
    /// Open rounds.
    pub rounds: Vec<OpenRound>,
    /// Compounds that are served.
    pub compounds: Vec<Compound>,
    /// Their households.
    pub households: Vec<Household>,
    /// Their persons.
    pub persons: Vec<Person>,
}

/// An open round.
#[derive(Clone, Debug, Deserialize)]
pub struct OpenRound {
    /// Its id.
    pub id: RoundId,
    /// What is proposed for each kind of zone.
    pub modes: Vec<Proposed>,
    /// Most persons in a tube.
    pub sizes: Sizes,
}

/// A proposal for one kind of zone.
#[derive(Clone, Debug, Deserialize)]
pub struct Proposed {
    /// The zone.
    pub zone: Zone,
    /// The mode.
    pub mode: Mode,
}

/// Most persons in a tube, by mode.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Sizes {
    single: u32,
    household: u32,
    five: u32,
    ten: u32,
    twenty: u32,
}

impl Sizes {
    /// The size of a mode.
    pub fn of(&self, mode: Mode) -> usize {
        let size = match mode {
            Mode::Single => self.single,
            Mode::Household => self.household,
            Mode::Five => self.five,
            Mode::Ten => self.ten,
            Mode::Twenty => self.twenty,
        };
        size.max(1) as usize
    }
}

impl OpenRound {
    /// How to fill tubes in a kind of zone: what is proposed, or one by one.
    pub fn mode_in(&self, zone: Zone) -> Mode {
        self.modes.iter().find(|p| p.zone == zone).map_or(Mode::Single, |p| p.mode)
    }
}

/// A compound.
#[derive(Clone, Debug, Deserialize)]
pub struct Compound {
    /// Its code.
    pub code: PlaceCode,
    /// The kind of zone that it is in.
    pub zone: Zone,
}

/// A household.
#[derive(Clone, Debug, Deserialize)]
pub struct Household {
    /// Its id.
    pub id: HouseholdId,
    /// Its compound.
    pub compound: PlaceCode,
}

/// A person.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// Rounds with a swab.
    #[serde(default)]
    pub sampled: Vec<RoundId>,
    /// Rounds from which they are excused.
    #[serde(default)]
    pub exempt: Vec<RoundId>,
    /// To be sampled again, alone.
    #[serde(default)]
    pub recall: bool,
}

impl Person {
    /// Whether the round still waits for a swab.
    pub fn is_due(&self, round: RoundId) -> bool {
        self.recall || !(self.sampled.contains(&round) || self.exempt.contains(&round))
    }
}

/// What a holder answers for (`GET /api/v1/field/held`, `GET /api/v1/holders/{holder}/held`).
#[derive(Clone, Debug, Deserialize)]
pub struct Held {
    /// Its units.
    pub held: Vec<HeldUnit>,
}

/// A unit in somebody's hands.
#[derive(Clone, Debug, Deserialize)]
pub struct HeldUnit {
    /// The tube or box.
    pub unit: UnitId,
    /// Where it stands.
    pub step: String,
    /// Since when.
    pub since: Micros,
    /// The box that it is in.
    #[serde(default)]
    pub within: Option<String>,
}

/// A site of a plan, as the plan's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSite {
    /// The site.
    pub site: HolderCode,
    /// Stands.
    pub stands: u32,
    /// The compounds that it serves, in the order of their slots.
    pub compounds: Vec<PlaceCode>,
}
