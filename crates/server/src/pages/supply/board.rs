//! The desk's board: who is not supplied, what lasts for how long, where a shop is missing.

use futures::future::BoxFuture;
use maud::html;
use supply::{Good, ShipState, Stage, Standing, views};
use types::{AreaScope, PlaceCode};

use super::{MOST, READERS, unmet, words};
use crate::access::{Grant, Role};
use crate::house::{SUPPLY, topic};
use crate::i18n::{Speaks, number};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply", READERS, show);
    routes.waiting([Role::Commander, Role::District, Role::Grid], of_households);
    routes.waiting([Role::Shop], of_a_place);
}

/// Who is not supplied, for those who answer for it.
fn of_households<'a>(
    seat: &'a Seat,
    grant: &'a Grant,
) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let balance = views::balance(&mut db, grant.scope, "", seat.now()).await?;
        let community = unmet::own_community(grant).unwrap_or_default();
        let lacking = views::unmet_counts(&mut db, grant.scope, &community, seat.now()).await?;
        let lacking = lacking_figure(seat, &lacking, unmet::path_of(grant));
        Ok(vec![
            lacking,
            Figure {
                label: t!(seat, "supply-overdue"),
                value: number(balance.overdue),
                href: Some(match grant.scope == AreaScope::ALL {
                    true => "/supply/households".to_owned(),
                    false => format!("/supply/households?area={}", grant.scope),
                }),
                detail: Some(t!(seat, "supply-of-all", n = balance.all)),
                tone: if balance.overdue > 0 { Tone::Bad } else { Tone::Good },
            },
        ])
    })
}

/// Households that lack something, of any kind.
fn lacking_figure(seat: &Seat, lines: &[views::UnmetLine], href: String) -> Figure {
    let households: i64 = lines.iter().map(|line| line.households).sum();
    let alarm: i64 = lines.iter().map(|line| line.alarm).sum();
    let time = seat.span(supply::unmet::ALARM_AFTER);
    Figure {
        label: t!(seat, "nav-supply-unmet"),
        value: number(households),
        href: Some(href),
        detail: Some(t!(seat, "supply-unmet-long-n", n = alarm, time = time)),
        tone: match (alarm, households) {
            (1.., _) => Tone::Bad,
            (_, 1..) => Tone::Warning,
            _ => Tone::Good,
        },
    }
}

/// What comes to a place, for whoever works there.
fn of_a_place<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let Some(own) = &grant.holder else { return Ok(Vec::new()) };
        let mut db = seat.db().await?;
        let coming = views::shipments_to(&mut db, own, MOST).await?;
        let coming = coming.iter().filter(|s| s.state == ShipState::Sent).count() as i64;
        let placed = views::orders_at(&mut db, own, Stage::Placed, MOST).await?.len() as i64;
        Ok(vec![
            Figure {
                label: t!(seat, "supply-orders-to-accept"),
                value: number(placed),
                href: Some("/supply/own/orders".to_owned()),
                detail: None,
                tone: if placed > 0 { Tone::Warning } else { Tone::Good },
            },
            Figure {
                label: t!(seat, "supply-coming"),
                value: number(coming),
                href: Some("/supply/own".to_owned()),
                detail: None,
                tone: if coming > 0 { Tone::Info } else { Tone::Good },
            },
        ])
    })
}

async fn show(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let (scope, now) = (seat.scope(), seat.now());
    let communities = views::by_community(&mut db, scope, "", now).await?;
    let mut all = views::Balance::default();
    for line in &communities {
        all += line.balance;
    }
    let cover = views::cover(&mut db, scope).await?;
    let totals = views::totals(&mut db, scope).await?;
    let road = views::open_shipments(&mut db, scope, None, MOST).await?;
    let late = road.iter().filter(|s| s.state == ShipState::Sent && s.due < now).count() as i64;
    let differs = road.iter().filter(|s| s.state == ShipState::Differs).count() as i64;
    let complaints = views::open_complaints(&mut db, scope, "", MOST).await?;
    let without: i64 =
        views::communities(&mut db, scope).await?.iter().map(views::CommunityLine::without).sum();
    let expired = views::expiring(&mut db, scope, now, MOST).await?.len() as i64;
    let orders = views::order_counts(&mut db, scope, "", now).await?;
    let lacking = views::unmet_counts(&mut db, scope, "", now).await?;
    let places = communities.iter().filter_map(|line| PlaceCode::parse(&line.community).ok());
    let names = Names::of_places(&mut db, places.collect::<Vec<_>>()).await?;
    drop(db);
    let shortest =
        cover.iter().filter_map(|line| Some((line.days?, line))).min_by(|a, b| a.0.total_cmp(&b.0));
    let figure = |label: String, n: i64, href: &str, tone: Tone, detail: Option<String>| Figure {
        label,
        value: number(n),
        href: Some(seat.link(href)),
        detail,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let late_complaints = complaints.iter().filter(|c| c.due < now).count() as i64;
    let mut figures = vec![
        lacking_figure(&seat, &lacking, seat.link("/supply/unmet")),
        figure(
            t!(seat, "supply-overdue"),
            all.overdue,
            "/supply/households",
            Tone::Bad,
            Some(t!(seat, "supply-of-all", n = all.all)),
        ),
        figure(
            t!(seat, "supply-medicine-overdue"),
            all.medicine_overdue,
            "/supply/households?what=medicine",
            Tone::Bad,
            Some(t!(seat, "supply-of-medicated", n = all.medicated)),
        ),
        figure(
            t!(seat, "supply-complaints"),
            complaints.len() as i64,
            "/supply/households?what=complaints",
            Tone::Warning,
            Some(t!(seat, "supply-late-n", n = late_complaints)),
        ),
        figure(
            t!(seat, "supply-orders-late"),
            orders.late(),
            "/supply/orders",
            Tone::Bad,
            Some(t!(seat, "supply-of-open", n = orders.open())),
        ),
        figure(
            t!(seat, "supply-stage-came-back"),
            orders.of(Stage::CameBack),
            "/supply/orders?stage=came_back",
            Tone::Warning,
            None,
        ),
        figure(t!(seat, "supply-without-shop"), without, "/supply/shops", Tone::Warning, None),
        figure(
            t!(seat, "supply-on-the-road"),
            road.len() as i64,
            "/supply/shipments",
            if late + differs > 0 { Tone::Warning } else { Tone::Info },
            Some(t!(seat, "supply-road-detail", late = late, differs = differs)),
        ),
    ];
    if let Some((days, line)) = shortest {
        figures.push(Figure {
            label: t!(seat, "supply-shortest"),
            value: format!("{days:.1}"),
            href: Some("#cover".to_owned()),
            detail: Some(words::good(&seat, line.good)),
            tone: match days {
                d if d < 1.0 => Tone::Bad,
                d if d < supply::ALARM_DAYS => Tone::Warning,
                _ => Tone::Good,
            },
        });
    }
    let body = html! {
        @if expired > 0 {
            (parts::notice(Tone::Warning, &t!(seat, "supply-expired-n", n = expired), html! {
                p { a href=(seat.link("/supply/sites?expired=1")) { (t!(seat, "supply-expired-list")) } }
            }))
        }
        (parts::figures(&figures))
        (balance_table(&seat, &communities, &names).render(&seat))
        div #cover { (cover_table(&seat, &cover).render(&seat)) }
        (standing_table(&seat, &totals).render(&seat))
    };
    if seat.wants_fragment("board") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("board"))]);
    let live = parts::live("board", &[topic(SUPPLY, scope)], &src, body);
    let page = Page::new(t!(seat, "nav-supply"), live).lead(html! { (t!(seat, "supply-lead")) });
    Ok(seat.render(page))
}

