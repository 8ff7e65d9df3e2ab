//! Every level carries every SDU, whatever is in it and however the octets are cut.

use proptest::prelude::*;

use super::*;

fn pushed(line: &mut Line, channel: u16, sdus: &[Vec<u8>]) -> Vec<Received> {
    let mut received = Vec::new();
    for sdu in sdus {
        while let Err(refused) = line.sender.push(channel, Bytes::copy_from_slice(sdu)) {
            assert_eq!(refused, Refused::Full);
            received.extend(line.drain());
        }
    }
    received
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_goes_in_comes_out(
        audio in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 0..12),
        video in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..700), 0..12),
        control in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..6),
        ticks in prop::collection::vec(1_usize..400, 1..30),
    ) {
        // Level 1 takes content for a flag that ends like a right SDU; that has its own test.
        for level in LEVELS.into_iter().filter(|level| !matches!(level, Level::One { .. })) {
            let mut line = Line::new(level);
            let mut all = Vec::new();
            for (channel, list) in [(AUDIO, &audio), (VIDEO, &video), (CONTROL, &control)] {
                all.extend(pushed(&mut line, channel, list));
            }
            for octets in &ticks {
                let octets = line.tick(*octets);
                line.receiver.push(&octets);
            }
            all.extend(line.drain());
            for (channel, list) in [(AUDIO, &audio), (VIDEO, &video), (CONTROL, &control)] {
                prop_assert_eq!(sdus(&all, channel), list.clone(), "channel {} at {:?}", channel, level);
            }
            prop_assert_eq!(line.receiver.statistics().crc_errors, 0);
        }
    }
}

/// The stream of a call: noise on both channels, control now and then.
fn call(level: Level, noise: &mut Noise) -> (Vec<u8>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut line, mut octets) = (Line::new(level), Vec::new());
    let (mut audio, mut video) = (Vec::new(), Vec::new());
    for tick in 0..8 {
        audio.push(noise.octets(31));
        line.sender.push(AUDIO, audio[tick].clone().into()).unwrap();
        if line.sender.queued(VIDEO) < 500 {
            let length = 1 + noise.next() as usize % 250;
            video.push(noise.octets(length));
            line.sender.push(VIDEO, video[video.len() - 1].clone().into()).unwrap();
        }
        octets.extend(line.tick(160));
    }
    (0..5).for_each(|_| octets.extend(line.tick(160)));
    (octets, audio, video)
}

fn receive(level: Level, pieces: &[&[u8]]) -> (Vec<Received>, ReceiveStatistics) {
    let mut line = Line::new(level);
    pieces.iter().for_each(|piece| line.receiver.push(piece));
    line.receiver.flush();
    (received(&mut line.receiver), line.receiver.statistics())
}

#[test]
fn the_stream_may_be_cut_at_every_offset() {
    for level in LEVELS {
        let (octets, audio, video) = call(level, &mut Noise(5));
        let (whole, _) = receive(level, &[&octets]);
        assert_eq!(sdus(&whole, AUDIO), audio, "{level:?}");
        assert_eq!(sdus(&whole, VIDEO), video, "{level:?}");
        for offset in 300..1_500.min(octets.len()) {
            let (head, tail) = octets.split_at(offset);
            assert!(receive(level, &[head, tail]).0 == whole, "{level:?} cut at {offset}");
        }
    }
}

/// Level 1 has no zero insertion: what looks like a flag within speech is told from one by its header or CRC.
#[test]
fn content_like_a_flag_at_level_1() {
    let level = Level::One { double_flag: false };
    let (mut noise, mut right, mut all) = (Noise(7), 0, 0);
    for _ in 0..500 {
        let mut line = Line::new(level);
        let mut sdu = noise.octets(31);
        let place = noise.next() as usize % 30;
        sdu[place..place + 2].copy_from_slice(&[0xE1, 0x4D]);
        line.sender.push(AUDIO, sdu.clone().into()).unwrap();
        line.sender.push(AUDIO, noise.octets(31).into()).unwrap();
        right += sdus(&line.drain(), AUDIO).len();
        all += 2;
    }
    // A header with a right HEC stands behind one such place in eight; that SDU is lost, the next one not.
    assert!(right > all * 90 / 100, "{right} of {all}");
}

#[test]
fn double_flags_are_read_as_flags() {
    let mut sender = Line::new(Level::One { double_flag: true });
    let mut receiver = Line::new(Level::One { double_flag: false });
    sender.sender.push(AUDIO, Bytes::from_static(b"speech")).unwrap();
    sender.sender.push(VIDEO, Bytes::from_static(b"picture")).unwrap();
    (0..6).for_each(|_| receiver.receiver.push(&sender.tick(160)));
    let all = received(&mut receiver.receiver);
    assert_eq!(sdus(&all, AUDIO), [&b"speech"[..]]);
    assert_eq!(sdus(&all, VIDEO), [&b"picture"[..]]);
}

