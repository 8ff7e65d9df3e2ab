//! What Wireshark says of a whole call with menu, key and talk.

use std::time::Duration;

use media::{Codec, Size};

use crate::common::baresip::{Phone, Setup};
use crate::common::gateway::{AGENT_PORT, Gateway};
use crate::common::picture::Pattern;
use crate::common::sound::{AUDIBLE, loudness, tone_share};
use crate::common::tshark::Capture;
use crate::common::{Lab, SIP_PORT, wait};

/// The whole machine may be busy.
const LIMIT: Duration = Duration::from_secs(30);

fn nothing_is_malformed(test: &str, codec: Codec, size: Size) {
    let Some(lab) = Lab::new(test, &["baresip", "tshark"]) else { return };
    let gateway = Gateway::start(&lab);
    let capture = Capture::start(&lab);
    let setup = Setup {
        name: "caller",
        port: 5090,
        sound: Codec::Pcmu,
        codec,
        size,
        pattern: Pattern::Upright,
        tone_hz: 500.0,
        answers: false,
    };
    let mut phone = Phone::start(&lab, &setup);
    phone.call(&gateway.hotline());
    // Sender reports come some seconds into a call (RFC 3550 §6.2).
    wait::until("eight seconds of sound", Duration::from_secs(15), || {
        (phone.heard().len() > 8 * 8_000).then_some(())
    });
    phone.press('1');
    phone.picture();
    phone.hang_up();
    assert!(gateway.stop().success());
    let recording = capture.end();
    let from_gateway = "udp.srcport >= 20000 && udp.srcport <= 29999";
    let codec = codec.to_string().to_lowercase();
    for (what, filter) in [
        ("SIP", format!("sip && udp.srcport == {SIP_PORT}")),
        ("sound", format!("rtp.p_type == 0 && {from_gateway}")),
        ("pictures", format!("{codec} && {from_gateway}")),
        ("sender reports", format!("rtcp.pt == 200 && {from_gateway}")),
    ] {
        assert!(recording.count(&filter) > 0, "no {what} in the capture");
    }
    assert_eq!(recording.complaints(), Vec::<String>::new());
}

#[test]
fn nothing_in_a_call_with_h264_is_malformed() {
    nothing_is_malformed("tshark-h264", Codec::H264, Size::CIF);
}

#[test]
fn nothing_in_a_call_with_h263_is_malformed() {
    nothing_is_malformed("tshark-h263", Codec::H263, Size::QCIF);
}

#[test]
fn nothing_in_a_conversation_that_is_transcoded_is_malformed() {
    let Some(lab) = Lab::new("tshark-transcoded", &["baresip", "tshark"]) else { return };
    let gateway = Gateway::start(&lab);
    let capture = Capture::start(&lab);
    let caller = Setup {
        name: "caller",
        port: 5090,
        sound: Codec::Amr,
        codec: Codec::H263,
        size: Size::QCIF,
        pattern: Pattern::Upright,
        tone_hz: 500.0,
        answers: false,
    };
    let agent = Setup {
        name: "agent1",
        port: AGENT_PORT,
        sound: Codec::Opus,
        codec: Codec::Vp8,
        size: Size::CIF,
        pattern: Pattern::Level,
        tone_hz: 900.0,
        answers: true,
    };
    let mut agent = Phone::start(&lab, &agent);
    let mut caller = Phone::start(&lab, &caller);
    caller.call(&gateway.hotline());
    caller.wait_to_hear("the welcome", LIMIT, |pcm| loudness(pcm) > AUDIBLE);
    caller.press('0');
    for (phone, tone_hz) in [(&caller, 900.0), (&agent, 500.0)] {
        phone.wait_to_hear("the other's tone", LIMIT, |pcm| tone_share(pcm, tone_hz) > 0.8);
    }
    // Sender reports come some seconds into a conversation.
    wait::within(Duration::from_secs(10), || None::<()>);
    agent.picture();
    caller.hang_up();
    assert!(gateway.stop().success());
    let recording = capture.end();
    let from_gateway = "udp.srcport >= 20000 && udp.srcport <= 29999";
    for (what, filter, least) in [
        ("speech to the caller", "amr", 300),
        ("pictures to the caller", "h263", 50),
        ("sound to the agent", "opus", 300),
        ("pictures to the agent", "vp8", 50),
        ("sender reports", "rtcp.pt == 200", 4),
    ] {
        let count = recording.count(&format!("{filter} && {from_gateway}"));
        assert!(count >= least, "{what}: {count} packets");
    }
    // Of baresip's own VP8, every second packet of a picture is malformed to Wireshark.
    let ours = format!("udp.srcport == {SIP_PORT} || ({from_gateway})");
    assert_eq!(recording.complaints_about(&ours), Vec::<String>::new());
}
