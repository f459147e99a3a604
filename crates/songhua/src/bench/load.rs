//! Load: connections that send prebuilt requests, and what came back how fast.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use ledger::Priority;
use serde::Deserialize;
use types::CommandId;

use super::world::Tubes;
use crate::http::{self, Client};

/// Times, for percentiles.
#[derive(Clone, Debug, Default)]
pub(super) struct Times(Vec<u32>);

impl Times {
    pub(super) fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(super) fn join(&mut self, other: Times) {
        self.0.extend(other.0);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time within which this share was answered, in milliseconds.
    pub(super) fn percentile(&mut self, share: f64) -> Option<f64> {
        self.0.sort_unstable();
        let at = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.0.get(at).map(|micros| f64::from(*micros) / 1_000.0)
    }
}

/// Batches to be sent, shared by all connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Stock(Arc<Mutex<VecDeque<Tubes>>>);

impl Stock {
    pub(super) fn new(batches: impl IntoIterator<Item = Tubes>) -> Stock {
        Stock(Arc::new(Mutex::new(batches.into_iter().collect())))
    }

    pub(super) fn take(&self) -> Option<Tubes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// A batch that was turned away is sent again later.
    pub(super) fn give_back(&self, batch: Tubes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(batch);
    }
}

#[derive(Deserialize)]
struct Outcomes<'a> {
    #[serde(borrow)]
    outcomes: Vec<Outcome<'a>>,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    id: CommandId,
    status: &'a str,
    duplicate: bool,
}

/// What became of a batch.
pub(super) enum Sent {
    /// Durable: swabs in it, and how many of its commands were known already.
    Done { swabs: usize, duplicates: usize },
    /// Turned away, with or without a time to come back.
    Shed { retry_after: Option<u32> },
}

/// Sends a batch.
pub(super) async fn send(client: &mut Client, token: &str, batch: &Tubes) -> Result<Sent> {
    send_as(client, token, batch, Priority::Normal).await
}

/// Sends a batch as the day's work, or as work that can wait. No caller can claim to be urgent.
pub(super) async fn send_as(
    client: &mut Client,
    token: &str,
    batch: &Tubes,
    priority: Priority,
) -> Result<Sent> {
    let path = match priority {
        Priority::Bulk => "/api/v1/commands?priority=bulk",
        _ => "/api/v1/commands",
    };
    let request = http::post(path, Some(token), &batch.body);
    let answer = client.call(&request).await?;
    if answer.status == 503 {
        return Ok(Sent::Shed { retry_after: answer.retry_after });
    }
    if answer.status != 200 {
        bail!("{}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    let outcomes: Outcomes<'_> = serde_json::from_slice(answer.body)?;
    if !outcomes.outcomes.iter().map(|o| &o.id).eq(&batch.ids) {
        bail!("the outcomes are not those of the commands");
    }
    if outcomes.outcomes.iter().any(|o| o.status != "accepted") {
        bail!("a tube was refused: {}", String::from_utf8_lossy(answer.body));
    }
    let duplicates = outcomes.outcomes.iter().filter(|o| o.duplicate).count();
    Ok(Sent::Done { swabs: batch.swabs, duplicates })
}

/// What a time of intake brought.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub swabs: usize,
    pub seconds: f64,
    pub times: Times,
}

impl Taken {
    pub(super) fn per_second(&self) -> f64 {
        self.swabs as f64 / self.seconds.max(0.001)
    }
}

/// Sends batches over several connections, each when its last one is durable, until the time is
/// over or the stock is empty.
pub(super) async fn take_in(
    address: SocketAddr,
    token: &str,
    stock: &Stock,
    connections: usize,
    time: Duration,
) -> Result<Taken> {
    let started = Instant::now();
    let devices: Vec<_> = (0..connections)
        .map(|_| {
            let (stock, token) = (stock.clone(), token.to_owned());
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                let (mut swabs, mut times) = (0, Times::default());
                while started.elapsed() < time
                    && let Some(batch) = stock.take()
                {
                    let begun = Instant::now();
                    match send(&mut client, &token, &batch).await? {
                        Sent::Done { swabs: more, .. } => swabs += more,
                        Sent::Shed { .. } => bail!("the server sheds what it should hold"),
                    }
                    times.add(begun.elapsed());
                }
                Ok((swabs, times))
            })
        })
        .collect();
    let mut taken = Taken::default();
    for device in devices {
        let (swabs, times) = device.await??;
        taken.swabs += swabs;
        taken.times.join(times);
    }
    taken.seconds = started.elapsed().as_secs_f64();
    Ok(taken)
}

/// Answers a second to GET requests over several connections, some at a time on each.
pub(super) async fn ask(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    at_once: usize,
    time: Duration,
) -> Result<(f64, Times)> {
    let started = Instant::now();
    let callers: Vec<_> = (0..connections)
        .map(|n| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                let mut times = Times::default();
                let mut next = n * requests.len() / connections;
                let mut bytes = Vec::new();
                while started.elapsed() < time {
                    bytes.clear();
                    for _ in 0..at_once {
                        bytes.extend_from_slice(&requests[next % requests.len()]);
                        next += 1;
                    }
                    let begun = Instant::now();
                    client.send(&bytes).await?;
                    for _ in 0..at_once {
                        let status = client.receive().await?.status;
                        if status != 200 {
                            bail!("the server answered {status}");
                        }
                        times.add(begun.elapsed());
                    }
                }
                Ok(times)
            })
        })
        .collect();
    let mut times = Times::default();
    for caller in callers {
        times.join(caller.await??);
    }
    Ok((times.len() as f64 / started.elapsed().as_secs_f64(), times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_count_from_the_slow_end() {
        let mut times = Times::default();
        assert_eq!(times.percentile(0.99), None);
        (1..=200).for_each(|ms| times.add(Duration::from_millis(ms)));
        assert_eq!(times.percentile(0.99), Some(198.0));
        assert_eq!(times.percentile(0.5), Some(100.0));
        assert_eq!(times.percentile(1.0), Some(200.0));
    }
}
