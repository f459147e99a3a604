//! What two records of one case would share: keyed hashes of numbers, and of name and birth. None
//! can be read back, and none is computed when a list is opened: they are written with the case.

use registry::identity::{Day, Identity};
use registry::seal::{BlindIndex, Keys};
use serde::{Deserialize, Serialize};
use types::UnitId;

use crate::words::KeyKind;

/// Records under one key beyond this number make no more pairs: a number that so many share is that
/// of a front desk, and says nothing about a person.
pub const CROWD: usize = 24;

/// A key of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// What it is made of.
    #[serde(rename = "k")]
    pub kind: KeyKind,
    /// The keyed hash.
    #[serde(rename = "i")]
    pub index: BlindIndex,
}

/// Another record that may be the same case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The other record.
    pub case: UnitId,
    /// What they share, the weightiest first.
    pub by: Vec<KeyKind>,
}

impl Candidate {
    /// How likely it is that both are one, out of 100: the weight of the weightiest, and a little
    /// for every other.
    pub fn score(&self) -> i64 {
        let weights: Vec<i64> = self.by.iter().map(|kind| kind.weight()).collect();
        let most = weights.iter().copied().max().unwrap_or(0);
        (most + 3 * (weights.len() as i64 - 1).max(0)).min(100)
    }
}

/// A name in the one form in which names are compared: no space, no case, no middle dot.
pub fn normal_name(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '•' | '.' | '-' | '\''))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The keys of a person's data. `birth` is the date, `year` the year where only that is known.
///
/// A name and the name without any one of its characters are both keys: two names that differ in
/// one character meet at the place of that character.
pub fn of_identity(
    keys: &Keys,
    identity: &Identity,
    birth: Option<Day>,
    year: Option<u16>,
) -> Vec<Key> {
    let mut found = Vec::new();
    let mut add = |kind, index| found.push(Key { kind, index });
    if let Some(number) = &identity.id_number {
        add(KeyKind::Number, keys.id_index(identity.id_type, number));
    }
    if let Some(phone) = &identity.phone {
        add(KeyKind::Phone, keys.phone_index(phone));
    }
    let name = normal_name(&identity.name);
    if let Some(year) = birth.map(|day| day.year).or(year) {
        add(KeyKind::NameYear, keys.name_index(&["year", &name, &year.to_string()]));
    }
    if let Some(day) = birth {
        let day = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
        add(KeyKind::NameBirth, keys.name_index(&["birth", &name, &day]));
        for without in shortened(&name) {
            add(KeyKind::NearName, keys.name_index(&["near", &without, &day]));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The key of a name alone with a year, to look for a person whom the registry does not have.
pub fn of_name(keys: &Keys, name: &str, year: u16) -> BlindIndex {
    keys.name_index(&["year", &normal_name(name), &year.to_string()])
}

/// The name without each of its characters in turn, marked at the place.
fn shortened(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() < 2 {
        return Vec::new();
    }
    (0..chars.len())
        .map(|at| chars.iter().enumerate().map(|(n, c)| if n == at { '_' } else { *c }).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str) -> Identity {
        Identity {
            name: name.to_owned(),
            id_type: registry::identity::IdType::None,
            id_number: None,
            phone: Some("13800138000".to_owned()),
        }
    }

    fn shared(a: &[Key], b: &[Key]) -> Vec<KeyKind> {
        a.iter().filter(|key| b.contains(key)).map(|key| key.kind).collect()
    }

    #[test]
    fn names_meet_that_differ_in_one_character_and_others_do_not() {
        let keys = Keys::ephemeral().expect("keys");
        let day = Day::new(1980, 1, 31);
        let of = |name: &str| of_identity(&keys, &identity(name), day, None);
        assert!(shared(&of("王小明"), &of("王小 明")).contains(&KeyKind::NameBirth));
        let near = shared(&of("王小明"), &of("王晓明"));
        assert!(near.contains(&KeyKind::NearName) && !near.contains(&KeyKind::NameBirth));
        assert_eq!(shared(&of("王小明"), &of("李晓红")), [KeyKind::Phone]);
        let other = of_identity(&keys, &identity("王小明"), Day::new(1981, 1, 31), None);
        assert_eq!(shared(&of("王小明"), &other), [KeyKind::Phone]);
    }

    #[test]
    fn more_in_common_weighs_more() {
        let of = |by: &[KeyKind]| {
            Candidate {
                case: crate::case_of_command(
                    types::AreaCode::NONE,
                    types::CommandId::from_bytes([1; 16]),
                ),
                by: by.to_vec(),
            }
            .score()
        };
        assert!(of(&[KeyKind::Number]) > of(&[KeyKind::NameBirth]));
        assert!(of(&[KeyKind::NearName, KeyKind::Phone]) > of(&[KeyKind::NearName]));
        assert!(of(KeyKind::ALL) <= 100);
    }
}
