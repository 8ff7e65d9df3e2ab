//! Third-party recordings: every SDU that their stack delivered comes out of what the other side sent.

use std::path::{Path, PathBuf};

use super::*;

const AL3: AdaptationLayer = AdaptationLayer::Al3 { control_octets: 1, send_buffer: 0 };
const TWO: Level = Level::Two { optional_header: false };

/// The folder of a recording; `None` (and said so) where the recordings are not at hand.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/h324m/vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the recordings have to be there in CI: {}", folder.display());
    println!("NOT RUN: no recording at {}", folder.display());
    None
}

/// What one side sent, or received, demultiplexed.
struct Heard {
    audio: Vec<u8>,
    audio_count: usize,
    video: Vec<Bytes>,
    control: usize,
    control_right: usize,
    statistics: ReceiveStatistics,
    all: Vec<Received>,
}

/// Channels of a recording: audio, video with its layer, each by the entry of its own number.
fn hear(octets: &[u8], level: Level, video: u16, layer: AdaptationLayer, chunk: usize) -> Heard {
    let mut receiver = Demultiplexer::new(level);
    for (channel, layer, segmentable) in [(AUDIO, AL2, false), (video, layer, true)] {
        receiver.open(channel, layer, segmentable);
        receiver.set_entry(channel as u8, Some(MultiplexEntry::single(channel)));
    }
    let mut all = Vec::new();
    for piece in octets.chunks(chunk) {
        receiver.push(piece);
        all.extend(received(&mut receiver));
    }
    receiver.flush();
    all.extend(received(&mut receiver));
    let speech = sdus(&all, AUDIO);
    let control = sdus(&all, CONTROL);
    let mut control_right = 0;
    for frame in control.iter().filter(|frame| frame.len() > 2) {
        let (content, fcs) = frame.split_at(frame.len() - 2);
        control_right += usize::from(crc16(content).to_le_bytes() == fcs);
    }
    Heard {
        audio: speech.concat(),
        audio_count: speech.len(),
        video: sdus(&all, video),
        control: control.len(),
        control_right,
        statistics: receiver.statistics(),
        all,
    }
}

/// That what they delivered is the beginning of ours.
fn is_prefix(delivered: &[u8], ours: &[u8], what: &str) {
    let same = delivered.iter().zip(ours).take_while(|(a, b)| a == b).count();
    let (all, have) = (delivered.len(), ours.len());
    assert!(same == all, "{what}: {same} of {all} octets are the same, ours are {have}");
}

/// SDUs that their stack delivered otherwise than they were sent.
///
/// Their stack loses the first piece of one SDU where the session ends, and at level 1 it takes content that
/// looks like a flag for one; their file goes on with what is left of it.
fn differing(delivered: &[u8], ours: &[Bytes]) -> usize {
    let (mut rest, mut differing) = (delivered, 0);
    for (index, sdu) in ours.iter().enumerate() {
        let same = sdu.len().min(rest.len());
        if rest[..same] == sdu[..same] {
            rest = &rest[same..];
            continue;
        }
        differing += 1;
        let next = ours.get(index + 1).map_or(&[][..], |next| &next[..next.len().min(24)]);
        let skipped = rest.windows(next.len().max(1)).take(sdu.len() + 1).position(|window| window == next);
        rest = &rest[skipped.unwrap_or(rest.len().min(sdu.len()))..];
    }
    assert!(rest.is_empty(), "{} octets that they delivered are not in ours", rest.len());
    differing
}

fn session(name: &str, level: Level, video: [u16; 2], layer: AdaptationLayer) {
    let Some(folder) = folder(name) else { return };
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    for (from, to, video) in [("a", "b", video[0]), ("b", "a", video[1])] {
        let mut sent = read(&format!("{from}_tx.raw"));
        if level == (Level::One { double_flag: false }) {
            // A side that falls to level 1 begins with stuffing of level 2.
            sent.drain(..sent.windows(4).position(|four| four == [0xE1, 0x4D, 0xE1, 0x4D]).unwrap());
        }
        let heard = hear(&sent, level, video, layer, 160);
        let delivered = read(&format!("{to}_in.vid"));
        // MPEG-4: the recording begins with the VOL out of the OLC.
        let vol = if name == "l2_m4v" { header_of(&delivered, &heard.video[0]) } else { 0 };
        println!(
            "{name} {from}: {} audio SDUs, {} octets of video, {} control frames, {:?}",
            heard.audio_count,
            heard.video.concat().len(),
            heard.control,
            heard.statistics
        );
        is_prefix(&read(&format!("{to}_in.if2")), &heard.audio, &format!("{name}: audio of {from}"));
        let differing = differing(&delivered[vol..], &heard.video);
        println!("{name} {from}: {differing} of {} video SDUs differ", heard.video.len());
        assert!(differing <= if name.ends_with("l1") { 3 } else { 1 });
        assert_eq!((heard.statistics.crc_errors, heard.statistics.lost_sdus), (0, 0));
        assert_eq!((heard.statistics.golay_failed, heard.control - heard.control_right), (0, 0));
        for chunk in [1, 7, 80, 100_000] {
            assert!(hear(&sent, level, video, layer, chunk).all == heard.all, "in pieces of {chunk} octets");
        }
    }
}