#[test]
fn flags_of_level_0_may_share_their_zero() {
    // 0111111 0111111 0111111 0: flags with one zero between them, then the control frame FB 24 B9.
    let mut bits: Vec<u8> = [0, 1, 1, 1, 1, 1, 1].repeat(9);
    bits.push(0);
    let (mut out, mut line) = (Vec::new(), Line::new(Level::Zero));
    for octet in [0x00_u8, 0xFB, 0x24, 0xB9] {
        let mut ones = 0;
        for bit in (0..8).map(|bit| octet >> bit & 1) {
            bits.push(bit);
            ones = if bit == 1 { ones + 1 } else { 0 };
            if ones == 5 {
                bits.push(0);
                ones = 0;
            }
        }
    }
    // A shared zero between the closing flag and the one of the header that carries the marker.
    bits.extend([0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0]);
    bits.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    bits.extend([0, 1, 1, 1, 1, 1, 1, 0]);
    bits.chunks(8).for_each(|eight| out.push(eight.iter().enumerate().map(|(n, bit)| bit << n).sum()));
    line.receiver.push(&out);
    assert_eq!(sdus(&received(&mut line.receiver), CONTROL), [&[0xFB, 0x24, 0xB9][..]]);
}

/// Two speech SDUs in level 2 as the phones send them.
#[test]
fn octets_of_a_phone_at_level_2() {
    let mut line = Line::new(Level::Two { optional_header: false });
    let sdu = [
        0x07, 0xa1, 0x6a, 0x9b, 0x22, 0xe3, 0x58, 0x58, 0x10, 0x78, 0x7e, 0xb5, 0x04, 0x42, 0x22, 0x12, 0x00,
        0x00, 0x37, 0x1b, 0xd4, 0x81, 0x88, 0x01, 0x00, 0x90, 0x3e, 0xe2, 0x29, 0xe7, 0x2e,
    ];
    (0..2).for_each(|_| line.sender.push(AUDIO, Bytes::copy_from_slice(&sdu)).unwrap());
    let octets: Vec<u8> = (0..5).flat_map(|_| line.tick(160)).collect();
    let find = |wanted: &[u8]| octets.windows(wanted.len()).any(|window| window == wanted);
    let pdu = |number, crc| [&[0xE1, 0x4D, 0x16, 0x32, 0x7D, number], &sdu[..], &[crc, 0xE1, 0x4D]].concat();
    assert!(find(&pdu(0, 0x07)) && find(&pdu(1, 0x77)));
    assert!(octets.starts_with(&[0xE1, 0x4D, 0, 0, 0].repeat(64)));
}

#[test]
fn the_end_of_a_segmentable_sdu_is_marked_at_every_level() {
    let stream = |level| {
        let mut line = Line::new(level);
        line.sender.push(CONTROL, Bytes::from_static(&[0xFB, 0x24, 0xB9])).unwrap();
        (0..5).flat_map(|_| line.tick(160)).collect::<Vec<u8>>()
    };
    let has = |level, wanted: &[u8]| stream(level).windows(wanted.len()).any(|window| window == wanted);
    // Level 2: the complemented flag.
    let two = |optional_header| Level::Two { optional_header };
    let header = crate::h223::golay::encode(3 << 4);
    let pdu = [&[0xE1, 0x4D], &header[..], &[0xFB, 0x24, 0xB9, 0x1E, 0xB2, 0, 0, 0, 0xE1, 0x4D]].concat();
    assert!(has(two(false), &pdu));
    // Its optional header tells it of the PDU before, once.
    assert!(has(two(true), &[0xFB, 0x24, 0xB9, 0x1E, 0xB2, 0, 0, 0, 0x01, 0xE1, 0x4D, 0, 0, 0, 0x00]));
    // Level 1: a PDU of nothing but a header.
    let one = Level::One { double_flag: false };
    assert!(has(one, &[0xE1, 0x4D, 0x00, 0xFB, 0x24, 0xB9, 0xE1, 0x4D, 0x01, 0xE1, 0x4D, 0xE1, 0x4D]));
}

#[test]
fn code_15_is_control_until_the_peer_says_otherwise() {
    for level in LEVELS {
        let mut line = Line::new(level);
        line.sender.push_with(WNSRP_CODE, CONTROL, Bytes::from_static(b"wnsrp")).unwrap();
        let all = line.drain();
        let wanted = |received: &&Received| matches!(received, Received::Sdu { channel: 0, mc: 15, .. });
        assert_eq!(all.iter().filter(wanted).count(), 1, "{level:?}");
        line.receiver.set_entry(15, Some(MultiplexEntry::single(AUDIO)));
        line.sender.push_with(WNSRP_CODE, CONTROL, Bytes::from_static(b"wnsrp")).unwrap();
        assert_eq!(sdus(&line.drain(), CONTROL).len(), 0);
    }
}

