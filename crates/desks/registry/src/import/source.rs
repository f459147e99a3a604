//! From a file of any kind to chunks of rows with a header.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use serde::Serialize;

use crate::import::columns::{Choices, Field, Mapping};
use crate::import::csv_rows::CsvRows;
use crate::import::encoding::{Encoding, Probe};
use crate::import::sheet_rows::Workbook;
use crate::import::table::{Chunk, Head, Rows};
use crate::import::{FULL, ImportError, Kind, Result, Unreadable, Warning, geo_rows};

/// A header stands among the first rows of a table, below a title at most.
const HEADER_WITHIN: usize = 10;
/// Rows that [`inspect`] shows.
const SAMPLE: usize = 10;

/// The kind of a file, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text with delimiters.
    Csv,
    /// A workbook of Office Open XML.
    Xlsx,
    /// Features with geometry.
    GeoJson,
}

pub(crate) fn format_of(reader: &mut (impl Read + Seek), kind: Kind) -> Result<Format> {
    let mut start = Vec::with_capacity(1024);
    reader.seek(SeekFrom::Start(0))?;
    reader.take(1024).read_to_end(&mut start)?;
    reader.seek(SeekFrom::Start(0))?;
    if start.starts_with(b"PK\x03\x04") {
        return Ok(Format::Xlsx);
    }
    if start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(Unreadable::OldWorkbook.into());
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let utf16 = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    if !utf16 && start.contains(&0) {
        return Err(Unreadable::NotATable.into());
    }
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(Unreadable::Empty.into()),
        Some(b'{') if kind == Kind::Places => {
            // The reader of features takes an empty list for a fault of form.
            let dense: Vec<u8> =
                text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
            let none = br#""features":[]"#;
            match dense.windows(none.len()).any(|w| w == none) {
                true => Err(Unreadable::NoRows.into()),
                false => Ok(Format::GeoJson),
            }
        }
        Some(b'{') => Err(Unreadable::PeopleAsGeoJson.into()),
        Some(_) => Ok(Format::Csv),
    }
}

/// How a file is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub kind: Kind,
    pub choices: Choices,
    pub placed: bool,
    pub chunk_rows: usize,
    /// The encoding of a text, where that is known already: else all of it is read to find it.
    pub encoding: Option<Encoding>,
}

/// What the reading came to.
#[derive(Debug, Default)]
pub(crate) struct Finish {
    pub warnings: Vec<Warning>,
    /// Blank rows after the last chunk.
    pub blank: u64,
}

/// Reads a file and gives it away in chunks; `emit` says whether to go on. `of` is told how
/// many bytes or rows there are.
///
/// # Errors
/// [`ImportError::Columns`] before the first chunk when no table has the needed columns.
pub(crate) fn read(
    mut reader: impl Read + Seek + Send,
    plan: &Plan,
    of: impl FnOnce(u64),
    emit: &mut dyn FnMut(Chunk) -> bool,
) -> Result<Finish> {
    match format_of(&mut reader, plan.kind)? {
        Format::Xlsx => {
            let mut book = Workbook::open(reader)?;
            let seen = sheets_seen(&mut book, plan)?;
            usable(&seen)?;
            of(book.expected_rows());
            let (mut before, mut finish) = (0, Finish::default());
            let mut cutter = Cutter::new(plan, emit);
            for sheet in book.sheets() {
                if !book.read(&sheet, before, usize::MAX, &mut cutter)? {
                    break;
                }
                before += u64::from(cutter.last_line);
            }
            cutter.finish(&mut finish);
            Ok(finish)
        }
        Format::Csv => {
            let length = reader.seek(SeekFrom::End(0))?;
            let encoding = encoding_of(&mut reader, plan)?;
            let mut head = Cutter::none();
            let seen = {
                let mut cutter = Cutter::new(plan, &mut head);
                csv(&mut reader, encoding, HEADER_WITHIN, &mut cutter)?;
                cutter.seen
            };
            usable(&seen)?;
            of(length);
            let mut finish = Finish::default();
            let mut cutter = Cutter::new(plan, emit);
            csv(&mut reader, encoding, usize::MAX, &mut cutter)?;
            cutter.finish(&mut finish);
            Ok(finish)
        }
        Format::GeoJson => {
            skip_mark(&mut reader)?;
            of(0);
            let mut finish = Finish::default();
            let mut cutter = Cutter::new(plan, emit);
            let more = geo_rows::read(&mut reader, usize::MAX, &mut cutter)?;
            if more {
                usable(&cutter.seen)?;
            }
            cutter.finish(&mut finish);
            Ok(finish)
        }
    }
}

