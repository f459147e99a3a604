//! Files of personal data at rest: written and read as a stream, sealed in frames.
//!
//! The file is `songhua1`, the file's id, then frames of 64 KiB of plain bytes, each sealed with
//! its number and whether it is the last: a file that was cut, or put together from two, does
//! not open. Reading can start anywhere, as workbooks need.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::seal::Keys;

const MAGIC: &[u8; 8] = b"songhua1";
const HEADER: u64 = 24;
const PLAIN: usize = 64 * 1024;
/// Key number, nonce and tag.
const OVERHEAD: usize = 1 + 24 + 16;

fn context(id: Uuid, frame: u64, last: bool) -> [u8; 32] {
    let mut context = *b"file v1:........................";
    context[7] = if last { b'$' } else { b':' };
    context[8..24].copy_from_slice(id.as_bytes());
    context[24..].copy_from_slice(&frame.to_be_bytes());
    context
}

fn failed(e: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e)
}

/// Writes a sealed file. It is complete only after [`SealedWriter::finish`].
#[derive(Debug)]
pub struct SealedWriter {
    file: File,
    keys: Keys,
    id: Uuid,
    frame: u64,
    plain: Zeroizing<Vec<u8>>,
    written: u64,
}

impl SealedWriter {
    /// Begins a file, which must not exist yet.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn create(path: &Path, id: Uuid, keys: &Keys) -> io::Result<SealedWriter> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        file.write_all(MAGIC)?;
        file.write_all(id.as_bytes())?;
        let plain = Zeroizing::new(Vec::with_capacity(PLAIN));
        Ok(SealedWriter { file, keys: keys.clone(), id, frame: 0, plain, written: 0 })
    }

    /// Plain bytes taken so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn seal_frame(&mut self, last: bool) -> io::Result<()> {
        let context = context(self.id, self.frame, last);
        let sealed = self.keys.seal_bytes(&context, self.plain.to_vec()).map_err(failed)?;
        self.file.write_all(&sealed.0)?;
        self.frame += 1;
        self.plain.clear();
        Ok(())
    }

    /// Writes the last frame and waits for the disk; gives the number of plain bytes.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish(mut self) -> io::Result<u64> {
        self.seal_frame(true)?;
        self.file.sync_all()?;
        Ok(self.written)
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full frame is sealed only when more follows: the last one is marked as such.
        if self.plain.len() == PLAIN && !bytes.is_empty() {
            self.seal_frame(false)?;
        }
        let count = bytes.len().min(PLAIN - self.plain.len());
        self.plain.extend_from_slice(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Reads a sealed file.
#[derive(Debug)]
pub struct SealedReader {
    file: File,
    keys: Keys,
    id: Uuid,
    length: u64,
    frames: u64,
    position: u64,
    loaded: Option<u64>,
    plain: Zeroizing<Vec<u8>>,
}

impl SealedReader {
    /// Opens a file that a [`SealedWriter`] finished.
    ///
    /// # Errors
    /// Whatever the file system says; invalid data when it is another file.
    pub fn open(path: &Path, id: Uuid, keys: &Keys) -> io::Result<SealedReader> {
        let mut file = File::open(path)?;
        let mut header = [0; HEADER as usize];
        file.read_exact(&mut header)?;
        let sealed = file.metadata()?.len() - HEADER;
        let frame = (PLAIN + OVERHEAD) as u64;
        let frames = sealed.div_ceil(frame);
        let sound = &header[..8] == MAGIC
            && header[8..] == *id.as_bytes()
            && frames > 0
            && sealed - (frames - 1) * frame >= OVERHEAD as u64;
        if !sound {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not the sealed file"));
        }
        Ok(SealedReader {
            file,
            keys: keys.clone(),
            id,
            length: sealed - frames * OVERHEAD as u64,
            frames,
            position: 0,
            loaded: None,
            plain: Zeroizing::new(Vec::new()),
        })
    }

    fn load(&mut self, frame: u64) -> io::Result<()> {
        if self.loaded == Some(frame) {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(HEADER + frame * (PLAIN + OVERHEAD) as u64))?;
        let mut sealed = Vec::with_capacity(PLAIN + OVERHEAD);
        (&mut self.file).take((PLAIN + OVERHEAD) as u64).read_to_end(&mut sealed)?;
        let context = context(self.id, frame, frame + 1 == self.frames);
        self.plain = self.keys.unseal_bytes(&context, &sealed).map_err(failed)?;
        self.loaded = Some(frame);
        Ok(())
    }
}

impl Read for SealedReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || (self.position >= self.length && self.length > 0) {
            return Ok(0);
        }
        // An empty file has one empty frame: opening it proves that nothing was cut off.
        self.load(self.position / PLAIN as u64)?;
        let at = (self.position % PLAIN as u64) as usize;
        let count = out.len().min(self.plain.len() - at.min(self.plain.len()));
        out[..count].copy_from_slice(&self.plain[at..at + count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.length.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = target
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the beginning"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, id: Uuid, keys: &Keys, bytes: &[u8]) {
        let mut writer = SealedWriter::create(path, id, keys).expect("creates");
        writer.write_all(bytes).expect("writes");
        assert_eq!(writer.finish().expect("finishes"), bytes.len() as u64);
    }

    #[test]
    fn what_was_written_is_read_from_anywhere() {
        let (dir, keys) =
            (tempfile::tempdir().expect("a directory"), Keys::ephemeral().expect("keys"));
        for (n, length) in [0, 1, PLAIN - 1, PLAIN, PLAIN + 1, 3 * PLAIN].into_iter().enumerate() {
            let (path, id) = (dir.path().join(n.to_string()), Uuid::from_u128(n as u128));
            let bytes: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
            write(&path, id, &keys, &bytes);
            let mut reader = SealedReader::open(&path, id, &keys).expect("opens");
            let mut read = Vec::new();
            reader.read_to_end(&mut read).expect("reads");
            assert_eq!(read, bytes, "{length}");
            let tail = length.min(10);
            reader.seek(SeekFrom::End(-(tail as i64))).expect("seeks");
            read.clear();
            reader.read_to_end(&mut read).expect("reads");
            assert_eq!(read, bytes[length - tail..], "{length}");
        }
    }

    #[test]
    fn a_cut_or_changed_file_does_not_open() {
        let (dir, keys) =
            (tempfile::tempdir().expect("a directory"), Keys::ephemeral().expect("keys"));
        let (path, id) = (dir.path().join("file"), Uuid::from_u128(1));
        write(&path, id, &keys, &vec![7; 2 * PLAIN + 5]);
        let whole = std::fs::read(&path).expect("reads");
        let frame = PLAIN + OVERHEAD;
        for cut in [HEADER as usize + frame, HEADER as usize + 2 * frame, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).expect("cuts");
            let read = SealedReader::open(&path, id, &keys)
                .and_then(|mut reader| reader.read_to_end(&mut Vec::new()));
            assert!(read.is_err(), "cut at {cut}");
        }
        let mut changed = whole.clone();
        changed[100] ^= 1;
        std::fs::write(&path, &changed).expect("writes");
        let mut reader = SealedReader::open(&path, id, &keys).expect("opens");
        assert!(reader.read(&mut [0; 8]).is_err());
        assert!(SealedReader::open(&path, Uuid::from_u128(2), &keys).is_err());
    }

    #[test]
    fn the_plain_text_is_not_on_the_disk() {
        let (dir, keys) =
            (tempfile::tempdir().expect("a directory"), Keys::ephemeral().expect("keys"));
        let path = dir.path().join("file");
        write(&path, Uuid::nil(), &keys, "张三丰,11010519491231002X\n".repeat(9).as_bytes());
        let bytes = std::fs::read(&path).expect("reads");
        let has = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(!has("张三丰") && !has("11010519491231002X"));
    }
}
