//! The schematic map as GeoJSON (RFC 7946).

use std::io::{self, Write};
use types::AreaScope;

use crate::city::City;
use crate::place::{Level, PlaceRow};

impl City {
    /// Writes the places of one level, within a scope, as a `FeatureCollection` of polygons
    /// (points for buildings and entrances). Coordinates are longitude and latitude with five
    /// decimals (about a metre). Every feature says `"schematic": true`: the outlines are
    /// drawn, not surveyed.
    ///
    /// Properties: `code`, `parent`, `level`, `name`, `name_en`, `people` (where counted),
    /// `centre`, `schematic`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_geojson(
        &self,
        mut w: impl Write,
        level: Level,
        scope: AreaScope,
    ) -> io::Result<()> {
        w.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        let mut first = true;
        for place in self.places_down_to(level).filter(|p| p.level == level) {
            // Above counties there is no area; such places belong to every scope.
            if !place.code.area().is_none_or(|a| scope.contains(a)) {
                continue;
            }
            w.write_all(if first { b"\n" } else { b",\n" })?;
            first = false;
            write_feature(&mut w, &place)?;
        }
        w.write_all(b"\n]}\n")
    }

    /// The text of [`write_geojson`](City::write_geojson).
    pub fn geojson(&self, level: Level, scope: AreaScope) -> String {
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _written = self.write_geojson(&mut bytes, level, scope);
        String::from_utf8(bytes).unwrap_or_default()
    }
}

fn write_feature(w: &mut impl Write, p: &PlaceRow) -> io::Result<()> {
    write!(w, "{{\"type\":\"Feature\",\"id\":\"{}\",\"properties\":{{\"code\":\"{0}\"", p.code)?;
    if let Some(parent) = &p.parent {
        write!(w, ",\"parent\":\"{parent}\"")?;
    }
    write!(w, ",\"level\":\"{}\",\"name\":", p.level.as_str())?;
    serde_json::to_writer(&mut *w, &p.name)?;
    w.write_all(b",\"name_en\":")?;
    serde_json::to_writer(&mut *w, &p.name_en)?;
    if let Some(people) = p.people {
        write!(w, ",\"people\":{people}")?;
    }
    w.write_all(b",\"centre\":")?;
    write_point(w, p.at)?;
    w.write_all(b",\"schematic\":true},\"geometry\":{\"type\":")?;
    if p.outline.is_empty() {
        w.write_all(b"\"Point\",\"coordinates\":")?;
        write_point(w, p.at)?;
    } else {
        w.write_all(b"\"Polygon\",\"coordinates\":[")?;
        for (n, point) in p.outline.iter().enumerate() {
            w.write_all(if n == 0 { b"[" } else { b"," })?;
            write_point(w, *point)?;
        }
        w.write_all(b"]]")?;
    }
    w.write_all(b"}}")
}

fn write_point(w: &mut impl Write, [lon, lat]: [f64; 2]) -> io::Result<()> {
    write!(w, "[{lon:.5},{lat:.5}]")
}
