//! Every message of RFC 4475 and RFC 5118, sent to the live gateway: it stays up and answers as
//! INDEX.tsv says. The messages are not part of the project.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

use crate::common::gateway::Gateway;
use crate::common::{ADDRESS, Lab, SIP_PORT, not_run, shared, wait};

/// Silence for so long counts as no answer.
const ANSWER_LIMIT: Duration = Duration::from_millis(400);

#[test]
fn every_torture_message_gets_its_answer_and_does_no_harm() {
    const TEST: &str = "torture-live";
    let folder = shared().join("torture");
    let Ok(index) = std::fs::read_to_string(folder.join("INDEX.tsv")) else {
        not_run(TEST, "needs ../shared/torture");
        return;
    };
    let Some(lab) = Lab::new(TEST, &[]) else { return };
    let mut gateway = Gateway::start(&lab);
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in index.lines().skip(1).filter(|row| !row.is_empty()) {
        let fields: Vec<&str> = row.split('\t').collect();
        let (file, port, expected) = (fields[0], fields[6], fields[7]);
        let message = std::fs::read(folder.join(file)).expect("the index names files that are there");
        let message = with_own_branch(message, count);
        let answer = exchange(&lab, port.parse().unwrap_or(SIP_PORT), &message);
        gateway.assert_alive();
        if !fits(fields[2], expected, answer) {
            wrong.push(format!("{file}: answered {answer:?}, expected: {expected}"));
        }
        count += 1;
    }
    assert!(count > 50, "the index has {count} messages");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(exchange(&lab, SIP_PORT, OPTIONS.as_bytes()), Some(200), "and it still answers");
    assert!(gateway.stop().success());
}

const OPTIONS: &str = "OPTIONS sip:10.77.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.77.0.1:5060;branch=z9hG4bKlast;rport\r\n\
    From: <sip:a@10.77.0.1>;tag=1\r\nTo: <sip:10.77.0.1>\r\nCall-ID: last\r\nCSeq: 1 OPTIONS\r\n\
    Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

/// Sends one message and answers the status of its final response, if one comes. A message without
/// `rport` is answered to the port of its Via (RFC 3261 §18.2.2), so that is where we listen. Final
/// responses to earlier INVITEs, which nobody acknowledges, still come and are told apart by Call-ID.
fn exchange(lab: &Lab, via_port: u16, message: &[u8]) -> Option<u16> {
    let bind =
        |address: &str, port| lab.net.inside(|| UdpSocket::bind((address, port))).expect("a free port");
    // The gateway has 5060 of this address; another address of the loopback net is free.
    let socket = bind("127.0.0.2", if via_port == 0 { SIP_PORT } else { via_port });
    socket.set_nonblocking(true).expect("a socket can be made non-blocking");
    socket.send_to(message, (ADDRESS, SIP_PORT)).expect("there is a way");
    let mut buffer = vec![0; 65_536];
    wait::within(ANSWER_LIMIT, || match socket.recv(&mut buffer) {
        Ok(length) => {
            let response = &buffer[..length];
            let ours = call_id(response) == call_id(message);
            status(response).filter(|status| ours && *status >= 200)
        }
        Err(why) if why.kind() == ErrorKind::WouldBlock => None,
        Err(why) => panic!("{why}"),
    })
}

/// Several messages share one branch, so they would be retransmissions of each other (RFC 3261 §17.2.3):
/// puts `number` into the first one. A branch of the cookie alone is itself the test and stays.
fn with_own_branch(mut message: Vec<u8>, number: usize) -> Vec<u8> {
    const COOKIE: &[u8] = b"z9hG4bK";
    let at = message.windows(COOKIE.len()).position(|window| window == COOKIE).map(|at| at + COOKIE.len());
    if let Some(at) = at.filter(|at| message.get(*at).is_some_and(u8::is_ascii_alphanumeric)) {
        message.splice(at..at, format!("{number}x").into_bytes());
    }
    message
}

/// The value of Call-ID, in its long or compact form; `None` when there is none.
fn call_id(message: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(message).into_owned();
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = ["call-id", "i"].contains(&name.trim().to_ascii_lowercase().as_str());
        is_it.then(|| value.trim().to_owned())
    })
}

fn status(response: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(response.split(|&octet| octet == b'\r').next()?).into_owned();
    line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// Whether an answer is one that the index allows. It writes in words for people: the first status codes
/// named are those wanted, `discard`, `ignored` and `drop` mean silence, and a message that is only to be
/// accepted may be answered with anything that does not call it malformed.
fn fits(kind: &str, expected: &str, answer: Option<u16>) -> bool {
    if kind.ends_with("-response") || ["discard", "drop silently"].iter().any(|word| expected.contains(word))
    {
        return answer.is_none();
    }
    let Some(answer) = answer else { return false };
    let lenient =
        expected.contains("lenient") || expected.contains("tolera") || expected.contains("may infer");
    let accepted = answer != 400;
    if expected.contains("never 400")
        || expected.starts_with("accept")
        || expected.starts_with("parse ok")
        || expected.starts_with("well-formed")
    {
        return accepted;
    }
    let named = statuses(expected);
    named.contains(&answer) || (lenient && accepted) || (named.is_empty() && accepted)
}

fn statuses(text: &str) -> Vec<u16> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words
        .filter(|word| word.len() == 3)
        .filter_map(|word| word.parse().ok())
        .filter(|code| (200..700).contains(code))
        .collect()
}
