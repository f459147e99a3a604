//! What can be asked of the tracing desk.

use registry::command::{Details, SealedIdentity};
use registry::identity::{self, Day};
use registry::seal::Keys;
use serde::{Deserialize, Serialize};
use types::{AreaCode, HolderCode, Micros, PersonId, PlaceCode, Refusal, UnitId};
use uuid::Uuid;

use crate::rows::Core;
use crate::words::{Ended, Setting};

/// A command, externally tagged in JSON: `{"name": {…}}`.
///
/// What is asked of an investigation is sent under the county of its case. What is asked of a contact is
/// sent under the county that follows it; naming contacts under the county of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A team takes an investigation over, or the desk takes it back.
    Assign {
        /// Which.
        investigation: UnitId,
        /// The team, `trace:CODE`; nothing for the county's desk.
        #[serde(default)]
        team: Option<HolderCode>,
    },
    /// Investigators have arrived.
    OnSite {
        /// Which.
        investigation: UnitId,
        /// Anything to say.
        #[serde(default)]
        note: String,
    },
    /// What an interview brought.
    Interview(Interview),
    /// A stay that was entered was none.
    DropStay {
        /// The investigation.
        investigation: UnitId,
        /// Its number there.
        stay: u32,
        /// Why.
        reason: String,
    },
    /// The full report is there.
    Report {
        /// Which.
        investigation: UnitId,
        /// What it says in short.
        #[serde(default)]
        note: String,
    },
    /// Open infections without an investigation, from before there was a tracing desk, get theirs.
    Adopt {
        /// The cases.
        cases: Vec<UnitId>,
    },
    /// Contacts of a case, or of a close contact.
    Name(Name),
    /// It is known where somebody is.
    Locate {
        /// Who.
        contact: UnitId,
        /// Where, when that is another place than the home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceCode>,
        /// Anything to say.
        #[serde(default)]
        note: String,
    },
    /// Somebody has been told.
    Notify {
        /// Who.
        contact: UnitId,
        /// Anything to say.
        #[serde(default)]
        note: String,
    },
    /// Somebody is picked up.
    Depart {
        /// Who.
        contact: UnitId,
        /// To which quarantine site.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<HolderCode>,
        /// By what.
        #[serde(default)]
        vehicle: String,
    },
    /// Somebody is where he is kept apart.
    Arrive(Arrive),
    /// A nucleic acid test that the testing desk does not know of.
    Test(OwnTest),
    /// The daily look.
    Check(Check),
    /// The quarantine, or the monitoring after it, is over.
    Release {
        /// Who.
        contact: UnitId,
        /// Needed when the criteria are not met.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody refuses to be kept apart.
    Refuse {
        /// Who.
        contact: UnitId,
        /// What was said, before which witness.
        note: String,
    },
    /// A follow-up ends for another reason than its course.
    Close {
        /// Who.
        contact: UnitId,
        /// How.
        how: Ended,
        /// On what grounds.
        note: String,
    },
    /// A follow-up that ended by hand or by release goes on.
    Reopen {
        /// Who.
        contact: UnitId,
        /// Why.
        note: String,
    },
    /// Another county is asked to follow somebody.
    Ask {
        /// Who.
        contact: UnitId,
        /// Which county.
        to: AreaCode,
        /// What it is to know.
        note: String,
    },
    /// The county that was asked answers; sent under that county.
    Answer {
        /// Who.
        contact: UnitId,
        /// Whether it takes the follow-up over.
        accept: bool,
        /// Needed when it does not.
        #[serde(default)]
        note: String,
    },
    /// The schedules of people under observation, by the edition in force.
    Reschedule {
        /// Whose.
        contacts: Vec<UnitId>,
    },
}

/// See [`Command::Interview`]. What was not asked is left out. Offline, the parts of one interview may
/// come in several commands and in any order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interview {
    /// Which.
    pub investigation: UnitId,
    /// The core information; of each field the latest word stands.
    #[serde(default, skip_serializing_if = "Core::is_empty")]
    pub core: Core,
    /// Where the person was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<NewStay>,
    /// Whether the core information is complete with this.
    #[serde(default)]
    pub complete: bool,
}

/// A stay at a place: one line of the movement history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewStay {
    /// Its number, when it replaces what had been entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<u32>,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// A place of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// What people call it; needed where no place of the registry is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What kind of place.
    pub setting: Setting,
    /// Anything to say: the means of transport, the table, the mask.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Command::Name`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    /// The case, or the close contact, whom they met.
    pub source: UnitId,
    /// The import that they come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Uuid>,
    /// They. What does not fit the definition is left out and named in the remarks.
    pub contacts: Vec<NewContact>,
    /// Sets the definition aside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Somebody who is named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewContact {
    /// The row of the import or of the form, from 1.
    #[serde(default)]
    pub row: u32,
    /// Who.
    pub who: Who,
    /// Where they met.
    pub setting: Setting,
    /// The stay of the investigation at which they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<u32>,
    /// When they first met in the time that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Micros>,
    /// When they last met. Of a day without an hour, its last minute.
    pub last: Micros,
    /// Whether the person was protected: then the definition is not met.
    #[serde(default)]
    pub protected: bool,
    /// Anything to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Whom a contact is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Somebody whom the registry has.
    Registered {
        /// The county of the record there.
        area: AreaCode,
        /// Who.
        person: PersonId,
    },
    /// Somebody whom it has not.
    Unregistered {
        /// An id of the sender's making.
        person: PersonId,
        /// Name, number, telephone.
        details: Details,
        /// Where the person lives or stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceCode>,
    },
}

