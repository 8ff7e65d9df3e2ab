//! What the endpoint answers by itself: OPTIONS, and everything that the RFC refuses.

use std::time::Duration;

use sip::{Event, Method, StatusCode};

use crate::support::*;

/// Feeds a request and answers the status and the headers of the one response.
fn refused(lab: &mut Lab, text: &str) -> (u16, sip::Headers) {
    lab.feed(text);
    assert!(lab.take_events().is_empty(), "nobody is asked");
    let sent = lab.take_sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    let response = sent[0].response();
    assert!(response.headers.to().expect("a To").tag().is_some(), "a final response has a To tag");
    (response.status.code(), response.headers.clone())
}

#[test]
fn options_is_answered_with_what_we_can() {
    let mut lab = Lab::new();
    let (status, headers) = refused(&mut lab, &request("OPTIONS", 1, "o", "", "", ""));
    assert_eq!(status, 200);
    assert!(headers.allow().contains(&Method::Invite));
    assert_eq!(headers.get("Accept"), Some("application/sdp"));
    lab.assert_empty();
}

#[test]
fn a_draining_endpoint_refuses_calls_and_options_and_keeps_what_it_has() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.endpoint.set_draining(true);
    let (status, headers) = refused(&mut lab, &request("OPTIONS", 1, "o", "", "", ""));
    assert_eq!((status, headers.contains("Retry-After")), (503, true));
    let new = request("INVITE", 1, "2", "", "", "").replace("call-1", "call-2");
    assert_eq!(refused(&mut lab, &new).0, 503);
    lab.feed(&within("INFO", 2, &tag, ""));
    assert!(matches!(lab.event(), Event::Request { .. }));
    let (status, _) = refused(&mut lab, &within("OPTIONS", 3, &tag, ""));
    assert_eq!(status, 200, "the call is alive");
}

#[test]
fn a_method_that_is_not_allowed_gets_405_with_allow() {
    let mut lab = Lab::with(sip::Config::new(vec![sip::Local::new(address(US))], 1));
    for method in ["REGISTER", "MESSAGE", "SUBSCRIBE", "UPDATE"] {
        let (status, headers) = refused(&mut lab, &request(method, 1, method, "", "", ""));
        let allow = headers.allow();
        assert_eq!((status, allow.contains(&Method::Invite)), (405, true));
        assert!(allow.contains(&Method::Cancel) && !allow.contains(&Method::Message));
    }
}

#[test]
fn unknown_extensions_get_420_with_all_of_them() {
    let mut lab = Lab::new();
    let more = "Require: 100rel, nothingSupportsThis\r\n";
    let (status, headers) = refused(&mut lab, &request("INVITE", 1, "1", "", more, ""));
    assert_eq!((status, headers.unsupported()), (420, vec!["100rel", "nothingSupportsThis"]));
    let (status, _) = refused(&mut lab, &request("OPTIONS", 1, "2", "", more, ""));
    assert_eq!(status, 420);
}

#[test]
fn an_extension_that_is_configured_is_accepted() {
    let mut config = config();
    config.supported.push("timer".to_owned());
    let mut lab = Lab::with(config);
    lab.rung(&request("INVITE", 1, "1", "", "Require: timer\r\n", ""));
}

#[test]
fn a_body_of_unknown_type_gets_415_unless_it_is_optional() {
    let mut lab = Lab::new();
    let invite = |branch, more: &str| request("INVITE", 1, branch, "", more, "a body");
    let (status, headers) = refused(&mut lab, &invite("1", "Content-Type: application/unknownformat\r\n"));
    assert_eq!((status, headers.get("Accept")), (415, Some("application/sdp")));
    let packed = "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n";
    let (status, headers) = refused(&mut lab, &invite("2", packed).replace("tag=fa", "tag=fb"));
    assert_eq!((status, headers.get("Accept-Encoding")), (415, Some("identity")));
    let optional = "Content-Type: application/x\r\nContent-Disposition: icon; handling=optional\r\n";
    lab.rung(&invite("3", optional).replace("tag=fa", "tag=fc"));
}

#[test]
fn a_caller_that_accepts_no_sdp_gets_406() {
    let mut lab = Lab::new();
    let more = "Accept: text/nobodyKnowsThis\r\n";
    assert_eq!(refused(&mut lab, &request("INVITE", 1, "1", "", more, "")).0, 406);
    let more = "Accept: text/plain, application/*\r\n";
    lab.rung(&request("INVITE", 1, "2", "", more, "").replace("tag=fa", "tag=fb"));
}

#[test]
fn too_long_a_body_gets_413_and_too_long_a_message_513() {
    let mut lab = Lab::new();
    let typed = "Content-Type: application/sdp\r\n";
    let long = "x".repeat(sip::limits::BODY_LEN_MAX + 1);
    assert_eq!(refused(&mut lab, &request("INVITE", 1, "1", "", typed, &long)).0, 413);
    let longer = "x".repeat(sip::limits::REQUEST_LEN_MAX);
    assert_eq!(refused(&mut lab, &request("INVITE", 1, "2", "", typed, &longer)).0, 513);
}

#[test]
fn requests_outside_any_call_that_need_one_get_481() {
    let mut lab = Lab::new();
    for (method, tag) in [("BYE", ""), ("INFO", ""), ("BYE", "zz"), ("INVITE", "zz"), ("OPTIONS", "zz")] {
        let text = request(method, 1, &format!("{method}{tag}"), tag, "", "");
        assert_eq!(refused(&mut lab, &text).0, 481, "{method}");
    }
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    let foreign = within("BYE", 2, &tag, "").replace("tag=fa", "tag=other");
    assert_eq!(refused(&mut lab, &foreign).0, 481, "somebody else's From tag");
}

