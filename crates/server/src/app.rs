//! The running server: everything that a request can reach.

use std::sync::{Arc, OnceLock, Weak};

use jiff::tz::TimeZone;
use ledger::{Engine, EngineConfig, Envelope, LedgerError, Outcome, Priority};
use protocol::Protocol;
use registry::identity::Day;
use registry::import::jobs::Jobs;
use registry::seal::Keys;
use store::{Connection, Store, StoreConfig};
use types::{AreaCode, Micros};

use crate::areas::Areas;
use crate::config::Config;
use crate::events::Hub;
use crate::feed::Feed;
use crate::house::{self, Command, House};
use crate::metrics::Metrics;
use crate::overload::Gate;
use crate::pages::guide::Guide;
use crate::passwords::Passwords;
use crate::past::{self, Folder, Pasts};
use crate::rates::Buckets;
use crate::rehearsal::Act;
use crate::results::Results;
use crate::reviews::Reviews;
use crate::routes::{RouteMeta, Site};
use crate::secrets::Secrets;
use crate::sessions::Sessions;
use crate::signin::Strangers;
use crate::ui::time::Local;
use crate::{Fault, Result, ServerError, feed, field, pages, tables};

/// Name of the file with the keys that seal people's data, in the data directory.
pub const KEYS: &str = "people.key";
/// Name of the directory with the files that were brought for imports, sealed.
pub const IMPORTS: &str = "imports";

/// The running server. Clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    zone: TimeZone,
    engine: Engine<House>,
    secrets: Secrets,
    sessions: Sessions,
    passwords: Passwords,
    strangers: Strangers,
    buckets: Buckets,
    gate: Gate,
    hub: Hub,
    metrics: Metrics,
    site: Site,
    keys: Keys,
    areas: Areas,
    results: Results,
    feed: Feed,
    reviews: Reviews,
    pasts: Pasts,
    boards: crate::pages::command::Boards,
    replans: crate::replans::Replans,
    imports: Jobs<House>,
    guide: OnceLock<Guide>,
    started: Micros,
    // The server of today, where this one is of an earlier moment.
    present: Option<Weak<Inner>>,
    // Goes last: the store lies in it.
    _folder: Option<Folder>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

fn engine_config(config: &Config) -> EngineConfig {
    EngineConfig {
        queue: config.queue,
        longest_wait: config.longest_wait,
        group: config.group,
        clock: config.clock.clone(),
    }
}

impl App {
    /// Opens the store and starts the ledger.
    ///
    /// # Errors
    /// [`ServerError`] when the data directory, the store or the settings are not usable.
    pub async fn open(config: Config, protocol: Arc<Protocol>) -> Result<App> {
        std::fs::create_dir_all(&config.data)
            .map_err(|e| ServerError::Data(config.data.clone(), e.to_string()))?;
        let secrets = Secrets::load_or_create(&config.data)?;
        let keys = Keys::load_or_create(&config.data.join(KEYS))
            .map_err(|e| ServerError::Secrets(e.to_string()))?;
        let zone =
            TimeZone::get(&config.zone).map_err(|_| ServerError::Zone(config.zone.clone()))?;
        past::clear(&config.data);
        let url = config
            .store
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", config.data.join("songhua.sqlite").display()));
        let mut schemas = house::schemas();
        schemas.extend([tables::SCHEMA, field::tables::SCHEMA, feed::tables::SCHEMA]);
        let store_config = StoreConfig {
            schema: config.schema.clone(),
            forced: config.forced,
            ..StoreConfig::new(url)
        };
        let store = Store::open(store_config, &schemas).await?;
        let engine_config = engine_config(&config);
        let hub = Hub::new(config.limits.watchers);
        let results = Results::default();
        let house = house::house(protocol, &hub);
        let (learning, forgetting) = (results.clone(), results.clone());
        let house = house.watched_by(Arc::new(move |group| learning.learn(group.state)));
        let house = house.on_missed(Arc::new(move || forgetting.forget_all()));
        results.start(&store);
        let engine = Engine::start(store, house, engine_config).await?;
        let imports = Jobs::open_with(
            engine.clone(),
            keys.clone(),
            &config.data.join(IMPORTS),
            vec![Arc::new(cases::LineLists), Arc::new(tracing_desk::ContactLists)],
        )
        .map_err(|e| ServerError::Data(config.data.clone(), e.to_string()))?;
        let inner = Inner {
            zone,
            secrets,
            sessions: Sessions::default(),
            passwords: Passwords::new(&config.limits),
            strangers: Strangers::default(),
            buckets: Buckets::default(),
            gate: Gate::new(&config.limits),
            hub,
            metrics: Metrics::install(),
            site: pages::all().site(),
            keys,
            areas: Areas::default(),
            results,
            feed: Feed::default(),
            reviews: Reviews::default(),
            pasts: Pasts::default(),
            boards: crate::pages::command::Boards::default(),
            replans: crate::replans::Replans::default(),
            imports,
            guide: OnceLock::new(),
            started: (config.wall)(),
            present: None,
            _folder: None,
            engine,
            config,
        };
        let app = App { inner: Arc::new(inner) };
        app.read_areas()
            .await
            .map_err(|fault| ServerError::Start(fault.inside.unwrap_or_default()))?;
        Ok(app)
    }

