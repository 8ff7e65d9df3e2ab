//! Real-time text (RFC 4103): the offers of phones that have it, our own, and what they come to.

use std::net::IpAddr;

use media::Codec;
use sdp::{
    AgreedText, Capabilities, Description, Direction, Local, LocalText, MediaKind, Redundancy, Session,
    TextFormat, Want,
};

fn local(text: Option<LocalText>) -> Local {
    let caps = Capabilities { audio: vec![Codec::Pcmu, Codec::Clearmode], text, ..Capabilities::default() };
    Local { address: IpAddr::from([192, 0, 2, 1]), audio_port: Some(20_000), video_port: Some(20_002), caps }
}

fn with_text() -> Local {
    local(Some(LocalText::new(20_004)))
}

fn plain() -> LocalText {
    LocalText { redundancy: false, ..LocalText::new(20_004) }
}

fn parse(text: &str) -> Description {
    Description::parse(text.as_bytes()).expect("a legal description")
}

/// An offer of sound and these lines.
fn offer(lines: &str) -> Description {
    let sound = "m=audio 4000 RTP/AVP 0";
    parse(&format!("v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n{sound}\n{lines}\n"))
}

/// The lines of a description from `m=text` on.
fn text_lines(description: &Description) -> String {
    let text = String::from_utf8(description.to_bytes()).expect("text");
    text[text.find("m=text").expect("a text line")..].replace("\r\n", "\n")
}

fn answered(offer: &Description, local: &Local) -> (String, Option<AgreedText>) {
    let mut session = Session::new(2);
    let (answer, agreed) = session.answer(offer, local).expect("usable");
    assert!(agreed.audio().is_some(), "sound is as ever");
    (text_lines(&answer), session.text().cloned())
}

fn format(t140: u8, red: Option<(u8, u8)>) -> TextFormat {
    TextFormat { t140, red: red.map(|(pt, generations)| Redundancy { pt, generations }) }
}

/// RFC 4103 §7.2, the two examples.
const RFC_PLAIN: &str = "m=text 11000 RTP/AVP 98\na=rtpmap:98 t140/1000";
const RFC_REDUNDANT: &str = "m=text 11000 RTP/AVP 98 100\na=rtpmap:98 t140/1000\n\
    a=rtpmap:100 red/1000\na=fmtp:100 98/98/98";

#[test]
fn the_examples_of_rfc_4103_are_taken() {
    let (answer, text) = answered(&offer(RFC_PLAIN), &with_text());
    assert!(answer.starts_with("m=text 20004 RTP/AVP 98\n"), "{answer}");
    assert!(answer.contains("a=rtpmap:98 t140/1000\n") && !answer.contains("fmtp"), "{answer}");
    let expected = AgreedText {
        index: 1,
        remote_rtp: "192.0.2.9:11000".parse().expect("address"),
        remote_rtcp: "192.0.2.9:11001".parse().expect("address"),
        rtcp_mux: false,
        direction: Direction::SendRecv,
        send: format(98, None),
        receive: format(98, None),
        cps: 30,
        held: false,
    };
    assert_eq!(text, Some(expected.clone()));

    let (answer, text) = answered(&offer(RFC_REDUNDANT), &with_text());
    assert!(answer.starts_with("m=text 20004 RTP/AVP 100 98\n"), "{answer}");
    assert!(
        answer.contains("a=rtpmap:100 red/1000\na=fmtp:100 98/98/98\na=rtpmap:98 t140/1000\n"),
        "{answer}"
    );
    let red = format(98, Some((100, 2)));
    assert_eq!(text, Some(AgreedText { send: red, receive: red, ..expected }));
}

#[test]
fn without_the_capability_a_text_line_is_refused_as_before() {
    let (answer, text) = answered(&offer(RFC_REDUNDANT), &local(None));
    assert_eq!(text, None);
    assert!(answer.starts_with("m=text 0 RTP/AVP 98 100\n") && !answer.contains("t140"), "{answer}");
    let ours = Session::new(1).offer(&local(None), &Want::all());
    assert!(ours.media.iter().all(|line| line.kind != MediaKind::Text));
}

#[test]
fn an_ims_phone_says_channels_and_bandwidth() {
    // In the manner of 3GPP TS 26.114 §A.5, with the rate that handsets add.
    let (answer, text) = answered(
        &offer(
            "m=text 53490 RTP/AVP 100 98\nb=AS:2\nb=RS:0\nb=RR:500\na=rtpmap:100 red/1000/1\n\
             a=rtpmap:98 t140/1000/1\na=fmtp:100 98/98/98\na=fmtp:98 cps=20\na=rtcp:53495\na=sendrecv",
        ),
        &with_text(),
    );
    let text = text.expect("text");
    assert_eq!((text.send, text.cps), (format(98, Some((100, 2))), 20));
    assert_eq!(text.remote_rtcp.port(), 53_495);
    assert!(!answer.contains("cps"), "the rate is each side's own: {answer}");
    let slow = LocalText { cps: 12, ..LocalText::new(20_004) };
    let (answer, _) = answered(&offer(RFC_PLAIN), &local(Some(slow)));
    assert!(answer.contains("a=fmtp:98 cps=12\n"), "{answer}");
}

