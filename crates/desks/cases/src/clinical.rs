//! What was observed at a patient, and what of it is known at the end.
//!
//! [`Clinical`] is a function of the set of observations, not of the order in which they are
//! reported: of each field the latest by event time stands, and the first signs of illness are the
//! earliest. Pure.

use serde::{Deserialize, Serialize};
use types::{CommandId, Micros};

/// What the picture of the lungs shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lungs {
    /// No sign of pneumonia.
    Clear,
    /// Signs of the pneumonia.
    Pneumonia,
}

/// One look at a patient. What was not looked at is left out: it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// Symptoms by code, for example `cough`; empty when asked for and none were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symptoms: Option<Vec<String>>,
    /// Degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Since when there has been fever; given again while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fever_since: Option<Micros>,
    /// Breaths a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respiratory_rate: Option<u16>,
    /// Oxygen saturation at rest on air, percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2: Option<f64>,
    /// PaO2/FiO2, mmHg, as measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pf_ratio: Option<f64>,
    /// Height above the sea where it was measured, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    /// Air pressure where it was measured, mmHg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_mmhg: Option<f64>,
    /// The picture of the lungs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lungs: Option<Lungs>,
    /// By how much the lesions grew, percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesions_growth: Option<f64>,
    /// In how many hours they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesions_hours: Option<f64>,
    /// Whether the symptoms are getting worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worsening: Option<bool>,
    /// Signs by the protocol's codes (`sev.critical`, `sev.child`); empty when none was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs: Option<Vec<String>>,
    /// Diseases and states by the protocol's codes (`risk.high`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<String>>,
    /// Body-mass index, kg/m².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bmi: Option<f64>,
}

impl Observation {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Observation::default()
    }

    /// Whether it shows the illness: a symptom, fever, or pneumonia. A measured temperature alone
    /// does not, since which one is a fever is the doctor's word.
    pub fn shows_illness(&self) -> bool {
        self.symptoms.as_ref().is_some_and(|s| !s.is_empty())
            || self.fever_since.is_some()
            || self.lungs == Some(Lungs::Pneumonia)
    }

    /// Whether somebody looked for symptoms and found none.
    pub fn finds_nobody_ill(&self) -> bool {
        self.symptoms.as_ref().is_some_and(Vec::is_empty) && !self.shows_illness()
    }
}

/// When something was observed, and by which command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// By event time.
    #[serde(rename = "t")]
    pub at: Micros,
    /// The command that recorded it; breaks ties.
    #[serde(rename = "c")]
    pub by: CommandId,
}

/// PaO2/FiO2 in mmHg, with the altitude in m and the air pressure in mmHg of the place: they belong
/// together.
pub type OxygenRatio = (f64, Option<f64>, Option<f64>);

/// A value with its when and by what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen<T> {
    /// The value.
    #[serde(rename = "v")]
    pub value: T,
    /// When it was observed.
    #[serde(flatten)]
    pub at: At,
}

/// What is known of a patient: of every field the latest word, and the first signs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // The fields are those of an observation.
pub struct Clinical {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symptoms: Option<Seen<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Seen<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fever_since: Option<Seen<Micros>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respiratory_rate: Option<Seen<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2: Option<Seen<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pf: Option<Seen<OxygenRatio>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lungs: Option<Seen<Lungs>>,
    /// Percent and hours: they belong together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesions: Option<Seen<(f64, f64)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worsening: Option<Seen<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs: Option<Seen<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Seen<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bmi: Option<Seen<f64>>,
    /// When illness first showed, and as what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_ill: Option<Seen<String>>,
    /// When somebody first looked and found nobody ill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_well: Option<At>,
}

fn later<T>(slot: &mut Option<Seen<T>>, value: T, at: At) {
    if slot.as_ref().is_none_or(|seen| seen.at < at) {
        *slot = Some(Seen { value, at });
    }
}

