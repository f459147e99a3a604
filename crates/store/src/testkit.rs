//! Throwaway stores for tests: every store story runs on both.

pub mod plans;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Result, Schema, Store, StoreConfig};

/// The variable that names a PostgreSQL where tests may create schemas; `make test` starts a
/// throwaway server and sets it.
pub const POSTGRES_VARIABLE: &str = "SONGHUA_TEST_POSTGRES";

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in a temporary directory.
    Sqlite,
    /// A schema of its own in the test server.
    Postgres,
}

/// A fresh store that goes away with this value (a PostgreSQL schema goes with its server).
#[derive(Debug)]
pub struct TestBed {
    kind: Kind,
    config: StoreConfig,
    // Held so that the file outlives every connection.
    dir: tempfile::TempDir,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl TestBed {
    /// An empty place for a store.
    ///
    /// # Panics
    /// When the PostgreSQL address is not set: a test of both stores must not pass on one.
    pub fn new(kind: Kind) -> TestBed {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = match kind {
            Kind::Sqlite => {
                let path = dir.path().join("test.sqlite");
                StoreConfig::throwaway(format!("sqlite:{}", path.display()))
            }
            Kind::Postgres => {
                let url = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
                    panic!(
                        "{POSTGRES_VARIABLE} is not set: run `make test`, or scripts/postgres.sh"
                    )
                });
                let n = COUNT.fetch_add(1, Ordering::Relaxed);
                // The time too: process numbers come round while the server stays.
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let schema = format!("t{}_{}_{n}", now.as_micros(), std::process::id());
                StoreConfig { schema: Some(schema), readers: 4, ..StoreConfig::throwaway(url) }
            }
        };
        TestBed { kind, config, dir }
    }

    /// Which store it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The address, for [`Store::open`].
    pub fn config(&self) -> StoreConfig {
        self.config.clone()
    }

    /// A directory that lives as long as the test.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Opens the store with its tables.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(&self, schemas: &[Schema]) -> Result<Store> {
        Store::open(self.config(), schemas).await
    }
}

/// Declares an async test that runs once on each store:
/// `both_stores! { async fn name(bed: TestBed) { … } }`.
#[macro_export]
macro_rules! both_stores {
    ($($(#[$meta:meta])* async fn $name:ident($bed:ident: TestBed) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn story($bed: $crate::testkit::TestBed) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story($crate::testkit::TestBed::new($crate::testkit::Kind::Sqlite)).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                story($crate::testkit::TestBed::new($crate::testkit::Kind::Postgres)).await;
            }
        }
    )*};
}
