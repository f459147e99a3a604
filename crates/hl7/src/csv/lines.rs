//! Cutting a file into records and cells.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::Rule;

/// The most lines that one record can span.
const MOST_LINES: usize = 20;

/// A record: one line, or several if a quoted cell holds line breaks.
pub(super) struct Record {
    /// Its first line, from 1.
    pub(super) line: u64,
    /// Its bytes without the last line end.
    pub(super) raw: Vec<u8>,
    /// Its cells, or why it has none.
    pub(super) cells: Result<Vec<Vec<u8>>, Rule>,
}

impl Record {
    /// Whether no cell has content.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.as_ref().is_ok_and(|cells| cells.iter().all(|c| c.trim_ascii().is_empty()))
    }
}

/// A line without its end.
struct Line {
    number: u64,
    bytes: Vec<u8>,
    end: &'static [u8],
    /// Whether it was longer than the limit and the rest is gone.
    cut: bool,
}

/// Reads records.
pub(super) struct Records<R> {
    lines: Lines<R>,
    ahead: VecDeque<Line>,
    delimiter: u8,
    limit: usize,
}

impl<R: Read> Records<R> {
    pub(super) fn new(read: R, delimiter: u8, limit: usize) -> Records<R> {
        let lines =
            Lines { read, buffer: vec![0; 64 * 1024], at: 0, filled: 0, number: 0, ended: false };
        Records { lines, ahead: VecDeque::new(), delimiter, limit }
    }

    /// Skips the UTF-8 byte-order mark; whether there was one.
    pub(super) fn skip_byte_order_mark(&mut self) -> io::Result<bool> {
        let Some(mut first) = self.lines.next(self.limit)? else { return Ok(false) };
        let mark = first.bytes.starts_with(b"\xEF\xBB\xBF");
        if mark {
            first.bytes.drain(..3);
        }
        self.ahead.push_back(first);
        Ok(mark)
    }

    fn line(&mut self, index: usize) -> io::Result<Option<&Line>> {
        while self.ahead.len() <= index {
            match self.lines.next(self.limit)? {
                Some(line) => self.ahead.push_back(line),
                None => return Ok(None),
            }
        }
        Ok(self.ahead.get(index))
    }

    /// The next record. With `columns`, a quoted cell may span lines if the record then has
    /// that many cells.
    pub(super) fn next(&mut self, columns: Option<usize>) -> io::Result<Option<Record>> {
        let (delimiter, limit) = (self.delimiter, self.limit);
        let Some(first) = self.line(0)? else { return Ok(None) };
        let line = first.number;
        let mut raw = first.bytes.clone();
        let mut end = first.end;
        let mut cells = if first.cut { Err(Rule::RowTooLong) } else { split(&raw, delimiter) };
        let mut taken = 1;
        if let (Err(Rule::QuoteOpen), Some(columns)) = (&cells, columns) {
            let mut joined = raw.clone();
            for index in 1..MOST_LINES {
                let Some(next) = self.line(index)? else { break };
                // A line that is a whole row by itself is one, not the rest of a cell.
                if split(&next.bytes, delimiter).is_ok_and(|own| own.len() == columns) {
                    break;
                }
                joined.extend_from_slice(end);
                joined.extend_from_slice(&next.bytes);
                end = next.end;
                if next.cut || joined.len() > limit {
                    break;
                }
                match split(&joined, delimiter) {
                    Err(Rule::QuoteOpen) => {}
                    Ok(found) if found.len() == columns => {
                        cells = Ok(found);
                        raw = joined;
                        taken = index + 1;
                        break;
                    }
                    _ => break,
                }
            }
        }
        self.ahead.drain(..taken);
        Ok(Some(Record { line, raw, cells }))
    }
}

/// Reads lines that end with LF, CRLF or CR.
struct Lines<R> {
    read: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    number: u64,
    ended: bool,
}

