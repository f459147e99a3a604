//! Flushing: the rows that a group changed, written set-based.

use ledger::{Result, sorted};
use store::Connection;

use crate::rows::{ride_values, trip_values, vehicle_values};
use crate::state::State;
use crate::tables;
use crate::words::TripState;

impl State {
    /// Writes what changed. What is nobody's any more goes before what is somebody's, so that a person
    /// who changes vehicles within a group is never on two, and the unique indexes refuse only what is
    /// wrong.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for code in sorted(&self.dirty_vehicles) {
            if let Some(vehicle) = self.vehicles.get(code) {
                vehicle_values(vehicle, &mut rows);
            }
        }
        db.put(&tables::VEHICLE_PUT, rows).await?;
        for under_way in [false, true] {
            let mut rows = Vec::new();
            for id in sorted(&self.dirty_trips) {
                let trip = self.trips.get(id);
                if let Some(trip) = trip.filter(|t| (t.state == TripState::UnderWay) == under_way) {
                    trip_values(trip, &mut rows);
                }
            }
            db.put(&tables::TRIP_PUT, rows).await?;
        }
        for open in [false, true] {
            let mut rows = Vec::new();
            for id in sorted(&self.dirty_rides) {
                if let Some(ride) = self.rides.get(id).filter(|r| r.stage.is_open() == open) {
                    ride_values(ride, &mut rows);
                }
            }
            db.put(&tables::RIDE_PUT, rows).await?;
        }
        for live in [false, true] {
            let mut rows = Vec::new();
            for key in sorted(&self.dirty_seats) {
                if let Some(seat) = self.seats.get(key).filter(|seat| seat.live == live) {
                    rows.extend([
                        key.0.area().into(),
                        key.0.into(),
                        key.1.into(),
                        seat.person.into(),
                        seat.seat.as_str().into(),
                        seat.live.into(),
                    ]);
                }
            }
            db.put(&tables::SEAT_PUT, rows).await?;
        }
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history)).await?;
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        let mut rows = Vec::new();
        for ((area, stage, reason), n) in &self.counts {
            rows.extend([
                (*area).into(),
                stage.as_str().into(),
                reason.as_str().into(),
                (*n).into(),
            ]);
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, quarter), n) in &self.dues {
            rows.extend([(*area).into(), (*quarter).into(), (*n).into()]);
        }
        db.put(&tables::DUE_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour, what), (n, minutes)) in &self.flows {
            rows.extend([
                (*area).into(),
                (*hour).into(),
                what.as_str().into(),
                (*n).into(),
                (*minutes).into(),
            ]);
        }
        db.put(&tables::FLOW_ADD, rows).await.map_err(Into::into)
    }
}
