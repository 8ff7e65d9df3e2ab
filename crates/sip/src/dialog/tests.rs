//! Dialogs: how requests are addressed and which requests are in order (RFC 3261 §12).

use super::*;
use crate::{StatusCode, wire};

fn request(lines: &[&str]) -> Request {
    let mut text = lines.join("\r\n");
    text.push_str("\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
    match wire::parse_datagram(&text.into_bytes().into()) {
        Ok(crate::Message::Request(request)) => request,
        other => panic!("not a request: {other:?}"),
    }
}

fn invite(more: &[&str]) -> Request {
    let lines = [
        "INVITE sip:bob@192.0.2.4 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
        "From: Alice <sip:alice@a.example>;tag=fa",
        "To: <sip:bob@b.example>",
        "Call-ID: c1",
        "CSeq: 7 INVITE",
        "Contact: <sip:alice@192.0.2.1:5070>",
    ];
    request(&[&lines, more].concat())
}

const PEER: &str = "198.51.100.9:5099";

fn uas(more: &[&str]) -> Dialog {
    let to = "<sip:bob@b.example>;tag=tb".to_owned();
    let contact = "<sip:bob@192.0.2.4>".to_owned();
    Dialog::uas(&invite(more), to, contact, LocalId(0), PEER.parse().unwrap()).unwrap()
}

#[test]
fn uas_swaps_from_and_to_and_aims_at_the_contact() {
    let mut dialog = uas(&[]);
    let number = dialog.next_number();
    let (bye, to) = dialog.request(Method::Bye, number);
    assert_eq!(bye.uri.to_string(), "sip:alice@192.0.2.1:5070");
    assert_eq!(bye.headers.get("From"), Some("<sip:bob@b.example>;tag=tb"));
    assert_eq!(bye.headers.get("To"), Some("Alice <sip:alice@a.example>;tag=fa"));
    assert_eq!(bye.headers.get("CSeq"), Some("1 BYE"));
    assert_eq!(to.to_string(), "192.0.2.1:5070");
}

#[test]
fn only_sip_uris_become_targets_and_routes() {
    let mut message = invite(&[]);
    message.headers.set("Contact", "<odd:thing>");
    let make = |message: &Request| {
        let to = "<sip:bob@b.example>;tag=tb".to_owned();
        Dialog::uas(message, to, "<sip:bob@192.0.2.4>".to_owned(), LocalId(0), PEER.parse().unwrap())
    };
    let (bye, _) = make(&message).unwrap().request(Method::Bye, 1);
    assert_eq!(bye.uri.to_string(), "sip:alice@a.example", "the From takes the place of a useless Contact");
    message.headers.set("From", "<odd:thing>;tag=fa");
    assert!(make(&message).is_err());
    assert!(
        Dialog::uas(
            &invite(&["Record-Route: <odd:proxy>"]),
            String::new(),
            String::new(),
            LocalId(0),
            PEER.parse().unwrap()
        )
        .is_err()
    );
    let mut dialog = uas(&[]);
    dialog.refresh(Some("<odd:thing>".parse().unwrap()));
    assert_eq!(dialog.request(Method::Bye, 1).0.uri.to_string(), "sip:alice@192.0.2.1:5070");
}

#[test]
fn a_phone_behind_a_nat_is_answered_where_it_was_seen() {
    let mut message = invite(&[]);
    message.headers.set("Via", "SIP/2.0/UDP 192.168.1.2;branch=z9hG4bKx;received=198.51.100.9;rport=5099");
    let make = |message: &Request| {
        let contact = "<sip:bob@192.0.2.4>".to_owned();
        Dialog::uas(
            message,
            "<sip:bob@b.example>;tag=tb".to_owned(),
            contact,
            LocalId(0),
            PEER.parse().unwrap(),
        )
        .unwrap()
    };
    let (bye, to) = make(&message).request(Method::Bye, 1);
    assert_eq!(to.to_string(), PEER);
    assert_eq!(
        bye.uri.to_string(),
        "sip:alice@192.0.2.1:5070",
        "the Request-URI is the Contact all the same"
    );
    message.headers.push("Record-Route", "<sip:10.0.0.1;lr>");
    assert_eq!(
        make(&message).request(Method::Bye, 1).1.to_string(),
        "10.0.0.1:5060",
        "a proxy knows the way"
    );
}

#[test]
fn loose_routes_stay_in_route_in_recorded_order() {
    let dialog = uas(&["Record-Route: <sip:10.0.0.2:5080;lr>", "Record-Route: <sip:10.0.0.1;lr>"]);
    let (bye, to) = dialog.request(Method::Bye, 1);
    let routes: Vec<_> = bye.headers.get_all("Route").collect();
    assert_eq!(routes, ["<sip:10.0.0.2:5080;lr>", "<sip:10.0.0.1;lr>"]);
    assert_eq!(bye.uri.to_string(), "sip:alice@192.0.2.1:5070");
    assert_eq!(to.to_string(), "10.0.0.2:5080");
}

#[test]
fn strict_first_route_takes_the_request_line() {
    let dialog = uas(&["Record-Route: <sip:10.0.0.2;method=INVITE>", "Record-Route: <sip:10.0.0.1;lr>"]);
    let (bye, to) = dialog.request(Method::Bye, 1);
    let routes: Vec<_> = bye.headers.get_all("Route").collect();
    assert_eq!(bye.uri.to_string(), "sip:10.0.0.2");
    assert_eq!(routes, ["<sip:10.0.0.1;lr>", "<sip:alice@192.0.2.1:5070>"]);
    assert_eq!(to.to_string(), "10.0.0.2:5060");
}

#[test]
fn uac_reverses_the_recorded_routes_and_takes_the_tag_of_the_response() {
    let invite = invite(&[]);
    let mut ok = Response::new(StatusCode::OK);
    ok.headers.push("To", "<sip:bob@b.example>;tag=tb");
    ok.headers.push("Contact", "<sip:bob@192.0.2.4:5071>");
    ok.headers.push("Record-Route", "<sip:10.0.0.2;lr>");
    ok.headers.push("Record-Route", "<sip:10.0.0.1;lr>");
    let mut dialog = Dialog::uac(&invite, &ok, LocalId(0), PEER.parse().unwrap());
    assert_eq!(dialog.remote_tag(), Some("tb"));
    let number = dialog.next_number();
    let (bye, to) = dialog.request(Method::Bye, number);
    let routes: Vec<_> = bye.headers.get_all("Route").collect();
    assert_eq!(routes, ["<sip:10.0.0.1;lr>", "<sip:10.0.0.2;lr>"]);
    assert_eq!((bye.headers.get("CSeq"), to.to_string().as_str()), (Some("8 BYE"), "10.0.0.1:5060"));
}

#[test]
fn a_named_next_hop_falls_back_to_where_the_peer_was_heard() {
    let dialog = uas(&["Record-Route: <sip:proxy.example;lr>"]);
    assert_eq!(dialog.request(Method::Bye, 1).1.to_string(), PEER);
}

#[test]
fn lower_sequence_numbers_are_out_of_order_and_gaps_are_not() {
    let mut dialog = uas(&[]);
    let from = PEER.parse().unwrap();
    assert!(dialog.take_in(8, from));
    assert!(!dialog.take_in(7, from));
    assert!(dialog.take_in(20, from));
    assert!(!dialog.take_in(19, from));
}

#[test]
fn only_target_refreshing_requests_carry_contact() {
    let mut dialog = uas(&[]);
    assert!(dialog.request(Method::Invite, 1).0.headers.contains("Contact"));
    assert!(!dialog.request(Method::Bye, 2).0.headers.contains("Contact"));
    dialog.refresh(Some("<sip:alice@192.0.2.77>".parse().unwrap()));
    assert_eq!(dialog.request(Method::Bye, 3).0.uri.to_string(), "sip:alice@192.0.2.77");
}
