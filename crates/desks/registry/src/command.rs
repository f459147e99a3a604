//! What can be asked of the registry desk.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{HolderCode, HouseholdId, PersonId, PlaceCode, Refusal};
use uuid::Uuid;

use crate::geometry::{Degrees, Outline};
use crate::identity::{self, Day, Identity, Sex};
use crate::seal::{BlindIndex, Keys, Sealed};

/// A command, externally tagged in JSON: `{"put_places": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Adds places or changes them.
    PutPlaces(PutPlaces),
    /// Adds sites, couriers, laboratories and desks, or changes them.
    PutHolders(PutHolders),
    /// Adds a chunk of an import: households and their persons. Those whose number is
    /// registered already are left out and named in the notes.
    PutPersons(PutPersons),
    /// Adds one person who turned up.
    RegisterPerson(RegisterPerson),
    /// Corrects one person; the earlier state stays in the journal.
    ChangePerson(ChangePerson),
    /// Decides about a person whom an import found at another address.
    SettleMove(SettleMove),
    /// Gives households new sign-in codes.
    IssueCodes(IssueCodes),
    /// Records that somebody looked at a person's file.
    Look(Look),
}

impl Command {
    /// A stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::PutPlaces(_) => "registry.put_places",
            Command::PutHolders(_) => "registry.put_holders",
            Command::PutPersons(_) => "registry.put_persons",
            Command::RegisterPerson(_) => "registry.register_person",
            Command::ChangePerson(_) => "registry.change_person",
            Command::SettleMove(_) => "registry.settle_move",
            Command::IssueCodes(_) => "registry.issue_codes",
            Command::Look(_) => "registry.look",
        }
    }

    /// Whether only the server itself makes such commands: they carry what it has sealed or
    /// derived, which no client can.
    pub fn is_internal(&self) -> bool {
        matches!(self, Command::PutPersons(_) | Command::IssueCodes(_))
    }

    /// Checks and seals the clear personal data of a command that came from a client. It must
    /// be called before the command goes to the ledger, which refuses clear data.
    ///
    /// # Errors
    /// The refusal of the field that breaks a rule; `personal-data-presealed` when the client
    /// sent an envelope of its own.
    pub fn seal(&mut self, keys: &Keys, area: types::AreaCode, today: Day) -> Result<(), Refusal> {
        let (person, details) = match self {
            Command::RegisterPerson(c) => (c.person, &mut c.details),
            Command::ChangePerson(ChangePerson { person, details: Some(details), .. }) => {
                (*person, details)
            }
            _ => return Ok(()),
        };
        let Details::Clear(identity) = details else {
            return Err(Refusal::new("personal-data-presealed"));
        };
        let checked = identity::check((**identity).clone(), today)
            .map_err(|(field, refusal)| refusal.with("field", field))?;
        let sealed = SealedIdentity::of(keys, area, person, &checked)
            .map_err(|e| Refusal::new("sealing-failed").with("reason", e))?;
        *details = Details::Sealed(sealed);
        Ok(())
    }
}

/// See [`Command::PutPlaces`]. All places have the command's area (none above county level).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutPlaces {
    /// Parents before their children, or already known.
    pub places: Vec<PlaceDetails>,
}

/// A place. Its level and its parent are in its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceDetails {
    /// The code.
    pub code: PlaceCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// Longitude of its middle (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<Degrees>,
    /// Latitude of its middle (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<Degrees>,
    /// Its boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<Outline>,
}

/// See [`Command::PutHolders`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutHolders {
    /// Each holder once.
    pub holders: Vec<HolderDetails>,
}

/// A holder: somebody who can answer for a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HolderDetails {
    /// The code; its first part is the kind.
    pub code: HolderCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// The place that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Longitude (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<Degrees>,
    /// Latitude (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<Degrees>,
    /// Whether it works at present.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The form that serde asks for.
fn is_yes(yes: &bool) -> bool {
    *yes
}

/// See [`Command::PutPersons`]; the fact has the same form, without what was left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutPersons {
    /// The import.
    pub import: Uuid,
    /// Households with their persons.
    pub households: Vec<PutHousehold>,
}

/// A household of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutHousehold {
    /// Its id, from [`crate::ids::household`].
    pub id: HouseholdId,
    /// Where it is: community or deeper.
    pub place: PlaceCode,
    /// Its door within the place; may be empty.
    pub door: String,
    /// Its persons.
    pub persons: Vec<PutPerson>,
}

/// A person of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutPerson {
    /// Its id, from [`crate::ids::person`].
    pub id: PersonId,
    /// Data row of the import, from 1.
    pub row: u32,
    /// Name, number and telephone.
    pub sealed: Sealed,
    /// Index of the document's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_index: Option<BlindIndex>,
    /// Index of the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_index: Option<BlindIndex>,
    /// Year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<u16>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

/// Personal data as the registry keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedIdentity {
    /// Name, number and telephone.
    pub sealed: Sealed,
    /// Index of the document's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_index: Option<BlindIndex>,
    /// Index of the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_index: Option<BlindIndex>,
    /// Year of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<u16>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

impl SealedIdentity {
    /// Seals a checked identity for a person.
    ///
    /// # Errors
    /// As [`Keys::seal`].
    pub fn of(
        keys: &Keys,
        area: types::AreaCode,
        person: PersonId,
        checked: &identity::Checked,
    ) -> crate::Result<SealedIdentity> {
        let identity = &checked.identity;
        Ok(SealedIdentity {
            sealed: keys.seal(area, person, identity)?,
            id_index: identity.id_number.as_deref().map(|n| keys.id_index(identity.id_type, n)),
            phone_index: identity.phone.as_deref().map(|p| keys.phone_index(p)),
            birth_year: checked.resident.map(|r| r.birth.year),
            sex: checked.resident.map(|r| r.sex),
        })
    }
}

