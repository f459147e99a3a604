//! One place: what lies there, what comes, what is done with it; of a shop also whom it serves and its prices.

use axum::extract::Path;
use maud::{Markup, html};
use supply::views::{self, MoveLine, ServesLine};
use supply::{Good, LossWhy, Lot, Origin, Priced, ShipState, Shipment, Site, SiteKind};
use types::{HolderCode, PersonId, Refusal, Span};

use super::{MOST, OWN, VISITORS, carriers, sites, under_board, words};
use crate::access::Role;
use crate::i18n::Speaks;
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::pages::testing::names::pick;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::input_value;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/own", OWN, own);
    routes.get("/supply/sites/{holder}", VISITORS, show);
}

/// The place that an account works at.
pub fn own_code(seat: &Seat) -> Result<HolderCode, Fault> {
    let grants = &seat.actor()?.grants;
    let own = grants.iter().filter(|g| g.role == Role::Shop).find_map(|g| g.holder.clone());
    own.ok_or_else(|| Refusal::new("site-missing").into())
}

async fn own(seat: Seat) -> Answer {
    let code = own_code(&seat)?;
    let site = words::read_site(&seat, code.as_str()).await?;
    page(&seat, &site, None).await
}

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    let site = words::read_site(&seat, &holder).await?;
    page(&seat, &site, None).await
}

/// The page of a place, with the refusal of what was tried, if it was.
pub async fn page(seat: &Seat, site: &Site, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let lying = views::at(&mut db, site).await?;
    let coming = views::shipments_to(&mut db, &site.code, MOST).await?;
    let moves = views::moves(&mut db, &site.code, 50).await?;
    let ids: Vec<_> = coming.iter().flat_map(|s| s.lines.iter().map(|line| line.lot)).collect();
    let lots = views::lots(&mut db, &ids).await?;
    let (serves, items) = match site.kind {
        SiteKind::Shop => {
            (views::serves_by(&mut db, &site.code).await?, views::items(&mut db, site).await?)
        }
        _ => (Vec::new(), Vec::new()),
    };
    let goals = views::sites(&mut db, types::AreaScope::ALL, None, MOST).await?;
    let staff = views::staff(&mut db, &site.code, MOST).await?;
    let vehicles = match takes(seat, site) {
        true => carriers::vehicles(seat, &mut db, types::AreaScope::one(site.area)).await?,
        false => Vec::new(),
    };
    drop(db);
    let mut rows = vec![
        (
            t!(seat, "supply-state"),
            html! {
                (sites::state(seat, site))
                @if let Some((at, _, reason)) = &site.closed { " " (seat.time(*at)) " · " (because(seat, reason)) }
            },
        ),
        (
            t!(seat, "care-kind"),
            html! { (named(seat, "supply-site-kind", site.kind.as_str())) " " code { (site.code) } },
        ),
    ];
    rows.extend(site.place.as_ref().map(|p| (t!(seat, "supply-place"), html! { code { (p) } })));
    if site.kind == SiteKind::Shop {
        let taken: i64 = serves.iter().map(|line| line.serves.households).sum();
        rows.push((
            t!(seat, "supply-packs-for"),
            html! { (t!(seat, "supply-packs-of", taken = taken, room = site.households)) },
        ));
    }
    if !site.contacts.is_empty() {
        rows.push((t!(seat, "supply-contacts"), sites::contacts(&site.contacts)));
    }
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        @for shipment in coming.iter().filter(|s| s.state == ShipState::Sent) {
            (receive_panel(seat, site, shipment, &lots))
        }
        (stock_table(seat, &lying).render(seat))
        (forms(seat, site, &lying, &goals, vehicles))
        @if site.kind == SiteKind::Shop {
            p { (parts::button_link(&format!("{}/orders", words::site_path(&site.code)), &t!(seat, "nav-supply-own-orders"), true)) }
            (price_table(seat, &items).render(seat))
            (shop_forms(seat, site, &items))
            (serves_table(seat, &serves).render(seat))
        }
        (staff_panel(seat, site, &staff))
        (moves_table(seat, &moves).render(seat))
    };
    let page = Page::new(words::site_name(seat, site), body);
    Ok(seat.render(under_board(seat, page)))
}

fn post<'a>(seat: &'a Seat, site: &Site, what: &str) -> Form<'a> {
    Form::new(seat, format!("{}/{what}", words::site_path(&site.code)))
        .part(what)
        .hidden(act::ID, &act::fresh())
}

fn fold(title: &str, form: Markup) -> Markup {
    html! { details .disclosure { summary { (title) } (form) } }
}

/// What a lot is called in a list: what it is, from whom, and its date.
fn lot_name(seat: &Seat, lot: &Lot) -> String {
    let what = if lot.what.is_empty() { lot.from.as_str() } else { lot.what.as_str() };
    format!("{} · {what} · {}", words::good(seat, lot.good), seat.time(lot.expires_at).day())
}

