//! Accounts of people: their role, the desk they may take, their password.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::rngs::OsRng;
use rand::{Rng, TryRngCore};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;
use thiserror::Error;

use crate::audit::{self, Entry};
use crate::{Store, StoreError, signed};

/// Characters of an account's name.
pub const NAME_CHARS_MAX: usize = 64;
/// Characters that a password has at least (NIST SP 800-63B §3.1.1.2 asks for 8, and 15 where it is all there is).
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Octets of a password; more is refused before it is worked on.
pub const PASSWORD_OCTETS_MAX: usize = 256;
/// Accounts in all.
pub const ACCOUNTS_MAX: u64 = 10_000;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes calls at a desk.
    Agent,
    /// Sees agents, calls and queues, and steps in.
    Supervisor,
    /// Sees and changes the service.
    Operator,
    /// Everything, and accounts.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Agent, Role::Supervisor, Role::Operator, Role::Admin];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = AccountError;

    fn from_str(name: &str) -> Result<Role, AccountError> {
        let found = Role::ALL.into_iter().find(|role| role.name() == name);
        found.ok_or_else(|| AccountError::Role(name.chars().take(NAME_CHARS_MAX).collect()))
    }
}

/// An account, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// What it signs in with.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The agent of queues.yaml whose desk it may take.
    pub agent: Option<String>,
    /// The password was given by another person and must be changed first.
    pub must_change: bool,
    /// Nobody signs in.
    pub locked: bool,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub created_at: u64,
}

/// Why an account is not made or changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Names are kept short and printable.
    #[error("a name has 1 to {NAME_CHARS_MAX} letters, digits, dots, dashes or underscores")]
    Name,
    /// There is no such role.
    #[error("`{0}` is no role; there is agent, supervisor, operator, admin")]
    Role(String),
    /// Too short or too long.
    #[error(
        "a password has at least {PASSWORD_CHARS_MIN} characters, and at most {PASSWORD_OCTETS_MAX} octets"
    )]
    Password,
    /// The name is taken.
    #[error("there is an account `{0}` already")]
    Exists(String),
    /// Nobody has this name.
    #[error("there is no account `{0}`")]
    Unknown(String),
    /// Nobody could make accounts any more.
    #[error("`{0}` is the last admin who can sign in")]
    LastAdmin(String),
    /// [`ACCOUNTS_MAX`].
    #[error("there are {ACCOUNTS_MAX} accounts already")]
    Full,
}

/// A password as it is kept: Argon2id (RFC 9106 §4, second recommendation scaled down to 19 MiB, 2 passes, 1 lane).
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(String);

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(..)")
    }
}

impl Hashed {
    /// Works for some ten milliseconds, on purpose: not for a thread that serves others.
    ///
    /// # Errors
    /// [`AccountError::Password`].
    pub fn new(password: &str) -> Result<Hashed, AccountError> {
        if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_OCTETS_MAX {
            return Err(AccountError::Password);
        }
        let made: Result<PasswordHash, _> = argon2().hash_password(password.as_bytes());
        made.map(|hash| Hashed(hash.to_string())).map_err(|_| AccountError::Password)
    }

    /// Whether `password` is the one. Takes as long as [`Hashed::new`], also where the answer is no.
    #[must_use]
    pub fn is(&self, password: &str) -> bool {
        password.len() <= PASSWORD_OCTETS_MAX
            && PasswordHash::new(&self.0)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// A password that a person can read off a terminal and type: 60 bits of chance.
#[must_use]
pub fn readable_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let mut random = OsRng.unwrap_err();
    let mut group =
        || (0..4).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect::<String>();
    format!("{}-{}-{}", group(), group(), group())
}

/// What is changed of an account; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another role.
    pub role: Option<Role>,
    /// Another desk, or none.
    pub agent: Option<Option<String>>,
    /// Whether nobody signs in.
    pub locked: Option<bool>,
    /// Another password, and whether it must be changed at once.
    pub password: Option<(Hashed, bool)>,
}

/// Whether an account may be called so.
///
/// # Errors
/// [`AccountError::Name`].
pub fn check_name(name: &str) -> Result<(), AccountError> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    let good = |c: char| c.is_alphanumeric() || ".-_".contains(c);
    if fits && name.chars().all(good) { Ok(()) } else { Err(AccountError::Name) }
}

