//! 3G-324M phones: the menu through a circuit, keys by user input, an agent, and what goes wrong.

use std::time::Duration;

use h324m::{DigitForm, Event, Input, Level};
use media::{Asset, Codec, Format, Kind};

use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

fn handset() -> h324m::Config {
    h324m::Config { terminal_type: 128, seed: 99, ..h324m::Config::default() }
}

/// Calls the hotline with a 3G phone.
fn dial(world: &mut World, phone: Phone) -> usize {
    let at = world.add_phone(phone);
    let gateway = world.gateway();
    world.with_phone(at, |phone, now| phone.call(now, "1008621", gateway, None));
    at
}

fn is_up(world: &World, phone: usize) -> bool {
    world.phones[phone].handset.as_ref().is_some_and(|handset| handset.is_up())
}

fn seen(world: &World, phone: usize, kind: Kind) -> usize {
    world.phones[phone].handset.as_ref().map_or(0, |handset| handset.seen(kind).count())
}

/// How far a 3G phone has come, for a test that fails.
fn state(world: &World, phone: usize) -> String {
    let handset = world.phones[phone].handset.as_ref();
    handset.map_or_else(String::new, |set| format!("{:?}, {:?}", set.events, set.terminal.counters()))
}

fn press(world: &mut World, phone: usize, digit: char, by: DigitForm) {
    let duration = Duration::from_millis(100);
    world.with_phone(phone, |phone, now| phone.tell(now, Input::Digit { digit, by, duration }));
}

#[test]
fn the_menu_waits_for_the_channels_and_then_is_seen_and_heard() {
    let mut world = World::new(&hotline(), 31);
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
    assert!(world.run_until(SECOND, |world| world.phones[caller].status == Some(200)));
    assert!(world.fetched.is_empty(), "nothing is played before there are channels");
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)), "{}", state(&world, caller));
    world.run_for(3 * SECOND);
    assert!(seen(&world, caller, Kind::Audio) > 90, "{} speech frames", seen(&world, caller, Kind::Audio));
    assert!(seen(&world, caller, Kind::Video) > 0);
    let formats: Vec<_> = world.fetched.iter().map(|key| key.format).collect();
    assert!(formats.iter().any(|format| matches!(format, Format::Audio(audio) if audio.codec == Codec::Amr)));
    let handset = world.phones[caller].handset.as_ref().expect("in a call");
    assert!(handset.seen(Kind::Audio).all(|(_, frame)| frame.codec == Codec::Amr && !frame.damaged));
}

#[test]
fn a_key_by_either_form_of_user_input_changes_the_page() {
    for (seed, form) in [(32, DigitForm::Alphanumeric), (33, DigitForm::Signal)] {
        let mut world = World::new(&hotline(), seed);
        let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
        assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
        world.run_for(SECOND);
        press(&mut world, caller, '1', form);
        world.run_for(SECOND);
        let said = |text: &str| {
            let speech = |asset: &Asset| matches!(asset, Asset::Speech { text: said, .. } if said == text);
            world.fetched.iter().filter(|key| speech(&key.asset)).count()
        };
        assert_eq!(said("Your balance is twelve."), 1, "{form:?}");
    }
}

#[test]
fn a_picture_is_not_held_back_for_one_that_never_follows() {
    let mut world = World::new(&hotline(), 35);
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    world.run_for(2 * SECOND);
    let before = seen(&world, caller, Kind::Video);
    let pressed = world.now().mono;
    press(&mut world, caller, '1', DigitForm::Alphanumeric);
    assert!(world.run_until(SECOND, |world| seen(world, caller, Kind::Video) > before));
    let took = world.now().mono - pressed;
    // To the line and back 40 ms, and a tenth of a second in which nothing more of the picture comes.
    assert!(took <= Duration::from_millis(180), "{took:?}");
}

