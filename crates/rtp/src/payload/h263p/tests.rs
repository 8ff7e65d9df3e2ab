//! Packets by hand from RFC 4629 §6, and what holds for all.

use proptest::prelude::*;

use super::*;

/// An INTRA picture of QCIF: its header, then GOBs of `len` octets that begin with aligned start codes.
fn picture(groups: u8, len: usize) -> Bytes {
    // PSC, TR 5, PTYPE "10 000 010 0 ...": INTRA.
    let mut data = vec![0, 0, 0x80, 0x16, 0x08, 0x11];
    data.extend(vec![0xA5; len]);
    for group in 1..=groups {
        data.extend([0, 0, 0x80 | group << 2 | 0x02]);
        data.extend(vec![0x5A; len]);
    }
    data.into()
}

fn packets(mtu: usize, picture: &Bytes) -> Vec<Payload> {
    let mut out = Vec::new();
    Packetizer::new(mtu).packetize(picture, &mut out).unwrap();
    out
}

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

fn numbered(pictures: &[Bytes], mtu: usize) -> Vec<(u16, u32, Payload)> {
    let mut all = Vec::new();
    for (picture, index) in pictures.iter().zip(0u32..) {
        all.extend(packets(mtu, picture).into_iter().map(|payload| (index * 6_000, payload)));
    }
    (0u16..).zip(all).map(|(sequence, (timestamp, payload))| (sequence, timestamp, payload)).collect()
}

#[test]
fn headers_of_every_kind_are_read() {
    let check = |octets: &[u8], want: Option<(Header, usize)>| {
        assert_eq!(Header::parse(octets), want, "{octets:02x?}");
    };
    check(&[0x04, 0x00, 0x80], Some((Header { begins: true, passed_over: 0 }, 2)));
    check(&[0x00, 0x00, 0x80], Some((Header::default(), 2)));
    // V with its octet; PLEN of three octets, PEBIT 5.
    check(&[0x06, 0x00, 0x00, 0x80], Some((Header { begins: true, passed_over: 1 }, 3)));
    check(&[0x04, 0x1D, 1, 2, 3, 0x80], Some((Header { begins: true, passed_over: 3 }, 5)));
    for short in [&[][..], &[4], &[0x04, 0x1D, 1, 2], &[0x06, 0]] {
        check(short, None);
    }
}

#[test]
fn a_small_picture_is_one_packet_without_its_zeros() {
    let picture = picture(0, 4);
    let sent = packets(1_200, &picture);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].prefix.as_slice(), [0x04, 0x00]);
    assert_eq!(sent[0].body[..], picture[2..]);
    assert!(sent[0].marker);
}

#[test]
fn packets_begin_at_start_codes_where_they_can() {
    let sent = packets(500, &picture(8, 200));
    // Header and two GOBs, then two GOBs of 203 octets each.
    assert!(sent.iter().all(|payload| payload.prefix.as_slice() == [0x04, 0x00] && payload.len() <= 500));
    assert_eq!(sent.iter().filter(|payload| payload.marker).count(), 1);
    let long = packets(100, &picture(1, 150));
    let begins: Vec<_> = long.iter().map(|payload| payload.prefix.as_slice()[0]).collect();
    assert_eq!(begins, [4, 0, 4, 0], "what is too long goes on without a start code");
}

#[test]
fn after_a_loss_the_picture_goes_on_at_the_next_start_code() {
    let all = numbered(&[picture(4, 150)], 100);
    let mut some = all.clone();
    some.remove(3);
    let got = receive(&some);
    assert_eq!((got.len(), got[0].damaged, got[0].keyframe), (1, true, true));
    let mut first = all;
    first.remove(0);
    assert!(receive(&first).is_empty(), "without its header a picture is nothing");
}

#[test]
fn what_is_no_picture_is_not_sent() {
    for octets in [&[][..], &[0, 0], &[0, 0, 0x84, 1], &[1, 2, 3, 4]] {
        let mut out = Vec::new();
        assert_eq!(Packetizer::new(500).packetize(&Bytes::copy_from_slice(octets), &mut out), Err(NoPicture));
        assert!(out.is_empty());
    }
}

proptest! {
    #[test]
    fn any_pictures_come_back_as_they_were(
        pictures in proptest::collection::vec(proptest::collection::vec(
            prop_oneof![Just(0u8), Just(0x80), any::<u8>()], 0..1_500), 1..5),
        mtu in 50usize..1_500,
    ) {
        let pictures: Vec<Bytes> =
            pictures.into_iter().map(|rest| [&[0, 0, 0x82][..], &rest].concat().into()).collect();
        let all = numbered(&pictures, mtu);
        prop_assert!(all.iter().all(|(.., payload)| payload.len() <= mtu.max(limits::MTU_MIN)));
        let got: Vec<Bytes> = receive(&all).into_iter().map(|picture| picture.data).collect();
        prop_assert_eq!(got, pictures);
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
        prop_assert!(out.iter().all(|picture| picture.data.len() > 2));
    }
}
