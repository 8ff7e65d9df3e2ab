//! Offers in the manner of the endpoints that call us, written for these tests, and what they come to.

use std::net::IpAddr;

use media::{Codec, Size};
use sdp::{Agreed, Capabilities, Description, Direction, Local, Parameters, Session};

fn local() -> Local {
    Local {
        address: IpAddr::from([192, 0, 2, 1]),
        audio_port: Some(20_000),
        video_port: Some(20_002),
        caps: Capabilities::default(),
    }
}

fn answer(offer: &str) -> (String, Agreed) {
    let offer = Description::parse(offer.as_bytes()).expect("a legal offer");
    let (answer, agreed) = Session::new(7).answer(&offer, &local()).expect("a usable offer");
    (String::from_utf8(answer.to_bytes()).expect("SDP is text"), agreed)
}

fn video_size(agreed: &Agreed) -> Option<Size> {
    agreed.video()?.video_format().map(|format| format.size)
}

const BARESIP: &str = "v=0\r\n\
    o=- 3921 17 IN IP4 10.77.0.2\r\n\
    s=-\r\n\
    c=IN IP4 10.77.0.2\r\n\
    t=0 0\r\n\
    a=tool:baresip 1.0.0\r\n\
    m=audio 11230 RTP/AVP 0 96\r\n\
    a=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:96 telephone-event/8000\r\n\
    a=fmtp:96 0-15\r\n\
    a=rtcp:11231\r\n\
    a=sendrecv\r\n\
    a=label:1\r\n\
    a=ptime:20\r\n\
    m=video 14410 RTP/AVP 96 34\r\n\
    b=TIAS:512000\r\n\
    a=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=0;profile-level-id=42800c\r\n\
    a=rtpmap:34 H263/90000\r\n\
    a=fmtp:34 CIF=1\r\n\
    a=rtcp:14411\r\n\
    a=sendrecv\r\n\
    a=rtcp-fb:* nack pli\r\n\
    a=framerate:15.00\r\n\
    a=label:2\r\n";

#[test]
fn baresip_uses_one_number_for_keys_and_pictures() {
    let (text, agreed) = answer(BARESIP);
    let audio = agreed.audio().expect("audio");
    assert_eq!(audio.codec(), Codec::Pcmu);
    assert_eq!((audio.dtmf_send, audio.dtmf_receive.as_slice()), (Some(96), &[96][..]));
    assert_eq!(audio.remote_rtcp, "10.77.0.2:11231".parse().expect("address"));
    let video = agreed.video().expect("video");
    assert_eq!((video.send.pt, video.codec()), (96, Codec::H264));
    assert_eq!(video.bandwidth_bps, Some(512_000));
    assert!(video.feedback.pli && !video.feedback.fir);
    assert_eq!(video_size(&agreed), Some(Size::CIF));
    assert!(text.contains("m=video 20002 RTP/AVP 96\r\n"), "{text}");
    assert!(text.contains("a=rtcp-fb:96 nack pli\r\n"), "{text}");
    assert!(text.contains("a=fmtp:96 profile-level-id=42800c;packetization-mode=0\r\n"), "{text}");
}

#[test]
fn linphone_offers_keys_at_three_clock_rates() {
    let (text, agreed) = answer(
        "v=0\r\no=sub 2410 988 IN IP4 192.0.2.40\r\ns=Talk\r\nc=IN IP4 192.0.2.40\r\nt=0 0\r\n\
         a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n\
         a=record:off\r\n\
         m=audio 7078 RTP/AVPF 96 97 98 0 101 99 100\r\n\
         a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n\
         a=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\na=rtpmap:98 speex/8000\r\na=fmtp:98 vbr=on\r\n\
         a=rtpmap:101 telephone-event/48000\r\na=rtpmap:99 telephone-event/16000\r\n\
         a=rtpmap:100 telephone-event/8000\r\n\
         a=rtcp-fb:* trr-int 1000\r\na=rtcp-fb:* ccm tmmbr\r\n\
         m=video 9078 RTP/AVPF 96 97\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\n\
         a=fmtp:97 profile-level-id=42801F; packetization-mode=1\r\n\
         a=rtcp-fb:* trr-int 1000\r\na=rtcp-fb:* ccm tmmbr\r\na=rtcp-fb:97 nack pli\r\na=rtcp-fb:97 ccm fir\r\n",
    );
    let audio = agreed.audio().expect("audio");
    assert_eq!((audio.send.pt, audio.dtmf_send), (0, Some(100)));
    let video = agreed.video().expect("video");
    assert_eq!(video.send.pt, 97);
    assert!(video.feedback.pli && video.feedback.fir && video.feedback.tmmbr && !video.feedback.remb);
    assert!(text.contains("a=rtcp-fb:97 ccm tmmbr\r\n"), "{text}");
    assert!(text.contains("m=audio 20000 RTP/AVPF 0 100\r\n"), "{text}");
    assert_eq!(text.matches("telephone-event").count(), 1, "{text}");
}

