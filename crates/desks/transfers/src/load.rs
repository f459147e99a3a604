//! Loading: the rows that a group of commands or facts touches.

use ledger::{Asked, Result, Units, by_area, once};
use store::{Connection, Row, Value};
use types::{HolderCode, HouseholdId, PersonId, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::rows::{Ride, Seat, read_ride, read_trip, read_vehicle};
use crate::state::State;
use crate::tables;

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub vehicles: Vec<HolderCode>,
    pub trips: Vec<UnitId>,
    pub rides: Vec<UnitId>,
    /// Persons whose open rides are asked for.
    pub persons: Vec<PersonId>,
    /// Rides whose families are asked for.
    pub families: Vec<UnitId>,
    /// Vehicles whose trip under way is asked for.
    pub busy: Vec<HolderCode>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        self.vehicles.extend(asked.command.vehicle().cloned());
        self.trips.extend(asked.command.trip());
        self.rides.extend(asked.command.rides());
        match asked.command {
            Command::Want(c) => {
                self.persons.extend(c.people.iter().map(|rider| rider.person));
                let id = |person| crate::ride_id(asked.area, asked.id, person);
                self.rides.extend(c.people.iter().map(|rider| id(rider.person)));
            }
            Command::Dispatch(c) => {
                self.families.extend(&c.rides);
                self.trips.push(crate::trip_id(asked.area, asked.id));
            }
            Command::Join { rides, .. } => self.families.extend(rides),
            Command::MoveAcross { vehicle, .. } => {
                self.busy.push(vehicle.clone());
                self.trips.push(crate::trip_id(asked.area, asked.id));
            }
            _ => {}
        }
    }

    pub(crate) fn of_event(&mut self, event: &Event) {
        match event {
            Event::VehiclePut(c) => self.vehicles.push(c.code.clone()),
            Event::ShiftSet(c) => self.vehicles.push(c.vehicle.clone()),
            Event::VehicleOut { vehicle, .. } | Event::Disinfected { vehicle, .. } => {
                self.vehicles.push(vehicle.clone());
            }
            Event::Wanted(c) => {
                self.rides.push(c.ride);
                self.persons.push(c.person);
            }
            Event::Judged { ride, .. }
            | Event::Redirected { ride, .. }
            | Event::RideEnded { ride, .. }
            | Event::Gave { ride, .. }
            | Event::Handed { ride, .. } => self.rides.push(*ride),
            Event::TripPut(c) => {
                self.trips.push(c.trip);
                self.vehicles.push(c.vehicle.clone());
                self.rides.extend(c.seats.iter().map(|seat| seat.ride));
            }
            Event::Joined { trip, seats, .. } => {
                self.trips.push(*trip);
                self.rides.extend(seats.iter().map(|seat| seat.ride));
            }
            Event::TakenOff { trip, ride, .. }
            | Event::PickedUp { trip, ride, .. }
            | Event::Received { trip, ride, .. }
            | Event::SetDown { trip, ride, .. } => {
                self.trips.push(*trip);
                self.rides.push(*ride);
            }
            Event::Started { trip }
            | Event::Broken { trip, .. }
            | Event::TripEnded { trip, .. } => {
                self.trips.push(*trip);
            }
            Event::Across { from, to, ride, .. } => {
                self.trips.extend([*from, *to]);
                self.rides.push(*ride);
            }
        }
    }
}

