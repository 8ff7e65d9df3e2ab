//! Offer/answer over the life of a dialog: two engines, or one engine and text.

use std::net::IpAddr;

use media::{Codec, H264Level, Size};
use sdp::{
    Agreed, AnswerError, Capabilities, Description, Direction, Local, MediaKind, Parameters, Session, Want,
    WantedStream, passthrough,
};

fn local(host: u8) -> Local {
    Local {
        address: IpAddr::from([192, 0, 2, host]),
        audio_port: Some(20_000),
        video_port: Some(20_002),
        caps: Capabilities::default(),
    }
}

fn parse(text: &str) -> Description {
    Description::parse(text.as_bytes()).expect("a legal description")
}

/// An offer with these m-lines and what follows them.
fn offer(lines: &str) -> Description {
    parse(&format!("v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n{lines}"))
}

fn ports(description: &Description) -> Vec<u16> {
    description.media.iter().map(|line| line.port).collect()
}

/// Caller offers, callee answers; through text, as on the wire.
fn exchange(caller: &mut Session, callee: &mut Session, want: &Want) -> (Agreed, Agreed) {
    let offer = parse(&String::from_utf8(caller.offer(&local(1), want).to_bytes()).expect("text"));
    let (answer, callee_agreed) = callee.answer(&offer, &local(2)).expect("our own offers are usable");
    let answer = parse(&String::from_utf8(answer.to_bytes()).expect("text"));
    (caller.accept(&answer).expect("our own answers fit"), callee_agreed)
}

#[test]
fn both_ends_agree_on_the_same() {
    let (a, b) = exchange(&mut Session::new(1), &mut Session::new(2), &Want::all());
    for (a, b) in a.streams.iter().zip(&b.streams) {
        assert_eq!(a.send, b.receive[0]);
        assert_eq!(b.send, a.receive[0]);
        assert_eq!(
            (a.dtmf_send, b.dtmf_send),
            (b.dtmf_receive.first().copied(), a.dtmf_receive.first().copied())
        );
        assert!(a.rtcp_mux && b.rtcp_mux && a.remote_rtp == a.remote_rtcp);
        assert_eq!(a.remote_rtp.ip(), IpAddr::from([192, 0, 2, 2]));
    }
    assert_eq!(a.audio().map(|audio| audio.codec()), Some(Codec::Pcmu));
    assert_eq!(a.video().map(|video| video.codec()), Some(Codec::H264));
    assert!(a.video().is_some_and(|video| video.feedback.pli && video.feedback.fir));
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    // We are called without an offer: ours goes into the 200 and the answer comes with the ACK.
    let (mut us, mut peer) = (Session::new(1), Session::new(2));
    let (ours, theirs) = exchange(&mut us, &mut peer, &Want::all());
    assert_eq!(us.agreed(), Some(&ours));
    assert_eq!(peer.agreed(), Some(&theirs));
}

#[test]
fn hold_and_its_end_change_the_direction_only() {
    let (mut a, mut b) = (Session::new(1), Session::new(2));
    let (_, before) = exchange(&mut a, &mut b, &Want::all());
    let (holder, held) = exchange(&mut a, &mut b, &Want::all().with_direction(Direction::SendOnly));
    assert!(held.streams.iter().all(|stream| stream.held && stream.direction == Direction::RecvOnly));
    assert!(holder.streams.iter().all(|stream| stream.direction == Direction::SendOnly));
    let (_, inactive) = exchange(&mut a, &mut b, &Want::all().with_direction(Direction::Inactive));
    assert!(inactive.streams.iter().all(|stream| stream.held && stream.direction == Direction::Inactive));
    let (_, after) = exchange(&mut a, &mut b, &Want::all());
    assert_eq!(after, before);
}

#[test]
fn the_zero_address_is_a_hold() {
    let (answer, agreed) = Session::new(1)
        .answer(&offer("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n"), &local(1))
        .expect("a usable offer");
    assert_eq!(answer.media[0].direction, Direction::RecvOnly);
    assert!(agreed.streams[0].held && !agreed.streams[0].direction.sends());
}

#[test]
fn the_version_counts_changes_only() {
    let mut session = Session::new(99);
    let first = offer("m=audio 4000 RTP/AVP 0\n");
    let version = |session: &mut Session, offer: &Description| {
        session.answer(offer, &local(1)).expect("a usable offer").0.origin.version
    };
    let start = version(&mut session, &first);
    assert_eq!(version(&mut session, &first), start);
    assert_eq!(version(&mut session, &offer("m=audio 4000 RTP/AVP 0\na=sendonly\n")), start + 1);
    assert_eq!(session.offer(&local(1), &Want::all()).origin.version, start + 2);
    // A refused offer was sent all the same: its version is used up.
    session.rollback();
    assert_eq!(version(&mut session, &first), start + 3);
}

