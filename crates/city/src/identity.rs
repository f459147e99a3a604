//! Identifiers of made-up people: ids that sort by place, ID numbers and phone numbers that
//! nobody real can have.
//!
//! **Resident ID numbers** have the form of GB 11643: six digits of area, eight of birth date,
//! three of sequence (odd for men), one check character (ISO 7064, MOD 11-2). The area begins
//! with 97, 98 or 99. The first two digits of a real number name a province (11 to 65, 71, 81
//! to 83, 91); none is above 91, so no real person has such a number, while every check of
//! length, date, sex and check character passes. Area and sequence together number the people
//! of a city, so numbers are unique by construction.
//!
//! **Phone numbers** begin with 154, which no Chinese carrier has been given (recalled: 154 is
//! the one prefix of 150 to 159 not in use), so that a number shown on a screen reaches nobody.

use std::fmt;
use types::{HouseholdId, PersonId};
use uuid::Uuid;

use crate::Sex;

/// How many people the ID numbers can tell apart.
pub(crate) const MOST_PEOPLE: u64 = 15_000_000;
/// How many ID numbers one pair of leading digits holds for one sex and birth date.
const A_PREFIX: u64 = 5_000_000;
/// Prime to [`MOST_PEOPLE`], so that multiplying by it permutes the numbers below.
const ID_STEP: u64 = 9_270_517;
/// Prime to 10⁸.
const PHONE_STEP: u64 = 61_803_399;
const PHONES: u64 = 100_000_000;

const fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
const _: () = assert!(common_divisor(ID_STEP, MOST_PEOPLE) == 1);
const _: () = assert!(common_divisor(PHONE_STEP, PHONES) == 1);

/// An 18-character resident ID number of a made-up person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber([u8; 18]);

/// An 11-digit mobile number that is not in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone([u8; 11]);

/// The weights of GB 11643 for the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The check character of a resident ID number (GB 11643: weighted sum modulo 11, looked up
/// in `10X98765432`); `None` unless the body is 17 digits.
pub fn id_check_character(body: &[u8]) -> Option<u8> {
    if body.len() != 17 || !body.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
    Some(b"10X98765432"[(sum % 11) as usize])
}

impl IdNumber {
    pub(crate) fn new(ordinal: u64, seed: u64, sex: Sex, born: jiff::civil::Date) -> IdNumber {
        let n = (ordinal * ID_STEP + seed % MOST_PEOPLE) % MOST_PEOPLE;
        let prefix = 99 - n / A_PREFIX;
        let n = n % A_PREFIX;
        let mut text = [b'0'; 18];
        digits(&mut text[0..2], prefix);
        digits(&mut text[2..6], n / 500);
        digits(&mut text[6..10], born.year().unsigned_abs().into());
        digits(&mut text[10..12], born.month().unsigned_abs().into());
        digits(&mut text[12..14], born.day().unsigned_abs().into());
        digits(&mut text[14..17], n % 500 * 2 + u64::from(sex == Sex::Male));
        text[17] = id_check_character(&text[..17]).unwrap_or(b'0');
        IdNumber(text)
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Phone {
    pub(crate) fn new(ordinal: u64, seed: u64) -> Phone {
        let mut text = *b"15400000000";
        digits(&mut text[3..], (ordinal * PHONE_STEP + seed % PHONES) % PHONES);
        Phone(text)
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Writes the last digits of a number, with leading zeros, over the whole slice.
pub(crate) fn digits(slot: &mut [u8], mut number: u64) {
    for digit in slot.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

macro_rules! shown {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
shown!(IdNumber);
shown!(Phone);

/// The most compounds, households of a compound and members that an id can hold.
pub(crate) const MOST_COMPOUNDS: u64 = 99;
pub(crate) const MOST_HOUSEHOLDS: u64 = 4095;

/// The 16 bytes of a household (member 0) or person (member 1 and up).
///
/// UUID version 8 (RFC 9562: the layout is the application's own), laid out so that ids sort
/// by community, compound, household and member, and neighbours lie side by side in an index:
///
/// ```text
///  48 bits  community code (38) and compound (10)
///   4 bits  version 8
///  12 bits  household in the compound
///   2 bits  variant
///   6 bits  member
///  56 bits  hash of the seed and the above, so that two cities never share an id
/// ```
fn place_id(seed: u64, community: u64, compound: u64, household: u64, member: u64) -> Uuid {
    let place = (community << 10) | (compound & 0x3FF);
    let high = (place << 16) | 0x8000 | (household & 0xFFF);
    let mut hash = crate::random::Rng::keyed(
        seed,
        crate::random::Stream::Identity,
        place,
        (household << 6) | member,
    );
    let low = (0b10 << 62) | ((member & 0x3F) << 56) | (hash.next() >> 8);
    Uuid::from_u64_pair(high, low)
}

/// The id of a household.
pub(crate) fn household_id(
    seed: u64,
    community: u64,
    compound: u64,
    household: u64,
) -> HouseholdId {
    HouseholdId(place_id(seed, community, compound, household, 0))
}

/// The id of the `member`th person (from 1) of a household.
pub(crate) fn person_id(
    seed: u64,
    community: u64,
    compound: u64,
    household: u64,
    member: u64,
) -> PersonId {
    PersonId(place_id(seed, community, compound, household, member))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_check_character_is_that_of_the_standard() {
        // The example of GB 11643: 11010519491231002X.
        assert_eq!(id_check_character(b"11010519491231002"), Some(b'X'));
        assert_eq!(id_check_character(b"1101051949123100"), None);
        assert_eq!(id_check_character(b"1101051949123100a"), None);
    }

    #[test]
    fn numbers_are_unique_and_out_of_any_real_range() {
        let born = jiff::civil::date(1980, 7, 9);
        let mut ids = BTreeSet::new();
        let mut phones = BTreeSet::new();
        for ordinal in (0..20_000).chain(7_000_000..7_020_000).chain(14_980_000..15_000_000) {
            let id = IdNumber::new(ordinal, 42, Sex::Female, born);
            assert!(["97", "98", "99"].contains(&&id.as_str()[..2]), "{id}");
            assert_eq!(&id.as_str()[6..14], "19800709");
            assert!(id.as_str().as_bytes()[16].is_multiple_of(2), "{id} is a man's number");
            assert!(ids.insert(id), "{id} twice");
            assert!(phones.insert(Phone::new(ordinal, 42)));
        }
        assert!(phones.iter().all(|p| p.as_str().starts_with("154") && p.as_str().len() == 11));
    }

    #[test]
    fn ids_sort_by_community_compound_household_and_member() {
        let mut ids = Vec::new();
        for community in [220_202_001_001, 220_202_001_002, 220_284_110_298] {
            for compound in [1, 2, 99] {
                for household in [0, 1, 255, 256, 4095] {
                    ids.push(household_id(7, community, compound, household).0);
                    for member in 1..=7 {
                        ids.push(person_id(7, community, compound, household, member).0);
                    }
                }
            }
        }
        assert!(ids.is_sorted());
        assert_eq!(ids[0].get_version_num(), 8);
        assert_ne!(household_id(7, 1, 1, 1), household_id(8, 1, 1, 1));
    }
}
