//! Bit errors, slips, losses, and octets that mean nothing.

use proptest::prelude::*;

use super::*;

/// A hundred speech frames and what came of them behind `spoil`.
fn speech(
    level: Level,
    seed: u64,
    mut spoil: impl FnMut(usize, Vec<u8>, &mut Demultiplexer, &mut Noise),
) -> usize {
    let (mut line, mut noise) = (Line::new(level), Noise(seed));
    let mut sent = Vec::new();
    for tick in 0..400 {
        sent.push(noise.octets(31));
        line.sender.push(AUDIO, sent[tick].clone().into()).unwrap();
        if line.sender.queued(VIDEO) < 400 {
            line.sender.push(VIDEO, noise.octets(200).into()).unwrap();
        }
        let octets = line.tick(160);
        spoil(tick, octets, &mut line.receiver, &mut noise);
    }
    line.receiver.flush();
    let right = sdus(&received(&mut line.receiver), AUDIO);
    right.iter().filter(|sdu| sent.iter().any(|other| other == *sdu)).count()
}

#[test]
fn speech_survives_bit_errors() {
    // Level, one wrong bit in so many, speech SDUs of 400 that must be right.
    let one = Level::One { double_flag: false };
    let two = |optional_header| Level::Two { optional_header };
    for (level, every, least) in [
        (two(false), 10_000, 375),
        (two(true), 10_000, 375),
        (two(false), 1_000, 270),
        (two(true), 1_000, 270),
        (one, 10_000, 370),
        (one, 1_000, 230),
        (Level::Zero, 10_000, 360),
        (Level::Zero, 1_000, 180),
    ] {
        let right = speech(level, 11, |_, mut octets, receiver, noise| {
            noise.damage(&mut octets, every);
            receiver.push(&octets);
        });
        println!("{level:?}, bit errors 1/{every}: {right} of 400");
        assert!(right >= least, "{level:?} at 1/{every}: {right}");
    }
}

/// Two packets in a hundred vanish without notice: the octets behind are out of place.
#[test]
fn speech_survives_slips() {
    for level in LEVELS {
        let right = speech(level, 13, |tick, octets, receiver, _| {
            if tick % 50 != 20 {
                receiver.push(&octets);
            }
        });
        println!("{level:?}, slips: {right} of 400");
        assert!(right >= 370, "{level:?}: {right}");
        // Not whole packets either: some octets more, some less.
        let right = speech(level, 17, |tick, octets, receiver, noise| match tick % 50 {
            20 => receiver.push(&octets[..100]),
            40 => {
                receiver.push(&octets[..77]);
                receiver.push(&noise.octets(9));
                receiver.push(&octets[77..]);
            }
            _ => receiver.push(&octets),
        });
        assert!(right >= 370, "{level:?}: {right}");
    }
}

/// The same as known losses: the octets behind stay in place, and only what was hit is damaged.
#[test]
fn known_losses_cost_no_more_than_themselves() {
    for level in LEVELS {
        let mut statistics = ReceiveStatistics::default();
        let right = speech(level, 13, |tick, octets, receiver, _| {
            if tick % 50 == 20 {
                receiver.lost(octets.len());
            } else {
                receiver.push(&octets);
            }
            statistics = receiver.statistics();
        });
        println!("{level:?}, losses: {right} of 400, {statistics:?}");
        assert!(right >= if level == Level::Zero { 380 } else { 390 }, "{level:?}: {right}");
        assert_eq!(statistics.octets_lost, 8 * 160);
    }
}

#[test]
fn a_damaged_sdu_is_told() {
    let mut line = Line::new(Level::Two { optional_header: false });
    (0..6).for_each(|_| drop(line.tick(160)));
    line.sender.push(AUDIO, Bytes::from_static(b"the first")).unwrap();
    assert_eq!(sdus(&line.drain(), AUDIO).len(), 1);
    line.sender.push(AUDIO, Bytes::from_static(b"one speech frame")).unwrap();
    let mut octets = line.tick(160);
    let place = octets.windows(3).position(|window| window == b"spe").unwrap();
    octets[place] ^= 4;
    line.receiver.push(&octets);
    let all = received(&mut line.receiver);
    assert!(matches!(&all[..], [Received::Sdu { damaged: true, lost: 0, sequence: None, data, .. }]
        if data.len() == 16));
    line.sender.push(AUDIO, Bytes::from_static(b"two")).unwrap();
    line.tick(160);
    line.sender.push(AUDIO, Bytes::from_static(b"three")).unwrap();
    let all = line.drain();
    assert!(
        matches!(&all[..], [Received::Sdu { damaged: false, lost: 1, sequence: Some(3), .. }]),
        "{all:?}"
    );
}

#[test]
fn three_wrong_bits_of_a_flag_and_of_a_header_are_forgiven() {
    let mut line = Line::new(Level::Two { optional_header: false });
    (0..6).for_each(|_| {
        let octets = line.tick(160);
        line.receiver.push(&octets);
    });
    for (octet, wrong) in [(0, 0x07), (1, 0x83), (2, 0x70), (3, 0x0E), (4, 0x91)] {
        let mut octets = line.tick(160);
        line.sender.push(AUDIO, Bytes::from_static(b"speech")).unwrap();
        octets.extend(line.tick(160));
        let header = crate::h223::golay::encode(6 | 8 << 4);
        // Flag, header, number.
        let place = octets.windows(3).position(|window| window == header).unwrap() - 2;
        octets[place + octet] ^= wrong;
        line.receiver.push(&octets);
        assert_eq!(sdus(&received(&mut line.receiver), AUDIO), [&b"speech"[..]], "octet {octet}");
    }
    assert_eq!((line.receiver.statistics().resyncs, line.receiver.statistics().golay_corrected), (0, 3));
}

