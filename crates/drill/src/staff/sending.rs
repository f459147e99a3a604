//! Sending what devices hold, as they do: late, in another order, twice.

use std::collections::BTreeMap;

use testing::Command;
use types::AreaCode;

use crate::Result;
use crate::link::Sent;
use crate::link::lanes::Sending;
use crate::run::Drill;

/// What a refusal that only says "this is known" is called.
const KNOWN: [&str; 2] = ["tube-already-collected", "result-already-recorded"];

/// What a device sends at once.
struct Load {
    device: usize,
    queue: Vec<Sent>,
    // None when it holds something for several.
    county: Option<AreaCode>,
    twice: bool,
}

impl Drill {
    /// Every device that has network sends what it holds.
    pub(crate) async fn sync(&mut self) -> Result<()> {
        self.flush_all(0..self.devices.len()).await
    }

    /// One device sends what it holds, if it has network. Gives whether it had.
    pub(crate) async fn flush(&mut self, device: usize) -> Result<bool> {
        self.flush_all([device]).await?;
        Ok(self.devices[device].is_online(self.now))
    }

    /// Devices send what they hold, if they have network. Those of one county one after the other
    /// and counties beside each other: what is kept of one county says nothing of another. A
    /// device with something for several counties waits until the others are done.
    pub(crate) async fn flush_all(
        &mut self,
        devices: impl IntoIterator<Item = usize>,
    ) -> Result<()> {
        let (mut in_lanes, mut alone) = (Vec::new(), Vec::new());
        for device in devices {
            let Some(load) = self.load_of(device) else { continue };
            match load.county {
                Some(_) => in_lanes.push(load),
                None => alone.push(load),
            }
        }
        self.send_loads(in_lanes).await?;
        for load in alone {
            self.send_loads(vec![load]).await?;
        }
        Ok(())
    }

    /// Takes out of a device what it sends now.
    fn load_of(&mut self, device: usize) -> Option<Load> {
        let now = self.now;
        let held = &mut self.devices[device];
        if !held.is_online(now) {
            return None;
        }
        let mut queue = held.take_queue();
        let first = queue.first()?.area;
        let county = queue.iter().all(|c| c.area == first).then_some(first);
        let faults = &self.config.faults.devices;
        let mut draw = held.draw();
        if queue.len() > 1 && draw.chance(faults.shuffled) {
            for at in (1..queue.len()).rev() {
                queue.swap(at, draw.below(at + 1));
            }
        }
        // The answer gets lost on its way to the phone: it sends all of it again.
        let twice = draw.chance(faults.sent_twice);
        Some(Load { device, queue, county, twice })
    }

    async fn send_loads(&mut self, loads: Vec<Load>) -> Result<()> {
        let mut sendings = Vec::new();
        for load in &loads {
            let device = &self.devices[load.device];
            for _ in 0..=usize::from(load.twice) {
                sendings.push(Sending {
                    lane: load.county.map_or(0, AreaCode::get),
                    session: device.session,
                    device: &device.name,
                    at: device.shows(self.now),
                    commands: &load.queue,
                });
            }
        }
        let mut outcomes = self.link.send_in_lanes(&sendings).await?.into_iter();
        for load in &loads {
            let first = outcomes.next().unwrap_or_default();
            self.account(&load.queue, &first);
            let again = if load.twice { outcomes.next() } else { None };
            for (now, before) in again.iter().flatten().zip(&first) {
                if now.status != before.status {
                    return Err(crate::DrillError::Lost(format!(
                        "command {} was {} and is {} when sent again",
                        now.id, before.status, now.status
                    )));
                }
            }
        }
        Ok(())
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
            match &command.command {
                desks::Command::Testing(what) if outcome.accepted() || KNOWN.contains(&code) => {
                    self.acknowledged(what);
                }
                desks::Command::Supply(what) if outcome.accepted() => self.supplied(command, what),
                _ => {}
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
