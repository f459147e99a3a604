//! What each fact does to the rows and the counters. Pure and total: it never refuses.

mod carry;
mod collect;
mod correct;
mod dispute;
mod laboratory;

use ledger::{Entry, Units};
use types::{AreaCode, Micros, PlaceCode, RoundId, UnitId};

use crate::event::{Event, Exempted};
use crate::rows::{Round, join_places};
use crate::state::{Stage, State};
use crate::words::VisitOutcome;

/// The key of a round's counters.
type RoundKey = (AreaCode, RoundId);

pub(crate) fn apply(units: &Units, state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::RoundOpened(round) => state.put_round(Round {
            id: round.round,
            name_zh: round.name_zh.clone(),
            name_en: round.name_en.clone(),
            number: i64::from(round.number),
            places: join_places(&round.places),
            starts_at: round.starts_at,
            ends_at: round.ends_at,
            population: i64::try_from(round.population).unwrap_or(i64::MAX),
            prevalence: round.prevalence,
            ordered_hours: round.ordered_hours.map(i64::from),
            closed_at: None,
        }),
        Event::TargetsSet { round, targets } => {
            for target in targets {
                let known = (*round, target.compound.clone());
                let before = state.targets.insert(known, target.persons).unwrap_or(0);
                let key = (entry.area, *round);
                let more = target.persons - before;
                state.count(key, target.compound.as_str(), Stage::Planned, at, more, 0);
                let row = (entry.area, *round, target.compound.clone());
                state.new_targets.insert(row, (target.persons, target.zone.as_str()));
            }
        }
        Event::SitesPlanned { round, sites } => {
            for site in sites {
                let slots: Vec<String> = site
                    .slots
                    .iter()
                    .map(|s| format!("{} {} {}", s.compound, s.from.0, s.until.0))
                    .collect();
                let row = (entry.area, *round, site.site.as_str().to_owned());
                let values = [
                    (&site.community).into(),
                    slots.join("\n").into(),
                    site.stands.into(),
                    site.samplers.into(),
                    site.persons.into(),
                ];
                state.new_plans.insert(row, values);
            }
        }
        Event::RoundClosed { round } => {
            if let Some(round) = state.round_mut(*round) {
                round.closed_at.get_or_insert(at);
            }
        }
        Event::CapacitySet(capacity) => {
            let row = (entry.area, capacity.lab.as_str().to_owned(), capacity.from);
            let values =
                [capacity.claimed.into(), capacity.staffed.into(), capacity.source.as_str().into()];
            state.new_capacities.insert(row, values);
        }
        Event::Exempted(exempted) => exempt(state, entry, exempted),
        Event::Collected(collected) => collect::collect(units, state, entry, collected),
        Event::ClaimedAgain(collected) => collect::claim_again(state, entry, collected),
        Event::Packed { box_, tubes, holder } => {
            state.box_mut(*box_).site.get_or_insert_with(|| holder.as_str().to_owned());
            for tube in tubes {
                if state.tubes.get(tube).is_some_and(crate::rows::Tube::is_collected) {
                    carry::load_into(state, *tube, *box_);
                }
                find(units, state, *tube, at);
            }
        }
        Event::BoxSealed { box_ } => {
            state.box_mut(*box_).sealed_at.get_or_insert(at);
        }
        Event::Carried { unit, leg, taker } => {
            carry::carry(state, *unit, *leg, taker, at);
            find(units, state, *unit, at);
        }
        Event::Unboxed { box_, lab, tubes, missing, surplus } => {
            carry::unbox(state, entry, (*box_, lab), tubes, missing, surplus);
            tubes.iter().chain(surplus).for_each(|tube| find(units, state, *tube, at));
        }
        Event::Loaded { plate, lab, wells } => {
            laboratory::load_plate(state, entry, plate, lab, wells);
            wells.iter().for_each(|well| find(units, state, well.tube, at));
        }
        Event::Resulted(result) => {
            laboratory::record(state, entry, result);
            find(units, state, result.tube, at);
        }
        Event::Reported { tube, settles, but } => {
            laboratory::report(state, *tube, (*settles, but), at)
        }
        Event::Faulted { tube, fault, .. } => {
            let row = state.tube_mut(*tube);
            row.fault.get_or_insert_with(|| fault.as_str().to_owned());
            if let Some((key, place)) = tube_key(state, *tube) {
                state.count(key, &place, Stage::Faulty, at, 0, 1);
            }
        }
        Event::Recalled(recalled) => laboratory::recall(state, entry, recalled),
        Event::RecallSampled { recall, tube, at: sampled_at } => {
            if let Some(row) = state.recall_mut(*recall) {
                row.tube = Some(*tube);
                row.sampled_at = Some(sampled_at.unwrap_or(at));
            }
        }
        Event::RecallReopened { recall } => {
            if let Some(row) = state.recall_mut(*recall) {
                row.tube = None;
                row.sampled_at = None;
            }
        }
        Event::RecallClosed { recall, how, beside } => {
            laboratory::end_recall(state, *recall, (*how, *beside), at)
        }
        Event::MemberCorrected { tube, position, was, person, home, repeat, instead, .. } => {
            let is = (*person, home.as_ref(), *repeat);
            correct::member(state, *tube, *position, *was, is, at);
            if let Some(counts) = instead {
                correct::counts_in(state, *was, *counts, at);
            }
        }
        Event::Resolved { unit, void_command, .. } => {
            dispute::set_aside(state, *unit, *void_command)
        }
        Event::Refilled { tube, was, by } => dispute::refill(units, state, entry, *tube, *was, *by),
        Event::Visited { round, person, outcome, note } => {
            let word = match outcome {
                VisitOutcome::Found => "found",
                VisitOutcome::Absent => "absent",
                VisitOutcome::Refused => "refused",
                VisitOutcome::Moved => "moved",
            };
            state.new_visits.extend([
                entry.area.into(),
                (*round).into(),
                (*person).into(),
                entry.command.into(),
                word.into(),
                note.clone().into(),
                entry.actor.as_str().into(),
                at.into(),
            ]);
        }
        Event::Confirmed { .. } => {}
    }
}

