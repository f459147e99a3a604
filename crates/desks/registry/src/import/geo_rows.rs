//! Places from GeoJSON: every feature is a row of its properties, with its middle and boundary.

use std::io::Read;

use geojson::{Feature, FeatureReader, GeometryValue, Position};

use crate::geometry::{Degrees, Outline, Ring};
use crate::import::encoding::Encoding;
use crate::import::source::Cutter;
use crate::import::{Result, Unreadable};

const LON: &str = "lon";
const LAT: &str = "lat";
const OUTLINE: &str = "outline";

/// Gives the features to the cutter as rows, at most `limit`; `false` when it wants no more.
pub(crate) fn read(reader: impl Read, limit: usize, cutter: &mut Cutter<'_>) -> Result<bool> {
    cutter.begin(None, Encoding::Utf8);
    let mut names: Vec<String> = Vec::new();
    for (n, feature) in FeatureReader::from_reader(reader).features().take(limit).enumerate() {
        let feature = feature.map_err(|e| Unreadable::GeoJson(e.to_string()))?;
        let line = u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        if n == 0 {
            names = property_names(&feature);
            for name in names.iter().map(String::as_str).chain([LON, LAT, OUTLINE]) {
                cutter.rows().cell(name.as_bytes());
            }
            cutter.rows().end_row(0, None);
            if !cutter.after_row(0) {
                return Ok(false);
            }
        }
        let (middle, outline) = shape(&feature);
        let rows = cutter.rows();
        for name in &names {
            rows.cell(text(feature.property(name)).as_bytes());
        }
        let degrees = |at: usize| middle.map_or_else(String::new, |m| m[at].degrees().to_string());
        rows.cell(degrees(0).as_bytes());
        rows.cell(degrees(1).as_bytes());
        rows.cell(outline.map_or_else(String::new, |o| o.to_text()).as_bytes());
        // A feature without any property is a row too: it must be accounted for.
        if rows.end_row(line, None) {
            if !cutter.after_row(u64::from(line)) {
                return Ok(false);
            }
        } else {
            cutter.pass_blank(1);
        }
    }
    cutter.end()
}

fn property_names(feature: &Feature) -> Vec<String> {
    feature
        .properties
        .iter()
        .flat_map(|properties| properties.keys())
        .filter(|name| ![LON, LAT, OUTLINE].contains(&name.as_str()))
        .cloned()
        .collect()
}

fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn shape(feature: &Feature) -> (Option<[Degrees; 2]>, Option<Outline>) {
    let Some(geometry) = &feature.geometry else { return (None, None) };
    let outline = match &geometry.value {
        GeometryValue::Point { coordinates } => return (corner(coordinates), None),
        GeometryValue::Polygon { coordinates } => outer(coordinates).map(Outline::ring),
        GeometryValue::MultiPolygon { coordinates } => {
            let rings: Vec<Ring> = coordinates.iter().filter_map(|p| outer(p)).collect();
            (!rings.is_empty()).then_some(Outline(rings))
        }
        _ => None,
    };
    (outline.as_ref().and_then(Outline::middle), outline)
}

/// The outer ring, without its repeated last corner. Holes are left out: they belong to other
/// places.
fn outer(polygon: &[Vec<Position>]) -> Option<Ring> {
    let mut ring: Ring = polygon.first()?.iter().filter_map(corner).collect();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    (ring.len() >= 3).then_some(ring)
}

fn corner(position: &Position) -> Option<[Degrees; 2]> {
    match position.as_slice() {
        [lon, lat, ..] => Some([Degrees::new(*lon).ok()?, Degrees::new(*lat).ok()?]),
        _ => None,
    }
}
