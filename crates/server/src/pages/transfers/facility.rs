//! Who is on the way to a facility, when and with which vehicle; who is to be fetched from it; and both signatures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::extract::Path;
use maud::{Markup, html};
use store::Connection;
use transfers::{Command, Receive, Ride, Stage, Trip, Vehicle, views};
use types::{AreaScope, HolderCode, Refusal, UnitId};

use super::{MOST, SITES, under_board, who, words};
use crate::access::{Policy, Role};
use crate::house::{TRANSFERS, topic};
use crate::pages::act;
use crate::pages::care::words as care_words;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::sign_codes;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Who works in a facility.
const STAFF: Policy = Policy::any_of([Role::Ward]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/site", STAFF, own);
    routes.get("/transfers/facilities/{holder}", SITES, show);
}

async fn own(seat: Seat) -> Answer {
    let own = super::rides::own_site(&seat).ok_or_else(|| Refusal::new("facility-missing"))?;
    Ok(seat.go(&words::site_path(&own)))
}

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    page(&seat, &holder, None).await
}

/// Rides of a facility with their trips and vehicles.
struct Coming {
    rides: Vec<Ride>,
    trips: HashMap<UnitId, Trip>,
    vehicles: HashMap<HolderCode, Vehicle>,
}

async fn coming(db: &mut Connection, rides: Vec<Ride>) -> Result<Coming, Fault> {
    let mut ids: Vec<UnitId> = rides.iter().filter_map(|ride| ride.trip).collect();
    ids.sort_unstable();
    ids.dedup();
    let trips: HashMap<UnitId, Trip> =
        views::trips(db, &ids).await?.into_iter().map(|trip| (trip.id, trip)).collect();
    let codes: BTreeSet<&HolderCode> = trips.values().map(|trip| &trip.vehicle).collect();
    let found = views::vehicles_by_code(db, codes).await?;
    let vehicles = found.into_iter().map(|vehicle| (vehicle.code.clone(), vehicle)).collect();
    Ok(Coming { rides, trips, vehicles })
}

impl Coming {
    fn trip(&self, ride: &Ride) -> Option<&Trip> {
        let on = matches!(ride.stage, Stage::Booked | Stage::Aboard);
        ride.trip.filter(|_| on).and_then(|id| self.trips.get(&id))
    }

    fn vehicle(&self, ride: &Ride) -> String {
        let Some(trip) = self.trip(ride) else { return "—".to_owned() };
        let known = self.vehicles.get(&trip.vehicle);
        known.map_or_else(|| trip.vehicle.code().to_owned(), words::vehicle_name)
    }
}

/// The page of a facility, with the refusal of what was tried, if it was.
pub async fn page(seat: &Seat, holder: &str, refusal: Option<&Refusal>) -> Answer {
    let of = care_words::read_facility(seat, holder).await?;
    let mut db = seat.db().await?;
    let to = views::leading_to(&mut db, &of.code, MOST).await?;
    let from = views::leading_from(&mut db, &of.code, MOST).await?;
    let (to, from) = (coming(&mut db, to).await?, coming(&mut db, from).await?);
    let both = || to.rides.iter().chain(&from.rides);
    let episodes = who::episodes(&mut db, both()).await?;
    let names = words::facility_names(seat, &mut db, both()).await?;
    let receives = receives(seat, &of.code, of.area);
    let body = html! {
        @if let Some(refusal) = refusal { (super::trip::told(seat, refusal)) }
        (at_the_door(seat, &of.code, &to, &episodes, receives))
        (arrivals(seat, &to, &episodes, &names).render(seat))
        (departures(seat, &of.code, &from, &episodes, &names).render(seat))
    };
    if seat.wants_fragment("site") {
        return Ok(seat.fragment(body));
    }
    let src = format!("{}?fragment=site", words::site_path(&of.code));
    let topics = [topic(TRANSFERS, AreaScope::one(of.area))];
    let live = parts::live("site", &topics, &src, body);
    let actions = html! {
        @if seat.may_open("/transfers/want") && act::may(seat, of.area, want_probe(&of.code, of.area)) {
            (parts::button_link(&format!("/transfers/want?from={}&area={}", of.code, of.area), &t!(seat, "trip-want"), false))
        }
    };
    let title = t!(seat, "trip-site-title", name = care_words::facility(seat, &of));
    let page = Page::new(title, live).lead(html! { (t!(seat, "trip-site-lead")) }).actions(actions);
    let page = if seat.may_open("/care/facilities/{holder}") {
        page.crumb(care_words::facility_path(&of.code), care_words::facility(seat, &of))
    } else {
        under_board(seat, page)
    };
    Ok(seat.render(page))
}

/// Whether somebody receives people for a facility.
pub fn receives(seat: &Seat, code: &HolderCode, area: types::AreaCode) -> bool {
    let probe = Receive {
        trip: UnitId::derived(transfers::TRIP, area, &[]),
        rides: Vec::new(),
        facility: Some(code.clone()),
        ward: None,
        reason: String::new(),
        code: String::new(),
    };
    act::may(seat, area, Command::Receive(probe))
}

fn want_probe(code: &HolderCode, area: types::AreaCode) -> Command {
    let from = transfers::Spot { facility: Some(code.clone()), ..transfers::Spot::of(area) };
    Command::Want(transfers::Want {
        people: Vec::new(),
        reason: transfers::Reason::Home,
        class: transfers::Class::Clear,
        to: transfers::Spot::of(area),
        from,
        due: None,
        from_time: None,
        note: String::new(),
    })
}

