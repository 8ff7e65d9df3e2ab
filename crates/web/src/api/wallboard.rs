//! The wallboard: who waits and who works, and what was achieved today against the customer's goals.

use std::collections::BTreeMap;

use acd::{Doors, Level, QueueStatus};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use gateway::PoolNow;
use serde::Serialize;
use store::statistics::Recent;
use store::today::Today;
use utoipa::ToSchema;

use super::contacts::hot;
use super::live::FiguresQuery;
use super::supervisor::state_name;
use super::{Api, Problem};
use crate::limits;

/// Answered in time, of all who were offered to a queue.
const GOAL_IN_TIME: f64 = 0.85;
/// Ratings of four stars of five or more.
const GOAL_SATISFACTION: f64 = 0.877;
/// Callers who came to what they wanted without an agent.
const GOAL_SELF_SERVICE: f64 = 0.933;
/// Nodes that are named.
const NODES_MAX: usize = 8;

/// Who waits and who works, and what was achieved. Shares are from 0 to 1, and null where there is nothing to divide by.
#[derive(Serialize, ToSchema)]
pub(crate) struct Wallboard {
    /// Calls in progress.
    calls: u64,
    queues: Vec<QueueBoard>,
    /// All queues together.
    all: LevelBoard,
    /// How many agents are in each state: `ready`, `ringing`, `talking`, `on_hold`, `wrap_up`, `not_ready`, `signed_out`.
    agents: BTreeMap<&'static str, u32>,
    satisfaction: Share,
    self_service: Share,
    /// Where most callers were.
    nodes: Vec<NodeBoard>,
    /// From where most callers called.
    prefixes: Vec<PrefixBoard>,
    /// What conversations were about, by their wrap-up codes.
    codes: Vec<WordBoard>,
    /// What most notes of agents speak of.
    words: Vec<WordBoard>,
}

/// A queue.
#[derive(Serialize, ToSchema)]
struct QueueBoard {
    name: String,
    /// `open`, `closing` or `closed`.
    doors: &'static str,
    waiting: u32,
    /// Seconds that the one waits who came first; null when nobody does.
    longest: Option<u64>,
    level: LevelBoard,
}

/// Callers whose waiting has ended, without those who were refused at entry.
#[derive(Default, Serialize, ToSchema)]
struct LevelBoard {
    offered: u32,
    answered: u32,
    /// Of these, within the queue's `service_level`.
    in_time: u32,
    /// Who left before.
    abandoned: u32,
    /// Of these, within five seconds.
    abandoned_short: u32,
    /// Answered in time, of all offered.
    of_offered: Option<f64>,
    /// The same without those who left within five seconds.
    without_short: Option<f64>,
    /// Answered in time, of all answered.
    of_answered: Option<f64>,
    /// Who left, of all offered.
    abandonment: Option<f64>,
    /// What `of_offered` is to be at least.
    goal: f64,
}

/// How many of how many.
#[derive(Serialize, ToSchema)]
struct Share {
    part: u64,
    whole: u64,
    share: Option<f64>,
    /// What `share` is to be at least.
    goal: f64,
}

/// A node of a flow.
#[derive(Serialize, ToSchema)]
struct NodeBoard {
    flow: String,
    node: String,
    entries: u64,
}

/// The beginning of a number.
#[derive(Serialize, ToSchema)]
struct PrefixBoard {
    /// Empty for numbers that were withheld.
    prefix: String,
    calls: u64,
}

/// A code or a word.
#[derive(Serialize, ToSchema)]
struct WordBoard {
    word: String,
    /// Conversations.
    times: u64,
}

