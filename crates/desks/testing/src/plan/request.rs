//! What a plan is made from.

use types::{HolderCode, Micros, PlaceCode, Refusal, RoundId};

use crate::words::Zone;

/// Everything that a plan is made from.
#[derive(Clone, Debug)]
pub struct Request {
    /// The round that the commands will be for.
    pub round: RoundId,
    /// Residents of the whole region, which decide the protocol's window and reserve.
    pub population: u64,
    /// When sampling starts.
    pub starts_at: Micros,
    /// When the last result is due.
    pub ends_at: Micros,
    /// Expected share of infected persons (0 to 1) by zone.
    pub prevalence: ByZone<Option<f64>>,
    /// The compounds of the round, each once.
    pub compounds: Vec<Compound>,
    /// Sites that exist: a planned site that stands in one's compound takes its code.
    pub existing_sites: Vec<ExistingSite>,
    /// People and vehicles to hand.
    pub people: People,
    /// The laboratories that will test.
    pub laboratories: Vec<Laboratory>,
    /// What no rule says.
    pub settings: Settings,
}

/// A compound (or a village without compounds).
#[derive(Clone, Debug, PartialEq)]
pub struct Compound {
    /// Its code.
    pub code: PlaceCode,
    /// Registered persons.
    pub persons: u32,
    /// Households, for tubes by household.
    pub households: u32,
    /// The kind of zone that it is in.
    pub zone: Zone,
    /// Where it lies, if known.
    pub at: Option<Point>,
}

/// A site that the registry knows.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingSite {
    /// Its code.
    pub site: HolderCode,
    /// The compound or community that it stands in.
    pub place: PlaceCode,
}

/// A point in degrees (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
}

impl Point {
    /// Kilometres to another point as the crow flies, on a plane that touches the earth
    /// between the two: within a prefecture the error is well under 1 %.
    pub fn km_to(self, other: Point) -> f64 {
        const KM_A_DEGREE: f64 = 111.2;
        let middle = f64::midpoint(self.lat, other.lat).to_radians();
        let east = (self.lon - other.lon) * middle.cos();
        let north = self.lat - other.lat;
        KM_A_DEGREE * east.hypot(north)
    }
}

/// People and vehicles to hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Samplers.
    pub samplers: u32,
    /// Couriers on duty at once.
    pub couriers: u32,
    /// Vehicles on the road at once.
    pub vehicles: u32,
    /// Spare laboratory places kept for relief teams.
    pub reserve_places: u32,
}

/// A laboratory and its capacity in tubes a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Laboratory {
    /// Its code.
    pub lab: HolderCode,
    /// Where it is, if known.
    pub at: Option<Point>,
    /// As claimed on paper.
    pub claimed: i64,
    /// For which there are people and machines.
    pub staffed: i64,
    /// As measured; `None` before it has worked.
    pub measured: Option<i64>,
    /// Tubes that wait there already.
    pub waiting: i64,
}

/// What no rule says: this project's choices, all to be changed on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Seconds a person at a stand: check the code, swab, next. 10 to 600.
    pub seconds_a_swab: u32,
    /// Seconds a person where the team goes from door to door (locked zones, quarantine
    /// sites). 10 to 1,800.
    pub seconds_at_the_door: u32,
    /// Slots begin and end on multiples of so many minutes after the start. 1 to 60.
    pub slot_minutes: u32,
    /// Hours that one sampler works in 24. 1 to 24.
    pub sampler_hours: u32,
    /// The farthest that two compounds of one site may lie apart, in km. 0.1 to 50.
    pub reach_km: f64,
    /// Minutes between two pick-ups at a site. 10 to 240; at most what the clocks from seal
    /// to dispatch allow.
    pub pickup_minutes: u32,
    /// Tubes in a box. 1 to 1,000.
    pub tubes_a_box: u32,
    /// Boxes in a vehicle. 1 to 200.
    pub boxes_a_vehicle: u32,
    /// Minutes at each stop, for counting and both signatures. 1 to 60.
    pub stop_minutes: u32,
    /// Kilometres an hour in town (the first [`Settings::TOWN_KM`] of a way). 5 to 120.
    pub kmh_in_town: f64,
    /// Kilometres an hour outside it. 5 to 120.
    pub kmh_outside: f64,
    /// Kilometres of road for each as the crow flies. 1 to 3.
    pub detour: f64,
    /// Kilometres by road to a laboratory where a position is not known. 0 to 300.
    pub unknown_km: f64,
    /// Minutes from loading a tube to its result: extraction and amplification. 30 to 720.
    pub run_minutes: u32,
    /// Minutes from a result to its release. 0 to 720.
    pub release_minutes: u32,
}

