//! A schematic map: places coloured by a share, drawn from their outlines.

use maud::{Markup, html};

use super::labels::{self, Place};

use crate::seat::Seat;
use crate::t;

/// A place to draw.
#[derive(Debug)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The share that colours it, 0 to 1; `None` when there is nothing to share.
    pub share: Option<f64>,
    /// The number behind the share, in words.
    pub detail: String,
    /// Its boundary: `[[[lon, lat], …], …]`.
    pub outline: String,
}

/// Lower ends of the classes; a place without anybody has none.
const CLASSES: [f64; 5] = [0.0, 0.5, 0.8, 0.95, 0.995];

const WIDTH: f64 = 640.0;

/// Sizes of names, in units of the drawing: in a wide window, and on a phone, where the drawing
/// is about half as large and the letters must not be.
const SIZES: [f64; 2] = [15.0, 27.0];
/// What the groups of names are called in the styles, in the order of [`SIZES`].
const GROUPS: [&str; 2] = ["wide", "phone"];
/// With more places than this, those without room for a name get no number either.
const NUMBERED: usize = 16;

/// The class of a share, from 0.
fn class_of(share: f64) -> usize {
    CLASSES.iter().rposition(|low| share >= *low).unwrap_or(0)
}

pub(crate) type Rings = Vec<Vec<[f64; 2]>>;

