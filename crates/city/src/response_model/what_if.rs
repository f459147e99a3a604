//! What a change does: runs with it beside runs without it, pair by pair, as numbers and as a page
//! in Chinese and English.
//!
//! The two runs of a pair share their seed, so they differ only where the change acts. That is why
//! the spread of the *differences* is what a change is judged by, not the two spreads side by side:
//! those mostly show how runs differ from each other.

use std::fmt::Write;

use super::case::DayRow;
use super::plot::{difference_chart, escape, page_in, pair_chart};
use super::rehearsal::Totals;
use super::summary::Spread;

/// How a figure is read off a row.
type Read<Row> = fn(&Row) -> u64;

/// A figure of a whole run.
#[derive(Clone, Copy, Debug)]
pub struct TotalFigure {
    /// Its name in files, and in English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    read: Read<Totals>,
}

/// What is compared over whole runs.
pub const TOTALS: [TotalFigure; 7] = [
    TotalFigure { en: "infections", zh: "感染人数", read: |t| t.infections },
    TotalFigure { en: "deaths", zh: "死亡人数", read: |t| t.deaths },
    TotalFigure {
        en: "person-days waiting for a bed",
        zh: "等待床位（人日）",
        read: |t| t.waiting_days,
    },
    TotalFigure {
        en: "person-days locked down", zh: "封控（人日）", read: |t| t.locked_days
    },
    TotalFigure {
        en: "person-days in quarantine",
        zh: "集中隔离（人日）",
        read: |t| t.quarantine_days,
    },
    TotalFigure { en: "tubes tested", zh: "检测管数", read: |t| t.tubes },
    TotalFigure { en: "meals to be brought", zh: "需送餐食（份）", read: Totals::meals },
];

/// A figure of every day.
#[derive(Clone, Copy, Debug)]
pub struct DailyFigure {
    /// Its name in files.
    pub key: &'static str,
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    read: Read<DayRow>,
}

/// What is compared day by day.
pub const DAILY: [DailyFigure; 5] = [
    DailyFigure {
        key: "infections",
        en: "Infections a day",
        zh: "每日感染人数",
        read: |r| r.infections,
    },
    DailyFigure {
        key: "waiting",
        en: "Waiting for a bed",
        zh: "等待床位人数",
        read: |r| r.waiting_for_bed,
    },
    DailyFigure {
        key: "locked",
        en: "Behind closed doors",
        zh: "封控人数",
        read: |r| r.locked_down,
    },
    DailyFigure {
        key: "quarantine",
        en: "In quarantine rooms",
        zh: "集中隔离人数",
        read: |r| r.in_quarantine,
    },
    DailyFigure {
        key: "tubes",
        en: "Tubes tested a day",
        zh: "每日检测管数",
        read: |r| r.tubes_tested,
    },
];

/// A figure in pairs of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    /// As planned.
    pub base: Spread,
    /// With the change.
    pub changed: Spread,
    /// Changed less planned, pair by pair: the median and the middle 90 % of pairs.
    pub difference: Spread,
    /// Pairs in which the change makes it less.
    pub less: usize,
    /// Pairs in which it makes it more.
    pub more: usize,
    /// Pairs.
    pub pairs: usize,
}

impl Paired {
    /// Of pairs: what is planned and what is changed, in the same order.
    pub fn of(base: Vec<f64>, changed: Vec<f64>) -> Paired {
        let differences: Vec<f64> = base.iter().zip(&changed).map(|(a, b)| b - a).collect();
        Paired {
            less: differences.iter().filter(|d| **d < 0.0).count(),
            more: differences.iter().filter(|d| **d > 0.0).count(),
            pairs: differences.len(),
            base: Spread::of(base),
            changed: Spread::of(changed),
            difference: Spread::of(differences),
        }
    }

    /// The figures multiplied, for runs of fewer people than there are.
    pub fn times(self, factor: f64) -> Paired {
        Paired {
            base: self.base.times(factor),
            changed: self.changed.times(factor),
            difference: self.difference.times(factor),
            ..self
        }
    }
}

/// Runs with a change and without it, in the same order of seeds.
#[derive(Debug)]
pub struct WhatIf<'a> {
    /// As planned.
    pub base: &'a [Vec<DayRow>],
    /// With the change.
    pub changed: &'a [Vec<DayRow>],
    /// The days.
    pub dates: &'a [String],
}

