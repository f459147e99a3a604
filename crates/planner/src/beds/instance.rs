//! A made-up city's bed crisis, for measuring and for tests.

use super::model::{
    CareLevel, Facility, FacilityIndex, Patient, PatientKey, Pool, Rule, Sex, Site, Urgency,
};
use crate::random::Rng;

/// People and places to plan.
#[derive(Clone, Debug)]
pub struct BedInstance {
    /// Facilities.
    pub facilities: Vec<Facility>,
    /// Pools.
    pub pools: Vec<Pool>,
    /// People.
    pub patients: Vec<Patient>,
}

/// A city of about 40 km with `facilities` facilities, of which every fifth is a hospital with
/// several wards, and `people` patients in families, for whom there are about `supply` times as
/// many places. The same seed gives the same instance.
#[must_use]
pub fn generate(seed: u64, people: u32, facilities: u32, supply: f64) -> BedInstance {
    let mut rng = Rng::new(seed);
    let centres: Vec<(f64, f64)> =
        (0..9).map(|_| (rng.normal() * 9_000.0, rng.normal() * 9_000.0)).collect();
    let site = |rng: &mut Rng, spread: f64| {
        let (east, north) = centres[rng.below(centres.len())];
        Site {
            east: (east + rng.normal() * spread) as i32,
            north: (north + rng.normal() * spread) as i32,
        }
    };
    let hospitals = (facilities / 5).max(1);
    let shelters = f64::from((facilities - hospitals).max(1));
    let mut out = BedInstance { facilities: Vec::new(), pools: Vec::new(), patients: Vec::new() };
    for index in 0..facilities {
        let hospital = index < hospitals;
        let intake = (!hospital && index % 7 == 0)
            .then(|| (f64::from(people) * supply * 0.7 / shelters) as u32);
        out.facilities.push(Facility { at: site(&mut rng, 6_000.0), intake });
        let facility = FacilityIndex(index);
        let mut pool = |level, rule, share: f64, reserve: f64| {
            let beds = (f64::from(people) * supply * share * (0.6 + 0.8 * rng.unit())) as u32;
            let staffed = if rng.chance(0.2) { beds * 9 / 10 } else { beds };
            let reserve = (f64::from(beds) * reserve) as u32;
            out.pools.push(Pool { facility, level, rule, beds, staffed, reserve });
        };
        if hospital {
            let each = 1.0 / f64::from(hospitals);
            pool(CareLevel::Ward, Rule::Anybody, 0.14 * each, 0.0);
            if index % 3 == 0 {
                pool(CareLevel::Intensive, Rule::Anybody, 0.03 * each, 0.2);
            } else {
                pool(CareLevel::Acute, Rule::Anybody, 0.03 * each, 0.0);
            }
        } else {
            let rule = match index % 10 {
                0 | 5 => Rule::Families,
                7 => Rule::Women,
                8 => Rule::Men,
                _ => Rule::Anybody,
            };
            pool(CareLevel::Shelter, rule, 0.82 / shelters, 0.0);
        }
    }
    let mut family = 0;
    while (out.patients.len() as u32) < people {
        let at = site(&mut rng, 4_000.0);
        let sizes = [1, 1, 1, 1, 2, 2, 3, 3, 4, 5];
        let left = people as usize - out.patients.len();
        let size = sizes[rng.below(sizes.len())].min(left);
        let hours = i64::from(rng.between(-24, 72));
        for member in 0..size {
            let child = member >= 2 && rng.chance(0.6);
            let (need, severity) = match rng.below(200) {
                0 | 1 if !child => (CareLevel::Intensive, 3),
                2..=6 if !child => (CareLevel::Acute, 2),
                7..=30 => (CareLevel::Ward, 1),
                _ => (CareLevel::Shelter, 0),
            };
            let sex = match member {
                0 => [Sex::Female, Sex::Male][rng.below(2)],
                1 => Sex::Male,
                _ => [Sex::Female, Sex::Male][rng.below(2)],
            };
            out.patients.push(Patient {
                key: PatientKey(out.patients.len() as u32),
                family,
                sex,
                child,
                need,
                urgency: Urgency::new(severity, hours),
                at,
                promised: None,
            });
        }
        family += 1;
    }
    out
}
