//! The line list: filters, paging by key, a download that can be edited and brought back.

use axum::response::Response;
use cases::views::{Filter, Status};
use cases::{Case, Class, Ending, FoundIn, Severity, Source, views};
use ledger::Cursor;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use types::{Micros, PlaceCode, Refusal, UnitId};

use super::words::{self, options};
use super::{DOWNLOAD, KEEPERS, PAGE, READERS, revise, saved};
use crate::house::{CASES, topic};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::parse_local;
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases", READERS, show);
    routes.get("/cases/export", KEEPERS, export).bulk();
    routes.get("/cases/find", KEEPERS, find_page);
    routes.post("/cases/find", KEEPERS, find);
}

/// The parameters of the address that filter.
pub const PARAMETERS: [&str; 9] =
    ["status", "class", "severity", "found_in", "source", "risk", "unreported", "place", "from"];

/// What the address asks for that is none: the field, and why.
type Wrong = (&'static str, Refusal);

fn day(seat: &Seat, name: &'static str) -> Result<Option<Micros>, Wrong> {
    match seat.param(name).filter(|text| !text.trim().is_empty()) {
        None => Ok(None),
        Some(text) => {
            let text = if text.len() == 10 { format!("{text}T00:00") } else { text };
            let at = parse_local(&text, seat.app().zone());
            Ok(Some(at.map_err(|e| (name, e.into()))?))
        }
    }
}

/// The filter that the address asks for. A word that is none filters nothing.
pub fn filter(seat: &Seat) -> Result<Filter, Refusal> {
    asked(seat).map_err(|(_, refusal)| refusal)
}

fn asked(seat: &Seat) -> Result<Filter, Wrong> {
    let word = |name: &str| seat.param(name).unwrap_or_default();
    let status = match word("status").as_str() {
        "open" => Status::Open,
        "ended" => Status::Ended,
        other => Ending::parse(other).map_or(Status::All, Status::As),
    };
    let found_in = match word("found_in").as_str() {
        "unknown" => Some(None),
        other => FoundIn::parse(other).map(Some),
    };
    let place = match word("place").trim() {
        "" => None,
        text => Some(PlaceCode::parse(text).map_err(|e| ("place", e.into()))?),
    };
    Ok(Filter {
        from: day(seat, "from")?,
        until: day(seat, "until")?,
        status,
        class: Class::parse(&word("class")),
        all_confirmed: word("class") == "all_confirmed",
        severity: Severity::parse(&word("severity")),
        found_in,
        source: Source::parse(&word("source")),
        high_risk: !word("risk").is_empty(),
        unreported: !word("unreported").is_empty(),
        place,
        ..Filter::of(seat.scope())
    })
}

fn filters(seat: &Seat, errors: Errors) -> Markup {
    let value = |name: &str| seat.param(name).unwrap_or_default();
    let status =
        [Ending::Discharged, Ending::Released, Ending::Died, Ending::NoCase, Ending::Merged];
    let status = ["open", "ended"].into_iter().chain(status.iter().map(|e| e.as_str()));
    let classes = Class::ALL.iter().map(|c| c.as_str()).chain(["all_confirmed"]);
    let severities = Severity::ALL.iter().map(|s| s.as_str());
    let found = FoundIn::ALL.iter().map(|f| f.as_str()).chain(["unknown"]);
    let sources = Source::ALL.iter().map(|s| s.as_str());
    let select = |name: &'static str, label: &str, options| {
        Field::select(name, seat.text(label), options).value(value(name)).short()
    };
    let any = Some("case-any");
    let asks = PARAMETERS.iter().chain(&["until"]).any(|name| !value(name).is_empty());
    let open = asks || !errors.is_empty();
    Form::asks(seat, "/cases")
        .errors(errors)
        .folded(
            &t!(seat, "case-filters"),
            open,
            vec![
                (
                    t!(seat, "case-filter-what"),
                    vec![
                        select(
                            "status",
                            "case-state-label",
                            options(seat, "case-status", any, status),
                        ),
                        select("class", "case-class", options(seat, "case-class", any, classes)),
                        select(
                            "severity",
                            "case-severity",
                            options(seat, "case-severity", any, severities),
                        ),
                        select(
                            "found_in",
                            "case-found-in",
                            options(seat, "case-found-in", any, found),
                        ),
                        select("source", "case-source", options(seat, "case-source", any, sources)),
                    ],
                ),
                (
                    t!(seat, "case-filter-where"),
                    vec![
                        Field::code("place", t!(seat, "reg-place-code"), false)
                            .value(value("place"))
                            .optional(),
                        date_field(seat, "from", "case-from"),
                        date_field(seat, "until", "case-until"),
                        Field::tick("risk", t!(seat, "case-high-risk")).value(value("risk")),
                        Field::tick("unreported", t!(seat, "case-to-report"))
                            .value(value("unreported")),
                    ],
                ),
            ],
        )
        .button(&t!(seat, "show"))
}

