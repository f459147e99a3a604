//! What is said of a facility and a ward, changed: names, dates, care, staff; and beds out of use and back.

use axum::extract::Path;
use care::{Admits, BedState, Command, Facility, Level, PutWard, SetOut, Staff, Ward, views};
use maud::{Markup, html};
use types::{Refusal, UnitId};

use super::facility::{put_form, put_of};
use super::{DISPATCHERS, KEEPERS, under_board, words};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/facilities/{holder}/change", DISPATCHERS, facility);
    routes.post("/care/facilities/{holder}/change", DISPATCHERS, put_facility);
    routes.get("/care/facilities/{holder}/wards/{ward}/change", KEEPERS, ward);
    routes.post("/care/facilities/{holder}/wards/{ward}/change", DISPATCHERS, put_ward);
    routes.post("/care/facilities/{holder}/wards/{ward}/staff", KEEPERS, staff);
    routes.post("/care/facilities/{holder}/wards/{ward}/out", KEEPERS, out);
}

async fn facility(seat: Seat, Path(holder): Path<String>) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    facility_page(&seat, &of, &FormData::default(), Errors::default()).await
}

async fn facility_page(seat: &Seat, of: &Facility, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    drop(db);
    let inside: i64 = wards.iter().map(Ward::taken).sum();
    let action = format!("{}/change", words::facility_path(&of.code));
    let body = html! {
        @if inside > 0 {
            (parts::notice(Tone::Info, &t!(seat, "care-change-inside", n = inside), html! {
                p { (t!(seat, "care-change-inside-next")) }
            }))
        }
        (put_form(seat, Some(of), action, form, errors))
    };
    let page = Page::new(t!(seat, "care-facility-change"), body).narrow();
    let page =
        under_board(seat, page).crumb(words::facility_path(&of.code), words::facility(seat, of));
    Ok(seat.render(page))
}

async fn put_facility(seat: Seat, Path(holder): Path<String>, form: FormData) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let mut errors = Errors::default();
    let Some(mut put) = put_of(&seat, &form, of.code.clone(), &mut errors) else {
        return facility_page(&seat, &of, &form, errors).await;
    };
    // The form does not ask for it.
    put.place.clone_from(&of.place);
    match act::send(&seat, of.area, &form, Command::PutFacility(put)).await? {
        Ok(_) => Ok(seat.go(&words::facility_path(&of.code))),
        Err(refusal) => facility_page(&seat, &of, &form, Errors::one("kind", refusal)).await,
    }
}

async fn read_ward(seat: &Seat, holder: &str, ward: &str) -> Result<(Facility, Ward), Fault> {
    let of = words::read_facility(seat, holder).await?;
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    let found = wards.into_iter().find(|w| w.code == ward).ok_or_else(|| {
        Refusal::new("ward-unknown").with("facility", &of.code).with("ward", ward)
    })?;
    Ok((of, found))
}

async fn ward(seat: Seat, Path((holder, ward)): Path<(String, String)>) -> Answer {
    let (of, ward) = read_ward(&seat, &holder, &ward).await?;
    ward_page(&seat, &of, &ward, &FormData::default(), Errors::default()).await
}

async fn ward_page(
    seat: &Seat,
    of: &Facility,
    ward: &Ward,
    form: &FormData,
    errors: Errors,
) -> Answer {
    let mut db = seat.db().await?;
    let beds = views::ward_beds(&mut db, &of.code, &ward.code).await?;
    drop(db);
    let path = words::ward_path(&of.code, &ward.code);
    let told = |name: &str| {
        if form.text("form") == name { (form.clone(), errors.clone()) } else { Default::default() }
    };
    let start = |name: &str, told: &(FormData, Errors)| {
        Form::new(seat, format!("{path}/{name}"))
            .part(name)
            .errors(told.1.clone())
            .hidden(act::ID, &act::again(&told.0, &told.1))
            .hidden("form", name)
    };
    let value = |told: &FormData, name: &str, stored: String| match told.text("form") {
        "" => stored,
        _ => told.text(name).to_owned(),
    };
    let may_put = act::may(seat, of.area, Command::PutWard(put_of_ward(of, ward)));
    let may_keep = act::may(
        seat,
        of.area,
        Command::SetOut(SetOut { beds: Vec::new(), out: true, reason: String::new() }),
    );
    let levels = Level::ALL.iter().map(|level| level.as_str());
    let admits = Admits::ALL.iter().map(|admits| admits.as_str());
    let (change, staffing) = (told("change"), told("staff"));
    let body = html! {
        @if may_put {
            (parts::panel(&t!(seat, "care-ward-change"), start("change", &change)
                .field(Field::text("name_zh", t!(seat, "care-name-zh")).value(value(&change.0, "name_zh", ward.name_zh.clone())))
                .field(Field::text("name_en", t!(seat, "care-name-en")).value(value(&change.0, "name_en", ward.name_en.clone())))
                .field(Field::select("level", t!(seat, "care-level"), options(seat, "care-level", None, levels))
                    .value(value(&change.0, "level", ward.level.as_str().to_owned())).short())
                .field(Field::select("admits", t!(seat, "care-admits"), options(seat, "care-admits", None, admits))
                    .value(value(&change.0, "admits", ward.admits.as_str().to_owned())).short())
                .field(Field::number("reserve", t!(seat, "care-reserve")).value(value(&change.0, "reserve", ward.reserve.to_string())))
                .button(&t!(seat, "save"))))
        }
        @if may_keep {
            (parts::panel(&t!(seat, "care-staff-set"), start("staff", &staffing)
                .field(Field::number("claimed", t!(seat, "care-claimed")).value(value(&staffing.0, "claimed", ward.claimed.to_string())))
                .field(Field::number("nurses", t!(seat, "care-nurses")).value(value(&staffing.0, "nurses", ward.nurses.to_string())))
                .field(Field::number("per_nurse", t!(seat, "care-per-nurse"))
                    .hint(t!(seat, "care-per-nurse-hint", n = i64::from(care::MOST_PER_NURSE)))
                    .value(value(&staffing.0, "per_nurse", ward.per_nurse.to_string())))
                .button(&t!(seat, "save"))))
            (out_form(seat, &path, &beds, true, form, &errors))
            (out_form(seat, &path, &beds, false, form, &errors))
        }
    };
    let page = Page::new(words::ward(seat, ward), body)
        .lead(html! { (t!(seat, "care-ward-change-lead")) })
        .narrow();
    let page = under_board(seat, page)
        .crumb(words::facility_path(&of.code), words::facility(seat, of))
        .crumb(path.clone(), words::ward(seat, ward));
    Ok(seat.render(page))
}

