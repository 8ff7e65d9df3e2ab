//! The called side of a call and its races.

use std::time::Duration;

use sip::{Config, Ended, Event, HangUp, Local, Method, Reply, StatusCode};

use crate::support::*;

#[test]
fn an_invite_is_answered_100_at_once_and_handed_over() {
    let mut lab = Lab::new();
    lab.feed(&invite("1"));
    let Event::Invite { message, from, .. } = lab.event() else { panic!() };
    assert_eq!((message.method, from), (Method::Invite, address(PEER)));
    assert_eq!(message.headers.via().unwrap().received(), Some(address(PEER).ip()));
    let sent = lab.take_sent();
    assert_eq!((sent.len(), sent[0].word().as_str(), sent[0].to), (1, "100", address(PEER)));
    assert!(sent[0].response().headers.to().unwrap().tag().is_none(), "100 makes no dialog");
}

#[test]
fn responses_copy_record_route_and_carry_our_contact_and_one_tag() {
    let mut lab = Lab::new();
    let routes = "Record-Route: <sip:10.0.0.8;lr>\r\nRecord-Route: <sip:10.0.0.9;lr>\r\n";
    let (_, id) = lab.rung(&request("INVITE", 1, "1", "", routes, ""));
    lab.respond(id, 180).unwrap();
    lab.respond(id, 200).unwrap();
    let sent = lab.take_sent();
    let words: Vec<_> = sent.iter().map(Sent::word).collect();
    assert_eq!(words, ["100", "180", "200"]);
    assert_eq!(tag_of(&sent[1]), tag_of(&sent[2]));
    for response in [sent[1].response(), sent[2].response()] {
        let recorded: Vec<_> = response.headers.get_all("Record-Route").collect();
        assert_eq!(recorded, ["<sip:10.0.0.8;lr>", "<sip:10.0.0.9;lr>"]);
        assert_eq!(response.headers.get("Contact"), Some("<sip:1008621@10.0.0.1:5060>"));
    }
    assert!(sent[2].response().headers.allow().contains(&Method::Info));
}

#[test]
fn a_retransmitted_invite_while_ringing_gets_the_180_again_and_no_second_event() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 180).unwrap();
    lab.take_sent();
    lab.feed(&invite("1"));
    assert_eq!(lab.words(), ["180"]);
    assert!(lab.take_events().is_empty());
}

#[test]
fn a_2xx_is_repeated_with_back_off_until_its_ack() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.pass(Duration::from_secs(8));
    let times: Vec<_> = lab.take_sent().iter().map(|sent| sent.at.as_millis()).collect();
    assert_eq!(times, [500, 1500, 3500, 7500]);
    lab.feed(&request("ACK", 1, "ack", &tag, "Content-Type: application/sdp\r\n", "v=0\r\n"));
    let Event::Acked { dialog: acked, body: Some(body) } = lab.event() else { panic!() };
    assert_eq!((acked, &body.data[..]), (dialog, &b"v=0\r\n"[..]));
    lab.feed(&within("ACK", 1, &tag, ""));
    lab.pass(Duration::from_secs(60));
    assert!(lab.words().is_empty() && lab.take_events().is_empty(), "copies of the ACK are absorbed");
}

#[test]
fn an_invite_retransmitted_after_the_2xx_is_absorbed() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    lab.take_sent();
    lab.feed(&invite("1"));
    assert!(lab.words().is_empty() && lab.take_events().is_empty());
}

#[test]
fn a_lost_ack_ends_the_call_by_bye_after_64_t1() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    lab.take_sent();
    lab.pass(T1 * 64);
    let sent = lab.take_sent();
    let bye = sent.last().unwrap();
    assert_eq!((bye.word().as_str(), bye.at, bye.to), ("BYE", T1 * 64, address("10.0.0.2:5070")));
    assert_eq!(sent.len(), 11, "ten copies of the 200: 0.5, 1.5, 3.5, 7.5, then every 4 s");
    let Event::Ended { dialog: ended, by: Ended::AckTimeout } = lab.event() else { panic!() };
    assert_eq!(ended, dialog);
    lab.assert_empty();
}

#[test]
fn a_refusal_is_repeated_until_its_ack_which_is_never_answered() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 486).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.pass(Duration::from_millis(1500));
    assert_eq!(lab.words(), ["486", "486"]);
    lab.feed(&request("ACK", 1, "1", &tag, "", ""));
    lab.feed(&request("ACK", 1, "1", &tag, "", ""));
    assert_eq!(lab.respond(id, 200), Err(sip::Gone));
    lab.pass(Duration::from_secs(60));
    assert!(lab.words().is_empty() && lab.take_events().is_empty());
    lab.assert_empty();
}

