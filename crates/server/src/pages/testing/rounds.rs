//! The list of rounds.

use maud::html;
use testing::{Round, Stage, views};
use types::AreaScope;

use super::words::{percent, round_name};
use super::{READERS, words};
use crate::access::Role;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds", READERS, list);
    routes.nav(Group::Testing, "/testing/rounds", "nav-rounds");
}

/// How a round stands, with the tone of it.
pub fn state(seat: &Seat, round: &Round) -> (Tone, String) {
    let now = seat.now();
    if round.closed_at.is_some() {
        (Tone::Plain, t!(seat, "round-closed"))
    } else if now < round.starts_at {
        (Tone::Info, t!(seat, "round-planned"))
    } else if now <= round.ends_at {
        (Tone::Good, t!(seat, "round-running"))
    } else {
        (Tone::Bad, t!(seat, "round-overdue"))
    }
}

/// Whether a round touches the areas in view.
pub fn concerns(round: &Round, scope: AreaScope) -> bool {
    let (low, high) = scope.bounds();
    round.places.split_whitespace().any(|place| {
        // A place names all codes that start with it.
        let digits: String = place.chars().take(6).take_while(char::is_ascii_digit).collect();
        let Ok(n) = digits.parse::<i64>() else { return false };
        let width = 10_i64.pow(6 - digits.len() as u32);
        n * width <= high && low < (n + 1) * width
    })
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let mut rounds = views::rounds(&mut db).await?;
    rounds.retain(|round| concerns(round, seat.scope()));
    let columns = vec![
        Column::new("round", t!(seat, "round")),
        Column::new("state", t!(seat, "state")),
        Column::new("from", t!(seat, "round-starts")),
        Column::new("until", t!(seat, "round-ends")),
        Column::new("planned", t!(seat, "stage-planned")).numeric(),
        Column::new("sampled", t!(seat, "stage-sampled")).numeric(),
        Column::new("share", t!(seat, "coverage")).numeric(),
        Column::new("settled", t!(seat, "stage-settled")).numeric(),
        Column::new("blind", t!(seat, "blind-spots")).numeric(),
    ];
    let mut table =
        Table::new(t!(seat, "nav-rounds"), columns).empty(t!(seat, "rounds-empty")).csv("rounds");
    for round in &rounds {
        let counts = views::totals(&mut db, seat.scope(), round.id).await?;
        let page = format!("/testing/rounds/{}", round.id);
        let href = seat.link(&page);
        let (tone, word) = state(&seat, round);
        let (planned, sampled) = (counts.persons(Stage::Planned), counts.persons(Stage::Sampled));
        table.row(vec![
            Cell::link(&href, round_name(&seat, round)),
            Cell::tag(tone, word),
            Cell::time(seat.time(round.starts_at)),
            Cell::time(seat.time(round.ends_at)),
            Cell::count(planned, &href),
            Cell::count(sampled, &seat.link(&format!("{page}/tubes"))),
            Cell::text(percent(sampled, planned)),
            Cell::count(
                counts.persons(Stage::Settled),
                &seat.link(&format!("{page}/tubes?stage=reported")),
            ),
            Cell::count(counts.blind(), &seat.link(&format!("{page}/blind"))),
        ]);
    }
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let may_open =
        seat.actor()?.grants.iter().any(|g| matches!(g.role, Role::Commander | Role::District));
    let mut page =
        Page::new(t!(seat, "nav-rounds"), html! { (words::said(&seat)) (table.render(&seat)) })
            .lead(html! { (t!(seat, "rounds-lead")) });
    if may_open {
        page =
            page.actions(parts::button_link("/testing/rounds/new", &t!(seat, "open-round"), true));
    }
    Ok(seat.render(page))
}
