//! A value together with the rule it comes from.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;
use types::{AreaScope, Micros, Refusal};

use crate::{Lang, Status, Texts};

/// One dated edition of one document (or of a local notice): what a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditionInfo {
    /// The file's name, for example `testing-guide-3.toml`.
    pub file: String,
    /// The document, for example `testing-guide`.
    pub document: String,
    /// The edition's name, for example `3rd`.
    pub name: String,
    /// The title in both languages.
    pub title: Texts,
    /// The areas it holds for; [`AreaScope::ALL`] for the base.
    pub applies_to: AreaScope,
    /// In force from this instant (inclusive).
    pub valid_from: Micros,
    /// Not in force from this instant on (exclusive); `None` when open.
    pub valid_to: Option<Micros>,
    /// Whether the start date itself is verified.
    pub date_status: Status,
    /// What is known about the start date.
    pub date_note: Option<Texts>,
}

impl EditionInfo {
    /// Whether the edition is in force at `time`, for the areas it applies to.
    pub fn is_in_force(&self, time: Micros) -> bool {
        self.valid_from <= time && self.valid_to.is_none_or(|end| time < end)
    }

    /// Document and edition, for example `testing-guide 3rd`.
    pub fn short_name(&self) -> String {
        format!("{} {}", self.document, self.name)
    }
}

/// Where a value comes from and how far it can be trusted. Shared by all that use it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleInfo {
    /// The parameter, for example `test.window`.
    pub id: &'static str,
    /// The rule's own name where an edition numbers it apart, for example `test.window2`
    /// for the second edition's window; else the parameter's id.
    pub rule: String,
    /// The group, for example `testing`.
    pub group: &'static str,
    /// The edition that says so.
    pub edition: Arc<EditionInfo>,
    /// The sources in full; empty when recalled or chosen.
    pub sources: Vec<String>,
    /// Whether it was read in a source.
    pub status: Status,
    /// Whether a user of the system is expected to set it for themselves.
    pub setting: bool,
    /// A remark for the person who checks the value.
    pub note: Option<Texts>,
    /// The value in words.
    pub text: Texts,
}

impl RuleInfo {
    /// The sources on one line; says so when there is none.
    pub fn source(&self, lang: Lang) -> String {
        if !self.sources.is_empty() {
            return self.sources.join(" ; ");
        }
        match self.status {
            Status::Chosen => lang.pick("chosen by this project", "本系统自定"),
            _ => lang.pick("recalled, not seen in a source", "凭记忆，未见来源"),
        }
        .to_owned()
    }
}

/// A typed value in force, with its rule.
///
/// Dereferences to the value: `testing.window.for_population(n)`.
#[derive(Clone, Debug)]
pub struct Rule<T> {
    /// The value.
    pub value: T,
    pub(crate) info: Arc<RuleInfo>,
}

impl<T> Rule<T> {
    /// The parameter's id, for example `test.window`; what [`Refusal::rule`] should name.
    pub fn id(&self) -> &'static str {
        self.info.id
    }

    /// Edition, source, status and remark.
    pub fn info(&self) -> &Arc<RuleInfo> {
        &self.info
    }

    /// The sources on one line.
    pub fn source(&self, lang: Lang) -> String {
        self.info.source(lang)
    }

    /// Whether the value was read in a source.
    pub fn status(&self) -> &Status {
        &self.info.status
    }

    /// Whether a user of the system is expected to set it for themselves.
    pub fn is_setting(&self) -> bool {
        self.info.setting
    }

    /// A refusal on the authority of this rule.
    pub fn refuse(&self, code: &'static str) -> Refusal {
        Refusal::new(code).by_rule(Cow::Borrowed(self.info.id))
    }
}

impl<T> Deref for Rule<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
