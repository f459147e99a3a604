//! One household: how it is supplied, what it needs, its medicines, its complaints, what happened.

use axum::extract::Path;
use maud::{Markup, html};
use supply::{About, Command, Household, Need, PutMedicine, Renewal, views};
use types::{AreaCode, HouseholdId, Refusal, UnitId};

use super::{CARERS, under_board, words};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/households/{area}/{household}", CARERS, show);
    routes.post("/supply/households/{area}/{household}/needs", CARERS, needs);
    routes.post("/supply/households/{area}/{household}/medicine", CARERS, medicine);
    routes.post("/supply/households/{area}/{household}/brought", CARERS, brought);
    routes.post("/supply/households/{area}/{household}/dropped", CARERS, dropped);
    routes.post("/supply/households/{area}/{household}/ask-renewal", CARERS, ask_renewal);
    routes.post("/supply/households/{area}/{household}/renewed", CARERS, renewed);
    routes.post("/supply/households/{area}/{household}/not-renewed", CARERS, not_renewed);
    routes.post("/supply/households/{area}/{household}/missed", CARERS, missed);
    routes.post("/supply/households/{area}/{household}/complain", CARERS, complain);
    routes.post("/supply/households/{area}/{household}/answer", CARERS, answer);
}

type Of = Path<(String, String)>;

fn read(of: &(String, String)) -> Result<(AreaCode, HouseholdId), Fault> {
    Ok((AreaCode::parse(&of.0)?, HouseholdId::parse(&of.1)?))
}

async fn show(seat: Seat, Path(of): Of) -> Answer {
    let (area, id) = read(&of)?;
    page(&seat, area, id, None).await
}

async fn page(seat: &Seat, area: AreaCode, id: HouseholdId, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let line = registry::views::household(&mut db, area, id).await?;
    let line = line.ok_or_else(|| Fault::not_found(id))?;
    let known = views::household(&mut db, area, id).await?;
    let medicines = views::medicines(&mut db, area, id).await?;
    let complaints = views::complaints_of(&mut db, id, 20).await?;
    let history = views::history(&mut db, area, id, 50).await?;
    let homes = words::Homes::of_places(&mut db, &[&line.place]).await?;
    drop(db);
    let orders = super::orders::of_household(seat, id).await?;
    let place = homes.said(seat, &line.place, &line.door);
    let mut rows = vec![
        (t!(seat, "supply-where"), html! { (place) " " code { (line.place) } }),
        (t!(seat, "supply-people"), html! { (line.persons) }),
    ];
    if let Some(h) = &known {
        rows.push((
            t!(seat, "supply-how"),
            html! {
                (words::mode(seat, h.mode))
                @if let Some(until) = h.until { " " (t!(seat, "care-until")) " " (seat.time(until)) }
            },
        ));
        let due = |at| words::due_cell(seat, at).into_markup();
        rows.push((t!(seat, "supply-food-due"), due(h.next_food)));
        rows.push((t!(seat, "supply-medicine-due"), due(h.next_medicine)));
        if h.next_milk.is_some() {
            rows.push((t!(seat, "supply-milk-due"), due(h.next_milk)));
        }
        rows.push((t!(seat, "supply-needs"), words::needs(seat, h)));
        let lacks = h.lacks(seat.now());
        if !lacks.is_empty() {
            rows.push((t!(seat, "supply-lacks-what"), super::unmet::tags(seat, &lacks)));
        }
        if h.is_entitled() {
            rows.push((t!(seat, "supply-owed-pack"), owed(seat, h)));
        }
        if !h.note.is_empty() {
            rows.push((t!(seat, "care-note"), html! { (h.note) }));
        }
    }
    let open: Vec<_> = complaints.iter().filter(|c| c.answered_at.is_none()).collect();
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        @for complaint in &open { (answer_form(seat, area, id, complaint)) }
        p { (parts::button_link(&format!("{}/order", words::household_path(area, id)), &t!(seat, "supply-order-by-call"), true)) }
        (orders.render(seat))
        (medicine_table(seat, &medicines).render(seat))
        (forms(seat, area, id, known.as_ref(), &medicines))
        (complaint_table(seat, &complaints).render(seat))
        (history_table(seat, &history).render(seat))
    };
    let page = Page::new(t!(seat, "supply-household"), body);
    let page = under_board(seat, page)
        .crumb(seat.link("/supply/households"), t!(seat, "nav-supply-households"));
    Ok(seat.render(page.narrow()))
}

