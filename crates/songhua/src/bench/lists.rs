//! `bench lists`: the pages of the cases desk over 300,000 cases: lists by every kind of filter,
//! also by those that nothing matches, far pages, duplicates, two records side by side, figures; and those
//! of the care desk over the two thirds of them that go on: the queue, wards, rounds, who is at home.
//!
//! The cases come through the ledger as a line list does. Some are of the same people, so that there
//! are duplicates to show.

mod wards;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use cases::views::{Filter, Status};
use cases::{
    Class, Command, Edit, EditOf, Ending, Field, FoundIn, PutCase, PutCases, Severity, views,
};
use ledger::Cursor;
use ledger::{Actor, Envelope, Priority};
use protocol::Protocol;
use registry::command::SealedIdentity;
use registry::identity::{Day, IdType, Identity, Sex};
use registry::ids;
use server::App;
use server::access::Role;
use server::sessions::{Kind, Owner};
use types::{AreaCode, AreaScope, CommandId, Micros, Span};
use uuid::Uuid;

use super::load::Times;
use super::world::{Place, accepted};
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::data::told;
use crate::demo::personas::{Persona, ensure};
use crate::http::{self, Client};
use crate::process::Process;
use crate::screen;

const CASES: u64 = 300_000;
/// Requests for each page.
const REQUESTS: usize = 40;
/// Rows of one command.
const CHUNK: u64 = 500;
const BAR: f64 = 200.0;
/// Cases edited in one act.
const EDITED: usize = 300;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "lists",
    what: "the pages of the cases and the care desk with 300,000 cases: every kind of filter, far \
           pages, duplicates, two records side by side, figures, queue, wards, home; in ms at p95 of the slowest; bar: 200. \
           The store is built once and kept",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

/// The counties of Jilin City.
const COUNTIES: [u32; 9] =
    [220_202, 220_203, 220_204, 220_211, 220_221, 220_281, 220_282, 220_283, 220_284];

async fn run(setting: Setting) -> Result<Report> {
    let cases = setting.people.unwrap_or(CASES);
    let data = build(&setting.dir, cases).await?;
    let (token, paths, edited) = prepare(&data).await?;
    let arguments = ["--page-rate", "100000"].map(String::from);
    let server = Process::start(&setting.program, &data, &arguments).await?;
    let (mut pages, mut all) = (Vec::new(), Times::default());
    for (name, path) in paths {
        let (p95, bytes, times) = measure(server.address, &token, &path).await?;
        all.join(times);
        pages.push((p95, bytes, name));
    }
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    pages.sort_by(|a, b| b.0.total_cmp(&a.0));
    let slowest = pages.first().map_or(f64::INFINITY, |page| page.0);
    let mut details = vec![format!(
        "{cases} cases; {} pages, {REQUESTS} requests each; the slowest first:",
        pages.len()
    )];
    let mut rows = vec![["p95 ms", "kB", "page"].map(String::from).to_vec()];
    rows.extend(pages.iter().map(|(p95, bytes, name)| {
        vec![format!("{p95:.1}"), (bytes / 1_000).to_string(), (*name).to_owned()]
    }));
    details.extend(screen::table(&rows).lines().map(str::to_owned));
    details.push(format!("{EDITED} cases edited in one act: {edited:.0} ms, taken back as well"));
    Ok(Report {
        value: rounded(slowest),
        unit: "ms",
        p99_ms: all.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR),
        pass: slowest < BAR,
        details,
        ..Report::default()
    })
}

/// When case `n` of `all` was reported: over the forty days of spring 2022.
fn found_at(n: u64, all: u64) -> Micros {
    let first = Micros(1_646_323_200_000_000); // 4 March 2022, 00:00 in Beijing.
    let span = Span::days(40).0 as u64;
    first + Span((span / all.max(1) * n) as i64)
}

