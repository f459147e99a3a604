//! The rules: what each command leads to, or why not. Pure.

mod ask;
mod course;
mod follow;
mod investigate;
mod name;

use ledger::{Asked, Decision, Move, Units};
use protocol::{Edition, Protocol};
use types::{HolderCode, Micros, Refusal, UnitId};

use crate::calendar::Calendar;
use crate::command::Command;
use crate::event::{After, Event};
use crate::rows::{Contact, Investigation, Source};
use crate::schedule::{Schedule, quarantine};
use crate::state::State;
use crate::words::{Degree, Kept, Stage};

pub use course::FEVER_FROM;
pub(crate) use follow::follow;
pub use name::MOST_NAMED;

/// The steps of an investigation in the ledger.
pub(crate) const TO_SITE: &str = "to_site";
pub(crate) const TO_CORE: &str = "core_information";
pub(crate) const TO_REPORT: &str = "full_report";

/// What a rule may look at.
pub(crate) struct Facts<'a, C> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, C>,
    pub edition: &'a Edition,
    pub calendar: &'a Calendar,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

impl<C> Facts<'_, C> {
    /// When it happened.
    fn at(&self) -> Micros {
        self.asked.event_time
    }

    fn today(&self) -> Micros {
        self.calendar.day(self.at())
    }

    /// A loaded investigation of the command's county.
    fn investigation(&self, id: UnitId) -> Result<&Investigation, Refusal> {
        if id.area() != self.asked.area {
            return Err(Refusal::new("investigation-of-another-county").with("investigation", id));
        }
        let found = self.state.investigation(id);
        found.ok_or_else(|| Refusal::new("investigation-unknown").with("investigation", id))
    }

    fn contact(&self, id: UnitId) -> Result<&Contact, Refusal> {
        let found = self.state.contact(id);
        found.ok_or_else(|| Refusal::new("contact-unknown").with("contact", id))
    }

    /// A loaded contact whom the command's county follows.
    fn own_contact(&self, id: UnitId) -> Result<&Contact, Refusal> {
        let contact = self.contact(id)?;
        if contact.county != self.asked.area {
            return Err(Refusal::new("contact-of-another-county")
                .with("contact", id)
                .with("county", contact.county));
        }
        Ok(contact)
    }

    /// The same, whose follow-up goes on.
    fn open_contact(&self, id: UnitId) -> Result<&Contact, Refusal> {
        let contact = self.own_contact(id)?;
        if !contact.is_open() {
            return Err(Refusal::new("contact-is-over")
                .with("contact", id)
                .with("stage", contact.stage));
        }
        Ok(contact)
    }

    fn custody_is_open(&self, id: UnitId) -> bool {
        self.units.custody(id).is_some_and(|custody| custody.closed.is_none())
    }

    /// The move that brings a unit to a holder for a step: a hand-over, or only a step.
    fn hand(
        &self,
        unit: UnitId,
        to: HolderCode,
        step: &str,
        deadline: Option<Micros>,
    ) -> Option<Move> {
        if !self.custody_is_open(unit) {
            return None;
        }
        let holder = self.units.custody(unit).and_then(|custody| custody.holder.clone());
        Some(if holder.as_ref() == Some(&to) {
            Move::Step { unit, step: step.to_owned(), deadline }
        } else {
            Move::Hand {
                unit,
                giver: holder,
                taker: to,
                step: step.to_owned(),
                deadline,
                limit: None,
                evidence: None,
            }
        })
    }

    fn step(&self, unit: UnitId, step: &str, deadline: Option<Micros>) -> Option<Move> {
        let step = Move::Step { unit, step: step.to_owned(), deadline };
        self.custody_is_open(unit).then_some(step)
    }

    /// By when somebody who is determined now is to be where he is kept apart.
    fn transfer_due(&self) -> Option<Micros> {
        let rules = self.edition.contacts().ok()?;
        rules.transfer_within.as_ref().map(|rule| self.at() + rule.value)
    }

    /// What follows for a contact from the sources that will stand.
    fn after(&self, contact: &Contact, standing: &[&Source]) -> Result<After, Refusal> {
        let Some((degree, last)) = degree_of(standing) else {
            // No source stands: the degree stays as it was, and the person is to be let go.
            let degree = contact.degree;
            return Ok(After { degree, schedule: None, stage: None, deadline: None });
        };
        let mut after = After { degree, schedule: None, stage: None, deadline: None };
        let nearer = degree == Degree::Close && contact.degree == Degree::Secondary;
        let later = last != contact.last;
        if !contact.is_open() || !(nearer || later || degree != contact.degree || contact.unfounded)
        {
            return Ok(after);
        }
        if contact.stage.is_before() {
            if nearer {
                // Determined anew: the clock begins anew.
                after.deadline = self.transfer_due();
            }
            return Ok(after);
        }
        if !contact.stage.is_observed() {
            return Ok(after);
        }
        let schedule = quarantine(self.edition, self.calendar, degree, last)?;
        let at_site = contact.site.is_some();
        // Who is at home by the rule for a secondary contact and is a close one now goes to a site; so
        // does who is monitored after a quarantine and has met a case again.
        let to_move = schedule.kept == Kept::Site
            && !at_site
            && (nearer || contact.stage == Stage::Monitoring);
        if to_move {
            after.stage = Some(Stage::Notified);
            after.deadline = self.transfer_due();
        }
        after.schedule = Some(kept_as_is(schedule, at_site, to_move));
        Ok(after)
    }
}

