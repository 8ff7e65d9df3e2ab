//! Packets to access units (RFC 6184 §5.1, §5.6 to §5.8).

use bytes::{BufMut, Bytes, BytesMut};
use media::h264::{START_CODE, nal};

use super::{FORBIDDEN, FU_A, FU_END, FU_START, HEADER_FLAGS, HEADER_TYPE, ParameterSets, STAP_A, is_slice};
use crate::limits;
use crate::payload::{Assembled, Malformed, Part};

/// Puts access units together. One ends at the marker, or where the timestamp changes.
#[derive(Clone, Debug, Default)]
pub struct Depacketizer {
    sets: ParameterSets,
    unit: AccessUnit,
    /// Something of this source was lost since the last access unit was given out.
    lost: bool,
}

#[derive(Clone, Debug, Default)]
struct AccessUnit {
    timestamp: Option<u32>,
    data: BytesMut,
    fragment: Option<Fragment>,
    slices: u32,
    idr_slices: u32,
    sequence_set: bool,
    picture_set: bool,
    /// Octets after which parameter sets may be put in.
    after_delimiter: usize,
    damaged: bool,
    overflow: bool,
}

/// The NAL unit of which fragments are coming in.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    /// Where it starts, with its start code.
    at: usize,
    nal_type: u8,
}

impl Depacketizer {
    /// Learns parameter sets that came another way (sprop-parameter-sets, RFC 6184 §8.1).
    pub fn learn(&mut self, units: &[Bytes]) {
        units.iter().for_each(|unit| self.sets.learn(unit));
    }

    /// Takes a packet; appends the access units that are complete to `out`.
    ///
    /// # Errors
    /// [`Malformed`]: the packet is no NAL unit, STAP-A or FU-A; what can be used of it was used.
    pub fn push(&mut self, part: &Part, out: &mut Vec<Assembled>) -> Result<(), Malformed> {
        if self.unit.timestamp != Some(part.timestamp) {
            // No marker came: with a loss, the end of that picture may be missing.
            self.unit.damaged |= part.lost_before && self.unit.slices > 0;
            self.finish(out);
            self.unit.timestamp = Some(part.timestamp);
        } else if part.lost_before {
            self.unit.damaged |= self.unit.slices > 0;
        }
        if part.lost_before {
            self.lost = true;
            self.unit.drop_fragment();
        }
        let read = self.payload(&part.payload);
        if read.is_err() {
            self.lost = true;
        }
        if part.marker && self.unit.slices > 0 {
            self.finish(out);
        }
        read
    }

    /// What is known of the source stays; an access unit that has begun is given up.
    pub fn interrupt(&mut self) {
        self.unit = AccessUnit::default();
        self.lost = true;
    }

    fn payload(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        let header = *payload.first().ok_or(Malformed)?;
        if header & FORBIDDEN != 0 {
            self.unit.damaged = true;
            return Err(Malformed);
        }
        match header & HEADER_TYPE {
            1..=23 => {
                self.whole(payload);
                Ok(())
            }
            STAP_A => self.aggregate(payload.slice(1..)),
            FU_A => self.fragment(payload),
            _ => Err(Malformed),
        }
    }

    fn whole(&mut self, unit: &Bytes) {
        self.sets.learn(unit);
        self.unit.drop_fragment();
        let delimiter = unit[0] & HEADER_TYPE == nal::AUD && self.unit.data.is_empty();
        self.unit.begin(unit[0], unit.get(1).copied(), self.lost);
        self.unit.append(unit);
        if delimiter {
            self.unit.after_delimiter = self.unit.data.len();
        }
    }

    /// STAP-A: NAL units, each after its size in sixteen bits (§5.7.1).
    fn aggregate(&mut self, mut rest: Bytes) -> Result<(), Malformed> {
        while !rest.is_empty() {
            let size = match rest.split_first_chunk::<2>() {
                Some((size, _)) => usize::from(u16::from_be_bytes(*size)),
                None => return Err(Malformed),
            };
            if size == 0 || rest.len() < 2 + size {
                self.unit.damaged = true;
                return Err(Malformed);
            }
            let unit = rest.split_to(2 + size).slice(2..);
            if unit[0] & FORBIDDEN != 0 || !(1..=23).contains(&(unit[0] & HEADER_TYPE)) {
                self.unit.damaged = true;
                return Err(Malformed);
            }
            self.whole(&unit);
        }
        Ok(())
    }

