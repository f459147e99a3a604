//! Cases begin: by a final positive result, by hand, from a line list.

use std::collections::HashMap;

use ledger::{Decision, Move, note_fits};
use registry::command::{Details, SealedIdentity};
use types::{AreaCode, HolderCode, Micros, PersonId, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts, Whole};
use crate::Positive;
use crate::classify::{Known, Stated, judge};
use crate::clinical::{At, Clinical};
use crate::command::{Field, Open, Patch, PutCase, PutCases, Who, checked};
use crate::event::{Event, Opened};
use crate::keys::{CROWD, Candidate, Key};
use crate::rows::{Case, Registered};
use crate::words::{Class, Ending, FoundIn, KeyKind, Source};

/// The step of a case that has still to be reported on the national network.
pub(super) const TO_REPORT: &str = "to_report";
/// The step of one that has been.
pub(super) const REPORTED: &str = "reported";

/// Opens a case by hand.
pub(super) fn open(facts: &Facts<'_, crate::Command>, c: &Open) -> Decided {
    note_fits(&c.note)?;
    if matches!(c.class, Class::Converted) {
        return Err(Refusal::new("case-opens-converted"));
    }
    let mut fields = fields_of(&c.fields, facts.asked.area)?;
    let known = facts.state.people.get(&c.who.person());
    let (person, known) = resolve(facts, c.who.person(), known);
    let (identity, age_months, person_area) = match &c.who {
        Who::Registered { .. } => {
            let known =
                known.ok_or_else(|| Refusal::new("person-unknown").with("person", person))?;
            (None, None, Some(known.area))
        }
        Who::Unregistered { details: Details::Sealed(identity), age_months, .. } => {
            (Some(identity.clone()), *age_months, None)
        }
        Who::Unregistered { details: Details::Clear(_), .. } => {
            return Err(Refusal::new("personal-data-unsealed"));
        }
    };
    if let Some(case) = facts.state.case_of(person).filter(|case| case.is_open()) {
        return Err(Refusal::new("case-exists").with("case", case.id));
    }
    home_as_place(&mut fields, known, facts.asked.area);
    if c.class.is_infection() && !fields.contains_key(&Field::FoundIn) {
        return Err(Refusal::new("found-in-missing"));
    }
    let at = At { at: facts.at(), by: facts.asked.id };
    let note = c.note.trim().to_owned();
    let stated = Stated { class: c.class, severity: c.severity, at, note };
    if let Some(observation) = &c.observation {
        super::clinical::check(facts.edition, observation)?;
    }
    let new = New {
        case: crate::case_of_command(facts.asked.area, facts.asked.id),
        person,
        person_area,
        identity,
        age_months,
        source: Source::Hand,
        origin: String::new(),
        found_at: facts.at(),
        fields,
        positives: Vec::new(),
        stated: Some(stated),
        observation: c.observation.clone(),
        keys: c.keys.clone(),
        ended: None,
        reported: false,
    };
    new.opened(facts, known)
}

/// A person by the record that stands, and what the registry has of it.
fn resolve<'a, C>(
    facts: &'a Facts<'_, C>,
    person: PersonId,
    known: Option<&'a Registered>,
) -> (PersonId, Option<&'a Registered>) {
    match known.and_then(|known| known.same_as) {
        Some(other) => match facts.state.people.get(&other) {
            Some(real) => (other, Some(real)),
            None => (person, known),
        },
        None => (person, known),
    }
}

/// Fields in the form that is kept, without the empty ones.
fn fields_of(patch: &Patch, area: AreaCode) -> Result<Patch, Refusal> {
    let mut fields = Patch::new();
    for (field, text) in patch {
        if let Some(value) = checked(*field, text, area)? {
            fields.insert(*field, value);
        }
    }
    Ok(fields)
}

/// Where somebody lives is where the case is, unless something else was entered.
fn home_as_place(fields: &mut Patch, known: Option<&Registered>, area: AreaCode) {
    let home = known.and_then(|known| known.place.as_ref());
    if let Some(home) = home.filter(|home| home.area() == Some(area)) {
        fields.entry(Field::Place).or_insert_with(|| home.as_str().to_owned());
    }
}

