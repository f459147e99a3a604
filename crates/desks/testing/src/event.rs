//! What can have happened at the testing desk. Kept in the journal for ever: only add.

use serde::{Deserialize, Serialize};
use types::{CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use crate::command::{OpenRound, SetCapacity, SitePlan, Target, Well};
use crate::words::{Fault, Mode, Reading, ResultStatus, VisitOutcome, Zone};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A round began to exist.
    RoundOpened(OpenRound),
    /// A county's targets were set.
    TargetsSet {
        /// The round.
        round: RoundId,
        /// Each compound once.
        targets: Vec<Target>,
    },
    /// Sites were planned.
    SitesPlanned {
        /// The round.
        round: RoundId,
        /// The sites.
        sites: Vec<SitePlan>,
    },
    /// A round ended.
    RoundClosed {
        /// The round.
        round: RoundId,
    },
    /// A laboratory's capacity was stated.
    CapacitySet(SetCapacity),
    /// A person was excused.
    Exempted(Exempted),
    /// A tube was filled.
    Collected(Collected),
    /// A tube's code was used for another filling: both groups of persons wait.
    ClaimedAgain(Collected),
    /// Tubes went into a box.
    Packed {
        /// The box.
        #[serde(rename = "box")]
        box_: UnitId,
        /// The tubes.
        tubes: Vec<UnitId>,
        /// Who packed.
        holder: HolderCode,
    },
    /// A box was closed.
    BoxSealed {
        /// The box.
        #[serde(rename = "box")]
        box_: UnitId,
    },
    /// A box or loose tube began a leg of its way.
    Carried {
        /// The box or tube.
        unit: UnitId,
        /// Which leg.
        leg: Leg,
        /// Who has it now.
        taker: HolderCode,
    },
    /// The other side recorded the same hand-over.
    Confirmed {
        /// The box or tube.
        unit: UnitId,
        /// The command that recorded it first.
        first: CommandId,
        /// What the device signed.
        countersign: Option<String>,
    },
    /// Tubes came out of a box at a laboratory.
    Unboxed {
        /// The box.
        #[serde(rename = "box")]
        box_: UnitId,
        /// The laboratory.
        lab: HolderCode,
        /// Found in it and expected.
        tubes: Vec<UnitId>,
        /// Expected and not found.
        missing: Vec<UnitId>,
        /// Found and not expected.
        surplus: Vec<UnitId>,
    },
    /// Tubes were loaded.
    Loaded {
        /// The plate.
        plate: String,
        /// The laboratory.
        lab: HolderCode,
        /// Wells and tubes.
        wells: Vec<Well>,
    },
    /// A tube was tested.
    Resulted(Resulted),
    /// A tube's result was released.
    Reported {
        /// The tube.
        tube: UnitId,
        /// Whether it settles its persons' round; a pool that is not negative does not.
        settles: bool,
        /// Those of its persons whose round a recall has settled before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        but: Vec<PersonId>,
    },
    /// A tube will give no result.
    Faulted {
        /// The tube.
        tube: UnitId,
        /// What is wrong.
        fault: Fault,
        /// Remarks.
        note: String,
    },
    /// A person must be sampled again.
    Recalled(Recalled),
    /// A recalled person was sampled again.
    RecallSampled {
        /// The recall.
        recall: UnitId,
        /// The new tube.
        tube: UnitId,
        /// When, if the swab had been recorded before the recall.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Micros>,
    },
    /// A recalled person's new tube gave no statement: sample once more.
    RecallReopened {
        /// The recall.
        recall: UnitId,
    },
    /// A recall ended.
    RecallClosed {
        /// The recall.
        recall: UnitId,
        /// How.
        how: RecallEnd,
        /// Another recall of the same person ended with it, or its tube's report does, and counts
        /// for both.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        beside: bool,
    },
    /// Another person stands at a position of a tube.
    MemberCorrected {
        /// The tube.
        tube: UnitId,
        /// From 1.
        position: u32,
        /// Who was entered.
        was: PersonId,
        /// Who it is.
        person: PersonId,
        /// The home compound of who it is.
        home: Option<PlaceCode>,
        /// Who it is had been sampled in the round before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        repeat: bool,
        /// Where who was entered counts as sampled from now on, having another swab in the round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<CountsIn>,
        /// How that is known.
        note: String,
    },
    /// One of two claims was set aside.
    Resolved {
        /// The unit.
        unit: UnitId,
        /// The command whose claim was set aside.
        void_command: CommandId,
        /// Remarks.
        note: String,
    },
    /// A tube's filling was set aside, and another that claimed its code stands instead.
    Refilled {
        /// The tube.
        tube: UnitId,
        /// The command of the filling that was set aside.
        was: CommandId,
        /// The command of the filling that stands now.
        by: CommandId,
    },
    /// A grid worker went to see.
    Visited {
        /// The round.
        round: RoundId,
        /// The person.
        person: PersonId,
        /// What was found.
        outcome: VisitOutcome,
        /// Remarks.
        note: Option<String>,
    },
}

