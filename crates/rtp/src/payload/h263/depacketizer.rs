//! Packets to pictures (RFC 2190 §4, §5).

use bytes::Bytes;
use media::h263::PictureHeader;

use super::Header;
use crate::limits;
use crate::payload::{Assembled, Malformed, Part};

/// Joins pictures bit by bit. One ends at the marker, or where the timestamp changes.
///
/// After a loss inside a picture, packets are left out up to the next one that starts at a GOB (mode A):
/// what stands between could not be told from other data. Without its first packet a picture is left out.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    state: State,
    bits: Bits,
    /// The first payload header says INTRA.
    intra: bool,
    /// The first payload header says PB-frames.
    pb_frames: bool,
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
    /// Something is missing: wait for a GOB start.
    Resuming,
    /// The picture is given up.
    Skipping,
}

impl Depacketizer {
    /// Takes a packet; appends the pictures that are complete to `out`.
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

    /// A packet is missing here.
    fn miss(&mut self) {
        self.lost = true;
        if self.state == State::Joining {
            self.state = State::Resuming;
            self.damaged = true;
        }
    }

    fn join(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        let (header, len) = Header::parse(payload)?;
        let data = payload.get(len..).ok_or(Malformed)?;
        let (start, end) = (header.common().start_bits, header.common().end_bits);
        let at_group = matches!(header, Header::A(_));
        match self.state {
            State::Empty if at_group && start == 0 && starts_picture(data) => {
                self.state = State::Joining;
                self.intra = !header.common().inter;
                self.pb_frames = header.common().pb_frames;
            }
            // No mode C without PB-frames. FFmpeg writes a negative predictor of mode B over its whole
            // header, which then reads as mode C with wrong bit counts.
            State::Joining if matches!(header, Header::C(_)) && !self.pb_frames => return Err(Malformed),
            State::Empty => {
                self.state = State::Skipping;
                self.lost = true;
            }
            State::Resuming if at_group => {
                self.state = State::Joining;
                self.bits.align(start);
            }
            State::Joining | State::Resuming | State::Skipping => {}
        }
        if self.state == State::Joining {
            if self.bits.octets.len() + data.len() > limits::PICTURE_MAX {
                self.state = State::Skipping;
                self.lost = true;
                return Err(Malformed);
            }
            self.bits.append(data, start, end);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Assembled>) {
        let before = std::mem::take(self);
        let (Some(timestamp), State::Joining | State::Resuming) = (before.timestamp, before.state) else {
            self.lost = before.lost;
            return;
        };
        let data: Bytes = before.bits.octets.into();
        let keyframe = PictureHeader::parse(&data).map_or(before.intra, |header| header.intra);
        let lost_before = before.lost || before.damaged;
        out.push(Assembled { timestamp, keyframe, damaged: before.damaged, lost_before, data });
    }
}

/// A picture start code, which is always aligned to octets (H.263 §5.1.1).
fn starts_picture(data: &[u8]) -> bool {
    matches!(data, [0, 0, third, ..] if third & 0xFC == 0x80)
}

/// A bit string; the unused bits of its last octet are zero, which is what pictures are stuffed with.
#[derive(Clone, Debug, Default)]
struct Bits {
    octets: Vec<u8>,
    /// Bits of the last octet that are not used, 0..=7.
    free: u8,
}

impl Bits {
    /// Adds zeros until `start` bits of an octet are used, so that a following start code keeps its place.
    fn align(&mut self, start: u8) {
        if start == 0 {
            self.free = 0;
        } else {
            // The eight bits that make room when fewer bits are free than asked for are zeros too.
            if 8 - self.free > start || self.free == 0 {
                self.octets.push(0);
            }
            self.free = 8 - start;
        }
    }

    /// Adds `data` without its first `start` and last `end` bits; there is at least one bit between.
    fn append(&mut self, data: &[u8], start: u8, end: u8) {
        let Some((&first, rest)) = data.split_first() else {
            return;
        };
        let first = first & (0xFF >> start);
        if self.free == (8 - start) % 8 {
            match self.octets.last_mut().filter(|_| start != 0) {
                Some(last) => *last |= first,
                None => self.octets.push(first),
            }
            self.octets.extend_from_slice(rest);
            self.free = 0;
        } else {
            self.put(first, 8 - start);
            rest.iter().for_each(|&octet| self.put(octet, 8));
        }
        self.cut(end);
    }

    /// Adds the lowest `count` bits of `octet`, 1..=8.
    fn put(&mut self, octet: u8, count: u8) {
        let aligned = u16::from(octet) << (16 - count) >> ((8 - self.free) % 8);
        let [high, low] = aligned.to_be_bytes();
        if self.free > 0
            && let Some(last) = self.octets.last_mut()
        {
            *last |= high;
            if count > self.free {
                self.octets.push(low);
            }
        } else {
            self.octets.push(high);
        }
        self.free = (self.free + 8 - count) % 8;
    }

    /// Takes `count` bits off the end, 0..=7.
    fn cut(&mut self, count: u8) {
        let free = self.free + count;
        if free >= 8 {
            self.octets.pop();
        }
        self.free = free % 8;
        if let Some(last) = self.octets.last_mut() {
            *last &= 0xFF << self.free;
        }
    }
}
