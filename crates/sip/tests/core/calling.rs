//! The calling side of a call and its races.

use sip::{Event, HangUp, Invite, LocalId, Method, Refused, StatusCode};

use crate::support::*;

fn gone(event: Event) -> (sip::DialogId, u16) {
    match event {
        Event::Failed { dialog, status, .. } => (dialog, status.code()),
        other => panic!("{other:?}"),
    }
}

fn hang_up(lab: &mut Lab, dialog: sip::DialogId) {
    lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::RequestTerminated));
}

#[test]
fn an_invite_says_who_we_are_and_what_we_can() {
    let mut lab = Lab::new();
    let (_, invite) = lab.call(Some(sdp()));
    let headers = &invite.headers;
    let via = headers.via().unwrap();
    assert!(via.unique_branch().is_some() && via.rport() == Some(None));
    assert_eq!((via.host.to_string(), via.port), ("10.0.0.1".to_owned(), Some(5060)));
    assert_eq!(headers.get("Contact"), Some("<sip:gw@10.0.0.1:5060>"));
    assert_eq!(headers.get("Content-Type"), Some("application/sdp"));
    assert_eq!((headers.get("CSeq"), headers.max_forwards()), (Some("1 INVITE"), Some(70)));
    assert!(headers.from_().unwrap().tag().is_some() && headers.to().unwrap().tag().is_none());
    assert!(headers.allow().contains(&Method::Bye));
}

#[test]
fn an_unanswered_invite_is_repeated_and_fails_with_408() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.call(Some(sdp()));
    lab.pass(T1 * 64);
    let times: Vec<_> = lab.take_sent().iter().map(|sent| sent.at.as_millis()).collect();
    assert_eq!(times, [500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(gone(lab.event()), (dialog, 408));
    lab.assert_empty();
}

#[test]
fn progress_and_answer_are_reported_and_acknowledged() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 100, ""));
    assert!(lab.take_events().is_empty());
    lab.feed(&answer(&invite, 180, "tb"));
    assert!(matches!(lab.event(), Event::Progress { status: StatusCode::Ringing, .. }));
    lab.feed(&answer(&invite, 200, "tb"));
    assert!(matches!(lab.event(), Event::Answered { dialog: made, .. } if made == dialog));
    let sent = lab.take_sent();
    let ack = sent[0].request();
    assert_eq!((sent.len(), sent[0].word().as_str(), sent[0].to), (1, "ACK", address("10.0.0.2:5071")));
    assert_eq!((ack.headers.get("CSeq"), ack.headers.to().unwrap().tag()), (Some("1 ACK"), Some("tb")));
    let branches = [&invite, ack].map(|r| r.headers.via().unwrap().branch().unwrap().to_owned());
    assert_ne!(branches[0], branches[1], "the ACK of a 2xx is a transaction of its own");
}

#[test]
fn a_telephone_behind_a_nat_is_reached_where_it_was_seen() {
    for (destination, reached) in [(PEER, "10.0.0.2:5071"), ("192.0.2.9:31000", "192.0.2.9:31000")] {
        let mut lab = Lab::new();
        let invite = Invite {
            local: LocalId(0),
            uri: "sip:bob@10.0.0.2:5060".parse().expect("a URI"),
            destination: address(destination),
            from: "<sip:gw@a.example>".parse().expect("a name"),
            to: "<sip:bob@b.example>".parse().expect("a name"),
            headers: sip::Headers::new(),
            body: Some(sdp()),
        };
        let dialog = lab.endpoint.invite(lab.now, invite).expect("there is room");
        let sent = lab.take_sent();
        lab.feed_from(0, destination, &answer(sent[0].request(), 200, "tb"));
        hang_up(&mut lab, dialog);
        let sent = lab.take_sent();
        let went: Vec<_> = sent.iter().map(|sent| (sent.word(), sent.to)).collect();
        let reached = address(reached);
        assert_eq!(went, [("ACK".to_owned(), reached), ("BYE".to_owned(), reached)]);
        assert_eq!(sent[1].request().uri.to_string(), "sip:bob@10.0.0.2:5071", "the URI is the telephone's");
    }
}

#[test]
fn a_retransmitted_2xx_gets_its_ack_again() {
    let mut lab = Lab::new();
    let (_, invite) = lab.connected();
    lab.feed(&answer(&invite, 200, "tb"));
    assert_eq!(lab.words(), ["ACK"]);
    assert!(lab.take_events().is_empty());
}

#[test]
fn the_ack_of_a_lost_ack_is_sent_even_after_we_hung_up() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.connected();
    hang_up(&mut lab, dialog);
    let bye = lab.take_sent();
    lab.feed(&answer(bye[0].request(), 200, ""));
    assert_eq!(lab.endpoint.dialogs(), 0);
    lab.feed(&answer(&invite, 200, "tb"));
    assert_eq!(lab.words(), ["ACK"]);
    lab.assert_empty();
}

