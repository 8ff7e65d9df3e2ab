//! What no page sends to `/ws`: each is answered, and the hotline stays open for the others.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::caller::Caller;
use crate::common::demo::{Demo, get};
use crate::common::person::Person;
use crate::common::wait;
use crate::common::websocket::{Got, WebSocket};

const HELLO: &str = r#"{"v":1,"type":"hello","role":"phone"}"#;

/// A socket that has been welcomed.
fn welcomed(demo: &Demo) -> WebSocket {
    // The gate lets twenty new sockets in a second.
    let open = wait::within(Duration::from_secs(10), || WebSocket::own(demo.http).ok());
    let mut socket = open.expect("the gate lets sockets in again");
    socket.say(HELLO).expect("it listens");
    let Got::Text(welcome) = socket.hear() else { panic!("no welcome") };
    assert!(welcome.contains(r#""type":"welcome""#), "{welcome}");
    socket
}

fn answer_to(socket: &mut WebSocket, text: &str) -> String {
    socket.say(text).expect("it listens");
    match socket.hear() {
        Got::Text(answer) => answer,
        Got::Closed(code) => panic!("closed with {code} after {text}"),
    }
}

#[test]
fn what_no_page_sends_is_refused_and_costs_the_others_nothing() {
    let demo = Demo::start("sockets");
    let foreign = WebSocket::open(demo.http, "https://elsewhere.example").err().expect("refused");
    assert!(foreign.contains(" 403 "), "{foreign}");

    for role in ["desk", "lead"] {
        let mut stranger = WebSocket::own(demo.http).expect("let in");
        let hello = format!(r#"{{"v":1,"type":"hello","role":"{role}"}}"#);
        let refused = answer_to(&mut stranger, &hello);
        assert!(refused.contains(r#""code":"sign_in""#), "{refused}");
        assert_eq!(stranger.hear_the_end(), 4401);
    }

    let mut bystander = welcomed(&demo);
    let mut socket = welcomed(&demo);
    for odd in ["{", "null", r#"{"v":1,"type":"dance"}"#] {
        assert!(answer_to(&mut socket, odd).contains(r#""code":"bad_message""#), "{odd}");
    }
    let unknown = answer_to(&mut socket, r#"{"v":1,"type":"key","digit":"1"}"#);
    assert!(unknown.contains(r#""code":"no_call""#), "{unknown}");
    let call = |sdp: &str| format!(r#"{{"v":1,"type":"call","number":"1008621","sdp":"{sdp}"}}"#);
    let long = answer_to(&mut socket, &call(&"x".repeat(70_000)));
    assert!(long.contains(r#""status":413"#), "{long}");
    let bad = answer_to(&mut socket, &call("v=0"));
    assert!(bad.contains(r#""status":400"#) || bad.contains(r#""status":488"#), "{bad}");

    // The gateway may close before all of it is written.
    let _ = socket.say(&call(&"x".repeat(1 << 20)));
    assert!([1006, 1009].contains(&socket.hear_the_end()));

    let mut flood = welcomed(&demo);
    for _ in 0..100 {
        let _ = flood.say(r#"{"v":1,"type":"ping"}"#);
    }
    assert!([1006, 1008].contains(&flood.hear_the_end()));

    let mut garbage = welcomed(&demo);
    for _ in 0..12 {
        let _ = garbage.say("garbage");
    }
    assert!([1006, 1008].contains(&garbage.hear_the_end()));

    let mut later = welcomed(&demo);
    later.say(r#"{"v":2,"type":"ping"}"#).expect("it listens");
    assert!([1006, 1008].contains(&later.hear_the_end()));

    let mut stranger =
        wait::within(Duration::from_secs(10), || WebSocket::own(demo.http).ok()).expect("let in");
    let resumed = answer_to(&mut stranger, r#"{"v":1,"type":"hello","role":"phone","resume":"deadbeef"}"#);
    assert!(resumed.contains(r#""resumed":false"#), "an unknown token is a new session: {resumed}");

    let pong = answer_to(&mut bystander, r#"{"v":1,"type":"ping"}"#);
    assert!(pong.contains(r#""type":"pong""#), "{pong}");
}

#[test]
fn five_hundred_sockets_at_once_leave_room_for_calls() {
    let demo = Demo::start("sockets-500");
    let mut bystander = welcomed(&demo);
    let asked: Vec<_> = (0..500).map(|_| WebSocket::own(demo.http)).collect();
    let refused = asked.iter().filter_map(|asked| asked.as_ref().err()).collect::<Vec<_>>();
    assert!(refused.iter().all(|status| status.contains(" 503 ")), "{:?}", refused.first());
    let open = asked.len() - refused.len();
    assert!((1..=300).contains(&open), "{open} of 500 were let in");
    assert!(get(demo.http, "/healthz").ends_with("ok\n"));
    let pong = answer_to(&mut bystander, r#"{"v":1,"type":"ping"}"#);
    assert!(pong.contains(r#""type":"pong""#), "{pong}");
    drop(asked);
    welcomed(&demo);
}

#[test]
fn programs_are_told_what_goes_on_as_it_changes() {
    let demo = Demo::start("events");
    let (own, supervisor) = (format!("http://{}", demo.http), Person::of(&demo, "supervisor"));
    let refused =
        |origin: &str, cookie: &str| WebSocket::events(demo.http, origin, cookie).err().expect("refused");
    assert!(refused(&own, "vireo=nothing").contains(" 401 "));
    assert!(refused(&own, &Person::of(&demo, "desk1").cookie).contains(" 403 "), "not for agents");
    assert!(refused("https://elsewhere.example", &supervisor.cookie).contains(" 403 "));
    assert_eq!(supervisor.get("/api/v1/events").0, 400, "no WebSocket is asked for");

    let mut events = WebSocket::events(demo.http, &own, &supervisor.cookie).expect("let in");
    let mut next = || serde_json::from_str::<Value>(&events.hear_text()).expect("JSON");
    let first: Vec<Value> = (0..4).map(|_| next()).collect();
    let kinds: Vec<&str> = first.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["agents", "queues", "calls", "service"]);
    assert_eq!(first[2]["calls"], json!([]));
    let (status, _) = supervisor.ask("PUT", "/api/v1/queues/video-general/doors", r#"{"doors":"closing"}"#);
    assert_eq!(status, 204);
    let closing = next();
    assert_eq!((&closing["type"], &closing["queues"][0]["doors"]), (&json!("queues"), &json!("closing")));
    let (caller, _) = Caller::at_first_picture(demo.sip);
    let called = next();
    assert_eq!(
        (&called["type"], &called["calls"][0]["number"]),
        (&json!("calls"), &json!("1008621")),
        "{called}"
    );
    drop(caller);
    let admin = Person::of(&demo, "admin");
    assert_eq!(admin.ask("PATCH", "/api/v1/accounts/supervisor", r#"{"locked":true}"#).0, 204);
    assert_eq!(events.hear_the_end(), 4401);
}
