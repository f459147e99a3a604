//! A trip: who sits where, the stops in order, who signed for whom, and what can be done now.

use std::collections::HashMap;

use axum::extract::Path;
use care::Episode;
use maud::{Markup, html};
use transfers::{Command, OffWhy, Ride, Signs, Stage, Trip, TripState, Vehicle, views};
use types::{AreaScope, HolderCode, Refusal, UnitId};

use super::{MOST, VISITORS, under_board, who, words};
use crate::house::{TRANSFERS, topic};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words::options;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/trips/{trip}", VISITORS, show);
}

/// A trip with all that a page shows of it.
pub struct Whole {
    /// The trip.
    pub trip: Trip,
    /// Its vehicle.
    pub vehicle: Option<Vehicle>,
    /// Everybody who is or was on it, with the seat there and whether it is theirs now.
    pub on: Vec<(Ride, String, bool)>,
    /// Patients' episodes.
    pub episodes: HashMap<UnitId, Episode>,
    /// The names of facilities.
    pub names: HashMap<HolderCode, String>,
}

impl Whole {
    /// Those who are on it in a stage.
    pub fn now(&self, stage: Stage) -> impl Iterator<Item = &Ride> {
        let live = self.on.iter().filter(move |(ride, _, live)| *live && ride.stage == stage);
        live.map(|(ride, ..)| ride)
    }
}

/// Reads all that a page shows of a trip. Who sees one facility only sees its own people.
pub async fn whole(seat: &Seat, trip: Trip) -> Result<Whole, Fault> {
    let mut db = seat.db().await?;
    let vehicle = views::vehicle(&mut db, &trip.vehicle).await?;
    let mut on = views::on_trip(&mut db, trip.id).await?;
    if let Some(own) = super::rides::own_site(seat).filter(|_| !seat.may_open("/transfers")) {
        let of = |f: &Option<HolderCode>| f.as_ref() == Some(&own);
        on.retain(|(ride, ..)| of(&ride.from.facility) || of(&ride.to.facility));
    }
    on.sort_by_key(|(ride, seat, live)| (!live, ride.stage, seat.clone(), ride.id));
    let episodes = who::episodes(&mut db, on.iter().map(|(ride, ..)| ride)).await?;
    let names = words::facility_names(seat, &mut db, on.iter().map(|(ride, ..)| ride)).await?;
    Ok(Whole { trip, vehicle, on, episodes, names })
}

async fn show(seat: Seat, Path(trip): Path<String>) -> Answer {
    let trip = words::read_trip(&seat, &trip).await?;
    page(&seat, trip, None).await
}

/// The page of a trip, with the refusal of what was tried, if it was.
pub async fn page(seat: &Seat, trip: Trip, refusal: Option<&Refusal>) -> Answer {
    let of = whole(seat, trip).await?;
    let trip = &of.trip;
    let shown = html! {
        (facts(seat, &of))
        (manifest(seat, &of).render(seat))
    };
    if seat.wants_fragment("trip") {
        return Ok(seat.fragment(shown));
    }
    let src = format!("{}?fragment=trip", words::trip_path(trip.id));
    let acts = acts(seat, &of).await?;
    let topics = [topic(TRANSFERS, AreaScope::one(trip.area()))];
    let body = html! {
        @if let Some(refusal) = refusal { (told(seat, refusal)) }
        @if trip.is_stranded() {
            (parts::notice(Tone::Bad, &t!(seat, "trip-stranded-n", n = trip.aboard), html! {
                p { (t!(seat, "trip-stranded-next")) }
            }))
        }
        (parts::live("trip", &topics, &src, shown))
        (acts)
    };
    let name = of.vehicle.as_ref().map_or_else(|| trip.vehicle.to_string(), words::vehicle_name);
    let title = t!(seat, "trip-of", vehicle = name);
    let lead = html! { (words::state(seat, trip)) " " (words::class(seat, trip.class)) };
    Ok(seat.render(under_board(seat, Page::new(title, body).lead(lead))))
}

/// A refusal as a notice.
pub fn told(seat: &Seat, refusal: &Refusal) -> Markup {
    parts::notice(
        Tone::Bad,
        &seat.lang().refusal(refusal),
        html! { p { (seat.lang().refusal_next(refusal)) } },
    )
}

