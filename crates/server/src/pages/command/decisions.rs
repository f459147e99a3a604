//! The log of decisions, with search, and the form that adds one.

use command::{Command, Decide, Decision, Evidence, views};
use ledger::Cursor;
use maud::{Markup, html};
use types::{AreaScope, CommandId, Micros, Refusal, Span};

use super::draft::county_of;
use super::facts::{Fact, Facts};
use super::{KEEPERS, PAGE, READERS, words};
use crate::house::{COMMAND, topic};
use crate::i18n::{Lang, Speaks};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::{input_value, parse_local};

/// Rows in a download.
const DOWNLOAD: i64 = 10_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/decisions", READERS, list);
    routes.get("/decisions/new", KEEPERS, new);
    routes.post("/decisions/new", KEEPERS, decide);
}

async fn list(seat: Seat) -> Answer {
    let mut errors = Errors::default();
    let as_of = seat.param("as_of").and_then(|text| {
        let at = errors.check("as_of", parse_local(&text, seat.app().zone()))?;
        if at > seat.now() {
            errors.add("as_of", Refusal::new("as-of-future"));
            return None;
        }
        Some(at)
    });
    // Of an earlier moment: what was recorded by then, and how it stood.
    let now = as_of.unwrap_or_else(|| seat.now());
    let words_wanted = seat.param("q").unwrap_or_default();
    let not_over = seat.param("standing").as_deref() == Some("not_over");
    let filter = views::Filter {
        words: words_wanted.clone(),
        not_over: not_over.then_some(now),
        as_of,
        ..views::Filter::of(seat.scope())
    };
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let csv = Table::wants_csv(&seat);
    let limit = if csv { DOWNLOAD } else { PAGE };
    let mut db = seat.db().await?;
    let mut found = views::decisions(&mut db, &filter, after, limit + 1).await?;
    drop(db);
    for decision in &mut found {
        // Revoked with effect from later: then it was not.
        if decision.revoked.as_ref().is_some_and(|revoked| revoked.at > now) {
            decision.revoked = decision.revoked.take().filter(|_| as_of.is_none());
        }
    }
    let next = cut(&mut found, limit, |d| Some(Cursor { at: d.at, id: d.id }.to_string()));
    let table = table(&seat, &found, now).csv("decisions").next(next);
    if csv {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("decisions") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("decisions"))]);
    let standings = vec![
        (String::new(), t!(seat, "decisions-all")),
        ("not_over".to_owned(), t!(seat, "decisions-not-over")),
    ];
    let body = html! {
        (Form::asks(&seat, "/decisions")
            .errors(errors)
            .field(Field::text("q", t!(seat, "decisions-search")).value(words_wanted).optional())
            .field(Field::select("standing", t!(seat, "decision-standing"), standings)
                .value(if not_over { "not_over" } else { "" }).short())
            .field(Field::time("as_of", t!(seat, "case-as-of"))
                .value(seat.param("as_of").unwrap_or_default()).optional())
            .button(&t!(seat, "show")))
        (parts::live("decisions", &[topic(COMMAND, seat.scope())], &src, part))
    };
    let actions = html! {
        @if seat.may_open("/decisions/new") {
            (parts::button_link(&seat.link("/decisions/new"), &t!(seat, "decision-new"), true))
        }
    };
    let lead = html! { (t!(seat, "decisions-lead")) };
    let page = Page::new(t!(seat, "nav-decisions"), body).lead(lead).actions(actions);
    Ok(seat.render(match as_of {
        Some(at) => page.as_of(at),
        None => page,
    }))
}

/// Decisions as a table.
pub fn table(seat: &Seat, found: &[Decision], now: Micros) -> Table {
    let columns = vec![
        Column::new("no", t!(seat, "decision")),
        Column::new("title", t!(seat, "decision-title")),
        Column::new("area", t!(seat, "area")),
        Column::new("at", t!(seat, "decision-at")),
        Column::new("from", t!(seat, "decision-from")),
        Column::new("until", t!(seat, "decision-until")),
        Column::new("signed", t!(seat, "decision-signed")),
        Column::new("standing", t!(seat, "decision-standing")),
    ];
    Table::new(t!(seat, "nav-decisions"), columns).empty(t!(seat, "decisions-empty")).rows(
        found.iter().map(|decision| {
            vec![
                Cell::link(
                    &words::decision_path(decision.id),
                    t!(seat, "decision-no", no = decision.no),
                ),
                Cell::text(decision.title.clone()),
                Cell::text(words::area(seat, decision.scope)),
                Cell::time(seat.time(decision.at)),
                Cell::time(seat.time(decision.from)),
                Cell::time(seat.time(decision.ends_at())),
                Cell::text(decision.signed_by.clone()),
                words::standing(seat, decision.standing(now)),
            ]
        }),
    )
}

async fn new(seat: Seat) -> Answer {
    draw(&seat, &FormData::default(), Errors::default()).await
}

