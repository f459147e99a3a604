//! What a benchmark runs on: a city in a fresh store, open rounds, and a sampler who is signed
//! in. The kill test uses it too.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use ledger::{Envelope, Outcome, Priority, Status};
use protocol::Protocol;
use serde::Serialize;
use server::App;
use server::access::{Grant, Role};
use server::accounts::NewAccount;
use server::sessions::{Kind, Owner};
use testing::{Collect, Command, Mode, OpenRound, TUBE, Zone};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId,
};
use uuid::Uuid;

use crate::data::told;
use crate::demo::register;
use crate::demo::town::{Town, actor};
use crate::prepare::now;

/// Where a world's records are.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The store; none for SQLite in the directory.
    pub store: Option<String>,
    /// The PostgreSQL schema.
    pub schema: Option<String>,
}

impl Place {
    /// The settings of a server there.
    pub fn config(&self, data: &Path) -> server::Config {
        server::Config {
            store: self.store.clone(),
            schema: self.schema.clone(),
            ..server::Config::new(data, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        }
    }

    /// The same as arguments of `songhua serve`.
    pub fn arguments(&self) -> Vec<String> {
        let store = self.store.iter().flat_map(|s| ["--store".to_owned(), s.clone()]);
        let schema = self.schema.iter().flat_map(|s| ["--schema".to_owned(), s.clone()]);
        store.chain(schema).collect()
    }
}

/// A prepared store.
#[derive(Debug)]
pub struct World {
    /// The city; its persons are registered.
    pub town: Town,
    /// The open rounds.
    pub rounds: Vec<RoundId>,
    /// A session of somebody who may swab everywhere, the account `bench`.
    pub token: String,
    /// The password of that account.
    pub password: String,
}

/// The county of the benchmarks: Changyi district.
const AREA: &str = "220202";

impl World {
    /// Prepares a fresh store.
    ///
    /// # Errors
    /// When the store fails or holds something already.
    pub async fn prepare(data: &Path, place: &Place, people: u64, rounds: u32) -> Result<World> {
        let app = App::open(place.config(data), Arc::new(Protocol::bundled()?)).await?;
        let scope = AreaScope::parse(AREA)?;
        let town = Town::new(7, people, scope, now())?;
        let commands = register(&town, app.keys())?;
        for chunk in commands {
            accepted(app.engine().submit(Priority::Bulk, chunk?).await?)?;
        }
        let mut ids = Vec::new();
        for number in 1..=rounds {
            let id = RoundId(Uuid::now_v7());
            let open = open_round(&town, id, number)?;
            accepted(app.engine().submit(Priority::Bulk, vec![open]).await?)?;
            ids.push(id);
        }
        let password = server::passwords::temporary();
        let new = NewAccount {
            login: "bench".to_owned(),
            name: "bench".to_owned(),
            password: password.clone(),
            must_change: false,
            grants: vec![Grant { role: Role::Sampler, scope, holder: None }],
        };
        app.put_account("bench", new).await.map_err(told)?;
        let owner = Owner::Account("bench".to_owned());
        let token = app.open_session(Kind::Device, &owner, Some("bench")).await.map_err(told)?;
        app.engine().close().await;
        Ok(World { town, rounds: ids, token, password })
    }
}

fn open_round(town: &Town, round: RoundId, number: u32) -> Result<Envelope<desks::Command>> {
    let at = now();
    let order = OpenRound {
        round,
        name_zh: "测试".to_owned(),
        name_en: "Benchmark".to_owned(),
        number,
        places: vec![PlaceCode::parse(AREA)?],
        starts_at: at - Span::hours(1),
        ends_at: at + Span::hours(23),
        population: town.city.people(),
        prevalence: None,
        ordered_hours: None,
    };
    Ok(Envelope {
        id: CommandId(Uuid::now_v7()),
        area: town.stage(),
        event_time: at,
        clock_offset: Span(0),
        device: None,
        actor: actor("bench", None),
        command: Command::OpenRound(order).into(),
    })
}

/// Refuses to go on when something was refused.
///
/// # Errors
/// With the first refusal.
pub fn accepted(outcomes: Vec<Outcome>) -> Result<()> {
    for outcome in outcomes {
        if outcome.status != Status::Accepted {
            let why = outcome.refusal.map_or_else(String::new, |r| r.to_string());
            bail!("a command of the preparation was refused: {why}");
        }
    }
    Ok(())
}

/// A tube as a device sends it.
#[derive(Debug, Serialize)]
struct Wire {
    id: CommandId,
    area: AreaCode,
    event_time: Micros,
    command: desks::Command,
}

#[derive(Serialize)]
struct Batch<'a> {
    device: &'a str,
    device_time: Micros,
    commands: Vec<Wire>,
}

/// A batch of tubes ready to be sent.
#[derive(Clone, Debug)]
pub struct Tubes {
    /// The commands in it.
    pub ids: Vec<CommandId>,
    /// The swabs in it.
    pub swabs: usize,
    /// The body of the request.
    pub body: Vec<u8>,
}

/// Fills tubes of ten, one round after the other, and each person once a round.
#[derive(Debug)]
pub struct Filling<'a> {
    world: &'a World,
    persons: Vec<PersonId>,
    site: HolderCode,
    community: PlaceCode,
    next: usize,
    serial: u32,
}

impl<'a> Filling<'a> {
    /// Before the first tube.
    ///
    /// # Errors
    /// When the city has no site.
    pub fn new(world: &'a World) -> Result<Filling<'a>> {
        let Some(site) = world.town.sites.first() else { bail!("the city has no site") };
        Ok(Filling {
            world,
            persons: world.town.homes.iter().flat_map(|h| h.persons.iter().copied()).collect(),
            site: site.holder.clone(),
            community: site.community.clone(),
            next: 0,
            serial: 0,
        })
    }

    /// The next batch of up to `count` tubes; `None` when everybody has been swabbed in every
    /// round.
    ///
    /// # Errors
    /// When a command has no JSON form.
    pub fn batch(&mut self, count: usize) -> Result<Option<Tubes>> {
        let area = self.world.town.stage();
        let tens = self.persons.len() / 10;
        let at = now();
        let (mut commands, mut swabs) = (Vec::with_capacity(count), 0);
        for _ in 0..count {
            let (round, ten) = (self.next / tens.max(1), self.next % tens.max(1));
            let Some(round) = self.world.rounds.get(round).filter(|_| tens > 0) else { break };
            self.next += 1;
            self.serial += 1;
            let persons = self.persons[ten * 10..ten * 10 + 10].to_vec();
            swabs += persons.len();
            let collect = Collect {
                round: *round,
                tube: UnitId::printed(TUBE, area, self.serial),
                barcode: None,
                site: self.site.clone(),
                community: self.community.clone(),
                mode: Mode::Ten,
                zone: Zone::Other,
                persons,
                started_at: at - Span::minutes(3),
            };
            commands.push(Wire {
                id: CommandId(Uuid::now_v7()),
                area,
                event_time: at,
                command: Command::Collect(collect).into(),
            });
        }
        if commands.is_empty() {
            return Ok(None);
        }
        let ids = commands.iter().map(|c| c.id).collect();
        let batch = Batch { device: "bench", device_time: at, commands };
        Ok(Some(Tubes { ids, swabs, body: serde_json::to_vec(&batch)? }))
    }
}
