//! Flushing: the rows that a group changed, written set-based.

use ledger::{Result, sorted};
use store::Connection;

use crate::rows::{
    bed_values, care_plan_values, consultation_values, episode_values, facility_values,
    order_values, ward_values,
};
use crate::state::State;
use crate::tables::{self, bedside};

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for code in sorted(&self.dirty_facilities) {
            if let Some(facility) = self.facilities.get(code) {
                facility_values(facility, &mut rows);
            }
        }
        db.put(&tables::FACILITY_PUT, rows).await?;
        let mut rows = Vec::new();
        for key in sorted(&self.dirty_wards) {
            if let Some(ward) = self.wards.get(key) {
                ward_values(ward, &mut rows);
            }
        }
        db.put(&tables::WARD_PUT, rows).await?;
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_beds) {
            if let Some(bed) = self.beds.get(id) {
                bed_values(bed, &mut rows);
            }
        }
        db.put(&tables::BED_PUT, rows).await?;
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_episodes) {
            if let Some(episode) = self.episodes.get(id) {
                episode_values(episode, &mut rows);
            }
        }
        db.put(&tables::EPISODE_PUT, rows).await?;
        self.flush_places(db).await?;
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history)).await?;
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        let mut rows = Vec::new();
        for ((area, stage, rank), n) in &self.counts {
            rows.extend([(*area).into(), stage.as_str().into(), (*rank).into(), (*n).into()]);
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        let mut rows = Vec::new();
        for (area, n) in &self.alarms {
            rows.extend([(*area).into(), (*n).into()]);
        }
        db.put(&tables::ALARM_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour, rank), n) in &self.waits {
            rows.extend([(*area).into(), (*hour).into(), (*rank).into(), (*n).into()]);
        }
        db.put(&tables::WAIT_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour, what), n) in &self.flows {
            rows.extend([(*area).into(), (*hour).into(), what.as_str().into(), (*n).into()]);
        }
        db.put(&tables::FLOW_ADD, rows).await?;
        self.flush_at_bed(db).await?;
        self.flush_open(db).await?;
        self.flush_stays(db).await
    }

    /// Plans, consultations, orders, steps. Versions that are over go first: one holds at a time.
    async fn flush_at_bed(&mut self, db: &mut Connection) -> Result<()> {
        for live in [false, true] {
            let mut rows = Vec::new();
            for key in sorted(&self.dirty_plans) {
                if let Some(plan) = self.plans.get(key).filter(|p| p.ended_at.is_none() == live) {
                    care_plan_values(plan, &mut rows);
                }
            }
            db.put(&bedside::CARE_PLAN_PUT, rows).await?;
        }
        let mut rows = Vec::new();
        for key in sorted(&self.dirty_consultations) {
            if let Some(found) = self.consultations.get(key) {
                consultation_values(found, &mut rows);
            }
        }
        db.put(&bedside::CONSULTATION_PUT, rows).await?;
        let mut rows = Vec::new();
        for key in sorted(&self.dirty_orders) {
            if let Some(order) = self.orders.get(key) {
                order_values(order, &mut rows);
            }
        }
        db.put(&bedside::ORDER_PUT, rows).await?;
        db.put(&bedside::STEP_PUT, std::mem::take(&mut self.steps)).await?;
        db.put(&bedside::HAPPENED_PUT, std::mem::take(&mut self.happened)).await?;
        Ok(())
    }

    async fn flush_stays(&self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for (((area, kind, one, two), quarters, how), n) in &self.stays {
            rows.extend([
                (*area).into(),
                (*kind).into(),
                one.as_str().into(),
                two.as_str().into(),
                (*quarters).into(),
                how.as_str().into(),
                (*n).into(),
            ]);
        }
        db.put(&bedside::STAY_ADD, rows).await?;
        let mut rows = Vec::new();
        for (((area, kind, one, two), since), n) in &self.lying {
            rows.extend([
                (*area).into(),
                (*kind).into(),
                one.as_str().into(),
                two.as_str().into(),
                (*since).into(),
                (*n).into(),
            ]);
        }
        db.put(&bedside::LYING_ADD, rows).await.map_err(Into::into)
    }

    /// Beds that are nobody's any more go first, then those that somebody lies in, then those that
    /// are held: so a bed that changes hands within a group is never two people's, and the unique
    /// indexes refuse only what is wrong.
    async fn flush_places(&self, db: &mut Connection) -> Result<()> {
        let mut dirty: Vec<_> = sorted(&self.dirty_places)
            .into_iter()
            .filter_map(|key| Some((key, self.places.get(key)?)))
            .collect();
        dirty.sort_by_key(|(key, place)| {
            (place.left_at.is_none(), place.admitted_at.is_none(), **key)
        });
        for live in [false, true] {
            let mut rows = Vec::new();
            for ((episode, n), p) in dirty.iter().filter(|(_, p)| p.left_at.is_none() == live) {
                rows.extend([
                    episode.area().into(),
                    (*episode).into(),
                    (*n).into(),
                    p.bed.into(),
                    p.person.into(),
                    (&p.facility).into(),
                    p.ward.as_str().into(),
                    p.held_at.into(),
                    p.admitted_at.into(),
                    p.left_at.into(),
                    p.admitted_at.is_some().into(),
                    p.plan.as_str().into(),
                    p.reason.as_str().into(),
                    p.actor.as_str().into(),
                ]);
            }
            db.put(&tables::PLACE_PUT, rows).await?;
        }
        Ok(())
    }
}
