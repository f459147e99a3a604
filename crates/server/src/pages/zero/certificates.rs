//! Every certificate, those that were withdrawn among them.

use ledger::Cursor;
use maud::html;
use types::Micros;
use zero::{Certificate, views};

use super::{PAGE, READERS, words};
use crate::house::{ZERO, topic};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::Local;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zero/certificates", READERS, list);
}

async fn list(seat: Seat) -> Answer {
    let withdrawn = seat.param("withdrawn").is_some();
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::certificates(&mut db, seat.scope(), withdrawn, after, PAGE + 1).await?;
    let next =
        cut(&mut found, PAGE, |c| Some(Cursor { at: c.document.as_of, id: c.id }.to_string()));
    let grounds = found.iter().map(|c| &c.document.ground);
    let names = Names::of_places(&mut db, words::codes(grounds)).await?;
    drop(db);
    let path = |c: &Certificate| words::certificate_path(c.id);
    let table = table(&seat, &found, &names, path).csv("zero-certificates").next(next);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("certificates") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("certificates"))]);
    let tab = |href: &str, text: String, here: bool| parts::Tab {
        href: seat.link(href),
        text,
        count: None,
        current: here,
    };
    let body = html! {
        (parts::tabs(&t!(seat, "nav-zero-certificates"), &[
            tab("/zero/certificates", t!(seat, "zero-all-certificates"), !withdrawn),
            tab("/zero/certificates?withdrawn=1", t!(seat, "zero-only-withdrawn"), withdrawn),
        ]))
        (parts::live("certificates", &[topic(ZERO, seat.scope())], &src, part))
    };
    let page = Page::new(t!(seat, "nav-zero-certificates"), body)
        .lead(html! { (t!(seat, "zero-certificates-lead")) })
        .crumb(seat.link("/zero"), t!(seat, "nav-zero"))
        .actions(parts::button_link("/public/zero", &t!(seat, "zero-public"), false));
    Ok(seat.render(page))
}

/// Certificates as a table.
pub fn table(
    seat: &Seat,
    found: &[Certificate],
    names: &Names,
    path: impl Fn(&Certificate) -> String,
) -> Table {
    let day = |at: Micros| Local::new(at, seat.app().zone()).day().to_owned();
    let columns = vec![
        Column::new("number", t!(seat, "zero-certificate")),
        Column::new("area", t!(seat, "area")),
        Column::new("degree", t!(seat, "zero-level")),
        Column::new("standing", t!(seat, "decision-standing")),
        Column::new("since", t!(seat, "zero-since")),
        Column::new("at", t!(seat, "zero-signed-at")),
        Column::new("until", t!(seat, "decision-until")),
        Column::new("signed", t!(seat, "decision-signed")),
        Column::new("cause", t!(seat, "zero-cause")),
    ];
    let rows = found.iter().map(|certificate| {
        let document = &certificate.document;
        vec![
            Cell::link(&path(certificate), document.number()),
            Cell::text(words::ground(seat, names, &document.ground)),
            words::degree(seat, document.degree),
            words::standing(seat, certificate.standing(seat.now())),
            Cell::text(day(document.since)),
            Cell::time(seat.time(document.as_of)),
            Cell::time(seat.time(document.until)),
            Cell::text(document.signed_by.clone()),
            match &certificate.withdrawn {
                Some(how) => Cell::text(format!(
                    "{} · {}",
                    words::cause(seat, how.cause),
                    seat.time(how.recorded_at).as_str()
                )),
                None => Cell::none(),
            },
        ]
    });
    Table::new(t!(seat, "nav-zero-certificates"), columns)
        .empty(t!(seat, "zero-certificates-empty"))
        .rows(rows)
}
