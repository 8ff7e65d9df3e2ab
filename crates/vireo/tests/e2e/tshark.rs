//! What Wireshark says of a whole call with menu, key and talk.

use media::{Codec, Size};

use crate::common::baresip::{Phone, Setup};
use crate::common::gateway::Gateway;
use crate::common::picture::Pattern;
use crate::common::tshark::Capture;
use crate::common::{Lab, SIP_PORT, wait};

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
    wait::until("eight seconds of sound", std::time::Duration::from_secs(15), || {
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
