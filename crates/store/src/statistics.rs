//! What callers did in the nodes of flows, added up for each edition of a flow.
//!
//! An edition is what the flow's file said: the first digits of its SHA-256, so that figures of before and after a
//! change are told apart, whatever restarts lie between.

mod recent;

use std::collections::{BTreeMap, HashMap, VecDeque};

use call::{Cause, Cdr};
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::Row;

use crate::{Place, StoreError, count, limits, runtime, signed};

pub use recent::{Recent, RecentFigures};

/// Digits of a hash that name an edition.
const EDITION_DIGITS: usize = 12;

/// The name of the edition of a flow with this source.
#[must_use]
pub fn edition_of(source: &str) -> String {
    let digest = Sha256::digest(source.as_bytes());
    let digits: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    digits[..EDITION_DIGITS].to_owned()
}

/// The editions of flows that calls may still be of, by the version of the service.
#[derive(Default)]
pub(super) struct Editions {
    of: HashMap<u64, BTreeMap<String, String>>,
    versions: VecDeque<u64>,
}

impl Editions {
    pub(super) fn know(&mut self, service: &dialplan::Service) {
        let edition =
            |flow: &dialplan::Flow| Some((flow.name().to_owned(), edition_of(service.source(flow.id())?)));
        let editions = service.flows().iter().filter_map(edition).collect();
        if self.of.insert(service.version(), editions).is_none() {
            self.versions.push_back(service.version());
        }
        if self.versions.len() > limits::EDITIONS_KNOWN_MAX
            && let Some(oldest) = self.versions.pop_front()
        {
            self.of.remove(&oldest);
        }
    }

    fn find(&self, version: u64, flow: &str) -> Option<&str> {
        self.of.get(&version)?.get(flow).map(String::as_str)
    }
}

/// What is counted of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct NodeFigures {
    /// Stays; a node that is repeated is one.
    pub entries: u64,
    /// Keys pressed.
    pub keys: u64,
    /// How often no key came in time.
    pub timeouts: u64,
    /// Keys that were not asked for.
    pub invalid: u64,
    /// Callers who hung up here, other than in conversations and goodbyes.
    pub hung_up: u64,
    /// Those of them who had not come to any goal.
    pub abandoned: u64,
    /// Keys that led to a queue.
    pub to_agent: u64,
}

/// How many calls had each value of something that is counted in whole steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spread(pub BTreeMap<u64, u64>);

impl Spread {
    /// Calls in all.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.values().sum()
    }

    /// The value that `percent` of the calls do not exceed; `None` without calls.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.calls() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(value, calls)| {
            seen += calls;
            (seen >= rank).then_some(*value)
        })
    }
}

/// The figures of one edition of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FlowFigures {
    /// See [`edition_of`].
    pub edition: String,
    /// When its first call ended, in seconds since 1970-01-01T00:00:00Z.
    pub first_at: u64,
    /// When its last call ended.
    pub last_at: u64,
    /// Calls that began in it.
    pub calls: u64,
    /// By node.
    pub nodes: BTreeMap<String, NodeFigures>,
    /// Seconds from the beginning of a call to its first key.
    pub first_key_seconds: Spread,
    /// Menu choices up to a goal, by goal.
    pub goals: BTreeMap<String, Spread>,
}

/// What a group of calls adds, by flow and edition.
type Sums = BTreeMap<(String, String), FlowFigures>;

