//! Signing in: password, one-time code, household code, with back-off after mistakes. What is
//! said to a stranger does not tell whether the account exists.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ledger::{Operation, Priority};
use registry::views;
use types::{Micros, Refusal, Span};

use crate::accounts::{self, Account};
use crate::rates::Caller;
use crate::secrets::Purpose;
use crate::sessions::{Kind, Owner};
use crate::tables::ACCOUNT_FAILED;
use crate::{App, Fault, codes};

/// Mistakes that cost nothing: people mistype.
const FREE: i64 = 4;
/// Mistakes of one address, over all accounts, that cost nothing.
const FREE_ADDRESS: i64 = 20;
/// Longest lock.
const LONGEST: Span = Span::minutes(15);
/// How long mistakes of strangers are remembered.
const REMEMBERED: Span = Span::hours(6);
/// Most strangers remembered.
const STRANGERS: usize = 20_000;
/// How long the ticket between password and code is good.
const TICKET: Span = Span::minutes(5);

/// How long sign-in is refused after so many mistakes: nothing at first, then 15 s, doubling up
/// to [`LONGEST`]. Pure.
pub fn back_off(failures: i64, free: i64) -> Span {
    match failures - free {
        n if n <= 0 => Span(0),
        n => Span((Span::seconds(15).0 << (n - 1).min(10)).min(LONGEST.0)),
    }
}

#[derive(Clone, Copy, Debug)]
struct Mistakes {
    count: i64,
    last: Micros,
    until: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stranger {
    Login(String),
    Address(Caller),
}

/// Mistakes of logins that do not exist and of addresses, in memory and bounded. Those of real
/// accounts are stored with the account.
#[derive(Debug, Default)]
pub struct Strangers {
    known: Mutex<HashMap<Stranger, Mistakes>>,
}

impl Strangers {
    fn locked(&self, who: &Stranger, now: Micros) -> Option<Micros> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(who).map(|m| m.until).filter(|until| *until > now)
    }

    fn failed(&self, who: Stranger, free: i64, now: Micros) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= STRANGERS && !known.contains_key(&who) {
            known.retain(|_, m| now - m.last < REMEMBERED && m.until > now);
            if known.len() >= STRANGERS {
                known.clear();
            }
        }
        let entry = known.entry(who).or_insert(Mistakes { count: 0, last: now, until: now });
        if now - entry.last >= REMEMBERED {
            entry.count = 0;
        }
        entry.count += 1;
        entry.last = now;
        entry.until = now + back_off(entry.count, free);
    }

    fn forget(&self, who: &Stranger) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

/// What came of a sign-in.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// A session is open; its token.
    Done(String),
    /// The password was right; the account also asks for a one-time code. The ticket proves the
    /// password for five minutes.
    CodeNeeded(String),
}

/// Who signs in, from where, into what.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// Browser or device.
    pub kind: Kind,
    /// The device, as it names itself.
    pub device: Option<&'a str>,
    /// The address.
    pub caller: Caller,
}

fn wrong() -> Fault {
    Refusal::new("sign-in-wrong").into()
}

fn locked(until: Micros, now: Micros) -> Fault {
    let seconds = ((until - now).0 / 1_000_000 + 1).clamp(1, 3_600);
    let minutes = seconds.div_euclid(60) + 1;
    Fault {
        retry_after: u32::try_from(seconds).ok(),
        ..Refusal::new("sign-in-locked").with("minutes", minutes).into()
    }
}

