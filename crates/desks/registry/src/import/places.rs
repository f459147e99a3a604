//! The import of places: read as a whole (a nation has fewer places than a city has people),
//! put in order from province to entrance, sent area by area.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};

use ledger::{Actor, Envelope, Status};
use store::Store;
use types::{AreaCode, AreaScope, Micros, PlaceCode, Span};
use uuid::Uuid;

use crate::command::{Command, PlaceDetails, PutPlaces};
use crate::geometry::{Degrees, Outline};
use crate::ids;
use crate::import::columns::{Choices, Field};
use crate::import::household_rows::remark;
use crate::import::persons::{Submit, known_places, submit};
use crate::import::source::{self, Plan};
use crate::import::table::Chunk;
use crate::import::{
    ImportError, Kind, Listener, Progress, Remark, Report, Result, RowStatus, Totals,
};
use crate::place::{Level, area_of, parent_of};

/// Most places of one command.
const PLACES: usize = 500;
/// Most boundary text of one command, in bytes.
const OUTLINES: usize = 512 * 1024;

/// How places are to be imported.
#[derive(Clone, Debug)]
pub struct Options {
    /// The import (UUIDv7).
    pub import: Uuid,
    /// The areas that the importer may write; places above county level need all areas.
    pub scope: AreaScope,
    /// What the importer decided about columns.
    pub choices: Choices,
    /// Who imports.
    pub actor: Actor,
    /// When, for the journal.
    pub event_time: Micros,
    /// Only look what would happen.
    pub dry_run: bool,
}

/// A row that can become a place.
struct Candidate {
    place: PlaceDetails,
    remark: Remark,
}

/// Imports places. A code that is known already is brought up to date.
///
/// # Errors
/// [`ImportError`].
pub async fn run<S: Submit, L: Listener>(
    ledger: &S,
    store: &Store,
    file: impl Read + Seek + Send + 'static,
    options: &Options,
    listener: &mut L,
) -> Result<Report> {
    let plan = Plan {
        kind: Kind::Places,
        choices: options.choices.clone(),
        placed: false,
        chunk_rows: 1_000,
        encoding: None,
    };
    let scope = options.scope;
    let (ended, read) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("import-read".to_owned()).spawn(move || {
        let mut rows = Sorting::default();
        let done = source::read(file, &plan, |_| {}, &mut |chunk| {
            rows.take(&chunk, scope);
            true
        });
        // Nobody listens when the import has stopped already.
        let _ = ended.send(done.map(|finish| (finish, rows)));
    })?;
    let (finish, mut rows) =
        read.await.map_err(|_| ImportError::Broken("the reader stopped"))??;
    rows.totals.blank += finish.blank;

    let mut known = known_places(store, scope).await?;
    known.extend(known_places(store, AreaScope::one(AreaCode::NONE)).await?);
    let batches = rows.in_order(&known);
    let mut progress = Progress {
        done: rows.totals.rejected + rows.totals.duplicate,
        of: rows.totals.rows,
        totals: rows.totals,
    };
    for (n, (area, batch)) in batches.into_iter().enumerate() {
        let places: Vec<PlaceDetails> = batch.iter().map(|c| c.place.clone()).collect();
        let count = places.len() as u64;
        if !options.dry_run {
            let says = serde_json::to_vec(&places).unwrap_or_default();
            let envelope = Envelope {
                id: ids::chunk_command(options.import, n as u64, area, &says),
                area,
                event_time: options.event_time,
                clock_offset: Span(0),
                device: None,
                actor: options.actor.clone(),
                command: Command::PutPlaces(PutPlaces { places }),
            };
            let outcomes = submit(|| ledger.submit_bulk(vec![envelope.clone()])).await?;
            if let Some(refusal) = outcomes.into_iter().find(|o| o.status != Status::Accepted) {
                let rule = refusal.refusal.map_or("refused".into(), |r| r.code);
                progress.totals.rejected += count;
                progress.done += count;
                rows.remarks.extend(batch.into_iter().map(|c| Remark {
                    status: RowStatus::Rejected,
                    field: "code",
                    rule: rule.clone(),
                    ..c.remark
                }));
                continue;
            }
        }
        progress.totals.accepted += count;
        progress.done += count;
        listener.progress(&progress).await?;
    }
    let totals = progress.totals;
    if !totals.add_up() {
        return Err(ImportError::Unaccounted { chunk: 0, rows: totals.rows, totals });
    }
    rows.remarks.sort_by_key(|r| r.row);
    if !rows.remarks.is_empty() {
        listener.remarks(std::mem::take(&mut rows.remarks)).await?;
    }
    listener.progress(&progress).await?;
    Ok(Report { totals, warnings: finish.warnings })
}

/// The rows of a file, sorted out.
#[derive(Default)]
struct Sorting {
    totals: Totals,
    remarks: Vec<Remark>,
    candidates: Vec<Candidate>,
    seen: HashMap<PlaceCode, u32>,
}

