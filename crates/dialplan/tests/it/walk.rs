//! Calls walk flows: the demo service and small ones made for a rule of the language.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{compile, demo, flow, some_time};
use dialplan::{Action, Event, Facts, Presentation, QueueOutcome, Run, Service};

/// A call with its clock.
struct Call {
    run: Run,
    now: Instant,
    timeout: Option<Instant>,
    ended: bool,
    /// Since the last event.
    nodes: Vec<String>,
    played: Option<Presentation>,
    queued: Option<(String, Presentation)>,
}

fn facts() -> Facts {
    Facts {
        caller: Some("13800138000".to_owned()),
        called: "1008621".to_owned(),
        has_video: true,
        ..Facts::default()
    }
}

impl Call {
    fn new(service: &Arc<Service>, facts: Facts) -> Self {
        let flow = service.flows()[0].id();
        let run = Run::new(service.clone(), flow, facts, 1);
        let mut call = Self {
            run,
            now: some_time(),
            timeout: None,
            ended: false,
            nodes: vec![],
            played: None,
            queued: None,
        };
        call.send(Event::Start);
        call
    }

    fn send(&mut self, event: Event) {
        self.nodes.clear();
        (self.played, self.queued) = (None, None);
        self.run.handle_input(self.now, event);
        loop {
            match self.run.poll_output() {
                Action::Doubt { span, message } => panic!("{span}: {message}"),
                Action::Ask(question) => panic!("{question:?}"),
                Action::Enter { node, .. } => self.nodes.push(node),
                Action::Play(presentation) => self.played = Some(presentation),
                Action::Queue { queue, waiting, .. } => self.queued = Some((queue, waiting)),
                Action::Hold { .. }
                | Action::LeaveQueue
                | Action::CallBack { .. }
                | Action::Wind(_)
                | Action::Echo
                | Action::EndEcho => {}
                Action::Hangup => self.ended = true,
                Action::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                other @ (Action::Transfer { .. }
                | Action::Ring
                | Action::Decline(_)
                | Action::Notify { .. }
                | Action::Ordered(_)) => panic!("{other:?}"),
            }
        }
    }

    fn key(&mut self, key: char) {
        self.send(Event::Digit(key));
    }

    /// Lets the time of the last `Action::Timeout` come; answers how long that was.
    fn wait(&mut self) -> Duration {
        let at = self.timeout.expect("a time is wanted");
        let waited = at - self.now;
        self.now = at;
        self.send(Event::Timeout);
        waited
    }

    fn node(&self) -> &str {
        self.run.node().expect("started")
    }

    fn said(&self) -> Vec<&str> {
        self.played
            .as_ref()
            .map(|played| played.speech.iter().map(|utterance| utterance.text.as_str()).collect())
            .unwrap_or_default()
    }

    fn rows(&self) -> Vec<(&str, &str)> {
        let slide = self.played.as_ref().and_then(|played| played.slide.as_ref()).expect("a slide");
        slide.rows.iter().map(|row| (row.key.as_str(), row.label.as_str())).collect()
    }
}

fn small(nodes: &str) -> Call {
    with_facts(nodes, facts())
}

fn with_facts(nodes: &str, facts: Facts) -> Call {
    let service = compile(&flow(nodes)).unwrap_or_else(|problems| panic!("{}", problems.report()));
    Call::new(&Arc::new(service), facts)
}

#[test]
fn welcome_leads_to_a_menu_that_is_drawn_and_said() {
    let mut call = Call::new(&demo(), facts());
    assert_eq!(call.nodes, ["welcome"]);
    let welcome = call.played.clone().expect("plays");
    assert_eq!(welcome.slide.expect("drawn").template, "title.svg");
    call.send(Event::PlayEnded);
    assert_eq!(call.nodes, ["main"]);
    assert_eq!(call.rows(), [("1", "话费余额"), ("2", "流量套餐"), ("3", "报修进度"), ("4", "使用介绍")]);
    assert_eq!(call.said()[0], "话费余额请按1");
    assert_eq!(call.said().len(), 4, "who sees the footer is not told it");
    let name = call.played.as_ref().and_then(|played| played.speech[0].name.clone());
    assert_eq!(name.as_deref(), Some("press_1_balance"));
    let footer = call.played.as_ref().and_then(|played| played.slide.as_ref()).expect("drawn").footer.clone();
    assert_eq!(footer.len(), 3);
    assert_eq!((footer[2].key.as_str(), footer[2].label.as_str()), ("*", "English"));
}