fn row(app: &App, area: AreaCode, import: Uuid, n: u64, all: u64) -> Result<PutCase> {
    let number = u32::try_from(n)?;
    // Every fiftieth is somebody who was listed before, with one character of the name mistyped.
    let (who, typo) = if n % 50 == 49 { (n - 40, true) } else { (n, false) };
    let character = |k: u64| char::from_u32(0x4e00 + (k % 8_000) as u32).unwrap_or('王');
    let name: String = [
        character(who * 7),
        if typo { '囗' } else { character(who * 13 + 5) },
        character(who * 29 + 11),
    ]
    .into_iter()
    .collect();
    let identity = Identity {
        name,
        id_type: IdType::Other,
        id_number: Some(format!("BENCH{n:09}")),
        phone: Some(format!("139{:08}", who % 100_000_000)),
    };
    let (year, month, day) = (1930 + (who % 90) as u16, 1 + (who % 12) as u8, 1 + (who % 28) as u8);
    let birth = Day::new(year, month, day).context("a day")?;
    let person = ids::person(import, number);
    let keys = app.keys();
    let class = match n % 10 {
        0..=5 => Class::Asymptomatic,
        6 => Class::Converted,
        _ => Class::Confirmed,
    };
    let severity = match (class, n % 97) {
        (Class::Asymptomatic, _) => None,
        (_, 0) => Some(Severity::Severe),
        (_, 1..=20) => Some(Severity::Moderate),
        _ => Some(Severity::Mild),
    };
    let found_in = FoundIn::ALL[(n % 4) as usize];
    let place = format!("{area}0{:02}0{:02}", 1 + n % 20, 1 + n % 30);
    let at = found_at(n, all);
    let ended = (n.is_multiple_of(3)).then_some(match class {
        Class::Asymptomatic => Ending::Released,
        _ => Ending::Discharged,
    });
    Ok(PutCase {
        row: number,
        person,
        identity: SealedIdentity {
            sealed: keys.seal(area, person, &identity)?,
            id_index: None,
            phone_index: None,
            birth_year: Some(year),
            sex: Some(if n.is_multiple_of(2) { Sex::Female } else { Sex::Male }),
        },
        age_months: None,
        keys: cases::keys::of_identity(keys, &identity, Some(birth), None),
        class,
        severity,
        found_at: at,
        fields: [(Field::FoundIn, found_in.as_str().to_owned()), (Field::Place, place)].into(),
        ended: ended.map(|ending| (ending, at + Span::days(10))),
        number: format!("L-{n}"),
    })
}

/// The store with its cases: built once for a number of them, and kept.
async fn build(dir: &Path, cases: u64) -> Result<PathBuf> {
    let data = dir.join(format!("lists-{cases}"));
    let mark = data.join("built-with-beds");
    if mark.exists() {
        return Ok(data);
    }
    if data.exists() {
        std::fs::remove_dir_all(&data)?; // A build that broke off.
    }
    std::fs::create_dir_all(&data)?;
    say(format!("{cases} cases in {}", data.display()));
    let app = App::open(Place::default().config(&data), Arc::new(Protocol::bundled()?)).await?;
    let import = Uuid::now_v7();
    let mut waiting = Vec::new();
    for first in (0..cases).step_by(CHUNK as usize) {
        let county = COUNTIES[(first / CHUNK) as usize % COUNTIES.len()];
        let area = AreaCode::new(county)?;
        let rows: Result<Vec<PutCase>> = (first..(first + CHUNK).min(cases))
            .map(|n| row(&app, area, import, n, cases))
            .collect();
        let command = Command::PutCases(PutCases { import, rows: rows? });
        waiting.push(sent(&app, area, command));
        if waiting.len() == 4 {
            accepted(app.submit(Priority::Bulk, std::mem::take(&mut waiting)).await?)?;
        }
        if first % (CHUNK * 100) == 0 {
            say(format!("{first} cases"));
        }
    }
    accepted(app.submit(Priority::Bulk, waiting).await?)?;
    wards::fill(&app).await?;
    app.engine().close().await;
    std::fs::write(mark, "")?;
    Ok(data)
}

fn sent(app: &App, area: AreaCode, command: Command) -> Envelope<desks::Command> {
    Envelope {
        id: CommandId(Uuid::now_v7()),
        area,
        event_time: app.now(),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: "bench".into(), holder: None },
        command: command.into(),
    }
}

