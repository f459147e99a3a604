//! The form by which a household orders: on its own phone, or by a call that a grid worker takes down.

use axum::extract::Path;
use maud::{Markup, html};
use supply::{
    Command, Group, OrderCommand, Ordered, Place, Priced, Site, SiteKind, Via, Want, views,
};
use types::{AreaCode, HolderCode, HouseholdId, Refusal, UnitId};

use super::acts::CALLS;
use super::words::line_name;
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::supply::{under_board, words};
use crate::pages::testing::names::pick;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/households/{area}/{household}/order", CALLS, show);
    routes.post("/supply/households/{area}/{household}/order", CALLS, send);
}

/// What a household may order, and where.
pub(crate) struct Offer {
    /// The open shops that serve its community, with their lists.
    pub shops: Vec<(Site, Vec<Priced>)>,
    /// The group purchases of its place that are open.
    pub groups: Vec<Group>,
}

/// What a household may order now.
///
/// # Errors
/// [`Fault`] when the store fails.
pub(crate) async fn offer(
    seat: &Seat,
    area: AreaCode,
    household: HouseholdId,
) -> Result<Offer, Fault> {
    let mut db = seat.db().await?;
    let line = registry::views::household(&mut db, area, household).await?;
    let line = line.ok_or_else(|| Fault::not_found(household))?;
    let community = line.place.as_str().get(..12).unwrap_or_default();
    let scope = types::AreaScope::one(area);
    let serves = views::serves(&mut db, scope).await?.into_iter();
    let codes: Vec<HolderCode> =
        serves.filter(|line| line.community == community).filter_map(|line| line.shop).collect();
    let mut shops = Vec::new();
    for shop in views::sites_by_code(&mut db, &codes).await? {
        if shop.closed.is_none() && shop.kind == SiteKind::Shop {
            let mut items = views::items(&mut db, &shop).await?;
            items.retain(|priced| !priced.off);
            shops.push((shop, items));
        }
    }
    let chain = registry::place::chain_of(&line.place);
    let now = seat.now();
    let mut groups = views::groups_open(&mut db, scope, types::Micros::MAX, 500).await?;
    groups.retain(|group| group.closes_at > now && chain.contains(&group.place));
    Ok(Offer { shops, groups })
}

/// One thing to order: its name, what is in it, its price, and how many.
fn item_field(seat: &Seat, part: &str, item: &Ordered) -> Markup {
    let id = format!("field-{part}-{}", item.item);
    let name = line_name(seat, item);
    html! {
        div .field {
            label .field__label for=(id) {
                (name) " · " (words::amount(seat, item.good, item.amount)) " · "
                strong { (words::yuan(item.fen)) }
            }
            p .field__hint { (t!(seat, "supply-order-at-most", n = item.count)) }
            input type="hidden" name=(format!("fen-{}", item.item)) value=(item.fen);
            input .input .input--short type="number" inputmode="numeric" min="0" max=(item.count)
                id=(id) name=(format!("count-{}", item.item)) value="0" autocomplete="off";
        }
    }
}

/// The forms of an offer: one for each shop and each group purchase. A call has a field for who called.
pub(crate) fn forms(seat: &Seat, offer: &Offer, action: &str, by_call: bool) -> Markup {
    let note = || match by_call {
        true => Field::text("note", t!(seat, "supply-order-caller")),
        false => Field::text("note", t!(seat, "supply-order-note")).optional(),
    };
    html! {
        @for group in &offer.groups {
            (parts::panel(&t!(seat, "supply-group-of", place = group.place.as_str()), html! {
                p {
                    (t!(seat, "supply-group-now", joined = group.joined, minimum = group.minimum)) " "
                    (t!(seat, "supply-group-until", at = seat.time(group.closes_at).as_str(), due = seat.time(group.due).as_str()))
                }
                @if !group.note.is_empty() { p { (group.note) } }
                ({
                    let part = words::short(group.id);
                    let fields = html! { @for item in &group.items { (item_field(seat, &part, item)) } };
                    Form::new(seat, action.to_owned()).part(&part)
                        .hidden(act::ID, &act::fresh())
                        .hidden("group", &group.id.to_string())
                        .hidden("shop", group.shop.as_str())
                        .markup(fields)
                        .field(note())
                        .button(&t!(seat, "supply-group-join"))
                })
            }))
        }
        @for (shop, items) in &offer.shops {
            (parts::panel(&t!(seat, "supply-order-from", shop = words::site_name(seat, shop)), html! {
                @if items.is_empty() { p { (t!(seat, "supply-catalogue-empty")) } } @else {
                    ({
                        let part = shop.code.code().to_owned();
                        let fields = html! {
                            @for priced in items { (item_field(seat, &part, &Ordered::of(&priced.item, priced.item.at_most))) }
                        };
                        Form::new(seat, action.to_owned()).part(&part)
                            .hidden(act::ID, &act::fresh())
                            .hidden("shop", shop.code.as_str())
                            .markup(fields)
                            .field(note())
                            .button(&t!(seat, "supply-order-place"))
                    })
                }
            }))
        }
        @if offer.shops.is_empty() { p { (t!(seat, "my-supply-no-shop")) } }
    }
}