/// Speech in a counted run, pictures in the rest of the same PDU.
#[test]
fn entries_of_several_elements_both_ways() {
    let element = |channel, repeat| Element { what: Content::Channel(channel), repeat };
    let list = vec![element(AUDIO, Repeat::Times(33)), element(VIDEO, Repeat::UntilClosingFlag)];
    let entry = MultiplexEntry::new(list).unwrap();
    for level in LEVELS {
        let (mut line, mut noise) = (Line::new(level), Noise(3));
        line.sender.set_entry(3, Some(entry.clone()));
        line.receiver.set_entry(3, Some(entry.clone()));
        let audio: Vec<Vec<u8>> = (0..20).map(|_| noise.octets(31)).collect();
        let video: Vec<Vec<u8>> = (0..9).map(|_| noise.octets(200)).collect();
        for sdu in &video {
            line.sender.push(VIDEO, sdu.clone().into()).unwrap();
        }
        let mut codes = [0; 16];
        for sdu in &audio {
            line.sender.push(AUDIO, sdu.clone().into()).unwrap();
            let octets = line.tick(160);
            line.receiver.push(&octets);
        }
        let mut all = received(&mut line.receiver);
        all.extend(line.drain());
        for received in &all {
            if let Received::Sdu { mc, .. } = received {
                codes[usize::from(*mc)] += 1;
            }
        }
        assert_eq!(sdus(&all, AUDIO), audio, "{level:?}");
        assert_eq!(sdus(&all, VIDEO), video, "{level:?}");
        assert!(codes[3] > 5, "the common entry was not used: {codes:?}");
    }
}

#[test]
fn nested_entries_are_taken_apart() {
    let element = |channel, repeat| Element { what: Content::Channel(channel), repeat };
    let inner = vec![element(20, Repeat::Times(2)), element(21, Repeat::Times(3))];
    let nested = Element { what: Content::Nested(inner), repeat: Repeat::UntilClosingFlag };
    let entry = MultiplexEntry::new(vec![element(22, Repeat::Times(1)), nested]).unwrap();
    let mut line = Line::new(Level::Two { optional_header: false });
    for channel in [20, 21, 22] {
        line.receiver.open(channel, AdaptationLayer::Al1Unframed, true);
    }
    line.receiver.set_entry(4, Some(entry));
    line.sender.push_with(4, CONTROL, Bytes::from_static(b"xaaBBBaaBBBa")).unwrap();
    let all = line.drain();
    assert_eq!(sdus(&all, 22).concat(), b"x");
    assert_eq!(sdus(&all, 20).concat(), b"aaaaa");
    assert_eq!(sdus(&all, 21).concat(), b"BBBBBB");
}

#[test]
fn al2_kind_is_found_out_when_it_is_plain() {
    for declared in [false, true] {
        let mut line = Line::new(Level::Two { optional_header: false });
        line.receiver.open(AUDIO, AdaptationLayer::Al2 { sequence_numbers: declared }, false);
        line.sender.open(AUDIO, AdaptationLayer::Al2 { sequence_numbers: !declared }, false, Class::Audio);
        let mut noise = Noise(9);
        let frames: Vec<Vec<u8>> =
            (0..80).map(|_| [vec![7 | noise.next() as u8 & 0xF0], noise.octets(30)].concat()).collect();
        for frame in &frames {
            line.sender.push(AUDIO, frame.clone().into()).unwrap();
        }
        let delivered = sdus(&line.drain(), AUDIO);
        assert_eq!(delivered.len(), 80);
        assert_eq!(delivered[40..], frames[40..], "declared {declared}");
    }
}

#[test]
fn al2_kind_is_not_changed_without_proof() {
    // A number that stands still, and frames that are all the same.
    for (declared, octet) in [(true, 0_u8), (false, 7)] {
        let mut line = Line::new(Level::Two { optional_header: false });
        line.receiver.open(AUDIO, AdaptationLayer::Al2 { sequence_numbers: declared }, false);
        line.sender.open(AUDIO, AdaptationLayer::Al2 { sequence_numbers: false }, false, Class::Audio);
        (0..100).for_each(|n| line.sender.push(AUDIO, vec![octet, n, n].into()).unwrap());
        let delivered = sdus(&line.drain(), AUDIO);
        assert!(delivered.iter().all(|sdu| sdu.len() == if declared { 2 } else { 3 }));
    }
}
