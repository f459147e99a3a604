//! The diary of a drill: everything that came to it from outside, in order.
//!
//! A drill decides by its seed, by what the server answers, and by what people do to it. The first
//! is in its configuration; the diary keeps the other two. A drill whose program was stopped, or
//! killed, begins anew with the same configuration and hears the same answers from its diary
//! instead of from the server, until that ends: then it stands where it stood, with every tube and
//! every device's queue, and goes on with the server itself. Nothing of the drill's state is saved,
//! so nothing of it can be forgotten.
//!
//! An answer is written down before anything follows from it. What the server did without the
//! answer coming into the diary is asked for again, as a phone does after a break: commands carry
//! their ids, so that changes nothing.
//!
//! The file is a row of entries, each a length (4 bytes, little endian) and that many bytes of
//! gzip: a line of JSON, then the body of the answer, if it is one.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use types::Micros;

use crate::control::Input;
use crate::link::Reply;
use crate::{DrillError, Result};

/// The head of an entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Head {
    /// The server's answer to a call.
    Call {
        /// What was asked, as a number.
        key: u64,
        /// Simulated time.
        at: Micros,
        /// The status.
        status: u16,
    },
    /// Something from outside.
    Input {
        /// After so many tasks.
        task: u64,
        /// Simulated time.
        at: Micros,
        /// What.
        input: Input,
    },
}

impl Head {
    fn at(&self) -> Micros {
        match self {
            Head::Call { at, .. } | Head::Input { at, .. } => *at,
        }
    }
}

/// What is written down, or told again.
#[derive(Debug)]
pub struct Diary(Page);

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a drill has one diary")]
enum Page {
    /// Nothing is kept.
    Blank,
    /// What was written before is told again.
    Recalling { from: BufReader<File>, next: Head, body: Vec<u8> },
    /// All was told; what happens is written down.
    Writing(File),
}

fn failed(what: &str) -> impl Fn(std::io::Error) -> DrillError {
    move |error| DrillError::Diary(format!("{what}: {error}"))
}

/// FNV-1a: tells calls apart, in every version of the program alike.
pub(crate) fn key_of(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.iter().chain(&[0])) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

fn unpack(bytes: &[u8]) -> Option<(Head, Vec<u8>)> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).ok()?;
    let line = text.iter().position(|b| *b == b'\n')?;
    let head = serde_json::from_slice(&text[..line]).ok()?;
    Some((head, text.split_off(line + 1)))
}

/// The next entry; `None` at the end, also where the last one was not written to its end.
fn read(from: &mut impl Read) -> Option<(Head, Vec<u8>, u64)> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let length = u32::from_le_bytes(length);
    let mut bytes = Vec::new();
    let read = from.take(u64::from(length)).read_to_end(&mut bytes).ok()?;
    if read != length as usize {
        return None;
    }
    let (head, body) = unpack(&bytes)?;
    Some((head, body, 4 + u64::from(length)))
}

impl Diary {
    /// No diary: the drill cannot be resumed.
    pub fn none() -> Diary {
        Diary(Page::Blank)
    }

    /// A new diary.
    ///
    /// # Errors
    /// [`DrillError::Diary`] when the file cannot be made.
    pub fn begin(path: &Path) -> Result<Diary> {
        let file = File::create(path).map_err(failed("it cannot be made"))?;
        Ok(Diary(Page::Writing(file)))
    }

    /// A diary that was kept before, with the time of its last entry; `None` when it is empty.
    /// What was not written to its end goes.
    ///
    /// # Errors
    /// [`DrillError::Diary`] when the file cannot be read.
    pub fn open(path: &Path) -> Result<Option<(Diary, Micros)>> {
        let unread = failed("it cannot be read");
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(&unread)?;
        let (mut whole, mut last) = (0, None);
        let mut from = BufReader::new(&file);
        while let Some((head, _, length)) = read(&mut from) {
            whole += length;
            last = Some(head.at());
        }
        let Some(last) = last else { return Ok(None) };
        file.set_len(whole).map_err(&unread)?;
        file.seek(SeekFrom::Start(0)).map_err(&unread)?;
        let mut from = BufReader::new(file);
        let Some((next, body, _)) = read(&mut from) else { return Ok(None) };
        Ok(Some((Diary(Page::Recalling { from, next, body }), last)))
    }

    /// Whether it still tells what was written before.
    pub fn recalls(&self) -> bool {
        matches!(self.0, Page::Recalling { .. })
    }

    /// The answer to a call, if it is one that was written down before.
    ///
    /// # Errors
    /// [`DrillError::Diary`] when something else came next then: another program, or another
    /// configuration.
    pub(crate) fn recall(&mut self, key: u64) -> Result<Option<Reply>> {
        match &self.0 {
            Page::Recalling { next: Head::Call { key: then, status, .. }, .. } if *then == key => {
                let status = *status;
                let body = self.turn()?;
                Ok(Some(Reply { status, body }))
            }
            Page::Recalling { next, .. } => Err(DrillError::Diary(format!(
                "it tells another story at {}: it was written by another version of this \
                 program, or with another configuration",
                next.at().rfc3339()
            ))),
            Page::Blank | Page::Writing(_) => Ok(None),
        }
    }

    /// What came from outside after so many tasks, if it is next.
    ///
    /// # Errors
    /// As [`Diary::recall`].
    pub(crate) fn input(&mut self, after: u64) -> Result<Option<(Micros, Input)>> {
        match &self.0 {
            Page::Recalling { next: Head::Input { task, at, input }, .. } if *task == after => {
                let told = (*at, input.clone());
                self.turn()?;
                Ok(Some(told))
            }
            _ => Ok(None),
        }
    }

