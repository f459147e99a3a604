//! Orders: which are open, late, came back, or owe something; one of them with what is done with it.

pub(in crate::pages::supply) mod acts;
pub(crate) mod form;
pub(super) mod groups;
pub(super) mod pick;
mod words;

use axum::extract::Path;
use ledger::Cursor;
use maud::{Markup, html};
use supply::views;
use supply::{Order, Stage};
use types::{Micros, Refusal};

pub(super) use self::words::order_path;
pub(crate) use self::words::{line_list, question_text, read_order, said, stage_tag};
use super::words::Homes;
use super::{MOST, PAGE, READERS, VISITORS, photos, under_board, words as supply_words};
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, sign_codes, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/orders", READERS, list);
    routes.get("/supply/orders/{order}", VISITORS, show);
    acts::register(routes);
    form::register(routes);
    groups::register(routes);
    pick::register(routes);
}

/// What the list has: what is late, or all that stand somewhere.
const STAGES: [Stage; 9] = [
    Stage::Joined,
    Stage::Placed,
    Stage::Asked,
    Stage::Accepted,
    Stage::Packed,
    Stage::Out,
    Stage::CameBack,
    Stage::Received,
    Stage::Cancelled,
];

async fn list(seat: Seat) -> Answer {
    let community = seat.param("community").unwrap_or_default();
    let stage = seat.param("stage").as_deref().and_then(Stage::parse);
    let (scope, now) = (seat.scope(), seat.now());
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let before = if stage.is_some() { Micros::MAX } else { now.hour_start() };
    let mut db = seat.db().await?;
    let counts = views::order_counts(&mut db, scope, &community, now).await?;
    let which = (community.as_str(), stage, before);
    let mut found = views::orders_due(&mut db, scope, which, after, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |o| Some(Cursor { at: o.clock?, id: o.id }.to_string()));
    let names =
        supply_words::site_names(&seat, &mut db, found.iter().map(|order| &order.shop)).await?;
    let homes =
        Homes::of_places(&mut db, &found.iter().map(|order| &order.place).collect::<Vec<_>>())
            .await?;
    drop(db);
    let title = stage.map_or_else(|| t!(seat, "supply-orders-late"), |s| stage_name(&seat, s));
    let rows = found.iter().map(|order| {
        vec![
            link(&seat, order),
            Cell::words(stage_tag(&seat, order)),
            supply_words::due_cell(&seat, order.clock),
            Cell::text(homes.place(&seat, &order.place)),
            Cell::text(names.get(&order.shop).cloned().unwrap_or_default()),
            Cell::text(supply_words::yuan(order.total())),
            Cell::text(said(&seat, &order.said)).long(),
        ]
    });
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("stage", t!(seat, "supply-state")),
        Column::new("clock", t!(seat, "supply-order-clock")),
        Column::new("where", t!(seat, "supply-where")),
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("total", t!(seat, "supply-total")).numeric(),
        Column::new("said", t!(seat, "supply-said")),
    ];
    let lines = Table::new(title.clone(), columns)
        .empty(t!(seat, "supply-orders-empty"))
        .rows(rows.collect::<Vec<_>>())
        .next(next)
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let tab = |of: Option<Stage>, text: String, n: i64| Tab {
        href: seat.here(&[("stage", of.map(Stage::as_str)), ("after", None), ("fragment", None)]),
        text,
        count: Some(n),
        current: of == stage,
    };
    let mut tabs = vec![tab(None, t!(seat, "supply-orders-late"), counts.late())];
    // Of what has ended there is a list while something is to be given back.
    tabs.extend(STAGES.iter().map(|stage| {
        let n = if stage.is_open() { counts.of(*stage) } else { counts.due(*stage) };
        tab(Some(*stage), stage_name(&seat, *stage), n)
    }));
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (parts::tabs(&t!(seat, "nav-supply-orders"), &tabs))
        (parts::live("lines", &[topic(SUPPLY, scope)], &src, lines))
    };
    let lead = t!(
        seat,
        "supply-orders-lead",
        all = counts.all(),
        open = counts.open(),
        got = counts.of(Stage::Received),
        not = counts.of(Stage::Cancelled) + counts.of(Stage::Refunded)
    );
    let page = Page::new(t!(seat, "nav-supply-orders"), body).lead(html! { (lead) });
    Ok(seat.render(under_board(&seat, page)))
}

fn stage_name(seat: &Seat, stage: Stage) -> String {
    let word = match stage {
        Stage::Received | Stage::Cancelled => format!("owes-{stage}"),
        _ => stage.to_string(),
    };
    named(seat, "supply-stage", &word)
}

/// An order in a list: a link for those who may open it.
fn link(seat: &Seat, order: &Order) -> Cell {
    let text = supply_words::short(order.id);
    match seat.may_open("/supply/orders/{order}") {
        true => Cell::link(&order_path(order.id), text),
        false => Cell::code(text),
    }
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let order = read_order(&seat, &text).await?;
    page(&seat, &order, None).await
}