#[test]
fn the_optional_header_saves_a_pdu_whose_own_is_lost() {
    for optional_header in [true, false] {
        let mut line = Line::new(Level::Two { optional_header });
        (0..6).for_each(|_| {
            let octets = line.tick(160);
            line.receiver.push(&octets);
        });
        line.sender.push(AUDIO, Bytes::from_static(b"speech")).unwrap();
        let mut octets = line.tick(160);
        let header = crate::h223::golay::encode(6 | 8 << 4);
        let place = octets.windows(3).position(|window| window == header).unwrap();
        octets[place] ^= 0x0F;
        line.receiver.push(&octets);
        (0..3).for_each(|_| {
            let octets = line.tick(160);
            line.receiver.push(&octets);
        });
        assert_eq!(sdus(&received(&mut line.receiver), AUDIO).len(), usize::from(optional_header));
        assert_eq!(line.receiver.statistics().golay_failed, 1);
    }
}

#[test]
fn sdus_without_end_are_given_up() {
    for level in LEVELS {
        let mut line = Line::with(level, AdaptationLayer::Al1Framed);
        line.receiver.open(VIDEO, AdaptationLayer::Al1Framed, true);
        let piece = [5; 200];
        let mut framer = crate::h223::frame::Framer::new(level);
        let mut octets = Vec::new();
        framer.start(&mut octets);
        for _ in 0..200 {
            framer.pdu(VIDEO as u8, &piece, false, &mut octets);
        }
        framer.pdu(VIDEO as u8, &piece, true, &mut octets);
        framer.pdu(VIDEO as u8, b"whole", true, &mut octets);
        framer.stuff(&mut octets);
        framer.stuff(&mut octets);
        line.receiver.push(&octets);
        assert_eq!(sdus(&received(&mut line.receiver), VIDEO), [&b"whole"[..]], "{level:?}");
        assert_eq!(line.receiver.statistics().oversized, 1);
    }
}

#[test]
fn idle_octets_are_nobodys() {
    for octet in [0x00, 0xFF, 0xD5, 0x55, 0x7F, 0x2A] {
        for level in LEVELS {
            let mut receiver = Demultiplexer::new(level);
            let (mut detector, mut order) = (Detector::new(level), OrderDetector::new());
            for _ in 0..100 {
                receiver.push(&[octet; 160]);
                assert_eq!(detector.push(&[octet; 160]), None, "{octet:02x}");
                assert_eq!(order.push(&[octet; 160]), None);
            }
            assert_eq!(receiver.poll(), None);
        }
    }
}

#[test]
fn noise_is_no_level_and_no_order() {
    let mut noise = Noise(23);
    let (mut detector, mut order) = (Detector::new(LEVELS[4]), OrderDetector::new());
    for _ in 0..500 {
        let octets = noise.octets(160);
        assert_eq!(detector.push(&octets), None);
        assert_eq!(order.push(&octets), None);
    }
}

#[test]
fn levels_are_agreed_upon_both_ways() {
    for own in LEVELS {
        for peer in LEVELS {
            let (mut ends, mut answers) = ([own, peer].map(Multiplexer::new), [Vec::new(), Vec::new()]);
            let mut detectors = [own, peer].map(Detector::new);
            for _ in 0..40 {
                let lines = [0, 1].map(|end| {
                    let mut line = [0; 160];
                    ends[end].fill(&mut line);
                    line
                });
                for end in [0, 1] {
                    if let Some(level) = detectors[end].push(&lines[1 - end]) {
                        answers[end].push(level);
                        if level < ends[end].level() {
                            ends[end].set_level(level);
                        }
                    }
                }
            }
            let [mine, theirs] =
                [0, 1].map(|end: usize| *answers[end].last().expect("a level was agreed upon"));
            let name = |level: Level| {
                if let Level::One { .. } = level { Level::One { double_flag: false } } else { level }
            };
            assert_eq!(name(mine), name(own.min(peer)), "{own:?} {peer:?}");
            assert_eq!(name(theirs), name(own.min(peer)), "{own:?} {peer:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn random_octets_are_survived(
        octets in prop::collection::vec(any::<u8>(), 0..6_000),
        flags in prop::collection::vec((any::<u16>(), 0_usize..6), 0..200),
        chunk in 1_usize..500,
        gap in prop::option::of(1_usize..4_000),
    ) {
        let mut octets = octets;
        // Sprinkled with what has a meaning.
        for (place, what) in flags {
            let pattern: &[u8] = [&[0xE1, 0x4D][..], &[0x1E, 0xB2], &[0x7E], &[0, 0, 0], &[0x16, 0x32, 0x7D], &[0x01]][what];
            let place = usize::from(place) % octets.len().max(1);
            if let Some(part) = octets.get_mut(place..place + pattern.len()) {
                part.copy_from_slice(pattern);
            }
        }
        for level in LEVELS {
            let layer = AdaptationLayer::Al3 { control_octets: 2, send_buffer: 100 };
            let mut line = Line::with(level, layer);
            let mut delivered = 0;
            for (index, piece) in octets.chunks(chunk).enumerate() {
                line.receiver.push(piece);
                if let (3, Some(gap)) = (index % 7, gap) {
                    line.receiver.lost(gap);
                }
                for received in received(&mut line.receiver) {
                    if let Received::Sdu { data, .. } = received {
                        delivered += data.len();
                    }
                }
            }
            line.receiver.flush();
            let statistics = line.receiver.statistics();
            prop_assert!(delivered as u64 <= statistics.octets + statistics.octets_lost);
        }
    }
}
