//! What somebody brings, on a phone: a driver's batches with their stops, a volunteer's orders entrance by entrance.

use std::collections::BTreeMap;

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Command, Household, Mode, Order, OrderCommand, Stage, views};
use types::{HolderCode, PlaceCode, Refusal};

use super::passes::verdict;
use super::{path, tag};
use crate::access::{Policy, Role};
use crate::pages::act;
use crate::pages::supply::orders::{line_list, stage_tag};
use crate::pages::supply::photos::{FORM_BYTES, PhotoForm, proof_fields};
use crate::pages::supply::{MOST, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::{Fault, sign_codes, t};

/// Who carries goods to people.
const CARRIERS: Policy = Policy::any_of([Role::Driver, Role::Volunteer]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/round", CARRIERS, show);
    routes.post("/supply/round/{order}/received", CARRIERS, received).body_limit(FORM_BYTES);
    routes.post("/supply/round/{order}/came-back", CARRIERS, came_back);
    routes.waiting([Role::Driver, Role::Volunteer], to_bring);
}

/// What somebody still has to bring.
fn to_bring<'a>(
    seat: &'a Seat,
    grant: &'a crate::access::Grant,
) -> futures::future::BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let Some(own) = &grant.holder else { return Ok(Vec::new()) };
        let mut db = seat.db().await?;
        let carried = views::orders_carried(&mut db, own, MOST).await?.len() as i64;
        let batches = views::batches_by(&mut db, own, MOST).await?.len() as i64;
        Ok(vec![Figure {
            label: t!(seat, "supply-to-bring"),
            value: crate::i18n::number(carried),
            href: Some("/supply/round".to_owned()),
            detail: Some(t!(seat, "supply-batches-n", n = batches)),
            tone: if carried + batches > 0 { Tone::Info } else { Tone::Good },
        }])
    })
}

/// For whom an account carries.
fn own(seat: &Seat) -> Result<HolderCode, Fault> {
    let grants = &seat.actor()?.grants;
    let carries = |role| matches!(role, Role::Driver | Role::Volunteer);
    let own = grants.iter().filter(|g| carries(g.role)).find_map(|g| g.holder.clone());
    own.ok_or_else(|| Refusal::new("carrier-missing").into())
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

async fn page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let own = own(seat)?;
    let mut db = seat.db().await?;
    let batches = views::batches_by(&mut db, &own, MOST).await?;
    let carried = views::orders_carried(&mut db, &own, MOST).await?;
    let ids: Vec<_> = carried.iter().map(|order| (order.id.area(), order.household)).collect();
    let households = views::households(&mut db, &ids).await?;
    let stops: Vec<&PlaceCode> =
        batches.iter().flat_map(|batch| &batch.stops).map(|stop| &stop.place).collect();
    let gates = words::Homes::of_places(&mut db, &stops).await?;
    let homes = words::Homes::with_doors(&mut db, &households).await?;
    let passes = views::passes_of(&mut db, &own, 3).await?;
    drop(db);
    let now = seat.now();
    // Entrance by entrance: whoever is called down comes to it, the others are gone to.
    let mut entrances: BTreeMap<String, Vec<&Order>> = BTreeMap::new();
    for order in &carried {
        entrances.entry(homes.place(seat, &order.place)).or_default().push(order);
    }
    let of = |order: &Order| households.iter().find(|h| h.id == order.household);
    let mode = |order: &Order| of(order).map_or(Mode::Free, |household| household.mode);
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        @for pass in passes.iter().filter(|pass| pass.until > now) {
            @let (tone, text) = verdict(seat, pass);
            (parts::notice(tone, &text, html! {
                p { (t!(seat, "supply-pass-code")) ": " strong .code-large { (sign_codes::of_pass(seat.app().secrets(), pass.id)) } }
            }))
        }
        @for batch in &batches {
            (parts::panel(&t!(seat, "supply-batch-n", n = words::short(batch.id)), html! {
                p { (tag(seat, batch)) " " (t!(seat, "supply-leaves")) " " (seat.time(batch.leaves_at)) }
                ol { @for stop in &batch.stops { li { (seat.time(stop.at)) " · " (gates.place(seat, &stop.place)) " · " (t!(seat, "supply-orders-n", n = stop.orders.len() as i64)) } } }
                p { (parts::button_link(&path(batch.id), &t!(seat, "supply-batch-open"), true)) }
            }))
        }
        @for (entrance, orders) in &entrances {
            (parts::panel(entrance, html! {
                @if orders.iter().any(|order| mode(order) == Mode::Called) {
                    p { strong { (t!(seat, "supply-call-down", n = orders.len() as i64)) } }
                }
                @for order in orders { (card(seat, order, of(order), &homes.of_household(seat, &order.place, order.household))) }
            }))
        }
        @if batches.is_empty() && carried.is_empty() { p { (t!(seat, "supply-round-empty")) } }
    };
    let page = Page::new(t!(seat, "nav-supply-round"), body);
    Ok(seat.render(page.script("photo.js").narrow()))
}