/// The wallboard: queues and agents now, and figures since a time of today or yesterday.
#[utoipa::path(get, path = "/api/v1/wallboard", params(FiguresQuery), responses((status = 200, body = Wallboard),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn wallboard(
    State(api): State<Api>,
    query: Result<Query<FiguresQuery>, QueryRejection>,
) -> Result<Json<Wallboard>, Problem> {
    let Query(FiguresQuery { since }) = query.map_err(|why| Problem::bad_request(why.body_text()))?;
    let pool = match &api.site.pool {
        Some(pool) => pool.look().await.unwrap_or_default(),
        None => PoolNow::default(),
    };
    let store = &api.site.store;
    let in_time = pool.queues.iter().map(|queue| (queue.name.clone(), queue.service_level)).collect();
    let levels = store.levels(since, &in_time).await.map_err(|why| Problem::of_store(&why))?;
    let today = store.today(since).await.map_err(|why| Problem::of_store(&why))?;
    let recent = store.recent(since).await.map_err(|why| Problem::of_store(&why))?;
    let calls = api.site.gauges.calls();
    let remarks = store.remarks(since).await.map_err(|why| Problem::of_store(&why))?;
    Ok(Json(Wallboard::of(calls, &pool, &levels, Said { today, recent, remarks })))
}

/// What the database says of a day.
#[derive(Default)]
struct Said {
    today: Today,
    recent: Recent,
    /// Codes and notes of conversations.
    remarks: Vec<(Option<String>, Option<String>)>,
}

impl Wallboard {
    fn of(calls: u64, pool: &PoolNow, levels: &BTreeMap<String, Level>, said: Said) -> Wallboard {
        let Said { today, recent, remarks } = said;
        let (codes, words) = hot(&remarks, limits::HOT_WORDS_MAX);
        let word = |(word, times)| WordBoard { word, times };
        let level = |queue: &QueueStatus| levels.get(&queue.name).copied().unwrap_or_default();
        let board = |queue: &QueueStatus| QueueBoard {
            name: queue.name.clone(),
            doors: match queue.doors {
                Doors::Open => "open",
                Doors::Closing => "closing",
                Doors::Closed => "closed",
            },
            waiting: queue.waiting,
            longest: queue.longest.map(|longest| longest.as_secs()),
            level: LevelBoard::of(level(queue)),
        };
        let all = pool.queues.iter().map(level).fold(Level::default(), |sum, one| Level {
            offered: sum.offered + one.offered,
            answered: sum.answered + one.answered,
            in_time: sum.in_time + one.in_time,
            abandoned: sum.abandoned + one.abandoned,
            abandoned_short: sum.abandoned_short + one.abandoned_short,
        });
        let mut agents = BTreeMap::new();
        for agent in &pool.agents {
            *agents.entry(state_name(agent)).or_default() += 1;
        }
        let mut nodes: Vec<NodeBoard> = recent
            .into_iter()
            .flat_map(|(flow, nodes)| {
                let of = move |(node, figures): (String, store::statistics::RecentFigures)| NodeBoard {
                    flow: flow.clone(),
                    node,
                    entries: figures.entries,
                };
                nodes.into_iter().map(of)
            })
            .collect();
        nodes.sort_by(|a, b| {
            b.entries.cmp(&a.entries).then_with(|| (&a.flow, &a.node).cmp(&(&b.flow, &b.node)))
        });
        nodes.truncate(NODES_MAX);
        Wallboard {
            calls,
            queues: pool.queues.iter().map(board).collect(),
            all: LevelBoard::of(all),
            agents,
            satisfaction: Share::of(today.satisfied, today.rated, GOAL_SATISFACTION),
            self_service: Share::of(today.helped, today.helped + today.wanted, GOAL_SELF_SERVICE),
            nodes,
            prefixes: today
                .prefixes
                .into_iter()
                .map(|(prefix, calls)| PrefixBoard { prefix, calls })
                .collect(),
            codes: codes.into_iter().map(word).collect(),
            words: words.into_iter().map(word).collect(),
        }
    }
}

