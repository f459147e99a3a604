//! What can have happened in the registry. The JSON form is kept for ever: only add to it.

use serde::{Deserialize, Serialize};
use types::{AreaCode, HouseholdId, PersonId, PlaceCode};
use uuid::Uuid;

use crate::command::{
    ChangeReason, HolderDetails, Look, PlaceDetails, PutHousehold, SealedIdentity,
};
use crate::seal::BlindIndex;

/// A fact, externally tagged in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Places are as stated.
    PlacesPut {
        /// The places.
        places: Vec<PlaceDetails>,
    },
    /// Holders are as stated.
    HoldersPut {
        /// The holders.
        holders: Vec<HolderDetails>,
    },
    /// A chunk of an import was taken in.
    PersonsPut {
        /// The import.
        import: Uuid,
        /// The new persons with their households.
        households: Vec<PutHousehold>,
        /// Persons that were registered already, at another address.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        moved: Vec<Found>,
    },
    /// One person was registered.
    PersonRegistered {
        /// Who.
        person: PersonId,
        /// Its personal data.
        identity: SealedIdentity,
        /// Where it lives, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<Home>,
        /// The person that the number was already registered for: this one is only another
        /// name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        same_as: Option<PersonRef>,
    },
    /// A person's record was corrected.
    PersonChanged {
        /// Who.
        person: PersonId,
        /// Its personal data from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<SealedIdentity>,
        /// Its address from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<Home>,
        /// Why.
        reason: ChangeReason,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody decided about a person whom an import had found elsewhere.
    MoveSettled {
        /// Who.
        person: PersonId,
        /// The household where it was found.
        household: HouseholdId,
        /// Where it lives from now on, in this county.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<Home>,
        /// Its record in another county from now on; the one here becomes a name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrival: Option<Box<Found>>,
    },
    /// Households have new sign-in codes.
    CodesIssued {
        /// Household and index of the code.
        codes: Vec<(HouseholdId, BlindIndex)>,
    },
    /// Somebody looked at a person's file.
    Looked(Look),
}

/// A person in its county.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonRef {
    /// The county of its record.
    pub area: AreaCode,
    /// Who.
    pub person: PersonId,
}

/// Where a person lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The household; `None` where only the county or street is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// The place.
    pub place: PlaceCode,
    /// The door within the place.
    pub door: String,
}

/// A registered person as an import found it at another address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The record that exists.
    pub known: PersonRef,
    /// The id that the import's row has.
    pub id: PersonId,
    /// The address of the import's row.
    pub home: Home,
    /// The personal data of the import's row, sealed for its area and id.
    pub identity: SealedIdentity,
}