/// One order at a door: what it is, the household's code, or why it came back.
fn card(seat: &Seat, order: &Order, of: Option<&Household>, place: &str) -> Markup {
    let form = |what: &str| {
        Form::new(seat, format!("/supply/round/{}/{what}", order.id))
            .part(&format!("{what}-{}", words::short(order.id)))
            .hidden(act::ID, &act::fresh())
    };
    html! {
        section {
            h3 { (place) }
            p {
                (stage_tag(seat, order)) " " (line_list(seat, order))
                @if let Some(of) = of {
                    " " (words::mode(seat, of.mode)) " " (words::needs(seat, of))
                    @if !of.note.is_empty() { " " (of.note) }
                }
            }
            (proof_fields(seat, form("received")).button(&t!(seat, "supply-received")))
            details .disclosure { summary { (t!(seat, "supply-came-back")) }
                (form("came-back").quiet().field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "supply-came-back"))) }
        }
    }
}

/// The order of an address, if this account carries it.
async fn carried(seat: &Seat, text: &str) -> Result<Order, Fault> {
    let id = words::unit(text, supply::ORDER)?;
    seat.require(id.area())?;
    let own = own(seat)?;
    let mut db = seat.db().await?;
    let order = views::order(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    match order.stage == Stage::Out && order.carrier.as_ref() != Some(&own) {
        true => Err(Refusal::new("not-your-holder").with("holder", own).into()),
        false => Ok(order),
    }
}

async fn send(seat: &Seat, of: &Order, form: &FormData, command: OrderCommand) -> Answer {
    let command = Command::Order(Box::new(command));
    match act::send(seat, of.id.area(), form, command).await? {
        Ok(_) => Ok(seat.go("/supply/round")),
        Err(refusal) => page(seat, Some(&refusal)).await,
    }
}

async fn received(seat: Seat, Path(text): Path<String>, form: PhotoForm) -> Answer {
    let of = carried(&seat, &text).await?;
    let proof = match form.proof() {
        Ok(proof) => proof,
        Err(refusal) => return page(&seat, Some(&refusal)).await,
    };
    let (household, order) = (of.household, of.id);
    let receive = OrderCommand::Receive { household, order, proof: proof.clone() };
    let command = Command::Order(Box::new(receive));
    match act::send(&seat, order.area(), &form.fields, command).await? {
        Ok(_) => {
            form.keep(&seat, order, &proof).await?;
            Ok(seat.go("/supply/round"))
        }
        Err(refusal) => page(&seat, Some(&refusal)).await,
    }
}

async fn came_back(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = carried(&seat, &text).await?;
    let reason = form.text("note").to_owned();
    send(&seat, &of, &form, OrderCommand::ComeBack { order: of.id, reason }).await
}