impl WhatIf<'_> {
    /// A figure of whole runs.
    pub fn total(&self, figure: &TotalFigure) -> Paired {
        let of = |runs: &[Vec<DayRow>]| {
            runs.iter().map(|r| (figure.read)(&Totals::of(r)) as f64).collect()
        };
        Paired::of(of(self.base), of(self.changed))
    }

    /// The figures of one pair: planned, changed.
    pub fn pair(&self, figure: &TotalFigure, pair: usize) -> Option<(u64, u64)> {
        let of = |runs: &[Vec<DayRow>]| Some((figure.read)(&Totals::of(runs.get(pair)?)));
        of(self.base).zip(of(self.changed))
    }

    /// A figure of every day.
    pub fn daily(&self, figure: &DailyFigure) -> Vec<Paired> {
        let of = |runs: &[Vec<DayRow>], day: usize| {
            runs.iter().filter_map(|r| r.get(day)).map(|r| (figure.read)(r) as f64).collect()
        };
        (0..self.dates.len())
            .map(|day| Paired::of(of(self.base, day), of(self.changed, day)))
            .collect()
    }

    /// The two charts of a figure: both bands, and the differences.
    pub fn charts(&self, figure: &DailyFigure) -> [String; 2] {
        let days = self.daily(figure);
        let of = |part: fn(&Paired) -> Spread| days.iter().map(part).collect::<Vec<_>>();
        let title = format!("{} / {}", figure.zh, figure.en);
        let pair = pair_chart(
            figure.key,
            &title,
            self.dates,
            ("原计划 / as planned", &of(|p| p.base)),
            ("改动后 / changed", &of(|p| p.changed)),
        );
        let difference = difference_chart(
            &format!("{}-difference", figure.key),
            &format!("{title}: 差值 / difference"),
            self.dates,
            "改动后减原计划：中位与 90% 的配对 / changed less planned: median and 90 % of pairs",
            &of(|p| p.difference),
        );
        [pair, difference]
    }

    /// The whole page: the figures, then for each chart its table.
    pub fn page(&self, title_zh: &str, title_en: &str, change: &str) -> String {
        let pairs = self.base.len();
        let mut parts = vec![
            format!("<p>改动 <span lang=\"en\">Change</span>: <code>{}</code></p>", escape(change)),
            format!(
                "<p>{pairs} 对模拟，每对用同一随机种子，因此两者只在改动起作用处不同；“差值”为改动后减\
                 原计划，区间含 90% 的配对。区间不含 0，才可说改动有此作用。<br><span lang=\"en\">\
                 {pairs} pairs of runs; the two of a pair share their seed, so they differ only where \
                 the change acts. The difference is changed less planned, its band holds 90 % of \
                 pairs. Only where the band leaves out 0 do the runs say which way the change works. \
                 </span></p>"
            ),
            self.summary(),
        ];
        for figure in &DAILY {
            parts.push(format!(
                "<h2>{} <span lang=\"en\">{}</span></h2>",
                escape(figure.zh),
                escape(figure.en)
            ));
            let [both, difference] = self.charts(figure);
            let of_both = self.table(figure, &BOTH, cells_of_both);
            let of_difference = self.table(figure, &DIFFERENCE, cells_of_difference);
            for (chart, table) in [(both, of_both), (difference, of_difference)] {
                parts.push(format!("<figure><div class=\"scroll\">{chart}</div>{table}</figure>"));
            }
        }
        page_in("zh-Hans", &format!("{title_zh}：如果…… / {title_en}: what if"), &parts)
    }

    fn summary(&self) -> String {
        let mut out = String::from("<div class=\"scroll\"><table>");
        let columns = [&BOTH[..1], &BOTH[2..3], &DIFFERENCE].concat();
        head(&mut out, ("整个过程", "Whole run"), &columns);
        for figure in &TOTALS {
            let name =
                format!("{}<br><span lang=\"en\">{}</span>", escape(figure.zh), escape(figure.en));
            let p = self.total(figure);
            let [base, _, changed, _] = cells_of_both(&p);
            let cells: Vec<String> =
                [base, changed].into_iter().chain(cells_of_difference(&p)).collect();
            row(&mut out, &name, &cells);
        }
        out.push_str("</table></div>");
        out
    }

    /// Every seventh day and the last: what a person reads; all days are in a file.
    fn table<const N: usize>(
        &self,
        figure: &DailyFigure,
        columns: &[Head; N],
        cells: fn(&Paired) -> [String; N],
    ) -> String {
        let mut out = String::from("<div class=\"scroll\"><table>");
        head(&mut out, ("日期", "Day"), columns);
        let days = self.daily(figure);
        let last = days.len().saturating_sub(1);
        for (at, day) in days.iter().enumerate() {
            if at.is_multiple_of(7) || at == last {
                row(&mut out, &escape(&self.dates[at]), &cells(day));
            }
        }
        out.push_str("</table></div>");
        out
    }
}

