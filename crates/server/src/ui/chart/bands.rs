//! Lines with bands around them: estimates and forecasts with how sure they are. Bands differ in
//! depth and lines in dashes, so that they read without colour; the table has every number.

use std::fmt::Write;

use maud::{Markup, html};

use super::{BOTTOM, HEIGHT, LEFT, TOP, WIDTH, numbers_table, round, time_axis};
use crate::i18n::number;
use crate::seat::Seat;

/// An interval over time, `None` where there is none.
#[derive(Clone, Debug)]
pub struct Band {
    /// Its name, for example `90 %`.
    pub name: String,
    /// Lower and upper end, one a slot.
    pub ends: Vec<Option<(f64, f64)>>,
}

/// A line over time, `None` where it is broken.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its values, one a slot.
    pub values: Vec<Option<f64>>,
}

/// What a chart of bands shows.
#[derive(Clone, Debug)]
pub struct Banded {
    /// Its title.
    pub title: String,
    /// Those of the slots.
    pub labels: Vec<String>,
    /// From the widest to the narrowest, at most three.
    pub bands: Vec<Band>,
    /// At most three; the second and third are dashed.
    pub lines: Vec<Line>,
    /// A value that matters, drawn across: 1 for a reproduction number.
    pub level: Option<f64>,
    /// Digits after the point.
    pub digits: usize,
}

impl Banded {
    fn top(&self) -> f64 {
        let ends = self.bands.iter().flat_map(|b| b.ends.iter().flatten().map(|(_, high)| *high));
        let lines = self.lines.iter().flat_map(|l| l.values.iter().flatten().copied());
        let highest = ends.chain(lines).chain(self.level).fold(0.0, f64::max);
        if self.digits == 0 && highest < 10.0 {
            // Half of it stands beside the axis too, and is a whole number.
            return (2.0 * (highest / 2.0).ceil()).max(2.0);
        }
        // One of 1, 2, 5 and their tenfolds, or a tenth of it.
        let mut step = 10_f64.powf(highest.max(1e-9).log10().floor());
        for factor in [1.0, 2.0, 2.5, 2.0] {
            if step >= highest {
                break;
            }
            step *= factor;
        }
        step.max(f64::MIN_POSITIVE)
    }

    fn text(&self, value: f64) -> String {
        match self.digits {
            0 => number(value.round() as i64),
            digits => format!("{value:.digits$}"),
        }
    }
}

/// The chart, with its numbers in a table under it.
pub fn bands(seat: &Seat, chart: &Banded) -> Markup {
    let slots = chart.labels.len();
    let top = chart.top();
    let plot = HEIGHT - TOP - BOTTOM;
    let step = (WIDTH - LEFT) / slots.saturating_sub(1).max(1) as f64;
    let x_of = |n: usize| round(LEFT + step * n as f64);
    let y_of = |value: f64| round(TOP + plot * (1.0 - value.clamp(0.0, top) / top));
    let every = slots.div_ceil(9).max(1);
    html! {
        figure .chart {
            figcaption .chart__title { (chart.title) }
            ul .legend {
                @for (n, line) in chart.lines.iter().enumerate() {
                    li { span class={ "legend__key legend__key--line legend__key--line" (n) } {} (line.name) }
                }
                @for (n, band) in chart.bands.iter().enumerate() {
                    li { span class={ "legend__key legend__key--band" (n) } {} (band.name) }
                }
            }
            svg .chart__plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(chart.title) {
                @for value in [0.0, top / 2.0, top] {
                    line .chart__grid x1=(LEFT) x2=(WIDTH) y1=(y_of(value)) y2=(y_of(value)) {}
                    text .chart__label x=(LEFT - 6.0) y=(y_of(value) + 4.0) text-anchor="end" { (chart.text(value)) }
                }
                @for (n, band) in chart.bands.iter().enumerate() {
                    @for path in areas(&band.ends, x_of, y_of) {
                        path class={ "chart__band chart__band" (n) } d=(path) { title { (band.name) } }
                    }
                }
                @if let Some(level) = chart.level {
                    line .chart__level .chart__level0 x1=(LEFT) x2=(WIDTH) y1=(y_of(level)) y2=(y_of(level)) {}
                }
                @for (n, line) in chart.lines.iter().enumerate() {
                    @for path in strokes(&line.values, x_of, y_of) {
                        path class={ "chart__line chart__line--" (n) } d=(path) fill="none" { title { (line.name) } }
                    }
                }
                (time_axis(&chart.labels, every, x_of))
            }
            (table(seat, chart))
        }
    }
}

