//! What a rule's value may be: read from TOML, checked, and said in words.

use std::fmt::Debug;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use types::Span;

use crate::text::{codes_fault, joined};
use crate::{Coded, Lang, Texts, span_text};

/// A type that a protocol's value can have.
pub trait RuleValue: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// What the file must hold, for error messages: "a length of time such as \"24 h\"".
    const EXPECTED: &'static str;

    /// Reads the value.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    fn read(value: &toml::Value) -> Result<Self, String>;

    /// The value in words, with the units that are part of it.
    fn text(&self, lang: Lang) -> String;

    /// The numbers that the parameter's limits hold for (lengths of time in hours).
    fn numbers(&self) -> Vec<f64> {
        Vec::new()
    }

    /// What is wrong inside the value, if anything is.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// Reads a value by its serde form.
pub(crate) fn read_serde<T: DeserializeOwned>(value: &toml::Value) -> Result<T, String> {
    value.clone().try_into().map_err(|e: toml::de::Error| e.message().to_owned())
}

impl RuleValue for Span {
    const EXPECTED: &'static str = "a length of time such as \"30 min\", \"24 h\" or \"14 d\"";
    fn read(value: &toml::Value) -> Result<Self, String> {
        span_text::parse(value.as_str().ok_or("it is not a text")?)
    }
    fn text(&self, lang: Lang) -> String {
        span_text::write(*self, lang)
    }
    fn numbers(&self) -> Vec<f64> {
        vec![self.as_hours()]
    }
}

impl RuleValue for u32 {
    const EXPECTED: &'static str = "a whole number, 0 or more";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, _: Lang) -> String {
        grouped(u64::from(*self))
    }
    fn numbers(&self) -> Vec<f64> {
        vec![f64::from(*self)]
    }
}

impl RuleValue for f64 {
    const EXPECTED: &'static str = "a number";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, _: Lang) -> String {
        self.to_string()
    }
    fn numbers(&self) -> Vec<f64> {
        vec![*self]
    }
}

impl RuleValue for bool {
    const EXPECTED: &'static str = "true or false";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        if *self { lang.pick("yes", "是") } else { lang.pick("no", "否") }.to_owned()
    }
}

/// A whole number with thousands set apart by commas: `2,000`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// From a least to a most, both included: `{ min = 2000, max = 3000 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
}

impl Between {
    /// Whether `n` lies between the two, both included.
    pub fn contains(self, n: u32) -> bool {
        (self.min..=self.max).contains(&n)
    }
}

impl RuleValue for Between {
    const EXPECTED: &'static str = "{ min = …, max = … } in whole numbers";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, _: Lang) -> String {
        format!("{}–{}", grouped(u64::from(self.min)), grouped(u64::from(self.max)))
    }
    fn numbers(&self) -> Vec<f64> {
        vec![f64::from(self.min), f64::from(self.max)]
    }
    fn fault(&self) -> Option<String> {
        (self.min > self.max).then(|| "min is over max".to_owned())
    }
}

/// From a shortest to a longest time, both included: `{ min = "4 h", max = "6 h" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanBetween {
    /// The shortest.
    #[serde(deserialize_with = "span_text::required")]
    pub min: Span,
    /// The longest.
    #[serde(deserialize_with = "span_text::required")]
    pub max: Span,
}

impl RuleValue for SpanBetween {
    const EXPECTED: &'static str = "{ min = \"4 h\", max = \"6 h\" }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        span_text::range(self.min, self.max, lang)
    }
    fn numbers(&self) -> Vec<f64> {
        vec![self.min.as_hours(), self.max.as_hours()]
    }
    fn fault(&self) -> Option<String> {
        (self.min > self.max).then(|| "min is over max".to_owned())
    }
}

/// Days counted from a start that the parameter names, day 1 first: `[1, 4, 7]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Days(pub Vec<u16>);

impl Days {
    /// Whether `day` is one of them.
    pub fn contains(&self, day: u16) -> bool {
        self.0.contains(&day)
    }

    pub(crate) fn list(&self) -> String {
        self.0.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn order_fault(&self) -> Option<String> {
        let rising = self.0.windows(2).all(|w| w[0] < w[1]);
        (!rising || self.0.contains(&0))
            .then(|| format!("the days {} do not rise from 1", self.list()))
    }
}

impl RuleValue for Days {
    const EXPECTED: &'static str = "a rising list of days such as [1, 4, 7]";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => format!("days {}", self.list()),
            Lang::Zh => {
                format!("第{}天", self.0.iter().map(u16::to_string).collect::<Vec<_>>().join("、"))
            }
        }
    }
    fn numbers(&self) -> Vec<f64> {
        self.0.iter().map(|&d| f64::from(d)).collect()
    }
    fn fault(&self) -> Option<String> {
        if self.0.is_empty() {
            return Some("the list is empty".to_owned());
        }
        self.order_fault()
    }
}

/// A list of named things: signs, duties, kinds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Points(pub Vec<Coded>);

impl Points {
    /// The entry with this code.
    pub fn get(&self, code: &str) -> Option<&Coded> {
        self.0.iter().find(|c| c.code == code)
    }

    pub(crate) fn names(&self, lang: Lang) -> String {
        joined(self.0.iter().map(|c| c.name(lang).to_owned()), lang)
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().map(|c| (c.code.as_str(), c.en.as_str(), c.zh.as_str()))
    }
}

impl RuleValue for Points {
    const EXPECTED: &'static str = "a list of { code, en, zh }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        self.names(lang)
    }
    fn fault(&self) -> Option<String> {
        codes_fault(self.codes())
    }
}

impl RuleValue for Texts {
    const EXPECTED: &'static str = "{ en = \"…\", zh = \"…\" }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        self.get(lang).to_owned()
    }
    fn fault(&self) -> Option<String> {
        self.is_incomplete().then(|| "a language is missing".to_owned())
    }
}

/// Declares how a plain enum is read and said: every variant with its word in the file and
/// its name in both languages.
macro_rules! word_value {
    ($name:ident { $($variant:ident = $word:literal, $en:literal, $zh:literal;)+ }) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let word = String::deserialize(d)?;
                match word.as_str() {
                    $($word => Ok($name::$variant),)+
                    _ => Err(serde::de::Error::custom(format!(
                        "{word:?} is not one of {}", [$($word),+].join(", ")
                    ))),
                }
            }
        }

        impl $name {
            /// The word that the files use; stable.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// The name for readers.
            pub fn name(self, lang: $crate::Lang) -> &'static str {
                match self { $($name::$variant => lang.pick($en, $zh),)+ }
            }
        }

        impl $crate::value::RuleValue for $name {
            const EXPECTED: &'static str = concat!("one of", $(" ", $word),+);
            fn read(value: &toml::Value) -> Result<Self, String> {
                $crate::value::read_serde(value)
            }
            fn text(&self, lang: $crate::Lang) -> String {
                self.name(lang).to_owned()
            }
        }
    };
}
pub(crate) use word_value;
