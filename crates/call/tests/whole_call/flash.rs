//! Calls that ring and are never answered, and what is asked before an answer.

use std::sync::Arc;
use std::time::Duration;

use call::{Cause, Live};

use crate::phone::Phone;
use crate::world::{World, service};
use crate::{FLOW, QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

const FLASH: &str = r#"
flow: flash
numbers: ["1008611"]
start: rings
languages: [en]
nodes:
  rings: { flash: { ring: 6s, cause: busy, next: balance } }
  balance: { lookup: { call: crm.balance, into: bal, exits: { done: rich, refused: $hangup, failed: $hangup } } }
  rich: { branch: { cases: [{ when: bal.yuan > 10, to: tell }], exits: { else: $hangup } } }
  tell: { lookup: { call: crm.tell, send: { yuan: bal.yuan }, into: sent, exits: { done: write, refused: $hangup, failed: $hangup } } }
  write: { notify: { by: message, text: written, exits: { done: $hangup, withheld: nobody, failed: lost } } }
  nobody: { hangup: {} }
  lost: { hangup: {} }
"#;

const CRM: &str = r#"
connector: crm
base: http://127.0.0.1:1
calls:
  balance: { get: /balance, takes: { caller: text }, returns: { yuan: money }, example: { yuan: 58.2 } }
  tell: { post: /tell, takes: { caller: text, yuan: money }, returns: { id: text }, example: { id: "1" } }
  subscriber: { get: /subscriber, takes: { caller: text }, returns: { star: number }, example: { star: 3 } }
"#;

fn both() -> Arc<dialplan::Service> {
    let hotline = FLOW.replace(
        "start: main",
        "start: main\nring: 2s\nat_start: { sub: { call: crm.subscriber, or: { star: 1 } } }",
    );
    service(&[
        ("flash.yaml", FLASH),
        ("hotline.yaml", &hotline),
        ("crm.yaml", CRM),
        ("queues.yaml", QUEUES),
        ("texts/en.yaml", &format!("{TEXTS}written: \"Your balance is {{{{ bal.yuan | money }}}}.\"\n")),
    ])
}

fn asked(world: &World) -> Vec<&str> {
    world.asked.iter().map(|question| question.call.as_str()).collect()
}

#[test]
fn a_flash_is_told_busy_after_its_time_and_the_flow_goes_on() {
    let mut world = World::new(&both(), 1);
    let spare = world.shard.usage().spare_ports;
    let caller = world.call("10.0.0.11", "1008611");
    world.run_for(5 * SECOND);
    assert_eq!((world.phones[caller].status, asked(&world).len()), (None, 0), "it rings");
    world.run_for(2 * SECOND);
    assert_eq!(world.phones[caller].status, Some(486));
    assert_eq!(asked(&world), ["balance", "tell"]);
    let cdr = &world.cdrs[0];
    assert_eq!((cdr.cause, cdr.answered), (Cause::Completed, None));
    assert_eq!(cdr.path, ["rings", "balance", "rich", "tell", "write"]);
    let text = "Your balance is CNY 58.20.".to_owned();
    assert_eq!(world.phones[caller].messages, [("1008611".to_owned(), text)]);
    assert!(world.phones[caller].heard.is_empty() && world.fetched.is_empty(), "no media");
    assert_eq!(world.shard.usage().spare_ports + world.lent.len(), spare);
}

#[test]
fn a_caller_who_hangs_up_first_is_written_to_all_the_same() {
    let mut world = World::new(&both(), 2);
    let caller = world.call("10.0.0.11", "1008611");
    world.run_for(2 * SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.phones[caller].status, Some(487));
    assert_eq!(asked(&world), ["balance", "tell"]);
    let cdr = &world.cdrs[0];
    assert_eq!((cdr.cause, cdr.answered, world.cdrs.len()), (Cause::Cancelled, None, 1));
    assert!(world.live.iter().any(|word| matches!(word, Live::Ended { .. })));
    assert_eq!(world.shard.usage().calls, 0);
}

/// Whoever cannot be written to, the flow hears of it.
#[test]
fn a_phone_that_takes_no_message_or_is_gone_is_an_exit() {
    for (seed, is_gone, longest) in [(5, false, 8), (6, true, 50)] {
        let mut world = World::new(&both(), seed);
        let caller = world.call("10.0.0.11", "1008611");
        world.run_for(SECOND);
        world.with_phone(caller, |phone, now| {
            phone.hang_up(now);
            phone.takes_messages = false;
        });
        if is_gone {
            world.run_for(SECOND / 50);
            world.phones.clear();
        }
        assert!(world.run_until(longest * SECOND, |world| !world.cdrs.is_empty()));
        assert_eq!(world.cdrs[0].path.last().map(String::as_str), Some("lost"), "{is_gone}");
    }
}

#[test]
fn a_flash_needs_no_offer_that_suits() {
    let mut world = World::new(&both(), 3);
    let mut phone = Phone::new("10.0.0.11");
    let (now, gateway) = (world.now().mono, world.gateway());
    phone.call(now, "1008611", gateway, Some("v=0\r\nm=audio 40000 RTP/AVP 3\r\n"));
    let caller = world.add_phone(phone);
    world.with_phone(caller, |_, _| ());
    world.run_for(8 * SECOND);
    assert_eq!((world.phones[caller].status, world.cdrs.len()), (Some(486), 1));
}

#[test]
fn what_a_flow_asks_at_its_start_is_asked_while_the_phone_rings() {
    let mut world = World::new(&both(), 4);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    assert_eq!((world.phones[caller].status, asked(&world)), (None, vec!["subscriber"]));
    world.run_for(3 * SECOND);
    assert_eq!((world.phones[caller].status, asked(&world)), (Some(200), vec!["subscriber"]));
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].path, ["main"]);
}
