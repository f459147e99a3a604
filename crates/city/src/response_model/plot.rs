//! Charts of rehearsals as SVG, and pages that hold them.

use std::fmt::Write;

use super::summary::{DayBand, Spread};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 40.0;
/// Room above the plot: the title; of a chart with a key below it, that too.
const TOP: f64 = 28.0;
const TOP_WITH_KEY: f64 = 52.0;

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
    top: f64,
    days: usize,
    low: f64,
    high: f64,
}

impl Frame {
    fn new(title: &str, top: f64, dates: &[String], low: f64, high: f64) -> Frame {
        let mut frame = Frame { svg: String::new(), top, days: dates.len(), low, high };
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
            let value = if value.abs() < 1e-9 { 0.0 } else { value };
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
        HEIGHT - BOTTOM - (HEIGHT - BOTTOM - self.top) * share
    }

    fn band(&mut self, spreads: &[Spread], colour: &str) {
        self.styled(spreads, &format!("fill=\"{colour}\" opacity=\"0.25\""), colour, "");
    }

    /// A band with its median: how the band is filled, the colour of the line and its dashes.
    fn styled(&mut self, spreads: &[Spread], fill: &str, colour: &str, dashes: &str) {
        let up = spreads.iter().enumerate().map(|(d, s)| (d, s.high));
        let down = spreads.iter().enumerate().rev().map(|(d, s)| (d, s.low));
        let points: Vec<String> =
            up.chain(down).map(|(d, v)| format!("{:.1},{:.1}", self.x(d), self.y(v))).collect();
        let _ = write!(self.svg, "<polygon points=\"{}\" {fill}/>", points.join(" "));
        let line: Vec<String> = spreads
            .iter()
            .enumerate()
            .map(|(d, s)| format!("{:.1},{:.1}", self.x(d), self.y(s.median)))
            .collect();
        let _ = write!(
            self.svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{}/>",
            line.join(" "),
            dashed(dashes)
        );
    }

    /// The key of a chart: a piece of each band, and its name.
    fn key(&mut self, entries: &[(&str, &str, &str, &str)]) {
        let mut x = LEFT;
        for (name, fill, colour, dashes) in entries {
            let _ = write!(
                self.svg,
                "<rect x=\"{x}\" y=\"28\" width=\"34\" height=\"12\" {fill}/><line x1=\"{x}\" \
                 x2=\"{}\" y1=\"34\" y2=\"34\" stroke=\"{colour}\" stroke-width=\"2\"{}/>\
                 <text x=\"{}\" y=\"38\">{}</text>",
                x + 34.0,
                dashed(dashes),
                x + 40.0,
                escape(name)
            );
            x += 380.0;
        }
    }

