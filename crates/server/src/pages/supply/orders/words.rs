//! How orders are called and drawn on pages.

use maud::Markup;
use supply::{Order, Ordered, Question, Stage, views};
use types::{HolderCode, Refusal, UnitId};

use crate::access::Role;
use crate::i18n::Speaks;
use crate::pages::cases::words::named;
use crate::pages::supply::words;
use crate::pages::testing::names::pick;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The page of an order.
pub(in crate::pages::supply) fn order_path(order: UnitId) -> String {
    format!("/supply/orders/{order}")
}

/// Where an order stands, as a tag.
pub(crate) fn stage_tag(seat: &Seat, order: &Order) -> Markup {
    let late = order.clock.is_some_and(|clock| clock < seat.now());
    let tone = match order.stage {
        _ if late => Tone::Bad,
        Stage::Joined | Stage::Placed | Stage::Accepted | Stage::Packed => Tone::Info,
        Stage::Asked => Tone::Warning,
        Stage::Out => Tone::Info,
        Stage::CameBack => Tone::Bad,
        Stage::Received => Tone::Good,
        Stage::Cancelled if order.owed() > 0 => Tone::Warning,
        Stage::Cancelled | Stage::Refunded => Tone::Plain,
    };
    parts::tag(tone, &named(seat, "supply-stage", order.stage.as_str()))
}

/// A line by name; of a pack, the good.
pub(crate) fn line_name(seat: &Seat, line: &Ordered) -> String {
    match pick(seat.lang(), &line.name_zh, &line.name_en) {
        "" => words::good(seat, line.good),
        name => name.to_owned(),
    }
}

/// What is in an order, in one sentence.
pub(crate) fn line_list(seat: &Seat, order: &Order) -> String {
    let lines = order.lines.iter().map(|line| match line.fen {
        0 => format!("{} {}", line_name(seat, line), words::amount(seat, line.good, line.amount)),
        _ => format!("{} × {}", line_name(seat, line), line.count),
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// What was said of an order last: a reason of the desk by its words, anything else as it is.
pub(crate) fn said(seat: &Seat, text: &str) -> String {
    match text {
        "group-too-few" | "nothing-left" | "shop-closed" | "household" | "volunteer-withdrawn" => {
            named(seat, "supply-order-because", text)
        }
        _ => words::as_said(seat, text),
    }
}

/// What a household is asked.
pub(crate) fn question_text(seat: &Seat, order: &Order, question: &Question) -> String {
    let instead = &question.instead;
    let missing = order.lines.iter().find(|line| line.item == question.item);
    let missing = missing.map_or_else(|| question.item.clone(), |line| line_name(seat, line));
    t!(
        seat,
        "supply-asked-instead",
        missing = missing,
        instead = line_name(seat, instead),
        count = instead.count,
        price = words::yuan(instead.fen),
        until = seat.time(question.until).as_str()
    )
}

/// The order of an address, for those who may see it: a shop sees its own.
pub(crate) async fn read_order(seat: &Seat, text: &str) -> Result<Order, Fault> {
    let id = words::unit(text, supply::ORDER)?;
    seat.require(id.area())?;
    let mut db = seat.db().await?;
    let order = views::order(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    require_shop(seat, &order.shop)?;
    Ok(order)
}

/// An account that works at a shop sees that one's only.
pub(crate) fn require_shop(seat: &Seat, shop: &HolderCode) -> Result<(), Fault> {
    let grant = seat.grant()?;
    match &grant.holder {
        Some(own) if grant.role == Role::Shop && own != shop => {
            Err(Refusal::new("not-your-holder").with("holder", own).into())
        }
        _ => Ok(()),
    }
}