/// Every household under restriction, by community: served + not due + overdue = all.
fn balance_table(seat: &Seat, lines: &[views::CommunityBalance], names: &Names) -> Table {
    let columns = vec![
        Column::new("community", t!(seat, "supply-community")),
        Column::new("all", t!(seat, "supply-restricted")).numeric(),
        Column::new("served", t!(seat, "supply-served")).numeric(),
        Column::new("not_due", t!(seat, "supply-not-due")).numeric(),
        Column::new("overdue", t!(seat, "supply-overdue")).numeric(),
        Column::new("medicine", t!(seat, "supply-medicine-overdue")).numeric(),
    ];
    let rows = lines.iter().map(|line| {
        let b = &line.balance;
        let list = |what: &str| {
            format!(
                "/supply/households?what={what}&community={}&area={}",
                line.community, line.area
            )
        };
        let name = names.place_text(seat, &line.community);
        vec![
            Cell::link(&list("all"), name),
            Cell::count(b.all, &list("all")),
            Cell::count(b.served, &list("all")),
            Cell::count(b.not_due, &list("all")),
            Cell::count(b.overdue, &list("food")),
            Cell::count(b.medicine_overdue, &list("medicine")),
        ]
    });
    Table::new(t!(seat, "supply-by-community"), columns)
        .empty(t!(seat, "supply-nobody-restricted"))
        .rows(rows.collect::<Vec<_>>())
}

fn cover_table(seat: &Seat, cover: &[views::Cover]) -> Table {
    let columns = vec![
        Column::new("area", t!(seat, "supply-county")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("amount", t!(seat, "supply-there-is")).numeric(),
        Column::new("a_day", t!(seat, "supply-a-day")).numeric(),
        Column::new("days", t!(seat, "supply-lasts")),
    ];
    let rows = cover.iter().map(|line| {
        let county = seat.app().areas().name(AreaScope::one(line.area), seat.lang());
        vec![
            Cell::text(county),
            Cell::text(words::good(seat, line.good)),
            Cell::link(
                &format!("/supply/sites?area={}", line.area),
                words::amount(seat, line.good, line.amount),
            ),
            Cell::text(words::amount(seat, line.good, line.a_day)),
            words::days(seat, line.days),
        ]
    });
    Table::new(t!(seat, "supply-cover"), columns)
        .window(t!(seat, "supply-cover-how", share = views::FREE_SHARE))
        .empty(t!(seat, "supply-cover-empty"))
        .rows(rows.collect::<Vec<_>>())
}

fn standing_table(seat: &Seat, totals: &views::Totals) -> Table {
    let mut columns = vec![Column::new("standing", t!(seat, "supply-standing"))];
    let goods: Vec<(&'static str, Good)> =
        Good::ALL.iter().map(|good| (good.as_str(), *good)).collect();
    columns.extend(
        goods.iter().map(|(key, good)| Column::new(key, words::good(seat, *good)).numeric()),
    );
    let rows = Standing::ALL.iter().map(|standing| {
        let mut cells = vec![Cell::text(named(seat, "supply-standing", standing.as_str()))];
        cells.extend(goods.iter().map(|(_, good)| match totals.of(*standing, *good) {
            0 => Cell::none(),
            n => Cell::text(words::amount(seat, *good, n)),
        }));
        cells
    });
    Table::new(t!(seat, "supply-where-it-is"), columns).rows(rows.collect::<Vec<_>>())
}
