//! The one table: a caption with what it counts, headings that sort, paging by key, a download
//! of the rows, and a sentence that says what to do when there is nothing.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::i18n::number;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::since::{Sheet, Since, since};
use crate::ui::time::Local;

/// Cuts a list that was read one longer than its page, and gives the mark after which the next page
/// begins; nothing when this one is the last.
pub fn cut<T>(
    found: &mut Vec<T>,
    limit: i64,
    mark: impl FnOnce(&T) -> Option<String>,
) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| more).and_then(mark)
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    key: &'static str,
    title: String,
    sorts: bool,
    numeric: bool,
}

impl Column {
    /// A column of words. `key` names it in the address when it sorts, and in the download.
    /// A heading begins with a capital, also where its word stands small in a sentence.
    pub fn new(key: &'static str, title: impl Into<String>) -> Column {
        let mut title = title.into();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Column { key, title, sorts: false, numeric: false }
    }

    /// Numbers, aligned to the right.
    #[must_use]
    pub fn numeric(mut self) -> Column {
        self.numeric = true;
        self
    }

    /// The heading becomes a link that sorts (`?sort=KEY`, `?sort=-KEY`).
    #[must_use]
    pub fn sorts(mut self) -> Column {
        self.sorts = true;
        self
    }
}

/// One cell: what a page shows and what a download carries.
#[derive(Clone, Debug)]
pub struct Cell {
    shown: Markup,
    plain: String,
    none: bool,
    long: bool,
}

impl Cell {
    /// Words; without any, nothing to say.
    pub fn text(text: impl Into<String>) -> Cell {
        let plain = text.into();
        if plain.is_empty() {
            return Cell::none();
        }
        Cell { shown: html! { (plain) }, plain, none: false, long: false }
    }

    /// A code that people compare letter by letter.
    pub fn code(text: impl Into<String>) -> Cell {
        let plain = text.into();
        Cell { shown: html! { code { (plain) } }, plain, none: false, long: false }
    }

    /// A whole number, with separators on the page and without in the download.
    pub fn number(n: i64) -> Cell {
        Cell { shown: html! { (number(n)) }, plain: n.to_string(), none: false, long: false }
    }

    /// A number that opens the rows behind it.
    pub fn count(n: i64, href: &str) -> Cell {
        Cell {
            shown: html! { a href=(href) { (number(n)) } },
            plain: n.to_string(),
            none: false,
            long: false,
        }
    }

    /// A link.
    pub fn link(href: &str, text: impl Into<String>) -> Cell {
        let plain = text.into();
        Cell { shown: html! { a href=(href) { (plain) } }, plain, none: false, long: false }
    }

    /// An instant.
    pub fn time(at: Local) -> Cell {
        Cell { shown: html! { (at) }, plain: at.to_string(), none: false, long: false }
    }

    /// A word in a coloured box.
    pub fn tag(tone: Tone, text: impl Into<String>) -> Cell {
        let plain = text.into();
        Cell { shown: parts::tag(tone, &plain), plain, none: false, long: false }
    }

    /// Anything, with its plain text.
    pub fn markup(shown: Markup, plain: impl Into<String>) -> Cell {
        Cell { shown, plain: plain.into(), none: false, long: false }
    }

    /// Anything; the download has its words without the marks.
    pub fn words(shown: Markup) -> Cell {
        let plain = words_of(&shown.0);
        Cell::markup(shown, plain)
    }

    /// What the page shows of it.
    pub fn into_markup(self) -> Markup {
        self.shown
    }

    /// Sentences: on a phone they get the width of the card, below their heading.
    #[must_use]
    pub fn long(mut self) -> Cell {
        self.long = true;
        self
    }

    /// Nothing to say.
    pub fn none() -> Cell {
        Cell {
            shown: html! { span .muted aria-hidden="true" { "—" } },
            plain: String::new(),
            none: true,
            long: false,
        }
    }
}

/// How the rows are ordered, read from the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column's key.
    pub key: String,
    /// Largest first.
    pub descending: bool,
}

