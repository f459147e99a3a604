//! Flushing: the rows that a group changed, written set-based.

use ledger::{Result, sorted};
use store::{Connection, Value};

use crate::rows::{stretch_values, zone_values};
use crate::state::State;
use crate::sweep::{home_values, stray_values, sweep_values};
use crate::tables::{self, sweeps};

impl State {
    /// Writes what changed. What has ended goes before what stands: a place that becomes a zone anew
    /// within a group never has two levels, and the unique index refuses only what is wrong.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        for standing in [false, true] {
            let mut rows = Vec::new();
            for id in sorted(&self.dirty) {
                if let Some(zone) = self.zones.get(id).filter(|zone| zone.stands() == standing) {
                    zone_values(zone, &mut rows);
                }
            }
            db.put(&tables::ZONE_PUT, rows).await?;
        }
        let mut rows = Vec::new();
        for (zone, case) in sorted(&self.dirty_cases) {
            let Some(e) = self.cases.get(zone).and_then(|cases| cases.get(case)) else { continue };
            rows.extend([
                zone.area().into(),
                (*zone).into(),
                (*case).into(),
                e.at.into(),
                e.kind.as_str().into(),
                e.void.into(),
            ]);
        }
        db.put(&tables::CASE_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((_, n), stretch) in &self.stretches {
            stretch_values(*n, stretch, &mut rows);
        }
        db.put(&tables::STRETCH_PUT, rows).await?;
        let mut rows = Vec::new();
        for refused in self.refused.values() {
            rows.extend([
                registry::place::area_of(&refused.place).into(),
                (&refused.place).into(),
                refused.level.as_str().into(),
                refused.at.into(),
                refused.actor.as_str().into(),
                refused.reason.as_str().into(),
            ]);
        }
        db.put(&tables::REFUSED_PUT, rows).await?;
        self.flush_sweeps(db).await?;
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history)).await?;
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        let mut rows = Vec::new();
        for ((area, level), sum) in &self.counts {
            rows.extend([(*area).into(), level.as_str().into()]);
            rows.extend([sum.zones, sum.households, sum.persons].map(Value::from));
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour, what), n) in &self.flows {
            rows.extend([(*area).into(), (*hour).into(), what.as_str().into(), (*n).into()]);
        }
        db.put(&tables::FLOW_ADD, rows).await.map_err(Into::into)
    }
}

impl State {
    async fn flush_sweeps(&mut self, db: &mut Connection) -> Result<()> {
        for open in [false, true] {
            let mut rows = Vec::new();
            for id in sorted(&self.dirty_sweeps) {
                if let Some(s) = self.sweeps.get(id).filter(|s| s.closed_at.is_none() == open) {
                    sweep_values(s, &mut rows);
                }
            }
            db.put(&sweeps::SWEEP_PUT, rows).await?;
        }
        let mut rows = Vec::new();
        for key in sorted(&self.dirty_homes) {
            if let Some(home) = self.homes.get(key) {
                home_values(key.0, home, &mut rows);
            }
        }
        db.put(&sweeps::HOME_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((sweep, part), doors) in &self.parts {
            rows.extend([sweep.area().into(), (*sweep).into(), part.into()]);
            rows.extend([doors.todo, doors.found, doors.absent, doors.refused].map(Value::from));
        }
        db.put(&sweeps::PART_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((sweep, part), (who, at)) in &self.tasks {
            rows.extend([sweep.area().into(), (*sweep).into(), part.into()]);
            rows.extend([who.as_str().into(), Value::from(*at)]);
        }
        db.put(&sweeps::TASK_PUT, rows).await?;
        db.put(&sweeps::VISIT_PUT, std::mem::take(&mut self.visits)).await?;
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_strays) {
            if let Some(stray) = self.strays.get(id) {
                stray_values(stray, &mut rows);
            }
        }
        db.put(&sweeps::STRAY_PUT, rows).await.map_err(Into::into)
    }
}
