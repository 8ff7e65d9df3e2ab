//! Who waited for whom: the agent pool's decisions, and of each ticket what became of it.
//!
//! A ticket's row is made when it enters and goes on with it, so whatever a gateway that was killed had begun is there: its
//! next start ends those tickets as lost ([`begin`]). Start at [`Store::keep_pool`].

use std::time::Duration;

use acd::{Doors, NotAnswered, Outcome, What};
use sqlx::AnyConnection;

use crate::writer::Word;
use crate::{Store, limits, signed};

/// The event of an agent who was insulted or threatened.
pub(crate) const ABUSED: &str = "abused";

/// A decision of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRecord {
    /// When, since 1970-01-01T00:00:00Z.
    pub at: Duration,
    /// What.
    pub what: What,
    /// The name of the agent whom it is about.
    pub agent: Option<String>,
}

/// A start of a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Start {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) number: u64,
    pub(crate) node: String,
    /// When what is too old was dropped last, in the same.
    pruned: u64,
}

/// What the thread that writes is told of it, in this order.
pub(crate) enum FromPool {
    /// What follows is of this start.
    Begins(Start),
    Decided(Vec<PoolRecord>),
}

impl Store {
    /// A gateway begins, at this time since 1970-01-01T00:00:00Z; tickets that its start before had left open are ended
    /// as lost. `node` tells gateways apart that share a database.
    pub fn begin(&self, at: Duration, node: &str) {
        let run = Start { number: millis(at), node: node.to_owned(), pruned: millis(at) };
        self.tell(Word::Pool(FromPool::Begins(run)), "the database does not keep up; tickets are missing");
    }

    /// The pool has decided something. Never waits.
    pub fn keep_pool(&self, records: Vec<PoolRecord>) {
        let lost = "the database does not keep up; what the agent pool decided is missing";
        self.tell(Word::Pool(FromPool::Decided(records)), lost);
    }
}

/// Ends what earlier starts of this gateway left open.
async fn begin(connection: &mut AnyConnection, run: &Start) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE tickets SET ended_at = $1, outcome = 'node_lost' WHERE ended_at IS NULL AND run IN \
         (SELECT run FROM gateway_runs WHERE node = $2 AND run <> $3)",
    )
    .bind(signed(run.number))
    .bind(&run.node)
    .bind(signed(run.number))
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO gateway_runs (run, node) VALUES ($1, $2) ON CONFLICT (run) DO NOTHING")
        .bind(signed(run.number))
        .bind(&run.node)
        .execute(&mut *connection)
        .await?;
    prune(connection, run.number).await
}

