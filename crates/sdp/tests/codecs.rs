//! The codecs that are not offered by default: two engines that have them, and the words of foreign peers.

use std::net::IpAddr;

use media::amr::Band;
use media::{Codec, Kind, Size};
use sdp::{Capabilities, Description, Local, Parameters, Session, Want, passthrough};

fn local(host: u8, codecs: &[Codec]) -> Local {
    let of = |kind: Kind| codecs.iter().copied().filter(|codec| codec.kind() == kind).collect::<Vec<_>>();
    let caps = Capabilities { audio: of(Kind::Audio), video: of(Kind::Video), ..Capabilities::default() };
    let address = IpAddr::from([192, 0, 2, host]);
    Local { address, audio_port: Some(20_000), video_port: Some(20_002), caps }
}

fn parse(text: &str) -> Description {
    Description::parse(text.as_bytes()).expect("a legal description")
}

/// An offer with these m-lines and what follows them.
fn offer(lines: &str) -> Description {
    parse(&format!("v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n{lines}"))
}

fn text(description: &Description) -> String {
    String::from_utf8(description.to_bytes().to_vec()).expect("text")
}

#[test]
fn two_ends_that_have_it_agree_on_each_codec_with_keys_at_its_clock() {
    for codec in [Codec::AmrWb, Codec::G722, Codec::Opus, Codec::H263p, Codec::Vp8] {
        let (mut caller, mut callee) = (Session::new(1), Session::new(2));
        let offered = parse(&text(&caller.offer(&local(1, &[codec]), &Want::all())));
        let (answer, theirs) = callee.answer(&offered, &local(2, &[codec])).expect("usable");
        let ours = caller.accept(&parse(&text(&answer))).expect("fits");
        let (a, b) = (&ours.streams[0], &theirs.streams[0]);
        assert_eq!((a.codec(), b.codec()), (codec, codec));
        assert_eq!((&a.send, &b.send), (&b.receive[0], &a.receive[0]), "{codec}");
        assert_eq!(a.send.channels, codec.channels());
        assert_eq!(a.dtmf_send.is_some(), codec.kind() == Kind::Audio, "{codec}");
        assert!(passthrough(a, b) && passthrough(b, a), "{codec}");
    }
}

#[test]
fn they_are_offered_last_and_taken_where_nothing_else_is() {
    let default = Local { caps: Capabilities::default(), ..local(2, &[]) };
    let ours = text(&Session::new(1).offer(&default, &Want::all()));
    let place = |name: &str| ours.find(name).unwrap_or_else(|| panic!("{name} in {ours}"));
    for name in ["opus", "AMR-WB", "G722"] {
        assert!(place(name) > place("PCMA"), "{name} in {ours}");
    }
    for name in ["H263-1998", "H263-2000", "VP8"] {
        assert!(place(name) > place("H264"), "{name} in {ours}");
    }
    let chosen = |lines: &str| {
        let answered = Session::new(2).answer(&offer(lines), &default);
        answered.expect("usable").1.streams[0].codec()
    };
    assert_eq!(chosen("m=audio 4000 RTP/AVP 111\na=rtpmap:111 opus/48000/2\n"), Codec::Opus);
    assert_eq!(chosen("m=audio 4000 RTP/AVP 111 8\na=rtpmap:111 opus/48000/2\n"), Codec::Pcma);
    assert_eq!(chosen("m=video 4000 RTP/AVP 96\na=rtpmap:96 VP8/90000\n"), Codec::Vp8);
    assert_eq!(chosen("m=video 4000 RTP/AVP 96 34\na=rtpmap:96 VP8/90000\n"), Codec::H263);
}

#[test]
fn what_the_other_leg_has_comes_first_in_a_preferring_offer_and_nothing_twice() {
    let caps = Capabilities {
        audio: vec![Codec::Pcmu, Codec::Opus],
        video: vec![Codec::H264, Codec::H263],
        ..Capabilities::default()
    };
    let caller = offer(
        "m=audio 4000 RTP/AVP 98 101\na=rtpmap:98 AMR/8000\na=fmtp:98 mode-set=7\n\
         a=rtpmap:101 telephone-event/8000\nm=video 4002 RTP/AVP 34\na=fmtp:34 QCIF=2\n",
    );
    let default = Local { caps: Capabilities::default(), ..local(2, &[]) };
    let (_, agreed) = Session::new(2).answer(&caller, &default).expect("usable");
    let ours = text(&Session::new(3).offer(&local(1, &[]), &Want::preferring(&agreed, &caps)));
    let names: Vec<_> = ours.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")).collect();
    let names: Vec<_> = names.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let expected = ["AMR/8000", "AMR/8000", "PCMU/8000", "opus/48000/2"];
    assert_eq!(names[..4], expected, "{ours}");
    assert_eq!(names.iter().filter(|name| name.starts_with("telephone-event")).count(), 2, "{ours}");
    assert!(ours.contains("a=fmtp:98 mode-set=7\r\n"), "{ours}");
    let h263 = ours.find("H263/90000").expect("H.263");
    assert!(h263 < ours.find("H264/90000").expect("H.264"), "{ours}");
    assert_eq!(ours.matches("H263/90000").count(), 1, "{ours}");
    assert!(ours.len() < 1_300, "{} octets", ours.len());
}