#[test]
fn linphone_offers_text_after_sound_and_a_video_line_of_port_0() {
    let (answer, text) = answered(
        &offer(
            "m=video 0 RTP/AVP 0\na=inactive\nm=text 11078 RTP/AVPF 97 98\na=rtpmap:97 red/1000\n\
             a=fmtp:97 98/98/98/98\na=rtpmap:98 t140/1000\na=rtcp-fb:* trr-int 1000\na=rtcp-mux\na=mid:txt",
        ),
        &with_text(),
    );
    let text = text.expect("text");
    assert_eq!((text.index, text.rtcp_mux, text.remote_rtp == text.remote_rtcp), (2, true, true));
    assert_eq!((text.send, text.receive), (format(98, Some((97, 3))), format(98, Some((97, 2)))));
    assert!(answer.starts_with("m=text 20004 RTP/AVPF 97 98\n"), "{answer}");
    assert!(answer.contains("a=fmtp:97 98/98/98\n") && answer.contains("a=mid:txt\n"), "{answer}");
    assert!(!answer.contains("rtcp-fb"), "{answer}");
}

#[test]
fn baresip_writes_names_in_its_own_case_and_direction_and_label() {
    let (answer, text) = answered(
        &offer(
            "m=text 11400 RTP/AVP 111 112\na=rtpmap:111 T140/1000\na=fmtp:111 cps=30\n\
             a=rtpmap:112 RED/1000\na=fmtp:112 111/111\na=rtcp:11401\na=recvonly\na=label:3\na=ptime:20",
        ),
        &with_text(),
    );
    let text = text.expect("text");
    assert_eq!(
        (text.send, text.direction, text.held),
        (format(111, Some((112, 1))), Direction::SendOnly, false)
    );
    assert!(answer.contains("a=fmtp:112 111/111\n") && answer.contains("a=sendonly\n"), "{answer}");
}

#[test]
fn redundancy_of_something_else_is_left_out() {
    for list in ["", "a=fmtp:100 99/99/99", "a=fmtp:100 98", "a=fmtp:100 98/98/97", "a=fmtp:100 x"] {
        let line =
            format!("m=text 11000 RTP/AVP 100 98\na=rtpmap:98 t140/1000\na=rtpmap:100 red/1000\n{list}");
        let (answer, text) = answered(&offer(line.trim_end()), &with_text());
        assert_eq!(text.map(|text| text.send), Some(format(98, None)), "{list}");
        assert!(answer.starts_with("m=text 20004 RTP/AVP 98\n"), "{answer}");
    }
    let (answer, text) = answered(&offer(RFC_REDUNDANT), &local(Some(plain())));
    assert_eq!(text.map(|text| (text.send, text.receive)), Some((format(98, None), format(98, None))));
    assert!(!answer.contains("red/1000"), "not ours to take: {answer}");
}

#[test]
fn lines_that_cannot_be_used_are_refused_in_place() {
    for line in [
        "m=text 0 RTP/AVP 98\na=rtpmap:98 t140/1000",
        "m=text 11000 RTP/SAVP 98\na=rtpmap:98 t140/1000",
        "m=text 11000 TCP/MSRP *",
        "m=text 11000 RTP/AVP 98\na=rtpmap:98 t140/8000",
        "m=text 11000 RTP/AVP 98",
        "m=text 11000 RTP/AVP 100\na=rtpmap:100 red/1000\na=fmtp:100 98/98/98",
        "m=text 11000 RTP/AVP 98\nc=IN IP6 2001:db8::9\na=rtpmap:98 t140/1000",
        "m=text 11000 RTP/AVP 98\nc=IN IP4 224.2.1.1/127\na=rtpmap:98 t140/1000",
    ] {
        let (answer, text) = answered(&offer(line), &with_text());
        assert!(text.is_none() && answer.starts_with("m=text 0 "), "{line}: {answer}");
    }
    let two = offer(&format!("{}\n{RFC_PLAIN}\n{RFC_PLAIN}", "m=text 11000 RTP/AVP 0"));
    let mut session = Session::new(2);
    let (answer, _) = session.answer(&two, &with_text()).expect("usable");
    assert_eq!(answer.media.iter().map(|line| line.port).collect::<Vec<_>>(), [20_000, 0, 20_004, 0]);
    assert_eq!(session.text().map(|text| text.index), Some(2));
}

