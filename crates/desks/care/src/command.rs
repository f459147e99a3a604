//! What can be asked of the care desk.

mod bedside;

use cases::Observation;
use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, PlaceCode, UnitId};

use crate::home::CheckIn;
use crate::words::{Admits, Kind, Level};

pub use bedside::{Answer, Consult, Member, Order, PutCarePlan, ReviewCarePlan, StopOrder};

/// A command, externally tagged in JSON: `{"assign": {…}}`.
///
/// What is asked of a facility is sent under the facility's county: putting it up, admitting, ward
/// rounds, release. What is asked of somebody who waits or is at home is sent under the county of the
/// episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Puts up a facility, or changes what is said of it.
    PutFacility(PutFacility),
    /// Puts up a ward, or changes what is said of it.
    PutWard(PutWard),
    /// Sets up beds.
    PutBeds(PutBeds),
    /// Says who is on shift, and what the facility claims.
    Staff(Staff),
    /// Takes free beds out of use, or puts them to use again.
    SetOut(SetOut),
    /// Holds a bed for somebody who waits.
    Assign(Assign),
    /// Gives a held bed up.
    Unassign {
        /// Whose.
        episode: UnitId,
        /// Why.
        reason: String,
    },
    /// Somebody is picked up.
    Depart {
        /// Who.
        episode: UnitId,
        /// By what: the vehicle, as its crew names it.
        #[serde(default)]
        vehicle: String,
    },
    /// Somebody has arrived and lies in a bed.
    Admit(Admit),
    /// Somebody moves to another bed of the same facility.
    Move(MoveBed),
    /// A vacated bed was disinfected and is free.
    Disinfect {
        /// The beds.
        beds: Vec<UnitId>,
    },
    /// Somebody refuses a bed.
    Refuse {
        /// Who.
        episode: UnitId,
        /// What was said, before which witness.
        note: String,
    },
    /// Somebody who is at home by refusal or by rule waits for a bed again.
    Requeue {
        /// Who.
        episode: UnitId,
        /// Why.
        note: String,
    },
    /// Somebody isolates at home, where the edition in force says so.
    SendHome {
        /// Who.
        episode: UnitId,
        /// Anything to say.
        #[serde(default)]
        note: String,
    },
    /// A ward round, or a look at somebody at home.
    Round(Round),
    /// Somebody at home, or the household, says how they are.
    CheckIn(CheckIn),
    /// A nucleic acid test of one person alone, as the ward's laboratory reports it.
    Test(TestResult),
    /// Somebody who meets the criteria stays, with the reason.
    Keep {
        /// Who.
        episode: UnitId,
        /// Why.
        reason: String,
    },
    /// Somebody leaves care: discharge or release follows from the class.
    Release(Release),
    /// The time at home is over.
    FinishHome {
        /// Whose.
        episode: UnitId,
        /// Needed when it ends before its time.
        #[serde(default)]
        reason: String,
    },
    /// Open cases that have no episode, from before there was a care desk, begin to wait.
    Adopt {
        /// The cases.
        cases: Vec<UnitId>,
    },
    /// Gives up the beds that have been held for longer than the edition in force holds one. What is not
    /// over yet stays held.
    Lapse {
        /// For whom they are held.
        episodes: Vec<UnitId>,
    },
    /// Writes a patient's care plan, or another version of it.
    PutCarePlan(PutCarePlan),
    /// A care plan was reviewed and goes on as it is.
    ReviewCarePlan(ReviewCarePlan),
    /// Asks others for their opinion.
    Consult(Consult),
    /// Records an opinion: it closes the consultation.
    Answer(Answer),
    /// Takes a question back.
    WithdrawConsult {
        /// About whom.
        episode: UnitId,
        /// Which consultation.
        consultation: CommandId,
        /// Why.
        reason: String,
    },
    /// Records what was ordered.
    Order(Order),
    /// Records that it was stopped.
    StopOrder(StopOrder),
}

/// See [`Command::PutFacility`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutFacility {
    /// Its code as a holder, `ward:CODE`: for it the accounts of its staff act.
    pub code: HolderCode,
    /// What it is.
    pub kind: Kind,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// The areas whose people it takes.
    pub serves: AreaScope,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// From when it takes people in.
    pub opens_at: Micros,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Micros>,
    /// How many people it takes in, at most, between two plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<u32>,
    /// Minutes from a bed's being vacated to the end of its terminal disinfection.
    pub turnaround_minutes: u32,
}

/// See [`Command::PutWard`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutWard {
    /// The facility.
    pub facility: HolderCode,
    /// The ward's code in it: letters, digits and hyphens.
    pub ward: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// The care that it gives.
    pub level: Level,
    /// Whom it admits.
    pub admits: Admits,
    /// Usable places that are held back for the critical.
    #[serde(default)]
    pub reserve: u32,
}

/// See [`Command::PutBeds`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutBeds {
    /// The facility.
    pub facility: HolderCode,
    /// The ward.
    pub ward: String,
    /// The beds.
    pub beds: Vec<NewBed>,
}

/// A bed that is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBed {
    /// Its label in the ward.
    pub label: String,
    /// Its room, where rooms are told apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub room: String,
}

/// See [`Command::Staff`]. The three capacities are kept apart: what is claimed, what staff there is
/// for, and (from the beds that are set up and the staff) what can be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Staff {
    /// The facility.
    pub facility: HolderCode,
    /// The ward.
    pub ward: String,
    /// Beds that the facility says it has.
    pub claimed: u32,
    /// Nurses on shift.
    pub nurses: u32,
    /// Patients that one of them looks after.
    pub per_nurse: u32,
}

