//! Telephones that register by real requests, in virtual time.

use std::collections::BTreeMap;

use dialplan::{Assets, SourceFile};
use sip::digest::{Algorithm, Proof};
use sip::{Message, wire};

use super::*;

const FLOW: &str = "flow: f\nnumbers: [\"1\"]\nstart: a\nlanguages: [en]\nnodes: { a: { hangup: {} } }\n";
const HOUR: Duration = Duration::from_secs(3_600);

/// A service with these agents.
fn service(agents: &str) -> Service {
    let names: Vec<_> = ["anna", "bo"].into_iter().filter(|name| agents.contains(name)).collect();
    let queues = format!("agents: {{ {agents} }}\nqueues: {{ q: {{ agents: [{}] }} }}\n", names.join(", "));
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let texts = "press: \"{{ label }} {{ key }}\"\n";
    let files = [file("f.yaml", FLOW), file("queues.yaml", &queues), file("texts/en.yaml", texts)];
    Service::compile(&files, &Assets::default()).unwrap_or_else(|problems| panic!("{}", problems.report()))
}

struct World {
    telephones: Telephones,
    now: Instant,
    number: u32,
}

impl World {
    fn new() -> World {
        let environment = BTreeMap::from([("ANNA".to_owned(), "s3cret".to_owned())]);
        let now = net::clock::now().mono;
        let mut telephones = Telephones::new(Environment(environment), [7; 32], now);
        let service = service("anna: { registers: { password: \"${ANNA}\" } }, bo: { browser: true }");
        assert!(telephones.know(&service).is_empty());
        World { telephones, now, number: 0 }
    }

    fn hear(&mut self, user: &str, from: &str, more: &str) -> (Reply, Vec<acd::Input>) {
        self.number += 1;
        let text = format!(
            "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@192.0.2.1>;tag=a\r\nTo: <sip:{user}@192.0.2.1>\r\nCall-ID: c\r\n\
             CSeq: {} REGISTER\r\nContact: <sip:{user}@10.0.0.9:5062>\r\n{more}Content-Length: 0\r\n\r\n",
            self.number
        );
        let Ok(Message::Request(request)) = wire::parse_datagram(&text.clone().into()) else {
            panic!("{text}")
        };
        self.telephones.on_register(self.now, &request, LocalId(0), from.parse().expect("an address"))
    }

    /// Is asked, and proves to know `password`.
    fn register(&mut self, user: &str, password: &str, from: &str, more: &str) -> (u16, Vec<acd::Input>) {
        let (asked, words) = self.hear(user, from, more);
        assert!(words.is_empty());
        let challenge = asked.headers.get("WWW-Authenticate").expect("a challenge").to_owned();
        let nonce = challenge.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
        let (count, uri) = (format!("{:08x}", self.number), "sip:192.0.2.1");
        let algorithm = Algorithm::Sha256;
        let (method, cnonce, count) = ("REGISTER", "x", count.as_str());
        let proof = Proof { algorithm, user, realm: REALM, nonce, count, cnonce, method, uri };
        let credentials = format!(
            "Authorization: Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             algorithm=SHA-256, qop=auth, nc={count}, cnonce=\"x\", response=\"{}\"\r\n",
            proof.response(password)
        );
        let (reply, words) = self.hear(user, from, &format!("{credentials}{more}"));
        (reply.status.code(), words)
    }
}

