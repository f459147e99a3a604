//! Convex outlines on a plane, in kilometres.
//!
//! Every cell of the map is convex: it is cut from its parent, which is convex, by straight
//! lines. So children tile their parent, and the mean of corners lies inside.

/// A point: kilometres east and north of the map's middle.
pub(crate) type Point = [f64; 2];

/// A convex outline, counter-clockwise, without a closing point. Empty for nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline(pub(crate) Vec<Point>);

/// Corners closer than this are one, km (0.1 mm).
const SAME: f64 = 1e-7;

impl Outline {
    /// The least convex outline around the points (Andrew's monotone chain, 1979).
    pub(crate) fn hull(mut points: Vec<Point>) -> Outline {
        points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        points.dedup();
        if points.len() < 3 {
            return Outline::default();
        }
        let mut hull: Vec<Point> = Vec::new();
        for half in [points.clone(), points.into_iter().rev().collect()] {
            let start = hull.len();
            for p in half {
                while hull.len() >= start + 2
                    && turn(hull[hull.len() - 2], hull[hull.len() - 1], p) <= 0.0
                {
                    hull.pop();
                }
                hull.push(p);
            }
            // The last point of one half is the first of the other.
            hull.pop();
        }
        Outline(hull)
    }

    /// What of the outline lies where `normal · p <= limit`.
    pub(crate) fn cut(&self, normal: Point, limit: f64) -> Outline {
        let over = |p: Point| normal[0] * p[0] + normal[1] * p[1] - limit;
        let mut kept: Vec<Point> = Vec::with_capacity(self.0.len() + 1);
        let mut add = |p: Point| {
            let new = kept.last().is_none_or(|q| distance_squared(*q, p) > SAME * SAME);
            if new {
                kept.push(p);
            }
        };
        for (at, &p) in self.0.iter().enumerate() {
            let next = self.0[(at + 1) % self.0.len()];
            let (here, there) = (over(p), over(next));
            if here <= 0.0 {
                add(p);
            }
            if (here < 0.0 && there > 0.0) || (here > 0.0 && there < 0.0) {
                let t = here / (here - there);
                add([p[0] + (next[0] - p[0]) * t, p[1] + (next[1] - p[1]) * t]);
            }
        }
        if kept.len() > 1 && distance_squared(kept[0], kept[kept.len() - 1]) <= SAME * SAME {
            kept.pop();
        }
        if kept.len() < 3 { Outline::default() } else { Outline(kept) }
    }

    /// Cuts a piece of the given area off the far end in a direction; returns it and the rest.
    pub(crate) fn cut_off(&self, direction: Point, area: f64) -> (Outline, Outline) {
        let along = |p: &Point| direction[0] * p[0] + direction[1] * p[1];
        let back = [-direction[0], -direction[1]];
        let mut low = self.0.iter().map(along).fold(f64::INFINITY, f64::min);
        let mut high = self.0.iter().map(along).fold(f64::NEG_INFINITY, f64::max);
        for _ in 0..80 {
            let middle = (low + high) / 2.0;
            if self.cut(back, -middle).area() > area { low = middle } else { high = middle }
        }
        (self.cut(back, -high), self.cut(direction, high))
    }

    /// The area in km².
    pub(crate) fn area(&self) -> f64 {
        let Some(&origin) = self.0.first() else { return 0.0 };
        self.0.windows(2).map(|w| turn(origin, w[0], w[1])).sum::<f64>() / 2.0
    }

    /// The centre of gravity; the origin for nothing.
    pub(crate) fn centroid(&self) -> Point {
        let Some(&origin) = self.0.first() else { return [0.0; 2] };
        let (mut sum, mut area) = ([0.0; 2], 0.0);
        for w in self.0.windows(2) {
            let part = turn(origin, w[0], w[1]);
            area += part;
            for axis in 0..2 {
                sum[axis] += part * (origin[axis] + w[0][axis] + w[1][axis]) / 3.0;
            }
        }
        if area <= 0.0 { origin } else { [sum[0] / area, sum[1] / area] }
    }

