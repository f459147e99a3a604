//! Columns that hold several values: how they are written and read.

use types::{AreaCode, PersonId, PlaceCode, RoundId};

use super::{Amount, BoxLoad};
use crate::event::Member;

const NO_HOME: u8 = 127;
const REPEAT: u8 = 0x80;

/// Packs members as the table keeps them: 17 bytes each.
pub(crate) fn pack_members(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(members.len() * 17);
    for member in members {
        bytes.extend(member.person.bytes());
        let home = member.home.map_or(NO_HOME, |at| at.min(NO_HOME - 1));
        bytes.push(home | if member.repeat { REPEAT } else { 0 });
    }
    bytes
}

/// Reads what [`pack_members`] wrote.
pub(super) fn unpack_members(bytes: &[u8]) -> Vec<Member> {
    bytes
        .chunks_exact(17)
        .map(|chunk| {
            let mut id = [0; 16];
            id.copy_from_slice(&chunk[..16]);
            let home = chunk[16] & !REPEAT;
            Member {
                person: PersonId::from_bytes(id),
                home: (home != NO_HOME).then_some(home),
                repeat: chunk[16] & REPEAT != 0,
            }
        })
        .collect()
}

/// Places on one line.
pub(crate) fn join_places(places: &[PlaceCode]) -> String {
    places.iter().map(PlaceCode::as_str).collect::<Vec<_>>().join(" ")
}

/// Reads what [`join_places`] wrote.
pub(super) fn split_places(text: &str) -> Vec<PlaceCode> {
    text.split_whitespace().filter_map(|t| PlaceCode::parse(t).ok()).collect()
}

/// A box's load as the table keeps it: `area round community tubes persons`, one a line.
pub(crate) fn load_text(load: &BoxLoad) -> String {
    let lines: Vec<String> = load
        .iter()
        .filter(|(_, n)| n.tubes != 0 || n.persons != 0)
        .map(|((area, round, community), n)| {
            format!("{area} {round} {community} {} {}", n.tubes, n.persons)
        })
        .collect();
    lines.join("\n")
}

/// Reads what [`load_text`] wrote; `None` when it is not that form.
pub(super) fn load_parse(text: &str) -> Option<BoxLoad> {
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let area: u32 = words.next()?.parse().ok()?;
            let round = RoundId::parse(words.next()?).ok()?;
            let community = words.next()?.to_owned();
            let tubes = words.next()?.parse().ok()?;
            let persons = words.next()?.parse().ok()?;
            Some(((AreaCode::new(area).ok()?, round, community), Amount { tubes, persons }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_round_trip() {
        let person = PersonId::from_bytes([7; 16]);
        let members = vec![
            Member { person, home: Some(3), repeat: false },
            Member { person, home: None, repeat: true },
        ];
        assert_eq!(unpack_members(&pack_members(&members)), members);
    }

    #[test]
    fn a_load_round_trips() {
        let area = AreaCode::new(220_202).expect("six digits");
        let round = RoundId::from_bytes([1; 16]);
        let load = BoxLoad::from([(
            (area, round, "220202001001".to_owned()),
            Amount { tubes: 38, persons: 371 },
        )]);
        assert_eq!(load_parse(&load_text(&load)), Some(load));
    }
}
