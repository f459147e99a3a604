//! The dispatcher's page: who waits for a ride, what is under way, what is stuck, which vehicles are free.

use futures::future::BoxFuture;
use maud::html;
use transfers::{Stage, Trip, Vehicle, VehicleState, views};
use types::{HolderCode, Span};

use super::{MOST, READERS, words};
use crate::access::{Grant, Role};
use crate::house::{TRANSFERS, topic};
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Those who wait, on this page.
const SHOWN: i64 = 20;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers", READERS, show);
    routes.waiting([Role::Commander, Role::District], of_rides);
    routes.waiting([Role::Crew], of_a_vehicle);
}

/// What waits for those who make trips.
fn of_rides<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let numbers = views::numbers(&mut db, grant.scope).await?;
        let wanted = numbers.of(Stage::Wanted);
        let all = grant.scope == types::AreaScope::ALL;
        Ok(vec![Figure {
            label: t!(seat, "trip-wanted"),
            value: number(wanted),
            href: Some(match all {
                true => "/transfers/rides?stage=wanted".to_owned(),
                false => format!("/transfers/rides?stage=wanted&area={}", grant.scope),
            }),
            detail: Some(t!(seat, "trip-aboard-n", n = numbers.of(Stage::Aboard))),
            tone: if wanted > 0 { Tone::Warning } else { Tone::Good },
        }])
    })
}

/// What waits for a crew.
fn of_a_vehicle<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let Some(own) = &grant.holder else { return Ok(Vec::new()) };
        let mut db = seat.db().await?;
        let trips = views::of_vehicle(&mut db, own, 50).await?;
        let open = trips.iter().filter(|trip| trip.state.is_open());
        let (mut n, mut people) = (0, 0);
        for trip in open {
            n += 1;
            people += trip.booked + trip.aboard;
        }
        Ok(vec![Figure {
            label: t!(seat, "nav-trips-own"),
            value: number(n),
            href: Some("/transfers/own".to_owned()),
            detail: Some(t!(seat, "trip-people", n = people)),
            tone: if n > 0 { Tone::Info } else { Tone::Good },
        }])
    })
}

