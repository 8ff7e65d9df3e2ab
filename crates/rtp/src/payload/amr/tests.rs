//! Octets by hand from RFC 4867, and what holds for all.

use std::time::Duration;

use bytes::Bytes;
use media::amr::{ModeSet, bits};
use proptest::prelude::*;

use super::*;
use crate::payload::{Malformed, Part};
use crate::session::Sound;

fn part(timestamp: u32, payload: &[u8]) -> Part {
    Part { timestamp, marker: false, lost_before: false, payload: Bytes::copy_from_slice(payload) }
}

/// A stored frame of this type whose speech bits are all ones.
fn ones(frame_type: u8) -> Bytes {
    let count = bits(frame_type).unwrap();
    let mut frame = vec![frame_type << 3 | 4];
    frame.resize(1 + count / 8, 0xFF);
    if !count.is_multiple_of(8) {
        frame.push(0xFF << (8 - count % 8));
    }
    frame.into()
}

fn read(octet_aligned: bool, payload: &[u8]) -> Result<Vec<Bytes>, Malformed> {
    let (mut depacketizer, mut out) = (Depacketizer::new(Band::Narrow, octet_aligned), Vec::new());
    depacketizer.push(&part(0, payload), &mut out)?;
    Ok(out.into_iter().map(|frame| frame.data).collect())
}

fn sound(octet_aligned: bool, packet_ms: u64) -> Sound {
    Sound { packet: Duration::from_millis(packet_ms), amr_octet_aligned: octet_aligned, ..Sound::default() }
}

/// Timestamp, marker and octets of each packet that these frames make, 20 ms apart where no time is given.
fn write(sound: &Sound, frames: &[(u64, Bytes)]) -> Vec<(u64, bool, Vec<u8>)> {
    let (mut packetizer, mut out) = (Packetizer::new(Band::Narrow, sound), Vec::new());
    for (timestamp, frame) in frames {
        packetizer.packetize(*timestamp, false, frame, &mut out).unwrap();
    }
    out.iter().map(|(at, payload)| (*at, payload.marker, payload.to_bytes().to_vec())).collect()
}

#[test]
fn one_frame_bandwidth_efficient() {
    // §4.3.5.1, figure 4: CMR 6, one frame of 5.9 kbit/s (118 bits), 4 + 6 + 118 bits without padding.
    let mut payload = vec![0x60 | 0x01, 0x7F];
    payload.resize(16, 0xFF); // 0110 0 0010 1 1...
    payload[0] = 0b0110_0001;
    payload[1] = 0b0111_1111;
    let frames = read(false, &payload).unwrap();
    assert_eq!(frames, [ones(2)]);
    let asked = Sound { amr_mode_request: Some(6), ..sound(false, 20) };
    assert_eq!(write(&asked, &[(0, ones(2))]), [(0, true, payload)]);
}

#[test]
fn one_frame_octet_aligned() {
    // §4.4.5.1: CMR octet, table of contents, then whole octets; 12.2 kbit/s has 244 bits.
    let mut payload = vec![0xF0, 0x3C];
    payload.extend([0xFF; 30]);
    payload.push(0xF0);
    assert_eq!(read(true, &payload).unwrap(), [ones(7)]);
    assert_eq!(write(&sound(true, 20), &[(0, ones(7))]), [(0, true, payload)]);
}

#[test]
fn frames_of_a_slewed_clock_all_come_and_are_sent_without_overlap() {
    let payload = write(&sound(true, 20), &[(0, ones(7))]).remove(0).2;
    let (mut depacketizer, mut out) = (Depacketizer::new(Band::Narrow, true), Vec::new());
    // 159 samples apart, then one a whole packet back: a repetition.
    for timestamp in [1_000, 1_159, 1_318, 1_477, 1_318] {
        depacketizer.push(&part(timestamp, &payload), &mut out).unwrap();
    }
    assert_eq!(out.len(), 4);
    let slewed: Vec<(u64, Bytes)> = (0..200u64).map(|n| (10_000 + 159 * n, ones(7))).collect();
    let sent = write(&sound(true, 40), &slewed);
    assert_eq!(sent.len(), 100, "two in each packet");
    let steps: Vec<u64> = sent.windows(2).map(|two| two[1].0 - two[0].0).collect();
    // The time line is put right each 80 samples: by half a frame.
    assert!(steps.iter().all(|step| [320, 240].contains(step)), "{steps:?}");
    assert!(steps.iter().filter(|step| **step == 240).count() <= 2, "{steps:?}");
}

