//! Places of care for a demo and a drill: made up, and as large as the town needs them to be too small.

use care::{Admits, Command, Kind, Level, NewBed, PutBeds, PutFacility, PutWard, Staff};
use types::{AreaScope, HolderCode, Micros};

/// The facility of the account that works in one.
pub const SHELTER: &str = "ward:JL-F1";
const HOSPITAL: &str = "ward:JL-H1";

struct OneWard {
    code: &'static str,
    names: [&'static str; 2],
    level: Level,
    admits: Admits,
    beds: u32,
    room: u32,
    reserve: u32,
    per_nurse: u32,
}

/// The commands that put up a designated hospital and a shelter hospital for a town of so many people:
/// about one bed for every hundred of them. They take people of all `serves`.
pub fn commands(people: u64, serves: AreaScope, opens_at: Micros) -> Vec<Command> {
    let unit = u32::try_from(people / 2_000).unwrap_or(u32::MAX).clamp(2, 2_000);
    let hospital = [
        ward("W1", ["普通病区", "General ward"], Level::Ward, unit * 4, 0, 10),
        ward("A1", ["重症病区", "High dependency"], Level::Acute, unit, 0, 8),
        ward("ICU", ["重症监护室", "Intensive care"], Level::Intensive, unit, 1, 6),
    ];
    let shelter = [
        ward("H1", ["一号舱", "Hall 1"], Level::Shelter, unit * 10, 0, 20),
        OneWard {
            admits: Admits::Families,
            room: 4,
            ..ward("H2", ["家庭舱", "Family hall"], Level::Shelter, unit * 4, 0, 20)
        },
    ];
    let at = [(126.56, 43.85), (126.60, 43.82)];
    let mut all = put(HOSPITAL, Kind::Hospital, ["市定点医院", "City designated hospital"], at[0]);
    all.extend(put(SHELTER, Kind::Fangcang, ["市方舱医院", "City shelter hospital"], at[1]));
    for one in &mut all {
        if let Command::PutFacility(facility) = one {
            (facility.serves, facility.opens_at) = (serves, opens_at);
        }
    }
    all.extend(hospital.iter().flat_map(|ward| set_up(HOSPITAL, ward)));
    all.extend(shelter.iter().flat_map(|ward| set_up(SHELTER, ward)));
    all
}

fn ward(
    code: &'static str,
    names: [&'static str; 2],
    level: Level,
    beds: u32,
    reserve: u32,
    per_nurse: u32,
) -> OneWard {
    OneWard { code, names, level, admits: Admits::Anybody, beds, room: 0, reserve, per_nurse }
}

fn put(code: &str, kind: Kind, names: [&str; 2], (lon, lat): (f64, f64)) -> Vec<Command> {
    let Ok(code) = HolderCode::parse(code) else { return Vec::new() };
    vec![Command::PutFacility(PutFacility {
        code,
        kind,
        name_zh: names[0].to_owned(),
        name_en: names[1].to_owned(),
        serves: AreaScope::ALL,
        place: None,
        lon: Some(lon),
        lat: Some(lat),
        opens_at: Micros(0),
        closes_at: None,
        intake: None,
        turnaround_minutes: 120,
    })]
}

fn set_up(facility: &str, ward: &OneWard) -> Vec<Command> {
    let Ok(facility) = HolderCode::parse(facility) else { return Vec::new() };
    let code = ward.code.to_owned();
    let bed = |n: u32| NewBed {
        label: format!("{:03}", n + 1),
        room: n.checked_div(ward.room).map_or_else(String::new, |room| format!("R{:02}", room + 1)),
    };
    vec![
        Command::PutWard(PutWard {
            facility: facility.clone(),
            ward: code.clone(),
            name_zh: ward.names[0].to_owned(),
            name_en: ward.names[1].to_owned(),
            level: ward.level,
            admits: ward.admits,
            reserve: ward.reserve,
        }),
        Command::PutBeds(PutBeds {
            facility: facility.clone(),
            ward: code.clone(),
            beds: (0..ward.beds.min(2_000)).map(bed).collect(),
        }),
        Command::Staff(Staff {
            facility,
            ward: code,
            // What is said, and what there is staff for, are not the same.
            claimed: ward.beds + ward.beds / 4,
            nurses: (ward.beds * 4 / 5).div_ceil(ward.per_nurse),
            per_nurse: ward.per_nurse,
        }),
    ]
}
