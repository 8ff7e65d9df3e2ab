//! Calls through single steps, written down as transcripts.

use std::sync::Arc;

use crate::common::{assets, file, queues, some_time, texts};
use dialplan::simulate::{transcript, wall_time};
use dialplan::{Facts, Service, SourceFile};

/// A service of flows with more English texts.
fn service(files: &[(&str, &str)], english: &str) -> Arc<Service> {
    let mut all: Vec<SourceFile> = files.iter().map(|(path, text)| file(path, text)).collect();
    if all.iter().all(|file| file.path != "queues.yaml") {
        all.push(queues());
    }
    all.extend(texts());
    all.last_mut().expect("texts").text.push_str(english);
    Arc::new(Service::compile(&all, &assets()).unwrap_or_else(|problems| panic!("{}", problems.report())))
}

/// Makes the calls of a transcript.
fn goes(service: &Arc<Service>, calls: usize, script: &str) {
    let verdict = transcript::check(service, &[file("it.sim", script)], some_time());
    assert!(verdict.problems.is_empty(), "{}", verdict.problems.report());
    assert_eq!(verdict.calls, calls);
}

/// The head of an English flow that is called by 100.
fn flow(vars: &str, nodes: &str) -> String {
    format!(
        "flow: test\nnumbers: [\"100\"]\nstart: main\nlanguages: [en]\nvars: {{ {vars} }}\ndefaults: {{ exits: {{ silence: $repeat, invalid: $repeat, exhausted: $hangup }} }}\nnodes:\n{nodes}"
    )
}

#[test]
fn digits_of_the_caller_are_shown_said_and_kept() {
    let flow = flow(
        "card: { type: text }, pin: { type: secret }",
        "  main: { collect: { slide: page.svg, say: hello, into: card, digits: { min: 6, max: 18 }, correct: \"*\", next: pin } }
  pin: { collect: { slide: page.svg, say: hello, into: pin, digits: 4, secret: true, next: told } }
  told: { hangup: { slide: page.svg, lines: card_is, say: card_is } }
",
    );
    let service = service(
        &[("flow.yaml", &flow)],
        "card_is: { shown: \"Card {{ card }}\", spoken: \"Your card is {{ card | digits }}.\" }\n",
    );
    goes(
        &service,
        2,
        "call 100
  node main
  slide page.svg
  value typed
  says Hello
press 62
  value typed 6
  value typed 62
press 5*
  value typed 625
  value typed 62
press 8888#
  var card 628888
  node pin
# The digits before the pause are kept; four complete the number, and the pound key behind them does nothing.
press 123
  value typed •
  value typed ••
  value typed •••
press 4#
  var pin ***
  node told
  line Card 628888
  says Your card is six two eight eight eight eight.
wait
  ends

call 100
press 12345
wait
  node main
wait
  ends
",
    );
}

const HOURS: &str = "agents: { anna: { address: \"sip:anna@127.0.0.1:5070\" } }
queues: { video: { agents: [anna], hold: { clip: hold.mp4 } } }
hours:
  business: { zone: Asia/Shanghai, open: { mon-fri: \"09:00-18:00\" }, closed: [2026-10-01..2026-10-07] }
";
const BY_HOURS: &str =
    "  main: { hours: { name: business, exits: { open: agent, closed: mail, holiday: feast } } }
  agent: { hangup: { say: agent } }
  mail: { hangup: {} }
  feast: { hangup: { say: hello } }
";

#[test]
fn a_transcript_says_when_its_call_begins() {
    let service = service(&[("flow.yaml", &flow("", BY_HOURS)), ("queues.yaml", HOURS)], "");
    goes(
        &service,
        6,
        "# When it does not say, it is a Wednesday morning.
call 100
  node main
  node agent

call 100, at 2026-11-23 08:59
  node main
  node mail

call 100, at 2026-11-23 09:00, language en
  node main
  node agent

call 100, at 2026-10-01 10:00
  node main
  node feast

# Half past nine in Shanghai.
call 100, at 2026-11-23 01:30 UTC
  node main
  node agent

call 100, at 2026-11-23 01:30 Europe/Berlin
  node main
  node mail
",
    );
}

#[test]
fn hours_of_several_zones_need_the_name_of_one() {
    let hours = format!("{HOURS}  berlin: {{ zone: Europe/Berlin, open: {{ mon-fri: \"09:00-18:00\" }} }}\n");
    let service = service(&[("flow.yaml", &flow("", BY_HOURS)), ("queues.yaml", &hours)], "");
    goes(&service, 1, "call 100, at 2026-11-23 09:00 Asia/Shanghai\n  node main\n  node agent\n");
    let why = |text: &str| {
        let verdict = transcript::check(&service, &[file("it.sim", text)], some_time());
        let told: Vec<String> = verdict.problems.iter().map(ToString::to_string).collect();
        told.join("\n")
    };
    for (text, wrong) in [
        ("call 100, at 2026-11-23 09:00\n", "several time zones"),
        ("call 100, at 2026-11-23\n", "write it as `2026-10-01 10:00`"),
        ("call 100, at 2026-02-29 09:00 UTC\n", "write it as `2026-10-01 10:00`"),
        ("call 100, at 2026-11-23 09:00 Asia/Shangai\n", "there is no time zone `Asia/Shangai`"),
        ("call 100, at 1960-11-23 09:00 UTC\n", "before 1970"),
    ] {
        assert!(why(text).contains(wrong), "{text}: {}", why(text));
    }
}

#[test]
fn what_is_recorded_says_when_it_was() {
    let service = service(&[("flow.yaml", &flow("", BY_HOURS)), ("queues.yaml", HOURS)], "");
    let wall = wall_time(&service, "2026-10-01 10:00").expect("a time");
    let facts = Facts { called: "100".to_owned(), has_video: true, wall, ..Facts::default() };
    let line = transcript::opening(&service, &service.flows()[0], &facts);
    assert_eq!(line, "call 100, at 2026-10-01 10:00");
}

#[test]
fn stars_values_and_languages_are_set_on_the_way() {
    let nodes = "  main: { set: { vars: { pack: 10GB }, next: chinese } }
  chinese: { language: { to: zh-CN, next: stars } }
  stars: { rate: { slide: menu.svg, title: hello, into: stars, exits: { done: told, silence: told } } }
  told: { hangup: { slide: page.svg, lines: hello } }
";
    let flow = flow("pack: { one_of: [10GB, 30GB] }, stars: { type: number, default: 0 }", nodes);
    let service = service(&[("flow.yaml", &flow.replace("[en]", "[en, zh-CN]"))], "");
    goes(
        &service,
        2,
        "call 100, language en
  var pack 10GB
  language zh-CN
  node main
  node chinese
  node stars
  title 您好
  row 1 ★☆☆☆☆
  row 2 ★★☆☆☆
  row 3 ★★★☆☆
  row 4 ★★★★☆
  row 5 ★★★★★
press 9
  node stars
press 4
  var stars 4
  node told
  line 您好

call 100
wait
  node told
",
    );
}
