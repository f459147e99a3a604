//! Rows of a table as they were read: all cells of a chunk in one buffer.

use std::borrow::Cow;
use std::sync::Arc;

use crate::import::columns::Mapping;
use crate::import::encoding::Encoding;

/// A table's header and how its columns are understood.
#[derive(Debug)]
pub struct Head {
    /// The sheet; `None` for a file that is one table.
    pub sheet: Option<String>,
    /// The header's cells.
    pub header: Vec<String>,
    /// Which column is what.
    pub mapping: Mapping,
    pub(crate) encoding: Encoding,
}

/// What is wrong with a row before its cells are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A quoted cell has no end.
    QuoteUnclosed,
    /// The row is longer than any row of a registry.
    TooLong,
}

impl Fault {
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Fault::QuoteUnclosed => "quote-unclosed",
            Fault::TooLong => "row-too-long",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct RowEnd {
    line: u32,
    cells: usize,
    fault: Option<Fault>,
}

/// Rows in one buffer: no allocation for each cell.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    data: Vec<u8>,
    cell_ends: Vec<usize>,
    rows: Vec<RowEnd>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a cell to the row that is being built.
    pub(crate) fn cell(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
        self.cell_ends.push(self.data.len());
    }

    /// Adds to the cell that is being built; [`Rows::end_cell`] ends it.
    pub(crate) fn extend_cell(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }

    pub(crate) fn end_cell(&mut self) {
        self.cell_ends.push(self.data.len());
    }

    /// Ends the row. A row whose cells are all blank is dropped; says whether it was kept.
    pub(crate) fn end_row(&mut self, line: u32, fault: Option<Fault>) -> bool {
        let first_cell = self.rows.last().map_or(0, |row| row.cells);
        let start = if first_cell == 0 { 0 } else { self.cell_ends[first_cell - 1] };
        if fault.is_none() && self.data[start..].iter().all(u8::is_ascii_whitespace) {
            self.data.truncate(start);
            self.cell_ends.truncate(first_cell);
            return false;
        }
        self.rows.push(RowEnd { line, cells: self.cell_ends.len(), fault });
        true
    }

    pub(crate) fn line(&self, row: usize) -> u32 {
        self.rows[row].line
    }

    pub(crate) fn fault(&self, row: usize) -> Option<Fault> {
        self.rows[row].fault
    }

    fn cells_of(&self, row: usize) -> std::ops::Range<usize> {
        let first = if row == 0 { 0 } else { self.rows[row - 1].cells };
        first..self.rows[row].cells
    }

    pub(crate) fn width(&self, row: usize) -> usize {
        self.cells_of(row).len()
    }

    /// A cell's bytes; empty when the row is shorter.
    pub(crate) fn get(&self, row: usize, column: usize) -> &[u8] {
        let cells = self.cells_of(row);
        let at = cells.start + column;
        if at >= cells.end {
            return &[];
        }
        let start = if at == 0 { 0 } else { self.cell_ends[at - 1] };
        &self.data[start..self.cell_ends[at]]
    }

    /// A row's cells as text; what cannot be read becomes `�`.
    pub(crate) fn texts(&self, row: usize, encoding: Encoding) -> Vec<String> {
        (0..self.width(row)).map(|c| encoding.lossy(self.get(row, c)).into_owned()).collect()
    }
}

/// A piece of a table.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// From 0, without gaps, over all tables of the file.
    pub no: u64,
    pub head: Arc<Head>,
    pub rows: Rows,
    /// Number of the first data row, from 1.
    pub first_row: u32,
    /// Blank rows and headings passed on the way.
    pub blank: u64,
    /// Bytes or rows of the file read up to here.
    pub done: u64,
}

impl Chunk {
    /// The text of a cell, trimmed; an error when it is not valid in the table's encoding.
    pub(crate) fn text(&self, row: usize, column: usize) -> Result<Cow<'_, str>, ()> {
        let text = self.head.encoding.strict(self.rows.get(row, column)).ok_or(())?;
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    pub(crate) fn row_number(&self, row: usize) -> u32 {
        self.first_row.saturating_add(u32::try_from(row).unwrap_or(u32::MAX))
    }
}
