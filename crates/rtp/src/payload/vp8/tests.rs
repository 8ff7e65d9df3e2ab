//! Descriptors by hand from RFC 7741 §4.6, and what holds for all.

use proptest::prelude::*;

use super::*;
use crate::payload::Prefix;

/// A key frame as far as its tag, start code and size, then `len` octets more.
fn key(len: usize) -> Bytes {
    let mut frame = vec![0x50, 0, 0, 0x9D, 0x01, 0x2A, 0xB0, 0, 0x90, 0];
    frame.extend((0..len).map(|at| at as u8));
    frame.into()
}

fn inter(len: usize) -> Bytes {
    [&[0x31u8, 0, 0][..], &vec![0xAB; len]].concat().into()
}

fn packets(mtu: usize, frame: &Bytes) -> Vec<Payload> {
    let mut out = Vec::new();
    Packetizer::new(mtu, 0x7FFF).packetize(frame, &mut out).unwrap();
    out
}

/// Hands over packets with numbers; what is missing between numbers is lost.
fn receive(packets: &[(u16, u32, Payload)]) -> Vec<Assembled> {
    let (mut depacketizer, mut out, mut next) = (Depacketizer::default(), Vec::new(), None);
    for (sequence, timestamp, payload) in packets {
        let lost_before = next.is_some_and(|next| next != *sequence);
        next = Some(sequence + 1);
        let (timestamp, marker) = (*timestamp, payload.marker);
        let part = Part { timestamp, marker, lost_before, payload: payload.to_bytes() };
        depacketizer.push(&part, &mut out).unwrap();
    }
    out
}

fn numbered(frames: &[Bytes], mtu: usize) -> Vec<(u16, u32, Payload)> {
    let (mut packetizer, mut all) = (Packetizer::new(mtu, 5), Vec::new());
    for (frame, index) in frames.iter().zip(0u32..) {
        let mut out = Vec::new();
        packetizer.packetize(frame, &mut out).unwrap();
        all.extend(out.into_iter().map(|payload| (index * 6_000, payload)));
    }
    (0u16..).zip(all).map(|(sequence, (timestamp, payload))| (sequence, timestamp, payload)).collect()
}

#[test]
fn descriptors_of_every_length_are_read() {
    let check = |octets: &[u8], want: Option<(Descriptor, usize)>| {
        assert_eq!(Descriptor::parse(octets), want, "{octets:02x?}");
    };
    let plain = Descriptor { start: true, ..Descriptor::default() };
    check(&[0x10, 9], Some((plain, 1)));
    check(&[0x22, 9], Some((Descriptor { non_reference: true, partition: 2, ..Descriptor::default() }, 1)));
    // §4.6.3 and after: picture numbers of 7 and 15 bits.
    check(&[0x90, 0x80, 0x11, 9], Some((Descriptor { picture: Some(0x11), ..plain }, 3)));
    check(&[0x90, 0x80, 0x81, 0x23, 9], Some((Descriptor { picture: Some(0x123), ..plain }, 4)));
    // TL0PICIDX, TID and KEYIDX.
    check(&[0x90, 0xF0, 0x81, 0x23, 7, 7, 9], Some((Descriptor { picture: Some(0x123), ..plain }, 6)));
    check(&[0x90, 0x20, 7, 9], Some((plain, 3)));
    check(&[0x90, 0x00, 9], Some((plain, 2)));
    for short in [&[][..], &[0x90], &[0x90, 0x80], &[0x90, 0x80, 0x81], &[0x90, 0x60, 1]] {
        check(short, None);
    }
}

