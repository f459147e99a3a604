//! A person's file: found by number, telephone or name, shown masked, revealed only after the
//! look is in the journal.

use ledger::{Actor, Desk, Engine, Envelope, LedgerError, Priority, Status};
use serde::Serialize;
use store::{Connection, Row, Store, Value};
use types::{AreaCode, AreaScope, CommandId, Micros, PersonId, PlaceCode, Refusal, Span};

use crate::command::{Command, Look, LookDepth, LookedAt, Purpose};
use crate::error::Result;
use crate::event::PersonRef;
use crate::identity::{IdType, Identity, Masked, normal_number, normal_phone};
use crate::load::{moved_of, person_of};
use crate::place::{Level, area_of};
use crate::seal::Keys;
use crate::state::{Moved, Person};
use crate::tables::{
    CHANGES_OF, LOOKS_AT, LOOKS_IN, LOOKS_IN_COUNTY, MOVES_OPEN, PERSON_BY_ID, PERSONS_BY_NUMBER,
    PERSONS_BY_PHONE, PERSONS_OF_COMPOUND,
};
use crate::views;

/// A person as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonLine {
    /// The county of the record.
    pub area: AreaCode,
    /// Who.
    pub id: PersonId,
    /// Name, number and telephone, masked.
    pub masked: Masked,
    /// Year of birth.
    pub birth_year: Option<u16>,
    /// `male`, `female`.
    pub sex: Option<&'static str>,
    /// Where it lives.
    pub place: Option<PlaceCode>,
    /// Its door.
    pub door: String,
    /// Its household.
    pub household: Option<types::HouseholdId>,
    /// See [`crate::WALK_IN`] and [`crate::MOVED_AWAY`].
    pub flags: i64,
    /// The record that this one is only another name for.
    #[serde(skip)]
    pub same_as: Option<PersonRef>,
    /// When it was registered.
    pub registered_at: Micros,
}

/// Opens a record for display, masked.
///
/// # Errors
/// [`crate::RegistryError`] when the record cannot be opened.
pub fn masked(keys: &Keys, area: AreaCode, id: PersonId, person: &Person) -> Result<PersonLine> {
    let identity = keys.unseal(area, id, &person.identity.sealed.0)?;
    Ok(line(area, id, person, &identity))
}

fn line(area: AreaCode, id: PersonId, person: &Person, identity: &Identity) -> PersonLine {
    let home = person.home.as_ref();
    PersonLine {
        area,
        id,
        masked: identity.masked(),
        birth_year: person.identity.birth_year,
        sex: person.identity.sex.map(crate::identity::Sex::as_str),
        place: home.map(|h| h.place.clone()),
        door: home.map_or_else(String::new, |h| h.door.clone()),
        household: home.and_then(|h| h.household),
        flags: person.flags,
        same_as: person.same_as,
        registered_at: person.registered_at,
    }
}

fn key_and_row(row: &Row) -> Result<(AreaCode, PersonId, Person)> {
    Ok((row.area(0)?, PersonId::from_bytes(row.id(1)?), person_of(row)?))
}

/// One person's record; `None` when there is none.
///
/// # Errors
/// [`crate::RegistryError`] when the store fails; as all functions here.
pub async fn person(db: &mut Connection, area: AreaCode, id: PersonId) -> Result<Option<Person>> {
    let rows = db.lookup(&PERSON_BY_ID, &[area.into(), id.into()]).await?;
    Ok(rows.first().map(person_of).transpose()?)
}

