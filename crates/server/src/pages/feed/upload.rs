//! Bringing a file of results: it is stored, read through without effect, and recorded once
//! somebody has seen what would come of it.

use axum::extract::Multipart;
use axum::extract::multipart::Field as Part;
use futures::StreamExt;
use maud::{Markup, html};
use types::{HolderCode, Refusal};

use super::BRINGERS;
use crate::Fault;
use crate::feed::api::{FILE_BYTES, own_laboratory, page_of};
use crate::feed::file::{self, Stored, Upload};
use crate::feed::laboratory::Laboratory;
use crate::feed::message::Channel;
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed/upload", BRINGERS, show);
    routes
        .post("/testing/feed/upload", BRINGERS, take)
        .bulk()
        .body_limit(FILE_BYTES)
        .timeout_seconds(0);
}

async fn show(seat: Seat) -> Answer {
    Ok(seat.render(page(&seat, "", Errors::default())?))
}

fn page(seat: &Seat, lab: &str, errors: Errors) -> Result<Page, Fault> {
    let own = seat.grant()?.holder.clone();
    let mut form = Form::new(seat, seat.link("/testing/feed/upload")).upload().errors(errors);
    if own.is_none() {
        form = form.field(
            Field::text("lab", t!(seat, "laboratory"))
                .hint(t!(seat, "feed-upload-lab-hint"))
                .value(lab)
                .short(),
        );
    }
    let body = html! {
        @if let Some(own) = &own { p { (t!(seat, "feed-upload-for")) " " code { (own) } } }
        (form.field(Field::file("file", t!(seat, "feed-upload-file")).hint(t!(
            seat,
            "feed-upload-file-hint",
            mib = number((FILE_BYTES >> 20) as i64)
        ))).button(&t!(seat, "feed-upload-check")))
        (columns(seat))
    };
    Ok(Page::new(t!(seat, "feed-upload"), body)
        .lead(html! { (t!(seat, "feed-upload-lead")) })
        .crumb(seat.link("/testing/feed"), t!(seat, "nav-feed"))
        .timeless()
        .narrow())
}

/// What columns a file has.
fn columns(seat: &Seat) -> Markup {
    const COLUMNS: [(&str, &str); 6] = [
        ("feed-column-tube", "tube · 管码 · 试管编号 · 条码"),
        ("feed-column-result", "result · 结果 · 检测结果"),
        ("feed-column-ct", "ct_n · ct_orf1ab · ic · N基因Ct值 · ORF1ab基因Ct值 · 内标Ct值"),
        ("feed-column-times", "tested_at · reported_at · 检测时间 · 报告时间"),
        ("feed-column-place", "plate · well · 板号 · 孔位"),
        ("feed-column-status", "status · 状态 (F, C, P, X)"),
    ];
    let rows: Vec<(String, Markup)> = COLUMNS
        .iter()
        .map(|(key, names)| (seat.text(key), html! { code .wrap { (names) } }))
        .collect();
    parts::panel(
        &t!(seat, "feed-columns"),
        html! {
            p { (t!(seat, "feed-columns-hint")) }
            (parts::facts(&rows))
            pre .raw tabindex="0" role="region" aria-label=(t!(seat, "feed-columns-example")) {
                "管码,N基因Ct值,ORF1ab基因Ct值,内标Ct值,结果,检测时间\n"
                "T220202000000127,,,27.5,阴性,2022-03-15 07:00\n"
            }
        },
    )
}

async fn take(seat: Seat, mut parts: Multipart) -> Answer {
    let own = seat.grant()?.holder.clone();
    let mut named = String::new();
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        match part.name().unwrap_or_default() {
            "lab" => named = part.text().await.map_err(unreadable)?,
            "file" => {
                let lab =
                    own_laboratory(own.as_ref(), Some(named.trim()).filter(|n| !n.is_empty()));
                let stored = match lab {
                    Ok(lab) => store(&seat, lab, part).await,
                    Err(refusal) => return again(&seat, &named, "lab", refusal),
                };
                return match stored {
                    Ok(Stored::New(id)) => {
                        file::start_check(seat.app(), id);
                        Ok(seat.go(&seat.link(&page_of(id))))
                    }
                    Ok(Stored::Before(id)) => {
                        Ok(seat.go(&seat.link(&format!("{}?again=1", page_of(id)))))
                    }
                    Err(fault) if fault.status.is_client_error() => {
                        again(&seat, &named, "file", fault.refusal)
                    }
                    Err(fault) => Err(fault),
                };
            }
            _ => {}
        }
    }
    again(&seat, &named, "file", Refusal::new("feed-file-missing"))
}

fn again(seat: &Seat, lab: &str, field: &'static str, refusal: Refusal) -> Answer {
    Ok(seat.render(page(seat, lab, Errors::one(field, refusal))?))
}

async fn store(seat: &Seat, lab: HolderCode, part: Part<'_>) -> Result<Stored, Fault> {
    let name = part.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Refusal::new("feed-file-missing").into());
    }
    let mut db = seat.db().await?;
    let upload = Upload {
        channel: Channel::Page,
        name,
        lab: Laboratory::of(&mut db, lab).await?,
        actor: seat.actor()?.user.clone(),
        scope: seat.grant()?.scope,
    };
    drop(db);
    let pieces = part.map(|piece| piece.map_err(unreadable));
    file::store(seat.app(), &upload, Box::pin(pieces)).await
}

/// A body that ended too early, is longer than what is taken, or is no form.
fn unreadable(e: axum::extract::multipart::MultipartError) -> Fault {
    match e.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::new("too-large").with("limit", FILE_BYTES).into()
        }
        _ => Refusal::new("malformed-request").into(),
    }
}