#[test]
fn a_hotline_that_hangs_up_says_so_to_the_terminal_first() {
    let mut world = World::new(&hotline(), 34);
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    let ended = |world: &World| {
        let handset = world.phones[caller].handset.as_ref();
        handset
            .is_some_and(|handset| handset.events.iter().any(|(_, event)| matches!(event, Event::Ended(_))))
    };
    assert!(world.run_until(60 * SECOND, ended), "EndSession comes over the line");
    assert!(!world.phones[caller].ended, "before the dialog is over");
    assert!(world.run_until(6 * SECOND, |world| world.phones[caller].ended));
    world.run_for(SECOND);
    assert_eq!(world.cdrs.len(), 1);
    assert_eq!(world.cdrs[0].cause, call::Cause::Completed);
    assert!(world.cdrs[0].packets.received > 200 && world.cdrs[0].packets.sent > 200);
    let terminal = world.cdrs[0].terminal.expect("it was a 3G phone");
    let setup = terminal.counters.up_after.expect("it was up");
    assert!(setup > Duration::ZERO && setup < 5 * SECOND, "{setup:?}");
    assert!(terminal.counters.level.is_some() && terminal.counters.srp_mode.is_some());
    assert_eq!(terminal.ended, Some(h324m::EndCause::HungUp));
}

#[test]
fn a_circuit_takes_one_pair_of_ports_and_gives_it_back() {
    let mut world = World::new(&hotline(), 40);
    let spare = world.shard.usage().spare_ports;
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    assert_eq!(world.shard.usage().spare_ports, spare - 1);
    // A telephone that calls meanwhile has the pair that was not used.
    let other = world.call("10.0.0.12", "1008621");
    world.run_for(SECOND);
    assert!(world.phones[other].pictures().count() > 0);
    assert_eq!(world.shard.usage().spare_ports, spare - 3);
    for phone in [caller, other] {
        world.with_phone(phone, Phone::hang_up);
    }
    world.run_for(SECOND);
    assert_eq!(world.cdrs.len(), 2);
    assert_eq!(world.lent.len(), 3, "each once");
    assert!(world.cdrs.iter().filter(|cdr| cdr.terminal.is_some()).count() == 1);
}

#[test]
fn a_phone_that_ends_its_session_ends_the_call() {
    let mut world = World::new(&hotline(), 35);
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    world.with_phone(caller, |phone, now| phone.tell(now, Input::Hangup));
    assert!(world.run_until(2 * SECOND, |world| !world.cdrs.is_empty()));
    assert_eq!(world.cdrs[0].cause, call::Cause::CallerHungUp);
}

#[test]
fn a_line_without_h324_ends_with_cause_88() {
    let mut world = World::new(&hotline(), 36);
    let mut phone = Phone::with_circuit("10.0.0.11", handset());
    phone.dumb = true;
    let caller = dial(&mut world, phone);
    assert!(world.run_until(5 * SECOND, |world| world.phones[caller].status == Some(200)));
    let answered = world.now().mono;
    assert!(world.run_until(10 * SECOND, |world| world.phones[caller].ended));
    let after = world.now().mono - answered;
    assert!((5 * SECOND..7 * SECOND).contains(&after), "{after:?}");
    assert!(world.phones[caller].reason.as_deref().is_some_and(|reason| reason.contains("cause=88")));
    world.run_for(SECOND);
    assert_eq!(world.cdrs[0].cause, call::Cause::NoH324);
}

#[test]
fn the_next_slide_comes_as_what_differs_and_as_a_whole_for_who_asks() {
    let mut world = World::new(&hotline(), 38);
    let config = h324m::Config { video: vec![Codec::H263], ..handset() };
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", config));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    world.run_for(SECOND);
    let before = seen(&world, caller, Kind::Video);
    press(&mut world, caller, '1', DigitForm::Alphanumeric);
    world.run_for(SECOND);
    let pictures = |world: &World| {
        let handset = world.phones[caller].handset.as_ref().expect("in a call");
        handset.seen(Kind::Video).map(|(_, frame)| frame.data.clone()).collect::<Vec<_>>()
    };
    let after = pictures(&world).split_off(before);
    let whole = pictures(&world).iter().map(bytes::Bytes::len).max();
    let coded = |picture: &bytes::Bytes| {
        let header = media::h263::PictureHeader::parse(picture).expect("a header");
        (!header.intra).then_some(picture.len())
    };
    let edge = after.iter().filter_map(coded).find(|&len| len > 9);
    assert!(edge.is_some_and(|len| len < 90), "{edge:?} of {whole:?} octets");
    assert!(!after.iter().any(|picture| media::h263::is_keyframe(picture)), "no key picture goes with it");
    world.with_phone(caller, |phone, now| phone.tell(now, Input::KeyPictureWanted));
    world.run_for(SECOND);
    assert!(
        pictures(&world)
            .split_off(before + after.len())
            .iter()
            .any(|picture| media::h263::is_keyframe(picture))
    );
}

