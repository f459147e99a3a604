//! Passes: a token that names a person to a checkpoint without saying who it is.
//!
//! The token holds the county, the person's id and a keyed check of both, so that reading one
//! needs no look-up and nobody can make one up. It says nothing about the person by itself; it
//! is drawn as a QR code on the resident's page and on paper.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use types::{AreaCode, PersonId, Refusal};

use crate::secrets::{Purpose, Secrets};

/// Bytes of the keyed check: a guess succeeds once in 2^96.
const CHECK: usize = 12;
/// Version, county (4 bytes), person (16 bytes).
const BODY: usize = 1 + 4 + 16;
const VERSION: u8 = 1;

/// The token of a person: 44 characters.
pub fn mint(secrets: &Secrets, area: AreaCode, person: PersonId) -> String {
    let mut bytes = Vec::with_capacity(BODY + CHECK);
    bytes.push(VERSION);
    bytes.extend(u32::from(area).to_be_bytes());
    bytes.extend(person.bytes());
    let check = secrets.mac(Purpose::Pass, &bytes);
    bytes.extend(&check[..CHECK]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token.
///
/// # Errors
/// `pass-not-valid` for anything that this server did not make.
pub fn read(secrets: &Secrets, token: &str) -> Result<(AreaCode, PersonId), Refusal> {
    let wrong = || Refusal::new("pass-not-valid");
    let mut bytes = [0; BODY + CHECK];
    let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| wrong())?;
    let (body, check) = bytes.split_at(BODY);
    let expected = secrets.mac(Purpose::Pass, body);
    let genuine: bool = expected[..CHECK].ct_eq(check).into();
    if length != BODY + CHECK || !genuine || body[0] != VERSION {
        return Err(wrong());
    }
    let (area, person) = body[1..].split_first_chunk::<4>().ok_or_else(wrong)?;
    let area = AreaCode::new(u32::from_be_bytes(*area)).map_err(|_| wrong())?;
    let person = <[u8; 16]>::try_from(person).map_err(|_| wrong())?;
    Ok((area, PersonId::from_bytes(person)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_reads_back_and_no_changed_one_does() {
        let secrets = Secrets::from_root([7; 32]);
        let area = AreaCode::new(220_202).expect("six digits");
        let person = PersonId::from_bytes([9; 16]);
        let token = mint(&secrets, area, person);
        assert_eq!(token.len(), 44);
        assert_eq!(read(&secrets, &token), Ok((area, person)));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ascii");
            assert!(read(&secrets, &changed).is_err(), "changed at {at}");
        }
        assert!(read(&Secrets::from_root([8; 32]), &token).is_err());
        for text in ["", "A", "ä", &token[1..], &format!("{token}AAAA")] {
            assert!(read(&secrets, text).is_err());
        }
    }
}
