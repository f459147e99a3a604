//! The plan of an open round, and its end.

use axum::extract::Path;
use maud::html;
use testing::{Stage, views};
use types::PlaceCode;

use super::names::Names;
use super::new_round::PLANNERS;
use super::words::{self, percent, round_name};
use super::{DOWNLOAD, PAGE, READERS, board};
use crate::house::Command;
use crate::i18n::number;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}/plan", READERS, plan);
    routes.get("/testing/rounds/{round}/close", PLANNERS, ask);
    routes.post("/testing/rounds/{round}/close", PLANNERS, close);
}

/// The sites of the round with their slots.
async fn plan(seat: Seat, Path(round): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, &round).await?;
    let csv = Table::wants_csv(&seat);
    let all = views::sites(&mut db, seat.scope(), round.id).await?;
    let total = all.len() as i64;
    let after = seat.param("after").unwrap_or_default();
    let limit = if csv { DOWNLOAD } else { PAGE } as usize;
    let mut page: Vec<_> = all.into_iter().filter(|s| s.site > after).take(limit + 1).collect();
    let next = (page.len() > limit).then(|| page[limit - 1].site.clone());
    page.truncate(limit);
    let places = page
        .iter()
        .flat_map(|s| s.slots.iter().map(|(c, ..)| c.as_str()).chain([s.community.as_str()]));
    let places: Vec<PlaceCode> = places.filter_map(|p| PlaceCode::parse(p).ok()).collect();
    let names = Names::of_holders(&mut db, page.iter().map(|s| s.site.as_str()))
        .await?
        .and(Names::of_places(&mut db, places).await?);
    let columns = vec![
        Column::new("site", t!(seat, "site")),
        Column::new("code", t!(seat, "code")),
        Column::new("community", t!(seat, "community")),
        Column::new("persons", t!(seat, "plan-persons")).numeric(),
        Column::new("stands", t!(seat, "plan-stands")).numeric(),
        Column::new("samplers", t!(seat, "resource-samplers")).numeric(),
        Column::new("slots", t!(seat, "plan-slots")),
    ];
    let day = |at| seat.time(at).day().to_owned();
    let first_day = day(round.starts_at);
    let rows = page.iter().map(|site| {
        let ends = site.slots.first().zip(site.slots.last());
        let slots = html! {
            @if let Some(((_, from, _), (_, _, until))) = ends {
                details .slots {
                    summary {
                        @if day(*from) != first_day { (day(*from)) " " }
                        (seat.time(*from).clock()) "–" (seat.time(*until).clock()) " · "
                        (t!(seat, "n-compounds", n = site.slots.len() as i64))
                    }
                    ul .plain-list {
                        @for (compound, from, until) in &site.slots {
                            li {
                                // The day is said once, above, for all slots of the first one.
                                @if day(*from) != first_day { (day(*from)) " " }
                                (seat.time(*from).clock()) "–" (seat.time(*until).clock()) " "
                                (names.place_text(&seat, compound))
                            }
                        }
                    }
                }
            }
        };
        let plain: Vec<String> = site
            .slots
            .iter()
            .map(|(c, from, until)| {
                format!("{c} {}–{}", seat.time(*from), seat.time(*until).clock())
            })
            .collect();
        vec![
            Cell::link(
                &seat.link(&format!("/testing/holders/{}", site.site)),
                names.holder(&seat, &site.site),
            ),
            Cell::code(site.site.as_str()),
            Cell::text(names.place_text(&seat, &site.community)),
            Cell::number(site.persons),
            Cell::number(site.stands),
            Cell::number(site.samplers),
            Cell::markup(slots, plain.join("; ")),
        ]
    });
    let table = Table::new(t!(seat, "plan"), columns)
        .window(words::window(&seat, &round))
        .empty(t!(seat, "plan-empty"))
        .csv("sites")
        .total(total)
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let back = seat.link(&format!("/testing/rounds/{}", round.id));
    let page = Page::new(t!(seat, "plan"), table.render(&seat));
    Ok(seat.render(page.crumb(back, round_name(&seat, &round))))
}

async fn ask(seat: Seat, Path(round): Path<String>) -> Answer {
    show(&seat, &round, Errors::default()).await
}

/// What would stay open, before anybody says that the round is over.
async fn show(seat: &Seat, round: &str, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, round).await?;
    let counts = views::totals(&mut db, seat.scope(), round.id).await?;
    let planned = counts.persons(Stage::Planned);
    let open = counts.persons(Stage::Recalled) - counts.persons(Stage::RecallEnded);
    let base = seat.link(&format!("/testing/rounds/{}", round.id));
    let list = |path: &str, n: i64| {
        let href = seat.link(&format!("/testing/rounds/{}/{path}", round.id));
        html! { a href=(href) { (number(n)) } }
    };
    let row = |key: &str, n: i64, path: &str| {
        (seat.text(key), html! { (list(path, n)) " · " (percent(n, planned)) })
    };
    let waits = counts.blind() > 0 || open > 0 || counts.in_transit() + counts.in_laboratory() > 0;
    let body = html! {
        @if waits {
            (parts::notice(Tone::Warning, &t!(seat, "close-waits"), html! { p { (t!(seat, "close-waits-body")) } }))
        }
        (parts::facts(&[
            row("stage-settled", counts.persons(Stage::Settled), "tubes?stage=reported"),
            row("blind-spots", counts.blind(), "blind"),
            (t!(seat, "recalls-open"), html! { (list("recalls", open)) " " (t!(seat, "unit-persons")) }),
            (t!(seat, "stage-in-transit"), html! { (list("tubes?stage=in_transit", counts.in_transit())) " " (t!(seat, "unit-tubes")) }),
            (t!(seat, "stage-in-laboratory"), html! { (list("tubes?stage=in_laboratory", counts.in_laboratory())) " " (t!(seat, "unit-tubes")) }),
        ]))
        p { (t!(seat, "close-lead")) }
        (Form::new(seat, format!("/testing/rounds/{}/close", round.id))
            .errors(errors)
            .danger()
            .button(&t!(seat, "close-round")))
        p { a href=(base) { (t!(seat, "close-not-yet")) } }
    };
    let title = t!(seat, "close-title", round = round_name(seat, &round));
    Ok(seat.render(Page::new(title, body).narrow().crumb(base, round_name(seat, &round))))
}

async fn close(seat: Seat, Path(text): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, &text).await?;
    // The round belongs to all its counties: whoever closes it answers for the first.
    let place = round.places.split_whitespace().next().unwrap_or_default();
    let area = match PlaceCode::parse(place)?.area() {
        Some(area) => area,
        None => {
            let scope = types::AreaScope::parse(place)?;
            let counties = registry::views::county_counts(&mut db, scope).await?;
            let own = counties.iter().find(|c| seat.require(c.area).is_ok());
            own.map(|c| c.area).ok_or_else(|| Fault::not_found(place))?
        }
    };
    drop(db);
    let command = Command::Testing(testing::Command::CloseRound { round: round.id });
    match act::once(&seat, area, command).await? {
        Ok(_) => Ok(seat.go(&seat.link(&format!("/testing/rounds/{}?said=closed", round.id)))),
        Err(refusal) => show(&seat, &text, Errors::one("round", refusal)).await,
    }
}