/// The page of an order, with the refusal of what was tried, if it was.
pub(super) async fn page(seat: &Seat, order: &Order, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let shop = views::site(&mut db, &order.shop).await?;
    let items = match &shop {
        Some(shop) => views::items(&mut db, shop).await?,
        None => Vec::new(),
    };
    let household = views::household(&mut db, order.id.area(), order.household).await?;
    let homes = match &household {
        Some(known) => Homes::of(seat, &mut db, std::slice::from_ref(known)).await?,
        None => Homes::of_places(&mut db, &[&order.place]).await?,
    };
    let photo = views::photos(&mut db, &[order.id]).await?.remove(&order.id);
    drop(db);
    let place = homes.of_household(seat, &order.place, order.household);
    let where_to = supply_words::household(seat, order.id.area(), order.household, &place);
    let name = shop.as_ref().map(|shop| supply_words::site_name(seat, shop)).unwrap_or_default();
    let mut rows = vec![
        (t!(seat, "supply-state"), stage_tag(seat, order)),
        (t!(seat, "supply-where"), where_to),
        (t!(seat, "supply-site"), supply_words::site(seat, &order.shop, &name)),
        (t!(seat, "supply-order-via"), html! { (named(seat, "supply-via", order.via.as_str())) }),
        (t!(seat, "supply-said-at"), html! { (seat.time(order.at)) }),
        (t!(seat, "supply-due"), html! { (seat.time(order.due)) }),
    ];
    if order.clock.is_some() {
        let clock = supply_words::due_cell(seat, order.clock).into_markup();
        rows.push((t!(seat, "supply-order-clock"), clock));
    }
    rows.extend(
        order.carrier.as_ref().map(|c| (t!(seat, "supply-carrier"), html! { code { (c) } })),
    );
    if order.tries > 0 {
        rows.push((t!(seat, "supply-order-tries"), html! { (order.tries) }));
    }
    if order.paid > 0 || order.owed() > 0 {
        rows.push((t!(seat, "supply-paid"), html! { (supply_words::yuan(order.paid)) }));
        rows.push((t!(seat, "supply-owed"), html! { (supply_words::yuan(order.owed())) }));
    }
    if !order.said.is_empty() {
        rows.push((t!(seat, "supply-said"), html! { (said(seat, &order.said)) }));
    }
    rows.extend(
        photo.map(|photo| (t!(seat, "supply-photo"), photos::told(seat, &photo, "/supply/photos"))),
    );
    // Whoever takes calls may tell the household its code, for whoever brings it.
    if supply_words::sees_doors(seat) && order.stage == Stage::Out {
        let code = sign_codes::of_order(seat.app().secrets(), order.id);
        rows.push((t!(seat, "supply-order-code"), html! { code { (code) } }));
    }
    let body = html! {
        @if let Some(refusal) = refusal { (supply_words::told(seat, refusal)) }
        (parts::facts(&rows))
        (lines_table(seat, order))
        @if let Some(question) = &order.question {
            (parts::notice(parts::Tone::Warning, &t!(seat, "supply-asked"), html! {
                p { (question_text(seat, order, question)) }
            }))
        }
        (acts::panel(seat, order, &items))
    };
    let page = Page::new(t!(seat, "supply-order-n", n = supply_words::short(order.id)), body);
    let page = page.script("photo.js");
    let page = under_board(seat, page);
    let page = match seat.may_open("/supply/orders") {
        true => page.crumb(seat.link("/supply/orders"), t!(seat, "nav-supply-orders")),
        false => page.crumb("/supply/own/orders", t!(seat, "nav-supply-own-orders")),
    };
    Ok(seat.render(page))
}

/// What is in an order, with its prices.
pub(crate) fn lines_table(seat: &Seat, order: &Order) -> Markup {
    let columns = vec![
        Column::new("item", t!(seat, "supply-item")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("count", t!(seat, "supply-order-count")).numeric(),
        Column::new("price", t!(seat, "supply-price")).numeric(),
        Column::new("sum", t!(seat, "supply-total")).numeric(),
    ];
    let rows = order.lines.iter().map(|line| {
        vec![
            Cell::text(words::line_name(seat, line)),
            Cell::text(supply_words::amount(seat, line.good, line.amount)),
            Cell::number(line.count),
            Cell::text(supply_words::yuan(line.fen)),
            Cell::text(supply_words::yuan(line.fen * line.count)),
        ]
    });
    let table = Table::new(t!(seat, "supply-order-lines"), columns)
        .empty(t!(seat, "supply-order-no-lines"))
        .rows(rows.collect::<Vec<_>>());
    html! {
        (table.render(seat))
        p { (t!(seat, "supply-total")) ": " strong { (supply_words::yuan(order.total())) } }
    }
}

/// The orders of a household for a panel of its page.
pub(super) async fn of_household(
    seat: &Seat,
    household: types::HouseholdId,
) -> Result<Table, Fault> {
    let mut db = seat.db().await?;
    let found = views::orders_of(&mut db, household, 20.min(MOST)).await?;
    let ids: Vec<_> = found.iter().map(|order| order.id).collect();
    let taken = views::photos(&mut db, &ids).await?;
    drop(db);
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("at", t!(seat, "supply-said-at")),
        Column::new("stage", t!(seat, "supply-state")),
        Column::new("clock", t!(seat, "supply-order-clock")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("total", t!(seat, "supply-total")).numeric(),
    ];
    let rows = found.iter().map(|order| {
        vec![
            link(seat, order),
            Cell::time(seat.time(order.at)),
            Cell::words(html! {
                (stage_tag(seat, order))
                @if let Some(photo) = taken.get(&order.id) {
                    " " (photos::told(seat, photo, "/supply/photos"))
                }
            }),
            supply_words::due_cell(seat, order.clock),
            Cell::text(line_list(seat, order)).long(),
            Cell::text(supply_words::yuan(order.total())),
        ]
    });
    Ok(Table::new(t!(seat, "nav-supply-orders"), columns)
        .empty(t!(seat, "supply-orders-none"))
        .rows(rows.collect::<Vec<_>>()))
}
