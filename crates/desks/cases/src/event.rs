//! What can have happened at the cases desk. Kept in the journal for ever: only add.

use registry::command::SealedIdentity;
use registry::identity::Sex;
use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, Micros, PersonId, UnitId};

use crate::classify::{Judged, Stated};
use crate::clinical::Observation;
use crate::command::{Patch, Publish};
use crate::keys::{Candidate, Key};
use crate::words::{Ending, FoundIn, Measure, Source};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A case began to exist.
    Opened(Box<Opened>),
    /// A known case has another final positive result.
    PositiveAdded {
        /// The case.
        case: UnitId,
        /// The tube.
        tube: UnitId,
        /// The person in it.
        person: PersonId,
        /// When the result was released.
        at: Micros,
        /// What follows.
        judged: Box<Judged>,
    },
    /// A final positive result is none: it was corrected, or it is another person's.
    PositiveWithdrawn {
        /// The case.
        case: UnitId,
        /// The tube.
        tube: UnitId,
        /// The person of whom it does not speak.
        person: PersonId,
        /// What follows.
        judged: Box<Judged>,
    },
    /// A patient was looked at.
    Observed {
        /// The case.
        case: UnitId,
        /// What was observed.
        observation: Box<Observation>,
        /// What follows.
        judged: Box<Judged>,
    },
    /// A doctor or a panel spoke.
    ClassStated {
        /// The case.
        case: UnitId,
        /// What they said.
        stated: Stated,
        /// What follows.
        judged: Box<Judged>,
    },
    /// Fields were changed.
    Edited {
        /// The case.
        case: UnitId,
        /// What stood there; empty for nothing.
        was: Patch,
        /// What stands there now.
        now: Patch,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// The command that this takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<CommandId>,
    },
    /// A case was reported on the national network.
    Reported {
        /// The case.
        case: UnitId,
        /// Its number there.
        number: String,
    },
    /// A case ended.
    Closed {
        /// The case.
        case: UnitId,
        /// How.
        ending: Ending,
        /// On what grounds.
        note: String,
    },
    /// A case goes on.
    Reopened {
        /// The case.
        case: UnitId,
        /// Why.
        note: String,
    },
    /// A record stands for another.
    Merged {
        /// The record that stands.
        keep: UnitId,
        /// The record that does not any more.
        gone: UnitId,
        /// Why.
        note: String,
        /// What follows for the one that stands.
        judged: Box<Judged>,
    },
    /// They are two after all.
    Unmerged {
        /// The record that had stood for both.
        keep: UnitId,
        /// The record that stands for itself again.
        case: UnitId,
        /// Why.
        note: String,
        /// What follows for the one that had stood for both.
        judged: Box<Judged>,
    },
    /// A case is that of somebody whom the registry has.
    PersonLinked {
        /// The case.
        case: UnitId,
        /// Who, and the county of the record.
        person: PersonId,
        /// The county of the record.
        person_area: AreaCode,
        /// Year of birth, as the registry has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_year: Option<u16>,
        /// Sex, as the registry has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<Sex>,
        /// Keys that the case had not had.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keys: Vec<Key>,
        /// How one knows.
        note: String,
        /// What follows.
        judged: Box<Judged>,
    },
    /// A case is not that of the person of the registry to whom it was linked.
    PersonUnlinked {
        /// The case.
        case: UnitId,
        /// Why.
        note: String,
        /// What follows.
        judged: Box<Judged>,
    },
    /// Two records that look alike are two cases.
    PairSettled {
        /// The one.
        case: UnitId,
        /// The other.
        other: UnitId,
        /// Why.
        note: String,
    },
    /// Figures were published.
    Published {
        /// What of.
        of: Publish,
        /// Measure, where found, number.
        figures: Vec<(Measure, Option<FoundIn>, i64)>,
    },
}

/// See [`Event::Opened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The county of the person's record in the registry; nothing when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_area: Option<AreaCode>,
    /// The personal data of somebody whom the registry does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SealedIdentity>,
    /// Year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<u16>,
    /// Age in months at the opening, where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_months: Option<u16>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// How it came to be known.
    pub source: Source,
    /// The import and the row, or the number in the list that it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// When it became known.
    pub found_at: Micros,
    /// What was entered.
    #[serde(default, skip_serializing_if = "Patch::is_empty")]
    pub fields: Patch,
    /// The final positive results that it was opened by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positives: Vec<(UnitId, Micros)>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Stated>,
    /// What was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// What follows.
    pub judged: Judged,
    /// Its keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
    /// Records that may be the same case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// By when it has to be reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_due: Option<Micros>,
    /// How it ended, when it came with its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Ending, Micros)>,
}
