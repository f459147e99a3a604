//! The threads of an import: one reads the file, some check and seal, and the chunks come out in
//! the order of the file.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use crate::import::household_rows::{Prepared, Reader};
use crate::import::persons::Options;
use crate::import::source::{self, Finish, Plan};
use crate::import::table::Chunk;
use crate::import::{ImportError, Kind, Result};

/// The threads that read, check and seal.
pub(crate) struct Pipeline {
    prepared: tokio::sync::mpsc::Receiver<crate::Result<Prepared>>,
    pub of: Arc<Mutex<u64>>,
    waiting: BTreeMap<u64, Prepared>,
    next: u64,
}

impl Pipeline {
    pub(crate) fn start(
        file: impl Read + Seek + Send + 'static,
        reader: Arc<Reader>,
        options: &Options,
    ) -> Result<(Pipeline, oneshot::Receiver<Result<Finish>>)> {
        let workers = options.workers.max(1);
        let (chunks_in, chunks) = mpsc::sync_channel::<Chunk>(workers);
        let chunks = Arc::new(Mutex::new(chunks));
        let (ready, prepared) = tokio::sync::mpsc::channel(2);
        let (ended, finish) = oneshot::channel();
        let plan = Plan {
            kind: Kind::Persons,
            choices: options.choices.clone(),
            placed: options.place.is_some(),
            chunk_rows: options.chunk_rows.max(1),
            encoding: options.encoding,
        };
        let of = Arc::new(Mutex::new(0));
        let told = Arc::clone(&of);
        thread("import-read", move || {
            let mut emit = |chunk| chunks_in.send(chunk).is_ok();
            let of = |n| *told.lock().unwrap_or_else(PoisonError::into_inner) = n;
            // Nobody listens when the import has stopped already.
            let _ = ended.send(source::read(file, &plan, of, &mut emit));
        })?;
        for _ in 0..workers {
            let (chunks, ready, reader) = (Arc::clone(&chunks), ready.clone(), Arc::clone(&reader));
            thread("import-seal", move || {
                loop {
                    let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(chunk) = next else { return };
                    if ready.blocking_send(reader.prepare(chunk)).is_err() {
                        return;
                    }
                }
            })?;
        }
        Ok((Pipeline { prepared, of, waiting: BTreeMap::new(), next: 0 }, finish))
    }

    /// The next chunk in the order of the file.
    pub(crate) async fn next(&mut self) -> Result<Option<Prepared>> {
        loop {
            if let Some(prepared) = self.waiting.remove(&self.next) {
                self.next += 1;
                return Ok(Some(prepared));
            }
            match self.prepared.recv().await {
                Some(prepared) => {
                    let prepared = prepared?;
                    self.waiting.insert(prepared.chunk.no, prepared);
                }
                None if self.waiting.is_empty() => return Ok(None),
                None => return Err(ImportError::Broken("a chunk is missing")),
            }
        }
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(())
}
