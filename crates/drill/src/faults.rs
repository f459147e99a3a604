//! What goes wrong: rates of human and technical faults, from a TOML file.
//!
//! All of them are this project's choices for rehearsing, to be turned up or down; none claims to
//! be measured. A rate is a share from 0 to 1 of what it stands beside.

mod usual;

use serde::{Deserialize, Serialize};

use crate::{DrillError, Result};

/// A profile of faults. What a file leaves out keeps its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Tubes and their codes.
    pub tubes: Tubes,
    /// Devices.
    pub devices: Devices,
    /// People to be swabbed.
    pub people: People,
    /// Couriers.
    pub couriers: Couriers,
    /// Laboratories.
    pub laboratories: Laboratories,
    /// Work on cases.
    pub cases: Cases,
    /// Rides to a bed.
    pub rides: Rides,
    /// Tracing.
    pub tracing: Tracing,
    /// Sweeps.
    pub sweeps: Sweeps,
    /// Supply to the door.
    pub supply: Supplies,
    /// What the city hides.
    pub city: Hides,
    /// The server.
    pub server: Server,
}

/// See [`Faults::tubes`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tubes {
    /// Lost between site and laboratory.
    pub lost: f64,
    /// Of the lost, found again within days.
    pub found_again: f64,
    /// Leaked on the way.
    pub leaked: f64,
    /// Scanned and sent twice.
    pub double_scan: f64,
    /// One person entered under a neighbour's name.
    pub wrong_person: f64,
    /// Filled under the code of an earlier tube of the site.
    pub reused_code: f64,
    /// Put into the box, but not scanned into it.
    pub unscanned: f64,
}

/// See [`Faults::devices`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Devices {
    /// Devices that lose the network in a shift.
    pub offline: f64,
    /// Shortest and longest time without it, hours.
    pub offline_hours: [f64; 2],
    /// Devices whose clock is off.
    pub skewed: f64,
    /// By how much at most, minutes to either side.
    pub skew_minutes: f64,
    /// Batches whose commands arrive in another order.
    pub shuffled: f64,
    /// Batches that are sent again although they were acknowledged.
    pub sent_twice: f64,
}

/// See [`Faults::people`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Households that do not come in their slot.
    pub household_absent: f64,
    /// Persons of other households who do not come.
    pub no_show: f64,
    /// Of those at home when a grid worker knocks: who refuses.
    pub refuses: f64,
    /// Doors that nobody opens.
    pub nobody_home: f64,
}

/// See [`Faults::couriers`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Couriers {
    /// Tours that are late.
    pub late: f64,
    /// Shortest and longest delay, hours.
    pub late_hours: [f64; 2],
    /// Boxes that stay in the vehicle when the others are handed over.
    pub forgotten: f64,
    /// Hand-overs that nobody records.
    pub unrecorded: f64,
}

/// See [`Faults::laboratories`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Laboratories {
    /// Plates that must be run again or wait.
    pub late: f64,
    /// Shortest and longest delay of those, hours.
    pub late_hours: [f64; 2],
    /// Tubes without a valid control.
    pub invalid: f64,
    /// Positive tubes that are first reported as preliminary.
    pub preliminary: f64,
    /// Negative wells contaminated by a positive neighbour of the plate.
    pub contaminated: f64,
}

/// See [`Faults::cases`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cases {
    /// Reports on the national network that are left lying.
    pub late_report: f64,
    /// For how long, hours.
    pub late_hours: [f64; 2],
    /// Persons whom no doctor sees before the next ward round.
    pub overlooked: f64,
    /// Persons with no more than mild symptoms whom nobody asks well enough to hear of them.
    pub symptoms_missed: f64,
    /// Pictures of the lungs that are not taken, or show nothing to whoever looks at them.
    pub lungs_missed: f64,
    /// Patients whom a ward round passes by.
    pub passed_by: f64,
}

