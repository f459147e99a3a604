//! The crew's page, for a phone: my trip, the next stop, who gets on or off there, and what went wrong.

use maud::{Markup, html};
use transfers::{Ride, Spot, Stage, Trip, TripState, Vehicle, VehicleState, views};
use types::{HolderCode, Refusal};

use super::trip::{Whole, people, take_off_form, told, whole};
use super::{OWN, words};
use crate::access::Role;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/own", OWN, show);
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

/// The vehicle that an account works on.
pub fn own_code(seat: &Seat) -> Result<HolderCode, Fault> {
    let grants = &seat.actor()?.grants;
    let own = grants.iter().filter(|g| g.role == Role::Crew).find_map(|g| g.holder.clone());
    own.ok_or_else(|| Refusal::new("vehicle-missing").into())
}

/// A stop: who gets on or off where the next thing happens.
struct Stop<'a> {
    on: bool,
    at: &'a Spot,
    rides: Vec<&'a Ride>,
    planned: Option<types::Micros>,
}

/// What is still to be done, in order: first as planned, then whoever no plan names.
fn stops(of: &Whole) -> Vec<Stop<'_>> {
    let mut out: Vec<Stop<'_>> = Vec::new();
    let find =
        |id| of.on.iter().find(|(ride, _, live)| *live && ride.id == id).map(|(ride, ..)| ride);
    for call in &of.trip.calls {
        let Some(ride) = find(call.ride) else { continue };
        // Who is aboard is not picked up again.
        if call.on && ride.stage != Stage::Booked {
            continue;
        }
        let at = if call.on { &ride.from } else { &ride.to };
        match out.last_mut() {
            Some(last) if last.on == call.on && last.at == at => last.rides.push(ride),
            _ => out.push(Stop { on: call.on, at, rides: vec![ride], planned: call.at }),
        }
    }
    out
}

/// The crew's page, with the refusal of what was tried, if it was.
pub async fn page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let code = own_code(seat)?;
    let mut db = seat.db().await?;
    let vehicle = views::vehicle(&mut db, &code).await?;
    let vehicle = vehicle.ok_or_else(|| Fault::not_found(&code))?;
    let all = views::of_vehicle(&mut db, &code, 100).await?;
    drop(db);
    let mut open: Vec<Trip> = all.into_iter().filter(|trip| trip.state.is_open()).collect();
    open.sort_by_key(|trip| (trip.state != TripState::UnderWay, trip.leaves_at, trip.id));
    let mut rest = open.into_iter();
    let current = match rest.next() {
        Some(trip) => Some(whole(seat, trip).await?),
        None => None,
    };
    let later: Vec<Trip> = rest.collect();
    let shown = html! {
        (state(seat, &vehicle))
        @if let Some(of) = &current { (now(seat, &vehicle, of)) } @else { p { (t!(seat, "trip-own-empty")) } }
        @if !later.is_empty() {
            (parts::panel(&t!(seat, "trip-own-later"), html! {
                ul { @for trip in &later { li {
                    (words::trip_link(trip.id)) " " (seat.time(trip.leaves_at)) " · "
                    (t!(seat, "trip-people", n = trip.booked))
                } } }
            }))
        }
    };
    // What somebody is filling in is not replaced under the hand; a crew asks for the latest.
    let body = html! {
        @if let Some(refusal) = refusal { (told(seat, refusal)) }
        (shown)
        div .buttons { (parts::button_link("/transfers/own", &t!(seat, "trip-refresh"), false)) }
    };
    let lead = html! { (words::vehicle_name(&vehicle)) " " (words::vehicle_state(seat, &vehicle)) };
    Ok(seat.render(Page::new(t!(seat, "nav-trips-own"), body).lead(lead).narrow()))
}

/// The vehicle: is it clean, who is on it, until when.
fn state(seat: &Seat, vehicle: &Vehicle) -> Markup {
    let clean = |primary: bool| {
        let form = Form::new(seat, format!("{}/clean", words::vehicle_path(&vehicle.code)))
            .hidden(act::ID, &act::fresh())
            .hidden("back", "own");
        let form = if primary { form } else { form.quiet() };
        form.button(&t!(seat, "trip-disinfected"))
    };
    html! {
        @if let Some((from, until)) = vehicle.shift {
            p .muted { (t!(seat, "trip-shift")) ": " (seat.time(from)) " – " (seat.time(until))
                @if !vehicle.crew.is_empty() { " · " (vehicle.crew) } }
        }
        @if let Some(reason) = &vehicle.out {
            (parts::notice(Tone::Bad, &t!(seat, "trip-out"), html! { p { (reason) } }))
        }
        @if vehicle.state() == VehicleState::Dirty && let Some((_, due)) = vehicle.dirty {
            (parts::notice(Tone::Warning, &t!(seat, "trip-to-disinfect"), html! {
                p { (t!(seat, "care-due")) " " (seat.time(due)) }
            }))
            (clean(true))
        }
    }
}

