//! What goes to the line first, and what waits.

use super::*;
use crate::h223::{AdaptationLayer, Class, MultiplexEntry};
use crate::{Level, limits};

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

const LCN: u16 = 2;

fn mux() -> Multiplexer {
    let mut mux = Multiplexer::new(Level::Two { optional_header: false });
    for (lcn, class) in [(1, Class::Audio), (LCN, Class::Video)] {
        mux.open(lcn, AdaptationLayer::Al2 { sequence_numbers: true }, class == Class::Video, class);
        mux.set_entry(lcn as u8, Some(MultiplexEntry::single(lcn)));
    }
    mux
}

fn picture(key: bool, len: usize) -> Frame {
    Frame::new(Codec::H263, Duration::ZERO, Duration::ZERO, key, vec![0x55; len].into())
}

fn speech() -> Frame {
    let mut data = vec![0; 32];
    data[0] = 7 << 3 | 4;
    Frame::new(Codec::Amr, Duration::ZERO, amr::FRAME, true, data.into())
}

#[test]
fn nothing_is_sent_before_a_key_picture() {
    let (mut pictures, mut counters) = (Pictures::new(LCN, Codec::H263, 250), Counters::default());
    pictures.push(base(), &picture(false, 100), &mut counters);
    assert_eq!((pictures.waiting.len(), counters.pictures_dropped), (0, 1));
    assert!(pictures.take_key_wish() && !pictures.take_key_wish());
    pictures.push(base(), &picture(true, 100), &mut counters);
    pictures.push(base(), &picture(false, 100), &mut counters);
    assert_eq!(pictures.waiting.len(), 2);
}

#[test]
fn a_full_queue_drops_up_to_the_next_key_picture() {
    let (mut pictures, mut counters) = (Pictures::new(LCN, Codec::H263, 250), Counters::default());
    pictures.push(base(), &picture(true, 20_000), &mut counters);
    let room = limits::PICTURE_QUEUE_MAX / 1_000;
    for _ in 0..room + 3 {
        pictures.push(base(), &picture(false, 1_000), &mut counters);
    }
    assert_eq!(counters.pictures_dropped, 3);
    pictures.push(base(), &picture(false, 1), &mut counters);
    assert_eq!(counters.pictures_dropped, 4, "there is room, but what it is based on was dropped");
    assert!(!pictures.take_key_wish(), "not while the line is busy");
    pictures.push(base(), &picture(true, 100), &mut counters);
    assert_eq!(pictures.waiting.len(), 1, "a key picture needs none of those before it");
}

#[test]
fn the_wish_for_a_key_picture_comes_when_the_queue_has_drained() {
    let (mut pictures, mut counters, mut mux) =
        (Pictures::new(LCN, Codec::H263, 250), Counters::default(), mux());
    pictures.push(base(), &picture(true, 1_000), &mut counters);
    for _ in 0..20 {
        pictures.push(base(), &picture(false, 1_000), &mut counters);
    }
    let mut line = [0; 160];
    for _ in 0..200 {
        pictures.feed(base(), &mut mux, 160, &mut counters);
        mux.fill(&mut line);
    }
    assert!(pictures.take_key_wish());
    assert_eq!(counters.pictures_sent + counters.pictures_dropped, 21);
}

#[test]
fn the_peer_limits_the_rate() {
    let (mut pictures, mut counters, mut mux) =
        (Pictures::new(LCN, Codec::H263, 250), Counters::default(), mux());
    let mut now = base();
    pictures.set_limit(now, Some(8_000));
    let mut line = [0; 160];
    for tick in 0..500 {
        if tick % 5 == 0 {
            pictures.push(now, &picture(true, 400), &mut counters);
        }
        pictures.feed(now, &mut mux, 160, &mut counters);
        mux.fill(&mut line);
        now += Duration::from_millis(20);
    }
    let octets = counters.pictures_sent * 400;
    assert!((8_000..=11_000).contains(&octets), "{octets} octets in ten seconds of 1000 a second");
    pictures.set_limit(now, Some(0));
    let before = mux.statistics().sdus;
    for _ in 0..100 {
        pictures.feed(now, &mut mux, 160, &mut counters);
        mux.fill(&mut line);
        now += Duration::from_millis(20);
    }
    assert!(mux.statistics().sdus <= before + 2, "nothing new goes at zero");
}

#[test]
fn speech_goes_a_frame_a_tick_and_never_piles_up() {
    let (mut out, mut counters, mut mux) = (Speech::new(1), Counters::default(), mux());
    for _ in 0..20 {
        out.push(&speech(), &mut counters);
    }
    assert_eq!(counters.audio_dropped, 20 - limits::SPEECH_QUEUE_MAX as u64);
    for _ in 0..5 {
        out.feed(&mut mux, 160, &mut counters);
    }
    assert_eq!(counters.audio_sent, limits::SPEECH_QUEUE_MAX as u64);
    for _ in 0..8 {
        out.push(&speech(), &mut counters);
        for _ in 0..4 {
            out.feed(&mut mux, 40, &mut counters);
        }
    }
    assert_eq!(counters.audio_sent, limits::SPEECH_QUEUE_MAX as u64 + 8, "packets of 5 ms");
}

#[test]
fn a_gate_lets_one_wish_an_interval_pass() {
    let mut gate = Gate::new(Duration::from_secs(1));
    let now = base();
    assert!(!gate.pass(now));
    gate.want(now);
    assert_eq!(gate.deadline(), Some(now));
    assert!(gate.pass(now) && !gate.pass(now));
    gate.want(now + Duration::from_millis(10));
    gate.want(now + Duration::from_millis(20));
    assert!(!gate.pass(now + Duration::from_millis(999)));
    assert!(gate.pass(now + Duration::from_secs(1)));
    assert_eq!(gate.deadline(), None);
}
