//! What follows here from what happened at other desks, in the same entry of the journal: investigations
//! begin with cases, contacts turn into cases and those whom they met into close contacts, results count.

use ledger::{Decision, Move};
use types::{HolderCode, Refusal, UnitId};

use super::course::{ended, reopened};
use super::name::{join, moves_after};
use super::{Decided, Facts, TO_SITE};
use crate::event::{Event, Named, Opened};
use crate::rows::{Contact, Investigation, Source, Test};
use crate::schedule::whole;
use crate::words::{Degree, Ended, NoInvestigation, Progress, Stage};
use crate::{Infection, Reaction, investigation_of};

pub(crate) fn follow<C>(facts: &Facts<'_, C>, reaction: &Reaction) -> Decided {
    match reaction {
        Reaction::Infected(infection) => infected(facts, infection),
        Reaction::NoCase(case) => no_case(facts, *case),
        Reaction::Merged { keep, gone } => merged(facts, *keep, *gone),
        Reaction::Tested { person, at, positive, tube } => {
            let Some(contact) = facts.state.open_of(*person) else {
                return Ok(Decision::default());
            };
            let test = Test {
                at: *at,
                day: facts.calendar.day(*at),
                positive: *positive,
                source: tube.to_string(),
            };
            if contact.tests.contains(&test) {
                return Ok(Decision::default());
            }
            Ok(Decision::fact(Event::Tested { contact: contact.id, test }))
        }
    }
}

fn infected<C>(facts: &Facts<'_, C>, of: &Infection) -> Decided {
    let id = investigation_of(of.case);
    let Some(known) = facts.state.investigation(id) else {
        return if of.goes_on { opened(facts, of, id) } else { Ok(Decision::default()) };
    };
    let mut decision = Decision::default();
    let back = of.goes_on && known.progress == Progress::Closed;
    if back {
        let reported = known.before == Some(Progress::Reported);
        decision.moves.extend(facts.units.undo_close(id).filter(|_| !reported));
        decision.events.push(Event::Resumed { investigation: id });
        void_sources(facts, &mut decision, of.case, false)?;
    }
    let anchor = of.anchor(facts.calendar);
    let place = of.place.clone().or_else(|| known.place.clone());
    let now = (of.person, of.person_area, &place, of.onset, anchor);
    let before = (known.person, known.person_area, &known.place, known.onset, known.anchor);
    if now != before {
        decision.events.push(Event::Anchored {
            investigation: id,
            person: of.person,
            person_area: of.person_area,
            place: of.place.clone(),
            onset: of.onset,
            anchor,
        });
    }
    if of.goes_on && (back || known.person != of.person) {
        turn(facts, &mut decision, of)?;
    }
    Ok(decision)
}

fn opened<C>(facts: &Facts<'_, C>, of: &Infection, id: UnitId) -> Decided {
    // Where the protocol has no pace, investigations have no clock.
    let pace = facts.edition.reporting().ok().and_then(|rules| rules.investigation.as_ref());
    let due =
        |span: fn(&protocol::Pace) -> types::Span| pace.map(|rule| of.since + span(&rule.value));
    let on_site_due = due(|pace| pace.on_site);
    let contact = facts.state.open_of(of.person).map(|contact| contact.id);
    let mut decision = Decision::default();
    decision.moves.push(Move::Open {
        unit: id,
        holder: HolderCode::desk(id.area()),
        step: TO_SITE.to_owned(),
        deadline: on_site_due,
        limit: None,
    });
    decision.events.push(Event::Opened(Box::new(Opened {
        investigation: id,
        case: of.case,
        person: of.person,
        person_area: of.person_area,
        place: of.place.clone(),
        since: of.since,
        onset: of.onset,
        anchor: of.anchor(facts.calendar),
        on_site_due,
        core_due: due(|pace| pace.core_information),
        report_due: due(|pace| pace.first_report),
        contact,
    })));
    turn(facts, &mut decision, of)?;
    Ok(decision)
}

/// A known contact is a case now: the follow-up ends, and whom the person had met as a close contact met
/// a case.
fn turn<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    of: &Infection,
) -> Result<(), Refusal> {
    let Some(contact) = facts.state.open_of(of.person) else { return Ok(()) };
    decision.join(ended(facts, contact.id, Ended::Positive, Some(of.case), None, ""));
    let met = facts.state.of_source.get(&contact.id).into_iter().flatten();
    for other in met.filter_map(|id| facts.state.contact(*id)) {
        promote(facts, decision, of, contact.id, other)?;
    }
    Ok(())
}

