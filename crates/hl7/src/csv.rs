//! Laboratory results in CSV files.
//!
//! # The format
//! The first line names the columns, in any order, in Chinese or English; upper and lower
//! case, spaces, hyphens and underscores do not matter:
//!
//! | column | names (besides the laboratory's own, see [`Codes`]) |
//! |---|---|
//! | tube (required) | tube, tube_code, barcode, 管码, 试管码, 采样管编号, 采样管号, 管号, 条码, 条形码; else sample_id, specimen, 样本编号, 标本编号, 样本号, 标本号 |
//! | result | result, interpretation, 结果, 检测结果, 结果判定 |
//! | Ct values | ct_n, N基因Ct值, …; ct_orf1ab, ORF1ab基因Ct值, …; ic, ct_ic, 内标Ct值, … |
//! | times | tested_at, test_time, 检测时间, 检验时间; reported_at, 报告时间, 审核时间 |
//! | place | plate, 板号; well, 孔位, 孔号 |
//! | status | status, 状态, 结果状态: F/C/P/X or words; final when the cell or column is empty |
//! | source | laboratory, lab, 实验室, 检测机构; instrument, 仪器, 仪器编号, 设备 |
//!
//! At least one of result, ct_n and ct_orf1ab is required. When a tube column of the first
//! kind is there, one of the second kind is the laboratory's own number. All other columns are
//! kept in [`LabResult::other`]. Values are read by the same rules as in messages.
//!
//! # Rows
//! Every row after the header is accepted or rejected: **rows = accepted + rejected**. Lines
//! whose cells are all empty are no rows; they are counted apart. Rows end with LF, CRLF or CR.
//! A cell in quotation marks may hold line breaks (RFC 4180 2.6), but only if the row then has
//! the header's number of columns, and no line after its first has that number by itself.
//! Otherwise the quotation mark is a mistake and just that line is rejected, so that one stray
//! mark cannot swallow the rows after it.
//!
//! # Encoding
//! UTF-8, with or without byte-order mark, or GB 18030 (GBK), which Chinese Excel writes.
//! Unless it is given, it is told from the header: the encoding in which more of its columns
//! are known; and for a header of plain ASCII from the first row that is not. Bytes are cut
//! into cells before they are decoded; in both encodings no byte of a longer character looks
//! like a comma, a quotation mark or a line end.

mod columns;
mod lines;
mod write;

pub use write::write;

use std::io::Read;

use columns::{Column, Columns};
use lines::{Record, Records};

use crate::charset::Charset;
use crate::codes::{Codes, read_ct};
use crate::result::{Observation, Status, read_short, read_tube, read_well};
use crate::time::{ZoneOffset, read_local};
use crate::{Error, Fault, LabResult, Place, Rule};

/// How to read a file.
#[derive(Clone, Debug)]
pub struct Options {
    /// The codes and words in use; its local codes also name columns.
    pub codes: Codes,
    /// The zone of times without an offset.
    pub zone: ZoneOffset,
    /// The encoding; `None` to tell it from the file.
    pub charset: Option<Charset>,
    /// What stands between cells.
    pub delimiter: u8,
    /// The laboratory, for rows that do not name one.
    pub laboratory: Option<String>,
    /// The file's name or other id, for [`LabResult::message_id`].
    pub source: Option<String>,
    /// The longest row in bytes.
    pub row_bytes: usize,
}

impl Default for Options {
    /// Standard codes, UTC+8, encoding told from the file, commas, rows up to 64 KiB.
    fn default() -> Options {
        Options {
            codes: Codes::default(),
            zone: ZoneOffset::CHINA,
            charset: None,
            delimiter: b',',
            laboratory: None,
            source: None,
            row_bytes: 64 * 1024,
        }
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {fault}")]
pub struct RowError {
    /// The row, from 1, the header not counted.
    pub row: u64,
    /// What is wrong with it; its place names line and column.
    pub fault: Fault,
    /// The row's bytes as they came (of an overlong row the first [`Options::row_bytes`]).
    pub raw: Vec<u8>,
}

/// How many rows there were so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows; always accepted + rejected.
    pub rows: u64,
    /// Rows that gave a result.
    pub accepted: u64,
    /// Rows that gave an error.
    pub rejected: u64,
    /// Lines without content, which are no rows.
    pub blank: u64,
}

/// One row, read.
pub type Row = Result<LabResult, RowError>;

/// Reads results from a file, one row at a time.
pub struct Reader<R> {
    records: Records<R>,
    columns: Columns,
    charset: Option<Charset>,
    options: Options,
    counts: Counts,
    failed: bool,
}

impl<R: Read> Reader<R> {
    /// Begins to read; takes the header row.
    ///
    /// # Errors
    /// [`Error::Io`], or a [`Fault`] of the header: [`Rule::HeaderMissing`],
    /// [`Rule::ColumnMissing`], [`Rule::ColumnTwice`], [`Rule::Undecodable`] (also for UTF-16).
    pub fn new(read: R, options: Options) -> Result<Reader<R>, Error> {
        let mut records = Records::new(read, options.delimiter, options.row_bytes);
        let mut counts = Counts::default();
        let has_mark = records.skip_byte_order_mark().map_err(Error::io("reading the file"))?;
        let mut charset = if has_mark { Some(Charset::Utf8) } else { options.charset };
        let header = loop {
            let record = records.next(None).map_err(Error::io("reading the file"))?;
            let record = record.ok_or(Fault::new(Place::Whole, Rule::HeaderMissing, ""))?;
            if !record.is_blank() {
                break record;
            }
            counts.blank += 1;
        };
        let line = header.line;
        let cells = header.cells.map_err(|rule| Fault::new(Place::Line(line), rule, ""))?;
        let columns = columns::read(&cells, line, &options.codes, &mut charset)?;
        let failed = false;
        Ok(Reader { records, columns, charset, options, counts, failed })
    }

