//! Documents on paper: headings, paragraphs and tables on A4 sheets, as PDF with its font inside, in
//! Chinese and Latin letters.
//!
//! The font is Noto Sans CJK SC, cut to the characters of GB 2312 and Latin (`fonts/README.md`). Each
//! document takes in only the glyphs that it uses, and carries their Unicode, so that its text can be
//! searched and copied. A character that the font does not have is drawn as a box and named in
//! [`Printed::missing`].
//!
//! Writing these pages is a page of code over `pdf-writer`; a typesetter (typst) would be 300 crates and
//! five minutes of building for the same two sheets.

mod font;
mod layout;
mod lines;
mod pdf;

pub use layout::{MARGIN, PAGE};

/// A document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paper {
    /// Its title, also that of the file.
    pub title: String,
    /// The language of its text, for example `zh-Hans`.
    pub lang: String,
    /// What stands at the foot of each sheet, before the sheet's number.
    pub foot: String,
    /// What it consists of.
    pub blocks: Vec<Block>,
}

/// A part of a document, from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// The heading of the document.
    Title(String),
    /// The heading of a part. It stays with what follows.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small letters: notes, sources.
    Small(String),
    /// A table.
    Table(Table),
    /// What follows begins on a new sheet.
    NewSheet,
}

/// A table. Its head stands again on each sheet that it goes on to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Numbers stand at the right.
    pub numeric: bool,
    /// Its share of the width beside those of the others.
    pub share: f32,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The cells, one a column.
    pub cells: Vec<String>,
    /// A sum, or anything that is to be seen first.
    pub strong: bool,
}

/// A document as PDF.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many sheets.
    pub sheets: usize,
    /// The characters that the font does not have, each once.
    pub missing: Vec<char>,
}

/// Why a document cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The font that is built in is not one: a mistake in building.
    #[error("the built-in font cannot be read: {0}")]
    Font(String),
    /// A row has more or fewer cells than the table has columns.
    #[error("row {row} of a table has {cells} cells and the table {columns} columns")]
    Cells {
        /// Which, from 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The table's columns.
        columns: usize,
    },
}

impl Paper {
    /// Prints the document. The same document always gives the same bytes.
    ///
    /// # Errors
    /// [`PaperError`] by its name.
    pub fn print(&self) -> Result<Printed, PaperError> {
        for block in &self.blocks {
            let Block::Table(table) = block else { continue };
            let columns = table.columns.len();
            let odd = table.rows.iter().position(|row| row.cells.len() != columns);
            if let Some(row) = odd {
                let cells = table.rows[row].cells.len();
                return Err(PaperError::Cells { row: row + 1, cells, columns });
            }
        }
        let font = font::Font::built_in()?;
        let sheets = layout::sheets(self, &font);
        pdf::write(self, &font, &sheets)
    }
}