#[test]
fn a_refusal_is_acknowledged_in_its_own_transaction_each_time() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 486, "tb"));
    lab.feed(&answer(&invite, 486, "tb"));
    let sent = lab.take_sent();
    assert_eq!(sent.iter().map(Sent::word).collect::<Vec<_>>(), ["ACK", "ACK"]);
    let ack = sent[0].request();
    assert_eq!(ack.headers.get("Via"), invite.headers.get("Via"));
    assert_eq!((ack.uri.clone(), ack.headers.to().unwrap().tag()), (invite.uri, Some("tb")));
    assert_eq!(gone(lab.event()), (dialog, 486));
    lab.assert_empty();
}

#[test]
fn cancel_before_any_response_is_held_back() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    hang_up(&mut lab, dialog);
    assert!(lab.words().is_empty());
    lab.feed(&answer(&invite, 100, ""));
    let sent = lab.take_sent();
    let cancel = sent[0].request();
    assert_eq!((cancel.method, sent[0].to), (Method::Cancel, address(PEER)));
    assert_eq!(cancel.headers.get("Via"), invite.headers.get("Via"));
    assert_eq!((cancel.headers.get("CSeq"), &cancel.uri), (Some("1 CANCEL"), &invite.uri));
    assert_eq!(cancel.headers.get("To"), invite.headers.get("To"));
    lab.feed(&answer(cancel, 200, "tb"));
    lab.feed(&answer(&invite, 487, "tb"));
    assert_eq!(lab.words(), ["ACK"]);
    assert_eq!(gone(lab.event()), (dialog, 487));
    lab.assert_empty();
}

#[test]
fn an_invite_that_is_given_up_and_never_answered_fails_with_487() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.call(Some(sdp()));
    hang_up(&mut lab, dialog);
    lab.pass(T1 * 64);
    assert!(lab.words().iter().all(|word| word == "INVITE"));
    assert_eq!(gone(lab.event()), (dialog, 487));
    lab.assert_empty();
}

#[test]
fn a_cancel_that_nobody_answers_ends_the_call_after_64_t1() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 180, "tb"));
    lab.take_events();
    hang_up(&mut lab, dialog);
    hang_up(&mut lab, dialog);
    lab.pass(T1 * 64);
    assert!(lab.words().iter().all(|word| word == "CANCEL"));
    assert_eq!(gone(lab.event()), (dialog, 487));
    lab.assert_empty();
}

#[test]
fn a_200_crossing_our_cancel_is_acknowledged_and_ended_by_bye() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 180, "tb"));
    lab.take_events();
    hang_up(&mut lab, dialog);
    lab.feed(&answer(&invite, 200, "tb"));
    assert_eq!(lab.words(), ["CANCEL", "ACK", "BYE"]);
    assert_eq!(gone(lab.event()), (dialog, 487));
    lab.feed(&answer(&invite, 200, "tb"));
    assert!(lab.words().contains(&"ACK".to_owned()));
    lab.assert_empty();
}

#[test]
fn a_200_without_1xx_after_hang_up_is_acknowledged_and_ended_by_bye() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(None);
    hang_up(&mut lab, dialog);
    lab.feed(&answer(&invite, 200, "tb"));
    assert_eq!(lab.words(), ["ACK", "BYE"]);
    assert_eq!(gone(lab.event()), (dialog, 487));
    lab.assert_empty();
}

#[test]
fn a_forked_2xx_is_acknowledged_and_ended_and_the_first_one_stays() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.connected();
    let other = answer_with(&invite, 200, "fork", "Contact: <sip:bob@10.0.0.3:5072>\r\n");
    lab.feed(&other);
    let sent = lab.take_sent();
    let words: Vec<_> = sent.iter().map(|s| (s.word(), s.to.to_string())).collect();
    let there = "10.0.0.3:5072".to_owned();
    assert_eq!(words, [("ACK".to_owned(), there.clone()), ("BYE".to_owned(), there)]);
    assert!(sent.iter().all(|s| s.request().headers.to().unwrap().tag() == Some("fork")));
    lab.feed(&other);
    assert_eq!(lab.words(), ["ACK"], "copies of it get the ACK only");
    assert!(lab.take_events().is_empty());
    hang_up(&mut lab, dialog);
    let bye = lab.take_sent();
    assert_eq!(bye[0].request().headers.to().unwrap().tag(), Some("tb"));
    lab.assert_empty();
}

#[test]
fn early_dialogs_of_several_branches_are_told_apart() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 183, "t1"));
    lab.feed(&answer(&invite, 180, "t2"));
    let tags: Vec<_> = lab
        .take_events()
        .iter()
        .map(|event| match event {
            Event::Progress { message, .. } => message.headers.to().unwrap().tag().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tags, ["t1", "t2"]);
    // A request in one of the early dialogs belongs to the call.
    let ours = invite.headers.from_().unwrap().tag().unwrap().to_owned();
    let call_id = invite.headers.call_id().unwrap();
    let info = within("INFO", 5, &ours, "").replace("call-1", call_id).replace("tag=fa", "tag=t1");
    lab.feed(&info);
    assert!(matches!(lab.event(), Event::Request { dialog: Some(of), .. } if of == dialog));
    lab.feed(&info.replace("tag=t1", "tag=t3").replace("INFO5", "INFO6"));
    assert_eq!(lab.words(), ["481"]);
    lab.feed(&answer(&invite, 200, "t2"));
    assert!(matches!(lab.event(), Event::Answered { .. }));
}

