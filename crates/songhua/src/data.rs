//! Where an installation keeps its things: store, keys.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
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
        Ok(Keys::load_or_create(&self.data.join(KEYS))?)
    }
}

/// Name of the file with the registry's keys.
pub const KEYS: &str = "registry.key";
