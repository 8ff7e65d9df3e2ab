//! What callers ordered: the audit's other half, beside what people did by the web side.
//!
//! An order comes after the log has it, and finds no room only when the database does not keep up. Start at
//! [`Store::keep_order`].

use call::OrderRecord;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::audit::{self, Entry};
use crate::{Place, StoreError, runtime, signed};

/// One order that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// When its outcome was known, in seconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// Of the call, as in its record.
    pub sip_call_id: String,
    /// `None` when withheld.
    pub caller: Option<String>,
    /// The number that was dialled.
    pub called: String,
    /// `connector.call`.
    pub what: String,
    /// What the caller confirmed, `name=value` each; no secret is among it.
    pub confirmed: String,
    /// How the code was told: `picture`, `sms` or `speech`.
    pub code_by: String,
    /// The idempotency key under which it was sent.
    pub key: String,
    /// `done`, `refused`, `unknown` or `failed`.
    pub outcome: String,
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// A caller ordered something.
    Order(Order),
    /// Somebody did something by the web side or by a command.
    Deed(Entry),
}

impl Line {
    fn at(&self) -> u64 {
        match self {
            Line::Order(order) => order.at,
            Line::Deed(entry) => entry.at,
        }
    }
}

/// Both halves of the audit from `since` on, the earliest first: the last `most` of them. A gateway may be writing
/// meanwhile.
///
/// # Errors
/// When there is no database, or it is none of ours.
pub fn read(place: &Place, since: u64, most: u64) -> Result<Vec<Line>, StoreError> {
    runtime()?.block_on(async {
        let mut connection = place.look().await?;
        read_lines(&mut connection, since, most).await.map_err(|why| place.failed(why))
    })
}

async fn read_lines(connection: &mut AnyConnection, since: u64, most: u64) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT at, sip_call_id, caller, called, what, confirmed, code_by, key, outcome FROM orders \
         WHERE at >= $1 ORDER BY at DESC LIMIT $2",
    )
    .bind(signed(since))
    .bind(signed(most))
    .fetch_all(&mut *connection)
    .await?;
    let mut lines = rows.iter().map(|row| order(row).map(Line::Order)).collect::<Result<Vec<_>, _>>()?;
    let deeds = audit::read(connection, since, most).await?;
    lines.extend(deeds.into_iter().map(Line::Deed));
    lines.sort_by_key(Line::at);
    let older = lines.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(lines.split_off(older))
}

fn order(row: &AnyRow) -> Result<Order, sqlx::Error> {
    Ok(Order {
        at: crate::count(row, 0)?,
        sip_call_id: row.try_get(1)?,
        caller: row.try_get(2)?,
        called: row.try_get(3)?,
        what: row.try_get(4)?,
        confirmed: row.try_get(5)?,
        code_by: row.try_get(6)?,
        key: row.try_get(7)?,
        outcome: row.try_get(8)?,
    })
}

/// Writes orders down.
pub(crate) async fn write(connection: &mut AnyConnection, orders: &[OrderRecord]) -> Result<(), sqlx::Error> {
    for OrderRecord { at, sip_call_id, caller, called, ordered } in orders {
        let confirmed: Vec<String> =
            ordered.confirmed.iter().map(|(name, value)| format!("{name}={value}")).collect();
        sqlx::query(
            "INSERT INTO orders (at, sip_call_id, caller, called, what, confirmed, code_by, key, outcome) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(signed(at.as_secs()))
        .bind(sip_call_id)
        .bind(caller)
        .bind(called)
        .bind(&ordered.call)
        .bind(confirmed.join(" "))
        .bind(ordered.code_by)
        .bind(&ordered.key)
        .bind(ordered.outcome)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
