//! The desks that this server runs, as one. This file is the only place that names the whole;
//! pages name the desk that they show.

use std::sync::Arc;

use ledger::Committed;
use protocol::Protocol;
use types::AreaScope;

use crate::events::Hub;

pub use desks::{Command, Event, House, State, schemas};

/// The desks under a protocol, telling the hub what changed once it is durable.
pub fn house(protocol: Arc<Protocol>, hub: &Hub) -> House {
    let hub = hub.clone();
    House::new(protocol).watched_by(Arc::new(move |group: &Committed<'_, State>| {
        group.state.cases.touched().for_each(|case| hub.mark(CASES, case.area()));
        group.state.care.touched().for_each(|episode| hub.mark(CARE, episode.area()));
        group.state.care.touched_areas().for_each(|area| hub.mark(CARE, area));
        group.state.transfers.touched_areas().for_each(|area| hub.mark(TRANSFERS, area));
        group.state.transfers.touched_goals().for_each(|area| hub.mark(TRANSFERS, area));
        group.state.command.touched().for_each(|area| hub.mark(COMMAND, area));
        group.state.supply.touched_areas().for_each(|area| hub.mark(SUPPLY, area));
        group.state.tracing.touched().for_each(|area| hub.mark(TRACING, area));
        group.state.zones.touched().for_each(|area| hub.mark(ZONES, area));
        group.state.zero.touched().for_each(|area| hub.mark(ZERO, area));
        // A group may change thousands of units, but only in a few areas.
        let mut last = None;
        for unit in group.units.changed() {
            let area = unit.area();
            if last.replace(area) != Some(area) {
                hub.mark(TESTING, area);
            }
        }
    }))
}

/// The testing desk in topics.
pub const TESTING: &str = "testing";
/// The cases desk in topics.
pub const CASES: &str = "cases";
/// The care desk in topics.
pub const CARE: &str = "care";
/// The transfers desk in topics.
pub const TRANSFERS: &str = "transfers";
/// The command desk in topics.
pub const COMMAND: &str = "command";
/// The tracing desk in topics.
pub const TRACING: &str = "tracing";
/// The zones desk in topics.
pub const ZONES: &str = "zones";
/// The zero desk in topics: a certificate that is withdrawn rings here.
pub const ZERO: &str = "zero";
/// The supply desk in topics.
pub const SUPPLY: &str = "supply";
/// The registry in topics.
pub const REGISTRY: &str = "registry";

/// The desk of a command in topics.
pub fn desk_of(command: &Command) -> &'static str {
    match command {
        Command::Registry(_) => REGISTRY,
        Command::Testing(_) => TESTING,
        Command::Cases(_) => CASES,
        Command::Care(_) => CARE,
        Command::Transfers(_) => TRANSFERS,
        Command::Command(_) => COMMAND,
        Command::Tracing(_) => TRACING,
        Command::Zones(_) => ZONES,
        Command::Zero(_) => ZERO,
        Command::Supply(_) => SUPPLY,
    }
}

/// A topic of the live updates: a desk in a scope of areas, for [`crate::ui::parts::live`].
pub fn topic(desk: &str, scope: AreaScope) -> String {
    debug_assert!(crate::events::is_desk(desk), "{desk:?} is no desk of a topic: it is refused");
    format!("{desk}:{scope}")
}
