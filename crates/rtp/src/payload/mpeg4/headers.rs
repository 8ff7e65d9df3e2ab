//! What the packets need to know of an MPEG-4 bitstream: its start codes (ISO/IEC 14496-2 table 6-3), and
//! where a decoder can pick it up again (resync markers, §6.3.5.2).

use bytes::{Bytes, BytesMut};

use crate::limits;

/// Octets of a start code.
pub(super) const START_CODE_LEN: usize = 4;
const PREFIX: [u8; 3] = [0, 0, 1];

/// What a start code begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Visual object sequence, visual object, video object, video object layer: the configuration.
    Configuration {
        /// The layer (VOL) itself, without which nothing can be decoded.
        layer: bool,
    },
    /// A group of VOPs, or user data: belongs to what follows, and is no configuration.
    Other,
    /// A picture.
    Vop,
    /// The end of the sequence.
    End,
}

impl Start {
    fn of(code: u8) -> Self {
        match code {
            0x00..=0x1F | 0xB0 | 0xB5 => Start::Configuration { layer: false },
            0x20..=0x2F => Start::Configuration { layer: true },
            0xB1 => Start::End,
            0xB6 => Start::Vop,
            _ => Start::Other,
        }
    }
}

/// Every start code with its place.
pub(super) fn starts(data: &[u8]) -> impl Iterator<Item = (usize, Start)> {
    let place = |at: &usize| data[*at..].starts_with(&PREFIX);
    let last = data.len().saturating_sub(PREFIX.len());
    (0..last).filter(place).map(|at| (at, Start::of(data[at + PREFIX.len()])))
}

/// Whether the octets begin with a start code.
pub(super) fn begins_with_start(data: &[u8]) -> bool {
    data.len() >= START_CODE_LEN && data.starts_with(&PREFIX)
}

/// Whether the octets may begin with a resync marker or a start code: 16 to 22 zeros, then a one.
pub(super) fn may_begin_packet(data: &[u8]) -> bool {
    matches!(data, [0, 0, third, ..] if *third != 0)
}

/// Whether the VOP whose start code is at `at` is intra coded (`vop_coding_type`, §6.3.5).
pub(super) fn is_intra(data: &[u8], at: usize) -> bool {
    data.get(at + START_CODE_LEN).is_some_and(|octet| octet >> 6 == 0)
}

/// The configuration of a source as it was last seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration(Bytes);

impl Configuration {
    /// Takes over the configuration in `headers`, what stands before a VOP; answers whether there is one.
    pub(super) fn learn(&mut self, headers: &[u8]) -> bool {
        let of_configuration = |(at, start)| matches!(start, Start::Configuration { .. }).then_some(at);
        let first = starts(headers).find_map(of_configuration);
        let layer = starts(headers).find(|(_, start)| *start == Start::Configuration { layer: true });
        let (Some(first), Some((layer, _))) = (first, layer) else {
            return false;
        };
        // The layer ends at the next start code that is none of the configuration.
        let rest = starts(&headers[layer..])
            .skip(1)
            .find(|(_, start)| !matches!(start, Start::Configuration { .. }));
        let end = rest.map_or(headers.len(), |(at, _)| layer + at);
        if end - first <= limits::MPEG4_CONFIG_MAX {
            self.0 = Bytes::copy_from_slice(&headers[first..end]);
        }
        true
    }

    /// Whether anything is known.
    pub(super) fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// `picture` with the configuration before it.
    pub(super) fn before(&self, picture: &[u8]) -> Bytes {
        let mut data = BytesMut::with_capacity(self.0.len() + picture.len());
        data.extend_from_slice(&self.0);
        data.extend_from_slice(picture);
        data.freeze()
    }
}
