//! Writing by groups: what was acknowledged is there, what failed takes nothing with it.

use std::sync::atomic::{AtomicUsize, Ordering};

use store::audit::Entry;
use store::{Store, StoreError};

use crate::{everywhere, places, run};

fn entry(at: u64) -> Entry {
    let text = |text: &str| text.to_owned();
    Entry { at, account: text("a"), what: text("tested"), about: text(""), address: text("") }
}

/// Of 200 changes at once, each third of which fails, what is said to be written is what is there.
#[test]
fn a_change_that_fails_takes_no_other_with_it() {
    everywhere("groups", async |store, _| {
        let fails = async |store: &Store| {
            store
                .write(async |connection| {
                    sqlx::query("INSERT INTO nowhere VALUES (1)").execute(connection).await.map(drop)
                })
                .await
        };
        let written = AtomicUsize::new(0);
        let one = async |at: u64| {
            if at.is_multiple_of(3) {
                let why = fails(&store).await.expect_err("there is no such table");
                assert!(
                    matches!(why, StoreError::Refused(_)) && why.to_string().contains("nowhere"),
                    "{why}"
                );
            } else {
                store.note(entry(at)).await.expect("written");
                written.fetch_add(1, Ordering::Relaxed);
            }
        };
        at_once((0..200).map(one).collect()).await;
        assert_eq!(written.into_inner(), 133);
        assert_eq!(store.audit(u64::MAX, 1_000).await.expect("read").len(), 133);
    });
}

/// Ends when the last is over.
async fn at_once(all: Vec<impl Future<Output = ()>>) {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).map(Some).collect();
    std::future::poll_fn(|context| {
        for one in &mut all {
            if one.as_mut().is_some_and(|future| future.as_mut().poll(context).is_ready()) {
                *one = None;
            }
        }
        if all.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[test]
fn after_its_end_it_says_so() {
    let file = places::File::new("ended");
    run(&file.place(), async |store, _| {
        store.stop();
        // The thread may still be at its last group.
        let mut said = store.note(entry(1)).await;
        while said.is_ok() {
            said = store.note(entry(1)).await;
        }
        assert!(matches!(said, Err(StoreError::Closed)), "{said:?}");
    });
}
