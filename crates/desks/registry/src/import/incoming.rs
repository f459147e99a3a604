//! A file on its way in: sealed as it comes, told from others, and gone when it breaks off.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::import::encoding::{Probe, TextSeen};
use crate::seal::{BlindIndex, Keys};
use crate::sealed_file::SealedWriter;

/// Takes the bytes of a file. Dropped before [`Incoming::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Incoming {
    id: Uuid,
    keys: Keys,
    path: PathBuf,
    writer: Option<SealedWriter>,
    digest: Sha256,
    probe: Probe,
}

/// A file that was taken to its end, and is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The id under which it lies.
    pub id: Uuid,
    /// Its length.
    pub bytes: u64,
    /// Tells it from others.
    pub digest: BlindIndex,
    /// What was found of it as it passed, if it is a text.
    pub text: TextSeen,
}

impl Incoming {
    pub(crate) fn create(path: &Path, id: Uuid, keys: &Keys) -> io::Result<Incoming> {
        Ok(Incoming {
            id,
            keys: keys.clone(),
            path: path.to_owned(),
            writer: Some(SealedWriter::create(path, id, keys)?),
            digest: Sha256::new(),
            probe: Probe::default(),
        })
    }

    /// Bytes taken so far.
    pub fn written(&self) -> u64 {
        self.writer.as_ref().map_or(0, SealedWriter::written)
    }

    /// Writes the end and waits for the disk.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish(mut self) -> io::Result<Received> {
        let writer = self.writer.take().ok_or_else(|| io::Error::other("finished before"))?;
        let finished = writer.finish();
        if finished.is_err() {
            self.remove();
        }
        let digest: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        let digest = self.keys.file_index(&digest);
        let text = std::mem::take(&mut self.probe).finish();
        Ok(Received { id: self.id, bytes: finished?, digest, text })
    }

    fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, import = %self.id, "half a file was not removed");
        }
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self.writer.as_mut().ok_or_else(|| io::Error::other("finished before"))?;
        let taken = writer.write(bytes)?;
        self.digest.update(&bytes[..taken]);
        self.probe.feed(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            self.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_breaks_off_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = Keys::ephemeral().expect("keys");
        let path = dir.path().join("file");
        let take = |bytes: &[u8]| {
            let mut incoming = Incoming::create(&path, Uuid::nil(), &keys).expect("creates");
            incoming.write_all(bytes).expect("writes");
            incoming
        };
        let half = take(b"half");
        assert_eq!(half.written(), 4);
        assert!(path.exists());
        drop(half);
        assert!(!path.exists());
        let whole = take(b"whole").finish().expect("finishes");
        assert_eq!(whole.bytes, 5);
        std::fs::remove_file(&path).expect("removes");
        assert_eq!(take(b"whole").finish().expect("finishes").digest, whole.digest);
        std::fs::remove_file(&path).expect("removes");
        assert_ne!(take(b"other").finish().expect("finishes").digest, whole.digest);
    }
}
