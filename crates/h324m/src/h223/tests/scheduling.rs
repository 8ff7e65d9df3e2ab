//! Who goes first, and what every octet of a tick is used for.

use super::*;

const TWO: Level = Level::Two { optional_header: false };

/// A call under load, in ticks of so many octets: after how many octets each speech SDU was out.
fn audio_delays(level: Level, octets: usize) -> Vec<usize> {
    let (mut line, mut noise, mut delays) = (Line::new(level), Noise(1), Vec::new());
    let (mut waiting, mut clock) = (std::collections::VecDeque::new(), 0);
    for tick in 0..(100 * 160 / octets) {
        let warm = clock > 2_000;
        if warm && tick % (160 / octets).max(1) == 0 {
            line.sender.push(AUDIO, noise.octets(31).into()).unwrap();
            waiting.push_back(clock);
        }
        while line.sender.queued(VIDEO) < 2_000 {
            line.sender.push(VIDEO, noise.octets(250).into()).unwrap();
        }
        if tick % 13 == 0 {
            line.sender.push(CONTROL, noise.octets(155).into()).unwrap();
        }
        let filled = line.tick(octets);
        for (index, octet) in filled.iter().enumerate() {
            line.receiver.push(&[*octet]);
            let speech = sdus(&received(&mut line.receiver), AUDIO).len();
            (0..speech).for_each(|_| delays.push(clock + index + 1 - waiting.pop_front().unwrap()));
        }
        clock += octets;
    }
    assert!(waiting.len() <= 1, "speech is left behind");
    delays
}

#[test]
fn audio_waits_for_no_more_than_a_tick() {
    for level in LEVELS {
        for octets in [160, 80, 40] {
            let delays = audio_delays(level, octets);
            let worst = delays.iter().max().unwrap();
            println!(
                "{level:?}, ticks of {octets}: worst audio delay {worst} octets of {} SDUs",
                delays.len()
            );
            assert!(*worst <= 200, "{level:?} {octets}: {worst}");
            if octets == 160 {
                assert!(*worst <= 80, "{level:?}: audio comes first in its tick, {worst}");
            }
        }
    }
}

/// A tick of level 2: speech in 38 octets, pictures in the other 122, nothing wasted.
#[test]
fn a_full_tick_is_full() {
    let (mut line, mut noise) = (Line::new(TWO), Noise(2));
    (0..6).for_each(|_| drop(line.tick(160)));
    for _ in 0..100 {
        line.sender.push(AUDIO, noise.octets(31).into()).unwrap();
        while line.sender.queued(VIDEO) < 1_000 {
            line.sender.push(VIDEO, noise.octets(254).into()).unwrap();
        }
        line.tick(160);
    }
    let statistics = line.sender.statistics();
    assert_eq!(statistics.octets, 106 * 160);
    // Stuffing only before the pictures, and where fewer octets are left than a PDU is worth.
    assert!(statistics.stuffing < 10 * 32 + 60, "{statistics:?}");
}

#[test]
fn no_video_pdu_is_longer_than_its_limit() {
    let (mut line, mut noise) = (Line::new(TWO), Noise(2));
    (0..30).for_each(|_| line.sender.push(VIDEO, noise.octets(1_000).into()).unwrap());
    let octets: Vec<u8> = (0..200).flat_map(|_| line.tick(160)).collect();
    let (mut place, mut longest) = (0, 0);
    while place + 5 < octets.len() {
        let header = octets[place + 2..place + 5].try_into().unwrap();
        let (data, wrong) = crate::h223::golay::decode(header).unwrap();
        assert_eq!(wrong, 0);
        longest = longest.max(5 + usize::from(data >> 4));
        place += 5 + usize::from(data >> 4);
    }
    assert_eq!(longest, crate::limits::VIDEO_PDU_MAX);
}

#[test]
fn the_first_stuffing_is_unbroken() {
    for (level, sequence) in [
        (TWO, &[0xE1, 0x4D, 0, 0, 0][..]),
        (Level::One { double_flag: false }, &[0xE1, 0x4D]),
        (Level::Zero, &[0x7E]),
    ] {
        let mut line = Line::new(level);
        line.sender.push(CONTROL, Bytes::from_static(b"at once")).unwrap();
        let octets: Vec<u8> = (0..4).flat_map(|_| line.tick(160)).collect();
        let count = octets.chunks(sequence.len()).take_while(|chunk| *chunk == sequence).count();
        assert!(count >= 40, "{level:?}: {count}");
        line.receiver.push(&octets);
        line.receiver.flush();
        assert_eq!(sdus(&received(&mut line.receiver), CONTROL), [&b"at once"[..]]);
    }
}

