//! Orders at the bed, as records: on the episode's page.

use axum::extract::Path;
use care::{Command, Order, OrderKind, OrderRow, StopOrder};
use maud::{Markup, html};
use types::CommandId;

use super::acts::{Shown, done, of_bed};
use super::{CARERS, words};
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, FormData};
use crate::ui::parts::Tone;
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/care/episodes/{episode}/order", CARERS, order);
    routes.post("/care/episodes/{episode}/stop", CARERS, stop);
}

/// What was ordered, what runs first; with the forms for those who may.
pub fn panel(shown: &Shown<'_>, found: &[OrderRow], may: bool) -> Markup {
    let seat = shown.seat;
    let columns = vec![
        Column::new("what", t!(seat, "care-order-what")),
        Column::new("dose", t!(seat, "care-order-dose")),
        Column::new("kind", t!(seat, "care-order-kind")),
        Column::new("by", t!(seat, "care-order-by")),
        Column::new("from", t!(seat, "care-order-from")),
        Column::new("until", t!(seat, "care-order-until")),
    ];
    let rows = found.iter().map(|order| {
        vec![
            Cell::text(order.what.clone()).long(),
            Cell::text(order.dose.clone()).long(),
            Cell::text(named(seat, "care-order-kind", order.kind.as_str())),
            Cell::text(order.by.clone()),
            Cell::time(seat.time(order.started_at)),
            match &order.stopped {
                Some((at, by, why)) => Cell::words(html! {
                    (seat.time(*at)) " · " (by) " · " (named(seat, "care-stay-end", why))
                }),
                None => Cell::tag(Tone::Info, t!(seat, "care-order-runs")),
            },
        ]
    });
    let table = Table::new(t!(seat, "care-orders"), columns)
        .empty(t!(seat, "care-orders-none"))
        .rows(rows.collect::<Vec<_>>());
    html! {
        p .muted { (t!(seat, "care-orders-lead")) }
        (table.render(seat))
        @if may {
            (order_form(shown))
            @if found.iter().any(|order| order.stopped.is_none()) { (stop_form(shown, found)) }
        }
    }
}

fn order_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("order");
    let kinds = OrderKind::ALL.iter().map(|kind| kind.as_str());
    let body = form
        .field(
            Field::select(
                "kind",
                t!(seat, "care-order-kind"),
                options(seat, "care-order-kind", None, kinds),
            )
            .value(told.text("kind"))
            .short(),
        )
        .field(Field::text("what", t!(seat, "care-order-what")).value(told.text("what")))
        .field(
            Field::text("dose", t!(seat, "care-order-dose"))
                .hint(t!(seat, "care-order-dose-hint"))
                .value(told.text("dose"))
                .optional(),
        )
        .field(Field::text("by", t!(seat, "care-order-by")).value(told.text("by")))
        .button(&t!(seat, "care-order-do"));
    shown.folded("order", "care-order-do", body)
}

fn stop_form(shown: &Shown<'_>, found: &[OrderRow]) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("stop");
    let running = found
        .iter()
        .filter(|order| order.stopped.is_none())
        .map(|order| (order.id.to_string(), order.what.clone()))
        .collect();
    let body = form
        .field(
            Field::select("order", t!(seat, "care-order-what"), running).value(told.text("order")),
        )
        .field(Field::text("by", t!(seat, "care-order-stopped-by")).value(told.text("by")))
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")))
        .button(&t!(seat, "care-order-stop"));
    shown.folded("stop", "care-order-stop", body)
}

async fn order(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let command = Command::Order(Order {
        episode: episode.id,
        kind: OrderKind::parse(form.text("kind")).unwrap_or(OrderKind::Western),
        what: form.text("what").to_owned(),
        dose: form.text("dose").to_owned(),
        by: form.text("by").to_owned(),
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "what").await
}

async fn stop(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let order = match CommandId::parse(form.text("order")) {
        Ok(order) => order,
        Err(fault) => {
            let errors = Errors::one("order", fault.into());
            return super::episode::page(&seat, &episode, &form, errors).await;
        }
    };
    let command = Command::StopOrder(StopOrder {
        episode: episode.id,
        order,
        by: form.text("by").to_owned(),
        reason: form.text("note").to_owned(),
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "note").await
}
