//! Two telephones call each other in virtual time, without a network between them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use emulator::{Config, End, Event, Input, Material, Output, Phone};
use media::{Codec, Kind, Now, Size};
use net::Component;
use rtp::Digit;
use sip::{StatusCode, Uri};

#[allow(clippy::disallowed_methods)]
fn start() -> Now {
    Now { mono: Instant::now(), wall: Duration::from_secs(1_700_000_000) }
}

fn config(user: &str, host: u8, codec: Codec, answers: bool) -> Config {
    let size = if codec == Codec::H263 { Size::QCIF } else { Size::CIF };
    Config {
        sip: SocketAddr::from(([10, 0, 0, host], 5060)),
        audio_port: 4000,
        video_port: 4002,
        material: Material::test(400),
        answers,
        seed: u64::from(host),
        ..Config::new(user, codec, size)
    }
}

/// Both ends of a loss-free link without delay.
struct Pair {
    now: Now,
    phones: [Phone; 2],
    due: [Option<Instant>; 2],
    events: [Vec<Event>; 2],
}

impl Pair {
    fn new(caller: Config, callee: Config) -> Pair {
        let phones = [caller, callee].map(|config| Phone::new(config).expect("the codecs are there"));
        Pair { now: start(), phones, due: [None; 2], events: [Vec::new(), Vec::new()] }
    }

    fn call(&mut self) {
        let to = SocketAddr::from(([10, 0, 0, 2], 5060));
        self.phones[0].call(self.now, &Uri::sip_at("callee", to), to).expect("it is on its hook");
        self.exchange();
    }

    fn run(&mut self, length: Duration) {
        let end = self.now.mono + length;
        loop {
            let next = self.due.iter().flatten().min().copied().unwrap_or(end).clamp(self.now.mono, end);
            // A due time that is now and stays now would be a busy loop.
            let step = next.saturating_duration_since(self.now.mono).max(Duration::from_micros(100));
            self.now = self.now.plus(step);
            if self.now.mono > end {
                return;
            }
            self.phones.iter_mut().for_each(|phone| phone.handle_input(self.now, Input::Timeout));
            self.exchange();
        }
    }

    fn exchange(&mut self) {
        loop {
            let mut letters = VecDeque::new();
            for at in 0..2 {
                loop {
                    match self.phones[at].poll_output(self.now) {
                        Output::Sip { to, data } => {
                            letters.push_back((at, to, Input::Sip { from: sip_of(at), data }));
                        }
                        Output::Media { kind, component, to, data } => {
                            let from = media_of(at, kind, component);
                            letters.push_back((at, to, Input::Media { kind, component, from, data }));
                        }
                        Output::Event(event) => self.events[at].push(event),
                        Output::Timeout(due) => {
                            self.due[at] = due;
                            break;
                        }
                    }
                }
            }
            if letters.is_empty() {
                return;
            }
            for (from, to, input) in letters {
                assert_eq!(to.ip(), sip_of(1 - from).ip(), "everything goes to the other telephone");
                self.phones[1 - from].handle_input(self.now, input);
            }
        }
    }

    fn heard(&self, at: usize) -> usize {
        self.events[at]
            .iter()
            .filter(|event| matches!(event, Event::Sound(pcm) if pcm.iter().any(|s| *s > 4_000)))
            .count()
    }

    fn seen(&self, at: usize, size: Size) -> usize {
        self.events[at]
            .iter()
            .filter(|event| matches!(event, Event::Picture(picture) if picture.size == size))
            .count()
    }

    fn keys(&self, at: usize) -> String {
        let keys = self.events[at].iter().filter_map(|event| match event {
            Event::Key(key) => Some(key.as_char()),
            _ => None,
        });
        keys.collect()
    }

    fn end(&self, at: usize) -> Option<&End> {
        self.events[at].iter().find_map(|event| match event {
            Event::Over(end) => Some(end),
            _ => None,
        })
    }
}

fn sip_of(at: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, at as u8 + 1], 5060))
}

fn media_of(at: usize, kind: Kind, component: Component) -> SocketAddr {
    let stream = if kind == Kind::Audio { 4000 } else { 4002 };
    let port = stream + if component == Component::Rtcp { 1 } else { 0 };
    SocketAddr::from(([10, 0, 0, at as u8 + 1], port))
}

#[test]
fn two_telephones_see_and_hear_each_other_and_keys_arrive_once() {
    for (codec, size) in [(Codec::H264, Size::CIF), (Codec::H263, Size::QCIF)] {
        let mut pair = Pair::new(config("caller", 1, codec, false), config("callee", 2, codec, true));
        pair.call();
        pair.run(Duration::from_secs(2));
        assert!(pair.phones.iter().all(Phone::is_up), "{codec}");
        assert!(pair.phones[0].press(pair.now, Digit::try_from('7').expect("a key")));
        pair.run(Duration::from_secs(1));
        for at in 0..2 {
            // 50 packets and 15 pictures a second, less what is lost until both ends are up.
            assert!((140..=152).contains(&pair.heard(at)), "{codec}: {} packets heard", pair.heard(at));
            assert!(
                (40..=47).contains(&pair.seen(at, size)),
                "{codec}: {} pictures seen",
                pair.seen(at, size)
            );
        }
        assert_eq!((pair.keys(0).as_str(), pair.keys(1).as_str()), ("", "7"), "{codec}");
        pair.phones[1].hang_up(pair.now);
        pair.exchange();
        assert_eq!(pair.end(0), Some(&End::Remote { reason: None }), "{codec}");
        assert_eq!(pair.end(1), Some(&End::Local), "{codec}");
        assert!(!pair.phones.iter().any(Phone::is_busy), "{codec}");
    }
}

#[test]
fn a_telephone_that_does_not_answer_is_busy() {
    let mut pair =
        Pair::new(config("caller", 1, Codec::H264, false), config("callee", 2, Codec::H264, false));
    pair.call();
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.end(0), Some(&End::Refused(StatusCode::BusyHere)));
    assert_eq!(pair.end(1), None);
}

#[test]
fn telephones_without_a_common_picture_codec_talk() {
    let mut pair = Pair::new(config("caller", 1, Codec::H264, false), config("callee", 2, Codec::H263, true));
    pair.call();
    pair.run(Duration::from_secs(1));
    assert!(pair.phones.iter().all(Phone::is_up));
    assert!(pair.heard(0) > 40 && pair.seen(0, Size::CIF) == 0);
}
