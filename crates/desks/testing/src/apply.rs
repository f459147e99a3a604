//! What each fact does to the rows and the counters. Pure and total: it never refuses.

use ledger::{Entry, Units};
use store::Value;
use types::{AreaCode, HolderCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use crate::command::{Reading, ResultStatus, Well};
use crate::event::{Collected, Event, Exempted, Leg, RecallEnd, Recalled, Resulted};
use crate::rows::{Amount, Claim, Recall, Round, join_places};
use crate::state::{Stage, State, Step, text_of};

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
        Event::Collected(collected) => collect(units, state, entry, collected),
        Event::ClaimedAgain(collected) => claim_again(state, entry, collected),
        Event::Packed { box_, tubes, holder } => {
            state.box_mut(*box_).site.get_or_insert_with(|| holder.as_str().to_owned());
            for tube in tubes {
                if state.tubes.get(tube).is_some_and(crate::rows::Tube::is_collected) {
                    load_into(state, *tube, *box_);
                }
            }
        }
        Event::BoxSealed { box_ } => {
            state.box_mut(*box_).sealed_at.get_or_insert(at);
        }
        Event::Carried { unit, leg, taker } => carry(state, *unit, *leg, taker, at),
        Event::Unboxed { box_, lab, tubes, missing, surplus } => {
            unbox(state, entry, (*box_, lab), tubes, missing, surplus);
        }
        Event::Loaded { plate, lab, wells } => load_plate(state, entry, plate, lab, wells),
        Event::Resulted(result) => record(state, entry, result),
        Event::Reported { tube, settles } => report(state, *tube, *settles, at),
        Event::Faulted { tube, fault, .. } => {
            let row = state.tube_mut(*tube);
            row.fault.get_or_insert_with(|| fault.as_str().to_owned());
            if let Some((key, place)) = tube_key(state, *tube) {
                state.count(key, &place, Stage::Faulty, at, 0, 1);
            }
        }
        Event::Recalled(recalled) => recall(state, entry, recalled),
        Event::RecallSampled { recall, tube } => {
            if let Some(row) = state.recall_mut(*recall) {
                row.tube = Some(*tube);
                row.sampled_at = Some(at);
            }
        }
        Event::RecallReopened { recall } => {
            if let Some(row) = state.recall_mut(*recall) {
                row.tube = None;
                row.sampled_at = None;
            }
        }
        Event::RecallClosed { recall, how } => end_recall(state, *recall, *how, at),
        Event::MemberCorrected { tube, position, was, person, home, .. } => {
            correct(state, *tube, *position, *was, *person, home.as_ref());
        }
        Event::Resolved { unit, void_command, .. } => {
            if let Some(claim) = state.claim_mut((*unit, void_command.bytes())) {
                claim.void = true;
                let tube = state.tube_mut(*unit);
                tube.claims = (tube.claims - 1).max(1);
            }
        }
        Event::Visited { round, person, outcome, note } => {
            let word = match outcome {
                crate::command::VisitOutcome::Found => "found",
                crate::command::VisitOutcome::Absent => "absent",
                crate::command::VisitOutcome::Refused => "refused",
                crate::command::VisitOutcome::Moved => "moved",
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

/// The counters that a tube belongs to, with its community; `None` before its filling is known.
fn tube_key(state: &State, tube: UnitId) -> Option<(RoundKey, String)> {
    let row = state.tubes.get(&tube)?;
    let community = row.community.clone()?;
    let area = PlaceCode::parse(&community).ok().and_then(|p| p.area())?;
    Some(((area, row.round?), community))
}

fn exempt(state: &mut State, entry: &Entry, exempted: &Exempted) {
    let home = exempted.home.as_ref();
    let area = home.and_then(PlaceCode::area).unwrap_or(entry.area);
    if state.exempt.insert((exempted.round, exempted.person)) {
        let place = home.map_or("", PlaceCode::as_str);
        state.count((area, exempted.round), place, Stage::Exempt, entry.event_time, 1, 0);
    }
    let values = [
        exempted.reason.as_str().into(),
        exempted.evidence.clone().into(),
        exempted.until.into(),
        entry.actor.as_str().into(),
    ];
    state.new_exemptions.insert((area, exempted.round, exempted.person), values);
}

fn collect(units: &Units, state: &mut State, entry: &Entry, c: &Collected) {
    let at = entry.event_time;
    let row = state.tube_mut(c.tube);
    row.round = Some(c.round);
    row.barcode.clone_from(&c.barcode);
    row.site = text_of(&c.site);
    row.community = Some(c.community.as_str().to_owned());
    row.mode = Some(c.mode);
    row.zone = Some(c.zone.as_str().to_owned());
    row.members.clone_from(&c.members);
    row.homes.clone_from(&c.homes);
    row.started_at = Some(c.started_at);
    row.collected_at = Some(at);
    row.claims = 1;
    let earlier = row.clone();

    let area = c.community.area().unwrap_or(entry.area);
    let key = (area, c.round);
    let swabs = c.members.len() as i64;
    state.count(key, c.community.as_str(), Stage::Collected, at, swabs, 1);
    count_swabs(state, area, c, at);
    write_swabs(state, area, c, at, 0);

    // What was recorded before the filling was known is counted now.
    let place = c.community.as_str();
    let lab = earlier.lab.as_deref();
    for (known, stage) in [
        (earlier.sent_at.is_some(), Stage::Sent),
        (earlier.received_at.is_some(), Stage::Received),
        (earlier.loaded_at.is_some(), Stage::Loaded),
    ] {
        if known {
            state.count(key, place, stage, at, swabs, 1);
            if let Some(lab) = lab.filter(|_| stage != Stage::Sent) {
                state.count_lab(key.0, lab, stage, at, 1);
            }
        }
    }
    if earlier.fault.is_some() {
        state.count(key, place, Stage::Faulty, at, 0, 1);
    }
    if let (Some(reading), Some("final" | "corrected")) =
        (earlier.reading, earlier.status.as_deref())
    {
        state.count(key, place, Stage::Tested, at, swabs, 1);
        if let Some(lab) = lab {
            state.count_lab(key.0, lab, Stage::Tested, at, 1);
        }
        if reading != Reading::Negative {
            state.count(key, place, Stage::NotNegative, at, swabs, 1);
        }
    }
    let parent = units.custody(c.tube).and_then(|custody| custody.parent);
    if let Some(box_) = parent {
        load_into(state, c.tube, box_);
    }
}

fn count_swabs(state: &mut State, area: AreaCode, c: &Collected, at: Micros) {
    for member in &c.members {
        let home = member.home.and_then(|h| c.homes.get(usize::from(h)));
        let key = (home.and_then(PlaceCode::area).unwrap_or(area), c.round);
        let place = home.map_or(c.community.as_str(), PlaceCode::as_str);
        let stage = match (home, member.repeat) {
            (_, true) => Stage::Repeat,
            (Some(_), false) => Stage::Sampled,
            (None, false) => Stage::Unregistered,
        };
        state.count(key, place, stage, at, 1, 0);
    }
}

/// Swabs of a second claim stand from this position on, so that both groups are told apart.
const CLAIM_OFFSET: i64 = 100;

fn write_swabs(state: &mut State, area: AreaCode, c: &Collected, at: Micros, offset: i64) {
    for (n, member) in c.members.iter().enumerate() {
        let home = member.home.and_then(|h| c.homes.get(usize::from(h)));
        let area = home.and_then(PlaceCode::area).unwrap_or(area);
        let position = offset + n as i64 + 1;
        state.swabs.insert((area, member.person, c.round, c.tube), (position, at, false));
        state.swabbed.insert((c.round, member.person));
    }
}

fn claim_again(state: &mut State, entry: &Entry, c: &Collected) {
    let at = entry.event_time;
    let area = c.community.area().unwrap_or(entry.area);
    state.tube_mut(c.tube).claims += 1;
    count_swabs(state, area, c, at);
    write_swabs(state, area, c, at, CLAIM_OFFSET);
    let claim = Claim {
        site: c.site.as_str().to_owned(),
        actor: entry.actor.clone(),
        collected_at: at,
        members: c.members.clone(),
        homes: c.homes.clone(),
        void: false,
    };
    state.put_claim((c.tube, entry.command.bytes()), claim);
}

/// Adds a tube whose filling is known to a box's load, and catches up with what the box has
/// been through already.
fn load_into(state: &mut State, tube: UnitId, box_: UnitId) {
    let Some((key, place)) = tube_key(state, tube) else { return };
    let Some(row) = state.tubes.get(&tube) else { return };
    let (swabs, collected_at) = (row.members.len() as i64, row.collected_at);
    let (sent, received) = (row.sent_at.is_some(), row.received_at.is_some());
    let into = state.box_mut(box_);
    let amount = into.load.entry((key.0, key.1, place.clone())).or_default();
    amount.tubes += 1;
    amount.persons += swabs;
    into.oldest = match (into.oldest, collected_at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let (sent_at, received_at) = (into.sent_at, into.received_at);
    if let Some(at) = sent_at.filter(|_| !sent) {
        state.count(key, &place, Stage::Sent, at, swabs, 1);
    }
    if let Some(at) = received_at.filter(|_| !received) {
        state.count(key, &place, Stage::Received, at, swabs, 1);
    }
}

fn carry(state: &mut State, unit: UnitId, leg: Leg, taker: &HolderCode, at: Micros) {
    if leg == Leg::Elsewhere {
        return;
    }
    let in_lab = leg == Leg::Lab;
    if unit.kind() == crate::BOX {
        let row = state.box_mut(unit);
        let first_sent = row.sent_at.is_none();
        let first_received = in_lab && row.received_at.is_none();
        // What a laboratory has received was sent, whether or not the courier recorded it.
        row.sent_at.get_or_insert(at);
        if in_lab {
            row.received_at.get_or_insert(at);
            row.lab = text_of(taker);
        } else {
            row.courier = text_of(taker);
        }
        let load: Vec<(RoundKey, String, Amount)> =
            row.load.iter().map(|((a, r, c), n)| ((*a, *r), c.clone(), *n)).collect();
        for (key, place, n) in load {
            if first_sent {
                state.count(key, &place, Stage::Sent, at, n.persons, n.tubes);
            }
            if first_received {
                // A laboratory's load is the sum over the areas that its tubes come from.
                state.count(key, &place, Stage::Received, at, n.persons, n.tubes);
                state.count_lab(key.0, taker.as_str(), Stage::Received, at, n.tubes);
            }
        }
    } else if unit.kind() == crate::TUBE {
        if !in_lab {
            mark_sent(state, unit, at);
        } else {
            mark_received(state, unit, taker, at);
        }
    }
}

fn mark_sent(state: &mut State, tube: UnitId, at: Micros) {
    let row = state.tube_mut(tube);
    if row.sent_at.is_some() {
        return;
    }
    row.sent_at = Some(at);
    let (swabs, collected_at) = (row.members.len() as i64, row.collected_at);
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Sent, at, swabs, 1);
        state.time(key, Step::Collect, collected_at, Some(at));
    }
}

fn mark_received(state: &mut State, tube: UnitId, lab: &HolderCode, at: Micros) {
    mark_sent(state, tube, at);
    let row = state.tube_mut(tube);
    if row.received_at.is_some() {
        return;
    }
    row.received_at = Some(at);
    row.lab = text_of(lab);
    let (swabs, sent_at) = (row.members.len() as i64, row.sent_at);
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Received, at, swabs, 1);
        state.count_lab(key.0, lab.as_str(), Stage::Received, at, 1);
        state.time(key, Step::Deliver, sent_at, Some(at));
    }
}

