//! Collecting: a tube is filled and sealed.

use std::collections::HashSet;

use ledger::{Decision, Move};
use types::{PlaceCode, Refusal};

use super::{Decided, Facts, carry, check_kind, laboratory, recall, rounds};
use crate::TUBE;
use crate::command::Collect;
use crate::event::{Collected, Event, Member};
use crate::rows::Tube;
use crate::words::Mode;

/// A swab that was taken is never turned away for a formality: only what cannot be true (no
/// person, one person twice, more than a tube holds, a code of another kind) is refused. All
/// else is taken with a remark.
pub(super) fn collect(facts: &Facts<'_>, c: &Collect) -> Decided {
    check_kind(c.tube, TUBE)?;
    rounds::holder_kind(&c.site, "site")?;
    let round = rounds::known(facts, c.round)?;
    let rules = facts.rules()?;
    if c.persons.is_empty() {
        return Err(Refusal::new("tube-empty").with("tube", c.tube));
    }
    let mut seen = HashSet::new();
    for (at, person) in c.persons.iter().enumerate() {
        if !seen.insert(person) {
            return Err(rules
                .tube_entry
                .refuse("tube-person-twice")
                .with("person", person)
                .with("position", at + 1));
        }
    }
    let limit = rules.max_swabs(c.mode.pool());
    if c.persons.len() > limit as usize {
        return Err(rules
            .pool
            .max_swabs
            .refuse("tube-pool-full")
            .with("persons", c.persons.len())
            .with("limit", limit));
    }

    let mut decision = Decision::default();
    if facts.at() < round.starts_at || round.closed_at.is_some_and(|end| facts.at() > end) {
        decision.notes.push(Refusal::new("outside-round").with("tube", c.tube));
    }
    let allowed = rules.pool.allowed(c.zone.place(), round.prevalence);
    // Whoever has to come again may come alone anywhere, and often must.
    let comes_again = |person| !facts.state.open_recalls(person, c.round).is_empty();
    let alone_again = c.mode == Mode::Single && c.persons.iter().any(|p| comes_again(*p));
    if !alone_again && !allowed.iter().any(|(mode, _)| *mode == c.mode.pool()) {
        let modes: Vec<String> = allowed.iter().map(|(mode, _)| mode.word()).collect();
        decision.notes.push(
            Refusal::new("mode-not-allowed")
                .with("mode", c.mode.as_str())
                .with("allowed", modes.join(", "))
                .by_rule(allowed.first().map_or("test.pool.other", |(_, rule)| *rule)),
        );
    }
    let collected = describe(facts, c, &mut decision.notes);

    let earlier = facts.state.tubes.get(&c.tube);
    let opened = facts.units.custody(c.tube).is_some_and(|custody| custody.opened_at.is_some());
    match earlier {
        Some(tube) if tube.is_collected() && same_filling(tube, c) => {
            return Err(Refusal::new("tube-already-collected").with("tube", c.tube));
        }
        Some(tube) if tube.is_collected() || opened => {
            let first = tube.site.clone().unwrap_or_default();
            decision.notes.push(
                Refusal::new("tube-code-used-twice").with("tube", c.tube).with("site", first),
            );
            decision.events.push(Event::ClaimedAgain(collected.clone()));
            // The result, if there is one, belongs to nobody until a person decides; and what is
            // lost is lost for them too.
            if tube.reading.is_some() || tube.fault.is_some() {
                recall::members(
                    facts,
                    c.tube,
                    &collected_tube(tube, &collected),
                    recall::DISPUTE,
                    &mut decision,
                );
            }
        }
        _ => decision.events.push(Event::Collected(collected.clone())),
    }
    let clocks = &rules.clock;
    decision.moves.push(Move::Open {
        unit: c.tube,
        holder: c.site.clone(),
        step: "sealed".into(),
        deadline: Some(facts.at() + clocks.seal_box.value + clocks.box_dispatch.value),
        limit: Some(carry::keeps(rules, facts.at())),
    });
    resample(facts, c, &mut decision)?;
    if let Some(tube) = earlier.filter(|t| !t.is_collected()) {
        late_filling(facts, c, tube, &collected, &mut decision)?;
    }
    Ok(decision)
}

