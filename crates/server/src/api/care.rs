//! `/api/v1/care`: who waits for a bed, the plan, and what a facility has to do, for programs. Nobody is named:
//! an episode has the id of the person's file. What is done is sent as commands.

use std::collections::HashMap;

use axum::extract::Path;
use axum::http::StatusCode;
use care::views::{self, QueueCursor, QueueFilter};
use care::{BedState, Episode, Stage};
use serde::Serialize;
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, Refusal, UnitId};
use utoipa::ToSchema;

use crate::api::json;
use crate::pages::care::{DISPATCHERS, READERS, VISITORS, plan as plan_page, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most people of one page of the queue.
const MOST: i64 = 1_000;
/// Most people of one facility.
const IN_FACILITY: i64 = 20_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/care/queue", READERS, queue);
    routes.get("/api/v1/care/home-over", READERS, home_over);
    routes.get("/api/v1/care/plan", DISPATCHERS, plan).timeout_seconds(60);
    routes.get("/api/v1/care/facilities/{holder}", VISITORS, facility);
}

/// A bed that somebody lies in or that is held.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareBed)]
pub struct BedOut {
    /// The bed.
    #[schema(value_type = String)]
    bed: UnitId,
    /// The facility.
    #[schema(value_type = String)]
    facility: HolderCode,
    /// The ward.
    ward: String,
    /// Since when it is held.
    #[schema(value_type = i64)]
    held_at: Micros,
    /// Since when the person lies in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    admitted_at: Option<Micros>,
}

impl From<&care::InBed> for BedOut {
    fn from(bed: &care::InBed) -> BedOut {
        BedOut {
            bed: bed.bed,
            facility: bed.facility.clone(),
            ward: bed.ward.clone(),
            held_at: bed.held_at,
            admitted_at: bed.admitted_at,
        }
    }
}

/// An episode of care. Times are microseconds UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareEpisode)]
pub struct EpisodeOut {
    /// The episode.
    #[schema(value_type = String)]
    id: UnitId,
    /// The county of the case: commands about somebody who is in no facility are sent under it.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// The case.
    #[schema(value_type = String)]
    case: UnitId,
    /// Whose.
    #[schema(value_type = String)]
    person: PersonId,
    /// With whom the person lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    household: Option<HouseholdId>,
    /// `waiting`, `assigned`, `moving`, `in_care`, `home` or `closed`.
    stage: &'static str,
    /// Since when the case is known: from then the wait counts.
    #[schema(value_type = i64)]
    since: Micros,
    /// By when the person is to be in care.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    deadline: Option<Micros>,
    /// The class.
    class: &'static str,
    /// How ill; nothing before anybody has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// Whether a high-risk factor is known.
    high_risk: bool,
    /// The bed that the person lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    lies: Option<BedOut>,
    /// The bed that is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<BedOut>,
    /// When somebody last looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    seen_at: Option<Micros>,
}

impl From<&Episode> for EpisodeOut {
    fn from(e: &Episode) -> EpisodeOut {
        EpisodeOut {
            id: e.id,
            area: e.area(),
            case: e.case,
            person: e.person,
            household: e.household,
            stage: e.stage.as_str(),
            since: e.since,
            deadline: e.deadline,
            class: e.class.as_str(),
            severity: e.condition.severity.map(|severity| severity.as_str()),
            high_risk: e.condition.high_risk,
            lies: e.lies.as_ref().map(BedOut::from),
            held: e.held.as_ref().map(BedOut::from),
            seen_at: e.seen_at,
        }
    }
}

/// A page of the queue, the gravest first, of the equally grave those who wait the longest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareQueue)]
pub struct QueueOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Who.
    episodes: Vec<EpisodeOut>,
    /// `after` of the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Where the plan sends somebody: send it as `{"care": {"assign": …}}` under `area`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareProposal)]
pub struct ProposalOut {
    /// The county under which it is sent.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// Who.
    #[schema(value_type = String)]
    episode: UnitId,
    /// To which facility.
    #[schema(value_type = String)]
    facility: HolderCode,
    /// To which of its wards.
    ward: String,
    /// Why, in words.
    plan: String,
}

/// Somebody to whom the plan gives no bed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareLeft)]
pub struct LeftOut {
    /// Who.
    #[schema(value_type = String)]
    episode: UnitId,
    /// What stands against it, in words.
    why: String,
}

/// The plan of this moment. It binds nobody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CarePlan)]
pub struct PlanOut {
    /// When queue and beds were as they are in it, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Who goes where.
    assign: Vec<ProposalOut>,
    /// Who waits on.
    left: Vec<LeftOut>,
    /// Who is to be at home by the edition in force.
    at_home: Vec<EpisodeOut>,
    /// Families that no ward has room for together.
    split: usize,
}

/// Somebody in a bed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CarePatient)]
pub struct PatientOut {
    /// The episode.
    #[serde(flatten)]
    episode: EpisodeOut,
    /// Since when the criteria of release are met; nothing while they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    may_leave_since: Option<Micros>,
}

/// A bed that is to be disinfected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareDirtyBed)]
pub struct DirtyOut {
    /// The bed.
    #[schema(value_type = String)]
    bed: UnitId,
    /// Its ward.
    ward: String,
    /// By when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    due: Option<Micros>,
}