/// The map with its legend; nothing when no place has an outline.
pub fn coverage(seat: &Seat, title: &str, shapes: &[Shape]) -> Markup {
    let drawn: Vec<(&Shape, Rings)> = shapes
        .iter()
        .filter_map(|s| Some((s, serde_json::from_str::<Rings>(&s.outline).ok()?)))
        .filter(|(_, rings)| rings.iter().any(|ring| ring.len() > 2))
        .collect();
    let Some(frame) = Frame::around(drawn.iter().map(|(_, rings)| rings)) else {
        return html! {};
    };
    let labels = SIZES.map(|size| {
        labels::place(
            &drawn
                .iter()
                .map(|(shape, rings)| labels::Wanted { name: &shape.name, at: frame.middle(rings) })
                .collect::<Vec<_>>(),
            [WIDTH, frame.height],
            size,
        )
    });
    // Of many small places those that got no room are found in the table and by pointing.
    let numbered = drawn.len() <= NUMBERED;
    html! {
        figure .map {
            figcaption .chart__title { (title) }
            svg .map__plot viewBox={ "0 0 " (WIDTH) " " (round(frame.height)) } role="group" aria-label=(title) {
                @for (shape, rings) in &drawn {
                    a href=(shape.href) aria-label={ (shape.name) ": " (shape.detail) } {
                        path
                            class={ "map__place " @match shape.share { Some(share) => { "m" (class_of(share)) }, None => { "mx" } } }
                            d=(frame.path(rings)) {
                            title { (shape.name) ": " (shape.detail) }
                        }
                    }
                }
                @for (group, placed) in GROUPS.iter().zip(&labels) {
                    g class={ "map__names map__names--" (group) } aria-hidden="true" {
                        @for (n, place) in placed.iter().enumerate() {
                            @match place {
                                Place::Name([x, y]) => {
                                    text .map__name x=(round(*x)) y=(round(*y)) text-anchor="middle" { (drawn[n].0.name) }
                                }
                                Place::Number([x, y]) => {
                                    @if numbered {
                                        text .map__name .map__name--number x=(round(*x)) y=(round(*y)) text-anchor="middle" { (n + 1) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if numbered {
                @for (group, placed) in GROUPS.iter().zip(&labels) {
                    @let small: Vec<usize> = placed.iter().enumerate().filter(|(_, p)| matches!(p, Place::Number(_))).map(|(n, _)| n).collect();
                    @if !small.is_empty() {
                        ol class={ "map__key map__names--" (group) } {
                            @for n in small {
                                li value=(n + 1) { a href=(drawn[n].0.href) { (drawn[n].0.name) } " " span .muted { (drawn[n].0.detail) } }
                            }
                        }
                    }
                }
            }
            ul .legend {
                @for class in (0..CLASSES.len()).rev() {
                    li { span class={ "legend__key m" (class) } {} (class_text(seat, class)) }
                }
                li { span .legend__key .mx {} (t!(seat, "map-nobody")) }
            }
        }
    }
}

fn class_text(seat: &Seat, class: usize) -> String {
    let percent = |share: f64| format!("{} %", (share * 1000.0).round() / 10.0);
    match CLASSES.get(class + 1) {
        Some(next) if class == 0 => t!(seat, "map-below", to = percent(*next)),
        Some(next) => {
            t!(seat, "map-between", from = percent(CLASSES[class]), to = percent(*next))
        }
        None => t!(seat, "map-from", from = percent(CLASSES[class])),
    }
}

/// The map's frame: degrees to the view box, north up, a degree of longitude shortened by the
/// cosine of the middle latitude (equirectangular: good enough for a city).
pub(crate) struct Frame {
    west: f64,
    north: f64,
    east_scale: f64,
    scale: f64,
    height: f64,
}

impl Frame {
    /// The frame of all these places; nothing without a corner.
    pub(crate) fn around<'a>(all: impl Iterator<Item = &'a Rings>) -> Option<Frame> {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for corner in all.flatten().flatten() {
            for axis in 0..2 {
                low[axis] = low[axis].min(corner[axis]);
                high[axis] = high[axis].max(corner[axis]);
            }
        }
        let east_scale = f64::midpoint(low[1], high[1]).to_radians().cos();
        let (width, height) = ((high[0] - low[0]) * east_scale, high[1] - low[1]);
        if !width.is_finite() || width <= 0.0 || height <= 0.0 {
            return None;
        }
        // A tall map is fitted into a square.
        let scale = WIDTH / width.max(height);
        Some(Frame {
            west: low[0] - (WIDTH / scale - width) / 2.0 / east_scale,
            north: high[1],
            east_scale,
            scale,
            height: height * scale,
        })
    }

    /// How high the drawing is, of [`WIDTH`] wide.
    pub(crate) fn height(&self) -> f64 {
        self.height
    }

    /// Where a corner is drawn.
    pub(crate) fn at(&self, corner: [f64; 2]) -> [f64; 2] {
        [
            (corner[0] - self.west) * self.east_scale * self.scale,
            (self.north - corner[1]) * self.scale,
        ]
    }

    /// The outline of a place.
    pub(crate) fn path(&self, rings: &Rings) -> String {
        let mut path = String::new();
        for ring in rings.iter().filter(|ring| ring.len() > 2) {
            for (n, corner) in ring.iter().enumerate() {
                let [x, y] = self.at(*corner);
                path.push_str(&format!(
                    "{}{} {}",
                    if n == 0 { "M" } else { "L" },
                    round(x),
                    round(y)
                ));
            }
            path.push('Z');
        }
        path
    }

    /// The centre of gravity of the largest ring: where a name fits best.
    pub(crate) fn middle(&self, rings: &Rings) -> [f64; 2] {
        let mut best = ([0.0; 2], 0.0);
        for ring in rings {
            let corners: Vec<[f64; 2]> = ring.iter().map(|corner| self.at(*corner)).collect();
            let next = corners.iter().cycle().skip(1);
            let (mut area, mut sum) = (0.0, [0.0; 2]);
            for (a, b) in corners.iter().zip(next) {
                let cross = a[0] * b[1] - b[0] * a[1];
                area += cross;
                sum = [sum[0] + (a[0] + b[0]) * cross, sum[1] + (a[1] + b[1]) * cross];
            }
            if area.abs() > best.1 {
                best = (sum.map(|s: f64| s / (3.0 * area)), area.abs());
            }
        }
        best.0
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_the_class_that_it_reaches() {
        let classes = [0.0, 0.499, 0.5, 0.94, 0.95, 0.994, 0.995, 1.0, 1.2].map(class_of);
        assert_eq!(classes, [0, 0, 1, 2, 3, 3, 4, 4, 4]);
    }

    #[test]
    fn a_frame_holds_all_corners_with_north_up() {
        let rings: Rings = vec![vec![[126.0, 43.0], [127.0, 43.0], [127.0, 44.0], [126.0, 44.0]]];
        let frame = Frame::around(std::iter::once(&rings)).expect("a frame");
        for corner in &rings[0] {
            let [x, y] = frame.at(*corner);
            assert!((-0.1..=WIDTH + 0.1).contains(&x) && (-0.1..=frame.height + 0.1).contains(&y));
        }
        assert!(frame.at([126.5, 44.0])[1] < frame.at([126.5, 43.0])[1]);
        let middle = frame.middle(&rings);
        let wanted = frame.at([126.5, 43.5]);
        assert!((middle[0] - wanted[0]).abs() < 1.0 && (middle[1] - wanted[1]).abs() < 1.0);
        assert!(Frame::around(std::iter::empty()).is_none());
    }
}
