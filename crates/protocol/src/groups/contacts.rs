//! Contacts: who is one, how long they are kept apart, when they are tested.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{joined, said};
use crate::value::{Days, RuleValue, read_serde, word_value};
use crate::{Lang, Rule, span_text};

group! {
    /// Contacts and secondary contacts.
    Contacts {
        /// A close contact met the case within this time before onset, or before the first
        /// positive sample. Not the look-back of zones, which is shorter.
        lookback: Rule<Span> = "cc.lookback" in 24.0..=720.0,
        /// How long a close contact is kept apart.
        quarantine: Rule<Quarantine> = "cc.q",
        /// When a close contact is tested.
        tests: Option<Rule<QuarantineTests>> = "cc.q.test",
        /// From determination to the quarantine site.
        transfer_within: Option<Rule<Span>> = "cc.transfer" in 0.5..=72.0,
        /// Secondary contacts (contacts of contacts).
        secondary: Option<Rule<SecondaryQuarantine>> = "cc2.q",
        /// When a secondary contact becomes a close contact.
        secondary_upgrade: Option<Rule<SecondaryUpgrade>> = "cc2.up",
        /// A county that is asked to follow a contact answers within this time.
        assist_within: Option<Rule<Span>> = "cc.assist" in 0.5..=168.0,
    }
}

impl Consistent for Contacts {
    fn contradiction(&self) -> Option<String> {
        let tests = self.tests.as_ref()?;
        let phases = [
            ("centralized", self.quarantine.centralized, &tests.centralized),
            ("home", self.quarantine.home, &tests.home),
        ];
        for (phase, length, days) in phases {
            let last = days.0.last().copied().unwrap_or(0);
            if Span::days(i64::from(last)) > length {
                return Some(format!(
                    "cc.q.test tests on day {last} of the {phase} phase, cc.q ends it after {}",
                    span_text::write(length, Lang::En)
                ));
            }
        }
        None
    }
}

/// How long a contact is kept apart: centralized first, then at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// At a quarantine site; zero where there is none.
    #[serde(deserialize_with = "span_text::required")]
    pub centralized: Span,
    /// Home monitoring or home quarantine after it.
    #[serde(deserialize_with = "span_text::required")]
    pub home: Span,
}

impl Quarantine {
    /// Both phases together.
    pub fn whole(self) -> Span {
        Span(self.centralized.0 + self.home.0)
    }
}

impl RuleValue for Quarantine {
    const EXPECTED: &'static str = "{ centralized = \"14 d\", home = \"7 d\" }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let phase = |span: Span, en, zh| {
            (span > Span(0))
                .then(|| format!("{} {}", lang.pick(en, zh), span_text::write(span, lang)))
        };
        let phases = [
            phase(self.centralized, "centralized", "集中隔离"),
            phase(self.home, "home", "居家健康监测"),
        ];
        phases.into_iter().flatten().collect::<Vec<_>>().join(" + ")
    }
    fn fault(&self) -> Option<String> {
        let whole = self.whole();
        (whole <= Span(0) || whole > Span::days(90))
            .then(|| "both phases together are not over 0 and up to 90 d".to_owned())
    }
}

/// Where a swab is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SwabSite {
    /// Through the nose.
    Nasopharyngeal,
    /// Through the mouth.
    Oropharyngeal,
}

word_value!(SwabSite {
    Nasopharyngeal = "nasopharyngeal", "nasopharyngeal swab", "鼻咽拭子";
    Oropharyngeal = "oropharyngeal", "oropharyngeal swab", "口咽拭子";
});

/// When a close contact is tested: days of each phase, day 1 its first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineTests {
    /// Days at the quarantine site.
    pub centralized: Days,
    /// Days at home.
    pub home: Days,
    /// The swab, where the rule names one.
    pub swab: Option<SwabSite>,
    /// Two samples and two tests before release.
    #[serde(default)]
    pub double_before_release: bool,
}

impl RuleValue for QuarantineTests {
    const EXPECTED: &'static str =
        "{ centralized = [1, 4, 7, 14], home = [2, 7], swab, double_before_release }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let phase = |days: &Days, en, zh| {
            (!days.0.is_empty()).then(|| format!("{}{}", lang.pick(en, zh), days.text(lang)))
        };
        let mut parts: Vec<String> = [
            phase(&self.centralized, "quarantine ", "隔离"),
            phase(&self.home, "home ", "居家"),
            self.swab.map(|s| s.name(lang).to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        parts.extend(said(
            [(
                self.double_before_release,
                "two samples and two tests before release",
                "解除前双采双检",
            )],
            lang,
        ));
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        if self.centralized.0.is_empty() && self.home.0.is_empty() {
            return Some("there is no test day".to_owned());
        }
        self.centralized.order_fault().or_else(|| self.home.order_fault())
    }
}

/// Where a secondary contact is kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuarantinePlace {
    /// A quarantine site.
    Centralized,
    /// Their home.
    Home,
}

word_value!(QuarantinePlace {
    Centralized = "centralized", "centralized", "集中隔离";
    Home = "home", "at home", "居家隔离";
});

/// How long a secondary contact is kept apart, where, and when tested.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondaryQuarantine {
    /// Where.
    pub place: QuarantinePlace,
    /// How long.
    #[serde(deserialize_with = "span_text::required")]
    pub length: Span,
    /// Test days, day 1 the first of it.
    pub test_days: Days,
}

impl RuleValue for SecondaryQuarantine {
    const EXPECTED: &'static str =
        "{ place = \"centralized\", length = \"7 d\", test_days = [1, 4, 7] }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let length = span_text::write(self.length, lang);
        let tests = format!("{}{}", lang.pick("tests ", "检测"), self.test_days.text(lang));
        joined([format!("{} {length}", self.place.name(lang)), tests], lang)
    }
    fn fault(&self) -> Option<String> {
        let last = self.test_days.0.last().copied().unwrap_or(0);
        if Span::days(i64::from(last)) > self.length || self.length > Span::days(90) {
            return Some("a test day is after the end, or the length over 90 d".to_owned());
        }
        self.test_days.fault()
    }
}

/// When a secondary contact becomes a close contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecondaryUpgrade {
    /// When the close contact they met tests positive.
    ContactTestsPositive,
}

word_value!(SecondaryUpgrade {
    ContactTestsPositive = "contact-tests-positive", "when its close contact tests positive", "其密接者核酸阳性时";
});
