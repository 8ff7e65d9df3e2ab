//! 3G phones of ours call each other over `netsim`, in virtual time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use emulator::{Access, Config, End, Event, Impairments, Input, KeyForm, Material, Output, Phone, ThreeG};
use h324m::{BitOrder, Level};
use media::{Codec, Kind, Now, Size};
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

/// One telephone and what its user saw and heard.
struct Side {
    phone: Phone,
    address: SocketAddr,
    due: Option<Instant>,
    seen: Seen,
}

#[derive(Debug, Default)]
struct Seen {
    up: bool,
    /// Channels are open on the circuit.
    open: Option<Duration>,
    level: Option<Level>,
    pictures: usize,
    sound: Vec<i16>,
    frames: [usize; 2],
    keys: Vec<char>,
    over: Option<End>,
}

struct Pair {
    network: Network,
    sides: [Side; 2],
}

impl Pair {
    /// A caller and a callee; `seed` decides everything random.
    fn new(configs: [Config; 2], link: Link, seed: u64) -> Pair {
        let mut network = Network::new(base(), seed);
        network.set_default_link(link);
        let mut host = 0;
        let sides = configs.map(|config| {
            host += 1;
            let address = SocketAddr::from(([192, 0, 2, host], SIP));
            let (audio_port, video_port) = (AUDIO, VIDEO);
            let seed = seed.wrapping_mul(7).wrapping_add(u64::from(host));
            let config = Config { sip: address, audio_port, video_port, seed, answers: host == 2, ..config };
            Side { phone: Phone::new(config).expect("codecs"), address, due: None, seen: Seen::default() }
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

    /// Lets the world go on for so long.
    fn run(&mut self, time: Duration) {
        let end = self.network.now() + time;
        while self.network.now() < end {
            for at in 0..2 {
                self.drain(at);
            }
            let due = self.sides.iter().filter_map(|side| side.due).min().map_or(end, |due| due.min(end));
            match self.network.step(Some(due)) {
                Some(Step::Deliver(datagram)) => self.deliver(datagram),
                Some(Step::Timer) | None => {
                    let now = self.now();
                    for side in &mut self.sides {
                        side.phone.handle_input(now, Input::Timeout);
                    }
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
        let (now, elapsed) = (self.now(), self.network.elapsed());
        let Side { phone, address, due, seen } = &mut self.sides[at];
        loop {
            match phone.poll_output(now) {
                Output::Sip { to, data } => self.network.send(*address, to, data),
                Output::Media { kind, component, to, data } => {
                    let port = if kind == Kind::Audio { AUDIO } else { VIDEO };
                    let port = port + u16::from(component == Component::Rtcp);
                    self.network.send(SocketAddr::new(address.ip(), port), to, data);
                }
                Output::Event(event) => seen.take(elapsed, event),
                Output::Timeout(next) => {
                    *due = next;
                    return;
                }
            }
        }
    }

    fn seen(&self, at: usize) -> &Seen {
        &self.sides[at].seen
    }
}

impl Seen {
    fn take(&mut self, at: Duration, event: Event) {
        match event {
            Event::Ringing(_) => {}
            Event::Up => self.up = true,
            Event::Sound(pcm) => self.sound.extend(pcm),
            Event::Picture(_) => self.pictures += 1,
            Event::Frame(frame) => self.frames[usize::from(frame.codec.kind() == Kind::Video)] += 1,
            Event::Key(key) => self.keys.push(key.as_char()),
            Event::Circuit(h324m::Event::LevelUp(level)) => self.level = Some(level),
            Event::Circuit(h324m::Event::Up { .. }) => self.open = Some(at),
            Event::Circuit(_) => {}
            Event::Over(end) => self.over = Some(end),
        }
    }
}

/// How much of the sound is a tone of `hz`: 1.0 is all.
fn tone_share(pcm: &[i16], hz: f64) -> f64 {
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for (at, &sample) in pcm.iter().enumerate() {
        let (angle, sample) = (std::f64::consts::TAU * hz * at as f64 / 8_000.0, f64::from(sample));
        re += sample * angle.cos();
        im += sample * angle.sin();
        power += sample * sample;
    }
    2.0 * (re * re + im * im) / (pcm.len() as f64 * power.max(1.0))
}

/// What makes a phone a special one.
type Adapt = fn(&mut ThreeG);

fn three_g(hz: u16, adapt: impl FnOnce(&mut ThreeG)) -> Config {
    let mut three_g = ThreeG::default();
    adapt(&mut three_g);
    Config {
        access: Access::Circuit(three_g),
        material: Material::test(hz),
        ..Config::three_g("13800000000")
    }
}

fn key(key: char) -> Digit {
    Digit::try_from(key).expect("a key")
}

/// Both see, hear and are told keys.
fn talk(configs: [Config; 2], tones: [f64; 2], link: Link) -> Pair {
    let mut pair = Pair::new(configs, link, 7);
    pair.call();
    pair.run(Duration::from_secs(4));
    for at in 0..2 {
        let now = pair.now();
        assert!(pair.sides[at].phone.press(now, key('5')), "{:?}", pair.seen(at));
    }
    pair.run(Duration::from_secs(6));
    for (at, tone) in [(0, tones[1]), (1, tones[0])] {
        let seen = pair.seen(at);
        assert!(seen.up && seen.over.is_none(), "side {at}: {:?}", seen.over);
        assert_eq!(seen.keys, ['5'], "side {at}");
        assert!(seen.pictures > 25, "side {at}: {} pictures", seen.pictures);
        assert!(seen.sound.len() > 5 * 8_000, "side {at}: {} samples", seen.sound.len());
        let share = tone_share(&seen.sound[seen.sound.len() - 8_000..], tone);
        assert!(share > 0.8, "side {at}: {share:.2} of what is heard is the tone");
    }
    pair
}

/// The caller hangs up; the callee hears of it.
fn hang_up(pair: &mut Pair) {
    let now = pair.now();
    pair.sides[0].phone.hang_up(now);
    pair.run(Duration::from_secs(2));
    assert_eq!(pair.seen(0).over, Some(End::Local));
    let far = pair.seen(1).over.clone();
    assert!(matches!(far, Some(End::Remote { .. })), "{far:?}");
    assert!(!pair.sides[0].phone.is_busy() && !pair.sides[1].phone.is_busy());
}

#[test]
fn two_3g_phones_see_and_hear_each_other() {
    let configs = [three_g(400, |_| {}), three_g(900, |_| {})];
    let mut pair = talk(configs, [400.0, 900.0], Link::perfect());
    for at in 0..2 {
        let seen = pair.seen(at);
        println!("side {at}: open after {:?}", seen.open);
        assert_eq!(seen.level, Some(Level::Two { optional_header: false }));
        let report = pair.sides[at].phone.circuit_report().expect("a circuit");
        assert_eq!((report.terminal.crc_errors, report.terminal.headers_failed), (0, 0));
        assert_eq!(report.line.octets_lost, 0);
    }
    hang_up(&mut pair);
    assert!(pair.sides[0].phone.circuit_report().is_some(), "the counters of the last call stay");
}

#[test]
fn two_3g_phones_of_every_kind_talk() {
    let one = Level::One { double_flag: false };
    let kinds: [(&str, Adapt); 8] = [
        ("level 0", |phone| phone.terminal.level = Level::Zero),
        ("level 1", |phone| phone.terminal.level = Level::One { double_flag: false }),
        ("2oh", |phone| phone.terminal.level = Level::Two { optional_header: true }),
        ("NSRP", |phone| phone.terminal.wnsrp = false),
        ("no SN", |phone| phone.terminal.al2_sequence_numbers = false),
        ("AL3", |phone| phone.terminal.al3_video = true),
        ("MPEG-4", |phone| phone.terminal.video = vec![Codec::Mpeg4]),
        ("signal", |phone| phone.keys = KeyForm::Signal),
    ];
    for (name, adapt) in kinds {
        println!("{name}");
        talk([three_g(400, adapt), three_g(900, adapt)], [400.0, 900.0], Link::perfect());
    }
    let mixed = [
        three_g(400, |phone| phone.terminal.level = Level::One { double_flag: false }),
        three_g(900, |_| {}),
    ];
    let pair = talk(mixed, [400.0, 900.0], Link::perfect());
    assert_eq!(pair.seen(1).level, Some(one), "the lower level is that of both");
}

#[test]
fn a_key_said_in_both_forms_is_heard_once() {
    let both = three_g(400, |phone| phone.keys = KeyForm::Both);
    talk([both.clone(), both], [400.0, 400.0], Link::perfect());
}

#[test]
fn two_3g_phones_with_the_other_bit_order_talk() {
    let lsb = || three_g(400, |phone| phone.terminal.bit_order = Some(BitOrder::Lsb));
    talk([lsb(), lsb()], [400.0, 400.0], Link::perfect());
    let finds_out = three_g(400, |phone| phone.terminal.bit_order = None);
    talk([lsb(), finds_out], [400.0, 400.0], Link::perfect());
}

#[test]
fn two_3g_phones_talk_over_a_bad_line() {
    let bad = |loss, reorder, bit_errors| Config {
        impairments: Impairments { bit_errors, loss, reorder },
        ..three_g(400, |_| {})
    };
    for (loss, reorder, bit_errors) in [(0.01, 0.0, 0.0), (0.0, 0.02, 0.0), (0.0, 0.0, 1e-4)] {
        println!("loss {loss}, reorder {reorder}, bit errors {bit_errors}");
        let mut pair = Pair::new([bad(loss, reorder, bit_errors), three_g(900, |_| {})], Link::perfect(), 7);
        pair.call();
        pair.run(Duration::from_secs(20));
        let counted = pair.sides[0].phone.circuit_report().expect("a circuit");
        for at in 0..2 {
            let seen = pair.seen(at);
            assert!(seen.over.is_none(), "{:?}", seen.over);
            assert!(seen.pictures > 20, "side {at}: {} pictures", seen.pictures);
            assert!(seen.sound.len() > 14 * 8_000, "side {at}: {} samples", seen.sound.len());
        }
        assert_eq!(counted.line.octets_lost > 0, loss > 0.0, "{counted:?}");
        let wrong = counted.terminal.crc_errors + counted.terminal.golay_corrected;
        assert!(bit_errors == 0.0 || wrong > 10, "{counted:?}");
    }
}

#[test]
fn a_phone_that_decodes_nothing_hands_out_frames() {
    let blind = Config { decodes: false, ..three_g(400, |_| {}) };
    let mut pair = Pair::new([blind, three_g(900, |_| {})], Link::perfect(), 7);
    pair.call();
    pair.run(Duration::from_secs(6));
    let Seen { frames: [sound, pictures], sound: pcm, .. } = pair.seen(0);
    assert!(*sound > 150 && *pictures > 20 && pcm.is_empty(), "{sound} {pictures}");
}

#[test]
fn a_telephone_without_circuits_refuses_a_3g_phone() {
    let sip = Config::new("1008621", Codec::H263, Size::QCIF);
    let mut pair = Pair::new([three_g(400, |_| {}), sip], Link::perfect(), 7);
    pair.call();
    pair.run(Duration::from_secs(2));
    assert!(matches!(pair.seen(0).over, Some(End::Refused(_))), "{:?}", pair.seen(0).over);
}

#[test]
fn a_3g_phone_gives_up_on_a_line_without_h324() {
    let mut pair = Pair::new([three_g(400, |_| {}), three_g(900, |_| {})], Link::perfect(), 7);
    pair.call();
    // The 200 has come, the callee's line begins with the ACK.
    pair.run(Duration::from_micros(2_500));
    assert!(pair.seen(0).up && !pair.seen(1).up);
    let (a, b) = (pair.sides[0].address.ip(), pair.sides[1].address.ip());
    pair.network.set_link(b, a, Link::dead());
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.seen(0).over, Some(End::Session(h324m::EndCause::NoH324)));
}

#[test]
fn sip_telephones_with_every_codec_talk() {
    for (audio, video, size) in [
        (Codec::Pcmu, Codec::H264, Size::CIF),
        (Codec::Pcma, Codec::H263, Size::QCIF),
        (Codec::Amr, Codec::Mpeg4, Size::QCIF),
        (Codec::Amr, Codec::H263, Size::QCIF),
    ] {
        println!("{audio} {video}");
        let phone = |hz| Config {
            access: Access::Packets { audio: vec![audio], video, size },
            material: Material::test(hz),
            ..Config::new("13800000000", video, size)
        };
        let mut pair = talk([phone(400), phone(900)], [400.0, 900.0], Link::perfect());
        hang_up(&mut pair);
    }
}
