//! Requests of ours outside any call.

use sip::{
    Body, Event, Headers, LocalId, Method, NameAddr, Outside, Refused, Request, RequestId, StatusCode,
};

use crate::support::*;

fn message(text: &str) -> Outside {
    let uri: sip::Uri = "sip:13800138000@10.0.0.2".parse().expect("a SIP URI");
    Outside {
        local: LocalId(0),
        method: Method::Message,
        uri: uri.clone(),
        destination: address(PEER),
        from: NameAddr::new("sip:1008611@10.0.0.1".parse().expect("a SIP URI")),
        to: NameAddr::new(uri),
        headers: Headers::new(),
        body: Some(Body::new("text/plain;charset=UTF-8", text.to_owned())),
    }
}

fn send(lab: &mut Lab, outside: Outside) -> (RequestId, Request) {
    let id = lab.endpoint.send(lab.now, outside).expect("it can be sent");
    (id, lab.take_sent()[0].request().clone())
}

#[test]
fn a_message_carries_its_text_and_no_contact() {
    let mut lab = Lab::new();
    let (id, request) = send(&mut lab, message("您的余额是58.20元"));
    let headers = &request.headers;
    assert_eq!((request.method, headers.get("CSeq")), (Method::Message, Some("1 MESSAGE")));
    assert_eq!(&request.body[..], "您的余额是58.20元".as_bytes());
    assert_eq!(headers.get("Content-Type"), Some("text/plain;charset=UTF-8"));
    assert!(!headers.contains("Contact"), "RFC 3428 §4");
    assert!(headers.from_().unwrap().tag().is_some() && headers.to().unwrap().tag().is_none());
    lab.feed(&answer(&request, 100, ""));
    assert!(lab.take_events().is_empty());
    lab.feed(&answer(&request, 202, "tb"));
    match lab.event() {
        Event::Answer { request, status, message } => {
            assert_eq!((request, status.code()), (id, 202));
            assert!(message.is_some());
        }
        other => panic!("{other:?}"),
    }
    lab.feed(&answer(&request, 202, "tb"));
    assert!(lab.take_events().is_empty(), "copies of the answer are absorbed");
    lab.pass(T1 * 64);
    lab.assert_empty();
}

#[test]
fn a_message_that_nobody_answers_is_repeated_and_fails_with_408() {
    let mut lab = Lab::new();
    let (id, _) = send(&mut lab, message("hello"));
    lab.pass(T1 * 64);
    let times: Vec<_> = lab.take_sent().iter().map(|sent| sent.at.as_millis()).collect();
    assert_eq!(times[..4], [500, 1500, 3500, 7500]);
    let answered = lab.event();
    assert!(
        matches!(answered, Event::Answer { request, status: StatusCode::RequestTimeout, message: None } if request == id)
    );
    lab.assert_empty();
}

#[test]
fn what_is_about_calls_and_what_is_too_large_is_not_sent() {
    let mut lab = Lab::new();
    let invite = Outside { method: Method::Invite, ..message("") };
    assert_eq!(lab.endpoint.send(lab.now, invite), Err(Refused::Method));
    let nowhere = Outside { local: LocalId(9), ..message("") };
    assert_eq!(lab.endpoint.send(lab.now, nowhere), Err(Refused::Invalid));
    // RFC 3428 §8.
    assert_eq!(lab.endpoint.send(lab.now, message(&"x".repeat(1_300))), Err(Refused::Invalid));
    assert!(lab.take_sent().is_empty());
    lab.assert_empty();
}
