//! Accounts of staff: who may sign in, with which roles, and what was changed by whom.

use ledger::{Operation, Priority};
use store::{Connection, Row, Value};
use types::{AreaScope, HolderCode, Micros, ParseError, Refusal};
use uuid::Uuid;

use crate::access::{Action, Actor, Grant, Resource, Role, can};
use crate::tables::{
    ACCOUNT_BY_LOGIN, ACCOUNT_COUNT, ACCOUNT_DISABLE, ACCOUNT_PASSWORD, ACCOUNT_PUT,
    ACCOUNT_RENAME, ACCOUNTS_WITHIN, EVENT_PUT, EVENTS_OF, GRANT_PUT, GRANTS_CLEAR, GRANTS_OF,
};
use crate::{App, Fault, passwords};

/// An account as it is stored.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name at sign-in: lower-case letters, digits, `.`, `-`, `_`.
    pub login: String,
    /// The name that pages show.
    pub name: String,
    /// The password's hash in PHC form.
    pub password: String,
    /// The password was set by somebody else.
    pub must_change: bool,
    /// It may not sign in.
    pub disabled: bool,
    /// The secret of the one-time codes, sealed.
    pub totp: Option<Vec<u8>>,
    /// Whether one-time codes are asked for (the secret has been confirmed).
    pub totp_on: bool,
    /// The last time step whose code was used.
    pub totp_step: i64,
    /// Digests of the recovery codes that are left, comma-separated.
    pub recovery: String,
    /// Wrong passwords or codes since the last right one.
    pub failures: i64,
    /// Until when sign-in is refused.
    pub locked_until: Micros,
    /// When it was made.
    pub created_at: Micros,
    /// Its roles.
    pub grants: Vec<Grant>,
}

impl Account {
    /// The account as it acts.
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.login.clone(),
            name: self.name.clone(),
            grants: self.grants.clone(),
            household: None,
            must_change: self.must_change,
        }
    }
}

/// One line of the list of accounts.
#[derive(Clone, Debug)]
pub struct AccountLine {
    /// Its login.
    pub login: String,
    /// Its name.
    pub name: String,
    /// The password has to be changed.
    pub must_change: bool,
    /// It may not sign in.
    pub disabled: bool,
    /// One-time codes are on.
    pub totp_on: bool,
    /// When it was made.
    pub created_at: Micros,
    /// Its roles.
    pub grants: Vec<Grant>,
}

/// What was done to an account.
#[derive(Clone, Debug)]
pub struct AccountEvent {
    /// When.
    pub at: Micros,
    /// Who did it.
    pub actor: String,
    /// What, as a word: `created`, `grants`, `password`, `disabled`, `enabled`, `code-on`, …
    pub what: String,
    /// Particulars.
    pub detail: String,
}

/// Checks and normalises a login.
///
/// # Errors
/// [`ParseError`] unless it is 2–40 letters, digits, dots, hyphens or underscores.
pub fn parse_login(text: &str) -> Result<String, ParseError> {
    let login = text.trim().to_ascii_lowercase();
    let ok = (2..=40).contains(&login.len())
        && login.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if ok {
        Ok(login)
    } else {
        Err(ParseError::new("login", text, "2 to 40 letters, digits, '.', '-' or '_'"))
    }
}

/// The account behind a login.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn find(db: &mut Connection, login: &str) -> Result<Option<Account>, Fault> {
    let Some(row) = db.first(&ACCOUNT_BY_LOGIN, &[login.into()]).await? else {
        return Ok(None);
    };
    let grants = grants_of(db, &[login]).await?.remove(login).unwrap_or_default();
    Ok(Some(Account {
        login: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        password: row.text(2)?.to_owned(),
        must_change: row.flag(3)?,
        disabled: row.flag(4)?,
        totp: row.opt_bytes(5)?.map(<[u8]>::to_vec),
        totp_on: row.flag(6)?,
        totp_step: row.int(7)?,
        recovery: row.text(8)?.to_owned(),
        failures: row.int(9)?,
        locked_until: row.time(10)?,
        created_at: row.time(11)?,
        grants,
    }))
}

type GrantsByLogin = std::collections::HashMap<String, Vec<Grant>>;

async fn grants_of(db: &mut Connection, logins: &[&str]) -> Result<GrantsByLogin, Fault> {
    let keys: Vec<Value> = logins.iter().map(|login| Value::from(*login)).collect();
    let mut rows = db.lookup(&GRANTS_OF, &keys).await?;
    rows.sort_by_key(|row| row.int(1).unwrap_or_default());
    let mut grants = GrantsByLogin::new();
    for row in rows {
        let grant = grant_of(&row)?;
        grants.entry(row.text(0)?.to_owned()).or_default().push(grant);
    }
    Ok(grants)
}

