//! What is done with a message or a file: looked at in the clear, taken away, set aside, taken in
//! after all, run or withdrawn.

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use maud::{Markup, html};
use types::Refusal;

use super::{Shown, page, part};
use crate::access::Role;
use crate::feed::api::page_of;
use crate::feed::intake::write;
use crate::feed::message::Format;
use crate::feed::{Message, State, file, queue, raw};
use crate::pages::feed::{BRINGERS, MENDERS, find, unkept};
use crate::pages::testing::people::has;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts;

/// What a look at clear text may be for.
const PURPOSES: [&str; 4] = ["match", "damaged", "laboratory", "correction"];

/// The routes of this module.
pub(super) fn register(routes: &mut Routes) {
    routes.post("/testing/feed/messages/{message}/clear", MENDERS, clear);
    routes.post("/testing/feed/messages/{message}/download", MENDERS, download).bulk();
    routes.post("/testing/feed/messages/{message}/dismiss", MENDERS, dismiss);
    routes.post("/testing/feed/messages/{message}/take", MENDERS, take);
    routes.post("/testing/feed/messages/{message}/run", BRINGERS, run);
    routes.post("/testing/feed/messages/{message}/withdraw", BRINGERS, withdraw);
}

/// Whether the message is one that a person can still do something about.
fn open(message: &Message) -> bool {
    matches!(message.state, State::Waiting | State::Rejected)
}

/// The forms for what can be done.
pub(super) fn forms(seat: &Seat, message: &Message, errors: Errors) -> Markup {
    let path = |act: &str| seat.link(&format!("{}/{act}", page_of(message.id)));
    let mends = has(seat, &[Role::District, Role::Laboratory]);
    let brings = has(seat, &[Role::Laboratory]);
    let whole = message.reason.is_some();
    let there = !matches!(message.state, State::Withdrawn | State::Storing);
    html! {
        @if message.state == State::Checked && brings {
            div .form__buttons {
                (Form::new(seat, path("run")).button(&t!(seat, "feed-run")))
                (Form::new(seat, path("withdraw")).danger().button(&t!(seat, "feed-withdraw")))
            }
        }
        @if mends && whole && message.state == State::Rejected && message.format == Format::Hl7 {
            (parts::panel(&t!(seat, "feed-take"), html! {
                p { (t!(seat, "feed-take-hint")) }
                (Form::new(seat, path("take")).button(&t!(seat, "feed-take")))
            }))
        }
        @if mends && open(message) {
            (parts::panel(&t!(seat, "feed-dismiss-all"), html! {
                p { (t!(seat, "feed-dismiss-all-hint")) }
                (Form::new(seat, path("dismiss")).errors(errors).danger()
                    .field(Field::text("note", t!(seat, "feed-dismiss-note")))
                    .button(&t!(seat, "feed-dismiss-all")))
            }))
        }
        @if mends && there { (clear_form(seat, message)) }
    }
}

/// The form that asks what a look at the clear text is for.
fn clear_form(seat: &Seat, message: &Message) -> Markup {
    let path = seat.link(&format!("{}/clear", page_of(message.id)));
    html! {
        details .disclosure {
            summary { (t!(seat, "feed-clear")) }
            p { (t!(seat, "feed-clear-hint")) }
            (Form::new(seat, path).field(purpose_field(seat)).button(&t!(seat, "feed-clear")))
        }
    }
}

/// The field that asks what a look is for.
pub fn purpose_field(seat: &Seat) -> Field {
    let options = PURPOSES
        .into_iter()
        .map(|purpose| (purpose.to_owned(), seat.text(&format!("feed-purpose-{purpose}"))))
        .collect();
    Field::select("purpose", t!(seat, "feed-purpose"), options)
}

/// Reads what a look is for.
///
/// # Errors
/// `purpose-missing`.
pub fn purpose_of(form: &FormData) -> Result<&'static str, Refusal> {
    let said = form.text("purpose");
    PURPOSES.into_iter().find(|p| *p == said).ok_or_else(|| Refusal::new("purpose-missing"))
}

async fn clear(seat: Seat, Path(message): Path<String>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    let purpose = purpose_of(&form)?;
    let by = &seat.actor()?.user;
    // First on record, then on the screen.
    let look = queue::event(seat.app(), Some(message.id), None, by, "looked", purpose);
    write(seat.app(), vec![look]).await?;
    let part = html! {
        (part(&seat, &mut db, &message).await?)
        (Form::new(&seat, seat.link(&format!("{}/download", page_of(message.id))))
            .hidden("purpose", purpose)
            .button(&t!(seat, "feed-download")))
    };
    page(&seat, &mut db, &message, part, Shown::Clear, Errors::default()).await
}

async fn download(seat: Seat, Path(message): Path<String>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    let purpose = purpose_of(&form)?;
    let by = &seat.actor()?.user;
    let look = queue::event(seat.app(), Some(message.id), None, by, "downloaded", purpose);
    write(seat.app(), vec![look]).await?;
    // Piece by piece: a file may be larger than what should be in memory at once.
    let app = seat.app().clone();
    let pieces =
        futures::stream::try_unfold((app, message.id, -1_i64), |(app, id, at)| async move {
            let read = async {
                let mut db = app.reader().await?;
                raw::next(&app, &mut db, id, at).await
            };
            match read.await {
                Ok(Some((n, piece))) => Ok(Some((bytes::Bytes::from(piece), (app, id, n)))),
                Ok(None) => Ok(None),
                Err(fault) => Err(std::io::Error::other(fault.inside.unwrap_or_default())),
            }
        });
    let (kind, ending) = match message.format {
        Format::Hl7 => ("application/hl7-v2", "hl7"),
        Format::Csv => ("text/csv", "csv"),
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{ending}\"", message.id)),
    ];
    let body = axum::body::Body::from_stream(pieces);
    Ok(unkept((headers, body).into_response()))
}

async fn dismiss(seat: Seat, Path(message): Path<String>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    let by = &seat.actor()?.user;
    let done = queue::dismiss_message(seat.app(), message.id, form.text("note"), by).await;
    let errors = match done {
        Ok(()) => return Ok(seat.go(&seat.link(&page_of(message.id)))),
        Err(fault) if fault.status.is_client_error() => Errors::one("note", fault.refusal),
        Err(fault) => return Err(fault),
    };
    let part = part(&seat, &mut db, &message).await?;
    page(&seat, &mut db, &message, part, Shown::Masked, errors).await
}

async fn take(seat: Seat, Path(message): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    queue::take(seat.app(), message.id, &seat.actor()?.user).await?;
    Ok(seat.go(&seat.link(&page_of(message.id))))
}

async fn run(seat: Seat, Path(message): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    file::start_run(seat.app(), message.id).await?;
    said(&seat, &message, "run").await
}

async fn withdraw(seat: Seat, Path(message): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    file::withdraw(seat.app(), message.id).await?;
    said(&seat, &message, "withdrawn").await
}

/// Writes down what was done with a file and shows it.
async fn said(seat: &Seat, message: &Message, what: &'static str) -> Answer {
    let by = &seat.actor()?.user;
    write(seat.app(), vec![queue::event(seat.app(), Some(message.id), None, by, what, "")]).await?;
    Ok(seat.go(&seat.link(&page_of(message.id))))
}
