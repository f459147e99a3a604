//! Imports: files of places and people, of any length, accounted for row by row.
//!
//! A row is accepted, a duplicate, or rejected with its field and rule; the three always add up
//! to the rows of the file, or the import stops with an error. A file is read as a stream, on
//! several threads, and goes through the same ledger as everything else: in chunks whose
//! command ids follow from the import and the chunk, so that an import that broke off is
//! finished by running it again.

pub mod columns;
mod csv_rows;
mod encoding;
mod geo_rows;
mod household_rows;
mod incoming;
mod job;
mod job_views;
pub mod jobs;
mod kept;
pub mod lists;
pub mod persons;
mod pipeline;
pub mod places;
mod plain;
mod rehearsal;
mod rejects;
mod sheet_rows;
mod source;
mod table;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::Refusal;

pub use encoding::{Encoding, TextSeen};
pub use incoming::{Incoming, Received};
pub use job_views::Wanted;
pub use plain::{PlainRow, plain_rows};
pub use rejects::{KeptRemark, RejectsCsv};
pub use source::{Format, Inspection, TableSeen, inspect};
pub use table::Head;
pub use words::{rule_words, status_words};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Places.
    Places,
    /// People with their households.
    Persons,
    /// A line list of cases, which the cases desk takes.
    Cases,
    /// A list of contacts, which the tracing desk takes.
    Contacts,
}

impl Kind {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Places => "places",
            Kind::Persons => "persons",
            Kind::Cases => "cases",
            Kind::Contacts => "contacts",
        }
    }
}

/// What became of the rows so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Data rows read: without headings and blank rows.
    pub rows: u64,
    /// Taken in.
    pub accepted: u64,
    /// Left out because their number (or code) is there already.
    pub duplicate: u64,
    /// Of the duplicates: those that repeat a row of the same file.
    pub repeated: u64,
    /// Of the duplicates: those at another address, for a person to decide.
    pub moved: u64,
    /// Left out because they break a rule.
    pub rejected: u64,
    /// Blank rows and headings.
    pub blank: u64,
}

impl Totals {
    /// Whether every row has been accounted for.
    pub fn add_up(&self) -> bool {
        self.rows == self.accepted + self.duplicate + self.rejected
            && self.repeated <= self.duplicate
            && self.moved <= self.duplicate
    }

    pub(crate) fn add(&mut self, other: &Totals) {
        self.rows += other.rows;
        self.accepted += other.accepted;
        self.duplicate += other.duplicate;
        self.repeated += other.repeated;
        self.moved += other.moved;
        self.rejected += other.rejected;
        self.blank += other.blank;
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Bytes (or, in a workbook, rows) read.
    pub done: u64,
    /// Bytes (or rows) of the whole; 0 when that is not known.
    pub of: u64,
    /// What became of the rows so far.
    pub totals: Totals,
}

/// What became of a row that was not simply accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// It breaks a rule.
    Rejected,
    /// Its number is registered already.
    Duplicate,
    /// It repeats a row of the same file.
    Repeated,
    /// Its number is registered, at another address: a person has to decide.
    Moved,
}

impl RowStatus {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            RowStatus::Rejected => "rejected",
            RowStatus::Duplicate => "duplicate",
            RowStatus::Repeated => "repeated",
            RowStatus::Moved => "moved",
        }
    }

    /// Reads [`RowStatus::as_str`].
    pub fn parse(text: &str) -> Option<RowStatus> {
        [RowStatus::Rejected, RowStatus::Duplicate, RowStatus::Repeated, RowStatus::Moved]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// A row that was not simply accepted, as it stands in the file.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The data row, from 1, counted over all sheets.
    pub row: u32,
    /// The row as a spreadsheet numbers it (the header is usually 1).
    pub line: u32,
    /// The table that it stands in.
    pub head: Arc<Head>,
    /// What became of it.
    pub status: RowStatus,
    /// The field that broke the rule, for example `id_number`; empty for the row as a whole.
    pub field: &'static str,
    /// The rule's stable code, for example `id-number-check`.
    pub rule: Cow<'static, str>,
    /// The data row of the same file that it repeats.
    pub repeats: Option<u32>,
    /// The cells as they were read.
    pub cells: Vec<String>,
}

/// What an import says as it goes.
pub trait Listener: Send {
    /// Rows that were not simply accepted, in the order of the file.
    ///
    /// # Errors
    /// Whatever keeps the listener from keeping them: it stops the import.
    fn remarks(&mut self, remarks: Vec<Remark>) -> impl Future<Output = Result<()>> + Send;

