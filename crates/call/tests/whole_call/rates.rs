//! How fast pictures go: what parties say they take, and who is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use h324m::DigitForm;
use media::{Codec, Format, Size};

use crate::bridge::put_through;
use crate::hotline;
use crate::phone::{Manner, Phone};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const ANNA: &str = "10.0.0.21";

/// A request for at most `total_bps` of `ssrc` (RFC 5104 §4.2.1), with 40 octets of headers in each packet.
fn tmmbr(ssrc: u32, total_bps: u32) -> Vec<u8> {
    assert!(total_bps < 1 << 17, "the exponent is zero");
    let head = [0x83, 205, 0, 4, 0, 0, 0x22, 0x22, 0, 0, 0, 0];
    [&head[..], &ssrc.to_be_bytes(), &(total_bps << 9 | 40).to_be_bytes()].concat()
}

/// A report that so much of what `ssrc` sent is lost, in 1/256.
fn report(ssrc: u32, fraction_lost: u8) -> Vec<u8> {
    let mut packet = vec![0x81, 201, 0, 7, 0, 0, 0x22, 0x22];
    packet.extend(ssrc.to_be_bytes());
    packet.push(fraction_lost);
    packet.resize(32, 0);
    packet
}

/// Where the gateway takes the phone's RTCP, and who sends it pictures.
fn pictures_of(world: &World, phone: usize) -> (SocketAddr, u32) {
    let video = world.phones[phone].remote().and_then(|(_, video)| video).expect("video was agreed");
    let ssrc = world.phones[phone].pictures().last().expect("a picture").ssrc;
    (SocketAddr::new(video.ip(), video.port() + 1), ssrc)
}

fn feed_back(world: &mut World, phone: usize, packet: impl Fn(u32) -> Vec<u8>) {
    let (to, ssrc) = pictures_of(world, phone);
    world.with_phone(phone, |phone, _| phone.feed_back(to, &packet(ssrc)));
    world.run_for(Duration::from_millis(200));
}

/// The bit rates, headers included, of requests and of answers (TMMBN) that came to a phone.
fn told(world: &World, phone: usize, kind: u8) -> Vec<u64> {
    let mut found = Vec::new();
    for data in &world.phones[phone].rtcp_heard {
        let at = data.windows(2).position(|pair| pair == [0x80 | kind, 205]);
        let word = at.and_then(|at| data.get(at + 16..at + 20));
        let word = word.map(|word| u32::from_be_bytes(word.try_into().expect("four")));
        found.extend(word.map(|word| u64::from(word >> 9 & 0x1_FFFF) << (word >> 26)));
    }
    found
}

/// A caller of H.264 and an agent of VP8, who talk.
fn across(seed: u64) -> (World, usize, usize) {
    across_of(&hotline(), seed)
}

fn across_of(service: &Arc<dialplan::Service>, seed: u64) -> (World, usize, usize) {
    let mut world = World::new(service, seed);
    let mut anna = Phone::new(ANNA);
    anna.caps.video = vec![Codec::Vp8];
    anna.manner = Manner::Answers(SECOND);
    let anna = world.add_phone(anna);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(caller, |phone, _| phone.press('0'));
    world.run_for(4 * SECOND);
    assert!(world.phones[anna].pictures().count() > 10, "the agent is shown the caller");
    (world, caller, anna)
}

/// What the transcoder that makes this codec was made for and was told last.
fn rate(world: &World, codec: Codec) -> (u32, Option<u32>) {
    let mut running = world.transcoders.running.values().filter(|running| running.job.to.codec() == codec);
    let running = running.next().expect("it is transcoded");
    let Format::Video(to) = running.job.to else { panic!("pictures") };
    (to.rate_bps, running.rate)
}

#[test]
fn a_transcoder_keeps_to_what_its_viewer_asks_for() {
    let (mut world, _, anna) = across(1);
    let (made, told_before) = rate(&world, Codec::Vp8);
    assert_eq!(told_before, None, "nothing was said");
    feed_back(&mut world, anna, |ssrc| tmmbr(ssrc, 50_000));
    let (_, limited) = rate(&world, Codec::Vp8);
    assert!(limited.is_some_and(|bps| (1..50_000).contains(&bps)), "{limited:?} of {made}, without headers");
    assert_eq!(told(&world, anna, 4), [50_000], "and it is answered");
    feed_back(&mut world, anna, |ssrc| tmmbr(ssrc + 1, 20_000));
    assert_eq!(rate(&world, Codec::Vp8).1, limited, "another source is meant");
    for _ in 0..3 {
        world.run_for(SECOND);
        feed_back(&mut world, anna, |ssrc| tmmbr(ssrc, 130_000));
    }
    assert!(rate(&world, Codec::Vp8).1 > limited, "it rises again");
}

