//! Cutting a delimited text into rows and cells, without ever swallowing a row.
//!
//! An opening quote without its end would make an ordinary CSV reader take the rest of the file
//! for one cell. Here a quoted cell that is not closed within a few lines spoils one row only:
//! the row is reported and reading goes on with the next line.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

use crate::import::table::{Fault, Rows};

/// Most lines that one quoted cell may span.
const QUOTED_LINES: usize = 16;
/// Longest row, in bytes; a longer one is reported and skipped.
const LONGEST: usize = 64 * 1024;

/// A delimited text, row by row.
pub(crate) struct CsvRows<R> {
    reader: BufReader<R>,
    delimiter: u8,
    waiting: VecDeque<Line>,
    line: u32,
    read: u64,
}

struct Line {
    bytes: Vec<u8>,
    too_long: bool,
}

impl<R: Read> CsvRows<R> {
    /// Begins at the first byte after a mark; the delimiter is found from the first line.
    pub(crate) fn new(reader: R) -> io::Result<CsvRows<R>> {
        let reader = BufReader::with_capacity(1 << 18, reader);
        let mut rows =
            CsvRows { reader, delimiter: b',', waiting: VecDeque::new(), line: 0, read: 0 };
        if let Some(first) = rows.read_line()? {
            rows.delimiter = delimiter_of(&first.bytes);
            rows.waiting.push_back(first);
        }
        Ok(rows)
    }

    pub(crate) fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.read
    }

    /// Reads the next row that is not blank into `rows`. Gives the blank rows passed, or
    /// nothing at the end.
    pub(crate) fn next_row(&mut self, rows: &mut Rows) -> io::Result<(bool, u64)> {
        let mut blank = 0;
        while let Some(line) = self.take_line()? {
            self.line = self.line.saturating_add(1);
            let number = self.line;
            let kept = if line.too_long {
                split_plain(&line.bytes[..LONGEST.min(line.bytes.len())], self.delimiter, rows);
                rows.end_row(number, Some(Fault::TooLong))
            } else if !line.bytes.contains(&b'"') {
                split_plain(without_return(&line.bytes), self.delimiter, rows);
                rows.end_row(number, None)
            } else {
                self.quoted(line.bytes, rows)?
            };
            if kept {
                return Ok((true, blank));
            }
            blank += 1;
        }
        Ok((false, blank))
    }

    /// A row with quotes, which may go on over the next lines.
    fn quoted(&mut self, mut text: Vec<u8>, rows: &mut Rows) -> io::Result<bool> {
        let (number, first) = (self.line, text.len());
        let mut joined = Vec::new();
        while !closed(&text, self.delimiter) {
            let next = if joined.len() < QUOTED_LINES { self.take_line()? } else { None };
            match next {
                Some(line) if !line.too_long && text.len() + line.bytes.len() < LONGEST => {
                    text.push(b'\n');
                    text.extend_from_slice(&line.bytes);
                    joined.push(line);
                }
                other => {
                    joined.extend(other);
                    // Give everything but the first line back.
                    for line in joined.into_iter().rev() {
                        self.waiting.push_front(line);
                    }
                    split_plain(without_return(&text[..first]), self.delimiter, rows);
                    return Ok(rows.end_row(number, Some(Fault::QuoteUnclosed)));
                }
            }
        }
        split_quoted(without_return(&text), self.delimiter, rows);
        Ok(rows.end_row(number, None))
    }

    fn take_line(&mut self) -> io::Result<Option<Line>> {
        match self.waiting.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read_line(),
        }
    }

    fn read_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { bytes: Vec::with_capacity(128), too_long: false };
        let mut any = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|b| *b == b'\n');
            let taken = end.map_or(buffer.len(), |at| at + 1);
            if line.bytes.len() <= LONGEST {
                line.bytes.extend_from_slice(&buffer[..end.unwrap_or(buffer.len())]);
            }
            self.reader.consume(taken);
            self.read += taken as u64;
            if end.is_some() {
                break;
            }
        }
        line.too_long = line.bytes.len() > LONGEST;
        Ok(any.then_some(line))
    }
}

/// The delimiter that occurs most in the first line, a comma when none does.
fn delimiter_of(line: &[u8]) -> u8 {
    let count = |d: u8| line.iter().filter(|b| **b == d).count();
    // The last of equals wins.
    [b'|', b';', b'\t', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}

/// A line without the carriage return of DOS line ends.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn split_plain(line: &[u8], delimiter: u8, rows: &mut Rows) {
    for cell in line.split(|b| *b == delimiter) {
        rows.cell(cell);
    }
}

/// Where the cursor is in a text with quotes (RFC 4180; a quote inside an unquoted cell is an
/// ordinary character).
#[derive(Clone, Copy, PartialEq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: its end, or the first half of a doubled quote.
    QuoteInQuoted,
}

fn step(at: At, byte: u8, delimiter: u8) -> At {
    match (at, byte) {
        (At::CellStart, b'"') | (At::QuoteInQuoted, b'"') => At::Quoted,
        (At::Quoted, b'"') => At::QuoteInQuoted,
        (At::Quoted, _) => At::Quoted,
        (_, b) if b == delimiter => At::CellStart,
        _ => At::Plain,
    }
}

fn closed(text: &[u8], delimiter: u8) -> bool {
    text.iter().fold(At::CellStart, |at, b| step(at, *b, delimiter)) != At::Quoted
}

fn split_quoted(text: &[u8], delimiter: u8, rows: &mut Rows) {
    let mut at = At::CellStart;
    for byte in text {
        let next = step(at, *byte, delimiter);
        let kept = match (at, next) {
            (_, At::CellStart) => {
                rows.end_cell();
                false
            }
            // An opening quote, and the first half of a doubled one.
            (At::CellStart, At::Quoted) | (At::Quoted, At::QuoteInQuoted) => false,
            _ => true,
        };
        if kept {
            rows.extend_cell(&[*byte]);
        }
        at = next;
    }
    rows.end_cell();
}

#[cfg(test)]
#[path = "csv_rows_tests.rs"]
mod tests;
