//! The plan of a county's deliveries: how far it is while it is made, what it changes and why, and its acceptance.

use std::collections::HashMap;

use maud::{Markup, html};
use supply::delivery::plan::{Changes, Left, Moved, Proposal};
use supply::{DeliveryCommand, views};
use types::{AreaCode, HolderCode, Micros, PlaceCode, Refusal, UnitId};

use super::super::orders::order_path;
use super::super::{DESK, under_board, words};
use super::{asks, path, stale_why};
use crate::house::topic;
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::replans::{self, Made, PLANS, Replan};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Orders that a list of the plan shows; the plan is accepted in whole all the same.
const SHOWN: usize = 300;

/// The routes of this module.
pub(super) fn register(routes: &mut Routes) {
    routes.get("/supply/deliveries/plan", DESK, show);
    routes.post("/supply/deliveries/plan/start", DESK, start);
    routes.post("/supply/deliveries/plan/stop", DESK, stop);
    routes.post("/supply/deliveries/plan", DESK, accept);
}

/// The county whose deliveries are planned: the one in view, for which the actor has to answer.
///
/// # Errors
/// [`Fault`] when no county is in view, or another's.
pub(crate) fn county(seat: &Seat) -> Result<AreaCode, Fault> {
    let area = crate::pages::cases::open_county(seat)?;
    seat.require(area)?;
    Ok(area)
}

/// What there is to say of plans of the scope above the list of batches.
pub(super) fn news(seat: &Seat) -> Markup {
    let plans = seat.app().replans().within(seat.scope());
    html! { @for plan in &plans { (told(seat, plan)) } }
}

fn told(seat: &Seat, plan: &Replan) -> Markup {
    let replaced = plan.replaces.len() as i64;
    let link = html! {
        @if seat.may_open("/supply/deliveries/plan") {
            p { a href=(seat.link("/supply/deliveries/plan")) { (t!(seat, "supply-replan-open")) } }
        }
    };
    match plan.made() {
        None => parts::notice(Tone::Info, &t!(seat, "supply-replan-runs", n = replaced), link),
        Some(Err(why)) => parts::notice(Tone::Warning, &seat.lang().refusal(why), link),
        Some(Ok(made)) => {
            let title =
                t!(seat, "supply-replan-made", n = replaced, at = seat.time(plan.as_of).as_str());
            let says = changes_line(seat, &made.changes);
            parts::notice(Tone::Warning, &title, html! { p { (says) } (link) })
        }
    }
}

fn changes_line(seat: &Seat, changes: &Changes) -> String {
    t!(
        seat,
        "supply-replan-changes",
        kept = changes.kept.len() as i64,
        moved = changes.moved.len() as i64,
        left = changes.left.len() as i64,
        added = changes.added.len() as i64
    )
}

async fn start(seat: Seat) -> Answer {
    let area = county(&seat)?;
    let user = seat.actor()?.user.clone();
    replans::start(seat.app(), area, Some(user)).await?;
    Ok(seat.go(&seat.link("/supply/deliveries/plan")))
}

async fn stop(seat: Seat) -> Answer {
    if let Some(plan) = seat.app().replans().of(county(&seat)?) {
        plan.stop();
    }
    Ok(seat.go(&seat.link("/supply/deliveries/plan")))
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

async fn page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let plan = seat.app().replans().of(county(seat)?);
    let under_way = plan.as_ref().is_some_and(|plan| plan.made().is_none());
    let body = match &plan {
        None => waiting(seat).await?,
        Some(plan) => match plan.made() {
            None => progress(seat, plan),
            Some(Err(why)) => html! { (words::told(seat, why)) (start_form(seat, false)) },
            Some(Ok(made)) => shown(seat, plan, made).await?,
        },
    };
    let body = html! { @if let Some(refusal) = refusal { (words::told(seat, refusal)) } (body) };
    if seat.wants_fragment("plan") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("plan"))]);
    let body = match under_way {
        true => parts::live("plan", &[topic(PLANS, seat.scope())], &src, body),
        false => body,
    };
    let page =
        Page::new(t!(seat, "supply-plan"), body).lead(html! { (t!(seat, "supply-plan-lead")) });
    let page = under_board(seat, page)
        .crumb(seat.link("/supply/deliveries"), t!(seat, "nav-supply-deliveries"));
    let page = match &plan {
        Some(plan) if !under_way => page.as_of(plan.as_of),
        _ => page,
    };
    Ok(seat.render(if under_way { page.reload_without_script(2) } else { page }))
}