/// What is in the pack that a household is owed, and where it is.
fn owed(seat: &Seat, of: &Household) -> Markup {
    let parts = supply::pack_for(of.people, &of.needs, supply::PACK_DAYS);
    html! {
        (super::packs::contents(seat, &parts)) " (" (t!(seat, "supply-days", n = supply::PACK_DAYS)) ") "
        @match of.waits.iter().find(|wait| wait.pack) {
            Some(wait) => {
                a href=(super::orders::order_path(wait.unit)) { (t!(seat, "supply-pack-under-way")) }
            }
            None => {
                a href=(format!("/supply/packs?community={}&area={}", of.community, of.area)) {
                    (t!(seat, "supply-next-pack"))
                }
            }
        }
    }
}

fn post<'a>(seat: &'a Seat, area: AreaCode, id: HouseholdId, what: &str) -> Form<'a> {
    Form::new(seat, format!("{}/{what}", words::household_path(area, id)))
        .part(what)
        .hidden(act::ID, &act::fresh())
}

fn fold(title: &str, form: Markup) -> Markup {
    html! { details .disclosure { summary { (title) } (form) } }
}

fn forms(
    seat: &Seat,
    area: AreaCode,
    id: HouseholdId,
    known: Option<&Household>,
    medicines: &[(String, supply::Medicine)],
) -> Markup {
    let ticked: Vec<(&str, &str)> = known
        .map(|h| h.needs.iter().map(|need| ("need", need.as_str())).collect())
        .unwrap_or_default();
    let all = options(seat, "supply-need", None, Need::ALL.iter().map(|need| need.as_str()));
    let zone = seat.app().zone();
    let day = input_value(seat.now(), zone);
    let day = day.get(..10).unwrap_or_default();
    // What was prescribed last, when it is brought today, lasts until then.
    let first = medicines.iter().find(|(_, m)| m.taken);
    let lasts = first.and_then(|(_, m)| m.lasts_until(seat.now()));
    let lasts = input_value(lasts.unwrap_or(seat.now()), zone);
    let lasts = lasts.get(..10).unwrap_or_default();
    let taken: Vec<(String, String)> = medicines
        .iter()
        .filter(|(_, m)| m.taken)
        .map(|(name, _)| (name.clone(), name.clone()))
        .collect();
    let about = options(seat, "supply-about", None, About::ALL.iter().map(|about| about.as_str()));
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            (fold(&t!(seat, "supply-needs-put"), post(seat, area, id, "needs")
                .field(Field::ticks("need", t!(seat, "supply-needs"), all, &FormData::from_pairs(ticked)))
                .field(Field::text("note", t!(seat, "supply-needs-note"))
                    .value(known.map(|h| h.note.clone()).unwrap_or_default()).optional())
                .button(&t!(seat, "save"))))
            (fold(&t!(seat, "supply-medicine-put"), post(seat, area, id, "medicine")
                .field(Field::text("name", t!(seat, "supply-medicine")).hint(t!(seat, "supply-medicine-hint")))
                .field(Field::day("last_dose", t!(seat, "supply-last-dose")).value(day))
                .field(Field::day("prescribed_until", t!(seat, "supply-prescribed-until")).optional())
                .button(&t!(seat, "save"))))
            @if !taken.is_empty() {
                (fold(&t!(seat, "supply-medicine-brought"), post(seat, area, id, "brought")
                    .field(Field::select("name", t!(seat, "supply-medicine"), taken.clone()))
                    .field(Field::day("last_dose", t!(seat, "supply-lasts-until")).value(lasts))
                    .field(Field::text("proof", t!(seat, "supply-proof")).optional())
                    .button(&t!(seat, "save"))))
                (prescriptions(seat, area, id, medicines))
                (fold(&t!(seat, "supply-medicine-dropped"), post(seat, area, id, "dropped")
                    .field(Field::select("name", t!(seat, "supply-medicine"), taken))
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "save"))))
            }
            (fold(&t!(seat, "supply-complain"), post(seat, area, id, "complain")
                .field(Field::select("about", t!(seat, "supply-about"), about))
                .field(Field::area("said", t!(seat, "supply-said"), 3))
                .button(&t!(seat, "supply-tell"))))
            @if known.is_some_and(|h| h.mode.is_restricted()) {
                (fold(&t!(seat, "supply-missed"), post(seat, area, id, "missed")
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "save"))))
            }
        }
    }
}

