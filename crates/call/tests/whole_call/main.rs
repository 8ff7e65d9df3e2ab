//! Whole calls in virtual time: a shard with its endpoint, the agent pool, phones and a lossy network.
//! INVITE octets in, RTP octets out; every scenario runs over many seeds and prints the failing one.

// `allow-unwrap-in-tests` of clippy.toml reaches test functions, not the helpers that they share.
#![allow(clippy::unwrap_used)]

mod bridge;
mod browser;
mod browsers;
mod circuits;
mod desk;
mod distribution;
mod echo;
mod flash;
mod handset;
mod key_pictures;
mod lines;
mod lips;
mod live;
mod locals;
mod menu;
mod notices;
mod orders;
mod pairs;
mod pauses;
mod phone;
mod places;
mod queue_failures;
mod rates;
mod refusals;
mod relays;
mod speech;
mod storms;
mod supervise;
mod text;
mod transcoders;
mod transfer;
mod vanished;
mod waiting;
mod winding;
mod world;

/// A service that is small enough to be judged by eye: two pages and a queue with two agents.
pub(crate) const FLOW: &str = r#"
flow: hotline
numbers: ["1008621"]
start: main
languages: [en]
defaults: { timeout: 5s, tries: 2, exits: { silence: $repeat, invalid: $repeat, exhausted: bye, failed: bye } }
nodes:
  main:
    menu:
      slide: menu.svg
      title: welcome
      items:
        "1": { say: balance, to: balance }
        "0": { say: agent, to: agent }
  balance:
    menu:
      slide: page.svg
      title: balance
      say: balance_text
      items: { "9": { say: back, to: main } }
  agent:
    queue:
      name: help
      exits: { served: bye, timeout: bye, full: bye, closed: bye, no_agents: bye, failed: bye }
  bye:
    hangup: { say: goodbye }
"#;

pub(crate) const TEXTS: &str = r#"
press: "For {{ label }}, press {{ key }}."
welcome: "Welcome"
balance: "balance"
agent: "an agent"
back: "back"
balance_text: "Your balance is twelve."
goodbye: "Goodbye."
"#;

pub(crate) const QUEUES: &str = r#"
agents:
  anna: { address: "sip:anna@10.0.0.21:5060" }
  boris: { address: "sip:boris@10.0.0.22:5060" }
queues:
  help: { agents: [anna, boris], ring_timeout: 10s, wait_max: 60s, capacity: 5, wrap_up: 1s, hold: { clip: hold.mp4 } }
"#;

pub(crate) fn hotline() -> std::sync::Arc<dialplan::Service> {
    world::service(&[("hotline.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", TEXTS)])
}
