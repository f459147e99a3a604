//! Where an installation keeps its things: store, keys.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use desks::House;
use ledger::{Engine, EngineConfig};
use protocol::Protocol;
use registry::seal::Keys;
use store::{Schema, Store, StoreConfig};

/// Which installation a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct Data {
    /// Directory of the data: the SQLite file and the keys.
    #[arg(long, value_name = "DIR", default_value = "data", env = "SONGHUA_DATA")]
    pub data: PathBuf,
    /// Where the records are: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`. Without it, a
    /// SQLite file in the data directory.
    #[arg(long, value_name = "URL", env = "SONGHUA_STORE", hide_env_values = true)]
    pub store: Option<String>,
    /// PostgreSQL schema to work in; without it, the database's own.
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
}

impl Data {
    /// The store's address.
    pub fn url(&self) -> String {
        self.store
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data.join("songhua.sqlite").display()))
    }

    /// How to open the store.
    pub fn config(&self) -> StoreConfig {
        StoreConfig { schema: self.schema.clone(), ..StoreConfig::new(self.url()) }
    }

    /// Makes the directory if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> Result<()> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot make the directory {}", self.data.display()))
    }

    /// Opens a store that must be there already.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub async fn open_existing(&self, schemas: &[Schema]) -> Result<Store> {
        if let Some(path) = self.url().strip_prefix("sqlite:")
            && !Path::new(path).exists()
        {
            bail!("there is no store at {path}; --data or --store says where it is");
        }
        Ok(Store::open(self.config(), schemas).await?)
    }

    /// The keys of the registry.
    ///
    /// # Errors
    /// When the file cannot be read or made, or others may read it.
    pub fn keys(&self) -> Result<Keys> {
        Ok(Keys::load_or_create(&self.data.join(server::KEYS))?)
    }

    /// Starts the ledger of the installation, with all tables. A server may run beside it: both
    /// stores let several programs write.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub async fn engine(&self) -> Result<Engine<House>> {
        self.engine_of(self.config()).await
    }

    /// The same for a large import, whose rows change the same pages of indexes again and again:
    /// a log of 512 MB moves each of them into the file once where a short one does ten times.
    ///
    /// # Errors
    /// As [`Data::engine`].
    pub async fn bulk_engine(&self) -> Result<Engine<House>> {
        self.engine_of(StoreConfig { log_pages: 128_000, ..self.config() }).await
    }

    async fn engine_of(&self, config: StoreConfig) -> Result<Engine<House>> {
        let store = Store::open(config, &desks::schemas()).await?;
        let clock = server::config::system_clock();
        let config = EngineConfig {
            queue: 20_000,
            // Nobody else writes.
            longest_wait: Duration::MAX,
            group: 4_000,
            clock,
        };
        let desk = House::new(Arc::new(Protocol::bundled()?));
        Ok(Engine::start(store, desk, config).await?)
    }

    /// The settings of a server of the installation.
    pub fn server(&self, listen: SocketAddr) -> server::Config {
        server::Config {
            store: self.store.clone(),
            schema: self.schema.clone(),
            ..server::Config::new(self.data.clone(), listen)
        }
    }
}

/// What went wrong inside the server, in words for an operator.
pub fn told(fault: server::Fault) -> anyhow::Error {
    match fault.inside {
        Some(inside) => anyhow::anyhow!("{inside}"),
        None => anyhow::anyhow!("{}", fault.refusal),
    }
}