#[test]
fn a_transcoder_slows_down_while_packets_are_lost_and_recovers() {
    let (mut world, _, anna) = across(2);
    let (made, _) = rate(&world, Codec::Vp8);
    for _ in 0..5 {
        feed_back(&mut world, anna, |ssrc| report(ssrc, 128));
        world.run_for(SECOND);
    }
    let (_, lossy) = rate(&world, Codec::Vp8);
    assert!(lossy.is_some_and(|bps| bps < made / 3), "{lossy:?} of {made} after five times half");
    for _ in 0..40 {
        feed_back(&mut world, anna, |ssrc| report(ssrc, 0));
        world.run_for(SECOND);
    }
    assert_eq!(rate(&world, Codec::Vp8).1, Some(made));
}

/// Size and picture rate that the transcoder to VP8 was told last.
fn shape(world: &World) -> Option<(Size, u8)> {
    let mut running =
        world.transcoders.running.values().filter(|running| running.job.to.codec() == Codec::Vp8);
    running.next().expect("it is transcoded").shape.map(|to| (to.size, to.fps))
}

#[test]
fn what_a_viewer_has_no_room_for_becomes_smaller_and_comes_back() {
    let (mut world, _, anna) = across(5);
    assert_eq!(shape(&world), None, "there is room");
    assert!(losses_until_small(&mut world, anna) > 0);
    for _ in 0..60 {
        feed_back(&mut world, anna, |ssrc| report(ssrc, 0));
        world.run_for(SECOND);
    }
    assert_eq!(shape(&world).expect("it is told").0, Size::CIF);
}

/// How many reports of loss there are, a twelfth of the rate each, until pictures are made small.
fn losses_until_small(world: &mut World, viewer: usize) -> u32 {
    let is_small = |world: &World| shape(world).is_some_and(|(size, _)| size == Size::QCIF);
    let count = (0..60).take_while(|_| {
        feed_back(world, viewer, |ssrc| report(ssrc, 43));
        world.run_for(SECOND);
        !is_small(world)
    });
    let count = count.count() as u32;
    assert!(count < 60, "never");
    count
}

#[test]
fn who_signs_is_shown_more_pictures_rather_than_more_detail() {
    // To show large pictures often takes more than to show them in detail and seldom.
    let [talk, sign] = ["talk", "sign"].map(|intent| {
        let queues = crate::QUEUES.replace("hold:", &format!("intent: {intent}, hold:"));
        let files =
            [("hotline.yaml", crate::FLOW), ("queues.yaml", &queues), ("texts/en.yaml", crate::TEXTS)];
        let (mut world, _, anna) = across_of(&crate::world::service(&files), 6);
        losses_until_small(&mut world, anna)
    });
    assert!(sign < talk, "{sign} {talk}");
}

#[test]
fn who_is_passed_on_unchanged_is_asked_for_what_the_viewer_asks_for() {
    let (mut world, caller, agents) = put_through(3, Manner::Answers(SECOND), Manner::Answers(SECOND));
    world.run_for(4 * SECOND);
    let agent = agents.into_iter().find(|at| world.phones[*at].dialog.is_some()).expect("an agent talks");
    assert!(told(&world, caller, 3).is_empty());
    feed_back(&mut world, agent, |ssrc| tmmbr(ssrc, 60_000));
    let asked = told(&world, caller, 3);
    assert_eq!(asked.len(), 1);
    assert!((1..=61_000).contains(&asked[0]), "{asked:?}");
    world.run_for(10 * SECOND);
    assert_eq!(told(&world, caller, 3).len(), 5, "it does not answer, and is let be");
    assert!(told(&world, agent, 3).is_empty(), "the other way nobody has asked");
}