fn unbox(
    state: &mut State,
    entry: &Entry,
    (box_, lab): (UnitId, &HolderCode),
    tubes: &[UnitId],
    missing: &[UnitId],
    surplus: &[UnitId],
) {
    let at = entry.event_time;
    let row = state.box_mut(box_);
    row.opened_at.get_or_insert(at);
    row.lab = text_of(lab);
    row.missing += missing.len() as i64;
    row.surplus += surplus.len() as i64;
    let (sent_at, received_at) = (row.sent_at, row.received_at);
    for tube in tubes {
        let row = state.tube_mut(*tube);
        let known_before = row.received_at.is_some();
        // The box has counted these as sent and received, if it was itself.
        if let (Some(sent), Some(received), false) = (sent_at, received_at, known_before) {
            row.sent_at.get_or_insert(sent);
            row.received_at = Some(received);
            row.lab = text_of(lab);
            let collected_at = row.collected_at;
            if let Some((key, _)) = tube_key(state, *tube) {
                state.time(key, Step::Collect, collected_at, Some(sent));
                state.time(key, Step::Deliver, Some(sent), Some(received));
            }
        } else {
            mark_received(state, *tube, lab, at);
        }
    }
    for tube in surplus {
        mark_received(state, *tube, lab, at);
    }
}