/// See [`Faults::rides`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rides {
    /// Trips that are behind their plan.
    pub late: f64,
    /// By how much, minutes.
    pub late_minutes: [i64; 2],
    /// Of those at the door: who does not want to get on, this time.
    pub refuses: f64,
    /// Pick-ups for which nobody signs but the crew.
    pub unsigned: f64,
}

/// See [`Faults::tracing`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tracing {
    /// Interviews that are late.
    pub late_interview: f64,
    /// By how much, hours.
    pub late_hours: [f64; 2],
    /// Of those whom a case met and knows, outside of the home: whom it forgets.
    pub forgotten: f64,
    /// Of strangers whom it met: whom nobody can name.
    pub strangers: f64,
    /// Schools and workplaces that a case does not tell of, with everybody there.
    pub places_left_out: f64,
    /// Contacts who refuse to go, at first.
    pub refuses: f64,
    /// Looks at contacts that are not taken.
    pub looks_missed: f64,
}

/// See [`Faults::sweeps`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweeps {
    /// Doors on no list that whoever walks by does not see, this time.
    pub overlooked: f64,
}

/// See [`Faults::supply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Supplies {
    /// Shipments to a shop that lack something.
    pub short_shipment: f64,
    /// Calls of households that nobody takes, this time.
    pub unanswered: f64,
    /// Households whose needs nobody asks for.
    pub needs_missed: f64,
    /// Medicines that are not brought on the day on which they are due.
    pub medicine_late: f64,
    /// Batches that leave, and are at their stops, later than planned.
    pub late_driver: f64,
    /// By how much, minutes.
    pub late_minutes: [i64; 2],
    /// Orders whose door nobody opens, the first time.
    pub came_back: f64,
    /// Orders of which a part is for somebody else.
    pub wrong_item: f64,
    /// Parcels that are left at a wrong door, and are told to be delivered.
    pub lost_parcel: f64,
}

/// See [`Faults::city`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hides {
    /// So many people live in a house of which no list knows, from the first day on, and two of them are
    /// infected. Nobody does with 0; then [`crate::control::Happening::HiddenDormitory`] can let them move in.
    pub hidden_dormitory: u32,
    /// The day, from 0, on whose morning supply breaks down, and for how many days; never with 0 of them. Then
    /// [`crate::control::Happening::SupplyBreaksDown`] can let it happen.
    pub supply_breaks_down: [u32; 2],
}

/// Longest that supply is broken down, in days.
const MOST_BROKEN: u32 = 30;

/// Most people of the house.
const MOST_HIDDEN: u32 = 200;

