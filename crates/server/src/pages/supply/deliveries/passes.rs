//! Drivers' passes: given for a vehicle, a driver, places and a time; withdrawn; and checked at a gate by a code.

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::Purpose;
use store::Connection;
use supply::{Command, DeliveryCommand, Dock, GivePass, Pass, SiteKind, views};
use types::{AreaCode, HolderCode, PlaceCode, Refusal, Span};

use super::asks;
use crate::access::{Policy, Role};
use crate::pages::supply::{DESK, MOST, carriers, under_board, words};
use crate::pages::testing::names::Names;
use crate::pages::testing::people;
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, sign_codes, t};

/// Who stands at a gate, or sends somebody there.
const GATES: Policy = Policy::any_of([Role::District, Role::Grid, Role::Volunteer]);

/// How long those whose time is over stay on the list.
pub(super) const BACK: Span = Span::days(7);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/passes", DESK, list);
    routes.post("/supply/passes", DESK, give);
    routes.post("/supply/passes/{pass}/withdraw", DESK, withdraw);
    routes.post("/supply/passes/gate", DESK, gate_hours);
    routes.post("/supply/passes/dock", DESK, dock);
    routes.get("/supply/gate", GATES, check);
}

async fn list(seat: Seat) -> Answer {
    page(&seat, &FormData::default(), None).await
}

/// Whether a pass holds now, and if not, why not.
pub(super) fn verdict(seat: &Seat, pass: &Pass) -> (Tone, String) {
    let now = seat.now();
    if let Some((at, reason)) = &pass.withdrawn {
        let reason = seat
            .text_if(&format!("supply-pass-because-{reason}"))
            .unwrap_or_else(|| reason.clone());
        let at = seat.time(*at);
        return (Tone::Bad, t!(seat, "supply-pass-withdrawn", at = at.as_str(), reason = reason));
    }
    if now < pass.from {
        let at = seat.time(pass.from);
        return (Tone::Warning, t!(seat, "supply-pass-not-yet", at = at.as_str()));
    }
    if now >= pass.until {
        let at = seat.time(pass.until);
        return (Tone::Bad, t!(seat, "supply-pass-over", at = at.as_str()));
    }
    let at = seat.time(pass.until);
    (Tone::Good, t!(seat, "supply-pass-valid", at = at.as_str()))
}

/// Whether there is something left to withdraw: it holds, or will.
pub(super) fn goes_on(seat: &Seat, pass: &Pass) -> bool {
    pass.withdrawn.is_none() && pass.until > seat.now()
}

/// The names of the places for which passes hold.
pub(in crate::pages::supply) async fn names_of(
    db: &mut Connection,
    passes: &[Pass],
) -> Result<Names, Fault> {
    let places: Vec<PlaceCode> = passes.iter().flat_map(|pass| pass.places.clone()).collect();
    Names::of_places(db, places).await
}

/// The places by name and, for whoever gives the next one, by the code that the form asks for.
pub(super) fn places(seat: &Seat, names: &Names, pass: &Pass) -> String {
    let both = |place| format!("{} {place}", names.place(seat, place));
    let said: Vec<String> = pass.places.iter().map(both).collect();
    said.join(&t!(seat, "case-comma"))
}

