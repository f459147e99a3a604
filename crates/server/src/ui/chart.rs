//! Charts as SVG made on the server, each with a title and the numbers in a table under it. No
//! script; widths are those of the view box, colours come from the style sheet.

pub mod bands;

use maud::{Markup, html};
use types::Micros;

use crate::i18n::{Lang, Speaks, number};
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::Tone;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 30.0;
const TOP: f64 = 10.0;

/// One series of a stacked chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend and the table.
    pub name: String,
    /// Which of the six colours, from 0.
    pub colour: usize,
    /// Its values, one a slot.
    pub values: Vec<i64>,
}

/// A line in the height of text: where a number has been going.
pub fn sparkline(label: &str, values: &[i64]) -> Markup {
    let top = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 100.0 / values.len().saturating_sub(1).max(1) as f64;
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(n, v)| format!("{:.1},{:.1}", n as f64 * step, 22.0 - 20.0 * *v as f64 / top))
        .collect();
    let last = values.last().copied().unwrap_or(0);
    html! {
        svg .spark viewBox="0 0 100 24" preserveAspectRatio="none" role="img"
            aria-label={ (label) ": " (number(last)) } {
            polyline points=(points.join(" ")) fill="none" vector-effect="non-scaling-stroke" {}
        }
    }
}

/// Bars by hour: one series over time slots.
pub fn bars_by_hour(seat: &Seat, title: &str, slots: &[(Micros, i64)]) -> Markup {
    let labels: Vec<String> = slots.iter().map(|(at, _)| seat.time(*at).to_string()).collect();
    let series = [Series {
        name: title.to_owned(),
        colour: 0,
        values: slots.iter().map(|(_, v)| *v).collect(),
    }];
    stacked(seat, title, &labels, &series)
}

/// The next number up that reads well on an axis, and not far up.
pub fn nice_ceiling(value: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        // In tenths, so that 15 and 25 are there, but no half persons.
        for tenths in [10, 15, 20, 25, 30, 40, 50, 60, 80] {
            let candidate = tenths * power;
            if candidate % 10 == 0 && candidate / 10 >= value {
                return candidate / 10;
            }
        }
        match power.checked_mul(10) {
            Some(next) if next < i64::MAX / 100 => power = next,
            _ => return value,
        }
    }
}

/// A number short enough for an axis: `250k`, `1.5M`; in Chinese `25万`, `1.5亿`.
pub fn short(lang: Lang, n: i64) -> String {
    let units: [(i64, &str); 2] = match lang {
        Lang::Zh => [(100_000_000, "亿"), (10_000, "万")],
        Lang::En => [(1_000_000, "M"), (1_000, "k")],
    };
    let Some((unit, name)) = units.into_iter().find(|(unit, _)| n >= *unit) else {
        return number(n);
    };
    let tenths = n / (unit / 10);
    match tenths % 10 {
        0 => format!("{}{name}", number(tenths / 10)),
        rest => format!("{}.{rest}{name}", number(tenths / 10)),
    }
}

/// Bars of several series on top of each other. `labels` are those of the slots; of times like
/// `2022-03-15 08:00` the axis shows the hour, and the day where it changes.
pub fn stacked(seat: &Seat, title: &str, labels: &[String], series: &[Series]) -> Markup {
    let slots = labels.len();
    let sum = |n: usize| -> i64 {
        series.iter().map(|s| s.values.get(n).copied().unwrap_or(0).max(0)).sum()
    };
    let top = nice_ceiling((0..slots).map(sum).max().unwrap_or(0).max(1));
    let plot = HEIGHT - TOP - BOTTOM;
    let slot_width = (WIDTH - LEFT) / slots.max(1) as f64;
    let bar_width = (slot_width * 0.8).max(0.5);
    let y_of = |value: i64| TOP + plot * (1.0 - value as f64 / top as f64);
    // Not more labels than can be read.
    let every = slots.div_ceil(12).max(1);
    let total: i64 = (0..slots).map(sum).sum();
    let desc = t!(seat, "chart-desc", total = number(total), slots = slots as i64);
    html! {
        figure .chart {
            figcaption .chart__title { (title) }
            @if series.len() > 1 {
                ul .legend {
                    @for s in series { li { span class={ "legend__key c" (s.colour % 6) } {} (s.name) } }
                }
            }
            svg .chart__plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
                title { (title) }
                desc { (desc) }
                @for value in grid(top) {
                    line .chart__grid x1=(LEFT) x2=(WIDTH) y1=(y_of(value)) y2=(y_of(value)) {}
                    text .chart__label x=(LEFT - 6.0) y=(y_of(value) + 4.0) text-anchor="end" {
                        (short(seat.lang(), value))
                    }
                }
                @for n in 0..slots {
                    @let x = LEFT + slot_width * n as f64 + (slot_width - bar_width) / 2.0;
                    @for (s, below) in series.iter().zip(below(series, n)) {
                        @let value = s.values.get(n).copied().unwrap_or(0).max(0);
                        @if value > 0 {
                            rect class={ "c" (s.colour % 6) } x=(round(x)) width=(round(bar_width))
                                y=(round(y_of(below + value)))
                                height=(round(plot * value as f64 / top as f64)) {
                                title { (labels[n]) " · " (s.name) ": " (number(value)) }
                            }
                        }
                    }
                    @if n.is_multiple_of(every) {
                        text .chart__label .chart__label--minor[(n / every) % 2 == 1] x=(round(x + bar_width / 2.0)) y=(HEIGHT - 7.0) text-anchor="middle" {
                            (axis_label(labels, n, every))
                        }
                    }
                }
            }
            (numbers(seat, labels, series))
        }
    }
}

