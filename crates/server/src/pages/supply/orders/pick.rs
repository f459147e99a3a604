//! A shop's orders on a phone: what to accept, what to take off the shelf, what to hand over, what came back, what to
//! give back.

use std::collections::BTreeMap;

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Command, Good, Household, Order, OrderCommand, Site, SiteKind, Stage, views};
use types::{AreaScope, HolderCode, HouseholdId, Refusal, UnitId};

use super::acts::SHOP;
use super::words::{line_list, order_path, said, stage_tag};
use crate::house::{SUPPLY, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::pages::supply::{MOST, OWN, VISITORS, carriers, site, under_board, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/own/orders", OWN, own);
    routes.get("/supply/sites/{holder}/orders", VISITORS, show);
    routes.post("/supply/sites/{holder}/orders", SHOP, send);
}

/// The stages of which a shop has a list, and what it does with those that it ticks.
const STAGES: [Stage; 6] =
    [Stage::Placed, Stage::Asked, Stage::Accepted, Stage::Packed, Stage::Out, Stage::CameBack];

async fn own(seat: Seat) -> Answer {
    let of = words::read_site(&seat, site::own_code(&seat)?.as_str()).await?;
    page(&seat, &of, html! {}).await
}

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    page(&seat, &of, html! {}).await
}

/// The address of the list.
fn here(of: &Site, stage: &str) -> String {
    format!("{}/orders?stage={stage}", words::site_path(&of.code))
}

async fn page(seat: &Seat, of: &Site, told: Markup) -> Answer {
    if of.kind != SiteKind::Shop {
        return Err(Refusal::new("not-a-shop").with("site", &of.code).into());
    }
    let asked = seat.param("stage").unwrap_or_default();
    let refunds = asked == "refunds";
    let stage = Stage::parse(&asked).unwrap_or(Stage::Placed);
    let mut db = seat.db().await?;
    let mut counts = Vec::with_capacity(STAGES.len());
    let mut found = Vec::new();
    for each in STAGES {
        // A shop's open orders are a few hundred: the list is the count.
        let orders = views::orders_at(&mut db, &of.code, each, MOST).await?;
        counts.push((each, orders.len() as i64));
        if each == stage && !refunds {
            found = orders;
        }
    }
    let owed = views::orders_owed_at(&mut db, &of.code, MOST).await?;
    let owed_n = owed.len() as i64;
    if refunds {
        found = owed;
    }
    let ids: Vec<_> = found.iter().map(|o| (o.id.area(), o.household)).collect();
    let households = views::households(&mut db, &ids).await?;
    let homes = words::Homes::of_places(
        &mut db,
        &found.iter().map(|order| &order.place).collect::<Vec<_>>(),
    )
    .await?;
    let takers = match stage {
        Stage::Packed | Stage::CameBack => {
            carriers::volunteers(seat, &mut db, AreaScope::one(of.area)).await?
        }
        _ => Vec::new(),
    };
    drop(db);
    let may = act::may(
        seat,
        of.area,
        asks(OrderCommand::Pack { shop: of.code.clone(), orders: Vec::new() }),
    );
    let list = html! {
        @if may && !refunds { (acts(seat, of, stage, &found, takers)) }
        @if stage == Stage::Accepted && !refunds { (pick_list(seat, &found)) }
        (table(seat, &found, (&households, &homes), may && !refunds && does(stage)))
    };
    let tabs = counts.iter().map(|(each, n)| Tab {
        href: here(of, each.as_str()),
        text: named(seat, "supply-stage", each.as_str()),
        count: Some(*n),
        current: *each == stage && !refunds,
    });
    let mut tabs: Vec<Tab> = tabs.collect();
    tabs.push(Tab {
        href: here(of, "refunds"),
        text: t!(seat, "supply-refunds"),
        count: Some(owed_n),
        current: refunds,
    });
    let list = match may {
        // What somebody has ticked is not to be taken away by what others do.
        true => list,
        false => parts::live("orders", &[topic(SUPPLY, seat.scope())], &here(of, &asked), list),
    };
    let body = html! {
        (told)
        (parts::tabs(&t!(seat, "nav-supply-own-orders"), &tabs))
        (list)
    };
    let title = t!(seat, "supply-orders-of", shop = words::site_name(seat, of));
    let page = under_board(seat, Page::new(title, body))
        .crumb(words::site_path(&of.code), words::site_name(seat, of));
    Ok(seat.render(page))
}

fn asks(command: OrderCommand) -> Command {
    Command::Order(Box::new(command))
}

/// Whether a shop does something with orders that it ticks here.
fn does(stage: Stage) -> bool {
    matches!(stage, Stage::Placed | Stage::Accepted | Stage::Packed | Stage::CameBack)
}

