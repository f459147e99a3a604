//! What is done with one order: cancelled, declined, cut short, paid, given back, received, brought back.

use axum::extract::Path;
use maud::{Markup, html};
use supply::{Command, Instead, Order, OrderCommand, Priced, Proof, Short, Stage};
use types::HouseholdId;

use super::words::{line_name, order_path, read_order};
use crate::access::{Policy, Role};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::supply::photos::{FORM_BYTES, PhotoForm, proof_fields};
use crate::pages::supply::site_acts::fen;
use crate::pages::supply::words;
use crate::pages::testing::names::pick;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};

/// Who looks after an order: the desk, whoever takes calls, the shop.
pub(super) const HANDS: Policy = Policy::any_of([Role::District, Role::Grid, Role::Shop]);
/// Who works with the goods of an order.
pub(super) const SHOP: Policy = Policy::any_of([Role::District, Role::Shop]);
/// Who speaks for a household.
pub(super) const CALLS: Policy = Policy::any_of([Role::District, Role::Grid]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/supply/orders/{order}/accept", SHOP, accept);
    routes.post("/supply/orders/{order}/pack", SHOP, pack);
    routes.post("/supply/orders/{order}/short", SHOP, short);
    routes.post("/supply/orders/{order}/decline", SHOP, decline);
    routes.post("/supply/orders/{order}/pay", SHOP, pay);
    routes.post("/supply/orders/{order}/refund", SHOP, refund);
    routes.post("/supply/orders/{order}/answer", CALLS, answer);
    routes.post("/supply/orders/{order}/cancel", CALLS, cancel);
    routes.post("/supply/orders/{order}/received", HANDS, received).body_limit(FORM_BYTES);
    routes.post("/supply/orders/{order}/came-back", HANDS, came_back);
}

fn post<'a>(seat: &'a Seat, order: &Order, what: &str) -> Form<'a> {
    Form::new(seat, format!("{}/{what}", order_path(order.id)))
        .part(what)
        .hidden(act::ID, &act::fresh())
}

fn fold(title: &str, form: Markup) -> Markup {
    html! { details .disclosure { summary { (title) } (form) } }
}

fn asks(command: OrderCommand) -> Command {
    Command::Order(Box::new(command))
}

/// Whether somebody may send such a command, and whether the order stands where it can be.
struct May<'a> {
    seat: &'a Seat,
    order: &'a Order,
}

impl May<'_> {
    fn send(&self, command: OrderCommand) -> bool {
        act::may(self.seat, self.order.id.area(), asks(command))
    }

    fn next(&self, stage: Stage, command: OrderCommand) -> bool {
        self.order.stage.leads_to(stage) && self.send(command)
    }
}

/// The forms of what whoever looks may do with an order now.
pub fn panel(seat: &Seat, of: &Order, items: &[Priced]) -> Markup {
    let may = May { seat, order: of };
    let (shop, order, household) = (of.shop.clone(), of.id, of.household);
    let orders = vec![order];
    let none = String::new;
    let accepts = may
        .next(Stage::Accepted, OrderCommand::Accept { shop: shop.clone(), orders: orders.clone() });
    let packs = may.next(Stage::Packed, OrderCommand::Pack { shop: shop.clone(), orders });
    let decline = OrderCommand::Decline { shop: shop.clone(), order, reason: none() };
    let declines = of.stage.is_open() && may.next(Stage::Cancelled, decline);
    let cancel = OrderCommand::Cancel { household, order, reason: none() };
    let cancels = of.stage.may_cancel() && may.send(cancel);
    let answers =
        of.question.is_some() && may.send(OrderCommand::Answer { household, order, yes: true });
    let gets = may
        .next(Stage::Received, OrderCommand::Receive { household, order, proof: Proof::Household });
    let returns = may.next(Stage::CameBack, OrderCommand::ComeBack { order, reason: none() });
    let pays = of.stage != Stage::Joined
        && of.price() > of.paid
        && may.send(OrderCommand::Pay { shop: shop.clone(), order, fen: 0, note: none() });
    let refunds =
        of.owed() > 0 && may.send(OrderCommand::Refund { shop, order, fen: 0, note: none() });
    let any = [accepts, packs, declines, cancels, answers, gets, returns, pays, refunds];
    if !any.contains(&true) {
        return html! {};
    }
    let lines: Vec<(String, String)> =
        of.lines.iter().map(|line| (line.item.clone(), line_name(seat, line))).collect();
    let mut instead = vec![(String::new(), t!(seat, "supply-instead-nothing"))];
    instead.extend(items.iter().filter(|priced| !priced.off).map(|priced| {
        let item = &priced.item;
        let name = pick(seat.lang(), &item.name_zh, &item.name_en);
        (item.code.clone(), format!("{name} {}", words::yuan(item.fen)))
    }));
    let why = || Field::text("note", t!(seat, "case-why"));
    let how = || Field::text("note", t!(seat, "supply-paid-how"));
    let sum = |n: i64| {
        Field::number("price", t!(seat, "supply-yuan")).value(format!("{}.{:02}", n / 100, n % 100))
    };
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @if accepts { (post(seat, of, "accept").button(&t!(seat, "supply-accept"))) }
            @if packs { (post(seat, of, "pack").button(&t!(seat, "supply-packed"))) }
            @if answers {
                (post(seat, of, "answer").hidden("yes", "1").button(&t!(seat, "supply-instead-yes")))
                (post(seat, of, "answer").part("no").quiet().button(&t!(seat, "supply-instead-no")))
            }
            @if gets {
                (fold(&t!(seat, "supply-received"), proof_fields(seat, post(seat, of, "received"))
                    .button(&t!(seat, "supply-received"))))
            }
            @if returns {
                (fold(&t!(seat, "supply-came-back"), post(seat, of, "came-back")
                    .field(why()).button(&t!(seat, "supply-came-back"))))
            }
            @if accepts && !lines.is_empty() {
                (fold(&t!(seat, "supply-short"), post(seat, of, "short")
                    .field(Field::select("item", t!(seat, "supply-item"), lines))
                    .field(Field::number("has", t!(seat, "supply-short-has")).value("0"))
                    .field(Field::select("instead", t!(seat, "supply-instead"), instead)
                        .hint(t!(seat, "supply-instead-hint")))
                    .field(Field::number("count", t!(seat, "supply-order-count")).value("1"))
                    .button(&t!(seat, "supply-tell"))))
            }
            @if pays {
                (fold(&t!(seat, "supply-pay"), post(seat, of, "pay")
                    .field(sum(of.price() - of.paid)).field(how()).button(&t!(seat, "save"))))
            }
            @if refunds {
                (fold(&t!(seat, "supply-refund"), post(seat, of, "refund")
                    .field(sum(of.owed())).field(how()).button(&t!(seat, "supply-refund"))))
            }
            @if cancels {
                (fold(&t!(seat, "supply-cancel"), post(seat, of, "cancel").danger()
                    .field(why().optional()).button(&t!(seat, "supply-cancel"))))
            }
            @if declines {
                (fold(&t!(seat, "supply-decline"), post(seat, of, "decline").danger()
                    .field(why()).button(&t!(seat, "supply-decline"))))
            }
        }
    }
}

