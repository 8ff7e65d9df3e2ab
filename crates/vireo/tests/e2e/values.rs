//! Values that only a call knows: nobody has drawn or spoken them before.

use std::time::Duration;

use gateway::library::{Config, Library};
use gateway::service::Folder as Service;
use media::{Asset, AssetKey, AudioFormat, Codec, Format};

use crate::common::caller::Caller;
use crate::common::demo::{Demo, EDIT_LIMIT, Folder};
use crate::common::sound::{RATE, Voiceprint};

const FLOW: &str = "dialplans/hotline.yaml";
const SAID: &str = "您的话费余额是七十七元七角，剩余流量十二点六G。";
const SAID_BEFORE: &str = "您的话费余额是五十八元二角，剩余流量十二点六G。";

/// How a text sounds in G.711, made in a cache of the test's own.
fn voice(demo: &Demo, text: &str) -> (Voiceprint, Duration) {
    let cache = Folder::new("values-voice");
    let format = Format::Audio(AudioFormat::new(Codec::Pcmu));
    let media_dir = Service::find(&demo.service).media;
    let config = Config { media_dir, cache_dir: cache.0.clone(), formats: vec![format] };
    let asset = Asset::Speech { name: None, text: text.into(), language: "zh-CN".into() };
    let library = Library::open(config).expect("the demo has its media");
    let track = library.first_use(1, &AssetKey { asset, format }).expect("it can be spoken");
    let octets: Vec<u8> = track.frames.iter().flat_map(|frame| frame.data.to_vec()).collect();
    let pcm = codec::g711::decode(Codec::Pcmu, &octets).expect("it is a sound codec");
    (Voiceprint::of(&pcm), track.duration)
}

#[test]
fn a_balance_that_nobody_prepared_is_seen_and_heard() {
    let mut demo = Demo::start("values");
    let top_up = "      say: balance_spoken\n      items: { \"5\": { say: balance, set: { money: 77.70 }, to: $repeat } }\n";
    demo.save(FLOW, |flow| flow.replace("      say: balance_spoken\n", top_up));
    demo.process.wait_for_output("hotline: version 2 is live", EDIT_LIMIT);

    let (mut caller, menu) = Caller::at_menu(demo.sip);
    let before = caller.press('1', &menu);
    let begin = caller.heard.len();
    // The page comes to rest, so it is unlike the one before: another amount stands on it.
    let after = caller.press_for_change('5', &before);
    assert!(after < 0.999, "the amount has changed: {after}");
    let (said, length) = voice(&demo, SAID);
    let needed = begin + (length + Duration::from_secs(2)).as_millis() as usize * RATE / 1_000;
    caller.listen_until(needed);
    let heard = Voiceprint::of(&caller.heard[begin..]);
    let (right, wrong) = (said.likeness(&heard), voice(&demo, SAID_BEFORE).0.likeness(&heard));
    println!("the new balance: {right:.3}, the old one: {wrong:.3}");
    assert!(right > 0.85 && right > wrong + 0.02, "the new balance {right:.3}, the old one {wrong:.3}");
    assert_eq!(demo.process.exited(), None);
}
