//! The plan: who goes to which ward, proposed for everybody who waits and has no bed.
//!
//! It is computed from the queue and the free beds when somebody asks, and binds nobody: a person accepts
//! all of it, some, or something else with a reason, and that becomes commands. Between the two others may
//! take a bed; then the command is refused, and the next plan knows of it.

use std::collections::HashMap;

use ledger::Result;
use planner::beds::{
    BedPlanner, CareLevel, Change, Explanation, Facility as Site0, FacilityIndex, Patient,
    PatientKey, Pool as Pool0, PoolIndex, Rule, Sex, Site, Urgency, Weights,
};
use protocol::{CarePlace, Protocol};
use registry::identity::Sex as OwnSex;
use registry::positions::{around, positions};
use store::Connection;
use types::{AreaScope, HouseholdId, Micros, Span};

use super::places::board;
use super::{QueueCursor, QueueFilter, queue};
use crate::rows::{Episode, Facility, Ward};
use crate::triage::{Triage, triage};
use crate::words::{Admits, Level, Stage};

/// Most people whom one plan is made for; of more the gravest.
pub const PLANNED: i64 = 30_000;

/// A ward as the plan sees it.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The facility.
    pub facility: Facility,
    /// The ward.
    pub ward: Ward,
    /// How many people the plan sends there.
    pub sent: usize,
}

/// Where one person goes, and why.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who.
    pub episode: Episode,
    /// What the edition says.
    pub goes: Triage,
    /// Which of the plan's pools; nothing is a wait.
    pub pool: Option<usize>,
    /// What the place gives, and which wishes it leaves open.
    pub explanation: Explanation,
}

/// The plan for a scope.
#[derive(Clone, Debug, Default)]
pub struct BedPlan {
    /// Everybody who waits, in the order of the queue.
    pub lines: Vec<Line>,
    /// Those who are to be at home by the edition in force.
    pub at_home: Vec<Episode>,
    /// The wards.
    pub pools: Vec<Pool>,
    /// How many get no bed.
    pub waiting: usize,
    /// Families that are split since no ward has room for all.
    pub split: usize,
    /// When the queue and the beds were as they are in it.
    pub as_of: Option<Micros>,
}

fn level_of(level: Level) -> CareLevel {
    match level {
        Level::Shelter => CareLevel::Shelter,
        Level::Ward => CareLevel::Ward,
        Level::Acute => CareLevel::Acute,
        Level::Intensive => CareLevel::Intensive,
    }
}

fn rule_of(admits: Admits) -> Rule {
    match admits {
        Admits::Anybody => Rule::Anybody,
        Admits::Women => Rule::Women,
        Admits::Men => Rule::Men,
        Admits::Families => Rule::Families,
    }
}

/// Severity on the planner's scale, where from 3 on the reserve may be used: only the critical.
fn urgency_of(episode: &Episode, now: Micros) -> Urgency {
    use cases::Severity;
    let severity = match episode.condition.severity {
        Some(Severity::Critical) => 3,
        Some(Severity::Severe) => 2,
        Some(Severity::Moderate) => 1,
        _ if episode.condition.high_risk => 1,
        _ => 0,
    };
    let due = episode.deadline.unwrap_or(episode.since);
    Urgency::new(severity, (now - due).0.div_euclid(Span::hours(1).0))
}

/// Metres from a point, on a plane that touches the earth there: good to a few percent over a city.
fn site_of((lon, lat): (f64, f64), (lon0, lat0): (f64, f64)) -> Site {
    const METRES_PER_DEGREE: f64 = 111_320.0;
    let east = (lon - lon0) * METRES_PER_DEGREE * lat0.to_radians().cos();
    let north = (lat - lat0) * METRES_PER_DEGREE;
    Site { east: east as i32, north: north as i32 }
}

