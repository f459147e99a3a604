//! Rows of a workbook, sheet by sheet, cell by cell: a sheet is never held as a whole.

use std::borrow::Cow;
use std::io::{Read, Seek};

use calamine::{DataRef, Reader, Xlsx};

use crate::import::encoding::Encoding;
use crate::import::source::Cutter;
use crate::import::table::Rows;
use crate::import::{ImportError, Result, Unreadable};

/// Sheets by name.
pub(crate) struct Workbook<R: Read + Seek> {
    xlsx: Xlsx<std::io::BufReader<R>>,
}

fn not_understood(e: impl std::fmt::Display) -> ImportError {
    Unreadable::Workbook(e.to_string()).into()
}

impl<R: Read + Seek> Workbook<R> {
    pub(crate) fn open(reader: R) -> Result<Workbook<R>> {
        let xlsx = Xlsx::new(std::io::BufReader::new(reader)).map_err(not_understood)?;
        Ok(Workbook { xlsx })
    }

    pub(crate) fn sheets(&self) -> Vec<String> {
        self.xlsx.sheet_names()
    }

    /// Rows of all sheets together by their own account, for the progress.
    pub(crate) fn expected_rows(&mut self) -> u64 {
        let mut rows = 0;
        for sheet in self.sheets() {
            if let Ok(cells) = self.xlsx.worksheet_cells_reader(&sheet) {
                let dimensions = cells.dimensions();
                rows += u64::from(dimensions.end.0.saturating_sub(dimensions.start.0)) + 1;
            }
        }
        rows
    }

    /// The first sheet as it stands: number of the row, from 1, and its cells.
    pub(crate) fn first_sheet(&mut self) -> Result<Vec<(u32, Vec<String>)>> {
        let mut found: Vec<(u32, Vec<String>)> = Vec::new();
        let Some(sheet) = self.sheets().into_iter().next() else { return Ok(found) };
        let mut cells = self.xlsx.worksheet_cells_reader(&sheet).map_err(not_understood)?;
        while let Some(cell) = cells.next_cell().map_err(not_understood)? {
            let (row, column) = cell.get_position();
            let line = row.saturating_add(1);
            if found.last().is_none_or(|(known, _)| *known != line) {
                found.push((line, Vec::new()));
            }
            if let Some((_, row)) = found.last_mut() {
                row.resize(column as usize, String::new());
                row.push(text_of(cell.get_value()).into_owned());
            }
        }
        Ok(found)
    }

    /// Gives a sheet's rows to the cutter, at most `limit`; `false` when it wants no more.
    pub(crate) fn read(
        &mut self,
        sheet: &str,
        before: u64,
        limit: usize,
        cutter: &mut Cutter<'_>,
    ) -> Result<bool> {
        let mut cells = self.xlsx.worksheet_cells_reader(sheet).map_err(not_understood)?;
        cutter.begin(Some(sheet.to_owned()), Encoding::Utf8);
        let mut open: Option<(u32, u32)> = None;
        let mut count = 0;
        while let Some(cell) = cells.next_cell().map_err(not_understood)? {
            let (row, column) = cell.get_position();
            if let Some((current, _)) = open
                && current != row
            {
                count += 1;
                open = None;
                if !end_row(cutter, current, before) {
                    return Ok(false);
                }
                if count == limit {
                    break;
                }
            }
            let (_, next) = open.unwrap_or((row, 0));
            let rows = cutter.rows();
            for _ in next..column {
                rows.cell(b"");
            }
            put(rows, cell.get_value());
            open = Some((row, column + 1));
        }
        match open {
            Some((row, _)) if !end_row(cutter, row, before) => Ok(false),
            _ => cutter.end(),
        }
    }
}

fn end_row(cutter: &mut Cutter<'_>, row: u32, before: u64) -> bool {
    let line = row.saturating_add(1);
    if cutter.rows().end_row(line, None) {
        cutter.after_row(before + u64::from(line))
    } else {
        cutter.pass_blank(1);
        true
    }
}

fn put(rows: &mut Rows, value: &DataRef<'_>) {
    rows.cell(text_of(value).as_bytes());
}

/// A cell as the spreadsheet shows it.
fn text_of<'a>(value: &'a DataRef<'_>) -> Cow<'a, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cow::Borrowed(text)
        }
        DataRef::Int(n) => Cow::Owned(number(*n as f64)),
        DataRef::Float(x) => Cow::Owned(number(*x)),
        DataRef::Bool(b) => Cow::Borrowed(if *b { "TRUE" } else { "FALSE" }),
        DataRef::Error(e) => Cow::Owned(e.to_string()),
        DataRef::DateTime(time) => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            Cow::Owned(format!("{year:04}-{month:02}-{day:02}"))
        }
    }
}

/// A number as the spreadsheet shows it. From 16 digits on it has lost some, and the scientific
/// form says so, as a CSV from the same program does.
fn number(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e15 {
        format!("{x:.0}")
    } else if x.abs() >= 1e15 {
        format!("{x:.14E}").replace('E', "E+")
    } else {
        x.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_the_spreadsheet() {
        assert_eq!(number(13_800_138_000.0), "13800138000");
        assert_eq!(number(126.549_572), "126.549572");
        assert_eq!(number(220_202_198_001_011_234.0), "2.20202198001011E+17");
    }
}
