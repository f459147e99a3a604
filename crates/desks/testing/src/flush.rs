//! Flushing: the rows that a group changed, written set-based.

use std::collections::BTreeMap;

use ledger::{Result, sorted};
use store::Connection;

use crate::rows::{join_places, load_text, pack_members};
use crate::state::State;
use crate::tables;
use crate::turnaround::{Timed, times_of};
use crate::words::{Mode, Reading};

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for &id in sorted(&self.dirty_rounds) {
            let Some(r) = self.rounds.get(&id) else { continue };
            rows.extend([
                id.into(),
                r.name_zh.as_str().into(),
                r.name_en.as_str().into(),
                r.number.into(),
                r.places.as_str().into(),
                r.starts_at.into(),
                r.ends_at.into(),
                r.population.into(),
                r.prevalence.into(),
                r.ordered_hours.into(),
                r.closed_at.into(),
            ]);
        }
        db.put(&tables::ROUND_PUT, rows).await?;
        self.flush_plans(db).await?;
        self.flush_tubes(db).await?;
        self.flush_boxes(db).await?;
        self.flush_recalls(db).await?;
        db.put(&tables::RESULT_PUT, std::mem::take(&mut self.new_results)).await?;
        db.put(&tables::VISIT_PUT, std::mem::take(&mut self.new_visits)).await?;
        self.flush_counts(db).await
    }

    async fn flush_plans(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for ((area, round, compound), (persons, zone)) in &self.new_targets {
            rows.extend([
                (*area).into(),
                (*round).into(),
                compound.into(),
                (*persons).into(),
                (*zone).into(),
            ]);
        }
        db.put(&tables::TARGET_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, round, site), [community, slots, stands, samplers, persons]) in &self.new_plans
        {
            rows.extend([(*area).into(), (*round).into(), site.as_str().into()]);
            rows.extend([community, slots, stands, samplers, persons].map(Clone::clone));
        }
        db.put(&tables::SITE_PLAN_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, lab, from), values) in &self.new_capacities {
            rows.extend([(*area).into(), lab.as_str().into(), (*from).into()]);
            rows.extend(values.iter().cloned());
        }
        db.put(&tables::CAPACITY_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, round, person), values) in &self.new_exemptions {
            rows.extend([(*area).into(), (*round).into(), (*person).into()]);
            rows.extend(values.iter().cloned());
        }
        db.put(&tables::EXEMPTION_PUT, rows).await?;
        Ok(())
    }

    async fn flush_tubes(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::with_capacity(self.dirty_tubes.len() * 29);
        for &id in sorted(&self.dirty_tubes) {
            let Some(t) = self.tubes.get(&id) else { continue };
            let filled = t.is_collected();
            rows.extend([
                id.area().into(),
                id.into(),
                t.round.into(),
                t.barcode.clone().into(),
                t.site.clone().into(),
                t.community.clone().into(),
                t.mode.map(Mode::as_str).into(),
                t.zone.clone().into(),
                filled.then(|| pack_members(&t.members)).into(),
                filled.then(|| join_places(&t.homes)).into(),
                t.started_at.into(),
                t.collected_at.into(),
                t.claims.into(),
                t.sent_at.into(),
                t.received_at.into(),
                t.loaded_at.into(),
                t.lab.clone().into(),
                t.plate.clone().into(),
                t.well.clone().into(),
                t.tested_at.into(),
                t.status.clone().into(),
                t.reading.map(Reading::as_str).into(),
                t.ct_n.into(),
                t.ct_orf1ab.into(),
                t.ct_control.into(),
                t.reported_at.into(),
                (t.settles as i64).into(),
                t.fault.clone().into(),
                t.boxed.into(),
            ]);
        }
        db.put(&tables::TUBE_PUT, rows).await?;
        let mut rows = Vec::with_capacity(self.swabs.len() * 8);
        for ((area, person, round, tube), (position, at, fate)) in &self.swabs {
            rows.extend([
                (*area).into(),
                (*person).into(),
                (*round).into(),
                (*tube).into(),
                tube.area().into(),
                (*position).into(),
                (*at).into(),
                (*fate as i64).into(),
            ]);
        }
        db.put(&tables::SWAB_PUT, rows).await?;
        let mut rows = Vec::new();
        for &key in sorted(&self.dirty_claims) {
            let Some(c) = self.claims.get(&key) else { continue };
            rows.extend([
                key.0.area().into(),
                key.0.into(),
                key.1.into(),
                c.round.into(),
                c.barcode.clone().into(),
                c.site.as_str().into(),
                c.community.as_str().into(),
                c.mode.map(Mode::as_str).into(),
                c.zone.as_str().into(),
                c.started_at.into(),
                c.actor.as_str().into(),
                c.collected_at.into(),
                pack_members(&c.members).into(),
                join_places(&c.homes).into(),
                c.fate.as_str().into(),
            ]);
        }
        db.put(&tables::CLAIM_PUT, rows).await?;
        Ok(())
    }

    async fn flush_boxes(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for &id in sorted(&self.dirty_boxes) {
            let Some(b) = self.boxes.get(&id) else { continue };
            rows.extend([
                id.area().into(),
                id.into(),
                b.site.clone().into(),
                load_text(&b.load).into(),
                b.oldest.into(),
                b.sealed_at.into(),
                b.sent_at.into(),
                b.received_at.into(),
                b.opened_at.into(),
                b.courier.clone().into(),
                b.lab.clone().into(),
                b.missing.into(),
                b.surplus.into(),
            ]);
        }
        db.put(&tables::BOX_PUT, rows).await?;
        Ok(())
    }

    async fn flush_recalls(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for &id in sorted(&self.dirty_recalls) {
            let Some(r) = self.recalls.get(&id) else { continue };
            rows.extend([
                id.area().into(),
                id.into(),
                r.opened.person.into(),
                r.opened.round.into(),
                r.opened.origin.into(),
                r.opened.reason.as_str().into(),
                r.opened.home.as_ref().into(),
                (&r.opened.community).into(),
                r.opened.counts.into(),
                r.opened_at.into(),
                r.tube.into(),
                r.sampled_at.into(),
                r.closed_at.into(),
                r.ending.clone().into(),
            ]);
        }
        db.put(&tables::RECALL_PUT, rows).await?;
        Ok(())
    }

    async fn flush_counts(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::with_capacity(self.counts.len() * 7);
        for ((area, round, place, stage, hour), (persons, tubes)) in &self.counts {
            rows.extend([
                (*area).into(),
                (*round).into(),
                place.as_str().into(),
                stage.as_str().into(),
                (*hour).into(),
                (*persons).into(),
                (*tubes).into(),
            ]);
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        self.flush_sums(db).await?;
        let mut rows = Vec::new();
        for ((area, lab, stage, hour), tubes) in &self.lab_counts {
            rows.extend([
                (*area).into(),
                lab.as_str().into(),
                stage.as_str().into(),
                (*hour).into(),
                (*tubes).into(),
            ]);
        }
        db.put(&tables::LAB_COUNT_ADD, rows).await?;
        self.flush_turnaround(db).await
    }

    /// By how much the changed tubes change the classes of times. One that has come to nothing is
    /// taken out, or which rows there are would depend on how commands were grouped.
    async fn flush_turnaround(&self, db: &mut Connection) -> Result<()> {
        let mut changes: BTreeMap<Timed, i64> = BTreeMap::new();
        for id in &self.dirty_tubes {
            for timed in self.timed.get(id).into_iter().flatten() {
                *changes.entry(*timed).or_default() -= 1;
            }
            for timed in self.tubes.get(id).map(times_of).unwrap_or_default() {
                *changes.entry(timed).or_default() += 1;
            }
        }
        let (mut rows, mut less) = (Vec::new(), Vec::new());
        for ((area, round, step, minutes), by) in changes.into_iter().filter(|(_, by)| *by != 0) {
            let key = [area.into(), round.into(), step.as_str().into(), minutes.into()];
            if by < 0 {
                less.extend(key.iter().cloned());
            }
            rows.extend(key);
            rows.push(by.into());
        }
        db.put(&tables::TURNAROUND_ADD, rows).await?;
        db.remove(&tables::TURNAROUND_END, less).await?;
        Ok(())
    }

    /// The counters once more, added up by county, street and community.
    async fn flush_sums(&self, db: &mut Connection) -> Result<()> {
        let mut sums = BTreeMap::new();
        for ((area, round, place, stage, hour), (persons, tubes)) in &self.counts {
            for level in tables::LEVELS {
                // Codes are ASCII; a place above the level stands for itself.
                let within = place.get(..level as usize).unwrap_or(place);
                let sum: &mut (i64, i64) =
                    sums.entry((*area, *round, level, within, *stage, *hour)).or_default();
                *sum = (sum.0 + persons, sum.1 + tubes);
            }
        }
        let mut rows = Vec::with_capacity(sums.len() * 8);
        for ((area, round, level, place, stage, hour), (persons, tubes)) in sums {
            rows.extend([
                area.into(),
                round.into(),
                level.into(),
                place.into(),
                stage.as_str().into(),
                hour.into(),
                persons.into(),
                tubes.into(),
            ]);
        }
        db.put(&tables::SUM_ADD, rows).await?;
        Ok(())
    }
}