/// See [`Command::SetOut`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetOut {
    /// The beds.
    pub beds: Vec<UnitId>,
    /// Out of use, or to use again.
    pub out: bool,
    /// Why.
    pub reason: String,
}

/// See [`Command::Assign`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assign {
    /// Who.
    pub episode: UnitId,
    /// To which facility.
    pub facility: HolderCode,
    /// To which of its wards.
    pub ward: String,
    /// A certain bed; else the first that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bed: Option<UnitId>,
    /// What the plan had said of it, in words; empty for an assignment by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan: String,
    /// Why a person departs from the plan, or from a rule that a reason can set aside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// See [`Command::Admit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admit {
    /// Who.
    pub episode: UnitId,
    /// The facility that takes the person in.
    pub facility: HolderCode,
    /// The ward, when it is not the one where a bed is held, or none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// A certain bed; else the held one, else the first that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bed: Option<UnitId>,
    /// Why, for somebody who came without an assignment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// See [`Command::Move`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveBed {
    /// Who.
    pub episode: UnitId,
    /// To which ward of the facility.
    pub ward: String,
    /// A certain bed; else the first that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bed: Option<UnitId>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// See [`Command::Round`]. The event time is when the patient was looked at. What it says of the
/// severity goes to the cases desk in the same entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Who.
    pub episode: UnitId,
    /// What was observed.
    #[serde(default)]
    pub observation: Observation,
    /// Whether the respiratory symptoms are much better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptoms_better: Option<bool>,
    /// Whether the picture is clearly improved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imaging_improved: Option<bool>,
    /// Anything to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Command::Test`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Whose.
    pub episode: UnitId,
    /// When the sample was taken.
    pub sampled_at: Micros,
    /// The Ct of the N gene; nothing when it was not detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_n: Option<f64>,
    /// The Ct of ORF1ab; nothing when it was not detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ct_orf1ab: Option<f64>,
    /// The limit of the assay, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assay_limit: Option<f64>,
    /// The laboratory, as the ward names it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub laboratory: String,
}

/// See [`Command::Release`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Who.
    pub episode: UnitId,
    /// Needed when the criteria are not met.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::PutFacility(_) => "care.put_facility",
            Command::PutWard(_) => "care.put_ward",
            Command::PutBeds(_) => "care.put_beds",
            Command::Staff(_) => "care.staff",
            Command::SetOut(_) => "care.set_out",
            Command::Assign(_) => "care.assign",
            Command::Unassign { .. } => "care.unassign",
            Command::Depart { .. } => "care.depart",
            Command::Admit(_) => "care.admit",
            Command::Move(_) => "care.move",
            Command::Disinfect { .. } => "care.disinfect",
            Command::Refuse { .. } => "care.refuse",
            Command::Requeue { .. } => "care.requeue",
            Command::SendHome { .. } => "care.send_home",
            Command::Round(_) => "care.round",
            Command::CheckIn(_) => "care.check_in",
            Command::Test(_) => "care.test",
            Command::Keep { .. } => "care.keep",
            Command::Release(_) => "care.release",
            Command::FinishHome { .. } => "care.finish_home",
            Command::Adopt { .. } => "care.adopt",
            Command::Lapse { .. } => "care.lapse",
            Command::PutCarePlan(_) => "care.put_care_plan",
            Command::ReviewCarePlan(_) => "care.review_care_plan",
            Command::Consult(_) => "care.consult",
            Command::Answer(_) => "care.answer",
            Command::WithdrawConsult { .. } => "care.withdraw_consult",
            Command::Order(_) => "care.order",
            Command::StopOrder(_) => "care.stop_order",
        }
    }

    /// The facility that the command names: for whom its sender acts.
    pub fn facility(&self) -> Option<&HolderCode> {
        match self {
            Command::PutFacility(c) => Some(&c.code),
            Command::PutWard(c) => Some(&c.facility),
            Command::PutBeds(c) => Some(&c.facility),
            Command::Staff(c) => Some(&c.facility),
            Command::Admit(c) => Some(&c.facility),
            _ => None,
        }
    }

    /// The episodes that the command is about.
    pub fn episodes(&self) -> Option<UnitId> {
        match self {
            Command::Assign(c) => Some(c.episode),
            Command::Admit(c) => Some(c.episode),
            Command::Move(c) => Some(c.episode),
            Command::Round(c) => Some(c.episode),
            Command::CheckIn(c) => Some(c.episode),
            Command::Test(c) => Some(c.episode),
            Command::Release(c) => Some(c.episode),
            Command::PutCarePlan(c) => Some(c.episode),
            Command::ReviewCarePlan(c) => Some(c.episode),
            Command::Consult(c) => Some(c.episode),
            Command::Answer(c) => Some(c.episode),
            Command::Order(c) => Some(c.episode),
            Command::StopOrder(c) => Some(c.episode),
            Command::WithdrawConsult { episode, .. }
            | Command::Unassign { episode, .. }
            | Command::Depart { episode, .. }
            | Command::Refuse { episode, .. }
            | Command::Requeue { episode, .. }
            | Command::SendHome { episode, .. }
            | Command::Keep { episode, .. }
            | Command::FinishHome { episode, .. } => Some(*episode),
            _ => None,
        }
    }
}

/// The id of a bed: it follows from where it stands.
pub fn bed_id(area: AreaCode, facility: &HolderCode, ward: &str, label: &str) -> UnitId {
    let parts: [&[u8]; 3] = [facility.as_str().as_bytes(), ward.as_bytes(), label.as_bytes()];
    UnitId::derived(crate::BED, area, &parts)
}