/// Personal data in a command: in the clear from the client to the server's edge, sealed from
/// there on. The clear form cannot be written: what a log or the journal gets of it is
/// `{"withheld": true}`.
#[derive(Clone, PartialEq)]
pub enum Details {
    /// As the client sent it.
    Clear(Box<Identity>),
    /// As the ledger takes it.
    Sealed(SealedIdentity),
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Details::Clear(_) => f.write_str("Clear(withheld)"),
            Details::Sealed(sealed) => sealed.fmt(f),
        }
    }
}

impl Serialize for Details {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Withheld {
            withheld: bool,
        }
        match self {
            Details::Clear(_) => Withheld { withheld: true }.serialize(s),
            Details::Sealed(sealed) => sealed.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Details, D::Error> {
        // Not an untagged enum of serde's: its error could quote what it could not read.
        #[derive(Deserialize)]
        struct Either {
            sealed: Option<Sealed>,
            id_index: Option<BlindIndex>,
            phone_index: Option<BlindIndex>,
            birth_year: Option<u16>,
            sex: Option<Sex>,
            name: Option<String>,
            #[serde(default)]
            id_type: identity::IdType,
            id_number: Option<String>,
            phone: Option<String>,
        }
        let e = Either::deserialize(d)?;
        match (e.sealed, e.name) {
            (Some(sealed), None) => Ok(Details::Sealed(SealedIdentity {
                sealed,
                id_index: e.id_index,
                phone_index: e.phone_index,
                birth_year: e.birth_year,
                sex: e.sex,
            })),
            (None, Some(name)) => Ok(Details::Clear(Box::new(Identity {
                name,
                id_type: e.id_type,
                id_number: e.id_number,
                phone: e.phone,
            }))),
            _ => Err(serde::de::Error::custom("personal data needs a name")),
        }
    }
}

/// Where a person lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// County or deeper.
    pub place: PlaceCode,
    /// The door within the place; may be empty.
    #[serde(default)]
    pub door: String,
}

/// See [`Command::RegisterPerson`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisterPerson {
    /// Made by the device, which may already have used it in a tube.
    pub person: PersonId,
    /// Who it is.
    pub details: Details,
    /// Where it lives, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// See [`Command::ChangePerson`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePerson {
    /// Who.
    pub person: PersonId,
    /// All personal data anew, when some of it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// The new address (same county), when it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Why.
    pub reason: ChangeReason,
    /// In words, without personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Why a person's record was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// It was entered wrongly.
    Mistyped,
    /// The person showed a document.
    DocumentSeen,
    /// The person moved.
    Moved,
    /// The person has another name, number or telephone now.
    Changed,
}

impl ChangeReason {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeReason::Mistyped => "mistyped",
            ChangeReason::DocumentSeen => "document_seen",
            ChangeReason::Moved => "moved",
            ChangeReason::Changed => "changed",
        }
    }
}

/// See [`Command::SettleMove`]. The command's area is the one where the person is registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettleMove {
    /// Who.
    pub person: PersonId,
    /// The household where an import found it.
    pub household: HouseholdId,
    /// Whether it lives there now.
    pub accept: bool,
}

/// See [`Command::IssueCodes`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueCodes {
    /// Household and index of its new code.
    pub codes: Vec<(HouseholdId, BlindIndex)>,
}

/// See [`Command::Look`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// At whom.
    pub at: LookedAt,
    /// How closely.
    pub depth: LookDepth,
    /// What for.
    pub purpose: Purpose,
    /// In words, without personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a look was at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookedAt {
    /// One person.
    Person(PersonId),
    /// The names of everybody in a place, for a search.
    Place(PlaceCode),
    /// The rows of a file that was brought for an import, taken away as a file.
    Import(Uuid),
    /// The person of a case, whom the registry does not have.
    Case(types::UnitId),
    /// The photo that proves that an order was received, at somebody's door.
    Receipt(types::UnitId),
}

/// How much was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookDepth {
    /// The masked file.
    File,
    /// Name, number and telephone in the clear.
    Reveal,
    /// A search by name, number or telephone.
    Search,
    /// A photo.
    Photo,
}

impl LookDepth {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            LookDepth::File => "file",
            LookDepth::Reveal => "reveal",
            LookDepth::Search => "search",
            LookDepth::Photo => "photo",
        }
    }
}

/// What somebody looks at a person's file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To take or arrange a swab.
    Sampling,
    /// To tell a result.
    Result,
    /// To find out who met whom.
    Tracing,
    /// To bring goods or help.
    Support,
    /// Emergency care.
    Emergency,
    /// To arrange or give care to a patient.
    Care,
    /// To correct the registry.
    Correction,
    /// The person asked.
    Request,
    /// To check how the system is used.
    Audit,
}

impl Purpose {
    /// All purposes, for a form.
    pub const ALL: [Purpose; 9] = [
        Purpose::Sampling,
        Purpose::Result,
        Purpose::Tracing,
        Purpose::Support,
        Purpose::Emergency,
        Purpose::Care,
        Purpose::Correction,
        Purpose::Request,
        Purpose::Audit,
    ];

    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Sampling => "sampling",
            Purpose::Result => "result",
            Purpose::Tracing => "tracing",
            Purpose::Support => "support",
            Purpose::Emergency => "emergency",
            Purpose::Care => "care",
            Purpose::Correction => "correction",
            Purpose::Request => "request",
            Purpose::Audit => "audit",
        }
    }

    /// Reads [`Purpose::as_str`].
    pub fn parse(text: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|p| p.as_str() == text)
    }
}