    /// Whether the point lies inside or on the edge.
    pub(crate) fn contains(&self, p: Point) -> bool {
        !self.0.is_empty()
            && (0..self.0.len())
                .all(|at| turn(self.0[at], self.0[(at + 1) % self.0.len()], p) >= -SAME)
    }
}

/// Twice the area of the triangle; positive when `a`, `b`, `c` turn left.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

pub(crate) fn distance_squared(a: Point, b: Point) -> f64 {
    (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])
}

/// A flat map around a point: good to about 1 % over the two cities, which is more than a
/// schematic map needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projection {
    middle: [f64; 2],
    km_per_degree: [f64; 2],
}

impl Projection {
    /// The map around a longitude and latitude, degrees.
    pub(crate) fn around(middle: [f64; 2]) -> Projection {
        // 111.2 km a degree on a sphere of 6,371 km.
        let radians = middle[1] * std::f64::consts::PI / 180.0;
        Projection { middle, km_per_degree: [111.195 * cosine(radians), 111.195] }
    }

    pub(crate) fn to_km(self, at: [f64; 2]) -> Point {
        [
            (at[0] - self.middle[0]) * self.km_per_degree[0],
            (at[1] - self.middle[1]) * self.km_per_degree[1],
        ]
    }

    pub(crate) fn to_degrees(self, p: Point) -> [f64; 2] {
        [
            p[0] / self.km_per_degree[0] + self.middle[0],
            p[1] / self.km_per_degree[1] + self.middle[1],
        ]
    }
}

/// The cosine by its series: the library's may differ in the last bit between machines.
fn cosine(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..12 {
        term *= -x * x / f64::from((2 * n - 1) * (2 * n));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Outline {
        Outline(vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    }

    #[test]
    fn a_cut_splits_the_area() {
        let (left, right) = (square().cut([1.0, 0.0], 0.5), square().cut([-1.0, 0.0], -0.5));
        assert_eq!((left.area(), right.area()), (1.0, 3.0));
        assert_eq!(left.centroid(), [0.25, 1.0]);
        assert!(left.contains([0.5, 2.0]) && !left.contains([0.51, 1.0]));
        assert_eq!(square().cut([1.0, 0.0], -1.0), Outline::default());
        assert_eq!(square().cut([1.0, 0.0], 5.0), square());
        // Along an edge: all or nothing.
        assert_eq!(square().cut([1.0, 0.0], 2.0), square());
        assert_eq!(square().cut([1.0, 0.0], 0.0).area(), 0.0);
    }

    #[test]
    fn a_piece_of_the_wanted_size_comes_off_the_far_end() {
        let (piece, rest) = square().cut_off([0.0, 3.0], 0.5);
        assert!((piece.area() - 0.5).abs() < 1e-9 && (rest.area() - 3.5).abs() < 1e-9);
        assert!(piece.contains([1.0, 1.9]) && rest.contains([1.0, 1.7]));
    }

    #[test]
    fn a_hull_holds_its_points() {
        let points = vec![[0.0, 0.0], [3.0, 1.0], [1.0, 1.0], [2.0, 3.0], [0.0, 2.0], [1.5, 0.5]];
        let hull = Outline::hull(points.clone());
        assert!(points.iter().all(|p| hull.contains(*p)));
        assert_eq!(hull.0.len(), 4);
        assert!(hull.area() > 0.0);
        assert_eq!(Outline::hull(vec![[0.0, 0.0], [1.0, 1.0]]), Outline::default());
    }

    #[test]
    fn the_projection_goes_there_and_back() {
        let map = Projection::around([126.0, 43.8]);
        assert!((cosine(0.76) - 0.76f64.cos()).abs() < 1e-15);
        let back = map.to_degrees(map.to_km([126.55, 43.84]));
        assert!((back[0] - 126.55).abs() < 1e-12 && (back[1] - 43.84).abs() < 1e-12);
    }
}