#[test]
fn a_bye_before_the_answer_gives_the_call_up() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    lab.feed(&answer(&invite, 180, "tb"));
    lab.take_events();
    let ours = invite.headers.from_().unwrap().tag().unwrap().to_owned();
    let bye = within("BYE", 5, &ours, "").replace("call-1", invite.headers.call_id().unwrap());
    lab.feed(&bye.replace("tag=fa", "tag=tb"));
    assert_eq!(lab.words(), ["200", "CANCEL"]);
    lab.feed(&answer(&invite, 487, "tb"));
    let events = lab.take_events();
    assert!(events.iter().any(|event| matches!(event, Event::Failed { dialog: of, .. } if *of == dialog)));
    lab.assert_empty();
}

#[test]
fn a_late_offer_waits_for_the_user_s_ack() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(None);
    lab.feed(&answer(&invite, 200, "tb"));
    lab.feed(&answer(&invite, 200, "tb"));
    assert!(lab.words().is_empty());
    assert!(matches!(lab.event(), Event::Answered { .. }));
    lab.endpoint.ack(lab.now, dialog, Some(sdp()));
    lab.endpoint.ack(lab.now, dialog, Some(sdp()));
    let sent = lab.take_sent();
    assert_eq!((sent.len(), &sent[0].request().body[..]), (1, &b"v=0\r\n"[..]));
    lab.feed(&answer(&invite, 200, "tb"));
    assert_eq!(lab.words(), ["ACK"]);
}

#[test]
fn hanging_up_a_late_offer_acknowledges_first() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(None);
    lab.feed(&answer(&invite, 200, "tb"));
    hang_up(&mut lab, dialog);
    assert_eq!(lab.words(), ["ACK", "BYE"]);
    lab.assert_empty();
}

#[test]
fn a_bye_that_nobody_answers_leaves_nothing() {
    let mut lab = Lab::new();
    let (dialog, _) = lab.connected();
    hang_up(&mut lab, dialog);
    assert_eq!(lab.endpoint.dialogs(), 1);
    lab.assert_empty();
    assert!(lab.take_events().is_empty());
}

#[test]
fn recorded_routes_are_followed_in_reverse_loose_and_strict() {
    let mut lab = Lab::new();
    let (dialog, invite) = lab.call(Some(sdp()));
    let more = "Contact: <sip:bob@10.0.0.9>\r\nRecord-Route: <sip:10.0.0.4;lr>\r\n\
                Record-Route: <sip:10.0.0.3:5090>\r\n";
    lab.feed(&answer_with(&invite, 200, "tb", more));
    hang_up(&mut lab, dialog);
    for sent in lab.take_sent() {
        assert_eq!(sent.to, address("10.0.0.3:5090"));
        assert_eq!(sent.request().uri.to_string(), "sip:10.0.0.3:5090", "a strict router's own URI");
        let routes: Vec<_> = sent.request().headers.get_all("Route").collect();
        assert_eq!(routes, ["<sip:10.0.0.4;lr>", "<sip:bob@10.0.0.9>"]);
    }
}

#[test]
fn stray_responses_are_dropped() {
    let mut lab = Lab::new();
    let (_, invite) = lab.call(Some(sdp()));
    let good = answer(&invite, 200, "tb");
    let branch = invite.headers.via().unwrap().branch().unwrap().to_owned();
    lab.feed(&good.replace(&branch, "z9hG4bKforged"));
    lab.feed(&good.replace("10.0.0.1:5060;branch", "10.0.0.77:5060;branch"));
    let second = "\r\nVia: SIP/2.0/UDP 10.0.0.55;branch=z9hG4bKother\r\nFrom";
    lab.feed(&good.replacen("\r\nFrom", second, 1));
    lab.feed(&good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"));
    assert!(lab.take_events().is_empty() && lab.words().is_empty());
    lab.feed(&good);
    assert!(matches!(lab.event(), Event::Answered { .. }));
}

#[test]
fn an_unknown_local_or_too_large_an_offer_is_refused() {
    let mut lab = Lab::new();
    let invite = |local, len: usize| Invite {
        local: LocalId(local),
        uri: "sip:bob@b.example".parse().unwrap(),
        destination: address(PEER),
        from: "<sip:gw@a.example>".parse().unwrap(),
        to: "<sip:bob@b.example>".parse().unwrap(),
        headers: sip::Headers::new(),
        body: Some(sip::Body::new("application/sdp", vec![b'x'; len])),
    };
    assert_eq!(lab.endpoint.invite(lab.now, invite(1, 5)), Err(Refused::Invalid));
    assert_eq!(lab.endpoint.invite(lab.now, invite(0, 70_000)), Err(Refused::Invalid));
    assert!(lab.endpoint.invite(lab.now, invite(0, 5)).is_ok());
}