fn grant_of(row: &Row) -> Result<Grant, Fault> {
    Ok(Grant {
        role: Role::parse(row.text(2)?).map_err(Fault::internal)?,
        scope: AreaScope::parse(row.text(3)?).map_err(Fault::internal)?,
        holder: row.opt_text(4)?.map(HolderCode::parse).transpose().map_err(Fault::internal)?,
    })
}

/// The accounts whose every role lies within a scope, by login, after one login.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn within(
    db: &mut Connection,
    scope: AreaScope,
    after: &str,
    limit: i64,
) -> Result<Vec<AccountLine>, Fault> {
    let (low, high) = scope.bounds();
    let rows =
        db.query(&ACCOUNTS_WITHIN, &[low.into(), high.into(), after.into(), limit.into()]).await?;
    let logins = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    let mut grants = grants_of(db, &logins).await?;
    rows.iter()
        .map(|row| {
            let login = row.text(0)?.to_owned();
            Ok(AccountLine {
                grants: grants.remove(&login).unwrap_or_default(),
                login,
                name: row.text(1)?.to_owned(),
                must_change: row.flag(2)?,
                disabled: row.flag(3)?,
                totp_on: row.flag(4)?,
                created_at: row.time(5)?,
            })
        })
        .collect()
}

/// What was done to an account, the latest first.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn events(
    db: &mut Connection,
    login: &str,
    limit: i64,
) -> Result<Vec<AccountEvent>, Fault> {
    let rows = db.query(&EVENTS_OF, &[login.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(AccountEvent {
                at: row.time(0)?,
                actor: row.text(1)?.to_owned(),
                what: row.text(2)?.to_owned(),
                detail: row.text(3)?.to_owned(),
            })
        })
        .collect()
}

/// How many accounts there are.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn count(db: &mut Connection) -> Result<i64, Fault> {
    let row = db.first(&ACCOUNT_COUNT, &[]).await?;
    Ok(row.map_or(Ok(0), |row| row.int(0))?)
}

/// The statement that records what was done to an account.
pub(crate) fn event(at: Micros, actor: &str, login: &str, what: &str, detail: &str) -> Operation {
    let row = vec![
        Uuid::now_v7().into_bytes().into(),
        at.into(),
        actor.into(),
        login.into(),
        what.into(),
        detail.into(),
    ];
    Operation::Insert(&EVENT_PUT, row)
}

fn grant_rows(login: &str, grants: &[Grant]) -> Operation {
    let mut rows: Vec<Value> = Vec::new();
    for (n, grant) in (0_i64..).zip(grants) {
        let (low, high) = grant.scope.bounds();
        rows.extend([
            login.into(),
            n.into(),
            grant.role.as_str().into(),
            grant.scope.to_string().into(),
            low.into(),
            high.into(),
            grant.holder.as_ref().map_or(Value::Null, Value::from),
        ]);
    }
    Operation::Insert(&GRANT_PUT, rows)
}

/// The grants as one line of text for the account's history.
pub fn grants_text(grants: &[Grant]) -> String {
    let one = |g: &Grant| match &g.holder {
        Some(holder) => format!("{}@{}={holder}", g.role, g.scope),
        None => format!("{}@{}", g.role, g.scope),
    };
    grants.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A new account.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its login, already [`parse_login`]ed.
    pub login: String,
    /// The name that pages show.
    pub name: String,
    /// Its first password.
    pub password: String,
    /// Whether the password has to be changed at first sign-in.
    pub must_change: bool,
    /// Its roles; at least one.
    pub grants: Vec<Grant>,
}

impl App {
    /// Makes an account without asking who may: for the first admin, the demo and tests. Pages
    /// use [`App::create_account`].
    ///
    /// # Errors
    /// `login-taken`, `grants-missing`, or a fault of the store.
    pub async fn put_account(&self, by: &str, new: NewAccount) -> Result<(), Fault> {
        if new.grants.is_empty() {
            return Err(Refusal::new("grants-missing").into());
        }
        if find(&mut self.reader().await?, &new.login).await?.is_some() {
            return Err(Refusal::new("login-taken").with("login", &new.login).into());
        }
        let now = self.wall();
        let hash = self.passwords().hash(&new.password).await?;
        let account: Vec<Value> = vec![
            new.login.as_str().into(),
            new.name.as_str().into(),
            hash.into(),
            new.must_change.into(),
            false.into(),
            Value::Null,
            false.into(),
            0_i64.into(),
            "".into(),
            0_i64.into(),
            0_i64.into(),
            now.into(),
            now.into(),
        ];
        let operations = vec![
            Operation::Insert(&ACCOUNT_PUT, account),
            grant_rows(&new.login, &new.grants),
            event(now, by, &new.login, "created", &grants_text(&new.grants)),
        ];
        match self.engine().operate(Priority::Urgent, operations).await {
            // Two admins made the same login at the same moment.
            Err(ledger::LedgerError::Store(store::StoreError::Constraint(_))) => {
                Err(Refusal::new("login-taken").with("login", &new.login).into())
            }
            other => other.map(|_| ()).map_err(Fault::from),
        }
    }

