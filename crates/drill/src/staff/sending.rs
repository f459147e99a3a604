//! Sending what devices hold, as they do: late, in another order, twice.

use std::collections::BTreeMap;

use testing::Command;

use crate::Result;
use crate::link::Sent;
use crate::run::Drill;

/// What a refusal that only says "this is known" is called.
const KNOWN: [&str; 2] = ["tube-already-collected", "result-already-recorded"];

impl Drill {
    /// Every device that has network sends what it holds.
    pub(crate) async fn sync(&mut self) -> Result<()> {
        for device in 0..self.devices.len() {
            self.flush(device).await?;
        }
        Ok(())
    }

    /// One device sends what it holds, if it has network. Gives whether it had.
    pub(crate) async fn flush(&mut self, device: usize) -> Result<bool> {
        if !self.devices[device].is_online(self.now) {
            return Ok(false);
        }
        let mut queue = self.devices[device].take_queue();
        if queue.is_empty() {
            return Ok(true);
        }
        let faults = self.config.faults.devices.clone();
        let mut draw = self.devices[device].draw();
        if queue.len() > 1 && draw.chance(faults.shuffled) {
            for at in (1..queue.len()).rev() {
                queue.swap(at, draw.below(at + 1));
            }
        }
        let (name, session) = {
            let d = &self.devices[device];
            (d.name.clone(), d.session)
        };
        let shows = self.devices[device].shows(self.now);
        let outcomes = self.link.send(session, &name, shows, &queue).await?;
        self.account(&queue, &outcomes);
        if draw.chance(faults.sent_twice) {
            // The answer got lost on its way to the phone: it sends all of it again.
            let again = self.link.send(session, &name, shows, &queue).await?;
            for (now, before) in again.iter().zip(&outcomes) {
                if now.status != before.status {
                    return Err(crate::DrillError::Lost(format!(
                        "command {} was {} and is {} when sent again",
                        now.id, before.status, now.status
                    )));
                }
            }
        }
        Ok(true)
    }

    fn account(&mut self, sent: &[Sent], outcomes: &[crate::link::Outcome]) {
        let count = |into: &mut BTreeMap<String, u64>, code: &str| {
            *into.entry(code.to_owned()).or_default() += 1;
        };
        for (command, outcome) in sent.iter().zip(outcomes) {
            *self.chronicle.acknowledged.entry(command.command.kind()).or_default() += 1;
            let code = outcome.refusal.as_ref().map_or("", |r| r.code.as_str());
            if !outcome.accepted() {
                tracing::debug!(code, id = %command.id, "refused");
                count(&mut self.chronicle.refused, code);
            }
            outcome.notes.iter().for_each(|n| count(&mut self.chronicle.remarked, &n.code));
            let desks::Command::Testing(what) = &command.command else { continue };
            if outcome.accepted() || KNOWN.contains(&code) {
                self.acknowledged(what);
            }
        }
    }

    /// What was acknowledged is in the system from now on.
    fn acknowledged(&mut self, what: &Command) {
        match what {
            Command::Collect(c) => {
                let entered: Vec<u32> =
                    c.persons.iter().filter_map(|p| self.town.person_of(*p)).collect();
                let with_code = self.goods.coded(c.tube).to_vec();
                for at in with_code {
                    let tube = &mut self.goods.tubes[at];
                    tube.recorded |= tube.entered == entered;
                }
            }
            Command::RecordResult(r) if r.status != testing::ResultStatus::Preliminary => {
                let now = self.now;
                let with_code = self.goods.coded(r.tube).to_vec();
                for at in with_code {
                    let tube = &mut self.goods.tubes[at];
                    if tube.read_at.is_some() {
                        tube.reported_at.get_or_insert(now);
                    }
                }
            }
            _ => {}
        }
    }
}
