//! Loading: the rows that a group of commands or facts touches.

use std::collections::HashMap;

use ledger::{Result, Units};
use store::{Connection, Value};
use types::{AreaCode, PersonId, PlaceCode, RoundId, UnitId};

use crate::rows::{read_box, read_claim, read_recall, read_round, read_tube};
use crate::state::State;
use crate::tables;

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub rounds: Vec<RoundId>,
    pub units: Vec<UnitId>,
    /// Boxes whose content is needed tube by tube.
    pub boxes_inside: Vec<UnitId>,
    pub persons: Vec<(RoundId, PersonId)>,
    pub exemptions: Vec<(RoundId, PersonId)>,
    /// Persons whose open recalls alone are needed.
    pub recalled: Vec<(RoundId, PersonId)>,
    pub targets: Vec<(AreaCode, RoundId, PlaceCode)>,
    pub recalls: Vec<UnitId>,
    /// Tubes whose members' recalls are needed.
    pub tubes_with_recalls: Vec<UnitId>,
    /// Tubes whose claims are needed.
    pub claims: Vec<UnitId>,
    /// Persons who are to be written into a tube, whatever its round.
    pub into_tube: Vec<(UnitId, PersonId)>,
}

impl State {
    /// Loads what is wanted, units first: a tube's box decides which boxes are needed.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        for id in std::mem::take(&mut wanted.boxes_inside) {
            for line in ledger::views::inside(db, id, 100_000).await? {
                wanted.units.push(line.id);
            }
        }
        units.load(db, &wanted.units).await?;
        let containers: Vec<UnitId> =
            wanted.units.iter().flat_map(|id| units.ancestors(*id)).collect();
        wanted.units.extend(containers);
        wanted.units.sort_unstable();
        wanted.units.dedup();

        let keys = distinct(&wanted.rounds).into_iter().map(Value::from).collect::<Vec<_>>();
        for row in db.lookup(&tables::ROUND_BY_ID, &keys).await? {
            let round = read_round(&row)?;
            self.rounds.insert(round.id, round);
        }
        let tubes: Vec<UnitId> =
            wanted.units.iter().filter(|id| id.kind() == crate::TUBE).copied().collect();
        for row in db.lookup(&tables::TUBE_BY_ID, &unit_keys(&tubes)).await? {
            let (id, tube) = read_tube(&row)?;
            self.tubes.insert(id, tube);
        }
        let counted_by = self.tubes.values().filter_map(|tube| tube.boxed);
        let boxes = wanted.units.iter().filter(|id| id.kind() == crate::BOX).copied();
        let boxes = distinct(&boxes.chain(counted_by).collect::<Vec<_>>());
        for row in db.lookup(&tables::BOX_BY_ID, &unit_keys(&boxes)).await? {
            let (id, found) = read_box(&row)?;
            self.boxes.insert(id, found);
        }
        for row in db.lookup(&tables::CLAIMS_OF, &unit_keys(&distinct(&wanted.claims))).await? {
            let (key, claim) = read_claim(&row)?;
            self.claims.insert(key, claim);
        }
        for (id, person) in &wanted.into_tube {
            // A tube that is filled in this very group is in one of its rounds.
            let round = self.tubes.get(id).and_then(|tube| tube.round);
            let rounds = round.map_or_else(|| wanted.rounds.clone(), |round| vec![round]);
            wanted.persons.extend(rounds.into_iter().map(|round| (round, *person)));
        }
        for id in &wanted.tubes_with_recalls {
            let Some(tube) = self.tubes.get(id) else { continue };
            let claimed = self.claims.iter().filter(|((unit, _), _)| unit == id);
            let members = tube.members.iter().chain(claimed.flat_map(|(_, c)| &c.members));
            for member in members {
                wanted.recalls.push(crate::recall_id(*id, member.person));
                wanted.recalled.extend(tube.round.map(|round| (round, member.person)));
            }
        }
        self.load_people(db, &wanted).await?;
        self.load_recalls(db, units, &wanted).await
    }

    async fn load_people(&mut self, db: &mut Connection, wanted: &Wanted) -> Result<()> {
        let mut persons: Vec<PersonId> = wanted
            .persons
            .iter()
            .chain(&wanted.exemptions)
            .map(|(_, p)| *p)
            .filter(|p| !self.homes.contains_key(p))
            .collect();
        persons.sort_unstable();
        persons.dedup();
        let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
        for row in db.lookup(&tables::PERSON_HOME, &keys).await? {
            if let Some(home) = row.opt_text(1)?.and_then(|t| PlaceCode::parse(t).ok()) {
                self.homes.insert(PersonId::from_bytes(row.id(0)?), home);
            }
        }
        let area_of = |person: &PersonId, homes: &HashMap<PersonId, PlaceCode>| {
            homes.get(person).and_then(PlaceCode::area).unwrap_or(AreaCode::NONE)
        };
        let mut keys = Vec::with_capacity(wanted.persons.len() * 3);
        for (round, person) in distinct(&wanted.persons) {
            keys.extend([area_of(&person, &self.homes).into(), person.into(), round.into()]);
        }
        for row in db.lookup(&tables::SWAB_OF_PERSON, &keys).await? {
            let person = PersonId::from_bytes(row.id(0)?);
            self.swabbed.insert((RoundId::from_bytes(row.id(1)?), person));
        }
        let mut keys = Vec::with_capacity(wanted.exemptions.len() * 3);
        for (round, person) in distinct(&wanted.exemptions) {
            keys.extend([area_of(&person, &self.homes).into(), round.into(), person.into()]);
        }
        for row in db.lookup(&tables::EXEMPTION_BY_PERSON, &keys).await? {
            let person = PersonId::from_bytes(row.id(1)?);
            self.exempt.insert((RoundId::from_bytes(row.id(0)?), person));
        }
        let mut keys = Vec::with_capacity(wanted.targets.len() * 3);
        for (area, round, compound) in distinct(&wanted.targets) {
            keys.extend([area.into(), round.into(), (&compound).into()]);
        }
        for row in db.lookup(&tables::TARGET_BY_COMPOUND, &keys).await? {
            if let Ok(compound) = PlaceCode::parse(row.text(2)?) {
                self.targets.insert((RoundId::from_bytes(row.id(1)?), compound), row.int(3)?);
            }
        }
        Ok(())
    }

    async fn load_recalls(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &Wanted,
    ) -> Result<()> {
        let mut persons: Vec<PersonId> =
            wanted.persons.iter().chain(&wanted.recalled).map(|(_, p)| *p).collect();
        persons.sort_unstable();
        persons.dedup();
        let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
        let mut rows = db.lookup(&tables::RECALL_OF_PERSON, &keys).await?;
        let by_id = unit_keys(&distinct(&wanted.recalls));
        rows.extend(db.lookup(&tables::RECALL_BY_ID, &by_id).await?);
        let mut ids = wanted.recalls.clone();
        for row in rows {
            let recall = read_recall(&row)?;
            let id = recall.opened.recall;
            ids.push(id);
            let of_person = self.recall_of.entry(recall.opened.person).or_default();
            if !of_person.contains(&id) {
                of_person.push(id);
            }
            self.recalls.insert(id, recall);
        }
        units.load(db, &ids).await
    }
}

fn distinct<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

fn unit_keys(ids: &[UnitId]) -> Vec<Value> {
    ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect()
}
