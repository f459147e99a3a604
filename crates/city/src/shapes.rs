//! The schematic map: which cell each place gets.
//!
//! No surveyed boundary is used. The outline of the whole is the hull of the county seats
//! plus a margin; straight lines part the prefectures so that each seat lies in its own;
//! counties are cells around their seats; development zones are cut off the rim of the county
//! that they lie in, on their side of it; streets, communities and compounds are cells within
//! their parents, sized by people and kind, around drawn points. City communities gather near
//! the seat. A real map can be imported over it.

use std::collections::BTreeMap;

use crate::cells::{Site, part_classes, point_within, power_cells, sized_cells};
use crate::city::{Area, City, CommunityKind};
use crate::geometry::{Outline, Point, Projection};
use crate::random::{Rng, Stream};
use crate::{CityError, County};

/// How often sites move and weights adapt, by level.
const COUNTY_ROUNDS: usize = 30;
const STREET_ROUNDS: usize = 14;
const COMMUNITY_ROUNDS: usize = 12;
const COMPOUND_ROUNDS: usize = 6;

/// Draws the outlines and centres of all areas and compounds.
pub(crate) fn draw(city: &mut City) -> Result<(), CityError> {
    let (map, counties) = county_cells(city)?;
    let mut cells: Vec<Outline> = vec![Outline::default(); city.areas.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); city.areas.len()];
    for (at, area) in city.areas.iter().enumerate() {
        if let Some(parent) = area.parent {
            children[parent].push(at);
        }
        if area.division.digits <= 6 {
            let key = (area.division.digits, area.division.code);
            cells[at] = counties.get(&key).cloned().unwrap_or_default();
        }
    }
    for at in 0..city.areas.len() {
        let area = &city.areas[at];
        if area.division.digits != 6 {
            continue;
        }
        let seat = city.scenario.counties.get(&area.division.code).map(|c| map.to_km(c.seat));
        // A zone's piece may lie beyond its seat.
        let seat =
            seat.filter(|seat| cells[at].contains(*seat)).unwrap_or_else(|| cells[at].centroid());
        let wanted = wanted_areas(city, &children, at, cells[at].area());
        let share = |child: usize| wanted.get(&child).copied().unwrap_or(0.0);

        let streets = &children[at];
        let of_street = |s: usize| children[s].iter().map(|c| share(*c)).sum::<f64>();
        let sites: Vec<Site> = streets
            .iter()
            .map(|&s| {
                let mostly_urban =
                    children[s].iter().all(|c| city.areas[*c].kind != CommunityKind::Village);
                let pull = if mostly_urban { 0.85 } else { 0.25 };
                Site { at: drawn(city, s, &cells[at], seat, pull), wanted: of_street(s) }
            })
            .collect();
        let outlines = sized_cells(&cells[at], &sites, true, STREET_ROUNDS);
        for (&street, outline) in streets.iter().zip(outlines) {
            let middle = outline.centroid();
            let sites: Vec<Site> = children[street]
                .iter()
                .map(|&c| {
                    let village = city.areas[c].kind == CommunityKind::Village;
                    let pull = if village { 0.0 } else { 0.6 };
                    Site { at: drawn(city, c, &outline, middle, pull), wanted: share(c) }
                })
                .collect();
            let communities = sized_cells(&outline, &sites, true, COMMUNITY_ROUNDS);
            for (&community, cell) in children[street].iter().zip(communities) {
                cells[community] = cell;
            }
            cells[street] = outline;
        }
    }
    for (area, cell) in city.areas.iter_mut().zip(&cells) {
        area.outline = cell.0.iter().map(|p| map.to_degrees(*p)).collect();
        area.centre = map.to_degrees(cell.centroid());
    }
    draw_compounds(city, map, &cells);
    Ok(())
}

