//! The rule by which zero is claimed, as the edition in force has it.

use cases::FoundIn;
use protocol::{CommunityPart, Edition, HiddenChains, Lang, Rule, SerialTimes, ZeroRule};
use serde::{Deserialize, Serialize};
use types::{Refusal, Span};

/// The rule's own words, as a certificate freezes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The rule: `zero.sh`.
    pub rule: String,
    /// The edition: `local-shanghai 2022-05`.
    pub edition: String,
    /// What it says, in English.
    pub en: String,
    /// What it says, in Chinese.
    pub zh: String,
    /// How far it was verified, in English.
    pub status_en: String,
    /// How far it was verified, in Chinese.
    pub status_zh: String,
    /// Where it was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

impl Said {
    fn of<T>(rule: &Rule<T>) -> Said {
        let info = rule.info();
        Said {
            rule: info.rule.clone(),
            edition: info.edition.short_name(),
            en: info.text.en.clone(),
            zh: info.text.zh.clone(),
            status_en: info.status.text(Lang::En),
            status_zh: info.status.text(Lang::Zh),
            sources: info.sources.clone(),
        }
    }
}

/// What has to be so.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The rule of zero.
    pub said: Said,
    /// The rule of what else is looked at.
    pub evidence: Said,
    /// Whether the command judges: what is not met may be answered for by a reason, except for the claim
    /// itself.
    pub judged: bool,
    /// Days running.
    pub days: i64,
    /// New infections of the community a day, at most.
    pub up_to: i64,
    /// Basic zero: fewer than so many a day per 100,000 people; nothing where the rule has none.
    pub basic_below: Option<f64>,
    /// Where whoever is found is found in the community.
    pub community: Vec<FoundIn>,
    /// Finished rounds.
    pub rounds: i64,
    /// Least coverage, per 10,000.
    pub coverage: i64,
    /// Most people without a swab, per 10,000 expected.
    pub blind: i64,
    /// Oldest begin of the last round, in hours.
    pub fresh: i64,
    /// Least probability, per 10,000.
    pub sure: i64,
    /// Whether sweeps that were ordered count.
    pub sweeps: bool,
    /// How long a certificate holds.
    pub holds: Span,
    /// What is taken to be so of hidden chains.
    pub chains: HiddenChains,
    /// The serial interval.
    pub serial: SerialTimes,
    /// The chance that a swab in a tube of ten finds somebody at the height of the infection.
    pub sensitivity: f64,
}

fn per_10k(share: f64) -> i64 {
    (share * 10_000.0).round() as i64
}

impl Criteria {
    /// What an edition asks for.
    ///
    /// # Errors
    /// [`Refusal`] where it has no rules of community zero, or of what they need.
    pub fn of(edition: &Edition) -> Result<Criteria, Refusal> {
        let zero = edition.zero()?;
        let evidence = zero.evidence.value;
        let sensitivity = edition.testing()?.sensitivity.value.pooled(10);
        let serial = edition.outlook()?.serial.value;
        let mut criteria = Criteria {
            said: Said::of(&zero.rule),
            evidence: Said::of(&zero.evidence),
            judged: true,
            days: i64::from(evidence.days),
            up_to: 0,
            basic_below: None,
            community: vec![FoundIn::Community],
            rounds: i64::from(evidence.rounds),
            coverage: per_10k(evidence.coverage),
            blind: i64::from(evidence.blind_per_10k),
            fresh: i64::from(evidence.fresh_hours),
            sure: per_10k(evidence.sure),
            sweeps: evidence.sweeps,
            holds: Span::days(i64::from(evidence.valid_days)),
            chains: zero.chains.value.clone(),
            serial,
            sensitivity,
        };
        match &zero.rule.value {
            ZeroRule::Declared { rounds_reviewed } => {
                criteria.rounds = i64::from(*rounds_reviewed);
            }
            ZeroRule::Counted { community, days, basic_below_per_100k, zero_up_to } => {
                criteria.judged = false;
                criteria.days = i64::from(*days);
                criteria.up_to = i64::from(*zero_up_to);
                criteria.basic_below = Some(*basic_below_per_100k);
                criteria.community = community.iter().map(found_in).collect();
                criteria.community.sort_unstable();
                criteria.community.dedup();
            }
        }
        Ok(criteria)
    }

    /// Whether somebody found there was found in the community. Of whom nobody tells, one has to think so.
    pub fn in_community(&self, found_in: Option<FoundIn>) -> bool {
        found_in.is_none_or(|found_in| self.community.contains(&found_in))
    }
}

/// The tag of whoever is found in a part of the community. Precaution areas and people on the move have one.
fn found_in(part: &CommunityPart) -> FoundIn {
    match part {
        CommunityPart::Controlled => FoundIn::Controlled,
        CommunityPart::Precaution | CommunityPart::Mobile => FoundIn::Community,
    }
}
