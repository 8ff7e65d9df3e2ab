//! RTCP packets: octets of RFC 3550 and RFC 4585, what is read back, what is refused.

use proptest::prelude::*;

use super::*;

fn written(write: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
    let mut out = BytesMut::new();
    write(&mut out);
    out.to_vec()
}

fn block() -> ReportBlock {
    ReportBlock {
        ssrc: 0x0102_0304,
        fraction_lost: 0x40,
        cumulative_lost: -2,
        highest_sequence: 0x0001_FFFE,
        jitter: 17,
        last_sender_report: 0xAABB_CCDD,
        delay_since_last_sender_report: 0x0001_0000,
    }
}

fn sample() -> Vec<Packet> {
    vec![
        Packet::SenderReport(SenderReport {
            ssrc: 9,
            ntp: 0x0123_4567_89AB_CDEF,
            rtp_timestamp: 5,
            packets: 6,
            octets: 7,
            blocks: vec![block()],
        }),
        Packet::ReceiverReport(ReceiverReport { ssrc: 9, blocks: vec![block(), block()] }),
        Packet::Sdes(Sdes(vec![(9, Some("a@b".into())), (10, None), (11, Some("four".into()))])),
        Packet::Bye(Bye { sources: vec![9, 10], reason: "camera off".into() }),
        Packet::Pli(Pli { sender: 9, media: 10 }),
        Packet::Fir(Fir { sender: 9, entries: vec![FirEntry { ssrc: 10, sequence: 200 }] }),
        Packet::Tmmbr(RateRequest {
            sender: 9,
            entries: vec![RateEntry { ssrc: 10, total_bps: 42_000, overhead: 40 }],
        }),
        Packet::Tmmbn(RateRequest { sender: 9, entries: vec![] }),
        Packet::Remb(Remb { sender: 9, total_bps: 256_000, sources: vec![10, 11] }),
    ]
}

fn write_all(packets: &[Packet]) -> Vec<u8> {
    written(|out| {
        for packet in packets {
            match packet {
                Packet::SenderReport(report) => report.write(out),
                Packet::ReceiverReport(report) => report.write(out),
                Packet::Sdes(sdes) => sdes.write(out),
                Packet::Bye(bye) => bye.write(out),
                Packet::Pli(pli) => pli.write(out),
                Packet::Fir(fir) => fir.write(out),
                Packet::Tmmbr(request) => request.write_request(out),
                Packet::Tmmbn(notification) => notification.write_notification(out),
                Packet::Remb(remb) => remb.write(out),
                Packet::Unknown(kind) => write_packet(out, *kind, 0, |out| out.put_u32(9)),
            }
        }
    })
}

#[test]
fn a_receiver_report_is_laid_out_as_in_rfc_3550_6_4_2() {
    let octets = written(|out| ReceiverReport { ssrc: 9, blocks: vec![block()] }.write(out));
    let expected = [
        0x81, 201, 0, 7, 0, 0, 0, 9, 1, 2, 3, 4, 0x40, 0xFF, 0xFF, 0xFE, 0, 1, 0xFF, 0xFE, 0, 0, 0, 17, 0xAA,
        0xBB, 0xCC, 0xDD, 0, 1, 0, 0,
    ];
    assert_eq!(octets, expected);
}

#[test]
fn a_fir_is_laid_out_as_in_rfc_5104_4_3_1() {
    let octets =
        written(|out| Fir { sender: 1, entries: vec![FirEntry { ssrc: 2, sequence: 3 }] }.write(out));
    assert_eq!(octets, [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0]);
}

#[test]
fn a_name_ends_with_at_least_one_zero() {
    let octets = written(|out| Sdes(vec![(1, Some("ab".into()))]).write(out));
    assert_eq!(octets, [0x81, 202, 0, 3, 0, 0, 0, 1, 1, 2, b'a', b'b', 0, 0, 0, 0]);
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let octets = written(|out| Sdes(vec![(1, Some("é".repeat(200)))]).write(out));
    let packets = parse(&octets).expect("as written");
    let [Packet::Sdes(sdes)] = &packets[..] else {
        panic!("one SDES packet was written");
    };
    assert_eq!(sdes.0[0].1.as_deref().map(str::len), Some(254));
}

#[test]
fn every_packet_survives_the_way_there_and_back() {
    assert_eq!(parse(&write_all(&sample())), Ok(sample()));
}

#[test]
fn unknown_packets_are_passed_over() {
    let packets = [Packet::Unknown(204), Packet::Pli(Pli { sender: 1, media: 2 }), Packet::Unknown(207)];
    assert_eq!(parse(&write_all(&packets)).as_deref(), Ok(&packets[..]));
    // Transport-layer feedback and an unknown message type of the payload-specific kind.
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0];
    let remb = [0x8F, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B'];
    assert_eq!(parse(&[nack, remb].concat()), Ok(vec![Packet::Unknown(205), Packet::Unknown(206)]));
}

#[test]
fn padding_stands_at_the_end_of_the_compound_only() {
    let padded = [0xA0, 201, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4];
    let report = Packet::ReceiverReport(ReceiverReport { ssrc: 9, blocks: vec![] });
    assert_eq!(parse(&padded), Ok(vec![report]));
    assert_eq!(parse(&[padded, padded].concat()), Err(Error::Padding(0)));
    assert_eq!(parse(&[0xA0, 201, 0, 1, 0, 0, 0, 9]), Err(Error::Padding(0)), "nine of four octets");
}

#[test]
fn refuses_other_versions_types_and_lengths() {
    assert_eq!(parse(&[]), Err(Error::Truncated(0)));
    assert_eq!(parse(&[0x40, 201, 0, 1, 0, 0, 0, 9]), Err(Error::Version(0)));
    assert_eq!(parse(&[0x80, 96, 0, 1, 0, 0, 0, 9]), Err(Error::PacketType(0)));
    assert_eq!(parse(&[0x80, 201, 0, 2, 0, 0, 0, 9]), Err(Error::Truncated(0)));
    assert_eq!(parse(&vec![0; limits::RTCP_MAX + 4]), Err(Error::TooLong(limits::RTCP_MAX + 4)));
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..120)) {
        let _ = parse(&octets);
    }

    #[test]
    fn changed_octets_never_panic(at in 0usize..180, to: u8, cut in 0usize..220) {
        let mut octets = write_all(&sample());
        if let Some(octet) = octets.get_mut(at) {
            *octet = to;
        }
        octets.truncate(cut);
        let _ = parse(&octets);
    }
}
