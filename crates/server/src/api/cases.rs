//! `GET /api/v1/cases` and `GET /api/v1/cases/{unit}`: the line list for programs. Nobody is named:
//! a case has sex and year of birth, and the id of the person's file where there is one.

use axum::extract::Path;
use axum::http::StatusCode;
use cases::views;
use cases::{Basis, Case, Patch};
use ledger::Cursor;
use serde::Serialize;
use types::{AreaCode, Micros, PersonId, UnitId};
use utoipa::ToSchema;

use crate::api::{json, paging};
use crate::pages::cases::{KEEPERS, list};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most cases of one answer.
const MOST: i64 = 1_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/cases", KEEPERS, many);
    routes.get("/api/v1/cases/{unit}", KEEPERS, one);
}

/// A positive result that a case rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PositiveOut {
    /// The tube.
    #[schema(value_type = String)]
    tube: UnitId,
    /// When the result was released, microseconds UTC.
    #[schema(value_type = i64)]
    at: Micros,
}

/// A high-risk factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskOut {
    /// The protocol's code, or `age` or `bmi`.
    code: String,
    /// Why.
    #[schema(value_type = Object)]
    by: Basis,
}

/// A case as the line list has it. Times are microseconds UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseOut {
    /// The case.
    #[schema(value_type = String)]
    id: UnitId,
    /// Its county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// The person's file in the registry; nothing for somebody who is not registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// `female` or `male`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<&'static str>,
    /// Year of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_year: Option<u16>,
    /// `suspected`, `screen_positive`, `asymptomatic`, `confirmed` or `converted`.
    class: &'static str,
    /// `asymptomatic`, `mild`, `moderate`, `severe` or `critical`; nothing before anybody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// Whether there is a high-risk factor.
    high_risk: bool,
    /// `result`, `hand` or `import`.
    source: &'static str,
    /// When it became known.
    #[schema(value_type = i64)]
    found_at: Micros,
    /// What people entered, by field: `found_in`, `place`, `onset`, `cluster`, `occupation`, `note`.
    #[schema(value_type = Object)]
    fields: Patch,
    /// How often that was changed: an edit names the version that it saw.
    version: i64,
    /// Empty while it goes on, else `discharged`, `released`, `died`, `no_case` or `merged`.
    status: &'static str,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    ended_at: Option<Micros>,
    /// By when it has to be reported on the national network.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    report_due: Option<Micros>,
    /// When it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    reported_at: Option<Micros>,
    /// The record that stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    merged_into: Option<UnitId>,
}

impl From<&Case> for CaseOut {
    fn from(case: &Case) -> CaseOut {
        CaseOut {
            id: case.id,
            area: case.area(),
            person: case.person_area.map(|_| case.person),
            sex: case.sex.map(registry::identity::Sex::as_str),
            birth_year: case.birth_year,
            class: case.class().as_str(),
            severity: case.severity().map(cases::Severity::as_str),
            high_risk: case.is_high_risk(),
            source: case.source.as_str(),
            found_at: case.found_at,
            fields: case.fields.clone(),
            version: case.version,
            status: case.status(),
            ended_at: case.ending.map(|(_, at)| at),
            report_due: case.report_due,
            reported_at: case.reported_at,
            merged_into: case.merged_into,
        }
    }
}

/// A page of the line list.
#[derive(Serialize, ToSchema)]
pub struct CasesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The cases, the latest first.
    cases: Vec<CaseOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One case with why it is what it is.
#[derive(Serialize, ToSchema)]
pub struct CaseWhole {
    /// As in the list.
    #[serde(flatten)]
    case: CaseOut,
    /// The class's rule, edition and evidence.
    #[schema(value_type = Object)]
    class_by: Basis,
    /// The same of the severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    severity_by: Option<Basis>,
    /// High-risk factors, each with its reason.
    risks: Vec<RiskOut>,
    /// Final positive results of tubes of the person's own.
    positives: Vec<PositiveOut>,
    /// Records that were merged into this one.
    #[schema(value_type = Vec<String>)]
    stands_for: Vec<UnitId>,
}

async fn many(seat: Seat) -> Answer {
    let filter = list::filter(&seat)?;
    let (after, limit) = (paging::after(&seat)?, paging::limit(&seat, MOST)?);
    let as_of = seat.now();
    let mut db = seat.db().await?;
    let mut found = views::list(&mut db, &filter, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more);
    let next = next.map(|case| Cursor { at: case.found_at, id: case.id }.to_string());
    json(
        StatusCode::OK,
        &CasesOut { as_of, cases: found.iter().map(CaseOut::from).collect(), next },
    )
}

async fn one(seat: Seat, Path(unit): Path<String>) -> Answer {
    let case = crate::pages::cases::read(&seat, &unit).await?;
    let mut db = seat.db().await?;
    let merged = views::merged(&mut db, case.id).await?;
    let judged = &case.judged;
    let risk = |risk: &cases::RiskFactor| RiskOut { code: risk.code.clone(), by: risk.by.clone() };
    let whole = CaseWhole {
        case: CaseOut::from(&case),
        class_by: judged.class_by.clone(),
        severity_by: judged.severity_by.clone(),
        risks: judged.risks.iter().map(risk).collect(),
        positives: case
            .positives
            .iter()
            .map(|(tube, at)| PositiveOut { tube: *tube, at: *at })
            .collect(),
        stands_for: merged.iter().map(|other| other.id).collect(),
    };
    json(StatusCode::OK, &whole)
}
