//! Deliveries: what is to be brought, in which batches, by whom; a plan that is proposed and accepted; one batch.

mod passes;
mod round;

use std::collections::BTreeMap;

use axum::extract::Path;
use maud::{Markup, html};
use supply::delivery::plan::{Day, Proposal, propose};
use supply::{Batch, BatchState, Command, DeliveryCommand, NewBatch, views};
use types::{AreaCode, HolderCode, Micros, PlaceCode, Refusal, UnitId};

use super::orders::{line_list, order_path, stage_tag};
use super::{DESK, MOST, READERS, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{SUPPLY, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Who sees one batch: the desk, and whoever drives it.
const BATCH_READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Driver, Role::Auditor]);
/// Who says what happens to a batch on its way.
const DRIVES: Policy = Policy::any_of([Role::District, Role::Driver]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/deliveries", READERS, list);
    routes.get("/supply/deliveries/plan", DESK, plan);
    routes.post("/supply/deliveries/plan", DESK, accept);
    routes.get("/supply/deliveries/{batch}", BATCH_READERS, show);
    routes.post("/supply/deliveries/{batch}/depart", DRIVES, depart);
    routes.post("/supply/deliveries/{batch}/arrive", DRIVES, arrive);
    routes.post("/supply/deliveries/{batch}/pass-on", DRIVES, pass_on);
    routes.post("/supply/deliveries/{batch}/dissolve", DESK, dissolve);
    passes::register(routes);
    round::register(routes);
}

pub(super) fn asks(command: DeliveryCommand) -> Command {
    Command::Deliver(Box::new(command))
}

fn path(batch: UnitId) -> String {
    format!("/supply/deliveries/{batch}")
}

fn tag(seat: &Seat, batch: &Batch) -> Markup {
    let late = batch.state == BatchState::Planned && batch.leaves_at < seat.now();
    let tone = match batch.state {
        _ if !batch.stale.is_empty() && batch.state == BatchState::Planned => Tone::Bad,
        BatchState::Planned if late => Tone::Warning,
        BatchState::Planned | BatchState::Out => Tone::Info,
        BatchState::Done => Tone::Good,
        BatchState::Dissolved => Tone::Plain,
    };
    html! {
        (parts::tag(tone, &named(seat, "supply-batch", batch.state.as_str())))
        @if batch.state == BatchState::Planned && !batch.stale.is_empty() {
            " " (parts::tag(Tone::Bad, &t!(seat, "supply-batch-stale"))) " " (stale_why(seat, &batch.stale))
        }
    }
}

/// Why a batch has to be planned anew, in words.
fn stale_why(seat: &Seat, why: &str) -> String {
    let (what, of) = why.split_once(": ").unwrap_or((why, ""));
    let of = seat.text_if(&format!("supply-pass-because-{of}")).unwrap_or_else(|| of.to_owned());
    format!("{} {of}", named(seat, "supply-stale", what))
}