#[test]
fn the_same_request_over_another_path_gets_482() {
    let mut lab = Lab::new();
    lab.rung(&invite("1"));
    lab.take_sent();
    assert_eq!(refused(&mut lab, &invite("2")).0, 482);
    let merged_ack = request("ACK", 1, "2", "x", "", "");
    lab.feed(&merged_ack);
    lab.pass(Duration::from_secs(10));
    assert!(lab.words().is_empty(), "the 482 is acknowledged");
}

#[test]
fn hops_left_do_not_matter_to_an_endpoint() {
    let mut lab = Lab::new();
    lab.feed(&request("OPTIONS", 1, "1", "", "", "").replace("Max-Forwards: 70", "Max-Forwards: 0"));
    assert_eq!(lab.words(), ["200"]);
}

#[test]
fn calls_beyond_the_limit_get_503_and_their_copies_the_same_tag() {
    let mut config = config();
    config.dialogs_max = 1;
    let mut lab = Lab::with(config);
    lab.rung(&invite("1"));
    lab.take_sent();
    let second = invite("2").replace("call-1", "call-2");
    let (status, headers) = refused(&mut lab, &second);
    assert_eq!((status, headers.get("Retry-After")), (503, Some("10")));
    let (_, again) = refused(&mut lab, &second);
    assert_eq!(headers.get("To"), again.get("To"));
    assert_eq!(lab.endpoint.transactions(), 1, "no memory is spent on it");
}

#[test]
fn transactions_are_bounded_and_calls_can_still_end() {
    let mut config = config();
    config.transactions_max = 8;
    let mut lab = Lab::with(config);
    let (_, tag) = lab.answered();
    for number in 2..22 {
        lab.feed(&within("INFO", number, &tag, ""));
    }
    assert_eq!(lab.endpoint.transactions(), 10, "a quarter above the limit, then silence");
    assert_eq!(lab.take_events().len(), 9);
    let call = invite("x").replace("call-1", "call-2");
    assert_eq!(refused(&mut lab, &call).0, 503);
    lab.pass(Duration::from_secs(40));
    lab.feed(&within("BYE", 22, &tag, ""));
    assert_eq!(lab.words(), ["200"]);
    lab.take_events();
    lab.assert_empty();
}

#[test]
fn an_unreadable_request_gets_a_stateless_400_at_a_bounded_rate() {
    let mut lab = Lab::new();
    let bad = request("INVITE", 1, "1", "", "", "").replace("Content-Length: 0", "Content-Length: 9999");
    for _ in 0..2000 {
        lab.feed(&bad);
    }
    let sent = lab.take_sent();
    assert_eq!(u32::try_from(sent.len()).unwrap(), sip::limits::STATELESS_PER_SECOND);
    assert!(sent.iter().all(|sent| sent.response().status == StatusCode::BadRequest));
    assert!(sent.iter().all(|sent| sent.to == address(PEER)));
    assert_eq!((lab.endpoint.transactions(), lab.poll()), (0, None));
    lab.pass(Duration::from_secs(1));
    lab.feed(&bad);
    assert_eq!(lab.words(), ["400"]);
}

#[test]
fn control_characters_of_a_faulty_header_are_not_sent_back() {
    let mut lab = Lab::new();
    let bad = request("INVITE", 1, "1", "", "", "").replace("From: Alice", "From: Al\0ice");
    let data = bytes::Bytes::from(bad);
    let (local, from) = (sip::LocalId(0), address(PEER));
    lab.endpoint.handle_input(lab.now, sip::Input::Datagram { local, from, data: &data });
    let sip::Output::Send { data, .. } = lab.endpoint.poll_output() else { panic!("no answer") };
    assert!(data.starts_with(b"SIP/2.0 400 ") && !data.contains(&0));
}

#[test]
fn an_ack_is_never_answered() {
    let mut lab = Lab::new();
    lab.feed(&request("ACK", 1, "1", "", "", ""));
    lab.feed(&request("ACK", 1, "2", "unknown", "Require: x\r\n", ""));
    lab.feed(&request("ACK", 1, "3", "", "", "").replace("CSeq: 1 ACK", "CSeq: one ACK"));
    lab.feed(&request("ACK", 1, "4", "", "", "").replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"));
    assert!(lab.words().is_empty() && lab.take_events().is_empty());
}

#[test]
fn a_flood_of_requests_outside_calls_leaves_room_for_calls() {
    let mut config = config();
    config.transactions_max = 40;
    let mut lab = Lab::with(config);
    for number in 0..100 {
        lab.feed(
            &request("OPTIONS", 1, &format!("o{number}"), "", "", "")
                .replace("call-1", &format!("o{number}")),
        );
    }
    let words = lab.words();
    let count = |status: &str| words.iter().filter(|word| *word == status).count();
    assert_eq!((count("200"), count("503")), (10, 90));
    let (_, invited) = lab.rung(&invite("1"));
    lab.respond(invited, 200).expect("it waits");
    lab.pass(T1 * 64);
    lab.take_sent();
    lab.feed(&request("OPTIONS", 1, "later", "", "", ""));
    assert_eq!(lab.words(), ["200"], "what was answered long ago makes room");
}