    /// The rows so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The encoding, once it is known.
    pub fn charset(&self) -> Option<Charset> {
        self.charset
    }

    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        loop {
            let record = self.records.next(Some(self.columns.len()));
            let Some(record) = record.map_err(Error::io("reading the file"))? else {
                return Ok(None);
            };
            if record.is_blank() {
                self.counts.blank += 1;
                continue;
            }
            self.counts.rows += 1;
            let row = self.counts.rows;
            let read = self.row(row, &record);
            match &read {
                Ok(_) => self.counts.accepted += 1,
                Err(_) => self.counts.rejected += 1,
            }
            return Ok(Some(read.map_err(|fault| RowError { row, fault, raw: record.raw })));
        }
    }

    fn row(&mut self, row: u64, record: &Record) -> Result<LabResult, Fault> {
        let line = Place::Line(record.line);
        let cells = match &record.cells {
            Ok(cells) => cells,
            Err(rule) => return Err(Fault::new(line, *rule, "")),
        };
        let wanted = self.columns.len();
        let surplus_is_empty = cells.iter().skip(wanted).all(|cell| cell.trim_ascii().is_empty());
        if cells.len() < wanted || !surplus_is_empty {
            let found = format!("{} columns instead of {wanted}", cells.len());
            return Err(Fault::new(line, Rule::ColumnCount, &found));
        }
        if self.charset.is_none() && !record.raw.is_ascii() {
            let utf8 = std::str::from_utf8(&record.raw).is_ok();
            self.charset = Some(if utf8 { Charset::Utf8 } else { Charset::Gb18030 });
        }
        let charset = self.charset.unwrap_or_default();
        let mut result = LabResult {
            item: usize::try_from(row).unwrap_or(usize::MAX),
            laboratory: self.options.laboratory.clone(),
            message_id: self.options.source.clone(),
            ..LabResult::default()
        };
        for (index, cell) in cells.iter().take(wanted).enumerate() {
            let place = || Place::Cell { line: record.line, column: self.columns.name(index) };
            let text = charset.decode(cell).map_err(|at| {
                let found = format!("byte 0x{:02X} at position {}", cell[at], at + 1);
                Fault::new(place(), Rule::Undecodable, &found)
            })?;
            self.cell(index, text.trim(), &mut result)
                .map_err(|rule| Fault::new(place(), rule, &text))?;
        }
        if result.status == Status::Cancelled {
            // As in a message: the values of a cancelled result are not results.
            (result.n, result.orf1ab, result.internal_control) = (None, None, None);
            result.interpretation = None;
        } else if result.n.is_none()
            && result.orf1ab.is_none()
            && result.internal_control.is_none()
            && result.interpretation.is_none()
        {
            return Err(Fault::new(line, Rule::NoResult, ""));
        }
        Ok(result)
    }

    fn cell(&self, index: usize, text: &str, result: &mut LabResult) -> Result<(), Rule> {
        let time = |text: &str| {
            (!text.is_empty()).then(|| read_local(text, self.options.zone)).transpose()
        };
        match self.columns.get(index) {
            Column::Tube => result.tube = read_tube(text)?,
            Column::FillerOrder => result.filler_order = read_short(text)?,
            Column::N => result.n = read_ct(text)?,
            Column::Orf1ab => result.orf1ab = read_ct(text)?,
            Column::InternalControl => result.internal_control = read_ct(text)?,
            Column::Interpretation if text.is_empty() => {}
            Column::Interpretation => {
                let read = self.options.codes.interpretation(text);
                result.interpretation = Some(read.ok_or(Rule::InterpretationUnknown)?);
            }
            Column::TestedAt => result.tested_at = time(text)?,
            Column::ReportedAt => result.reported_at = time(text)?,
            Column::Plate => result.plate = read_short(text)?,
            Column::Well => result.well = read_well(text)?,
            Column::Status => result.status = columns::status(text)?,
            Column::Laboratory => {
                if let Some(laboratory) = read_short(text)? {
                    result.laboratory = Some(laboratory);
                }
            }
            Column::Instrument => result.instrument = read_short(text)?,
            Column::Other if text.is_empty() => {}
            Column::Other => result.other.push(Observation {
                code: self.columns.name(index),
                name: String::new(),
                value: text.to_owned(),
            }),
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    /// An outer error is a failure to read the file, and the last item.
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = self.next_row();
        self.failed = row.is_err();
        row.transpose()
    }
}
