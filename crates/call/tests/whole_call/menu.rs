//! The subscriber and the menu.

use std::time::Duration;

use media::{Asset, Kind};

use crate::hotline;
use crate::phone::Phone;
use crate::world::{World, mark};

const SECOND: Duration = Duration::from_secs(1);

/// The mark of the slide that was fetched last.
fn last_slide(world: &World) -> u8 {
    let slide = world.fetched.iter().rev().find(|key| matches!(key.asset, Asset::Slide { .. }));
    mark(&slide.expect("a slide was fetched").asset)
}

fn shows(world: &World, phone: usize, slide: u8) -> bool {
    world.phones[phone].pictures().last().is_some_and(|heard| heard.payload.last() == Some(&slide))
}

#[test]
fn a_caller_is_answered_and_sees_and_hears_the_menu_from_its_first_packet() {
    let mut world = World::new(&hotline(), 1);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(3 * SECOND);
    let phone = &world.phones[caller];
    assert_eq!(phone.status, Some(200));
    let first = phone.pictures().next().expect("a picture");
    assert_eq!(first.payload[0] & 0x1F, 7, "parameter sets come before the key picture");
    let sound = phone.sounds().next().expect("sound");
    let apart = if sound.at > first.at { sound.at - first.at } else { first.at - sound.at };
    assert!(apart <= Duration::from_millis(80), "picture and sound start {apart:?} apart");
    assert!(sound.marker, "the first packet of a talk spurt is marked (RFC 3551 §4.1)");
}

#[test]
fn sound_is_one_packet_each_20_ms_without_gaps() {
    let mut world = World::new(&hotline(), 2);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(2 * SECOND);
    let sounds: Vec<_> = world.phones[caller].sounds().collect();
    assert!(sounds.len() >= 90, "{} packets in two seconds", sounds.len());
    for pair in sounds.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
        assert_eq!(pair[1].ssrc, pair[0].ssrc);
        let apart = pair[1].at - pair[0].at;
        assert!(apart <= Duration::from_millis(26), "{apart:?} between two packets");
    }
}

#[test]
fn a_key_changes_slide_and_sound_at_once_and_counts_once() {
    let mut world = World::new(&hotline(), 3);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    let menu = last_slide(&world);
    assert!(shows(&world, caller, menu));
    let before = world.fetched.len();
    world.with_phone(caller, |phone, _| phone.press('1'));
    world.run_for(Duration::from_millis(100));
    let page = last_slide(&world);
    assert_ne!(menu, page);
    assert!(shows(&world, caller, page), "the page behind key 1 is there within 100 ms");
    let slides = world.fetched[before..].iter().filter(|key| key.format.kind() == Kind::Video).count();
    assert_eq!(slides, 1, "six packets of one event are one key");
    let last_sound = world.phones[caller].sounds().last().expect("sound").payload[0];
    let spoken = world.fetched[before..].iter().find(|key| key.format.kind() == Kind::Audio);
    assert_eq!(Some(last_sound), spoken.map(|key| mark(&key.asset)), "the new page speaks at once");
}

#[test]
fn silence_repeats_the_menu_and_ends_with_goodbye_and_bye() {
    let mut world = World::new(&hotline(), 4);
    let caller = world.call("10.0.0.11", "1008621");
    assert!(world.run_until(60 * SECOND, |world| !world.cdrs.is_empty()));
    world.run_for(SECOND);
    assert!(world.phones[caller].ended);
    assert_eq!(world.cdrs[0].cause, call::Cause::Completed);
    assert_eq!(world.cdrs[0].path.first().map(String::as_str), Some("main"));
    assert_eq!(world.cdrs[0].path.last().map(String::as_str), Some("bye"));
}

