//! The names of provinces, cities and counties, in memory: every page shows some of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use registry::views;
use types::{AreaCode, AreaScope, PlaceCode, Span};

use crate::i18n::Lang;
use crate::{App, Fault};

/// How long names are believed.
const BELIEVED: Span = Span::minutes(1);
/// How long nothing at all is believed: the registry may be filled right now.
const BELIEVED_EMPTY: Span = Span::seconds(5);

/// A name in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaName {
    /// Chinese.
    pub zh: String,
    /// English; may be empty.
    pub en: String,
}

impl AreaName {
    /// The one for a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

/// By the digits of the scope: `22`, `2202`, `220202`.
pub type Names = BTreeMap<String, AreaName>;

/// The names, and when they were read.
#[derive(Debug, Default)]
pub struct Areas {
    names: RwLock<Arc<Names>>,
    read_at: AtomicI64,
    reading: AtomicBool,
}

impl Areas {
    /// All names.
    pub fn names(&self) -> Arc<Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of a scope; its digits when the registry has none.
    pub fn name(&self, scope: AreaScope, lang: Lang) -> String {
        let code = scope.to_string();
        self.names().get(&code).map_or(code, |name| name.get(lang).to_owned())
    }

    /// The name of a county; its digits when the registry has none.
    pub fn county(&self, area: AreaCode, lang: Lang) -> String {
        self.name(AreaScope::one(area), lang)
    }
}

impl App {
    /// Reads the names again if they are old, without making anybody wait.
    pub(crate) fn freshen_areas(&self) {
        let areas = self.areas();
        let believed = if areas.names().is_empty() { BELIEVED_EMPTY } else { BELIEVED };
        let age = self.wall().0 - areas.read_at.load(Ordering::Relaxed);
        if age < believed.0 || areas.reading.swap(true, Ordering::SeqCst) {
            return;
        }
        let app = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = app.read_areas().await {
                tracing::warn!(inside = fault.inside, "the names of areas were not read");
            }
            app.areas().reading.store(false, Ordering::SeqCst);
        });
    }

    /// Reads the names from the registry.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn read_areas(&self) -> Result<(), Fault> {
        let mut db = self.reader().await?;
        let mut names = Names::new();
        let mut open: Vec<Option<PlaceCode>> = vec![None];
        while let Some(parent) = open.pop() {
            let lines = views::children(&mut db, parent.as_ref()).await.map_err(Fault::internal)?;
            for line in lines {
                if AreaScope::parse(line.code.as_str()).is_err() {
                    continue;
                }
                let name = AreaName { zh: line.name_zh, en: line.name_en };
                names.insert(line.code.as_str().to_owned(), name);
                if line.code.as_str().len() < 6 && line.children > 0 {
                    open.push(Some(line.code));
                }
            }
        }
        let areas = self.areas();
        *areas.names.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
        areas.read_at.store(self.wall().0, Ordering::Relaxed);
        Ok(())
    }
}