/// What is known of a case that is about to begin.
struct New {
    case: UnitId,
    person: PersonId,
    person_area: Option<AreaCode>,
    identity: Option<SealedIdentity>,
    age_months: Option<u16>,
    source: Source,
    origin: String,
    found_at: Micros,
    fields: Patch,
    positives: Vec<(UnitId, Micros)>,
    stated: Option<Stated>,
    observation: Option<crate::clinical::Observation>,
    keys: Vec<Key>,
    ended: Option<(Ending, Micros)>,
    /// It came from a list that is itself a report.
    reported: bool,
}

impl New {
    fn opened<C>(self, facts: &Facts<'_, C>, known: Option<&Registered>) -> Decided {
        let mut decision = Decision::default();
        self.add(facts, known, &Beside::new(), &mut decision)?;
        Ok(decision)
    }

    fn add<C>(
        self,
        facts: &Facts<'_, C>,
        known: Option<&Registered>,
        beside: &Beside,
        decision: &mut Decision<Event>,
    ) -> Result<(), Refusal> {
        let identity = self.identity.as_ref();
        let birth_year =
            known.and_then(|k| k.birth_year).or_else(|| identity.and_then(|i| i.birth_year));
        let sex = known.and_then(|k| k.sex).or_else(|| identity.and_then(|i| i.sex));
        let mut clinical = Clinical::default();
        if let Some(observation) = &self.observation {
            clinical.add(observation, At { at: facts.at(), by: facts.asked.id });
        }
        let age = crate::classify::Age {
            months: self.age_months.map(|months| (months, self.found_at)),
            birth_year,
        };
        let judged = judge(
            facts.edition,
            &Known {
                positives: &self.positives,
                clinical: &clinical,
                stated: self.stated.as_ref(),
                age,
                at: facts.at(),
            },
        )?;
        let mut keys = self.keys;
        for (kind, index) in [
            (KeyKind::Number, known.and_then(|k| k.id_index)),
            (KeyKind::Phone, known.and_then(|k| k.phone_index)),
        ] {
            keys.extend(index.map(|index| Key { kind, index }));
        }
        keys.sort_unstable();
        keys.dedup();
        let candidates = candidates(facts, (self.case, self.person, birth_year), &keys, beside);
        // Under a key that a crowd shares nothing more is written.
        let crowded =
            |key: &Key| facts.state.keys.get(&key.index).is_some_and(|c| c.len() >= CROWD);
        keys.retain(|key| !crowded(key));
        let online = facts.edition.reporting().ok().map(|rules| rules.online.value);
        let report_due = online.filter(|_| !self.reported).map(|within| self.found_at + within);
        decision.moves.push(Move::Open {
            unit: self.case,
            holder: HolderCode::desk(self.case.area()),
            step: if self.reported { REPORTED } else { TO_REPORT }.to_owned(),
            deadline: report_due,
            limit: None,
        });
        if let Some((ending, _)) = self.ended {
            let reason = ending.as_str().to_owned();
            decision.moves.push(Move::Close { unit: self.case, reason });
        }
        for candidate in &candidates {
            let note = Refusal::new("case-perhaps-twice").with("case", candidate.case);
            decision.notes.push(note.with("score", candidate.score()));
        }
        decision.events.push(Event::Opened(Box::new(Opened {
            case: self.case,
            person: self.person,
            person_area: self.person_area,
            identity: self.identity,
            birth_year,
            age_months: self.age_months,
            sex,
            source: self.source,
            origin: self.origin,
            found_at: self.found_at,
            fields: self.fields,
            positives: self.positives,
            stated: self.stated,
            observation: self.observation,
            judged,
            keys,
            candidates,
            report_due,
            ended: self.ended,
        })));
        Ok(())
    }
}

/// Cases that open by the same command, under their keys, with their years of birth.
type Beside = HashMap<registry::seal::BlindIndex, Vec<(UnitId, Option<u16>)>>;

