//! Whatever an operator writes and whatever happens to a call, nothing panics, and a call that has not
//! ended waits for something.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::common::{assets, demo, demo_files, file, some_time};
use crate::steps::of_all_steps;
use dialplan::connector::Answer;
use dialplan::{Action, Event, Facts, QueueOutcome, Run, Service, TransferOutcome};
use proptest::prelude::*;

fn event() -> impl Strategy<Value = Event> {
    use QueueOutcome::{Closed, Failed, Full, NoAgents, Served, Timeout};
    prop_oneof![
        4 => prop::sample::select("0123456789*#".chars().collect::<Vec<_>>()).prop_map(Event::Digit),
        1 => any::<char>().prop_map(Event::Digit),
        4 => Just(Event::PlayEnded),
        3 => Just(Event::Timeout),
        2 => prop::sample::select(vec![Served, Timeout, Full, Closed, NoAgents, Failed]).prop_map(Event::Queue),
        2 => prop::sample::select(TransferOutcome::ALL.to_vec()).prop_map(Event::Transferred),
        1 => any::<bool>().prop_map(Event::Notified),
        1 => (0_u32..40).prop_map(|id| Event::Answer { id, answer: Answer::Refused }),
        1 => Just(Event::Ringing),
        1 => prop::sample::select(vec![
            Event::Attended,
            Event::WaitsOn,
            Event::Echoed(None),
            Event::Echoed(Some(dialplan::Quality::default())),
        ]),
        1 => Just(Event::Start),
        1 => Just(Event::HungUp),
    ]
}

/// What a call waits for after a round.
#[derive(Debug, Default)]
struct Waits {
    playing: bool,
    queued: bool,
    transferring: bool,
    timeout: bool,
    ended: bool,
}

/// The demo service, compiled once for all cases.
fn shared_demo() -> Arc<Service> {
    static DEMO: OnceLock<Arc<Service>> = OnceLock::new();
    DEMO.get_or_init(demo).clone()
}

/// The same with the steps that the demo does not use.
fn shared_steps() -> Arc<Service> {
    static STEPS: OnceLock<Arc<Service>> = OnceLock::new();
    STEPS.get_or_init(of_all_steps).clone()
}

fn drain(run: &mut Run, waits: &mut Waits) {
    for _ in 0..1000 {
        match run.poll_output() {
            Action::Doubt { .. }
            | Action::Ask(_)
            | Action::Ring
            | Action::Decline(_)
            | Action::Ordered(_) => {}
            // Its answer, or the time for it.
            Action::Notify { .. } => {}
            Action::Transfer { .. } => (waits.playing, waits.transferring) = (false, true),
            Action::Enter { .. } => waits.transferring = false,
            Action::CallBack { .. } => {}
            Action::Echo | Action::EndEcho => {}
            Action::Wind(_) => assert!(waits.playing, "only a clip that is played is wound"),
            Action::Play(_) => waits.playing = true,
            Action::Queue { .. } => {
                assert!(!waits.queued, "in one queue at a time");
                (waits.playing, waits.queued) = (false, true);
            }
            Action::Hold { .. } => {
                assert!(waits.queued, "only who waits goes on waiting");
                waits.playing = false;
            }
            Action::LeaveQueue => waits.queued = false,
            Action::Hangup => {
                assert!(!waits.ended, "hangs up once");
                waits.ended = true;
            }
            Action::Timeout(at) => {
                waits.timeout = at.is_some();
                return;
            }
        }
    }
    panic!("a round never ends");
}

