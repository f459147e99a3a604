//! The schematic map: cells tile their parents, hold their seats and points, and stay small.

use std::collections::HashMap;

use city::{City, Level, Options, Scenario};
use serde_json::Value;
use types::AreaScope;

fn city(areas: &str, people: Option<u64>) -> City {
    let areas = Some(AreaScope::parse(areas).expect("a scope"));
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    City::generate(&scenario, Options { seed: 4, people, areas }).expect("a city")
}

fn features(city: &City, level: Level, scope: AreaScope) -> Vec<Value> {
    let text = city.geojson(level, scope);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["type"], "FeatureCollection");
    value["features"].as_array().expect("a list").clone()
}

fn corners(feature: &Value) -> Vec<[f64; 2]> {
    let ring = feature["geometry"]["coordinates"][0].as_array().expect("a ring");
    let number = |v: &Value| v.as_f64().expect("a number");
    ring.iter().map(|p| [number(&p[0]), number(&p[1])]).collect()
}

/// Square degrees; positive for counter-clockwise rings, as RFC 7946 wants them.
fn area(ring: &[[f64; 2]]) -> f64 {
    let at = ring[0];
    ring.windows(2)
        .map(|w| (w[0][0] - at[0]) * (w[1][1] - at[1]) - (w[1][0] - at[0]) * (w[0][1] - at[1]))
        .sum::<f64>()
        / 2.0
}

fn perimeter(ring: &[[f64; 2]]) -> f64 {
    let length = |w: &[[f64; 2]]| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1]);
    ring.windows(2).map(length).sum()
}

/// Whether the point is in the convex ring, to within the rounding of the corners.
fn contains(ring: &[[f64; 2]], p: [f64; 2]) -> bool {
    ring.windows(2).all(|w| {
        let (dx, dy) = (w[1][0] - w[0][0], w[1][1] - w[0][1]);
        let turn = dx * (p[1] - w[0][1]) - dy * (p[0] - w[0][0]);
        turn >= -1.5e-5 * (dx * dx + dy * dy).sqrt()
    })
}

#[test]
fn every_level_tiles_the_one_above_with_valid_rings() {
    let city = city("22", Some(400_000));
    let mut above: HashMap<String, f64> = HashMap::new();
    for level in &Level::ALL[..6] {
        let mut sums: HashMap<String, (f64, f64)> = HashMap::new();
        let mut areas = HashMap::new();
        for f in features(&city, *level, AreaScope::ALL) {
            let properties = &f["properties"];
            let code = properties["code"].as_str().expect("a code").to_owned();
            assert_eq!(properties["schematic"], true);
            assert_eq!(f["geometry"]["type"], "Polygon", "{code}");
            let ring = corners(&f);
            assert!(ring.len() >= 4 && ring.first() == ring.last(), "{code}");
            assert!(area(&ring) > 0.0, "{code} is empty or wound the wrong way");
            let centre = &properties["centre"];
            let centre = [0, 1].map(|i| centre[i].as_f64().expect("a number"));
            assert!(contains(&ring, centre), "{code}'s centre lies outside");
            if let Some(parent) = properties["parent"].as_str() {
                let (sum, rim) = sums.entry(parent.to_owned()).or_default();
                *sum += area(&ring);
                *rim += perimeter(&ring);
            }
            areas.insert(code, area(&ring));
        }
        for (parent, (sum, rim)) in sums {
            // Corners are rounded to 0.00001 degrees here, which moves each edge by at most
            // half of that; the unrounded cells are tested within the crate.
            let of_parent = above[&parent];
            let slack = rim * 0.5e-5;
            assert!((sum - of_parent).abs() < slack, "{level:?} in {parent}: {sum} {of_parent}");
        }
        above = areas;
    }
}

#[test]
fn counties_hold_their_seats() {
    let city = city("22", Some(10_000));
    let scenario = city.scenario();
    for f in features(&city, Level::County, AreaScope::ALL) {
        let code: u64 = f["properties"]["code"].as_str().expect("a code").parse().expect("digits");
        let county = &scenario.counties[&code];
        if !county.is_zone() {
            assert!(contains(&corners(&f), county.seat), "{code}");
        }
    }
}

#[test]
fn a_countys_map_is_the_same_alone_and_in_the_whole() {
    let one = AreaScope::parse("220202").expect("a scope");
    let (alone, whole) = (city("220202", None), city("22", None));
    for level in [Level::County, Level::Street, Level::Community] {
        assert_eq!(features(&alone, level, one), features(&whole, level, one), "{level:?}");
    }
}

#[test]
fn buildings_lie_within_their_compound() {
    let city = city("220211", Some(30_000));
    let compounds: HashMap<String, Vec<[f64; 2]>> =
        features(&city, Level::Compound, AreaScope::ALL)
            .iter()
            .map(|f| (f["properties"]["code"].as_str().expect("a code").to_owned(), corners(f)))
            .collect();
    let mut buildings = 0;
    for p in city.places().filter(|p| p.level == Level::Building) {
        let parent = p.parent.expect("a compound");
        assert!(contains(&compounds[parent.as_str()], p.at), "{}", p.code);
        buildings += 1;
    }
    assert!(buildings > 500);
}

#[test]
fn the_map_of_jilin_city_is_small() {
    let city = city("2202", None);
    let bytes: usize = Level::ALL[..6].iter().map(|l| city.geojson(*l, AreaScope::ALL).len()).sum();
    assert!(bytes < 10_000_000, "{bytes} bytes");
    let scoped = features(&city, Level::Street, AreaScope::parse("220281").expect("a scope"));
    assert_eq!(scoped.len(), 17);
    assert!(
        scoped.iter().all(|f| f["properties"]["parent"] == "220281"),
        "streets of other counties"
    );
}