impl Sort {
    /// The order that the address asks for, if it is one of `allowed`; else the first of them
    /// (with `-` in front for descending).
    pub fn of(seat: &Seat, allowed: &[&str]) -> Sort {
        let read = |text: &str| match text.strip_prefix('-') {
            Some(key) => Sort { key: key.to_owned(), descending: true },
            None => Sort { key: text.to_owned(), descending: false },
        };
        let known = |sort: &Sort| allowed.iter().any(|a| a.trim_start_matches('-') == sort.key);
        seat.param("sort")
            .map(|text| read(&text))
            .filter(known)
            .unwrap_or_else(|| read(allowed.first().copied().unwrap_or_default()))
    }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    caption: String,
    window: Option<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    sort: Option<Sort>,
    next: Option<String>,
    empty: String,
    csv: Option<&'static str>,
    total: Option<i64>,
}

impl Table {
    /// A table by caption (what a row is) and columns.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Table {
        Table {
            caption: caption.into(),
            window: None,
            columns,
            rows: Vec::new(),
            sort: None,
            next: None,
            empty: String::new(),
            csv: None,
            total: None,
        }
    }

    /// The time window that the numbers cover, in words.
    #[must_use]
    pub fn window(mut self, window: impl Into<String>) -> Table {
        self.window = Some(window.into());
        self
    }

    /// Adds a row; one cell a column.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "one cell a column");
        self.rows.push(cells);
    }

    /// Adds rows.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Table {
        rows.into_iter().for_each(|row| self.row(row));
        self
    }

    /// How the rows are ordered.
    #[must_use]
    pub fn sorted(mut self, sort: Sort) -> Table {
        self.sort = Some(sort);
        self
    }

    /// There are more rows: `?after=KEY` shows them.
    #[must_use]
    pub fn next(mut self, after: Option<String>) -> Table {
        self.next = after;
        self
    }

    /// What to do when there is nothing.
    #[must_use]
    pub fn empty(mut self, sentence: impl Into<String>) -> Table {
        self.empty = sentence.into();
        self
    }

    /// The rows can be downloaded under this file name (`?format=csv`).
    #[must_use]
    pub fn csv(mut self, file: &'static str) -> Table {
        self.csv = Some(file);
        self
    }

    /// How many rows there are in all, when paging hides some.
    #[must_use]
    pub fn total(mut self, total: i64) -> Table {
        self.total = Some(total);
        self
    }

    /// What it says, without its form.
    fn sheet(&self) -> Sheet {
        let words = |row: &Vec<Cell>| row.iter().map(|cell| cell.plain.clone()).collect();
        Sheet {
            caption: self.caption.clone(),
            rows: self.rows.iter().map(words).collect(),
            more: self.next.is_some(),
        }
    }

    /// For those who look back: what has changed in it since. Today's page puts its tables down, the page
    /// of then holds its own against them.
    fn since(&self, seat: &Seat) -> Option<Since> {
        let sheets = seat.looking()?.sheets.as_ref()?;
        if seat.gathers() {
            sheets.put(self.sheet());
            return None;
        }
        Some(since(&self.sheet(), &sheets.take(&self.caption)?))
    }

    /// The table as HTML.
    pub fn render(&self, seat: &Seat) -> Markup {
        let since = self.since(seat);
        let count = self.total.unwrap_or(self.rows.len() as i64);
        let more = self.total.is_none() && self.next.is_some();
        let was = |row: usize, column: usize| {
            since.as_ref().map_or_else(|| html! {}, |since| since.cell(seat, row, column))
        };
        html! {
            div .table-box {
                div .table-box__scroll role="region" aria-label=(self.caption) tabindex="0" {
                    table .table {
                        caption {
                            span .table__caption { (self.caption) }
                            " "
                            span .table__count {
                                @if more { (t!(seat, "rows-at-least", n = number(count), count = count)) }
                                @else { (t!(seat, "rows", n = number(count), count = count)) }
                            }
                            @if let Some(window) = &self.window {
                                span .table__window { (window) }
                            }
                        }
                        thead { tr { @for column in &self.columns { (self.heading(seat, column)) } } }
                        tbody {
                            @for (at, row) in self.rows.iter().enumerate() {
                                tr {
                                    @for (n, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                                        @if n == 0 {
                                            th scope="row" data-label=(column.title) .numeric[column.numeric] { div .table__value { (cell.shown) (was(at, n)) } }
                                        } @else {
                                            td data-label=(column.title) .numeric[column.numeric] .table__none[cell.none] .table__long[cell.long] { div .table__value { (cell.shown) (was(at, n)) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    @if self.rows.is_empty() { p .table__empty { (self.empty) } }
                }
                @if let Some(since) = &since { (since.sum(seat)) }
                (self.foot(seat))
            }
        }
    }

    fn heading(&self, seat: &Seat, column: &Column) -> Markup {
        let sorted = self.sort.as_ref().filter(|s| s.key == column.key);
        let order = sorted.map(|s| if s.descending { "descending" } else { "ascending" });
        let flipped = match sorted {
            Some(s) if !s.descending => format!("-{}", column.key),
            _ => column.key.to_owned(),
        };
        html! {
            th scope="col" .numeric[column.numeric] aria-sort=[order] {
                @if column.sorts {
                    a .sort href=(seat.here(&[("sort", Some(&flipped)), ("after", None)])) {
                        (column.title)
                        span .sort__mark aria-hidden="true" {
                            @match order { Some("descending") => "▼", Some(_) => "▲", None => "↕" }
                        }
                    }
                } @else {
                    (column.title)
                }
            }
        }
    }

    fn foot(&self, seat: &Seat) -> Markup {
        let paged = seat.param("after").is_some();
        if self.next.is_none() && !paged && (self.csv.is_none() || self.rows.is_empty()) {
            return html! {};
        }
        html! {
            div .table-box__foot {
                @if self.csv.is_some() && !self.rows.is_empty() {
                    a .table-box__csv href=(seat.here(&[("format", Some("csv")), ("after", None)])) download {
                        (parts::icon("download")) (t!(seat, "download-csv"))
                    }
                }
                @if paged || self.next.is_some() {
                    nav .pager aria-label=(t!(seat, "paging")) {
                        @if paged { a href=(seat.here(&[("after", None)])) { (t!(seat, "first-page")) } }
                        @if let Some(next) = &self.next {
                            a rel="next" href=(seat.here(&[("after", Some(next))])) { (t!(seat, "next-page")) }
                        }
                    }
                }
            }
        }
    }

    /// The rows as a download. Load them all first: [`Table::wants_csv`].
    pub fn csv_response(&self) -> Response {
        let mut out = String::from("\u{feff}");
        let line = |out: &mut String, fields: &mut dyn Iterator<Item = &str>| {
            for (n, field) in fields.enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&csv_field(field));
            }
            out.push_str("\r\n");
        };
        line(&mut out, &mut self.columns.iter().map(|c| c.title.as_str()));
        for row in &self.rows {
            line(&mut out, &mut row.iter().map(|c| c.plain.as_str()));
        }
        csv_file(self.csv.unwrap_or("table"), out)
    }

    /// Whether the address asks for the download.
    pub fn wants_csv(seat: &Seat) -> bool {
        seat.param("format").as_deref() == Some("csv")
    }

    /// The page of a table or its download, as the address asks.
    pub fn answer(&self, seat: &Seat, title: impl Into<String>) -> Response {
        if Table::wants_csv(seat) {
            self.csv_response()
        } else {
            seat.page(title, self.render(seat))
        }
    }
}

/// A download of text that is CSV already.
pub fn csv_file(name: &str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    (headers, text).into_response()
}

/// A field of a CSV file. A text that a spreadsheet would run as a formula gets a quote in
/// front; a negative number does not.
pub fn csv_field(text: &str) -> String {
    let formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The words of a piece of a page, without its marks.
fn words_of(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    for (n, part) in html.split('<').enumerate() {
        let text = if n == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) };
        // Lines and paragraphs end a word.
        if n > 0 && (part.starts_with("br") || part.starts_with("/p") || part.starts_with("/li")) {
            words.push(' ');
        }
        words.push_str(text);
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_has_the_words_of_a_cell_and_not_its_marks() {
        let shown = html! { "a < b" br; span title="x > y" { "c" } " " a href="/d" { "d & e" } };
        assert_eq!(words_of("plain"), "plain");
        assert_eq!(words_of("<p>one</p><p>two</p>"), "one two");
        assert_eq!(Cell::words(shown).plain, "a < b c d & e");
    }

    #[test]
    fn a_field_neither_breaks_the_file_nor_runs_as_a_formula() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(csv_field("=1+1"), "'=1+1");
        assert_eq!(csv_field("@cmd"), "'@cmd");
        assert_eq!(csv_field("-12.5"), "-12.5");
        assert_eq!(csv_field("-x"), "'-x");
    }
}