#[test]
fn text_goes_beside_sound_or_pictures_only() {
    let alone = "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n";
    let refused = Session::new(2).answer(&parse(&format!("{alone}{RFC_PLAIN}\n")), &with_text());
    assert_eq!(refused.map_err(|refused| refused.warning_code).err(), Some(304));
    let circuit = format!("{alone}m=audio 4000 RTP/AVP 97\na=rtpmap:97 CLEARMODE/8000\n{RFC_PLAIN}\n");
    let (_, text) = answered(&parse(&circuit), &with_text());
    assert_eq!(text, None, "a 3G phone's line is all it has");
    let nothing = Session::new(1).offer(&with_text(), &Want::default());
    assert!(nothing.media.is_empty());
}

#[test]
fn our_own_offer_comes_to_the_same_at_both_ends() {
    let (mut ours, mut theirs) = (Session::new(1), Session::new(2));
    let offer = ours.offer(&with_text(), &Want::all());
    let said = text_lines(&offer);
    assert!(said.starts_with("m=text 20004 RTP/AVP 113 112\n"), "{said}");
    assert!(
        said.contains("a=rtpmap:113 red/1000\na=fmtp:113 112/112/112\na=rtpmap:112 t140/1000\n"),
        "{said}"
    );
    assert_eq!(ours.text(), None, "not before the answer");
    let (answer, _) =
        theirs.answer(&parse(&String::from_utf8_lossy(&offer.to_bytes())), &with_text()).expect("ok");
    let agreed = ours.accept(&parse(&String::from_utf8_lossy(&answer.to_bytes()))).expect("fits");
    assert_eq!(agreed.streams.len(), 2, "text is no stream of frames");
    let (a, b) = (ours.text().expect("text"), theirs.text().expect("text"));
    assert_eq!((a, a.send), (b, format(112, Some((113, 2)))));
    assert!(a.rtcp_mux);
}

#[test]
fn an_answer_may_leave_out_redundancy_or_text() {
    let answer = |theirs: &Local| {
        let (mut ours, mut peer) = (Session::new(1), Session::new(2));
        let offer = ours.offer(&with_text(), &Want::all());
        let (answer, _) = peer.answer(&offer, theirs).expect("usable");
        ours.accept(&answer).expect("fits");
        ours.text().map(|text| (text.send, text.receive))
    };
    let receive = format(112, Some((113, 2)));
    assert_eq!(answer(&local(Some(plain()))), Some((format(112, None), receive)), "its numbers stay ours");
    assert_eq!(answer(&local(None)), None);
    // Refused lines at the end may be missing.
    let mut ours = Session::new(1);
    ours.offer(&with_text(), &Want::all());
    ours.accept(&offer("m=video 0 RTP/AVP 96")).expect("fits");
    assert_eq!(ours.text(), None);
}

#[test]
fn later_offers_keep_numbers_and_place() {
    let mut session = Session::new(2);
    session.answer(&offer(RFC_REDUNDANT), &with_text()).expect("usable");
    // Hold: the direction is the line's own.
    let held = LocalText { direction: Direction::SendOnly, cps: 12, ..LocalText::new(20_004) };
    let again = session.offer(&local(Some(held)), &Want::all().with_direction(Direction::SendOnly));
    assert_eq!(again.media[1].kind, MediaKind::Text, "lines never move");
    let said = text_lines(&again);
    assert!(said.starts_with("m=text 20004 RTP/AVP 100 98\n") && said.contains("a=sendonly\n"), "{said}");
    assert!(said.contains("a=fmtp:100 98/98/98\n") && said.contains("a=fmtp:98 cps=12\n"), "{said}");
    session.rollback();
    assert!(session.text().is_some(), "what was agreed stands");

    // Off, and on again in the same line with the same numbers.
    let off = session.offer(&local(None), &Want::all());
    assert_eq!(off.media[1].port, 0);
    let answer = offer("m=text 0 RTP/AVP 98 100");
    session.accept(&answer).expect("fits");
    assert_eq!(session.text(), None);
    let on = session.offer(&with_text(), &Want::all());
    assert_eq!(on.media.iter().filter(|line| line.kind == MediaKind::Text).count(), 1);
    assert_eq!(text_lines(&on).lines().next(), Some("m=text 20004 RTP/AVP 100 98"));
}

#[test]
fn a_later_offer_can_hold_text_and_end_it() {
    let mut session = Session::new(2);
    session.answer(&offer(RFC_PLAIN), &with_text()).expect("usable");
    session.answer(&offer(&format!("{RFC_PLAIN}\na=sendonly")), &with_text()).expect("usable");
    let text = session.text().expect("text");
    assert_eq!((text.held, text.direction), (true, Direction::RecvOnly));
    session.answer(&offer("m=text 0 RTP/AVP 98"), &with_text()).expect("usable");
    assert_eq!(session.text(), None);
}