/// Longest time from one frame of a kind to the next, from `since` on.
fn longest_gap(world: &World, phone: usize, kind: Kind, since: std::time::Instant) -> Duration {
    let handset = world.phones[phone].handset.as_ref().expect("in a call");
    let at: Vec<_> = handset.seen(kind).map(|(at, _)| *at).filter(|at| *at >= since).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(Duration::MAX)
}

#[test]
fn after_an_edge_the_slide_is_shown_again_by_and_by_and_speech_is_never_late() {
    let patient = crate::FLOW.replace("timeout: 5s", "timeout: 60s");
    let files =
        [("hotline.yaml", &*patient), ("queues.yaml", crate::QUEUES), ("texts/en.yaml", crate::TEXTS)];
    let mut world = World::new(&crate::world::service(&files), 39);
    let config = h324m::Config { video: vec![Codec::H263], ..handset() };
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", config));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    world.run_for(SECOND);
    press(&mut world, caller, '1', DigitForm::Alphanumeric);
    world.run_for(SECOND);
    let (since, before) = (world.now().mono, seen(&world, caller, Kind::Video));
    world.run_for(13 * SECOND);
    let shown = |world: &World| {
        let handset = world.phones[caller].handset.as_ref().expect("in a call");
        handset.seen(Kind::Video).skip(before).map(|(_, frame)| frame.data.clone()).collect::<Vec<_>>()
    };
    let after = shown(&world);
    let page = world.fetched.iter().rfind(|key| matches!(key.asset, Asset::Slide { .. })).expect("a slide");
    let slide = crate::world::track(page);
    assert!(!after.iter().any(|picture| media::h263::is_keyframe(picture)), "no key picture for nothing");
    for (n, part) in slide.frames.iter().enumerate().skip(1) {
        assert!(after.contains(&part.data), "part {n} comes as it was made");
    }
    let gap = longest_gap(&world, caller, Kind::Video, since);
    assert!(gap <= SECOND + Duration::from_millis(200), "{gap:?} without a picture");
    // A whole picture takes most of a second of the line, beside two seconds of speech.
    assert!(slide.frames[0].data.len() > 3_000);
    let (since, heard) = (world.now().mono, seen(&world, caller, Kind::Audio));
    press(&mut world, caller, '9', DigitForm::Alphanumeric);
    world.run_for(Duration::from_millis(400));
    world.with_phone(caller, |phone, now| phone.tell(now, Input::KeyPictureWanted));
    world.run_for(Duration::from_millis(1_600));
    assert!(shown(&world).iter().any(|picture| media::h263::is_keyframe(picture)));
    let speech = longest_gap(&world, caller, Kind::Audio, since);
    assert!(speech <= Duration::from_millis(40), "{speech:?} without speech");
    assert!(seen(&world, caller, Kind::Audio) > heard + 80);
}

#[test]
fn a_menu_that_is_said_again_goes_on_with_its_picture() {
    let mut world = World::new(&hotline(), 41);
    let config = h324m::Config { video: vec![Codec::H263], ..handset() };
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", config));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    world.run_for(2 * SECOND);
    let (before, fetched) = (seen(&world, caller, Kind::Video), world.fetched.len());
    world.run_for(8 * SECOND);
    assert!(world.fetched.len() > fetched, "it was said again");
    let handset = world.phones[caller].handset.as_ref().expect("in a call");
    let again: Vec<_> = handset.seen(Kind::Video).skip(before).map(|(_, frame)| frame.data.clone()).collect();
    let menu = world.fetched.iter().rfind(|key| matches!(key.asset, Asset::Slide { .. })).expect("a slide");
    let parts: Vec<_> = crate::world::track(menu).frames.iter().map(|part| part.data.clone()).collect();
    let places: Vec<_> = again.iter().map(|data| parts.iter().position(|part| part == data)).collect();
    assert!(places.len() > 6 && places[0].is_some(), "{places:?}");
    assert!(places.windows(2).all(|pair| pair[1] == pair[0].map(|place| place + 1)), "in turn: {places:?}");
}

