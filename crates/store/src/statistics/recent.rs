//! What callers did today: the same figures whatever the edition, kept for a while by the quarter of an hour.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row};

use super::Sums;
use crate::{Store, StoreError, count, limits, signed};

/// Seconds of a quarter of an hour; each day of each time zone is made of whole ones.
const QUARTER: u64 = 900;

/// What is counted of one node in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RecentFigures {
    /// Stays; a node that is repeated is one.
    pub entries: u64,
    /// How often no key came in time.
    pub timeouts: u64,
    /// Callers who hung up here, other than in conversations and goodbyes.
    pub hung_up: u64,
    /// Those of them who had not come to any goal.
    pub abandoned: u64,
}

/// By flow and node.
pub type Recent = BTreeMap<String, BTreeMap<String, RecentFigures>>;

impl Store {
    /// What was done by calls that ended at `since` (seconds since 1970-01-01T00:00:00Z, of a whole quarter of an hour) or
    /// later. What is older than [`limits::RECENT_KEPT`] is not there any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recent(&self, since: u64) -> Result<Recent, StoreError> {
        let mut connection = self.reader().await?;
        read(&mut connection, since).await.map_err(|why| self.failed(why))
    }
}

pub(super) async fn read(connection: &mut AnyConnection, since: u64) -> Result<Recent, sqlx::Error> {
    // A sum of BIGINT is NUMERIC in PostgreSQL, which must be cast.
    let rows = sqlx::query(
        "SELECT flow, node, CAST(SUM(entries) AS BIGINT), CAST(SUM(timeouts) AS BIGINT), \
         CAST(SUM(hung_up) AS BIGINT), CAST(SUM(abandoned) AS BIGINT) \
         FROM recent_stays WHERE quarter >= $1 GROUP BY flow, node",
    )
    .bind(signed(since / QUARTER))
    .fetch_all(connection)
    .await?;
    let mut all = Recent::new();
    for row in rows {
        let figures = RecentFigures {
            entries: count(&row, 2)?,
            timeouts: count(&row, 3)?,
            hung_up: count(&row, 4)?,
            abandoned: count(&row, 5)?,
        };
        all.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?, figures);
    }
    Ok(all)
}

/// The quarter of an hour that a call ended in.
pub(super) fn quarter(seconds: u64) -> u64 {
    seconds / QUARTER
}

/// Adds a quarter's calls to what is there, and drops what is too old to be asked for.
pub(super) async fn write(
    connection: &mut AnyConnection,
    quarter: u64,
    sums: &Sums,
) -> Result<(), sqlx::Error> {
    for ((flow, _), figures) in sums {
        for (node, counts) in &figures.nodes {
            sqlx::query(
                "INSERT INTO recent_stays (quarter, flow, node, entries, timeouts, hung_up, abandoned) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (quarter, flow, node) DO UPDATE SET \
                 entries = recent_stays.entries + excluded.entries, \
                 timeouts = recent_stays.timeouts + excluded.timeouts, \
                 hung_up = recent_stays.hung_up + excluded.hung_up, \
                 abandoned = recent_stays.abandoned + excluded.abandoned",
            )
            .bind(signed(quarter))
            .bind(flow)
            .bind(node)
            .bind(signed(counts.entries))
            .bind(signed(counts.timeouts))
            .bind(signed(counts.hung_up))
            .bind(signed(counts.abandoned))
            .execute(&mut *connection)
            .await?;
        }
    }
    let kept = limits::RECENT_KEPT.as_secs() / QUARTER;
    sqlx::query("DELETE FROM recent_stays WHERE quarter < $1")
        .bind(signed(quarter.saturating_sub(kept)))
        .execute(connection)
        .await?;
    Ok(())
}