#[test]
fn cancel_while_ringing_gets_200_and_the_invite_487_with_the_same_tag() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 180).unwrap();
    lab.take_sent();
    lab.feed(&request("CANCEL", 1, "1", "", "", ""));
    let sent = lab.take_sent();
    let answers: Vec<_> =
        sent.iter().map(|s| (s.word(), s.response().headers.get("CSeq").unwrap().to_owned())).collect();
    assert_eq!(answers, [("200".into(), "1 CANCEL".into()), ("487".into(), "1 INVITE".into())]);
    assert_eq!(tag_of(&sent[0]), tag_of(&sent[1]));
    assert!(matches!(lab.event(), Event::Cancelled { dialog: gone } if gone == dialog));
    assert_eq!(lab.respond(id, 200), Err(sip::Gone));
    lab.feed(&request("CANCEL", 1, "1", "", "", ""));
    assert_eq!(lab.words(), ["200"], "a copy of the CANCEL gets its answer again");
    lab.feed(&request("ACK", 1, "1", &tag_of(&sent[1]), "", ""));
    lab.assert_empty();
}

#[test]
fn cancel_crossing_the_200_changes_nothing() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&request("CANCEL", 1, "1", "", "", ""));
    assert_eq!(lab.words(), ["200"]);
    assert!(lab.take_events().is_empty());
    lab.feed(&within("ACK", 1, &tag, ""));
    assert!(matches!(lab.event(), Event::Acked { dialog: acked, .. } if acked == dialog));
    lab.feed(&within("BYE", 2, &tag, ""));
    assert_eq!(lab.words(), ["200"]);
    lab.assert_empty();
}

#[test]
fn cancel_of_nothing_gets_481() {
    let mut lab = Lab::new();
    lab.feed(&request("CANCEL", 1, "9", "", "", ""));
    assert_eq!(lab.words(), ["481"]);
    lab.assert_empty();
}

#[test]
fn bye_before_ack_ends_the_call_and_the_repetition_of_the_2xx() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&within("BYE", 2, &tag, "Reason: Q.850;cause=16\r\n"));
    assert_eq!(lab.words(), ["200"]);
    let Event::Ended { dialog: ended, by: Ended::Bye { reason } } = lab.event() else { panic!() };
    assert_eq!((ended, reason.as_deref()), (dialog, Some("Q.850;cause=16")));
    lab.feed(&within("ACK", 1, &tag, ""));
    lab.pass(T1 * 64);
    assert!(lab.words().is_empty() && lab.take_events().is_empty());
    lab.assert_empty();
}

#[test]
fn bye_in_an_early_dialog_gets_200_and_the_invite_487() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 180).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&within("BYE", 2, &tag, ""));
    assert_eq!(lab.words(), ["200", "487"]);
    assert!(matches!(lab.event(), Event::Ended { by: Ended::Bye { .. }, .. }));
    lab.feed(&request("ACK", 1, "1", &tag, "", ""));
    lab.assert_empty();
}

#[test]
fn a_retransmitted_bye_gets_its_200_again_and_a_new_one_481() {
    let mut lab = Lab::new();
    let (_, tag) = lab.answered();
    lab.feed(&within("BYE", 2, &tag, ""));
    lab.feed(&within("BYE", 2, &tag, ""));
    lab.feed(&within("BYE", 3, &tag, ""));
    assert_eq!(lab.words(), ["200", "200", "481"]);
    assert!(matches!(lab.event(), Event::Ended { .. }));
    lab.assert_empty();
}

#[test]
fn hanging_up_a_ringing_call_refuses_it_as_asked() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    let retry_after = Some(Duration::from_millis(1500));
    let reason = Some("SIP;cause=503".to_owned());
    let cause = HangUp { status: StatusCode::ServiceUnavailable, reason, retry_after };
    lab.endpoint.hang_up(lab.now, dialog, cause.clone());
    lab.endpoint.hang_up(lab.now, dialog, cause);
    let sent = lab.take_sent();
    let refusal = sent[1].response();
    assert_eq!((sent.len(), refusal.status.code()), (2, 503));
    assert_eq!(refusal.headers.get("Retry-After"), Some("2"));
    assert_eq!(refusal.headers.get("Reason"), Some("SIP;cause=503"));
    assert_eq!(lab.respond(id, 200), Err(sip::Gone));
    lab.assert_empty();
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    assert!(lab.words().is_empty());
    lab.feed(&within("ACK", 1, &tag, ""));
    assert_eq!(lab.words(), ["BYE"]);
    assert!(lab.take_events().is_empty());
    lab.assert_empty();
}

#[test]
fn hanging_up_before_an_ack_that_never_comes_sends_bye_in_the_end() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 200).unwrap();
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    lab.take_sent();
    lab.pass(T1 * 64);
    assert_eq!(lab.take_sent().last().map(|s| (s.word(), s.at)), Some(("BYE".to_owned(), T1 * 64)));
    assert!(lab.take_events().is_empty());
    lab.assert_empty();
}

#[test]
fn both_hanging_up_at_once_is_answered_200_on_both_sides() {
    let mut lab = Lab::new();
    let (dialog, tag) = lab.answered();
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    let sent = lab.take_sent();
    lab.feed(&within("BYE", 2, &tag, ""));
    assert_eq!(lab.words(), ["200"]);
    lab.feed(&answer(sent[0].request(), 481, ""));
    assert!(lab.take_events().is_empty());
    assert_eq!(lab.endpoint.dialogs(), 0);
    lab.assert_empty();
}

