//! Check-ins of people at home.

use ledger::{Decision, note_fits};
use types::Refusal;

use super::place::{AT_HOME, hand_home};
use super::{Decided, Facts};
use crate::command::Command;
use crate::event::Event;
use crate::home::{Alarm, CheckIn, alarms};
use crate::rows::Episode;
use crate::words::Stage;

/// How the journal names a household that is signed in with its code.
const HOUSEHOLD: &str = "household:";

pub(super) fn check_in(facts: &Facts<'_, Command>, c: &CheckIn) -> Decided {
    note_fits(&c.note)?;
    let episode = facts.own_episode(c.episode)?;
    own_household(facts, episode)?;
    let (Stage::Home, Some((kind, _))) = (episode.stage, episode.home) else {
        return Err(Refusal::new("not-at-home")
            .with("episode", c.episode)
            .with("stage", episode.stage));
    };
    within("temperature", c.temperature, 30.0, 45.0)?;
    within("spo2", c.spo2, 50.0, 100.0)?;
    let mut signs = c.signs.clone();
    signs.sort_unstable();
    signs.dedup();
    let alarms = alarms(c, kind);
    let mut decision = due(facts, episode, &alarms)?;
    decision.events.push(Event::CheckedIn {
        episode: c.episode,
        temperature: c.temperature,
        spo2: c.spo2,
        signs,
        alarms,
        note: c.note.trim().to_owned(),
    });
    Ok(decision)
}

/// A household speaks for its own members.
fn own_household(facts: &Facts<'_, Command>, episode: &Episode) -> Result<(), Refusal> {
    let Some(id) = facts.asked.actor.user.strip_prefix(HOUSEHOLD) else { return Ok(()) };
    match episode.household {
        Some(own) if own.to_string() == id => Ok(()),
        _ => Err(Refusal::new("not-your-household")),
    }
}

fn within(field: &str, value: Option<f64>, low: f64, high: f64) -> Result<(), Refusal> {
    match value {
        Some(value) if !(low..=high).contains(&value) => Err(Refusal::new("measure-out-of-range")
            .with("field", field)
            .with("low", low)
            .with("high", high)),
        _ => Ok(()),
    }
}

/// An alarm is to be answered within a time; the clock runs from the first one.
fn due(facts: &Facts<'_, Command>, episode: &Episode, alarms: &[Alarm]) -> Decided {
    let answer = facts.edition.care().ok().and_then(|care| care.alarm.as_ref());
    match answer {
        Some(within) if !alarms.is_empty() && episode.alarm_at.is_none() => {
            hand_home(facts, episode, AT_HOME, Some(facts.at() + within.value))
        }
        _ => Ok(Decision::default()),
    }
}

/// A look answers an alarm that was raised before it: the clock is that of the time at home again.
pub(super) fn calm(facts: &Facts<'_, Command>, episode: &Episode) -> Decided {
    match (episode.stage, episode.home, episode.alarm_at) {
        (Stage::Home, Some((_, until)), Some(raised)) if raised <= facts.at() => {
            hand_home(facts, episode, AT_HOME, until)
        }
        _ => Ok(Decision::default()),
    }
}
