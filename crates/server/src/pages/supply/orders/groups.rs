//! Group purchases: opened by a grid worker for a compound, with a deadline and how many households are needed.

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Command, Group, GroupState, OpenGroup, OrderCommand, Site, SiteKind, views};
use types::{AreaCode, HolderCode, Refusal, Span};

use super::acts::CALLS;
use super::form::{group_of, offered_name};
use super::words::{line_list, stage_tag};
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::named;
use crate::pages::supply::{MOST, READERS, under_board, words};
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/groups", READERS, list);
    routes.get("/supply/groups/new", CALLS, new);
    routes.post("/supply/groups/new", CALLS, open);
    routes.get("/supply/groups/{group}", READERS, show);
    routes.post("/supply/groups/{group}/close", CALLS, close);
}

fn path(group: &Group) -> String {
    format!("/supply/groups/{}", group.id)
}

fn tag(seat: &Seat, group: &Group) -> Markup {
    let tone = match group.state {
        GroupState::Open if group.joined >= group.minimum => Tone::Good,
        GroupState::Open => Tone::Info,
        GroupState::Met => Tone::Good,
        GroupState::Short => Tone::Warning,
    };
    parts::tag(tone, &named(seat, "supply-group", group.state.as_str()))
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::groups(&mut db, seat.scope(), MOST).await?;
    let names = words::site_names(&seat, &mut db, found.iter().map(|group| &group.shop)).await?;
    drop(db);
    let columns = vec![
        Column::new("place", t!(seat, "supply-place")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("joined", t!(seat, "supply-group-joined")).numeric(),
        Column::new("minimum", t!(seat, "supply-group-minimum")).numeric(),
        Column::new("closes", t!(seat, "supply-group-closes")),
        Column::new("due", t!(seat, "supply-due")),
        Column::new("shop", t!(seat, "supply-site")),
    ];
    let rows = found.iter().map(|group| {
        vec![
            Cell::link(&path(group), group.place.to_string()),
            Cell::words(tag(&seat, group)),
            Cell::number(group.joined),
            Cell::number(group.minimum),
            Cell::time(seat.time(group.closes_at)),
            Cell::time(seat.time(group.due)),
            Cell::text(names.get(&group.shop).cloned().unwrap_or_default()),
        ]
    });
    let lines = Table::new(t!(seat, "nav-supply-groups"), columns)
        .empty(t!(seat, "supply-groups-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        @if seat.may_open("/supply/groups/new") {
            p { (parts::button_link(&seat.link("/supply/groups/new"), &t!(seat, "supply-group-new"), true)) }
        }
        (parts::live("lines", &[topic(SUPPLY, seat.scope())], &src, lines))
    };
    let page = Page::new(t!(seat, "nav-supply-groups"), body)
        .lead(html! { (t!(seat, "supply-groups-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

async fn new(seat: Seat) -> Answer {
    new_page(&seat, &FormData::default(), None).await
}

/// First the shop is chosen, then what of its list is offered.
async fn new_page(seat: &Seat, form: &FormData, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let shops = views::sites(&mut db, seat.scope(), Some(SiteKind::Shop), MOST).await?;
    let chosen = seat.param("shop").unwrap_or_else(|| form.text("shop").to_owned());
    let chosen: Option<&Site> = shops.iter().find(|shop| shop.code.as_str() == chosen);
    let mut items = match chosen {
        Some(shop) => views::items(&mut db, shop).await?,
        None => Vec::new(),
    };
    drop(db);
    items.retain(|priced| !priced.off);
    let options: Vec<(String, String)> = shops
        .iter()
        .filter(|shop| shop.closed.is_none())
        .map(|shop| (shop.code.to_string(), words::site_name(seat, shop)))
        .collect();
    let zone = seat.app().zone();
    let at = |hours: i64| input_value(seat.now() + Span::hours(hours), zone);
    let or = |name: &str, other: String| match form.text(name) {
        "" => other,
        typed => typed.to_owned(),
    };
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (Form::asks(seat, "/supply/groups/new")
            .field(Field::select("shop", t!(seat, "supply-site"), options)
                .value(chosen.map(|shop| shop.code.to_string()).unwrap_or_default()))
            .button(&t!(seat, "supply-group-choose")))
        @if let Some(shop) = chosen {
            @let offered: Vec<(String, String)> = items.iter().map(|p| (p.item.code.clone(), offered_name(seat, p))).collect();
            (parts::panel(&t!(seat, "supply-group-new"), Form::new(seat, seat.link("/supply/groups/new"))
                .part("new")
                .hidden(act::ID, &act::fresh())
                .hidden("shop", shop.code.as_str())
                .hidden("county", &shop.area.to_string())
                .field(Field::code("place", t!(seat, "supply-place"), false)
                    .hint(t!(seat, "supply-place-hint")).value(form.text("place")))
                .field(Field::ticks("item", t!(seat, "supply-catalogue"), offered, form))
                .field(Field::number("minimum", t!(seat, "supply-group-minimum")).value(or("minimum", "10".to_owned())))
                .field(Field::time("closes", t!(seat, "supply-group-closes")).value(or("closes", at(12))))
                .field(Field::time("due", t!(seat, "supply-due")).value(or("due", at(36))))
                .field(Field::text("note", t!(seat, "care-note")).value(form.text("note")).optional())
                .button(&t!(seat, "supply-group-new"))))
        }
    };
    let page = under_board(seat, Page::new(t!(seat, "supply-group-new"), body))
        .crumb(seat.link("/supply/groups"), t!(seat, "nav-supply-groups"));
    Ok(seat.render(page.narrow()))
}

async fn open(seat: Seat, form: FormData) -> Answer {
    let zone = seat.app().zone();
    let place = typed::place(&seat, form.text("place")).await?;
    let read = || -> Result<OpenGroup, Refusal> {
        Ok(OpenGroup {
            place: place?,
            shop: HolderCode::parse(form.text("shop"))?,
            items: form.all("item").map(str::to_owned).collect(),
            minimum: form.text("minimum").parse().unwrap_or(0),
            closes_at: parse_local(form.text("closes"), zone)?,
            due: parse_local(form.text("due"), zone)?,
            note: form.text("note").to_owned(),
        })
    };
    let area = AreaCode::parse(form.text("county"))?;
    let command = match read() {
        Ok(open) => Command::Order(Box::new(OrderCommand::OpenGroup(open))),
        Err(refusal) => return new_page(&seat, &form, Some(&refusal)).await,
    };
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/supply/groups"))),
        Err(refusal) => new_page(&seat, &form, Some(&refusal)).await,
    }
}

async fn read(seat: &Seat, text: &str) -> Result<Group, crate::Fault> {
    let id = group_of(text)?;
    seat.require(id.area())?;
    let mut db = seat.db().await?;
    views::group(&mut db, id).await?.ok_or_else(|| crate::Fault::not_found(id))
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let group = read(&seat, &text).await?;
    page(&seat, &group, None).await
}

async fn page(seat: &Seat, group: &Group, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let orders = views::orders_joined(&mut db, group.id).await?;
    let names = words::site_names(seat, &mut db, [&group.shop]).await?;
    let homes = words::Homes::of_places(
        &mut db,
        &orders.iter().map(|order| &order.place).collect::<Vec<_>>(),
    )
    .await?;
    drop(db);
    let name = names.get(&group.shop).cloned().unwrap_or_default();
    let mut rows = vec![
        (t!(seat, "supply-state"), tag(seat, group)),
        (
            t!(seat, "supply-group-joined"),
            html! { (t!(seat, "supply-group-now", joined = group.joined, minimum = group.minimum)) },
        ),
        (t!(seat, "supply-group-closes"), html! { (seat.time(group.closes_at)) }),
        (t!(seat, "supply-due"), html! { (seat.time(group.due)) }),
        (t!(seat, "supply-site"), words::site(seat, &group.shop, &name)),
        (t!(seat, "supply-by-whom"), html! { (group.actor) }),
    ];
    if !group.note.is_empty() {
        rows.push((t!(seat, "care-note"), html! { (group.note) }));
    }
    let columns = vec![
        Column::new("item", t!(seat, "supply-item")),
        Column::new("price", t!(seat, "supply-price")).numeric(),
        Column::new("at_most", t!(seat, "supply-at-most")).numeric(),
    ];
    let items = group.items.iter().map(|item| {
        vec![
            Cell::text(super::words::line_name(seat, item)),
            Cell::text(words::yuan(item.fen)),
            Cell::number(item.count),
        ]
    });
    let items = Table::new(t!(seat, "supply-catalogue"), columns).rows(items.collect::<Vec<_>>());
    let columns = vec![
        Column::new("where", t!(seat, "supply-where")),
        Column::new("stage", t!(seat, "supply-state")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("total", t!(seat, "supply-total")).numeric(),
    ];
    let lines = orders.iter().map(|order| {
        vec![
            Cell::words(words::household(
                seat,
                order.id.area(),
                order.household,
                &homes.place(seat, &order.place),
            )),
            Cell::words(stage_tag(seat, order)),
            Cell::text(line_list(seat, order)).long(),
            Cell::text(words::yuan(order.total())),
        ]
    });
    let lines = Table::new(t!(seat, "nav-supply-orders"), columns)
        .empty(t!(seat, "supply-group-nobody"))
        .rows(lines.collect::<Vec<_>>());
    let over = group.state == GroupState::Open && group.closes_at <= seat.now();
    let closes = over && act::may(seat, group.id.area(), closing(group));
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        @if closes {
            (Form::new(seat, format!("{}/close", path(group)))
                .hidden(act::ID, &act::fresh())
                .button(&t!(seat, "supply-group-close")))
        }
        (items.render(seat))
        (lines.render(seat))
    };
    let page = under_board(
        seat,
        Page::new(t!(seat, "supply-group-of", place = group.place.as_str()), body),
    )
    .crumb(seat.link("/supply/groups"), t!(seat, "nav-supply-groups"));
    Ok(seat.render(page))
}

fn closing(group: &Group) -> Command {
    Command::Order(Box::new(OrderCommand::CloseGroup { group: group.id }))
}

async fn close(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let group = read(&seat, &text).await?;
    match act::send(&seat, group.id.area(), &form, closing(&group)).await? {
        Ok(_) => Ok(seat.go(&path(&group))),
        Err(refusal) => page(&seat, &group, Some(&refusal)).await,
    }
}