type Prepared = (String, Vec<(&'static str, String)>, f64);

/// A session of a district desk for the whole city, the pages to look at, and the milliseconds that
/// an edit of many cases takes.
async fn prepare(data: &Path) -> Result<Prepared> {
    let app = App::open(Place::default().config(data), Arc::new(Protocol::bundled()?)).await?;
    let scope = AreaScope::parse("2202")?;
    let login = "bench-district".to_owned();
    let persona = Persona {
        login: login.clone(),
        role: Role::District,
        scope,
        holder: None,
        name: login.clone(),
    };
    ensure(&app, &persona, &server::passwords::temporary()).await?;
    let owner = Owner::Account(login);
    let token = app.open_session(Kind::Device, &owner, Some("bench")).await.map_err(told)?;
    let mut paths = paths(&app, scope).await?;
    paths.extend(wards::paths(&app).await?);
    let edited = edit(&app).await?;
    app.engine().close().await;
    Ok((token, paths, edited))
}

async fn paths(app: &App, scope: AreaScope) -> Result<Vec<(&'static str, String)>> {
    let mut db = app.store().reader().await?;
    let pairs = views::pairs(&mut db, scope, None, 1).await?;
    let pair = pairs.first().context("no duplicates were found")?;
    let filter = Filter::of(scope);
    let newest = views::list(&mut db, &filter, None, 1).await?;
    let newest = newest.first().context("no cases")?;
    let early = Cursor { at: Micros(1_646_409_600_000_000), id: newest.id };
    Ok(vec![
        ("all", "/cases".into()),
        ("one county, open", "/cases?area=220284&status=open".into()),
        ("a class that nobody has", "/cases?class=suspected".into()),
        ("nothing at all matches", "/cases?class=suspected&severity=critical&risk=1".into()),
        ("first page", "/".into()),
        ("critical", "/cases?severity=critical".into()),
        ("severe, in quarantine", "/cases?severity=severe&found_in=quarantine".into()),
        ("high risk, confirmed", "/cases?class=all_confirmed&risk=1".into()),
        ("still to be reported", "/cases?unreported=1".into()),
        ("one community", "/cases?place=220202001001".into()),
        ("one day", "/cases?from=2022-03-20&until=2022-03-21".into()),
        ("a far page", format!("/cases?after={early}")),
        ("duplicates", "/cases/duplicates".into()),
        ("two records side by side", format!("/cases/{}/merge/{}", pair.case, pair.other)),
        ("a case", format!("/cases/{}", newest.id)),
        ("figures of a day", "/cases/counts?day=2022-03-20".into()),
        ("figures as known earlier", "/cases/counts?day=2022-03-20&as_of=2022-03-21T09:00".into()),
        ("the list of a figure", "/cases/counts/list?measure=confirmed&day=2022-03-20".into()),
        (
            "the list of a figure, as WHO counts",
            "/cases/counts/list?measure=confirmed&convention=who&day=2022-03-20".into(),
        ),
        ("edits", "/cases/edits?area=220202".into()),
        ("a thousand cases as JSON", "/api/v1/cases?limit=1000".into()),
    ])
}

/// Edits many cases in one act, and takes it back.
async fn edit(app: &App) -> Result<f64> {
    let area = AreaCode::new(220_202)?;
    let filter = Filter { status: Status::Open, ..Filter::of(AreaScope::one(area)) };
    let mut db = app.store().reader().await?;
    let chosen = views::list(&mut db, &filter, None, EDITED as i64).await?;
    drop(db);
    let edit = Edit {
        cases: chosen.iter().map(|c| EditOf { case: c.id, version: Some(c.version) }).collect(),
        fields: [(Field::Cluster, "Bench".to_owned())].into(),
        note: String::new(),
    };
    let act = sent(app, area, Command::Edit(edit));
    let id = act.id;
    let begun = Instant::now();
    accepted(app.submit(Priority::Normal, vec![act]).await?)?;
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    let undo = Command::UndoEdit { command: id };
    accepted(app.submit(Priority::Normal, vec![sent(app, area, undo)]).await?)?;
    Ok(took)
}

/// Asks for one page again and again.
async fn measure(address: SocketAddr, token: &str, path: &str) -> Result<(f64, usize, Times)> {
    let mut client = Client::connect(address).await?;
    let request = http::get(path, Some(token));
    let (mut times, mut bytes) = (Times::default(), 0);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        let answer = client.call(&request).await?;
        if answer.status != 200 {
            bail!("{path} answered {}", answer.status);
        }
        bytes = answer.body.len();
        times.add(begun.elapsed());
    }
    Ok((times.percentile(0.95).unwrap_or(f64::INFINITY), bytes, times))
}