#[test]
fn a_key_acts_before_the_prompt_is_over() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    call.key('1');
    assert_eq!(call.nodes, ["balance"]);
    let slide = call.played.as_ref().and_then(|played| played.slide.clone()).expect("drawn");
    assert_eq!((slide.template.as_str(), slide.title.as_str()), ("page.svg", "话费余额"));
    assert_eq!(slide.lines[0], "流量 12.6GB");
    assert_eq!(slide.values["highlight"], "58.20元");
    call.key('9');
    assert_eq!(call.nodes, ["main"]);
}

#[test]
fn a_key_during_the_welcome_acts_in_the_menu_behind_it() {
    let mut call = Call::new(&demo(), facts());
    call.key('2');
    assert_eq!(call.nodes, ["main", "packs"]);
    let mut call = Call::new(&demo(), facts());
    call.key('7');
    assert_eq!(call.nodes, ["main"], "a key that the menu does not have only ends the welcome");
    assert!(call.played.is_some());
}

#[test]
fn every_page_of_the_demo_leads_back() {
    for (key, node) in [('1', "balance"), ('2', "packs"), ('3', "repair")] {
        let mut call = Call::new(&demo(), facts());
        call.send(Event::PlayEnded);
        call.key(key);
        assert_eq!(call.node(), node);
        call.key('9');
        assert_eq!(call.node(), "main");
    }
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    call.key('4');
    let played = call.played.clone().expect("a clip");
    assert_eq!((played.clip.as_deref(), played.slide, played.looped), (Some("welcome.mp4"), None, false));
    call.send(Event::PlayEnded);
    assert_eq!(call.node(), "main");
}

#[test]
fn star_changes_the_language_of_the_node_and_of_what_follows() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    call.key('*');
    assert_eq!((call.node(), call.run.language()), ("main", "en"));
    assert_eq!(call.said()[0], "For your balance, press 1.");
    assert_eq!(call.rows()[0], ("1", "Balance"));
    call.key('1');
    assert_eq!(
        call.said(),
        ["Your balance is fifty-eight yuan and twenty fen. You have twelve point six gigabytes left."]
    );
    call.key('*');
    assert_eq!((call.node(), call.run.language()), ("balance", "zh-CN"));
}

#[test]
fn hash_repeats() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    let first = call.played.clone();
    call.key('#');
    assert_eq!((call.nodes.clone(), call.played.clone()), (vec!["main".to_owned()], first));
}

#[test]
fn time_for_a_key_starts_when_the_prompt_ends() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    let latest = call.timeout.expect("a prompt that never ends is ended") - call.now;
    assert_eq!(latest, dialplan::limits::PLAY_MAX);
    call.send(Event::Timeout);
    assert!(call.nodes.is_empty(), "early is harmless");
    call.send(Event::PlayEnded);
    assert_eq!(call.wait(), Duration::from_secs(6));
    assert_eq!(call.nodes, ["main"], "silence repeats");
}

#[test]
fn silence_and_invalid_share_the_tries() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    call.send(Event::PlayEnded);
    call.wait();
    assert_eq!(call.node(), "main");
    call.key('7');
    assert_eq!(call.node(), "agent", "exhausted on the second try");
}

#[test]
fn a_valid_key_starts_the_tries_afresh() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    for _ in 0..5 {
        call.key('7');
        assert_eq!(call.node(), "main");
        call.key('#');
    }
}

#[test]
fn zero_leads_to_the_queue_with_hold_picture_and_music() {
    let mut call = Call::new(&demo(), facts());
    call.send(Event::PlayEnded);
    call.key('0');
    let (queue, waiting) = call.queued.clone().expect("queued");
    assert_eq!(queue, "video-general");
    assert_eq!((waiting.clip.as_deref(), waiting.looped), (Some("hold.mp4"), true));
    assert_eq!(call.timeout, None, "the pool says when it is over");
    call.key('1');
    assert!(call.nodes.is_empty(), "keys do nothing in the queue");
    call.send(Event::Queue(QueueOutcome::Served));
    assert_eq!(call.nodes, ["bye"]);
    assert_eq!(call.said(), ["感谢您的来电，再见。"]);
    assert!(!call.ended);
    call.send(Event::PlayEnded);
    assert!(call.ended);
    call.send(Event::Digit('1'));
    assert_eq!((call.nodes.len(), call.timeout), (0, None), "nothing after the end");
}

