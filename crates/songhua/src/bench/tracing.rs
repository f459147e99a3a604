//! `bench tracing`: the day's follow-up lists over 200,000 contacts of 2,000 cases, 90,000 of them under
//! observation: what is due by task and community, far pages, stages, the board, the release list, chains.
//!
//! Cases, contacts and arrivals come through the ledger as imports and phones send them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use cases::{Class, Field, FoundIn, PutCase, PutCases, Severity};
use ledger::Cursor;
use ledger::{Actor, Envelope, Priority};
use protocol::Protocol;
use registry::command::{Details, SealedIdentity};
use registry::identity::{IdType, Identity};
use registry::ids;
use server::App;
use server::access::Role;
use server::sessions::{Kind, Owner};
use tracing_desk::{Arrive, Command, Name, NewContact, Setting, Stage, Task, Who, views};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, PlaceCode, Span, UnitId};
use uuid::Uuid;

use super::load::Times;
use super::world::{Place, accepted};
use super::{Benchmark, Report, Run, Setting as Asked, rounded, say};
use crate::data::told;
use crate::demo::personas::{Persona, ensure};
use crate::http::{self, Client};
use crate::process::Process;
use crate::screen;

const CONTACTS: u64 = 200_000;
/// Contacts of one case.
const OF_CASE: u64 = 100;
/// Of 100 contacts those that are brought to a site.
const OBSERVED: u64 = 45;
/// Requests for each page.
const REQUESTS: usize = 40;
const BAR: f64 = 200.0;
/// How long the picture of all cases may take.
const PICTURE: f64 = 2_000.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "tracing",
    what: "the day's lists of the tracing desk with 200,000 contacts, 90,000 under observation: due \
           tests, looks and releases, by community, far pages, stages, the board; in ms at p95 of \
           the slowest; bar: 200, and chains of 2,000 cases drawn in 2 s. The store is built once and \
           kept",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Asked) -> Result<Report> {
    let contacts = setting.people.unwrap_or(CONTACTS);
    let data = build(&setting.dir, contacts).await?;
    let (token, paths, observed) = prepare(&data).await?;
    let arguments = ["--page-rate", "100000"].map(String::from);
    let server = Process::start(&setting.program, &data, &arguments).await?;
    let (mut pages, mut all) = (Vec::new(), Times::default());
    for (name, path) in paths {
        let (p95, bytes, times) = measure(server.address, &token, &path, REQUESTS).await?;
        all.join(times);
        pages.push((p95, bytes, name));
    }
    let (picture, bytes, _) = measure(server.address, &token, "/tracing/chains", 5).await?;
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    pages.sort_by(|a, b| b.0.total_cmp(&a.0));
    let slowest = pages.first().map_or(f64::INFINITY, |page| page.0);
    let mut details = vec![format!(
        "{contacts} contacts, {observed} under observation; {} pages, {REQUESTS} requests each; the \
         slowest first:",
        pages.len()
    )];
    let mut rows = vec![["p95 ms", "kB", "page"].map(String::from).to_vec()];
    rows.extend(pages.iter().map(|(p95, bytes, name)| {
        vec![format!("{p95:.1}"), (bytes / 1_000).to_string(), (*name).to_owned()]
    }));
    details.extend(screen::table(&rows).lines().map(str::to_owned));
    details.push(format!(
        "chains of {} cases: {picture:.0} ms, {} kB",
        contacts / OF_CASE,
        bytes / 1_000
    ));
    Ok(Report {
        value: rounded(slowest),
        unit: "ms",
        p99_ms: all.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR),
        pass: slowest < BAR && picture < PICTURE,
        details,
        ..Report::default()
    })
}

fn sealed(
    app: &App,
    area: AreaCode,
    import: Uuid,
    n: u64,
) -> Result<(types::PersonId, SealedIdentity)> {
    let person = ids::person(import, u32::try_from(n)?);
    let character = |k: u64| char::from_u32(0x4e00 + (k % 8_000) as u32).unwrap_or('王');
    let identity = Identity {
        name: [character(n * 7), character(n * 13 + 5)].into_iter().collect(),
        id_type: IdType::None,
        id_number: None,
        phone: Some(format!("139{:08}", n % 100_000_000)),
    };
    let sealed = app.keys().seal(area, person, &identity)?;
    let phone_index = identity.phone.as_deref().map(|phone| app.keys().phone_index(phone));
    let (id_index, birth_year, sex) = (None, Some(1950 + (n % 60) as u16), None);
    Ok((person, SealedIdentity { sealed, id_index, phone_index, birth_year, sex }))
}

fn envelope(
    area: AreaCode,
    at: Micros,
    command: impl Into<desks::Command>,
) -> Envelope<desks::Command> {
    Envelope {
        id: CommandId(Uuid::now_v7()),
        area,
        event_time: at,
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: "bench".into(), holder: None },
        command: command.into(),
    }
}

/// The counties of Jilin City.
const COUNTIES: [u32; 9] =
    [220_202, 220_203, 220_204, 220_211, 220_221, 220_281, 220_282, 220_283, 220_284];

fn community(area: AreaCode, n: u64) -> String {
    format!("{area}0{:02}0{:02}", 1 + n % 20, 1 + n / 20 % 30)
}

