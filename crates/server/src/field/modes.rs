//! How persons share a tube in each kind of zone, as the protocol in force proposes it, and why.

use protocol::{PoolMode, Testing, expected_tests_per_person};
use serde::Serialize;
use testing::{Mode, Zone};
use utoipa::ToSchema;

use crate::i18n::Lang;
use crate::shell::Both;
use crate::t;

/// All kinds of zones.
const ZONES: [Zone; 4] = [Zone::Quarantine, Zone::Locked, Zone::Controlled, Zone::Other];
/// All modes, the narrowest first.
const MODES: [Mode; 5] = [Mode::Single, Mode::Household, Mode::Five, Mode::Ten, Mode::Twenty];
/// Persons behind one door, for the arithmetic of household tubes.
const HOUSEHOLD: u32 = 3;

/// What is proposed for one kind of zone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposedMode)]
pub struct ModeOut {
    /// The zone.
    #[schema(value_type = String)]
    zone: Zone,
    /// The mode.
    #[schema(value_type = String)]
    mode: Mode,
    /// Why.
    reason: Both,
    /// The protocol's rule.
    rule: &'static str,
}

/// Most persons in a tube, by mode.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TubeSizes)]
pub struct Sizes {
    /// Single tubes.
    single: u32,
    /// One household.
    household: u32,
    /// Five in one.
    five: u32,
    /// Ten in one.
    ten: u32,
    /// Twenty in one.
    twenty: u32,
}

/// The sizes of the modes.
pub fn sizes(rules: &Testing) -> Sizes {
    let most = |mode: Mode| rules.max_swabs(mode.pool());
    Sizes {
        single: most(Mode::Single),
        household: most(Mode::Household),
        five: most(Mode::Five),
        ten: most(Mode::Ten),
        twenty: most(Mode::Twenty),
    }
}

fn tests_a_person(pool: PoolMode, prevalence: f64) -> f64 {
    let size = match pool {
        PoolMode::Single => 1,
        PoolMode::Household => HOUSEHOLD,
        PoolMode::Mixed(n) => u32::from(n),
    };
    expected_tests_per_person(size, prevalence)
}

/// The mode that needs the fewest tests among those that the protocol allows, for every kind of
/// zone; of equals the narrowest, which holds fewer persons up.
pub fn proposals(rules: &Testing, prevalence: Option<f64>) -> Vec<ModeOut> {
    ZONES.iter().filter_map(|zone| proposal(rules, *zone, prevalence)).collect()
}

fn proposal(rules: &Testing, zone: Zone, prevalence: Option<f64>) -> Option<ModeOut> {
    let p = prevalence.unwrap_or(0.0);
    let allowed = rules.pool.allowed(zone.place(), prevalence);
    let options: Vec<(Mode, &'static str)> = allowed
        .iter()
        .filter_map(|(pool, rule)| {
            MODES.into_iter().find(|mode| mode.pool() == *pool).map(|mode| (mode, *rule))
        })
        .collect();
    let tests = |option: &(Mode, &'static str)| tests_a_person(option.0.pool(), p);
    let best = options.iter().reduce(|a, b| if tests(b) < tests(a) { b } else { a })?;
    let percent = format!("{:.2}", p * 100.0);
    let count = format!("{:.2}", tests(best));
    let reason = Both::of(|lang: Lang| match (options.len(), prevalence) {
        (1, _) => t!(lang, "field-mode-only-one"),
        (_, Some(_)) => t!(
            lang,
            "field-mode-fewest-tests",
            prevalence = percent.as_str(),
            tests = count.as_str()
        ),
        (_, None) => t!(lang, "field-mode-no-prevalence"),
    });
    Some(ModeOut { zone, mode: best.0, reason, rule: best.1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Protocol;
    use types::{AreaCode, Micros};

    fn modes_at(prevalence: Option<f64>) -> Vec<(Zone, Mode)> {
        let protocol = Protocol::bundled().expect("the protocol");
        let at = Micros::parse("2022-03-23T00:00:00Z").expect("a time");
        let edition = protocol.at(at, AreaCode::new(220_202).expect("an area"));
        let rules = edition.testing().expect("testing rules");
        proposals(rules, prevalence).into_iter().map(|m| (m.zone, m.mode)).collect()
    }

    #[test]
    fn locked_compounds_by_household_and_elsewhere_by_prevalence() {
        let low = modes_at(Some(0.001));
        assert_eq!(low[0], (Zone::Quarantine, Mode::Single));
        assert_eq!(low[1], (Zone::Locked, Mode::Household));
        let high = modes_at(Some(0.1));
        assert_eq!(high[3], (Zone::Other, Mode::Five), "pools shrink as prevalence rises");
        assert_eq!(modes_at(None)[3], (Zone::Other, Mode::Ten), "never twenty without a figure");
    }
}
