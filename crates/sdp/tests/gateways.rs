//! Circuits, AMR and MPEG-4 in the manner of gateways and terminals, written for these tests.

use std::net::IpAddr;

use media::amr::ModeSet;
use media::{Codec, Kind, Size};
use sdp::{
    Agreed, Capabilities, Description, Local, Parameters, Payload, Session, Want, WantedStream, passthrough,
};

fn local() -> Local {
    Local {
        address: IpAddr::from([192, 0, 2, 1]),
        audio_port: Some(20_000),
        video_port: Some(20_002),
        caps: Capabilities::default(),
    }
}

fn offer(lines: &str) -> Description {
    let text = format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{lines}");
    Description::parse(text.as_bytes()).expect("a legal offer")
}

fn answer(lines: &str) -> (String, Agreed) {
    let (answer, agreed) = Session::new(7).answer(&offer(lines), &local()).expect("a usable offer");
    (String::from_utf8(answer.to_bytes()).expect("SDP is text"), agreed)
}

/// The m-lines of an answer with what belongs to them.
fn lines(text: &str) -> Vec<&str> {
    text.split("\r\n").skip_while(|line| !line.starts_with("m=")).filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_circuit_is_answered_by_the_name_and_number_it_was_offered_with() {
    for name in ["CLEARMODE", "clearmode", "X-CCD", "CCD", "G.nX64"] {
        let (text, agreed) = answer(&format!("m=audio 16384 RTP/AVP 125\r\na=rtpmap:125 {name}/8000\r\n"));
        let rtpmap = format!("a=rtpmap:125 {name}/8000");
        assert_eq!(lines(&text), ["m=audio 20000 RTP/AVP 125", &rtpmap, "a=ptime:20", "a=sendrecv"]);
        let audio = agreed.audio().expect("a circuit");
        assert!(audio.is_circuit() && audio.audio_format().is_none() && audio.amr().is_none());
        assert_eq!((audio.send.pt, audio.ptime_ms, audio.dtmf_send), (125, 20, None));
    }
}

#[test]
fn a_gateway_with_fmtp_keys_fax_and_attributes_of_its_own() {
    let (text, agreed) = answer(
        "m=audio 18208 RTP/AVP 97 101 19\r\nc=IN IP4 198.51.100.7\r\n\
         a=rtpmap:97 X-CCD/8000\r\na=fmtp:97 vbd=yes\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=fmtp:101 0-15\r\na=rtpmap:19 CN/8000\r\na=ptime:20\r\na=silenceSupp:off - - - -\r\n\
         a=gpmd:97 vbd=yes\r\na=ecan:fb off -\r\n\
         m=image 18210 udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n\
         a=T38FaxRateManagement:transferredTCF\r\na=sqn: 0\r\na=cdsc: 1 audio RTP/AVP 97 101 19\r\n",
    );
    assert_eq!(
        lines(&text),
        [
            "m=audio 20000 RTP/AVP 97 101",
            "a=rtpmap:97 X-CCD/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=sendrecv",
            "m=image 0 udptl t38",
            "a=inactive"
        ]
    );
    let audio = agreed.audio().expect("a circuit");
    assert_eq!((audio.is_circuit(), audio.dtmf_receive.as_slice()), (true, &[101][..]));
    assert_eq!(audio.remote_rtp, "198.51.100.7:18208".parse().expect("address"));
}

#[test]
fn the_packet_time_of_a_circuit_is_the_peers() {
    for (attributes, ms) in [
        ("a=ptime:5\r\n", 5),
        ("a=ptime:10\r\n", 10),
        ("a=ptime:20\r\na=maxptime:10\r\n", 10),
        ("a=ptime:1\r\n", 5),
        ("a=ptime:200\r\n", 60),
        ("", 20),
    ] {
        let (text, agreed) =
            answer(&format!("m=audio 4000 RTP/AVP 125\r\na=rtpmap:125 CLEARMODE/8000\r\n{attributes}"));
        assert_eq!(agreed.audio().map(|audio| audio.ptime_ms), Some(ms), "{attributes}");
        assert!(text.contains(&format!("a=ptime:{ms}\r\n")), "{text}");
    }
}

#[test]
fn a_circuit_is_taken_where_it_stands_first_or_alone() {
    let codec = |formats: &str| {
        let (_, agreed) = answer(&format!(
            "m=audio 4000 RTP/AVP {formats}\r\na=rtpmap:125 CLEARMODE/8000\r\na=rtpmap:98 AMR/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\n"
        ));
        agreed.audio().map(|audio| audio.codec())
    };
    assert_eq!(codec("125 8 0"), Some(Codec::Clearmode));
    assert_eq!(codec("101 125 8"), Some(Codec::Clearmode), "keys are no codec");
    assert_eq!(codec("8 125"), Some(Codec::Pcma));
    assert_eq!(codec("98 125"), Some(Codec::Amr));
    assert_eq!(codec("98 0"), Some(Codec::Pcmu));
    assert_eq!(codec("18 4 125"), Some(Codec::Clearmode), "the others are not known");
    assert_eq!(codec("18 125 8"), Some(Codec::Pcma));
}

#[test]
fn pictures_beside_a_circuit_are_refused() {
    let both = "m=video 4002 RTP/AVP 34\r\nm=audio 4000 RTP/AVP 125\r\na=rtpmap:125 CLEARMODE/8000\r\n";
    let (text, agreed) = answer(both);
    assert!(text.contains("m=video 0 RTP/AVP 34\r\n") && agreed.video().is_none(), "{text}");
    assert!(agreed.audio().is_some_and(|audio| audio.is_circuit() && audio.index == 1));
}

#[test]
fn where_circuits_are_not_wanted_they_are_unknown() {
    let mut without = local();
    without.caps.circuits = false;
    let circuit = offer("m=audio 4000 RTP/AVP 125\r\na=rtpmap:125 CLEARMODE/8000\r\n");
    assert_eq!(Session::new(1).answer(&circuit, &without).expect_err("nothing usable").warning_code, 305);
}

#[test]
fn a_circuit_stays_over_a_reoffer_and_is_offered_when_asked_for() {
    let mut session = Session::new(1);
    let circuit = "m=audio 4000 RTP/AVP 125\r\na=rtpmap:125 X-CCD/8000\r\n";
    session.answer(&offer(circuit), &local()).expect("a usable offer");
    let again = "m=audio 4000 RTP/AVP 8 125\r\na=rtpmap:125 X-CCD/8000\r\n";
    let (_, agreed) = session.answer(&offer(again), &local()).expect("a usable offer");
    assert!(agreed.audio().is_some_and(|audio| audio.is_circuit()));
    let ours = session.offer(&local(), &Want { video: None, ..Want::all() });
    let text = String::from_utf8(ours.to_bytes()).expect("text");
    assert!(text.contains("m=audio 20000 RTP/AVP 125\r\na=rtpmap:125 X-CCD/8000\r\n"), "{text}");

    // A phone of our own making offers a circuit; a gateway answers by another name.
    let payloads = Some(vec![Payload::media(125, Codec::Clearmode, Parameters::None)]);
    let audio = Some(WantedStream { payloads, ..WantedStream::default() });
    let mut phone = Session::new(2);
    let first = phone.offer(&local(), &Want { audio, video: None });
    let text = String::from_utf8(first.to_bytes()).expect("text");
    assert!(text.contains("a=rtpmap:125 CLEARMODE/8000\r\n"), "{text}");
    let agreed =
        phone.accept(&offer("m=audio 6000 RTP/AVP 96\r\na=rtpmap:96 CCD/8000\r\n")).expect("it fits");
    let audio = agreed.audio().expect("a circuit");
    assert_eq!((audio.is_circuit(), audio.send.pt, audio.receive[0].pt), (true, 96, 125));
}

#[test]
fn no_circuit_is_offered_unasked_and_new_codecs_come_last() {
    let caps = Capabilities::default();
    let names = |kind| -> Vec<String> {
        caps.formats(kind).iter().map(|format| format!("{} {}", format.pt, format.encoding_name())).collect()
    };
    assert_eq!(names(Kind::Audio)[..4], ["0 PCMU", "8 PCMA", "98 AMR", "100 AMR"]);
    assert_eq!(names(Kind::Video)[..3], ["96 H264", "97 H264", "34 H263"]);
}

#[test]
fn amr_is_answered_in_the_packing_and_modes_of_the_offer() {
    let amr = |rest: &str| answer(&format!("m=audio 4000 RTP/AVP 118\r\na=rtpmap:118 AMR/8000/1\r\n{rest}"));
    let (text, agreed) = amr("a=fmtp:118 octet-align=1;mode-set=0,2,4,7;mode-change-period=2;max-red=0\r\n\
         a=maxptime:40\r\na=ptime:30\r\n");
    assert!(text.contains("a=fmtp:118 octet-align=1;mode-set=0,2,4,7\r\n"), "{text}");
    let audio = agreed.audio().expect("audio");
    let sent = audio.amr().expect("AMR");
    assert!(sent.octet_align && sent.mode_change_every_second);
    assert_eq!((Some(sent.modes()), audio.ptime_ms), (ModeSet::new([0, 2, 4, 7]), 20));
    let (text, agreed) = amr("");
    assert!(!text.contains("a=fmtp:118"), "{text}");
    let audio = agreed.audio().expect("audio");
    assert!(audio.amr().is_some_and(|amr| amr.modes() == ModeSet::ALL));
    assert_eq!(audio.audio_format().map(|format| format.codec), Some(Codec::Amr));
}

#[test]
fn of_several_ways_to_pack_amr_the_first_plain_one_is_taken() {
    let (text, _) = answer(
        "m=audio 4000 RTP/AVP 96 97 98\r\na=rtpmap:96 AMR/8000\r\na=fmtp:96 octet-align=1;crc=1\r\n\
         a=rtpmap:97 AMR/8000\r\na=fmtp:97 octet-align=1;interleaving=30\r\n\
         a=rtpmap:98 AMR/8000\r\na=fmtp:98 octet-align=1\r\n",
    );
    assert!(text.contains("m=audio 20000 RTP/AVP 98\r\n"), "{text}");
    let only = offer("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 AMR/8000\r\na=fmtp:96 robust-sorting=1\r\n");
    assert_eq!(Session::new(1).answer(&only, &local()).expect_err("nothing usable").warning_code, 305);
    let stereo = offer("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 AMR/8000/2\r\n");
    assert!(Session::new(1).answer(&stereo, &local()).is_err());
}

#[test]
fn an_answer_picks_one_of_our_ways_to_pack_amr() {
    let mut session = Session::new(1);
    let ours = session.offer(&local(), &Want { video: None, ..Want::all() });
    let text = String::from_utf8(ours.to_bytes()).expect("text");
    let both = "a=rtpmap:98 AMR/8000\r\na=rtpmap:100 AMR/8000\r\na=fmtp:100 octet-align=1\r\n";
    assert!(text.contains(both), "{text}");
    let theirs =
        "m=audio 4000 RTP/AVP 100\r\na=rtpmap:100 AMR/8000\r\na=fmtp:100 octet-align=1;mode-set=7\r\n";
    let agreed = session.accept(&offer(theirs)).expect("it fits");
    let audio = agreed.audio().expect("audio");
    assert_eq!((audio.send.pt, audio.receive[0].pt), (100, 100));
    assert!(audio.amr().is_some_and(|amr| amr.octet_align && Some(amr.modes()) == ModeSet::new([7])));
    // What is received is bound by it too (RFC 4867 §8.3.1).
    let Parameters::Amr(received) = &audio.receive[0].parameters else { panic!("AMR parameters") };
    assert_eq!(Some(received.modes()), ModeSet::new([7]));
}

#[test]
fn mpeg4_is_taken_where_nothing_better_is_and_keeps_its_headers() {
    let config = "000001B008000001B50900000100000001200084";
    let mpeg4 = format!("a=rtpmap:99 MP4V-ES/90000\r\na=fmtp:99 profile-level-id=3;config={config}\r\n");
    let (text, agreed) = answer(&format!("m=video 4002 RTP/AVP 99\r\n{mpeg4}"));
    assert!(text.contains("a=fmtp:99 profile-level-id=3\r\n"), "{text}");
    let video = agreed.video().expect("video");
    let headers = video.mpeg4().and_then(|mpeg4| mpeg4.config.as_ref());
    assert_eq!(headers.map(|config| config.len()), Some(20));
    let format = video.video_format().expect("video");
    assert_eq!((format.codec, format.size), (Codec::Mpeg4, Size::CIF));
    let (_, agreed) = answer(&format!("m=video 4002 RTP/AVP 99 34\r\n{mpeg4}"));
    assert_eq!(agreed.video().map(|video| video.codec()), Some(Codec::H263));
    let (_, agreed) = answer("m=video 4002 RTP/AVP 99\r\na=rtpmap:99 MP4V-ES/90000\r\n");
    let format = agreed.video().and_then(|video| video.video_format()).expect("video");
    assert_eq!(format.size, Size::QCIF);
}

#[test]
fn an_agent_is_offered_the_callers_amr_either_way_and_its_mpeg4() {
    let caller = "m=audio 4000 RTP/AVP 118\r\na=rtpmap:118 AMR/8000\r\n\
                  a=fmtp:118 octet-align=1;mode-set=7;max-red=0\r\n\
                  m=video 4002 RTP/AVP 99\r\na=rtpmap:99 MP4V-ES/90000\r\n\
                  a=fmtp:99 profile-level-id=8;config=000001B008\r\n";
    let (_, caller) = answer(caller);
    let mut session = Session::new(2);
    let ours = session.offer(&local(), &Want::like(&caller));
    let text = String::from_utf8(ours.to_bytes()).expect("text");
    assert!(text.contains("m=audio 20000 RTP/AVP 118 96 101\r\n"), "{text}");
    assert!(text.contains("a=fmtp:118 octet-align=1;mode-set=7\r\n"), "{text}");
    assert!(text.contains("a=fmtp:96 mode-set=7\r\n"), "{text}");
    assert!(text.contains("a=fmtp:99 profile-level-id=8\r\n"), "{text}");
    let agent = "m=audio 6000 RTP/AVP 96\r\na=rtpmap:96 AMR/8000\r\na=fmtp:96 mode-set=7\r\n\
                 m=video 6002 RTP/AVP 99\r\na=rtpmap:99 MP4V-ES/90000\r\na=fmtp:99 profile-level-id=8\r\n";
    let agent = session.accept(&offer(agent)).expect("it fits");
    for (a, b) in caller.streams.iter().zip(&agent.streams) {
        assert!(passthrough(a, b) && passthrough(b, a), "{:?} - {:?}", a.send, b.send);
    }
    let (_, other) = answer("m=audio 4000 RTP/AVP 118\r\na=rtpmap:118 AMR/8000\r\na=fmtp:118 mode-set=0\r\n");
    assert!(!passthrough(&caller.streams[0], &other.streams[0]), "modes that it may not be sent");
}
