//! The zone in which a household lives: why, until when, and what it is owed.

use maud::{Markup, html};
use zones::checklist::is_met;
use zones::views;

use super::own;
use crate::pages::cases::words::named;
use crate::pages::zones::{words, zone};
use crate::seat::Seat;
use crate::ui::parts;
use crate::{Fault, t};

/// The innermost zone around the own door, or that there is none.
pub async fn panel(seat: &Seat) -> Result<Markup, Fault> {
    let (area, household) = own(seat)?;
    let now = seat.now();
    let mut db = seat.db().await?;
    let Some(line) = registry::views::household(&mut db, area, household).await? else {
        return Ok(html! {});
    };
    let mut over = views::over(&mut db, std::slice::from_ref(&line.place)).await?;
    let found = over.remove(&line.place).and_then(|zones| zones.into_iter().next());
    let Some(zone) = found else {
        return Ok(parts::panel(&t!(seat, "my-zone"), html! { p { (t!(seat, "my-zone-none")) } }));
    };
    let edition = seat.app().protocol().at(now, area).clone();
    let list = views::checklist(&mut db, &edition, &zone, now).await?.unwrap_or_default();
    let names = words::names(&mut db, vec![zone.place.clone()]).await?;
    drop(db);
    let mut rows =
        vec![(t!(seat, "my-zone-where"), html! { (words::place(seat, &names, &zone.place)) })];
    if let Ok(rules) = edition.zones() {
        rows.push((t!(seat, "zone-what-holds"), html! { (zone::holds(seat, zone.level, rules)) }));
    }
    rows.push((
        t!(seat, "my-zone-why"),
        html! {
            (t!(seat, "my-zone-cases", n = zone.infections)) " · "
            (named(seat, "zone-why", zone.why.as_str())) " " (seat.time(zone.since))
        },
    ));
    rows.push((t!(seat, "zone-until"), words::until_cell(seat, &zone).into_markup()));
    rows.push((t!(seat, "my-zone-supply"), html! { (zone.duties.supply()) }));
    rows.push((t!(seat, "my-zone-urgent"), html! { strong { (zone.duties.urgent()) } }));
    rows.push((t!(seat, "zone-basis"), html! { (zone.duties.basis()) }));
    let body = html! {
        p { (words::level(seat, zone.level)) }
        (parts::facts(&rows))
        p { (t!(seat, "my-zone-urgent-first")) }
        @if !list.is_empty() && !is_met(&list) {
            details .disclosure {
                summary { (t!(seat, "my-zone-ends-when")) }
                (words::checklist(seat, &list))
            }
        }
    };
    Ok(parts::panel(&t!(seat, "my-zone"), body))
}