/// Trips that bring people here now: the code that the crew is told, and the signature of this side.
fn at_the_door(
    seat: &Seat,
    code: &HolderCode,
    to: &Coming,
    episodes: &HashMap<UnitId, care::Episode>,
    receives: bool,
) -> Markup {
    let mut by_trip: BTreeMap<UnitId, Vec<&Ride>> = BTreeMap::new();
    for ride in to.rides.iter().filter(|ride| ride.stage == Stage::Aboard) {
        by_trip.entry(ride.trip.unwrap_or(ride.id)).or_default().push(ride);
    }
    if !receives || by_trip.is_empty() {
        return html! {};
    }
    html! {
        @for (trip, rides) in &by_trip {
            @let secret = sign_codes::of_arrival(seat.app().secrets(), *trip, Some(code));
            section .panel {
                h2 .panel__title { (t!(seat, "trip-brings", vehicle = to.vehicle(rides[0]))) }
                p { (t!(seat, "trip-code-of-site")) " " code .big { (secret) } }
                (Form::new(seat, format!("{}/receive", words::trip_path(*trip)))
                    .part(&trip.to_string())
                    .hidden(act::ID, &act::fresh())
                    .hidden("back", code.as_str())
                    .hidden("facility", code.as_str())
                    .markup(html! {
                        fieldset .form__group {
                            legend .form__legend { (t!(seat, "trip-who")) }
                            @for ride in rides {
                                div .choice {
                                    input type="checkbox" name="ride" value=(ride.id) id={ "in-" (ride.id) } checked;
                                    label for={ "in-" (ride.id) } {
                                        code { (ride.seat) } " " (who::line(seat, episodes, ride))
                                        @if ride.signs.handed.is_some() { " · " (t!(seat, "trip-crew-signed")) }
                                    }
                                }
                            }
                        }
                    })
                    .field(Field::text("ward", t!(seat, "care-ward-code")).hint(t!(seat, "trip-other-ward-hint")).optional().short())
                    .field(Field::text("note", t!(seat, "case-why")).optional())
                    .button(&t!(seat, "trip-receive")))
            }
        }
    }
}

fn arrivals(
    seat: &Seat,
    to: &Coming,
    episodes: &HashMap<UnitId, care::Episode>,
    names: &HashMap<HolderCode, String>,
) -> Table {
    let columns = vec![
        Column::new("when", t!(seat, "trip-arrives-at")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "trip-class")),
        Column::new("stage", t!(seat, "trip-stage")),
        Column::new("vehicle", t!(seat, "trip-vehicle")),
        Column::new("from", t!(seat, "trip-from")),
        Column::new("due", t!(seat, "trip-due")),
        Column::new("ride", t!(seat, "trip-ride")),
    ];
    let mut rides: Vec<&Ride> = to.rides.iter().collect();
    let eta = |ride: &Ride| to.trip(ride).and_then(|trip| trip.planned(ride.id, false));
    rides.sort_by_key(|ride| (eta(ride).is_none(), eta(ride), ride.due, ride.id));
    let rows = rides.into_iter().map(|ride| {
        vec![
            match eta(ride) {
                Some(at) if at < seat.now() => {
                    Cell::tag(Tone::Warning, t!(seat, "late-by", time = seat.span(seat.now() - at)))
                }
                Some(at) => Cell::time(seat.time(at)),
                None => Cell::text(t!(seat, "trip-no-time-yet")),
            },
            Cell::text(who::line(seat, episodes, ride)),
            Cell::words(words::class(seat, ride.class)),
            Cell::words(words::stage(seat, ride)),
            Cell::text(to.vehicle(ride)),
            Cell::text(words::spot(seat, names, &ride.from)),
            words::due_cell(seat, ride),
            Cell::words(words::ride_link(ride.id)),
        ]
    });
    Table::new(t!(seat, "trip-to-us"), columns)
        .empty(t!(seat, "trip-nobody-comes"))
        .rows(rows.collect::<Vec<_>>())
}

fn departures(
    seat: &Seat,
    code: &HolderCode,
    from: &Coming,
    episodes: &HashMap<UnitId, care::Episode>,
    names: &HashMap<HolderCode, String>,
) -> Table {
    let columns = vec![
        Column::new("when", t!(seat, "trip-picked-at")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("stage", t!(seat, "trip-stage")),
        Column::new("vehicle", t!(seat, "trip-vehicle")),
        Column::new("to", t!(seat, "trip-to")),
        Column::new("code", t!(seat, "trip-code-of-ride")),
        Column::new("sign", t!(seat, "trip-give-over")),
    ];
    let rows = from.rides.iter().map(|ride| {
        let planned = from.trip(ride).and_then(|trip| trip.planned(ride.id, true));
        let gives = ride.stage != Stage::Wanted && ride.signs.gave.is_none();
        vec![
            planned.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::words(
                html! { a href=(words::ride_path(ride.id)) { (who::line(seat, episodes, ride)) } },
            ),
            Cell::words(words::stage(seat, ride)),
            Cell::text(from.vehicle(ride)),
            Cell::text(words::spot(seat, names, &ride.to)),
            if ride.stage == Stage::Aboard {
                Cell::none()
            } else {
                Cell::code(sign_codes::of_ride(seat.app().secrets(), ride.id))
            },
            if gives {
                Cell::words(
                    Form::new(seat, format!("{}/give-over", words::ride_path(ride.id)))
                        .part(&ride.id.to_string())
                        .hidden(act::ID, &act::fresh())
                        .hidden("back", code.as_str())
                        .quiet()
                        .button(&t!(seat, "trip-give-over")),
                )
            } else {
                match &ride.signs.gave {
                    Some(sign) => Cell::text(sign.by.clone()),
                    None => Cell::none(),
                }
            },
        ]
    });
    Table::new(t!(seat, "trip-from-us"), columns)
        .empty(t!(seat, "trip-nobody-leaves"))
        .rows(rows.collect::<Vec<_>>())
}
