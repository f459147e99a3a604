//! The simulated city: real divisions with generated places and people.
//!
//! A [`Scenario`] holds what is known: the divisions of Jilin City and Changchun with their
//! codes and names, census figures, public coordinates of the seats, and every parameter with
//! its source. [`City::generate`] turns it into a city of any size. What comes out is plain
//! data; this crate knows neither HTTP nor SQL.
//!
//! ```
//! use city::{City, Level, Options, Scenario};
//!
//! let scenario = Scenario::bundled("jilin-2022")?;
//! let options = Options { seed: 1, people: Some(30_000), areas: None };
//! let city = City::generate(&scenario, options)?;
//! let streets = city.places().filter(|p| p.level == Level::Street).count();
//! let children = city.persons().filter(|p| p.age < 15).count();
//! assert_eq!(streets, 150);
//! assert!((3_000..4_000).contains(&children));
//! # Ok::<(), city::CityError>(())
//! ```
//!
//! The same seed makes the same city, byte for byte, on every machine: all draws are keyed by
//! seed and place, and only exact arithmetic is used. Nobody in a city is real, and no ID or
//! phone number in it can belong to anyone ([`IdNumber`], [`Phone`]).
//!
//! What is left out: group households (8 % of the province's people live in dormitories and
//! barracks; here they are spread over family households), births on 29 February, and any
//! difference in age between districts.

mod cells;
mod city;
mod composition;
pub mod epidemic;
mod error;
mod facility;
mod geojson;
mod geometry;
mod identity;
mod laboratory;
mod parameters;
mod people;
mod person_names;
mod place;
mod place_names;
mod random;
mod registry_csv;
mod response;
pub mod response_model;
mod scenario;
mod shapes;
mod supply;

pub use city::{City, CommunityKind, Options};
pub use composition::{Relation, Sex};
pub use error::CityError;
pub use facility::{Facility, FacilityKind, Sure};
pub use identity::{IdNumber, Phone, id_check_character};
pub use laboratory::{Laboratory, LaboratoryCapacity};
pub use parameters::{ParameterRow, Parameters, Quality, Sourced};
pub use people::{Household, Need, Needs, Person};
pub use person_names::PersonName;
pub use place::{Dwelling, Level, PlaceRow};
pub use place_names::CompoundKind;
pub use registry_csv::{
    FaultRates, RegistryCounts, RegistryLanguage, RegistryOptions, write_registry_csv,
};
pub use response::{Holder, SamplingSite, StaffAccount, StaffRole};
pub use scenario::{County, Division, Scenario, ScenarioFiles};
pub use supply::{PantryParameters, SupplyConditions, SupplyPlan};