    /// The same server over a store of an earlier moment, with a clock that stands still. Nothing is
    /// written there: what looking at it has to record goes to [`App::present`].
    ///
    /// # Errors
    /// [`ServerError`] when the store cannot be used.
    pub(crate) async fn then(&self, store: Store, at: Micros, folder: Folder) -> Result<App> {
        let config = Config { clock: Arc::new(move || at), ..self.config().clone() };
        let engine_config = engine_config(&config);
        let results = Results::default();
        results.start(&store);
        let house = House::new(self.protocol().clone());
        let engine = Engine::start(store, house, engine_config).await?;
        let imports = Jobs::open_with(
            engine.clone(),
            self.keys().clone(),
            &folder.path().join(IMPORTS),
            vec![],
        )
        .map_err(|e| ServerError::Data(config.data.clone(), e.to_string()))?;
        let inner = Inner {
            zone: self.inner.zone.clone(),
            secrets: self.inner.secrets.clone(),
            sessions: Sessions::default(),
            passwords: Passwords::new(&config.limits),
            strangers: Strangers::default(),
            buckets: Buckets::default(),
            gate: Gate::new(&config.limits),
            hub: Hub::new(0),
            metrics: Metrics::install(),
            site: self.inner.site.clone(),
            keys: self.inner.keys.clone(),
            areas: Areas::default(),
            results,
            feed: Feed::default(),
            reviews: Reviews::default(),
            pasts: Pasts::default(),
            boards: crate::pages::command::Boards::default(),
            replans: crate::replans::Replans::default(),
            imports,
            guide: OnceLock::new(),
            started: self.inner.started,
            present: Some(Arc::downgrade(&self.inner)),
            _folder: Some(folder),
            engine,
            config,
        };
        let app = App { inner: Arc::new(inner) };
        app.read_areas()
            .await
            .map_err(|fault| ServerError::Start(fault.inside.unwrap_or_default()))?;
        Ok(app)
    }

    /// The server of today: this one, or the one that this one looks back from. Nothing when that has
    /// ended meanwhile.
    pub(crate) fn present(&self) -> Option<App> {
        match &self.inner.present {
            None => Some(self.clone()),
            Some(present) => present.upgrade().map(|inner| App { inner }),
        }
    }

    /// Forgets the copies of earlier moments, as a restart does.
    pub fn forget_pasts(&self) {
        self.inner.pasts.forget();
    }

    /// Copies of earlier moments.
    pub(crate) fn pasts(&self) -> &Pasts {
        &self.inner.pasts
    }

