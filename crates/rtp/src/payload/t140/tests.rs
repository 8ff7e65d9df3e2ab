//! Senders and receivers of text, each alone and one with the other.

use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::clock::testing::start;
use crate::limits;
use crate::packet::{Header, Packet};
use crate::payload::Malformed;

const RED: Format = Format { t140: 98, red: Some(100) };
const PLAIN: Format = Format { t140: 98, red: None };

fn at(ms: u64) -> Instant {
    start() + Duration::from_millis(ms)
}

fn ms(at: Instant) -> u64 {
    (at - start()).as_millis() as u64
}

/// Everything that the sender sends until it is idle, with when.
fn drain(sender: &mut Sender) -> Vec<(u64, Outgoing)> {
    let packets = std::iter::from_fn(|| {
        let at = sender.deadline()?;
        Some((ms(at), sender.poll(at).expect("what is due is sent")))
    });
    packets.collect()
}

fn packet(sequence: u16, payload_type: u8, payload: &[u8]) -> Packet {
    let header = Header { payload_type, sequence, timestamp: 7, ssrc: 1, marker: false };
    Packet { header, csrc: Bytes::new(), extension: None, payload: Bytes::copy_from_slice(payload) }
}

/// A packet with redundancy, its blocks oldest first.
fn red(sequence: u16, blocks: &[&str]) -> Packet {
    let (last, earlier) = blocks.split_last().expect("a new block");
    let headers = earlier.iter().flat_map(|block| [0x80 | 98, 0, 0, block.len() as u8]);
    let text = [&earlier.concat(), *last].concat();
    let octets: Vec<u8> = headers.chain([98]).chain(text.into_bytes()).collect();
    packet(sequence, 100, &octets)
}

/// What there is to read at a time: `<` erases, `/` is a new line.
fn read(receiver: &mut Receiver, at: Instant) -> String {
    let shown = |event| match event {
        TextEvent::Character(c) => c,
        TextEvent::Backspace => '<',
        TextEvent::NewLine => '/',
    };
    std::iter::from_fn(|| receiver.poll(at)).map(shown).collect()
}

fn take(receiver: &mut Receiver, at: Instant, packet: &Packet) -> String {
    receiver.push(at, packet).expect("taken");
    read(receiver, at)
}

mod sending {
    use super::*;

    #[test]
    fn text_is_said_three_times_and_then_nothing() {
        let mut sender = Sender::new(Config::new(RED), 1_000);
        assert_eq!((sender.deadline(), sender.is_idle()), (None, true));
        sender.push(at(50), "Hé").unwrap();
        let packets = drain(&mut sender);
        let seen: Vec<_> =
            packets.iter().map(|(at, packet)| (*at, packet.marker, packet.timestamp)).collect();
        assert_eq!(seen, [(50, true, 1_000), (350, false, 1_300), (650, false, 1_600)]);
        let octets: Vec<_> = packets.iter().map(|(_, packet)| &packet.payload[..]).collect();
        let expected: [&[u8]; 3] = [
            // Two empty blocks, so that the number of blocks is always the same (RFC 4103 §4.2).
            &[0xE2, 0, 0, 0, 0xE2, 0, 0, 0, 98, b'H', 0xC3, 0xA9],
            // 300 units back: 300 << 10 | 3.
            &[0xE2, 0, 0, 0, 0xE2, 0x04, 0xB0, 3, 98, b'H', 0xC3, 0xA9],
            &[0xE2, 0x09, 0x60, 3, 0xE2, 0x04, 0xB0, 0, 98, b'H', 0xC3, 0xA9],
        ];
        assert_eq!(octets, expected);
        assert!(packets.iter().all(|(_, packet)| packet.payload_type == 100));
        assert!(sender.is_idle());
    }