/// The plan for a scope at a time: those of it who wait, and the wards with room of open facilities that
/// serve all of it.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn plan(
    db: &mut Connection,
    protocol: &Protocol,
    scope: AreaScope,
    now: Micros,
) -> Result<BedPlan> {
    let mut people: Vec<Episode> = Vec::new();
    let filter = QueueFilter { stage: Some(Stage::Waiting), ..QueueFilter::of(scope) };
    let mut after: Option<QueueCursor> = None;
    while (people.len() as i64) < PLANNED {
        let page = queue(db, &filter, after, 5_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(QueueCursor::after(last));
        people.extend(page);
    }
    let boards = board(db, scope).await?;
    let open =
        boards.into_iter().filter(|b| b.facility.is_open(now) && b.facility.serves.covers(scope));
    let (mut facilities, mut pools) = (Vec::new(), Vec::new());
    for board in open {
        let index = facilities.len();
        facilities.push(board.facility.clone());
        for ward in board.wards {
            pools.push((index, Pool { facility: board.facility.clone(), ward, sent: 0 }));
        }
    }
    let places = people.iter().filter_map(|episode| episode.place.as_ref());
    let positions = positions(db, places).await?;
    let of_person = |episode: &Episode| {
        let place = episode.place.as_ref()?;
        around(place).iter().find_map(|code| positions.get(code).copied())
    };
    let origin = facilities
        .iter()
        .find_map(|f| f.at)
        .or_else(|| people.iter().find_map(of_person))
        .unwrap_or((0.0, 0.0));
    let site = |at: Option<(f64, f64)>| site_of(at.unwrap_or(origin), origin);

    let mut out = BedPlan { as_of: Some(now), ..BedPlan::default() };
    let sites = facilities
        .iter()
        .map(|f| Site0 { at: site(f.at), intake: f.intake.and_then(|n| u32::try_from(n).ok()) });
    let planned = pools.iter().map(|(facility, pool)| Pool0 {
        facility: FacilityIndex(*facility as u32),
        level: level_of(pool.ward.level),
        rule: rule_of(pool.ward.admits),
        beds: at_least_none(pool.ward.of(crate::BedState::Free)),
        staffed: at_least_none(pool.ward.staffed() - pool.ward.taken()),
        reserve: at_least_none(pool.ward.reserve),
    });
    let made = BedPlanner::new(sites.collect(), planned.collect(), Weights::default());
    // Every pool was given the facility that it came with.
    let Ok(mut planner) = made else { return Ok(out) };

    let mut families: HashMap<HouseholdId, u32> = HashMap::new();
    let mut lines: Vec<Line> = Vec::new();
    for episode in people {
        let edition = protocol.at(now, episode.area());
        let Ok(goes) = triage(edition, episode.condition) else { continue };
        let Some(level) = goes.level.filter(|_| goes.place != CarePlace::Home) else {
            out.at_home.push(episode);
            continue;
        };
        let key = lines.len() as u32;
        let own = u32::MAX - key;
        let known = families.len() as u32;
        let family = match episode.household {
            Some(household) => *families.entry(household).or_insert(known),
            None => own,
        };
        let patient = Patient {
            key: PatientKey(key),
            family,
            sex: match episode.sex {
                Some(OwnSex::Male) => Sex::Male,
                _ => Sex::Female,
            },
            child: episode.is_child(),
            need: level_of(level),
            urgency: urgency_of(&episode, now),
            at: site(of_person(&episode)),
            promised: None::<PoolIndex>,
        };
        // Keys are places in the list: none comes twice.
        if planner.change(Change::Arrive(patient)).is_ok() {
            lines.push(Line { episode, goes, pool: None, explanation: Explanation::default() });
        }
    }
    let plan = planner.plan();
    for seat in plan.seats {
        let Some(line) = lines.get_mut(seat.patient.0 as usize) else { continue };
        line.pool = seat.pool.map(|pool| pool.0 as usize);
        line.explanation = seat.explanation;
        // Where nobody knows where the one or the other is, a distance is no distance.
        let there = line.pool.and_then(|at| pools.get(at)).and_then(|(_, pool)| pool.facility.at);
        if there.is_none() || of_person(&line.episode).is_none() {
            line.explanation.metres = None;
        }
        if let Some((_, pool)) = line.pool.and_then(|at| pools.get_mut(at)) {
            pool.sent += 1;
        }
    }
    out.waiting = plan.waiting;
    out.split = plan.split + plan.divided;
    out.pools = pools.into_iter().map(|(_, pool)| pool).collect();
    out.lines = lines;
    Ok(out)
}

fn at_least_none(n: i64) -> u32 {
    u32::try_from(n.max(0)).unwrap_or(u32::MAX)
}
