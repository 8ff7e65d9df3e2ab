//! Transcripts: calls written down, made again, compared, and rewritten.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::common::{assets, compile, demo, file, flow, some_time, transcripts};
use dialplan::simulate::transcript::{check, update};
use dialplan::{Flow, Service};

const NODES: &str = "  main:
    menu:
      slide: menu.svg
      title: hello
      items:
        \"1\": { say: balance, to: rest }
        \"2\": { say: packs, set: { pack: 10GB }, to: $repeat }
      footer: { \"0\": agent, \"*\": $language }
  rest: { play: { say: hello, next: main } }
  agent: { queue: { name: video, exits: { served: bye, timeout: main, full: bye, closed: bye, no_agents: bye, failed: bye } } }
  bye: { hangup: { say: hello } }
";

fn service() -> Arc<Service> {
    let flow = flow(NODES).replace("defaults:", "vars: { pack: { one_of: [10GB, 30GB] } }\ndefaults:");
    Arc::new(compile(&flow).unwrap_or_else(|problems| panic!("{}", problems.report())))
}

/// The report on a transcript.
fn judged(text: &str) -> String {
    check(&service(), &[file("flow.sim", text)], some_time()).problems.report()
}

fn updated(text: &str) -> String {
    let text = update(&service(), &file("flow.sim", text), some_time());
    text.unwrap_or_else(|problems| panic!("{}", problems.report()))
}

const CALL: &str = "# A caller who walks about.
call 100, from 13800138000, language en
  node main
  title Hello
  row 1 Balance
  row 2 Data packs
press 2
  var pack 10GB
press 1
  node rest
  says Hello
listen
  node main
press *0
  language zh-CN
  node main
  node agent
  queue video
  plays hold.mp4
queue full
  node bye
  says 您好
wait
  ends

# Somebody else, who cannot see.
call test, without video
  says 话费余额请按1
  says 流量套餐请按2
  says 人工请按0
  says English请按星号
hangup
  ends
";

#[test]
fn what_is_written_comes() {
    let verdict = check(&service(), &[file("flow.sim", CALL)], some_time());
    assert!(verdict.problems.is_empty(), "{}", verdict.problems.report());
    let nodes: Vec<&str> = verdict.nodes.iter().map(|(_, node)| node.as_str()).collect();
    assert_eq!((verdict.calls, nodes), (2, vec!["agent", "bye", "main", "rest"]));
}

#[test]
fn every_fact_of_a_transcript_is_looked_at() {
    let facts: Vec<usize> =
        CALL.lines().enumerate().filter(|(_, line)| line.starts_with("  ")).map(|(at, _)| at).collect();
    for at in facts {
        let wrong = |(index, line): (usize, &str)| match index == at {
            true if line == "  ends" => "  node main\n".to_owned(),
            true => format!("{line}x\n"),
            false => format!("{line}\n"),
        };
        let text: String = CALL.lines().enumerate().map(wrong).collect();
        let problems = check(&service(), &[file("flow.sim", &text)], some_time()).problems;
        assert_eq!(problems.len(), 1, "line {}:\n{}", at + 1, problems.report());
        assert_eq!(problems.iter().next().map(|problem| problem.position().line), Some(at + 1), "{text}");
    }
}

#[test]
fn what_differs_is_told_at_its_line() {
    let title = judged("call 100, language en\n  title Hallo\n  row 1 Balance\n  row 2 Packs\n");
    let more = judged("call 100, language en\n  row 1 Balance\npress 1\n  node rest\n  node main\n");
    let node = judged("call 100, language en\npress 1\n  node agent\n  says Hullo\nwait\n  ends\n");
    insta::assert_snapshot!(title + &more + &node);
}

#[test]
fn mistakes_of_transcripts() {
    let texts = [
        "",
        "press 1\nwait\n",
        "call 101\n",
        "call tset\n",
        "call 100, form 138\n",
        "call 100, from\n",
        "call 100\n  nodes main\n",
        "call 100\n  node mian\n",
        "call 100\n  press 1\n",
        "call 100\nnode main\n",
        "call 100\n  ends now\n  says\n",
        "call 100\npress a\npress\n",
        "call 100\npress 0\nqueue servd\n",
        "call 100\npress 0\n  queue vidoe\n",
        "call 100\npress 2\n  var pakc 10GB\n",
        "call 100\nqueue served\n",
        "call 100\nlisten\nlisten\n",
        "call 100\npress 0\nwait\n",
        "call 100\nhangup\nwait now\n",
        "call 100\nhangup\npress 1\n",
    ];
    let told: String = texts.iter().map(|text| format!("{text}----\n{}", judged(text))).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn keys_alone_are_enough_to_begin_with() {
    let keys = "# Why.\ncall 100, language en\n\npress 2\n\n# Then.\npress 0\nqueue timeout";
    let text = updated(keys);
    insta::assert_snapshot!(text);
    assert_eq!(judged(&text), "");
    assert_eq!(updated(&text), text);
}

#[test]
fn what_is_true_stays_as_it_is() {
    assert_eq!(updated(CALL), CALL);
    let odd = CALL.replace("  row 2 Data packs", "\t row  2   Data packs");
    assert_eq!(judged(&odd), "");
    assert_eq!(updated(&odd), odd);
}

#[test]
fn what_has_changed_is_rewritten_and_the_rest_is_kept() {
    let text = "call 100, language en
  # The order is mine.
  row 1 Balance due
  # and so is this.
  node mian
  title Hallo

press 1
  says Hello
  says Hello again
# behind
";
    insta::assert_snapshot!(updated(text), @"
    call 100, language en
      # The order is mine.
      row 1 Balance
      row 2 Data packs
      # and so is this.
      node main
      title Hello

    press 1
      says Hello
    # behind
    ");
}

#[test]
fn keys_that_cannot_be_pressed_are_not_removed_but_told() {
    let problems = update(&service(), &file("flow.sim", "call 100\nhangup\npress 1\n"), some_time());
    assert!(problems.expect_err("the call has ended").report().contains("flow.sim:3:1"));
}

#[test]
fn transcripts_of_the_demo_hold_and_reach_every_node() {
    let service = demo();
    let files = transcripts();
    assert!(!files.is_empty());
    let verdict = check(&service, &files, some_time());
    assert!(verdict.problems.is_empty(), "{}", verdict.problems.report());
    let all = |flow: &Flow| -> Vec<(String, String)> {
        flow.nodes().map(|node| (flow.name().to_owned(), node.to_owned())).collect()
    };
    let all: BTreeSet<(String, String)> = service.flows().iter().flat_map(all).collect();
    assert_eq!(verdict.nodes, all);
    for file in &files {
        let text = update(&service, file, some_time());
        assert_eq!(
            text.unwrap_or_else(|problems| panic!("{}", problems.report())),
            file.text,
            "{}",
            file.path
        );
    }
}

/// A connector and a flow that asks it.
fn asking() -> Arc<Service> {
    let crm = "connector: crm
base: http://127.0.0.1:1
calls:
  star: { get: /star, takes: { caller: text }, returns: { star: number }, example: { star: 3 } }
";
    let nodes = "  main: { menu: { fetch: { sub: crm.star }, items: { \"1\": { say: balance, to: $repeat } }, exits: { failed: bye } } }
  bye: { hangup: { say: hello } }
";
    let mut files = vec![file("flow.yaml", &flow(nodes)), file("crm.yaml", crm), crate::common::queues()];
    files.extend(crate::common::texts());
    let service = Service::compile(&files, &crate::common::assets());
    Arc::new(service.unwrap_or_else(|problems| panic!("{}", problems.report())))
}

#[test]
fn connectors_answer_what_a_transcript_says() {
    let judged = |text: &str| check(&asking(), &[file("flow.sim", text)], some_time()).problems.report();
    let good = "call 100, from 138
  asks crm.star caller=138
  node main
answer crm.star failed
press 1
  asks crm.star caller=138
  node main
  node bye

call 100, from 138, answer crm.star refused
  node main
  node bye

call 100, answer crm.star unknown
  node main
  node bye

call 100, from 138
  node main
answer crm.star failed
answer crm.star done
press 1
  node main
";
    assert_eq!(judged(good), "");
    let texts = [
        "call 100, answer crm.star\n",
        "call 100, answer crm.stars failed\n",
        "call 100\nanswer crm.star faild\n",
        "answer crm.star failed\n",
        "call 100, from 138\n  asks crm.star caller=139\n",
    ];
    let reports: Vec<String> = texts.iter().map(|text| judged(text)).collect();
    insta::assert_snapshot!(reports.join("\n"));
}

#[test]
fn a_connector_answers_with_other_parts_where_a_transcript_says_so() {
    let crm = file(
        "crm.yaml",
        "connector: crm\nbase: http://127.0.0.1:1\ncalls: { look: { get: /look, returns: { star: number, vip: flag, of: { name: text } }, example: { star: 1, vip: false, of: { name: a } } } }\n",
    );
    let flow = "flow: f\nnumbers: [\"1\"]\nstart: ask\nlanguages: [en]\ndefaults: { exits: { failed: $hangup, refused: $hangup } }\nnodes:\n  ask: { lookup: { call: crm.look, into: who, exits: { done: judge } } }\n  judge: { branch: { cases: [{ when: who.vip and who.star > 3 and who.of.name == \"5\", to: dear }], exits: { else: other } } }\n  dear: { hangup: {} }\n  other: { hangup: {} }\n";
    let service = Service::compile(&[file("f.yaml", flow), crm, file("texts/en.yaml", "a: b\n")], &assets());
    let service = Arc::new(service.unwrap_or_else(|problems| panic!("{}", problems.report())));
    let told = |text: &str| check(&service, &[file("f.sim", text)], some_time()).problems.report();
    assert_eq!(
        told("call 1, answer crm.look star=5 vip=true of.name=5\n  node ask\n  node judge\n  node dear\n"),
        ""
    );
    assert_eq!(told("call 1, answer crm.look vip=true\n  node ask\n  node judge\n  node other\n"), "");
    for (wrong, why) in
        [("vip=maybe", "cannot answer so"), ("vp=true", "no part `vp`"), ("vip=true star", "is `name=value`")]
    {
        let report = told(&format!("call 1, answer crm.look {wrong}\n"));
        assert!(report.contains(why), "{wrong}: {report}");
    }
}