fn draw_compounds(city: &mut City, map: Projection, cells: &[Outline]) {
    let seed = city.seed;
    for (area, parent) in city.areas.iter().zip(cells) {
        let compounds = &mut city.compounds[area.compounds.clone()];
        let mut rng = Rng::keyed(seed, Stream::Cells, area.division.code, 1);
        let sites: Vec<Site> = compounds
            .iter()
            .map(|c| Site { at: point_within(parent, &mut rng), wanted: f64::from(c.people) })
            .collect();
        let outlines = sized_cells(parent, &sites, true, COMPOUND_ROUNDS);
        for (compound, cell) in compounds.iter_mut().zip(outlines) {
            compound.outline = cell.0.iter().map(|p| map.to_degrees(*p)).collect();
            compound.centre = map.to_degrees(cell.centroid());
        }
    }
}

/// A point drawn within the parent, pulled towards a middle by the given share. The draw does
/// not depend on the seed: divisions lie in the same place in every city.
fn drawn(city: &City, at: usize, parent: &Outline, middle: Point, pull: f64) -> Point {
    let mut rng = Rng::keyed(0, Stream::Cells, city.areas[at].division.code, 0);
    let p = point_within(parent, &mut rng);
    [p[0] + (middle[0] - p[0]) * pull, p[1] + (middle[1] - p[1]) * pull]
}

/// km² for each community of a county: city and town communities by density, the villages
/// share what is left, at least a fifth, by people.
fn wanted_areas(
    city: &City,
    children: &[Vec<usize>],
    county: usize,
    whole: f64,
) -> BTreeMap<usize, f64> {
    let p = &city.scenario.parameters.cells;
    let communities = || children[county].iter().flat_map(|s| &children[*s]).copied();
    let built = |a: &Area| match a.kind {
        CommunityKind::Urban => a.census as f64 / p.urban_people_per_km2.value,
        CommunityKind::Town => a.census as f64 / p.town_people_per_km2.value,
        CommunityKind::Virtual => 0.5,
        CommunityKind::Village => 0.0,
    };
    let village = |a: &Area| match a.kind {
        CommunityKind::Village => a.census as f64,
        _ => 0.0,
    };
    let built_sum: f64 = communities().map(|c| built(&city.areas[c])).sum();
    let village_sum: f64 = communities().map(|c| village(&city.areas[c])).sum();
    let open = if village_sum > 0.0 { (whole - built_sum).max(whole * 0.2) } else { 0.0 };
    communities()
        .map(|c| {
            let a = &city.areas[c];
            let fields = if village_sum > 0.0 { village(a) / village_sum * open } else { 0.0 };
            (c, built(a) + fields)
        })
        .collect()
}

/// Cells of counties and above, by number of digits and code.
type UpperCells = BTreeMap<(u8, u64), Outline>;

