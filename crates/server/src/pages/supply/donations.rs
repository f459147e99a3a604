//! Donations: what was given, who is to get it by rule and why, and the acceptance of that.

use std::collections::HashMap;

use axum::extract::Path;
use maud::{Markup, html};
use supply::allocate::{Proposed, allocate};
use supply::{Allot, Command, Good, Lot, Measure, Origin, Share, views};
use types::{HolderCode, PlaceCode, Refusal, Span, UnitId};

use super::{DESK, MOST, READERS, carriers, under_board, words};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/donations", READERS, list);
    routes.get("/supply/donations/{lot}", READERS, show);
    routes.post("/supply/donations/{lot}/allot", DESK, accept);
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::donated(&mut db, seat.scope(), MOST).await?;
    // What lies at a shop has been shared; the rest waits for somebody to do it.
    let mut waits: HashMap<UnitId, i64> = HashMap::new();
    for lot in &found {
        let lies = views::where_lies(&mut db, lot.id).await?;
        let waiting = lies.iter().filter(|(site, _)| site.kind() != "shop");
        waits.insert(lot.id, waiting.map(|(_, amount)| amount).sum());
    }
    drop(db);
    let columns = vec![
        Column::new("lot", t!(seat, "supply-lot")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("from", t!(seat, "supply-from-whom")),
        Column::new("waits", t!(seat, "supply-to-share")).numeric(),
        Column::new("left", t!(seat, "supply-left")).numeric(),
        Column::new("expires", t!(seat, "supply-expires")),
        Column::new("at", t!(seat, "supply-since")),
    ];
    let rows = found.iter().map(|lot| {
        vec![
            Cell::link(&path(lot), words::short(lot.id)),
            Cell::text(words::good(&seat, lot.good)),
            Cell::text(lot.from.clone()),
            Cell::text(words::amount(&seat, lot.good, waits.get(&lot.id).copied().unwrap_or(0))),
            Cell::text(words::amount(&seat, lot.good, lot.left)),
            words::due_cell(&seat, Some(lot.expires_at)),
            Cell::time(seat.time(lot.at)),
        ]
    });
    let body = Table::new(t!(seat, "nav-supply-donations"), columns)
        .empty(t!(seat, "supply-donations-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(&seat);
    let page = Page::new(t!(seat, "nav-supply-donations"), body)
        .lead(html! { (t!(seat, "supply-donations-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

fn path(lot: &Lot) -> String {
    format!("/supply/donations/{}", lot.id)
}

async fn read(seat: &Seat, text: &str) -> Result<Lot, Fault> {
    let id = words::unit(text, supply::LOT)?;
    seat.require(id.area())?;
    let mut db = seat.db().await?;
    views::lots(&mut db, &[id]).await?.pop().ok_or_else(|| Fault::not_found(id))
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let lot = read(&seat, &text).await?;
    page(&seat, &lot, None).await
}

/// In how much a good is shared: a kilogram, a tin, a box. What does not fill one goes to the largest share.
fn pack(good: Good) -> i64 {
    match (good, good.measure()) {
        (Good::MilkPowder, _) => 900,
        (_, Measure::Grams) => 1_000,
        (_, Measure::Pieces) => 1,
    }
}

/// Why a community is to get so much, in words.
fn why(seat: &Seat, good: Good, line: &Proposed, people: i64) -> String {
    let rest = t!(seat, "supply-why-weight", people = number(people), days = line.days);
    match line.special {
        0 => rest,
        special => {
            t!(seat, "supply-why-special", amount = words::amount(seat, good, special), rest = rest)
        }
    }
}

async fn page(seat: &Seat, lot: &Lot, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let lies = views::where_lies(&mut db, lot.id).await?;
    let asked = seat.param("site").and_then(|text| HolderCode::parse(&text).ok());
    let here = lies.iter().find(|(code, _)| Some(code) == asked.as_ref()).or(lies.first()).cloned();
    let scope = types::AreaScope::one(lot.id.area());
    let claims = views::claims(&mut db, scope, lot.good, seat.now()).await?;
    let codes: Vec<HolderCode> = lies.iter().map(|(code, _)| code.clone()).collect();
    let sites = words::site_names(seat, &mut db, &codes).await?;
    let places: Vec<PlaceCode> = claims.iter().map(|claim| claim.community.clone()).collect();
    let names = Names::of_places(&mut db, places).await?;
    let vehicles = carriers::vehicles(seat, &mut db, scope).await?;
    drop(db);
    let amount = here.as_ref().map_or(0, |(_, amount)| *amount);
    // Of what was not given, nobody has a share.
    let claims = if lot.origin == Origin::Donated { claims } else { Vec::new() };
    let proposed = allocate(lot.good, amount, pack(lot.good), &claims);
    let people = |community: &PlaceCode| {
        claims.iter().find(|claim| claim.community == *community).map_or(0, |claim| claim.people)
    };
    let told: Vec<(Proposed, String)> = proposed
        .into_iter()
        .map(|line| {
            let why = why(seat, lot.good, &line, people(&line.community));
            (line, why)
        })
        .collect();
    let rows = [
        (t!(seat, "supply-good"), html! { (words::good(seat, lot.good)) " " (lot.what) }),
        (t!(seat, "supply-from-whom"), html! { (lot.from) }),
        (t!(seat, "supply-left"), html! { (words::amount(seat, lot.good, lot.left)) }),
        (t!(seat, "supply-expires"), words::due_cell(seat, Some(lot.expires_at)).into_markup()),
        (
            t!(seat, "supply-where"),
            html! {
                @for (code, amount) in &lies {
                    a href=(words::site_path(code)) { (sites.get(code).map_or(code.as_str(), String::as_str)) }
                    " " (words::amount(seat, lot.good, *amount)) " "
                }
            },
        ),
    ];
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        (proposal(seat, lot, here.as_ref().map(|(code, _)| code), &told, &names, vehicles)?)
    };
    let title = match lot.origin {
        Origin::Donated => t!(seat, "supply-donation"),
        _ => t!(seat, "supply-lot"),
    };
    let page = Page::new(title, body).lead(html! { (t!(seat, "supply-rule")) });
    Ok(seat.render(
        under_board(seat, page)
            .crumb(seat.link("/supply/donations"), t!(seat, "nav-supply-donations")),
    ))
}

/// The proposal, each share with its reason and a field that changes it.
fn proposal(
    seat: &Seat,
    lot: &Lot,
    here: Option<&HolderCode>,
    told: &[(Proposed, String)],
    names: &Names,
    vehicles: Vec<carriers::Choice>,
) -> Result<Markup, Fault> {
    let accepts = DESK.roles().has(seat.grant()?.role) && here.is_some() && !told.is_empty();
    let columns = vec![
        Column::new("community", t!(seat, "supply-community")),
        Column::new("amount", t!(seat, "supply-amount")).numeric(),
        Column::new("why", t!(seat, "case-why")),
    ];
    let rows = told.iter().map(|(line, why)| {
        let name = names.place(seat, &line.community);
        let shown = match accepts {
            true => html! {
                input .input .input--short type="text" inputmode="decimal" autocomplete="off" form="allot"
                    name=(format!("share-{}", line.community)) value=(words::amount_value(lot.good, line.amount))
                    aria-label=(t!(seat, "supply-share-of", place = name.as_str()));
            },
            false => html! { (words::amount(seat, lot.good, line.amount)) },
        };
        vec![
            Cell::words(html! { (name) " " code { (line.community) } }),
            Cell::markup(shown, line.amount.to_string()),
            Cell::text(why.clone()).long(),
        ]
    });
    let table = Table::new(t!(seat, "supply-proposal"), columns)
        .empty(t!(seat, "supply-proposal-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat);
    let Some(site) = here.filter(|_| accepts) else { return Ok(table) };
    let due = input_value(seat.now() + Span::hours(6), seat.app().zone());
    let form = Form::new(seat, format!("{}/allot", path(lot)))
        .hidden(act::ID, &act::fresh())
        .hidden("site", site.as_str())
        .field(
            Field::code("carrier", t!(seat, "supply-carrier"), false)
                .hint(t!(seat, "supply-carrier-hint"))
                .among(vehicles),
        )
        .field(Field::time("due", t!(seat, "supply-due")).value(due))
        .field(
            Field::text("reason", t!(seat, "supply-other-reason"))
                .hint(t!(seat, "supply-other-reason-hint"))
                .optional(),
        )
        .button(&t!(seat, "supply-allot"));
    // The fields in the table are of this form.
    let form = form.into_string().replacen("<form ", "<form id=\"allot\" ", 1);
    Ok(html! { (table) (parts::panel(&t!(seat, "supply-allot"), maud::PreEscaped(form))) })
}

async fn accept(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let lot = read(&seat, &text).await?;
    let site = HolderCode::parse(form.text("site"))?;
    let mut db = seat.db().await?;
    let lies = views::where_lies(&mut db, lot.id).await?;
    let scope = types::AreaScope::one(lot.id.area());
    let claims = views::claims(&mut db, scope, lot.good, seat.now()).await?;
    drop(db);
    let there = lies.iter().find(|(code, _)| *code == site).map_or(0, |(_, amount)| *amount);
    let proposed = allocate(lot.good, there, pack(lot.good), &claims);
    let mut shares = Vec::new();
    let mut changed = false;
    for claim in &claims {
        let name = format!("share-{}", claim.community);
        let text = form.text(&name);
        let Some(amount) = (match text {
            "" => Some(0),
            text => words::read_amount(lot.good, text),
        }) else {
            return page(&seat, &lot, Some(&words::no_amount("amount", text))).await;
        };
        let by_rule = proposed.iter().find(|line| line.community == claim.community);
        changed |= by_rule.map_or(0, |line| line.amount) != amount;
        if amount > 0 {
            let why =
                by_rule.map_or_else(String::new, |line| why(&seat, lot.good, line, claim.people));
            shares.push(Share { community: claim.community.clone(), amount, why });
        }
    }
    let reason = form.text("reason").to_owned();
    if changed && reason.is_empty() {
        let refusal = Refusal::new("departs-from-the-rule");
        return page(&seat, &lot, Some(&refusal)).await;
    }
    let carrier = match HolderCode::parse(form.text("carrier")) {
        Ok(carrier) => carrier,
        Err(wrong) => return page(&seat, &lot, Some(&wrong.into())).await,
    };
    let due = parse_local(form.text("due"), seat.app().zone())?;
    let allot = Allot { lot: lot.id, site, shares, carrier, due, reason };
    match act::send(&seat, lot.id.area(), &form, Command::Allot(allot)).await? {
        Ok(_) => Ok(seat.go("/supply/shipments")),
        Err(refusal) => page(&seat, &lot, Some(&refusal)).await,
    }
}
