//! One investigation: its clocks, where the case was and who else was there, whom he lives with, his contacts.

use std::collections::BTreeSet;

use axum::extract::Path;
use maud::{Markup, html};
use registry::file::PersonLine;
use tracing_desk::views::{self, HistoryLine, Stays};
use tracing_desk::{Command, Investigation, Progress, Question};
use types::{HolderCode, PersonId, UnitId};

use super::{DESK, READERS, TRACERS, contacts, mates, under_board, who, words};
use crate::pages::act;
use crate::pages::cases::words::{self as case_words, named};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/investigations/{unit}", READERS, show);
    routes.post("/tracing/investigations/{unit}/assign", DESK, assign);
    routes.post("/tracing/investigations/{unit}/on-site", TRACERS, on_site);
    routes.post("/tracing/investigations/{unit}/drop-stay", TRACERS, drop_stay);
    routes.post("/tracing/investigations/{unit}/report", DESK, report);
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    page(&seat, &of, &FormData::default(), Errors::default()).await
}

/// The page; `errors` for a form of the page that was not taken.
pub async fn page(seat: &Seat, of: &Investigation, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let stays = views::stays(&mut db, of.id).await?;
    let shared = views::shared(&mut db, of.case, &stays.standing).await?;
    let named_by = views::named_by(&mut db, of.case).await?;
    let history = views::history(&mut db, of.id).await?;
    let may = act::may(seat, of.area(), probe(of.id));
    let known: BTreeSet<PersonId> = named_by.iter().map(|c| c.person).collect();
    let mates = match may && of.progress != Progress::Closed {
        true => mates::read(&mut db, of, &stays, &shared, &known).await?,
        false => Vec::new(),
    };
    drop(db);
    let household = if may { who::household(seat, of).await? } else { Vec::new() };
    let path = words::investigation_path(of.id);
    let body = html! {
        (clocks(seat, of))
        @if may && of.progress != Progress::Closed {
            p .buttons {
                (parts::button_link(&format!("{path}/interview"), &t!(seat, "trace-interview"), of.core_at.is_none()))
                (parts::button_link(&format!("{path}/name"), &t!(seat, "trace-name"), of.core_at.is_some()))
                @if seat.may_open("/registry/imports/new/contacts") {
                    (parts::button_link("/registry/imports/new/contacts", &t!(seat, "trace-name-list"), false))
                }
            }
        }
        (acts(seat, of, form, &errors))
        (core(seat, of))
        (stay_table(seat, of, &stays, &shared, may))
        (household_table(seat, of, &household, &known, may))
        (mates::panel(seat, of, &mates))
        div id="contacts" {
            (contacts::table(seat, t!(seat, "trace-contacts-of"), &named_by).render(seat))
        }
        (history_table(seat, &history, "trace-progress").render(seat))
    };
    let title = t!(seat, "trace-investigation-title", case = words::short(of.case));
    let page =
        Page::new(title, body).lead(html! { (words::progress_cell(seat, of).into_markup()) });
    // Takes the draft of an interview that was sent off the device.
    Ok(seat.render(under_board(seat, page.script("draft.js"))))
}

fn probe(investigation: UnitId) -> Command {
    Command::OnSite { investigation, note: String::new() }
}

fn clocks(seat: &Seat, of: &Investigation) -> Markup {
    let case = if seat.may_open("/cases/{unit}") && seat.require(of.area()).is_ok() {
        case_words::link(of.case)
    } else {
        html! { code { (case_words::short(of.case)) } }
    };
    let clock = |due: Option<types::Micros>, at: Option<types::Micros>| match at {
        Some(at) => html! {
            (seat.time(at)) " "
            @if due.is_some_and(|due| at > due) { (parts::tag(Tone::Warning, &t!(seat, "trace-was-late"))) }
            @else { (parts::tag(Tone::Good, &t!(seat, "trace-in-time"))) }
        },
        None => crate::pages::testing::words::clock(seat, due, seat.now()),
    };
    let mut rows = vec![
        (t!(seat, "case"), html! { (case) " " code .muted { (of.case.to_string()) } }),
        (t!(seat, "case-found-at"), html! { (seat.time(of.since)) }),
        (
            t!(seat, "case-field-onset"),
            html! { @if let Some(day) = of.onset { (seat.time(day).day()) } @else { "—" } },
        ),
        (t!(seat, "trace-look-back"), html! { (look_back(seat, of)) }),
        (t!(seat, "trace-on-site"), clock(of.on_site_due, of.on_site_at)),
        (t!(seat, "trace-core"), clock(of.core_due, of.core_at)),
        (t!(seat, "trace-report"), clock(of.report_due, of.report_at)),
        (
            t!(seat, "trace-team"),
            html! { @if let Some(team) = &of.team { code { (team) } } @else { (t!(seat, "trace-team-desk")) } },
        ),
    ];
    if let Some(contact) = of.contact {
        rows.push((t!(seat, "trace-was-contact"), words::contact_link(contact)));
    }
    if let Some(keep) = of.keep {
        rows.push((t!(seat, "trace-kept-in"), words::case_link(keep)));
    }
    if !of.summary.is_empty() {
        rows.push((t!(seat, "trace-summary"), html! { (of.summary) }));
    }
    parts::panel(&t!(seat, "trace-clocks"), parts::facts(&rows))
}

