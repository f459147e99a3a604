//! A table as it was known at an earlier moment, beside the same table of today.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use maud::{Markup, html};

use crate::i18n::number;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};

/// Names of new rows that are told; more are counted.
const NAMED: usize = 12;

/// What a table of a page says, without its form. The first word of a row is its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What a row is.
    pub caption: String,
    /// The words of each row.
    pub rows: Vec<Vec<String>>,
    /// Whether there are more rows on further pages.
    pub more: bool,
}

/// The tables of a page, in their order.
#[derive(Debug, Default)]
pub struct Sheets(Mutex<VecDeque<Sheet>>);

impl Sheets {
    /// Keeps a table.
    pub fn put(&self, sheet: Sheet) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(sheet);
    }

    /// Gives the first table of a caption, once.
    pub fn take(&self, caption: &str) -> Option<Sheet> {
        let mut sheets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = sheets.iter().position(|sheet| sheet.caption == caption)?;
        sheets.remove(n)
    }
}

/// What has become of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It says the same today.
    Same,
    /// It is not in today's table.
    Gone,
    /// What it says today, where that differs, by column.
    Changed(Vec<Option<String>>),
}

/// What has changed in a table since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// By row.
    pub rows: Vec<Became>,
    /// The names of the rows of today that were not there.
    pub new: Vec<String>,
    /// Whether only pages were compared, and not whole lists.
    pub paged: bool,
}

/// Names of rows, told apart where several have the same: the first, the second of it.
fn names(rows: &[Vec<String>]) -> Vec<(String, usize)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let name = |row: &'_ Vec<String>| row.first().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let n = seen.entry(row.first().map_or("", String::as_str)).or_default();
            *n += 1;
            (name(row), *n)
        })
        .collect()
}

/// Holds a table of then against the same one of today.
pub fn since(then: &Sheet, today: &Sheet) -> Since {
    let now: BTreeMap<(String, usize), &Vec<String>> =
        names(&today.rows).into_iter().zip(&today.rows).collect();
    let known = names(&then.rows);
    let rows = known.iter().zip(&then.rows).map(|(name, row)| match now.get(name) {
        None => Became::Gone,
        Some(other) if *other == row => Became::Same,
        Some(other) => {
            let differs = |(was, is): (&String, &String)| (was != is).then(|| is.clone());
            Became::Changed(row.iter().zip(other.iter()).map(differs).collect())
        }
    });
    let rows = rows.collect();
    let new = now.keys().filter(|name| !known.contains(name)).map(|(name, _)| name.clone());
    Since { rows, new: new.collect(), paged: then.more || today.more }
}

impl Since {
    /// What a cell says today, if that is something else.
    pub fn cell(&self, seat: &Seat, row: usize, column: usize) -> Markup {
        let became = self.rows.get(row);
        html! {
            @match became {
                Some(Became::Gone) if column == 0 => {
                    " " (parts::tag(Tone::Warning, &if self.paged {
                        t!(seat, "since-gone-page")
                    } else {
                        t!(seat, "since-gone")
                    }))
                }
                Some(Became::Changed(columns)) => {
                    @if let Some(Some(today)) = columns.get(column) {
                        div .since {
                            @if today.is_empty() { (t!(seat, "since-nothing")) }
                            @else { (t!(seat, "as-of-today-n", n = today.as_str())) }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The whole in a sentence, under the table.
    pub fn sum(&self, seat: &Seat) -> Markup {
        let count = |is: fn(&Became) -> bool| self.rows.iter().filter(|row| is(row)).count() as i64;
        let changed = count(|row| matches!(row, Became::Changed(_)));
        let gone = count(|row| matches!(row, Became::Gone));
        let new = self.new.len() as i64;
        let named: Vec<&str> = self.new.iter().take(NAMED).map(String::as_str).collect();
        html! {
            p .table-box__since {
                @if changed + gone + new == 0 { (t!(seat, "since-same")) }
                @else {
                    (t!(seat, "since-sum", changed = number(changed), gone = number(gone), new = number(new)))
                    @if new > 0 {
                        " " (t!(seat, "since-new", names = named.join(", ")))
                        @if self.new.len() > NAMED { " …" }
                    }
                }
                @if self.paged { " " (t!(seat, "since-paged")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[[&str; 2]]) -> Sheet {
        let rows = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        Sheet { caption: "beds".to_owned(), rows, more: false }
    }

    #[test]
    fn rows_are_held_against_those_of_the_same_name() {
        let then = sheet(&[["a", "1"], ["b", "2"], ["c", "3"], ["c", "4"]]);
        let today = sheet(&[["c", "3"], ["a", "1"], ["b", "5"], ["d", "6"]]);
        let told = since(&then, &today);
        let changed = Became::Changed(vec![None, Some("5".to_owned())]);
        assert_eq!(told.rows, [Became::Same, changed, Became::Same, Became::Gone]);
        assert_eq!(told.new, ["d"]);
        assert_eq!(since(&then, &then).new, Vec::<String>::new());
    }

    #[test]
    fn the_second_table_of_a_caption_is_held_against_the_second() {
        let sheets = Sheets::default();
        sheets.put(sheet(&[["a", "1"]]));
        sheets.put(sheet(&[["b", "2"]]));
        assert_eq!(sheets.take("beds"), Some(sheet(&[["a", "1"]])));
        assert_eq!(sheets.take("other"), None);
        assert_eq!(sheets.take("beds"), Some(sheet(&[["b", "2"]])));
        assert_eq!(sheets.take("beds"), None);
    }
}