impl Store {
    /// Every account, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut connection = self.reader().await?;
        let rows = sqlx::query(
            "SELECT name, role, agent, must_change, locked, created_at FROM accounts ORDER BY name",
        )
        .fetch_all(&mut *connection)
        .await;
        let read = rows.and_then(|rows| rows.iter().map(account).collect());
        read.map_err(|why| self.failed(why))
    }

    /// The account of this name, and its password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, name: &str) -> Result<Option<(Account, Hashed)>, StoreError> {
        let mut connection = self.reader().await?;
        let row = sqlx::query(
            "SELECT name, role, agent, must_change, locked, created_at, password FROM accounts WHERE name = $1",
        )
        .bind(name.to_owned())
        .fetch_optional(&mut *connection)
        .await;
        let both = |row: AnyRow| Ok((account(&row)?, Hashed(row.try_get(6)?)));
        row.and_then(|row| row.map(both).transpose()).map_err(|why| self.failed(why))
    }

    /// Makes an account, and writes `entry` into the audit.
    ///
    /// # Errors
    /// When the database fails; inside, [`AccountError`] when nothing was made.
    pub async fn add_account(
        &self,
        account: Account,
        password: Hashed,
        entry: Entry,
    ) -> Result<Result<(), AccountError>, StoreError> {
        if let Err(why) = check_name(&account.name) {
            return Ok(Err(why));
        }
        self.write(async move |connection| {
            let row = sqlx::query("SELECT COUNT(*) FROM accounts").fetch_one(&mut *connection).await?;
            if crate::count(&row, 0)? >= ACCOUNTS_MAX {
                return Ok(Err(AccountError::Full));
            }
            let name = account.name.clone();
            let made = insert(connection, account, password).await?;
            if !made {
                return Ok(Err(AccountError::Exists(name)));
            }
            audit::insert(connection, entry).await.map(Ok)
        })
        .await
    }

    /// Makes an account if there is no admin yet, and says whether it did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_first_admin(
        &self,
        account: Account,
        password: Hashed,
        entry: Entry,
    ) -> Result<bool, StoreError> {
        self.write(async move |connection| {
            let admins = sqlx::query("SELECT COUNT(*) FROM accounts WHERE role = 'admin'");
            if crate::count(&admins.fetch_one(&mut *connection).await?, 0)? > 0 {
                return Ok(false);
            }
            let made = insert(connection, account, password).await?;
            if made {
                audit::insert(connection, entry).await?;
            }
            Ok(made)
        })
        .await
    }

    /// Changes an account, and writes `entry` into the audit. Whoever is signed in with it is signed out, unless only its desk changes.
    ///
    /// # Errors
    /// When the database fails; inside, [`AccountError`] when nothing was changed.
    pub async fn change_account(
        &self,
        name: &str,
        change: Change,
        entry: Entry,
    ) -> Result<Result<(), AccountError>, StoreError> {
        let name = name.to_owned();
        self.write(async move |connection| {
            let Change { role, agent, locked, password } = change;
            let less = role.is_some_and(|role| role != Role::Admin) || locked == Some(true);
            if less && is_last_admin(connection, &name).await? {
                return Ok(Err(AccountError::LastAdmin(name)));
            }
            let ends_sessions = role.is_some() || locked == Some(true) || password.is_some();
            let (hashed, must_change) =
                password.map(|(Hashed(hashed), must)| (hashed, i64::from(must))).unzip();
            let (keeps_agent, agent) = (i64::from(agent.is_none()), agent.flatten());
            let changed = sqlx::query(
                "UPDATE accounts SET role = COALESCE($1, role), \
                 agent = CASE WHEN $2 = 1 THEN agent ELSE $3 END, locked = COALESCE($4, locked), \
                 password = COALESCE($5, password), must_change = COALESCE($6, must_change) WHERE name = $7",
            )
            .bind(role.map(Role::name))
            .bind(keeps_agent)
            .bind(agent)
            .bind(locked.map(i64::from))
            .bind(hashed)
            .bind(must_change)
            .bind(name.clone())
            .execute(&mut *connection)
            .await?;
            if changed.rows_affected() == 0 {
                return Ok(Err(AccountError::Unknown(name)));
            }
            if ends_sessions {
                end_sessions(connection, name).await?;
            }
            audit::insert(connection, entry).await.map(Ok)
        })
        .await
    }

    /// Removes an account, signs it out, and writes `entry` into the audit.
    ///
    /// # Errors
    /// When the database fails; inside, [`AccountError`] when nothing was removed.
    pub async fn remove_account(
        &self,
        name: &str,
        entry: Entry,
    ) -> Result<Result<(), AccountError>, StoreError> {
        let name = name.to_owned();
        self.write(async move |connection| {
            if is_last_admin(connection, &name).await? {
                return Ok(Err(AccountError::LastAdmin(name)));
            }
            let removed = sqlx::query("DELETE FROM accounts WHERE name = $1")
                .bind(name.clone())
                .execute(&mut *connection)
                .await?;
            if removed.rows_affected() == 0 {
                return Ok(Err(AccountError::Unknown(name)));
            }
            end_sessions(connection, name).await?;
            audit::insert(connection, entry).await.map(Ok)
        })
        .await
    }
}

/// Whether the name was free.
async fn insert(
    connection: &mut AnyConnection,
    account: Account,
    Hashed(password): Hashed,
) -> Result<bool, sqlx::Error> {
    let made = sqlx::query(
        "INSERT INTO accounts (name, role, agent, password, must_change, locked, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING",
    )
    .bind(account.name)
    .bind(account.role.name())
    .bind(account.agent)
    .bind(password)
    .bind(i64::from(account.must_change))
    .bind(i64::from(account.locked))
    .bind(signed(account.created_at))
    .execute(connection)
    .await?;
    Ok(made.rows_affected() == 1)
}

async fn is_last_admin(connection: &mut AnyConnection, name: &str) -> Result<bool, sqlx::Error> {
    let rows = sqlx::query("SELECT name FROM accounts WHERE role = 'admin' AND locked = 0")
        .fetch_all(connection)
        .await?;
    Ok(rows.len() == 1 && rows[0].try_get::<String, _>(0)? == name)
}

async fn end_sessions(connection: &mut AnyConnection, name: String) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sessions WHERE account = $1").bind(name).execute(connection).await?;
    Ok(())
}

fn account(row: &AnyRow) -> Result<Account, sqlx::Error> {
    let role: String = row.try_get(1)?;
    Ok(Account {
        name: row.try_get(0)?,
        role: role.parse().map_err(|why: AccountError| sqlx::Error::Decode(why.into()))?,
        agent: row.try_get(2)?,
        must_change: row.try_get::<i64, _>(3)? != 0,
        locked: row.try_get::<i64, _>(4)? != 0,
        created_at: crate::count(row, 5)?,
    })
}
