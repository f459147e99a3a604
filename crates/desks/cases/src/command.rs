//! What can be asked of the cases desk.

use std::collections::BTreeMap;

use registry::command::{Details, SealedIdentity};
use registry::identity::{self, Day, Sex};
use registry::seal::Keys;
use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, CommandId, Micros, PersonId, Refusal, UnitId};
use uuid::Uuid;

use crate::clinical::Observation;
use crate::keys::{self, Key};
use crate::words::{Class, Convention, Ending, FoundIn, Severity};

/// A command, externally tagged in JSON: `{"observe": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Opens a case by hand.
    Open(Open),
    /// Opens the cases of final positives that have none, for example those from before there was
    /// a cases desk.
    Adopt(Adopt),
    /// Records what was observed at a patient.
    Observe(Observe),
    /// Records what a doctor or a panel says of the class.
    State(StateClass),
    /// Changes what was entered of one case or of many, in one act.
    Edit(Edit),
    /// Takes back an [`Command::Edit`] or a [`Command::Revise`].
    UndoEdit {
        /// The command that is taken back.
        command: CommandId,
    },
    /// Changes many cases, each in its own way: a list that was exported and edited comes back.
    Revise(Revise),
    /// Tells the number under which a case was reported on the national network.
    Report {
        /// The case.
        case: UnitId,
        /// Its number there; may be empty.
        #[serde(default)]
        number: String,
    },
    /// Ends a case.
    Close(Close),
    /// Opens a case again that was ended by mistake.
    Reopen {
        /// The case.
        case: UnitId,
        /// Why.
        note: String,
    },
    /// Two records are one case.
    Merge(Merge),
    /// Two records that were merged are two cases after all.
    Unmerge {
        /// The record that was merged into another.
        case: UnitId,
        /// Why.
        note: String,
    },
    /// A case that was opened with the least data is that of somebody whom the registry has.
    Link(Link),
    /// It is not that person's after all.
    Unlink {
        /// The case.
        case: UnitId,
        /// Why.
        note: String,
    },
    /// Two records that look alike are two cases.
    SettlePair {
        /// The one.
        case: UnitId,
        /// The other.
        other: UnitId,
        /// Why.
        #[serde(default)]
        note: String,
    },
    /// Publishes the figures of a window, or corrects what was published of it.
    Publish(Publish),
    /// Takes in a chunk of a line list. Made by the server only.
    PutCases(PutCases),
}

/// A field that people enter, and edit by the hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Where the infection was found, as [`FoundIn::as_str`].
    FoundIn,
    /// Where the person lives or stays, as a place code of the case's county.
    Place,
    /// The day of the first symptom, `2022-03-14`.
    Onset,
    /// A cluster, as people name it.
    Cluster,
    /// An occupation, as people name it.
    Occupation,
    /// Anything to say.
    Note,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 6] = [
        Field::FoundIn,
        Field::Place,
        Field::Onset,
        Field::Cluster,
        Field::Occupation,
        Field::Note,
    ];

    /// The word that the store keeps.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::FoundIn => "found_in",
            Field::Place => "place",
            Field::Onset => "onset",
            Field::Cluster => "cluster",
            Field::Occupation => "occupation",
            Field::Note => "note",
        }
    }
}

/// Values by field; an empty value clears the field.
pub type Patch = BTreeMap<Field, String>;

/// Whose case it is.
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
    /// Somebody whom it has not, with the least data that tells one person from another.
    Unregistered {
        /// An id of the sender's making.
        person: PersonId,
        /// Name, number, telephone.
        details: Details,
        /// Day of birth, `1980-01-31`, where no resident number says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth: Option<String>,
        /// Age in months, where no day of birth is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age_months: Option<u16>,
        /// Sex, where no resident number says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<Sex>,
    },
}

impl Who {
    /// The person's id.
    pub fn person(&self) -> PersonId {
        match self {
            Who::Registered { person, .. } | Who::Unregistered { person, .. } => *person,
        }
    }
}

/// See [`Command::Open`]. The event time is when the case became known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Whose.
    pub who: Who,
    /// As what it is reported.
    pub class: Class,
    /// How grave, if a doctor said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What is entered of it. An infection needs [`Field::FoundIn`].
    #[serde(default)]
    pub fields: Patch,
    /// What was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// On what grounds.
    #[serde(default)]
    pub note: String,
    /// Made by the server when it seals the personal data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
}

/// See [`Command::Adopt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adopt {
    /// Tubes with a final positive result.
    pub tubes: Vec<UnitId>,
}

/// See [`Command::Observe`]. The event time is when it was observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observe {
    /// The case.
    pub case: UnitId,
    /// What was observed.
    pub observation: Observation,
}

/// See [`Command::State`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateClass {
    /// The case.
    pub case: UnitId,
    /// The class.
    pub class: Class,
    /// How grave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// On what grounds.
    pub note: String,
}

/// See [`Command::Edit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The cases: each with the version that the editor saw, if it is to be held against.
    pub cases: Vec<EditOf>,
    /// What is to be as what.
    pub fields: Patch,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// One case of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditOf {
    /// The case.
    pub case: UnitId,
    /// The version that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// See [`Command::Revise`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revise {
    /// The rows.
    pub rows: Vec<ReviseRow>,
}

/// One row that comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviseRow {
    /// Its number in the file.
    pub row: u32,
    /// The case.
    pub case: UnitId,
    /// The version that it was exported at.
    pub version: i64,
    /// All fields as they stand in the row.
    pub fields: Patch,
}

/// See [`Command::Close`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Close {
    /// The case.
    pub case: UnitId,
    /// How it ended.
    pub ending: Ending,
    /// On what grounds.
    #[serde(default)]
    pub note: String,
}