async fn page(seat: &Seat, form: &FormData, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::passes(&mut db, seat.scope(), seat.now() - BACK, MOST).await?;
    let names = names_of(&mut db, &found).await?;
    let vehicles = carriers::vehicles(seat, &mut db, seat.scope()).await?;
    drop(db);
    let columns = vec![
        Column::new("vehicle", t!(seat, "supply-vehicle")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("places", t!(seat, "supply-pass-places")),
        Column::new("from", t!(seat, "supply-since")),
        Column::new("code", t!(seat, "supply-order-code")),
        Column::new("withdraw", t!(seat, "supply-pass-withdraw")),
    ];
    let rows = found.iter().map(|pass| {
        let (tone, text) = verdict(seat, pass);
        let form = Form::new(seat, format!("/supply/passes/{}/withdraw", pass.id))
            .part(&words::short(pass.id))
            .hidden(act::ID, &act::fresh())
            .quiet()
            .field(Field::text("note", t!(seat, "case-why")))
            .button(&t!(seat, "supply-pass-withdraw"));
        vec![
            Cell::words(html! {
                code .nowrap { (pass.vehicle) } br;
                span .nowrap { (pass.plate) } " "
                span .nowrap { (words::amount(seat, supply::Good::Staples, pass.carries)) }
                @if pass.cold { " " (parts::tag(Tone::Info, &t!(seat, "supply-pass-cold"))) }
            }),
            Cell::tag(tone, text),
            Cell::text(places(seat, &names, pass)),
            // Until when is said where it stands, but for one that does not hold yet.
            Cell::words(html! { (seat.time(pass.from)) @if seat.now() < pass.from { " – " (seat.time(pass.until)) } }),
            match goes_on(seat, pass) {
                true => Cell::code(sign_codes::of_pass(seat.app().secrets(), pass.id)),
                false => Cell::none(),
            },
            Cell::words(html! {
                @if goes_on(seat, pass) {
                    details .disclosure { summary { (t!(seat, "supply-pass-withdraw")) } (form) }
                }
            }),
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-passes"), columns)
        .empty(t!(seat, "supply-passes-empty"))
        .rows(rows.collect::<Vec<_>>());
    let zone = seat.app().zone();
    let at = |hours: i64| input_value(seat.now() + Span::hours(hours), zone);
    let or = |name: &str, other: String| match form.text(name) {
        "" => other,
        typed => typed.to_owned(),
    };
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (table.render(seat))
        (parts::panel(&t!(seat, "supply-pass-give"), Form::new(seat, seat.link("/supply/passes"))
            .part("give")
            .hidden(act::ID, &act::fresh())
            .field(Field::code("vehicle", t!(seat, "supply-vehicle"), false)
                .hint(t!(seat, "supply-carrier-hint")).value(form.text("vehicle")).among(vehicles))
            .field(Field::text("plate", t!(seat, "supply-plate")).value(form.text("plate")))
            .field(Field::code("driver", t!(seat, "supply-driver"), false)
                .hint(t!(seat, "supply-person-hint")).value(form.text("driver")))
            .field(Field::number("carries", t!(seat, "supply-pass-carries"))
                .hint(t!(seat, "supply-kg-unit")).value(or("carries", "1000".to_owned())))
            .field(Field::tick("cold", t!(seat, "supply-pass-cold")))
            .field(Field::text("places", t!(seat, "supply-pass-places"))
                .hint(t!(seat, "supply-pass-places-hint")).value(form.text("places")))
            .field(Field::time("from", t!(seat, "supply-since")).value(or("from", at(0))))
            .field(Field::time("until", t!(seat, "supply-until")).value(or("until", at(12))))
            .button(&t!(seat, "supply-pass-give"))))
        (parts::panel(&t!(seat, "supply-gate-hours"), Form::new(seat, seat.link("/supply/passes/gate"))
            .part("gate")
            .hidden(act::ID, &act::fresh())
            .field(Field::code("place", t!(seat, "supply-place"), false).hint(t!(seat, "supply-place-hint")))
            .field(Field::text("opens", t!(seat, "supply-gate-opens")).value("07:00"))
            .field(Field::text("closes", t!(seat, "supply-gate-closes")).value("20:00"))
            .field(Field::text("blocked", t!(seat, "supply-gate-blocked")).optional())
            .button(&t!(seat, "save"))))
        (parts::panel(&t!(seat, "supply-dock-title"), docks(seat).await?))
    };
    let page = under_board(seat, Page::new(t!(seat, "nav-supply-passes"), body))
        .crumb(seat.link("/supply/deliveries"), t!(seat, "nav-supply-deliveries"));
    Ok(seat.render(page))
}

async fn send(seat: &Seat, area: AreaCode, form: &FormData, command: Command) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/supply/passes"))),
        Err(refusal) => page(seat, form, Some(&refusal)).await,
    }
}

async fn give(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let zone = seat.app().zone();
    let places = typed::places(&seat, form.text("places")).await?;
    let driver = people::find(&seat, area, form.text("driver"), Purpose::Support).await?;
    let read = || -> Result<GivePass, Refusal> {
        let carries = form.text("carries");
        let carries = words::read_amount(supply::Good::Staples, carries)
            .ok_or_else(|| words::no_amount("carries", carries))?;
        Ok(GivePass {
            vehicle: HolderCode::parse(form.text("vehicle"))?,
            plate: form.text("plate").to_owned(),
            driver: driver?.person,
            carries,
            cold: form.ticked("cold"),
            places: places?,
            from: parse_local(form.text("from"), zone)?,
            until: parse_local(form.text("until"), zone)?,
        })
    };
    match read() {
        Ok(pass) => send(&seat, area, &form, asks(DeliveryCommand::GivePass(pass))).await,
        Err(refusal) => page(&seat, &form, Some(&refusal)).await,
    }
}

async fn withdraw(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let pass = words::unit(&text, supply::PASS)?;
    seat.require(pass.area())?;
    let reason = form.text("note").to_owned();
    let command = asks(DeliveryCommand::WithdrawPass { pass, reason });
    send(&seat, pass.area(), &form, command).await
}

/// The minute of a day that somebody typed: `07:30`, `24:00`.
fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once([':', '：'])?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    ((0..60).contains(&minutes) && (0..=1_440).contains(&all)).then_some(all)
}

async fn gate_hours(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let place = typed::place(&seat, form.text("place")).await?;
    let read = |name: &'static str| {
        let text = form.text(name);
        minute(text).ok_or_else(|| {
            Refusal::new("malformed-field")
                .with("field", name)
                .with("text", text)
                .with("wanted", "07:30")
        })
    };
    let read = || -> Result<DeliveryCommand, Refusal> {
        Ok(DeliveryCommand::PutGate {
            place: place?,
            opens: read("opens")?,
            closes: read("closes")?,
            blocked: form.text("blocked").to_owned(),
        })
    };
    match read() {
        Ok(command) => send(&seat, area, &form, asks(command)).await,
        Err(refusal) => page(&seat, &FormData::default(), Some(&refusal)).await,
    }
}

