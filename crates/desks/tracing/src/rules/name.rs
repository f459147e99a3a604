//! Naming contacts: who is one by the definition in force, and that a person is followed once.

use std::collections::{BTreeMap, HashMap};

use ledger::{Decision, Move, note_fits};
use registry::command::{Details, SealedIdentity};
use types::{HolderCode, Micros, PersonId, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts};
use crate::command::{Command, Name, NewContact, Who};
use crate::event::{Event, Named, Sourced};
use crate::rows::Source;
use crate::schedule::whole;
use crate::words::{Degree, Stage};

/// Contacts that one command names.
pub const MOST_NAMED: usize = 500;

/// What is known of the source.
struct Met {
    degree: Degree,
    person: PersonId,
    /// Who was met since then counts.
    from: Micros,
    rule: &'static str,
}

fn met(facts: &Facts<'_, Command>, source: UnitId) -> Result<Met, Refusal> {
    if source.kind() == cases::CASE {
        if source.area() != facts.asked.area {
            return Err(Refusal::new("case-of-another-county").with("case", source));
        }
        let of = facts.state.investigation(crate::investigation_of(source));
        let of = of.filter(|i| i.progress != crate::Progress::Closed);
        let Some(of) = of else {
            return Err(Refusal::new("investigation-unknown").with("investigation", source));
        };
        let lookback = facts.edition.contacts()?.lookback.value;
        // The look-back is counted in days: of the first of them the whole counts.
        let from = facts.calendar.day(Micros(of.anchor.0 - lookback.0));
        return Ok(Met { degree: Degree::Close, person: of.person, from, rule: "cc.lookback" });
    }
    let contact = facts.own_contact(source)?;
    if contact.degree != Degree::Close {
        return Err(Refusal::new("source-is-secondary").with("contact", source).by_rule("cc2.q"));
    }
    if matches!(contact.stage, Stage::Closed) {
        return Err(Refusal::new("contact-is-over")
            .with("contact", source)
            .with("stage", contact.stage));
    }
    // Who became a case has contacts of its own, and they are close ones.
    if let Some(case) = contact.case {
        return Err(Refusal::new("source-is-a-case").with("case", case));
    }
    // Since the close contact had met the case, and until it was kept apart.
    let from = facts.calendar.day(contact.first);
    Ok(Met { degree: Degree::Secondary, person: contact.person, from, rule: "cc2.q" })
}

/// Whom a row is about.
struct Known {
    person: PersonId,
    person_area: Option<types::AreaCode>,
    identity: Option<SealedIdentity>,
    place: Option<PlaceCode>,
}

fn who(facts: &Facts<'_, Command>, row: &NewContact) -> Result<Known, Refusal> {
    let standing = |person: PersonId| {
        let same = facts.state.homes.get(&person).and_then(|home| home.same_as);
        let person = same.unwrap_or(person);
        let home = facts.state.homes.get(&person)?;
        Some(Known { person, person_area: home.area, identity: None, place: home.place.clone() })
    };
    match &row.who {
        Who::Registered { person, .. } => {
            standing(*person).ok_or_else(|| Refusal::new("person-unknown").with("row", row.row))
        }
        Who::Unregistered { person, details, place } => {
            let Details::Sealed(sealed) = details else {
                return Err(Refusal::new("personal-data-unsealed"));
            };
            if place.as_ref().is_some_and(|place| place.area().is_none()) {
                return Err(Refusal::new("place-code-form").with("field", "place"));
            }
            // A number leads to whom the registry has, else to whom this desk knows by it.
            let known = sealed.id_index.and_then(|number| facts.state.numbers.get(&number));
            if let Some(known) = known.and_then(|person| standing(*person)) {
                return Ok(known);
            }
            Ok(Known {
                person: known.copied().unwrap_or(*person),
                person_area: None,
                identity: Some(sealed.clone()),
                place: place.clone(),
            })
        }
    }
}

