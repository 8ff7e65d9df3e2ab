//! Recordings of third-party terminals, replayed into a terminal of ours: what their own stack delivered must
//! come out of it.
//!
//! The octets of one side go into a [`Session`] which takes that side for its peer. The recorded terminal does
//! not hear our answers, but what it sends next is what a terminal sends that was answered.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h324m::frames::amr;
use h324m::{BitOrder, Config, DigitForm, EndCause, Event, Input, Level, Output, Session};
use media::{Frame, Kind};

/// The folder of a recording; `None`, said aloud, where they are not. In CI they have to be.
fn recording(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/h324m/vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
    let why = format!("h324m recordings, {name}: not at ../shared/h324m/vectors beside the project");
    eprintln!("NOT RUN: {why}");
    if let Some(list) = std::env::var_os("VIREO_NOT_RUN") {
        let mut list =
            fs::OpenOptions::new().append(true).create(true).open(list).expect("the list can be written");
        writeln!(list, "{why}").expect("the list can be written");
    }
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

    /// Whole pictures as the line carried them: headers that were put before a key picture are left out again.
    fn pictures(&self) -> Vec<&[u8]> {
        let whole = self.of(Kind::Video).filter(|frame| !frame.damaged);
        whole.map(|frame| frame.data.strip_prefix(headers(&frame.data)).expect("its own start")).collect()
    }

    /// The recorded terminal said EndSession; what its line carried after that is not listened to.
    fn ended(&self) -> bool {
        self.session.ended() == Some(EndCause::PeerEnded)
    }

    fn digits(&self) -> Vec<(char, DigitForm)> {
        let digit = |event: &Event| match event {
            Event::Digit { digit, form, .. } => Some((*digit, *form)),
            _ => None,
        };
        self.events.iter().filter_map(digit).collect()
    }
}

/// What stands before the first VOP.
fn headers(unit: &[u8]) -> &[u8] {
    let vop = unit.windows(4).position(|code| code == [0, 0, 1, 0xB6]);
    &unit[..vop.unwrap_or(0)]
}

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

