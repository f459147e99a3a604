//! `bench board`: 5,000 open command boards beside the intake of swabs.
//!
//! The same number of tubes is taken in at the same pace twice: once with nobody looking, and once
//! with 5,000 browsers, each with its stream of announcements, which ask for the board's part of the
//! page anew whenever something is announced, as the page's script does. What the server used of the
//! processor, and how long the writes took, are compared within the run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use server::App;
use server::access::{Grant, Role};
use server::accounts::NewAccount;
use server::sessions::{Kind, Owner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use types::AreaScope;

use super::intake::{TUBES, rounds, stock};
use super::load::{Sent, Stock, Times, send};
use super::world::World;
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::data::told;
use crate::http::{self, Client};
use crate::process::Process;

const BOARDS: usize = 5_000;
const PEOPLE: u64 = 50_000;
/// Devices that send, each so often: a tenth of what a server takes in at most.
const DEVICES: usize = 4;
const PACE: Duration = Duration::from_millis(2_000);
/// Connections over which the boards ask: a browser has its own, but not all ask at once.
const ASKING: usize = 64;
/// Longest wait until all boards have heard.
const SPREAD: u64 = 400;
/// The writes may take so many times as long at the 95th percentile, and so much more.
const BAR: f64 = 2.0;
const BAR_MORE_MS: f64 = 50.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "board",
    what: "the time of a write at p95 beside 5,000 open command boards that follow what is announced, \
           against the same writes with nobody looking, as a ratio; bar: 2 (or 50 ms more), every \
           write taken, and every board told",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

/// What a time of writing came to.
struct Pass {
    swabs: usize,
    /// How often a write was turned away; it was sent again, and its time runs on.
    shed: usize,
    times: Times,
    cpu: f64,
}

/// Sends batches at a pace, each device by its own beat.
async fn write(server: &Process, token: &str, stock: &Stock, time: Duration) -> Result<Pass> {
    let before = server.cpu_seconds().unwrap_or(0.0);
    let started = Instant::now();
    let devices: Vec<_> = (0..DEVICES)
        .map(|n| {
            let (stock, token, address) = (stock.clone(), token.to_owned(), server.address);
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                let (mut swabs, mut shed, mut times) = (0, 0, Times::default());
                let mut due = PACE * n as u32 / DEVICES as u32;
                while due < time {
                    tokio::time::sleep_until((started + due).into()).await;
                    due += PACE;
                    let Some(batch) = stock.take() else { bail!("the requests are used up") };
                    let begun = Instant::now();
                    loop {
                        match send(&mut client, &token, &batch).await? {
                            Sent::Done { swabs: more, .. } => {
                                swabs += more;
                                break;
                            }
                            Sent::Shed { retry_after } => {
                                shed += 1;
                                let wait = Duration::from_secs(retry_after.unwrap_or(1).into());
                                tokio::time::sleep(wait).await;
                            }
                        }
                    }
                    times.add(begun.elapsed());
                }
                Ok((swabs, shed, times))
            })
        })
        .collect();
    let mut pass = Pass { swabs: 0, shed: 0, times: Times::default(), cpu: 0.0 };
    for device in devices {
        let (swabs, shed, times) = device.await??;
        pass.swabs += swabs;
        pass.shed += shed;
        pass.times.join(times);
    }
    pass.cpu = server.cpu_seconds().unwrap_or(0.0) - before;
    Ok(pass)
}

/// What the boards did.
#[derive(Default)]
struct Seen {
    /// Boards whose stream said hello.
    open: AtomicUsize,
    /// Announcements that boards heard.
    told: AtomicUsize,
    /// Drawings that boards were given.
    drawn: AtomicUsize,
    over: AtomicBool,
}

