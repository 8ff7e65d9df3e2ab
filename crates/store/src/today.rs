//! What was achieved since a time: for boards that everybody sees.

use std::collections::BTreeMap;
use std::time::Duration;

use call::Cdr;
use sqlx::{AnyConnection, Row};

use crate::tickets::millis;
use crate::{Store, StoreError, count, limits, signed};

/// Of one queue: callers whose waiting has come to an end, those who were refused at entry not among them (see
/// [`acd::Level`], whose formulas these are for).
pub type Levels = BTreeMap<String, acd::Level>;

/// What all calls together came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Today {
    /// Calls that were answered and have ended.
    pub calls: u64,
    /// Of these, who came to a goal and wanted no agent.
    pub helped: u64,
    /// Of these, who wanted an agent.
    pub wanted: u64,
    /// Ratings that were given.
    pub rated: u64,
    /// Of these, four stars of five or more, or as much of another scale.
    pub satisfied: u64,
    /// Answered calls by the beginning of the caller's number, the most first; at most [`limits::PREFIXES_MAX`].
    pub prefixes: Vec<(String, u64)>,
}

impl Store {
    /// Service levels by queue: of tickets that entered at `since` (seconds since 1970-01-01T00:00:00Z) or later. `in_time`
    /// has the queues, each with the waiting that counts as served in time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn levels(
        &self,
        since: u64,
        in_time: &BTreeMap<String, Duration>,
    ) -> Result<Levels, StoreError> {
        let mut connection = self.reader().await?;
        let mut levels = Levels::new();
        for (queue, limit) in in_time {
            let level = level(&mut connection, since, queue, *limit).await.map_err(|why| self.failed(why))?;
            levels.insert(queue.clone(), level);
        }
        Ok(levels)
    }

    /// What calls came to that ended at `since` (seconds since 1970-01-01T00:00:00Z, of a whole quarter of an hour) or later,
    /// two days ago at the most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn today(&self, since: u64) -> Result<Today, StoreError> {
        let mut connection = self.reader().await?;
        read(&mut connection, since).await.map_err(|why| self.failed(why))
    }
}

async fn level(
    connection: &mut AnyConnection,
    since: u64,
    queue: &str,
    in_time: Duration,
) -> Result<acd::Level, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*), COUNT(answered_at), \
         COUNT(CASE WHEN answered_at - entered_at <= $3 THEN 1 END), \
         COUNT(CASE WHEN answered_at IS NULL AND outcome = 'left' THEN 1 END), \
         COUNT(CASE WHEN answered_at IS NULL AND outcome = 'left' AND ended_at - entered_at <= $4 THEN 1 END) \
         FROM tickets WHERE queue = $1 AND entered_at >= $2 AND taken = 1 \
         AND (answered_at IS NOT NULL OR ended_at IS NOT NULL)",
    )
    .bind(queue)
    .bind(signed(since.saturating_mul(1_000)))
    .bind(signed(millis(in_time)))
    .bind(signed(millis(acd::ABANDONED_SHORT)))
    .fetch_one(connection)
    .await?;
    let count = |at| count(&row, at).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(acd::Level {
        offered: count(0)?,
        answered: count(1)?,
        in_time: count(2)?,
        abandoned: count(3)?,
        abandoned_short: count(4)?,
    })
}

async fn read(connection: &mut AnyConnection, since: u64) -> Result<Today, sqlx::Error> {
    let quarter = signed(since / QUARTER);
    let sums = sqlx::query(
        "SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT), CAST(COALESCE(SUM(helped), 0) AS BIGINT), \
         CAST(COALESCE(SUM(wanted), 0) AS BIGINT) FROM recent_calls WHERE quarter >= $1",
    )
    .bind(quarter)
    .fetch_one(&mut *connection)
    .await?;
    let stars = sqlx::query(
        "SELECT COUNT(*), COUNT(CASE WHEN stars * 5 >= most * 4 THEN 1 END) FROM ratings WHERE at >= $1",
    )
    .bind(signed(since.saturating_mul(1_000)))
    .fetch_one(&mut *connection)
    .await?;
    let rows = sqlx::query(
        "SELECT prefix, CAST(SUM(calls) AS BIGINT) AS number FROM recent_calls WHERE quarter >= $1 \
         GROUP BY prefix ORDER BY number DESC, prefix LIMIT $2",
    )
    .bind(quarter)
    .bind(signed(limits::PREFIXES_MAX))
    .fetch_all(connection)
    .await?;
    let prefixes = rows.iter().map(|row| Ok((row.try_get(0)?, count(row, 1)?)));
    Ok(Today {
        calls: count(&sums, 0)?,
        helped: count(&sums, 1)?,
        wanted: count(&sums, 2)?,
        rated: count(&stars, 0)?,
        satisfied: count(&stars, 1)?,
        prefixes: prefixes.collect::<Result<_, sqlx::Error>>()?,
    })
}

