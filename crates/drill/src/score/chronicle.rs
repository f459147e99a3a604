//! What happened in a drill, kept for the score: beside the goods and the truth, what was done
//! to people, and what the system said.

use std::collections::{BTreeMap, BTreeSet};

use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, RoundId, UnitId};

use super::provided::Provided;
use super::records::{Claimed, Closed, Followed, Hidden, Inquiry, Naming, Signed, Swept};
use crate::control::Happening;
use crate::truth::Severity;

/// A stay at home that was asked of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since.
    pub from: Micros,
    /// Until; open while it lasts.
    pub until: Option<Micros>,
}

/// What was done to one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// First told to stay at home because a shared tube was not negative.
    pub holds: Vec<Hold>,
    /// A tube of their own was positive, and the desk read it.
    pub case_at: Option<Micros>,
    /// Taken to a ward.
    pub isolated_at: Option<Micros>,
    /// How and when the case was ended: the person is at home again, or dead.
    pub ended: Option<(cases::Ending, Micros)>,
    /// Let go from a ward, to stay at home for some days.
    pub home_since: Option<Micros>,
    /// That time is over.
    pub home_until: Option<Micros>,
}

/// A case of the line list, and what the desk and its doctors did about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// Whose; `None` for somebody whom the drill did not make.
    pub person: Option<u32>,
    /// Its county.
    pub area: AreaCode,
    /// Since when it is known, by the list.
    pub found_at: Micros,
    /// Its class, as last read.
    pub class: String,
    /// Its severity, as last read; empty before anybody has looked.
    pub severity: String,
    /// Its desk has begun to work on it.
    pub at_desk: bool,
    /// Reported on the national network by the staff, or found to be.
    pub reported_at: Option<Micros>,
    /// First seen by a doctor of the staff.
    pub examined_at: Option<Micros>,
    /// Last seen by one.
    pub seen_at: Option<Micros>,
    /// How the staff ended it, and when.
    pub ended: Option<(cases::Ending, Micros)>,
    /// How it stands, as last read.
    pub state: CaseState,
}

/// Somebody's way through care: from the positive to a bed to the way home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The case.
    pub case: UnitId,
    /// Whose; `None` for somebody whom the drill did not make.
    pub person: Option<u32>,
    /// The county.
    pub area: AreaCode,
    /// Since when the person waits.
    pub since: Micros,
    /// A bed was first held.
    pub assigned_at: Option<Micros>,
    /// First picked up.
    pub picked_at: Option<Micros>,
    /// First in a bed.
    pub admitted_at: Option<Micros>,
    /// The facility where the person lies, or lay last.
    pub facility: Option<HolderCode>,
    /// Left care.
    pub left_at: Option<Micros>,
    /// How ill the person really was when the wait began.
    pub ill_at_first: Option<Severity>,
    /// How ill the person really was at the admission.
    pub ill_at_admission: Option<Severity>,
}

impl Stay {
    /// Somebody who begins to wait.
    pub fn new(
        case: UnitId,
        person: Option<u32>,
        area: AreaCode,
        since: Micros,
        ill_at_first: Option<Severity>,
    ) -> Stay {
        Stay {
            case,
            person,
            area,
            since,
            assigned_at: None,
            picked_at: None,
            admitted_at: None,
            facility: None,
            left_at: None,
            ill_at_first,
            ill_at_admission: None,
        }
    }
}

/// How a case stands on the line list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    /// It goes on.
    Open,
    /// It has ended.
    Over,
    /// It was none: the result was taken back.
    None,
}

impl File {
    /// Whether the person has to stay at home now.
    pub fn is_held(&self) -> bool {
        self.holds.last().is_some_and(|h| h.until.is_none())
    }
}

/// One round.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its id.
    pub id: RoundId,
    /// Its number in the campaign.
    pub number: u32,
    /// First swab.
    pub starts_at: Micros,
    /// Last result due.
    pub ends_at: Micros,
    /// Closed.
    pub closed_at: Option<Micros>,
    /// As the system counts: planned, sampled, reported, blind; as last read.
    pub system: [i64; 4],
    /// When that was read.
    pub read_at: Option<Micros>,
}

/// Work that a person took over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// Whose.
    pub holder: HolderCode,
    /// Since.
    pub from: Micros,
    /// Until; open while it lasts.
    pub until: Option<Micros>,
    /// What the person did meanwhile, as commands.
    pub acts: u64,
}

