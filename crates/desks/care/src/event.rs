//! What can have happened at the care desk. Kept in the journal for ever: only add.

mod bedside;

use cases::{Class, Severity};
use registry::identity::Sex;
use serde::{Deserialize, Serialize};
use types::{CommandId, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::command::{PutFacility, PutWard, Staff};
use crate::home::{Alarm, Sign};
use crate::release::{Test, Verdict};
use crate::words::{Ended, HomeKind, Leaving};

pub use bedside::{CarePlanPut, Consulted, Ordered};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A facility is as it says.
    FacilityPut(Box<PutFacility>),
    /// A ward is as it says.
    WardPut(Box<PutWard>),
    /// Beds were set up.
    BedsPut {
        /// The facility.
        facility: HolderCode,
        /// The ward.
        ward: String,
        /// Id, label, room.
        beds: Vec<(UnitId, String, String)>,
    },
    /// Staff and claims are as they say.
    StaffSet(Staff),
    /// A bed went out of use, or came back.
    BedSetOut {
        /// The bed.
        bed: UnitId,
        /// Out, or back.
        out: bool,
        /// Why.
        reason: String,
    },
    /// A bed was disinfected.
    Disinfected {
        /// The bed.
        bed: UnitId,
    },
    /// Somebody began to wait.
    Queued(Box<Queued>),
    /// The case is otherwise judged.
    Judged {
        /// Whose.
        episode: UnitId,
        /// The class.
        class: Class,
        /// The severity.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Whether there is a high-risk factor.
        high_risk: bool,
    },
    /// A bed is held for somebody.
    Assigned {
        /// Whose.
        episode: UnitId,
        /// The bed.
        bed: UnitId,
        /// What the plan had said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        plan: String,
        /// Why a person departed from it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A held bed is not held any more.
    Unassigned {
        /// Whose.
        episode: UnitId,
        /// Why.
        reason: String,
    },
    /// Somebody is on the way.
    Departed {
        /// Who.
        episode: UnitId,
        /// By what.
        vehicle: String,
    },
    /// Somebody lies in a bed.
    Admitted {
        /// Who.
        episode: UnitId,
        /// The bed.
        bed: UnitId,
        /// Why, without an assignment.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody lies in another bed of the facility.
    Moved {
        /// Who.
        episode: UnitId,
        /// The bed.
        bed: UnitId,
        /// Why.
        reason: String,
    },
    /// Somebody is at home.
    WentHome {
        /// Who.
        episode: UnitId,
        /// Why.
        kind: HomeKind,
        /// Until when; nothing where no rule ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Micros>,
        /// What was said.
        note: String,
    },
    /// Somebody waits again.
    Requeued {
        /// Who.
        episode: UnitId,
        /// Why.
        note: String,
    },
    /// Somebody at home said how they are.
    CheckedIn {
        /// Who.
        episode: UnitId,
        /// Degrees Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f64>,
        /// Oxygen saturation, percent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spo2: Option<f64>,
        /// Danger signs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signs: Vec<Sign>,
        /// What of it calls for a look.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        alarms: Vec<Alarm>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody was looked at.
    Seen {
        /// Who.
        episode: UnitId,
        /// Degrees Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f64>,
        /// Whether the symptoms are much better.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        better: Option<bool>,
        /// Whether the picture is improved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        imaging: Option<bool>,
        /// Anything said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A test was reported.
    Tested {
        /// Whose.
        episode: UnitId,
        /// The test.
        test: Test,
    },
    /// Somebody who could leave stays.
    Kept {
        /// Who.
        episode: UnitId,
        /// Why.
        reason: String,
        /// What the rules said.
        verdict: Verdict,
    },
    /// Somebody left care.
    Left {
        /// Who.
        episode: UnitId,
        /// As what.
        leaving: Leaving,
        /// What the rules said.
        verdict: Verdict,
        /// Why before the criteria were met.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The episode is over.
    Ended {
        /// Whose.
        episode: UnitId,
        /// How.
        how: Ended,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A patient has a care plan, or another version of it.
    CarePlanPut(Box<CarePlanPut>),
    /// A care plan was reviewed and goes on.
    CarePlanReviewed {
        /// Whose.
        episode: UnitId,
        /// Which version.
        version: u32,
        /// What was found.
        note: String,
        /// When the next review is due.
        due: Micros,
    },
    /// Others were asked.
    Consulted(Box<Consulted>),
    /// Others gave their opinion.
    Answered {
        /// About whom.
        episode: UnitId,
        /// Which consultation.
        consultation: CommandId,
        /// The opinion.
        opinion: String,
        /// Whose.
        by: String,
    },
    /// A question was taken back.
    ConsultWithdrawn {
        /// About whom.
        episode: UnitId,
        /// Which consultation.
        consultation: CommandId,
        /// Why.
        reason: String,
    },
    /// Something was ordered.
    Ordered(Box<Ordered>),
    /// An order was stopped.
    OrderStopped {
        /// For whom.
        episode: UnitId,
        /// Which.
        order: CommandId,
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The episode that it is about.
    pub fn episode(&self) -> Option<UnitId> {
        match self {
            Event::FacilityPut(_)
            | Event::WardPut(_)
            | Event::BedsPut { .. }
            | Event::StaffSet(_)
            | Event::BedSetOut { .. }
            | Event::Disinfected { .. } => None,
            Event::Queued(queued) => Some(queued.episode),
            Event::CarePlanPut(put) => Some(put.episode),
            Event::Consulted(consulted) => Some(consulted.asked.episode),
            Event::Ordered(ordered) => Some(ordered.order.episode),
            Event::Judged { episode, .. }
            | Event::Assigned { episode, .. }
            | Event::Unassigned { episode, .. }
            | Event::Departed { episode, .. }
            | Event::Admitted { episode, .. }
            | Event::Moved { episode, .. }
            | Event::WentHome { episode, .. }
            | Event::Requeued { episode, .. }
            | Event::Seen { episode, .. }
            | Event::CheckedIn { episode, .. }
            | Event::Tested { episode, .. }
            | Event::Kept { episode, .. }
            | Event::Left { episode, .. }
            | Event::Ended { episode, .. }
            | Event::CarePlanReviewed { episode, .. }
            | Event::Answered { episode, .. }
            | Event::ConsultWithdrawn { episode, .. }
            | Event::OrderStopped { episode, .. } => Some(*episode),
        }
    }
}

/// See [`Event::Queued`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// The episode.
    pub episode: UnitId,
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// With whom the person lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Age in months when it began, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_months: Option<u32>,
    /// Where the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Since when the case is known: from then the wait counts.
    pub since: Micros,
    /// By when the person is to be in care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Micros>,
    /// The class.
    pub class: Class,
    /// The severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Whether there is a high-risk factor.
    pub high_risk: bool,
}
