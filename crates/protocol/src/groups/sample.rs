//! What happens to a specimen: site, transport, clocks, retest, exemptions.

use serde::Deserialize;
use types::Span;

use crate::schema::group;
use crate::text::{codes_fault, joined};
use crate::value::{RuleValue, SpanBetween, read_serde, word_value};
use crate::{Lang, Points, Rule, span_text};

/// Where a sampling site stands and how it is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteLayout {
    /// One site serves whole residential compounds.
    pub by_compound: bool,
    /// Outdoors before indoors.
    pub outdoors_first: bool,
    /// Residents come by booked time slot.
    pub time_slots: bool,
    /// One-way flow from entry to exit.
    pub one_way: bool,
    /// Metres between persons in the queue.
    pub spacing_m: f64,
}

impl RuleValue for SiteLayout {
    const EXPECTED: &'static str =
        "{ by_compound, outdoors_first, time_slots, one_way = true or false, spacing_m = 1 }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let parts = [
            (self.by_compound, lang.pick("by residential compound", "按小区设点")),
            (self.outdoors_first, lang.pick("outdoors first", "室外优先")),
            (self.time_slots, lang.pick("time slots", "分时预约")),
            (self.one_way, lang.pick("one-way flow", "单向流动")),
        ];
        let spacing = match lang {
            Lang::En => format!("{} m apart", self.spacing_m),
            Lang::Zh => format!("间隔{}米", self.spacing_m),
        };
        let said = parts.into_iter().filter(|p| p.0).map(|p| p.1.to_owned());
        joined(said.chain([spacing]), lang)
    }
    fn fault(&self) -> Option<String> {
        (!(0.0..=10.0).contains(&self.spacing_m)).then(|| "spacing_m is not 0 to 10".to_owned())
    }
}

group! {
    /// Transport of specimens and how long they keep.
    Transport {
        /// Temperature, delivery time and handover.
        conditions: Rule<TransportRule> = "test.transport",
        /// The oldest specimen that may be tested, from swab to loading, kept cool.
        specimen_age_max: Rule<Span> = "test.specimen.age" in 1.0..=168.0,
    }
}

/// How specimens travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransportRule {
    /// The longest time at room temperature.
    #[serde(deserialize_with = "span_text::required")]
    pub room_temperature_max: Span,
    /// To the laboratory within.
    pub deliver: SpanBetween,
    /// Boxes are sealed.
    pub sealed: bool,
    /// Both sides sign the handover.
    pub double_signed: bool,
}

impl RuleValue for TransportRule {
    const EXPECTED: &'static str = "{ room_temperature_max = \"4 h\", deliver = { min, max }, \
                                    sealed, double_signed = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let warm = span_text::write(self.room_temperature_max, lang);
        let way = self.deliver.text(lang);
        let mut parts = vec![match lang {
            Lang::En => format!("room temperature at most {warm}; to the laboratory in {way}"),
            Lang::Zh => format!("室温不超过{warm}；{way}内送达实验室"),
        }];
        if self.sealed {
            parts.push(lang.pick("sealed", "密封").to_owned());
        }
        if self.double_signed {
            parts.push(lang.pick("handover signed by both", "双方签字交接").to_owned());
        }
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        if self.deliver.min > self.deliver.max {
            return Some("deliver: min is over max".to_owned());
        }
        let all_positive = self.room_temperature_max.0 > 0 && self.deliver.max.0 > 0;
        let day = Span::days(1);
        let short = self.room_temperature_max <= day && self.deliver.max <= day;
        (!all_positive || !short).then(|| "the times are not over 0 and up to 24 h".to_owned())
    }
}

group! {
    /// How long each step of a tube may take before it counts as late. No published rule
    /// gives these one by one; they share out the round's window.
    Clocks {
        /// From the first swab in a tube to its seal.
        open_seal: Rule<Span> = "test.clock.open_seal" in 0.1..=24.0,
        /// From the seal to the box.
        seal_box: Rule<Span> = "test.clock.seal_box" in 0.1..=24.0,
        /// From the box's closing to its dispatch.
        box_dispatch: Rule<Span> = "test.clock.box_dispatch" in 0.1..=24.0,
        /// From dispatch to receipt by the laboratory.
        dispatch_receive: Rule<Span> = "test.clock.dispatch_receive" in 0.1..=24.0,
        /// From receipt to loading on a plate.
        receive_load: Rule<Span> = "test.clock.receive_load" in 0.1..=48.0,
        /// From loading to the result.
        load_result: Rule<Span> = "test.clock.load_result" in 0.1..=48.0,
        /// From the result to the report to the persons.
        result_report: Rule<Span> = "test.clock.result_report" in 0.1..=48.0,
    }
}

impl Clocks {
    /// All clocks together: the slowest tube that is never late.
    pub fn from_open_to_report(&self) -> Span {
        let steps = [
            &self.open_seal,
            &self.seal_box,
            &self.box_dispatch,
            &self.dispatch_receive,
            &self.receive_load,
            &self.load_result,
            &self.result_report,
        ];
        Span(steps.iter().map(|r| r.value.0).sum())
    }
}