/// What a form orders, at the prices that it showed.
///
/// # Errors
/// [`Fault`] for a shop or a group purchase that is none.
pub(crate) fn read(
    form: &FormData,
    household: HouseholdId,
    via: Via,
    offer: &Offer,
) -> Result<Command, Fault> {
    let shop = HolderCode::parse(form.text("shop"))?;
    let group = match form.text("group") {
        "" => None,
        text => Some(words::unit(text, supply::GROUP)?),
    };
    let codes: Vec<&str> = match group {
        Some(id) => {
            let group = offer.groups.iter().find(|group| group.id == id);
            group.into_iter().flat_map(|g| g.items.iter().map(|item| item.item.as_str())).collect()
        }
        None => {
            let of = offer.shops.iter().find(|(site, _)| site.code == shop);
            of.into_iter()
                .flat_map(|(_, items)| items.iter().map(|p| p.item.code.as_str()))
                .collect()
        }
    };
    let mut lines = Vec::new();
    for code in codes {
        let text = form.text(&format!("count-{code}"));
        let count = match text {
            "" => 0,
            text => text.parse::<i64>().map_err(|_| words::no_amount("count", text))?,
        };
        let fen = form.text(&format!("fen-{code}")).parse::<i64>().unwrap_or(-1);
        if count != 0 {
            lines.push(Want { item: code.to_owned(), count, fen });
        }
    }
    let via = if group.is_some() { Via::Group } else { via };
    let note = form.text("note").to_owned();
    let place = Place { household, shop, lines, via, group, note };
    Ok(Command::Order(Box::new(OrderCommand::Place(place))))
}

async fn show(seat: Seat, Path((area, household)): Path<(String, String)>) -> Answer {
    let (area, household) = (AreaCode::parse(&area)?, HouseholdId::parse(&household)?);
    page(&seat, area, household, None).await
}

async fn page(
    seat: &Seat,
    area: AreaCode,
    household: HouseholdId,
    refusal: Option<&Refusal>,
) -> Answer {
    seat.require(area)?;
    let offer = offer(seat, area, household).await?;
    let action = format!("{}/order", words::household_path(area, household));
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (forms(seat, &offer, &action, true))
    };
    let page = under_board(seat, Page::new(t!(seat, "supply-order-by-call"), body))
        .crumb(words::household_path(area, household), t!(seat, "supply-household"));
    Ok(seat.render(page.narrow()))
}

async fn send(
    seat: Seat,
    Path((area, household)): Path<(String, String)>,
    form: FormData,
) -> Answer {
    let (area, household) = (AreaCode::parse(&area)?, HouseholdId::parse(&household)?);
    seat.require(area)?;
    let offer = offer(&seat, area, household).await?;
    let command = read(&form, household, Via::Telephone, &offer)?;
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&words::household_path(area, household))),
        Err(refusal) => page(&seat, area, household, Some(&refusal)).await,
    }
}

/// A name of what can be ordered, for lists of a group purchase.
pub(super) fn offered_name(seat: &Seat, priced: &Priced) -> String {
    let item = &priced.item;
    let name = pick(seat.lang(), &item.name_zh, &item.name_en);
    format!("{name} {}", words::yuan(item.fen))
}

/// A group purchase's id of an address.
pub(super) fn group_of(text: &str) -> Result<UnitId, Fault> {
    words::unit(text, supply::GROUP)
}
