//! Two terminals on one circuit, in virtual time.

mod support;

use std::time::Duration;

use h324m::{BitOrder, Config, DigitForm, EndCause, Event, Input, Level, Way};
use media::{Codec, Kind};
use netsim::Link;
use support::{Habits, Pair, media::MPEG4_CONFIG, up_codecs};

const ZERO: Level = Level::Zero;
const ONE: Level = Level::One { double_flag: false };
const ONE_DOUBLE: Level = Level::One { double_flag: true };
const TWO: Level = Level::Two { optional_header: false };
const TWO_HEADER: Level = Level::Two { optional_header: true };
const LEVELS: [Level; 5] = [ZERO, ONE, ONE_DOUBLE, TWO, TWO_HEADER];

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn config() -> Config {
    Config { mpeg4_config: Some(MPEG4_CONFIG.to_vec().into()), ..Config::default() }
}

fn both_up(pair: &Pair) -> bool {
    pair.sides.iter().all(support::Side::is_up)
}

/// Both are up and every octet of the media that came was sent.
#[track_caller]
fn check_clean(pair: &Pair, what: &str) {
    for (at, side) in pair.sides.iter().enumerate() {
        assert!(side.is_up(), "{what}: side {at} is not up: {:?} {:?}", side.events, side.session.counters());
        let source = &pair.sides[1 - at].source;
        let speech: Vec<_> = side.received(Kind::Audio).collect();
        assert!(speech.len() > 100, "{what}: {} speech frames", speech.len());
        let first = source.sent_speech.iter().position(|sent| *sent == speech[0].data).expect("was sent");
        for (frame, sent) in speech.iter().zip(&source.sent_speech[first..]) {
            assert_eq!(frame.data, sent, "{what}: side {at}");
            assert!(!frame.damaged && !frame.lost_before);
        }
        let pictures: Vec<_> = side.received(Kind::Video).collect();
        assert!(pictures.len() > 20, "{what}: {} pictures", pictures.len());
        assert!(pictures[0].keyframe);
        for frame in &pictures {
            assert!(source.sent_pictures.contains(&frame.data), "{what}: a picture that nobody sent");
        }
        let counters = side.session.counters();
        assert_eq!((counters.crc_errors, counters.sdus_lost, counters.audio_bad), (0, 0, 0), "{what}");
    }
}

#[test]
fn two_terminals_reach_each_other() {
    let mut pair = Pair::equal(1, Link::perfect(), &config());
    pair.run(secs(6));
    check_clean(&pair, "level 2");
    assert_eq!(up_codecs(&pair.sides[0]), Some((Some(Codec::Mpeg4), Some(Codec::Mpeg4))));
    eprintln!("{:?}", pair.sides[0].session.counters());
}

#[test]
fn every_level_with_every_other() {
    for (index, level) in LEVELS.into_iter().enumerate() {
        for other in LEVELS {
            let configs = [Config { level, ..config() }, Config { level: other, ..config() }];
            let mut pair = Pair::new(index as u64, Link::perfect(), configs, Default::default());
            pair.run(secs(9));
            let what = format!("{level:?} with {other:?}");
            check_clean(&pair, &what);
            let agreed = pair.sides.each_ref().map(|side| side.session.counters().level);
            let height = |level: Option<Level>| match level.expect("a level") {
                Level::Zero => 0,
                Level::One { .. } => 1,
                Level::Two { optional_header } => 2 + u8::from(optional_header),
            };
            assert_eq!(height(agreed[0]), height(agreed[1]), "{what}: {agreed:?}");
        }
    }
}

#[test]
fn every_option() {
    for wnsrp in [(true, true), (true, false), (false, false)] {
        for sequence_numbers in [(true, false), (false, false)] {
            for al3 in [(false, false), (true, false), (true, true)] {
                let side = |wnsrp, al2_sequence_numbers, al3_video| Config {
                    wnsrp,
                    al2_sequence_numbers,
                    al3_video,
                    video: vec![Codec::H263],
                    ..config()
                };
                let configs =
                    [side(wnsrp.0, sequence_numbers.0, al3.0), side(wnsrp.1, sequence_numbers.1, al3.1)];
                let mut pair = Pair::new(3, Link::perfect(), configs, Default::default());
                pair.run(secs(7));
                let what = format!("wnsrp {wnsrp:?}, numbers {sequence_numbers:?}, al3 {al3:?}");
                check_clean(&pair, &what);
                let codec = Some(Codec::H263);
                assert_eq!(up_codecs(&pair.sides[0]), Some((codec, codec)), "{what}");
            }
        }
    }
}

