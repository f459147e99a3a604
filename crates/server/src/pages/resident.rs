//! A household's own page: each member's latest result, where the sample is now, and what to do.

pub mod check_in;
mod course;
mod orders;
mod supply;
mod zone;

use axum::extract::Path;
use maud::{Markup, html};
use registry::file::{self, PersonLine};
use testing::views::{PersonResult, ResultState};
use types::{AreaCode, HouseholdId, PersonId, Refusal};

use crate::access::{Policy, Role};
use crate::api::results::valid_until;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, pass, t};

const RESIDENT: Policy = Policy::any_of([Role::Resident]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/my", RESIDENT, household);
    routes.get("/my/{person}", RESIDENT, member);
    check_in::register(routes);
    supply::register(routes);
    orders::register(routes);
    routes.nav(Group::Overview, "/my", "nav-my");
}

/// The household of whoever is signed in, with its county.
fn own(seat: &Seat) -> Result<(AreaCode, HouseholdId), Fault> {
    let actor = seat.actor()?;
    let household = actor.household.ok_or_else(|| Refusal::new("not-your-household"))?;
    let area = AreaCode::from_stored(seat.grant()?.scope.bounds().0);
    seat.require_household(area, household)?;
    Ok((area, household))
}

async fn members(seat: &Seat) -> Result<(AreaCode, Vec<PersonLine>), Fault> {
    let (area, household) = own(seat)?;
    let mut db = seat.db().await?;
    let Some(line) = registry::views::household(&mut db, area, household).await? else {
        return Ok((area, Vec::new()));
    };
    let mut found = registry::views::residents(&mut db, area, &[line]).await?;
    let persons = found.remove(&household).unwrap_or_default();
    let keys = seat.app().keys();
    let mut members = Vec::with_capacity(persons.len());
    for (id, person) in persons {
        members.push(file::masked(keys, area, id, &person).map_err(Fault::internal)?);
    }
    Ok((area, members))
}

async fn household(seat: Seat) -> Answer {
    let (area, members) = members(&seat).await?;
    let zone = zone::panel(&seat).await?;
    let mut cards = Vec::with_capacity(members.len());
    let mut db = seat.db().await?;
    for member in &members {
        let results = testing::views::of_person(&mut db, area, member.id).await?;
        let course = course::of(&seat, &mut db, member.id).await?;
        let care = course.map(|course| course::line(&seat, &course));
        let ride = ride_line(&seat, &mut db, member.id).await?;
        cards.push(card(&seat, area, member, results.first(), care.as_deref(), ride));
    }
    drop(db);
    let (_, household) = own(&seat)?;
    let next = supply::line(&seat, area, household).await?;
    let body = html! {
        (zone)
        section .panel {
            h2 .panel__title { a href="/my/supply" { (t!(seat, "my-supply")) } }
            p { (next.unwrap_or_else(|| t!(seat, "my-supply-hint"))) }
            p { a href="/my/orders" { (t!(seat, "my-orders")) } }
        }
        @if cards.is_empty() {
            p { (t!(seat, "my-empty")) }
        }
        ul .cards {
            @for card in cards { (card) }
        }
        p { a href="/public/zero" { (t!(seat, "zero-public")) } }
        p .muted { (t!(seat, "my-reload")) }
    };
    let now = seat.app().now();
    Ok(seat.render(Page::new(t!(seat, "my-title"), body).as_of(now).narrow()))
}

/// How a state looks and reads.
fn shown(seat: &Seat, state: Option<ResultState>) -> (Tone, String, String) {
    let (tone, word) = match state {
        None => (Tone::Plain, "none"),
        Some(state) => {
            let tone = match state {
                ResultState::Negative => Tone::Good,
                ResultState::Positive => Tone::Bad,
                ResultState::Held | ResultState::Recall | ResultState::Disputed => Tone::Warning,
                _ => Tone::Info,
            };
            (tone, state.as_str())
        }
    };
    let word = word.replace('_', "-");
    (tone, seat.text(&format!("my-state-{word}")), seat.text(&format!("my-state-{word}-next")))
}

/// Who is coming for a member, and when: one sentence, and the code by which the household signs that it gave the
/// member over.
async fn ride_line(
    seat: &Seat,
    db: &mut store::Connection,
    person: PersonId,
) -> Result<Option<(String, Option<String>)>, Fault> {
    use transfers::{Stage, views};
    let Some(ride) = views::open_of(db, &[person]).await?.pop() else { return Ok(None) };
    let trip = match ride.trip.filter(|_| ride.stage != Stage::Wanted) {
        Some(trip) => views::trip(db, trip).await?,
        None => None,
    };
    let vehicle = match &trip {
        Some(trip) => views::vehicle(db, &trip.vehicle).await?,
        None => None,
    };
    let name = vehicle.map_or_else(String::new, |v| {
        format!(
            "{} {}",
            crate::pages::cases::words::named(seat, "trip-kind", v.kind.as_str()),
            crate::pages::transfers::words::vehicle_name(&v)
        )
    });
    let at = |on| trip.as_ref().and_then(|trip| trip.planned(ride.id, on)).map(|at| seat.time(at));
    let due = seat.time(ride.due);
    let code = crate::sign_codes::of_ride(seat.app().secrets(), ride.id);
    Ok(Some(match (ride.stage, at(ride.stage == Stage::Booked)) {
        (Stage::Booked, Some(at)) => {
            (t!(seat, "my-ride-booked-at", vehicle = name, at = at.as_str()), Some(code))
        }
        (Stage::Booked, None) => (t!(seat, "my-ride-booked", vehicle = name), Some(code)),
        (Stage::Aboard, Some(at)) => {
            (t!(seat, "my-ride-aboard-at", vehicle = name, at = at.as_str()), None)
        }
        (Stage::Aboard, None) => (t!(seat, "my-ride-aboard", vehicle = name), None),
        _ => (t!(seat, "my-ride-wanted", due = due.as_str()), None),
    }))
}

