//! The rules: what each command leads to, or why not. Pure.

mod bedside;
mod facility;
mod follow;
mod home;
mod leave;
mod place;
mod ward;

use ledger::{Asked, Decision, Units};
use protocol::{Edition, Protocol};
use types::{HolderCode, Micros, Refusal, UnitId};

use crate::command::Command;
use crate::event::Event;
use crate::rows::{Episode, Facility, Ward};
use crate::state::{State, WardKey};

pub use facility::MOST_PER_NURSE;
pub(crate) use follow::follow;
pub(crate) use leave::course_of;
pub use place::held_until;

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

    /// A loaded episode, wherever it belongs.
    fn episode(&self, id: UnitId) -> Result<&Episode, Refusal> {
        let episode = self.state.episode(id);
        episode.ok_or_else(|| Refusal::new("episode-unknown").with("episode", id))
    }

    /// A loaded episode of the command's county.
    fn own_episode(&self, id: UnitId) -> Result<&Episode, Refusal> {
        if id.area() != self.asked.area {
            return Err(Refusal::new("episode-of-another-county").with("episode", id));
        }
        self.episode(id)
    }

    fn facility(&self, code: &HolderCode) -> Result<&Facility, Refusal> {
        let facility = self.state.facilities.get(code);
        facility.ok_or_else(|| Refusal::new("facility-unknown").with("facility", code))
    }

    /// A facility of the command's county.
    fn own_facility(&self, code: &HolderCode) -> Result<&Facility, Refusal> {
        let facility = self.facility(code)?;
        if facility.area != self.asked.area {
            return Err(Refusal::new("facility-of-another-county").with("facility", code));
        }
        self.staff_of(code)?;
        Ok(facility)
    }

    fn ward(&self, key: &WardKey) -> Result<&Ward, Refusal> {
        self.state.wards.get(key).ok_or_else(|| {
            Refusal::new("ward-unknown").with("facility", &key.0).with("ward", &key.1)
        })
    }

    /// The episode of somebody who lies in a facility of the command's county, for the facility's
    /// own staff if the account has a facility.
    fn inpatient(&self, id: UnitId) -> Result<&Episode, Refusal> {
        let episode = self.episode(id)?;
        let Some(lies) = &episode.lies else {
            return Err(Refusal::new("not-in-care")
                .with("episode", id)
                .with("stage", episode.stage));
        };
        if lies.bed.area() != self.asked.area {
            return Err(Refusal::new("facility-of-another-county").with("facility", &lies.facility));
        }
        self.staff_of(&lies.facility)?;
        Ok(episode)
    }

    /// An account that works for a facility acts for that one only.
    fn staff_of(&self, facility: &HolderCode) -> Result<(), Refusal> {
        match &self.asked.actor.holder {
            Some(own) if own.kind() == crate::HOLDER && own != facility => {
                Err(Refusal::new("not-your-holder").with("holder", facility))
            }
            _ => Ok(()),
        }
    }

    fn custody_is_open(&self, id: UnitId) -> bool {
        self.units.custody(id).is_some_and(|custody| custody.closed.is_none())
    }

    fn holder_of(&self, id: UnitId) -> Option<HolderCode> {
        self.units.custody(id).and_then(|custody| custody.holder.clone())
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
        Command::PutFacility(c) => facility::put(&facts, c),
        Command::PutWard(c) => facility::put_ward(&facts, c),
        Command::PutBeds(c) => facility::put_beds(&facts, c),
        Command::Staff(c) => facility::staff(&facts, c),
        Command::SetOut(c) => facility::set_out(&facts, c),
        Command::Disinfect { beds } => facility::disinfect(&facts, beds),
        Command::Assign(c) => place::assign(&facts, c),
        Command::Unassign { episode, reason } => place::unassign(&facts, *episode, reason),
        Command::Lapse { episodes } => place::lapse(&facts, episodes),
        Command::PutCarePlan(c) => bedside::put_plan(&facts, c),
        Command::ReviewCarePlan(c) => bedside::review(&facts, c),
        Command::Consult(c) => bedside::consult(&facts, c),
        Command::Answer(c) => bedside::answer(&facts, c),
        Command::WithdrawConsult { episode, consultation, reason } => {
            bedside::withdraw(&facts, *episode, *consultation, reason)
        }
        Command::Order(c) => bedside::order(&facts, c),
        Command::StopOrder(c) => bedside::stop(&facts, c),
        Command::Depart { episode, vehicle } => place::depart(&facts, *episode, vehicle),
        Command::Admit(c) => place::admit(&facts, c),
        Command::Move(c) => place::move_bed(&facts, c),
        Command::Round(c) => ward::round(&facts, c),
        Command::CheckIn(c) => home::check_in(&facts, c),
        Command::Test(c) => ward::test(&facts, c),
        Command::Keep { episode, reason } => leave::keep(&facts, *episode, reason),
        Command::Release(c) => leave::release(&facts, c),
        Command::Refuse { episode, note } => leave::refuse(&facts, *episode, note),
        Command::SendHome { episode, note } => leave::send_home(&facts, *episode, note),
        Command::Requeue { episode, note } => leave::requeue(&facts, *episode, note),
        Command::FinishHome { episode, reason } => leave::finish(&facts, *episode, reason),
        // Decided where the cases are at hand; here there is nothing to adopt.
        Command::Adopt { .. } => Err(Refusal::new("nothing-to-queue")),
    }
}