#[test]
fn an_agent_whose_phone_takes_amr_and_h263_is_joined_without_transcoding() {
    let mut world = World::new(&hotline(), 37);
    let mut anna = Phone::new("10.0.0.21");
    anna.manner = Manner::Answers(SECOND);
    let anna = world.add_phone(anna);
    let config = h324m::Config { video: vec![Codec::H263], ..handset() };
    let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", config));
    assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
    press(&mut world, caller, '0', DigitForm::Alphanumeric);
    assert!(
        world.run_until(10 * SECOND, |world| world.cdrs.is_empty() && world.phones[anna].remote().is_some())
    );
    world.run_for(3 * SECOND);
    let heard = &world.phones[anna].heard;
    let sounds = heard.iter().filter(|packet| !packet.video).count();
    let pictures = heard.iter().filter(|packet| packet.video).count();
    assert!(sounds > 100, "{sounds} packets of AMR");
    assert!(pictures > 10, "{pictures} packets of H.263: {}", state(&world, caller));
    world.with_phone(caller, Phone::hang_up);
    world.run_for(SECOND);
    assert!(world.phones[anna].ended);
    assert_eq!(world.cdrs[0].agent.as_deref(), Some("anna"));
}

#[test]
fn every_level_comes_up_and_a_lossy_line_keeps_talking() {
    let levels = [
        Level::Zero,
        Level::One { double_flag: false },
        Level::Two { optional_header: false },
        Level::Two { optional_header: true },
    ];
    let mut lost = 0;
    for (seed, level) in (40..).zip(levels) {
        let mut world = World::new(&hotline(), seed);
        world.network.set_default_link(netsim::Link { loss: 0.01, ..netsim::Link::perfect() });
        let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", h324m::Config { level, ..handset() }));
        assert!(world.run_until(20 * SECOND, |world| is_up(world, caller)), "{level:?}");
        let before = seen(&world, caller, Kind::Audio);
        world.run_for(2 * SECOND);
        let came = seen(&world, caller, Kind::Audio) - before;
        assert!(came > 60, "{level:?}: {came} speech frames in two seconds");
        world.with_phone(caller, Phone::hang_up);
        assert!(world.run_until(SECOND, |world| !world.cdrs.is_empty()));
        let counters = world.cdrs[0].terminal.expect("a 3G phone").counters;
        // Whether the optional header is used is for each way to say.
        let number = |level: Level| std::mem::discriminant(&level);
        assert_eq!(counters.level.map(number), Some(number(level)));
        assert!(counters.up_after.is_some(), "{counters:?}");
        lost += counters.octets_lost;
    }
    assert!(lost > 0, "one packet in a hundred is lost, and the records say so");
}

#[test]
fn a_trunk_that_is_through_early_negotiates_while_the_call_rings() {
    let flow = crate::FLOW.replace("start: main", "start: main\nring: 3s");
    let files =
        [("hotline.yaml", flow.as_str()), ("queues.yaml", crate::QUEUES), ("texts/en.yaml", crate::TEXTS)];
    for early_circuit in [false, true] {
        let network = call::Network::new("10.0.0.0".parse().unwrap(), 8).unwrap();
        let trunk = call::Trunk { networks: vec![network], early_circuit, ..call::Trunk::default() };
        let mut world = World::with_trunks(&crate::world::service(&files), 50, vec![trunk]);
        let caller = dial(&mut world, Phone::with_circuit("10.0.0.11", handset()));
        world.run_for(2_900 * Duration::from_millis(1));
        assert_eq!(world.phones[caller].status, None, "it rings");
        assert_eq!(is_up(&world, caller), early_circuit);
        assert!(world.fetched.is_empty(), "nothing is played before the answer");
        assert!(world.run_until(5 * SECOND, |world| is_up(world, caller)));
        assert!(world.run_until(2 * SECOND, |world| !world.fetched.is_empty()));
        assert_eq!(world.phones[caller].status, Some(200));
    }
}
