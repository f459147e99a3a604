//! The crews of ambulances and coaches: they drive the trips that the dispatcher made, in the order of
//! the calls, and sign for whom they take and give over.

use serde::Deserialize;
use transfers::{Command, OffWhy, PickUp, Receive};
use types::{HolderCode, Micros, PersonId, Span, UnitId};

use crate::Result;
use crate::ids::low_bits;
use crate::posts::{CrewWork, Task, WardWork};
use crate::run::Drill;
use crate::truth::Severity;

/// From the arrival until the receiving site has taken somebody in.
const TAKEN_IN: [Span; 2] = [Span::minutes(5), Span::minutes(25)];
/// From the arrival until the vehicle is disinfected.
const CLEANED: [Span; 2] = [Span::minutes(35), Span::minutes(70)];
/// A crew that has nothing to do but wait looks again after so long.
const LOOK: Span = Span::minutes(15);

#[derive(Deserialize)]
struct Spot {
    #[serde(default)]
    facility: Option<HolderCode>,
}

#[derive(Deserialize)]
struct Ride {
    id: UnitId,
    person: PersonId,
    #[serde(default)]
    episode: Option<UnitId>,
    stage: String,
    handed: bool,
    to: Spot,
    #[serde(default)]
    trip: Option<UnitId>,
}

#[derive(Deserialize)]
struct Trip {
    id: UnitId,
    #[serde(default)]
    stranded: bool,
    calls: Vec<transfers::Call>,
    rides: Vec<Ride>,
}

#[derive(Deserialize)]
struct Vehicle {
    state: String,
}

#[derive(Deserialize)]
struct Own {
    vehicle: Vehicle,
    trips: Vec<Trip>,
}

#[derive(Deserialize)]
struct Site {
    to: Vec<Ride>,
}

/// What a call asks of a crew now.
enum Due {
    /// Somebody is to get on or off.
    Call(usize, bool),
    /// Nobody yet.
    Later(Micros),
    /// Everybody was given over: the receiving site is to sign.
    Nothing,
}

impl Trip {
    fn ride(&self, id: UnitId) -> Option<usize> {
        self.rides.iter().position(|ride| ride.id == id)
    }

    /// The first call, in order, that is still to be done.
    fn due(&self, now: Micros, behind: Span) -> Due {
        for call in &self.calls {
            let Some(at) = self.ride(call.ride) else { continue };
            let ride = &self.rides[at];
            let open = match call.on {
                true => ride.stage == "booked",
                false => ride.stage == "aboard" && !ride.handed,
            };
            if !open {
                continue;
            }
            return match call.at.map(|planned| planned + behind).filter(|at| *at > now) {
                Some(at) => Due::Later(at),
                None => Due::Call(at, call.on),
            };
        }
        Due::Nothing
    }
}

impl Drill {
    async fn own(&mut self, vehicle: usize) -> Result<Own> {
        let session = self.devices[self.crews[vehicle].device].session;
        self.link.get(session, "/api/v1/transfers/own").await
    }

    /// A crew looks at its trip at a time, unless it will do so before.
    pub(crate) fn set_out(&mut self, vehicle: usize, at: Micros) {
        let crew = &mut self.crews[vehicle];
        if crew.looks_at.is_none_or(|known| at < known) {
            crew.looks_at = Some(at);
            self.agenda.put(at, Task::Drive { vehicle });
        }
    }

    /// A crew does what the next call of its trip asks.
    pub(crate) async fn drive(&mut self, vehicle: usize) -> Result<()> {
        if self.crews[vehicle].looks_at != Some(self.now) {
            // It has looked before, or will look later.
            return Ok(());
        }
        self.crews[vehicle].looks_at = None;
        let CrewWork { holder, device, .. } = self.crews[vehicle].clone();
        if self.is_taken(&holder) || !self.devices[device].is_online(self.now) {
            self.set_out(vehicle, self.now + LOOK);
            return Ok(());
        }
        self.truth.0.advance(self.now);
        let own = self.own(vehicle).await?;
        let Some(trip) = own.trips.into_iter().next() else { return Ok(()) };
        let faults = self.config.faults.rides.clone();
        let mut draw = self.draw("trip", low_bits(trip.id));
        let behind = match draw.chance(faults.late) {
            true => {
                let [low, high] = faults.late_minutes.map(Span::minutes);
                draw.between(low, high)
            }
            false => Span(0),
        };
        let now = self.now;
        match trip.due(now, behind) {
            Due::Later(at) => self.set_out(vehicle, at),
            Due::Nothing => {
                // On a broken vehicle people wait to be moved across; else the site is to sign.
                if trip.stranded || !trip.rides.is_empty() {
                    self.set_out(vehicle, now + LOOK);
                }
            }
            Due::Call(at, on) => {
                let ride = &trip.rides[at];
                match on {
                    true => self.pick_up(vehicle, trip.id, ride),
                    false => self.hand_over(vehicle, trip.id, ride),
                }
                self.flush(device).await?;
                self.set_out(vehicle, now + Span::minutes(2));
            }
        }
        Ok(())
    }