/// The form of what is done with those that are ticked.
fn acts(
    seat: &Seat,
    of: &Site,
    stage: Stage,
    found: &[Order],
    takers: Vec<carriers::Choice>,
) -> Markup {
    if found.is_empty() || !does(stage) {
        return html! {};
    }
    let (what, text) = match stage {
        Stage::Placed => ("accept", t!(seat, "supply-accept-ticked")),
        Stage::Accepted => ("pack", t!(seat, "supply-pack-ticked")),
        _ => ("hand-over", t!(seat, "supply-hand-over-ticked")),
    };
    let mut form = Form::new(seat, here(of, stage.as_str()))
        .hidden(act::ID, &act::fresh())
        .hidden("what", what);
    if what == "hand-over" {
        form = form.field(
            Field::code("carrier", t!(seat, "supply-carrier"), false)
                .hint(t!(seat, "supply-order-carrier-hint"))
                .among(takers),
        );
    }
    // The boxes in the table are of this form, wherever they stand.
    let form = form.button(&text).into_string().replacen("<form ", "<form id=\"orders\" ", 1);
    maud::PreEscaped(form)
}

/// What has to be taken off the shelf for all that are accepted, by item.
fn pick_list(seat: &Seat, found: &[Order]) -> Markup {
    let mut items: BTreeMap<(Good, String), (String, i64, i64)> = BTreeMap::new();
    for line in found.iter().flat_map(|order| &order.lines) {
        let key = (line.good, line.item.clone());
        let name = super::words::line_name(seat, line);
        let of = items.entry(key).or_insert((name, 0, 0));
        of.1 += line.count;
        of.2 += line.amount * line.count;
    }
    let columns = vec![
        Column::new("item", t!(seat, "supply-item")),
        Column::new("count", t!(seat, "supply-order-count")).numeric(),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
    ];
    let rows = items.into_iter().map(|((good, _), (name, count, amount))| {
        vec![Cell::text(name), Cell::number(count), Cell::text(words::amount(seat, good, amount))]
    });
    Table::new(t!(seat, "supply-pick-list"), columns)
        .empty(t!(seat, "supply-pick-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat)
}

fn table(
    seat: &Seat,
    found: &[Order],
    (households, homes): (&[Household], &words::Homes),
    ticks: bool,
) -> Markup {
    let of = |id: HouseholdId| households.iter().find(|h| h.id == id);
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("where", t!(seat, "supply-where")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("total", t!(seat, "supply-total")).numeric(),
        Column::new("clock", t!(seat, "supply-order-clock")),
        Column::new("needs", t!(seat, "supply-needs")),
        Column::new("said", t!(seat, "supply-said")),
    ];
    let rows = found.iter().map(|order| {
        let short = words::short(order.id);
        let label = t!(seat, "supply-tick-of", household = short.as_str());
        let shown = html! {
            @if ticks {
                input type="checkbox" name="order" value=(order.id) aria-label=(label) form="orders" checked;
                " "
            }
            a href=(order_path(order.id)) { code { (short) } } " " (stage_tag(seat, order))
        };
        // What concerns the pack is the shop's to know; what else a household needs is not.
        let halal = of(order.household).is_some_and(|h| h.needs.contains(&supply::Need::Halal));
        let halal = html! {
            @if halal { (parts::tag(Tone::Info, &named(seat, "supply-need", "halal"))) }
        };
        vec![
            Cell::markup(shown, short.clone()),
            Cell::text(homes.place(seat, &order.place)),
            Cell::text(line_list(seat, order)).long(),
            Cell::text(words::yuan(order.total())),
            words::due_cell(seat, order.clock),
            Cell::words(halal),
            Cell::text(said(seat, &order.said)).long(),
        ]
    });
    Table::new(t!(seat, "supply-orders-here"), columns)
        .empty(t!(seat, "supply-orders-none-here"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat)
}

async fn send(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_site(&seat, &holder).await?;
    let mut orders: Vec<UnitId> = Vec::new();
    for text in form.all("order") {
        orders.push(words::unit(text, supply::ORDER)?);
    }
    let shop = of.code.clone();
    let n = orders.len() as i64;
    let command = match form.text("what") {
        "accept" => OrderCommand::Accept { shop, orders },
        "pack" => OrderCommand::Pack { shop, orders },
        _ => {
            let carrier = match HolderCode::parse(form.text("carrier")) {
                Ok(carrier) => carrier,
                Err(wrong) => {
                    return page(&seat, &of, words::told(&seat, &wrong.into())).await;
                }
            };
            OrderCommand::HandOver { shop, orders, carrier }
        }
    };
    let told = match act::send(&seat, of.area, &form, asks(command)).await? {
        Ok(notes) => {
            let done = n - notes.len() as i64;
            html! {
                (parts::notice(Tone::Good, &t!(seat, "supply-orders-done", n = done), html! {}))
                @for note in &notes { (words::told(&seat, note)) }
            }
        }
        Err(refusal) => words::told(&seat, &refusal),
    };
    page(&seat, &of, told).await
}