#[test]
fn a_3g_phone_is_shown_what_its_flow_control_allows() {
    let mut world = World::new(&hotline(), 4);
    let mut anna = Phone::new(ANNA);
    anna.caps.video = vec![Codec::H264];
    (anna.manner, anna.talks) = (Manner::Answers(SECOND), true);
    world.add_phone(anna);
    let config =
        h324m::Config { terminal_type: 128, seed: 99, video: vec![Codec::H263], ..h324m::Config::default() };
    let caller = world.add_phone(Phone::with_circuit("10.0.0.11", config));
    let gateway = world.gateway();
    world.with_phone(caller, |phone, now| phone.call(now, "1008621", gateway, None));
    let up = |world: &World| world.phones[caller].handset.as_ref().is_some_and(|set| set.is_up());
    assert!(world.run_until(5 * SECOND, up));
    world.with_phone(caller, |phone, now| {
        let (by, duration) = (DigitForm::Alphanumeric, SECOND / 10);
        phone.tell(now, h324m::Input::Digit { digit: '0', by, duration });
    });
    world.run_for(5 * SECOND);
    let (made, told) = rate(&world, Codec::H263);
    assert_eq!((made, told), (media::VideoFormat::CIRCUIT_BPS, None));
    for (limit, expected) in [(Some(20_000), 20_000), (Some(4_000), 10_000), (None, made)] {
        world.with_phone(caller, |phone, now| phone.tell(now, h324m::Input::LimitVideo(limit)));
        world.run_for(SECOND);
        assert_eq!(rate(&world, Codec::H263).1, Some(expected), "{limit:?}");
    }
}

#[test]
fn a_browsers_estimate_and_its_losses_count_as_a_phones_do() {
    use crate::pairs::{Party, Scene, Type};
    let page = Type::Page(Codec::Opus, Codec::Vp8);
    let mut scene = Scene::talking(Type::Phone(Codec::Pcmu, Codec::H264), [page; 2], 7);
    let Party::Page(desk) = scene.agent else { panic!("a desk") };
    let (made, told) = rate(&scene.world, Codec::Vp8);
    assert_eq!(told, None, "nothing was said");
    let by = rtp::RateLimitBy::Remb;
    scene.world.say(desk, call::web::FromBrowser::RateLimit { bps: 60_000, by });
    scene.world.run_for(SECOND);
    assert_eq!(rate(&scene.world, Codec::Vp8).1, Some(60_000));
    scene.world.say(desk, call::web::FromBrowser::RateLimit { bps: 5_000_000, by });
    scene.world.run_for(SECOND);
    assert_eq!(rate(&scene.world, Codec::Vp8).1, Some(made));
    scene.world.say(desk, call::web::FromBrowser::Report { fraction_lost: 128, rtt: None });
    scene.world.run_for(SECOND);
    assert!(rate(&scene.world, Codec::Vp8).1.is_some_and(|bps| bps < made * 4 / 5));
}

#[test]
fn a_slide_of_which_something_was_lost_comes_whole_again() {
    let mut world = World::new(&hotline(), 8);
    let caller = world.call("10.0.0.11", "1008621");
    world.run_for(2 * SECOND);
    let keys = |world: &World| {
        let is_key = |payload: &[u8]| payload.first().is_some_and(|octet| matches!(octet & 0x1F, 5 | 7));
        world.phones[caller].pictures().filter(|heard| is_key(&heard.payload) && heard.marker).count()
    };
    let before = keys(&world);
    feed_back(&mut world, caller, |ssrc| report(ssrc, 0));
    assert_eq!(keys(&world), before, "nothing was lost");
    world.run_for(SECOND);
    let before = keys(&world);
    feed_back(&mut world, caller, |ssrc| report(ssrc, 1));
    assert!(keys(&world) > before);
}

#[test]
fn a_browser_whose_pictures_pass_unchanged_is_told_what_the_other_takes() {
    use crate::pairs::{Party, Scene, Type};
    let page = Type::Page(Codec::Opus, Codec::Vp8);
    let mut scene = Scene::talking(page, [page; 2], 9);
    let (Party::Page(visitor), Party::Page(desk)) = (scene.caller, scene.agent) else { panic!("browsers") };
    assert!(scene.world.transcoders.begun.is_empty());
    let before = scene.world.browsers[visitor].limits.len();
    let by = rtp::RateLimitBy::Remb;
    scene.world.say(desk, call::web::FromBrowser::RateLimit { bps: 60_000, by });
    scene.world.run_for(SECOND);
    assert_eq!(scene.world.browsers[visitor].limits[before..], [Some(60_000)]);
}