#[test]
fn refused_lines_stay_in_place() {
    let offer = offer(
        "m=application 5000 TCP/MSRP *\na=path:msrp://192.0.2.9:5000/x;tcp\n\
         m=audio 4000 RTP/SAVP 0\nm=video 0 RTP/AVP 34\nm=audio 4004 RTP/AVP 0\nm=audio 4006 RTP/AVP 8\n\
         m=text 4008 RTP/AVP 98\na=mid:t\nm=video 4010 RTP/AVP 34\n",
    );
    let (answer, agreed) = Session::new(1).answer(&offer, &local(1)).expect("a usable offer");
    assert_eq!(ports(&answer), [0, 0, 0, 20_000, 0, 0, 20_002]);
    let words = |description: &Description| -> Vec<(MediaKind, String)> {
        description.media.iter().map(|line| (line.kind.clone(), line.proto.clone())).collect()
    };
    assert_eq!(words(&answer), words(&offer));
    assert_eq!(answer.media[0].formats, ["*"]);
    assert_eq!(answer.media[5].mid.as_deref(), Some("t"));
    assert_eq!(agreed.streams.iter().map(|stream| stream.index).collect::<Vec<_>>(), [3, 6]);
}

#[test]
fn an_offer_without_a_usable_line_is_refused_with_its_reason() {
    let check = |lines: &str, code| {
        let refused = Session::new(1).answer(&offer(lines), &local(1)).expect_err("nothing usable");
        assert_eq!(refused.warning_code, code, "{lines}: {refused}");
    };
    check("", 304);
    check("m=text 4000 RTP/AVP 98\n", 304);
    check("m=audio 0 RTP/AVP 0\n", 304);
    check("m=audio 4000 RTP/AVP 18 4\nm=text 4002 RTP/AVP 98\n", 305);
    check("m=video 4000 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=640028\n", 305);
    check(
        "m=video 4000 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f;packetization-mode=2\n",
        305,
    );
    check("m=audio 4000 RTP/SAVP 0\n", 302);
    check("m=audio 4000 RTP/AVP 0\nc=IN IP4 host.example.com\n", 301);
    check("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1\n", 301);
    check("m=audio 4000 RTP/AVP 0\nc=IN IP4 233.252.0.1/127\n", 330);
}

#[test]
fn a_line_without_our_port_is_refused() {
    let mut audio_only = local(1);
    audio_only.video_port = None;
    let both = offer("m=audio 4000 RTP/AVP 0\nm=video 4002 RTP/AVP 34\n");
    let (answer, agreed) = Session::new(1).answer(&both, &audio_only).expect("audio is usable");
    assert_eq!(ports(&answer), [20_000, 0]);
    assert!(agreed.video().is_none());
}

#[test]
fn a_refused_reoffer_changes_nothing() {
    let mut session = Session::new(1);
    session.answer(&offer("m=audio 4000 RTP/AVP 0\n"), &local(1)).expect("a usable offer");
    let before = session.agreed().cloned();
    session.answer(&offer("m=audio 4000 RTP/AVP 18\n"), &local(1)).expect_err("no codec in common");
    assert_eq!(session.agreed().cloned(), before);
}

#[test]
fn a_reoffer_keeps_codec_and_line() {
    let mut session = Session::new(1);
    let first = offer("m=audio 0 RTP/AVP 0\nm=audio 4002 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n");
    session.answer(&first, &local(1)).expect("a usable offer");
    let second =
        offer("m=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n");
    let (answer, agreed) = session.answer(&second, &local(1)).expect("a usable offer");
    assert_eq!(ports(&answer), [0, 20_000]);
    assert_eq!(agreed.streams[0].codec(), Codec::Pcma);
}