#[test]
fn either_bit_order_is_found() {
    for level in [ZERO, ONE, TWO] {
        let configs = [
            Config { level, bit_order: Some(BitOrder::Lsb), ..config() },
            Config { level: TWO, bit_order: None, ..config() },
        ];
        let mut pair = Pair::new(4, Link::perfect(), configs, Default::default());
        pair.run(secs(9));
        check_clean(&pair, &format!("{level:?}, least significant bit first"));
    }
}

#[test]
fn one_terminal_answers_later() {
    for late in [70, 433, 1500, 5000] {
        let late = Duration::from_millis(late);
        let habits = [Habits::default(), Habits { starts: late, ..Habits::default() }];
        let mut pair = Pair::new(5, Link::perfect(), [config(), config()], habits);
        pair.run(late + secs(7));
        check_clean(&pair, &format!("{late:?} late"));
    }
}

#[test]
fn set_up_takes_few_round_trips() {
    for (wnsrp, most) in [(true, 3.0), (false, 6.0)] {
        for level in [TWO, ONE, ZERO] {
            let link = Link::perfect().with_delay(Duration::from_millis(150));
            let mut pair = Pair::equal(6, link, &Config { wnsrp, level, ..config() });
            assert!(pair.run_until(secs(20), both_up), "never up");
            // Level 0 has no windowed form.
            let most = if level == ZERO { 6.0 } else { most };
            for side in &pair.sides {
                let took = side.session.counters().up_after.expect("is up");
                let trips = took.as_secs_f64() / 0.3;
                eprintln!(
                    "{level:?}, WNSRP {wnsrp}: both media after {took:?}, {trips:.2} round trips of 300 ms"
                );
                assert!(trips <= most, "{level:?} {wnsrp}: {took:?}");
            }
        }
    }
}

#[test]
fn round_trips_are_measured() {
    let link = Link::perfect().with_delay(Duration::from_millis(150));
    let mut pair = Pair::equal(7, link, &config());
    pair.run(secs(5));
    let counters = pair.sides[0].session.counters();
    let trip = counters.round_trip.expect("measured");
    assert!((Duration::from_millis(300)..Duration::from_millis(420)).contains(&trip), "{trip:?}");
    assert!(counters.up_round_trips.is_some());
    assert!(pair.sides[0].when(|event| matches!(event, Event::RoundTrip(_))).is_some());
}

#[test]
fn digits_go_both_ways_in_both_forms() {
    let mut pair = Pair::equal(8, Link::lossy(0.02), &config());
    assert!(pair.run_until(secs(20), both_up));
    for (at, digit) in "159*0#D".chars().enumerate() {
        let by = if at % 2 == 0 { DigitForm::Alphanumeric } else { DigitForm::Signal };
        pair.input(at % 2, Input::Digit { digit, by, duration: Duration::from_millis(100) });
        let until = pair.elapsed() + secs(2);
        pair.run(until);
    }
    let heard = |side: usize| -> String {
        let digit = |event: &Event| match event {
            Event::Digit { digit, .. } => Some(*digit),
            _ => None,
        };
        pair.sides[side].events.iter().filter_map(|(_, event)| digit(event)).collect()
    };
    assert_eq!((heard(1), heard(0)), ("19 0D".replace(' ', ""), "5*#".to_owned()));
}

#[test]
fn key_pictures_are_asked_for_once_a_second() {
    let mut pair = Pair::equal(9, Link::perfect(), &config());
    assert!(pair.run_until(secs(10), both_up));
    let until = pair.elapsed() + secs(2);
    pair.run(until);
    let asked = |pair: &Pair| {
        pair.sides[1].events.iter().filter(|(_, event)| *event == Event::KeyPictureWanted).count()
    };
    let before = asked(&pair);
    for _ in 0..20 {
        pair.input(0, Input::KeyPictureWanted);
        let until = pair.elapsed() + Duration::from_millis(100);
        pair.run(until);
    }
    let until = pair.elapsed() + secs(2);
    pair.run(until);
    let after = asked(&pair) - before;
    assert!((2..=4).contains(&after), "{after} wishes in two seconds");
}

#[test]
fn hanging_up_ends_both_within_five_seconds() {
    for wnsrp in [true, false] {
        let mut pair = Pair::equal(10, Link::perfect(), &Config { wnsrp, ..config() });
        assert!(pair.run_until(secs(10), both_up));
        let at = pair.elapsed();
        pair.input(0, Input::Hangup);
        let over = |pair: &Pair| pair.sides.iter().all(|side| side.ended().is_some());
        assert!(pair.run_until(at + secs(2), over));
        assert_eq!(pair.sides[0].ended(), Some(EndCause::HungUp));
        assert_eq!(pair.sides[1].ended(), Some(EndCause::PeerEnded));
    }
}

