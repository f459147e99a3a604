//! What everybody may read: the bulletins without figures that may tell who somebody is. No account is
//! needed.

use axum::extract::Path;
use cases::Measure;
use command::{Public, views};
use ledger::Cursor;
use maud::html;
use types::{AreaScope, CommandId};

use super::report::{Drafter, Reader};
use super::{PAGE, files, words};
use crate::access::Policy;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/public/bulletins", Policy::Public, list);
    routes.get("/public/bulletins/{bulletin}", Policy::Public, show);
}

async fn list(seat: Seat) -> Answer {
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::bulletins(&mut db, AreaScope::ALL, after, PAGE + 1).await?;
    let next =
        cut(&mut found, PAGE, |b| Some(Cursor { at: b.document.until, id: b.id }.to_string()));
    found.retain(|bulletin| bulletin.corrected_by.is_none());
    let measures = [Measure::Confirmed, Measure::Asymptomatic];
    let mut columns = vec![
        Column::new("no", t!(seat, "bulletin")),
        Column::new("window", t!(seat, "case-window")),
        Column::new("area", t!(seat, "area")),
        Column::new("publisher", t!(seat, "case-publisher")),
    ];
    for measure in measures {
        let title = named(&seat, "bulletin-new", measure.as_str());
        columns.push(Column::new(measure.as_str(), title).numeric());
    }
    let rows = found.iter().map(|bulletin| {
        let document = &bulletin.document;
        let mut row = vec![
            Cell::link(
                &format!("/public/bulletins/{}", bulletin.id),
                words::number(&seat, document),
            ),
            Cell::text(words::window(&seat, document)),
            Cell::text(words::area(&seat, document.scope)),
            Cell::text(document.publisher.clone()),
        ];
        row.extend(measures.map(|m| Cell::number(document.of_window(m))));
        row
    });
    let table = Table::new(t!(seat, "bulletins-public"), columns)
        .empty(t!(seat, "bulletins-public-empty"))
        .next(next)
        .rows(rows);
    let lead = html! { (t!(seat, "bulletins-public-lead")) };
    Ok(seat.render(Page::new(t!(seat, "bulletins-public"), table.render(&seat)).lead(lead)))
}

async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    let id = CommandId::parse(&id).map_err(|_| Fault::not_found(&id))?;
    let mut db = seat.db().await?;
    let bulletin = views::bulletin(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    drop(db);
    let document = &bulletin.document;
    let public = Public::of(document);
    let reader = Reader::Everybody(&public);
    if let Some(file) = files::asked(&seat, document, reader) {
        return file;
    }
    let report = Drafter::new(&seat, document, reader).report();
    let path = format!("/public/bulletins/{id}");
    let body = html! {
        @if let Some(by) = bulletin.corrected_by {
            (parts::notice(Tone::Warning, &t!(seat, "bulletin-was-corrected"), html! {
                p { a href=(format!("/public/bulletins/{by}")) { (t!(seat, "bulletin-the-correction")) } }
            }))
        }
        (report.page(&seat))
    };
    let actions = html! {
        @for (href, text) in files::links(&path, false) {
            (parts::button_link(&href, &text, text == "PDF"))
        }
    };
    let page = Page::new(report.title.clone(), body)
        .as_of(document.as_of)
        .crumb("/public/bulletins", t!(seat, "bulletins-public"))
        .actions(actions);
    Ok(seat.render(page))
}
