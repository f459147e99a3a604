//! `GET /api/v1/bulletins` and `GET /api/v1/bulletins/{bulletin}`: situation reports for programs.

use axum::extract::Path;
use axum::http::StatusCode;
use command::{Bulletin, views};
use ledger::Cursor;
use serde::Serialize;
use types::{AreaScope, CommandId, Micros};
use utoipa::ToSchema;

use crate::api::{json, paging};
use crate::pages::command::{READERS, figures, read_bulletin};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// Most bulletins of one answer.
const MOST: i64 = 200;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/bulletins", READERS, many);
    routes.get("/api/v1/bulletins/{bulletin}", READERS, one);
}

/// One figure of a bulletin.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureOut {
    /// The county.
    pub area: String,
    /// `confirmed`, `converted`, `asymptomatic`, `discharged`, `released`, `died` or `infections`.
    pub measure: &'static str,
    /// Where found: `quarantine`, `locked`, `controlled`, `community` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_in: Option<&'static str>,
    /// `mild` to `critical`, of the new confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// `window` for what was new in it, `total` for what was counted since the beginning.
    pub of: &'static str,
    /// The number.
    pub value: i64,
}

/// A bulletin without its figures by county.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulletinOut {
    /// Its id.
    #[schema(value_type = String)]
    id: CommandId,
    /// Its number in its areas.
    no: i64,
    /// Which correction it is; 0 for the bulletin itself.
    correction: i64,
    /// The areas: 2, 4 or 6 digits.
    #[schema(value_type = String)]
    scope: AreaScope,
    /// The day, `2022-04-09`.
    day: String,
    /// The window's begin, microseconds UTC.
    #[schema(value_type = i64)]
    from: Micros,
    /// Its end (exclusive).
    #[schema(value_type = i64)]
    until: Micros,
    /// When the figures were as they say.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Who publishes.
    publisher: String,
    /// What is said with it.
    note: String,
    /// What it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    corrects: Option<CommandId>,
    /// The bulletin that corrects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    corrected_by: Option<CommandId>,
    /// The whole: new in the window, by measure.
    #[schema(value_type = Object)]
    new: std::collections::BTreeMap<&'static str, i64>,
}

impl From<&Bulletin> for BulletinOut {
    fn from(bulletin: &Bulletin) -> BulletinOut {
        let document = &bulletin.document;
        BulletinOut {
            id: bulletin.id,
            no: document.no,
            correction: document.correction,
            scope: document.scope,
            day: document.window.day().to_string(),
            from: document.from,
            until: document.until,
            as_of: document.as_of,
            publisher: document.publisher.clone(),
            note: document.note.clone(),
            corrects: bulletin.corrects,
            corrected_by: bulletin.corrected_by,
            new: document.seen().into_iter().map(|(m, n)| (m.as_str(), n)).collect(),
        }
    }
}

/// Bulletins, the latest window first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulletinsOut {
    /// The bulletins.
    bulletins: Vec<BulletinOut>,
    /// Give this as `after` for the next page; nothing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A bulletin with its figures by county.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulletinWhole {
    /// As in the list.
    #[serde(flatten)]
    bulletin: BulletinOut,
    /// Infections of the window that nobody had examined; they are in none of the figures.
    unexamined: i64,
    /// The figures.
    figures: Vec<FigureOut>,
}

async fn many(seat: Seat) -> Answer {
    let after = paging::after(&seat)?;
    let mut db = seat.db().await?;
    let mut found = views::bulletins(&mut db, seat.scope(), after, MOST + 1).await?;
    let next = crate::ui::table::cut(&mut found, MOST, |b| {
        Some(Cursor { at: b.document.until, id: b.id }.to_string())
    });
    let bulletins = found.iter().map(BulletinOut::from).collect();
    json(StatusCode::OK, &BulletinsOut { bulletins, next })
}

async fn one(seat: Seat, Path(id): Path<String>) -> Answer {
    let bulletin = read_bulletin(&seat, &id).await?;
    let document = &bulletin.document;
    let whole = BulletinWhole {
        unexamined: document.unexamined,
        figures: figures(document),
        bulletin: BulletinOut::from(&bulletin),
    };
    json(StatusCode::OK, &whole)
}
