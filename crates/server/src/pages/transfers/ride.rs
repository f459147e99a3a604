//! One ride: who, from where to where, where it stands, who signed, what was said.

use axum::extract::Path;
use maud::{Markup, html};
use registry::identity::Identity;
use transfers::{Command, Ride, Stage, views};
use types::{AreaScope, Refusal};

use super::{HANDS, VISITORS, trip, under_board, who, words};
use crate::house::{TRANSFERS, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::sign_codes;
use crate::t;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/rides/{ride}", VISITORS, show);
    routes.post("/transfers/rides/{ride}/reveal", HANDS, reveal);
}

async fn show(seat: Seat, Path(ride): Path<String>) -> Answer {
    let ride = words::read_ride(&seat, &ride).await?;
    page(&seat, ride, None, None).await
}

async fn reveal(seat: Seat, Path(ride): Path<String>) -> Answer {
    let ride = words::read_ride(&seat, &ride).await?;
    let clear = who::reveal(&seat, &ride).await?;
    page(&seat, ride, Some(clear), None).await
}

/// The page of a ride: with the name once it was asked for, and the refusal of what was tried.
pub async fn page(
    seat: &Seat,
    ride: Ride,
    clear: Option<Option<Identity>>,
    refusal: Option<&Refusal>,
) -> Answer {
    let one = std::slice::from_ref(&ride);
    let mut db = seat.db().await?;
    let episodes = who::episodes(&mut db, one.iter()).await?;
    let names = words::facility_names(seat, &mut db, one.iter()).await?;
    let history = views::history(&mut db, ride.id).await?;
    let mut rows = vec![
        (t!(seat, "trip-stage"), words::stage(seat, &ride)),
        (t!(seat, "case-person"), html! { (who::line(seat, &episodes, &ride)) }),
        (t!(seat, "trip-class"), words::class(seat, ride.class)),
        (t!(seat, "trip-reason"), html! { (named(seat, "trip-reason", ride.reason.as_str())) }),
        (t!(seat, "trip-from"), html! { (words::spot(seat, &names, &ride.from)) }),
        (t!(seat, "trip-to"), html! { (words::spot(seat, &names, &ride.to)) }),
        (t!(seat, "trip-due"), words::due_cell(seat, &ride).into_markup()),
    ];
    if let Some(trip) = ride.trip {
        let on = matches!(ride.stage, Stage::Booked | Stage::Aboard | Stage::Arrived);
        if on {
            rows.push((
                t!(seat, "trip-trip"),
                html! { (words::trip_link(trip)) " · " (t!(seat, "trip-seat")) " " code { (ride.seat) } },
            ));
        }
    }
    if let Some(episode) = ride.episode
        && seat.may_open("/care/episodes/{episode}")
    {
        rows.push((t!(seat, "care-episode"), crate::pages::care::words::link(episode)));
    }
    if !ride.said.is_empty() {
        rows.push((t!(seat, "trip-said"), html! { (ride.said) }));
    }
    if ride.in_vain > 0 {
        rows.push((t!(seat, "trip-in-vain"), html! { (ride.in_vain) }));
    }
    rows.push((t!(seat, "trip-signed"), trip::signed(seat, &ride.signs)));
    // Whoever gives the person over has the code; the crew is told it by them.
    let code =
        act::may(seat, ride.area(), Command::GiveOver { rides: Vec::new(), note: String::new() })
            && matches!(ride.stage, Stage::Wanted | Stage::Booked);
    if code {
        let code = sign_codes::of_ride(seat.app().secrets(), ride.id);
        rows.push((t!(seat, "trip-code-of-ride"), html! { code .big { (code) } }));
    }
    let src = format!("{}?fragment=ride", words::ride_path(ride.id));
    let shown = html! { (parts::facts(&rows)) };
    if seat.wants_fragment("ride") {
        return Ok(seat.fragment(shown));
    }
    let topics = [topic(TRANSFERS, AreaScope::one(ride.area()))];
    let body = html! {
        @if let Some(refusal) = refusal { (trip::told(seat, refusal)) }
        (parts::live("ride", &topics, &src, shown))
        (name(seat, &ride, clear.as_ref()))
        (acts(seat, &ride))
        (history_table(seat, &history).render(seat))
    };
    let title = t!(seat, "trip-ride-of", ride = words::short(ride.id));
    Ok(seat.render(under_board(seat, Page::new(title, body))))
}

