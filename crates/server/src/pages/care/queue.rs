//! The queue as a list.

use care::views::{self, Numbers, QueueCursor, QueueFilter};
use care::{Condition, Level, Stage, triage};
use maud::html;
use types::Span;

use super::{PAGE, READERS, board, words};
use crate::house::{CARE, topic};
use crate::pages::cases::words::options;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::cut;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/queue", READERS, show);
}

/// Whom the list has; nothing where nobody can fit.
fn filter(seat: &Seat) -> Option<QueueFilter> {
    let hours = |name: &str| -> Option<i64> { seat.param(name)?.parse().ok() };
    let over = Span::hours(hours("over").unwrap_or(0).clamp(0, 100_000));
    let under = hours("under").map(|n| Span::hours(n.clamp(0, 100_000)));
    let (from, until) = Numbers::began(seat.now(), over, under);
    let rank: Option<i64> = seat.param("rank").and_then(|text| text.parse().ok());
    let mut conditions: Vec<Condition> = rank.and_then(Condition::of_rank).into_iter().collect();
    if let Some(level) = seat.param("level").and_then(|text| Level::parse(&text)) {
        // Who needs this care by the edition in force.
        let edition = seat.app().protocol().at(seat.now(), board::county(seat));
        let needs = |c: &Condition| triage(edition, *c).is_ok_and(|t| t.level == Some(level));
        match conditions.is_empty() {
            true => conditions = Condition::all().filter(needs).collect(),
            false => conditions.retain(needs),
        }
        if conditions.is_empty() {
            return None;
        }
    }
    Some(QueueFilter {
        stage: seat.param("stage").and_then(|text| Stage::parse(&text)),
        conditions,
        from,
        until: (over > Span(0)).then_some(until),
        ..QueueFilter::of(seat.scope())
    })
}

async fn show(seat: Seat) -> Answer {
    let filter = filter(&seat);
    let after = seat.param("after").and_then(|text| QueueCursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = match &filter {
        Some(filter) => views::queue(&mut db, filter, after, PAGE + 1).await?,
        None => Vec::new(),
    };
    let next = cut(&mut found, PAGE, |episode| Some(QueueCursor::after(episode).to_string()));
    let table = board::table(&seat, t!(seat, "care-queue"), &found).next(next).render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(table));
    }
    let stages = Stage::ALL.iter().filter(|s| s.is_queued()).map(|s| s.as_str());
    let any = t!(&seat, "case-any");
    let ranks = std::iter::once((String::new(), any))
        .chain(Condition::all().map(|c| (c.rank().to_string(), words::condition(&seat, c))));
    let value = |name: &str| seat.param(name).unwrap_or_default();
    let form = Form::asks(&seat, "/care/queue")
        .field(
            Field::select(
                "stage",
                t!(seat, "care-stage"),
                options(&seat, "care-stage", Some("case-any"), stages),
            )
            .value(value("stage"))
            .short(),
        )
        .field(
            Field::select("rank", t!(seat, "care-condition"), ranks.collect())
                .value(value("rank"))
                .short(),
        )
        .field(
            Field::select(
                "level",
                t!(seat, "care-level"),
                options(
                    &seat,
                    "care-level",
                    Some("case-any"),
                    Level::ALL.iter().map(|l| l.as_str()),
                ),
            )
            .value(value("level"))
            .short(),
        )
        .field(
            Field::number("over", t!(seat, "care-waited-over"))
                .value(value("over"))
                .optional()
                .short(),
        )
        .button(&t!(seat, "show"));
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (form)
        (parts::live("lines", &[topic(CARE, seat.scope())], &src, table))
    };
    // Looking for them reads every case: not at each look at the queue.
    let lead = html! {
        (t!(seat, "care-queue-lead"))
        @if seat.may_open("/care/uncovered") {
            " " a href=(seat.link("/care/uncovered")) { (t!(seat, "care-uncovered")) }
        }
    };
    let page = Page::new(t!(seat, "care-queue-title"), body).lead(lead);
    Ok(seat.render(page.crumb(seat.link("/care"), t!(seat, "nav-care"))))
}
