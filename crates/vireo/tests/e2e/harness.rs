//! The harness judged without a gateway: two telephones call each other, and what the other tests rely
//! on is shown to tell right from wrong.

use std::time::Duration;

use media::{Codec, Size};

use crate::common::baresip::{Phone, Setup};
use crate::common::picture::{Pattern, draw, ssim};
use crate::common::sound::tone_share;
use crate::common::tshark::Capture;
use crate::common::{Lab, wait};

fn telephones(codec: Codec, size: Size) -> [Setup; 2] {
    let setup = |name, port, pattern, tone_hz, answers| Setup {
        name,
        port,
        sound: Codec::Pcmu,
        codec,
        size,
        pattern,
        tone_hz,
        answers,
    };
    [
        setup("caller", 5070, Pattern::Upright, 500.0, false),
        setup("callee", 5080, Pattern::Level, 900.0, true),
    ]
}

fn two_telephones_see_and_hear_each_other(test: &str, codec: Codec, size: Size) {
    let Some(lab) = Lab::new(test, &["baresip", "tshark"]) else { return };
    let capture = Capture::start(&lab);
    let [mut caller, mut callee] = telephones(codec, size).map(|setup| Phone::start(&lab, &setup));
    let callee_uri = callee.uri().to_owned();
    caller.call(&callee_uri);
    callee.wait_for("CALL_ESTABLISHED");
    for (phone, shown, not_shown) in
        [(&mut caller, Pattern::Level, Pattern::Upright), (&mut callee, Pattern::Upright, Pattern::Level)]
    {
        let seen = wait::until("a good picture", Duration::from_secs(10), || {
            let seen = phone.picture();
            (ssim(&seen, &draw(shown, size)) >= 0.9).then_some(seen)
        });
        assert!(ssim(&seen, &draw(not_shown, size)) < 0.5);
    }
    caller.wait_to_hear("900 Hz", Duration::from_secs(5), |pcm| tone_share(pcm, 900.0) > 0.9);
    callee.wait_to_hear("500 Hz", Duration::from_secs(5), |pcm| tone_share(pcm, 500.0) > 0.9);
    caller.press('5');
    wait::until("the key", Duration::from_secs(5), || {
        callee.output().contains("event: '5' (end=1)").then_some(())
    });
    caller.hang_up();
    callee.wait_for("CALL_CLOSED");
    let recording = capture.end();
    assert!(recording.count("rtp") > 50, "the capture holds the call's media");
    assert!(recording.count(&codec.to_string().to_lowercase()) > 5, "and its pictures, known as such");
    assert_eq!(recording.complaints(), Vec::<String>::new());
}

#[test]
fn telephones_with_h264_cif_see_and_hear_each_other() {
    two_telephones_see_and_hear_each_other("harness-h264-cif", Codec::H264, Size::CIF);
}

#[test]
fn telephones_with_h263_qcif_see_and_hear_each_other() {
    two_telephones_see_and_hear_each_other("harness-h263-qcif", Codec::H263, Size::QCIF);
}
