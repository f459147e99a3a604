//! Which laboratory is which: names that messages come under, and the laboratories meant.

use maud::html;
use registry::views;
use store::Connection;
use types::{AreaScope, HolderCode, Refusal};

use super::{DESK, NAMERS, sight};
use crate::Fault;
use crate::access::Role;
use crate::feed::laboratory::{LAB, aliases};
use crate::feed::lists::{self, Window};
use crate::feed::queue;
use crate::i18n::Speaks;
use crate::pages::testing::names::{Names, pick};
use crate::pages::testing::people::has;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed/senders", DESK, list);
    routes.post("/testing/feed/senders", NAMERS, name);
    routes.post("/testing/feed/senders/forget", NAMERS, forget);
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let sender = seat.param("sender").unwrap_or_default();
    Ok(seat.render(page(&seat, &mut db, &sender, "", Errors::default()).await?))
}

async fn page(
    seat: &Seat,
    db: &mut Connection,
    sender: &str,
    lab: &str,
    errors: Errors,
) -> Result<Page, Fault> {
    let namer = has(seat, &[Role::District]);
    let known = aliases(db).await?;
    let names = Names::of_holders(db, known.iter().map(|alias| alias.lab.as_str())).await?;
    // Names that have come and that nobody has explained, in the last 30 days.
    let now = seat.now();
    let window =
        Window { from: now - types::Span::hours(24 * 30), until: types::Micros(now.0 + 1) };
    let summary = lists::summary(db, &sight(seat)?, window).await?;
    let unknown: Vec<_> =
        summary.iter().filter(|l| l.lab.is_none() && !l.sender.is_empty()).collect();
    let open = Table::new(
        t!(seat, "feed-senders-unknown"),
        vec![
            Column::new("sender", t!(seat, "feed-sender")),
            Column::new("waiting", t!(seat, "feed-item-waiting")).numeric(),
            Column::new("last", t!(seat, "feed-last")),
        ],
    )
    .window(seat.fill("feed-days", &[("days", 30.into())]))
    .empty(t!(seat, "feed-senders-unknown-empty"))
    .rows(unknown.iter().map(|line| {
        let choose = seat.here(&[("sender", Some(line.sender.as_str()))]);
        vec![
            if namer {
                Cell::link(&format!("{choose}#field-sender"), line.sender.clone())
            } else {
                Cell::text(line.sender.clone())
            },
            Cell::number(line.counts.waiting),
            Cell::time(seat.time(line.last_at)),
        ]
    }));
    let table = Table::new(
        t!(seat, "feed-senders"),
        vec![
            Column::new("sender", t!(seat, "feed-sender")),
            Column::new("lab", t!(seat, "laboratory")),
            Column::new("by", t!(seat, "feed-named-by")),
            Column::new("at", t!(seat, "recorded-at")),
            Column::new("do", t!(seat, "what-to-do")),
        ],
    )
    .empty(t!(seat, "feed-senders-empty"))
    .rows(known.iter().map(|alias| {
        vec![
            Cell::text(alias.shown.clone()),
            Cell::text(names.holder(seat, alias.lab.as_str())),
            Cell::code(alias.actor.clone()),
            Cell::time(seat.time(alias.at)),
            if namer { Cell::markup(forget_form(seat, &alias.name), "") } else { Cell::none() },
        ]
    }));
    let body = html! {
        (open.render(seat))
        @if namer { (parts::panel(&t!(seat, "feed-name-sender"), form(seat, db, sender, lab, errors).await?)) }
        (table.render(seat))
    };
    Ok(Page::new(t!(seat, "feed-senders"), body)
        .lead(html! { (t!(seat, "feed-senders-lead")) })
        .crumb(seat.link("/testing/feed"), t!(seat, "nav-feed")))
}

fn forget_form(seat: &Seat, name: &str) -> maud::Markup {
    html! {
        form method="post" action=(seat.link("/testing/feed/senders/forget")) {
            input type="hidden" name="csrf" value=(seat.csrf());
            input type="hidden" name="name" value=(name);
            button .button .button--plain type="submit" { (t!(seat, "feed-forget"))
                span .visually-hidden { " " (name) } }
        }
    }
}

async fn form(
    seat: &Seat,
    db: &mut Connection,
    sender: &str,
    lab: &str,
    errors: Errors,
) -> Result<maud::Markup, Fault> {
    // Samples travel: a laboratory of anywhere may send results of this county.
    let labs = views::holders(db, AreaScope::ALL, LAB).await?;
    let mut options = vec![(String::new(), t!(seat, "feed-choose-laboratory"))];
    options.extend(labs.iter().map(|line| {
        let name = pick(seat.lang(), &line.name_zh, &line.name_en);
        (line.code.to_string(), format!("{name} · {}", line.code))
    }));
    Ok(Form::new(seat, seat.link("/testing/feed/senders"))
        .errors(errors)
        .field(
            Field::text("sender", t!(seat, "feed-sender"))
                .hint(t!(seat, "feed-sender-hint"))
                .value(sender)
                .short(),
        )
        .field(Field::select("lab", t!(seat, "laboratory"), options).value(lab))
        .button(&t!(seat, "feed-name-sender")))
}

async fn name(seat: Seat, form: FormData) -> Answer {
    let (sender, lab) = (form.text("sender"), form.text("lab"));
    let mut errors = Errors::default();
    let code = match lab {
        "" => {
            errors.add("lab", Refusal::new("feed-lab-missing"));
            None
        }
        lab => errors.check("lab", HolderCode::parse(lab)),
    };
    if let Some(code) = code {
        let by = &seat.actor()?.user;
        match queue::name_sender(seat.app(), sender, &code, by).await {
            Ok(()) => return Ok(seat.go(&seat.link("/testing/feed/senders"))),
            Err(fault) if fault.status.is_client_error() => {
                let field =
                    if fault.refusal.code == "feed-sender-empty" { "sender" } else { "lab" };
                errors.add(field, fault.refusal);
            }
            Err(fault) => return Err(fault),
        }
    }
    let mut db = seat.db().await?;
    Ok(seat.render(page(&seat, &mut db, sender, lab, errors).await?))
}

async fn forget(seat: Seat, form: FormData) -> Answer {
    queue::forget_sender(seat.app(), form.text("name"), &seat.actor()?.user).await?;
    Ok(seat.go(&seat.link("/testing/feed/senders")))
}
