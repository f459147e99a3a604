//! `POST /api/v1/lab-results`: results from laboratories without an MLLP line, as one HL7 message
//! or as a CSV file.

use axum::RequestExt;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use hl7::ack::AckCode;
use serde::Serialize;
use types::{HolderCode, Refusal};
use utoipa::ToSchema;

use crate::access::{Policy, Role};
use crate::api::commands::RefusalOut;
use crate::api::{bytes_of, json};
use crate::feed::file::{self, Stored, Upload};
use crate::feed::intake::{Carrier, receive};
use crate::feed::item::{Item, ItemState};
use crate::feed::laboratory::{LAB, Laboratory};
use crate::feed::message::{Channel, Message, State as FileState};
use crate::feed::{MESSAGE_BYTES, MessageId};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::{App, Fault};

/// The content type of an HL7 v2 message (IANA has none; these are in use).
const HL7: &[&str] = &["application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7"];
/// Files of more bytes are uploaded in parts.
pub const FILE_BYTES: usize = 200 << 20;
/// Rejected rows in one answer; the page of the file has all of them.
const REJECTS: i64 = 1_000;

/// The route of this module.
pub fn register(routes: &mut Routes) {
    let laboratory = Policy::any_of([Role::Laboratory]);
    routes
        .post("/api/v1/lab-results", laboratory, results)
        .bulk()
        .body_limit(FILE_BYTES)
        .timeout_seconds(0);
}

async fn results(State(app): State<App>, seat: Seat, request: Request) -> Answer {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if HL7.contains(&kind.as_str()) {
        return message(&app, &seat, request).await;
    }
    if kind == "text/csv" {
        return rows(&app, &seat, request).await;
    }
    let refusal = Refusal::new("feed-content-type").with("found", kind);
    Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal))
}

async fn message(app: &App, seat: &Seat, request: Request) -> Answer {
    let bytes = bytes_of(request, app).await?;
    if bytes.len() > MESSAGE_BYTES {
        return Err(Refusal::new("too-large").with("limit", MESSAGE_BYTES).into());
    }
    let grant = seat.grant()?;
    let carrier = Carrier::Account {
        login: seat.actor()?.user.clone(),
        scope: grant.scope,
        lab: grant.holder.clone(),
    };
    let reply = receive(app, &carrier, bytes.to_vec()).await?;
    let status = match (reply.code, reply.message) {
        (AckCode::Accept, _) => StatusCode::OK,
        (AckCode::Reject, None) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response: Response = (status, [(CONTENT_TYPE, HL7[0])], reply.bytes).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, 5.into());
    }
    if let Some(id) = reply.message
        && let Ok(place) = page_of(id).parse()
    {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

async fn rows(app: &App, seat: &Seat, request: Request) -> Answer {
    let dry_run = matches!(seat.param("dry_run").as_deref(), Some("1" | "true"));
    let grant = seat.grant()?;
    let mut db = seat.db().await?;
    let lab = own_laboratory(grant.holder.as_ref(), seat.param("lab").as_deref())?;
    let upload = Upload {
        channel: Channel::Api,
        name: seat.param("name").unwrap_or_default(),
        lab: Laboratory::of(&mut db, lab).await?,
        actor: seat.actor()?.user.clone(),
        scope: grant.scope,
    };
    drop(db);
    let body = request.with_limited_body().into_body();
    let pieces = body.into_data_stream().map(|piece| {
        // Cut off on the way, or longer than is taken.
        piece.map_err(|_| Fault::from(Refusal::new("too-large").with("limit", FILE_BYTES)))
    });
    let (id, repeated) = match file::store(app, &upload, Box::pin(pieces)).await? {
        Stored::Before(id) => (id, true),
        Stored::New(id) => {
            if dry_run {
                file::check(app, id).await?;
            } else {
                file::run(app, id, FileState::Checking).await?;
            }
            (id, false)
        }
    };
    let mut db = seat.db().await?;
    let message = Message::find(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    if let Some(reason) = message.reason {
        return Err(reason.into());
    }
    let rejects = Item::of(&mut db, id, 0, Some(ItemState::Rejected), REJECTS).await?;
    if dry_run && !repeated {
        file::withdraw(app, id).await?;
    }
    let counts = message.counts;
    json(
        StatusCode::OK,
        &FileOut {
            file: id.to_string(),
            dry_run: dry_run && !repeated,
            repeated,
            state: message.state.as_str(),
            rows: counts.items,
            accepted: counts.recorded + counts.waiting + counts.dismissed,
            waiting: counts.waiting,
            duplicate: counts.duplicate,
            rejected: counts.rejected,
            rejects: rejects.iter().map(RejectOut::of).collect(),
        },
    )
}

/// The laboratory whose results an account brings: its own, or the one that it names when it
/// acts for several.
///
/// # Errors
/// `not-your-holder`, `feed-lab-missing`, `wrong-kind-of-holder`, or the text is no code.
pub fn own_laboratory(
    own: Option<&HolderCode>,
    named: Option<&str>,
) -> Result<HolderCode, Refusal> {
    let named = named.map(HolderCode::parse).transpose()?;
    let lab = match (own, named) {
        (Some(own), Some(named)) if *own != named => {
            return Err(Refusal::new("not-your-holder").with("holder", named));
        }
        (Some(own), _) => own.clone(),
        (None, Some(named)) => named,
        (None, None) => return Err(Refusal::new("feed-lab-missing")),
    };
    if lab.kind() == LAB {
        return Ok(lab);
    }
    Err(Refusal::new("wrong-kind-of-holder").with("holder", lab).with("wanted", LAB))
}

/// What became of a file: `rows = accepted + duplicate + rejected`.
#[derive(Serialize, ToSchema)]
#[schema(as = LabFile)]
pub struct FileOut<'a> {
    /// The file, for its page.
    #[schema(format = "uuid")]
    file: String,
    /// Whether nothing was recorded, as asked.
    dry_run: bool,
    /// The same bytes had been sent before: this is what became of them then.
    repeated: bool,
    /// Where the file stands.
    state: &'a str,
    /// Rows, the header and blank lines not counted.
    rows: i64,
    /// Rows that are recorded or wait.
    accepted: i64,
    /// Of the accepted, those that wait for their tube or a person.
    waiting: i64,
    /// Rows whose result had been recorded before.
    duplicate: i64,
    /// Rows that could not be read.
    rejected: i64,
    /// The first thousand rejected rows.
    rejects: Vec<RejectOut<'a>>,
}

/// A rejected row.
#[derive(Serialize, ToSchema)]
#[schema(as = LabReject)]
pub struct RejectOut<'a> {
    /// The row, from 1, the header not counted.
    row: i64,
    /// Why.
    reasons: Vec<RefusalOut<'a>>,
}

impl<'a> RejectOut<'a> {
    fn of(item: &'a Item) -> RejectOut<'a> {
        RejectOut { row: item.key.n, reasons: item.reasons.iter().map(RefusalOut::of).collect() }
    }
}

/// The address of a message's page.
pub fn page_of(id: MessageId) -> String {
    format!("/testing/feed/messages/{id}")
}
