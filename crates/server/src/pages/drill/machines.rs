//! What the machines of a laboratory show to the person who has taken it over: in a real laboratory
//! that stands on a screen beside the plate. The file can be sent in as it is.

use maud::html;
use types::HolderCode;

use super::drill;
use crate::access::{Policy, Role};
use crate::rehearsal::Well;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};

/// The address.
const MACHINES: &str = "/drill/machines";

/// Whoever works in a laboratory, and who runs the drill.
const READERS: Policy = Policy::any_of([Role::Laboratory, Role::Commander, Role::Admin]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get(MACHINES, READERS, machines);
    routes.nav(Group::Overview, MACHINES, "nav-machines");
}

async fn machines(seat: Seat) -> Answer {
    let drill = drill(&seat)?;
    let taken = drill.state().taken;
    let own: Vec<HolderCode> =
        seat.actor()?.grants.iter().filter_map(|g| g.holder.clone()).collect();
    // Whoever works for one laboratory sees its machines, and nobody else's.
    let may = |lab: &&HolderCode| lab.kind() == "lab" && (own.is_empty() || own.contains(lab));
    let wells: Vec<Well> = taken.iter().filter(may).flat_map(|lab| drill.machine(lab)).collect();
    // The heads are names that the laboratory feed knows, in either language.
    let columns = vec![
        Column::new("tube", t!(seat, "drill-well-tube")),
        Column::new("plate", t!(seat, "drill-well-plate")),
        Column::new("well", t!(seat, "drill-well-well")),
        Column::new("ct_n", t!(seat, "drill-well-n")),
        Column::new("ct_orf1ab", t!(seat, "drill-well-orf1ab")),
        Column::new("ct_ic", t!(seat, "drill-well-control")),
        Column::new("tested_at", t!(seat, "drill-well-time")),
    ];
    let ct = |value: Option<f64>| value.map_or_else(Cell::none, |v| Cell::text(format!("{v:.2}")));
    let table = Table::new(t!(seat, "drill-machines"), columns)
        .empty(t!(seat, "drill-machines-empty"))
        .csv("machine")
        .total(wells.len() as i64)
        .rows(wells.iter().map(|w| {
            vec![
                Cell::code(w.tube.to_string()),
                Cell::text(w.plate.as_str()),
                Cell::text(w.well.as_str()),
                ct(w.ct_n),
                ct(w.ct_orf1ab),
                ct(w.ct_control),
                Cell::time(seat.time(w.at)),
            ]
        }));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let body = html! {
        (table.render(&seat))
        p { (parts::button_link(&seat.link("/testing/feed/upload"), &t!(seat, "drill-machines-send"), false)) }
    };
    let page = Page::new(t!(seat, "drill-machines"), body)
        .lead(html! { (t!(seat, "drill-machines-lead")) });
    Ok(seat.render(page))
}
