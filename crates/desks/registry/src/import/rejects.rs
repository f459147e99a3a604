//! The rows that were not taken in, as a CSV to repair and import again: the same columns, with
//! the sheet, row, status, field and rule behind them.

use crate::import::{RowStatus, rule_words, status_words};

/// Writes remarks as CSV with a mark that lets spreadsheet programs read it as UTF-8. There is one
/// header, whatever the sheets' are: a cell stands under its own heading.
#[derive(Debug)]
pub struct RejectsCsv {
    columns: Vec<String>,
    chinese: bool,
}

/// A remark as it is kept.
#[derive(Clone, Debug)]
pub struct KeptRemark {
    /// The sheet, if it has a name.
    pub sheet: Option<String>,
    /// The row as a spreadsheet numbers it.
    pub line: u32,
    /// What became of it.
    pub status: RowStatus,
    /// The field.
    pub field: String,
    /// The rule's code.
    pub rule: String,
    /// The data row of the same file that it repeats.
    pub repeats: Option<u32>,
    /// Its cells.
    pub cells: Vec<String>,
}

impl RejectsCsv {
    /// A file in Chinese or English. The rule stands in both languages in any case.
    pub fn new(chinese: bool) -> RejectsCsv {
        RejectsCsv { columns: Vec::new(), chinese }
    }

    /// The first bytes of a file of one table: the mark and the header.
    pub fn begin(&mut self, header: &[String]) -> Vec<u8> {
        self.begin_all([header])
    }

    /// The first bytes of a file of several tables: the mark, and a header with every heading of
    /// theirs.
    pub fn begin_all<'a>(&mut self, headers: impl IntoIterator<Item = &'a [String]>) -> Vec<u8> {
        self.columns.clear();
        for header in headers {
            for (n, heading) in header.iter().enumerate() {
                if self.column_of(header, n).is_none() {
                    self.columns.push(heading.clone());
                }
            }
        }
        let own: [&str; 6] = if self.chinese {
            ["工作表", "行号", "状态", "字段", "原因", "原因(英文)"]
        } else {
            ["sheet", "row", "status", "field", "reason (Chinese)", "reason"]
        };
        let mut out = b"\xef\xbb\xbf".to_vec();
        out.extend(record(self.columns.iter().map(String::as_str).chain(own)));
        out
    }

    /// The column under which the cells of a table's column stand. A heading that a table has twice
    /// stands twice.
    fn column_of(&self, header: &[String], n: usize) -> Option<usize> {
        let same = |other: &&String| **other == header[n];
        let nth = header[..n].iter().filter(same).count();
        let found = self.columns.iter().enumerate().filter(|(_, name)| **name == header[n]);
        found.map(|(at, _)| at).nth(nth)
    }

    /// One remark of a table with this header.
    pub fn row(&mut self, header: &[String], remark: &KeptRemark) -> Vec<u8> {
        let (zh, en) = rule_words(&remark.rule);
        let status = status_words(remark.status);
        let line = remark.line.to_string();
        let mut cells = vec![""; self.columns.len()];
        let mut beyond = Vec::new();
        for (n, cell) in remark.cells.iter().enumerate() {
            match (n < header.len()).then(|| self.column_of(header, n)).flatten() {
                Some(at) => cells[at] = cell,
                // What has no heading comes last, so that the columns before it stay in line.
                None => beyond.push(cell.as_str()),
            }
        }
        let own = [
            remark.sheet.as_deref().unwrap_or(""),
            &line,
            if self.chinese { status.0 } else { status.1 },
            &remark.field,
            zh,
            en,
        ];
        record(cells.into_iter().chain(own).chain(beyond))
    }
}

/// A row of CSV. A cell that a spreadsheet would take for a formula gets an apostrophe: the
/// file holds what strangers typed.
fn record<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@'])
            && !cell.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b' ' || b == b'-');
        let quoted = formula || cell.contains(['"', ',', '\n', '\r']);
        if quoted {
            out.push(b'"');
        }
        if formula {
            out.push(b'\'');
        }
        for byte in cell.bytes() {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        if quoted {
            out.push(b'"');
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(cells: &[&str]) -> KeptRemark {
        KeptRemark {
            sheet: None,
            line: 7,
            status: RowStatus::Rejected,
            field: "phone".into(),
            rule: "phone-form".into(),
            repeats: None,
            cells: cells.iter().map(|c| (*c).to_owned()).collect(),
        }
    }

    fn header(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn the_rows_come_back_with_what_was_wrong() {
        let mut csv = RejectsCsv::new(true);
        let (head, other) = (header(&["姓名", "电话"]), header(&["name", "电话"]));
        let mut bytes = csv.begin_all([head.as_slice(), other.as_slice()]);
        bytes.extend(csv.row(&head, &remark(&["张\"三", "12,3"])));
        bytes.extend(csv.row(&head, &remark(&["=cmd()"])));
        bytes.extend(csv.row(&head, &remark(&["李四", "+86 138", "x"])));
        bytes.extend(csv.row(&other, &remark(&["Li", "139"])));
        bytes.extend(csv.row(&header(&["whose"]), &remark(&["Wang"])));
        let text = String::from_utf8(bytes).expect("UTF-8");
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
        // One header for all tables, and each cell under its own heading.
        assert_eq!(lines[0], "姓名,电话,name,工作表,行号,状态,字段,原因,原因(英文)");
        assert_eq!(
            lines[1],
            "\"张\"\"三\",\"12,3\",,,7,未导入,phone,电话号码格式不对,the telephone number has the wrong form"
        );
        assert!(lines[2].starts_with("\"'=cmd()\",,,,7,"));
        assert!(lines[3].starts_with("李四,+86 138,,,7,") && lines[3].ends_with(",x"));
        assert!(lines[4].starts_with(",139,Li,,7,"), "{}", lines[4]);
        assert!(lines[5].starts_with(",,,,7,") && lines[5].ends_with(",Wang"), "{}", lines[5]);
        assert_eq!(lines.len(), 7, "and no header in between");
    }

    #[test]
    fn a_heading_that_stands_twice_keeps_both_its_columns() {
        let mut csv = RejectsCsv::new(false);
        let head = header(&["备注", "姓名", "备注"]);
        let begin = String::from_utf8(csv.begin(&head)).expect("UTF-8");
        assert!(
            begin.trim_start_matches('\u{feff}').starts_with("备注,姓名,备注,sheet"),
            "{begin}"
        );
        let row = String::from_utf8(csv.row(&head, &remark(&["a", "b", "c"]))).expect("UTF-8");
        assert!(row.starts_with("a,b,c,,7,"), "{row}");
    }
}