/// A tube that was lost has turned up since, by the ledger's word: it may give a result after
/// all. The recalls that it led to stay until it does.
fn find(units: &Units, state: &mut State, tube: UnitId, at: Micros) {
    let lost = |row: &crate::rows::Tube| row.fault.as_deref() == Some(ledger::LOST);
    let found = |closed: &(String, Micros)| closed.0 != ledger::LOST;
    let found = units.custody(tube).is_some_and(|c| c.closed.as_ref().is_none_or(found));
    if !found || !state.tubes.get(&tube).is_some_and(lost) {
        return;
    }
    state.tube_mut(tube).fault = None;
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Faulty, at, 0, -1);
    }
}

/// The counters that a tube belongs to, with its community; `None` before its filling is known.
pub(super) fn tube_key(state: &State, tube: UnitId) -> Option<(RoundKey, String)> {
    let row = state.tubes.get(&tube)?;
    let community = row.community.clone()?;
    let area = PlaceCode::parse(&community).ok().and_then(|p| p.area())?;
    Some(((area, row.round?), community))
}

fn exempt(state: &mut State, entry: &Entry, exempted: &Exempted) {
    let home = exempted.home.as_ref();
    let area = home.and_then(PlaceCode::area).unwrap_or(entry.area);
    let place = home.map_or("", PlaceCode::as_str);
    if state.exempt.insert((exempted.round, exempted.person)) {
        state.count((area, exempted.round), place, Stage::Exempt, entry.event_time, 1, 0);
    }
    let values = [
        exempted.reason.as_str().into(),
        exempted.evidence.clone().into(),
        exempted.until.into(),
        entry.actor.as_str().into(),
        place.into(),
    ];
    state.new_exemptions.insert((area, exempted.round, exempted.person), values);
}
