//! Classes of cases, how they are counted, and when they are reported.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{codes_fault, joined, said};
use crate::value::{RuleValue, read_serde};
use crate::{Lang, Rule, span_text};

group! {
    /// How cases are classified and counted.
    Cases {
        /// The classes, from the lightest to the gravest.
        classes: Rule<Classes> = "case.class",
        /// What counts as confirmed, and how a change of class counts.
        counting: Rule<Counting> = "case.confirmed_counts",
        /// From the last positive of a case that has ended: one as late as this or later is another
        /// infection, and another case.
        again: Option<Rule<Span>> = "case.again" in 240.0..=17520.0,
    }
}

impl Consistent for Cases {}

group! {
    /// Reports and investigations, and how soon they are due.
    Reporting {
        /// From the finding of a case to its direct report on the national network.
        online: Rule<Span> = "rep.online" in 0.25..=168.0,
        /// The pace of a field investigation.
        investigation: Option<Rule<Pace>> = "inv.2424" in 0.25..=720.0,
    }
}

impl Consistent for Reporting {}

/// Classes of cases, from the lightest to the gravest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Classes(pub Vec<CaseClass>);

/// One class of cases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseClass {
    /// Stable code, for example `mild`.
    pub code: String,
    /// English name.
    pub en: String,
    /// Chinese name.
    pub zh: String,
    /// Whether cases of the class are counted as confirmed; else they are counted apart.
    pub confirmed: bool,
}

impl Classes {
    /// The class with this code.
    pub fn get(&self, code: &str) -> Option<&CaseClass> {
        self.0.iter().find(|c| c.code == code)
    }
}

impl RuleValue for Classes {
    const EXPECTED: &'static str = "a list of { code, en, zh, confirmed }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        joined(self.0.iter().map(|c| lang.pick(&c.en, &c.zh).to_owned()), lang)
    }
    fn fault(&self) -> Option<String> {
        codes_fault(self.0.iter().map(|c| (c.code.as_str(), c.en.as_str(), c.zh.as_str())))
    }
}

/// How cases are counted in bulletins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// Infections of a class that is not confirmed have their own line in every bulletin.
    pub unconfirmed_apart: bool,
    /// One that becomes a confirmed class later is moved, and counted once as converted.
    pub converted_once: bool,
}

impl RuleValue for Counting {
    const EXPECTED: &'static str = "{ unconfirmed_apart, converted_once = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        joined(
            said(
                [
                    (true, "confirmed as the classes say", "确诊按分型计"),
                    (self.unconfirmed_apart, "the other classes counted apart", "其余分型单独统计"),
                    (
                        self.converted_once,
                        "moved to confirmed later: counted once, as converted",
                        "后转确诊者转归计一次",
                    ),
                ],
                lang,
            ),
            lang,
        )
    }
}

/// How fast a field investigation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// On site within.
    #[serde(deserialize_with = "span_text::required")]
    pub on_site: Span,
    /// Core information within.
    #[serde(deserialize_with = "span_text::required")]
    pub core_information: Span,
    /// First report on the case within.
    #[serde(deserialize_with = "span_text::required")]
    pub first_report: Span,
}

impl RuleValue for Pace {
    const EXPECTED: &'static str =
        "{ on_site = \"2 h\", core_information = \"4 h\", first_report = \"24 h\" }, rising";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let part = |en, zh, span| format!("{} {}", lang.pick(en, zh), span_text::write(span, lang));
        joined(
            [
                part("on site", "到达现场", self.on_site),
                part("core information", "核心信息", self.core_information),
                part("first case report", "首份个案报告", self.first_report),
            ],
            lang,
        )
    }
    fn numbers(&self) -> Vec<f64> {
        [self.on_site, self.core_information, self.first_report].map(Span::as_hours).to_vec()
    }
    fn fault(&self) -> Option<String> {
        (self.on_site > self.core_information || self.core_information > self.first_report)
            .then(|| "a later step is due before an earlier one".to_owned())
    }
}