/// Where somebody is kept stays as it is until he is moved: a schedule changes only the days.
fn kept_as_is(mut schedule: Schedule, at_site: bool, to_move: bool) -> Schedule {
    if !to_move {
        schedule.kept = if at_site { Kept::Site } else { Kept::Home };
    }
    schedule
}

/// How near somebody is by the sources that stand, and when the last contact was of those that make it
/// so: a meeting with a case counts before one with a contact.
pub(crate) fn degree_of(standing: &[&Source]) -> Option<(Degree, Micros)> {
    let last = |cases: bool| standing.iter().filter(|s| s.is_case() == cases).map(|s| s.last).max();
    match (last(true), last(false)) {
        (Some(last), _) => Some((Degree::Close, last)),
        (None, Some(last)) => Some((Degree::Secondary, last)),
        (None, None) => None,
    }
}

pub(crate) fn decide(
    protocol: &Protocol,
    calendar: &Calendar,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition, calendar };
    match asked.command {
        Command::Assign { investigation, team } => {
            investigate::assign(&facts, *investigation, team.as_ref())
        }
        Command::OnSite { investigation, note } => {
            investigate::on_site(&facts, *investigation, note)
        }
        Command::Interview(c) => investigate::interview(&facts, c),
        Command::DropStay { investigation, stay, reason } => {
            investigate::drop_stay(&facts, *investigation, *stay, reason)
        }
        Command::Report { investigation, note } => {
            investigate::report(&facts, *investigation, note)
        }
        // Decided where the cases are at hand; here there is nothing to adopt.
        Command::Adopt { .. } => Err(Refusal::new("nothing-to-investigate")),
        Command::Name(c) => name::name(&facts, c),
        Command::Locate { contact, place, note } => {
            course::locate(&facts, *contact, place.as_ref(), note)
        }
        Command::Notify { contact, note } => course::notify(&facts, *contact, note),
        Command::Depart { contact, site, vehicle } => {
            course::depart(&facts, *contact, site.as_ref(), vehicle)
        }
        Command::Arrive(c) => course::arrive(&facts, c),
        Command::Test(c) => course::test(&facts, c),
        Command::Check(c) => course::check(&facts, c),
        Command::Release { contact, reason } => course::release(&facts, *contact, reason),
        Command::Refuse { contact, note } => course::refuse(&facts, *contact, note),
        Command::Close { contact, how, note } => course::close(&facts, *contact, *how, note),
        Command::Reopen { contact, note } => course::reopen(&facts, *contact, note),
        Command::Ask { contact, to, note } => ask::ask(&facts, *contact, *to, note),
        Command::Answer { contact, accept, note } => ask::answer(&facts, *contact, *accept, note),
        Command::Reschedule { contacts } => course::reschedule(&facts, contacts),
    }
}
