//! Short texts in the two languages of every page.

use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Texts {
    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.en, &self.zh)
    }

    /// Whether one of the two is missing.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.en.trim().is_empty() || self.zh.trim().is_empty()
    }
}

/// A thing with a stable code and a name in both languages: a class, a sign, an exemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coded {
    /// Stable, kebab-case.
    pub code: String,
    /// English name.
    pub en: String,
    /// Chinese name.
    pub zh: String,
}

impl Coded {
    /// The name in one language.
    pub fn name(&self, lang: Lang) -> &str {
        lang.pick(&self.en, &self.zh)
    }
}

/// Why a list of codes is wrong, if it is: empty, a code that is not kebab-case, a name
/// missing, or the same code twice.
pub(crate) fn codes_fault<'a>(
    codes: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    for (code, en, zh) in codes {
        let kebab = !code.is_empty()
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !kebab {
            return Some(format!("the code {code:?} is not kebab-case"));
        }
        if en.trim().is_empty() || zh.trim().is_empty() {
            return Some(format!("{code:?} lacks its English or Chinese name"));
        }
        if !seen.insert(code) {
            return Some(format!("the code {code:?} stands twice"));
        }
    }
    seen.is_empty().then(|| "the list is empty".to_owned())
}

/// Names joined for reading: `a; b; c`.
pub(crate) fn joined(parts: impl IntoIterator<Item = String>, lang: Lang) -> String {
    parts.into_iter().collect::<Vec<_>>().join(lang.pick("; ", "；"))
}

/// The clauses whose condition holds, in one language.
pub(crate) fn said<const N: usize>(clauses: [(bool, &str, &str); N], lang: Lang) -> Vec<String> {
    let holding = clauses.into_iter().filter(|c| c.0);
    holding.map(|(_, en, zh)| lang.pick(en, zh).to_owned()).collect()
}
