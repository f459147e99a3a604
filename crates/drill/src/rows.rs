//! The server's lists, as they are downloaded.

use crate::{DrillError, Result};

/// A list as it was downloaded.
#[derive(Clone, Debug)]
pub struct Rows {
    path: String,
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    pub(crate) fn read(path: String, body: &[u8]) -> Result<Rows> {
        // Downloads begin with a byte order mark, for spreadsheet programs.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
        let wrong = |e: csv::Error| DrillError::List { path: path.clone(), reason: e.to_string() };
        let columns = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<std::result::Result<_, _>>().map_err(wrong)?;
        Ok(Rows { path, columns, rows })
    }

    /// A column by its key.
    ///
    /// # Errors
    /// [`DrillError::List`] when the list has no such column.
    pub fn column(&self, key: &str) -> Result<usize> {
        self.columns.iter().position(|c| c == key).ok_or_else(|| DrillError::List {
            path: self.path.clone(),
            reason: format!("no column {key} among {}", self.columns.join(", ")),
        })
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &csv::StringRecord> {
        self.rows.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
