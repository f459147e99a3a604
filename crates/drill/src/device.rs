//! A phone of the field: its clock may be off, it may have no network for hours, and what it did
//! meanwhile waits in its queue and is sent late, in one go.

use types::{AreaCode, Micros, Span};

use crate::draw::Draw;
use crate::faults::Devices;
use crate::ids;
use crate::link::{Sent, Session};

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its session.
    pub session: Session,
    /// What its clock shows beyond the true time.
    skew: Span,
    /// Without network from, until.
    offline: Option<(Micros, Micros)>,
    queue: Vec<Sent>,
    number: u64,
    made: u64,
    seed: u64,
}

impl Device {
    /// A device that is signed in. `number` tells it from all others.
    pub fn new(seed: u64, number: u64, name: String, session: Session, faults: &Devices) -> Device {
        let mut draw = Draw::keyed(seed, "device", number);
        let most = Span((faults.skew_minutes * 60e6) as i64);
        let skew = match draw.chance(faults.skewed) {
            true => draw.between(Span(-most.0), most),
            false => draw.between(Span::seconds(-20), Span::seconds(20)),
        };
        Device { name, session, skew, offline: None, queue: Vec::new(), number, made: 0, seed }
    }

    /// Decides whether the device loses the network in a shift of a day.
    pub fn begin_day(&mut self, day: u32, from: Micros, shift: Span, faults: &Devices) {
        let mut draw = Draw::keyed(self.seed, "offline", u64::from(day) << 32 | self.number);
        if draw.chance(faults.offline) {
            let [low, high] = faults.offline_hours.map(|h| Span((h * 3_600e6) as i64));
            let start = from + Span((shift.0 as f64 * draw.unit()) as i64);
            self.offline = Some((start, start + draw.between(low, high)));
        }
    }

    /// Takes the network away until a time: a storm.
    pub fn cut_off(&mut self, from: Micros, until: Micros) {
        self.offline = Some((from, until));
    }

    /// Whether it has network.
    pub fn is_online(&self, at: Micros) -> bool {
        !self.offline.is_some_and(|(from, until)| (from..until).contains(&at))
    }

    /// What its clock shows.
    pub fn shows(&self, at: Micros) -> Micros {
        at + self.skew
    }

    /// Notes something that somebody did with it; gives the command's id.
    pub fn note(
        &mut self,
        at: Micros,
        area: AreaCode,
        command: impl Into<desks::Command>,
    ) -> types::CommandId {
        let key = self.number << 32 | self.made;
        self.made += 1;
        let event_time = self.shows(at);
        let id = ids::command(self.seed, "drill", key, at);
        self.queue.push(Sent { id, area, event_time, command: command.into() });
        id
    }

    /// Takes what waits to be sent.
    pub fn take_queue(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.queue)
    }

    /// Commands that wait.
    pub fn waiting(&self) -> &[Sent] {
        &self.queue
    }

    /// A generator for one sending.
    pub fn draw(&self) -> Draw {
        Draw::keyed(self.seed, "sending", self.number << 32 | self.made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Faults;

    fn hard() -> Devices {
        Devices { offline: 1.0, skewed: 1.0, ..Faults::hard().devices }
    }

    #[test]
    fn a_device_keeps_what_it_did_by_its_own_clock() {
        let mut device = Device::new(1, 7, "d".into(), Session::default(), &hard());
        let at = Micros(1_000_000_000_000);
        device.begin_day(0, at, Span::hours(8), &hard());
        let (from, until) = device.offline.expect("loses the network");
        assert!(from >= at && until > from);
        assert!(!device.is_online(from) && device.is_online(until));
        let area = AreaCode::new(220_202).expect("a county");
        let report = || testing::Command::Report { tubes: Vec::new() };
        let first = device.note(at, area, desks::Command::from(report()));
        let second = device.note(at, area, desks::Command::from(report()));
        assert_ne!(first, second);
        assert_eq!(device.waiting().len(), 2);
        assert_eq!(device.take_queue()[0].event_time, at + device.skew);
        assert!(device.waiting().is_empty());
        // Another of the same number is the same device.
        let again = Device::new(1, 7, "d".into(), Session::default(), &hard());
        assert_eq!(again.skew, device.skew);
    }
}
