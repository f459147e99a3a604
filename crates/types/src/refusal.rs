//! Why something was refused, in a form that a person can act on.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A rule said no. The code names the sentence (in both languages: what happened, and what to
/// do next); the arguments fill it; the rule says on whose authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}{}", ArgList(.args))]
pub struct Refusal {
    /// Stable, kebab-case, unique in the program, for example `tube-pool-full`.
    pub code: Cow<'static, str>,
    /// Named values for the sentence, for example `("limit", "10")`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(Cow<'static, str>, String)>,
    /// The protocol parameter or invariant behind it, for example `test.tube`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Cow<'static, str>>,
}

impl Refusal {
    /// A refusal by its code.
    pub fn new(code: &'static str) -> Refusal {
        Refusal { code: Cow::Borrowed(code), args: Vec::new(), rule: None }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Refusal {
        self.args.push((Cow::Borrowed(name), value.to_string()));
        self
    }

    /// Names the rule behind the refusal.
    #[must_use]
    pub fn by_rule(mut self, rule: impl Into<Cow<'static, str>>) -> Refusal {
        self.rule = Some(rule.into());
        self
    }
}

struct ArgList<'a>(&'a [(Cow<'static, str>, String)]);

impl fmt::Display for ArgList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(k, v)| write!(f, " {k}={v}"))
    }
}

/// A text that is not what its field needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {text:?} is not {wanted}")]
pub struct ParseError {
    /// The field, for example `area`.
    pub what: &'static str,
    /// What was given, cut to 60 characters.
    pub text: String,
    /// What would be right.
    pub wanted: &'static str,
}

impl ParseError {
    /// An error for `what`, quoting the start of `text`.
    pub fn new(what: &'static str, text: &str, wanted: &'static str) -> ParseError {
        ParseError { what, text: text.chars().take(60).collect(), wanted }
    }
}

impl From<ParseError> for Refusal {
    fn from(e: ParseError) -> Refusal {
        Refusal::new("malformed-field")
            .with("field", e.what)
            .with("text", e.text)
            .with("wanted", e.wanted)
    }
}
