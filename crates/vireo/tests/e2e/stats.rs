//! `vireo stats`: what a caller did is there when the call has ended, also after the gateway was killed.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::common::caller::Caller;
use crate::common::demo::Demo;
use crate::common::wait;

fn stats(demo: &Demo, more: &[&str]) -> String {
    let data = demo.dir().join("data");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    let out = command.args(["stats", "hotline", "--data"]).arg(data).args(more).output().expect("it runs");
    String::from_utf8(out.stdout).expect("UTF-8") + &String::from_utf8_lossy(&out.stderr)
}

#[test]
fn what_a_caller_did_is_kept() {
    let mut demo = Demo::start("stats");
    assert!(stats(&demo, &[]).contains("no call of a flow `hotline` has ended yet"));
    let (mut caller, menu) = Caller::at_menu(demo.sip);
    let balance = caller.press('1', &menu);
    let menu = caller.press('9', &balance);
    caller.press('3', &menu);
    drop(caller);
    let told = wait::within(Duration::from_secs(20), || {
        let told = stats(&demo, &[]);
        told.contains("1 call\n").then_some(told)
    });
    let told = told.unwrap_or_else(|| panic!("{}", stats(&demo, &[])));
    let node = |name: &str| {
        let line =
            told.lines().find(|line| line.starts_with(&format!("{name} "))).expect("the node was entered");
        line.split_whitespace()
            .skip(1)
            .map(|count| count.parse::<u32>().expect("a number"))
            .collect::<Vec<_>>()
    };
    // Entries, keys, no key, wrong key, hung up, gave up, to agent.
    assert_eq!(node("main"), [2, 2, 0, 0, 0, 0, 0], "{told}");
    assert_eq!(node("balance"), [1, 1, 0, 0, 0, 0, 0], "{told}");
    assert_eq!(node("repair"), [1, 0, 0, 0, 1, 1, 0], "{told}");
    demo.process.end(Signal::KILL, Duration::from_secs(5));
    assert_eq!(stats(&demo, &[]), told, "what was told is on the disk");
    let json: serde_json::Value = serde_json::from_str(&stats(&demo, &["--format", "json"])).expect("JSON");
    assert_eq!(json[0]["nodes"]["main"]["keys"], 2);
}