impl Clinical {
    /// Takes in an observation.
    pub fn add(&mut self, o: &Observation, at: At) {
        let illness = o.shows_illness().then(|| illness_of(o));
        let well = o.finds_nobody_ill();
        if let Some(symptoms) = &o.symptoms {
            let mut symptoms = symptoms.clone();
            symptoms.sort_unstable();
            symptoms.dedup();
            later(&mut self.symptoms, symptoms, at);
        }
        let pairs = [
            (&mut self.temperature, o.temperature),
            (&mut self.spo2, o.spo2),
            (&mut self.bmi, o.bmi),
        ];
        for (slot, value) in pairs {
            if let Some(value) = value {
                later(slot, value, at);
            }
        }
        if let Some(since) = o.fever_since {
            later(&mut self.fever_since, since, at);
        }
        if let Some(rate) = o.respiratory_rate {
            later(&mut self.respiratory_rate, rate, at);
        }
        if let Some(ratio) = o.pf_ratio {
            later(&mut self.pf, (ratio, o.altitude_m, o.pressure_mmhg), at);
        }
        if let Some(lungs) = o.lungs {
            later(&mut self.lungs, lungs, at);
        }
        if let (Some(growth), Some(hours)) = (o.lesions_growth, o.lesions_hours) {
            later(&mut self.lesions, (growth, hours), at);
        }
        if let Some(worsening) = o.worsening {
            later(&mut self.worsening, worsening, at);
        }
        if let Some(signs) = &o.signs {
            later(&mut self.signs, signs.clone(), at);
        }
        if let Some(conditions) = &o.conditions {
            // A disease of years is not gone because the next doctor asked for another.
            let mut all = conditions.clone();
            all.extend(self.conditions.iter().flat_map(|seen| seen.value.iter().cloned()));
            all.sort_unstable();
            all.dedup();
            let at = self.conditions.as_ref().map_or(at, |seen| seen.at.max(at));
            self.conditions = Some(Seen { value: all, at });
        }
        if let Some(value) = illness
            && self.first_ill.as_ref().is_none_or(|seen| at < seen.at)
        {
            self.first_ill = Some(Seen { value, at });
        }
        if well && self.first_well.is_none_or(|known| at < known) {
            self.first_well = Some(at);
        }
    }

    /// Takes in what is known by another record of the same patient.
    pub fn join(&mut self, other: &Clinical) {
        fn newest<T: Clone>(slot: &mut Option<Seen<T>>, other: &Option<Seen<T>>) {
            if let Some(seen) = other {
                later(slot, seen.value.clone(), seen.at);
            }
        }
        newest(&mut self.symptoms, &other.symptoms);
        newest(&mut self.temperature, &other.temperature);
        newest(&mut self.fever_since, &other.fever_since);
        newest(&mut self.respiratory_rate, &other.respiratory_rate);
        newest(&mut self.spo2, &other.spo2);
        newest(&mut self.pf, &other.pf);
        newest(&mut self.lungs, &other.lungs);
        newest(&mut self.lesions, &other.lesions);
        newest(&mut self.worsening, &other.worsening);
        newest(&mut self.signs, &other.signs);
        newest(&mut self.bmi, &other.bmi);
        if let Some(seen) = &other.conditions {
            let o = Observation { conditions: Some(seen.value.clone()), ..Observation::default() };
            self.add(&o, seen.at);
        }
        if let Some(ill) = &other.first_ill
            && self.first_ill.as_ref().is_none_or(|seen| ill.at < seen.at)
        {
            self.first_ill = Some(ill.clone());
        }
        if let Some(well) = other.first_well
            && self.first_well.is_none_or(|known| well < known)
        {
            self.first_well = Some(well);
        }
    }

    /// When the severity was last looked at.
    pub fn last_measured(&self) -> Option<Micros> {
        let of = |at: Option<At>| at.map(|at| at.at);
        [
            of(self.symptoms.as_ref().map(|s| s.at)),
            of(self.respiratory_rate.as_ref().map(|s| s.at)),
            of(self.spo2.as_ref().map(|s| s.at)),
            of(self.pf.as_ref().map(|s| s.at)),
            of(self.lungs.as_ref().map(|s| s.at)),
            of(self.lesions.as_ref().map(|s| s.at)),
            of(self.signs.as_ref().map(|s| s.at)),
            of(self.fever_since.as_ref().map(|s| s.at)),
        ]
        .into_iter()
        .flatten()
        .max()
    }
}

/// What showed the illness, as words of the evidence.
fn illness_of(o: &Observation) -> String {
    let mut parts: Vec<String> = o.symptoms.clone().unwrap_or_default();
    if o.fever_since.is_some() {
        parts.push("fever".to_owned());
    }
    if o.lungs == Some(Lungs::Pneumonia) {
        parts.push("pneumonia".to_owned());
    }
    parts.sort_unstable();
    parts.dedup();
    parts.join(" ")
}
