//! Signals: what waste water, sentinels and antigen tests say, the form that enters one, and the one that
//! explains a positive one.

use ledger::Cursor;
use maud::{Markup, html};
use types::{AreaCode, CommandId, PlaceCode, Refusal};
use zero::{Command, EnterSignal, ExplainSignal, Finding, Kind, Signal, views};

use super::{ENTERERS, PAGE, READERS};
use crate::house::{ZERO, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::{input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zero/signals", READERS, list);
    routes.post("/zero/signals", ENTERERS, enter);
    routes.post("/zero/signals/{command}/explain", ENTERERS, explain);
}

async fn list(seat: Seat) -> Answer {
    draw(&seat, &FormData::default(), Errors::default()).await
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::signals_in(&mut db, seat.scope(), after, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |s| Some(Cursor { at: s.sampled_at, id: s.id }.to_string()));
    let names = Names::of_places(&mut db, found.iter().map(|s| s.entered.place.clone())).await?;
    drop(db);
    let may =
        seat.somebody().is_some_and(|a| a.grant_for(ENTERERS.roles(), seat.scope()).is_some());
    let table = table(seat, &found, &names, may).next(next);
    let part = table.render(seat);
    if seat.wants_fragment("signals") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("signals"))]);
    let body = html! {
        (parts::live("signals", &[topic(ZERO, seat.scope())], &src, part))
        @if may { (form(seat, typed, errors)) }
    };
    let page = Page::new(t!(seat, "nav-zero-signals"), body)
        .lead(html! { (t!(seat, "zero-signals-lead")) })
        .crumb(seat.link("/zero"), t!(seat, "nav-zero"));
    Ok(seat.render(page))
}

fn form(seat: &Seat, typed: &FormData, errors: Errors) -> Markup {
    let words = |prefix: &str, all: &[&str]| -> Vec<(String, String)> {
        all.iter().map(|word| ((*word).to_owned(), named(seat, prefix, word))).collect()
    };
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let findings: Vec<&str> = Finding::ALL.iter().map(|finding| finding.as_str()).collect();
    let value = |name: &'static str, otherwise: String| match typed.text(name) {
        "" => otherwise,
        text => text.to_owned(),
    };
    let county = seat.scope().to_string();
    let county = if county.len() == 6 { county } else { String::new() };
    parts::panel(
        &t!(seat, "zero-signal-enter"),
        html! {
            (Form::new(seat, seat.link("/zero/signals"))
                .hidden(act::ID, &act::again(typed, &errors))
                .errors(errors)
                .field(Field::text("place", t!(seat, "zero-signal-place")).hint(t!(seat, "zero-signal-place-hint")).value(value("place", county)))
                .field(Field::select("kind", t!(seat, "zero-signal-kind"), words("zero-kind", &kinds)).value(typed.text("kind")))
                .field(Field::select("finding", t!(seat, "zero-signal-finding"), words("zero-finding", &findings)).value(typed.text("finding")))
                .field(Field::time("at", t!(seat, "zero-signal-at")).value(value("at", input_value(seat.now(), seat.app().zone()))))
                .field(Field::text("value", t!(seat, "zero-signal-value")).hint(t!(seat, "zero-signal-value-hint")).value(typed.text("value")).optional())
                .field(Field::text("laboratory", t!(seat, "laboratory")).value(typed.text("laboratory")).optional())
                .field(Field::text("note", t!(seat, "zero-signal-note")).value(typed.text("note")).optional())
                .button(&t!(seat, "zero-signal-enter")))
        },
    )
}

