//! What the agent pool decided, what became of tickets, and what a board says of a day.

use std::collections::BTreeMap;
use std::time::Duration;

use acd::{AgentId, Caller, NotAnswered, Outcome, Priority, TicketId, What};
use call::{CallId, Cause, Cdr, Packets};
use dialplan::{Journal, Rated, Stay};
use sqlx::Row;
use store::audit::Entry;
use store::contacts::{ContactId, NotKept};
use store::tickets::PoolRecord;
use store::{Place, Store};

use crate::{everywhere, places, runtime};

const TALK: &str = "talk";

fn seconds(at: u64) -> Duration {
    Duration::from_secs(at)
}

/// One decision at a second of the day.
fn record(at: u64, what: What) -> PoolRecord {
    let agent = what.agent().map(|AgentId(number)| format!("agent{number}"));
    PoolRecord { at: seconds(at), what, agent }
}

fn entered(at: u64, ticket: u64) -> PoolRecord {
    let caller = Caller { number: Some("13800138000".to_owned()), ..Caller::default() };
    let what =
        What::Entered { ticket: TicketId(ticket), queue: TALK.into(), priority: Priority::default(), caller };
    record(at, what)
}

fn connected(at: u64, ticket: u64) -> PoolRecord {
    record(at, What::Connected { ticket: TicketId(ticket), agent: AgentId(1) })
}

fn ended(at: u64, ticket: u64, outcome: Outcome) -> PoolRecord {
    record(at, What::Ended { ticket: TicketId(ticket), outcome })
}

/// Waits until all that was handed over so far is on the disk.
async fn settled(store: &Store) {
    store.write(async |_| Ok(())).await.expect("written");
}

/// Tickets as `number queue agent outcome`, by number.
async fn tickets(store: &Store) -> Vec<String> {
    let mut reader = store.reader().await.expect("a reader");
    let rows = sqlx::query("SELECT ticket, queue, agent, outcome FROM tickets ORDER BY run, ticket")
        .fetch_all(&mut *reader)
        .await
        .expect("rows");
    let text = |row: &sqlx::any::AnyRow, at| row.get::<Option<String>, _>(at).unwrap_or_else(|| "-".into());
    let one = |row| format!("{} {} {} {}", row_number(row), text(row, 1), text(row, 2), text(row, 3));
    rows.iter().map(one).collect()
}

fn row_number(row: &sqlx::any::AnyRow) -> i64 {
    row.get(0)
}

#[test]
fn tickets_go_on_with_what_the_pool_decides_and_make_the_service_level() {
    everywhere("tickets", async |store, _| {
        store.begin(seconds(1_000), "");
        store.keep_pool(vec![entered(1_000, 1), connected(1_010, 1), ended(1_100, 1, Outcome::Served)]);
        store.keep_pool(vec![entered(1_000, 2), connected(1_020, 2)]);
        store.keep_pool(vec![entered(1_000, 3), ended(1_004, 3, Outcome::Left)]);
        store.keep_pool(vec![entered(1_000, 4), ended(1_040, 4, Outcome::Left)]);
        store.keep_pool(vec![entered(1_000, 5), ended(1_180, 5, Outcome::Timeout)]);
        let full = What::Refused { ticket: TicketId(6), queue: TALK.into(), outcome: Outcome::Full };
        store.keep_pool(vec![record(1_000, full)]);
        // Answered, and never joined: waits on.
        let why = NotAnswered::Unfit;
        let not_taken = What::NotTaken { ticket: TicketId(7), agent: AgentId(1), why };
        store.keep_pool(vec![entered(1_000, 7), connected(1_005, 7), record(1_006, not_taken)]);
        let moved = What::Moved { ticket: TicketId(8), queue: "sign".into() };
        store.keep_pool(vec![entered(1_000, 8), record(1_030, moved), ended(1_031, 8, Outcome::Left)]);
        store.keep_pool(vec![entered(900, 9), connected(901, 9)]);
        settled(&store).await;
        assert_eq!(
            tickets(&store).await,
            [
                "1 talk agent1 served",
                "2 talk agent1 -",
                "3 talk - left",
                "4 talk - left",
                "5 talk - timeout",
                "6 talk - full",
                "7 talk - -",
                "8 sign - left",
                "9 talk agent1 -"
            ]
        );
        let in_time = BTreeMap::from([(TALK.to_owned(), seconds(15)), ("none".to_owned(), seconds(15))]);
        let levels = store.levels(1_000, &in_time).await.expect("levels");
        let level = levels[TALK];
        assert_eq!((level.offered, level.answered, level.in_time), (5, 2, 1));
        assert_eq!((level.abandoned, level.abandoned_short), (2, 1));
        assert_eq!(levels["none"], acd::Level::default());
    });
}

