//! Those who wait for a ride, are on one, or have arrived; and asking for rides that follow from no bed.

use std::collections::HashMap;

use ledger::Cursor;
use maud::html;
use transfers::views::{self, RideFilter};
use transfers::{Class, Command, Reason, Ride, Rider, Spot, Stage, Want};
use types::{HolderCode, PersonId, PlaceCode, Refusal};

use super::{MOST, PAGE, READERS, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{TRANSFERS, topic};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};

/// Who asks for rides.
const ASKERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Ward]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/rides", READERS, show);
    routes.get("/transfers/want", ASKERS, want_form);
    routes.post("/transfers/want", ASKERS, want);
}

async fn show(seat: Seat) -> Answer {
    let stage = seat.param("stage").and_then(|text| Stage::parse(&text));
    let late = seat.param("late").is_some();
    let unsigned = seat.param("unsigned").is_some();
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let reason = seat.param("reason").and_then(|text| Reason::parse(&text));
    let due_before = late.then(|| transfers::quarter(seat.now()));
    let filter = RideFilter { scope: seat.scope(), stage, reason, due_before };
    let waits = matches!(stage, None | Some(Stage::Wanted | Stage::Booked));
    let mut next = None;
    let found = if unsigned {
        views::one_sided(&mut db, seat.scope(), MOST).await?
    } else if waits {
        let mut page = views::waiting(&mut db, &filter, after, PAGE + 1).await?;
        next = cut(&mut page, PAGE, |ride| Some(Cursor { at: ride.due, id: ride.id }.to_string()));
        page
    } else {
        views::rides_in(&mut db, &filter, MOST).await?
    };
    let names = words::facility_names(&seat, &mut db, found.iter()).await?;
    let episodes = super::who::episodes(&mut db, found.iter()).await?;
    let who: Vec<String> =
        found.iter().map(|ride| super::who::line(&seat, &episodes, ride)).collect();
    let lines = table(&seat, t!(seat, "trip-rides"), &found, &names, &who)
        .empty(t!(seat, "trip-nobody-here"))
        .next(next)
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let stages = Stage::ALL.iter().map(|stage| stage.as_str());
    let form = Form::asks(&seat, "/transfers/rides")
        .field(
            Field::select(
                "stage",
                t!(seat, "trip-stage"),
                options(&seat, "trip-stage", Some("trip-not-yet-fetched"), stages),
            )
            .value(stage.map_or("", Stage::as_str))
            .short(),
        )
        .field(
            Field::select(
                "reason",
                t!(seat, "trip-reason"),
                options(
                    &seat,
                    "trip-reason",
                    Some("case-any"),
                    Reason::ALL.iter().map(|r| r.as_str()),
                ),
            )
            .value(reason.map_or("", Reason::as_str))
            .short(),
        )
        .field(Field::tick("late", t!(seat, "trip-only-late")).value(if late { "1" } else { "" }))
        .button(&t!(seat, "show"));
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (form)
        (parts::live("lines", &[topic(TRANSFERS, seat.scope())], &src, lines))
    };
    let title = if unsigned { t!(seat, "trip-one-sided") } else { t!(seat, "trip-rides") };
    let page = Page::new(title, body).lead(html! { (t!(seat, "trip-rides-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

/// Rides as a table; `who` says of each who it is, where that is shown.
pub fn table(
    seat: &Seat,
    caption: String,
    rides: &[Ride],
    names: &HashMap<HolderCode, String>,
    who: &[String],
) -> Table {
    let mut columns = vec![Column::new("ride", t!(seat, "trip-ride"))];
    if !who.is_empty() {
        columns.push(Column::new("person", t!(seat, "case-person")));
    }
    columns.extend([
        Column::new("class", t!(seat, "trip-class")),
        Column::new("reason", t!(seat, "trip-reason")),
        Column::new("from", t!(seat, "trip-from")),
        Column::new("to", t!(seat, "trip-to")),
        Column::new("due", t!(seat, "trip-due")),
        Column::new("stage", t!(seat, "trip-stage")),
        Column::new("said", t!(seat, "trip-said")),
    ]);
    let rows = rides.iter().enumerate().map(|(n, ride)| {
        let mut row = vec![Cell::words(words::ride_link(ride.id))];
        row.extend(who.get(n).map(|text| Cell::text(text.clone())));
        row.extend([
            Cell::words(words::class(seat, ride.class)),
            Cell::text(named(seat, "trip-reason", ride.reason.as_str())),
            Cell::text(words::spot(seat, names, &ride.from)),
            Cell::text(words::spot(seat, names, &ride.to)),
            words::due_cell(seat, ride),
            Cell::words(html! {
                (words::stage(seat, ride))
                @if let Some(trip) = ride.trip.filter(|_| matches!(ride.stage, Stage::Booked | Stage::Aboard)) {
                    " " (words::trip_link(trip))
                }
            }),
            if ride.said.is_empty() { Cell::none() } else { Cell::text(ride.said.clone()).long() },
        ]);
        row
    });
    Table::new(caption, columns).rows(rows.collect::<Vec<_>>())
}

/// The form for rides is for one county's desk: with several in view, one is chosen first.
pub fn want_link(seat: &Seat) -> String {
    let (low, high) = seat.scope().bounds();
    match low == high {
        true => seat.link("/transfers/want"),
        false => "/areas?back=%2Ftransfers%2Fwant".to_owned(),
    }
}

async fn want_form(seat: Seat) -> Answer {
    crate::pages::cases::open_county(&seat)?;
    want_page(&seat, &FormData::default(), Errors::default()).await
}

async fn want_page(seat: &Seat, form: &FormData, errors: Errors) -> Answer {
    let own = own_site(seat);
    let mut db = seat.db().await?;
    let known = care::views::facilities(&mut db, seat.scope()).await?;
    let sites: Vec<(String, String)> = known
        .iter()
        .map(|of| (of.code.to_string(), crate::pages::care::words::facility(seat, of)))
        .collect();
    let none = (String::new(), t!(seat, "trip-no-facility"));
    let with_none: Vec<(String, String)> = std::iter::once(none).chain(sites).collect();
    let value = |name: &'static str, first: &str| match form.text(name) {
        "" => first.to_owned(),
        typed => typed.to_owned(),
    };
    let reasons = [Reason::Home, Reason::Moved].map(Reason::as_str);
    let classes = Class::ALL.iter().map(|class| class.as_str());
    let asked = seat.param("person").unwrap_or_default();
    let from = own.as_ref().map(ToString::to_string).or(seat.param("from")).unwrap_or_default();
    let shown = Form::new(seat, seat.link("/transfers/want"))
        .hidden(act::ID, &act::again(form, &errors))
        .errors(errors)
        .field(
            Field::area("people", t!(seat, "trip-people-ids"), 3)
                .hint(t!(seat, "trip-people-ids-hint"))
                .value(value("people", &asked)),
        )
        .field(
            Field::select(
                "reason",
                t!(seat, "trip-reason"),
                options(seat, "trip-reason", None, reasons),
            )
            .value(value("reason", "home"))
            .short(),
        )
        .field(
            Field::select(
                "class",
                t!(seat, "trip-class"),
                options(seat, "trip-class", None, classes),
            )
            .value(value("class", "clear"))
            .short(),
        )
        .field(
            Field::select("from", t!(seat, "trip-from"), with_none.clone())
                .value(value("from", &from)),
        )
        .field(
            Field::text("from_place", t!(seat, "trip-from-place"))
                .hint(t!(seat, "trip-place-hint"))
                .value(form.text("from_place"))
                .optional(),
        )
        .field(Field::select("to", t!(seat, "trip-to"), with_none).value(value("to", "")))
        .field(
            Field::text("to_place", t!(seat, "trip-to-place"))
                .hint(t!(seat, "trip-place-hint"))
                .value(form.text("to_place"))
                .optional(),
        )
        .field(Field::tick("lying", t!(seat, "trip-lying")).value(form.text("lying")))
        .field(Field::text("note", t!(seat, "care-note")).value(form.text("note")).optional())
        .button(&t!(seat, "trip-want"));
    let page = Page::new(t!(seat, "trip-want"), shown).lead(html! { (t!(seat, "trip-want-lead")) });
    Ok(seat.render(under_board(seat, page.narrow())))
}

/// The facility that an account works in.
pub fn own_site(seat: &Seat) -> Option<HolderCode> {
    let grants = &seat.actor().ok()?.grants;
    grants.iter().filter(|g| g.role == Role::Ward).find_map(|g| g.holder.clone())
}

async fn want(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let mut errors = Errors::default();
    let mut people = Vec::new();
    for text in form.text("people").split([' ', ',', '\n', '\r', '，']).filter(|t| !t.is_empty()) {
        if let Some(person) = errors.check("people", PersonId::parse(text)) {
            people.push(Rider { person, household: None, lying: form.ticked("lying") });
        }
    }
    let mut db = seat.db().await?;
    // With whom they live, so that they travel together.
    for rider in &mut people {
        let known = registry::file::person(&mut db, area, rider.person).await;
        let known = known.map_err(crate::Fault::internal)?;
        rider.household = known.and_then(|p| p.home).and_then(|home| home.household);
    }
    let mut spot = |site: &str, place: &'static str| -> Option<(Spot, Option<HolderCode>)> {
        let facility = match form.text(site) {
            "" => None,
            code => Some(errors.check("from", HolderCode::parse(code))?),
        };
        let place = match form.text(place) {
            "" => None,
            text => Some(errors.check(place, PlaceCode::parse(text))?),
        };
        let area = place.as_ref().and_then(PlaceCode::area).unwrap_or(area);
        Some((Spot { area, facility: facility.clone(), place, at: None }, facility))
    };
    let (from, to) = (spot("from", "from_place"), spot("to", "to_place"));
    let (Some((mut from, at)), Some((mut to, goal)), true) = (from, to, errors.is_empty()) else {
        // A page reads with a reader of its own.
        drop(db);
        return want_page(&seat, &form, errors).await;
    };
    for (spot, code) in [(&mut from, at), (&mut to, goal)] {
        let Some(code) = code else { continue };
        let known = care::views::facility(&mut db, &code).await?;
        let Some(of) = known else {
            let refusal = Refusal::new("facility-unknown").with("facility", &code);
            drop(db);
            return want_page(&seat, &form, Errors::one("from", refusal)).await;
        };
        (spot.area, spot.at) = (of.area, of.at);
    }
    drop(db);
    let command = Command::Want(Want {
        people,
        reason: Reason::parse(form.text("reason")).unwrap_or(Reason::Moved),
        class: Class::parse(form.text("class")).unwrap_or(Class::Positive),
        from,
        to,
        due: None,
        from_time: None,
        note: form.text("note").to_owned(),
    });
    match act::send(&seat, area, &form, command).await? {
        Ok(_) if seat.may_open("/transfers/rides") => {
            Ok(seat.go(&seat.link("/transfers/rides?stage=wanted")))
        }
        Ok(_) => Ok(seat.go("/transfers/site")),
        Err(refusal) => want_page(&seat, &form, Errors::one("people", refusal)).await,
    }
}
