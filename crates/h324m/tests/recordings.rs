//! Recordings of third-party terminals, replayed into a terminal of ours: what their own stack delivered must
//! come out of it.
//!
//! The octets of one side go into a [`Session`] which takes that side for its peer. The recorded terminal does
//! not hear our answers, but what it sends next is what a terminal sends that was answered.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h324m::frames::amr;
use h324m::{BitOrder, Config, DigitForm, Event, Input, Level, Output, Session};
use media::{Frame, Kind};

/// The folder of a recording; `None`, said aloud, where they are not. In CI they have to be.
fn recording(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/h324m/vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
    eprintln!("NOT RUN: no recordings at {}", folder.display());
    None
}

struct Heard {
    frames: Vec<Frame>,
    events: Vec<Event>,
    session: Session,
}

impl Heard {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(move |frame| frame.codec.kind() == kind)
    }

    /// Speech as the circuit carries it, bad frames left out.
    fn if2(&self) -> Vec<u8> {
        let good = self.of(Kind::Audio).filter(|frame| !frame.damaged);
        good.flat_map(|frame| amr::to_if2(&frame.data).expect("a good frame")).collect()
    }

    fn pictures(&self) -> Vec<u8> {
        self.of(Kind::Video).flat_map(|frame| frame.data.clone()).collect()
    }

    fn digits(&self) -> Vec<(char, DigitForm)> {
        let digit = |event: &Event| match event {
            Event::Digit { digit, form, .. } => Some((*digit, *form)),
            _ => None,
        };
        self.events.iter().filter_map(digit).collect()
    }
}

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

/// Replays octets in H.223 order into a terminal, 160 a tick, in the bit order it is told or has to find.
fn replay(raw: &[u8], level: Level, order: BitOrder) -> Heard {
    // The recorded peer became master or slave of somebody else: be whom it takes us for.
    let heard = [192, 64].map(|terminal_type| replay_as(terminal_type, raw, level, order));
    let agreed = |heard: &Heard| heard.session.ended() != Some(h324m::EndCause::NoMaster);
    heard.into_iter().find(agreed).expect("one of the roles fits")
}

fn replay_as(terminal_type: u8, raw: &[u8], level: Level, order: BitOrder) -> Heard {
    let mut now = base();
    let config = Config { terminal_type, level, ..Config::default() };
    let mut heard = Heard { frames: Vec::new(), events: Vec::new(), session: Session::new(now, config) };
    for chunk in raw.chunks(160) {
        let mut octets = chunk.to_vec();
        order.convert(&mut octets);
        heard.session.handle_input(now, Input::Line(Bytes::from(octets)));
        let _ = heard.session.take_line(now, 160);
        loop {
            match heard.session.poll_output() {
                Output::Frame(frame) => heard.frames.push(frame),
                Output::Event(event) => heard.events.push(event),
                Output::Timeout(_) => break,
            }
        }
        now += Duration::from_millis(20);
    }
    now += Duration::from_secs(1);
    heard.session.handle_input(now, Input::Timeout);
    while let Output::Frame(frame) = heard.session.poll_output() {
        heard.frames.push(frame);
    }
    heard
}

const TWO: Level = Level::Two { optional_header: false };

/// Each side's deliveries out of the other side's line.
fn reproduces(name: &str, levels: [Level; 2]) {
    let Some(folder) = recording(name) else { return };
    let read =
        |file: String| fs::read(folder.join(&file)).unwrap_or_else(|error| panic!("{name}/{file}: {error}"));
    for (receiver, sender, level) in [("a", "b", levels[0]), ("b", "a", levels[1])] {
        let raw = read(format!("{sender}_tx.raw"));
        for order in [BitOrder::Msb, BitOrder::Lsb] {
            let heard = replay(&raw, level, order);
            let what = format!("{name}: {receiver} hears {sender}, {order:?}");
            let (speech, pictures) = (read(format!("{receiver}_in.if2")), read(format!("{receiver}_in.vid")));
            assert!(speech.len() > 31 * 50, "{what}: a recording without speech shows nothing");
            assert!(heard.if2().starts_with(&speech), "{what}: {}", differs(&heard.if2(), &speech));
            let ours = heard.pictures();
            let common = ours.len().min(pictures.len());
            assert_eq!(ours[..common], pictures[..common], "{what}: pictures differ");
            assert!(ours.len() + 600 > pictures.len(), "{what}: {} of {}", ours.len(), pictures.len());
            assert_eq!(heard.session.counters().crc_errors, 0, "{what}");
            assert!(heard.of(Kind::Video).all(|frame| !frame.damaged), "{what}");
            eprintln!(
                "{what}: {} speech frames, {} pictures",
                heard.of(Kind::Audio).count(),
                heard.of(Kind::Video).count()
            );
        }
    }
}

fn differs(ours: &[u8], theirs: &[u8]) -> String {
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b);
    format!("{} and {} octets, differ at {at:?}", ours.len(), theirs.len())
}

#[test]
fn level_0() {
    reproduces("l0", [Level::Zero; 2]);
}

#[test]
fn level_0_of_a_terminal_that_starts_higher() {
    reproduces("l0", [TWO; 2]);
}

#[test]
fn level_1() {
    reproduces("l1", [Level::One { double_flag: false }; 2]);
}

#[test]
fn level_2() {
    reproduces("l2", [TWO; 2]);
}

#[test]
fn level_2_with_the_optional_header() {
    reproduces("l2oh", [Level::Two { optional_header: true }; 2]);
}

#[test]
fn pictures_on_al3() {
    reproduces("l2_al3", [TWO; 2]);
}

#[test]
fn mpeg4() {
    reproduces("l2_m4v", [TWO; 2]);
}

#[test]
fn nsrp_alone() {
    reproduces("l2_nownsrp", [TWO; 2]);
}

#[test]
fn levels_that_meet() {
    reproduces("l2_vs_l1", [TWO, Level::One { double_flag: false }]);
}

#[test]
fn at_least_as_much_as_the_other_stack_under_bit_errors() {
    let Some(folder) = recording("l2_ber1e4") else { return };
    for side in ["a", "b"] {
        let raw = fs::read(folder.join(format!("{side}_rx.raw"))).unwrap();
        let theirs = fs::read(folder.join(format!("{side}_in.if2"))).unwrap();
        let heard = replay(&raw, TWO, BitOrder::Msb);
        let (ours, counters) = (heard.of(Kind::Audio).count(), heard.session.counters());
        let good = heard.if2().len() / 31;
        eprintln!(
            "{side}: {ours} speech frames ({good} good), the other stack {}; {counters:?}",
            theirs.len() / 31
        );
        assert!(ours * 31 + 62 >= theirs.len());
        let pictures = fs::read(folder.join(format!("{side}_in.vid"))).unwrap();
        eprintln!(
            "{side}: {} octets of pictures, the other stack {}",
            heard.pictures().len(),
            pictures.len()
        );
        assert!(counters.golay_corrected > 0 && counters.crc_errors > 0);
    }
}

#[test]
fn keys_of_the_recorded_terminal() {
    let Some(folder) = recording("l2") else { return };
    let raw = fs::read(folder.join("a_tx.raw")).unwrap();
    let heard = replay(&raw, TWO, BitOrder::Msb);
    use DigitForm::{Alphanumeric, Signal};
    assert_eq!(heard.digits(), [('1', Alphanumeric), ('*', Signal), ('A', Alphanumeric), ('9', Signal)]);
    assert!(heard.events.iter().any(|event| matches!(event, Event::KeyPictureWanted | Event::Vendor(_))));
}