#[test]
fn packets_that_were_not_agreed_on_are_dropped_and_counted_in_the_record() {
    let mut world = World::new(&hotline(), 10);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    let (to, _) = world.phones[caller].remote().expect("media was agreed");
    let from = world.phones[caller].audio;
    let junk: [&'static [u8]; 3] = [b"x", &[0x80, 77, 0, 1, 0, 0, 0, 1, 0, 0, 0x11, 0x11, 9], &[0; 40]];
    junk.iter().for_each(|packet| world.network.send(from, to, packet.to_vec().into()));
    world.run_for(SECOND);
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    let packets = world.cdrs[0].packets;
    assert_eq!(packets.dropped, 3, "{packets:?}");
    assert!(packets.received > 80 && packets.sent > 80 && packets.lost == 0, "{packets:?}");
}

#[test]
fn a_lost_picture_is_answered_with_a_key_picture() {
    let mut world = World::new(&hotline(), 5);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND + Duration::from_millis(100));
    let seen = world.phones[caller].heard.len();
    let video = world.phones[caller].remote().and_then(|(_, video)| video).expect("video was agreed");
    let ssrc = world.phones[caller].pictures().last().expect("a picture").ssrc;
    let rtcp = std::net::SocketAddr::new(video.ip(), video.port() + 1);
    world.with_phone(caller, |phone, _| phone.lose_picture(rtcp, ssrc));
    world.run_for(Duration::from_millis(150));
    let key =
        world.phones[caller].heard[seen..].iter().find(|heard| heard.video && heard.payload[0] & 0x1F == 5);
    assert!(key.is_some(), "no key picture within 150 ms of the request");
}

#[test]
fn an_invite_without_an_offer_is_answered_with_one() {
    let mut world = World::new(&hotline(), 6);
    let mut phone = Phone::new("10.0.0.11");
    let (now, gateway) = (world.now().mono, world.gateway());
    phone.call_late(now, "1008621", gateway);
    let caller = world.add_phone(phone);
    world.with_phone(caller, |_, _| ());
    world.run_for(2 * SECOND);
    assert_eq!(world.phones[caller].status, Some(200));
    let remote = world.phones[caller].remote();
    assert!(matches!(remote, Some((_, Some(_)))), "sound and pictures were agreed: {remote:?}");
    assert!(world.phones[caller].sounds().count() > 50);
    let formats: Vec<_> = world.fetched.iter().map(|key| key.format).collect();
    assert!(world.phones[caller].pictures().count() > 0, "{formats:?}");
}

#[test]
fn hold_stops_the_media_and_resume_brings_a_key_picture() {
    let mut world = World::new(&hotline(), 7);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::Inactive));
    world.run_for(Duration::from_millis(200));
    let held = world.phones[caller].heard.len();
    world.run_for(SECOND);
    assert_eq!(world.phones[caller].heard.len(), held, "nothing is sent to a phone on hold");
    world.with_phone(caller, |phone, now| phone.reinvite(now, sdp::Direction::SendRecv));
    world.run_for(Duration::from_millis(200));
    let first = world.phones[caller].heard[held..].iter().find(|heard| heard.video).expect("pictures again");
    assert_eq!(first.payload[0] & 0x1F, 7, "the first picture after the hold can be decoded");
}

#[test]
fn a_camera_that_is_switched_off_and_on_gets_the_page_again() {
    let mut world = World::new(&hotline(), 11);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    let menu = last_slide(&world);
    world.with_phone(caller, |phone, now| phone.set_camera(now, false));
    world.run_for(SECOND);
    let seen = world.phones[caller].pictures().count();
    world.run_for(SECOND);
    assert_eq!(world.phones[caller].pictures().count(), seen, "no pictures without a camera");
    world.with_phone(caller, |phone, now| phone.set_camera(now, true));
    world.run_for(Duration::from_millis(300));
    let first = world.phones[caller].pictures().nth(seen).expect("pictures again");
    assert_eq!(first.payload[0] & 0x1F, 7, "they begin with parameter sets");
    assert!(shows(&world, caller, menu));
}

