//! The list of messages and files, the latest first.

use maud::html;
use types::{HolderCode, Micros};

use super::overview::window_tabs;
use super::{PAGE, READERS, sight, window, words};
use crate::feed::api::page_of;
use crate::feed::lists::{self, Below};
use crate::feed::{Message, MessageId, State};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};

/// States that the list can be narrowed to.
const STATES: [State; 5] =
    [State::Waiting, State::Rejected, State::Done, State::Resolved, State::Checked];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed/messages", READERS, list);
}

async fn list(seat: Seat) -> Answer {
    let lab = seat.param("lab").map(|code| HolderCode::parse(&code)).transpose()?;
    let sight = sight(&seat)?.only(lab.clone());
    let state = seat.param("state").and_then(|word| State::parse(&word));
    let (window, days) = window(&seat);
    let below = seat.param("after").and_then(|text| place(&text));
    let mut db = seat.db().await?;
    let csv = Table::wants_csv(&seat);
    let limit = if csv { super::DOWNLOAD } else { PAGE };
    let mut found = lists::messages(&mut db, &sight, window, state, below, limit + 1).await?;
    let next = cut(&mut found, limit, |line| Some(place_text(line)));
    let labs = found.iter().filter_map(|m| m.lab.as_ref()).chain(lab.as_ref());
    let names = Names::of_holders(&mut db, labs.map(HolderCode::as_str)).await?;
    let columns = vec![
        Column::new("received", t!(seat, "feed-received")),
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("control", t!(seat, "feed-control")),
        Column::new("channel", t!(seat, "feed-channel")),
        Column::new("state", t!(seat, "state")),
        Column::new("items", t!(seat, "feed-items")),
        Column::new("repeats", t!(seat, "feed-repeats")).numeric(),
    ];
    let rows = found.iter().map(|message| {
        let (tone, word) = words::state(&seat, message.state);
        let received = seat.time(message.received_at);
        vec![
            Cell::markup(
                html! { a href=(seat.link(&page_of(message.id))) { (received) } },
                received.to_string(),
            ),
            Cell::text(words::sender(&seat, &names, message.lab.as_ref(), &message.sender)),
            Cell::code(message.control.clone()),
            Cell::text(words::channel(&seat, message)),
            Cell::tag(tone, word),
            Cell::markup(words::account(&seat, &message.counts), message.counts.items.to_string()),
            Cell::number(message.repeats),
        ]
    });
    let table = Table::new(t!(seat, "feed-messages"), columns)
        .window(seat.fill("feed-days", &[("days", days.into())]))
        .empty(t!(seat, "feed-messages-empty"))
        .csv("laboratory-messages")
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let body = html! {
        @if let Some(lab) = &lab {
            p { (t!(seat, "feed-only-of", lab = names.holder(&seat, lab.as_str()))) " "
                a href=(seat.here(&[("lab", None), ("after", None)])) { (t!(seat, "feed-show-all")) } }
        }
        (window_tabs(&seat, days))
        (state_tabs(&seat, state))
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "feed-messages"), body)
        .crumb(seat.link("/testing/feed"), t!(seat, "nav-feed"));
    Ok(seat.render(page))
}

fn state_tabs(seat: &Seat, chosen: Option<State>) -> maud::Markup {
    let tab = |state: Option<State>| parts::Tab {
        href: seat.here(&[("state", state.map(State::as_str)), ("after", None)]),
        text: state.map_or_else(|| t!(seat, "feed-state-all"), |s| words::state(seat, s).1),
        count: None,
        current: state == chosen,
    };
    let tabs: Vec<_> = std::iter::once(None).chain(STATES.map(Some)).map(tab).collect();
    parts::tabs(&t!(seat, "state"), &tabs)
}

fn place_text(message: &Message) -> String {
    format!("{}.{}", message.received_at.0, message.id)
}

fn place(text: &str) -> Option<Below> {
    let (at, id) = text.split_once('.')?;
    Some(Below { at: Micros(at.parse().ok()?), id: MessageId::parse(id).ok()? })
}