fn put_of_ward(of: &Facility, ward: &Ward) -> PutWard {
    PutWard {
        facility: of.code.clone(),
        ward: ward.code.clone(),
        name_zh: ward.name_zh.clone(),
        name_en: ward.name_en.clone(),
        level: ward.level,
        admits: ward.admits,
        reserve: u32::try_from(ward.reserve).unwrap_or(0),
    }
}

/// Beds that can go out of use, or come back, with the reason.
fn out_form(
    seat: &Seat,
    path: &str,
    beds: &[care::Bed],
    out: bool,
    form: &FormData,
    errors: &Errors,
) -> Markup {
    let fits = |bed: &&care::Bed| match out {
        true => matches!(bed.state, BedState::Free | BedState::Dirty),
        false => bed.state == BedState::Out,
    };
    let choices: Vec<(String, String)> = beds
        .iter()
        .filter(fits)
        .map(|bed| {
            let state = named(seat, "care-bed", bed.state.as_str());
            (bed.id.to_string(), format!("{} · {state}", bed.label))
        })
        .collect();
    if choices.is_empty() {
        return html! {};
    }
    let name = if out { "out" } else { "back" };
    let mine = form.text("form") == name;
    let (told, errors) = if mine { (form.clone(), errors.clone()) } else { Default::default() };
    let body = Form::new(seat, format!("{path}/out"))
        .part(name)
        .errors(errors.clone())
        .hidden(act::ID, &act::again(&told, &errors))
        .hidden("form", name)
        .field(Field::ticks("bed", t!(seat, "care-out-which"), choices, &told))
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")))
        .button(&seat.text(if out { "care-out-do" } else { "care-out-back" }));
    html! {
        details .disclosure open[mine] {
            summary { (seat.text(if out { "care-out-do" } else { "care-out-back" })) }
            (body)
        }
    }
}

/// Sends a command of a ward; back to the ward, or to the form with what was wrong.
async fn sent(
    seat: &Seat,
    (of, ward): (&Facility, &Ward),
    form: &FormData,
    command: Command,
    field: &'static str,
) -> Answer {
    match act::send(seat, of.area, form, command).await? {
        Ok(_) => Ok(seat.go(&words::ward_path(&of.code, &ward.code))),
        Err(refusal) => ward_page(seat, of, ward, form, Errors::one(field, refusal)).await,
    }
}

async fn put_ward(
    seat: Seat,
    Path((holder, ward)): Path<(String, String)>,
    form: FormData,
) -> Answer {
    let (of, ward) = read_ward(&seat, &holder, &ward).await?;
    let mut errors = Errors::default();
    let Some(reserve) = form.number(&mut errors, "reserve", "12") else {
        return ward_page(&seat, &of, &ward, &form, errors).await;
    };
    let put = PutWard {
        name_zh: form.text("name_zh").to_owned(),
        name_en: form.text("name_en").to_owned(),
        level: Level::parse(form.text("level")).unwrap_or(ward.level),
        admits: Admits::parse(form.text("admits")).unwrap_or(ward.admits),
        reserve,
        ..put_of_ward(&of, &ward)
    };
    sent(&seat, (&of, &ward), &form, Command::PutWard(put), "name_zh").await
}

async fn staff(seat: Seat, Path((holder, ward)): Path<(String, String)>, form: FormData) -> Answer {
    let (of, ward) = read_ward(&seat, &holder, &ward).await?;
    let mut errors = Errors::default();
    let numbers =
        ["claimed", "nurses", "per_nurse"].map(|name| form.number(&mut errors, name, "12"));
    let [Some(claimed), Some(nurses), Some(per_nurse)] = numbers else {
        return ward_page(&seat, &of, &ward, &form, errors).await;
    };
    let (facility, code) = (of.code.clone(), ward.code.clone());
    let staff = Staff { facility, ward: code, claimed, nurses, per_nurse };
    sent(&seat, (&of, &ward), &form, Command::Staff(staff), "nurses").await
}

async fn out(seat: Seat, Path((holder, ward)): Path<(String, String)>, form: FormData) -> Answer {
    let (of, ward) = read_ward(&seat, &holder, &ward).await?;
    let beds: Vec<UnitId> = form.all("bed").filter_map(|text| UnitId::parse(text).ok()).collect();
    let set =
        SetOut { beds, out: form.text("form") == "out", reason: form.text("note").to_owned() };
    sent(&seat, (&of, &ward), &form, Command::SetOut(set), "note").await
}