/// Since when meetings count, by the edition in force, with the rule.
fn look_back(seat: &Seat, of: &Investigation) -> Markup {
    let edition = seat.app().protocol().at(seat.now(), of.area());
    let Ok(rules) = edition.contacts() else { return html! { "—" } };
    let rule = &rules.lookback;
    let calendar = tracing_desk::Calendar::of(seat.app().protocol().zone());
    let from = calendar.day(types::Micros(of.anchor.0 - rule.value.0));
    html! {
        (seat.time(from).day()) " · "
        a href={ "/testing/protocol/" (rule.id()) } { (rule.id()) } " · "
        (rule.info().edition.short_name())
    }
}

/// The forms that fit how far it has come.
fn acts(seat: &Seat, of: &Investigation, form: &FormData, errors: &Errors) -> Markup {
    let path = words::investigation_path(of.id);
    let start = |name: &'static str| {
        let mine = form.text("form") == name;
        let id = if mine { act::again(form, errors) } else { act::fresh() };
        let mut made = Form::new(seat, format!("{path}/{name}")).part(name);
        if mine {
            made = made.errors(errors.clone());
        }
        made.hidden(act::ID, &id).hidden("form", name)
    };
    let told =
        |name: &str| if form.text("form") == name { form.clone() } else { FormData::default() };
    let folded = |name: &str, key: &str, body: Markup| {
        let open = form.text("form") == name;
        html! { details .disclosure open[open] { summary { (seat.text(key)) } (body) } }
    };
    let (id, open) = (of.id, of.progress.is_open());
    let may = |command: Command| act::may(seat, of.area(), command);
    let mut forms = Vec::new();
    if open && of.on_site_at.is_none() && may(probe(id)) {
        let field = Field::text("note", t!(seat, "care-note")).value(told("on-site").text("note"));
        let body = start("on-site").field(field.optional()).button(&t!(seat, "trace-on-site-do"));
        forms.push(folded("on-site", "trace-on-site-do", body));
    }
    if open && may(Command::Assign { investigation: id, team: None }) {
        let field = Field::code("team", t!(seat, "trace-team"), false)
            .hint(t!(seat, "trace-team-hint"))
            .value(told("assign").text("team"))
            .optional();
        let body = start("assign").field(field).button(&t!(seat, "trace-assign"));
        forms.push(folded("assign", "trace-assign", body));
    }
    if open
        && of.core_at.is_some()
        && may(Command::Report { investigation: id, note: String::new() })
    {
        let field =
            Field::area("note", t!(seat, "trace-summary"), 3).value(told("report").text("note"));
        let body = start("report").field(field.optional()).button(&t!(seat, "trace-report-do"));
        forms.push(folded("report", "trace-report-do", body));
    }
    html! {
        @if !forms.is_empty() {
            section .panel {
                h2 .panel__title { (t!(seat, "care-acts")) }
                @for form in forms { (form) }
            }
        }
    }
}

fn core(seat: &Seat, of: &Investigation) -> Markup {
    let rows: Vec<(String, Markup)> = Question::ALL
        .iter()
        .filter_map(|question| {
            let answer = of.core.0.get(question)?;
            Some((named(seat, "trace-question", question.as_str()), html! { (answer) }))
        })
        .collect();
    let body = if rows.is_empty() {
        html! { p .muted { (t!(seat, "trace-core-empty")) } }
    } else {
        parts::facts(&rows)
    };
    parts::panel(&t!(seat, "trace-core"), body)
}