#[test]
fn a_frame_becomes_packets_of_one_size_with_its_number() {
    let sent = packets(1_200, &key(2_990));
    assert_eq!(sent.iter().map(Payload::len).collect::<Vec<_>>(), [1_004; 3]);
    assert_eq!(sent.iter().map(|payload| payload.marker).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(sent[0].prefix.as_slice(), [0x90, 0x80, 0xFF, 0xFF]);
    assert_eq!(sent[1].prefix.as_slice(), [0x80, 0x80, 0xFF, 0xFF]);
    let mut packetizer = Packetizer::new(1_200, 0xFFFF);
    let mut out = Vec::new();
    packetizer.packetize(&key(1), &mut out).unwrap();
    packetizer.packetize(&key(1), &mut out).unwrap();
    assert_eq!(Descriptor::parse(&out[1].to_bytes()).unwrap().0.picture, Some(0), "numbers begin anew");
    assert_eq!(packetizer.packetize(&Bytes::new(), &mut out), Err(NoFrame));
}

#[test]
fn key_frames_are_told_from_others() {
    let got = receive(&numbered(&[key(20), inter(20)], 100));
    assert_eq!(got.iter().map(|frame| frame.keyframe).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_frame_with_a_hole_is_left_out_and_the_next_one_says_so() {
    let frames = [key(300), inter(300), inter(301)];
    let all = numbered(&frames, 100);
    for lost in 0..all.len() {
        let mut some = all.clone();
        let (_, timestamp, _) = some.remove(lost);
        let got = receive(&some);
        let whole: Vec<_> = (0..3u32).filter(|index| index * 6_000 != timestamp).collect();
        assert_eq!(got.iter().map(|frame| frame.timestamp / 6_000).collect::<Vec<_>>(), whole, "lost {lost}");
        assert!(got.iter().all(|frame| frame.data == frames[frame.timestamp as usize / 6_000]));
        let next = got.iter().find(|frame| frame.timestamp > timestamp);
        // Of the very first packet nobody knows that it was sent; the frame is incomplete all the same.
        assert!(next.is_none_or(|next| next.lost_before), "lost {lost}");
    }
}

#[test]
fn a_frame_without_marker_ends_where_the_next_begins() {
    let mut all = numbered(&[key(30), inter(30)], 1_200);
    all[0].2.marker = false;
    assert_eq!(receive(&all).len(), 2);
}

#[test]
fn partitions_of_their_own_packets_make_one_frame() {
    let piece = |descriptor: u8, octets: &[u8], marker| {
        let body = Bytes::copy_from_slice(octets);
        Payload { prefix: Prefix::new(&[descriptor]), body, marker }
    };
    let got = receive(&[
        (0, 0, piece(0x10, &[0x31, 1], false)),
        (1, 0, piece(0x11, &[2], false)),
        (2, 0, piece(0x01, &[3], true)),
    ]);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].data[..], [0x31, 1, 2, 3]);
}

#[test]
fn nothing_behind_the_descriptor_is_malformed() {
    let mut depacketizer = Depacketizer::default();
    for payload in [&[][..], &[0x10], &[0x90, 0x80, 0x11]] {
        let part =
            Part { timestamp: 0, marker: true, lost_before: false, payload: Bytes::copy_from_slice(payload) };
        assert_eq!(depacketizer.push(&part, &mut Vec::new()), Err(Malformed));
    }
}

proptest! {
    #[test]
    fn any_frames_come_back_as_they_were(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..2_000), 1..6),
        mtu in 50usize..1_500,
    ) {
        let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
        let all = numbered(&frames, mtu);
        prop_assert!(all.iter().all(|(.., payload)| payload.len() <= mtu.max(limits::MTU_MIN)));
        let got: Vec<Bytes> = receive(&all).into_iter().map(|frame| frame.data).collect();
        prop_assert_eq!(got, frames);
    }

    #[test]
    fn arbitrary_packets_never_panic(
        packets in proptest::collection::vec(
            (any::<u8>(), any::<bool>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..12)), 0..40),
    ) {
        let (mut depacketizer, mut out) = (Depacketizer::default(), Vec::new());
        for (timestamp, marker, lost_before, payload) in packets {
            let part = Part { timestamp: u32::from(timestamp % 4), marker, lost_before, payload: payload.into() };
            let _ = depacketizer.push(&part, &mut out);
        }
        prop_assert!(out.iter().all(|frame| !frame.data.is_empty()));
    }
}
