//! Codes of persons and households on paper. The QR code carries the whole id in base 36 with a
//! check character, so that a phone that never downloaded the person can still record them; the
//! short code below it is for typing, and a phone looks it up in its own list. The phone reads
//! both by the same rule (`web/src/field/core/person.ts`).

use types::check_character;
use uuid::Uuid;

/// Digits of base 36 that hold the 128 bits of an id.
const LONG: usize = 25;
/// Digits of the short code.
const SHORT: usize = 8;
/// The largest prime below 36^8: the remainder depends on every bit of the id.
const MODULUS: u128 = 2_821_109_907_437;

/// What a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A person.
    Person,
    /// A household.
    Household,
}

impl Named {
    const fn letter(self) -> char {
        match self {
            Named::Person => 'P',
            Named::Household => 'H',
        }
    }
}

fn base36(mut number: u128, digits: usize) -> String {
    let mut text = vec![b'0'; digits];
    for slot in text.iter_mut().rev() {
        let digit = (number % 36) as u8;
        *slot = if digit < 10 { b'0' + digit } else { b'A' + digit - 10 };
        number /= 36;
    }
    text.into_iter().map(char::from).collect()
}

fn with_check(mut body: String) -> String {
    if let Some(check) = check_character(&body) {
        body.push(check);
    }
    body
}

/// What the QR code says: 27 capitals and digits.
pub fn long(named: Named, id: Uuid) -> String {
    with_check(format!("{}{}", named.letter(), base36(id.as_u128(), LONG)))
}

/// What stands below it, to be typed: `P 1A2B C3D4 E`.
pub fn short(named: Named, id: Uuid) -> String {
    let code = with_check(format!("{}{}", named.letter(), base36(id.as_u128() % MODULUS, SHORT)));
    format!("{} {} {} {}", &code[..1], &code[1..5], &code[5..9], &code[9..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same values stand in the tests of the phone's side (core/codes.test.ts).
    #[test]
    fn codes_are_those_that_phones_read() {
        let id = Uuid::parse_str("018f2e6c-3b7a-7c10-9d5e-0123456789ab").expect("an id");
        assert_eq!(long(Named::Person, id), "P03BN0UAMN17P2FIWOYQ5TW9M3N");
        assert_eq!(short(Named::Person, id), "P XI9J VUDC L");
        assert_eq!(long(Named::Household, Uuid::max()).len(), 27);
        assert!(types::has_valid_check(&long(Named::Household, Uuid::nil())));
    }
}
