//! Signalling by SIPp, scenario by scenario.

use std::time::Duration;

use crate::common::gateway::{AGENT_PORT, AGENT2_PORT, Gateway, HOTLINE};
use crate::common::sipp::Scenario;
use crate::common::{ADDRESS, Lab, pcap};

/// SIP port of the calling SIPp.
const CALLER: u16 = 5090;

fn caller<'a>(file: &'a str, number: &'a str, args: &'a [&'a str]) -> Scenario<'a> {
    Scenario { file, number, port: CALLER, args }
}

fn agent<'a>(file: &'a str, args: &'a [&'a str]) -> Scenario<'a> {
    Scenario { file, number: "agent1", port: AGENT_PORT, args }
}

/// The demo with its first agent alone.
fn one_agent(lab: &Lab) -> Gateway {
    Gateway::with(lab, |queues| queues.replace("[desk1, desk2, agent1, agent2]", "[agent1]"))
}

/// Scenarios that need nothing but the gateway share one, one after the other.
#[test]
fn calls_and_refusals_go_as_the_scenarios_say() {
    let Some(lab) = Lab::new("sipp-calls", &["sipp"]) else { return };
    let mut gateway = Gateway::start(&lab);
    for file in
        ["call", "options", "retransmitted_invite", "hold", "late_offer", "unusable_sdp", "wrong_requests"]
    {
        caller(file, HOTLINE, &["-d", "500"]).run(&lab);
        gateway.assert_alive();
    }
    caller("unknown_number", "1008699", &[]).run(&lab);
    assert!(gateway.stop().success());
}

#[test]
fn a_caller_who_gives_up_while_it_rings_gets_487() {
    let Some(lab) = Lab::new("sipp-cancel", &["sipp"]) else { return };
    let mut gateway = Gateway::ringing(&lab, 5);
    caller("cancel", HOTLINE, &[]).run(&lab);
    gateway.assert_alive();
}

#[test]
fn a_200_is_repeated_until_its_ack_comes() {
    let Some(lab) = Lab::new("sipp-lost-ack", &["sipp"]) else { return };
    let _gateway = Gateway::start(&lab);
    let trace = caller("lost_ack", HOTLINE, &[]).run(&lab);
    let (before, after) = trace.split_once("ACK sip:").expect("the trace holds the ACK");
    let answers = |part: &str| part.matches("SIP/2.0 200 OK").count();
    // At 0, 500 and 1500 ms (T1 doubling, RFC 3261 §13.3.1.4).
    assert_eq!(answers(before), 3, "{before}");
    // That of the BYE.
    assert_eq!(answers(after), 1, "{after}");
}

#[test]
fn a_call_that_is_never_acknowledged_is_ended_after_32_seconds() {
    let Some(lab) = Lab::new("sipp-never-acked", &["sipp"]) else { return };
    let _gateway = Gateway::start(&lab);
    caller("never_acked", HOTLINE, &[]).run(&lab);
}

#[test]
fn a_key_brings_the_agent_and_the_caller_ends_both_legs() {
    let Some(lab) = Lab::new("sipp-agent", &["sipp"]) else { return };
    let _gateway = one_agent(&lab);
    pcap::write_keys(&lab.dir.join("keys.pcap"), 101, "0");
    let agent = agent("agent", &["-d", "500"]).start(&lab);
    caller("keys", HOTLINE, &["-d", "6000"]).run(&lab);
    agent.pass();
}

#[test]
fn an_agent_who_hangs_up_ends_the_call() {
    let Some(lab) = Lab::new("sipp-agent-ends", &["sipp"]) else { return };
    let _gateway = one_agent(&lab);
    pcap::write_keys(&lab.dir.join("keys.pcap"), 101, "0");
    let agent = agent("agent_hangs_up", &["-d", "1000"]).start(&lab);
    caller("keys_then_bye", HOTLINE, &[]).run(&lab);
    agent.pass();
}

#[test]
fn a_caller_who_leaves_stops_the_ringing() {
    let Some(lab) = Lab::new("sipp-agent-silent", &["sipp"]) else { return };
    let _gateway = one_agent(&lab);
    pcap::write_keys(&lab.dir.join("keys.pcap"), 101, "0");
    let agent = agent("agent_silent", &[]).start(&lab);
    caller("keys", HOTLINE, &["-d", "4000"]).run(&lab);
    agent.pass();
}

/// Which of the two is offered the call first is chance; both refuse once.
#[test]
fn a_busy_agent_is_followed_by_the_next() {
    let Some(lab) = Lab::new("sipp-agent-busy", &["sipp"]) else { return };
    let _gateway = Gateway::start(&lab);
    pcap::write_keys(&lab.dir.join("keys.pcap"), 101, "0");
    let agents =
        [AGENT_PORT, AGENT2_PORT].map(|port| Scenario { port, ..agent("agent_busy", &[]) }.start(&lab));
    caller("keys", HOTLINE, &["-d", "4000"]).run(&lab);
    for agent in agents {
        agent.pass();
    }
}

/// Each of the two is a flow of its own.
const RINGS: &str = "flow: rings
numbers: [\"1008612\"]
start: rings
languages: [zh-CN]
vars: { money: 58.20 }
nodes:
  rings: { flash: { ring: 2s, next: write } }
  write: { notify: { by: message, to: '\"sip:agent1@10.77.0.1:5070\"', text: [balance, balance_money], exits: { done: $hangup, withheld: $hangup, failed: $hangup } } }
";
const SHOP: &str = "flow: shop
numbers: [\"1008613\"]
start: shop
languages: [zh-CN, en]
nodes:
  shop:
    transfer:
      to: \"sip:agent1@10.77.0.1:5070\"
      hold: { clip: hold.mp4 }
      exits: { done: $hangup, busy: $hangup, no_answer: $hangup, failed: $hangup }
";

#[test]
fn a_flash_rings_and_is_refused_and_a_transfer_reaches_its_telephone() {
    let Some(lab) = Lab::new("sipp-flash", &["sipp"]) else { return };
    assert!(SHOP.contains(&format!("@{ADDRESS}:{AGENT_PORT}")));
    let mut gateway = Gateway::with_flows(&lab, &[("rings.yaml", RINGS), ("shop.yaml", SHOP)]);
    let reader = agent("message", &[]).start(&lab);
    caller("flash", "1008612", &[]).run(&lab);
    reader.pass();
    // The telephone waits for the end, which the caller brings.
    let shop = agent("agent", &["-d", "500"]).start(&lab);
    caller("call", "1008613", &["-d", "4000"]).run(&lab);
    shop.pass();
    // One who hangs up first is the end of the call.
    let shop = agent("agent_hangs_up", &["-d", "1000"]).start(&lab);
    pcap::write_keys(&lab.dir.join("keys.pcap"), 101, "5");
    caller("keys_then_bye", "1008613", &[]).run(&lab);
    shop.pass();
    gateway.assert_alive();
}

#[test]
fn a_hundred_calls_at_once_are_all_served() {
    let Some(lab) = Lab::new("sipp-hundred", &["sipp"]) else { return };
    let mut gateway = Gateway::start(&lab);
    let before = gateway.cpu_time();
    caller("call", HOTLINE, &["-m", "100", "-r", "50", "-l", "100", "-d", "3000"]).run(&lab);
    let used = gateway.cpu_time().saturating_sub(before);
    gateway.assert_alive();
    crate::common::say(&format!(
        "100 calls of 3 s with PCMU and H.264: {:.2} ms of CPU a call-second",
        used.as_secs_f64() * 1000.0 / 300.0
    ));
    assert!(used > Duration::ZERO);
}
