//! Requests inside a call: re-INVITE both ways and its glare, INFO, MESSAGE, OPTIONS, order.

use std::time::Duration;

use sip::{Body, DialogId, Ended, Event, HangUp, Headers, LocalId, Method, Refused, RequestId, StatusCode};

use crate::support::*;

fn reinvite(lab: &mut Lab, dialog: DialogId) -> (RequestId, sip::Request) {
    let id =
        lab.endpoint.request(lab.now, dialog, Method::Invite, Headers::new(), Some(sdp())).expect("idle");
    let sent = lab.take_sent();
    assert_eq!((sent.len(), sent[0].word().as_str()), (1, "INVITE"));
    (id, sent[0].request().clone())
}

fn request_event(lab: &mut Lab) -> RequestId {
    match lab.event() {
        Event::Request { dialog: Some(_), request, .. } => request,
        other => panic!("{other:?}"),
    }
}

fn response_event(lab: &mut Lab) -> (RequestId, u16) {
    match lab.event() {
        Event::Response { request, status, .. } => (request, status.code()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reinvite_of_the_peer_moves_the_target_when_it_is_accepted() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    let text = within("INVITE", 2, &tag, "").replace("10.0.0.2:5070", "10.0.0.2:6070");
    lab.feed(&text);
    let id = request_event(&mut lab);
    assert_eq!(lab.words(), ["100"]);
    lab.respond(id, 200).unwrap();
    lab.feed(&request("ACK", 2, "ack2", &tag, "", ""));
    assert!(matches!(lab.event(), Event::Acked { .. }));
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    let sent = lab.take_sent();
    assert_eq!((sent[1].word().as_str(), sent[1].to), ("BYE", address("10.0.0.2:6070")));
}

#[test]
fn a_refused_reinvite_leaves_the_call_and_its_target_as_they_were() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    lab.feed(&within("INVITE", 2, &tag, "").replace("10.0.0.2:5070", "10.0.0.2:6070"));
    let id = request_event(&mut lab);
    lab.respond(id, 488).unwrap();
    lab.take_sent();
    lab.feed(&request("ACK", 2, "INVITE2", &tag, "", ""));
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    let sent = lab.take_sent();
    assert_eq!((sent.len(), sent[0].to), (1, address("10.0.0.2:5070")));
    lab.assert_empty();
}

#[test]
fn a_lost_ack_of_a_reinvite_ends_the_call() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.feed(&within("INVITE", 2, &tag, ""));
    let id = request_event(&mut lab);
    lab.respond(id, 200).unwrap();
    lab.pass(T1 * 64);
    assert!(matches!(lab.event(), Event::Ended { by: Ended::AckTimeout, .. }));
    assert_eq!(lab.words().last().map(String::as_str), Some("BYE"));
    lab.assert_empty();
}

#[test]
fn a_cancelled_reinvite_is_487_and_the_call_goes_on() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    lab.feed(&within("INVITE", 2, &tag, ""));
    let id = request_event(&mut lab);
    lab.take_sent();
    lab.feed(&request("CANCEL", 2, "INVITE2", &tag, "", ""));
    assert_eq!(lab.words(), ["200", "487"]);
    assert_eq!(lab.respond(id, 200), Err(sip::Gone));
    assert!(lab.take_events().is_empty());
    let (_, ours) = reinvite(&mut lab, dialog);
    assert_eq!(ours.headers.get("CSeq"), Some("1 INVITE"));
}

#[test]
fn an_invite_within_a_pending_invite_gets_500_with_retry_after() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.feed(&within("INVITE", 2, &tag, ""));
    request_event(&mut lab);
    lab.take_sent();
    lab.feed(&within("INVITE", 3, &tag, ""));
    let sent = lab.take_sent();
    assert_eq!(sent[0].word(), "500");
    assert!(sent[0].response().headers.contains("Retry-After"));
    assert!(lab.take_events().is_empty());
}

#[test]
fn a_reinvite_that_meets_ours_gets_491() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    reinvite(&mut lab, dialog);
    lab.feed(&within("INVITE", 2, &tag, ""));
    assert_eq!(lab.words(), ["491"]);
    assert!(lab.take_events().is_empty());
}

#[test]
fn a_reinvite_before_the_ack_of_our_2xx_gets_491() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&within("INVITE", 2, &tag, ""));
    assert_eq!(lab.words(), ["491"]);
}

