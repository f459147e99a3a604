//! Locked, controlled and precaution areas.

use serde::Deserialize;
use types::Span;

use crate::schema::{Consistent, group};
use crate::text::{joined, said};
use crate::value::{Days, RuleValue, SpanBetween, read_serde, word_value};
use crate::{Lang, Rule, Texts, span_text};

group! {
    /// The three kinds of zones: what they are, what holds in them, when they end.
    Zones {
        /// Locked: nobody leaves the door.
        locked: Rule<ZoneDefinition> = "zone.L.def",
        /// Controlled: nobody leaves the area.
        controlled: Rule<ZoneDefinition> = "zone.C.def",
        /// Precaution: the rest of the county.
        precaution: Rule<ZoneDefinition> = "zone.P.def",
        /// When locked and controlled areas end.
        lift: Rule<ZoneLift> = "zone.lift" in 24.0..=720.0,
        /// When precaution areas end.
        lift_precaution: Rule<PrecautionLift> = "zone.lift.P",
        /// Test days of a locked area, day 1 the first of it.
        test_locked: Rule<Days> = "zone.test.L" in 1.0..=60.0,
        /// Test days of a controlled area.
        test_controlled: Rule<Days> = "zone.test.C" in 1.0..=60.0,
        /// When a controlled area becomes locked.
        upgrade: Rule<ZoneUpgrade> = "zone.up",
        /// How households get food.
        food: Rule<Food> = "zone.food",
        /// Leaving for medical care. Urgent care waits for none of it.
        medical_exit: Rule<MedicalExit> = "zone.exit.med",
    }
}

impl Consistent for Zones {}

/// How far people of a zone may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MayLeave {
    /// Not out of the door.
    Nowhere,
    /// Out of the door, not out of the area.
    Inside,
    /// Anywhere.
    Anywhere,
}

word_value!(MayLeave {
    Nowhere = "nowhere", "nobody leaves the door", "足不出户";
    Inside = "inside", "nobody leaves the area", "人不出区";
    Anywhere = "anywhere", "people may leave", "可外出";
});

/// What makes a zone and what holds in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneDefinition {
    /// Which places become such a zone.
    pub which: Texts,
    /// How far people may go.
    pub may_leave: MayLeave,
    /// Gatherings are forbidden.
    pub no_gatherings: bool,
    /// Services come to the door.
    #[serde(default)]
    pub served_at_door: bool,
    /// Movements of a case count from this long before onset or first positive sample.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub lookback: Option<Span>,
}

impl RuleValue for ZoneDefinition {
    const EXPECTED: &'static str =
        "{ which = { en, zh }, may_leave, no_gatherings, served_at_door, lookback }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let mut parts = vec![self.which.get(lang).to_owned(), self.may_leave.name(lang).to_owned()];
        parts.extend(said(
            [
                (self.no_gatherings, "no gatherings", "禁止聚集"),
                (self.served_at_door, "services to the door", "服务上门"),
            ],
            lang,
        ));
        if let Some(lookback) = self.lookback {
            let back = span_text::write(lookback, lang);
            parts.push(match lang {
                Lang::En => format!("spread counts from {back} before onset or positive"),
                Lang::Zh => format!("自发病或阳性检出前{back}起算"),
            });
        }
        joined(parts, lang)
    }
    fn fault(&self) -> Option<String> {
        if self.lookback.is_some_and(|l| l > Span::days(30)) {
            return Some("lookback is over 30 d".to_owned());
        }
        self.which.is_incomplete().then(|| "which lacks a language".to_owned())
    }
}

/// What must all hold before a locked or controlled area ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneLift {
    /// No new infection for this long.
    #[serde(deserialize_with = "span_text::required")]
    pub no_new_infection: Span,
    /// The last close contact's exposure is longer ago than this, and they are negative.
    #[serde(deserialize_with = "span_text::required")]
    pub last_exposure_over: Span,
    /// Instead of it: the last contact was moved to a quarantine site longer ago than this,
    /// and is negative.
    #[serde(default, deserialize_with = "span_text::optional")]
    pub or_last_contact_moved_over: Option<Span>,
    /// All residents negative in one round within this time.
    #[serde(deserialize_with = "span_text::required")]
    pub all_negative_within: Span,
}