/// No plan yet: what one would be of.
async fn waiting(seat: &Seat) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let orders = views::orders_to_plan(&mut db, seat.scope(), super::super::MOST).await?;
    let n = orders.len() as i64;
    Ok(html! {
        p { (t!(seat, "supply-plan-waiting", n = n)) }
        (start_form(seat, true))
    })
}

fn start_form(seat: &Seat, first: bool) -> Markup {
    let form = Form::new(seat, seat.link("/supply/deliveries/plan/start")).part("start");
    match first {
        true => form.button(&t!(seat, "supply-plan-start")),
        false => form.quiet().button(&t!(seat, "supply-plan-again")),
    }
}

fn progress(seat: &Seat, plan: &Replan) -> Markup {
    let label = match plan.asked_by {
        Some(_) => t!(seat, "supply-plan-runs"),
        None => t!(seat, "supply-replan-runs", n = plan.replaces.len() as i64),
    };
    html! {
        div role="status" { (parts::progress(seat, &label, plan.permille(), 1_000)) }
        (Form::new(seat, seat.link("/supply/deliveries/plan/stop")).quiet()
            .button(&t!(seat, "supply-plan-stop")))
    }
}

async fn shown(seat: &Seat, plan: &Replan, made: &Made) -> Result<Markup, Fault> {
    let proposal = &made.proposal;
    let asked = made.day.orders.len() as i64;
    let left = proposal.left.len() as i64;
    let vehicles: HashMap<UnitId, String> = made
        .day
        .passes
        .iter()
        .map(|pass| (pass.id, format!("{} {}", pass.plate, pass.vehicle.code())))
        .collect();
    let mut db = seat.db().await?;
    let sites = proposal.batches.iter().map(|batch| &batch.shop);
    let names = words::site_names(seat, &mut db, sites).await?;
    let stops: Vec<&PlaceCode> =
        proposal.batches.iter().flat_map(|batch| &batch.stops).map(|stop| &stop.place).collect();
    let gates = words::Homes::of_places(&mut db, &stops).await?;
    drop(db);
    Ok(html! {
        p { (t!(seat, "supply-plan-says", all = asked, put = asked - left, left = left)) }
        @if made.stopped { p .muted { (t!(seat, "supply-plan-stopped")) } }
        @if !plan.replaces.is_empty() { (replaced(seat, plan, made)) }
        (proposed(seat, proposal, &vehicles, (&names, &gates)))
        @if !proposal.batches.is_empty() {
            (Form::new(seat, seat.link("/supply/deliveries/plan"))
                .hidden(act::ID, &act::fresh())
                .hidden("as-of", &plan.as_of.0.to_string())
                .button(&t!(seat, "supply-plan-accept")))
        }
        (left_table(seat, t!(seat, "supply-plan-left"), &proposal.left))
        (start_form(seat, false))
    })
}

/// What the plan replaces, why, and what that changes: every count with its list.
fn replaced(seat: &Seat, plan: &Replan, made: &Made) -> Markup {
    let changes = &made.changes;
    let figure = |label: &str, n: usize, href: &str, tone: Tone| Figure {
        label: seat.text(label),
        value: crate::i18n::number(n as i64),
        href: Some(href.to_owned()),
        detail: None,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let figures = [
        figure("supply-replan-kept", changes.kept.len(), "#kept", Tone::Good),
        figure("supply-replan-moved", changes.moved.len(), "#moved", Tone::Info),
        figure("supply-replan-left", changes.left.len(), "#left-out", Tone::Bad),
        figure("supply-replan-added", changes.added.len(), "#added", Tone::Info),
    ];
    let title = t!(seat, "supply-replans", n = plan.replaces.len() as i64);
    html! {
        (parts::notice(Tone::Warning, &title, html! {
            ul {
                @for (batch, why) in &plan.replaces {
                    li { a href=(path(*batch)) { code { (words::short(*batch)) } } " " (stale_why(seat, why)) }
                }
            }
        }))
        (parts::figures(&figures))
        div #moved { (moved_table(seat, &changes.moved)) }
        div #left-out { (left_table(seat, t!(seat, "supply-replan-left"), &changes.left)) }
        (listed(seat, "kept", "supply-replan-kept", &changes.kept))
        (listed(seat, "added", "supply-replan-added", &changes.added))
    }
}

fn listed(seat: &Seat, id: &str, title: &str, orders: &[UnitId]) -> Markup {
    html! {
        details .disclosure id=(id) {
            summary { (seat.text(title)) " " (orders.len()) }
            ul { @for order in orders.iter().take(SHOWN) { li { (order_link(seat, *order)) } } }
        }
    }
}

fn order_link(seat: &Seat, order: UnitId) -> Markup {
    html! {
        @if seat.may_open("/supply/orders/{order}") {
            a href=(order_path(order)) { code { (words::short(order)) } }
        } @else { code { (words::short(order)) } }
    }
}

fn moved_table(seat: &Seat, moved: &[Moved]) -> Markup {
    if moved.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("from", t!(seat, "supply-replan-before")),
        Column::new("to", t!(seat, "supply-replan-now")),
    ];
    let comes = |(vehicle, at): &(HolderCode, Micros)| {
        Cell::words(html! { code { (vehicle) } " " (seat.time(*at)) })
    };
    let rows = moved
        .iter()
        .take(SHOWN)
        .map(|it| vec![Cell::words(order_link(seat, it.order)), comes(&it.from), comes(&it.to)]);
    Table::new(t!(seat, "supply-replan-moved"), columns).rows(rows.collect::<Vec<_>>()).render(seat)
}

