//! What is observed at a patient, and what doctors say.

use ledger::{Decision, note_needed};
use protocol::Edition;
use types::Refusal;

use super::{Decided, Facts};
use crate::Command;
use crate::classify::Stated;
use crate::clinical::{At, Observation};
use crate::command::{Observe, StateClass};
use crate::event::Event;
use crate::words::{Class, Severity};

/// Symptoms that the form offers; others are taken too. From memory of the protocols' lists: what
/// a symptom is called changes no class, that there is one does.
pub const SYMPTOMS: [&str; 12] = [
    "fever",
    "cough",
    "fatigue",
    "sore_throat",
    "runny_nose",
    "nasal_congestion",
    "loss_of_smell",
    "loss_of_taste",
    "muscle_pain",
    "diarrhoea",
    "conjunctivitis",
    "short_of_breath",
];

pub(super) fn observe(facts: &Facts<'_, Command>, c: &Observe) -> Decided {
    check(facts.edition, &c.observation)?;
    let mut notes = Vec::new();
    let case = facts.standing(c.case, &mut notes)?;
    let at = At { at: facts.at(), by: facts.asked.id };
    let judged = facts.judge(case, |whole| whole.clinical.add(&c.observation, at))?;
    if let Some((_, ended)) = case.ending
        && facts.at() > ended
    {
        notes.push(Refusal::new("case-has-ended").with("case", case.id));
    }
    let mut decision = Decision::fact(Event::Observed {
        case: case.id,
        observation: Box::new(c.observation.clone()),
        judged: Box::new(judged),
    });
    decision.notes = notes;
    Ok(decision)
}

pub(super) fn state_class(facts: &Facts<'_, Command>, c: &StateClass) -> Decided {
    note_needed(&c.note)?;
    let mut notes = Vec::new();
    let case = facts.standing(c.case, &mut notes)?;
    if c.class == Class::Suspected && !case.positives.is_empty() {
        // A result is taken back by the laboratory, not by a word.
        return Err(Refusal::new("case-has-a-result").with("case", case.id));
    }
    let light = matches!(c.severity, None | Some(Severity::Asymptomatic));
    if matches!(c.class, Class::Asymptomatic | Class::ScreenPositive) && !light {
        return Err(Refusal::new("severity-does-not-fit").with("class", c.class));
    }
    if c.class == Class::Converted && case.judged.asymptomatic_at.is_none() {
        return Err(Refusal::new("case-was-not-asymptomatic").with("case", case.id));
    }
    let at = At { at: facts.at(), by: facts.asked.id };
    let stated =
        Stated { class: c.class, severity: c.severity, at, note: c.note.trim().to_owned() };
    let judged = facts.judge(case, |whole| {
        if whole.stated.as_ref().is_none_or(|known| known.at < stated.at) {
            whole.stated = Some(stated.clone());
        }
    })?;
    let mut decision =
        Decision::fact(Event::ClassStated { case: case.id, stated, judged: Box::new(judged) });
    decision.notes = notes;
    Ok(decision)
}

/// Refuses what no body can have, and codes that the protocol does not know.
pub(super) fn check(edition: &Edition, o: &Observation) -> Result<(), Refusal> {
    if o.is_empty() {
        return Err(Refusal::new("observation-empty"));
    }
    let ranges: [(&str, Option<f64>, f64, f64); 9] = [
        ("temperature", o.temperature, 30.0, 45.0),
        ("respiratory_rate", o.respiratory_rate.map(f64::from), 0.0, 120.0),
        ("spo2", o.spo2, 30.0, 100.0),
        ("pf_ratio", o.pf_ratio, 20.0, 900.0),
        ("altitude_m", o.altitude_m, -500.0, 6_000.0),
        ("pressure_mmhg", o.pressure_mmhg, 350.0, 830.0),
        ("lesions_growth", o.lesions_growth, -100.0, 2_000.0),
        ("lesions_hours", o.lesions_hours, 0.5, 720.0),
        ("bmi", o.bmi, 8.0, 100.0),
    ];
    for (field, value, low, high) in ranges {
        // Written so that NaN fails too.
        if value.is_some_and(|n| !(low..=high).contains(&n)) {
            return Err(Refusal::new("measure-out-of-range")
                .with("field", field)
                .with("low", low)
                .with("high", high));
        }
    }
    let rules = edition.severity()?;
    let known_sign =
        |code: &String| rules.critical.get(code).is_some() || rules.child.signs.get(code).is_some();
    let unknown = |field: &'static str, code: &String| {
        Err(Refusal::new("protocol-code-unknown").with("field", field).with("code", code))
    };
    if let Some(code) = o.signs.iter().flatten().find(|code| !known_sign(code)) {
        return unknown("signs", code);
    }
    let known = |code: &String| rules.high_risk.conditions.get(code).is_some();
    if let Some(code) = o.conditions.iter().flatten().find(|code| !known(code)) {
        return unknown("conditions", code);
    }
    let word = |code: &String| {
        (1..=40).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
    };
    if let Some(code) = o.symptoms.iter().flatten().find(|code| !word(code)) {
        return unknown("symptoms", code);
    }
    Ok(())
}
