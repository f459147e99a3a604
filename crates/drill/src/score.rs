//! The score: the truth beside what the system knew.
//!
//! A [`Scorer`] looks at what happened and gives a [`Section`] of measures. Each measure has its
//! window, and most have a list behind them. A desk that comes later adds a scorer of its own to
//! [`all`]; pages and reports show whatever sections there are.

mod beds;
mod cases;
pub mod chronicle;
mod coverage;
mod detection;
mod fieldwork;
mod holding;
mod loose;
mod outside;
pub mod provided;
pub mod records;
mod report;
mod supply;
mod tracing;
mod tubes;
mod waits;
mod zero;
mod zones;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use types::{Micros, Span};

use crate::Drill;
use crate::goods::Goods;
use crate::larder::Larder;
use crate::town::Town;
use crate::truth::{Infection, Severity};
use chronicle::Chronicle;

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// Shorthand for a text in both languages.
pub const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

/// What is looked at.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The town.
    pub town: &'a Town,
    /// Tubes and boxes as they really were.
    pub goods: &'a Goods,
    /// What was done.
    pub chronicle: &'a Chronicle,
    /// Who is, or was, behind a closed door, and what they ate.
    pub larder: &'a Larder,
    /// Infections so far, in order.
    pub infections: &'a [Infection],
    /// When each person was infected.
    pub infected_at: BTreeMap<u32, Micros>,
    /// How ill each infected person is, or was when their case ended.
    pub illness: BTreeMap<u32, Severity>,
    /// When each person was last swabbed.
    pub last_swab: HashMap<u32, Micros>,
    /// After so long an infected person infects nobody any more.
    pub lasts: Span,
    /// From.
    pub from: Micros,
    /// Until.
    pub now: Micros,
}

impl Facts<'_> {
    /// Whether a person was infected by a time.
    pub fn infected_by(&self, person: u32, at: Micros) -> bool {
        self.infected_at.get(&person).is_some_and(|since| *since <= at)
    }
}

/// What a measure says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A number of things.
    Count(i64),
    /// A part of a whole.
    Share {
        /// The part.
        part: i64,
        /// The whole.
        whole: i64,
    },
    /// Lengths of time.
    Spans(Spans),
    /// A sum of hours.
    Hours(f64),
    /// The truth beside what the system says.
    Beside {
        /// True.
        truth: i64,
        /// As the system counts.
        system: i64,
    },
}

/// How many lengths of time lie between two, in hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// From.
    pub from: f64,
    /// Until, itself not included.
    pub until: f64,
    /// How many.
    pub count: i64,
}

/// Widths of bins, in hours.
const WIDTHS: [f64; 10] = [0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0];
/// Bins that can be read side by side.
const BINS: f64 = 12.0;

/// How lengths of time are spread, in hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spans {
    /// How many.
    pub n: usize,
    /// One in ten is shorter.
    pub p10: f64,
    /// Half are shorter.
    pub p50: f64,
    /// One in ten is longer.
    pub p90: f64,
    /// The longest.
    pub max: f64,
    /// All of them, from 0 to the longest, in bins of one width.
    pub bins: Vec<Bin>,
}

impl Spans {
    /// The spread of some lengths.
    pub fn of(spans: impl IntoIterator<Item = Span>) -> Spans {
        let mut hours: Vec<f64> = spans.into_iter().map(Span::as_hours).collect();
        hours.sort_by(f64::total_cmp);
        let at = |share: f64| nearest_rank(&hours, share);
        let max = hours.last().copied().unwrap_or_default();
        let bins = bins(&hours, max);
        Spans { n: hours.len(), p10: at(0.1), p50: at(0.5), p90: at(0.9), max, bins }
    }
}

