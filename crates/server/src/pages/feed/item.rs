//! One result that waits or has a remark: what it says, why it is here, and what can be done.

use axum::extract::Path;
use maud::{Markup, html};
use store::Connection;

use super::message::{purpose_field, purpose_of};
use super::{MENDERS, READERS, find, unkept, words};
use crate::Fault;
use crate::access::Role;
use crate::feed::api::page_of;
use crate::feed::intake::write;
use crate::feed::{Item, ItemKey, ItemState, Message, queue};
use crate::pages::testing::names::Names;
use crate::pages::testing::people::has;
use crate::pages::testing::words::unit_path;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed/items/{message}/{n}", READERS, show);
    routes.post("/testing/feed/items/{message}/{n}/match", MENDERS, match_by_hand);
    routes.post("/testing/feed/items/{message}/{n}/again", MENDERS, again);
    routes.post("/testing/feed/items/{message}/{n}/dismiss", MENDERS, dismiss);
    routes.post("/testing/feed/items/{message}/{n}/clear", MENDERS, clear);
}

async fn load(
    seat: &Seat,
    db: &mut Connection,
    (message, n): &(String, String),
) -> Result<(Message, Item), Fault> {
    let message = find(seat, db, message).await?;
    let n = n.parse::<i64>().map_err(|_| Fault::not_found(n))?;
    let item = Item::find(db, ItemKey { message: message.id, n }).await?;
    let item = item.ok_or_else(|| Fault::not_found(format!("{} {n}", message.id)))?;
    Ok((message, item))
}

async fn show(seat: Seat, Path(key): Path<(String, String)>) -> Answer {
    let mut db = seat.db().await?;
    let (message, item) = load(&seat, &mut db, &key).await?;
    let forms = Forms::default();
    Ok(seat.render(page(&seat, &mut db, &message, &item, forms, html! {}).await?))
}

/// What was wrong with a form that came back.
#[derive(Default)]
struct Forms {
    tube: String,
    matching: Errors,
    dismissing: Errors,
}

async fn page(
    seat: &Seat,
    db: &mut Connection,
    message: &Message,
    item: &Item,
    forms: Forms,
    clear: Markup,
) -> Result<Page, Fault> {
    let names = Names::of_holders(db, item.lab.iter().map(|lab| lab.as_str())).await?;
    let body = html! {
        (why(seat, item))
        (parts::facts(&facts(seat, &names, message, item)))
        (clear)
        (acts(seat, item, forms))
    };
    let title = match &item.tube {
        Some(tube) => t!(seat, "feed-item-title", tube = tube.as_str()),
        None => t!(seat, "feed-item-title-hidden"),
    };
    Ok(Page::new(title, body)
        .crumb(seat.link("/testing/feed"), t!(seat, "nav-feed"))
        .crumb(
            seat.link(&page_of(message.id)),
            t!(seat, "feed-message-short", control = message.control.as_str()),
        )
        .narrow())
}

/// Why it is here.
fn why(seat: &Seat, item: &Item) -> Markup {
    let (tone, word) = words::item_state(seat, item.state);
    let tone = if tone == Tone::Plain { Tone::Info } else { tone };
    html! {
        @if item.reasons.is_empty() {
            (parts::notice(tone, &word, html! {}))
        } @else {
            (parts::notice(tone, &word, words::reasons(seat, &item.reasons)))
        }
    }
}

fn facts(seat: &Seat, names: &Names, message: &Message, item: &Item) -> Vec<(String, Markup)> {
    let mut facts = vec![
        (
            t!(seat, "laboratory"),
            html! { (words::sender(seat, names, item.lab.as_ref(), &message.sender)) },
        ),
        (t!(seat, "feed-received"), html! { (seat.time(item.received_at)) }),
    ];
    if let Some(tube) = &item.tube {
        facts.push((t!(seat, "feed-tube-said"), html! { code { (tube) } }));
    }
    if let Some(draft) = &item.draft {
        let others: Vec<&String> =
            draft.codes.iter().filter(|c| item.tube.as_ref() != Some(c)).collect();
        if !others.is_empty() {
            facts.push((
                t!(seat, "feed-other-codes"),
                html! { @for code in others { code { (code) } " " } },
            ));
        }
        facts.push((t!(seat, "result"), words::said(seat, Some(draft)).into_markup()));
        facts.push((t!(seat, "feed-ct-n"), html! { (words::ct(seat, draft.ct_n)) }));
        facts.push((t!(seat, "feed-ct-orf"), html! { (words::ct(seat, draft.ct_orf1ab)) }));
        facts.push((t!(seat, "feed-ct-control"), html! { (words::ct(seat, draft.ct_control)) }));
        facts.push((t!(seat, "feed-tested-at"), html! { (seat.time(draft.tested_at)) }));
        if let (Some(plate), Some(well)) = (&draft.plate, &draft.well) {
            facts.push((t!(seat, "feed-plate"), html! { code { (plate) " " (well) } }));
        }
        facts.push((t!(seat, "status"), html! { (words::status(seat, draft.status)) }));
    }
    if let Some(unit) = item.unit {
        facts.push((
            t!(seat, "feed-matched-tube"),
            html! { a href=(seat.link(&unit_path(unit))) { code { (unit) } } },
        ));
    }
    if let Some(at) = item.settled_at {
        let by = item.settled_by.clone().unwrap_or_else(|| t!(seat, "feed-by-itself"));
        facts.push((t!(seat, "feed-settled"), html! { (seat.time(at)) " · " (by) }));
    }
    if let Some(note) = item.note.as_ref().filter(|note| !note.is_empty()) {
        facts.push((t!(seat, "note"), html! { (note) }));
    }
    facts
}