fn post<'a>(seat: &'a Seat, of: &Whole, what: &str) -> Form<'a> {
    Form::new(seat, format!("{}/{what}", words::trip_path(of.trip.id)))
        .part(what)
        .hidden(act::ID, &act::fresh())
        .hidden("back", "own")
}

/// The trip under way, or the next one.
fn now(seat: &Seat, vehicle: &Vehicle, of: &Whole) -> Markup {
    let trip = &of.trip;
    let stops = stops(of);
    let starts = trip.state == TripState::Planned;
    let can_go = vehicle.state() == VehicleState::Free || trip.state == TripState::UnderWay;
    html! {
        section .panel {
            h2 .panel__title {
                (words::class(seat, trip.class)) " " (words::state(seat, trip)) " "
                a href=(words::trip_path(trip.id)) { (words::short(trip.id)) }
            }
            p { (t!(seat, "trip-own-says", booked = trip.booked, aboard = trip.aboard)) }
            @if starts {
                p { (t!(seat, "trip-leaves")) " " (seat.time(trip.leaves_at)) }
                @if can_go { (post(seat, of, "start").button(&t!(seat, "trip-start"))) }
            }
        }
        @if trip.is_stranded() {
            (parts::notice(Tone::Bad, &t!(seat, "trip-stranded-n", n = trip.aboard), html! {
                p { (t!(seat, "trip-stranded-crew")) }
            }))
        }
        @if let Some(next) = stops.first().filter(|_| trip.broken_at.is_none()) {
            (stop(seat, of, next))
        }
        @if stops.len() > 1 {
            (parts::panel(&t!(seat, "trip-own-then"), html! {
                ol {
                    @for next in &stops[1..] {
                        li {
                            @if let Some(at) = next.planned { (seat.time(at)) " · " }
                            (seat.text(if next.on { "trip-on" } else { "trip-off-here" })) " "
                            (t!(seat, "trip-people", n = next.rides.len() as i64)) " · "
                            (words::spot(seat, &of.names, next.at))
                        }
                    }
                }
            }))
        }
        @if trip.state.is_open() && trip.broken_at.is_none() {
            details .disclosure {
                summary { (t!(seat, "trip-breakdown")) }
                (post(seat, of, "breakdown").danger()
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "trip-breakdown")))
            }
        }
    }
}

/// Who gets on or off at the next stop, and the two signatures.
fn stop(seat: &Seat, of: &Whole, next: &Stop<'_>) -> Markup {
    let place = words::spot(seat, &of.names, next.at);
    let title = if next.on {
        t!(seat, "trip-next-on", place = place.as_str())
    } else {
        t!(seat, "trip-next-off", place = place.as_str())
    };
    let ticks =
        people(seat, of, if next.on { "on" } else { "off" }, &next.rides, &t!(seat, "trip-who"));
    html! {
        section .panel {
            h2 .panel__title { (title) }
            @if let Some(at) = next.planned { p { (seat.time(at)) } }
            @if next.on {
                (post(seat, of, "pick-up")
                    .markup(ticks)
                    .field(Field::code("code", t!(seat, "trip-code"), true).hint(t!(seat, "trip-code-ride-hint")).optional())
                    .field(Field::text("witness", t!(seat, "trip-witness")).hint(t!(seat, "trip-witness-hint")).optional())
                    .button(&t!(seat, "trip-pick-up")))
                details .disclosure {
                    summary { (t!(seat, "trip-take-off")) }
                    (take_off_form(seat, of, &next.rides))
                }
            } @else {
                (post(seat, of, "hand-over")
                    .markup(ticks)
                    .field(Field::code("code", t!(seat, "trip-code"), true).hint(t!(seat, "trip-code-site-hint")).optional())
                    .button(&t!(seat, "trip-hand-over")))
                @if next.rides.iter().any(|ride| ride.signs.handed.is_some()) {
                    p .muted { (t!(seat, "trip-waits-for-site")) }
                }
            }
        }
    }
}
