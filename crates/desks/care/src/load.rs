//! Loading: the rows that a group of commands or facts touches.

use std::collections::hash_map::Entry;

use ledger::{Asked, Result, Units, once};
use store::{Connection, Value};
use types::{AreaCode, HolderCode, HouseholdId, PersonId, UnitId};

use crate::command::{Command, bed_id};
use crate::event::Event;
use crate::release::Test;
use crate::rows::{
    read_bed, read_care_plan, read_consultation, read_episode, read_facility, read_order, read_ward,
};
use crate::state::{Place, State, WardKey};
use crate::tables::{self, bedside};

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub episodes: Vec<UnitId>,
    pub facilities: Vec<HolderCode>,
    pub wards: Vec<WardKey>,
    /// Wards whose beds are chosen from.
    pub whole: Vec<WardKey>,
    pub beds: Vec<UnitId>,
    /// Persons with whom others may live.
    pub persons: Vec<PersonId>,
    /// Episodes whose results are held against the criteria.
    pub tested: Vec<UnitId>,
    /// Episodes that may move within the facility that they lie in, and to which ward.
    pub moving: Vec<(UnitId, String)>,
    /// Episodes that may be admitted to another bed than the held one.
    pub elsewhere: Vec<UnitId>,
    /// Episodes whose care plan, consultations or orders are asked for.
    pub at_bed: Vec<UnitId>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        self.episodes.extend(asked.command.episodes());
        self.facilities.extend(asked.command.facility().cloned());
        match asked.command {
            Command::PutWard(c) => self.wards.push((c.facility.clone(), c.ward.clone())),
            Command::PutBeds(c) => {
                self.wards.push((c.facility.clone(), c.ward.clone()));
                let id = |label: &str| bed_id(asked.area, &c.facility, &c.ward, label);
                self.beds.extend(c.beds.iter().map(|bed| id(&bed.label)));
            }
            Command::Staff(c) => self.wards.push((c.facility.clone(), c.ward.clone())),
            Command::SetOut(c) => self.beds.extend(&c.beds),
            Command::Disinfect { beds } => self.beds.extend(beds),
            Command::Assign(c) => {
                self.facilities.push(c.facility.clone());
                self.whole.push((c.facility.clone(), c.ward.clone()));
                self.beds.extend(c.bed);
            }
            Command::Admit(c) => {
                self.whole.extend(c.ward.iter().map(|ward| (c.facility.clone(), ward.clone())));
                self.beds.extend(c.bed);
                self.elsewhere.extend(c.bed.map(|_| c.episode));
            }
            Command::Move(c) => {
                self.moving.push((c.episode, c.ward.clone()));
                self.beds.extend(c.bed);
            }
            Command::Keep { episode, .. } => self.tested.push(*episode),
            Command::Release(c) => self.tested.push(c.episode),
            Command::Adopt { cases } => {
                self.episodes.extend(cases.iter().map(|case| crate::episode_of(*case)));
            }
            Command::Lapse { episodes } => self.episodes.extend(episodes),
            Command::PutCarePlan(_)
            | Command::ReviewCarePlan(_)
            | Command::Consult(_)
            | Command::Answer(_)
            | Command::WithdrawConsult { .. }
            | Command::Order(_)
            | Command::StopOrder(_) => self.at_bed.extend(asked.command.episodes()),
            Command::PutFacility(_)
            | Command::Unassign { .. }
            | Command::Depart { .. }
            | Command::Refuse { .. }
            | Command::Requeue { .. }
            | Command::SendHome { .. }
            | Command::Round(_)
            | Command::CheckIn(_)
            | Command::Test(_)
            | Command::FinishHome { .. } => {}
        }
    }

    pub(crate) fn of_event(&mut self, area: AreaCode, event: &Event) {
        match event {
            Event::FacilityPut(c) => self.facilities.push(c.code.clone()),
            Event::WardPut(c) => {
                self.facilities.push(c.facility.clone());
                self.wards.push((c.facility.clone(), c.ward.clone()));
            }
            Event::BedsPut { facility, ward, beds } => {
                debug_assert!(beds.iter().all(|(id, ..)| id.area() == area));
                self.facilities.push(facility.clone());
                self.wards.push((facility.clone(), ward.clone()));
                self.beds.extend(beds.iter().map(|(id, ..)| *id));
            }
            Event::StaffSet(c) => {
                self.facilities.push(c.facility.clone());
                self.wards.push((c.facility.clone(), c.ward.clone()));
            }
            Event::BedSetOut { bed, .. } | Event::Disinfected { bed } => self.beds.push(*bed),
            Event::Assigned { episode, bed, .. }
            | Event::Admitted { episode, bed, .. }
            | Event::Moved { episode, bed, .. } => {
                self.episodes.push(*episode);
                self.beds.push(*bed);
            }
            Event::CarePlanPut(_)
            | Event::CarePlanReviewed { .. }
            | Event::Consulted(_)
            | Event::Answered { .. }
            | Event::ConsultWithdrawn { .. }
            | Event::Ordered(_)
            | Event::OrderStopped { .. } => {
                self.episodes.extend(event.episode());
                self.at_bed.extend(event.episode());
            }
            Event::Queued(_)
            | Event::Judged { .. }
            | Event::Unassigned { .. }
            | Event::Departed { .. }
            | Event::WentHome { .. }
            | Event::Requeued { .. }
            | Event::Seen { .. }
            | Event::CheckedIn { .. }
            | Event::Tested { .. }
            | Event::Kept { .. }
            | Event::Left { .. }
            | Event::Ended { .. } => self.episodes.extend(event.episode()),
        }
    }
}