#[test]
fn what_a_gateway_left_open_is_lost_at_its_next_start_and_not_at_anothers() {
    everywhere("lost-tickets", async |store, _| {
        store.begin(seconds(1_000), "here");
        store.keep_pool(vec![entered(1_001, 1), ended(1_002, 1, Outcome::Left), entered(1_003, 2)]);
        store.begin(seconds(2_000), "there");
        store.keep_pool(vec![entered(2_001, 2)]);
        settled(&store).await;
        assert_eq!(tickets(&store).await, ["1 talk - left", "2 talk - -", "2 talk - -"]);
        store.begin(seconds(3_000), "here");
        // A number that was drawn before is another ticket of another start.
        store.keep_pool(vec![entered(3_001, 1)]);
        settled(&store).await;
        let all = tickets(&store).await;
        assert_eq!(all, ["1 talk - left", "2 talk - node_lost", "2 talk - -", "1 talk - -"]);
    });
}

#[test]
fn what_is_too_old_is_forgotten_when_a_gateway_starts() {
    everywhere("old-tickets", async |store, _| {
        store.begin(seconds(1_000), "");
        store.keep_pool(vec![entered(1_001, 1), ended(1_002, 1, Outcome::Left)]);
        let day = 24 * 3_600;
        store.begin(seconds(399 * day), "");
        settled(&store).await;
        assert_eq!(tickets(&store).await.len(), 1);
        store.begin(seconds(401 * day), "");
        settled(&store).await;
        assert_eq!(tickets(&store).await.len(), 0);
    });
}

fn stay(node: &str, goal: Option<&str>, to_agent: bool) -> Stay {
    Stay {
        flow: "hotline".into(),
        node: node.into(),
        goal: goal.map(str::to_owned),
        choices: 0,
        keys: 0,
        timeouts: 0,
        invalid: 0,
        to_agent,
        is_end: false,
    }
}

/// A call that ended at this second.
fn cdr(at: u64, caller: Option<&str>, stays: Vec<Stay>, stars: &[u32]) -> Box<Cdr> {
    let rated = |stars: &u32| Rated { flow: "hotline".into(), node: "rate".into(), stars: *stars, most: 5 };
    let mut journal = Journal::default();
    journal.stays = stays;
    journal.ratings = stars.iter().map(rated).collect();
    Box::new(Cdr {
        call: CallId(at),
        sip_call_id: format!("{at}@phone"),
        caller: caller.map(str::to_owned),
        called: "10010".into(),
        started: seconds(at - 60),
        answered: Some(seconds(at - 50)),
        ended: seconds(at),
        cause: Cause::CallerHungUp,
        path: Vec::new(),
        agent: None,
        callback: None,
        digits: 0,
        packets: Packets::default(),
        skew_ms: None,
        terminal: None,
        version: 1,
        journal,
        talking: false,
    })
}

#[test]
fn a_day_is_told_by_goals_agents_stars_and_numbers() {
    everywhere("today", async |store, _| {
        const DAY: u64 = 900 * 1_000;
        store.keep(cdr(DAY - 1, Some("13800138000"), vec![stay("balance", Some("balance"), false)], &[1]));
        store.keep(cdr(DAY + 1, Some("13800138000"), vec![stay("balance", Some("balance"), false)], &[5, 4]));
        store.keep(cdr(DAY + 2, Some("+8613900139000"), vec![stay("menu", None, true)], &[3]));
        store.keep(cdr(DAY + 3, Some("13811111111"), vec![stay("menu", None, false)], &[]));
        store.keep(cdr(DAY + 4, None, vec![stay("bill", Some("bill"), true)], &[]));
        let never = cdr(DAY + 5, Some("13800138000"), Vec::new(), &[]);
        store.keep(Box::new(Cdr { answered: None, ..*never }));
        settled(&store).await;
        let today = store.today(DAY).await.expect("today");
        assert_eq!((today.calls, today.helped, today.wanted), (4, 1, 2));
        assert_eq!((today.rated, today.satisfied), (3, 2));
        let prefixes = [("138", 2), ("", 1), ("139", 1)].map(|(prefix, calls)| (prefix.to_owned(), calls));
        assert_eq!(today.prefixes, prefixes);
        assert_eq!(store.today(DAY - 900).await.expect("yesterday, too").calls, 5);
    });
}

#[test]
fn decisions_survive_a_store_that_is_opened_again() {
    let file = places::File::new("tickets-again");
    let place: Place = file.place();
    for expected in [0, 1] {
        let (store, thread) = Store::open(&place).expect("it can be opened");
        runtime().block_on(async {
            assert_eq!(tickets(&store).await.len(), expected);
            store.begin(seconds(1_000 + expected as u64), "");
            store.keep_pool(vec![entered(1_001, 1)]);
            settled(&store).await;
        });
        store.stop();
        thread.join().expect("it ends");
    }
}

