//! Envelopes that a phone seals for the server: personal data of walk-ins, so that a lost phone
//! and a backup file give away no identity number.
//!
//! Form, in base64url: version 1, the phone's one-time public key (uncompressed P-256, 65
//! bytes), a nonce of 12 bytes, AES-256-GCM of the JSON text with its tag. The key is
//! HKDF-SHA-256 of the ECDH secret, salted with both public keys; the person's id is
//! authenticated with it. The phone's side is `web/src/field/data/seal.ts`.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey, ecdh};
use sha2::Sha256;
use types::PersonId;

use crate::Fault;
use crate::secrets::{Purpose, Secrets};

const PURPOSE: &[u8] = b"songhua field walk-in 1";
const VERSION: u8 = 1;
const POINT: usize = 65;
const NONCE: usize = 12;

/// The server's key pair for envelopes.
pub struct EnvelopeKey {
    secret: SecretKey,
}

impl std::fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvelopeKey(..)")
    }
}

impl EnvelopeKey {
    /// The pair that follows from the server's root key.
    ///
    /// # Errors
    /// A [`Fault`] in one of 2^32 installations, whose root gives no key of the curve.
    pub fn of(secrets: &Secrets) -> Result<EnvelopeKey, Fault> {
        let bytes = secrets.mac(Purpose::WalkIns, b"key 1");
        let secret = SecretKey::from_slice(&bytes).map_err(Fault::internal)?;
        Ok(EnvelopeKey { secret })
    }

    /// The public half as phones take it: uncompressed point, base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.point())
    }

    fn point(&self) -> Vec<u8> {
        self.secret.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// Opens the envelope of a person; `None` when it is not one for this server and person.
    pub fn open(&self, person: PersonId, envelope: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(envelope).ok()?;
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION || rest.len() < POINT + NONCE {
            return None;
        }
        let (point, rest) = rest.split_at(POINT);
        let (nonce, sealed) = rest.split_at(NONCE);
        let theirs = PublicKey::from_sec1_bytes(point).ok()?;
        let shared = ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), theirs.as_affine());
        let salt = [point, &self.point()].concat();
        let mut key = zeroize_array();
        Hkdf::<Sha256>::new(Some(&salt), shared.raw_secret_bytes())
            .expand(PURPOSE, &mut *key)
            .ok()?;
        let cipher = Aes256Gcm::new_from_slice(&*key).ok()?;
        let aad = person.to_string();
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        cipher.decrypt(&Nonce::try_from(nonce).ok()?, payload).ok()
    }
}

fn zeroize_array() -> zeroize::Zeroizing<[u8; 32]> {
    zeroize::Zeroizing::new([0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sealed by the phone's own code (data/seal.ts) for the key below.
    const ENVELOPE: &str = include_str!("seal_sample.txt");

    fn key() -> EnvelopeKey {
        EnvelopeKey::of(&Secrets::from_root([7; 32])).expect("a key")
    }

    #[test]
    fn an_envelope_of_a_phone_opens_for_its_person_only() {
        let person = PersonId::parse("018f2e6c-3b7a-7c10-9d5e-0123456789ab").expect("an id");
        let opened = key().open(person, ENVELOPE.trim()).expect("opens");
        let text = String::from_utf8(opened).expect("a text");
        assert_eq!(
            text,
            r#"{"name":"张三","id_type":"resident","id_number":"11010519491231002X"}"#
        );
        let other = PersonId::parse("018f2e6c-3b7a-7c10-9d5e-0123456789ac").expect("an id");
        assert_eq!(key().open(other, ENVELOPE.trim()), None);
        let foreign = EnvelopeKey::of(&Secrets::from_root([8; 32])).expect("a key");
        assert_eq!(foreign.open(person, ENVELOPE.trim()), None);
    }

    #[test]
    fn damage_and_nonsense_do_not_open() {
        let person = PersonId::parse("018f2e6c-3b7a-7c10-9d5e-0123456789ab").expect("an id");
        let good = URL_SAFE_NO_PAD.decode(ENVELOPE.trim()).expect("base64url");
        for at in [0, 1, 40, 70, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(key().open(person, &URL_SAFE_NO_PAD.encode(bad)), None, "byte {at}");
        }
        for text in ["", "A", "AQ", "!"] {
            assert_eq!(key().open(person, text), None);
        }
    }
}
