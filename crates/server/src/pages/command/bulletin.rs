//! One bulletin: what it says, the cases behind each figure as they were, and what changed since.

use axum::extract::Path;
use cases::{FoundIn, Measure, Severity};
use command::{Bulletin, Frozen, views};
use maud::{Markup, html};
use types::{AreaScope, CommandId, Refusal, Span};

use super::report::{Drafter, Reader};
use super::{CASES as CASES_READERS, READERS, bulletins, files, words};
use crate::i18n::number;
use crate::pages::cases::words as case_words;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Cases on one page.
const CASES: usize = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/bulletins/{bulletin}", READERS, show);
    routes.get("/bulletins/{bulletin}/cases", CASES_READERS, list);
}

/// A bulletin that there is, of areas that somebody has to do with.
pub async fn read(seat: &Seat, text: &str) -> Result<Bulletin, Fault> {
    let id = CommandId::parse(text).map_err(|_| Fault::not_found(text))?;
    let mut db = seat.db().await?;
    let bulletin = views::bulletin(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    let (low, high) = seat.scope().bounds();
    let (first, last) = bulletin.document.scope.bounds();
    if first > high || last < low {
        return Err(Refusal::new("not-your-area").with("area", bulletin.document.scope).into());
    }
    Ok(bulletin)
}

async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    let bulletin = read(&seat, &id).await?;
    let document = &bulletin.document;
    let path = words::bulletin_path(bulletin.id);
    let own = bulletins::may_open(&seat, document.scope);
    let cases = format!("{path}/cases");
    let reader = Reader::Own(own.then_some(cases.as_str()));
    if let Some(file) = files::asked(&seat, document, reader) {
        return file;
    }
    let mut db = seat.db().await?;
    let today = bulletins::now(&mut db, document).await?;
    let corrects = match bulletin.corrects {
        Some(id) => views::bulletin(&mut db, id).await?,
        None => None,
    };
    drop(db);
    let report = Drafter::new(&seat, document, reader).report();
    let body = html! {
        (standing(&seat, &bulletin, &today, corrects.as_ref()))
        (report.page(&seat))
    };
    let actions = html! {
        @for (href, text) in files::links(&path, own) {
            (parts::button_link(&href, &text, text == "PDF"))
        }
        (parts::button_link(&format!("/public/bulletins/{}", bulletin.id), &t!(seat, "bulletin-public"), false))
    };
    let page = Page::new(report.title.clone(), body)
        .as_of(document.as_of)
        .crumb(seat.link("/bulletins"), t!(seat, "nav-bulletins"))
        .actions(actions);
    Ok(seat.render(page))
}

fn standing(
    seat: &Seat,
    bulletin: &Bulletin,
    today: &[(Measure, i64)],
    corrects: Option<&Bulletin>,
) -> Markup {
    let document = &bulletin.document;
    let drifted: Vec<_> = today.iter().filter(|(m, n)| document.of_window(*m) != *n).collect();
    let change = |measure: Measure, was: i64, now: i64| {
        format!(
            "{}: {} → {}",
            named(seat, "case-measure", measure.as_str()),
            number(was),
            number(now)
        )
    };
    html! {
        @if let Some(by) = bulletin.corrected_by {
            (parts::notice(Tone::Warning, &t!(seat, "bulletin-was-corrected"), html! {
                p { a href=(words::bulletin_path(by)) { (t!(seat, "bulletin-the-correction")) } }
            }))
        } @else if !drifted.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "bulletin-drifted"), html! {
                ul { @for (measure, n) in drifted { li { (change(*measure, document.of_window(*measure), *n)) } } }
                @if seat.may_open("/bulletins/new") && bulletins::may_open(seat, document.scope) {
                    p { a href=(draft_link(bulletin)) { (t!(seat, "bulletin-correct")) } }
                }
            }))
        }
        @if let Some(earlier) = corrects {
            (parts::notice(Tone::Info, &t!(seat, "bulletin-corrects"), html! {
                p { a href=(words::bulletin_path(earlier.id)) { (words::number(seat, &earlier.document)) } " · " (document.note) }
                ul { @for (measure, was, now) in earlier.document.differs(document) { li { (change(measure, was, now)) } } }
            }))
        }
    }
}

/// The draft of the same window.
fn draft_link(bulletin: &Bulletin) -> String {
    let document = &bulletin.document;
    let midnight = analytics::bulletin::ReportWindow::whole(document.window.day());
    let offset = jiff::tz::Offset::from_seconds(document.utc_offset_minutes * 60);
    let start = offset.map_or(document.from, |offset| midnight.start(offset));
    let hour = |at: types::Micros| (at - start).0 / Span::hours(1).0;
    format!(
        "/bulletins/new?day={}&from_hour={}&until_hour={}&area={}",
        document.window.day(),
        hour(document.from),
        hour(document.until),
        document.scope
    )
}

