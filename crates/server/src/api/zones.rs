//! `GET /api/v1/zones` and its like: what holds where, now or at a past moment, what is proposed, and one zone
//! with what is missing before it is lifted, for programs. Nobody is named.

use axum::extract::Path;
use axum::http::StatusCode;
use serde::Serialize;
use types::{Micros, UnitId};
use utoipa::ToSchema;
use zones::checklist::Criterion;
use zones::propose::Grain;
use zones::{Zone, views};

use crate::api::{json, paging};
use crate::pages::zones::{DECIDERS, READERS, list_read, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most zones of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/zones", READERS, list);
    routes.get("/api/v1/zones/past", READERS, past);
    routes.get("/api/v1/zones/proposals", DECIDERS, proposals).timeout_seconds(60);
    routes.get("/api/v1/zones/{unit}", READERS, one);
}

/// A zone. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
pub struct ZoneOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// Where.
    place: String,
    /// `locked`, `controlled` or `precaution`.
    level: &'static str,
    /// Since when this level holds.
    #[schema(value_type = i64)]
    since: Micros,
    /// When it ends, unless it is renewed.
    #[schema(value_type = i64)]
    until: Micros,
    /// How households get food and medicine.
    supply: String,
    /// Whom they call in an emergency.
    urgent: String,
    /// On what legal basis they are held.
    basis: String,
    /// Households there, when it was made.
    households: i64,
    /// Persons there, when it was made.
    persons: i64,
    /// Cases that are its ground.
    infections: i64,
    /// When the last one was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    last: Option<Micros>,
    /// It rested on cases, and none of them stands.
    unfounded: bool,
    /// `lifted`, `expired` or `absorbed`; nothing while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'static str>,
}

fn out(zone: &Zone) -> ZoneOut {
    ZoneOut {
        id: zone.id,
        place: zone.place.to_string(),
        level: zone.level.as_str(),
        since: zone.since,
        until: zone.duties.until(),
        supply: zone.duties.supply().to_string(),
        urgent: zone.duties.urgent().to_string(),
        basis: zone.duties.basis().to_string(),
        households: zone.households,
        persons: zone.persons,
        infections: zone.infections,
        last: zone.last,
        unfounded: zone.unfounded,
        ended: zone.ended.map(|(how, _)| how.as_str()),
    }
}

/// A page of the zones that stand.
#[derive(Serialize, ToSchema)]
pub struct ZonesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The zones, by place.
    zones: Vec<ZoneOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn list(seat: Seat) -> Answer {
    let wanted = list_read(&seat)?;
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let filter = (wanted.level, wanted.within.as_ref());
    let after = wanted.after.as_ref();
    let mut found = views::standing(&mut db, seat.scope(), filter, after, MOST + 1).await?;
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    let next = found.last().filter(|_| more).map(|zone| zone.place.to_string());
    json(StatusCode::OK, &ZonesOut { as_of, zones: found.iter().map(out).collect(), next })
}

/// A stretch of a zone's life at one level.
#[derive(Serialize, ToSchema)]
pub struct ZoneStretchOut {
    /// The zone.
    #[schema(value_type = String)]
    zone: UnitId,
    /// Where.
    place: String,
    /// `locked`, `controlled` or `precaution`.
    level: &'static str,
    /// From when.
    #[schema(value_type = i64)]
    from: Micros,
    /// Until when; nothing while it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    to: Option<Micros>,
    /// `made`, `raised`, `eased` or `expired`.
    why: &'static str,
}

/// What held at a moment.
#[derive(Serialize, ToSchema)]
pub struct ZonesPastOut {
    /// The moment, microseconds UTC.
    #[schema(value_type = i64)]
    at: Micros,
    /// What held, by place.
    zones: Vec<ZoneStretchOut>,
}