/// Result times outside rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turnaround {
    /// Fever clinic and emergency patients.
    #[serde(deserialize_with = "span_text::required")]
    pub emergency: Span,
    /// Inpatients and those who stay with them.
    #[serde(deserialize_with = "span_text::required")]
    pub inpatient: Span,
    /// People who ask for a test.
    #[serde(deserialize_with = "span_text::required")]
    pub voluntary: Span,
}

impl RuleValue for Turnaround {
    const EXPECTED: &'static str =
        "{ emergency = \"6 h\", inpatient = \"12 h\", voluntary = \"24 h\" }, rising";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let part = |en, zh, span| format!("{} {}", lang.pick(en, zh), span_text::write(span, lang));
        joined(
            [
                part("fever clinic and emergency", "发热门诊和急诊", self.emergency),
                part("inpatients", "住院", self.inpatient),
                part("voluntary", "愿检尽检", self.voluntary),
            ],
            lang,
        )
    }
    fn numbers(&self) -> Vec<f64> {
        [self.emergency, self.inpatient, self.voluntary].map(Span::as_hours).to_vec()
    }
    fn fault(&self) -> Option<String> {
        (self.emergency > self.inpatient || self.inpatient > self.voluntary)
            .then(|| "a more urgent class has more time than a less urgent one".to_owned())
    }
}

group! {
    /// What follows a pool that is not negative.
    Retesting {
        /// When, whom and how.
        how: Rule<Retest> = "test.retest",
        /// From the pool's result until all its members are held apart.
        hold_within: Rule<Span> = "test.retest.hold" in 0.1..=48.0,
        /// From the pool's result until all its members are sampled again.
        resample_within: Rule<Span> = "test.retest.resample" in 0.1..=48.0,
        /// From the new sample to its result.
        result_within: Rule<Span> = "test.retest.result" in 0.1..=48.0,
        /// From a lost, leaked or invalid tube until its members are sampled again.
        recall_within: Rule<Span> = "test.recall" in 0.1..=96.0,
    }
}

/// A reading of a pool that calls for a retest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetestOn {
    /// Every target positive.
    Positive,
    /// A target in the grey zone.
    Grey,
    /// One target positive, another not.
    SingleTarget,
}

word_value!(RetestOn {
    Positive = "positive", "positive", "阳性";
    Grey = "grey", "grey zone", "灰区";
    SingleTarget = "single-target", "one target positive", "单靶标阳性";
});

/// How members of a pool are tested again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retest {
    /// The readings that call for it.
    pub on: Vec<RetestOn>,
    /// All members are held apart until their own result.
    pub hold_members: bool,
    /// Each member has a tube of their own.
    pub single_tube: bool,
    /// Swabs taken from each member.
    pub swabs: u8,
}

impl RuleValue for Retest {
    const EXPECTED: &'static str =
        "{ on = [\"positive\", …], hold_members, single_tube = true or false, swabs = 2 }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let on: Vec<_> = self.on.iter().map(|o| o.name(lang)).collect();
        let mut parts = vec![on.join(lang.pick(", ", "、"))];
        if self.hold_members {
            parts.push(lang.pick("hold all members apart", "全部混采人员单独隔离等候").to_owned());
        }
        if self.single_tube {
            parts
                .push(lang.pick("resample each in a tube of their own", "逐人单管复采").to_owned());
        }
        parts.push(match lang {
            Lang::En => format!("{} swabs each", self.swabs),
            Lang::Zh => format!("每人{}拭子", self.swabs),
        });
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        if !self.on.contains(&RetestOn::Positive) {
            return Some("on does not name positive".to_owned());
        }
        (!(1..=4).contains(&self.swabs)).then(|| "swabs is not 1 to 4".to_owned())
    }
}

/// The kinds of exemption from a round.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Exemptions(pub Vec<Exemption>);

/// One kind of exemption.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Stable code, for example `inpatient`.
    pub code: String,
    /// English name.
    pub en: String,
    /// Chinese name.
    pub zh: String,
    /// A document or a record must be named.
    pub needs_evidence: bool,
    /// It ends after this time; none when it lasts for the round.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub lasts: Option<Span>,
}

impl Exemptions {
    /// The kind with this code.
    pub fn get(&self, code: &str) -> Option<&Exemption> {
        self.0.iter().find(|e| e.code == code)
    }
}

impl RuleValue for Exemptions {
    const EXPECTED: &'static str = "a list of { code, en, zh, needs_evidence, lasts }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        joined(self.0.iter().map(|e| lang.pick(&e.en, &e.zh).to_owned()), lang)
    }
    fn fault(&self) -> Option<String> {
        codes_fault(self.0.iter().map(|e| (e.code.as_str(), e.en.as_str(), e.zh.as_str())))
    }
}

/// What is entered of each member of a tube, and when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TubeEntry {
    /// Members are entered in the order of their swabs.
    pub in_order: bool,
    /// All are entered before the tube is closed.
    pub before_closing: bool,
    /// What is entered of each.
    pub fields: Points,
}

impl RuleValue for TubeEntry {
    const EXPECTED: &'static str =
        "{ in_order, before_closing = true or false, fields = [{ code, en, zh }] }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let mut parts = vec![self.fields.names(lang)];
        if self.in_order {
            parts.push(lang.pick("in order of swabs", "按采样顺序").to_owned());
        }
        if self.before_closing {
            parts.push(lang.pick("before the tube is closed", "封管前录入").to_owned());
        }
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        self.fields.fault()
    }
}
