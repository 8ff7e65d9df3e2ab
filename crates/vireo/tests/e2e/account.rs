//! Accounts: who may sign in at the pages, by the command line and by the API.

use std::process::{Command, Output};
use std::time::Duration;

use crate::common::demo::Demo;
use crate::common::person::Person;
use crate::common::wait;
use crate::common::websocket::WebSocket;

fn vireo(demo: &Demo, words: &[&str]) -> Output {
    let data = demo.service.parent().expect("it lies in the data");
    let run = Command::new(env!("CARGO_BIN_EXE_vireo")).args(words).arg("--data").arg(data).output();
    run.expect("it was built")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_operators_gateway_tells_its_first_password_once_and_the_machine_can_give_another() {
    let mut demo = Demo::configured("account-first", "", |_| {});
    let output = demo.process.output();
    let line =
        output.lines().find(|line| line.contains("sign in there as admin")).expect("it is told").to_owned();
    let mut words = line.split([' ', ',']);
    let password = words.find(|word| word.len() == 14 && word.matches('-').count() == 2).expect("a password");
    let admin = Person::sign_in(demo.http, "admin", password);
    assert_eq!(admin.get("/api/v1/accounts").0, 403, "it must be changed first");
    assert!(said(&vireo(&demo, &["account", "list"])).contains("must change its password"));

    demo.restart();
    assert!(!demo.process.output().contains("sign in there as admin"), "it is told once");
    let told = said(&vireo(&demo, &["account", "password", "admin"]));
    let given = told.split(' ').nth(4).expect("a password").trim_end_matches(',').to_owned();
    assert!(Person::try_sign_in(demo.http, "admin", password).is_none());
    assert_eq!(Person::sign_in(demo.http, "admin", &given).get("/api/v1/accounts").0, 403);
    let last = vireo(&demo, &["account", "remove", "admin"]);
    assert!(String::from_utf8_lossy(&last.stderr).contains("last admin"));
    let unknown = vireo(&demo, &["account", "lock", "nobody"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no account `nobody`"));
}

#[test]
fn a_desk_is_closed_when_its_account_may_not_have_it_any_more() {
    let demo = Demo::start("account-desk");
    let desk1 = Person::of(&demo, "desk1");
    let take = || {
        let mut socket = WebSocket::with(demo.http, &desk1.cookie).expect("let in");
        socket.say(r#"{"v":1,"type":"hello","role":"desk"}"#).expect("it listens");
        socket
    };
    let mut socket = take();
    let welcome = socket.hear_text();
    assert!(welcome.contains(r#""agents":[{"name":"desk1","taken":false}]"#), "its own alone: {welcome}");
    socket.say(r#"{"v":1,"type":"sign_in","agent":"desk2"}"#).expect("it listens");
    let refused = socket.hear_text();
    assert!(refused.contains(r#""code":"not_yours""#), "{refused}");
    socket.say(r#"{"v":1,"type":"sign_in","agent":"desk1"}"#).expect("it listens");
    let signed_in = socket.hear_text();
    assert!(signed_in.contains(r#""agent":"desk1""#), "{signed_in}");

    let admin = Person::of(&demo, "admin");
    let (status, answer) = admin.ask("PATCH", "/api/v1/accounts/desk1", r#"{"locked":true}"#);
    assert_eq!(status, 204, "{answer}");
    let closed = wait::within(Duration::from_secs(10), || Some(socket.hear_the_end()));
    assert_eq!(closed, Some(4401));
    let mut again = take();
    assert!(again.hear_text().contains(r#""code":"sign_in""#));
    let (_, audit) = admin.ask("GET", "/api/v1/audit", "");
    assert!(audit.contains("desk1: locked"), "{audit}");
}
