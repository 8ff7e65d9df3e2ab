//! VP8 (RFC 7741): frames to packets and back.
//!
//! Written is a descriptor with a picture number of 15 bits, and the frame cut where it is full: partitions are
//! not told apart (PID 0), as browsers do it. Read is every descriptor; a frame of which a packet is missing is
//! left out, since a decoder would show what was never sent. Temporal layers and their numbers are passed
//! over. Start at [`Packetizer`] or [`Depacketizer`].

mod descriptor;
#[cfg(test)]
mod tests;

pub use descriptor::Descriptor;

use bytes::{Bytes, BytesMut};
use media::vp8;
use thiserror::Error;

use super::{Assembled, Malformed, Part, Payload};
use crate::limits;

/// The octets are no VP8 frame; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no VP8 frame")]
pub struct NoFrame;

/// Picture numbers go up to this and begin anew (§4.2).
const PICTURE_MAX: u16 = 0x7FFF;

/// Cuts frames into packets of at most `mtu` octets.
#[derive(Clone, Copy, Debug)]
pub struct Packetizer {
    mtu: usize,
    picture: u16,
}

impl Packetizer {
    /// `mtu` is the largest payload in octets, descriptor included; `picture` the number of the first frame, of
    /// which 15 bits count and which ought to be random (§4.2).
    #[must_use]
    pub fn new(mtu: usize, picture: u16) -> Self {
        Packetizer { mtu: mtu.max(limits::MTU_MIN), picture: picture & PICTURE_MAX }
    }

    /// Appends the packets of `frame` to `out`, of nearly one size, the last one with the marker.
    ///
    /// # Errors
    /// [`NoFrame`] for a frame without octets; `out` is then as it was.
    pub fn packetize(&mut self, frame: &Bytes, out: &mut Vec<Payload>) -> Result<(), NoFrame> {
        if frame.is_empty() {
            return Err(NoFrame);
        }
        let descriptor = Descriptor { picture: Some(self.picture), start: true, ..Descriptor::default() };
        self.picture = (self.picture + 1) & PICTURE_MAX;
        let room = self.mtu - descriptor.to_prefix().as_slice().len();
        // Packets of one size are less likely to be lost than a full one and a rest.
        let each = frame.len().div_ceil(frame.len().div_ceil(room));
        let mut rest = frame.clone();
        while !rest.is_empty() {
            let prefix = Descriptor { start: rest.len() == frame.len(), ..descriptor }.to_prefix();
            let body = rest.split_to(each.min(rest.len()));
            out.push(Payload { prefix, body, marker: rest.is_empty() });
        }
        Ok(())
    }
}

/// Joins frames. One ends at the marker, or where the timestamp changes.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    state: State,
    data: BytesMut,
    /// Something of this source was lost since the last frame was given out.
    lost: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing of the frame has come.
    #[default]
    Empty,
    /// All that has come so far is in order.
    Joining,
    /// The frame is given up.
    Skipping,
}

impl Depacketizer {
    /// Takes a packet; appends the frame that is complete to `out`.
    ///
    /// # Errors
    /// [`Malformed`]: its descriptor cannot be read or nothing follows it; the frame is left out.
    pub fn push(&mut self, part: &Part, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        if self.timestamp != Some(part.timestamp) {
            if part.lost_before {
                // No marker came: the end of that frame may be missing.
                self.give_up();
            }
            self.finish(out);
            self.timestamp = Some(part.timestamp);
        } else if part.lost_before {
            self.give_up();
        }
        self.lost |= part.lost_before;
        let joined = self.join(&part.payload);
        if joined.is_err() {
            self.give_up();
        }
        if part.marker {
            self.finish(out);
        }
        joined
    }

    /// A frame that has begun is given up.
    pub fn interrupt(&mut self) {
        *self = Depacketizer { lost: true, ..Depacketizer::default() };
    }

    fn give_up(&mut self) {
        self.state = State::Skipping;
        self.lost = true;
    }

    fn join(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        let (descriptor, len) = Descriptor::parse(payload).ok_or(Malformed)?;
        let data = payload.get(len..).filter(|data| !data.is_empty()).ok_or(Malformed)?;
        let begins = descriptor.start && descriptor.partition == 0;
        if self.state == State::Empty {
            self.state = if begins { State::Joining } else { State::Skipping };
            self.lost |= !begins;
        }
        if self.state == State::Joining {
            if self.data.len() + data.len() > limits::PICTURE_MAX {
                return Err(Malformed);
            }
            self.data.extend_from_slice(data);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Assembled>) {
        let data = std::mem::take(&mut self.data).freeze();
        let state = std::mem::take(&mut self.state);
        let Some(timestamp) = self.timestamp.take().filter(|_| state == State::Joining) else { return };
        let lost_before = std::mem::take(&mut self.lost);
        let keyframe = vp8::is_keyframe(&data);
        out.push(Assembled { timestamp, keyframe, damaged: false, lost_before, data });
    }
}