impl RuleValue for ZoneLift {
    const EXPECTED: &'static str = "{ no_new_infection, last_exposure_over, \
                                    or_last_contact_moved_over, all_negative_within }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let w = |span| span_text::write(span, lang);
        let (clean, exposure, round) =
            (w(self.no_new_infection), w(self.last_exposure_over), w(self.all_negative_within));
        let moved = self.or_last_contact_moved_over.map(w);
        match lang {
            Lang::En => {
                let or = moved.map_or(String::new(), |m| {
                    format!(" (or moved to quarantine >{m} ago and negative)")
                });
                format!(
                    "no new infection for {clean}; last close contact's exposure >{exposure} ago \
                     and negative{or}; all residents negative in one round in the last {round}"
                )
            }
            Lang::Zh => {
                let or = moved
                    .map_or(String::new(), |m| format!("（或末例密接转运隔离>{m}且核酸阴性）"));
                format!(
                    "近{clean}无新增感染；末例密接末次暴露>{exposure}且核酸阴性{or}；\
                     近{round}内一轮全员核酸阴性"
                )
            }
        }
    }
    fn numbers(&self) -> Vec<f64> {
        let spans = [
            Some(self.no_new_infection),
            Some(self.last_exposure_over),
            self.or_last_contact_moved_over,
            Some(self.all_negative_within),
        ];
        spans.into_iter().flatten().map(Span::as_hours).collect()
    }
}

/// When precaution areas end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrecautionLift {
    /// When every locked and controlled area of the county has ended.
    AllOthersLifted,
}

word_value!(PrecautionLift {
    AllOthersLifted = "all-others-lifted", "when all locked and controlled areas of the county have ended", "县域内封控区、管控区全部解除时";
});

/// When a controlled area becomes locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneUpgrade {
    /// At once when a positive is found in it.
    AtOnce,
}

word_value!(ZoneUpgrade {
    AtOnce = "at-once", "locked at once when a positive is found", "发现阳性立即转为封控区";
});

/// How a household gets food.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoodAccess {
    /// It is brought to the door.
    ToTheDoor,
    /// Households are called down one by one to collect it.
    CalledDown,
    /// One person of a household goes shopping, so often.
    Shopping,
}

word_value!(FoodAccess {
    ToTheDoor = "to-the-door", "delivered to the door", "送货上门";
    CalledDown = "called-down", "called down household by household to collect", "逐户叫下楼领取";
    Shopping = "shopping", "one person of a household may shop", "每户一人外出采购";
});

/// How households of locked and controlled areas get food.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Food {
    /// In locked areas.
    pub locked: FoodAccess,
    /// In controlled areas.
    pub controlled: FoodAccess,
    /// How often one person of a household may shop, where they may.
    pub shop_every: Option<SpanBetween>,
}

impl RuleValue for Food {
    const EXPECTED: &'static str = "{ locked = \"to-the-door\", controlled = \"shopping\", \
                                    shop_every = { min = \"2 d\", max = \"3 d\" } }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let locked = format!("{}{}", lang.pick("locked: ", "封控区："), self.locked.name(lang));
        let mut controlled =
            format!("{}{}", lang.pick("controlled: ", "管控区："), self.controlled.name(lang));
        if let Some(every) = self.shop_every {
            let every = every.text(lang);
            controlled.push_str(&match lang {
                Lang::En => format!(" every {every}"),
                Lang::Zh => format!("，每{every}一次"),
            });
        }
        joined([locked, controlled], lang)
    }
    fn fault(&self) -> Option<String> {
        let shops = [self.locked, self.controlled].contains(&FoodAccess::Shopping);
        if shops != self.shop_every.is_some() {
            return Some("shop_every goes with \"shopping\", and only with it".to_owned());
        }
        self.shop_every.and_then(|e| e.fault())
    }
}

/// How a person leaves a zone for medical care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MedicalExit {
    /// The command gives its permission.
    pub permission: bool,
    /// A vehicle of its own.
    pub dedicated_vehicle: bool,
    /// Closed loop from door to ward.
    pub closed_loop: bool,
}

impl RuleValue for MedicalExit {
    const EXPECTED: &'static str = "{ permission, dedicated_vehicle, closed_loop = true or false }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        joined(
            said(
                [
                    (self.permission, "with permission", "经批准"),
                    (self.dedicated_vehicle, "dedicated vehicle", "专车"),
                    (self.closed_loop, "closed loop", "闭环"),
                ],
                lang,
            ),
            lang,
        )
    }
}