/// A patient's ride, and asking for one home: for the page of the episode.
pub(crate) async fn of_episode(
    seat: &Seat,
    episode: &care::Episode,
) -> Result<Markup, crate::Fault> {
    let mut db = seat.db().await?;
    let open = views::open_of(&mut db, &[episode.person]).await?.pop();
    let may_see = seat.may_open("/transfers/rides/{ride}");
    let goes_home = matches!(episode.stage, care::Stage::InCare | care::Stage::Home);
    let body = match open {
        Some(ride) => html! {
            p {
                (words::stage(seat, &ride)) " " (named(seat, "trip-reason", ride.reason.as_str())) " "
                @if may_see { (words::ride_link(ride.id)) }
                " · " (t!(seat, "trip-due")) " " (seat.time(ride.due))
            }
        },
        None if goes_home && seat.may_open("/transfers/want") => {
            let from = episode.lies.as_ref().map(|lies| format!("&from={}", lies.facility));
            let to = format!(
                "/transfers/want?person={}{}&area={}",
                episode.person,
                from.unwrap_or_default(),
                episode.area()
            );
            html! { p { a href=(to) { (t!(seat, "trip-want-home")) } } }
        }
        None => return Ok(html! {}),
    };
    Ok(parts::panel(&t!(seat, "nav-trips"), body))
}

fn name(seat: &Seat, ride: &Ride, clear: Option<&Option<Identity>>) -> Markup {
    let body = match clear {
        Some(Some(identity)) => html! {
            (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {}))
            (parts::facts(&[
                (t!(seat, "reg-name"), html! { (identity.name) }),
                (t!(seat, "desk-phone"), html! {
                    @if let Some(phone) = &identity.phone { a href={ "tel:" (phone) } { (phone) } } @else { "—" }
                }),
            ]))
        },
        Some(None) => html! { p .muted { (t!(seat, "trip-name-unknown")) } },
        None if who::may_reveal(seat, ride) => html! {
            p .muted { (t!(seat, "trip-name-lead")) }
            (Form::new(seat, format!("{}/reveal", words::ride_path(ride.id))).quiet().button(&t!(seat, "trip-name-show")))
        },
        None => return html! {},
    };
    parts::panel(&t!(seat, "trip-name"), body)
}

fn acts(seat: &Seat, ride: &Ride) -> Markup {
    let start = |what: &str| {
        Form::new(seat, format!("{}/{what}", words::ride_path(ride.id)))
            .part(what)
            .hidden(act::ID, &act::fresh())
    };
    let folded = |title: String, body: Markup| {
        html! { details .disclosure { summary { (title) } (body) } }
    };
    let mut forms: Vec<Markup> = Vec::new();
    let at = if ride.from.facility.is_some() { ride.from.area } else { ride.area() };
    let gives = act::may(seat, at, Command::GiveOver { rides: Vec::new(), note: String::new() });
    if gives && ride.signs.gave.is_none() && !matches!(ride.stage, Stage::Wanted | Stage::Off) {
        forms.push(folded(
            t!(seat, "trip-give-over"),
            start("give-over")
                .field(Field::text("note", t!(seat, "care-note")).optional())
                .button(&t!(seat, "trip-give-over")),
        ));
    }
    if ride.stage == Stage::Aboard
        && ride.to.facility.is_none()
        && seat.may_open("/transfers/rides/{ride}")
    {
        let home = transfers::Receive {
            trip: ride.id,
            rides: Vec::new(),
            facility: None,
            ward: None,
            reason: String::new(),
            code: String::new(),
        };
        if act::may(seat, ride.area(), Command::Receive(home)) && gives {
            forms.push(folded(
                t!(seat, "trip-is-home"),
                start("received")
                    .field(Field::text("note", t!(seat, "care-note")).optional())
                    .button(&t!(seat, "trip-is-home")),
            ));
        }
    }
    let cancels = Command::CancelRide { ride: ride.id, reason: String::new() };
    let follows = ride.episode.is_some();
    let waits = matches!(ride.stage, Stage::Wanted | Stage::Booked);
    if waits && !follows && act::may(seat, ride.area(), cancels) {
        forms.push(folded(
            t!(seat, "trip-cancel"),
            start("cancel")
                .danger()
                .field(Field::text("note", t!(seat, "case-why")))
                .button(&t!(seat, "trip-cancel")),
        ));
    }
    if forms.is_empty() {
        return html! {};
    }
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @for form in forms { (form) }
        }
    }
}

fn history_table(seat: &Seat, history: &[views::HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "case-what")),
        Column::new("stage", t!(seat, "trip-stage")),
        Column::new("trip", t!(seat, "trip-trip")),
        Column::new("actor", t!(seat, "care-by")),
    ];
    let rows = history.iter().map(|line| {
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "trip-did", &line.what)),
            line.stage.map_or_else(Cell::none, |stage| {
                Cell::text(named(seat, "trip-stage", stage.as_str()))
            }),
            line.trip.map_or_else(Cell::none, |trip| Cell::words(words::trip_link(trip))),
            Cell::text(line.actor.clone()),
        ]
    });
    Table::new(t!(seat, "care-history"), columns).rows(rows.collect::<Vec<_>>())
}