fn add(sums: &mut Sums, editions: &Editions, cdr: &Cdr) {
    let stays = &cdr.journal.stays;
    let Some(first) = stays.first() else { return };
    let at = cdr.ended.as_secs();
    let mut sum = |flow: &str, change: &mut dyn FnMut(&mut FlowFigures)| {
        if let Some(edition) = editions.find(cdr.version, flow) {
            change(sums.entry((flow.to_owned(), edition.to_owned())).or_default());
        }
    };
    let mut reached = BTreeMap::new();
    for stay in stays {
        sum(&stay.flow, &mut |figures| {
            let node = figures.nodes.entry(stay.node.clone()).or_default();
            node.entries += 1;
            node.keys += u64::from(stay.keys);
            node.timeouts += u64::from(stay.timeouts);
            node.invalid += u64::from(stay.invalid);
            node.to_agent += u64::from(stay.to_agent);
        });
        if let Some(goal) = &stay.goal {
            reached.entry(goal.clone()).or_insert(u64::from(stay.choices));
        }
    }
    let by_caller = matches!(cdr.cause, Cause::CallerHungUp | Cause::CallerLost | Cause::Cancelled);
    if let Some(last) = stays.last().filter(|last| by_caller && !cdr.talking && !last.is_end) {
        sum(&last.flow, &mut |figures| {
            let node = figures.nodes.entry(last.node.clone()).or_default();
            node.hung_up += 1;
            node.abandoned += u64::from(reached.is_empty());
        });
    }
    sum(&first.flow, &mut |figures| {
        figures.first_at = if figures.calls == 0 { at } else { figures.first_at.min(at) };
        figures.last_at = figures.last_at.max(at);
        figures.calls += 1;
        if let Some(first_key) = cdr.journal.first_key {
            *figures.first_key_seconds.0.entry(first_key.as_secs()).or_default() += 1;
        }
        for (goal, choices) in &reached {
            let spread = figures.goals.entry(goal.clone()).or_default();
            *spread.0.entry(*choices).or_default() += 1;
        }
    });
}

/// Adds calls to what is there.
pub(super) async fn write(
    connection: &mut AnyConnection,
    editions: &Editions,
    calls: &[Cdr],
) -> Result<(), sqlx::Error> {
    let mut quarters: BTreeMap<u64, Sums> = BTreeMap::new();
    for cdr in calls {
        add(quarters.entry(recent::quarter(cdr.ended.as_secs())).or_default(), editions, cdr);
    }
    for (quarter, sums) in &quarters {
        write_sums(connection, sums).await?;
        recent::write(connection, *quarter, sums).await?;
    }
    Ok(())
}

async fn write_sums(connection: &mut AnyConnection, sums: &Sums) -> Result<(), sqlx::Error> {
    for ((flow, edition), figures) in sums {
        if figures.calls > 0 {
            sqlx::query(
                "INSERT INTO flow_calls (flow, edition, first_at, last_at, calls) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (flow, edition) DO UPDATE SET last_at = excluded.last_at, \
                 calls = flow_calls.calls + excluded.calls",
            )
            .bind(flow)
            .bind(edition)
            .bind(signed(figures.first_at))
            .bind(signed(figures.last_at))
            .bind(signed(figures.calls))
            .execute(&mut *connection)
            .await?;
        }
        for (node, counts) in &figures.nodes {
            sqlx::query(
                "INSERT INTO node_stays (flow, edition, node, entries, keys, timeouts, invalid, hung_up, \
                 abandoned, to_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 ON CONFLICT (flow, edition, node) DO UPDATE SET \
                 entries = node_stays.entries + excluded.entries, keys = node_stays.keys + excluded.keys, \
                 timeouts = node_stays.timeouts + excluded.timeouts, \
                 invalid = node_stays.invalid + excluded.invalid, \
                 hung_up = node_stays.hung_up + excluded.hung_up, \
                 abandoned = node_stays.abandoned + excluded.abandoned, \
                 to_agent = node_stays.to_agent + excluded.to_agent",
            )
            .bind(flow)
            .bind(edition)
            .bind(node)
            .bind(signed(counts.entries))
            .bind(signed(counts.keys))
            .bind(signed(counts.timeouts))
            .bind(signed(counts.invalid))
            .bind(signed(counts.hung_up))
            .bind(signed(counts.abandoned))
            .bind(signed(counts.to_agent))
            .execute(&mut *connection)
            .await?;
        }
        for (seconds, calls) in &figures.first_key_seconds.0 {
            sqlx::query(
                "INSERT INTO first_key_seconds (flow, edition, seconds, calls) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (flow, edition, seconds) DO UPDATE SET \
                 calls = first_key_seconds.calls + excluded.calls",
            )
            .bind(flow)
            .bind(edition)
            .bind(signed(*seconds))
            .bind(signed(*calls))
            .execute(&mut *connection)
            .await?;
        }
        for (goal, spread) in &figures.goals {
            for (choices, calls) in &spread.0 {
                sqlx::query(
                    "INSERT INTO goal_choices (flow, edition, goal, choices, calls) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (flow, edition, goal, choices) DO UPDATE SET \
                     calls = goal_choices.calls + excluded.calls",
                )
                .bind(flow)
                .bind(edition)
                .bind(goal)
                .bind(signed(*choices))
                .bind(signed(*calls))
                .execute(&mut *connection)
                .await?;
            }
        }
    }
    Ok(())
}

