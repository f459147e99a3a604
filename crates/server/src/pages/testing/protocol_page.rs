//! The rules in force, each with its source and how far it can be trusted.

use axum::extract::Path;
use maud::{Markup, html};
use protocol::{Lang as Words, RuleInfo, Status};
use types::{AreaCode, Micros};

use crate::access::{Policy, Role};
use crate::i18n::{Lang, Speaks};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

const READERS: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Ward,
    Role::Auditor,
    Role::Admin,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/protocol", READERS, list);
    routes.get("/testing/protocol/{rule}", READERS, explain);
    routes.nav(Group::Testing, "/testing/protocol", "nav-protocol");
}

fn lang(seat: &Seat) -> Words {
    match seat.lang() {
        Lang::Zh => Words::Zh,
        Lang::En => Words::En,
    }
}

/// The county that is asked about: that in view, or the first of the areas in view.
fn area(seat: &Seat) -> AreaCode {
    AreaCode::from_stored(seat.scope().bounds().0)
}

fn time(seat: &Seat) -> Micros {
    seat.param("at")
        .and_then(|text| parse_local(&text, seat.app().zone()).ok())
        .unwrap_or_else(|| seat.now())
}

fn status_cell(seat: &Seat, status: &Status) -> Cell {
    let tone = match status {
        Status::Found => Tone::Good,
        Status::FoundInPart { .. } => Tone::Info,
        Status::Recalled { .. } => Tone::Warning,
        Status::Chosen => Tone::Plain,
    };
    Cell::tag(tone, status.text(lang(seat)))
}

