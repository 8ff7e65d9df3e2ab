//! Telephones of every model call one of their own kind over `netsim`, in virtual time, and find the other's card, tone
//! and keys in what they receive.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use emulator::{Card, Config, Event, Input, Model, Output, Phone, Record, measure};
use media::{Kind, Now};
use net::Component;
use netsim::{Datagram, Link, Network, Step};
use rtp::Digit;

const SIP: u16 = 5060;
const AUDIO: u16 = 40_000;
const VIDEO: u16 = 40_002;

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

struct Side {
    phone: Phone,
    address: SocketAddr,
    due: Option<Instant>,
    record: Record,
    /// Key pictures that came to a telephone that decodes nothing.
    keys: usize,
}

struct Pair {
    network: Network,
    sides: [Side; 2],
}

impl Pair {
    fn new(configs: [Config; 2], link: Link) -> Pair {
        let mut network = Network::new(base(), 7);
        network.set_default_link(link);
        let (mut host, now) = (0, network.now());
        let sides = configs.map(|config| {
            host += 1;
            let address = SocketAddr::from(([192, 0, 2, host], SIP));
            let (audio_port, video_port, seed) = (AUDIO, VIDEO, u64::from(host));
            let sent = config.access.size();
            let config = Config { sip: address, audio_port, video_port, seed, answers: host == 2, ..config };
            let phone = Phone::new(config).expect("it has its codecs");
            Side { phone, address, due: None, record: Record::new(now, sent), keys: 0 }
        });
        Pair { network, sides }
    }

    fn now(&self) -> Now {
        Now { mono: self.network.now(), wall: Duration::from_secs(1_000_000_000) + self.network.elapsed() }
    }

    fn call(&mut self) {
        let (now, to) = (self.now(), self.sides[1].address);
        let uri = format!("sip:1008621@{to}").parse().expect("a SIP URI");
        self.sides[0].phone.call(now, &uri, to).expect("it begins");
    }

    fn run(&mut self, time: Duration) {
        let end = self.network.now() + time;
        while self.network.now() < end {
            (0..2).for_each(|at| self.drain(at));
            let due = self.sides.iter().filter_map(|side| side.due).min().map_or(end, |due| due.min(end));
            match self.network.step(Some(due)) {
                Some(Step::Deliver(datagram)) => self.deliver(datagram),
                Some(Step::Timer) | None => {
                    let now = self.now();
                    self.sides.iter_mut().for_each(|side| side.phone.handle_input(now, Input::Timeout));
                }
            }
        }
    }

    fn deliver(&mut self, Datagram { from, to, data }: Datagram) {
        let now = self.now();
        let Some(side) = self.sides.iter_mut().find(|side| side.address.ip() == to.ip()) else { return };
        let (kind, component) = match to.port() {
            SIP => return side.phone.handle_input(now, Input::Sip { from, data }),
            AUDIO => (Kind::Audio, Component::Rtp),
            VIDEO => (Kind::Video, Component::Rtp),
            port => (if port < VIDEO { Kind::Audio } else { Kind::Video }, Component::Rtcp),
        };
        side.phone.handle_input(now, Input::Media { kind, component, from, data });
    }

    fn drain(&mut self, at: usize) {
        let now = self.now();
        let Side { phone, address, due, record, keys } = &mut self.sides[at];
        loop {
            match phone.poll_output(now) {
                Output::Sip { to, data } => self.network.send(*address, to, data),
                Output::Media { kind, component, to, data } => {
                    let port = if kind == Kind::Audio { AUDIO } else { VIDEO };
                    let port = port + u16::from(component == Component::Rtcp);
                    self.network.send(SocketAddr::new(address.ip(), port), to, data);
                }
                Output::Event(event) => {
                    if let Event::Frame(frame) = &event {
                        *keys += usize::from(frame.keyframe && frame.codec.kind() == Kind::Video);
                    }
                    record.take(now.mono, &event);
                }
                Output::Timeout(next) => {
                    *due = next;
                    return;
                }
            }
        }
    }
}

fn config(model: Model, card: Card) -> Config {
    model.with_card("13800000000", card)
}

/// Both ends find the other's card and tone; how far pictures and sound are apart is printed and bounded.
fn talk(model: Model, configs: [Config; 2], cards: [Card; 2]) {
    let mut pair = Pair::new(configs, Link::perfect());
    pair.call();
    pair.run(Duration::from_secs(9));
    let now = pair.now();
    let key = Digit::try_from('7').expect("a key");
    assert!(pair.sides.iter_mut().all(|side| side.phone.press(now, key)), "{model}");
    pair.run(Duration::from_secs(2));
    for (at, far) in [(0, cards[1]), (1, cards[0])] {
        let record = &pair.sides[at].record;
        let (likeness, own) = (record.likeness(far), record.likeness(cards[at]));
        let (tone, other) = (record.tone_level(far), record.tone_level(cards[at]));
        let skew = measure::median(record.skews());
        println!(
            "{model} side {at}: SSIM {likeness:.3} (own {own:.3}), tone {tone:.0} (own {other:.0}), skew {skew:?} ms, \
             first {:?}, gaps {:?}, {} pictures",
            record.first_picture(),
            record.longest_gaps(),
            record.seen(),
        );
        assert!(likeness > 0.85 && own < 0.5, "{model} side {at}: SSIM {likeness:.3}, own {own:.3}");
        assert!(tone > 5_000.0 && other < 1_500.0, "{model} side {at}: {tone:.0}, own {other:.0}");
        assert_eq!(record.keys(), "7", "{model} side {at}");
        assert!(record.skews().len() >= 3, "{model} side {at}: {:?}", record.skews());
        let skew = skew.expect("there are some");
        assert!((-130.0..=250.0).contains(&skew), "{model} side {at}: {skew} ms");
    }
}

#[test]
fn every_model_sees_and_hears_the_card_of_another() {
    let cards = [Card::new(0), Card::new(4)];
    for model in Model::ALL {
        talk(model, cards.map(|card| config(model, card)), cards);
    }
}

#[test]
fn what_was_encoded_once_is_as_good() {
    let cards = [Card::new(1), Card::new(5)];
    for model in [Model::ThreeGH263, Model::PcmuH264, Model::OpusVp8] {
        let material = emulator::Material::replayed;
        talk(model, cards.map(|card| Config { material: material(card), ..config(model, card) }), cards);
    }
}

#[test]
fn a_wanted_key_picture_comes_at_once() {
    for model in [Model::PcmuH264, Model::AmrH263, Model::OpusVp8, Model::AmrMpeg4, Model::ThreeGH263] {
        let blind = Config { decodes: false, ..config(model, Card::new(0)) };
        let mut pair = Pair::new([blind, config(model, Card::new(1))], Link::perfect());
        pair.call();
        pair.run(Duration::from_secs(6));
        for _ in 0..3 {
            let before = pair.sides[0].keys;
            let now = pair.now();
            pair.sides[0].phone.request_key_frame(now);
            pair.run(Duration::from_secs(2));
            assert!(pair.sides[0].keys > before, "{model}: {before} key pictures");
        }
        assert!(pair.sides[0].keys < 8, "{model}: {} without being asked", pair.sides[0].keys);
    }
}
