//! What operators write: a service of several files, and single expressions and texts.
//!
//! Whatever it is, it is judged or refused, in a time that fits its size, and a call through what was taken ends or waits.

use std::sync::Arc;
use std::time::Duration;

use dialplan::{Action, Assets, Event, Facts, QueueOutcome, Run, Service, SourceFile};

/// A line that begins another file: `=== texts/en.yaml`. What stands before the first is `flow.yaml`.
const NEXT: &str = "=== ";

/// Inputs are a few kilobytes, and so much time is a thousand times what they need.
const TIME_MAX: Duration = Duration::from_secs(20);

fn assets() -> Assets {
    Assets {
        slides: ["page.svg".to_owned()].into(),
        clips: ["hold.mp4".to_owned()].into(),
        ..Assets::default()
    }
}

/// A service of any octets: parsed, checked, reported, and walked through when it is sound.
pub fn dialplan(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut files = vec![SourceFile { path: "flow.yaml".to_owned(), text: String::new() }];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(NEXT) {
            Some(path) => files.push(SourceFile { path: path.trim().to_owned(), text: String::new() }),
            None => files.last_mut().expect("there is one from the start").text.push_str(line),
        }
    }
    judge(&files);
}

/// An expression as a condition and a value, and the same octets as a text.
pub fn expression(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A string of JSON is one of YAML, too.
    let quoted = serde_json::Value::from(text.as_ref()).to_string();
    let flow = format!(
        "flow: a\nnumbers: [\"1\"]\nstart: main\nlanguages: [en]\nvars: {{ n: 7, t: {{ type: text, default: x }}, m: 1.50 }}\n\
         nodes:\n  main:\n    branch:\n      cases: [{{ when: {quoted}, to: said, set: {{ n: {quoted} }} }}]\n      \
         exits: {{ else: said }}\n  said: {{ hangup: {{ slide: page.svg, title: it, say: it }} }}\n"
    );
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    judge(&[file("flow.yaml", flow.clone()), file("texts/en.yaml", "it: fixed\n".to_owned())]);
    let plain = flow.replace(&quoted, "n > 3");
    judge(&[file("flow.yaml", plain), file("texts/en.yaml", format!("it: {quoted}\n"))]);
}

fn judge(files: &[SourceFile]) {
    let begun = crate::base();
    match Service::compile(files, &assets()) {
        Err(problems) => {
            assert!(problems.errors().next().is_some(), "it is refused for a reason");
            assert!(!problems.report().is_empty());
        }
        Ok(service) => {
            let _ = service.warnings().report();
            let service = Arc::new(service);
            for flow in service.flows() {
                walk(&service, flow.id(), begun);
            }
        }
    }
    let taken = crate::base().saturating_duration_since(begun);
    assert!(taken < TIME_MAX, "it took {taken:?}");
}

/// Some of everything that can happen to a call.
fn walk(service: &Arc<Service>, flow: dialplan::FlowId, base: std::time::Instant) {
    let facts = Facts { caller: Some("138".to_owned()), has_video: true, ..Facts::default() };
    let mut run = Run::new(Arc::clone(service), flow, facts, 1);
    let mut now = base;
    let mut ended = 0;
    let keys = "1290#*".chars().map(Event::Digit);
    let others =
        [Event::PlayEnded, Event::Timeout, Event::Queue(QueueOutcome::Full), Event::Timeout, Event::HungUp];
    for event in [Event::Ringing, Event::Start].into_iter().chain(keys).chain(others) {
        now += Duration::from_secs(30);
        run.handle_input(now, event);
        let mut quiet = false;
        for _ in 0..10_000 {
            match run.poll_output() {
                Action::Timeout(_) => {
                    quiet = true;
                    break;
                }
                Action::Hangup => ended += 1,
                _ => {}
            }
        }
        assert!(quiet, "a round never ends");
    }
    assert!(ended <= 1, "it hangs up once");
}