fn facts(seat: &Seat, of: &Whole) -> Markup {
    let trip = &of.trip;
    let mut rows = vec![(t!(seat, "trip-leaves"), html! { (seat.time(trip.leaves_at)) })];
    rows.extend(trip.started_at.map(|at| (t!(seat, "trip-started"), html! { (seat.time(at)) })));
    rows.extend(trip.broken_at.map(|at| (t!(seat, "trip-broken"), html! { (seat.time(at)) })));
    rows.extend(trip.ended_at.map(|at| (t!(seat, "trip-ended"), html! { (seat.time(at)) })));
    if let Some(vehicle) = &of.vehicle {
        rows.push((
            t!(seat, "trip-vehicle"),
            html! {
                @if seat.may_open("/transfers/vehicles/{holder}") {
                    a href=(words::vehicle_path(&vehicle.code)) { (words::vehicle_name(vehicle)) }
                } @else { (words::vehicle_name(vehicle)) }
                " " (words::vehicle_state(seat, vehicle)) " "
                (t!(seat, "trip-seats-of", seats = vehicle.seats, stretchers = vehicle.stretchers))
            },
        ));
        if !vehicle.crew.is_empty() {
            rows.push((t!(seat, "trip-crew"), html! { (vehicle.crew) }));
        }
    }
    if !trip.plan.is_empty() {
        rows.push((t!(seat, "care-why"), html! { (trip.plan) }));
    }
    if !trip.reason.is_empty() {
        rows.push((t!(seat, "trip-departs"), html! { (trip.reason) }));
    }
    parts::facts(&rows)
}

/// Which sides have signed, in words.
pub fn signed(seat: &Seat, signs: &Signs) -> Markup {
    let sign = |key: &str, sign: &Option<transfers::Sign>| {
        html! {
            @if let Some(sign) = sign {
                li { (seat.text(key)) ": " (sign.by) " " (seat.time(sign.at)) " "
                    (seat.text(&format!("trip-signed-{}", sign.how))) }
            }
        }
    };
    html! {
        ul .plain-list {
            (sign("trip-gave", &signs.gave)) (sign("trip-took", &signs.took))
            (sign("trip-handed", &signs.handed)) (sign("trip-received", &signs.received))
        }
        @if signs.one_sided() { (parts::tag(Tone::Warning, &t!(seat, "trip-one-side"))) }
    }
}

fn manifest(seat: &Seat, of: &Whole) -> Table {
    let columns = vec![
        Column::new("seat", t!(seat, "trip-seat")),
        Column::new("ride", t!(seat, "trip-ride")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("stage", t!(seat, "trip-stage")),
        Column::new("from", t!(seat, "trip-from")),
        Column::new("on", t!(seat, "trip-picked-at")),
        Column::new("to", t!(seat, "trip-to")),
        Column::new("off", t!(seat, "trip-arrives-at")),
        Column::new("due", t!(seat, "trip-due")),
        Column::new("signed", t!(seat, "trip-signed")),
    ];
    let rows = of.on.iter().map(|(ride, place, live)| {
        let here = *live || ride.trip == Some(of.trip.id);
        let time = |done, on| match (done, of.trip.planned(ride.id, on)) {
            (Some(at), _) => Cell::time(seat.time(at)),
            (None, Some(at)) => Cell::words(html! { span .muted { (seat.time(at)) } }),
            (None, None) => Cell::none(),
        };
        vec![
            Cell::code(place.clone()),
            Cell::words(words::ride_link(ride.id)),
            Cell::text(who::line(seat, &of.episodes, ride)),
            if here {
                Cell::words(words::stage(seat, ride))
            } else {
                Cell::tag(Tone::Plain, t!(seat, "trip-elsewhere"))
            },
            Cell::text(words::spot(seat, &of.names, &ride.from)),
            time(ride.picked_at, true),
            Cell::text(words::spot(seat, &of.names, &ride.to)),
            time(ride.arrived_at, false),
            words::due_cell(seat, ride),
            Cell::words(signed(seat, &ride.signs)).long(),
        ]
    });
    Table::new(t!(seat, "trip-manifest"), columns)
        .empty(t!(seat, "trip-nobody-on"))
        .rows(rows.collect::<Vec<_>>())
}

/// A form of this page that is sent to `act`.
fn form<'a>(seat: &'a Seat, trip: UnitId, act: &str) -> Form<'a> {
    Form::new(seat, format!("{}/{act}", words::trip_path(trip)))
        .part(act)
        .hidden(act::ID, &act::fresh())
}

