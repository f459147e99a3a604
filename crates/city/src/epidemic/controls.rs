//! What can be done to an outbreak from outside: isolation, closed doors, behaviour.

use super::disease::LAYERS;

/// Where an agent is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Nowhere.
    None = 0,
    /// At home, with the household.
    Home = 1,
    /// In a quarantine site for contacts.
    Quarantine = 2,
    /// In care: a hospital or a fangcang; others there are infected already.
    Care = 3,
}

/// How far people of a building may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Anywhere.
    #[default]
    Open = 0,
    /// Not out of the compound.
    Compound = 1,
    /// Not out of the building.
    Building = 2,
    /// Not out of the door.
    Door = 3,
}

/// What changes everyone's contacts from one day to the next: factors on the rates of
/// `epidemic.toml`, 1 for a usual day.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// By [`Layer`](super::Layer).
    pub layers: [f64; LAYERS],
    /// On team and place contacts, by [`Role`](super::Role): 0 for a closed school.
    pub attendance: [f64; 8],
    /// On every layer: masks, season.
    pub all: f64,
    /// Share of forbidden contacts that take place all the same; `None` for the scenario's.
    pub leakage: Option<f64>,
    /// Share of households that comply; `None` for the scenario's.
    pub compliance: Option<f64>,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            layers: [1.0; LAYERS],
            attendance: [1.0; 8],
            all: 1.0,
            leakage: None,
            compliance: None,
        }
    }
}
