//! A program that writes without pause is killed again and again. After each restart every
//! command that it acknowledged is in the journal once, and in the end the audit is clean.
//!
//! The program is this test binary itself, started with the one test that is the victim.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command as Program, Stdio};
use std::sync::Arc;

use ledger::{Engine, EngineConfig, Envelope, Move, Outcome, Priority, Status};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use store::testkit::{Kind, TestBed};
use store::{Store, StoreConfig};
use types::{CommandId, Micros};

use crate::support::reading;
use crate::support::world::{
    self, MORNING, container, envelope, hand, minute, numbered_id, open, pack, tube,
};
use crate::support::yard::{self, Command, Yard};

const STORE: &str = "SONGHUA_KILL_STORE";
const SCHEMA: &str = "SONGHUA_KILL_SCHEMA";
const STARTS: &str = "SONGHUA_KILL_STARTS";
/// Devices that send at the same time.
const DEVICES: u64 = 4;
/// Numbers of commands of one device.
const STRIPE: u64 = 1_000_000;
/// Commands that a device sends again after a restart, acknowledged or not.
const AGAIN: u64 = 30;

fn id(number: u64) -> CommandId {
    numbered_id(MORNING, number)
}

/// The command of a number: the same in every life of the program.
fn command(number: u64) -> Envelope<Command> {
    let (t, b) = (tube(number as u32), container((number / 20) as u32));
    let what = match number % 20 {
        0 => Command::Say(vec![open(b, "site:S1")]),
        5 => Command::Refuse,
        7 => Command::Add { name: "tubes".into(), by: 20 },
        19 => Command::Say(vec![hand(b, "site:S1", "courier:C7"), post(20)]),
        _ => Command::Say(vec![open(t, "site:S1"), pack(t, b)]),
    };
    envelope(id(number), minute((number % 600) as i64), what)
}

fn post(amount: i64) -> Move {
    let (from, to) = ("site:S1".into(), "courier:C7".into());
    Move::Post { commodity: "tubes".into(), from, to, amount }
}

fn schemas() -> [store::Schema; 2] {
    [ledger::SCHEMA, yard::SCHEMA]
}

/// One device: sends batches, and says which commands were acknowledged, one line a batch.
async fn device(engine: Engine<Yard>, from: u64) {
    let mut next = from;
    loop {
        let size = 1 + next % 7;
        let batch: Vec<_> = (next..next + size).map(command).collect();
        let outcomes: Vec<Outcome> =
            engine.submit(Priority::Normal, batch).await.expect("the group is written");
        let mut line = String::from("ack");
        for (number, outcome) in (next..next + size).zip(&outcomes) {
            assert_eq!(
                (outcome.id, outcome.status == Status::Refused),
                (id(number), number % 20 == 5)
            );
            line += &format!(" {number}");
        }
        line.push('\n');
        // One write for one line: a kill cannot cut it.
        std::io::stdout().write_all(line.as_bytes()).expect("the parent listens");
        next += size;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the victim of the tests below, which start it"]
async fn victim() {
    let Ok(url) = std::env::var(STORE) else { return };
    let config = StoreConfig { schema: std::env::var(SCHEMA).ok(), ..StoreConfig::new(url) };
    let starts: Vec<u64> = std::env::var(STARTS)
        .expect("where each device goes on")
        .split(',')
        .map(|n| n.parse().expect("a number"))
        .collect();
    let store = Store::open(config, &schemas()).await.expect("the store opens");
    let now = || Micros(std::time::UNIX_EPOCH.elapsed().expect("a clock").as_micros() as i64);
    let setup = EngineConfig {
        queue: 1_000,
        longest_wait: std::time::Duration::MAX,
        group: 50,
        clock: Arc::new(now),
    };
    let engine = Engine::start(store, Yard::default(), setup).await.expect("the engine starts");
    let devices = starts.into_iter().map(|from| tokio::spawn(device(engine.clone(), from)));
    futures::future::join_all(devices).await;
}

/// Starts the victim, lets it acknowledge so many batches, kills it, and gives what it said.
fn life(config: &StoreConfig, starts: &[u64], batches: usize) -> Vec<u64> {
    let starts: Vec<String> = starts.iter().map(ToString::to_string).collect();
    let mut program = Program::new(std::env::current_exe().expect("this binary"));
    program
        .args(["--exact", "kill::victim", "--ignored", "--nocapture", "--test-threads=1"])
        .env(STORE, &config.url)
        .env(STARTS, starts.join(","))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(schema) = &config.schema {
        program.env(SCHEMA, schema);
    }
    let mut victim = program.spawn().expect("the victim starts");
    let lines = BufReader::new(victim.stdout.take().expect("its output")).lines();
    let mut acknowledged = Vec::new();
    let mut heard = 0;
    // What it still managed to say before it died counts too: read to the end.
    for line in lines {
        let line = line.expect("text");
        let Some(numbers) = line.strip_prefix("ack ") else { continue };
        acknowledged.extend(numbers.split(' ').map(|n| n.parse::<u64>().expect("a number")));
        heard += 1;
        if heard == batches {
            victim.kill().expect("SIGKILL");
        }
    }
    let status = victim.wait().expect("its end");
    assert!(heard >= batches, "the victim ended by itself ({status}) after {heard} batches");
    acknowledged
}

async fn kill_again_and_again(kind: Kind, times: usize) {
    let bed = TestBed::new(kind);
    let config = bed.config();
    let store = bed.open(&schemas()).await.expect("the store opens");
    let mut acknowledged: BTreeMap<u64, u32> = BTreeMap::new();
    let mut starts: Vec<u64> = (0..DEVICES).map(|device| device * STRIPE).collect();
    let mut random = TestRunner::default();
    let mut unsaid = 0;
    for round in 1..=times {
        let batches = (1..200_usize).new_tree(&mut random).expect("a number").current();
        for number in life(&config, &starts, batches) {
            *acknowledged.entry(number).or_default() += 1;
            let device = (number / STRIPE) as usize;
            starts[device] = starts[device].max((number + 1).saturating_sub(AGAIN));
            starts[device] = starts[device].max(device as u64 * STRIPE);
        }
        let there = reading::journal(&store).await;
        for number in acknowledged.keys() {
            let times = there.get(&id(*number)).map(|(_, times)| *times);
            assert_eq!(times, Some(1), "round {round}: command {number} was acknowledged");
        }
        assert!(there.values().all(|(_, times)| *times == 1));
        let (entries, _) = ledger::audit::head(&store).await.expect("the head");
        assert_eq!(entries, there.len() as i64, "round {round}: the head counts what is there");
        unsaid += there.len() - acknowledged.len();
        if round % 5 == 0 || round == times {
            let report = world::audit(&store).await;
            assert!(report.is_clean(), "round {round}: {report:#?}");
        }
    }
    let known = acknowledged.len();
    println!("{known} acknowledged in {times} lives; {unsaid} times one was there unsaid");
    assert!(acknowledged.values().any(|n| *n > 1), "devices sent again what was acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_has_lost_nothing_on_sqlite() {
    kill_again_and_again(Kind::Sqlite, 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_has_lost_nothing_on_postgres() {
    kill_again_and_again(Kind::Postgres, 8).await;
}