/// Refuses a file in which no table has what is needed.
fn usable(seen: &[TableSeen]) -> Result<()> {
    if seen.iter().any(|table| table.missing.is_empty()) {
        return Ok(());
    }
    let best = seen.iter().min_by_key(|table| table.missing.len());
    Err(match best {
        Some(table) => ImportError::Columns { missing: table.missing.clone() },
        None => Unreadable::NoRows.into(),
    })
}

fn skip_mark(reader: &mut (impl Read + Seek)) -> Result<()> {
    let mut mark = [0; 3];
    let read = reader.read(&mut mark)?;
    let skip = if read == 3 && mark == *b"\xef\xbb\xbf" { 3 } else { 0 };
    reader.seek(SeekFrom::Start(skip))?;
    Ok(())
}

fn encoding_of(reader: &mut (impl Read + Seek), plan: &Plan) -> Result<Encoding> {
    if let Some(known) = plan.encoding {
        return Ok(known);
    }
    reader.seek(SeekFrom::Start(0))?;
    Ok(Probe::of(reader)?.encoding)
}

fn csv(
    reader: &mut (impl Read + Seek + Send),
    encoding: Encoding,
    limit: usize,
    cutter: &mut Cutter<'_>,
) -> Result<bool> {
    reader.seek(SeekFrom::Start(0))?;
    let mark = Encoding::mark(reader)?;
    reader.seek(SeekFrom::Start(mark))?;
    let mut rows = CsvRows::new(encoding.reader(reader))?;
    cutter.begin(None, encoding);
    cutter.delimiter = Some(rows.delimiter());
    for _ in 0..limit {
        let (more, blank) = rows.next_row(cutter.rows())?;
        cutter.pass_blank(blank);
        if !more {
            break;
        }
        if !cutter.after_row(rows.bytes()) {
            return Ok(false);
        }
    }
    cutter.end()
}

fn sheets_seen<R: Read + Seek>(book: &mut Workbook<R>, plan: &Plan) -> Result<Vec<TableSeen>> {
    let mut none = Cutter::none();
    let mut cutter = Cutter::new(plan, &mut none);
    for sheet in book.sheets() {
        book.read(&sheet, 0, HEADER_WITHIN + SAMPLE, &mut cutter)?;
    }
    Ok(cutter.seen)
}

/// A table as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableSeen {
    /// The sheet; `None` for a file that is one table.
    pub sheet: Option<String>,
    /// The header's cells. When no row is understood, the first one, for a person to name its
    /// columns; nothing when that holds data already.
    pub header: Vec<String>,
    /// What each column holds.
    pub columns: Vec<Option<Field>>,
    /// Fields that are needed and have no column.
    pub missing: Vec<&'static str>,
    /// The first rows; only [`inspect`] fills it. They are clear personal data.
    pub sample: Vec<Vec<String>>,
}

/// A file as it was found, before anything is imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The kind of file.
    pub format: Format,
    /// The encoding of a text.
    pub encoding: Option<&'static str>,
    /// What separates the cells of a text.
    pub delimiter: Option<char>,
    /// Its tables.
    pub tables: Vec<TableSeen>,
    /// Some of what was looked at cannot be read in that encoding.
    pub garbled: bool,
}

impl Inspection {
    /// Whether any of its tables has a row below the header.
    pub fn has_rows(&self) -> bool {
        self.tables.iter().any(|table| !table.sample.is_empty())
    }

    /// Whether at least one table has what is needed.
    pub fn is_usable(&self) -> bool {
        self.tables.iter().any(|table| table.missing.is_empty())
    }
}

