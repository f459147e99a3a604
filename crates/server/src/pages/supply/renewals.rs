//! Renewals of prescriptions that wait for a doctor: a list for a hospital's doctors, who sign or decline, and for the
//! desk, which writes down what a doctor said on the telephone.

use axum::extract::Path;
use maud::{Markup, html};
use supply::views::{self, Asked};
use supply::{Command, Household, Renewal};
use types::{AreaCode, HouseholdId, Refusal};

use super::{PAGE, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{SUPPLY, topic};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::{Fault, t};

/// Who answers: a hospital's doctors, and the desk for any other.
const ANSWER: Policy = Policy::any_of([Role::District, Role::Ward]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/renewals", ANSWER, show);
    routes.post("/supply/renewals/{area}/{household}/renewed", ANSWER, renewed);
    routes.post("/supply/renewals/{area}/{household}/declined", ANSWER, declined);
}

/// Whoever works at a place of care signs with their own name; the desk says who it was.
fn signature(seat: &Seat) -> Result<Option<String>, Fault> {
    let actor = seat.actor()?;
    let grant = seat.grant()?;
    Ok((grant.role == Role::Ward).then(|| match &grant.holder {
        Some(holder) => format!("{} · {holder}", actor.name),
        None => actor.name.clone(),
    }))
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

async fn page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::renewals_asked(&mut db, seat.scope(), PAGE).await?;
    let ids: Vec<(AreaCode, HouseholdId)> = found.iter().map(|r| (r.area, r.household)).collect();
    let households = views::households(&mut db, &ids).await?;
    // Whom a doctor calls or sends for has to be found.
    let homes = words::Homes::with_doors(&mut db, &households).await?;
    drop(db);
    let list = html! {
        @if found.is_empty() { p .empty { (t!(seat, "supply-renewals-none")) } }
        @for asked in &found { (waiting(seat, asked, &households, &homes)?) }
    };
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        // What somebody is typing is not to be taken away by what others do.
        @if found.is_empty() {
            (parts::live("lines", &[topic(SUPPLY, seat.scope())], &seat.here(&[("fragment", Some("lines"))]), list.clone()))
        } @else { (list) }
    };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(list));
    }
    let page = Page::new(t!(seat, "nav-supply-renewals"), body)
        .lead(html! { (t!(seat, "supply-renewals-lead")) });
    Ok(seat.render(under_board(seat, page).narrow()))
}

fn waiting(
    seat: &Seat,
    asked: &Asked,
    households: &[Household],
    homes: &words::Homes,
) -> Result<Markup, Fault> {
    let of = households.iter().find(|h| h.id == asked.household);
    let place = of.map(|h| homes.of_household(seat, &h.place, h.id)).unwrap_or_default();
    let medicine = &asked.medicine;
    let due = medicine.asked.map(|(_, due)| due);
    let mut facts = vec![
        (t!(seat, "supply-where"), words::household(seat, asked.area, asked.household, &place)),
        (t!(seat, "supply-answer-by"), words::due_cell(seat, due).into_markup()),
        (t!(seat, "supply-last-dose"), html! { (seat.time(medicine.last_dose).day()) }),
    ];
    if let Some(until) = medicine.prescribed_until {
        facts.push((t!(seat, "supply-prescribed-until"), html! { (seat.time(until).day()) }));
    }
    if medicine.days > 0 {
        let before = t!(seat, "supply-days", n = medicine.days);
        facts.push((t!(seat, "supply-renewals-before"), html! { (before) ", " (medicine.doctor) }));
    }
    let needs = of.map(|h| words::needs(seat, h));
    let signed = signature(seat)?;
    let form = |what: &str| {
        let path = format!("/supply/renewals/{}/{}/{what}", asked.area, asked.household);
        let part = format!("{what}-{}-{}", asked.household, asked.name);
        let form = Form::new(seat, path).part(&part).hidden(act::ID, &act::fresh());
        let form = form.hidden("name", &asked.name);
        match &signed {
            Some(_) => form,
            None => form.field(
                Field::text("doctor", t!(seat, "supply-doctor"))
                    .hint(t!(seat, "supply-doctor-hint")),
            ),
        }
    };
    Ok(parts::panel(
        &asked.name,
        html! {
            (parts::facts(&facts))
            @if let Some(needs) = needs { p { (needs) } }
            @if let Some(name) = &signed { p .muted { (t!(seat, "supply-renewals-signs", name = name.as_str())) } }
            (form("renewed")
                .field(Field::number("days", t!(seat, "supply-prescribed-days"))
                    .hint(t!(seat, "supply-prescribed-days-hint", n = supply::MOST_PRESCRIBED)).value("28"))
                .field(Field::text("note", t!(seat, "care-note")).optional())
                .button(&t!(seat, "supply-renewals-renew")))
            details .disclosure {
                summary { (t!(seat, "supply-renewals-decline")) }
                (form("declined")
                    .field(Field::text("note", t!(seat, "case-why")))
                    .quiet()
                    .button(&t!(seat, "supply-renewals-decline")))
            }
        },
    ))
}

type Of = Path<(String, String)>;

fn read(of: &(String, String)) -> Result<(AreaCode, HouseholdId), Fault> {
    Ok((AreaCode::parse(&of.0)?, HouseholdId::parse(&of.1)?))
}

fn doctor(seat: &Seat, form: &FormData) -> Result<String, Fault> {
    Ok(signature(seat)?.unwrap_or_else(|| form.text("doctor").to_owned()))
}

async fn done(seat: &Seat, area: AreaCode, form: &FormData, command: Command) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/supply/renewals"))),
        Err(refusal) => page(seat, Some(&refusal)).await,
    }
}

async fn renewed(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let (area, household) = read(&of)?;
    let renewal = Renewal {
        household,
        name: form.text("name").to_owned(),
        doctor: doctor(&seat, &form)?,
        days: form.text("days").parse().unwrap_or(0),
        note: form.text("note").to_owned(),
    };
    done(&seat, area, &form, Command::Renew(renewal)).await
}

async fn declined(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let (area, household) = read(&of)?;
    let command = Command::RefuseRenewal {
        household,
        name: form.text("name").to_owned(),
        doctor: doctor(&seat, &form)?,
        reason: form.text("note").to_owned(),
    };
    done(&seat, area, &form, command).await
}
