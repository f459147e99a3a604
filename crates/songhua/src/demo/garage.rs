//! Vehicles for a demo and a drill: made up, and as many as the town needs them to be too few.

use transfers::{Class, Command, Kind, PutVehicle, Spot};
use types::{AreaCode, AreaScope, HolderCode};

/// The vehicle of the account that works on one.
pub const AMBULANCE: &str = "vehicle:JL-A01";
/// Where they stand, degrees east and north: made up, in the middle of the city.
const BASE: (f64, f64) = (126.565, 43.845);

/// The commands that enter ambulances, one in five of them with negative pressure, and coaches for a town of so
/// many people. They stand in one county and fetch people of all `serves`.
pub fn commands(people: u64, county: AreaCode, serves: AreaScope) -> Vec<Command> {
    let clamped = |per: u64, least: u32, most: u32| {
        u32::try_from(people / per).unwrap_or(u32::MAX).clamp(least, most)
    };
    let ambulances = (1..=clamped(4_000, 3, 60)).map(|n| {
        let kind = if n % 5 == 0 { Kind::Negative } else { Kind::Ambulance };
        (format!("JL-A{n:02}"), format!("吉B-120{n:02}"), kind, 3, 1, Class::ALL.to_vec())
    });
    let coaches = (1..=clamped(20_000, 1, 40)).map(|n| {
        let carries = vec![Class::Positive, Class::Contact, Class::Secondary, Class::Clear];
        (format!("JL-K{n:02}"), format!("吉B-555{n:02}"), Kind::Coach, 40, 0, carries)
    });
    ambulances
        .chain(coaches)
        .filter_map(|(code, plate, kind, seats, stretchers, carries)| {
            Some(Command::PutVehicle(PutVehicle {
                code: HolderCode::parse(&format!("{}:{code}", transfers::HOLDER)).ok()?,
                kind,
                plate,
                seats,
                stretchers,
                carries,
                serves,
                base: Spot { at: Some(BASE), ..Spot::of(county) },
            }))
        })
        .collect()
}