#[test]
fn hanging_up_a_dead_line_takes_five_seconds() {
    let mut pair = Pair::equal(11, Link::perfect(), &config());
    assert!(pair.run_until(secs(10), both_up));
    pair.network.set_default_link(Link::dead());
    let at = pair.elapsed();
    pair.input(0, Input::Hangup);
    assert!(pair.run_until(at + secs(6), |pair| pair.sides[0].ended().is_some()));
    assert_eq!(pair.sides[0].ended(), Some(EndCause::HungUp));
    assert!(pair.elapsed() - at <= Duration::from_millis(5_050), "{:?}", pair.elapsed() - at);
}

#[test]
fn a_call_without_pictures_is_up_without_waiting_for_them() {
    let mut pair = Pair::new(
        12,
        Link::perfect(),
        [Config { video: Vec::new(), ..config() }, config()],
        Default::default(),
    );
    assert!(pair.run_until(secs(3), both_up));
    for side in &pair.sides {
        assert_eq!(up_codecs(side), Some((None, None)));
        assert!(side.session.counters().up_after.expect("is up") < Duration::from_millis(600));
    }
}

#[test]
fn codecs_that_both_have_are_chosen_by_the_sender() {
    let configs = [
        Config { video: vec![Codec::H263, Codec::Mpeg4], ..config() },
        Config { mpeg4_config: None, ..config() },
    ];
    let mut pair = Pair::new(13, Link::perfect(), configs, Default::default());
    pair.run(secs(6));
    check_clean(&pair, "mixed codecs");
    let codec = Some(Codec::H263);
    assert_eq!(up_codecs(&pair.sides[0]), Some((codec, codec)));
    assert_eq!(pair.sides[0].when(|event| matches!(event, Event::VideoClosed { .. })), None);
}

#[test]
fn an_abandoned_picture_makes_room_for_the_next() {
    let quiet = || Habits { media: false, ..Habits::default() };
    let configs = [Config { video: vec![Codec::H263], ..config() }, config()];
    let mut pair = Pair::new(14, Link::perfect(), configs, [quiet(), quiet()]);
    assert!(pair.run_until(secs(10), both_up));
    let picture = |number, key| {
        let mut data = support::media::h263(1, number, key).to_vec();
        let more = data[20..].to_vec();
        data.extend((0..3).flat_map(|_| more.clone()));
        media::Frame::new(Codec::H263, Duration::ZERO, Duration::ZERO, key, data.into())
    };
    let (first, second) = (picture(10, true), picture(500, true));
    pair.input(0, Input::Frame(first.clone()));
    let at = pair.elapsed();
    pair.run(at + Duration::from_millis(300));
    pair.input(0, Input::AbandonVideo);
    pair.input(0, Input::Frame(picture(11, false)));
    pair.input(0, Input::Frame(second.clone()));
    pair.run(at + secs(4));
    let counters = pair.sides[0].session.counters();
    assert_eq!((counters.pictures_abandoned, counters.pictures_dropped), (1, 1));
    let pictures: Vec<_> = pair.sides[1].received(Kind::Video).collect();
    assert_eq!(pictures.len(), 2);
    assert!(pictures[0].data.len() < first.data.len() && first.data.starts_with(&pictures[0].data[..1000]));
    assert_eq!(pictures[1].data, second.data);
    let arrived = pair.sides[1].frames.last().map(|(at, _)| *at).expect("arrived");
    let took = arrived - at;
    assert!(took < Duration::from_millis(300 + 8_000 * 8 / 48 + 400), "{took:?}");
}

#[test]
fn pictures_never_starve_speech() {
    let mut pair = Pair::equal(15, Link::perfect(), &config());
    assert!(pair.run_until(secs(10), both_up));
    let before = pair.sides[0].session.counters().audio_dropped;
    for number in 0..500 {
        let picture = support::media::vop(1, number, number % 3 == 0);
        let frame = media::Frame::new(Codec::Mpeg4, Duration::ZERO, Duration::ZERO, number % 3 == 0, picture);
        pair.input(0, Input::Frame(frame));
        let until = pair.elapsed() + Duration::from_millis(20);
        pair.run(until);
    }
    let counters = pair.sides[0].session.counters();
    assert_eq!(counters.audio_dropped, before, "{counters:?}");
    assert!(counters.pictures_dropped > 300, "{counters:?}");
    let speech: Vec<_> = pair.sides[1].frames.iter().filter(|(_, frame)| frame.codec == Codec::Amr).collect();
    for pair in speech.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        assert!(gap <= Duration::from_millis(40), "{gap:?} without speech");
    }
}

