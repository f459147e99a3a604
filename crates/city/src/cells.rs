//! Power diagrams: a plane shared among weighted sites by straight lines.
//!
//! A point belongs to the site with the least squared distance less weight (Aurenhammer 1987).
//! A heavier site has a greater cell. Cells are convex and tile their parent. Weights never
//! exceed the squared distance to the nearest other site, so every site stays in its own cell
//! (the rule of Nocaj and Brandes 2012) and no cell is empty.

use crate::geometry::{Outline, Point, distance_squared};
use crate::random::Rng;

/// A site with the area that its cell should have, in any unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub at: Point,
    pub wanted: f64,
}

/// The cells of weighted sites within a convex parent. Two sites may not coincide.
pub(crate) fn power_cells(parent: &Outline, sites: &[(Point, f64)]) -> Vec<Outline> {
    let cell = |i: usize| {
        let (p, w) = sites[i];
        let mut outline = parent.clone();
        for (j, &(q, v)) in sites.iter().enumerate() {
            if i != j {
                let normal = [2.0 * (q[0] - p[0]), 2.0 * (q[1] - p[1])];
                let limit = q[0] * q[0] + q[1] * q[1] - p[0] * p[0] - p[1] * p[1] + w - v;
                outline = outline.cut(normal, limit);
            }
        }
        outline
    };
    (0..sites.len()).map(cell).collect()
}

/// Cells whose areas come near to the wanted ones. With `moving`, sites drift to the middle
/// of their cells, which makes cells round; without, they stay (seats of counties).
pub(crate) fn sized_cells(
    parent: &Outline,
    sites: &[Site],
    moving: bool,
    rounds: usize,
) -> Vec<Outline> {
    let total: f64 = sites.iter().map(|s| s.wanted).sum();
    let unit = if total > 0.0 { parent.area() / total } else { 0.0 };
    // A site that wants nothing still gets a sliver, so that its place can be shown.
    let floor = parent.area() / (sites.len() as f64 * 200.0);
    let wanted: Vec<f64> = sites.iter().map(|s| (s.wanted * unit).max(floor)).collect();
    let mut state: Vec<(Point, f64)> =
        sites.iter().zip(&wanted).map(|(s, area)| (s.at, area / 4.0)).collect();
    limit_weights(&mut state);
    let mut cells = power_cells(parent, &state);
    for _ in 0..rounds {
        for ((site, cell), area) in state.iter_mut().zip(&cells).zip(&wanted) {
            let present = cell.area();
            if moving && present > 0.0 {
                site.0 = cell.centroid();
            }
            let grow = if present > 0.0 { (area / present).clamp(0.5, 2.0) } else { 2.0 };
            site.1 = (site.1 * grow).max(floor / 100.0);
        }
        limit_weights(&mut state);
        cells = power_cells(parent, &state);
    }
    cells
}

/// Keeps each weight below the squared distance to the nearest other site.
fn limit_weights(state: &mut [(Point, f64)]) {
    for i in 0..state.len() {
        let nearest = state
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, other)| distance_squared(state[i].0, other.0))
            .fold(f64::INFINITY, f64::min);
        state[i].1 = state[i].1.min(nearest * 0.98);
    }
}

/// A point drawn within a convex outline: a random triangle of its fan, by area, then a
/// random point of it.
pub(crate) fn point_within(outline: &Outline, rng: &mut Rng) -> Point {
    let corners = &outline.0;
    let Some(&origin) = corners.first() else { return [0.0; 2] };
    let triangles: Vec<Outline> =
        corners[1..].windows(2).map(|w| Outline(vec![origin, w[0], w[1]])).collect();
    let mut left = rng.unit() * outline.area();
    let (mut u, mut v) = (rng.unit(), rng.unit());
    if u + v > 1.0 {
        (u, v) = (1.0 - u, 1.0 - v);
    }
    let chosen = triangles.iter().find(|t| {
        left -= t.area();
        left <= 0.0
    });
    match chosen.or(triangles.last()).map(|t| &t.0[..]) {
        Some([a, b, c]) => [
            a[0] + (b[0] - a[0]) * u + (c[0] - a[0]) * v,
            a[1] + (b[1] - a[1]) * u + (c[1] - a[1]) * v,
        ],
        _ => origin,
    }
}