#[test]
fn limits_of_bit_rates_are_answered_as_they_were_offered() {
    let (text, agreed) = answer(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.40\r\ns=-\r\nc=IN IP4 192.0.2.40\r\nt=0 0\r\n\
         m=video 9078 RTP/AVPF 96 97\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f\r\n\
         a=rtpmap:97 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n\
         a=rtcp-fb:96 CCM tmmbr smaxpr=120\r\na=rtcp-fb:96 ccm firm\r\na=rtcp-fb:97 nack pli\r\n",
    );
    let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("a=rtcp-fb:")).collect();
    assert_eq!(said, ["96 ccm tmmbr", "96 goog-remb"], "estimates of the whole transport are not made");
    let feedback = agreed.video().expect("pictures").feedback;
    assert!(feedback.tmmbr && feedback.remb && !feedback.fir && !feedback.pli);
}

#[test]
fn sipp_offers_audio_with_bare_line_feeds() {
    let (text, agreed) = answer(
        "v=0\no=user1 53655765 2353687637 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n\
         m=audio 6000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-11,16\n",
    );
    assert_eq!(agreed.streams.len(), 1);
    assert_eq!(agreed.streams[0].remote_rtcp.port(), 6001);
    assert_eq!(
        text,
        "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
         m=audio 20000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn asterisk_names_static_numbers_and_packet_times() {
    let (_, agreed) = answer(
        "v=0\r\no=- 1530219 1530219 IN IP4 203.0.113.9\r\ns=Asterisk\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n\
         m=audio 18422 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n\
         a=ptime:30\r\na=maxptime:150\r\na=sendrecv\r\n\
         m=video 15010 RTP/AVP 34 99\r\na=rtpmap:34 H263/90000\r\na=fmtp:34 F=0;I=0;J=0;T=0;K=0;N=0;BPP=0;HRD=0\r\n\
         a=rtpmap:99 H264/90000\r\na=fmtp:99 redundant-pic-cap=0;parameter-add=0;packetization-mode=0;level-asymmetry-allowed=0\r\n\
         a=sendrecv\r\n",
    );
    let audio = agreed.audio().expect("audio");
    assert_eq!((audio.codec(), audio.ptime_ms), (Codec::Pcma, 30));
    let video = agreed.video().expect("video");
    assert_eq!((video.codec(), video_size(&agreed)), (Codec::H263, Some(Size::QCIF)));
    assert!(!video.feedback.pli);
}

#[test]
fn a_volte_handset_offers_ipv6_text_and_bandwidth() {
    let offer = "v=0\r\no=sub 1700000001 1700000001 IN IP6 2001:db8:4::15\r\ns=-\r\n\
         c=IN IP6 2001:db8:4::15\r\nb=AS:560\r\nt=0 0\r\na=sendrecv\r\n\
         m=audio 49152 RTP/AVP 107 106 8 105 101\r\nb=AS:41\r\nb=RS:512\r\nb=RR:1537\r\n\
         a=rtpmap:107 AMR-WB/16000/1\r\na=fmtp:107 mode-change-capability=2;max-red=0\r\n\
         a=rtpmap:106 AMR/8000/1\r\na=fmtp:106 mode-change-capability=2;max-red=0\r\n\
         a=rtpmap:105 telephone-event/16000\r\na=fmtp:105 0-15\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:240\r\n\
         a=curr:qos local none\r\na=des:qos mandatory local sendrecv\r\n\
         m=video 49154 RTP/AVPF 113 114\r\nb=AS:500\r\nb=RS:8000\r\nb=RR:6000\r\n\
         a=rtpmap:113 H264/90000\r\na=fmtp:113 profile-level-id=42C00C;packetization-mode=1;sprop-parameter-sets=Z0LADNoLE5oAAAMAAgAAAwBQHihUkA==,aM48gA==\r\n\
         a=rtpmap:114 H264/90000\r\na=fmtp:114 profile-level-id=42C00C\r\n\
         a=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\na=extmap:7 urn:3gpp:video-orientation\r\n\
         m=text 49156 RTP/AVP 100 98\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\na=fmtp:100 98/98/98\r\n";
    let mut six = local();
    six.address = "2001:db8::1".parse().expect("address");
    let offer = Description::parse(offer.as_bytes()).expect("a legal offer");
    let (answer, agreed) = Session::new(1).answer(&offer, &six).expect("a usable offer");
    assert_eq!(agreed.audio().map(|audio| (audio.codec(), audio.dtmf_send)), Some((Codec::Pcma, Some(101))));
    let video = agreed.video().expect("video");
    assert_eq!((video.send.pt, video.bandwidth_bps), (113, Some(500_000)));
    let Parameters::H264(parameters) = &video.send.parameters else { panic!("H.264 parameters") };
    assert_eq!(parameters.sprop.len(), 2);
    assert_eq!(answer.media.iter().map(|line| line.port).collect::<Vec<_>>(), [20_000, 20_002, 0]);
    let text = String::from_utf8(answer.to_bytes()).expect("SDP is text");
    assert!(text.contains("c=IN IP6 2001:db8::1\r\n"), "{text}");
    assert!(text.contains("m=text 0 RTP/AVP 100 98\r\n"), "{text}");

    let refused = Session::new(1).answer(&offer, &local()).expect_err("IPv6 cannot be reached from IPv4");
    assert_eq!(refused.warning_code, 301);
}

#[test]
fn an_old_video_phone_writes_h263_with_sizes_and_rate() {
    let (text, agreed) = answer(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.77\r\ns=\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n\
         m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 34\r\na=fmtp:34 QCIF=2;CIF=3;MaxBR=1920\r\n",
    );
    // CIF at 10 pictures/s is too slow for a prompt at 15, and 192 kbit/s too little for one in CIF.
    assert_eq!(video_size(&agreed), Some(Size::QCIF));
    assert_eq!(agreed.video().and_then(|video| video.bandwidth_bps), Some(192_000));
    assert!(text.contains("a=fmtp:34 QCIF=2;CIF=3;MaxBR=1920\r\n"), "{text}");
}

#[test]
fn a_session_level_direction_and_a_line_level_address_are_applied() {
    let (_, agreed) = answer(
        "v=0\r\no=- 1 1 IN IP4 host.example.com\r\ns=-\r\nt=0 0\r\na=recvonly\r\n\
         m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.8\r\n\
         m=video 4002 RTP/AVP 34\r\nc=IN IP4 192.0.2.9\r\na=sendrecv\r\na=rtcp:5003 IN IP4 192.0.2.10\r\n",
    );
    let (audio, video) = (agreed.audio().expect("audio"), agreed.video().expect("video"));
    assert_eq!((audio.direction, audio.held), (Direction::SendOnly, false));
    assert_eq!(audio.remote_rtp, "192.0.2.8:4000".parse().expect("address"));
    assert_eq!(video.direction, Direction::SendRecv);
    assert_eq!(video.remote_rtcp, "192.0.2.10:5003".parse().expect("address"));
}

#[test]
fn unusual_but_legal_text_is_read() {
    let check = |text: &str| {
        let description =
            Description::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in {text}"));
        assert_eq!(description.media.len(), 1, "{text}");
        assert_eq!(description.media[0].payloads[0].codec(), Some(Codec::Pcmu), "{text}");
    };
    check("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    check(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns= \r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nz=\r\nm=audio 4000 RTP/AVP 0",
    );
    check("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=x\nt=0 0\nx=what\nm=audio 4000 RTP/AVP 0  \nq=1\na=\na=:\n\0\0");
    check(
        "v=0\r\ns=x\r\ni=y\r\nu=http://example.com\r\ne=a@b\r\np=+1\r\nk=prompt\r\nt=1 2\r\nr=7d 1h 0\r\n\
           m=audio 4000/2 RTP/AVP 0 0 200 x\r\ni=t\r\na=rtpmap:0\r\na=fmtp:\r\na=rtpmap:99 x/1\r\na=ptime:x\r\n",
    );
}

#[test]
fn a_name_in_another_charset_does_no_harm() {
    let text = b"v=0\r\no=\xD6\xD0 1 1 IN IP4 192.0.2.1\r\ns=\xB5\xE7\xBB\xB0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    assert_eq!(Description::parse(text).map(|description| description.media.len()), Ok(1));
}

#[test]
fn text_that_is_no_description_is_named_by_its_line() {
    let check = |text: &str, line| {
        let error = Description::parse(text.as_bytes()).expect_err("not a description");
        assert_eq!(error.line, line, "{error}");
    };
    check("", 0);
    check("hello", 1);
    check("v=1\r\n", 1);
    check("v=0\r\no=- 1\r\n", 2);
    check("v=0\r\ns=-\r\nm=audio 70000 RTP/AVP 0\r\n", 3);
    check(&"a=x\n".repeat(2_000), 0);
    check(&format!("v=0\r\ns={}", "x".repeat(40_000)), 0);
}
