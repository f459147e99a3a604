//! What the supply desk can tell: stocks and how long they last, shops and whom they serve, households and
//! what is due to them. Figures read counters, lists read indexes.

mod homes;
mod shops;
mod stock;

pub use homes::{
    Balance, CommunityBalance, HistoryLine, ModeLine, PeopleLine, Renewal, balance, by_community,
    claims, complaint, complaints_of, due, history, household, households, households_at,
    medicines, modes, need_counts, open_complaints, people, renewals,
};
pub use shops::{
    CommunityLine, Limit, PriceLine, ServesLine, communities, items, limits, prices, serves,
    serves_by,
};
pub use stock::{
    Cover, FREE_SHARE, MoveLine, Totals, at, cover, cover_days, donated, expiring, lots, moves,
    open_shipments, shipment, shipments, shipments_by, shipments_to, site, sites, sites_by_code,
    totals, where_lies,
};

use ledger::by_area;
use store::Row;
use types::UnitId;

fn ids_of(rows: &[Row], column: usize) -> ledger::Result<Vec<UnitId>> {
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(column)?))).collect()
}
