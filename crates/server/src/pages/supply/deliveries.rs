//! Deliveries: what is to be brought, in which batches, by whom; a plan that is proposed and accepted; one batch.

mod map;
mod passes;
mod plan;
mod round;
mod volunteers;

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Batch, BatchState, Command, DeliveryCommand, views};
use types::{AreaScope, HolderCode, PlaceCode, Refusal, UnitId};

pub(in crate::pages::supply) use passes::names_of;
pub(crate) use plan::county as plan_county;

use super::orders::{line_list, order_path, stage_tag};
use super::{DESK, MOST, READERS, carriers, photos, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{SUPPLY, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::replans::PLANS;
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
    plan::register(routes);
    routes.get("/supply/deliveries/{batch}", BATCH_READERS, show);
    routes.post("/supply/deliveries/{batch}/depart", DRIVES, depart);
    routes.post("/supply/deliveries/{batch}/arrive", DRIVES, arrive);
    routes.post("/supply/deliveries/{batch}/pass-on", DRIVES, pass_on);
    routes.post("/supply/deliveries/{batch}/dissolve", DESK, dissolve);
    passes::register(routes);
    volunteers::register(routes);
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
    let photos = views::photo_counts(&mut db, scope, now).await?;
    let drawn = map::Drawn::load(&seat, &mut db, &found).await?;
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
        figure(
            t!(seat, "supply-photos-missing"),
            photos.missing,
            "/supply/deliveries/photos",
            Tone::Warning,
        ),
    ];
    let columns = vec![
        Column::new("batch", t!(seat, "supply-batch")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("shop", t!(seat, "supply-leaves-from")),
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
            Cell::text(drawn.leaves_from(batch)),
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
    let lines = html! { (plan::news(&seat)) (parts::figures(&figures)) (table.render(&seat)) (drawn.all(&seat)) };
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        @if seat.may_open("/supply/deliveries/plan") {
            p { (parts::button_link(&seat.link("/supply/deliveries/plan"), &t!(seat, "supply-plan"), true)) }
        }
        (parts::live("lines", &[topic(SUPPLY, scope), topic(PLANS, scope)], &src, lines))
    };
    let page = Page::new(t!(seat, "nav-supply-deliveries"), body)
        .lead(html! { (t!(seat, "supply-deliveries-lead")) });
    Ok(seat.render(under_board(&seat, page)))
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
    let taken = views::photos(&mut db, &ids).await?;
    let drawn = map::Drawn::load(seat, &mut db, std::slice::from_ref(batch)).await?;
    let gates = batch.stops.iter().map(|stop| &stop.place);
    let places: Vec<_> = gates.chain(orders.iter().map(|order| &order.place)).collect();
    let homes = words::Homes::of_places(&mut db, &places).await?;
    let takers = match batch.state {
        BatchState::Out => {
            carriers::volunteers(seat, &mut db, AreaScope::one(batch.id.area())).await?
        }
        _ => Vec::new(),
    };
    drop(db);
    let name = drawn.leaves_from(batch);
    let rows = vec![
        (t!(seat, "supply-state"), tag(seat, batch)),
        (t!(seat, "supply-vehicle"), html! { code { (batch.vehicle) } }),
        (t!(seat, "supply-leaves-from"), html! { (name) }),
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
        @for (n, stop) in batch.stops.iter().enumerate() {
            @let here: Vec<_> = orders.iter().filter(|order| stop.orders.contains(&order.id)).collect();
            @let been = batch.been.contains(&stop.place);
            (parts::panel(&format!("{}. {}", n + 1, homes.place(seat, &stop.place)), html! {
                p {
                    (seat.time(stop.at)) " " code { (stop.place) } " "
                    @if been { (parts::tag(Tone::Good, &t!(seat, "supply-arrived-at-gate"))) }
                }
                ul {
                    @for order in &here {
                        li {
                            (stage_tag(seat, order)) " "
                            @if seat.may_open("/supply/orders/{order}") {
                                a href=(order_path(order.id)) { code { (words::short(order.id)) } }
                            } @else { code { (words::short(order.id)) } }
                            " " (homes.place(seat, &order.place)) " · " (line_list(seat, order))
                            @if let Some(photo) = taken.get(&order.id) {
                                " · " (photos::told(seat, photo, "/supply/photos"))
                            }
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
                                .hint(t!(seat, "supply-volunteer-hint")).among(takers.clone()))
                            .button(&t!(seat, "supply-pass-on", n = out.len() as i64))
                    })
                }
            }))
        }
        (drawn.one(seat))
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
