//! What happens at the supply desk when a time is over and nobody has looked: group purchases close, and what was
//! offered instead of something that a shop had not is not taken.
//!
//! What is sent has its name from what is over and when, so that two nodes, or a restart, send one command; and it
//! happened when the time was over, whenever it was noticed.

use std::time::Duration;

use ledger::{Actor, Envelope, Priority};
use supply::{Command, OrderCommand, views};
use types::{AreaScope, CommandId, Micros, Span, UnitId};

use crate::zone_clock::ACTOR;
use crate::{App, Fault, periodic};

/// How often it is looked.
const PACE: Duration = Duration::from_secs(30);
/// Most of each in one look; the others follow with the next.
const MOST: i64 = 500;

/// Looks from time to time.
pub async fn run(app: App) {
    let said = ("orders", "group purchases and questions whose time was over");
    periodic::run(app, PACE, said, look).await;
}

/// Closes what is over; gives how much that was.
///
/// # Errors
/// [`Fault`] when the ledger cannot take it.
pub async fn look(app: &App) -> Result<usize, Fault> {
    let now = app.now();
    let mut db = app.reader().await?;
    let groups = views::groups_open(&mut db, AreaScope::ALL, now, MOST).await?;
    let orders = views::questions_over(&mut db, AreaScope::ALL, now, MOST).await?;
    drop(db);
    let mut over: Vec<Envelope<crate::house::Command>> = groups
        .iter()
        .map(|group| {
            envelope(group.id, group.closes_at, OrderCommand::CloseGroup { group: group.id })
        })
        .collect();
    over.extend(orders.iter().filter_map(|order| {
        let until = order.question.as_ref()?.until;
        Some(envelope(order.id, until, OrderCommand::Lapse { orders: vec![order.id] }))
    }));
    if over.is_empty() {
        return Ok(0);
    }
    Ok(app.submit(Priority::Normal, over).await?.len())
}

fn envelope(of: UnitId, at: Micros, command: OrderCommand) -> Envelope<crate::house::Command> {
    let id = UnitId::derived(of.kind(), of.area(), &[b"over", &of.bytes(), &at.0.to_be_bytes()]);
    Envelope {
        id: CommandId::from_bytes(id.bytes()),
        area: of.area(),
        event_time: at,
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: ACTOR.to_owned(), holder: None },
        command: Command::Order(Box::new(command)).into(),
    }
}
