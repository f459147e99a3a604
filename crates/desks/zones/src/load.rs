//! Loading: the rows that a group of commands or facts touches.

use ledger::{Asked, Result, Units, by_area, once};
use registry::place::Level as Depth;
use store::{Connection, Value};
use types::{AreaCode, HouseholdId, Micros, PlaceCode, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::rows::{Zone, read_evidence, read_zone};
use crate::state::State;
use crate::sweep::{Home, MOST_HOMES, read_home, read_stray, read_sweep};
use crate::tables::sweeps;
use crate::words::Level;
use crate::{lift, tables, zone_id};

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub zones: Vec<UnitId>,
    /// Counties whose standing zones are asked for.
    pub counties: Vec<AreaCode>,
    /// Places that become zones.
    pub places: Vec<PlaceCode>,
    /// Cases that are named as grounds.
    pub named: Vec<UnitId>,
    /// Cases whose zones are asked for.
    pub cases: Vec<UnitId>,
    /// Zones whose checklists are asked for, and when.
    pub lifts: Vec<(UnitId, Micros)>,
    pub sweeps: Vec<UnitId>,
    /// Places whose open sweep is asked for, and the households that the registry has there.
    pub swept: Vec<PlaceCode>,
    pub homes: Vec<(UnitId, HouseholdId)>,
    pub strays: Vec<UnitId>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        self.zones.extend(asked.command.zones());
        match asked.command {
            Command::Make(make) => {
                self.counties.push(asked.area);
                for new in &make.zones {
                    self.places.push(new.place.clone());
                    self.named.extend(&new.evidence);
                    self.zones.push(zone_id(asked.area, &new.place, asked.id));
                }
            }
            Command::Raise { .. } => self.counties.push(asked.area),
            Command::Ease(ease) => {
                self.counties.push(asked.area);
                self.lifts.push((ease.zone, asked.event_time));
            }
            Command::Expire { zones } => {
                self.counties.push(asked.area);
                self.lifts.extend(zones.iter().map(|zone| (*zone, asked.event_time)));
            }
            Command::OpenSweep { place, .. } => {
                self.places.push(place.clone());
                self.swept.push(place.clone());
            }
            Command::Knock(knock) => self.homes.push((knock.sweep, knock.household)),
            Command::Stray { sweep, place, .. } => {
                self.places.push(place.clone());
                self.strays.push(crate::stray_id(*sweep, asked.id));
            }
            Command::SettleStray { stray, .. } => self.strays.push(*stray),
            _ => {}
        }
        self.sweeps.extend(asked.command.sweep());
    }

    pub(crate) fn of_event(&mut self, event: &Event) {
        match event {
            Event::Made(made) => self.zones.push(made.zone),
            Event::Raised { zone, .. }
            | Event::Infected { zone, .. }
            | Event::Cleared { zone, .. }
            | Event::Renewed { zone, .. }
            | Event::DutiesSet { zone, .. }
            | Event::Lowered { zone, .. }
            | Event::Ended { zone, .. } => self.zones.push(*zone),
            Event::Refused { .. } => {}
            Event::SweepOpened(opened) => self.sweeps.push(opened.sweep),
            Event::SweepAssigned { sweep, .. } | Event::SweepClosed { sweep, .. } => {
                self.sweeps.push(*sweep);
            }
            Event::Knocked { sweep, household, .. } => {
                self.sweeps.push(*sweep);
                self.homes.push((*sweep, *household));
            }
            Event::StrayFound { stray, sweep, .. } | Event::StraySettled { stray, sweep, .. } => {
                self.sweeps.push(*sweep);
                self.strays.push(*stray);
            }
        }
    }
}

