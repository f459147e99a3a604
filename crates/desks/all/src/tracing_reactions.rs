//! What at the tracing desk follows from what happens to results and to cases.

use cases::{Case, Ending, Field, Judged};
use ledger::{Asked, Decision, Desk, Result, Units};
use store::Connection;
use testing::singles;
use tracing_desk::{Concerned, Infection, Reaction};
use types::{Micros, PersonId, PlaceCode, Refusal, UnitId};

use crate::adopt::open_infections;
use crate::{Event, House, State};

/// Loads the investigations and contacts that the group's results and cases concern. `doubtful` are the
/// cases that commands about cases and results are about.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    (testing, tracing): (&[Asked<'_, testing::Command>], &[Asked<'_, tracing_desk::Command>]),
    doubtful: Vec<UnitId>,
) -> Result<()> {
    let mut adopted: Vec<UnitId> = Vec::new();
    for asked in tracing {
        if let tracing_desk::Command::Adopt { cases } = asked.command {
            adopted.extend(cases);
        }
    }
    if !adopted.is_empty() {
        house.cases.load_cases(db, units, &mut state.cases, adopted).await?;
    }
    let cases: Vec<UnitId> = state.cases.loaded().collect();
    let mut turning: Vec<PersonId> = state.cases.sought_persons().collect();
    turning.extend(cases.iter().filter_map(|id| state.cases.case(*id)).map(|case| case.person));
    let tested = singles::concerned(&state.testing, testing);
    let concerned = Concerned { cases, doubtful, turning, tested };
    house.tracing.load_concerned(db, units, &mut state.tracing, concerned).await
}

/// A command of the tracing desk.
pub(crate) fn decide(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, tracing_desk::Command>,
    now: Micros,
) -> std::result::Result<Decision<Event>, Refusal> {
    let tracing_desk::Command::Adopt { cases } = asked.command else {
        let decided = house.tracing.decide(units, &state.tracing, asked, now)?;
        return Ok(decided.map(Event::Tracing));
    };
    let unknown = |case: &&Case| {
        let id = tracing_desk::investigation_of(case.id);
        state.tracing.investigation(id).is_none()
    };
    let reactions: Vec<Reaction> = open_infections(state, asked.area, cases)?
        .filter(unknown)
        .map(|case| infection(house, case, &[], true))
        .collect();
    if reactions.is_empty() {
        return Err(Refusal::new("nothing-to-investigate"));
    }
    let decision = house.tracing.react(units, &state.tracing, asked, now, &reactions)?;
    Ok(decision.map(Event::Tracing))
}

/// What follows from released results, and from the cases that they open and close.
pub(crate) fn to_results(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, testing::Command>,
    (results, cases): (&[testing::Event], &[cases::Event]),
    now: Micros,
) -> std::result::Result<Decision<tracing_desk::Event>, Refusal> {
    let tested = singles::results(&state.testing, results).into_iter();
    let mut reactions: Vec<Reaction> = tested
        .filter(|single| state.tracing.open_of(single.person).is_some())
        .map(|single| Reaction::Tested {
            person: single.person,
            at: single.sampled_at,
            positive: single.positive,
            tube: single.tube,
        })
        .collect();
    reactions.extend(cases.iter().filter_map(|event| reaction(house, state, cases, event)));
    if reactions.is_empty() {
        return Ok(Decision::default());
    }
    house.tracing.react(units, &state.tracing, asked, now, &reactions)
}

/// What follows from facts of the cases desk that are about to be.
pub(crate) fn to_cases<C>(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, C>,
    events: &[cases::Event],
    now: Micros,
) -> std::result::Result<Decision<tracing_desk::Event>, Refusal> {
    let reactions: Vec<Reaction> =
        events.iter().filter_map(|event| reaction(house, state, events, event)).collect();
    if reactions.is_empty() {
        return Ok(Decision::default());
    }
    house.tracing.react(units, &state.tracing, asked, now, &reactions)
}

