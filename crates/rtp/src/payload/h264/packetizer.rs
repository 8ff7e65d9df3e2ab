//! Access units to packets (RFC 6184 §5.6, §5.8).

use bytes::Bytes;
use media::h264::{nal, nal_type, nal_units};

use super::{FU_A, FU_END, FU_START, HEADER_FLAGS, HEADER_TYPE, Mode, ParameterSets};
use crate::limits;
use crate::packet::HEADER_LEN;
use crate::payload::{Payload, Prefix};

/// FU indicator and FU header.
const FU_PREFIX: usize = 2;

/// Cuts the access units of one source into packets and remembers its parameter sets.
#[derive(Clone, Debug)]
pub struct Packetizer {
    mode: Mode,
    mtu: usize,
    sets: ParameterSets,
}

/// What became of an access unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packetized {
    /// NAL units over the limit of mode 0 that were left out: the receiver cannot be served without
    /// transcoding.
    pub left_out: u32,
    /// NAL units that made packets over the MTU (mode 0 knows no fragments).
    pub oversize: u32,
}

impl Packetizer {
    /// `mtu` is the largest payload in octets.
    #[must_use]
    pub fn new(mode: Mode, mtu: usize) -> Self {
        Packetizer { mode, mtu: mtu.max(limits::MTU_MIN), sets: ParameterSets::default() }
    }

    /// The next access unit is of another source, whose parameter sets are not known.
    pub fn source_changed(&mut self) {
        self.sets = ParameterSets::default();
    }

    /// Appends the packets of `access_unit` (a byte stream) to `out`, the last one with the marker.
    ///
    /// An IDR picture without sequence or picture parameter sets gets those seen last put before it,
    /// after an access unit delimiter.
    pub fn packetize(&mut self, access_unit: &Bytes, out: &mut Vec<Payload>) -> Packetized {
        let first = out.len();
        let mut done = Packetized::default();
        let (mut idr, mut sequence, mut picture) = (false, false, false);
        for unit in nal_units(access_unit) {
            match nal_type(unit) {
                Some(nal::IDR) => idr = true,
                Some(nal::SPS) => sequence = true,
                Some(nal::PPS) => picture = true,
                Some(_) | None => {}
            }
        }
        let mut missing = idr && !(sequence && picture);
        for unit in nal_units(access_unit) {
            let unit = access_unit.slice_ref(unit);
            self.sets.learn(&unit);
            if missing && nal_type(&unit) != Some(nal::AUD) {
                missing = false;
                for set in self.sets.missing(sequence, picture) {
                    self.unit(set, out, &mut done);
                }
            }
            self.unit(&unit, out, &mut done);
        }
        if let Some(last) = out[first..].last_mut() {
            last.marker = true;
        }
        done
    }

    fn unit(&self, unit: &Bytes, out: &mut Vec<Payload>, done: &mut Packetized) {
        let single = || Payload { prefix: Prefix::default(), body: unit.clone(), marker: false };
        if unit.len() <= self.mtu {
            out.push(single());
            return;
        }
        match self.mode {
            Mode::NonInterleaved => self.fragment(unit, out),
            Mode::SingleNal if unit.len() + HEADER_LEN <= limits::DATAGRAM_MAX => {
                done.oversize += 1;
                out.push(single());
            }
            Mode::SingleNal => done.left_out += 1,
        }
    }

    /// FU-A (§5.8): the NAL unit's header octet goes into the two octets before each fragment.
    fn fragment(&self, unit: &Bytes, out: &mut Vec<Payload>) {
        let header = unit[0];
        let mut rest = unit.slice(1..);
        let mut flags = FU_START;
        while !rest.is_empty() {
            let body = rest.split_to(rest.len().min(self.mtu - FU_PREFIX));
            if rest.is_empty() {
                flags |= FU_END;
            }
            let prefix = Prefix::new(&[header & HEADER_FLAGS | FU_A, flags | header & HEADER_TYPE]);
            out.push(Payload { prefix, body, marker: false });
            flags = 0;
        }
    }
}