/// Whether somebody met the source as the definition asks, unless a reason sets it aside.
fn fits(
    facts: &Facts<'_, Command>,
    met: &Met,
    row: &NewContact,
    reason: &str,
) -> Result<(), Refusal> {
    note_fits(&row.note)?;
    if row.first.is_some_and(|first| first > row.last) {
        return Err(Refusal::new("contact-time-wrong").with("row", row.row));
    }
    // Of a day without an hour its last minute is told: today's may lie ahead.
    if facts.calendar.day(row.last) > facts.today() {
        return Err(Refusal::new("contact-in-the-future").with("row", row.row));
    }
    if !reason.is_empty() {
        return Ok(());
    }
    if row.protected {
        return Err(Refusal::new("contact-was-protected").with("row", row.row).by_rule(met.rule));
    }
    if row.last < met.from {
        return Err(Refusal::new("contact-outside-look-back")
            .with("row", row.row)
            .with("from", met.from.rfc3339())
            .by_rule(met.rule));
    }
    let over = whole(facts.edition, met.degree)?;
    if row.last + over < facts.at() {
        return Err(Refusal::new("contact-too-long-ago")
            .with("row", row.row)
            .by_rule(if met.degree == Degree::Close { "cc.q" } else { "cc2.q" }));
    }
    Ok(())
}

pub(super) fn name(facts: &Facts<'_, Command>, c: &Name) -> Decided {
    note_fits(&c.reason)?;
    if c.contacts.is_empty() || c.contacts.len() > MOST_NAMED {
        return Err(Refusal::new("contacts-number").with("limit", MOST_NAMED));
    }
    let met = met(facts, c.source)?;
    let reason = c.reason.trim();
    let mut left_out: Vec<(u32, Refusal)> = Vec::new();
    // In the order of their first rows; a person who is named twice is one, with both meetings.
    let mut people: BTreeMap<usize, (Known, Source, Vec<u32>)> = BTreeMap::new();
    let mut seen: HashMap<PersonId, usize> = HashMap::new();
    let mut numbers: HashMap<registry::seal::BlindIndex, usize> = HashMap::new();
    for (n, row) in c.contacts.iter().enumerate() {
        let known = fits(facts, &met, row, reason).and_then(|()| who(facts, row));
        let known = match known {
            Ok(known) if known.person == met.person => {
                let refusal = Refusal::new("contact-is-the-source").with("row", row.row);
                left_out.push((row.row, refusal));
                continue;
            }
            Ok(known) => known,
            Err(refusal) => {
                left_out.push((row.row, refusal));
                continue;
            }
        };
        let source = Source {
            unit: c.source,
            setting: row.setting,
            stay: row.stay,
            first: row.first.unwrap_or(row.last),
            last: row.last,
            note: row.note.trim().to_owned(),
            void: false,
            reason: reason.to_owned(),
        };
        let number = known.identity.as_ref().and_then(|identity| identity.id_index);
        let same = seen.get(&known.person).or_else(|| numbers.get(&number?)).copied();
        match same.and_then(|at| people.get_mut(&at)) {
            Some((_, known, rows)) => {
                known.join(&source);
                rows.push(row.row);
            }
            None => {
                seen.insert(known.person, n);
                if let Some(number) = number {
                    numbers.insert(number, n);
                }
                people.insert(n, (known, source, vec![row.row]));
            }
        }
    }
    let mut decision = Decision::default();
    for (known, source, rows) in people.into_values() {
        let row = rows.first().copied().unwrap_or(0);
        match one(facts, &met, c, known, source, row) {
            Ok(one) => decision.join(one),
            // All rows of a person share what becomes of him.
            Err(refusal) => left_out.extend(rows.iter().map(|row| (*row, refusal.clone()))),
        }
    }
    // Of an import every row is told by itself, also where none of a chunk was taken in.
    if decision.events.is_empty() && c.import.is_none() {
        let first = left_out.into_iter().next();
        return Err(first.map_or_else(|| Refusal::new("contacts-number"), |(_, why)| why));
    }
    left_out.sort_by_key(|(row, _)| *row);
    for (row, refusal) in left_out {
        // The row and its reason stay together: an import puts them into the file of rejected rows.
        let note = Refusal::new("contact-left-out").with("reason", refusal.code);
        decision.notes.push(note.with("row", row));
    }
    Ok(decision)
}

