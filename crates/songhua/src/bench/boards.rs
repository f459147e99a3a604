//! `bench boards`: every page that a commander reaches, over a whole city and seven rounds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use protocol::Protocol;
use server::App;
use server::access::Role;
use server::sessions::{Kind, Owner};
use store::{Store, StoreConfig};
use types::AreaScope;

use super::load::Times;
use super::world::Place;
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::data::told;
use crate::demo::personas::{Persona, ensure};
use crate::demo::{Demo, Options};
use crate::http::{self, Client};
use crate::prepare::now;
use crate::process::Process;
use crate::screen;

/// The census of 2020.
const PEOPLE: u64 = 3_623_713;
const ROUNDS: u32 = 7;
/// Requests for each page.
const REQUESTS: usize = 20;
/// Pages of one kind that are looked at, and pages in all.
const OF_A_KIND: usize = 3;
const PAGES: usize = 80;
const BAR: f64 = 200.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "boards",
    what: "every page that a commander reaches, with 3.6 million people and seven rounds, in ms at \
           p95 of the slowest; bar: 200. The store is built once and kept",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    let data = build(&setting.dir, people).await?;
    let place = Place::default();
    let token = commander(&data, &place).await?;
    let arguments = ["--page-rate", "100000"].map(String::from);
    let server = Process::start(&setting.program, &data, &arguments).await?;
    let pages = crawl(server.address, &token).await?;
    say(format!("{} pages", pages.len()));
    let (slowest, p99) = measure(server.address, &token, &pages).await?;
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    Ok(Report {
        value: rounded(slowest),
        unit: "ms",
        p99_ms: Some(rounded(p99)),
        peak_rss_mb,
        bar: Some(BAR),
        pass: slowest < BAR,
        ..Report::default()
    })
}

/// The store with its rounds: built once for a number of people, and kept.
async fn build(dir: &Path, people: u64) -> Result<PathBuf> {
    let data = dir.join(format!("boards-{people}"));
    std::fs::create_dir_all(&data)?;
    say(format!("a city of {people} people with {ROUNDS} rounds in {}", data.display()));
    let options = Options { people, areas: AreaScope::parse("2202")?, seed: 7, rounds: ROUNDS };
    let mut demo = Demo::plan_slowly(&data, &options, now())?;
    let url = format!("sqlite:{}", data.join("songhua.sqlite").display());
    let store = Store::open(StoreConfig::new(url), &desks::schemas()).await?;
    let keys = registry::seal::Keys::load_or_create(&data.join(server::KEYS))?;
    demo.prepare(&data, &store, &keys).await?;
    Ok(data)
}

async fn commander(data: &Path, place: &Place) -> Result<String> {
    let app = App::open(place.config(data), Arc::new(Protocol::bundled()?)).await?;
    let login = "bench-commander".to_owned();
    let persona = Persona {
        login: login.clone(),
        role: Role::Commander,
        scope: AreaScope::parse("2202")?,
        holder: None,
        name: "bench".to_owned(),
    };
    ensure(&app, &persona, &server::passwords::temporary()).await?;
    let owner = Owner::Account(login);
    let token = app.open_session(Kind::Device, &owner, Some("bench")).await.map_err(told)?;
    app.engine().close().await;
    Ok(token)
}

/// The pages that links lead to from the first one, a few of each kind.
async fn crawl(address: SocketAddr, token: &str) -> Result<Vec<String>> {
    let mut client = Client::connect(address).await?;
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let answer = client.call(&http::get(&path, Some(token))).await?;
        if answer.status >= 500 {
            bail!("{path} answered {}", answer.status);
        }
        if answer.status != 200 {
            continue;
        }
        let text = String::from_utf8_lossy(answer.body).into_owned();
        if !text.contains("<html") {
            continue;
        }
        pages.push(path);
        for link in links(&text) {
            let of_kind = kinds.entry(kind(&link)).or_default();
            if seen.len() < PAGES && *of_kind < OF_A_KIND && seen.insert(link.clone()) {
                *of_kind += 1;
                waiting.push_back(link);
            }
        }
    }
    Ok(pages)
}

/// Links of a page to other pages of this server.
fn links(page: &str) -> Vec<String> {
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|link| link.split('#').next().unwrap_or_default().replace("&amp;", "&"))
        .filter(|link| link.starts_with('/') && !link.starts_with("//"))
        .filter(|link| !["/assets", "/field", "/sign"].iter().any(|p| link.starts_with(p)))
        .collect()
}

/// A path without what tells one such page from another.
fn kind(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let parts = path.split('/').map(|part| match part.bytes().any(|b| b.is_ascii_digit()) {
        true => "*",
        false => part,
    });
    let names: Vec<&str> = query.split('&').filter_map(|p| p.split('=').next()).collect();
    format!("{}?{}", parts.collect::<Vec<_>>().join("/"), names.join("&"))
}

/// The p95 of the slowest page, and the p99 over all, in milliseconds.
async fn measure(address: SocketAddr, token: &str, pages: &[String]) -> Result<(f64, f64)> {
    let mut client = Client::connect(address).await?;
    let mut rows = vec![["p95 ms", "page"].map(String::from).to_vec()];
    let (mut slowest, mut all) = (0.0_f64, Times::default());
    for page in pages {
        let request = http::get(page, Some(token));
        let mut times = Times::default();
        for _ in 0..REQUESTS {
            let begun = Instant::now();
            let status = client.call(&request).await?.status;
            if status != 200 {
                bail!("{page} answered {status}");
            }
            times.add(begun.elapsed());
        }
        let p95 = times.percentile(0.95).unwrap_or_default();
        rows.push(vec![format!("{p95:.1}"), page.clone()]);
        slowest = slowest.max(p95);
        all.join(times);
    }
    eprint!("{}", screen::table(&rows));
    Ok((slowest, all.percentile(0.99).unwrap_or_default()))
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
    }
}
