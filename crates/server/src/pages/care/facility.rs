//! A facility: its wards, their beds, who comes, when it opens; and the forms that put it up.

use axum::extract::Path;
use care::{
    Admits, BedState, Command, Facility, Kind, Level, NewBed, PutBeds, PutFacility, PutWard, Staff,
    Ward, views,
};
use maud::{Markup, html};
use types::{AreaScope, HolderCode, Refusal};

use super::{DISPATCHERS, KEEPERS, VISITORS, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{CARE, topic};
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

/// Who works in a facility.
const OWN: Policy = Policy::any_of([Role::Ward]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/facilities/new", DISPATCHERS, new);
    routes.post("/care/facilities/new", DISPATCHERS, put);
    routes.get("/care/own", OWN, own);
    routes.get("/care/facilities/{holder}", VISITORS, show);
    routes.post("/care/facilities/{holder}/wards", DISPATCHERS, put_ward);
    routes.post("/care/facilities/{holder}/beds", KEEPERS, put_beds);
    routes.post("/care/facilities/{holder}/staff", KEEPERS, staff);
}

async fn new(seat: Seat) -> Answer {
    crate::pages::cases::open_county(&seat)?;
    Ok(seat.render(new_page(&seat, &FormData::default(), Errors::default())))
}

fn new_page(seat: &Seat, form: &FormData, errors: Errors) -> Page {
    let page = Page::new(
        t!(seat, "care-facility-new"),
        put_form(seat, None, seat.link("/care/facilities/new"), form, errors),
    );
    page.narrow().crumb(seat.link("/care"), t!(seat, "nav-care"))
}

/// The form of what is said of a facility.
pub(super) fn put_form(
    seat: &Seat,
    known: Option<&Facility>,
    action: String,
    form: &FormData,
    errors: Errors,
) -> Markup {
    let value = |name: &str, stored: String| match form.text(name) {
        "" => stored,
        typed => typed.to_owned(),
    };
    let of = |get: &dyn Fn(&Facility) -> String| known.map(get).unwrap_or_default();
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
    let zone = seat.app().zone();
    let time = |at: types::Micros| input_value(at, zone);
    let id =
        if form.text(act::ID).is_empty() { act::fresh() } else { form.text(act::ID).to_owned() };
    let scope = seat.scope().to_string();
    let mut shown = Form::new(seat, action).errors(errors).hidden(act::ID, &id);
    if known.is_none() {
        shown = shown.field(
            Field::text("code", t!(seat, "care-facility-code"))
                .hint(t!(seat, "care-facility-code-hint"))
                .value(form.text("code"))
                .short(),
        );
    }
    shown
        .field(
            Field::select("kind", t!(seat, "care-kind"), options(seat, "care-kind", None, kinds))
                .value(value("kind", of(&|f| f.kind.as_str().to_owned())))
                .short(),
        )
        .field(
            Field::text("name_zh", t!(seat, "care-name-zh"))
                .value(value("name_zh", of(&|f| f.name_zh.clone()))),
        )
        .field(
            Field::text("name_en", t!(seat, "care-name-en"))
                .value(value("name_en", of(&|f| f.name_en.clone()))),
        )
        .field(
            Field::text("serves", t!(seat, "care-serves"))
                .hint(t!(seat, "care-serves-hint"))
                .value(value("serves", known.map_or(scope, |f| f.serves.to_string())))
                .short(),
        )
        .field(
            Field::time("opens_at", t!(seat, "care-opens-at"))
                .value(value("opens_at", known.map_or(time(seat.now()), |f| time(f.opens_at)))),
        )
        .field(
            Field::time("closes_at", t!(seat, "care-closes-at"))
                .value(value("closes_at", of(&|f| f.closes_at.map(time).unwrap_or_default())))
                .optional(),
        )
        .field(
            Field::number("turnaround", t!(seat, "care-turnaround"))
                .hint(t!(seat, "care-turnaround-hint"))
                .value(value("turnaround", of(&|f| f.turnaround_minutes.to_string())))
                .short(),
        )
        .field(
            Field::number("intake", t!(seat, "care-intake"))
                .value(value(
                    "intake",
                    of(&|f| f.intake.map(|n| n.to_string()).unwrap_or_default()),
                ))
                .optional()
                .short(),
        )
        .field(
            Field::text("position", t!(seat, "care-position"))
                .hint(t!(seat, "care-position-hint"))
                .value(value(
                    "position",
                    of(&|f| f.at.map(|(lon, lat)| format!("{lat}, {lon}")).unwrap_or_default()),
                ))
                .optional(),
        )
        .button(&t!(seat, "save"))
}

/// What a form says of a facility; what is wrong with it goes to `errors`.
pub(super) fn put_of(
    seat: &Seat,
    form: &FormData,
    code: HolderCode,
    errors: &mut Errors,
) -> Option<PutFacility> {
    let zone = seat.app().zone();
    let kind = Kind::parse(form.text("kind")).unwrap_or(Kind::Hospital);
    let serves = errors.check("serves", AreaScope::parse(form.text("serves")));
    let opens_at = errors.check("opens_at", parse_local(form.text("opens_at"), zone));
    let closes_at = match form.text("closes_at") {
        "" => None,
        text => errors.check("closes_at", parse_local(text, zone)),
    };
    let turnaround_minutes = form.number(errors, "turnaround", "12");
    let intake = form.opt_number(errors, "intake", "12");
    let position = match form.text("position") {
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
    if !errors.is_empty() {
        return None;
    }
    Some(PutFacility {
        code,
        kind,
        name_zh: form.text("name_zh").to_owned(),
        name_en: form.text("name_en").to_owned(),
        serves: serves?,
        place: None,
        lon: position.map(|(lon, _)| lon),
        lat: position.map(|(_, lat)| lat),
        opens_at: opens_at?,
        closes_at,
        intake,
        turnaround_minutes: turnaround_minutes?,
    })
}

async fn put(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let mut errors = Errors::default();
    let code = HolderCode::parse(&format!("{}:{}", care::HOLDER, form.text("code")));
    let Some(code) = errors.check("code", code) else {
        return Ok(seat.render(new_page(&seat, &form, errors)));
    };
    let mut db = seat.db().await?;
    let known = views::facility(&mut db, &code).await?;
    drop(db);
    if known.is_some() {
        let errors = Errors::one("code", Refusal::new("facility-exists").with("facility", &code));
        return Ok(seat.render(new_page(&seat, &form, errors)));
    }
    let Some(put) = put_of(&seat, &form, code.clone(), &mut errors) else {
        return Ok(seat.render(new_page(&seat, &form, errors)));
    };
    match act::send(&seat, area, &form, Command::PutFacility(put)).await? {
        Ok(_) => Ok(seat.go(&words::facility_path(&code))),
        Err(refusal) => Ok(seat.render(new_page(&seat, &form, Errors::one("code", refusal)))),
    }
}

/// The facility that an account works in.
async fn own(seat: Seat) -> Answer {
    let grants = &seat.actor()?.grants;
    let own = grants.iter().filter(|g| g.role == Role::Ward).find_map(|g| g.holder.as_ref());
    let own = own.ok_or_else(|| Refusal::new("facility-missing"))?;
    Ok(seat.go(&words::facility_path(own)))
}

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    let facility = words::read_facility(&seat, &holder).await?;
    page(&seat, &facility, &FormData::default(), Errors::default()).await
}

async fn page(seat: &Seat, facility: &Facility, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &facility.code).await?;
    let coming = views::coming(&mut db, &facility.code, 500).await?;
    let columns = vec![
        Column::new("ward", t!(seat, "care-ward")),
        Column::new("level", t!(seat, "care-level")),
        Column::new("admits", t!(seat, "care-admits")),
        Column::new("claimed", t!(seat, "care-claimed")).numeric(),
        Column::new("set-up", t!(seat, "care-set-up")).numeric(),
        Column::new("staffed", t!(seat, "care-staffed")).numeric(),
        Column::new("usable", t!(seat, "care-usable")).numeric(),
        Column::new("occupied", t!(seat, "care-occupied")).numeric(),
        Column::new("held", t!(seat, "care-held")).numeric(),
        Column::new("room", t!(seat, "care-room")).numeric(),
        Column::new("dirty", t!(seat, "care-dirty")).numeric(),
        Column::new("out", t!(seat, "care-out")).numeric(),
    ];
    let rows = wards.iter().map(|ward| {
        let path = words::ward_path(&facility.code, &ward.code);
        vec![
            Cell::link(&path, words::ward(seat, ward)),
            Cell::text(named(seat, "care-level", ward.level.as_str())),
            Cell::text(named(seat, "care-admits", ward.admits.as_str())),
            Cell::number(ward.claimed),
            Cell::number(ward.set_up()),
            Cell::number(ward.staffed()),
            Cell::number(ward.usable()),
            Cell::count(ward.of(BedState::Occupied), &path),
            Cell::count(ward.of(BedState::Held), &path),
            Cell::number(ward.room()),
            Cell::count(ward.of(BedState::Dirty), &path),
            Cell::count(ward.of(BedState::Out), &path),
        ]
    });
    let table = Table::new(t!(seat, "care-wards"), columns)
        .empty(t!(seat, "care-wards-empty"))
        .rows(rows.collect::<Vec<_>>());
    let overfull: i64 = wards.iter().map(Ward::overfull).sum();
    let shown = html! {
        @if overfull > 0 {
            (parts::notice(Tone::Bad, &t!(seat, "care-overfull", n = overfull), html! {}))
        }
        (table.render(seat))
        (super::board::table(seat, t!(seat, "care-coming"), &coming)
            .empty(t!(seat, "care-coming-empty")).render(seat))
    };
    if seat.wants_fragment("facility") {
        return Ok(seat.fragment(shown));
    }
    let src = seat.here(&[("fragment", Some("facility"))]);
    let mut facts = vec![
        (t!(seat, "care-kind"), html! { (named(seat, "care-kind", facility.kind.as_str())) }),
        (t!(seat, "care-serves"), html! { (parts::scope_text(seat, facility.serves)) }),
        (t!(seat, "care-opens-at"), html! { (seat.time(facility.opens_at)) }),
    ];
    facts.extend(
        facility.closes_at.map(|at| (t!(seat, "care-closes-at"), html! { (seat.time(at)) })),
    );
    facts.push((
        t!(seat, "care-turnaround-of"),
        html! { (seat.span(types::Span::minutes(facility.turnaround_minutes))) },
    ));
    let body = html! {
        (parts::facts(&facts))
        (parts::live("facility", &[topic(CARE, AreaScope::one(facility.area))], &src, shown))
        (forms(seat, facility, &wards, form, &errors))
    };
    let actions = html! {
        (parts::button_link(&format!("{}/rounds", words::facility_path(&facility.code)), &t!(seat, "care-rounds"), true))
        @if seat.may_open("/care/facilities/{holder}/change") {
            (parts::button_link(&format!("{}/change", words::facility_path(&facility.code)), &t!(seat, "care-facility-change"), false))
        }
        @if seat.may_open("/transfers/facilities/{holder}") {
            (parts::button_link(&format!("/transfers/facilities/{}", facility.code), &t!(seat, "nav-trips-site"), false))
        }
    };
    let inside: i64 = wards.iter().map(|ward| ward.of(BedState::Occupied)).sum();
    let body = html! {
        @if let Some(end) = facility.closes_at.filter(|end| *end < seat.now() + types::Span::days(3) && inside > 0) {
            @let at = seat.time(end);
            (parts::notice(Tone::Warning, &t!(seat, "care-closes-with", at = at.as_str(), n = inside), html! {}))
        }
        (body)
    };
    let lead = html! {
        (parts::tag(
            if facility.is_open(seat.now()) { Tone::Good } else { Tone::Warning },
            &seat.text(if facility.is_open(seat.now()) { "care-open" } else { "care-not-open" }),
        ))
    };
    let page = Page::new(words::facility(seat, facility), body).lead(lead).actions(actions);
    Ok(seat.render(under_board(seat, page)))
}

