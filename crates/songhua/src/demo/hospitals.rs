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

/// The commands that put up what a scenario says was there, with its share of the beds for a town of
/// `people` where `of` lived: each facility with its own opening and closing dates, so that one that has
/// not opened yet takes nobody in. Sites for contacts are no places of care.
///
/// Beds by level, nurses and the turnaround were not reported and are settings; one nurse looks after 6
/// in intensive care, which was (4 to 6).
pub fn reported(
    facilities: &[city::Facility],
    (people, of): (u64, u64),
    serves: AreaScope,
) -> Vec<(types::AreaCode, Command)> {
    let mut all = Vec::new();
    for facility in facilities.iter().filter(|f| f.for_cases) {
        let Ok(area) = u32::try_from(facility.county).map(types::AreaCode::new) else { continue };
        let (Ok(area), Ok(code)) = (area, HolderCode::parse(&format!("ward:{}", facility.code)))
        else {
            continue;
        };
        // A facility that takes nobody of the town is none of its own.
        if !serves.contains(area) {
            continue;
        }
        let put = PutFacility {
            code: code.clone(),
            kind: match facility.kind {
                city::FacilityKind::Hospital => Kind::Hospital,
                city::FacilityKind::Fangcang => Kind::Fangcang,
                city::FacilityKind::Quarantine => Kind::Hotel,
                city::FacilityKind::Buffer => Kind::Buffer,
            },
            name_zh: facility.name.clone(),
            name_en: facility.name_en.clone(),
            serves,
            place: None,
            lon: Some(facility.at[0]),
            lat: Some(facility.at[1]),
            opens_at: facility.opens,
            closes_at: facility.closes,
            intake: None,
            turnaround_minutes: 120,
        };
        all.push((area, Command::PutFacility(put)));
        let [ordinary, acute, intensive] = facility.beds_for(people, of);
        let wards = match facility.kind {
            city::FacilityKind::Hospital | city::FacilityKind::Buffer => vec![
                ward("W1", ["普通病区", "General ward"], Level::Ward, ordinary, 0, 10),
                ward("A1", ["重症病区", "High dependency"], Level::Acute, acute, 0, 8),
                ward("ICU", ["重症监护室", "Intensive care"], Level::Intensive, intensive, 0, 6),
            ],
            city::FacilityKind::Fangcang | city::FacilityKind::Quarantine => {
                vec![ward("H1", ["方舱", "Halls"], Level::Shelter, ordinary, 0, 20)]
            }
        };
        for one in wards.iter().filter(|ward| ward.beds > 0) {
            all.extend(halls(code.as_str(), one).into_iter().map(|command| (area, command)));
        }
    }
    all
}

/// A ward, in as many commands as its beds need.
fn halls(facility: &str, whole: &OneWard) -> Vec<Command> {
    let mut all = set_up(facility, whole);
    for command in &mut all {
        if let Command::Staff(staff) = command {
            // Reported capacity was staffed, as far as anybody said.
            (staff.claimed, staff.nurses) = (whole.beds, whole.beds.div_ceil(whole.per_nurse));
        }
    }
    let code = HolderCode::parse(facility).ok();
    let mut first = 2_000;
    while let Some(code) = code.clone().filter(|_| first < whole.beds) {
        let beds = (first..whole.beds.min(first + 2_000))
            .map(|n| NewBed { label: format!("{:03}", n + 1), room: String::new() })
            .collect();
        let more = PutBeds { facility: code, ward: whole.code.to_owned(), beds };
        // Beds before staff, as the first are.
        all.insert(all.len() - 1, Command::PutBeds(more));
        first += 2_000;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reported_facilities_are_put_up_with_their_dates_and_all_their_beds() {
        let scenario = city::Scenario::bundled("jilin-2022").expect("the scenario");
        let scope = AreaScope::parse("2202").expect("a scope");
        let all = reported(&scenario.facilities, (3_623_713, 3_623_713), scope);
        let beds = |code: &str| -> usize {
            let of = |c: &Command| match c {
                Command::PutBeds(put) if put.facility.as_str() == code => put.beds.len(),
                _ => 0,
            };
            all.iter().map(|(_, command)| of(command)).sum()
        };
        assert_eq!((beds("ward:JL-F5"), beds("ward:JL-F1"), beds("ward:JL-H1")), (5_000, 400, 800));
        assert_eq!(beds("ward:CC-F1"), 0, "of another city");
        assert_eq!(beds("ward:JL-Q1"), 0, "for contacts");
        let six = all.iter().find_map(|(_, command)| match command {
            Command::PutFacility(put) if put.code.as_str() == "ward:JL-F6" => Some(put.clone()),
            _ => None,
        });
        let six = six.expect("No. 6");
        assert_eq!(six.opens_at, Micros::parse("2022-03-18T11:00:00+08:00").expect("a time"));
        assert_eq!(six.closes_at, Micros::parse("2022-04-24T00:00:00+08:00").ok());
        let small = reported(&scenario.facilities, (20_000, 3_623_713), scope);
        let wards = small.iter().filter(|(_, c)| matches!(c, Command::PutWard(_))).count();
        assert_eq!(wards, 2 * 3 + 6, "no ward of the small town is without a bed");
    }
}