/// Records of several persons.
///
/// # Errors
/// As [`person`].
pub async fn persons(
    db: &mut Connection,
    wanted: &[PersonRef],
) -> Result<Vec<(PersonRef, Person)>> {
    let keys: Vec<Value> = wanted.iter().flat_map(|p| [p.area.into(), p.person.into()]).collect();
    let mut found = Vec::new();
    for row in db.lookup(&PERSON_BY_ID, &keys).await? {
        let (area, person, record) = key_and_row(&row)?;
        found.push((PersonRef { area, person }, record));
    }
    Ok(found)
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hits {
    /// Persons of the scope, masked.
    pub persons: Vec<PersonLine>,
    /// Persons who match and are registered outside of the scope: their number only.
    pub elsewhere: usize,
    /// Names that were opened to find them (a search by name).
    pub opened: usize,
    /// Whether there are more hits than are listed.
    pub more: bool,
}

/// Finds persons by the number of a document or a telephone, through the blind indexes.
///
/// # Errors
/// As [`person`].
pub async fn find_by_number(
    db: &mut Connection,
    keys: &Keys,
    scope: AreaScope,
    typed: &str,
) -> Result<Hits> {
    let number = normal_number(typed);
    let mut hits = Hits::default();
    if number.is_empty() {
        return Ok(hits);
    }
    let wanted: Vec<Value> =
        IdType::ALL.into_iter().map(|t| keys.id_index(t, &number).into()).collect();
    let mut rows = db.lookup(&PERSONS_BY_NUMBER, &wanted).await?;
    if let Some(phone) = normal_phone(typed) {
        rows.extend(db.lookup(&PERSONS_BY_PHONE, &[keys.phone_index(&phone).into()]).await?);
    }
    for row in &rows {
        let (area, id, person) = key_and_row(row)?;
        if scope.contains(area) {
            hits.persons.push(masked(keys, area, id, &person)?);
        } else {
            hits.elsewhere += 1;
        }
    }
    Ok(hits)
}

/// Finds persons of one community, compound or deeper place whose name contains the text.
/// Names are opened one by one; nothing wider than a community is searched.
///
/// # Errors
/// As [`person`]; nothing is found in a wider place.
pub async fn find_by_name(
    db: &mut Connection,
    keys: &Keys,
    place: &PlaceCode,
    name: &str,
    limit: usize,
) -> Result<Hits> {
    let (area, mut hits) = (area_of(place), Hits::default());
    let Some(level) = Level::of(place).filter(|level| *level >= Level::Community) else {
        return Ok(hits);
    };
    let mut compounds = vec![crate::place::compound_of(place)];
    if level == Level::Community {
        compounds.extend(views::children(db, Some(place)).await?.into_iter().map(|l| l.code));
    }
    let below = format!("{place}-");
    for compound in compounds {
        for row in db.query(&PERSONS_OF_COMPOUND, &[area.into(), (&compound).into()]).await? {
            let (area, id, person) = key_and_row(&row)?;
            let inside = person.home.as_ref().is_some_and(|home| {
                home.place == *place || home.place.as_str().starts_with(&below)
            });
            if !inside {
                continue;
            }
            let identity = keys.unseal(area, id, &person.identity.sealed.0)?;
            hits.opened += 1;
            if identity.name.contains(name.trim()) {
                if hits.persons.len() == limit {
                    hits.more = true;
                    return Ok(hits);
                }
                hits.persons.push(line(area, id, &person, &identity));
            }
        }
    }
    Ok(hits)
}

/// One correction of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeLine {
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: String,
    /// What, for example `identity address`.
    pub fields: String,
    /// Why.
    pub reason: String,
    /// In words.
    pub note: String,
}

/// The corrections of a record, oldest first.
///
/// # Errors
/// As [`person`].
pub async fn changes(db: &mut Connection, area: AreaCode, id: PersonId) -> Result<Vec<ChangeLine>> {
    let rows = db.query(&CHANGES_OF, &[area.into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(ChangeLine {
                at: row.time(0)?,
                actor: row.text(1)?.to_owned(),
                fields: row.text(2)?.to_owned(),
                reason: row.text(3)?.to_owned(),
                note: row.text(4)?.to_owned(),
            })
        })
        .collect()
}

/// One recorded look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LookLine {
    /// When.
    pub at: Micros,
    /// Who looked.
    pub actor: String,
    /// How closely: `file`, `reveal`, `search`.
    pub depth: String,
    /// What for.
    pub purpose: String,
    /// In words.
    pub note: String,
    /// At whom (person and county) or where.
    #[serde(skip)]
    pub at_person: Option<PersonRef>,
    /// The place that was searched.
    pub at_place: Option<String>,
}

fn look_line(row: &Row) -> Result<LookLine> {
    Ok(LookLine {
        at: row.time(0)?,
        actor: row.text(1)?.to_owned(),
        depth: row.text(2)?.to_owned(),
        purpose: row.text(3)?.to_owned(),
        note: row.text(4)?.to_owned(),
        at_person: None,
        at_place: None,
    })
}