fn forms(
    seat: &Seat,
    facility: &Facility,
    wards: &[Ward],
    form: &FormData,
    errors: &Errors,
) -> Markup {
    let probe = Command::Staff(Staff {
        facility: facility.code.clone(),
        ward: String::new(),
        claimed: 0,
        nurses: 0,
        per_nurse: 0,
    });
    if !act::may(seat, facility.area, probe) {
        return html! {};
    }
    let of = |name: &str| {
        if form.text("form") == name { (form.clone(), errors.clone()) } else { Default::default() }
    };
    let start = |name: &str, told: &(FormData, Errors)| {
        Form::new(seat, format!("{}/{name}", words::facility_path(&facility.code)))
            .errors(told.1.clone())
            .hidden(act::ID, &act::fresh())
            .hidden("form", name)
    };
    let chosen: Vec<(String, String)> =
        wards.iter().map(|w| (w.code.clone(), words::ward(seat, w))).collect();
    let ward_told = of("wards");
    let beds_told = of("beds");
    let staff_told = of("staff");
    let levels = Level::ALL.iter().map(|level| level.as_str());
    let admits = Admits::ALL.iter().map(|admits| admits.as_str());
    let text = |name: &'static str, label: String, told: &(FormData, Errors)| {
        Field::text(name, label).value(told.0.text(name))
    };
    let count = |name: &'static str, label: String, told: &(FormData, Errors)| {
        Field::number(name, label).value(told.0.text(name)).short()
    };
    let ward_probe = Command::PutWard(PutWard {
        facility: facility.code.clone(),
        ward: String::new(),
        name_zh: String::new(),
        name_en: String::new(),
        level: Level::Shelter,
        admits: Admits::Anybody,
        reserve: 0,
    });
    let open = |name: &str| form.text("form") == name;
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-set-up-title")) }
            @if !wards.is_empty() {
                details .disclosure open[open("staff")] {
                    summary { (t!(seat, "care-staff-set")) }
                    (start("staff", &staff_told)
                        .field(Field::select("ward", t!(seat, "care-ward"), chosen.clone()).value(staff_told.0.text("ward")).short())
                        .field(count("claimed", t!(seat, "care-claimed"), &staff_told))
                        .field(count("nurses", t!(seat, "care-nurses"), &staff_told))
                        .field(count("per_nurse", t!(seat, "care-per-nurse"), &staff_told)
                            .hint(t!(seat, "care-per-nurse-hint", n = i64::from(care::MOST_PER_NURSE))))
                        .button(&t!(seat, "save")))
                }
                details .disclosure open[open("beds")] {
                    summary { (t!(seat, "care-beds-add")) }
                    (start("beds", &beds_told)
                        .field(Field::select("ward", t!(seat, "care-ward"), chosen).value(beds_told.0.text("ward")).short())
                        .field(count("first", t!(seat, "care-beds-first"), &beds_told))
                        .field(count("count", t!(seat, "care-beds-count"), &beds_told))
                        .field(count("room", t!(seat, "care-beds-room"), &beds_told).optional())
                        .button(&t!(seat, "save")))
                }
            }
            @if act::may(seat, facility.area, ward_probe) {
                details .disclosure open[open("wards") || wards.is_empty()] {
                    summary { (t!(seat, "care-ward-add")) }
                    (start("wards", &ward_told)
                        .field(text("ward", t!(seat, "care-ward-code"), &ward_told).short())
                        .field(text("name_zh", t!(seat, "care-name-zh"), &ward_told))
                        .field(text("name_en", t!(seat, "care-name-en"), &ward_told))
                        .field(Field::select("level", t!(seat, "care-level"), options(seat, "care-level", None, levels)).value(ward_told.0.text("level")).short())
                        .field(Field::select("admits", t!(seat, "care-admits"), options(seat, "care-admits", None, admits)).value(ward_told.0.text("admits")).short())
                        .field(count("reserve", t!(seat, "care-reserve"), &ward_told).optional())
                        .button(&t!(seat, "save")))
                }
            }
        }
    }
}

