//! What can have happened at the zones desk. Kept in the journal for ever: only add.

use serde::{Deserialize, Serialize};
use types::{HouseholdId, Micros, PlaceCode, UnitId};

use crate::checklist::Criterion;
use crate::duties::Duties;
use crate::sweep::{Door, Home};
use crate::words::{End, Kind, Level, Why};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An area became a zone.
    Made(Box<Made>),
    /// A zone became stricter.
    Raised {
        /// Which.
        zone: UnitId,
        /// What it is.
        level: Level,
        /// Until when.
        until: Micros,
        /// The case that was found in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<UnitId>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A case is a ground of a zone.
    Infected {
        /// Which zone.
        zone: UnitId,
        /// The case.
        case: UnitId,
        /// When it was found.
        at: Micros,
        /// How it came to be a ground.
        kind: Kind,
    },
    /// A case is none any more, or was elsewhere.
    Cleared {
        /// Which zone.
        zone: UnitId,
        /// The case.
        case: UnitId,
    },
    /// A zone goes on.
    Renewed {
        /// Which.
        zone: UnitId,
        /// Until when.
        until: Micros,
        /// Why.
        reason: String,
    },
    /// What a zone owes is otherwise.
    DutiesSet {
        /// Which.
        zone: UnitId,
        /// All of it.
        duties: Duties,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A zone became less strict.
    Lowered {
        /// Which.
        zone: UnitId,
        /// What it is.
        level: Level,
        /// Until when.
        until: Micros,
        /// By a person, or because its time was over.
        why: Why,
        /// How the checklist stood.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        verdict: Vec<Criterion>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A zone ended.
    Ended {
        /// Which.
        zone: UnitId,
        /// How.
        how: End,
        /// How the checklist stood.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        verdict: Vec<Criterion>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// The zone that took it in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UnitId>,
    },
    /// A proposal was not followed.
    Refused {
        /// The area.
        place: PlaceCode,
        /// What it was to become.
        level: Level,
        /// Why not.
        reason: String,
    },
    /// A sweep began.
    SweepOpened(Box<SweepOpened>),
    /// Somebody goes to a part of a sweep.
    SweepAssigned {
        /// Which sweep.
        sweep: UnitId,
        /// The part.
        part: PlaceCode,
        /// Who; nothing for nobody any more.
        who: String,
    },
    /// Somebody knocked at a door.
    Knocked {
        /// The sweep.
        sweep: UnitId,
        /// The household.
        household: HouseholdId,
        /// What was found.
        outcome: Door,
        /// Persons of the list who were seen.
        seen: i64,
        /// Persons who were there and are on no list.
        strangers: i64,
        /// When to knock again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again_at: Option<Micros>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A door was found that no list has.
    StrayFound {
        /// Which.
        stray: UnitId,
        /// The sweep.
        sweep: UnitId,
        /// Where.
        place: PlaceCode,
        /// The door, as people say it.
        door: String,
        /// How many people were there.
        persons: i64,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// What came of such a door.
    StraySettled {
        /// Which.
        stray: UnitId,
        /// The sweep.
        sweep: UnitId,
        /// What came of it.
        note: String,
    },
    /// A sweep is over.
    SweepClosed {
        /// Which.
        sweep: UnitId,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// See [`Event::SweepOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepOpened {
    /// Which.
    pub sweep: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// By when it is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Micros>,
    /// The households that are to be found, by the registry.
    pub homes: Vec<Home>,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Event::Made`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Which.
    pub zone: UnitId,
    /// The area.
    pub place: PlaceCode,
    /// What it is.
    pub level: Level,
    /// What had been proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Level>,
    /// What it owes.
    pub duties: Duties,
    /// Households there by the registry.
    pub households: i64,
    /// Persons there by the registry.
    pub persons: i64,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
