//! Charts as SVG made on the server, each with a title and the numbers in a table under it. No
//! script; widths are those of the view box, colours come from the style sheet.

use maud::{Markup, html};
use types::Micros;

use crate::i18n::number;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::Tone;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 48.0;
const BOTTOM: f64 = 24.0;
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

/// The next number up that reads well on an axis: 1, 2, 5 times a power of ten.
pub fn nice_ceiling(value: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let candidate = factor * power;
            if candidate >= value {
                return candidate;
            }
        }
        match power.checked_mul(10) {
            Some(next) if next < i64::MAX / 10 => power = next,
            _ => return value,
        }
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
                @for part in 0..=2 {
                    @let value = top * part / 2;
                    line .chart__grid x1=(LEFT) x2=(WIDTH) y1=(y_of(value)) y2=(y_of(value)) {}
                    text .chart__label x=(LEFT - 6.0) y=(y_of(value) + 4.0) text-anchor="end" {
                        (number(value))
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
                        text .chart__label x=(round(x + bar_width / 2.0)) y=(HEIGHT - 7.0) text-anchor="middle" {
                            (axis_label(labels, n, every))
                        }
                    }
                }
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

/// Of `2022-03-15 08:00` the hour, or the day where it differs from the label before.
fn axis_label(labels: &[String], n: usize, every: usize) -> String {
    let label = &labels[n];
    let (Some(day), Some(clock)) = (label.get(..10), label.get(11..)) else {
        return label.clone();
    };
    let before = n.checked_sub(every).and_then(|b| labels[b].get(..10));
    if before == Some(day) || (before.is_none() && labels.len() < 24) {
        clock.to_owned()
    } else {
        day.get(5..).unwrap_or(day).to_owned()
    }
}

fn numbers(seat: &Seat, labels: &[String], series: &[Series]) -> Markup {
    html! {
        details .chart__numbers {
            summary { (t!(seat, "show-numbers")) }
            div .table-box__scroll tabindex="0" role="region" aria-label=(t!(seat, "show-numbers")) {
                table .table .table--plain {
                    thead { tr {
                        th scope="col" { (t!(seat, "time-slot")) }
                        @for s in series { th scope="col" .numeric { (s.name) } }
                    } }
                    tbody {
                        @for (n, label) in labels.iter().enumerate() {
                            tr {
                                th scope="row" { (label) }
                                @for s in series {
                                    td .numeric { (number(s.values.get(n).copied().unwrap_or(0))) }
                                }
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
        let pairs = [(1, 1), (3, 5), (7, 10), (11, 20), (501, 1000), (24_000, 50_000)];
        for (value, wanted) in pairs {
            assert_eq!(nice_ceiling(value), wanted);
        }
        assert_eq!(nice_ceiling(0), 1);
        assert!(nice_ceiling(i64::MAX - 1) >= i64::MAX - 1);
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
