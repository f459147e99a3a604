//! Zones whose time is over fall to the next lower level by themselves: a restriction that nobody renews does
//! not go on because nobody looked.
//!
//! What is sent has its name from the zone and its end, so that two nodes, or a restart, send one command; and
//! it happened when the time was over, whenever it was noticed.

use std::time::Duration;

use ledger::{Actor, Envelope, Priority};
use types::{AreaScope, CommandId, Span, UnitId};
use zones::{Command, Zone, views};

use crate::{App, Fault, periodic};

/// How often it is looked.
const PACE: Duration = Duration::from_secs(30);
/// Most zones of one look; the others follow with the next.
const MOST: i64 = 500;
/// Who the journal says did it.
pub const ACTOR: &str = "clock";

/// Looks from time to time.
pub async fn run(app: App) {
    periodic::run(app, PACE, ("zones", "zones whose time was over were lowered"), lower).await;
}

/// Lowers the zones whose time is over; gives how many these were.
///
/// # Errors
/// [`Fault`] when the ledger cannot take it.
pub async fn lower(app: &App) -> Result<usize, Fault> {
    let mut db = app.reader().await?;
    let over = views::ending(&mut db, AreaScope::ALL, app.now(), MOST).await?;
    drop(db);
    if over.is_empty() {
        return Ok(0);
    }
    let envelopes = over.iter().map(envelope).collect();
    Ok(app.submit(Priority::Normal, envelopes).await?.len())
}

fn envelope(zone: &Zone) -> Envelope<crate::house::Command> {
    let until = zone.duties.until();
    let id = UnitId::derived(
        zones::ZONE,
        zone.area(),
        &[b"expire", &zone.id.bytes(), &until.0.to_be_bytes()],
    );
    Envelope {
        id: CommandId::from_bytes(id.bytes()),
        area: zone.area(),
        event_time: until,
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: ACTOR.to_owned(), holder: None },
        command: Command::Expire { zones: vec![zone.id] }.into(),
    }
}
