//! What a certificate says, frozen, and the mark by which a copy is checked.

use cases::FoundIn;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use types::{AreaCode, Micros, PlaceCode};

use crate::claim::{Claim, Day, Item};
use crate::criteria::{Criteria, Said};
use crate::ground::Ground;
use crate::numbers::{Numbers, RoundNumbers};
use crate::reaction::Infection;
use crate::words::{Cause, Degree, What};

/// A certificate of community zero, frozen. Whole numbers and texts only, so that its digest is the same
/// wherever it is worked out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is about.
    pub ground: Ground,
    /// Its number there.
    pub no: i64,
    /// What it says of the area. Zero is not written: the mark of what was signed before there was another stays.
    #[serde(default = "zero", skip_serializing_if = "is_zero")]
    pub degree: Degree,
    /// Of basic zero: how many may be found in the community on one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
    /// Since when nobody more than the rule allows was found in the community.
    pub since: Micros,
    /// When the numbers were as they say.
    pub as_of: Micros,
    /// Until when it holds (exclusive).
    pub until: Micros,
    /// The rule of zero.
    pub rule: Said,
    /// The rule of what else was looked at.
    pub evidence: Said,
    /// Where whoever is found is found in the community.
    pub community: Vec<FoundIn>,
    /// What was looked at.
    pub items: Vec<Item>,
    /// New infections by day, the earliest first; days without any are left out.
    pub days: Vec<Day>,
    /// The rounds that were looked at, the latest first.
    pub rounds: Vec<RoundNumbers>,
    /// The probability that no chain runs on unseen, per 10,000.
    pub sure: i64,
    /// Who signed it.
    pub signed_by: String,
    /// Why it was signed though something is not met; empty when everything is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

fn zero() -> Degree {
    Degree::Zero
}

fn is_zero(degree: &Degree) -> bool {
    *degree == Degree::Zero
}

impl Document {
    /// What is signed of a claim.
    pub(crate) fn of(
        ground: &Ground,
        (criteria, claim, numbers): (&Criteria, &Claim, &Numbers),
        (degree, items): (Degree, Vec<Item>),
        now: Micros,
        (no, signed_by, reason): (i64, String, String),
    ) -> Document {
        let sure = claim.item(What::Sure).map_or(0, |item| item.number);
        Document {
            ground: ground.clone(),
            no,
            degree,
            most: claim.basic.filter(|_| degree == Degree::Basic).map(|basic| basic.most),
            since: claim.since_for(degree),
            as_of: now,
            until: now + criteria.holds,
            rule: criteria.said.clone(),
            evidence: criteria.evidence.clone(),
            community: criteria.community.clone(),
            items,
            days: claim.days.iter().filter(|day| !day.found.is_empty()).cloned().collect(),
            rounds: numbers.rounds.clone(),
            sure,
            signed_by,
            reason,
        }
    }

    /// Its number as it is printed: `220202-3`.
    pub fn number(&self) -> String {
        format!("{}-{}", self.ground, self.no)
    }

    /// SHA-256 over the document's JSON, in small hexadecimal digits.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether somebody found there at that time, in that way, is one of those that it is about. Of whom nobody
    /// tells where he was found, one has to think that it was in the community.
    pub fn counts(&self, infection: &Infection) -> bool {
        let community = infection.found_in.is_none_or(|found| self.community.contains(&found));
        let here = self.ground.holds(infection.area, infection.place.as_ref());
        community && here && infection.at >= self.since && infection.at < self.until
    }

    /// What it means for zero that somebody was found: one is enough. For basic zero it takes more than it
    /// allows on one day.
    pub fn contradicted_by(&self, infection: &Infection) -> Option<Cause> {
        (self.degree == Degree::Zero && self.counts(infection)).then(|| self.cause_at(infection.at))
    }

    /// Why it holds no more, for something that happened at a time.
    pub(crate) fn cause_at(&self, at: Micros) -> Cause {
        if at <= self.as_of { Cause::Contradicted } else { Cause::Broken }
    }

    /// How many were found in the community on a day when it was signed.
    pub fn found_on(&self, day: Micros) -> i64 {
        self.days.iter().find(|of| of.day == day).map_or(0, |of| of.community)
    }

    /// Whether a sample or a signal taken there at that time is of the days that it is about.
    pub fn is_about(&self, area: AreaCode, place: Option<&PlaceCode>, sampled_at: Micros) -> bool {
        // Of basic zero no single sample says anything.
        self.degree == Degree::Zero
            && self.ground.holds(area, place)
            && sampled_at >= self.since
            && sampled_at <= self.as_of
    }

    /// What was not met when it was signed.
    pub fn failing(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.passes)
    }
}