#[test]
fn bad_lines_of_many_seeds() {
    let seeds: u64 = std::env::var("H324M_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let (mut slowest, mut bad, mut speech) = (Duration::ZERO, 0, 0);
    let mut ended = Vec::new();
    let first: u64 = std::env::var("H324M_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds {
        let pick =
            |list: &[f64], salt: u64| list[((seed.wrapping_mul(0x9E37_79B9) >> salt) as usize) % list.len()];
        let bit_errors = pick(&[0.0, 1e-5, 1e-4, 3e-4, 1e-3], 7);
        let link = match seed % 3 {
            0 => Link::lossy(0.02),
            1 => Link { reorder: 0.05, reorder_by: Duration::from_millis(45), ..Link::perfect() },
            _ => Link { loss: pick(&[0.0, 0.005, 0.02], 3), ..Link::perfect() },
        };
        let level = LEVELS[(seed / 3) as usize % 5];
        let side = |bit: u64| Config {
            level: if seed >> (bit + 1) & 3 == 0 { TWO } else { level },
            wnsrp: seed >> bit & 1 == 0,
            al2_sequence_numbers: seed >> (bit + 2) & 1 == 0,
            al3_video: seed >> (bit + 3) & 3 == 0,
            ..config()
        };
        let habits = Habits { bit_errors, ..Habits::default() };
        let mut pair = Pair::new(seed, link, [side(0), side(3)], [habits.clone(), habits]);
        let up = pair.run_until(secs(60), both_up);
        let what = format!("seed {seed}: {bit_errors:e} bit errors, {link:?}, {:?} {:?}", side(0), side(3));
        // One SDU in four that is as long as a capability set arrives then, and levels 0 and 1 were not made
        // for that: such a call may end, but with its cause.
        let hopeless = bit_errors >= 1e-3 && [side(0), side(3)].iter().any(|side| side.level <= ONE_DOUBLE);
        if hopeless && !up {
            assert!(pair.sides.iter().all(|side| side.ended().is_some() || side.is_up()), "{what}: no end");
            let causes = pair
                .sides
                .each_ref()
                .map(|side| (side.ended(), side.session.counters(), side.events.clone()));
            eprintln!("{what}: {causes:?}");
            ended.push(seed);
            continue;
        }
        assert!(
            up,
            "{what}: not up: {:#?}",
            pair.sides.each_ref().map(|side| (side.events.clone(), side.session.counters()))
        );
        slowest = slowest.max(pair.elapsed());
        let until = pair.elapsed() + secs(4);
        pair.run(until);
        for side in &pair.sides {
            assert_eq!(side.ended(), None, "{what}");
            let counters = side.session.counters();
            assert!(counters.audio_received > 100, "{what}: {counters:?}");
            bad += counters.audio_bad;
            speech += counters.audio_received;
            assert!(side.received(Kind::Video).count() > 0, "{what}: no pictures: {counters:?}");
            // What passes as good is good.
            if bit_errors < 1e-3 {
                let good = side.received(Kind::Audio).filter(|frame| !frame.damaged);
                let other = &pair.sides[usize::from(std::ptr::eq(side, &raw const pair.sides[0]))].source;
                let strange = good.filter(|frame| !other.sent_speech.contains(&frame.data)).count();
                assert!(
                    strange <= 1 + counters.audio_received as usize / 200,
                    "{what}: {strange} frames passed wrongly"
                );
            }
        }
    }
    assert!(ended.len() as u64 <= 1 + seeds / 200, "too many calls ended: {ended:?}");
    eprintln!(
        "{seeds} seeds: {ended:?} ended; slowest set-up {slowest:?}; {bad} of {speech} speech frames bad"
    );
}

#[test]
fn a_peer_that_goes_silent_ends_the_call_at_every_step() {
    let mut causes = Vec::new();
    for dies in (0..60).map(|step| Duration::from_millis(20 * step)) {
        let link = Link::perfect().with_delay(Duration::from_millis(20));
        let habits = [Habits::default(), Habits { dies: Some(dies), ..Habits::default() }];
        let mut pair = Pair::new(16, link, [config(), config()], habits);
        pair.run_until(secs(70), |pair| pair.sides[0].ended().is_some());
        let cause = pair.sides[0].ended().unwrap_or_else(|| panic!("dies after {dies:?}: goes on for ever"));
        assert!(pair.elapsed() < secs(60));
        causes.push(cause);
    }
    causes.dedup();
    eprintln!("{causes:?}");
    assert_eq!(causes.first(), Some(&EndCause::NoH324));
    assert_eq!(causes.last(), Some(&EndCause::Silent));
}

#[test]
fn a_closed_camera_and_way() {
    let mut pair = Pair::equal(17, Link::perfect(), &config());
    assert!(pair.run_until(secs(10), both_up));
    let until = pair.elapsed() + secs(1);
    pair.run(until);
    let opened = |way| {
        pair.sides[0].when(|event| matches!(event, Event::VideoOpened { way: told, .. } if *told == way))
    };
    assert!(opened(Way::Sends).is_some() && opened(Way::Receives).is_some());
    assert!(
        pair.sides[0]
            .when(|event| matches!(event, Event::Vendor(name) if name.starts_with("Vireo")))
            .is_some()
    );
}
