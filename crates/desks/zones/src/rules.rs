//! The rules: what each command leads to, or why not. Pure.

mod ease;
mod follow;
mod make;
mod renew;
mod sweeps;

use ledger::{Asked, Decision, Move, Units};
use protocol::{Edition, Protocol};
use types::{Micros, Refusal, Span, UnitId};

use crate::checklist::{Criterion, Subject, checklist};
use crate::command::Command;
use crate::event::Event;
use crate::rows::Zone;
use crate::state::State;
use crate::words::{End, Level};

pub(crate) use follow::follow;

/// For how long a zone goes on at the next lower level when its time was over: seven days, as places did
/// with what had been a controlled area (`zone.test.C`, its note). A choice of this program for the others.
pub const EASED_FOR: Span = Span::days(7);

/// Most areas of one command.
pub const MOST_ZONES: usize = 500;

/// What a rule may look at.
pub(crate) struct Facts<'a, C> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, C>,
    pub edition: &'a Edition,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

impl<C> Facts<'_, C> {
    /// When it happened.
    fn at(&self) -> Micros {
        self.asked.event_time
    }

    /// A zone of the command's county that stands.
    fn standing(&self, id: UnitId) -> Result<&Zone, Refusal> {
        if id.area() != self.asked.area {
            return Err(Refusal::new("zone-of-another-county").with("zone", id));
        }
        let zone = self.state.zone(id);
        let zone = zone.ok_or_else(|| Refusal::new("zone-unknown").with("zone", id))?;
        match zone.ended {
            None => Ok(zone),
            Some((how, at)) => Err(Refusal::new("zone-is-over")
                .with("zone", id)
                .with("how", how)
                .with("at", at.rfc3339())),
        }
    }

    fn custody_is_open(&self, id: UnitId) -> bool {
        self.units.custody(id).is_some_and(|custody| custody.closed.is_none())
    }

    fn step(&self, zone: UnitId, level: Level, until: Micros) -> Option<Move> {
        let step =
            Move::Step { unit: zone, step: level.as_str().to_owned(), deadline: Some(until) };
        self.custody_is_open(zone).then_some(step)
    }

    fn close(&self, zone: UnitId, how: End) -> Option<Move> {
        let close = Move::Close { unit: zone, reason: how.as_str().to_owned() };
        self.custody_is_open(zone).then_some(close)
    }

    /// How the checklist of a zone stands.
    fn checklist(&self, zone: &Zone) -> Result<Vec<Criterion>, Refusal> {
        let subject = Subject {
            level: zone.level,
            clean_since: zone.clean_since(),
            others: self.state.stricter_than_precaution(zone.area()),
        };
        let facts = self.state.lifts.get(&zone.id);
        Ok(checklist(self.edition.zones()?, subject, facts, self.at()))
    }

    /// The zones inside another that restrict no more than it does from now on: it takes them in.
    fn absorb(&self, by: UnitId, place: &types::PlaceCode, level: Level) -> Decision<Event> {
        let mut decision = Decision::default();
        for inner in self.state.inside(place) {
            if level.covers(inner.level) {
                decision.moves.extend(self.close(inner.id, End::Absorbed));
                decision.events.push(Event::Ended {
                    zone: inner.id,
                    how: End::Absorbed,
                    verdict: Vec::new(),
                    reason: String::new(),
                    by: Some(by),
                });
            }
        }
        decision
    }

    /// A zone becomes stricter, and takes in what lies inside it and restricts no more.
    fn raise(
        &self,
        zone: &Zone,
        level: Level,
        until: Micros,
        case: Option<UnitId>,
        reason: &str,
    ) -> Decision<Event> {
        let mut decision = self.absorb(zone.id, &zone.place, level);
        decision.moves.extend(self.step(zone.id, level, until));
        let reason = reason.trim().to_owned();
        decision.events.push(Event::Raised { zone: zone.id, level, until, case, reason });
        decision
    }
}

pub(crate) fn decide(
    protocol: &Protocol,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition };
    match asked.command {
        Command::Make(c) => make::make(&facts, c),
        Command::Raise { zone, level, reason } => make::raise(&facts, *zone, *level, reason),
        Command::Renew { zones, until, reason } => renew::renew(&facts, zones, *until, reason),
        Command::SetDuties { zone, duties, reason } => {
            renew::set_duties(&facts, *zone, duties, reason)
        }
        Command::Ease(c) => ease::ease(&facts, c),
        Command::Expire { zones } => ease::expire(&facts, zones),
        Command::Refuse { place, level, reason } => make::refuse(&facts, place, *level, reason),
        Command::OpenSweep { place, due, note } => sweeps::open(&facts, place, *due, note),
        Command::AssignSweep { sweep, part, who } => sweeps::assign(&facts, *sweep, part, who),
        Command::Knock(c) => sweeps::knock(&facts, c),
        Command::Stray { sweep, place, door, persons, note } => {
            sweeps::stray(&facts, *sweep, (place, door, *persons), note)
        }
        Command::SettleStray { stray, note } => sweeps::settle(&facts, *stray, note),
        Command::CloseSweep { sweep, note } => sweeps::close(&facts, *sweep, note),
    }
}

/// Zones named at most once each, and at least one.
fn once(zones: &[UnitId]) -> Result<(), Refusal> {
    if zones.is_empty() {
        return Err(Refusal::new("zone-nothing-named"));
    }
    if zones.len() > MOST_ZONES {
        return Err(Refusal::new("zone-too-many").with("limit", MOST_ZONES));
    }
    let mut ids = zones.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < zones.len() {
        return Err(Refusal::new("zone-named-twice"));
    }
    Ok(())
}