fn load_plate(state: &mut State, entry: &Entry, plate: &str, lab: &HolderCode, wells: &[Well]) {
    let at = entry.event_time;
    for well in wells {
        mark_received(state, well.tube, lab, at);
        let row = state.tube_mut(well.tube);
        let first = row.loaded_at.is_none();
        row.loaded_at.get_or_insert(at);
        row.lab = text_of(lab);
        row.plate = Some(plate.to_owned());
        row.well = Some(well.well.clone());
        let (swabs, received_at) = (row.members.len() as i64, row.received_at);
        if let (true, Some((key, place))) = (first, tube_key(state, well.tube)) {
            state.count(key, &place, Stage::Loaded, at, swabs, 1);
            state.count_lab(key.0, lab.as_str(), Stage::Loaded, at, 1);
            state.time(key, Step::Wait, received_at, Some(at));
        }
    }
}

fn status_word(status: ResultStatus) -> &'static str {
    match status {
        ResultStatus::Preliminary => "preliminary",
        ResultStatus::Final => "final",
        ResultStatus::Corrected => "corrected",
    }
}

fn record(state: &mut State, entry: &Entry, r: &Resulted) {
    let at = entry.event_time;
    state.new_results.extend([
        r.tube.area().into(),
        r.tube.into(),
        entry.command.into(),
        (&r.lab).into(),
        status_word(r.status).into(),
        r.reading.as_str().into(),
        r.ct_n.into(),
        r.ct_orf1ab.into(),
        r.ct_control.into(),
        r.tested_at.into(),
        r.rule.clone().into(),
        Value::from(entry.actor.as_str()),
    ]);
    let settled = r.status != ResultStatus::Preliminary;
    if settled {
        mark_received(state, r.tube, &r.lab, at);
    }
    let row = state.tube_mut(r.tube);
    let was_settled = matches!(row.status.as_deref(), Some("final" | "corrected"));
    if was_settled && !settled {
        return; // A preliminary result that comes late changes nothing.
    }
    let was_notable = was_settled && row.reading.is_some_and(|x| x != Reading::Negative);
    row.status = Some(status_word(r.status).to_owned());
    row.reading = Some(r.reading);
    row.ct_n = r.ct_n;
    row.ct_orf1ab = r.ct_orf1ab;
    row.ct_control = r.ct_control;
    row.tested_at = Some(r.tested_at);
    row.lab = text_of(&r.lab);
    if r.plate.is_some() {
        row.plate.clone_from(&r.plate);
        row.well.clone_from(&r.well);
    }
    let (swabs, loaded_at) = (row.members.len() as i64, row.loaded_at);
    let Some((key, place)) = tube_key(state, r.tube) else { return };
    if settled && !was_settled {
        state.count(key, &place, Stage::Tested, at, swabs, 1);
        state.count_lab(key.0, r.lab.as_str(), Stage::Tested, at, 1);
        state.time(key, Step::Test, loaded_at, Some(r.tested_at));
    }
    let is_notable = settled && r.reading != Reading::Negative;
    let by = i64::from(is_notable) - i64::from(was_notable);
    if by != 0 {
        state.count(key, &place, Stage::NotNegative, at, by * swabs, by);
    }
}

