//! Community zero: no new infection outside quarantine and closed loops.

use serde::{Deserialize, Serialize};

use crate::schema::{Consistent, group};
use crate::value::{Points, RuleValue, read_serde, word_value};
use crate::{Lang, Rule};

group! {
    /// Community zero: no infection found outside quarantine and closed loops.
    CommunityZero {
        /// When it is reached.
        rule: Rule<ZeroRule> = "zero.rule",
        /// Where an infection may be found: each new one carries one of these tags.
        tags: Rule<Points> = "zero.tag",
        /// What a command looks at beside the new infections, and for how long its word holds.
        evidence: Rule<ZeroEvidence> = "zero.evidence",
        /// What is taken to be so of chains that nobody has seen.
        chains: Rule<HiddenChains> = "zero.chains",
    }
}

impl Consistent for CommunityZero {}

/// A part of the community, as against quarantine and closed loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommunityPart {
    /// Residents of controlled areas.
    Controlled,
    /// Residents of precaution areas.
    Precaution,
    /// People on the move outside closed loops.
    Mobile,
}

word_value!(CommunityPart {
    Controlled = "controlled", "controlled areas", "管控区";
    Precaution = "precaution", "precaution areas", "防范区";
    Mobile = "mobile", "mobile people outside closed loops", "非闭环流动人员";
});

/// When community zero is reached.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ZeroRule {
    /// The city's command declares it; no number is published.
    Declared {
        /// Rounds of community testing that it reviews first.
        rounds_reviewed: u32,
    },
    /// By numbers, district by district.
    Counted {
        /// The people who make up the community.
        community: Vec<CommunityPart>,
        /// Days running that count.
        days: u32,
        /// Basic zero: each day's new infections per 100,000 residents are below this.
        basic_below_per_100k: f64,
        /// Zero: each day's new infections are at most this.
        zero_up_to: u32,
    },
}

impl RuleValue for ZeroRule {
    const EXPECTED: &'static str = "{ kind = \"declared\", rounds_reviewed = 1 } or \
         { kind = \"counted\", community = [\"precaution\", …], days = 3, basic_below_per_100k = 1, zero_up_to = 0 }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (ZeroRule::Declared { rounds_reviewed: n }, Lang::En) => format!(
                "declared by the city command after reviewing at least {n} round(s) of community \
                 testing; no number is published"
            ),
            (ZeroRule::Declared { rounds_reviewed: n }, Lang::Zh) => {
                format!("由市指挥部研判至少{n}轮社会面核酸结果后宣布，无公布数值")
            }
            (ZeroRule::Counted { community, days, basic_below_per_100k, zero_up_to }, _) => {
                let (r, z) = (basic_below_per_100k, zero_up_to);
                let who: Vec<_> = community.iter().map(|c| c.name(lang)).collect();
                let who = who.join(lang.pick(", ", "、"));
                match lang {
                    Lang::En => format!(
                        "each district, {days} days running, new in the community ({who}): fewer \
                         than {r} per 100,000 residents a day is basic zero, at most {z} is zero"
                    ),
                    Lang::Zh => format!(
                        "以区为单位连续{days}天，社会面（{who}）日新增低于常住人口十万分之{r}为基本\
                         清零，不超过{z}例为清零"
                    ),
                }
            }
        }
    }
    fn fault(&self) -> Option<String> {
        let sound = match self {
            ZeroRule::Declared { rounds_reviewed } => (1..=20).contains(rounds_reviewed),
            ZeroRule::Counted { community, days, basic_below_per_100k: r, .. } => {
                !community.is_empty() && (1..=60).contains(days) && (0.001..=1000.0).contains(r)
            }
        };
        (!sound).then(|| {
            "the community is empty, or a number out of range (1–20 rounds, 1–60 days)".to_owned()
        })
    }
}

/// What is looked at before zero is declared, beside the new infections.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroEvidence {
    /// Days without an infection in the community, where the rule names none.
    pub days: u32,
    /// Rounds that are looked at, where the rule names none.
    pub rounds: u32,
    /// Least share of those expected who have a result, in each of these rounds.
    pub coverage: f64,
    /// Most people of the last round without a swab and without an exemption, per 10,000 expected.
    pub blind_per_10k: u32,
    /// Oldest that the begin of the last round may be, in hours.
    pub fresh_hours: u32,
    /// Least probability that no chain runs on unseen.
    pub sure: f64,
    /// Days for which a certificate holds.
    pub valid_days: u32,
    /// Whether sweeps that were ordered have to be done, and the doors that they found to be settled.
    #[serde(default)]
    pub sweeps: bool,
}

