//! One contact: who, whom he met, until when, what is due, what can be done, what happened.

use axum::extract::Path;
use maud::{Markup, html};
use registry::identity::Identity;
use tracing_desk::release::verdict;
use tracing_desk::views::{self, RequestLine};
use tracing_desk::{Calendar, Contact, Degree, Source, Stage};
use types::Micros;

use super::investigation::history_table;
use super::{READERS, acts, contacts, under_board, who, words};
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/contacts/{contact}", READERS, show);
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    page(&seat, &of, None, &FormData::default(), Errors::default()).await
}

/// The page; `errors` for a form of the page that was not taken.
pub async fn page(
    seat: &Seat,
    of: &Contact,
    clear: Option<&Identity>,
    form: &FormData,
    errors: Errors,
) -> Answer {
    let mut db = seat.db().await?;
    let sources = views::sources(&mut db, &[of.id]).await?.remove(&of.id).unwrap_or_default();
    let met = match of.degree {
        Degree::Close => views::named_by(&mut db, of.id).await?,
        Degree::Secondary => Vec::new(),
    };
    let requests = views::requests_of(&mut db, of.id).await?;
    let history = views::history(&mut db, of.id).await?;
    drop(db);
    let who = who::panel(seat, of, clear).await?;
    let body = html! {
        (standing(seat, of))
        (acts::panel(seat, of, form, &errors))
        (who)
        (source_table(seat, &sources))
        (criteria(seat, of))
        (test_table(seat, of))
        @if !met.is_empty() {
            (contacts::table(seat, t!(seat, "trace-secondary-of"), &met).render(seat))
        }
        @if !requests.is_empty() { (request_table(seat, t!(seat, "nav-tracing-requests"), &requests).render(seat)) }
        (history_table(seat, &history, "trace-stage").render(seat))
    };
    let lead = html! {
        (words::stage_cell(seat, of).into_markup()) " "
        (words::degree(seat, of.degree)) " "
        (words::marks(seat, of))
    };
    let title = t!(seat, "trace-contact-title", contact = words::short(of.id));
    Ok(seat.render(under_board(seat, Page::new(title, body).lead(lead))))
}

fn day(seat: &Seat, day: Option<Micros>) -> Markup {
    html! { @if let Some(day) = day { (seat.time(day).day()) } @else { "—" } }
}

fn standing(seat: &Seat, of: &Contact) -> Markup {
    let mut rows = vec![
        (t!(seat, "trace-last"), html! { (seat.time(of.last)) }),
        (t!(seat, "trace-named-at"), html! { (seat.time(of.named_at)) }),
        (t!(seat, "trace-county"), html! { code { (of.county.to_string()) } }),
        (t!(seat, "code"), html! { code { (of.id.to_string()) } }),
    ];
    if of.stage.is_before() || of.stage == Stage::Refused {
        let clock = crate::pages::testing::words::clock(seat, of.deadline, seat.now());
        rows.push((t!(seat, "trace-deadline"), clock));
    }
    if let Some(site) = &of.site {
        rows.push((t!(seat, "trace-site"), html! { code { (site.as_str()) } " " (of.room) }));
    }
    if let Some(at) = of.arrived_at {
        rows.push((t!(seat, "trace-arrived-at"), html! { (seat.time(at)) }));
    }
    if let Some(schedule) = of.schedule.as_ref().filter(|_| of.stage.is_observed()) {
        let days: Vec<String> =
            schedule.tests.iter().map(|day| seat.time(*day).day().to_owned()).collect();
        rows.push((
            t!(seat, "trace-kept"),
            html! { (named(seat, "trace-kept", schedule.kept.as_str())) },
        ));
        rows.push((
            t!(seat, "trace-until"),
            html! {
                (seat.time(schedule.until).day()) " · "
                a href={ "/testing/protocol/" (protocol_id(&schedule.rule)) } { (schedule.rule) }
                " · " (schedule.edition)
            },
        ));
        rows.push((t!(seat, "trace-test-days"), html! { (days.join(", ")) }));
        rows.push((t!(seat, "trace-test-due"), day(seat, of.test_due)));
        rows.push((t!(seat, "trace-check-due"), day(seat, of.check_due)));
    }
    if let Some(case) = of.case {
        rows.push((t!(seat, "trace-became"), words::case_link(case)));
    }
    if let Some(request) = of.request {
        rows.push((
            t!(seat, "trace-request"),
            html! {
                code { (request.to.to_string()) } " · "
                (crate::pages::testing::words::clock(seat, request.due, seat.now()))
            },
        ));
    }
    parts::panel(&t!(seat, "care-where"), parts::facts(&rows))
}

/// The parameter behind the name that an edition has for its rule.
fn protocol_id(rule: &str) -> &str {
    if rule == "cc.q9" { "cc.q" } else { rule }
}

