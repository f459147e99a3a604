//! The drill: a city that lives, and field staff who do what the system tells them.
//!
//! The drill rehearses a response on the real server. It speaks to it as everybody does, through
//! the public HTTP API, with accounts of its own; it knows neither the server's inside nor its
//! store. What is true (who is infected, where a tube really is) it keeps to itself: the system
//! knows only what its staff tell it, so the two can be compared ([`score`]).
//!
//! - [`truth`]: the epidemic, as the drill asks for it.
//! - [`town`]: who lives where; which sites, couriers and laboratories there are.
//! - [`goods`]: tubes and boxes as they really are.
//! - [`provisions`], [`larder`], [`pantry`]: what the town's food comes through, and what people behind closed doors
//!   really have to eat; [`on_paper`] asks the same larders what another policy would have done.
//! - [`staff`]: what commander, desk, samplers, couriers, laboratories and grid workers do. They
//!   work by the system's lists, not by hidden knowledge.
//! - [`faults`]: what goes wrong, at configured rates.
//! - [`device`]: a phone: a clock that is off, hours without network, a queue that is sent late.
//! - [`agenda`], [`clock`]: simulated time. One thing happens after the other, in an order that
//!   follows from the seed alone, so the same seed and configuration give the same score.
//! - [`control`]: pause, step, speed, events from outside, and people who take work over.
//! - [`pace`]: a pace is kept over the day.
//! - [`spent`]: where the real time of a day goes, for the log.
//! - [`diary`]: what came from outside, so that a drill whose program was stopped can go on.

pub mod agenda;
pub mod clock;
pub mod config;
pub mod control;
pub mod device;
pub mod diary;
pub mod draw;
mod duties;
mod error;
pub mod faults;
pub mod goods;
pub mod http;
pub mod ids;
mod inputs;
pub mod larder;
pub mod link;
pub mod on_paper;
mod pace;
pub mod pantry;
mod posts;
pub mod provisions;
pub mod reading;
pub mod rows;
pub mod run;
pub mod score;
mod spent;
pub mod staff;
pub mod town;
pub mod truth;

pub use config::Config;
pub use error::{DrillError, Result};
pub use run::{Drill, Stage};
