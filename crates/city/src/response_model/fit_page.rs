//! What many runs of a scenario came to, beside what was published: as sentences and as a page in
//! Chinese and English.

use super::case::DayRow;
use super::fit::FitPlan;
use super::plan::ResponsePlan;
use super::plot::{cumulative_chart, daily_chart, escape, page_in};
use super::rehearsal::Totals;
use super::summary::{Coverage, DayBand, Spread, community_end};
use super::what_if::{Head, grouped, head, row};

/// A sentence in Chinese and in English.
pub type Sentence = [String; 2];

/// Runs of a scenario, and what they are compared with.
#[derive(Debug)]
pub struct FitReport<'a> {
    /// The runs, by day.
    pub runs: &'a [Vec<DayRow>],
    /// Their bands.
    pub bands: &'a [DayBand],
    /// The plan of one of them.
    pub plan: &'a ResponsePlan,
    /// What was fitted, and the totals to compare with; nothing for a city that is not whole.
    pub fit: Option<&'a FitPlan>,
    /// Residents.
    pub people: u32,
}

/// Of a day with a published figure: the band and where the figure lies.
const DAILY: [Head; 4] = [
    ("公布", "Published"),
    ("模拟中位", "Median of runs"),
    ("90% 的模拟", "90 % of runs"),
    ("公布数在区间", "Published lies"),
];
const CUMULATIVE: [Head; 3] =
    [("公布", "Published"), ("模拟中位", "Median of runs"), ("90% 的模拟", "90 % of runs")];

fn band(s: Spread) -> String {
    format!("{} … {}", grouped(s.low, false), grouped(s.high, false))
}

fn number(value: f64) -> String {
    grouped(value, false)
}