impl Sorting {
    fn take(&mut self, chunk: &Chunk, scope: AreaScope) {
        self.totals.rows += chunk.rows.len() as u64;
        self.totals.blank += chunk.blank;
        let missing = chunk.head.mapping.missing(Kind::Places, false);
        for row in 0..chunk.rows.len() {
            let read = if missing.is_empty() {
                place_of(chunk, row, scope)
            } else {
                Err(("", "columns-missing".into()))
            };
            let number = chunk.row_number(row);
            match read {
                Err((field, rule)) => {
                    self.totals.rejected += 1;
                    self.remarks.push(remark(chunk, row, RowStatus::Rejected, field, rule, None));
                }
                Ok(place) => {
                    if let Some(first) = self.seen.get(&place.code) {
                        self.totals.duplicate += 1;
                        self.totals.repeated += 1;
                        let rule = "place-twice".into();
                        let status = RowStatus::Repeated;
                        self.remarks.push(remark(chunk, row, status, "code", rule, Some(*first)));
                        continue;
                    }
                    self.seen.insert(place.code.clone(), number);
                    let rule = "place-parent-unknown".into();
                    let remark = remark(chunk, row, RowStatus::Rejected, "code", rule, None);
                    self.candidates.push(Candidate { place, remark });
                }
            }
        }
    }

    /// The places from wide to narrow in commands of one area each; those without a parent are
    /// rejected.
    fn in_order(&mut self, known: &HashSet<Box<str>>) -> Vec<(AreaCode, Vec<Candidate>)> {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.sort_by(|a, b| {
            let key = |c: &Candidate| (area_of(&c.place.code), Level::of(&c.place.code));
            key(a).cmp(&key(b)).then_with(|| a.place.code.cmp(&b.place.code))
        });
        let mut placed: HashSet<PlaceCode> = HashSet::new();
        let mut batches: Vec<(AreaCode, Vec<Candidate>)> = Vec::new();
        let mut text = 0;
        for candidate in candidates {
            let code = candidate.place.code.clone();
            let hangs_on =
                parent_of(&code).is_none_or(|p| placed.contains(&p) || known.contains(p.as_str()));
            if !hangs_on {
                self.totals.rejected += 1;
                self.remarks.push(candidate.remark);
                continue;
            }
            let area = area_of(&code);
            // A corner is two numbers of about ten characters.
            let own: usize = candidate
                .place
                .outline
                .as_ref()
                .map_or(0, |o| o.0.iter().map(|ring| 24 * ring.len()).sum());
            match batches.last_mut() {
                Some((last, batch))
                    if *last == area && batch.len() < PLACES && text + own < OUTLINES =>
                {
                    text += own;
                    batch.push(candidate);
                }
                _ => {
                    text = own;
                    batches.push((area, vec![candidate]));
                }
            }
            placed.insert(code);
        }
        batches
    }
}

type Broken = (&'static str, Cow<'static, str>);

fn place_of(
    chunk: &Chunk,
    row: usize,
    scope: AreaScope,
) -> std::result::Result<PlaceDetails, Broken> {
    if let Some(fault) = chunk.rows.fault(row) {
        return Err(("", fault.rule().into()));
    }
    let cell = |field: Field| match chunk.head.mapping.column(field) {
        Some(column) => {
            chunk.text(row, column).map_err(|()| (field.as_str(), Cow::Borrowed("encoding")))
        }
        None => Ok(Cow::Borrowed("")),
    };
    let code = PlaceCode::parse(&cell(Field::Place)?)
        .ok()
        .filter(|code| Level::of(code).is_some())
        .ok_or(("code", Cow::Borrowed("place-code-form")))?;
    let area = area_of(&code);
    let allowed =
        if area == AreaCode::NONE { scope == AreaScope::ALL } else { scope.contains(area) };
    if !allowed {
        return Err(("code", "area-not-allowed".into()));
    }
    let name_zh = cell(Field::NameZh)?.into_owned();
    if name_zh.is_empty() {
        return Err(("name_zh", "place-name-missing".into()));
    }
    let outline: Option<Outline> = match &*cell(Field::Outline)? {
        "" => None,
        text => Some(
            serde_json::from_str(text).map_err(|_| ("outline", Cow::Borrowed("outline-form")))?,
        ),
    };
    let degrees = |field: Field, limit: f64| -> std::result::Result<Option<Degrees>, Broken> {
        match &*cell(field)? {
            "" => Ok(None),
            text => text
                .parse()
                .ok()
                .filter(|d: &f64| d.abs() <= limit)
                .and_then(|d| Degrees::new(d).ok())
                .map(Some)
                .ok_or((field.as_str(), "coordinate-form".into())),
        }
    };
    let (lon, lat) = (degrees(Field::Lon, 180.0)?, degrees(Field::Lat, 90.0)?);
    let middle = outline.as_ref().and_then(Outline::middle);
    Ok(PlaceDetails {
        code,
        name_zh,
        name_en: cell(Field::NameEn)?.into_owned(),
        lon: lon.or(middle.map(|m| m[0])),
        lat: lat.or(middle.map(|m| m[1])),
        outline,
    })
}