impl State {
    /// Loads what is wanted: episodes lead to their beds, beds to their wards and facilities.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        let read = self.load_episodes(db, units, &mut wanted).await?;
        self.load_at_bed(db, std::mem::take(&mut wanted.at_bed)).await?;
        read.into_iter().for_each(|id| self.counted_episode(id));
        for (episode, ward) in std::mem::take(&mut wanted.moving) {
            let lies = self.episodes.get(&episode).and_then(|e| e.lies.as_ref());
            wanted.whole.extend(lies.map(|lies| (lies.facility.clone(), ward)));
        }
        for episode in std::mem::take(&mut wanted.elsewhere) {
            let held = self.episodes.get(&episode).and_then(|e| e.held.as_ref());
            wanted.whole.extend(held.map(|held| (held.facility.clone(), held.ward.clone())));
        }
        self.load_beds(db, &mut wanted).await?;
        self.load_wards(db, wanted.wards, wanted.facilities).await?;
        self.load_people(db, wanted.persons, wanted.tested).await
    }

    async fn load_episodes(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &mut Wanted,
    ) -> Result<Vec<UnitId>> {
        let mut read = Vec::new();
        let mut ids = once(std::mem::take(&mut wanted.episodes));
        ids.retain(|id| !self.looked.contains(id));
        self.looked.extend(&ids);
        let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
        for row in db.lookup(&tables::EPISODE_BY_ID, &keys).await? {
            let episode = read_episode(&row)?;
            for place in [&episode.lies, &episode.held].into_iter().flatten() {
                wanted.beds.push(place.bed);
                wanted.wards.push((place.facility.clone(), place.ward.clone()));
            }
            // Whoever leaves a bed leaves a plan, questions and orders behind.
            wanted.at_bed.extend(episode.lies.as_ref().map(|_| episode.id));
            if let Entry::Vacant(place) = self.episodes.entry(episode.id) {
                read.push(episode.id);
                place.insert(episode);
            }
        }
        for row in db.lookup(&tables::PLACES_LIVE, &keys).await? {
            let key = (UnitId::from_bytes(row.id(0)?), row.int(1)?);
            let place = read_place(&row)?;
            self.places.entry(key).or_insert(place);
        }
        units.load(db, &ids).await?;
        Ok(read)
    }

    async fn load_at_bed(&mut self, db: &mut Connection, wanted: Vec<UnitId>) -> Result<()> {
        let mut ids = once(wanted);
        ids.retain(|id| !self.at_bed.contains(id));
        if ids.is_empty() {
            return Ok(());
        }
        self.at_bed.extend(&ids);
        let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
        for row in db.lookup(&bedside::CARE_PLANS_OF, &keys).await? {
            let plan = read_care_plan(&row)?;
            self.plans.entry((plan.episode, plan.version)).or_insert(plan);
        }
        for row in db.lookup(&bedside::CONSULTATIONS_OF, &keys).await? {
            let found = read_consultation(&row)?;
            let key = (found.episode, found.id);
            if !self.consultations.contains_key(&key) {
                self.counted_consultation(&found);
                self.consultations.insert(key, found);
            }
        }
        for row in db.lookup(&bedside::ORDERS_OF, &keys).await? {
            let order = read_order(&row)?;
            self.orders.entry((order.episode, order.id)).or_insert(order);
        }
        Ok(())
    }

    async fn load_beds(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        let mut whole = once(std::mem::take(&mut wanted.whole));
        whole.retain(|key| !self.whole.contains(key));
        let keys: Vec<Value> =
            whole.iter().flat_map(|(f, w)| [f.into(), w.as_str().into()]).collect();
        let mut rows = db.lookup(&tables::BEDS_OF_WARD, &keys).await?;
        wanted.wards.extend(whole.iter().cloned());
        self.whole.extend(whole);
        let mut beds = once(std::mem::take(&mut wanted.beds));
        beds.retain(|id| !self.beds.contains_key(id));
        let keys: Vec<Value> =
            beds.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
        rows.extend(db.lookup(&tables::BED_BY_ID, &keys).await?);
        for row in rows {
            let bed = read_bed(&row)?;
            if !self.beds.contains_key(&bed.id) {
                wanted.wards.push((bed.facility.clone(), bed.ward.clone()));
                self.counted_bed(&bed);
                self.keep_bed(bed);
            }
        }
        Ok(())
    }

    async fn load_wards(
        &mut self,
        db: &mut Connection,
        wards: Vec<WardKey>,
        mut facilities: Vec<HolderCode>,
    ) -> Result<()> {
        let mut wards = once(wards);
        facilities.extend(wards.iter().map(|(facility, _)| facility.clone()));
        wards.retain(|key| !self.wards.contains_key(key));
        let keys: Vec<Value> =
            wards.iter().flat_map(|(f, w)| [f.into(), w.as_str().into()]).collect();
        for row in db.lookup(&tables::WARD_BY_KEY, &keys).await? {
            let ward = read_ward(&row)?;
            let key = (ward.facility.clone(), ward.code.clone());
            self.wards.entry(key).or_insert(ward);
        }
        let mut facilities = once(facilities);
        facilities.retain(|code| !self.facilities.contains_key(code));
        let keys: Vec<Value> = facilities.iter().map(Value::from).collect();
        for row in db.lookup(&tables::FACILITY_BY_CODE, &keys).await? {
            let facility = read_facility(&row)?;
            self.facilities.entry(facility.code.clone()).or_insert(facility);
        }
        Ok(())
    }

    async fn load_people(
        &mut self,
        db: &mut Connection,
        persons: Vec<PersonId>,
        tested: Vec<UnitId>,
    ) -> Result<()> {
        let mut persons = once(persons);
        persons.retain(|person| !self.households.contains_key(person));
        let keys: Vec<Value> = persons.into_iter().map(Value::from).collect();
        for row in db.lookup(&tables::HOUSEHOLD_OF, &keys).await? {
            let person = PersonId::from_bytes(row.id(0)?);
            self.households.entry(person).or_insert(HouseholdId::from_bytes(row.id(1)?));
        }
        let mut keys = Vec::new();
        for id in once(tested) {
            let Some(episode) = self.episodes.get(&id) else { continue };
            keys.extend(result_keys(episode));
        }
        for row in db.lookup(&tables::TESTS_OF, &keys).await? {
            let (person, test) = read_result(&row)?;
            let known = self.results.entry(person).or_default();
            if !known.contains(&test) {
                known.push(test);
            }
        }
        Ok(())
    }
}