/// Looks at the beginning of a file: its kind, its tables, which columns are understood. Of a text
/// whose encoding is known nothing else is read.
///
/// # Errors
/// [`ImportError::Format`] when it is not a file that can be imported.
pub fn inspect(
    mut reader: impl Read + Seek + Send,
    kind: Kind,
    choices: &Choices,
    placed: bool,
    encoding: Option<Encoding>,
) -> Result<Inspection> {
    let chunk_rows = HEADER_WITHIN + SAMPLE;
    let plan = Plan { kind, choices: choices.clone(), placed, chunk_rows, encoding };
    let format = format_of(&mut reader, kind)?;
    let mut samples: Vec<(Option<String>, Vec<Vec<String>>)> = Vec::new();
    let mut take = |chunk: Chunk| {
        let rows = 0..chunk.rows.len().min(SAMPLE);
        let rows = rows.map(|row| chunk.rows.texts(row, chunk.head.encoding)).collect();
        samples.push((chunk.head.sheet.clone(), rows));
        true
    };
    let mut cutter = Cutter::new(&plan, &mut take);
    match format {
        Format::Csv => {
            let encoding = encoding_of(&mut reader, &plan)?;
            csv(&mut reader, encoding, HEADER_WITHIN + SAMPLE, &mut cutter)?;
        }
        Format::Xlsx => {
            let mut book = Workbook::open(reader)?;
            for sheet in book.sheets() {
                book.read(&sheet, 0, HEADER_WITHIN + SAMPLE, &mut cutter)?;
            }
        }
        Format::GeoJson => {
            skip_mark(&mut reader)?;
            geo_rows::read(&mut reader, SAMPLE, &mut cutter)?;
        }
    }
    let (mut tables, delimiter, encoding) =
        (std::mem::take(&mut cutter.seen), cutter.delimiter, cutter.encoding);
    drop(cutter);
    for table in &mut tables {
        if let Some((_, rows)) = samples.iter().find(|(sheet, _)| *sheet == table.sheet) {
            table.sample.clone_from(rows);
        }
    }
    let encoding = (format == Format::Csv).then(|| encoding.name());
    let unreadable = |cell: &String| cell.contains('\u{fffd}');
    let garbled = tables.iter().any(|table| {
        table.header.iter().any(unreadable) || table.sample.iter().flatten().any(unreadable)
    });
    Ok(Inspection { format, encoding, delimiter, tables, garbled })
}

