//! Naming the columns of a file: what the program takes each for, what stands in it, what is still
//! missing; and the way on to the dry run.

use std::collections::HashMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use registry::import::columns::{Choices, Field as Holds, Mapping};
use registry::import::jobs::{Job, JobState, Settings};
use registry::import::{Format, Inspection, Kind, TableSeen};
use types::{PlaceCode, Refusal};

use super::mask::{Headings, show};
use super::{What, bytes, field_title, own, path, spoken, state, steps};
use crate::i18n::{Speaks, number};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{imports, t};

/// Rows of the file that are shown.
const SAMPLE: usize = 5;
/// Examples of a column.
const EXAMPLES: usize = 3;

/// The page.
pub(super) async fn page(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    if !can_change(&job) {
        return Ok(seat.go(&path(&job)));
    }
    let settings = job.settings.clone();
    let seen = seat.app().imports().inspect(&job, &settings).await?;
    let errors = match &job.error {
        Some(error) if job.state == JobState::Failed => {
            Errors::one("columns", spoken(&seat, job.kind, error))
        }
        _ => Errors::default(),
    };
    form(&seat, &job, &seen, &settings, errors).await
}

/// Whether its columns can still be named.
pub(super) fn can_change(job: &Job) -> bool {
    !job.is_at_work()
        && !job.is_begun()
        && !matches!(job.state, JobState::Done | JobState::Discarded)
}

