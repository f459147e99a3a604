//! What at the zero desk follows from what happens to results and to cases: a certificate that they contradict
//! is withdrawn in the same entry of the journal.

use ledger::{Asked, Decision, Desk, Result, Units};
use store::Connection;
use testing::pools::{self, NotNegative};
use types::{Micros, Refusal};
use zero::{Infection, Reaction};

use crate::reactions::found_in;
use crate::{Event, House, State};

/// Loads the certificates that the group's results and cases may contradict. `cases` is whether it has
/// commands about cases, `earliest` when the first of its commands happened.
pub(crate) async fn load(
    house: &House,
    db: &mut Connection,
    units: &mut Units,
    state: &mut State,
    (zero, cases): (&[Asked<'_, zero::Command>], bool),
    earliest: Option<Micros>,
) -> Result<()> {
    if !zero.is_empty() {
        house.zero.load_commands(db, units, &mut state.zero, zero).await?;
    }
    let of_cases = cases || state.cases.loaded().next().is_some();
    let of_persons = state.cases.sought_persons().next().is_some();
    match earliest.filter(|_| of_cases || of_persons) {
        Some(at) => house.zero.load_standing(db, &mut state.zero, at).await,
        None => Ok(()),
    }
}

/// A command of the zero desk.
pub(crate) fn decide(
    house: &House,
    units: &Units,
    state: &State,
    asked: Asked<'_, zero::Command>,
    now: Micros,
) -> std::result::Result<Decision<Event>, Refusal> {
    let decided = house.zero.decide(units, &state.zero, asked, now)?;
    // What this very group has found is not in the numbers yet that the certificate was made from.
    for event in &decided.events {
        let zero::Event::Signed { document, .. } = event else { continue };
        let mut infections =
            state.cases.loaded().filter_map(|id| state.cases.case(id)).filter_map(Infection::of);
        let found = infections.any(|found| document.counts(&found));
        let mut sweeps = state.zones.loaded_sweeps();
        let swept = sweeps.any(|sweep| {
            let unfinished = sweep.closed_at.is_none() || sweep.open_strays > 0;
            let asked = document.items.iter().any(|item| item.what.is_unseen());
            asked && unfinished && document.ground.holds(sweep.area(), Some(&sweep.place))
        });
        let mut tubes = pools::open(&state.testing).into_iter();
        let unsettled = |tube: NotNegative| {
            let told = tube.zone.map(found_in);
            let community = told.is_none_or(|found| document.community.contains(&found));
            community && document.is_about(tube.area, Some(&tube.place), tube.sampled_at)
        };
        if found || swept || tubes.any(unsettled) {
            return Err(Refusal::new("zero-changing"));
        }
    }
    Ok(decided.map(Event::Zero))
}

/// What follows at the zero desk from the facts of a decision.
pub(crate) fn to_decision<C>(
    house: &House,
    state: &State,
    asked: Asked<'_, C>,
    decision: &mut Decision<Event>,
    now: Micros,
) {
    if state.zero.standing().next().is_none() {
        return;
    }
    let mut testing: Vec<testing::Event> = Vec::new();
    let mut cases: Vec<cases::Event> = Vec::new();
    for event in &decision.events {
        match event {
            Event::Testing(
                event @ (testing::Event::Recalled(_) | testing::Event::Collected(_)),
            ) => {
                testing.push(event.clone());
            }
            Event::Cases(event) => cases.push(event.clone()),
            _ => {}
        }
    }
    let changes = cases::after::changes(&state.cases, &asked.entry(now), &cases);
    let mut reactions: Vec<Reaction> = changes
        .iter()
        .filter_map(|change| {
            let after = Infection::of(&change.after)?;
            let before = change.before.as_ref().and_then(Infection::of);
            let changed = before.as_ref() != Some(&after);
            changed.then_some(Reaction::Infection { found: after, before })
        })
        .collect();
    reactions.extend(pools::found(&state.testing, &testing).into_iter().map(|tube| {
        Reaction::Pool {
            tube: tube.tube,
            area: tube.area,
            place: Some(tube.place),
            found_in: tube.zone.map(found_in),
            sampled_at: tube.sampled_at,
        }
    }));
    if reactions.is_empty() {
        return;
    }
    let follows = house.zero.react(&state.zero, asked, now, &reactions);
    decision.join(follows.map(Event::Zero));
}
