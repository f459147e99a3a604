//! One-time codes (TOTP, RFC 6238) and the recovery codes for a lost phone.

use ledger::{Operation, Priority};
use store::Value;
use totp_rs::{Builder, Totp};
use types::{Micros, Refusal};

use crate::accounts::{self, Account};
use crate::secrets::{Purpose, Secrets, random_bytes};
use crate::tables::{ACCOUNT_RECOVERY_USED, ACCOUNT_TOTP, ACCOUNT_TOTP_USED};
use crate::{App, Fault};

/// How many recovery codes an account gets.
const RECOVERY_CODES: usize = 10;

/// A secret that an account is being enrolled with.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// For the QR code.
    pub url: String,
    /// For typing.
    pub secret: String,
}

fn totp(secret: &[u8], login: &str) -> Result<Totp, Fault> {
    // SHA-1, six digits, 30 seconds: what every authenticator understands.
    Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(login)
        .with_issuer(Some("Songhua"))
        .build()
        .map_err(Fault::internal)
}

fn seconds(now: Micros) -> u64 {
    u64::try_from(now.0 / 1_000_000).unwrap_or_default()
}

/// A recovery code as typed, without what people add to read it.
fn normal(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

fn digest(secrets: &Secrets, login: &str, code: &str) -> String {
    let token = secrets.token(Purpose::Recovery, format!("{login}\n{}", normal(code)).as_bytes());
    token.chars().take(22).collect()
}

/// New recovery codes: fifty random bits each, in Crockford's alphabet.
fn new_recovery_codes() -> Vec<String> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    (0..RECOVERY_CODES)
        .map(|_| {
            let bytes: [u8; 10] = random_bytes();
            let text: String =
                bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
            format!("{}-{}", &text[..5], &text[5..])
        })
        .collect()
}

/// Whether a one-time or recovery code is right, using it up.
pub(crate) async fn accept(
    app: &App,
    account: &Account,
    code: &str,
    now: Micros,
) -> Result<bool, Fault> {
    let Some(secret) = opened(app, account) else { return Ok(false) };
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp(&secret, &account.login)?.check(&digits, seconds(now));
    if let Some(step) = step {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let used = vec![account.login.as_str().into(), step.into()];
        let used = Operation::Execute(&ACCOUNT_TOTP_USED, used);
        let changed = app.engine().operate(Priority::Urgent, vec![used]).await?;
        return Ok(changed.first() == Some(&1));
    }
    let wanted = digest(app.secrets(), &account.login, code);
    let left: Vec<&str> = account.recovery.split(',').filter(|c| *c != wanted).collect();
    if normal(code).len() != 10 || left.len() == account.recovery.split(',').count() {
        return Ok(false);
    }
    let operations = vec![
        Operation::Execute(
            &ACCOUNT_RECOVERY_USED,
            vec![
                account.login.as_str().into(),
                account.recovery.as_str().into(),
                left.join(",").into(),
            ],
        ),
        accounts::event(now, &account.login, &account.login, "recovery-used", ""),
    ];
    let changed = app.engine().operate(Priority::Urgent, operations).await?;
    Ok(changed.first() == Some(&1))
}

fn opened(app: &App, account: &Account) -> Option<Vec<u8>> {
    app.secrets().open(Purpose::Totp, account.login.as_bytes(), account.totp.as_deref()?)
}

impl App {
    /// Begins enrolment: a new secret, stored but not asked for until it is confirmed.
    ///
    /// # Errors
    /// `code-already-on`, or a fault.
    pub async fn begin_codes(&self, login: &str) -> Result<Enrolment, Fault> {
        let account = self.account(login).await?;
        if account.totp_on {
            return Err(Refusal::new("code-already-on").into());
        }
        // Looking at the page again shows the same code.
        let secret = match opened(self, &account) {
            Some(secret) => secret,
            None => {
                let secret = random_bytes::<20>().to_vec();
                let sealed = self.secrets().seal(Purpose::Totp, login.as_bytes(), &secret);
                self.put_codes(login, sealed.into(), false, 0, "").await?;
                secret
            }
        };
        let totp = totp(&secret, login)?;
        Ok(Enrolment {
            url: totp.to_url().map_err(Fault::internal)?,
            secret: totp.secret().to_base32(),
        })
    }

    /// Confirms enrolment with a first code; gives the recovery codes, which are shown once.
    ///
    /// # Errors
    /// `code-wrong`, or a fault.
    pub async fn confirm_codes(&self, login: &str, code: &str) -> Result<Vec<String>, Fault> {
        let account = self.account(login).await?;
        let secret = opened(self, &account).ok_or_else(|| Refusal::new("code-wrong"))?;
        let now = self.wall();
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = totp(&secret, login)?
            .check(&digits, seconds(now))
            .filter(|_| !account.totp_on)
            .ok_or_else(|| Refusal::new("code-wrong"))?;
        let recovery = new_recovery_codes();
        let digests: Vec<String> =
            recovery.iter().map(|code| digest(self.secrets(), login, code)).collect();
        let sealed = account.totp.map_or(Value::Null, Value::from);
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.put_codes(login, sealed, true, step, &digests.join(",")).await?;
        self.note(login, login, "code-on").await?;
        Ok(recovery)
    }

    /// Turns one-time codes off; the caller has checked the password.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn remove_codes(&self, by: &str, login: &str) -> Result<(), Fault> {
        self.put_codes(login, Value::Null, false, 0, "").await?;
        self.note(by, login, "code-off").await
    }

    async fn put_codes(
        &self,
        login: &str,
        sealed: Value,
        on: bool,
        step: i64,
        recovery: &str,
    ) -> Result<(), Fault> {
        let row =
            vec![login.into(), sealed, on.into(), step.into(), recovery.into(), self.wall().into()];
        let put = Operation::Execute(&ACCOUNT_TOTP, row);
        self.engine().operate(Priority::Urgent, vec![put]).await?;
        Ok(())
    }

    async fn note(&self, by: &str, login: &str, what: &str) -> Result<(), Fault> {
        let note = accounts::event(self.wall(), by, login, what, "");
        self.engine().operate(Priority::Normal, vec![note]).await?;
        Ok(())
    }

    /// An account that must be there (that of a session).
    ///
    /// # Errors
    /// `not-found`, or a fault.
    pub async fn account(&self, login: &str) -> Result<Account, Fault> {
        let found = accounts::find(&mut self.reader().await?, login).await?;
        found.ok_or_else(|| Fault::not_found(login))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_read_as_people_type_them() {
        let secrets = Secrets::from_root([1; 32]);
        let codes = new_recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for code in codes {
            assert_eq!(code.len(), 11);
            let typed = code.to_lowercase().replace('-', " ").replace('0', "o");
            assert_eq!(digest(&secrets, "a", &code), digest(&secrets, "a", &typed));
            assert_ne!(digest(&secrets, "a", &code), digest(&secrets, "b", &code));
        }
    }
}
