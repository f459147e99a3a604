//! Choosing what to bring, and bringing it: the file goes to the disk as it comes, sealed.

use std::io::Write;
use std::time::Duration;

use axum::extract::Path;
use axum::extract::multipart::{Field as Part, Multipart, MultipartRejection};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::html;
use registry::import::columns;
use registry::import::jobs::{NewJob, Settings};
use registry::import::{ImportError, Received};
use tokio::sync::mpsc;
use types::Refusal;

use super::{What, steps};
use crate::i18n::{Lang, Speaks};
use crate::imports::{self, may_run};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{csv_field, csv_file};
use crate::{App, Fault, t};

/// What the form around a file takes at most: who announces so much more than the longest file has
/// one that is too long.
const AROUND: u64 = 64 << 10;
/// Longest body that is listened to: somebody whose file is too long is told so, and not cut off
/// in the middle of sending it.
pub(super) const BODY: usize = 8 << 30;
/// A sender who says nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(60);
/// Pieces on their way to the disk.
const PIECES: usize = 8;

/// What to bring.
pub(super) async fn choose(seat: Seat) -> Answer {
    let open = |what: &What| may_run(seat.somebody(), what.kind(), seat.scope()).is_ok();
    let body = html! {
        (steps(&seat, 1))
        ul .cards {
            @for what in What::ALL.into_iter().filter(open) {
                li .card {
                    a .card__link href=(seat.link(&format!("/registry/imports/new/{}", what.as_str()))) {
                        (what.name(&seat))
                    }
                    p { (seat.text(&format!("imp-what-{}-hint", what.as_str()))) }
                }
            }
        }
        p .muted { (t!(seat, "imp-order")) }
    };
    Ok(seat.render(page(&seat, t!(seat, "imp-new"), body)))
}

fn page(seat: &Seat, title: String, body: maud::Markup) -> Page {
    Page::new(title, body)
        .crumb(seat.link("/registry/imports"), t!(seat, "nav-imports"))
        .timeless()
        .narrow()
}

/// The form for a file.
pub(super) async fn form(seat: Seat, Path(kind): Path<String>) -> Answer {
    let what = What::parse(&kind)?;
    may_run(seat.somebody(), what.kind(), seat.scope())?;
    Ok(show(&seat, what, Errors::default()))
}

fn show(seat: &Seat, what: What, errors: Errors) -> Response {
    let wrong = !errors.is_empty();
    let template = format!("/registry/imports/template/{}", what.as_str());
    let areas = format!("/areas?back=/registry/imports/new/{}", what.as_str());
    let form = Form::new(seat, seat.link(&format!("/registry/imports/new/{}", what.as_str())))
        .upload()
        .errors(errors)
        .field(
            Field::file("file", t!(seat, "imp-file"))
                .hint(seat.text(&format!("imp-what-{}-file", what.as_str()))),
        )
        .button(&t!(seat, "imp-upload"));
    let facts = [
        (
            t!(seat, "imp-areas"),
            html! {
                (parts::scope_text(seat, seat.scope())) " · " a href=(areas) { (t!(seat, "imp-other-areas")) }
            },
        ),
        (
            t!(seat, "imp-limit"),
            html! { (t!(seat, "imp-limit-text", limit = super::bytes(seat.app().config().limits.upload_bytes))) },
        ),
        (
            t!(seat, "imp-kept"),
            html! {
                (t!(seat, "imp-kept-text", days = imports::KEPT_DAYS))
            },
        ),
    ];
    let body = html! {
        (steps(seat, 2))
        (form)
        (parts::facts(&facts))
        @if what != What::Boundaries {
            p { a href=(template) download { (t!(seat, "imp-template")) } }
        }
    };
    let title = what.name(seat);
    let page =
        page(seat, title, body).crumb(seat.link("/registry/imports/new"), t!(seat, "imp-new"));
    let shown = seat.render(page);
    if wrong { (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response() } else { shown }
}

/// An empty table with the headings that are understood.
pub(super) async fn template(seat: Seat, Path(kind): Path<String>) -> Answer {
    let what = What::parse(&kind)?;
    let headings = columns::template(what.kind(), seat.lang() == Lang::Zh);
    let cells: Vec<String> = headings.into_iter().map(csv_field).collect();
    Ok(csv_file(what.as_str(), format!("\u{feff}{}\r\n", cells.join(","))))
}

/// Takes a file.
pub(super) async fn take(
    seat: Seat,
    Path(kind): Path<String>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    let what = What::parse(&kind)?;
    may_run(seat.somebody(), what.kind(), seat.scope())?;
    let refused = |refusal| Ok(show(&seat, what, Errors::one("file", refusal)));
    let Ok(mut form) = form else { return refused(Refusal::new("import-file-missing")) };
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let (name, file) = match receive(seat.app(), &mut form, announced).await? {
        Ok(received) => received,
        Err(refusal) => return refused(refusal),
    };
    let jobs = seat.app().imports();
    let grant = seat.grant()?;
    let new = NewJob {
        file,
        kind: what.kind(),
        scope: seat.scope(),
        file_name: name,
        actor: seat.actor()?.for_ledger(grant),
    };
    jobs.add(new).await?;
    let job =
        jobs.job(file.id).await?.ok_or_else(|| Fault::internal("a job that was just added"))?;
    // What is no table at all is said where the file was chosen.
    match jobs.inspect(&job, &Settings::default()).await {
        Err(error @ ImportError::Format(_)) => {
            jobs.forget(file.id).await?;
            refused(error.refusal())
        }
        Err(error) => Err(error.into()),
        Ok(seen) if !seen.has_rows() => {
            jobs.forget(file.id).await?;
            refused(Refusal::new("import-no-rows"))
        }
        Ok(_) => Ok(seat.go(&format!("/registry/imports/{}/columns", job.id))),
    }
}

type Taken = Result<(String, Received), Refusal>;

/// The first file of a form: its name, and what was taken of it.
async fn receive(app: &App, form: &mut Multipart, announced: Option<u64>) -> Result<Taken, Fault> {
    let broke_off = || Ok(Err(Refusal::new("import-upload-broke-off")));
    loop {
        let part = match form.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return Ok(Err(Refusal::new("import-file-missing"))),
            Err(_) => return broke_off(),
        };
        if part.name() != Some("file") {
            continue;
        }
        let name = file_name(part.file_name().unwrap_or_default());
        if name.is_empty() {
            return Ok(Err(Refusal::new("import-file-missing")));
        }
        return Ok(store(app, part, announced).await?.map(|file| (name, file)));
    }
}