/// What a fact of the cases desk that is about to be says of an infection.
pub(crate) fn reaction(
    house: &House,
    state: &State,
    events: &[cases::Event],
    event: &cases::Event,
) -> Option<Reaction> {
    use cases::Event as E;
    match event {
        E::Opened(o) => {
            if !o.judged.class.is_infection() {
                return None;
            }
            let field = |field| o.fields.get(&field).map(String::as_str);
            Some(Reaction::Infected(Box::new(Infection {
                case: o.case,
                person: o.person,
                person_area: o.person_area,
                place: field(Field::Place).and_then(|text| PlaceCode::parse(text).ok()),
                since: o.found_at,
                onset: field(Field::Onset).and_then(|text| house.tracing.onset(text)),
                goes_on: o.ended.is_none(),
            })))
        }
        E::PositiveAdded { case, judged, .. }
        | E::PositiveWithdrawn { case, judged, .. }
        | E::Observed { case, judged, .. }
        | E::ClassStated { case, judged, .. }
        | E::PersonLinked { case, judged, .. }
        | E::PersonUnlinked { case, judged, .. } => judged_as(house, state, events, *case, judged),
        E::Edited { case, .. } | E::Reopened { case, .. } => {
            let row = state.cases.case(*case)?;
            // A positive that is back speaks for itself.
            let told =
                events.iter().any(|e| matches!(e, E::PositiveAdded { case: c, .. } if c == case));
            let goes_on = row.merged_into.is_none()
                && (row.ending.is_none() || matches!(event, E::Reopened { .. }));
            (!told && row.class().is_infection()).then(|| infection(house, row, events, goes_on))
        }
        E::Unmerged { case, .. } => {
            let row = state.cases.case(*case)?;
            let goes_on = row.ending.is_none() && row.class().is_infection();
            goes_on.then(|| infection(house, row, events, true))
        }
        E::Closed { case, ending: Ending::NoCase, .. } => Some(Reaction::NoCase(*case)),
        E::Merged { keep, gone, .. } => Some(Reaction::Merged { keep: *keep, gone: *gone }),
        E::Closed { .. } | E::Reported { .. } | E::PairSettled { .. } | E::Published { .. } => None,
    }
}

fn judged_as(
    house: &House,
    state: &State,
    events: &[cases::Event],
    case: UnitId,
    judged: &Judged,
) -> Option<Reaction> {
    use cases::Event as E;
    let row = state.cases.case(case)?;
    if row.merged_into.is_some() {
        return None;
    }
    let back = events.iter().any(|e| matches!(e, E::Reopened { case: c, .. } if *c == case));
    let over = events.iter().any(|e| matches!(e, E::Closed { case: c, .. } if *c == case));
    if !judged.class.is_infection() {
        // Nothing shows an infection any more, and the case goes on as a suspicion; that it is over as
        // none says the event that closes it.
        return (!over).then_some(Reaction::NoCase(case));
    }
    let goes_on = back || (row.ending.is_none() && !over);
    Some(infection(house, row, events, goes_on))
}

/// A case as it will be after the facts.
fn infection(house: &House, row: &Case, events: &[cases::Event], goes_on: bool) -> Reaction {
    use cases::Event as E;
    let mut fields = row.fields.clone();
    let (mut person, mut person_area) = (row.person, row.person_area);
    for event in events {
        match event {
            E::Edited { case, now, .. } if *case == row.id => {
                fields.extend(now.iter().map(|(field, text)| (*field, text.clone())));
            }
            E::PersonLinked { case, person: linked, person_area: area, .. } if *case == row.id => {
                (person, person_area) = (*linked, Some(*area));
            }
            E::PersonUnlinked { case, .. } if *case == row.id => {
                (person, person_area) = (row.sealed_for(), None);
            }
            _ => {}
        }
    }
    let field = |field| fields.get(&field).map(String::as_str);
    Reaction::Infected(Box::new(Infection {
        case: row.id,
        person,
        person_area,
        place: field(Field::Place).and_then(|text| PlaceCode::parse(text).ok()),
        since: row.found_at,
        onset: field(Field::Onset).and_then(|text| house.tracing.onset(text)),
        goes_on,
    }))
}
