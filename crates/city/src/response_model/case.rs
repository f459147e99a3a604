//! What the response knows of each infection, and each day's figures.

use std::fmt;

use crate::epidemic::{Isolation, Severity};

/// No day yet.
pub(crate) const NOT_YET: u16 = u16::MAX;

/// How an infection was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// Sought care.
    Clinic = 0,
    /// A round of mass testing.
    Round = 1,
    /// An antigen test at home.
    Antigen = 2,
    /// In quarantine, or kept at home as a contact.
    Contact = 3,
}

impl Found {
    /// All ways, by number.
    pub const ALL: [Found; 4] = [Found::Clinic, Found::Round, Found::Antigen, Found::Contact];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Found::Clinic => "clinic",
            Found::Round => "round",
            Found::Antigen => "antigen",
            Found::Contact => "contact",
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bed {
    /// In a designated hospital.
    Hospital,
    /// In a fangcang.
    Fangcang,
}

/// What the response knows of one infection; in the order of the outbreak's infections.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub(crate) found_on: u16,
    pub(crate) admitted_on: u16,
    pub(crate) released_on: u16,
    pub(crate) died_on: u16,
    pub(crate) reported_on: u16,
    /// In quarantine since.
    pub(crate) kept_on: u16,
    pub(crate) how: Found,
    pub(crate) bed: Bed,
    /// A result is on its way.
    pub(crate) pending: bool,
    /// Confirmed, not asymptomatic, when it was found.
    pub(crate) confirmed: bool,
    /// Outside quarantine and buildings closed around a case when it was found.
    pub(crate) community: bool,
    /// Clean swabs in a row.
    pub(crate) clean: u8,
    /// Whom this person infected, as a list through the cases.
    pub(crate) first_child: u32,
    pub(crate) next_sibling: u32,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            found_on: NOT_YET,
            admitted_on: NOT_YET,
            released_on: NOT_YET,
            died_on: NOT_YET,
            reported_on: NOT_YET,
            kept_on: NOT_YET,
            how: Found::Clinic,
            bed: Bed::Fangcang,
            pending: false,
            confirmed: false,
            community: false,
            clean: 0,
            first_child: u32::MAX,
            next_sibling: u32::MAX,
        }
    }
}

fn when(day: u16) -> Option<u32> {
    (day != NOT_YET).then_some(day.into())
}

impl Case {
    /// The day on which it was found, and how.
    pub fn found(&self) -> Option<(u32, Found)> {
        Some((when(self.found_on)?, self.how))
    }

    /// The day on which it came to a bed, and to which.
    pub fn admitted(&self) -> Option<(u32, Bed)> {
        Some((when(self.admitted_on)?, self.bed))
    }

    /// The day on which it was let go.
    pub fn released(&self) -> Option<u32> {
        when(self.released_on)
    }

    /// The day on which the person died, known as a case or not.
    pub fn died(&self) -> Option<u32> {
        when(self.died_on)
    }

    /// The day whose published figure it is in.
    pub fn reported(&self) -> Option<u32> {
        when(self.reported_on)
    }

    /// Whether it counts as confirmed: it had symptoms when it was found.
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// Whether it was found outside quarantine and buildings closed around a case.
    pub fn community(&self) -> bool {
        self.community
    }
}

macro_rules! figures {
    ($($(#[$doc:meta])* $field:ident,)+) => {
        /// One day's figures.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct DayRow {
            $($(#[$doc])* pub $field: u64,)+
        }

        impl DayRow {
            /// The names of the figures, as column heads.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

            /// The figures, in the order of [`NAMES`](DayRow::NAMES).
            pub fn values(&self) -> Vec<u64> {
                vec![$(self.$field),+]
            }
        }
    };
}

figures! {
    /// New infections.
    infections,
    /// Found, by any way.
    found,
    /// Of those found: outside quarantine and buildings closed around a case.
    found_in_community,
    /// Found by seeking care.
    found_clinic,
    /// Found by a round.
    found_round,
    /// Found by an antigen test.
    found_antigen,
    /// Found among contacts.
    found_contact,
    /// Published as confirmed.
    reported_confirmed,
    /// Published as asymptomatic.
    reported_asymptomatic,
    /// Found and waiting for a bed at the end of the day.
    waiting_for_bed,
    /// In a hospital bed.
    in_hospital,
    /// In a fangcang bed.
    in_fangcang,
    /// In a bed, without symptoms so far.
    care_asymptomatic,
    /// In a bed: mild.
    care_mild,
    /// In a bed: moderate.
    care_moderate,
    /// In a bed: severe.
    care_severe,
    /// In a bed: critical.
    care_critical,
    /// Contacts who are told to stay apart, infected or not.
    contacts,
    /// In quarantine rooms.
    in_quarantine,
    /// Let go from care.
    released,
    /// Died, known as cases or not.
    died,
    /// People behind a closed compound, building or door.
    locked_down,
    /// Persons swabbed in a round.
    swabbed,
    /// Tubes collected.
    tubes_collected,
    /// Tubes tested, pools and singles.
    tubes_tested,
    /// Tubes that wait for a courier or a laboratory.
    tubes_waiting,
    /// Pools that read positive.
    pools_positive,
    /// Cases that wait for an investigation.
    investigations_waiting,
    /// Rounds begun so far.
    rounds,
}

/// Whether a person of this severity needs a hospital whatever the rule.
pub(crate) fn needs_hospital(severity: Severity) -> bool {
    severity >= Severity::Moderate
}

/// Whether the agent is out of the way of rounds and antigen tests at home.
pub(crate) fn away(isolation: Isolation) -> bool {
    matches!(isolation, Isolation::Quarantine | Isolation::Care)
}
