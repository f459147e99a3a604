//! A household's orders, for itself: what it ordered and where that is, what it is asked, its code, and the form.

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Command, Order, OrderCommand, Proof, Stage, Via, views};
use types::{AreaCode, HouseholdId, Refusal, UnitId};

use super::{RESIDENT, own};
use crate::pages::act;
use crate::pages::supply::{order_form, order_words, photos, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, sign_codes, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/my/orders", RESIDENT, show);
    routes.get("/my/photos/{order}", RESIDENT, photo);
    routes.post("/my/orders", RESIDENT, place);
    routes.post("/my/orders/{order}/answer", RESIDENT, answer);
    routes.post("/my/orders/{order}/cancel", RESIDENT, cancel);
    routes.post("/my/orders/{order}/received", RESIDENT, received);
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

async fn page(seat: &Seat, refusal: Option<&Refusal>) -> Answer {
    let (area, household) = own(seat)?;
    let mut db = seat.db().await?;
    let orders = views::orders_of(&mut db, household, 30).await?;
    let ids: Vec<UnitId> = orders.iter().map(|order| order.id).collect();
    let taken = views::photos(&mut db, &ids).await?;
    drop(db);
    let offer = order_form::offer(seat, area, household).await?;
    let open = |order: &&Order| order.stage.is_open() || order.owed() > 0;
    let ended: Vec<&Order> = orders.iter().filter(|order| !open(order)).collect();
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        @for order in orders.iter().filter(open) { (card(seat, order)) }
        (order_form::forms(seat, &offer, "/my/orders", false))
        @if !ended.is_empty() {
            (parts::panel(&t!(seat, "my-orders-ended"), html! {
                ul {
                    @for order in &ended {
                        li {
                            (seat.time(order.at)) " · " (order_words::stage_tag(seat, order)) " · "
                            (order_words::line_list(seat, order)) " · " (words::yuan(order.total()))
                            @if order.stage != Stage::Received && !order.said.is_empty() {
                                " · " (order_words::said(seat, &order.said))
                            }
                            @if let Some(photo) = taken.get(&order.id) {
                                " · " (photos::told(seat, photo, "/my/photos"))
                            }
                        }
                    }
                }
            }))
        }
    };
    let page = Page::new(t!(seat, "my-orders"), body)
        .crumb("/my", t!(seat, "my-title"))
        .crumb("/my/supply", t!(seat, "my-supply"))
        .narrow();
    Ok(seat.render(page))
}

/// One open order: where it is, what is asked, the code for whoever brings it.
fn card(seat: &Seat, order: &Order) -> Markup {
    let act = |what: &str| {
        Form::new(seat, format!("/my/orders/{}/{what}", order.id))
            .part(&format!("{what}-{}", words::short(order.id)))
            .hidden(act::ID, &act::fresh())
    };
    let code = matches!(order.stage, Stage::Packed | Stage::Out | Stage::CameBack)
        .then(|| sign_codes::of_order(seat.app().secrets(), order.id));
    let takes = order.stage.leads_to(Stage::Received);
    parts::panel(
        &t!(seat, "my-order-of", at = seat.time(order.at).as_str()),
        html! {
            p {
                (order_words::stage_tag(seat, order)) " "
                (seat.text(&format!("my-order-{}", order.stage.as_str().replace('_', "-"))))
            }
            @if order.owed() > 0 {
                p { (t!(seat, "my-order-owed", sum = words::yuan(order.owed()))) }
            } @else if order.stage.is_open() {
                p { (t!(seat, "my-order-due", at = seat.time(order.due).as_str())) }
            }
            (order_words::lines_table(seat, order))
            @if !order.said.is_empty() { p { (t!(seat, "supply-said")) ": " (order_words::said(seat, &order.said)) } }
            @if let Some(question) = &order.question {
                (parts::notice(Tone::Warning, &t!(seat, "supply-asked"), html! {
                    p { (order_words::question_text(seat, order, question)) }
                    (act("answer").hidden("yes", "1").button(&t!(seat, "supply-instead-yes")))
                    (act("answer").part("no").quiet().button(&t!(seat, "supply-instead-no")))
                }))
            }
            @if let Some(code) = code {
                p { (t!(seat, "my-order-code")) " " strong .code-large { (code) } }
            }
            @if takes && order.stage == Stage::Out {
                (act("received").button(&t!(seat, "my-order-took")))
            }
            @if order.stage.may_cancel() {
                (act("cancel").danger().quiet().button(&t!(seat, "supply-cancel")))
            }
        },
    )
}

async fn send(seat: &Seat, area: AreaCode, form: &FormData, command: OrderCommand) -> Answer {
    match act::send(seat, area, form, Command::Order(Box::new(command))).await? {
        Ok(_) => Ok(seat.go("/my/orders")),
        Err(refusal) => page(seat, Some(&refusal)).await,
    }
}

fn of(seat: &Seat, text: &str) -> Result<(AreaCode, HouseholdId, UnitId), Fault> {
    let (area, household) = own(seat)?;
    Ok((area, household, words::unit(text, supply::ORDER)?))
}

async fn place(seat: Seat, form: FormData) -> Answer {
    let (area, household) = own(&seat)?;
    let offer = order_form::offer(&seat, area, household).await?;
    let command = order_form::read(&form, household, Via::Household, &offer)?;
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go("/my/orders")),
        Err(refusal) => page(&seat, Some(&refusal)).await,
    }
}

/// The photo of a receipt of the household's own.
async fn photo(seat: Seat, Path(text): Path<String>) -> Answer {
    let (area, household, order) = of(&seat, &text)?;
    let photo = photos::known(&seat, order).await?;
    seat.require_household(area, photo.household)?;
    if photo.household != household {
        return Err(Fault::not_found(order));
    }
    photos::shown(&seat, &photo, registry::command::Purpose::Request).await
}

async fn answer(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let (area, household, order) = of(&seat, &text)?;
    let yes = form.text("yes") == "1";
    send(&seat, area, &form, OrderCommand::Answer { household, order, yes }).await
}

async fn cancel(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let (area, household, order) = of(&seat, &text)?;
    let reason = String::new();
    send(&seat, area, &form, OrderCommand::Cancel { household, order, reason }).await
}

async fn received(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let (area, household, order) = of(&seat, &text)?;
    let proof = Proof::Household;
    send(&seat, area, &form, OrderCommand::Receive { household, order, proof }).await
}
