//! Flushing: what a group changed, written set-based.

use std::collections::BTreeMap;

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, CommandId};

use crate::rows::Counted;
use crate::state::State;
use crate::tables;

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in std::mem::take(&mut self.new_certificates) {
            let Some(certificate) = self.certificates.get(&id) else { continue };
            let document = &certificate.document;
            let (low, high) = document.ground.scope().bounds();
            rows.extend([
                certificate.area.into(),
                certificate.id.into(),
                document.ground.as_str().into(),
                low.into(),
                high.into(),
                document.no.into(),
                document.since.into(),
                document.as_of.into(),
                document.until.into(),
                Value::json(document),
                certificate.digest.as_str().into(),
                certificate.actor.as_str().into(),
            ]);
        }
        db.put(&tables::CERTIFICATE_PUT, rows).await?;
        let mut rows = Vec::new();
        for signal in std::mem::take(&mut self.new_signals) {
            rows.extend([
                signal.area.into(),
                signal.id.into(),
                signal.entered.place.as_str().into(),
                signal.entered.kind.as_str().into(),
                signal.entered.finding.as_str().into(),
                signal.entered.value.as_str().into(),
                signal.entered.laboratory.as_str().into(),
                signal.entered.note.as_str().into(),
                signal.sampled_at.into(),
                signal.recorded_at.into(),
                signal.actor.as_str().into(),
            ]);
        }
        db.put(&tables::SIGNAL_PUT, rows).await?;
        // They may be of rows that were put just now.
        for (area, id, withdrawn) in std::mem::take(&mut self.withdrawn) {
            let params = [
                withdrawn.by.into(),
                withdrawn.cause.as_str().into(),
                withdrawn.because.into(),
                withdrawn.at.into(),
                withdrawn.recorded_at.into(),
                withdrawn.note.into(),
                withdrawn.signed_by.into(),
                withdrawn.actor.into(),
                area.into(),
                id.into(),
            ];
            db.execute(&tables::CERTIFICATE_WITHDRAWN, &params).await?;
        }
        let mut counted: BTreeMap<(AreaCode, CommandId), Vec<Counted>> = BTreeMap::new();
        for (area, id, one) in std::mem::take(&mut self.counted) {
            counted.entry((area, id)).or_default().push(one);
        }
        for ((area, id), new) in counted {
            // A replay applies without having loaded the certificate: what is stored is added to.
            let params = [area.into(), id.into()];
            let row = db.first(&tables::CERTIFICATE_COUNTS, &params).await?;
            let mut all: Vec<Counted> = row.map_or(Ok(Vec::new()), |row| row.json(0))?;
            all.extend(new);
            let params = [Value::json(&all), area.into(), id.into()];
            db.execute(&tables::CERTIFICATE_COUNTED, &params).await?;
        }
        for (area, id, explained) in std::mem::take(&mut self.explained) {
            let params = [
                explained.by.into(),
                explained.at.into(),
                explained.signed_by.into(),
                explained.note.into(),
                area.into(),
                id.into(),
            ];
            db.execute(&tables::SIGNAL_EXPLAINED, &params).await?;
        }
        Ok(())
    }
}