/// The name of a file without the directories that some browsers send along.
fn file_name(sent: &str) -> String {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(200).collect::<String>().trim().to_owned()
}

enum Piece {
    Bytes(Bytes),
    End,
}

/// Writes a file as it comes. What is cut off, or is too long, leaves nothing behind.
async fn store(
    app: &App,
    mut part: Part<'_>,
    announced: Option<u64>,
) -> Result<Result<Received, Refusal>, Fault> {
    let limit = app.config().limits.upload_bytes;
    let too_large = || Refusal::new("import-too-large").with("limit", super::bytes(limit));
    let (pieces, mut coming) = mpsc::channel::<Piece>(PIECES);
    let jobs = app.imports().clone();
    let writer = tokio::task::spawn_blocking(move || -> Result<Option<Received>, ImportError> {
        let mut incoming = jobs.begin()?;
        while let Some(piece) = coming.blocking_recv() {
            match piece {
                Piece::Bytes(bytes) => incoming.write_all(&bytes)?,
                Piece::End => return Ok(Some(incoming.finish()?)),
            }
        }
        Ok(None)
    });
    // Of a file that is too long by its own account nothing is written.
    let mut wrong = announced.filter(|bytes| *bytes > limit + AROUND).map(|_| too_large());
    let mut length = 0_u64;
    loop {
        let piece = match tokio::time::timeout(SILENCE, part.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) => {
                wrong = Some(Refusal::new("import-upload-broke-off"));
                break;
            }
        };
        length += piece.len() as u64;
        if length > limit {
            wrong = Some(too_large());
            continue; // Read to its end, or the browser does not listen to the answer.
        }
        if wrong.is_none() && pieces.send(Piece::Bytes(piece)).await.is_err() {
            wrong = Some(Refusal::new("import-not-stored")); // The writer has stopped: see below.
        }
    }
    if length == 0 && wrong.is_none() {
        wrong = Some(Refusal::new("import-file-empty"));
    }
    if wrong.is_none() {
        // If nobody takes it, the writer says why.
        let _ = pieces.send(Piece::End).await;
    }
    drop(pieces);
    let written = writer.await.map_err(Fault::internal)?;
    match (written, wrong) {
        (Err(error), _) => {
            tracing::error!(%error, "an uploaded file was not stored");
            Ok(Err(Refusal::new("import-not-stored")))
        }
        (Ok(_), Some(refusal)) => Ok(Err(refusal)),
        (Ok(Some(file)), None) => Ok(Ok(file)),
        (Ok(None), None) => Err(Fault::internal("a file without its end")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_name_and_nothing_else() {
        assert_eq!(file_name("C:\\lists\\名册.xlsx"), "名册.xlsx");
        assert_eq!(file_name("/home/x/list.csv"), "list.csv");
        assert_eq!(file_name(" list\u{7}.csv "), "list.csv");
        assert_eq!(file_name(""), "");
    }
}
