//! Sealing of personal data: envelopes that only the key file opens, and blind indexes that
//! find a person by a number without storing it.
//!
//! An envelope is `[key number][24-byte nonce][ciphertext and 16-byte tag]` of
//! XChaCha20-Poly1305. What it belongs to (area and person) is authenticated with it, so an
//! envelope that is copied to another row does not open. A blind index is the first 16 bytes of
//! an HMAC-SHA-256 under a key of its own for each kind of number: 128 bits, so that two people
//! in a billion do not meet by chance.

use std::fmt;
use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::TryRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use types::{AreaCode, PersonId};
use zeroize::Zeroizing;

use crate::error::{RegistryError, Result};
use crate::identity::{IdType, Identity};

const NONCE: usize = 24;

/// A keyed hash under which a number can be found, and from which it cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex(pub [u8; 16]);

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

impl Serialize for BlindIndex {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for BlindIndex {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes
            .try_into()
            .map(BlindIndex)
            .map_err(|_| serde::de::Error::custom("a blind index has 16 bytes"))
    }
}

impl From<BlindIndex> for store::Value {
    fn from(index: BlindIndex) -> store::Value {
        store::Value::Id(index.0)
    }
}

/// A sealed envelope; base64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        BASE64.decode(text.as_bytes()).map(Sealed).map_err(serde::de::Error::custom)
    }
}

/// The keys of one installation. They are in its key file and nowhere else: without that file
/// the names, numbers and telephones of the registry are gone.
#[derive(Clone)]
pub struct Keys {
    sealing: Vec<(u8, Zeroizing<[u8; 32]>)>,
    id: Hmac<Sha256>,
    phone: Hmac<Sha256>,
    code: Hmac<Sha256>,
    file: Hmac<Sha256>,
    name: Hmac<Sha256>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("sealing", &self.sealing.len()).finish_non_exhaustive()
    }
}

/// The key file. The last sealing key seals; all of them open.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    version: u32,
    sealing: Vec<SealingKey>,
    index: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct SealingKey {
    id: u8,
    key: Zeroizing<String>,
}

