//! What at the care desk follows from what happens to cases, and the other way round.

use care::{Condition, Leaving, Patient, Reaction};
use cases::{Case, Close, Ending, Field, Judged, Observe};
use ledger::{Asked, Decision, Desk, Result, Units};
use registry::identity::Sex;
use store::Connection;
use types::{Micros, PersonId, PlaceCode, Refusal, UnitId};

use crate::adopt::open_infections;
use crate::{Event, House, State};

/// Loads the episodes of every case that the group touches, and the cases of every episode that it does.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    care: &[Asked<'_, care::Command>],
) -> Result<()> {
    let mut cases: Vec<UnitId> = Vec::new();
    for asked in care {
        match asked.command {
            care::Command::Adopt { cases: adopted } => cases.extend(adopted),
            // Only these lead to something at the cases desk.
            care::Command::Round(_) | care::Command::Release(_) => {
                let episode = asked.command.episodes().and_then(|id| state.care.episode(id));
                cases.extend(episode.map(|episode| episode.case));
            }
            _ => {}
        }
    }
    if !cases.is_empty() {
        house.cases.load_cases(db, units, &mut state.cases, cases).await?;
    }
    let known: Vec<UnitId> = state.cases.loaded().collect();
    let persons: Vec<PersonId> = state.cases.known_persons().collect();
    if known.is_empty() && persons.is_empty() {
        return Ok(());
    }
    house.care.load_cases(db, units, &mut state.care, known, persons).await
}

/// A command of the care desk, with what it leads to at the cases desk.
pub(crate) fn decide(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, care::Command>,
    now: Micros,
) -> std::result::Result<Decision<Event>, Refusal> {
    if let care::Command::Adopt { cases } = asked.command {
        return adopt(house, units, state, asked, cases, now);
    }
    let decided = house.care.decide(units, &state.care, asked, now)?;
    let said = match asked.command {
        care::Command::Round(round) if !round.observation.is_empty() => {
            let case = state.care.episode(round.episode).map(|episode| episode.case);
            case.map(|case| {
                let observation = round.observation.clone();
                cases::Command::Observe(Observe { case, observation })
            })
        }
        care::Command::Release(release) => {
            let left = decided.events.iter().find_map(|event| match event {
                care::Event::Left { leaving, .. } => Some(*leaving),
                _ => None,
            });
            let case = state.care.episode(release.episode).map(|episode| episode.case);
            left.zip(case).map(|(leaving, case)| {
                let ending = match leaving {
                    Leaving::Discharged => Ending::Discharged,
                    Leaving::Released => Ending::Released,
                };
                let note = release.reason.clone();
                cases::Command::Close(Close { case, ending, note })
            })
        }
        _ => None,
    };
    let mut decision = decided.map(Event::Care);
    let Some(said) = said else { return Ok(decision) };
    // The case may belong to another county than the facility.
    let case = match &said {
        cases::Command::Observe(c) => c.case,
        cases::Command::Close(c) => c.case,
        _ => return Ok(decision),
    };
    let of_case = Asked { area: case.area(), ..asked.with(&said) };
    match house.cases.decide(units, &state.cases, of_case, now) {
        Ok(follows) => {
            // That the case is closed follows from the release; it is no other one.
            let judged: Vec<cases::Event> = follows
                .events
                .iter()
                .filter(|event| !matches!(event, cases::Event::Closed { .. }))
                .cloned()
                .collect();
            let waits = to_cases(house, units, state, asked, &judged, now)?;
            decision.join(follows.map(Event::Cases));
            decision.join(waits.map(Event::Care));
        }
        // It had been closed before, by a line list or by hand: the person leaves all the same.
        Err(refusal) if refusal.code == "case-has-ended" => decision.notes.push(refusal),
        Err(refusal) => return Err(refusal),
    }
    Ok(decision)
}

fn adopt(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, care::Command>,
    cases: &[UnitId],
    now: Micros,
) -> std::result::Result<Decision<Event>, Refusal> {
    let reactions: Vec<Reaction> = open_infections(state, asked.area, cases)?
        .filter(|case| state.care.of_case(case.id).is_none())
        .map(|case| patient(case, &case.judged, true, now))
        .collect();
    if reactions.is_empty() {
        return Err(Refusal::new("nothing-to-queue"));
    }
    let decision = house.care.react(units, &state.care, asked, now, &reactions)?;
    Ok(decision.map(Event::Care))
}

fn condition(judged: &Judged) -> Condition {
    Condition { severity: judged.severity, high_risk: !judged.risks.is_empty() }
}

