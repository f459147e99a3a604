//! The rows that were not taken in, as a CSV to repair and import again: the same columns, with
//! the sheet, row, status, field and rule behind them.

use crate::import::{RowStatus, rule_words, status_words};

/// Writes remarks as CSV with a mark that lets spreadsheet programs read it as UTF-8.
#[derive(Debug)]
pub struct RejectsCsv {
    columns: usize,
    chinese: bool,
    begun: Option<Vec<String>>,
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
        RejectsCsv { columns: 0, chinese, begun: None }
    }

    /// The first bytes: the mark and the header.
    pub fn begin(&mut self, header: &[String]) -> Vec<u8> {
        let mut out = b"\xef\xbb\xbf".to_vec();
        self.columns = header.len();
        self.begun = Some(header.to_vec());
        out.extend(self.header(header));
        out
    }

    fn header(&self, header: &[String]) -> Vec<u8> {
        let own: [&str; 6] = if self.chinese {
            ["工作表", "行号", "状态", "字段", "原因", "原因(英文)"]
        } else {
            ["sheet", "row", "status", "field", "reason (Chinese)", "reason"]
        };
        record(header.iter().map(String::as_str).chain(own))
    }

    /// One remark. When the header of its table is another one, that header comes first.
    pub fn row(&mut self, header: &[String], remark: &KeptRemark) -> Vec<u8> {
        let mut out = Vec::new();
        if self.begun.as_deref() != Some(header) {
            self.columns = header.len();
            self.begun = Some(header.to_vec());
            out.extend(self.header(header));
        }
        let (zh, en) = rule_words(&remark.rule);
        let status = status_words(remark.status);
        let line = remark.line.to_string();
        let pad = self.columns.saturating_sub(remark.cells.len());
        let cells = remark.cells.iter().take(self.columns).map(String::as_str);
        let own = [
            remark.sheet.as_deref().unwrap_or(""),
            &line,
            if self.chinese { status.0 } else { status.1 },
            &remark.field,
            zh,
            en,
        ];
        // Cells beyond the header come last, so that the columns before them stay in line.
        let beyond = remark.cells.iter().skip(self.columns).map(String::as_str);
        out.extend(record(cells.chain(std::iter::repeat_n("", pad)).chain(own).chain(beyond)));
        out
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
        let head = header(&["姓名", "电话"]);
        let mut bytes = csv.begin(&head);
        bytes.extend(csv.row(&head, &remark(&["张\"三", "12,3"])));
        bytes.extend(csv.row(&head, &remark(&["=cmd()"])));
        bytes.extend(csv.row(&head, &remark(&["李四", "+86 138", "x"])));
        bytes.extend(csv.row(&header(&["name"]), &remark(&["Li"])));
        let text = String::from_utf8(bytes).expect("UTF-8");
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
        assert_eq!(lines[0], "姓名,电话,工作表,行号,状态,字段,原因,原因(英文)");
        assert_eq!(
            lines[1],
            "\"张\"\"三\",\"12,3\",,7,未导入,phone,电话号码格式不对,the telephone number has the wrong form"
        );
        assert!(lines[2].starts_with("\"'=cmd()\",,,7,"));
        assert!(lines[3].starts_with("李四,+86 138,,7,") && lines[3].ends_with(",x"));
        assert!(lines[4].starts_with("name,工作表") && lines[5].starts_with("Li,,7"));
    }
}