async fn list(seat: Seat) -> Answer {
    let (at, words) = (time(&seat), lang(&seat));
    let group = seat.param("group").unwrap_or_else(|| "testing".to_owned());
    let edition = seat.app().protocol().at(at, area(&seat));
    let mut groups: Vec<&str> = edition.rules().map(|r| r.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let all = seat.app().protocol().parameters();
    let label = |id: &str| all.iter().find(|p| p.id == id).map(|p| p.label.get(words).to_owned());
    let rules: Vec<_> = edition.rules().filter(|r| group == "all" || r.group == group).collect();
    let columns = vec![
        Column::new("label", t!(seat, "rule-label")),
        Column::new("value", t!(seat, "rule-value")),
        Column::new("status", t!(seat, "rule-status")),
        Column::new("source", t!(seat, "rule-source")),
        Column::new("edition", t!(seat, "rule-edition")),
        Column::new("id", t!(seat, "rule")),
    ];
    let rows = rules.iter().map(|rule| {
        let href = seat.here(&[("group", None), ("format", None)]);
        let query = href.split_once('?').map(|(_, q)| format!("?{q}")).unwrap_or_default();
        let href = format!("/testing/protocol/{}{query}", rule.id);
        vec![
            Cell::link(&href, label(rule.id).unwrap_or_else(|| rule.id.to_owned())),
            Cell::text(rule.text.get(words)),
            status_cell(&seat, &rule.status),
            sources(rule, words),
            Cell::text(rule.edition.title.get(words)),
            Cell::code(rule.id),
        ]
    });
    let table = Table::new(t!(seat, "nav-protocol"), columns)
        .window(t!(
            seat,
            "protocol-window",
            at = seat.time(at).to_string(),
            area = area(&seat).to_string()
        ))
        .empty(t!(seat, "protocol-empty"))
        .csv("protocol")
        .rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let tabs: Vec<parts::Tab> = groups
        .iter()
        .copied()
        .chain(["all"])
        .map(|name| parts::Tab {
            href: seat.here(&[("group", Some(name))]),
            text: super::words::named(&seat, "protocol-group", name),
            count: None,
            current: name == group,
        })
        .collect();
    let body = html! {
        (when_form(&seat, at))
        (parts::tabs(&t!(seat, "protocol-groups"), &tabs))
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-protocol"), body)
        .lead(
            html! { (seat.app().protocol().title().get(words)) " · " (t!(seat, "protocol-lead")) },
        )
        .as_of(at);
    Ok(seat.render(page))
}

/// The sources as links where they have an address, in a list.
fn sources(rule: &RuleInfo, words: Words) -> Cell {
    let plain = rule.source(words);
    if rule.sources.is_empty() {
        return Cell::text(plain);
    }
    let shown = html! {
        ul .plain-list {
            @for source in &rule.sources { li { (source_text(source)) } }
        }
    };
    Cell::markup(shown, plain)
}

/// A source with its first address as a link.
fn source_text(source: &str) -> Markup {
    let Some(start) = source.find("http") else { return html! { (source) } };
    let end = source[start..].find(|c: char| c.is_whitespace() || c == ')' || c == '；');
    let address = &source[start..end.map_or(source.len(), |n| start + n)];
    let host = address.split('/').nth(2).unwrap_or(address);
    html! {
        (source[..start].trim_end()) " "
        a href=(address) rel="noreferrer" { (host) }
        (source[start + address.len()..])
    }
}

fn when_form(seat: &Seat, at: Micros) -> Markup {
    html! {
        form .inline-form method="get" action=(seat.path()) {
            @if let Some(group) = seat.param("group") { input type="hidden" name="group" value=(group); }
            label for="field-at" { (t!(seat, "protocol-at")) " (" (seat.zone_offset(at)) ")" }
            input #field-at .input .input--short type="datetime-local" name="at" value=(input_value(at, seat.app().zone()));
            button .button .button--secondary type="submit" { (t!(seat, "show")) }
        }
    }
}

async fn explain(seat: Seat, Path(rule): Path<String>) -> Answer {
    let (at, words) = (time(&seat), lang(&seat));
    let found = seat.app().protocol().explain(&rule, at, area(&seat));
    let found = found.map_err(|_| crate::Fault::not_found(&rule))?;
    let columns = vec![
        Column::new("from", t!(seat, "rule-from")),
        Column::new("until", t!(seat, "rule-until")),
        Column::new("value", t!(seat, "rule-value")),
        Column::new("status", t!(seat, "rule-status")),
        Column::new("edition", t!(seat, "rule-edition")),
        Column::new("source", t!(seat, "rule-source")),
    ];
    let history =
        Table::new(t!(seat, "rule-history"), columns).rows(found.history.iter().map(|s| {
            let info = &s.rule;
            vec![
                Cell::time(seat.time(s.from)),
                if s.to == Micros::MAX { Cell::none() } else { Cell::time(seat.time(s.to)) },
                Cell::text(info.text.get(words)),
                status_cell(&seat, &info.status),
                Cell::text(format!("{} · {}", info.edition.title.get(words), info.rule)),
                sources(info, words),
            ]
        }));
    let now = found.current.as_ref().map(|s| &s.rule);
    let body = html! {
        (when_form(&seat, at))
        @match now {
            Some(info) => (parts::facts(&[
                (t!(seat, "rule-value"), html! { strong { (info.text.get(words)) }
                    @if let Some(unit) = &found.unit { " " span .muted { (unit.get(words)) } } }),
                (t!(seat, "rule-status"), status_cell(&seat, &info.status).into_markup()),
                (t!(seat, "rule-source"), sources(info, words).into_markup()),
                (t!(seat, "rule-edition"), html! { (info.edition.title.get(words)) }),
                (t!(seat, "rule-setting"), html! {
                    @if info.setting { (t!(seat, "rule-is-setting")) } @else { (t!(seat, "rule-is-fixed")) } }),
                (t!(seat, "remark"), html! { @match &info.note { Some(note) => (note.get(words)), None => "—" } }),
            ])),
            None => (parts::notice(Tone::Warning, &t!(seat, "rule-not-in-force"), html! {})),
        }
        (history.render(&seat))
    };
    let page = Page::new(found.label.get(words).to_owned(), body)
        .lead(html! { code { (found.id) } })
        .as_of(at)
        .crumb(seat.link("/testing/protocol"), t!(seat, "nav-protocol"));
    Ok(seat.render(page))
}
