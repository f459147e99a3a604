//! What the supply desk can tell: stocks and how long they last, shops and whom they serve, households and
//! what is due to them. Figures read counters, lists read indexes.

mod homes;
mod shops;
mod stock;
mod unmet;

pub use crate::delivery::views::{
    Whereabouts, batch, batches, batches_by, batches_stale, day, docks, gates, orders_in,
    orders_to_plan, pass, passes, passes_of, volunteers, whereabouts,
};
pub use crate::orders::views::{
    OrderCounts, group, groups, groups_open, order, order_counts, orders, orders_at,
    orders_carried, orders_due, orders_joined, orders_of, orders_owed_at, questions_over,
};
pub use crate::photos::views::{PhotoCounts, photo_counts, photo_sealed, photos, photos_missing};
pub use homes::{
    Asked, Balance, CommunityBalance, HistoryLine, ModeLine, PeopleLine, Renewal, balance,
    by_community, claims, complaint, complaints_of, due, history, household, households,
    households_at, medicines, medicines_taken, modes, need_counts, open_complaints, people,
    renewals, renewals_asked,
};
pub use shops::{
    CommunityLine, Limit, PriceLine, ServesLine, communities, items, limits, over_limit, prices,
    serves, serves_by,
};
pub use stock::{
    Cover, FREE_SHARE, MoveLine, Totals, at, cover, cover_days, donated, expiring, lots, moves,
    open_shipments, shipment, shipments, shipments_by, shipments_to, site, sites, sites_by_code,
    staff, totals, where_lies,
};
pub use unmet::{UnmetLine, alarm_before, entitled, unmet, unmet_counts};

use ledger::by_area;
use store::Row;
use types::UnitId;

fn ids_of(rows: &[Row], column: usize) -> ledger::Result<Vec<UnitId>> {
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(column)?))).collect()
}