    /// The line of no difference.
    fn zero(&mut self) {
        let y = self.y(0.0);
        let _ = write!(
            self.svg,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#111\"/>"
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
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.0}\" y2=\"{:.0}\" stroke=\"#a33\" \
             stroke-dasharray=\"4 3\"/><text x=\"{:.1}\" y=\"{:.0}\" fill=\"#a33\">{}</text>",
            self.top,
            HEIGHT - BOTTOM,
            x + 4.0,
            self.top + 12.0,
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
    let mut frame = Frame::new(title, TOP, &dates, 0.0, nice(top.fold(1.0, f64::max)));
    frame.band(&bands.iter().map(|b| b.daily).collect::<Vec<_>>(), "#2468a8");
    let dots = bands.iter().enumerate().filter_map(|(d, b)| Some((d, b.reported? as f64)));
    frame.dots(dots);
    if let Some(day) = fitted.and_then(|date| bands.iter().position(|b| b.date == date)) {
        frame.rule(day, "拟合至此 / fitted to here");
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
    let mut frame = Frame::new(title, TOP, &dates, 0.0, nice(top));
    frame.band(&bands.iter().map(|b| b.cumulative).collect::<Vec<_>>(), "#2468a8");
    let place = |date| bands.iter().position(|b| b.date == date);
    frame.dots(totals.iter().filter_map(|(date, n)| Some((place(*date)?, *n as f64))));
    frame.done()
}

fn dashed(dashes: &str) -> String {
    if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") }
}

/// Told apart without colour: one band is plain with a whole line, the other hatched with a dashed
/// one.
const PLAIN: (&str, &str) = ("fill=\"#d4d4d4\"", "#111");
const HATCHED_LINE: &str = "#b3470a";
const DASHES: &str = "7 4";

/// The hatching of a chart; its name is that of the chart, for several are in one page.
fn hatching(name: &str) -> (String, String) {
    let pattern = format!(
        "<defs><pattern id=\"hatch-{name}\" width=\"7\" height=\"7\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" \
         x2=\"0\" y2=\"7\" stroke=\"{HATCHED_LINE}\" stroke-width=\"1.6\"/></pattern></defs>"
    );
    (pattern, format!("fill=\"url(#hatch-{name})\" fill-opacity=\"0.75\""))
}

/// Two bands over the same days: as it was planned, and with the change. `name` is a word without
/// spaces that no other chart of the page has.
pub fn pair_chart(
    name: &str,
    title: &str,
    dates: &[String],
    base: (&str, &[Spread]),
    changed: (&str, &[Spread]),
) -> String {
    let top = base.1.iter().chain(changed.1).map(|s| s.high).fold(1.0, f64::max);
    let mut frame = Frame::new(title, TOP_WITH_KEY, dates, 0.0, nice(top));
    let (pattern, hatched) = hatching(name);
    frame.svg.push_str(&pattern);
    frame.key(&[(base.0, PLAIN.0, PLAIN.1, ""), (changed.0, &hatched, HATCHED_LINE, DASHES)]);
    frame.styled(base.1, PLAIN.0, PLAIN.1, "");
    frame.styled(changed.1, &hatched, HATCHED_LINE, DASHES);
    frame.done()
}

/// The difference between pairs, day by day, about the line of none.
pub fn difference_chart(
    name: &str,
    title: &str,
    dates: &[String],
    label: &str,
    differences: &[Spread],
) -> String {
    let high = differences.iter().map(|s| s.high).fold(0.0, f64::max);
    let low = differences.iter().map(|s| -s.low).fold(0.0, f64::max);
    // The longer side ends on a round number, and zero is one of the five lines.
    let half = |v: f64| if v < 0.5 { 0.0 } else { nice(v) };
    let (mut low, mut high) = (half(low), half(high));
    if low > 0.0 && high > 0.0 {
        if low <= high / 3.0 {
            low = high / 3.0;
        } else if high <= low / 3.0 {
            high = low / 3.0;
        } else {
            (low, high) = (low.max(high), low.max(high));
        }
    }
    let mut frame = Frame::new(title, TOP_WITH_KEY, dates, -low, high.max(f64::from(low == 0.0)));
    let (pattern, hatched) = hatching(name);
    frame.svg.push_str(&pattern);
    frame.key(&[(label, &hatched, HATCHED_LINE, DASHES)]);
    frame.styled(differences, &hatched, HATCHED_LINE, DASHES);
    frame.zero();
    frame.done()
}

/// A page with a heading, paragraphs or tables of HTML, and charts; in a language, `zh-Hans` for one
/// that has both.
pub(crate) fn page_in(language: &str, title: &str, parts: &[String]) -> String {
    format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{0}</title><style>body{{font:15px/1.5 sans-serif;\
         max-width:60rem;margin:1rem auto;padding:0 1rem}}td,th{{padding:.2rem .8rem;text-align:\
         right;border-bottom:1px solid #ddd}}td:first-child,th:first-child{{text-align:left}}\
         table{{border-collapse:collapse}}th{{vertical-align:bottom}}td,th{{border-color:#aaa}}\
         svg{{max-width:100%;height:auto;border-bottom:1px solid #fff}}figure{{margin:0 0 2rem;\
         break-inside:avoid}}h2{{margin-top:2.5rem;break-after:avoid}}.scroll{{overflow-x:auto}}\
         span[lang=en]{{color:#444}}th span[lang=en]{{font-weight:400}}tr>:first-child{{white-space:nowrap}}figure svg{{min-width:36rem}}.num{{white-space:nowrap;font-variant-numeric:tabular-nums}}\
         @media print{{body{{max-width:none;font-size:10pt}}}}</style><h1>{0}</h1>{1}</html>\n",
        escape(title),
        parts.join("\n")
    )
}