fn signed_in(words: &[acd::Input]) -> u64 {
    match words {
        [acd::Input::SignIn { agent, session, ready: true }] if agent == "anna" => *session,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_telephone_signs_in_is_found_and_is_signed_out_when_its_time_is_over() {
    let mut world = World::new();
    let (status, words) = world.register("anna", "s3cret", "192.0.2.7:31000", "Expires: 3600\r\n");
    let session = signed_in(&words);
    assert_eq!((status, is_telephone(session)), (200, true));
    let found = world.telephones.reached(world.now, session).expect("it is there");
    assert_eq!(found.address().to_string(), "192.0.2.7:31000", "behind a NAT");
    assert_eq!(found.contact.to_string(), "sip:anna@10.0.0.9:5062");

    let again = world.register("anna", "s3cret", "192.0.2.7:31002", "Expires: 3600\r\n");
    assert_eq!(signed_in(&again.1), session, "the same session, said again");
    assert_eq!(world.telephones.next_due(), Some(world.now + HOUR));
    assert!(world.telephones.expire(world.now + HOUR / 2).is_empty());
    let over = world.telephones.expire(world.now + HOUR);
    assert_eq!(over, [acd::Input::SignOut { session }]);
    assert_eq!(world.telephones.reached(world.now + HOUR, session), None);

    let anew = world.register("anna", "s3cret", "192.0.2.7:31004", "");
    assert_ne!(signed_in(&anew.1), session, "a session is never used twice");
    let gone = world.register("anna", "s3cret", "192.0.2.7:31004", "Expires: 0\r\n");
    assert_eq!((gone.0, gone.1.len()), (200, 1));
}

#[test]
fn an_agent_who_is_taken_out_or_works_in_a_browser_is_reached_no_more() {
    let mut world = World::new();
    let words = world.register("anna", "s3cret", "192.0.2.7:5060", "").1;
    let session = signed_in(&words);
    assert_eq!(world.register("bo", "", "192.0.2.7:5060", "").0, 401, "bo has no password");
    let words = world.telephones.know(&service("anna: { browser: true }"));
    assert_eq!(words, [acd::Input::SignOut { session }]);
    assert_eq!(world.telephones.reached(world.now, session), None);
    assert_eq!(world.register("anna", "s3cret", "192.0.2.7:5060", "").0, 401);
}

#[test]
fn an_agent_whose_password_is_nowhere_cannot_register_and_the_others_can() {
    let mut world = World::new();
    let agents =
        "anna: { registers: { password: \"${ANNA}\" } }, bo: { registers: { password: \"${NONE}\" } }";
    assert!(world.telephones.know(&service(agents)).is_empty());
    assert_eq!(world.register("bo", "", "192.0.2.7:5060", "").0, 401);
    assert_eq!(world.register("anna", "s3cret", "192.0.2.7:5060", "").0, 200);
}

#[test]
fn who_guesses_is_not_listened_to_for_a_while_and_others_are() {
    let mut world = World::new();
    for _ in 0..limits::REGISTER_TRIES_MAX {
        assert_eq!(world.register("anna", "guess", "192.0.2.66:5060", "").0, 401);
    }
    assert_eq!(world.register("anna", "s3cret", "192.0.2.66:5060", "").0, 503, "even with the right one");
    assert_eq!(world.register("anna", "s3cret", "192.0.2.7:5060", "").0, 200);
    world.now += limits::REGISTER_TRIES_WITHIN;
    assert_eq!(world.register("anna", "s3cret", "192.0.2.66:5060", "").0, 200);
}

#[test]
fn telephones_that_stumble_over_sha_256_are_not_offered_it() {
    let mut world = World::new();
    for (user_agent, offered) in [
        ("User-Agent: baresip v1.0.0 (x86_64/linux)\r\n", &["MD5"][..]),
        ("User-Agent: baresip v3.10.1 (x86_64/Linux)\r\n", &["MD5"]),
        ("User-Agent: baresip v3.11.0 (x86_64/Linux)\r\n", &["SHA-256", "MD5"]),
        ("User-Agent: Linphonec/5.1 (belle-sip/5.1)\r\n", &["SHA-256", "MD5"]),
        ("", &["MD5", "SHA-256"]),
    ] {
        let (reply, _) = world.hear("anna", "192.0.2.7:5060", user_agent);
        let asked = reply.headers.get_all("WWW-Authenticate").filter_map(|challenge| {
            challenge.split("algorithm=").nth(1)?.split(',').next().map(str::to_owned)
        });
        assert_eq!(asked.collect::<Vec<_>>(), offered, "{user_agent}");
    }
}