/// Which of the cases behind a bulletin are asked for.
struct Filter {
    measure: Measure,
    of: Option<AreaScope>,
    found_in: Option<Option<FoundIn>>,
    severity: Option<Severity>,
}

impl Filter {
    fn of(seat: &Seat) -> Result<Filter, Refusal> {
        let measure = seat.param("measure").and_then(|text| Measure::parse(&text));
        Ok(Filter {
            measure: measure.ok_or_else(|| Refusal::new("malformed-request"))?,
            of: seat.param("of").map(|text| AreaScope::parse(&text)).transpose()?,
            found_in: match seat.param("found_in").as_deref() {
                Some("unknown") => Some(None),
                Some(text) => FoundIn::parse(text).map(Some),
                None => None,
            },
            severity: seat.param("severity").and_then(|text| Severity::parse(&text)),
        })
    }

    fn has(&self, line: &Frozen) -> bool {
        line.measures.contains(&self.measure)
            && self.of.is_none_or(|of| of.contains(line.case.area()))
            && self.found_in.is_none_or(|found_in| line.found_in == found_in)
            && self.severity.is_none_or(|severity| line.severity == Some(severity))
    }

    fn title(&self, seat: &Seat) -> String {
        let mut parts = vec![named(seat, "bulletin-new", self.measure.as_str())];
        parts.extend(self.of.map(|of| words::area(seat, of)));
        parts.extend(self.found_in.map(|f| case_words::found_in(seat, f)));
        parts.extend(self.severity.map(|s| named(seat, "case-severity", s.as_str())));
        parts.join(" · ")
    }
}

async fn list(seat: Seat, Path(id): Path<String>) -> Answer {
    let bulletin = read(&seat, &id).await?;
    if !bulletins::may_open(&seat, bulletin.document.scope) {
        return Err(Refusal::new("not-your-area").with("area", bulletin.document.scope).into());
    }
    let filter = Filter::of(&seat)?;
    let mut db = seat.db().await?;
    let mut lines = views::frozen(&mut db, &bulletin).await?;
    lines.retain(|line| filter.has(line));
    lines.sort_by_key(|line| line.case);
    let all = lines.len() as i64;
    let after = seat.param("after").and_then(|text| types::UnitId::parse(&text).ok());
    lines.retain(|line| after.is_none_or(|after| line.case > after));
    let next = crate::ui::table::cut(&mut lines, CASES as i64, |line| Some(line.case.to_string()));
    let ids: Vec<_> = lines.iter().map(|line| line.case).collect();
    let today = cases::views::cases(&mut db, &ids).await?;
    drop(db);
    let columns = vec![
        Column::new("case", t!(seat, "case")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "bulletin-class-then")),
        Column::new("severity", t!(seat, "case-severity")),
        Column::new("found-in", t!(seat, "case-found-in")),
        Column::new("now", t!(seat, "bulletin-now")),
    ];
    let rows = lines.iter().map(|line| {
        let now = today.iter().find(|case| case.id == line.case);
        vec![
            Cell::markup(case_words::link(line.case), line.case.to_string()),
            now.map_or_else(Cell::none, |case| Cell::text(case_words::person(&seat, case))),
            case_words::class_cell(&seat, line.class),
            case_words::severity_cell(&seat, line.severity),
            Cell::text(case_words::found_in(&seat, line.found_in)),
            match now {
                Some(case) if !case.counts().iter().any(|(m, _)| *m == filter.measure) => {
                    Cell::tag(Tone::Warning, t!(seat, "bulletin-counts-no-more"))
                }
                Some(case) if case.class() != line.class => {
                    case_words::class_cell(&seat, case.class())
                }
                Some(case) if case.found_in() != line.found_in => {
                    Cell::text(case_words::found_in(&seat, case.found_in()))
                }
                Some(_) => Cell::tag(Tone::Good, t!(seat, "bulletin-unchanged")),
                None => Cell::none(),
            },
        ]
    });
    let title = filter.title(&seat);
    let table = Table::new(title.clone(), columns)
        .window(words::window(&seat, &bulletin.document))
        .empty(t!(seat, "case-list-empty"))
        .total(all)
        .next(next)
        .rows(rows);
    let page = Page::new(title, table.render(&seat))
        .as_of(bulletin.document.as_of)
        .crumb(seat.link("/bulletins"), t!(seat, "nav-bulletins"))
        .crumb(words::bulletin_path(bulletin.id), words::number(&seat, &bulletin.document));
    Ok(seat.render(page))
}