/// Seconds of a quarter of an hour.
const QUARTER: u64 = 900;

/// What a group of calls adds to a quarter.
#[derive(Default)]
struct Sum {
    calls: u64,
    helped: u64,
    wanted: u64,
}

/// Adds calls to what is there, with the stars that were given in them.
pub(crate) async fn write(connection: &mut AnyConnection, calls: &[Cdr]) -> Result<(), sqlx::Error> {
    let mut sums: BTreeMap<(u64, String), Sum> = BTreeMap::new();
    for cdr in calls.iter().filter(|cdr| cdr.answered.is_some()) {
        let quarter = cdr.ended.as_secs() / QUARTER;
        let sum = sums.entry((quarter, prefix(cdr.caller.as_deref().unwrap_or_default()))).or_default();
        let stays = &cdr.journal.stays;
        let wanted = cdr.agent.is_some() || stays.iter().any(|stay| stay.to_agent);
        sum.calls += 1;
        sum.wanted += u64::from(wanted);
        sum.helped += u64::from(!wanted && stays.iter().any(|stay| stay.goal.is_some()));
    }
    let mut last = 0;
    for ((quarter, prefix), sum) in sums {
        last = last.max(quarter);
        sqlx::query(
            "INSERT INTO recent_calls (quarter, prefix, calls, helped, wanted) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (quarter, prefix) DO UPDATE SET calls = recent_calls.calls + excluded.calls, \
             helped = recent_calls.helped + excluded.helped, wanted = recent_calls.wanted + excluded.wanted",
        )
        .bind(signed(quarter))
        .bind(prefix)
        .bind(signed(sum.calls))
        .bind(signed(sum.helped))
        .bind(signed(sum.wanted))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("DELETE FROM recent_calls WHERE quarter < $1")
        .bind(signed(last.saturating_sub(limits::RECENT_KEPT.as_secs() / QUARTER)))
        .execute(&mut *connection)
        .await?;
    for cdr in calls {
        for rated in &cdr.journal.ratings {
            sqlx::query(
                "INSERT INTO ratings (at, sip_call_id, flow, node, agent, stars, most) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(signed(millis(cdr.ended)))
            .bind(&cdr.sip_call_id)
            .bind(&rated.flow)
            .bind(&rated.node)
            .bind(&cdr.agent)
            .bind(i64::from(rated.stars))
            .bind(i64::from(rated.most))
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

/// The beginning of a number that tells where it is from: three digits of a mobile number of China, whose country code is
/// left out, else four signs.
fn prefix(number: &str) -> String {
    let own = number.strip_prefix("+86").or_else(|| number.strip_prefix("86")).unwrap_or(number);
    let is_mobile =
        own.len() == 11 && own.starts_with('1') && own.bytes().all(|digit| digit.is_ascii_digit());
    match is_mobile {
        true => own[..3].to_owned(),
        false => number.chars().take(4).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn numbers_are_told_by_their_beginning() {
        for (number, beginning) in [
            ("13800138000", "138"),
            ("+8613800138000", "138"),
            ("8613800138000", "138"),
            ("01088886666", "0108"),
            ("+442071838750", "+442"),
            ("anna", "anna"),
            ("安娜安娜安娜", "安娜安娜"),
            ("", ""),
        ] {
            assert_eq!(prefix(number), beginning, "{number}");
        }
    }
}
