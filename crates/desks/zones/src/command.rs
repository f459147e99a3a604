//! What can be asked of the zones desk.

use serde::{Deserialize, Serialize};
use types::{HouseholdId, Micros, PlaceCode, UnitId};

use crate::duties::Draft;
use crate::sweep::Door;
use crate::words::Level;

/// A command, externally tagged in JSON: `{"make": {…}}`. Sent under the county of the zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Areas become zones.
    Make(Make),
    /// A zone becomes stricter.
    Raise {
        /// Which.
        zone: UnitId,
        /// What it becomes.
        level: Level,
        /// Why.
        reason: String,
    },
    /// Zones go on.
    Renew {
        /// Which.
        zones: Vec<UnitId>,
        /// Until when.
        until: Micros,
        /// Why.
        reason: String,
    },
    /// What a zone owes is otherwise: another shop, another telephone.
    SetDuties {
        /// Which.
        zone: UnitId,
        /// All of it, as it is from now on.
        duties: Draft,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// A zone becomes less strict, or ends.
    Ease(Ease),
    /// The time of zones is over, and nobody has renewed them: each falls to the next lower level.
    Expire {
        /// Which.
        zones: Vec<UnitId>,
    },
    /// A proposal is not followed.
    Refuse {
        /// The area.
        place: PlaceCode,
        /// What it was to become.
        level: Level,
        /// Why not.
        reason: String,
    },
    /// Every door of an area is to be knocked at.
    OpenSweep {
        /// The area: a compound, a building, a village.
        place: PlaceCode,
        /// By when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Micros>,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody goes to a part of a sweep.
    AssignSweep {
        /// Which sweep.
        sweep: UnitId,
        /// The part: its compound, a building, an entrance.
        part: PlaceCode,
        /// Who; nothing for nobody any more.
        who: String,
    },
    /// Somebody knocked at a door.
    Knock(Knock),
    /// A door was found that no list has.
    Stray {
        /// The sweep.
        sweep: UnitId,
        /// Where.
        place: PlaceCode,
        /// The door, as people say it.
        door: String,
        /// How many people were there.
        persons: u32,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// What came of such a door: the people were registered, or nobody lives there.
    SettleStray {
        /// Which.
        stray: UnitId,
        /// What came of it.
        note: String,
    },
    /// A sweep is over.
    CloseSweep {
        /// Which.
        sweep: UnitId,
        /// Needed where somebody was not found.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// See [`Command::Knock`]. The event time is when somebody stood at the door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knock {
    /// The sweep.
    pub sweep: UnitId,
    /// The household.
    pub household: HouseholdId,
    /// What was found: `found`, `absent` or `refused`.
    pub outcome: Door,
    /// Persons of the list who were seen.
    #[serde(default)]
    pub seen: u32,
    /// Persons who were there and are on no list.
    #[serde(default)]
    pub strangers: u32,
    /// Anything to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Command::Make`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Make {
    /// The areas.
    pub zones: Vec<NewZone>,
    /// What each of them owes.
    pub duties: Draft,
    /// Anything to say; needed where it departs from a proposal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// An area that becomes a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewZone {
    /// The area: a compound, a building, a village; for precaution a county, too.
    pub place: PlaceCode,
    /// What it becomes.
    pub level: Level,
    /// What had been proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Level>,
    /// The cases that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<UnitId>,
}

/// See [`Command::Ease`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ease {
    /// Which.
    pub zone: UnitId,
    /// What it becomes; nothing for its end.
    #[serde(default)]
    pub level: Option<Level>,
    /// Until when, where it goes on; as before, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
    /// Needed when something of the checklist is missing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Make(_) => "zones.make",
            Command::Raise { .. } => "zones.raise",
            Command::Renew { .. } => "zones.renew",
            Command::SetDuties { .. } => "zones.set_duties",
            Command::Ease(_) => "zones.ease",
            Command::Expire { .. } => "zones.expire",
            Command::Refuse { .. } => "zones.refuse",
            Command::OpenSweep { .. } => "zones.open_sweep",
            Command::AssignSweep { .. } => "zones.assign_sweep",
            Command::Knock(_) => "zones.knock",
            Command::Stray { .. } => "zones.stray",
            Command::SettleStray { .. } => "zones.settle_stray",
            Command::CloseSweep { .. } => "zones.close_sweep",
        }
    }

    /// The zones that the command is about.
    pub fn zones(&self) -> &[UnitId] {
        match self {
            Command::Raise { zone, .. } | Command::SetDuties { zone, .. } => {
                std::slice::from_ref(zone)
            }
            Command::Ease(c) => std::slice::from_ref(&c.zone),
            Command::Renew { zones, .. } | Command::Expire { zones } => zones,
            _ => &[],
        }
    }

    /// The sweep that the command is about.
    pub fn sweep(&self) -> Option<UnitId> {
        match self {
            Command::AssignSweep { sweep, .. }
            | Command::Stray { sweep, .. }
            | Command::CloseSweep { sweep, .. } => Some(*sweep),
            Command::Knock(knock) => Some(knock.sweep),
            _ => None,
        }
    }
}