#[test]
fn every_way_a_queue_can_fail_leads_to_the_sorry_page() {
    use QueueOutcome::{Closed, Failed, Full, NoAgents, Timeout};
    for outcome in [Timeout, Full, Closed, NoAgents, Failed] {
        let mut call = Call::new(&demo(), facts());
        call.key('0');
        call.send(Event::Queue(outcome));
        assert_eq!(call.nodes, ["sorry"], "{outcome:?}");
        call.send(Event::Queue(outcome));
        assert!(call.nodes.is_empty(), "a second outcome is nobody's");
        call.key('1');
        assert!(call.queued.is_some());
    }
}

#[test]
fn a_caller_without_video_hears_the_footer_too() {
    let mut call = Call::new(&demo(), Facts { has_video: false, ..facts() });
    call.send(Event::PlayEnded);
    let played = call.played.clone().expect("speech");
    assert_eq!(played.slide, None);
    assert_eq!(call.said()[4..], ["人工视频服务请按0", "重听一遍请按井号", "English请按星号"]);
}

#[test]
fn the_language_of_the_caller_is_matched_by_its_primary_tag() {
    let call = Call::new(&demo(), Facts { language: Some("en-GB".to_owned()), ..facts() });
    assert_eq!(call.run.language(), "en");
    let call = Call::new(&demo(), Facts { language: Some("fr".to_owned()), ..facts() });
    assert_eq!(call.run.language(), "zh-CN", "what the flow names, when the caller's is not among them");
}

#[test]
fn what_a_walk_shows_and_says_was_announced() {
    let service = demo();
    let all = service.presentations();
    let mut call = Call::new(&service, facts());
    for key in "#1*90#19*2930*9*4".chars() {
        for _ in 0..2 {
            if let Some(played) = &call.played {
                assert!(played.slide.iter().all(|slide| all.slides.contains(slide)), "{played:?}");
                assert!(played.speech.iter().all(|utterance| all.speech.contains(utterance)), "{played:?}");
                assert!(played.clip.iter().all(|clip| all.clips.contains(clip)), "{played:?}");
            }
            call.key(key);
        }
    }
    assert!(all.clips.contains("hold.mp4"));
}

#[test]
fn back_goes_through_the_menus_and_then_to_the_start() {
    let nodes = "  main: { play: { say: hello, next: a } }\n  a: { menu: { items: { \"1\": { say: balance, to: b } }, footer: { \"9\": $back } } }\n  b: { menu: { items: { \"1\": { say: balance, to: c } }, footer: { \"9\": $back } } }\n  c: { play: { say: hello, next: $back } }\n";
    let mut call = small(nodes);
    call.send(Event::PlayEnded);
    call.key('1');
    call.key('1');
    assert_eq!(call.node(), "c");
    call.send(Event::PlayEnded);
    assert_eq!(call.node(), "b");
    call.key('9');
    assert_eq!(call.node(), "a");
    call.key('9');
    assert_eq!(call.node(), "main");
}

#[test]
fn a_line_on_which_nobody_is_there_is_given_up() {
    let mut call = small(
        "  main: { menu: { items: { \"1\": { say: balance, to: $repeat } }, exits: { exhausted: rest, silence: rest } } }\n  rest: { play: { say: hello, next: main } }\n",
    );
    let mut rounds = 0;
    while !call.ended {
        call.wait();
        rounds += 1;
        assert!(rounds < 1000);
    }
    assert!(rounds >= 64);
}

#[test]
fn enter_says_where_the_node_stands() {
    let service = compile(&flow("  main: { hangup: {} }\n")).expect("sound");
    let mut run = Run::new(
        Arc::new(service),
        dialplan::Service::flow_for(&compile(&flow("  main: { hangup: {} }\n")).expect("sound"), "100")
            .expect("served")
            .id(),
        facts(),
        1,
    );
    run.handle_input(some_time(), Event::Start);
    let Action::Enter { flow, node, span } = run.poll_output() else { panic!("enters") };
    assert_eq!((flow.as_str(), node.as_str(), span.to_string().as_str()), ("test", "main", "flow.yaml:7:3"));
    assert_eq!(run.poll_output(), Action::Hangup);
    assert_eq!(run.poll_output(), Action::Timeout(None));
}
