//! Figures added up over groups, restarts and editions.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use call::{CallId, Packets};
use dialplan::{Assets, Journal, Service, SourceFile, Stay};

use super::*;
use crate::Store;

const FLOW: &str = "flow: care
numbers: [\"10010\"]
start: main
languages: [en]
nodes: { main: { hangup: { say: hi } } }
";

/// The service, with `more` in its flow's file.
fn service(version: u64, more: &str) -> Arc<Service> {
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    let files = [file("care.yaml", format!("{FLOW}{more}")), file("texts/en.yaml", "hi: hi\n".to_owned())];
    let compiled = Service::compile(&files, &Assets::default());
    Arc::new(compiled.unwrap_or_else(|problems| panic!("{}", problems.report())).numbered(version))
}

fn stay(node: &str, goal: Option<&str>, choices: u32, keys: u32) -> Stay {
    Stay {
        flow: "care".to_owned(),
        node: node.to_owned(),
        goal: goal.map(str::to_owned),
        choices,
        keys,
        timeouts: 0,
        invalid: 0,
        to_agent: false,
        is_end: node == "bye",
    }
}

fn ended(version: u64, at: u64, cause: Cause, stays: Vec<Stay>) -> Box<Cdr> {
    let mut journal = Journal::default();
    (journal.stays, journal.first_key) = (stays, Some(Duration::from_millis(4_700)));
    Box::new(Cdr {
        call: CallId(1),
        sip_call_id: "1".to_owned(),
        caller: None,
        called: "10010".to_owned(),
        started: Duration::ZERO,
        answered: None,
        ended: Duration::from_secs(at),
        cause,
        path: Vec::new(),
        agent: None,
        digits: 0,
        packets: Packets::default(),
        skew_ms: None,
        terminal: None,
        callback: None,
        version,
        journal,
        talking: false,
    })
}

/// A file of its own, without what an earlier run may have left.
fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("vireo-store-{name}-{}.sqlite", std::process::id()));
    remove(&path);
    path
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        // Ignored: what is not there need not go.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

#[test]
fn what_callers_did_is_added_up_over_restarts_and_told_apart_by_edition() {
    let path = file("editions");
    let open = || Store::open(&Place::File(path.clone())).expect("it can be opened");
    let (store, thread) = open();
    store.know(&service(1, ""));
    let main = || Stay { timeouts: 1, ..stay("main", None, 0, 2) };
    store.keep(ended(1, 100, Cause::CallerHungUp, vec![main(), stay("bill", Some("bill"), 1, 0)]));
    store.keep(ended(1, 110, Cause::CallerHungUp, vec![Stay { invalid: 3, ..main() }]));
    store.stop();
    thread.join().expect("it ends");

    // After a restart the same file counts anew from version 1, and a changed one is another edition.
    let (store, thread) = open();
    store.know(&service(1, ""));
    store.know(&service(2, "# changed\n"));
    let goes = Stay { to_agent: true, ..main() };
    store.keep(ended(
        1,
        120,
        Cause::CallerHungUp,
        vec![goes, stay("wait", None, 1, 0), stay("bye", None, 1, 0)],
    ));
    store.keep(ended(2, 130, Cause::Completed, vec![main(), stay("bill", Some("bill"), 2, 0)]));
    // Of a version that nobody told of: it is in no edition.
    store.keep(ended(9, 140, Cause::Completed, vec![main()]));
    store.stop();
    thread.join().expect("it ends");

    let all = read(&Place::File(path.clone()), "care").expect("it is there");
    let brief = |figures: &FlowFigures| (figures.calls, figures.first_at, figures.last_at);
    assert_eq!(all.iter().map(brief).collect::<Vec<_>>(), [(1, 130, 130), (3, 100, 120)]);
    let [new, old] = &all[..] else { panic!("{all:?}") };
    assert_ne!(new.edition, old.edition);
    let node = |figures: &FlowFigures, node: &str| figures.nodes[node];
    let main =
        NodeFigures { entries: 3, keys: 6, timeouts: 3, invalid: 3, hung_up: 1, abandoned: 1, to_agent: 1 };
    assert_eq!(node(old, "main"), main);
    let bill = node(old, "bill");
    assert_eq!((bill.entries, bill.hung_up, bill.abandoned), (1, 1, 0), "the goal was reached");
    assert_eq!(node(old, "bye").hung_up, 0, "a goodbye that is not heard to its end leaves nothing undone");
    assert_eq!(old.first_key_seconds, Spread(BTreeMap::from([(4, 3)])));
    assert_eq!(new.goals["bill"], Spread(BTreeMap::from([(2, 1)])));
    assert_eq!(read(&Place::File(path.clone()), "other").expect("it is there"), []);
    remove(&path);
}

