//! Passwords: argon2id, a few at a time, away from the threads that answer requests.

use std::sync::Arc;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use types::Refusal;

use crate::Fault;
use crate::config::Limits;
use crate::secrets::random_bytes;

/// Shortest password, in characters.
pub const MIN_LENGTH: usize = 10;
/// Longest password, in characters. More would only cost time.
pub const MAX_LENGTH: usize = 128;

/// Checks and makes password hashes with bounded concurrency: each takes 19 MiB and a core for
/// tens of milliseconds, so a flood of sign-ins must not take the machine.
#[derive(Clone, Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The hash that an unknown login is checked against, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let password: [u8; 32] = random_bytes();
    hash_now(&password).unwrap_or_default()
});

fn hash_now(password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    // The library's defaults are argon2id, 19 MiB, 2 passes, 1 lane: OWASP's first choice.
    Argon2::default().hash_password(password).map(|hash| hash.to_string())
}

fn verify_now(password: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password, &parsed).is_ok())
}

impl Passwords {
    /// With the limits of the server.
    pub fn new(limits: &Limits) -> Passwords {
        Passwords {
            running: Arc::new(Semaphore::new(limits.password_checks.max(1))),
            waiting: Arc::new(Semaphore::new(limits.password_waiting.max(1))),
        }
    }

    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, Fault> {
        let password = password.to_owned();
        self.run(move || hash_now(password.as_bytes())).await?.map_err(Fault::internal)
    }

    /// Whether the password fits the hash. `None` (no such account) takes as long and is false.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Fault> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.run(move || {
            let right = verify_now(password.as_bytes(), hash.as_deref().unwrap_or(&NOBODY));
            right && hash.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let _place = self.waiting.try_acquire().map_err(|_| Fault::overloaded(3))?;
        let running = self.running.clone().acquire_owned().await.map_err(Fault::internal)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(running);
            result
        })
        .await
        .map_err(Fault::internal)
    }
}

/// Whether a new password is good enough. Length counts; the few most common ones are refused.
///
/// # Errors
/// `password-too-short`, `password-too-long`, `password-too-simple`.
pub fn check_new(login: &str, password: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Err(Refusal::new("password-too-short").with("limit", MIN_LENGTH));
    }
    if length > MAX_LENGTH {
        return Err(Refusal::new("password-too-long").with("limit", MAX_LENGTH));
    }
    let lower = password.to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let common = ["1234567890", "0123456789", "password", "qwertyuiop", "woaini1314", "a123456789"];
    let simple = distinct.len() < 5
        || (login.len() >= 4 && lower.contains(login))
        || common.iter().any(|c| lower.starts_with(c));
    if simple { Err(Refusal::new("password-too-simple")) } else { Ok(()) }
}

/// A first password for an account that somebody else made: 16 characters without look-alikes.
pub fn temporary() -> String {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let bytes: [u8; 16] = random_bytes();
    bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let passwords = Passwords::new(&Limits::default());
        let hash = passwords.hash("correct horse").await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse", Some(&hash)).await.expect("checked"));
        assert!(!passwords.verify("wrong horse", Some(&hash)).await.expect("checked"));
        assert!(!passwords.verify("correct horse", None).await.expect("checked"));
        assert!(!passwords.verify("x", Some("not a hash")).await.expect("checked"));
    }

    #[tokio::test]
    async fn a_flood_of_checks_is_shed() {
        let limits = Limits { password_checks: 1, password_waiting: 2, ..Limits::default() };
        let passwords = Passwords::new(&limits);
        let all = (0..6).map(|_| passwords.verify("x", None));
        let answers = futures::future::join_all(all).await;
        let shed = answers.iter().filter(|a| a.is_err()).count();
        assert_eq!(shed, 4);
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        let code = |p: &str| check_new("zhang", p).err().map(|r| r.code.into_owned());
        assert_eq!(code("short").as_deref(), Some("password-too-short"));
        assert_eq!(code(&"long ".repeat(40)).as_deref(), Some("password-too-long"));
        assert_eq!(code("aaaaaaaaaaaa").as_deref(), Some("password-too-simple"));
        assert_eq!(code("zhang-is-here").as_deref(), Some("password-too-simple"));
        assert_eq!(code("Password2022").as_deref(), Some("password-too-simple"));
        assert_eq!(code("松花江边有一座城市呀"), None);
        assert_eq!(code("river in march"), None);
        for _ in 0..50 {
            let made = temporary();
            assert_eq!(made.len(), 16);
            assert_eq!(code(&made), None);
        }
    }
}