fn one(
    facts: &Facts<'_, Command>,
    met: &Met,
    c: &Name,
    known: Known,
    source: Source,
    row: u32,
) -> Decided {
    if let Some(contact) = facts.state.open_of(known.person) {
        return sourced(facts, contact, source, row);
    }
    let case = facts.state.case_of(known.person).map(|i| i.case);
    let before = facts.state.of_person(known.person);
    let n = before.last().map_or(0, |contact| contact.n + 1);
    if case.is_some()
        && let Some(same) = before.iter().find(|contact| contact.case == case)
    {
        // A case that is known as a contact met another source too: a second arrow in the chain.
        return sourced(facts, same, source, row);
    }
    let id = crate::contact_of(facts.asked.area, known.person, n);
    let deadline = facts.transfer_due();
    let mut decision = Decision::default();
    decision.moves.push(Move::Open {
        unit: id,
        holder: HolderCode::desk(id.area()),
        step: Stage::Identified.as_str().to_owned(),
        deadline: deadline.filter(|_| case.is_none()),
        limit: None,
    });
    if let Some(case) = case {
        decision.moves.push(Move::Close { unit: id, reason: "positive".to_owned() });
        let note = Refusal::new("contact-is-a-case").with("row", row);
        decision.notes.push(note.with("case", case));
    }
    let home = facts.state.homes.get(&known.person);
    let lives = known.place.as_ref().and_then(PlaceCode::area);
    if let Some(lives) = lives.filter(|lives| *lives != facts.asked.area && case.is_none()) {
        let note = Refusal::new("contact-lives-elsewhere").with("row", row);
        decision.notes.push(note.with("county", lives).with("contact", id));
    }
    let origin = c.import.map(|import| format!("{import}/{row}")).unwrap_or_default();
    decision.events.push(Event::Named(Box::new(Named {
        contact: id,
        n,
        person: known.person,
        person_area: known.person_area,
        household: home.and_then(|home| home.household),
        identity: known.identity,
        place: known.place,
        degree: met.degree,
        source,
        deadline: deadline.filter(|_| case.is_none()),
        origin,
        case,
    })));
    Ok(decision)
}

/// Somebody who is followed already met another source, or the same one later.
fn sourced(
    facts: &Facts<'_, Command>,
    contact: &crate::Contact,
    source: Source,
    row: u32,
) -> Decided {
    let known = facts.state.sources.get(&contact.id).and_then(|all| all.get(&source.unit));
    let mut decision = Decision::default();
    if let Some(known) = known {
        let mut joined = known.clone();
        joined.join(&source);
        if joined == *known {
            let known = Refusal::new("contact-known").with("row", row);
            return Err(known.with("contact", contact.id));
        }
    }
    if contact.county != facts.asked.area {
        let note = Refusal::new("contact-followed-elsewhere").with("row", row);
        decision.notes.push(note.with("county", contact.county));
    }
    join(facts, &mut decision, contact, source)?;
    Ok(decision)
}

/// Adds a source to a contact, with what follows for its degree, its schedule and its clock.
pub(super) fn join<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    contact: &crate::Contact,
    source: Source,
) -> Result<(), Refusal> {
    let mut standing: Vec<Source> = facts
        .state
        .standing(contact.id)
        .into_iter()
        .filter(|s| s.unit != source.unit)
        .cloned()
        .collect();
    let mut joined = source.clone();
    if let Some(known) = facts.state.sources.get(&contact.id).and_then(|all| all.get(&source.unit))
    {
        joined = known.clone();
        joined.join(&source);
    }
    standing.push(joined);
    let refs: Vec<&Source> = standing.iter().collect();
    let after = facts.after(contact, &refs)?;
    moves_after(facts, decision, contact, &after);
    decision.events.push(Event::Sourced(Box::new(Sourced { contact: contact.id, source, after })));
    Ok(())
}

/// The clock of a contact in the ledger, after its sources have changed.
pub(super) fn moves_after<C>(
    facts: &Facts<'_, C>,
    decision: &mut Decision<Event>,
    contact: &crate::Contact,
    after: &crate::event::After,
) {
    if let Some(stage) = after.stage {
        let desk = HolderCode::desk(contact.county);
        decision.moves.extend(facts.hand(contact.id, desk, stage.as_str(), after.deadline));
    } else if let Some(schedule) = &after.schedule {
        let step = contact.stage.as_str();
        decision.moves.extend(facts.step(contact.id, step, Some(schedule.until)));
    } else if after.deadline.is_some() {
        let step = contact.stage.as_str();
        decision.moves.extend(facts.step(contact.id, step, after.deadline));
    }
}
