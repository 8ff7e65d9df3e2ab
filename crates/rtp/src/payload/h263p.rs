//! H.263 of 1998 and later (RFC 4629): pictures to packets and back.
//!
//! A packet begins at a picture, GOB or slice start code wherever one is aligned to octets, its two zero octets
//! left out (P = 1); what is longer than a packet goes on in others (P = 0). Read past are the redundant
//! picture header (PLEN) and the octet for video redundancy coding (V); neither is written. Start at
//! [`Packetizer`] or [`Depacketizer`].

mod header;
#[cfg(test)]
mod tests;

pub use header::Header;

use bytes::{Bytes, BytesMut};
use media::h263::{self, start_codes};
use thiserror::Error;

use super::{Assembled, Malformed, Part, Payload};
use crate::limits;

/// The octets are no H.263 picture; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no H.263 picture")]
pub struct NoPicture;

/// Octets of the payload header, and of the zeros that P stands for.
const HEADER_LEN: usize = 2;
const ZEROS: [u8; 2] = [0, 0];

/// Cuts pictures into packets of at most `mtu` octets.
#[derive(Clone, Copy, Debug)]
pub struct Packetizer {
    mtu: usize,
}

impl Packetizer {
    /// `mtu` is the largest payload in octets, its header included.
    #[must_use]
    pub fn new(mtu: usize) -> Self {
        Packetizer { mtu: mtu.max(limits::MTU_MIN) }
    }

    /// Appends the packets of `picture` to `out`, the last one with the marker.
    ///
    /// # Errors
    /// [`NoPicture`]; `out` is then as it was.
    pub fn packetize(&self, picture: &Bytes, out: &mut Vec<Payload>) -> Result<(), NoPicture> {
        if !starts_picture(picture) {
            return Err(NoPicture);
        }
        let mut starts: Vec<usize> =
            start_codes(picture).filter(|code| code.bit % 8 == 0).map(|code| code.bit / 8).collect();
        // A picture start code at the front is there in any case, whatever its group number is read as.
        if starts.first() != Some(&0) {
            starts.insert(0, 0);
        }
        let mut at = 0;
        while at < picture.len() {
            let begins = starts.contains(&at);
            let skipped = if begins { ZEROS.len() } else { 0 };
            let most = (at + skipped + self.mtu - HEADER_LEN).min(picture.len());
            let end = self.cut(&starts, at, most, picture.len());
            let prefix = Header { begins, ..Header::default() }.to_prefix();
            out.push(Payload {
                prefix,
                body: picture.slice(at + skipped..end),
                marker: end == picture.len(),
            });
            at = end;
        }
        Ok(())
    }

    /// The last start code that a packet from `at` reaches, else as far as it goes.
    fn cut(&self, starts: &[usize], at: usize, most: usize, len: usize) -> usize {
        if most == len {
            return len;
        }
        starts.iter().rev().copied().find(|start| (at + 1..=most).contains(start)).unwrap_or(most)
    }
}

/// Joins pictures. One ends at the marker, or where the timestamp changes.
///
/// After a loss inside a picture, packets are left out up to the next one that begins at a start code. Without
/// its first packet a picture is left out.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    state: State,
    data: BytesMut,
    damaged: bool,
    /// Something of this source was lost since the last picture was given out.
    lost: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing of the picture has come.
    #[default]
    Empty,
    /// All that has come so far is in order.
    Joining,
    /// Something is missing: wait for a start code.
    Resuming,
    /// The picture is given up.
    Skipping,
}

impl Depacketizer {
    /// Takes a packet; appends the picture that is complete to `out`.
    ///
    /// # Errors
    /// [`Malformed`]: the packet is left out, as if it were lost.
    pub fn push(&mut self, part: &Part, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        if self.timestamp != Some(part.timestamp) {
            // No marker came: with a loss, the end of that picture may be missing.
            self.damaged |= part.lost_before;
            self.finish(out);
            self.timestamp = Some(part.timestamp);
        }
        if part.lost_before {
            self.miss();
        }
        let joined = self.join(&part.payload);
        if joined.is_err() {
            self.miss();
        }
        if part.marker {
            self.finish(out);
        }
        joined
    }

    /// A picture that has begun is given up.
    pub fn interrupt(&mut self) {
        *self = Depacketizer { lost: true, ..Depacketizer::default() };
    }

    fn miss(&mut self) {
        self.lost = true;
        if self.state == State::Joining {
            self.state = State::Resuming;
            self.damaged = true;
        }
    }

    fn join(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        let (header, len) = Header::parse(payload).ok_or(Malformed)?;
        let data = payload.get(len..).filter(|data| !data.is_empty()).ok_or(Malformed)?;
        match self.state {
            // A picture start code but for its zeros.
            State::Empty if header.begins && data[0] & 0xFC == 0x80 => self.state = State::Joining,
            State::Empty => {
                self.state = State::Skipping;
                self.lost = true;
            }
            State::Resuming if header.begins => self.state = State::Joining,
            State::Joining | State::Resuming | State::Skipping => {}
        }
        if self.state == State::Joining {
            if self.data.len() + data.len() > limits::PICTURE_MAX {
                self.state = State::Skipping;
                return Err(Malformed);
            }
            if header.begins {
                self.data.extend_from_slice(&ZEROS);
            }
            self.data.extend_from_slice(data);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Assembled>) {
        let before = std::mem::take(self);
        let (Some(timestamp), State::Joining | State::Resuming) = (before.timestamp, before.state) else {
            self.lost = before.lost;
            return;
        };
        let data = before.data.freeze();
        let keyframe = h263::is_keyframe(&data);
        let lost_before = before.lost || before.damaged;
        out.push(Assembled { timestamp, keyframe, damaged: before.damaged, lost_before, data });
    }
}

/// A picture start code, which is always aligned to octets (H.263 §5.1.1).
fn starts_picture(data: &[u8]) -> bool {
    matches!(data, [0, 0, third, ..] if third & 0xFC == 0x80)
}