fn card(
    seat: &Seat,
    area: AreaCode,
    member: &PersonLine,
    latest: Option<&PersonResult>,
    care: Option<&str>,
    ride: Option<(String, Option<String>)>,
) -> Markup {
    let (tone, word, next) = shown(seat, latest.map(|r| r.state));
    html! {
        li .card {
            h2 {
                a .card__link href=(seat.link(&format!("/my/{}", member.id))) { (member.masked.name) }
            }
            p { (parts::tag(tone, &word)) }
            p { (next) }
            @if let Some(care) = care {
                p { strong { (t!(seat, "my-care")) ": " } (care) }
            }
            @if let Some((ride, code)) = ride {
                p { strong { (t!(seat, "my-ride")) ": " } (ride) }
                @if let Some(code) = code {
                    p { (t!(seat, "my-ride-code")) " " code .big { (code) } }
                }
            }
            @if let Some(result) = latest { (facts(seat, area, result)) }
        }
    }
}

fn facts(seat: &Seat, area: AreaCode, result: &PersonResult) -> Markup {
    let time = |at| html! { (seat.time(at)) };
    let mut rows = vec![(t!(seat, "my-sampled-at"), time(result.sampled_at))];
    rows.extend(result.tested_at.map(|at| (t!(seat, "my-tested-at"), time(at))));
    rows.extend(result.reported_at.map(|at| (t!(seat, "my-reported-at"), time(at))));
    let until = valid_until(seat.app(), area, result);
    rows.extend(until.map(|at| (t!(seat, "my-valid-until"), time(at))));
    rows.push((t!(seat, "my-tube"), html! { code { (result.tube) } }));
    if result.shared_by > 1 {
        let shared = t!(seat, "my-shared-by", count = result.shared_by as i64);
        rows.push((t!(seat, "my-pool"), html! { (shared) }));
    }
    parts::facts(&rows)
}

/// One member: every swab, and the pass for checkpoints.
async fn member(seat: Seat, Path((person,)): Path<(String,)>) -> Answer {
    let person = PersonId::parse(&person)?;
    let (area, members) = members(&seat).await?;
    let member = members
        .iter()
        .find(|m| m.id == person)
        .ok_or_else(|| Refusal::new("not-your-household"))?;
    let mut db = seat.db().await?;
    let results = testing::views::of_person(&mut db, area, person).await?;
    let course = course::of(&seat, &mut db, person).await?;
    drop(db);
    let columns = vec![
        Column::new("sampled", t!(seat, "my-sampled-at")),
        Column::new("state", t!(seat, "my-state")),
        Column::new("reported", t!(seat, "my-reported-at")),
        Column::new("tube", t!(seat, "my-tube")),
    ];
    let table = Table::new(t!(seat, "my-history"), columns)
        .empty(t!(seat, "my-state-none-next"))
        .rows(results.iter().map(|r| {
            let (tone, word, _) = shown(&seat, Some(r.state));
            vec![
                Cell::time(seat.time(r.sampled_at)),
                Cell::tag(tone, word),
                r.reported_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
                Cell::code(r.tube.to_string()),
            ]
        }));
    let token = pass::mint(seat.app().secrets(), area, person);
    let (tone, word, next) = shown(&seat, results.first().map(|r| r.state));
    let body = html! {
        p { (parts::tag(tone, &word)) }
        p { (next) }
        @if let Some(result) = results.first() { (facts(&seat, area, result)) }
        @if let Some(course) = &course {
            (check_in::panel(&seat, course.episode(), &FormData::default(), &Errors::default()))
            (course::panel(&seat, course))
        }
        // Asked for at a checkpoint, in the cold: before what happened earlier.
        (parts::panel(&t!(seat, "my-pass"), html! {
            p { (t!(seat, "my-pass-hint")) }
            (parts::qr(&token, &t!(seat, "my-pass")))
            p { code .wrap { (token) } }
        }))
        (table.render(&seat))
    };
    let page = Page::new(member.masked.name.clone(), body)
        .crumb("/my", t!(seat, "my-title"))
        .as_of(seat.app().now())
        .narrow();
    Ok(seat.render(page))
}