/// The protocol's parameters, for those who follow one.
fn rules(seat: &Seat) -> Vec<(String, String)> {
    let lang = match seat.lang() {
        Lang::Zh => protocol::Lang::Zh,
        Lang::En => protocol::Lang::En,
    };
    let mut rules: Vec<(String, String)> = Vec::new();
    for parameter in seat.app().protocol().parameters() {
        if rules.iter().all(|(id, _)| id != parameter.id) {
            let label = format!("{} · {}", parameter.label.get(lang), parameter.id);
            rules.push((parameter.id.to_owned(), label));
        }
    }
    rules.insert(0, (String::new(), t!(seat, "decision-no-rule")));
    rules
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let facts = Facts::load(seat, None).await?;
    let zone = seat.app().zone();
    let value = |name: &'static str, otherwise: String| match typed.text(name) {
        "" => otherwise,
        text => text.to_owned(),
    };
    let replaces = match seat
        .param("replaces")
        .or_else(|| Some(typed.text("replaces").to_owned()).filter(|text| !text.is_empty()))
    {
        Some(text) => {
            let id = CommandId::parse(&text)?;
            let mut db = seat.db().await?;
            views::decision(&mut db, id).await?
        }
        None => None,
    };
    let evidence: Vec<(String, String)> = facts
        .all(seat)
        .into_iter()
        .map(|fact| {
            let text = format!("{}: {}", Fact::label(seat, fact.key), fact.value);
            (fact.key.to_owned(), text)
        })
        .collect();
    let known = replaces.as_ref();
    let mut form = Form::new(seat, seat.link("/decisions/new"))
        .hidden(act::ID, &act::again(typed, &errors))
        .errors(errors);
    if let Some(known) = known {
        form = form.hidden("replaces", &known.id.to_string());
    }
    let of_known = |f: fn(&Decision) -> &str| known.map_or(String::new(), |d| f(d).to_owned());
    let form = form
        .field(
            Field::text("title", t!(seat, "decision-title"))
                .hint(t!(seat, "decision-title-hint"))
                .value(value("title", of_known(|d| &d.title))),
        )
        .field(
            Field::area("text", t!(seat, "decision-text"), 5)
                .value(value("text", of_known(|d| &d.text)))
                .optional(),
        )
        .group(
            &t!(seat, "decision-holds"),
            vec![
                Field::time("from", t!(seat, "decision-from"))
                    .value(value("from", input_value(seat.now(), zone))),
                Field::time("until", t!(seat, "decision-until"))
                    .hint(t!(seat, "decision-until-hint"))
                    .value(value("until", input_value(seat.now() + Span::days(7), zone))),
            ],
        )
        .field(Field::ticks("evidence", t!(seat, "decision-evidence"), evidence, typed))
        .field(
            Field::area("words", t!(seat, "decision-evidence-words"), 2)
                .value(typed.text("words"))
                .optional(),
        )
        .field(
            Field::select("rule", t!(seat, "decision-rule"), rules(seat))
                .value(value("rule", of_known(|d| &d.rule)))
                .optional(),
        )
        .field(
            Field::text("signed_by", t!(seat, "decision-signed"))
                .hint(t!(seat, "decision-signed-hint"))
                .value(value("signed_by", of_known(|d| &d.signed_by))),
        )
        .button(&t!(seat, "decision-record"));
    let body: Markup = html! {
        @if let Some(known) = known {
            p { (t!(seat, "decision-replaces")) " "
                a href=(words::decision_path(known.id)) { (t!(seat, "decision-no", no = known.no)) " " (known.title) } }
        }
        (form)
    };
    let page = Page::new(t!(seat, "decision-new"), body)
        .narrow()
        .crumb(seat.link("/decisions"), t!(seat, "nav-decisions"))
        .lead(html! { (t!(seat, "decision-new-lead", area = words::area(seat, seat.scope()))) });
    Ok(seat.render(page))
}

async fn decide(seat: Seat, form: FormData) -> Answer {
    let zone = seat.app().zone();
    let mut errors = Errors::default();
    let mut time = |name: &'static str| errors.check(name, parse_local(form.text(name), zone));
    let (from, until) = (time("from"), time("until"));
    let replaces = match form.text("replaces") {
        "" => None,
        text => Some(CommandId::parse(text)?),
    };
    let (Some(from), Some(until)) = (from, until) else {
        return draw(&seat, &form, errors).await;
    };
    // What the evidence says is read now, not taken from the form: it is what the decision saw.
    let facts = Facts::load(&seat, None).await?;
    let chosen: Vec<&str> = form.all("evidence").collect();
    let mut evidence: Vec<Evidence> = facts
        .all(&seat)
        .into_iter()
        .filter(|fact| chosen.contains(&fact.key))
        .map(|fact| fact.evidence(facts.at))
        .collect();
    evidence.extend(form.text("words").lines().filter(|l| !l.trim().is_empty()).map(|line| {
        Evidence {
            what: line.trim().to_owned(),
            value: String::new(),
            href: String::new(),
            at: facts.at,
        }
    }));
    let scope: AreaScope = seat.scope();
    let command = Command::Decide(Decide {
        scope,
        title: form.text("title").to_owned(),
        text: form.text("text").to_owned(),
        evidence,
        rule: form.text("rule").to_owned(),
        signed_by: form.text("signed_by").to_owned(),
        from,
        until,
        replaces,
    });
    let area = county_of(&seat, scope).await?;
    if let Err(refusal) = act::send(&seat, area, &form, command).await? {
        let field = field_of(&refusal);
        return draw(&seat, &form, Errors::one(field, refusal)).await;
    }
    Ok(seat.go(&seat.link("/decisions")))
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "decision-ends-before" | "decision-too-long" => "until",
        "decision-unsigned" => "signed_by",
        "rule-unknown" => "rule",
        "decision-evidence" => "evidence",
        "note-too-long" => "text",
        _ => "title",
    }
}