#[test]
fn a_browser_is_answered_with_our_own_wishes() {
    let browser = offer(
        "m=audio 4000 RTP/AVP 111 9 0 110 126\na=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1;\
         stereo=1\na=rtpmap:110 telephone-event/48000\na=rtpmap:126 telephone-event/8000\n\
         m=video 4002 RTP/AVPF 96\na=rtpmap:96 VP8/90000\na=fmtp:96 max-fr=15;max-fs=396\n\
         a=rtcp-fb:96 nack pli\n",
    );
    let (answer, agreed) =
        Session::new(2).answer(&browser, &local(2, &[Codec::Opus, Codec::Vp8])).expect("usable");
    let audio = agreed.audio().expect("sound");
    assert_eq!((audio.codec(), audio.dtmf_send), (Codec::Opus, Some(110)), "keys at the clock of Opus");
    assert!(matches!(&audio.send.parameters, Parameters::Opus(opus) if opus.fec && opus.stereo));
    let video = agreed.video().expect("pictures");
    assert_eq!(video.video_format().map(|format| (format.codec, format.size)), Some((Codec::Vp8, Size::CIF)));
    let answer = text(&answer);
    assert!(answer.contains("a=fmtp:111 useinbandfec=1\r\n"), "{answer}");
    assert!(answer.contains("a=fmtp:96 max-fr=30;max-fs=3600\r\n"), "{answer}");
    assert!(answer.contains("a=rtpmap:111 opus/48000/2\r\n"), "{answer}");
}

#[test]
fn a_small_vp8_receiver_gets_small_pictures() {
    let lines = "m=video 4002 RTP/AVP 96\na=rtpmap:96 VP8/90000\na=fmtp:96 max-fr=30;max-fs=99\n";
    let (_, agreed) = Session::new(2).answer(&offer(lines), &local(2, &[Codec::Vp8])).expect("usable");
    let format = agreed.video().and_then(|video| video.video_format()).expect("pictures");
    assert_eq!(format.size, Size::QCIF);
}

#[test]
fn a_mobile_phone_s_wide_band_is_answered_with_its_modes() {
    // As 3GPP TS 26.114 annex A has it.
    let phone = offer(
        "m=audio 4000 RTP/AVP 97 98 99 100\na=rtpmap:97 AMR-WB/16000/1\na=fmtp:97 mode-set=0,1,2;\
         mode-change-period=2;max-red=220\na=rtpmap:98 AMR/8000/1\na=rtpmap:99 telephone-event/8000\n\
         a=rtpmap:100 telephone-event/16000\na=ptime:20\na=maxptime:240\n",
    );
    let (answer, agreed) =
        Session::new(2).answer(&phone, &local(2, &[Codec::AmrWb, Codec::Amr])).expect("usable");
    let audio = agreed.audio().expect("sound");
    assert_eq!((audio.codec(), audio.dtmf_send, audio.ptime_ms), (Codec::AmrWb, Some(100), 20));
    let modes = audio.amr().map(|amr| (amr.band, amr.modes(), amr.octet_align));
    assert_eq!(modes, Band::Wide.mode_set([0, 1, 2]).map(|set| (Band::Wide, set, false)));
    assert!(text(&answer).contains("a=fmtp:97 mode-set=0,1,2\r\n"), "{}", text(&answer));
}

#[test]
fn the_g722_clock_is_8_khz_by_number_or_by_name() {
    for lines in ["m=audio 4000 RTP/AVP 9\n", "m=audio 4000 RTP/AVP 9\na=rtpmap:9 G722/8000\n"] {
        let (_, agreed) = Session::new(2).answer(&offer(lines), &local(2, &[Codec::G722])).expect("usable");
        let audio = agreed.audio().expect("sound");
        assert_eq!((audio.codec(), audio.send.clock_rate, audio.send.pt), (Codec::G722, 8_000, 9));
    }
}

#[test]
fn h263_of_2000_keeps_its_name_and_drops_what_we_do_not_code() {
    let phone =
        offer("m=video 4002 RTP/AVP 96 34\na=rtpmap:96 H263-2000/90000\na=fmtp:96 PROFILE=3;LEVEL=10;J=1\n");
    let (answer, agreed) = Session::new(2).answer(&phone, &local(2, &[Codec::H263p])).expect("usable");
    let format = agreed.video().and_then(|video| video.video_format()).expect("pictures");
    assert_eq!((format.codec, format.size), (Codec::H263p, Size::QCIF));
    let answer = text(&answer);
    assert!(answer.contains("a=rtpmap:96 H263-2000/90000\r\n"), "{answer}");
    assert!(answer.contains("a=fmtp:96 QCIF=2;MaxBR=640;PROFILE=0;LEVEL=10\r\n"), "{answer}");
}
