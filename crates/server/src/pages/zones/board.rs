//! The board of zones: how many people are held where, what ends, what lost its ground.

use futures::future::BoxFuture;
use maud::html;
use types::Span;
use zones::{Level, Zone, views};

use super::{READERS, words};
use crate::access::{Grant, Role};
use crate::house::{ZONES, topic};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::Form;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// How long before its end a zone is warned of: time enough to decide, and to tell the people. A choice of
/// this program.
pub const WARNS: Span = Span::hours(24);
/// Lines of each list on the board.
const MOST: i64 = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones", READERS, show);
    routes.waiting([Role::Commander, Role::District], of_zones);
}

/// What waits for those who decide.
fn of_zones<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let ending = views::ending(&mut db, grant.scope, seat.now() + WARNS, MOST).await?;
        let over = ending.iter().filter(|zone| zone.duties.until() <= seat.now()).count() as i64;
        let all = grant.scope == types::AreaScope::ALL;
        Ok(vec![Figure {
            label: t!(seat, "zone-ending"),
            value: number(ending.len() as i64),
            href: Some(match all {
                true => "/zones".to_owned(),
                false => format!("/zones?area={}", grant.scope),
            }),
            detail: Some(t!(seat, "zone-over-n", n = over)),
            tone: if ending.is_empty() { Tone::Good } else { Tone::Warning },
        }])
    })
}

async fn show(seat: Seat) -> Answer {
    let (scope, now) = (seat.scope(), seat.now());
    let mut db = seat.db().await?;
    let numbers = views::numbers(&mut db, scope).await?;
    let ending = views::ending(&mut db, scope, now + WARNS, MOST).await?;
    let unfounded = views::unfounded(&mut db, scope, MOST).await?;
    let over: Vec<&Zone> = ending.iter().filter(|zone| zone.duties.until() <= now).collect();
    let named = ending.iter().chain(&unfounded).map(|zone| zone.place.clone());
    let names = words::names(&mut db, named.collect()).await?;
    drop(db);
    let mut figures: Vec<Figure> = Level::ALL
        .iter()
        .map(|level| {
            let sum = numbers.of(*level);
            Figure {
                label: words::level_text(&seat, *level),
                value: number(sum.zones),
                href: Some(seat.link(&format!("/zones/list?level={level}"))),
                detail: Some(t!(
                    &seat,
                    "zone-holds",
                    households = number(sum.households),
                    persons = number(sum.persons)
                )),
                tone: match level {
                    Level::Locked if sum.zones > 0 => Tone::Bad,
                    Level::Controlled if sum.zones > 0 => Tone::Warning,
                    _ => Tone::Plain,
                },
            }
        })
        .collect();
    figures.push(Figure {
        label: t!(seat, "zone-ending"),
        value: number(ending.len() as i64),
        href: Some("#ending".to_owned()),
        detail: Some(t!(seat, "zone-over-n", n = over.len() as i64)),
        tone: if ending.is_empty() { Tone::Good } else { Tone::Warning },
    });
    let part = html! {
        (parts::figures(&figures))
        section #ending {
            @if !over.is_empty() {
                (parts::notice(Tone::Warning, &t!(seat, "zone-over-title", n = over.len() as i64), html! {
                    p { (t!(seat, "zone-over-text")) }
                    @if seat.may_open("/zones/proposals") {
                        (Form::new(&seat, seat.link("/zones/expire")).part("expire")
                            .hidden(act::ID, &act::fresh())
                            .quiet().button(&t!(seat, "zone-expire-now")))
                    }
                }))
            }
            (table(&seat, &names, t!(seat, "zone-ending-table"), &ending)
                .empty(t!(seat, "zone-ending-none")).render(&seat))
        }
        @if !unfounded.is_empty() {
            (table(&seat, &names, t!(seat, "zone-unfounded-table"), &unfounded).render(&seat))
        }
    };
    if seat.wants_fragment("zones") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("zones"))]);
    let body = parts::live("zones", &[topic(ZONES, scope)], &src, part);
    let actions = html! {
        @if seat.may_open("/zones/new") {
            (parts::button_link(&seat.link("/zones/proposals"), &t!(seat, "nav-zones-proposals"), true))
            (parts::button_link(&seat.link("/zones/new"), &t!(seat, "zone-new"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-zones"), body)
        .lead(html! { (t!(seat, "zone-board-lead")) })
        .actions(actions);
    Ok(seat.render(page))
}

/// Zones as a table.
pub fn table(seat: &Seat, names: &Names, title: String, found: &[Zone]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("level", t!(seat, "zone-level")),
        Column::new("until", t!(seat, "zone-until")),
        Column::new("households", t!(seat, "zone-households")).numeric(),
        Column::new("persons", t!(seat, "zone-persons")).numeric(),
        Column::new("cases", t!(seat, "zone-cases")).numeric(),
        Column::new("last", t!(seat, "zone-last")),
        Column::new("code", t!(seat, "code")),
    ];
    let rows = found.iter().map(|zone| {
        let href = words::path(zone.id);
        vec![
            Cell::link(&href, words::place(seat, names, &zone.place)),
            words::level_cell(seat, zone.level),
            words::until_cell(seat, zone),
            Cell::number(zone.households),
            Cell::number(zone.persons),
            Cell::count(zone.infections, &format!("{href}#cases")),
            zone.last.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::code(zone.place.as_str()),
        ]
    });
    Table::new(title, columns).rows(rows.collect::<Vec<_>>())
}
