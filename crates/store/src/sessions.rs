//! Who is signed in. The database holds a hash of what the browser holds, so that whoever reads it is not signed in by it.

use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::{Store, StoreError, signed};

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose it is; empty while nobody has signed in.
    pub account: String,
    /// What belongs to it, in JSON.
    pub data: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub expires_at: u64,
}

fn hashed(token: &[u8]) -> String {
    Sha256::digest(token).iter().map(|octet| format!("{octet:02x}")).collect()
}

impl Store {
    /// Keeps a session; whether it was there before must be as `anew` says, else nothing is written and the answer is
    /// `false`: a session that was ended meanwhile does not come back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_session(&self, token: &[u8], session: Kept, anew: bool) -> Result<bool, StoreError> {
        let token = hashed(token);
        let sql = if anew {
            "INSERT INTO sessions (account, data, expires_at, token) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (token) DO NOTHING"
        } else {
            "UPDATE sessions SET account = $1, data = $2, expires_at = $3 WHERE token = $4"
        };
        self.write(async move |connection| {
            let Kept { account, data, expires_at } = session;
            let written = sqlx::query(sql)
                .bind(account)
                .bind(data)
                .bind(signed(expires_at))
                .bind(token)
                .execute(connection)
                .await?;
            Ok(written.rows_affected() == 1)
        })
        .await
    }

    /// The session of this token, unless it has expired by `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, token: &[u8], now: u64) -> Result<Option<Kept>, StoreError> {
        let mut connection = self.reader().await?;
        let row = sqlx::query(
            "SELECT account, data, expires_at FROM sessions WHERE token = $1 AND expires_at > $2",
        )
        .bind(hashed(token))
        .bind(signed(now))
        .fetch_optional(&mut *connection)
        .await;
        let kept = |row: sqlx::any::AnyRow| {
            Ok(Kept { account: row.try_get(0)?, data: row.try_get(1)?, expires_at: crate::count(&row, 2)? })
        };
        row.and_then(|row| row.map(kept).transpose()).map_err(|why| self.failed(why))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, token: &[u8]) -> Result<(), StoreError> {
        let token = hashed(token);
        self.write(async move |connection| {
            sqlx::query("DELETE FROM sessions WHERE token = $1").bind(token).execute(connection).await?;
            Ok(())
        })
        .await
    }

    /// Forgets sessions that have expired by `now`; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_sessions(&self, now: u64) -> Result<u64, StoreError> {
        self.write(async move |connection| {
            let gone = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(signed(now));
            Ok(gone.execute(connection).await?.rows_affected())
        })
        .await
    }
}