/// Sends what a form asks, and shows the order again.
async fn done(seat: &Seat, of: &Order, form: &FormData, command: OrderCommand) -> Answer {
    match act::send(seat, of.id.area(), form, asks(command)).await? {
        Ok(_) => Ok(seat.go(&order_path(of.id))),
        Err(refusal) => super::page(seat, of, Some(&refusal)).await,
    }
}

async fn accept(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let command = OrderCommand::Accept { shop: of.shop.clone(), orders: vec![of.id] };
    done(&seat, &of, &form, command).await
}

async fn pack(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let command = OrderCommand::Pack { shop: of.shop.clone(), orders: vec![of.id] };
    done(&seat, &of, &form, command).await
}

async fn short(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let number = |name: &str| form.text(name).parse::<i64>().unwrap_or(-1);
    let instead = match form.text("instead") {
        "" => None,
        item => Some(Instead { item: item.to_owned(), count: number("count") }),
    };
    let command = OrderCommand::Short(Short {
        shop: of.shop.clone(),
        order: of.id,
        item: form.text("item").to_owned(),
        has: number("has"),
        instead,
    });
    done(&seat, &of, &form, command).await
}

async fn decline(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let (shop, reason) = (of.shop.clone(), form.text("note").to_owned());
    done(&seat, &of, &form, OrderCommand::Decline { shop, order: of.id, reason }).await
}

async fn pay(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let (shop, order, note) = (of.shop.clone(), of.id, form.text("note").to_owned());
    let Some(fen) = fen(form.text("price")) else {
        let wrong = words::no_amount("price", form.text("price"));
        return super::page(&seat, &of, Some(&wrong)).await;
    };
    done(&seat, &of, &form, OrderCommand::Pay { shop, order, fen, note }).await
}

async fn refund(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let (shop, order, note) = (of.shop.clone(), of.id, form.text("note").to_owned());
    let Some(fen) = fen(form.text("price")) else {
        let wrong = words::no_amount("price", form.text("price"));
        return super::page(&seat, &of, Some(&wrong)).await;
    };
    done(&seat, &of, &form, OrderCommand::Refund { shop, order, fen, note }).await
}

async fn answer(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let (household, yes) = (of.household, form.text("yes") == "1");
    done(&seat, &of, &form, OrderCommand::Answer { household, order: of.id, yes }).await
}

async fn cancel(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let (household, reason) = (of.household, form.text("note").to_owned());
    done(&seat, &of, &form, OrderCommand::Cancel { household, order: of.id, reason }).await
}

pub(super) fn receive(household: HouseholdId, order: types::UnitId, proof: Proof) -> Command {
    asks(OrderCommand::Receive { household, order, proof })
}

async fn received(seat: Seat, Path(text): Path<String>, form: PhotoForm) -> Answer {
    let of = read_order(&seat, &text).await?;
    let proof = match form.proof() {
        Ok(proof) => proof,
        Err(refusal) => return super::page(&seat, &of, Some(&refusal)).await,
    };
    let command = receive(of.household, of.id, proof.clone());
    match act::send(&seat, of.id.area(), &form.fields, command).await? {
        Ok(_) => {
            form.keep(&seat, of.id, &proof).await?;
            Ok(seat.go(&order_path(of.id)))
        }
        Err(refusal) => super::page(&seat, &of, Some(&refusal)).await,
    }
}

async fn came_back(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = read_order(&seat, &text).await?;
    let reason = form.text("note").to_owned();
    done(&seat, &of, &form, OrderCommand::ComeBack { order: of.id, reason }).await
}
