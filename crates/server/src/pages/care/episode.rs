//! One episode: where it stands, what the rules say of it, what can be done, what happened.

use axum::extract::Path;
use care::views::{self, HistoryLine};
use care::{Episode, Stage, triage};
use maud::{Markup, html};

use super::{acts, bedside, names, under_board, words};
use crate::access::{Policy, Role};
use crate::pages::cases::words as case_words;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Who sees one episode, in which nobody is named: whoever looks in on people at home as well.
const LOOKERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Ward, Role::Auditor]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/episodes/{episode}", LOOKERS, show);
}

async fn show(seat: Seat, Path(episode): Path<String>) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    page(&seat, &episode, &FormData::default(), Errors::default()).await
}

/// The page of an episode; `errors` for a form of the page that was not taken.
pub async fn page(seat: &Seat, episode: &Episode, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let history = views::history(&mut db, episode.id).await?;
    let ahead = match episode.is_queued() {
        true => Some(views::ahead(&mut db, episode).await?),
        false => None,
    };
    drop(db);
    let body = html! {
        (parts::panel(&t!(seat, "care-where"), standing(seat, episode, ahead)))
        @if episode.stage == Stage::InCare {
            (parts::panel(&t!(seat, "care-release"), verdict(seat, episode).await?))
        }
        (crate::pages::transfers::of_episode(seat, episode).await?)
        (acts::panel(seat, episode, form, &errors).await?)
        (bedside::panels(seat, episode, form, &errors).await?)
        (names::panel(seat, episode).await?)
        (history_table(seat, &history).render(seat))
    };
    let shown = words::short(episode.id);
    let lead = html! {
        (words::stage_cell(seat, episode).into_markup()) " "
        (words::condition_cell(seat, episode.condition).into_markup()) " "
        (case_words::class_cell(seat, episode.class).into_markup()) " "
        (words::person(seat, episode))
    };
    let page = Page::new(t!(seat, "care-episode-title", episode = shown), body).lead(lead);
    Ok(seat.render(under_board(seat, page)))
}

fn standing(seat: &Seat, episode: &Episode, ahead: Option<i64>) -> Markup {
    let edition = seat.app().protocol().at(seat.now(), episode.area());
    let case = if seat.may_open("/cases/{unit}") && seat.require(episode.area()).is_ok() {
        case_words::link(episode.case)
    } else {
        html! { code { (case_words::short(episode.case)) } }
    };
    let mut rows = vec![(t!(seat, "case"), case)];
    if let Ok(goes) = triage(edition, episode.condition) {
        rows.push((
            t!(seat, "care-goes"),
            html! {
                (words::goes(seat, &goes))
                @if let Some(level) = goes.level { " · " (named(seat, "care-level", level.as_str())) }
                " · " a href={ "/testing/protocol/" (goes.rule) } { (goes.rule) } " · " (goes.edition)
            },
        ));
    }
    rows.push((t!(seat, "care-since"), html! { (seat.time(episode.since)) }));
    if episode.is_queued() {
        rows.push((t!(seat, "care-waited"), words::wait_cell(seat, episode).into_markup()));
        rows.extend(
            episode.deadline.map(|at| (t!(seat, "care-deadline"), html! { (seat.time(at)) })),
        );
        rows.extend(ahead.map(|n| (t!(seat, "care-ahead"), html! { (n) })));
    }
    if let Some(held) = &episode.held {
        rows.push((t!(seat, "care-bed-held"), words::bed_link(seat, held)));
    }
    if let Some(lies) = &episode.lies {
        rows.push((t!(seat, "care-bed"), words::bed_link(seat, lies)));
    }
    rows.extend(
        episode.admitted_at.map(|at| (t!(seat, "care-admitted-at"), html! { (seat.time(at)) })),
    );
    if let Some((kind, until)) = episode.home {
        rows.push((
            t!(seat, "care-home"),
            html! {
                (named(seat, "care-home", kind.as_str()))
                @if let Some(until) = until { " · " (t!(seat, "care-until")) " " (seat.time(until)) }
            },
        ));
    }
    rows.extend(
        episode
            .place
            .as_ref()
            .map(|place| (t!(seat, "place"), html! { code { (place.as_str()) } })),
    );
    parts::facts(&rows)
}

async fn verdict(seat: &Seat, episode: &Episode) -> Result<Markup, Fault> {
    let Some(lies) = &episode.lies else { return Ok(html! {}) };
    let edition = seat.app().protocol().at(seat.now(), lies.bed.area()).clone();
    let mut db = seat.db().await?;
    let line = views::release_of(&mut db, &edition, episode, seat.now()).await?;
    let Some(line) = line else { return Ok(html! {}) };
    let columns = vec![
        Column::new("what", t!(seat, "care-criterion")),
        Column::new("met", t!(seat, "care-met")),
        Column::new("value", t!(seat, "care-found")),
        Column::new("limit", t!(seat, "care-asked")),
        Column::new("since", t!(seat, "care-met-since")),
    ];
    let rows = line.verdict.criteria.iter().map(|c| {
        vec![
            Cell::text(named(seat, "care-criterion", &c.what)),
            if c.met {
                Cell::tag(Tone::Good, t!(seat, "case-yes"))
            } else {
                Cell::tag(Tone::Warning, t!(seat, "case-no"))
            },
            Cell::text(match c.value.as_str() {
                "yes" => t!(seat, "case-yes"),
                "no" => t!(seat, "case-no"),
                other => other.to_owned(),
            }),
            Cell::text(c.limit.clone()),
            c.since.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
        ]
    });
    let rule = t!(
        seat,
        "care-by-rule",
        rule = line.verdict.rule.as_str(),
        edition = line.verdict.edition.as_str()
    );
    let table = Table::new(rule, columns).rows(rows.collect::<Vec<_>>());
    Ok(html! {
        p {
            @if line.verdict.is_met() {
                (parts::tag(Tone::Good, &t!(seat, "care-may-leave")))
            } @else {
                (parts::tag(Tone::Plain, &t!(seat, "care-may-not-leave")))
            }
            @if let Some((at, reason)) = &episode.chart.kept {
                " " (t!(seat, "care-kept")) " (" (seat.time(*at)) "): " (reason)
            }
        }
        (table.render(seat))
    })
}

fn history_table(seat: &Seat, history: &[HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "care-what")),
        Column::new("stage", t!(seat, "care-stage")),
        Column::new("actor", t!(seat, "care-by")),
    ];
    let rows = history.iter().map(|line| {
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "care-did", &line.what)),
            line.stage.map_or_else(Cell::none, |stage| {
                Cell::text(named(seat, "care-stage", stage.as_str()))
            }),
            Cell::text(line.actor.clone()),
        ]
    });
    Table::new(t!(seat, "care-history"), columns).rows(rows.collect::<Vec<_>>())
}
