//! What is on the road, what is late, and what was not received as it was sent.

use axum::extract::Path;
use maud::{Markup, html};
use supply::views;
use supply::{Command, Line, Lot, ShipState, Shipment};
use types::{HolderCode, Refusal};

use super::{DESK, KEEPERS, MOST, READERS, VISITORS, site, under_board, words};
use crate::house::{SUPPLY, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/shipments", READERS, list);
    routes.get("/supply/shipments/{shipment}", VISITORS, show);
    routes.post("/supply/shipments/{shipment}/receive", KEEPERS, receive);
    routes.post("/supply/shipments/{shipment}/explain", DESK, explain);
}

async fn list(seat: Seat) -> Answer {
    let state = seat
        .param("state")
        .and_then(|text| ShipState::parse(&text))
        .filter(|state| matches!(state, ShipState::Sent | ShipState::Differs));
    let mut db = seat.db().await?;
    let found = views::open_shipments(&mut db, seat.scope(), state, MOST).await?;
    let codes: Vec<HolderCode> =
        found.iter().flat_map(|s| [s.from.clone(), s.to.clone()]).collect();
    let names = words::site_names(&seat, &mut db, &codes).await?;
    let ids: Vec<_> = found.iter().flat_map(|s| s.lines.iter().map(|line| line.lot)).collect();
    let lots = views::lots(&mut db, &ids).await?;
    drop(db);
    let columns = vec![
        Column::new("shipment", t!(seat, "supply-shipment")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("from", t!(seat, "supply-from")),
        Column::new("to", t!(seat, "supply-to")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("carrier", t!(seat, "supply-carrier")),
        Column::new("due", t!(seat, "supply-due")),
    ];
    let name = |code: &HolderCode| names.get(code).cloned().unwrap_or_default();
    let rows = found.iter().map(|s| {
        let due = match s.state {
            ShipState::Sent => words::due_cell(&seat, Some(s.due)),
            _ => Cell::none(),
        };
        vec![
            Cell::link(&words::shipment_path(s.id), words::short(s.id)),
            Cell::words(words::state(&seat, s)),
            Cell::words(words::site(&seat, &s.from, &name(&s.from))),
            Cell::words(words::site(&seat, &s.to, &name(&s.to))),
            Cell::text(load(
                &seat,
                &lots,
                if s.state == ShipState::Sent { s.lines.clone() } else { s.lacking() },
            )),
            Cell::code(s.carrier.as_str()),
            due,
        ]
    });
    let lines = Table::new(t!(seat, "nav-supply-shipments"), columns)
        .empty(t!(seat, "supply-shipments-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let tab = |of: Option<ShipState>| Tab {
        href: seat.here(&[("state", of.map(ShipState::as_str)), ("fragment", None)]),
        text: of
            .map_or_else(|| t!(seat, "supply-all"), |s| named(&seat, "supply-ship", s.as_str())),
        count: None,
        current: of == state,
    };
    let tabs = [tab(None), tab(Some(ShipState::Sent)), tab(Some(ShipState::Differs))];
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (parts::tabs(&t!(seat, "nav-supply-shipments"), &tabs))
        (parts::live("lines", &[topic(SUPPLY, seat.scope())], &src, lines))
    };
    let page = Page::new(t!(seat, "nav-supply-shipments"), body);
    Ok(seat.render(under_board(&seat, page)))
}

/// What a shipment carries, or lacks, in words.
fn load(seat: &Seat, lots: &[Lot], lines: Vec<Line>) -> String {
    let known = |line: &Line| lots.iter().find(|lot| lot.id == line.lot);
    let told = lines.iter().filter_map(|line| {
        let lot = known(line)?;
        Some(format!(
            "{} {}",
            words::good(seat, lot.good),
            words::amount(seat, lot.good, line.amount)
        ))
    });
    told.collect::<Vec<_>>().join(", ")
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let of = words::read_shipment(&seat, &text).await?;
    page(&seat, &of, None).await
}

async fn page(seat: &Seat, of: &Shipment, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let names = words::site_names(seat, &mut db, [&of.from, &of.to]).await?;
    let ids: Vec<_> = of.lines.iter().map(|line| line.lot).collect();
    let lots = views::lots(&mut db, &ids).await?;
    drop(db);
    let name = |code: &HolderCode| names.get(code).cloned().unwrap_or_default();
    let link = |code: &HolderCode| -> Markup { words::site(seat, code, &name(code)) };
    let mut rows = vec![
        (t!(seat, "supply-state"), words::state(seat, of)),
        (t!(seat, "supply-from"), link(&of.from)),
        (t!(seat, "supply-to"), link(&of.to)),
        (t!(seat, "supply-carrier"), html! { code { (of.carrier) } }),
        (t!(seat, "supply-left-at"), html! { (seat.time(of.sent_at)) }),
        (t!(seat, "supply-due"), html! { (seat.time(of.due)) }),
    ];
    rows.extend(of.arrived_at.map(|at| (t!(seat, "supply-arrived"), html! { (seat.time(at)) })));
    rows.extend(
        of.community.as_ref().map(|c| (t!(seat, "supply-community"), html! { code { (c) } })),
    );
    if !of.said.is_empty() {
        rows.push((t!(seat, "supply-said"), html! { (of.said) }));
    }
    let got = |line: &Line| of.got.iter().find(|g| g.lot == line.lot).map_or(0, |g| g.amount);
    let columns = vec![
        Column::new("lot", t!(seat, "supply-lot")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("sent", t!(seat, "supply-sent")).numeric(),
        Column::new("got", t!(seat, "supply-got")).numeric(),
        Column::new("lacks", t!(seat, "supply-lacks")).numeric(),
    ];
    let lines = of.lines.iter().filter_map(|line| {
        let lot = lots.iter().find(|lot| lot.id == line.lot)?;
        let arrived = of.arrived_at.is_some();
        let amount = |n| Cell::text(words::amount(seat, lot.good, n));
        Some(vec![
            Cell::code(words::short(lot.id)),
            Cell::text(words::good(seat, lot.good)),
            amount(line.amount),
            if arrived { amount(got(line)) } else { Cell::none() },
            if arrived { amount(line.amount - got(line)) } else { Cell::none() },
        ])
    });
    let table = Table::new(t!(seat, "supply-what"), columns).rows(lines.collect::<Vec<_>>());
    let explains = of.state == ShipState::Differs
        && act::may(seat, of.to_area, Command::Explain { shipment: of.id, note: String::new() });
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        (table.render(seat))
        @if explains {
            (parts::panel(&t!(seat, "supply-explain"), Form::new(seat, format!("{}/explain", words::shipment_path(of.id)))
                .hidden(act::ID, &act::fresh())
                .field(Field::text("note", t!(seat, "supply-became-of-it")))
                .button(&t!(seat, "save"))))
        }
    };
    let page = Page::new(t!(seat, "supply-shipment-n", n = words::short(of.id)), body);
    let page = under_board(seat, page);
    let page = match seat.may_open("/supply/shipments") {
        true => page.crumb(seat.link("/supply/shipments"), t!(seat, "nav-supply-shipments")),
        false => page,
    };
    Ok(seat.render(page))
}

/// What was counted, lot by lot; told on the page of the place that receives.
async fn receive(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_shipment(&seat, &text).await?;
    let mut db = seat.db().await?;
    let ids: Vec<_> = of.lines.iter().map(|line| line.lot).collect();
    let lots = views::lots(&mut db, &ids).await?;
    drop(db);
    let mut lines = Vec::with_capacity(lots.len());
    let mut wrong = None;
    for lot in &lots {
        let name = format!("lot-{}", lot.id);
        match words::read_amount(lot.good, form.text(&name)) {
            Some(amount) => lines.push(Line { lot: lot.id, amount }),
            None => wrong = Some(words::no_amount("amount", form.text(&name))),
        }
    }
    let note = form.text("note").to_owned();
    let refusal = match wrong {
        Some(refusal) => refusal,
        None => {
            let command = Command::Receive { shipment: of.id, lines, note };
            match act::send(&seat, of.to_area, &form, command).await? {
                Ok(_) => return Ok(seat.go(&words::site_path(&of.to))),
                Err(refusal) => refusal,
            }
        }
    };
    let place = words::read_site(&seat, of.to.as_str()).await?;
    site::page(&seat, &place, Some(&refusal)).await
}

async fn explain(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_shipment(&seat, &text).await?;
    let note = form.text("note").to_owned();
    let command = Command::Explain { shipment: of.id, note };
    match act::send(&seat, of.to_area, &form, command).await? {
        Ok(_) => Ok(seat.go(&words::shipment_path(of.id))),
        Err(refusal) => page(&seat, &of, Some(&refusal)).await,
    }
}
