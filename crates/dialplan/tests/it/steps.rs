//! Calls through single steps, written down as transcripts.

use std::sync::Arc;

use crate::common::{assets, file, queues, some_time, texts};
use dialplan::simulate::transcript;
use dialplan::{Service, SourceFile};

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