fn source_table(seat: &Seat, sources: &[Source]) -> Markup {
    let columns = vec![
        Column::new("source", t!(seat, "trace-source")),
        Column::new("setting", t!(seat, "trace-setting")),
        Column::new("first", t!(seat, "trace-first")),
        Column::new("last", t!(seat, "trace-last")),
        Column::new("note", t!(seat, "care-note")),
        Column::new("stands", t!(seat, "trace-stands")),
    ];
    let rows = sources.iter().map(|source| {
        vec![
            Cell::words(words::source_link(source)),
            Cell::text(words::setting(seat, source.setting)),
            Cell::time(seat.time(source.first)),
            Cell::time(seat.time(source.last)),
            Cell::words(html! {
                (source.note)
                @if !source.reason.is_empty() { " " (t!(seat, "trace-set-aside", reason = source.reason.as_str())) }
            }),
            match source.void {
                true => Cell::tag(Tone::Warning, t!(seat, "trace-void")),
                false => Cell::tag(Tone::Good, t!(seat, "case-yes")),
            },
        ]
    });
    Table::new(t!(seat, "trace-sources"), columns).rows(rows.collect::<Vec<_>>()).render(seat)
}

fn criteria(seat: &Seat, of: &Contact) -> Markup {
    let calendar = Calendar::of(seat.app().protocol().zone());
    let Some(verdict) = verdict(of, &calendar, seat.now()) else { return html! {} };
    let columns = vec![
        Column::new("what", t!(seat, "care-criterion")),
        Column::new("met", t!(seat, "care-met")),
        Column::new("value", t!(seat, "care-found")),
        Column::new("limit", t!(seat, "care-asked")),
    ];
    let rows = verdict.criteria.iter().map(|c| {
        vec![
            Cell::text(named(seat, "trace-criterion", &c.what)),
            match c.met {
                true => Cell::tag(Tone::Good, t!(seat, "case-yes")),
                false => Cell::tag(Tone::Warning, t!(seat, "case-no")),
            },
            Cell::text(c.value.clone()),
            Cell::text(c.limit.clone()),
        ]
    });
    let rule =
        t!(seat, "care-by-rule", rule = verdict.rule.as_str(), edition = verdict.edition.as_str());
    let table = Table::new(rule, columns).rows(rows.collect::<Vec<_>>());
    let body = html! {
        p {
            @if verdict.is_met() { (parts::tag(Tone::Good, &t!(seat, "care-may-leave"))) }
            @else { (parts::tag(Tone::Plain, &t!(seat, "care-may-not-leave"))) }
        }
        (table.render(seat))
    };
    parts::panel(&t!(seat, "care-release"), body)
}

fn test_table(seat: &Seat, of: &Contact) -> Markup {
    if of.tests.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("at", t!(seat, "my-sampled-at")),
        Column::new("reading", t!(seat, "trace-result")),
        Column::new("source", t!(seat, "trace-from-where")),
    ];
    let rows = of.tests.iter().rev().map(|test| {
        vec![
            Cell::time(seat.time(test.at)),
            match test.positive {
                true => Cell::tag(Tone::Bad, named(seat, "reading", "positive")),
                false => Cell::tag(Tone::Good, named(seat, "reading", "negative")),
            },
            Cell::code(test.source.clone()),
        ]
    });
    Table::new(t!(seat, "trace-tests"), columns).rows(rows.collect::<Vec<_>>()).render(seat)
}

/// Requests in a table.
pub fn request_table(seat: &Seat, caption: String, lines: &[RequestLine]) -> Table {
    let columns = vec![
        Column::new("contact", t!(seat, "trace-contact")),
        Column::new("from", t!(seat, "trace-from-county")),
        Column::new("to", t!(seat, "trace-to-county")),
        Column::new("at", t!(seat, "trace-asked-at")),
        Column::new("due", t!(seat, "trace-answer-due")),
        Column::new("note", t!(seat, "care-note")),
        Column::new("answer", t!(seat, "trace-answer")),
    ];
    let rows = lines.iter().map(|line| {
        vec![
            Cell::words(words::contact_link(line.contact)),
            Cell::code(line.from.to_string()),
            Cell::code(line.to.to_string()),
            Cell::time(seat.time(line.at)),
            match line.answered {
                Some((at, _)) => Cell::time(seat.time(at)),
                None => words::clock_cell(seat, line.due),
            },
            Cell::text(line.note.clone()).long(),
            match line.answered {
                Some((_, true)) => Cell::tag(Tone::Good, t!(seat, "trace-accepted")),
                Some((_, false)) => Cell::words(html! {
                    (parts::tag(Tone::Warning, &t!(seat, "trace-declined"))) " " (line.answer)
                }),
                None => Cell::tag(Tone::Info, t!(seat, "trace-unanswered")),
            },
        ]
    });
    Table::new(caption, columns)
        .empty(t!(seat, "trace-requests-empty"))
        .rows(rows.collect::<Vec<_>>())
}