    /// Somebody is at the door, or is not, or does not want to come.
    fn pick_up(&mut self, vehicle: usize, trip: UnitId, ride: &Ride) {
        let (area, device, now) = (self.crews[vehicle].area, self.crews[vehicle].device, self.now);
        let faults = self.config.faults.rides.clone();
        // Another trip is another try.
        let mut draw = self.draw("door", low_bits(ride.id) ^ low_bits(trip).rotate_left(17));
        let person = self.town.person_of(ride.person);
        let dead = person.is_some_and(|p| self.truth.0.illness(p, now) == Severity::Dead);
        let off = match (dead, draw.chance(faults.refuses)) {
            (true, _) => Some((OffWhy::NoShow, "已故 / has died")),
            (_, true) => Some((OffWhy::Refused, "本人拒绝上车 / does not want to get on")),
            _ => None,
        };
        if let Some((why, note)) = off {
            let off = transfers::TakeOff { trip, ride: ride.id, why, note: note.to_owned() };
            self.devices[device].note(now, area, Command::TakeOff(off));
            return;
        }
        let witness = match draw.chance(faults.unsigned) {
            true => String::new(),
            false => "家属 / family".to_owned(),
        };
        let pick_up = PickUp { trip, rides: vec![ride.id], witness, code: String::new() };
        self.devices[device].note(now, area, Command::PickUp(pick_up));
        if let Some(stay) = ride.episode.and_then(|e| self.chronicle.stays.get_mut(&e)) {
            stay.picked_at.get_or_insert(now);
        }
        if let Some(person) = person {
            // From here on with people in protective clothing only.
            self.truth.0.isolate(person, now);
        }
    }

    fn hand_over(&mut self, vehicle: usize, trip: UnitId, ride: &Ride) {
        let (area, device, now) = (self.crews[vehicle].area, self.crews[vehicle].device, self.now);
        let rides = vec![ride.id];
        self.devices[device].note(
            now,
            area,
            Command::HandOver { trip, rides, note: String::new() },
        );
        let mut draw = self.draw("arrival", low_bits(ride.id));
        let facility = ride.to.facility.as_ref();
        if let Some(ward) = self.wards.iter().position(|w| Some(&w.holder) == facility) {
            let wait = draw.between(TAKEN_IN[0], TAKEN_IN[1]);
            self.agenda.put(now + wait, Task::TakeIn { ward });
        }
        let cleaned = draw.between(CLEANED[0], CLEANED[1]);
        self.agenda.put(now + cleaned, Task::CleanVehicle { vehicle });
    }

    /// A facility takes in whom crews have brought to its door.
    pub(crate) async fn take_in_people(&mut self, ward: usize) -> Result<()> {
        let WardWork { holder, area, device } = self.wards[ward].clone();
        if self.is_taken(&holder) {
            return Ok(());
        }
        let session = self.devices[device].session;
        let path = format!("/api/v1/transfers/facilities/{holder}");
        let site: Site = self.link.get(session, &path).await?;
        let now = self.now;
        for ride in site.to.iter().filter(|ride| ride.stage == "aboard" && ride.handed) {
            let Some(trip) = ride.trip else { continue };
            let receive = Receive {
                trip,
                rides: vec![ride.id],
                facility: Some(holder.clone()),
                ward: None,
                reason: String::new(),
                code: String::new(),
            };
            self.devices[device].note(now, area, Command::Receive(receive));
        }
        self.flush(device).await?;
        self.census(ward).await
    }

    /// A vehicle whose trip is over is disinfected.
    pub(crate) async fn clean_vehicle(&mut self, vehicle: usize) -> Result<()> {
        let CrewWork { holder, area, device, .. } = self.crews[vehicle].clone();
        if self.is_taken(&holder) {
            return Ok(());
        }
        let own = self.own(vehicle).await?;
        match own.vehicle.state.as_str() {
            "dirty" => {
                let clean = Command::Disinfected { vehicle: holder, note: String::new() };
                self.devices[device].note(self.now, area, clean);
                self.flush(device).await?;
            }
            // Somebody is aboard still, or at the door.
            "busy" => self.agenda.put(self.now + LOOK, Task::CleanVehicle { vehicle }),
            _ => {}
        }
        Ok(())
    }
}
