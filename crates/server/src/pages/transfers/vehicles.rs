//! Vehicles: which are free, which are to be disinfected, who is on them; and the forms that enter them.

use axum::extract::Path;
use maud::{Markup, html};
use transfers::{Class, Command, Kind, PutVehicle, Shift, Spot, Vehicle, VehicleState, views};
use types::{AreaScope, HolderCode, Refusal};

use super::{CREWS, DISPATCHERS, READERS, board, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{TRANSFERS, topic};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

/// Who sees one vehicle.
const LOOKERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Crew, Role::Auditor]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/vehicles", READERS, list);
    routes.get("/transfers/vehicles/new", DISPATCHERS, new);
    routes.post("/transfers/vehicles/new", DISPATCHERS, put);
    routes.get("/transfers/vehicles/{holder}", LOOKERS, show);
    routes.post("/transfers/vehicles/{holder}/shift", DISPATCHERS, shift);
    routes.post("/transfers/vehicles/{holder}/out", CREWS, out);
    routes.post("/transfers/vehicles/{holder}/clean", CREWS, clean);
}

async fn list(seat: Seat) -> Answer {
    let wanted = seat.param("state").and_then(|text| VehicleState::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::vehicles(&mut db, seat.scope()).await?;
    found.retain(|v| wanted.is_none_or(|state| v.state() == state));
    let lines = table(&seat, &found).render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let states = VehicleState::ALL.iter().map(|state| state.as_str());
    let form = Form::asks(&seat, "/transfers/vehicles")
        .field(
            Field::select(
                "state",
                t!(seat, "trip-vehicle-is"),
                options(&seat, "trip-vehicle-state", Some("case-any"), states),
            )
            .value(wanted.map_or("", VehicleState::as_str))
            .short(),
        )
        .button(&t!(seat, "show"));
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (form)
        (parts::live("lines", &[topic(TRANSFERS, seat.scope())], &src, lines))
    };
    let actions = html! {
        @if seat.may_open("/transfers/vehicles/new") {
            (parts::button_link(&new_link(&seat), &t!(seat, "trip-vehicle-new"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-trips-vehicles"), body).actions(actions);
    Ok(seat.render(under_board(&seat, page)))
}

/// A vehicle is entered at one county's desk: with several in view, one is chosen first.
fn new_link(seat: &Seat) -> String {
    let (low, high) = seat.scope().bounds();
    match low == high {
        true => seat.link("/transfers/vehicles/new"),
        false => "/areas?back=%2Ftransfers%2Fvehicles%2Fnew".to_owned(),
    }
}

fn table(seat: &Seat, found: &[Vehicle]) -> Table {
    let columns = vec![
        Column::new("vehicle", t!(seat, "trip-vehicle")),
        Column::new("kind", t!(seat, "care-kind")),
        Column::new("state", t!(seat, "trip-vehicle-is")),
        Column::new("since", t!(seat, "care-due")),
        Column::new("seats", t!(seat, "trip-seats")).numeric(),
        Column::new("stretchers", t!(seat, "trip-stretchers")).numeric(),
        Column::new("carries", t!(seat, "trip-carries")),
        Column::new("crew", t!(seat, "trip-crew")),
        Column::new("shift", t!(seat, "trip-shift")),
        Column::new("trip", t!(seat, "trip-trip")),
    ];
    let rows = found.iter().map(|v| {
        let due = v.dirty.filter(|_| v.trip.is_none()).map(|(_, due)| due);
        vec![
            Cell::words(
                html! { a href=(words::vehicle_path(&v.code)) { (words::vehicle_name(v)) } },
            ),
            Cell::text(named(seat, "trip-kind", v.kind.as_str())),
            Cell::words(words::vehicle_state(seat, v)),
            match due {
                Some(due) if due < seat.now() => {
                    Cell::tag(Tone::Bad, t!(seat, "late-by", time = seat.span(seat.now() - due)))
                }
                Some(due) => Cell::time(seat.time(due)),
                None => Cell::none(),
            },
            Cell::number(v.seats),
            Cell::number(v.stretchers),
            Cell::words(html! { @for class in &v.carries { (words::class(seat, *class)) " " } }),
            Cell::text(v.crew.clone()),
            match v.shift {
                Some((from, until)) => {
                    Cell::words(html! { (seat.time(from)) " – " (seat.time(until)) })
                }
                None => Cell::none(),
            },
            v.trip.map_or_else(Cell::none, |trip| Cell::words(words::trip_link(trip))),
        ]
    });
    Table::new(t!(seat, "nav-trips-vehicles"), columns)
        .empty(t!(seat, "trip-vehicles-empty"))
        .rows(rows.collect::<Vec<_>>())
}

async fn new(seat: Seat) -> Answer {
    crate::pages::cases::open_county(&seat)?;
    Ok(seat.render(new_page(&seat, &FormData::default(), Errors::default())))
}

fn new_page(seat: &Seat, form: &FormData, errors: Errors) -> Page {
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
    let value = |name: &'static str, first: &str| match form.text(name) {
        "" => first.to_owned(),
        typed => typed.to_owned(),
    };
    let chosen: Vec<&str> = form.all("carries").collect();
    let classes = html! {
        fieldset .form__group {
            legend .form__legend { (t!(seat, "trip-carries")) }
            @for class in Class::ALL {
                div .choice {
                    input type="checkbox" name="carries" value=(class.as_str()) id={ "class-" (class.as_str()) }
                        checked[chosen.contains(&class.as_str()) || chosen.is_empty() && *class == Class::Positive];
                    label for={ "class-" (class.as_str()) } { (named(seat, "trip-class", class.as_str())) }
                }
            }
        }
    };
    let shown = Form::new(seat, seat.link("/transfers/vehicles/new"))
        .hidden(act::ID, &act::again(form, &errors))
        .errors(errors)
        .field(
            Field::text("code", t!(seat, "trip-vehicle-code"))
                .hint(t!(seat, "trip-vehicle-code-hint"))
                .value(form.text("code"))
                .short(),
        )
        .field(
            Field::select("kind", t!(seat, "care-kind"), options(seat, "trip-kind", None, kinds))
                .value(value("kind", "ambulance"))
                .short(),
        )
        .field(Field::text("plate", t!(seat, "trip-plate")).value(form.text("plate")).short())
        .field(Field::number("seats", t!(seat, "trip-seats")).value(value("seats", "2")).short())
        .field(
            Field::number("stretchers", t!(seat, "trip-stretchers"))
                .value(value("stretchers", "1"))
                .short(),
        )
        .markup(classes)
        .field(
            Field::text("serves", t!(seat, "care-serves"))
                .hint(t!(seat, "care-serves-hint"))
                .value(value("serves", &seat.scope().to_string()))
                .short(),
        )
        .field(
            Field::text("position", t!(seat, "trip-base"))
                .hint(t!(seat, "care-position-hint"))
                .value(form.text("position"))
                .optional(),
        )
        .button(&t!(seat, "save"));
    under_board(seat, Page::new(t!(seat, "trip-vehicle-new"), shown).narrow())
}

async fn put(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let mut errors = Errors::default();
    let code = HolderCode::parse(&format!("{}:{}", transfers::HOLDER, form.text("code")));
    let code = errors.check("code", code);
    let seats = form.number(&mut errors, "seats", "2");
    let stretchers = form.number(&mut errors, "stretchers", "1");
    let serves = errors.check("serves", AreaScope::parse(form.text("serves")));
    let at = match form.text("position") {
        "" => None,
        text => {
            let pair = text.split_once(',').and_then(|(lat, lon)| {
                Some((lon.trim().parse::<f64>().ok()?, lat.trim().parse::<f64>().ok()?))
            });
            if pair.is_none() {
                errors.add("position", Refusal::new("position-wrong"));
            }
            pair
        }
    };
    let (Some(code), Some(seats), Some(stretchers), Some(serves), true) =
        (code, seats, stretchers, serves, errors.is_empty())
    else {
        return Ok(seat.render(new_page(&seat, &form, errors)));
    };
    let command = Command::PutVehicle(PutVehicle {
        code: code.clone(),
        kind: Kind::parse(form.text("kind")).unwrap_or(Kind::Ambulance),
        plate: form.text("plate").to_owned(),
        seats,
        stretchers,
        carries: form.all("carries").filter_map(Class::parse).collect(),
        serves,
        base: Spot { at, ..Spot::of(area) },
    });
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&words::vehicle_path(&code))),
        Err(refusal) => Ok(seat.render(new_page(&seat, &form, Errors::one("code", refusal)))),
    }
}

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    let vehicle = words::read_vehicle(&seat, &holder).await?;
    page(&seat, &vehicle, None).await
}