#[test]
fn video_is_removed_and_comes_back_in_its_place() {
    let (mut a, mut b) = (Session::new(1), Session::new(2));
    exchange(&mut a, &mut b, &Want::all());
    let audio = Want { video: None, ..Want::all() };
    let (agreed, _) = exchange(&mut a, &mut b, &audio);
    assert!(agreed.video().is_none() && agreed.audio().is_some());
    let offer = a.offer(&local(1), &audio);
    assert_eq!(ports(&offer), [20_000, 0]);
    let (agreed, _) = exchange(&mut a, &mut b, &Want::all());
    assert_eq!(agreed.video().map(|video| video.index), Some(1));
    // All gone: granted, since the dialog had media.
    let (answer, agreed) =
        a.answer(&self::offer("m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 96\n"), &local(1)).expect("a removal");
    assert_eq!(ports(&answer), [0, 0]);
    assert!(agreed.streams.is_empty());
}

#[test]
fn our_reoffer_keeps_the_numbers_that_the_peer_chose() {
    let mut session = Session::new(1);
    let first = offer(
        "m=audio 4000 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n\
         m=video 4002 RTP/AVP 120\na=rtpmap:120 H264/90000\na=fmtp:120 profile-level-id=42e01f;packetization-mode=1\n",
    );
    session.answer(&first, &local(1)).expect("a usable offer");
    let ours = session.offer(&local(1), &Want::all());
    let numbers =
        |index: usize| ours.media[index].payloads.iter().map(|payload| payload.pt).collect::<Vec<_>>();
    assert_eq!(numbers(0), [8, 96]);
    assert_eq!(numbers(1), [120]);
}

#[test]
fn answers_that_do_not_fit_are_named() {
    let mut session = Session::new(1);
    assert_eq!(session.accept(&offer("")), Err(AnswerError::NoOffer));
    session.offer(&local(1), &Want::all());
    let three = offer("m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 34\nm=audio 3 RTP/AVP 0\n");
    assert_eq!(session.accept(&three), Err(AnswerError::LineCount { offered: 2, answered: 3 }));
    let swapped = offer("m=video 2 RTP/AVP 34\nm=audio 1 RTP/AVP 0\n");
    assert_eq!(session.accept(&swapped), Err(AnswerError::WrongKind { index: 0 }));
    let refused = offer("m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 34\n");
    assert_eq!(session.accept(&refused), Err(AnswerError::NothingAgreed));
    // A phone that leaves a refused line out is understood, and may say more later.
    let audio = session.accept(&offer("m=audio 4000 RTP/AVP 0\n")).expect("audio fits");
    assert!(audio.video().is_none());
    let both = session.accept(&offer("m=audio 4000 RTP/AVP 0\nm=video 4002 RTP/AVP 34\n")).expect("both fit");
    assert_eq!(both.video().map(|video| video.codec()), Some(Codec::H263));
    session.rollback();
    assert_eq!(session.accept(&three), Err(AnswerError::NoOffer));
}

#[test]
fn an_answer_with_numbers_of_its_own_is_sent_to_by_them() {
    let mut session = Session::new(1);
    session.offer(&local(1), &Want::all());
    let agreed = session
        .accept(&offer(
            "m=audio 4000 RTP/AVP 0 111\na=rtpmap:111 telephone-event/8000\n\
             m=video 4002 RTP/AVP 115\na=rtpmap:115 H264/90000\na=fmtp:115 profile-level-id=42e00c;packetization-mode=1\n",
        ))
        .expect("an answer that fits");
    let audio = agreed.audio().expect("audio");
    assert_eq!((audio.dtmf_send, audio.dtmf_receive.as_slice()), (Some(111), &[101][..]));
    let video = agreed.video().expect("video");
    assert_eq!((video.send.pt, video.receive[0].pt), (115, 96));
    // Without asymmetry on both sides the lower level holds both ways.
    let level = |parameters: &Parameters| match parameters {
        Parameters::H264(h264) => h264.profile_level_id.level(),
        other => panic!("H.264 parameters, not {other:?}"),
    };
    assert_eq!(
        (level(&video.send.parameters), level(&video.receive[0].parameters)),
        (H264Level(12), H264Level(12))
    );
}

/// Caller's offer -> our leg to it -> our offer to the agent -> the agent's answer -> the bridge.
fn bridge(caller: &str, agent: &str) -> (Agreed, Agreed, Description) {
    let (_, caller) = Session::new(1).answer(&offer(caller), &local(1)).expect("a usable offer");
    let mut session = Session::new(2);
    let to_agent = session.offer(&local(1), &Want::like(&caller));
    let agent = session.accept(&offer(agent)).expect("an answer that fits");
    (caller, agent, to_agent)
}

