//! The highest prices of a county, as they were set; which shops are above them.

use maud::html;
use supply::{Command, Good, Measure, Priced, views};
use types::{AreaCode, AreaScope, HolderCode};

use super::{DESK, PAGE, READERS, site_acts, under_board, words};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words::options;
use crate::pages::testing::names::pick;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/prices", READERS, show);
    routes.post("/supply/prices", DESK, set);
}

async fn show(seat: Seat) -> Answer {
    page(&seat, &FormData::default(), Errors::default()).await
}

/// The one county in view, if it is one.
fn county(seat: &Seat) -> Option<AreaCode> {
    let (low, high) = seat.scope().bounds();
    (low == high).then(|| AreaCode::from_stored(low))
}

/// Behind which line a page begins: county, shop, code.
fn behind(text: &str) -> Option<(AreaCode, (String, String))> {
    let mut parts = text.splitn(3, '/');
    let area = AreaCode::parse(parts.next()?).ok()?;
    Some((area, (parts.next()?.to_owned(), parts.next()?.to_owned())))
}

async fn page(seat: &Seat, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let mut limits = Vec::new();
    let mut over: Vec<(AreaCode, HolderCode, Priced)> = Vec::new();
    let after = seat.param("after").and_then(|text| behind(&text));
    for of in registry::views::county_counts(&mut db, seat.scope()).await? {
        let set = views::limits(&mut db, of.area).await?;
        // One page of all counties in view: they come in their order, and a page goes on behind its last line.
        let (county, behind) = after.clone().unwrap_or((AreaCode::NONE, Default::default()));
        if of.area >= county && (over.len() as i64) <= PAGE {
            let behind = if of.area == county { behind } else { Default::default() };
            let rest = PAGE + 1 - over.len() as i64;
            let behind = (behind.0.as_str(), behind.1.as_str());
            let found = views::over_limit(&mut db, of.area, &set, behind, rest).await?;
            over.extend(found.into_iter().map(|(shop, priced)| (of.area, shop, priced)));
        }
        limits.extend(set.into_iter().map(|limit| (of.area, limit)));
    }
    let next = cut(&mut over, PAGE, |(area, shop, priced)| {
        Some(format!("{area}/{shop}/{}", priced.item.code))
    });
    let names = words::site_names(seat, &mut db, over.iter().map(|(_, shop, _)| shop)).await?;
    drop(db);
    let columns = vec![
        Column::new("county", t!(seat, "supply-county")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("limit", t!(seat, "supply-limit")).numeric(),
        Column::new("since", t!(seat, "supply-since")),
        Column::new("reason", t!(seat, "supply-decision")),
        Column::new("actor", t!(seat, "supply-by-whom")),
    ];
    let rows = limits.iter().map(|(area, limit)| {
        let per = match limit.good.measure() {
            Measure::Grams => t!(seat, "supply-per-500", price = words::yuan(limit.fen)),
            Measure::Pieces => t!(seat, "supply-per-piece", price = words::yuan(limit.fen)),
        };
        vec![
            Cell::text(seat.app().areas().name(AreaScope::one(*area), seat.lang())),
            Cell::text(words::good(seat, limit.good)),
            Cell::text(per),
            Cell::time(seat.time(limit.at)),
            Cell::text(limit.reason.clone()).long(),
            Cell::text(limit.actor.clone()),
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-prices"), columns)
        .empty(t!(seat, "supply-limits-empty"))
        .rows(rows.collect::<Vec<_>>());
    let columns = vec![
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("item", t!(seat, "supply-item")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("price", t!(seat, "supply-price")).numeric(),
        Column::new("since", t!(seat, "supply-since")),
    ];
    let rows = over.iter().map(|(_, shop, priced)| {
        vec![
            Cell::link(&words::site_path(shop), names.get(shop).cloned().unwrap_or_default()),
            Cell::text(pick(seat.lang(), &priced.item.name_zh, &priced.item.name_en)),
            Cell::text(words::amount(seat, priced.item.good, priced.item.amount)),
            Cell::text(words::yuan(priced.item.fen)),
            Cell::time(seat.time(priced.since)),
        ]
    });
    let above = Table::new(t!(seat, "supply-over-limit"), columns)
        .empty(t!(seat, "supply-none-over"))
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let goods = options(seat, "supply-good", None, Good::ALL.iter().map(|good| good.as_str()));
    let sets = DESK.roles().has(seat.grant()?.role);
    let command = act::again(form, &errors);
    let body = html! {
        @if sets && county(seat).is_some() {
            (parts::panel(&t!(seat, "supply-limit-set"), Form::new(seat, seat.link("/supply/prices"))
                .errors(errors)
                .hidden(act::ID, &command)
                .field(Field::select("good", t!(seat, "supply-good"), goods).value(form.text("good")).short())
                .field(Field::number("price", t!(seat, "supply-limit")).hint(t!(seat, "supply-limit-hint")).value(form.text("price")))
                .field(Field::text("reason", t!(seat, "supply-decision")).value(form.text("reason")))
                .button(&t!(seat, "save"))))
        }
        (above.render(seat))
        (table.render(seat))
    };
    let page = Page::new(t!(seat, "nav-supply-prices"), body);
    Ok(seat.render(under_board(seat, page)))
}

async fn set(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let good = Good::parse(form.text("good")).unwrap_or(Good::Vegetables);
    let Some(fen) = site_acts::fen(form.text("price")) else {
        let wrong = words::no_amount("price", form.text("price"));
        return page(&seat, &form, Errors::one("price", wrong)).await;
    };
    let reason = form.text("reason").to_owned();
    match act::send(&seat, area, &form, Command::SetLimit { good, fen, reason }).await? {
        Ok(_) => Ok(seat.go(&seat.link("/supply/prices"))),
        Err(refusal) => page(&seat, &form, Errors::one("reason", refusal)).await,
    }
}
