//! Where a drill's server runs: in this process, or in one of its own that may be killed.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use drill::draw::Draw;
use drill::link::Host;
use drill::{Config, DrillError};
use types::{Micros, Span};

use super::clock_file::Hand;
use crate::process::Process;

/// A server in this process. It takes its time from the drill's clock by itself.
#[derive(Debug)]
pub struct Here(pub SocketAddr);

impl Host for Here {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn set_time(&mut self, _: Micros) -> drill::Result<()> {
        Ok(())
    }

    fn revive(&mut self) -> Pin<Box<dyn Future<Output = drill::Result<()>> + Send + '_>> {
        // A connection that was idle for long was closed; the next one is taken again.
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(())
        })
    }
}

/// A server in a process of its own, killed (SIGKILL) at random times and started again.
#[derive(Debug)]
pub struct Child {
    program: PathBuf,
    data: PathBuf,
    clock: Hand,
    process: Arc<Mutex<Option<Process>>>,
    address: SocketAddr,
    kills: Kills,
    killed: Arc<Mutex<u32>>,
}

/// When to kill.
#[derive(Debug)]
struct Kills {
    seed: u64,
    a_day: u32,
    start: Micros,
    day: u32,
    // Still to come on this day, the next one last.
    left: Vec<Micros>,
    due: bool,
}

impl Kills {
    /// Whether a kill falls between the last time and this one.
    fn pass(&mut self, at: Micros) {
        let day = u32::try_from((at - self.start).0.max(0) / Span::days(1).0).unwrap_or(0);
        if day != self.day {
            self.day = day;
            let midnight = self.start + Span::days(i64::from(day));
            let mut draw = Draw::keyed(self.seed, "kills", day.into());
            let mut at = || midnight + draw.between(Span::hours(6), Span::hours(22));
            self.left = (0..self.a_day).map(|_| at()).collect();
            self.left.sort_unstable_by(|a, b| b.cmp(a));
        }
        while self.left.last().is_some_and(|kill| *kill <= at) {
            self.left.pop();
            self.due = true;
        }
    }
}

/// Starts of a server before it is given up.
const STARTS: u32 = 3;
/// The clock's file in a data directory.
const CLOCK: &str = "drill.clock";

fn arguments(data: &Path) -> Vec<String> {
    vec!["--drill-clock".to_owned(), data.join(CLOCK).display().to_string()]
}

impl Child {
    /// Starts the program's server on a data directory, at a simulated time.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(
        program: &Path,
        data: &Path,
        config: &Config,
        from: Micros,
    ) -> Result<Child> {
        let clock = Hand::make(&data.join(CLOCK), from)?;
        let process = Process::start(program, data, &arguments(data)).await?;
        let kills = Kills {
            seed: config.seed,
            a_day: config.faults.server.kills_a_day,
            start: config.start,
            day: u32::MAX,
            left: Vec::new(),
            due: false,
        };
        Ok(Child {
            program: program.to_owned(),
            data: data.to_owned(),
            clock,
            address: process.address,
            process: Arc::new(Mutex::new(Some(process))),
            kills,
            killed: Arc::default(),
        })
    }

    /// How often the server was killed; shared with whoever asks later.
    pub fn killed(&self) -> Arc<Mutex<u32>> {
        self.killed.clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for Child {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn set_time(&mut self, at: Micros) -> drill::Result<()> {
        self.kills.pass(at);
        self.clock.set(at).map_err(|e| DrillError::Config(format!("the drill's clock: {e}")))
    }

    fn before_call(&mut self) {
        if !std::mem::take(&mut self.kills.due) {
            return;
        }
        // Some time within the call: before it arrives, while it is written, or after the answer.
        let at = u64::from(*locked(&self.killed));
        let micros = Draw::keyed(self.kills.seed, "kill after", at).below(6_000) as u64;
        let (process, killed) = (self.process.clone(), self.killed.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_micros(micros)).await;
            if let Some(process) = locked(&process).as_mut() {
                match process.strike() {
                    Ok(()) => *locked(&killed) += 1,
                    Err(error) => tracing::warn!(%error, "the server was gone already"),
                }
            }
        });
    }

    fn revive(&mut self) -> Pin<Box<dyn Future<Output = drill::Result<()>> + Send + '_>> {
        Box::pin(async {
            let gone = |e: anyhow::Error| DrillError::Gone(format!("{e:#}"));
            let before = locked(&self.process).take();
            if let Some(before) = before {
                before.kill().await.map_err(gone)?;
            }
            let mut tries = 0;
            let again = loop {
                tries += 1;
                match Process::start(&self.program, &self.data, &arguments(&self.data)).await {
                    Ok(again) => break again,
                    // A machine that is busy with other things takes its time.
                    Err(error) if tries == STARTS => return Err(gone(error)),
                    Err(error) => tracing::warn!(%error, "the server is started once more"),
                }
            };
            self.address = again.address;
            *locked(&self.process) = Some(again);
            Ok(())
        })
    }
}
