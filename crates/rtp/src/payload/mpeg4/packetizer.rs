//! Pictures to packets (RFC 6416 §5.2).

use bytes::Bytes;
use thiserror::Error;

use super::headers::{
    Configuration, START_CODE_LEN, Start, begins_with_start, is_intra, may_begin_packet, starts,
};
use crate::limits;
use crate::payload::{Payload, Prefix};

/// The octets are no MPEG-4 picture; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no MPEG-4 picture")]
pub struct NoPicture;

/// Octets after a start code within which its header may go on: a cut there would split the header, which
/// is forbidden (§5.2 (3)).
const HEADER_MAX: usize = 40;

/// Cuts pictures into packets of at most `mtu` octets.
///
/// A packet begins at a start code or resync marker wherever that is possible, and one that begins inside
/// a video packet holds nothing else (§5.2 (2), (5)).
#[derive(Clone, Debug)]
pub struct Packetizer {
    mtu: usize,
    configuration: Configuration,
}

impl Packetizer {
    /// `mtu` is the largest payload in octets.
    #[must_use]
    pub fn new(mtu: usize) -> Self {
        Packetizer { mtu: mtu.max(limits::MTU_MIN), configuration: Configuration::default() }
    }

    /// Pictures of another source come: its configuration is not known.
    pub fn source_changed(&mut self) {
        self.configuration = Configuration::default();
    }

    /// Appends the packets of `picture` to `out`, the last one with the marker. An I-VOP without
    /// configuration gets the one that its source had before.
    ///
    /// # Errors
    /// [`NoPicture`]; `out` is then as it was.
    pub fn packetize(&mut self, picture: &Bytes, out: &mut Vec<Payload>) -> Result<(), NoPicture> {
        if !begins_with_start(picture) {
            return Err(NoPicture);
        }
        let (vop, _) = starts(picture).find(|(_, start)| *start == Start::Vop).ok_or(NoPicture)?;
        let has_own = self.configuration.learn(&picture[..vop]);
        let picture = if is_intra(picture, vop) && !has_own && self.configuration.is_known() {
            self.configuration.before(picture)
        } else {
            picture.clone()
        };
        let mut rest = picture;
        while !rest.is_empty() {
            let body = rest.split_to(self.cut(&rest));
            out.push(Payload { prefix: Prefix::default(), body, marker: rest.is_empty() });
        }
        Ok(())
    }

    /// Octets of the next packet.
    fn cut(&self, rest: &[u8]) -> usize {
        if rest.len() <= self.mtu {
            // Nothing more may follow the end of a video packet that was begun before.
            return if may_begin_packet(rest) { rest.len() } else { next_packet(rest).unwrap_or(rest.len()) };
        }
        let window = &rest[..rest.len().min(self.mtu + START_CODE_LEN)];
        if !may_begin_packet(rest) {
            return next_packet(window).filter(|at| *at <= self.mtu).unwrap_or(self.mtu);
        }
        let markers =
            (1..=self.mtu).rev().find(|&at| may_begin_packet(&rest[at..]) && !begins_with_start(&rest[at..]));
        if let Some(at) = markers {
            return at;
        }
        let header = starts(window).map(|(at, _)| at).find(|&at| at > 0 && at + HEADER_MAX > self.mtu);
        header.unwrap_or(self.mtu)
    }
}

/// Where the next video packet begins.
fn next_packet(data: &[u8]) -> Option<usize> {
    (1..data.len()).find(|&at| may_begin_packet(&data[at..]))
}
