//! The CRM that `vireo demo` starts: a call asks it, and what it was told is there after a restart.

use std::fs;
use std::time::Duration;

use crate::common::caller::Caller;
use crate::common::demo::{Demo, get};

const CONNECTOR: &str = r#"
connector: crm
base: "${CRM_URL:-http://127.0.0.1:8790}"
calls:
  sms: { post: /sms, takes: { to: text, text: text }, returns: { id: text }, example: { id: M1 } }
"#;

#[test]
fn a_call_asks_the_crm_that_the_demo_started_and_a_restart_keeps_its_data() {
    let mut demo = Demo::edited("demo-crm", |service| {
        fs::write(service.join("dialplans/crm.yaml"), CONNECTOR).expect("the test's folder is writable");
        let path = service.join("dialplans/hotline.yaml");
        let flow = fs::read_to_string(&path).expect("the service has a flow");
        let flow = flow.replace("say: balance, to: balance", "say: balance, to: told");
        let told = "  told: { lookup: { call: crm.sms, send: { to: caller, text: caller }, into: sent, exits: { done: balance, refused: main, failed: main } } }\n";
        fs::write(&path, format!("{}{told}", flow.trim_end().to_owned() + "\n")).expect("writable");
    });
    let first = demo.crm();
    assert!(get(first, "/subscribers/13800138000/balance").contains("58.2"));
    let kept = |address| get(address, "/sms/13800000000").contains("13800000000");
    assert!(!kept(first));
    let (mut caller, menu) = Caller::at_menu(demo.sip);
    caller.press('1', &menu);
    caller.look_until("what the call told the CRM", Duration::from_secs(10), || kept(first));
    drop(caller);
    demo.restart();
    let second = demo.crm();
    assert!(kept(second), "the data is in the demo's folder");
    assert_eq!(demo.process.exited(), None);
}
