//! `bench boards`: every page that the roles of a response reach, over a whole city and seven
//! rounds. The first round goes through the ledger; `copies` makes the others of it.
//!
//! Pages are found as people find them, by links from the first page; a few of each kind and of
//! each level of place. What forms ask is added by hand. A page route of a role that nothing led to
//! is named in the report.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use protocol::Protocol;
use server::App;
use server::access::{Policy, Role};
use server::sessions::{Kind, Owner};
use store::{Store, StoreConfig};
use types::{AreaScope, HolderCode};

use super::copies::Copy;
use super::load::Times;
use super::world::Place;
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::data::told;
use crate::demo::personas::{Persona, ensure};
use crate::demo::town::Town;
use crate::demo::{Demo, Options};
use crate::http::{self, Client};
use crate::prepare::now;
use crate::process::Process;
use crate::screen;

/// The census of 2020.
pub(super) const PEOPLE: u64 = 3_623_713;
const ROUNDS: u32 = 7;
/// Requests for each page.
const REQUESTS: usize = 20;
/// Pages of one kind that are looked at by one role, and pages in all of one role.
const OF_A_KIND: usize = 2;
const PAGES: usize = 1_000;
/// How often a page that is shed is asked for.
const TRIES: usize = 6;
/// Pages named in the report, the slowest first.
const NAMED: usize = 15;
const BAR: f64 = 200.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "boards",
    what: "every page that commander, district desk, grid worker, sampler, courier, laboratory and \
           auditor reach, with 3.6 million people and seven rounds, in ms at p95 of the slowest; \
           bar: 200. The store is built once and kept",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

/// Somebody who looks at pages.
struct Visitor {
    role: Role,
    token: String,
    /// Paths of the page routes that it may open.
    routes: Vec<&'static str>,
}

/// What a page took.
struct Page {
    role: Role,
    path: String,
    bytes: usize,
    p95: f64,
}

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    let (data, town) = build(&setting.dir, people).await?;
    let place = Place::default();
    let visitors = visitors(&data, &place, &town).await?;
    drop(town);
    let arguments = ["--page-rate", "100000"].map(String::from);
    let server = Process::start(&setting.program, &data, &arguments).await?;
    let (mut pages, mut all) = (Vec::new(), Times::default());
    let mut unreached = BTreeMap::new();
    for visitor in &visitors {
        let found = crawl(server.address, visitor).await?;
        say(format!("{}: {} pages", visitor.role, found.len()));
        for route in &visitor.routes {
            if !found.iter().any(|path| is_of(path, route)) {
                unreached.entry(*route).or_insert_with(Vec::new).push(visitor.role.as_str());
            }
        }
        for path in found {
            let (page, times) = measure(server.address, visitor, path).await?;
            all.join(times);
            pages.push(page);
        }
    }
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    pages.sort_by(|a, b| b.p95.total_cmp(&a.p95));
    let slowest = pages.first().map_or(f64::INFINITY, |page| page.p95);
    Ok(Report {
        value: rounded(slowest),
        unit: "ms",
        p99_ms: all.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR),
        pass: slowest < BAR,
        details: details(people, &pages, &unreached),
        ..Report::default()
    })
}

fn details(
    people: u64,
    pages: &[Page],
    unreached: &BTreeMap<&'static str, Vec<&'static str>>,
) -> Vec<String> {
    let over = pages.iter().filter(|p| p.p95 >= BAR).count();
    let mut lines = vec![format!(
        "{people} people, {ROUNDS} rounds; {} pages, {REQUESTS} requests each, {over} over the bar; \
         the slowest:",
        pages.len()
    )];
    let mut rows = vec![["p95 ms", "kB", "role", "page"].map(String::from).to_vec()];
    rows.extend(pages.iter().take(NAMED).map(|page| {
        vec![
            format!("{:.1}", page.p95),
            (page.bytes / 1_000).to_string(),
            page.role.to_string(),
            page.path.clone(),
        ]
    }));
    lines.extend(screen::table(&rows).lines().map(str::to_owned));
    for (route, roles) in unreached {
        lines.push(format!("not reached: {route} ({})", roles.join(", ")));
    }
    lines
}