impl<R: Read> Lines<R> {
    fn fill(&mut self) -> io::Result<()> {
        while self.at == self.filled && !self.ended {
            match self.read.read(&mut self.buffer) {
                Ok(0) => self.ended = true,
                Ok(n) => (self.at, self.filled) = (0, n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn next(&mut self, limit: usize) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.number + 1, bytes: Vec::new(), end: b"", cut: false };
        let mut begun = false;
        loop {
            self.fill()?;
            let rest = &self.buffer[self.at..self.filled];
            if rest.is_empty() {
                break;
            }
            begun = true;
            let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let body = &rest[..end.unwrap_or(rest.len())];
            let room = limit.saturating_sub(line.bytes.len());
            line.cut |= body.len() > room;
            line.bytes.extend_from_slice(&body[..body.len().min(room)]);
            let Some(end) = end else {
                self.at = self.filled;
                continue;
            };
            line.end = if rest[end] == b'\n' { b"\n" } else { b"\r" };
            self.at += end + 1;
            if line.end == b"\r" {
                self.fill()?;
                if self.at < self.filled && self.buffer[self.at] == b'\n' {
                    self.at += 1;
                    line.end = b"\r\n";
                }
            }
            break;
        }
        if !begun {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(line))
    }
}

/// Cuts a record into cells (RFC 4180 2.4 to 2.7). A quotation mark inside a cell that does
/// not begin with one is an ordinary character.
pub(super) fn split(raw: &[u8], delimiter: u8) -> Result<Vec<Vec<u8>>, Rule> {
    let mut cells = Vec::new();
    let mut rest = raw;
    loop {
        let mut cell = Vec::new();
        if let Some(mut quoted) = rest.strip_prefix(b"\"") {
            loop {
                let mark = quoted.iter().position(|b| *b == b'"').ok_or(Rule::QuoteOpen)?;
                cell.extend_from_slice(&quoted[..mark]);
                quoted = &quoted[mark + 1..];
                match quoted.strip_prefix(b"\"") {
                    Some(after) => {
                        cell.push(b'"');
                        quoted = after;
                    }
                    None => break,
                }
            }
            rest = quoted;
        } else {
            let end = rest.iter().position(|b| *b == delimiter).unwrap_or(rest.len());
            cell.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
        }
        cells.push(cell);
        match rest.split_first() {
            None => return Ok(cells),
            Some((next, after)) if *next == delimiter => rest = after,
            Some(_) => return Err(Rule::QuoteStray),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(raw: &str) -> Result<Vec<String>, Rule> {
        let text = |c: Vec<u8>| String::from_utf8(c).expect("UTF-8");
        split(raw.as_bytes(), b',').map(|cells| cells.into_iter().map(text).collect())
    }

    #[test]
    fn cells_are_cut_at_commas_outside_quotes() {
        let owned = |cells: &[&str]| Ok(cells.iter().map(|c| (*c).to_owned()).collect());
        assert_eq!(cells("a,b,"), owned(&["a", "b", ""]));
        assert_eq!(cells("\"a,\"\"b\"\"\",c"), owned(&["a,\"b\"", "c"]));
        assert_eq!(cells("5\" tube,x"), owned(&["5\" tube", "x"]));
        assert_eq!(cells(""), owned(&[""]));
        assert_eq!(cells("\"a,b"), Err(Rule::QuoteOpen));
        assert_eq!(cells("\"a\"b,c"), Err(Rule::QuoteStray));
    }

    /// Gives one byte at a time, to meet every chunk boundary.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.split_first() {
                Some((byte, rest)) if !out.is_empty() => {
                    (out[0], self.0) = (*byte, rest);
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    fn lines(read: impl Read, limit: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let mut records = Records::new(read, b',', limit);
        std::iter::from_fn(|| records.lines.next(limit).expect("no I/O error"))
            .map(|l| (l.number, l.bytes, l.cut))
            .collect()
    }

    #[test]
    fn every_line_end_is_known() {
        let wanted = [
            (1, b"a".to_vec(), false),
            (2, b"b".to_vec(), false),
            (3, Vec::new(), false),
            (4, b"c".to_vec(), false),
        ];
        assert_eq!(lines(&b"a\r\nb\n\rc"[..], 10), wanted);
        assert_eq!(lines(Trickle(b"a\rb\r\n\nc\n"), 10), wanted);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let wanted =
            [(1, b"abc".to_vec(), false), (2, b"abc".to_vec(), true), (3, b"x".to_vec(), false)];
        assert_eq!(lines(&b"abc\nabcd\nx"[..], 3), wanted);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(bytes in "[a,\"\r\n]{0,60}") {
            prop_assert_eq!(lines(bytes.as_bytes(), 8), lines(Trickle(bytes.as_bytes()), 8));
        }

        /// The csv crate is the judge of well-formed rows.
        #[test]
        fn well_formed_rows_are_cut_as_the_csv_crate_does(row in proptest::collection::vec("[a,\"\r\né ]{0,6}", 1..5)) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            writer.write_record(&row).expect("in memory");
            let mut bytes = writer.into_inner().expect("in memory");
            bytes.pop();
            prop_assert_eq!(cells(&String::from_utf8(bytes).expect("UTF-8")), Ok(row));
        }
    }
}