/// Doors of a compound in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// Knocked at.
    pub knocked: u64,
    /// Of these, opened.
    pub opened: u64,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Rounds, in order.
    pub rounds: Vec<Round>,
    /// Everybody to whom something was done.
    pub files: BTreeMap<u32, File>,
    /// The cases of the line list, in the order of their codes.
    pub cases: BTreeMap<UnitId, CaseFile>,
    /// Ways through care, by episode.
    pub stays: BTreeMap<UnitId, Stay>,
    /// Commands sent and acknowledged, by kind.
    pub acknowledged: BTreeMap<&'static str, u64>,
    /// Refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Accepted with remarks, by code.
    pub remarked: BTreeMap<String, u64>,
    /// Doors that were knocked at, by round and compound.
    pub doors: BTreeMap<(RoundId, PlaceCode), Doors>,
    /// Disputes and other findings open when last read.
    pub findings: i64,
    /// Units that were late when last read.
    pub late: i64,
    /// What was let happen.
    pub happened: Vec<(Micros, Happening)>,
    /// What people took over.
    pub taken_over: Vec<TakenOver>,
    /// Investigations, by case.
    pub inquiries: BTreeMap<UnitId, Inquiry>,
    /// By whom persons were named as contacts.
    pub named: BTreeMap<u32, Vec<Naming>>,
    /// Contacts that are, or were, followed.
    pub followed: BTreeMap<UnitId, Followed>,
    /// Their numbers, by person.
    pub kept_of: BTreeMap<u32, Vec<UnitId>>,
    /// Of these: who has to be swabbed once more before they may go.
    pub swab_again: BTreeSet<UnitId>,
    /// Zones, each stretch of a level by itself.
    pub closed: Vec<Closed>,
    /// Sweeps.
    pub sweeps: BTreeMap<UnitId, Swept>,
    /// How often somebody knocked at a door of a sweep.
    pub sweep_knocks: BTreeMap<(UnitId, HouseholdId), i64>,
    /// The house of which no list knows.
    pub hidden: Hidden,
    /// Certificates of zero.
    pub signed: Vec<Signed>,
    /// What the commander read of the claims.
    pub claims: Vec<Claimed>,
    /// What the supply desks did.
    pub supply: Provided,
}

impl Chronicle {
    /// The file of a person.
    pub fn file(&mut self, person: u32) -> &mut File {
        self.files.entry(person).or_default()
    }

    /// Somebody knocked at a door of a compound.
    pub fn knock(&mut self, round: RoundId, compound: &PlaceCode, opens: bool) {
        let doors = self.doors.entry((round, compound.clone())).or_default();
        doors.knocked += 1;
        doors.opened += u64::from(opens);
    }

    /// The work of a holder that a person does now.
    pub fn taken_now(&mut self, holder: &HolderCode) -> Option<&mut TakenOver> {
        self.taken_over.iter_mut().rev().find(|t| t.until.is_none() && t.holder == *holder)
    }

    /// Whether a person is in a ward.
    pub fn is_isolated(&self, person: u32) -> bool {
        self.files.get(&person).is_some_and(|f| f.isolated_at.is_some() && f.ended.is_none())
    }

    /// Whether a person is, or was, a patient: excused from rounds.
    pub fn is_excused(&self, person: u32) -> bool {
        self.files.get(&person).is_some_and(|f| f.isolated_at.is_some())
    }

    /// Whether a person is at a quarantine site.
    pub fn is_quarantined(&self, person: u32) -> bool {
        let open = self.kept_of.get(&person).into_iter().flatten();
        open.filter_map(|id| self.followed.get(id)).any(Followed::is_kept)
    }

    /// Whether a person stays at home after a ward or a quarantine site.
    pub fn is_at_home(&self, person: u32) -> bool {
        let file = self.files.get(&person);
        let after = file.is_some_and(|f| f.home_since.is_some() && f.home_until.is_none());
        let open = self.kept_of.get(&person).into_iter().flatten();
        after || open.filter_map(|id| self.followed.get(id)).any(Followed::is_watched)
    }

    /// Since when the earliest case is known that named a person.
    pub fn met_case_since(&self, person: u32) -> Option<Micros> {
        self.named.get(&person)?.iter().map(|naming| naming.since).min()
    }

    /// Whether a person has to stay at home.
    pub fn is_held(&self, person: u32) -> bool {
        self.files.get(&person).is_some_and(File::is_held)
    }
}
