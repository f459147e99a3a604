//! How many infections of the last days are still to be learnt of: a nowcast from how late others were.

use analytics::{Nowcasts, Triangle};
use cases::views::{self, Window};
use maud::{Markup, html};
use types::{Micros, Span};

use super::daily::Daily;
use super::labels;
use crate::i18n::number;
use crate::seat::Seat;
use crate::ui::chart::bands::{Band, Banded, Line, bands};
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// Longest delay in days; what comes later is left aside.
const LONGEST: usize = 10;
/// Days that the method needs.
const NEEDED: usize = 21;
/// Days of the chart.
const SHOWN: usize = 21;

/// What the delays say.
pub enum Told {
    /// Too few days, or nothing.
    TooLittle,
    /// Nothing comes later than on the day itself.
    Prompt,
    /// The nowcast of each day of the page.
    Days(Nowcasts),
}

/// Reads the delays of a window; nothing where days of it are not over.
pub async fn read(
    seat: &Seat,
    window: &Window,
    days: usize,
    today: Micros,
) -> Result<Option<Told>, Fault> {
    // Of a window that ended long ago everything is known.
    if window.until != today {
        return Ok(None);
    }
    let counts = views::by_recording(&mut seat.db().await?, window).await?;
    let from = window.from;
    tokio::task::spawn_blocking(move || Some(told(&counts, from, days)))
        .await
        .map_err(Fault::internal)
}

/// The nowcast of days from a midnight on; the last one is the day before today.
fn told(counts: &[(Micros, Micros, i64)], from: Micros, days: usize) -> Told {
    let day_of = |at: Micros| (at - from).0.div_euclid(Span::days(1).0);
    let delays = LONGEST + 1;
    let mut cells = vec![vec![0.0; delays]; days];
    let mut later = 0.0;
    for (hour, recorded, n) in counts {
        let Ok(row) = usize::try_from(day_of(*hour)) else { continue };
        // A clock that is off can tell of something a moment before it happened.
        let delay = usize::try_from(day_of(*recorded) - day_of(*hour)).unwrap_or(0);
        let known_by_now = row + delay < days;
        if row < days && delay <= LONGEST && known_by_now {
            cells[row][delay] += *n as f64;
            if delay > 0 {
                later += (*n as f64).abs();
            }
        }
    }
    let first = cells.iter().position(|row| row.iter().any(|n| *n != 0.0)).unwrap_or(days);
    if days - first < NEEDED {
        return Told::TooLittle;
    }
    if later == 0.0 {
        return Told::Prompt;
    }
    let rows: Vec<Vec<Option<f64>>> = cells[first..]
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let known = (days - first - n).min(delays);
            row.iter().enumerate().map(|(d, v)| (d < known).then_some(*v)).collect()
        })
        .collect();
    match Triangle::new(&rows).and_then(|triangle| Nowcasts::of(&triangle)) {
        Ok(nowcasts) => Told::Days(nowcasts),
        Err(_) => Told::TooLittle,
    }
}

/// The chart, or why there is none.
pub fn panel(seat: &Seat, daily: &Daily, told: Option<&Told>) -> Markup {
    match told {
        None => html! {},
        Some(Told::TooLittle) => html! { p .muted { (t!(seat, "course-nowcast-too-little")) } },
        Some(Told::Prompt) => parts::notice(
            Tone::Info,
            &t!(seat, "course-nowcast"),
            html! {
                p { (t!(seat, "course-nowcast-prompt")) }
            },
        ),
        Some(Told::Days(nowcasts)) => chart(seat, daily, nowcasts),
    }
}

fn chart(seat: &Seat, daily: &Daily, nowcasts: &Nowcasts) -> Markup {
    let shown = nowcasts.days.len().min(SHOWN);
    let days = &nowcasts.days[nowcasts.days.len() - shown..];
    let first = daily.days() - shown;
    let chart = Banded {
        title: t!(seat, "course-nowcast"),
        labels: labels(seat, daily, first..daily.days()),
        bands: vec![Band {
            name: t!(seat, "course-interval", percent = 90),
            ends: days.iter().map(|day| Some((day.quantile(0.05), day.quantile(0.95)))).collect(),
        }],
        lines: vec![
            Line {
                name: t!(seat, "course-known-so-far"),
                values: days.iter().map(|day| Some(day.observed)).collect(),
            },
            Line {
                name: t!(seat, "course-nowcast-total"),
                values: days.iter().map(|day| Some(day.total())).collect(),
            },
        ],
        level: None,
        digits: 0,
    };
    let to_come: f64 = days.iter().map(|day| day.expected).sum();
    html! {
        (bands(seat, &chart))
        p .muted {
            (t!(seat, "course-nowcast-to-come",
                n = number(to_come.round() as i64),
                mean = format!("{:.1}", nowcasts.delays.mean())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64) -> Micros {
        Micros(0) + Span::days(day) + Span::hours(hour)
    }

    #[test]
    fn what_comes_two_days_late_is_expected_for_the_last_days() {
        // Every day 100 infections, of which 60 are recorded at once and 40 two days later.
        let mut counts = Vec::new();
        for day in 0..28 {
            counts.push((at(day, 9), at(day, 12), 60));
            if day < 26 {
                counts.push((at(day, 9), at(day + 2, 12), 40));
            }
        }
        let Told::Days(nowcasts) = told(&counts, Micros(0), 28) else { panic!("a nowcast") };
        assert_eq!(nowcasts.days.len(), 28);
        let last = nowcasts.days[27];
        assert!((last.observed - 60.0).abs() < 1e-9 && (last.total() - 100.0).abs() < 3.0);
        assert!((nowcasts.days[20].total() - 100.0).abs() < 1e-6, "complete days stay as they are");
    }

    #[test]
    fn what_is_prompt_needs_no_nowcast_and_little_gives_none() {
        let prompt: Vec<_> = (0..28).map(|day| (at(day, 9), at(day, 10), 5)).collect();
        assert!(matches!(told(&prompt, Micros(0), 28), Told::Prompt));
        assert!(matches!(told(&prompt[..3], Micros(0), 28), Told::Days(_) | Told::Prompt));
        let few = [(at(25, 9), at(26, 9), 5)];
        assert!(matches!(told(&few, Micros(0), 28), Told::TooLittle));
    }
}