async fn dock(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let read = || -> Result<DeliveryCommand, Refusal> {
        let dock = form.text("dock");
        Ok(DeliveryCommand::PutDock {
            shop: HolderCode::parse(form.text("shop"))?,
            dock: if dock.is_empty() { None } else { Some(HolderCode::parse(dock)?) },
        })
    };
    match read() {
        Ok(command) => send(&seat, area, &form, asks(command)).await,
        Err(refusal) => page(&seat, &FormData::default(), Some(&refusal)).await,
    }
}

/// Shops whose orders leave from a sorting centre's dock.
async fn docks(seat: &Seat) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let mut found: Vec<Dock> = Vec::new();
    if let Ok(area) = crate::pages::cases::open_county(seat) {
        found = views::docks(&mut db, area).await?;
    }
    let mut sites: Vec<HolderCode> = Vec::new();
    for dock in &found {
        sites.push(dock.shop.clone());
        sites.extend(dock.at.clone());
    }
    let names = words::site_names(seat, &mut db, &sites).await?;
    let (mut shops, mut centres) = (Vec::new(), Vec::new());
    for site in views::sites(&mut db, seat.scope(), None, MOST).await? {
        let choice = (site.code.to_string(), words::site_name(seat, &site));
        match site.kind {
            SiteKind::Shop => shops.push(choice),
            SiteKind::Sorting => centres.push(choice),
            SiteKind::Market | SiteKind::Gate => {}
        }
    }
    drop(db);
    let name = |code: &HolderCode| names.get(code).cloned().unwrap_or_default();
    let columns = vec![
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("dock", t!(seat, "supply-dock")),
    ];
    let rows = found.iter().map(|dock| {
        vec![
            Cell::text(name(&dock.shop)),
            Cell::text(dock.at.as_ref().map(&name).unwrap_or_default()),
        ]
    });
    let table = Table::new(t!(seat, "supply-docks"), columns)
        .empty(t!(seat, "supply-docks-empty"))
        .rows(rows.collect::<Vec<_>>());
    Ok(html! {
        (table.render(seat))
        (Form::new(seat, seat.link("/supply/passes/dock"))
            .part("dock")
            .hidden(act::ID, &act::fresh())
            .field(Field::code("shop", t!(seat, "supply-dock-shop"), false).among(shops))
            .field(Field::code("dock", t!(seat, "supply-dock"), false)
                .hint(t!(seat, "supply-dock-hint")).among(centres).optional())
            .button(&t!(seat, "save")))
    })
}

/// At a gate: a vehicle and the code that its driver shows. Without the right code nothing is told of a pass.
async fn check(seat: Seat) -> Answer {
    let (vehicle, code) =
        (seat.param("vehicle").unwrap_or_default(), seat.param("code").unwrap_or_default());
    let verdict = match vehicle.is_empty() && code.is_empty() {
        true => None,
        false => Some(checked(&seat, &vehicle, &code).await?),
    };
    let body = html! {
        @if let Some(verdict) = verdict { (verdict) }
        (Form::asks(&seat, "/supply/gate")
            .field(Field::code("vehicle", t!(seat, "supply-vehicle"), false)
                .hint(t!(seat, "supply-carrier-hint")).value(if vehicle.is_empty() { "vehicle:".to_owned() } else { vehicle.clone() }))
            .field(Field::code("code", t!(seat, "supply-pass-code"), true))
            .button(&t!(seat, "supply-gate-check")))
    };
    let page = under_board(&seat, Page::new(t!(seat, "nav-supply-gate"), body));
    Ok(seat.render(page.narrow()))
}

async fn checked(seat: &Seat, vehicle: &str, code: &str) -> Result<Markup, Fault> {
    let Ok(vehicle) = HolderCode::parse(vehicle) else {
        return Ok(parts::notice(Tone::Bad, &t!(seat, "supply-pass-none"), html! {}));
    };
    let mut db = seat.db().await?;
    let found = views::passes_of(&mut db, &vehicle, 50).await?;
    let names = names_of(&mut db, &found).await?;
    drop(db);
    let secrets = seat.app().secrets();
    let pass = found.iter().find(|pass| {
        seat.require(pass.id.area()).is_ok() && sign_codes::is_of_pass(secrets, pass.id, code)
    });
    let Some(pass) = pass else {
        return Ok(parts::notice(Tone::Bad, &t!(seat, "supply-pass-none"), html! {}));
    };
    let (tone, text) = verdict(seat, pass);
    Ok(parts::notice(
        tone,
        &text,
        html! {
            p { code { (pass.vehicle) } " " (pass.plate) }
            p { (t!(seat, "supply-pass-places")) ": " (places(seat, &names, pass)) }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_of_a_day_are_read_or_are_none() {
        assert_eq!(minute("07:30"), Some(450));
        assert_eq!(minute("24:00"), Some(1_440));
        assert_eq!(minute("7：05"), Some(425));
        for wrong in ["", "7", "25:00", "10:60", "-1:00"] {
            assert_eq!(minute(wrong), None, "{wrong}");
        }
    }
}