#[test]
fn comfort_noise_no_data_and_damage_are_told_apart() {
    let (mut depacketizer, mut out) = (Depacketizer::new(Band::Narrow, true), Vec::new());
    // Frame types 8, 15 and 0 with Q = 0 in one packet; a NO_DATA frame is no damage.
    let mut payload = vec![0xF0, 0x80 | 8 << 3 | 4, 0x80 | 15 << 3, 0];
    payload.extend([0xAA; 5 + 12]);
    depacketizer.push(&part(800, &payload), &mut out).unwrap();
    let seen: Vec<_> =
        out.iter().map(|frame| (frame.timestamp, frame.data[0], frame.data.len(), frame.damaged)).collect();
    assert_eq!(seen, [(800, 0x44, 6, false), (960, 0x78, 1, false), (1_120, 0x00, 13, true)]);
    assert_eq!((out[0].data[5], out[2].data[12]), (0xAA, 0xAA), "padding: 39 and 95 bits leave one zero");
}

#[test]
fn what_is_no_amr_is_malformed() {
    assert_eq!(read(true, &[]), Err(Malformed));
    assert_eq!(read(true, &[0xF0]), Err(Malformed));
    assert_eq!(read(true, &[0xF0, 0x3C, 1, 2, 3]), Err(Malformed), "shorter than it says");
    assert_eq!(
        read(true, &[0xF0, 9 << 3 | 4, 0, 0, 0, 0, 0]),
        Err(Malformed),
        "comfort noise of another codec"
    );
    let endless = vec![0xFC; 60];
    assert_eq!(read(true, &endless), Err(Malformed));
}

#[test]
fn packets_of_the_other_kind_are_read_too() {
    for frame_type in [0, 2, 7, 8] {
        let aligned = &write(&sound(true, 20), &[(0, ones(frame_type))])[0].2;
        let efficient = &write(&sound(false, 20), &[(0, ones(frame_type))]).concat_octets();
        assert_eq!(read(false, aligned).unwrap(), [ones(frame_type)], "type {frame_type}");
        assert_eq!(read(true, efficient).unwrap(), [ones(frame_type)], "type {frame_type}");
    }
    let mut long = write(&sound(true, 20), &[(0, ones(7))])[0].2.clone();
    long.extend([0; 3]);
    assert_eq!(read(true, &long).unwrap(), [ones(7)], "octets behind are passed over");
}

trait Octets {
    fn concat_octets(&self) -> Vec<u8>;
}

impl Octets for Vec<(u64, bool, Vec<u8>)> {
    fn concat_octets(&self) -> Vec<u8> {
        self.iter().flat_map(|(.., octets)| octets.clone()).collect()
    }
}

#[test]
fn redundant_frames_are_left_out_and_make_up_for_a_loss() {
    let (mut depacketizer, mut out) = (Depacketizer::new(Band::Narrow, true), Vec::new());
    let pair = |first: u8| {
        let mut payload = vec![0xF0, 0x80 | first << 3 | 4, (first + 1) << 3 | 4];
        payload.extend(vec![0; bits(first).unwrap().div_ceil(8) + bits(first + 1).unwrap().div_ceil(8)]);
        payload
    };
    depacketizer.push(&part(0, &pair(0)), &mut out).unwrap();
    depacketizer.push(&part(160, &pair(1)), &mut out).unwrap();
    // The packet of frames 2 and 3 is lost; 3 and 4 come: 3 is new, nothing before it is missing but 2 ...
    let mut lost = part(480, &pair(3));
    lost.lost_before = true;
    depacketizer.push(&lost, &mut out).unwrap();
    let mut covered = part(640, &pair(4));
    covered.lost_before = true;
    depacketizer.push(&covered, &mut out).unwrap();
    let seen: Vec<_> =
        out.iter().map(|frame| (frame.timestamp / 160, frame.data[0] >> 3, frame.lost_before)).collect();
    assert_eq!(
        seen,
        [(0, 0, false), (1, 1, false), (2, 2, false), (3, 3, false), (4, 4, false), (5, 5, false)]
    );
}