/// See [`Event::Exempted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exempted {
    /// The round.
    pub round: RoundId,
    /// The person.
    pub person: PersonId,
    /// The person's home compound.
    pub home: Option<PlaceCode>,
    /// The protocol's code.
    pub reason: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// When it ends before the round does.
    pub until: Option<Micros>,
}

/// See [`Event::Collected`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collected {
    /// The round.
    pub round: RoundId,
    /// The tube.
    pub tube: UnitId,
    /// A foreign barcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// The site.
    pub site: HolderCode,
    /// The site's community.
    pub community: PlaceCode,
    /// How persons share it.
    pub mode: Mode,
    /// Their zone.
    pub zone: Zone,
    /// When the first swab went in.
    pub started_at: Micros,
    /// The members' home compounds, each once.
    pub homes: Vec<PlaceCode>,
    /// The members in the order of their swabs.
    pub members: Vec<Member>,
}

/// One person in a tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The person.
    #[serde(rename = "p")]
    pub person: PersonId,
    /// Index into the homes; `None` for a person whom the registry does not know.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub home: Option<u8>,
    /// The person had been sampled in this round before: not counted again.
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

/// A swab that had been a repeat and has become its person's first of the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsIn {
    /// The tube.
    pub tube: UnitId,
    /// The command of the filling under its code; none for that in the tube's own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CommandId>,
    /// A recall has counted the person as settled already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
}

/// A leg of the way to the laboratory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// With a courier.
    Transit,
    /// At a laboratory.
    Lab,
    /// Anywhere else: back at a site, at a collecting point.
    Elsewhere,
}

/// See [`Event::Resulted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resulted {
    /// The tube.
    pub tube: UnitId,
    /// The laboratory.
    pub lab: HolderCode,
    /// The plate.
    pub plate: Option<String>,
    /// The well.
    pub well: Option<String>,
    /// Ct of N.
    pub ct_n: Option<f64>,
    /// Ct of ORF1ab.
    pub ct_orf1ab: Option<f64>,
    /// Ct of the control.
    pub ct_control: Option<f64>,
    /// What that says by the protocol in force.
    pub reading: Reading,
    /// How far it is settled.
    pub status: ResultStatus,
    /// When the run ended.
    pub tested_at: Micros,
    /// The rule that made it invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// Why a person is recalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecallReason {
    /// The pool is positive, grey or single-target: hold and resample.
    PoolNotNegative,
    /// The person's own tube is grey or single-target.
    Unclear,
    /// The tube was lost.
    Lost,
    /// The tube leaked.
    Leaked,
    /// The tube was invalid.
    Invalid,
    /// Two groups claim the tube.
    Disputed,
}

impl RecallReason {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            RecallReason::PoolNotNegative => "pool_not_negative",
            RecallReason::Unclear => "unclear",
            RecallReason::Lost => "lost",
            RecallReason::Leaked => "leaked",
            RecallReason::Invalid => "invalid",
            RecallReason::Disputed => "disputed",
        }
    }

    /// Whether the person has to stay apart until the new result.
    pub fn holds(self) -> bool {
        matches!(self, RecallReason::PoolNotNegative | RecallReason::Unclear)
    }
}

/// See [`Event::Recalled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// The recall as a unit.
    pub recall: UnitId,
    /// The person.
    pub person: PersonId,
    /// The round.
    pub round: RoundId,
    /// The tube that led to it.
    pub origin: UnitId,
    /// Why.
    pub reason: RecallReason,
    /// The person's home compound.
    pub home: Option<PlaceCode>,
    /// Where the tube was filled.
    pub community: PlaceCode,
    /// Whether the person's settlement still has to be counted.
    pub counts: bool,
}

/// How a recall ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecallEnd {
    /// The new tube is negative.
    Negative,
    /// The new tube is positive.
    Positive,
    /// The origin was corrected: there was no reason.
    Withdrawn,
}

impl RecallEnd {
    /// The word that the store keeps, also the unit's reason of closure.
    pub fn as_str(self) -> &'static str {
        match self {
            RecallEnd::Negative => "negative",
            RecallEnd::Positive => "positive",
            RecallEnd::Withdrawn => "withdrawn",
        }
    }
}
