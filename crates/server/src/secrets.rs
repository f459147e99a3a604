//! The server's own keys: one random root in a file that only the owner may read, and keys for
//! each purpose derived from it, so that a token of one kind never passes for another.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ServerError;

/// Name of the file in the data directory.
pub const FILE: &str = "server.key";

type HmacSha256 = Hmac<Sha256>;

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Anti-forgery tokens.
    Csrf,
    /// The ticket between password and one-time code.
    Ticket,
    /// Recovery codes as they are stored.
    Recovery,
    /// One-time-code secrets as they are stored.
    Totp,
    /// Passes: a person's token at checkpoints.
    Pass,
    /// The envelopes in which phones send personal data.
    WalkIns,
    /// Codes by which the other side of a hand-over signs.
    Signs,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Purpose::Csrf => b"songhua csrf v1",
            Purpose::Ticket => b"songhua ticket v1",
            Purpose::Recovery => b"songhua recovery v1",
            Purpose::Totp => b"songhua totp v1",
            Purpose::Pass => b"songhua pass v1",
            Purpose::WalkIns => b"songhua walk-in v1",
            Purpose::Signs => b"songhua hand-over v1",
        }
    }
}

/// The keys. Never printed.
#[derive(Clone)]
pub struct Secrets {
    root: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// 32 random bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

impl Secrets {
    /// Reads the key file of a data directory, or makes it with mode 0600.
    ///
    /// # Errors
    /// [`ServerError::Secrets`] when the file cannot be read or written, is not 32 bytes, or can
    /// be read by others than its owner.
    pub fn load_or_create(data: &Path) -> Result<Secrets, ServerError> {
        let path = data.join(FILE);
        let wrong = |reason: String| ServerError::Secrets(format!("{}: {reason}", path.display()));
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match made {
            Ok(mut file) => {
                let root = random_bytes();
                file.write_all(&root).and_then(|()| file.sync_all()).map_err(|e| {
                    // A file without its key would block the next start.
                    let _ = std::fs::remove_file(&path);
                    wrong(e.to_string())
                })?;
                Ok(Secrets { root })
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let mut file =
                    OpenOptions::new().read(true).open(&path).map_err(|e| wrong(e.to_string()))?;
                let mode = file.metadata().map_err(|e| wrong(e.to_string()))?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(wrong("others may read it; make it mode 0600".into()));
                }
                let mut root = Vec::new();
                file.read_to_end(&mut root).map_err(|e| wrong(e.to_string()))?;
                let root = root.try_into().map_err(|_| wrong("it is not 32 bytes".into()))?;
                Ok(Secrets { root })
            }
            Err(e) => Err(wrong(e.to_string())),
        }
    }

    /// Keys for tests.
    pub fn from_root(root: [u8; 32]) -> Secrets {
        Secrets { root }
    }

    /// A keyed digest of `message` for one purpose.
    pub fn mac(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        keyed(&keyed(&self.root, purpose.label()), message)
    }

    /// [`Secrets::mac`] as text for forms and headers.
    pub fn token(&self, purpose: Purpose, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, message))
    }

    /// Whether `token` is that of `message`, in constant time.
    pub fn verify(&self, purpose: Purpose, message: &[u8], token: &str) -> bool {
        self.token(purpose, message).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Encrypts a short secret; `context` (whose it is) must be given again to open it.
    pub fn seal(&self, purpose: Purpose, context: &[u8], clear: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = random_bytes();
        let cipher = XChaCha20Poly1305::new(&keyed(&self.root, purpose.label()).into());
        let payload = Payload { msg: clear, aad: context };
        // Encryption in memory fails only for texts of many gigabytes.
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Secrets::seal`] made; `None` when it was changed or is somebody else's.
    pub fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        let cipher = XChaCha20Poly1305::new(&keyed(&self.root, purpose.label()).into());
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context }).ok()
    }
}

fn keyed(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    match <HmacSha256 as KeyInit>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        // HMAC takes keys of any length.
        Err(_) => Sha256::digest([key.as_slice(), message].concat()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_made_once_and_for_the_owner_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = Secrets::load_or_create(dir.path()).expect("made");
        let again = Secrets::load_or_create(dir.path()).expect("read");
        assert_eq!(first.mac(Purpose::Csrf, b"x"), again.mac(Purpose::Csrf, b"x"));
        let path = dir.path().join(FILE);
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(Secrets::load_or_create(dir.path()).is_err());
    }

    #[test]
    fn a_token_is_good_for_its_purpose_and_message_only() {
        let secrets = Secrets::from_root([7; 32]);
        let token = secrets.token(Purpose::Csrf, b"a");
        assert!(secrets.verify(Purpose::Csrf, b"a", &token));
        assert!(!secrets.verify(Purpose::Csrf, b"b", &token));
        assert!(!secrets.verify(Purpose::Ticket, b"a", &token));
        assert!(!secrets.verify(Purpose::Csrf, b"a", ""));
        let sealed = secrets.seal(Purpose::Totp, b"zhang", b"secret");
        assert_eq!(secrets.open(Purpose::Totp, b"zhang", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(secrets.open(Purpose::Totp, b"li", &sealed), None);
        assert_eq!(secrets.open(Purpose::Totp, b"zhang", &sealed[..20]), None);
    }
}
