//! `songhua demo`: prepare the demo city without serving it.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use store::Store;
use types::{AreaScope, Micros, ParseError};

use crate::data::Data;
use crate::demo::{Demo, Options};

/// Residents of the demo when nobody says: what is ready within a minute.
const PEOPLE: u64 = if cfg!(debug_assertions) { 20_000 } else { 150_000 };

/// How large a demo to make.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoSize {
    /// Residents of the demo city. Every division keeps its share.
    #[arg(long, value_name = "N", default_value_t = PEOPLE)]
    pub people: u64,
    /// Make only this part of it: 4 or 6 digits of a division code.
    #[arg(long, value_name = "CODE", default_value = "2202", value_parser = scope)]
    pub area: AreaScope,
}

fn scope(text: &str) -> Result<AreaScope, ParseError> {
    AreaScope::parse(text)
}

impl DemoSize {
    /// As the demo takes it.
    pub fn options(&self) -> Options {
        Options { people: self.people, areas: self.area, seed: 2022, rounds: 3 }
    }
}

/// The present time.
pub fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Micros(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
}

/// Prepares the demo city in a store, so that `songhua serve` finds it ready.
#[derive(Clone, Debug, clap::Args)]
pub struct Prepare {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    size: DemoSize,
}

impl Prepare {
    /// Runs it.
    ///
    /// # Errors
    /// As [`Demo::prepare`].
    pub async fn run(&self) -> Result<ExitCode> {
        let started = Instant::now();
        self.data.make()?;
        let mut demo = Demo::plan(&self.data.data, &self.size.options(), now())?;
        let planned = started.elapsed();
        let store = Store::open(self.data.config(), &desks::schemas()).await?;
        demo.prepare(&self.data.data, &store, &self.data.keys()?).await?;
        println!(
            "{} people, {} sites, {} steps; planned in {:.1} s, ready in {:.1} s",
            demo.town.city.people(),
            demo.town.sites.len(),
            demo.campaign.steps.len(),
            planned.as_secs_f64(),
            started.elapsed().as_secs_f64()
        );
        Ok(ExitCode::SUCCESS)
    }
}