    /// How far it is; after every chunk.
    ///
    /// # Errors
    /// Whatever should stop the import, for example [`ImportError::Cancelled`].
    fn progress(&mut self, progress: &Progress) -> impl Future<Output = Result<()>> + Send;
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What became of the rows.
    pub totals: Totals,
    /// What the one who brought the file should know.
    pub warnings: Vec<Warning>,
}

/// Something about a file that a person should look into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// A table is exactly as long as a spreadsheet program can keep: its end may be missing
    /// since it was saved. In 2020 England lost 15,841 cases in this way.
    Full {
        /// The sheet, if it has a name.
        sheet: Option<String>,
        /// Its rows, the header included.
        rows: u64,
    },
    /// A sheet has no header that is understood; its rows were rejected.
    NoHeader {
        /// The sheet.
        sheet: Option<String>,
    },
}

/// Rows of the formats `.xls` (65,536) and `.xlsx` (1,048,576): where tables get cut off.
pub(crate) const FULL: [u64; 2] = [65_536, 1_048_576];

/// Shorthand for results of an import.
pub type Result<T> = std::result::Result<T, ImportError>;

/// What a file is, when it is none that can be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It has no bytes, or nothing but space.
    #[error("the file is empty")]
    Empty,
    /// It has no rows.
    #[error("the file has no rows")]
    NoRows,
    /// A workbook of the format that ends at 65,536 rows.
    #[error("this is an .xls of 1997 to 2003, which ends at 65,536 rows: save it as .xlsx or CSV")]
    OldWorkbook,
    /// A picture, a document, a program.
    #[error("this is neither a table nor GeoJSON")]
    NotATable,
    /// GeoJSON where people are wanted.
    #[error("people are read from CSV or XLSX, not GeoJSON")]
    PeopleAsGeoJson,
    /// It begins like a workbook and is none, or is damaged.
    #[error("workbook: {0}")]
    Workbook(String),
    /// It begins like GeoJSON and is none, or is damaged.
    #[error("GeoJSON: {0}")]
    GeoJson(String),
}

impl Unreadable {
    /// The same for a person, with what to do.
    fn refusal(&self) -> Refusal {
        match self {
            Unreadable::Empty => Refusal::new("import-file-empty"),
            Unreadable::NoRows => Refusal::new("import-no-rows"),
            Unreadable::OldWorkbook => Refusal::new("import-old-workbook"),
            Unreadable::NotATable => Refusal::new("import-not-a-table"),
            Unreadable::PeopleAsGeoJson => Refusal::new("import-people-as-geojson"),
            Unreadable::Workbook(why) => Refusal::new("import-not-a-workbook").with("reason", why),
            Unreadable::GeoJson(why) => Refusal::new("import-not-geojson").with("reason", why),
        }
    }
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The file is not of a kind that can be imported.
    #[error("the file is not understood: {0}")]
    Format(#[from] Unreadable),
    /// The first table lacks columns.
    #[error("the table has no column for: {}", .missing.join(", "))]
    Columns {
        /// The fields without a column.
        missing: Vec<&'static str>,
    },
    /// The counts of a chunk do not add up: a bug, and no reason to go on.
    #[error("chunk {chunk}: {rows} rows, but {totals:?}")]
    Unaccounted {
        /// The chunk.
        chunk: u64,
        /// Its rows.
        rows: u64,
        /// What was counted.
        totals: Totals,
    },
    /// Somebody stopped it. What was taken in stays; running it again goes on.
    #[error("the import was cancelled")]
    Cancelled,
    /// A part of the program stopped before the end of the file.
    #[error("the import broke off: {0}")]
    Broken(&'static str),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] crate::RegistryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl ImportError {
    /// The same for a person, with what to do. What failed inside is for the log.
    pub fn refusal(&self) -> Refusal {
        match self {
            ImportError::Io(_) => Refusal::new("import-file-lost"),
            ImportError::Format(what) => what.refusal(),
            ImportError::Columns { missing } => {
                Refusal::new("import-columns-missing").with("fields", missing.join(" "))
            }
            ImportError::Unaccounted { chunk, rows, .. } => {
                Refusal::new("import-unaccounted").with("chunk", chunk).with("rows", rows)
            }
            ImportError::Cancelled => Refusal::new("import-cancelled"),
            ImportError::Broken(_)
            | ImportError::Ledger(_)
            | ImportError::Registry(_)
            | ImportError::Store(_) => Refusal::new("import-broke-off"),
        }
    }
}
