//! Final positives: what a command makes of them, for the desk that keeps the cases.
//!
//! A person is a final positive by a tube when the tube's result has been released, is positive, and
//! the person is alone in it. What a decision changes of that is found by applying its facts to a
//! copy of the few rows that they touch, so that there is one rule for what settles a tube, and not
//! a second one here.

use ledger::{Asked, Entry, Result, Units};
use store::{Connection, Value};
use types::{AreaCode, Micros, PersonId, PlaceCode, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::rows::{Settled, Tube, read_tube};
use crate::state::State;
use crate::tables::TUBE_BY_ID;
use crate::words::{Reading, Zone};

/// A person whom a released result of a tube of one's own says to be infected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalPositive {
    /// The tube.
    pub tube: UnitId,
    /// The person.
    pub person: PersonId,
    /// Where the person lives, if the registry knows.
    pub home: Option<PlaceCode>,
    /// Where the tube was filled.
    pub community: Option<PlaceCode>,
    /// The zone in which the person was found: that of the pool that led to this tube, if one did,
    /// else that of the tube.
    pub zone: Option<Zone>,
    /// When the result was released.
    pub at: Micros,
}

/// What a decision changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody is a final positive now.
    Found(FinalPositive),
    /// Somebody is none any more.
    Withdrawn {
        /// The tube.
        tube: UnitId,
        /// Who was.
        person: PersonId,
    },
}

/// The tubes and persons of a group of commands that final positives can come of, or have come of.
/// Most groups have none.
pub fn concerned(state: &State, commands: &[Asked<'_, Command>]) -> Vec<(UnitId, Vec<PersonId>)> {
    let is_positive = |tube: &UnitId| {
        let row = state.tubes.get(tube);
        row.is_some_and(|t| t.reading == Some(Reading::Positive) || t.settles == Settled::Positive)
    };
    let mut tubes: Vec<UnitId> = Vec::new();
    for asked in commands {
        match asked.command {
            Command::RecordResult(r) => {
                let may_be = match r.stated {
                    Some(stated) => !matches!(stated, Reading::Negative | Reading::Invalid),
                    None => false,
                };
                let has_ct = r.ct_n.is_some() || r.ct_orf1ab.is_some();
                if may_be || has_ct || is_positive(&r.tube) {
                    tubes.push(r.tube);
                }
            }
            Command::Collect(c) if is_positive(&c.tube) => tubes.push(c.tube),
            Command::CorrectMember(c) => tubes.push(c.tube),
            Command::Resolve(c) => tubes.push(c.unit),
            Command::Report { tubes: reported } => tubes.extend(reported),
            _ => {}
        }
    }
    tubes.sort_unstable();
    tubes.dedup();
    // Whom the group itself puts into them.
    let mut put: Vec<(UnitId, PersonId)> = Vec::new();
    if !tubes.is_empty() {
        for asked in commands {
            match asked.command {
                Command::Collect(c) if tubes.binary_search(&c.tube).is_ok() => {
                    put.extend(c.persons.iter().map(|p| (c.tube, *p)));
                }
                Command::CorrectMember(c) => put.push((c.tube, c.person)),
                _ => {}
            }
        }
    }
    tubes
        .into_iter()
        .map(|tube| {
            let row = state.tubes.get(&tube).into_iter().flat_map(|t| &t.members);
            let claimed = state.claims.iter().filter(|((id, _), _)| *id == tube);
            let members = row.chain(claimed.flat_map(|(_, claim)| &claim.members));
            let mut persons: Vec<PersonId> = members.map(|m| m.person).collect();
            persons.extend(put.iter().filter(|(id, _)| *id == tube).map(|(_, p)| *p));
            persons.sort_unstable();
            persons.dedup();
            (tube, persons)
        })
        .filter(|(_, persons)| !persons.is_empty())
        .collect()
}

impl State {
    /// Loads the pools that recalls of these persons come from: they say where somebody was found.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_origins(&mut self, db: &mut Connection, persons: &[PersonId]) -> Result<()> {
        let of = |person| self.recall_of.get(person).into_iter().flatten();
        let mut origins: Vec<UnitId> = persons
            .iter()
            .flat_map(of)
            .filter_map(|recall| self.recalls.get(recall))
            .map(|recall| recall.opened.origin)
            .filter(|origin| !self.tubes.contains_key(origin))
            .collect();
        origins.sort_unstable();
        origins.dedup();
        self.load_tubes(db, &origins).await
    }

    /// Loads tubes that no command of the group is about.
    ///
    /// # Errors
    /// As [`State::load_origins`].
    pub async fn load_tubes(&mut self, db: &mut Connection, tubes: &[UnitId]) -> Result<()> {
        let keys: Vec<Value> =
            tubes.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
        for row in db.lookup(&TUBE_BY_ID, &keys).await? {
            let (id, tube) = read_tube(&row)?;
            self.tubes.entry(id).or_insert(tube);
        }
        Ok(())
    }

    /// The persons of a loaded tube.
    pub fn persons_of(&self, tube: UnitId) -> Vec<PersonId> {
        self.tubes
            .get(&tube)
            .map_or_else(Vec::new, |t| t.members.iter().map(|m| m.person).collect())
    }

    /// The final positive that a loaded tube makes, if it does.
    pub fn final_positive(&self, tube: UnitId) -> Option<FinalPositive> {
        let row = self.tubes.get(&tube)?;
        let person = positive_of(row)?;
        let member = row.members.first()?;
        let origin = self.origin_of(person, tube);
        let zone_of = |tube: &Tube| tube.zone.as_deref().and_then(Zone::parse);
        Some(FinalPositive {
            tube,
            person,
            home: row.home(member).cloned(),
            community: row.community.as_deref().and_then(|text| PlaceCode::parse(text).ok()),
            zone: origin.and_then(zone_of).or_else(|| zone_of(row)),
            at: row.reported_at?,
        })
    }

    /// The tube by which somebody was found whom another tube confirmed.
    fn origin_of(&self, person: PersonId, tube: UnitId) -> Option<&Tube> {
        let recalls = self.recall_of.get(&person)?;
        let recalls = recalls.iter().filter_map(|id| self.recalls.get(id));
        let by_this = recalls.filter(|recall| recall.tube == Some(tube));
        by_this
            .filter_map(|recall| self.tubes.get(&recall.opened.origin))
            .min_by_key(|t| t.collected_at)
    }
}

