//! The words of the bed plan.

/// A person in the plan, named by the caller's own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatientKey(pub u32);

/// Which pool, by its place in the list that the planner was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolIndex(pub u32);

/// Which facility, by its place in the list that the planner was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FacilityIndex(pub u32);

/// What was wrong with what the planner was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BedError {
    /// A pool of a facility that is not in the list.
    #[error("pool {pool} belongs to facility {facility}; there are {facilities}")]
    NoFacility {
        /// The pool.
        pool: u32,
        /// The facility that it names.
        facility: u32,
        /// How many facilities there are.
        facilities: usize,
    },
    /// One person twice.
    #[error("patient {} is in the plan already", .0.0)]
    Twice(PatientKey),
    /// A change of somebody who is not in the plan.
    #[error("patient {} is not in the plan", .0.0)]
    Unknown(PatientKey),
    /// A change of a pool or facility that does not exist.
    #[error("there is no {what} {index}")]
    NoSuch {
        /// "pool" or "facility".
        what: &'static str,
        /// Its index.
        index: u32,
    },
}

/// What a person needs, from least to most. A pool of a level gives every lower one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CareLevel {
    /// Isolation with a doctor near: no or mild illness (a shelter hospital).
    Shelter,
    /// A hospital bed: moderate illness, or mild with high risk.
    Ward,
    /// High dependency: severe illness.
    Acute,
    /// Intensive care: critical illness.
    Intensive,
}

impl CareLevel {
    /// All of them, from least to most.
    pub const ALL: [CareLevel; 4] =
        [CareLevel::Shelter, CareLevel::Ward, CareLevel::Acute, CareLevel::Intensive];

    /// How many levels this one is above another, 0 if it is not.
    #[must_use]
    pub fn above(self, other: CareLevel) -> i64 {
        (self as i64 - other as i64).max(0)
    }
}

/// A person's sex, for wards that have a rule of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Whom a pool admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Anybody.
    Anybody,
    /// Women, and children with them.
    Women,
    /// Men, and children with them.
    Men,
    /// Family rooms: parties of two or more, and parties with a child.
    Families,
}

/// A place on a plane, in metres east and north of a point of the caller's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Site {
    /// Metres east.
    pub east: i32,
    /// Metres north.
    pub north: i32,
}

impl Site {
    /// The straight distance in whole metres.
    #[must_use]
    pub fn metres(self, other: Site) -> i64 {
        let east = f64::from(self.east) - f64::from(other.east);
        let north = f64::from(self.north) - f64::from(other.north);
        (east * east + north * north).sqrt() as i64
    }
}

/// How urgent a bed is. The order is the plan's first concern: severity, then by how many hours
/// the deadline is past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Urgency(u16);

impl Urgency {
    /// Hours that are told apart: two weeks before and two after the deadline.
    const WINDOW: i64 = 672;
    /// Severities that are told apart.
    const SEVERITIES: u8 = 16;
    /// How many urgencies there are.
    pub const COUNT: i64 = Self::WINDOW * Self::SEVERITIES as i64;

    /// From a severity (0 the least; 15 and more are one) and the whole hours since the deadline,
    /// less than 0 while it is still ahead.
    #[must_use]
    pub fn new(severity: u8, hours_overdue: i64) -> Urgency {
        let half = Self::WINDOW / 2;
        let hours = hours_overdue.clamp(-half, half - 1) + half;
        let rank = i64::from(severity.min(Self::SEVERITIES - 1)) * Self::WINDOW + hours;
        Urgency(rank as u16)
    }

    /// Its rank among all urgencies, from 0 (the least) up to [`Urgency::COUNT`].
    #[must_use]
    pub fn rank(self) -> i64 {
        i64::from(self.0)
    }
}

/// A person who needs a bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patient {
    /// The caller's number for the person.
    pub key: PatientKey,
    /// The caller's number for the family; people alone have one of their own.
    pub family: u32,
    /// For wards with a rule of sex.
    pub sex: Sex,
    /// Young enough to stay with an adult.
    pub child: bool,
    /// The care that the person needs.
    pub need: CareLevel,
    /// Whose turn it is.
    pub urgency: Urgency,
    /// Where the person waits.
    pub at: Site,
    /// The pool that was promised before, if one was.
    pub promised: Option<PoolIndex>,
}

/// A facility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility {
    /// Where it is.
    pub at: Site,
    /// How many people it can take in before the next plan, over all its pools.
    pub intake: Option<u32>,
}

/// Places of one ward that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Whose.
    pub facility: FacilityIndex,
    /// The care that it gives.
    pub level: CareLevel,
    /// Whom it admits.
    pub rule: Rule,
    /// Beds that are free and clean.
    pub beds: u32,
    /// People whom the staff on shift can care for in addition. (One nurse looks after four to
    /// six critical patients a shift; the caller has the roster.)
    pub staffed: u32,
    /// Of the usable places, those held back for [`Weights::reserve_for`].
    pub reserve: u32,
}

impl Pool {
    /// Places that have both a bed and staff.
    #[must_use]
    pub fn usable(&self) -> u32 {
        self.beds.min(self.staffed)
    }

    /// Places for those who may not use the reserve.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.usable().saturating_sub(self.reserve)
    }
}

/// What each wish weighs, in metres of way for one person. The defaults are choices of this
/// program, not rules of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Each care level above the need.
    pub level_above: i64,
    /// A party that could have a family room, in another one.
    pub no_family_room: i64,
    /// A place of the reserve.
    pub reserve_place: i64,
    /// Another pool than the promised one.
    pub promise_broken: i64,
    /// From which urgency on the reserve may be used.
    pub reserve_for: Urgency,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            level_above: 30_000,
            no_family_room: 8_000,
            reserve_place: 200_000,
            promise_broken: 40_000,
            // Severity 3, whatever the deadline: critical on the scale of four.
            reserve_for: Urgency::new(3, i64::MIN),
        }
    }
}
