//! What pages show of a protocol: every parameter, its value, its source, its history.

use std::sync::Arc;

use serde::Serialize;
use types::{AreaCode, AreaScope, Micros, Refusal};

use crate::{Lang, Protocol, RuleInfo, Status, Texts};

/// One value of one parameter in one edition: a row of the listing page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// The parameter, for example `test.window`.
    pub id: &'static str,
    /// The rule's own name in this edition, for example `test.window2`; else the id.
    pub rule: String,
    /// The group, for example `testing`.
    pub group: &'static str,
    /// The parameter's name.
    pub label: Texts,
    /// What bare numbers of the value count; none where the value says its units itself.
    pub unit: Option<Texts>,
    /// The value in words.
    pub value: Texts,
    /// Document and edition, for example `testing-guide 3rd`.
    pub edition: String,
    /// The edition's title.
    pub edition_title: Texts,
    /// The areas that the value holds for.
    pub applies_to: AreaScope,
    /// In force from (inclusive).
    pub valid_from: Micros,
    /// In force until (exclusive): its declared end, or the start of the next edition for the
    /// same areas; `None` when neither is known.
    pub valid_to: Option<Micros>,
    /// The sources on one line.
    pub source: Texts,
    /// Whether it was read in a source.
    pub status: Status,
    /// Whether a user of the system is expected to set it for themselves.
    pub setting: bool,
    /// A remark for the person who checks the value.
    pub note: Option<Texts>,
    /// The file that says so.
    pub file: String,
}

/// A stretch of time in which one value holds in one area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// From (inclusive).
    pub from: Micros,
    /// Until (exclusive); [`Micros::MAX`] when no end is known.
    pub to: Micros,
    /// The rule that holds.
    pub rule: Arc<RuleInfo>,
}

/// One parameter explained for one time and area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The parameter.
    pub id: &'static str,
    /// Its group.
    pub group: &'static str,
    /// Its name.
    pub label: Texts,
    /// What bare numbers of the value count.
    pub unit: Option<Texts>,
    /// What holds at the time asked for; none when no edition is in force then.
    pub current: Option<Segment>,
    /// What holds in the area over time, oldest first.
    pub history: Vec<Segment>,
}

impl Protocol {
    /// Every value of every parameter in every edition: by group and parameter, base before
    /// local, oldest first.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut rows = Vec::new();
        for declared in self.declared() {
            let mut entries: Vec<_> =
                self.entries_of(declared.id).iter().map(|e| &e.info).collect();
            entries.sort_by_key(|i| {
                let scope = i.edition.applies_to;
                (scope != AreaScope::ALL, scope.bounds(), i.edition.valid_from)
            });
            for (at, info) in entries.iter().enumerate() {
                let edition = &info.edition;
                let next = entries
                    .get(at + 1)
                    .filter(|n| n.edition.applies_to == edition.applies_to)
                    .map(|n| n.edition.valid_from);
                rows.push(Parameter {
                    id: info.id,
                    rule: info.rule.clone(),
                    group: info.group,
                    label: declared.label.clone(),
                    unit: declared.unit.clone(),
                    value: info.text.clone(),
                    edition: edition.short_name(),
                    edition_title: edition.title.clone(),
                    applies_to: edition.applies_to,
                    valid_from: edition.valid_from,
                    valid_to: edition.valid_to.or(next),
                    source: Texts { en: info.source(Lang::En), zh: info.source(Lang::Zh) },
                    status: info.status.clone(),
                    setting: info.setting,
                    note: info.note.clone(),
                    file: edition.file.clone(),
                });
            }
        }
        rows
    }

    /// One parameter at one time in one area, with what held there before and after.
    ///
    /// # Errors
    /// Refusal `protocol-unknown-parameter` when neither a parameter nor an edition's own
    /// name of one is called so.
    pub fn explain(
        &self,
        name: &str,
        time: Micros,
        area: AreaCode,
    ) -> Result<Explanation, Refusal> {
        let declared = self.resolve(name).ok_or_else(|| {
            Refusal::new("protocol-unknown-parameter").with("id", name).with("protocol", self.id())
        })?;
        let mut history: Vec<Segment> = Vec::new();
        for edition in self.layer(area) {
            let Some(rule) = edition.rule(declared.id) else { continue };
            match history.last_mut() {
                Some(last) if last.to == edition.from && Arc::ptr_eq(&last.rule, rule) => {
                    last.to = edition.to;
                }
                _ => history.push(Segment {
                    from: edition.from,
                    to: edition.to,
                    rule: Arc::clone(rule),
                }),
            }
        }
        let current = history.iter().find(|s| s.from <= time && time < s.to).cloned();
        Ok(Explanation {
            id: declared.id,
            group: declared.group,
            label: declared.label.clone(),
            unit: declared.unit.clone(),
            current,
            history,
        })
    }
}
