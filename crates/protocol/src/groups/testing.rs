//! Mass testing: rounds, sites, tubes, clocks, results.

use serde::Deserialize;
use types::Span;

use super::pool::{PoolMode, Pooling};
use super::result::{Results, Sensitivity};
use super::sample::{Clocks, Exemptions, Retesting, SiteLayout, Transport, TubeEntry, Turnaround};
use crate::schema::{Consistent, group};
use crate::text::joined;
use crate::value::{Between, RuleValue, SpanBetween, grouped, read_serde, word_value};
use crate::{Lang, Rule, span_text};

group! {
    /// The rules of the testing desk.
    Testing {
        /// How soon a round must be over, from first sample to last result.
        window: Rule<Window> = "test.window" in 1.0..=240.0,
        /// Whom a round covers.
        scope: Rule<TestScope> = "test.scope",
        /// Persons a sampling site.
        persons_per_site: Rule<Between> = "test.site" in 50.0..=20000.0,
        /// Persons a sampling stand (lane) of a site.
        persons_per_stand: Rule<Between> = "test.stand" in 20.0..=5000.0,
        /// Persons a sampler: `ceil(population / n)` samplers are needed.
        persons_per_sampler: Rule<u32> = "test.samplers" in 10.0..=5000.0,
        /// Where a site stands and how it is laid out.
        site_layout: Rule<SiteLayout> = "test.site_unit",
        /// How soon a site must be built and open.
        site_ready: Rule<SpanBetween> = "test.site_ready" in 0.5..=72.0,
        /// Rounds needed while the source is unknown.
        min_rounds: Rule<u32> = "test.round1" in 1.0..=20.0,
        /// Spare laboratory places kept for relief teams, by population of the city.
        lab_reserve: Rule<LabReserve> = "test.labreserve" in 0.0..=100.0,
        /// Result times for persons tested outside a round.
        turnaround: Rule<Turnaround> = "test.tat" in 0.5..=96.0,
        /// What is entered of each member of a tube, and when.
        tube_entry: Rule<TubeEntry> = "test.tube.entry",
        /// Who need not be swabbed in a round.
        exemptions: Rule<Exemptions> = "test.exempt",
        /// How likely a swab finds an infection, alone and pooled; for plans only.
        sensitivity: Rule<Sensitivity> = "test.sensitivity",
    }
    nested {
        /// Which tubes are used where.
        pool: Pooling,
        /// How often each kind of area is tested.
        frequency: Frequencies,
        /// Transport of specimens.
        transport: Transport,
        /// How long each step may take.
        clock: Clocks,
        /// What follows a pool that is not negative.
        retest: Retesting,
        /// How Ct values are read.
        result: Results,
    }
}

impl Testing {
    /// The most swabs that a tube of this mode may hold: 1, the household limit, or the pool's
    /// size.
    pub fn max_swabs(&self, mode: PoolMode) -> u32 {
        match mode {
            PoolMode::Single => 1,
            PoolMode::Household => self.pool.household_max.value,
            PoolMode::Mixed(n) => u32::from(n),
        }
    }

    /// Samplers that `population` persons need: `ceil(population / persons_per_sampler)`.
    pub fn samplers_for(&self, population: u64) -> u64 {
        population.div_ceil(u64::from(self.persons_per_sampler.value))
    }

    /// Sites that `population` persons need, fewest and most: a site takes at most `max` and
    /// at least `min` persons, so `ceil(population / max)` to `ceil(population / min)`.
    pub fn sites_for(&self, population: u64) -> (u64, u64) {
        let rule = self.persons_per_site.value;
        (population.div_ceil(u64::from(rule.max)), population.div_ceil(u64::from(rule.min)))
    }
}

impl Consistent for Testing {
    fn contradiction(&self) -> Option<String> {
        let limit = self.pool.max_swabs.value;
        let widest = self.pool.other.widest();
        if widest > limit {
            return Some(format!("test.pool.other allows {widest} in one tube, test.tube {limit}"));
        }
        if self.pool.household_max.value > limit {
            return Some(format!(
                "test.pool.household allows {} in one tube, test.tube {limit}",
                self.pool.household_max.value
            ));
        }
        let clocks = &self.clock;
        let on_the_way =
            clocks.seal_box.value.0 + clocks.box_dispatch.value.0 + clocks.dispatch_receive.value.0;
        let warm = self.transport.conditions.room_temperature_max;
        if on_the_way > warm.0 {
            return Some(format!(
                "the clocks test.clock.seal_box, box_dispatch and dispatch_receive add up to {}, \
                 test.transport allows {} at room temperature",
                span_text::write(Span(on_the_way), Lang::En),
                span_text::write(warm, Lang::En)
            ));
        }
        let whole = clocks.from_open_to_report();
        let window = self.window.shortest();
        if whole > window {
            return Some(format!(
                "the clocks test.clock.* add up to {}, test.window allows {}",
                span_text::write(whole, Lang::En),
                span_text::write(window, Lang::En)
            ));
        }
        None
    }
}

