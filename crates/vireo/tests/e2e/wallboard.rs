//! Who waits is in the database from the first moment: a gateway that was killed tells at its next start whom it lost.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::common::caller::Caller;
use crate::common::demo::Demo;
use crate::common::person::Person;
use crate::common::wait;

fn board(demo: &Demo) -> Value {
    let (status, answer) = Person::of(demo, "supervisor").get("/api/v1/wallboard?since=0");
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).expect("JSON")
}

/// A caller who waits, and the board that says so.
fn waiting(demo: &Demo) -> (Caller, Value) {
    let (mut caller, menu) = Caller::at_menu(demo.sip);
    caller.press('0', &menu);
    let waiting = caller.look_while(|| {
        wait::until("a caller who waits", Duration::from_secs(20), || {
            let board = board(demo);
            (board["queues"][0]["waiting"] == 1).then_some(board)
        })
    });
    (caller, waiting)
}

#[test]
fn a_caller_who_waits_when_the_gateway_is_killed_is_told_as_lost() {
    // A telephone that rings and never answers anything.
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("bound").port();
    let mut demo = Demo::edited("wallboard", |service| {
        let queues = format!(
            "agents:\n  agent1: {{ address: \"sip:agent1@127.0.0.1:{port}\" }}\n\
             queues:\n  video-general: {{ agents: [agent1], ring_timeout: 60s, hold: {{ clip: hold.mp4 }} }}\n"
        );
        fs::write(service.join("dialplans/queues.yaml"), queues).expect("the test's folder is writable");
    });
    let nobody = json!({ "offered": 0, "answered": 0, "of_offered": null });
    let level = |board: &Value| {
        let all = &board["all"];
        json!({ "offered": all["offered"], "answered": all["answered"], "of_offered": all["of_offered"] })
    };
    assert_eq!(level(&board(&demo)), nobody);

    let (mut caller, waiting) = waiting(&demo);
    assert_eq!(waiting["agents"], json!({ "ringing": 1 }), "{waiting}");
    assert!(waiting["queues"][0]["longest"].is_u64(), "{waiting}");
    assert_eq!(level(&waiting), nobody, "whose waiting goes on is not counted yet");

    // Two seconds of a picture that moves: what was decided before is on the disk by then.
    caller.look(Duration::from_secs(2));
    demo.process.end(Signal::KILL, Duration::from_secs(5));
    drop(caller);
    demo.restart();
    let after = board(&demo);
    assert_eq!(after["queues"][0]["waiting"], 0, "{after}");
    assert_eq!(level(&after), json!({ "offered": 1, "answered": 0, "of_offered": 0.0 }), "{after}");
    assert_eq!(after["all"]["abandoned"], 0, "it was not the caller who left: {after}");

    // One that is told to stop writes down what becomes of its last calls.
    let (caller, _) = self::waiting(&demo);
    demo.restart();
    drop(caller);
    let after = board(&demo);
    assert_eq!((&after["all"]["offered"], &after["all"]["abandoned"]), (&json!(2), &json!(1)), "{after}");
}

/// Orders that are given at once, and for how long before the gateway is killed.
const HANDS: usize = 6;
const UNDER_LOAD: Duration = Duration::from_secs(3);

#[test]
fn what_was_acknowledged_is_there_after_a_kill_under_load() {
    let mut demo = Demo::start("acknowledged");
    let crowd: Vec<Caller> = (0..4).map(|_| Caller::at_first_picture(demo.sip).0).collect();
    let people: Vec<Person> = (0..HANDS).map(|_| Person::of(&demo, "supervisor")).collect();
    let acknowledged = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (hand, person) in people.iter().enumerate() {
            let acknowledged = &acknowledged;
            scope.spawn(move || {
                for number in 0.. {
                    let reason = format!("hand {hand} number {number}.");
                    let body = json!({ "ready": false, "reason": reason }).to_string();
                    match person.try_ask("PUT", "/api/v1/agents/agent1/ready", &body) {
                        Ok((204, _)) => acknowledged.lock().expect("nobody panics").push(reason),
                        // What was cut off may be written or not.
                        Ok((0, _)) | Err(_) => return,
                        Ok(other) => panic!("{other:?}"),
                    }
                }
            });
        }
        thread::sleep(UNDER_LOAD);
        demo.process.end(Signal::KILL, Duration::from_secs(5));
    });
    drop(crowd);
    let acknowledged = acknowledged.into_inner().expect("nobody panics");
    assert!(acknowledged.len() > 50, "it was under load: {}", acknowledged.len());
    let data = demo.service.parent().expect("in the data").to_owned();
    let audit = Command::new(env!("CARGO_BIN_EXE_vireo"))
        .args(["audit", "--most", "100000", "--data"])
        .arg(&data)
        .output()
        .expect("it was built");
    let audit = String::from_utf8_lossy(&audit.stdout).into_owned();
    let missing: Vec<_> = acknowledged.iter().filter(|reason| !audit.contains(reason.as_str())).collect();
    assert!(missing.is_empty(), "of {} that were acknowledged: {missing:?}", acknowledged.len());
    println!("{} acknowledged, none missing", acknowledged.len());
    demo.restart();
    assert_eq!(board(&demo)["queues"][0]["waiting"], 0);
}
