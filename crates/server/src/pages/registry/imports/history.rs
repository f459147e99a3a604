//! The imports so far: who brought what, when, and what became of it.

use maud::html;
use registry::import::jobs::Job;
use types::Micros;

use super::{What, bytes, count, path, state};
use crate::house::topic;
use crate::imports::{IMPORTS, may_run};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};

/// Imports on one page.
const PAGE: usize = 50;

fn cells(seat: &Seat, job: &Job) -> Vec<Cell> {
    let totals = job.progress.totals;
    let (tone, word) = state(seat, job);
    vec![
        Cell::link(&path(job), job.file_name.clone()),
        Cell::text(What::of(job.kind).name(seat)),
        Cell::time(seat.time(job.created_at)),
        Cell::code(job.actor.clone()),
        Cell::text(parts::scope_text(seat, job.scope)),
        Cell::markup(html! { (bytes(job.bytes)) }, job.bytes.to_string()),
        Cell::number(count(totals.rows)),
        Cell::number(count(totals.accepted)),
        Cell::number(count(totals.duplicate)),
        Cell::number(count(totals.rejected)),
        Cell::tag(tone, word),
    ]
}

/// The list.
pub(super) async fn list(seat: Seat) -> Answer {
    let before = seat.param("after").and_then(|at| at.parse().ok()).map(Micros);
    let limit = if Table::wants_csv(&seat) { 10_000 } else { PAGE + 1 };
    let mut jobs = seat.app().imports().list(seat.scope(), before, limit).await?;
    let more = !Table::wants_csv(&seat) && jobs.len() > PAGE;
    jobs.truncate(if more { PAGE } else { limit });
    let next = jobs.last().filter(|_| more).map(|job| job.created_at.0.to_string());
    let columns = vec![
        Column::new("file", t!(seat, "imp-file")),
        Column::new("what", t!(seat, "imp-what")),
        Column::new("brought", t!(seat, "imp-brought")),
        Column::new("by", t!(seat, "imp-by")),
        Column::new("areas", t!(seat, "imp-areas")),
        Column::new("bytes", t!(seat, "imp-size")).numeric(),
        Column::new("rows", t!(seat, "imp-rows")).numeric(),
        Column::new("accepted", t!(seat, "imp-accepted")).numeric(),
        Column::new("duplicate", t!(seat, "imp-duplicate")).numeric(),
        Column::new("rejected", t!(seat, "imp-rejected")).numeric(),
        Column::new("state", t!(seat, "imp-state")),
    ];
    let table = Table::new(t!(seat, "nav-imports"), columns)
        .empty(t!(seat, "imp-history-empty"))
        .csv("imports")
        .next(next)
        .rows(jobs.iter().map(|job| cells(&seat, job)));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("imports") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("imports"))]);
    let body = parts::live("imports", &[topic(IMPORTS, seat.scope())], &src, part);
    let mut page = Page::new(t!(seat, "nav-imports"), body)
        .lead(html! { (t!(seat, "imp-lead")) })
        .crumb(seat.link("/registry"), t!(seat, "nav-registry"));
    let may_import = What::ALL
        .into_iter()
        .any(|what| may_run(seat.somebody(), what.kind(), seat.scope()).is_ok());
    if may_import {
        let new = seat.link("/registry/imports/new");
        page = page.actions(parts::button_link(&new, &t!(seat, "imp-new"), true));
    }
    Ok(seat.render(page))
}