fn table(seat: &Seat, found: &[Signal], names: &Names, may: bool) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "zero-signal-at")),
        Column::new("place", t!(seat, "zero-signal-place")),
        Column::new("kind", t!(seat, "zero-signal-kind")),
        Column::new("finding", t!(seat, "zero-signal-finding")),
        Column::new("value", t!(seat, "zero-signal-value")),
        Column::new("laboratory", t!(seat, "laboratory")),
        Column::new("explained", t!(seat, "zero-signal-explained")),
    ];
    let rows = found.iter().map(|signal| {
        let entered = &signal.entered;
        let tone = match entered.finding {
            Finding::Positive if signal.is_open() => Tone::Bad,
            Finding::Positive => Tone::Warning,
            Finding::Negative => Tone::Good,
            Finding::Unclear => Tone::Plain,
        };
        vec![
            Cell::time(seat.time(signal.sampled_at)),
            Cell::text(names.place(seat, &entered.place)),
            Cell::text(named(seat, "zero-kind", entered.kind.as_str())),
            Cell::tag(tone, named(seat, "zero-finding", entered.finding.as_str())),
            Cell::text(entered.value.clone()),
            Cell::text(entered.laboratory.clone()),
            match &signal.explained {
                Some(how) => Cell::text(format!("{}: {}", how.signed_by, how.note)).long(),
                None if signal.is_open() && may => Cell::words(explaining(seat, signal)).long(),
                None => Cell::none(),
            },
        ]
    });
    Table::new(t!(seat, "nav-zero-signals"), columns)
        .empty(t!(seat, "zero-signals-empty"))
        .rows(rows)
}

fn explaining(seat: &Seat, signal: &Signal) -> Markup {
    let path = format!("/zero/signals/{}/explain?area={}", signal.id, signal.area);
    html! {
        details .disclosure {
            summary { (t!(seat, "zero-signal-explain")) }
            (Form::new(seat, path)
                .part(&signal.id.to_string())
                .hidden(act::ID, &act::fresh())
                .field(Field::text("signed_by", t!(seat, "decision-signed")))
                .field(Field::text("note", t!(seat, "case-why")))
                .button(&t!(seat, "zero-signal-explain")))
        }
    }
}

async fn enter(seat: Seat, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let at = errors.check("at", parse_local(form.text("at"), seat.app().zone()));
    let place = errors.check("place", PlaceCode::parse(form.text("place")));
    let (Some(at), Some(place)) = (at, place) else { return draw(&seat, &form, errors).await };
    let wrong = |field: &'static str| Errors::one(field, Refusal::new("malformed-request"));
    let Some(kind) = Kind::parse(form.text("kind")) else {
        return draw(&seat, &form, wrong("kind")).await;
    };
    let Some(finding) = Finding::parse(form.text("finding")) else {
        return draw(&seat, &form, wrong("finding")).await;
    };
    let area = place.area().unwrap_or(AreaCode::NONE);
    let refused = Refusal::new("zero-signal-place").with("place", &place);
    if area == AreaCode::NONE || seat.require(area).is_err() {
        return draw(&seat, &form, Errors::one("place", refused)).await;
    }
    let command = Command::EnterSignal(EnterSignal {
        place,
        kind,
        finding,
        value: form.text("value").to_owned(),
        laboratory: form.text("laboratory").to_owned(),
        note: form.text("note").to_owned(),
    });
    if let Err(refusal) = act::send_at(&seat, area, &form, at, command).await? {
        let field = match refusal.code.as_ref() {
            "zero-signal-ahead" => "at",
            "note-too-long" => "note",
            _ => "place",
        };
        return draw(&seat, &form, Errors::one(field, refusal)).await;
    }
    Ok(seat.go(&seat.link("/zero/signals")))
}

async fn explain(
    seat: Seat,
    axum::extract::Path(id): axum::extract::Path<String>,
    form: FormData,
) -> Answer {
    let id = CommandId::parse(&id).map_err(|_| crate::Fault::not_found(&id))?;
    let mut db = seat.db().await?;
    let signal = views::signal(&mut db, id).await?.ok_or_else(|| crate::Fault::not_found(id))?;
    drop(db);
    seat.require(signal.area)?;
    let command = Command::ExplainSignal(ExplainSignal {
        signal: id,
        signed_by: form.text("signed_by").to_owned(),
        note: form.text("note").to_owned(),
    });
    act::send(&seat, signal.area, &form, command).await??;
    Ok(seat.go(&seat.link("/zero/signals")))
}
