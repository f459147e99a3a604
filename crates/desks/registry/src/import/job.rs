//! What is known of an import: who brought what, how it is to be read, where it stands.

use ledger::Actor;
use serde::{Deserialize, Serialize};
use store::Row;
use types::{AreaScope, Micros, PlaceCode, Refusal};
use uuid::Uuid;

use crate::identity::Day;
use crate::import::columns::Choices;
use crate::import::encoding::{Encoding, TextSeen};
use crate::import::incoming::Received;
use crate::import::{Kind, Progress, Result, Totals, Warning};
use crate::seal::BlindIndex;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// The file is here; nothing has been read.
    Uploaded,
    /// It waits for another import to end.
    Queued,
    /// It is being read.
    Running,
    /// A dry run has shown what it would do.
    Rehearsed,
    /// It is finished.
    Done,
    /// It stopped at an error; it can be started again.
    Failed,
    /// Somebody stopped it; it can be started again.
    Cancelled,
    /// Its file was thrown away before it had been taken in whole.
    Discarded,
}

impl JobState {
    const ALL: [JobState; 8] = [
        JobState::Uploaded,
        JobState::Queued,
        JobState::Running,
        JobState::Rehearsed,
        JobState::Done,
        JobState::Failed,
        JobState::Cancelled,
        JobState::Discarded,
    ];

    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Uploaded => "uploaded",
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Rehearsed => "rehearsed",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::Discarded => "discarded",
        }
    }
}

/// What the importer decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Columns, by heading.
    #[serde(default)]
    pub choices: Choices,
    /// The place of rows that name none.
    #[serde(default)]
    pub place: Option<PlaceCode>,
    /// The day that counts as today; set when the import is started first.
    #[serde(default)]
    pub today: Option<Day>,
}

/// An import.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id, which is also that of the import's commands.
    pub id: Uuid,
    /// What the file holds.
    pub kind: Kind,
    /// The areas that it may write.
    pub scope: AreaScope,
    /// The name of the file.
    pub file_name: String,
    /// Its length.
    pub bytes: u64,
    /// Who brought it.
    pub actor: String,
    /// Where it stands.
    pub state: JobState,
    /// Whether the last run was a dry run.
    pub dry_run: bool,
    /// What the importer decided.
    pub settings: Settings,
    /// When it was brought.
    pub created_at: Micros,
    /// When its state or progress changed last.
    pub changed_at: Micros,
    /// How far it is.
    pub progress: Progress,
    /// What the importer should know.
    pub warnings: Vec<Warning>,
    /// Why it failed.
    pub error: Option<Refusal>,
    /// Tells its file from others; see [`crate::seal::Keys::file_index`].
    pub digest: Option<BlindIndex>,
    /// What was found of its file, if that is a text; not known of one that an earlier version of
    /// this program took.
    pub text: Option<TextSeen>,
}

impl Job {
    /// Whether rows may have been taken in already: then it is finished as it was begun, with the
    /// same columns.
    pub fn is_begun(&self) -> bool {
        !self.dry_run && !matches!(self.state, JobState::Uploaded)
    }

    /// Whether it is being read, or waits for its turn.
    pub fn is_at_work(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::Running)
    }
}

/// A file that was brought.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The file, as it was taken.
    pub file: Received,
    /// What it holds.
    pub kind: Kind,
    /// The areas that the importer may write.
    pub scope: AreaScope,
    /// Its name on the importer's machine.
    pub file_name: String,
    /// Who brought it.
    pub actor: Actor,
}

pub(crate) fn job_of(row: &Row) -> Result<Job> {
    let wrong = |reason: String| crate::RegistryError::Row { table: "import_job", reason };
    let count = |column: usize| -> Result<u64> { Ok(u64::try_from(row.int(column)?).unwrap_or(0)) };
    let state = row.text(6)?;
    Ok(Job {
        id: Uuid::from_bytes(row.id(0)?),
        kind: match row.text(1)? {
            "places" => Kind::Places,
            "cases" => Kind::Cases,
            "contacts" => Kind::Contacts,
            _ => Kind::Persons,
        },
        scope: AreaScope::parse(row.text(2)?).map_err(|e| wrong(e.to_string()))?,
        file_name: row.text(3)?.to_owned(),
        bytes: count(4)?,
        actor: row.text(5)?.to_owned(),
        state: JobState::ALL
            .into_iter()
            .find(|s| s.as_str() == state)
            .ok_or_else(|| wrong(format!("state {state:?}")))?,
        dry_run: row.flag(7)?,
        settings: serde_json::from_str(row.text(8)?).map_err(|e| wrong(e.to_string()))?,
        created_at: row.time(9)?,
        changed_at: row.time(10)?,
        progress: Progress {
            done: count(11)?,
            of: count(12)?,
            totals: Totals {
                rows: count(13)?,
                accepted: count(14)?,
                duplicate: count(15)?,
                repeated: count(16)?,
                moved: count(17)?,
                rejected: count(18)?,
                blank: count(19)?,
            },
        },
        warnings: serde_json::from_str(row.text(20)?).map_err(|e| wrong(e.to_string()))?,
        error: row
            .opt_text(21)?
            .map(|text| serde_json::from_str(text).map_err(|e| wrong(e.to_string())))
            .transpose()?,
        digest: row.opt_id(22)?.map(BlindIndex),
        text: match (row.opt_text(23)?.and_then(Encoding::parse), row.opt_int(24)?) {
            (Some(encoding), Some(lines)) => {
                Some(TextSeen { encoding, lines: u64::try_from(lines).unwrap_or(0) })
            }
            _ => None,
        },
    })
}