impl FitReport<'_> {
    /// What there is to say, in the order of reading.
    pub fn sentences(&self) -> Vec<Sentence> {
        let mut said = Vec::new();
        let totals =
            Spread::of(self.runs.iter().map(|r| Totals::of(r).infections as f64).collect());
        let (n, people) = (self.runs.len(), grouped(f64::from(self.people), false));
        said.push([
            format!("{people} 人，{n} 次模拟，{} 天。", self.plan.days()),
            format!("{people} people, {n} runs, {} days.", self.plan.days()),
        ]);
        said.push([
            format!("感染：中位 {}，90% 的模拟 {}。", number(totals.median), band(totals)),
            format!("Infections: median {}, 90 % of runs {}.", number(totals.median), band(totals)),
        ]);
        if let Some(fit) = self.fit {
            self.coverage(fit, &mut said);
        }
        said.push(self.end());
        said
    }

    fn coverage(&self, fit: &FitPlan, said: &mut Vec<Sentence>) {
        let (until, end) = (fit.until, fit.compare_until);
        let c = Coverage::of(self.bands, until, end);
        said.push([
            format!(
                "{until} 之后至 {end} 有公布数的 {} 天（拟合未使用）：{} 天在 90% 区间内，{} 天低于区间，{} \
                 天高于区间。",
                c.days, c.inside, c.below, c.above
            ),
            format!(
                "Published days after {until} to {end}, which were not fitted: of {}, {} lie inside \
                 the 90 % band, {} below and {} above it.",
                c.days, c.inside, c.below, c.above
            ),
        ]);
        let c = Coverage::of(self.bands, self.plan.start, until);
        said.push([
            format!("至 {until} 用于拟合的 {} 天：{} 天在区间内。", c.days, c.inside),
            format!(
                "Published days to {until}, which were fitted: {} of {} inside.",
                c.inside, c.days
            ),
        ]);
        for (date, total) in fit.totals() {
            let Some(s) = self.cumulative(date) else { continue };
            let was = number(total as f64);
            said.push([
                format!("至 {date} 累计公布 {was}；模拟中位 {}（{}）。", number(s.median), band(s)),
                format!("Published to {date}: {was}; runs: {} ({}).", number(s.median), band(s)),
            ]);
        }
    }

    fn cumulative(&self, date: jiff::civil::Date) -> Option<Spread> {
        self.bands.iter().find(|b| b.date == date).map(|b| b.cumulative)
    }

    /// When the community was clear.
    fn end(&self) -> Sentence {
        let ends: Vec<f64> =
            self.runs.iter().filter_map(|r| community_end(r)).map(f64::from).collect();
        let (ended, n) = (ends.len(), self.runs.len());
        if ended == 0 {
            return [
                "每次模拟中，社会面直到最后仍有发现。".to_owned(),
                "Somebody is found in the community to the end in every run.".to_owned(),
            ];
        }
        let s = Spread::of(ends);
        let date = |day: f64| self.plan.date_of(day.round() as u32);
        let (low, median, high) = (date(s.low), date(s.median), date(s.high));
        [
            format!(
                "高峰之后社会面连续三天无发现：{n} 次模拟中有 {ended} 次，自 {median} 起（{low} 至 {high}）。"
            ),
            format!(
                "Nobody found in the community for three days after the peak: in {ended} of {n} \
                 runs, from {median} on ({low} to {high})."
            ),
        ]
    }

    /// The page: what there is to say, then each chart with its numbers under it.
    pub fn page(&self, title_zh: &str, title_en: &str) -> String {
        let mut parts: Vec<String> = self
            .sentences()
            .iter()
            .map(|[zh, en]| {
                format!("<p>{}<br><span lang=\"en\">{}</span></p>", escape(zh), escape(en))
            })
            .collect();
        let daily = daily_chart(
            "每日新增：公布数与 90% 的模拟 / New infections a day: published and 90 % of runs",
            self.bands,
            self.fit.map(|f| f.until),
        );
        let totals = self.fit.map(FitPlan::totals).unwrap_or_default();
        let cumulative =
            cumulative_chart("累计公布感染 / Infections published so far", self.bands, &totals);
        for (zh, en, chart, table) in [
            ("每日新增", "New infections a day", daily, self.daily_table()),
            ("累计", "So far", cumulative, self.cumulative_table(&totals)),
        ] {
            parts.push(format!("<h2>{zh} <span lang=\"en\">{en}</span></h2>"));
            parts.push(format!("<figure><div class=\"scroll\">{chart}</div>{table}</figure>"));
        }
        let title = format!("{title_zh}：拟合 / {title_en}: fit");
        page_in("zh-Hans", &title, &parts)
    }

    /// Days with a published figure; without any, every seventh.
    fn daily_table(&self) -> String {
        let mut out = String::from("<div class=\"scroll\"><table>");
        head(&mut out, ("日期", "Day"), &DAILY);
        let known = self.bands.iter().any(|b| b.reported.is_some());
        for (at, b) in self.bands.iter().enumerate() {
            if b.reported.is_none() && (known || !at.is_multiple_of(7)) {
                continue;
            }
            let lies = b.reported.map_or("—", |n| match n as f64 {
                n if n < b.daily.low => "之下 below",
                n if n > b.daily.high => "之上 above",
                _ => "之内 inside",
            });
            let was = b.reported.map_or_else(|| "—".to_owned(), |n| number(n as f64));
            let cells = [was, number(b.daily.median), band(b.daily), lies.to_owned()];
            row(&mut out, &b.date.to_string(), &cells);
        }
        out.push_str("</table></div>");
        out
    }

    fn cumulative_table(&self, totals: &[(jiff::civil::Date, u64)]) -> String {
        let mut out = String::from("<div class=\"scroll\"><table>");
        head(&mut out, ("截至", "To"), &CUMULATIVE);
        let last = self.bands.last().filter(|b| totals.iter().all(|t| t.0 != b.date));
        let known = totals.iter().map(|(date, n)| (*date, Some(*n)));
        for (date, was) in known.chain(last.map(|b| (b.date, None))) {
            let Some(s) = self.cumulative(date) else { continue };
            let was = was.map_or_else(|| "—".to_owned(), |n| number(n as f64));
            row(&mut out, &date.to_string(), &[was, number(s.median), band(s)]);
        }
        out.push_str("</table></div>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;
    use crate::response_model::bands;

    #[test]
    fn the_page_says_everything_in_both_languages_and_has_its_numbers() {
        let scenario = Scenario::bundled("jilin-2022").expect("the scenario");
        let plan = scenario.response().expect("a response");
        let fit = scenario.fit_plan().expect("readable").expect("a fit");
        let reported = scenario.reported().expect("published");
        let row = |n: u64| DayRow {
            infections: n,
            reported_confirmed: n,
            found_in_community: n,
            ..DayRow::default()
        };
        let runs =
            vec![vec![row(10); plan.days() as usize], vec![row(1_200); plan.days() as usize]];
        let bands = bands(&runs, plan, &reported);
        let report =
            FitReport { runs: &runs, bands: &bands, plan, fit: Some(&fit), people: 3_623_713 };
        let page = report.page("吉林 <市>", "Jilin");
        assert!(page.contains("lang=\"zh-Hans\"") && page.contains("吉林 &lt;市&gt;"));
        for [zh, en] in report.sentences() {
            assert!(page.contains(&escape(&zh)) && page.contains(&escape(&en)), "{en}");
        }
        let days = bands.iter().filter(|b| b.reported.is_some()).count();
        let lies = ["inside", "above", "below"].map(|w| page.matches(&format!("{w}</td>")).count());
        assert_eq!(lies.iter().sum::<usize>(), days);
        assert!(lies.iter().all(|n| *n > 0), "{lies:?}");
        assert_eq!(page.matches("<svg").count(), 2);
    }
}