/// Replays octets in H.223 order into a terminal, 160 a tick, in the bit order it is told or has to find.
fn replay(raw: &[u8], level: Level, order: BitOrder) -> Heard {
    // The recorded peer became master or slave of somebody else: be whom it takes us for.
    let heard = [192, 64].map(|terminal_type| replay_as(terminal_type, raw, level, order));
    let agreed = |heard: &Heard| heard.session.ended() != Some(EndCause::NoMaster);
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

/// What a line may still carry of a medium after EndSession, in octets (0.6 s).
const AFTER_END: usize = 31 * 30;

/// Each side's deliveries out of the other side's line.
fn reproduces(name: &str, levels: [Level; 2], strange_max: usize) {
    let Some(folder) = recording(name) else { return };
    let read =
        |file: String| fs::read(folder.join(&file)).unwrap_or_else(|error| panic!("{name}/{file}: {error}"));
    for (receiver, sender, level) in [("a", "b", levels[0]), ("b", "a", levels[1])] {
        let raw = read(format!("{sender}_tx.raw"));
        // A's pictures go by the way back of a channel of B's, whose number our OpenLogicalChannel has not: the
        // demultiplexer's own test has them.
        let pictures = (name, sender) != ("l2_al3", "a");
        for order in [BitOrder::Msb, BitOrder::Lsb] {
            let heard = replay(&raw, level, order);
            let what = format!("{name}: {receiver} hears {sender}, {order:?}");
            same_speech(&heard, &read(format!("{receiver}_in.if2")), &what);
            if pictures {
                same_pictures(&heard, &read(format!("{receiver}_in.vid")), &what, strange_max);
            }
            let counters = heard.session.counters();
            assert_eq!(counters.crc_errors, 0, "{what}: {counters:?}");
            eprintln!(
                "{what}: {} speech frames, {} pictures",
                counters.audio_received, counters.pictures_received
            );
        }
    }
}

/// Ours is theirs, as far as both go.
fn same_speech(heard: &Heard, theirs: &[u8], what: &str) {
    let ours = heard.if2();
    let missing = if heard.ended() { AFTER_END } else { 0 };
    assert!(theirs.len() > 31 * 50, "{what}: a recording without speech shows nothing");
    let common = ours.len().min(theirs.len());
    assert!(ours[..common] == theirs[..common], "{what}: speech differs");
    assert!(ours.len() + missing >= theirs.len(), "{what}: {} of {} octets", ours.len(), theirs.len());
}

/// Their stream is our pictures one after the other, but for `strange_max` of ours: at level 1 their stack
/// takes content that looks like a flag for one, and goes on with what is left of the SDU.
fn same_pictures(heard: &Heard, theirs: &[u8], what: &str, strange_max: usize) {
    let pictures = heard.pictures();
    let mut at = headers(theirs).len();
    let mut strange = 0;
    for (index, picture) in pictures.iter().enumerate() {
        if theirs[at..].len() < picture.len() {
            assert!(picture.starts_with(&theirs[at..]) || strange < strange_max, "{what}: picture {index}");
            return;
        }
        let found = theirs[at..].windows(picture.len()).position(|window| window == *picture);
        let contiguous = found == Some(0) || (found.is_some() && strange > 0);
        strange += usize::from(!contiguous);
        assert!(strange <= strange_max, "{what}: picture {index} was delivered otherwise");
        at += found.map_or(0, |found| found + picture.len());
    }
    // The last picture waits for a next one, or came after EndSession.
    assert!(pictures.len() > 15 && theirs.len() - at < 5_000, "{what}: {at} of {} octets", theirs.len());
}

#[test]
fn level_0() {
    reproduces("l0", [Level::Zero; 2], 0);
}

#[test]
fn level_0_of_a_terminal_that_starts_higher() {
    reproduces("l0", [TWO; 2], 0);
}

#[test]
fn level_1() {
    reproduces("l1", [Level::One { double_flag: false }; 2], 2);
}

#[test]
fn level_2() {
    reproduces("l2", [TWO; 2], 0);
}

#[test]
fn level_2_with_the_optional_header() {
    reproduces("l2oh", [Level::Two { optional_header: true }; 2], 0);
}

#[test]
fn pictures_on_al3() {
    reproduces("l2_al3", [TWO; 2], 0);
}

#[test]
fn mpeg4() {
    reproduces("l2_m4v", [TWO; 2], 0);
}

#[test]
fn nsrp_alone() {
    reproduces("l2_nownsrp", [TWO; 2], 0);
}

#[test]
fn levels_that_meet() {
    reproduces("l2_vs_l1", [TWO, Level::One { double_flag: false }], 3);
}

#[test]
fn at_least_as_much_as_the_other_stack_under_bit_errors() {
    let Some(folder) = recording("l2_ber1e4") else { return };
    for side in ["a", "b"] {
        let raw = fs::read(folder.join(format!("{side}_rx.raw"))).unwrap();
        let theirs = fs::read(folder.join(format!("{side}_in.if2"))).unwrap();
        let heard = replay(&raw, TWO, BitOrder::Msb);
        let (ours, counters) = (heard.of(Kind::Audio).count() * 31, heard.session.counters());
        let good = heard.if2().len() / 31;
        eprintln!(
            "{side}: {} speech frames, {good} good, the other stack {}; {counters:?}",
            ours / 31,
            theirs.len() / 31
        );
        let missing = if heard.ended() { AFTER_END } else { 31 };
        assert!(ours + missing >= theirs.len(), "{side}: {ours} of {}", theirs.len());
        let pictures = fs::read(folder.join(format!("{side}_in.vid"))).unwrap();
        let octets: usize = heard.of(Kind::Video).map(|frame| frame.data.len()).sum();
        eprintln!(
            "{side}: {octets} octets of pictures, the other stack {} with the damaged ones",
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
