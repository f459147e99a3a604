//! Flushing: the rows that a group changed, written set-based.

use ledger::{Result, sorted};
use store::{Connection, Value};

use crate::rows::case_values;
use crate::state::State;
use crate::tables;
use crate::words::FoundIn;

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for &id in sorted(&self.dirty) {
            if let Some(case) = self.cases.get(&id) {
                case_values(case, &mut rows);
            }
        }
        db.put(&tables::CASE_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((tube, person), (case, at, withdrawn)) in &self.positives {
            rows.extend([
                tube.area().into(),
                (*tube).into(),
                (*person).into(),
                (*case).into(),
                (*at).into(),
                (*withdrawn).into(),
            ]);
        }
        db.put(&tables::POSITIVE_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((hash, case), key) in &self.new_keys {
            let kind = key.kind.as_str().into();
            rows.extend([(*hash).into(), case.area().into(), (*case).into(), kind]);
        }
        db.put(&tables::KEY_PUT, rows).await?;
        for (hash, case) in std::mem::take(&mut self.dropped_keys) {
            let params = [hash.into(), case.area().into(), case.into()];
            db.execute(&tables::KEY_DROP, &params).await?;
        }
        let mut rows = Vec::new();
        for &key in sorted(&self.dirty_pairs) {
            let Some(pair) = self.pairs.get(&key) else { continue };
            rows.extend([
                key.0.area().into(),
                key.0.into(),
                key.1.into(),
                key.1.area().into(),
                pair.score.into(),
                pair.reasons.as_str().into(),
                pair.state.into(),
                pair.found_at.into(),
                pair.settled_by.clone().into(),
                pair.note.as_str().into(),
            ]);
        }
        db.put(&tables::PAIR_PUT, rows).await?;
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history)).await?;
        db.put(&tables::EDIT_PUT, std::mem::take(&mut self.new_edits)).await?;
        for (command, case, by) in std::mem::take(&mut self.undone) {
            db.execute(&tables::EDIT_UNDONE, &[by.into(), command.into(), case.into()]).await?;
        }
        let mut rows = Vec::new();
        // What one command counted and took back in one breath was never counted.
        for ((area, measure, at, case, command, found_in), (n, recorded_at)) in &self.tallies {
            if *n != 0 {
                rows.extend([
                    (*area).into(),
                    measure.as_str().into(),
                    (*at).into(),
                    (*case).into(),
                    (*command).into(),
                    (*n).into(),
                    found_in.map_or("", FoundIn::as_str).into(),
                    (*recorded_at).into(),
                ]);
            }
        }
        db.put(&tables::TALLY_PUT, rows).await?;
        let mut rows = Vec::with_capacity(self.counts.len() * 6);
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        for ((area, hour, measure, found_in, recorded), cases) in &self.counts {
            rows.extend([
                (*area).into(),
                (*hour).into(),
                measure.as_str().into(),
                found_in.map_or("", FoundIn::as_str).into(),
                (*recorded).into(),
                (*cases).into(),
            ]);
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        let mut rows = Vec::with_capacity(self.places.len() * 5);
        for ((area, place, hour, found_in), cases) in &self.places {
            rows.extend([
                (*area).into(),
                place.as_str().into(),
                (*hour).into(),
                found_in.map_or("", FoundIn::as_str).into(),
                (*cases).into(),
            ]);
        }
        db.put(&tables::PLACE_ADD, rows).await?;
        let mut rows = Vec::with_capacity(self.now.len() * 3);
        for ((area, what), cases) in &self.now {
            rows.extend([(*area).into(), what.as_str().into(), (*cases).into()]);
        }
        db.put(&tables::NOW_ADD, rows).await?;
        self.flush_publications(db).await
    }

    async fn flush_publications(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in std::mem::take(&mut self.new_publications) {
            let Some(p) = self.publications.get(&id) else { continue };
            rows.extend([
                p.area.into(),
                p.id.into(),
                p.scope.as_str().into(),
                p.from.into(),
                p.until.into(),
                p.as_of.into(),
                p.publisher.as_str().into(),
                p.convention.as_str().into(),
                Value::json(&p.figures),
                p.corrects.into(),
                p.note.as_str().into(),
                p.actor.as_str().into(),
            ]);
        }
        db.put(&tables::PUBLICATION_PUT, rows).await.map_err(Into::into)
    }
}
