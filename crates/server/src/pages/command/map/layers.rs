//! What lies on the map: cases by place, and those who hold something, with their load.

use std::collections::HashMap;

use care::BedState;
use cases::FoundIn;
use registry::place::{Level, chain_of};
use store::Connection;
use types::{AreaScope, HolderCode, Micros, PlaceCode, Span};

use super::super::facts::{Live, region};
use crate::i18n::number;
use crate::seat::Seat;
use crate::{Fault, t};

/// Most sites that are drawn; with more a wider map would be a cloud.
const SITES: usize = 150;

/// Infections: the place below, the hour, where found, how many.
pub type Count = (PlaceCode, Micros, Option<FoundIn>, i64);

/// The infections of the places directly below a place since a time, from counters.
pub async fn cases(
    db: &mut Connection,
    place: &PlaceCode,
    scope: AreaScope,
    since: Micros,
) -> Result<Vec<Count>, Fault> {
    let level = Level::of(place);
    if level.is_none_or(|level| level < Level::County) {
        let digits = if level == Some(Level::Province) { 4 } else { 6 };
        let found = cases::views::by_area_and_hour(db, scope, since).await?;
        return Ok(found
            .into_iter()
            .filter_map(|(area, hour, found_in, n)| {
                let code = area.to_string();
                let code = PlaceCode::parse(code.get(..digits)?).ok()?;
                Some((code, hour, found_in, n))
            })
            .collect());
    }
    let found = cases::views::by_place(db, place, since).await?;
    // Where the place is known only to the county, no place below is told.
    let below = |at: &PlaceCode| {
        chain_of(at)
            .into_iter()
            .find(|code| registry::place::parent_of(code).as_ref() == Some(place))
    };
    Ok(found
        .into_iter()
        .filter_map(|(at, hour, found_in, n)| Some((below(&at)?, hour, found_in, n)))
        .collect())
}

/// What a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sampling site.
    Site,
    /// A laboratory.
    Laboratory,
    /// A place of care.
    Facility,
    /// Anybody else who has something that is late.
    Other,
}

impl Kind {
    /// The word in class names and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Site => "site",
            Kind::Laboratory => "laboratory",
            Kind::Facility => "facility",
            Kind::Other => "other",
        }
    }
}

/// Something at a position.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its code.
    pub code: String,
    /// Its name, where it has one that is not the registry's.
    pub name: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Longitude and latitude.
    pub position: (f64, f64),
    /// How much it has, of how much: tubes that wait and hours of work, beds taken and usable.
    pub has: Option<(i64, i64)>,
    /// Hours of work that wait in a laboratory.
    pub hours: Option<f64>,
    /// Units that are late with it.
    pub late: i64,
    /// Its page.
    pub href: Option<String>,
}

impl Point {
    /// Its load in words.
    pub fn load(&self, seat: &Seat) -> String {
        match (self.kind, self.has, self.hours) {
            (Kind::Laboratory, Some((waiting, _)), hours) => {
                let hours = hours.map_or_else(|| "—".to_owned(), |h| format!("{h:.1}"));
                t!(seat, "map-lab-load", n = number(waiting), hours = hours)
            }
            (Kind::Facility, Some((taken, usable)), _) => {
                t!(seat, "map-bed-load", taken = number(taken), usable = number(usable))
            }
            _ => String::new(),
        }
    }

    /// Its load and what is late, in words.
    pub fn text(&self, seat: &Seat) -> String {
        let mut parts = vec![seat.text(&format!("map-kind-{}", self.kind.as_str()))];
        parts.push(self.load(seat));
        if self.late > 0 {
            parts.push(t!(seat, "map-late-n", n = number(self.late)));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }
}

/// Those who hold something in a scope, as far as it is known where they are.
pub async fn points(
    seat: &Seat,
    db: &mut Connection,
    place: &PlaceCode,
    scope: AreaScope,
) -> Result<Vec<Point>, Fault> {
    let now = seat.now();
    let mut late: HashMap<String, i64> = HashMap::new();
    for line in ledger::views::late(db, scope, now).await? {
        *late.entry(line.holder).or_default() += line.units;
    }
    let mut points = Vec::new();
    for board in care::views::board(db, scope).await? {
        let facility = &board.facility;
        let Some(position) = facility.at else { continue };
        let taken =
            board.wards.iter().map(|w| w.of(BedState::Occupied) + w.of(BedState::Held)).sum();
        let usable = board.wards.iter().map(care::Ward::usable).sum();
        let href = format!("/care/facilities/{}", facility.code);
        points.push(Point {
            code: facility.code.to_string(),
            name: Some(crate::pages::care::words::facility(seat, facility)),
            kind: Kind::Facility,
            position,
            has: Some((taken, usable)),
            hours: None,
            late: late.remove(facility.code.as_str()).unwrap_or(0),
            href: seat.may_open("/care/facilities/{holder}").then_some(href),
        });
    }
    let labs = testing::views::laboratories(db, region(scope), now - Span::hours(24), now).await?;
    let codes: Vec<HolderCode> =
        labs.iter().filter_map(|lab| HolderCode::parse(&lab.lab).ok()).collect();
    let known = registry::views::holders_by_code(db, &codes).await?;
    for lab in &labs {
        let holder = HolderCode::parse(&lab.lab).ok().and_then(|code| known.get(&code));
        let Some(position) = holder.and_then(|holder| holder.position) else { continue };
        points.push(Point {
            code: lab.lab.clone(),
            name: None,
            kind: Kind::Laboratory,
            position,
            has: Some((lab.waiting, 0)),
            hours: Live::backlog(lab),
            late: late.remove(&lab.lab).unwrap_or(0),
            href: seat
                .may_open("/testing/laboratories/{holder}")
                .then(|| format!("/testing/laboratories/{}", lab.lab)),
        });
    }
    // Sites by the hundred are for a map of a county or less.
    let close = Level::of(place).is_some_and(|level| level >= Level::County);
    let mut sites =
        if close { registry::views::holders(db, scope, "site").await? } else { Vec::new() };
    sites.retain(|site| site.active && site.place.as_ref().is_none_or(|at| within(at, place)));
    sites.truncate(SITES);
    for site in sites {
        let Some(position) = site.position else { continue };
        points.push(point_of(seat, Kind::Site, site.code.to_string(), position, &mut late));
    }
    let others: Vec<HolderCode> =
        late.keys().filter_map(|code| HolderCode::parse(code).ok()).collect();
    for (code, holder) in registry::views::holders_by_code(db, &others).await? {
        let kind = if code.kind() == "site" { Kind::Site } else { Kind::Other };
        if let Some(position) = holder.position {
            points.push(point_of(seat, kind, code.to_string(), position, &mut late));
        }
    }
    points.sort_by(|a, b| (b.late, a.kind as u8, &a.code).cmp(&(a.late, b.kind as u8, &b.code)));
    Ok(points)
}

fn within(at: &PlaceCode, place: &PlaceCode) -> bool {
    at.as_str().starts_with(place.as_str())
}

fn point_of(
    seat: &Seat,
    kind: Kind,
    code: String,
    position: (f64, f64),
    late: &mut HashMap<String, i64>,
) -> Point {
    let late = late.remove(&code).unwrap_or(0);
    let href =
        seat.may_open("/testing/holders/{holder}").then(|| format!("/testing/holders/{code}"));
    Point { code, name: None, kind, position, has: None, hours: None, late, href }
}
