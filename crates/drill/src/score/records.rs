//! What the desks of tracing, zones and zero did, kept for the score.

use std::ops::Range;

use types::{AreaCode, Micros, PlaceCode, UnitId};

/// An investigation, and what the tracers did about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The investigation.
    pub id: UnitId,
    /// Its county.
    pub area: AreaCode,
    /// Whose case; `None` for somebody whom the drill did not make.
    pub person: Option<u32>,
    /// Since when the case is known.
    pub since: Micros,
    /// The first symptom or positive sample, as the desk has it.
    pub anchor: Micros,
    /// The clocks: on site, core information, full report.
    pub due: [Option<Micros>; 3],
    /// When each was done.
    pub done: [Option<Micros>; 3],
    /// Persons whom the case really met.
    pub met: usize,
    /// Of these: named in the interview.
    pub named: usize,
    /// The staff have begun to work on it.
    pub begun: bool,
}

/// Somebody was named by a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// By whom.
    pub source: u32,
    /// Since when that case is known.
    pub since: Micros,
    /// When it was asked.
    pub at: Micros,
}

/// Somebody whom the desk follows as a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Who; `None` for somebody whom the drill did not make.
    pub person: Option<u32>,
    /// The county that follows.
    pub area: AreaCode,
    /// When the desk's list had the person first.
    pub seen_at: Micros,
    /// Since when the earliest case is known whom the person met.
    pub positive_at: Option<Micros>,
    /// Brought to where they are kept apart.
    pub kept_at: Option<Micros>,
    /// Gone home for monitoring.
    pub home_at: Option<Micros>,
    /// The follow-up is over.
    pub ended_at: Option<Micros>,
    /// The contact refused once.
    pub refused: bool,
    /// The staff have begun to work on it.
    pub begun: bool,
}

impl Followed {
    /// Whether the person is at a quarantine site.
    pub fn is_kept(&self) -> bool {
        self.kept_at.is_some() && self.home_at.is_none() && self.ended_at.is_none()
    }

    /// Whether the person is watched at home.
    pub fn is_watched(&self) -> bool {
        self.home_at.is_some() && self.ended_at.is_none()
    }
}

/// A zone at one level, as long as it had that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The zone.
    pub zone: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// Its level.
    pub level: zones::Level,
    /// Since when.
    pub from: Micros,
    /// Until when; open while it holds.
    pub until: Option<Micros>,
    /// Who lives there; nobody for precaution areas, which close no door.
    pub persons: Vec<Range<u32>>,
}

impl Closed {
    /// Whether somebody lives there.
    pub fn has(&self, person: u32) -> bool {
        self.persons.iter().any(|range| range.contains(&person))
    }

    /// Whether it held at a time.
    pub fn held_at(&self, at: Micros) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// How many live there.
    pub fn people(&self) -> u32 {
        self.persons.iter().map(|range| range.end - range.start).sum()
    }
}

/// Why a sweep was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Several were found there within days.
    Repeated,
    /// The county is about to be called zero.
    Zero,
    /// A person ordered it.
    Person,
}

/// A sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Its county.
    pub area: AreaCode,
    /// Where.
    pub place: PlaceCode,
    /// Why.
    pub because: Because,
    /// When it was begun.
    pub opened_at: Micros,
    /// When it ended.
    pub closed_at: Option<Micros>,
    /// Households by what was found, as last read: todo, found, absent, refused.
    pub doors: [i64; 4],
    /// Doors that no list has.
    pub strays: i64,
}

/// The house of which no list knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// People live there since.
    pub since: Option<Micros>,
    /// A sweep stood before its door.
    pub found_at: Option<Micros>,
    /// By which sweep.
    pub found_by: Option<UnitId>,
    /// Its people were registered.
    pub registered_at: Option<Micros>,
}

/// A certificate of zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its number.
    pub number: String,
    /// What it is about: 6 digits.
    pub ground: String,
    /// When it was signed.
    pub at: Micros,
    /// Until when it holds.
    pub until: Micros,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Micros>,
    /// Why.
    pub cause: String,
}

/// What the commander read of a county's claim on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// When.
    pub at: Micros,
    /// The county.
    pub area: AreaCode,
    /// `zero`, `basic` or `none`.
    pub level: String,
    /// What was not met.
    pub unmet: Vec<String>,
}

impl Claimed {
    /// Whether nobody was found in the community for long enough, by as many rounds as the rule asks for: the
    /// county is near to being called zero.
    pub fn is_near(&self) -> bool {
        self.level == "zero" && !self.unmet.iter().any(|what| what == "rounds")
    }
}