/// Where the lines of the grid are: bottom, middle if it is a whole number, top.
fn grid(top: i64) -> Vec<i64> {
    if top % 2 == 0 { vec![0, top / 2, top] } else { vec![0, top] }
}

/// A level across a chart of lines: a capacity, a limit.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub value: i64,
}

/// Lines over time slots, each on its own scale of the same axis: running sums, rates. Levels
/// are drawn across, dashed.
pub fn lines(
    seat: &Seat,
    title: &str,
    labels: &[String],
    series: &[Series],
    levels: &[Level],
) -> Markup {
    let values = series.iter().flat_map(|s| s.values.iter().copied());
    let highest = values.chain(levels.iter().map(|l| l.value)).max().unwrap_or(0);
    let top = nice_ceiling(highest.max(1));
    let plot = HEIGHT - TOP - BOTTOM;
    let step = (WIDTH - LEFT) / labels.len().saturating_sub(1).max(1) as f64;
    let y_of = |value: i64| TOP + plot * (1.0 - value.max(0) as f64 / top as f64);
    let every = labels.len().div_ceil(12).max(1);
    let points = |s: &Series| -> String {
        let at = |(n, v): (usize, &i64)| {
            format!("{},{}", round(LEFT + step * n as f64), round(y_of(*v)))
        };
        s.values.iter().enumerate().map(at).collect::<Vec<_>>().join(" ")
    };
    html! {
        figure .chart {
            figcaption .chart__title { (title) }
            ul .legend {
                @for s in series { li { span class={ "legend__key c" (s.colour % 6) } {} (s.name) } }
                @for (n, level) in levels.iter().enumerate() {
                    li { span class={ "legend__key legend__key--level legend__key--level" (n % 2) } {} (level.name) " " (number(level.value)) }
                }
            }
            svg .chart__plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
                @for value in grid(top) {
                    line .chart__grid x1=(LEFT) x2=(WIDTH) y1=(y_of(value)) y2=(y_of(value)) {}
                    text .chart__label x=(LEFT - 6.0) y=(y_of(value) + 4.0) text-anchor="end" {
                        (short(seat.lang(), value))
                    }
                }
                @for (n, level) in levels.iter().enumerate() {
                    line class={ "chart__level chart__level" (n % 2) } x1=(LEFT) x2=(WIDTH) y1=(y_of(level.value)) y2=(y_of(level.value)) {
                        title { (level.name) ": " (number(level.value)) }
                    }
                }
                @for s in series {
                    polyline class={ "chart__line l" (s.colour % 6) } points=(points(s)) fill="none" {
                        title { (s.name) }
                    }
                }
                (time_axis(labels, every, |n| round(LEFT + step * n as f64)))
            }
            (numbers(seat, labels, series))
        }
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// What lies under each series in a slot.
fn below(series: &[Series], n: usize) -> Vec<i64> {
    let mut sum = 0;
    series
        .iter()
        .map(|s| {
            let under = sum;
            sum += s.values.get(n).copied().unwrap_or(0).max(0);
            under
        })
        .collect()
}

/// The labels under lines, not more than can be read.
fn time_axis(labels: &[String], every: usize, x_of: impl Fn(usize) -> f64) -> Markup {
    html! {
        @for n in (0..labels.len()).filter(|n| n.is_multiple_of(every)) {
            text .chart__label .chart__label--minor[!n.is_multiple_of(every * 2)]
                x=(x_of(n)) y=(HEIGHT - 7.0)
                // The first one does not reach under the zero of the other axis.
                text-anchor=(match n { 0 => "start", n if n + 1 == labels.len() => "end", _ => "middle" }) {
                (axis_label(labels, n, every))
            }
        }
    }
}

/// Of `2022-03-15` the month and day; of `2022-03-15 08:00` the hour, or the day where it differs from the label before.
fn axis_label(labels: &[String], n: usize, every: usize) -> String {
    let label = &labels[n];
    let (Some(day), Some(clock)) = (label.get(..10), label.get(11..)) else {
        // A day alone; the year is in the table.
        let short = label.get(5..).filter(|_| label.len() == 10 && label.contains('-'));
        return short.unwrap_or(label).to_owned();
    };
    let before = n.checked_sub(every).and_then(|b| labels[b].get(..10));
    if before == Some(day) || (before.is_none() && labels.len() < 24) {
        clock.to_owned()
    } else {
        day.get(5..).unwrap_or(day).to_owned()
    }
}

fn numbers(seat: &Seat, labels: &[String], series: &[Series]) -> Markup {
    let column = |s: &Series| {
        let value = |n| number(s.values.get(n).copied().unwrap_or(0));
        (s.name.clone(), (0..labels.len()).map(value).collect())
    };
    numbers_table(seat, labels, &series.iter().map(column).collect::<Vec<_>>())
}

/// The numbers of a chart, a column a series with its heading, for those who would rather read.
fn numbers_table(seat: &Seat, labels: &[String], columns: &[(String, Vec<String>)]) -> Markup {
    html! {
        details .chart__numbers {
            summary { (t!(seat, "show-numbers")) }
            div .table-box__scroll tabindex="0" role="region" aria-label=(t!(seat, "show-numbers")) {
                table .table .table--plain {
                    thead { tr {
                        th scope="col" { (t!(seat, "time-slot")) }
                        @for (name, _) in columns { th scope="col" .numeric { (name) } }
                    } }
                    tbody {
                        @for (n, label) in labels.iter().enumerate() {
                            tr {
                                th scope="row" { (label) }
                                @for (_, texts) in columns { td .numeric { (texts[n]) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One bar cut into shares: the stages of a round, for example. A stage opens into its list.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// How much.
    pub value: i64,
    /// Which of the six colours, from 0.
    pub colour: usize,
    /// The rows behind it.
    pub href: Option<String>,
    /// How it stands.
    pub tone: Tone,
}

/// One bar of shares with a legend of numbers.
pub fn shares(title: &str, shares: &[Share]) -> Markup {
    let total: i64 = shares.iter().map(|s| s.value.max(0)).sum();
    let mut at = 0.0;
    let mut spans = Vec::new();
    for share in shares {
        let width = 100.0 * share.value.max(0) as f64 / total.max(1) as f64;
        spans.push((share, at, width));
        at += width;
    }
    html! {
        figure .shares {
            figcaption .chart__title { (title) }
            svg .shares__bar viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=(title) {
                @for (share, x, width) in &spans {
                    @if *width > 0.0 {
                        rect class={ "c" (share.colour % 6) } x=(format!("{x:.2}")) y="0"
                            width=(format!("{width:.2}")) height="6" {
                            title { (share.name) ": " (number(share.value)) }
                        }
                    }
                }
            }
            ul .legend .legend--numbers {
                @for share in shares {
                    li {
                        span class={ "legend__key c" (share.colour % 6) } {}
                        span { (share.name) }
                        strong .legend__value .legend__value--bad[share.tone == Tone::Bad] {
                            @match &share.href {
                                Some(href) => a href=(href) { (number(share.value)) },
                                None => (number(share.value)),
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_on_a_number_that_reads_well() {
        let pairs =
            [(1, 1), (3, 3), (7, 8), (11, 15), (13, 15), (201, 250), (501, 600), (24_000, 25_000)];
        for (value, wanted) in pairs {
            assert_eq!(nice_ceiling(value), wanted);
        }
        assert_eq!(nice_ceiling(0), 1);
        assert_eq!((grid(5), grid(6)), (vec![0, 5], vec![0, 3, 6]));
        assert!(nice_ceiling(i64::MAX - 1) >= i64::MAX - 1);
    }

    #[test]
    fn numbers_on_an_axis_are_short_in_either_language() {
        let both = |n| (short(Lang::En, n), short(Lang::Zh, n));
        assert_eq!(both(800), ("800".into(), "800".into()));
        assert_eq!(both(2_500), ("2.5k".into(), "2,500".into()));
        assert_eq!(both(250_000), ("250k".into(), "25万".into()));
        assert_eq!(both(1_500_000), ("1.5M".into(), "150万".into()));
    }

    #[test]
    fn the_axis_names_the_day_where_it_changes() {
        let labels: Vec<String> = ["2022-03-15 22:00", "2022-03-15 23:00", "2022-03-16 00:00"]
            .map(str::to_owned)
            .to_vec();
        let shown: Vec<String> = (0..3).map(|n| axis_label(&labels, n, 1)).collect();
        assert_eq!(shown, ["22:00", "23:00", "03-16"]);
        assert_eq!(axis_label(&["A".to_owned()], 0, 1), "A");
    }
}
