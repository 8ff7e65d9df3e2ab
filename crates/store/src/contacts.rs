//! Conversations of agents, as they look back on them: with whom, what it was about, what they kept of it.
//!
//! A contact is a ticket that an agent answered. Start at [`Store::contacts`].

use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::audit::{self, Entry};
use crate::tickets::{ABUSED, millis};
use crate::{Store, StoreError, count, limits, signed};

/// Which contact: `run-ticket`, or the ticket alone for that of the latest start of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactId {
    run: Option<u64>,
    ticket: u64,
}

impl FromStr for ContactId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (run, ticket) = match text.split_once('-') {
            Some((run, ticket)) => (Some(run.parse()?), ticket),
            None => (None, text),
        };
        Ok(ContactId { run, ticket: ticket.parse()? })
    }
}

/// A conversation. Times are since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// As [`ContactId`] reads it.
    pub id: String,
    /// Where the caller waited last.
    pub queue: String,
    /// `None` when withheld.
    pub caller: Option<String>,
    /// Who answered.
    pub agent: String,
    /// When the agent answered.
    pub answered_at: Duration,
    /// `None` while they talk.
    pub ended_at: Option<Duration>,
    /// What it was about: one of the queue's wrap-up codes.
    pub code: Option<String>,
    /// In the agent's words.
    pub note: Option<String>,
    /// Pictures that were kept; they are numbered from 1.
    pub snapshots: u64,
}

/// An agent was insulted or threatened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// When, since 1970-01-01T00:00:00Z.
    pub at: Duration,
    /// Who.
    pub agent: String,
    /// By whom; `None` when withheld.
    pub caller: Option<String>,
    /// Where the caller had waited.
    pub queue: String,
}

/// Why a picture was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The agent had no such conversation.
    Unknown,
    /// There are [`SNAPSHOTS_MAX`](limits::SNAPSHOTS_MAX) of it.
    Full,
}

