//! `GET /api/v1/tracing/investigations` and `GET /api/v1/tracing/contacts`: what the tracing desk works through,
//! for programs. Nobody is named: a person is the id of the file.

use axum::http::StatusCode;
use ledger::Cursor;
use serde::Serialize;
use tracing_desk::views::{self, DueFilter};
use tracing_desk::{Contact, Degree, Investigation, Progress, Stage};
use types::{AreaCode, HolderCode, Micros, PersonId, UnitId};
use utoipa::ToSchema;

use crate::api::{json, paging};
use crate::pages::tracing::READERS;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most lines of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/tracing/investigations", READERS, investigations);
    routes.get("/api/v1/tracing/contacts", READERS, contacts);
}

/// An investigation that goes on. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
pub struct InvestigationOut {
    /// The investigation.
    #[schema(value_type = String)]
    id: UnitId,
    /// Its case.
    #[schema(value_type = String)]
    case: UnitId,
    /// Whose case.
    #[schema(value_type = String)]
    person: PersonId,
    /// `opened`, `on_site` or `core`.
    progress: &'static str,
    /// Since when the case is known.
    #[schema(value_type = i64)]
    since: Micros,
    /// The first symptom or the first positive sample, from which the look-back counts.
    #[schema(value_type = i64)]
    anchor: Micros,
    /// By when the next thing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    due: Option<Micros>,
    /// Who has taken it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    team: Option<HolderCode>,
    /// Contacts named so far.
    contacts: i64,
}

impl From<&Investigation> for InvestigationOut {
    fn from(of: &Investigation) -> InvestigationOut {
        InvestigationOut {
            id: of.id,
            case: of.case,
            person: of.person,
            progress: of.progress.as_str(),
            since: of.since,
            anchor: of.anchor,
            due: of.due(),
            team: of.team.clone(),
            contacts: of.contacts,
        }
    }
}

/// A page of investigations.
#[derive(Serialize, ToSchema)]
pub struct InvestigationsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Those that go on, the one whose clock runs out first first.
    investigations: Vec<InvestigationOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn investigations(seat: Seat) -> Answer {
    let progress = match seat.param("progress") {
        None => None,
        Some(text) => {
            let progress = Progress::parse(&text).filter(|progress| progress.is_open());
            let wanted = "opened, on_site, core";
            Some(progress.ok_or_else(|| paging::wrong("progress", &text, wanted))?)
        }
    };
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let as_of = seat.now();
    let filter = DueFilter { scope: seat.scope(), progress };
    let mut db = seat.db().await?;
    let mut found = views::urgent(&mut db, filter, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let mark = |of: &Investigation| Cursor { at: of.due().unwrap_or(Micros::MAX), id: of.id };
    let next = found.last().filter(|_| more).map(|of| mark(of).to_string());
    let investigations = found.iter().map(InvestigationOut::from).collect();
    json(StatusCode::OK, &InvestigationsOut { as_of, investigations, next })
}

/// A contact. Times and days are microseconds UTC; a day is its midnight.
#[derive(Serialize, ToSchema)]
pub struct FollowUpOut {
    /// The contact.
    #[schema(value_type = String)]
    id: UnitId,
    /// The county that follows.
    #[schema(value_type = u32)]
    county: AreaCode,
    /// Whose follow-up.
    #[schema(value_type = String)]
    person: PersonId,
    /// `close` or `secondary`.
    degree: &'static str,
    /// As asked for.
    stage: &'static str,
    /// Since when the person stands there.
    #[schema(value_type = i64)]
    since: Micros,
    /// The last meeting.
    #[schema(value_type = i64)]
    last: Micros,
    /// By when the person is to be where they are kept apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    deadline: Option<Micros>,
    /// The quarantine site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    site: Option<HolderCode>,
    /// The day on which it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    until: Option<Micros>,
    /// No source stands: there is no ground to keep the person.
    unfounded: bool,
}

impl From<&Contact> for FollowUpOut {
    fn from(of: &Contact) -> FollowUpOut {
        FollowUpOut {
            id: of.id,
            county: of.county,
            person: of.person,
            degree: of.degree.as_str(),
            stage: of.stage.as_str(),
            since: of.since,
            last: of.last,
            deadline: of.deadline,
            site: of.site.clone(),
            until: of.release_due,
            unfounded: of.unfounded,
        }
    }
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub struct FollowUpsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The contacts, those first who are in the stage for the longest.
    contacts: Vec<FollowUpOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn contacts(seat: Seat) -> Answer {
    let stage = match seat.param("stage") {
        None => Stage::Identified,
        Some(text) => {
            Stage::parse(&text).ok_or_else(|| paging::wrong("stage", &text, "identified"))?
        }
    };
    let degree = seat.param("degree").and_then(|text| Degree::parse(&text));
    let community = seat.param("community").unwrap_or_default();
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let as_of = seat.now();
    let street = seat.param("street").unwrap_or_default();
    let which = (stage, degree, (community.as_str(), street.as_str()));
    let mut db = seat.db().await?;
    let mut found = views::in_stage(&mut db, seat.scope(), which, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let mark = |of: &Contact| Cursor { at: of.since, id: of.id }.to_string();
    let next = found.last().filter(|_| more).map(mark);
    let contacts = found.iter().map(FollowUpOut::from).collect();
    json(StatusCode::OK, &FollowUpsOut { as_of, contacts, next })
}