async fn page(seat: &Seat, vehicle: &Vehicle, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let trips = views::of_vehicle(&mut db, &vehicle.code, 50).await?;
    let mut rows = vec![
        (t!(seat, "trip-vehicle-is"), words::vehicle_state(seat, vehicle)),
        (t!(seat, "care-kind"), html! { (named(seat, "trip-kind", vehicle.kind.as_str())) }),
        (
            t!(seat, "trip-seats"),
            html! { (t!(seat, "trip-seats-of", seats = vehicle.seats, stretchers = vehicle.stretchers)) },
        ),
        (
            t!(seat, "trip-carries"),
            html! { @for class in &vehicle.carries { (words::class(seat, *class)) " " } },
        ),
        (t!(seat, "care-serves"), html! { (parts::scope_text(seat, vehicle.serves)) }),
    ];
    if let Some((from, until)) = vehicle.shift {
        rows.push((
            t!(seat, "trip-shift"),
            html! { (seat.time(from)) " – " (seat.time(until)) " · " (vehicle.crew) },
        ));
    }
    if let Some((since, due)) = vehicle.dirty {
        rows.push((
            t!(seat, "trip-to-disinfect"),
            html! { (t!(seat, "trip-since")) " " (seat.time(since)) " · " (t!(seat, "care-due")) " " (seat.time(due)) },
        ));
    }
    rows.extend(vehicle.out.as_ref().map(|why| (t!(seat, "trip-out"), html! { (why) })));
    let body = html! {
        @if let Some(refusal) = refusal { (super::trip::told(seat, refusal)) }
        (parts::facts(&rows))
        (forms(seat, vehicle))
        (board::trips_table(seat, t!(seat, "trip-trips"), &trips, std::slice::from_ref(vehicle))
            .empty(t!(seat, "trip-none-yet")).render(seat))
    };
    let page = Page::new(words::vehicle_name(vehicle), body);
    Ok(seat.render(under_board(seat, page)))
}

