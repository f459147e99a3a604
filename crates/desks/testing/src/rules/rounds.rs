//! Rounds: opening, targets, sites, exemptions, visits, closing.

use ledger::Decision;
use types::{HolderCode, Micros, PlaceCode, Refusal, RoundId, Span};

use super::{Decided, Facts};
use crate::command::{Exempt, OpenRound, PlanSites, SetCapacity, SetTargets, Slot, Visit};
use crate::event::{Event, Exempted};
use crate::rows::Round;

/// The round of a command, known.
pub(super) fn known<'a>(facts: &Facts<'a>, round: RoundId) -> Result<&'a Round, Refusal> {
    facts.state.rounds.get(&round).ok_or_else(|| Refusal::new("round-unknown").with("round", round))
}

fn still_open<'a>(facts: &Facts<'a>, round: RoundId) -> Result<&'a Round, Refusal> {
    let found = known(facts, round)?;
    match found.closed_at {
        None => Ok(found),
        Some(at) => Err(Refusal::new("round-closed").with("time", at.rfc3339())),
    }
}

/// A round needs a region, an end after its start, and a window that the protocol allows.
pub(super) fn open(facts: &Facts<'_>, round: &OpenRound) -> Decided {
    if facts.state.rounds.contains_key(&round.round) {
        return Err(Refusal::new("round-exists").with("round", round.round));
    }
    if round.places.is_empty() {
        return Err(Refusal::new("round-without-region"));
    }
    if round.name_zh.trim().is_empty() || round.name_en.trim().is_empty() {
        return Err(Refusal::new("round-without-name"));
    }
    if round.ends_at <= round.starts_at {
        return Err(Refusal::new("round-ends-before-start"));
    }
    if round.prevalence.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
        return Err(Refusal::new("share-out-of-range").with("field", "prevalence"));
    }
    let rule = &facts.rules()?.window;
    let window = rule.for_population(round.population);
    let mut decision = Decision::fact(Event::RoundOpened(round.clone()));
    if round.ends_at - round.starts_at > window {
        // The command may have its reasons; the round's page says that it breaks the rule.
        decision.notes.push(
            rule.refuse("round-longer-than-window")
                .with("hours", (round.ends_at - round.starts_at).as_hours().round())
                .with("limit", window.as_hours().round()),
        );
    }
    Ok(decision)
}

/// Targets belong to the county of the command, each compound once, none negative.
pub(super) fn set_targets(facts: &Facts<'_>, set: &SetTargets) -> Decided {
    still_open(facts, set.round)?;
    let mut seen = std::collections::HashSet::new();
    for target in &set.targets {
        if target.compound.area() != Some(facts.asked.area) {
            return Err(Refusal::new("place-outside-area")
                .with("place", &target.compound)
                .with("area", facts.asked.area));
        }
        if target.persons < 0 {
            return Err(Refusal::new("count-negative").with("place", &target.compound));
        }
        if !seen.insert(&target.compound) {
            return Err(Refusal::new("place-named-twice").with("place", &target.compound));
        }
    }
    Ok(Decision::fact(Event::TargetsSet { round: set.round, targets: set.targets.clone() }))
}

