//! What happened in a drill, kept for the score: beside the goods and the truth, what was done
//! to people, and what the system said.

use std::collections::BTreeMap;

use types::{HolderCode, Micros, RoundId};

use crate::control::Happening;

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

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Rounds, in order.
    pub rounds: Vec<Round>,
    /// Everybody to whom something was done.
    pub files: BTreeMap<u32, File>,
    /// Commands sent and acknowledged.
    pub acknowledged: u64,
    /// Refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Accepted with remarks, by code.
    pub remarked: BTreeMap<String, u64>,
    /// Doors that were knocked at, and how many of them opened.
    pub knocked: (u64, u64),
    /// Disputes and other findings open when last read.
    pub findings: i64,
    /// Units that were late when last read.
    pub late: i64,
    /// What was let happen.
    pub happened: Vec<(Micros, Happening)>,
    /// What people took over.
    pub taken_over: Vec<TakenOver>,
}

impl Chronicle {
    /// The file of a person.
    pub fn file(&mut self, person: u32) -> &mut File {
        self.files.entry(person).or_default()
    }

    /// The work of a holder that a person does now.
    pub fn taken_now(&mut self, holder: &HolderCode) -> Option<&mut TakenOver> {
        self.taken_over.iter_mut().rev().find(|t| t.until.is_none() && t.holder == *holder)
    }

    /// Whether a person is in a ward.
    pub fn is_isolated(&self, person: u32) -> bool {
        self.files.get(&person).is_some_and(|f| f.isolated_at.is_some())
    }

    /// Whether a person has to stay at home.
    pub fn is_held(&self, person: u32) -> bool {
        self.files.get(&person).is_some_and(File::is_held)
    }
}
