//! Identifiers that follow from what they name, so that doing a thing twice does it once.

use sha2::{Digest, Sha256};
use types::{AreaCode, CommandId, HouseholdId, PersonId, PlaceCode};
use uuid::Uuid;

use crate::identity::narrow;
use crate::place::compound_of;

/// The id of a household: it follows from its address. Households of one compound share the
/// first half, so that they lie side by side in the index.
///
/// `door` is in the form of [`door`].
pub fn household(place: &PlaceCode, door: &str) -> HouseholdId {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&hash(&[compound_of(place).as_str().as_bytes()])[..6]);
    let own = hash(&[place.as_str().as_bytes(), door.as_bytes()]);
    id[6..].copy_from_slice(&own[..10]);
    HouseholdId(uuid::Builder::from_custom_bytes(id).into_uuid())
}

/// The first and the last id that households of a compound can have.
pub fn households_of(compound: &PlaceCode) -> (HouseholdId, HouseholdId) {
    let (mut first, mut last) = ([0; 16], [0xff; 16]);
    let shared = &hash(&[compound.as_str().as_bytes()])[..6];
    first[..6].copy_from_slice(shared);
    last[..6].copy_from_slice(shared);
    (HouseholdId::from_bytes(first), HouseholdId::from_bytes(last))
}

/// A door in its one form, so that `301室`, `３０１` and `301` are one household.
pub fn door(typed: &str) -> String {
    let text: String = typed
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let bare = text.trim_end_matches(['室', '号', '门']);
    if bare.is_empty() { text } else { bare.to_owned() }
}

/// The id of the person in a data row of an import (a UUIDv7 itself): the import's id with its
/// last four bytes replaced by the row. Rows that follow each other have ids that do.
pub fn person(import: Uuid, row: u32) -> PersonId {
    let mut id = *import.as_bytes();
    id[12..].copy_from_slice(&row.to_be_bytes());
    PersonId::from_bytes(id)
}

/// The data row of a person that [`person`] named for this import.
pub fn row_of(import: Uuid, person: PersonId) -> Option<u32> {
    let (ours, theirs) = (import.as_bytes(), person.bytes());
    let row = theirs.last_chunk::<4>()?;
    (ours[..12] == theirs[..12]).then(|| u32::from_be_bytes(*row))
}

/// The id of the command that carries a chunk's rows of one area. It follows from what the
/// command says, too: between two runs of an import a missing place may have been registered, and
/// rows that were rejected first must not be taken for those that were sent.
pub fn chunk_command(import: Uuid, chunk: u64, area: AreaCode, says: &[u8]) -> CommandId {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&import.as_bytes()[..6]);
    let own = hash(&[import.as_bytes(), &chunk.to_be_bytes(), &area.get().to_be_bytes(), says]);
    id[6..].copy_from_slice(&own[..10]);
    id[6] = 0x70 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    CommandId::from_bytes(id)
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> PlaceCode {
        PlaceCode::parse(text).expect("a place code")
    }

    #[test]
    fn a_person_of_an_import_knows_its_row() {
        let import = Uuid::now_v7();
        let someone = person(import, 70_000);
        assert_eq!(row_of(import, someone), Some(70_000));
        assert_eq!(row_of(Uuid::now_v7(), someone), None);
        assert!(person(import, 70_001) > someone);
    }

    #[test]
    fn a_household_is_its_address() {
        let entrance = place("220202001001-03-05-2");
        let home = household(&entrance, &door("301"));
        assert_eq!(home, household(&entrance, &door(" ３０１ 室")));
        assert_ne!(home, household(&entrance, "302"));
        assert_ne!(home, household(&place("220202001001-03-05-1"), "301"));
        assert_eq!((door("a1门"), door("门"), door("")), ("A1".into(), "门".into(), String::new()));
        let neighbour = household(&place("220202001001-03-01-1"), "101");
        assert_eq!(home.bytes()[..6], neighbour.bytes()[..6]);
        let (first, last) = households_of(&place("220202001001-03"));
        assert!([home, neighbour].iter().all(|id| (first..=last).contains(id)));
        let (first, last) = households_of(&place("220202001001-04"));
        assert!(!(first..=last).contains(&home));
    }

    #[test]
    fn a_chunk_has_one_command_for_each_area() {
        let import = Uuid::now_v7();
        let area = AreaCode::new(220_202).expect("six digits");
        let id = chunk_command(import, 3, area, b"rows");
        assert_eq!(id, chunk_command(import, 3, area, b"rows"));
        assert_ne!(id, chunk_command(import, 4, area, b"rows"));
        assert_ne!(id, chunk_command(import, 3, AreaCode::NONE, b"rows"));
        assert_ne!(id, chunk_command(import, 3, area, b"other rows"));
        assert_eq!(id.0.get_version_num(), 7);
        assert!(id.made_at().is_some());
    }
}