/// A ward with its counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareWard)]
pub struct WardOut {
    /// Its code.
    ward: String,
    /// The care that it gives.
    level: &'static str,
    /// Beds that the facility says it has.
    claimed: i64,
    /// Beds for which there is staff.
    staffed: i64,
    /// The lesser of staffed and set up.
    usable: i64,
    /// Of them, occupied.
    occupied: i64,
    /// Of them, held for somebody.
    held: i64,
}

/// What a facility has to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareFacility)]
pub struct FacilityOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The county under which its commands are sent.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// Whether it takes people in now.
    open: bool,
    /// Its wards.
    wards: Vec<WardOut>,
    /// Who lies there.
    patients: Vec<PatientOut>,
    /// For whom it holds beds.
    coming: Vec<EpisodeOut>,
    /// Beds to be disinfected.
    dirty: Vec<DirtyOut>,
}

/// Most people of one page of those at home.
const AT_HOME: i64 = 1_000;

/// A page of those whose time at home is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareHomeOver)]
pub struct HomeOverOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Who, the longest first: `{"care": {"finish_home": …}}` lets them go, under `area`.
    episodes: Vec<EpisodeOut>,
    /// `after` of the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn home_over(seat: Seat) -> Answer {
    let after = crate::api::paging::after(&seat)?;
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let mut found =
        views::home_over(&mut db, seat.scope(), None, as_of, after, AT_HOME + 1).await?;
    let more = found.len() as i64 > AT_HOME;
    found.truncate(AT_HOME as usize);
    let mark = |e: &Episode| {
        let at = e.home.and_then(|(_, until)| until)?;
        Some(ledger::Cursor { at, id: e.id }.to_string())
    };
    let next = found.last().filter(|_| more).and_then(mark);
    let episodes = found.iter().map(EpisodeOut::from).collect();
    json(StatusCode::OK, &HomeOverOut { as_of, episodes, next })
}

async fn queue(seat: Seat) -> Answer {
    let stage = match seat.param("stage") {
        None => None,
        Some(text) => {
            let stage = Stage::parse(&text).filter(|stage| stage.is_queued());
            Some(stage.ok_or_else(|| {
                Refusal::new("malformed-field")
                    .with("field", "stage")
                    .with("text", &text)
                    .with("wanted", "waiting, assigned, moving")
            })?)
        }
    };
    let after = seat.param("after").and_then(|text| QueueCursor::parse(&text));
    let filter = QueueFilter { stage, ..QueueFilter::of(seat.scope()) };
    let mut db = seat.db().await?;
    let mut found = views::queue(&mut db, &filter, after, MOST + 1).await?;
    let next = crate::ui::table::cut(&mut found, MOST, |episode| {
        Some(QueueCursor::after(episode).to_string())
    });
    let episodes = found.iter().map(EpisodeOut::from).collect();
    json(StatusCode::OK, &QueueOut { as_of: seat.now(), episodes, next })
}

async fn plan(seat: Seat) -> Answer {
    let plan = plan_page::made(&seat).await?;
    let (mut assign, mut left) = (Vec::new(), Vec::new());
    for line in &plan.lines {
        let why: String = plan_page::why(&seat, &plan, line).chars().take(400).collect();
        match line.pool.and_then(|at| plan.pools.get(at)) {
            Some(pool) => assign.push(ProposalOut {
                area: line.episode.area(),
                episode: line.episode.id,
                facility: pool.facility.code.clone(),
                ward: pool.ward.code.clone(),
                plan: why,
            }),
            None => left.push(LeftOut { episode: line.episode.id, why }),
        }
    }
    let at_home = plan.at_home.iter().map(EpisodeOut::from).collect();
    let out = PlanOut { as_of: seat.now(), assign, left, at_home, split: plan.split };
    json(StatusCode::OK, &out)
}

async fn facility(seat: Seat, Path(holder): Path<String>) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let edition = seat.app().protocol().at(seat.now(), of.area).clone();
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    let people = views::in_facility(&mut db, &of.code, None, IN_FACILITY).await?;
    let lines = views::release_list(&mut db, &edition, &people, seat.now()).await?;
    let leave: HashMap<UnitId, Micros> = lines
        .iter()
        .filter(|line| line.verdict.is_met())
        .filter_map(|line| Some((line.episode.id, line.verdict.since()?)))
        .collect();
    let coming = views::coming(&mut db, &of.code, IN_FACILITY).await?;
    let mut dirty = Vec::new();
    for ward in wards.iter().filter(|ward| ward.of(BedState::Dirty) > 0) {
        let beds = views::ward_beds(&mut db, &of.code, &ward.code).await?;
        dirty.extend(
            beds.into_iter().filter(|bed| bed.state == BedState::Dirty).map(|bed| DirtyOut {
                bed: bed.id,
                ward: bed.ward,
                due: bed.due,
            }),
        );
    }
    let ward = |ward: &care::Ward| WardOut {
        ward: ward.code.clone(),
        level: ward.level.as_str(),
        claimed: ward.claimed,
        staffed: ward.staffed(),
        usable: ward.usable(),
        occupied: ward.of(BedState::Occupied),
        held: ward.of(BedState::Held),
    };
    let out = FacilityOut {
        as_of: seat.now(),
        area: of.area,
        open: of.is_open(seat.now()),
        wards: wards.iter().map(ward).collect(),
        patients: people
            .iter()
            .map(|episode| PatientOut {
                episode: episode.into(),
                may_leave_since: leave.get(&episode.id).copied(),
            })
            .collect(),
        coming: coming.iter().map(EpisodeOut::from).collect(),
        dirty,
    };
    json(StatusCode::OK, &out)
}
