//! The clock of a drill whose server is a process of its own: eight bytes of a file. The drill
//! writes them, the server reads them, also after it was killed and started again.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use server::config::Clock;
use types::Micros;

/// The end that sets the time.
#[derive(Debug)]
pub struct Hand(File);

impl Hand {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(path: &Path, at: Micros) -> Result<Hand> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path);
        let hand = Hand(file.with_context(|| format!("cannot make {}", path.display()))?);
        hand.set(at)?;
        Ok(hand)
    }

    /// Sets the time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, at: Micros) -> std::io::Result<()> {
        // Eight bytes at the start of a page: another process sees all of them or none.
        self.0.write_all_at(&at.0.to_le_bytes(), 0)
    }
}

/// The clock of a file.
///
/// # Errors
/// When there is no such file, or it holds no time.
pub fn read_from(path: &Path) -> Result<Clock> {
    let named = || format!("no clock at {}", path.display());
    let file = File::open(path).with_context(named)?;
    let read = move || {
        let mut bytes = [0; 8];
        file.read_exact_at(&mut bytes, 0).map(|()| Micros(i64::from_le_bytes(bytes)))
    };
    read().with_context(named)?;
    // The ledger never writes a time before the last one: a clock that cannot be read for a
    // moment stands still.
    Ok(Arc::new(move || read().unwrap_or(Micros(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_reads_what_the_drill_wrote() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("clock");
        assert!(read_from(&path).is_err());
        let hand = Hand::make(&path, Micros(5)).expect("a file");
        let clock = read_from(&path).expect("a clock");
        assert_eq!(clock(), Micros(5));
        hand.set(Micros(1_646_000_000_000_000)).expect("set");
        assert_eq!(clock(), Micros(1_646_000_000_000_000));
    }
}