fn forms(seat: &Seat, vehicle: &Vehicle) -> Markup {
    let start = |what: &str| {
        Form::new(seat, format!("{}/{what}", words::vehicle_path(&vehicle.code)))
            .part(what)
            .hidden(act::ID, &act::fresh())
    };
    let may = |command: Command| act::may(seat, vehicle.area, command);
    let code = || vehicle.code.clone();
    let cleans = may(Command::Disinfected { vehicle: code(), note: String::new() });
    let outs = may(Command::SetVehicleOut { vehicle: code(), out: true, reason: String::new() });
    let now = seat.now();
    let (from, until) = vehicle.shift.unwrap_or((now, now + types::Span::hours(12)));
    let shifts = may(Command::Shift(Shift { vehicle: code(), crew: String::new(), from, until }));
    let zone = seat.app().zone();
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @if cleans && vehicle.dirty.is_some() && vehicle.trip.is_none() {
                (start("clean")
                    .field(Field::text("note", t!(seat, "care-note")).optional())
                    .button(&t!(seat, "trip-disinfected")))
            }
            @if shifts {
                details .disclosure {
                    summary { (t!(seat, "trip-shift-set")) }
                    (start("shift")
                        .field(Field::text("crew", t!(seat, "trip-crew")).value(vehicle.crew.clone()))
                        .field(Field::time("from", t!(seat, "trip-shift-from")).value(input_value(from, zone)))
                        .field(Field::time("until", t!(seat, "care-until")).value(input_value(until, zone)))
                        .button(&t!(seat, "save")))
                }
            }
            @if outs && vehicle.trip.is_none() {
                @let (key, out) = if vehicle.out.is_some() { ("trip-in-again", "") } else { ("trip-take-out", "1") };
                details .disclosure {
                    summary { (seat.text(key)) }
                    (start("out").hidden("out", out)
                        .field(Field::text("note", t!(seat, "case-why")))
                        .button(&seat.text(key)))
                }
            }
        }
    }
}

async fn done(seat: &Seat, vehicle: Vehicle, form: &FormData, command: Command) -> Answer {
    match act::send(seat, vehicle.area, form, command).await? {
        Ok(_) if form.text("back") == "own" => Ok(seat.go("/transfers/own")),
        Ok(_) => Ok(seat.go(&words::vehicle_path(&vehicle.code))),
        Err(refusal) => page(seat, &vehicle, Some(&refusal)).await,
    }
}

async fn shift(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let vehicle = words::read_vehicle(&seat, &holder).await?;
    let zone = seat.app().zone();
    let from = parse_local(form.text("from"), zone)?;
    let until = parse_local(form.text("until"), zone)?;
    let crew = form.text("crew").to_owned();
    let command = Command::Shift(Shift { vehicle: vehicle.code.clone(), crew, from, until });
    done(&seat, vehicle, &form, command).await
}

async fn out(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let vehicle = words::read_vehicle(&seat, &holder).await?;
    let command = Command::SetVehicleOut {
        vehicle: vehicle.code.clone(),
        out: !form.text("out").is_empty(),
        reason: form.text("note").to_owned(),
    };
    done(&seat, vehicle, &form, command).await
}

async fn clean(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let vehicle = words::read_vehicle(&seat, &holder).await?;
    let note = form.text("note").to_owned();
    let command = Command::Disinfected { vehicle: vehicle.code.clone(), note };
    done(&seat, vehicle, &form, command).await
}
