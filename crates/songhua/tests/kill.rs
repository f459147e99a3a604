//! The real program, killed without warning again and again under load: what it acknowledged is
//! there exactly once, and the audit is clean.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use songhua_cli::bench::world::{Filling, Place, Tubes, World};
use songhua_cli::http::{self, Client};
use songhua_cli::process::Process;

/// Kills, as many as fit into the time, but not fewer than this.
const KILLS: usize = 10;
/// Tubes in one request.
const TUBES: usize = 10;
/// Devices that send at the same time.
const DEVICES: usize = 4;

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    id: types::CommandId,
    status: String,
    duplicate: bool,
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_songhua"))
}

async fn send(client: &mut Client, token: &str, tubes: &Tubes) -> anyhow::Result<Outcomes> {
    let request = http::post("/api/v1/commands", Some(token), &tubes.body);
    Ok(client.call(&request).await?.json()?)
}

/// What devices have still to send, and what has been acknowledged to them.
#[derive(Default)]
struct Field {
    waiting: Vec<Tubes>,
    acknowledged: Vec<Tubes>,
}

/// A device: takes a batch, sends it, and puts it back when nobody answers.
async fn device(address: SocketAddr, token: String, field: Arc<Mutex<Field>>) {
    let Ok(mut client) = Client::connect(address).await else { return };
    loop {
        let batch = field.lock().unwrap_or_else(PoisonError::into_inner).waiting.pop();
        let Some(batch) = batch else { return };
        let sent = send(&mut client, &token, &batch).await;
        let mut field = field.lock().unwrap_or_else(PoisonError::into_inner);
        match sent {
            Ok(answer) => {
                // A batch whose answer was lost may be known already: it counts all the same.
                assert!(answer.outcomes.iter().all(|o| o.status == "accepted"));
                field.acknowledged.push(batch);
            }
            Err(_) => {
                field.waiting.push(batch);
                return;
            }
        }
    }
}

fn audit(data: &Path) -> std::process::Output {
    let mut command = std::process::Command::new(program());
    command.arg("audit").arg("--data").arg(data).output().expect("the audit runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_acknowledged_is_there_exactly_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = Place::default();
    let world = World::prepare(dir.path(), &place, 3_000, 12).await.expect("a world");
    let mut filling = Filling::new(&world).expect("a site");
    let mut field = Field::default();
    while let Some(batch) = filling.batch(TUBES).expect("a batch") {
        field.waiting.push(batch);
    }
    let all = field.waiting.len();
    let field = Arc::new(Mutex::new(field));

    let mut kills = 0;
    while kills < KILLS {
        let server = Process::start(&program(), dir.path(), &[]).await.expect("starts");
        let devices: Vec<_> = (0..DEVICES)
            .map(|_| tokio::spawn(device(server.address, world.token.clone(), field.clone())))
            .collect();
        // Killed at another moment each time, but never before it has acknowledged something.
        let before = acknowledged(&field);
        let wanted = before + 1 + kills % 4;
        let started = Instant::now();
        while acknowledged(&field) < wanted && started.elapsed() < Duration::from_secs(10) {
            tokio::task::yield_now().await;
        }
        assert!(acknowledged(&field) >= wanted, "nothing was acknowledged in ten seconds");
        server.kill().await.expect("killed");
        kills += 1;
        for device in devices {
            device.await.expect("no answer was wrong");
        }
    }

    let field = Arc::try_unwrap(field).ok().expect("all devices are done");
    let field = field.into_inner().expect("unbroken");
    assert!(!field.waiting.is_empty(), "{all} batches were too few to be killed in");
    let server = Process::start(&program(), dir.path(), &[]).await.expect("starts");
    let mut client = Client::connect(server.address).await.expect("connects");
    let mut seen = HashSet::new();
    for batch in &field.acknowledged {
        let again = send(&mut client, &world.token, batch).await.expect("answers");
        for (outcome, id) in again.outcomes.iter().zip(&batch.ids) {
            assert_eq!(outcome.id, *id);
            assert!(outcome.duplicate, "{id} was acknowledged and is gone");
            assert!(seen.insert(*id), "{id} was acknowledged in two batches");
        }
    }
    assert!(seen.len() >= KILLS * TUBES);

    // The audit runs beside the server as well as after it.
    for running in [Some(server), None] {
        let audited = audit(dir.path());
        let told = String::from_utf8_lossy(&audited.stdout).into_owned();
        assert!(audited.status.success(), "{told}{}", String::from_utf8_lossy(&audited.stderr));
        assert!(told.contains("no difference"), "{told}");
        if let Some(server) = running {
            server.kill().await.expect("killed");
        }
    }
}

fn acknowledged(field: &Mutex<Field>) -> usize {
    field.lock().unwrap_or_else(PoisonError::into_inner).acknowledged.len()
}
