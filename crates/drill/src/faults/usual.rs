//! An ordinary day: the rates that a profile has where it says nothing.

use super::{
    Cases, Couriers, Devices, Faults, Hides, Laboratories, People, Rides, Server, Supplies, Sweeps,
    Tracing, Tubes,
};

impl Default for Faults {
    /// An ordinary day.
    fn default() -> Faults {
        Faults {
            tubes: Tubes::default(),
            devices: Devices::default(),
            people: People::default(),
            couriers: Couriers::default(),
            laboratories: Laboratories::default(),
            cases: Cases::default(),
            rides: Rides::default(),
            tracing: Tracing::default(),
            sweeps: Sweeps::default(),
            supply: Supplies::default(),
            city: Hides::default(),
            server: Server { kills_a_day: 0 },
        }
    }
}

impl Default for Tubes {
    fn default() -> Tubes {
        Tubes {
            lost: 0.001,
            found_again: 0.3,
            leaked: 0.001,
            double_scan: 0.01,
            wrong_person: 0.004,
            reused_code: 0.0005,
            unscanned: 0.003,
        }
    }
}

impl Default for Devices {
    fn default() -> Devices {
        Devices {
            offline: 0.08,
            offline_hours: [1.0, 6.0],
            skewed: 0.15,
            skew_minutes: 20.0,
            shuffled: 0.05,
            sent_twice: 0.03,
        }
    }
}

impl Default for People {
    fn default() -> People {
        People { household_absent: 0.015, no_show: 0.01, refuses: 0.04, nobody_home: 0.2 }
    }
}

impl Default for Couriers {
    fn default() -> Couriers {
        Couriers { late: 0.05, late_hours: [1.0, 4.0], forgotten: 0.01, unrecorded: 0.01 }
    }
}

impl Default for Laboratories {
    fn default() -> Laboratories {
        Laboratories {
            late: 0.05,
            late_hours: [2.0, 8.0],
            invalid: 0.002,
            preliminary: 0.2,
            contaminated: 0.0,
        }
    }
}

impl Default for Cases {
    fn default() -> Cases {
        Cases {
            late_report: 0.05,
            late_hours: [1.0, 8.0],
            overlooked: 0.03,
            symptoms_missed: 0.06,
            lungs_missed: 0.05,
            passed_by: 0.03,
        }
    }
}

impl Default for Rides {
    fn default() -> Rides {
        Rides { late: 0.1, late_minutes: [10, 60], refuses: 0.02, unsigned: 0.05 }
    }
}

impl Default for Tracing {
    fn default() -> Tracing {
        Tracing {
            late_interview: 0.1,
            late_hours: [2.0, 10.0],
            forgotten: 0.1,
            strangers: 0.7,
            places_left_out: 0.05,
            refuses: 0.02,
            looks_missed: 0.03,
        }
    }
}

impl Default for Sweeps {
    fn default() -> Sweeps {
        Sweeps { overlooked: 0.2 }
    }
}

impl Default for Supplies {
    fn default() -> Supplies {
        Supplies {
            short_shipment: 0.03,
            unanswered: 0.1,
            needs_missed: 0.1,
            medicine_late: 0.1,
            late_driver: 0.1,
            late_minutes: [20, 180],
            came_back: 0.05,
            wrong_item: 0.02,
            lost_parcel: 0.005,
        }
    }
}