async fn done(
    seat: &Seat,
    facility: &Facility,
    form: &FormData,
    command: Result<Command, Errors>,
    field: &'static str,
) -> Answer {
    let command = match command {
        Ok(command) => command,
        Err(errors) => return page(seat, facility, form, errors).await,
    };
    match act::send(seat, facility.area, form, command).await? {
        Ok(_) => Ok(seat.go(&words::facility_path(&facility.code))),
        Err(refusal) => page(seat, facility, form, Errors::one(field, refusal)).await,
    }
}

async fn put_ward(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let facility = words::read_facility(&seat, &holder).await?;
    let mut errors = Errors::default();
    let reserve = match form.text("reserve") {
        "" => Some(0),
        _ => form.number(&mut errors, "reserve", "12"),
    };
    let command = match reserve {
        Some(reserve) => Ok(Command::PutWard(PutWard {
            facility: facility.code.clone(),
            ward: form.text("ward").to_owned(),
            name_zh: form.text("name_zh").to_owned(),
            name_en: form.text("name_en").to_owned(),
            level: Level::parse(form.text("level")).unwrap_or(Level::Shelter),
            admits: Admits::parse(form.text("admits")).unwrap_or(Admits::Anybody),
            reserve,
        })),
        None => Err(errors),
    };
    done(&seat, &facility, &form, command, "ward").await
}