    /// Latest results by person.
    pub fn results(&self) -> &Results {
        &self.inner.results
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The zone in which pages show times.
    pub fn zone(&self) -> &TimeZone {
        &self.inner.zone
    }

    /// The ledger.
    pub fn engine(&self) -> &Engine<House> {
        &self.inner.engine
    }

    /// The store.
    pub fn store(&self) -> &Store {
        self.inner.engine.store()
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`Fault`] when none can be had.
    pub async fn reader(&self) -> std::result::Result<Connection, Fault> {
        Ok(self.store().reader().await?)
    }

    /// The time by the ledger's clock: what pages show and commands are measured by.
    pub fn now(&self) -> Micros {
        self.inner.engine.now()
    }

    /// Real time, for sessions and limits.
    pub fn wall(&self) -> Micros {
        (self.inner.config.wall)()
    }

    /// When the server was started, in real time.
    pub fn started(&self) -> Micros {
        self.inner.started
    }

    /// The server's keys.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// The sessions in memory.
    pub fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    /// Password checks.
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    pub(crate) fn strangers(&self) -> &Strangers {
        &self.inner.strangers
    }

    /// The rate limits.
    pub fn buckets(&self) -> &Buckets {
        &self.inner.buckets
    }

    /// The room for requests.
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// The live updates.
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The routes with their policies, and the navigation.
    pub fn site(&self) -> &Site {
        &self.inner.site
    }

    /// The route of a method and path template, if there is one.
    pub fn route(&self, method: &axum::http::Method, path: &str) -> Option<&Arc<RouteMeta>> {
        self.site().route(method, path)
    }

    /// The names of areas.
    pub fn areas(&self) -> &Areas {
        &self.inner.areas
    }

    /// The keys that seal people's data.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// Drawings of the command board.
    pub(crate) fn boards(&self) -> &crate::pages::command::Boards {
        &self.inner.boards
    }

    /// Plans of deliveries that are being made, or were made and wait for somebody.
    pub fn replans(&self) -> &crate::replans::Replans {
        &self.inner.replans
    }

    /// Views of earlier moments.
    pub(crate) fn reviews(&self) -> &Reviews {
        &self.inner.reviews
    }

    /// The laboratory feed.
    pub fn feed(&self) -> &Feed {
        &self.inner.feed
    }

    /// The imports of files.
    pub fn imports(&self) -> &Jobs<House> {
        &self.inner.imports
    }

    /// What the guide may follow: nothing but in a made-up city.
    pub fn guide(&self) -> Option<&Guide> {
        self.inner.guide.get()
    }

    /// Lets the guide follow a tube of a made-up city, in view of everybody.
    pub fn set_guide(&self, guide: Guide) {
        // A second city in one server does not happen; the first stands.
        let _ = self.inner.guide.set(guide);
    }

    /// The rules in force.
    pub fn protocol(&self) -> &Arc<Protocol> {
        self.engine().desk().protocol()
    }

    /// The day in the zone of the pages, for rules about birth dates.
    pub fn today(&self) -> Day {
        let today = Local::new(self.now(), self.zone());
        // A clock that shows no day of this age finds no birth date plausible: refused, not lost.
        Day::parse(today.as_str()).unwrap_or(Day { year: 1970, month: 1, day: 1 })
    }

    /// What a drill has to hear of, if there is one.
    fn acts_for_the_drill(&self, commands: &[Envelope<Command>]) -> Vec<Act> {
        if self.config().rehearsal.is_none() {
            return Vec::new();
        }
        let act = |envelope: &Envelope<Command>| Act {
            user: envelope.actor.user.clone(),
            holder: envelope.actor.holder.clone(),
            at: envelope.event_time,
            command: envelope.command.clone(),
        };
        commands.iter().map(act).collect()
    }

    /// Sends commands to the ledger and tells the watchers of the areas and desks concerned.
    /// Everything that changes something comes through here; who may was asked before.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub async fn submit(
        &self,
        priority: Priority,
        commands: Vec<Envelope<Command>>,
    ) -> std::result::Result<Vec<Outcome>, LedgerError> {
        if self.inner.present.is_some() {
            // The guard lets no form through to here; what is over is not written to.
            return Err(LedgerError::Stopped);
        }
        let mut touched: Vec<(&'static str, AreaCode)> = Vec::new();
        for envelope in &commands {
            let one = (house::desk_of(&envelope.command), envelope.area);
            if touched.last() != Some(&one) && !touched.contains(&one) {
                touched.push(one);
            }
        }
        let acts = self.acts_for_the_drill(&commands);
        let outcomes = self.engine().submit(priority, commands).await?;
        if let Some(drill) = &self.config().rehearsal {
            let accepted = acts.into_iter().zip(&outcomes).filter(|(_, outcome)| {
                outcome.status == ledger::Status::Accepted && !outcome.duplicate
            });
            accepted.for_each(|(act, _)| drill.acted(act));
        }
        for (desk, area) in touched {
            self.hub().mark(desk, area);
        }
        Ok(outcomes)
    }
}