#[test]
fn sound_follows_the_phone_to_another_port_though_the_old_one_still_sends() {
    let mut world = World::new(&hotline(), 12);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    let (old, (to, _)) = (world.phones[caller].audio, world.phones[caller].remote().expect("media"));
    world.with_phone(caller, |phone, now| phone.move_sound(now, 45_000));
    world.run_for(Duration::from_millis(10));
    // What was in flight: the next packets of the old place, in sequence.
    for number in 0..4_u8 {
        let packet = [&[0x80, 0, 0xEE, number, 0, 0, number, 0, 0, 0, 0x11, 0x11][..], &[0x55; 160]].concat();
        world.network.send(old, to, packet.into());
    }
    world.run_for(Duration::from_millis(200));
    let heard = world.phones[caller].sounds().count();
    world.run_for(Duration::from_millis(400));
    assert!(world.phones[caller].sounds().count() >= heard + 15, "sound goes to the new port");
    let before = world.fetched.len();
    world.with_phone(caller, |phone, _| phone.press('1'));
    world.run_for(Duration::from_millis(200));
    assert!(world.fetched.len() > before, "and keys from there are heard");
}

#[test]
fn a_telephone_without_video_hears_the_menu() {
    let mut world = World::new(&hotline(), 8);
    let mut phone = Phone::new("10.0.0.11");
    let (now, gateway) = (world.now().mono, world.gateway());
    let offer = "v=0\r\no=- 1 1 IN IP4 10.0.0.11\r\ns=-\r\nc=IN IP4 10.0.0.11\r\nt=0 0\r\n\
                 m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    phone.call(now, "1008621", gateway, Some(offer));
    let caller = world.add_phone(phone);
    world.with_phone(caller, |_, _| ());
    world.run_for(2 * SECOND);
    assert!(world.phones[caller].heard.iter().filter(|heard| heard.payload_type == 8).count() > 50);
    assert_eq!(world.phones[caller].pictures().count(), 0);
}

#[test]
fn the_service_that_a_call_began_with_stays_with_it() {
    let mut world = World::new(&hotline(), 9);
    let old = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    let texts = crate::TEXTS.replace("Your balance is twelve.", "Your balance is thirteen.");
    let service = crate::world::service(&[
        ("hotline.yaml", crate::FLOW),
        ("queues.yaml", crate::QUEUES),
        ("texts/en.yaml", &texts),
    ]);
    world.feed(call::Input::Service(service));
    let new = world.call("10.0.0.12", "1008621");
    world.run_for(SECOND);
    world.with_phone(old, |phone, _| phone.press('1'));
    world.with_phone(new, |phone, _| phone.press('1'));
    world.run_for(SECOND);
    let said = |text: &str| {
        world.fetched.iter().any(|key| matches!(&key.asset, Asset::Speech { text: said, .. } if said == text))
    };
    assert!(said("Your balance is twelve.") && said("Your balance is thirteen."));
}

#[test]
fn what_a_flow_asks_at_the_end_is_asked_once_whoever_hangs_up() {
    let crm = "connector: crm
base: http://127.0.0.1:1
calls: { left: { get: /left, takes: { caller: text }, returns: { star: number }, example: { star: 3 } } }
";
    let flow = crate::FLOW.replace("nodes:\n", "on_hangup: { call: crm.left }\nnodes:\n");
    let files = [
        ("hotline.yaml", flow.as_str()),
        ("crm.yaml", crm),
        ("queues.yaml", crate::QUEUES),
        ("texts/en.yaml", crate::TEXTS),
    ];
    for caller_ends in [true, false] {
        let mut world = World::new(&crate::world::service(&files), 9);
        let caller = world.call("10.0.0.11", "1008621");
        world.run_for(2 * SECOND);
        assert!(world.asked.is_empty());
        if caller_ends {
            world.with_phone(caller, Phone::hang_up);
        }
        // Otherwise silence leads to the goodbye.
        assert!(world.run_until(60 * SECOND, |world| !world.cdrs.is_empty()));
        world.run_for(SECOND);
        let asked: Vec<&str> = world.asked.iter().map(|question| question.call.as_str()).collect();
        assert_eq!(asked, ["left"], "the caller hangs up: {caller_ends}");
    }
}