/// One board: its stream of announcements; each asks for a drawing.
async fn board(
    address: SocketAddr,
    token: String,
    seen: Arc<Seen>,
    asks: tokio::sync::mpsc::Sender<()>,
    n: usize,
) -> Result<()> {
    let path = "/events?topics=cases:2202,care:2202,testing:2202,command:2202";
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&http::get(path, Some(&token))).await?;
    let mut buffer = [0_u8; 2_048];
    let mut rest = Vec::new();
    loop {
        let read =
            match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
                Ok(read) => read?,
                Err(_) if seen.over.load(Ordering::Relaxed) => return Ok(()),
                Err(_) => continue,
            };
        if read == 0 || seen.over.load(Ordering::Relaxed) {
            return Ok(());
        }
        rest.extend_from_slice(&buffer[..read]);
        // Events end with an empty line; what is cut off waits for its rest.
        while let Some(end) = rest.windows(2).position(|w| w == b"\n\n") {
            let event: Vec<u8> = rest.drain(..end + 2).collect();
            let has = |what: &[u8]| event.windows(what.len()).any(|w| w == what);
            if has(b"event: hello") {
                seen.open.fetch_add(1, Ordering::Relaxed);
            } else if has(b"event: changed") {
                seen.told.fetch_add(1, Ordering::Relaxed);
                // As the page's script spreads them.
                let wait = (n as u64 * 7_919) % SPREAD;
                tokio::time::sleep(Duration::from_millis(wait)).await;
                if asks.send(()).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// Answers the boards' questions over a few connections.
async fn ask(
    address: SocketAddr,
    token: String,
    seen: Arc<Seen>,
    asks: Arc<tokio::sync::Mutex<tokio::sync::mpsc::Receiver<()>>>,
) -> Result<()> {
    let request = http::get("/board?fragment=board", Some(&token));
    let mut client = Client::connect(address).await?;
    loop {
        let next = asks.lock().await.recv().await;
        if next.is_none() || seen.over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let status = client.call(&request).await?.status;
        if status != 200 {
            bail!("the board answered {status}");
        }
        seen.drawn.fetch_add(1, Ordering::Relaxed);
    }
}

/// A commander of the city, who looks at the board.
async fn commander(config: server::Config) -> Result<String> {
    let app = App::open(config, Arc::new(protocol::Protocol::bundled()?)).await?;
    let scope = AreaScope::parse("2202")?;
    let new = NewAccount {
        login: "board".to_owned(),
        name: "board".to_owned(),
        password: server::passwords::temporary(),
        must_change: false,
        grants: vec![Grant { role: Role::Commander, scope, holder: None }],
    };
    app.put_account("bench", new).await.map_err(told)?;
    let owner = Owner::Account("board".to_owned());
    let token = app.open_session(Kind::Device, &owner, Some("bench")).await.map_err(told)?;
    app.engine().close().await;
    Ok(token)
}

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    let workshop = setting.workshop("board")?;
    let beats = (setting.time.as_secs_f64() / PACE.as_secs_f64()).ceil() as usize + 1;
    let swabs = 2 * beats * DEVICES * TUBES * 10;
    say(format!("registering {people} people"));
    let data = workshop.dir.path();
    let world = World::prepare(data, &workshop.place, people, rounds(swabs as f64, people)).await?;
    let stock = Stock::new(stock(&world, swabs)?);
    let looks = commander(workshop.place.config(data)).await?;
    let mut arguments = workshop.place.arguments();
    arguments.extend(["--page-rate", "1000000"].map(String::from));
    let server = Process::start(&setting.program, data, &arguments).await?;
    say("writes with nobody looking");
    let mut alone = write(&server, &world.token, &stock, setting.time).await?;
    say(format!("opening {BOARDS} boards"));
    let seen = Arc::new(Seen::default());
    let (asks, asked) = tokio::sync::mpsc::channel(BOARDS * 4);
    let asked = Arc::new(tokio::sync::Mutex::new(asked));
    let asking: Vec<_> = (0..ASKING)
        .map(|_| tokio::spawn(ask(server.address, looks.clone(), seen.clone(), asked.clone())))
        .collect();
    let mut boards = Vec::with_capacity(BOARDS);
    for n in 0..BOARDS {
        boards.push(tokio::spawn(board(
            server.address,
            looks.clone(),
            seen.clone(),
            asks.clone(),
            n,
        )));
        // A browser after the other, not all in one moment.
        if n.is_multiple_of(100) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    drop(asks);
    let waited = Instant::now();
    while seen.open.load(Ordering::Relaxed) < BOARDS && waited.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let open = seen.open.load(Ordering::Relaxed);
    say(format!("the same writes beside {open} boards"));
    let mut beside = write(&server, &world.token, &stock, setting.time).await?;
    seen.over.store(true, Ordering::Relaxed);
    let (heard, drawn) = (seen.told.load(Ordering::Relaxed), seen.drawn.load(Ordering::Relaxed));
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    for board in boards {
        // Their streams broke with the server.
        let _ = board.await?;
    }
    for one in asking {
        one.abort();
    }
    workshop.clear().await?;
    let p95 = |pass: &mut Pass| pass.times.percentile(0.95).unwrap_or(f64::INFINITY);
    let (without, with) = (p95(&mut alone), p95(&mut beside));
    let ratio = with / without.max(0.001);
    let told = open == BOARDS && heard >= BOARDS && drawn >= BOARDS;
    let more = beside.cpu - alone.cpu;
    let shed = alone.shed + beside.shed;
    Ok(Report {
        value: rounded(with),
        unit: "ms",
        raw: Some(rounded(without)),
        ratio: Some(rounded(ratio)),
        p99_ms: beside.times.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR),
        pass: (ratio <= BAR || with - without <= BAR_MORE_MS) && told && shed == 0,
        details: vec![
            format!("{open} boards open, {heard} announcements heard, {drawn} drawings given"),
            format!("{shed} writes turned away and sent again"),
            format!(
                "{} swabs with nobody looking: {:.2} s of processor time; {} beside the boards: {:.2} s",
                alone.swabs, alone.cpu, beside.swabs, beside.cpu
            ),
            format!(
                "{:.0} µs of processor time a drawing, its announcement included",
                more.max(0.0) * 1e6 / drawn.max(1) as f64
            ),
        ],
        ..Report::default()
    })
}