#[test]
fn a_gap_after_a_loss_is_told() {
    let (mut depacketizer, mut out) = (Depacketizer::new(Band::Narrow, true), Vec::new());
    let payload = write(&sound(true, 20), &[(0, ones(0))]).concat_octets();
    depacketizer.push(&part(0, &payload), &mut out).unwrap();
    depacketizer.push(&Part { lost_before: true, ..part(320, &payload) }, &mut out).unwrap();
    depacketizer.push(&part(1_600, &payload), &mut out).unwrap();
    assert_eq!(out.iter().map(|frame| frame.lost_before).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn a_request_is_told_when_it_changes() {
    let mut depacketizer = Depacketizer::new(Band::Narrow, true);
    let mut asked = Vec::new();
    for cmr in [15u8, 4, 4, 15, 9, 2] {
        let payload = [vec![cmr << 4, 0x04], vec![0; 12]].concat();
        depacketizer.push(&part(0, &payload), &mut Vec::new()).unwrap();
        asked.push(depacketizer.take_mode_request());
    }
    assert_eq!(asked, [None, Some(Some(4)), None, Some(None), None, Some(Some(2))]);
}

#[test]
fn several_frames_fill_a_packet_and_a_gap_sends_what_waits() {
    let forty = sound(false, 40);
    let frames: Vec<_> = [0, 160, 320, 640, 800].map(|at| (at, ones(7))).into();
    let sent = write(&forty, &frames);
    let seen: Vec<_> = sent.iter().map(|(at, marker, octets)| (*at, *marker, octets.len())).collect();
    // 4 + 2 * 6 + 2 * 244 bits; 4 + 6 + 244 bits.
    assert_eq!(seen, [(0, true, 63), (320, false, 32), (640, true, 63)]);
    assert_eq!(read(false, &sent[0].2).unwrap(), [ones(7), ones(7)]);
}

#[test]
fn silence_is_not_sent_and_speech_after_it_begins_a_spurt() {
    let frames: Vec<_> =
        [7, 8, 15, 15, 8, 7, 7].iter().zip(0u64..).map(|(kind, at)| (at * 160, ones(*kind))).collect();
    let sent = write(&sound(true, 20), &frames);
    let seen: Vec<_> = sent.iter().map(|(at, marker, _)| (*at / 160, *marker)).collect();
    assert_eq!(seen, [(0, true), (1, false), (4, false), (5, true), (6, false)]);
}

#[test]
fn frames_that_may_not_be_sent_are_refused() {
    let gsm = Sound { amr_modes: ModeSet::new([0, 2, 4, 7]).unwrap(), ..sound(true, 20) };
    let mut packetizer = Packetizer::new(Band::Narrow, &gsm);
    let mut try_out = |frame: Bytes| packetizer.packetize(0, false, &frame, &mut Vec::new());
    assert_eq!(try_out(ones(1)), Err(Unsendable::Mode(1)));
    for fine in [0, 7, 8, 15] {
        assert_eq!(try_out(ones(fine)), Ok(()));
    }
    assert_eq!(try_out(Bytes::new()), Err(Unsendable::Malformed));
    assert_eq!(try_out(ones(7).slice(1..)), Err(Unsendable::Malformed));
    assert_eq!(try_out(Bytes::from_static(&[9 << 3])), Err(Unsendable::Malformed));
}

#[test]
fn a_wide_band_frame_either_way() {
    // 23.85 kbit/s has 477 bits (TS 26.201 table 2), 2 mod 8 = 5 bits in its last octet.
    let mut frame = vec![8 << 3 | 4];
    frame.extend([0xFF; 59]);
    frame.push(0xF8);
    let frame = Bytes::from(frame);
    for (aligned, len) in [(true, 62), (false, 61)] {
        let sound = Sound { amr_modes: Band::Wide.modes(), ..sound(aligned, 20) };
        let (mut packetizer, mut packets) = (Packetizer::new(Band::Wide, &sound), Vec::new());
        packetizer.packetize(0, true, &frame, &mut packets).unwrap();
        packetizer.packetize(320, false, &frame, &mut packets).unwrap();
        assert_eq!(
            packets.iter().map(|(at, packet)| (*at, packet.len())).collect::<Vec<_>>(),
            [(0, len), (320, len)]
        );
        assert_eq!(packets[0].1.to_bytes()[0] >> 4, 15, "no request");
        let (mut depacketizer, mut out) = (Depacketizer::new(Band::Wide, aligned), Vec::new());
        depacketizer.push(&part(640, &packets[0].1.to_bytes()), &mut out).unwrap();
        assert_eq!((out[0].data.clone(), out[0].timestamp), (frame.clone(), 640));
    }
    let narrow = Packetizer::new(Band::Narrow, &sound(true, 20)).packetize(0, true, &frame, &mut Vec::new());
    assert_eq!(narrow, Err(Unsendable::Malformed));
}

fn stored_frame(band: Band) -> impl Strategy<Value = Bytes> {
    let kinds = prop_oneof![0u8..=band.sid(), Just(15u8)];
    (kinds, any::<bool>(), any::<[u8; 60]>()).prop_map(move |(kind, good, speech)| {
        let count = band.bits(kind).unwrap();
        let mut frame = vec![kind << 3 | u8::from(good) << 2];
        frame.extend_from_slice(&speech[..count.div_ceil(8)]);
        if !count.is_multiple_of(8) {
            *frame.last_mut().unwrap() &= 0xFF << (8 - count % 8);
        }
        frame.into()
    })
}

fn stored_frames() -> impl Strategy<Value = (Band, Vec<Bytes>)> {
    prop_oneof![Just(Band::Narrow), Just(Band::Wide)]
        .prop_flat_map(|band| (Just(band), proptest::collection::vec(stored_frame(band), 1..20)))
}

proptest! {
    #[test]
    fn frames_pass_either_way_as_they_are(
        (band, frames) in stored_frames(), octet_aligned: bool, per_packet in 1u64..5,
    ) {
        let step = u64::from(band.frame_samples());
        let sound = Sound { amr_modes: band.modes(), ..sound(octet_aligned, per_packet * 20) };
        let (mut packetizer, mut packets) = (Packetizer::new(band, &sound), Vec::new());
        for (frame, at) in frames.iter().zip(0u64..) {
            packetizer.packetize(at * step, at == 0, frame, &mut packets).unwrap();
        }
        let (mut depacketizer, mut out) = (Depacketizer::new(band, octet_aligned), Vec::new());
        for (at, payload) in &packets {
            depacketizer.push(&part(*at as u32, &payload.to_bytes()), &mut out).unwrap();
        }
        for got in &out {
            prop_assert_eq!(&got.data, &frames[got.timestamp as usize / step as usize]);
        }
        let speech_sent = frames.len() / per_packet as usize * per_packet as usize;
        if frames.iter().all(|frame| frame[0] >> 3 != 15) {
            prop_assert_eq!(out.len(), speech_sent);
        }
    }

    #[test]
    fn arbitrary_payloads_never_panic(
        payloads in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..80)), 0..20),
        octet_aligned: bool, wide: bool,
    ) {
        let band = if wide { Band::Wide } else { Band::Narrow };
        let (mut depacketizer, mut out) = (Depacketizer::new(band, octet_aligned), Vec::new());
        for (timestamp, payload) in payloads {
            let _ = depacketizer.push(&part(timestamp, &payload), &mut out);
        }
        for frame in out {
            let count = band.bits(frame.data[0] >> 3).unwrap();
            prop_assert_eq!(frame.data.len(), 1 + count.div_ceil(8));
        }
    }
}
