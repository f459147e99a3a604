//! An installation for a drill, made as an operator makes one: places, people, accounts.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use drill::diary::Diary;
use drill::town::Town;
use ledger::{Actor, Envelope, Priority, Status};
use registry::command::IssueCodes;
use registry::identity::Day;
use registry::import::persons;
use serde::{Deserialize, Serialize};
use server::App;
use server::access::{Grant, Role};
use server::accounts::NewAccount;
use types::{AreaCode, AreaScope, HolderCode, Micros, PlaceCode, Span};

use crate::data::told;
use crate::demo::{hospitals, ids, personas, places, record};
use crate::import::Screen;

/// Marks a data directory as that of a drill.
const MARK: &str = "drill.json";
/// Accounts whose passwords are hashed at the same time.
const AT_ONCE: usize = 4;

/// What came to a drill from outside, so that it can be resumed.
const DIARY: &str = "drill.diary";

/// What is kept beside the data: that all of it is made up, and of what.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mark {
    /// What is rehearsed.
    pub drill: drill::Config,
    /// The password of the virtual staff, who exist only here.
    pub password: String,
}

/// Makes a directory ready for a new drill: what an earlier one left is thrown away, and nothing
/// else is.
///
/// # Errors
/// When it holds something that is no drill.
pub fn clear(data: &Path, mark: &Mark) -> Result<()> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot make the directory {}", data.display()))?;
    let file = data.join(MARK);
    let empty = std::fs::read_dir(data)?.next().is_none();
    if !empty {
        if !file.exists() {
            bail!("{} holds something that is no drill; choose another --data", data.display());
        }
        eprintln!(
            "a new drill in {}: what the last one left goes (--resume would have gone on with it)",
            data.display()
        );
        std::fs::remove_dir_all(data)?;
        std::fs::create_dir_all(data)?;
    }
    std::fs::write(file, serde_json::to_vec_pretty(mark)?)?;
    Ok(())
}

/// What the drill in a directory was begun with.
///
/// # Errors
/// When there is none, or it was begun by a version that kept nothing to resume it by.
pub fn marked(data: &Path) -> Result<Mark> {
    let file = data.join(MARK);
    let text = std::fs::read(&file)
        .with_context(|| format!("there is no drill in {} to resume", data.display()))?;
    serde_json::from_slice(&text).with_context(|| {
        format!(
            "the drill in {} cannot be resumed; begin a new one without --resume",
            data.display()
        )
    })
}

/// Begins the diary of a drill. Until it is there, the drill cannot be resumed: its places and
/// people may be half registered.
///
/// # Errors
/// When it cannot be made.
pub fn begin_diary(data: &Path) -> Result<Diary> {
    Ok(Diary::begin(&data.join(DIARY))?)
}

/// The diary of the drill in a directory, and when it ends.
///
/// # Errors
/// When there is none, or it has nothing to tell.
pub fn open_diary(data: &Path) -> Result<(Diary, Micros)> {
    let file = data.join(DIARY);
    let never = || {
        format!(
            "the drill in {} was stopped before it had begun; begin a new one without --resume",
            data.display()
        )
    };
    if !file.exists() {
        bail!(never());
    }
    Diary::open(&file)?.with_context(never)
}

fn operator() -> Actor {
    Actor { user: "command line".to_owned(), holder: None }
}

/// Registers places and people, and makes the accounts of the staff, signed in to with `password`.
///
/// # Errors
/// When something is not taken in as it should be.
pub async fn fill(app: &App, town: &Town, config: &drill::Config, password: &str) -> Result<()> {
    let started = Instant::now();
    register_places(app, town, config).await?;
    register_people(app, town, config).await?;
    tracing::info!(seconds = started.elapsed().as_secs_f64(), "places and people");
    let accounts = town.accounts();
    for some in accounts.chunks(AT_ONCE) {
        let made = some.iter().map(|account| async move {
            let grant = Grant {
                role: Role::parse(account.role)?,
                scope: AreaScope::parse(&account.scope)?,
                holder: account.holder.clone(),
            };
            let new = NewAccount {
                login: account.login.clone(),
                name: account.name.clone(),
                password: password.to_owned(),
                must_change: false,
                grants: vec![grant],
            };
            app.put_account("drill", new).await.map_err(told)
        });
        futures::future::try_join_all(made).await?;
    }
    tracing::info!(seconds = started.elapsed().as_secs_f64(), "accounts");
    Ok(())
}

async fn submit(
    app: &App,
    config: &drill::Config,
    what: &str,
    commands: Vec<(AreaCode, impl Into<desks::Command>)>,
) -> Result<()> {
    let at = app.now();
    let envelopes = (0..).zip(commands).map(|(n, (area, command))| Envelope {
        id: ids::command(config.seed, what, n, at),
        area,
        event_time: at,
        clock_offset: Span(0),
        device: None,
        actor: operator(),
        command: command.into(),
    });
    let envelopes: Vec<_> = envelopes.collect();
    for some in envelopes.chunks(40) {
        let outcomes = app.engine().submit(Priority::Bulk, some.to_vec()).await?;
        let refused = outcomes.into_iter().find(|o| o.status == Status::Refused);
        if let Some(refusal) = refused.and_then(|o| o.refusal) {
            bail!("{what} of the drill are refused: {refusal}");
        }
    }
    Ok(())
}

async fn register_places(app: &App, town: &Town, config: &drill::Config) -> Result<()> {
    submit(app, config, "places", places::place_commands(&town.city)).await?;
    submit(app, config, "care", places_of_care(town, config, app.now())?).await
}