/// What a database knows of a flow: its editions, the one that was called last first. A gateway may be writing
/// meanwhile.
///
/// # Errors
/// When there is no database, or it is none of ours.
pub fn read(place: &Place, flow: &str) -> Result<Vec<FlowFigures>, StoreError> {
    runtime()?.block_on(async {
        let mut connection = place.look().await?;
        read_flow(&mut connection, flow).await.map_err(|why| place.failed(why))
    })
}

async fn read_flow(connection: &mut AnyConnection, flow: &str) -> Result<Vec<FlowFigures>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT edition, first_at, last_at, calls FROM flow_calls WHERE flow = $1 ORDER BY last_at DESC, edition",
    )
    .bind(flow)
    .fetch_all(&mut *connection)
    .await?;
    let mut all: Vec<FlowFigures> = Vec::new();
    for row in rows {
        all.push(FlowFigures {
            edition: row.try_get(0)?,
            first_at: count(&row, 1)?,
            last_at: count(&row, 2)?,
            calls: count(&row, 3)?,
            ..FlowFigures::default()
        });
    }
    let rows = sqlx::query(
        "SELECT edition, node, entries, keys, timeouts, invalid, hung_up, abandoned, to_agent \
         FROM node_stays WHERE flow = $1",
    )
    .bind(flow)
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let figures = NodeFigures {
            entries: count(&row, 2)?,
            keys: count(&row, 3)?,
            timeouts: count(&row, 4)?,
            invalid: count(&row, 5)?,
            hung_up: count(&row, 6)?,
            abandoned: count(&row, 7)?,
            to_agent: count(&row, 8)?,
        };
        of_edition(&mut all, row.try_get(0)?).nodes.insert(row.try_get(1)?, figures);
    }
    let rows = sqlx::query("SELECT edition, seconds, calls FROM first_key_seconds WHERE flow = $1")
        .bind(flow)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let spread = &mut of_edition(&mut all, row.try_get(0)?).first_key_seconds;
        spread.0.insert(count(&row, 1)?, count(&row, 2)?);
    }
    let rows = sqlx::query("SELECT edition, goal, choices, calls FROM goal_choices WHERE flow = $1")
        .bind(flow)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let goals = &mut of_edition(&mut all, row.try_get(0)?).goals;
        goals.entry(row.try_get(1)?).or_default().0.insert(count(&row, 2)?, count(&row, 3)?);
    }
    Ok(all)
}

/// A flow that only others run has nodes and no calls of its own.
fn of_edition<'a>(all: &'a mut Vec<FlowFigures>, edition: &str) -> &'a mut FlowFigures {
    let at = all.iter().position(|known| known.edition == edition).unwrap_or_else(|| {
        all.push(FlowFigures { edition: edition.to_owned(), ..FlowFigures::default() });
        all.len() - 1
    });
    &mut all[at]
}

#[cfg(test)]
mod tests;
