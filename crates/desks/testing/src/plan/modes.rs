//! How tubes are filled in each kind of zone, and why.

use protocol::{PoolMode, Testing as Rules};
use types::Refusal;

use super::{Request, ZONES};
use crate::words::{Mode, Zone};

/// The modes of one kind of zone.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneModes {
    /// The zone.
    pub zone: Zone,
    /// Persons in it.
    pub persons: u64,
    /// The expected share of infected persons that was used.
    pub prevalence: Option<f64>,
    /// What the protocol allows there, the narrowest first; never empty.
    pub options: Vec<ModeOption>,
    /// Which of them was chosen.
    pub chosen: usize,
    /// Why.
    pub reason: Reason,
}

impl ZoneModes {
    /// The chosen one.
    pub fn chosen(&self) -> &ModeOption {
        &self.options[self.chosen]
    }
}

/// One way of filling tubes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModeOption {
    /// The mode.
    pub mode: Mode,
    /// The rule that allows it.
    pub rule: &'static str,
    /// Persons in a tube, on average.
    pub persons_a_tube: f64,
    /// Tests a person, expected: first tubes and follow-up.
    pub tests_a_person: f64,
    /// Share of persons who are held and sampled again in a tube of their own, expected.
    pub follow_up: f64,
    /// The chance that an infected person's tube is found positive (`test.sensitivity`).
    pub finds: f64,
}

/// Why a mode was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The protocol allows no other there.
    OnlyOne,
    /// It needs the fewest tests at the expected prevalence.
    FewestTests,
    /// No prevalence was given, so the widest that the protocol allows without one.
    NoPrevalence,
}

fn known(mode: PoolMode) -> Option<Mode> {
    match mode {
        PoolMode::Single => Some(Mode::Single),
        PoolMode::Household => Some(Mode::Household),
        PoolMode::Mixed(5) => Some(Mode::Five),
        PoolMode::Mixed(10) => Some(Mode::Ten),
        PoolMode::Mixed(20) => Some(Mode::Twenty),
        PoolMode::Mixed(_) => None,
    }
}

/// Chooses for every kind of zone that occurs.
pub(super) fn choose(request: &Request, rules: &Rules) -> Result<Vec<ZoneModes>, Refusal> {
    let mut all = Vec::new();
    for zone in ZONES {
        let mut persons = 0u64;
        let mut households = 0u64;
        for compound in request.compounds.iter().filter(|c| c.zone == zone) {
            persons += u64::from(compound.persons);
            households += u64::from(compound.households.min(compound.persons));
        }
        if persons == 0 {
            continue;
        }
        let size = if households == 0 { 1.0 } else { persons as f64 / households as f64 };
        all.push(for_zone(rules, zone, persons, size, request.prevalence.of(zone))?);
    }
    Ok(all)
}

fn for_zone(
    rules: &Rules,
    zone: Zone,
    persons: u64,
    household: f64,
    prevalence: Option<f64>,
) -> Result<ZoneModes, Refusal> {
    let allowed = rules.pool.allowed(zone.place(), prevalence);
    let options: Vec<ModeOption> = allowed
        .iter()
        .filter_map(|(pool, rule)| {
            let mode = known(*pool)?;
            Some(option(rules, mode, rule, household, prevalence.unwrap_or(0.0)))
        })
        .collect();
    // The narrowest of equals: it holds fewer persons up.
    let Some(chosen) = (0..options.len()).reduce(|best, at| {
        if options[at].tests_a_person < options[best].tests_a_person { at } else { best }
    }) else {
        return Err(rules.pool.other.refuse("pool-size-unsupported").with("zone", zone.as_str()));
    };
    let reason = match (options.len(), prevalence) {
        (1, _) => Reason::OnlyOne,
        (_, Some(_)) => Reason::FewestTests,
        (_, None) => Reason::NoPrevalence,
    };
    Ok(ZoneModes { zone, persons, prevalence, options, chosen, reason })
}

/// Dorfman's expectation for pools of `size` swabs at prevalence `p`: `1/size` first tubes a
/// person, and `1 - (1-p)^size` of all persons sampled again (as
/// [`protocol::expected_tests_per_person`], which takes whole sizes only). Infections of one
/// household go together, so for household tubes the second part is an upper bound.
fn option(rules: &Rules, mode: Mode, rule: &'static str, household: f64, p: f64) -> ModeOption {
    let size = match mode.pool() {
        PoolMode::Single => 1.0,
        PoolMode::Household => household.clamp(1.0, f64::from(rules.pool.household_max.value)),
        PoolMode::Mixed(n) => f64::from(n),
    };
    let follow_up = if size > 1.0 { 1.0 - (1.0 - p).powf(size) } else { 0.0 };
    ModeOption {
        mode,
        rule,
        persons_a_tube: size,
        tests_a_person: 1.0 / size + follow_up,
        follow_up,
        finds: rules.sensitivity.pooled(size.round() as u32),
    }
}