/// The value of which a share of sorted ones is no larger, by the nearest rank: an observed one, also of few.
pub(crate) fn nearest_rank(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Sorted lengths in bins of the smallest width with which there are not too many.
fn bins(hours: &[f64], max: f64) -> Vec<Bin> {
    if hours.is_empty() {
        return Vec::new();
    }
    let fits = |width: &&f64| (max / **width).floor() + 1.0 <= BINS;
    let width = WIDTHS.iter().find(fits).copied().unwrap_or_else(|| (max / BINS).ceil().max(96.0));
    let count = (max / width).floor() as usize + 1;
    let below = |edge: f64| hours.partition_point(|h| *h < edge) as i64;
    let bin = |n: usize| {
        let (from, until) = (n as f64 * width, (n + 1) as f64 * width);
        Bin { from, until, count: below(until) - below(from) }
    };
    (0..count).map(bin).collect()
}

/// Where the rows behind a figure are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// A list of the score.
    List(String),
    /// A page of the system itself.
    Page(String),
}

/// One figure of the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Its name in files.
    pub key: String,
    /// What it counts.
    pub title: Words,
    /// Of which round, for figures of a round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// What it says.
    pub value: Value,
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
    /// The rows behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
}

/// Figures that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its name in files.
    pub key: &'static str,
    /// Its title.
    pub title: Words,
    /// What it answers.
    pub lead: Words,
    /// Its figures.
    pub measures: Vec<Measure>,
}

/// A cell of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A code or a name.
    Text(String),
    /// A number.
    Number(i64),
    /// A time, if it has come.
    Time(Option<Micros>),
    /// A length of time in hours, if it is known.
    Hours(Option<f64>),
}

/// The rows behind a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// What a row is.
    pub title: Words,
    /// The columns.
    pub columns: Vec<Words>,
    /// The rows: at most [`ROWS`].
    pub rows: Vec<Vec<Cell>>,
    /// How many rows there are in all.
    pub total: usize,
}

/// Most rows of one list.
pub const ROWS: usize = 2_000;
/// Most columns of one list: so many the server's page has keys for.
pub const COLUMNS: usize = 10;

impl Listing {
    /// A list of rows.
    pub fn new(title: Words, columns: &[Words], mut rows: Vec<Vec<Cell>>) -> Listing {
        let total = rows.len();
        rows.truncate(ROWS);
        Listing::first(title, columns, rows, total)
    }

    /// The first rows of a list that has so many in all.
    fn first(title: Words, columns: &[Words], rows: Vec<Vec<Cell>>, total: usize) -> Listing {
        debug_assert!(columns.len() <= COLUMNS, "{} has too many columns", title.en);
        Listing { title, columns: columns.to_vec(), rows, total }
    }
}

/// Somebody who scores a part of the response.
pub trait Scorer: std::fmt::Debug + Send + Sync {
    /// The figures.
    fn section(&self, facts: &Facts<'_>) -> Section;

    /// The lists behind them, by the names that the figures give.
    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)>;
}

/// Everybody who scores, in the order of the page.
pub fn all() -> Vec<Box<dyn Scorer>> {
    vec![
        Box::new(detection::Detection),
        Box::new(cases::Cases),
        Box::new(beds::Beds),
        Box::new(tracing::Tracing),
        Box::new(zones::Zones),
        Box::new(zero::Zero),
        Box::new(supply::Supply),
        Box::new(holding::Holding),
        Box::new(coverage::Coverage),
        Box::new(waits::Waits),
        Box::new(tubes::Tubes),
        Box::new(fieldwork::Fieldwork),
        Box::new(outside::Outside),
    ]
}

/// A whole score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// What was rehearsed.
    pub config: crate::Config,
    /// Until when it counts.
    pub as_of: Micros,
    /// The sections.
    pub sections: Vec<Section>,
    /// The lists.
    pub lists: BTreeMap<String, Listing>,
}

/// What a commander asks first, in this order.
const HEADLINE: [&str; 10] = [
    "infected",
    "found",
    "not_found",
    "infection_to_case",
    "infection_to_ward",
    "waiting_for_bed",
    "contacts_missed",
    "zero_false",
    "needless",
    "lost",
];

impl Score {
    /// What a commander asks first.
    pub fn headline(&self) -> Vec<&Measure> {
        let all = || self.sections.iter().flat_map(|s| &s.measures);
        HEADLINE.iter().filter_map(|key| all().find(|m| m.key == *key)).collect()
    }
}