fn patient(case: &Case, judged: &Judged, goes_on: bool, now: Micros) -> Reaction {
    Reaction::Infected(Box::new(Patient {
        case: case.id,
        person: case.person,
        household: None,
        sex: case.sex,
        age_months: case.age().months_at(now),
        place: case.place(),
        since: case.found_at,
        class: judged.class,
        condition: condition(judged),
        goes_on,
    }))
}

/// What follows at the care desk from facts of the cases desk that are about to be.
pub(crate) fn to_cases<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    events: &[cases::Event],
    now: Micros,
) -> std::result::Result<Decision<care::Event>, Refusal> {
    let reactions: Vec<Reaction> =
        events.iter().flat_map(|event| reaction(state, events, event, now)).collect();
    if reactions.is_empty() {
        return Ok(Decision::default());
    }
    house.care.react(units, &state.care, asked, now, &reactions)
}

fn reaction(
    state: &State,
    events: &[cases::Event],
    event: &cases::Event,
    now: Micros,
) -> Vec<Reaction> {
    use cases::Event as E;
    if let E::Merged { keep, gone, judged, .. } = event {
        let other = state.care.of_case(*gone).is_some();
        let merged = other.then_some(Reaction::Merged { keep: *keep, gone: *gone });
        let kept = judged_as(state, events, *keep, judged, now);
        return merged.into_iter().chain(kept).collect();
    }
    alone(state, events, event, now).into_iter().collect()
}

fn alone(
    state: &State,
    events: &[cases::Event],
    event: &cases::Event,
    now: Micros,
) -> Option<Reaction> {
    use cases::Event as E;
    match event {
        E::Opened(opened) => opened_as(opened, now),
        E::PositiveAdded { case, judged, .. }
        | E::PositiveWithdrawn { case, judged, .. }
        | E::Observed { case, judged, .. }
        | E::ClassStated { case, judged, .. }
        // With the registry's year of birth somebody may be at high risk.
        | E::PersonLinked { case, judged, .. }
        | E::PersonUnlinked { case, judged, .. } => judged_as(state, events, *case, judged, now),
        E::Unmerged { case, .. } => {
            let row = state.cases.case(*case)?;
            let goes_on = row.ending.is_none() && row.class().is_infection();
            goes_on.then(|| patient(row, &row.judged, true, now))
        }
        E::Closed { case, ending, note } => match ending {
            Ending::NoCase => Some(ended(*case, care::Ended::Correction, note)),
            Ending::Died => Some(ended(*case, care::Ended::Died, note)),
            Ending::Discharged | Ending::Released => {
                Some(Reaction::HandClosed { case: *case, note: note.clone() })
            }
            Ending::Merged => None,
        },
        E::Reopened { case, .. } => {
            let row = state.cases.case(*case)?;
            // A positive that is back speaks for itself.
            let told =
                events.iter().any(|e| matches!(e, E::PositiveAdded { case: c, .. } if c == case));
            (!told && row.class().is_infection()).then(|| patient(row, &row.judged, true, now))
        }
        E::Merged { .. }
        | E::Edited { .. }
        | E::Reported { .. }
        | E::PairSettled { .. }
        | E::Published { .. } => None,
    }
}

fn ended(case: UnitId, how: care::Ended, note: &str) -> Reaction {
    Reaction::Ended { case, how, note: note.to_owned() }
}

fn opened_as(o: &cases::Opened, now: Micros) -> Option<Reaction> {
    if o.ended.is_some() || !o.judged.class.is_infection() {
        return None;
    }
    let age = cases::classify::Age {
        months: o.age_months.map(|months| (months, o.found_at)),
        birth_year: o.birth_year,
    };
    let place = o.fields.get(&Field::Place).and_then(|text| PlaceCode::parse(text).ok());
    let sex: Option<Sex> = o.sex;
    Some(Reaction::Infected(Box::new(Patient {
        case: o.case,
        person: o.person,
        household: None,
        sex,
        age_months: age.months_at(now),
        place,
        since: o.found_at,
        class: o.judged.class,
        condition: condition(&o.judged),
        goes_on: true,
    })))
}

fn judged_as(
    state: &State,
    events: &[cases::Event],
    case: UnitId,
    judged: &Judged,
    now: Micros,
) -> Option<Reaction> {
    use cases::Event as E;
    let row = state.cases.case(case)?;
    if row.merged_into.is_some() {
        return None;
    }
    let back = events.iter().any(|e| matches!(e, E::Reopened { case: c, .. } if *c == case));
    let over = events.iter().any(|e| matches!(e, E::Closed { case: c, .. } if *c == case));
    if !judged.class.is_infection() {
        // Nothing shows an infection any more, and the case goes on as a suspicion.
        let known = state.care.of_case(case).is_some();
        return (known && !over).then(|| ended(case, care::Ended::Correction, ""));
    }
    Some(patient(row, judged, back || (row.ending.is_none() && !over), now))
}