/// Runs of slots that have a value.
fn runs<T: Copy>(values: &[Option<T>]) -> Vec<Vec<(usize, T)>> {
    let mut runs = vec![Vec::new()];
    for (n, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((n, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn strokes(
    values: &[Option<f64>],
    x_of: impl Fn(usize) -> f64,
    y_of: impl Fn(f64) -> f64,
) -> Vec<String> {
    let stroke = |run: Vec<(usize, f64)>| {
        let mut path = String::new();
        for (at, (n, value)) in run.iter().enumerate() {
            let _ =
                write!(path, "{}{},{}", if at == 0 { "M" } else { "L" }, x_of(*n), y_of(*value));
        }
        if run.len() == 1 {
            path.push_str("h1");
        }
        path
    };
    runs(values).into_iter().map(stroke).collect()
}

fn areas(
    ends: &[Option<(f64, f64)>],
    x_of: impl Fn(usize) -> f64,
    y_of: impl Fn(f64) -> f64,
) -> Vec<String> {
    let area = |run: Vec<(usize, (f64, f64))>| {
        let mut path = String::new();
        for (at, (n, (_, high))) in run.iter().enumerate() {
            let _ = write!(path, "{}{},{}", if at == 0 { "M" } else { "L" }, x_of(*n), y_of(*high));
        }
        for (n, (low, _)) in run.iter().rev() {
            let _ = write!(path, "L{},{}", x_of(*n), y_of(*low));
        }
        path.push('z');
        path
    };
    runs(ends).into_iter().map(area).collect()
}

fn table(seat: &Seat, chart: &Banded) -> Markup {
    let value = |v: Option<f64>| v.map(|v| chart.text(v)).unwrap_or_default();
    let ends = |e: Option<(f64, f64)>| {
        e.map(|(low, high)| format!("{}–{}", chart.text(low), chart.text(high))).unwrap_or_default()
    };
    let lines = chart.lines.iter();
    let lines = lines.map(|l| (l.name.clone(), l.values.iter().map(|v| value(*v)).collect()));
    let bands = chart.bands.iter();
    let bands = bands.map(|b| (b.name.clone(), b.ends.iter().map(|e| ends(*e)).collect()));
    numbers_table(seat, &chart.labels, &lines.chain(bands).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_nothing_is_known() {
        let values = [None, Some(1.0), Some(2.0), None, Some(3.0)];
        let strokes = strokes(&values, |n| n as f64, |v| v);
        assert_eq!(strokes, ["M1,1L2,2", "M4,3h1"]);
        let ends = [Some((1.0, 2.0)), Some((1.5, 3.0)), None];
        assert_eq!(areas(&ends, |n| n as f64, |v| v), ["M0,2L1,3L1,1.5L0,1z"]);
    }

    #[test]
    fn the_axis_ends_at_a_round_number_above_all() {
        let chart = |high: f64| Banded {
            title: String::new(),
            labels: vec![String::new()],
            bands: vec![Band { name: String::new(), ends: vec![Some((0.0, high))] }],
            lines: Vec::new(),
            level: None,
            digits: 1,
        };
        for (high, top) in
            [(0.7, 1.0), (1.0, 1.0), (1.2, 2.0), (3.1, 5.0), (7.0, 10.0), (420.0, 500.0)]
        {
            assert!((chart(high).top() - top).abs() < 1e-9, "{high}: {}", chart(high).top());
        }
    }
}