/// What is done about prescriptions: the renewal is asked for, and what the doctor said on the telephone.
fn prescriptions(
    seat: &Seat,
    area: AreaCode,
    id: HouseholdId,
    medicines: &[(String, supply::Medicine)],
) -> Markup {
    let prescribed = medicines.iter().filter(|(_, m)| m.taken && m.prescribed_until.is_some());
    let of = |asked: Option<bool>| -> Vec<(String, String)> {
        prescribed
            .clone()
            .filter(|(_, m)| asked.is_none_or(|asked| asked == m.asked.is_some()))
            .map(|(name, _)| (name.clone(), name.clone()))
            .collect()
    };
    let name = |options| Field::select("name", t!(seat, "supply-medicine"), options);
    let doctor =
        || Field::text("doctor", t!(seat, "supply-doctor")).hint(t!(seat, "supply-doctor-hint"));
    let (silent, asked, all) = (of(Some(false)), of(Some(true)), of(None));
    html! {
        @if !silent.is_empty() {
            (fold(&t!(seat, "supply-renewal-ask"), post(seat, area, id, "ask-renewal")
                .field(name(silent))
                .button(&t!(seat, "supply-renewal-ask"))))
        }
        @if !all.is_empty() {
            (fold(&t!(seat, "supply-renewed"), post(seat, area, id, "renewed")
                .field(name(all))
                .field(doctor())
                .field(Field::number("days", t!(seat, "supply-prescribed-days"))
                    .hint(t!(seat, "supply-prescribed-days-hint", n = supply::MOST_PRESCRIBED)).value("28"))
                .field(Field::text("note", t!(seat, "care-note")).optional())
                .button(&t!(seat, "save"))))
        }
        @if !asked.is_empty() {
            (fold(&t!(seat, "supply-not-renewed"), post(seat, area, id, "not-renewed")
                .field(name(asked))
                .field(doctor())
                .field(Field::text("note", t!(seat, "case-why")))
                .button(&t!(seat, "save"))))
        }
    }
}

fn answer_form(
    seat: &Seat,
    area: AreaCode,
    id: HouseholdId,
    complaint: &supply::Complaint,
) -> Markup {
    let title = named(seat, "supply-about", complaint.about.as_str());
    parts::panel(
        &title,
        html! {
            p { (complaint.said) }
            p { (t!(seat, "supply-answer-by")) ": " (words::due_cell(seat, Some(complaint.due)).into_markup()) }
            (post(seat, area, id, "answer")
                .part(&words::short(complaint.id))
                .hidden("complaint", &complaint.id.to_string())
                .field(Field::text("note", t!(seat, "supply-done")))
                .button(&t!(seat, "supply-answer")))
        },
    )
}

fn medicine_table(seat: &Seat, medicines: &[(String, supply::Medicine)]) -> Table {
    let columns = vec![
        Column::new("medicine", t!(seat, "supply-medicine")),
        Column::new("last", t!(seat, "supply-last-dose")),
        Column::new("by", t!(seat, "supply-bring-by")),
        Column::new("until", t!(seat, "supply-prescribed-until")),
        Column::new("doctor", t!(seat, "supply-doctor")),
        Column::new("asked", t!(seat, "supply-renewal-by")),
    ];
    let rows = medicines.iter().filter(|(_, m)| m.taken).map(|(name, m)| {
        vec![
            Cell::text(name.clone()),
            Cell::text(seat.time(m.last_dose).day().to_owned()),
            words::due_cell(seat, Some(supply::bring_by(m.last_dose))),
            words::due_cell(seat, m.prescribed_until),
            Cell::text(m.doctor.clone()),
            words::due_cell(seat, m.asked.map(|(_, due)| due)),
        ]
    });
    Table::new(t!(seat, "supply-medicines"), columns)
        .empty(t!(seat, "supply-no-medicines"))
        .rows(rows.collect::<Vec<_>>())
}

