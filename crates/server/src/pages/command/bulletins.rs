//! The bulletins that were published, and what has become of their figures since.

use cases::Measure;
use cases::views::Window;
use command::{Bulletin, Document, views};
use ledger::Cursor;
use maud::html;
use types::AreaScope;

use super::{PAGE, READERS, files, words};
use crate::house::{COMMAND, topic};
use crate::i18n::number;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// Bulletins whose figures are held against today's.
const COMPARED: usize = 15;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/bulletins", READERS, list);
}

/// The figures of a bulletin's window as they are now.
pub async fn now(
    db: &mut store::Connection,
    document: &Document,
) -> Result<Vec<(Measure, i64)>, Fault> {
    let window =
        Window { scope: document.scope, from: document.from, until: document.until, as_of: None };
    let figures = cases::views::figures(db, &window).await?;
    Ok(document.seen().into_iter().map(|(m, _)| (m, figures.total(m))).collect())
}

async fn list(seat: Seat) -> Answer {
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::bulletins(&mut db, seat.scope(), after, PAGE + 1).await?;
    let next =
        cut(&mut found, PAGE, |b| Some(Cursor { at: b.document.until, id: b.id }.to_string()));
    let mut today = Vec::new();
    for bulletin in found.iter().take(COMPARED) {
        today.push(Some(now(&mut db, &bulletin.document).await?));
    }
    today.resize(found.len(), None);
    drop(db);
    let measures = [
        Measure::Confirmed,
        Measure::Converted,
        Measure::Asymptomatic,
        Measure::Discharged,
        Measure::Released,
    ];
    let mut columns = vec![
        Column::new("no", t!(seat, "bulletin")),
        Column::new("window", t!(seat, "case-window")),
        Column::new("area", t!(seat, "area")),
    ];
    for measure in measures {
        columns.push(
            Column::new(measure.as_str(), named(&seat, "bulletin-new", measure.as_str())).numeric(),
        );
    }
    columns.push(Column::new("state", t!(seat, "case-since-published")));
    columns.push(Column::new("files", t!(seat, "bulletin-files")));
    let rows = found.iter().zip(&today).map(|(bulletin, today)| {
        let document = &bulletin.document;
        let path = words::bulletin_path(bulletin.id);
        let mut row = vec![
            Cell::link(&path, words::number(&seat, document)),
            Cell::text(words::window(&seat, document)),
            Cell::text(words::area(&seat, document.scope)),
        ];
        row.extend(measures.map(|m| Cell::number(document.of_window(m))));
        row.push(state(&seat, bulletin, today.as_deref()));
        row.push(Cell::words(html! {
            @for (href, text) in files::links(&path, may_open(&seat, document.scope)) {
                a href=(href) { (text) } " "
            }
        }));
        row
    });
    let table = Table::new(t!(seat, "nav-bulletins"), columns)
        .empty(t!(seat, "bulletins-empty"))
        .next(next)
        .rows(rows);
    let part = table.render(&seat);
    if seat.wants_fragment("bulletins") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("bulletins"))]);
    let body = parts::live("bulletins", &[topic(COMMAND, seat.scope())], &src, part);
    let actions = html! {
        @if seat.may_open("/bulletins/new") {
            (parts::button_link(&seat.link("/bulletins/new"), &t!(seat, "bulletin-new"), true))
        }
        (parts::button_link("/public/bulletins", &t!(seat, "bulletins-public"), false))
    };
    let lead = html! { (t!(seat, "bulletins-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-bulletins"), body).lead(lead).actions(actions)))
}

/// Whether somebody may see the cases behind a bulletin: only with all of its areas in view.
pub fn may_open(seat: &Seat, scope: AreaScope) -> bool {
    seat.scope().covers(scope) && seat.may_open("/bulletins/{bulletin}/cases")
}

/// What has become of a bulletin.
pub fn state(seat: &Seat, bulletin: &Bulletin, today: Option<&[(Measure, i64)]>) -> Cell {
    if let Some(by) = bulletin.corrected_by {
        return Cell::words(html! {
            a href=(words::bulletin_path(by)) { (t!(seat, "case-was-corrected")) }
        });
    }
    let Some(today) = today else { return Cell::none() };
    let drifted: Vec<&(Measure, i64)> =
        today.iter().filter(|(m, n)| bulletin.document.of_window(*m) != *n).collect();
    if drifted.is_empty() {
        return Cell::tag(Tone::Good, t!(seat, "case-as-published"));
    }
    Cell::words(html! {
        (parts::tag(Tone::Warning, &t!(seat, "case-differs-now"))) " "
        @for (measure, n) in drifted {
            (named(seat, "case-measure", measure.as_str())) " " (number(*n)) " "
        }
    })
    .long()
}
