//! Loading: the rows that a group of commands or facts touches.

use std::collections::HashMap;

use ledger::{Result, Units};
use store::{Connection, Value};
use types::{AreaCode, PersonId, PlaceCode, RoundId, UnitId};

use crate::rows::{SwabFate, Tube, read_box, read_claim, read_recall, read_round, read_tube};
use crate::state::State;
use crate::tables;
use crate::turnaround::times_of;

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
    pub recalled: Vec<PersonId>,
    pub targets: Vec<(AreaCode, RoundId, PlaceCode)>,
    pub recalls: Vec<UnitId>,
    /// Tubes whose members' recalls are needed.
    pub tubes_with_recalls: Vec<UnitId>,
    /// Tubes whose claims are needed.
    pub claims: Vec<UnitId>,
    /// Persons who are to be written into a tube, whatever its round.
    pub into_tube: Vec<(UnitId, PersonId)>,
    /// Persons whose swabs are needed with the tubes that these are in; with the county that the
    /// swabs are kept under.
    pub swabs: Vec<(AreaCode, PersonId, RoundId)>,
    /// Whether the claims of those tubes are needed too, and the recalls of these persons that have ended.
    pub claims_of_swabs: bool,
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
            self.know_tube(id, tube);
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
            let claims = self.claims.iter().filter(|((unit, _), _)| unit == id);
            let claimed: Vec<Tube> = claims.map(|(_, claim)| claim.fill(tube)).collect();
            for filling in std::iter::once(tube).chain(&claimed) {
                let Some(round) = filling.round else { continue };
                for member in &filling.members {
                    wanted.recalls.push(crate::recall_id(*id, member.person));
                    wanted.recalled.push(member.person);
                    wanted.swabs.push((filling.area_of(*id, member), member.person, round));
                }
            }
        }
        self.load_people(db, &mut wanted).await?;
        self.load_tubes_of_swabs(db, &wanted).await?;
        self.load_recalls(db, units, &wanted).await
    }

    /// Keeps a tube as the store has it.
    fn know_tube(&mut self, id: UnitId, tube: Tube) {
        self.timed.insert(id, times_of(&tube));
        self.tubes.insert(id, tube);
    }

    /// The tubes of the swabs that were loaded, and what claims them: seldom any but those that
    /// are there already.
    async fn load_tubes_of_swabs(&mut self, db: &mut Connection, wanted: &Wanted) -> Result<()> {
        let swabs = self.swabs_of.values().flat_map(|swabs| swabs.keys().copied());
        let tubes = distinct(&swabs.collect::<Vec<_>>());
        if wanted.claims_of_swabs {
            for row in db.lookup(&tables::CLAIMS_OF, &unit_keys(&tubes)).await? {
                let (key, claim) = read_claim(&row)?;
                self.claims.insert(key, claim);
            }
        }
        let others: Vec<UnitId> =
            tubes.into_iter().filter(|id| !self.tubes.contains_key(id)).collect();
        for row in db.lookup(&tables::TUBE_BY_ID, &unit_keys(&others)).await? {
            let (id, tube) = read_tube(&row)?;
            self.know_tube(id, tube);
        }
        Ok(())
    }

    async fn load_people(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
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
        let here = wanted.persons.iter().map(|(r, p)| (area_of(p, &self.homes), *p, *r));
        wanted.swabs.extend(here);
        let mut keys = Vec::with_capacity(wanted.swabs.len() * 3);
        for (area, person, round) in distinct(&wanted.swabs) {
            keys.extend([area.into(), person.into(), round.into()]);
        }
        for row in db.lookup(&tables::SWAB_OF_PERSON, &keys).await? {
            let (person, round) =
                (PersonId::from_bytes(row.id(1)?), RoundId::from_bytes(row.id(2)?));
            let key = (row.area(0)?, person, round, UnitId::from_bytes(row.id(3)?));
            self.know_swab(key, row.time(4)?, SwabFate::of(row.int(5)?));
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
            wanted.persons.iter().map(|(_, p)| *p).chain(wanted.recalled.iter().copied()).collect();
        persons.sort_unstable();
        persons.dedup();
        let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
        let mut rows = db.lookup(&tables::RECALL_OF_PERSON, &keys).await?;
        if wanted.claims_of_swabs {
            // A correction asks what has ended, too: it may have ended with the wrong result.
            let sampled = self.swabs_of.keys().map(|(_, person)| *person);
            let sampled: Vec<PersonId> = distinct(&sampled.collect::<Vec<_>>());
            let keys: Vec<Value> = sampled.into_iter().map(Value::from).collect();
            rows.extend(db.lookup(&tables::RECALL_ENDED, &keys).await?);
        }
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