async fn list(seat: Seat) -> Answer {
    let (scope, now) = (seat.scope(), seat.now());
    let mut db = seat.db().await?;
    let found = views::batches(&mut db, scope, MOST).await?;
    let waiting = views::orders_to_plan(&mut db, scope, MOST).await?;
    let counts = views::order_counts(&mut db, scope, "", now).await?;
    let names = words::site_names(&seat, &mut db, found.iter().map(|batch| &batch.shop)).await?;
    drop(db);
    let stale = found.iter().filter(|b| !b.stale.is_empty()).count() as i64;
    let figure = |label: String, n: i64, href: &str, tone: Tone| Figure {
        label,
        value: crate::i18n::number(n),
        href: Some(seat.link(href)),
        detail: None,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let figures = [
        figure(
            t!(seat, "supply-to-plan"),
            waiting.len() as i64,
            if seat.may_open("/supply/deliveries/plan") {
                "/supply/deliveries/plan"
            } else {
                "/supply/orders?stage=packed"
            },
            Tone::Info,
        ),
        figure(t!(seat, "supply-batch-stale"), stale, "/supply/deliveries", Tone::Bad),
        figure(
            t!(seat, "supply-stage-out"),
            counts.of(supply::Stage::Out),
            "/supply/orders?stage=out",
            Tone::Info,
        ),
        figure(
            t!(seat, "supply-stage-came-back"),
            counts.of(supply::Stage::CameBack),
            "/supply/orders?stage=came_back",
            Tone::Bad,
        ),
    ];
    let columns = vec![
        Column::new("batch", t!(seat, "supply-batch")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("vehicle", t!(seat, "supply-vehicle")),
        Column::new("leaves", t!(seat, "supply-leaves")),
        Column::new("stops", t!(seat, "supply-stops")).numeric(),
        Column::new("orders", t!(seat, "nav-supply-orders")).numeric(),
        Column::new("weight", t!(seat, "supply-weight")).numeric(),
    ];
    let rows = found.iter().map(|batch| {
        vec![
            Cell::link(&path(batch.id), words::short(batch.id)),
            Cell::words(tag(&seat, batch)),
            Cell::text(names.get(&batch.shop).cloned().unwrap_or_default()),
            Cell::code(batch.vehicle.as_str()),
            match batch.left_at {
                Some(at) => Cell::time(seat.time(at)),
                None => words::due_cell(&seat, Some(batch.leaves_at)),
            },
            Cell::number(batch.stops.len() as i64),
            Cell::number(batch.open),
            Cell::text(words::amount(&seat, supply::Good::Staples, batch.weight)),
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-deliveries"), columns)
        .empty(t!(seat, "supply-batches-empty"))
        .rows(rows.collect::<Vec<_>>());
    let lines = html! { (parts::figures(&figures)) (table.render(&seat)) };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        @if seat.may_open("/supply/deliveries/plan") {
            p { (parts::button_link(&seat.link("/supply/deliveries/plan"), &t!(seat, "supply-plan"), true)) }
        }
        (parts::live("lines", &[topic(SUPPLY, scope)], &src, lines))
    };
    let page = Page::new(t!(seat, "nav-supply-deliveries"), body)
        .lead(html! { (t!(seat, "supply-deliveries-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

/// The county whose deliveries are planned: the one in view.
fn county(seat: &Seat) -> Result<AreaCode, Fault> {
    crate::pages::cases::open_county(seat)
}

/// What a plan begins from: orders in no batch and in batches that have become stale, passes, gates, places.
async fn day(seat: &Seat, area: AreaCode) -> Result<(Day, Vec<UnitId>), Fault> {
    let scope = types::AreaScope::one(area);
    let now = seat.now();
    let mut db = seat.db().await?;
    let mut orders = views::orders_to_plan(&mut db, scope, 2_000).await?;
    let passes = views::passes(&mut db, scope, now, MOST).await?;
    let gates = views::gates(&mut db, area).await?;
    let mut replaces = Vec::new();
    let mut busy: BTreeMap<HolderCode, Micros> = BTreeMap::new();
    for batch in views::batches(&mut db, scope, MOST).await? {
        if batch.state == BatchState::Planned && !batch.stale.is_empty() {
            orders.extend(views::orders_in(&mut db, batch.id).await?);
            replaces.push(batch.id);
        } else {
            let until = busy.entry(batch.vehicle.clone()).or_insert(batch.ends_at());
            *until = batch.ends_at().max(*until);
        }
    }
    let mut codes: Vec<HolderCode> = orders.iter().map(|order| order.shop.clone()).collect();
    codes.sort_unstable();
    codes.dedup();
    let shops = views::sites_by_code(&mut db, &codes).await?;
    let places: Vec<PlaceCode> = orders
        .iter()
        .map(|order| registry::place::compound_of(&order.place))
        .chain(shops.iter().filter_map(|shop| shop.place.clone()))
        .collect();
    let known = registry::positions::positions(&mut db, places.iter()).await?;
    let at = |place: &PlaceCode| {
        registry::positions::around(place).iter().find_map(|code| known.get(code)).copied()
    };
    orders
        .retain(|order| shops.iter().any(|shop| shop.code == order.shop && shop.closed.is_none()));
    let shops = shops.iter().filter_map(|shop| {
        let position = shop.at.or_else(|| shop.place.as_ref().and_then(at))?;
        Some((shop.code.clone(), position))
    });
    let shops = shops.collect();
    let places = places.iter().filter_map(|place| Some((place.clone(), at(place)?))).collect();
    Ok((Day { orders, passes, gates, shops, places, busy }, replaces))
}

/// The search takes a second or two of a processor: not on a thread that others wait for.
async fn search(day: Day, now: Micros) -> Result<Proposal, Fault> {
    let found = tokio::task::spawn_blocking(move || propose(&day, now, 1));
    found.await.map_err(Fault::internal)?.map_err(Fault::internal)
}

/// The plan that is proposed for the county in view, and the batches that it replaces.
///
/// # Errors
/// [`Fault`] when no county is in view, or the store fails.
pub(crate) async fn plan_of(seat: &Seat) -> Result<(AreaCode, Proposal, Vec<UnitId>), Fault> {
    let area = county(seat)?;
    let (day, replaces) = day(seat, area).await?;
    Ok((area, search(day, seat.now()).await?, replaces))
}

async fn plan(seat: Seat) -> Answer {
    plan_page(&seat, None).await
}

async fn plan_page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let area = county(seat)?;
    let (day, replaces) = day(seat, area).await?;
    let (now, asked) = (seat.now(), day.orders.len() as i64);
    let vehicles: Vec<(UnitId, String)> = day
        .passes
        .iter()
        .map(|pass| (pass.id, format!("{} {}", pass.vehicle, pass.plate)))
        .collect();
    let proposal = search(day, now).await?;
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        @if !replaces.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "supply-replans", n = replaces.len() as i64), html! {}))
        }
        (proposed(seat, &proposal, &vehicles))
        @if !proposal.batches.is_empty() {
            (Form::new(seat, seat.link("/supply/deliveries/plan"))
                .hidden(act::ID, &act::fresh())
                .hidden("county", &area.to_string())
                .hidden("batches", &serde_json::to_string(&proposal.batches).map_err(Fault::internal)?)
                .hidden("replaces", &serde_json::to_string(&replaces).map_err(Fault::internal)?)
                .button(&t!(seat, "supply-plan-accept")))
        }
        (left(seat, &proposal))
    };
    let put: i64 = asked - proposal.left.len() as i64;
    let page = Page::new(t!(seat, "supply-plan"), body)
        .lead(html! { (t!(seat, "supply-plan-lead", all = asked, put = put, left = proposal.left.len() as i64)) });
    let page = under_board(seat, page)
        .crumb(seat.link("/supply/deliveries"), t!(seat, "nav-supply-deliveries"));
    Ok(seat.render(page))
}

fn proposed(seat: &Seat, proposal: &Proposal, vehicles: &[(UnitId, String)]) -> Markup {
    let columns = vec![
        Column::new("vehicle", t!(seat, "supply-vehicle")),
        Column::new("shop", t!(seat, "supply-site")),
        Column::new("leaves", t!(seat, "supply-leaves")),
        Column::new("stops", t!(seat, "supply-stops")),
        Column::new("orders", t!(seat, "nav-supply-orders")).numeric(),
    ];
    let rows = proposal.batches.iter().map(|batch| {
        let vehicle = vehicles.iter().find(|(id, _)| *id == batch.pass);
        let stops = html! {
            ol {
                @for stop in &batch.stops {
                    li { (seat.time(stop.at)) " · " code { (stop.place) } " · " (stop.orders.len()) }
                }
            }
        };
        vec![
            Cell::text(vehicle.map(|(_, name)| name.clone()).unwrap_or_default()),
            Cell::code(batch.shop.as_str()),
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
fn left(seat: &Seat, proposal: &Proposal) -> Markup {
    if proposal.left.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("why", t!(seat, "case-why")),
    ];
    let rows = proposal.left.iter().map(|(order, why)| {
        vec![
            if seat.may_open("/supply/orders/{order}") {
                Cell::link(&order_path(*order), words::short(*order))
            } else {
                Cell::code(words::short(*order))
            },
            Cell::tag(Tone::Warning, named(seat, "supply-left", why.as_str())),
        ]
    });
    Table::new(t!(seat, "supply-plan-left"), columns).rows(rows.collect::<Vec<_>>()).render(seat)
}

async fn accept(seat: Seat, form: FormData) -> Answer {
    let area = AreaCode::parse(form.text("county"))?;
    seat.require(area)?;
    let wrong = |field| {
        Refusal::new("malformed-field").with("field", field).with("text", "").with("wanted", "JSON")
    };
    let batches: Vec<NewBatch> =
        serde_json::from_str(form.raw("batches")).map_err(|_| wrong("batches"))?;
    let replaces: Vec<UnitId> =
        serde_json::from_str(form.raw("replaces")).map_err(|_| wrong("replaces"))?;
    let command = asks(DeliveryCommand::Plan { batches, replaces });
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/supply/deliveries"))),
        Err(refusal) => plan_page(&seat, Some(&refusal)).await,
    }
}

/// The batch of an address, for those who may see it: a driver sees its own.
async fn read(seat: &Seat, text: &str) -> Result<Batch, Fault> {
    let id = words::unit(text, supply::BATCH)?;
    seat.require(id.area())?;
    let mut db = seat.db().await?;
    let batch = views::batch(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    let grant = seat.grant()?;
    match &grant.holder {
        Some(own) if grant.role == Role::Driver && *own != batch.vehicle => {
            Err(Refusal::new("not-your-holder").with("holder", own).into())
        }
        _ => Ok(batch),
    }
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let batch = read(&seat, &text).await?;
    page(&seat, &batch, None).await
}

async fn page(seat: &Seat, batch: &Batch, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let ids: Vec<UnitId> = batch.stops.iter().flat_map(|stop| stop.orders.clone()).collect();
    let orders = views::orders(&mut db, &ids).await?;
    let names = words::site_names(seat, &mut db, [&batch.shop]).await?;
    drop(db);
    let name = names.get(&batch.shop).cloned().unwrap_or_default();
    let rows = vec![
        (t!(seat, "supply-state"), tag(seat, batch)),
        (t!(seat, "supply-vehicle"), html! { code { (batch.vehicle) } }),
        (t!(seat, "supply-site"), html! { (name) }),
        (
            t!(seat, "supply-leaves"),
            html! { (seat.time(batch.left_at.unwrap_or(batch.leaves_at))) },
        ),
        (
            t!(seat, "supply-weight"),
            html! { (words::amount(seat, supply::Good::Staples, batch.weight)) },
        ),
    ];
    let area = batch.id.area();
    let may = |command: DeliveryCommand| act::may(seat, area, asks(command));
    let id = batch.id;
    let departs = batch.state == BatchState::Planned && may(DeliveryCommand::Depart { batch: id });
    let on_its_way = batch.state == BatchState::Out;
    let dissolves = batch.state == BatchState::Planned
        && may(DeliveryCommand::Dissolve { batch: id, reason: String::new() });
    let post = |what: &str| {
        Form::new(seat, format!("{}/{what}", path(id))).part(what).hidden(act::ID, &act::fresh())
    };
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        @if departs && batch.stale.is_empty() { (post("depart").button(&t!(seat, "supply-depart"))) }
        @for stop in &batch.stops {
            @let here: Vec<_> = orders.iter().filter(|order| stop.orders.contains(&order.id)).collect();
            @let been = batch.been.contains(&stop.place);
            (parts::panel(&stop.place.to_string(), html! {
                p {
                    (seat.time(stop.at)) " "
                    @if been { (parts::tag(Tone::Good, &t!(seat, "supply-arrived-at-gate"))) }
                }
                ul {
                    @for order in &here {
                        li {
                            (stage_tag(seat, order)) " "
                            @if seat.may_open("/supply/orders/{order}") {
                                a href=(order_path(order.id)) { code { (words::short(order.id)) } }
                            } @else { code { (words::short(order.id)) } }
                            " " (order.place) " · " (line_list(seat, order))
                        }
                    }
                }
                @let command = DeliveryCommand::Arrive { batch: id, place: stop.place.clone() };
                @if on_its_way && !been && may(command) {
                    (post("arrive").part(&format!("arrive-{}", stop.place)).hidden("place", stop.place.as_str())
                        .button(&t!(seat, "supply-arrive")))
                }
                @let out: Vec<_> = here.iter().filter(|o| o.stage == supply::Stage::Out && o.batch == Some(id)).collect();
                @let command = DeliveryCommand::PassOn { orders: Vec::new(), carrier: batch.vehicle.clone() };
                @if on_its_way && !out.is_empty() && may(command) {
                    ({
                        let mut form = post("pass-on").part(&format!("pass-on-{}", stop.place));
                        for order in &out {
                            form = form.hidden("order", &order.id.to_string());
                        }
                        form.field(Field::code("carrier", t!(seat, "supply-volunteer"), false)
                                .hint(t!(seat, "supply-volunteer-hint")).value("volunteer:"))
                            .button(&t!(seat, "supply-pass-on", n = out.len() as i64))
                    })
                }
            }))
        }
        @if dissolves {
            details .disclosure { summary { (t!(seat, "supply-dissolve")) }
                (post("dissolve").danger().field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "supply-dissolve"))) }
        }
    };
    let page = Page::new(t!(seat, "supply-batch-n", n = words::short(id)), body);
    let page = under_board(seat, page);
    let page = match seat.may_open("/supply/deliveries") {
        true => page.crumb(seat.link("/supply/deliveries"), t!(seat, "nav-supply-deliveries")),
        false => page.crumb("/supply/round", t!(seat, "nav-supply-round")),
    };
    Ok(seat.render(page))
}

async fn done(seat: &Seat, of: &Batch, form: &FormData, command: DeliveryCommand) -> Answer {
    match act::send(seat, of.id.area(), form, asks(command)).await? {
        Ok(_) => Ok(seat.go(&path(of.id))),
        Err(refusal) => page(seat, of, Some(&refusal)).await,
    }
}

async fn depart(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read(&seat, &text).await?;
    done(&seat, &of, &form, DeliveryCommand::Depart { batch: of.id }).await
}

async fn arrive(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read(&seat, &text).await?;
    let place = PlaceCode::parse(form.text("place"))?;
    done(&seat, &of, &form, DeliveryCommand::Arrive { batch: of.id, place }).await
}

async fn pass_on(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read(&seat, &text).await?;
    let mut orders = Vec::new();
    for text in form.all("order") {
        orders.push(words::unit(text, supply::ORDER)?);
    }
    let carrier = match HolderCode::parse(form.text("carrier")) {
        Ok(carrier) => carrier,
        Err(wrong) => return page(&seat, &of, Some(&wrong.into())).await,
    };
    done(&seat, &of, &form, DeliveryCommand::PassOn { orders, carrier }).await
}

async fn dissolve(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read(&seat, &text).await?;
    let reason = form.text("note").to_owned();
    done(&seat, &of, &form, DeliveryCommand::Dissolve { batch: of.id, reason }).await
}