fn stay_table(
    seat: &Seat,
    of: &Investigation,
    stays: &Stays,
    shared: &std::collections::HashMap<u32, Vec<(UnitId, tracing_desk::Stay)>>,
    may: bool,
) -> Markup {
    let columns = vec![
        Column::new("n", t!(seat, "trace-stay-n")).numeric(),
        Column::new("from", t!(seat, "trace-from")),
        Column::new("until", t!(seat, "trace-until-time")),
        Column::new("place", t!(seat, "place")),
        Column::new("setting", t!(seat, "trace-setting")),
        Column::new("note", t!(seat, "care-note")),
        Column::new("others", t!(seat, "trace-others-there")),
    ];
    let rows = stays.standing.iter().map(|stay| {
        let others = shared.get(&stay.n).map_or(&[][..], Vec::as_slice);
        vec![
            Cell::number(i64::from(stay.n)),
            Cell::time(seat.time(stay.from)),
            Cell::time(seat.time(stay.until)),
            Cell::words(html! {
                (stay.name)
                @if let Some(place) = &stay.place { " " code { (place.as_str()) } }
            }),
            Cell::text(words::setting(seat, stay.setting)),
            Cell::text(stay.note.clone()),
            match others.is_empty() {
                true => Cell::none(),
                false => Cell::words(html! {
                    @for (case, _) in others.iter().take(8) { (words::case_link(*case)) " " }
                    @if others.len() > 8 { "+" (others.len() - 8) }
                }),
            },
        ]
    });
    let table = Table::new(t!(seat, "trace-stays"), columns)
        .empty(t!(seat, "trace-stays-empty"))
        .rows(rows.collect::<Vec<_>>());
    let path = words::investigation_path(of.id);
    let numbers = stays.standing.iter().map(|stay| {
        let text = format!("{} · {} · {}", stay.n, seat.time(stay.from), stay.name);
        (stay.n.to_string(), text)
    });
    html! {
        (table.render(seat))
        @if may && !stays.standing.is_empty() && of.progress != Progress::Closed {
            details .disclosure {
                summary { (t!(seat, "trace-drop-stay")) }
                (Form::new(seat, format!("{path}/drop-stay")).part("drop-stay")
                    .hidden(act::ID, &act::fresh())
                    .field(Field::select("stay", t!(seat, "trace-stay-n"), numbers.collect()))
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "trace-drop-stay")))
            }
        }
    }
}

fn household_table(
    seat: &Seat,
    of: &Investigation,
    people: &[PersonLine],
    known: &BTreeSet<PersonId>,
    may: bool,
) -> Markup {
    if people.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("name", t!(seat, "reg-name")),
        Column::new("number", t!(seat, "desk-id-number")),
        Column::new("phone", t!(seat, "desk-phone")),
        Column::new("known", t!(seat, "trace-contact")),
    ];
    let rows = people.iter().map(|line| {
        let text = |text: Option<&String>| text.map_or_else(Cell::none, Cell::code);
        vec![
            Cell::text(line.masked.name.clone()),
            text(line.masked.id_number.as_ref()),
            text(line.masked.phone.as_ref()),
            match known.contains(&line.id) {
                true => Cell::tag(Tone::Good, t!(seat, "trace-named")),
                false => Cell::tag(Tone::Warning, t!(seat, "trace-not-named")),
            },
        ]
    });
    let table = Table::new(t!(seat, "trace-household"), columns).rows(rows.collect::<Vec<_>>());
    let open = people.iter().any(|line| !known.contains(&line.id));
    html! {
        (table.render(seat))
        @if may && open && of.progress != Progress::Closed {
            (Form::new(seat, format!("{}/name-household", words::investigation_path(of.id)))
                .part("household")
                .hidden(act::ID, &act::fresh())
                .field(Field::time("last", t!(seat, "trace-last")).value(
                    crate::ui::time::input_value(seat.now(), seat.app().zone())))
                .button(&t!(seat, "trace-name-household")))
        }
    }
}

/// The history of an investigation or a contact.
pub fn history_table(seat: &Seat, history: &[HistoryLine], stages: &str) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "case-what")),
        Column::new("stage", t!(seat, "trace-stage")),
        Column::new("actor", t!(seat, "care-by")),
    ];
    let rows = history.iter().map(|line| {
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "trace-did", &line.what)),
            Cell::text(named(seat, stages, &line.stage)),
            Cell::text(line.actor.clone()),
        ]
    });
    Table::new(t!(seat, "care-history"), columns).rows(rows.collect::<Vec<_>>())
}

async fn done(
    seat: &Seat,
    of: &Investigation,
    form: &FormData,
    command: Command,
    field: &'static str,
) -> Answer {
    match act::send(seat, of.area(), form, command).await? {
        Ok(_) => Ok(seat.go(&words::investigation_path(of.id))),
        Err(refusal) => page(seat, of, form, Errors::one(field, refusal)).await,
    }
}

async fn assign(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let team = match form.text("team") {
        "" => None,
        text => match HolderCode::parse(text) {
            Ok(team) => Some(team),
            Err(why) => return page(&seat, &of, &form, Errors::one("team", why.into())).await,
        },
    };
    done(&seat, &of, &form, Command::Assign { investigation: of.id, team }, "team").await
}

async fn on_site(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let note = form.text("note").to_owned();
    done(&seat, &of, &form, Command::OnSite { investigation: of.id, note }, "note").await
}

async fn drop_stay(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let stay = form.text("stay").parse().unwrap_or(0);
    let reason = form.text("note").to_owned();
    let command = Command::DropStay { investigation: of.id, stay, reason };
    match act::send(&seat, of.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&words::investigation_path(of.id))),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn report(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let note = form.text("note").to_owned();
    done(&seat, &of, &form, Command::Report { investigation: of.id, note }, "note").await
}