async fn put_beds(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let facility = words::read_facility(&seat, &holder).await?;
    let mut errors = Errors::default();
    let first: Option<u32> = form.number(&mut errors, "first", "12");
    let count: Option<u32> = form.number(&mut errors, "count", "12");
    let per_room: Option<u32> = match form.text("room") {
        "" => Some(0),
        _ => form.number(&mut errors, "room", "12"),
    };
    let command = match (first, count, per_room) {
        (Some(first), Some(count), Some(per_room)) => {
            let count = count.min(2_000);
            let bed = |n: u32| NewBed {
                label: format!("{:03}", first.saturating_add(n)),
                room: n.checked_div(per_room).map_or_else(String::new, |room| {
                    format!("{:03}", first.saturating_add(room * per_room))
                }),
            };
            Ok(Command::PutBeds(PutBeds {
                facility: facility.code.clone(),
                ward: form.text("ward").to_owned(),
                beds: (0..count).map(bed).collect(),
            }))
        }
        _ => Err(errors),
    };
    done(&seat, &facility, &form, command, "first").await
}

async fn staff(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let facility = words::read_facility(&seat, &holder).await?;
    let mut errors = Errors::default();
    let numbers =
        ["claimed", "nurses", "per_nurse"].map(|name| form.number(&mut errors, name, "12"));
    let command = match numbers {
        [Some(claimed), Some(nurses), Some(per_nurse)] => Ok(Command::Staff(Staff {
            facility: facility.code.clone(),
            ward: form.text("ward").to_owned(),
            claimed,
            nurses,
            per_nurse,
        })),
        _ => Err(errors),
    };
    done(&seat, &facility, &form, command, "nurses").await
}

/// Whether somebody may work in a facility as its staff.
pub fn may_work(seat: &Seat, facility: &Facility) -> bool {
    act::may(seat, facility.area, Command::Disinfect { beds: Vec::new() })
}