/// What comes, with a field for each lot to say how much was counted.
fn receive_panel(seat: &Seat, site: &Site, shipment: &Shipment, lots: &[Lot]) -> Markup {
    let title = t!(seat, "supply-comes-at", due = seat.time(shipment.due).as_str());
    let known = |id| lots.iter().find(|lot| lot.id == id);
    let may = act::may(
        seat,
        site.area,
        supply::Command::Receive { shipment: shipment.id, lines: Vec::new(), note: String::new() },
    );
    let fields = shipment.lines.iter().filter_map(|line| Some((line, known(line.lot)?)));
    let inputs = html! {
        @for (line, lot) in fields {
            @let id = format!("field-{}-{}", words::short(shipment.id), words::short(lot.id));
            div .field {
                label .field__label for=(id) {
                    (lot_name(seat, lot)) " · " (t!(seat, "supply-sent")) " "
                    (words::amount(seat, lot.good, line.amount))
                }
                input .input .input--short type="text" inputmode="decimal" autocomplete="off" id=(id)
                    name=(format!("lot-{}", lot.id)) value=(words::amount_value(lot.good, line.amount));
            }
        }
    };
    parts::panel(
        &title,
        html! {
            p {
                a href=(words::shipment_path(shipment.id)) { (words::short(shipment.id)) } " "
                (words::state(seat, shipment)) " " (shipment.from) " · " (shipment.carrier)
                @if let Some(community) = &shipment.community { " · " (t!(seat, "supply-gift-for", place = community.as_str())) }
            }
            @if may {
                (Form::new(seat, format!("{}/receive", words::shipment_path(shipment.id)))
                    .part(&words::short(shipment.id))
                    .hidden(act::ID, &act::fresh())
                    .hidden("back", site.code.as_str())
                    .markup(inputs)
                    .field(Field::text("note", t!(seat, "care-note")).hint(t!(seat, "supply-differs-hint")).optional())
                    .button(&t!(seat, "supply-receive")))
            }
        },
    )
}

