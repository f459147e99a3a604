//! What people see while they wait, on standard error: standard output is for answers.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar with the pace; `total` 0 for a spinner. Nothing is drawn when standard error
/// is no terminal.
pub fn bar(what: &'static str, total: u64) -> ProgressBar {
    let (bar, template) = match total {
        0 => (ProgressBar::new_spinner(), "{spinner} {prefix} {elapsed}"),
        _ => (
            ProgressBar::new(total),
            "{prefix:>12} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Rows in columns of equal width, the first line being the heads; numbers are right-aligned.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|r| r.get(column)).map(|c| width_of(c)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let is_number = |column: usize| {
        rows.len() > 1
            && rows[1..]
                .iter()
                .filter_map(|r| r.get(column))
                .all(|c| c.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.'))
    };
    let numbers: Vec<bool> = (0..columns).map(is_number).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[column] - width_of(cell));
            let cell = if numbers[column] { gap + cell } else { cell.clone() + &gap };
            line.push_str(&cell);
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Columns that a text takes in a terminal: Chinese characters take two.
fn width_of(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x2e80 { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_in_both_scripts() {
        let rows = [["place", "n"], ["昌邑区", "7"], ["Changyi", "1234"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|r| r.map(String::from).to_vec()).collect();
        assert_eq!(table(&rows), "place       n\n昌邑区      7\nChangyi  1234\n");
    }
}