fn complaint_table(seat: &Seat, complaints: &[supply::Complaint]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "supply-said-at")),
        Column::new("about", t!(seat, "supply-about")),
        Column::new("said", t!(seat, "supply-said")),
        Column::new("answered", t!(seat, "supply-answered-at")),
        Column::new("answer", t!(seat, "supply-done")),
    ];
    let rows = complaints.iter().map(|c| {
        vec![
            Cell::time(seat.time(c.at)),
            Cell::text(named(seat, "supply-about", c.about.as_str())),
            Cell::text(c.said.clone()).long(),
            c.answered_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::text(c.answer.clone()).long(),
        ]
    });
    Table::new(t!(seat, "supply-complaints"), columns)
        .empty(t!(seat, "supply-no-complaints"))
        .rows(rows.collect::<Vec<_>>())
}

fn history_table(seat: &Seat, history: &[views::HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "supply-at")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("said", t!(seat, "supply-said")),
        Column::new("actor", t!(seat, "supply-by-whom")),
    ];
    let rows = history.iter().map(|line| {
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "supply-did", &line.what)),
            Cell::text(words::as_said(seat, &line.said)).long(),
            Cell::text(line.actor.clone()),
        ]
    });
    Table::new(t!(seat, "supply-history"), columns)
        .empty(t!(seat, "supply-history-empty"))
        .rows(rows.collect::<Vec<_>>())
}

async fn done(
    seat: &Seat,
    (area, id): (AreaCode, HouseholdId),
    form: &FormData,
    command: Command,
) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => Ok(seat.go(&words::household_path(area, id))),
        Err(refusal) => page(seat, area, id, Some(&refusal)).await,
    }
}

async fn needs(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let needs = form.all("need").filter_map(Need::parse).collect();
    let note = form.text("note").to_owned();
    done(&seat, of, &form, Command::PutNeeds { household: of.1, needs, note }).await
}

/// The end of a day that a form names.
fn day(seat: &Seat, form: &FormData, name: &str) -> Result<types::Micros, Fault> {
    Ok(parse_local(&format!("{}T12:00", form.text(name)), seat.app().zone())?)
}

async fn medicine(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let prescribed_until = match form.text("prescribed_until") {
        "" => None,
        _ => Some(day(&seat, &form, "prescribed_until")?),
    };
    let medicine = PutMedicine {
        household: of.1,
        name: form.text("name").to_owned(),
        last_dose: day(&seat, &form, "last_dose")?,
        prescribed_until,
    };
    done(&seat, of, &form, Command::PutMedicine(medicine)).await
}

async fn brought(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let command = Command::BringMedicine {
        household: of.1,
        name: form.text("name").to_owned(),
        last_dose: day(&seat, &form, "last_dose")?,
        proof: form.text("proof").to_owned(),
    };
    done(&seat, of, &form, command).await
}

async fn dropped(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let (name, reason) = (form.text("name").to_owned(), form.text("note").to_owned());
    done(&seat, of, &form, Command::DropMedicine { household: of.1, name, reason }).await
}

async fn ask_renewal(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let name = form.text("name").to_owned();
    done(&seat, of, &form, Command::AskRenewal { household: of.1, name }).await
}

async fn renewed(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let renewal = Renewal {
        household: of.1,
        name: form.text("name").to_owned(),
        doctor: form.text("doctor").to_owned(),
        days: form.text("days").parse().unwrap_or(0),
        note: form.text("note").to_owned(),
    };
    done(&seat, of, &form, Command::Renew(renewal)).await
}

async fn not_renewed(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let command = Command::RefuseRenewal {
        household: of.1,
        name: form.text("name").to_owned(),
        doctor: form.text("doctor").to_owned(),
        reason: form.text("note").to_owned(),
    };
    done(&seat, of, &form, command).await
}

async fn missed(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let reason = form.text("note").to_owned();
    done(&seat, of, &form, Command::Missed { household: of.1, reason }).await
}

async fn complain(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let about = About::parse(form.text("about")).unwrap_or(About::Other);
    let said = form.text("said").to_owned();
    done(&seat, of, &form, Command::Complain { household: of.1, about, said }).await
}

async fn answer(seat: Seat, Path(of): Of, form: FormData) -> Answer {
    let of = read(&of)?;
    let complaint: UnitId = words::unit(form.text("complaint"), supply::COMPLAINT)?;
    let note = form.text("note").to_owned();
    done(&seat, of, &form, Command::AnswerComplaint { complaint, note }).await
}