    #[test]
    fn text_is_gathered_for_an_interval_and_marked_after_a_pause_only() {
        let mut sender = Sender::new(Config::new(PLAIN), u32::MAX);
        let mut seen = Vec::new();
        for (written, text) in [(0, "a"), (100, "b"), (299, "c"), (301, "d"), (1_000, "e"), (1_200, "f\r\n")]
        {
            while let Some(due) = sender.deadline().filter(|due| *due <= at(written)) {
                seen.push((ms(due), sender.poll(due).expect("due")));
            }
            sender.push(at(written), text).unwrap();
        }
        seen.extend(drain(&mut sender));
        let seen: Vec<_> = seen
            .iter()
            .map(|(at, packet)| (*at, packet.marker, packet.timestamp, &packet.payload[..]))
            .collect();
        let expected: [(u64, bool, u32, &[u8]); 5] = [
            (0, true, u32::MAX, b"a"),
            (300, false, 299, b"bc"),
            (600, false, 599, b"d"),
            (1_000, true, 999, b"e"),
            (1_300, false, 1_299, "f\u{2028}".as_bytes()),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_peer_is_not_sent_more_than_it_reads_in_ten_seconds() {
        let config = Config { cps: 2, ..Config::new(PLAIN) };
        let mut sender = Sender::new(config, 0);
        sender.push(at(0), &"x".repeat(45)).unwrap();
        sender.push(at(0), "").unwrap();
        let seen: Vec<_> = drain(&mut sender)
            .iter()
            .map(|(at, packet)| (*at, packet.marker, packet.payload.len()))
            .collect();
        assert_eq!(seen, [(0, true, 20), (10_000, true, 20), (20_000, true, 5)]);
        // What was written meanwhile counts too, and redundancy goes on.
        let mut sender = Sender::new(Config { format: RED, ..config }, 0);
        sender.push(at(0), &"x".repeat(18)).unwrap();
        sender.poll(at(0)).expect("due");
        sender.push(at(100), "yyyy").unwrap();
        let seen: Vec<_> = drain(&mut sender).iter().map(|(at, packet)| (*at, packet.marker)).collect();
        let expected =
            [(300, false), (600, false), (900, false), (10_000, true), (10_300, false), (10_600, false)];
        assert_eq!(seen, expected);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let mut sender = Sender::new(Config { cps: 1_000, ..Config::new(PLAIN) }, 0);
        let text = "日本語".repeat(100);
        sender.push(at(0), &text).unwrap();
        let blocks: Vec<_> = drain(&mut sender).into_iter().map(|(_, packet)| packet.payload).collect();
        assert!(blocks.iter().all(|block| block.len() <= limits::TEXT_BLOCK_SENT_MAX));
        let texts: Vec<_> = blocks.iter().map(|block| std::str::from_utf8(block).expect("whole")).collect();
        assert_eq!(texts.concat(), text);
    }

    #[test]
    fn text_beyond_the_limit_is_refused_as_a_whole() {
        let mut sender = Sender::new(Config::new(PLAIN), 0);
        sender.push(at(0), &"x".repeat(limits::TEXT_WAITING_MAX)).unwrap();
        assert_eq!(sender.push(at(0), "y"), Err(Full));
        sender.poll(at(0)).expect("due");
        sender.push(at(1), "y").unwrap();
    }

    #[test]
    fn what_is_older_than_an_offset_can_say_is_not_repeated() {
        let mut sender = Sender::new(Config::new(RED), 0);
        sender.push(at(0), "a").unwrap();
        sender.poll(at(0)).expect("due");
        let late = sender.poll(at(16_384)).expect("due");
        assert_eq!(&late.payload[4..], [0xE2, 0xFF, 0xFC, 0, 98], "nobody polled for a long time");
    }

    #[test]
    fn generations_are_within_limits_and_packets_within_an_mtu() {
        for (generations, blocks) in [(0, 1), (1, 1), (3, 3), (9, 3)] {
            let config = Config { generations, cps: 500, ..Config::new(RED) };
            let mut sender = Sender::new(config, 0);
            sender.push(at(0), &"x".repeat(2_000)).unwrap();
            let packets = drain(&mut sender);
            assert_eq!(packets.len(), 2_000usize.div_ceil(limits::TEXT_BLOCK_SENT_MAX) + blocks);
            assert!(packets.iter().all(|(_, packet)| packet.payload.len() <= 1_100));
        }
    }

    #[test]
    fn another_agreement_holds_from_the_next_packet_on() {
        let mut sender = Sender::new(Config::new(RED), 0);
        sender.push(at(0), "a").unwrap();
        sender.poll(at(0)).expect("due");
        sender.set_config(Config::new(PLAIN));
        assert!(sender.is_idle(), "nobody can read what would be repeated");
        sender.push(at(400), "b").unwrap();
        let packets = drain(&mut sender);
        assert_eq!(packets.len(), 1);
        assert_eq!((packets[0].1.payload_type, &packets[0].1.payload[..]), (98, &b"b"[..]));
    }
}

mod receiving {
    use super::*;

    #[test]
    fn redundancy_fills_what_is_lost_without_waiting() {
        let mut receiver = Receiver::new(RED);
        assert_eq!(take(&mut receiver, at(0), &red(65_534, &["", "", "a"])), "a");
        assert_eq!(take(&mut receiver, at(900), &red(1, &["b", "c", "d"])), "bcd");
        assert_eq!(take(&mut receiver, at(901), &red(65_535, &["", "a", "b"])), "", "late");
        assert_eq!(take(&mut receiver, at(902), &red(1, &["b", "c", "d"])), "", "twice");
        assert_eq!(take(&mut receiver, at(1_200), &red(2, &["c", "d", "\u{8}\r\n"])), "</");
        assert_eq!(receiver.deadline(), None);
    }

    #[test]
    fn a_gap_that_nothing_fills_is_said_once() {
        let mut receiver = Receiver::new(RED);
        take(&mut receiver, at(0), &red(10, &["", "", "a"]));
        assert_eq!(take(&mut receiver, at(100), &red(15, &["d", "e", "f"])), "");
        assert_eq!(receiver.deadline(), Some(at(1_100)));
        assert_eq!(read(&mut receiver, at(1_099)), "");
        assert_eq!(read(&mut receiver, at(1_100)), "\u{FFFD}def");
        assert_eq!(take(&mut receiver, at(1_101), &red(12, &["x", "b", "c"])), "", "given up");
    }

    #[test]
    fn what_comes_too_late_for_its_turn_is_waited_for() {
        let mut receiver = Receiver::new(PLAIN);
        assert_eq!(take(&mut receiver, at(0), &packet(1, 98, b"a")), "a");
        assert_eq!(take(&mut receiver, at(1), &packet(4, 98, b"d")), "");
        assert_eq!(take(&mut receiver, at(2), &packet(3, 98, b"c")), "");
        assert_eq!(take(&mut receiver, at(3), &packet(2, 98, b"b")), "bcd");
        assert_eq!(take(&mut receiver, at(4), &packet(6, 98, b"f")), "");
        assert_eq!(read(&mut receiver, at(1_004)), "\u{FFFD}f");
    }

    #[test]
    fn with_redundancy_agreed_a_packet_without_it_is_text_too() {
        let mut receiver = Receiver::new(RED);
        assert_eq!(take(&mut receiver, at(0), &packet(1, 98, b"a")), "a");
        assert_eq!(take(&mut receiver, at(0), &red(2, &["b"])), "b", "no generation at all");
        assert_eq!(take(&mut receiver, at(0), &packet(3, 98, b"")), "");
        assert_eq!(take(&mut receiver, at(0), &packet(4, 98, b"c")), "c");
    }

    #[test]
    fn text_before_the_first_packet_that_came_is_read_out_of_its_redundancy() {
        assert_eq!(take(&mut Receiver::new(RED), at(0), &red(1, &["H", "e", "y"])), "Hey");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let mut receiver = Receiver::new(RED);
        let mut push = |packet: &Packet| receiver.push(at(0), packet);
        assert_eq!(push(&packet(1, 99, b"a")), Err(Error::PayloadType(99)));
        assert_eq!(push(&packet(1, 100, &[0xE3, 0, 0, 0, 98])), Err(Error::PayloadType(99)));
        assert_eq!(push(&packet(1, 100, &[99, b'a'])), Err(Error::PayloadType(99)));
        assert_eq!(push(&packet(1, 100, &[0xE2, 0, 0, 9, 98])), Err(Error::Malformed(Malformed)));
        let long = vec![b'x'; limits::TEXT_PAYLOAD_MAX + 1];
        assert_eq!(push(&packet(1, 98, &long)), Err(Error::TooLong(limits::TEXT_PAYLOAD_MAX + 1)));
        assert_eq!(Receiver::new(PLAIN).push(at(0), &red(1, &["a"])), Err(Error::PayloadType(100)));
        assert_eq!(take(&mut receiver, at(0), &red(1, &["a"])), "a");
    }

    #[test]
    fn a_source_that_changes_begins_anew() {
        let mut receiver = Receiver::new(PLAIN);
        take(&mut receiver, at(0), &packet(1, 98, b"a\xC3"));
        take(&mut receiver, at(0), &packet(3, 98, b"c"));
        let mut other = packet(700, 98, b"d");
        other.header.ssrc = 2;
        assert_eq!(take(&mut receiver, at(1), &other), "\u{FFFD}cd", "and what waited is read");
    }

    #[test]
    fn a_peer_that_counts_anew_is_followed_from_its_second_packet_on() {
        let mut receiver = Receiver::new(RED);
        take(&mut receiver, at(0), &red(1, &["", "", "a"]));
        assert_eq!(take(&mut receiver, at(0), &red(30_000, &["", "", "x"])), "", "may be a stray one");
        assert_eq!(take(&mut receiver, at(0), &red(2, &["", "a", "b"])), "b");
        assert_eq!(take(&mut receiver, at(0), &red(40_000, &["", "", "c"])), "");
        assert_eq!(take(&mut receiver, at(0), &red(40_001, &["", "c", "d"])), "\u{FFFD}cd");
    }

    #[test]
    fn nothing_grows_without_limit() {
        let mut receiver = Receiver::new(PLAIN);
        for sequence in 0..limits::TEXT_BLOCKS_MAX as u16 {
            receiver.push(at(0), &packet(sequence, 98, b"x")).unwrap();
        }
        assert_eq!(receiver.push(at(0), &packet(64, 98, b"x")), Err(Error::Full));
        assert_eq!(read(&mut receiver, at(0)).len(), limits::TEXT_BLOCKS_MAX);
        for ssrc in 2.. {
            let mut other = packet(1, 98, &[b'x'; 2_000]);
            other.header.ssrc = ssrc;
            if receiver.push(at(0), &other) == Err(Error::Full) {
                break;
            }
            assert!(ssrc < 10, "sources that nobody reads");
        }
        read(&mut receiver, at(0));
        take(&mut receiver, at(0), &packet(1, 98, b""));
        let beyond = limits::TEXT_REORDER_MAX as u16 + 1;
        let held: String =
            (0..beyond).map(|step| take(&mut receiver, at(1), &packet(3 + step, 98, b"y"))).collect();
        assert_eq!(held.len(), '\u{FFFD}'.len_utf8() + usize::from(beyond));
    }
}

/// Texts of a writer, each with the pause before it in ms.
fn writing() -> impl Strategy<Value = Vec<(u64, String)>> {
    vec((0u64..1_500, "[a-zé€😀 ]{0,12}"), 0..25)
}

/// The packets of what was written, with when they were sent.
fn sent(config: Config, sequence: u16, writing: &[(u64, String)]) -> Vec<(u64, Packet)> {
    let (mut sender, mut now, mut outgoing) = (Sender::new(config, 5), 0, Vec::new());
    for (pause, text) in writing {
        now += pause;
        while let Some(due) = sender.deadline().filter(|due| *due <= at(now)) {
            outgoing.push((ms(due), sender.poll(due).expect("due")));
        }
        sender.push(at(now), text).expect("room");
    }
    outgoing.extend(drain(&mut sender));
    let numbered = outgoing.into_iter().zip(0u16..);
    let packets = numbered.map(|((at, outgoing), step)| {
        (at, packet(sequence.wrapping_add(step), outgoing.payload_type, &outgoing.payload))
    });
    packets.collect()
}

/// What is read of packets that come at these times, and of what is given up after the last.
fn received(format: Format, mut arrivals: Vec<(u64, Packet)>) -> String {
    arrivals.sort_by_key(|(at, _)| *at);
    let mut receiver = Receiver::new(format);
    let mut text = String::new();
    for (now, packet) in &arrivals {
        while let Some(due) = receiver.deadline().filter(|due| *due <= at(*now)) {
            text += &read(&mut receiver, due);
        }
        text += &take(&mut receiver, at(*now), packet);
    }
    while let Some(due) = receiver.deadline() {
        text += &read(&mut receiver, due);
    }
    text
}

fn whole(writing: &[(u64, String)]) -> String {
    writing.iter().map(|(_, text)| text.as_str()).collect()
}

proptest! {
    #[test]
    fn losses_of_two_in_a_row_delays_and_duplicates_do_no_harm(
        writing in writing(), sequence: u16, cps in 1u16..60,
        fates in vec((any::<bool>(), 0u64..900, proptest::option::of(0u64..900)), 200),
    ) {
        let config = Config { cps, ..Config::new(RED) };
        let (mut lost, mut arrivals) = (0, Vec::new());
        // Where a stream begins is told by the first packet that comes.
        let fates = std::iter::once((false, 0, None)).chain(fates.into_iter().cycle());
        for ((at, packet), (loses, delay, again)) in sent(config, sequence, &writing).into_iter().zip(fates) {
            lost = if loses && lost < 2 { lost + 1 } else { 0 };
            if lost == 0 {
                arrivals.extend(again.map(|again| (at + again, packet.clone())));
                arrivals.push((at + delay, packet));
            }
        }
        prop_assert_eq!(received(RED, arrivals), whole(&writing));
    }

    #[test]
    fn whatever_is_lost_what_is_read_was_written_and_gaps_are_marked(
        writing in writing(), red: bool, fates in vec(any::<bool>(), 200),
    ) {
        let format = if red { RED } else { PLAIN };
        let packets = sent(Config { cps: 500, ..Config::new(format) }, 0, &writing);
        let kept = packets.into_iter().zip(fates.into_iter().cycle()).filter(|(_, keep)| *keep);
        let kept: Vec<_> = kept.map(|(packet, _)| packet).collect();
        let covered = if red { 3 } else { 1 };
        let gap = |pair: &&[(u64, Packet)]| {
            pair[1].1.header.sequence - pair[0].1.header.sequence > covered
        };
        let gaps = kept.windows(2).filter(gap).count();
        let text = received(format, kept);
        prop_assert_eq!(text.matches(LOST).count(), gaps);
        let (whole, mut from) = (whole(&writing), 0);
        for piece in text.split(LOST) {
            let found = whole[from..].find(piece);
            prop_assert!(found.is_some(), "{piece:?} is not in {:?}", &whole[from..]);
            from += found.unwrap_or(0) + piece.len();
        }
    }

    #[test]
    fn arbitrary_packets_never_panic(
        packets in vec((0u64..400, prop_oneof![any::<u16>(), 0u16..40], 98u8..=100, any::<bool>(),
            vec(any::<u8>(), 0..40)), 0..80),
    ) {
        let (mut receiver, mut now) = (Receiver::new(RED), 0);
        for (pause, sequence, payload_type, other, payload) in packets {
            now += pause;
            let mut packet = packet(sequence, payload_type, &payload);
            packet.header.ssrc += u32::from(other);
            let _ = receiver.push(at(now), &packet);
            read(&mut receiver, at(now));
            prop_assert!(receiver.deadline().is_none_or(|due| due > at(now)));
        }
    }
}
