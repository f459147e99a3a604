//! Charts of rehearsals as SVG, and pages that hold them.

use std::fmt::Write;

use super::summary::{DayBand, Spread};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 28.0;

/// A round number at or above the value, for the top of an axis.
fn nice(value: f64) -> f64 {
    let mut step = 1.0;
    while step * 10.0 < value {
        step *= 10.0;
    }
    [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * step).into_iter().find(|v| *v >= value).unwrap_or(value)
}

struct Frame {
    svg: String,
    days: usize,
    low: f64,
    high: f64,
}

impl Frame {
    fn new(title: &str, dates: &[String], low: f64, high: f64) -> Frame {
        let mut frame = Frame { svg: String::new(), days: dates.len(), low, high };
        let _ = write!(
            frame.svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{0}\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" fill=\"#fff\"/><text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{0}</text>",
            escape(title)
        );
        for part in 0..=4 {
            let value = low + (high - low) * f64::from(part) / 4.0;
            let y = frame.y(value);
            let _ = write!(
                frame.svg,
                "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                number(value)
            );
        }
        for (at, date) in dates.iter().enumerate().step_by(7) {
            let _ = write!(
                frame.svg,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                frame.x(at),
                HEIGHT - BOTTOM + 18.0,
                escape(date.get(5..).unwrap_or(date))
            );
        }
        frame
    }

    fn x(&self, day: usize) -> f64 {
        LEFT + (WIDTH - LEFT - 12.0) * day as f64 / (self.days.max(2) - 1) as f64
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low).max(1e-9);
        HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share
    }

    fn band(&mut self, spreads: &[Spread], colour: &str) {
        let up = spreads.iter().enumerate().map(|(d, s)| (d, s.high));
        let down = spreads.iter().enumerate().rev().map(|(d, s)| (d, s.low));
        let points: Vec<String> =
            up.chain(down).map(|(d, v)| format!("{:.1},{:.1}", self.x(d), self.y(v))).collect();
        let _ = write!(
            self.svg,
            "<polygon points=\"{}\" fill=\"{colour}\" opacity=\"0.25\"/>",
            points.join(" ")
        );
        let line: Vec<String> = spreads
            .iter()
            .enumerate()
            .map(|(d, s)| format!("{:.1},{:.1}", self.x(d), self.y(s.median)))
            .collect();
        let _ = write!(
            self.svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            line.join(" ")
        );
    }

    fn dots(&mut self, values: impl Iterator<Item = (usize, f64)>) {
        for (day, value) in values {
            let (x, y) = (self.x(day), self.y(value));
            let _ =
                write!(self.svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\" fill=\"#222\"/>");
        }
    }

    fn rule(&mut self, day: usize, label: &str) {
        let x = self.x(day);
        let _ = write!(
            self.svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.0}\" stroke=\"#a33\" \
             stroke-dasharray=\"4 3\"/><text x=\"{:.1}\" y=\"{:.0}\" fill=\"#a33\">{}</text>",
            HEIGHT - BOTTOM,
            x + 4.0,
            TOP + 12.0,
            escape(label)
        );
    }

    fn done(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < -0.5 { format!("-{text}") } else { text }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The 90 % band of the daily published counts, with the real ones as dots. A line marks the
/// last day that was fitted.
pub fn daily_chart(title: &str, bands: &[DayBand], fitted: Option<jiff::civil::Date>) -> String {
    let dates: Vec<String> = bands.iter().map(|b| b.date.to_string()).collect();
    let top = bands.iter().map(|b| b.daily.high.max(b.reported.unwrap_or(0) as f64));
    let mut frame = Frame::new(title, &dates, 0.0, nice(top.fold(1.0, f64::max)));
    frame.band(&bands.iter().map(|b| b.daily).collect::<Vec<_>>(), "#2468a8");
    let dots = bands.iter().enumerate().filter_map(|(d, b)| Some((d, b.reported? as f64)));
    frame.dots(dots);
    if let Some(day) = fitted.and_then(|date| bands.iter().position(|b| b.date == date)) {
        frame.rule(day, "fitted to here");
    }
    frame.done()
}

/// The cumulative band, with published totals as dots.
pub fn cumulative_chart(
    title: &str,
    bands: &[DayBand],
    totals: &[(jiff::civil::Date, u64)],
) -> String {
    let dates: Vec<String> = bands.iter().map(|b| b.date.to_string()).collect();
    let top = bands.iter().map(|b| b.cumulative.high);
    let top = top.chain(totals.iter().map(|t| t.1 as f64)).fold(1.0, f64::max);
    let mut frame = Frame::new(title, &dates, 0.0, nice(top));
    frame.band(&bands.iter().map(|b| b.cumulative).collect::<Vec<_>>(), "#2468a8");
    let place = |date| bands.iter().position(|b| b.date == date);
    frame.dots(totals.iter().filter_map(|(date, n)| Some((place(*date)?, *n as f64))));
    frame.done()
}

/// Two bands over the same days: as it was planned, and with the change.
pub fn pair_chart(title: &str, dates: &[String], base: &[Spread], changed: &[Spread]) -> String {
    let top = base.iter().chain(changed).map(|s| s.high).fold(1.0, f64::max);
    let mut frame = Frame::new(title, dates, 0.0, nice(top));
    frame.band(base, "#888888");
    frame.band(changed, "#c2571a");
    frame.done()
}

/// A page with a heading, paragraphs or tables of HTML, and charts.
pub fn page(title: &str, parts: &[String]) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{0}</title><style>body{{font:15px/1.5 sans-serif;\
         max-width:60rem;margin:1rem auto;padding:0 1rem}}td,th{{padding:.2rem .8rem;text-align:\
         right;border-bottom:1px solid #ddd}}td:first-child,th:first-child{{text-align:left}}\
         svg{{max-width:100%;height:auto}}</style><h1>{0}</h1>{1}</html>\n",
        escape(title),
        parts.join("\n")
    )
}
