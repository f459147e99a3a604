//! What is done with a trip: it sets out, people get on and off, hands change, something goes wrong.

use axum::extract::Path;
use transfers::{Command, OffWhy, PickUp, Receive, TakeOff, Trip, views};
use types::{AreaCode, HolderCode, Refusal, UnitId};

use super::{CREWS, DISPATCHERS, HANDS, trip, words};
use crate::Fault;
use crate::access::{Policy, Role};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::FormData;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/transfers/trips/{trip}/start", CREWS, start);
    routes.post("/transfers/trips/{trip}/pick-up", CREWS, pick_up);
    routes.post("/transfers/trips/{trip}/hand-over", CREWS, hand_over);
    routes.post("/transfers/trips/{trip}/take-off", CREWS, take_off);
    routes.post("/transfers/trips/{trip}/set-down", CREWS, set_down);
    routes.post("/transfers/trips/{trip}/breakdown", CREWS, breakdown);
    routes.post("/transfers/trips/{trip}/across", CREWS, across);
    routes.post("/transfers/trips/{trip}/receive", HANDS, receive);
    routes.post("/transfers/trips/{trip}/join", DISPATCHERS, join);
    routes.post("/transfers/trips/{trip}/call-off", DISPATCHERS, call_off);
    routes.post("/transfers/rides/{ride}/give-over", HANDS, give_over);
    routes.post("/transfers/rides/{ride}/cancel", DISPATCHERS, cancel);
    routes.post("/transfers/rides/{ride}/received", HOME, received_at_home);
}

/// Who says that somebody is home.
const HOME: Policy = Policy::any_of([Role::District, Role::Grid]);

fn rides(form: &FormData) -> Vec<UnitId> {
    form.all("ride").filter_map(|text| UnitId::parse(text).ok()).collect()
}

fn note(form: &FormData) -> String {
    form.text("note").to_owned()
}

/// Sends a command and goes on to where the actor works; what was refused is told on the trip's page.
async fn done(seat: &Seat, of: Trip, area: AreaCode, form: &FormData, command: Command) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => Ok(seat.go(&back(seat, form, of.id))),
        Err(refusal) if form.text("back") == "own" => super::own::page(seat, Some(&refusal)).await,
        Err(refusal) => trip::page(seat, of, Some(&refusal)).await,
    }
}

fn back(seat: &Seat, form: &FormData, of: UnitId) -> String {
    match form.text("back") {
        "own" if seat.may_open("/transfers/own") => "/transfers/own".to_owned(),
        code if code.starts_with("ward:") => format!("/transfers/facilities/{code}"),
        _ => words::trip_path(of),
    }
}

async fn start(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let command = Command::Start { trip: of.id };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn pick_up(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let command = Command::PickUp(PickUp {
        trip: of.id,
        rides: rides(&form),
        witness: form.text("witness").to_owned(),
        code: form.text("code").to_owned(),
    });
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

/// The crew's signature; with the receiving site's code, both sides' at once.
async fn hand_over(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let (trip, rides, area) = (of.id, rides(&form), of.area());
    if form.text("code").is_empty() {
        let command = Command::HandOver { trip, rides, note: note(&form) };
        return done(&seat, of, area, &form, command).await;
    }
    let mut db = seat.db().await?;
    let found = views::rides(&mut db, &rides).await?;
    drop(db);
    let mut goals = found.iter().map(|ride| ride.to.clone()).collect::<Vec<_>>();
    goals.dedup();
    let [goal] = goals.as_slice() else {
        let refusal = Refusal::new("code-is-for-one-door");
        return match form.text("back") {
            "own" => super::own::page(&seat, Some(&refusal)).await,
            _ => trip::page(&seat, of, Some(&refusal)).await,
        };
    };
    let command = Command::Receive(Receive {
        trip,
        rides,
        facility: goal.facility.clone(),
        ward: None,
        reason: String::new(),
        code: form.text("code").to_owned(),
    });
    let area = goal.area;
    done(&seat, of, area, &form, command).await
}

async fn receive(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let facility = match form.text("facility") {
        "" => None,
        code => Some(HolderCode::parse(code)?),
    };
    let mut db = seat.db().await?;
    let area = match &facility {
        Some(code) => care::views::facility(&mut db, code).await?.map(|known| known.area),
        None => None,
    };
    drop(db);
    let ward = form.text("ward");
    let command = Command::Receive(Receive {
        trip: of.id,
        rides: rides(&form),
        facility: facility.clone(),
        ward: (!ward.is_empty()).then(|| ward.to_owned()),
        reason: note(&form),
        code: String::new(),
    });
    let area = area.unwrap_or(of.area());
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&back(&seat, &form, of.id))),
        Err(refusal) => match facility {
            Some(code) => super::facility::page(&seat, &code.to_string(), Some(&refusal)).await,
            None => trip::page(&seat, of, Some(&refusal)).await,
        },
    }
}

async fn take_off(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let ride = UnitId::parse(form.text("ride"))?;
    let why = OffWhy::parse(form.text("why")).unwrap_or(OffWhy::NoShow);
    let command = Command::TakeOff(TakeOff { trip: of.id, ride, why, note: note(&form) });
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn set_down(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let ride = UnitId::parse(form.text("ride"))?;
    let command = Command::SetDown { trip: of.id, ride, note: note(&form) };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn breakdown(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let command = Command::Breakdown { trip: of.id, reason: note(&form) };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn across(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let vehicle = HolderCode::parse(form.text("vehicle"))?;
    let command =
        Command::MoveAcross { trip: of.id, vehicle, rides: rides(&form), reason: note(&form) };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn join(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let command = Command::Join { trip: of.id, rides: rides(&form), reason: note(&form) };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn call_off(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_trip(&seat, &text).await?;
    let command = Command::CallOff { trip: of.id, reason: note(&form) };
    let area = of.area();
    done(&seat, of, area, &form, command).await
}

async fn give_over(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let ride = words::read_ride(&seat, &text).await?;
    let command = Command::GiveOver { rides: vec![ride.id], note: note(&form) };
    let area = if ride.from.facility.is_some() { ride.from.area } else { ride.area() };
    on_ride(&seat, ride, area, &form, command).await
}

async fn cancel(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let ride = words::read_ride(&seat, &text).await?;
    let command = Command::CancelRide { ride: ride.id, reason: note(&form) };
    let area = ride.area();
    on_ride(&seat, ride, area, &form, command).await
}

async fn received_at_home(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let ride = words::read_ride(&seat, &text).await?;
    let trip = ride.trip.ok_or_else(|| {
        Fault::from(Refusal::new("not-on-a-trip").with("ride", ride.id).with("stage", ride.stage))
    })?;
    let command = Command::Receive(Receive {
        trip,
        rides: vec![ride.id],
        facility: None,
        ward: None,
        reason: note(&form),
        code: String::new(),
    });
    let area = ride.area();
    on_ride(&seat, ride, area, &form, command).await
}

async fn on_ride(
    seat: &Seat,
    ride: transfers::Ride,
    area: AreaCode,
    form: &FormData,
    command: Command,
) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) if form.text("back").starts_with("ward:") => Ok(seat.go(&back(seat, form, ride.id))),
        Ok(_) => Ok(seat.go(&words::ride_path(ride.id))),
        Err(refusal) => super::ride::page(seat, ride, None, Some(&refusal)).await,
    }
}