/// Accounts that look at the pages, with sessions.
async fn visitors(data: &Path, place: &Place, town: &Town) -> Result<Vec<Visitor>> {
    let app = App::open(place.config(data), Arc::new(Protocol::bundled()?)).await?;
    let everywhere = AreaScope::parse("2202")?;
    let here = AreaScope::one(town.stage());
    let site = town.sites.iter().find(|site| site.area == town.stage());
    let community = site.map(|s| format!("grid:{}", s.community.as_str()));
    let grid = community.and_then(|code| HolderCode::parse(&code).ok());
    let courier = site.and_then(|s| town.couriers.get(s.courier)).map(|c| c.holder.clone());
    let personas = [
        (Role::Commander, everywhere, None),
        (Role::District, here, HolderCode::parse(&format!("desk:{}", town.stage())).ok()),
        (Role::Grid, here, grid),
        (Role::Sampler, here, site.map(|s| s.holder.clone())),
        (Role::Courier, here, courier),
        (Role::Laboratory, everywhere, town.main_lab().map(|l| l.holder.clone())),
        (Role::Auditor, everywhere, None),
    ];
    let mut visitors = Vec::new();
    for (role, scope, holder) in personas {
        let login = format!("bench-{role}");
        let persona = Persona { login: login.clone(), role, scope, holder, name: login.clone() };
        ensure(&app, &persona, &server::passwords::temporary()).await?;
        let owner = Owner::Account(login);
        let token = app.open_session(Kind::Device, &owner, Some("bench")).await.map_err(told)?;
        let routes = app.site().routes().iter().filter(|route| {
            let may = match route.policy {
                Policy::Public | Policy::SignedIn => true,
                Policy::Roles(roles) | Policy::LocalOr(roles) => roles.has(role),
            };
            may && route.method.as_str() == "GET" && !apart(route.path)
        });
        let routes = routes.map(|route| route.path).collect();
        visitors.push(Visitor { role, token, routes });
    }
    app.engine().close().await;
    Ok(visitors)
}

/// What is no page of a desk: programs' interfaces, files, streams, signing in, residents' pages.
fn apart(path: &str) -> bool {
    let first = path.split(['/', '?']).nth(1).unwrap_or_default();
    ["api", "assets", "field", "favicon.ico", "healthz", "livez", "metrics", "events", "sign-in"]
        .contains(&first)
        || ["household", "my", "language"].contains(&first)
}

/// Whether a path is one of a route: `/tubes/X` of `/tubes/{unit}`.
fn is_of(path: &str, route: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut parts, mut names) = (path.split('/'), route.split('/'));
    loop {
        match (parts.next(), names.next()) {
            (None, None) => return true,
            (Some(_), Some(name)) if name.starts_with('{') => {}
            (Some(part), Some(name)) if part == name => {}
            _ => return false,
        }
    }
}

/// What forms ask, which no link leads to.
const ASKED: [&str; 5] = [
    "/find?code=220202",
    "/registry?q=%E6%B1%9F",
    "/registry?q=2202",
    "/paper?q=%E6%B1%9F",
    "/paper",
];
/// What people are looked at for.
const PURPOSE: &str = "sampling";

/// The pages that links lead to from the first one, a few of each kind.
async fn crawl(address: SocketAddr, visitor: &Visitor) -> Result<Vec<String>> {
    let mut client = Client::connect(address).await?;
    let mut seen: BTreeSet<String> = ["/"].into_iter().chain(ASKED).map(str::to_owned).collect();
    let mut waiting: VecDeque<String> = seen.iter().cloned().collect();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let (status, text) = fetch(&mut client, &http::get(&path, Some(&visitor.token))).await?;
        if status >= 500 {
            bail!("{path} answered {status} to {}", visitor.role);
        }
        if status != 200 {
            continue;
        }
        if !text.contains("<html") {
            continue;
        }
        let mut next = links(&text);
        // What is shown of people asks for a purpose first.
        if text.contains("name=\"purpose\"") && !path.contains("purpose=") {
            let mark = if path.contains('?') { '&' } else { '?' };
            next.push(format!("{path}{mark}purpose={PURPOSE}"));
        }
        pages.push(path);
        for link in next {
            let of_kind = kinds.entry(kind(&link)).or_default();
            if seen.len() < PAGES && *of_kind < OF_A_KIND && seen.insert(link.clone()) {
                *of_kind += 1;
                waiting.push_back(link);
            }
        }
    }
    Ok(pages)
}