fn path(seat: &Seat, item: &Item, act: &str) -> String {
    seat.link(&format!("/testing/feed/items/{}/{}/{act}", item.key.message, item.key.n))
}

fn acts(seat: &Seat, item: &Item, forms: Forms) -> Markup {
    let mends = has(seat, &[Role::District, Role::Laboratory]);
    let waiting = item.state == ItemState::Waiting && item.unit.is_none();
    let open = mends && (waiting || item.state == ItemState::Rejected);
    html! {
        @if mends && waiting && item.draft.is_some() && item.lab.is_some() {
            (parts::panel(&t!(seat, "feed-match"), html! {
                p { (t!(seat, "feed-match-hint")) }
                (Form::new(seat, path(seat, item, "match"))
                    .errors(forms.matching)
                    .field(Field::code("tube", t!(seat, "feed-match-tube"), false)
                        .hint(t!(seat, "feed-match-tube-hint")).value(forms.tube))
                    .button(&t!(seat, "feed-match")))
                (Form::new(seat, path(seat, item, "again")).quiet().button(&t!(seat, "feed-again")))
            }))
        }
        @if mends && waiting && item.lab.is_none() {
            p { (t!(seat, "feed-name-first")) " "
                @if has(seat, &[Role::District]) {
                    a href=(seat.link("/testing/feed/senders")) { (t!(seat, "feed-senders")) }
                }
            }
        }
        @if open {
            (parts::panel(&t!(seat, "feed-dismiss"), html! {
                p { (t!(seat, "feed-dismiss-hint")) }
                (Form::new(seat, path(seat, item, "dismiss"))
                    .errors(forms.dismissing)
                    .danger()
                    .field(Field::text("note", t!(seat, "feed-dismiss-note")))
                    .button(&t!(seat, "feed-dismiss")))
            }))
        }
        @if mends && item.has_raw() {
            details .disclosure {
                summary { (t!(seat, "feed-clear-row")) }
                p { (t!(seat, "feed-clear-hint")) }
                (Form::new(seat, path(seat, item, "clear"))
                    .field(purpose_field(seat))
                    .button(&t!(seat, "feed-clear-row")))
            }
        }
    }
}

async fn match_by_hand(seat: Seat, Path(key): Path<(String, String)>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let (message, item) = load(&seat, &mut db, &key).await?;
    let matched = async {
        let tube = queue::tube_by_code(&mut db, form.text("tube")).await?.map_err(Fault::from)?;
        // A foreign tube that nobody has filled belongs to no county yet.
        if tube.area != types::AreaCode::NONE {
            seat.require(tube.area)?;
        }
        queue::match_by_hand(seat.app(), item.key, tube, &seat.actor()?.user).await?;
        Ok(tube.unit)
    };
    match matched.await {
        Ok(unit) => Ok(seat.go(&seat.link(&format!("/tubes/{unit}")))),
        Err(fault) => {
            let fault: Fault = fault;
            if !fault.status.is_client_error() {
                return Err(fault);
            }
            let forms = Forms {
                tube: form.text("tube").to_owned(),
                matching: Errors::one("tube", fault.refusal),
                ..Forms::default()
            };
            let (message, item) = (message, load(&seat, &mut db, &key).await?.1);
            Ok(seat.render(page(&seat, &mut db, &message, &item, forms, html! {}).await?))
        }
    }
}

async fn again(seat: Seat, Path(key): Path<(String, String)>) -> Answer {
    let mut db = seat.db().await?;
    let (_, item) = load(&seat, &mut db, &key).await?;
    queue::try_again(seat.app(), item.key).await?;
    let (message, item) = load(&seat, &mut db, &key).await?;
    Ok(seat.go(&seat.link(&format!("/testing/feed/items/{}/{}", message.id, item.key.n))))
}

async fn dismiss(seat: Seat, Path(key): Path<(String, String)>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let (message, item) = load(&seat, &mut db, &key).await?;
    let by = &seat.actor()?.user;
    match queue::dismiss(seat.app(), item.key, form.text("note"), by).await {
        Ok(()) => Ok(seat.go(&seat.link("/testing/feed"))),
        Err(fault) if fault.status.is_client_error() => {
            let forms =
                Forms { dismissing: Errors::one("note", fault.refusal), ..Forms::default() };
            Ok(seat.render(page(&seat, &mut db, &message, &item, forms, html! {}).await?))
        }
        Err(fault) => Err(fault),
    }
}

/// A file's row as it came.
async fn clear(seat: Seat, Path(key): Path<(String, String)>, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let (message, item) = load(&seat, &mut db, &key).await?;
    let purpose = purpose_of(&form)?;
    let by = &seat.actor()?.user;
    let (id, n) = (item.key.message, item.key.n);
    let look = queue::event(seat.app(), Some(id), Some(n), by, "looked", purpose);
    write(seat.app(), vec![look]).await?;
    let raw = item.raw(seat.app())?.unwrap_or_default();
    let lines = super::message::plain(&raw);
    let label = t!(seat, "feed-clear-row");
    let shown = html! {
        (parts::notice(Tone::Info, &t!(seat, "feed-look-recorded"), html! {}))
        pre .raw tabindex="0" role="region" aria-label=(label) { @for line in lines { (line) "\n" } }
    };
    let page = page(&seat, &mut db, &message, &item, Forms::default(), shown).await?;
    Ok(unkept(seat.render(page)))
}
