//! Every text in Chinese and English. A text is named by a key in `locales/{zh,en}/*.ftl`.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid};
use types::Refusal;

fluent_templates::static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // Isolation marks around values are for mixed-direction scripts; here they only
        // break copying a code out of a sentence.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static ZH: LanguageIdentifier = langid!("zh");
static EN: LanguageIdentifier = langid!("en");

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A value in a sentence.
pub type Arg<'a> = (&'static str, FluentValue<'a>);

impl Lang {
    /// Both languages.
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// `zh` or `en`, as in cookies and links.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The value of the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-Hans",
            Lang::En => "en",
        }
    }

    /// Reads [`Lang::code`].
    pub fn parse(text: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == text)
    }

    /// The other language.
    pub const fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    fn id(self) -> &'static LanguageIdentifier {
        match self {
            Lang::Zh => &ZH,
            Lang::En => &EN,
        }
    }

    /// A text without values. A key that is missing shows itself, and fails the tests.
    pub fn text(self, key: &str) -> String {
        TEXTS.try_lookup(self.id(), key).unwrap_or_else(|| key.to_owned())
    }

    /// A text, or nothing when there is none by that name.
    pub fn find(self, key: &str) -> Option<String> {
        TEXTS.try_lookup(self.id(), key)
    }

    /// A text with values.
    pub fn fill(self, key: &str, args: &[Arg<'_>]) -> String {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> =
            args.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        TEXTS.try_lookup_with_args(self.id(), key, &args).unwrap_or_else(|| key.to_owned())
    }

    /// What a refusal says happened.
    pub fn refusal(self, refusal: &Refusal) -> String {
        self.refusal_text(refusal, "").unwrap_or_else(|| refusal.to_string())
    }

    /// What a refusal says to do next.
    pub fn refusal_next(self, refusal: &Refusal) -> String {
        self.refusal_text(refusal, "-next").unwrap_or_default()
    }

    fn refusal_text(self, refusal: &Refusal, suffix: &str) -> Option<String> {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> = refusal
            .args
            .iter()
            .map(|(name, value)| (name.clone(), FluentValue::from(value.as_str())))
            .collect();
        TEXTS.try_lookup_with_args(self.id(), &format!("refusal-{}{suffix}", refusal.code), &args)
    }

    /// The language that a browser asks for; Chinese when it asks for neither.
    pub fn accepted(headers: &HeaderMap) -> Lang {
        let Some(wanted) = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()) else {
            return Lang::default();
        };
        wanted
            .split(',')
            .filter_map(|part| {
                let mut pieces = part.split(';').map(str::trim);
                let tag = pieces.next()?;
                let lang = Lang::parse(tag.split('-').next()?.to_ascii_lowercase().as_str())?;
                let weight: f32 = pieces
                    .find_map(|p| p.strip_prefix("q="))
                    .map_or(Some(1.0), |q| q.parse().ok())?;
                Some((lang, weight))
            })
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map_or_else(Lang::default, |(lang, _)| lang)
    }
}

/// A text by key, with values: `t!(seat, "rounds-found", n = 3)`. The first argument is a
/// [`Lang`] or has a method `lang()`.
#[macro_export]
macro_rules! t {
    ($lang:expr, $key:literal) => {
        $crate::i18n::Speaks::lang(&$lang).text($key)
    };
    ($lang:expr, $key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::Speaks::lang(&$lang).fill($key, &[$((stringify!($name), ($value).into())),+])
    };
}

/// Whoever knows in which language to speak.
pub trait Speaks {
    /// The language.
    fn lang(&self) -> Lang;
}

impl Speaks for Lang {
    fn lang(&self) -> Lang {
        *self
    }
}

impl<T: Speaks> Speaks for &T {
    fn lang(&self) -> Lang {
        (**self).lang()
    }
}

/// A whole number with separators, the same in both languages: `3,600,000`.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &str) -> Lang {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, text.parse().expect("a header"));
        Lang::accepted(&headers)
    }

    #[test]
    fn the_browser_gets_the_language_it_weighs_most() {
        assert_eq!(accepted("en-GB,en;q=0.9,zh;q=0.8"), Lang::En);
        assert_eq!(accepted("fr,zh-CN;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(accepted("en;q=0.2, zh;q=0.7"), Lang::Zh);
        assert_eq!(accepted("fr"), Lang::Zh);
        assert_eq!(accepted("en;q=nonsense"), Lang::Zh);
        assert_eq!(Lang::accepted(&HeaderMap::new()), Lang::Zh);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(3_600_000), "3,600,000");
        assert_eq!(number(-1_234), "−1,234");
    }

    #[test]
    fn a_refusal_fills_its_sentence() {
        let refusal = Refusal::new("not-your-area").with("area", "220102");
        assert!(Lang::En.refusal(&refusal).contains("220102"));
        assert!(Lang::Zh.refusal(&refusal).contains("220102"));
        assert!(!Lang::En.refusal_next(&refusal).is_empty());
    }
}