/// Records that share a key, the likeliest first. A telephone is shared by a family: it makes a
/// pair only where the years of birth do not differ.
fn candidates<C>(
    facts: &Facts<'_, C>,
    (case, person, birth_year): (UnitId, PersonId, Option<u16>),
    keys: &[Key],
    beside: &Beside,
) -> Vec<Candidate> {
    let mut found: HashMap<UnitId, Vec<KeyKind>> = HashMap::new();
    for key in keys {
        let known = facts.state.keys.get(&key.index).map_or(&[][..], Vec::as_slice);
        if known.len() >= CROWD {
            continue;
        }
        let known = known
            .iter()
            .filter_map(|other| facts.state.standing(*other))
            .filter(|other| other.person != person && !other.is_none())
            .map(|other| (other.id, other.birth_year));
        let here = beside.get(&key.index).into_iter().flatten().copied();
        for (other, born) in known.chain(here) {
            let differ = matches!((birth_year, born), (Some(a), Some(b)) if a != b);
            if other == case || key.kind == KeyKind::Phone && differ {
                continue;
            }
            let kinds = found.entry(other).or_default();
            if !kinds.contains(&key.kind) {
                kinds.push(key.kind);
            }
        }
    }
    let mut found: Vec<Candidate> = found
        .into_iter()
        .map(|(case, mut by)| {
            by.sort_unstable();
            Candidate { case, by }
        })
        .collect();
    found.sort_by_key(|candidate| (std::cmp::Reverse(candidate.score()), candidate.case));
    found
}

/// A final positive result of a tube of one's own: a case opens, or the person's case knows of one
/// more.
pub(crate) fn found<C>(facts: &Facts<'_, C>, positive: &Positive) -> Decided {
    let known = facts.state.people.get(&positive.person);
    let (person, known) = resolve(facts, positive.person, known);
    let opened = crate::case_of_positive(positive.area, positive.tube, positive.person);
    let known_case = facts.state.case_of(person).or_else(|| facts.state.case_of(positive.person));
    let known_case = known_case.or_else(|| facts.state.case(opened));
    if let Some(case) = known_case.filter(|case| !is_another_infection(facts, case, positive)) {
        return found_again(facts, case, positive);
    }
    let mut fields = Patch::new();
    if let Some(found_in) = positive.found_in {
        fields.insert(Field::FoundIn, found_in.as_str().to_owned());
    }
    let place: Option<&PlaceCode> = positive.place.as_ref();
    if let Some(place) = place.filter(|place| place.area() == Some(positive.area)) {
        fields.insert(Field::Place, place.as_str().to_owned());
    }
    let new = New {
        case: opened,
        person,
        person_area: known.map(|known| known.area),
        identity: None,
        age_months: None,
        source: Source::Result,
        origin: positive.tube.to_string(),
        found_at: positive.at,
        fields,
        positives: vec![(positive.tube, positive.at)],
        stated: None,
        observation: None,
        keys: Vec::new(),
        ended: None,
        reported: false,
    };
    new.opened(facts, known)
}

/// Whether a positive of somebody whose case has ended by release is another infection: so late after the last
/// one that the edition in force says so. What comes before is the same infection, found once more.
fn is_another_infection<C>(facts: &Facts<'_, C>, case: &Case, positive: &Positive) -> bool {
    let let_go =
        case.ending.filter(|(ending, _)| matches!(ending, Ending::Discharged | Ending::Released));
    let again = facts.edition.cases().ok().and_then(|rules| rules.again.as_ref());
    let (Some((_, ended)), Some(again)) = (let_go, again) else { return false };
    let last = case.positives.iter().map(|(_, at)| *at).chain([case.found_at]).max();
    let known = case.positives.iter().any(|(tube, _)| *tube == positive.tube);
    !known && positive.at > ended && last.is_some_and(|last| positive.at - last >= again.value)
}

fn found_again<C>(facts: &Facts<'_, C>, case: &Case, positive: &Positive) -> Decided {
    let judged = facts.judge(case, |whole| whole.positives.push((positive.tube, positive.at)))?;
    let mut decision = Decision::fact(Event::PositiveAdded {
        case: case.id,
        tube: positive.tube,
        person: positive.person,
        at: positive.at,
        judged: Box::new(judged),
    });
    if case.is_none() {
        // It had been ruled out, and the same tube says otherwise again.
        decision.events.push(Event::Reopened { case: case.id, note: positive.tube.to_string() });
        decision.moves.extend(facts.units.undo_close(case.id));
    }
    Ok(decision)
}

