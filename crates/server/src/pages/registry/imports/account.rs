//! The account of an import's rows: rows in = taken in + there already + rejected, why, and the
//! rows themselves, to look at and to take away.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::import::jobs::{Job, JobState};
use registry::import::{KeptRemark, Kind, RowStatus, Wanted};
use tokio_stream::wrappers::ReceiverStream;

use super::mask::{Headings, show};
use super::{count, field_name, own, path, reason, status};
use crate::i18n::{Lang, Speaks, number};
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, imports, looks, t};

/// Rows shown with the account.
const FIRST: i64 = 10;
/// Rows on one page of the list.
const PAGE: i64 = 100;

/// The account, with its first rejected rows for who may see them.
pub(super) async fn account(seat: &Seat, job: &Job, rows: bool) -> Result<Markup, Fault> {
    let jobs = seat.app().imports();
    let rules = jobs.rules(job.id).await?;
    let totals = job.progress.totals;
    if totals.rows + totals.blank == 0 {
        return Ok(html! {});
    }
    let kept = !rules.is_empty();
    let list = |status: RowStatus, n: u64| {
        (rows && kept && n > 0).then(|| format!("{}/rows?status={}", path(job), status.as_str()))
    };
    let written = job.state == JobState::Done || job.is_begun();
    let accepted = if written { t!(seat, "imp-accepted") } else { t!(seat, "imp-would-accept") };
    let figure = |label, n: u64, href, detail, tone| Figure {
        label,
        value: number(count(n)),
        href,
        detail,
        tone,
    };
    let twice = (totals.repeated > 0)
        .then(|| t!(seat, "imp-of-these-repeated", n = number(count(totals.repeated))));
    let moved =
        (totals.moved > 0).then(|| t!(seat, "imp-of-these-moved", n = number(count(totals.moved))));
    let detail: Vec<String> = [twice, moved].into_iter().flatten().collect();
    let bad = if totals.rejected > 0 { Tone::Bad } else { Tone::Plain };
    // There already, for one of three reasons: the table of reasons has the lists.
    let there = (kept && totals.duplicate > 0).then(|| "#reasons".to_owned());
    let figures = [
        figure(t!(seat, "imp-rows"), totals.rows, None, blank(seat, totals.blank), Tone::Plain),
        figure(accepted, totals.accepted, None, None, Tone::Good),
        figure(
            t!(seat, "imp-duplicate"),
            totals.duplicate,
            there,
            (!detail.is_empty()).then(|| detail.join(" · ")),
            Tone::Plain,
        ),
        figure(
            t!(seat, "imp-rejected"),
            totals.rejected,
            list(RowStatus::Rejected, totals.rejected),
            None,
            bad,
        ),
    ];
    let sum = t!(
        seat,
        "imp-sum",
        rows = number(count(totals.rows)),
        accepted = number(count(totals.accepted)),
        duplicate = number(count(totals.duplicate)),
        rejected = number(count(totals.rejected))
    );
    let first = match rows && totals.rejected > 0 && kept {
        true => {
            let rejected = Wanted { status: Some(RowStatus::Rejected), rule: None };
            jobs.remarks(job.id, 0, &rejected, FIRST).await?
        }
        false => Vec::new(),
    };
    Ok(html! {
        h2 { (t!(seat, "imp-account")) }
        (parts::figures(&figures))
        p .account__sum { (sum) }
        @if kept { div #reasons { (reasons(seat, job, &rules, rows)) } }
        @else if totals.rejected + totals.duplicate > 0 { p .muted { (t!(seat, "imp-rows-forgotten")) } }
        @if !first.is_empty() {
            (table(seat, job, t!(seat, "imp-first-rejected"), &first).await?
                .total(count(totals.rejected)).render(seat))
        }
        @if kept && rows { (downloads(seat, job)) }
    })
}

fn blank(seat: &Seat, blank: u64) -> Option<String> {
    (blank > 0).then(|| t!(seat, "imp-blank", n = number(count(blank))))
}

/// How many rows each rule kept out.
fn reasons(seat: &Seat, job: &Job, rules: &[(RowStatus, String, i64)], open: bool) -> Markup {
    let columns = vec![
        Column::new("reason", t!(seat, "imp-reason")),
        Column::new("status", t!(seat, "imp-row-status")),
        Column::new("rows", t!(seat, "imp-rows")).numeric(),
    ];
    let lines = rules.iter().map(|(of, rule, n)| {
        let (tone, word) = status(seat, *of);
        let href = format!("{}/rows?status={}&rule={rule}", path(job), of.as_str());
        vec![
            Cell::text(reason(seat, rule)),
            Cell::tag(tone, word),
            if open { Cell::count(*n, &href) } else { Cell::number(*n) },
        ]
    });
    Table::new(t!(seat, "imp-reasons"), columns).rows(lines).render(seat)
}

/// Rows that were not simply taken in: where they stand, what rule, what stood there.
async fn table(
    seat: &Seat,
    job: &Job,
    caption: String,
    found: &[(u32, KeptRemark)],
) -> Result<Table, Fault> {
    let headers = seat.app().imports().headers(job.id).await?;
    let masks: Vec<Headings> = headers
        .iter()
        .map(|(_, header)| Headings::of(job.kind, header, &job.settings.choices))
        .collect();
    let sheets = found.iter().any(|(_, remark)| remark.sheet.is_some());
    let mut columns = vec![Column::new("line", t!(seat, "imp-line"))];
    if sheets {
        columns.push(Column::new("sheet", t!(seat, "imp-sheet")));
    }
    columns.extend([
        Column::new("status", t!(seat, "imp-row-status")),
        Column::new("field", t!(seat, "imp-field")),
        Column::new("reason", t!(seat, "imp-reason")),
        Column::new("cells", t!(seat, "imp-cells")),
    ]);
    let lines = found.iter().map(|(_, remark)| {
        let (tone, word) = status(seat, remark.status);
        let mut cells = vec![Cell::number(remark.line.into())];
        if sheets {
            cells.push(Cell::text(remark.sheet.clone().unwrap_or_default()));
        }
        let field = match remark.field.as_str() {
            "" => t!(seat, "imp-whole-row"),
            field => field_name(seat, job.kind, field),
        };
        let why = match remark.repeats {
            Some(of) => format!(
                "{} ({})",
                reason(seat, &remark.rule),
                t!(seat, "imp-repeats", row = number(of.into()))
            ),
            None => reason(seat, &remark.rule),
        };
        let table = headers.iter().position(|(sheet, _)| *sheet == remark.sheet);
        let heading = |n: usize| {
            let header = table.and_then(|table| headers.get(table));
            header.and_then(|(_, header)| header.get(n)).map_or("", String::as_str)
        };
        let shown: Vec<String> = remark
            .cells
            .iter()
            .enumerate()
            .map(|(n, cell)| match table.and_then(|table| masks.get(table)) {
                Some(mask) => mask.show(heading(n), cell),
                None => show(job.kind, None, cell),
            })
            .filter(|cell| !cell.is_empty())
            .collect();
        cells.extend([
            Cell::tag(tone, word),
            Cell::text(field),
            Cell::text(why),
            Cell::text(shown.join(" · ")),
        ]);
        cells
    });
    Ok(Table::new(caption, columns).empty(t!(seat, "imp-rows-none")).rows(lines))
}

/// What can be taken away as a file; people's data only for a purpose, on record.
fn downloads(seat: &Seat, job: &Job) -> Markup {
    let action = format!("{}/rows.csv", path(job));
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "imp-download")) }
            p { (t!(seat, "imp-download-lead")) }
            form method="get" action=(action) .form {
                @if job.kind != Kind::Places {
                    (super::super::purpose_field(seat, Purpose::Correction.as_str()).bare(seat))
                    p .muted { (t!(seat, "imp-download-recorded")) }
                }
                div .buttons {
                    @if job.progress.totals.rejected > 0 {
                        button .button type="submit" name="status" value="rejected" {
                            (parts::icon("download")) (t!(seat, "imp-download-rejected"))
                        }
                    }
                    button .button .button--secondary type="submit" name="status" value="" {
                        (parts::icon("download")) (t!(seat, "imp-download-all"))
                    }
                }
            }
        }
    }
}

