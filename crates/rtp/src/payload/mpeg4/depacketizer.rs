//! Packets to pictures (RFC 6416 §5.2).

use bytes::{Bytes, BytesMut};

use super::headers::{Configuration, Start, begins_with_start, is_intra, may_begin_packet, starts};
use crate::limits;
use crate::payload::{Assembled, Malformed, Part};

/// Joins pictures. One ends at the marker, or where the timestamp changes.
///
/// After a loss inside a picture, packets are left out up to the next one that begins with a resync marker.
/// Without its first packet a picture is left out.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    data: BytesMut,
    /// Something is missing: wait for a resync marker.
    resuming: bool,
    damaged: bool,
    overflow: bool,
    /// Something of this source was lost since the last picture was given out.
    lost: bool,
    configuration: Configuration,
}

impl Depacketizer {
    /// Learns the configuration that came another way (`config`, RFC 6416 §7.1).
    pub fn learn(&mut self, headers: &[u8]) {
        self.configuration.learn(headers);
    }

    /// Takes a packet; appends the pictures that are complete to `out`.
    ///
    /// # Errors
    /// [`Malformed`]: it begins no picture although one must begin here; it is left out.
    pub fn push(&mut self, part: &Part, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        if self.timestamp != Some(part.timestamp) {
            // No marker came: with a loss, the end of that picture may be missing.
            self.damaged |= part.lost_before;
            self.finish(out);
            self.timestamp = Some(part.timestamp);
        }
        if part.lost_before {
            self.lost = true;
            self.resuming = !self.data.is_empty();
            self.damaged |= self.resuming;
        }
        let joined = self.join(&part.payload);
        if part.marker {
            self.finish(out);
        }
        joined
    }

    /// A picture that has begun is given up; what is known of the source stays.
    pub fn interrupt(&mut self) {
        let configuration = std::mem::take(&mut self.configuration);
        *self = Depacketizer { lost: true, configuration, ..Depacketizer::default() };
    }

    fn join(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        if self.data.is_empty() && !begins_with_start(payload) {
            // Its beginning was lost, or never was.
            let known = std::mem::replace(&mut self.lost, true);
            return if known { Ok(()) } else { Err(Malformed) };
        }
        if self.resuming && !may_begin_packet(payload) {
            return Ok(());
        }
        self.resuming = false;
        if self.data.len() + payload.len() > limits::PICTURE_MAX {
            self.overflow = true;
        } else {
            self.data.extend_from_slice(payload);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Assembled>) {
        let data = std::mem::take(&mut self.data).freeze();
        let damaged = std::mem::take(&mut self.damaged);
        self.resuming = false;
        let Some(timestamp) = self.timestamp.take() else {
            return;
        };
        if std::mem::take(&mut self.overflow) {
            self.lost = true;
            return;
        }
        // Small pictures may share a packet (§5.2 (4)).
        let mut begin = 0;
        while let Some((vop, _)) = vop_after(&data, begin) {
            let end = starts(&data[vop..]).nth(1).map_or(data.len(), |(at, _)| vop + at);
            let lost_before = std::mem::take(&mut self.lost) || damaged;
            let (keyframe, picture) = self.picture(data.slice(begin..end), vop - begin);
            out.push(Assembled { timestamp, keyframe, damaged, lost_before, data: picture });
            begin = end;
        }
        // Headers alone are no picture: they are remembered and go with the next key one.
        self.configuration.learn(&data[begin..]);
        self.lost |= damaged && begin == 0;
    }

    /// The picture whose start code is at `vop`, with the configuration that a key one needs.
    fn picture(&mut self, data: Bytes, vop: usize) -> (bool, Bytes) {
        let has_own = self.configuration.learn(&data[..vop]);
        let intra = is_intra(&data, vop);
        if intra && !has_own && self.configuration.is_known() {
            (true, self.configuration.before(&data))
        } else {
            (intra && has_own, data)
        }
    }
}

fn vop_after(data: &[u8], begin: usize) -> Option<(usize, Start)> {
    starts(&data[begin..]).find(|(_, start)| *start == Start::Vop).map(|(at, start)| (begin + at, start))
}