/// A column's head in Chinese and English.
pub(super) type Head = (&'static str, &'static str);

const BOTH: [Head; 4] = [
    ("原计划（中位）", "As planned (median)"),
    ("90% 的模拟", "90 % of runs"),
    ("改动后（中位）", "Changed (median)"),
    ("90% 的模拟", "90 % of runs"),
];

const DIFFERENCE: [Head; 3] = [
    ("差值（中位）", "Difference (median)"),
    ("90% 的配对", "90 % of pairs"),
    ("更少 / 更多的配对", "Pairs with less / more"),
];

fn cells_of_both(p: &Paired) -> [String; 4] {
    let band = |s: Spread| format!("{} … {}", grouped(s.low, false), grouped(s.high, false));
    let median = |s: Spread| grouped(s.median, false);
    [median(p.base), band(p.base), median(p.changed), band(p.changed)]
}

fn cells_of_difference(p: &Paired) -> [String; 3] {
    let d = p.difference;
    [
        grouped(d.median, true),
        format!("{} … {}", grouped(d.low, true), grouped(d.high, true)),
        format!("{} / {}", p.less, p.more),
    ]
}

pub(super) fn head(out: &mut String, first: Head, columns: &[Head]) {
    out.push_str("<tr>");
    for (zh, en) in std::iter::once(&first).chain(columns) {
        let _ = write!(out, "<th scope=\"col\">{zh}<br><span lang=\"en\">{en}</span></th>");
    }
    out.push_str("</tr>");
}

pub(super) fn row(out: &mut String, name: &str, cells: &[String]) {
    let _ = write!(out, "<tr><th scope=\"row\">{name}</th>");
    for cell in cells {
        let _ = write!(out, "<td class=\"num\">{cell}</td>");
    }
    out.push_str("</tr>");
}

/// A number as people write it, with its sign where it is a difference.
pub(super) fn grouped(value: f64, signed: bool) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match (digits == "0", value < 0.0, signed) {
        (false, true, _) => format!("−{text}"),
        (false, false, true) => format!("+{text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(infections: &[u64]) -> Vec<DayRow> {
        infections.iter().map(|n| DayRow { infections: *n, ..DayRow::default() }).collect()
    }

    #[test]
    fn differences_are_taken_pair_by_pair() {
        // The runs differ by far more than the change does; the pairs show it all the same.
        let base = [run(&[10, 100]), run(&[100, 1_000]), run(&[1_000, 9_000])];
        let changed = [run(&[9, 99]), run(&[99, 999]), run(&[999, 8_999])];
        let dates = ["2022-03-01".to_owned(), "2022-03-02".to_owned()];
        let what = WhatIf { base: &base, changed: &changed, dates: &dates };
        let total = what.total(&TOTALS[0]);
        assert_eq!((total.less, total.more, total.pairs), (3, 0, 3));
        assert_eq!((total.difference.low, total.difference.high), (-2.0, -2.0));
        assert_eq!(what.pair(&TOTALS[0], 1), Some((1_100, 1_098)));
        assert_eq!(what.pair(&TOTALS[0], 3), None);
        let daily = what.daily(&DAILY[0]);
        assert_eq!(daily.len(), 2);
        assert!(daily.iter().all(|p| p.difference.median.to_bits() == (-1.0_f64).to_bits()));
    }

    #[test]
    fn the_page_has_both_languages_and_a_table_under_each_chart() {
        let (base, changed) = ([run(&[10, 20])], [run(&[10, 12])]);
        let dates = ["2022-03-01".to_owned(), "2022-03-02".to_owned()];
        let what = WhatIf { base: &base, changed: &changed, dates: &dates };
        let page = what.page("吉林", "Jilin", "testing.labs=<b>");
        assert!(page.contains("lang=\"zh-Hans\"") && page.contains("<span lang=\"en\">"));
        assert!(page.contains("testing.labs=&lt;b&gt;"), "what was typed is text");
        assert_eq!(page.matches("<svg").count(), 2 * DAILY.len());
        assert_eq!(page.matches("<table>").count(), 1 + 2 * DAILY.len());
        assert!(page.contains("−8"), "the difference of the second day");
        // Hatchings are told apart, or all charts would take the first one's.
        let ids: std::collections::BTreeSet<&str> =
            page.split("id=\"hatch-").skip(1).filter_map(|p| p.split('"').next()).collect();
        assert_eq!(ids.len(), 2 * DAILY.len());
    }

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!(grouped(1_234_567.0, false), "1,234,567");
        assert_eq!(grouped(-1_234.4, true), "−1,234");
        assert_eq!((grouped(12.0, true), grouped(-0.2, true)), ("+12".into(), "0".into()));
    }
}