fn stock_table(seat: &Seat, lying: &[(Lot, i64)]) -> Table {
    let columns = vec![
        Column::new("good", t!(seat, "supply-good")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("expires", t!(seat, "supply-expires")),
        Column::new("what", t!(seat, "supply-what-exactly")),
        Column::new("origin", t!(seat, "supply-origin")),
        Column::new("lot", t!(seat, "supply-lot")),
    ];
    let rows = lying.iter().map(|(lot, amount)| {
        vec![
            Cell::text(words::good(seat, lot.good)),
            Cell::text(words::amount(seat, lot.good, *amount)),
            words::due_cell(seat, Some(lot.expires_at)),
            Cell::text(lot.what.clone()),
            Cell::text(format!(
                "{} · {}",
                named(seat, "supply-origin", lot.origin.as_str()),
                lot.from
            )),
            Cell::code(words::short(lot.id)),
        ]
    });
    Table::new(t!(seat, "supply-stock"), columns)
        .empty(t!(seat, "supply-stock-empty"))
        .rows(rows.collect::<Vec<_>>())
}

/// Why a place is closed: a reason of the desk by its words, anything else as it is.
fn because(seat: &Seat, reason: &str) -> String {
    seat.text_if(&format!("supply-closed-because-{reason}")).unwrap_or_else(|| reason.to_owned())
}

/// Who works at a place: it closes in the same entry in which one of them is found positive.
fn staff_panel(seat: &Seat, site: &Site, staff: &[PersonId]) -> Markup {
    let person = PersonId::from_bytes([0; 16]);
    let put = supply::Command::PutStaff { site: site.code.clone(), person, works: true };
    if !act::may(seat, site.area, put) {
        return html! {};
    }
    let form = |name: &str| post(seat, site, "staff").part(name);
    parts::panel(
        &t!(seat, "supply-staff"),
        html! {
            p { (t!(seat, "supply-staff-hint")) }
            @if staff.is_empty() { p .muted { (t!(seat, "supply-staff-empty")) } }
            ul {
                @for person in staff {
                    li {
                        // Who it is stands in the file, where the look is on record.
                        @if seat.may_open("/registry/persons/{person}") {
                            a href=(format!("/registry/persons/{person}?area={}&purpose=support", site.area)) {
                                code { (person) }
                            }
                        } @else { code { (person) } }
                        " "
                        (form(&person.to_string()).quiet()
                            .hidden("person", &person.to_string()).hidden("works", "0")
                            .button(&t!(seat, "supply-staff-leaves")))
                    }
                }
            }
            (form("new").hidden("works", "1")
                .field(Field::code("person", t!(seat, "supply-volunteer-person"), false)
                    .hint(t!(seat, "supply-person-hint")))
                .button(&t!(seat, "supply-staff-put")))
        },
    )
}

/// Whether the account works with the stock of a place.
fn takes(seat: &Seat, site: &Site) -> bool {
    let (site, area) = (site.code.clone(), site.area);
    let lot = types::UnitId::lowest();
    act::may(seat, area, supply::Command::Count { site, lot, found: 0, note: String::new() })
}

fn forms(
    seat: &Seat,
    site: &Site,
    lying: &[(Lot, i64)],
    goals: &[Site],
    vehicles: Vec<carriers::Choice>,
) -> Markup {
    use supply::Command as C;
    let may = |command: C| act::may(seat, site.area, command);
    let code = || site.code.clone();
    let closes = may(C::CloseSite { site: code(), infection: true, reason: String::new() });
    let takes = takes(seat, site);
    if !closes && !takes {
        return html! {};
    }
    let lots: Vec<(String, String)> = lying
        .iter()
        .map(|(lot, amount)| {
            let name =
                format!("{} · {}", lot_name(seat, lot), words::amount(seat, lot.good, *amount));
            (lot.id.to_string(), name)
        })
        .collect();
    let to: Vec<(String, String)> = goals
        .iter()
        .filter(|goal| goal.closed.is_none() && goal.code != site.code)
        .map(|goal| (goal.code.to_string(), words::site_name(seat, goal)))
        .collect();
    let zone = seat.app().zone();
    let goods = options(seat, "supply-good", None, Good::ALL.iter().map(|good| good.as_str()));
    let origins = options(seat, "supply-origin", None, Origin::ALL.iter().map(|o| o.as_str()));
    let whys = options(seat, "supply-loss", None, LossWhy::ALL.iter().map(|why| why.as_str()));
    let amount =
        || Field::number("amount", t!(seat, "supply-amount")).hint(t!(seat, "supply-amount-hint"));
    let lot = || Field::select("lot", t!(seat, "supply-lot"), lots.clone());
    let open = site.closed.is_none();
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @if takes && open {
                (fold(&t!(seat, "supply-take-in"), post(seat, site, "take-in")
                    .field(Field::select("good", t!(seat, "supply-good"), goods).short())
                    .field(amount())
                    .field(Field::select("origin", t!(seat, "supply-origin"), origins).short())
                    .field(Field::text("from", t!(seat, "supply-from-whom")))
                    .field(Field::text("what", t!(seat, "supply-what-exactly")).optional())
                    .field(Field::time("expires", t!(seat, "supply-expires"))
                        .value(input_value(seat.now() + Span::days(7), zone)))
                    .field(Field::tick("halal", t!(seat, "supply-halal")))
                    .button(&t!(seat, "supply-take-in"))))
            }
            @if takes && open && !lots.is_empty() && !to.is_empty() {
                (fold(&t!(seat, "supply-send"), post(seat, site, "send")
                    .field(lot()).field(amount())
                    .field(Field::select("to", t!(seat, "supply-to"), to))
                    .field(Field::code("carrier", t!(seat, "supply-carrier"), false)
                        .hint(t!(seat, "supply-carrier-hint")).among(vehicles))
                    .field(Field::time("due", t!(seat, "supply-due"))
                        .value(input_value(seat.now() + Span::hours(4), zone)))
                    .button(&t!(seat, "supply-send"))))
            }
            @if takes && !lots.is_empty() {
                (fold(&t!(seat, "supply-count"), post(seat, site, "count")
                    .field(lot())
                    .field(Field::number("amount", t!(seat, "supply-found")).hint(t!(seat, "supply-amount-hint")))
                    .field(Field::text("note", t!(seat, "care-note")).hint(t!(seat, "supply-count-hint")).optional())
                    .button(&t!(seat, "save"))))
                (fold(&t!(seat, "supply-spoil"), post(seat, site, "spoil").danger()
                    .field(lot()).field(amount())
                    .field(Field::select("why", t!(seat, "case-why"), whys).short())
                    .field(Field::text("note", t!(seat, "care-note")).optional())
                    .button(&t!(seat, "supply-spoil"))))
            }
            @if closes && open {
                (fold(&t!(seat, "supply-close"), post(seat, site, "close").danger()
                    .field(Field::tick("infection", t!(seat, "supply-through-infection")))
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "supply-close"))))
            }
            @if closes && !open {
                (fold(&t!(seat, "supply-reopen"), post(seat, site, "reopen")
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "supply-reopen"))))
            }
        }
    }
}

/// An item by name.
fn item_name(seat: &Seat, priced: &Priced) -> String {
    pick(seat.lang(), &priced.item.name_zh, &priced.item.name_en).to_owned()
}