/// Under which keys the testing desk may have results of somebody: the county of the home, and that
/// of the facility.
pub(crate) fn result_keys(episode: &crate::Episode) -> Vec<Value> {
    let mut areas = vec![episode.area()];
    areas.extend(episode.bed().map(|place| place.bed.area()));
    once(areas).into_iter().flat_map(|area| [area.into(), episode.person.into()]).collect()
}

/// Reads [`tables::TESTS_OF`].
pub(crate) fn read_result(row: &store::Row) -> store::Result<(PersonId, Test)> {
    let test = Test {
        at: row.time(1)?,
        ct_n: row.opt_real(2)?,
        ct_orf1ab: row.opt_real(3)?,
        assay_limit: None,
        source: UnitId::from_bytes(row.id(4)?).to_string(),
    };
    Ok((PersonId::from_bytes(row.id(0)?), test))
}

/// Reads [`tables::PLACES_LIVE`] and its like.
pub(crate) fn read_place(row: &store::Row) -> store::Result<Place> {
    Ok(Place {
        bed: UnitId::from_bytes(row.id(2)?),
        person: PersonId::from_bytes(row.id(3)?),
        facility: row.holder(4)?,
        ward: row.text(5)?.to_owned(),
        held_at: row.time(6)?,
        admitted_at: row.opt_time(7)?,
        left_at: row.opt_time(8)?,
        plan: row.text(9)?.to_owned(),
        reason: row.text(10)?.to_owned(),
        actor: row.text(11)?.to_owned(),
    })
}