impl Store {
    /// Conversations, the latest first, [`limits::CONTACTS_MAX`] at most; of one agent, or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contacts(&self, agent: Option<&str>) -> Result<Vec<Contact>, StoreError> {
        let mut connection = self.reader().await?;
        let rows = sqlx::query(
            "SELECT run, ticket, queue, caller, agent, answered_at, ended_at, code, note, \
             (SELECT COUNT(*) FROM snapshots WHERE snapshots.run = tickets.run AND snapshots.ticket = tickets.ticket) \
             FROM tickets WHERE answered_at IS NOT NULL AND agent IS NOT NULL AND ($1 = '' OR agent = $1) \
             ORDER BY answered_at DESC, ticket DESC LIMIT $2",
        )
        .bind(agent.unwrap_or_default().to_owned())
        .bind(signed(limits::CONTACTS_MAX))
        .fetch_all(&mut *connection)
        .await;
        rows.and_then(|rows| rows.iter().map(contact).collect()).map_err(|why| self.failed(why))
    }

    /// What the agent says of a conversation, in place of what was said before; false when the agent had no such one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wrap_up(
        &self,
        id: ContactId,
        agent: String,
        code: Option<String>,
        note: Option<String>,
    ) -> Result<bool, StoreError> {
        self.write(async move |connection| {
            let Some(run) = run_of(connection, id, &agent).await? else { return Ok(false) };
            sqlx::query("UPDATE tickets SET code = $1, note = $2 WHERE run = $3 AND ticket = $4")
                .bind(code)
                .bind(note)
                .bind(run)
                .bind(signed(id.ticket))
                .execute(connection)
                .await?;
            Ok(true)
        })
        .await
    }

    /// Keeps a picture of a conversation and writes down who did; answers its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_snapshot(
        &self,
        id: ContactId,
        agent: String,
        at: Duration,
        jpeg: &[u8],
        entry: Entry,
    ) -> Result<Result<u64, NotKept>, StoreError> {
        let picture = BASE64.encode(jpeg);
        self.write(async move |connection| {
            let Some(run) = run_of(connection, id, &agent).await? else { return Ok(Err(NotKept::Unknown)) };
            let row = sqlx::query("SELECT COUNT(*) FROM snapshots WHERE run = $1 AND ticket = $2")
                .bind(run)
                .bind(signed(id.ticket))
                .fetch_one(&mut *connection)
                .await?;
            let number = count(&row, 0)? + 1;
            if number > limits::SNAPSHOTS_MAX {
                return Ok(Err(NotKept::Full));
            }
            sqlx::query(
                "INSERT INTO snapshots (run, ticket, number, at, agent, picture) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(run)
            .bind(signed(id.ticket))
            .bind(signed(number))
            .bind(signed(millis(at)))
            .bind(agent)
            .bind(picture)
            .execute(&mut *connection)
            .await?;
            audit::insert(connection, entry).await?;
            Ok(Ok(number))
        })
        .await
    }

    /// A picture that was kept, of one agent's conversation or of anybody's; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn snapshot(
        &self,
        id: ContactId,
        number: u64,
        agent: Option<&str>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut connection = self.reader().await?;
        let row = sqlx::query(
            "SELECT picture FROM snapshots WHERE ticket = $1 AND ($2 < 0 OR run = $2) AND number = $3 \
             AND ($4 = '' OR agent = $4) ORDER BY run DESC LIMIT 1",
        )
        .bind(signed(id.ticket))
        .bind(id.run.map_or(-1, signed))
        .bind(signed(number))
        .bind(agent.unwrap_or_default().to_owned())
        .fetch_optional(&mut *connection)
        .await
        .map_err(|why| self.failed(why))?;
        let text: Option<String> =
            row.map(|row| row.try_get(0)).transpose().map_err(|why| self.failed(why))?;
        Ok(text.and_then(|text| BASE64.decode(text).ok()))
    }

    /// Agents who were insulted or threatened at `since` (seconds since 1970-01-01T00:00:00Z) or later, the latest first;
    /// at most [`limits::ALERTS_MAX`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alerts(&self, since: u64) -> Result<Vec<Alert>, StoreError> {
        let mut connection = self.reader().await?;
        let rows = sqlx::query(
            "SELECT pool_events.at, pool_events.agent, tickets.caller, tickets.queue FROM pool_events \
             JOIN tickets ON tickets.run = pool_events.run AND tickets.ticket = pool_events.ticket \
             WHERE pool_events.event = $1 AND pool_events.at >= $2 AND pool_events.agent IS NOT NULL \
             ORDER BY pool_events.at DESC LIMIT $3",
        )
        .bind(ABUSED)
        .bind(signed(since.saturating_mul(1_000)))
        .bind(signed(limits::ALERTS_MAX))
        .fetch_all(&mut *connection)
        .await;
        rows.and_then(|rows| rows.iter().map(alert).collect()).map_err(|why| self.failed(why))
    }

    /// Codes and notes of conversations that were answered at `since` (seconds since 1970-01-01T00:00:00Z) or later, the
    /// latest first; at most [`limits::REMARKS_MAX`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remarks(&self, since: u64) -> Result<Vec<(Option<String>, Option<String>)>, StoreError> {
        let mut connection = self.reader().await?;
        let rows = sqlx::query(
            "SELECT code, note FROM tickets WHERE answered_at >= $1 AND (code IS NOT NULL OR note IS NOT NULL) \
             ORDER BY answered_at DESC LIMIT $2",
        )
        .bind(signed(since.saturating_mul(1_000)))
        .bind(signed(limits::REMARKS_MAX))
        .fetch_all(&mut *connection)
        .await;
        let remark = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.and_then(|rows| rows.iter().map(remark).collect()).map_err(|why| self.failed(why))
    }
}

/// The start of a gateway that the agent's conversation is of; `None` when the agent had none.
async fn run_of(
    connection: &mut AnyConnection,
    id: ContactId,
    agent: &str,
) -> Result<Option<i64>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT run FROM tickets WHERE ticket = $1 AND ($2 < 0 OR run = $2) AND agent = $3 ORDER BY run DESC LIMIT 1",
    )
    .bind(signed(id.ticket))
    .bind(id.run.map_or(-1, signed))
    .bind(agent.to_owned())
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.try_get(0)).transpose()
}

fn contact(row: &AnyRow) -> Result<Contact, sqlx::Error> {
    let time = |at: i64| Duration::from_millis(at.unsigned_abs());
    Ok(Contact {
        id: format!("{}-{}", count(row, 0)?, count(row, 1)?),
        queue: row.try_get(2)?,
        caller: row.try_get(3)?,
        agent: row.try_get(4)?,
        answered_at: time(row.try_get(5)?),
        ended_at: row.try_get::<Option<i64>, _>(6)?.map(time),
        code: row.try_get(7)?,
        note: row.try_get(8)?,
        snapshots: count(row, 9)?,
    })
}

fn alert(row: &AnyRow) -> Result<Alert, sqlx::Error> {
    Ok(Alert {
        at: Duration::from_millis(count(row, 0)?),
        agent: row.try_get(1)?,
        caller: row.try_get(2)?,
        queue: row.try_get(3)?,
    })
}
