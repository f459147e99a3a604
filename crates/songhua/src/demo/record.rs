//! How the demo of a data directory was made, so that it can be gone on with.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use types::{AreaScope, Micros};

use super::Options;
use super::draw::Draw;

/// Name of the file in the data directory.
const FILE: &str = "demo.json";

/// The file `demo.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Decides all draws.
    pub seed: u64,
    /// Residents.
    pub people: u64,
    /// The areas.
    pub areas: AreaScope,
    /// When it was first made, microseconds UTC: all its times hang on that.
    pub base: Micros,
    /// Whether something has been written to the store.
    pub begun: bool,
    /// Whether all has.
    pub finished: bool,
}

impl Record {
    /// The record of a directory, or one for a new demo.
    ///
    /// # Errors
    /// When the file cannot be read, or is of a demo of another size or area.
    pub fn load_or_new(data: &Path, options: &Options, now: Micros) -> Result<Record> {
        let path = data.join(FILE);
        if !path.try_exists()? {
            return Ok(Record {
                seed: options.seed,
                people: options.people,
                areas: options.areas,
                base: now,
                begun: false,
                finished: false,
            });
        }
        let text = std::fs::read_to_string(&path)?;
        let record: Record = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a demo's record", path.display()))?;
        if (record.people, record.areas) != (options.people, options.areas) {
            bail!(
                "{} holds a demo of {} people in {}; use another directory for one of {} in {}",
                data.display(),
                record.people,
                record.areas,
                options.people,
                options.areas
            );
        }
        Ok(record)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, data: &Path) -> Result<()> {
        let path = data.join(FILE);
        let partial = path.with_extension("json.new");
        std::fs::write(&partial, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&partial, &path)?;
        Ok(())
    }

    /// The sign-in code of the demo's resident.
    pub fn household_code(&self) -> String {
        household_code(self.seed)
    }
}

/// The sign-in code of a made-up city's resident, always the same for a seed.
pub fn household_code(seed: u64) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut draw = Draw::keyed(seed, "household code", 0);
    let mut letter = || char::from(LETTERS[draw.below(LETTERS.len())]);
    let mut group = || [letter(), letter(), letter(), letter()].iter().collect::<String>();
    format!("{}-{}-{}", group(), group(), group())
}
