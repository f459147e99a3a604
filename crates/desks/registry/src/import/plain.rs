//! The rows of a table as they stand, header and all: for a list that this program made and that
//! comes back. Text in any encoding that is understood, or the first sheet of a workbook.

use std::io::{Cursor, Seek, SeekFrom};

use crate::import::csv_rows::CsvRows;
use crate::import::encoding::{Encoding, Probe};
use crate::import::sheet_rows::Workbook;
use crate::import::source::{Format, format_of};
use crate::import::table::Rows;
use crate::import::{Kind, Result, Unreadable};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRow {
    /// Its line in the file or its row in the sheet, from 1.
    pub line: u32,
    /// Its cells; nothing when the row cannot be read.
    pub cells: Option<Vec<String>>,
}

/// The rows of a file that is small enough to be held, without blank ones.
///
/// # Errors
/// [`crate::import::ImportError::Format`] when it is no table.
pub fn plain_rows(bytes: &[u8]) -> Result<Vec<PlainRow>> {
    let mut reader = Cursor::new(bytes);
    match format_of(&mut reader, Kind::Cases)? {
        Format::Xlsx => {
            let rows = Workbook::open(reader)?.first_sheet()?;
            let kept =
                rows.into_iter().filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
            Ok(kept.map(|(line, cells)| PlainRow { line, cells: Some(cells) }).collect())
        }
        Format::Csv => {
            let encoding = Probe::of(&mut reader)?.encoding;
            reader.seek(SeekFrom::Start(0))?;
            let mark = Encoding::mark(&mut reader)?;
            reader.seek(SeekFrom::Start(mark))?;
            let mut source = CsvRows::new(encoding.reader(reader))?;
            let mut rows = Rows::default();
            while source.next_row(&mut rows)?.0 {}
            let row = |n: usize| PlainRow {
                line: rows.line(n),
                cells: rows.fault(n).is_none().then(|| rows.texts(n, encoding)),
            };
            Ok((0..rows.len()).map(row).collect())
        }
        Format::GeoJson => Err(Unreadable::NotATable.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let rows = plain_rows(bytes).expect("a table");
        rows.into_iter().map(|row| (row.line, row.cells.unwrap_or_default())).collect()
    }

    #[test]
    fn a_table_is_read_however_a_spreadsheet_saved_it() {
        let of = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        let wanted = vec![(1, of("case", "note")), (3, of("C1", "学生，三班"))];
        assert_eq!(cells("\u{feff}case,note\r\n\r\nC1,学生，三班\r\n".as_bytes()), wanted);
        assert_eq!(cells("case;note\n\nC1;学生，三班\n".as_bytes()), wanted);
        // 学生，三班 in GB 18030, as spreadsheets of China save "CSV".
        let gb = b"case,note\n\nC1,\xd1\xa7\xc9\xfa\xa3\xac\xc8\xfd\xb0\xe0\n";
        assert_eq!(cells(gb), wanted);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(plain_rows(b"\x89PNG\r\n\x1a\n\0\0").is_err());
        assert!(plain_rows(b"").is_err());
    }
}