/// Octets of MPEG-4 headers before the first SDU.
fn header_of(delivered: &[u8], ours: &[u8]) -> usize {
    let first = &ours[..8.min(ours.len())];
    delivered.windows(first.len()).position(|window| window == first).unwrap_or(0)
}

#[test]
fn level_0() {
    session("l0", Level::Zero, [7, 7], AL2);
}

#[test]
fn level_1() {
    session("l1", Level::One { double_flag: false }, [7, 7], AL2);
}

#[test]
fn level_2() {
    session("l2", TWO, [7, 7], AL2);
}

#[test]
fn level_2_with_optional_header() {
    session("l2oh", Level::Two { optional_header: true }, [7, 7], AL2);
}

#[test]
fn level_2_with_al3() {
    session("l2_al3", TWO, [8, 7], AL3);
}

#[test]
fn level_2_with_mpeg4() {
    session("l2_m4v", TWO, [7, 7], AL2);
}

#[test]
fn level_2_without_wnsrp() {
    session("l2_nownsrp", TWO, [7, 7], AL2);
}

#[test]
fn level_2_that_falls_to_1() {
    session("l2_vs_l1", Level::One { double_flag: false }, [7, 7], AL2);
}

/// Both sides behind bit errors of 1e-4: no less speech than the third-party stack got out of the same octets.
#[test]
fn level_2_with_bit_errors() {
    let Some(folder) = folder("l2_ber1e4") else { return };
    for side in ["a", "b"] {
        let heard = hear(&std::fs::read(folder.join(format!("{side}_rx.raw"))).unwrap(), TWO, 7, AL2, 160);
        let theirs = std::fs::read(folder.join(format!("{side}_in.if2"))).unwrap().len() / 31;
        let damaged = heard.statistics.crc_errors;
        println!(
            "l2_ber1e4 {side}: {} audio SDUs right ({theirs} theirs), {damaged} SDUs damaged",
            heard.audio_count
        );
        println!("l2_ber1e4 {side}: {:?}", heard.statistics);
        let speech = |received: &&Received| matches!(received, Received::Sdu { channel: AUDIO, .. });
        assert!(heard.all.iter().filter(speech).count() >= theirs, "less speech than they had");
        assert!(heard.statistics.golay_corrected > 0);
    }
}

/// A circuit joined in its midst is understood from there on; what was begun before is lost.
#[test]
fn a_recording_is_joined_anywhere() {
    let Some(folder) = folder("l2") else { return };
    let sent = std::fs::read(folder.join("a_tx.raw")).unwrap();
    let whole = hear(&sent, TWO, 7, AL2, 160);
    for start in (8_000..16_000).step_by(61) {
        let heard = hear(&sent[start..], TWO, 7, AL2, 160);
        assert!(whole.audio.ends_with(&heard.audio), "from octet {start}");
        assert!(heard.statistics.crc_errors <= 1, "from octet {start}");
    }
}

/// The level of each side is heard in its first octets, in either bit order.
#[test]
fn levels_and_bit_orders_are_heard() {
    let two_oh = Level::Two { optional_header: true };
    let one = Level::One { double_flag: false };
    for (name, level) in [("l0", Level::Zero), ("l1", one), ("l2", TWO), ("l2oh", two_oh), ("l2_m4v", TWO)] {
        let Some(folder) = folder(name) else { return };
        for side in ["a", "b"] {
            let octets = std::fs::read(folder.join(format!("{side}_tx.raw"))).unwrap();
            let heard =
                octets.chunks(160).scan(Detector::new(two_oh), |detector, chunk| Some(detector.push(chunk)));
            let answers: Vec<Level> = heard.flatten().collect();
            assert_eq!(answers, [level], "{name} {side}");
            for order in [BitOrder::Msb, BitOrder::Lsb] {
                let mut trunk = octets.clone();
                order.convert(&mut trunk);
                let mut detector = OrderDetector::new();
                let at = trunk.chunks(160).position(|chunk| detector.push(chunk) == Some(order));
                println!("{name} {side}: {order:?} known after packet {at:?}");
                assert!(at.is_some());
                assert_eq!(detector.push(&[]), Some(order));
            }
        }
    }
}

/// One end starts at level 2, the other at level 1: both arrive at 1.
#[test]
fn the_fall_of_a_terminal_is_followed() {
    let Some(folder) = folder("l2_vs_l1") else { return };
    let one = Level::One { double_flag: false };
    let octets = std::fs::read(folder.join("a_tx.raw")).unwrap();
    let heard = octets.chunks(160).scan(Detector::new(TWO), |detector, chunk| Some(detector.push(chunk)));
    assert_eq!(heard.flatten().collect::<Vec<_>>(), [TWO, one]);
    let heard = octets.chunks(160).scan(Detector::new(one), |detector, chunk| Some(detector.push(chunk)));
    assert_eq!(heard.flatten().collect::<Vec<_>>(), [one]);
}
