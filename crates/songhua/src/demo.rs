//! The prepared city: Jilin with made-up people, two finished rounds and one under way.
//!
//! Everything goes through the same commands that the field sends. The same seed, size and start
//! make the same city and the same story. Times hang on the moment at which the demo was first
//! made: the round under way began seven hours before it. The protocol's editions are open-ended,
//! so a round of today runs by those that were last in force.

pub mod campaign;
mod carry;
mod feeder;
pub(crate) mod garage;
mod gates;
pub(crate) mod hospitals;
mod laboratory;
pub mod live;
pub mod messages;
pub(crate) mod pantry;
pub mod personas;
pub(crate) mod places;
pub(crate) mod record;
mod round;
mod story;
pub mod town;
mod troubles;

pub use ::drill::{draw, ids};

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use desks::House;
use indicatif::ProgressBar;
use ledger::{Engine, EngineConfig, Envelope};
use protocol::Protocol;
use registry::seal::Keys;
use store::Store;
use types::{AreaScope, Micros, Span};

use crate::screen;
use campaign::{Campaign, Telling};
use feeder::{Feeder, SetClock};
pub use record::Record;
use story::Step;
use town::Town;

/// What to prepare.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Residents.
    pub people: u64,
    /// The areas.
    pub areas: AreaScope,
    /// Decides all draws.
    pub seed: u64,
    /// Rounds of the campaign; the last one is under way.
    pub rounds: u32,
}

/// Steps in one chunk, and the longest time that one covers.
const CHUNK: usize = 2_000;
const CHUNK_SPAN: Span = Span::minutes(10);

/// The prepared demo: its town and what is still to come.
#[derive(Debug)]
pub struct Demo {
    /// How it was made.
    pub record: Record,
    /// The city.
    pub town: Town,
    /// Its story.
    pub campaign: Campaign,
    // The story still to be told, round by round.
    telling: Option<Telling>,
}

impl Demo {
    /// Plans the demo of a data directory: as it was begun there, or anew.
    ///
    /// # Errors
    /// When the directory holds something else, or another demo.
    pub fn plan(data: &Path, options: &Options, now: Micros) -> Result<Demo> {
        let record = Record::load_or_new(data, options, now)?;
        let town = Town::new(record.seed, record.people, record.areas, record.base)?;
        let campaign = campaign::tell(&town, options.rounds);
        Ok(Demo { record, town, campaign, telling: None })
    }

    /// The same for a city whose steps do not fit into memory: each round is told as it is
    /// written, and nothing is known of it beforehand.
    ///
    /// # Errors
    /// As [`Demo::plan`].
    pub fn plan_slowly(data: &Path, options: &Options, now: Micros) -> Result<Demo> {
        let record = Record::load_or_new(data, options, now)?;
        let town = Town::new(record.seed, record.people, record.areas, record.base)?;
        let telling = Telling::new(&town, options.rounds);
        let (rounds, steps) = (telling.campaign.rounds.clone(), Vec::new());
        let campaign = Campaign { rounds, steps, blind: None, waiting: None };
        Ok(Demo { record, town, campaign, telling: Some(telling) })
    }

    /// Puts everything into the store that was known when the demo began. Interrupted and run
    /// again it goes on where it was.
    ///
    /// # Errors
    /// When the store fails, or holds data that is no demo.
    pub async fn prepare(&mut self, data: &Path, store: &Store, keys: &Keys) -> Result<()> {
        self.prepare_first(usize::MAX, data, store, keys).await
    }

    /// The same with the first rounds only, if the demo was planned slowly.
    ///
    /// # Errors
    /// As [`Demo::prepare`].
    pub async fn prepare_first(
        &mut self,
        rounds: usize,
        data: &Path,
        store: &Store,
        keys: &Keys,
    ) -> Result<()> {
        let (head, _) = ledger::audit::head(store).await?;
        if self.record.finished && head > 0 {
            return Ok(());
        }
        if head > 0 && !self.record.begun {
            bail!("the store has data that is no demo; choose another data directory or store");
        }
        self.record.begun = true;
        self.record.save(data)?;
        let clock = SetClock::default();
        let desk = House::new(Arc::new(Protocol::bundled()?));
        let config = EngineConfig {
            queue: 20_000,
            // Nobody else writes.
            longest_wait: Duration::MAX,
            group: 4_000,
            clock: clock.as_clock(),
        };
        let engine = Engine::start(store.clone(), desk, config).await?;
        let mut feeder = Feeder::new(engine.clone(), clock);
        let written = self.feed(&mut feeder, keys, rounds).await;
        engine.close().await;
        written?;
        self.record.finished = true;
        self.record.save(data)
    }