#[test]
fn a_second_invite_in_a_ringing_call_gets_500_with_retry_after() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&invite("1"));
    lab.respond(id, 180).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&within("INVITE", 2, &tag, ""));
    let sent = lab.take_sent();
    assert_eq!(sent[0].word(), "500");
    let wait = sent[0].response().headers.retry_after().unwrap().unwrap();
    assert!(wait.delay <= Duration::from_secs(10));
}

#[test]
fn a_call_that_outlives_its_expires_is_answered_487() {
    let mut lab = Lab::new();
    lab.rung(&request("INVITE", 1, "1", "", "Expires: 20\r\n", ""));
    lab.take_sent();
    lab.pass(Duration::from_secs(20));
    assert_eq!(lab.words(), ["487"]);
    assert!(matches!(lab.event(), Event::Cancelled { .. }));
    lab.assert_empty();
}

#[test]
fn a_long_ringing_call_repeats_its_provisional_response_every_minute() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&invite("1"));
    lab.respond(id, 183).unwrap();
    lab.take_sent();
    lab.pass(Duration::from_secs(150));
    let times: Vec<_> = lab.take_sent().iter().map(|sent| (sent.word(), sent.at.as_secs())).collect();
    assert_eq!(times, [("183".to_owned(), 60), ("183".to_owned(), 120)]);
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::TemporarilyUnavailable));
    lab.assert_empty();
}

#[test]
fn the_contact_is_the_advertised_address_of_the_local_that_was_called() {
    let locals = vec![
        Local::new(address(US)),
        Local::new(address("192.168.1.1:5062")).advertised_as("gw.example.com:5099"),
    ];
    let mut lab = Lab::with(Config::new(locals, 3));
    lab.feed_from(1, PEER, &invite("1"));
    let Event::Invite { dialog, request, local, .. } = lab.event() else { panic!() };
    lab.respond(request, 200).unwrap();
    let sent = lab.take_sent();
    let ok = sent.last().unwrap();
    assert_eq!(ok.response().headers.get("Contact"), Some("<sip:1008621@gw.example.com:5099>"));
    assert_eq!((ok.local, local.0), (local, 1));
    lab.feed_from(1, PEER, &within("ACK", 1, &tag_of(ok), ""));
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    let sent = lab.take_sent();
    let bye = sent.last().unwrap();
    assert_eq!((bye.word().as_str(), bye.local), ("BYE", local));
    assert!(bye.request().headers.get("Via").unwrap().starts_with("SIP/2.0/UDP gw.example.com:5099;branch="));
    lab.feed_from(1, PEER, &answer(bye.request(), 200, ""));
    assert_eq!(lab.endpoint.dialogs(), 0, "the response is known by its sent-by");
}

/// An INVITE as RFC 2543 wrote it: no branch, no From tag, no Contact, no Max-Forwards.
fn old(method: &str, tag: &str) -> String {
    format!(
        "{method} sip:bob@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5080\r\nFrom: <sip:old@10.0.0.2:5081>\r\n\
         To: <sip:bob@b.example>{tag}\r\nCall-ID: old-1\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn requests_without_branch_are_matched_by_their_headers() {
    let mut lab = Lab::new();
    let (_, id) = lab.rung(&old("INVITE", ""));
    lab.respond(id, 486).unwrap();
    let sent = lab.take_sent();
    assert_eq!(sent[1].to, address("10.0.0.2:5080"), "without rport the port of sent-by");
    lab.feed(&old("INVITE", ""));
    assert_eq!(lab.words(), ["486"], "the copy is absorbed");
    lab.feed(&old("ACK", ";tag=somebody-else"));
    lab.pass(T1);
    assert_eq!(lab.words(), ["486"], "an ACK for another's response does not count");
    lab.feed(&old("ACK", &format!(";tag={}", tag_of(&sent[1]))));
    lab.pass(T1 * 20);
    assert!(lab.words().is_empty());
    lab.assert_empty();
}

#[test]
fn cancel_without_branch_finds_its_invite() {
    let mut lab = Lab::new();
    lab.rung(&old("INVITE", ""));
    lab.take_sent();
    lab.feed(&old("CANCEL", ""));
    assert_eq!(lab.words(), ["200", "487"]);
    assert!(matches!(lab.event(), Event::Cancelled { .. }));
}

#[test]
fn a_call_without_contact_or_tag_is_ended_at_its_from_uri() {
    let mut lab = Lab::new();
    let (dialog, id) = lab.rung(&old("INVITE", ""));
    lab.endpoint.respond(lab.now, id, Reply::new(StatusCode::OK).with_body(sdp())).unwrap();
    let tag = tag_of(lab.take_sent().last().unwrap());
    lab.feed(&old("ACK", &format!(";tag={tag}")));
    assert!(matches!(lab.event(), Event::Acked { .. }));
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::Decline));
    let sent = lab.take_sent();
    assert_eq!((sent[0].word().as_str(), sent[0].to), ("BYE", address("10.0.0.2:5081")));
    lab.assert_empty();
}
