//! RTP packets (RFC 3550 §5.1), with header extension, contributing sources and padding.
//!
//! Start at [`Packet::parse`] and [`Header::write`].

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::limits;

/// Octets of the fixed header.
pub const HEADER_LEN: usize = 12;
const VERSION: u8 = 2;
const PADDING: u8 = 0x20;
const EXTENSION: u8 = 0x10;
const CSRC_COUNT: u8 = 0x0F;
const MARKER: u8 = 0x80;

/// Why a datagram is no RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Shorter than what its header announces.
    #[error("RTP packet of {0} octets is too short")]
    TooShort(usize),
    /// Longer than [`limits::DATAGRAM_MAX`].
    #[error("RTP packet of {0} octets is too long")]
    TooLong(usize),
    /// Version is not 2.
    #[error("RTP version {0}")]
    Version(u8),
    /// Padding of zero octets, or more than there are (RFC 3550 §A.1).
    #[error("RTP padding of {0} octets")]
    Padding(u8),
}

/// The fields of the fixed header that a sender chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Start of a talk spurt, or last packet of a picture.
    pub marker: bool,
    /// 0..=127.
    pub payload_type: u8,
    /// Increments by one for each packet sent.
    pub sequence: u16,
    /// Sampling instant of the first octet, in the units of the payload's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// One parsed packet; its parts share the datagram's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Fixed header.
    pub header: Header,
    /// Contributing sources, four octets each, at most fifteen.
    pub csrc: Bytes,
    /// Header extension: its profile-specific number and its words (RFC 3550 §5.3.1).
    pub extension: Option<(u16, Bytes)>,
    /// Without padding.
    pub payload: Bytes,
}

impl Header {
    /// Writes the twelve octets, with neither padding nor extension nor contributing sources.
    pub fn write(&self, out: &mut BytesMut) {
        self.write_flagged(0, out);
    }

    /// Writes the twelve octets and what announces a header extension, which is to follow (RFC 3550 §5.3.1).
    pub fn write_extended(&self, out: &mut BytesMut) {
        self.write_flagged(EXTENSION, out);
    }

    fn write_flagged(&self, flags: u8, out: &mut BytesMut) {
        out.put_u8(VERSION << 6 | flags);
        out.put_u8(if self.marker { MARKER } else { 0 } | (self.payload_type & 0x7F));
        out.put_u16(self.sequence);
        out.put_u32(self.timestamp);
        out.put_u32(self.ssrc);
    }
}

impl Packet {
    /// Reads one datagram.
    ///
    /// # Errors
    /// As [`Error`] says; a datagram that fails is to be dropped and counted.
    pub fn parse(datagram: &Bytes) -> Result<Self, Error> {
        let len = datagram.len();
        if len > limits::DATAGRAM_MAX {
            return Err(Error::TooLong(len));
        }
        let (&[first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3], _) =
            datagram.split_first_chunk::<HEADER_LEN>().ok_or(Error::TooShort(len))?;
        if first >> 6 != VERSION {
            return Err(Error::Version(first >> 6));
        }
        let header = Header {
            marker: second & MARKER != 0,
            payload_type: second & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
        };
        let mut rest = datagram.slice(HEADER_LEN..);
        let csrc = take(&mut rest, 4 * usize::from(first & CSRC_COUNT), len)?;
        let extension = if first & EXTENSION != 0 { Some(take_extension(&mut rest, len)?) } else { None };
        if first & PADDING != 0 {
            let padding = rest.last().copied().ok_or(Error::Padding(0))?;
            if padding == 0 || usize::from(padding) > rest.len() {
                return Err(Error::Padding(padding));
            }
            rest.truncate(rest.len() - usize::from(padding));
        }
        Ok(Packet { header, csrc, extension, payload: rest })
    }

    /// The datagram, without padding. At most fifteen whole contributing sources are written, and whole
    /// words of the extension.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let sources = (self.csrc.len() / 4).min(usize::from(CSRC_COUNT));
        let mut out = BytesMut::with_capacity(HEADER_LEN + self.csrc.len() + self.payload.len() + 4);
        let flags = sources as u8 | if self.extension.is_some() { EXTENSION } else { 0 };
        self.header.write_flagged(flags, &mut out);
        out.put_slice(&self.csrc[..4 * sources]);
        if let Some((profile, words)) = &self.extension {
            let count = (words.len() / 4).min(usize::from(u16::MAX));
            out.put_u16(*profile);
            out.put_u16(count as u16);
            out.put_slice(&words[..4 * count]);
        }
        out.put_slice(&self.payload);
        out.freeze()
    }
}