fn positive_of(tube: &Tube) -> Option<PersonId> {
    let alone = tube.settles == Settled::Positive && tube.members.len() == 1;
    alone.then(|| tube.members[0].person)
}

/// What the facts of a decision change about final positives.
pub fn changes(
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
    events: &[Event],
) -> Vec<Change> {
    let mut tubes: Vec<UnitId> = events.iter().filter_map(settled_by).collect();
    tubes.sort_unstable();
    tubes.dedup();
    if tubes.is_empty() {
        return Vec::new();
    }
    let mut after = copy_of(state, &tubes);
    let entry = Entry {
        seq: 0,
        command: asked.id,
        area: asked.area,
        event_time: asked.event_time,
        record_time: asked.event_time,
        actor: String::new(),
        device: None,
    };
    for event in events {
        crate::apply::apply(units, &mut after, &entry, event);
    }
    let mut changes = Vec::new();
    for tube in tubes {
        let before = state.tubes.get(&tube).and_then(positive_of);
        let now = after.final_positive(tube);
        let same = now.as_ref().map(|found| found.person) == before;
        if same {
            continue;
        }
        changes.extend(before.map(|person| Change::Withdrawn { tube, person }));
        changes.extend(now.map(Change::Found));
    }
    changes
}

/// The tube whose settling a fact can change.
fn settled_by(event: &Event) -> Option<UnitId> {
    match event {
        Event::Reported { tube, .. }
        | Event::MemberCorrected { tube, .. }
        | Event::Refilled { tube, .. } => Some(*tube),
        Event::Collected(c) => Some(c.tube),
        _ => None,
    }
}

/// The rows that the facts about some tubes can change, copied.
fn copy_of(state: &State, tubes: &[UnitId]) -> State {
    let mut copy = State::default();
    for tube in tubes {
        let Some(row) = state.tubes.get(tube) else { continue };
        if let Some(transport) = row.boxed {
            copy.boxes.extend(state.boxes.get(&transport).map(|b| (transport, b.clone())));
        }
        copy.tubes.insert(*tube, row.clone());
        let of_tube = state.claims.iter().filter(|((id, _), _)| id == tube);
        copy.claims.extend(of_tube.map(|(key, claim)| (*key, claim.clone())));
        let claimed = state.claims.iter().filter(|((id, _), _)| id == tube);
        let members = row.members.iter().chain(claimed.flat_map(|(_, c)| &c.members));
        for person in members.map(|m| m.person) {
            let Some(ids) = state.recall_of.get(&person) else { continue };
            copy.recall_of.insert(person, ids.clone());
            for recall in ids.iter().filter_map(|id| state.recalls.get(id)) {
                copy.recalls.insert(recall.opened.recall, recall.clone());
                let origin = recall.opened.origin;
                copy.tubes.extend(
                    state
                        .tubes
                        .get(&origin)
                        .filter(|_| !tubes.contains(&origin))
                        .map(|t| (origin, t.clone())),
                );
            }
        }
    }
    copy
}

/// The county to which a final positive belongs: that of the home, else of the sampling.
pub fn county_of(positive: &FinalPositive, otherwise: AreaCode) -> AreaCode {
    let place = positive.home.as_ref().or(positive.community.as_ref());
    place.and_then(PlaceCode::area).unwrap_or(otherwise)
}