#[test]
fn whoever_talks_to_an_agent_does_not_give_up() {
    let path = file("talking");
    let (store, thread) = Store::open(&Place::File(path.clone())).expect("it can be opened");
    store.know(&service(1, ""));
    let call = *ended(1, 100, Cause::CallerHungUp, vec![stay("wait", None, 0, 0)]);
    store.keep(Box::new(Cdr { talking: true, ..call }));
    store.stop();
    thread.join().expect("it ends");
    let all = read(&Place::File(path.clone()), "care").expect("it is there");
    assert_eq!(all[0].nodes["wait"], NodeFigures { entries: 1, ..NodeFigures::default() });
    remove(&path);
}

#[test]
fn a_file_that_is_no_database_is_said_and_left_alone() {
    let path = file("none");
    std::fs::write(&path, "my notes, which are longer than the head of a database, and worth keeping")
        .expect("a file");
    let why = Store::open(&Place::File(path.clone())).err().expect("it is none").to_string();
    assert!(why.contains(&path.display().to_string()), "{why}");
    assert!(std::fs::read_to_string(&path).expect("a file").starts_with("my notes"));
    assert!(read(&Place::File("/nowhere/vireo.sqlite".into()), "care").is_err());
    remove(&path);
}

#[test]
fn a_percentile_is_the_value_that_so_many_do_not_exceed() {
    let spread = Spread(BTreeMap::from([(1, 5), (2, 4), (9, 1)]));
    assert_eq!(
        [50, 90, 91, 100].map(|percent| spread.percentile(percent)),
        [Some(1), Some(2), Some(9), Some(9)]
    );
    assert_eq!(Spread::default().percentile(50), None);
}

#[test]
fn figures_of_a_day_are_those_of_all_editions_and_are_dropped_after_two() {
    const DAY: u64 = 86_400;
    let path = file("recent");
    let (store, thread) = Store::open(&Place::File(path.clone())).expect("it can be opened");
    store.know(&service(1, ""));
    store.know(&service(2, "# changed\n"));
    let recent = |since: u64| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let store = store.clone();
        runtime.block_on(async move {
            // Answered when what came before it is written.
            store.write(async |_| Ok(())).await.expect("written");
            let mut connection = store.reader().await.expect("a connection");
            super::recent::read(&mut connection, since).await.expect("it can be read")
        })
    };
    let main = || Stay { timeouts: 2, ..stay("main", None, 0, 1) };
    store.keep(ended(1, DAY - 1, Cause::CallerHungUp, vec![main()]));
    store.keep(ended(1, DAY, Cause::CallerHungUp, vec![main()]));
    store.keep(ended(2, DAY + 1_000, Cause::Completed, vec![main(), stay("bill", None, 1, 0)]));
    let figures =
        |entries, timeouts, hung_up| RecentFigures { entries, timeouts, hung_up, abandoned: hung_up };
    let today = recent(DAY);
    assert_eq!(
        today["care"],
        BTreeMap::from([("main".to_owned(), figures(2, 4, 1)), ("bill".to_owned(), figures(1, 0, 0)),])
    );
    assert_eq!(recent(0)["care"]["main"], figures(3, 6, 2));
    assert_eq!(recent(3 * DAY), Recent::new());
    store.keep(ended(2, 3 * DAY, Cause::Completed, vec![main()]));
    assert_eq!(
        recent(0)["care"]["main"],
        figures(3, 6, 1),
        "what ended before the first day's midnight is gone"
    );
    store.stop();
    thread.join().expect("it ends");
    remove(&path);
}