#[test]
fn the_called_side_retries_after_491_within_two_seconds() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.answered();
    let (id, first) = reinvite(&mut lab, dialog);
    let before = lab.now;
    lab.feed(&answer(&first, 491, ""));
    assert_eq!(lab.words(), ["ACK"]);
    assert_eq!(
        lab.endpoint.request(lab.now, dialog, Method::Invite, Headers::new(), None),
        Err(Refused::Pending)
    );
    lab.pass(Duration::from_secs(2));
    let sent = lab.take_sent();
    let again = sent[0].request().clone();
    assert!(sent[0].at <= before - lab.start + Duration::from_secs(2));
    assert_eq!((again.headers.get("CSeq"), &again.body), (Some("2 INVITE"), &sdp().data));
    lab.feed(&answer(&again, 200, ""));
    assert_eq!(response_event(&mut lab), (id, 200));
}

#[test]
fn the_calling_side_retries_after_491_between_2_1_and_4_seconds() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.connected();
    let (_, first) = reinvite(&mut lab, dialog);
    lab.feed(&answer(&first, 491, ""));
    lab.take_sent();
    lab.pass(Duration::from_millis(2099));
    assert!(lab.words().is_empty());
    lab.pass(Duration::from_millis(1901));
    assert_eq!(lab.words()[0], "INVITE");
}

#[test]
fn a_reinvite_that_meets_491_for_ever_is_reported() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.answered();
    let (id, mut last) = reinvite(&mut lab, dialog);
    for _ in 0..sip::limits::GLARE_RETRIES_MAX {
        lab.feed(&answer(&last, 491, ""));
        lab.take_sent();
        lab.pass(Duration::from_secs(2));
        last = lab.take_sent()[0].request().clone();
    }
    lab.feed(&answer(&last, 491, ""));
    assert_eq!(response_event(&mut lab), (id, 491));
    assert_eq!(lab.endpoint.dialogs(), 1);
}

#[test]
fn the_peer_s_reinvite_is_served_while_ours_waits_after_491() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    let (_, first) = reinvite(&mut lab, dialog);
    lab.feed(&answer(&first, 491, ""));
    lab.feed(&within("INVITE", 2, &tag, ""));
    let id = request_event(&mut lab);
    lab.take_sent();
    lab.pass(Duration::from_secs(5));
    assert!(lab.words().is_empty(), "ours waits for theirs");
    lab.respond(id, 200).unwrap();
    lab.feed(&request("ACK", 2, "ack2", &tag, "", ""));
    lab.take_sent();
    lab.pass(Duration::from_secs(2));
    assert_eq!(lab.words()[0], "INVITE");
}

#[test]
fn a_retransmitted_2xx_to_a_reinvite_gets_its_ack_again() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.connected();
    let (id, ours) = reinvite(&mut lab, dialog);
    lab.feed(&answer_with(&ours, 200, "", "Contact: <sip:bob@10.0.0.2:7071>\r\n"));
    assert_eq!(response_event(&mut lab), (id, 200));
    lab.feed(&answer(&ours, 200, ""));
    let sent = lab.take_sent();
    assert_eq!(sent.iter().map(Sent::word).collect::<Vec<_>>(), ["ACK", "ACK"]);
    assert_eq!(sent[0].to, address("10.0.0.2:7071"), "the 2xx moved the target");
    assert!(lab.take_events().is_empty());
}

#[test]
fn a_reinvite_without_offer_waits_for_the_user_s_ack() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.connected();
    lab.endpoint.request(lab.now, dialog, Method::Invite, Headers::new(), None).unwrap();
    let ours = lab.take_sent()[0].request().clone();
    lab.feed(&answer(&ours, 200, ""));
    assert!(lab.words().is_empty());
    lab.endpoint.ack(lab.now, dialog, Some(sdp()));
    assert_eq!(lab.words(), ["ACK"]);
}

#[test]
fn a_2xx_to_a_reinvite_after_hang_up_is_acknowledged() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.connected();
    let (_, ours) = reinvite(&mut lab, dialog);
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    lab.feed(&answer(&ours, 200, ""));
    assert_eq!(lab.words(), ["BYE", "ACK"]);
    assert!(lab.take_events().is_empty());
    lab.assert_empty();
}

