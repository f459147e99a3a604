//! A person's results, derived from the final tube.

use std::collections::{HashMap, HashSet};

use ledger::Result;
use store::{Connection, Row, Value};
use types::{AreaCode, Micros, PersonId, RoundId, UnitId};

use crate::rows::SwabFate;
use crate::state::State as Group;
use crate::tables::{MEMBER_BYTES, SWABS_WITH_TUBES};
use crate::words::Reading;

/// Where a person's sample is, or what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sealed, at the site.
    Sampled,
    /// With a courier.
    InTransit,
    /// Received by a laboratory.
    InLaboratory,
    /// On a plate.
    Testing,
    /// Negative, released.
    Negative,
    /// Positive in a tube of one's own, released.
    Positive,
    /// The pool is not negative: stay apart, a new swab will be taken.
    Held,
    /// The tube was lost or says nothing: a new swab is needed.
    Recall,
    /// Two fillings claim the tube; a person is deciding.
    Disputed,
}

impl State {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Sampled => "sampled",
            State::InTransit => "in_transit",
            State::InLaboratory => "in_laboratory",
            State::Testing => "testing",
            State::Negative => "negative",
            State::Positive => "positive",
            State::Held => "held",
            State::Recall => "recall",
            State::Disputed => "disputed",
        }
    }
}

/// One swab of a person with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonResult {
    /// The round.
    pub round: RoundId,
    /// The tube.
    pub tube: UnitId,
    /// How many persons share the tube.
    pub shared_by: usize,
    /// Where it stands.
    pub state: State,
    /// When the swab was taken.
    pub sampled_at: Micros,
    /// When the laboratory finished.
    pub tested_at: Option<Micros>,
    /// When the result was released.
    pub reported_at: Option<Micros>,
    /// The laboratory.
    pub lab: Option<String>,
}

impl PersonResult {
    /// What puts a person's swabs in order.
    pub fn when(&self) -> (Micros, UnitId) {
        (self.sampled_at, self.tube)
    }
}

/// The persons whose results a group of commands may have changed, for what keeps them in memory.
/// With the swab where it is a new one in a tube that nothing else has happened to; without it
/// where only the store can tell. A person may occur more than once.
pub fn changed(group: &Group) -> impl Iterator<Item = (PersonId, Option<PersonResult>)> {
    let swabs = group.swabs.iter().map(|(&(_, person, round, tube), &(_, sampled_at, fate))| {
        let sealed = group.tubes.get(&tube).filter(|t| t.is_only_sealed());
        let swab = sealed.filter(|_| fate == SwabFate::Stands).map(|t| PersonResult {
            round,
            tube,
            shared_by: t.members.len(),
            state: State::Sampled,
            sampled_at,
            tested_at: None,
            reported_at: None,
            lab: None,
        });
        (person, swab)
    });
    let told: HashSet<(PersonId, UnitId)> =
        group.swabs.keys().map(|&(_, person, _, tube)| (person, tube)).collect();
    let members =
        group.touched_tubes().flat_map(|(id, t)| t.members.iter().map(|m| (m.person, *id)));
    let others = members.filter(move |member| !told.contains(member));
    swabs.chain(others.map(|(person, _)| (person, None)))
}

/// All swabs of a person, the latest first.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn of_person(
    db: &mut Connection,
    area: AreaCode,
    person: PersonId,
) -> Result<Vec<PersonResult>> {
    let rows = db.lookup(&SWABS_WITH_TUBES, &[area.into(), person.into()]).await?;
    let mut results: Vec<PersonResult> =
        rows.iter().map(|row| read(row).map(|(_, r)| r)).collect::<store::Result<_>>()?;
    results.sort_by_key(|r| std::cmp::Reverse(r.when()));
    // A tube in a box goes where the box goes: only the ledger knows where that is.
    let mut units = ledger::Units::default();
    let boxed: Vec<UnitId> =
        results.iter().filter(|r| r.state == State::Sampled).map(|r| r.tube).collect();
    units.load(db, &boxed).await?;
    for result in results.iter_mut().filter(|r| r.state == State::Sampled) {
        match units.holder(result.tube).map(types::HolderCode::kind) {
            Some("courier") => result.state = State::InTransit,
            Some("lab") => result.state = State::InLaboratory,
            _ => {}
        }
    }
    Ok(results)
}

/// The latest swab of each of many persons: one query for all of them. Persons without any
/// are not in the answer.
///
/// # Errors
/// As [`of_person`].
pub async fn latest(
    db: &mut Connection,
    persons: &[(AreaCode, PersonId)],
) -> Result<HashMap<PersonId, PersonResult>> {
    let keys: Vec<Value> =
        persons.iter().flat_map(|(area, person)| [(*area).into(), (*person).into()]).collect();
    let mut found: HashMap<PersonId, PersonResult> = HashMap::with_capacity(persons.len());
    for row in db.lookup(&SWABS_WITH_TUBES, &keys).await? {
        let (person, result) = read(&row)?;
        let newer = found.get(&person).is_none_or(|known| known.when() < result.when());
        if newer {
            found.insert(person, result);
        }
    }
    Ok(found)
}

fn read(row: &Row) -> store::Result<(PersonId, PersonResult)> {
    // A swab that was set aside lies in another tube than the one that it is written to: what
    // that says is nothing to its person.
    let shared_by = row.opt_int(4)?.map_or(1, |bytes| bytes as usize / MEMBER_BYTES);
    let reading = row.opt_text(8)?.and_then(Reading::parse);
    let settled = matches!(row.opt_text(7)?, Some("final" | "corrected"));
    let (sent, received) = (row.opt_time(5)?, row.opt_time(6)?);
    let reported_at = row.opt_time(10)?;
    let set_aside = row.int(15)? == SwabFate::SetAside as i64;
    let state = if row.int(12)? > 1 && !set_aside {
        State::Disputed
    } else if set_aside || row.opt_text(13)?.is_some() {
        State::Recall
    } else {
        match reading.filter(|_| settled && reported_at.is_some()) {
            Some(Reading::Negative) => State::Negative,
            Some(Reading::Positive) if shared_by == 1 => State::Positive,
            Some(Reading::Invalid) => State::Recall,
            Some(_) => State::Held,
            None if row.opt_time(14)?.is_some() => State::Testing,
            None if received.is_some() => State::InLaboratory,
            None if sent.is_some() => State::InTransit,
            None => State::Sampled,
        }
    };
    let result = PersonResult {
        round: RoundId::from_bytes(row.id(1)?),
        tube: UnitId::from_bytes(row.id(2)?),
        shared_by,
        state,
        sampled_at: row.time(3)?,
        tested_at: row.opt_time(9)?.filter(|_| settled),
        reported_at,
        lab: row.opt_text(11)?.map(ToOwned::to_owned),
    };
    Ok((PersonId::from_bytes(row.id(0)?), result))
}