fn report(state: &mut State, tube: UnitId, settles: bool, at: Micros) {
    let row = state.tube_mut(tube);
    let first = row.reported_at.is_none();
    let settled_before = row.settles;
    row.reported_at.get_or_insert(at);
    row.settles = settles;
    let row = row.clone();
    let Some((key, place)) = tube_key(state, tube) else { return };
    let swabs = row.members.len() as i64;
    if first {
        state.count(key, &place, Stage::Reported, at, swabs, 1);
        state.time(key, Step::Whole, row.collected_at, Some(at));
    }
    let by = i64::from(settles) - i64::from(settled_before && !first);
    let positive = settles && row.reading == Some(Reading::Positive);
    for member in row.members.iter().filter(|m| !m.repeat) {
        let home = row.home(member);
        let key = (home.and_then(PlaceCode::area).unwrap_or(key.0), key.1);
        let home = home.map_or(place.as_str(), PlaceCode::as_str);
        if by != 0 {
            state.count(key, home, Stage::Settled, at, by, 0);
        }
        if positive {
            state.count(key, home, Stage::Positive, at, 1, 0);
        }
    }
}

fn recall(state: &mut State, entry: &Entry, recalled: &Recalled) {
    let key = recall_key(recalled);
    state.count(key.0, &key.1, Stage::Recalled, entry.event_time, 1, 0);
    state.put_recall(Recall {
        opened: recalled.clone(),
        opened_at: entry.event_time,
        tube: None,
        sampled_at: None,
        closed_at: None,
        ending: None,
    });
}