#[test]
fn the_agent_is_offered_exactly_what_the_caller_can_do() {
    let caller = "m=audio 4000 RTP/AVP 8 0\nm=video 4002 RTP/AVP 99 34\na=rtpmap:99 H264/90000\n\
                  a=fmtp:99 packetization-mode=0;profile-level-id=42800c\n";
    let agent = "m=audio 4000 RTP/AVP 8\nm=video 4002 RTP/AVP 99\na=rtpmap:99 H264/90000\n\
                 a=fmtp:99 packetization-mode=0;profile-level-id=42800c\n";
    let (caller, agent, to_agent) = bridge(caller, agent);
    let names: Vec<Vec<&str>> = to_agent
        .media
        .iter()
        .map(|line| line.payloads.iter().map(|payload| payload.encoding_name()).collect())
        .collect();
    assert_eq!(names, [vec!["PCMA", "telephone-event"], vec!["H264"]]);
    let text = String::from_utf8(to_agent.to_bytes()).expect("text");
    assert!(text.contains("a=fmtp:99 profile-level-id=42800c;packetization-mode=0\r\n"), "{text}");
    for (a, b) in caller.streams.iter().zip(&agent.streams) {
        assert!(passthrough(a, b) && passthrough(b, a));
    }
}

#[test]
fn passthrough_is_refused_where_the_sink_cannot_follow() {
    let video = |fmtp: &str| format!("m=video 4002 RTP/AVP 99\na=rtpmap:99 H264/90000\na=fmtp:99 {fmtp}\n");
    let check = |caller: &str, agent: &str, to_agent: bool, to_caller: bool| {
        let (a, b, _) = bridge(&video(caller), &video(agent));
        let (a, b) = (&a.streams[0], &b.streams[0]);
        assert_eq!((passthrough(a, b), passthrough(b, a)), (to_agent, to_caller), "{caller} - {agent}");
    };
    check(
        "profile-level-id=42e01f;packetization-mode=1",
        "profile-level-id=42e01f;packetization-mode=1",
        true,
        true,
    );
    // The agent shows less than the caller may send.
    check(
        "profile-level-id=42e01f;packetization-mode=1",
        "profile-level-id=42e00c;packetization-mode=1",
        false,
        true,
    );
    // The agent writes a higher level than offered: it still sends no more than the caller takes.
    check("profile-level-id=42e00c", "profile-level-id=42e01f", true, true);
    // The agent answers in single NAL unit mode although mode 1 was offered.
    check("profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", false, true);

    let (h263, _) = exchange(
        &mut Session::new(1),
        &mut Session::new(2),
        &Want {
            audio: None,
            video: Some(WantedStream { payloads: Some(h263_only()), ..WantedStream::default() }),
        },
    );
    let (h264, _) = exchange(&mut Session::new(1), &mut Session::new(2), &Want::all());
    let (h263, h264) = (h263.video().expect("video"), h264.video().expect("video"));
    assert!(!passthrough(h263, h264) && !passthrough(h264, h263) && passthrough(h263, h263));
}

fn h263_only() -> Vec<sdp::Payload> {
    let mut formats = Capabilities::default().formats(media::Kind::Video);
    formats.retain(|payload| payload.codec() == Some(Codec::H263));
    formats
}

#[test]
fn the_size_of_prompts_follows_level_sizes_and_bandwidth() {
    let check = |line: &str, size| {
        let (_, agreed) = Session::new(1).answer(&offer(line), &local(1)).expect("a usable offer");
        let format = agreed.streams[0].video_format().expect("a video stream");
        assert_eq!((format.size, agreed.streams[0].audio_format()), (size, None), "{line}");
    };
    let h264 = "m=video 4002 RTP/AVP 99\na=rtpmap:99 H264/90000\n";
    check(h264, Size::QCIF);
    check(&format!("{h264}a=fmtp:99 profile-level-id=42e00b\n"), Size::QCIF);
    check(&format!("{h264}a=fmtp:99 profile-level-id=42e00c\n"), Size::CIF);
    check(&format!("{h264}a=fmtp:99 profile-level-id=42e01f\nb=AS:80\n"), Size::QCIF);
    check("m=video 4002 RTP/AVP 34\n", Size::QCIF);
    check("m=video 4002 RTP/AVP 34\na=fmtp:34 CIF=1;QCIF=1\n", Size::CIF);
    check("m=video 4002 RTP/AVP 34\na=fmtp:34 CIF=2\n", Size::CIF);
    check("m=video 4002 RTP/AVP 34\na=fmtp:34 CIF4=2\n", Size::CIF);
    check("m=video 4002 RTP/AVP 34\na=fmtp:34 SQCIF=1\n", Size::QCIF);
}
