//! For the tests of steps: a small service around some nodes, and a call through it as one line.

use std::sync::Arc;
use std::time::Instant;

use crate::{Action, Assets, Event, Facts, Presentation, Run, Service, SourceFile};

const HEAD: &str = "flow: test
numbers: [\"100\"]
start: main
languages: [en, zh-CN]
vars: { pack: { one_of: [10GB, 30GB] }, times: 0, card: { type: text }, pin: { type: secret }, stars: { type: number } }
sms: crm.sms
defaults: { wait: { say: wait }, exits: { silence: $repeat, invalid: $repeat, exhausted: bye, failed: bye } }
nodes:
  bye: { hangup: {} }
";
/// A flow that others run: `wrong` at once below three times, else by a key.
const PART: &str = "flow: ask
takes: { times: number, pack: { one_of: [10GB, 30GB] } }
outcomes: [ok, wrong]
start: main
languages: [zh-CN, en]
vars: { seen: 0 }
defaults: { exits: { silence: $repeat, invalid: $repeat, exhausted: $return wrong } }
nodes:
  main: { branch: { cases: [{ when: times > 2, to: keys, set: { seen: seen + 1 } }], exits: { else: $return wrong } } }
  keys:
    menu:
      items:
        \"1\": { say: one, when: pack == \"30GB\", to: $return ok }
        \"2\": { say: two, set: { pack: 30GB }, to: main }
        \"9\": { say: two, to: $back }
        \"*\": { say: two, to: $language }
";
const TEXTS: &str = "press: \"{{ label }}={{ key }}\"
hi: { shown: HI, spoken: hi }
one: { shown: ONE, spoken: one }
two: { shown: TWO, spoken: two }
repeat: { shown: AGAIN, spoken: again }
key_hash: hash
wait: wait
yuan: \"{{ bal.yuan | money }}\"
card: \"{{ card }}\"
wanted: \"{{ pack }} for {{ times + 20 }}\"
receipt: \"number {{ receipt.number }}\"
";
const CRM: &str = "connector: crm
base: http://127.0.0.1:1
calls:
  order:
    post: /order
    order: true
    takes: { pack: text, price: money }
    returns: { number: text }
    refused: 402
    example: { number: \"7\" }
  sms:
    post: /sms
    takes: { to: text, text: text }
    returns: { id: text }
    example: { id: \"1\" }
  balance:
    get: /balance
    takes: { caller: text, month: number? }
    returns: { yuan: money, packs: [{ name: text, price: money }] }
    refused: 404
    example: { yuan: 58.20, packs: [{ name: Ten, price: 20 }] }
";
const QUEUES: &str = "agents: { anna: { address: \"sip:anna@127.0.0.1\" } }
queues: { video: { agents: [anna], hold: { clip: hold.mp4 } } }
hours: { business: { zone: UTC, open: { mon-sun: \"09:00-17:00\" }, closed: [1970-01-02] } }
";

/// A caller who can see.
pub(crate) fn seeing() -> Facts {
    Facts { caller: Some("138".to_owned()), called: "100".to_owned(), has_video: true, ..Facts::default() }
}

/// A service with the node `bye` and `nodes`, which are indented by two.
pub(crate) fn service(nodes: &str) -> Arc<Service> {
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    let files = [
        file("flow.yaml", format!("{HEAD}{nodes}")),
        file("part.yaml", PART.to_owned()),
        file("queues.yaml", QUEUES.to_owned()),
        file("crm.yaml", CRM.to_owned()),
        file("texts/en.yaml", TEXTS.to_owned()),
        file("texts/zh-CN.yaml", TEXTS.to_owned()),
    ];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let assets = Assets {
        slides: names(&["menu.svg", "page.svg"]),
        clips: names(&["hold.mp4", "clip.mp4"]),
        ..Assets::default()
    };
    match Service::compile(&files, &assets) {
        Ok(service) => Arc::new(service),
        Err(problems) => panic!("{}", problems.report()),
    }
}

/// Lets a caller walk `nodes` and compares what happened with `expect`.
///
/// The script is a list of keys; `.` is the end of what is played, `~` lets time pass, `s` and `f` are the
/// outcomes served and full of a queue, `e` and `x` what came of an echo, `a` an agent who answers and `w` one who is gone again;
/// `T` and `B` are those of a transfer, done and busy; `h` hangs up; `c` types the code that was told; `r` and `o` answer by the
/// examples of an order and an SMS; `y` and `n` say that a message was taken, or not; `+`, `-` and `!` answer the last question by its example, by a refusal and by
/// a failure. In the trace a word is a node, `(...)` what is shown and said,
/// `<...>` a queue, `ECHO` and `MEASURE` an echo and its end, `LEFT` its end by the caller's wish, `!...!` a call back, `|...|` a clip that is wound, `END` the end.
pub(crate) fn check(nodes: &str, facts: Facts, script: &str, expect: &str) {
    assert_eq!(walk(nodes, facts, script, 0), expect);
}

/// The same for a caller who can see, with another seed; what was traced, the code in clear.
pub(crate) fn check_with(nodes: &str, script: &str, seed: u64) -> String {
    walk(nodes, seeing(), script, seed)
}

fn walk(nodes: &str, facts: Facts, script: &str, seed: u64) -> String {
    let service = service(nodes);
    let mut run = Run::new(service.clone(), service.flows()[0].id(), facts, seed);
    let (mut now, mut trace) = (some_time(), Vec::new());
    let mut code = None;
    run.handle_input(now, Event::Start);
    let mut timeout = drain(&mut run, &mut trace);
    for sign in script.chars() {
        code = run.code().map(str::to_owned).or(code);
        let example = |call: &str| service.connectors()["crm"].calls[call].example();
        let event = match sign {
            'c' => {
                for digit in code.clone().expect("a code was told").chars() {
                    run.handle_input(now, Event::Digit(digit));
                    timeout = drain(&mut run, &mut trace);
                }
                continue;
            }
            'y' | 'n' => Event::Notified(sign == 'y'),
            '.' => Event::PlayEnded,
            '+' | '-' | '!' | 'r' | 'o' => Event::Answer {
                id: run.last_question(),
                answer: match sign {
                    '+' => example("balance"),
                    'r' => example("order"),
                    'o' => example("sms"),
                    '-' => crate::connector::Answer::Refused,
                    _ => crate::connector::Answer::Failed,
                },
            },
            'e' => Event::Echoed(Some(crate::Quality {
                loss_permille: 15,
                sound: "PCMU".to_owned(),
                ..crate::Quality::default()
            })),
            'x' => Event::Echoed(None),
            'a' => Event::Attended,
            'w' => Event::WaitsOn,
            's' => Event::Queue(crate::QueueOutcome::Served),
            'f' => Event::Queue(crate::QueueOutcome::Full),
            'T' => Event::Transferred(crate::TransferOutcome::Done),
            'B' => Event::Transferred(crate::TransferOutcome::Busy),
            'h' => Event::HungUp,
            '~' => {
                now = timeout.expect("a time is wanted");
                Event::Timeout
            }
            key => Event::Digit(key),
        };
        run.handle_input(now, event);
        timeout = drain(&mut run, &mut trace);
    }
    code = run.code().map(str::to_owned).or(code);
    let trace = trace.join(" ");
    match code.filter(|_| seed == 0) {
        Some(code) => hidden(&trace, &code),
        None => trace,
    }
}

fn drain(run: &mut Run, trace: &mut Vec<String>) -> Option<Instant> {
    loop {
        match run.poll_output() {
            Action::Enter { node, .. } => trace.push(node),
            Action::Play(presentation) => trace.push(format!("({})", shown(&presentation))),
            Action::Queue { queue, waiting, .. } => trace.push(format!("<{queue} {}>", shown(&waiting))),
            Action::Echo => trace.push("ECHO".to_owned()),
            Action::EndEcho => trace.push("MEASURE".to_owned()),
            Action::Wind(wind) => trace.push(format!("|{wind}|")),
            Action::Hold { waiting, .. } => trace.push(format!("<{}>", shown(&waiting))),
            Action::LeaveQueue => trace.push("LEFT".to_owned()),
            Action::CallBack { queue, number } => trace.push(format!("!{queue} {number}!")),
            Action::Ask(question) => {
                let arguments = question.arguments.iter().map(|(name, value)| format!(" {name}={value}"));
                let key = question.idempotency_key.iter().map(|_| " key=KEY".to_owned());
                let arguments: String = arguments.chain(key).collect();
                trace.push(format!("?{}.{}{arguments}?", question.connector, question.call));
            }
            Action::Transfer { to, waiting, .. } => trace.push(format!("<{to} {}>", shown(&waiting))),
            Action::Notify { to, text } => trace.push(format!("WRITE:{to}:{text}")),
            Action::Ordered(ordered) => {
                let confirmed = ordered.confirmed.iter().map(|(name, value)| format!(" {name}={value}"));
                let confirmed: String = confirmed.collect();
                trace.push(format!("ORDERED:{}{confirmed} by {}", ordered.outcome, ordered.code_by));
            }
            Action::Ring => trace.push("RING".to_owned()),
            Action::Decline(why) => trace.push(format!("DECLINE:{why:?}")),
            Action::Doubt { message, .. } => trace.push(format!("?{message}?")),
            Action::Hangup => trace.push("END".to_owned()),
            Action::Timeout(at) => return at,
        }
    }
}

/// A code and what was typed of it, which differ from seed to seed, by letters.
fn hidden(trace: &str, code: &str) -> String {
    let mut trace = trace.to_owned();
    for typed in (1..code.len()).rev() {
        trace = trace.replace(&format!("typed={})", &code[..typed]), &format!("typed={})", &"CODE"[..typed]));
    }
    let said = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let said: Vec<&str> = code.bytes().map(|digit| said[usize::from(digit - b'0')]).collect();
    trace.replace(&said.join(" "), "CODE SAID").replace(code, "CODE")
}

fn shown(presentation: &Presentation) -> String {
    let mut words = Vec::new();
    if let Some(slide) = &presentation.slide {
        words.push(slide.template.clone());
        words.push(slide.title.clone());
        words.extend(slide.lines.iter().cloned());
        let values = slide.values.iter().filter(|(_, value)| !value.is_empty());
        words.extend(values.map(|(name, value)| format!("{name}={value}")));
        words.extend(slide.rows.iter().chain(&slide.footer).map(|row| format!("{}:{}", row.key, row.label)));
    }
    words.extend(presentation.speech.iter().map(|utterance| utterance.text.clone()));
    words.extend(presentation.clip.clone());
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// Some moment to begin at.
#[allow(clippy::disallowed_methods, reason = "a base to add durations to; nothing waits for it")]
pub(crate) fn some_time() -> Instant {
    Instant::now()
}
