//! The morning meeting on two sheets: what was, what is open, what is to be decided. It is made to be
//! printed; on a screen it reads the same.

use command::{Decision, Document};
use maud::{Markup, html};
use types::{AreaScope, Refusal, Span};

use super::board::{where_new, who_holds};
use super::facts::Facts;
use super::report::{Drafter, Reader};
use super::{POST, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::parse_local;
use crate::{Fault, t};

// So many rows fit on their sheet also where each takes two lines, with a long report and in both languages;
// what a sheet has no room for is counted, and one press away.
/// Counties with the most that is new.
const COUNTIES: usize = 8;
/// Decisions of the last day.
const DECISIONS: usize = 5;
/// Lines of what is late.
const LATE: usize = 10;
/// Decisions that are looked through for those of the last day.
const LOOKED_THROUGH: i64 = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/meeting", POST, show);
}

async fn show(seat: Seat) -> Answer {
    let facts = Facts::load(&seat, None).await?;
    let yesterday = yesterday(&seat, &facts).await?;
    let decided = {
        let mut db = seat.db().await?;
        let filter = command::views::Filter::of(seat.scope());
        let mut found = command::views::decisions(&mut db, &filter, None, LOOKED_THROUGH).await?;
        found.retain(|d| facts.at - d.at < Span::days(1));
        found
    };
    let area = words::area(&seat, facts.scope);
    let body = html! {
        section .sheet {
            h2 { (t!(seat, "meeting-sheet-one")) }
            (reported(&seat, &facts, yesterday.as_ref()))
            h3 { (t!(seat, "board-title-new")) }
            (figures(&seat, facts.fresh(&seat)))
            (where_new(&seat, &facts, COUNTIES).render(&seat))
            h3 { (t!(seat, "meeting-decided")) }
            (decisions(&seat, &decided).render(&seat))
        }
        section .sheet {
            h2 { (t!(seat, "meeting-sheet-two")) }
            @if let Some(live) = &facts.live {
                h3 { (t!(seat, "board-title-late")) }
                (figures(&seat, live.late(&seat, facts.scope, facts.at)))
                (who_holds(&seat, &facts, live, LATE).render(&seat))
                h3 { (t!(seat, "board-title-balance")) " · " (t!(seat, "board-title-runs-out")) }
                (figures(&seat, live.balance(&seat, facts.scope).into_iter().chain(live.runs_out(&seat, facts.scope)).collect()))
            }
            h3 { (t!(seat, "meeting-to-decide")) }
            ol .meeting__lines { @for _ in 0..4 { li {} } }
        }
    };
    let page = Page::new(t!(seat, "meeting-title", area = area, day = facts.day.as_str()), body)
        .lead(html! { (t!(seat, "meeting-lead")) })
        .crumb(seat.link("/board"), t!(seat, "nav-board"));
    Ok(seat.render(page))
}

/// What was decided in the last day, the latest first.
fn decisions(seat: &Seat, decided: &[Decision]) -> Table {
    let columns = vec![
        Column::new("no", t!(seat, "decision")),
        Column::new("title", t!(seat, "decision-title")),
        Column::new("until", t!(seat, "decision-until")),
        Column::new("signed", t!(seat, "decision-signed")),
    ];
    let rows = decided.iter().take(DECISIONS).map(|decision| {
        vec![
            Cell::link(
                &words::decision_path(decision.id),
                t!(seat, "decision-no", no = decision.no),
            ),
            Cell::text(decision.title.clone()).long(),
            Cell::time(seat.time(decision.ends_at())),
            Cell::text(decision.signed_by.clone()),
        ]
    });
    Table::new(t!(seat, "meeting-decided"), columns)
        .empty(t!(seat, "meeting-nothing-decided"))
        .total(decided.len() as i64)
        .rows(rows)
}

/// The bulletin of yesterday, if it is published.
async fn yesterday(seat: &Seat, facts: &Facts) -> Result<Option<Document>, Fault> {
    if facts.scope == AreaScope::ALL {
        return Ok(None);
    }
    let midnight = parse_local(&format!("{}T00:00", facts.day), seat.app().zone());
    let until = midnight.map_err(Refusal::from)?;
    let from = until - Span::days(1);
    let mut db = seat.db().await?;
    let published = command::views::bulletin_of(&mut db, facts.scope, from, until).await?;
    Ok(published.map(|bulletin| bulletin.document))
}

fn reported(seat: &Seat, facts: &Facts, yesterday: Option<&Document>) -> Markup {
    match yesterday {
        Some(document) => {
            let report = Drafter::new(seat, document, Reader::Own(None)).report();
            html! {
                h3 { (report.title) }
                @for sentence in &report.sentences { p .report__sentence { (sentence) } }
                p .muted { (report.under) }
            }
        }
        None => html! {
            p { (t!(seat, "meeting-no-bulletin")) " "
                @if seat.may_open("/bulletins/new") && facts.scope != AreaScope::ALL {
                    a href=(seat.link("/bulletins/new")) { (t!(seat, "bulletin-new")) }
                }
            }
        },
    }
}

fn figures(seat: &Seat, facts: Vec<super::facts::Fact>) -> Markup {
    let figures: Vec<Figure> = facts.into_iter().map(|fact| fact.figure(seat)).collect();
    parts::figures(&figures)
}
