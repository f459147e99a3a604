//! Flushing: the rows that a group changed, written set-based.

use ledger::{Result, sorted};
use store::{Connection, Value};

use crate::rows::{contact_values, investigation_values};
use crate::state::State;
use crate::tables;

impl State {
    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_investigations) {
            if let Some(investigation) = self.investigations.get(id) {
                investigation_values(investigation, &mut rows);
            }
        }
        db.put(&tables::INVESTIGATION_PUT, rows).await?;
        // Those that have ended go first: a person who is followed anew within a group never has two
        // open follow-ups.
        for open in [false, true] {
            let mut rows = Vec::new();
            for id in sorted(&self.dirty_contacts) {
                if let Some(contact) = self.contacts.get(id).filter(|c| c.is_open() == open) {
                    contact_values(contact, &mut rows);
                }
            }
            db.put(&tables::CONTACT_PUT, rows).await?;
        }
        self.flush_sources(db).await?;
        self.flush_stays(db).await?;
        self.flush_requests(db).await?;
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history)).await?;
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        let mut rows = Vec::new();
        for ((area, stage, degree), n) in &self.counts {
            let key = [(*area).into(), stage.as_str().into(), degree.as_str().into()];
            rows.extend(key.into_iter().chain([(*n).into()]));
        }
        db.put(&tables::COUNT_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, task, day), n) in &self.dues {
            rows.extend([(*area).into(), community.as_str().into(), task.as_str().into()]);
            rows.extend([Value::from(*day), (*n).into()]);
        }
        db.put(&tables::DUE_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, progress), n) in &self.progress {
            rows.extend([(*area).into(), progress.as_str().into(), (*n).into()]);
        }
        db.put(&tables::PROGRESS_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, hour, what), n) in &self.flows {
            rows.extend([(*area).into(), (*hour).into(), what.as_str().into(), (*n).into()]);
        }
        db.put(&tables::FLOW_ADD, rows).await.map_err(Into::into)
    }

    async fn flush_sources(&self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for (contact, unit) in sorted(&self.dirty_sources) {
            let source = self.sources.get(contact).and_then(|all| all.get(unit));
            let (Some(s), Some(c)) = (source, self.contacts.get(contact)) else { continue };
            rows.extend([
                contact.area().into(),
                (*contact).into(),
                (*unit).into(),
                c.person.into(),
                s.setting.as_str().into(),
                s.stay.map(i64::from).into(),
                s.first.into(),
                s.last.into(),
                s.note.as_str().into(),
                s.void.into(),
                s.reason.as_str().into(),
            ]);
        }
        db.put(&tables::SOURCE_PUT, rows).await.map_err(Into::into)
    }

    async fn flush_stays(&self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for (investigation, n) in sorted(&self.dirty_stays) {
            let stay = self.stays.get(investigation).and_then(|all| all.get(n));
            let of = self.investigations.get(investigation);
            let (Some((s, dropped)), Some(i)) = (stay, of) else { continue };
            rows.extend([
                investigation.area().into(),
                (*investigation).into(),
                i64::from(*n).into(),
                i.case.into(),
                s.from.into(),
                s.until.into(),
                s.place.as_ref().into(),
                s.name.as_str().into(),
                s.key().into(),
                s.setting.as_str().into(),
                s.note.as_str().into(),
                (*dropped).into(),
            ]);
        }
        db.put(&tables::STAY_PUT, rows).await.map_err(Into::into)
    }

    async fn flush_requests(&self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for ((contact, n), row) in &self.requests {
            let r = row.request;
            let answered = row.answered.as_ref();
            rows.extend([
                contact.area().into(),
                (*contact).into(),
                (*n).into(),
                r.from.into(),
                r.to.into(),
                r.at.into(),
                r.due.into(),
                row.note.as_str().into(),
                answered.map(|(at, ..)| *at).into(),
                answered.map(|(_, accepted, _)| *accepted).into(),
                answered.map_or("", |(.., said)| said.as_str()).into(),
            ]);
        }
        db.put(&tables::REQUEST_PUT, rows).await.map_err(Into::into)
    }
}