impl Keys {
    /// Reads the key file, or makes one that only its owner may read (mode 0600).
    ///
    /// # Errors
    /// [`RegistryError::KeyFile`] when it cannot be read or written; [`RegistryError::KeyForm`]
    /// when it is not a key file or others may read it.
    pub fn load_or_create(path: &Path) -> Result<Keys> {
        let failed = |source| RegistryError::KeyFile { path: path.to_owned(), source };
        if !path.try_exists().map_err(failed)? {
            match Keys::create(path) {
                // Another process was faster: its keys are the keys.
                Err(RegistryError::KeyFile { source, .. })
                    if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                done => return done,
            }
        }
        let wrong = |reason: String| RegistryError::KeyForm { path: path.to_owned(), reason };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(wrong(format!("mode is {mode:03o}; it must be 600")));
            }
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        // The parser's own message could quote a key.
        let file: KeyFile = serde_json::from_str(&text).map_err(|e| {
            wrong(format!("not a key file (line {}, column {})", e.line(), e.column()))
        })?;
        Keys::of(&file).map_err(|reason| wrong(reason.to_owned()))
    }

    fn create(path: &Path) -> Result<Keys> {
        let failed = |source| RegistryError::KeyFile { path: path.to_owned(), source };
        let file = KeyFile {
            version: 1,
            sealing: vec![SealingKey { id: 1, key: fresh_key()? }],
            index: fresh_key()?,
        };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let text = serde_json::to_string_pretty(&file)
            .map(Zeroizing::new)
            .map_err(|e| failed(e.into()))?;
        let mut out = options.open(path).map_err(failed)?;
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
        // People sealed with a key that a power cut takes away would be lost.
        out.sync_all().map_err(failed)?;
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            std::fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
        }
        Keys::of(&file).map_err(|reason| RegistryError::KeyForm {
            path: path.to_owned(),
            reason: reason.to_owned(),
        })
    }

    /// Keys that live in memory only, for tests and benchmarks.
    ///
    /// # Errors
    /// [`RegistryError::NoRandomness`].
    pub fn ephemeral() -> Result<Keys> {
        let file = KeyFile {
            version: 1,
            sealing: vec![SealingKey { id: 1, key: fresh_key()? }],
            index: fresh_key()?,
        };
        Keys::of(&file).map_err(|_| RegistryError::NoRandomness)
    }

    fn of(file: &KeyFile) -> std::result::Result<Keys, &'static str> {
        if file.version != 1 {
            return Err("made by a newer program");
        }
        let mut sealing = Vec::with_capacity(file.sealing.len());
        for key in &file.sealing {
            sealing.push((key.id, key_bytes(&key.key)?));
        }
        if sealing.is_empty() {
            return Err("it has no sealing key");
        }
        let index = key_bytes(&file.index)?;
        Ok(Keys {
            sealing,
            id: domain(&*index, "songhua id number v1"),
            phone: domain(&*index, "songhua phone v1"),
            code: domain(&*index, "songhua household code v1"),
            file: domain(&*index, "songhua import file v1"),
            name: domain(&*index, "songhua name v1"),
        })
    }

    /// Seals a person's data for its row.
    ///
    /// # Errors
    /// [`RegistryError::NoRandomness`].
    pub fn seal(&self, area: AreaCode, person: PersonId, identity: &Identity) -> Result<Sealed> {
        let mut plain = Vec::with_capacity(192);
        serde_json::to_writer(&mut plain, identity).map_err(|e| RegistryError::Row {
            table: "person",
            reason: format!("cannot be sealed: {:?}", e.classify()),
        })?;
        self.seal_bytes(&person_context(area, person), plain)
    }

    /// Opens a person's data.
    ///
    /// # Errors
    /// [`RegistryError::Tampered`] or [`RegistryError::UnknownKey`].
    pub fn unseal(&self, area: AreaCode, person: PersonId, sealed: &[u8]) -> Result<Identity> {
        let plain = self.unseal_bytes(&person_context(area, person), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| RegistryError::Tampered)
    }

    /// Seals bytes that belong to `context`. The plain bytes are overwritten by the ciphertext.
    ///
    /// # Errors
    /// [`RegistryError::NoRandomness`].
    pub fn seal_bytes(&self, context: &[u8], mut plain: Vec<u8>) -> Result<Sealed> {
        // The list is never empty: see `of`.
        let (id, key) = self.sealing.last().ok_or(RegistryError::UnknownKey(0))?;
        let mut nonce = [0; NONCE];
        rand::fill(&mut nonce);
        let length = plain.len();
        plain.resize(1 + NONCE + length, 0);
        plain.copy_within(..length, 1 + NONCE);
        let tag = cipher(key)
            .encrypt_inout_detached(&XNonce::from(nonce), context, (&mut plain[1 + NONCE..]).into())
            .map_err(|_| RegistryError::Tampered)?;
        plain[0] = *id;
        plain[1..=NONCE].copy_from_slice(&nonce);
        plain.extend_from_slice(&tag);
        Ok(Sealed(plain))
    }

    /// Opens what [`Keys::seal_bytes`] sealed for the same context.
    ///
    /// # Errors
    /// [`RegistryError::Tampered`] or [`RegistryError::UnknownKey`].
    pub fn unseal_bytes(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (&id, rest) = sealed.split_first().ok_or(RegistryError::Tampered)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(RegistryError::Tampered)?;
        let (_, key) = self
            .sealing
            .iter()
            .find(|(known, _)| *known == id)
            .ok_or(RegistryError::UnknownKey(id))?;
        let mut plain = Zeroizing::new(body.to_vec());
        cipher(key)
            .decrypt_in_place(&XNonce::from(*nonce), context, &mut *plain)
            .map_err(|_| RegistryError::Tampered)?;
        Ok(plain)
    }

    /// The blind index of a document's number (in the form of
    /// [`crate::identity::normal_number`]).
    pub fn id_index(&self, id_type: IdType, number: &str) -> BlindIndex {
        tagged(&self.id, &[id_type.as_str().as_bytes(), b":", number.as_bytes()])
    }

    /// The blind index of a telephone number (in the form of
    /// [`crate::identity::normal_phone`]).
    pub fn phone_index(&self, phone: &str) -> BlindIndex {
        tagged(&self.phone, &[phone.as_bytes()])
    }

    /// The blind index of a file by the SHA-256 of its bytes: it tells two uploads of one file,
    /// and nobody without the keys can try what a short file may have held.
    pub fn file_index(&self, digest: &[u8; 32]) -> BlindIndex {
        tagged(&self.file, &[digest])
    }

    /// The blind index of a name with what tells it from others of the same name, for example a
    /// date of birth. The parts do not run together.
    pub fn name_index(&self, parts: &[&str]) -> BlindIndex {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        tagged(&self.name, &[&bytes])
    }

    /// The blind index of a household's sign-in code, however it was typed; `None` when the
    /// text is not a code.
    pub fn code_index(&self, typed: &str) -> Option<BlindIndex> {
        crate::household_code::normal(typed).map(|code| tagged(&self.code, &[code.as_bytes()]))
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

fn person_context(area: AreaCode, person: PersonId) -> [u8; 34] {
    let mut context = *b"person v1:........................";
    context[10..18].copy_from_slice(&area.get().to_be_bytes());
    context[18..].copy_from_slice(&person.bytes());
    context
}

fn fresh_key() -> Result<Zeroizing<String>> {
    let mut key = Zeroizing::new([0_u8; 32]);
    rand::rngs::SysRng.try_fill_bytes(&mut *key).map_err(|_| RegistryError::NoRandomness)?;
    Ok(Zeroizing::new(BASE64.encode(*key)))
}

fn key_bytes(text: &str) -> std::result::Result<Zeroizing<[u8; 32]>, &'static str> {
    let bytes =
        BASE64.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| "a key is not base64")?;
    let array: [u8; 32] = bytes.as_slice().try_into().map_err(|_| "a key has 32 bytes")?;
    Ok(Zeroizing::new(array))
}

/// A hash of its own for each kind of number, so that equal texts of two kinds do not meet.
fn domain(key: &[u8], label: &str) -> Hmac<Sha256> {
    let sub = tagged_full(&keyed(key), &[label.as_bytes()]);
    keyed(&*sub)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC pads or hashes its key: 32 bytes always fit one block.
    let mut block = [0; 64];
    block[..key.len().min(64)].copy_from_slice(&key[..key.len().min(64)]);
    Hmac::new(&block.into())
}

fn tagged_full(mac: &Hmac<Sha256>, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = mac.clone();
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn tagged(mac: &Hmac<Sha256>, parts: &[&[u8]]) -> BlindIndex {
    let full = tagged_full(mac, parts);
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    BlindIndex(short)
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
