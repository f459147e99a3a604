//! Certificates, antigen self-tests, and the return of stranded people.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{codes_fault, joined, said};
use crate::value::{Points, RuleValue, read_serde, word_value};
use crate::{Lang, Rule, span_text};

group! {
    /// Test certificates and movement under restrictions.
    Movement {
        /// How long a negative test counts, and where it is asked for.
        certificate: Rule<Certificate> = "cert.48h" in 6.0..=240.0,
        /// What its clock starts at.
        certificate_start: Rule<CertificateStart> = "cert.start",
        /// The return of stranded farmers.
        farmers_return: Option<Rule<ReturnPlan>> = "farm.return",
    }
}

impl Consistent for Movement {}

group! {
    /// Antigen self-tests.
    Antigen {
        /// Who tests themselves, and what follows a positive.
        use_of: Rule<AntigenUse> = "ag.use",
    }
}

impl Consistent for Antigen {}

/// How long a negative test counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// How long.
    #[serde(deserialize_with = "span_text::required")]
    pub valid_for: Span,
    /// Venues that must check it; empty where no rule names one.
    #[serde(default)]
    pub venues: Vec<VenueRule>,
}

/// What a kind of venue must keep to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueRule {
    /// Stable code, for example `hairdresser`.
    pub code: String,
    /// English name.
    pub en: String,
    /// Chinese name.
    pub zh: String,
    /// Guests book ahead.
    #[serde(default)]
    pub booking: bool,
    /// The number of seats is limited.
    #[serde(default)]
    pub seat_limit: bool,
}

impl RuleValue for Certificate {
    const EXPECTED: &'static str =
        "{ valid_for = \"48 h\", venues = [{ code, en, zh, booking, seat_limit }] }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let venues = self.venues.iter().map(|v| {
            let mut parts = vec![lang.pick(&v.en, &v.zh).to_owned()];
            parts.extend(said(
                [(v.booking, "booking", "预约"), (v.seat_limit, "seat limit", "限座")],
                lang,
            ));
            parts.join(lang.pick(", ", "、"))
        });
        joined([span_text::write(self.valid_for, lang)].into_iter().chain(venues), lang)
    }
    fn numbers(&self) -> Vec<f64> {
        vec![self.valid_for.as_hours()]
    }
    fn fault(&self) -> Option<String> {
        let codes = self.venues.iter().map(|v| (v.code.as_str(), v.en.as_str(), v.zh.as_str()));
        if self.venues.is_empty() { None } else { codes_fault(codes) }
    }
}

/// What a certificate's clock starts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateStart {
    /// The time of sampling.
    Sampling,
    /// The time of the report.
    Report,
}

word_value!(CertificateStart {
    Sampling = "sampling", "time of sampling", "采样时间";
    Report = "report", "time of report", "报告时间";
});

/// How stranded people return.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnPlan {
    /// The steps of the plan, in order.
    pub steps: Points,
    /// Each person has a pass of their own.
    pub pass_per_person: bool,
}

impl RuleValue for ReturnPlan {
    const EXPECTED: &'static str =
        "{ steps = [{ code, en, zh }], pass_per_person = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let pass = said([(self.pass_per_person, "a pass a person", "一人一证")], lang);
        joined([self.steps.names(lang)].into_iter().chain(pass), lang)
    }
    fn fault(&self) -> Option<String> {
        self.steps.fault()
    }
}

/// Who uses antigen self-tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntigenUse {
    /// Quarantined persons test themselves on so many first days.
    pub quarantine_first_days: u16,
    /// Residents may, too.
    pub residents: bool,
    /// A positive is followed by a nucleic acid test.
    pub positive_to_nat: bool,
}

impl RuleValue for AntigenUse {
    const EXPECTED: &'static str =
        "{ quarantine_first_days = 5, residents, positive_to_nat = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let n = self.quarantine_first_days;
        let first = match lang {
            Lang::En => format!("quarantined persons on the first {n} days"),
            Lang::Zh => format!("隔离人员前{n}天"),
        };
        let more = said(
            [
                (self.residents, "residents", "居民自测"),
                (self.positive_to_nat, "a positive is followed by NAT", "阳性者做核酸"),
            ],
            lang,
        );
        joined([first].into_iter().chain(more), lang)
    }
    fn fault(&self) -> Option<String> {
        (self.quarantine_first_days > 60).then(|| "quarantine_first_days is over 60".to_owned())
    }
}
