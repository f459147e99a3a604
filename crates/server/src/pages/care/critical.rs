//! The critical: one patient, one policy. Who has no care plan stands first, then whose review is due.

use care::views;
use maud::html;

use super::{VISITORS, bedside, under_board, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/critical", VISITORS, critical);
    routes.get("/care/consultations", VISITORS, consultations);
}

/// Lines of these lists.
const MOST: i64 = 2_000;

async fn critical(seat: Seat) -> Answer {
    let own = words::own_facility(&seat);
    let mut db = seat.db().await?;
    let found = views::critical(&mut db, seat.scope(), own.as_ref(), MOST).await?;
    drop(db);
    let without = found.iter().filter(|one| one.plan.is_none()).count();
    let late = found
        .iter()
        .filter(|one| one.plan.as_ref().is_some_and(|plan| plan.due < seat.now()))
        .count();
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("bed", t!(seat, "care-bed")),
        Column::new("plan", t!(seat, "care-plan-of")),
        Column::new("lead", t!(seat, "care-team-lead")),
        Column::new("due", t!(seat, "care-review-due")),
        Column::new("seen", t!(seat, "care-seen")),
    ];
    let rows = found.iter().map(|one| {
        let lead = one
            .plan
            .as_ref()
            .and_then(|plan| plan.team.iter().find(|member| member.role == care::TeamRole::Lead));
        vec![
            Cell::words(words::link_of(&seat, &one.episode)),
            Cell::text(words::person(&seat, &one.episode)),
            one.episode
                .lies
                .as_ref()
                .map_or_else(Cell::none, |lies| Cell::words(words::bed_link(&seat, lies))),
            match &one.plan {
                Some(plan) => Cell::text(t!(seat, "care-plan-version", n = plan.version)),
                None => Cell::tag(Tone::Bad, t!(seat, "care-plan-none")),
            },
            lead.map_or_else(Cell::none, |member| Cell::text(member.who.clone())),
            one.plan.as_ref().map_or_else(Cell::none, |plan| bedside::due_cell(&seat, plan)),
            one.episode.seen_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
        ]
    });
    let table = Table::new(t!(seat, "nav-care-critical"), columns)
        .empty(t!(seat, "care-critical-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        @if without > 0 {
            (parts::notice(Tone::Bad, &t!(seat, "care-critical-without", n = without as i64), html! {}))
        }
        @if late > 0 {
            (parts::notice(Tone::Warning, &t!(seat, "care-critical-late", n = late as i64), html! {}))
        }
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-care-critical"), body)
        .lead(html! { (t!(seat, "care-critical-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

async fn consultations(seat: Seat) -> Answer {
    let own = words::own_facility(&seat);
    let mut db = seat.db().await?;
    let overdue_only = seat.param("overdue").is_some();
    let before = if overdue_only { seat.now() } else { types::Micros::MAX };
    let found =
        views::consultations_open(&mut db, seat.scope(), own.as_ref(), before, MOST).await?;
    let ids: Vec<types::UnitId> = found.iter().map(|one| one.episode).collect();
    let whose: std::collections::HashMap<_, _> =
        views::episodes(&mut db, &dedup(ids)).await?.into_iter().map(|e| (e.id, e)).collect();
    drop(db);
    let columns = vec![
        Column::new("due", t!(seat, "care-deadline")),
        Column::new("state", t!(seat, "care-stage")),
        Column::new("tier", t!(seat, "care-consult-tier")),
        Column::new("whom", t!(seat, "care-consult-whom")),
        Column::new("question", t!(seat, "care-question")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("ward", t!(seat, "care-ward")),
    ];
    let rows = found.iter().map(|one| {
        let episode = whose.get(&one.episode);
        vec![
            Cell::time(seat.time(one.due)),
            bedside::question_cell(&seat, one),
            Cell::text(crate::pages::cases::words::named(&seat, "care-tier", one.tier.as_str())),
            Cell::text(one.whom.clone()),
            Cell::text(one.question.clone()).long(),
            episode.map_or_else(Cell::none, |e| Cell::words(words::link_of(&seat, e))),
            episode.map_or_else(Cell::none, |e| words::condition_cell(&seat, e.condition)),
            Cell::words(html! {
                a href=(words::ward_path(&one.facility, &one.ward)) { (one.facility.code()) " " (one.ward) }
            }),
        ]
    });
    let table = Table::new(t!(seat, "nav-care-consultations"), columns)
        .empty(t!(seat, "care-consultations-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        p {
            @if overdue_only {
                a href=(seat.link("/care/consultations")) { (t!(seat, "care-consult-all")) }
            } @else {
                a href=(seat.here(&[("overdue", Some("1"))])) { (t!(seat, "care-consult-overdue-only")) }
            }
        }
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-care-consultations"), body)
        .lead(html! { (t!(seat, "care-consultations-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

fn dedup(mut ids: Vec<types::UnitId>) -> Vec<types::UnitId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
