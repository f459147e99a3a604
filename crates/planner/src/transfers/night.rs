//! A worked example: 6,556 students in one night, on 300 coaches, to six places.
//!
//! On 10 March 2022 an agricultural college in Jilin City had 68 cases in four days. 6,556
//! students and 85 teachers were moved overnight on about 300 coaches of 55 seats; by 08:05 all
//! were out. 607 stayed in Jilin City, 6,034 went to Liaoyuan, Changbaishan, Baicheng, Baishan,
//! Tonghua and Songyuan (Southern Weekly; xilu.com/mrrd/20220311/1000010001201751.html). People of
//! different risk had been kept together, and waits outdoors were two to six hours.
//!
//! How many were in a room, in a building and in a risk class, how many each place could take and
//! when each building is called down are made up here.

use super::model::{Coaches, Ride, Transfers};
use crate::beds::{Flow, NEVER};
use crate::random::Rng;
use crate::routes::{Ground, Stop, Window};

/// The students who are moved.
pub const STUDENTS: i32 = 6_556;

/// The six places: their names, and kilometres east and north of Jilin City (43.84° N, 126.55° E)
/// by their public coordinates.
pub const PLACES: [(&str, f64, f64); 6] = [
    ("Liaoyuan", -113.0, -105.0),
    ("Changbaishan", 126.0, -158.0),
    ("Baicheng", -297.0, 198.0),
    ("Baishan", -10.0, -211.0),
    ("Tonghua", -49.0, -235.0),
    ("Songyuan", -138.0, 145.0),
];

/// How many each place can take.
const ROOM: [u32; 6] = [1_300, 800, 1_300, 1_000, 1_200, 1_100];

/// Dormitories of the college.
const BUILDINGS: u32 = 12;

/// The night: the problem, and where each ride's place is in [`PLACES`].
#[derive(Clone, Debug)]
pub struct Night {
    /// Times are seconds after 20:00, lengths metres. Place 0 is the depot, then the buildings,
    /// then the six places.
    pub problem: Transfers,
    /// Each room's place.
    pub place: Vec<usize>,
}

/// Rooms of four to eight who stay together, in three risk classes (contacts of a case,
/// neighbours of contacts, others), each assigned to a place by minimum-cost flow and called down
/// by building.
#[must_use]
pub fn night(seed: u64) -> Night {
    let mut rng = Rng::new(seed);
    let mut rooms: Vec<(i32, u32, u8)> = Vec::new();
    let mut left = STUDENTS;
    while left > 0 {
        let size = if left < 12 { left.min(8) } else { rng.between(4, 8) };
        left -= size;
        let building = rng.below(BUILDINGS as usize) as u32;
        // Cases were in few buildings; so are those at risk.
        let at_risk = building < 3;
        let class = match rng.below(20) {
            0..=9 if at_risk => 0,
            0..=16 if at_risk => 1,
            0 => 1,
            _ => 2,
        };
        rooms.push((size, building, class));
    }
    let km = 1_000.0;
    let mut at = vec![[0.0, -2.0 * km]];
    at.extend((0..BUILDINGS).map(|b| [f64::from(b % 4) * 150.0, f64::from(b / 4) * 120.0]));
    // Roads are longer than straight lines; a factor of 1.3 is assumed.
    at.extend(PLACES.iter().map(|&(_, east, north)| [east * 1.3 * km, north * 1.3 * km]));
    // 72 km/h: 0.05 seconds for a metre.
    let ground = Ground::Plane { at, rounding: crate::routes::Rounding::Up, pace: 0.05 };
    let first_place = 1 + BUILDINGS;
    let mut flow = Flow::new(&ROOM, &[None; 6], &[]);
    for &(size, building, _) in &rooms {
        let way = |place: u32| i64::from(ground.cost(1 + building, first_place + place));
        let mut costs: Vec<i64> = (0..6).map(way).collect();
        costs.push(NEVER - 1);
        flow.add(&costs, size as u32);
    }
    flow.gather();
    // A room that the flow splits goes whole where most of it goes; each place has a few beds more.
    let place: Vec<usize> = (0..rooms.len())
        .map(|room| {
            flow.placed(room).iter().max_by_key(|&&(_, n)| n).map_or(0, |&(pool, _)| pool as usize)
        })
        .collect();
    let rides = rooms
        .iter()
        .zip(&place)
        .map(|(&(people, building, class), &place)| {
            // Each building is called down in its own 40 minutes, the contacts' last.
            let turn = if building < 3 { building + 9 } else { building - 3 } as i32;
            let open = 7_200 + turn * 1_500;
            Ride {
                from: 1 + building,
                to: first_place + place as u32,
                people,
                pick: Window { open, close: open + 2_400 },
                drop: Window { open: 0, close: 72_000 },
                service: (60, 60),
                longest: Some(32_400),
                class,
                needs: 0,
                skip: Stop::MUST,
            }
        })
        .collect();
    let coaches = Coaches {
        start: 0,
        end: 0,
        count: 300,
        // Of 55 seats, 26: a free row between rooms.
        seats: 26,
        shift: Window { open: 3_600, close: 108_000 },
        longest: None,
        fixed: 0,
        gives: 0,
    };
    let problem = Transfers { ground, rides, coaches: vec![coaches], cleaning: 3_600 };
    Night { problem, place }
}