impl App {
    /// Signs an account in by password, and one-time code if it has them on.
    ///
    /// # Errors
    /// `sign-in-wrong` (whatever was wrong), `sign-in-locked`, or a fault.
    pub async fn sign_in(
        &self,
        door: Door<'_>,
        login: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<SignedIn, Fault> {
        let now = self.wall();
        let address = Stranger::Address(door.caller);
        if let Some(until) = self.strangers().locked(&address, now) {
            return Err(locked(until, now));
        }
        // A login that cannot exist goes the same way as one that does not.
        let login = accounts::parse_login(login).unwrap_or_default();
        let account = accounts::find(&mut self.reader().await?, &login).await?;
        let stranger = Stranger::Login(login);
        let until = match &account {
            Some(account) => Some(account.locked_until).filter(|until| *until > now),
            None => self.strangers().locked(&stranger, now),
        };
        if let Some(until) = until {
            return Err(locked(until, now));
        }
        let hash = account.as_ref().map(|a| a.password.as_str());
        let right = password.chars().count() <= crate::passwords::MAX_LENGTH
            && self.passwords().verify(password, hash).await?;
        let Some(account) = account.filter(|a| right && !a.disabled) else {
            self.failed(stranger, address, now).await?;
            return Err(wrong());
        };
        if account.totp_on {
            let Some(code) = code.filter(|c| !c.trim().is_empty()) else {
                return Ok(SignedIn::CodeNeeded(self.ticket(&account, now)));
            };
            return self.finish_code(door, &account, code, now).await;
        }
        self.admit(door, &account).await.map(SignedIn::Done)
    }

    /// The second step: the ticket of the first and a one-time or recovery code.
    ///
    /// # Errors
    /// As [`App::sign_in`]; `ticket-expired` when the first step is too long ago.
    pub async fn sign_in_code(
        &self,
        door: Door<'_>,
        login: &str,
        ticket: &str,
        code: &str,
    ) -> Result<String, Fault> {
        let now = self.wall();
        let login = accounts::parse_login(login).map_err(|_| wrong())?;
        let account = accounts::find(&mut self.reader().await?, &login).await?;
        let expired = || Fault::from(Refusal::new("ticket-expired"));
        let account = account.filter(|a| !a.disabled).ok_or_else(expired)?;
        if !self.ticket_holds(&account, ticket, now) {
            return Err(expired());
        }
        if account.locked_until > now {
            return Err(locked(account.locked_until, now));
        }
        match self.finish_code(door, &account, code, now).await? {
            SignedIn::Done(token) => Ok(token),
            SignedIn::CodeNeeded(_) => Err(expired()),
        }
    }

    async fn finish_code(
        &self,
        door: Door<'_>,
        account: &Account,
        code: &str,
        now: Micros,
    ) -> Result<SignedIn, Fault> {
        if codes::accept(self, account, code, now).await? {
            return self.admit(door, account).await.map(SignedIn::Done);
        }
        let stranger = Stranger::Login(account.login.clone());
        self.failed(stranger, Stranger::Address(door.caller), now).await?;
        Err(Refusal::new("code-wrong").into())
    }

    async fn admit(&self, door: Door<'_>, account: &Account) -> Result<String, Fault> {
        if account.failures != 0 {
            let clear = vec![account.login.as_str().into(), 0_i64.into(), 0_i64.into()];
            let clear = Operation::Execute(&ACCOUNT_FAILED, clear);
            self.engine().operate(Priority::Urgent, vec![clear]).await?;
        }
        self.strangers().forget(&Stranger::Address(door.caller));
        let owner = Owner::Account(account.login.clone());
        self.open_session(door.kind, &owner, door.device).await
    }

    async fn failed(&self, login: Stranger, address: Stranger, now: Micros) -> Result<(), Fault> {
        self.strangers().failed(address, FREE_ADDRESS, now);
        let Stranger::Login(name) = &login else { return Ok(()) };
        // Read again: while the password was checked others may have failed, too.
        match accounts::find(&mut self.reader().await?, name).await? {
            Some(account) => {
                let failures = account.failures + 1;
                let until = now + back_off(failures, FREE);
                let row = vec![name.as_str().into(), failures.into(), until.into()];
                let failed = Operation::Execute(&ACCOUNT_FAILED, row);
                self.engine().operate(Priority::Urgent, vec![failed]).await?;
            }
            None => self.strangers().failed(login, FREE, now),
        }
        Ok(())
    }

    fn ticket(&self, account: &Account, now: Micros) -> String {
        let expires = (now + TICKET).0;
        let message = ticket_message(account, expires);
        format!("{expires}.{}", self.secrets().token(Purpose::Ticket, &message))
    }

    fn ticket_holds(&self, account: &Account, ticket: &str, now: Micros) -> bool {
        ticket.split_once('.').is_some_and(|(expires, token)| {
            expires.parse::<i64>().is_ok_and(|expires| {
                now.0 < expires
                    && self.secrets().verify(
                        Purpose::Ticket,
                        &ticket_message(account, expires),
                        token,
                    )
            })
        })
    }

    /// Signs a household in by its printed code.
    ///
    /// # Errors
    /// `household-code-wrong`, `sign-in-locked`, or a fault.
    pub async fn sign_in_household(&self, caller: Caller, code: &str) -> Result<String, Fault> {
        let now = self.wall();
        let address = Stranger::Address(caller);
        if let Some(until) = self.strangers().locked(&address, now) {
            return Err(locked(until, now));
        }
        let found = match self.keys().code_index(code) {
            Some(index) => views::household_by_code(&mut self.reader().await?, index)
                .await
                .map_err(Fault::internal)?,
            None => None,
        };
        let Some((area, household)) = found else {
            self.strangers().failed(address, FREE_ADDRESS, now);
            return Err(Refusal::new("household-code-wrong").into());
        };
        let owner = Owner::Household(area, household);
        self.open_session(Kind::Resident, &owner, None).await
    }

    /// The name of the session cookie. With https the name itself makes the browser insist on a
    /// secure cookie for this host and all paths.
    pub fn session_cookie(&self) -> &'static str {
        if self.config().is_https() { "__Host-songhua" } else { "songhua" }
    }

    /// The `Set-Cookie` of a session token; an empty token ends it.
    pub fn set_session_cookie(&self, token: &str) -> String {
        let secure = if self.config().is_https() { "; Secure" } else { "" };
        let age = if token.is_empty() { "; Max-Age=0" } else { "" };
        format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", self.session_cookie())
    }
}

/// The ticket dies with the password.
fn ticket_message(account: &Account, expires: i64) -> Vec<u8> {
    format!("{}\n{expires}\n{}", account.login, account.password).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_after_the_free_mistakes_and_ends_somewhere() {
        let seconds = |n| back_off(n, FREE).0 / 1_000_000;
        assert_eq!((seconds(0), seconds(4)), (0, 0));
        assert_eq!((seconds(5), seconds(6), seconds(7)), (15, 30, 60));
        assert_eq!(seconds(11), 900);
        assert_eq!(seconds(1_000_000), 900);
    }

    #[test]
    fn strangers_are_forgotten_in_time_and_bounded() {
        let strangers = Strangers::default();
        let who = Stranger::Login("nobody".into());
        let t0 = Micros(0);
        for _ in 0..5 {
            strangers.failed(who.clone(), FREE, t0);
        }
        assert_eq!(strangers.locked(&who, t0), Some(t0 + Span::seconds(15)));
        assert_eq!(strangers.locked(&who, t0 + Span::seconds(15)), None);
        let later = t0 + REMEMBERED;
        strangers.failed(who.clone(), FREE, later);
        assert_eq!(strangers.locked(&who, later), None);
        for n in 0..STRANGERS + 10 {
            strangers.failed(Stranger::Login(n.to_string()), FREE, later);
        }
        let known = strangers.known.lock().expect("not poisoned");
        assert!(known.len() <= STRANGERS);
    }
}
