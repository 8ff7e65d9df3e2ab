//! What a caller ordered is in the database, and `vireo audit` prints it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::Signal;

use crate::common::caller::Caller;
use crate::common::demo::{Demo, get};
use crate::common::wait;

const CONNECTOR: &str = r#"
connector: crm
base: "${CRM_URL:-http://127.0.0.1:8790}"
calls:
  order:
    post: "/subscribers/13800138000/orders"
    order: true
    takes: { pack: text, yuan: money }
    returns: { order: text }
    refused: [402, 403, 404, 409]
    example: { order: D1 }
  sms: { post: /sms, takes: { to: text, text: text }, returns: { id: text }, example: { id: M1 } }
"#;

const ORDER: &str = "
  buy:
    order:
      slide: page.svg
      lines: price
      say: price
      yes: packs
      no: balance
      call: crm.order
      send: { pack: \"'10GB'\", yuan: price }
      show: [pack, yuan]
      code_by: sms
      code: { slide: page.svg, title: packs, say: packs, message: packs }
      exits: { done: balance, declined: main, refused: main, unknown: main, failed: main, exhausted: main }
";

/// A service whose key 1 leads to an order.
fn sells(service: &Path) {
    let rewrite = |path: &str, change: &dyn Fn(String) -> String| {
        let path = service.join(path);
        let text = fs::read_to_string(&path).expect("the service has it");
        fs::write(&path, change(text)).expect("the test's folder is writable");
    };
    fs::write(service.join("dialplans/crm.yaml"), CONNECTOR).expect("the test's folder is writable");
    for language in ["en", "zh-CN"] {
        let price = "\nprice: \"{{ price | money }}\"\n";
        rewrite(&format!("dialplans/texts/{language}.yaml"), &|text| text + price);
    }
    rewrite("dialplans/hotline.yaml", &|flow| {
        flow.replacen("flow: hotline\n", "flow: hotline\nsms: crm.sms\n", 1)
            .replace("vars: {", "vars: { price: { type: money, default: 20 },")
            .replace("say: balance, to: balance", "say: balance, to: buy")
            + ORDER
    });
}

/// The four digits of the message that the caller was sent.
fn code(demo: &Demo) -> Option<String> {
    let answer = get(demo.crm(), "/sms/13800000000");
    let messages: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
    let text = messages[0]["text"].as_str()?;
    text.split(|sign: char| !sign.is_ascii_digit()).find(|digits| digits.len() == 4).map(str::to_owned)
}

fn vireo(demo: &Demo, words: &[&str]) -> Output {
    let data = demo.service.parent().expect("it lies in the data");
    let run = Command::new(env!("CARGO_BIN_EXE_vireo")).args(words).arg("--data").arg(data).output();
    run.expect("it was built")
}

#[test]
fn an_order_is_in_the_audit_while_the_call_goes_on_and_after_a_kill() {
    let mut demo = Demo::edited("audit", sells);
    let (mut caller, menu) = Caller::at_menu(demo.sip);
    let asked = caller.press('1', &menu);
    caller.press('1', &asked);
    // The message is sent beside the call, so the page may come first; and one digit more changes little of it.
    let code = caller.look_while(|| wait::until("the code", Duration::from_secs(20), || code(&demo)));
    caller.type_in(&code);
    let audit = |words: &[&str]| {
        let done = vireo(&demo, &[&["audit"], words].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("UTF-8")
    };
    let line = || {
        let said = audit(&["--since", "1h"]);
        said.lines().find(|line| line.contains("  order  ")).map(str::to_owned)
    };
    let told = caller.look_while(|| wait::until("the line of the audit", Duration::from_secs(20), line));
    let order = "done: 13800000000 at 1008621, crm.order pack=10GB yuan=20.0 by sms, key ";
    assert!(told.contains(order), "{told}");

    demo.process.end(Signal::KILL, Duration::from_secs(5));
    drop(caller);
    let json = vireo(&demo, &["audit", "--format", "json"]).stdout;
    let lines: Vec<serde_json::Value> = serde_json::from_slice(&json).expect("a list");
    let orders: Vec<_> = lines.iter().filter(|line| line["kind"] == "order").collect();
    assert_eq!((orders.len(), &orders[0]["outcome"]), (1, &serde_json::json!("done")), "{lines:?}");
    assert!(lines.iter().any(|line| line["what"] == "account made"), "{lines:?}");
    for wrong in [vec!["audit", "--since", "soon"], vec!["audit", "--most", "0"]] {
        assert!(!vireo(&demo, &wrong).status.success(), "{wrong:?}");
    }
}