async fn show(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let scope = seat.scope();
    let numbers = views::numbers(&mut db, scope).await?;
    let late = views::late(&mut db, scope, seat.now()).await?;
    let filter = views::RideFilter::of(scope, Some(Stage::Wanted));
    let waiting = views::waiting(&mut db, &filter, None, SHOWN).await?;
    let trips = views::open_trips(&mut db, scope, MOST).await?;
    let one_sided = views::one_sided(&mut db, scope, MOST).await?.len() as i64;
    let vehicles = views::vehicles(&mut db, scope).await?;
    let of = |state| vehicles.iter().filter(|v| v.state() == state).count() as i64;
    let unclean = vehicles.iter().filter(|v| v.trip.is_none());
    let unclean = unclean.filter(|v| v.dirty.is_some_and(|(_, due)| due < seat.now())).count();
    let figure = |label: String, n: i64, href: &str, tone: Tone, detail: Option<String>| Figure {
        label,
        value: number(n),
        href: Some(seat.link(href)),
        detail,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let stranded: Vec<&Trip> = trips.iter().filter(|trip| trip.is_stranded()).collect();
    let figures = [
        figure(
            t!(seat, "trip-wanted"),
            numbers.of(Stage::Wanted),
            "/transfers/rides?stage=wanted",
            Tone::Warning,
            Some(t!(seat, "trip-late-n", n = late)),
        ),
        figure(
            t!(seat, "trip-booked"),
            numbers.of(Stage::Booked),
            "/transfers/rides?stage=booked",
            Tone::Info,
            None,
        ),
        figure(
            t!(seat, "trip-aboard"),
            numbers.of(Stage::Aboard),
            "/transfers/rides?stage=aboard",
            Tone::Info,
            None,
        ),
        figure(
            t!(seat, "trip-one-sided"),
            one_sided,
            "/transfers/rides?unsigned=1",
            Tone::Warning,
            None,
        ),
        Figure {
            tone: if of(VehicleState::Free) > 0 { Tone::Good } else { Tone::Warning },
            ..figure(
                t!(seat, "trip-vehicles-free"),
                of(VehicleState::Free),
                "/transfers/vehicles?state=free",
                Tone::Good,
                Some(t!(seat, "trip-vehicles-busy", n = of(VehicleState::Busy))),
            )
        },
        figure(
            t!(seat, "trip-vehicles-dirty"),
            of(VehicleState::Dirty),
            "/transfers/vehicles?state=dirty",
            Tone::Warning,
            Some(t!(seat, "trip-late-n", n = unclean as i64)),
        ),
    ];
    let names = words::facility_names(&seat, &mut db, waiting.iter()).await?;
    let lines = super::rides::table(&seat, t!(seat, "trip-waiting"), &waiting, &names, &[]);
    let body = html! {
        @for trip in &stranded {
            (parts::notice(Tone::Bad, &t!(seat, "trip-stranded-n", n = trip.aboard), html! {
                p { a href=(words::trip_path(trip.id)) { (t!(seat, "trip-open")) " " (words::short(trip.id)) } }
            }))
        }
        (parts::figures(&figures))
        (trips_table(&seat, t!(seat, "trip-under-way"), &trips, &vehicles)
            .empty(t!(seat, "trip-none-open")).render(&seat))
        (lines.empty(t!(seat, "trip-nobody-waits")).render(&seat))
    };
    if seat.wants_fragment("board") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("board"))]);
    let live = parts::live("board", &[topic(TRANSFERS, scope)], &src, body);
    let actions = html! {
        @if seat.may_open("/transfers/plan") {
            (parts::button_link(&seat.link("/transfers/plan"), &t!(seat, "nav-trips-plan"), true))
        }
        @if seat.may_open("/transfers/want") {
            (parts::button_link(&super::rides::want_link(&seat), &t!(seat, "trip-want"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-trips"), live).lead(html! { (t!(seat, "trip-lead")) });
    Ok(seat.render(page.actions(actions)))
}

/// Trips as a table.
pub fn trips_table(seat: &Seat, caption: String, trips: &[Trip], vehicles: &[Vehicle]) -> Table {
    let columns = vec![
        Column::new("trip", t!(seat, "trip-trip")),
        Column::new("vehicle", t!(seat, "trip-vehicle")),
        Column::new("state", t!(seat, "trip-state")),
        Column::new("class", t!(seat, "trip-class")),
        Column::new("leaves", t!(seat, "trip-leaves")),
        Column::new("booked", t!(seat, "trip-booked")).numeric(),
        Column::new("aboard", t!(seat, "trip-aboard")).numeric(),
        Column::new("next", t!(seat, "trip-last-at")),
    ];
    let name = |code: &HolderCode| {
        let known = vehicles.iter().find(|v| v.code == *code);
        known.map_or_else(|| code.code().to_owned(), words::vehicle_name)
    };
    let rows = trips.iter().map(|trip| {
        let last = trip.calls.iter().filter_map(|call| call.at).max();
        let late = |at| last.filter(|_| trip.aboard > 0 && at + Span::minutes(30) < seat.now());
        vec![
            Cell::words(words::trip_link(trip.id)),
            Cell::words(html! {
                @if seat.may_open("/transfers/vehicles/{holder}") {
                    a href=(words::vehicle_path(&trip.vehicle)) { (name(&trip.vehicle)) }
                } @else { (name(&trip.vehicle)) }
            }),
            Cell::words(words::state(seat, trip)),
            Cell::words(words::class(seat, trip.class)),
            Cell::time(seat.time(trip.started_at.unwrap_or(trip.leaves_at))),
            Cell::number(trip.booked),
            Cell::number(trip.aboard),
            match last {
                Some(at) if late(at).is_some() => {
                    Cell::tag(Tone::Bad, t!(seat, "late-by", time = seat.span(seat.now() - at)))
                }
                Some(at) => Cell::time(seat.time(at)),
                None => Cell::none(),
            },
        ]
    });
    Table::new(caption, columns).rows(rows.collect::<Vec<_>>())
}