/// How soon a round must be over, by the population of the city: bands of rising size, the
/// last one open.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Window(pub Vec<WindowBand>);

/// One band of a [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowBand {
    /// Cities of at most so many residents; none for all larger ones.
    pub up_to: Option<u64>,
    /// The round must be over within this time.
    #[serde(deserialize_with = "span_text::required")]
    pub within: Span,
    /// The lower end where the rule gives a range (`3-5 days`).
    #[serde(default, deserialize_with = "span_text::optional")]
    pub at_best: Option<Span>,
}

impl Window {
    /// The time allowed for a city of `population` residents.
    pub fn for_population(&self, population: u64) -> Span {
        band(&self.0, population, |b| b.up_to).map_or(Span::hours(24), |b| b.within)
    }

    /// The shortest time that any city is allowed.
    pub fn shortest(&self) -> Span {
        self.0.iter().map(|b| b.within).min().unwrap_or(Span::hours(24))
    }
}

/// The first band that holds `population`.
fn band<T>(bands: &[T], population: u64, up_to: impl Fn(&T) -> Option<u64>) -> Option<&T> {
    bands.iter().find(|b| up_to(b).is_none_or(|most| population <= most))
}

/// Why bands are wrong: they must rise and end open.
fn bands_fault(tops: &[Option<u64>]) -> Option<String> {
    match tops.split_last() {
        None => Some("the list is empty".to_owned()),
        Some((Some(_), _)) => {
            Some("the last band has an up_to, larger cities have none".to_owned())
        }
        Some((None, below)) => {
            let rising = below.windows(2).all(|w| w[0] < w[1]) && below.iter().all(Option::is_some);
            (!rising).then(|| "up_to does not rise from band to band".to_owned())
        }
    }
}

/// `≤5 million: 48 h` for one band.
fn band_text(up_to: Option<u64>, below: Option<u64>, value: &str, lang: Lang) -> String {
    let colon = lang.pick(": ", "：");
    match (up_to, below) {
        (Some(n), _) => format!("≤{}{colon}{value}", grouped(n)),
        (None, Some(n)) => format!(">{}{colon}{value}", grouped(n)),
        (None, None) => value.to_owned(),
    }
}

fn bands_text<T>(
    bands: &[T],
    lang: Lang,
    up_to: impl Fn(&T) -> Option<u64>,
    value: impl Fn(&T) -> String,
) -> String {
    let parts = bands.iter().enumerate().map(|(at, b)| {
        let below = at.checked_sub(1).and_then(|i| up_to(&bands[i]));
        band_text(up_to(b), below, &value(b), lang)
    });
    joined(parts, lang)
}

impl RuleValue for Window {
    const EXPECTED: &'static str =
        "a list of { up_to = residents, within = \"48 h\" }, the last without up_to";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        bands_text(
            &self.0,
            lang,
            |b| b.up_to,
            |b| {
                b.at_best.map_or_else(
                    || span_text::write(b.within, lang),
                    |least| span_text::range(least, b.within, lang),
                )
            },
        )
    }
    fn numbers(&self) -> Vec<f64> {
        self.0
            .iter()
            .flat_map(|b| [Some(b.within), b.at_best])
            .flatten()
            .map(Span::as_hours)
            .collect()
    }
    fn fault(&self) -> Option<String> {
        let tops: Vec<_> = self.0.iter().map(|b| b.up_to).collect();
        let upside_down = self.0.iter().any(|b| b.at_best.is_some_and(|least| least > b.within));
        bands_fault(&tops).or(upside_down.then(|| "at_best is over within".to_owned()))
    }
}

/// Spare laboratory places by population, bands as in [`Window`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct LabReserve(pub Vec<ReserveBand>);

/// One band of a [`LabReserve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveBand {
    /// Cities of at most so many residents; none for all larger ones.
    pub up_to: Option<u64>,
    /// Places kept ready.
    pub places: u32,
}