/// The cells of the province, its prefectures and counties, for the whole scenario, so that
/// a county has the same cell whatever part of the scenario is generated.
fn county_cells(city: &City) -> Result<(Projection, UpperCells), CityError> {
    let wrong = |what: String, problem: &str| CityError::value("counties.csv", what, problem);
    let counties: Vec<&County> = city.scenario.counties.values().collect();
    let n = counties.len().max(1) as f64;
    let middle = [
        counties.iter().map(|c| c.seat[0]).sum::<f64>() / n,
        counties.iter().map(|c| c.seat[1]).sum::<f64>() / n,
    ];
    let map = Projection::around(middle);
    let margin = city.scenario.parameters.cells.hull_margin_km.value;
    // A regular octagon around each seat.
    const D: f64 = std::f64::consts::FRAC_1_SQRT_2;
    let around =
        [[1.0, 0.0], [D, D], [0.0, 1.0], [-D, D], [-1.0, 0.0], [-D, -D], [0.0, -1.0], [D, -D]];
    let rim = counties.iter().flat_map(|c| {
        let p = map.to_km(c.seat);
        around.map(|d| [p[0] + d[0] * margin, p[1] + d[1] * margin])
    });
    let frame = Outline::hull(rim.collect());

    let mut prefectures: Vec<u64> = counties.iter().map(|c| c.code / 100).collect();
    prefectures.sort_unstable();
    prefectures.dedup();
    let class = |code: u64| prefectures.iter().position(|p| *p == code / 100).unwrap_or(0);
    let seats: Vec<(Point, usize)> =
        counties.iter().map(|c| (map.to_km(c.seat), class(c.code))).collect();
    let sites = part_classes(&seats, prefectures.len()).ok_or_else(|| {
        wrong("seats".to_owned(), "no straight line parts the prefectures' seats")
    })?;
    let mut cells = BTreeMap::new();
    for (code, cell) in prefectures.iter().zip(power_cells(&frame, &sites)) {
        let (zones, own): (Vec<&County>, Vec<&County>) =
            counties.iter().copied().filter(|c| c.code / 100 == *code).partition(|c| c.is_zone());
        let sites: Vec<Site> =
            own.iter().map(|c| Site { at: map.to_km(c.seat), wanted: c.area_km2 }).collect();
        for (i, a) in sites.iter().enumerate() {
            if sites[..i].iter().any(|b| a.at == b.at) {
                return Err(wrong(own[i].code.to_string(), "has the same seat as another"));
            }
        }
        let mut outlines = sized_cells(&cell, &sites, false, COUNTY_ROUNDS);
        for zone in zones {
            let seat = map.to_km(zone.seat);
            let Some(host) = outlines.iter().position(|o| o.contains(seat)) else {
                return Err(wrong(zone.code.to_string(), "has its seat in no county's cell"));
            };
            // At most 40 % of the host, whatever the figures say.
            let share = (zone.area_km2 / own[host].area_km2).min(0.4);
            let area = share * outlines[host].area();
            let (from, kept) = (outlines[host].centroid(), sites[host].at);
            let away = |p: Point| [seat[0] - p[0], seat[1] - p[1]];
            // On the zone's side of the cell; where that would take the county's own seat
            // too, on the zone's side of that seat, or else at the other end.
            let sides = [away(from), away(kept), [from[0] - seat[0], from[1] - seat[1]]];
            let cut = sides.map(|side| outlines[host].cut_off(side, area));
            let Some((piece, rest)) = cut.into_iter().find(|(_, rest)| rest.contains(kept)) else {
                return Err(wrong(zone.code.to_string(), "leaves its county no seat"));
            };
            outlines[host] = rest;
            cells.insert((6, zone.code), piece);
        }
        cells.extend(own.iter().map(|c| (6, c.code)).zip(outlines));
        cells.insert((4, *code), cell);
    }
    if let Some(province) = prefectures.first() {
        cells.insert((2, province / 100), frame);
    }
    Ok((map, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Scenario};
    use types::AreaScope;

    /// In square degrees, which are in proportion to km² here.
    fn area(outline: &[[f64; 2]]) -> f64 {
        Outline(outline.to_vec()).area()
    }

    #[test]
    fn cells_tile_their_parents_to_a_millionth_and_hold_their_centres() {
        let scenario = Scenario::bundled("jilin-2022").expect("built in");
        let areas = Some(AreaScope::parse("22").expect("a scope"));
        let options = Options { seed: 8, people: Some(1_000_000), areas };
        let city = City::generate(&scenario, options).expect("a city");
        let mut sums = vec![0.0; city.areas.len()];
        for a in &city.areas {
            if let Some(parent) = a.parent {
                sums[parent] += area(&a.outline);
            }
            assert!(Outline(a.outline.clone()).contains(a.centre), "{}", a.division.code);
        }
        for (a, sum) in city.areas.iter().zip(&mut sums) {
            let compounds = &city.compounds[a.compounds.clone()];
            *sum += compounds.iter().map(|c| area(&c.outline)).sum::<f64>();
            let of_parent = area(&a.outline);
            assert!(of_parent > 0.0, "{} is empty", a.division.code);
            let off = (*sum / of_parent - 1.0).abs();
            assert!(off < 1e-6, "{}: children are off by {off}", a.division.code);
            for c in compounds {
                assert!(area(&c.outline) > 0.0 && Outline(c.outline.clone()).contains(c.centre));
            }
        }
    }
}
