//! What each adaptation layer promises of its SDUs (H.223 §7).

use super::*;

const PLAIN: AdaptationLayer = AdaptationLayer::Al2 { sequence_numbers: false };

/// Speech on `layer`, a frame a tick; `lost` are the ticks whose octets never come.
fn speech(layer: AdaptationLayer, frames: &[Vec<u8>], lost: &[usize]) -> Vec<Received> {
    let mut line = Line::new(Level::Two { optional_header: false });
    line.sender.open(AUDIO, layer, false, Class::Audio);
    line.receiver.open(AUDIO, layer, false);
    for (tick, frame) in frames.iter().enumerate() {
        line.sender.push(AUDIO, frame.clone().into()).unwrap();
        let octets = line.tick(160);
        if lost.contains(&tick) {
            line.receiver.lost(octets.len());
        } else {
            line.receiver.push(&octets);
        }
    }
    line.drain()
}

/// 40 frames of AMR 12.2, of which no two begin alike.
fn frames() -> Vec<Vec<u8>> {
    let mut noise = Noise(5);
    (0..40).map(|_| [vec![7 | noise.next() as u8 & 0xF0], noise.octets(30)].concat()).collect()
}

#[test]
fn al2_without_numbers_carries_the_octets_and_their_checksum_only() {
    let frames = frames();
    let all = speech(PLAIN, &frames, &[]);
    assert_eq!(sdus(&all, AUDIO), frames);
    let unnumbered = |one: &Received| match one {
        Received::Sdu { channel: AUDIO, sequence, lost, .. } => sequence.is_none() && *lost == 0,
        Received::Sdu { .. } | Received::RetransmissionWanted { .. } | Received::Srej { .. } => true,
    };
    assert!(all.iter().all(unnumbered), "{all:?}");
}

#[test]
fn al2_without_numbers_does_not_know_what_is_lost() {
    let frames = frames();
    let lost_sdus = |layer| {
        let lost = |one: &Received| match one {
            Received::Sdu { channel: AUDIO, lost, .. } => u32::from(*lost),
            Received::Sdu { .. } | Received::RetransmissionWanted { .. } | Received::Srej { .. } => 0,
        };
        let all = speech(layer, &frames, &[10, 11]);
        let right = sdus(&all, AUDIO);
        assert!(right.iter().all(|sdu| frames.iter().any(|frame| frame == sdu)), "no frame of parts of two");
        (40 - right.len(), all.iter().map(lost).sum::<u32>())
    };
    let (missing, told) = lost_sdus(AL2);
    assert!((1..=4).contains(&missing), "{missing}");
    assert_eq!(told as usize, missing, "numbers tell");
    let (missing, told) = lost_sdus(PLAIN);
    assert!((1..=4).contains(&missing), "{missing}");
    assert_eq!(told, 0);
}

#[test]
fn al2_without_numbers_may_be_as_short_as_a_frame_without_data() {
    for layer in [PLAIN, AL2] {
        let frames = vec![vec![0x0F]; 12];
        assert_eq!(sdus(&speech(layer, &frames, &[]), AUDIO), frames, "{layer:?}");
    }
}

#[test]
fn al1_framed_keeps_the_ends_of_sdus_at_every_level() {
    for level in LEVELS {
        let mut line = Line::with(level, AdaptationLayer::Al1Framed);
        // Without 1E, E1 and 4D, or level 1 would see flags in them.
        let sdus_sent: Vec<Vec<u8>> = [1, 2, 40, 253, 254, 255, 700].map(|len| vec![0x35; len]).to_vec();
        for sdu in &sdus_sent {
            line.sender.push(VIDEO, sdu.clone().into()).unwrap();
        }
        assert_eq!(sdus(&line.drain(), VIDEO), sdus_sent, "{level:?}");
    }
}

#[test]
fn al1_unframed_is_a_stream_of_octets() {
    for level in LEVELS {
        let mut line = Line::with(level, AdaptationLayer::Al1Unframed);
        let sent: Vec<Vec<u8>> = [1_u8, 2, 3, 4].map(|n| vec![0x30 + n; 150 * usize::from(n)]).to_vec();
        for sdu in &sent {
            line.sender.push(VIDEO, sdu.clone().into()).unwrap();
        }
        let all = line.drain();
        assert_eq!(sdus(&all, VIDEO).concat(), sent.concat(), "{level:?}");
    }
}

#[test]
fn al1_delivers_what_came_damaged_too() {
    let mut line = Line::with(Level::Two { optional_header: false }, AdaptationLayer::Al1Framed);
    line.sender.push(VIDEO, vec![0x35; 60].into()).unwrap();
    // The first stuffing is unbroken and comes first.
    let mut octets: Vec<u8> = (0..10).flat_map(|_| line.tick(160)).collect();
    let at = octets.windows(60).position(|run| run == [0x35; 60]).expect("it was sent");
    octets[at + 30] ^= 1;
    line.receiver.push(&octets);
    let all = received(&mut line.receiver);
    assert_eq!(sdus(&all, VIDEO).len(), 1, "there is no checksum that could tell");
}