/// Who looked at a person's file, the latest first.
///
/// # Errors
/// As [`person`].
pub async fn looks_at(db: &mut Connection, who: PersonRef, limit: i64) -> Result<Vec<LookLine>> {
    let rows = db.query(&LOOKS_AT, &[who.area.into(), who.person.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok(LookLine { at_person: Some(who), ..look_line(row)? })).collect()
}

/// All looks in a scope since a time, the latest first.
///
/// # Errors
/// As [`person`].
pub async fn looks_in(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    limit: i64,
) -> Result<Vec<LookLine>> {
    let (low, high) = scope.bounds();
    let rows = if low == high {
        db.query(&LOOKS_IN_COUNTY, &[low.into(), since.into(), limit.into()]).await?
    } else {
        let params = [low.into(), high.into(), since.into(), limit.into()];
        db.query(&LOOKS_IN, &params).await?
    };
    rows.iter()
        .map(|row| {
            let area = row.area(5)?;
            let at_person =
                row.opt_id(6)?.map(|id| PersonRef { area, person: PersonId::from_bytes(id) });
            let at_place = row.opt_text(7)?.map(ToOwned::to_owned);
            Ok(LookLine { at_person, at_place, ..look_line(row)? })
        })
        .collect()
}

/// Registered persons whom imports found at another address, undecided.
///
/// # Errors
/// As [`person`].
pub async fn open_moves(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Moved>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&MOVES_OPEN, &[low.into(), high.into(), limit.into()]).await?;
    Ok(rows.iter().map(moved_of).collect::<ledger::Result<_>>()?)
}

/// Who looks, from where, for what.
#[derive(Clone, Debug)]
pub struct Looker {
    /// The account.
    pub actor: Actor,
    /// The purpose that they state.
    pub purpose: Purpose,
    /// In words, without personal data.
    pub note: String,
}

/// Records a look and waits until it is durable.
///
/// # Errors
/// The refusal, or [`LedgerError`] when the ledger cannot take it: then nothing may be shown.
pub async fn record_look<D: Desk>(
    engine: &Engine<D>,
    area: AreaCode,
    at: LookedAt,
    depth: LookDepth,
    looker: &Looker,
) -> std::result::Result<(), LookError>
where
    D::Command: From<Command>,
{
    let look = Look { at, depth, purpose: looker.purpose, note: looker.note.clone() };
    let envelope = Envelope {
        id: CommandId(uuid::Uuid::now_v7()),
        area,
        event_time: engine.now(),
        clock_offset: Span(0),
        device: None,
        actor: looker.actor.clone(),
        command: Command::Look(look).into(),
    };
    let outcomes = engine.submit(Priority::Normal, vec![envelope]).await?;
    match outcomes.into_iter().next() {
        Some(outcome) if outcome.status == Status::Accepted => Ok(()),
        Some(outcome) => {
            Err(LookError::Refused(outcome.refusal.unwrap_or_else(|| Refusal::new("look-refused"))))
        }
        None => Err(LookError::Ledger(LedgerError::Stopped)),
    }
}

/// Shows a person in the clear, once the look is in the journal.
///
/// # Errors
/// As [`record_look`]; [`LookError::Registry`] when the record cannot be opened.
pub async fn reveal<D: Desk>(
    engine: &Engine<D>,
    keys: &Keys,
    who: PersonRef,
    looker: &Looker,
) -> std::result::Result<Identity, LookError>
where
    D::Command: From<Command>,
{
    let at = LookedAt::Person(who.person);
    record_look(engine, who.area, at, LookDepth::Reveal, looker).await?;
    let record = record(engine.store(), who).await?;
    Ok(keys.unseal(who.area, who.person, &record.identity.sealed.0)?)
}

async fn record(store: &Store, who: PersonRef) -> std::result::Result<Person, LookError> {
    let mut db = store.reader().await.map_err(crate::RegistryError::from)?;
    person(&mut db, who.area, who.person).await?.ok_or_else(|| {
        LookError::Refused(Refusal::new("person-unknown").with("person", who.person))
    })
}

/// Why nothing was shown.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// A rule said no.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The ledger could not record the look.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The record cannot be read or opened.
    #[error(transparent)]
    Registry(#[from] crate::RegistryError),
}
