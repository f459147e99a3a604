//! What can have happened at the tracing desk. Kept in the journal for ever: only add.

use registry::command::SealedIdentity;
use serde::{Deserialize, Serialize};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::release::Verdict;
use crate::rows::{Core, Source, Stay, Test};
use crate::schedule::Schedule;
use crate::words::{Degree, Ended, NoInvestigation, Stage};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An investigation began.
    Opened(Box<Opened>),
    /// What is known of its case is otherwise.
    Anchored {
        /// Which.
        investigation: UnitId,
        /// Whose case it is.
        person: PersonId,
        /// The county of the person's record in the registry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person_area: Option<AreaCode>,
        /// Where the person lives or stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceCode>,
        /// The day of the first symptom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        onset: Option<Micros>,
        /// From when the look-back counts.
        anchor: Micros,
    },
    /// Somebody else answers for it.
    Assigned {
        /// Which.
        investigation: UnitId,
        /// The team; nothing for the desk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<HolderCode>,
    },
    /// Investigators arrived.
    OnSite {
        /// Which.
        investigation: UnitId,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// An interview was recorded.
    Interviewed {
        /// Which.
        investigation: UnitId,
        /// What it brought.
        #[serde(default, skip_serializing_if = "Core::is_empty")]
        core: Core,
        /// Stays with their numbers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stays: Vec<Stay>,
        /// Whether the core information is complete with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        complete: bool,
    },
    /// A stay was none.
    StayDropped {
        /// Which investigation.
        investigation: UnitId,
        /// Its number.
        stay: u32,
        /// Why.
        reason: String,
    },
    /// The full report is there.
    Reported {
        /// Which.
        investigation: UnitId,
        /// In short.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// An investigation came to nothing.
    Dropped {
        /// Which.
        investigation: UnitId,
        /// Why.
        why: NoInvestigation,
        /// The case that stands instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<UnitId>,
    },
    /// It goes on where it had stopped.
    Resumed {
        /// Which.
        investigation: UnitId,
    },
    /// A follow-up began.
    Named(Box<Named>),
    /// A known contact met somebody else too, or later than was known.
    Sourced(Box<Sourced>),
    /// A source of a contact stands no more, or stands again.
    SourceVoided {
        /// Whose.
        contact: UnitId,
        /// Which source.
        source: UnitId,
        /// Whether it stands no more.
        void: bool,
        /// What follows.
        after: After,
    },
    /// It is known where somebody is.
    Located {
        /// Who.
        contact: UnitId,
        /// Where, when elsewhere than at home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceCode>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody was told.
    Notified {
        /// Who.
        contact: UnitId,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody is on the way.
    Departed {
        /// Who.
        contact: UnitId,
        /// To where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<HolderCode>,
        /// By what.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        vehicle: String,
    },
    /// Somebody is kept apart.
    Arrived {
        /// Who.
        contact: UnitId,
        /// The site; nothing for the home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<HolderCode>,
        /// The room.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        room: String,
        /// Why at home.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// The day of the arrival: the first look is due on it.
        day: Micros,
        /// Until when, and when tests are due.
        schedule: Schedule,
        /// Whether it was within the time that the edition allows.
        in_time: bool,
    },
    /// A schedule was made anew.
    Scheduled {
        /// Whose.
        contact: UnitId,
        /// The schedule.
        schedule: Schedule,
    },
    /// A test was reported.
    Tested {
        /// Whose.
        contact: UnitId,
        /// The test.
        test: Test,
    },
    /// Somebody was looked at.
    Checked {
        /// Who.
        contact: UnitId,
        /// The day of the look.
        day: Micros,
        /// The day of the next one.
        next: Micros,
        /// Degrees Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f64>,
        /// Symptoms.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        symptoms: Vec<String>,
        /// Whether the person is ill: fever or a symptom.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ill: bool,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The quarantine is over, and the monitoring at home begins.
    WentHome {
        /// Who.
        contact: UnitId,
        /// The monitoring.
        schedule: Schedule,
        /// What the rules said.
        verdict: Verdict,
        /// Why before the criteria were met.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody refused.
    Refused {
        /// Who.
        contact: UnitId,
        /// What was said.
        note: String,
    },
    /// A follow-up is over.
    Ended {
        /// Whose.
        contact: UnitId,
        /// How.
        how: Ended,
        /// The case that the person became.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<UnitId>,
        /// What the rules said, at a release.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A follow-up goes on where it had stopped.
    Reopened {
        /// Whose.
        contact: UnitId,
        /// Where it stands.
        stage: Stage,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Another county was asked.
    Asked {
        /// Of whom.
        contact: UnitId,
        /// By which county.
        from: AreaCode,
        /// Which county.
        to: AreaCode,
        /// By when it is to answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Micros>,
        /// What it is to know.
        note: String,
    },
    /// It answered.
    Answered {
        /// Of whom.
        contact: UnitId,
        /// Whether it takes the follow-up over.
        accept: bool,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// See [`Event::Opened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The investigation.
    pub investigation: UnitId,
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The county of the person's record in the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_area: Option<AreaCode>,
    /// Where the person lives or stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Since when the case is known.
    pub since: Micros,
    /// The day of the first symptom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Micros>,
    /// From when the look-back counts.
    pub anchor: Micros,
    /// By when investigators are to be on site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_site_due: Option<Micros>,
    /// By when the core information is to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_due: Option<Micros>,
    /// By when the full report is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_due: Option<Micros>,
    /// The follow-up of the same person: the case was a known contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<UnitId>,
}

/// See [`Event::Named`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The contact.
    pub contact: UnitId,
    /// Which follow-up of this person it is, from 0.
    pub n: i64,
    /// Who.
    pub person: PersonId,
    /// The county of the person's record in the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_area: Option<AreaCode>,
    /// The personal data of somebody whom the registry does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SealedIdentity>,
    /// With whom the person lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// Where the person lives or stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// How near.
    pub degree: Degree,
    /// Whom the person met.
    pub source: Source,
    /// By when the person is to be kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Micros>,
    /// The import and the row.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The case that the person is already: then there is nobody to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<UnitId>,
}

/// See [`Event::Sourced`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sourced {
    /// Whose.
    pub contact: UnitId,
    /// Whom the person met.
    pub source: Source,
    /// What follows.
    pub after: After,
}

/// What follows for a contact from its sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct After {
    /// How near.
    pub degree: Degree,
    /// The schedule, when the person is under observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Where it stands, when the person has to be brought to another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// By when that is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Micros>,
}