/// By `cc2.up`: whoever is a secondary contact by somebody who became a case is a close contact now.
/// Told twice it happens once, since the case is a source of a contact once.
fn promote<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    of: &Infection,
    by: UnitId,
    other: &Contact,
) -> Result<(), Refusal> {
    let sources = facts.state.sources.get(&other.id);
    let Some(meeting) = sources.and_then(|all| all.get(&by)).filter(|s| !s.void) else {
        return Ok(());
    };
    let known = sources.and_then(|all| all.get(&of.case));
    if known.is_some_and(|known| !known.void) {
        return Ok(());
    }
    let source = Source {
        unit: of.case,
        stay: None,
        note: String::new(),
        reason: String::new(),
        void: false,
        ..meeting.clone()
    };
    let over = whole(facts.edition, Degree::Close)?;
    match other.stage {
        Stage::Closed => Ok(()),
        Stage::Released if facts.state.open_of(other.person).is_some() => Ok(()),
        // Let go as a secondary contact, and within the time of a close one: followed anew.
        Stage::Released if source.last + over > facts.at() => {
            follow_anew(facts, decision, other, source);
            Ok(())
        }
        Stage::Released => Ok(()),
        _ if other.person == of.person => Ok(()),
        _ => join(facts, decision, other, source),
    }
}

fn follow_anew<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    before: &Contact,
    source: Source,
) {
    let known = facts.state.of_person(before.person);
    let n = known.last().map_or(before.n, |contact| contact.n) + 1;
    let id = crate::contact_of(before.county, before.person, n);
    let deadline = facts.transfer_due();
    decision.moves.push(Move::Open {
        unit: id,
        holder: HolderCode::desk(before.county),
        step: Stage::Identified.as_str().to_owned(),
        deadline,
        limit: None,
    });
    decision.events.push(Event::Named(Box::new(Named {
        contact: id,
        n,
        person: before.person,
        person_area: before.person_area,
        identity: before.identity.clone(),
        household: before.household,
        place: before.place.clone(),
        degree: Degree::Close,
        source,
        deadline,
        origin: before.origin.clone(),
        case: None,
    })));
}

/// It was no case: nobody is kept on its ground any more, and the person himself is followed again if he
/// was a contact.
fn no_case<C>(facts: &Facts<'_, C>, case: UnitId) -> Decided {
    let id = investigation_of(case);
    let Some(known) = facts.state.investigation(id) else { return Ok(Decision::default()) };
    if known.progress == Progress::Closed {
        return Ok(Decision::default());
    }
    let mut decision = dropped(facts, known, NoInvestigation::NoCase, None);
    void_sources(facts, &mut decision, case, true)?;
    let turned = facts.state.of_person(known.person);
    let turned = turned.into_iter().find(|c| c.case == Some(case) && c.stage == Stage::Positive);
    if let Some(contact) = turned
        && facts.state.open_of(known.person).is_none()
    {
        decision.join(reopened(facts, contact, ""));
    }
    Ok(decision)
}

fn dropped<C>(
    facts: &Facts<'_, C>,
    known: &Investigation,
    why: NoInvestigation,
    keep: Option<UnitId>,
) -> Decision<Event> {
    let close = Move::Close { unit: known.id, reason: why.as_str().to_owned() };
    Decision {
        moves: facts.custody_is_open(known.id).then_some(close).into_iter().collect(),
        events: vec![Event::Dropped { investigation: known.id, why, keep }],
        notes: Vec::new(),
    }
}

/// The sources that a case is stand no more, or stand again.
fn void_sources<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    case: UnitId,
    void: bool,
) -> Result<(), Refusal> {
    let met = facts.state.of_source.get(&case).into_iter().flatten();
    for contact in met.filter_map(|id| facts.state.contact(*id)) {
        let Some(sources) = facts.state.sources.get(&contact.id) else { continue };
        if sources.get(&case).is_none_or(|source| source.void == void) {
            continue;
        }
        let stands = |s: &&Source| if s.unit == case { !void } else { !s.void };
        let standing: Vec<&Source> = sources.values().filter(stands).collect();
        let after = facts.after(contact, &standing)?;
        moves_after(facts, decision, contact, &after);
        decision.events.push(Event::SourceVoided {
            contact: contact.id,
            source: case,
            void,
            after,
        });
    }
    Ok(())
}

/// Another record stands for the case: what was asked under this one is kept, and asked no further.
fn merged<C>(facts: &Facts<'_, C>, keep: UnitId, gone: UnitId) -> Decided {
    let Some(known) = facts.state.investigation(investigation_of(gone)) else {
        return Ok(Decision::default());
    };
    if known.progress == Progress::Closed {
        return Ok(Decision::default());
    }
    Ok(dropped(facts, known, NoInvestigation::Merged, Some(keep)))
}
