//! Which shop serves which community, how many are wanted, where one is missing, and whom to call: the list that
//! hangs in every entrance.

use std::collections::HashMap;

use maud::html;
use supply::{Site, SiteKind, views};
use types::{HolderCode, PlaceCode};

use super::{MOST, READERS, sites, under_board, words};
use crate::house::{SUPPLY, topic};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/shops", READERS, show);
}

async fn show(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let mut found = views::communities(&mut db, seat.scope()).await?;
    // Where most are without a shop comes first.
    found.sort_by_key(|line| (-line.without(), line.place.clone()));
    let places: Vec<PlaceCode> = found.iter().map(|line| line.place.clone()).collect();
    let names = Names::of_places(&mut db, places).await?;
    let shops: HashMap<HolderCode, Site> =
        views::sites(&mut db, seat.scope(), Some(SiteKind::Shop), MOST * 10)
            .await?
            .into_iter()
            .map(|shop| (shop.code.clone(), shop))
            .collect();
    drop(db);
    let columns = vec![
        Column::new("community", t!(seat, "supply-community")),
        Column::new("households", t!(seat, "supply-households")).numeric(),
        Column::new("wanted", t!(seat, "supply-shops-wanted")).numeric(),
        Column::new("has", t!(seat, "supply-shops-has")).numeric(),
        Column::new("without", t!(seat, "supply-without-shop")).numeric(),
        Column::new("shops", t!(seat, "supply-shops")),
    ];
    let rows = found.iter().map(|line| {
        let without = line.without();
        vec![
            Cell::words(html! { (names.place(&seat, &line.place)) " " code { (line.place) } }),
            Cell::number(line.households),
            Cell::number(line.wanted()),
            Cell::number(line.shops.len() as i64),
            match without {
                0 => Cell::number(0),
                n => Cell::tag(Tone::Bad, crate::i18n::number(n)),
            },
            Cell::words(html! {
                @for code in &line.shops {
                    @if let Some(shop) = shops.get(code) {
                        a href=(words::site_path(code)) { (words::site_name(&seat, shop)) } " "
                        (sites::contacts(&shop.contacts))
                    }
                }
            }),
        ]
    });
    let lines = Table::new(t!(seat, "nav-supply-shops"), columns)
        .window(t!(seat, "supply-per-shop", n = supply::PER_SHOP))
        .empty(t!(seat, "supply-shops-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = parts::live("lines", &[topic(SUPPLY, seat.scope())], &src, lines);
    let page = Page::new(t!(seat, "nav-supply-shops"), body)
        .lead(html! { (t!(seat, "supply-shops-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}
