//! Samples that turn out not to be negative, for the desk that has said that nobody is infected.

use types::{AreaCode, Micros, PlaceCode, UnitId};

use crate::event::{Event, Recalled};
use crate::rows::Tube;
use crate::state::State;
use crate::words::Zone;

/// A tube of which somebody has to be swabbed again, and stays apart until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotNegative {
    /// The tube.
    pub tube: UnitId,
    /// The county of somebody in it.
    pub area: AreaCode,
    /// Where that one lives, or was swabbed.
    pub place: PlaceCode,
    /// The zone of those who are in it.
    pub zone: Option<Zone>,
    /// When the swabs were taken.
    pub sampled_at: Micros,
}

/// The tubes that facts say not to be negative, each once for each place.
pub fn found(state: &State, events: &[Event]) -> Vec<NotNegative> {
    let recalled = events.iter().filter_map(|event| match event {
        Event::Recalled(recalled) => Some(recalled),
        _ => None,
    });
    distinct(recalled.filter_map(|recalled| {
        let filled = events.iter().find_map(|event| match event {
            Event::Collected(c) if c.tube == recalled.origin => Some((Some(c.zone), c.started_at)),
            _ => None,
        });
        told(recalled, filled.or_else(|| state.tubes.get(&recalled.origin).and_then(taken)))
    }))
}

/// The same of the loaded recalls that are open.
pub fn open(state: &State) -> Vec<NotNegative> {
    let open = state.recalls.values().filter(|recall| recall.closed_at.is_none());
    distinct(open.filter_map(|recall| {
        let origin = state.tubes.get(&recall.opened.origin);
        told(&recall.opened, origin.and_then(taken))
    }))
}

fn taken(tube: &Tube) -> Option<(Option<Zone>, Micros)> {
    let zone = tube.zone.as_deref().and_then(Zone::parse);
    Some((zone, tube.started_at.or(tube.collected_at)?))
}

fn told(recalled: &Recalled, taken: Option<(Option<Zone>, Micros)>) -> Option<NotNegative> {
    let (zone, sampled_at) = taken.filter(|_| recalled.reason.holds())?;
    let place = recalled.home.clone().unwrap_or_else(|| recalled.community.clone());
    let area = place.area()?;
    Some(NotNegative { tube: recalled.origin, area, place, zone, sampled_at })
}

fn distinct(found: impl Iterator<Item = NotNegative>) -> Vec<NotNegative> {
    let mut all: Vec<NotNegative> = found.collect();
    all.sort_by(|a, b| (a.tube, &a.place).cmp(&(b.tube, &b.place)));
    all.dedup_by(|a, b| a.tube == b.tube && a.place == b.place);
    all
}
