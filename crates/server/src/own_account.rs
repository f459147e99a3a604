//! What people do to their own account.

use ledger::{Operation, Priority};
use types::{Refusal, Span};

use crate::access::Actor;
use crate::accounts;
use crate::config::Rate;
use crate::rates::{Allowance, Caller};
use crate::sessions::Key;
use crate::tables::ACCOUNT_PASSWORD;
use crate::{App, Fault};

/// How often a session may try its own password: a stolen session must not become a password.
const TRIES: Rate = Rate::new(1.0 / 60.0, 5.0);

impl App {
    /// Checks the password of whoever is signed in.
    ///
    /// # Errors
    /// `password-wrong`, `sign-in-locked` after too many tries, or a fault.
    pub async fn check_own_password(&self, actor: &Actor, password: &str) -> Result<(), Fault> {
        let account = self.account(&actor.user).await?;
        let key = crate::sessions::key_of(&format!("own password of {}", actor.user));
        self.buckets().take(Allowance::SignIn, Caller::session(&key), TRIES, self.wall()).map_err(
            |seconds| {
                let minutes = Span::seconds(i64::from(seconds)).0.div_euclid(60_000_000) + 1;
                Fault::from(Refusal::new("sign-in-locked").with("minutes", minutes))
            },
        )?;
        if self.passwords().verify(password, Some(&account.password)).await? {
            Ok(())
        } else {
            Err(Refusal::new("password-wrong").into())
        }
    }

    /// Changes one's own password; all other sessions end.
    ///
    /// # Errors
    /// As [`App::check_own_password`].
    pub async fn change_password(
        &self,
        actor: &Actor,
        old: &str,
        new: &str,
        keep: Option<&Key>,
    ) -> Result<(), Fault> {
        self.check_own_password(actor, old).await?;
        let hash = self.passwords().hash(new).await?;
        let now = self.wall();
        let row = vec![actor.user.as_str().into(), hash.into(), false.into(), now.into()];
        let operations = vec![
            Operation::Execute(&ACCOUNT_PASSWORD, row),
            accounts::event(now, &actor.user, &actor.user, "password", ""),
        ];
        self.engine().operate(Priority::Urgent, operations).await?;
        self.end_sessions(&actor.user, keep).await
    }
}