/// Cuts rows into chunks and finds each table's header.
pub(crate) struct Cutter<'a> {
    plan: &'a Plan,
    emit: &'a mut dyn FnMut(Chunk) -> bool,
    rows: Rows,
    head: Option<Arc<Head>>,
    sheet: Option<String>,
    encoding: Encoding,
    delimiter: Option<char>,
    no: u64,
    next_row: u32,
    blank: u64,
    done: u64,
    last_line: u32,
    seen: Vec<TableSeen>,
    warnings: Vec<Warning>,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(plan: &'a Plan, emit: &'a mut dyn FnMut(Chunk) -> bool) -> Cutter<'a> {
        Cutter {
            plan,
            emit,
            rows: Rows::default(),
            head: None,
            sheet: None,
            encoding: Encoding::Utf8,
            delimiter: None,
            no: 0,
            next_row: 1,
            blank: 0,
            done: 0,
            last_line: 0,
            seen: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// For looking at headers only.
    fn none() -> impl FnMut(Chunk) -> bool {
        |_| true
    }

    pub(crate) fn begin(&mut self, sheet: Option<String>, encoding: Encoding) {
        self.sheet = sheet;
        self.encoding = encoding;
        self.head = None;
        self.rows = Rows::default();
        self.last_line = 0;
    }

    /// Where the next row goes.
    pub(crate) fn rows(&mut self) -> &mut Rows {
        &mut self.rows
    }

    pub(crate) fn pass_blank(&mut self, rows: u64) {
        self.blank += rows;
    }

    /// To be called after every row that was kept; `false` when no more is wanted.
    pub(crate) fn after_row(&mut self, done: u64) -> bool {
        self.done = done;
        let last = self.rows.len() - 1;
        self.last_line = self.rows.line(last);
        if self.head.is_none() {
            let understood = self.mapping_of(last).understood();
            if understood >= 2 {
                self.settle_header(Some(last));
            } else if self.rows.len() == HEADER_WITHIN {
                self.settle_header_by_best();
            }
        }
        if self.head.is_some() && self.rows.len() >= self.plan.chunk_rows {
            return self.flush();
        }
        true
    }

    /// Ends a table; `false` when no more is wanted.
    pub(crate) fn end(&mut self) -> Result<bool> {
        if self.head.is_none() && self.rows.len() > 0 {
            self.settle_header_by_best();
        }
        if FULL.contains(&u64::from(self.last_line)) {
            let sheet = self.sheet.clone();
            self.warnings.push(Warning::Full { sheet, rows: u64::from(self.last_line) });
        }
        Ok(self.rows.len() == 0 || self.flush())
    }

    fn finish(self, finish: &mut Finish) {
        finish.warnings = self.warnings;
        finish.blank = self.blank;
    }

    fn mapping_of(&self, row: usize) -> Mapping {
        Mapping::of(self.plan.kind, &self.rows.texts(row, self.encoding), &self.plan.choices)
    }

    fn settle_header_by_best(&mut self) {
        let best = (0..self.rows.len())
            .map(|row| (self.mapping_of(row).understood(), std::cmp::Reverse(row)))
            .max()
            .filter(|(understood, _)| *understood > 0)
            .map(|(_, row)| row.0);
        self.settle_header(best);
    }

    /// Takes a row for the header; what stands above it are titles. Without one, every row is a
    /// row that cannot be understood, and will be rejected as such.
    fn settle_header(&mut self, row: Option<usize>) {
        let all = std::mem::take(&mut self.rows);
        let header: Vec<String> = row
            .map(|row| all.texts(row, self.encoding))
            .unwrap_or_default()
            .iter()
            .map(|cell| cell.trim().to_owned())
            .collect();
        let first = row.map_or(0, |row| row + 1);
        self.blank += first as u64;
        for row in first..all.len() {
            for column in 0..all.width(row) {
                self.rows.cell(all.get(row, column));
            }
            self.rows.end_row(all.line(row), all.fault(row));
        }
        // What nobody understands may still be a header, in words of another house.
        let shown = match row {
            Some(_) => header.clone(),
            None if all.len() == 0 => Vec::new(),
            None => Some(all.texts(0, self.encoding))
                .filter(|cells| !holds_data(cells))
                .unwrap_or_default(),
        };
        let mapping = Mapping::of(self.plan.kind, &header, &self.plan.choices);
        let missing = mapping.missing(self.plan.kind, self.plan.placed);
        if !missing.is_empty() {
            self.warnings.push(Warning::NoHeader { sheet: self.sheet.clone() });
        }
        let mut columns = mapping.columns().to_vec();
        columns.resize(shown.len(), None);
        self.seen.push(TableSeen {
            sheet: self.sheet.clone(),
            header: shown,
            columns,
            missing,
            sample: Vec::new(),
        });
        let sheet = self.sheet.clone();
        self.head = Some(Arc::new(Head { sheet, header, mapping, encoding: self.encoding }));
    }

    fn flush(&mut self) -> bool {
        let Some(head) = self.head.clone() else { return true };
        let rows = std::mem::take(&mut self.rows);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let chunk = Chunk {
            no: self.no,
            head,
            rows,
            first_row: self.next_row,
            blank: std::mem::take(&mut self.blank),
            done: self.done,
        };
        self.no += 1;
        self.next_row = self.next_row.saturating_add(count);
        (self.emit)(chunk)
    }
}

/// Whether a row holds data and not headings: a code or a number of a document or telephone.
fn holds_data(cells: &[String]) -> bool {
    cells.iter().any(|cell| cell.bytes().filter(u8::is_ascii_digit).count() >= 6)
}
