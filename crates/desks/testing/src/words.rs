//! The desk's small vocabularies, with the words that the store keeps.

use serde::{Deserialize, Serialize};

/// How persons share a tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One person.
    Single,
    /// One household.
    Household,
    /// Five persons.
    Five,
    /// Ten persons.
    Ten,
    /// Twenty persons.
    Twenty,
}

impl Mode {
    /// The protocol's name of the mode.
    pub fn pool(self) -> protocol::PoolMode {
        match self {
            Mode::Single => protocol::PoolMode::Single,
            Mode::Household => protocol::PoolMode::Household,
            Mode::Five => protocol::PoolMode::Mixed(5),
            Mode::Ten => protocol::PoolMode::Mixed(10),
            Mode::Twenty => protocol::PoolMode::Mixed(20),
        }
    }

    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Single => "single",
            Mode::Household => "household",
            Mode::Five => "five",
            Mode::Ten => "ten",
            Mode::Twenty => "twenty",
        }
    }

    /// Reads what [`Mode::as_str`] writes.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Single, Mode::Household, Mode::Five, Mode::Ten, Mode::Twenty]
            .into_iter()
            .find(|m| m.as_str() == text)
    }
}

/// The kind of zone that a compound is in, as far as pooling asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// A quarantine site, or persons of a key group.
    Quarantine,
    /// Locked: nobody leaves the door.
    Locked,
    /// Controlled: nobody leaves the compound.
    Controlled,
    /// Anywhere else.
    Other,
}

impl Zone {
    /// The protocol's name of the place.
    pub fn place(self) -> protocol::PoolPlace {
        match self {
            Zone::Quarantine => protocol::PoolPlace::Quarantine,
            Zone::Locked => protocol::PoolPlace::Locked,
            Zone::Controlled | Zone::Other => protocol::PoolPlace::Other,
        }
    }

    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Zone::Quarantine => "quarantine",
            Zone::Locked => "locked",
            Zone::Controlled => "controlled",
            Zone::Other => "other",
        }
    }

    /// Reads what [`Zone::as_str`] writes.
    pub fn parse(text: &str) -> Option<Zone> {
        [Zone::Quarantine, Zone::Locked, Zone::Controlled, Zone::Other]
            .into_iter()
            .find(|z| z.as_str() == text)
    }
}

/// What a tube says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// All targets needed are positive.
    Positive,
    /// A target in the grey zone.
    Grey,
    /// One target positive, another not.
    SingleTarget,
    /// No target found, control valid.
    Negative,
    /// No statement possible.
    Invalid,
}

impl Reading {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Reading::Positive => "positive",
            Reading::Grey => "grey",
            Reading::SingleTarget => "single_target",
            Reading::Negative => "negative",
            Reading::Invalid => "invalid",
        }
    }

    /// How much has to be done because of it: the more, the higher.
    pub fn severity(self) -> u8 {
        match self {
            Reading::Negative => 0,
            Reading::Invalid => 1,
            Reading::SingleTarget => 2,
            Reading::Grey => 3,
            Reading::Positive => 4,
        }
    }

    /// Reads what [`Reading::as_str`] writes.
    pub fn parse(text: &str) -> Option<Reading> {
        use Reading::{Grey, Invalid, Negative, Positive, SingleTarget};
        [Positive, Grey, SingleTarget, Negative, Invalid].into_iter().find(|r| r.as_str() == text)
    }
}

/// How far a result is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultStatus {
    /// May still change; nothing follows from it.
    Preliminary,
    /// Stands.
    Final,
    /// Replaces an earlier final one.
    Corrected,
}

/// Why a tube gives no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nobody has it.
    Lost,
    /// It leaked.
    Leaked,
    /// It cannot be tested: no swab, too little, no readable code.
    Invalid,
}

impl Fault {
    /// The reason of closure.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Lost => ledger::LOST,
            Fault::Leaked => "leaked",
            Fault::Invalid => "invalid",
        }
    }
}

/// What a grid worker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitOutcome {
    /// At home; will be sampled.
    Found,
    /// Nobody opened.
    Absent,
    /// Refuses.
    Refused,
    /// Lives elsewhere now.
    Moved,
}