/// Drops what is older than [`limits::RECORDS_KEPT`], at each start and every day.
async fn prune(connection: &mut AnyConnection, now: u64) -> Result<(), sqlx::Error> {
    let oldest = signed(now.saturating_sub(millis(limits::RECORDS_KEPT)));
    for statement in [
        "DELETE FROM tickets WHERE entered_at < $1",
        "DELETE FROM pool_events WHERE at < $1",
        "DELETE FROM ratings WHERE at < $1",
        "DELETE FROM snapshots WHERE at < $1",
        "DELETE FROM gateway_runs WHERE run < $1 AND run NOT IN (SELECT run FROM tickets)",
    ] {
        sqlx::query(statement).bind(oldest).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Writes down what the pool said. `run` is the start that it is of.
pub(crate) async fn write(
    connection: &mut AnyConnection,
    run: &mut Start,
    words: &[FromPool],
) -> Result<(), sqlx::Error> {
    for word in words {
        match word {
            FromPool::Begins(start) => {
                run.clone_from(start);
                begin(connection, run).await?;
            }
            FromPool::Decided(records) => {
                keep(connection, run, records).await?;
                let now = records.last().map_or(0, |record| millis(record.at));
                if now.saturating_sub(run.pruned) >= millis(limits::PRUNED_EVERY) {
                    run.pruned = now;
                    prune(connection, now).await?;
                }
            }
        }
    }
    Ok(())
}

/// Writes decisions down, and what follows from them for their tickets.
async fn keep(
    connection: &mut AnyConnection,
    run: &Start,
    records: &[PoolRecord],
) -> Result<(), sqlx::Error> {
    for record in records {
        let Some((event, detail)) = told(&record.what) else { continue };
        let at = signed(millis(record.at));
        let ticket = record.what.ticket().map(|ticket| signed(ticket.0));
        sqlx::query(
            "INSERT INTO pool_events (run, at, ticket, agent, event, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(signed(run.number))
        .bind(at)
        .bind(ticket)
        .bind(&record.agent)
        .bind(event)
        .bind(detail)
        .execute(&mut *connection)
        .await?;
        if let Some(ticket) = ticket {
            go_on(connection, signed(run.number), ticket, at, record).await?;
        }
    }
    Ok(())
}

/// What becomes of a ticket.
async fn go_on(
    connection: &mut AnyConnection,
    run: i64,
    ticket: i64,
    at: i64,
    record: &PoolRecord,
) -> Result<(), sqlx::Error> {
    let query = match &record.what {
        What::Entered { queue, caller, .. } => sqlx::query(
            "INSERT INTO tickets (run, ticket, queue, caller, entered_at, taken) VALUES ($1, $2, $3, $4, $5, 1)",
        )
        .bind(run)
        .bind(ticket)
        .bind(queue)
        .bind(&caller.number)
        .bind(at),
        What::Refused { queue, outcome, .. } => sqlx::query(
            "INSERT INTO tickets (run, ticket, queue, entered_at, ended_at, outcome, taken) \
             VALUES ($1, $2, $3, $4, $4, $5, 0)",
        )
        .bind(run)
        .bind(ticket)
        .bind(queue)
        .bind(at)
        .bind(outcome_name(*outcome)),
        What::Moved { queue, .. } => {
            sqlx::query("UPDATE tickets SET queue = $3 WHERE run = $1 AND ticket = $2")
                .bind(run)
                .bind(ticket)
                .bind(queue)
        }
        What::Connected { .. } => {
            sqlx::query("UPDATE tickets SET answered_at = $3, agent = $4 WHERE run = $1 AND ticket = $2")
                .bind(run)
                .bind(ticket)
                .bind(at)
                .bind(&record.agent)
        }
        // Of one who had answered and was never joined.
        What::NotTaken { .. } => {
            sqlx::query("UPDATE tickets SET answered_at = NULL, agent = NULL WHERE run = $1 AND ticket = $2")
                .bind(run)
                .bind(ticket)
        }
        What::Ended { outcome, .. } => {
            sqlx::query("UPDATE tickets SET ended_at = $3, outcome = $4 WHERE run = $1 AND ticket = $2")
                .bind(run)
                .bind(ticket)
                .bind(at)
                .bind(outcome_name(*outcome))
        }
        What::Configured { .. }
        | What::NotMoved { .. }
        | What::Offered { .. }
        | What::Withdrawn { .. }
        | What::Held { .. }
        | What::Abused { .. }
        | What::Lost { .. }
        | What::CallBack { .. }
        | What::Dialled { .. }
        | What::Reached { .. }
        | What::NotReached { .. }
        | What::SignedIn { .. }
        | What::SignedOut { .. }
        | What::Ready { .. }
        | What::Paused { .. }
        | What::Rested { .. }
        | What::Doors { .. }
        | What::Restarted => return Ok(()),
    };
    query.execute(connection).await.map(drop)
}

/// An event by name and with what there is to say of it; `None` for what nobody asks about afterwards.
fn told(what: &What) -> Option<(&'static str, &str)> {
    Some(match what {
        What::Entered { queue, .. } => ("entered", queue),
        What::Refused { outcome, .. } => ("refused", outcome_name(*outcome)),
        What::Moved { queue, .. } => ("moved", queue),
        What::Offered { .. } => ("offered", ""),
        What::Withdrawn { .. } => ("withdrawn", ""),
        What::NotTaken { why, .. } => ("not_taken", why_name(*why)),
        What::Connected { .. } => ("connected", ""),
        What::Held { on, .. } => (if *on { "held" } else { "taken_back" }, ""),
        What::Ended { outcome, .. } => ("ended", outcome_name(*outcome)),
        What::Abused { .. } => (ABUSED, ""),
        What::Lost { .. } => ("lost", ""),
        What::CallBack { .. } => ("call_back", ""),
        What::Dialled { .. } => ("dialled", ""),
        What::Reached { .. } => ("reached", ""),
        What::NotReached { .. } => ("not_reached", ""),
        What::SignedIn { .. } => ("signed_in", ""),
        What::SignedOut { .. } => ("signed_out", ""),
        What::Ready { .. } => ("ready", ""),
        What::Paused { reason, .. } => ("paused", reason),
        What::Doors { queue, doors } => match doors {
            Doors::Open => ("doors_open", queue),
            Doors::Closing => ("doors_closing", queue),
            Doors::Closed => ("doors_closed", queue),
        },
        What::Configured { .. } | What::NotMoved { .. } | What::Rested { .. } | What::Restarted => {
            return None;
        }
    })
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Served => "served",
        Outcome::Timeout => "timeout",
        Outcome::Full => "full",
        Outcome::Closed => "closed",
        Outcome::Failed => "failed",
        Outcome::NoAgents => "no_agents",
        Outcome::Left => "left",
        Outcome::NotReached => "not_reached",
        Outcome::NodeLost => "node_lost",
    }
}

fn why_name(why: NotAnswered) -> &'static str {
    match why {
        NotAnswered::Rejected => "rejected",
        NotAnswered::Busy => "busy",
        NotAnswered::NoAnswer => "no_answer",
        NotAnswered::Unreachable => "unreachable",
        NotAnswered::Unfit => "unfit",
    }
}

/// As the database has times of tickets.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
