//! Orders of callers, and the audit with both of its halves.

use std::time::Duration;

use call::OrderRecord;
use dialplan::Ordered;
use store::audit::Entry;
use store::orders::{self, Line};

use crate::everywhere;

fn order(at: u64, caller: Option<&str>, outcome: &'static str) -> Box<OrderRecord> {
    Box::new(OrderRecord {
        at: Duration::from_secs(at),
        sip_call_id: "1@phone".to_owned(),
        caller: caller.map(str::to_owned),
        called: "10010".to_owned(),
        ordered: Ordered {
            call: "crm.order".to_owned(),
            confirmed: vec![("pack".to_owned(), "10GB".to_owned()), ("yuan".to_owned(), "20".to_owned())],
            code_by: "speech",
            key: format!("key-{at}"),
            outcome,
        },
    })
}

fn deed(at: u64) -> Entry {
    let text = |text: &str| text.to_owned();
    Entry { at, account: text("admin"), what: text("signed in"), about: text(""), address: text("127.0.0.1") }
}

/// One line, brief.
fn told(line: &Line) -> String {
    match line {
        Line::Order(order) => {
            let caller = order.caller.as_deref().unwrap_or("withheld");
            format!(
                "{} {caller} {} {} {} {}",
                order.at, order.what, order.confirmed, order.key, order.outcome
            )
        }
        Line::Deed(entry) => format!("{} {} {}", entry.at, entry.account, entry.what),
    }
}

#[test]
fn orders_stand_between_what_people_did_and_the_last_ones_are_told() {
    everywhere("orders", async |store, place| {
        store.keep_order(order(10, Some("13800000000"), "done"));
        store.keep_order(order(30, None, "unknown"));
        // Acknowledged behind the orders, by the same thread.
        store.note(deed(20)).await.expect("written");
        store.note(deed(40)).await.expect("written");
        // `read` has a runtime of its own.
        let read = async |since, most| {
            let place = place.clone();
            let read = std::thread::spawn(move || orders::read(&place, since, most));
            let lines = read.join().expect("it ends").expect("it can be read");
            lines.iter().map(told).collect::<Vec<_>>()
        };
        let all = [
            "10 13800000000 crm.order pack=10GB yuan=20 key-10 done",
            "20 admin signed in",
            "30 withheld crm.order pack=10GB yuan=20 key-30 unknown",
            "40 admin signed in",
        ];
        assert_eq!(read(0, 100).await, all);
        assert_eq!(read(20, 100).await, all[1..]);
        assert_eq!(read(0, 2).await, all[2..], "the last ones");
        assert_eq!(read(41, 100).await, [""; 0]);
    });
}
