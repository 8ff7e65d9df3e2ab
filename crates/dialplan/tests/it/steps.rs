//! Calls through single steps, written down as transcripts.

use std::sync::Arc;

use crate::common::{assets, file, queues, some_time, texts};
use dialplan::simulate::{transcript, wall_time};
use dialplan::{Action, Event, Facts, Run, Service, SourceFile};

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
fn values_are_said_in_the_language_of_the_caller() {
    let flow = flow(
        "left: 58.20, until: \"2028-02-29\"",
        "  main: { say: { slide: page.svg, text: balance, money: left, next: parts } }
  parts: { say: { slide: page.svg, parts: [balance, { money: left, currency: USD }, { date: until }], next: $hangup } }
",
    );
    let service = service(&[("flow.yaml", &flow.replace("[en]", "[en, zh-CN]"))], "");
    goes(
        &service,
        2,
        "call 100
  slide page.svg
  value highlight CNY 58.20
  says Balance
  says fifty-eight yuan and twenty fen
wait
  value highlight USD 58.20 29 Feb 2028
  says Balance
  says fifty-eight dollars and twenty cents
  says the twenty-ninth of February, twenty twenty-eight

call 100, language zh-CN
  value highlight 58.20元
  says 话费余额
  says 五十八元二角
",
    );
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

const ASK_PIN: &str = "flow: ask_pin
takes: { times: number }
outcomes: [ok, wrong]
start: ask
languages: [en, zh-CN]
vars: { pin: { type: secret }, tried: 0 }
defaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $return wrong } }
nodes:
  ask: { collect: { say: hello, into: pin, digits: 4, secret: true, next: look } }
  look:
    branch:
      cases:
        - { when: pin == \"2580\", to: chinese }
        - { when: tried + 1 < times, set: { tried: tried + 1 }, to: ask }
      exits: { else: $return wrong }
  chinese: { language: { to: zh-CN, next: $return ok } }
";

#[test]
fn a_part_returns_to_the_flow_that_runs_it() {
    let nodes = "  main: { play: { say: hello, next: pin } }
  pin: { run: { flow: ask_pin, with: { times: 2 }, exits: { ok: details, wrong: $hangup } } }
  details: { hangup: { slide: page.svg, title: balance } }
";
    let service = service(&[("flow.yaml", &flow("tried: 7", nodes)), ("ask_pin.yaml", ASK_PIN)], "");
    goes(
        &service,
        2,
        "# The part has a language that the flow does not: behind it there is English again.
call 100
  node main
wait
  node pin
  node ask_pin/ask
  var ask_pin.pin
  var ask_pin.times 2
  var ask_pin.tried 0
  says Hello
press 1111
  node ask_pin/look
  node ask_pin/ask
  var ask_pin.pin ***
  var ask_pin.tried 1
press 2580
  node ask_pin/look
  node ask_pin/chinese
  node details
  title Balance

call 100
press 9
  node pin
  node ask_pin/ask
press 9999999
  node ask_pin/look
  node ask_pin/ask
  node ask_pin/look
  ends
",
    );
}

#[test]
fn what_is_required_is_proved_once_for_the_call() {
    let nodes = "  main: { menu: { items: { \"1\": { say: balance, to: pin }, \"2\": { say: packs, to: main } } } }
  pin: { run: { flow: check_pin, with: { times: 1 }, exits: { ok: details, wrong: $back } } }
  details: { requires: pin, menu: { slide: page.svg, title: balance, items: { \"1\": { say: balance, to: open } } } }
  open: { menu: { items: { \"1\": { say: balance, to: $back } } } }
";
    let part = ASK_PIN.replace("flow: ask_pin", "flow: check_pin");
    let service = service(&[("flow.yaml", &flow("", nodes)), ("check_pin.yaml", &part)], "");
    goes(
        &service,
        1,
        "call 100
press 1
  node pin
  node check_pin/ask
press 1111
  node check_pin/look
  node main
press 1
press 2580
  node check_pin/look
  node check_pin/chinese
  node details
  title Balance
press 11
  node open
  node details
",
    );
}

#[test]
fn misspelt_nodes_and_variables_of_a_part_are_named() {
    let nodes =
        "  main: { run: { flow: ask_pin, with: { times: 2 }, exits: { ok: $hangup, wrong: $hangup } } }\n";
    let service = service(&[("flow.yaml", &flow("", nodes)), ("ask_pin.yaml", ASK_PIN)], "");
    for (fact, suggested) in [("node ask_pin/aks", "ask_pin/ask"), ("var ask_pin.tird 0", "ask_pin.tried")] {
        let text = format!("call 100\n  {fact}\n");
        let verdict = transcript::check(&service, &[file("it.sim", &text)], some_time());
        let report = verdict.problems.report();
        assert!(report.contains(&format!("did you mean `{suggested}`?")), "{report}");
    }
}

/// What is asked at the start belongs to the flow that was called, also when it comes while a part is on.
#[test]
fn an_answer_that_comes_during_a_part_is_kept_for_the_flow_that_asked() {
    let nodes = "  main: { run: { flow: ask_pin, with: { times: 1 }, exits: { ok: $hangup, wrong: vip } } }
  vip: { branch: { cases: [{ when: sub.star > 3, to: good }], exits: { else: $hangup } } }
  good: { hangup: { say: hello } }
";
    let head = flow("", nodes).replace(
        "defaults:",
        "at_start: { sub: { call: crm.sub, or: { star: 1, language: en } } }\nlanguage: sub.language\ndefaults:",
    );
    let crm = "connector: crm\nbase: http://127.0.0.1:1\ncalls: { sub: { get: /sub, takes: { caller: text }, returns: { star: number, language: text }, example: { star: 5, language: zh-CN } } }\n";
    let files = [
        ("flow.yaml", head.replace("languages: [en]", "languages: [en, zh-CN]")),
        ("ask_pin.yaml", ASK_PIN.to_owned()),
        ("crm.yaml", crm.to_owned()),
    ];
    let service = service(&files.each_ref().map(|(path, text)| (*path, text.as_str())), "");
    let facts = Facts { has_video: true, ..Facts::default() };
    let mut run = Run::new(service.clone(), service.flows()[0].id(), facts, 0);
    let mut nodes = Vec::new();
    let answer = service.connectors()["crm"].calls["sub"].example();
    let keys = "1111".chars().map(Event::Digit);
    for event in [Event::Start, Event::Answer { id: 0, answer }].into_iter().chain(keys) {
        run.handle_input(some_time(), event);
        loop {
            match run.poll_output() {
                Action::Enter { flow, node, .. } => nodes.push(format!("{flow}/{node}")),
                Action::Timeout(_) => break,
                _ => {}
            }
        }
    }
    assert_eq!(nodes, ["test/main", "ask_pin/ask", "ask_pin/look", "test/vip", "test/good"]);
    assert_eq!(run.language(), "zh-CN", "the answer says so");
}

#[test]
fn what_is_asked_at_the_end_is_asked_whoever_ends_the_call() {
    let nodes = "  main: { menu: { say: hello, items: { \"1\": { say: balance, set: { stars: 4 }, to: $hangup }, \"2\": { say: packs, set: { stars: 2 }, to: pin } } } }
  pin: { run: { flow: ask_pin, with: { times: 1 }, exits: { ok: $hangup, wrong: $hangup } } }
";
    let head = flow("stars: 0", nodes).replace(
        "defaults:",
        "on_hangup: [{ call: crm.left, send: { stars: stars } }, { call: crm.cry, when: stars == 2 }]\ndefaults:",
    );
    let crm = "connector: crm\nbase: http://127.0.0.1:1\ncalls:
  left: { post: /left, takes: { caller: text, stars: number }, returns: { ok: flag }, example: { ok: true } }
  cry: { post: /cry, takes: { caller: text }, returns: { ok: flag }, example: { ok: true } }\n";
    let service = service(&[("flow.yaml", &head), ("ask_pin.yaml", ASK_PIN), ("crm.yaml", crm)], "");
    goes(
        &service,
        3,
        "call 100, from 138
press 1
  var stars 4
  asks crm.left caller=138 stars=4
  ends

call 100, from 138
hangup
  asks crm.left caller=138 stars=0
  ends

# Also when it ends within a part: it is the flow that was called which asks, and by its own values.
call 100, from 138
press 2
  node pin
  node ask_pin/ask
hangup
  asks crm.left caller=138 stars=2
  asks crm.cry caller=138
  ends
",
    );
}

/// A flow through every step that has come after the demo, for whoever walks it at random.
pub(crate) fn of_all_steps() -> Arc<Service> {
    let nodes = "  main: { hours: { name: business, exits: { open: ask, closed: stars, holiday: pin } } }
  ask: { collect: { slide: page.svg, say: hello, into: card, digits: { min: 2, max: 5 }, correct: \"*\", next: pin } }
  pin: { run: { flow: ask_pin, with: { times: 2 }, exits: { ok: stars, wrong: $back } } }
  stars: { rate: { slide: menu.svg, say: hello, into: stars, stars: 3, barge_in: false, exits: { done: note } } }
  note: { set: { vars: { stars: stars + 1 }, next: chinese } }
  chinese: { language: { to: zh-CN, next: menu } }
  menu: { menu: { say: hello, items: { \"1\": { say: balance, to: main }, \"2\": { say: packs, to: $language }, \"3\": { say: packs, to: pin }, \"4\": { say: packs, to: away }, \"5\": { say: packs, to: buy }, \"6\": { say: agent, to: wait } } } }
  buy: { order: { slide: page.svg, lines: count, say: hello, yes: balance, no: packs, call: crm.order, send: { count: stars }, show: count, code_by: [picture, speech], code: { slide: page.svg, say: hello }, exits: { done: write, declined: menu, refused: menu, unknown: menu, failed: menu } } }
  write: { notify: { by: message, text: hello, exits: { done: menu, withheld: menu, failed: menu } } }
  away: { transfer: { to: \"sip:{{ called }}@127.0.0.1\", exits: { done: stars, busy: menu, no_answer: menu, failed: menu } } }
  wait: { queue: { name: video, priority: { base: stars }, while_waiting: { \"1\": { run: ask_pin, with: { times: 2 } }, \"2\": $callback, \"3\": menu, \"4\": { to: pin }, \"*\": $language, \"#\": $repeat }, exits: { served: stars, timeout: menu, full: menu, closed: menu, no_agents: film, failed: menu, callback: film } } }
  film: { clip: { clip: welcome.mp4, next: mirror } }
  mirror: { echo: { into: { fps: stars, sound: card }, exits: { done: note, failed: menu } } }
";
    let vars = "card: { type: text }, stars: { type: number, default: 0 }";
    let flow = flow(vars, nodes).replace("languages: [en]", "languages: [en, zh-CN]");
    let part = ASK_PIN.replace("look }", "words }")
        + "  words: { menu: { say: hello, items: { \"1\": { say: balance, to: look }, \"2\": { say: packs, to: $back }, \"9\": { say: packs, to: $return wrong } } } }\n";
    let crm = "connector: crm\nbase: http://127.0.0.1:1\ncalls: { order: { post: /order, order: true, takes: { count: number }, example: {} } }\n";
    let mut files = vec![
        file("flow.yaml", &flow),
        file("ask_pin.yaml", &part),
        file("queues.yaml", HOURS),
        file("crm.yaml", crm),
    ];
    files.extend(
        texts()
            .into_iter()
            .map(|book| file(&book.path, &format!("{}count: \"{{{{ stars }}}}\"\n", book.text))),
    );
    let compiled = Service::compile(&files, &assets());
    Arc::new(compiled.unwrap_or_else(|problems| panic!("{}", problems.report())))
}

#[test]
fn a_clip_is_wound_by_keys() {
    let nodes = "  main: { clip: { clip: welcome.mp4, next: told } }
  told: { hangup: { say: hello } }
";
    goes(
        &service(&[("flow.yaml", &flow("", nodes))], ""),
        2,
        "call 100
  node main
  plays welcome.mp4
press 5
  winds pause
press 5
  winds pause
press 4
  winds back 10s
listen
  node told

call 100
press 6
  winds forward 10s
listen
  node told
",
    );
}

#[test]
fn an_echo_is_measured_and_told() {
    let nodes = "  main: { echo: { into: { loss: lost, kbps: rate, picture: codec }, exits: { done: told, failed: told } } }
  told: { hangup: { say: quality } }
";
    let vars = "lost: { type: number, default: 0 }, rate: { type: number, default: 0 }, codec: \"-\"";
    let quality = "quality: \"{{ codec }}, {{ rate }} kbit/s, {{ lost }} percent lost\"\n";
    goes(
        &service(&[("flow.yaml", &flow(vars, nodes))], quality),
        1,
        "call 100
  node main
wait
  var codec H264
  var lost 0.2
  var rate 320
  node told
  says H264, 320 kbit/s, 0.2 percent lost
wait
  ends
",
    );
}
