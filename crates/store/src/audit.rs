//! What people did by the web side and by commands: signing in, accounts, agents, the service.

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::{Store, StoreError, signed};

/// Entries that are read at once.
pub const READ_MAX: u64 = 1_000;

/// Characters of what an entry is about; more is cut off.
const ABOUT_MAX: usize = 500;

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// Who; the name that was tried where nobody was signed in.
    pub account: String,
    /// One of a few words: `signed in`, `refused`, `account made` and so on.
    pub what: String,
    /// Whom or what it was done to.
    pub about: String,
    /// Where it came from; empty for a command on this machine.
    pub address: String,
}

impl Store {
    /// Writes an entry down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(&self, entry: Entry) -> Result<(), StoreError> {
        self.write(async move |connection| insert(connection, entry).await).await
    }

    /// Entries before `before`, the latest first, [`READ_MAX`] at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, before: u64, most: u64) -> Result<Vec<Entry>, StoreError> {
        let mut connection = self.reader().await?;
        let rows = sqlx::query(
            "SELECT at, account, what, about, address FROM audit_log WHERE at < $1 ORDER BY at DESC LIMIT $2",
        )
        .bind(signed(before))
        .bind(signed(most.min(READ_MAX)))
        .fetch_all(&mut *connection)
        .await;
        rows.and_then(|rows| rows.iter().map(entry).collect()).map_err(|why| self.failed(why))
    }
}

/// Entries from `since` on, the latest first.
pub(crate) async fn read(
    connection: &mut AnyConnection,
    since: u64,
    most: u64,
) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT at, account, what, about, address FROM audit_log WHERE at >= $1 ORDER BY at DESC LIMIT $2",
    )
    .bind(signed(since))
    .bind(signed(most))
    .fetch_all(connection)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        at: crate::count(row, 0)?,
        account: row.try_get(1)?,
        what: row.try_get(2)?,
        about: row.try_get(3)?,
        address: row.try_get(4)?,
    })
}

/// Writes an entry down together with what it tells of.
pub(crate) async fn insert(connection: &mut AnyConnection, entry: Entry) -> Result<(), sqlx::Error> {
    let about: String = entry.about.chars().take(ABOUT_MAX).collect();
    sqlx::query("INSERT INTO audit_log (at, account, what, about, address) VALUES ($1, $2, $3, $4, $5)")
        .bind(signed(entry.at))
        .bind(entry.account)
        .bind(entry.what)
        .bind(about)
        .bind(entry.address)
        .execute(connection)
        .await?;
    Ok(())
}
