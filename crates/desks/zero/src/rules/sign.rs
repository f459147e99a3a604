//! A certificate is signed by what is known at that moment. What the claim itself says has to be so; what else
//! is looked at has to be met, or where the rule leaves it to the command to judge, answered for by a reason.

use ledger::{Decision, note_fits, note_needed};
use types::{Refusal, Span};

use super::{Decided, Facts, signed_by};
use crate::claim::{Item, claim};
use crate::command::{Sign, Withdraw};
use crate::criteria::Criteria;
use crate::document::Document;
use crate::event::Event;
use crate::words::{Cause, What};

/// How old a signature may be: what it rests on is read when it arrives.
pub const STALE: Span = Span::hours(1);
/// Shortest reason for what is not met.
const SHORTEST_REASON: usize = 10;

/// A refusal with the item that it is about.
fn told(refusal: Refusal, item: &Item) -> Refusal {
    refusal.with("what", item.what).with("number", item.number).with("limit", item.limit)
}

pub(super) fn sign(facts: &Facts<'_>, c: &Sign) -> Decided {
    note_fits(&c.reason)?;
    if !c.ground.scope().contains(facts.asked.area) {
        return Err(Refusal::new("scope-without-county").with("scope", &c.ground));
    }
    let name = signed_by(&c.signed_by)?;
    let age = facts.now - facts.asked.event_time;
    if age > STALE || age < Span(-STALE.0) {
        return Err(Refusal::new("zero-stale").with("minutes", STALE.0 / Span::minutes(1).0));
    }
    let criteria = Criteria::of(facts.protocol.at(facts.now, facts.asked.area))?;
    let rule = criteria.said.rule.clone();
    let numbers = facts.state.numbers.get(&facts.asked.id);
    let numbers = numbers.ok_or_else(|| Refusal::new("zero-no-numbers"))?;
    let claim = claim(&criteria, facts.calendar, numbers, facts.now)?;
    let Some(items) = claim.items_for(c.degree) else {
        return Err(Refusal::new("zero-no-basic").by_rule(rule));
    };
    let failing: Vec<&Item> = items.iter().filter(|item| !item.passes).collect();
    if let Some(item) = failing.iter().find(|item| item.what.is_claim()) {
        return Err(told(Refusal::new("zero-not-reached"), item).by_rule(rule));
    }
    if let Some(item) = failing.iter().find(|item| item.what.is_unseen()) {
        let rule = criteria.evidence.rule.clone();
        return Err(told(Refusal::new("zero-unseen"), item).by_rule(rule));
    }
    if let Some(item) = failing.first() {
        if !criteria.judged {
            return Err(told(Refusal::new("zero-item-fails"), item).by_rule(rule));
        }
        if c.reason.trim().chars().count() < SHORTEST_REASON {
            return Err(told(Refusal::new("zero-reason-needed"), item)
                .with("least", SHORTEST_REASON)
                .by_rule(rule));
        }
        let unread = |item: &&&Item| !c.seen.contains(&(item.what, item.number));
        // Hours go by while one reads, and the probability with them.
        let drifts = |item: &&&Item| matches!(item.what, What::Fresh | What::Sure);
        if let Some(item) = failing.iter().find(|item| !drifts(item) && unread(item)) {
            return Err(told(Refusal::new("zero-unread"), item));
        }
    }
    let reason = if failing.is_empty() { String::new() } else { c.reason.trim().to_owned() };
    let no = facts.state.last_no.get(c.ground.as_str()).copied().unwrap_or(0) + 1;
    let parts = (&criteria, &claim, numbers);
    let document =
        Document::of(&c.ground, parts, (c.degree, items.clone()), facts.now, (no, name, reason));
    let digest = document.digest();
    Ok(Decision::fact(Event::Signed { document: Box::new(document), digest }))
}

pub(super) fn withdraw(facts: &Facts<'_>, c: &Withdraw) -> Decided {
    note_needed(&c.note)?;
    let name = signed_by(&c.signed_by)?;
    let known = facts.state.certificates.get(&c.certificate);
    let known = known.ok_or_else(|| {
        Refusal::new("zero-certificate-unknown").with("certificate", c.certificate)
    })?;
    let number = known.document.number();
    if known.document.ground != c.ground || !c.ground.scope().contains(facts.asked.area) {
        return Err(Refusal::new("zero-other-ground").with("number", number));
    }
    if known.withdrawn.is_some() {
        return Err(Refusal::new("zero-withdrawn").with("number", number));
    }
    Ok(Decision::fact(Event::Withdrawn {
        area: known.area,
        certificate: known.id,
        cause: Cause::Hand,
        by: None,
        at: facts.asked.event_time,
        note: c.note.trim().to_owned(),
        signed_by: name,
    }))
}