/// Sites serve compounds of the command's county in slots that end after they start; more
/// persons a site than the protocol's range is remarked.
pub(super) fn plan_sites(facts: &Facts<'_>, plan: &PlanSites) -> Decided {
    let round = still_open(facts, plan.round)?;
    let rule = &facts.rules()?.persons_per_site;
    let mut decision =
        Decision::fact(Event::SitesPlanned { round: plan.round, sites: plan.sites.clone() });
    for site in &plan.sites {
        holder_kind(&site.site, "site")?;
        let outside = |place: &PlaceCode| place.area() != Some(facts.asked.area);
        let wrong = std::iter::once(&site.community)
            .chain(site.slots.iter().map(|s| &s.compound))
            .find(|place| outside(place));
        if let Some(place) = wrong {
            return Err(Refusal::new("place-outside-area")
                .with("place", place)
                .with("area", facts.asked.area));
        }
        if let Some(slot) = site.slots.iter().find(|s| s.until <= s.from) {
            return Err(Refusal::new("slot-ends-before-start").with("place", &slot.compound));
        }
        let outside = |s: &&Slot| s.from < round.starts_at || s.until > round.ends_at;
        if let Some(slot) = site.slots.iter().find(outside) {
            decision.notes.push(
                Refusal::new("slot-outside-round")
                    .with("site", &site.site)
                    .with("place", &slot.compound),
            );
        }
        let persons = u32::try_from(site.persons).unwrap_or(u32::MAX);
        if persons > rule.value.max {
            decision.notes.push(
                rule.refuse("site-too-large")
                    .with("site", &site.site)
                    .with("persons", persons)
                    .with("limit", rule.value.max),
            );
        }
    }
    Ok(decision)
}

/// A round is closed once.
pub(super) fn close(facts: &Facts<'_>, round: RoundId) -> Decided {
    still_open(facts, round)?;
    Ok(Decision::fact(Event::RoundClosed { round }))
}

/// Staffed capacity is at most what is claimed; what is achieved is measured.
pub(super) fn set_capacity(capacity: &SetCapacity) -> Decided {
    holder_kind(&capacity.lab, "lab")?;
    if capacity.claimed < 0 || capacity.staffed < 0 {
        return Err(Refusal::new("count-negative").with("place", &capacity.lab));
    }
    if capacity.staffed > capacity.claimed {
        return Err(Refusal::new("staffed-over-claimed")
            .with("staffed", capacity.staffed)
            .with("claimed", capacity.claimed));
    }
    Ok(Decision::fact(Event::CapacitySet(capacity.clone())))
}

/// An exemption is of a kind that the protocol lists, with its evidence, once a round.
pub(super) fn exempt(facts: &Facts<'_>, exempt: &Exempt) -> Decided {
    let round = still_open(facts, exempt.round)?;
    let rule = &facts.rules()?.exemptions;
    let Some(kind) = rule.get(&exempt.reason) else {
        return Err(rule.refuse("exemption-unknown").with("reason", &exempt.reason));
    };
    let shown = exempt.evidence.as_ref().is_some_and(|e| !e.trim().is_empty());
    if kind.needs_evidence && !shown {
        return Err(rule.refuse("exemption-needs-evidence").with("reason", &exempt.reason));
    }
    if facts.state.exempt.contains(&(exempt.round, exempt.person)) {
        return Err(Refusal::new("already-exempt").with("person", exempt.person));
    }
    let mut decision = Decision::fact(Event::Exempted(Exempted {
        round: exempt.round,
        person: exempt.person,
        home: facts.state.homes.get(&exempt.person).cloned(),
        reason: exempt.reason.clone(),
        evidence: exempt.evidence.clone(),
        until: kind.lasts.map(|span: Span| end_of(facts.at(), span, round.ends_at)),
    }));
    if facts.state.is_swabbed(exempt.round, exempt.person) {
        decision.notes.push(Refusal::new("exempt-but-sampled").with("person", exempt.person));
    }
    Ok(decision)
}

fn end_of(from: Micros, lasts: Span, round_ends: Micros) -> Micros {
    (from + lasts).min(round_ends)
}

/// A visit needs nothing but the round.
pub(super) fn visit(facts: &Facts<'_>, visit: &Visit) -> Decided {
    known(facts, visit.round)?;
    Ok(Decision::fact(Event::Visited {
        round: visit.round,
        person: visit.person,
        outcome: visit.outcome,
        note: visit.note.clone(),
    }))
}

/// Refuses a holder of another kind than the step needs.
pub(super) fn holder_kind(holder: &HolderCode, kind: &'static str) -> Result<(), Refusal> {
    if holder.kind() == kind {
        return Ok(());
    }
    Err(Refusal::new("wrong-kind-of-holder").with("holder", holder).with("wanted", kind))
}
