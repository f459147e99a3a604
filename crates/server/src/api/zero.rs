//! `GET /api/v1/zero`, `/api/v1/zero/{place}`, `/api/v1/zero-certificates` and
//! `/api/v1/public/zero/{number}`: community zero for programs.

use axum::extract::Path;
use axum::http::StatusCode;
use ledger::Cursor;
use serde::Serialize;
use types::{AreaScope, CommandId, Micros};
use utoipa::ToSchema;
use zero::{Certificate, Claim, Document, Item, views};

use crate::Fault;
use crate::access::Policy;
use crate::api::{json, paging};
use crate::pages::zero::{Line, READERS, Shown, lines, read_claim};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most certificates of one answer.
const MOST: i64 = 200;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/zero", READERS, many);
    routes.get("/api/v1/zero/{place}", READERS, one);
    routes.get("/api/v1/zero-certificates", READERS, certificates);
    routes.get("/api/v1/public/zero/{number}", Policy::Public, verify);
}

/// Something that is looked at.
#[derive(Serialize, ToSchema)]
pub struct ItemOut {
    /// `infections`, `untold`, `rounds`, `coverage`, `fresh`, `blind`, `tubes`, `pools`, `queue`, `contacts`,
    /// `sweeps`, `unswept`, `strays`, `signals` or `sure`.
    what: &'static str,
    /// The number; shares per 10,000.
    number: i64,
    /// What it may be at most, or has to be at least.
    limit: i64,
    /// Whether the limit is a least one.
    at_least: bool,
    /// Whether it is met.
    passes: bool,
}

impl From<&Item> for ItemOut {
    fn from(item: &Item) -> ItemOut {
        ItemOut {
            what: item.what.as_str(),
            number: item.number,
            limit: item.limit,
            at_least: item.what.at_least(),
            passes: item.passes,
        }
    }
}

/// How far an area has come. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
pub struct ClaimOut {
    /// 2, 4, 6 or 9 digits.
    ground: String,
    /// `zero`, `basic` or `none`.
    level: &'static str,
    /// Since when nobody more than the rule allows was found in the community.
    #[schema(value_type = i64)]
    since: Micros,
    /// The probability that no chain runs on unseen.
    none_left: f64,
    /// What was looked at.
    items: Vec<ItemOut>,
}

impl ClaimOut {
    fn of(ground: &zero::Ground, claim: &Claim) -> ClaimOut {
        ClaimOut {
            ground: ground.to_string(),
            level: claim.level.as_str(),
            since: claim.since,
            none_left: claim.none_left,
            items: claim.items.iter().map(ItemOut::from).collect(),
        }
    }
}

/// How far areas have come.
#[derive(Serialize, ToSchema)]
pub struct ClaimsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The whole; nothing where all areas are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<ClaimOut>,
    /// Its counties, or of one county its streets.
    areas: Vec<ClaimOut>,
}

async fn many(seat: Seat) -> Answer {
    let as_of = seat.now();
    let (whole, parts) = lines(&seat, seat.scope()).await?;
    let out = |line: &Line| ClaimOut::of(&line.ground, &line.claim);
    let (whole, areas) = (whole.as_ref().map(out), parts.iter().map(out).collect());
    json(StatusCode::OK, &ClaimsOut { as_of, whole, areas })
}

/// One area, with the rule.
#[derive(Serialize, ToSchema)]
pub struct EvidenceOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The rule of zero: `zero.sh`.
    rule: String,
    /// The edition that has it.
    edition: String,
    /// Whether the command judges: what is not met may be answered for by a reason.
    judged: bool,
    /// What can be said.
    claim: ClaimOut,
}

async fn one(seat: Seat, Path(place): Path<String>) -> Answer {
    let as_of = seat.now();
    let Shown { ground, criteria, claim, .. } = read_claim(&seat, &place).await?;
    json(
        StatusCode::OK,
        &EvidenceOut {
            as_of,
            rule: criteria.said.rule.clone(),
            edition: criteria.said.edition.clone(),
            judged: criteria.judged,
            claim: ClaimOut::of(&ground, &claim),
        },
    )
}