    async fn feed(&mut self, feeder: &mut Feeder, keys: &Keys, rounds: usize) -> Result<()> {
        let (town, base) = (&self.town, self.record.base);
        let registered_at = base - Span::days(6);
        let bar = screen::bar("places", 0);
        for chunk in places::places(town).chunks(40) {
            feeder.put(registered_at, chunk.to_vec()).await?;
        }
        feeder.put(registered_at, places::holders(town)).await?;
        feeder.put(registered_at, places::hospitals(town, self.record.areas)).await?;
        feeder.put(registered_at, places::vehicles(town, self.record.areas)).await?;
        feeder.settle().await?;
        bar.finish_and_clear();

        let bar = screen::bar("people", town.city.people());
        let mut people = places::People::new(town, keys)?;
        loop {
            let mut chunk = Vec::new();
            let mut persons = 0;
            while persons < 4_000
                && let Some((count, command)) = people.next()?
            {
                persons += count;
                chunk.push(command);
            }
            if chunk.is_empty() {
                break;
            }
            feeder.put(registered_at, chunk).await?;
            bar.inc(persons as u64);
        }
        if let Some(person) = self.campaign.waiting {
            let code = self.record.household_code();
            let known = places::known_code(town, keys, person, &code)?;
            feeder.put(registered_at, vec![known]).await?;
        }
        feeder.settle().await?;
        bar.finish_and_clear();
        match &mut self.telling {
            None => feed_steps(feeder, &self.campaign.steps, base).await?,
            Some(telling) => {
                for _ in 0..rounds {
                    let Some(steps) = telling.next(town) else { break };
                    feed_steps(feeder, &steps, base).await?;
                }
            }
        }
        feeder.put(base, pantry::commands(town, self.campaign.blind.as_ref())).await?;
        feeder.settle().await?;
        feeder.put(base, gates::commands(town, &apart(town, &self.campaign))).await?;
        feeder.settle().await
    }
}

/// The communities of the grid worker and of the household whose code is printed.
fn apart(town: &Town, campaign: &Campaign) -> Vec<String> {
    let home = campaign.waiting.and_then(|person| places::household_of(town, person));
    let places = campaign.blind.iter().cloned().chain(home.map(|(_, _, compound)| compound));
    places.filter_map(|place| place.as_str().split('-').next().map(str::to_owned)).collect()
}

/// Feeds steps that were known by a time.
async fn feed_steps(feeder: &mut Feeder, steps: &[Step], until: Micros) -> Result<()> {
    let known = steps.partition_point(|s| s.known_at <= until);
    let bar: ProgressBar = screen::bar("rounds", known as u64);
    let mut rest = &steps[..known];
    while let Some(first) = rest.first() {
        let end = first.known_at + CHUNK_SPAN;
        let count = rest.iter().take(CHUNK).take_while(|s| s.known_at <= end).count();
        let (chunk, later) = rest.split_at(count);
        let last = chunk.last().map_or(first.known_at, |s| s.known_at);
        feeder.put(last, chunk.iter().map(|s| s.envelope.clone()).collect()).await?;
        bar.inc(count as u64);
        rest = later;
    }
    feeder.settle().await?;
    bar.finish_and_clear();
    Ok(())
}

/// The commands that register a town's places, holders and people, in chunks for the ledger.
///
/// # Errors
/// When a made-up person is not sound, which would be a fault of the generator.
pub fn register<'a>(
    town: &'a Town,
    keys: &'a Keys,
) -> Result<impl Iterator<Item = Result<Vec<Envelope<desks::Command>>>> + 'a> {
    let places = places_of(town);
    let mut people = places::People::new(town, keys)?;
    let registered = std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        for _ in 0..8 {
            match people.next() {
                Ok(Some((_, command))) => chunk.push(command),
                Ok(None) => break,
                Err(error) => return Some(Err(error)),
            }
        }
        (!chunk.is_empty()).then_some(Ok(chunk))
    });
    let places = places.chunks(40).map(<[_]>::to_vec).collect::<Vec<_>>();
    Ok(places.into_iter().map(Ok).chain(registered))
}

/// The commands that register a town's places and holders.
pub fn places_of(town: &Town) -> Vec<Envelope<desks::Command>> {
    let mut places = places::places(town);
    places.extend(places::holders(town));
    places
}