#[test]
fn an_abandoned_sdu_ends_short_and_right() {
    let layers =
        [AL2, AdaptationLayer::Al3 { control_octets: 1, send_buffer: 500 }, AdaptationLayer::Al1Framed];
    for level in LEVELS {
        for layer in layers {
            let mut line = Line::with(level, layer);
            let mut noise = Noise(4);
            let picture = noise.octets(2_000);
            for part in picture.chunks(1_000) {
                line.sender.push(VIDEO, Bytes::copy_from_slice(part)).unwrap();
            }
            while line.sender.queued(VIDEO) > 1_700 {
                let octets = line.tick(160);
                line.receiver.push(&octets);
            }
            line.sender.abandon(VIDEO);
            assert!(line.sender.queued(VIDEO) <= 2);
            line.sender.push(VIDEO, Bytes::from_static(b"the next picture")).unwrap();
            let delivered = sdus(&line.drain(), VIDEO);
            assert_eq!(delivered.last().unwrap(), &b"the next picture"[..], "{level:?} {layer:?}");
            let cut = delivered[..delivered.len() - 1].concat();
            assert!(!cut.is_empty() && cut.len() < picture.len() && picture.starts_with(&cut));
            assert_eq!((line.receiver.statistics().crc_errors, line.receiver.statistics().lost_sdus), (0, 0));
        }
    }
}

#[test]
fn a_closed_channel_sends_the_end_of_its_sdu_and_no_more() {
    let mut line = Line::new(TWO);
    (0..5).for_each(|_| line.sender.push(VIDEO, vec![7; 600].into()).unwrap());
    for _ in 0..5 {
        let octets = line.tick(160);
        line.receiver.push(&octets);
    }
    line.sender.close(VIDEO);
    assert_eq!(line.sender.push(VIDEO, Bytes::from_static(b"late")), Err(Refused::Closed));
    let delivered = sdus(&line.drain(), VIDEO);
    assert_eq!(line.sender.push(VIDEO, Bytes::from_static(b"late")), Err(Refused::Closed));
    assert!(delivered.len() == 1 && delivered[0].len() < 600);
}

#[test]
fn queues_are_bounded() {
    let mut line = Line::new(TWO);
    let full = (0..10_000).position(|_| line.sender.push(VIDEO, vec![1; 250].into()).is_err());
    assert!(full.is_some_and(|count| count <= 400));
    assert_eq!(line.sender.push(VIDEO, vec![1; 250].into()), Err(Refused::Full));
    assert!(line.sender.queued(VIDEO) <= crate::limits::SEND_QUEUE_MAX);
    assert_eq!(line.sender.push(VIDEO, Bytes::new()), Err(Refused::Length));
    assert_eq!(line.sender.push(AUDIO, vec![1; 260].into()), Err(Refused::Length));
    assert_eq!(line.sender.push(99, vec![1; 26].into()), Err(Refused::Closed));
    assert!((5..200).filter(|channel| line.sender.open(*channel, AL2, true, Class::Video)).count() < 16);
    assert!(!line.sender.open(500, AL2, true, Class::Video));
    assert!((5..200).filter(|channel| line.receiver.open(*channel, AL2, true)).count() < 16);
}

#[test]
fn the_peers_largest_pdu_is_kept() {
    for level in LEVELS {
        let mut line = Line::new(level);
        line.sender.set_max_pdu(60);
        let sdu = Noise(1).octets(700);
        line.sender.push(VIDEO, sdu.clone().into()).unwrap();
        line.sender.push(CONTROL, sdu.clone().into()).unwrap();
        let all = line.drain();
        assert_eq!((sdus(&all, VIDEO).concat(), sdus(&all, CONTROL).concat()), (sdu.clone(), sdu));
        assert!(line.sender.statistics().pdus >= 2 * 12);
    }
}

#[test]
fn without_an_entry_a_channel_waits() {
    let mut line = Line::new(TWO);
    line.sender.set_entry(VIDEO as u8, None);
    line.sender.push(VIDEO, Bytes::from_static(b"picture")).unwrap();
    for _ in 0..8 {
        let octets = line.tick(160);
        line.receiver.push(&octets);
    }
    assert_eq!(line.receiver.poll(), None);
    line.sender.set_entry(VIDEO as u8, Some(MultiplexEntry::single(VIDEO)));
    assert_eq!(sdus(&line.drain(), VIDEO), [&b"picture"[..]]);
}

#[test]
fn another_level_begins_anew_with_its_stuffing() {
    let mut line = Line::new(TWO);
    line.sender.push(VIDEO, vec![9; 900].into()).unwrap();
    (0..5).for_each(|_| drop(line.tick(160)));
    for level in [Level::One { double_flag: false }, Level::Zero] {
        line.sender.set_level(level);
        line.receiver.set_level(level);
        let octets = line.tick(320);
        assert!(octets.iter().all(|octet| [0xE1, 0x4D, 0x7E].contains(octet)));
        line.receiver.push(&octets);
    }
    assert_eq!(sdus(&line.drain(), VIDEO), [vec![9; 900]]);
}