impl State {
    /// Loads what is wanted: rides lead to their trips, trips to their manifests and vehicles,
    /// manifests to their rides.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        self.load_vehicles(db, std::mem::take(&mut wanted.busy), &mut wanted).await?;
        self.load_open(db, units, &mut wanted).await?;
        self.load_rides(db, units, &mut wanted).await?;
        self.load_trips(db, units, &mut wanted).await?;
        // Those who are on a trip with others.
        self.load_rides(db, units, &mut wanted).await?;
        self.load_families(db, units, &wanted.families).await?;
        let vehicles = std::mem::take(&mut wanted.vehicles);
        self.load_vehicles(db, vehicles, &mut wanted).await
    }

    async fn load_vehicles(
        &mut self,
        db: &mut Connection,
        codes: Vec<HolderCode>,
        wanted: &mut Wanted,
    ) -> Result<()> {
        let mut codes = once(codes);
        codes.retain(|code| !self.looked_vehicles.contains(code));
        self.looked_vehicles.extend(codes.iter().cloned());
        let keys: Vec<Value> = codes.iter().map(Value::from).collect();
        for row in db.lookup(&tables::VEHICLE_BY_CODE, &keys).await? {
            let vehicle = read_vehicle(&row)?;
            wanted.trips.extend(vehicle.trip);
            self.vehicles.entry(vehicle.code.clone()).or_insert(vehicle);
        }
        Ok(())
    }

    fn keep(&mut self, row: &Row, wanted: Option<&mut Wanted>) -> Result<UnitId> {
        let ride: Ride = read_ride(row)?;
        let id = ride.id;
        if ride.stage.is_open() {
            if let Some(wanted) = wanted {
                wanted.trips.extend(ride.trip);
            }
            self.open.entry(ride.person).or_insert(id);
        }
        self.looked_rides.insert(id);
        self.rides.entry(id).or_insert(ride);
        Ok(id)
    }

    async fn load_open(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &mut Wanted,
    ) -> Result<()> {
        let mut persons = once(std::mem::take(&mut wanted.persons));
        persons.retain(|person| !self.looked_persons.contains(person));
        self.looked_persons.extend(&persons);
        let keys: Vec<Value> = persons.into_iter().map(Value::from).collect();
        let mut found = Vec::new();
        for row in db.lookup(&tables::RIDE_OPEN_OF, &keys).await? {
            // One that this group has ended already is not open again.
            if !self.rides.contains_key(&UnitId::from_bytes(row.id(0)?)) {
                found.push(self.keep(&row, Some(wanted))?);
            }
        }
        units.load(db, &found).await
    }

    async fn load_rides(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &mut Wanted,
    ) -> Result<()> {
        let mut ids = once(std::mem::take(&mut wanted.rides));
        ids.retain(|id| !self.looked_rides.contains(id));
        self.looked_rides.extend(&ids);
        for row in db.lookup(&tables::RIDE_BY_ID, &by_area(&ids)).await? {
            self.keep(&row, Some(wanted))?;
        }
        units.load(db, &ids).await
    }

    async fn load_trips(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &mut Wanted,
    ) -> Result<()> {
        let mut ids = once(std::mem::take(&mut wanted.trips));
        ids.retain(|id| !self.looked_trips.contains(id));
        self.looked_trips.extend(&ids);
        let keys = by_area(&ids);
        for row in db.lookup(&tables::TRIP_BY_ID, &keys).await? {
            let trip = read_trip(&row)?;
            wanted.vehicles.push(trip.vehicle.clone());
            self.trips.entry(trip.id).or_insert(trip);
        }
        for row in db.lookup(&tables::SEATS_OF, &keys).await? {
            let key = (UnitId::from_bytes(row.id(0)?), UnitId::from_bytes(row.id(1)?));
            let seat = Seat {
                person: PersonId::from_bytes(row.id(2)?),
                seat: row.text(3)?.to_owned(),
                live: row.flag(4)?,
            };
            wanted.rides.push(key.1);
            self.seats.entry(key).or_insert(seat);
        }
        units.load(db, &ids).await
    }

    async fn load_families(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        rides: &[UnitId],
    ) -> Result<()> {
        let of = rides.iter().filter_map(|id| self.rides.get(id)?.household);
        let mut households: Vec<HouseholdId> = once(of.collect());
        households.retain(|household| !self.looked_households.contains(household));
        self.looked_households.extend(&households);
        let keys: Vec<Value> = households.into_iter().map(Value::from).collect();
        let mut found = Vec::new();
        for row in db.lookup(&tables::RIDES_OF_HOUSEHOLD, &keys).await? {
            if !self.rides.contains_key(&UnitId::from_bytes(row.id(0)?)) {
                found.push(self.keep(&row, None)?);
            }
        }
        units.load(db, &found).await
    }
}