/// The store with its contacts: built once for a number of them, and kept.
async fn build(dir: &Path, contacts: u64) -> Result<PathBuf> {
    let data = dir.join(format!("tracing-{contacts}"));
    let mark = data.join("built");
    if mark.exists() {
        return Ok(data);
    }
    if data.exists() {
        std::fs::remove_dir_all(&data)?; // A build that broke off.
    }
    std::fs::create_dir_all(&data)?;
    say(format!("{contacts} contacts in {}", data.display()));
    let app = App::open(Place::default().config(&data), Arc::new(Protocol::bundled()?)).await?;
    let (now, import) = (app.now(), Uuid::now_v7());
    let cases = contacts / OF_CASE;
    for first in (0..cases).step_by(COUNTIES.len()) {
        let mut waiting = Vec::new();
        let mut held = Vec::new();
        for case in first..(first + COUNTIES.len() as u64).min(cases) {
            let area = AreaCode::new(COUNTIES[(case % COUNTIES.len() as u64) as usize])?;
            let found_at = now - Span::hours((case % 240) as i64 / 12);
            waiting.push(envelope(area, now, put_case(&app, area, import, case, found_at)?));
            let source = cases::case_of_row(area, ids::person(import, u32::try_from(case)?));
            let met: Result<Vec<NewContact>> = (0..OF_CASE)
                .map(|k| contact(&app, area, import, cases + case * OF_CASE + k, now))
                .collect();
            let met = met?;
            for met in met.iter().take(OBSERVED as usize) {
                held.push((area, tracing_desk::contact_of(area, met.who.person(), 0)));
            }
            let name = Name { source, import: Some(import), contacts: met, reason: String::new() };
            waiting.push(envelope(area, now, Command::Name(name)));
        }
        accepted(app.submit(Priority::Bulk, waiting).await?)?;
        let arrivals = held.into_iter().enumerate();
        let arrivals: Result<Vec<_>> = arrivals
            .map(|(n, (area, contact))| Ok(envelope(area, now, arrival(area, contact, n)?)))
            .collect();
        accepted(app.submit(Priority::Bulk, arrivals?).await?)?;
        if first % (COUNTIES.len() as u64 * 20) == 0 {
            say(format!("{} contacts", first * OF_CASE));
        }
    }
    app.engine().close().await;
    std::fs::write(mark, "")?;
    Ok(data)
}

fn put_case(
    app: &App,
    area: AreaCode,
    import: Uuid,
    n: u64,
    found_at: Micros,
) -> Result<cases::Command> {
    let (person, identity) = sealed(app, area, import, n)?;
    let row = PutCase {
        row: u32::try_from(n)?,
        person,
        identity,
        age_months: None,
        keys: Vec::new(),
        class: Class::Confirmed,
        severity: Some(Severity::Mild),
        found_at,
        fields: [
            (Field::FoundIn, FoundIn::Community.as_str().to_owned()),
            (Field::Place, community(area, n)),
        ]
        .into(),
        ended: None,
        number: format!("T-{n}"),
    };
    Ok(cases::Command::PutCases(PutCases { import, rows: vec![row] }))
}

fn contact(app: &App, area: AreaCode, import: Uuid, n: u64, now: Micros) -> Result<NewContact> {
    let (person, identity) = sealed(app, area, import, n)?;
    Ok(NewContact {
        row: u32::try_from(n)?,
        who: Who::Unregistered {
            person,
            details: Details::Sealed(identity),
            place: PlaceCode::parse(&community(area, n)).ok(),
        },
        setting: Setting::ALL[(n % 11) as usize],
        stay: None,
        first: None,
        // Within the look-back, so that tests and ends fall on several days.
        last: now - Span::hours((n % 40) as i64),
        protected: false,
        note: String::new(),
    })
}

fn arrival(area: AreaCode, contact: UnitId, n: usize) -> Result<Command> {
    Ok(Command::Arrive(Arrive {
        contact,
        site: Some(HolderCode::parse(&format!("quarantine:{area}-Q{}", n % 30))?),
        room: format!("{:04}", n % 4_000),
        reason: String::new(),
    }))
}

type Prepared = (String, Vec<(&'static str, String)>, i64);

/// A session of a district desk for the whole city, the pages to look at, and how many are observed.
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
    let mut db = app.store().reader().await?;
    let observed = views::numbers(&mut db, scope).await?.where_stage(Stage::is_observed);
    let far = views::due(&mut db, scope, (Task::Test, Micros::MAX, ""), None, 60_000).await?;
    let far = far.last().context("nothing is due")?;
    let after = Cursor { at: far.test_due.context("a day")?, id: far.id };
    let one = far.id;
    let paths = vec![
        ("tests of the day", "/tracing/day?task=test&ahead=7".to_owned()),
        ("tests, a far page", format!("/tracing/day?task=test&ahead=7&after={after}")),
        ("looks of the day", "/tracing/day?task=check".into()),
        ("releases of the day", "/tracing/day?task=release&ahead=14".into()),
        ("tests of one county", "/tracing/day?task=test&ahead=7&area=220284".into()),
        (
            "looks of one community",
            format!("/tracing/day?task=check&community={}", community(AreaCode::new(220_202)?, 7)),
        ),
        ("a community that nobody has", "/tracing/day?task=check&community=220202099099".into()),
        ("the board", "/tracing".into()),
        ("to be found", "/tracing/contacts?stage=identified".into()),
        (
            "under observation, secondary",
            "/tracing/contacts?stage=quarantined&degree=secondary".into(),
        ),
        ("late", "/tracing/contacts?late=1".into()),
        ("investigations", "/tracing/investigations".into()),
        ("a contact", format!("/tracing/contacts/{one}")),
        ("a thousand as JSON", "/api/v1/tracing/day?task=check&limit=1000".into()),
    ];
    drop(db);
    app.engine().close().await;
    Ok((token, paths, observed))
}

/// Asks for one page again and again.
async fn measure(
    address: SocketAddr,
    token: &str,
    path: &str,
    requests: usize,
) -> Result<(f64, usize, Times)> {
    let mut client = Client::connect(address).await?;
    let request = http::get(path, Some(token));
    let (mut times, mut bytes) = (Times::default(), 0);
    for _ in 0..requests {
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