/// A final positive result is none any more. Where nothing else shows the infection, the case was
/// none.
pub(crate) fn withdrawn<C>(facts: &Facts<'_, C>, tube: UnitId, person: PersonId) -> Decided {
    let real = resolve(facts, person, facts.state.people.get(&person)).0;
    let has = |case: &&Case| case.positives.iter().any(|(known, _)| *known == tube);
    let case = facts
        .state
        .by_person
        .get(&person)
        .into_iter()
        .chain(facts.state.by_person.get(&real))
        .flatten()
        .filter_map(|id| facts.state.case(*id))
        .find(has);
    let Some(case) = case else { return Ok(Decision::default()) };
    let whole = Whole::of(case, &facts.state.merged_into(case.id));
    let judged = facts.judge(case, |w| w.positives.retain(|(known, _)| *known != tube))?;
    let rest = whole.positives.iter().filter(|(known, _)| *known != tube).count();
    let said = whole.stated.as_ref().is_some_and(|stated| stated.class.is_infection());
    let mut decision = Decision::fact(Event::PositiveWithdrawn {
        case: case.id,
        tube,
        person,
        judged: Box::new(judged),
    });
    if rest == 0 && !said && case.ending.is_none() {
        decision.events.push(Event::Closed {
            case: case.id,
            ending: Ending::NoCase,
            note: tube.to_string(),
        });
        if case.merged_into.is_none() {
            let reason = Ending::NoCase.as_str().to_owned();
            decision.moves.push(Move::Close { unit: case.id, reason });
        }
    }
    Ok(decision)
}

/// Takes in rows of a line list. A row whose person has a case already is left out and named in
/// the remarks, as is one that breaks a rule; so is one that this import took in before.
pub(super) fn put_cases(facts: &Facts<'_, crate::Command>, c: &PutCases) -> Decided {
    let area = facts.asked.area;
    let (mut known_rows, mut wrong) = (Vec::new(), Vec::new());
    let mut decision = Decision::default();
    let mut beside = Beside::new();
    for row in &c.rows {
        let case = crate::case_of_row(area, row.person);
        if facts.state.case(case).is_some() {
            continue; // Taken in by an earlier sending of this import.
        }
        let number = row.keys.iter().find(|key| key.kind == KeyKind::Number).map(|key| key.index);
        let known = |index| beside.contains_key(&index) || has_number(facts, index);
        if number.is_some_and(known) {
            known_rows.push(row.row.to_string());
            continue;
        }
        match row_of(facts, c, row, case) {
            Ok(new) => {
                new.add(facts, None, &beside, &mut decision)?;
                for key in &row.keys {
                    let cases = beside.entry(key.index).or_default();
                    if cases.len() < CROWD {
                        cases.push((case, row.identity.birth_year));
                    }
                }
            }
            Err(refusal) => wrong.push(format!("{}={}", row.row, refusal.code)),
        }
    }
    decision.notes.retain(|note| note.code != "case-perhaps-twice");
    for (code, rows) in [("cases-duplicate", known_rows), ("cases-rejected", wrong)] {
        if !rows.is_empty() {
            decision.notes.push(Refusal::new(code).with("rows", rows.join(" ")));
        }
    }
    Ok(decision)
}

/// Whether somebody with this number has a case that is one.
fn has_number<C>(facts: &Facts<'_, C>, index: registry::seal::BlindIndex) -> bool {
    let cases = facts.state.keys.get(&index).into_iter().flatten();
    cases.filter_map(|id| facts.state.standing(*id)).any(|case| !case.is_none())
}

fn row_of(
    facts: &Facts<'_, crate::Command>,
    c: &PutCases,
    row: &PutCase,
    case: UnitId,
) -> Result<New, Refusal> {
    let fields = fields_of(&row.fields, facts.asked.area)?;
    if row.class.is_infection()
        && FoundIn::parse(fields.get(&Field::FoundIn).map_or("", |t| t)).is_none()
    {
        return Err(Refusal::new("found-in-missing"));
    }
    let at = At { at: row.found_at, by: facts.asked.id };
    let origin = match row.number.as_str() {
        "" => format!("{} {}", c.import, row.row),
        number => number.to_owned(),
    };
    let note = origin.clone();
    Ok(New {
        case,
        person: row.person,
        person_area: None,
        identity: Some(row.identity.clone()),
        age_months: row.age_months,
        source: Source::Import,
        origin,
        found_at: row.found_at,
        fields,
        positives: Vec::new(),
        stated: Some(Stated { class: row.class, severity: row.severity, at, note }),
        observation: None,
        keys: row.keys.clone(),
        ended: row.ended,
        reported: true,
    })
}
