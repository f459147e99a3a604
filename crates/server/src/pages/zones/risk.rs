//! Risk levels of streets and compounds, by either standard, side by side.

use maud::html;
use protocol::RiskScheme;
use registry::place::area_of;
use types::{Micros, PlaceCode, Span};
use zones::risk::{Judged, RiskLevel, level};
use zones::views;

use super::{READERS, under_board, words};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::Tone;
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// How far back infections are counted: "in all" of the older standard is of one wave of an outbreak.
const BACK: Span = Span::days(120);
/// Days of which a line says how many were found.
const LATELY: Span = Span::days(14);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/risk", READERS, show);
}

/// The two standards: the one in force in spring 2022, and that of the ninth edition of the prevention
/// protocol, each as its edition has it.
fn schemes(seat: &Seat) -> Result<[(&'static str, RiskScheme); 2], Fault> {
    let protocol = seat.app().protocol();
    let area = crate::imports::area_of(seat.scope());
    let at = |text: &str| Micros::parse(text).map_err(Fault::internal);
    let older = protocol.at(at("2022-06-27T00:00:00+08:00")?, area).risk()?.level.value;
    let newer = protocol.at(at("2022-06-29T00:00:00+08:00")?, area).risk()?.level.value;
    Ok([("zone-risk-older", older), ("zone-risk-newer", newer)])
}

async fn show(seat: Seat) -> Answer {
    let now = seat.now();
    let schemes = schemes(&seat)?;
    let mut db = seat.db().await?;
    let streets = views::places_since(&mut db, seat.scope(), now - BACK, Some(9)).await?;
    let compounds = views::places_since(&mut db, seat.scope(), now - BACK, None).await?;
    let named_places = streets.keys().chain(compounds.keys()).cloned();
    let names = words::names(&mut db, named_places.collect()).await?;
    drop(db);
    let csv = Table::wants_csv(&seat);
    let of_streets = table(&seat, &names, t!(seat, "zone-risk-streets"), streets, &schemes);
    if csv {
        return Ok(of_streets.csv("risk-levels").csv_response());
    }
    let of_compounds = table(&seat, &names, t!(seat, "zone-risk-compounds"), compounds, &schemes);
    let rule = |scheme: &RiskScheme| {
        use protocol::RuleValue;
        scheme.text(super::zone::lang(&seat))
    };
    let body = html! {
        dl .facts {
            @for (key, scheme) in &schemes {
                div { dt { (seat.text(key)) } dd { (rule(scheme)) } }
            }
        }
        (of_streets.csv("risk-levels").render(&seat))
        (of_compounds.render(&seat))
    };
    let page =
        Page::new(t!(seat, "nav-zones-risk"), body).lead(html! { (t!(seat, "zone-risk-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

fn cell(seat: &Seat, judged: Judged) -> Cell {
    let tone = match judged.level {
        RiskLevel::High => Tone::Bad,
        RiskLevel::Medium => Tone::Warning,
        RiskLevel::Low => Tone::Good,
    };
    Cell::tag(tone, named(seat, "zone-risk", judged.level.as_str()))
}

fn table(
    seat: &Seat,
    names: &Names,
    title: String,
    found: std::collections::BTreeMap<PlaceCode, Vec<(Micros, i64)>>,
    schemes: &[(&'static str, RiskScheme); 2],
) -> Table {
    let now = seat.now();
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("lately", t!(seat, "zone-risk-lately")).numeric(),
        Column::new("all", t!(seat, "zone-risk-all")).numeric(),
        Column::new("older", t!(seat, "zone-risk-older")),
        Column::new("newer", t!(seat, "zone-risk-newer")),
        Column::new("falls", t!(seat, "zone-risk-falls")),
        Column::new("code", t!(seat, "code")),
    ];
    let mut lines: Vec<(PlaceCode, i64, i64, [Judged; 2])> = found
        .into_iter()
        .map(|(place, found)| {
            let all = found.iter().map(|(_, n)| n).sum();
            let lately = found.iter().filter(|(at, _)| *at + LATELY > now).map(|(_, n)| n).sum();
            let judged = [0, 1].map(|n| level(&schemes[n].1, &found, now));
            (place, lately, all, judged)
        })
        .collect();
    lines
        .sort_by_key(|(place, lately, all, _)| (std::cmp::Reverse((*lately, *all)), place.clone()));
    let opens = seat.may_open("/cases");
    let rows = lines.into_iter().map(|(place, lately, all, judged)| {
        let href = format!("/cases?place={place}&area={}", area_of(&place));
        vec![
            Cell::text(words::place(seat, names, &place)),
            Cell::number(lately),
            if opens { Cell::count(all, &href) } else { Cell::number(all) },
            cell(seat, judged[0]),
            cell(seat, judged[1]),
            judged[1].falls_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::code(place.as_str()),
        ]
    });
    Table::new(title, columns).empty(t!(seat, "zone-risk-none")).rows(rows.collect::<Vec<_>>())
}