/// See [`Command::Merge`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// The record that stands.
    pub keep: UnitId,
    /// The record that it stands for, too.
    pub gone: UnitId,
    /// Why they are one.
    pub note: String,
}

/// See [`Command::Link`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The case.
    pub case: UnitId,
    /// The county of the person's record in the registry.
    pub area: AreaCode,
    /// Who.
    pub person: PersonId,
    /// How one knows.
    #[serde(default)]
    pub note: String,
}

/// See [`Command::Publish`]. A figure is measure, area, window, as-of and publisher: the as-of is
/// the time of recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publish {
    /// The areas that the figures are of.
    pub scope: AreaScope,
    /// The window's begin.
    pub from: Micros,
    /// Its end (exclusive); whole hours, both.
    pub until: Micros,
    /// Who publishes.
    pub publisher: String,
    /// By whose convention.
    pub convention: Convention,
    /// The earlier publication that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<CommandId>,
    /// What to say with it; a correction says why.
    #[serde(default)]
    pub note: String,
}

/// See [`Command::PutCases`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutCases {
    /// The import.
    pub import: Uuid,
    /// The rows.
    pub rows: Vec<PutCase>,
}

/// One row of a line list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutCase {
    /// Its number in the file, from 1.
    pub row: u32,
    /// The person, from the import and the row.
    pub person: PersonId,
    /// Name, number, telephone.
    pub identity: SealedIdentity,
    /// Age in months, where no day of birth is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_months: Option<u16>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// The class.
    pub class: Class,
    /// The severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// When the case was reported.
    pub found_at: Micros,
    /// What is entered of it.
    #[serde(default)]
    pub fields: Patch,
    /// How it ended, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Ending, Micros)>,
    /// The number in the list that it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Open(_) => "cases.open",
            Command::Adopt(_) => "cases.adopt",
            Command::Observe(_) => "cases.observe",
            Command::State(_) => "cases.state",
            Command::Edit(_) => "cases.edit",
            Command::UndoEdit { .. } => "cases.undo_edit",
            Command::Revise(_) => "cases.revise",
            Command::Report { .. } => "cases.report",
            Command::Close(_) => "cases.close",
            Command::Reopen { .. } => "cases.reopen",
            Command::Merge(_) => "cases.merge",
            Command::Unmerge { .. } => "cases.unmerge",
            Command::Link(_) => "cases.link",
            Command::Unlink { .. } => "cases.unlink",
            Command::SettlePair { .. } => "cases.settle_pair",
            Command::Publish(_) => "cases.publish",
            Command::PutCases(_) => "cases.put_cases",
        }
    }

    /// Whether only the server itself makes such commands: they carry what it has sealed.
    pub fn is_internal(&self) -> bool {
        matches!(self, Command::PutCases(_))
    }

    /// Checks and seals the clear personal data of a command that came from a client, and makes the
    /// keys by which duplicates are found. It must be called before the command goes to the ledger.
    ///
    /// # Errors
    /// The refusal of the field that breaks a rule; `personal-data-presealed` when the client sent
    /// what only the server makes.
    pub fn seal(&mut self, keys: &Keys, area: AreaCode, today: Day) -> Result<(), Refusal> {
        let Command::Open(open) = self else { return Ok(()) };
        if !open.keys.is_empty() {
            return Err(Refusal::new("personal-data-presealed"));
        }
        let Who::Unregistered { person, details, birth, sex, .. } = &mut open.who else {
            return Ok(());
        };
        let Details::Clear(clear) = details else {
            return Err(Refusal::new("personal-data-presealed"));
        };
        let checked = identity::check((**clear).clone(), today)
            .map_err(|(field, refusal)| refusal.with("field", field))?;
        let stated = birth.as_deref().map(|text| {
            Day::parse(text)
                .filter(|day| *day <= today)
                .ok_or_else(|| Refusal::new("birth-date").with("field", "birth"))
        });
        let day = checked.resident.map(|r| r.birth).or(stated.transpose()?);
        open.keys = keys::of_identity(keys, &checked.identity, day, None);
        let mut sealed = SealedIdentity::of(keys, area, *person, &checked)
            .map_err(|e| Refusal::new("sealing-failed").with("reason", e))?;
        sealed.birth_year = day.map(|day| day.year);
        sealed.sex = sealed.sex.or(*sex);
        // What the registry never keeps in the clear is not kept here either.
        *birth = None;
        *details = Details::Sealed(sealed);
        Ok(())
    }
}

/// A field's value in the one form that is kept; `None` when it is empty.
///
/// # Errors
/// The refusal of a value that is none, with the field.
pub fn checked(field: Field, text: &str, area: AreaCode) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let limit = if field == Field::Note { 400 } else { 60 };
    let wrong = |code| Err(Refusal::new(code).with("field", field.as_str()).with("value", text));
    if text.chars().count() > limit {
        return Err(Refusal::new("field-too-long")
            .with("field", field.as_str())
            .with("limit", limit));
    }
    match field {
        Field::FoundIn if FoundIn::parse(text).is_none() => wrong("found-in-unknown"),
        Field::Place => match types::PlaceCode::parse(text) {
            Ok(place) if place.area() == Some(area) => Ok(Some(text.to_owned())),
            Ok(_) => Err(Refusal::new("place-outside-area").with("place", text).with("area", area)),
            Err(_) => wrong("place-code-form"),
        },
        Field::Onset => match Day::parse(text) {
            Some(day) => Ok(Some(format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))),
            None => wrong("onset-form"),
        },
        _ => Ok(Some(text.to_owned())),
    }
}