#[test]
fn info_is_handed_over_and_answered_once() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    let text = within("INFO", 2, &tag, "Content-Type: application/dtmf-relay\r\n");
    lab.feed(&text);
    let id = request_event(&mut lab);
    lab.feed(&text);
    assert!(lab.words().is_empty() && lab.take_events().is_empty(), "the copy is absorbed");
    lab.respond(id, 200).unwrap();
    assert_eq!(lab.respond(id, 200), Err(sip::Gone));
    lab.feed(&text);
    assert_eq!(lab.words(), ["200", "200"]);
}

#[test]
fn a_request_that_is_never_answered_is_forgotten() {
    let mut lab = Lab::new();
    lab.feed(&request("MESSAGE", 1, "m", "", "Content-Type: text/plain\r\n", "hi"));
    let Event::Request { dialog: None, request, message, local, from } = lab.event() else { panic!() };
    assert_eq!((local, from), (LocalId(0), address(PEER)));
    assert_eq!(&message.body[..], b"hi");
    lab.assert_empty();
    assert_eq!(lab.respond(request, 200), Err(sip::Gone));
}

#[test]
fn bye_answers_what_is_pending_with_487() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.feed(&within("INFO", 2, &tag, ""));
    let info = request_event(&mut lab);
    lab.feed(&within("INVITE", 3, &tag, ""));
    let reinvite = request_event(&mut lab);
    lab.take_sent();
    lab.feed(&within("BYE", 4, &tag, ""));
    assert_eq!(lab.words(), ["200", "487", "487"]);
    assert_eq!((lab.respond(info, 200), lab.respond(reinvite, 200)), (Err(sip::Gone), Err(sip::Gone)));
    lab.assert_empty();
}

#[test]
fn a_lower_sequence_number_gets_500() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.feed(&within("OPTIONS", 9, &tag, ""));
    lab.feed(&within("INFO", 8, &tag, ""));
    assert_eq!(lab.words(), ["200", "500"]);
    assert!(lab.take_events().is_empty());
}

#[test]
fn requests_that_pile_up_unanswered_are_bounded() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    let max = u32::try_from(sip::limits::PENDING_MAX).unwrap();
    for number in 2..2 + max + 3 {
        lab.feed(&within("INFO", number, &tag, ""));
    }
    assert_eq!(lab.take_events().len(), sip::limits::PENDING_MAX);
    assert_eq!(lab.words(), ["500", "500", "500"]);
}

#[test]
fn our_info_is_answered_or_times_out_and_a_408_or_481_ends_the_call() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.answered();
    let body = || Some(Body::new("application/dtmf-relay", "Signal=1\r\n"));
    let id = lab.endpoint.request(lab.now, dialog, Method::Info, Headers::new(), body()).unwrap();
    let info = lab.take_sent()[0].request().clone();
    assert_eq!(info.headers.get("Content-Type"), Some("application/dtmf-relay"));
    lab.feed(&answer(&info, 200, ""));
    assert_eq!(response_event(&mut lab), (id, 200));
    lab.endpoint.request(lab.now, dialog, Method::Info, Headers::new(), body()).unwrap();
    let info = lab.take_sent()[0].request().clone();
    lab.feed(&answer(&info, 481, ""));
    let events = lab.take_events();
    assert!(matches!(events[0], Event::Response { .. }));
    assert!(matches!(events[1], Event::Ended { by: Ended::Timeout, .. }));
    lab.assert_empty();

    let mut lab = Lab::new();
    let (dialog, _) = lab.answered();
    lab.endpoint.request(lab.now, dialog, Method::Info, Headers::new(), body()).unwrap();
    lab.take_sent();
    lab.pass(T1 * 64);
    let events = lab.take_events();
    assert!(matches!(events[0], Event::Response { status: StatusCode::RequestTimeout, .. }));
    assert!(matches!(events[1], Event::Ended { by: Ended::Timeout, .. }));
    assert_eq!(lab.words().last().map(String::as_str), Some("BYE"));
    lab.assert_empty();
}

#[test]
fn requests_are_refused_in_states_that_do_not_carry_them() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.rung(&invite("1"));
    let ask =
        |lab: &mut Lab, dialog, method| lab.endpoint.request(lab.now, dialog, method, Headers::new(), None);
    assert_eq!(ask(&mut lab, dialog, Method::Info), Err(Refused::Early));
    assert_eq!(ask(&mut lab, dialog, Method::Bye), Err(Refused::Method));
    assert_eq!(ask(&mut lab, DialogId(99), Method::Info), Err(Refused::Gone));
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::BusyHere));
    assert_eq!(ask(&mut lab, dialog, Method::Info), Err(Refused::Gone));
}