/// Whether a datagram on a port that carries both is RTCP: its second octet, as RFC 5761 §4 tells
/// payload types 64..=95 apart (192..=223 with what would be the marker bit).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|second| (192..=223).contains(second))
}

fn take(rest: &mut Bytes, count: usize, whole: usize) -> Result<Bytes, Error> {
    if rest.len() < count {
        return Err(Error::TooShort(whole));
    }
    Ok(rest.split_to(count))
}

fn take_extension(rest: &mut Bytes, whole: usize) -> Result<(u16, Bytes), Error> {
    let head = take(rest, 4, whole)?;
    let words = usize::from(u16::from_be_bytes([head[2], head[3]]));
    Ok((u16::from_be_bytes([head[0], head[1]]), take(rest, 4 * words, whole)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0xE0, 0x12, 0x34, 0, 0, 0, 0xA0, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2];

    #[test]
    fn reads_the_fixed_header() {
        let packet = Packet::parse(&Bytes::from_static(&PLAIN)).expect("valid");
        let header =
            Header { marker: true, payload_type: 96, sequence: 0x1234, timestamp: 160, ssrc: 0xDEAD_BEEF };
        assert_eq!(packet.header, header);
        assert_eq!(&packet.payload[..], [1, 2]);
        assert_eq!(&packet.to_bytes()[..], PLAIN);
    }

    #[test]
    fn reads_past_sources_extension_and_padding() {
        let mut octets = vec![0xB1, 0x00, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        octets.extend([0, 0, 0, 9]); // one CSRC
        octets.extend([0xBE, 0xDE, 0, 1, 0x10, 0xAA, 0, 0]); // RFC 8285 one-octet extension
        octets.extend([7, 8, 0, 0, 3]);
        let packet = Packet::parse(&octets.into()).expect("valid");
        assert_eq!(&packet.csrc[..], [0, 0, 0, 9]);
        assert_eq!(
            packet.extension.as_ref().map(|(profile, words)| (*profile, words.len())),
            Some((0xBEDE, 4))
        );
        assert_eq!(&packet.payload[..], [7, 8]);
    }

    #[test]
    fn refuses_what_its_header_does_not_hold() {
        let parse = |octets: &[u8]| Packet::parse(&Bytes::copy_from_slice(octets)).unwrap_err();
        let with = |first: u8, tail: &[u8]| [&[first], &PLAIN[1..12], tail].concat();
        assert_eq!(parse(&PLAIN[..11]), Error::TooShort(11));
        assert_eq!(parse(&with(0x40, &[])), Error::Version(1));
        assert_eq!(parse(&with(0x82, &[0; 7])), Error::TooShort(19));
        assert_eq!(parse(&with(0x90, &[0, 0, 0])), Error::TooShort(15));
        assert_eq!(parse(&with(0x90, &[0, 0, 0, 1, 0, 0, 0])), Error::TooShort(19));
        assert_eq!(parse(&with(0xA0, &[])), Error::Padding(0));
        assert_eq!(parse(&with(0xA0, &[1, 0])), Error::Padding(0));
        assert_eq!(parse(&with(0xA0, &[1, 3])), Error::Padding(3));
        let long = vec![0x80; limits::DATAGRAM_MAX + 1];
        assert_eq!(parse(&long), Error::TooLong(limits::DATAGRAM_MAX + 1));
    }

    #[test]
    fn tells_rtcp_from_rtp_with_a_marker() {
        assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x81, 206]));
        assert!(!is_rtcp(&PLAIN) && !is_rtcp(&[0x80, 0x80]) && !is_rtcp(&[0x80]));
    }

    proptest! {
        #[test]
        fn parse_after_write_is_identity(
            marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32,
            sources in 0usize..16, extension in proptest::option::of((any::<u16>(), 0usize..5)),
            payload in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let packet = Packet {
                header: Header { marker, payload_type, sequence, timestamp, ssrc },
                csrc: vec![3; 4 * sources].into(),
                extension: extension.map(|(profile, words)| (profile, vec![5; 4 * words].into())),
                payload: payload.into(),
            };
            prop_assert_eq!(Packet::parse(&packet.to_bytes()), Ok(packet));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Packet::parse(&octets.into());
        }

        #[test]
        fn a_packet_cut_anywhere_never_panics(cut in 0usize..24) {
            let mut octets = vec![0xB1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 0xBE, 0xDE, 0, 1];
            octets.extend([0x10, 0xAA, 0, 1]);
            octets.truncate(cut);
            prop_assert!(Packet::parse(&octets.into()).is_err());
        }
    }
}
