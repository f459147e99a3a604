//! Risk levels of places, by either standard. Pure.
//!
//! Before 28 June 2022 a street's level went by counts over 14 days (rule `risk.level` of 2020); from then
//! on a compound with a case is high and falls by steps. Places used smaller units and lower counts at the
//! command's judgement: these are what the texts say, for comparison.

use protocol::RiskScheme;
use types::{Micros, Span, words};

words! {
    /// The risk level of a place.
    RiskLevel {
        /// 低风险.
        Low = "low",
        /// 中风险.
        Medium = "medium",
        /// 高风险.
        High = "high",
    }
}

/// Infections of a place by when they were found, and how many.
pub type Found = (Micros, i64);

/// Infections within a time from which on they are taken to be a cluster (聚集性疫情). The standard names
/// no number: a choice of this program.
pub const CLUSTER_FROM: i64 = 2;

/// A level, and from when it is a lower one if nothing more is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The level.
    pub level: RiskLevel,
    /// When it falls.
    pub falls_at: Option<Micros>,
}

/// The level of a place by a standard.
pub fn level(scheme: &RiskScheme, found: &[Found], now: Micros) -> Judged {
    let latest = found.iter().filter(|(at, n)| *n > 0 && *at <= now).map(|(at, _)| *at).max();
    let low = Judged { level: RiskLevel::Low, falls_at: None };
    let Some(latest) = latest else { return low };
    match *scheme {
        RiskScheme::Counts { clean, medium_up_to } => by_counts(found, (clean, medium_up_to), now),
        RiskScheme::Steps { high_to_medium, then_to_low, .. } => {
            let medium = latest + high_to_medium;
            let end = medium + then_to_low;
            match now {
                now if now < medium => Judged { level: RiskLevel::High, falls_at: Some(medium) },
                now if now < end => Judged { level: RiskLevel::Medium, falls_at: Some(end) },
                _ => low,
            }
        }
    }
}

fn by_counts(found: &[Found], (clean, most): (Span, u32), now: Micros) -> Judged {
    let seen = found.iter().filter(|(at, _)| *at <= now);
    let lately = |at: Micros| at + clean > now;
    let recent: i64 = seen.clone().filter(|(at, _)| lately(*at)).map(|(_, n)| n).sum();
    if recent == 0 {
        return Judged { level: RiskLevel::Low, falls_at: None };
    }
    let all: i64 = seen.clone().map(|(_, n)| n).sum();
    let falls_at = seen.map(|(at, _)| *at + clean).max();
    let high = all > i64::from(most) && recent >= CLUSTER_FROM;
    let level = if high { RiskLevel::High } else { RiskLevel::Medium };
    Judged { level, falls_at }
}