#[test]
fn what_is_too_old_goes_while_the_gateway_runs_on() {
    const DAY: u64 = 24 * 3_600;
    everywhere("pruned", async |store, _| {
        store.begin(seconds(1_000), "");
        store.keep_pool(vec![entered(1_000, 1), ended(1_001, 1, Outcome::Left)]);
        store.keep_pool(vec![entered(399 * DAY, 2), ended(399 * DAY, 2, Outcome::Left)]);
        settled(&store).await;
        assert_eq!(tickets(&store).await.len(), 2, "not older than 400 days");
        store.keep_pool(vec![entered(401 * DAY, 3)]);
        settled(&store).await;
        assert_eq!(tickets(&store).await, ["2 talk - left", "3 talk - -"]);
    });
}

#[test]
fn conversations_are_spoken_of_by_the_agent_who_had_them() {
    everywhere("contacts", async |store, _| {
        store.begin(seconds(1_000), "");
        store.keep_pool(vec![entered(1_000, 1), connected(1_010, 1), ended(1_100, 1, Outcome::Served)]);
        store.keep_pool(vec![entered(1_001, 2), ended(1_100, 2, Outcome::Left)]);
        store.keep_pool(vec![entered(1_050, 3), connected(1_110, 3)]);
        store.keep_pool(vec![record(1_120, What::Abused { ticket: TicketId(3), agent: AgentId(1) })]);
        settled(&store).await;
        let said = async |id: &str, agent: &str, note: &str| {
            let (id, note) = (id.parse().expect("an id"), Some(note.to_owned()));
            store.wrap_up(id, agent.to_owned(), Some("bill".to_owned()), note).await.expect("written")
        };
        assert!(said("3", "agent1", "by the ticket of a ring").await);
        assert!(said("1000000-1", "agent1", "by its id").await);
        assert!(!said("1000000-1", "agent2", "of another agent").await);
        assert!(!said("2", "agent1", "nobody answered").await);
        assert!(!said("999-1", "agent1", "another start").await);
        assert!("1-".parse::<ContactId>().is_err() && "-1".parse::<ContactId>().is_err());

        let entry = || Entry {
            at: 1_130,
            account: "ann".to_owned(),
            what: "snapshot kept".to_owned(),
            about: "3".to_owned(),
            address: String::new(),
        };
        let keep = async |agent: &str, picture: &[u8]| {
            let id = "3".parse().expect("an id");
            store.add_snapshot(id, agent.to_owned(), seconds(1_130), picture, entry()).await.expect("written")
        };
        assert_eq!(keep("agent2", b"?").await, Err(NotKept::Unknown));
        assert_eq!((keep("agent1", b"first").await, keep("agent1", b"second").await), (Ok(1), Ok(2)));
        let picture = async |number, agent| {
            store.snapshot("3".parse().expect("an id"), number, agent).await.expect("read")
        };
        assert_eq!(picture(2, None).await.as_deref(), Some(&b"second"[..]));
        assert_eq!(picture(1, Some("agent1")).await.as_deref(), Some(&b"first"[..]));
        assert_eq!((picture(1, Some("agent2")).await, picture(3, None).await), (None, None));
        for number in 3..=store::SNAPSHOTS_MAX {
            assert_eq!(keep("agent1", b"more").await, Ok(number));
        }
        assert_eq!(keep("agent1", b"more").await, Err(NotKept::Full));
        let noted = store.audit(2_000, 100).await.expect("read");
        assert_eq!(noted.len() as u64, store::SNAPSHOTS_MAX, "what was not kept is not told");

        let contacts = store.contacts(Some("agent1")).await.expect("read");
        let told: Vec<_> =
            contacts.iter().map(|one| (one.id.as_str(), one.note.as_deref(), one.snapshots)).collect();
        assert_eq!(
            told,
            [
                ("1000000-3", Some("by the ticket of a ring"), store::SNAPSHOTS_MAX),
                ("1000000-1", Some("by its id"), 0)
            ]
        );
        assert_eq!((contacts[0].ended_at, contacts[1].ended_at), (None, Some(seconds(1_100))));
        assert!(store.contacts(Some("agent2")).await.expect("read").is_empty());
        assert_eq!(store.contacts(None).await.expect("read"), contacts);
        assert_eq!(store.remarks(1_100).await.expect("read").len(), 1);

        let alerts = store.alerts(1_000).await.expect("read");
        assert_eq!((alerts.len(), alerts[0].agent.as_str(), alerts[0].at), (1, "agent1", seconds(1_120)));
        assert_eq!(alerts[0].caller.as_deref(), Some("13800138000"));
        assert!(store.alerts(1_121).await.expect("read").is_empty());
    });
}