async fn past(seat: Seat) -> Answer {
    let wanted = list_read(&seat)?;
    let at = match seat.param("at") {
        None => seat.now(),
        Some(text) => {
            let at = text.parse().map(Micros);
            at.map_err(|_| paging::wrong("at", &text, "1647820800000000"))?
        }
    };
    let mut db = seat.db().await?;
    let mut found = views::at(&mut db, seat.scope(), wanted.within.as_ref(), at).await?;
    found.retain(|stretch| wanted.level.is_none_or(|level| stretch.level == level));
    let zones = found
        .into_iter()
        .map(|stretch| ZoneStretchOut {
            zone: stretch.zone,
            place: stretch.place.to_string(),
            level: stretch.level.as_str(),
            from: stretch.from,
            to: stretch.to,
            why: stretch.why.as_str(),
        })
        .collect();
    json(StatusCode::OK, &ZonesPastOut { at, zones })
}

/// An area that is proposed as a zone.
#[derive(Serialize, ToSchema)]
pub struct AreaOut {
    /// Where.
    place: String,
    /// `locked`, `controlled` or `precaution`.
    level: &'static str,
    /// `home`, `shared`, `visited`, `around` or `rest`.
    ground: &'static str,
    /// The rule that says so.
    rule: &'static str,
    /// The cases that it rests on, the latest first.
    #[schema(value_type = Vec<String>)]
    cases: Vec<UnitId>,
    /// Households there.
    households: i64,
    /// Persons there.
    persons: i64,
    /// The zone that stands there with a lower level: it is to be raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    raises: Option<UnitId>,
}

/// What the rules in force point to.
#[derive(Serialize, ToSchema)]
pub struct AreasOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The proposals, the strictest first.
    proposals: Vec<AreaOut>,
}

async fn proposals(seat: Seat) -> Answer {
    let as_of = seat.now();
    let grain = match seat.param("grain").as_deref() {
        Some("building") => Grain::Building,
        _ => Grain::Compound,
    };
    let area = crate::imports::area_of(seat.scope());
    let edition = seat.app().protocol().at(as_of, area).clone();
    let mut db = seat.db().await?;
    let found = views::proposals(&mut db, edition.zones()?, seat.scope(), grain, as_of).await?;
    let proposals = found
        .into_iter()
        .map(|(proposal, area)| AreaOut {
            place: proposal.place.to_string(),
            level: proposal.level.as_str(),
            ground: proposal.ground.as_str(),
            rule: proposal.rule,
            cases: proposal.cases.into_iter().map(|(case, _)| case).collect(),
            households: area.households,
            persons: area.persons,
            raises: proposal.raises,
        })
        .collect();
    json(StatusCode::OK, &AreasOut { as_of, proposals })
}

/// One line of a checklist.
#[derive(Serialize, ToSchema)]
pub struct ZoneCriterionOut {
    /// `clean`, `contacts`, `round` or `others`.
    what: &'static str,
    /// Whether it holds.
    met: bool,
    /// From when it holds, where time alone is missing; microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    from: Option<Micros>,
    /// How many are missing.
    missing: i64,
}

fn criterion(of: &Criterion) -> ZoneCriterionOut {
    ZoneCriterionOut { what: of.what.as_str(), met: of.met, from: of.from, missing: of.missing }
}

/// A zone with its grounds and its checklist.
#[derive(Serialize, ToSchema)]
pub struct ZoneWholeOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The zone.
    zone: ZoneOut,
    /// The cases that stand as its grounds.
    #[schema(value_type = Vec<String>)]
    cases: Vec<UnitId>,
    /// What is asked for before it is lifted; nothing of one that has ended.
    checklist: Vec<ZoneCriterionOut>,
}

async fn one(seat: Seat, Path(unit): Path<String>) -> Answer {
    let zone = words::read_zone(&seat, &unit).await?;
    let as_of = seat.now();
    let edition = seat.app().protocol().at(as_of, zone.area()).clone();
    let mut db = seat.db().await?;
    let evidence = views::evidence(&mut db, zone.id).await?;
    let checklist = match zone.stands() {
        true => views::checklist(&mut db, &edition, &zone, as_of).await??,
        false => Vec::new(),
    };
    let cases = evidence.into_iter().filter(|(_, e)| !e.void).map(|(case, _)| case).collect();
    let checklist = checklist.iter().map(criterion).collect();
    json(StatusCode::OK, &ZoneWholeOut { as_of, zone: out(&zone), cases, checklist })
}