impl Who {
    /// The id that the sender gives.
    pub fn person(&self) -> PersonId {
        match self {
            Who::Registered { person, .. } | Who::Unregistered { person, .. } => *person,
        }
    }
}

/// See [`Command::Arrive`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrive {
    /// Who.
    pub contact: UnitId,
    /// The quarantine site, `quarantine:CODE`; nothing for the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<HolderCode>,
    /// The room.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// Why at home, where the edition asks for a site.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// See [`Command::Test`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnTest {
    /// Whose.
    pub contact: UnitId,
    /// When the sample was taken.
    pub sampled_at: Micros,
    /// What it says.
    pub positive: bool,
    /// The laboratory, as people name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub laboratory: String,
}

/// See [`Command::Check`]. The event time is when the person was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Who.
    pub contact: UnitId,
    /// Degrees Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Symptoms by the codes of the cases desk; empty when asked for and none were found.
    #[serde(default)]
    pub symptoms: Vec<String>,
    /// Anything to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Assign { .. } => "tracing.assign",
            Command::OnSite { .. } => "tracing.on_site",
            Command::Interview(_) => "tracing.interview",
            Command::DropStay { .. } => "tracing.drop_stay",
            Command::Report { .. } => "tracing.report",
            Command::Adopt { .. } => "tracing.adopt",
            Command::Name(_) => "tracing.name",
            Command::Locate { .. } => "tracing.locate",
            Command::Notify { .. } => "tracing.notify",
            Command::Depart { .. } => "tracing.depart",
            Command::Arrive(_) => "tracing.arrive",
            Command::Test(_) => "tracing.test",
            Command::Check(_) => "tracing.check",
            Command::Release { .. } => "tracing.release",
            Command::Refuse { .. } => "tracing.refuse",
            Command::Close { .. } => "tracing.close",
            Command::Reopen { .. } => "tracing.reopen",
            Command::Ask { .. } => "tracing.ask",
            Command::Answer { .. } => "tracing.answer",
            Command::Reschedule { .. } => "tracing.reschedule",
        }
    }

    /// Whether only the server itself makes such commands: they carry what it has sealed.
    pub fn is_internal(&self) -> bool {
        matches!(self, Command::Name(name) if name.import.is_some())
    }

    /// The investigation that the command is about.
    pub fn investigation(&self) -> Option<UnitId> {
        match self {
            Command::Assign { investigation, .. }
            | Command::OnSite { investigation, .. }
            | Command::DropStay { investigation, .. }
            | Command::Report { investigation, .. } => Some(*investigation),
            Command::Interview(c) => Some(c.investigation),
            _ => None,
        }
    }

    /// The contact that the command is about.
    pub fn contact(&self) -> Option<UnitId> {
        match self {
            Command::Locate { contact, .. }
            | Command::Notify { contact, .. }
            | Command::Depart { contact, .. }
            | Command::Release { contact, .. }
            | Command::Refuse { contact, .. }
            | Command::Close { contact, .. }
            | Command::Reopen { contact, .. }
            | Command::Ask { contact, .. }
            | Command::Answer { contact, .. } => Some(*contact),
            Command::Arrive(c) => Some(c.contact),
            Command::Test(c) => Some(c.contact),
            Command::Check(c) => Some(c.contact),
            _ => None,
        }
    }

    /// Checks and seals the clear personal data of a command that came from a client. It must be called
    /// before the command goes to the ledger.
    ///
    /// # Errors
    /// The refusal of the field that breaks a rule, with the row; `personal-data-presealed` when the
    /// client sent what only the server makes.
    pub fn seal(&mut self, keys: &Keys, area: AreaCode, today: Day) -> Result<(), Refusal> {
        let Command::Name(name) = self else { return Ok(()) };
        if name.import.is_some() {
            return Err(Refusal::new("personal-data-presealed"));
        }
        for contact in &mut name.contacts {
            let row = contact.row;
            let Who::Unregistered { person, details, .. } = &mut contact.who else { continue };
            let Details::Clear(clear) = details else {
                return Err(Refusal::new("personal-data-presealed"));
            };
            let checked = identity::check((**clear).clone(), today)
                .map_err(|(field, refusal)| refusal.with("field", field).with("row", row))?;
            let sealed = SealedIdentity::of(keys, area, *person, &checked)
                .map_err(|e| Refusal::new("sealing-failed").with("reason", e))?;
            *details = Details::Sealed(sealed);
        }
        Ok(())
    }
}
