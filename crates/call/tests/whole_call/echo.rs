//! A caller sees and hears themselves, and is told how well what they send arrives.

use std::net::IpAddr;
use std::time::Duration;

use media::{Asset, Kind};
use netsim::Link;

use crate::phone::Phone;
use crate::world::{GATEWAY, World};
use crate::{QUEUES, TEXTS};

const SECOND: Duration = Duration::from_secs(1);

const FLOW: &str = r#"
flow: hotline
numbers: ["1008621"]
start: mirror
languages: [en]
vars: { loss: 0, jitter: 0, rate: 0, fps: 0, sound: "-", picture: "-" }
nodes:
  mirror:
    echo:
      for: 10s
      into: { loss: loss, jitter: jitter, kbps: rate, fps: fps, sound: sound, picture: picture }
      exits: { done: told, failed: bye }
  told: { play: { slide: page.svg, title: welcome, lines: [codecs, came], for: 5s, next: bye } }
  bye: { hangup: { say: goodbye } }
"#;
const MORE: &str =
    "codecs: \"{{ sound }} {{ picture }}\"\ncame: \"{{ rate }} {{ fps }} {{ loss }} {{ jitter }}\"\n";

fn world(seed: u64) -> World {
    let texts = format!("{TEXTS}{MORE}");
    let files = [("hotline.yaml", FLOW), ("queues.yaml", QUEUES), ("texts/en.yaml", texts.as_str())];
    World::new(&crate::world::service(&files), seed)
}

/// The lines of the slide that was fetched last.
fn told(world: &World) -> Vec<String> {
    let lines = |asset: &Asset| match asset {
        Asset::Slide { values, .. } => Some(values.lines.clone()),
        Asset::Speech { .. } | Asset::ClipAudio(_) | Asset::ClipVideo(_) => None,
    };
    world.fetched.iter().rev().find_map(|key| lines(&key.asset)).expect("a slide")
}

#[test]
fn what_is_sent_comes_back_and_is_measured() {
    let mut world = world(91);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(8 * SECOND);
    assert!(world.fetched.is_empty(), "nothing else is shown");
    let phone = &world.phones[caller];
    assert!(phone.sounds().count() > 350 && phone.sounds().all(|heard| heard.payload.get(1) == Some(&11)));
    assert!(phone.pictures().count() > 80 && phone.pictures().last().unwrap().payload.get(2) == Some(&11));
    assert_eq!(phone.pictures().next().unwrap().payload[0] & 0x1F, 7, "the first one can be decoded");
    // RFC 4585 §6.1: payload-specific feedback.
    let asked = phone.rtcp_heard.iter().any(|rtcp| rtcp.windows(2).any(|octets| octets == [0x81, 206]));
    assert!(asked, "they were asked for a key picture at the beginning");
    world.run_for(4 * SECOND);
    let lines = told(&world);
    assert_eq!(lines[0], "PCMU H264");
    let came: Vec<f64> = lines[1].split(' ').map(|number| number.parse().expect("a number")).collect();
    let [rate, fps, loss, jitter] = came[..] else { panic!("{came:?}") };
    assert!((64.0..80.0).contains(&rate), "64 kbit/s of sound, and small pictures: {rate}");
    assert!((12.0..13.0).contains(&fps), "one each 80 ms: {fps}");
    assert!(loss == 0.0 && jitter < 5.0, "{loss} % of a perfect line, {jitter} ms");
    let heard = world.phones[caller].sounds().count();
    world.run_for(2 * SECOND);
    assert_eq!(world.phones[caller].sounds().count(), heard, "and no more of the echo");
}

#[test]
fn loss_and_jitter_of_a_bad_line_are_told() {
    let mut world = world(92);
    let [caller_ip, gateway]: [IpAddr; 2] = ["10.0.0.11", GATEWAY].map(|host| host.parse().unwrap());
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.network.set_link(
        caller_ip,
        gateway,
        Link { loss: 0.05, jitter: Duration::from_millis(30), ..Link::perfect() },
    );
    world.run_for(12 * SECOND);
    let lines = told(&world);
    let came: Vec<f64> = lines[1].split(' ').map(|number| number.parse().expect("a number")).collect();
    assert!((2.0..9.0).contains(&came[2]), "one in twenty is lost: {came:?}");
    assert!((4.0..30.0).contains(&came[3]), "{came:?}");
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
}

#[test]
fn a_key_ends_it_early() {
    let mut world = world(93);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(3 * SECOND);
    world.with_phone(caller, |phone, _| phone.press('5'));
    world.run_for(SECOND);
    assert_eq!(told(&world)[0], "PCMU H264", "after four seconds");
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].path, ["mirror", "told"]);
}

#[test]
fn a_3g_phone_sees_and_hears_itself_through_its_channels() {
    let mut world = world(95);
    let handset = h324m::Config { terminal_type: 128, seed: 99, ..h324m::Config::default() };
    let caller = world.add_phone(Phone::with_circuit("10.0.0.11", handset));
    let gateway = world.gateway();
    world.with_phone(caller, |phone, now| phone.call(now, "1008621", gateway, None));
    world.run_for(9 * SECOND);
    assert!(world.fetched.is_empty(), "nothing else is shown");
    let handset = world.phones[caller].handset.as_ref().expect("in a call");
    let seen = |kind| handset.seen(kind).count();
    assert!(seen(Kind::Audio) > 200 && seen(Kind::Video) > 10, "{} {}", seen(Kind::Audio), seen(Kind::Video));
    assert!(handset.seen(Kind::Video).next().is_some_and(|(_, picture)| picture.keyframe));
    world.run_for(6 * SECOND);
    let lines = told(&world);
    assert_eq!(lines[0], "AMR H263");
    assert!(lines[1].ends_with(" 0 0"), "what is lost on the line is not known here: {}", lines[1]);
}

#[test]
fn whoever_hangs_up_within_it_leaves_nothing_behind() {
    let mut world = world(94);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(3 * SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!((world.cdrs.len(), world.shard.usage().calls), (1, 0));
}