/// See [`Faults::server`].
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// How often a day the server is killed without warning (unattended drills only).
    pub kills_a_day: u32,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Faults {
        let text = "
            [tubes]
            lost = 0.0
            leaked = 0.0
            double_scan = 0.0
            wrong_person = 0.0
            reused_code = 0.0
            unscanned = 0.0
            [devices]
            offline = 0.0
            skewed = 0.0
            shuffled = 0.0
            sent_twice = 0.0
            [people]
            household_absent = 0.0
            no_show = 0.0
            refuses = 0.0
            nobody_home = 0.0
            [couriers]
            late = 0.0
            forgotten = 0.0
            unrecorded = 0.0
            [laboratories]
            late = 0.0
            invalid = 0.0
            preliminary = 0.0
            [cases]
            late_report = 0.0
            overlooked = 0.0
            symptoms_missed = 0.0
            lungs_missed = 0.0
            passed_by = 0.0
            [rides]
            late = 0.0
            refuses = 0.0
            unsigned = 0.0
            [tracing]
            late_interview = 0.0
            forgotten = 0.0
            strangers = 0.0
            places_left_out = 0.0
            refuses = 0.0
            looks_missed = 0.0
            [sweeps]
            overlooked = 0.0
            [supply]
            short_shipment = 0.0
            unanswered = 0.0
            needs_missed = 0.0
            medicine_late = 0.0
            late_driver = 0.0
            came_back = 0.0
            wrong_item = 0.0
            lost_parcel = 0.0
        ";
        Faults::parse(text).unwrap_or_default()
    }

    /// Everything goes wrong often: for finding out what the system does then.
    pub fn hard() -> Faults {
        Faults {
            tubes: Tubes {
                lost: 0.02,
                found_again: 0.4,
                leaked: 0.015,
                double_scan: 0.08,
                wrong_person: 0.03,
                reused_code: 0.01,
                unscanned: 0.03,
            },
            devices: Devices {
                offline: 0.4,
                offline_hours: [1.0, 7.0],
                skewed: 0.5,
                skew_minutes: 240.0,
                shuffled: 0.4,
                sent_twice: 0.2,
            },
            people: People {
                household_absent: 0.05,
                no_show: 0.04,
                refuses: 0.1,
                nobody_home: 0.3,
            },
            couriers: Couriers {
                late: 0.25,
                late_hours: [1.0, 6.0],
                forgotten: 0.08,
                unrecorded: 0.08,
            },
            laboratories: Laboratories {
                late: 0.2,
                late_hours: [2.0, 10.0],
                invalid: 0.02,
                preliminary: 0.5,
                contaminated: 0.002,
            },
            cases: Cases {
                late_report: 0.2,
                late_hours: [2.0, 12.0],
                overlooked: 0.15,
                symptoms_missed: 0.2,
                lungs_missed: 0.15,
                passed_by: 0.1,
            },
            rides: Rides { late: 0.4, late_minutes: [10, 180], refuses: 0.15, unsigned: 0.3 },
            tracing: Tracing {
                late_interview: 0.3,
                late_hours: [2.0, 24.0],
                forgotten: 0.25,
                strangers: 0.85,
                places_left_out: 0.2,
                refuses: 0.1,
                looks_missed: 0.15,
            },
            sweeps: Sweeps { overlooked: 0.4 },
            supply: Supplies {
                short_shipment: 0.15,
                unanswered: 0.3,
                needs_missed: 0.3,
                medicine_late: 0.3,
                late_driver: 0.3,
                late_minutes: [20, 360],
                came_back: 0.2,
                wrong_item: 0.1,
                lost_parcel: 0.04,
            },
            city: Hides { hidden_dormitory: 16, ..Hides::default() },
            server: Server { kills_a_day: 2 },
        }
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// [`DrillError::Config`] when the text is no profile, or a rate is no share.
    pub fn parse(text: &str) -> Result<Faults> {
        let faults: Faults = toml::from_str(text).map_err(|e| DrillError::Config(e.to_string()))?;
        faults.check()?;
        Ok(faults)
    }

    fn check(&self) -> Result<()> {
        let (t, d, p) = (&self.tubes, &self.devices, &self.people);
        let (c, l, k) = (&self.couriers, &self.laboratories, &self.cases);
        let (r, q, s) = (&self.rides, &self.tracing, &self.supply);
        let shares = [
            ("tracing.late_interview", q.late_interview),
            ("tracing.forgotten", q.forgotten),
            ("tracing.strangers", q.strangers),
            ("tracing.places_left_out", q.places_left_out),
            ("tracing.refuses", q.refuses),
            ("tracing.looks_missed", q.looks_missed),
            ("sweeps.overlooked", self.sweeps.overlooked),
            ("supply.short_shipment", s.short_shipment),
            ("supply.unanswered", s.unanswered),
            ("supply.needs_missed", s.needs_missed),
            ("supply.medicine_late", s.medicine_late),
            ("supply.late_driver", s.late_driver),
            ("supply.came_back", s.came_back),
            ("supply.wrong_item", s.wrong_item),
            ("supply.lost_parcel", s.lost_parcel),
            ("tubes.lost", t.lost),
            ("tubes.found_again", t.found_again),
            ("tubes.leaked", t.leaked),
            ("tubes.double_scan", t.double_scan),
            ("tubes.wrong_person", t.wrong_person),
            ("tubes.reused_code", t.reused_code),
            ("tubes.unscanned", t.unscanned),
            ("devices.offline", d.offline),
            ("devices.skewed", d.skewed),
            ("devices.shuffled", d.shuffled),
            ("devices.sent_twice", d.sent_twice),
            ("people.household_absent", p.household_absent),
            ("people.no_show", p.no_show),
            ("people.refuses", p.refuses),
            ("people.nobody_home", p.nobody_home),
            ("couriers.late", c.late),
            ("couriers.forgotten", c.forgotten),
            ("couriers.unrecorded", c.unrecorded),
            ("laboratories.late", l.late),
            ("laboratories.invalid", l.invalid),
            ("laboratories.preliminary", l.preliminary),
            ("laboratories.contaminated", l.contaminated),
            ("cases.late_report", k.late_report),
            ("cases.overlooked", k.overlooked),
            ("cases.symptoms_missed", k.symptoms_missed),
            ("cases.lungs_missed", k.lungs_missed),
            ("cases.passed_by", k.passed_by),
            ("rides.late", r.late),
            ("rides.refuses", r.refuses),
            ("rides.unsigned", r.unsigned),
        ];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(DrillError::Config(format!(
                    "{name} is {share}, not a share of 0 to 1"
                )));
            }
        }
        for (name, [low, high]) in [
            ("devices.offline_hours", d.offline_hours),
            ("couriers.late_hours", c.late_hours),
            ("laboratories.late_hours", l.late_hours),
            ("cases.late_hours", k.late_hours),
            ("tracing.late_hours", q.late_hours),
        ] {
            if !(0.0..=72.0).contains(&low) || !(low..=72.0).contains(&high) {
                return Err(DrillError::Config(format!("{name} must be two times, 0 to 72 hours")));
            }
        }
        for (name, [low, high]) in
            [("rides.late_minutes", r.late_minutes), ("supply.late_minutes", s.late_minutes)]
        {
            if !(0..=1_440).contains(&low) || !(low..=1_440).contains(&high) {
                let text = format!("{name} must be two times, 0 to 1,440 minutes");
                return Err(DrillError::Config(text));
            }
        }
        if self.city.hidden_dormitory > MOST_HIDDEN {
            let text = format!("city.hidden_dormitory must be 0 to {MOST_HIDDEN} people");
            return Err(DrillError::Config(text));
        }
        if self.city.supply_breaks_down[1] > MOST_BROKEN {
            let text = format!("city.supply_breaks_down is for 0 to {MOST_BROKEN} days");
            return Err(DrillError::Config(text));
        }
        if !(0.0..=1_440.0).contains(&d.skew_minutes) {
            return Err(DrillError::Config("devices.skew_minutes must be 0 to 1,440".into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_names_what_differs_and_nothing_unknown() {
        let faults = Faults::parse("[tubes]\nlost = 0.5\n").expect("a profile");
        assert!((faults.tubes.lost - 0.5).abs() < 1e-9);
        assert_eq!(faults.devices, Devices::default());
        assert!(Faults::parse("[tubes]\nstolen = 0.5\n").is_err());
        assert!(Faults::parse("[tubes]\nlost = 1.5\n").is_err());
        assert!(Faults::parse("[couriers]\nlate_hours = [5.0, 2.0]\n").is_err());
        assert!(Faults::parse("[tracing]\nforgotten = 2.0\n").is_err());
        assert!(Faults::parse("[city]\nhidden_dormitory = 5000\n").is_err());
        assert!(Faults::parse("[city]\nsupply_breaks_down = [2, 31]\n").is_err());
        assert_eq!(Faults::none().city, Hides::default());
        assert_ne!(Faults::none(), Faults::default());
        assert!(Faults::hard().check().is_ok());
    }
}