/// Ticks for people of a trip, all of them set.
pub fn people(seat: &Seat, of: &Whole, name: &str, rides: &[&Ride], legend: &str) -> Markup {
    html! {
        fieldset .form__group {
            legend .form__legend { (legend) }
            @for ride in rides {
                @let place = of.on.iter().find(|(r, ..)| r.id == ride.id).map_or("", |(_, s, _)| s.as_str());
                div .choice {
                    input type="checkbox" name="ride" value=(ride.id) id={ (name) "-" (ride.id) } checked;
                    label for={ (name) "-" (ride.id) } {
                        code { (place) } " " (who::line(seat, &of.episodes, ride)) " · "
                        (words::spot(seat, &of.names, &ride.from)) " → " (words::spot(seat, &of.names, &ride.to))
                        @if !ride.said.is_empty() { " · " (ride.said) }
                    }
                    a href=(words::ride_path(ride.id)) { (t!(seat, "trip-who-is-it")) }
                }
            }
        }
    }
}

fn folded(title: &str, body: Markup, open: bool) -> Markup {
    html! { details .disclosure open[open] { summary { (title) } (body) } }
}

/// What can be done with the trip now by whoever looks at it.
async fn acts(seat: &Seat, of: &Whole) -> Result<Markup, Fault> {
    let trip = &of.trip;
    let (id, area) = (trip.id, trip.area());
    let may = |command: Command| act::may(seat, area, command);
    let mut forms: Vec<Markup> = Vec::new();
    let booked: Vec<&Ride> = of.now(Stage::Booked).collect();
    let aboard: Vec<&Ride> = of.now(Stage::Aboard).collect();
    let drives = may(Command::Start { trip: id });
    if drives && trip.state == TripState::Planned {
        forms.push(form(seat, id, "start").button(&t!(seat, "trip-start")));
    }
    if drives && !booked.is_empty() && trip.broken_at.is_none() {
        let body = form(seat, id, "pick-up")
            .markup(people(seat, of, "pick", &booked, &t!(seat, "trip-who")))
            .field(
                Field::text("witness", t!(seat, "trip-witness"))
                    .hint(t!(seat, "trip-witness-hint"))
                    .optional(),
            )
            .field(
                Field::code("code", t!(seat, "trip-code"), true)
                    .hint(t!(seat, "trip-code-ride-hint"))
                    .optional(),
            )
            .button(&t!(seat, "trip-pick-up"));
        forms.push(folded(&t!(seat, "trip-pick-up"), body, false));
        forms.push(folded(&t!(seat, "trip-take-off"), take_off_form(seat, of, &booked), false));
    }
    if drives && !aboard.is_empty() {
        let body = form(seat, id, "hand-over")
            .markup(people(seat, of, "hand", &aboard, &t!(seat, "trip-who")))
            .field(
                Field::code("code", t!(seat, "trip-code"), true)
                    .hint(t!(seat, "trip-code-site-hint"))
                    .optional(),
            )
            .button(&t!(seat, "trip-hand-over"));
        forms.push(folded(&t!(seat, "trip-hand-over"), body, false));
        let choices = choices(seat, of, &aboard);
        let body = form(seat, id, "set-down")
            .field(Field::select("ride", t!(seat, "trip-who"), choices))
            .field(Field::text("note", t!(seat, "trip-where-and-why")))
            .button(&t!(seat, "trip-set-down"));
        forms.push(folded(&t!(seat, "trip-set-down"), body, false));
    }
    if drives && trip.state.is_open() && trip.broken_at.is_none() {
        let body = form(seat, id, "breakdown")
            .danger()
            .field(Field::text("note", t!(seat, "case-why")))
            .button(&t!(seat, "trip-breakdown"));
        forms.push(folded(&t!(seat, "trip-breakdown"), body, false));
    }
    let probe = Command::MoveAcross {
        trip: id,
        vehicle: trip.vehicle.clone(),
        rides: Vec::new(),
        reason: String::new(),
    };
    if may(probe) && !aboard.is_empty() {
        let mut db = seat.db().await?;
        let all = views::vehicles(&mut db, AreaScope::one(area)).await?;
        let others = all.iter().filter(|v| v.code != trip.vehicle && v.out.is_none());
        let others: Vec<(String, String)> = others
            .filter(|v| v.carries.contains(&trip.class))
            .map(|v| {
                let state = seat.text(&format!("trip-vehicle-state-{}", v.state().as_str()));
                (v.code.to_string(), format!("{} · {state}", words::vehicle_name(v)))
            })
            .collect();
        let body = form(seat, id, "across")
            .markup(people(seat, of, "across", &aboard, &t!(seat, "trip-who")))
            .field(Field::select("vehicle", t!(seat, "trip-vehicle"), others))
            .field(Field::text("note", t!(seat, "case-why")))
            .button(&t!(seat, "trip-across"));
        forms.push(folded(&t!(seat, "trip-across"), body, trip.is_stranded()));
    }
    let dispatches = may(Command::Join { trip: id, rides: Vec::new(), reason: String::new() });
    if dispatches && trip.state.is_open() && trip.broken_at.is_none() {
        let mut db = seat.db().await?;
        let filter = views::RideFilter::of(AreaScope::one(area), Some(Stage::Wanted));
        let waiting = views::waiting(&mut db, &filter, None, MOST).await?;
        let fits: Vec<Ride> = waiting.into_iter().filter(|ride| ride.class == trip.class).collect();
        if !fits.is_empty() {
            let episodes = who::episodes(&mut db, fits.iter()).await?;
            let names = words::facility_names(seat, &mut db, fits.iter()).await?;
            let options = fits.iter().map(|ride| {
                let text = format!(
                    "{} · {} · {} → {}",
                    words::short(ride.id),
                    who::line(seat, &episodes, ride),
                    words::spot(seat, &names, &ride.from),
                    words::spot(seat, &names, &ride.to)
                );
                (ride.id.to_string(), text)
            });
            let body = form(seat, id, "join")
                .field(Field::select("ride", t!(seat, "trip-who"), options.collect()))
                .field(Field::text("note", t!(seat, "case-why")).optional())
                .button(&t!(seat, "trip-join"));
            forms.push(folded(&t!(seat, "trip-join"), body, false));
        }
    }
    if dispatches && trip.state.is_open() && trip.aboard == 0 {
        let body = form(seat, id, "call-off")
            .danger()
            .field(Field::text("note", t!(seat, "case-why")))
            .button(&t!(seat, "trip-call-off"));
        forms.push(folded(&t!(seat, "trip-call-off"), body, false));
    }
    if forms.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @for form in forms { (form) }
        }
    })
}

fn choices(seat: &Seat, of: &Whole, rides: &[&Ride]) -> Vec<(String, String)> {
    let text = |ride: &Ride| {
        let place = of.on.iter().find(|(r, ..)| r.id == ride.id).map_or("", |(_, s, _)| s.as_str());
        format!("{place} · {}", who::line(seat, &of.episodes, ride))
    };
    rides.iter().map(|ride| (ride.id.to_string(), text(ride))).collect()
}

/// The form that says why somebody does not get on.
pub fn take_off_form(seat: &Seat, of: &Whole, booked: &[&Ride]) -> Markup {
    let whys = [OffWhy::NoShow, OffWhy::Refused, OffWhy::Unfit, OffWhy::Replanned];
    let whys = whys.map(OffWhy::as_str);
    form(seat, of.trip.id, "take-off")
        .field(Field::select("ride", t!(seat, "trip-who"), choices(seat, of, booked)))
        .field(
            Field::select("why", t!(seat, "care-why"), options(seat, "trip-off", None, whys))
                .short(),
        )
        .field(Field::text("note", t!(seat, "trip-what-was-said")))
        .button(&t!(seat, "trip-take-off"))
}