fn proposed(
    seat: &Seat,
    proposal: &Proposal,
    vehicles: &HashMap<UnitId, String>,
    (names, gates): (&HashMap<HolderCode, String>, &words::Homes),
) -> Markup {
    let columns = vec![
        Column::new("vehicle", t!(seat, "supply-vehicle")),
        Column::new("shop", t!(seat, "supply-leaves-from")),
        Column::new("leaves", t!(seat, "supply-leaves")),
        Column::new("stops", t!(seat, "supply-stops")),
        Column::new("orders", t!(seat, "nav-supply-orders")).numeric(),
    ];
    let rows = proposal.batches.iter().map(|batch| {
        let stops = html! {
            ol {
                @for stop in &batch.stops {
                    li { (seat.time(stop.at)) " · " (gates.place(seat, &stop.place)) " · " (t!(seat, "supply-orders-n", n = stop.orders.len() as i64)) }
                }
            }
        };
        vec![
            Cell::text(vehicles.get(&batch.pass).cloned().unwrap_or_default()),
            Cell::text(names.get(&batch.shop).cloned().unwrap_or_else(|| batch.shop.to_string())),
            Cell::time(seat.time(batch.leaves_at)),
            Cell::words(stops),
            Cell::number(batch.stops.iter().map(|stop| stop.orders.len() as i64).sum()),
        ]
    });
    Table::new(t!(seat, "supply-plan-proposed"), columns)
        .empty(t!(seat, "supply-plan-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat)
}

/// Orders that no vehicle brings, each with why.
fn left_table(seat: &Seat, title: String, left: &[(UnitId, Left)]) -> Markup {
    if left.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("why", t!(seat, "case-why")),
    ];
    let rows = left.iter().take(SHOWN).map(|(order, why)| {
        vec![
            Cell::words(order_link(seat, *order)),
            Cell::tag(Tone::Warning, named(seat, "supply-left", why.as_str())),
        ]
    });
    Table::new(title, columns).rows(rows.collect::<Vec<_>>()).render(seat)
}

/// Accepts the plan that was looked at; one that has taken its place meanwhile is shown first.
async fn accept(seat: Seat, form: FormData) -> Answer {
    let area = county(&seat)?;
    let seen = form.text("as-of").parse::<i64>().ok();
    let plan = seat.app().replans().of(area).filter(|plan| Some(plan.as_of.0) == seen);
    let Some((plan, made)) =
        plan.as_ref().and_then(|plan| Some((plan, plan.made()?.as_ref().ok()?)))
    else {
        return page(&seat, Some(&Refusal::new("delivery-plan-newer"))).await;
    };
    let command = asks(DeliveryCommand::Plan {
        batches: made.proposal.batches.clone(),
        replaces: plan.replaces.iter().map(|(batch, _)| *batch).collect(),
    });
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => {
            seat.app().replans().accepted(plan);
            Ok(seat.go(&seat.link("/supply/deliveries")))
        }
        Err(refusal) => page(&seat, Some(&refusal)).await,
    }
}
