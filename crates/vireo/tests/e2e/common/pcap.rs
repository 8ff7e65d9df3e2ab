//! A capture file of pressed keys, for SIPp's `play_pcap_audio` (RFC 4733 events in Ethernet frames).

use std::path::Path;

/// Sampling instants between two packets: 20 ms at 8 kHz.
const STEP: u32 = 160;
/// Packets while the key is down; the last is repeated twice more (RFC 4733 §2.5.1.4).
const PACKETS: u32 = 5;
/// Link type of Ethernet in a pcap file header.
const ETHERNET: u32 = 1;

/// Writes one file in which `keys` are pressed for 100 ms each, half a second apart, as payload type
/// `pt`.
pub(crate) fn write_keys(path: &Path, pt: u8, keys: &str) {
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4u32.to_le_bytes());
    // Version 2.4, UTC, exact times.
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535u32.to_le_bytes());
    file.extend(ETHERNET.to_le_bytes());
    let mut sequence = 1u16;
    for (at, key) in keys.chars().enumerate() {
        let event = "0123456789*#ABCD".find(key).expect("a telephone key") as u8;
        let start = at as u32 * 500;
        for packet in 1..=PACKETS + 2 {
            let end = packet >= PACKETS;
            let duration = STEP * packet.min(PACKETS);
            let rtp = rtp(pt, packet == 1, sequence, start * 8, event, end, duration as u16);
            record(&mut file, start + 20 * packet, &rtp);
            sequence += 1;
        }
    }
    std::fs::write(path, file).expect("the test's folder is writable");
}

fn rtp(pt: u8, marker: bool, sequence: u16, timestamp: u32, event: u8, end: bool, duration: u16) -> Vec<u8> {
    let mut packet = vec![0x80, u8::from(marker) << 7 | pt];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(0x7E57_0001u32.to_be_bytes());
    // Event; end bit and volume of -10 dBm0; duration (RFC 4733 §2.3).
    packet.extend([event, u8::from(end) << 7 | 10]);
    packet.extend(duration.to_be_bytes());
    packet
}

/// Appends one Ethernet/IPv4/UDP frame; SIPp replaces addresses and ports, and its checksums.
fn record(file: &mut Vec<u8>, at_ms: u32, payload: &[u8]) {
    let udp_length = 8 + payload.len() as u16;
    let mut frame = vec![0; 12];
    frame.extend([0x08, 0x00]);
    frame.extend([0x45, 0]);
    frame.extend((20 + udp_length).to_be_bytes());
    // No fragments, 64 hops, UDP, no checksum, any addresses.
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 77, 0, 1, 10, 77, 0, 1]);
    frame.extend(40_000u16.to_be_bytes());
    frame.extend(40_000u16.to_be_bytes());
    frame.extend(udp_length.to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    let length = (frame.len() as u32).to_le_bytes();
    file.extend((at_ms / 1000).to_le_bytes());
    file.extend((at_ms % 1000 * 1000).to_le_bytes());
    file.extend(length);
    file.extend(length);
    file.extend(frame);
}
