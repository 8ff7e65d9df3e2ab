//! Texts with values of the call: figures on the slide, words in the ear, and what is made ahead.

use std::sync::Arc;

use crate::common::{assets, file, flow, queues, some_time, texts};
use dialplan::{Action, Event, Facts, Presentation, Run, Service};

const NODES: &str = "  main:
    menu:
      slide: page.svg
      title: hello
      lines: left
      say: [hello, left]
      items:
        \"1\": { say: balance, set: { money: '\"63\"' }, to: $repeat }
        \"2\": { say: packs, set: { pack: 30GB }, to: $repeat }
        \"3\": { say: agent, set: { money: caller }, to: $repeat }
        \"4\": { say: agent, set: { note: note ~ note }, to: $repeat }
      footer: { \"*\": $language }
";

fn service() -> Arc<Service> {
    let vars = "vars: { money: { type: text, default: 58 }, pack: { one_of: [10GB, 30GB], default: 10GB }, note: xxxxxxxx }\ndefaults:";
    let mut files = vec![file("flow.yaml", &flow(NODES).replace("defaults:", vars)), queues()];
    files.extend(texts());
    files[2].text.push_str("left: \"余额{{ money | money }}，{{ pack | bytes }}\"\n");
    files[3].text.push_str(
        "left: { shown: \"{{ money | money }} {{ pack | bytes }}\", spoken: \"{{ money | money }} are left.\" }\n",
    );
    Arc::new(Service::compile(&files, &assets()).unwrap_or_else(|problems| panic!("{}", problems.report())))
}

struct Call {
    run: Run,
    played: Presentation,
    doubts: Vec<String>,
}

impl Call {
    fn new(service: &Arc<Service>) -> Call {
        let facts = Facts { caller: Some("unknown".to_owned()), has_video: true, ..Facts::default() };
        let run = Run::new(service.clone(), service.flows()[0].id(), facts, 1);
        let mut call = Call { run, played: Presentation::default(), doubts: Vec::new() };
        call.send(Event::Start);
        call
    }

    fn send(&mut self, event: Event) {
        self.run.handle_input(some_time(), event);
        loop {
            match self.run.poll_output() {
                Action::Play(presentation) => self.played = presentation,
                Action::Doubt { span, message } => self.doubts.push(format!("{span}: {message}")),
                Action::Enter { .. }
                | Action::Queue { .. }
                | Action::Hold { .. }
                | Action::LeaveQueue
                | Action::Wind(_)
                | Action::Echo
                | Action::EndEcho
                | Action::CallBack { .. }
                | Action::Ask(_)
                | Action::Hangup => {}
                Action::Timeout(_) => return,
            }
        }
    }

    /// The line of the slide, and the second text that is said.
    fn left(&self) -> (&str, &str) {
        let slide = self.played.slide.as_ref().expect("a slide");
        (&slide.lines[0], &self.played.speech[1].text)
    }
}

#[test]
fn a_value_is_figures_on_the_slide_and_words_in_the_ear() {
    let mut call = Call::new(&service());
    assert_eq!(call.left(), ("余额58.00元，10GB", "余额五十八元，十G"));
    call.send(Event::Digit('1'));
    call.send(Event::Digit('2'));
    assert_eq!(call.left(), ("余额63.00元，30GB", "余额六十三元，三十G"));
    call.send(Event::Digit('*'));
    assert_eq!(call.left(), ("CNY 63.00 30 GB", "sixty-three yuan are left."));
    assert!(call.doubts.is_empty());
}

#[test]
fn what_lists_its_values_is_made_ahead_in_all_and_the_rest_as_a_call_begins() {
    let service = service();
    let said = |text: &str| service.presentations().speech.iter().find(|said| said.text == text);
    for text in ["余额五十八元，十G", "余额五十八元，三十G", "fifty-eight yuan are left."] {
        let said = said(text).unwrap_or_else(|| panic!("{text} is made ahead"));
        assert_eq!(said.name, None, "a recording could not say the value");
    }
    assert!(said("余额六十三元，十G").is_none());
    let shown = |line: &str| service.presentations().slides.iter().any(|slide| slide.lines == [line]);
    assert!(shown("CNY 58.00 30 GB") && !shown("CNY 63.00 30 GB"));
}

#[test]
fn a_value_that_a_filter_cannot_read_is_told_as_it_is_and_the_call_goes_on() {
    let mut call = Call::new(&service());
    call.send(Event::Digit('3'));
    assert_eq!(call.left(), ("余额unknown，10GB", "余额unknown，十G"));
    let doubts = &call.doubts[..];
    assert_eq!(doubts, ["texts/zh-CN.yaml:10:7: `unknown` is not an amount of money"; 2]);
    assert!(!call.run.is_ended());
}

#[test]
fn a_variable_does_not_grow_without_end() {
    let mut call = Call::new(&service());
    for _ in 0..1_000 {
        call.send(Event::Digit('4'));
    }
    assert!(!call.run.is_ended());
}

#[test]
fn whatever_can_be_asked_for_has_a_place_in_the_files() {
    let service = service();
    let all = service.presentations();
    for slide in &all.slides {
        assert_eq!(service.shown_at(slide).expect("shown").to_string(), "flow.yaml:8:3");
    }
    for said in &all.speech {
        let place = service.said_at(said).expect("said").to_string();
        let wanted = if said.name.is_some() {
            format!("texts/{}.yaml:", said.language)
        } else {
            "flow.yaml:8:3".into()
        };
        assert!(place.starts_with(&wanted), "{said:?}: {place}");
    }
    assert_eq!(service.played_at("no.mp4"), None);
}