fn date_field(seat: &Seat, name: &'static str, label: &str) -> Field {
    Field::day(name, seat.text(label)).value(seat.param(name).unwrap_or_default()).optional()
}

async fn show(seat: Seat) -> Answer {
    let filter = match asked(&seat) {
        Ok(filter) => filter,
        Err((field, refusal)) => {
            let body = filters(&seat, Errors::one(field, refusal));
            return Ok(seat.render(Page::new(t!(seat, "nav-cases"), body)));
        }
    };
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::list(&mut db, &filter, after, PAGE + 1).await?;
    let next =
        cut(&mut found, PAGE, |case| Some(Cursor { at: case.found_at, id: case.id }.to_string()));
    let edits = may_edit(&seat);
    let table = table(&seat, &found, edits).await?.next(next);
    let src = seat.here(&[("fragment", Some("lines"))]);
    let rows = if edits {
        html! {
            form method="post" action=(bulk_path(&seat)) {
                input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
                (table.render(&seat))
                @if !found.is_empty() {
                    div .buttons {
                        button .button .button--secondary type="submit" { (t!(seat, "case-edit-ticked")) }
                        button .button .button--secondary type="submit" name="all" value="1" {
                            (t!(seat, "case-edit-all"))
                        }
                    }
                }
            }
        }
    } else {
        table.render(&seat)
    };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(rows));
    }
    let actions = html! {
        @if edits {
            (parts::button_link(&seat.link("/cases/open"), &t!(seat, "case-open"), true))
            (parts::button_link(&seat.link("/cases/find"), &t!(seat, "case-find"), false))
        }
    };
    let body = html! {
        (saved::bar(&seat).await?)
        (filters(&seat, Errors::default()))
        // While rows are being ticked nothing is replaced under the hand: only an untouched first
        // page follows what happens.
        @if edits { (rows) } @else {
            (parts::live("lines", &[topic(CASES, seat.scope())], &src, rows))
        }
        @if edits {
            p .links {
                a href=(export_path(&seat)) download { (t!(seat, "case-export")) }
                " · " a href=(seat.link("/cases/revise")) { (t!(seat, "case-revise")) }
                " · " a href=(seat.link("/cases/edits")) { (t!(seat, "case-edits")) }
                " · " a href=(seat.link("/cases/uncovered")) { (t!(seat, "case-uncovered")) }
            }
        }
    };
    let lead = html! { (t!(seat, "case-list-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-cases"), body).lead(lead).actions(actions)))
}

fn may_edit(seat: &Seat) -> bool {
    crate::pages::testing::people::has(seat, &[crate::access::Role::District])
}

/// The query of the address, without the page.
pub fn query(seat: &Seat) -> String {
    let here = seat.here(&[("after", None), ("format", None)]);
    here.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"))
}

fn bulk_path(seat: &Seat) -> String {
    format!("/cases/bulk{}", query(seat))
}

fn export_path(seat: &Seat) -> String {
    format!("/cases/export{}", query(seat))
}

/// Cases as a table.
pub async fn table(seat: &Seat, found: &[Case], ticks: bool) -> Result<Table, Fault> {
    let mut db = seat.db().await?;
    let names = Names::of_places(&mut db, found.iter().filter_map(Case::place)).await?;
    let columns = vec![
        Column::new("case", t!(seat, "case")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "case-class")),
        Column::new("severity", t!(seat, "case-severity")),
        Column::new("risk", t!(seat, "case-risk")),
        Column::new("found-in", t!(seat, "case-found-in")),
        Column::new("place", t!(seat, "place")),
        Column::new("found-at", t!(seat, "case-found-at")),
        Column::new("status", t!(seat, "case-state-label")),
    ];
    let rows = found.iter().map(|case| {
        let place = case.place().map(|place| names.place(seat, &place));
        let shown = words::short(case.id);
        let label = t!(seat, "case-tick", case = shown.as_str());
        vec![
            Cell::markup(
                html! {
                    @if ticks {
                        input type="checkbox" name="case" value=(case.id) aria-label=(label);
                        " "
                    }
                    (words::link(case.id))
                },
                case.id.to_string(),
            ),
            Cell::text(words::person(seat, case)),
            words::class_cell(seat, case.class()),
            words::severity_cell(seat, case.severity()),
            if case.is_high_risk() {
                Cell::tag(parts::Tone::Warning, t!(seat, "case-high-risk"))
            } else {
                Cell::none()
            },
            Cell::text(words::found_in(seat, case.found_in())),
            place.map_or_else(Cell::none, Cell::text),
            Cell::time(seat.time(case.found_at)),
            words::status_cell(seat, case),
        ]
    });
    Ok(Table::new(t!(seat, "case-list"), columns).empty(t!(seat, "case-list-empty")).rows(rows))
}