fn wanted(seat: &Seat) -> Wanted {
    Wanted {
        status: seat.param("status").as_deref().and_then(RowStatus::parse),
        rule: seat.param("rule"),
    }
}

/// The list of such rows.
pub(super) async fn rows(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    let wanted = wanted(&seat);
    let after = seat.param("after").and_then(|row| row.parse().ok()).unwrap_or(0);
    let jobs = seat.app().imports();
    let mut found = jobs.remarks(job.id, after, &wanted, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |(row, _)| Some(row.to_string()));
    let total = jobs
        .rules(job.id)
        .await?
        .iter()
        .filter(|(status, rule, _)| {
            wanted.status.is_none_or(|w| w == *status)
                && wanted.rule.as_ref().is_none_or(|w| w == rule)
        })
        .map(|(_, _, n)| n)
        .sum();
    let caption = match &wanted.rule {
        Some(rule) => reason(&seat, rule),
        None => t!(seat, "imp-rows-not-taken"),
    };
    let table = table(&seat, &job, caption, &found).await?.total(total).next(next);
    let page = Page::new(t!(seat, "imp-rows-not-taken"), table.render(&seat))
        .crumb(seat.link("/registry/imports"), t!(seat, "nav-imports"))
        .crumb(path(&job), job.file_name.clone());
    Ok(unkept(seat.render(page)))
}

/// Those rows as a file, in the shape of the one that was brought.
pub(super) async fn download(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    let wanted = wanted(&seat);
    if job.kind != Kind::Places {
        let purpose = super::super::purpose_of(&seat.param("purpose").unwrap_or_default())?;
        let look = Look {
            at: LookedAt::Import(job.id),
            depth: LookDepth::Reveal,
            purpose,
            note: format!("import {}", job.id),
        };
        looks::record(&seat, imports::area_of(job.scope), look).await?;
    }
    let pieces = seat.app().imports().csv(job.id, wanted.clone(), seat.lang() == Lang::Zh);
    let pieces = ReceiverStream::new(pieces).map(|piece| piece.map_err(std::io::Error::other));
    let stem = job.file_name.rsplit_once('.').map_or(job.file_name.as_str(), |(stem, _)| stem);
    let what = if wanted.status == Some(RowStatus::Rejected) { "rejected" } else { "not-taken" };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!(
                "attachment; filename=\"{what}.csv\"; filename*=UTF-8''{}",
                percent(&format!("{stem}-{what}.csv"))
            ),
        ),
    ];
    Ok(unkept((headers, Body::from_stream(pieces)).into_response()))
}

/// A text in the form of RFC 5987.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(byte.into()),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// A page with people's data, masked or not, stays in no cache.
pub(super) fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_fits_into_a_header() {
        assert_eq!(percent("名册 1-rejected.csv"), "%E5%90%8D%E5%86%8C%201-rejected.csv");
        assert_eq!(percent("a\"b\r\n"), "a%22b%0D%0A");
    }
}
