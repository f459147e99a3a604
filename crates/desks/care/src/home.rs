//! How people at home say that they are, and what of it calls for a look.
//!
//! Whom a check-in alarms is seen by somebody: an alarm ends by a look ([`crate::Round`]), never by a
//! better check-in.

use serde::{Deserialize, Serialize};
use types::{Micros, Span, UnitId, words};

use crate::words::HomeKind;

words! {
    /// What nobody at home should have: the danger signs of WHO's guidance on care at home
    /// (WHO/2019-nCoV/IPC/HomeCare/2020.4, from memory).
    Sign {
        /// Short of breath.
        Breathless = "breathless",
        /// Pain or pressure in the chest.
        Chest = "chest",
        /// Confused, or hard to wake.
        Confused = "confused",
        /// Cannot drink, or keeps nothing down.
        Dry = "dry",
        /// Worse than the day before.
        Worse = "worse",
    }
}

words! {
    /// Why a check-in calls for a look.
    Alarm {
        /// Fever.
        Fever = "fever",
        /// Too little oxygen.
        Oxygen = "oxygen",
        /// A danger sign.
        Sign = "sign",
    }
}

/// Degrees Celsius from which somebody who was let go has fever: the limit of this desk's release criteria, from
/// memory.
const FEVER_AFTER_RELEASE: f64 = 37.3;
/// Degrees Celsius that alarm in somebody who is ill at home, where some fever is no surprise. Chosen.
const FEVER_WHILE_ILL: f64 = 38.5;
/// Percent of oxygen at rest that is too little: that of a severe case in adults and children (`sev.adult`,
/// `sev.child`).
const LOW_OXYGEN: f64 = 93.0;

/// How somebody at home is, as they or their household say: see [`crate::Command::CheckIn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckIn {
    /// Who.
    pub episode: UnitId,
    /// Degrees Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Oxygen saturation at rest, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spo2: Option<f64>,
    /// What they have of what nobody should have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<Sign>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What of a check-in calls for a look.
pub fn alarms(said: &CheckIn, kind: HomeKind) -> Vec<Alarm> {
    let fever = match kind {
        HomeKind::Monitoring | HomeKind::Isolation => FEVER_AFTER_RELEASE,
        HomeKind::Refused | HomeKind::ByRule => FEVER_WHILE_ILL,
    };
    let found = [
        (Alarm::Fever, said.temperature.is_some_and(|degrees| degrees >= fever)),
        (Alarm::Oxygen, said.spo2.is_some_and(|percent| percent <= LOW_OXYGEN)),
        (Alarm::Sign, !said.signs.is_empty()),
    ];
    found.into_iter().filter_map(|(alarm, is)| is.then_some(alarm)).collect()
}

/// Until when somebody is to be heard of again: a stretch after the last word, but not beyond the end of the
/// time at home.
pub fn next_word(heard: Micros, every: Span, until: Option<Micros>) -> Micros {
    let next = heard + every;
    match until {
        Some(until) if until < next => until.max(heard),
        _ => next,
    }
}

#[cfg(test)]
mod tests {
    use types::AreaCode;

    use super::*;

    fn said(temperature: Option<f64>, spo2: Option<f64>, signs: &[Sign]) -> CheckIn {
        let area = AreaCode::new(220_202).expect("six digits");
        let episode = UnitId::derived(crate::EPISODE, area, &[b"one"]);
        CheckIn { episode, temperature, spo2, signs: signs.to_vec(), note: String::new() }
    }

    #[test]
    fn fever_alarms_sooner_after_release_than_during_the_illness() {
        let warm = said(Some(37.3), None, &[]);
        assert_eq!(alarms(&warm, HomeKind::Monitoring), [Alarm::Fever]);
        assert_eq!(alarms(&warm, HomeKind::ByRule), []);
        assert_eq!(alarms(&said(Some(38.5), None, &[]), HomeKind::ByRule), [Alarm::Fever]);
        assert_eq!(alarms(&said(Some(37.2), Some(94.0), &[]), HomeKind::Isolation), []);
    }

    #[test]
    fn little_oxygen_and_every_danger_sign_alarm() {
        assert_eq!(alarms(&said(None, Some(93.0), &[]), HomeKind::Refused), [Alarm::Oxygen]);
        for sign in Sign::ALL {
            assert_eq!(alarms(&said(None, None, &[*sign]), HomeKind::ByRule), [Alarm::Sign]);
        }
    }

    #[test]
    fn the_last_word_is_due_at_the_end() {
        let day = Span::hours(24);
        let hour = |n: i64| Micros(0) + Span::hours(n);
        assert_eq!(next_word(hour(10), day, None), hour(34));
        assert_eq!(next_word(hour(10), day, Some(hour(20))), hour(20));
        assert_eq!(next_word(hour(10), day, Some(hour(168))), hour(34));
        assert_eq!(next_word(hour(30), day, Some(hour(20))), hour(30));
    }
}
