//! An outbreak among the people of a [`City`](crate::City), controlled from outside.
//!
//! [`Population`] holds the agents: agent `n` is the `n`th of
//! [`City::persons`](crate::City::persons). [`Epidemic`] holds who is infected and lives
//! through one day at a time. It decides nothing: who is swabbed, isolated or locked in is said
//! from outside, by a drill or by the response model of this crate.
//!
//! ```
//! use city::epidemic::{Disease, Epidemic, Isolation, Lock, Population};
//! use city::{City, Options, Scenario};
//! use std::sync::Arc;
//!
//! let scenario = Scenario::bundled("jilin-2022")?;
//! let options = Options { seed: 1, people: Some(20_000), areas: None };
//! let city = City::generate(&scenario, options)?;
//! let parameters = scenario.epidemic()?;
//! let people = Arc::new(Population::of_city(&city, parameters, 1)?);
//! let mut outbreak = Epidemic::new(people.clone(), Arc::new(Disease::new(parameters)), 7);
//! outbreak.import(123, 0.0);
//! for _ in 0..5 {
//!     outbreak.step(2);
//! }
//! let swab = outbreak.swab(123, 3.0, 0);
//! assert!(swab.n.is_some_and(|ct| ct < 36.0));
//! outbreak.isolate(123, Isolation::Care);
//! outbreak.lock_compound(people.home(123), Lock::Door);
//! # Ok::<(), city::CityError>(())
//! ```

mod agents;
mod controls;
mod disease;
pub(crate) mod draw;
mod engine;
mod parameters;
mod places;
mod pool;

pub use agents::{Agent, Lodging, Population, Region, Role};
pub use controls::{Behaviour, Isolation, Lock};
pub use disease::{Disease, Infection, Layer, NOBODY, Severity, Swab};
pub use engine::Epidemic;
pub use parameters::{
    BANDS, CourseParameters, DOSES, EpidemicParameters, LockdownParameters, PlaceParameters,
    SeverityParameters, TransmissionParameters, VaccinationParameters, band_of,
};
pub use places::PlaceKind;
pub use pool::{Pooling, sensitivity};