impl LevelBoard {
    fn of(level: Level) -> LevelBoard {
        let Level { offered, answered, in_time, abandoned, abandoned_short } = level;
        LevelBoard {
            offered,
            answered,
            in_time,
            abandoned,
            abandoned_short,
            of_offered: level.of_offered(),
            without_short: level.without_short(),
            of_answered: level.of_answered(),
            abandonment: (offered > 0).then(|| f64::from(abandoned) / f64::from(offered)),
            goal: GOAL_IN_TIME,
        }
    }
}

impl Share {
    #[allow(clippy::cast_precision_loss)] // of calls of two days
    fn of(part: u64, whole: u64, goal: f64) -> Share {
        Share { part, whole, share: (whole > 0).then(|| part as f64 / whole as f64), goal }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use acd::{AgentState, AgentStatus};
    use store::statistics::RecentFigures;

    use super::*;

    fn queue(name: &str, waiting: u32, longest: Option<u64>) -> QueueStatus {
        QueueStatus {
            name: name.to_owned(),
            doors: Doors::Open,
            waiting,
            longest: longest.map(Duration::from_secs),
            service_level: Duration::from_secs(15),
        }
    }

    fn agent(name: &str, state: Option<AgentState>, on_hold: bool) -> AgentStatus {
        AgentStatus { name: name.to_owned(), browser: true, state, on_hold, reason: None }
    }

    #[test]
    fn queues_are_added_up_and_agents_counted_by_what_they_do() {
        let pool = PoolNow {
            queues: vec![queue("sign", 0, None), queue("talk", 3, Some(42))],
            agents: vec![
                agent("a", Some(AgentState::Talking), true),
                agent("b", Some(AgentState::Talking), false),
                agent("c", None, false),
            ],
        };
        let level = |offered, in_time, abandoned| Level {
            offered,
            answered: offered - abandoned,
            in_time,
            abandoned,
            abandoned_short: 0,
        };
        let levels =
            BTreeMap::from([("sign".to_owned(), level(2, 2, 0)), ("talk".to_owned(), level(8, 6, 1))]);
        let today = Today { calls: 9, helped: 6, wanted: 2, rated: 4, satisfied: 3, ..Today::default() };
        let entries = |entries| RecentFigures { entries, ..RecentFigures::default() };
        let nodes = BTreeMap::from([("menu".to_owned(), entries(9)), ("bill".to_owned(), entries(2))]);
        let recent = Recent::from([("hotline".to_owned(), nodes)]);
        let remarks = vec![(Some("bill".to_owned()), Some("The invoice".to_owned()))];
        let said = Said { today, recent, remarks };
        let board = serde_json::to_value(Wallboard::of(5, &pool, &levels, said)).expect("JSON");
        assert_eq!(board["codes"][0], serde_json::json!({ "word": "bill", "times": 1 }));
        assert_eq!(board["words"][0]["word"], "invoice");
        assert_eq!(board["all"]["of_offered"], 0.8);
        assert_eq!(board["all"]["abandonment"], 0.1);
        assert_eq!((&board["queues"][1]["waiting"], &board["queues"][1]["longest"]), (&3.into(), &42.into()));
        assert_eq!(board["agents"], serde_json::json!({ "on_hold": 1, "talking": 1, "signed_out": 1 }));
        assert_eq!(
            (&board["self_service"]["share"], &board["satisfaction"]["share"]),
            (&0.75.into(), &0.75.into())
        );
        assert_eq!(board["nodes"][0]["node"], "menu");
    }

    #[test]
    fn where_nothing_was_there_is_no_share() {
        let board = Wallboard::of(0, &PoolNow::default(), &BTreeMap::new(), Said::default());
        let board = serde_json::to_value(board).expect("JSON");
        for (of, share) in [
            ("all", "of_offered"),
            ("all", "abandonment"),
            ("satisfaction", "share"),
            ("self_service", "share"),
        ] {
            assert!(board[of][share].is_null(), "{of}.{share}");
        }
    }
}
