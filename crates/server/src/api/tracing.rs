//! `GET /api/v1/tracing/day` and `GET /api/v1/tracing/chains`: what is due for contacts, and the chains of
//! transmission, for programs. Nobody is named.

use axum::http::StatusCode;
use ledger::Cursor;
use serde::Serialize;
use tracing_desk::chains::Chains;
use tracing_desk::views;
use tracing_desk::{Contact, Task};
use types::{AreaCode, Micros, UnitId};
use utoipa::ToSchema;

use crate::api::{json, paging};
use crate::pages::tracing::{READERS, chain_read, chain_window, day_asked};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most contacts of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/tracing/day", READERS, day);
    routes.get("/api/v1/tracing/chains", READERS, chains).timeout_seconds(60);
}

/// A contact for whom something is due. Times and days are microseconds UTC; a day is its midnight.
#[derive(Serialize, ToSchema)]
pub struct ContactOut {
    /// The contact.
    #[schema(value_type = String)]
    id: UnitId,
    /// The county that follows.
    #[schema(value_type = u32)]
    county: AreaCode,
    /// `close` or `secondary`.
    degree: &'static str,
    /// `quarantined` or `monitoring`.
    stage: &'static str,
    /// Where the person lives or stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The quarantine site.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    /// The room.
    #[serde(skip_serializing_if = "String::is_empty")]
    room: String,
    /// The day on which it is due.
    #[schema(value_type = Option<i64>)]
    due: Option<Micros>,
    /// The day on which it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    until: Option<Micros>,
    /// Fever or a symptom at the last look.
    ill: bool,
    /// No source stands: there is no ground to keep the person.
    unfounded: bool,
}

fn out(of: &Contact, task: Task) -> ContactOut {
    ContactOut {
        id: of.id,
        county: of.county,
        degree: of.degree.as_str(),
        stage: of.stage.as_str(),
        place: of.place.as_ref().map(|place| place.as_str().to_owned()),
        site: of.site.as_ref().map(|site| site.as_str().to_owned()),
        room: of.room.clone(),
        due: of.due(task),
        until: of.release_due,
        ill: of.ill,
        unfounded: of.unfounded,
    }
}

/// A page of what is due.
#[derive(Serialize, ToSchema)]
pub struct DayOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The task: `test`, `check` or `release`.
    task: &'static str,
    /// How many are due on the day itself.
    today: i64,
    /// How many from before.
    overdue: i64,
    /// The contacts, the most overdue first.
    contacts: Vec<ContactOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn day(seat: Seat) -> Answer {
    let (task, community, day) = day_asked(&seat);
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let dues = views::dues(&mut db, seat.scope(), &community, day).await?;
    let which = (task, day, community.as_str());
    let mut found = views::due(&mut db, seat.scope(), which, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more);
    let next = next.and_then(|of| Some(Cursor { at: of.due(task)?, id: of.id }.to_string()));
    let until = dues.get(&task).copied().unwrap_or_default();
    let contacts = found.iter().map(|of| out(of, task)).collect();
    let (today, overdue) = (until.today, until.before);
    json(StatusCode::OK, &DayOut { as_of, task: task.as_str(), today, overdue, contacts, next })
}

/// The chains of the cases of some days.
#[derive(Serialize, ToSchema)]
pub struct ChainsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Nodes with their likely sources, clusters, generations, the distribution of secondary cases and the
    /// serial interval; nothing where the protocol has no serial interval.
    #[schema(value_type = Option<Object>)]
    chains: Option<Chains>,
}

async fn chains(seat: Seat) -> Answer {
    let window = chain_window(&seat);
    let as_of = seat.now();
    let chains = chain_read(&seat, window).await?;
    json(StatusCode::OK, &ChainsOut { as_of, chains })
}
