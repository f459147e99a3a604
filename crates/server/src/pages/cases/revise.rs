//! The list as a file that is edited in a spreadsheet and comes back: each row names the version of
//! its case, and a case that has changed since is told and not overwritten.

use std::collections::BTreeMap;

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use cases::{Case, Command, Field as Entry, Patch, Revise, ReviseRow};
use maud::html;
use registry::import::{PlainRow, plain_rows};
use types::{AreaCode, Refusal, UnitId};

use super::KEEPERS;
use crate::i18n::Speaks;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, csv_field, csv_file};

/// Longest file that comes back.
const BODY: usize = 8 << 20;
/// Rows of one command.
const CHUNK: usize = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/revise", KEEPERS, page);
    routes.post("/cases/revise", KEEPERS, take).body_limit(BODY).bulk();
}

/// Headings that are the same in both languages, so that a file comes back whoever opened it.
const FIXED: [&str; 2] = ["case", "version"];

/// Cases as a file. Nobody is named in it.
pub fn file(seat: &Seat, found: &[Case]) -> Response {
    let mut out = String::from("\u{feff}");
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.map(|cell| csv_field(&cell)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    let seen = ["class", "severity", "found_at"];
    let fields = || Entry::ALL.into_iter().map(|f| f.as_str().to_owned());
    line(&mut FIXED.iter().chain(&seen).map(|h| (*h).to_owned()).chain(fields()));
    for case in found {
        let own = [
            case.id.to_string(),
            case.version.to_string(),
            case.class().as_str().to_owned(),
            case.severity().map_or(String::new(), |s| s.as_str().to_owned()),
            seat.time(case.found_at).to_string(),
        ];
        let entered =
            Entry::ALL.into_iter().map(|f| case.fields.get(&f).cloned().unwrap_or_default());
        line(&mut own.into_iter().chain(entered));
    }
    csv_file("cases", out)
}

async fn page(seat: Seat) -> Answer {
    Ok(show(&seat, Errors::default()))
}

fn show(seat: &Seat, errors: Errors) -> Response {
    let body = Form::new(seat, seat.link("/cases/revise"))
        .upload()
        .errors(errors)
        .markup(html! { p { (t!(seat, "case-revise-lead")) } })
        .field(Field::file("file", t!(seat, "imp-file")).hint(t!(seat, "case-revise-hint")))
        .button(&t!(seat, "case-revise"));
    let page = Page::new(t!(seat, "case-revise"), body).timeless().narrow();
    seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases")))
}

/// The bytes of the form's file.
async fn received(form: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Refusal> {
    let missing = || Refusal::new("import-file-missing");
    let mut form = form.map_err(|_| missing())?;
    while let Some(part) = form.next_field().await.map_err(|_| missing())? {
        if part.name() == Some("file") {
            let broke_off = |_| Refusal::new("import-upload-broke-off");
            return Ok(part.bytes().await.map_err(broke_off)?.to_vec());
        }
    }
    Err(missing())
}

/// The rows of a file; the second part are those that cannot be read, with why.
type Rows = (Vec<ReviseRow>, Vec<(u32, &'static str)>);

fn rows_of(bytes: &[u8]) -> Result<Rows, Refusal> {
    let table = plain_rows(bytes).map_err(|e| e.refusal())?;
    let mut table = table.into_iter();
    let headings = table.next().and_then(|row| row.cells).unwrap_or_default();
    let column = |name: &str| headings.iter().position(|h| h.trim() == name);
    let (Some(case), Some(version)) = (column(FIXED[0]), column(FIXED[1])) else {
        return Err(Refusal::new("import-columns-missing").with("fields", FIXED.join(" ")));
    };
    let fields: Vec<(Entry, usize)> =
        Entry::ALL.into_iter().filter_map(|f| Some((f, column(f.as_str())?))).collect();
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    for PlainRow { line: row, cells } in table {
        let Some(cells) = cells else {
            unreadable.push((row, "row-unreadable"));
            continue;
        };
        // A cell that a spreadsheet would run was exported behind an apostrophe.
        let cell = |at: usize| cells.get(at).map_or("", |c| c.trim().trim_start_matches('\''));
        match (UnitId::parse(cell(case)), cell(version).parse()) {
            (Ok(case), Ok(version)) => rows.push(ReviseRow {
                row,
                case,
                version,
                fields: fields.iter().map(|(f, at)| (*f, cell(*at).to_owned())).collect::<Patch>(),
            }),
            _ if cells.iter().all(|c| c.trim().is_empty()) => {}
            _ => unreadable.push((row, "rows-unknown")),
        }
    }
    Ok((rows, unreadable))
}

async fn take(seat: Seat, form: Result<Multipart, MultipartRejection>) -> Answer {
    let read = match received(form).await {
        Ok(bytes) => rows_of(&bytes),
        Err(refusal) => Err(refusal),
    };
    let (rows, unreadable) = match read {
        Ok(read) => read,
        Err(refusal) => return Ok(show(&seat, Errors::one("file", refusal))),
    };
    let whole = rows.len() + unreadable.len();
    let mut told: Vec<(u32, String)> =
        unreadable.into_iter().map(|(row, why)| (row, why.to_owned())).collect();
    let mut by_area: BTreeMap<AreaCode, Vec<ReviseRow>> = BTreeMap::new();
    for row in rows {
        if seat.require(row.case.area()).is_err() {
            told.push((row.row, "rows-unknown".to_owned()));
        } else {
            by_area.entry(row.case.area()).or_default().push(row);
        }
    }
    for (area, rows) in by_area {
        for chunk in rows.chunks(CHUNK) {
            let id = act::fresh();
            let sent = FormData::from_pairs([("command", id.as_str())]);
            let command = Command::Revise(Revise { rows: chunk.to_vec() });
            match act::send(&seat, area, &sent, command).await? {
                Ok(notes) => told.extend(notes.iter().flat_map(rows_told)),
                Err(refusal) => {
                    told.extend(chunk.iter().map(|row| (row.row, refusal.code.to_string())));
                }
            }
        }
    }
    Ok(result(&seat, whole, told))
}

/// The rows that a remark names, each with what became of it.
fn rows_told(note: &Refusal) -> Vec<(u32, String)> {
    let rows = note.args.iter().find(|(name, _)| name == "rows").map_or("", |(_, rows)| rows);
    rows.split(' ')
        .filter_map(|part| match part.split_once('=') {
            Some((row, code)) => Some((row.parse().ok()?, code.to_owned())),
            None => Some((part.parse().ok()?, note.code.to_string())),
        })
        .collect()
}

fn result(seat: &Seat, whole: usize, mut told: Vec<(u32, String)>) -> Response {
    told.sort();
    let unchanged = told.iter().filter(|(_, code)| code == "rows-unchanged").count();
    let rejected = told.len() - unchanged;
    let changed = whole.saturating_sub(told.len());
    let columns = vec![
        Column::new("row", t!(seat, "case-row")).numeric(),
        Column::new("why", t!(seat, "reg-reason")),
    ];
    let rows = told.iter().filter(|(_, code)| code != "rows-unchanged").map(|(row, code)| {
        let words = seat.lang().find(&format!("case-{code}"));
        let words = words.unwrap_or_else(|| {
            seat.lang().refusal(&Refusal {
                code: code.clone().into(),
                args: Vec::new(),
                rule: None,
            })
        });
        vec![Cell::number(i64::from(*row)), Cell::text(words).long()]
    });
    let table = Table::new(t!(seat, "case-rows-left-out"), columns)
        .empty(t!(seat, "case-rows-left-out-none"))
        .rows(rows);
    let tone = if rejected == 0 { Tone::Good } else { Tone::Warning };
    let title = t!(
        seat,
        "case-revised",
        whole = whole as i64,
        changed = changed as i64,
        unchanged = unchanged as i64,
        rejected = rejected as i64
    );
    let body = html! {
        (parts::notice(tone, &title, html! {}))
        (table.render(seat))
        p { a href=(seat.link("/cases/edits")) { (t!(seat, "case-edits")) } }
    };
    let page = Page::new(t!(seat, "case-revise"), body).narrow();
    seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_whatever_was_done_to_its_columns() {
        let case = cases::case_of_command(AreaCode::NONE, types::CommandId::from_bytes([1; 16]));
        let text = format!(
            "\u{feff}version,case,note,found_in\r\n3,{case},'=x,locked\r\n,,,\r\nx,{case},,\r\n"
        );
        let (rows, unreadable) = rows_of(text.as_bytes()).expect("a table");
        assert_eq!((rows[0].row, rows[0].version, rows[0].case), (2, 3, case));
        assert_eq!(rows[0].fields[&Entry::Note], "=x");
        assert_eq!(rows[0].fields[&Entry::FoundIn], "locked");
        assert!(!rows[0].fields.contains_key(&Entry::Place), "a column that is gone says nothing");
        assert_eq!(unreadable, [(4, "rows-unknown")]);
        assert!(rows_of(b"a,b\r\n").is_err());
    }
}