/// What a shop has, and for how much.
pub fn price_table(seat: &Seat, items: &[Priced]) -> Table {
    let columns = vec![
        Column::new("item", t!(seat, "supply-item")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("price", t!(seat, "supply-price")).numeric(),
        Column::new("at_most", t!(seat, "supply-at-most")).numeric(),
        Column::new("since", t!(seat, "supply-since")),
    ];
    let rows = items.iter().filter(|priced| !priced.off).map(|priced| {
        let item = &priced.item;
        vec![
            Cell::text(item_name(seat, priced)),
            Cell::text(words::good(seat, item.good)),
            Cell::text(words::amount(seat, item.good, item.amount)),
            Cell::text(words::yuan(item.fen)),
            Cell::number(item.at_most),
            Cell::time(seat.time(priced.since)),
        ]
    });
    Table::new(t!(seat, "supply-catalogue"), columns)
        .empty(t!(seat, "supply-catalogue-empty"))
        .rows(rows.collect::<Vec<_>>())
}

/// The list of a shop as lines of text: what is not in it is off.
fn catalogue_text(items: &[Priced]) -> String {
    items
        .iter()
        .filter(|priced| !priced.off)
        .map(|priced| {
            let item = &priced.item;
            let amount = words::amount_value(item.good, item.amount);
            let yuan = format!("{}.{:02}", item.fen / 100, item.fen % 100);
            format!(
                "{}, {}, {}, {amount}, {yuan}, {}",
                item.code, item.good, item.name_zh, item.at_most
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn shop_forms(seat: &Seat, site: &Site, items: &[Priced]) -> Markup {
    use supply::Command as C;
    let prices =
        act::may(seat, site.area, C::PutPrices { shop: site.code.clone(), items: Vec::new() });
    let serves = types::PlaceCode::parse("22").is_ok_and(|community| {
        let shop = site.code.clone();
        act::may(seat, site.area, C::AssignShop { community, shop, households: 0 })
    });
    html! {
        @if (prices || serves) && site.closed.is_none() {
            section .panel {
                h2 .panel__title { (t!(seat, "supply-shop-acts")) }
                @if prices {
                    (fold(&t!(seat, "supply-prices-put"), post(seat, site, "prices")
                        .field(Field::area("items", t!(seat, "supply-catalogue"), 8)
                            .hint(t!(seat, "supply-items-hint")).value(catalogue_text(items)))
                        .button(&t!(seat, "save"))))
                }
                @if serves {
                    (fold(&t!(seat, "supply-serves-put"), post(seat, site, "serves")
                        .field(Field::code("community", t!(seat, "supply-community"), false).hint(t!(seat, "supply-community-hint")))
                        .field(Field::number("households", t!(seat, "supply-packs-for")))
                        .button(&t!(seat, "save"))))
                }
            }
        }
    }
}

fn serves_table(seat: &Seat, serves: &[ServesLine]) -> Table {
    let columns = vec![
        Column::new("community", t!(seat, "supply-community")),
        Column::new("households", t!(seat, "supply-packs-for")).numeric(),
        Column::new("why", t!(seat, "case-why")),
        Column::new("since", t!(seat, "supply-since")),
    ];
    let rows = serves.iter().map(|line| {
        let list =
            format!("/supply/households?what=all&community={}&area={}", line.community, line.area);
        vec![
            match seat.may_open("/supply/households") {
                true => Cell::link(&list, line.community.clone()),
                false => Cell::code(line.community.clone()),
            },
            Cell::number(line.serves.households),
            Cell::text(named(seat, "supply-serves-why", line.serves.why.as_str())),
            Cell::time(seat.time(line.serves.since)),
        ]
    });
    Table::new(t!(seat, "supply-serves"), columns)
        .empty(t!(seat, "supply-serves-nobody"))
        .rows(rows.collect::<Vec<_>>())
}

fn moves_table(seat: &Seat, moves: &[MoveLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "supply-at")),
        Column::new("what", t!(seat, "supply-what")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("said", t!(seat, "supply-said")),
        Column::new("actor", t!(seat, "supply-by-whom")),
    ];
    let rows = moves.iter().map(|line| {
        let of = line.good.unwrap_or(Good::Medicine);
        let sign = if line.amount > 0 { "+" } else { "−" };
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "supply-moved", &line.what)),
            Cell::text(words::good(seat, of)),
            Cell::text(format!("{sign}{}", words::amount(seat, of, line.amount.abs()))),
            Cell::text(line.said.clone()).long(),
            Cell::text(line.actor.clone()),
        ]
    });
    Table::new(t!(seat, "supply-moves"), columns)
        .empty(t!(seat, "supply-moves-empty"))
        .rows(rows.collect::<Vec<_>>())
}
