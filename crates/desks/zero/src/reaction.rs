//! What happens elsewhere and may speak against a certificate.

use cases::{Case, FoundIn, Measure};
use types::{AreaCode, Micros, PlaceCode, UnitId};

/// An infection as the cases desk tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infection {
    /// The case.
    pub case: UnitId,
    /// The county that it belongs to.
    pub area: AreaCode,
    /// Where the person lives or stays.
    pub place: Option<PlaceCode>,
    /// Where the person was when the infection was found.
    pub found_in: Option<FoundIn>,
    /// When it counts.
    pub at: Micros,
}

impl Infection {
    /// What a case tells; nothing when it is no infection, or another record stands for it.
    pub fn of(case: &Case) -> Option<Infection> {
        let counts = case.counts();
        let (_, at) = counts.iter().find(|(measure, _)| *measure == Measure::Infections)?;
        Some(Infection {
            case: case.id,
            area: case.area(),
            place: case.place(),
            found_in: case.found_in(),
            at: *at,
        })
    }
}

/// What has happened elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A case is an infection, newly or otherwise than before.
    Infection {
        /// As it is now.
        found: Infection,
        /// As it was, if it was one.
        before: Option<Infection>,
    },
    /// A sample is not negative.
    Pool {
        /// The tube.
        tube: UnitId,
        /// The county of somebody in it.
        area: AreaCode,
        /// Where that one lives, or was swabbed.
        place: Option<PlaceCode>,
        /// Where people in it are found; nothing when nobody told.
        found_in: Option<FoundIn>,
        /// When the swabs were taken.
        sampled_at: Micros,
    },
}