impl Settings {
    /// Kilometres of a way that count as town.
    pub const TOWN_KM: f64 = 10.0;
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seconds_a_swab: 30,
            seconds_at_the_door: 90,
            slot_minutes: 5,
            sampler_hours: 8,
            reach_km: 3.0,
            pickup_minutes: 60,
            tubes_a_box: 200,
            boxes_a_vehicle: 20,
            stop_minutes: 10,
            kmh_in_town: 25.0,
            kmh_outside: 60.0,
            detour: 1.4,
            unknown_km: 15.0,
            run_minutes: 180,
            release_minutes: 30,
        }
    }
}

/// One value for each kind of zone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByZone<T> {
    /// Quarantine sites.
    pub quarantine: T,
    /// Locked zones.
    pub locked: T,
    /// Controlled zones.
    pub controlled: T,
    /// Anywhere else.
    pub other: T,
}

impl<T: Copy> ByZone<T> {
    /// The same value everywhere.
    pub fn all(value: T) -> ByZone<T> {
        ByZone { quarantine: value, locked: value, controlled: value, other: value }
    }

    /// The value for a kind of zone.
    pub fn of(&self, zone: Zone) -> T {
        match zone {
            Zone::Quarantine => self.quarantine,
            Zone::Locked => self.locked,
            Zone::Controlled => self.controlled,
            Zone::Other => self.other,
        }
    }
}

/// The kinds of zone, the strictest first.
pub const ZONES: [Zone; 4] = [Zone::Quarantine, Zone::Locked, Zone::Controlled, Zone::Other];

impl Request {
    /// Refuses what no plan can be made from.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.ends_at <= self.starts_at {
            return Err(Refusal::new("round-ends-before-start"));
        }
        if self.compounds.iter().all(|c| c.persons == 0) {
            return Err(Refusal::new("plan-without-persons"));
        }
        for zone in ZONES {
            if self.prevalence.of(zone).is_some_and(|p| !(0.0..=1.0).contains(&p)) {
                return Err(Refusal::new("share-out-of-range").with("field", "prevalence"));
            }
        }
        let s = &self.settings;
        let whole = [
            ("seconds-a-swab", s.seconds_a_swab, 10, 600),
            ("seconds-at-the-door", s.seconds_at_the_door, 10, 1_800),
            ("slot-minutes", s.slot_minutes, 1, 60),
            ("sampler-hours", s.sampler_hours, 1, 24),
            ("pickup-minutes", s.pickup_minutes, 10, 240),
            ("tubes-a-box", s.tubes_a_box, 1, 1_000),
            ("boxes-a-vehicle", s.boxes_a_vehicle, 1, 200),
            ("stop-minutes", s.stop_minutes, 1, 60),
            ("run-minutes", s.run_minutes, 30, 720),
            ("release-minutes", s.release_minutes, 0, 720),
        ]
        .map(|(name, value, min, max)| (name, f64::from(value), f64::from(min), f64::from(max)));
        let real = [
            ("reach-km", s.reach_km, 0.1, 50.0),
            ("kmh-in-town", s.kmh_in_town, 5.0, 120.0),
            ("kmh-outside", s.kmh_outside, 5.0, 120.0),
            ("detour", s.detour, 1.0, 3.0),
            ("unknown-km", s.unknown_km, 0.0, 300.0),
        ];
        for (name, value, min, max) in whole.into_iter().chain(real) {
            if !(min..=max).contains(&value) {
                return Err(Refusal::new("setting-out-of-range")
                    .with("setting", name)
                    .with("min", min)
                    .with("max", max));
            }
        }
        Ok(())
    }
}