/// The list as a file that can be edited and brought back.
async fn export(seat: Seat) -> Answer {
    let filter = filter(&seat)?;
    let mut db = seat.db().await?;
    let found = views::list(&mut db, &filter, None, DOWNLOAD + 1).await?;
    // A list that breaks off without a word would be taken for the whole.
    if found.len() as i64 > DOWNLOAD {
        return Err(Refusal::new("too-many-rows").with("limit", DOWNLOAD).into());
    }
    Ok(revise::file(&seat, &found))
}

async fn find_page(seat: Seat) -> Answer {
    Ok(find_form(&seat, &FormData::default(), Errors::default()))
}

fn find_form(seat: &Seat, form: &FormData, errors: Errors) -> Response {
    let body = Form::new(seat, seat.link("/cases/find"))
        .errors(errors)
        .field(
            Field::text("number", t!(seat, "reg-by-number"))
                .hint(t!(seat, "case-find-hint"))
                .value(form.text("number"))
                .optional(),
        )
        .group(
            &t!(seat, "reg-by-name"),
            vec![
                Field::text("name", t!(seat, "reg-name")).value(form.text("name")).optional(),
                Field::number("year", t!(seat, "case-birth-year"))
                    .value(form.text("year"))
                    .optional(),
            ],
        )
        .button(&t!(seat, "reg-find"));
    let page = Page::new(t!(seat, "case-find"), body).timeless().narrow();
    seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases")))
}

/// Numbers and names are sent in the body: an address is kept in histories and logs.
async fn find(seat: Seat, form: FormData) -> Answer {
    let (number, name) = (form.text("number"), form.text("name"));
    if let Ok(case) = UnitId::parse(number) {
        return Ok(seat.go(&words::path(case)));
    }
    let keys = seat.app().keys();
    let mut wanted = Vec::new();
    if !number.is_empty() {
        let normal = registry::identity::normal_number(number);
        wanted.extend(
            registry::identity::IdType::ALL.into_iter().map(|kind| keys.id_index(kind, &normal)),
        );
        wanted
            .extend(registry::identity::normal_phone(number).map(|phone| keys.phone_index(&phone)));
    } else if !name.is_empty() {
        match form.text("year").parse::<u16>() {
            Ok(year) => wanted.push(cases::keys::of_name(keys, name, year)),
            Err(_) => {
                let errors = Errors::one("year", Refusal::new("case-find-year"));
                return Ok(find_form(&seat, &form, errors));
            }
        }
    }
    if wanted.is_empty() {
        let errors = Errors::one("number", Refusal::new("search-empty"));
        return Ok(find_form(&seat, &form, errors));
    }
    // A search is a look, too: at everybody of the county or counties in view.
    let area = super::open::county(&seat)?;
    let place = PlaceCode::parse(&area.to_string())?;
    let look = Look {
        at: LookedAt::Place(place),
        depth: LookDepth::Search,
        purpose: Purpose::Care,
        note: String::new(),
    };
    looks::record(&seat, area, look).await?;
    let mut db = seat.db().await?;
    let mut found: Vec<Case> = Vec::new();
    for key in wanted {
        for case in views::by_key(&mut db, key).await? {
            if seat.require(case.area()).is_ok() && !found.iter().any(|known| known.id == case.id) {
                found.push(case);
            }
        }
    }
    if let [one] = found.as_slice() {
        return Ok(seat.go(&words::path(one.id)));
    }
    let table = table(&seat, &found, false).await?.empty(t!(seat, "case-find-none"));
    let page = Page::new(t!(seat, "case-find"), table.render(&seat));
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}
