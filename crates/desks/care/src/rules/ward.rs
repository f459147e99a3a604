//! On the ward: rounds and tests.

use ledger::{Decision, note_fits};
use types::Refusal;

use super::home::calm;
use super::{Decided, Facts};
use crate::command::{Command, Round, TestResult};
use crate::event::Event;
use crate::release::Test;
use crate::rows::Episode;
use crate::words::Stage;

/// Whom a look may be recorded of: who lies in a bed by the ward, who is at home by the county's desk.
fn looked_at<'a>(facts: &'a Facts<'_, Command>, id: types::UnitId) -> Result<&'a Episode, Refusal> {
    let episode = facts.episode(id)?;
    match episode.stage {
        Stage::InCare => facts.inpatient(id),
        Stage::Closed => Err(Refusal::new("episode-is-over").with("episode", id)),
        Stage::Home | Stage::Waiting | Stage::Assigned | Stage::Moving => facts.own_episode(id),
    }
}

pub(super) fn round(facts: &Facts<'_, Command>, c: &Round) -> Decided {
    note_fits(&c.note)?;
    let episode = looked_at(facts, c.episode)?;
    let said = c.symptoms_better.is_some() || c.imaging_improved.is_some();
    if c.observation.is_empty() && !said && c.note.trim().is_empty() {
        return Err(Refusal::new("observation-empty"));
    }
    let mut decision = calm(facts, episode)?;
    decision.events.push(Event::Seen {
        episode: c.episode,
        temperature: c.observation.temperature,
        better: c.symptoms_better,
        imaging: c.imaging_improved,
        note: c.note.trim().to_owned(),
    });
    Ok(decision)
}

pub(super) fn test(facts: &Facts<'_, Command>, c: &TestResult) -> Decided {
    let episode = looked_at(facts, c.episode)?;
    let sound = |ct: Option<f64>| ct.is_none_or(|ct| (1.0..=50.0).contains(&ct));
    if !sound(c.ct_n) || !sound(c.ct_orf1ab) || !sound(c.assay_limit) {
        return Err(Refusal::new("ct-out-of-range"));
    }
    if c.sampled_at > facts.at() {
        return Err(Refusal::new("sampled-after-result"));
    }
    if c.laboratory.chars().count() > 60 {
        return Err(Refusal::new("field-too-long").with("field", "laboratory").with("limit", 60));
    }
    let test = Test {
        at: c.sampled_at,
        ct_n: c.ct_n,
        ct_orf1ab: c.ct_orf1ab,
        assay_limit: c.assay_limit,
        source: c.laboratory.trim().to_owned(),
    };
    let twice = |known: &Test| known.at == test.at && known.source == test.source;
    if episode.chart.tests.iter().any(twice) {
        return Err(Refusal::new("test-recorded-before").with("at", c.sampled_at.rfc3339()));
    }
    Ok(Decision::fact(Event::Tested { episode: c.episode, test }))
}