/// The reported places of care with their share of the beds; made-up ones where none are known. One
/// whose day of opening nobody reported is open from the drill's first day.
fn places_of_care(
    town: &Town,
    config: &drill::Config,
    now: Micros,
) -> Result<Vec<(AreaCode, care::Command)>> {
    let scenario = town.city.scenario();
    let people = town.city.people();
    let of = scenario.census_population(AreaScope::parse(&scenario.parameters.home)?);
    let share = (people as f64 * config.work.bed_factor) as u64;
    let mut all = hospitals::reported(&scenario.facilities, (share, of), config.areas);
    if all.is_empty() {
        let first = town.areas.first().copied().unwrap_or(AreaCode::NONE);
        let made_up = hospitals::commands(people, config.areas, now);
        return Ok(made_up.into_iter().map(|command| (first, command)).collect());
    }
    for (_, command) in &mut all {
        let care::Command::PutFacility(put) = command else { continue };
        let known = scenario.facilities.iter().find(|f| f.code == put.code.code());
        if known.is_some_and(|f| f.opens_sure == city::Sure::Setting) {
            put.opens_at = put.opens_at.min(now);
        }
    }
    Ok(all)
}

/// The people as a file, through the import that an operator would use.
async fn register_people(app: &App, town: &Town, config: &drill::Config) -> Result<()> {
    let path = app.config().data.join("people.csv");
    let written = {
        let out = std::io::BufWriter::new(File::create(&path)?);
        city::write_registry_csv(out, town.city.persons(), &city::RegistryOptions::default())?
    };
    let today = Day::parse(&app.now().rfc3339()).context("the drill's start is no date")?;
    let options = persons::Options::new(town.import, config.areas, today, operator(), app.now());
    let mut screen = Screen::new(None)?;
    let file = File::open(&path)?;
    let engine = app.engine();
    let report =
        persons::run(engine, engine.store(), app.keys(), file, &options, &mut screen).await?;
    screen.finish()?;
    // Names and numbers in clear text: made up, but gone when they are in.
    std::fs::remove_file(&path)?;
    let totals = report.totals;
    if totals.accepted != written.rows {
        bail!("of {} people, only {} were taken in", written.rows, totals.accepted);
    }
    Ok(())
}

/// The accounts with which a visitor looks around or takes a role over.
pub fn personas(town: &Town, config: &drill::Config) -> Vec<personas::Persona> {
    let everywhere = config.areas;
    let first = town.areas.first().copied().unwrap_or(AreaCode::NONE);
    let here = AreaScope::one(first);
    let site = town.sites.iter().find(|(_, area)| *area == first).map(|(site, _)| site.clone());
    let courier = town.couriers.iter().find(|c| c.area == first).map(|c| c.holder.clone());
    let lab = town.labs.iter().find(|l| l.area == first).or(town.labs.first());
    let community = town.homes.iter().find(|h| h.area == first).and_then(|home| {
        let community = home.code.as_str().split('-').next()?;
        HolderCode::parse(&format!("grid:{community}")).ok()
    });
    let one =
        |role: Role, name: &str, scope: AreaScope, holder: Option<HolderCode>| personas::Persona {
            login: role.as_str().to_owned(),
            role,
            scope,
            holder,
            name: name.to_owned(),
        };
    let desk = HolderCode::parse(&format!("desk:{first}")).ok();
    let ward = town.facilities.first().map(|f| f.holder.clone());
    let crew = town.vehicles.first().map(|v| v.holder.clone());
    let shop = town.provisions.shops.first();
    let volunteer = shop.map(|shop| shop.volunteer.clone());
    let shop = shop.map(|shop| shop.holder.clone());
    let van = town.provisions.vans.first().map(|van| van.holder.clone());
    vec![
        one(Role::Commander, "指挥员 Commander", everywhere, None),
        one(Role::District, "区专班 District desk", here, desk),
        one(Role::Grid, "网格员 Grid worker", here, community),
        one(Role::Sampler, "采样员 Sampler", here, site),
        one(Role::Courier, "转运员 Courier", here, courier),
        one(Role::Laboratory, "检测员 Laboratory", everywhere, lab.map(|l| l.holder.clone())),
        one(Role::Ward, "医护 Ward staff", everywhere, ward),
        one(Role::Crew, "车组 Crew", everywhere, crew),
        one(Role::Shop, "保供超市 Supply shop", here, shop),
        one(Role::Driver, "配送司机 Delivery driver", here, van),
        one(Role::Volunteer, "志愿者 Volunteer", here, volunteer),
        one(Role::Auditor, "审计员 Auditor", everywhere, None),
        one(Role::Admin, "管理员 Administrator", everywhere, None),
    ]
}

/// The sign-in code of one household, known beforehand. Only a drill has that.
pub fn household_code(config: &drill::Config) -> String {
    record::household_code(config.seed)
}

/// Gives the code to the household.
///
/// # Errors
/// When the town has no household, or the store does not take it.
pub async fn give_household_code(app: &App, town: &Town, config: &drill::Config) -> Result<()> {
    let code = household_code(config);
    let household = town.city.households().next().context("nobody lives in the drill's city")?;
    let place: PlaceCode = household.dwelling.code();
    let door = household.dwelling.door().to_string();
    let id = registry::ids::household(&place, &door);
    let area = place.area().context("a household lives in a county")?;
    let index = app.keys().code_index(&code).context("the drill's code is no code")?;
    let codes = registry::Command::IssueCodes(IssueCodes { codes: vec![(id, index)] });
    submit(app, config, "codes", vec![(area, codes)]).await
}