    fn fragment(&mut self, payload: &Bytes) -> Result<(), Malformed> {
        let &[indicator, flags, ref body @ ..] = &payload[..] else {
            return Err(Malformed);
        };
        // A unit that starts and ends in one fragment is forbidden (§5.8) but whole all the same.
        if flags & FU_START != 0 {
            let header = indicator & HEADER_FLAGS | flags & HEADER_TYPE;
            self.unit.drop_fragment();
            self.unit.begin(header, body.first().copied(), self.lost);
            let at = self.unit.data.len().saturating_sub(START_CODE.len());
            self.unit.fragment = Some(Fragment { at, nal_type: header & HEADER_TYPE });
            self.unit.append(&[header]);
        } else if self.unit.fragment.is_none() {
            // Its start was lost; so were its predecessors in this unit already.
            self.unit.damaged = true;
            self.lost = true;
            return Ok(());
        }
        self.unit.append(body);
        if flags & FU_END != 0
            && let Some(Fragment { at, nal_type: nal::SPS | nal::PPS }) = self.unit.fragment.take()
        {
            let whole = self.unit.data.get(at + START_CODE.len()..).unwrap_or_default();
            self.sets.learn(&Bytes::copy_from_slice(whole));
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Assembled>) {
        self.unit.drop_fragment();
        let unit = std::mem::take(&mut self.unit);
        let Some(timestamp) = unit.timestamp else {
            return;
        };
        if unit.overflow || unit.slices == 0 {
            // Parameter sets alone are no picture: they are remembered and go with the next IDR.
            self.lost |= unit.overflow || unit.damaged;
            return;
        }
        let lost_before = std::mem::take(&mut self.lost) || unit.damaged;
        let (keyframe, damaged) = (unit.idr_slices > 0, unit.damaged);
        let data = unit.with_parameter_sets(&self.sets);
        out.push(Assembled { timestamp, keyframe, damaged, lost_before, data });
    }
}

impl AccessUnit {
    /// Starts a NAL unit; `next` is the octet after its header.
    fn begin(&mut self, header: u8, next: Option<u8>, lost: bool) {
        match header & HEADER_TYPE {
            nal::SPS => self.sequence_set = true,
            nal::PPS => self.picture_set = true,
            slice if is_slice(slice) => {
                // first_mb_in_slice is ue(v): a leading 1 is zero (H.264 §7.3.3). After a loss, a picture
                // that does not begin with its first macroblock lacks its beginning.
                self.damaged |= lost && self.slices == 0 && next.is_some_and(|octet| octet & 0x80 == 0);
                self.idr_slices += u32::from(slice == nal::IDR);
                self.slices += 1;
            }
            _ => {}
        }
        self.append(&START_CODE);
    }

    fn append(&mut self, octets: &[u8]) {
        if self.data.len() + octets.len() > limits::PICTURE_MAX {
            self.overflow = true;
            return;
        }
        self.data.put_slice(octets);
    }

    /// A NAL unit of which a fragment is missing is left out.
    fn drop_fragment(&mut self) {
        let Some(Fragment { at, nal_type }) = self.fragment.take() else {
            return;
        };
        self.data.truncate(at);
        self.damaged = true;
        self.slices -= u32::from(is_slice(nal_type));
        self.idr_slices -= u32::from(nal_type == nal::IDR);
    }

    /// The byte stream, with the parameter sets that an IDR picture lacks.
    fn with_parameter_sets(mut self, sets: &ParameterSets) -> Bytes {
        if self.idr_slices == 0 || (self.sequence_set && self.picture_set) {
            return self.data.freeze();
        }
        let rest = self.data.split_off(self.after_delimiter.min(self.data.len()));
        for set in sets.missing(self.sequence_set, self.picture_set) {
            self.data.put_slice(&START_CODE);
            self.data.put_slice(set);
        }
        self.data.unsplit(rest);
        self.data.freeze()
    }
}
