//! ffmpeg as an MPEG-4 telephone: it sees the menu, the page behind a key, and an agent; the agent sees it.

use std::time::Duration;

use media::{Codec, Size};

use crate::common::baresip::{Phone, Setup};
use crate::common::ffmpeg::Telephone;
use crate::common::gateway::{AGENT_PORT, Gateway};
use crate::common::picture::{Pattern, draw, ssim};
use crate::common::slides::Deck;
use crate::common::tshark::Capture;
use crate::common::{Lab, wait};

/// The whole machine may be busy.
const LIMIT: Duration = Duration::from_secs(40);
/// As for all other phones.
const SLIDE_ALIKE: f64 = 0.9;
/// Through two lossy codecs and a scaler; the other pattern comes to less than 0.3.
const ALIKE: f64 = 0.8;

#[test]
fn ffmpeg_sees_menu_page_and_agent_by_mpeg4_and_is_seen() {
    let Some(lab) = Lab::new("mpeg4-ffmpeg", &["ffmpeg", "baresip", "tshark"]) else { return };
    let gateway = Gateway::start(&lab);
    let capture = Capture::start(&lab);
    let deck = Deck::draw(&gateway.service, Size::QCIF);
    let setup = Setup {
        name: "agent1",
        port: AGENT_PORT,
        sound: Codec::Pcmu,
        codec: Codec::H264,
        size: Size::CIF,
        pattern: Pattern::Level,
        tone_hz: 900.0,
        answers: true,
    };
    let mut agent = Phone::start(&lab, &setup);
    let mut telephone = Telephone::call(&lab, Pattern::Upright);
    let (menu, page) = (deck.find("menu.svg", "请按键"), deck.find("page.svg", "话费余额"));
    let shots = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (key, slide, name) in [(None, menu, "menu"), (Some('1'), page, "page"), (Some('9'), menu, "again")] {
        key.into_iter().for_each(|key| telephone.press(key));
        let seen = telephone.wait_to_see(name, LIMIT, |seen| deck.likeness(slide, seen) >= SLIDE_ALIKE);
        let (other, less) = deck.best_other(slide, &seen);
        assert!(less < deck.likeness(slide, &seen), "{name} is as much like {other:?}: {less:.3}");
        println!("{name}: {:.3}", deck.likeness(slide, &seen));
        codec::png::write(shots.join(format!("mpeg4-{name}.png")), &seen).expect("the folder is writable");
    }
    // Between slides nothing is seen that is none: pictures that build on each other fit.
    let walked = telephone.pictures();
    let strange = walked.iter().filter(|seen| deck.best_other(usize::MAX, seen).1 < SLIDE_ALIKE).count();
    assert_eq!(strange, 0, "of {} pictures", walked.len());
    telephone.press('0');
    let shown = draw(Pattern::Level, Size::QCIF);
    let seen = telephone.wait_to_see("the agent", LIMIT, |seen| ssim(seen, &shown) >= ALIKE);
    codec::png::write(shots.join("mpeg4-agent.png"), &seen).expect("the folder is writable");
    let likeness = wait::until("the caller at the agent's", LIMIT, || {
        let seen = agent.picture();
        let likeness = ssim(&seen, &draw(Pattern::Upright, seen.size));
        (likeness >= ALIKE).then_some(likeness)
    });
    println!("the agent: {:.3}, the caller: {likeness:.3}", ssim(&seen, &shown));
    // Sender reports come some seconds into a conversation.
    wait::within(Duration::from_secs(8), || None::<()>);
    let complaints = telephone.complaints();
    telephone.hang_up();
    assert!(gateway.stop().success());
    println!("{complaints}");
    let recording = capture.end();
    let from_gateway = "udp.srcport >= 20000 && udp.srcport <= 29999";
    for (what, filter) in [
        ("MPEG-4", format!("mp4v-es && {from_gateway}")),
        ("H.264", format!("h264 && {from_gateway}")),
        ("sender reports", format!("rtcp.pt == 200 && {from_gateway}")),
    ] {
        assert!(recording.count(&filter) > 0, "no {what} in the capture");
    }
    assert_eq!(recording.complaints(), Vec::<String>::new());
}