impl LabReserve {
    /// Places that a city of `population` residents keeps ready.
    pub fn for_population(&self, population: u64) -> u32 {
        band(&self.0, population, |b| b.up_to).map_or(0, |b| b.places)
    }
}

impl RuleValue for LabReserve {
    const EXPECTED: &'static str =
        "a list of { up_to = residents, places = 2 }, the last without up_to";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        bands_text(&self.0, lang, |b| b.up_to, |b| b.places.to_string())
    }
    fn numbers(&self) -> Vec<f64> {
        self.0.iter().map(|b| f64::from(b.places)).collect()
    }
    fn fault(&self) -> Option<String> {
        bands_fault(&self.0.iter().map(|b| b.up_to).collect::<Vec<_>>())
    }
}

/// Whom a round covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TestScope {
    /// Every resident of the city.
    Everyone,
    /// The residents of a region that the investigation sets.
    Region,
}

word_value!(TestScope {
    Everyone = "everyone", "every resident of the city", "全员";
    Region = "region", "the region that the investigation sets", "流调划定的区域";
});

group! {
    /// How often each kind of area is tested after the first rounds.
    Frequencies {
        /// Quarantine sites, and streets or communities with a case in the last rounds.
        a: Rule<Frequency> = "test.freq.a" in 1.0..=720.0,
        /// A case lately, but none in the last rounds.
        b: Rule<Frequency> = "test.freq.b" in 1.0..=720.0,
        /// No case for long.
        c: Rule<Frequency> = "test.freq.c" in 1.0..=720.0,
    }
}

/// One category of testing frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// One test in every so long a time.
    #[serde(deserialize_with = "span_text::required")]
    pub every: Span,
    /// Holds for every quarantine site, whatever its cases.
    #[serde(default)]
    pub quarantine_sites: bool,
    /// Holds with a case in so many last rounds.
    pub case_in_last_rounds: Option<u32>,
    /// Holds with a case within this time.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub case_within: Option<Span>,
}

/// The categories of testing frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// The most frequent.
    A,
    /// Between the two.
    B,
    /// The least frequent.
    C,
}

impl Frequency {
    fn holds(&self, place: RecentCases) -> bool {
        (self.quarantine_sites && place.quarantine_site)
            || self.case_in_last_rounds.is_some_and(|n| place.rounds_since.is_some_and(|r| r < n))
            || self.case_within.is_some_and(|w| place.time_since.is_some_and(|t| t <= w))
    }
}

/// What is known of a place's latest case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecentCases {
    /// Whether the place is a quarantine site.
    pub quarantine_site: bool,
    /// Rounds finished since the one that found the latest case: 0 when the last round found
    /// it; none without a case.
    pub rounds_since: Option<u32>,
    /// Time since the latest case; none without one.
    pub time_since: Option<Span>,
}

impl Frequencies {
    /// The category that a place falls into, and its rule: the first of a, b that holds,
    /// else c.
    pub fn category(&self, place: RecentCases) -> (Category, &Rule<Frequency>) {
        if self.a.holds(place) {
            (Category::A, &self.a)
        } else if self.b.holds(place) {
            (Category::B, &self.b)
        } else {
            (Category::C, &self.c)
        }
    }
}

impl RuleValue for Frequency {
    const EXPECTED: &'static str =
        "{ every = \"24 h\", and quarantine_sites, case_in_last_rounds or case_within }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let every = span_text::write(self.every, lang);
        let mut when = Vec::new();
        if self.quarantine_sites {
            when.push(lang.pick("quarantine sites", "隔离点").to_owned());
        }
        if let Some(n) = self.case_in_last_rounds {
            when.push(match lang {
                Lang::En => format!("a case in the last {n} rounds"),
                Lang::Zh => format!("近{n}轮有病例"),
            });
        }
        if let Some(within) = self.case_within {
            let within = span_text::write(within, lang);
            when.push(match lang {
                Lang::En => format!("a case within {within}"),
                Lang::Zh => format!("{within}内有病例"),
            });
        }
        if when.is_empty() {
            when.push(lang.pick("no such case", "无上述病例").to_owned());
        }
        let when = when.join(lang.pick(", ", "、"));
        match lang {
            Lang::En => format!("every {every}: {when}"),
            Lang::Zh => format!("每{every}一次：{when}"),
        }
    }
    fn numbers(&self) -> Vec<f64> {
        vec![self.every.as_hours()]
    }
}