/// A certificate: what was signed, and how it stands. Times are microseconds UTC.
#[derive(Serialize, ToSchema)]
pub struct CertificateOut {
    /// Its id.
    #[schema(value_type = String)]
    id: CommandId,
    /// Its number, as printed.
    number: String,
    /// `zero` or `basic`.
    degree: &'static str,
    /// `valid`, `ended` or `withdrawn`.
    standing: &'static str,
    /// SHA-256 over the JSON of `document`, in hexadecimal digits.
    mark: String,
    /// Whether the document that is kept has that mark.
    genuine: bool,
    /// When it was withdrawn: when that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    withdrawn_at: Option<Micros>,
    /// `contradicted`, `broken`, `pool`, `signal` or `hand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// What was signed.
    #[schema(value_type = Object)]
    document: Document,
}

impl CertificateOut {
    /// A certificate as it stands at a time.
    pub fn of(certificate: &Certificate, now: Micros) -> CertificateOut {
        CertificateOut {
            id: certificate.id,
            number: certificate.document.number(),
            degree: certificate.document.degree.as_str(),
            standing: certificate.standing(now).as_str(),
            mark: certificate.digest.clone(),
            genuine: certificate.is_genuine(),
            withdrawn_at: certificate.withdrawn.as_ref().map(|how| how.recorded_at),
            cause: certificate.withdrawn.as_ref().map(|how| how.cause.as_str()),
            document: certificate.document.clone(),
        }
    }
}

/// Certificates, the latest first.
#[derive(Serialize, ToSchema)]
pub struct CertificatesOut {
    /// The certificates.
    certificates: Vec<CertificateOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn certificates(seat: Seat) -> Answer {
    let after = paging::after(&seat)?;
    let withdrawn = seat.param("withdrawn").is_some();
    let scope: AreaScope = seat.scope();
    let mut db = seat.db().await?;
    let mut found = views::certificates(&mut db, scope, withdrawn, after, MOST + 1).await?;
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    let next = found.last().filter(|_| more);
    let next = next.map(|c| Cursor { at: c.document.as_of, id: c.id }.to_string());
    let certificates = found.iter().map(|c| CertificateOut::of(c, seat.now())).collect();
    json(StatusCode::OK, &CertificatesOut { certificates, next })
}

/// What everybody may know of a certificate: a few people of one street may be known by a number. Times are
/// microseconds UTC.
#[derive(Serialize, ToSchema)]
pub struct VerifyOut {
    /// Its number, as printed.
    number: String,
    /// 2, 4, 6 or 9 digits.
    ground: String,
    /// `zero`, or `basic` where a few are found every day, fewer than the rule says.
    degree: &'static str,
    /// `valid`, `ended` or `withdrawn`.
    standing: &'static str,
    /// SHA-256 over the JSON of the document that was signed, in hexadecimal digits.
    mark: String,
    /// Whether the document that is kept has that mark.
    genuine: bool,
    /// Since when nobody more than the rule allows was found in the community.
    #[schema(value_type = i64)]
    since: Micros,
    /// When it was signed, by what was known then.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Until when it holds, unless it is withdrawn before.
    #[schema(value_type = i64)]
    until: Micros,
    /// Who signed it.
    signed_by: String,
    /// When it was withdrawn: when that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    withdrawn_at: Option<Micros>,
    /// `contradicted`, `broken`, `pool`, `signal` or `hand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
}

async fn verify(seat: Seat, Path(number): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::by_number(&mut db, &number).await?;
    let certificate = found.ok_or_else(|| Fault::not_found(&number))?;
    let document = &certificate.document;
    json(
        StatusCode::OK,
        &VerifyOut {
            number: document.number(),
            ground: document.ground.to_string(),
            degree: document.degree.as_str(),
            standing: certificate.standing(seat.now()).as_str(),
            mark: certificate.digest.clone(),
            genuine: certificate.is_genuine(),
            since: document.since,
            as_of: document.as_of,
            until: document.until,
            signed_by: document.signed_by.clone(),
            withdrawn_at: certificate.withdrawn.as_ref().map(|how| how.recorded_at),
            cause: certificate.withdrawn.as_ref().map(|how| how.cause.as_str()),
        },
    )
}