/// The same persons in the same tube from the same site: the tube was scanned twice.
fn same_filling(tube: &Tube, c: &Collect) -> bool {
    tube.site.as_deref() == Some(c.site.as_str())
        && tube.members.iter().map(|m| m.person).eq(c.persons.iter().copied())
}

/// Members with their homes, and remarks on those unknown or sampled before.
fn describe(facts: &Facts<'_>, c: &Collect, notes: &mut Vec<Refusal>) -> Collected {
    let mut homes: Vec<PlaceCode> = Vec::new();
    let mut members = Vec::with_capacity(c.persons.len());
    let (mut unknown, mut again) = (0, 0);
    for person in &c.persons {
        let home = facts.state.homes.get(person).map(|home| {
            let found = homes.iter().position(|h| h == home).unwrap_or_else(|| {
                homes.push(home.clone());
                homes.len() - 1
            });
            found as u8 // A tube holds at most 30 persons.
        });
        let repeat = facts.state.is_swabbed(c.round, *person);
        unknown += usize::from(home.is_none());
        again += usize::from(repeat);
        members.push(Member { person: *person, home, repeat });
    }
    if unknown > 0 {
        notes.push(Refusal::new("person-unregistered").with("count", unknown));
    }
    if again > 0 {
        notes.push(Refusal::new("person-already-sampled").with("count", again));
    }
    Collected {
        round: c.round,
        tube: c.tube,
        barcode: c.barcode.clone(),
        site: c.site.clone(),
        community: c.community.clone(),
        mode: c.mode,
        zone: c.zone,
        started_at: c.started_at.min(facts.at()),
        homes,
        members,
    }
}

/// A recalled person's new swab answers the recall if it is alone in its tube; in a pool it
/// does not, and the sampler is told.
fn resample(facts: &Facts<'_>, c: &Collect, decision: &mut Decision<Event>) -> Result<(), Refusal> {
    let rules = facts.rules()?;
    for person in &c.persons {
        for open in facts.state.open_recalls(*person, c.round) {
            let id = open.opened.recall;
            if open.opened.origin == c.tube {
                continue;
            }
            let (since, swab) = (recall::Since::of(facts, open), (facts.at(), c.tube, c.mode));
            if !recall::can_answer(rules, open.opened.reason, since, swab) {
                let must_be_single = rules.retest.how.single_tube && open.opened.reason.holds();
                if must_be_single && c.mode != Mode::Single {
                    let refusal = rules.retest.how.refuse("held-needs-single-tube");
                    decision.notes.push(refusal.with("person", person));
                }
                continue;
            }
            decision.moves.push(Move::Step {
                unit: id,
                step: "resampled".into(),
                deadline: Some(facts.at() + rules.retest.result_within.value),
            });
            decision.events.push(Event::RecallSampled { recall: id, tube: c.tube, at: None });
        }
    }
    Ok(())
}

/// The tube was tested, lost or reported before the record of its filling came: what follows
/// from that for its persons follows now.
fn late_filling(
    facts: &Facts<'_>,
    c: &Collect,
    tube: &Tube,
    collected: &Collected,
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let filled = collected_tube(tube, collected);
    if let Some(fault) = &tube.fault {
        recall::members(facts, c.tube, &filled, recall::of_fault(fault), decision);
    } else if let (Some(reading), Some("final" | "corrected")) =
        (tube.reading, tube.status.as_deref())
    {
        laboratory::consequences(facts, c.tube, &filled, reading, decision)?;
    }
    Ok(())
}

fn collected_tube(tube: &Tube, collected: &Collected) -> Tube {
    Tube {
        round: Some(collected.round),
        community: Some(collected.community.as_str().to_owned()),
        members: collected.members.clone(),
        homes: collected.homes.clone(),
        collected_at: Some(collected.started_at),
        ..tube.clone()
    }
}