impl State {
    /// Loads what is wanted.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        self.load_of_cases(db, std::mem::take(&mut wanted.cases), &mut wanted.zones).await?;
        self.load_counties(db, std::mem::take(&mut wanted.counties)).await?;
        let ids = once(std::mem::take(&mut wanted.zones));
        self.load_zones(db, &ids).await?;
        self.load_evidence(db).await?;
        self.load_named(db, wanted.named).await?;
        for (zone, at) in wanted.lifts {
            if let (Some(zone), Some(cases)) = (self.zones.get(&zone), self.cases.get(&zone)) {
                let facts = lift::facts(db, zone, cases, at).await?;
                let id = zone.id;
                self.lifts.insert(id, facts);
            }
        }
        let moving: Vec<UnitId> = ids.into_iter().chain(self.movable(&wanted.places)).collect();
        self.load_places(db, wanted.places).await?;
        units.load(db, &once(moving)).await?;
        self.load_strays(db, wanted.strays, &mut wanted.sweeps).await?;
        self.load_swept(db, wanted.swept, &mut wanted.sweeps).await?;
        self.load_sweeps(db, units, wanted.sweeps).await?;
        self.load_homes(db, wanted.homes).await
    }

    async fn load_sweeps(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        ids: Vec<UnitId>,
    ) -> Result<()> {
        let ids = once(ids);
        units.load(db, &ids).await?;
        let mut ids = ids;
        ids.retain(|id| !self.sweeps.contains_key(id));
        for row in db.lookup(&sweeps::SWEEP_BY_ID, &by_area(&ids)).await? {
            let sweep = read_sweep(&row)?;
            self.sweeps.insert(sweep.id, sweep);
        }
        Ok(())
    }

    async fn load_swept(
        &mut self,
        db: &mut Connection,
        places: Vec<PlaceCode>,
        wanted: &mut Vec<UnitId>,
    ) -> Result<()> {
        for place in once(places) {
            if self.swept.contains_key(&place) {
                continue;
            }
            let keys = [registry::place::area_of(&place).into(), (&place).into()];
            let mut open = None;
            for row in db.lookup(&sweeps::SWEEP_OPEN_AT, &keys).await? {
                open = Some(UnitId::from_bytes(row.id(0)?));
            }
            wanted.extend(open);
            self.swept.insert(place.clone(), open);
            if Depth::of(&place) < Some(Depth::Community) {
                continue;
            }
            let found = registry::views::households(db, &place, None, MOST_HOMES as i64 + 1);
            let homes = found.await?.into_iter().map(|line| Home {
                household: line.id,
                place: line.place,
                door: line.door,
                persons: line.persons,
            });
            self.registered.insert(place, homes.collect());
        }
        Ok(())
    }

    async fn load_homes(
        &mut self,
        db: &mut Connection,
        homes: Vec<(UnitId, HouseholdId)>,
    ) -> Result<()> {
        let mut homes = once(homes);
        homes.retain(|key| self.looked_homes.insert(*key) && !self.homes.contains_key(key));
        let keys: Vec<Value> = homes
            .iter()
            .flat_map(|(sweep, home)| [sweep.area().into(), (*sweep).into(), (*home).into()])
            .collect();
        for row in db.lookup(&sweeps::HOME_BY_ID, &keys).await? {
            let (sweep, home) = read_home(&row)?;
            self.homes.insert((sweep, home.home.household), home);
        }
        Ok(())
    }

    async fn load_strays(
        &mut self,
        db: &mut Connection,
        ids: Vec<UnitId>,
        wanted: &mut Vec<UnitId>,
    ) -> Result<()> {
        let mut ids = once(ids);
        ids.retain(|id| !self.strays.contains_key(id));
        for row in db.lookup(&sweeps::STRAY_BY_ID, &by_area(&ids)).await? {
            let stray = read_stray(&row)?;
            wanted.push(stray.sweep);
            self.strays.insert(stray.id, stray);
        }
        Ok(())
    }

    /// The zones that a case or a new zone may move: controlled ones with what lies in them, and what
    /// lies in places that become zones.
    fn movable(&self, places: &[PlaceCode]) -> Vec<UnitId> {
        let standing = self.zones.values().filter(|zone| zone.stands());
        let controlled = standing.clone().filter(|zone| zone.level == Level::Controlled);
        let mut around: Vec<&PlaceCode> = controlled.map(|zone| &zone.place).collect();
        around.extend(places);
        around.sort_unstable();
        let inside = |zone: &&Zone| {
            let chain = registry::place::chain_of(&zone.place);
            chain.iter().any(|at| around.binary_search(&at).is_ok())
        };
        standing.filter(inside).map(|zone| zone.id).collect()
    }

    async fn load_of_cases(
        &mut self,
        db: &mut Connection,
        cases: Vec<UnitId>,
        zones: &mut Vec<UnitId>,
    ) -> Result<()> {
        let mut cases = once(cases);
        cases.retain(|case| !self.of_case.contains_key(case));
        let keys: Vec<Value> = cases.iter().map(|case| (*case).into()).collect();
        for case in cases {
            self.of_case.insert(case, Vec::new());
        }
        for row in db.lookup(&tables::ZONES_OF_CASE, &keys).await? {
            let zone = UnitId::from_bytes(row.id(0)?);
            let known = self.of_case.entry(UnitId::from_bytes(row.id(1)?)).or_default();
            if !known.contains(&zone) {
                known.push(zone);
            }
            zones.push(zone);
        }
        Ok(())
    }

    async fn load_counties(&mut self, db: &mut Connection, areas: Vec<AreaCode>) -> Result<()> {
        let mut areas = once(areas);
        areas.retain(|area| self.counties.insert(*area));
        for area in areas {
            for row in db.query(&tables::ZONES_OF_COUNTY, &[area.into()]).await? {
                let zone = read_zone(&row)?;
                // What this group has changed already is known better here.
                if !self.zones.contains_key(&zone.id) {
                    self.looked.insert(zone.id);
                    self.keep(zone);
                }
            }
        }
        Ok(())
    }

    async fn load_zones(&mut self, db: &mut Connection, ids: &[UnitId]) -> Result<()> {
        let mut ids = ids.to_vec();
        ids.retain(|id| self.looked.insert(*id));
        for row in db.lookup(&tables::ZONE_BY_ID, &by_area(&ids)).await? {
            self.keep(read_zone(&row)?);
        }
        Ok(())
    }

    /// The grounds of every loaded zone.
    async fn load_evidence(&mut self, db: &mut Connection) -> Result<()> {
        let mut of: Vec<UnitId> = self.zones.keys().copied().collect();
        of.retain(|id| !self.cases.contains_key(id));
        of.sort_unstable();
        for id in &of {
            self.cases.insert(*id, Default::default());
        }
        for row in db.lookup(&tables::CASES_OF_ZONE, &by_area(&of)).await? {
            let (zone, case, evidence) = read_evidence(&row)?;
            self.cases.entry(zone).or_default().insert(case, evidence);
        }
        Ok(())
    }

    async fn load_named(&mut self, db: &mut Connection, cases: Vec<UnitId>) -> Result<()> {
        let mut cases = once(cases);
        cases.retain(|case| !self.found.contains_key(case));
        for row in db.lookup(&tables::CASE_FOUND, &by_area(&cases)).await? {
            self.found.insert(UnitId::from_bytes(row.id(0)?), row.time(1)?);
        }
        Ok(())
    }

    async fn load_places(&mut self, db: &mut Connection, places: Vec<PlaceCode>) -> Result<()> {
        let mut places = once(places);
        places.retain(|place| !self.places.contains_key(place));
        let keys: Vec<Value> = places
            .iter()
            .flat_map(|place| [registry::place::area_of(place).into(), place.into()])
            .collect();
        for row in db.lookup(&tables::PLACE_COUNTS, &keys).await? {
            if let Ok(place) = PlaceCode::parse(row.text(0)?) {
                let counts = (row.opt_int(1)?.unwrap_or(0), row.opt_int(2)?.unwrap_or(0));
                self.places.insert(place, counts);
            }
        }
        Ok(())
    }

    /// Puts a zone where the rules find it.
    pub(crate) fn keep(&mut self, zone: Zone) {
        let id = zone.id;
        if zone.stands() {
            self.at.insert(zone.place.clone(), id);
        } else if self.at.get(&zone.place) == Some(&id) {
            self.at.remove(&zone.place);
        }
        self.zones.insert(id, zone);
    }
}