/// Words of the language, so that random text comes near it.
fn yamlish() -> impl Strategy<Value = String> {
    let words = [
        "flow",
        "numbers",
        "start",
        "languages",
        "language",
        "vars",
        "defaults",
        "nodes",
        "menu",
        "play",
        "branch",
        "queue",
        "hangup",
        "items",
        "footer",
        "say",
        "to",
        "when",
        "set",
        "exits",
        "next",
        "cases",
        "collect",
        "into",
        "digits",
        "rate",
        "run",
        "flow: a",
        "with",
        "takes",
        "outcomes",
        "$return ok",
        "$return",
        "on_hangup",
        "hours",
        "zone",
        "Asia/Shanghai",
        "open",
        "closed",
        "special",
        "mon-fri",
        "09:00-18:00",
        "2026-10-01..2026-10-07",
        "02-29",
        "main",
        "zh-CN",
        "$back",
        "$repeat",
        "\"1\"",
        "\"#\"",
        "#",
        "*",
        "&a",
        "*a",
        "!t",
        "<<",
        "? ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        "\n  ",
        "\n    ",
        "\n      ",
        " ",
        "|",
        ">",
        "'",
        "\"",
        "---",
        "...",
        "%",
        "@",
        "`",
        "\t",
        "6s",
        "余额",
        "{{ x }}",
        "{%",
        "(",
        ")",
        "has_video",
        "true",
        "~",
        "1e999",
        "\u{feff}",
        "\r\n",
        "\0",
    ];
    prop::collection::vec(
        prop_oneof![9 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()],
        0..120,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_call_always_waits_or_has_ended(
        events in prop::collection::vec((event(), 0_u64..20_000), 0..200),
        demo: bool,
        has_video: bool,
        hours in 0_u64..100_000,
        seed: u64,
    ) {
        let service = if demo { shared_demo() } else { shared_steps() };
        let wall = Duration::from_secs(1_800_000_000 + hours * 3_600);
        let caller = has_video.then(|| "13800138000".to_owned());
        let facts = Facts { caller, called: "1008621".to_owned(), has_video, wall, ..Facts::default() };
        let flow = service.flows().iter().find(|flow| !flow.numbers().is_empty()).expect("one is called");
        let mut run = Run::new(service.clone(), flow.id(), facts, seed);
        let (mut now, mut waits) = (some_time(), Waits::default());
        run.handle_input(now, Event::Start);
        drain(&mut run, &mut waits);
        for (event, later_ms) in events {
            now += Duration::from_millis(later_ms);
            waits.queued &= !matches!(event, Event::Queue(_));
            run.handle_input(now, event);
            drain(&mut run, &mut waits);
            prop_assert!(waits.ended || waits.timeout || waits.queued || waits.transferring, "{waits:?} in {:?}", run.node());
            prop_assert_eq!(waits.ended, run.is_ended());
            let languages = ["en", "zh-CN"];
            prop_assert!(languages.contains(&run.language()), "{}", run.language());
        }
    }

    #[test]
    fn random_text_is_judged_not_died_of(text in yamlish(), path in prop::sample::select(vec!["a.yaml", "queues.yaml", "texts/en.yaml"])) {
        let files = [file(path, &text)];
        if let Err(problems) = Service::compile(&files, &assets()) {
            prop_assert!(!problems.is_empty());
            prop_assert_eq!(problems.report(), Service::compile(&files, &assets()).expect_err("again").report());
        }
    }
}

proptest! {
    // Compiling the whole demo is the dear part of a case.
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_demo_is_judged_not_died_of(which in 0_usize..4, at in 0.0..1.0, length in 0_usize..40, put in yamlish()) {
        let mut files = demo_files();
        let text = &mut files[which].text;
        let mut from = (at * text.len() as f64) as usize;
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        let mut to = (from + length).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        text.replace_range(from..to, &put);
        match Service::compile(&files, &assets()) {
            Ok(service) => drop(Arc::new(service)),
            Err(problems) => prop_assert!(problems.errors().count() > 0 && !problems.report().is_empty()),
        }
    }
}

#[test]
fn huge_and_deep_input_is_refused() {
    for text in [
        "[".repeat(200_000),
        "a:\n ".repeat(5_000),
        "{a: ".repeat(60_000),
        "- ".repeat(100_000),
        "a: b\n".repeat(100_000),
        "x".repeat(200_000),
        "\"".repeat(100_001),
        "(".repeat(200_000),
    ] {
        for path in ["a.yaml", "queues.yaml", "texts/en.yaml"] {
            let problems = Service::compile(&[file(path, &text)], &assets()).expect_err("refused");
            assert!(problems.len() <= dialplan::limits::PROBLEMS_MAX);
        }
    }
    let nested = format!("flow: {}\n", "[".repeat(10_000) + &"]".repeat(10_000));
    assert!(Service::compile(&[file("a.yaml", &nested)], &assets()).is_err());
    let condition = crate::common::flow(&format!(
        "  main: {{ menu: {{ items: {{ \"1\": {{ say: balance, when: \"{}\", to: $hangup }} }} }} }}\n",
        "not ".repeat(100_000 / 8)
    ));
    assert!(crate::common::compile(&condition).is_err());
}