/// Sites and weights whose power diagram puts every point in the cell of its own class: the
/// multi-class perceptron (Crammer and Singer 2003), since membership in a power cell is
/// linear in the point. `None` when no straight lines can part the classes.
pub(crate) fn part_classes(points: &[(Point, usize)], classes: usize) -> Option<Vec<(Point, f64)>> {
    // Work in units of 100 km, which keeps the three coefficients of one size.
    const UNIT: f64 = 100.0;
    let feature = |p: Point| [p[0] / UNIT, p[1] / UNIT, 1.0];
    let mut lines = vec![[0.0f64; 3]; classes];
    for &(p, class) in points {
        for (sum, part) in lines[class].iter_mut().zip(feature(p)).take(2) {
            *sum += part;
        }
    }
    for _ in 0..20_000 {
        let mut clean = true;
        for &(p, class) in points {
            let f = feature(p);
            let score = |line: &[f64; 3]| line.iter().zip(f).map(|(a, b)| a * b).sum::<f64>();
            let own = score(&lines[class]);
            let rival = (0..classes)
                .filter(|c| *c != class)
                .max_by(|a, b| score(&lines[*a]).total_cmp(&score(&lines[*b])));
            let Some(rival) = rival else { continue };
            // The margin keeps points off the line.
            if own < score(&lines[rival]) + 0.02 {
                clean = false;
                for axis in 0..3 {
                    lines[class][axis] += f[axis] * 0.05;
                    lines[rival][axis] -= f[axis] * 0.05;
                }
            }
        }
        if clean {
            // score = 2 s·p − |s|² + w, with p in km.
            let site = |line: [f64; 3]| {
                let s = [line[0] / (2.0 * UNIT), line[1] / (2.0 * UNIT)];
                (s, line[2] + s[0] * s[0] + s[1] * s[1])
            };
            return Some(lines.into_iter().map(site).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn parent() -> Outline {
        Outline(vec![[0.0, 0.0], [10.0, 0.0], [12.0, 8.0], [1.0, 9.0]])
    }

    #[test]
    fn cells_tile_their_parent_hold_their_sites_and_come_near_the_wanted_areas() {
        let mut rng = Rng::keyed(3, Stream::Cells, 0, 0);
        let sites: Vec<Site> = (0..30)
            .map(|n| Site {
                at: point_within(&parent(), &mut rng),
                wanted: 1.0 + f64::from(n % 5) * 2.0,
            })
            .collect();
        let total: f64 = sites.iter().map(|s| s.wanted).sum();
        let cells = sized_cells(&parent(), &sites, true, 30);
        let sum: f64 = cells.iter().map(Outline::area).sum();
        assert!((sum / parent().area() - 1.0).abs() < 1e-9, "{sum}");
        for (cell, site) in cells.iter().zip(&sites) {
            let wanted = site.wanted / total * parent().area();
            let ratio = cell.area() / wanted;
            assert!((0.5..2.0).contains(&ratio), "{ratio}");
        }
        let still = sized_cells(&parent(), &sites, false, 10);
        assert!(still.iter().zip(&sites).all(|(cell, site)| cell.contains(site.at)));
    }

    #[test]
    fn drawn_points_lie_within() {
        let mut rng = Rng::keyed(3, Stream::Cells, 1, 0);
        assert!((0..1000).all(|_| parent().contains(point_within(&parent(), &mut rng))));
    }

    #[test]
    fn classes_are_parted_when_they_can_be() {
        let points = [([0.0, 0.0], 0), ([10.0, 40.0], 0), ([30.0, 5.0], 1), ([60.0, 60.0], 1)];
        let sites = part_classes(&points, 2).expect("a line parts them");
        let frame = Outline(vec![[-99.0, -99.0], [99.0, -99.0], [99.0, 99.0], [-99.0, 99.0]]);
        let cells = power_cells(&frame, &sites);
        assert!(points.iter().all(|(p, class)| cells[*class].contains(*p)));
        let mixed = [([0.0, 0.0], 0), ([2.0, 0.0], 1), ([4.0, 0.0], 0)];
        assert!(part_classes(&mixed, 2).is_none());
    }
}
