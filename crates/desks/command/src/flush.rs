//! Flushing: what a group changed, written set-based.

use ledger::Result;
use store::{Connection, Value};

use crate::state::State;
use crate::tables;

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for (bulletin, cases) in std::mem::take(&mut self.new_bulletins) {
            let document = &bulletin.document;
            let (low, high) = document.scope.bounds();
            rows.extend([
                bulletin.area.into(),
                bulletin.id.into(),
                document.scope.to_string().into(),
                low.into(),
                high.into(),
                document.no.into(),
                document.correction.into(),
                document.from.into(),
                document.until.into(),
                document.as_of.into(),
                Value::json(document),
                Value::json(&cases),
                bulletin.corrects.into(),
                bulletin.actor.as_str().into(),
            ]);
        }
        db.put(&tables::BULLETIN_PUT, rows).await?;
        let mut rows = Vec::new();
        for d in std::mem::take(&mut self.new_decisions) {
            let (low, high) = d.scope.bounds();
            let words = format!("{} {} {} {} {}", d.no, d.title, d.text, d.signed_by, d.rule);
            rows.extend([
                d.area.into(),
                d.id.into(),
                d.scope.to_string().into(),
                low.into(),
                high.into(),
                d.no.into(),
                d.title.as_str().into(),
                d.text.as_str().into(),
                Value::json(&d.evidence),
                d.rule.as_str().into(),
                d.edition.as_str().into(),
                d.signed_by.as_str().into(),
                d.from.into(),
                d.until.into(),
                d.at.into(),
                d.recorded_at.into(),
                d.actor.as_str().into(),
                words.to_lowercase().into(),
                d.replaces.into(),
            ]);
        }
        db.put(&tables::DECISION_PUT, rows).await?;
        let mut rows = Vec::new();
        for (area, id, at, kept, actor) in std::mem::take(&mut self.new_forecasts) {
            rows.extend([
                area.into(),
                id.into(),
                kept.scope.to_string().into(),
                kept.day.to_string().into(),
                at.into(),
                Value::json(&kept),
                actor.into(),
            ]);
        }
        db.put(&tables::FORECAST_PUT, rows).await?;
        // They may be of rows that were put just now.
        for (area, id, by) in std::mem::take(&mut self.corrected) {
            db.execute(&tables::BULLETIN_CORRECTED, &[by.into(), area.into(), id.into()]).await?;
        }
        for (area, id, revoked) in std::mem::take(&mut self.revoked) {
            let params = [
                revoked.by.into(),
                revoked.at.into(),
                revoked.signed_by.into(),
                revoked.note.into(),
                revoked.actor.into(),
                area.into(),
                id.into(),
            ];
            db.execute(&tables::DECISION_REVOKED, &params).await?;
        }
        Ok(())
    }
}