    /// Makes an account on behalf of an admin; gives the temporary password, which is shown
    /// once.
    ///
    /// # Errors
    /// As [`App::put_account`], and those of [`can`].
    pub async fn create_account(
        &self,
        by: &Actor,
        login: String,
        name: String,
        grants: Vec<Grant>,
    ) -> Result<String, Fault> {
        can(Some(by), Action::Give(&grants), Resource::Own)?;
        let password = passwords::temporary();
        let new = NewAccount { login, name, password: password.clone(), must_change: true, grants };
        self.put_account(&by.user, new).await?;
        Ok(password)
    }

    /// The account, if the admin may manage it.
    ///
    /// # Errors
    /// `not-found` when there is none or it is not the admin's to see.
    pub async fn managed_account(&self, by: &Actor, login: &str) -> Result<Account, Fault> {
        let account = find(&mut self.reader().await?, login).await?;
        account
            .filter(|a| can(Some(by), Action::Give(&a.grants), Resource::Own).is_ok())
            .ok_or_else(|| Fault::not_found(login))
    }

    /// Gives an account another name and other roles.
    ///
    /// # Errors
    /// As [`App::managed_account`] and [`can`]; `own-account` for the admin's own.
    pub async fn change_account(
        &self,
        by: &Actor,
        login: &str,
        name: &str,
        grants: Vec<Grant>,
    ) -> Result<(), Fault> {
        self.managed_account(by, login).await?;
        not_own(by, login)?;
        can(Some(by), Action::Give(&grants), Resource::Own)?;
        if grants.is_empty() {
            return Err(Refusal::new("grants-missing").into());
        }
        let now = self.wall();
        let operations = vec![
            Operation::Execute(&ACCOUNT_RENAME, vec![login.into(), name.into(), now.into()]),
            Operation::Execute(&GRANTS_CLEAR, vec![login.into()]),
            grant_rows(login, &grants),
            event(now, &by.user, login, "grants", &grants_text(&grants)),
        ];
        self.engine().operate(Priority::Urgent, operations).await?;
        self.sessions().forget(login);
        Ok(())
    }

    /// Lets an account sign in, or not; its sessions end.
    ///
    /// # Errors
    /// As [`App::change_account`].
    pub async fn disable_account(
        &self,
        by: &Actor,
        login: &str,
        disabled: bool,
    ) -> Result<(), Fault> {
        self.managed_account(by, login).await?;
        not_own(by, login)?;
        let now = self.wall();
        let what = if disabled { "disabled" } else { "enabled" };
        let operations = vec![
            Operation::Execute(&ACCOUNT_DISABLE, vec![login.into(), disabled.into(), now.into()]),
            event(now, &by.user, login, what, ""),
        ];
        self.engine().operate(Priority::Urgent, operations).await?;
        self.end_sessions(login, None).await
    }

    /// Gives an account a temporary password, which is shown once; its sessions end and its
    /// lock is lifted.
    ///
    /// # Errors
    /// As [`App::change_account`].
    pub async fn reset_password(&self, by: &Actor, login: &str) -> Result<String, Fault> {
        self.managed_account(by, login).await?;
        not_own(by, login)?;
        let password = passwords::temporary();
        let hash = self.passwords().hash(&password).await?;
        let now = self.wall();
        let operations = vec![
            Operation::Execute(
                &ACCOUNT_PASSWORD,
                vec![login.into(), hash.into(), true.into(), now.into()],
            ),
            event(now, &by.user, login, "password-reset", ""),
        ];
        self.engine().operate(Priority::Urgent, operations).await?;
        self.end_sessions(login, None).await?;
        Ok(password)
    }
}

fn not_own(by: &Actor, login: &str) -> Result<(), Refusal> {
    if by.user == login { Err(Refusal::new("own-account")) } else { Ok(()) }
}