fn recall_key(recalled: &Recalled) -> (RoundKey, String) {
    let place = recalled.home.as_ref().unwrap_or(&recalled.community);
    let area = place.area().unwrap_or(recalled.recall.area());
    ((area, recalled.round), place.as_str().to_owned())
}

fn end_recall(state: &mut State, id: UnitId, how: RecallEnd, at: Micros) {
    let Some(row) = state.recall_mut(id) else { return };
    if row.closed_at.is_some() {
        return;
    }
    row.closed_at = Some(at);
    row.ending = Some(how.as_str().to_owned());
    let opened = row.opened.clone();
    let (key, place) = recall_key(&opened);
    state.count(key, &place, Stage::RecallEnded, at, 1, 0);
    if how != RecallEnd::Withdrawn && opened.counts {
        state.count(key, &place, Stage::Settled, at, 1, 0);
    }
    if how == RecallEnd::Positive {
        state.count(key, &place, Stage::Positive, at, 1, 0);
    }
}

fn correct(
    state: &mut State,
    tube: UnitId,
    position: u32,
    was: PersonId,
    person: PersonId,
    home: Option<&PlaceCode>,
) {
    let Some((key, _)) = tube_key(state, tube) else { return };
    let row = state.tube_mut(tube);
    let old_home = row
        .members
        .iter()
        .find(|m| m.person == was)
        .and_then(|m| m.home)
        .and_then(|h| row.homes.get(usize::from(h)).cloned());
    let at = row.collected_at.unwrap_or_default();
    let home_index = home.map(|home| {
        let found = row.homes.iter().position(|h| h == home);
        let index = found.unwrap_or_else(|| {
            row.homes.push(home.clone());
            row.homes.len() - 1
        });
        u8::try_from(index).unwrap_or(u8::MAX)
    });
    let Some(member) = (position as usize).checked_sub(1).and_then(|n| row.members.get_mut(n))
    else {
        return;
    };
    member.person = person;
    member.home = home_index;
    let repeat = member.repeat;
    let round = key.1;
    let area_of = |h: Option<&PlaceCode>| h.and_then(PlaceCode::area).unwrap_or(key.0);
    let position = i64::from(position);
    state.swabs.insert((area_of(old_home.as_ref()), was, round, tube), (position, at, true));
    state.swabs.insert((area_of(home), person, round, tube), (position, at, false));
    if !repeat {
        for (home, by) in [(old_home.as_ref(), -1), (home, 1)] {
            let stage = if home.is_some() { Stage::Sampled } else { Stage::Unregistered };
            let community = state.tubes.get(&tube).and_then(|t| t.community.clone());
            let place = home.map_or(community.unwrap_or_default(), |h| h.as_str().to_owned());
            state.count((area_of(home), round), &place, stage, at, by, 0);
        }
    }
}