/// Takes the columns, and starts the dry run when nothing is missing.
pub(super) async fn take(seat: Seat, Path(import): Path<String>, form_data: FormData) -> Answer {
    let job = own(&seat, &import).await?;
    if !can_change(&job) {
        return Err(Refusal::new("import-begun").into());
    }
    let mut errors = Errors::default();
    let choices: Choices = form_data
        .all("heading")
        .zip(form_data.all("field"))
        .map(|(heading, field)| (heading.to_owned(), Holds::parse(job.kind, field)))
        .collect();
    let place = match form_data.text("place") {
        "" => None,
        text => errors.check("place", PlaceCode::parse(text)),
    };
    if let Some(place) = &place {
        let mut db = seat.db().await?;
        let known = registry::views::place(&mut db, place).await?;
        let allowed = place.area().is_some_and(|area| job.scope.contains(area));
        match known {
            _ if !allowed => {
                errors.add("place", Refusal::new("not-your-area").with("area", place));
            }
            None => errors.add("place", Refusal::new("place-unknown").with("place", place)),
            Some(_) => {}
        }
    }
    let today = job.settings.today;
    let settings = Settings { choices, place, today };
    let jobs = seat.app().imports();
    let seen = jobs.inspect(&job, &settings).await?;
    if !seen.is_usable() {
        errors.add("columns", missing(&seat, job.kind, &seen));
    }
    if !errors.is_empty() {
        let shown = form(&seat, &job, &seen, &settings, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    }
    if !jobs.configure(job.id, &settings).await? {
        return Err(Refusal::new("import-begun").into());
    }
    imports::start(seat.app(), job.id, true).await?;
    Ok(seat.go(&path(&job)))
}

/// What keeps every table of a file from being read.
fn missing(seat: &Seat, kind: Kind, seen: &Inspection) -> Refusal {
    if seen.garbled {
        let encoding = seen.encoding.unwrap_or("UTF-8");
        return Refusal::new("import-encoding").with("encoding", encoding);
    }
    let best = seen.tables.iter().min_by_key(|table| table.missing.len());
    match best {
        Some(table) if table.header.is_empty() => Refusal::new("import-header-missing"),
        Some(table) => {
            let refusal =
                Refusal::new("import-columns-missing").with("fields", table.missing.join(" "));
            spoken(seat, kind, &refusal)
        }
        None => Refusal::new("import-no-rows"),
    }
}

async fn form(
    seat: &Seat,
    job: &Job,
    seen: &Inspection,
    settings: &Settings,
    errors: Errors,
) -> Result<Response, crate::Fault> {
    let others = seat.app().imports().same_file(job).await?;
    let fields = columns_of(seat, job, seen, settings);
    let readable = !fields.is_empty();
    let complaint = (!seen.is_usable() && errors.is_empty()).then(|| missing(seat, job.kind, seen));
    let mut form = Form::new(seat, format!("{}/columns", path(job))).errors(errors);
    if readable {
        form = form.markup(
            html! { div #field-columns tabindex="-1" { (mapping(seat, job.kind, &fields)) } },
        );
    }
    if job.kind != Kind::Places && readable {
        form = form.field(
            Field::code("place", t!(seat, "imp-place"), false)
                .hint(t!(seat, "imp-place-hint"))
                .value(settings.place.as_ref().map_or("", PlaceCode::as_str))
                .optional(),
        );
    }
    let what = match seen.format {
        Format::Csv => t!(
            seat,
            "imp-format-csv",
            encoding = seen.encoding.unwrap_or_default(),
            delimiter = delimiter(seat, seen.delimiter)
        ),
        Format::Xlsx => t!(seat, "imp-format-xlsx", count = seen.tables.len() as i64),
        Format::GeoJson => t!(seat, "imp-format-geojson"),
    };
    let lines = job.text.filter(|_| seen.format == Format::Csv).map(|text| text.lines);
    let mut facts = vec![
        (t!(seat, "imp-file"), html! { (job.file_name) " · " (bytes(job.bytes)) }),
        (t!(seat, "imp-format"), html! { (what) }),
        (t!(seat, "imp-areas"), html! { (parts::scope_text(seat, job.scope)) }),
    ];
    if let Some(lines) = lines {
        facts.insert(2, (t!(seat, "imp-lines"), html! { (number(super::count(lines))) }));
    }
    let body = html! {
        (steps(seat, 3))
        @if !others.is_empty() { (same_file(seat, &others)) }
        @if let Some(refusal) = complaint {
            (parts::notice(Tone::Warning, &seat.lang().refusal(&refusal), html! {
                p { (seat.lang().refusal_next(&refusal)) }
            }))
        }
        (parts::facts(&facts))
        @if readable { (form.button(&t!(seat, "imp-check"))) }
        @for table in seen.tables.iter().filter(|table| !table.sample.is_empty()) {
            (sample(seat, job.kind, table, &settings.choices))
        }
        (super::job::throw_away(seat, job))
    };
    let page = Page::new(t!(seat, "imp-columns-title"), body)
        .lead(html! { (seat.text(&format!("imp-columns-lead-{}", What::of(job.kind).as_str()))) })
        .crumb(seat.link("/registry/imports"), t!(seat, "nav-imports"))
        .timeless();
    Ok(super::account::unkept(seat.render(page)))
}

fn delimiter(seat: &Seat, delimiter: Option<char>) -> String {
    match delimiter {
        Some('\t') => t!(seat, "imp-tab"),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Says that the file was brought before, and by whom.
fn same_file(seat: &Seat, others: &[Job]) -> Markup {
    let mine = |job: &Job| {
        seat.somebody().and_then(|a| a.grant_for(seat.route().policy.roles(), job.scope)).is_some()
    };
    parts::notice(
        Tone::Warning,
        &t!(seat, "imp-same-file"),
        html! {
            ul {
                @for other in others {
                    li {
                        (seat.time(other.created_at)) " · " code { (other.actor) } " · "
                        @if mine(other) { a href=(path(other)) { (other.file_name) } " · " }
                        (state(seat, other).1)
                    }
                }
            }
            p { (t!(seat, "imp-same-file-next")) }
        },
    )
}

/// A heading, what it is taken for, and what stands below it.
struct Seen {
    heading: String,
    field: Option<Holds>,
    examples: Vec<String>,
    remark: Option<&'static str>,
}

/// The headings of all tables, each once.
fn columns_of(seat: &Seat, job: &Job, seen: &Inspection, settings: &Settings) -> Vec<Seen> {
    let _ = seat;
    let mut found: Vec<Seen> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for table in &seen.tables {
        let wished: Vec<Option<Holds>> =
            table.header.iter().map(|h| wish(job.kind, h, &settings.choices)).collect();
        for (column, heading) in table.header.iter().enumerate() {
            if heading.is_empty() || at.contains_key(heading.as_str()) {
                continue;
            }
            at.insert(heading, found.len());
            let field = table.columns.get(column).copied().flatten();
            let cells: Vec<&str> =
                table.sample.iter().filter_map(|row| row.get(column)).map(|c| c.trim()).collect();
            let mut examples: Vec<String> = Vec::new();
            for cell in cells.iter().filter(|cell| !cell.is_empty()) {
                let shown = show(job.kind, field, cell);
                if examples.len() < EXAMPLES && !examples.contains(&shown) {
                    examples.push(shown);
                }
            }
            let remark = if field.is_none() && wished[column].is_some() {
                Some("imp-column-taken")
            } else if cells.iter().all(|cell| cell.is_empty()) {
                Some("imp-column-empty")
            } else if field == Some(Holds::IdNumber) && are_rounded(&cells) {
                Some("imp-column-rounded")
            } else {
                None
            };
            found.push(Seen { heading: heading.clone(), field, examples, remark });
        }
    }
    found
}

/// What a heading would be taken for if it stood alone.
fn wish(kind: Kind, heading: &String, choices: &Choices) -> Option<Holds> {
    let alone = Mapping::of(kind, std::slice::from_ref(heading), choices);
    alone.columns().first().copied().flatten()
}

/// Whether a spreadsheet has turned numbers into figures and lost their ends: it shows them in the
/// scientific form, or ends all of them in three zeros. One number may well end so by itself.
fn are_rounded(cells: &[&str]) -> bool {
    let full: Vec<&&str> = cells.iter().filter(|cell| !cell.is_empty()).collect();
    let zeros =
        |cell: &str| cell.len() == 18 && cell.ends_with("000") && cell.parse::<u64>().is_ok();
    full.iter().any(|cell| cell.contains("E+"))
        || (full.len() > 1 && full.iter().all(|cell| zeros(cell)))
}

fn mapping(seat: &Seat, kind: Kind, fields: &[Seen]) -> Markup {
    let columns = vec![
        Column::new("heading", t!(seat, "imp-heading")),
        Column::new("examples", t!(seat, "imp-examples")),
        Column::new("field", t!(seat, "imp-taken-for")),
        Column::new("hint", t!(seat, "imp-hint")),
    ];
    let table = Table::new(t!(seat, "imp-mapping"), columns).rows(fields.iter().map(|one| {
        let select = html! {
            input type="hidden" name="heading" value=(one.heading);
            select .input .input--short name="field" aria-label=(t!(seat, "imp-taken-for-of", heading = one.heading.clone())) {
                option value="" selected[one.field.is_none()] { (t!(seat, "imp-left-out")) }
                @for field in Holds::all(kind) {
                    option value=(field.word(kind)) selected[one.field == Some(field)] {
                        (field_title(seat, kind, field))
                    }
                }
            }
        };
        let hint = html! {
            @if let Some(remark) = one.remark { strong { (seat.text(remark)) } " " }
            @if let Some(field) = one.field {
                span .muted { (hint_of(seat, kind, field)) }
            }
        };
        vec![
            Cell::text(one.heading.clone()),
            Cell::text(one.examples.join(" · ")),
            Cell::markup(select, String::new()),
            Cell::markup(hint, String::new()),
        ]
    }));
    table.render(seat)
}

/// What to know of a field: of a case some are other than of a person.
fn hint_of(seat: &Seat, kind: Kind, field: Holds) -> String {
    let word = field.word(kind);
    let own = matches!(kind, Kind::Cases | Kind::Contacts)
        .then(|| format!("imp-hint-{}-{word}", kind.as_str()));
    own.and_then(|key| seat.lang().find(&key))
        .unwrap_or_else(|| seat.text(&format!("imp-hint-{word}")))
}

/// The first rows of a table as they stand in the file, masked.
fn sample(seat: &Seat, kind: Kind, table: &TableSeen, choices: &Choices) -> Markup {
    let headings = Headings::of(kind, &table.header, choices);
    let width = table.sample.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    let title = match &table.sheet {
        Some(sheet) => t!(seat, "imp-sample-of", sheet = sheet.clone()),
        None => t!(seat, "imp-sample"),
    };
    let heading = |n: usize| table.header.get(n).map_or("", String::as_str);
    html! {
        div .table-box {
            div .table-box__scroll role="region" aria-label=(title) tabindex="0" {
                table .table .table--plain {
                    caption {
                        span .table__caption { (title) }
                        @if kind != Kind::Places { span .table__window { (t!(seat, "imp-sample-masked")) } }
                        @if !table.missing.is_empty() && kind != Kind::Places && table.sheet.is_some() {
                            " " (parts::tag(Tone::Warning, &t!(seat, "imp-sheet-unread")))
                        }
                    }
                    @if !table.header.is_empty() {
                        thead { tr { @for n in 0..width { th scope="col" { (heading(n)) } } } }
                    }
                    tbody {
                        @for row in table.sample.iter().take(SAMPLE) {
                            tr { @for n in 0..width { td { (headings.show(heading(n), row.get(n).map_or("", String::as_str))) } } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_name_and_its_hint_in_both_languages() {
        for lang in crate::i18n::Lang::ALL {
            for kind in [Kind::Persons, Kind::Places, Kind::Cases, Kind::Contacts] {
                let lead = format!("imp-columns-lead-{}", What::of(kind).as_str());
                assert!(lang.find(&lead).is_some(), "{lead}");
                for field in Holds::all(kind) {
                    let word = field.word(kind);
                    let of_case = lang.find(&format!("imp-hint-{}-{word}", kind.as_str()));
                    let hint = lang.find(&format!("imp-hint-{word}"));
                    assert!(of_case.or(hint).is_some(), "imp-hint-{word}");
                    assert!(lang.find(&format!("imp-field-{word}")).is_some(), "imp-field-{word}");
                }
            }
        }
    }

    #[test]
    fn numbers_that_a_spreadsheet_spoilt_are_noticed() {
        assert!(are_rounded(&["", "2.20202E+17"]));
        assert!(are_rounded(&["220202198001010000", "220202199002020000"]));
        assert!(!are_rounded(&["220202198001010000", "220202199002020019"]));
        assert!(!are_rounded(&["220202198001010000"]));
        assert!(!are_rounded(&[]));
    }
}