impl RuleValue for ZeroEvidence {
    const EXPECTED: &'static str = "{ days = 3, rounds = 3, coverage = 0.99, blind_per_10k = 20, \
         fresh_hours = 72, sure = 0.95, valid_days = 7, sweeps = true }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let ZeroEvidence { days, rounds, coverage, blind_per_10k, fresh_hours, sure, .. } = self;
        let valid_days = self.valid_days;
        let sweeps = match (self.sweeps, lang) {
            (false, _) => "",
            (true, Lang::En) => {
                "; sweeps that were ordered are done, doors that they found settled"
            }
            (true, Lang::Zh) => "；已部署的摸排须完成，摸排发现的名单外住处须处置完毕",
        };
        match lang {
            Lang::En => format!(
                "{days} days and {rounds} rounds where the rule names none; in each round {coverage} \
                 of those expected have a result; in the last at most {blind_per_10k} of 10,000 have \
                 no swab; it began at most {fresh_hours} h ago; probability that no chain is left at \
                 least {sure}; a certificate holds for {valid_days} days{sweeps}"
            ),
            Lang::Zh => format!(
                "规则未定时取{days}天、{rounds}轮；每轮应检人员出结果比例不低于{coverage}；末轮未采者每万人不超过\
                 {blind_per_10k}人；末轮开始距今不超过{fresh_hours}小时；无隐匿传播链概率不低于{sure}；证书有效\
                 {valid_days}天{sweeps}"
            ),
        }
    }
    fn fault(&self) -> Option<String> {
        let share = 0.0..=1.0;
        let sound = (1..=30).contains(&self.days)
            && (1..=7).contains(&self.rounds)
            && share.contains(&self.coverage)
            && share.contains(&self.sure)
            && (1..=60).contains(&self.valid_days)
            && self.fresh_hours > 0;
        (!sound).then(|| {
            "a share is not 0 to 1, or a number out of range (1–30 days, 1–7 rounds, holds 1–60 days)"
                .to_owned()
        })
    }
}

/// What is taken to be so of chains of infection that nobody has seen. A model, and no measurement.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenChains {
    /// Reproduction numbers; the least favourable one counts.
    pub reproduction: Vec<f64>,
    /// Size of the negative binomial number that somebody infects.
    pub dispersion: f64,
    /// New hidden chains a day, per million people.
    pub per_million: f64,
    /// Hidden chains for each infection that was found in the community.
    pub per_found: f64,
    /// Hidden chains for each infection that was found in the community of the rest of the prefecture, over all
    /// its people: an area has its share of them.
    #[serde(default)]
    pub per_near: f64,
    /// Days by which such a chain is older than the finding.
    pub lead_days: u32,
    /// Share of the people whom no round reaches, beside those who are known to have no swab.
    pub unreached: f64,
    /// How much they mix with the others: 1 by chance alone, 0 not at all.
    pub mixing: f64,
    /// Chance that somebody infected is found without a round, in the end.
    pub clinic: f64,
    /// After how many days.
    pub clinic_after: u32,
    /// How likely a swab finds somebody, against the height of the infection, by days since infection.
    pub detectable: Vec<f64>,
}

impl RuleValue for HiddenChains {
    const EXPECTED: &'static str = "{ reproduction = [1, 2], dispersion = 0.5, per_million = 0.003, \
         per_found = 0.3, per_near = 0.3, lead_days = 3, unreached = 0.003, mixing = 0.3, clinic = 0.3, \
         clinic_after = 6, detectable = [0, 0.5, 1] }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let HiddenChains { dispersion, per_million, per_found, unreached, mixing, clinic, .. } =
            self;
        let near = self.per_near;
        let list = |all: &[f64]| all.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let (r, by_day) = (list(&self.reproduction), list(&self.detectable));
        let (lead, after) = (self.lead_days, self.clinic_after);
        match lang {
            Lang::En => format!(
                "R least favourable of {r}, dispersion {dispersion}; {per_million} new chains a day per \
                 million, {per_found} for each infection found in the community and {near} for each found in the rest of \
                 the prefecture, in proportion to the people, {lead} days before; \
                 {unreached} of the people no round reaches, mixing {mixing}; {clinic} found without a \
                 round after {after} days; detectable by day since infection {by_day}"
            ),
            Lang::Zh => format!(
                "R取{r}中最不利者，离散度{dispersion}；每百万人每日新起{per_million}条，社会面每发现1例另计\
                 {per_found}条、本市州其他区域每发现1例按人口比例另计{near}条（均早{lead}天）；检测覆盖不到者占{unreached}，混合度{mixing}；{after}天后有{clinic}\
                 经就诊发现；感染后逐日可检出比例{by_day}"
            ),
        }
    }
    fn fault(&self) -> Option<String> {
        let shares = [self.unreached, self.mixing, self.clinic];
        let sound = !self.reproduction.is_empty()
            && self.reproduction.iter().all(|r| *r > 0.0 && *r < 20.0)
            && self.dispersion > 0.0
            && self.per_million >= 0.0
            && self.per_found >= 0.0
            && self.per_near >= 0.0
            && self.unreached < 1.0
            && !self.detectable.is_empty()
            && shares.iter().chain(&self.detectable).all(|share| (0.0..=1.0).contains(share));
        (!sound).then(|| "a share is not 0 to 1, or there is no reproduction number".to_owned())
    }
}