impl Drill {
    /// The score so far.
    pub fn score(&self) -> Score {
        let infections: Vec<Infection> =
            self.truth.0.infections().iter().filter(|i| i.at <= self.now).copied().collect();
        let illness = |i: &Infection| {
            let ended = self.chronicle.files.get(&i.person).and_then(|f| f.ended);
            let at = ended.map_or(self.now, |(_, at)| at);
            (i.person, self.truth.0.illness(i.person, at))
        };
        let facts = Facts {
            illness: infections.iter().map(illness).collect(),
            town: &self.town,
            goods: &self.goods,
            chronicle: &self.chronicle,
            larder: &self.supply.larder,
            infected_at: infections.iter().map(|i| (i.person, i.at)).collect(),
            last_swab: last_swabs(&self.goods),
            lasts: self.truth.0.lasts(),
            infections: &infections,
            from: self.config.start,
            now: self.now,
        };
        let scorers = all();
        Score {
            config: self.config.clone(),
            as_of: self.now,
            sections: scorers.iter().map(|s| s.section(&facts)).collect(),
            lists: scorers.iter().flat_map(|s| s.lists(&facts)).collect(),
        }
    }
}

/// A figure of the whole drill so far.
fn measure(facts: &Facts<'_>, key: &str, title: Words, value: Value) -> Measure {
    Measure {
        key: key.to_owned(),
        title,
        round: None,
        value,
        from: facts.from,
        until: facts.now,
        behind: None,
    }
}

impl Measure {
    /// Names the list behind it.
    #[must_use]
    fn behind(mut self, list: &str) -> Measure {
        self.behind = Some(Behind::List(list.to_owned()));
        self
    }

    /// Names the page of the system on which the rows behind it are.
    #[must_use]
    fn on_page(mut self, path: &str) -> Measure {
        self.behind = Some(Behind::Page(path.to_owned()));
        self
    }
}

/// A person as a list shows them: by where they live. Names are the system's affair.
fn person_cells(facts: &Facts<'_>, person: u32) -> [Cell; 2] {
    let home = &facts.town.homes[facts.town.home_of(person)];
    [
        Cell::Text(facts.town.person_id(person).to_string()),
        Cell::Text(home.code.as_str().to_owned()),
    ]
}

/// The same of somebody whom the drill may not have made.
fn cells_of(facts: &Facts<'_>, person: Option<u32>) -> [Cell; 2] {
    match person {
        Some(person) => person_cells(facts, person),
        None => [Cell::Text(String::new()), Cell::Text(String::new())],
    }
}

const PERSON: Words = words("人员", "Person");
const COMPOUND: Words = words("小区", "Compound");

fn last_swabs(goods: &Goods) -> HashMap<u32, Micros> {
    let mut last = HashMap::new();
    for tube in &goods.tubes {
        for person in &tube.swabbed {
            let at = last.entry(*person).or_insert(tube.sealed_at);
            *at = tube.sealed_at.max(*at);
        }
    }
    last
}

/// Who was really swabbed in a round, by person.
fn swabbed_in(facts: &Facts<'_>, round: usize) -> Vec<bool> {
    let mut swabbed = vec![false; facts.town.people as usize];
    for tube in facts.goods.tubes.iter().filter(|t| t.round == round) {
        for person in &tube.swabbed {
            if let Some(slot) = swabbed.get_mut(*person as usize) {
                *slot = true;
            }
        }
    }
    swabbed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let spans = Spans::of((1..=10).map(Span::hours));
        let of = |x: f64, y: f64| (x - y).abs() < 1e-9;
        assert!(of(spans.p10, 1.0) && of(spans.p50, 5.0) && of(spans.p90, 9.0));
        assert!(of(spans.max, 10.0));
        // Ten hours in bins of one: from 0 to 11, one in each but the first.
        assert_eq!(spans.bins.len(), 11);
        assert_eq!(spans.bins.iter().map(|b| b.count).sum::<i64>(), 10);
        assert_eq!((spans.bins[0].count, spans.bins[10].count), (0, 1));
        let long = Spans::of([Span::hours(1), Span::hours(5_000)]);
        assert!(long.bins.len() <= 13 && long.bins.iter().map(|b| b.count).sum::<i64>() == 2);
        assert_eq!(Spans::of([]), Spans::default());
        assert!(of(Spans::of([Span::hours(3)]).p10, 3.0));
    }
}