/// A page's status and text. A look back is read while its first answer is shown, and only so many are
/// read at once: who is told to come back later does.
async fn fetch(client: &mut Client, request: &[u8]) -> Result<(u16, String)> {
    for _ in 0..TRIES {
        let answer = client.call(request).await?;
        match answer.retry_after.filter(|_| answer.status == 503) {
            Some(seconds) => {
                say(format!("told to come back in {seconds} s"));
                tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            }
            None => {
                let text = String::from_utf8_lossy(answer.body).into_owned();
                return Ok((answer.status, text));
            }
        }
    }
    Ok((503, String::new()))
}

/// Links of a page to other pages of this server.
fn links(page: &str) -> Vec<String> {
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|link| link.split('#').next().unwrap_or_default().replace("&amp;", "&"))
        .filter(|link| link.starts_with('/') && !link.starts_with("//") && !apart(link))
        // A download is no page: it may be as long as the list is.
        .filter(|link| !link.contains("format="))
        .collect()
}

/// A path without what tells one such page from another. Codes of places are told apart by their
/// length: a county's page is another than a compound's.
fn kind(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let parts = path.split('/').map(|part| match part.bytes().any(|b| b.is_ascii_digit()) {
        true => format!("*{}", part.len()),
        false => part.to_owned(),
    });
    let names: Vec<&str> = query.split('&').filter_map(|p| p.split('=').next()).collect();
    format!("{}?{}", parts.collect::<Vec<_>>().join("/"), names.join("&"))
}

/// Asks for one page again and again.
async fn measure(address: SocketAddr, visitor: &Visitor, path: String) -> Result<(Page, Times)> {
    let mut client = Client::connect(address).await?;
    let request = http::get(&path, Some(&visitor.token));
    let (mut times, mut bytes) = (Times::default(), 0);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        let answer = client.call(&request).await?;
        if answer.status != 200 {
            bail!("{path} answered {} to {}", answer.status, visitor.role);
        }
        bytes = answer.body.len();
        times.add(begun.elapsed());
    }
    let p95 = times.percentile(0.95).unwrap_or(f64::INFINITY);
    Ok((Page { role: visitor.role, path, bytes, p95 }, times))
}

/// The store with its rounds, and who lives there: built once for a number of people, and kept.
pub(super) async fn build(dir: &Path, people: u64) -> Result<(PathBuf, Town)> {
    let data = dir.join(format!("boards-{people}"));
    std::fs::create_dir_all(&data)?;
    say(format!("a city of {people} people with {ROUNDS} rounds in {}", data.display()));
    let options = Options { people, areas: AreaScope::parse("2202")?, seed: 7, rounds: ROUNDS };
    let mut demo = Demo::plan_slowly(&data, &options, now())?;
    let url = format!("sqlite:{}", data.join("songhua.sqlite").display());
    let config = StoreConfig { log_pages: 128_000, ..StoreConfig::new(url) };
    let store = Store::open(config, &desks::schemas()).await?;
    let keys = registry::seal::Keys::load_or_create(&data.join(server::KEYS))?;
    demo.prepare_first(1, &data, &store, &keys).await?;
    let rounds = &demo.campaign.rounds;
    let Some(first) = rounds.first() else { bail!("a campaign without rounds") };
    for round in &rounds[1..] {
        say(format!("round {}, copied", round.number));
        let later = (round.starts_at - first.starts_at).0;
        let copy = Copy {
            of: first.id,
            id: round.id,
            number: round.number,
            later,
            now: demo.record.base,
            closed: round.finished,
        };
        copy.write(&store).await?;
    }
    Ok((data, demo.town))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_apart_by_kind() {
        let page = r##"<a href="/rounds/7?area=2202&amp;x=1#top"> <a href="https://x"> <a href="//y">
            <link href="/assets/a.css"> <a href="/late">"##;
        assert_eq!(links(page), ["/rounds/7?area=2202&x=1", "/late"]);
        assert_eq!(kind("/rounds/7?area=2202&x=1"), kind("/rounds/8?area=2203&x=2"));
        assert_ne!(kind("/rounds/7"), kind("/late"));
        assert_ne!(kind("/places/220202"), kind("/places/220202001"));
    }

    #[test]
    fn a_path_is_of_its_route() {
        assert!(is_of("/tubes/ABC?area=1", "/tubes/{unit}"));
        assert!(is_of("/", "/"));
        assert!(!is_of("/tubes/ABC/act", "/tubes/{unit}"));
        assert!(!is_of("/boxes/ABC", "/tubes/{unit}"));
    }
}