    /// Goes to the next entry; gives the body of the one before.
    fn turn(&mut self) -> Result<Vec<u8>> {
        let Page::Recalling { from, next, body } = &mut self.0 else { return Ok(Vec::new()) };
        let told = std::mem::take(body);
        match read(from) {
            Some((head, after, _)) => (*next, *body) = (head, after),
            None => {
                let unread = failed("it cannot be gone on with");
                let mut file = from.get_ref().try_clone().map_err(&unread)?;
                file.seek(SeekFrom::End(0)).map_err(&unread)?;
                self.0 = Page::Writing(file);
            }
        }
        Ok(told)
    }

    /// Writes down the server's answer to a call.
    ///
    /// # Errors
    /// [`DrillError::Diary`] when it cannot be written.
    pub(crate) fn note_call(&mut self, key: u64, at: Micros, reply: &Reply) -> Result<()> {
        if !self.writes() {
            return Ok(());
        }
        self.put(&Entry::call(key, at, reply)?)
    }

    /// Whether what happens is written down.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.0, Page::Writing(_))
    }

    /// Writes down what came from outside.
    ///
    /// # Errors
    /// As [`Diary::note_call`].
    pub(crate) fn note_input(&mut self, task: u64, at: Micros, input: &Input) -> Result<()> {
        if !self.writes() {
            return Ok(());
        }
        self.put(&Entry::packed(&Head::Input { task, at, input: input.clone() }, &[])?)
    }

    /// Writes down what was packed.
    ///
    /// # Errors
    /// As [`Diary::note_call`].
    pub(crate) fn put(&mut self, entry: &Entry) -> Result<()> {
        let Page::Writing(file) = &mut self.0 else { return Ok(()) };
        file.write_all(&entry.0).map_err(failed("it cannot be written"))
    }
}

/// An entry as it lies in the file. Packing takes longer than writing, and needs no diary: answers
/// that come side by side are packed side by side.
#[derive(Debug)]
pub(crate) struct Entry(Vec<u8>);

impl Entry {
    /// The server's answer to a call.
    ///
    /// # Errors
    /// [`DrillError::Diary`] when there is no room for it in an entry.
    pub(crate) fn call(key: u64, at: Micros, reply: &Reply) -> Result<Entry> {
        Entry::packed(&Head::Call { key, at, status: reply.status }, &reply.body)
    }

    fn packed(head: &Head, body: &[u8]) -> Result<Entry> {
        let line = serde_json::to_vec(head).map_err(|e| DrillError::Diary(e.to_string()))?;
        let unwritten = failed("it cannot be written");
        // The length is put in when it is known; one write, so that an entry is there or not.
        let mut packed = GzEncoder::new(vec![0; 4], Compression::fast());
        for part in [line.as_slice(), b"\n", body] {
            packed.write_all(part).map_err(&unwritten)?;
        }
        let mut entry = packed.finish().map_err(&unwritten)?;
        let length = u32::try_from(entry.len() - 4)
            .map_err(|_| DrillError::Diary("an answer of 4 GB".into()))?;
        entry[..4].copy_from_slice(&length.to_le_bytes());
        Ok(Entry(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Happening;

    fn reply(text: &str) -> Reply {
        Reply { status: 200, body: text.as_bytes().to_vec() }
    }

    #[test]
    fn what_was_written_is_told_again_and_then_gone_on_with() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("diary");
        let strike = Input::Happening(Happening::CourierStrike { hours: 8 });
        let mut diary = Diary::begin(&path).expect("made");
        assert!(!diary.recalls());
        diary.note_call(1, Micros(10), &reply("one\ntwo")).expect("written");
        diary.note_input(3, Micros(20), &strike).expect("written");
        diary.note_call(2, Micros(30), &reply("")).expect("written");
        drop(diary);
        // The program was killed in the middle of a word.
        let whole = std::fs::read(&path).expect("there");
        let torn = [whole.as_slice(), &9_u32.to_le_bytes(), b"half"].concat();
        std::fs::write(&path, torn).expect("written");

        let (mut diary, last) = Diary::open(&path).expect("read").expect("not empty");
        assert_eq!(last, Micros(30));
        assert_eq!(diary.recall(1).expect("told").expect("an answer").body, b"one\ntwo");
        // It came after the third task, neither before nor instead of an answer.
        assert_eq!(diary.input(2).expect("told"), None);
        assert!(diary.recall(2).is_err());
        assert_eq!(diary.input(3).expect("told"), Some((Micros(20), strike)));
        assert!(diary.recall(7).is_err(), "another question");
        assert!(diary.recall(2).expect("told").is_some());
        assert!(!diary.recalls());
        assert!(diary.recall(7).expect("new").is_none());
        diary.note_call(7, Micros(40), &reply("three")).expect("written");
        drop(diary);
        let (_, last) = Diary::open(&path).expect("read").expect("not empty");
        assert_eq!(last, Micros(40));
        assert_eq!(&std::fs::read(&path).expect("there")[..whole.len()], whole);
    }

    #[test]
    fn an_empty_diary_tells_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("diary");
        assert!(Diary::open(&path).is_err());
        drop(Diary::begin(&path).expect("made"));
        assert!(Diary::open(&path).expect("read").is_none());
    }

    #[test]
    fn keys_tell_the_parts_of_a_call_apart() {
        assert_eq!(key_of(&[b"GET", b"/a"]), key_of(&[b"GET", b"/a"]));
        assert_ne!(key_of(&[b"GET", b"/a"]), key_of(&[b"GET/", b"a"]));
        assert_ne!(key_of(&[b"GET", b"/a"]), key_of(&[b"GET", b"/b"]));
    }
}
